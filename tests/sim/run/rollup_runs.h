/* rollup_runs.h - a rollup's scenario, with keys changed, and what came of it. */
#ifndef ORR_TESTS_SIM_RUN_ROLLUP_RUNS_H
#define ORR_TESTS_SIM_RUN_ROLLUP_RUNS_H

#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

struct outcome {
    bool pass;
    uint64_t fingerprint;
    char broken[128]; /* verdicts that were not as expected */
};

static inline struct outcome run(const char *name, const char *const *overrides, uint32_t n) {
    char path[256];
    snprintf(path, sizeof path, "scenarios/%s.yaml", name);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result = {0};
    struct orr_run_options options = {0};
    int error = orr_scenario_load(path, overrides, n, &s, &diags);
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s does not run", name);
    struct outcome o = {.pass = result.pass, .fingerprint = result.fingerprint};
    for (uint32_t i = 0; i < result.n_verdicts; i++) {
        const struct orr_verdict *v = &result.verdicts[i];
        if (!v->pass)
            printf("%s: %s expected %s, observed %s\n", name, v->name, v->expected, v->observed);
        if (!v->pass) snprintf(o.broken, sizeof o.broken, "%s", v->name);
    }
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return o;
}
#endif
