/* Tallies, commits, evidence, the mempool and what is told of it, each alone. */
#include "models/base/bytes.h"
#include "models/bft/common/certificate.h"
#include "models/bft/common/evidence.h"
#include "models/bft/common/inventory.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_arena arena;
static struct orr_pool pool;
static orr_peer members[10];
static uint64_t stakes[10];
static struct orr_validator_set *set;
static struct orr_tally_store store;

static void set_up(void) {
    orr_heap_init(&heap);
    orr_arena_init(&arena);
    orr_pool_init(&pool, &heap.mem);
    for (uint32_t i = 0; i < 10; i++) members[i] = i, stakes[i] = i + 1; /* 55 in all, quorum 37 */
    struct orr_cohort cohort = {.n = 10, .members = members, .stakes = stakes, .seed = 5};
    set = orr_validator_set_new(&cohort, &arena.mem);
    orr_tally_store_init(&store, &heap.mem, &pool, set, sizeof(struct orr_block_id));
}
static void tear_down(void) {
    orr_tally_store_fini(&store);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
    orr_arena_fini(&arena);
}

static struct orr_msg *vote(uint32_t validator, uint8_t value) {
    struct orr_vote v = {.height = 9, .round = 2, .validator = validator, .type = ORR_PRECOMMIT};
    if (value) v.id.hash[0] = value, v.id.n_parts = 1;
    return orr_vote_sign(&v, set, &pool, NULL, 4);
}
static enum orr_vote_added add(struct orr_vote_set *votes, uint32_t validator, uint8_t value) {
    struct orr_msg *m = vote(validator, value), *other;
    struct orr_tally *tally;
    const struct orr_vote *v = orr_vote_of(m);
    enum orr_vote_added added =
        orr_vote_set_add(votes, &store, validator, &v->id, m, &tally, &other);
    orr_msg_unref(&pool, m);
    return added;
}

START_TEST(a_tally_counts_power_once_and_knows_its_quorum) {
    set_up();
    uint64_t seen[1] = {0};
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    for (uint32_t i = 9; i > 5; i--) { /* 10 + 9 + 8 + 7 = 34 */
        ck_assert_int_eq(add(&votes, i, 1), ORR_VOTE_NEW);
        ck_assert_int_eq(add(&votes, i, 1), ORR_VOTE_OLD);
    }
    ck_assert_ptr_null(votes.quorum);
    ck_assert_int_eq(add(&votes, 1, 1), ORR_VOTE_NEW); /* 36 */
    ck_assert_ptr_null(votes.quorum);
    ck_assert_int_eq(add(&votes, 0, 1), ORR_VOTE_NEW); /* 37 */
    ck_assert_ptr_nonnull(votes.quorum);
    ck_assert_uint_eq(votes.quorum->power, 37);
    ck_assert_uint_eq(votes.power, 37);
    for (uint32_t i = 0; i < 10; i++) add(&votes, i, 2); /* all say something else, too */
    ck_assert_uint_eq(votes.power, 55);
    /* the first quorum stays the quorum */
    ck_assert_uint_eq(orr_tally_id(votes.quorum)->hash[0], 1);
    orr_vote_set_clear(&votes, &store);
    tear_down();
}
END_TEST

START_TEST(a_second_value_of_a_validator_counts_for_it_but_not_in_the_sum_of_any) {
    set_up();
    uint64_t seen[1] = {0};
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    ck_assert_int_eq(add(&votes, 9, 1), ORR_VOTE_NEW);
    ck_assert_int_eq(add(&votes, 9, 2), ORR_VOTE_CONFLICT);
    ck_assert_uint_eq(votes.power, 10);
    ck_assert_int_eq(add(&votes, 9, 3), ORR_VOTE_OLD); /* a third opens no tally ... */
    ck_assert_int_eq(add(&votes, 8, 3), ORR_VOTE_NEW);
    ck_assert_int_eq(add(&votes, 9, 3), ORR_VOTE_CONFLICT); /* ... but joins one */
    ck_assert_uint_eq(votes.power, 19);
    struct orr_block_id id = {.n_parts = 1};
    id.hash[0] = 3;
    ck_assert_uint_eq(orr_vote_set_find(&votes, &id)->power, 19);
    orr_vote_set_clear(&votes, &store);
    tear_down();
}
END_TEST

START_TEST(tallies_are_reused_and_a_steady_run_allocates_nothing) {
    set_up();
    uint64_t seen[1] = {0}, n_allocs = 0;
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    for (unsigned turn = 0; turn < 50; turn++) {
        for (uint32_t i = 0; i < 10; i++) add(&votes, i, i % 3);
        orr_vote_set_clear(&votes, &store);
        if (turn == 1) n_allocs = heap.n_allocs;
    }
    ck_assert_uint_eq(heap.n_allocs, n_allocs);
    tear_down();
}
END_TEST

START_TEST(a_commit_carries_every_precommit_and_proves_its_block) {
    set_up();
    uint64_t seen[1] = {0};
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    for (uint32_t i = 4; i < 10; i++) add(&votes, i, 1); /* 5 + ... + 10 = 45 */
    add(&votes, 0, 0);                                   /* nil */
    add(&votes, 1, 7);                                   /* another block: cannot be carried */
    static uint8_t bytes[4096];
    uint32_t len = orr_commit_write(&votes, votes.quorum, 9, 2, 10, bytes);
    struct orr_commit c;
    ck_assert(orr_commit_read(bytes, len, 10, &c));
    ck_assert_uint_eq(c.n_signatures, 7);
    ck_assert(orr_commit_verify(&c, set, NULL));
    for (uint32_t cut = 0; cut < len; cut++) ck_assert(!orr_commit_read(bytes, cut, 10, &c));
    ck_assert(!orr_commit_read(bytes, len, 11, &c));
    uint32_t first_flag = (uint32_t)(c.entries - bytes);
    uint8_t flag = bytes[first_flag];
    bytes[first_flag] = ORR_COMMIT_NIL + 1; /* what follows is as long as before, or longer */
    ck_assert(!orr_commit_read(bytes, len, 10, &c));
    bytes[first_flag] = flag;
    for (uint32_t at = 0; at < len; at++) { /* no changed bit is accepted */
        bytes[at] ^= 1;
        ck_assert(!orr_commit_read(bytes, len, 10, &c) || c.len != len ||
                  !orr_commit_verify(&c, set, NULL));
        bytes[at] ^= 1;
    }
    orr_vote_set_clear(&votes, &store);
    /* the same with too little power for the block */
    for (uint32_t i = 0; i < 8; i++) add(&votes, i, 1); /* 36 */
    len = orr_commit_write(&votes, votes.first, 9, 2, 10, bytes);
    ck_assert(orr_commit_read(bytes, len, 10, &c));
    ck_assert(!orr_commit_verify(&c, set, NULL));
    orr_vote_set_clear(&votes, &store);
    tear_down();
}
END_TEST

START_TEST(a_certificate_brings_every_vote_back_and_reads_no_byte_beyond_its_own) {
    set_up();
    uint64_t seen[1] = {0};
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    static const uint8_t values[10] = {1, 2, 0, 1, 1, 0, 2, 1, 3, 1};
    for (uint32_t i = 0; i < 10; i++) add(&votes, i, values[i]);
    struct orr_vote slot = {.height = 9, .round = 2, .type = ORR_PRECOMMIT};
    for (unsigned only = 0; only < 2; only++) {
        struct orr_msg *m =
            orr_certificate_new(&votes, only ? votes.first : NULL, &slot, 10, &pool, 77);
        ck_assert_uint_eq(m->kind, 77);
        struct orr_certificate c;
        ck_assert(!orr_certificate_open(&c, m->data, m->len, 11));
        ck_assert(orr_certificate_open(&c, m->data, m->len, 10));
        uint32_t n = 0, bits = 0;
        for (; orr_certificate_next(&c); n++) {
            ck_assert(orr_vote_verify(&c.vote, set, NULL));
            ck_assert_uint_eq(c.vote.id.hash[0], values[c.vote.validator]);
            bits |= 1u << c.vote.validator;
        }
        ck_assert_uint_eq(n, only ? 5 : 10);
        ck_assert_uint_eq(bits, only ? 0x299 : 0x3ff);
        ck_assert_ptr_eq(c.at, c.end);
        for (uint32_t len = 0; len < m->len; len++) { /* torn: fewer votes, and no more bytes */
            uint8_t *torn = orr_xrealloc(NULL, len + 1);
            memcpy(torn, m->data, len);
            uint32_t k = 0;
            if (orr_certificate_open(&c, torn, len, 10))
                while (orr_certificate_next(&c)) k++;
            ck_assert_uint_lt(k, n);
            free(torn);
        }
        orr_msg_unref(&pool, m);
    }
    orr_vote_set_clear(&votes, &store);
    tear_down();
}
END_TEST

static struct orr_vote proposal(uint8_t value, int32_t pol_round) {
    struct orr_vote v = {.height = 9, .round = 2, .validator = 3, .type = ORR_SIGNED_PROPOSAL,
                         .pol_round = pol_round};
    if (value) v.id.hash[0] = value, v.id.n_parts = 1;
    uint8_t bytes[ORR_SIGNED_BYTES];
    orr_signed_bytes(set, ORR_SIGNED_PROPOSAL, 9, 2, pol_round, &v.id, bytes);
    orr_sign(NULL, &set->keys[3], bytes, sizeof bytes, v.signature);
    return v;
}

START_TEST(two_proposals_of_one_round_are_evidence_if_block_or_earlier_quorum_differs) {
    set_up();
    static const struct { uint8_t value[2]; int32_t pol[2]; bool is_proof; } rows[] = {
        {{1, 2}, {-1, -1}, true}, {{1, 1}, {-1, 0}, true},  {{2, 1}, {1, 0}, true},
        {{1, 1}, {0, 0}, false},  {{0, 1}, {-1, -1}, false}, {{1, 2}, {-1, 2}, false},
        {{1, 2}, {-2, 0}, false}};
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct orr_vote a = proposal(rows[i].value[0], rows[i].pol[0]);
        struct orr_vote b = proposal(rows[i].value[1], rows[i].pol[1]);
        struct orr_msg *e = orr_evidence_message(&a, &b, &pool, 6);
        struct orr_msg *f = orr_evidence_message(&b, &a, &pool, 6);
        ck_assert_mem_eq(e->data, f->data, ORR_EVIDENCE_BYTES);
        struct orr_duplicate_vote d;
        ck_assert_int_eq(orr_evidence_read(e->data, &d), rows[i].is_proof);
        if (rows[i].is_proof) {
            ck_assert(orr_evidence_verify(&d, set, NULL));
            e->data[2 * ORR_VOTE_BYTES] ^= 1; /* another earlier quorum is another statement */
            ck_assert(!orr_evidence_read(e->data, &d) || !orr_evidence_verify(&d, set, NULL));
        }
        orr_msg_unref(&pool, e);
        orr_msg_unref(&pool, f);
    }
    struct orr_msg *m = vote(3, 1), *n = vote(3, 2); /* votes have no earlier quorum */
    struct orr_msg *e = orr_evidence_message(orr_vote_of(m), orr_vote_of(n), &pool, 6);
    struct orr_duplicate_vote d;
    orr_store_le32(e->data + 2 * ORR_VOTE_BYTES + 4, 1);
    ck_assert(!orr_evidence_read(e->data, &d));
    orr_msg_unref(&pool, e);
    orr_msg_unref(&pool, m);
    orr_msg_unref(&pool, n);
    tear_down();
}
END_TEST

START_TEST(evidence_is_two_good_votes_of_one_slot_and_nothing_less) {
    set_up();
    struct orr_msg *a = vote(3, 1), *b = vote(3, 2), *c = vote(4, 2);
    struct orr_msg *e = orr_evidence_message(orr_vote_of(a), orr_vote_of(b), &pool, 6);
    struct orr_msg *f = orr_evidence_message(orr_vote_of(b), orr_vote_of(a), &pool, 6);
    ck_assert_mem_eq(e->data, f->data, ORR_EVIDENCE_BYTES); /* one proof, one encoding */
    struct orr_duplicate_vote d;
    ck_assert(orr_evidence_read(e->data, &d));
    ck_assert(orr_evidence_verify(&d, set, NULL));
    e->data[2 * ORR_VOTE_BYTES - 1] ^= 1; /* of the second one's signature */
    ck_assert(orr_evidence_read(e->data, &d));
    ck_assert(!orr_evidence_verify(&d, set, NULL));
    struct orr_msg *g = orr_evidence_message(orr_vote_of(a), orr_vote_of(c), &pool, 6);
    ck_assert(!orr_evidence_read(g->data, &d)); /* two validators */
    struct orr_msg *h = orr_evidence_message(orr_vote_of(a), orr_vote_of(a), &pool, 6);
    ck_assert(!orr_evidence_read(h->data, &d)); /* one value */
    struct orr_msg *all[] = {a, b, c, e, f, g, h};
    for (unsigned i = 0; i < 7; i++) orr_msg_unref(&pool, all[i]);
    tear_down();
}
END_TEST

START_TEST(the_pool_of_evidence_keeps_to_its_size_and_forgets_what_is_too_old) {
    set_up();
    struct orr_evidence_pool p;
    orr_evidence_pool_init(&p, &heap.mem, &pool);
    struct orr_msg *m = orr_msg_new(&pool, 6, ORR_EVIDENCE_BYTES);
    for (uint64_t h = 1; h <= 400; h++) {
        if (h % 10) orr_evidence_add(&p, 1, h, m);
        if (h % 5 == 0) orr_evidence_commit(&p, 1, h); /* of these every other was never pending */
    }
    ck_assert_uint_eq(p.n_pending, ORR_EVIDENCE_POOL_MAX);
    ck_assert_uint_eq(p.n, ORR_EVIDENCE_POOL_MAX + 80);
    ck_assert_ptr_nonnull(orr_evidence_find(&p, 1, 400));
    ck_assert_ptr_null(orr_evidence_find(&p, 2, 400));
    ck_assert_ptr_null(orr_evidence_find(&p, 1, 1)); /* the oldest pending one made room */
    ck_assert(orr_evidence_find(&p, 1, 5)->committed); /* what a block has is not forgotten ... */
    orr_evidence_forget(&p, 390);                      /* ... until it is too old */
    ck_assert_uint_eq(p.n, 11);
    ck_assert_uint_eq(p.n_pending, 8);
    orr_evidence_pool_fini(&p);
    orr_msg_unref(&pool, m);
    tear_down();
}
END_TEST

/* ---- the mempool ---- */

static struct orr_msg *tx(uint64_t number, uint32_t len) {
    struct orr_msg *m = orr_msg_new(&pool, 0, len);
    memset(m->data, 0, len);
    memcpy(m->data, &number, sizeof number);
    return m;
}
static int put(struct orr_mempool *p, uint64_t number, uint32_t len, uint64_t priority) {
    struct orr_msg *m = tx(number, len);
    int error = orr_mempool_add(p, m, priority, 1);
    orr_msg_unref(&pool, m);
    return error;
}
static bool has(struct orr_mempool *p, uint64_t number, uint32_t len) {
    struct orr_msg *m = tx(number, len);
    bool found = orr_mempool_find(p, orr_msg_hash(m)) != NULL;
    orr_msg_unref(&pool, m);
    return found;
}

START_TEST(a_full_mempool_evicts_the_lowest_priority_and_of_equals_the_youngest) {
    set_up();
    struct orr_mempool p;
    orr_mempool_init(&p, &heap.mem, &pool, 4, 1000);
    for (uint64_t i = 0; i < 4; i++)
        ck_assert_int_eq(put(&p, i, 100, 10 + i / 2), 0); /* 10 10 11 11 */
    ck_assert_int_eq(put(&p, 0, 100, 10), ORR_EINVAL);
    ck_assert_int_eq(put(&p, 9, 100, 10), ORR_ELIMIT); /* not higher than any */
    ck_assert_int_eq(put(&p, 10, 100, 12), 0);
    ck_assert(!has(&p, 1, 100));
    ck_assert(has(&p, 0, 100) && has(&p, 2, 100) && has(&p, 3, 100) && has(&p, 10, 100));
    ck_assert_int_eq(put(&p, 11, 900, 12), 0); /* bytes too: room for 100 beside it */
    ck_assert_uint_eq(p.n_txs, 2);
    ck_assert(has(&p, 10, 100) && has(&p, 11, 900));
    ck_assert_int_eq(put(&p, 12, 1001, 99), ORR_ELIMIT);
    ck_assert_int_eq(put(&p, 13, 950, 12), ORR_ELIMIT); /* evicting would not make room */
    ck_assert_uint_eq(p.n_txs, 2);
    ck_assert_uint_eq(p.n_evicted, 4);
    ck_assert_uint_eq(p.n_refused, 3);
    orr_mempool_fini(&p);
    tear_down();
}
END_TEST

START_TEST(a_transaction_as_long_as_what_is_left_is_named_and_sent) {
    set_up();
    struct orr_mempool p;
    orr_mempool_init(&p, &heap.mem, &pool, 8, 1000);
    for (uint64_t i = 0; i < 3; i++) ck_assert_int_eq(put(&p, i, 100, 1), 0);
    ck_assert_ptr_null(orr_inventory_have(&p, 1, 5, 9, 99));
    struct orr_msg *have = orr_inventory_have(&p, 1, 5, 9, 100);
    ck_assert_uint_eq(have->len, 8 + 3 * 8);
    struct orr_msg *want = orr_msg_new(&pool, 2, 3 * 8);
    memcpy(want->data, have->data + 8, 3 * 8);
    static const struct { uint64_t max_bytes; uint32_t n_sent; } cases[] = {
        {0, 0}, {99, 0}, {100, 1}, {199, 1}, {200, 2}, {299, 2}, {300, 3}, {UINT64_MAX, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_effect effects[3];
        struct orr_outbox out = {.v = effects, .cap = 3, .pool = &pool};
        ck_assert(orr_inventory_answer(&p, want, 4, cases[i].max_bytes, &out));
        ck_assert_uint_eq(out.n, cases[i].n_sent);
        for (uint32_t k = 0; k < out.n; k++) {
            ck_assert_uint_eq(effects[k].peer, 4);
            ck_assert_uint_eq(orr_msg_hash(effects[k].msg), orr_load_le64(want->data + 8 * k));
            orr_msg_unref(&pool, effects[k].msg);
        }
    }
    orr_msg_unref(&pool, have);
    orr_msg_unref(&pool, want);
    orr_mempool_fini(&p);
    tear_down();
}
END_TEST

/* The same as a list that is searched from end to end. */
enum { PLAIN_TXS = 300, PLAIN_BYTES = 10000 };
static struct plain {
    uint64_t number[PLAIN_TXS];
    uint32_t n, n_bytes;
} plain;
static uint32_t len_of(uint64_t number) { return 16 + (uint32_t)(number % 7) * 8; }
static uint64_t priority_of(uint64_t number) { return number * 7919 % 11; }

static void plain_drop(struct plain *l, uint32_t at) {
    l->n_bytes -= len_of(l->number[at]);
    memmove(l->number + at, l->number + at + 1, (--l->n - at) * sizeof *l->number);
}
static uint32_t plain_find(const struct plain *l, uint64_t number) {
    uint32_t at = 0;
    while (at < l->n && l->number[at] != number) at++;
    return at;
}
static int plain_add(struct plain *l, uint64_t number) {
    if (plain_find(l, number) < l->n) return ORR_EINVAL;
    struct plain trial = *l;
    while (trial.n == PLAIN_TXS || trial.n_bytes + len_of(number) > PLAIN_BYTES) {
        uint32_t least = trial.n;
        for (uint32_t i = 0; i < trial.n; i++) {
            uint64_t priority = priority_of(trial.number[i]);
            if (priority >= priority_of(number)) continue;
            if (least == trial.n || priority <= priority_of(trial.number[least])) least = i;
        }
        if (least == trial.n) return ORR_ELIMIT;
        plain_drop(&trial, least);
    }
    *l = trial;
    l->n_bytes += len_of(number);
    l->number[l->n++] = number;
    return 0;
}

START_TEST(a_mempool_equals_a_plain_list_under_random_use) {
    set_up();
    struct orr_mempool p;
    orr_mempool_init(&p, &heap.mem, &pool, PLAIN_TXS, PLAIN_BYTES);
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    plain.n = plain.n_bytes = 0;
    for (unsigned turn = 0; turn < 60000; turn++) {
        uint64_t number = orr_rng_below(&rng, 2000);
        if (orr_rng_below(&rng, 8)) {
            ck_assert_int_eq(put(&p, number, len_of(number), priority_of(number)),
                             plain_add(&plain, number));
        } else {
            struct orr_msg *m = tx(number, len_of(number));
            orr_mempool_remove(&p, orr_msg_hash(m));
            orr_msg_unref(&pool, m);
            uint32_t at = plain_find(&plain, number);
            if (at < plain.n) plain_drop(&plain, at);
        }
        ck_assert_uint_eq(p.n_txs, plain.n);
        ck_assert_uint_eq(p.n_bytes, plain.n_bytes);
    }
    ck_assert_uint_gt(p.n_evicted, 1000);
    ck_assert_uint_gt(p.n_refused, 1000);
    struct orr_msg *txs[PLAIN_TXS];
    ck_assert_uint_eq(orr_mempool_reap(&p, UINT64_MAX, 4, txs, PLAIN_TXS), plain.n);
    for (uint32_t i = 0; i < plain.n; i++)
        ck_assert_mem_eq(txs[i]->data, &plain.number[i], 8); /* arrival order */
    uint32_t n_fit = 0, bytes = 0;
    for (uint32_t i = 0; i < plain.n; i++) { /* one that is too long lets later ones pass */
        uint32_t more = len_of(plain.number[i]) + 4;
        if (bytes + more <= 500) bytes += more, n_fit++;
    }
    ck_assert_uint_eq(orr_mempool_reap(&p, 500, 4, txs, PLAIN_TXS), n_fit);
    orr_mempool_fini(&p);
    tear_down();
}
END_TEST

START_TEST(votes_for_values_of_any_size_are_counted) {
    set_up();
    orr_tally_store_fini(&store);
    orr_tally_store_init(&store, &heap.mem, &pool, set, sizeof(uint64_t));
    uint64_t seen[1], one = 1, other_one = 1ull << 56 | 1;
    struct orr_vote_set votes;
    orr_vote_set_init(&votes, &store, seen);
    struct orr_tally *tally;
    struct orr_msg *m = orr_msg_new(&pool, 0, 0), *other;
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_int_eq(orr_vote_set_add(&votes, &store, i, i < 9 ? &one : &other_one, m, &tally,
                                          &other), ORR_VOTE_NEW);
    ck_assert_uint_eq(orr_vote_set_find(&votes, &one)->n, 9);
    ck_assert_uint_eq(orr_vote_set_find(&votes, &other_one)->power, 10);
    ck_assert(orr_vote_set_has(&votes, 9, &other_one) && !orr_vote_set_has(&votes, 9, &one));
    ck_assert_uint_eq(votes.seen.n_set, 10);
    orr_msg_unref(&pool, m);
    orr_vote_set_clear(&votes, &store);
    tear_down();
}
END_TEST

ORR_TEST_MAIN("bft.pieces", a_certificate_brings_every_vote_back_and_reads_no_byte_beyond_its_own,
              a_tally_counts_power_once_and_knows_its_quorum,
              votes_for_values_of_any_size_are_counted,
              a_second_value_of_a_validator_counts_for_it_but_not_in_the_sum_of_any,
              tallies_are_reused_and_a_steady_run_allocates_nothing,
              a_commit_carries_every_precommit_and_proves_its_block,
              evidence_is_two_good_votes_of_one_slot_and_nothing_less,
              two_proposals_of_one_round_are_evidence_if_block_or_earlier_quorum_differs,
              the_pool_of_evidence_keeps_to_its_size_and_forgets_what_is_too_old,
              a_full_mempool_evicts_the_lowest_priority_and_of_equals_the_youngest,
              a_transaction_as_long_as_what_is_left_is_named_and_sent,
              a_mempool_equals_a_plain_list_under_random_use)
