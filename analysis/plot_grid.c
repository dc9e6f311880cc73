#include "analysis/plot_grid.h"

#include <assert.h>
#include <math.h>

static bool has_values_in_cells(const struct orr_plot_grid *p) {
    return p->column_names && p->row_names && p->n_columns <= ORR_GRID_VALUES &&
           p->n_rows <= ORR_GRID_VALUES;
}

static double place(size_t i, const char *const *names, double first, double step) {
    return names ? (double)i : first + (double)i * step;
}

/* A line for each cell: x, y, value and, where it stands in the cell, the value in three digits.
 * Rows are parted by a blank line. */
static void write_data(const void *ctx, FILE *to) {
    const struct orr_plot_grid *p = ctx;
    bool shows = has_values_in_cells(p);
    fputs(shows ? "# x, y, value, as it is shown\n" : "# x, y, value\n", to);
    for (size_t row = 0; row < p->n_rows; row++) {
        for (size_t column = 0; column < p->n_columns; column++) {
            double v = p->values[row * p->n_columns + column];
            fprintf(to, "%.9g %.9g ", place(column, p->column_names, p->x0, p->dx),
                    place(row, p->row_names, p->y0, p->dy));
            if (isnan(v)) fputs(shows ? "NaN \"\"\n" : "NaN\n", to);
            else if (shows) fprintf(to, "%.9g \"%.3g\"\n", v, v);
            else fprintf(to, "%.7g\n", v);
        }
        fputc('\n', to);
    }
}

/* Each n-th name, so that they do not lie over each other. */
static void write_names(const struct orr_plot_style *style, FILE *to, const char *axis,
                        const char *const *names, size_t n) {
    size_t step = n / ORR_GRID_NAMES + 1;
    fprintf(to, "set %stics (", axis);
    for (size_t i = 0; i < n; i += step) {
        orr_plot_text(style, to, names[i]);
        fprintf(to, " %zu%s", i, i + step < n ? ", " : "");
    }
    fprintf(to, ") scale 0 noenhanced%s\n", *axis == 'x' && n > 4 ? " rotate by 45 right" : "");
}

static double greatest(const struct orr_plot_grid *p) {
    double most = 0;
    for (size_t i = 0; i < p->n_rows * p->n_columns; i++)
        if (p->values[i] > most) most = p->values[i];
    return most;
}

static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct orr_plot_grid *p = ctx;
    double x = place(0, p->column_names, p->x0, p->dx), dx = p->column_names ? 1 : p->dx;
    double y = place(0, p->row_names, p->y0, p->dy), dy = p->row_names ? 1 : p->dy;
    orr_plot_style_write(&p->style, p->picture, false, to);
    fputs("set border 15 front\nunset grid\n", to);
    orr_plot_label(&p->style, to, "x", p->x_label);
    orr_plot_label(&p->style, to, "y", p->y_label);
    orr_plot_label(&p->style, to, "cb", p->value_label);
    if (p->column_names) write_names(&p->style, to, "x", p->column_names, p->n_columns);
    if (p->row_names) write_names(&p->style, to, "y", p->row_names, p->n_rows);
    fprintf(to, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset cbrange [0:*]\n", x - dx / 2,
            x + ((double)p->n_columns - 0.5) * dx, y - dy / 2, y + ((double)p->n_rows - 0.5) * dy);
    if (p->is_whole && greatest(p) <= ORR_GRID_VALUES) fputs("set cbtics 1\n", to);
    fputs("set palette defined (0 '#f7fbff', 1 '#9ecae1', 2 '#2171b5', 3 '#08306b')\nDATA = ", to);
    orr_picture_quote(to, data);
    /* Cells drawn one by one show seams in a PNG; SVG would have the image in a file of its own. */
    fprintf(to, "\nplot DATA using 1:2:3 with image%s notitle",
            p->style.format == ORR_PLOT_PNG ? "" : " pixels");
    if (has_values_in_cells(p)) /* dark on light, light on dark */
        fprintf(to,
                ", \\\n     DATA using 1:2:(stringcolumn(4)):($3 > %.9g ? 0xffffff : 0) "
                "with labels textcolor rgb variable noenhanced notitle",
                0.55 * greatest(p));
    fputc('\n', to);
}

int orr_plot_grid_draw(const struct orr_plot_grid *plot, char error[ORR_PICTURE_ERROR]) {
    const struct orr_picture picture = {.path = plot->picture,
                                        .mark = "# A grid, drawn by orrery plot.",
                                        .write_data = write_data,
                                        .write_script = write_script,
                                        .ctx = plot};
    assert(plot->n_rows && plot->n_columns && plot->n_rows <= ORR_GRID_CELLS / plot->n_columns);
    return orr_picture_draw(&picture, error);
}
