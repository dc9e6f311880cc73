/* Commits as bytes: whoever follows them holds what their author holds, from any commit on, twice
 * or cut off; bytes that are none change nothing; what is safe and final. */
#include "models/index/change.h"
#include "tests/models/index/index_world.h"

enum { N = 120 };
static struct made tree[N];

/* A store, and another that hears of the first only by changes. */
static struct writing {
    struct orr_index_sink sink; /* first */
    struct orr_index_store store, other;
    struct orr_rlp_writer rows, change;
    uint64_t from;
    struct orr_index_head head;
    unsigned n_changes;
} w;

static struct orr_index_sink *under(void) { return &w.store.sink; }
static int begin_change(struct orr_index_sink *sink) {
    (void)sink;
    w.rows.len = 0;
    w.from = UINT64_MAX;
    return under()->begin(under());
}
static int put(struct orr_index_sink *sink, const struct orr_index_row *row) {
    (void)sink;
    orr_index_change_add(&w.rows, row);
    return under()->put(under(), row);
}
static int cut(struct orr_index_sink *sink, uint64_t number) {
    (void)sink;
    w.from = number;
    return under()->cut(under(), number);
}
static int set_head(struct orr_index_sink *sink, const struct orr_index_head *head) {
    (void)sink;
    w.head = *head;
    return under()->set_head(under(), head);
}
static void must_be_equal(void) {
    struct orr_hash one = orr_index_store_digest(&w.store), two = orr_index_store_digest(&w.other);
    ck_assert_mem_eq(one.bytes, two.bytes, 32);
    ck_assert_uint_eq(w.store.head.final, w.other.head.final);
    ck_assert_uint_eq(w.store.head.safe, w.other.head.safe);
}
static int apply(const uint8_t *bytes, size_t len) {
    return orr_index_change_apply(bytes, len, &w.other.sink);
}
static int commit(struct orr_index_sink *sink) {
    (void)sink;
    int error = under()->commit(under());
    uint64_t from = w.from < UINT64_MAX ? w.from : w.head.number + (w.rows.len == 0);
    w.change.len = 0;
    orr_index_change_begin(&w.change, from, &w.head);
    orr_rlp_write_raw(&w.change, w.rows.bytes, w.rows.len);
    for (int twice = 0; twice < 2; twice++) {
        ck_assert_int_eq(apply(w.change.bytes, w.change.len), 0);
        must_be_equal();
    }
    w.n_changes++;
    return error;
}
static void abandon(struct orr_index_sink *sink) { (void)sink, ck_abort(); }
static int head_of(struct orr_index_sink *sink, struct orr_index_head *head) {
    (void)sink;
    return under()->head(under(), head);
}
static int hash_at(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash) {
    (void)sink;
    return under()->hash_at(under(), number, hash);
}
static int latest(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value) {
    (void)sink;
    return under()->latest(under(), key, value);
}

static struct orr_indexer *begin(uint64_t seed) {
    orr_heap_init(&heap);
    dice = seed;
    make_tree(tree, N);
    w = (struct writing){
        .sink = {.begin = begin_change, .put = put, .cut = cut, .set_head = set_head,
                 .commit = commit, .abandon = abandon, .head = head_of, .hash_at = hash_at,
                 .latest = latest},
        .rows = {.mem = &heap.mem},
        .change = {.mem = &heap.mem}};
    orr_index_store_init(&w.store, &heap.mem);
    orr_index_store_init(&w.other, &heap.mem);
    return orr_indexer_new(&heap.mem, &world_options, &w.sink);
}
static void end(struct orr_indexer *ix) {
    orr_indexer_free(ix);
    orr_index_store_fini(&w.store);
    orr_index_store_fini(&w.other);
    orr_rlp_free(&w.rows);
    orr_rlp_free(&w.change);
    free_tree(tree, N);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* Follows heads at random, forwards and back. */
static void wander(struct orr_indexer *ix, int n_steps) {
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *why;
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(orr_indexer_add(ix, &tree[i].feed, &hash, &why), 0);
    for (int step = 0; step < n_steps; step++) {
        int i = (int)roll(N);
        int error = orr_indexer_follow(ix, &tree[i].hash, &at);
        ck_assert(!error || error == ORR_ELIMIT || error == ORR_ENOTFOUND);
        if (!error) ck_assert_int_eq(orr_indexer_label(ix, roll(tree[i].number + 3), roll(3)), 0);
    }
}

START_TEST(who_follows_the_changes_holds_what_their_author_holds) {
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct orr_indexer *ix = begin(seed);
        wander(ix, 60);
        ck_assert_uint_gt(w.n_changes, 60);
        end(ix);
    }
}
END_TEST

START_TEST(a_change_that_is_cut_off_is_none_or_a_shorter_one_of_the_same_head) {
    struct orr_indexer *ix = begin(9);
    wander(ix, 20);
    while (w.rows.len < 500) wander(ix, 1); /* ends: blocks with rows are drawn */
    for (size_t len = 0; len < w.change.len; len++) {
        int error = apply(w.change.bytes, len);
        ck_assert(!error || error == ORR_EFORMAT);
        if (len < ORR_INDEX_CHANGE_HEAD_BYTES) ck_assert_int_eq(error, ORR_EFORMAT);
        ck_assert_mem_eq(w.other.head.hash.bytes, w.head.hash.bytes, 32);
        if (error) continue;
        ck_assert_int_eq(apply(w.change.bytes, w.change.len), 0);
        must_be_equal();
    }
    end(ix);
}
END_TEST

/* Must be refused, and change nothing. */
static void refuse(const struct orr_rlp_writer *c, const char *what) {
    ck_assert_msg(apply(c->bytes, c->len) == ORR_EFORMAT, "%s", what);
    must_be_equal();
}

START_TEST(bytes_that_are_no_change_are_refused_and_nothing_is_done) {
    struct orr_indexer *ix = begin(10);
    struct orr_rlp_writer c = {.mem = &heap.mem};
    struct orr_index_head head = {.number = 5};
    uint8_t zero[32] = {0};
    struct orr_index_row row = orr_index_row(ORR_INDEX_contracts, 5), other = row, wrong;
    for (unsigned i = 0; i < 2; i++) {
        struct orr_index_row *r = i ? &other : &row;
        orr_index_add_number(r, i);
        orr_index_add_bytes(r, zero, 20);
        orr_index_add_bytes(r, zero, 20);
    }
    wander(ix, 20);
    c.len = 0, orr_index_change_begin(&c, 5, &head);
    c.bytes[8] = 2;
    refuse(&c, "a flag that is neither");
    for (unsigned at = 24; at <= 32; at += 8) {
        c.len = 0, orr_index_change_begin(&c, 5, &head);
        c.bytes[at] = 6;
        refuse(&c, at == 24 ? "safe above the head" : "final above safe");
    }
    c.len = 0, orr_index_change_begin(&c, 5, &head);
    c.bytes[9] = 0x80;
    refuse(&c, "a number above 2^63");
    c.len = 0, orr_index_change_begin(&c, 5, &head);
    orr_rlp_write_raw(&c, &(uint8_t){ORR_INDEX_N_TABLES}, 1);
    refuse(&c, "a table that there is not");
    c.len = 0, orr_index_change_begin(&c, 5, &head);
    orr_index_change_add(&c, &other), orr_index_change_add(&c, &row);
    refuse(&c, "rows that descend");
    c.len = 0, orr_index_change_begin(&c, 5, &head);
    orr_index_change_add(&c, &row), orr_index_change_add(&c, &row);
    refuse(&c, "a row twice");
    for (uint64_t number = 4; number <= 6; number += 2) {
        wrong = row;
        wrong.values[0].number = number;
        c.len = 0, orr_index_change_begin(&c, 4, &head);
        orr_index_change_add(&c, &wrong);
        refuse(&c, "a row of another block");
    }
    c.len = 0, orr_index_change_begin(&c, 6, &head);
    orr_index_change_add(&c, &row);
    refuse(&c, "a row below what is deleted");
    c.len = 0, orr_index_change_begin(&c, 0, NULL);
    orr_index_change_add(&c, &row);
    c.bytes[16] = 5;
    refuse(&c, "rows without a head");
    c.len = 0, orr_index_change_begin(&c, 0, NULL);
    ck_assert_int_eq(apply(c.bytes, c.len), 0);
    ck_assert(!w.other.has_head && w.other.tables[ORR_INDEX_blocks].n_rows == 0);
    orr_rlp_free(&c);
    end(ix);
}
END_TEST

START_TEST(a_row_is_read_as_it_was_written_and_no_shorter_one_is) {
    struct orr_indexer *ix = begin(11);
    unsigned n_read = 0;
    wander(ix, 10);
    for (int t = 0; t < ORR_INDEX_N_TABLES; t++)
        for (uint32_t i = 0; i < w.store.tables[t].n_rows; i++) {
            struct orr_rlp_writer again = {.mem = &heap.mem};
            struct orr_index_row row;
            size_t len;
            const uint8_t *bytes = orr_index_store_row(&w.store, t, i, &len), *p = bytes;
            ck_assert(orr_index_row_read(t, &p, bytes + len, &row) && p == bytes + len);
            orr_index_row_write(&row, row.n, &again);
            ck_assert_uint_eq(again.len, len);
            ck_assert_mem_eq(again.bytes, bytes, len);
            for (size_t less = 0; less < len; less++) {
                p = bytes;
                ck_assert(!orr_index_row_read(t, &p, bytes + less, &row) && p == bytes);
            }
            orr_rlp_free(&again);
            n_read++;
        }
    ck_assert_uint_gt(n_read, 50);
    end(ix);
}
END_TEST

START_TEST(what_is_final_stays_so_and_labels_never_leave_the_branch) {
    struct orr_indexer *ix = begin(12);
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *why;
    static const uint64_t calls[][4] = {/* safe, final; what they are then */
                                        {2, 1, 2, 1},  {1, 0, 1, 1},  {0, 0, 1, 1}, {3, 2, 3, 2},
                                        {99, 3, 5, 3}, {4, 99, 5, 5}, {0, 0, 5, 5}};
    ck_assert_int_eq(orr_indexer_label(ix, 3, 2), 0); /* of nothing */
    ck_assert(!ix->has_head);
    int last = 0;
    while (tree[last].number != 5) last++; /* ends: the tree is deeper */
    int branch[8], n = 0;
    for (int i = last; i >= 0; i = tree[i].parent) branch[n++] = i;
    while (n-- > 0) {
        ck_assert_int_eq(orr_indexer_add(ix, &tree[branch[n]].feed, &hash, &why), 0);
        ck_assert_int_eq(orr_indexer_follow(ix, &hash, &at), 0);
    }
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        ck_assert_int_eq(orr_indexer_label(ix, calls[i][0], calls[i][1]), 0);
        ck_assert_uint_eq(ix->head.safe, calls[i][2]);
        ck_assert_uint_eq(ix->head.final, calls[i][3]);
    }
    ck_assert_int_eq(orr_indexer_follow(ix, &tree[branch[2]].hash, &at), 0); /* back */
    ck_assert_uint_eq(ix->head.number, 3);
    ck_assert(ix->head.safe == 3 && ix->head.final == 3);
    end(ix);
}
END_TEST

ORR_TEST_MAIN("change", who_follows_the_changes_holds_what_their_author_holds,
              a_change_that_is_cut_off_is_none_or_a_shorter_one_of_the_same_head,
              bytes_that_are_no_change_are_refused_and_nothing_is_done,
              a_row_is_read_as_it_was_written_and_no_shorter_one_is,
              what_is_final_stays_so_and_labels_never_leave_the_branch)
