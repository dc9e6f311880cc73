/* Any bytes as a scenario: refused or accepted, never a crash, a hang or a leak.  The last line,
 * after a line `--set`, is taken as an override.  Seeds: scenarios/ and tests/sim/scenario/bad/,
 * through tests/fuzz/seeds/fuzz_scenario. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <string.h>

#include "sim/scenario/scenario.h"

static void walk(const struct orr_scenario *s) {
    if (!s->n_nodes || s->n_nodes > 1000) return;
    for (uint32_t node = 0; node < s->n_nodes; node++) {
        uint32_t region = orr_scenario_region_of(s, node);
        if (s->n_regions ? region >= s->n_regions : region != ORR_NO_INDEX) __builtin_trap();
        for (uint32_t i = 0; i < s->n_faults && i < 16; i++)
            for (uint32_t j = 0; j < s->faults[i].targets.n && j < 16; j++)
                orr_target_has(s, &s->faults[i].targets.v[j], node);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *nowhere;
    if (!nowhere) nowhere = fopen("/dev/null", "w");
    char override[256] = "";
    const char *set = memmem(data, size, "\n--set ", 7), *overrides[] = {override};
    size_t len = set ? (size_t)(set - (const char *)data) : size;
    if (set && size - len - 7 < sizeof override) memcpy(override, set + 7, size - len - 7);
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    /* files named inside are looked for where there are none */
    int result = orr_scenario_parse((const char *)data, len, "/nonexistent/fuzz.yaml", overrides,
                                    set ? 1 : 0, &scenario, &diags);
    if (!result != !diags.n_errors) __builtin_trap();
    orr_diags_print(&diags, nowhere, size & 1);
    if (!result) walk(scenario);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return 0;
}
