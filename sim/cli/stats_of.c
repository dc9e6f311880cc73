#include "sim/cli/stats_of.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/journeys.h"
#include "analysis/recovery.h"
#include "analysis/totals.h"
#include "analysis/traffic.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/trace_groups.h"

static const double NS = 1e-9;

/* ---- lists of times ---- */

void orr_stats_times_columns(struct orr_sheet *sheet) {
    static const char *const numbers[] = {"n",        "mean",  "sd",  "p50", "p50_low",
                                          "p50_high", "p90",   "p95", "p99", "p99_low",
                                          "p99_high", "p99.9", "max"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        orr_sheet_column(sheet, numbers[i], false);
}

void orr_stats_times(struct orr_sheet *sheet, const struct orr_sample *v, size_t n) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) { /* Welford's recurrence */
        double d = v[i].value - mean;
        mean += d / (double)(i + 1);
        square += d * (v[i].value - mean);
    }
    orr_sheet_count(sheet, n);
    orr_sheet_number(sheet, n ? mean : NAN);
    orr_sheet_number(sheet, n > 1 ? sqrt(square / (double)(n - 1)) : NAN);
    static const double q[] = {0.5, 0.9, 0.95, 0.99, 0.999, 1}, doubted[] = {0.5, 0.99};
    struct orr_interval in[2] = {{NAN, NAN}, {NAN, NAN}};
    if (n) orr_quantile_intervals(v, n, doubted, 2, in);
    for (int i = 0; i < 6; i++) {
        orr_sheet_number(sheet, n ? orr_quantile(v, n, q[i]) : NAN);
        if (q[i] != 0.5 && q[i] != 0.99) continue;
        const struct orr_interval *interval = &in[q[i] != 0.5];
        orr_sheet_number(sheet, interval->low);
        orr_sheet_number(sheet, interval->high);
    }
}

static void times_columns(struct orr_sheet *sheet, const char *by) {
    if (by) orr_sheet_column(sheet, by, true);
    orr_sheet_column(sheet, "metric", true);
    orr_stats_times_columns(sheet);
}

static int add_times(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
                     const char *by, char *error) {
    static const char *const of[] = {"commit", "final", "block_interval"};
    struct orr_trace_groups g = {.n = 1};
    int status = by ? orr_trace_groups_read(reader, by, &g, error) : 0;
    for (size_t k = 0; k < g.n && !status; k++) {
        for (int i = 0; i < 3 && !status; i++) {
            struct orr_group_times t = {.n = 0};
            status = orr_trace_group_times(reader, &g, by ? k : SIZE_MAX, of[i], &t, error);
            if (t.n) {
                orr_sheet_text(sheet, file);
                if (by) orr_sheet_text(sheet, g.names[k]);
                orr_sheet_text(sheet, of[i]);
                orr_stats_times(sheet, t.v, t.n);
            }
            free(t.v);
        }
    }
    orr_trace_groups_fini(&g);
    return status;
}

/* ---- totals ---- */

static void totals_columns(struct orr_sheet *sheet, const char *by) {
    (void)by;
    orr_sheet_column(sheet, "metric", true);
    orr_sheet_column(sheet, "value", false);
    orr_sheet_column(sheet, "unit", true);
}

static int add_totals(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
                      const char *by, char *error) {
    struct orr_totals t;
    (void)by;
    int status = orr_totals_read(reader, &t, error);
    for (size_t i = 0; i < t.n && !status; i++) {
        orr_sheet_text(sheet, file);
        orr_sheet_text(sheet, t.v[i].name);
        orr_sheet_number(sheet, t.v[i].value);
        orr_sheet_text(sheet, t.v[i].unit);
    }
    return status;
}

/* ---- messages ---- */

static void traffic_columns(struct orr_sheet *sheet, const char *by) {
    orr_sheet_column(sheet, by, true);
    if (!strcmp(by, "kind")) {
        static const char *const numbers[] = {
            "messages",        "bytes", "share_of_bytes", "lost", "messages_per_height",
            "bytes_per_height"};
        for (int i = 0; i < 6; i++) orr_sheet_column(sheet, numbers[i], false);
        return;
    }
    static const char *const numbers[] = {"nodes",
                                          "sent",
                                          "sent_bytes",
                                          "received",
                                          "received_bytes",
                                          "sent_mbit_per_s",
                                          "received_mbit_per_s",
                                          "cpu_s",
                                          "cpu_share",
                                          "writes"};
    for (int i = 0; i < 10; i++) orr_sheet_column(sheet, numbers[i], false);
}

static void add_kinds(struct orr_sheet *sheet, const struct orr_traffic *t, const char *file,
                      uint64_t n_heights) {
    double heights = n_heights ? (double)n_heights : NAN;
    for (size_t i = 0; i < t->n_kinds; i++) {
        const struct orr_traffic_kind *k = &t->kinds[i];
        if (!k->messages && !k->lost) continue;
        orr_sheet_text(sheet, file);
        orr_sheet_text(sheet, k->name);
        orr_sheet_count(sheet, k->messages);
        orr_sheet_count(sheet, k->bytes);
        orr_sheet_number(sheet, (double)k->bytes / (double)t->total.sent_bytes);
        orr_sheet_count(sheet, k->lost);
        orr_sheet_number(sheet, (double)k->messages / heights);
        orr_sheet_number(sheet, (double)k->bytes / heights);
    }
}

/* Of nodes that may be Byzantine as well: they use the network, too. */
static void add_group(struct orr_sheet *sheet, const struct orr_traffic *t,
                      const struct orr_trace_groups *g, size_t group, const struct orr_use *use,
                      double end_s) {
    struct orr_traffic_node sum = {.sent = 0};
    uint64_t n = 0;
    double cpu = 0, cores = 0;
    for (size_t i = 0; i < t->n_nodes; i++) {
        const struct orr_traffic_node *node = &t->nodes[i];
        if (g->of_node[i] != group) continue;
        n++;
        sum.sent += node->sent, sum.sent_bytes += node->sent_bytes;
        sum.received += node->received, sum.received_bytes += node->received_bytes;
        sum.writes += node->writes;
        cpu += use->cpu_s[i], cores += use->cores[i];
    }
    double mbit = 8e-6 / end_s;
    orr_sheet_text(sheet, g->names[group]);
    orr_sheet_count(sheet, n);
    orr_sheet_count(sheet, sum.sent);
    orr_sheet_count(sheet, sum.sent_bytes);
    orr_sheet_count(sheet, sum.received);
    orr_sheet_count(sheet, sum.received_bytes);
    orr_sheet_number(sheet, (double)sum.sent_bytes * mbit);
    orr_sheet_number(sheet, (double)sum.received_bytes * mbit);
    orr_sheet_number(sheet, use->has_cpu ? cpu : NAN);
    orr_sheet_number(sheet, use->has_cpu ? cpu / cores / end_s : NAN);
    orr_sheet_count(sheet, sum.writes);
}

static int add_traffic(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
                       const char *by, char *error) {
    struct orr_traffic t;
    struct orr_trace_groups g = {.of_node = NULL};
    struct orr_use use = {.cpu_s = NULL};
    uint64_t n_heights = 0;
    double end_s = 0;
    int status = orr_traffic_read(reader, &t, error);
    if (status) return status;
    if (!strcmp(by, "kind")) {
        status = orr_heights_read(reader, &n_heights, error);
        if (!status) add_kinds(sheet, &t, file, n_heights);
    } else {
        status = orr_trace_groups_all(reader, by, &g, error);
        if (!status) status = orr_use_read(reader, &use, &end_s, error);
        for (size_t k = 0; k < g.n && !status; k++) {
            orr_sheet_text(sheet, file);
            add_group(sheet, &t, &g, k, &use, end_s);
        }
    }
    orr_use_fini(&use);
    orr_trace_groups_fini(&g);
    orr_traffic_fini(&t);
    return status;
}

/* ---- where the time of messages went ---- */

static void delays_columns(struct orr_sheet *sheet, const char *by) {
    orr_sheet_column(sheet, by, true);
    orr_sheet_column(sheet, "part", true);
    orr_sheet_column(sheet, "share", false);
    orr_stats_times_columns(sheet);
}

static int64_t part_of(const struct orr_journey *j, int part) {
    switch (part) {
    case 0: return orr_journey_waiting(j);
    case 1: return j->transmission_ns;
    case 2: return j->propagation_ns;
    case 3: return orr_journey_beyond(j);
    default: return orr_ns_between(j->sent_ns, j->handled_ns);
    }
}

/* Messages of one group: its name, and a row for each part and the whole. */
static void add_parts(struct orr_sheet *sheet, const char *file, const char *name,
                      const struct orr_journeys *j, const uint32_t *group_of, uint32_t group,
                      struct orr_sample *v) {
    static const char *const parts[] = {"waiting", "transmission", "propagation", "beyond", "all"};
    double whole = 0;
    for (size_t i = 0; i < j->n; i++)
        if (group_of[i] == group) whole += (double)part_of(&j->v[i], 4);
    for (int part = 0; part < 5 && whole > 0; part++) {
        size_t n = 0;
        double sum = 0;
        for (size_t i = 0; i < j->n; i++) {
            if (group_of[i] != group) continue;
            double ns = (double)part_of(&j->v[i], part);
            v[n++] = (struct orr_sample){ns * NS, (uint64_t)(j->v[i].sent_ns / 1000000000)};
            sum += ns;
        }
        orr_samples_sort(v, n);
        orr_sheet_text(sheet, file);
        orr_sheet_text(sheet, name);
        orr_sheet_text(sheet, parts[part]);
        orr_sheet_number(sheet, sum / whole);
        orr_stats_times(sheet, v, n);
    }
}

static int add_delays(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
                      const char *by, char *error) {
    struct orr_journeys j;
    struct orr_traffic t = {.kinds = NULL};
    struct orr_trace_groups g = {.of_node = NULL};
    bool by_kind = !strcmp(by, "kind");
    int status = orr_journeys_read(reader, &j, error);
    if (status) return status;
    status =
        by_kind ? orr_traffic_read(reader, &t, error) : orr_trace_groups_all(reader, by, &g, error);
    uint32_t *group_of = orr_xrealloc(NULL, (j.n + 1) * sizeof *group_of);
    struct orr_sample *v = orr_xrealloc(NULL, (j.n + 1) * sizeof *v);
    for (size_t i = 0; i < j.n && !status; i++)
        group_of[i] = by_kind                   ? j.v[i].message
                      : j.v[i].from < g.n_nodes ? g.of_node[j.v[i].from]
                                                : UINT32_MAX;
    size_t n = by_kind ? t.n_kinds : g.n;
    for (size_t k = 0; k < n && !status; k++)
        add_parts(sheet, file, by_kind ? t.kinds[k].name : g.names[k], &j, group_of,
                  by_kind ? t.kinds[k].message : (uint32_t)k, v);
    free(v);
    free(group_of);
    orr_trace_groups_fini(&g);
    orr_traffic_fini(&t);
    orr_journeys_fini(&j);
    return status;
}

/* ---- faults ---- */

static void faults_columns(struct orr_sheet *sheet, const char *by) {
    (void)by;
    orr_sheet_column(sheet, "fault", false);
    orr_sheet_column(sheet, "what", true);
    static const char *const numbers[] = {"from_s", "to_s", "longest_gap_s", "recovery_s"};
    for (int i = 0; i < 4; i++) orr_sheet_column(sheet, numbers[i], false);
}

static int add_faults(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
                      const char *by, char *error) {
    struct orr_recoveries r;
    (void)by;
    int status = orr_recoveries_read(reader, &r, error);
    if (status) return status;
    for (size_t i = 0; i < r.n; i++) {
        orr_sheet_text(sheet, file);
        orr_sheet_count(sheet, r.v[i].fault);
        orr_sheet_text(sheet, r.v[i].text);
        orr_sheet_number(sheet, r.v[i].from_s);
        orr_sheet_number(sheet, r.v[i].to_s);
        orr_sheet_number(sheet, r.v[i].gap_s);
        orr_sheet_number(sheet, r.v[i].recovery_s);
    }
    orr_recoveries_fini(&r);
    return 0;
}

/* ---- the list ---- */

const struct orr_stats_table orr_stats_tables[] = {
    {"times", "how long transactions took to commit and to be final, blocks to\nfollow", NULL,
     times_columns, add_times,
     "95 % intervals: percentile bootstrap over blocks, 999 resamples, seed 1"},
    {"totals",
     "throughput, goodput, messages and bytes for each height and\ntransaction, fairness, "
     "gossip",
     NULL, totals_columns, add_totals,
     "throughput and goodput: from the first submission to the last commit; gini: of the decided "
     "heights of each node with a vote"},
    {"traffic",
     "messages and bytes: by kind, or with --by node, cohort, role or\nregion the use of "
     "network, CPU and disk",
     "kind", traffic_columns, add_traffic,
     "messages that arrived; cpu of a run with `cost:`, writes with `record: events`"},
    {"delays",
     "where the time of messages went, by kind or sender: waiting for\nthe uplink, "
     "transmission, propagation, and what is beyond",
     "kind", delays_columns, add_delays,
     "transmission at the greatest rate that was seen of the sender; propagation: the least time "
     "of the pair; 95 % intervals: percentile bootstrap over seconds, 999 resamples, seed 1"},
    {"faults", "each fault: the longest gap between commits, and the time to\nrecover", NULL,
     faults_columns, add_faults,
     "recovery: from the fault's end (of one without end: its beginning) to the next height's "
     "first "
     "commit"},
    {.name = NULL}};

const struct orr_stats_table *orr_stats_find(const char *name) {
    for (const struct orr_stats_table *t = orr_stats_tables; t->name; t++)
        if (!strcmp(t->name, name)) return t;
    return NULL;
}
