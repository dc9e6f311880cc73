#include "sim/cli/sweep_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/text.h"

bool orr_names_take(struct orr_names *names, const char *verb, const char *text) {
    /* cut at its commas, in place of a copy */
    char *copy = strdup(text);
    for (char *at = copy, *end; copy; at = end + 1) { /* ends: at grows to the text's end */
        end = at + strcspn(at, ",");
        bool ends = !*end;
        *end = '\0';
        if (!*at || names->n == ORR_NAMES_MAX) {
            fprintf(stderr, "orrery %s: '%s': names separated by commas, at most %d\n",
                    verb, ORR_SHOWN(text), ORR_NAMES_MAX);
            return false;
        }
        names->v[names->n++] = at;
        if (ends) break;
    }
    return copy != NULL;
}

void orr_names_free(struct orr_names *names) {
    if (names->n) free((char *)names->v[0]);
    names->n = 0;
}

bool orr_sweep_columns(const struct orr_table *t, const char *verb, const char *file,
                       const struct orr_names *names, size_t *columns) {
    for (size_t i = 0; i < names->n; i++) {
        columns[i] = orr_table_column(t, names->v[i]);
        if (columns[i] != SIZE_MAX) continue;
        const char *near = orr_diag_nearest(names->v[i], strlen(names->v[i]),
                                            (const char *const *)t->head, t->n_columns);
        fprintf(stderr, "orrery %s: %s has no column '%s'", verb, ORR_SHOWN(file),
                ORR_SHOWN(names->v[i]));
        if (near) fprintf(stderr, "; did you mean '%s'?", ORR_SHOWN(near));
        fputc('\n', stderr);
        return false;
    }
    return true;
}

/* Keys that vary stand between `seed` and `status`. */
bool orr_sweep_choose(const struct orr_table *t, const char *verb, const char *file,
                      const struct orr_names *wanted_by, const struct orr_names *wanted_metrics,
                      struct orr_names *by, struct orr_names *metrics) {
    size_t seed = orr_table_column(t, "seed"), status = orr_table_column(t, "status");
    size_t fingerprint = orr_table_column(t, "fingerprint");
    if (seed == SIZE_MAX || status == SIZE_MAX || fingerprint == SIZE_MAX || status < seed) {
        fprintf(stderr, "orrery %s: %s: is no index of a sweep: it lacks a column `seed`, "
                        "`status` or `fingerprint`\n", verb, ORR_SHOWN(file));
        return false;
    }
    *by = *wanted_by;
    for (size_t c = seed + 1; !wanted_by->n && c < status && by->n < ORR_NAMES_MAX; c++)
        by->v[by->n++] = t->head[c];
    *metrics = *wanted_metrics;
    bool all = metrics->n == 1 && !strcmp(metrics->v[0], "all");
    if (all) metrics->n = 0;
    for (size_t c = fingerprint + 1; all && c < t->n_columns && metrics->n < ORR_NAMES_MAX; c++)
        metrics->v[metrics->n++] = t->head[c];
    static const char *const usual[] = {"throughput_per_s", "latency_p50_s", "latency_p99_s",
                                        "block_interval_p50_s"};
    for (size_t i = 0; !wanted_metrics->n && i < sizeof usual / sizeof usual[0]; i++)
        if (orr_table_column(t, usual[i]) != SIZE_MAX) metrics->v[metrics->n++] = usual[i];
    return true;
}

bool orr_sweep_same_group(const struct orr_table *t, size_t a, size_t b, const size_t *by,
                          size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(orr_table_cell(t, a, by[i]), orr_table_cell(t, b, by[i]))) return false;
    return true;
}
