/* log.c - what outlives a crash: durable records by ORR_WRITE (restore.c is the way back).
 *
 * Records, by name:
 *     1                    the commit of the last decided height, replaced with each
 *     16 + 3 * round + k   own proposal (k = 0), prevote (1), precommit (2) of that round; the next
 *                          height that comes so far replaces it; its height tells which it is
 *     2^30 + i             part i of all parts ever written
 * What this node signs is written before it is sent: an ORR_WRITE holds back the sends behind it.
 * A precommit for a block is a lock (line 40 stands beside lines 38-39), so own precommits and the
 * blocks they name are all that the lock needs; blocks are written with the precommit or the
 * decision, whichever is first, and never again.  Own votes also feed the guard against signing
 * twice. */
#include "models/bft/tendermint/state.h"

void orr_tm_log_signed(struct orr_tm *t, uint32_t round, uint8_t stage, struct orr_msg *m) {
    assert(round <= ORR_MAX_ROUND && stage >= 1 && stage <= 3);
    orr_write(t->out, NAME_SIGNED + 3 * round + stage - 1u, orr_msg_ref(m));
}

void orr_tm_log_body(struct orr_tm *t, struct body *b) {
    if (b->is_durable) return;
    assert(b->n_have == b->id.n_parts);
    b->is_durable = true;
    b->first_name = t->next_name;
    for (uint32_t i = 0; i < b->id.n_parts; i++)
        orr_write(t->out, t->next_name++, orr_msg_ref(b->parts[i]));
    assert(t->next_name < 1u << 31);
}

void orr_tm_unlog_body(struct orr_tm *t, struct body *b) {
    if (!b->is_durable) return;
    for (uint32_t i = 0; i < b->id.n_parts; i++) orr_write(t->out, b->first_name + i, NULL);
    b->is_durable = false;
}

void orr_tm_log_commit(struct orr_tm *t, struct orr_msg *commit) {
    orr_write(t->out, NAME_COMMIT, orr_msg_ref(commit));
}
