/* game.h - what an honest challenger does next in a dispute game.
 *
 * ethereum-optimism/specs, fault-proof/stage-one/honest-challenger-fdg.md: an honest challenger
 * supports what it has said, counters what counters it, and leaves freeloaders alone that stand to
 * the right of its own counter. */
#ifndef ORR_ROLLUP_GAME_H
#define ORR_ROLLUP_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/rollup/position.h"

/* A claim of the game; its number is its place in the list, and parents come first. */
struct orr_game_claim {
    uint32_t parent;           /* number of what it answers; of the root claim without meaning */
    unsigned __int128 gindex;  /* where it stands                                              */
    bool is_correct;           /* its value is that of the correct trace at that place         */
    bool is_countered;         /* a step against it has succeeded                              */
};

enum orr_game_move { ORR_GAME_ATTACK, ORR_GAME_DEFEND, ORR_GAME_STEP_ATTACK, ORR_GAME_STEP_DEFEND };

/* Attack and defend say the correct value at orr_position_attack or _defend of the parent; the
 * steps run the machine from the state before the parent's leaf, or from the parent's own. */
struct orr_game_action {
    enum orr_game_move move;
    uint32_t parent;
};

/* Fills actions[n] (room for as many as there are claims) and *n_actions, in the order of the
 * claims answered.  max_depth: where claims are about single steps.  Returns 0, or ORR_EINVAL when
 * the claims are no game: no root at 1, a parent that is not an earlier claim, a claim that is
 * neither an attack nor a defence of its parent, or a root that is defended. */
int orr_game_next(struct orr_mem *mem, const struct orr_game_claim *claims, uint32_t n,
                  uint32_t max_depth, struct orr_game_action *actions, uint32_t *n_actions);
/* Does the root stand, if nobody moves any more (fault-dispute-game.md, "Resolution")?  A claim is
 * countered by a step against it, or by an answer that is not countered itself.  ORR_EINVAL as
 * above. */
int orr_game_resolve(struct orr_mem *mem, const struct orr_game_claim *claims, uint32_t n,
                     uint32_t max_depth, bool *root_stands);
#endif
