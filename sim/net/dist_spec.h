/* dist_spec.h - a probability distribution as a scenario writes it: plain data, no tables yet.
 *
 * sim/net/dist.h turns one into a table to draw from.  The unit is that of the key it stands under:
 * ns for a latency, bytes for a size.  Fields that a kind does not name are 0. */
#ifndef ORR_SIM_NET_DIST_SPEC_H
#define ORR_SIM_NET_DIST_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/diag.h"

#define ORR_UNSET UINT64_MAX /* a share, rate, size, ... that the scenario does not give */

enum orr_dist_kind {
    ORR_DIST_NONE,        /* the key was not given                                         */
    ORR_DIST_CONSTANT,    /* value                                                         */
    ORR_DIST_UNIFORM,     /* min <= max, both included                                     */
    ORR_DIST_NORMAL,      /* mean, sd > 0; drawn again while below 0, so that its mean is
                             mean + sd phi(a) / (1 - Phi(a)) with a = -mean / sd; with `clamp` what
                             is below 0 is 0: mean (1 - Phi(a)) + sd phi(a)                */
    ORR_DIST_LOGNORMAL,   /* 0 < median < p99; sigma = ln(p99 / median) / z(0.99)          */
    ORR_DIST_EXPONENTIAL, /* mean > min >= 0: min + exponential of mean (mean - min)       */
    ORR_DIST_PARETO,      /* scale > 0 is the least value, shape > 0 the tail index        */
    ORR_DIST_GAMMA,       /* shape > 0, scale > 0; the mean is shape * scale               */
    ORR_DIST_EMPIRICAL    /* file: one value a line, each as likely as the others          */
};

struct orr_dist_spec {
    enum orr_dist_kind kind;
    int64_t value, min, max, mean, sd, median, p99, scale;
    int64_t shape;         /* parts in 10^9: `2.5` is 2500000000 */
    bool clamp;
    const char *file;      /* resolved against the scenario's folder; owned by the scenario */
    struct orr_span where; /* for messages about it */
};
#endif
