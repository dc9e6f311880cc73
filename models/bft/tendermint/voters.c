/* voters.c - whose votes count, and whose turn it is, at the heights at hand.
 *
 * As in CometBFT the application says with block H which powers change, and the votes of height
 * H + 2 are the first that count so: block H + 1 is under way by then, and its proposer has to know
 * who decides it.  So at height h three sets matter: that of h - 1, whose precommits are the last
 * commit, that of h, and that of h + 1.  They differ in powers alone: who is in the set of genesis
 * keeps number and key, and all of them hear everything, with power or without.
 *
 * The changes are part of the application's state, so whoever has that state, from its own log or
 * from a peer, finds all of them there, and works out sets and turns from genesis on. */
#include "models/bft/tendermint/state.h"

static void drop(struct orr_tm *t, const struct orr_validator_set *old) {
    if (old == t->set || old == t->last_voters || old == t->voters || old == t->next_voters) return;
    orr_validator_set_drop((struct orr_validator_set *)old, t->common->mem);
}

static uint32_t rank_of(const struct orr_validator_set *set, const uint8_t key[32]) {
    for (uint32_t i = 0; i < set->n; i++)
        if (!memcmp(set->keys[i].public_key, key, ORR_SIGN_PUBLIC_BYTES)) return i;
    return ORR_NOBODY;
}

/* The set that follows on the next one, with what the block of a height changes.  All of one block
 * or nothing: what would leave nobody, or more power than can be counted, changes nothing. */
static const struct orr_validator_set *after_next(struct orr_tm *t, uint64_t height) {
    const struct orr_validator_set *set = t->next_voters;
    struct orr_app_power change;
    uint64_t *powers = NULL;
    size_t size = set->n * sizeof *powers;
    while (t->app->power_change && t->app->power_change(t->app_state, t->n_changes, &change) &&
           change.height <= height) { /* ends: they are numbered */
        assert(change.height == height);
        if (!powers) powers = memcpy(orr_alloc(t->common->mem, size), set->powers, size);
        uint32_t rank = rank_of(set, change.key);
        if (rank != ORR_NOBODY) powers[rank] = change.power;
        t->n_changes++;
    }
    if (!powers) return set;
    const struct orr_validator_set *changed = NULL;
    if (memcmp(powers, set->powers, size))
        changed = orr_validator_set_with(set, powers, t->common->mem);
    orr_free(t->common->mem, powers, size);
    return changed ? changed : set;
}

void orr_tm_move_voters(struct orr_tm *t, uint64_t height) {
    const struct orr_validator_set *now = t->voters, *next = t->next_voters, *old = t->last_voters;
    t->next_voters = after_next(t, height);
    t->last_voters = now;
    t->voters = next;
    drop(t, old);
    orr_proposer_turn(now->powers, now->n, t->priorities);
    if (next != now) orr_proposers_change(now->powers, next->powers, now->n, t->priorities);
    t->n_turns = 0;
    t->tallies.set = next;
}

void orr_tm_find_voters(struct orr_tm *t, uint64_t height) {
    const struct orr_validator_set *old[] = {t->last_voters, t->voters, t->next_voters};
    t->last_voters = t->voters = t->next_voters = t->set;
    for (unsigned i = 0; i < 3; i++)
        if (!i || old[i] != old[i - 1]) drop(t, old[i]);
    t->tallies.set = t->set;
    t->n_changes = t->n_turns = 0;
    memset(t->priorities, 0, t->set->n * sizeof *t->priorities);
    for (uint64_t h = 1; h <= height; h++) orr_tm_move_voters(t, h);
}

void orr_tm_forget_voters(struct orr_tm *t) {
    orr_tm_find_voters(t, 0);
}

bool orr_tm_may_vote(const struct orr_tm *t, orr_peer node) {
    uint32_t i = orr_validator_of(t->set, node);
    return i != ORR_NOBODY && (t->last_voters->powers[i] || t->voters->powers[i] ||
                               t->next_voters->powers[i]);
}
