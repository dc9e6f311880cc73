/* orrery spacetime TRACE.h5: messages, decisions and faults of a part of a run, as a diagram. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/text.h"
#include "sim/cli/around.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/spacetime_of.h"

enum { BAD_INPUT = 2, MACHINE_FAILED = 3, TEXT_MESSAGES = 500, SVG_MESSAGES = 5000 };

struct wishes {
    const char *path, *around, *svg;
    struct orr_spacetime_query query;
    uint64_t width;
};

enum { AROUND, FROM, TO, NODE, KIND, SVG, WIDTH };
static const struct orr_option options[] = {
    [AROUND] = {"--around", "VIOLATION|TIME",
                "a second before and after: of an expectation that failed\n"
                "(agreement; violation: any), or of a time"},
    [FROM] = {"--from", "TIME", "not before: 2.5s"},
    [TO] = {"--to", "TIME", "not after"},
    [NODE] = {"--node", "NODE", "these nodes alone: val.3, 3, or a group: val; may be repeated"},
    [KIND] = {"--kind", "KIND", "messages of this kind alone"},
    [SVG] = {"--svg", "FILE", "a picture, not text"},
    [WIDTH] = {"--width", "N", "characters in a line (default: the terminal's, or 100)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery spacetime TRACE.h5 [OPTION...]\n\n"
                "Draws who sent what to whom and when it arrived (`record: messages` keeps it),\n"
                "who decided, and where faults held: as text, time going down, or as SVG, time\n"
                "going to the right.  Unless asked otherwise, from the start until the first\n"
                "height is decided everywhere.  Text shows the first %d messages, a picture %d.\n"
                "\n",
            TEXT_MESSAGES, SVG_MESSAGES);
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 drawn, 2 bad input, or nothing is in that part, 3 the machine "
                "failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static bool take_option(struct wishes *w, const struct orr_options *walk, int option,
                        const char *value) {
    struct orr_spacetime_query *q = &w->query;
    switch (option) {
    case AROUND: return (w->around = value);
    case KIND: return (q->kind = value);
    case SVG: return (w->svg = value);
    case WIDTH: return orr_options_number(walk, "--width", value, &w->width);
    case NODE:
        if (q->n_nodes < ORR_SPACETIME_NODES) return (q->nodes[q->n_nodes++] = value);
        fprintf(stderr, "orrery spacetime: more than %d times --node\n", ORR_SPACETIME_NODES);
        return false;
    default:
        if (option == FROM && q->to_ns < 0) q->to_ns = INT64_MAX;
        if (option == TO && q->from_ns > q->to_ns) q->from_ns = 0;
        if (orr_around_time(value, option == FROM ? &q->from_ns : &q->to_ns)) return true;
        fprintf(stderr, "orrery spacetime: '%s' is no time such as 2.5s or 300ms\n",
                ORR_SHOWN(value));
        return false;
    }
}

/* 0: go on; else the exit code, -1 for help that has been printed. */
static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "spacetime", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i >= 0 && !take_option(w, &walk, i, value)) return BAD_INPUT;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->path) {
            fprintf(stderr, "orrery spacetime: one at a time: %s, %s\n", ORR_SHOWN(w->path),
                    ORR_SHOWN(value));
            return BAD_INPUT;
        }
        w->path = value;
    }
    bool asked = w->query.to_ns >= 0 && !w->around;
    if (asked && w->query.from_ns > w->query.to_ns) {
        fprintf(stderr, "orrery spacetime: --from is after --to\n");
        return BAD_INPUT;
    }
    return w->path ? 0 : usage(stderr);
}

/* ---- output ---- */

static int line_width(const struct wishes *w) {
    struct winsize size;
    if (w->width) return w->width > 10000 ? 10000 : (int)w->width;
    if (isatty(1) && !ioctl(1, TIOCGWINSZ, &size) && size.ws_col) return size.ws_col;
    return ORR_SPACETIME_TEXT_WIDTH;
}

static int draw(const struct wishes *w, const struct orr_spacetime_part *part) {
    if (!w->svg) {
        orr_spacetime_print(&part->diagram, line_width(w), stdout);
        return 0;
    }
    FILE *to = fopen(w->svg, "w");
    if (to) orr_spacetime_draw(&part->diagram, to);
    bool bad = !to || ferror(to);
    if (to && fclose(to)) bad = true;
    if (!bad) return 0;
    fprintf(stderr, "orrery spacetime: %s: it cannot be written\n", ORR_SHOWN(w->svg));
    return MACHINE_FAILED;
}

static int show(const struct wishes *w, const struct orr_spacetime_part *part) {
    const struct orr_spacetime *d = &part->diagram;
    if (!d->n_messages && !d->n_marks) {
        fprintf(stderr, "orrery spacetime: %s: %s\n", ORR_SHOWN(w->path),
                part->knows_messages ? "nothing is as asked"
                                     : "it holds no messages (`record: messages` keeps them)");
        return BAD_INPUT;
    }
    int code = draw(w, part);
    if (!part->knows_messages)
        fprintf(stderr, "the trace holds no messages (`record: messages` keeps them)\n");
    if (part->is_cut)
        fprintf(stderr, "the first %zu messages, to %.6f s; --from, --to, --node and --kind choose "
                        "others\n", w->query.most_messages, (double)d->to_ns * 1e-9);
    return code;
}

int orr_main_spacetime(int argc, char **argv) {
    struct wishes w = {.query = {.from_ns = 0, .to_ns = -1}};
    struct orr_trace_reader *reader = NULL;
    struct orr_spacetime_part part;
    char error[ORR_READER_ERROR_LEN] = "";
    int code = read_arguments(argc, argv, &w);
    if (code) return code < 0 ? 0 : code;
    w.query.most_messages = w.svg ? SVG_MESSAGES : TEXT_MESSAGES;
    int status = orr_trace_reader_open(&reader, w.path, error);
    if (!status && w.around)
        code = orr_around_window(reader, "spacetime", w.around, &w.query.from_ns, &w.query.to_ns);
    if (!status && !code) {
        status = orr_spacetime_of(reader, &w.query, &part, error);
        if (!status) {
            code = show(&w, &part);
            orr_spacetime_part_free(&part);
        }
    }
    orr_trace_reader_close(reader);
    if (status) {
        fprintf(stderr, "orrery spacetime: %s\n", ORR_SHOWN(error));
        return status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
    }
    return code;
}
