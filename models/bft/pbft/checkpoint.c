/* checkpoint.c - checkpoints, the stable one, and what can be forgotten then (4.3). */
#include "models/base/sha256.h"
#include "models/bft/pbft/state.h"

/* The entry of a number that a checkpoint may be at, made if it is not there; NULL: none may. */
static struct orr_pbft_checkpoint *entry(struct orr_pbft_replica *r, uint64_t number) {
    if (number <= r->stable || number > r->stable + r->config->window ||
        number % r->config->checkpoint_interval)
        return NULL;
    struct orr_pbft_checkpoint *free = NULL;
    for (uint32_t i = 0; i < r->n_checkpoints; i++) {
        struct orr_pbft_checkpoint *c = &r->checkpoints[i];
        if (c->number == number) return c;
        if (!c->number) free = c;
    }
    assert(free); /* there is one for each number of the window */
    free->number = number;
    free->votes = orr_alloc_zero(r->common->mem, r->n * sizeof *free->votes);
    return free;
}

static void forget(struct orr_pbft_replica *r, struct orr_pbft_checkpoint *c) {
    for (uint32_t i = 0; i < r->n; i++) orr_msg_unref(r->common->pool, c->votes[i]);
    orr_free(r->common->mem, c->votes, r->n * sizeof *c->votes);
    orr_msg_unref(r->common->pool, c->state);
    *c = (struct orr_pbft_checkpoint){0};
}

void orr_pbft_stable_at(struct orr_pbft_replica *r, uint64_t number, struct orr_msg *cert,
                        struct orr_msg *state) {
    assert(number > r->stable && number <= r->executed);
    orr_msg_ref(cert), orr_msg_ref(state);
    orr_msg_unref(r->common->pool, r->stable_cert);
    orr_msg_unref(r->common->pool, r->stable_state);
    r->stable_cert = cert;
    r->stable_state = state;
    orr_pbft_save_stable(r);
    while (r->stable < number) { /* "discards all pre-prepare, prepare, and commit messages" */
        r->stable++;
        struct orr_pbft_slot *s = orr_slots_at(&r->slots, r->stable);
        bool is_written = s->batch.msg || s->committed || s->prepared || s->is_ordered;
        orr_pbft_slot_free(r, s);
        orr_slots_pass(&r->slots);
        if (is_written) orr_pbft_drop_record(r, r->stable);
    }
    for (uint32_t i = 0; i < r->n_checkpoints; i++)
        if (r->checkpoints[i].number && r->checkpoints[i].number <= number)
            forget(r, &r->checkpoints[i]);
    if (r->next <= number) r->next = number + 1;
}

/* "A checkpoint with a proof is stable": 2f + 1 of one digest. */
static void look(struct orr_pbft_replica *r, struct orr_pbft_checkpoint *c,
                 const uint8_t digest[32]) {
    uint64_t n = 0;
    struct orr_pbft_vote v;
    for (uint32_t i = 0; i < r->n; i++)
        n += c->votes[i] && orr_pbft_vote_read(c->votes[i], r->set, &v) &&
             !memcmp(v.digest, digest, 32);
    if (n < r->quorum || !c->state) return; /* without the state: it will be sent */
    uint8_t own[32];
    orr_sha256(c->state->data, c->state->len, own);
    if (memcmp(own, digest, 32)) return;
    struct orr_msg *cert =
        orr_pbft_cert_new(r, ORR_PBFT_CHECKPOINT, 0, c->number, digest, c->votes, NULL);
    struct orr_msg *state = orr_msg_ref(c->state);
    orr_pbft_stable_at(r, c->number, cert, state);
    orr_msg_unref(r->common->pool, cert);
    orr_msg_unref(r->common->pool, state);
}

void orr_pbft_checkpoint(struct orr_pbft_replica *r) {
    struct orr_pbft_checkpoint *c = entry(r, r->executed);
    if (!c || c->state) return;
    c->state = orr_pbft_state_new(r);
    uint8_t digest[32];
    orr_sha256(c->state->data, c->state->len, digest);
    struct orr_msg *m = orr_pbft_vote(r, ORR_PBFT_CHECKPOINT, 0, r->executed, digest, 0);
    orr_msg_unref(r->common->pool, c->votes[r->me]);
    c->votes[r->me] = orr_msg_ref(m);
    if (r->is_restoring) orr_msg_unref(r->common->pool, m); /* the status will tell */
    else orr_pbft_send_all(r, m);
    look(r, c, digest);
}

void orr_pbft_recv_checkpoint(struct orr_pbft_replica *r, struct orr_msg *m) {
    struct orr_pbft_vote v;
    if (!orr_pbft_vote_read(m, r->set, &v) || m->len != ORR_PBFT_VOTE_BYTES || v.view ||
        v.replica == r->me) {
        orr_pbft_drop(r);
        return;
    }
    orr_pbft_charge_verify(r, 1);
    struct orr_pbft_checkpoint *c = entry(r, v.number);
    bool is_far = v.number > r->stable + r->config->window && v.number > r->far[v.replica];
    if (!is_far && (!c || c->votes[v.replica])) return;
    if (!orr_pbft_vote_verify(&v, r->set, r->common->memo)) {
        orr_pbft_drop(r);
        return;
    }
    if (is_far) { /* the others have closed the window: hears_of_more() counts who says so */
        r->far[v.replica] = v.number;
        return;
    }
    c->votes[v.replica] = orr_msg_ref(m);
    look(r, c, v.digest);
}
