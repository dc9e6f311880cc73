/* dists.h - all distributions of a scenario as tables: made once, found again by what they say.
 *
 * A table takes some milliseconds to make and 40 KB to keep, so equal specs share one. */
#ifndef ORR_SIM_NET_DISTS_H
#define ORR_SIM_NET_DISTS_H

#include "sim/net/samples.h"

struct orr_dists_entry;

/* Owns its distributions; they live until orr_dists_fini or orr_dists_forget. */
struct orr_dists {
    struct orr_data_files *files; /* lent: `empirical` samples are read into it */
    struct orr_dists_entry *v;    /* [n] in the order made */
    uint32_t n, cap;
};

void orr_dists_init(struct orr_dists *dists, struct orr_data_files *files);
void orr_dists_fini(struct orr_dists *dists);
/* Frees all but the first n that were made: their users are gone. */
void orr_dists_forget(struct orr_dists *dists, uint32_t n);

/* The table of a spec.  NULL when it is ORR_DIST_NONE, or on an error, which is told in diags. */
const struct orr_dist *orr_dists_get(struct orr_dists *dists, const struct orr_dist_spec *spec,
                                     struct orr_diags *diags);
/* The same for sizes in bytes. */
const struct orr_dist *orr_dists_sizes(struct orr_dists *dists, const struct orr_dist_spec *spec,
                                       struct orr_diags *diags);
/* Gaps between events that come at nhz per 10^9 s, as a Poisson process has them. */
const struct orr_dist *orr_dists_poisson_gaps(struct orr_dists *dists, uint64_t nhz,
                                              struct orr_diags *diags);
/* Always `value`, >= 0. */
const struct orr_dist *orr_dists_constant(struct orr_dists *dists, orr_time value);
/* Takes over one that was made otherwise. */
const struct orr_dist *orr_dists_keep(struct orr_dists *dists, struct orr_dist *dist);
#endif
