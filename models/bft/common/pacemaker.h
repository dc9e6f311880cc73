/* pacemaker.h - which view a node is in, how long it stays there, and how it hears that others have
 * given up.
 *
 * A view that brings no quorum ends when a quorum of timeouts is seen (a TC).  Who sees timeouts of
 * one third and more, at least one of them from a correct node, for this view or later ones, gives
 * up as well (Bracha's f + 1 join): so if one correct node sees a TC, all do within one delay of
 * the network.  Of each validator the latest timeout is kept, so nobody makes another remember
 *   more.
 *
 * The patience for a view is `base` after a QC, and grows with each view in a row that ended
 * without: not at all, by `base`, or twofold, up to `most`. */
#ifndef ORR_MODELS_BFT_COMMON_PACEMAKER_H
#define ORR_MODELS_BFT_COMMON_PACEMAKER_H

#include "models/bft/common/timeout.h"

/* GROWTH(name, as written in scenarios) */
#define ORR_PACEMAKER_GROWTHS(GROWTH) \
    GROWTH(FIXED, "fixed")            \
    GROWTH(LINEAR, "linear")          \
    GROWTH(DOUBLE, "double")
enum orr_pacemaker_growth {
#define GROWTH(name, text) ORR_GROWTH_##name,
    ORR_PACEMAKER_GROWTHS(GROWTH)
#undef GROWTH
    ORR_N_GROWTHS
};

struct orr_pacemaker {
    const struct orr_validator_set *set; /* lent, as are mem and pool                    */
    struct orr_mem *mem;
    struct orr_pool *pool;
    uint64_t view;
    uint64_t given_up;                   /* the highest view for which a timeout was signed */
    uint32_t n_failed;                   /* views in a row that ended without a QC        */
    orr_time base, most;
    enum orr_pacemaker_growth growth;
    struct orr_msg **latest;             /* [n] timeouts, references, or NULL              */
};

/* In view 0, before the first. */
void orr_pacemaker_init(struct orr_pacemaker *p, const struct orr_validator_set *set,
                        struct orr_mem *mem, struct orr_pool *pool, orr_time base, orr_time most,
                        enum orr_pacemaker_growth growth);
void orr_pacemaker_fini(struct orr_pacemaker *p);

/* Enters a higher view, by a QC or without. */
void orr_pacemaker_enter(struct orr_pacemaker *p, uint64_t view, bool by_qc);
/* How long to stay in this view. */
orr_time orr_pacemaker_patience(const struct orr_pacemaker *p);

/* Counts an authentic timeout; false: it is of a view that is past, or not later than what that
 * validator said before. */
bool orr_pacemaker_hear(struct orr_pacemaker *p, struct orr_msg *m);
/* The TC of the message's view, if it has one now, as orr_tc_new gives it, or NULL. */
struct orr_msg *orr_pacemaker_tc(const struct orr_pacemaker *p, uint64_t view);
/* After a timeout of a view was heard: that view if validators of more than one third have given it
 * up or gone beyond, else this one if it is so of this one; 0: neither. */
uint64_t orr_pacemaker_join(const struct orr_pacemaker *p, uint64_t heard);
#endif
