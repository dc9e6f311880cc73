/* run.h - one run of a scenario, from its text to verdicts: what `orrery run`, `replay` and tests
 * call.  For many runs of one scenario see world.h. */
#ifndef ORR_SIM_RUN_RUN_H
#define ORR_SIM_RUN_RUN_H

#include "sim/check/check.h"
#include "sim/engine/sim.h"
#include "sim/scenario/scenario.h"

/* What a caller may change or watch.  Zero-initialised: run as the scenario says, record nothing.
 */
struct orr_run_options {
    uint64_t shuffle_ties;  /* another order of equal times; 0: the documented one              */
    bool no_memo;           /* compute every signature check, whatever the scenario says        */
    bool poison;            /* run twice, with other bytes in unwritten memory, and compare     */
    int64_t step_cpu_ns;    /* CPU time after which a protocol's function hangs; 0: 10 s        */
    bool no_oracles;        /* check nothing: only to see what checking costs                   */
    const char *trace_path; /* where to record what `record:` names; NULL: nowhere              */
    struct orr_tap *taps;   /* attached first to last along `next`, which is then the engine's  */
    /* Called a thousand times in a run or more, at simulated times that only its length fixes;
     * true: stop the run. */
    bool (*progress)(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end);
    void *ctx;
};

enum orr_run_end {
    ORR_RUN_COMPLETE,
    ORR_RUN_VIOLATION,
    ORR_RUN_STOPPED,
    ORR_RUN_TRACE_FAILED,
    ORR_RUN_MISHAP /* a protocol's mistake; `mishap` says which */
};

/* What came out; owned by the caller, orr_run_result_fini. */
struct orr_run_result {
    enum orr_run_end end;
    orr_time ended_at;
    uint64_t fingerprint, digest;
    struct orr_sim_counts counts;
    struct orr_measures measures;
    const struct orr_verdict *verdicts; /* [n_verdicts], owned by check */
    uint32_t n_verdicts;
    bool pass;                          /* all of them, the trace is whole, and no mishap */
    struct orr_mishap mishap;           /* kind ORR_MISHAP_NONE: none; ORR_MISHAP_INTERRUPTED with
                                           ORR_RUN_STOPPED                                      */
    bool ran_twice;                     /* with poison: the second run was the same             */
    char source[256];                   /* where in the source the mishap was; "": unknown      */
    struct orr_sim_stop *stops;         /* [n_stops] nodes that stopped by themselves           */
    uint32_t n_stops;
    uint64_t memo_hits, memo_misses;
    uint32_t n_waiting;                 /* faults that never began: the condition never held, */
    const char *waiting;                /* or the run was stopped; the first one's name       */
    int trace_error;                    /* of ORR_RUN_TRACE_FAILED, with trace_message */
    char trace_message[512];
    struct orr_check *check;
    struct orr_world *world;            /* of orr_run, which made one for it; else NULL: what
                                           verdicts and messages point into */
};

/* Runs a scenario.  0, or a negative ORR_E when it could not start: what is wrong is told in diags.
 * In all cases orr_run_result_fini afterwards, when the diags have been printed. */
int orr_run(const struct orr_scenario *scenario, const struct orr_run_options *options,
            struct orr_run_result *result, struct orr_diags *diags);
void orr_run_result_fini(struct orr_run_result *result);
#endif
