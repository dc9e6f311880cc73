/* orrery report TRACE.h5|SWEEP: one page of HTML that shows a run, or the runs of a sweep. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/beside.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/report/report.h"
#include "sim/cli/report/serve.h"
#include "sim/cli/sweep_index.h"

enum { BAD_INPUT = 2, MACHINE_FAILED = 3 };

struct wishes {
    const char *input, *out;
    bool no_story, serves;
    uint16_t port;
};

enum { OUT, NO_STORY, SERVE, PORT };
static const struct orr_option options[] = {
    [OUT] = {"--out", "FILE", "the page; default: the trace's name and .html, FOLDER/report.html"},
    [NO_STORY] = {"--no-story", NULL, "do not run a broken scenario again to tell who broke it"},
    [SERVE] = {"--serve", NULL, "write nothing: show the page on 127.0.0.1 while the run goes on"},
    [PORT] = {"--port", "N", "of --serve (default: a free one)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery report TRACE.h5|SWEEP [OPTION...]\n\n"
                "Writes one page that shows a run to someone who has never seen it: what held,\n"
                "what broke and who broke it, numbers, latencies, throughput, heights and rounds\n"
                "over time with the faults, a map of the network, the messages in space and time\n"
                "(drag, wheel, keys + - 0 and arrows; click one), and the scenario.  It needs\n"
                "nothing but a browser.  `record: all` fills it best.\n"
                "Of more than %d messages it shows a regular sample.  Of a sweep (a folder with\n"
                "an index.csv, or such a file): means over seeds, runs side by side.\n\n",
            ORR_REPORT_MESSAGES);
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 written, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static char *page_path(const char *input, const char *out, bool is_sweep, const char *index) {
    if (out) return strdup(out);
    const char *slash = is_sweep ? strrchr(index, '/') : NULL;
    size_t len = is_sweep ? (slash ? (size_t)(slash + 1 - index) : 0) : strlen(input);
    if (!is_sweep && len > 3 && !strcmp(input + len - 3, ".h5")) len -= 3;
    char *path = orr_xrealloc(NULL, len + 16);
    snprintf(path, len + 16, "%.*s%s", (int)len, is_sweep ? index : input,
             is_sweep ? "report.html" : ".html");
    return path;
}

static bool is_broken(const json_t *data) {
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(data, "verdicts"), i, v)
        if (json_is_true(json_object_get(v, "judged")) && !json_is_true(json_object_get(v, "pass")))
            return true;
    return json_is_true(json_object_get(data, "violated"));
}

static int make_data(const struct wishes *w, const char *index, json_t **data, char *error) {
    if (index) return orr_report_of_sweep(index, data, error);
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, w->input, error);
    if (!status) status = orr_report_of_run(reader, w->input, data, error);
    orr_trace_reader_close(reader);
    if (status || w->no_story || !is_broken(*data)) return status;
    char *story = orr_report_story(w->input, orr_main_explain);
    if (story) json_object_set_new(*data, "story", orr_report_text(story, strlen(story)));
    free(story);
    return 0;
}

static int write_page(const struct wishes *w, const char *index, const char *path, char *error) {
    struct orr_beside page;
    json_t *data = NULL;
    orr_beside_open(&page, path);
    int status = page.to ? make_data(w, index, &data, error) : 0;
    if (data && !status) orr_report_page_write(data, false, page.to);
    json_decref(data);
    return orr_beside_close(&page, status, error);
}

/* 0: go on; else the exit code + 1. */
static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "report", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    uint64_t port;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 1 + BAD_INPUT;
        if (i == OUT) w->out = value;
        if (i == NO_STORY) w->no_story = true;
        if (i == SERVE) w->serves = true;
        if (i == PORT) {
            if (!orr_options_number(&walk, "--port", value, &port)) return 1 + BAD_INPUT;
            if (port > UINT16_MAX) {
                fprintf(stderr, "orrery report: --port wants at most 65535\n");
                return 1 + BAD_INPUT;
            }
            w->port = (uint16_t)port;
        }
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->input) {
            fprintf(stderr, "orrery report: one trace at a time: %s, %s\n", ORR_SHOWN(w->input),
                    ORR_SHOWN(value));
            return 1 + BAD_INPUT;
        }
        w->input = value;
    }
    return w->input ? 0 : 1 + usage(stderr);
}

int orr_main_report(int argc, char **argv) {
    struct wishes w = {0};
    char error[ORR_READER_ERROR_LEN] = "", index[4096];
    int end = read_arguments(argc, argv, &w), status;
    if (end) return end - 1;
    bool is_sweep = orr_sweep_index_of(w.input, index);
    if (w.serves && is_sweep) {
        fprintf(stderr, "orrery report: --serve is of a trace\n");
        return BAD_INPUT;
    }
    char *path = page_path(w.input, w.out, is_sweep, index);
    if (w.serves) status = orr_report_serve(w.input, w.port, error);
    else status = write_page(&w, is_sweep ? index : NULL, path, error);
    if (status && *error) fprintf(stderr, "orrery report: %s\n", ORR_SHOWN(error));
    else if (!status && !w.serves) printf("%s\n", ORR_SHOWN(path));
    free(path);
    return !status ? 0 : status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
}
