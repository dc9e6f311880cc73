/* report.c - what all files of a replica need: sending, signing, holding bytes. */
#include "models/bft/pbft/state.h"

void orr_pbft_drop(struct orr_pbft_replica *r) {
    r->n_dropped++;
    orr_reject(r->out);
}

void orr_pbft_charge_verify(struct orr_pbft_replica *r, uint64_t n) {
    r->out->busy_ns += (int64_t)n * r->common->costs->verify_ns;
}

void orr_pbft_send(struct orr_pbft_replica *r, uint32_t to, struct orr_msg *moved) {
    assert(to < r->n && to != r->me);
    orr_send(r->out, r->set->members[to], moved);
}

void orr_pbft_send_all(struct orr_pbft_replica *r, struct orr_msg *moved) {
    for (uint32_t i = 0; i < r->n; i++)
        if (i != r->me) orr_pbft_send(r, i, orr_msg_ref(moved));
    orr_msg_unref(r->common->pool, moved);
}

struct orr_msg *orr_pbft_vote(struct orr_pbft_replica *r, uint8_t kind, uint64_t view,
                              uint64_t number, const uint8_t digest[32], uint32_t more) {
    struct orr_pbft_vote v = {.view = view, .number = number, .replica = r->me, .kind = kind};
    memcpy(v.digest, digest, 32);
    orr_pbft_vote_sign(&v, r->set, r->common->memo);
    r->out->busy_ns += r->common->costs->sign_ns;
    struct orr_msg *m = orr_msg_new(r->common->pool, kind, ORR_PBFT_VOTE_BYTES + more);
    orr_pbft_vote_write(&v, m->data);
    return m;
}

void orr_pbft_accuse(struct orr_pbft_replica *r, const struct orr_pbft_vote *v) {
    orr_accuse(r->out, (struct orr_evidence){.culprit = r->set->members[v->replica],
                                             .round = (uint32_t)v->view,
                                             .height = v->number,
                                             .type = ORR_MSG_TYPE(0, v->kind)});
}

void orr_pbft_bytes_set(struct orr_pbft_replica *r, struct orr_pbft_bytes *b, struct orr_msg *m,
                        uint32_t at) {
    orr_msg_ref(m);
    orr_msg_unref(r->common->pool, b->msg);
    *b = (struct orr_pbft_bytes){m, at};
}

struct orr_msg *orr_pbft_cert_new(struct orr_pbft_replica *r, uint8_t kind, uint64_t view,
                                  uint64_t number, const uint8_t digest[32],
                                  struct orr_msg *const *votes, const uint8_t *order_signature) {
    uint32_t n = order_signature != NULL, primary = (uint32_t)(view % r->n);
    struct orr_pbft_vote v;
    for (uint32_t i = 0; i < r->n; i++)
        n += votes[i] && orr_pbft_vote_read(votes[i], r->set, &v) &&
             !memcmp(v.digest, digest, 32) && !(order_signature && i == primary);
    struct orr_msg *m =
        orr_msg_new(r->common->pool, 0, ORR_PBFT_CERT_BYTES + n * ORR_PBFT_SIG_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u8(&w, kind);
    orr_write_u64(&w, view);
    orr_write_u64(&w, number);
    orr_write_bytes(&w, digest, 32);
    orr_write_u32(&w, n);
    if (order_signature) {
        orr_write_u32(&w, primary);
        orr_write_bytes(&w, order_signature, 64);
    }
    for (uint32_t i = 0; i < r->n; i++) {
        if (!votes[i] || (order_signature && i == primary)) continue;
        orr_pbft_vote_read(votes[i], r->set, &v);
        if (memcmp(v.digest, digest, 32)) continue;
        orr_write_u32(&w, i);
        orr_write_bytes(&w, v.signature, 64);
    }
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_pbft_cert_is_good(struct orr_pbft_replica *r, const struct orr_pbft_cert *c) {
    orr_pbft_charge_verify(r, c->n);
    bool looks = !orr_pbft_has_bug(r, ORR_PBFT_BUG_NO_SIGNER_CHECK);
    return orr_pbft_cert_verify(c, r->set, r->quorum, looks, r->common->memo);
}

uint64_t orr_pbft_request_id(const uint8_t *request, uint32_t size) {
    return orr_hash64(ORR_PBFT_TX, request + 4, size - 4);
}
