#include "sim/cli/rollup/block_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/cli/rollup/cases.h"
#include "sim/cli/vm/code.h"
#include "sim/base/json.h"

static bool read_block(struct orr_block_file *f, const json_t *json, char why[160]) {
    const json_t *config, *parent, *payload, *expected;
    if (!orr_rollup_object(json, "rollup_config", &config, why) ||
        !orr_rollup_object(json, "parent_header", &parent, why) ||
        !orr_rollup_object(json, "executing_payload", &payload, why) ||
        !orr_rollup_read_config(config, &f->config, why) ||
        !orr_rollup_read_attributes(&f->arena.mem, payload, &f->attributes, why))
        return false;
    expected = json_object_get(json, "expected_block_hash");
    f->has_expected = expected && !json_is_null(expected);
    if (f->has_expected && !orr_rollup_fixed(json, "expected_block_hash", &f->expected, 32, why))
        return false;
    orr_l2_chain_init(&f->chain, &f->config);
    return orr_rollup_read_header(parent, &f->parent, &f->extra, why);
}

int orr_block_file_read(const char *verb, const char *path, struct orr_block_file *file) {
    json_t *json;
    char why[160] = "no object";
    if (orr_vm_read_json(verb, path, ORR_MAX_JSON_BYTES, &json)) return 2;
    *file = (struct orr_block_file){.has_expected = false};
    orr_arena_init(&file->arena);
    bool good = json_is_object(json) && read_block(file, json, why);
    json_decref(json);
    if (good) return 0;
    fprintf(stderr, "orrery %s: %s: %s\n", verb, path, why);
    orr_block_file_free(file);
    return 2;
}

void orr_block_file_free(struct orr_block_file *file) {
    free(file->extra.bytes);
    orr_arena_fini(&file->arena);
}
