/* report.c - what a server says of itself, and how it reaches the others. */
#include "models/bft/raft/state.h"

void orr_raft_drop(struct orr_raft *r) {
    r->n_dropped++;
    orr_reject(r->out);
}

void orr_raft_enter(struct orr_raft *r, enum orr_raft_role role) {
    r->role = role;
    orr_enter(r->out, r->commit + 1, (uint32_t)r->term, role);
}

void orr_raft_send(struct orr_raft *r, uint32_t to, struct orr_msg *moved) {
    assert(to < r->n && to != r->me);
    orr_send(r->out, r->servers->members[to], moved);
}

void orr_raft_send_voters(struct orr_raft *r, struct orr_msg *moved) {
    for (uint32_t i = 0; i < r->n; i++)
        if (i != r->me && orr_raft_is_voter(&r->members, i))
            orr_raft_send(r, i, orr_msg_ref(moved));
    orr_msg_unref(r->common->pool, moved);
}
