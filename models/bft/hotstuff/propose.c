/* propose.c - proposals and votes for them. */
#include "models/bft/hotstuff/state.h"

static void try_vote(struct orr_hs *h, struct orr_block *b);
static void accept(struct orr_hs *h, struct orr_msg *m, orr_peer from);

/* ---- proposing: algorithm 5, onBeat ---- */

/* Has the leader what its view must begin with?  A QC of the view before, or the TC that ended it
 * and the highest QC of those who made it. */
static bool may_begin(struct orr_hs *h) {
    uint64_t view = h->pacemaker.view;
    struct orr_tc tc;
    if (h->rules.is_basic ? has_new_views(h)
                          : h->high.ballot.view + 1 == view || h->rules.is_clocked)
        return true;
    if (!h->tc || !orr_tc_read(h->tc->data, h->tc->len, h->set->n, &tc) ||
        view_after(h, tc.view) != view ||
        (tc.high_view > h->high.ballot.view && !h->has_forgotten))
        return false;
    if (!h->rules.waits || h->has_waited || h->config->wait_off) return true;
    /* eprint 2023/397, "propose": not responsive here */
    if (!h->waits) orr_arm(h->out, TIMER_WAIT, h->now + 2 * h->config->delta);
    h->waits = true;
    return false;
}

void orr_hs_wait_timer(struct orr_hs *h) {
    h->has_waited = h->waits;
}

/* The oldest transactions that no block between the head and `parent` carries. */
static uint32_t choose_txs(struct orr_hs *h, const struct orr_block *parent,
                           struct orr_msg **txs, uint32_t most) {
    uint32_t n_pending = 0, n = 0;
    uint64_t used = 0;
    orr_set_clear(&h->pending);
    for (const struct orr_block *b = parent; !b->is_decided; b = b->parent)
        for (uint32_t i = 0; i < b->form->n_txs; i++, n_pending++)
            orr_set_add(&h->pending, b->form->ids[i]);
    const struct orr_mempool *pool = &h->mempool;
    for (uint32_t i = 0; i < pool->n_entries && n < most; i++) {
        struct orr_msg *tx = pool->entries[i].tx;
        if (!tx || orr_set_has(&h->pending, pool->entries[i].id)) continue;
        if (used + tx->len + 4 > h->config->batch_size) break;
        used += tx->len + 4;
        txs[n++] = tx;
    }
    return n;
}

static void try_propose(struct orr_hs *h) {
    uint64_t view = h->pacemaker.view;
    if (!leads_view(h, view) || h->proposed >= view || h->pacemaker.given_up >= view) return;
    struct orr_block *parent = orr_block_find(&h->tree, h->high.ballot.block);
    if (!parent || !may_begin(h)) return;
    struct orr_msg *scratch = orr_msg_new(
        h->common->pool, 0, (uint32_t)(h->config->batch_txs * sizeof(struct orr_msg *)));
    struct orr_msg **txs = (struct orr_msg **)scratch->data;
    struct orr_proposal_parts parts = {
        .view = view, .height = parent->height + 1, .time = h->wall & ~(orr_time)1,
        .parent = parent->hash, .qc = &h->high, .txs = txs,
        /* streamlet has none; in hotstuff-basic no QC of the parent's ends a view */
        .tc = h->high.ballot.view + 1 == view && !h->rules.is_basic ? NULL : h->tc,
        .n_txs = choose_txs(h, parent, txs, (uint32_t)h->config->batch_txs)};
    struct orr_msg *m = orr_proposal_new(&parts, h->me, h->set, h->common->pool, h->common->memo,
                                         ORR_HS_PROPOSAL);
    orr_msg_unref(h->common->pool, scratch);
    h->proposed = view;
    const struct orr_costs *costs = hs_costs(h);
    h->out->busy_ns += costs->sign_ns + costs->hash_kib_ns * (int64_t)(m->len / 1024 + 1);
    /* with its disk lost it may have got back what it proposed before */
    struct orr_block *block = orr_block_find(&h->tree, orr_proposal_of(m)->hash);
    if (!block) block = orr_block_add(&h->tree, parent, m);
    orr_hs_store(h, block);
    orr_propose(h->out, block->height, (uint32_t)view, block->hash, m->len);
    orr_cast(h->out, ORR_NOBODY, orr_msg_ref(m));
    orr_msg_unref(h->common->pool, m);
    try_vote(h, block);
}

void orr_hs_try_propose(struct orr_hs *h) {
    uint64_t view;
    do { /* ends: no node's own vote is a quorum */
        view = h->pacemaker.view;
        try_propose(h);
    } while (view != h->pacemaker.view);
}

/* ---- voting: algorithm 4, onReceiveProposal ---- */

static void count_vote(struct orr_hs *h, struct orr_msg *m);

static void try_vote(struct orr_hs *h, struct orr_block *b) {
    if (b->view != h->pacemaker.view || b->view <= h->voted || !orr_hs_is_safe(h, b)) return;
    h->voted = b->view;
    if (!hs_has_bug(h, ORR_HS_BUG_FORGET_LAST_VOTE)) orr_hs_store(h, b);
    orr_hs_cast_vote(h, b, ORR_HS_VOTE, ORR_HS_STEP_VOTED);
}

void orr_hs_cast_vote(struct orr_hs *h, const struct orr_block *b, uint8_t kind, uint32_t step) {
    struct orr_ballot ballot = {.kind = kind, .view = b->view, .height = b->height,
                                .justify_view = b->form->qc.ballot.view};
    memcpy(ballot.block, b->hash, sizeof ballot.block);
    h->out->busy_ns += hs_costs(h)->sign_ns;
    orr_enter(h->out, b->height, (uint32_t)b->view, step);
    struct orr_msg *m =
        orr_ballot_sign(&ballot, h->me, h->set, h->common->pool, h->common->memo);
    uint32_t next = leader_of(h, b->view + !h->rules.is_basic);
    if (h->rules.is_clocked) {
        orr_cast(h->out, ORR_NOBODY, orr_msg_ref(m));
    } else if (next != h->me) {
        orr_send(h->out, h->set->members[next], m);
        return;
    }
    count_vote(h, m);
    orr_msg_unref(h->common->pool, m);
}

/* Algorithm 4, onReceiveVote. */
static void count_vote(struct orr_hs *h, struct orr_msg *m) {
    const struct orr_ballot *b = &orr_ballot_vote_of(m)->ballot;
    uint64_t key = votes_key(h, b->view, b->kind);
    struct votes *votes = &h->votes[key % VIEWS];
    if (votes->view != key) {
        orr_vote_set_clear(&votes->set, &h->tallies);
        votes->view = key;
    }
    bool had_quorum = votes->set.quorum;
    struct orr_tally *tally;
    struct orr_msg *other;
    uint32_t voter = orr_ballot_vote_of(m)->voter;
    if (orr_vote_set_add(&votes->set, &h->tallies, voter, m->data, m, &tally, &other) ==
        ORR_VOTE_CONFLICT)
        orr_accuse(h->out, (struct orr_evidence){.culprit = h->set->members[voter],
                                                 .round = (uint32_t)b->view, .height = b->height,
                                                 .type = orr_msg_type(m)});
    if (had_quorum || !votes->set.quorum || h->rules.is_basic) return;
    struct orr_msg *bytes =
        orr_qc_new(votes->set.quorum, h->config->qc ? ORR_QC_AGGREGATE : ORR_QC_LIST, h->set,
                   h->common->pool);
    struct orr_qc qc;
    bool is_sound = orr_qc_read(bytes->data, bytes->len, h->set->n, &qc);
    assert(is_sound);
    orr_hs_see_qc(h, &qc, bytes);
    orr_msg_unref(h->common->pool, bytes);
}

void orr_hs_recv_vote(struct orr_hs *h, struct orr_msg *m) {
    const struct orr_ballot_vote *v = orr_ballot_vote_of(m);
    uint64_t view = v ? v->ballot.view : 0;
    bool is_of_use = v && view + 1 >= h->pacemaker.view && view + 1 < h->pacemaker.view + VIEWS &&
                     view > h->high.ballot.view && leads_view(h, view + 1);
    if (v && h->rules.is_basic)
        is_of_use = view == h->pacemaker.view && leads_view(h, view);
    if (v && h->rules.is_clocked) /* late votes are good: epochs do not wait for them */
        is_of_use = view + VIEWS - 2 > h->pacemaker.view && view <= h->pacemaker.view + 1;
    if (v && !is_of_use) return; /* late, or for somebody else: its signature is not looked at */
    if (v) h->out->busy_ns += hs_costs(h)->verify_ns;
    if (!v || !orr_ballot_verify(v, h->set, h->common->memo)) {
        orr_hs_drop(h);
        return;
    }
    count_vote(h, m);
}

/* ---- proposals of others ---- */

/* Two blocks of one view: the proof is told, and a third one is not kept, lest a liar fill the
 * tree, unless it has a QC. */
static bool is_one_too_many(struct orr_hs *h, const struct orr_proposal *p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < h->tree.n_open; i++) n += h->tree.open[i]->view == p->view;
    if (n == 1)
        orr_accuse(h->out, (struct orr_evidence){.culprit = h->set->members[p->proposer],
                                                 .round = (uint32_t)p->view, .height = p->height,
                                                 .type = ORR_MSG_TYPE(0, ORR_HS_PROPOSAL)});
    return n >= 2 && memcmp(p->hash, h->high.ballot.block, 32) != 0;
}

/* Proposals that waited for the block that has come in. */
static void release(struct orr_hs *h, const uint8_t parent[32]) {
    for (uint32_t i = 0; i < h->held.n; i++) {
        struct orr_msg *m = h->held.v[i].msg;
        if (!m || memcmp(orr_proposal_of(m)->parent, parent, 32)) continue;
        orr_peer from = h->held.v[i].from;
        orr_msg_ref(m);
        orr_held_drop(&h->held, i);
        accept(h, m, from);
        orr_msg_unref(h->common->pool, m);
    }
}

/* Algorithm 5, onReceiveProposal and update of an authentic proposal. */
static void accept(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    const struct orr_proposal *p = orr_proposal_of(m);
    if (orr_block_find(&h->tree, p->hash)) return;
    orr_hs_see_qc(h, &p->qc, m);
    if (p->has_tc) orr_hs_see_tc(h, &p->tc);
    struct orr_block *parent = orr_block_find(&h->tree, p->parent);
    if (!parent) {
        if (p->height > h->tree.head->height + 1) {
            orr_hs_hold(h, m, from);
            orr_hs_ask(h, from, p->parent);
        }
        return;
    }
    if (parent->is_decided && parent != h->tree.head) return; /* a branch that is dead */
    if (is_one_too_many(h, p)) return;
    uint8_t hash[32];
    memcpy(hash, p->hash, sizeof hash);
    struct orr_block *block = orr_block_add(&h->tree, parent, m);
    orr_hs_certified(h, parent);
    if (!memcmp(hash, h->high.ballot.block, 32)) orr_hs_certified(h, block);
    try_vote(h, block);
    release(h, hash);
    orr_hs_ask_on(h, from, p->height);
}

void orr_hs_begun(struct orr_hs *h, struct orr_msg *m) {
    uint8_t hash[32];
    memcpy(hash, orr_proposal_of(m)->hash, sizeof hash);
    orr_hs_see_qc(h, &orr_proposal_of(m)->qc, m);
    orr_hs_ask_behind(h);
    release(h, hash);
}

void orr_hs_vote_for_early(struct orr_hs *h) {
    for (uint32_t i = 0; i < h->tree.n_open; i++)
        if (h->tree.open[i]->view == h->pacemaker.view) try_vote(h, h->tree.open[i]);
}

/* A block of a view that does not follow its QC's says by a TC how the views between ended. */
void orr_hs_recv_proposal(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    const struct orr_proposal *p = orr_proposal_of(m);
    if (p && orr_block_find(&h->tree, p->hash)) return;
    if (p) h->out->busy_ns += orr_proposal_cost_ns(m, hs_costs(h));
    if (!p || (p->qc.ballot.view + 1 != p->view && !h->rules.is_clocked &&
               (!p->has_tc || view_after(h, p->tc.view) != p->view)) ||
        (p->has_tc && h->rules.is_clocked) ||
        leader_of(h, p->view) != p->proposer || !is_justify(&p->qc) ||
        !orr_proposal_verify(p, h->set, h->common->memo)) {
        orr_hs_drop(h);
        return;
    }
    uint32_t n = h->held.n;
    accept(h, m, from);
    if (n || h->held.n) orr_held_sweep(&h->held);
}
