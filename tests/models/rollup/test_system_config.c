/* Logs of the system config: what each kind changes, and that a malformed one changes nothing. */
#include "models/rollup/system_config.h"

#include <string.h>

#include "models/base/rng.h"
#include "models/rollup/channel_bank.h"
#include "tests/test.h"

static struct orr_hash topics[4];
static uint8_t data[160];
static struct orr_rollup_log update;
static struct orr_system_config config;

static struct orr_u256 wei(uint64_t v) { return orr_u256_from_u64(v); }

static void begin(enum orr_config_update type, size_t n_words) {
    static const char event[] = "ConfigUpdate(uint256,uint8,bytes)";
    memset(topics, 0, sizeof topics);
    memset(data, 0, sizeof data);
    topics[0] = orr_keccak256(event, sizeof event - 1);
    topics[2] = orr_u256_to_hash(wei(type));
    data[31] = 32;
    data[63] = (uint8_t)(32 * n_words);
    update = (struct orr_rollup_log){topics, 3, data, 64 + 32 * n_words};
    config = (struct orr_system_config){.gas_limit = 1, .overhead = wei(2), .scalar = wei(3)};
}

static const char *apply(bool is_ecotone) {
    return orr_system_config_apply(&config, &update, is_ecotone);
}

START_TEST(the_event_is_the_contracts) {
    static const uint8_t published[] = {0x1d, 0x2b, 0x0b, 0xda, 0x21, 0xd5, 0x6b, 0x8b,
                                        0xd1, 0x2d, 0x4f, 0x94, 0xeb, 0xac, 0xff, 0xdf,
                                        0xb3, 0x5f, 0x5e, 0x22, 0x6f, 0x84, 0xb4, 0x61,
                                        0x10, 0x3b, 0xb8, 0xbe, 0xab, 0x63, 0x53, 0xbe};
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    ck_assert_mem_eq(topics[0].bytes, published, sizeof published);
}
END_TEST

START_TEST(each_kind_of_update_sets_its_own) {
    begin(ORR_UPDATE_BATCHER, 1);
    data[64 + 12] = 0xab;
    ck_assert_ptr_null(apply(true));
    ck_assert_uint_eq(config.batcher.bytes[0], 0xab);
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    memset(data + 64 + 24, 0xff, 8);
    ck_assert_ptr_null(apply(true));
    ck_assert_uint_eq(config.gas_limit, UINT64_MAX);
    begin(ORR_UPDATE_EIP_1559, 1);
    data[64 + 27] = 250, data[64 + 31] = 6;
    ck_assert_ptr_null(apply(true));
    ck_assert(config.denominator == 250 && config.elasticity == 6);
    begin(ORR_UPDATE_OPERATOR_FEE, 1);
    data[64 + 20] = 1, data[64 + 31] = 9;
    ck_assert_ptr_null(apply(true));
    ck_assert(config.operator_fee_scalar == 1u << 24 && config.operator_fee_constant == 9);
    begin(ORR_UPDATE_UNSAFE_SIGNER, 1);
    struct orr_system_config before = config;
    update.data_len = 3; /* nobody reads it */
    ck_assert_ptr_null(apply(true));
    ck_assert_mem_eq(&before, &config, sizeof config);
}
END_TEST

START_TEST(scalars_are_packed_from_ecotone_on_and_others_change_nothing) {
    uint32_t base, blob;
    begin(ORR_UPDATE_FEE_SCALARS, 2);
    data[95] = 7, data[127] = 8;
    ck_assert_ptr_null(apply(false));
    ck_assert(orr_u256_equal(config.overhead, wei(7)) && orr_u256_equal(config.scalar, wei(8)));
    begin(ORR_UPDATE_FEE_SCALARS, 2);
    data[95] = 7, data[96] = 1, data[123] = 5, data[127] = 8;
    ck_assert_ptr_null(apply(true));
    ck_assert(orr_u256_is_zero(config.overhead));
    ck_assert(orr_ecotone_scalars(&config.scalar, &base, &blob));
    ck_assert(base == 8 && blob == 5);
    for (int i = 0; i < 3; i++) {
        begin(ORR_UPDATE_FEE_SCALARS, 2);
        if (i == 0) data[96] = 2;               /* a version that is not known */
        if (i == 1) data[123] = 1;              /* version 0 has no blob scalar */
        if (i == 2) data[96] = 1, data[119] = 1; /* padding */
        ck_assert_ptr_null(apply(true));
        ck_assert(orr_u256_equal(config.scalar, wei(3)) && orr_u256_equal(config.overhead, wei(2)));
    }
}
END_TEST

START_TEST(a_malformed_update_is_named_and_changes_nothing) {
    static const struct {
        enum orr_config_update type;
        size_t byte;
        uint8_t value;
        const char *wrong;
    } cases[] = {{ORR_UPDATE_GAS_LIMIT, 31, 33, "offset"},
                 {ORR_UPDATE_GAS_LIMIT, 0, 1, "offset"},
                 {ORR_UPDATE_GAS_LIMIT, 63, 31, "length"},
                 {ORR_UPDATE_GAS_LIMIT, 63, 64, "length"},
                 {ORR_UPDATE_GAS_LIMIT, 64 + 23, 1, "number"},
                 {ORR_UPDATE_BATCHER, 64 + 11, 1, "number"},
                 {ORR_UPDATE_EIP_1559, 64 + 23, 1, "number"},
                 {ORR_UPDATE_OPERATOR_FEE, 64 + 19, 1, "number"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i].type, 1);
        struct orr_system_config before = config;
        data[cases[i].byte] = cases[i].value;
        const char *wrong = apply(true);
        ck_assert_msg(wrong && !strcmp(wrong, cases[i].wrong), "case %zu: %s", i,
                      wrong ? wrong : "taken");
        ck_assert_mem_eq(&before, &config, sizeof config);
    }
    for (size_t len = 0; len <= 160; len++) {
        if (len == 96) continue;
        begin(ORR_UPDATE_GAS_LIMIT, 1);
        update.data_len = len;
        ck_assert_str_eq(apply(true), "length");
    }
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    topics[2] = orr_u256_to_hash(wei(ORR_N_UPDATES));
    ck_assert_str_eq(apply(true), "type");
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    topics[2].bytes[0] = 1;
    ck_assert_str_eq(apply(true), "type");
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    topics[1].bytes[31] = 1;
    ck_assert_str_eq(apply(true), "version");
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    topics[0].bytes[0] ^= 1;
    ck_assert_str_eq(apply(true), "event");
    begin(ORR_UPDATE_GAS_LIMIT, 1);
    for (update.n_topics = 0; update.n_topics <= 4; update.n_topics++)
        if (update.n_topics != 3) ck_assert_str_eq(apply(true), "topics");
}
END_TEST

/* ---- frames in order (Holocene) ---- */

static struct orr_frame frame(char channel, uint16_t number, bool is_last) {
    return (struct orr_frame){.channel = {(uint8_t)channel}, .number = number, .is_last = is_last};
}

START_TEST(frames_are_pruned_as_the_frame_queues_rules_say) {
    /* a letter per channel, its case says whether the frame is the last (A: last); then number */
    static const struct {
        const char *in, *out;
    } cases[] = {{"", ""},
                 {"a0a1A2", "a0a1A2"},
                 {"a0a2A1", "a0A1"},            /* a gap goes */
                 {"A0a1", "A0"},                /* nothing is behind an end */
                 {"a0b0B1", "b0B1"},            /* a first frame ends what was unfinished */
                 {"a0a1b0B1", "b0B1"},          /* all of it */
                 {"a0b1A1", "a0A1"},            /* no channel begins with its second frame */
                 {"A0b0B1", "A0b0B1"},
                 {"a0A1b0c0C1", "a0A1c0C1"},
                 {"a5A6", "a5A6"},              /* it may go on with what came before */
                 {"a0a0A1", "a0A1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_frame frames[8];
        size_t n = strlen(cases[i].in) / 2, before = n;
        for (size_t k = 0; k < n; k++) {
            char c = cases[i].in[2 * k];
            frames[k] = frame((char)(c | 0x20), (uint16_t)(cases[i].in[2 * k + 1] - '0'),
                              !(c & 0x20));
        }
        size_t taken = orr_frames_prune(frames, &n);
        ck_assert_uint_eq(n, strlen(cases[i].out) / 2);
        ck_assert_uint_eq(taken, before - n);
        for (size_t k = 0; k < n; k++) {
            char c = cases[i].out[2 * k];
            ck_assert_uint_eq(frames[k].channel[0], (uint8_t)(c | 0x20));
            ck_assert_uint_eq(frames[k].number, (uint16_t)(cases[i].out[2 * k + 1] - '0'));
            ck_assert_int_eq(frames[k].is_last, !(c & 0x20));
        }
    }
}
END_TEST

START_TEST(pruned_frames_are_pruned_already) {
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_NODE, 0);
    for (int round = 0; round < 2000; round++) {
        struct orr_frame frames[8], again[8];
        size_t n = orr_rng_below(&rng, 9), m;
        for (size_t k = 0; k < n; k++)
            frames[k] = frame((char)orr_rng_below(&rng, 2), (uint16_t)orr_rng_below(&rng, 3),
                              !orr_rng_below(&rng, 3));
        orr_frames_prune(frames, &n);
        memcpy(again, frames, sizeof again);
        m = n;
        ck_assert_uint_eq(orr_frames_prune(again, &m), 0);
        for (size_t k = 1; k < n; k++) {
            bool is_same = frames[k].channel[0] == frames[k - 1].channel[0];
            ck_assert(is_same && !frames[k - 1].is_last
                          ? frames[k].number == frames[k - 1].number + 1
                          : frames[k - 1].is_last && !frames[k].number && !is_same);
        }
    }
}
END_TEST

ORR_TEST_MAIN("system_config", the_event_is_the_contracts, each_kind_of_update_sets_its_own,
              scalars_are_packed_from_ecotone_on_and_others_change_nothing,
              a_malformed_update_is_named_and_changes_nothing,
              frames_are_pruned_as_the_frame_queues_rules_say, pruned_frames_are_pruned_already)
