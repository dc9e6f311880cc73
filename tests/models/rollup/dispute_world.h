/* dispute_world.h - the contract of dispute games on a machine of its own, with a clock that the
 * test turns, players with ether, and a made-up step machine whose proofs say what it does. */
#ifndef ORR_TESTS_MODELS_ROLLUP_DISPUTE_WORLD_H
#define ORR_TESTS_MODELS_ROLLUP_DISPUTE_WORLD_H

#include <stdio.h>

#include "models/rollup/dispute.h"
#include "models/rollup/dispute_calls.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/execute.h"
#include "models/vm/state.h"
#include "models/vm/store.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { N_STEPS = 10, SLOT_S = 6, N_BLOCKS = 8 };
static const struct orr_address oracle = {{0x01}}, alice = {{0xa1}}, bob = {{0xb0}},
                                carol = {{0xc0}}, puppet = {{0x77}};
static struct orr_dispute_rules rules;
static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_state *state;
static struct orr_evm_executor *executor;
static struct orr_address games;
static uint64_t now_s;
static struct orr_evm_tx_outcome outcome; /* of the last call */

/* The step machine: of a call (root, before, after, output, is_over), a word each, it gives back
 * before, and after with its first byte set as the real one would. */
static const uint8_t puppet_code[] = {
    0x5f, 0x35, 0x60, 0x60, 0x35, 0x14, 0x15,       /* is the output another root?       */
    0x60, 0x80, 0x35, 0x02,                         /* ... once it is over,              */
    0x60, 0x80, 0x35, 0x15, 0x60, 0x03, 0x02, 0x01, /* ... else 3                        */
    0x60, 0xf8, 0x1b, 0x60, 0x40, 0x35, 0x17, 0x60, 0x20, 0x52, /* at the front of after */
    0x60, 0x20, 0x35, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3};

static inline bool run(const struct orr_address *from, const struct orr_address *to,
                       struct orr_u256 value, const uint8_t *data, size_t len) {
    struct orr_evm_block_env env = {.fork = ORR_FORK_PRAGUE, .number = now_s / SLOT_S,
                                    .timestamp = now_s, .gas_limit = 30000000};
    struct orr_evm_waived waived = {.nonce = true, .max_gas = true, .price = true};
    struct orr_evm_tx tx = {.gas_limit = 10000000, .data = data, .data_len = len, .value = value,
                            .nonce = orr_evm_state_nonce(state, from)};
    if (to) tx.to = *to;
    else tx.is_create = true;
    orr_evm_executor_waive(executor, &waived);
    ck_assert_int_eq(orr_evm_execute_tx(executor, state, &env, &tx, from, 30000000, 0, &outcome),
                     ORR_TX_OK);
    orr_evm_state_trim(state);
    return outcome.status == ORR_EVM_SUCCESS;
}

static inline struct orr_hash true_root(uint64_t block) {
    return (struct orr_hash){{0xaa, (uint8_t)block}};
}
static inline struct orr_hash raw_state(uint64_t block, uint64_t k) {
    return (struct orr_hash){{0, 0x55, (uint8_t)block, (uint8_t)(k < N_STEPS ? k : N_STEPS)}};
}

static inline void give(const struct orr_address *who) {
    orr_evm_state_set_balance(state, who,
                              orr_u256_mul_u64(orr_u256_from_u64(1000000000), 1000000000000));
}
static inline struct orr_u256 balance(const struct orr_address *who) {
    return orr_evm_state_balance(state, who);
}

/* Sends what the writer holds to the contract, and empties it. */
static inline bool tell(const struct orr_address *from, struct orr_u256 value,
                        struct orr_rlp_writer *w) {
    bool good = run(from, &games, value, w->bytes, w->len);
    orr_rlp_free(w);
    return good;
}
#define WRITER {.mem = &heap.mem}

/* The last call was refused with this error of the contract. */
static inline bool refused(const char *name) {
    char signature[64];
    snprintf(signature, sizeof signature, "%s()", name);
    struct orr_hash hash = orr_keccak256(signature, strlen(signature));
    return outcome.status == ORR_EVM_REVERT && outcome.output_len == 4 &&
           !memcmp(outcome.output, hash.bytes, 4);
}

static inline void derive(uint64_t first, uint64_t n) {
    struct orr_hash states[N_BLOCKS];
    struct orr_rlp_writer w = WRITER;
    for (uint64_t i = 0; i < n; i++) states[i] = raw_state(first + i, 0);
    orr_dispute_write_derive(&w, first, states, n);
    ck_assert(tell(&oracle, orr_u256_from_u64(0), &w));
}

static inline void begin(uint32_t split, uint32_t max) {
    struct orr_hash root = true_root(0);
    struct orr_rlp_writer w = WRITER;
    orr_heap_init(&heap);
    w.mem = &heap.mem;
    rules = (struct orr_dispute_rules){split, max, 120, 20};
    store = orr_evm_store_create(&heap.mem);
    state = orr_evm_state_create(store);
    executor = orr_evm_executor_create(&heap.mem);
    now_s = 6000;
    orr_evm_state_begin_tx(state);
    give(&oracle), give(&alice), give(&bob), give(&carol);
    orr_evm_state_set_code(state, &puppet, puppet_code, sizeof puppet_code);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    orr_dispute_write_creation(&w, &rules, 0, &root, &puppet);
    ck_assert(run(&oracle, NULL, orr_u256_from_u64(0), w.bytes, w.len));
    games = outcome.created;
    orr_rlp_free(&w);
    derive(1, N_BLOCKS);
}

static inline void end(void) {
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* ---- single calls ---- */

static inline struct orr_u256 bond(uint32_t depth) { return orr_dispute_bond(&rules, depth); }

static inline bool create(const struct orr_address *who, struct orr_hash root, uint64_t block) {
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_create(&w, &root, block);
    return tell(who, bond(0), &w);
}

static inline struct orr_dispute game_of(uint64_t id) {
    struct orr_dispute d = {.id = id};
    struct orr_u256 argument = orr_u256_from_u64(id);
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_view(&w, ORR_GAME_GAME, &argument, 1);
    ck_assert(tell(&oracle, orr_u256_from_u64(0), &w));
    ck_assert_int_eq(orr_dispute_read(&heap.mem, outcome.output, outcome.output_len, &d), 0);
    return d;
}
static inline uint32_t n_claims(uint64_t id) {
    struct orr_dispute d = game_of(id);
    uint32_t n = d.n;
    orr_dispute_free(&heap.mem, &d);
    return n;
}
static inline struct orr_dispute_claim claim_of(uint64_t id, uint32_t i) {
    struct orr_dispute d = game_of(id);
    ck_assert_uint_lt(i, d.n);
    struct orr_dispute_claim claim = d.claims[i];
    orr_dispute_free(&heap.mem, &d);
    return claim;
}
static inline enum orr_dispute_status status_of(uint64_t id) {
    struct orr_dispute d = game_of(id);
    enum orr_dispute_status status = d.status;
    orr_dispute_free(&heap.mem, &d);
    return status;
}

/* In game 0; the value disputed is the parent's. */
static inline bool move(const struct orr_address *who, uint32_t parent, struct orr_hash value,
                        bool is_attack) {
    struct orr_dispute_claim claim = claim_of(0, parent);
    uint32_t depth = orr_position_depth(claim.position) + 1;
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_move(&w, 0, parent, &claim.value, &value, is_attack);
    return tell(who, depth > rules.max_depth ? orr_u256_from_u64(0) : bond(depth), &w);
}

/* A step of game 0: the machine goes from `before` to `after`, and is over with `output`, or not.
 */
static inline bool step(const struct orr_address *who, uint32_t claim, bool is_attack,
                        struct orr_hash before, struct orr_hash after,
                        const struct orr_hash *output) {
    static const struct orr_hash none;
    struct orr_rlp_writer w = WRITER, proof = WRITER;
    uint8_t over[32] = {[31] = output != NULL};
    orr_rlp_write_raw(&proof, before.bytes, 32);
    orr_rlp_write_raw(&proof, after.bytes, 32);
    orr_rlp_write_raw(&proof, output ? output->bytes : none.bytes, 32);
    orr_rlp_write_raw(&proof, over, 32);
    orr_dispute_write_step(&w, 0, claim, is_attack, &proof);
    orr_rlp_free(&proof);
    return tell(who, orr_u256_from_u64(0), &w);
}

static inline bool resolve_claim(uint32_t claim) {
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_resolve_claim(&w, 0, claim);
    return tell(&carol, orr_u256_from_u64(0), &w);
}
static inline bool resolve(void) {
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_resolve(&w, 0);
    return tell(&carol, orr_u256_from_u64(0), &w);
}
static inline bool claim_credit(const struct orr_address *who) {
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_claim_credit(&w, 0, who);
    return tell(&carol, orr_u256_from_u64(0), &w);
}

/* ---- players ---- */

/* Whoever's trace is right but from a block and a step on; lie_from 0: it is right. */
struct player {
    struct orr_address address;
    uint64_t lie_from, lie_step;
};

static inline bool player_root(void *ctx, uint64_t block, struct orr_hash *root) {
    const struct player *p = ctx;
    *root = true_root(block);
    if (p->lie_from && block >= p->lie_from) root->bytes[9] = 0xff;
    return true;
}
static inline bool player_state(void *ctx, uint64_t block, const struct orr_hash *disputed,
                                uint64_t k, struct orr_hash *claim) {
    const struct player *p = ctx;
    struct orr_hash root;
    player_root(ctx, block, &root);
    *claim = raw_state(block, k);
    if (p->lie_from && block >= p->lie_from && k >= p->lie_step) claim->bytes[9] = 0xff;
    claim->bytes[0] = k < N_STEPS                       ? ORR_DISPUTE_UNFINISHED
                      : orr_hash_equal(root, *disputed) ? ORR_DISPUTE_VALID
                                                        : ORR_DISPUTE_INVALID;
    return true;
}
/* What the machine does, whoever asks. */
static inline bool player_prove(void *ctx, uint64_t block, uint64_t k,
                                struct orr_rlp_writer *proof) {
    struct orr_hash before = raw_state(block, k), after = raw_state(block, k + 1);
    struct orr_hash output = true_root(block);
    uint8_t over[32] = {[31] = k + 1 >= N_STEPS};
    (void)ctx;
    orr_rlp_write_raw(proof, before.bytes, 32);
    orr_rlp_write_raw(proof, after.bytes, 32);
    orr_rlp_write_raw(proof, output.bytes, 32);
    orr_rlp_write_raw(proof, over, 32);
    return true;
}

/* One turn of a player in a game; how many of its calls went through. */
static inline size_t take_turn(struct player *p, uint64_t id) {
    const struct orr_dispute_view view = {p, player_root, player_state, .prove = player_prove};
    struct orr_dispute_call calls[ORR_DISPUTE_CALLS_MAX];
    struct orr_dispute d = game_of(id);
    size_t n = orr_dispute_play(&heap.mem, &rules, &d, now_s, &view, calls), n_good = 0;
    for (size_t i = 0; i < n; i++) n_good += tell(&p->address, calls[i].value, &calls[i].data);
    orr_dispute_free(&heap.mem, &d);
    return n_good;
}
#endif
