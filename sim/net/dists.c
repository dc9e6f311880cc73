#include "sim/net/dists.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* A table and what it was made from; kind ORR_DIST_NONE: not to be found. */
struct orr_dists_entry {
    struct orr_dist_spec spec;
    enum orr_sample_unit unit;
    struct orr_dist *dist;
};

void orr_dists_init(struct orr_dists *dists, struct orr_data_files *files) {
    *dists = (struct orr_dists){.files = files};
}

void orr_dists_forget(struct orr_dists *dists, uint32_t n) {
    while (dists->n > n) orr_dist_free(dists->v[--dists->n].dist);
}

void orr_dists_fini(struct orr_dists *dists) {
    orr_dists_forget(dists, 0);
    free(dists->v);
}

static const struct orr_dist *add(struct orr_dists *dists, struct orr_dists_entry entry) {
    if (dists->n == dists->cap) {
        dists->cap = dists->cap ? 2 * dists->cap : 16;
        dists->v = orr_xrealloc(dists->v, dists->cap * sizeof *dists->v);
    }
    dists->v[dists->n++] = entry;
    return entry.dist;
}

const struct orr_dist *orr_dists_keep(struct orr_dists *dists, struct orr_dist *dist) {
    return add(dists, (struct orr_dists_entry){.dist = dist});
}

/* Do two specs say the same?  Where they stand does not matter. */
static bool same(const struct orr_dist_spec *a, const struct orr_dist_spec *b) {
    return a->kind == b->kind && a->value == b->value && a->min == b->min && a->max == b->max &&
           a->mean == b->mean && a->sd == b->sd && a->median == b->median && a->p99 == b->p99 &&
           a->scale == b->scale && a->shape == b->shape && a->clamp == b->clamp &&
           (a->file == b->file || (a->file && b->file && !strcmp(a->file, b->file)));
}

static const struct orr_dist *get(struct orr_dists *dists, const struct orr_dist_spec *spec,
                                  enum orr_sample_unit unit, struct orr_diags *diags) {
    if (spec->kind == ORR_DIST_NONE) return NULL;
    for (uint32_t i = 0; i < dists->n; i++)
        if (dists->v[i].unit == unit && same(&dists->v[i].spec, spec)) return dists->v[i].dist;
    struct orr_dist *dist;
    if (orr_dist_load(spec, unit, dists->files, diags, &dist)) return NULL;
    return add(dists, (struct orr_dists_entry){*spec, unit, dist});
}

const struct orr_dist *orr_dists_get(struct orr_dists *dists, const struct orr_dist_spec *spec,
                                     struct orr_diags *diags) {
    return get(dists, spec, ORR_SAMPLES_DURATION, diags);
}

const struct orr_dist *orr_dists_sizes(struct orr_dists *dists, const struct orr_dist_spec *spec,
                                       struct orr_diags *diags) {
    struct orr_dist_spec whole = *spec; /* draws are rounded down: up to the greatest byte, too */
    if (whole.kind == ORR_DIST_UNIFORM && whole.min < whole.max) whole.max++;
    return get(dists, &whole, ORR_SAMPLES_BYTES, diags);
}

const struct orr_dist *orr_dists_poisson_gaps(struct orr_dists *dists, uint64_t nhz,
                                              struct orr_diags *diags) {
    unsigned __int128 mean = (unsigned __int128)1000000000 * 1000000000 / nhz;
    struct orr_dist_spec spec = {.kind = ORR_DIST_EXPONENTIAL,
                                 .mean = mean < 1           ? 1
                                         : mean > INT64_MAX ? INT64_MAX
                                                            : (int64_t)mean};
    return orr_dists_get(dists, &spec, diags);
}

/* Not looked for: an edge list may have tens of thousands, and a constant has no table. */
const struct orr_dist *orr_dists_constant(struct orr_dists *dists, orr_time value) {
    struct orr_dist_spec spec = {.kind = ORR_DIST_CONSTANT, .value = value};
    struct orr_dist *dist;
    const char *why;
    int error = orr_dist_new(&spec, &dist, &why);
    assert(!error);
    return orr_dists_keep(dists, dist);
}
