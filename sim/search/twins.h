/* twins.h - the schedules of Twins (S. Bano et al., OPODIS 2021, arXiv 2004.10617), each once.
 *
 * A schedule says of each of some rounds who leads it and which of at most two parts each instance
 * is in.  Instances 0..n_nodes-1 are the nodes, instance n_nodes + k is the twin of node k.
 * Schedules are one class if one becomes the other when nodes with twins change places among each
 * other, nodes without twins among each other, and a node with its own twin; parts have no names.
 * Where nobody can be told who leads, nodes are told apart by the views that they lead: then twins
 * alone change places, and no leader is counted.
 *
 * A schedule's index is a number of n_rounds digits, the first round the most significant; the
 * least index of a class stands for it. */
#ifndef ORR_SIM_SEARCH_TWINS_H
#define ORR_SIM_SEARCH_TWINS_H

#include <stdbool.h>
#include <stdint.h>

enum { ORR_TWINS_NODES_MAX = 7, ORR_TWINS_ROUNDS_MAX = 10 };

struct orr_twins_shape {
    uint32_t n_nodes, n_twins, n_rounds; /* n_twins <= n_nodes; within the bounds above */
    bool no_leaders;
};

struct orr_twins_round {
    uint32_t second; /* bits of the instances in the second part; instance 0 is in the first */
    uint32_t leader; /* a node; 0 without leaders                                            */
};

struct orr_twins;
/* The space of a shape; NULL: it has 2^62 schedules or more. */
struct orr_twins *orr_twins_new(struct orr_twins_shape shape);
void orr_twins_free(struct orr_twins *twins); /* NULL is fine */

uint32_t orr_twins_rounds(const struct orr_twins *twins);
uint64_t orr_twins_count(const struct orr_twins *twins);   /* of schedules               */
uint64_t orr_twins_classes(const struct orr_twins *twins); /* of classes, by Burnside    */
bool orr_twins_is_least(const struct orr_twins *twins, uint64_t index);
/* to[n_rounds]; index < orr_twins_count. */
void orr_twins_decode(const struct orr_twins *twins, uint64_t index, struct orr_twins_round *to);

/* Takes one of each class after the other, in the order of their indices, or in one that a seed
 * draws: any first part of that is an even sample without repetition. */
struct orr_twins_walk {
    const struct orr_twins *twins;
    uint64_t seed;     /* 0: in order                       */
    uint64_t at, n;    /* schedules looked at, classes taken */
};
/* The next; false: all have been taken. */
bool orr_twins_next(struct orr_twins_walk *walk, uint64_t *index);
#endif
