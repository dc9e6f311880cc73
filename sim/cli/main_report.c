/* orrery report TRACE.h5: one page of HTML that shows a run. */
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

enum { BAD_INPUT = 2, MACHINE_FAILED = 3 };

enum { OUT };
static const struct orr_option options[] = {
    [OUT] = {"--out", "FILE", "the page; default: the trace's name and .html"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery report TRACE.h5 [OPTION...]\n\n"
                "Writes one page that shows a run to someone who has never seen it: what held,\n"
                "what broke, numbers, latencies, throughput and heights over time with the\n"
                "faults, the messages in space and time (drag, wheel, keys + - 0 and arrows;\n"
                "click one), and the scenario.  It needs nothing but a browser.  `record: all`\n"
                "fills it best.\n"
                "Of more than %d messages it shows a regular sample.\n\n", ORR_REPORT_MESSAGES);
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 written, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static char *page_path(const char *trace, const char *out) {
    size_t len = strlen(trace);
    if (out) return strdup(out);
    if (len > 3 && !strcmp(trace + len - 3, ".h5")) len -= 3;
    char *path = orr_xrealloc(NULL, len + 8);
    snprintf(path, len + 8, "%.*s.html", (int)len, trace);
    return path;
}

static int write_page(struct orr_trace_reader *reader, const char *trace, const char *path,
                      char *error) {
    struct orr_beside page;
    orr_beside_open(&page, path);
    int status = page.to ? orr_report_write(reader, trace, page.to, error) : 0;
    return orr_beside_close(&page, status, error);
}

int orr_main_report(int argc, char **argv) {
    struct orr_options walk = {
        .verb = "report", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value, *trace = NULL, *out = NULL;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i == OUT) out = value;
        if (i != ORR_OPTION_OPERAND) continue;
        if (trace) {
            fprintf(stderr, "orrery report: one trace at a time: %s, %s\n", ORR_SHOWN(trace),
                    ORR_SHOWN(value));
            return BAD_INPUT;
        }
        trace = value;
    }
    if (!trace) return usage(stderr);
    char error[ORR_READER_ERROR_LEN] = "", *path = page_path(trace, out);
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, trace, error);
    if (!status) status = write_page(reader, trace, path, error);
    orr_trace_reader_close(reader);
    if (status) fprintf(stderr, "orrery report: %s\n", ORR_SHOWN(error));
    else printf("%s\n", ORR_SHOWN(path));
    free(path);
    return !status ? 0 : status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
}
