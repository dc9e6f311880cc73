/* orrery plot TRACE.h5: the commit-latency distribution as a picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot.h"
#include "sim/cli/main.h"

struct options {
    const char *trace, *out;
    int format; /* enum orr_plot_format, -1: by the name of `out`, else PNG */
};

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery plot TRACE.h5 [--format png|svg|pdf] [--out PATH]\n\n"
        "Draws how long transactions took to commit, and the time between blocks, as cumulative\n"
        "distributions with p50, p90 and p99.  Data (PATH.dat) and gnuplot script (PATH.gp) stay\n"
        "beside the picture, to be edited and drawn again.\n\n"
        "  --format FORMAT  png (default), svg or pdf\n"
        "  --out PATH       the picture; default: the trace's name and -latency.png\n\n"
        "Exit codes: 0 drawn, 2 the trace cannot be read or holds no decisions, 3 gnuplot is\n"
        "missing or the picture cannot be written.\n");
    return to == stdout ? 0 : 2;
}

static int read_options(int argc, char **argv, struct options *o) {
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (!strcmp(arg, "--format") && i + 1 < argc) {
            o->format = orr_plot_format_find(argv[++i]);
            if (o->format < 0) {
                fprintf(stderr, "orrery plot: no format '%s': png, svg or pdf\n", argv[i]);
                return 2;
            }
        } else if (!strcmp(arg, "--out") && i + 1 < argc) {
            o->out = argv[++i];
        } else if (arg[0] == '-' && arg[1]) {
            bool known = !strcmp(arg, "--format") || !strcmp(arg, "--out");
            fprintf(stderr,
                    known ? "orrery plot: %s wants a value\n" : "orrery plot: no option '%s'\n",
                    arg);
            return 2;
        } else if (o->trace) {
            fprintf(stderr, "orrery plot: one trace at a time: %s, %s\n", o->trace, arg);
            return 2;
        } else {
            o->trace = arg;
        }
    }
    return o->trace ? 0 : usage(stderr);
}

/* The picture's path: as asked for, or beside the trace. */
static char *picture_path(const struct options *o, int format) {
    static const char *const endings[] = {"-latency.png", "-latency.svg", "-latency.pdf"};
    if (o->out) return strdup(o->out);
    size_t len = strlen(o->trace);
    if (len > 3 && !strcmp(o->trace + len - 3, ".h5")) len -= 3;
    char *path = malloc(len + 16);
    if (path) sprintf(path, "%.*s%s", (int)len, o->trace, endings[format]);
    return path;
}

static int draw(struct orr_trace_reader *reader, const struct options *o, int format, char *error) {
    struct orr_latencies latencies;
    void *result = NULL;
    int status = orr_latencies_read(reader, &latencies, error);
    if (status) return status;
    status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    char *picture = picture_path(o, format);
    if (!status && picture) {
        struct orr_plot plot = {.picture = picture,
                                .format = (enum orr_plot_format)format,
                                .head = orr_trace_reader_head(reader),
                                .result = result,
                                .latencies = &latencies};
        status = orr_plot_latency(&plot, error);
        if (!status) printf("%s\n", picture);
        if (status == ORR_ENOTFOUND) { /* say of what */
            char what[ORR_READER_ERROR_LEN];
            snprintf(what, sizeof what, "%s", error);
            snprintf(error, ORR_READER_ERROR_LEN, "%.200s: %.280s", o->trace, what);
        }
    }
    free(picture);
    free(result);
    orr_latencies_fini(&latencies);
    return status;
}

int orr_main_plot(int argc, char **argv) {
    struct options o = {.format = -1};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
    int code = read_options(argc, argv, &o);
    if (code) return code;
    int format = o.format;
    const char *ending = o.out ? strrchr(o.out, '.') : NULL;
    if (format < 0 && ending) format = orr_plot_format_find(ending + 1);
    if (format < 0) format = ORR_PLOT_PNG;

    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, o.trace, error);
    if (!status) status = draw(reader, &o, format, error);
    orr_trace_reader_close(reader);
    if (!status) return 0;
    fprintf(stderr, "orrery plot: %s\n", error);
    return status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM ? 3 : 2;
}
