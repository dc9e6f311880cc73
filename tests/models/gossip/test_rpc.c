/* The RPC codec at its edges; whole RPCs of other implementations are in tests/vectors. */
#include "models/gossip/rpc.h"

#include "models/base/rng.h"
#include "sim/base/memory.h"
#include "tests/models/gossip/hex.h"

static struct orr_heap heap;

static int count(const char *hex, struct orr_rpc_counts *counts) {
    uint8_t bytes[4096];
    return orr_rpc_count(bytes, unhex(hex, bytes), ORR_RPC_MAX_ITEMS, counts);
}
static int read_hex(const char *hex) {
    struct orr_rpc_counts counts;
    return count(hex, &counts);
}

START_TEST(what_the_router_sends_are_the_bytes_of_other_implementations) {
    uint8_t bytes[64];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_rpc_put_subscription(&w, blob("t"), 1);
    wants_hex(&w, "0a050801120174");
    w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w);
    orr_rpc_put_graft(&w, blob("t"));
    orr_proto_end(&w, control);
    wants_hex(&w, "1a051a030a0174");
    w = orr_writer(bytes, sizeof bytes);
    control = orr_rpc_begin_control(&w);
    size_t prune = orr_rpc_begin_prune(&w, blob("t"));
    orr_rpc_end_prune(&w, prune, true, 60);
    orr_proto_end(&w, control);
    wants_hex(&w, "1a0722050a0174183c");
}
END_TEST

START_TEST(a_writer_that_is_too_small_by_one_byte_says_so) {
    uint8_t bytes[300], data[200] = {0};
    struct orr_rpc_content content = {.data = {data, sizeof data}, .topic = blob("t")};
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_rpc_put_message(&w, &content);
    size_t len = orr_written(&w);
    ck_assert_uint_eq(len, 1 + 2 + 3 + 200 + 3); /* the length of 206 bytes takes two */
    for (size_t cap = 0; cap < len; cap++) {
        w = orr_writer(bytes, cap);
        orr_rpc_put_message(&w, &content);
        ck_assert(w.bad);
    }
    w = orr_writer(bytes, len);
    orr_rpc_put_message(&w, &content);
    ck_assert(!w.bad);
}
END_TEST

START_TEST(malformed_tags_and_lengths_are_refused) {
    static const char *const bad[] = {
        "02", "0200",                   /* field number 0                       */
        "0e00", "0f00",                 /* wire types 6, 7                      */
        "08", "0880", "0a", "0a01",     /* cut: value, varint, length, content  */
        "0d010203", "0901020304050607", /* cut: fixed32, fixed64                */
        "0c",                           /* a group's end alone                  */
        "0b", "0b0801", "0b14",         /* a group without its end, or another's */
        "8080808010" "00",              /* a tag of 33 bits                     */
        "888080808000" "00",            /* a tag of 6 bytes                     */
        "0affffffffffffffffff01",       /* a length of 64 bits                  */
        "0a808080801000",               /* 2^32                                 */
        "08ffffffffffffffffff8000",     /* a varint of 11 bytes                 */
        "0a0208", "1a020a01",           /* inside                               */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(read_hex(bad[i]) == ORR_EFORMAT, "%s", bad[i]);
    static const char *const good[] = {
        "", "0b0c", "0b13140c", "f8ffffff0f00", "08ffffffffffffffffff01", "0a00", "888080800000",
        "0a8000", "1a00", "1a001a00",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(read_hex(good[i]) == 0, "%s", good[i]);
}
END_TEST

START_TEST(groups_nest_to_a_hundred_and_no_deeper) {
    char hex[4 * ORR_PROTO_DEPTH + 16];
    for (int depth = ORR_PROTO_DEPTH; depth <= ORR_PROTO_DEPTH + 1; depth++) {
        size_t n = 0;
        for (int i = 0; i < depth; i++) n += (size_t)sprintf(hex + n, "0b");
        for (int i = 0; i < depth; i++) n += (size_t)sprintf(hex + n, "0c");
        ck_assert_int_eq(read_hex(hex), depth > ORR_PROTO_DEPTH ? ORR_EFORMAT : 0);
    }
}
END_TEST

START_TEST(entries_are_bounded_over_all_lists) {
    uint8_t bytes[64];
    struct orr_rpc_counts counts;
    /* one subscription, one IHAVE of two ids, one PRUNE with one peer: 1 + 3 + 2 entries */
    uint32_t len = unhex("0a0208011a10" "0a06120101120102" "220612040a02ffff", bytes);
    ck_assert_int_eq(orr_rpc_count(bytes, len, 6, &counts), 0);
    ck_assert_uint_eq(counts.ids, 2);
    ck_assert_uint_eq(counts.peers, 1);
    ck_assert_int_eq(orr_rpc_count(bytes, len, 5, &counts), ORR_ELIMIT);
    ck_assert_uint_eq(counts.ids, 2); /* untouched */
}
END_TEST

START_TEST(a_control_that_comes_twice_is_merged_and_written_as_one) {
    uint8_t bytes[64], again[64], room[512] __attribute__((aligned(8)));
    uint32_t len = unhex("1a051a030a01741a051a030a0175", bytes);
    struct orr_rpc_counts counts;
    struct orr_rpc rpc;
    ck_assert_int_eq(orr_rpc_count(bytes, len, 10, &counts), 0);
    ck_assert_uint_eq(counts.graft, 2);
    ck_assert_uint_le(orr_rpc_table_bytes(&counts), sizeof room);
    orr_rpc_read(bytes, len, &counts, room, &rpc);
    struct orr_writer w = orr_writer(again, sizeof again);
    orr_rpc_write(&w, bytes, &rpc);
    wants_hex(&w, "1a0a1a030a01741a030a0175");
}
END_TEST

START_TEST(a_field_that_comes_twice_is_the_last_one) {
    uint8_t bytes[64], room[512] __attribute__((aligned(8)));
    uint32_t len = unhex("0a0a08010800120174120175", bytes);
    struct orr_rpc_counts counts;
    struct orr_rpc rpc;
    ck_assert_int_eq(orr_rpc_count(bytes, len, 10, &counts), 0);
    orr_rpc_read(bytes, len, &counts, room, &rpc);
    ck_assert_uint_eq(rpc.subscriptions[0].subscribe, 0);
    ck_assert(orr_blob_equal(orr_slice_blob(bytes, rpc.subscriptions[0].topic), blob("u")));
}
END_TEST

/* One of each field. */
static uint32_t write_everything(uint8_t *bytes, size_t cap) {
    struct orr_rpc_content message = {blob("from"),  blob("data"),      blob("seqno"),
                                      blob("topic"), blob("signature"), blob("key")};
    struct orr_writer w = orr_writer(bytes, cap);
    orr_rpc_put_subscription(&w, blob("t"), 0);
    orr_rpc_put_message(&w, &message);
    size_t control = orr_rpc_begin_control(&w), list = orr_rpc_begin_ihave(&w, blob("t"));
    orr_rpc_put_ihave_id(&w, blob("one"));
    orr_rpc_put_ihave_id(&w, blob("two"));
    orr_proto_end(&w, list);
    list = orr_rpc_begin_iwant(&w);
    orr_rpc_put_id(&w, blob("three"));
    orr_proto_end(&w, list);
    orr_rpc_put_graft(&w, blob("t"));
    list = orr_rpc_begin_prune(&w, blob("t"));
    orr_rpc_put_peer(&w, blob("peer"), blob("record"));
    orr_rpc_end_prune(&w, list, true, 300);
    list = orr_rpc_begin_idontwant(&w);
    orr_rpc_put_id(&w, blob("four"));
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    ck_assert(!w.bad);
    return (uint32_t)orr_written(&w);
}

/* Bytes at random, and a good RPC with some of them changed: what is read can be written, reads
 * as the same again, and is then written as it is. */
START_TEST(whatever_is_accepted_is_written_the_same_way_twice) {
    uint8_t seed_rpc[128];
    uint32_t seed_len = write_everything(seed_rpc, sizeof seed_rpc);
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_WORKLOAD, 0);
    orr_heap_init(&heap);
    uint32_t n_good = 0;
    for (uint32_t turn = 0; turn < 200000; turn++) {
        uint8_t bytes[128], once[128], twice[128];
        uint32_t len = turn % 4 ? seed_len : (uint32_t)orr_rng_below(&rng, 64);
        memcpy(bytes, seed_rpc, seed_len);
        if (turn % 4 == 0)
            for (uint32_t i = 0; i < len; i++) bytes[i] = (uint8_t)orr_rng_u64(&rng);
        else
            for (uint64_t k = orr_rng_below(&rng, 4); k < 4; k++)
                bytes[orr_rng_below(&rng, len)] ^= (uint8_t)(1u << orr_rng_below(&rng, 8));
        struct orr_rpc_counts counts, again;
        if (orr_rpc_count(bytes, len, ORR_RPC_MAX_ITEMS, &counts)) continue;
        n_good++;
        size_t size = orr_rpc_table_bytes(&counts) + 8;
        void *room = orr_alloc(&heap.mem, size);
        struct orr_rpc rpc;
        orr_rpc_read(bytes, len, &counts, room, &rpc);
        struct orr_writer w = orr_writer(once, len);
        orr_rpc_write(&w, bytes, &rpc);
        ck_assert(!w.bad);
        uint32_t n = (uint32_t)orr_written(&w);
        ck_assert_int_eq(orr_rpc_count(once, n, ORR_RPC_MAX_ITEMS, &again), 0);
        ck_assert_mem_eq(&again, &counts, sizeof counts);
        orr_rpc_read(once, n, &again, room, &rpc);
        w = orr_writer(twice, n);
        orr_rpc_write(&w, once, &rpc);
        ck_assert(!w.bad && orr_written(&w) == n && !memcmp(once, twice, n));
        orr_free(&heap.mem, room, size);
    }
    ck_assert_uint_gt(n_good, 10000);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("gossip rpc", what_the_router_sends_are_the_bytes_of_other_implementations,
              a_writer_that_is_too_small_by_one_byte_says_so,
              malformed_tags_and_lengths_are_refused, groups_nest_to_a_hundred_and_no_deeper,
              entries_are_bounded_over_all_lists,
              a_control_that_comes_twice_is_merged_and_written_as_one,
              a_field_that_comes_twice_is_the_last_one,
              whatever_is_accepted_is_written_the_same_way_twice)
