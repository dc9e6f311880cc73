/* orrery plot TRACE.h5: the commit-latency distribution as a picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot.h"
#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/plot_options.h"
#include "sim/cli/sweep_index.h"

enum {
    FORMAT,
    TIKZ,
    OUT,
    METRIC,
    KIND,
    OF,
    LABEL,
    X,
    Y,
    BY,
    PAPER,
    WIDTH,
    FONT,
    TITLE,
    LOG,
    FIT,
    AROUND,
    FROM,
    TO,
    NODE
};
static const struct orr_option options[] = {
    [FORMAT] = {"--format", "FORMAT",
                "png (default), svg, pdf, or of a sweep or a kind tikz (for LaTeX)"},
    [TIKZ] = {"--tikz", NULL, "the same as --format tikz"},
    [OUT] = {"--out", "PATH",
             "the picture; default: the trace's name and -latency.png, of a\n"
             "sweep FOLDER/Y-X.png"},
    [METRIC] = {"--metric", "NAME", "what nodes measured by that name over time instead"},
    [KIND] = {"--kind", "KIND",
              "of traces, a curve each: cdf, ccdf; over time: throughput, latency,\n"
              "height, round, queue (transactions that wait), bandwidth, uplink\n"
              "(bytes that wait for one), mesh, score, or metric with --metric; of\n"
              "gossip ratio (nodes that a message reaches), duplicates (copies\n"
              "for each delivery) and hops; of one: bytes (by message kind),\n"
              "regions (time from each to each), heat (how messages\n"
              "spread), proposers (who proposed what was decided, and when) or\n"
              "spacetime (who sent what to whom, and when it arrived);\n"
              "of a sweep: load (latency against throughput, with the knee);\n"
              "of either: box or violin, of each trace or group"},
    [OF] = {"--of", "TIMES",
            "of cdf, ccdf, box and violin: commit (default), final,\n"
            "block_interval, delivery"},
    [LABEL] = {"--label", "TEXT", "the name of a trace's curve, in order; may be repeated"},
    [X] = {"--x", "COLUMN", "of a sweep: against what (default: the first key that it varies)"},
    [Y] = {"--y", "COLUMN", "of a sweep: which number (default: latency_p50_s)"},
    [BY] = {"--by", "COLUMN",
            "of a sweep: a curve for each (default: the next key); of box and\n"
            "violin of traces: region, role, node or cohort (val of val.3)"},
    [PAPER] = {"--paper", NULL,
               "of a sweep or a kind: 85 mm wide, 7 pt, as a column of a\n"
               "paper wants it"},
    [WIDTH] = {"--width", "MM", "likewise: so wide, as 178"},
    [FONT] = {"--font", "NAME", "likewise: another font"},
    [TITLE] = {"--title", "TEXT", "likewise: above the picture"},
    [LOG] = {"--log", "x|y|xy", "likewise: logarithmic axes"},
    [FIT] = {"--fit", NULL,
             "of a sweep: a power law through each curve, its slope and the 95 %\n"
             "interval in the legend; --log xy unless said"},
    [AROUND] = {"--around", "VIOLATION|TIME", "of spacetime: a second before and after"},
    [FROM] = {"--from", "TIME", "likewise: not before, as 2.5s"},
    [TO] = {"--to", "TIME", "likewise: not after"},
    [NODE] = {"--node", "NODE", "likewise: val.3, 3 or a group val alone; may be repeated"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery plot TRACE.h5|SWEEP [OPTION...]\n"
            "       orrery plot --kind KIND TRACE.h5... [OPTION...]\n\n"
            "Draws how long transactions took to commit, and the time between blocks, as\n"
            "cumulative distributions with p50, p90 and p99.  Of a trace without blocks it draws\n"
            "how messages spread: from publishing to each delivery, and until half and 99 %% of\n"
            "the nodes had them (`record:` names messages).  Data (PATH.dat) and gnuplot script\n"
            "(PATH.gp) stay beside the picture, to be edited and drawn again.  With --metric it\n"
            "draws the mean and the range, over all correct nodes, of a value that they measured\n"
            "(such as mesh, strangers, duplicates and worst_score of `gossipsub` with\n"
            "measure_every), and says when the mean was greatest and when it had fallen.\n\n"
            "Of a sweep (its folder or its index.csv) it draws one number against another: means\n"
            "over seeds with 95 %% intervals.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 drawn, 2 the trace cannot be read or holds neither\ndecisions nor "
                "deliveries, or no such metric, 3 gnuplot is missing or the picture\ncannot be "
                "written.\n");
    return to == stdout ? 0 : 2;
}

/* An option other than --format; false when it has been said to be wrong. */
static bool take_wish(struct orr_plot_wishes *o, int option, const char *value) {
    char *end;
    switch (option) {
    case OUT: return (o->out = value);
    case METRIC: return (o->metric = value);
    case KIND: return (o->kind = value);
    case OF: return (o->of = value);
    case LABEL:
        if (o->n_labels < ORR_PLOT_TRACES) return (o->labels[o->n_labels++] = value);
        fprintf(stderr, "orrery plot: more than %d labels\n", ORR_PLOT_TRACES);
        return false;
    case X: return (o->x = value);
    case Y: return (o->y = value);
    case BY: return (o->by = value);
    case FONT: return (o->font = value);
    case TITLE: return (o->title = value);
    case AROUND: return (o->around = value);
    case FROM: return (o->from = value);
    case TO: return (o->to = value);
    case NODE:
        if (o->n_nodes < ORR_PLOT_NODES) return (o->nodes[o->n_nodes++] = value);
        fprintf(stderr, "orrery plot: more than %d times --node\n", ORR_PLOT_NODES);
        return false;
    case PAPER: return o->paper = true;
    case FIT: return o->fit = true;
    case WIDTH:
        o->width_mm = strtod(value, &end);
        if (!strcmp(end, "mm")) end += 2;
        if (!*end && o->width_mm >= 20 && o->width_mm <= 1000) return true;
        fprintf(stderr, "orrery plot: --width wants 20 to 1000 (mm), not '%s'\n", value);
        return false;
    default:
        o->log_x = strchr(value, 'x');
        o->log_y = strchr(value, 'y');
        if (*value && !value[strspn(value, "xy")]) return true;
        fprintf(stderr, "orrery plot: --log wants x, y or xy, not '%s'\n", value);
        return false;
    }
}

/* 0: go on; else the exit code, -1 for help that has been printed. */
static int read_options(int argc, char **argv, struct orr_plot_wishes *o) {
    struct orr_options walk = {
        .verb = "plot", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return 2;
        if (i == FORMAT && (o->format = orr_plot_format_find(value)) < 0) {
            fprintf(stderr, "orrery plot: no format '%s': png, svg, pdf or tikz\n", value);
            return 2;
        }
        if (i == TIKZ) o->format = ORR_PLOT_TIKZ;
        if (i >= OUT && !take_wish(o, i, value)) return 2;
        if (i != ORR_OPTION_OPERAND) continue;
        if (o->n_traces == ORR_PLOT_TRACES) {
            fprintf(stderr, "orrery plot: more than %d traces\n", ORR_PLOT_TRACES);
            return 2;
        }
        o->traces[o->n_traces++] = value;
    }
    if (o->n_traces > 1 && !o->kind) {
        fprintf(stderr, "orrery plot: one trace at a time (%s, %s), or a --kind of all\n",
                ORR_SHOWN(o->traces[0]), ORR_SHOWN(o->traces[1]));
        return 2;
    }
    return o->n_traces ? 0 : usage(stderr);
}

/* The picture's path: as asked for, or beside the trace. */
static char *picture_path(const struct orr_plot_wishes *o, int format) {
    if (o->out) return strdup(o->out);
    size_t len = strlen(o->traces[0]);
    if (len > 3 && !strcmp(o->traces[0] + len - 3, ".h5")) len -= 3;
    size_t size = len + 16 + (o->metric ? strlen(o->metric) : 0);
    char *path = malloc(size);
    if (!path) return NULL;
    snprintf(path, size, "%.*s-%s.%s", (int)len, o->traces[0], o->metric ? o->metric : "latency",
             orr_plot_format_ending(format));
    for (char *c = path + len; o->metric && *c; c++) /* a name may hold anything */
        if (*c == '/') *c = '_';
    return path;
}

/* When the mean was greatest and when it had fallen, for those who read no pictures. */
static void tell(const struct orr_series *s) {
    double mean, at = orr_series_peak(s, &mean), half = orr_series_falls_to(s, 0.5),
                 none = orr_series_falls_to(s, 0.01);
    printf("%s  mean %.4g at the last, %.4g at its greatest (%.1f s)", ORR_SHOWN(s->name),
           s->v[s->n - 1].mean, mean, at);
    if (half == half) printf(", at most half of that from %.1f s on", half);
    if (none == none) printf(", 1 %% from %.1f s on", none);
    printf("\n");
}

static int draw(struct orr_trace_reader *reader, const struct orr_plot_wishes *o, int format,
                char *error) {
    struct orr_latencies latencies;
    struct orr_propagation propagation = {0};
    static struct orr_series series;
    void *result = NULL;
    int status = orr_latencies_read(reader, &latencies, error);
    if (status) return status;
    if (o->metric)
        status = orr_series_read(reader, o->metric, &series, error);
    else if (!latencies.n_blocks)
        status = orr_propagation_read(reader, &propagation, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    char *picture = picture_path(o, format);
    if (!status && picture) {
        struct orr_plot plot = {.picture = picture,
                                .format = (enum orr_plot_format)format,
                                .head = orr_trace_reader_head(reader),
                                .result = result,
                                .latencies = &latencies,
                                .propagation = &propagation,
                                .series = o->metric ? &series : NULL};
        status = orr_plot_latency(&plot, error);
        if (!status) printf("%s\n", ORR_SHOWN(picture));
        if (!status && o->metric) tell(&series);
        if (status == ORR_ENOTFOUND) { /* say of what */
            char what[ORR_READER_ERROR_LEN];
            snprintf(what, sizeof what, "%s", error);
            snprintf(error, ORR_READER_ERROR_LEN, "%.200s: %.280s", o->traces[0], what);
        }
    }
    free(picture);
    free(result);
    orr_propagation_fini(&propagation);
    orr_latencies_fini(&latencies);
    return status;
}

int orr_main_plot(int argc, char **argv) {
    struct orr_plot_wishes o = {.format = -1};
    int code = read_options(argc, argv, &o);
    if (code) return code < 0 ? 0 : code;
    int format = o.format;
    const char *ending = o.out ? strrchr(o.out, '.') : NULL;
    if (format < 0 && ending) format = orr_plot_format_find(ending + 1);
    if (format < 0) format = ORR_PLOT_PNG;

    char error[ORR_READER_ERROR_LEN] = "", index[4096];
    bool is_sweep = orr_sweep_index_of(o.traces[0], index);
    bool is_load = o.kind && !strcmp(o.kind, "load");
    if (is_sweep && (!o.kind || is_load || orr_plot_is_groups(o.kind)))
        return orr_plot_sweep_of(&o, index, format);
    if (is_load) fprintf(stderr, "orrery plot: --kind load is of a sweep\n");
    if (is_load) return 2;
    if (o.kind) return orr_plot_traces_of(&o, format);
    if (format == ORR_PLOT_TIKZ) {
        fprintf(stderr, "orrery plot: tikz is of a sweep or a --kind\n");
        return 2;
    }
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, o.traces[0], error);
    if (!status) status = draw(reader, &o, format, error);
    orr_trace_reader_close(reader);
    if (!status) return 0;
    fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    return status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM ? 3 : 2;
}
