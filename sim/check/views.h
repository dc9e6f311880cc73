/* views.h - how many views go by without a decision; for termination.c alone.
 *
 * Time says little of protocols whose views grow when they fail: a stall is as many views without a
 * decision as the protocol never needs once all is calm.  Counted are the views that a node enters
 * (ORR_OUT_STEP with another round) since the last change of faults, the last decision of a correct
 * node, and the last time at which there was nothing to decide.  A node that has not decided the
 * highest height yet is still to catch up, and its views say nothing. */
#ifndef ORR_SIM_CHECK_VIEWS_H
#define ORR_SIM_CHECK_VIEWS_H

#include "sim/check/state.h"

struct orr_views {
    struct orr_views_of {
        uint32_t view, n; /* where it is; how many it has entered */
    } *v;                 /* [n_nodes] owned, of mem              */
    struct orr_mem *mem;
    uint32_t n_nodes;
    orr_time since;       /* from when on they are counted                                 */
    uint32_t most;        /* that went by without a decision, once all was calm            */
    bool is_told;         /* some correct node says which view it is in                    */
    bool is_live;         /* some correct node has decided since the last change of faults */
};

void orr_views_begin(struct orr_views *views, struct orr_check *check);
void orr_views_fini(struct orr_views *views);
/* A record; true: every correct node has entered more than `bound` views, and `node` is one. */
bool orr_views_hear(struct orr_views *views, struct orr_check *check,
                    const struct orr_tap_record *record, uint64_t bound, orr_peer *node);
#endif
