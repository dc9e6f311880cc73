/* lasso.h - a stall that comes back to where it was: the same abstract state twice, once all is
 * calm, without a decision in between.  What the network does and liars do from there on is the
 * same again (a schedule that is fair: all faults that end are over), so it can go on so for ever,
 * and the views between the two are the loop.
 *
 * A state is that of guide.h: of each node its view, phase, lock and highest certificate beside the
 * others, whoever of them it is.  It is taken when the last correct node has entered a view. */
#ifndef ORR_SIM_SEARCH_LASSO_H
#define ORR_SIM_SEARCH_LASSO_H

#include "sim/run/run.h"

struct orr_lasso {
    bool is_one;
    orr_time from, to;      /* when the state stood the first time, and again   */
    uint64_t view, n_views; /* the view of the first, and how many there are to the second */
};

/* Runs a scenario once in this process and looks for the shortest loop of its end: for a run that
 * is known to come to its end.  0, or what orr_run says. */
int orr_lasso_find(const struct orr_scenario *scenario, struct orr_lasso *lasso,
                   struct orr_diags *diags);
#endif
