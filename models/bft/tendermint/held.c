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

static uint64_t height_of(struct orr_tm *t, struct orr_msg *m) {
    struct orr_commit c;
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return orr_tm_proposal_of(m, t->common->pool)->height;
    case ORR_TM_PART: return orr_tm_part_of(m, t->common->pool)->height;
    case ORR_TM_COMMIT:
        return orr_commit_read(m->data, m->len, t->set->n, &c) ? c.height : 0;
    default: return orr_vote_of(m, t->common->pool)->height;
    }
}

/* The same bytes, or another commit of a height from the same peer. */
static bool is_repeated(struct orr_tm *t, const struct held *h, struct orr_msg *m,
                        orr_peer from) {
    if (h->msg == m) return true;
    if (h->msg->kind != m->kind) return false;
    if (m->kind == ORR_TM_COMMIT) return h->from == from && height_of(t, h->msg) == height_of(t, m);
    return h->msg->len == m->len && orr_msg_hash(h->msg) == orr_msg_hash(m);
}

void orr_tm_hold(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    for (uint32_t i = 0; i < t->n_held; i++)
        if (is_repeated(t, &t->held[i], m, from)) return;
    if (t->n_held == held_max(t) || t->held_bytes + m->len > held_bytes_max(t)) return;
    if (t->n_held == t->held_cap) {
        uint32_t cap = t->held_cap ? 2 * t->held_cap : 64;
        t->held = orr_resize(t->common->mem, t->held, t->held_cap * sizeof *t->held,
                             cap * sizeof *t->held);
        t->held_cap = cap;
    }
    t->held[t->n_held++] = (struct held){orr_msg_ref(m), from};
    t->held_bytes += m->len;
}

/* Receives again what has become current; called when the height has changed, not from within. */
void orr_tm_release_held(struct orr_tm *t) {
    struct held *held = t->held;
    uint32_t n = t->n_held, cap = t->held_cap;
    t->held = t->spare; /* what is held meanwhile goes to the other list */
    t->held_cap = t->spare_cap;
    t->n_held = 0;
    t->held_bytes = 0;
    t->spare = NULL;
    t->spare_cap = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t height = height_of(t, held[i].msg);
        if (height == t->height) orr_tm_recv(t, held[i].msg, held[i].from);
        else if (height > t->height) orr_tm_hold(t, held[i].msg, held[i].from);
        orr_msg_unref(t->common->pool, held[i].msg);
    }
    assert(!t->spare);
    t->spare = held;
    t->spare_cap = cap;
}

/* Gives a new body the parts of it that are held. */
void orr_tm_claim_parts(struct orr_tm *t, struct body *b) {
    uint32_t kept = 0, n = t->n_held;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_msg *m = t->held[i].msg;
        const struct orr_tm_part *part =
            m->kind == ORR_TM_PART ? orr_tm_part_of(m, t->common->pool) : NULL;
        if (part && part->height == t->height && part->n == b->id.n_parts &&
            !memcmp(part->root, b->id.parts_root, 32)) {
            orr_tm_add_part(t, b, m);
            t->held_bytes -= m->len;
            orr_msg_unref(t->common->pool, m);
        } else {
            t->held[kept++] = t->held[i];
        }
    }
    t->n_held = kept;
}
