/* remote.c - a validator whose key a remote signer holds (common/signer.h): asking it.
 *
 * The rules go on while a request is under way, as they would while a message is.  An answer to one
 * that is about an earlier round comes too late and is forgotten; one that is about this round is
 * logged and sent as an own signature is (propose.c). */
#include "models/bft/tendermint/state.h"

static struct asked *slot_of(struct orr_tm *t, enum orr_signed_type type) {
    return &t->remote.asked[orr_signed_stage((uint8_t)type) - 1];
}

static void send_request(struct orr_tm *t, const struct asked *a) {
    struct orr_signer_reply request = {.session = t->remote.session,
                                       .key = t->set->members[t->me]};
    memcpy(request.statement, a->statement, sizeof request.statement);
    orr_send(t->out, t->config->signer, orr_signer_request_new(&request, t->common->pool,
                                                               ORR_TM_SIGN));
}

static bool is_current(const struct orr_tm *t, const struct asked *a) {
    return a->is_open && a->height == t->height && a->round == t->round;
}

void orr_tm_ask_signature(struct orr_tm *t, enum orr_signed_type type, int32_t pol_round,
                          const struct orr_block_id *id) {
    struct asked *a = slot_of(t, type);
    *a = (struct asked){.is_open = true, .height = t->height, .round = t->round,
                        .pol_round = pol_round, .type = type, .id = *id};
    orr_signed_bytes(t->set, type, t->height, t->round, pol_round, id, a->statement);
    orr_tm_log_asked(t); /* the signer may have signed it, whoever hears of that */
    send_request(t, a);
}

void orr_tm_ask_signatures_again(struct orr_tm *t) {
    for (uint32_t i = 0; i < ORR_N_STAGES; i++)
        if (is_current(t, &t->remote.asked[i])) send_request(t, &t->remote.asked[i]);
}

/* All below the present height is done with, whatever the guard has seen of it in this life. */
static struct orr_sign_guard reached(const struct orr_tm *t) {
    if (t->guard.height >= t->height) return t->guard;
    return (struct orr_sign_guard){.height = t->height};
}

bool orr_tm_recv_recall(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    if (!orr_tm_is_remote(t) || from != t->config->signer) return false;
    if (m->len != ORR_RECALL_BYTES) {
        orr_tm_drop(t);
        return false;
    }
    t->remote.session = orr_load_le64(m->data);
    struct orr_signer_tell tell = {.session = t->remote.session, .chain_id = t->set->chain_id,
                                   .key = t->set->members[t->me], .place = reached(t)};
    orr_send(t->out, from, orr_signer_tell_new(&tell, t->common->pool, ORR_TM_TELL));
    orr_tm_ask_signatures_again(t);
    return false;
}

struct asked *orr_tm_answered(struct orr_tm *t, struct orr_msg *m, orr_peer from,
                              struct orr_signer_reply *reply) {
    if (!orr_tm_is_remote(t) || from != t->config->signer) return NULL;
    struct orr_signed_place place;
    if (!orr_signer_reply_read(m, reply) || !orr_signed_place(reply->statement, &place)) {
        orr_tm_drop(t);
        return NULL;
    }
    if (reply->session != t->remote.session) return NULL;
    struct asked *a = &t->remote.asked[place.stage - 1];
    if (!is_current(t, a) || memcmp(a->statement, reply->statement, sizeof a->statement))
        return NULL;
    if (!reply->is_granted) {
        a->is_open = false;
        t->n_refused_signatures++;
        return NULL;
    }
    charge(t, costs(t)->verify_ns);
    if (!orr_sign_verify(t->common->memo, t->set->keys[t->me].public_key, reply->statement,
                         sizeof reply->statement, reply->signature)) {
        orr_tm_drop(t);
        return NULL;
    }
    a->is_open = false;
    return a;
}
