/* view.c - from view to view: by QCs, by TCs, by giving up. */
#include "models/bft/hotstuff/state.h"

void orr_hs_arm_view(struct orr_hs *h) {
    if (h->rules.is_clocked) {
        orr_time into = h->wall < 0 ? 0 : h->wall % h->config->epoch;
        orr_arm(h->out, TIMER_VIEW, h->now + h->config->epoch - into);
        return;
    }
    orr_arm(h->out, TIMER_VIEW, h->now + orr_pacemaker_patience(&h->pacemaker));
}

static void enter(struct orr_hs *h, uint64_t view, enum orr_view_reason reason) {
    orr_pacemaker_enter(&h->pacemaker, view, reason == ORR_VIEW_QC);
    if (h->waits) orr_arm(h->out, TIMER_WAIT, ORR_NEVER);
    h->waits = h->has_waited = false;
    orr_enter_view(h->out, view, reason);
    orr_enter(h->out, h->tree.head->height + 1, (uint32_t)view, ORR_HS_STEP_ENTERED);
    orr_hs_arm_view(h);
}

bool orr_hs_is_higher(const struct orr_hs *h, const struct orr_qc *qc) {
    if (h->rules.vote != VOTE_BY_LENGTH || h->config->longest_by_epoch ||
        qc->ballot.height == h->high.ballot.height)
        return qc->ballot.view > h->high.ballot.view;
    return qc->ballot.height > h->high.ballot.height;
}

/* Algorithm 5, updateQCHigh and onNextSyncView. */
void orr_hs_see_qc(struct orr_hs *h, const struct orr_qc *qc, struct orr_msg *in) {
    uint64_t view = qc->ballot.view;
    if (!orr_hs_is_higher(h, qc)) {
        struct orr_block *other =
            h->rules.is_clocked ? orr_block_find(&h->tree, qc->ballot.block) : NULL;
        if (other && !other->is_decided) orr_hs_certified(h, other);
        return;
    }
    orr_msg_ref(in);
    orr_msg_unref(h->common->pool, h->high_in);
    h->high_in = in;
    h->high = *qc;
    orr_name(h->out, ORR_OUT_HIGH_QC, qc->ballot.height, view, qc->ballot.block);
    struct orr_block *block = orr_block_find(&h->tree, h->high.ballot.block);
    if (block) orr_hs_certified(h, block);
    if (h->rules.is_basic) orr_hs_join_view(h, view);
    else if (view >= h->pacemaker.view && !h->rules.is_clocked) orr_hs_enter_after_qc(h, view);
}

void orr_hs_enter_after_qc(struct orr_hs *h, uint64_t view) {
    orr_msg_unref(h->common->pool, h->tc);
    h->tc = NULL;
    enter(h, view + 1, ORR_VIEW_QC);
}

void orr_hs_join_view(struct orr_hs *h, uint64_t view) {
    if (view > h->pacemaker.view) orr_hs_enter_after_qc(h, view - 1);
}

void orr_hs_see_tc(struct orr_hs *h, const struct orr_tc *tc) {
    if (tc->view < h->pacemaker.view) return;
    struct orr_msg *kept = orr_msg_copy(h->common->pool, 0, tc->bytes, tc->len);
    orr_msg_unref(h->common->pool, h->tc);
    h->tc = kept;
    enter(h, view_after(h, tc->view), ORR_VIEW_TC);
}

/* ---- giving up ---- */

static void count_timeout(struct orr_hs *h, struct orr_msg *m) {
    uint64_t view = orr_timeout_of(m)->view;
    if (!orr_pacemaker_hear(&h->pacemaker, m)) return;
    uint64_t join = orr_pacemaker_join(&h->pacemaker, view);
    if (join > h->pacemaker.given_up) orr_hs_give_up(h, join);
    struct orr_msg *tc = orr_pacemaker_tc(&h->pacemaker, view);
    struct orr_tc read;
    if (tc && orr_tc_read(tc->data, tc->len, h->set->n, &read)) orr_hs_see_tc(h, &read);
    orr_msg_unref(h->common->pool, tc);
}

void orr_hs_see_clock(struct orr_hs *h) {
    uint64_t epoch = h->wall < 0 ? 1 : (uint64_t)(h->wall / h->config->epoch) + 1;
    if (epoch > h->pacemaker.view) enter(h, epoch, ORR_VIEW_TIMEOUT);
    else orr_hs_arm_view(h);
}

/* Signs and tells that a view was given up.  After a restart once more: what it signs then shows a
 * QC that is no lower than that of any block which had this node's vote. */
static void say_given_up(struct orr_hs *h, uint64_t view) {
    if (h->high.ballot.view < h->floor.view) return; /* that QC is lost with a fork: silence */
    h->out->busy_ns += hs_costs(h)->sign_ns;
    struct orr_msg *m = orr_timeout_sign(view, h->me, &h->high, h->set, h->common->pool,
                                         h->common->memo, ORR_HS_TIMEOUT);
    orr_cast(h->out, ORR_NOBODY, orr_msg_ref(m));
    count_timeout(h, m);
    orr_msg_unref(h->common->pool, m);
}

/* Algorithm 5, onNextSyncView; arXiv 2106.10362, "timeout". */
void orr_hs_give_up(struct orr_hs *h, uint64_t view) {
    assert(view >= h->pacemaker.view && view > h->pacemaker.given_up);
    if (view <= h->high.ballot.view && !h->rules.is_basic) return; /* it has a QC */
    if (view > h->pacemaker.view) enter(h, view, ORR_VIEW_TIMEOUT);
    h->pacemaker.given_up = view;
    if (h->voted < view) h->voted = view; /* no votes in this view from here on */
    orr_enter(h->out, h->tree.head->height + 1, (uint32_t)view, ORR_HS_STEP_GIVEN_UP);
    orr_hs_store_view(h);
    say_given_up(h, view);
}

/* Time is over: gives up, and says so again as long as nobody moves. */
void orr_hs_view_timer(struct orr_hs *h) {
    uint64_t view = h->pacemaker.view;
    orr_hs_arm_view(h);
    if (h->pacemaker.given_up < view) {
        orr_hs_give_up(h, view);
        return;
    }
    struct orr_msg *own = h->pacemaker.latest[h->me];
    if (own && orr_timeout_of(own)->view == view)
        orr_cast(h->out, ORR_NOBODY, orr_msg_ref(own));
    else
        say_given_up(h, view); /* a restart forgot the message, not that it was sent */
}

/* PROOF: qc_len u32 | QC | TC or nothing: why the sender is in a later view. */
static void prove_view(struct orr_hs *h, orr_peer to) {
    if (h->ended && orr_ballot_read(h->ended->data).view + 1 == h->pacemaker.view) {
        orr_send(h->out, to, orr_msg_ref(h->ended));
        return;
    }
    uint32_t tc_len = h->tc ? h->tc->len : 0;
    struct orr_msg *m =
        orr_msg_new(h->common->pool, ORR_HS_PROOF, 4 + h->high.len + tc_len);
    orr_store_le32(m->data, h->high.len);
    memcpy(m->data + 4, h->high.bytes, h->high.len);
    if (tc_len) memcpy(m->data + 4 + h->high.len, h->tc->data, tc_len);
    orr_send(h->out, to, m);
}

static void ask_for_high(struct orr_hs *h, orr_peer from) {
    if (!orr_block_find(&h->tree, h->high.ballot.block))
        orr_hs_ask(h, from, h->high.ballot.block);
}

void orr_hs_recv_timeout(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    const struct orr_timeout *t = orr_timeout_of(m);
    if (t) h->out->busy_ns += hs_costs(h)->verify_ns + orr_qc_cost_ns(&t->qc, hs_costs(h));
    if (!t || !is_justify(&t->qc) || !orr_timeout_verify(t, h->set, h->common->memo)) {
        orr_hs_drop(h);
        return;
    }
    orr_hs_see_qc(h, &t->qc, m);
    ask_for_high(h, from);
    if (t->view < h->pacemaker.view) prove_view(h, from);
    else count_timeout(h, m);
}

void orr_hs_recv_proof(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    struct orr_qc qc;
    struct orr_tc tc;
    uint32_t qc_len = m->len >= 4 ? orr_load_le32(m->data) : 0;
    bool is_sound = m->len >= 4 && qc_len <= m->len - 4 &&
                    orr_qc_read(m->data + 4, qc_len, h->set->n, &qc) && qc.len == qc_len &&
                    is_justify(&qc);
    bool has_tc = is_sound && m->len > 4 + qc_len;
    if (has_tc)
        is_sound = orr_tc_read(m->data + 4 + qc_len, m->len - 4 - qc_len, h->set->n, &tc);
    if (is_sound && qc.ballot.view <= h->high.ballot.view &&
        (!has_tc || tc.view < h->pacemaker.view))
        return; /* nothing new: not looked at */
    if (is_sound)
        h->out->busy_ns +=
            orr_qc_cost_ns(&qc, hs_costs(h)) + (has_tc ? tc.n * hs_costs(h)->verify_ns : 0);
    if (!is_sound || !orr_qc_verify(&qc, h->set, h->common->memo) ||
        (has_tc && !orr_tc_verify(&tc, h->set, h->common->memo))) {
        orr_hs_drop(h);
        return;
    }
    orr_hs_see_qc(h, &qc, m);
    ask_for_high(h, from);
    if (has_tc) orr_hs_see_tc(h, &tc);
}
