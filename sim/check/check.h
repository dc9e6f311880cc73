/* check.h - the oracles: does the run keep what the scenario expects, checked while it runs.
 *
 * An oracle is a tap: it reads what nodes put out (ORR_OUT_DECIDED, _EVIDENCE, _STEP), what clients
 * submit and which faults come and go, and never changes the run.  Correct nodes are those that no
 * `byzantine` fault has taken yet; what a node decided before that counts.  Nodes of different
 * roles decide on chains of their own.
 *
 * The expectations (names as in the scenario), for every two correct nodes p, q of a role:
 *
 * agreement    p and q never decide different values, values of different parents, or one value
 *              as proposed by different nodes, at a height.
 *
 * total_order  Each node's heights follow each other without a gap: h, h + 1, ...  Slots may be
 * left out before a decision that names the node's last one as its parent.  A node that has been
 * restarted may begin again at any height up to its highest one + 1.
 *
 * validity     What is decided is well formed, was proposed by nodes of the role that have stake
 *              at that height, was signed by more than 2/3 of it (where the node names who signed;
 *              of the nodes, where the role's stakes cannot change), in fact proposed
 *              (ORR_OUT_PROPOSED, where the role tells) by a node that it names, if those are
 *              correct, and holds only transactions that a client had submitted before.
 *
 * integrity    In one life (from start or restart) a node decides a height at most once, no value
 *              is decided at two heights, and no transaction is in two blocks of the chain, or
 *              twice in one.
 *
 * state_root   Where p and q decide the same value they compute the same state root.
 *
 * evidence     present: each culprit asked for is named by some correct node (without a list: at
 *              least one Byzantine node); absent: nobody is.  Whatever is asked, evidence against
 *              a node that is neither Byzantine nor was crashed with its disk lost breaks it;
 *              broken: that is what must happen.
 *
 * termination  within T: after the last change of faults every correct node that is up decides
 *              within T.  The last change is the latest time at which a fault ended or one
 *              without an end began, or the start.  Nor does a node fall silent for good: with
 *              work to do (a transaction that a correct node still holds, or in a run without a
 *              load, always) its last decision is at the end not older than T and twice the
 *              longest gap between two decisions since that change.  views K, in place of a time:
 *              some correct node decides before all of them that are up and not behind have entered
 *              more than K views since that change, and since the decision before; views in which
 *              there is no work do not count.  stalled: no correct node
 *              decides later than T after a fault (other than `restart` and `heal`) last began.
 *
 * caught_up    From T after the last change of faults (as above) on, to the end, every correct node
 *              that is up is at most `heights` behind the highest that a correct node of its role
 *              has decided.  A node that was restarted is where its last decision was, and at
 *              nothing if its disk was lost.
 *
 * max_gap      At every correct node that is up no more than T passes from one decision to the
 *              next, from its start to the first and from the last to the run's end.
 *
 * latency      Percentiles by nearest rank, exact, of the time from a transaction's submission to a
 *              correct, running node until the first correct node decides it; below a bound.  A
 *              transaction that still waits at the end counts as slower than the bound if it has
 *              waited as long as the bound, and not at all if it has not.
 *
 * throughput   Transactions committed, over the time from the first submission to the last
 *              submission or commit.
 *
 * committed    What was submitted to a correct node that was up, and has stayed correct and up to
 *              the end, is decided by the end; with `within: T` only what was submitted T before
 *              the end or earlier. A transaction given to several nodes is owed by the first of
 *              them; by the next that gets it when that one has failed before.
 *
 * delivery     Every pair of a message and a node of its publisher's role is a delivery
 *              (ORR_OUT_DELIVERED); those count where both are correct and up from the publishing
 *              to the end, `within` as above. At least `ratio` of them are made, 99 % of them
 *              below `p99` after the publishing (those that wait as for latency), none twice in
 *              one life of a node, and no correct node delivers what nobody has published, unless
 *              a Byzantine node may be its origin. Published is what a client submits to a node,
 *              or what a node delivers first as its own origin.
 *
 * own          The oracles that plug-ins bring (oracle.h) are judged after all these.
 *
 * What met nobody to judge is not judged, and never ok: everything that is not broken where no node
 * stayed correct to the end; agreement and state_root where no two correct nodes decided the same
 * height; the others of safety where none decided; termination and caught_up where no correct node
 * that decides is up at the end; max_gap where there was none at any time; latency, throughput and
 * committed without a transaction that counts; delivery without a message that counts.
 *
 * A node is up unless it has crashed or left, is paused, or its disk has been full since it last
 * decided.
 *
 * Cost: a decision costs one look-up, its transactions are looked at once per value and not once
 * per node; nothing is allocated per event once the tables have grown to the run's size. */
#ifndef ORR_SIM_CHECK_CHECK_H
#define ORR_SIM_CHECK_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/check/verdict.h"
#include "sim/scenario/scenario.h"

/* The oracles of one run: those of the house, then those that plug-ins bring.  The scenario is lent
 * until orr_check_free, and so is mem, where all that it keeps comes from (NULL: the C heap). */
struct orr_check *orr_check_new(const struct orr_scenario *scenario, struct orr_mem *mem);

void orr_check_free(struct orr_check *check); /* NULL: nothing */

/* The tap to attach; owned by the check. */
struct orr_tap *orr_check_tap(struct orr_check *check);

/* Has an expectation been broken that the scenario expects to hold?  Cheap: may be asked after
 * every event.  It also looks, when simulated time has come far enough, for what should have
 * happened by now and has not (max_gap, termination). */
bool orr_check_poll(struct orr_check *check, orr_time now);
/* When it looks next, in simulated time; ORR_NEVER when no oracle waits for anything.  After
 * orr_check_poll later than its `now` by a millisecond or more. */
orr_time orr_check_look_at(const struct orr_check *check);

/* The first unexpected violation, or NULL. */
const struct orr_violation *orr_check_violation(const struct orr_check *check);

/* Ends the run at `end`: the verdicts on all that the scenario expects, in the order of the list;
 * owned by the check.  Before the scenario's duration the run was stopped: what had yet to come
 * (evidence that is wanted, termination, percentiles, throughput, ...) is then not judged unless it
 * is broken already.  Returns how many.  May be called once. */
uint32_t orr_check_finish(struct orr_check *check, orr_time end,
                          const struct orr_verdict **verdicts);

/* After orr_check_finish: is all as the scenario expects?  No verdict is broken, each that was
 * asked for is judged, and so is one at least, unless the scenario says `expect: nothing`. */
bool orr_check_passes(const struct orr_check *check);

/* What was measured, for the summary.  Times in ns; -1 where there is no sample. */
struct orr_measures {
    uint64_t n_decisions; /* of all correct nodes                                        */
    uint64_t n_heights;   /* decided by at least one correct node                        */
    uint64_t n_submitted, n_committed; /* transactions                                       */
    uint64_t n_open;      /* never committed: submitted and in no block                        */
    uint64_t n_to_faulty; /* of these: submitted to no correct node that was up             */
    orr_time first_p50, first_p90, first_p99, first_max; /* submit to the first commit       */
    orr_time all_p50, all_p90, all_p99, all_max; /* submit to the last commit of a correct node */
    uint64_t throughput_nhz; /* committed transactions per 10^9 s of the window             */
    orr_time window_from, window_to; /* from the first submission to the last one or commit */
    orr_time max_gap;        /* the longest between two decisions at one node               */
    orr_time block_p50, block_max;   /* block interval: from the first decision of one height to
                                        the first of the next                               */
};
/* After orr_check_finish. */
struct orr_measures orr_check_measures(const struct orr_check *check);

/* Prints a violation for people: the sentence, both sides, and the messages that led there, kinds
 * by the name that the role gives them. */
void orr_violation_print(const struct orr_scenario *scenario, const struct orr_violation *violation,
                         FILE *to);
#endif
