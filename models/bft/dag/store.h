/* store.h - the graph of vertices: by round and author, what has come and what is in the graph.
 *
 * A vertex comes in parts (its message, its certificate), and is in the graph when it and all that
 * it stands on are complete: so whatever is in the graph has its whole history there, down to the
 * floor, below which rounds are forgotten.  Of a liar there may be several in a round.
 * Rounds floor..floor + window - 1 have a place; others are not kept, so that nobody makes a node
 * remember without bound. */
#ifndef ORR_MODELS_BFT_DAG_STORE_H
#define ORR_MODELS_BFT_DAG_STORE_H

#include "models/bft/common/qc.h"
#include "models/bft/dag/vertex.h"

enum { ORR_DAG_LEADERS = 8 }; /* leaders of a round at most */

struct orr_vertex {
    struct orr_vertex *next;     /* of the same round and author, in the order of their coming */
    uint64_t round;
    uint32_t author;
    uint32_t mark;               /* the last walk that came here                               */
    uint8_t hash[32];
    struct orr_msg *msg;         /* a reference, or NULL: only its certificate has come        */
    const struct orr_vertex_form *form; /* of msg                                              */
    struct orr_msg *cert;        /* a QC's bytes, a reference, or NULL                         */
    uint32_t entry, cert_entry;  /* of the log, 0: not written                                 */
    orr_peer from;               /* who sent the last part                                     */
    orr_time since;              /* when it came                                               */
    bool is_in, is_ordered;      /* in the graph; in what was decided                          */
    bool is_told;                /* ... and brought in: the first of its author's of the round */
    bool is_referenced;          /* by a vertex of the graph                                   */
    bool is_lost;                /* a node's own, whose round it left without its certificate  */
    bool is_waiting;             /* for others, or for a part: among the store's `waiting`     */
    struct orr_vertex *certified[ORR_DAG_LEADERS]; /* the leaders two rounds below that it
                                    certifies (without certificates): arXiv 2310.14821         */
};

struct orr_dag_round {
    uint64_t power;              /* of the authors of vertices in the graph */
    struct orr_vertex **slots;   /* [n] the first of each author, or NULL   */
};

struct orr_dag {
    struct orr_mem *mem;
    struct orr_pool *pool;
    const struct orr_validator_set *set;
    struct orr_dag_round *rounds; /* [window] round r at r modulo window                       */
    struct orr_vertex **slots;    /* their memory                                              */
    uint64_t floor, window;       /* window is a power of two                                  */
    uint64_t top;                 /* the highest round with a vertex in the graph; 0: none     */
    struct orr_vertex *free;
    struct orr_vertex **waiting;  /* [n_waiting] not in the graph yet                          */
    uint32_t n_waiting, waiting_cap;
    struct orr_vertex **stack;    /* of a walk                                                 */
    uint32_t stack_cap, stamp;
    uint64_t n;                   /* vertices here                                             */
};

void orr_dag_init(struct orr_dag *d, struct orr_mem *mem, struct orr_pool *pool,
                  const struct orr_validator_set *set, uint64_t window);
void orr_dag_fini(struct orr_dag *d);

static inline bool orr_dag_has_place(const struct orr_dag *d, uint64_t round) {
    return round >= d->floor && round - d->floor < d->window;
}
/* The first vertex of a round and author, or NULL. */
struct orr_vertex *orr_dag_slot(const struct orr_dag *d, uint64_t round, uint32_t author);
/* The first of them that is in the graph, or NULL. */
struct orr_vertex *orr_dag_in(const struct orr_dag *d, uint64_t round, uint32_t author);
struct orr_vertex *orr_dag_find(const struct orr_dag *d, const struct orr_vertex_ref *ref);
/* A vertex of a round that has a place, which is not there yet. */
struct orr_vertex *orr_dag_add(struct orr_dag *d, const struct orr_vertex_ref *ref);
/* Power of the authors who have a vertex of the graph in a round. */
uint64_t orr_dag_power(const struct orr_dag *d, uint64_t round);

/* Is all that a vertex (which has its message) stands on in the graph, or below the floor? */
bool orr_dag_is_grounded(const struct orr_dag *d, const struct orr_vertex *v);
/* Puts a grounded vertex into the graph. */
void orr_dag_enter(struct orr_dag *d, struct orr_vertex *v);
/* Lists a vertex among those that wait, once; takes those that do not off the list. */
void orr_dag_wait(struct orr_dag *d, struct orr_vertex *v);
void orr_dag_sweep(struct orr_dag *d);

/* Does a path lead from a vertex down to another? */
bool orr_dag_reaches(struct orr_dag *d, struct orr_vertex *from, const struct orr_vertex *to);
/* Marks all of a vertex's history that is not ordered and not below round `least`, itself included,
 * as ordered, and tells of each in the order of round, author, hash; of a liar's several of one
 * round, of the first alone. */
void orr_dag_order(struct orr_dag *d, struct orr_vertex *leader, uint64_t least,
                   void (*tell)(void *ctx, struct orr_vertex *v), void *ctx);
/* Forgets all rounds below `floor`; each vertex is told first. */
void orr_dag_forget(struct orr_dag *d, uint64_t floor,
                    void (*tell)(void *ctx, struct orr_vertex *v), void *ctx);

static inline struct orr_vertex_ref orr_vertex_ref_of(const struct orr_vertex *v) {
    struct orr_vertex_ref ref = {.round = v->round, .author = v->author};
    memcpy(ref.hash, v->hash, sizeof ref.hash);
    return ref;
}
#endif
