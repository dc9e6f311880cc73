#include "sim/cli/index/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/index/block.h"
#include "sim/cli/index/file.h"
#include "sim/index/reread.h"

enum {
    MAX_CONFIG = 1 << 16,
    MAX_ABANDONED = 256, /* blocks below the head at which an abandoned branch may begin */
};

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

/* The block of the tip's branch with this number; below the chain's final one that. */
static struct orr_chain_link *labelled(const struct orr_index_held *held, uint64_t number) {
    uint64_t least = orr_chain_number(held->chain->final), most = orr_chain_number(held->tip);
    if (number > most) number = most;
    return number <= least ? held->chain->final : orr_chain_at(held->chain, held->tip, number);
}

/* Makes the tip the head.  Where the file has no labels, the chain's own are as deep as branches
 * are kept. */
static int lead(struct orr_index_held *held) {
    const struct orr_index_head *head = &held->head;
    uint64_t first = orr_chain_number(held->chain->places[0].link);
    uint64_t number = orr_chain_number(held->tip);
    uint64_t deep = number > first + MAX_ABANDONED ? number - MAX_ABANDONED : first;
    held->has_labels = head->safe > first || head->final > first;
    struct orr_chain_link *final = labelled(held, held->has_labels ? head->final : deep);
    struct orr_chain_link *safe = labelled(held, held->has_labels ? head->safe : deep);
    if (orr_chain_choose(held->chain, held->tip, safe, final))
        return refuse(held, number, "its branch leaves a block that was final");
    return 0;
}

static int one_block(void *ctx, uint64_t number, const struct orr_index_feed *feed) {
    struct orr_index_held *held = ctx;
    struct orr_mem *mem = &held->heap.mem;
    struct orr_index_block *b;
    struct orr_chain_block *block;
    const char *why = NULL;
    if (orr_index_block_open(mem, feed, &b, &why)) return refuse(held, number, why);
    struct orr_chain_link *parent = held->tip, *link = NULL;
    if (!parent) {
        begin_chain(held, b);
        link = held->chain->head;
    } else if (b->block.header.number != orr_chain_number(parent) + 1 ||
               !orr_hash_equal(b->block.header.parent_hash, *orr_chain_hash(parent))) {
        why = "it does not follow the block before it";
    } else if ((link = orr_chain_find(held->chain, &b->block.hash))) {
        /* it was there before a branch that is gone again */
    } else if (!orr_chain_block_open(&held->blocks, feed->block, feed->len, &block)) {
        orr_chain_block_publish(&held->blocks, block, parent->block);
        link = orr_chain_add(held->chain, parent, block, run_of(held, b, feed));
    }
    orr_index_block_free(mem, b);
    if (!link) return refuse(held, number, why ? why : "it cannot be held");
    held->tip = link;
    return parent == held->chain->head ? lead(held) : 0;
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

/* The youngest block that the file and the chain have both; NULL: there is none. */
static struct orr_chain_link *common(struct orr_index_held *held) {
    const struct orr_index_head *head = &held->head;
    struct orr_index_sink *sink = orr_index_db_sink(held->db);
    struct orr_chain_link *link = held->chain->head;
    struct orr_hash hash;
    if (head->number < orr_chain_number(link)) link = orr_chain_at(held->chain, link, head->number);
    while (link && (sink->hash_at(sink, orr_chain_number(link), &hash) ||
                    !orr_hash_equal(hash, *orr_chain_hash(link))))
        link = link->parent; /* ends: at the first block */
    return link;
}

/* Takes over the file's blocks and labels.  0, 1 with why, or what reading does. */
static int take_over(struct orr_index_held *held) {
    struct orr_index_sink *sink = orr_index_db_sink(held->db);
    const struct orr_index_head *head = &held->head;
    int error = sink->head(sink, &held->head);
    if (error == ORR_ENOTFOUND) return refuse(held, 0, "there is none");
    if (error) return error;
    held->tip = held->chain ? orr_chain_find(held->chain, &head->hash) : NULL;
    if (!held->tip) {
        held->tip = held->chain ? common(held) : NULL;
        if (held->chain && !held->tip)
            return refuse(held, head->number, "it is of another chain than what is served");
        uint64_t first = held->tip ? orr_chain_number(held->tip) + 1 : 0;
        error = orr_index_reread(held->db, &held->heap.mem, first, one_block, held);
        if (error) return error;
    }
    return lead(held);
}

static int read_file(struct orr_index_held *held) {
    held->version = orr_index_db_version(held->db);
    int error = orr_index_db_begin_view(held->db);
    if (error) return error;
    error = take_over(held);
    orr_index_db_end_view(held->db);
    return error;
}

static void say(const struct orr_index_held *held, int error) {
    if (error < 0)
        fprintf(stderr, "orrery %s: %s: %s\n", held->verb, held->path, orr_index_db_why(held->db));
    else
        fprintf(stderr, "orrery %s: %s: block %llu: %s\n", held->verb, held->path,
                (unsigned long long)held->number, held->why);
}

bool orr_index_held_refresh(void *ctx) {
    struct orr_index_held *held = ctx;
    if (orr_index_db_version(held->db) != held->version) {
        int error = read_file(held);
        if (error) say(held, error);
    }
    return held->has_labels;
}

int orr_index_held_begin(struct orr_index_held *held, const char *verb, const char *path) {
    *held = (struct orr_index_held){.verb = verb, .path = path};
    orr_heap_init(&held->heap);
    orr_chain_blocks_init(&held->blocks, &held->heap.mem);
    int code = orr_index_open_read(verb, path, &held->db);
    if (code) return code;
    int error = read_config(held, held->db);
    if (error) {
        fprintf(stderr, "orrery %s: %s: it does not say which chain it is of%s%s\n", verb, path,
                held->why[0] ? ": " : "", held->why);
        return 2;
    }
    error = read_file(held);
    if (error) say(held, error);
    return error == ORR_EIO ? 3 : error ? 2 : 0;
}

void orr_index_held_end(struct orr_index_held *held) {
    orr_chain_free(held->chain);
    orr_chain_blocks_fini(&held->blocks);
    if (held->db) orr_index_db_close(held->db);
}
