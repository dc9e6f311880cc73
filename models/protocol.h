/* protocol.h - what every protocol under models/ is: a state machine.
 *
 *     event in  ->  step()  ->  effects out
 *
 * A protocol reads no clock, opens no socket, draws no rand() and never calls its driver.  Time,
 * bytes and random numbers are handed in; all that it wants done it appends to the outbox.  sim/
 * and a socket runtime are two drivers of this one interface, and a fault wrapper (models/fault) is
 * a third party that rewrites the outbox between them.  Units: times are ns, lengths are bytes. */
#ifndef ORR_MODELS_PROTOCOL_H
#define ORR_MODELS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/error.h"
#include "models/base/mem.h"
#include "models/base/msg.h"
#include "models/base/rng.h"
#include "models/base/sign.h"

typedef int64_t orr_time;  /* ns on one of the node's clocks; signed so that t1 - t0 is safe */
typedef uint32_t orr_peer; /* dense index 0..n-1, the same in every node and every trace    */
#define ORR_NEVER INT64_MAX   /* no such time; arming a timer at it disarms the timer */
#define ORR_NOBODY UINT32_MAX /* no such peer */

/* ---- events: what happened ---- */

enum orr_event_kind {
    /*               what                                    peer       key          msg          */
    ORR_STORED,   /* before START, after a restart: one                 its name     its content
                     durable record, in ascending order of name                                   */
    ORR_START,    /* the node begins to run                                                       */
    ORR_RECV,     /* bytes arrived                           sender                  the message  */
    ORR_TIMER,    /* a timer fired                                      its key                   */
    ORR_INPUT,    /* a client or the driver asks                        enum orr_input  request   */
    ORR_WRITTEN,  /* an ORR_WRITE is durable                            its name                  */
    ORR_PEER_UP,  /* a link opened                           other end                            */
    ORR_PEER_DOWN /* a link closed or did not open           other end   enum orr_down            */
};

/* Why a link closed or did not open: key of ORR_PEER_DOWN.  DOWN(name, what it means) */
#define ORR_DOWNS(DOWN)                                                            \
    DOWN(HANGUP, "one end hung up")                                                \
    DOWN(CRASH, "the other end crashed")                                           \
    DOWN(REFUSED, "dialled: the other end takes no connections at all")            \
    DOWN(ABSENT, "dialled: the other end does not run")                            \
    DOWN(CUT, "no way through the network for longer than a dial or the scenario's " \
              "`link_timeout` waits")                                              \
    DOWN(LIMIT, "dialled: one end has as many connections as it may have")
enum orr_down {
#define DOWN(name, text) ORR_DOWN_##name,
    ORR_DOWNS(DOWN)
#undef DOWN
    ORR_N_DOWNS
};

/* What a protocol's messages travel on.
 *
 * A stream (TCP, QUIC) is a link that is open or not: what is sent to a peer without an open link
 * is dropped; no message from one node to another overtakes an earlier one; a lost packet is sent
 * again, so loss is delay.  A datagram (UDP) goes to anybody, may be lost, doubled or overtaken. */
enum orr_transport { ORR_DATAGRAM, ORR_STREAM };

/* A node has two clocks, as a machine has.
 *
 * `now` is the monotonic one (CLOCK_MONOTONIC): >= 0, never smaller than in this node's previous
 * event, and set by nobody.  Timers run on it, and durations are measured on it: a timer armed at T
 * fires with now >= T.  It may run fast or slow; its zero means nothing to another node.
 *
 * `wall` is the wall clock (CLOCK_REALTIME): what time the node believes it to be, and what its
 * peers' wall clocks can be compared with.  It may be wrong by any amount, may jump ahead and back
 * and be negative.  For what is said to others (a block's time), never for a timer. */
struct orr_event {
    enum orr_event_kind kind;
    orr_peer peer;
    uint32_t key;
    orr_time now, wall;
    struct orr_msg *msg; /* lent until step() returns; orr_msg_ref() to keep it; may be NULL */
};

/* ---- effects: please do ---- */

enum orr_effect_kind {
    /*             what                                  peer      key           at    msg        */
    ORR_SEND,   /* send to a peer                        to                            moved      */
    ORR_CAST,   /* send to every linked peer but one     not to                        moved      */
    ORR_ARM,    /* (re)arm or disarm a timer                       its key       when             */
    ORR_WRITE,  /* make durable under a name, replacing            name                moved,     */
                /* what was there, then ORR_WRITTEN                                    0: delete  */
    ORR_OUTPUT, /* decided, delivered, measured                    enum orr_output     moved or 0 */
    ORR_DIAL,   /* open a link, then ORR_PEER_UP or      to                                       */
                /* ORR_PEER_DOWN with the reason                                                  */
    ORR_HANGUP  /* close a link: ORR_PEER_DOWN at both   to                                       */
};

struct orr_effect {
    enum orr_effect_kind kind;
    orr_peer peer;
    uint32_t key;
    orr_time at;
    struct orr_msg *msg; /* its reference moves to the driver; may be NULL (an empty message) */
};

/* The peers that a node is linked to now: the driver's own list, which changes by itself when a
 * link opens or closes.  A protocol on streams is told by ORR_PEER_UP of each link that it has from
 * birth, behind ORR_START, if they are listed; that every node is linked is not told. */
struct orr_links {
    uint32_t n;        /* how many                                           */
    const orr_peer *v; /* [n], ascending, without self; NULL: every other node */
};
/* Is the node `self`, whose links these are, linked to a peer?  O(log n). */
static inline bool orr_links_has(const struct orr_links *links, orr_peer self, orr_peer peer) {
    if (!links->v) return peer != self;
    uint32_t low = 0, high = links->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (links->v[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low < links->n && links->v[low] == peer;
}
/* The i-th linked peer, i < links->n. */
static inline orr_peer orr_links_at(const struct orr_links *links, orr_peer self, uint32_t i) {
    return links->v ? links->v[i] : i + (i >= self);
}

/* Effects take hold in list order, when the CPU time that the step claims has passed; one node's
 * later effects never overtake an earlier ORR_WRITE that is not yet durable, so "write, then send"
 * needs no callback.  A crash loses the effects that had not taken hold.  The array is the
 * driver's and is reused by each step. */
struct orr_outbox {
    struct orr_effect *v;
    uint32_t n, cap;
    int64_t busy_ns; /* CPU time this step claims: simulated here, ignored on sockets */
    struct orr_pool *pool;
    struct orr_rng *rng;                   /* this node's private stream */
    const struct orr_links *links;         /* lent for the step */
    void (*grow)(struct orr_outbox *out); /* the driver's: makes cap larger; called by orr_effect */
    bool forging; /* a wrapper's: fault.forge of the protocol inside runs; for reports */
};

/* The place of one more effect; the caller sets every field. */
static inline struct orr_effect *orr_effect_next(struct orr_outbox *out) {
    if (__builtin_expect(out->n == out->cap, 0)) out->grow(out);
    return &out->v[out->n++];
}
/* Appends an effect as it is: for wrappers, which pass effects on. */
static inline void orr_effect(struct orr_outbox *out, struct orr_effect effect) {
    *orr_effect_next(out) = effect;
}
/* Appends an effect field by field: a struct that is built on the stack and copied as a whole waits
 * for its own narrow stores, which at these rates costs a tenth of a run. */
static inline void orr_effect_put(struct orr_outbox *out, enum orr_effect_kind kind, orr_peer peer,
                                  uint32_t key, orr_time at, struct orr_msg *moved) {
    struct orr_effect *e = orr_effect_next(out);
    e->kind = kind;
    e->peer = peer;
    e->key = key;
    e->at = at;
    e->msg = moved;
}
static inline void orr_send(struct orr_outbox *out, orr_peer to, struct orr_msg *moved) {
    orr_effect_put(out, ORR_SEND, to, 0, 0, moved);
}
static inline void orr_cast(struct orr_outbox *out, orr_peer not_to, struct orr_msg *moved) {
    orr_effect_put(out, ORR_CAST, not_to, 0, 0, moved);
}
static inline void orr_arm(struct orr_outbox *out, uint32_t key, orr_time at) {
    orr_effect_put(out, ORR_ARM, ORR_NOBODY, key, at, NULL);
}
static inline void orr_write(struct orr_outbox *out, uint32_t name, struct orr_msg *moved) {
    orr_effect_put(out, ORR_WRITE, ORR_NOBODY, name, 0, moved);
}
static inline void orr_output(struct orr_outbox *out, uint32_t key, struct orr_msg *moved) {
    orr_effect_put(out, ORR_OUTPUT, ORR_NOBODY, key, 0, moved);
}

/* Opens a link.  One that is open already is told by ORR_PEER_UP as well. */
static inline void orr_dial(struct orr_outbox *out, orr_peer to) {
    orr_effect_put(out, ORR_DIAL, to, 0, 0, NULL);
}
/* Closes a link behind what was sent on it, or gives up a dial. */
static inline void orr_hangup(struct orr_outbox *out, orr_peer to) {
    orr_effect_put(out, ORR_HANGUP, to, 0, 0, NULL);
}

/* ---- what a node is told at birth ---- */

/* All nodes of a scenario that run the same protocol, whatever their group.  A validator set is
 * one. */
struct orr_cohort {
    uint32_t n;
    const orr_peer *members; /* [n], ascending                         */
    const uint64_t *stakes;  /* [n], voting power of each, >= 0        */
    uint64_t seed;           /* key pairs derive from (seed, ORR_RNG_KEYS, node) */
    enum orr_signatures signatures; /* ... and are of this kind                  */
};

struct orr_costs; /* models/base/cost.h: ns of CPU for a named piece of work */
struct orr_memo;  /* models/base/memo.h: results of pure functions, shared by all nodes */

/* What all nodes of a cohort are told alike.  One for each cohort, as it lives as long as they. */
struct orr_common {
    uint32_t n_nodes;           /* in the whole network                                         */
    const struct orr_cohort *cohort;
    const void *shared;         /* what the protocol's share() made for this cohort, or NULL    */
    struct orr_mem *mem;
    struct orr_pool *pool;
    const struct orr_costs *costs;
    struct orr_memo *memo;      /* NULL: compute every time                                     */
};

/* What a node is told at birth.  Lent, it and all that it points to, for the node's life: a node
 * keeps the pointer. */
struct orr_env {
    const struct orr_common *common;
    orr_peer self;
};
_Static_assert(sizeof(struct orr_env) == 16, "a million nodes pay this each");

/* ---- configuration: what a scenario may write under `config:` ---- */

enum orr_config_type {
    ORR_CONFIG_BOOL,  /* bool      true, false                             */
    ORR_CONFIG_COUNT, /* uint64_t  12                                      */
    ORR_CONFIG_TIME,  /* orr_time  `3 s`, `120 ms`                         */
    ORR_CONFIG_SIZE,  /* uint64_t  bytes; `64 KiB`, `1 MB`                 */
    ORR_CONFIG_RATIO, /* uint64_t  parts in 10^9; `5 %`, `0.05`            */
    ORR_CONFIG_ENUM,  /* uint32_t  index into choices                      */
    ORR_CONFIG_LIST   /* struct orr_config_list  `[0, 0, 1]`; fallback 0: none */
};
struct orr_config_list {
    const uint64_t *v; /* [n] within min and max, lent as the configuration is; NULL: none given */
    uint64_t n;
};

/* One key.  The scenario parser, its errors, the JSON schema and `orrery help` come from this
 * table; a protocol's config struct is filled with the defaults first. */
enum { ORR_CONFIG_CHOICES_MAX = 31 };

struct orr_config_key {
    const char *name, *help;
    enum orr_config_type type;
    size_t offset;               /* in the config struct */
    uint64_t fallback, min, max; /* in the type's unit; both bounds are allowed values */
    const char *const *choices;  /* ORR_CONFIG_ENUM: NULL-terminated, at most
                                    ORR_CONFIG_CHOICES_MAX */
    const char *also;            /* another spelling of the name that scenarios may use, or NULL */
    const char *flaw;            /* NULL, or: any value but the fallback is a known mistake, and
                                    what it leads to, with its source; a run says so */
};

/* ---- what a simulated client wants ---- */

/* What a scenario's `mix` may ask for, of roles that have such transactions.  TX(name, help) */
#define ORR_TX_MIXES(TX)                                         \
    TX(transfer, "the chain's own coin, from account to account") \
    TX(token, "a call of a token contract")                       \
    TX(exchange, "a swap at an exchange contract")
enum orr_tx_mix {
    ORR_TX_ANY, /* nobody asked: as the role likes */
#define TX(name, help) ORR_TX_##name,
    ORR_TX_MIXES(TX)
#undef TX
    ORR_N_TX_MIXES
};

struct orr_tx_order {
    bool is_power;       /* one that sets the voting power of node `of` to `power`; of protocols
                            with workload.sets_power */
    orr_peer of;
    uint64_t power;
    uint32_t client;
    uint64_t number;     /* of this client's transactions, from 0 on */
    uint32_t size;       /* bytes, about                             */
    struct orr_rng *rng; /* the workload's                           */
    enum orr_tx_mix mix;
};

/* ---- a protocol ---- */

/* init and step return 0 or a negative ORR_E code.  A bad message from a peer is no error: it is
 * dropped and counted (ORR_OUTPUT).  An error means that this node cannot go on: the driver stops
 * it. */
struct orr_msg_field;     /* models/field.h */
struct orr_progress;  /* models/output.h */
struct orr_statement; /* models/statement.h, as is orr_stand */
struct orr_stand;
struct orr_layer;  /* models/layer.h: one protocol of several that make up a node */

#define ORR_ABI 10u /* counts the changes of this header that a plug-in must be built again for */

struct orr_protocol {
    uint32_t abi;             /* ORR_ABI                                */
    const char *name;         /* as `role:` in scenarios/ writes it     */
    const char *summary;      /* one line for `orrery help`             */
    /* NULL, or: its nodes form one cohort with those of this protocol, in which they have no stake,
     * whatever a scenario says.  Config struct, share() and messages are the same. */
    const struct orr_protocol *follows;
    const char *const *kinds; /* names of message kinds by orr_msg.kind; NULL-terminated, or NULL */
    const struct orr_layer *layers; /* of a composition (models/layer.h); ends with .name == NULL */
    size_t config_size;       /* bytes of the config struct; 0: none    */
    const struct orr_config_key *config; /* ends with .name == NULL, or NULL */
    size_t node_size;         /* bytes of node state, zeroed before init */
    uint32_t n_timers;        /* timer keys are 0..n_timers-1            */
    enum orr_transport transport; /* what it runs on, unless the scenario says otherwise */
    uint32_t burst; /* messages that all nodes cast at about the same time, so that as many are on
                       every link at once (votes: 1); 0: not so.  Tells beforehand what memory a
                       run takes */

    int (*init)(void *node, const struct orr_env *env, const void *cfg); /* no effects yet */
    int (*step)(void *node, const struct orr_event *event, struct orr_outbox *out);
    /* Optional: gives back references and memory; also called when a simulated node crashes. */
    void (*fini)(void *node);
    /* Optional: gives a message that is not frozen yet its decoded form (orr_form_new); none if it
     * is malformed.  A pure function of the message and of common->shared: all nodes of the cohort
     * read the one form.  common->memo NULL: verdicts that it would remember are left open. */
    void (*decode)(const struct orr_common *common, struct orr_msg *m);
    /* Optional: asks (__builtin_prefetch) for memory that a step with this message will look for
     * and nothing before it leads to.  It may be called or not: a driver that sees an event come
     * calls it some events before.  For protocols of many thousands of nodes. */
    void (*touch)(const void *node, const struct orr_msg *m);
    /* Optional: a hash of all that matters; equal runs have equal digests. */
    uint64_t (*digest)(const void *node);

    /* What a cohort begins with. */
    struct {
        /* Optional: immutable data for a whole cohort (genesis, key pairs), made once from mem;
         * every member finds it as env->shared.  cfg is that of the cohort's first member. */
        const void *(*share)(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem);
        /* Optional: what is wrong with a configuration for a cohort of n nodes (static text),
         * though each key is within its bounds; NULL: nothing. */
        const char *(*refuses)(const void *cfg, uint32_t n);
    } genesis;

    /* For simulated clients. */
    struct {
        uint32_t least_size; /* no transaction has fewer bytes, whatever is ordered */
        bool sets_power; /* voting power changes by transactions: make_tx makes them, and what block
                            H does counts from H + 2 on */
        bool is_membership; /* ... or from H + 1 on, and who loses its vote goes on to propose until
                               it hears of it */
        size_t state_size; /* bytes of what all clients of a cohort keep, zeroed at first */
        /* Optional: a transaction that is valid for this protocol's application.  state is of
         * state_size bytes, aligned to 16, and the clients' own: no node sees it. */
        struct orr_msg *(*make_tx)(void *state, const struct orr_common *common,
                                   const struct orr_tx_order *order);
    } workload;

    /* For faults that must know the protocol. */
    struct {
        /* Optional: does this node believe that it leads now?  For fault targets `leader`. */
        bool (*leads)(const void *node);
        /* Optional, for the equivocation wrapper: a conflicting message in place of m (same slot,
         * another value), signed as this node; or NULL when m is of no kind that can conflict. */
        struct orr_msg *(*forge)(void *node, const struct orr_msg *m, struct orr_pool *pool);
        /* Optional: what can be changed in messages (models/field.h); ends with .name == NULL. */
        const struct orr_msg_field *fields;
        /* With fields: m, which is not frozen, is one of the node `signer` in which a field has
         * been changed: makes what follows from it (hashes, signature) anew.  A message that its
         * sender does not sign stays as it is.  false: nobody could sign these bytes. */
        bool (*sign)(const struct orr_common *common, orr_peer signer,
                     const struct orr_msg_field *changed, struct orr_msg *m);
        /* Optional: forgets what binds it to an earlier vote: its lock, what it has prepared. */
        void (*forget)(void *node);
        /* Bit k: when timer k fires the node has waited long enough for others, and gives a view or
         * a step up. */
        uint32_t patience;
        /* Optional, of chains that fork, for the wrapper `reorg`: from now on the node works for a
         * branch without the youngest `depth` blocks of its head's; 0: for its head again. */
        void (*reorg)(void *node, uint32_t depth);
    } fault;

    /* For those who read along. */
    struct {
        /* Optional: the height, round and step that a message is about, be it well formed or not;
         * false: about none.  Called for each message that a watched node receives: quick. */
        bool (*place)(const struct orr_msg *m, struct orr_progress *at);
        /* Optional: the i-th signed statement that a message carries: its author's own first, then
         * those of the certificates in it, whose signatures nobody has checked here; false: there
         * are no more, or the message is malformed.  m may be frozen or not. */
        bool (*statement)(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                          struct orr_statement *said);
        /* Optional: where the node stands. */
        void (*stand)(const void *node, struct orr_stand *stand);
    } report;
};

/* What a driver does to every message before anyone but its author sees it: when it is taken out of
 * the outbox, came from a client or off a wire.  m may be NULL, or frozen already. */
static inline void orr_freeze(const struct orr_protocol *protocol, const struct orr_common *common,
                              struct orr_msg *m) {
    if (!m || m->hash) return;
    if (protocol->decode && !m->decoded) protocol->decode(common, m);
    orr_msg_freeze(m);
}

/* ---- the vocabulary of inputs; that of outputs is models/output.h ---- */

enum orr_input { /* key of ORR_INPUT */
    ORR_IN_TX,   /* a client submits a transaction: msg holds its bytes               */
    ORR_IN_FAULT /* to a wrapper of models/fault only: msg NULL, switches it on or off */
};
#endif
