/* orrery rollup game FILE.json: the honest challenger's next moves. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/game.h"
#include "sim/base/memory.h"
#include "sim/cli/rollup/cases.h"

int orr_rollup_game_command(int argc, char **argv);

enum { CLAIMS_MAX = 1 << 20 };
static const char *const moves[] = {"attack", "defend", "step-attack", "step-defend"};

/* A number of up to 128 bits: a JSON integer, or digits in a string. */
static bool read_gindex(const json_t *json, unsigned __int128 *out) {
    if (json_is_integer(json) && json_integer_value(json) > 0) {
        *out = (uint64_t)json_integer_value(json);
        return true;
    }
    const char *text = json_string_value(json);
    if (!text || !*text || strlen(text) > 38) return false;
    *out = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        *out = *out * 10 + (unsigned)(*text - '0');
    }
    return *out && orr_position_depth(*out) <= ORR_POSITION_DEPTH_MAX;
}

static json_t *number(unsigned __int128 v) {
    if (v <= INT64_MAX) return json_integer((json_int_t)v);
    char text[40], *p = text + sizeof text;
    for (*--p = 0; v; v /= 10) *--p = (char)('0' + (int)(v % 10));
    return json_string(p);
}

static bool read_claim(const json_t *json, uint32_t i, struct orr_game_claim *claim,
                       char why[160]) {
    const json_t *parent = json_object_get(json, "parent");
    const char *value = json_string_value(json_object_get(json, "value"));
    uint64_t number = 0;
    bool is_root = !parent || json_is_null(parent);
    if (!is_root && !orr_rollup_u64(json, "parent", &number, why)) return false;
    if (!read_gindex(json_object_get(json, "gindex"), &claim->gindex) || !value ||
        is_root != (i == 0) || (i && number >= i)) {
        snprintf(why, 160, "claim %u: parent (an earlier claim; null for the first), gindex and "
                           "value (\"honest\", or something else) are wanted", i);
        return false;
    }
    claim->parent = (uint32_t)number;
    claim->is_correct = !strcmp(value, "honest");
    claim->is_countered = json_is_true(json_object_get(json, "countered"));
    return true;
}

static json_t *say(const struct orr_game_claim *claims, const struct orr_game_action *actions,
                   uint32_t n, char **line) {
    json_t *list = json_array();
    size_t size = (size_t)n * 40 + 16, at = 0;
    *line = orr_xrealloc(NULL, size);
    if (!n) snprintf(*line, size, "nothing to do");
    for (uint32_t i = 0; i < n; i++) {
        enum orr_game_move move = actions[i].move;
        unsigned __int128 g = claims[actions[i].parent].gindex;
        json_t *action = json_object();
        json_object_set_new(action, "action", json_string(moves[move]));
        json_object_set_new(action, "parent", json_integer(actions[i].parent));
        if (move == ORR_GAME_ATTACK || move == ORR_GAME_DEFEND)
            json_object_set_new(action, "gindex", number(move == ORR_GAME_ATTACK
                                                             ? orr_position_attack(g)
                                                             : orr_position_defend(g)));
        json_array_append_new(list, action);
        at += (size_t)snprintf(*line + at, size - at, "%s%s %u", i ? ", " : "", moves[move],
                               actions[i].parent);
    }
    json_t *result = json_object();
    json_object_set_new(result, "actions", list);
    return result;
}

static json_t *judge(const json_t *one, char **line, char why[160]) {
    const json_t *list;
    uint64_t max_depth;
    if (!orr_rollup_u64(one, "max_depth", &max_depth, why) ||
        !orr_rollup_list(one, "claims", &list, why))
        return NULL;
    size_t n = json_array_size(list);
    if (!n || n > CLAIMS_MAX || max_depth > ORR_POSITION_DEPTH_MAX) {
        snprintf(why, 160, "a game has 1 to %d claims and at most %d levels", CLAIMS_MAX,
                 ORR_POSITION_DEPTH_MAX);
        return NULL;
    }
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_game_claim *claims = orr_alloc_zero(&heap.mem, n * sizeof *claims);
    struct orr_game_action *actions = orr_alloc(&heap.mem, n * sizeof *actions);
    uint32_t n_actions, i = 0;
    while (i < n && read_claim(json_array_get(list, i), i, &claims[i], why)) i++;
    json_t *result = NULL;
    if (i == n) {
        if (!orr_game_next(&heap.mem, claims, (uint32_t)n, (uint32_t)max_depth, actions,
                           &n_actions)) {
            bool stands;
            int error = orr_game_resolve(&heap.mem, claims, (uint32_t)n, (uint32_t)max_depth,
                                         &stands);
            assert(!error); /* it is a game */
            (void)error;
            result = say(claims, actions, n_actions, line);
            json_object_set_new(result, "root_stands", json_boolean(stands));
        }
        else snprintf(why, 160, "no game: a claim stands neither where an attack nor where a "
                                "defence of its parent would");
    }
    orr_free(&heap.mem, claims, n * sizeof *claims);
    orr_free(&heap.mem, actions, n * sizeof *actions);
    return result;
}

int orr_rollup_game_command(int argc, char **argv) {
    static const struct orr_rollup_verb verb = {
        "rollup game",
        "usage: orrery rollup game FILE.json [--json]\n\n"
        "The file holds a game, or an array of games: {max_depth, claims}, each claim {parent,\n"
        "gindex, value, countered}; parent is an earlier claim's number (null for the first),\n"
        "value is \"honest\" where it is that of the correct trace.  Printed are the moves that\n"
        "an honest challenger makes next: attack or defend a claim, or run a step against it;\n"
        "with --json also whether the root stands if nobody moves any more.\n\n",
        judge};
    return orr_rollup_run(&verb, argc, argv);
}
