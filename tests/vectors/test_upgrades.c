/* Network upgrades: the transactions are the published ones, byte for byte, and what they deploy
 * has the code hashes that the specifications demand. */
#include "models/rollup/upgrade.h"

#include "models/base/hex.h"
#include "models/rollup/verifier.h"
#include "models/vm/host.h"
#include "sim/base/json.h"
#include "tests/models/rollup/rollup_world.h"
#include "tests/vectors/vectors.h"

enum { FORK_TIME = GENESIS_TIME + 12, HEX_BYTES_MAX = 40000 };

/* A file of the vectors, in hexadecimal. */
static size_t read_hex(const char *name, uint8_t *to, size_t cap) {
    char path[64], text[HEX_BYTES_MAX];
    snprintf(path, sizeof path, "rollup/upgrades/%s.hex", name);
    FILE *f = fopen(orr_vector_path(path), "r");
    ck_assert_msg(f != NULL, "%s", path);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert_uint_lt(n, sizeof text);
    while (n && text[n - 1] == '\n') n--;
    long len = orr_hex_read(text, n, to, cap);
    ck_assert_msg(len > 0, "%s", path);
    return (size_t)len;
}

static uint8_t code_bytes[ORR_N_UPGRADE_CODES][HEX_BYTES_MAX / 2];

static struct orr_upgrade_codes read_codes(void) {
    static const char *const names[] = {[ORR_UPGRADE_ECOTONE_L1_BLOCK] = "l1_block_ecotone",
                                        [ORR_UPGRADE_ECOTONE_ORACLE] = "gpo_ecotone",
                                        [ORR_UPGRADE_FJORD_ORACLE] = "gpo_fjord",
                                        [ORR_UPGRADE_ISTHMUS_L1_BLOCK] = "l1_block_isthmus",
                                        [ORR_UPGRADE_ISTHMUS_ORACLE] = "gpo_isthmus",
                                        [ORR_UPGRADE_ISTHMUS_VAULT] = "ofv_isthmus"};
    struct orr_upgrade_codes codes;
    for (size_t i = 0; i < ORR_N_UPGRADE_CODES; i++)
        codes.code[i] = (struct orr_rollup_tx){
            code_bytes[i], read_hex(names[i], code_bytes[i], sizeof code_bytes[i])};
    return codes;
}

static size_t expect_txs(const char *fork, size_t n, const uint8_t *at, const size_t *sizes) {
    size_t total = 0;
    for (size_t i = 0; i < n; total += sizes[i++]) {
        uint8_t wanted[HEX_BYTES_MAX / 2];
        char name[32];
        snprintf(name, sizeof name, "%s_tx_%zu", fork, i);
        size_t len = read_hex(name, wanted, sizeof wanted);
        ck_assert_msg(len == sizes[i] && !memcmp(at + total, wanted, len), "%s", name);
    }
    return total;
}

START_TEST(upgrade_transactions_are_the_published_ones) {
    struct orr_upgrade_codes codes = read_codes();
    struct orr_rollup_config c = {.block_time = 2,
                                  .ecotone_time = 100,
                                  .fjord_time = 101,
                                  .granite_time = 200,
                                  .holocene_time = 300,
                                  .isthmus_time = 102,
                                  .upgrades = &codes};
    static const struct {
        uint64_t time;
        size_t n;
    } blocks[] = {{99, 0}, {100, 6}, {101, 9}, {102, 11}, {103, 8}, {104, 0}};
    orr_heap_init(&heap);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        size_t sizes[ORR_UPGRADE_TXS_MAX], at = 0, k = 0;
        uint64_t time = blocks[i].time;
        ck_assert_uint_eq(orr_upgrade_write(&c, time, &w, sizes), blocks[i].n);
        ck_assert(orr_upgrade_is_first(&c, time) == (blocks[i].n != 0));
        bool is_ecotone = time == 100 || time == 101, is_fjord = time == 101 || time == 102;
        if (is_ecotone) at += expect_txs("ecotone", 6, w.bytes, sizes), k += 6;
        if (is_fjord) at += expect_txs("fjord", 3, w.bytes + at, sizes + k), k += 3;
        if (time == 102 || time == 103) at += expect_txs("isthmus", 8, w.bytes + at, sizes + k);
        ck_assert_uint_eq(at, w.len);
        orr_rlp_free(&w);
    }
    ck_assert(orr_upgrade_is_first(&c, 200) && orr_upgrade_is_first(&c, 301));
    ck_assert(!orr_upgrade_is_first(&c, 302));
    c.upgrades = NULL;
    ck_assert_str_eq(orr_upgrade_missing(&c, 100), "ecotone-l1-block-deployment");
    ck_assert_str_eq(orr_upgrade_missing(&c, 102), "fjord-gas-price-oracle-deployment");
    ck_assert_ptr_null(orr_upgrade_missing(&c, 200)); /* Granite deploys nothing */
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

static void expect_code(struct orr_evm_state *state, const uint8_t from[20], const char *hash) {
    struct orr_address deployer, made;
    uint8_t wanted[32];
    memcpy(deployer.bytes, from, 20);
    made = orr_evm_create_address(&deployer, 0);
    ck_assert_int_eq(orr_hex_read(hash, strlen(hash), wanted, 32), 32);
    struct orr_hash got = orr_evm_state_code_hash(state, &made);
    char text[65];
    orr_hex_encode(text, &got, 32);
    ck_assert_msg(!memcmp(got.bytes, wanted, 32), "%s is not %s", text, hash);
}

static const struct {
    uint8_t from[20];
    const char *hash; /* of the code; the specifications' */
    uint64_t number;  /* of the block after which it is there */
} made[] = {{{0x42, 0x10, [19] = 0},
             "c88a313aa75dc4fbf0b6850d9f9ae41e04243b7008cf3eadb29256d4a71c1dfd",
             6},
            {{0x42, 0x10, [19] = 1},
             "8b71360ea773b4cfaf1ae6d2bd15464a4e1e2e360f786e475f63aeaed8da0ae5",
             6},
            {{0x42, 0x10, [19] = 2},
             "a88fa50a2745b15e6794247614b5298483070661adacb8d32d716434ed24c6b2",
             9},
            {{0x42, 0x10, [19] = 3},
             "8e3fe7a416d3e5f3b7be74ddd4e7e58e516fa3f80b67c6d930e3cd7297da4a4b",
             12},
            {{0x42, 0x10, [19] = 4},
             "4d195a9d7caf9fb6d4beaf80de252c626c853afd5868c4f4f8d19c9d301c2679",
             12},
            {{0x42, 0x10, [19] = 5},
             "57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971",
             12},
            {{0x34, 0x62, 0x41, 0x3a, 0xf4, 0x60, 0x90, 0x98, 0xe1, 0xe2,
              0x7a, 0x49, 0x0f, 0x55, 0x4f, 0x26, 0x02, 0x13, 0xd6, 0x85},
             "6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d",
             12}};

/* Blocks up to L1's tenth; the first of a fork has no transactions. */
static void grow_over_forks(void) {
    while (n_l1 < 10) {
        size_t first = n_l2;
        for (int i = 0; i < 3; i++) {
            uint64_t time = l2[n_l2 - 1].head.block.time + L2_STEP;
            size_t origin = l2[n_l2 - 1].head.block.origin_number;
            if (origin + 1 < n_l1 && l1[origin + 1].read.id.time <= time) origin++;
            make_l2(origin, orr_upgrade_is_first(&config, time) ? 0 : 1);
        }
        submit_blocks(first, n_l2, true, (uint8_t)n_l1);
        make_l1();
    }
}

static struct orr_verifier *follow_all(void) {
    struct orr_verifier_genesis genesis = {
        .config = &config, .l1_config = orr_evm_chain_mainnet(), .store = store,
        .header = &l2[0].header, .system = &l2[0].system, .l1_hash = l1[0].read.id.hash};
    struct orr_verifier *v =
        orr_verifier_create(&heap.mem, &genesis, orr_evm_state_fork(l2[0].state));
    for (size_t i = 0; i < n_l1; i++) {
        const char *bad = orr_verifier_l1(v, l1[i].block.bytes, l1[i].block.len, l1[i].lent,
                                          l1[i].n_receipts, NULL, 0);
        ck_assert_msg(!bad, "L1 block %zu: %s", i, bad);
    }
    return v;
}

/* Each fork begins in the middle of a chain; who derives it has what the sequencer has. */
START_TEST(forks_begin_within_a_chain_and_deploy_what_the_specifications_say) {
    struct orr_upgrade_codes codes = read_codes();
    begin_rollup(ORR_EVM_CANYON);
    config.upgrades = &codes;
    config.ecotone_time = FORK_TIME;
    config.fjord_time = config.granite_time = FORK_TIME + 5; /* between two blocks */
    config.holocene_time = config.isthmus_time = FORK_TIME + 12;
    orr_l2_chain_init(&chain, &config);
    grow_over_forks();
    struct orr_verifier *v = follow_all();
    ck_assert_uint_eq(orr_verifier_n_blocks(v), n_l2);
    ck_assert(orr_hash_equal(orr_verifier_block(v, n_l2 - 1)->head.block.hash,
                             l2[n_l2 - 1].head.block.hash));
    ck_assert_uint_eq(orr_verifier_block(v, 6)->n_deposits, 7);
    ck_assert_uint_eq(orr_verifier_block(v, 6)->n_users, 0);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        struct orr_address deployer;
        memcpy(deployer.bytes, made[i].from, 20);
        struct orr_address at = orr_evm_create_address(&deployer, 0);
        expect_code(orr_verifier_block(v, made[i].number)->state, made[i].from, made[i].hash);
        ck_assert(!orr_evm_state_nonce(orr_verifier_block(v, made[i].number - 1)->state, &at));
    }
    orr_verifier_destroy(v);
    end_rollup();
}
END_TEST

int main(void) {
    const TTest *tests[] = {upgrade_transactions_are_the_published_ones,
                            forks_begin_within_a_chain_and_deploy_what_the_specifications_say};
    orr_vectors_need("rollup/upgrades/ecotone_tx_0.hex");
    return orr_test_run("upgrades", tests, 2);
}
