/* plot_options.h - what `orrery plot` is asked for. */
#ifndef ORR_SIM_CLI_PLOT_OPTIONS_H
#define ORR_SIM_CLI_PLOT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/plot_style.h"
#include "analysis/table.h"

enum { ORR_PLOT_TRACES = 64, ORR_PLOT_NODES = 64 };

struct orr_plot_wishes {
    const char *traces[ORR_PLOT_TRACES], *out; /* [n_traces]; or one sweep */
    size_t n_traces;
    const char *kind, *of;               /* of traces; NULL: not said */
    const char *labels[ORR_PLOT_TRACES]; /* [n_labels] of the first traces */
    size_t n_labels;
    const char *metric;                /* of a trace; NULL: not said */
    const char *around, *from, *to;    /* of space and time; NULL: not said */
    const char *nodes[ORR_PLOT_NODES]; /* [n_nodes] those nodes alone; none: all */
    size_t n_nodes;
    int format; /* enum orr_plot_format, -1: by the name of `out`, else PNG */
    const char *x, *y, *by, *font, *title; /* of a sweep; NULL: not said */
    bool paper, log_x, log_y, fit;
    double width_mm; /* 0: not said */
};

/* Draws a sweep whose index is `index`; an exit code, told. */
int orr_plot_sweep_of(const struct orr_plot_wishes *wishes, const char *index, int format);
/* Draws curves of several traces, one each; an exit code, told. */
int orr_plot_traces_of(const struct orr_plot_wishes *wishes, int format);
/* What the curve of a trace is called: its label, or the file's name without its ending. */
void orr_plot_curve_name(const struct orr_plot_wishes *wishes, size_t trace, char *name,
                         size_t size);

/* Draws a part of a trace in space and time; an exit code, told. */
int orr_plot_spacetime_of(const struct orr_plot_wishes *wishes, struct orr_plot_style style,
                          const char *path);

/* Is a kind that draws groups beside each other?  NULL: no. */
bool orr_plot_is_groups(const char *kind);
/* Draws them, of traces (with `by`: of their nodes) or of the runs of a sweep by columns x and, if
 * not SIZE_MAX, by; an exit code, told. */
int orr_plot_groups_of_traces(const struct orr_plot_wishes *wishes, int format, const char *path);
int orr_plot_groups_of_sweep(const struct orr_plot_wishes *wishes, const struct orr_table *table,
                             size_t x, size_t y, size_t by, int format, const char *path);
#endif
