/* algorithm.c - arXiv 1807.04938, Algorithm 1, "Tendermint consensus algorithm".
 *
 * Each rule stands with the line numbers that it obeys.  "2f + 1" is quorum_power, "f + 1"
 * honest_power. A rule that reads "upon ... while ..." is tried whenever something that it reads
 * has changed: a vote crossed a threshold, a block became complete, a step or round was entered. */
#include "models/bft/tendermint/state.h"

static void arm(struct orr_tm *t, enum orr_tm_timer timer, orr_time delay) {
    t->timer_height[timer] = t->height;
    t->timer_round[timer] = t->round;
    orr_arm(t->out, timer, t->now + delay);
}

static orr_time grown(const struct orr_tm *t, orr_time timeout, orr_time delta, uint32_t round) {
    if (has_bug(t, ORR_TM_BUG_TIMER_NEVER_GROWS)) return timeout;
    return timeout + delta * (orr_time)(round < 1u << 16 ? round : 1u << 16);
}

static void enter(struct orr_tm *t, enum orr_tm_step step) {
    t->step = step;
    t->has_moved = true;
    orr_tm_output_step(t);
}

static void arm_propose(struct orr_tm *t) {
    const struct orr_tm_config *c = t->config;
    arm(t, ORR_TM_TIMER_PROPOSE, grown(t, c->timeout_propose, c->timeout_propose_delta, t->round));
}

/* Lines 11-21. */
void orr_tm_start_round(struct orr_tm *t, uint32_t round) {
    assert(round >= t->round);
    t->round = round; /* line 12 */
    t->current = orr_tm_get_round(t, round);
    orr_tm_close_rounds(t);
    enter(t, ORR_TM_STEP_PROPOSE);                    /* line 13 */
    arm_propose(t); /* lines 20-21; as in CometBFT the proposer waits too, should it not be able to
                       propose */
    if (t->current->proposer == t->me) orr_tm_propose(t); /* lines 14-19 */
    orr_tm_run_rules(t);
}

/* The other timers of a round are armed by what is heard (lines 34 and 47). */
void orr_tm_resume_round(struct orr_tm *t) {
    orr_tm_output_step(t);
    if (t->step == ORR_TM_STEP_PROPOSE) arm_propose(t);
    orr_tm_run_rules(t);
}

/* Votes for a body, or for nil without one. */
static void vote(struct orr_tm *t, enum orr_signed_type type, const struct body *b) {
    static const struct orr_block_id nil;
    orr_tm_vote(t, type, b ? &b->id : &nil);
    enter(t, type == ORR_PREVOTE ? ORR_TM_STEP_PREVOTE : ORR_TM_STEP_PRECOMMIT);
}

static bool has_quorum(const struct orr_tm *t, const struct orr_vote_set *votes,
                       const struct orr_block_id *id) {
    const struct orr_tally *tally = orr_vote_set_find(votes, id);
    return tally && tally->power >= t->voters->quorum_power;
}

/* MSGDELAY of a round: a tenth more with each (CometBFT's SynchronyParams.InRound), so that a bound
 * that is too tight for the network stops no height for good. */
static orr_time message_delay(const struct orr_tm *t, uint32_t round) {
    orr_time delay = t->config->message_delay;
    for (; round && delay < ORR_MAX_BLOCK_TIME / 2; round--) delay += delay / 10;
    return delay;
}

/* CometBFT's specification, "Proposer-Based Timestamps", timely(): by this node's clock a block is
 * of no time that had not come when its proposal came, and of none that had passed longer ago than
 * a message may take; clocks differ by `precision`.  As there, a quorum of prevotes for the block
 * (line 28) says that correct validators found it so.  How long a block that was proposed in an
 * earlier round, too (orr_tm_proposed_before), took is judged by when it was first heard of. */
static bool is_timely(const struct orr_tm *t, const struct body *b) {
    if (!b->block) return false;
    orr_time time = b->block->header.time, precision = t->config->precision;
    return time <= t->current->proposed_at + precision &&
           b->named_at <= time + message_delay(t, t->round) + precision;
}

/* Lines 22-33: the proposal is complete; prevote it or nil. */
static bool rule_proposal(struct orr_tm *t) {
    if (t->step != ORR_TM_STEP_PROPOSE || !t->current->proposal) return false;
    const struct proposal *p = orr_tm_proposal_of(t->current->proposal);
    struct body *b = orr_tm_find_body(t, &p->id);
    if (!b || b->n_have < b->id.n_parts) return false;
    bool may_vote;
    if (p->pol_round < 0) { /* line 22 */
        may_vote = (t->locked_round < 0 || t->locked == b) && is_timely(t, b); /* line 23 */
    } else {                /* line 28: PREVOTE(h, vr, id(v)), vr < round */
        struct round *pol = orr_tm_find_round(t, (uint32_t)p->pol_round);
        if (!pol || !has_quorum(t, &pol->votes[PREVOTES], &p->id)) return false;
        bool is_newer = t->locked_round <= p->pol_round || has_bug(t, ORR_TM_BUG_ACCEPT_OLD_QC);
        bool is_released = is_newer && !t->config->unlock_off;
        may_vote = t->locked_round < 0 || is_released || t->locked == b; /* line 29 */
    }
    vote(t, ORR_PREVOTE, orr_tm_is_valid(t, b) && may_vote ? b : NULL); /* lines 24-27, 30-33 */
    return true;
}

/* Lines 34-35: more than 2/3 prevoted something; wait a little for a majority. */
static bool rule_prevotes_of_any(struct orr_tm *t) {
    struct round *r = t->current;
    if (t->step != ORR_TM_STEP_PREVOTE || r->is_prevote_armed) return false;
    if (r->votes[PREVOTES].power < t->voters->quorum_power) return false;
    r->is_prevote_armed = true;
    const struct orr_tm_config *c = t->config;
    arm(t, ORR_TM_TIMER_PREVOTE,
        grown(t, c->timeout_prevote, c->timeout_prevote_delta, t->round));
    return true;
}

/* Lines 36-43: more than 2/3 prevoted a valid block; lock it.  As in CometBFT, having the block is
 * enough: among so many prevotes is a correct validator's, who saw the proposal. */
static bool rule_polka(struct orr_tm *t) {
    struct round *r = t->current;
    struct orr_tally *polka = r->votes[PREVOTES].quorum;
    if (t->step < ORR_TM_STEP_PREVOTE || r->is_polka_handled) return false;
    if (!polka || orr_block_id_is_nil(orr_tally_id(polka))) return false;
    struct body *b = orr_tm_find_body(t, orr_tally_id(polka));
    if (!b || b->n_have < b->id.n_parts || !orr_tm_is_valid(t, b)) return false;
    r->is_polka_handled = true;
    if (!t->config->valid_value_off || t->step == ORR_TM_STEP_PREVOTE) {
        t->valid = b; /* line 42; before line 40, whose effects may end the height */
        t->valid_round = (int32_t)t->round; /* line 43 */
    }
    bool is_stuck = t->config->unlock_off && t->locked_round >= 0 && t->locked != b;
    if (t->step == ORR_TM_STEP_PREVOTE && is_stuck) {
        vote(t, ORR_PRECOMMIT, NULL);
    } else if (t->step == ORR_TM_STEP_PREVOTE) { /* line 37 */
        if (!has_bug(t, ORR_TM_BUG_NO_LOCK)) {
            t->locked = b;                       /* line 38 */
            t->locked_round = (int32_t)t->round; /* line 39 */
        }
        vote(t, ORR_PRECOMMIT, b);          /* lines 40-41 */
    }
    return true;
}

/* The mistake: what was prevoted is precommitted at once, without 2/3 of prevotes and a lock. */
static bool rule_without_polka(struct orr_tm *t) {
    if (t->step != ORR_TM_STEP_PREVOTE || !has_bug(t, ORR_TM_BUG_SKIP_PREPARE)) return false;
    const struct orr_msg *m = t->current->proposal;
    struct body *b = m ? orr_tm_find_body(t, &orr_tm_proposal_of(m)->id) : NULL;
    if (!b || !orr_vote_set_has(&t->current->votes[PREVOTES], t->me, &b->id)) return false;
    vote(t, ORR_PRECOMMIT, b);
    return true;
}

/* Lines 44-46: more than 2/3 prevoted nil.  The lock stays. */
static bool rule_nil_polka(struct orr_tm *t) {
    const struct orr_tally *polka = t->current->votes[PREVOTES].quorum;
    if (t->step != ORR_TM_STEP_PREVOTE || !polka) return false;
    if (!orr_block_id_is_nil(orr_tally_id(polka))) return false;
    vote(t, ORR_PRECOMMIT, NULL);
    return true;
}

/* Lines 47-48: more than 2/3 precommitted something. */
static bool rule_precommits_of_any(struct orr_tm *t) {
    struct round *r = t->current;
    if (r->is_precommit_armed || r->votes[PRECOMMITS].power < t->voters->quorum_power) return false;
    r->is_precommit_armed = true;
    const struct orr_tm_config *c = t->config;
    arm(t, ORR_TM_TIMER_PRECOMMIT,
        c->timeout_precommit_off
            ? 0 : grown(t, c->timeout_precommit, c->timeout_precommit_delta, t->round));
    return true;
}

void orr_tm_run_rules(struct orr_tm *t) {
    if (t->step == ORR_TM_STEP_COMMIT) return;
    /* Ends: each rule that fires moves the step on or sets a flag of the round. */
    while (rule_proposal(t) || rule_without_polka(t) || rule_prevotes_of_any(t) ||
           rule_polka(t) || rule_nil_polka(t) || rule_precommits_of_any(t)) {}
    orr_tm_try_decide(t, t->current);
}

/* Lines 49-54. */
bool orr_tm_try_decide(struct orr_tm *t, struct round *r) {
    struct orr_tally *quorum = r->votes[PRECOMMITS].quorum;
    if (!quorum || orr_block_id_is_nil(orr_tally_id(quorum))) return false;
    struct body *b = orr_tm_want_body(t, orr_tally_id(quorum));
    if (!b || b->n_have < b->id.n_parts || !orr_tm_may_decide(t, b)) return false; /* line 50 */
    orr_tm_decide(t, r, quorum, b);
    return true;
}

/* Lines 55-56: f + 1 were heard of in a round past ours.  CometBFT asks for 2f + 1; the paper's
 * rule is used here.  Whoever is in a later round still counts for an earlier one, so the round
 * entered is the highest that f + 1 have reached: one correct validator is there or beyond. */
bool orr_tm_heard_of_round(struct orr_tm *t, uint32_t v, uint32_t round) {
    if (round <= t->round || t->high_round[v] > round) return false;
    bool is_news = t->high_round[v] <= t->round + ROUND_WINDOW + 1;
    t->high_round[v] = round + 1;
    uint64_t power = 0;
    for (uint32_t i = 0; i < t->set->n; i++)
        if (t->high_round[i] > t->round + 1) power += t->voters->powers[i];
    if (power < t->voters->honest_power) return is_news;
    uint32_t best = 0;
    for (uint32_t k = 0; k < t->set->n; k++) {
        uint32_t high = t->high_round[k];
        if (high <= best) continue;
        power = 0;
        for (uint32_t i = 0; i < t->set->n; i++)
            if (t->high_round[i] >= high) power += t->voters->powers[i];
        if (power >= t->voters->honest_power) best = high;
    }
    orr_tm_start_round(t, best - 1);
    return is_news;
}

void orr_tm_timeout(struct orr_tm *t, enum orr_tm_timer timer) {
    if (t->timer_height[timer] != t->height || t->timer_round[timer] != t->round) return;
    switch (timer) {
    case ORR_TM_TIMER_PROPOSE: /* lines 57-60 */
        if (t->step != ORR_TM_STEP_PROPOSE) return;
        vote(t, ORR_PREVOTE, NULL);
        break;
    case ORR_TM_TIMER_PREVOTE: /* lines 61-64 */
        if (t->step != ORR_TM_STEP_PREVOTE) return;
        vote(t, ORR_PRECOMMIT, NULL);
        break;
    case ORR_TM_TIMER_PRECOMMIT: /* lines 65-67 */
        orr_tm_start_round(t, t->round + 1);
        return;
    case ORR_TM_TIMER_COMMIT: /* line 54, after timeout_commit */
        if (t->step == ORR_TM_STEP_COMMIT) orr_tm_start_round(t, 0);
        return;
    case ORR_TM_TIMER_GOSSIP:
    case ORR_TM_TIMER_PEERS:
    case ORR_TM_N_TIMERS: assert(!"not a timeout of the algorithm");
    }
    orr_tm_run_rules(t);
}
