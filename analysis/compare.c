#include "analysis/compare.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "analysis/alloc.h"

#define BATCH 8192 /* rows held of each trace at a time */

/* Groups whose rows come in time order and begin with time_ns; a tie goes to the earlier one here.
 */
static const enum orr_trace_group timed[] = {
    ORR_GROUP_events,      ORR_GROUP_sends,    ORR_GROUP_drops,      ORR_GROUP_faults,
    ORR_GROUP_submissions, ORR_GROUP_steps,    ORR_GROUP_deliveries, ORR_GROUP_decisions,
    ORR_GROUP_inclusions,  ORR_GROUP_evidence, ORR_GROUP_heads,     ORR_GROUP_metrics,
    ORR_GROUP_logs,        ORR_GROUP_outputs, ORR_GROUP_counters,
};

/* Groups without times, in the order in which a difference is told: what was run, then what came of
 * it. */
static const enum orr_trace_group timeless[] = {
    ORR_GROUP_nodes,  ORR_GROUP_kinds,    ORR_GROUP_plan,
    ORR_GROUP_inputs, ORR_GROUP_verdicts, ORR_GROUP_use, ORR_GROUP_result,
};

static bool has_time(enum orr_trace_group group) {
    return !strcmp(orr_trace_table_of(group)->columns[0].name, "time_ns");
}

/* What may differ between two runs that are the same: the clock on the wall. */
static void blank(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_result *result = rows;
    for (uint64_t i = 0; group == ORR_GROUP_result && i < n; i++) result[i].wall_ns = 0;
}

static int64_t time_of(const void *row) {
    int64_t t;
    memcpy(&t, row, sizeof t);
    return t;
}

/* The first row of a group that differs, if any. */
static int compare_group(struct orr_trace_reader *a, struct orr_trace_reader *b,
                         enum orr_trace_group group, bool partial, struct orr_difference *d,
                         uint64_t *n_rows, char *error) {
    const struct orr_trace_table *table = orr_trace_table_of(group);
    uint64_t n_a = orr_trace_reader_head(a)->rows[group],
             n_b = orr_trace_reader_head(b)->rows[group];
    uint64_t n = n_a < n_b ? n_a : n_b;
    size_t size = table->row_size;
    assert(size <= ORR_COMPARE_ROW_MAX);
    char *rows_a = orr_need(BATCH, size), *rows_b = orr_need(BATCH, size);
    int status = 0;
    *d = (struct orr_difference){.group = group};
    for (uint64_t at = 0; at < n && !d->found && !status; at += BATCH) {
        uint64_t part = n - at < BATCH ? n - at : BATCH;
        status = orr_trace_reader_rows(a, group, at, part, rows_a, error);
        if (!status) status = orr_trace_reader_rows(b, group, at, part, rows_b, error);
        if (status) continue;
        blank(group, rows_a, part);
        blank(group, rows_b, part);
        if (!memcmp(rows_a, rows_b, part * size)) continue;
        uint64_t i = 0; /* ends: some row of the batch differs */
        while (!memcmp(rows_a + i * size, rows_b + i * size, size)) i++;
        d->found = d->in_a = d->in_b = true;
        d->row = at + i;
        memcpy(d->a, rows_a + i * size, size);
        memcpy(d->b, rows_b + i * size, size);
    }
    if (!status && !d->found && (n_a > n_b || (n_b > n_a && !partial))) {
        d->found = true;
        d->row = n;
        d->in_a = n_a > n_b;
        d->in_b = !d->in_a;
        status = orr_trace_reader_rows(d->in_a ? a : b, group, n, 1, d->in_a ? d->a : d->b, error);
    }
    d->time_ns = !has_time(group) ? 0
                 : d->in_a && d->in_b
                     ? (time_of(d->a) < time_of(d->b) ? time_of(d->a) : time_of(d->b))
                     : time_of(d->in_a ? d->a : d->b);
    *n_rows += n;
    free(rows_b);
    free(rows_a);
    return status;
}

/* The last checkpoint before the first that differs. */
static int find_window(struct orr_trace_reader *a, struct orr_comparison *result, char *error) {
    uint64_t n = result->checkpoint.found ? result->checkpoint.row
                                          : orr_trace_reader_head(a)->rows[ORR_GROUP_checkpoints];
    struct orr_row_checkpoints last;
    if (n == 0) return 0;
    int status = orr_trace_reader_rows(a, ORR_GROUP_checkpoints, n - 1, 1, &last, error);
    if (status) return status;
    result->events_before = last.event;
    result->time_before_ns = last.time_ns;
    return 0;
}

/* Which nodes differ at the time of the first hash that does. */
static int find_culprits(struct orr_trace_reader *a, struct orr_trace_reader *b,
                         struct orr_comparison *result, char *error) {
    const struct orr_difference *d = &result->hash;
    if (!d->found || !d->in_a || !d->in_b) return 0;
    uint64_t n_a = orr_trace_reader_head(a)->rows[ORR_GROUP_hashes],
             n_b = orr_trace_reader_head(b)->rows[ORR_GROUP_hashes];
    uint64_t n = n_a < n_b ? n_a : n_b;
    struct orr_row_hashes *rows_a = orr_need(BATCH, sizeof *rows_a),
                          *rows_b = orr_need(BATCH, sizeof *rows_b);
    int status = 0;
    bool same_time = true;
    for (uint64_t at = d->row; at < n && same_time && !status; at += BATCH) {
        uint64_t part = n - at < BATCH ? n - at : BATCH;
        status = orr_trace_reader_rows(a, ORR_GROUP_hashes, at, part, rows_a, error);
        if (!status) status = orr_trace_reader_rows(b, ORR_GROUP_hashes, at, part, rows_b, error);
        for (uint64_t i = 0; i < part && !status && same_time; i++) {
            same_time = rows_a[i].time_ns == time_of(d->a);
            if (!same_time || !memcmp(&rows_a[i], &rows_b[i], sizeof *rows_a)) continue;
            if (result->n_culprits < ORR_COMPARE_CULPRITS)
                result->culprits[result->n_culprits] = rows_a[i];
            result->n_culprits++;
        }
    }
    free(rows_b);
    free(rows_a);
    return status;
}

int orr_compare(struct orr_trace_reader *a, struct orr_trace_reader *b, bool partial,
                struct orr_comparison *result, char error[ORR_READER_ERROR_LEN]) {
    memset(result, 0, sizeof *result);
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        struct orr_difference d;
        int status = compare_group(a, b, timed[i], partial, &d, &result->n_rows, error);
        if (status) return status;
        if (d.found && (!result->first.found || d.time_ns < result->first.time_ns))
            result->first = d;
    }
    int status = 0;
    for (size_t i = 0; i < sizeof timeless / sizeof *timeless && !status; i++) {
        struct orr_difference d;
        status = compare_group(a, b, timeless[i], partial, &d, &result->n_rows, error);
        if (!status && d.found && !result->stated.found) result->stated = d;
    }
    if (!status)
        status = compare_group(a, b, ORR_GROUP_checkpoints, partial, &result->checkpoint,
                               &result->n_rows, error);
    if (!status)
        status = compare_group(a, b, ORR_GROUP_hashes, partial, &result->hash, &result->n_rows,
                               error);
    if (!status) status = find_culprits(a, b, result, error);
    return status ? status : find_window(a, result, error);
}

/* ---- printing ---- */

/* A text of the trace; what is not plain ASCII is shown as \xNN. */
static void print_str(char *to, size_t size, const uint8_t *p, uint32_t len) {
    size_t at = 0;
    *to = '\0';
    for (uint32_t i = 0; i < len && p[i] && at + 5 < size; i++) {
        bool plain = p[i] >= 0x20 && p[i] < 0x7f;
        at += (size_t)snprintf(to + at, size - at, plain ? "%c" : "\\x%02x", p[i]);
    }
}

static void print_value(char *to, size_t size, const struct orr_trace_column *column,
                        const uint8_t *row) {
    const uint8_t *p = row + column->offset;
    uint64_t value = 0;
    if (column->type == ORR_COLUMN_str) {
        print_str(to, size, p, column->size);
        return;
    }
    memcpy(&value, p, column->size); /* little-endian */
    if (column->type == ORR_COLUMN_i64)
        snprintf(to, size, "%" PRId64, (int64_t)value);
    else if (column->type == ORR_COLUMN_u64 && strcmp(column->name, "height") != 0 &&
             strcmp(column->name, "event") != 0 && strcmp(column->name, "decisions") != 0 &&
             strcmp(column->name, "number") != 0)
        snprintf(to, size, "%016" PRIx64, value); /* hashes */
    else if (column->type == ORR_COLUMN_u32 && value == UINT32_MAX)
        snprintf(to, size, "none");
    else
        snprintf(to, size, "%" PRIu64, value);
}

void orr_difference_print(const struct orr_difference *d, const char *name_a, const char *name_b,
                          FILE *to) {
    const struct orr_trace_table *table = orr_trace_table_of(d->group);
    fprintf(to, "  %-12s %-22s %s\n", "", name_a, name_b);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        char a[ORR_COMPARE_ROW_MAX] = "(no row)", b[ORR_COMPARE_ROW_MAX] = "(no row)";
        if (d->in_a) print_value(a, sizeof a, &table->columns[i], d->a);
        if (d->in_b) print_value(b, sizeof b, &table->columns[i], d->b);
        if (!d->in_a || !d->in_b) snprintf(d->in_a ? b : a, sizeof a, i ? "" : "(no such row)");
        bool same = !strcmp(a, b);
        fprintf(to, "  %-12s %-22s %s%s\n", table->columns[i].name, a, b,
                same || !d->in_a || !d->in_b ? "" : "   <-");
    }
}
