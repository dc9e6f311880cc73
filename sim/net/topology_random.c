/* topology_random.c - the graphs drawn at random.  All draws are integers from the one stream
 * (seed, ORR_RNG_TOPOLOGY), in an order that each builder fixes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/net/topology_make.h"

#define PPB 1000000000u /* parts in 10^9 that make 1 */

/* 64-bit draws, two from each Philox block: building a large graph is mostly drawing. */
struct draws {
    struct orr_rng rng;
    uint64_t spare;
    bool has_spare;
};
static struct draws draws_of(uint64_t seed) {
    return (struct draws){.rng = orr_rng_stream(seed, ORR_RNG_TOPOLOGY, 0)};
}
static inline uint64_t draw(struct draws *d) {
    if (d->has_spare) {
        d->has_spare = false;
        return d->spare;
    }
    uint32_t block[4];
    orr_rng_block(&d->rng, block);
    d->spare = (uint64_t)block[2] << 32 | block[3];
    d->has_spare = true;
    return (uint64_t)block[0] << 32 | block[1];
}
static inline uint64_t draw_below(struct draws *d, uint64_t n) {
    return (uint64_t)((unsigned __int128)draw(d) * n >> 64);
}
static inline bool draw_chance(struct draws *d, uint64_t p_ppb) {
    return draw_below(d, PPB) < p_ppb;
}

/* ---- random regular ---- */

/* Node v owns the half-edges v * d .. v * d + d - 1; mate[h] is the half-edge that h is joined to.
 */
struct pairing {
    uint32_t n, d;
    uint32_t *mate;
};

static inline orr_peer other_end(const struct pairing *g, uint32_t half) {
    assert(half < g->n * g->d && g->mate[half] < g->n * g->d);
    return g->mate[half] / g->d;
}
/* How often b appears in a's list. */
static uint32_t multiplicity(const struct pairing *g, orr_peer a, orr_peer b) {
    uint32_t count = 0;
    for (uint32_t half = a * g->d; half < (a + 1) * g->d; half++) count += other_end(g, half) == b;
    return count;
}
static bool is_flawed(const struct pairing *g, uint32_t half) {
    orr_peer a = half / g->d, b = other_end(g, half);
    return a == b || multiplicity(g, a, b) > 1;
}

/* Joins all half-edges in random pairs. */
static void pair_all(struct pairing *g, struct draws *draws) {
    uint32_t n_halves = g->n * g->d;
    assert(n_halves % 2 == 0);
    uint32_t *order = orr_xrealloc(NULL, n_halves * sizeof *order);
    for (uint32_t i = 0; i < n_halves; i++) order[i] = i;
    for (uint32_t i = n_halves; i > 1; i--) { /* Fisher and Yates */
        uint32_t k = (uint32_t)draw_below(draws, i), swap = order[i - 1];
        order[i - 1] = order[k], order[k] = swap;
    }
    for (uint32_t i = 0; i < n_halves; i += 2)
        g->mate[order[i]] = order[i + 1], g->mate[order[i + 1]] = order[i];
    free(order);
}

/* Replaces the flawed edge at `half` and a random edge (x, y) by two others that are no loops and
 * not there yet; the number of flawed edges falls with each success.  False after many tries. */
static bool exchange(struct pairing *g, uint32_t half, struct draws *draws) {
    uint32_t mate = g->mate[half];
    assert(g->mate[mate] == half);
    orr_peer a = half / g->d, b = mate / g->d;
    for (uint32_t tries = 0; tries < 1000 + 10 * g->n; tries++) {
        uint32_t x = (uint32_t)draw_below(draws, (uint64_t)g->n * g->d), y = g->mate[x];
        orr_peer to_a = x / g->d, to_b = y / g->d;
        if (to_a == a || to_b == b || multiplicity(g, a, to_a) || multiplicity(g, b, to_b))
            continue;
        if ((a == to_b && b == to_a) || (a == b && to_a == to_b))
            continue; /* one pair twice over */
        g->mate[half] = x, g->mate[x] = half;
        g->mate[mate] = y, g->mate[y] = mate;
        return true;
    }
    return false;
}

static bool repair(struct pairing *g, struct draws *draws) {
    for (uint32_t half = 0; half < g->n * g->d; half++)
        if (is_flawed(g, half) && !exchange(g, half, draws)) return false;
    return true;
}

/* A regular graph of degree d <= (n - 1) / 2 as a pairing. */
static int pairing_new(uint64_t seed, uint32_t n, uint32_t d, struct pairing *g) {
    enum { MAX_STARTS = 1000 }; /* few are needed even for the smallest graphs */
    struct draws draws = draws_of(seed);
    *g = (struct pairing){n, d, orr_xrealloc(NULL, (size_t)n * d * sizeof *g->mate)};
    assert(d > 0 && d <= (n - 1) / 2 && (uint64_t)n * d <= UINT32_MAX);
    for (int start = 0; start < MAX_STARTS; start++) {
        pair_all(g, &draws);
        if (repair(g, &draws)) return 0;
    }
    free(g->mate);
    return ORR_ELIMIT;
}

/* Lists of the pairing, or of its complement, in any order. */
static struct orr_topology *rows_of_pairing(const struct pairing *g, uint32_t degree) {
    uint64_t *first = orr_xrealloc(NULL, ((size_t)g->n + 1) * sizeof *first);
    orr_peer *loose = orr_xrealloc(NULL, (size_t)g->n * degree * sizeof *loose);
    uint8_t *linked = orr_xrealloc(NULL, g->n);
    memset(linked, 0, g->n);
    uint64_t to = 0;
    for (orr_peer a = 0; a < g->n; a++) {
        first[a] = to;
        if (degree == g->d) {
            for (uint32_t half = a * g->d; half < (a + 1) * g->d; half++)
                loose[to++] = other_end(g, half);
            continue;
        }
        for (uint32_t half = a * g->d; half < (a + 1) * g->d; half++)
            linked[other_end(g, half)] = 1;
        for (orr_peer b = 0; b < g->n; b++)
            if (b != a && !linked[b]) loose[to++] = b;
        for (uint32_t half = a * g->d; half < (a + 1) * g->d; half++)
            linked[other_end(g, half)] = 0;
    }
    assert(to == (uint64_t)g->n * degree);
    first[g->n] = to;
    free(linked);
    return orr_topology_from_rows(g->n, first, loose);
}

int orr_topology_random_regular(uint64_t seed, uint32_t n, uint32_t degree,
                                struct orr_topology **t) {
    if (!n || degree >= n || (uint64_t)n * degree % 2) return ORR_EINVAL;
    if ((uint64_t)n * degree > ORR_TOPOLOGY_MAX_LINKS) return ORR_ELIMIT;
    uint32_t drawn = degree > (n - 1) / 2 ? n - 1 - degree : degree;
    struct pairing g = {n, drawn, NULL};
    if (drawn) {
        int bad = pairing_new(seed, n, drawn, &g);
        if (bad) return bad;
    }
    *t = rows_of_pairing(&g, degree);
    free(g.mate);
    return 0;
}

/* ---- Erdos-Renyi ---- */

enum { SKIP_BITS = 48 }; /* no gap is longer than 2^48 pairs: 2^24 nodes have 2^47 */

/* How many pairs in a row are not linked, when each is linked with probability p: the largest g
 * with (1 - p)^g > u for a uniform u, found bit by bit from the powers (1 - p)^(2^k) in units of
 * 2^-64. */
struct skip {
    uint64_t power[SKIP_BITS];
};
static inline uint64_t mul_high(uint64_t a, uint64_t b) {
    return (uint64_t)((unsigned __int128)a * b >> 64);
}
static struct skip skip_of(uint64_t p_ppb) {
    struct skip s = {{0}};
    if (p_ppb == PPB) return s; /* no gaps */
    s.power[0] = (uint64_t)((((unsigned __int128)(PPB - p_ppb) << 64) - 1) / PPB);
    for (int k = 1; k < SKIP_BITS; k++) s.power[k] = mul_high(s.power[k - 1], s.power[k - 1]);
    return s;
}
static uint64_t skip_draw(const struct skip *s, uint64_t u) {
    uint64_t left = UINT64_MAX, gap = 0;
    int k = 0;
    while (k < SKIP_BITS && s->power[k] > u) k++; /* a gap of 2^k or more is too long */
    while (k-- > 0) {
        uint64_t next = mul_high(left, s->power[k]);
        if (next > u) left = next, gap |= (uint64_t)1 << k;
    }
    return gap;
}

int orr_topology_erdos_renyi(uint64_t seed, uint32_t n, uint64_t p_ppb, struct orr_topology **t) {
    if (!n || p_ppb > PPB) return ORR_EINVAL;
    uint64_t n_pairs = (uint64_t)n * (n - 1) / 2;
    /* the expected number of link ends; the bound leaves room for its spread many times over */
    if ((unsigned __int128)n_pairs * p_ppb / PPB > ORR_TOPOLOGY_MAX_LINKS / 4) return ORR_ELIMIT;
    struct draws draws = draws_of(seed);
    struct skip skip = skip_of(p_ppb);
    struct orr_edge_array edges = {0};
    /* Pairs (a, b), b < a, in the order (1,0) (2,0) (2,1) (3,0) ... (Batagelj and Brandes 2005). */
    uint64_t b = 0;
    orr_peer a = 1;
    while (p_ppb && a < n) {
        b += skip_draw(&skip, draw(&draws));
        while (a < n && b >= a) b -= a++;
        if (a < n) orr_edge_add(&edges, a, (orr_peer)b++);
        while (a < n && b >= a) b -= a++;
    }
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}

/* ---- Watts-Strogatz ---- */

/* Edge j of node v, 0 <= j < k/2, starts as (v, v + j + 1) and belongs to v wherever its far end
 * goes, so whether two nodes are linked is seen in k/2 entries of each. */
static bool lattice_linked(const orr_peer *far, uint32_t half_k, orr_peer a, orr_peer b) {
    for (uint32_t j = 0; j < half_k; j++)
        if (far[(uint64_t)a * half_k + j] == b || far[(uint64_t)b * half_k + j] == a) return true;
    return false;
}

int orr_topology_small_world(uint64_t seed, uint32_t n, uint32_t k, uint64_t beta_ppb,
                             struct orr_topology **t) {
    if (!k || k % 2 || k >= n || beta_ppb > PPB) return ORR_EINVAL;
    if ((uint64_t)n * k > ORR_TOPOLOGY_MAX_LINKS) return ORR_ELIMIT;
    struct draws draws = draws_of(seed);
    uint32_t half_k = k / 2;
    orr_peer *far = orr_xrealloc(NULL, (size_t)n * half_k * sizeof *far);
    for (orr_peer v = 0; v < n; v++)
        for (uint32_t j = 0; j < half_k; j++)
            far[(uint64_t)v * half_k + j] = (orr_peer)(((uint64_t)v + j + 1) % n);
    uint32_t *degree = orr_xrealloc(NULL, (size_t)n * sizeof *degree);
    for (orr_peer v = 0; v < n; v++) degree[v] = k;
    for (uint32_t j = 0; j < half_k; j++) /* nearest edges of all first, as in the paper */
        for (orr_peer v = 0; v < n; v++) {
            orr_peer *end = &far[(uint64_t)v * half_k + j], to;
            if (!draw_chance(&draws, beta_ppb) || degree[v] == n - 1) continue;
            do to = (orr_peer)draw_below(&draws, n); /* ends: some node is not linked to v */
            while (to == v || lattice_linked(far, half_k, v, to));
            degree[*end]--, degree[to]++;
            assert(degree[to] < n && degree[*end] < n);
            *end = to;
        }
    struct orr_edge_array edges = {0};
    for (orr_peer v = 0; v < n; v++)
        for (uint32_t j = 0; j < half_k; j++)
            orr_edge_add(&edges, v, far[(uint64_t)v * half_k + j]);
    free(degree);
    free(far);
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}

/* ---- Barabasi-Albert ---- */

static bool is_among(const orr_peer *v, uint32_t n, orr_peer node) {
    for (uint32_t i = 0; i < n; i++)
        if (v[i] == node) return true;
    return false;
}

int orr_topology_scale_free(uint64_t seed, uint32_t n, uint32_t m, struct orr_topology **t) {
    if (!m || m >= n) return ORR_EINVAL;
    if (2 * (uint64_t)n * m > ORR_TOPOLOGY_MAX_LINKS) return ORR_ELIMIT;
    struct draws draws = draws_of(seed);
    struct orr_edge_array edges = {0};
    for (orr_peer a = 1; a <= m; a++)
        for (orr_peer b = 0; b < a; b++) orr_edge_add(&edges, a, b);
    orr_peer *chosen = orr_xrealloc(NULL, m * sizeof *chosen);
    for (orr_peer node = m + 1; node < n; node++) {
        for (uint32_t i = 0; i < m;) { /* ends: more than m nodes have links */
            /* an end of an edge drawn evenly is a node drawn by degree */
            uint64_t end = draw_below(&draws, 2 * edges.n);
            assert(end / 2 < edges.n);
            const struct orr_pair *edge = &edges.v[end / 2];
            orr_peer to = end % 2 ? edge->b : edge->a;
            if (!is_among(chosen, i, to)) chosen[i++] = to;
        }
        for (uint32_t i = 0; i < m; i++) orr_edge_add(&edges, node, chosen[i]);
    }
    free(chosen);
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}
