/* shrink.h - the least scenario that still shows something.
 *
 * Delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE
 * 2002) over a scenario's tree: entries are taken away in halves, quarters, ... and one by one, in
 * every map and list, from the outside in; maps and lists give way to one of their own values;
 * counts become smaller and quantities rounder; an expectation goes as a whole or stays as it is.
 * All that again, until nothing can be taken away.
 *
 * What is to be kept is for the caller to say.  Same text and same answers, same result: nothing is
 * drawn, and no clock is looked at.  The text that comes out is its own shrunk form. */
#ifndef ORR_SIM_SEARCH_SHRINK_H
#define ORR_SIM_SEARCH_SHRINK_H

#include "sim/scenario/tree.h"

struct orr_shrink {
    /* 1: the scenario in text[len] shows it, 0: it does not (or is none), negative: stop here.
     * Asked at most once for each text. */
    int (*shows)(void *ctx, const char *text, size_t len);
    void *ctx;
    uint32_t max_asks;
    const char *const *kept; /* keys of maps whose entries stay as they are, whatever map they are
                                in; NULL ends the list, which may be NULL itself */

    /* Out: */
    uint32_t n_asks;
    uint32_t n_before, n_after; /* values: scalars, empty maps and lists */
    bool is_least;              /* no single entry more can go; false: stopped before */
};

/* Shrinks the tree, a map, in place; new nodes come from the store. */
void orr_shrink(struct orr_shrink *shrink, struct orr_tree *root, struct orr_scenario_store *store);
#endif
