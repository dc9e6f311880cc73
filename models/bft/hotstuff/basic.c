/* basic.c - Basic HotStuff (arXiv 1803.05069, algorithm 2): one block a view in phases of its own.
 *
 * A block is proposed as in the chained roles, with the highest prepareQC as its parent's QC.
 * Votes of three kinds go to the leader of their own view, which casts what a quorum of each makes:
 *
 *     votes of kind     QC            that QC, cast, is algorithm 2's
 *     VOTE              prepareQC     pre-commit message
 *     PRECOMMIT         precommitQC   commit message
 *     COMMIT            commitQC      decide message
 *
 * A commitQC ends its view, as a TC does; any QC shows that a quorum is in its view, which is
 * joined.  A QC whose block is not here waits for it, and of those that wait the latest is kept. */
#include "models/bft/hotstuff/state.h"

static const uint8_t vote_kinds[] = {ORR_HS_VOTE, ORR_HS_PRECOMMIT, ORR_HS_COMMIT};
enum { N_PHASES = sizeof vote_kinds };

static bool is_phase(uint8_t kind) {
    return kind == ORR_HS_VOTE || kind == ORR_HS_PRECOMMIT || kind == ORR_HS_COMMIT;
}

/* ---- new-view messages: view u64 | the sender's prepareQC ---- */

static void count_new_view(struct orr_hs *h, uint64_t view, uint32_t sender) {
    struct new_views *n = &h->new_views[view % 2];
    if (n->view != view) {
        n->view = view;
        n->power = 0;
        orr_bitset_init(&n->senders, n->senders.words, h->set->n);
    }
    if (orr_bitset_add(&n->senders, sender)) n->power += h->set->powers[sender];
}

void orr_hs_send_new_view(struct orr_hs *h) {
    uint64_t view = h->pacemaker.view;
    uint32_t leader = leader_of(h, view);
    if (leader == h->me) {
        count_new_view(h, view, h->me);
        return;
    }
    struct orr_msg *m = orr_msg_new(h->common->pool, ORR_HS_NEW_VIEW, 8 + h->high.len);
    orr_store_le64(m->data, view);
    memcpy(m->data + 8, h->high.bytes, h->high.len);
    orr_send(h->out, h->set->members[leader], m);
}

void orr_hs_recv_new_view(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    uint64_t view = m->len >= 8 ? orr_load_le64(m->data) : 0;
    uint32_t sender = orr_validator_of(h->set, from);
    struct orr_qc qc;
    bool is_sound = view && sender != ORR_NOBODY &&
                    orr_qc_read(m->data + 8, m->len - 8, h->set->n, &qc) &&
                    qc.len == m->len - 8 && qc.ballot.view < view && is_justify(&qc);
    if (is_sound && (view < h->pacemaker.view || view > h->pacemaker.view + 1 ||
                     !leads_view(h, view)))
        return; /* late, or for somebody else */
    if (is_sound) h->out->busy_ns += orr_qc_cost_ns(&qc, hs_costs(h));
    if (!is_sound || !orr_qc_verify(&qc, h->set, h->common->memo)) {
        orr_hs_drop(h);
        return;
    }
    orr_hs_see_qc(h, &qc, m);
    if (!orr_block_find(&h->tree, h->high.ballot.block))
        orr_hs_ask(h, from, h->high.ballot.block);
    count_new_view(h, view, sender);
}

/* ---- QCs of the leader ---- */

/* Votes in a later phase, once, behind a record of what justifies it. */
static void vote(struct orr_hs *h, struct orr_block *block, uint8_t kind, uint32_t step) {
    uint64_t key = votes_key(h, block->view, kind);
    if (block->view != h->pacemaker.view || h->pacemaker.given_up >= block->view ||
        key <= h->phase_voted)
        return;
    h->phase_voted = key;
    if (!hs_has_bug(h, ORR_HS_BUG_FORGET_LAST_VOTE)) {
        orr_hs_store(h, block);
        orr_hs_store_phase(h);
    }
    orr_hs_cast_vote(h, block, kind, step);
}

static void decide(struct orr_hs *h, struct orr_block *block, struct orr_msg *m) {
    orr_hs_commit(h, block);
    if (block->view < h->pacemaker.view) return;
    orr_msg_ref(m);
    orr_msg_unref(h->common->pool, h->ended);
    h->ended = m;
    orr_hs_enter_after_qc(h, block->view);
    orr_hs_send_new_view(h);
}

static void keep_waiting(struct orr_hs *h, struct orr_msg *m) {
    orr_msg_ref(m);
    orr_msg_unref(h->common->pool, h->waiting);
    h->waiting = m;
}

/* Lines 13-15, 20-22, 27-29 and 33-34, of a QC whose block is here and whose view has come. */
static void act(struct orr_hs *h, const struct orr_qc *qc, struct orr_block *block,
                struct orr_msg *m) {
    bool skips = hs_has_bug(h, ORR_HS_BUG_SKIP_PREPARE);
    switch (qc->ballot.kind) {
    case ORR_HS_VOTE:
        if (h->rules.chain == 3 && !skips) {
            vote(h, block, ORR_HS_PRECOMMIT, ORR_HS_STEP_PRECOMMITTED);
            return;
        }
        if (!skips) orr_hs_lock(h, block); /* two phases: the flaw */
        vote(h, block, ORR_HS_COMMIT, ORR_HS_STEP_COMMITTED);
        return;
    case ORR_HS_PRECOMMIT:
        orr_hs_lock(h, block);
        vote(h, block, ORR_HS_COMMIT, ORR_HS_STEP_COMMITTED);
        return;
    default: decide(h, block, m);
    }
}

/* A QC whose signatures are good, in a message of kind QC. */
static void see(struct orr_hs *h, const struct orr_qc *qc, struct orr_msg *m, orr_peer from) {
    const struct orr_ballot *b = &qc->ballot;
    struct orr_block *block = orr_block_find(&h->tree, b->block);
    orr_hs_join_view(h, b->view);
    if (b->kind == ORR_HS_VOTE) orr_hs_see_qc(h, qc, m);
    if (block) {
        act(h, qc, block, m);
        return;
    }
    struct orr_ballot kept = {0};
    if (h->waiting) kept = orr_ballot_read(h->waiting->data);
    if (votes_key(h, kept.view, kept.kind) < votes_key(h, b->view, b->kind)) keep_waiting(h, m);
    orr_hs_ask(h, from, b->block);
}

/* Has it any use here?  If not, its signatures are not looked at. */
static bool is_news(const struct orr_hs *h, const struct orr_ballot *b) {
    if (b->view >= h->pacemaker.view) return true;
    if (b->kind == ORR_HS_COMMIT) return b->height > h->tree.head->height;
    if (b->kind == ORR_HS_PRECOMMIT) return b->view > h->lock->view;
    return b->view > h->high.ballot.view;
}

void orr_hs_recv_qc(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    struct orr_qc qc;
    bool is_sound = orr_qc_read(m->data, m->len, h->set->n, &qc) && qc.len == m->len &&
                    qc.form != ORR_QC_NONE && is_phase(qc.ballot.kind);
    if (is_sound && !is_news(h, &qc.ballot)) return;
    if (is_sound) h->out->busy_ns += orr_qc_cost_ns(&qc, hs_costs(h));
    if (!is_sound || !orr_qc_verify(&qc, h->set, h->common->memo)) {
        orr_hs_drop(h);
        return;
    }
    see(h, &qc, m, from);
}

/* ---- the leader: lines 8-12, 16-19, 23-26 ---- */

/* Casts what the votes of a phase have made; false: nothing. */
static bool announce(struct orr_hs *h, uint8_t kind) {
    uint64_t view = h->pacemaker.view, key = votes_key(h, view, kind);
    const struct votes *votes = &h->votes[key % VIEWS];
    if (key <= h->announced || votes->view != key || !votes->set.quorum) return false;
    h->announced = key;
    struct orr_msg *bytes =
        orr_qc_new(votes->set.quorum, h->config->qc ? ORR_QC_AGGREGATE : ORR_QC_LIST, h->set,
                   h->common->pool);
    struct orr_msg *m = orr_msg_copy(h->common->pool, ORR_HS_QC, bytes->data, bytes->len);
    orr_msg_unref(h->common->pool, bytes);
    struct orr_qc qc;
    bool is_sound = orr_qc_read(m->data, m->len, h->set->n, &qc);
    assert(is_sound);
    orr_cast(h->out, ORR_NOBODY, orr_msg_ref(m));
    see(h, &qc, m, h->env->self);
    orr_msg_unref(h->common->pool, m);
    return true;
}

/* What waited, if its block has come. */
static void see_waiting(struct orr_hs *h) {
    struct orr_msg *m = h->waiting;
    struct orr_qc qc;
    if (!m || !orr_qc_read(m->data, m->len, h->set->n, &qc)) return;
    bool is_old = !is_news(h, &qc.ballot);
    if (!is_old && !orr_block_find(&h->tree, qc.ballot.block)) return;
    h->waiting = NULL;
    if (!is_old) see(h, &qc, m, h->env->self);
    orr_msg_unref(h->common->pool, m);
}

void orr_hs_go_on(struct orr_hs *h) {
    uint64_t view;
    bool has_cast;
    do { /* ends: no node's own vote is a quorum, and in a view there are three phases */
        view = h->pacemaker.view;
        orr_hs_vote_for_early(h);
        see_waiting(h);
        has_cast = false;
        for (uint32_t i = 0; i < N_PHASES && !has_cast && h->pacemaker.given_up < view; i++)
            has_cast = leads_view(h, view) && announce(h, vote_kinds[i]);
        orr_hs_try_propose(h);
    } while (has_cast || view != h->pacemaker.view);
}
