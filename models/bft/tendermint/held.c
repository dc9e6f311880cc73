/* held.c - messages that came before their time: of the next heights, and parts of blocks that
 * nothing has named yet. */
#include "models/bft/tendermint/state.h"

/* Two rounds of votes of one height, and the blocks that a lagging node is sent at once. */
static uint32_t held_max(const struct orr_tm *t) {
    return 4 * t->set->n + SYNC_WINDOW + SYNC_PARTS + ORR_MAX_PARTS;
}
/* The same in bytes, and two blocks more: anyone may send parts of what does not exist. */
static uint64_t held_bytes_max(const struct orr_tm *t) {
    return held_max(t) * (uint64_t)ORR_VOTE_BYTES + SYNC_PARTS * t->config->part_size +
           2 * t->max_block;
}

uint64_t orr_tm_height_of(struct orr_tm *t, struct orr_msg *m) {
    struct orr_commit c;
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return orr_tm_proposal_of(m)->height;
    case ORR_TM_PART: return orr_part_of(m)->height;
    case ORR_TM_COMMIT:
        return orr_commit_read(m->data, m->len, t->set->n, &c) ? c.height : 0;
    default: return orr_vote_of(m)->height;
    }
}

/* The same bytes, or another commit of a height from the same peer. */
static bool is_repeated(struct orr_tm *t, const struct orr_held_msg *h, struct orr_msg *m,
                        orr_peer from) {
    if (h->msg == m) return true;
    if (h->msg->kind != m->kind) return false;
    if (m->kind == ORR_TM_COMMIT)
        return h->from == from && orr_tm_height_of(t, h->msg) == orr_tm_height_of(t, m);
    return h->msg->len == m->len && orr_msg_hash(h->msg) == orr_msg_hash(m);
}

/* Who signed a proposal or a vote; ORR_NOBODY: it is neither. */
static uint32_t signer_of(const struct orr_msg *m) {
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return orr_tm_proposal_of(m)->proposer;
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT: return orr_vote_of(m)->validator;
    default: return ORR_NOBODY;
    }
}

bool orr_tm_hold(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint32_t signer = signer_of(m), n_same = 0;
    for (uint32_t i = 0; i < t->held.n; i++) {
        if (is_repeated(t, &t->held.v[i], m, from)) return false;
        n_same += signer != ORR_NOBODY && signer_of(t->held.v[i].msg) == signer;
    }
    if (n_same == HELD_EACH || t->held.n == held_max(t) ||
        t->held.n_bytes + m->len > held_bytes_max(t))
        return false;
    orr_held_add(&t->held, m, from);
    return true;
}
