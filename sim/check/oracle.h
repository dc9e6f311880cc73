/* oracle.h - what an oracle is: one question about a run, answered while it runs.
 *
 *     begin()  what does the scenario ask?      hear()   a record of the tap
 *     look()   has what is due by now happened? judge()  the verdicts
 *
 * The oracles of the house stand in sim/scenario/expect.def, one file of sim/check each.  A plug-in
 * (`role: ./mine.c`) brings others beside its protocol, in an array of this name:
 *
 *     static const struct orr_oracle quiet = {.name = "quiet", .begin = ..., .judge = ...};
 *     const struct orr_oracle *const orr_oracles[] = {&quiet, NULL};
 *
 * They are judged in each run of the plug-in; `expect: {own: {quiet: broken}}` says what is
 * expected of one, or gives its settings: `own: {quiet: {most: 3}}`.  All verdicts of a run
 * together are 96 at most.  This file is part of what ORR_ABI counts.
 *
 * An oracle reads and remembers; it never changes the run.  It is called in the order of the list,
 * after the check itself has taken a record in: who is correct, who is up, and which transactions
 * are where is then as it is after the record. */
#ifndef ORR_SIM_CHECK_ORACLE_H
#define ORR_SIM_CHECK_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/engine/tap.h"

struct orr_check;

/* Plug-ins may call it. */
#define ORR_EXPORTED __attribute__((visibility("default")))

#define ORR_OUTPUT_BIT(output) (1u << (output))

struct orr_oracle {
    const char *name; /* its key under `expect:` (`own:`), and its verdict's name */
    /* Settings under that key: `size` of the struct and its table, as a protocol's `config`.  The
     * house's own oracles have none here: they read the scenario's struct orr_expect_spec. */
    const struct orr_config_key *keys; /* ends with .name == NULL, or NULL       */
    size_t settings_size;
    uint32_t wants;   /* ORR_TAP_BIT of each kind of record that hear() is told      */
    uint32_t outputs; /* of ORR_TAP_OUTPUT only these: ORR_OUTPUT_BIT of each; 0: all */
    size_t size;      /* bytes of state, zeroed before begin()                       */
    /* Once, before the run: false when the scenario asks nothing of this oracle; nothing else is
     * then called but fini().  settings: of `keys`, or struct orr_expect_spec; lent for the run. */
    bool (*begin)(void *state, struct orr_check *check, const void *settings);
    void (*hear)(void *state, struct orr_check *check, const struct orr_tap_record *record);
    /* Optional: looks for what should have happened by now, and returns when it wants to look again
     * (ORR_NEVER: only at the end, where it is called when the run was not stopped). */
    orr_time (*look)(void *state, struct orr_check *check);
    /* At the end: one orr_check_verdict for each question. */
    void (*judge)(void *state, struct orr_check *check);
    void (*fini)(void *state); /* optional: gives back what the state points to */
};

/* ---- what it finds ---- */

/* A message that a node had received shortly before. */
struct orr_check_message {
    orr_time at, sent;
    orr_peer from;
    uint32_t type;   /* orr_msg_type */
    uint32_t round;  /* in which the receiver was, as its last ORR_OUT_STEP said */
    uint64_t height; /* the same; 0: it has not said */
    uint64_t hash;
};
#define ORR_CHECK_MESSAGES 32 /* kept per node; transactions are not */

/* A broken expectation: the first case of each.  Fields that it has no use for are 0 or
 * ORR_NOBODY; `other` is the node, height, value and time that it conflicts with. */
struct orr_violation {
    char name[64]; /* of the verdict */
    orr_time at;
    struct orr_violation_side {
        orr_peer node;
        orr_time at;
        uint64_t height;
        uint32_t round;
        uint8_t value[32]; /* or state root */
        uint32_t n_messages;
        struct orr_check_message messages[ORR_CHECK_MESSAGES]; /* received before, oldest first */
    } side, other;
    uint64_t tx;    /* transaction in question, 0: none */
    char text[400]; /* one sentence: what happened, with nodes, heights and times */
};

/* The answer to one question of an oracle: ok (pass), broken (judged, not pass) or not judged. */
struct orr_verdict {
    char name[64];     /* the oracle's, or ORACLE.PART: `latency.p99`                         */
    char expected[64]; /* "holds", "broken", "below 2.5 s", ...                               */
    char observed[96]; /* the same for what was seen; "not judged: " and why                  */
    bool asked;        /* written in the scenario; false: a default                           */
    bool judged;       /* false: it met nobody to judge, or the run was stopped before        */
    bool pass;         /* judged, and as the scenario says                                    */
    const char *text;  /* the violation's sentence, or `said`                                 */
    char said[160];    /* what was counted                                                    */
    const struct orr_violation *violation; /* NULL: none                                      */
};

/* ---- what an oracle may ask the check ---- */

ORR_EXPORTED uint32_t orr_check_n_nodes(const struct orr_check *check);
ORR_EXPORTED orr_time orr_check_now(const struct orr_check *check);
/* No `byzantine` fault has taken the node yet, it is no twin, and `expect: {of: ...}` means it. */
ORR_EXPORTED bool orr_check_is_correct(const struct orr_check *check, orr_peer node);
/* It has not crashed or left, is not paused, and its disk is not full. */
ORR_EXPORTED bool orr_check_is_up(const struct orr_check *check, orr_peer node);
/* The run was stopped before the scenario's duration was over: what had yet to come is open. */
ORR_EXPORTED bool orr_check_is_stopped(const struct orr_check *check);

/* ---- what an oracle says; to be called from its own functions only ---- */

/* Remembers the first break of this oracle's question `part` (NULL: its only one): a violation with
 * the node's latest messages, whose text and details the caller fills in.  NULL when there was one
 * before.  Without a node: ORR_NOBODY. */
ORR_EXPORTED struct orr_violation *orr_check_break(struct orr_check *check, const char *part,
                                                   orr_peer node);

ORR_EXPORTED bool orr_check_is_broken(const struct orr_check *check, const char *part);

/* In look(): when to look again for what may take as long as `bound`; a break is seen within an
 * eighth of it. */
ORR_EXPORTED orr_time orr_check_next_look(const struct orr_check *check, orr_time bound);

/* In judge(): the verdict on a question, to be filled in: `expected`, `observed`, `pass`.  It comes
 * as judged, with pass false and with the violation of that name, if there is one; its text is the
 * violation's or what orr_verdict_say says. */
ORR_EXPORTED struct orr_verdict *orr_check_verdict(struct orr_check *check, const char *part);
ORR_EXPORTED void orr_verdict_say(struct orr_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Nobody was judged, and why: "no correct node was up".  Such a verdict never passes. */
ORR_EXPORTED void orr_verdict_open(struct orr_verdict *verdict, const char *why);
#endif
