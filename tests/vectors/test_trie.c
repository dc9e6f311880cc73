/* ethereum/tests TrieTests: the published roots, from single puts in order and from one sorted
 * batch. */
#include "models/vm/trie.h"

#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/vectors/vectors.h"

static const char folder[] = "evm/ethereum-tests/TrieTests/";

struct pair {
    uint8_t nibbles[128];
    size_t n_nibbles;
    struct orr_buffer key, value;
};

/* A string, or bytes when it starts with 0x. */
static struct orr_buffer text_or_hex(const json_t *json) {
    struct orr_buffer b = {NULL, 0};
    const char *s = json_string_value(json);
    if (s && s[0] == '0' && s[1] == 'x') {
        ck_assert_int_eq(orr_hex_decode(s, &b), 0);
    } else if (s) {
        b.len = json_string_length(json);
        b.bytes = malloc(b.len + 1);
        memcpy(b.bytes, s, b.len);
    }
    return b;
}

static void add_pair(struct pair *pair, const json_t *key, const json_t *value, bool is_secure) {
    pair->key = text_or_hex(key);
    pair->value = text_or_hex(value);
    if (is_secure) {
        struct orr_hash h = orr_keccak256(pair->key.bytes, pair->key.len);
        pair->key.bytes = realloc(pair->key.bytes, 32);
        memcpy(pair->key.bytes, h.bytes, 32);
        pair->key.len = 32;
    }
    pair->n_nibbles = 2 * pair->key.len;
    ck_assert_uint_le(pair->n_nibbles, sizeof pair->nibbles);
    orr_trie_nibbles(pair->nibbles, pair->key.bytes, pair->key.len);
}

/* The later of two equal keys wins, as in a sequence of puts. */
static size_t sorted_batch(const struct pair *pairs, size_t n, struct orr_trie_entry *e) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct orr_trie_entry one = {.nibbles = pairs[i].nibbles,
                                     .n_nibbles = pairs[i].n_nibbles,
                                     .value = pairs[i].value.bytes,
                                     .value_len = pairs[i].value.len};
        size_t at = 0;
        int order = 1;
        for (; at < kept; at++) {
            size_t len = e[at].n_nibbles < one.n_nibbles ? e[at].n_nibbles : one.n_nibbles;
            order = memcmp(e[at].nibbles, one.nibbles, len);
            if (!order)
                order = (e[at].n_nibbles > one.n_nibbles) - (e[at].n_nibbles < one.n_nibbles);
            if (order >= 0) break;
        }
        if (at < kept && !order) {
            e[at] = one;
            continue;
        }
        memmove(e + at + 1, e + at, (kept - at) * sizeof e[0]);
        e[at] = one;
        kept++;
    }
    return kept;
}

static void check_case(const char *name, const json_t *test, bool is_secure) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    const json_t *in = json_object_get(test, "in");
    size_t n = 0, cap = json_is_array(in) ? json_array_size(in) : json_object_size(in);
    struct pair *pairs = calloc(cap, sizeof *pairs);
    struct orr_trie_entry *e = calloc(cap, sizeof *e);
    if (json_is_array(in)) {
        for (; n < cap; n++)
            add_pair(&pairs[n], json_array_get(json_array_get(in, n), 0),
                     json_array_get(json_array_get(in, n), 1), is_secure);
    } else {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)in, key, value) {
            json_t *k = json_string(key);
            add_pair(&pairs[n++], k, value, is_secure);
            json_decref(k);
        }
    }
    struct orr_hash expected;
    ck_assert_int_eq(orr_json_hash(json_object_get(test, "root"), &expected), 0);

    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_trie_node *one_by_one = NULL, *at_once = NULL;
    for (size_t i = 0; i < n; i++)
        orr_trie_put(store, &one_by_one, pairs[i].key.bytes, pairs[i].key.len, pairs[i].value.bytes,
                     pairs[i].value.len);
    struct orr_hash root = orr_trie_hash(one_by_one);
    ck_assert_msg(orr_hash_equal(root, expected), "%s: one by one", name);
    size_t n_kept = sorted_batch(pairs, n, e);
    ck_assert_int_eq(orr_trie_update(store, &at_once, e, n_kept), 0);
    root = orr_trie_hash(at_once);
    ck_assert_msg(orr_hash_equal(root, expected), "%s: at once", name);

    for (size_t i = 0; i < n_kept; i++) {
        struct orr_trie_value value;
        ck_assert_int_eq(orr_trie_get(store, at_once, e[i].nibbles, e[i].n_nibbles, &value), 0);
        ck_assert_uint_eq(value.len, e[i].value_len);
        if (value.len) ck_assert_mem_eq(value.value, e[i].value, value.len);
    }
    orr_trie_release(store, one_by_one);
    orr_trie_release(store, at_once);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
    for (size_t i = 0; i < n; i++) free(pairs[i].key.bytes), free(pairs[i].value.bytes);
    free(pairs);
    free(e);
}

static void check_file(const char *name, bool is_secure) {
    char path[256];
    snprintf(path, sizeof path, "%s%s", folder, name);
    if (!orr_vector_is_there(path)) return;
    json_t *file = orr_vector_load(path), *test;
    const char *key;
    json_object_foreach(file, key, test) check_case(key, test, is_secure);
    ck_assert_uint_gt(json_object_size(file), 0);
    json_decref(file);
}

START_TEST(plain_tries_have_the_published_roots) {
    check_file("trietest.json", false);
    check_file("trieanyorder.json", false);
}
END_TEST

START_TEST(tries_of_hashed_keys_have_the_published_roots) {
    check_file("trietest_secureTrie.json", true);
    check_file("trieanyorder_secureTrie.json", true);
    check_file("hex_encoded_securetrie_test.json", true);
}
END_TEST

int main(void) {
    orr_vectors_need(folder);
    const TTest *tests[] = {plain_tries_have_the_published_roots,
                            tries_of_hashed_keys_have_the_published_roots};
    return orr_test_run("vectors.trie", tests, 2);
}
