/* recv_signature.c - a remote signer has signed: the vote or proposal takes its way. */
#include "models/bft/tendermint/state.h"

bool orr_tm_recv_signature(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct orr_signer_reply reply;
    const struct asked *a = orr_tm_answered(t, m, from, &reply);
    if (!a) return false;
    assert(a->height == t->height && a->round == t->round && t->current);
    if (a->type == ORR_SIGNED_PROPOSAL) {
        struct body *b = orr_tm_find_body(t, &a->id);
        if (b && !t->current->proposal)
            orr_tm_send_proposal(t, b, a->pol_round, reply.signature);
    } else {
        orr_tm_send_vote(t, a->type, &a->id, reply.signature);
    }
    orr_tm_run_rules(t);
    return false; /* it is between the signer and this node */
}
