/* valid.c - valid(v) of the paper: may this block stand at this height? */
#include "models/bft/tendermint/state.h"

static bool header_fits(const struct orr_tm *t, const struct body *b) {
    const struct orr_tm_header *h = &b->block->header;
    return !memcmp(b->block->hash, b->id.hash, 32) && h->chain_id == t->set->chain_id &&
           h->height == t->height && orr_block_id_equal(&h->last, &t->last_id) &&
           !memcmp(h->app_hash, t->app_hash, 32) &&
           !memcmp(h->validators_hash, t->voters->hash, 32) &&
           h->proposer < t->set->n && h->time > t->last_time;
}

/* The last commit: +2/3 of precommits for the block before this one, by the powers of its height.
 * Whether its signatures are good is a pure function of the block and the members' keys. */
static bool commit_holds(struct orr_tm *t, const struct orr_tm_block *block) {
    if (block->has_commit != (t->height > 1)) return false;
    if (!block->has_commit) return true;
    const struct orr_commit *c = &block->commit;
    if (c->height != t->height - 1 || !orr_block_id_equal(&c->id, &t->last_id)) return false;
    if (orr_commit_power(c, t->last_voters) < t->last_voters->quorum_power) return false;
    charge(t, (int64_t)c->n_signatures * costs(t)->verify_ns);
    if (t->common->memo && block->commit_verdict != ORR_UNKNOWN)
        return block->commit_verdict == ORR_GOOD;
    return orr_commit_is_signed(c, t->set, t->common->memo);
}

bool orr_tm_may_carry(const struct orr_tm *t, uint64_t height) {
    return height < t->height && t->height - height <= t->config->evidence_max_age;
}

static bool evidence_holds(struct orr_tm *t, const struct orr_tm_block *block) {
    for (uint32_t i = 0; i < block->n_evidence; i++) {
        struct orr_duplicate_vote e, other;
        if (!orr_evidence_read(block->evidence + i * ORR_EVIDENCE_BYTES, &e)) return false;
        if (e.a.validator >= t->set->n || !orr_tm_may_carry(t, e.a.height)) return false;
        struct orr_evidence_entry *known =
            orr_evidence_find(&t->evidence, e.a.validator, e.a.height);
        if (known && known->committed) return false;
        for (uint32_t j = 0; j < i; j++) {
            orr_evidence_read(block->evidence + j * ORR_EVIDENCE_BYTES, &other);
            if (other.a.validator == e.a.validator && other.a.height == e.a.height) return false;
        }
        charge(t, 2 * costs(t)->verify_ns);
        if (!orr_evidence_verify(&e, t->set, t->common->memo)) return false;
    }
    return true;
}

bool orr_tm_is_valid(struct orr_tm *t, struct body *b) {
    assert(b->n_have == b->id.n_parts);
    if (b->validity == ORR_UNKNOWN) {
        if (b->block->has_commit) orr_tm_compare_commit(t, &b->block->commit);
        b->is_sound = header_fits(t, b) && commit_holds(t, b->block) &&
                      evidence_holds(t, b->block);
        if (b->is_sound) charge_app_call(t);
        bool is_valid = b->is_sound &&
                        t->app->validate(t->app_state, &b->block->app, &t->out->busy_ns);
        b->validity = is_valid ? ORR_GOOD : ORR_BAD;
    }
    return b->validity == ORR_GOOD;
}

bool orr_tm_may_decide(struct orr_tm *t, struct body *b) {
    return orr_tm_is_valid(t, b) || (t->app->follows && b->is_sound);
}
