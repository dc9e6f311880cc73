/* Fields of messages, changed and signed again: on messages that real runs send. */
#include "models/base/bytes.h"
#include "models/fault/mutate.h"
#include "tests/models/bft/laws.h"

enum { PER_KIND = 3, KINDS = 32, SENDER = 1 };
static struct orr_msg *heard[KINDS][PER_KIND]; /* different ones of each kind, of node SENDER */
static uint32_t n_heard[KINDS];

static void collect(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    if (from != SENDER || !e->msg || e->msg->kind >= KINDS) return;
    uint32_t *n = &n_heard[e->msg->kind];
    struct orr_statement s;
    bool is_own = !c->protocol->report.statement(&c->common, e->msg, 0, &s) || s.signer == SENDER;
    bool is_known = *n && heard[e->msg->kind][*n - 1] == e->msg; /* sent to one after the other */
    if (*n == PER_KIND || !is_own || is_known) return;
    heard[e->msg->kind][(*n)++] = orr_msg_ref(e->msg);
}

/* A run with a silent node and, for catching up, one that is cut off for a while. */
static orr_time cut_off(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)m;
    if (from == 3 && c->now < 400 * MS) return ORR_NEVER; /* views end without it */
    if ((from == 0 || to == 0) && c->now > 600 * MS && c->now < 1400 * MS) return ORR_NEVER;
    return 5 * MS;
}

static void listen(struct cluster *c, const struct law *law) {
    law_new(c, law, 4, 7);
    memset(n_heard, 0, sizeof n_heard);
    c->delay = cut_off;
    c->sent = collect;
    cluster_start(c);
    law_run(c, 2500 * MS);
}

static void forget(struct cluster *c) {
    for (uint32_t k = 0; k < KINDS; k++)
        for (uint32_t i = 0; i < n_heard[k]; i++) orr_msg_unref(&c->pool, heard[k][i]);
    law_free(c);
}

static bool same(const struct orr_msg *a, const struct orr_msg *b) {
    return a->kind == b->kind && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* What undoes a change; ORR_N_CHANGES: nothing simple does. */
static enum orr_change inverse(const struct orr_msg_field *f, enum orr_change change) {
    if (change > ORR_CHANGE_DOWN || f->form == ORR_FIELD_BITSET) return ORR_N_CHANGES;
    bool is_flipped = f->kind == ORR_FIELD_VALUE || f->kind == ORR_FIELD_PROOF;
    if (is_flipped) return change;
    if (f->form == ORR_FIELD_FLAGS) return ORR_N_CHANGES; /* another entry's signature is copied */
    return change == ORR_CHANGE_UP ? ORR_CHANGE_DOWN : ORR_CHANGE_UP;
}

/* The field as m has it, taken over into the changed one, gives m's bytes back, signature and all:
 * so what the change made was signed as its author signs. */
static void comes_back(struct cluster *c, const struct orr_msg_field *f, enum orr_change change,
                       const struct orr_msg *m, const struct orr_msg *changed) {
    enum orr_change undo = inverse(f, change);
    struct orr_msg *back = orr_mutate(c->protocol, &c->common, SENDER, f, ORR_CHANGE_OTHERS,
                                      changed, m, &c->pool);
    if (back) ck_assert_msg(same(back, m), "%s, %s taken back", c->protocol->name, f->name);
    orr_msg_unref(&c->pool, back);
    bool is_list = f->form == ORR_FIELD_LIST && change == ORR_CHANGE_DOWN; /* its last is gone */
    if (undo == ORR_N_CHANGES || is_list) return;
    back = orr_mutate(c->protocol, &c->common, SENDER, f, undo, changed, NULL, &c->pool);
    ck_assert_msg(back && same(back, m), "%s, %s and back", c->protocol->name, f->name);
    orr_msg_unref(&c->pool, back);
}

/* Tries all changes of a field on a message; which of them there were, as bits. */
static unsigned change_all(struct cluster *c, const struct orr_msg_field *f,
                           const struct orr_msg *m) {
    unsigned done = 0;
    for (int change = 0; change < ORR_N_CHANGES; change++)
        for (uint32_t i = 0; i < n_heard[m->kind]; i++) {
            const struct orr_msg *from = heard[m->kind][i];
            if (from == m) continue;
            struct orr_msg *changed = orr_mutate(c->protocol, &c->common, SENDER, f,
                                                 (enum orr_change)change, m, from, &c->pool);
            if (!changed) continue;
            done |= 1u << change;
            ck_assert(!same(changed, m) && changed->hash == 0);
            comes_back(c, f, (enum orr_change)change, m, changed);
            orr_freeze(c->protocol, &c->common, changed); /* whatever it is, it is read */
            orr_msg_unref(&c->pool, changed);
        }
    return done;
}

START_TEST(a_changed_field_is_signed_as_its_author_signs_and_comes_back_the_same) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        struct cluster c;
        listen(&c, &laws[i]);
        uint32_t n_seen = 0, n_changed = 0;
        for (const struct orr_msg_field *f = c.protocol->fault.fields; f->name; f++) {
            unsigned done = 0;
            for (uint32_t k = 0; k < n_heard[f->message]; k++)
                done |= change_all(&c, f, heard[f->message][k]);
            n_seen += n_heard[f->message] > 1;
            n_changed += done != 0;
        }
        ck_assert_msg(n_changed >= 5 && 4 * n_changed >= 3 * n_seen, "%s: %u of %u fields",
                      laws[i].role, n_changed, n_seen);
        forget(&c);
    }
}
END_TEST

START_TEST(rows_are_of_kinds_that_there_are_and_have_names_of_their_own) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        const struct orr_protocol *p = orr_registry_find(laws[i].role);
        uint32_t n_kinds = 0;
        while (p->kinds[n_kinds]) n_kinds++;
        ck_assert(p->fault.fields && p->fault.sign && p->fault.patience);
        ck_assert_uint_eq(p->fault.patience >> p->n_timers, 0);
        for (const struct orr_msg_field *f = p->fault.fields; f->name; f++) {
            ck_assert_uint_lt(f->message, n_kinds);
            ck_assert_uint_lt(f->kind, ORR_N_FIELDS);
            bool is_number = f->kind == ORR_FIELD_VIEW || f->kind == ORR_FIELD_HEIGHT;
            ck_assert(!is_number || (f->form == ORR_FIELD_FIXED &&
                                     (f->width == 4 || f->width == 8)));
            ck_assert((f->kind == ORR_FIELD_SIGNERS) == (f->form >= ORR_FIELD_BITSET));
            for (const struct orr_msg_field *g = p->fault.fields; g < f; g++)
                ck_assert_msg(g->message != f->message || strcmp(g->name, f->name), "%s of %s",
                              f->name, p->kinds[f->message]);
        }
    }
}
END_TEST

/* A view that is one more is what the statement then says, and nothing else of it. */
START_TEST(a_vote_with_another_view_is_another_statement_of_the_same_signer) {
    uint32_t n_votes = 0, n_roles = 0;
    for (uint32_t i = 0; i < N_LAWS; i++) {
        n_roles++;
        struct cluster c;
        listen(&c, &laws[i]);
        for (const struct orr_msg_field *f = c.protocol->fault.fields; f->name; f++) {
            struct orr_statement was, is;
            struct orr_msg *m = n_heard[f->message] ? heard[f->message][0] : NULL;
            bool is_view = !strcmp(f->name, "view") || !strcmp(f->name, "round");
            if (!m || !is_view || !c.protocol->report.statement(&c.common, m, 0, &was)) continue;
            struct orr_msg *changed = orr_mutate(c.protocol, &c.common, SENDER, f, ORR_CHANGE_UP, m,
                                                 NULL, &c.pool);
            if (!changed) continue;
            if (c.protocol->report.statement(&c.common, changed, 0, &is) && was.signer == SENDER &&
                was.kind == f->message) {
                ck_assert_uint_eq(is.signer, was.signer);
                ck_assert_uint_eq(is.kind, was.kind);
                ck_assert_msg(is.view == was.view + 1, "%s, kind %u", laws[i].role, f->message);
                n_votes++;
            }
            orr_msg_unref(&c.pool, changed);
        }
        forget(&c);
    }
    ck_assert(n_roles >= 6 && n_votes >= 2 * n_roles);
}
END_TEST

START_TEST(nobody_signs_for_somebody_else) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        struct cluster c;
        listen(&c, &laws[i]);
        for (const struct orr_msg_field *f = c.protocol->fault.fields; f->name; f++)
            for (uint32_t k = 0; k < n_heard[f->message]; k++) {
                struct orr_statement s;
                struct orr_msg *m = heard[f->message][k];
                bool is_signed = c.protocol->report.statement(&c.common, m, 0, &s);
                const char *kind = c.protocol->kinds[m->kind];
                bool is_proof = !strcmp(kind, "commit") || !strcmp(kind, "decision") ||
                                !strcmp(kind, "qc") || !strcmp(kind, "new-view") ||
                                !strcmp(kind, "certificate");
                if (!is_signed || is_proof) continue; /* what others signed */
                struct orr_msg *made = orr_mutate(c.protocol, &c.common, SENDER + 1, f,
                                                  ORR_CHANGE_UP, m, NULL, &c.pool);
                ck_assert_msg(!made || !strcmp(laws[i].role, "tendermint"), "%s: %s of %s",
                              laws[i].role, f->name, kind);
                orr_msg_unref(&c.pool, made);
            }
        forget(&c);
    }
}
END_TEST

/* ---- sets of signers ---- */

static const struct orr_msg_field bits = {.name = "signers", .kind = ORR_FIELD_SIGNERS,
                                          .form = ORR_FIELD_BITSET, .at = 4, .len_end = 4};

static bool always(const struct orr_common *common, orr_peer signer,
                   const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)common, (void)signer, (void)changed, (void)m;
    return true;
}

/* length u32 | form | bits of 9 validators | signatures of 1, 2, 8, each of its number */
static struct orr_msg *set_of_three(struct orr_pool *pool, uint8_t form) {
    uint32_t n = form == 1 ? 3 * 64 : 48;
    struct orr_msg *m = orr_msg_new(pool, 0, 4 + 1 + 2 + n);
    memset(m->data, 0, m->len);
    orr_store_le32(m->data, m->len - 4);
    m->data[4] = form, m->data[5] = 6, m->data[6] = 1;
    for (uint32_t i = 0; form == 1 && i < 3; i++)
        memset(m->data + 7 + 64 * i, i < 2 ? 1 + (int)i : 8, 64);
    return m;
}

START_TEST(a_signer_more_or_less_has_a_signature_more_or_less_in_its_place) {
    struct orr_heap heap;
    struct orr_pool pool;
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    struct orr_cohort cohort = {.n = 9};
    struct orr_common common = {.cohort = &cohort};
    struct orr_protocol protocol = {.fault.sign = always};
    struct orr_msg *m = set_of_three(&pool, 1), *made;
    made = orr_mutate(&protocol, &common, 0, &bits, ORR_CHANGE_UP, m, NULL, &pool);
    ck_assert_uint_eq(made->data[5], 7); /* validator 0, before the others */
    ck_assert_uint_eq(made->len, m->len + 64);
    ck_assert_uint_eq(orr_load_le32(made->data), made->len - 4);
    ck_assert_uint_eq(made->data[7], 1);
    ck_assert_uint_eq(made->data[7 + 64], 1);
    ck_assert_uint_eq(made->data[7 + 3 * 64], 8);
    orr_msg_unref(&pool, made);
    made = orr_mutate(&protocol, &common, 0, &bits, ORR_CHANGE_DOWN, m, NULL, &pool);
    ck_assert_uint_eq(made->data[5], 6);
    ck_assert_uint_eq(made->data[6], 0);
    ck_assert_uint_eq(made->len, m->len - 64);
    ck_assert_uint_eq(orr_load_le32(made->data), made->len - 4);
    orr_msg_unref(&pool, made);
    made = orr_mutate(&protocol, &common, 0, &bits, ORR_CHANGE_NIL, m, NULL, &pool);
    ck_assert_uint_eq(made->len, 7);
    ck_assert_uint_eq(made->data[5] | made->data[6], 0);
    orr_msg_unref(&pool, made);
    orr_msg_unref(&pool, m);
    m = set_of_three(&pool, 2); /* one signature for all */
    made = orr_mutate(&protocol, &common, 0, &bits, ORR_CHANGE_UP, m, NULL, &pool);
    ck_assert_uint_eq(made->len, m->len);
    ck_assert_uint_eq(made->data[5], 7);
    orr_msg_unref(&pool, made);
    orr_msg_unref(&pool, m);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}
END_TEST

/* ---- any bytes ---- */

START_TEST(in_any_bytes_a_field_is_found_within_them_or_not_at_all) {
    struct orr_heap heap;
    struct orr_pool pool;
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_FAULT, 0);
    struct orr_cohort cohort = {.n = 13};
    struct orr_common common = {.cohort = &cohort};
    uint32_t n_found = 0;
    for (uint32_t i = 0; i < N_LAWS; i++) {
        struct orr_protocol protocol = *orr_registry_find(laws[i].role);
        protocol.fault.sign = always;
        for (const struct orr_msg_field *f = protocol.fault.fields; f->name; f++)
            for (uint32_t round = 0; round < 200; round++) {
                uint32_t len = (uint32_t)orr_rng_below(&rng, 700), at = 0, n = 0;
                struct orr_msg *m = orr_msg_new(&pool, f->message, len);
                for (uint32_t k = 0; k < len; k++)
                    m->data[k] = orr_rng_below(&rng, 4) ? 0 : (uint8_t)orr_rng_below(&rng, 256);
                bool is_there = orr_field_find(f, m, cohort.n, &at, &n);
                ck_assert(!is_there || (at <= len && n <= len - at));
                n_found += is_there;
                for (int change = 0; change < ORR_N_CHANGES; change++)
                    orr_msg_unref(&pool, orr_mutate(&protocol, &common, 0, f,
                                                    (enum orr_change)change, m, m, &pool));
                orr_msg_unref(&pool, m);
            }
    }
    ck_assert_uint_gt(n_found, 1000);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}
END_TEST

ORR_TEST_MAIN("fault.mutate", a_changed_field_is_signed_as_its_author_signs_and_comes_back_the_same,
              rows_are_of_kinds_that_there_are_and_have_names_of_their_own,
              a_vote_with_another_view_is_another_statement_of_the_same_signer,
              nobody_signs_for_somebody_else,
              a_signer_more_or_less_has_a_signature_more_or_less_in_its_place,
              in_any_bytes_a_field_is_found_within_them_or_not_at_all)
