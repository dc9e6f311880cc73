/* report.c - what the page shows of a run, as JSON; messages as columns of 32 bits, compressed
 * (gzip) and in base64. */
#include "sim/cli/report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "analysis/latency.h"
#include "analysis/recovery.h"
#include "analysis/totals.h"
#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/base/hex.h"
#include "sim/base/memory.h"
#include "sim/cli/spacetime_of.h"
#include "sim/cli/trace_curves.h"
#include "sim/cli/trace_grids.h"
#include "sim/cli/trace_series.h"

enum { ROWS_MAX = 1 << 24, SHADES = 256, READ_MOST = 2000000, COLUMNS = 6, ENDED_VIOLATION = 1 };

json_t *orr_report_text(const char *text, size_t most) {
    size_t len = strnlen(text, most);
    json_t *json = json_stringn(text, len);
    if (json) return json;
    char *plain = orr_xrealloc(NULL, len + 1);
    for (size_t i = 0; i < len; i++) plain[i] = (unsigned char)text[i] < 0x7f ? text[i] : '?';
    json = json_stringn(plain, len);
    free(plain);
    return json ? json : json_string("?");
}

static void set(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

/* ---- head, verdicts, nodes ---- */

static void put_head(json_t *page, const struct orr_trace_head *h, const char *trace) {
    uint8_t digest[ORR_SHA256_BYTES];
    char hex[2 * sizeof digest + 1], seed[24];
    orr_sha256(h->scenario, h->scenario_len, digest);
    orr_hex_encode(hex, digest, sizeof digest);
    snprintf(seed, sizeof seed, "%" PRIu64, h->seed);
    set(page, "name", orr_report_text(h->name, sizeof h->name));
    set(page, "title", orr_report_text(h->title, sizeof h->title));
    set(page, "build", orr_report_text(h->build, sizeof h->build));
    set(page, "seed", json_string(seed)); /* 64 bits, which JSON's numbers may not have */
    set(page, "scenario", orr_report_text(h->scenario, h->scenario_len));
    set(page, "digest", json_string(hex));
    char *line = orr_xrealloc(NULL, strlen(trace) + 32);
    snprintf(line, strlen(trace) + 32, "orrery replay %s", trace);
    set(page, "repeat", orr_report_text(line, strlen(line)));
    free(line);
}

static int put_verdicts(json_t *page, struct orr_trace_reader *reader, char *error) {
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_verdicts];
    json_t *list = json_array();
    int status = orr_trace_reader_all(reader, ORR_GROUP_verdicts, ROWS_MAX, &all, error);
    const struct orr_row_verdicts *v = all;
    for (uint64_t i = 0; i < n && !status; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:b, s:b}", "name", orr_report_text(v[i].name, 48),
                            "expected", orr_report_text(v[i].expected, 80), "observed",
                            orr_report_text(v[i].observed, 160), "pass", (int)v[i].pass, "judged",
                            (int)v[i].judged));
    set(page, "verdicts", list);
    free(all);
    return status;
}

static int put_nodes(json_t *page, struct orr_trace_reader *reader, char *error) {
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes];
    json_t *list = json_array();
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &all, error);
    const struct orr_row_nodes *v = all;
    for (uint64_t i = 0; i < n && !status; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:b}", "name",
                                              orr_report_text(v[i].name, 48), "role",
                                              orr_report_text(v[i].role, 32), "region",
                                              orr_report_text(v[i].region, 32), "faulty",
                                              v[i].faulty != 0));
    set(page, "nodes", list);
    free(all);
    return status;
}

static int put_result(json_t *page, struct orr_trace_reader *reader, char *error) {
    void *result = NULL;
    char fingerprint[20];
    double end = 0;
    int status = orr_trace_end(reader, &end, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    const struct orr_row_result *r = result;
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, r ? r->fingerprint : 0);
    set(page, "end_s", json_real(end));
    set(page, "finished", json_boolean(r != NULL));
    set(page, "violated", json_boolean(r && r->ended == ENDED_VIOLATION));
    set(page, "fingerprint", json_string(r ? fingerprint : ""));
    free(result);
    return status;
}

/* ---- numbers and curves ---- */

void orr_report_curve(json_t *list, const char *name, const struct orr_curve *c) {
    json_t *x = json_array(), *y = json_array();
    for (size_t i = 0; i < c->n; i++) {
        json_array_append_new(x, json_real(c->x[i]));
        json_array_append_new(y, json_real(c->y[i]));
    }
    json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", name, "x", x, "y", y));
}

static void put_times(json_t *stats, json_t *curves, const char *name,
                      const struct orr_times *t, struct orr_curve *curve) {
    double mean = 0;
    if (!t->n) return;
    for (size_t i = 0; i < t->n; i++) mean += (t->v[i].value - mean) / (double)(i + 1);
    json_array_append_new(
        stats, json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "metric", name, "n",
                         (json_int_t)t->n, "mean", mean, "p50", orr_quantile(t->v, t->n, 0.5),
                         "p90", orr_quantile(t->v, t->n, 0.9), "p99",
                         orr_quantile(t->v, t->n, 0.99), "p999",
                         orr_quantile(t->v, t->n, 0.999), "max", orr_quantile(t->v, t->n, 1)));
    orr_curve_distribution(t->v, t->n, false, curve);
    orr_report_curve(curves, name, curve);
}

/* A trace without decisions has no curve: that is no error here. */
static int put_over_time(json_t *page, struct orr_trace_reader *reader, const char *name,
                         int (*take)(struct orr_trace_reader *, struct orr_curve *, char *),
                         struct orr_curve *curve, char *error) {
    json_t *list = json_array();
    int status = take(reader, curve, error);
    if (!status) orr_report_curve(list, name, curve);
    set(page, name, list);
    return status == ORR_ENOTFOUND ? 0 : status;
}

static int put_numbers(json_t *page, struct orr_trace_reader *reader, char *error) {
    struct orr_latencies l;
    struct orr_curve *curve = orr_xrealloc(NULL, sizeof *curve);
    json_t *stats = json_array(), *curves = json_array();
    int status = orr_latencies_read(reader, &l, error);
    if (!status) {
        put_times(stats, curves, "commit", &l.commit, curve);
        put_times(stats, curves, "final", &l.final, curve);
        put_times(stats, curves, "block_interval", &l.interval, curve);
        orr_latencies_fini(&l);
    }
    set(page, "stats", stats);
    set(page, "cdf", curves);
    if (!status)
        status = put_over_time(page, reader, "throughput", orr_trace_throughput, curve, error);
    if (!status) status = put_over_time(page, reader, "height", orr_trace_height, curve, error);
    if (!status) status = put_over_time(page, reader, "queue", orr_trace_queue, curve, error);
    if (!status) status = put_over_time(page, reader, "round", orr_trace_round, curve, error);
    if (!status)
        status = put_over_time(page, reader, "bandwidth", orr_trace_bandwidth, curve, error);
    free(curve);
    return status;
}

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static int put_totals(json_t *page, struct orr_trace_reader *reader, char *error) {
    struct orr_totals t;
    json_t *list = json_array();
    int status = orr_totals_read(reader, &t, error);
    for (size_t i = 0; i < t.n && !status; i++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:s}", "name", t.v[i].name, "value",
                                              t.v[i].value, "unit", t.v[i].unit));
    set(page, "totals", list);
    return status;
}

/* A trace without faults has none: that is no error here. */
static int put_recoveries(json_t *page, struct orr_trace_reader *reader, char *error) {
    struct orr_recoveries r = {.n = 0};
    json_t *list = json_array();
    int status = orr_recoveries_read(reader, &r, error);
    for (size_t i = 0; i < r.n && i < ORR_REPORT_FAULTS && !status; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o, s:o}", "text",
                            orr_report_text(r.v[i].text, sizeof r.v[i].text), "from",
                            number(r.v[i].from_s), "to", number(r.v[i].to_s), "gap",
                            number(r.v[i].gap_s), "recovery", number(r.v[i].recovery_s)));
    set(page, "recoveries", list);
    if (!status) orr_recoveries_fini(&r);
    return status == ORR_ENOTFOUND ? 0 : status;
}

/* Places and the median ms from each to each; null where they would say nothing. */
static int put_map(json_t *page, struct orr_trace_reader *reader, char *error) {
    struct orr_trace_grid g = {.values = NULL};
    int status = orr_trace_regions(reader, &g, error);
    size_t n = status ? 0 : g.plot.n_rows;
    if (n > 1 && n <= ORR_REPORT_PLACES) {
        json_t *places = json_array(), *rows = json_array();
        for (size_t i = 0; i < n; i++) {
            json_t *row = json_array();
            for (size_t k = 0; k < n; k++) json_array_append_new(row, number(g.values[i * n + k]));
            json_array_append_new(rows, row);
            json_array_append_new(places,
                                  json_pack("{s:o, s:I}", "name",
                                            orr_report_text(g.rows[i], strlen(g.rows[i])), "nodes",
                                            (json_int_t)g.n_members[i]));
        }
        set(page, "map", json_pack("{s:o, s:o}", "places", places, "ms", rows));
    } else {
        set(page, "map", json_null());
    }
    orr_trace_grid_free(&g);
    return status == ORR_ENOTFOUND || status == ORR_ELIMIT ? 0 : status;
}

static int put_decisions(json_t *page, struct orr_trace_reader *reader, char *error) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_decisions];
    if (n > ORR_REPORT_DECISIONS) n = ORR_REPORT_DECISIONS;
    struct orr_row_decisions *v = orr_xrealloc(NULL, (n + 1) * sizeof *v);
    json_t *list = json_array();
    int status = 0;
    for (uint64_t at = 0; at < n && !status; at += 512)
        status = orr_trace_reader_rows(reader, ORR_GROUP_decisions, at, n - at < 512 ? n - at : 512,
                                       v + at, error);
    uint64_t n_nodes = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes];
    for (uint64_t i = 0; i < n && !status; i++)
        if (v[i].node < n_nodes)
            json_array_append_new(list, json_pack("{s:f, s:I, s:I}", "at",
                                                  (double)v[i].time_ns * 1e-9, "node",
                                                  (json_int_t)v[i].node, "height",
                                                  (json_int_t)v[i].height));
    set(page, "decisions", list);
    free(v);
    return status;
}

/* ---- messages ---- */

/* gzip, level 9, without a name or time, in base64. */
static json_t *pack(const void *bytes, size_t len) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)len};
    int bad = deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    assert(!bad);
    size_t cap = deflateBound(&z, len), n = 0;
    uint8_t *packed = orr_xrealloc(NULL, cap + 3);
    z.next_out = packed, z.avail_out = (uInt)cap;
    bad = deflate(&z, Z_FINISH);
    assert(bad == Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    char *text = orr_xrealloc(NULL, (size + 2) / 3 * 4 + 1);
    memset(packed + size, 0, 3);
    for (size_t i = 0; i < size; i += 3) {
        uint32_t v = (uint32_t)packed[i] << 16 | (uint32_t)packed[i + 1] << 8 | packed[i + 2];
        for (int k = 18; k >= 0; k -= 6) text[n++] = digits[v >> k & 63];
    }
    for (size_t i = 0; i < (3 - size % 3) % 3; i++) text[n - 1 - i] = '=';
    json_t *json = json_stringn(text, n);
    free(packed);
    free(text);
    return json;
}

static uint32_t kind_of(json_t *kinds, const char *kind) {
    size_t i = 0;
    for (; i < json_array_size(kinds); i++)
        if (!strcmp(json_string_value(json_array_get(kinds, i)), kind)) return (uint32_t)i;
    json_array_append_new(kinds, orr_report_text(kind, strlen(kind)));
    return (uint32_t)i;
}

static uint32_t micros(int64_t ns) {
    return ns <= 0 ? 0 : ns / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / 1000);
}

static void put_messages(json_t *page, const struct orr_spacetime_part *part) {
    const struct orr_spacetime *d = &part->diagram;
    size_t step = d->n_messages / ORR_REPORT_MESSAGES + 1, n = (d->n_messages + step - 1) / step;
    uint32_t *v = orr_xrealloc(NULL, (COLUMNS * n + 1) * sizeof *v);
    json_t *kinds = json_array();
    int64_t before_us = 0;
    for (size_t i = 0; i < n; i++) {
        const struct orr_spacetime_message *m = &d->messages[i * step];
        int64_t at_us = m->at_ns / 1000;
        v[i] = (uint32_t)(at_us - before_us); /* a gap of more than an hour is not drawn right */
        v[n + i] = micros(orr_ns_between(m->sent_ns, m->at_ns));
        v[2 * n + i] = m->from, v[3 * n + i] = m->to;
        v[4 * n + i] = kind_of(kinds, m->kind);
        v[5 * n + i] = m->lost != NULL;
        before_us = at_us;
    }
    set(page, "messages", json_pack("{s:I, s:I, s:b, s:o, s:o}", "count", (json_int_t)n, "total",
                                    (json_int_t)d->n_messages, "cut", (int)part->is_cut, "kinds",
                                    kinds, "columns", pack(v, COLUMNS * n * sizeof *v)));
    free(v);
}

static void put_faults(json_t *page, const struct orr_spacetime *d, double end_s) {
    json_t *list = json_array();
    for (size_t i = 0; i < d->n_spans; i++) {
        const struct orr_spacetime_span *s = &d->spans[i];
        double to = s->to_ns == INT64_MAX ? end_s : (double)s->to_ns * 1e-9;
        json_array_append_new(
            list, json_pack("{s:f, s:f, s:o, s:o}", "from", (double)s->from_ns * 1e-9, "to", to,
                            "node", s->node < d->n_nodes ? json_integer(s->node) : json_null(),
                            "text", orr_report_text(s->text, strlen(s->text))));
    }
    set(page, "faults", list);
}

static int put_spacetime(json_t *page, struct orr_trace_reader *reader, char *error) {
    const struct orr_spacetime_query all = {.from_ns = 0, .to_ns = INT64_MAX,
                                            .most_messages = READ_MOST};
    struct orr_spacetime_part part;
    int status = orr_spacetime_of(reader, &all, &part, error);
    if (status) return status;
    put_messages(page, &part);
    put_faults(page, &part.diagram, json_real_value(json_object_get(page, "end_s")));
    orr_spacetime_part_free(&part);
    return 0;
}

/* ---- the whole ---- */

int orr_report_of_run(struct orr_trace_reader *reader, const char *trace, json_t **data,
                      char error[ORR_READER_ERROR_LEN]) {
    json_t *page = json_object();
    put_head(page, orr_trace_reader_head(reader), trace);
    int status = put_result(page, reader, error);
    if (!status) status = put_verdicts(page, reader, error);
    if (!status) status = put_nodes(page, reader, error);
    if (!status) status = put_numbers(page, reader, error);
    if (!status) status = put_totals(page, reader, error);
    if (!status) status = put_decisions(page, reader, error);
    if (!status) status = put_spacetime(page, reader, error);
    if (!status) status = put_recoveries(page, reader, error);
    if (!status) status = put_map(page, reader, error);
    if (status) json_decref(page);
    else *data = page;
    return status;
}
