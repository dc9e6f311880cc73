/* explain.h - who is to blame for a fork: what nodes signed in a run, read through
 * models/statement.h, and what led to each of two decisions.
 *
 * A statement counts for its signer when the signer itself sent it: what others say of a node is no
 * proof.  So a correct node, which signs one value in a slot, is never named. */
#ifndef ORR_SIM_CLI_EXPLAIN_H
#define ORR_SIM_CLI_EXPLAIN_H

#include "models/base/index.h"
#include "models/statement.h"
#include "sim/base/memory.h"
#include "sim/check/check.h"
#include "sim/engine/tap.h"
#include "sim/scenario/scenario.h"

struct orr_said {
    struct orr_statement s;
    uint64_t slot;  /* hash of signer, kind, height, view          */
    uint64_t length; /* of the block, by what the message says; or 0 */
    uint32_t next;  /* another of the slot, of another value or leaning on another view, or
                       ORR_NOWHERE                                 */
    orr_time at;    /* when it was first sent, and to whom         */
    orr_peer to;
};

enum orr_broken_rule {
    ORR_RULE_KEPT,
    ORR_RULE_TWO_VALUES, /* two values in one slot                                             */
    ORR_RULE_LOCK,       /* Tendermint: a prevote against an own precommit, with no quorum of
                            prevotes behind it (arXiv 1807.04938, lines 22 to 31)              */
    ORR_RULE_LEFT_OUT,   /* PBFT: a view change without what was committed to (4.4)             */
    ORR_RULE_JUSTIFY,    /* HotStuff: a vote on a QC older than an own commit vote, which no block
                            that extends the committed one can have (arXiv 2010.06785)         */
    ORR_RULE_LOCKED_QC,  /* chained HotStuff: the same of the block locked by an earlier vote   */
    ORR_RULE_OLDER_QC,   /* HotStuff-2: a vote on a QC older than that of an earlier vote       */
    ORR_RULE_TIMEOUT,    /* Jolteon, Fast-HotStuff: a timeout that hides the QC of a vote       */
    ORR_RULE_SHORTER,    /* Streamlet: a vote for a chain shorter than one known as notarized   */
    ORR_N_RULES
};
struct orr_culprit { enum orr_broken_rule rule; uint32_t first, second; /* of `said` */ };

enum { ORR_CAUSES_MAX = 4096 };
/* A message that made a node decide: who was told what by whom. */
struct orr_cause { orr_peer to, signer; uint32_t kind; };

struct orr_explanation {
    const struct orr_scenario *scenario;
    struct orr_heap heap;
    struct orr_arena arena;
    struct orr_common *commons;   /* [n_groups] of the group's role; the same for all of a role */
    struct orr_said *said;        /* [n_said] in the order of time */
    uint32_t n_said, cap;
    struct orr_index by_slot;
    uint64_t last_hash;
    orr_peer last_node;
    struct orr_culprit *culprits; /* [n_nodes] */
    /* the fork; n_sides 0: there is none */
    uint32_t n_sides;
    struct orr_violation_side sides[2];
    struct orr_cause *causes;     /* [n_causes] in the order of arrival */
    uint32_t n_causes;
};

void orr_explanation_init(struct orr_explanation *e, const struct orr_scenario *scenario);
void orr_explanation_fini(struct orr_explanation *e);

/* The tap of a first run, which hears what is signed. */
struct orr_tap orr_explain_listen(struct orr_explanation *e);
/* The first run is over: finds the fork and the culprits. */
void orr_explain_judge(struct orr_explanation *e, const struct orr_verdict *verdicts, uint32_t n);
/* struct orr_story_wish.cause of a second run, of the fork that the first one had; ctx: the
 * explanation, which owns the texts. */
const char *orr_explain_cause(void *ctx, const struct orr_tap_record *r);

/* The kind of a statement, by its role. */
const char *orr_explain_kind(const struct orr_explanation *e, const struct orr_statement *s);
/* What all of a node's role are told, and the role's name; of a node of the scenario. */
const struct orr_common *orr_explain_common(const struct orr_explanation *e, orr_peer node);
const char *orr_explain_role(const struct orr_explanation *e, orr_peer node);
/* The key of a slot in by_slot. */
uint64_t orr_explain_slot(orr_peer signer, uint32_t kind, uint64_t height, uint64_t view);
/* "val.3" */
const char *orr_explain_node(const struct orr_explanation *e, orr_peer node, char text[96]);
#endif
