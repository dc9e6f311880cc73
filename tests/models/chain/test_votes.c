/* Votes of stake on the blocks of a chain: the head that they make, what they justify and finalise,
 * and what is no vote. */
#include "models/base/rng.h"
#include "models/chain/votes.h"
#include "tests/models/chain/chain_world.h"

enum { N = 9, EPOCH = 8, SLOT_S = 12 };

static uint64_t powers[N];
static struct orr_votes_config rules;
static struct orr_pool pool;
static struct orr_chain *chain;
static struct orr_votes votes;
static struct orr_chain_link *first;

/* Nine validators of equal power; the first block is of slot 83, block k on it of slot 83 + k. */
static void begin(void) {
    begin_chains(ORR_FORK_PRAGUE);
    orr_pool_init(&pool, &heap.mem);
    chain = new_chain();
    first = chain->head;
    for (int i = 0; i < N; i++) powers[i] = 10;
    rules = (struct orr_votes_config){.n = N,
                                      .powers = powers,
                                      .quorum = 61,
                                      .honest = 31,
                                      .slot_s = SLOT_S,
                                      .epoch_slots = EPOCH};
    orr_votes_init(&votes, &heap.mem, &pool, &rules,
                   &(struct orr_checkpoint){0, *orr_chain_hash(first)});
}

static void end(void) {
    orr_votes_fini(&votes);
    orr_chain_free(chain);
    orr_pool_fini(&pool);
    end_chains();
}

static struct orr_chain_link *grow_by(struct orr_chain_link *parent, int n, uint8_t who) {
    for (int i = 0; i < n; i++) parent = grow(chain, parent, 0, 0, who);
    return parent;
}

static struct orr_msg *message(uint32_t validator, uint64_t slot, const struct orr_chain_link *head,
                               const struct orr_checkpoint *source) {
    struct orr_chain_vote v = {slot, validator, *orr_chain_hash(head), *source};
    struct orr_msg *m = orr_chain_vote_new(&pool, 7, &v);
    orr_chain_vote_decode(m, &pool);
    return m;
}

static enum orr_chain_vote_verdict vote_from(uint32_t validator, uint64_t slot,
                                             const struct orr_chain_link *head,
                                             const struct orr_checkpoint *source) {
    struct orr_msg *m = message(validator, slot, head, source);
    enum orr_chain_vote_verdict verdict = orr_votes_add(&votes, m);
    orr_msg_unref(&pool, m);
    return verdict;
}

static enum orr_chain_vote_verdict vote(uint32_t validator, uint64_t slot,
                                        const struct orr_chain_link *head) {
    const struct orr_checkpoint genesis = {0, *orr_chain_hash(first)};
    return vote_from(validator, slot, head, &genesis);
}

START_TEST(a_vote_comes_back_from_its_bytes_and_signs_all_of_them) {
    begin();
    const struct orr_checkpoint source = {5, {{0xee}}};
    struct orr_msg *m = message(3, 99, first, &source);
    const struct orr_chain_vote *v = orr_chain_vote_of(m);
    ck_assert(v->slot == 99 && v->validator == 3 && v->source.epoch == 5);
    ck_assert(orr_hash_equal(v->head, *orr_chain_hash(first)));
    ck_assert(orr_hash_equal(v->source.hash, source.hash));
    uint8_t a[ORR_CHAIN_VOTE_SIGNED], b[ORR_CHAIN_VOTE_SIGNED];
    orr_chain_vote_signed(m, 1, a);
    for (uint32_t at = 0; at < ORR_CHAIN_VOTE_BYTES; at++) {
        m->data[at] ^= 1;
        orr_chain_vote_signed(m, 1, b);
        ck_assert_int_eq(memcmp(a, b, sizeof a) != 0, at < ORR_CHAIN_VOTE_BYTES - ORR_SIGN_BYTES);
        m->data[at] ^= 1;
    }
    orr_chain_vote_signed(m, 2, b); /* of another chain */
    ck_assert(memcmp(a, b, sizeof a));
    orr_msg_unref(&pool, m);
    for (uint32_t len = ORR_CHAIN_VOTE_BYTES - 1; len <= ORR_CHAIN_VOTE_BYTES + 1; len += 2) {
        m = orr_msg_new(&pool, 7, len);
        memset(m->data, 0, len);
        orr_chain_vote_decode(m, &pool);
        ck_assert_ptr_null(orr_chain_vote_of(m));
        orr_msg_unref(&pool, m);
    }
    end();
}
END_TEST

START_TEST(the_head_is_where_the_latest_votes_are_heaviest) {
    begin();
    struct orr_chain_link *a = grow_by(first, 1, 1), *b = grow_by(first, 2, 2);
    struct orr_chain_link *b1 = b->parent, *leaf = grow_by(b1, 1, 3);
    /* nobody has voted: the greater hash leads, at each step */
    struct orr_chain_link *greater =
        memcmp(orr_chain_hash(a)->bytes, orr_chain_hash(b1)->bytes, 32) > 0 ? a : b1;
    struct orr_chain_link *head = orr_votes_head(&votes, chain);
    ck_assert(orr_chain_descends(head, greater));
    ck_assert_int_eq(vote(0, 88, a), ORR_CHAIN_VOTE_NEW);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    vote(1, 88, b);
    vote(2, 88, leaf); /* both under b1: two against one */
    head = orr_votes_head(&votes, chain);
    ck_assert(head == b || head == leaf);
    vote(3, 88, leaf);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), leaf);
    vote(2, 96, a); /* its latest vote counts ... */
    vote(3, 96, a);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    vote(4, 96, leaf);
    vote(4, 89, a); /* ... not one that comes late */
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    vote(5, 96, leaf);
    vote(6, 96, leaf);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), leaf);
    powers[0] = 1000; /* by stake, not by heads */
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    end();
}
END_TEST

START_TEST(a_vote_for_a_block_that_is_not_here_counts_when_it_has_come) {
    begin();
    struct orr_chain_link *a = grow_by(first, 1, 1);
    const struct orr_checkpoint genesis = {0, *orr_chain_hash(first)};
    struct orr_chain *other = new_chain();
    struct orr_chain_link *b = grow(other, other->head, 0, 0, 2), *here;
    vote(0, 88, a);
    vote_from(1, 88, b, &genesis);
    vote_from(2, 88, b, &genesis);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    orr_chain_import(chain, b->block->bytes, b->block->len, &here);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), here);
    orr_chain_free(other);
    end();
}
END_TEST

/* n validators vote for a head in an epoch, from a source. */
static void vote_all(uint32_t n, uint64_t epoch, const struct orr_chain_link *head,
                     struct orr_checkpoint source) {
    for (uint32_t i = 0; i < n; i++) vote_from(i, epoch * EPOCH + 7, head, &source);
}

START_TEST(two_thirds_in_two_successive_epochs_make_a_block_final) {
    for (uint32_t n = 6; n <= 7; n++) { /* of nine: six are not more than two thirds */
        begin();
        struct orr_checkpoint genesis = {0, *orr_chain_hash(first)};
        struct orr_chain_link *tip = grow_by(first, 30, 1);
        struct orr_chain_link *c11 = orr_chain_at(chain, tip, 5); /* slot 88, epoch 11's first */
        struct orr_chain_link *c12 = orr_chain_at(chain, tip, 13);
        vote_all(n, 11, orr_chain_at(chain, tip, 9), genesis);
        ck_assert_int_eq(orr_votes_count(&votes, chain), n == 7);
        struct orr_checkpoint point = {11, *orr_chain_hash(c11)};
        ck_assert_int_eq(orr_votes_is_justified(&votes, &point), n == 7);
        ck_assert_uint_eq(orr_votes_final(&votes)->epoch, 0);
        ck_assert(!orr_votes_count(&votes, chain)); /* nothing new */
        if (n == 7) {
            vote_all(n, 12, orr_chain_at(chain, tip, 17), point);
            ck_assert(orr_votes_count(&votes, chain));
            ck_assert_uint_eq(orr_votes_final(&votes)->epoch, 11);
            ck_assert(orr_hash_equal(orr_votes_final(&votes)->hash, point.hash));
            ck_assert_uint_eq(orr_votes_justified(&votes)->epoch, 12);
            ck_assert(orr_hash_equal(orr_votes_justified(&votes)->hash, *orr_chain_hash(c12)));
            ck_assert_int_eq(vote(8, 80, tip), ORR_CHAIN_VOTE_OLD); /* before the final epoch */
        }
        end();
    }
}
END_TEST

START_TEST(an_epoch_left_out_is_not_successive_and_sources_do_not_add_up) {
    begin();
    struct orr_checkpoint genesis = {0, *orr_chain_hash(first)};
    struct orr_chain_link *tip = grow_by(first, 40, 1);
    struct orr_checkpoint c11 = {11, *orr_chain_hash(orr_chain_at(chain, tip, 5))};
    vote_all(7, 11, orr_chain_at(chain, tip, 9), genesis);
    orr_votes_count(&votes, chain);
    /* Epoch 12: four from the genesis, three from c11: no target has two thirds. */
    for (uint32_t i = 0; i < 7; i++)
        vote_from(i, 12 * EPOCH + 7, orr_chain_at(chain, tip, 17), i < 4 ? &genesis : &c11);
    orr_votes_count(&votes, chain);
    ck_assert_uint_eq(orr_votes_justified(&votes)->epoch, 11);
    /* Epoch 13 from c11: justified, but c11 is not final. */
    vote_all(7, 13, orr_chain_at(chain, tip, 25), c11);
    orr_votes_count(&votes, chain);
    ck_assert_uint_eq(orr_votes_justified(&votes)->epoch, 13);
    ck_assert_uint_eq(orr_votes_final(&votes)->epoch, 0);
    end();
}
END_TEST

START_TEST(what_more_than_a_third_name_as_source_is_justified) {
    for (uint32_t n = 3; n <= 4; n++) {
        begin();
        struct orr_chain_link *tip = grow_by(first, 20, 1);
        struct orr_checkpoint c11 = {11, *orr_chain_hash(orr_chain_at(chain, tip, 5))};
        vote_all(n, 12, tip->parent->parent, c11);
        orr_votes_count(&votes, chain);
        ck_assert_int_eq(orr_votes_is_justified(&votes, &c11), n == 4);
        end();
    }
    begin(); /* one that is not below the head, or is not here, is nobody's source */
    struct orr_chain_link *a = grow_by(first, 13, 1), *b = grow_by(first, 13, 2);
    struct orr_checkpoint on_b = {11, *orr_chain_hash(orr_chain_at(chain, b, 5))};
    struct orr_checkpoint nowhere = {11, {{0x77}}};
    vote_all(4, 12, a, on_b);
    for (uint32_t i = 4; i < 8; i++) vote_from(i, 12 * EPOCH + 7, a, &nowhere);
    ck_assert(!orr_votes_count(&votes, chain));
    end();
}
END_TEST

START_TEST(the_head_descends_from_the_youngest_justified_block) {
    begin();
    struct orr_checkpoint genesis = {0, *orr_chain_hash(first)};
    struct orr_chain_link *a = grow_by(first, 12, 1), *b = grow_by(first, 12, 2);
    vote_all(7, 11, a, genesis);
    orr_votes_count(&votes, chain);
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    for (uint32_t i = 0; i < 9; i++) vote(i, 96, b); /* all turn to b: too late */
    ck_assert_ptr_eq(orr_votes_head(&votes, chain), a);
    end();
}
END_TEST

START_TEST(a_second_vote_in_an_epoch_is_a_conflict_and_changes_nothing) {
    begin();
    struct orr_chain_link *a = grow_by(first, 1, 1), *b = grow_by(first, 1, 2);
    ck_assert_int_eq(vote(0, 88, a), ORR_CHAIN_VOTE_NEW);
    ck_assert_int_eq(vote(0, 88, a), ORR_CHAIN_VOTE_KNOWN);
    ck_assert_int_eq(vote(0, 88, b), ORR_CHAIN_VOTE_CONFLICT);
    ck_assert_int_eq(vote(0, 89, a), ORR_CHAIN_VOTE_CONFLICT);
    ck_assert_int_eq(vote(0, 96, b), ORR_CHAIN_VOTE_NEW);
    ck_assert(orr_hash_equal(orr_votes_of(&votes, 11, 0)->head, *orr_chain_hash(a)));
    ck_assert_ptr_null(orr_votes_of(&votes, 11, 1));
    ck_assert_ptr_null(orr_votes_of(&votes, 13, 0));
    end();
}
END_TEST

START_TEST(votes_of_any_epochs_keep_their_order_and_their_bound) {
    begin();
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_NODE, 0);
    struct orr_chain_link *tips[4];
    for (int i = 0; i < 4; i++) tips[i] = grow_by(first, 3 + 9 * i, (uint8_t)(1 + i));
    for (int round = 0; round < 3000; round++) {
        struct orr_chain_link *head = tips[orr_rng_below(&rng, 4)];
        uint64_t slot = 84 + orr_rng_below(&rng, 100 * EPOCH);
        struct orr_checkpoint source = *orr_votes_final(&votes);
        if (orr_rng_below(&rng, 2)) source = *orr_votes_justified(&votes);
        vote_from((uint32_t)orr_rng_below(&rng, N), slot, head, &source);
        if (round % 10) continue;
        uint64_t final = orr_votes_final(&votes)->epoch;
        orr_votes_count(&votes, chain);
        ck_assert_uint_ge(orr_votes_final(&votes)->epoch, final);
        ck_assert_uint_le(votes.n_epochs, ORR_VOTES_EPOCHS);
        for (uint32_t i = 1; i < votes.n_epochs; i++)
            ck_assert(votes.epochs[i - 1].epoch < votes.epochs[i].epoch);
        for (uint32_t i = 1; i < votes.n_justified; i++)
            ck_assert(votes.justified[i - 1].epoch < votes.justified[i].epoch);
        struct orr_chain_link *justified =
            orr_chain_find(chain, &orr_votes_justified(&votes)->hash);
        ck_assert(orr_chain_descends(orr_votes_head(&votes, chain), justified));
    }
    end();
}
END_TEST

ORR_TEST_MAIN("chain.votes", a_vote_comes_back_from_its_bytes_and_signs_all_of_them,
              the_head_is_where_the_latest_votes_are_heaviest,
              a_vote_for_a_block_that_is_not_here_counts_when_it_has_come,
              two_thirds_in_two_successive_epochs_make_a_block_final,
              an_epoch_left_out_is_not_successive_and_sources_do_not_add_up,
              what_more_than_a_third_name_as_source_is_justified,
              the_head_descends_from_the_youngest_justified_block,
              a_second_vote_in_an_epoch_is_a_conflict_and_changes_nothing,
              votes_of_any_epochs_keep_their_order_and_their_bound)
