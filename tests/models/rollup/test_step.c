/* Steps of an L2 block: all of them come to the block's own hash, each proves and verifies alone,
 * and a proof in which anything is another is refused. */
#include "models/rollup/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/rollup/game.h"
#include "models/vm/opcode.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/rollup/block_file.h"
#include "sim/cli/rollup/witness_file.h"
#include "tests/models/rollup/hostile_proof.h"
#include "tests/models/vm/signer.h"
#include "tests/test.h"
#include "tests/vectors/vectors.h"

static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_executor *executor;
static struct orr_rollup_config config;
static struct orr_l2_chain chain;
static struct orr_evm_header parent;
static struct orr_l2_attributes attributes;
static struct orr_rollup_tx txs[8];
static struct orr_rlp_writer written[8];
static struct orr_evm_state *genesis;
static const struct orr_address contract = {{0xc0}}, callee = {{0xca}}, third = {{0x33}};

static struct orr_u256 wei(uint64_t v) { return orr_u256_from_u64(v); }

static void set_code(struct orr_address at, const uint8_t *code, size_t len) {
    orr_evm_state_begin_tx(genesis);
    orr_evm_state_set_balance(genesis, &at, wei(7));
    orr_evm_state_set_code(genesis, &at, code, len);
    orr_evm_state_end_tx(genesis, ORR_FORK_PARIS);
}

static void begin(enum orr_evm_rollup newest) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    genesis = orr_evm_state_create(store);
    executor = orr_evm_executor_create(&heap.mem);
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    struct orr_u256 one = wei(1);
    set_code(passer, (const uint8_t *)"", 1);
    orr_evm_state_begin_tx(genesis);
    orr_evm_state_set_balance(genesis, &signer, wei(1000000000000));
    orr_evm_state_set_storage(genesis, &passer, &one, &one);
    orr_evm_state_end_tx(genesis, ORR_FORK_PARIS);
    config = (struct orr_rollup_config){.block_time = 2, .l2_chain_id = 901, .elasticity = 6,
                                        .denominator = 50, .denominator_canyon = 250};
    uint64_t *const times[] = {&config.regolith_time, &config.canyon_time, &config.ecotone_time,
                               &config.fjord_time, &config.granite_time, &config.holocene_time,
                               &config.isthmus_time};
    for (unsigned i = 0; i < 7; i++)
        *times[i] = newest >= ORR_EVM_REGOLITH + i ? 0 : ORR_ROLLUP_NEVER;
    orr_l2_chain_init(&chain, &config);
    parent = (struct orr_evm_header){.number = 5, .timestamp = 1000, .gas_limit = 30000000,
                                     .gas_used = 5000000, .base_fee = wei(1)};
    attributes = (struct orr_l2_attributes){.timestamp = 1002, .gas_limit = 30000000,
                                            .fee_recipient = orr_evm_predeploy(0x11),
                                            .txs = txs};
    for (int i = 0; i < 8; i++) written[i] = (struct orr_rlp_writer){.mem = &heap.mem};
}

static void end(void) {
    for (int i = 0; i < 8; i++) orr_rlp_free(&written[i]);
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(genesis);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static void add(void) {
    size_t i = attributes.n_txs++;
    txs[i] = (struct orr_rollup_tx){written[i].bytes, written[i].len};
}

static void add_deposit(uint64_t mint, uint64_t value, struct orr_address to) {
    struct orr_evm_deposit d = {.from = signer, .to = to, .mint = wei(mint), .value = wei(value),
                                .gas = 500000};
    orr_evm_deposit_write(&d, &written[attributes.n_txs]);
    add();
}

/* From the signer, whose nonces are the transactions' numbers. */
static void add_tx(const struct orr_address *to, uint64_t value, const uint8_t *data, size_t len) {
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .chain_id = wei(901),
                            .nonce = attributes.n_txs, .gas_limit = 400000, .max_fee = wei(5),
                            .max_priority_fee = wei(2), .is_create = !to, .value = wei(value),
                            .data = data, .data_len = len};
    if (to) tx.to = *to;
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, &written[attributes.n_txs]);
    add();
}

static struct orr_stepper *make(struct orr_evm_state *state) {
    struct orr_l2_parent p = {&config, &chain, &parent, {{1}}, {NULL, NULL}};
    struct orr_stepper *m;
    const char *bad = orr_step_create(executor, state, &p, &attributes, &m);
    ck_assert_msg(!bad, "%s", bad);
    return m;
}

static struct orr_hash execute(void) {
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_l2_parent p = {&config, &chain, &parent, {{1}}, {NULL, NULL}};
    struct orr_l2_block b;
    size_t bad_tx;
    const char *bad = orr_l2_execute(executor, state, &p, &attributes, &b, &bad_tx);
    ck_assert_msg(!bad, "%s", bad);
    struct orr_hash hash = b.hash;
    orr_l2_block_free(&heap.mem, &b);
    orr_evm_state_destroy(state);
    return hash;
}

/* Walks the block, proves every step, and sees that the proofs hang together.  Returns how many
 * steps there were, and in seen[] how many of each phase. */
static uint64_t prove_all(unsigned seen[ORR_STEP_N_PHASES]) {
    struct orr_hash expected = execute();
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_stepper *m = make(state);
    struct orr_hash at = orr_step_hash(m);
    memset(seen, 0, ORR_STEP_N_PHASES * sizeof seen[0]);
    while (!orr_step_is_over(m)) {
        struct orr_rlp_writer proof = {.mem = &heap.mem};
        struct orr_step_next next = orr_step_peek(m);
        struct orr_step_shown shown;
        seen[next.phase]++;
        ck_assert_int_eq(orr_step_prove(m, &proof), 0);
        ck_assert_int_eq(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), 0);
        ck_assert(orr_hash_equal(shown.before, at));
        at = orr_step_hash(m);
        ck_assert(orr_hash_equal(shown.after, at));
        ck_assert_int_eq(shown.step.phase, next.phase);
        ck_assert_uint_eq(shown.step.pc, next.pc);
        ck_assert_uint_eq(shown.step.opcode, next.opcode);
        orr_rlp_free(&proof);
    }
    uint64_t n = orr_step_n(m);
    ck_assert_int_eq(orr_step_peek(m).phase, ORR_STEP_DONE);
    ck_assert(orr_hash_equal(orr_step_block_hash(m), expected));
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    return n;
}

#define PUSH(address)                                                                              \
    0x73, (address).bytes[0], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* Stores, reads, logs, hashes, copies; calls the callee with 64 bytes and takes 32 of what it gives
 * back; sets a slot to zero and back; keeps a transient word. */
static void put_contracts(void) {
    const uint8_t caller[] = {
        0x60, 5, 0x60, 1, 0x55,                   /* slot 1 = 5 */
        0x60, 0, 0x60, 1, 0x55,                   /* slot 1 = 0 */
        0x60, 9, 0x60, 2, 0x55,                   /* slot 2 = 9 */
        0x60, 2, 0x54, 0x60, 0, 0x52,             /* memory 0 = slot 2 */
        0x60, 4, 0x60, 3, 0x5d, 0x60, 3, 0x5c,    /* transient 3 = 4, read */
        0x60, 32, 0x60, 0, 0xa0,                  /* a log of 32 bytes */
        0x60, 64, 0x60, 0, 0x20, 0x50,            /* keccak of 64 */
        0x60, 32, 0x61, 1, 0, 0x60, 64, 0x60, 0,  /* out: 32 at 256; in: 64 at 0 */
        0x60, 3, PUSH(callee), 0x61, 0xff, 0xff, 0xf1, 0x50,
        0x3d, 0x60, 0, 0x61, 1, 0x40, 0x3e,       /* return data to 320 */
        0x60, 32, 0x60, 0, 0x61, 2, 0, 0x39,      /* own code to 512 */
        0x60, 40, 0x60, 8, 0x61, 2, 0x80, 0x5e,   /* within memory */
        0x60, 0, 0x35, 0x15, 0x60, 125, 0x57, 0x5b, /* if call data is 0 go on */
        0x60, 32, 0x60, 0, 0xf3};
    uint8_t code[160];
    memcpy(code, caller, sizeof caller);
    /* the jump's destination is the byte before the last eleven */
    const uint8_t *jumpdest = memchr(caller + sizeof caller - 7, 0x5b, 7);
    code[jumpdest - caller - 2] = (uint8_t)(jumpdest - caller);
    set_code(contract, code, sizeof caller);
    const uint8_t called[] = {0x60, 1, 0x60, 7, 0x55, 0x36, 0x60, 0, 0x60, 0, 0x37, /* all input */
                              0x60, 48, 0x60, 0, 0xa0,        /* a log */
                              0x34, 0x60, 3, 0x14, 0x60, 32, 0x57, /* with 3 wei: give back */
                              0x60, 0, 0x60, 0, 0xfd, 0x00, 0x00, 0x00, 0x00,
                              0x5b, 0x60, 48, 0x60, 0, 0xf3};
    set_code(callee, called, sizeof called);
}

START_TEST(each_step_of_a_block_proves_and_verifies) {
    unsigned seen[ORR_STEP_N_PHASES];
    for (enum orr_evm_rollup f = ORR_EVM_ECOTONE; f < ORR_EVM_N_ROLLUPS; f++) {
        begin(f);
        put_contracts();
        add_deposit(1000, 40, third);
        add_deposit(0, 3, contract);
        add_tx(&contract, 0, NULL, 0);
        add_tx(&callee, 0, (const uint8_t *)"abc", 3); /* reverts */
        add_tx(&contract, 0, NULL, 0);
        ck_assert_uint_gt(prove_all(seen), 100);
        ck_assert_uint_eq(seen[ORR_STEP_BLOCK_BEGINS], 1);
        ck_assert_uint_eq(seen[ORR_STEP_TX_BEGINS], 5);
        ck_assert_uint_eq(seen[ORR_STEP_TX_ENDS], 5);
        ck_assert_uint_ge(seen[ORR_STEP_SWEEP], 3); /* slot 1, once for each call */
        ck_assert_uint_eq(seen[ORR_STEP_BLOCK_ENDS], 1);
        end();
    }
}
END_TEST

/* Initcode that deploys `00`; that destroys itself; that reverts; that runs out of gas; that calls
 * a precompile; that calls itself for ever. */
START_TEST(creations_failures_and_precompiles_are_steps_too) {
    static const uint8_t deploys[] = {0x60, 1, 0x60, 0, 0xf3};
    static const uint8_t dies[] = {0x60, 5, 0x60, 1, 0x55, 0x33, 0xff};
    static const uint8_t reverts[] = {0x60, 1, 0x60, 1, 0x55, 0x60, 0, 0x60, 0, 0xfd};
    static const uint8_t loops[] = {0x5b, 0x5a, 0x60, 40, 0x52, 0x60, 0, 0x56};
    static const uint8_t hashes[] = {0x60, 32, 0x60, 0, 0x60, 7, 0x60, 0, 0x60, 0,
                                     0x60, 2, 0x61, 0xff, 0xff, 0xf1, 0x3d, 0x00};
    static const uint8_t creates[] = {0x61, 0x33, 0xff, 0x60, 0, 0x52, 0x60, 2, 0x60, 30,
                                      0x60, 1, 0xf0, 0x00};
    unsigned seen[ORR_STEP_N_PHASES];
    begin(ORR_EVM_ISTHMUS);
    set_code(contract, creates, sizeof creates);
    set_code(callee, hashes, sizeof hashes);
    add_tx(NULL, 1, deploys, sizeof deploys);
    add_tx(NULL, 2, dies, sizeof dies);
    add_tx(NULL, 0, reverts, sizeof reverts);
    add_tx(&callee, 0, NULL, 0);
    add_tx(&contract, 0, NULL, 0);
    prove_all(seen);
    ck_assert_uint_eq(seen[ORR_STEP_WIPE], 2);
    end();
    begin(ORR_EVM_ISTHMUS);
    set_code(contract, loops, sizeof loops); /* 400,000 gas: 20 of each round */
    parent.gas_limit = attributes.gas_limit = 30000000;
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .chain_id = wei(901),
                            .gas_limit = 22000, .max_fee = wei(5), .to = contract};
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, &written[0]);
    add();
    prove_all(seen);
    end();
}
END_TEST

START_TEST(calls_nest_and_a_revert_takes_back_what_came_below) {
    /* calls itself with what is left until it cannot, each time storing the depth it is at */
    static const uint8_t nests[] = {
        0x60, 1, 0x54, 0x60, 1, 0x01, 0x60, 1, 0x55, /* slot 1 += 1 */
        0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x30, 0x61, 0x20, 0, 0x5a, 0x03, 0xf1,
        0x60, 1, 0x54, 0x60, 1, 0x16, 0x60, 40, 0x57, 0x00, 0x00, 0x00, 0x5b,
        0x60, 0, 0x60, 0, 0xfd};
    unsigned seen[ORR_STEP_N_PHASES];
    begin(ORR_EVM_HOLOCENE);
    set_code(contract, nests, sizeof nests);
    add_tx(&contract, 0, NULL, 0);
    ck_assert_uint_gt(prove_all(seen), 300);
    end();
}
END_TEST

START_TEST(a_block_that_is_not_valid_ends_so) {
    begin(ORR_EVM_HOLOCENE);
    add_tx(&third, 0, NULL, 0);
    add_deposit(0, 0, third); /* behind another transaction */
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_stepper *m = make(state);
    struct orr_hash before;
    struct orr_step_shown shown;
    struct orr_rlp_writer proof = {.mem = &heap.mem};
    while (!orr_step_is_over(m)) {
        before = orr_step_hash(m);
        proof.len = 0;
        ck_assert_int_eq(orr_step_prove(m, &proof), 0);
        ck_assert_int_eq(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), 0);
        ck_assert(orr_hash_equal(shown.before, before));
        ck_assert(orr_hash_equal(shown.after, orr_step_hash(m)));
    }
    ck_assert_int_eq(orr_step_peek(m).phase, ORR_STEP_INVALID);
    ck_assert_uint_eq(orr_step_peek(m).tx, 1);
    orr_rlp_free(&proof);
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    end();
}
END_TEST

/* One bit of each byte of the proofs of a few steps, and each proof cut short. */
START_TEST(a_proof_with_one_byte_changed_is_refused) {
    begin(ORR_EVM_ISTHMUS);
    put_contracts();
    add_deposit(0, 3, contract);
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_stepper *m = make(state);
    while (!orr_step_is_over(m)) {
        struct orr_step_next next = orr_step_peek(m);
        bool is_chosen = next.phase != ORR_STEP_INSTRUCTION || next.opcode == ORR_OP_CALL ||
                         next.opcode == ORR_OP_SSTORE || next.opcode == ORR_OP_RETURN;
        struct orr_rlp_writer proof = {.mem = &heap.mem};
        struct orr_step_shown shown;
        if (!is_chosen) {
            ck_assert_int_eq(orr_step_next(m), 0);
            continue;
        }
        ck_assert_int_eq(orr_step_prove(m, &proof), 0);
        for (size_t i = 0; i < proof.len; i += 1 + proof.len / 500) {
            proof.bytes[i] ^= (uint8_t)(1 << i % 8);
            ck_assert_int_ne(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), 0);
            proof.bytes[i] ^= (uint8_t)(1 << i % 8);
        }
        for (size_t n = 0; n < proof.len; n += 1 + proof.len / 50)
            ck_assert_int_ne(orr_step_verify(&heap.mem, proof.bytes, n, &shown), 0);
        orr_rlp_write_raw(&proof, "", 1);
        ck_assert_int_eq(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), ORR_EFORMAT);
        orr_rlp_free(&proof);
    }
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    end();
}
END_TEST

/* Whoever makes up a state of his own, as a whole, gets an answer or a refusal. */
START_TEST(a_made_up_state_crashes_nobody) {
    uint64_t random = 7;
    begin(ORR_EVM_ISTHMUS);
    put_contracts();
    add_deposit(0, 3, contract);
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_stepper *m = make(state);
    unsigned n_shown = 0;
    while (!orr_step_is_over(m)) {
        struct orr_rlp_writer proof = {.mem = &heap.mem};
        ck_assert_int_eq(orr_step_prove(m, &proof), 0);
        for (int i = 0; i < 20; i++) {
            struct hostile h;
            struct orr_step_shown shown;
            struct orr_rlp_writer w = {.mem = &heap.mem};
            hostile_open(&h, proof.bytes, proof.len);
            for (int k = 0; k <= i % 3; k++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                hostile_change(&h, (uint32_t)(random >> 48), (uint32_t)(random >> 33),
                               (uint8_t)(1 << (random >> 60) % 8));
            }
            hostile_write(&h, &w);
            size_t used = heap.used_bytes;
            n_shown += !orr_step_verify(&heap.mem, w.bytes, w.len, &shown);
            ck_assert_uint_eq(heap.used_bytes, used);
            orr_rlp_free(&w);
            hostile_free(&h);
        }
        orr_rlp_free(&proof);
    }
    ck_assert_uint_eq(n_shown, 0); /* the state after is not the one before */
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    end();
}
END_TEST

/* ---- disputes about a block's steps ---- */

enum { STEPS_MAX = 4096, MOVES_MAX = 64 };

/* A block's trace: leaf i of the game is the state after i + 1 steps; proofs[i] is of step i. */
static struct trace {
    struct orr_hash states[STEPS_MAX + 1];
    struct orr_rlp_writer proofs[STEPS_MAX + 1];
    uint32_t n, depth;
} trace;

static void record_trace(void) {
    struct orr_evm_state *state = orr_evm_state_fork(genesis);
    struct orr_stepper *m = make(state);
    trace.n = 0;
    while (!orr_step_is_over(m)) {
        ck_assert_uint_lt(trace.n, STEPS_MAX);
        trace.states[trace.n] = orr_step_hash(m);
        trace.proofs[trace.n] = (struct orr_rlp_writer){.mem = &heap.mem};
        ck_assert_int_eq(orr_step_prove(m, &trace.proofs[trace.n++]), 0);
    }
    trace.states[trace.n] = orr_step_hash(m);
    trace.proofs[trace.n] = (struct orr_rlp_writer){.mem = &heap.mem};
    ck_assert_int_eq(orr_step_prove(m, &trace.proofs[trace.n]), 0); /* it goes on as it is */
    for (trace.depth = 1; (uint32_t)1 << trace.depth < trace.n + 2;) trace.depth++;
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
}

/* A game whose claims are hashes of states: what L1 sees. */
static struct dispute {
    uint32_t lie, n;
    struct orr_game_claim claims[MOVES_MAX];
    struct orr_hash values[MOVES_MAX];
} dispute;

static uint32_t leaf_of(uint32_t i) {
    return (uint32_t)orr_position_trace_index(dispute.claims[i].gindex, trace.depth);
}

static struct orr_hash value_at(uint32_t leaf, bool by_liar) {
    struct orr_hash hash = trace.states[leaf + 1 < trace.n ? leaf + 1 : trace.n];
    if (by_liar && leaf >= dispute.lie) hash.bytes[31] ^= 1;
    return hash;
}

static void say(uint32_t to, unsigned __int128 gindex, bool by_liar) {
    uint32_t i = dispute.n++;
    ck_assert_uint_lt(i, MOVES_MAX);
    dispute.claims[i] = (struct orr_game_claim){.parent = to, .gindex = gindex};
    dispute.values[i] = value_at(leaf_of(i), by_liar);
}

/* The claim among a claim and those that it stands on which is about that leaf. */
static struct orr_hash claimed_at(uint32_t i, uint32_t leaf) {
    while (i && leaf_of(i) != leaf) i = dispute.claims[i].parent;
    ck_assert_uint_eq(leaf_of(i), leaf);
    return dispute.values[i];
}

/* fault-dispute-game.md, "Step": L1 takes a proof that begins with the state that is claimed before
 * and says whether it comes to what is claimed after.  Returns whether the claim is countered. */
static bool step_on_l1(uint32_t claim, bool is_attack, const struct orr_rlp_writer *proof) {
    struct orr_step_shown shown;
    uint32_t leaf = leaf_of(claim), post_leaf = is_attack ? leaf : leaf + 1;
    struct orr_hash pre = !post_leaf ? trace.states[0] : claimed_at(claim, post_leaf - 1);
    uint32_t post = claim;
    while (post && leaf_of(post) != post_leaf) post = dispute.claims[post].parent;
    if (orr_step_verify(&heap.mem, proof->bytes, proof->len, &shown)) return false;
    if (!orr_hash_equal(shown.before, pre)) return false;
    bool is_valid = orr_hash_equal(shown.after, dispute.values[post]);
    uint32_t between = orr_position_depth(dispute.claims[claim].gindex) -
                       orr_position_depth(dispute.claims[post].gindex);
    return is_valid != (between % 2 == 0);
}

static uint32_t move(bool by_liar) {
    struct orr_game_action actions[MOVES_MAX];
    uint32_t n, made = 0;
    for (uint32_t i = 0; i < dispute.n; i++)
        dispute.claims[i].is_correct =
            orr_hash_equal(dispute.values[i], value_at(leaf_of(i), by_liar));
    ck_assert_int_eq(orr_game_next(&heap.mem, dispute.claims, dispute.n, trace.depth, actions, &n),
                     0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = actions[i].parent, leaf = leaf_of(to);
        unsigned __int128 g = dispute.claims[to].gindex;
        bool is_attack = actions[i].move == ORR_GAME_STEP_ATTACK;
        if (actions[i].move == ORR_GAME_ATTACK || actions[i].move == ORR_GAME_DEFEND) {
            bool attacks = actions[i].move == ORR_GAME_ATTACK;
            say(to, attacks ? orr_position_attack(g) : orr_position_defend(g), by_liar);
            made++;
            continue;
        }
        uint32_t number = is_attack ? leaf : leaf + 1;
        bool succeeds = step_on_l1(to, is_attack,
                                   &trace.proofs[number < trace.n ? number : trace.n]);
        ck_assert_int_eq(succeeds, !by_liar); /* no proof helps who is wrong */
        dispute.claims[to].is_countered = succeeds || dispute.claims[to].is_countered;
        made += succeeds;
    }
    return made;
}

START_TEST(the_honest_player_wins_wherever_a_lie_about_the_steps_begins) {
    begin(ORR_EVM_ISTHMUS);
    put_contracts();
    add_deposit(0, 3, contract);
    for (int i = 0; i < 7; i++) add_tx(&contract, 0, NULL, 0);
    record_trace();
    ck_assert_uint_ge(trace.n, 500);
    for (uint32_t lie = 0; lie < 500; lie++) {
        for (int liar_defends = 0; liar_defends < 2; liar_defends++) {
            bool stands;
            dispute = (struct dispute){.lie = lie * (trace.n - 1) / 499};
            say(0, 1, liar_defends);
            uint32_t idle = 0;
            /* ends: each level has a claim of each side at most */
            for (bool by_liar = !liar_defends; idle < 2; by_liar = !by_liar)
                idle = move(by_liar) ? 0 : idle + 1;
            ck_assert_int_eq(
                orr_game_resolve(&heap.mem, dispute.claims, dispute.n, trace.depth, &stands), 0);
            ck_assert_msg(stands != liar_defends, "a lie from step %u on", dispute.lie);
        }
    }
    for (uint32_t i = 0; i <= trace.n; i++) orr_rlp_free(&trace.proofs[i]);
    end();
}
END_TEST

/* ---- the vectors' blocks ---- */

/* Each block's steps; some of them proven, at a distance that has nothing to do with loops. */
static void walk_vector(const char *folder, const char *name, uint64_t distance) {
    char path[4200];
    struct orr_block_file q;
    struct orr_witness_file witness;
    struct orr_trie_node *trie;
    orr_heap_init(&heap);
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    ck_assert_int_eq(orr_block_file_read("test", path, &q), 0);
    snprintf(path, sizeof path, "%s/%s.witness.rlp.gz", folder, name);
    ck_assert_int_eq(orr_witness_file_read("test", path, &witness), 0);
    ck_assert_int_eq(orr_witness_file_open(&witness, &heap.mem, &q.parent.state_root, &store,
                                           &trie), 0);
    executor = orr_evm_executor_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_open(store, trie);
    struct orr_hash hash = orr_evm_header_hash(&heap.mem, &q.parent);
    struct orr_l2_parent p = {&q.config, &q.chain, &q.parent, hash, {NULL, NULL}};
    struct orr_stepper *m;
    size_t longest = 0;
    ck_assert_ptr_null(orr_step_create(executor, state, &p, &q.attributes, &m));
    while (!orr_step_is_over(m)) {
        struct orr_rlp_writer proof = {.mem = &heap.mem};
        struct orr_step_shown shown;
        if (orr_step_n(m) % distance && orr_step_peek(m).phase == ORR_STEP_INSTRUCTION) {
            ck_assert_int_eq(orr_step_next(m), 0);
            continue;
        }
        ck_assert_int_eq(orr_step_prove(m, &proof), 0);
        ck_assert_int_eq(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), 0);
        ck_assert(orr_hash_equal(shown.after, orr_step_hash(m)));
        if (proof.len > longest) longest = proof.len;
        orr_rlp_free(&proof);
    }
    ck_assert(orr_hash_equal(orr_step_block_hash(m), q.expected));
    ck_assert_uint_le(longest, ORR_STEP_PROOF_MAX);
    printf("%s: %llu steps, longest proof %zu B\n", name, (unsigned long long)orr_step_n(m),
           longest);
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    orr_witness_file_free(&witness);
    orr_block_file_free(&q);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

START_TEST(blocks_of_a_public_chain_come_to_their_hash) {
    char folder[4096];
    if (!orr_vector_is_there("rollup/blocks")) return;
    snprintf(folder, sizeof folder, "%s", orr_vector_path("rollup/blocks"));
    walk_vector(folder, "block-26207960", 211);
    walk_vector(folder, "block-26207963", 997);
}
END_TEST

ORR_TEST_MAIN("step", each_step_of_a_block_proves_and_verifies,
              creations_failures_and_precompiles_are_steps_too,
              calls_nest_and_a_revert_takes_back_what_came_below,
              a_block_that_is_not_valid_ends_so, a_proof_with_one_byte_changed_is_refused,
              a_made_up_state_crashes_nobody,
              the_honest_player_wins_wherever_a_lie_about_the_steps_begins,
              blocks_of_a_public_chain_come_to_their_hash)
