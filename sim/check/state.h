/* state.h - what the oracles remember; shared by sim/check*.c only.
 *
 * check.c receives the tap's records, poses the questions of time and writes the verdicts;
 * check_chain.c judges decisions, check_live.c faults, termination and gaps, check_load.c
 * transactions, check_evidence.c accusations, check_report.c says what happened. */
#ifndef ORR_SIM_CHECK_STATE_H
#define ORR_SIM_CHECK_STATE_H

#include "models/base/index.h"
#include "sim/base/memory.h"
#include "sim/check/check.h"

/* The first decision of a height by a correct node, and what came after. */
struct height {
    uint64_t height, txs_hash;
    uint8_t value[32], parent[32], state_root[32];
    orr_time first_at, last_at; /* of correct nodes' decisions of this value */
    orr_peer first_node;
    uint32_t round, n_txs;
};

struct tx {
    uint64_t key;  /* of chain and hash */
    orr_time submitted;
    uint32_t height; /* index into the chain's heights; UINT32_MAX: not committed */
    uint32_t chain : 31;
    uint32_t counted : 1; /* submitted to a correct node that was running */
};

/* What the nodes of one role decide on. */
struct chain {
    const struct orr_protocol *role;
    uint64_t base; /* the height that was decided first */
    bool forked;   /* agreement was broken: blocks of its branches may repeat each other */
    struct orr_index by_height;
    struct height *heights;
    uint32_t n_heights, heights_cap;
};

#define MAX_TXS \
    (1u << 24) /* 1 GB; what is submitted past it is not followed, and the verdict says so */

struct watched {
    uint32_t chain;
    bool expected_of; /* `of` names it           */
    bool byzantine;   /* is or was, or is a twin */
    bool disk_lost;   /* crashed without its disk: it may break promises unknowingly */
    bool crashed; /* or left */
    bool stopped; /* its disk has been full since its last decision */
    uint16_t n_pauses;
    bool fresh; /* no decision in this life */
    bool ever;  /* a decision in some life  */
    bool named; /* by evidence of a correct node */
    bool named_committed;
    uint64_t height;       /* of its last decision            */
    uint64_t life_first;   /* of its first one in this life   */
    uint64_t top;          /* the highest it ever decided     */
    uint8_t value[32];     /* of its last decision            */
    orr_time since;        /* of its last decision or its start: gaps are counted from here */
    orr_time after_change; /* first decision after the last change of faults, or ORR_NEVER */
    struct orr_progress progress;
    uint32_t n_messages; /* received so far; the ring holds the last ORR_CHECK_MESSAGES */
};

struct orr_check {
    const struct orr_scenario *scenario;
    const struct orr_expect_spec *expect;
    struct orr_heap heap; /* of the indices below */
    struct orr_tap tap;
    orr_time now; /* of the latest record or question */
    orr_time end; /* ORR_NEVER while it runs          */

    uint32_t n_nodes;
    struct watched *nodes;
    struct orr_check_message *rings; /* [n_nodes][ORR_CHECK_MESSAGES]; NULL until some node
                                        puts out a step or a decision */
    uint64_t tx_kinds; /* bit k: messages of kind k are transactions, and not kept in rings */
    struct chain *chains;
    uint32_t n_chains;

    /* faults */
    uint32_t *active;              /* [n_faults] begun and not ended, as wholes */
    uint32_t n_temporary;          /* active ones that will end       */
    orr_time changed_at, begun_at; /* last change; last beginning     */
    orr_time last_planned;         /* the latest begin or end that the timeline fixes */
    orr_time last_begin;           /* the latest begin that it fixes                  */
    orr_time last_decision;

    /* transactions */
    struct orr_index by_tx;
    struct tx *txs;
    uint32_t n_txs, txs_cap;
    uint64_t n_untracked;
    uint64_t n_committed;
    orr_time first_submit, last_submit, last_commit; /* ORR_NEVER: none; -1: none */

    uint64_t n_decisions;
    orr_time max_gap;
    uint32_t n_accusations;

    orr_time look_at;                           /* when orr_check_poll looks at all nodes again */
    struct orr_violation *broken[ORR_N_CHECKS]; /* the first of each, owned; NULL: none */
    enum orr_check_name first;                  /* unexpected one; ORR_N_CHECKS: none   */
    struct orr_violation_side *recent; /* [RECENT_HEIGHTS] first deciders' sides by height index */
    struct orr_verdict verdicts[ORR_N_CHECKS];
    char texts[ORR_N_CHECKS][160];
    uint32_t n_verdicts;
    struct orr_measures measures;
};

enum { RECENT_HEIGHTS = 64 };

static inline bool is_correct(const struct orr_check *c, orr_peer node) {
    return !c->nodes[node].byzantine && c->nodes[node].expected_of;
}
static inline bool is_down(const struct watched *node) {
    return node->crashed || node->stopped || node->n_pauses;
}
static inline struct chain *chain_of(struct orr_check *c, orr_peer node) {
    return &c->chains[c->nodes[node].chain];
}

/* ---- check.c ---- */
/* Does the scenario expect that this is broken?  Then a violation is no surprise. */
bool orr_check_is_expected(const struct orr_check *c, enum orr_check_name name);
/* Remembers the first violation of a kind: a side with the node's latest messages, to be filled in
 * and given a text by the caller.  NULL when there was one before. */
struct orr_violation *orr_check_break(struct orr_check *c, enum orr_check_name name, orr_peer node);
/* A side as of now: the node and the messages that it received last. */
void orr_check_side(const struct orr_check *c, orr_peer node, struct orr_violation_side *side);

/* ---- check_chain.c ---- */
void orr_check_decided(struct orr_check *c, orr_peer node, const struct orr_msg *msg);

/* ---- check_live.c ---- */
void orr_check_fault(struct orr_check *c, const struct orr_tap_record *record);
void orr_check_plan(struct orr_check *c); /* reads the timeline, once */
/* A correct node has decided: gap, stall and termination. */
void orr_check_alive(struct orr_check *c, orr_peer node);
/* What should have happened by now. */
void orr_check_look(struct orr_check *c);
/* Time at which termination can be judged: ORR_NEVER when it is not known yet. */
orr_time orr_check_deadline(const struct orr_check *c);
void orr_check_judge_termination(struct orr_check *c, struct orr_verdict *verdict, char *text,
                                 size_t size);

/* ---- check_load.c ---- */
void orr_check_submit(struct orr_check *c, const struct orr_tap_record *record);
/* The transactions of a height that was decided first just now. */
void orr_check_commit(struct orr_check *c, orr_peer node, uint32_t height_index,
                      const struct orr_decided *decided);
void orr_check_measure(struct orr_check *c);
/* Breaks the percentiles and the throughput that are past their bounds; at the end. */
void orr_check_judge_load(struct orr_check *c);

/* ---- check_evidence.c ---- */
void orr_check_accuse(struct orr_check *c, orr_peer node, const struct orr_msg *msg);
/* Breaks `present` when not every culprit has been named; at the end. */
void orr_check_need_evidence(struct orr_check *c);
void orr_check_judge_evidence(struct orr_check *c, struct orr_verdict *verdict, char *text,
                              size_t size);

/* ---- check_report.c ---- */
/* Short forms for sentences; `out` is returned.  A node as `val.3`; a time as `12.345678 s`; the
 * first bytes of a value in hex. */
struct orr_words {
    char text[40];
};
struct orr_words orr_words_node(const struct orr_scenario *scenario, orr_peer node);
struct orr_words orr_words_time(orr_time t);
struct orr_words orr_words_value(const uint8_t value[32]);
#endif
