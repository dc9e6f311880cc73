/* finding.h - what a run of a scenario came to that is worth looking at, in a form that can be
 * compared.
 *
 * A scenario is run in a process of its own, so that a crash of the program, too, is a finding and
 * not the end of who looks. */
#ifndef ORR_SIM_SEARCH_FINDING_H
#define ORR_SIM_SEARCH_FINDING_H

#include "sim/run/run.h"
#include "sim/scenario/scenario.h"

enum orr_finding_kind {
    ORR_FINDING_NONE,    /* all as it expects, or nothing was judged                            */
    ORR_FINDING_FAILED,  /* a verdict is not as the scenario expects; name: which               */
    ORR_FINDING_DUE,     /* something broke, and the scenario says so; name: the verdict        */
    ORR_FINDING_MISHAP,  /* a protocol's mistake; name: its kind                                */
    ORR_FINDING_STOPPED, /* a node stopped by itself; name: "stopped"                           */
    ORR_FINDING_CRASH,   /* the program itself died; name: of which signal, or "exit"           */
    ORR_FINDING_ENDLESS  /* it used more CPU time than it may; name: "endless"                  */
};

struct orr_finding {
    enum orr_finding_kind kind;
    char name[64];
    char text[400];       /* a sentence on what happened; of two runs it need not be the same */
    uint64_t fingerprint; /* of the run; 0: it came to no end */
};

/* What a run assumes of its faults.  A scenario that assumes more than another shows less. */
struct orr_assumptions {
    bool is_beyond; /* some protocol's faulty nodes have a third of its stake or more: those that
                       are Byzantine or lose their disk                                      */
    uint32_t n_lasting;  /* faults of network and machines that do not end by themselves          */
    uint32_t n_remedies; /* heal, restart                                                         */
};
struct orr_assumptions orr_assumptions_of(const struct orr_scenario *scenario);
/* Does `less`, made of `more` by taking parts away, stand on nothing that `more` did not stand on?
 */
bool orr_assumptions_within(struct orr_assumptions less, struct orr_assumptions more);

/* Runs a scenario, which needs at most cpu_s seconds of CPU time.  0, or a negative ORR_E when it
 * could not start (ORR_EFORMAT: it cannot be built), or ORR_EIO when there can be no process. */
int orr_finding_look(const struct orr_scenario *scenario, unsigned cpu_s,
                     struct orr_finding *finding);

/* What a run came to that a search asks for: a mishap, the first verdict that something broke in
 * (as expected: DUE, or not: FAILED), else a node that stopped.  That something which must break
 * did not, in this run, is nothing to find. */
void orr_finding_of(const struct orr_scenario *scenario, const struct orr_run_result *result,
                    struct orr_finding *finding);
/* As orr_finding_look, for a search. */
int orr_finding_hunt(const struct orr_scenario *scenario, unsigned cpu_s,
                     struct orr_finding *finding);

/* Do both show the same: kind and name? */
bool orr_finding_same(const struct orr_finding *a, const struct orr_finding *b);
#endif
