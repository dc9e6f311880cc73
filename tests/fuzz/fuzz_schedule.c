/* Any bytes as the schedule of a scenario that stands: refused with a mistake that is told, or
 * bound; the scenario stays as it was. */
#include <string.h>

#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

static struct orr_scenario *ground(void) {
    static const char text[] =
        "orrery: 1\nname: t\nduration: 10 s\nnodes: {val: {count: 4, role: tendermint}}\n"
        "faults: [{name: cut, at: 1 s, for: 1 s, do: isolate, target: val.0}]\n"
        "schedule: [{do: drop, view: 1}]\n";
    static struct orr_scenario *scenario;
    struct orr_diags diags = {0};
    if (!scenario &&
        orr_scenario_parse(text, strlen(text), "fuzz", NULL, 0, &scenario, &diags))
        __builtin_trap();
    return scenario;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct orr_scenario *s = ground();
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario plan;
    struct orr_diags diags = {0};
    const char *text = size ? (const char *)data : "";
    int error = orr_scenario_reschedule(s, text, size, store, &plan, &diags);
    if (!error != !diags.n_errors) __builtin_trap();
    if (!error && plan.n_faults != 1 + plan.n_schedule) __builtin_trap();
    if (s->n_faults != 2 || s->n_schedule != 1 || s->faults[0].at != 1000000000) __builtin_trap();
    for (uint32_t i = 0; !error && i < plan.n_faults; i++)
        if (!plan.faults[i].name) __builtin_trap();
    orr_diags_fini(&diags);
    orr_store_free(store);
    return 0;
}
