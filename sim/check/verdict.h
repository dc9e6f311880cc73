/* verdict.h - what an oracle finds, what it may ask the check, and what it says.
 *
 * struct orr_oracle (sim/engine/oracle.h) is the other half: what an oracle is. */
#ifndef ORR_SIM_CHECK_VERDICT_H
#define ORR_SIM_CHECK_VERDICT_H

#include "sim/engine/oracle.h"

/* Plug-ins may call it. */
#define ORR_EXPORTED __attribute__((visibility("default")))

/* ---- what it finds ---- */

/* A message that a node had received shortly before. */
struct orr_check_message {
    orr_time at, sent;
    orr_peer from;
    uint32_t type;            /* orr_msg_type                                                 */
    bool is_placed;           /* its protocol says what it is about (report.place):           */
    uint32_t round;
    uint64_t height;
    uint64_t receiver_height; /* where the receiver was, by its last ORR_OUT_STEP; 0: not said */
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
    /* Of a fork: who signed for the side's value and for the other's (ORR_OUT_SIGNERS); NULL
     * where that was not told. */
    struct orr_violation_signers {
        char statement[17];  /* what they signed: "precommit" */
        uint32_t n;
        orr_peer *v;         /* [n] ascending, owned by the check */
    } signers, other_signers;
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
