/* poison.h - runs in which memory that nobody has written holds bytes of one's choice.
 *
 * What a protocol reads without having written it may be anything, so it must change nothing.  A
 * poisoned run fills memory with one byte before a protocol gets it and again when the protocol
 * gives it back: blocks of struct orr_mem, data of messages, the outbox behind its effects, the
 * stack below each function.  (Node state is zeroed before init(), as ever.)  Two runs that differ
 * in that byte alone must do the same.  All steps are hashed, input and effects, so that the first
 * step that did something else can be named.
 *
 * Such a run also looks whether messages stay as they were when they became effects, and their
 * decoded forms: before and after each step that gets one, and when it is given back. */
#ifndef ORR_SIM_ENGINE_POISON_H
#define ORR_SIM_ENGINE_POISON_H

#include "sim/engine/mishap.h"

/* What went into a step and what came out of it. */
struct orr_poison_step {
    uint64_t in, out;
    struct orr_mishap place; /* where it was; no kind, no text */
};

struct orr_poison {
    uint8_t byte;
    uint64_t stop_at;  /* steps after which the run stops; 0: it goes on             */
    uint64_t log_from; /* steps after which each is logged; UINT64_MAX: none is      */
    /* what came out */
    uint64_t n_steps;
    uint64_t hash;     /* of all steps so far, in their order                        */
    uint64_t *marks;   /* [n_marks] the hash after `stride` steps, 2 * stride, ...   */
    uint32_t n_marks;
    uint64_t stride;
    struct orr_poison_step *log; /* [n_log] */
    uint32_t n_log, log_cap;
};
void orr_poison_init(struct orr_poison *poison, uint8_t byte);
void orr_poison_fini(struct orr_poison *poison);

/* Do two runs differ?  Then the first step that did lies in *from < number <= *to. */
bool orr_poison_differ(const struct orr_poison *a, const struct orr_poison *b, uint64_t *from,
                       uint64_t *to);
/* The mishap of two runs that differ, both logged in that range. */
void orr_poison_name(const struct orr_poison *a, const struct orr_poison *b,
                     struct orr_mishap *mishap);
#endif
