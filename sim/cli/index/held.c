#include "sim/cli/index/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/index/block.h"
#include "sim/cli/index/file.h"
#include "sim/index/reread.h"

enum { MAX_CONFIG = 1 << 16 };

static const struct orr_chain_options options = {
    .keep = UINT64_MAX, .max_open = UINT32_MAX, .has_receipts = true, .recovers_once = true};

static int refuse(struct orr_index_held *held, uint64_t number, const char *why) {
    held->number = number;
    snprintf(held->why, sizeof held->why, "%s", why);
    return 1;
}

static void begin_chain(struct orr_index_held *held, const struct orr_index_block *b) {
    held->chain = orr_chain_new(&held->blocks, &held->config.chain, &options, &b->block.header,
                                orr_evm_state_create(held->blocks.store));
}

/* What running a block would have come to, as far as its receipts say. */
static struct orr_chain_run *run_of(struct orr_index_held *held, const struct orr_index_block *b,
                                    const struct orr_index_feed *feed) {
    struct orr_mem *mem = &held->heap.mem;
    const struct orr_evm_header *h = &b->block.header;
    struct orr_chain_run *run = orr_alloc_zero(mem, sizeof *run);
    size_t n = b->block.n_txs;
    *run = (struct orr_chain_run){.refs = 1,
                                  .config = &held->config.chain,
                                  .result = {.state_root = h->state_root,
                                             .receipts_root = h->receipts_root,
                                             .requests_hash = h->requests_hash,
                                             .access_list_hash = h->access_list_hash,
                                             .bloom = h->bloom,
                                             .gas_used = h->gas_used,
                                             .blob_gas_used = h->blob_gas_used,
                                             .n_receipts = n,
                                             .receipts_cap = n}};
    run->result.receipts = orr_alloc_zero(mem, n * sizeof *run->result.receipts);
    for (size_t i = 0; i < n; i++) {
        const struct orr_index_receipt *from = &b->receipts[i];
        struct orr_evm_receipt *to = &run->result.receipts[i];
        to->type = b->block.txs[i].type;
        to->is_success = from->is_success;
        to->post_state = from->post_state;
        to->cumulative_gas = from->cumulative_gas;
        to->gas_used = from->cumulative_gas - (i ? from[-1].cumulative_gas : 0);
        to->sender = b->senders[i];
        to->encoding_len = feed->receipts[i].len;
        to->encoding = orr_alloc(mem, to->encoding_len);
        memcpy(to->encoding, feed->receipts[i].bytes, to->encoding_len);
        struct orr_rlp_reader logs = from->logs;
        struct orr_index_log log;
        while (orr_index_log_read(&logs, &log)) { /* ends: with the receipt */
            orr_evm_bloom_add(&to->bloom, log.address.bytes, sizeof log.address.bytes);
            for (uint32_t t = 0; t < log.n_topics; t++)
                orr_evm_bloom_add(&to->bloom, log.topics[t].bytes, sizeof log.topics[t].bytes);
        }
    }
    return run;
}

static int one_block(void *ctx, uint64_t number, const struct orr_index_feed *feed) {
    struct orr_index_held *held = ctx;
    struct orr_mem *mem = &held->heap.mem;
    struct orr_index_block *b;
    struct orr_chain_block *block;
    const char *why;
    if (orr_index_block_open(mem, feed, &b, &why)) return refuse(held, number, why);
    struct orr_chain_link *parent = held->chain ? held->chain->head : NULL, *link = NULL;
    if (!parent) {
        begin_chain(held, b);
    } else if (b->block.header.number != orr_chain_number(parent) + 1 ||
               !orr_hash_equal(b->block.header.parent_hash, *orr_chain_hash(parent))) {
        orr_index_block_free(mem, b);
        return refuse(held, number, "it does not follow the block before it");
    } else if (!orr_chain_block_open(&held->blocks, feed->block, feed->len, &block)) {
        orr_chain_block_publish(&held->blocks, block, parent->block);
        link = orr_chain_add(held->chain, parent, block, run_of(held, b, feed));
    }
    orr_index_block_free(mem, b);
    if (link) orr_chain_choose(held->chain, link, link, link);
    return 0;
}

/* The chain's rules, as they were noted when the file was built. */
static int read_config(struct orr_index_held *held, struct orr_index_db *db) {
    char *text = orr_xrealloc(NULL, MAX_CONFIG);
    int error = orr_index_db_noted(db, "config", text, MAX_CONFIG);
    json_t *json = error ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
    if (!error &&
        (!json || orr_genesis_config(json_is_object(json) ? json : NULL, &held->config, held->why)))
        error = ORR_EFORMAT;
    json_decref(json);
    free(text);
    return error;
}

int orr_index_held_begin(struct orr_index_held *held, const char *verb, const char *path) {
    struct orr_index_db *db;
    *held = (struct orr_index_held){.path = path};
    orr_heap_init(&held->heap);
    orr_chain_blocks_init(&held->blocks, &held->heap.mem);
    int code = orr_index_open_read(verb, path, &db);
    if (code) return code;
    int error = read_config(held, db);
    if (error) {
        fprintf(stderr, "orrery %s: %s: it does not say which chain it is of%s%s\n", verb, path,
                held->why[0] ? ": " : "", held->why);
        code = 2;
    } else if ((error = orr_index_reread(db, &held->heap.mem, one_block, held)) < 0) {
        code = orr_index_file_failed(verb, path, error, orr_index_db_why(db));
    } else if (error || !held->chain) {
        fprintf(stderr, "orrery %s: %s: block %llu: %s\n", verb, path,
                (unsigned long long)held->number,
                held->chain || error ? held->why : "there is none");
        code = 2;
    }
    orr_index_db_close(db);
    return code;
}

void orr_index_held_end(struct orr_index_held *held) {
    orr_chain_free(held->chain);
    orr_chain_blocks_fini(&held->blocks);
}
