/* plot_spacetime_of.c - `orrery plot --kind spacetime`: who sent what to whom in a part of a run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/plot_spacetime.h"
#include "models/base/error.h"
#include "sim/base/text.h"
#include "sim/cli/around.h"
#include "sim/cli/plot_options.h"
#include "sim/cli/spacetime_of.h"

enum { BAD_INPUT = 2, MACHINE_FAILED = 3 };

/* Which part; an exit code, told. */
static int choose(const struct orr_plot_wishes *w, struct orr_trace_reader *reader,
                  struct orr_spacetime_query *q) {
    if (w->around) return orr_around_window(reader, "plot", w->around, &q->from_ns, &q->to_ns);
    if (w->from) q->to_ns = INT64_MAX;
    if ((w->from && !orr_around_time(w->from, &q->from_ns)) ||
        (w->to && !orr_around_time(w->to, &q->to_ns))) {
        fprintf(stderr, "orrery plot: --from and --to want times such as 2.5s or 300ms\n");
        return BAD_INPUT;
    }
    if (!w->from && !w->to) return 0;
    if (q->from_ns <= q->to_ns) return 0;
    fprintf(stderr, "orrery plot: --from is after --to\n");
    return BAD_INPUT;
}

static int draw(const struct orr_plot_wishes *w, const struct orr_spacetime_part *part,
                struct orr_plot_style style, const char *path, char *error) {
    const struct orr_plot_spacetime plot = {path, style, &part->diagram};
    if (!part->diagram.n_messages && !part->diagram.n_marks) {
        snprintf(error, ORR_READER_ERROR_LEN, "%.200s: %s", w->traces[0],
                 part->knows_messages ? "nothing is in that part"
                                      : "it holds no messages (`record: messages` keeps them)");
        return ORR_ENOTFOUND;
    }
    if (part->diagram.n_nodes > ORR_PLOT_SPACETIME_NODES) {
        snprintf(error, ORR_READER_ERROR_LEN,
                 "more than %d nodes, which nobody could tell apart "
                 "(--node chooses)",
                 ORR_PLOT_SPACETIME_NODES);
        return ORR_ELIMIT;
    }
    int status = orr_plot_spacetime_draw(&plot, error);
    if (!status && part->is_cut)
        fprintf(stderr,
                "orrery plot: the first %d messages, to %.6f s; --from, --to and --node "
                "choose others\n",
                ORR_PLOT_SPACETIME_MESSAGES / 2, (double)part->diagram.to_ns * 1e-9);
    return status;
}

int orr_plot_spacetime_of(const struct orr_plot_wishes *w, struct orr_plot_style style,
                          const char *path) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_spacetime_part part;
    struct orr_spacetime_query query = {.from_ns = 0,
                                        .to_ns = -1,
                                        .n_nodes = w->n_nodes,
                                        .most_messages = ORR_PLOT_SPACETIME_MESSAGES / 2};
    if (w->n_traces > 1) {
        fprintf(stderr, "orrery plot: --kind spacetime is of one trace\n");
        return BAD_INPUT;
    }
    for (size_t i = 0; i < w->n_nodes; i++) query.nodes[i] = w->nodes[i];
    int code = 0, status = orr_trace_reader_open(&reader, w->traces[0], error);
    if (!status) code = choose(w, reader, &query);
    if (!status && !code) {
        status = orr_spacetime_of(reader, &query, &part, error);
        if (!status) {
            status = draw(w, &part, style, path, error);
            orr_spacetime_part_free(&part);
        }
        if (!status) printf("%s\n", ORR_SHOWN(path));
    }
    orr_trace_reader_close(reader);
    if (!status) return code;
    fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    bool machine = status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM;
    return machine ? MACHINE_FAILED : BAD_INPUT;
}
