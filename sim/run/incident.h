/* incident.h - one fault of a scenario on its way: whom it took, and which levers it holds.
 *
 * Shared by the files of the fault plan (plan.h).  Their layers, from below: targets.c (who is
 * meant), messages.c (which messages are), rules.c (faults of the network), reading.c (who reads
 * what was for others), incidents.c (faults of nodes; beginnings and ends), conditions.c (what
 * begins because of what is seen), plan.c. */
#ifndef ORR_SIM_RUN_INCIDENT_H
#define ORR_SIM_RUN_INCIDENT_H

#include "sim/run/plan.h"

/* A fault has one rule, or one for each role whose message kinds it names: each takes a bit of
 * `side`, of which rules.c uses two itself. */
enum { ORR_INCIDENT_RULES_MAX = 14 };
/* Messages of which a reader knows that it has them; one that comes later is read again. */
enum { ORR_INCIDENT_READ_MOST = 256 };

struct orr_incident {
    struct orr_plan *plan;
    const struct orr_fault_spec *spec; /* lent by the scenario                              */
    uint32_t number;                   /* of the fault in the scenario                      */
    bool due, begun, active;           /* due: its condition has held                       */
    orr_time until;                    /* when it ends by itself, or ORR_NEVER              */
    orr_peer *nodes;                   /* [n] whom it took; owned, as the arrays below      */
    uint32_t n;
    bool *taken;     /* [n_nodes] is it one of them?                      */
    bool *open;      /* [n_nodes] with `budget`: whom it may take yet; else NULL */
    uint16_t *side;  /* [n_nodes] bits that its rules match               */
    uint32_t *types; /* of the messages that its rules name, rule by rule */
    uint32_t *counts; /* [n_nodes * n_nodes] with `nth`: messages so far, by sender and receiver */
    struct orr_rule rules[ORR_INCIDENT_RULES_MAX];
    uint32_t n_rules;
    const struct orr_dist *delay, *again, *reorder_by, *gaps, *back_after; /* of the build */
    struct orr_rng draws;
    /* with `reads`: what was handed on, so that a cast is handed on once */
    struct { uint64_t hash; orr_peer from; } read[ORR_INCIDENT_READ_MOST];
    uint32_t n_read;
};

/* What conditions watch of a node. */
struct orr_watched {
    uint64_t height, decisions;
    uint32_t round;
    bool is_liar; /* or was one: its word does not count */
};

struct orr_plan {
    struct orr_build *build;
    const struct orr_scenario *scenario;
    struct orr_sim *sim;
    struct orr_incident *incidents; /* [scenario->n_faults]                             */
    uint32_t n_waiting;             /* incidents whose condition has not held yet       */
    uint32_t n_adaptive;            /* incidents with a budget                          */
    struct orr_watched *watched;    /* [n_nodes]; NULL: nothing is watched              */
    orr_time *down_until;           /* [n_nodes] the latest that a crash or churn said  */
    struct orr_tap tap;             /* of the conditions                                */
    struct orr_tap reading;         /* of faults with `reads`                           */
};

/* ---- targets.c ---- */

/* Makes `nodes` and `taken` those that the targets name at this moment; draws for `any k of`. */
void orr_incident_take(struct orr_incident *incident, const struct orr_targets *targets);
/* Sets bits of `side` for all nodes that some of the targets name; without targets, for all. */
void orr_incident_mark(struct orr_incident *incident, const struct orr_targets *targets,
                       uint16_t bits);

/* ---- rules.c ---- */

/* Is it a fault of the network: one that works by rules? */
bool orr_incident_is_network(enum orr_fault_kind kind);
/* Makes the rules of such a fault and hands them to the simulator; off takes them back. */
void orr_incident_rules_on(struct orr_incident *incident);
void orr_incident_rules_off(struct orr_incident *incident);

/* A Byzantine node's messages, and those to it, take no time from now on (`rushing`). */
void orr_incident_rush(struct orr_incident *incident, orr_peer node);

/* ---- reading.c ---- */

/* Hands targets of `byzantine` faults that are on what their `reads` lets them see, if any fault
 * has such a key: as it arrives, or with `rushing` as it is sent. */
void orr_reading_watch(struct orr_plan *plan);

/* ---- messages.c ---- */

/* Does the fault mean messages of some views, heights or numbers only? */
bool orr_incident_is_choosy(const struct orr_fault_spec *spec);
/* orr_rule.fits of such a fault; ctx is the incident.  Counts, for `nth`. */
bool orr_incident_fits(void *incident, orr_peer from, orr_peer to, const struct orr_msg *msg);

/* ---- incidents.c; both are calls of the simulator's timeline ---- */

void orr_incident_begin(void *incident, orr_time now); /* once; again: nothing        */
void orr_incident_end(void *incident, orr_time now);   /* of one that is not on: nothing */
/* A node has put out a proposal: a fault with a budget that may take it does so, after all node
 * events of this time. */
void orr_incident_saw_proposal(struct orr_incident *incident, orr_peer node, orr_time now);

/* ---- conditions.c ---- */

/* Watches nodes from now on, if a fault has a condition or a budget; begins those whose condition
 * holds. */
void orr_conditions_watch(struct orr_plan *plan);
#endif
