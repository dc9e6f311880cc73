/* rounds.c - rounds, and whose turn it is in them. */
#include "models/bft/tendermint/state.h"

static size_t round_size(const struct orr_tm *t) {
    return sizeof(struct round) + 2 * orr_bitset_words(t->set->n) * sizeof(uint64_t);
}

struct round *orr_tm_find_round(struct orr_tm *t, uint32_t round) {
    if (t->current && t->current->round == round) return t->current;
    for (struct round *r = t->rounds; r; r = r->next)
        if (r->round == round) return r;
    return NULL;
}

/* proposer(h, round): round + 1 turns on from the priorities that the height began with, one turn
 * at a time, so that every node gets the same whatever rounds it skipped.  ORR_NOBODY: it was long
 * ago, and nobody's proposal of that round is of interest. */
static uint32_t proposer(struct orr_tm *t, uint32_t round) {
    if (!t->n_turns)
        memcpy(t->turn_priorities, t->priorities, t->set->n * sizeof *t->priorities);
    for (; t->n_turns < round + 1; t->n_turns++)
        t->elected[t->n_turns % ELECTED] =
            orr_proposer_turn(t->voters->powers, t->set->n, t->turn_priorities);
    return t->n_turns - round <= ELECTED ? t->elected[round % ELECTED] : ORR_NOBODY;
}

struct round *orr_tm_get_round(struct orr_tm *t, uint32_t round) {
    struct round *r = orr_tm_find_round(t, round);
    if (r) return r;
    r = t->free_rounds;
    if (r) t->free_rounds = r->next;
    else r = orr_alloc(t->common->mem, round_size(t));
    memset(r, 0, round_size(t));
    r->round = round;
    r->proposer = proposer(t, round);
    orr_vote_set_init(&r->votes[PREVOTES], &t->tallies, r->seen);
    orr_vote_set_init(&r->votes[PRECOMMITS], &t->tallies, r->seen + orr_bitset_words(t->set->n));
    r->next = t->rounds;
    return t->rounds = r;
}

void orr_tm_free_round(struct orr_tm *t, struct round *r) {
    if (!r) return;
    orr_msg_unref(t->common->pool, r->proposal);
    r->proposal = NULL;
    orr_vote_set_clear(&r->votes[PREVOTES], &t->tallies);
    orr_vote_set_clear(&r->votes[PRECOMMITS], &t->tallies);
    r->next = t->free_rounds;
    t->free_rounds = r;
}

/* Those around the present one; of older ones that of the lock, that of the valid value, and those
 * whose quorum the present proposal, or the last one to have any, leans on (line 28): where rounds
 * turn faster than a lost vote can be asked for, it is there for the next proposal.  By line 55 a
 * node that is far behind skips the rounds between, and what was decided in an old round is locked
 * by then, or comes as a commit. */
bool orr_tm_wants_round(const struct orr_tm *t, uint32_t round) {
    if (round + ROUND_WINDOW >= t->round) return true;
    if ((int32_t)round == t->locked_round || (int32_t)round == t->valid_round ||
        (int32_t)round == t->leaned_round)
        return true;
    struct orr_msg *m = t->current ? t->current->proposal : NULL;
    return m && orr_tm_proposal_of(m)->pol_round == (int32_t)round;
}

/* A round that decided, but for its block, which is missing. */
static bool waits_for_block(const struct round *r) {
    const struct orr_tally *quorum = r->votes[PRECOMMITS].quorum;
    return quorum && !orr_block_id_is_nil(orr_tally_id(quorum));
}

void orr_tm_close_rounds(struct orr_tm *t) {
    for (struct round **at = &t->rounds, *r; (r = *at);) {
        if (orr_tm_wants_round(t, r->round) || waits_for_block(r)) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        orr_tm_free_round(t, r);
    }
}
