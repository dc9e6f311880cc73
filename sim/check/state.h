/* state.h - the facts that the house's oracles share; for sim/check alone.
 *
 * check.c receives the tap's records and calls the oracles.  Before they hear a record faults.c
 * notes who is correct and who is up, chain.c what was decided, load.c where the transactions are;
 * report.c puts violations into words.  Each oracle has a file of its name. */
#ifndef ORR_SIM_CHECK_STATE_H
#define ORR_SIM_CHECK_STATE_H

#include "models/base/index.h"
#include "sim/base/memory.h"
#include "sim/check/check.h"
#include "sim/check/verdict.h"

/* The first decision of a height by a correct node, and what came after. */
struct height {
    uint64_t height, txs_hash, value_key;
    uint8_t value[32], parent[32], state_root[32];
    orr_time first_at, last_at;    /* of correct nodes' decisions of this value */
    orr_peer first_node, proposer; /* the first of those that it named, or ORR_NOBODY */
    uint64_t proposers_hash;
    uint32_t round, n_txs;
};

struct tx {
    uint64_t key; /* of chain and hash */
    orr_time submitted;
    uint32_t height;      /* index into the chain's heights; UINT32_MAX: not committed */
    uint32_t node : 31;   /* the first receiver that was correct and up, else the first; when it has
                             ceased to be by the time that another receives it, that one */
    uint32_t counted : 1; /* submitted to a correct node that was up */
};

/* A value that somebody proposed. */
struct proposed {
    uint64_t key; /* of value and proposer; of the value alone with proposer ORR_NOBODY */
};

/* Whose votes made a decision final, as its node put out. */
struct certificate {
    orr_peer node; /* ORR_NOBODY: none */
    uint64_t height;
    uint8_t value[32];
    uint32_t round, n, cap;
    char statement[17];
    orr_peer *signers; /* [n], with room for cap; owned */
};

/* A change of voting power that the scenario orders. */
struct power {
    uint64_t tx;    /* its orr_msg_hash */
    uint64_t power;
    uint64_t from;  /* the first height where it counts; UINT64_MAX: no block has carried it, or it
                       changes nothing */
    orr_peer node;
};

/* What the nodes of one role decide on. */
struct chain {
    const struct orr_protocol *role;
    uint64_t base; /* the height that was decided first */
    bool forked;   /* agreement was broken: blocks of its branches may repeat each other */
    struct orr_index by_height, by_value;
    struct height *heights;
    uint32_t n_heights, heights_cap;
    struct orr_index by_proposed;
    struct proposed *proposed; /* [n_proposed]; 0: the role does not tell what it proposes */
    uint32_t n_proposed, proposed_cap;
    struct power *powers; /* [n_powers] the first n_in_force of them in the order of their blocks */
    uint32_t n_powers, n_in_force, powers_cap;
    uint64_t total, total_at; /* of all powers at a height, the latest that was asked for */
};

#define MAX_TXS \
    (1u << 24) /* 1 GB; what is submitted past it is not followed, and the verdict says so */

struct watched {
    uint32_t chain;
    bool expected_of; /* `of` names it           */
    bool byzantine;   /* is or was, or is a twin */
    bool disk_lost;   /* crashed without its disk: it may break promises unknowingly */
    bool crashed;     /* or left */
    bool stopped;     /* its disk has been full since its last decision */
    uint16_t n_pauses;
    bool fresh; /* no decision in this life */
    bool ever;  /* a decision in some life  */
    bool named; /* by evidence of a correct node */
    bool named_committed;
    uint64_t height;       /* of its last decision            */
    uint8_t value[32];     /* the same                        */
    uint64_t life_first;   /* of its first one in this life   */
    uint64_t top;          /* the highest it ever decided     */
    orr_time born;         /* when this life began            */
    orr_time since;        /* of its last decision or its start: gaps are counted from here */
    orr_time after_change; /* first decision after the last change of faults, or ORR_NEVER */
    struct orr_progress progress;
    uint32_t n_messages; /* received so far; the ring holds the last ORR_CHECK_MESSAGES */
};

/* Where a decision stands in its node's own sequence. */
enum place {
    PLACE_NEXT,     /* as it should be                                        */
    PLACE_TOO_HIGH, /* the first of a life, above `limit`                     */
    PLACE_GAP,      /* heights after `limit` were left out                    */
    PLACE_BACK,     /* below `limit`, and before the first of this life       */
    PLACE_AGAIN     /* decided in this life already; it is not counted twice  */
};

/* The decision of a correct node that is being heard. */
struct decision {
    orr_peer node;
    const struct orr_decided *d; /* NULL: malformed, and nothing below holds       */
    struct chain *chain;
    uint32_t index;               /* of the chain's height                          */
    bool first;                   /* nobody correct had decided this height before  */
    bool other_value, other_root; /* than the first                                */
    bool again;                   /* the node decided this height already, in this life or before */
    bool other_proposers;         /* of the same value                              */
    uint32_t same_value;          /* with `first`: the chain's height that had decided the value
                                     before; UINT32_MAX: none                       */
    enum place place;
    uint64_t limit;
    orr_time gap;         /* since the node's last decision or start        */
    uint32_t n_signers;   /* whose votes made it final; 0: not told, or the role's powers are fixed
                           */
    uint64_t signed_power, voting_power; /* what they have at that height, and what there is */
    bool not_proposed;    /* with `first`: by nobody, or not by the correct nodes that it names */
    uint64_t unknown_tx;  /* with `first`: that nobody submitted; 0: none   */
    uint64_t repeated_tx; /* with `first`: that was decided before; 0: none */
    bool repeated_here;   /* in this same block                             */
};

/* An oracle at work. */
struct seat {
    const struct orr_oracle *oracle;
    const void *settings;
    void *state;
    bool active, asked;
    enum orr_expectation expected;
    orr_time look_at;
};
enum { MAX_ORACLES = 48, MAX_VERDICTS = 96, MAX_VIOLATIONS = 96, RECENT_HEIGHTS = 64 };

struct orr_check {
    const struct orr_scenario *scenario;
    const struct orr_expect_spec *expect;
    struct orr_heap heap; /* of all that it keeps, itself too */
    struct orr_tap tap;
    orr_time now;      /* of the latest record or question */
    orr_time end;      /* ORR_NEVER while it runs          */
    uint32_t outputs;  /* of keys below 32 that some oracle hears: ORR_OUTPUT_BIT */
    bool hears_events; /* some oracle wants ORR_TAP_EVENT */

    bool any_correct; /* at the end: some node is */

    uint32_t n_nodes;
    struct watched *nodes;
    struct orr_check_message *rings; /* [n_nodes][ORR_CHECK_MESSAGES]; NULL until some node
                                        puts out a step or a decision */
    uint32_t *tx_types; /* [n_tx_types] of messages that are transactions: not kept in rings */
    uint32_t n_tx_types;
    struct chain *chains;
    uint32_t n_chains;

    /* faults */
    uint32_t *active;              /* [n_faults] begun and not ended, as wholes */
    uint32_t n_faults;             /* of the scenario at birth                  */
    uint32_t n_temporary;          /* active ones that will end       */
    uint32_t n_byzantine;          /* nodes that are or were          */
    orr_time changed_at, begun_at; /* last change; last beginning     */
    orr_time last_planned;         /* the latest begin or end that the timeline fixes */
    orr_time last_begin;           /* the latest begin that it fixes                  */
    orr_time last_decision;
    orr_time calm_gap; /* the longest between two decisions of a node since the last change */

    /* transactions */
    struct orr_index by_tx;
    struct tx *txs;
    uint32_t n_txs, txs_cap;
    uint64_t n_untracked;
    uint64_t n_committed;
    orr_time first_submit, last_submit, last_commit; /* ORR_NEVER: none; -1: none */

    uint64_t n_decisions;
    orr_time max_gap;
    struct decision decision;          /* node ORR_NOBODY: the record is none of a correct node */
    struct orr_violation_side *recent; /* [RECENT_HEIGHTS] first deciders' sides by height index */
    struct certificate *certificates;  /* [RECENT_HEIGHTS] theirs                               */
    struct certificate certificate;    /* the latest that a correct node put out                */

    /* oracles */
    struct seat seats[MAX_ORACLES];
    uint32_t n_seats;
    struct seat *speaking;                        /* whose function is being called           */
    orr_time look_at;                             /* the earliest of the seats'               */
    struct orr_violation *broken[MAX_VIOLATIONS]; /* owned                */
    uint32_t n_broken;
    const struct orr_violation *first; /* the first unexpected */
    struct orr_measures measures;
    uint32_t n_verdicts;
    struct orr_verdict verdicts[MAX_VERDICTS]; /* last: not cleared at birth */
};

static inline bool is_correct(const struct orr_check *c, orr_peer node) {
    return !c->nodes[node].byzantine && c->nodes[node].expected_of;
}
static inline bool is_down(const struct watched *node) {
    return node->crashed || node->stopped || node->n_pauses;
}
/* Correct, up, and with what it had been given at that time. */
static inline bool has_lived_since(const struct orr_check *c, orr_peer node, orr_time t) {
    return is_correct(c, node) && !is_down(&c->nodes[node]) && c->nodes[node].born <= t;
}
static inline struct chain *chain_of(struct orr_check *c, orr_peer node) {
    return &c->chains[c->nodes[node].chain];
}

/* ---- check.c ---- */
/* A side as of now: the node and the messages that it received last. */
void orr_check_side(const struct orr_check *c, orr_peer node, struct orr_violation_side *side);
/* In begin(): whether a break is what the scenario wants (ORR_EXPECT_BROKEN) or a surprise (HOLDS),
 * and whether the scenario wrote it or it is asked by default. */
void orr_check_expect(struct orr_check *c, enum orr_expectation expected, bool asked);
/* In judge(): the verdict of what holds or is broken, on n cases; with none, nobody was judged. */
struct orr_verdict *orr_check_rule(struct orr_check *c, uint64_t n_judged, const char *why_nobody);
/* "403 decisions of 100 heights by correct nodes" */
void orr_check_count_decisions(const struct orr_check *c, struct orr_verdict *v);

/* ---- chain.c ---- */
/* A correct node decides: fills in c->decision, and after the oracles have heard it goes on. */
void orr_chain_hear(struct orr_check *c, orr_peer node, const struct orr_msg *msg);
void orr_chain_go_on(struct orr_check *c);
/* A node of some role proposes. */
void orr_chain_hear_proposed(struct orr_check *c, orr_peer node, const struct orr_msg *msg);
/* A node takes over the state behind a decision. */
void orr_chain_hear_adopted(struct orr_check *c, orr_peer node, const struct orr_msg *msg);
/* The chain's height as the index says: the first decision of it. */
static inline const struct height *height_at(const struct chain *chain, uint32_t index) {
    return &chain->heights[index];
}
/* What a decision says of itself, and the side of whoever decided that height first, with its
 * messages if that was lately. */
void orr_chain_describe(struct orr_violation_side *side, const struct orr_decided *d);
void orr_chain_describe_first(const struct orr_check *c, const struct chain *chain, uint32_t index,
                              struct orr_violation_side *side);

/* ---- certificates.c ---- */
/* A correct node names who made its next decision final; it was the first of its height. */
void orr_certificates_hear(struct orr_check *c, orr_peer node, const struct orr_msg *msg);
void orr_certificates_keep(struct orr_check *c, const struct decision *first);
/* Is it the certificate of what this node decides? */
bool orr_certificates_is_of(const struct certificate *certificate, orr_peer node, uint64_t height,
                            const uint8_t value[32]);
/* Lays the certificates of the decision being heard and of the first of its height side by side. */
void orr_certificates_describe(struct orr_check *c, struct orr_violation *v);
/* Who signed what, and who signed both. */
void orr_certificates_print(const struct orr_scenario *s, const struct orr_violation *v, FILE *to);
void orr_certificates_fini(struct orr_check *c);

/* ---- faults.c ---- */
void orr_faults_plan(struct orr_check *c); /* reads the timeline, once */
void orr_faults_hear(struct orr_check *c, const struct orr_tap_record *record);
/* Does the node belong to those that decide, now: correct, up, and its role has decided, has
 * leaders, or takes transactions and nobody else has decided either? */
bool orr_faults_should_decide(const struct orr_check *c, orr_peer node);

/* ---- load.c ---- */
void orr_load_hear(struct orr_check *c, const struct orr_tap_record *record);
/* Where a transaction of a chain, named by its orr_msg_hash, is in txs; or ORR_NOWHERE. */
uint32_t orr_load_find(const struct orr_check *c, uint32_t chain, uint64_t tx);
/* The transactions of the height that was decided first just now. */
void orr_load_commit(struct orr_check *c, struct decision *decision);
void orr_load_measure(struct orr_check *c);
/* Does a correct node that has been up ever since still owe an answer for a transaction that it was
 * given at time t or before? */
bool orr_load_is_owed(const struct orr_check *c, const struct tx *tx, orr_time t);
/* Is there something to decide that was so at time t?  Without a load a protocol that has decided
 * goes on by itself; with one it has to while such a transaction is open. */
bool orr_load_has_work(const struct orr_check *c, orr_time t);

/* ---- voters.c ---- */
void orr_voters_hear(struct orr_check *c, const struct orr_tap_record *record); /* a submission */
/* A height was decided first just now: what it changes counts one or two heights later. */
void orr_voters_decide(struct orr_check *c, const struct decision *first);
/* The voting power of a node at a height, and of all. */
uint64_t orr_voters_power(const struct orr_check *c, const struct chain *chain, orr_peer node,
                          uint64_t height);
uint64_t orr_voters_total(const struct orr_check *c, const struct chain *chain, uint64_t height);
/* Fills in what the signers that the node named have of it. */
void orr_voters_weigh(const struct orr_check *c, struct decision *now);

/* ---- report.c ---- */
/* Short forms for sentences.  A node as `val.3`; a time as `12.345678 s`; the first bytes of a
 * value in hex. */
struct orr_words {
    char text[40];
};
struct orr_words orr_words_node(const struct orr_scenario *scenario, orr_peer node);
struct orr_words orr_words_time(orr_time t);
struct orr_words orr_words_value(const uint8_t value[32]);
#endif
