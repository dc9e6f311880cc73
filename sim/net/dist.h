/* dist.h - random durations: a distribution becomes a table at load, a draw is integer arithmetic.
 *
 * The table is the inverse cumulative distribution function (quantile function) Q sampled at fixed
 * probabilities; a draw finds the cell of 64 uniform bits and interpolates linearly.  No draw calls
 * libm, so none depends on the machine.  This header and dist.c are the only place that knows GSL's
 * distributions.
 *
 * Cells.  Let t be the probability to the nearer end: t = p below the median, 1 - p above it.  Each
 * side has ORR_DIST_OCTAVES octaves [2^-e-1, 2^-e) of t, each cut into ORR_DIST_STEPS equal cells,
 * as a floating-point number has an exponent and a mantissa.  So a cell spans at most 1/64 of its
 * t however deep in the tail it lies, and both tails are as exact as the middle.  With step
 * h = 1/64 the interpolation error of -ln(t) is below h^2 / 8 = 3.1e-5 scales, of t^(-1/a) below
 * h^2 (1/a)(1/a + 1) / 8 of its value.  Half of all draws read the last 512 bytes of either side.
 * The distribution is cut off at t = 2^-40 (once in 10^12 draws): what lies beyond takes that
 * value.
 *
 * The same table everywhere.  Knots of kinds that need libm (all but constant, uniform and
 * empirical) are rounded to 22 significant bits, 2.4e-7 of their value: a libm or compiler that is
 * off by a few units in the last place (1e-15) changes a knot only if it lies that near to a
 * rounding boundary, about once in 50,000 tables.  tests/sim/net/test_dist.c holds the hash of
 * tables. */
#ifndef ORR_SIM_NET_DIST_H
#define ORR_SIM_NET_DIST_H

#include <stdbool.h>

#include "models/protocol.h"

enum {
    ORR_DIST_OCTAVES = 39, /* t from 2^-1 down to 2^-40 */
    ORR_DIST_STEP_BITS = 6,
    ORR_DIST_STEPS = 1 << ORR_DIST_STEP_BITS,
    ORR_DIST_CELLS = ORR_DIST_OCTAVES * ORR_DIST_STEPS
};

/* No draw is longer: 2^60 ns, 36 years.  Quantiles beyond (heavy Pareto tails) take this value. */
#define ORR_DIST_MAX ((orr_time)1 << 60)

/* A quantile function at the cells' ends.
 * Invariant: knot[0] never falls from cell to cell, knot[1] never rises, and they meet in the
 * median, knot[0][CELLS] == knot[1][CELLS], so a draw never falls when u rises. */
struct orr_dist_table {
    orr_time knot[2][ORR_DIST_CELLS + 1]; /* Q(t) by growing t, then Q(1 - t) by growing t */
};

/* A distribution of durations in ns, all >= 0: table * times + plus.  Read-only once made; shared
 * freely. */
struct orr_dist {
    const struct orr_dist_table *table; /* owned, or lent by another distribution            */
    uint64_t times;                     /* in units of 1 / ORR_DIST_ONE; 0: once             */
    orr_time plus;
    orr_time min, max; /* of all draws; equal: constant, and table is NULL                   */
    orr_time mean;     /* of the draws: the table's integral, rounded down                   */
    bool owns_table;
};
#define ORR_DIST_ONE ((orr_time)1 << 30)

/* The table's quantile of probability u / 2^64, rounded down (knots and interpolation: 2 ns). */
static inline orr_time orr_dist_table_read(const struct orr_dist_table *table, uint64_t u) {
    uint64_t upper = u >> 63, t = u ^ (0 - upper); /* fold the upper half onto the lower */
    uint64_t least = (uint64_t)1 << (63 - ORR_DIST_OCTAVES);
    if (t < least) t = least;
    unsigned zeros = (unsigned)__builtin_clzll(t); /* 1 in the octave next to the median */
    uint64_t below = t << zeros << 1;              /* t's bits after its leading one */
    const orr_time *cell = &table->knot[upper][(ORR_DIST_OCTAVES - zeros) << ORR_DIST_STEP_BITS];
    cell += below >> (64 - ORR_DIST_STEP_BITS);
    int64_t share = (int64_t)(below << ORR_DIST_STEP_BITS >> 1); /* of the cell, in 2^-63 */
    return cell[0] + (orr_time)((__int128)(cell[1] - cell[0]) * share >> 63);
}

/* The duration at 64 uniform bits. */
static inline orr_time orr_dist_draw(const struct orr_dist *d, uint64_t u) {
    if (d->min == d->max) return d->min;
    orr_time x = orr_dist_table_read(d->table, u);
    if (d->times) x = (orr_time)((unsigned __int128)(uint64_t)x * d->times >> 30);
    return d->plus + x;
}

struct orr_dist_spec; /* sim/net/dist_spec.h */

/* A distribution, owned by the caller (orr_dist_free).  A kind `empirical` takes its samples with
 * orr_dist_new_empirical.  ORR_EINVAL: a parameter outside its range, or so extreme that its
 * quantiles are not finite; *why then says what is accepted (static text). */
int orr_dist_new(const struct orr_dist_spec *spec, struct orr_dist **dist, const char **why);

/* From n samples >= 0, n >= 1, in any order; sorted in place.  Quantiles between two samples are
 * interpolated: Q(p) lies at place p (n - 1) of the sorted samples (Hyndman and Fan 1996, type
 * 7).  ORR_EINVAL: no sample, or one that is negative or past ORR_DIST_MAX. */
int orr_dist_new_empirical(orr_time *samples, size_t n, struct orr_dist **dist);

/* Jitter: a factor around 1, in units of 1 / ORR_DIST_ONE: normal with standard deviation sd_ppb /
 * 10^9, given that it is not negative.  sd_ppb <= 10^9, else ORR_EINVAL. */
int orr_dist_new_jitter(uint64_t sd_ppb, struct orr_dist **dist);

/* A latency with jitter: base times a draw of `factor` (orr_dist_new_jitter).  All entries of a
 * region matrix share factor's one table, which is lent: `factor` must live longer.  0 <= base <=
 * ORR_TIME_MAX of the scenario (3 * 10^17). */
struct orr_dist *orr_dist_new_around(orr_time base, const struct orr_dist *factor);
/* The same for a delay that is added: base plus a draw of `extra`. */
struct orr_dist *orr_dist_new_shifted(orr_time base, const struct orr_dist *extra);

void orr_dist_free(struct orr_dist *dist); /* NULL: nothing */

/* A hash of every draw that the distribution can make: equal tables have equal hashes. */
uint64_t orr_dist_hash(const struct orr_dist *dist);
#endif
