/* regions.h - one-way latency between regions: a named square matrix, from a preset or a CSV file.
 *
 * CSV: a first line `anything,name,name,...`, then a line `name,latency,latency,...` for each
 * region in the same order; row = from, column = to.  Cells are durations as data_file.h reads
 * them: plain numbers are ms. */
#ifndef ORR_SIM_NET_REGIONS_H
#define ORR_SIM_NET_REGIONS_H

#include "models/protocol.h"
#include "sim/base/diag.h"

#define ORR_REGIONS_MAX     256 /* a matrix of 65,536 cells; node classes have 16 bits */
#define ORR_REGION_NAME_MAX 63  /* bytes */

/* Owned by whoever got it; orr_regions_free. */
struct orr_regions {
    uint32_t n;
    char (*names)[ORR_REGION_NAME_MAX + 1]; /* [n] */
    orr_time *latency;                      /* [n * n] ns, row = from; 0 only where it is written */
};
static inline orr_time orr_regions_latency(const struct orr_regions *r, uint32_t from,
                                           uint32_t to) {
    return r->latency[(size_t)from * r->n + to];
}
/* The index of a name, or UINT32_MAX. */
uint32_t orr_regions_find(const struct orr_regions *r, const char *name);

/* 13 zones of AWS, as CometBFT's QA emulates them (names and figures in regions_aws.def). */
struct orr_regions *orr_regions_aws(void);

/* Parses a matrix.  All that is wrong is told in diags; ORR_EFORMAT, or ORR_ELIMIT past
 * ORR_REGIONS_MAX. */
int orr_regions_parse(const struct orr_source *source, struct orr_diags *diags,
                      struct orr_regions **regions);
/* The same for a file, which `files` then owns; `where` is the place that names it.  Also
 * ORR_EIO. */
struct orr_data_files; /* sim/base/data_file.h */
int orr_regions_load(const char *path, struct orr_span where, struct orr_data_files *files,
                     struct orr_diags *diags, struct orr_regions **regions);
void orr_regions_free(struct orr_regions *regions); /* NULL: nothing */
#endif
