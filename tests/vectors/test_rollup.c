/* Published vectors of the OP Stack hold: places in a dispute game, source hashes, output roots, L1
 * attributes, deposits, brotli channels, batches. */
#include <string.h>

#include "models/base/error.h"
#include "models/rollup/attributes.h"
#include "models/rollup/batch.h"
#include "models/rollup/deposit.h"
#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "models/rollup/position.h"
#include "models/rollup/span.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/vectors/vectors.h"

static struct orr_heap heap;

static uint64_t u64_of(const json_t *object, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(object, key));
}
static struct orr_hash hash_of(const json_t *object, const char *key) {
    struct orr_hash hash;
    ck_assert_int_eq(orr_json_hash(json_object_get(object, key), &hash), 0);
    return hash;
}
static struct orr_buffer bytes_of(const json_t *object, const char *key) {
    struct orr_buffer bytes;
    ck_assert_int_eq(orr_json_bytes(json_object_get(object, key), &bytes), 0);
    return bytes;
}
static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

START_TEST(places_in_a_game_are_where_they_are_published) {
    json_t *all = orr_vector_load("rollup/positions.json"), *v;
    size_t i, n = 0;
    json_array_foreach(json_object_get(all, "gindex_to_position"), i, v) {
        ck_assert_uint_eq(orr_position_depth(u64_of(v, "gindex")), u64_of(v, "depth"));
        ck_assert(orr_position_index(u64_of(v, "gindex")) == u64_of(v, "index"));
        n++;
    }
    json_array_foreach(json_object_get(all, "trace_index"), i, v) {
        unsigned __int128 g = ((unsigned __int128)1 << u64_of(v, "depth")) + u64_of(v, "index");
        ck_assert(orr_position_trace_index(g, (uint32_t)u64_of(v, "max_depth")) ==
                  u64_of(v, "trace_index"));
        n++;
    }
    json_array_foreach(json_object_get(all, "attack"), i, v) {
        ck_assert(orr_position_attack(u64_of(v, "gindex")) == u64_of(v, "to"));
        n++;
    }
    json_array_foreach(json_object_get(all, "defend"), i, v) {
        ck_assert(orr_position_defend(u64_of(v, "gindex")) == u64_of(v, "to"));
        n++;
    }
    json_array_foreach(json_object_get(all, "relative_to_ancestor"), i, v) {
        ck_assert(orr_position_relative(u64_of(v, "gindex"),
                                        (uint32_t)u64_of(v, "ancestor_depth")) ==
                  u64_of(v, "relative"));
        n++;
    }
    ck_assert_uint_gt(n, 100);
    json_decref(all);
}
END_TEST

START_TEST(source_hashes_and_output_roots_are_as_published) {
    json_t *all = orr_vector_load("rollup/source-hashes.json"), *v;
    size_t i;
    json_array_foreach(all, i, v) {
        struct orr_hash wanted = hash_of(v, "source_hash"), got;
        uint64_t domain = u64_of(v, "domain");
        if (domain == ORR_SOURCE_UPGRADE) {
            got = orr_source_hash_of_upgrade(text_of(v, "intent"));
        } else {
            struct orr_hash block = hash_of(v, "l1_block_hash");
            got = orr_source_hash((enum orr_source_domain)domain, &block, u64_of(v, "number"));
        }
        ck_assert_msg(orr_hash_equal(got, wanted), "%s", text_of(v, "name"));
    }
    json_decref(all);
    all = orr_vector_load("rollup/output-root.json");
    json_array_foreach(all, i, v) {
        struct orr_hash state = hash_of(v, "state_root"), block = hash_of(v, "block_hash"),
                        passer = hash_of(v, "message_passer_storage_root");
        ck_assert(orr_hash_equal(orr_output_root(&state, &passer, &block),
                                 hash_of(v, "output_root")));
    }
    json_decref(all);
}
END_TEST

static void check_fields(const json_t *fields, const struct orr_attributes *a) {
    ck_assert_uint_eq(a->number, u64_of(fields, "number"));
    ck_assert_uint_eq(a->timestamp, u64_of(fields, "timestamp"));
    ck_assert_uint_eq(a->sequence_number, u64_of(fields, "sequence_number"));
    ck_assert_uint_eq(a->base_fee.limb[0], u64_of(fields, "base_fee"));
    ck_assert_uint_eq(a->blob_base_fee.limb[0], u64_of(fields, "blob_base_fee"));
    ck_assert_uint_eq(a->overhead.limb[0], u64_of(fields, "overhead"));
    ck_assert_uint_eq(a->scalar.limb[0], u64_of(fields, "scalar"));
    ck_assert_uint_eq(a->base_fee_scalar, u64_of(fields, "base_fee_scalar"));
    ck_assert_uint_eq(a->blob_base_fee_scalar, u64_of(fields, "blob_base_fee_scalar"));
    ck_assert_uint_eq(a->operator_fee_scalar, u64_of(fields, "operator_fee_scalar"));
    ck_assert_uint_eq(a->operator_fee_constant, u64_of(fields, "operator_fee_constant"));
    ck_assert(orr_hash_equal(a->hash, hash_of(fields, "hash")));
    struct orr_address batcher;
    ck_assert_int_eq(orr_json_address(json_object_get(fields, "batcher"), &batcher), 0);
    ck_assert_mem_eq((const uint8_t *)&a->batcher + 12, &batcher, sizeof batcher);
}

START_TEST(l1_attributes_are_read_and_written_as_published) {
    json_t *all = orr_vector_load("rollup/l1-attributes.json"), *v;
    size_t i;
    json_array_foreach(all, i, v) {
        struct orr_buffer data = bytes_of(v, "calldata");
        struct orr_attributes a;
        uint8_t written[ORR_ATTRIBUTES_BYTES_MAX];
        ck_assert_int_eq(orr_attributes_read(data.bytes, data.len, &a), 0);
        check_fields(json_object_get(v, "fields"), &a);
        ck_assert_uint_eq(orr_attributes_write(&a, written), data.len);
        ck_assert_mem_eq(written, data.bytes, data.len);
        for (size_t len = 0; len < data.len; len++)
            ck_assert_int_ne(orr_attributes_read(data.bytes, len, &a), 0);
        free(data.bytes);
    }
    json_decref(all);
}
END_TEST

START_TEST(logs_of_the_portal_are_deposits_or_refused_for_their_reason) {
    json_t *all = orr_vector_load("rollup/deposits.json"), *v;
    size_t i, t;
    json_array_foreach(all, i, v) {
        const json_t *json = json_object_get(v, "log"), *topic;
        struct orr_hash topics[8], block = hash_of(v, "l1_block_hash");
        struct orr_buffer data = bytes_of(json, "data");
        json_array_foreach(json_object_get(json, "topics"), t, topic)
            ck_assert_int_eq(orr_json_hash(topic, &topics[t]), 0);
        struct orr_rollup_log log = {topics, t, data.bytes, data.len};
        struct orr_evm_deposit deposit;
        const char *wrong = orr_deposit_from_log(&log, &block, u64_of(v, "log_index"), &deposit);
        ck_assert_msg(!strcmp(wrong ? wrong : "", text_of(v, "error")), "%s: %s",
                      text_of(v, "name"), wrong);
        if (!wrong) {
            struct orr_rlp_writer w = {.mem = &heap.mem};
            struct orr_buffer wanted = bytes_of(v, "transaction");
            orr_evm_deposit_write(&deposit, &w);
            ck_assert_uint_eq(w.len, wanted.len);
            ck_assert_mem_eq(w.bytes, wanted.bytes, w.len);
            orr_rlp_free(&w);
            free(wanted.bytes);
        }
        free(data.bytes);
    }
    json_decref(all);
}
END_TEST

START_TEST(brotli_channels_inflate_and_deflate) {
    json_t *all = orr_vector_load("rollup/brotli.json"), *v;
    size_t i;
    json_array_foreach(all, i, v) {
        struct orr_buffer body = bytes_of(v, "compressed"), plain = bytes_of(v, "decompressed");
        struct orr_rlp_writer in = {.mem = &heap.mem}, out = in, again = in;
        struct orr_inflated how;
        orr_rlp_write_raw(&in, "\1", 1);
        orr_rlp_write_raw(&in, body.bytes, body.len);
        ck_assert_int_eq(
            orr_channel_inflate(in.bytes, in.len, false, 1 << 20, &out, &how), ORR_EUNSUPPORTED);
        ck_assert_int_eq(orr_channel_inflate(in.bytes, in.len, true, 1 << 20, &out, &how), 0);
        ck_assert(how.is_whole && how.compression == ORR_COMPRESSION_BROTLI);
        ck_assert_uint_eq(out.len, plain.len);
        ck_assert_mem_eq(out.bytes, plain.bytes, out.len);
        in.len = 0;
        ck_assert_int_eq(
            orr_channel_deflate(plain.bytes, plain.len, ORR_COMPRESSION_BROTLI, &in), 0);
        ck_assert_int_eq(orr_channel_inflate(in.bytes, in.len, true, 1 << 20, &again, &how), 0);
        ck_assert_uint_eq(again.len, plain.len);
        ck_assert_mem_eq(again.bytes, plain.bytes, again.len);
        orr_rlp_free(&in), orr_rlp_free(&out), orr_rlp_free(&again);
        free(body.bytes), free(plain.bytes);
    }
    json_decref(all);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_span_cut_off_anywhere_is_refused_and_gives_its_memory_back) {
    char *bytes;
    const char *why;
    size_t len;
    ck_assert_int_eq(orr_file_read(orr_vector_path("rollup/channels/random-4-blocks.span"), 1 << 20,
                                   &bytes, &len, &why), 0);
    struct orr_span_batch span;
    struct orr_span_fault fault;
    ck_assert_int_eq(orr_span_read(&heap.mem, (uint8_t *)bytes, len, &span, &fault), 0);
    ck_assert_uint_eq(span.n_bytes, len);
    orr_span_free(&heap.mem, &span);
    for (size_t cut = 0; cut < len; cut += cut < 300 ? 1 : 61) {
        ck_assert_int_ne(orr_span_read(&heap.mem, (uint8_t *)bytes, cut, &span, &fault), 0);
        ck_assert_uint_le(fault.at, cut);
        ck_assert_ptr_nonnull(fault.what);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(bytes);
}
END_TEST

int main(void) {
    orr_vectors_need("rollup/positions.json");
    orr_heap_init(&heap);
    const TTest *tests[] = {places_in_a_game_are_where_they_are_published,
                            source_hashes_and_output_roots_are_as_published,
                            l1_attributes_are_read_and_written_as_published,
                            logs_of_the_portal_are_deposits_or_refused_for_their_reason,
                            brotli_channels_inflate_and_deflate,
                            a_span_cut_off_anywhere_is_refused_and_gives_its_memory_back};
    return orr_test_run("vectors.rollup", tests, sizeof tests / sizeof tests[0]);
}
