/* rollup_player.h - the member of a rollup that looks after disputes: it asks L1 about the games
 * after each of its blocks, says what became of those that are settled, and, as proposer or
 * challenger, plays.
 *
 * A proposer proposes the output root of each propose_every-th final L2 block, and defends what is
 * right; a challenger disputes what is not.  Both play by models/rollup/dispute.h on their own
 * trace.  One with the flaw bad_root has another trace: from the L2 block lie_from on its roots are
 * others, and so are the states in the second half of that block's execution.
 *
 * Tactics: a player may make each move as late as its clock lets it.  A freeloader makes none of
 * its own but puts a wrong answer beside the honest one under each wrong claim about output roots;
 * a griefer puts wrong answers under right ones. */
#ifndef ORR_NODE_ROLLUP_PLAYER_H
#define ORR_NODE_ROLLUP_PLAYER_H

#include "models/node/rollup.h"
#include "models/rollup/trace.h"

struct orr_rollup_player {
    const struct orr_env *env;
    const struct orr_rollup_role *role;
    const struct orr_rollup_genesis *genesis;
    const struct orr_verifier *verifier; /* lent */
    const struct orr_wallet_key *key;    /* its account on L1 */
    struct orr_trace *trace;
    uint64_t first_game; /* those before it are of no more interest */
    uint64_t proposed;   /* the highest L2 block that it has proposed a root of */
    uint64_t n_walked;   /* L2 block whose execution was charged last */
};

/* config: the verifier's. */
void orr_rollup_player_init(struct orr_rollup_player *p, const struct orr_env *env,
                            const struct orr_rollup_role *role,
                            const struct orr_rollup_genesis *genesis,
                            const struct orr_rollup_config *config,
                            const struct orr_verifier *verifier);
void orr_rollup_player_fini(struct orr_rollup_player *p);
/* Asks L1 about the games. */
void orr_rollup_player_ask(struct orr_rollup_player *p, struct orr_outbox *out);
/* L1's answer (ORR_ROLLUP_GAMES). */
void orr_rollup_player_hear(struct orr_rollup_player *p, const struct orr_msg *msg,
                            struct orr_outbox *out);
#endif
