/* ethereum/tests RLPTests: every value encodes as published and reads back; nothing malformed is
 * read. */
#include "models/base/rlp.h"

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/vectors/vectors.h"

#define FOLDER "evm/ethereum-tests/RLPTests/"

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

/* "in" is a value, or says whether "out" is an encoding at all. */
static void check_case(const char *name, const json_t *test) {
    struct orr_buffer out;
    const json_t *in = json_object_get(test, "in");
    const char *word = json_is_string(in) ? json_string_value(in) : "";
    bool is_invalid = !strcmp(word, "INVALID"), is_valid = !strcmp(word, "VALID");
    const char *hex = json_string_value(json_object_get(test, "out"));
    ck_assert_ptr_nonnull(hex);
    if (orr_hex_decode(hex, &out)) {
        ck_assert_msg(is_invalid, "%s: an odd digit", name); /* not even bytes */
        return;
    }
    int result = orr_rlp_check(out.bytes, out.len);
    ck_assert_msg(result == (is_invalid ? ORR_EFORMAT : 0), "%s", name);
    if (!is_invalid && out.len > 1)
        ck_assert_msg(orr_rlp_check(out.bytes, out.len - 1), "%s cut short", name);
    if (!is_invalid && !is_valid) {
        struct orr_heap heap;
        orr_heap_init(&heap);
        struct orr_rlp_writer w = {.mem = &heap.mem};
        write_value(&w, in);
        ck_assert_msg(w.len == out.len && !memcmp(w.bytes, out.bytes, w.len), "%s", name);
        orr_rlp_free(&w);
        ck_assert_uint_eq(heap.used_bytes, 0);
    }
    free(out.bytes);
}

START_TEST(published_values_encode_as_published_and_nothing_malformed_is_read) {
    static const char *const files[] = {"rlptest.json", "invalidRLPTest.json",
                                        "RandomRLPTests/example.json"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, FOLDER "%s", files[i]);
        if (!orr_vector_is_there(path)) continue;
        json_t *file = orr_vector_load(path), *test;
        const char *name;
        json_object_foreach(file, name, test) check_case(name, test);
        n += json_object_size(file);
        json_decref(file);
    }
    printf("%zu cases\n", n);
    ck_assert_uint_gt(n, 0);
}
END_TEST

int main(void) {
    orr_vectors_need(FOLDER);
    const TTest *tests[] = {published_values_encode_as_published_and_nothing_malformed_is_read};
    return orr_test_run("vectors.rlp", tests, 1);
}
