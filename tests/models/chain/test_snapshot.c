/* What a snapshot holds, the way back from it into another store, and what is refused. */
#include "models/chain/snapshot.h"

#include "models/vm/witness.h"
#include "tests/models/chain/chain_world.h"

static struct orr_pool pool;

static void begin(void) {
    begin_chains(ORR_FORK_PRAGUE);
    orr_pool_init(&pool, &heap.mem);
}
static void end(void) {
    orr_pool_fini(&pool);
    end_chains();
}

/* n blocks of two transfers each, final at once, then a call of the contract that counts. */
static struct orr_chain *long_chain(uint64_t n) {
    struct orr_chain *chain = new_chain();
    for (uint64_t i = 0; i < n; i++) {
        struct orr_chain_link *link = grow(chain, chain->final, 2 * i, 2, (uint8_t)(i + 1));
        ck_assert_ptr_nonnull(link);
        ck_assert_int_eq(orr_chain_choose(chain, link, link, link), 0);
    }
    return chain;
}

static struct orr_msg *save(const struct orr_chain *chain) {
    struct orr_evm_state *first = first_state();
    struct orr_msg *m = orr_chain_snapshot_save(chain, first, &pool);
    orr_evm_state_destroy(first);
    return m;
}

static int load(const uint8_t *bytes, size_t len, const struct orr_hash *root,
                struct orr_chain_block **block, struct orr_evm_state **state) {
    const struct orr_u256 none = {{0}};
    return orr_chain_snapshot_load(&blocks, bytes, len, root, &none, block, state);
}

START_TEST(another_store_with_the_first_state_comes_to_the_same_state_and_hashes) {
    begin();
    struct orr_chain *chain = long_chain(300);
    struct orr_msg *m = save(chain);
    struct orr_hash root = chain->final->block->block.header.state_root;
    struct orr_hash hashes[256];
    uint32_t n = 0;
    for (struct orr_chain_block *b = chain->final->block; n < 256; b = b->parent)
        hashes[n++] = b->block.hash;
    struct orr_chain_link *next = grow(chain, chain->final, 600, 3, 9);
    struct orr_hash after = *orr_chain_hash(next);
    orr_chain_free(chain);
    orr_chain_blocks_fini(&blocks); /* nothing but the message is left */
    orr_chain_blocks_init(&blocks, &heap.mem);

    chain = new_chain();
    struct orr_chain_block *block = NULL;
    struct orr_evm_state *state;
    ck_assert_int_eq(load(m->data, m->len, &root, &block, &state), 0);
    ck_assert(orr_hash_equal(orr_evm_state_root(state), root));
    n = 0;
    for (struct orr_chain_block *b = block; b; b = b->parent)
        ck_assert(orr_hash_equal(b->block.hash, hashes[n++]));
    ck_assert_uint_eq(n, 256);
    ck_assert_uint_eq(block->block.header.number, 300);

    struct orr_chain *back =
        orr_chain_new(&blocks, &config, &chain->options, &block->block.header, state);
    orr_chain_block_release(&blocks, block);
    next = grow(back, back->final, 600, 3, 9);
    ck_assert(orr_hash_equal(*orr_chain_hash(next), after));
    orr_msg_unref(&pool, m);
    orr_chain_free(back);
    orr_chain_free(chain);
    end();
}
END_TEST

START_TEST(nodes_of_the_first_state_are_not_in_it) {
    begin();
    struct orr_evm_state *first = first_state();
    struct orr_chain *chain = new_chain();
    struct orr_evm_witness *none = orr_evm_witness_create(&heap.mem);
    struct orr_trie_node *trie = orr_evm_state_trie(first);
    orr_evm_witness_add_new(none, blocks.store, trie, trie);
    ck_assert_uint_eq(orr_evm_witness_n_nodes(none), 0);
    orr_evm_witness_destroy(none);

    struct orr_evm_witness *all = orr_evm_witness_create(&heap.mem);
    struct orr_evm_witness *some = orr_evm_witness_create(&heap.mem);
    struct orr_chain_link *link = grow(chain, chain->final, 0, 1, 1);
    struct orr_trie_node *later = orr_evm_state_trie(link->run->state);
    orr_evm_witness_add_new(all, blocks.store, later, NULL);
    orr_evm_witness_add_new(some, blocks.store, later, trie);
    ck_assert_uint_gt(orr_evm_witness_n_nodes(some), 0);
    ck_assert_uint_lt(orr_evm_witness_n_nodes(some), orr_evm_witness_n_nodes(all));
    orr_evm_witness_destroy(all);
    orr_evm_witness_destroy(some);
    orr_evm_state_destroy(first);
    orr_chain_free(chain);
    end();
}
END_TEST

START_TEST(a_snapshot_that_is_cut_or_of_another_root_is_refused) {
    begin();
    struct orr_chain *chain = long_chain(3);
    struct orr_msg *m = save(chain);
    struct orr_hash root = chain->final->block->block.header.state_root;
    orr_chain_free(chain);
    struct orr_evm_state *first = first_state();
    struct orr_chain_block *block = NULL;
    struct orr_evm_state *state = NULL;
    orr_evm_state_root(first);
    for (uint32_t len = 0; len < m->len; len++)
        ck_assert_int_eq(load(m->data, len, &root, &block, &state), ORR_EFORMAT);
    struct orr_hash other = root;
    other.bytes[0] ^= 1;
    ck_assert_int_eq(load(m->data, m->len, &other, &block, &state), ORR_EFORMAT);
    ck_assert_ptr_null(block);
    ck_assert_ptr_null(state);
    orr_evm_state_destroy(first);
    orr_msg_unref(&pool, m);
    end();
}
END_TEST

START_TEST(no_changed_byte_gives_another_state) {
    begin();
    struct orr_chain *chain = long_chain(2);
    struct orr_msg *m = save(chain);
    struct orr_hash root = chain->final->block->block.header.state_root;
    orr_chain_free(chain);
    struct orr_evm_state *first = first_state();
    orr_evm_state_root(first);
    uint32_t n_refused = 0;
    for (uint32_t i = 0; i < m->len; i++) {
        struct orr_chain_block *block;
        struct orr_evm_state *state;
        m->data[i] ^= 0x10;
        if (load(m->data, m->len, &root, &block, &state)) {
            n_refused++;
        } else { /* of the last header what no hash names */
            ck_assert(orr_hash_equal(orr_evm_state_root(state), root));
            orr_evm_state_destroy(state);
            orr_chain_block_release(&blocks, block);
        }
        m->data[i] ^= 0x10;
    }
    ck_assert_uint_gt(n_refused, m->len / 2);
    ck_assert_uint_lt(n_refused, m->len);
    orr_evm_state_destroy(first);
    orr_msg_unref(&pool, m);
    end();
}
END_TEST

ORR_TEST_MAIN("chain.snapshot",
              another_store_with_the_first_state_comes_to_the_same_state_and_hashes,
              nodes_of_the_first_state_are_not_in_it,
              a_snapshot_that_is_cut_or_of_another_root_is_refused,
              no_changed_byte_gives_another_state)
