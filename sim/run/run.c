#include "sim/run/run.h"

#include <stdlib.h>

#include "sim/run/world.h"

int orr_run(const struct orr_scenario *scenario, const struct orr_run_options *options,
            struct orr_run_result *result, struct orr_diags *diags) {
    struct orr_world *world;
    int error = orr_world_new(scenario, diags, &world);
    if (!error) error = orr_world_run(world, scenario->seed, NULL, options, result, diags);
    else *result = (struct orr_run_result){0};
    result->world = world;
    return error;
}

void orr_run_result_fini(struct orr_run_result *result) {
    orr_check_free(result->check);
    free(result->stops);
    orr_world_free(result->world);
}
