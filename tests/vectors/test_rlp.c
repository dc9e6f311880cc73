/* ethereum/tests RLPTests: every value encodes as published and reads back; nothing malformed is
 * read. */
#include "models/vm/rlp.h"

#include "models/base/error.h"
#include "sim/memory.h"
#include "sim/vm_json.h"
#include "tests/vectors/vectors.h"

static const char valid_file[] = "evm/ethereum-tests/RLPTests/rlptest.json";
static const char invalid_file[] = "evm/ethereum-tests/RLPTests/invalidRLPTest.json";

static void write_value(struct orr_rlp_writer *w, const json_t *value) {
    if (json_is_array(value)) {
        size_t list = orr_rlp_list_begin(w), i;
        json_t *item;
        json_array_foreach(value, i, item) write_value(w, item);
        orr_rlp_list_end(w, list);
    } else if (json_is_integer(value)) {
        orr_rlp_write_u64(w, (uint64_t)json_integer_value(value));
    } else if (json_string_value(value)[0] == '#') { /* a number of any size, decimal */
        uint8_t bytes[64] = {0};                     /* base 256, most significant first */
        for (const char *d = json_string_value(value) + 1; *d; d++) {
            unsigned carry = (unsigned)(*d - '0');
            for (size_t i = sizeof bytes; i-- > 0; carry >>= 8) {
                carry += 10u * bytes[i];
                bytes[i] = (uint8_t)carry;
            }
        }
        size_t zeros = 0;
        while (zeros < sizeof bytes && !bytes[zeros]) zeros++;
        orr_rlp_write_string(w, bytes + zeros, sizeof bytes - zeros);
    } else {
        orr_rlp_write_string(w, json_string_value(value), json_string_length(value));
    }
}

START_TEST(every_published_value_encodes_to_its_published_bytes) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    json_t *file = orr_vector_load(valid_file), *test;
    const char *name;
    json_object_foreach(file, name, test) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        struct orr_buffer expected;
        write_value(&w, json_object_get(test, "in"));
        ck_assert_int_eq(orr_json_bytes(json_object_get(test, "out"), &expected), 0);
        ck_assert_msg(w.len == expected.len && !memcmp(w.bytes, expected.bytes, w.len), "%s", name);
        ck_assert_msg(!orr_rlp_check(w.bytes, w.len), "%s", name);
        if (w.len > 1) ck_assert_msg(orr_rlp_check(w.bytes, w.len - 1), "%s cut short", name);
        free(expected.bytes);
        orr_rlp_free(&w);
    }
    ck_assert_uint_gt(json_object_size(file), 20);
    json_decref(file);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(no_published_malformed_encoding_is_accepted) {
    json_t *file = orr_vector_load(invalid_file), *test;
    const char *name;
    json_object_foreach(file, name, test) {
        struct orr_buffer bytes;
        const char *hex = json_string_value(json_object_get(test, "out"));
        ck_assert_ptr_nonnull(hex);
        if (orr_hex_decode(hex, &bytes)) continue; /* an odd digit: not even bytes */
        ck_assert_msg(orr_rlp_check(bytes.bytes, bytes.len) == ORR_EFORMAT, "%s", name);
        free(bytes.bytes);
    }
    ck_assert_uint_gt(json_object_size(file), 20);
    json_decref(file);
}
END_TEST

int main(void) {
    orr_vectors_need(valid_file);
    const TTest *tests[] = {every_published_value_encodes_to_its_published_bytes,
                            no_published_malformed_encoding_is_accepted};
    return orr_test_run("vectors.rlp", tests, 2);
}
