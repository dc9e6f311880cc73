/* The index as a pure function of the branch that it follows, however that came about; what it
 * refuses, and what its rows say. */
#include "tests/models/index/index_world.h"

static struct orr_index_store store;
static struct orr_indexer *ix;

static void begin(const struct orr_index_options *options) {
    orr_heap_init(&heap);
    orr_index_store_init(&store, &heap.mem);
    ix = orr_indexer_new(&heap.mem, options, &store.sink);
}

static void end(void) {
    orr_indexer_free(ix);
    orr_index_store_fini(&store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static int add(const struct made *m) {
    struct orr_hash hash;
    const char *why = NULL;
    int error = orr_indexer_add(ix, &m->feed, &hash, &why);
    if (!error) ck_assert_mem_eq(hash.bytes, m->hash.bytes, 32);
    ck_assert((error != 0) == (why != NULL));
    return error;
}

static int follow(const struct made *m, struct orr_indexer_at *at) {
    return orr_indexer_follow(ix, &m->hash, at);
}

static void must_be(const struct made *tree, int head) {
    struct orr_hash digest = orr_index_store_digest(&store), anew = rebuilt(tree, head);
    ck_assert_mem_eq(digest.bytes, anew.bytes, 32);
}

/* ---- laws ---- */

static uint64_t depth_of(const struct made *tree, int a, int b) {
    while (a != b) /* up to where they meet */
        if (tree[a].number >= tree[b].number)
            a = tree[a].parent;
        else
            b = tree[b].parent;
    return tree[a].number;
}

/* Blocks in any order, some twice; heads anywhere in the tree, old ones among them. */
static void one_history(uint64_t seed) {
    enum { N = 90 };
    static struct made tree[N];
    dice = seed;
    begin(&world_options);
    make_tree(tree, N);
    int head = -1;
    for (int step = 0; step < 60; step++) {
        for (int k = 0; k < 4; k++) {
            int i = step < 20 ? (int)roll(N) : (int)roll(N / 2);
            ck_assert_int_eq(add(&tree[i]), 0);
        }
        int to = (int)roll(N);
        struct orr_indexer_at at;
        int error = follow(&tree[to], &at);
        if (error == ORR_ENOTFOUND) { /* then somebody brings what is missing, from the top down */
            int i = to;
            while (i >= 0 && memcmp(tree[i].hash.bytes, at.hash.bytes, 32)) i = tree[i].parent;
            ck_assert_msg(i >= 0, "seed %llu", (unsigned long long)seed);
            for (; i >= 0; i = tree[i].parent) ck_assert_int_eq(add(&tree[i]), 0);
            error = follow(&tree[to], &at);
        }
        uint64_t meet = head < 0 ? 0 : depth_of(tree, head, to);
        bool is_deep = head >= 0 && meet + world_options.window < tree[head].number;
        ck_assert_msg(error == (is_deep ? ORR_ELIMIT : 0), "seed %llu: %d",
                      (unsigned long long)seed, error);
        if (!error) head = to;
        if (step % 6 == 5) must_be(tree, head);
    }
    free_tree(tree, N);
    end();
}

START_TEST(the_index_is_that_of_its_head_after_any_history) {
    uint64_t n = getenv("EVERY") ? 10000 : 12; /* ten minutes, or half a second */
    for (uint64_t seed = 1; seed <= n; seed++) one_history(seed);
}
END_TEST

/* What a table's rows say, by the columns' names. */
static struct orr_u256 word_at(enum orr_index_table table, uint32_t i, size_t from_end) {
    size_t len;
    const uint8_t *row = orr_index_store_row(&store, table, i, &len);
    return orr_u256_load_be(row + len - from_end);
}

START_TEST(balances_sum_to_what_was_minted_less_what_was_burnt) {
    enum { N = 60 };
    static struct made tree[N];
    struct orr_indexer_at at;
    dice = 77;
    begin(&world_options);
    make_tree(tree, N);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(add(&tree[i]), 0);
        int error = follow(&tree[i], &at);
        ck_assert_int_eq(error, 0);
    }
    /* Supply: transfers from the zero address less those to it.  Held: the youngest balance of each
     * key; a later row of a key is of a higher block. */
    for (int standard = 0; standard < 3; standard++) {
        static const uint64_t standards[] = {ORR_INDEX_ERC20, ORR_INDEX_ERC721, ORR_INDEX_ERC1155};
        struct orr_u256 supply = {{0}}, held = {{0}};
        uint32_t n_balances = 0;
        size_t len;
        const uint8_t *row, zero[20] = {0};
        for (uint32_t i = 0; (row = orr_index_store_row(&store, ORR_INDEX_transfers, i, &len));
             i++) {
            struct orr_u256 amount = word_at(ORR_INDEX_transfers, i, 32);
            if (orr_load_be64(row + 24) != standards[standard]) continue;
            if (!memcmp(row + 52, zero, 20)) supply = orr_u256_add(supply, amount);
            if (!memcmp(row + 72, zero, 20)) supply = orr_u256_sub(supply, amount);
        }
        for (uint32_t i = 0; (row = orr_index_store_row(&store, ORR_INDEX_balances, i, &len));
             i++) {
            size_t other_len;
            const uint8_t *other = NULL;
            bool is_youngest = orr_load_be64(row + 28) == standards[standard];
            for (uint32_t k = i + 1; is_youngest; k++) {
                other = orr_index_store_row(&store, ORR_INDEX_balances, k, &other_len);
                if (!other) break;
                is_youngest = memcmp(row + 8, other + 8, 80) != 0;
            }
            if (!is_youngest) continue;
            held = orr_u256_add(held, word_at(ORR_INDEX_balances, i, 32));
            n_balances++;
        }
        ck_assert(orr_u256_equal(supply, held));
        ck_assert_uint_gt(n_balances, 2);
    }
    free_tree(tree, N);
    end();
}
END_TEST

START_TEST(every_row_names_a_block_that_is_there) {
    enum { N = 60 };
    static struct made tree[N];
    struct orr_indexer_at at;
    dice = 5;
    begin(&world_options);
    make_tree(tree, N);
    for (int i = 0; i < N; i++) add(&tree[i]);
    for (int i = 0; i < 40; i++) ck_assert_int_eq(follow(&tree[roll(N)], &at), 0);
    for (int t = 0; t < ORR_INDEX_N_TABLES; t++) {
        const uint8_t *row;
        size_t len;
        for (uint32_t i = 0; (row = orr_index_store_row(&store, t, i, &len)); i++) {
            struct orr_hash hash;
            ck_assert_int_eq(store.sink.hash_at(&store.sink, orr_load_be64(row), &hash), 0);
        }
    }
    free_tree(tree, N);
    end();
}
END_TEST

/* ---- what is refused ---- */

START_TEST(a_block_whose_parts_are_not_what_its_header_says_is_refused) {
    struct made m;
    dice = 3;
    begin(&world_options);
    make_block(&m, NULL, &(struct recipe){.n_txs = 3, .n_logs = 2, .log = any_log});
    struct orr_index_feed good = m.feed;
    struct orr_engine_bytes swapped[3] = {m.items[1], m.items[0], m.items[2]};
    m.feed.receipts = swapped;
    ck_assert_int_eq(add(&m), ORR_EFORMAT); /* gas used goes down */
    m.feed = good;
    m.feed.n_receipts = 2;
    ck_assert_int_eq(add(&m), ORR_ECORRUPT);
    m.feed = good;
    uint8_t *log_data = m.receipts[2].bytes + m.receipts[2].len - 1;
    *log_data ^= 1; /* the filters do not see it, the root does */
    ck_assert_int_eq(add(&m), ORR_ECORRUPT);
    *log_data ^= 1;
    for (size_t cut = 0; cut < m.receipts[0].len; cut += 7) {
        m.items[0].len = cut;
        ck_assert_int_eq(add(&m), ORR_EFORMAT);
    }
    m.items[0].len = m.receipts[0].len;
    for (size_t cut = 0; cut < m.block.len; cut += 11) {
        m.feed.len = cut;
        ck_assert_int_eq(add(&m), ORR_EFORMAT);
    }
    m.feed.len = m.block.len;
    m.feed.senders = NULL;
    m.block.bytes[m.block.len - 1] = 0xc1;
    ck_assert_int_ne(add(&m), 0);
    m.block.bytes[m.block.len - 1] = 0xc0;
    ck_assert_uint_eq(ix->n_held, 0);
    m.feed.senders = m.senders;
    ck_assert_int_eq(add(&m), 0);
    made_free(&m);
    end();
}
END_TEST

START_TEST(every_bit_of_a_block_and_its_receipts_counts) {
    struct made m;
    dice = 4;
    begin(&world_options);
    make_block(&m, NULL, &(struct recipe){.n_txs = 2, .n_logs = 1, .log = any_log});
    for (size_t i = 0; i < m.receipts[1].len; i++) {
        m.receipts[1].bytes[i] ^= 0x10;
        ck_assert_int_ne(add(&m), 0);
        m.receipts[1].bytes[i] ^= 0x10;
    }
    /* Of the block: what is not its header changes no hash, and is refused; the header's bits make
     * another block, or one whose roots are others. */
    for (size_t i = 0; i < m.block.len; i++) {
        struct orr_hash hash;
        const char *why;
        m.block.bytes[i] ^= 0x10;
        if (!orr_indexer_add(ix, &m.feed, &hash, &why)) ck_assert(!orr_hash_equal(hash, m.hash));
        m.block.bytes[i] ^= 0x10;
    }
    made_free(&m);
    end();
}
END_TEST

START_TEST(what_is_missing_is_named_and_nothing_is_guessed) {
    struct made m[4];
    struct orr_indexer_at at;
    begin(&world_options);
    for (int i = 0; i < 4; i++)
        make_block(&m[i], i ? &m[i - 1] : NULL, &(struct recipe){.salt = (uint64_t)i});
    ck_assert_int_eq(follow(&m[3], &at), ORR_ENOTFOUND);
    ck_assert_mem_eq(at.hash.bytes, m[3].hash.bytes, 32);
    ck_assert_int_eq(add(&m[3]), 0);
    ck_assert_int_eq(add(&m[2]), 0);
    ck_assert_int_eq(follow(&m[3], &at), ORR_ENOTFOUND);
    ck_assert_mem_eq(at.hash.bytes, m[1].hash.bytes, 32);
    ck_assert_uint_eq(at.number, 1);
    ck_assert(!ix->has_head);
    ck_assert_int_eq(add(&m[0]), 0);
    ck_assert_int_eq(add(&m[1]), 0);
    ck_assert_int_eq(follow(&m[3], &at), 0);
    ck_assert_uint_eq(ix->head.number, 3);
    for (int i = 0; i < 4; i++) made_free(&m[i]);
    end();
}
END_TEST

/* Two branches from block 0: `deep` blocks on the one, one more on the other. */
static int reorg_of(uint32_t window, int deep) {
    enum { MAX = 80 };
    static struct made a[MAX], b[MAX];
    const struct orr_index_options options = {.window = window, .max_held = 300};
    struct orr_indexer_at at;
    begin(&options);
    make_block(&a[0], NULL, &(struct recipe){.salt = 0});
    for (int i = 1; i <= deep; i++)
        make_block(&a[i], &a[i - 1], &(struct recipe){.n_txs = 1, .salt = 1});
    for (int i = 1; i <= deep + 1; i++)
        make_block(&b[i], i == 1 ? &a[0] : &b[i - 1], &(struct recipe){.n_txs = 1, .salt = 2});
    for (int i = 1; i <= deep + 1; i++) add(&b[i]);
    for (int i = 0; i <= deep; i++) {
        add(&a[i]);
        ck_assert_int_eq(follow(&a[i], &at), 0);
    }
    int error = follow(&b[deep + 1], &at);
    ck_assert_uint_eq(ix->head.number, (uint64_t)deep + !error);
    ck_assert_uint_eq(ix->n_cut, error ? 0 : (uint64_t)deep);
    for (int i = 0; i <= deep; i++) made_free(&a[i]);
    for (int i = 1; i <= deep + 1; i++) made_free(&b[i]);
    end();
    return error;
}

START_TEST(a_reorg_as_deep_as_the_window_is_followed_and_a_deeper_one_stops) {
    for (int deep = 1; deep <= 70; deep += 3) {
        ck_assert_int_eq(reorg_of((uint32_t)deep, deep), 0);
        if (deep > 1) ck_assert_int_eq(reorg_of((uint32_t)deep - 1, deep), ORR_ELIMIT);
        ck_assert_int_eq(reorg_of((uint32_t)deep + 1, deep), 0);
    }
}
END_TEST

START_TEST(another_first_block_is_another_chain) {
    struct made a, b, c;
    struct orr_indexer_at at;
    begin(&world_options);
    make_block(&a, NULL, &(struct recipe){.salt = 1});
    make_block(&b, NULL, &(struct recipe){.salt = 2});
    make_block(&c, &b, &(struct recipe){.salt = 2});
    add(&a), add(&b), add(&c);
    ck_assert_int_eq(follow(&a, &at), 0);
    ck_assert_int_eq(follow(&c, &at), ORR_ELIMIT);
    ck_assert_mem_eq(ix->head.hash.bytes, a.hash.bytes, 32);
    made_free(&a), made_free(&b), made_free(&c);
    end();
}
END_TEST

START_TEST(a_block_whose_number_does_not_follow_its_parents_is_never_indexed) {
    struct made a, b, c;
    struct orr_indexer_at at;
    begin(&world_options);
    make_block(&a, NULL, &(struct recipe){.salt = 1});
    a.number = 5; /* its child says that it is block 6 */
    make_block(&b, &a, &(struct recipe){.salt = 2});
    make_block(&c, &b, &(struct recipe){.salt = 2});
    add(&a), add(&b), add(&c);
    ck_assert_int_eq(follow(&c, &at), ORR_ECORRUPT);
    ck_assert(!ix->has_head);
    made_free(&a), made_free(&b), made_free(&c);
    end();
}
END_TEST

START_TEST(blocks_that_wait_have_a_limit_and_old_ones_make_room) {
    enum { N = 60 };
    static struct made m[N];
    const struct orr_index_options options = {.window = 4, .max_held = 8};
    struct orr_indexer_at at;
    begin(&options);
    for (int i = 0; i < N; i++)
        make_block(&m[i], i ? &m[i - 1] : NULL, &(struct recipe){.salt = (uint64_t)i});
    for (int i = 1; i <= 8; i++) ck_assert_int_eq(add(&m[i]), 0);
    ck_assert_int_eq(add(&m[9]), ORR_ELIMIT);
    ck_assert_int_eq(add(&m[8]), 0); /* it is there */
    ck_assert_int_eq(add(&m[0]), ORR_ELIMIT);
    orr_indexer_free(ix);
    ix = orr_indexer_new(&heap.mem, &options, &store.sink);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(add(&m[i]), 0);
        ck_assert_int_eq(follow(&m[i], &at), 0);
        ck_assert_uint_le(ix->n_held, 8);
    }
    ck_assert_int_eq(add(&m[0]), 0); /* too old to matter, and taken without a word */
    ck_assert(!orr_indexer_has(ix, &m[0].hash) && orr_indexer_has(ix, &m[N - 1].hash));
    for (int i = 0; i < N; i++) made_free(&m[i]);
    end();
}
END_TEST

/* ---- what rows say ---- */

static void a_transfer(struct orr_rlp_writer *w, struct orr_rlp_writer *data,
                       struct orr_address *address) {
    struct orr_hash name = signature_of("Transfer(address,address,uint256)");
    struct orr_address from = account(1), to = account(2);
    *address = token(1);
    write_topic(w, name.bytes, 32);
    write_topic(w, from.bytes, 20);
    write_topic(w, to.bytes, 20);
    write_word(data, orr_u256_from_u64(30));
}

START_TEST(a_transfer_is_a_row_and_two_balances_that_an_undone_block_gives_back) {
    struct made a, b, c;
    struct orr_indexer_at at;
    const struct orr_address of = token(1), holder = account(2);
    const uint8_t id[32] = {0};
    uint8_t amount[32];
    struct orr_index_row key = orr_index_row(ORR_INDEX_balances, 0);
    orr_index_add_bytes(&key, of.bytes, 20);
    orr_index_add_number(&key, ORR_INDEX_ERC20);
    orr_index_add_bytes(&key, holder.bytes, 20);
    orr_index_add_bytes(&key, id, 32);
    begin(&world_options);
    make_block(&a, NULL, &(struct recipe){.n_txs = 1, .n_logs = 1, .log = a_transfer});
    make_block(&b, &a, &(struct recipe){.n_txs = 2, .n_logs = 2, .log = a_transfer});
    make_block(&c, &a, &(struct recipe){.salt = 1});
    add(&a), add(&b), add(&c);
    ck_assert_int_eq(store.sink.latest(&store.sink, &key, amount), ORR_ENOTFOUND);
    ck_assert_int_eq(follow(&a, &at), 0);
    ck_assert_int_eq(store.sink.latest(&store.sink, &key, amount), 0);
    ck_assert_uint_eq(amount[31], 30);
    ck_assert_int_eq(follow(&b, &at), 0);
    ck_assert_int_eq(store.sink.latest(&store.sink, &key, amount), 0);
    ck_assert_uint_eq(amount[31], 150);
    ck_assert_uint_eq(store.tables[ORR_INDEX_transfers].n_rows, 5);
    ck_assert_uint_eq(store.tables[ORR_INDEX_balances].n_rows, 4); /* one a block and holder */
    ck_assert_int_eq(follow(&c, &at), 0);
    ck_assert_int_eq(store.sink.latest(&store.sink, &key, amount), 0);
    ck_assert_uint_eq(amount[31], 30);
    ck_assert_uint_eq(store.tables[ORR_INDEX_transfers].n_rows, 1);
    made_free(&a), made_free(&b), made_free(&c);
    end();
}
END_TEST

START_TEST(a_digest_tells_apart_what_differs_in_one_byte) {
    struct made a, b;
    struct orr_indexer_at at;
    dice = 9;
    begin(&world_options);
    make_block(&a, NULL, &(struct recipe){.n_txs = 2, .n_logs = 2, .log = any_log});
    make_block(&b, &a, &(struct recipe){.n_txs = 2, .n_logs = 2, .log = any_log});
    struct orr_hash none = orr_index_store_digest(&store);
    add(&a), add(&b);
    ck_assert_int_eq(follow(&a, &at), 0);
    struct orr_hash one = orr_index_store_digest(&store);
    ck_assert_int_eq(follow(&b, &at), 0);
    struct orr_hash two = orr_index_store_digest(&store);
    ck_assert(!orr_hash_equal(none, one) && !orr_hash_equal(one, two));
    ck_assert_int_eq(follow(&a, &at), 0); /* a head that goes back */
    struct orr_hash again = orr_index_store_digest(&store);
    ck_assert(orr_hash_equal(one, again));
    made_free(&a), made_free(&b);
    end();
}
END_TEST

ORR_TEST_MAIN("indexer", the_index_is_that_of_its_head_after_any_history,
              balances_sum_to_what_was_minted_less_what_was_burnt,
              every_row_names_a_block_that_is_there,
              a_block_whose_parts_are_not_what_its_header_says_is_refused,
              every_bit_of_a_block_and_its_receipts_counts,
              what_is_missing_is_named_and_nothing_is_guessed,
              a_reorg_as_deep_as_the_window_is_followed_and_a_deeper_one_stops,
              another_first_block_is_another_chain,
              a_block_whose_number_does_not_follow_its_parents_is_never_indexed,
              blocks_that_wait_have_a_limit_and_old_ones_make_room,
              a_transfer_is_a_row_and_two_balances_that_an_undone_block_gives_back,
              a_digest_tells_apart_what_differs_in_one_byte)
