/* bench.c - `orrery bench index`: ERC-20 transfers from blocks in memory into a file, in CPU time.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/base/rng.h"
#include "models/index/indexer.h"
#include "models/vm/trie.h"
#include "sim/base/memory.h"
#include "sim/cli/bench.h"
#include "sim/cli/scratch.h"
#include "sim/index/bare.h"
#include "sim/index/db.h"

enum { MAX_TXS = 10, N_TOKENS = 10, N_HOLDERS = 10000, N_UNDONE = 64 };

/* So many blocks of so many transactions with so many logs each. */
struct shape {
    uint32_t n_blocks, n_txs, n_logs;
    bool is_bulk; /* else one commit a block */
};
static const struct shape backfill = {1000, 10, 20, true}, live = {1000, 1, 10, false};

/* A block as it is fed. */
struct fed {
    struct orr_rlp_writer block, receipts[MAX_TXS];
    struct orr_engine_bytes items[MAX_TXS];
    struct orr_hash hash;
};

static struct orr_hash holder(uint32_t i) {
    struct orr_hash topic = {{0}};
    topic.bytes[12] = 0xaa;
    orr_store_be32(topic.bytes + 28, i);
    return topic;
}

/* A Transfer of a drawn token between drawn holders. */
static void write_log(struct orr_rlp_writer *w, struct orr_evm_bloom *bloom, struct orr_rng *rng) {
    static const char signature[] = "Transfer(address,address,uint256)";
    struct orr_hash topics[3] = {orr_keccak256(signature, sizeof signature - 1),
                                 holder((uint32_t)orr_rng_below(rng, N_HOLDERS)),
                                 holder((uint32_t)orr_rng_below(rng, N_HOLDERS))};
    uint8_t token[20] = {0x70}, amount[32] = {0};
    token[19] = (uint8_t)orr_rng_below(rng, N_TOKENS);
    orr_store_be64(amount + 24, 1 + orr_rng_below(rng, 1u << 30));
    size_t log = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, token, sizeof token);
    orr_evm_bloom_add(bloom, token, sizeof token);
    size_t list = orr_rlp_list_begin(w);
    for (int i = 0; i < 3; i++) {
        orr_rlp_write_string(w, topics[i].bytes, sizeof topics[i].bytes);
        orr_evm_bloom_add(bloom, topics[i].bytes, sizeof topics[i].bytes);
    }
    orr_rlp_list_end(w, list);
    orr_rlp_write_string(w, amount, sizeof amount);
    orr_rlp_list_end(w, log);
}

static void write_receipt(struct orr_rlp_writer *w, uint32_t n_logs, uint64_t gas,
                          struct orr_evm_bloom *all, struct orr_rng *rng) {
    struct orr_rlp_writer logs = {.mem = w->mem};
    struct orr_evm_bloom bloom = {{0}};
    size_t list = orr_rlp_list_begin(&logs);
    for (uint32_t i = 0; i < n_logs; i++) write_log(&logs, &bloom, rng);
    orr_rlp_list_end(&logs, list);
    list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, 1);
    orr_rlp_write_u64(w, gas);
    orr_rlp_write_string(w, bloom.bytes, sizeof bloom.bytes);
    orr_rlp_write_raw(w, logs.bytes, logs.len);
    orr_rlp_list_end(w, list);
    orr_rlp_free(&logs);
    orr_evm_bloom_join(all, &bloom);
}

static void write_block(const struct shape *shape, struct fed *b, uint64_t number,
                        struct orr_mem *mem, struct orr_rng *rng) {
    struct orr_rlp_writer txs = {.mem = mem}, one[MAX_TXS];
    const uint8_t *items[MAX_TXS], *receipts[MAX_TXS];
    size_t lens[MAX_TXS], receipt_lens[MAX_TXS];
    struct orr_evm_header h = {.n_fields = ORR_HEADER_LONDON,
                               .ommers_hash = orr_keccak256("\xc0", 1),
                               .number = number,
                               .timestamp = 1000 + number};
    if (number) h.parent_hash = b[-1].hash;
    *b = (struct fed){.block = {.mem = mem}};
    size_t list = orr_rlp_list_begin(&txs);
    for (uint32_t i = 0; i < shape->n_txs; i++) {
        struct orr_evm_tx tx = {.nonce = number * MAX_TXS + i,
                                .gas_limit = 1000000,
                                .v = orr_u256_from_u64(27),
                                .r = orr_u256_from_u64(1),
                                .s = orr_u256_from_u64(1)};
        one[i] = (struct orr_rlp_writer){.mem = mem};
        orr_evm_tx_encode(&tx, &one[i]);
        orr_rlp_write_raw(&txs, one[i].bytes, one[i].len);
        items[i] = one[i].bytes, lens[i] = one[i].len;
        b->receipts[i] = (struct orr_rlp_writer){.mem = mem};
        write_receipt(&b->receipts[i], shape->n_logs, 1000000 * (i + 1), &h.bloom, rng);
        receipts[i] = b->receipts[i].bytes, receipt_lens[i] = b->receipts[i].len;
        b->items[i] = (struct orr_engine_bytes){receipts[i], receipt_lens[i]};
    }
    orr_rlp_list_end(&txs, list);
    h.transactions_root = orr_trie_list_root(mem, items, lens, shape->n_txs);
    h.receipts_root = orr_trie_list_root(mem, receipts, receipt_lens, shape->n_txs);
    list = orr_rlp_list_begin(&b->block);
    orr_evm_header_encode(&h, &b->block);
    orr_rlp_write_raw(&b->block, txs.bytes, txs.len);
    orr_rlp_list_end(&b->block, orr_rlp_list_begin(&b->block));
    orr_rlp_list_end(&b->block, list);
    b->hash = orr_evm_header_hash(mem, &h);
    for (uint32_t i = 0; i < shape->n_txs; i++) orr_rlp_free(&one[i]);
    orr_rlp_free(&txs);
}

static struct fed *make_blocks(const struct shape *shape, struct orr_mem *mem) {
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 0);
    struct fed *blocks = orr_alloc_zero(mem, shape->n_blocks * sizeof *blocks);
    for (uint32_t i = 0; i < shape->n_blocks; i++) write_block(shape, &blocks[i], i, mem, &rng);
    return blocks;
}

static void free_blocks(const struct shape *shape, struct fed *blocks, struct orr_mem *mem) {
    for (uint32_t i = 0; i < shape->n_blocks; i++) {
        orr_rlp_free(&blocks[i].block);
        for (uint32_t k = 0; k < shape->n_txs; k++) orr_rlp_free(&blocks[i].receipts[k]);
    }
    orr_free(mem, blocks, shape->n_blocks * sizeof *blocks);
}

static int follow(const struct shape *shape, const struct fed *blocks, struct orr_indexer *ix) {
    static const struct orr_address senders[MAX_TXS];
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *refused;
    int error = 0;
    for (uint32_t i = 0; i < shape->n_blocks && !error; i++) {
        const struct orr_index_feed feed = {.block = blocks[i].block.bytes,
                                            .len = blocks[i].block.len,
                                            .receipts = blocks[i].items,
                                            .n_receipts = shape->n_txs,
                                            .senders = senders};
        error = orr_indexer_add(ix, &feed, &hash, &refused);
        if (!error) error = orr_indexer_follow(ix, &hash, &at);
    }
    return error;
}

/* Indexes blocks into a new file: CPU seconds, or a negative ORR_E that has been told; *bytes: of
 * the file then, which is gone. */
static double build(const struct shape *shape, const struct fed *blocks, struct orr_mem *mem,
                    uint64_t *bytes) {
    const struct orr_index_db_options options = {.is_bulk = shape->is_bulk};
    const struct orr_index_options of_index = {.window = 64, .max_held = 512};
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 16], why[ORR_INDEX_WHY_BYTES] = "";
    struct orr_index_db *db;
    struct stat st;
    bool was_old;
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/index.db", folder);
    double start = orr_bench_cpu_clock();
    int error = orr_index_db_open(path, &options, &db, &was_old, why);
    if (!error) {
        struct orr_indexer *ix = orr_indexer_new(mem, &of_index, orr_index_db_sink(db));
        error = follow(shape, blocks, ix);
        if (!error) error = orr_index_db_settle(db);
        if (error) snprintf(why, sizeof why, "%s", orr_index_db_why(db));
        orr_indexer_free(ix);
        orr_index_db_close(db);
    }
    double seconds = orr_bench_cpu_clock() - start;
    if (!error && stat(path, &st)) error = ORR_EIO;
    if (error) fprintf(stderr, "orrery bench: %s: %s\n", path, why);
    *bytes = error ? 0 : (uint64_t)st.st_size;
    unlink(path);
    rmdir(folder);
    return error ? error : seconds;
}

/* A block without transactions on top of another one. */
static void write_sibling(const struct fed *parent, uint64_t number, struct orr_mem *mem,
                          struct fed *b) {
    static const struct shape empty = {1, 0, 0, false};
    struct orr_rng rng = orr_rng_stream(2, ORR_RNG_WORKLOAD, 0);
    struct fed pair[2] = {*parent};
    write_block(&empty, &pair[1], number, mem, &rng);
    *b = pair[1];
}

/* CPU seconds that it takes to undo N_UNDONE blocks of 200 logs, with all indexes there, and to put
 * an empty one; or a negative ORR_E that has been told. */
static double undo(const struct fed *blocks, struct orr_mem *mem) {
    const struct orr_index_db_options bulk = {.is_bulk = true}, one_by_one = {.is_bulk = false};
    const struct orr_index_options of_index = {.window = N_UNDONE, .max_held = 512};
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 16], why[ORR_INDEX_WHY_BYTES] = "";
    const uint32_t n = backfill.n_blocks;
    struct orr_index_db *db;
    struct orr_indexer_at at;
    struct orr_hash hash;
    struct fed sibling;
    const char *refused;
    bool was_old;
    double start = 0;
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/index.db", folder);
    int error = orr_index_db_open(path, &bulk, &db, &was_old, why);
    if (!error) {
        struct orr_indexer *ix = orr_indexer_new(mem, &of_index, orr_index_db_sink(db));
        error = follow(&backfill, blocks, ix);
        if (!error) error = orr_index_db_settle(db);
        orr_indexer_free(ix);
        orr_index_db_close(db);
    }
    if (!error) error = orr_index_db_open(path, &one_by_one, &db, &was_old, why);
    if (!error) {
        struct orr_indexer *ix = orr_indexer_new(mem, &of_index, orr_index_db_sink(db));
        write_sibling(&blocks[n - N_UNDONE - 1], n - N_UNDONE, mem, &sibling);
        const struct orr_index_feed feed = {.block = sibling.block.bytes,
                                            .len = sibling.block.len,
                                            .senders = &(struct orr_address){{0}}};
        error = orr_indexer_add(ix, &feed, &hash, &refused);
        start = orr_bench_cpu_clock();
        if (!error) error = orr_indexer_follow(ix, &hash, &at);
        start = orr_bench_cpu_clock() - start;
        assert(error || ix->n_cut == N_UNDONE);
        orr_rlp_free(&sibling.block);
        orr_indexer_free(ix);
        orr_index_db_close(db);
    }
    if (error) fprintf(stderr, "orrery bench: %s: %s\n", path, why);
    unlink(path);
    rmdir(folder);
    return error ? error : start;
}

/* undone: of undo(); NULL: it is not measured. */
static double measure(const struct shape *shape, uint64_t *bytes, double *undone) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct fed *blocks = make_blocks(shape, &heap.mem);
    double seconds = build(shape, blocks, &heap.mem, bytes);
    if (undone) *undone = undo(blocks, &heap.mem);
    free_blocks(shape, blocks, &heap.mem);
    return seconds;
}

/* CPU seconds of a plain loop of as many logs, or a negative ORR_E. */
static double bare(const struct shape *shape, bool at_end) {
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 16];
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/bare.db", folder);
    double start = orr_bench_cpu_clock();
    int error =
        shape->is_bulk
            ? orr_index_bare_loop(path, shape->n_blocks * shape->n_txs * shape->n_logs, at_end)
            : orr_index_bare_live(path, shape->n_blocks);
    double seconds = orr_bench_cpu_clock() - start;
    unlink(path);
    rmdir(folder);
    return error ? error : seconds;
}

int orr_bench_index(orr_figure_sink sink, void *ctx) {
    uint64_t bytes = 0, bytes_of_live;
    double n_events = (double)backfill.n_blocks * backfill.n_txs * backfill.n_logs;
    double undone, seconds = measure(&backfill, &bytes, &undone);
    double kept = bare(&backfill, false), at_end = bare(&backfill, true);
    double one = measure(&live, &bytes_of_live, NULL), bare_one = bare(&live, false);
    if (seconds < 0 || undone < 0 || kept < 0 || at_end < 0 || one < 0 || bare_one < 0)
        return ORR_EIO;
    orr_bench_tell(sink, ctx, "index: backfill", n_events / seconds * 1e-3, "k events/s of CPU",
                   "the goal", 60);
    orr_bench_tell(sink, ctx, "index: of a bare loop, indexes kept", 100 * kept / seconds, "%",
                   "the goal", 40);
    orr_bench_tell(sink, ctx, "index: of a bare loop, indexes at the end", 100 * at_end / seconds,
                   "%", "the goal", 40);
    orr_bench_tell(sink, ctx, "index: a log on disk", (double)bytes / n_events, "B", "the goal",
                   300);
    orr_bench_tell(sink, ctx, "index: 64 blocks of 200 logs undone", 1e3 * undone, "ms of CPU",
                   "the goal", 50);
    orr_bench_tell(sink, ctx, "index: live, 10 logs", live.n_blocks / one, "commits/s of CPU",
                   "the goal", 1000);
    orr_bench_tell(sink, ctx, "index: live, of a bare loop", 100 * bare_one / one, "%", "", 0);
    return 0;
}
