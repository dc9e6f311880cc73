#include "analysis/fit.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/alloc.h"

bool orr_fit_power(const double *x, const double *y, size_t n, struct orr_fit *fit) {
    double *log_x = orr_need(n + 1, sizeof *log_x), *log_y = orr_need(n + 1, sizeof *log_y);
    double c, slope, c_c, c_slope, slope_slope, squares;
    bool varies = false;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] > 0 && y[i] > 0)) continue;
        log_x[kept] = log(x[i]), log_y[kept] = log(y[i]);
        varies |= log_x[kept] != log_x[0];
        kept++;
    }
    if (kept >= 3 && varies) {
        gsl_fit_linear(log_x, 1, log_y, 1, kept, &c, &slope, &c_c, &c_slope, &slope_slope,
                       &squares);
        double half = gsl_cdf_tdist_Pinv(0.975, (double)(kept - 2)) * sqrt(slope_slope);
        *fit = (struct orr_fit){slope, half, exp(c), kept};
    }
    free(log_x), free(log_y);
    return kept >= 3 && varies;
}
