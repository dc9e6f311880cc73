/* held.h - messages that came before their time, until it has come. */
#ifndef ORR_MODELS_BFT_COMMON_HELD_H
#define ORR_MODELS_BFT_COMMON_HELD_H

#include "models/protocol.h"

struct orr_held_msg {
    struct orr_msg *msg; /* a reference; NULL: gone, until the next sweep */
    orr_peer from;
};

/* What is held, in order of arrival.  The bound on n and n_bytes is the owner's: anyone may send
 * messages about what does not exist. */
struct orr_held {
    struct orr_mem *mem;
    struct orr_pool *pool;
    struct orr_held_msg *v; /* [n] */
    uint32_t n, cap;
    uint64_t n_bytes;
    struct orr_held_msg *spare; /* the other list's memory, while none is taken out */
    uint32_t spare_cap;
};

void orr_held_init(struct orr_held *held, struct orr_mem *mem, struct orr_pool *pool);
void orr_held_fini(struct orr_held *held);
/* Appends a message, of which it takes a reference. */
void orr_held_add(struct orr_held *held, struct orr_msg *msg, orr_peer from);
/* Drops message i: its place is empty until a sweep closes the gaps. */
void orr_held_drop(struct orr_held *held, uint32_t i);
void orr_held_sweep(struct orr_held *held);

/* A list that was taken out to be gone through; what comes meanwhile is held anew. */
struct orr_held_list {
    struct orr_held_msg *v; /* [n], none of them NULL */
    uint32_t n, cap;
};
struct orr_held_list orr_held_take(struct orr_held *held);
/* Gives a list and its references back; one list is out at a time. */
void orr_held_give_back(struct orr_held *held, struct orr_held_list list);
#endif
