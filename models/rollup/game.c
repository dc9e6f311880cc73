#include "models/rollup/game.h"

#include "models/base/error.h"

/* What the challenger has answered to each claim, or would. */
struct answer {
    bool is_made;
    unsigned __int128 gindex;
};

struct game {
    const struct orr_game_claim *claims;
    uint32_t n, max_depth;
    struct answer *answers; /* [n] */
};

static bool is_game(const struct orr_game_claim *claims, uint32_t n, uint32_t max_depth) {
    if (!n || claims[0].gindex != 1 || max_depth > ORR_POSITION_DEPTH_MAX) return false;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t parent = claims[i].parent;
        if (parent >= i) return false;
        unsigned __int128 g = claims[parent].gindex;
        if (orr_position_depth(g) >= max_depth) return false;
        bool defends = parent && claims[i].gindex == orr_position_defend(g);
        if (claims[i].gindex != orr_position_attack(g) && !defends) return false;
    }
    return true;
}

/* Is the claim the challenger's own, or what it would have said in that place? */
static bool is_honest(const struct game *game, uint32_t i) {
    const struct orr_game_claim *claim = &game->claims[i];
    if (i == 0) return claim->is_correct;
    const struct answer *answer = &game->answers[claim->parent];
    return claim->is_correct && answer->is_made && answer->gindex == claim->gindex;
}

static bool must_counter(const struct game *game, uint32_t i) {
    if (is_honest(game, i)) return false;
    if (i == 0) return true;
    const struct orr_game_claim *claim = &game->claims[i];
    if (is_honest(game, claim->parent)) return true;
    const struct answer *answer = &game->answers[claim->parent];
    if (!answer->is_made) return false; /* about something that the challenger lets be */
    return orr_position_trace_index(claim->gindex, game->max_depth) <=
           orr_position_trace_index(answer->gindex, game->max_depth);
}

static bool is_said(const struct game *game, uint32_t parent, unsigned __int128 gindex) {
    for (uint32_t i = parent + 1; i < game->n; i++)
        if (game->claims[i].parent == parent && game->claims[i].gindex == gindex &&
            game->claims[i].is_correct)
            return true;
    return false;
}

int orr_game_next(struct orr_mem *mem, const struct orr_game_claim *claims, uint32_t n,
                  uint32_t max_depth, struct orr_game_action *actions, uint32_t *n_actions) {
    if (!is_game(claims, n, max_depth)) return ORR_EINVAL;
    struct game game = {claims, n, max_depth, orr_alloc_zero(mem, n * sizeof *game.answers)};
    *n_actions = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_game_claim *claim = &claims[i];
        if (!must_counter(&game, i)) continue;
        bool agrees = claim->is_correct;
        if (orr_position_depth(claim->gindex) == max_depth) {
            if (!claim->is_countered)
                actions[(*n_actions)++] = (struct orr_game_action){
                    agrees ? ORR_GAME_STEP_DEFEND : ORR_GAME_STEP_ATTACK, i};
            continue;
        }
        assert(i || !agrees); /* a correct root is honest */
        unsigned __int128 to =
            agrees ? orr_position_defend(claim->gindex) : orr_position_attack(claim->gindex);
        game.answers[i] = (struct answer){true, to};
        if (!is_said(&game, i, to))
            actions[(*n_actions)++] =
                (struct orr_game_action){agrees ? ORR_GAME_DEFEND : ORR_GAME_ATTACK, i};
    }
    orr_free(mem, game.answers, n * sizeof *game.answers);
    return 0;
}

int orr_game_resolve(struct orr_mem *mem, const struct orr_game_claim *claims, uint32_t n,
                     uint32_t max_depth, bool *root_stands) {
    if (!is_game(claims, n, max_depth)) return ORR_EINVAL;
    bool *is_countered = orr_alloc(mem, n * sizeof *is_countered);
    for (uint32_t i = 0; i < n; i++) is_countered[i] = claims[i].is_countered;
    for (uint32_t i = n; --i > 0;) /* answers come after what they answer */
        if (!is_countered[i]) is_countered[claims[i].parent] = true;
    *root_stands = !is_countered[0];
    orr_free(mem, is_countered, n * sizeof *is_countered);
    return 0;
}
