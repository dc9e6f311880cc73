#include "analysis/two_sample.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"

enum { RESAMPLES = 999, DRAWS = 9999, LEAST_DRAWS = 199 };
#define WORK  2e8 /* values that are looked at for all draws together */
#define EXACT 50000
#define CELLS 1e7 /* of the lattice that the exact distribution of Smirnov's distance walks */

/* ---- Kolmogorov-Smirnov ---- */

double orr_ks_distance(const struct orr_sample *a, size_t n_a, const struct orr_sample *b,
                       size_t n_b) {
    double most = 0;
    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        double at = a[i].value < b[j].value ? a[i].value : b[j].value;
        while (i < n_a && a[i].value == at) i++;
        while (j < n_b && b[j].value == at) j++;
        double apart = fabs((double)i / (double)n_a - (double)j / (double)n_b);
        if (apart > most) most = apart;
    }
    return most;
}

double orr_ks_limit(size_t n_a, size_t n_b, double distance) {
    double n = (double)n_a / (double)(n_a + n_b) * (double)n_b, x = distance * sqrt(n), sum = 0;
    if (x < 0.2) return 1; /* the series is 1 within 1e-12 */
    for (int k = 1; k <= 100; k++) { /* below 1e-17 long before */
        double term = exp(-2 * (double)k * k * x * x);
        sum += k % 2 ? term : -term;
    }
    return fmin(1, fmax(0, 2 * sum));
}

/* Do the t-th and the next of all values differ?  Only between such the distributions are seen. */
static bool *mark_steps(const struct orr_sample *a, size_t n_a, const struct orr_sample *b,
                        size_t n_b) {
    size_t n = n_a + n_b, i = 0, j = 0;
    bool *seen = orr_need(n + 1, sizeof *seen);
    double *all = orr_need(n, sizeof *all);
    for (size_t t = 0; t < n; t++)
        all[t] = j == n_b || (i < n_a && a[i].value <= b[j].value) ? a[i++].value : b[j++].value;
    for (size_t t = 0; t <= n; t++) seen[t] = t == 0 || t == n || all[t - 1] != all[t];
    free(all);
    return seen;
}

double orr_ks_probability(const struct orr_sample *a, size_t n_a, const struct orr_sample *b,
                          size_t n_b, double distance) {
    if ((double)n_a * (double)n_b > CELLS) return orr_ks_limit(n_a, n_b, distance);
    bool *seen = mark_steps(a, n_a, b, n_b);
    /* share[j]: of the orders of i of a's values and j of b's, all equally probable, those in which
     * the distance was smaller wherever it is seen */
    double *share = orr_need(n_b + 1, sizeof *share), m = (double)n_a, n = (double)n_b;
    double limit = distance * m * n * (1 - 1e-12); /* distances are multiples of 1 / (m n) */
    for (size_t i = 0; i <= n_a; i++)
        for (size_t j = 0; j <= n_b; j++) {
            double from_a = i ? share[j] * (double)i : 0, from_b = j ? share[j - 1] * (double)j : 0;
            share[j] = i + j ? (from_a + from_b) / (double)(i + j) : 1;
            if (seen[i + j] && fabs((double)i * n - (double)j * m) >= limit && limit > 0)
                share[j] = 0;
        }
    double p = limit > 0 ? 1 - share[n_b] : 1;
    free(share);
    free(seen);
    return fmin(1, fmax(0, p));
}

/* ---- permutations ---- */

/* All values of both, by clusters: those of a are 0 .. n_a - 1. */
struct pool {
    const struct orr_sample *a, *b;
    size_t n_a, n_b, k_a, k_b;
    uint32_t *cluster;      /* [n_a + n_b] of each value, a's first                    */
    double *sum, *count;    /* [k_a + k_b] of each cluster                             */
    uint32_t *order;        /* [n_a + n_b] the values in ascending order               */
    bool *in_a;             /* [k_a + k_b] the division that is looked at              */
};

static int by_name(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t number_clusters(const struct orr_sample *v, size_t n, uint32_t first, uint32_t *to) {
    uint64_t *names = orr_need(n, sizeof *names);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) names[i] = v[i].cluster;
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++)
        if (!i || names[i] != names[k - 1]) names[k++] = names[i];
    for (size_t i = 0; i < n; i++) {
        const uint64_t *found = bsearch(&v[i].cluster, names, k, sizeof *names, by_name);
        to[i] = first + (uint32_t)(found - names);
    }
    free(names);
    return k;
}

static double value_of(const struct pool *p, size_t i) {
    return i < p->n_a ? p->a[i].value : p->b[i - p->n_a].value;
}

static void pool_open(struct pool *p, const struct orr_sample *a, size_t n_a,
                      const struct orr_sample *b, size_t n_b) {
    size_t n = n_a + n_b;
    *p = (struct pool){.a = a, .b = b, .n_a = n_a, .n_b = n_b};
    p->cluster = orr_need(n, sizeof *p->cluster);
    p->k_a = number_clusters(a, n_a, 0, p->cluster);
    p->k_b = number_clusters(b, n_b, (uint32_t)p->k_a, p->cluster + n_a);
    size_t k = p->k_a + p->k_b;
    p->sum = orr_need(k, sizeof *p->sum), p->count = orr_need(k, sizeof *p->count);
    p->in_a = orr_need(k, sizeof *p->in_a), p->order = orr_need(n, sizeof *p->order);
    memset(p->sum, 0, k * sizeof *p->sum), memset(p->count, 0, k * sizeof *p->count);
    for (size_t i = 0; i < n; i++)
        p->sum[p->cluster[i]] += value_of(p, i), p->count[p->cluster[i]]++;
    for (size_t t = 0, i = 0, j = 0; t < n; t++)
        p->order[t] = (uint32_t)(j == n_b || (i < n_a && a[i].value <= b[j].value) ? i++
                                                                                  : n_a + j++);
}

static void pool_close(struct pool *p) {
    free(p->cluster), free(p->sum), free(p->count), free(p->in_a), free(p->order);
}

/* mean_b - mean_a of the division. */
static double difference(const struct pool *p) {
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (size_t c = 0; c < p->k_a + p->k_b; c++)
        sum[p->in_a[c]] += p->sum[c], count[p->in_a[c]] += p->count[c];
    return sum[0] / count[0] - sum[1] / count[1];
}

/* Smirnov's distance of the division. */
static double distance(const struct pool *p) {
    size_t n = p->n_a + p->n_b, count[2] = {0, 0}, total[2] = {0, 0};
    double most = 0;
    for (size_t c = 0; c < p->k_a + p->k_b; c++) total[p->in_a[c]] += (size_t)p->count[c];
    for (size_t t = 0; t < n; t++) {
        count[p->in_a[p->cluster[p->order[t]]]]++;
        if (t + 1 < n && value_of(p, p->order[t]) == value_of(p, p->order[t + 1])) continue;
        double apart = fabs((double)count[0] / (double)total[0] -
                            (double)count[1] / (double)total[1]);
        if (apart > most) most = apart;
    }
    return most;
}

/* C(n, k), or more than EXACT. */
static double choose(size_t n, size_t k) {
    double c = 1;
    for (size_t i = 1; i <= k && c <= EXACT; i++) c = c * (double)(n - k + i) / (double)i;
    return c;
}

struct hits { double mean, ks, of; };

static void count_hits(struct pool *p, double mean, double ks, struct hits *h) {
    h->of++;
    h->mean += fabs(difference(p)) >= mean;
    if (ks > 0) h->ks += distance(p) >= ks;
}

/* The next division in lexical order of the clusters in a, at[k_a] ascending; false: it was the
 * last. */
static bool next_division(size_t *at, size_t k_a, size_t k) {
    size_t i = k_a;
    while (i && at[i - 1] == k - k_a + i - 1) i--;
    if (!i) return false;
    at[i - 1]++;
    for (; i < k_a; i++) at[i] = at[i - 1] + 1;
    return true;
}

static void all_divisions(struct pool *p, double mean, double ks, struct hits *h) {
    size_t *at = orr_need(p->k_a, sizeof *at), k = p->k_a + p->k_b;
    for (size_t i = 0; i < p->k_a; i++) at[i] = i;
    do {
        memset(p->in_a, 0, k * sizeof *p->in_a);
        for (size_t i = 0; i < p->k_a; i++) p->in_a[at[i]] = true;
        count_hits(p, mean, ks, h);
    } while (next_division(at, p->k_a, k));
    free(at);
}

static void drawn_divisions(struct pool *p, double mean, double ks, struct hits *h) {
    size_t k = p->k_a + p->k_b, n = p->n_a + p->n_b;
    double draws = WORK / (double)n;
    draws = draws > DRAWS ? DRAWS : draws < LEAST_DRAWS ? LEAST_DRAWS : draws;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert(rng);
    gsl_rng_set(rng, 1);
    *h = (struct hits){1, 1, 1}; /* the division that was seen is one of them */
    for (size_t c = 0; c < k; c++) p->in_a[c] = c < p->k_a;
    for (int d = 0; d < (int)draws; d++) {
        for (size_t c = k - 1; c > 0; c--) { /* R. A. Fisher, F. Yates */
            size_t other = gsl_rng_uniform_int(rng, c + 1);
            bool kept = p->in_a[c];
            p->in_a[c] = p->in_a[other];
            p->in_a[other] = kept;
        }
        count_hits(p, mean, ks, h);
    }
    gsl_rng_free(rng);
}

/* ---- intervals ---- */

static struct orr_interval welch(const struct orr_two_sample *r, const struct orr_sample *a,
                                 const struct orr_sample *b) {
    double square[2] = {0, 0}, diff = r->mean_b - r->mean_a;
    if (r->n_a < 2 || r->n_b < 2) return (struct orr_interval){-INFINITY, INFINITY};
    for (size_t i = 0; i < r->n_a; i++) square[0] += pow(a[i].value - r->mean_a, 2);
    for (size_t i = 0; i < r->n_b; i++) square[1] += pow(b[i].value - r->mean_b, 2);
    double free_a = (double)r->n_a - 1, free_b = (double)r->n_b - 1;
    double v_a = square[0] / free_a / (double)r->n_a, v_b = square[1] / free_b / (double)r->n_b;
    if (!(v_a + v_b > 0)) return (struct orr_interval){diff, diff};
    double freedom = pow(v_a + v_b, 2) / (v_a * v_a / free_a + v_b * v_b / free_b);
    double half = gsl_cdf_tdist_Pinv(0.975, freedom) * sqrt(v_a + v_b);
    return (struct orr_interval){diff - half, diff + half};
}

/* The mean of as many clusters drawn from first .. first + k - 1. */
static double drawn_mean(const struct pool *p, size_t first, size_t k, gsl_rng *rng) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < k; i++) {
        size_t c = first + gsl_rng_uniform_int(rng, k);
        sum += p->sum[c], count += p->count[c];
    }
    return sum / count;
}

static struct orr_interval bootstrap(const struct pool *p) {
    if (p->k_a < 2 || p->k_b < 2) return (struct orr_interval){-INFINITY, INFINITY};
    double *v = orr_need(RESAMPLES, sizeof *v);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert(rng);
    gsl_rng_set(rng, 1);
    for (int i = 0; i < RESAMPLES; i++) {
        double mean_b = drawn_mean(p, p->k_a, p->k_b, rng);
        v[i] = mean_b - drawn_mean(p, 0, p->k_a, rng);
    }
    gsl_sort(v, 1, RESAMPLES);
    struct orr_interval in = {v[(RESAMPLES + 1) / 40 - 1], v[(RESAMPLES + 1) * 39 / 40 - 1]};
    gsl_rng_free(rng);
    free(v);
    return in;
}

struct orr_two_sample orr_two_sample(const struct orr_sample *a, size_t n_a,
                                     const struct orr_sample *b, size_t n_b) {
    assert(n_a && n_b);
    struct pool p;
    struct hits h = {0};
    pool_open(&p, a, n_a, b, n_b);
    struct orr_two_sample r = {.n_a = n_a, .n_b = n_b, .clusters_a = p.k_a, .clusters_b = p.k_b,
                               .ks = orr_ks_distance(a, n_a, b, n_b)};
    for (size_t i = 0; i < n_a; i++) r.mean_a += (a[i].value - r.mean_a) / (double)(i + 1);
    for (size_t i = 0; i < n_b; i++) r.mean_b += (b[i].value - r.mean_b) / (double)(i + 1);
    bool independent = p.k_a == n_a && p.k_b == n_b;
    r.difference = independent ? welch(&r, a, b) : bootstrap(&p);
    for (size_t c = 0; c < p.k_a + p.k_b; c++) p.in_a[c] = c < p.k_a;
    /* sums of the same values in another order may differ in their last digits */
    double seen = fabs(difference(&p)), ks = 0;
    double mean = seen - 1e-9 * seen - 1e-14 * (fabs(r.mean_a) + fabs(r.mean_b));
    if (!independent) ks = r.ks * (1 - 1e-12);
    if (choose(p.k_a + p.k_b, p.k_a) <= EXACT) all_divisions(&p, mean, ks, &h);
    else drawn_divisions(&p, mean, ks, &h);
    r.p_mean = h.mean / h.of;
    r.p_ks = independent ? orr_ks_probability(a, n_a, b, n_b, r.ks)
             : r.ks > 0 ? h.ks / h.of : 1;
    pool_close(&p);
    assert(r.p_mean > 0 && r.p_mean <= 1);
    return r;
}

void orr_holm(const double *p, size_t n, double level, bool *below) {
    memset(below, 0, n * sizeof *below);
    for (size_t rank = 0; rank < n; rank++) { /* the least that is not judged yet */
        size_t least = SIZE_MAX;
        for (size_t i = 0; i < n; i++)
            if (!below[i] && (least == SIZE_MAX || p[i] < p[least])) least = i;
        if (!(p[least] <= level / (double)(n - rank))) return;
        below[least] = true;
    }
}
