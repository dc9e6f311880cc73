#include "sim/cli/stats_sweep.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/summary.h"
#include "sim/base/memory.h"

/* One row: the group of which `first` is the first run, and a metric. */
static void add_group(struct orr_sheet *sheet, const struct orr_table *t, size_t first,
                      const struct orr_names *by, const size_t *by_at, const char *metric,
                      size_t column, double *v) {
    size_t n = 0, n_missing = 0;
    for (size_t row = first; row < t->n_rows; row++) {
        if (!orr_sweep_same_group(t, first, row, by_at, by->n)) continue;
        if (orr_table_number(t, row, column, &v[n])) n++;
        else n_missing++;
    }
    for (size_t i = 0; i < by->n; i++)
        orr_sheet_text(sheet, orr_table_cell(t, first, by_at[i]));
    orr_sheet_text(sheet, metric);
    orr_sheet_count(sheet, n);
    orr_sheet_count(sheet, n_missing);
    struct orr_summary s = {.mean = NAN, .sd = NAN, .min = NAN, .p50 = NAN, .max = NAN,
                            .mean_in = {NAN, NAN}};
    if (n) s = orr_summarise(v, n);
    const double numbers[] = {s.mean, s.mean_in.low, s.mean_in.high, s.sd, s.min, s.p50, s.max};
    for (int i = 0; i < 7; i++) orr_sheet_number(sheet, numbers[i]);
}

void orr_stats_sweep(struct orr_sheet *sheet, const struct orr_table *t, const struct orr_names *by,
                     const size_t *by_at, const struct orr_names *metrics,
                     const size_t *metric_at) {
    static const char *const numbers[] = {"runs", "missing", "mean",   "mean_low", "mean_high",
                                          "sd",   "min",     "median", "max"};
    *sheet = (struct orr_sheet){.note = ORR_SUMMARY_METHOD};
    for (size_t i = 0; i < by->n; i++) orr_sheet_column(sheet, by->v[i], true);
    orr_sheet_column(sheet, "metric", true);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        orr_sheet_column(sheet, numbers[i], false);
    double *v = orr_xrealloc(NULL, (t->n_rows + 1) * sizeof *v);
    for (size_t row = 0; row < t->n_rows; row++) {
        bool is_first = true;
        for (size_t before = 0; before < row && is_first; before++)
            is_first = !orr_sweep_same_group(t, before, row, by_at, by->n);
        for (size_t m = 0; m < metrics->n && is_first; m++)
            add_group(sheet, t, row, by, by_at, metrics->v[m], metric_at[m], v);
    }
    free(v);
}
