/* The trie against a plain map: any sequence of updates gives the root that a fresh trie of the
 * same content has, proofs verify, and what is left of memory at the end is nothing. */
#include "models/vm/trie.h"

#include <string.h>

#include "models/base/error.h"
#include "models/vm/proof.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { N_KEYS = 200 };

struct map {
    uint8_t key[N_KEYS][4];
    size_t key_len[N_KEYS], len[N_KEYS];
    uint8_t value[N_KEYS][40];
};

/* splitmix64: the tests' own numbers, the same on every run. */
static uint64_t next_random(uint64_t *seed) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill_keys(struct map *map, uint64_t *seed) {
    memset(map, 0, sizeof *map);
    for (size_t i = 0; i < N_KEYS; i++) {
        bool is_new = false;
        while (!is_new) { /* there are far more keys than N_KEYS */
            map->key_len[i] = 1 + next_random(seed) % 4;
            for (size_t k = 0; k < 4; k++)
                map->key[i][k] = k < map->key_len[i] ? (uint8_t)(next_random(seed) % 3 * 17) : 0;
            for (size_t k = 0; k < 4 && k < map->key_len[i]; k++)
                if (next_random(seed) % 3 == 0) map->key[i][k] = (uint8_t)next_random(seed);
            is_new = true;
            for (size_t k = 0; k < i; k++)
                if (map->key_len[k] == map->key_len[i] &&
                    !memcmp(map->key[k], map->key[i], map->key_len[i]))
                    is_new = false;
        }
    }
}

static struct orr_hash fresh_root(struct orr_mem *mem, const struct map *map) {
    struct orr_evm_store *store = orr_evm_store_create(mem);
    struct orr_trie_node *root = NULL;
    for (size_t i = 0; i < N_KEYS; i++)
        if (map->len[i])
            orr_trie_put(store, &root, map->key[i], map->key_len[i], map->value[i], map->len[i]);
    struct orr_hash hash = orr_trie_hash(root);
    orr_trie_release(store, root);
    orr_evm_store_destroy(store);
    return hash;
}

/* Changes some keys in the map, and in the trie by one sorted batch. */
static void change_some(struct orr_evm_store *store, struct orr_trie_node **root, struct map *map,
                        uint64_t *seed) {
    struct orr_trie_entry e[N_KEYS];
    uint8_t nibbles[N_KEYS][8];
    size_t n = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        if (next_random(seed) % 4) continue;
        map->len[i] = next_random(seed) % 3 ? 1 + next_random(seed) % 40 : 0;
        for (size_t k = 0; k < map->len[i]; k++) map->value[i][k] = (uint8_t)next_random(seed);
        orr_trie_nibbles(nibbles[i], map->key[i], map->key_len[i]);
        struct orr_trie_entry one = {.nibbles = nibbles[i],
                                     .n_nibbles = 2 * map->key_len[i],
                                     .value = map->value[i],
                                     .value_len = map->len[i]};
        size_t at = 0;
        for (; at < n; at++) {
            size_t len = e[at].n_nibbles < one.n_nibbles ? e[at].n_nibbles : one.n_nibbles;
            int order = memcmp(e[at].nibbles, one.nibbles, len);
            if (order > 0 || (!order && e[at].n_nibbles > one.n_nibbles)) break;
        }
        memmove(e + at + 1, e + at, (n - at) * sizeof e[0]);
        e[at] = one;
        n++;
    }
    ck_assert_int_eq(orr_trie_update(store, root, e, n), 0);
}

START_TEST(batches_of_changes_give_the_root_of_a_fresh_trie_while_older_roots_live_on) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        uint64_t state = seed;
        struct map map;
        fill_keys(&map, &state);
        struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
        if (seed % 2) orr_evm_store_remember(store);
        struct orr_trie_node *root = NULL, *kept = NULL;
        struct orr_hash kept_hash = orr_trie_empty_hash;
        for (int step = 0; step < 20; step++) {
            change_some(store, &root, &map, &state);
            struct orr_hash expected = fresh_root(&heap.mem, &map), got = orr_trie_hash(root);
            ck_assert_msg(orr_hash_equal(expected, got), "seed %d step %d", (int)seed, step);
            struct orr_hash kept_now = orr_trie_hash(kept);
            ck_assert(orr_hash_equal(kept_now, kept_hash));
            if (step % 3) continue;
            orr_trie_release(store, kept);
            kept = orr_trie_retain(root);
            kept_hash = got;
        }
        orr_trie_release(store, kept);
        orr_trie_release(store, root);
        ck_assert_uint_eq(orr_evm_store_size(store).n_nodes, 0);
        orr_evm_store_destroy(store);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

static void share_all(bool remembers) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    if (remembers) orr_evm_store_remember(store);
    struct orr_trie_node *a = NULL, *b = NULL;
    uint8_t value[40] = {1};
    for (uint8_t i = 0; i < 100; i++) orr_trie_put(store, &a, &i, 1, value, sizeof value);
    size_t n = orr_evm_store_size(store).n_nodes;
    for (uint8_t i = 100; i-- > 0;) orr_trie_put(store, &b, &i, 1, value, sizeof value);
    ck_assert_ptr_eq(a, b);
    ck_assert_uint_eq(orr_evm_store_size(store).n_nodes, n);
    orr_trie_release(store, a);
    orr_trie_release(store, b);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

START_TEST(in_a_plain_store_equal_tries_share_all_their_nodes) { share_all(false); }
END_TEST

START_TEST(in_a_store_that_remembers_equal_tries_share_all_their_nodes) { share_all(true); }
END_TEST

START_TEST(proofs_show_presence_and_absence_and_no_flipped_bit_passes) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    uint64_t seed = 7;
    struct map map;
    fill_keys(&map, &seed);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_trie_node *root = NULL;
    change_some(store, &root, &map, &seed);
    change_some(store, &root, &map, &seed);
    struct orr_hash hash = orr_trie_hash(root);
    size_t n_present = 0, n_absent = 0;
    for (size_t i = 0; i < N_KEYS; i++) {
        uint8_t nibbles[8];
        struct orr_rlp_writer w = {.mem = &heap.mem};
        const uint8_t *value;
        size_t len;
        orr_trie_nibbles(nibbles, map.key[i], map.key_len[i]);
        ck_assert_int_eq(orr_evm_proof_write(store, root, nibbles, 2 * map.key_len[i], &w), 0);
        ck_assert_int_eq(
            orr_evm_proof_verify(&hash, map.key[i], map.key_len[i], w.bytes, w.len, &value, &len),
            0);
        ck_assert_uint_eq(len, map.len[i]);
        if (len) ck_assert_mem_eq(value, map.value[i], len);
        *(len ? &n_present : &n_absent) += 1;
        for (size_t at = 0; at < w.len; at += 1 + w.len / 16) { /* every node is under a hash */
            w.bytes[at] ^= (uint8_t)(1u << at % 8);
            ck_assert_int_eq(orr_evm_proof_verify(&hash, map.key[i], map.key_len[i], w.bytes, w.len,
                                                  &value, &len),
                             ORR_EFORMAT);
            w.bytes[at] ^= (uint8_t)(1u << at % 8);
        }
        struct orr_rlp_writer longer = {.mem = &heap.mem}; /* a node more than is needed */
        struct orr_rlp_reader r = orr_rlp_reader(w.bytes, w.len);
        struct orr_rlp_item all = orr_rlp_read(&r);
        size_t list = orr_rlp_list_begin(&longer);
        orr_rlp_write_raw(&longer, all.payload, all.len);
        orr_rlp_write_string(&longer, "more", 4);
        orr_rlp_list_end(&longer, list);
        ck_assert_int_eq(orr_evm_proof_verify(&hash, map.key[i], map.key_len[i], longer.bytes,
                                              longer.len, &value, &len),
                         ORR_EFORMAT);
        orr_rlp_free(&longer);
        orr_rlp_free(&w);
    }
    ck_assert_uint_gt(n_present, 20);
    ck_assert_uint_gt(n_absent, 20);
    orr_trie_release(store, root);
    orr_evm_store_destroy(store);
}
END_TEST

START_TEST(a_store_that_remembers_takes_no_list_for_another) {
    enum { N_ITEMS = 20, N_LISTS = 30 };
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    orr_evm_store_remember(store);
    uint8_t bytes[N_ITEMS][40];
    const uint8_t *items[N_ITEMS];
    size_t lens[N_ITEMS];
    uint64_t seed = 3;
    for (int round = 0; round < 4 * N_LISTS; round++) { /* often the same again */
        memset(bytes, 7, sizeof bytes);
        size_t n = 1 + next_random(&seed) % N_ITEMS;
        for (size_t i = 0; i < n; i++) {
            items[i] = bytes[i];
            lens[i] = 1 + (i + next_random(&seed) % 2) % 3;
        }
        bytes[next_random(&seed) % n][0] = (uint8_t)(next_random(&seed) % 3);
        struct orr_hash expected = orr_trie_list_root(&heap.mem, items, lens, n);
        for (int again = 0; again < 2; again++) {
            struct orr_hash got = orr_trie_list_root_in(store, items, lens, n);
            ck_assert(orr_hash_equal(got, expected));
        }
    }
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_lists_root_is_that_of_its_items_put_one_by_one) {
    enum { N_ITEMS = 400 };
    struct orr_heap heap;
    orr_heap_init(&heap);
    static uint8_t bytes[N_ITEMS][40];
    const uint8_t *items[N_ITEMS];
    size_t lens[N_ITEMS];
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_trie_node *root = NULL;
    for (size_t n = 0; n < N_ITEMS;
         n++) { /* item n is put after the root of n items was compared */
        struct orr_hash expected = orr_trie_hash(root);
        struct orr_hash got = orr_trie_list_root(&heap.mem, items, lens, n);
        ck_assert_msg(orr_hash_equal(got, expected), "%zu items", n);
        memset(bytes[n], (int)n + 1, sizeof bytes[n]);
        items[n] = bytes[n];
        lens[n] = 1 + n % sizeof bytes[n];
        struct orr_rlp_writer key = {.mem = &heap.mem};
        orr_rlp_write_u64(&key, n);
        orr_trie_put(store, &root, key.bytes, key.len, items[n], lens[n]);
        orr_rlp_free(&key);
    }
    orr_trie_release(store, root);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("vm.trie", batches_of_changes_give_the_root_of_a_fresh_trie_while_older_roots_live_on,
              in_a_plain_store_equal_tries_share_all_their_nodes,
              in_a_store_that_remembers_equal_tries_share_all_their_nodes,
              a_lists_root_is_that_of_its_items_put_one_by_one,
              a_store_that_remembers_takes_no_list_for_another,
              proofs_show_presence_and_absence_and_no_flipped_bit_passes)
