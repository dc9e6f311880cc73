/* trace_change.h - what the fuzz targets of traces share: changes that an input's bytes name, and
 * reading all that a reader has. */
#ifndef ORR_TESTS_FUZZ_TRACE_CHANGE_H
#define ORR_TESTS_FUZZ_TRACE_CHANGE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/reader.h"
#include "models/base/error.h"
#include "tests/sim/trace/feed.h"

/* Few inputs a second pass through a process of their own, so each is to count: the bytes name a
 * stream of up to 8 changes, half of them near the beginning, where the structure lies; some cut
 * the end off. Returns the new length. */
static inline size_t trace_change(uint8_t *bytes, size_t len, const uint8_t *data, size_t size) {
    uint64_t draw = orr_hash64(size, data, size), n = 1 + draw % 8;
    for (uint64_t i = 0; i < n && len; i++) {
        draw = feed_mix(draw + 1);
        size_t within = draw & 1 && len > 8192 ? 8192 : len, at = (draw >> 8) % within;
        if ((draw >> 1) % 16 == 0)
            len = at;
        else if ((draw >> 1) % 16 < 4)
            bytes[at] = (uint8_t)(draw & 2 ? 0xff : 0);
        else
            bytes[at] ^= (uint8_t)(1u << ((draw >> 5) & 7));
    }
    return len;
}

static inline void read_everything(struct orr_trace_reader *reader, const char *path, char *error) {
    int status = 0;
    for (unsigned group = 0; group < ORR_N_GROUPS && !status; group++) {
        void *rows = NULL;
        status = orr_trace_reader_all(reader, group, 4096, &rows, error);
        free(rows);
        if (status == ORR_ELIMIT) status = 0;
    }
    assert(!status || !strncmp(error, path, strlen(path)));
}
#endif
