/* Any bytes as a file of the Twins search: refused with a sentence, or scenarios that the parser
 * understands, but for what a protocol refuses of its settings. */
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/cli/import_twins.h"
#include "sim/scenario/scenario.h"

enum { SCENARIOS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct orr_twins_file file;
    char why[300] = "", *yaml;
    if (orr_twins_file_read(size ? (const char *)data : "", size, &file, why, sizeof why)) {
        if (!*why) __builtin_trap();
        return 0;
    }
    const struct orr_protocol *role = orr_registry_find("streamlet");
    for (uint32_t i = 0; i < file.n_scenarios && i < SCENARIOS; i++) {
        if (orr_twins_file_scenario(&file, i, "t", role, &yaml, why, sizeof why)) {
            if (!*why || yaml) __builtin_trap();
            continue;
        }
        struct orr_scenario *s;
        struct orr_diags diags = {0};
        int error = orr_scenario_parse(yaml, strlen(yaml), "t", NULL, 0, &s, &diags);
        if (error && file.n_nodes > 1) __builtin_trap();
        orr_scenario_free(s);
        orr_diags_fini(&diags);
        free(yaml);
    }
    orr_twins_file_fini(&file);
    return 0;
}
