/* ABI encodings: 180 of ethers.js (rpc/abi-values.json) and the basic ones of ethereum/tests.  What
 * the value says is encoded to the vector's bytes; what the bytes say is decoded to the vector's
 * value; every cut of them is refused. */
#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/number.h"
#include "models/index/abi.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/base/region.h"
#include "tests/vectors/vectors.h"

static struct orr_heap heap;      /* what the codec takes, and gives back */
static struct orr_region *wanted; /* what the vectors say */

/* The bytes behind "0x", or the text's own (ethereum/tests), of `wanted`; *len of them. */
static uint8_t *bytes_of(const char *text, size_t *len) {
    size_t digits = strlen(text);
    uint8_t *bytes = orr_alloc(&wanted->mem, digits + 1);
    long n = (long)digits;
    memcpy(bytes, text, digits);
    if (!strncmp(text, "0x", 2)) n = orr_hex_read(text, digits, bytes, digits);
    ck_assert_msg(n >= 0, "%s", text);
    *len = (size_t)n;
    return bytes;
}

static void word_of(const struct orr_abi_type *type, const json_t *json, uint8_t word[32]) {
    memset(word, 0, 32);
    if (type->kind == ORR_ABI_BOOL) {
        word[31] = json_is_true(json);
        return;
    }
    char number[100];
    if (json_is_integer(json))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(json));
    else
        snprintf(number, sizeof number, "%s", json_string_value(json));
    if (type->kind == ORR_ABI_FIXED_BYTES || type->kind == ORR_ABI_ADDRESS) {
        size_t len;
        const uint8_t *bytes = bytes_of(number, &len);
        ck_assert_uint_le(len, 32);
        memcpy(type->kind == ORR_ABI_ADDRESS ? word + 12 : word, bytes, len);
        return;
    }
    struct orr_u256 v;
    bool is_negative = number[0] == '-';
    ck_assert_int_eq(orr_u256_read(number + is_negative, strlen(number) - is_negative, &v), 0);
    if (is_negative) v = orr_u256_sub((struct orr_u256){{0}}, v);
    orr_u256_store_be(word, v);
}

static struct orr_abi_value value_of(const struct orr_abi_type *type, const json_t *json) {
    struct orr_abi_value value = {.n = 0};
    switch (type->kind) {
    case ORR_ABI_ARRAY:
    case ORR_ABI_LIST:
    case ORR_ABI_TUPLE:
        value.n = json_array_size(json);
        value.items = orr_alloc(&wanted->mem, value.n * sizeof *value.items);
        for (size_t i = 0; i < value.n; i++)
            value.items[i] = value_of(type->kind == ORR_ABI_TUPLE ? &type->of[i] : type->of,
                                      json_array_get(json, i));
        break;
    case ORR_ABI_STRING:
        value.bytes = (const uint8_t *)json_string_value(json);
        value.len = json_string_length(json);
        break;
    case ORR_ABI_BYTES: value.bytes = bytes_of(json_string_value(json), &value.len); break;
    default: word_of(type, json, value.word);
    }
    return value;
}

static void must_be_equal(const struct orr_abi_value *a, const struct orr_abi_value *b) {
    ck_assert_mem_eq(a->word, b->word, 32);
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_uint_eq(a->n, b->n);
    if (a->len) ck_assert_mem_eq(a->bytes, b->bytes, a->len);
    for (size_t i = 0; i < a->n; i++) must_be_equal(&a->items[i], &b->items[i]);
}

static void try_one(const struct orr_abi_type *type, const json_t *json, const char *encoded) {
    struct orr_abi_value value = value_of(type, json), read;
    struct orr_rlp_writer w = {.mem = &heap.mem};
    size_t len;
    uint8_t *bytes = bytes_of(encoded, &len);
    orr_abi_encode(type, &value, &w);
    ck_assert_uint_eq(w.len, len);
    ck_assert_mem_eq(w.bytes, bytes, len);
    ck_assert_int_eq(orr_abi_decode(&heap.mem, type, bytes, len, &read), 0);
    must_be_equal(&read, &value);
    orr_abi_value_free(&heap.mem, &read);
    for (size_t cut = 0; cut < len; cut += 32)
        ck_assert_int_eq(orr_abi_decode(&heap.mem, type, bytes, cut, &read), ORR_EFORMAT);
    orr_rlp_free(&w);
}

START_TEST(every_encoding_of_ethers_is_ours) {
    json_t *all = orr_vector_load("rpc/abi-values.json"), *test;
    size_t i;
    orr_heap_init(&heap);
    wanted = orr_region_new();
    json_array_foreach(all, i, test) {
        const char *text = json_string_value(json_object_get(test, "type"));
        struct orr_abi_type *type;
        size_t at;
        ck_assert_msg(!orr_abi_type_read(&heap.mem, text, strlen(text), &type, &at), "%s", text);
        try_one(type, json_object_get(test, "value"),
                json_string_value(json_object_get(test, "encoded")));
        orr_abi_type_free(&heap.mem, type);
    }
    printf("%zu encodings\n", i);
    ck_assert_uint_gt(i, 0);
    orr_region_free(wanted);
    json_decref(all);
}
END_TEST

START_TEST(every_basic_test_of_ethereum_is_ours) {
    if (!orr_vector_is_there("evm/ethereum-tests/ABITests/basic_abi_tests.json")) return;
    json_t *all = orr_vector_load("evm/ethereum-tests/ABITests/basic_abi_tests.json"), *test;
    const char *name;
    orr_heap_init(&heap);
    wanted = orr_region_new();
    json_object_foreach(all, name, test) {
        json_t *types = json_object_get(test, "types"), *args = json_object_get(test, "args");
        char text[400] = "(";
        for (size_t i = 0; i < json_array_size(types); i++) {
            strcat(text, i ? "," : "");
            strcat(text, json_string_value(json_array_get(types, i)));
        }
        strcat(text, ")");
        struct orr_abi_type *type;
        struct orr_abi_value value, read;
        size_t at, len;
        ck_assert_msg(!orr_abi_type_read(&heap.mem, text, strlen(text), &type, &at), "%s", text);
        char result[8000];
        snprintf(result, sizeof result, "0x%s", json_string_value(json_object_get(test, "result")));
        uint8_t *bytes = bytes_of(result, &len);
        value = value_of(type, args);
        ck_assert_int_eq(orr_abi_decode_members(&heap.mem, type, bytes, len, &read), 0);
        must_be_equal(&read, &value);
        orr_abi_value_free(&heap.mem, &read);
        orr_abi_type_free(&heap.mem, type);
    }
    orr_region_free(wanted);
    json_decref(all);
}
END_TEST

int main(void) {
    orr_vectors_need("rpc/abi-values.json");
    const TTest *tests[] = {every_encoding_of_ethers_is_ours, every_basic_test_of_ethereum_is_ours};
    return orr_test_run("abi", tests, 2);
}
