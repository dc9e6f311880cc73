/* samples.h - distributions as a scenario gives them, `empirical` ones from their files included.
 *
 * A file of samples has one value a line: durations as data_file.h reads them (plain numbers in
 * ms), or whole numbers of bytes. */
#ifndef ORR_SIM_NET_SAMPLES_H
#define ORR_SIM_NET_SAMPLES_H

#include "sim/base/data_file.h"
#include "sim/net/dist.h"
#include "sim/net/dist_spec.h"

#define ORR_SAMPLES_MAX (1u << 24)

enum orr_sample_unit { ORR_SAMPLES_DURATION, ORR_SAMPLES_BYTES };

/* Parses a file of samples.  ORR_EFORMAT, or ORR_ELIMIT past ORR_SAMPLES_MAX; told in diags. */
int orr_samples_parse(const struct orr_source *source, enum orr_sample_unit unit,
                      struct orr_diags *diags, struct orr_dist **dist);

/* A distribution from its spec; its file, if it has one, is then owned by `files`.  What is wrong
 * is told in diags at spec->where or in the file.  Also ORR_EIO and ORR_EINVAL. */
int orr_dist_load(const struct orr_dist_spec *spec, enum orr_sample_unit unit,
                  struct orr_data_files *files, struct orr_diags *diags, struct orr_dist **dist);
#endif
