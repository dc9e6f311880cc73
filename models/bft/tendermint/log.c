/* log.c - what outlives a crash, in the log of common/wal.h; restore.c is the way back.
 *
 * Slots, each holding the latest of its kind:
 *     commit      the commit of the last decided height
 *     proposal    own proposal | the prevotes that it leans on, of a proposal with a pol_round
 *     prevote     own prevote
 *     precommit   own precommit for nil
 *     lock        own precommit for a block | the prevotes that made the lock
 *     asked       the place and hash of what a remote signer was last asked to sign (remote.c)
 *     snapshot    the application's state after a decided height, see snapshot.c
 * and, in that of the first of these that is signed in a round, the precommits of the round before
 * that made this node enter it.  Entries are blocks: each is written once, with the first record
 * that needs it.
 *
 * What this node signs is written before it is sent.  Of what it received, that survives on which
 * the others' progress may depend: if it alone knew the votes that made a lock (line 36), or those
 * that ended a round (line 47), and could not show them when it comes back, the others could
 * neither go beyond the lock nor follow it into its round.  Nothing else need survive.  A decision
 * has its commit; a quorum of precommits that nobody acted on has left locks behind; f + 1 messages
 * of a later round (line 55) come from a correct node at least, which wrote down what it came by;
 * and all other votes are their authors' to show again, of whom each keeps its latest. */
#include "models/bft/tendermint/state.h"

static struct orr_msg *certificate(struct orr_tm *t, const struct round *r, unsigned which,
                                   const struct orr_tally *only) {
    struct orr_vote slot = {.type = which == PREVOTES ? ORR_PREVOTE : ORR_PRECOMMIT,
                            .height = t->height, .round = r->round};
    return orr_certificate_new(&r->votes[which], only, &slot, t->set->n, t->common->pool,
                               RECORD_VOTES);
}

/* The precommits by which the present round was entered, if that is not written yet. */
static struct orr_msg *entry_of_round(struct orr_tm *t) {
    if (!t->round || t->entry_written == t->round) return NULL;
    t->entry_written = t->round;
    const struct round *r = orr_tm_find_round(t, t->round - 1);
    if (!r || r->votes[PRECOMMITS].power < t->voters->quorum_power) return NULL;
    return certificate(t, r, PRECOMMITS, NULL);
}

/* A statement of the present round in its slot, with the quorum of prevotes of round `polka`, or
 * -1. */
static void log_signed(struct orr_tm *t, uint32_t slot, struct orr_msg *m, int32_t polka) {
    struct orr_msg *bundle[] = {m, entry_of_round(t), NULL};
    const struct round *r = polka < 0 ? NULL : orr_tm_find_round(t, (uint32_t)polka);
    if (r && r->votes[PREVOTES].quorum)
        bundle[2] = certificate(t, r, PREVOTES, r->votes[PREVOTES].quorum);
    orr_wal_put(&t->wal, t->out, slot, bundle, 3);
    orr_msg_unref(t->common->pool, bundle[1]);
    orr_msg_unref(t->common->pool, bundle[2]);
}

void orr_tm_log_proposal(struct orr_tm *t, struct orr_msg *m, int32_t pol_round) {
    log_signed(t, SLOT_PROPOSAL, m, pol_round);
}

void orr_tm_log_vote(struct orr_tm *t, enum orr_signed_type type, bool is_lock,
                     struct orr_msg *m) {
    assert(type == ORR_PRECOMMIT || !is_lock);
    log_signed(t, type == ORR_PREVOTE ? SLOT_PREVOTE : is_lock ? SLOT_LOCK : SLOT_PRECOMMIT, m,
               is_lock ? (int32_t)t->round : -1);
}

void orr_tm_log_body(struct orr_tm *t, struct body *b) {
    if (b->is_durable) return;
    assert(b->n_have == b->id.n_parts && b->message);
    b->is_durable = true;
    b->entry = orr_wal_append(&t->wal, t->out, b->message);
}

void orr_tm_unlog_body(struct orr_tm *t, struct body *b) {
    if (b->is_durable) orr_wal_drop(&t->wal, t->out, b->entry);
    b->is_durable = false;
}

void orr_tm_log_asked(struct orr_tm *t) {
    struct orr_msg *m = orr_msg_new(t->common->pool, RECORD_ASKED, ORR_PLACE_BYTES);
    orr_place_write(&t->guard, m->data);
    orr_wal_put_one(&t->wal, t->out, SLOT_ASKED, m);
}

void orr_tm_log_snapshot(struct orr_tm *t, struct orr_msg *snapshot) {
    orr_wal_put_one(&t->wal, t->out, SLOT_SNAPSHOT, orr_msg_ref(snapshot));
}

void orr_tm_log_commit(struct orr_tm *t, struct orr_msg *commit) {
    orr_wal_put_one(&t->wal, t->out, SLOT_COMMIT, orr_msg_ref(commit));
}
