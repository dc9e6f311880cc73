/* hex.h - bytes as text, for tests of the gossip node. */
#ifndef ORR_TESTS_MODELS_GOSSIP_HEX_H
#define ORR_TESTS_MODELS_GOSSIP_HEX_H

#include "models/gossip/rpc.h"
#include "tests/test.h"

static inline uint32_t unhex(const char *text, uint8_t *bytes) {
    uint32_t n = 0;
    for (; text[2 * n]; n++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(text + 2 * n, "%2x", &byte), 1);
        bytes[n] = (uint8_t)byte;
    }
    return n;
}
static inline struct orr_blob blob(const char *text) {
    return (struct orr_blob){(const uint8_t *)text, (uint32_t)strlen(text)};
}
/* What was written is these bytes. */
static inline void wants_hex(const struct orr_writer *w, const char *hex) {
    uint8_t wanted[4096];
    uint32_t n = unhex(hex, wanted);
    ck_assert(!w->bad);
    ck_assert_uint_eq(orr_written(w), n);
    ck_assert_mem_eq(w->start, wanted, n);
}
#endif
