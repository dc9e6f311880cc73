/* plot_spacetime.h - a diagram in space and time (spacetime.h) as a picture for a paper. */
#ifndef ORR_ANALYSIS_PLOT_SPACETIME_H
#define ORR_ANALYSIS_PLOT_SPACETIME_H

#include "analysis/picture.h"
#include "analysis/plot_style.h"
#include "analysis/spacetime.h"

/* What a picture may have, so that its data stay below 200 kB and arrows can be told apart. */
enum { ORR_PLOT_SPACETIME_MESSAGES = 2000, ORR_PLOT_SPACETIME_NODES = 100 };

struct orr_plot_spacetime {
    const char *picture;
    struct orr_plot_style style;
    const struct orr_spacetime *diagram; /* of at most so many messages and nodes, 0 < n_nodes */
};

/* Draws it: a row for each node, the first on top, time to the right; kinds of messages have
 * colours and names, from the ORR_PLOT_CURVES-th on those of the rest.  Errors as
 * orr_picture_draw. */
int orr_plot_spacetime_draw(const struct orr_plot_spacetime *plot, char error[ORR_PICTURE_ERROR]);
#endif
