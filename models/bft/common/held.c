#include "models/bft/common/held.h"

#include <assert.h>

void orr_held_init(struct orr_held *held, struct orr_mem *mem, struct orr_pool *pool) {
    *held = (struct orr_held){.mem = mem, .pool = pool};
}

void orr_held_fini(struct orr_held *held) {
    for (uint32_t i = 0; i < held->n; i++) orr_msg_unref(held->pool, held->v[i].msg);
    orr_free(held->mem, held->v, held->cap * sizeof *held->v);
    orr_free(held->mem, held->spare, held->spare_cap * sizeof *held->spare);
    orr_held_init(held, held->mem, held->pool);
}

void orr_held_add(struct orr_held *held, struct orr_msg *msg, orr_peer from) {
    assert(msg);
    if (held->n == held->cap) {
        uint32_t cap = held->cap ? 2 * held->cap : 64;
        held->v =
            orr_resize(held->mem, held->v, held->cap * sizeof *held->v, cap * sizeof *held->v);
        held->cap = cap;
    }
    held->v[held->n++] = (struct orr_held_msg){orr_msg_ref(msg), from};
    held->n_bytes += msg->len;
}

void orr_held_drop(struct orr_held *held, uint32_t i) {
    assert(i < held->n && held->v[i].msg && held->n_bytes >= held->v[i].msg->len);
    held->n_bytes -= held->v[i].msg->len;
    orr_msg_unref(held->pool, held->v[i].msg);
    held->v[i].msg = NULL;
}

void orr_held_sweep(struct orr_held *held) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < held->n; i++)
        if (held->v[i].msg) held->v[kept++] = held->v[i];
    held->n = kept;
}

struct orr_held_list orr_held_take(struct orr_held *held) {
    struct orr_held_list list = {held->v, held->n, held->cap};
    held->v = held->spare;
    held->cap = held->spare_cap;
    held->n = 0;
    held->n_bytes = 0;
    held->spare = NULL;
    held->spare_cap = 0;
    return list;
}

void orr_held_give_back(struct orr_held *held, struct orr_held_list list) {
    assert(!held->spare);
    for (uint32_t i = 0; i < list.n; i++) orr_msg_unref(held->pool, list.v[i].msg);
    held->spare = list.v;
    held->spare_cap = list.cap;
}
