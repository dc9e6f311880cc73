/* The vocabulary of outputs: every helper makes what its table says, and nothing else fits. */
#include "models/output.h"

#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_pool pool;
static struct orr_effect effects[16];
static struct orr_outbox out;

static void no_room(struct orr_outbox *o) { (void)o, ck_abort_msg("too many effects"); }

static void begin(void) {
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    out = (struct orr_outbox){.v = effects, .cap = 16, .pool = &pool, .grow = no_room};
}

/* The one output since begin(), which must have this key and fit. */
static const void *output(uint32_t key) {
    ck_assert_uint_eq(out.n, 1);
    ck_assert_int_eq(effects[0].kind, ORR_OUTPUT);
    ck_assert_uint_eq(effects[0].key, key);
    ck_assert(orr_output_fits(key, effects[0].msg));
    return effects[0].msg ? effects[0].msg->data : NULL;
}

static void end(void) {
    for (uint32_t i = 0; i < out.n; i++) orr_msg_unref(&pool, effects[i].msg);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}

START_TEST(a_decision_holds_what_was_named_and_zero_elsewhere) {
    static const uint8_t zero[32];
    uint8_t value[32] = {1, 2, 3}, parent[32] = {4};
    const uint64_t txs[] = {11, 12, 13};
    const orr_peer proposers[] = {5, 9};
    begin();
    orr_decide(&out, 7, value, .parent = parent, .round = 2, .txs = txs, .n_txs = 3,
               .proposers = proposers, .n_proposers = 2, .proposed_at = 99, .size_bytes = 1000);
    const struct orr_decided *d = output(ORR_OUT_DECIDED);
    ck_assert_uint_eq(d->height, 7);
    ck_assert_uint_eq(d->round, 2);
    ck_assert_int_eq(d->proposed_at, 99);
    ck_assert_uint_eq(d->size_bytes, 1000);
    ck_assert_mem_eq(d->value, value, 32);
    ck_assert_mem_eq(d->parent, parent, 32);
    ck_assert_mem_eq(d->state_root, zero, 32);
    ck_assert_uint_eq(d->n_txs, 3);
    ck_assert_mem_eq(d->txs, txs, sizeof txs);
    ck_assert_uint_eq(d->n_proposers, 2);
    ck_assert_mem_eq(orr_decided_proposers(d), proposers, sizeof proposers);
    ck_assert_uint_eq(orr_decided_proposer(d), 5);
    end();
    begin();
    orr_decide(&out, .height = 1, .value = value);
    ck_assert_uint_eq(orr_decided_proposer(output(ORR_OUT_DECIDED)), ORR_NOBODY);
    end();
}
END_TEST

START_TEST(every_helper_makes_an_output_that_fits) {
    begin();
    orr_deliver(&out, 77, 3);
    ck_assert_uint_eq(((const struct orr_delivered *)output(ORR_OUT_DELIVERED))->origin, 3);
    end(), begin();
    orr_enter(&out, 4, 5, 6);
    ck_assert_uint_eq(((const struct orr_progress *)output(ORR_OUT_STEP))->step, 6);
    end(), begin();
    orr_accuse(&out, (struct orr_evidence){.culprit = 2, .committed = true});
    ck_assert_uint_eq(((const struct orr_evidence *)output(ORR_OUT_EVIDENCE))->culprit, 2);
    end(), begin();
    orr_reject(&out);
    ck_assert_ptr_null(output(ORR_OUT_DROPPED));
    end(), begin();
    uint8_t value[32] = {7};
    orr_propose(&out, 4, 5, value, 6);
    const struct orr_proposed *p = output(ORR_OUT_PROPOSED);
    ck_assert(p->height == 4 && p->round == 5 && p->size_bytes == 6 && p->value[0] == 7);
    end(), begin();
    orr_adopt(&out, 4, value);
    const struct orr_adopted *a = output(ORR_OUT_ADOPTED);
    ck_assert(a->height == 4 && a->value[0] == 7);
    end(), begin();
    orr_name_signers(&out, "sixteen letters!", 4, 5, value, 2)[1] = 9;
    const struct orr_signers *c = output(ORR_OUT_SIGNERS);
    ck_assert(c->n_signers == 2 && c->signers[1] == 9 && c->value[0] == 7);
    ck_assert_mem_eq(c->statement, "sixteen letters!", 16);
    end(), begin();
    orr_name(&out, ORR_OUT_LOCK, 4, 5, value);
    const struct orr_named *lock = output(ORR_OUT_LOCK);
    ck_assert(lock->height == 4 && lock->view == 5 && lock->value[0] == 7);
    end(), begin();
    orr_enter_view(&out, 5, ORR_VIEW_TC);
    const struct orr_view_entered *view = output(ORR_OUT_VIEW);
    ck_assert(view->view == 5 && view->reason == ORR_VIEW_TC && !view->reserved);
    end(), begin();
    orr_head(&out, (struct orr_head){.number = 8, .label = ORR_HEAD_FINAL});
    ck_assert_uint_eq(((const struct orr_head *)output(ORR_OUT_HEAD))->number, 8);
    end(), begin();
    orr_tell_indexed(&out, (struct orr_indexed){.number = 8, .n_undone = 2});
    ck_assert_uint_eq(((const struct orr_indexed *)output(ORR_OUT_INDEXED))->n_undone, 2);
    end(), begin();
    orr_tell_settled(&out, (struct orr_settled){.number = 8, .is_accepted = 1});
    ck_assert_uint_eq(((const struct orr_settled *)output(ORR_OUT_SETTLED))->is_accepted, 1);
    end(), begin();
    static const uint8_t sources[2][32] = {{1}, {2}};
    orr_tell_epoch(&out, &(struct orr_epoch_told){.l1_number = 7, .n = 2}, sources[0]);
    const struct orr_epoch_told *epoch = output(ORR_OUT_EPOCH);
    ck_assert(epoch->l1_number == 7 && epoch->n == 2 && epoch->sources[1][0] == 2);
    end(), begin();
    orr_tell_origin(&out, &(struct orr_origin_told){.number = 7, .minted = {[31] = 9}});
    ck_assert_uint_eq(((const struct orr_origin_told *)output(ORR_OUT_ORIGIN))->minted[31], 9);
    end(), begin();
    orr_tell_derived(&out, &(struct orr_derived_told){.number = 7, .is_from_batch = 1});
    ck_assert_uint_eq(((const struct orr_derived_told *)output(ORR_OUT_DERIVED))->number, 7);
    end(), begin();
    const struct orr_indexed *indexed;
    orr_tell_indexed(&out, (struct orr_indexed){.number = 8, .final = 3});
    indexed = output(ORR_OUT_INDEXED);
    ck_assert(indexed->number == 8 && indexed->final == 3);
    end(), begin();
    orr_metric(&out, "a name that is longer than the 32 bytes of its field", -5, "B");
    const struct orr_metric_point *m = output(ORR_OUT_METRIC);
    ck_assert_int_eq(m->value, -5);
    ck_assert_mem_eq(m->name, "a name that is longer than the 3", 32);
    ck_assert_mem_eq(m->unit, "B\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    end();
}
END_TEST

START_TEST(a_line_of_text_is_formatted_and_bounded) {
    char many[2 * ORR_LOG_MAX] = "";
    memset(many, 'm', sizeof many - 1);
    begin();
    orr_log(&out, "view %u of %s\n", 3, "node");
    ck_assert_mem_eq(output(ORR_OUT_LOG), "view 3 of node\n", 15);
    ck_assert_uint_eq(effects[0].msg->len, 15);
    end(), begin();
    orr_log(&out, "%s", many);
    output(ORR_OUT_LOG);
    ck_assert_uint_eq(effects[0].msg->len, ORR_LOG_MAX);
    end();
}
END_TEST

/* Does a message of len zero bytes fit? */
static bool fits(uint32_t key, uint32_t len) {
    begin();
    struct orr_msg *m = orr_msg_new(&pool, 0, len);
    memset(m->data, 0, len);
    bool answer = orr_output_fits(key, m);
    orr_msg_unref(&pool, m);
    end();
    return answer;
}

START_TEST(another_size_fits_none_of_the_tables_keys) {
    static const uint32_t sizes[ORR_N_OUTPUTS] = {
        [ORR_OUT_DECIDED] = sizeof(struct orr_decided),
        [ORR_OUT_DELIVERED] = sizeof(struct orr_delivered),
        [ORR_OUT_EVIDENCE] = sizeof(struct orr_evidence),
        [ORR_OUT_STEP] = sizeof(struct orr_progress),
        [ORR_OUT_DROPPED] = 0,
        [ORR_OUT_HEAD] = sizeof(struct orr_head),
        [ORR_OUT_METRIC] = sizeof(struct orr_metric_point),
        [ORR_OUT_LOG] = ORR_LOG_MAX,
        [ORR_OUT_PROPOSED] = sizeof(struct orr_proposed),
        [ORR_OUT_ADOPTED] = sizeof(struct orr_adopted),
        [ORR_OUT_SIGNERS] = sizeof(struct orr_signers),
        [ORR_OUT_LOCK] = sizeof(struct orr_named),
        [ORR_OUT_HIGH_QC] = sizeof(struct orr_named),
        [ORR_OUT_BLOCK] = sizeof(struct orr_block_told),
        [ORR_OUT_INDEXED] = sizeof(struct orr_indexed),
        [ORR_OUT_SETTLED] = sizeof(struct orr_settled),
        [ORR_OUT_EPOCH] = sizeof(struct orr_epoch_told),
        [ORR_OUT_ORIGIN] = sizeof(struct orr_origin_told),
        [ORR_OUT_DERIVED] = sizeof(struct orr_derived_told),
        [ORR_OUT_ROWS] = sizeof(struct orr_rows_told),
        [ORR_OUT_VIEW] = sizeof(struct orr_view_entered)};
    for (uint32_t key = 0; key < ORR_N_OUTPUTS; key++) {
        ck_assert_msg(fits(key, sizes[key]), "%s", orr_output_infos[key].name);
        ck_assert_msg(!fits(key, sizes[key] + 1), "%s", orr_output_infos[key].name);
        ck_assert(key == ORR_OUT_LOG || !sizes[key] || !fits(key, sizes[key] - 1));
        ck_assert(key == ORR_OUT_LOG || key == ORR_OUT_DROPPED || !orr_output_fits(key, NULL));
    }
    ck_assert(fits(ORR_OUT_LOG, 0) && orr_output_fits(ORR_OUT_LOG, NULL));
}
END_TEST

START_TEST(a_decision_must_hold_all_that_it_counts) {
    begin();
    struct orr_msg *m = orr_msg_new(&pool, 0, sizeof(struct orr_decided) + 8 + 4);
    struct orr_decided *d = (struct orr_decided *)m->data;
    memset(d, 0, m->len);
    d->n_txs = 1, d->n_proposers = 1;
    ck_assert(orr_output_fits(ORR_OUT_DECIDED, m));
    d->n_proposers = 0;
    ck_assert(!orr_output_fits(ORR_OUT_DECIDED, m));
    d->n_txs = UINT32_MAX, d->n_proposers = UINT32_MAX; /* the sum does not wrap */
    ck_assert(!orr_output_fits(ORR_OUT_DECIDED, m));
    orr_msg_unref(&pool, m);
    end();
}
END_TEST

START_TEST(keys_from_1000_are_free_and_those_between_are_none) {
    ck_assert(orr_output_fits(ORR_OUT_OWN, NULL) && fits(ORR_OUT_OWN + 7, 12345));
    ck_assert(!orr_output_fits(ORR_N_OUTPUTS, NULL) && !fits(ORR_OUT_OWN - 1, 8));
}
END_TEST

ORR_TEST_MAIN("output", a_decision_holds_what_was_named_and_zero_elsewhere,
              every_helper_makes_an_output_that_fits, a_line_of_text_is_formatted_and_bounded,
              another_size_fits_none_of_the_tables_keys, a_decision_must_hold_all_that_it_counts,
              keys_from_1000_are_free_and_those_between_are_none)
