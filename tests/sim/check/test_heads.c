/* The oracles of chains that fork: final blocks, reorgs and inclusion, each with what it must
 * catch. */
#include "models/base/rlp.h"
#include "tests/sim/check/world.h"

static struct world w;
static const struct orr_source written = {0};

static void begin(void) {
    world_init(&w);
    w.scenario.expect.reorg_depth_where.source = &written;
    w.scenario.expect.final_agreement = ORR_EXPECT_HOLDS;
    w.scenario.expect.inclusion_within = 5 * S;
    w.scenario.expect.reorg_depth = 2;
}

/* A block's hash is its number and a letter, its parent's the number below and another letter. */
static void name_block(uint8_t hash[32], uint64_t number, char branch) {
    memset(hash, 0, 32);
    hash[0] = (uint8_t)number;
    hash[31] = number ? (uint8_t)branch : 0; /* all begin with one first block */
}

static void put_block(orr_peer node, uint64_t number, char branch, char parent,
                      const char *const *txs, uint32_t n_txs) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rlp_writer r = {.mem = &heap.mem};
    size_t block = orr_rlp_list_begin(&r), header = orr_rlp_list_begin(&r);
    orr_rlp_list_end(&r, header);
    size_t list = orr_rlp_list_begin(&r);
    for (uint32_t i = 0; i < n_txs; i++) orr_rlp_write_string(&r, txs[i], strlen(txs[i]));
    orr_rlp_list_end(&r, list);
    orr_rlp_list_end(&r, block);
    uint64_t bytes[64] = {0};
    struct orr_block_told *told = (struct orr_block_told *)bytes;
    told->number = number;
    told->kind = number ? ORR_TOLD_BLOCK : ORR_TOLD_FIRST;
    told->len = (uint32_t)r.len;
    name_block(told->hash, number, branch);
    if (number) name_block(told->parent, number - 1, parent);
    ck_assert_uint_le(sizeof *told + r.len, sizeof bytes);
    memcpy(told->bytes, r.bytes, r.len);
    output(&w, node, ORR_OUT_BLOCK, bytes, sizeof *told + r.len);
    orr_rlp_free(&r);
}

static void put_head(orr_peer node, uint64_t number, char branch, char parent,
                     enum orr_head_label label) {
    struct orr_head h = {.number = number, .label = label};
    name_block(h.hash, number, branch);
    if (number) name_block(h.parent, number - 1, parent);
    output(&w, node, ORR_OUT_HEAD, &h, sizeof h);
}

/* Branch a to number 5, and branch b beside it from number 2 on. */
static void put_branches(void) {
    for (uint64_t n = 0; n <= 5; n++) put_block(0, n, 'a', 'a', NULL, 0);
    for (uint64_t n = 2; n <= 5; n++) put_block(1, n, 'b', n == 2 ? 'a' : 'b', NULL, 0);
}

static void finish_with(const char *name, bool pass, const char *text) {
    finish(&w, 90 * S);
    expect_verdict(&w, name, pass, text);
    world_end(&w);
}

START_TEST(a_head_that_leaves_more_blocks_than_may_be_is_seen) {
    for (uint64_t from = 3; from <= 4; from++) { /* from 3a to 3b: two blocks; from 4a: three */
        begin();
        world_start(&w);
        put_branches();
        put_head(2, 1, 'a', 'a', ORR_HEAD);
        put_head(2, from, 'a', 'a', ORR_HEAD); /* upwards is none */
        put_head(2, 3, 'b', 'b', ORR_HEAD);
        put_head(3, 5, 'b', 'b', ORR_HEAD);      /* a node's first head is none */
        put_head(2, 5, 'a', 'a', ORR_HEAD_SAFE); /* nor are other labels */
        finish_with("reorg_depth", from == 3,
                    from == 3 ? "4 heads of correct nodes, 1 reorgs" : "val.2 left 3 blocks");
    }
}
END_TEST

START_TEST(liars_new_lives_and_unknown_blocks_are_no_reorgs) {
    begin();
    world_fault(&w, ORR_FAULT_BYZANTINE, 1 * S, ORR_NEVER);
    world_fault(&w, ORR_FAULT_CRASH, 2 * S, ORR_NEVER);
    world_start(&w);
    put_branches();
    fault(&w, 0, 4, true);
    put_head(4, 5, 'a', 'a', ORR_HEAD);
    put_head(4, 5, 'b', 'b', ORR_HEAD);
    put_head(5, 5, 'a', 'a', ORR_HEAD);
    w.now = 2 * S;
    fault(&w, 1, 5, true);
    w.now = 3 * S;
    fault(&w, 1, 5, false); /* up again: it begins anew */
    put_head(5, 5, 'b', 'b', ORR_HEAD);
    put_head(5, 9, 'x', 'x', ORR_HEAD); /* of which nobody knows anything */
    finish_with("reorg_depth", true, "0 reorgs");
}
END_TEST

START_TEST(two_final_blocks_of_a_number_break_it) {
    for (int bug = 0; bug < 2; bug++) {
        begin();
        world_start(&w);
        for (uint64_t n = 1; n <= 3; n++) {
            put_head(0, n, 'a', 'a', ORR_HEAD_FINAL);
            put_head(1, n, bug && n == 3 ? 'b' : 'a', 'a', ORR_HEAD_FINAL);
        }
        finish_with("final_agreement", !bug,
                    bug ? "val.1 sees block 3" : "6 final blocks at correct nodes, of 3 numbers");
    }
}
END_TEST

START_TEST(a_node_that_goes_back_or_leaves_its_final_block_breaks_it) {
    begin();
    world_start(&w);
    put_head(0, 3, 'a', 'a', ORR_HEAD_FINAL);
    put_head(0, 2, 'a', 'a', ORR_HEAD_FINAL);
    finish_with("final_agreement", false, "below one that it had seen as final before");
    begin();
    world_start(&w);
    put_head(0, 3, 'a', 'a', ORR_HEAD_FINAL);
    put_head(0, 4, 'b', 'b', ORR_HEAD_FINAL);
    finish_with("final_agreement", false, "not on the one that it had seen");
    begin(); /* after a restart it may say all again */
    world_fault(&w, ORR_FAULT_CRASH, 2 * S, ORR_NEVER);
    world_start(&w);
    put_head(0, 3, 'a', 'a', ORR_HEAD_FINAL);
    w.now = 2 * S;
    fault(&w, 0, 0, true);
    w.now = 3 * S;
    fault(&w, 0, 0, false);
    put_head(0, 1, 'a', 'a', ORR_HEAD_FINAL);
    finish_with("final_agreement", true, "2 final blocks");
}
END_TEST

START_TEST(without_a_final_block_or_a_head_nobody_is_judged) {
    begin();
    world_start(&w);
    finish(&w, 90 * S);
    ck_assert(!verdict(&w, "final_agreement")->judged);
    ck_assert(!verdict(&w, "reorg_depth")->judged);
    ck_assert(!verdict(&w, "inclusion")->judged);
    world_end(&w);
}
END_TEST

static uint64_t id_of(const char *tx) { return orr_hash64(0, tx, strlen(tx)); }

START_TEST(a_transaction_is_included_when_a_head_stands_above_it) {
    static const char *const txs[] = {"one", "two"};
    for (int bug = 0; bug < 4; bug++) {
        begin();
        world_start(&w);
        w.now = 10 * S;
        submit(&w, 0, id_of("one"));
        submit(&w, 1, id_of("two"));
        put_block(0, 0, 'a', 'a', NULL, 0);
        put_block(0, 1, 'a', 'a', txs, bug == 1 ? 1 : 2); /* 1: one is forgotten */
        put_block(0, 2, 'a', 'a', NULL, 0);
        w.now = bug == 2 ? 15 * S + 1 : 15 * S; /* 2: late; 3: the block is never on a branch */
        put_head(0, bug == 3 ? 0 : 2, 'a', 'a', ORR_HEAD);
        finish_with("inclusion", !bug,
                    bug == 0   ? "2 transactions of correct nodes"
                    : bug == 1 ? "1 of 2 transactions were not in a block within 5"
                               : "2 of 2 transactions were not in a block within 5");
    }
}
END_TEST

START_TEST(what_was_submitted_shortly_before_the_end_is_not_due) {
    begin();
    world_start(&w);
    w.now = 86 * S;
    submit(&w, 0, id_of("one"));
    finish(&w, 90 * S);
    ck_assert(!verdict(&w, "inclusion")->judged);
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("check.heads", a_head_that_leaves_more_blocks_than_may_be_is_seen,
              liars_new_lives_and_unknown_blocks_are_no_reorgs,
              two_final_blocks_of_a_number_break_it,
              a_node_that_goes_back_or_leaves_its_final_block_breaks_it,
              without_a_final_block_or_a_head_nobody_is_judged,
              a_transaction_is_included_when_a_head_stands_above_it,
              what_was_submitted_shortly_before_the_end_is_not_due)
