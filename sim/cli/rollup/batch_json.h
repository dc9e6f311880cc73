/* batch_json.h - channels and batches as JSON. */
#ifndef ORR_SIM_CLI_ROLLUP_BATCH_JSON_H
#define ORR_SIM_CLI_ROLLUP_BATCH_JSON_H

#include "models/rollup/span.h"
#include "sim/cli/rollup/cases.h"

/* What a batch leaves out and its rollup's configuration says. */
struct orr_batch_json {
    uint64_t chain_id, genesis_time, block_time;
    bool fjord;             /* channels may be brotli's */
    bool with_transactions; /* their bytes, too         */
};
extern const struct orr_batch_json orr_batch_json_mainnet;

/* Takes over what a rollup configuration says; returns 0, or 2 after a message. */
int orr_batch_json_config(const char *verb, const char *path, struct orr_batch_json *how);

/* A batch's content, version byte first (a span may lack it).  NULL: fault says what is wrong. */
json_t *orr_batch_to_json(struct orr_mem *mem, const struct orr_batch_json *how,
                          const uint8_t *bytes, size_t len, struct orr_span_fault *fault);

/* Inflates a channel's data: says how in `channel`, and appends its batches; a batch that is
 * malformed is there with its `error`.  Returns NULL, or why it is no channel. */
const char *orr_channel_to_json(struct orr_mem *mem, const struct orr_batch_json *how,
                                const uint8_t *bytes, size_t len, json_t *channel,
                                json_t *batches);
#endif
