/* `orrery rollup derive`: a rollup written to files is derived from them, block by block, with its
 * heads through a reorg of L1; bad files are told with their place. */
#include <jansson.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/hex.h"
#include "tests/models/rollup/rollup_world.h"

static char folder[256];

/* ---- files ---- */

static void put_file(const char *name, json_t *moved) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(json_dump_file(moved, path, JSON_INDENT(1)), 0);
    json_decref(moved);
}

static json_t *hex(const void *bytes, size_t len) {
    char *text = malloc(2 * len + 3);
    memcpy(text, "0x", 3);
    orr_hex_encode(text + 2, bytes, len);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *rollup_json(enum orr_evm_rollup newest) {
    static const char *const names[] = {"regolith_time", "canyon_time", "delta_time",
                                        "ecotone_time", "fjord_time", "granite_time",
                                        "holocene_time", "isthmus_time"};
    static const enum orr_evm_rollup of[] = {ORR_EVM_REGOLITH, ORR_EVM_CANYON, ORR_EVM_CANYON,
                                             ORR_EVM_ECOTONE, ORR_EVM_FJORD, ORR_EVM_GRANITE,
                                             ORR_EVM_HOLOCENE, ORR_EVM_ISTHMUS};
    const struct orr_system_config *s = &l2[0].system;
    json_t *json = json_pack(
        "{s:i,s:i,s:i,s:i,s:i,s:i,s:o,s:o,s:o}", "block_time", L2_STEP, "seq_window_size", WINDOW,
        "max_sequencer_drift", 600, "channel_timeout", 4, "l2_chain_id", 901, "l1_chain_id", 1,
        "batch_inbox_address", hex(&config.inbox, 20), "deposit_contract_address",
        hex(&config.portal, 20), "l1_system_config_address", hex(&config.system_config, 20));
    struct orr_hash overhead = orr_u256_to_hash(s->overhead), scalar = orr_u256_to_hash(s->scalar);
    json_t *system = json_pack("{s:o,s:o,s:o,s:i}", "batcherAddr", hex(&s->batcher, 20), "overhead",
                               hex(&overhead, 32), "scalar", hex(&scalar, 32), "gasLimit",
                               (int)s->gas_limit);
    json_object_set_new(
        json, "genesis",
        json_pack("{s:{s:i,s:o},s:{s:i,s:o},s:i,s:o}", "l1", "number", 0, "hash",
                  hex(&l1[0].read.id.hash, 32), "l2", "number", 0, "hash",
                  hex(&l2[0].head.block.hash, 32), "l2_time", GENESIS_TIME, "system_config",
                  system));
    for (size_t i = 0; i < 8; i++)
        if (newest >= of[i]) json_object_set_new(json, names[i], json_integer(0));
    return json;
}

static json_t *genesis_json(void) {
    char address[43] = "0x";
    orr_hex_encode(address + 2, &signer, 20);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:{s:s}}}", "timestamp", "0x3e8", "gasLimit",
                     "0x1c9c380", "baseFeePerGas", "0x1", "difficulty", "0x0", "extraData", "0x",
                     "alloc", address, "balance", "0xde0b6b3a7640000");
}

static void add_l1(json_t *list, size_t i) {
    json_t *receipts = json_array();
    for (size_t k = 0; k < l1[i].n_receipts; k++)
        json_array_append_new(receipts, hex(l1[i].lent[k].bytes, l1[i].lent[k].len));
    json_array_append_new(list, json_pack("{s:o,s:o}", "block",
                                          hex(l1[i].block.bytes, l1[i].block.len), "receipts",
                                          receipts));
}

/* ---- the command ---- */

static char out[1 << 20], error[4096];

static void slurp(const char *name, char *to, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(to, 1, size - 1, f);
    to[n] = 0;
    fclose(f);
}

static int derive(const char *options) {
    char command[2048];
    snprintf(command, sizeof command, "%s rollup derive %s %s >%s/out 2>%s/err",
             getenv("ORRERY_BIN"), folder, options, folder, folder);
    int status = system(command);
    slurp("out", out, sizeof out);
    slurp("err", error, sizeof error);
    return status >> 8;
}

static void begin(enum orr_evm_rollup newest) {
    begin_rollup(newest);
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/orrery-derive-XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void end(void) {
    static const char *const names[] = {"rollup.json", "genesis.json", "l1.json", "out", "err"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    end_rollup();
}

static void grow(size_t to) {
    while (n_l1 < to) {
        size_t first = n_l2;
        for (int i = 0; i < 3; i++) {
            uint64_t time = l2[n_l2 - 1].head.block.time + L2_STEP;
            size_t origin = l2[n_l2 - 1].head.block.origin_number;
            if (origin + 1 < n_l1 && l1[origin + 1].read.id.time <= time) origin++;
            make_l2(origin, 2);
        }
        submit_blocks(first, n_l2, true, (uint8_t)n_l1);
        make_l1();
    }
}

static void put_all(enum orr_evm_rollup newest) {
    json_t *list = json_array();
    for (size_t i = 0; i < n_l1; i++) add_l1(list, i);
    put_file("l1.json", list);
    put_file("rollup.json", rollup_json(newest));
    put_file("genesis.json", genesis_json());
}

static uint64_t number(const json_t *json, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(json, key));
}

START_TEST(files_of_l1_give_the_sequencers_blocks) {
    static const enum orr_evm_rollup forks[] = {ORR_EVM_CANYON, ORR_EVM_HOLOCENE, ORR_EVM_ISTHMUS};
    for (int f = 0; f < 3; f++) {
        begin(forks[f]);
        grow(5);
        put_all(forks[f]);
        ck_assert_msg(!derive("--json --finalized 2"), "%s", error);
        json_t *json = json_loads(out, 0, NULL), *one;
        size_t i;
        ck_assert_uint_eq(number(json, "safe"), n_l2 - 1);
        ck_assert_uint_eq(number(json, "finalized"), 6);
        ck_assert_uint_eq(number(json, "l1_reorgs"), 0);
        ck_assert_uint_eq(json_array_size(json_object_get(json, "blocks")), n_l2 - 1);
        json_array_foreach(json_object_get(json, "blocks"), i, one) {
            json_t *hash = hex(&l2[i + 1].head.block.hash, 32);
            ck_assert(json_equal(json_object_get(one, "hash"), hash));
            ck_assert_uint_eq(number(one, "transactions"), 3);
            ck_assert_uint_eq(number(one, "l1_origin"), l2[i + 1].head.block.origin_number);
            json_decref(hash);
        }
        json_decref(json);
        ck_assert_int_eq(derive(""), 0);
        ck_assert_ptr_nonnull(strstr(out, "safe 12, finalized 0\n"));
        end();
    }
}
END_TEST

START_TEST(a_reorg_in_the_files_takes_back_what_came_from_blocks_that_went) {
    begin(ORR_EVM_HOLOCENE);
    grow(6);
    json_t *list = json_array();
    for (size_t i = 0; i < n_l1; i++) add_l1(list, i);
    drop_l1();
    drop_l1();
    l1_salt = 1;
    make_l1();
    add_l1(list, n_l1 - 1);
    put_all(ORR_EVM_HOLOCENE);
    put_file("l1.json", list);
    ck_assert_msg(!derive("--json"), "%s", error);
    json_t *json = json_loads(out, 0, NULL);
    ck_assert_uint_eq(number(json, "safe"), 9);
    ck_assert_uint_eq(number(json, "l1_reorgs"), 1);
    ck_assert_uint_eq(number(json, "blocks_taken_back"), 6);
    json_decref(json);
    ck_assert_int_eq(derive("--finalized 4"), 2);
    ck_assert_ptr_nonnull(strstr(error, "l1.json: block 6: it is beside a block that is final"));
    end();
}
END_TEST

/* One file changed by a function; the message must say so. */
static void expect_refused(const char *file, json_t *changed, const char *says) {
    put_all(ORR_EVM_HOLOCENE);
    put_file(file, changed);
    ck_assert_int_eq(derive(""), 2);
    ck_assert_msg(strstr(error, file) && strstr(error, says), "%s: %s", says, error);
}

START_TEST(bad_files_are_named_with_what_is_wrong) {
    static const char *const keys[] = {"block_time", "genesis", "l1_chain_id", "channel_timeout",
                                       "batch_inbox_address", "deposit_contract_address",
                                       "l1_system_config_address", "seq_window_size"};
    begin(ORR_EVM_HOLOCENE);
    grow(3);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *rollup = rollup_json(ORR_EVM_HOLOCENE);
        json_object_del(rollup, keys[i]);
        expect_refused("rollup.json", rollup, keys[i]);
    }
    json_t *genesis = genesis_json();
    json_object_set_new(genesis, "timestamp", json_string("0x3e9"));
    expect_refused("genesis.json", genesis, "another hash");
    json_t *list = json_array();
    add_l1(list, 1);
    expect_refused("l1.json", list, "block 0: the first one is not");
    list = json_array();
    add_l1(list, 0);
    add_l1(list, 2);
    expect_refused("l1.json", list, "block 1: its parent is not known");
    list = json_array();
    add_l1(list, 0);
    add_l1(list, 1);
    json_object_set_new(json_array_get(list, 1), "receipts", json_array());
    expect_refused("l1.json", list, "block 1: not a receipt for each");
    json_object_set_new(list = json_object(), "x", json_true());
    expect_refused("l1.json", list, "no array");
    put_all(ORR_EVM_HOLOCENE);
    ck_assert_int_eq(derive("another"), 2);
    ck_assert_int_eq(derive("--finalized x"), 2);
    end();
}
END_TEST

int main(void) {
    const TTest *tests[] = {files_of_l1_give_the_sequencers_blocks,
                            a_reorg_in_the_files_takes_back_what_came_from_blocks_that_went,
                            bad_files_are_named_with_what_is_wrong};
    if (!getenv("ORRERY_BIN")) {
        puts("not run: ORRERY_BIN names no program");
        return ORR_TEST_NOT_RUN;
    }
    return orr_test_run("rollup derive", tests, 3);
}
