/* statement.c - what signed messages say, in the words of models/statement.h, and lies of the same
 * form for those who equivocate. */
#include "models/statement.h"

#include "models/bft/pbft/state.h"

static bool of_vote(const struct orr_pbft_vote *v, const struct orr_validator_set *set,
                    struct orr_statement *said) {
    *said = (struct orr_statement){.signer = set->members[v->replica],
                                   .kind = v->kind,
                                   .height = v->number,
                                   .view = v->view,
                                   .justify_view = v->kind == ORR_PBFT_COMMIT ? v->view
                                                                              : ORR_NO_VIEW};
    memcpy(said->value, v->digest, 32);
    return true;
}

/* The i-th signature of a certificate. */
static bool in_cert(const struct orr_pbft_cert *c, uint32_t i, const struct orr_validator_set *set,
                    struct orr_statement *said) {
    if (i >= c->n) return false;
    struct orr_pbft_vote v = {.view = c->view, .number = c->number, .kind = c->kind,
                              .replica = orr_load_le32(c->signatures + i * ORR_PBFT_SIG_BYTES)};
    if (v.replica >= set->n) return false;
    if (c->kind == ORR_PBFT_PREPARE && v.replica == c->view % set->n)
        v.kind = ORR_PBFT_PRE_PREPARE;
    memcpy(v.digest, c->digest, 32);
    return of_vote(&v, set, said);
}

/* What a view change says of the k-th number that its sender has prepared: a slot of its own. */
static bool of_prepared(const struct orr_pbft_view_change *c, uint32_t k,
                        const struct orr_validator_set *set, struct orr_statement *said) {
    struct orr_pbft_cert cert;
    const uint8_t *at = c->prepared;
    for (uint32_t i = 0; i <= k; i++)
        if (!orr_pbft_view_change_next(c, &at, &cert)) return false;
    *said = (struct orr_statement){.signer = set->members[c->replica],
                                   .kind = ORR_PBFT_VIEW_CHANGE, .height = cert.number,
                                   .view = c->view, .justify_view = cert.view};
    memcpy(said->value, cert.digest, 32);
    return true;
}

/* Its sender's, which leans on its stable checkpoint, and of each number that it has prepared; then
 * those of its certificates. */
static bool in_view_change(const struct orr_msg *m, uint32_t i,
                           const struct orr_validator_set *set, struct orr_statement *said) {
    struct orr_pbft_view_change c;
    struct orr_pbft_cert cert;
    if (!orr_pbft_view_change_read(m->data, m->len, set, &c)) return false;
    if (!i--) {
        struct orr_pbft_vote v = {.view = c.view, .kind = ORR_PBFT_VIEW_CHANGE,
                                  .replica = c.replica};
        memcpy(v.digest, c.digest, 32);
        of_vote(&v, set, said);
        said->justify_view = c.stable;
        return true;
    }
    if (i < c.n_prepared) return of_prepared(&c, i, set, said);
    i -= c.n_prepared;
    const uint8_t *at = c.prepared;
    for (uint32_t k = 0; k < c.n_prepared && orr_pbft_view_change_next(&c, &at, &cert); k++) {
        if (i < cert.n) return in_cert(&cert, i, set, said);
        i -= cert.n;
    }
    return false;
}

/* Its sender's, then the pre-prepares of O. */
static bool in_new_view(const struct orr_msg *m, uint32_t i, const struct orr_validator_set *set,
                        struct orr_statement *said) {
    struct orr_pbft_new_view_msg n;
    if (!orr_pbft_new_view_read(m->data, m->len, set, &n) || i > n.n_orders) return false;
    const uint8_t *order = n.orders + (size_t)(i ? i - 1 : 0) * ORR_PBFT_ORDER_BYTES;
    struct orr_pbft_vote v = {.view = n.view, .replica = n.replica,
                              .kind = i ? ORR_PBFT_PRE_PREPARE : ORR_PBFT_NEW_VIEW};
    if (i) v.number = orr_load_le64(order);
    memcpy(v.digest, i ? order + 8 : n.digest, 32);
    return of_vote(&v, set, said);
}

bool orr_pbft_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                        struct orr_statement *said) {
    const struct orr_validator_set *set = common->shared;
    struct orr_pbft_vote v;
    struct orr_pbft_cert c;
    switch (m->kind) {
    case ORR_PBFT_PRE_PREPARE:
    case ORR_PBFT_PREPARE:
    case ORR_PBFT_COMMIT:
    case ORR_PBFT_CHECKPOINT:
        return !i && orr_pbft_vote_read(m, set, &v) && of_vote(&v, set, said);
    case ORR_PBFT_VIEW_CHANGE: return in_view_change(m, i, set, said);
    case ORR_PBFT_NEW_VIEW: return in_new_view(m, i, set, said);
    case ORR_PBFT_DECISION:
        return m->len > 4 && orr_pbft_cert_read(m->data + 4, m->len - 4, &c) &&
               in_cert(&c, i, set, said);
    default: return false;
    }
}

/* The batch of a number with another time: what all liars tell the other camp. */
static struct orr_msg *other_batch(struct orr_pbft_replica *r, uint64_t number, uint8_t digest[32],
                                   struct orr_pool *pool) {
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    if (!s || !s->batch.msg || !orr_pbft_bytes_len(&s->batch)) return NULL;
    uint32_t len = orr_pbft_bytes_len(&s->batch);
    struct orr_msg *m = orr_msg_copy(pool, ORR_PBFT_BATCH, orr_pbft_bytes_at(&s->batch), len);
    orr_store_le64(m->data, orr_load_le64(m->data) ^ 1);
    orr_pbft_digest(number, m->data, len, digest);
    return m;
}

struct orr_msg *orr_pbft_forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    struct orr_pbft_replica *r = node;
    struct orr_pbft_vote v;
    bool is_order = m->kind == ORR_PBFT_PRE_PREPARE;
    if ((!is_order && m->kind != ORR_PBFT_PREPARE && m->kind != ORR_PBFT_COMMIT) ||
        !orr_pbft_vote_read(m, r->set, &v) || v.replica != r->me)
        return NULL;
    struct orr_msg *batch = other_batch(r, v.number, v.digest, pool);
    if (!batch) return NULL;
    orr_pbft_vote_sign(&v, r->set, r->common->memo);
    struct orr_msg *lie =
        orr_msg_new(pool, m->kind, ORR_PBFT_VOTE_BYTES + (is_order ? batch->len : 0));
    orr_pbft_vote_write(&v, lie->data);
    if (is_order) memcpy(lie->data + ORR_PBFT_VOTE_BYTES, batch->data, batch->len);
    orr_msg_unref(pool, batch);
    return lie;
}

/* What it has prepared and not executed: the next view change says nothing of it. */
void orr_pbft_forget(void *node) {
    struct orr_pbft_replica *r = node;
    for (uint64_t i = r->executed + 1; i <= r->stable + r->config->window; i++) {
        struct orr_pbft_slot *s = orr_pbft_slot_at(r, i);
        orr_msg_unref(r->common->pool, s->prepared);
        s->prepared = NULL;
        orr_pbft_bytes_set(r, &s->prepared_batch, NULL, 0);
    }
}
