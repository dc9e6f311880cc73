/* Blocks of a chain that runs them, as the index takes them. */
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "tests/models/chain/chain_world.h"

/* The digest after the whole branch of a head; trusts: who sent is taken from the chain. */
static struct orr_hash index_of(struct orr_chain *chain, bool trusts) {
    const struct orr_index_options options = {.window = 8, .max_held = 64};
    struct orr_index_store store;
    struct orr_indexer_at at;
    orr_index_store_init(&store, &heap.mem);
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &options, &store.sink);
    for (uint64_t n = 0; n <= orr_chain_number(chain->head); n++) {
        struct orr_index_feed feed;
        struct orr_hash hash;
        const char *why;
        const struct orr_hash *of = orr_chain_hash(orr_chain_at(chain, chain->head, n));
        ck_assert_int_eq(orr_index_feed_read(&heap.mem, &orr_chain_engine, chain, of, &feed), 0);
        struct orr_index_feed given = feed;
        if (!trusts) given.senders = NULL;
        ck_assert_int_eq(orr_indexer_add(ix, &given, &hash, &why), 0);
        ck_assert(orr_hash_equal(hash, *of));
        ck_assert_int_eq(orr_indexer_follow(ix, &hash, &at), 0);
        orr_index_feed_free(&heap.mem, &feed);
    }
    ck_assert_uint_eq(store.tables[ORR_INDEX_transactions].n_rows, 7);
    struct orr_hash digest = orr_index_store_digest(&store);
    orr_indexer_free(ix);
    orr_index_store_fini(&store);
    return digest;
}

static void try_fork(enum orr_evm_fork fork) {
    begin_chains(fork);
    struct orr_chain *chain = new_chain_with(&(struct orr_chain_options){
        .keep = 100, .max_open = 100, .has_receipts = true, .recovers_once = true});
    struct orr_chain_link *link = grow(chain, chain->head, 0, 3, 1);
    link = grow(chain, link, 3, 0, 1);
    link = grow(chain, link, 3, 4, 2);
    ck_assert_int_eq(orr_chain_choose(chain, link, chain->final, chain->final), 0);
    struct orr_hash one = index_of(chain, true), two = index_of(chain, false);
    ck_assert(orr_hash_equal(one, two));
    struct orr_index_feed feed;
    const struct orr_hash none = {{1}};
    ck_assert_int_eq(orr_index_feed_read(&heap.mem, &orr_chain_engine, chain, &none, &feed),
                     ORR_ENOTFOUND);
    orr_chain_free(chain);
    end_chains();
}

START_TEST(who_sent_is_found_out_as_the_chain_has_it_under_each_fork) {
    for (enum orr_evm_fork fork = ORR_FORK_EIP158; fork < ORR_N_FORKS; fork++) try_fork(fork);
}
END_TEST

ORR_TEST_MAIN("feed", who_sent_is_found_out_as_the_chain_has_it_under_each_fork)
