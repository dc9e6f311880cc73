/* plot_grid.h - a number for each pair of row and column, as colours: matrices and heat maps. */
#ifndef ORR_ANALYSIS_PLOT_GRID_H
#define ORR_ANALYSIS_PLOT_GRID_H

#include "analysis/picture.h"
#include "analysis/plot_style.h"

enum { ORR_GRID_NAMES = 40, ORR_GRID_VALUES = 12, ORR_GRID_CELLS = 10000 };

struct orr_plot_grid {
    const char *picture, *x_label, *y_label, *value_label;
    struct orr_plot_style style;
    size_t n_rows, n_columns; /* n_rows * n_columns <= ORR_GRID_CELLS */
    const double *values;     /* [n_rows][n_columns] NAN: none, left white; row 0 is the lowest */
    /* [n_columns], [n_rows] or NULL: then columns and rows are numbers from x0, y0 in steps of dx,
     * dy.  With names and no more than ORR_GRID_VALUES of either a cell's value stands in it. */
    const char *const *column_names, *const *row_names;
    double x0, dx, y0, dy;
    bool is_whole; /* values are whole numbers */
};

/* Draws it.  Errors as orr_picture_draw. */
int orr_plot_grid_draw(const struct orr_plot_grid *plot, char error[ORR_PICTURE_ERROR]);
#endif
