#include "analysis/stats.h"

#include <assert.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"

#define RESAMPLES 999       /* (999 + 1) * 2.5 % is a rank */
#define PIECES    1024      /* of the samples; a draw walks through one */
#define BELOW_MAX (1 << 24) /* counts of a census: 64 MB */

static int by_value(const void *a, const void *b) {
    const struct orr_sample *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

void orr_items_sort(void *items, size_t n, size_t size,
                    int (*compare)(const void *a, const void *b)) {
    if (n) qsort(items, n, size, compare);
}

void orr_samples_sort(struct orr_sample *samples, size_t n) {
    if (n) qsort(samples, n, sizeof *samples, by_value);
}

/* Nearest rank, from 1.  The product is nudged down so that 0.9 * 10 is rank 9 in floating point
 * too. */
static size_t rank_of(double total, double q) {
    double rank = ceil(q * total * (1 - 1e-14));
    return rank < 1 ? 1 : (size_t)rank;
}

double orr_quantile(const struct orr_sample *sorted, size_t n, double q) {
    assert(n > 0 && q > 0 && q <= 1);
    size_t rank = rank_of((double)n, q);
    return sorted[(rank < n ? rank : n) - 1].value;
}

double orr_select(double *v, size_t n, size_t rank) {
    assert(rank >= 1 && rank <= n);
    size_t low = 0, high = n - 1, k = rank - 1;
    while (low < high) { /* the part that holds place k gets shorter each time */
        double pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i >= j) break;
            double swapped = v[i];
            v[i++] = v[j], v[j--] = swapped;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* ---- clusters ---- */

/* The samples by place and cluster: what a draw of clusters has below any place. */
struct census {
    const struct orr_sample *sorted;
    size_t n, k;
    uint32_t *cluster_of;   /* [n] 0..k-1, in the order of their names           */
    size_t piece, n_pieces; /* samples of a piece; the last one may have fewer    */
    uint32_t *below;        /* [n_pieces][k] samples of a cluster before a piece  */
    uint32_t *size;         /* [k] samples of a cluster                           */
};

/* Names close to each other, as heights and seconds are, find their numbers in a table. */
static size_t number_close(struct census *c, uint64_t least, uint64_t range) {
    uint32_t *number = orr_need(range + 1, sizeof *number), k = 0;
    memset(number, 0, (range + 1) * sizeof *number);
    for (size_t i = 0; i < c->n; i++) number[c->sorted[i].cluster - least] = 1;
    for (uint64_t i = 0; i <= range; i++)
        if (number[i]) number[i] = k++;
    for (size_t i = 0; i < c->n; i++) c->cluster_of[i] = number[c->sorted[i].cluster - least];
    free(number);
    return k;
}

static size_t number_any(struct census *c) {
    uint64_t *names = orr_need(c->n, sizeof *names);
    for (size_t i = 0; i < c->n; i++) names[i] = c->sorted[i].cluster;
    qsort(names, c->n, sizeof *names, by_number);
    size_t k = 0;
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || names[i] != names[k - 1]) names[k++] = names[i];
    for (size_t i = 0; i < c->n; i++) {
        const uint64_t *found = bsearch(&c->sorted[i].cluster, names, k, sizeof *names, by_number);
        c->cluster_of[i] = (uint32_t)(found - names);
    }
    free(names);
    return k;
}

static void number_clusters(struct census *c) {
    uint64_t least = UINT64_MAX, most = 0;
    c->cluster_of = orr_need(c->n, sizeof *c->cluster_of);
    for (size_t i = 0; i < c->n; i++) {
        if (c->sorted[i].cluster < least) least = c->sorted[i].cluster;
        if (c->sorted[i].cluster > most) most = c->sorted[i].cluster;
    }
    c->k = most - least < 4 * (uint64_t)c->n ? number_close(c, least, most - least) : number_any(c);
}

static void take_census(struct census *c) {
    size_t most = BELOW_MAX / c->k;
    c->n_pieces = c->n < PIECES ? c->n : PIECES;
    if (c->n_pieces > most) c->n_pieces = most ? most : 1;
    c->piece = (c->n + c->n_pieces - 1) / c->n_pieces;
    c->n_pieces = (c->n + c->piece - 1) / c->piece;
    c->below = orr_need(c->n_pieces * c->k, sizeof *c->below);
    c->size = orr_need(c->k, sizeof *c->size);
    memset(c->size, 0, c->k * sizeof *c->size);
    for (size_t i = 0; i < c->n; i++) {
        if (i % c->piece == 0)
            memcpy(c->below + i / c->piece * c->k, c->size, c->k * sizeof *c->size);
        c->size[c->cluster_of[i]]++;
    }
}

/* How many samples a draw has of those counted. */
static uint64_t count_drawn(const uint32_t *times, const uint32_t *counts, size_t k) {
    uint64_t sum = 0;
    for (size_t c = 0; c < k; c++) sum += (uint64_t)times[c] * counts[c];
    return sum;
}

/* The value of that rank, from 1, in a draw. */
static double drawn_rank(const struct census *c, const uint32_t *times, uint64_t rank) {
    size_t low = 0, high = c->n_pieces; /* fewer than rank are below piece low, not below high */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (count_drawn(times, c->below + middle * c->k, c->k) < rank)
            low = middle;
        else
            high = middle;
    }
    size_t i = low * c->piece;
    uint64_t seen = count_drawn(times, c->below + low * c->k, c->k);
    while (i < c->n && (seen += times[c->cluster_of[i]]) < rank) i++;
    return c->sorted[i < c->n ? i : c->n - 1].value;
}

/* ---- intervals ---- */

static void resample(const struct census *c, const double *q, size_t n_q, double *drawn) {
    uint32_t *times = orr_need(c->k, sizeof *times); /* how often each cluster was drawn */
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert(rng);
    gsl_rng_set(rng, 1);
    for (int r = 0; r < RESAMPLES; r++) {
        memset(times, 0, c->k * sizeof *times);
        for (size_t i = 0; i < c->k; i++) times[gsl_rng_uniform_int(rng, c->k)]++;
        uint64_t total = count_drawn(times, c->size, c->k);
        for (size_t i = 0; i < n_q; i++)
            drawn[i * RESAMPLES + (size_t)r] = drawn_rank(c, times, rank_of((double)total, q[i]));
    }
    gsl_rng_free(rng);
    free(times);
}

void orr_quantile_intervals(const struct orr_sample *sorted, size_t n, const double *q, size_t n_q,
                            struct orr_interval *intervals) {
    struct census c = {.sorted = sorted, .n = n};
    assert(n > 0 && n <= UINT32_MAX);
    for (size_t i = 0; i < n_q; i++) {
        assert(q[i] > 0 && q[i] <= 1);
        intervals[i] = (struct orr_interval){-INFINITY, INFINITY};
    }
    number_clusters(&c);
    if (c.k > 1) {
        double *drawn = orr_need(n_q * RESAMPLES, sizeof *drawn);
        take_census(&c);
        resample(&c, q, n_q, drawn);
        for (size_t i = 0; i < n_q; i++) {
            const double *v = drawn + i * RESAMPLES;
            gsl_sort(drawn + i * RESAMPLES, 1, RESAMPLES);
            intervals[i] = (struct orr_interval){v[(RESAMPLES + 1) / 40 - 1],
                                                 v[(RESAMPLES + 1) * 39 / 40 - 1]};
        }
        free(drawn);
        free(c.below);
        free(c.size);
    }
    free(c.cluster_of);
}

struct orr_interval orr_quantile_interval(const struct orr_sample *sorted, size_t n, double q) {
    struct orr_interval interval;
    orr_quantile_intervals(sorted, n, &q, 1, &interval);
    return interval;
}
