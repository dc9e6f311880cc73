/* recv_proposal.c - proposals, and the parts of the blocks that they name. */
#include "models/bft/tendermint/state.h"

bool orr_tm_recv_proposal(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    const struct proposal *p = orr_tm_proposal_of(m);
    if (!p || p->proposer >= t->set->n) {
        orr_tm_drop(t);
        return false;
    }
    if (p->height < t->height) return false;
    if (p->height > t->height + 1) {
        orr_tm_peer_is_ahead(t, from, p->height);
        return false;
    }
    struct round *r = p->height == t->height ? orr_tm_find_round(t, p->round) : NULL;
    if (p->height == t->height && !orr_tm_wants_round(t, p->round)) return false;
    if (r && r->proposal) { /* the first one counts */
        orr_tm_compare_proposals(t, orr_tm_proposal_of(r->proposal), p);
        return false;
    }
    charge(t, costs(t)->verify_ns);
    if (!orr_tm_verify_proposal(p, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    if (p->height > t->height) {
        return orr_tm_hold(t, m, from);
    }
    if (p->round > t->round + ROUND_WINDOW)
        return orr_tm_heard_of_round(t, p->proposer, p->round);
    r = orr_tm_get_round(t, p->round);
    if (p->proposer != r->proposer) { /* "from proposer(h_p, round_p)", lines 22 and 28 */
        orr_tm_drop(t);
        return false;
    }
    r->proposal = orr_msg_ref(m);
    if (p->pol_round >= 0) t->leaned_round = p->pol_round;
    have_news(t);
    r->proposed_at = t->wall;
    struct body *b = orr_tm_want_body(t, &p->id);
    if (b) orr_tm_expect_parts(t, b, p, from);
    if (r == t->current) orr_tm_run_rules(t);
    else if (r->round > t->round) orr_tm_heard_of_round(t, p->proposer, p->round);
    return true;
}

/* A block is complete: it may be the one to vote for, to lock, or to decide. */
static void body_is_complete(struct orr_tm *t) {
    for (struct round *r = t->rounds; r; r = r->next)
        if (orr_tm_try_decide(t, r)) return;
    orr_tm_run_rules(t);
}

bool orr_tm_recv_part(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    const struct orr_part *part = orr_part_of(m);
    charge_hash(t, m->len);
    if (!part) {
        orr_tm_drop(t);
        return false;
    }
    if (part->height < t->height || part->height > t->height + SYNC_WINDOW) return false;
    if (part->height == t->height)
        for (struct body *b = t->bodies; b; b = b->next) {
            if (b->id.n_parts != part->n || memcmp(b->id.parts_root, part->root, 32)) continue;
            if (!orr_tm_add_part(t, b, m)) return false;
            orr_tm_part_came(t, b, part->index, from);
            bool is_small = b->id.n_parts <= PUSH_PARTS; /* it may be gone next */
            if (b->n_have == b->id.n_parts) body_is_complete(t);
            return is_small;
        }
    orr_tm_hold(t, m, from); /* nothing that is signed names it yet */
    return false;
}
