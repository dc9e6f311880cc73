/* trial.h - one test of foreign code: two runs in processes of their own, and a judgement here.
 *
 *     order ──> process 1 ──> record ──┬──> the scenario once more, with oracles ──> verdicts
 *          └──> process 2 ──> record ──┘    (both records must be the same)
 */
#ifndef ORR_SIM_CLI_LAB_TRIAL_H
#define ORR_SIM_CLI_LAB_TRIAL_H

#include <stddef.h>

#include "sim/base/diag.h"
#include "sim/base/plugin.h"
#include "sim/cli/lab/course.h"
#include "sim/cli/lab/record.h"
#include "sim/scenario/scenario.h"

/* OUTCOME(constant, name in results, what it means) */
#define ORR_LAB_OUTCOMES(OUTCOME)                                                           \
    OUTCOME(PASSED, "passed", "all is as the scenario expects")                             \
    OUTCOME(FAILED, "failed", "an expectation was not met")                                 \
    OUTCOME(MISTAKE, "mistake", "the code broke the contract of models/protocol.h")         \
    OUTCOME(UNSTEADY, "unsteady", "two runs of the same test differed")                     \
    OUTCOME(FORBIDDEN, "forbidden", "the code tried what a protocol may not do")            \
    OUTCOME(FORGED, "forged", "what the process handed out cannot come from this scenario") \
    OUTCOME(BROKEN, "error", "the test itself could not be run: this is no fault of the code")

enum orr_lab_outcome {
#define OUTCOME(constant, name, text) ORR_LAB_##constant,
    ORR_LAB_OUTCOMES(OUTCOME)
#undef OUTCOME
    ORR_LAB_N_OUTCOMES
};
const char *orr_lab_outcome_name(enum orr_lab_outcome outcome);
const char *orr_lab_outcome_meaning(enum orr_lab_outcome outcome);

struct orr_lab_trial_order {
    const char *object;       /* of a build (build.h)                                       */
    const char *role;         /* as the scenario names it: ./mine.c                         */
    const char *scenario;     /* [len] the scenario's text                                  */
    size_t len;
    const char *name;         /* of its file, for messages                                  */
    const char *const *overrides; /* [n_overrides] `key=value`, the seed among them         */
    uint32_t n_overrides;
    const char *const *own;   /* [n_own] the same, for the judge alone: expect.own...       */
    uint32_t n_own;
    const struct orr_plugin *const *others; /* [n_others] loaded: roles of the lab's own...  */
    const char *const *other_roles;         /* [n_others] ... as the scenario names them     */
    uint32_t n_others;
    const struct orr_lab_pair *caps; /* [n_caps] verdicts that are told before others when several
                                        fail: what an exercise caps weighs more */
    uint32_t n_caps;
    void *judge;              /* of dlopen: where the oracles are that the lab brings; NULL */
    bool is_once;             /* one run and not two: UNSTEADY is not found                 */
    bool (*wants)(void *ctx, const struct orr_scenario *s); /* false: it is not judged, BROKEN;
                                                               NULL: any is wanted          */
    void *ctx;
};

struct orr_lab_trial {
    enum orr_lab_outcome outcome;
    char what[64];        /* name of the verdict or of the mishap; `unjudged`: of an
                             expectation that met nobody to judge; "" when it passed */
    char text[4096];      /* what happened, some lines                                  */
    uint64_t fingerprint; /* of the judge's run, if there was one                       */
    uint64_t n_messages;  /* sent                                                       */
    orr_time ended_at;    /* of the judge's run, or of a mistake before it              */
};

void orr_lab_try(const struct orr_lab_trial_order *order, struct orr_lab_trial *trial);

/* What happened in a trial that did not pass, in n_lines lines (sim/search/story.h), and the run up
 * to there as a trace with all its messages in the file trace_path.  One run more.  0 and the
 * story, which is the caller's, free(); ORR_EUNSUPPORTED: there is no run that could be told; else
 * what orr_run says, in diags. */
int orr_lab_account(const struct orr_lab_trial_order *order, const struct orr_lab_trial *trial,
                    uint32_t n_lines, const char *trace_path, char **story,
                    struct orr_diags *diags);
#endif
