/* bench.c - `orrery bench rollup-span rollup-game`: a made-up channel that is as long as one of
 * mainnet, read and written; a dispute game of the greatest published depth. */
#include <stdio.h>
#include <zlib.h>

#include "models/base/error.h"
#include "models/base/rng.h"
#include "models/rollup/batch.h"
#include "models/rollup/game.h"
#include "models/rollup/inflate.h"
#include "models/rollup/span.h"
#include "models/vm/transaction.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/bench.h"

enum { BLOCKS = 27, TXS = 209, DATA_MAX = 2000, ROUNDS = 7, TURNS = 20, CHAIN_ID = 10 };

static int told(const char *what) {
    fprintf(stderr, "orrery bench: rollup: %s\n", what);
    return ORR_EINVAL;
}

/* ---- a span ---- */

/* A transaction as nobody has signed it: words of call data whose first half is zeros. */
static void make_tx(struct orr_rng *rng, uint64_t nonce, struct orr_rlp_writer *raw) {
    uint8_t data[DATA_MAX], words[64];
    size_t len = orr_rng_below(rng, DATA_MAX + 1);
    for (size_t i = 0; i < len; i++) data[i] = i % 32 < 16 ? 0 : (uint8_t)orr_rng_below(rng, 256);
    for (size_t i = 0; i < sizeof words; i++) words[i] = (uint8_t)orr_rng_below(rng, 127);
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true,
                            .chain_id = orr_u256_from_u64(CHAIN_ID), .nonce = nonce,
                            .gas_limit = 21000 + orr_rng_below(rng, 1000000),
                            .max_fee = orr_u256_from_u64(orr_rng_below(rng, 1000000000)),
                            .value = orr_u256_from_u64(orr_rng_below(rng, 1000000000)),
                            .data = data, .data_len = len};
    for (size_t i = 0; i < sizeof tx.to.bytes; i++) tx.to.bytes[i] = words[i];
    orr_evm_tx_set_signature(&tx, words, words + 32, nonce & 1);
    orr_evm_tx_encode(&tx, raw);
}

/* The batch as it stands in a channel, and the transactions from which it was made. */
struct sample {
    struct orr_rlp_writer raws[TXS];
    struct orr_span_tx txs[TXS];
    uint32_t counts[BLOCKS];
    struct orr_span_batch span;
    struct orr_rlp_writer batches, channel;
};

static bool make_sample(struct orr_mem *mem, struct sample *s) {
    static const uint8_t bits[(BLOCKS + 7) / 8] = {0, 0x10, 0x08, 0x21};
    static const uint8_t version = ORR_BATCH_SPAN;
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 0);
    bool good = true;
    for (uint32_t i = 0; i < TXS; i++) {
        s->raws[i] = (struct orr_rlp_writer){.mem = mem};
        s->counts[i * BLOCKS / TXS]++;
        make_tx(&rng, i, &s->raws[i]);
        good &= !orr_span_tx_read(mem, s->raws[i].bytes, s->raws[i].len, CHAIN_ID, &s->txs[i]);
    }
    s->span = (struct orr_span_batch){.rel_timestamp = 1000, .l1_origin_num = 19000000,
                                      .n_blocks = BLOCKS, .origin_bits = bits,
                                      .block_tx_counts = s->counts, .txs = s->txs, .n_txs = TXS};
    struct orr_rlp_writer w = {.mem = mem};
    orr_rlp_write_raw(&w, &version, 1);
    orr_span_write(&s->span, &w);
    s->batches = s->channel = (struct orr_rlp_writer){.mem = mem};
    orr_rlp_write_string(&s->batches, w.bytes, w.len);
    orr_rlp_free(&w);
    return good && !orr_channel_deflate(s->batches.bytes, s->batches.len, ORR_COMPRESSION_ZLIB,
                                        &s->channel);
}

static void free_sample(struct orr_mem *mem, struct sample *s) {
    for (uint32_t i = 0; i < TXS; i++) {
        orr_span_tx_free(mem, &s->txs[i]);
        orr_rlp_free(&s->raws[i]);
    }
    orr_rlp_free(&s->batches);
    orr_rlp_free(&s->channel);
}

/* From the channel's bytes to every transaction in full. */
static bool decode(struct orr_mem *mem, const struct sample *s) {
    struct orr_rlp_writer batches = {.mem = mem}, tx = {.mem = mem};
    struct orr_inflated how;
    struct orr_span_fault fault;
    struct orr_span_batch span;
    size_t len, n = 0;
    bool good = !orr_channel_inflate(s->channel.bytes, s->channel.len, true,
                                     ORR_CHANNEL_RLP_MAX_FJORD, &batches, &how);
    struct orr_rlp_reader r = orr_rlp_reader(batches.bytes, batches.len);
    const uint8_t *batch = orr_rlp_read_string(&r, &len);
    good = good && !r.bad && len && !orr_span_read(mem, batch + 1, len - 1, &span, &fault);
    for (uint32_t i = 0; good && i < span.n_txs; i++) {
        tx.len = 0;
        orr_span_tx_write(&span.txs[i], CHAIN_ID, &tx);
        n += tx.len == s->raws[i].len;
    }
    if (good) orr_span_free(mem, &span);
    orr_rlp_free(&tx);
    orr_rlp_free(&batches);
    return n == TXS;
}

/* From transactions in full to the span's bytes. */
static bool encode(struct orr_mem *mem, const struct sample *s) {
    struct orr_span_batch span = s->span;
    struct orr_span_tx txs[TXS];
    struct orr_rlp_writer w = {.mem = mem};
    uint32_t n = 0;
    while (n < TXS && !orr_span_tx_read(mem, s->raws[n].bytes, s->raws[n].len, CHAIN_ID, &txs[n]))
        n++;
    span.txs = txs;
    bool good = n == TXS;
    if (good) orr_span_write(&span, &w);
    while (n) orr_span_tx_free(mem, &txs[--n]);
    orr_rlp_free(&w);
    return good;
}

static bool inflate_bare(const struct sample *s, uint8_t *room, size_t len) {
    uLongf n = len;
    return uncompress(room, &n, s->channel.bytes, s->channel.len) == Z_OK && n == len;
}

int orr_bench_rollup_span(orr_figure_sink sink, void *ctx) {
    struct orr_heap heap;
    struct sample s = {0};
    double ours[ROUNDS], bare[ROUNDS], writes[ROUNDS];
    orr_heap_init(&heap);
    bool good = make_sample(&heap.mem, &s);
    uint8_t *room = orr_alloc(&heap.mem, s.batches.len);
    const double mb = 1e-6 * TURNS * (double)s.batches.len;
    for (int round = 0; round < ROUNDS && good; round++) {
        double start = orr_bench_cpu_clock();
        for (int i = 0; i < TURNS; i++) good &= decode(&heap.mem, &s);
        ours[round] = mb / (orr_bench_cpu_clock() - start);
        start = orr_bench_cpu_clock();
        for (int i = 0; i < TURNS; i++) good &= inflate_bare(&s, room, s.batches.len);
        bare[round] = mb / (orr_bench_cpu_clock() - start);
        start = orr_bench_cpu_clock();
        for (int i = 0; i < TURNS; i++) good &= encode(&heap.mem, &s);
        writes[round] = mb / (orr_bench_cpu_clock() - start);
    }
    orr_free(&heap.mem, room, s.batches.len);
    free_sample(&heap.mem, &s);
    if (!good) return told("a made-up channel does not decode to what it was made of");
    orr_bench_tell(sink, ctx, "rollup-span, decode", orr_bench_median(ours, ROUNDS), "MB/s of CPU",
                   "zlib's inflate of the same channel alone", orr_bench_median(bare, ROUNDS));
    orr_bench_tell(sink, ctx, "rollup-span, encode", orr_bench_median(writes, ROUNDS),
                   "MB/s of CPU", "", 0);
    return 0;
}

/* ---- a game ---- */

enum { DEPTH = 73, CLAIMS_MAX = 2 * DEPTH };

/* A liar whose trace is another from leaf `lie` on, and an honest player, until somebody steps; the
 * number of claims, or 0: it did not end. */
static uint32_t play(struct orr_mem *mem, unsigned __int128 lie) {
    struct orr_game_claim claims[CLAIMS_MAX] = {{.gindex = 1}};
    struct orr_game_action actions[CLAIMS_MAX];
    uint32_t n = 1, n_actions;
    while (n + 1 < CLAIMS_MAX) { /* ends: each turn is a level deeper */
        if (orr_game_next(mem, claims, n, DEPTH, actions, &n_actions) || n_actions != 1) return 0;
        const struct orr_game_action *a = &actions[0];
        if (a->move >= ORR_GAME_STEP_ATTACK) return n;
        unsigned __int128 at = claims[a->parent].gindex;
        at = a->move == ORR_GAME_ATTACK ? orr_position_attack(at) : orr_position_defend(at);
        claims[n++] = (struct orr_game_claim){.parent = a->parent, .gindex = at,
                                              .is_correct = true};
        if (orr_position_depth(at) == DEPTH) return n;
        bool agrees = orr_position_trace_index(at, DEPTH) < lie;
        at = agrees ? orr_position_defend(at) : orr_position_attack(at);
        claims[n] = (struct orr_game_claim){
            .parent = n - 1, .gindex = at, .is_correct = orr_position_trace_index(at, DEPTH) < lie};
        n++;
    }
    return 0;
}

int orr_bench_rollup_game(orr_figure_sink sink, void *ctx) {
    struct orr_heap heap;
    double ms[ROUNDS];
    bool good = true;
    orr_heap_init(&heap);
    for (int round = 0; round < ROUNDS; round++) {
        double start = orr_bench_cpu_clock();
        for (uint64_t i = 1; i <= TURNS; i++)
            good &= play(&heap.mem, ((unsigned __int128)1 << (DEPTH - 1)) / i + round) > DEPTH - 2;
        ms[round] = 1e3 * (orr_bench_cpu_clock() - start) / TURNS;
    }
    if (!good) return told("a game of depth 73 does not come to its last level");
    orr_bench_tell(sink, ctx, "rollup-game, depth 73", orr_bench_median(ms, ROUNDS), "CPU ms", "",
                   0);
    return 0;
}
