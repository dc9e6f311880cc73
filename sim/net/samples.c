#include "sim/net/samples.h"

#include <stdlib.h>

#include "sim/base/memory.h"

int orr_samples_parse(const struct orr_source *source, enum orr_sample_unit unit,
                      struct orr_diags *diags, struct orr_dist **dist) {
    uint32_t n_before = diags->n_errors;
    orr_time *v = NULL, value = 0;
    size_t n = 0, cap = 0;
    int bad = 0;
    struct orr_field line = {source, 0, 0};
    for (size_t at = 0; !bad && orr_data_line(source, &at, &line);) {
        bool good = unit == ORR_SAMPLES_BYTES ? orr_data_count(line, diags, &value)
                                              : orr_data_duration(line, diags, &value);
        if (!good) continue;
        if (n == cap) v = orr_xrealloc(v, (cap = cap ? 2 * cap : 256) * sizeof *v);
        v[n++] = value;
        if (n > ORR_SAMPLES_MAX) bad = ORR_ELIMIT;
    }
    if (bad)
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line), NULL, "too many samples");
    else if (diags->n_errors > n_before)
        bad = ORR_EFORMAT;
    else if (!n) {
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line), "one value a line",
                     "the file has no samples");
        bad = ORR_EFORMAT;
    }
    if (!bad) bad = orr_dist_new_empirical(v, n, dist);
    free(v);
    return bad;
}

int orr_dist_load(const struct orr_dist_spec *spec, enum orr_sample_unit unit,
                  struct orr_data_files *files, struct orr_diags *diags, struct orr_dist **dist) {
    if (spec->kind == ORR_DIST_EMPIRICAL) {
        const struct orr_source *source;
        int bad = orr_data_load(spec->file, spec->where, files, diags, &source);
        return bad ? bad : orr_samples_parse(source, unit, diags, dist);
    }
    const char *why;
    int bad = orr_dist_new(spec, dist, &why);
    if (bad) orr_diag_add(diags, ORR_DIAG_ERROR, spec->where, why, "no such distribution");
    return bad;
}
