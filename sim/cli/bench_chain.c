/* bench_chain.c - the execution chain: validators that run the virtual machine, importing blocks,
 * followers' memory, the pool's door. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/chain/build.h"
#include "models/chain/genesis.h"
#include "models/chain/pool.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"
#include "sim/base/json.h"
#include "sim/base/memory.h"
#include "sim/cli/bench.h"
#include "sim/run/run.h"

/* ---- 100 validators ---- */

/* A thousand token transfers in a block each two seconds and a bit. */
static const char evm_100[] =
    "orrery: 1\n"
    "name: bench-evm-100\n"
    "seed: 1\n"
    "duration: 20 s\n"
    "signatures: modelled\n"
    "nodes:\n"
    "  val: {count: 100, role: evm-validator, up: 1 Gbit/s, down: 1 Gbit/s,\n"
    "        config: {timeout_commit: 2 s, mempool_txs: 20000, accounts: 1000}}\n"
    "network: {latency: 20 ms}\n"
    "workload: [{rate: 500 /s, clients: 1000, mix: {token: 100 %}, stop: 18 s}]\n"
    "expect: {agreement: holds, state_root: holds}\n";

/* One run: its CPU seconds, or a negative ORR_E that has been told. */
static double run_once(const char *text, const char *setting, struct orr_run_result *result) {
    const char *const settings[] = {setting};
    struct orr_diags diags = {0};
    struct orr_scenario *scenario = NULL;
    double took = ORR_EFORMAT;
    if (!orr_scenario_parse(text, strlen(text), "bench", settings, 1, &scenario, &diags)) {
        double start = orr_bench_cpu_clock();
        int error = orr_run(scenario, &(struct orr_run_options){0}, result, &diags);
        took = error ? error : orr_bench_cpu_clock() - start;
    }
    if (took < 0) orr_diags_print(&diags, stderr, false);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return took;
}

int orr_bench_evm_100(orr_figure_sink sink, void *ctx) {
    static const struct {
        const char *name, *setting;
        double goal;
    } rows[] = {{"evm-100", "nodes.val.config.share_execution=false", 2},
                {"evm-100.shared", "nodes.val.config.share_execution=true", 25}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orr_run_result result = {0};
        double took = run_once(evm_100, rows[i].setting, &result);
        bool has_decided = took > 0 && result.measures.n_heights > 0;
        orr_run_result_fini(&result);
        if (!has_decided) return ORR_EFORMAT;
        orr_bench_tell(sink, ctx, rows[i].name, 20 / took, "simulated s/CPU s", "the goal",
                       rows[i].goal);
    }
    return 0;
}

/* ---- importing ---- */

enum { N_BLOCKS = 30, N_BLOCK_TXS = 1000, N_POOL_TXS = 100000 };

static struct orr_chain_genesis *new_genesis(struct orr_mem *mem, uint32_t n_accounts) {
    const struct orr_chain_genesis_config config = {.fork = ORR_FORK_PRAGUE,
                                                    .chain_id = 1337,
                                                    .gas_limit = 60000000,
                                                    .base_fee = 7,
                                                    .n_accounts = n_accounts};
    return orr_chain_genesis_new(&config, 1, mem);
}

static struct orr_chain *new_chain(struct orr_chain_genesis *g) {
    const struct orr_chain_options options = {.keep = 1, .max_open = 8, .recovers_once = true};
    return orr_chain_new(&g->blocks, &g->configs[g->fork], &options, &g->header,
                         orr_evm_state_fork(g->state));
}

/* A transfer between accounts, signed, as bytes in w. */
static void make_transfer(const struct orr_chain_genesis *g, uint32_t from, uint64_t nonce,
                          struct orr_rlp_writer *w) {
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = g->configs[0].chain_id,
                            .nonce = nonce,
                            .gas_limit = 21000,
                            .max_fee = orr_u256_from_u64(1000000000),
                            .max_priority_fee = orr_u256_from_u64(1),
                            .to = g->keys[(from + 1) % g->n_keys].address,
                            .value = orr_u256_from_u64(1)};
    orr_wallet_sign(g->wallet, w->mem, &tx, &g->keys[from]);
    w->len = 0;
    orr_evm_tx_encode(&tx, w);
}

/* Builds the block with this number on the head; its bytes go to *block. */
static int build(struct orr_chain_genesis *g, struct orr_chain *chain, uint64_t number,
                 struct orr_buffer *block) {
    struct orr_rlp_writer w = {.mem = g->mem};
    struct orr_engine_bytes txs[N_BLOCK_TXS];
    struct orr_engine_attributes a = {.time = number * 12, .txs = txs, .n_txs = N_BLOCK_TXS};
    struct orr_evm_header header;
    struct orr_chain_link *link = NULL;
    for (uint32_t i = 0; i < N_BLOCK_TXS; i++) {
        make_transfer(g, i, number - 1, &w);
        uint8_t *bytes = orr_xrealloc(NULL, w.len);
        memcpy(bytes, w.bytes, w.len);
        txs[i] = (struct orr_engine_bytes){bytes, w.len};
    }
    orr_rlp_free(&w);
    orr_chain_next_header(chain, chain->head, &a, &header);
    int error = orr_chain_build(chain, chain->head, &header, &a, NULL, 0, &link);
    for (uint32_t i = 0; i < N_BLOCK_TXS; i++) free((void *)txs[i].bytes);
    if (error || link->block->block.n_txs != N_BLOCK_TXS) return ORR_EFORMAT;
    *block = (struct orr_buffer){orr_xrealloc(NULL, link->block->len), link->block->len};
    memcpy(block->bytes, link->block->bytes, block->len);
    return orr_chain_choose(chain, link, link, link);
}

/* CPU seconds in which another node imports the blocks; negative: one was refused. */
static double import(struct orr_mem *mem, const struct orr_buffer blocks[N_BLOCKS]) {
    struct orr_chain_genesis *g = new_genesis(mem, N_BLOCK_TXS);
    struct orr_chain *chain = new_chain(g);
    double start = orr_bench_cpu_clock(), took = 0;
    for (int i = 0; i < N_BLOCKS && took >= 0; i++) {
        struct orr_chain_link *link;
        orr_chain_import(chain, blocks[i].bytes, blocks[i].len, &link);
        if (!link || orr_chain_choose(chain, link, link, link)) took = ORR_EFORMAT;
    }
    if (!took) took = orr_bench_cpu_clock() - start;
    orr_chain_free(chain);
    orr_chain_genesis_free(g);
    return took;
}

/* CPU seconds in which the signers of all their transactions alone are found out. */
static double recover(struct orr_mem *mem, const struct orr_buffer blocks[N_BLOCKS]) {
    const struct orr_u256 chain_id = {{1337}};
    double took = 0;
    for (int i = 0; i < N_BLOCKS; i++) {
        struct orr_evm_block block;
        struct orr_address sender;
        if (orr_evm_block_decode(mem, blocks[i].bytes, blocks[i].len, &block)) return ORR_EFORMAT;
        double start = orr_bench_cpu_clock();
        for (size_t k = 0; k < block.n_txs; k++)
            if (orr_evm_tx_sender(mem, &block.txs[k], ORR_FORK_PRAGUE, &chain_id, &sender))
                return ORR_EFORMAT;
        took += orr_bench_cpu_clock() - start;
        orr_evm_block_free(mem, &block);
    }
    return took;
}

int orr_bench_chain_import(orr_figure_sink sink, void *ctx) {
    struct orr_heap heap;
    struct orr_buffer blocks[N_BLOCKS] = {{NULL, 0}};
    orr_heap_init(&heap);
    struct orr_chain_genesis *g = new_genesis(&heap.mem, N_BLOCK_TXS);
    struct orr_chain *chain = new_chain(g);
    int error = 0;
    for (int i = 0; i < N_BLOCKS && !error; i++)
        error = build(g, chain, (uint64_t)i + 1, &blocks[i]);
    orr_chain_free(chain);
    orr_chain_genesis_free(g);
    double whole = error ? error : import(&heap.mem, blocks);
    double bare = error ? error : recover(&heap.mem, blocks);
    for (int i = 0; i < N_BLOCKS; i++) free(blocks[i].bytes);
    if (whole <= 0 || bare <= 0) return ORR_EFORMAT;
    double n = N_BLOCKS * N_BLOCK_TXS;
    orr_bench_tell(sink, ctx, "chain-import", n / whole, "transactions/s",
                   "their signers alone are found out", n / bare);
    return 0;
}

/* ---- followers ---- */

static const char followers[] =
    "orrery: 1\n"
    "name: bench-followers\n"
    "seed: 1\n"
    "duration: 100 s\n"
    "signatures: modelled\n"
    "nodes:\n"
    "  val: {count: 4, role: slot-chain, config: {slot: 4 s, share_execution: true}}\n"
    "  fol: {count: 1000, role: follower, config: {slot: 4 s, share_execution: true}}\n"
    "network: {latency: 20 ms, overlay: {kind: random-regular, degree: 4}}\n"
    "expect: nothing\n";

/* The most memory that a process had that ran so many followers, KiB; 0: it could not. */
static uint64_t peak_of(const char *path, const char *setting) {
    const char *const argv[] = {"/proc/self/exe", "run",   path, "--no-trace",
                                "--set",          setting, NULL};
    uint64_t peak = 0;
    return orr_bench_cpu_of(argv, &peak) < 0 ? 0 : peak;
}

/* Two crowds beside each other: what a follower adds, with its links and streams in the engine. */
int orr_bench_chain_followers(orr_figure_sink sink, void *ctx) {
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 16];
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/followers.yaml", folder);
    FILE *file = fopen(path, "w");
    bool good = file && fputs(followers, file) >= 0;
    good = file && !fclose(file) && good;
    uint64_t few = good ? peak_of(path, "nodes.fol.count=1000") : 0;
    uint64_t many = few ? peak_of(path, "nodes.fol.count=3000") : 0;
    remove(path);
    rmdir(folder);
    if (!many) return ORR_EIO;
    orr_bench_tell(sink, ctx, "chain-followers", ((double)many - (double)few) * 1024 / 2000,
                   "B each, over 25 blocks, its links too", "the goal, without links", 8192);
    return 0;
}

/* ---- the pool ---- */

/* Admits ready forms, a hundred of each account; CPU seconds. */
static double admit(struct orr_chain_genesis *g, struct orr_msg **txs, uint32_t n,
                    struct orr_pool *msgs) {
    struct orr_chain_pool pool;
    orr_pool_open(
        &pool, g->mem, msgs, &g->blocks.accounts,
        &(struct orr_chain_pool_limits){.max_txs = n, .max_bytes = UINT64_MAX, .per_sender = n});
    double start = orr_bench_cpu_clock(), took = 0;
    for (uint32_t i = 0; i < n && took >= 0; i++)
        if (orr_pool_add(&pool, txs[i], &g->keys[i % g->n_keys].address, g->state).refusal)
            took = ORR_EFORMAT;
    if (!took) took = orr_bench_cpu_clock() - start;
    orr_pool_close(&pool);
    return took;
}

int orr_bench_chain_pool(orr_figure_sink sink, void *ctx) {
    struct orr_heap heap;
    struct orr_pool msgs;
    orr_heap_init(&heap);
    orr_pool_init(&msgs, &heap.mem);
    struct orr_chain_genesis *g = new_genesis(&heap.mem, N_BLOCK_TXS);
    struct orr_msg **txs = orr_xrealloc(NULL, N_POOL_TXS * sizeof txs[0]);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    for (uint32_t i = 0; i < N_POOL_TXS; i++) {
        make_transfer(g, i % g->n_keys, i / g->n_keys, &w);
        txs[i] = orr_msg_copy(&msgs, 0, w.bytes, (uint32_t)w.len);
        orr_chain_tx_decode(txs[i], &g->configs[g->fork], g->fork, &heap.mem, &msgs, NULL);
    }
    orr_rlp_free(&w);
    double took = admit(g, txs, N_POOL_TXS, &msgs);
    for (uint32_t i = 0; i < N_POOL_TXS; i++) orr_msg_unref(&msgs, txs[i]);
    free(txs);
    orr_chain_genesis_free(g);
    orr_pool_fini(&msgs);
    if (took <= 0) return ORR_EFORMAT;
    orr_bench_tell(sink, ctx, "chain-pool", N_POOL_TXS / took, "admitted/s", "the goal", 500000);
    return 0;
}
