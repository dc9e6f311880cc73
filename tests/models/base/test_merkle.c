/* Roots: the example leaves of the Certificate Transparency reference tests (RFC 6962 trees). */
#include "models/base/merkle.h"

#include "models/base/bytes.h"
#include "models/base/rng.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static const struct { const char *bytes; size_t len; } leaves[8] = {
    {"", 0}, {"\x00", 1}, {"\x10", 1}, {"\x20\x21", 2}, {"\x30\x31", 2}, {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};

static const char *const roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void hex(const uint8_t *bytes, char *text) {
    for (int i = 0; i < 32; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

static void leaf_hashes(uint8_t (*hashes)[32], uint32_t n) {
    for (uint32_t i = 0; i < n; i++) orr_merkle_leaf(leaves[i].bytes, leaves[i].len, hashes[i]);
}

START_TEST(roots_equal_those_of_the_certificate_transparency_reference) {
    for (uint32_t n = 0; n <= 8; n++) {
        uint8_t hashes[8][32], root[32];
        char text[65];
        leaf_hashes(hashes, n);
        orr_merkle_root(hashes, n, root);
        hex(root, text);
        ck_assert_str_eq(text, roots[n]);
    }
}
END_TEST

START_TEST(a_tree_that_grows_leaf_by_leaf_has_the_same_roots) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_merkle_tree tree;
    orr_merkle_tree_init(&tree, &heap.mem);
    for (uint32_t n = 0; n <= 8; n++) {
        uint8_t root[32];
        char text[65];
        orr_merkle_tree_root(&tree, root);
        hex(root, text);
        ck_assert_str_eq(text, roots[n]);
        if (n < 8) orr_merkle_tree_set(&tree, n, leaves[n].bytes, leaves[n].len);
    }
    orr_merkle_tree_fini(&tree);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_tree_after_random_changes_equals_one_built_from_nothing) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_merkle_tree tree;
    orr_merkle_tree_init(&tree, &heap.mem);
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_NODE, 0);
    static uint64_t values[300];
    for (uint32_t turn = 0; turn < 200; turn++) {
        for (uint64_t k = orr_rng_below(&rng, 8); k > 0; k--) {
            bool append = tree.n < 300 && (!tree.n || orr_rng_below(&rng, 2));
            uint32_t at = append ? tree.n : (uint32_t)orr_rng_below(&rng, tree.n);
            values[at] = orr_rng_u64(&rng);
            orr_merkle_tree_set(&tree, at, &values[at], 8);
        }
        uint8_t hashes[300][32], want[32], got[32];
        for (uint32_t i = 0; i < tree.n; i++) orr_merkle_leaf(&values[i], 8, hashes[i]);
        orr_merkle_root(hashes, tree.n, want);
        orr_merkle_tree_root(&tree, got);
        ck_assert_mem_eq(got, want, 32);
    }
    ck_assert_uint_gt(tree.n, 50);
    values[9]++;
    orr_merkle_tree_set(&tree, 9, &values[9], 8);
    uint8_t root[32];
    ck_assert_uint_le(orr_merkle_tree_root(&tree, root), 9); /* one path, not the tree */
    orr_merkle_tree_fini(&tree);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(every_audit_path_leads_to_the_root_and_no_damaged_one_does) {
    for (uint32_t n = 1; n <= 8; n++) {
        for (uint32_t i = 0; i < n; i++) {
            uint8_t hashes[8][32], path[ORR_MERKLE_MAX_DEPTH][32], leaf[32], root[32], got[32];
            leaf_hashes(hashes, n);
            memcpy(leaf, hashes[i], 32);
            orr_merkle_root(hashes, n, root);
            leaf_hashes(hashes, n);
            uint32_t len = orr_merkle_path(hashes, n, i, path);
            const uint8_t(*p)[32] = (const uint8_t(*)[32])path;
            ck_assert(orr_merkle_climb(leaf, i, n, p, len, got));
            ck_assert_mem_eq(got, root, 32);
            ck_assert(!orr_merkle_climb(leaf, n, n, p, len, got));
            ck_assert(!orr_merkle_climb(leaf, i, n, p, len + 1, got));
            if (!len) continue;
            ck_assert(!orr_merkle_climb(leaf, i, n, p, len - 1, got));
            path[len - 1][5] ^= 1;
            ck_assert(orr_merkle_climb(leaf, i, n, p, len, got));
            ck_assert_mem_ne(got, root, 32);
        }
    }
}
END_TEST

ORR_TEST_MAIN("base.merkle", roots_equal_those_of_the_certificate_transparency_reference,
              a_tree_that_grows_leaf_by_leaf_has_the_same_roots,
              a_tree_after_random_changes_equals_one_built_from_nothing,
              every_audit_path_leads_to_the_root_and_no_damaged_one_does)
