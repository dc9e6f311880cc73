/* hostile_proof.h - a step's proof changed so that it still hangs together: one preimage is
 * another, and whoever names it by its hash names the new one. */
#ifndef ORR_TESTS_HOSTILE_PROOF_H
#define ORR_TESTS_HOSTILE_PROOF_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/keccak.h"
#include "models/base/rlp.h"

enum { HOSTILE_ITEMS = 512 };

struct hostile {
    struct {
        uint8_t *bytes; /* malloced */
        size_t len;
    } items[HOSTILE_ITEMS]; /* the state, the preimages, the nodes, the codes */
    size_t n, n_preimages, n_nodes;
};

static inline void hostile_take(struct hostile *h, struct orr_rlp_reader *list) {
    while (orr_rlp_more(list) && h->n < HOSTILE_ITEMS) {
        struct orr_rlp_item item = orr_rlp_read(list);
        h->items[h->n].bytes = malloc(item.len + 1);
        if (item.len) memcpy(h->items[h->n].bytes, item.payload, item.len);
        h->items[h->n++].len = item.len;
    }
}

static inline void hostile_open(struct hostile *h, const uint8_t *proof, size_t len) {
    struct orr_rlp_reader r = orr_rlp_reader(proof, len), all = orr_rlp_read_list(&r);
    *h = (struct hostile){.n = 0};
    orr_rlp_read(&all);
    orr_rlp_read(&all);
    struct orr_rlp_item state = orr_rlp_peek(&all);
    struct orr_rlp_reader one = orr_rlp_reader(state.encoding, state.encoding_len);
    hostile_take(h, &one);
    orr_rlp_read(&all);
    struct orr_rlp_reader list = orr_rlp_read_list(&all);
    hostile_take(h, &list);
    h->n_preimages = h->n - 1;
    struct orr_rlp_reader witness = orr_rlp_read_list(&all);
    struct orr_rlp_reader nodes = orr_rlp_read_list(&witness);
    struct orr_rlp_reader codes = orr_rlp_read_list(&witness);
    hostile_take(h, &nodes);
    h->n_nodes = h->n - 1 - h->n_preimages;
    hostile_take(h, &codes);
}

static inline void hostile_free(struct hostile *h) {
    for (size_t i = 0; i < h->n; i++) free(h->items[i].bytes);
}

/* Everything that names `before` names `after`, up to the state.  Ends: a hash is named by what is
 * above it, and there is no circle. */
static inline void hostile_rename(struct hostile *h, struct orr_hash before,
                                  struct orr_hash after) {
    for (size_t i = 0; i < h->n; i++) {
        uint8_t *bytes = h->items[i].bytes;
        size_t len = h->items[i].len;
        struct orr_hash old = orr_keccak256(bytes, len);
        bool has_changed = false;
        for (size_t at = 0; at + 32 <= len; at++) {
            if (memcmp(bytes + at, before.bytes, 32)) continue;
            memcpy(bytes + at, after.bytes, 32);
            has_changed = true;
        }
        if (has_changed) hostile_rename(h, old, orr_keccak256(bytes, len));
    }
}

/* One byte of one item becomes another. */
static inline void hostile_change(struct hostile *h, uint32_t item, uint32_t at, uint8_t by) {
    if (!h->n) return;
    uint8_t *bytes = h->items[item % h->n].bytes;
    size_t len = h->items[item % h->n].len;
    if (!len) return;
    struct orr_hash before = orr_keccak256(bytes, len);
    bytes[at % len] ^= by;
    hostile_rename(h, before, orr_keccak256(bytes, len));
}

static inline void hostile_write(const struct hostile *h, struct orr_rlp_writer *w) {
    struct orr_hash before = orr_keccak256(h->items[0].bytes, h->items[0].len);
    size_t all = orr_rlp_list_begin(w), i = 1, list = 0;
    orr_rlp_write_string(w, before.bytes, 32);
    orr_rlp_write_string(w, before.bytes, 32);
    orr_rlp_write_string(w, h->items[0].bytes, h->items[0].len);
    list = orr_rlp_list_begin(w);
    for (; i <= h->n_preimages; i++)
        orr_rlp_write_string(w, h->items[i].bytes, h->items[i].len);
    orr_rlp_list_end(w, list);
    size_t witness = orr_rlp_list_begin(w);
    list = orr_rlp_list_begin(w);
    for (; i <= h->n_preimages + h->n_nodes; i++)
        orr_rlp_write_string(w, h->items[i].bytes, h->items[i].len);
    orr_rlp_list_end(w, list);
    list = orr_rlp_list_begin(w);
    for (; i < h->n; i++) orr_rlp_write_string(w, h->items[i].bytes, h->items[i].len);
    orr_rlp_list_end(w, list);
    orr_rlp_list_end(w, witness);
    orr_rlp_list_end(w, all);
}
#endif
