/* block_file.h - an L2 block to be executed, as a JSON file: rollup_config, parent_header,
 * executing_payload (attributes, deposits first), and expected_block_hash if it is known. */
#ifndef ORR_SIM_CLI_ROLLUP_BLOCK_FILE_H
#define ORR_SIM_CLI_ROLLUP_BLOCK_FILE_H

#include "models/rollup/execute.h"
#include "sim/base/memory.h"
#include "sim/cli/rollup/config.h"

struct orr_block_file {
    struct orr_arena arena;
    struct orr_rollup_config config;
    struct orr_l2_chain chain;
    struct orr_evm_header parent;
    struct orr_buffer extra; /* the parent's */
    struct orr_l2_attributes attributes;
    bool has_expected;
    struct orr_hash expected;
};

/* Returns 0, or 2 after a message; the file must not move, and orr_block_file_free afterwards. */
int orr_block_file_read(const char *verb, const char *path, struct orr_block_file *file);
void orr_block_file_free(struct orr_block_file *file);
#endif
