#include "models/rollup/dispute.h"

#include "models/base/error.h"
#include "models/rollup/dispute_calls.h"
#include "models/rollup/game.h"
#include "models/vm/u256.h"

/* ---- bonds and clocks ---- */

/* bond-incentives.md, "Bond Pricing": gas that a claim stands for, and what it is worth. */
enum { FIRST_GAS = 400000, LAST_GAS = 300000000 };
static const uint64_t wad = 1000000000000000000, base_fee = 200000000000;

/* By the contract's own arithmetic, times 10^18. */
static struct orr_u256 gas_at(uint32_t depth, uint64_t multiplier_high, uint64_t multiplier_low) {
    struct orr_u256 multiplier = {{multiplier_low, multiplier_high, 0, 0}}, rest;
    struct orr_u256 gas = orr_u256_mul_u64(orr_u256_from_u64(wad), FIRST_GAS);
    for (uint32_t i = 0; i < depth; i++)
        orr_u256_divmod(orr_u256_mul(gas, multiplier), orr_u256_from_u64(wad), &gas, &rest);
    return gas;
}

/* The greatest that does not lead above LAST_GAS. */
struct orr_u256 orr_dispute_multiplier(const struct orr_dispute_rules *rules) {
    struct orr_u256 most = orr_u256_mul_u64(orr_u256_from_u64(wad), LAST_GAS);
    unsigned __int128 low = wad, high = (unsigned __int128)wad * LAST_GAS / FIRST_GAS + 1;
    while (high - low > 1) { /* low does not, high does */
        unsigned __int128 middle = low + (high - low) / 2;
        if (orr_u256_less(most, gas_at(rules->max_depth, (uint64_t)(middle >> 64),
                                       (uint64_t)middle)))
            high = middle;
        else
            low = middle;
    }
    return (struct orr_u256){{(uint64_t)low, (uint64_t)(low >> 64), 0, 0}};
}

struct orr_u256 orr_dispute_bond(const struct orr_dispute_rules *rules, uint32_t depth) {
    struct orr_u256 multiplier = orr_dispute_multiplier(rules), rest;
    struct orr_u256 gas = gas_at(depth, multiplier.limb[1], multiplier.limb[0]);
    assert(depth <= rules->max_depth);
    orr_u256_divmod(gas, orr_u256_from_u64(wad), &gas, &rest);
    return orr_u256_mul_u64(gas, base_fee);
}

uint64_t orr_dispute_used(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                          uint32_t i, uint64_t now_s) {
    const struct orr_dispute_claim *claim = &d->claims[i];
    uint64_t before = i ? d->claims[claim->parent].duration_s : 0;
    uint64_t since = now_s > claim->timestamp ? now_s - claim->timestamp : 0;
    return before >= rules->clock_s || since >= rules->clock_s - before ? rules->clock_s
                                                                        : before + since;
}

/* ---- executions ---- */

/* The highest claim above `from` about the same leaf as a position. */
static uint32_t ancestor(const struct orr_dispute *d, uint32_t from, unsigned __int128 position) {
    while (position > 1 && position & 1) position >>= 1;
    while (from && d->claims[from].position != position) from = d->claims[from].parent;
    return from;
}

struct orr_dispute_execution orr_dispute_execution(const struct orr_dispute_rules *rules,
                                                   const struct orr_dispute *d, uint32_t i,
                                                   unsigned __int128 next) {
    unsigned __int128 first = (unsigned __int128)1 << rules->split_depth, below = next;
    while (orr_position_depth(d->claims[i].position) > rules->split_depth) { /* ends: goes up */
        below = d->claims[i].position;
        i = d->claims[i].parent;
    }
    assert(orr_position_depth(below) == rules->split_depth + 1);
    unsigned __int128 position = d->claims[i].position;
    uint64_t index = (uint64_t)((below >> 1) - first);
    struct orr_dispute_execution e = {.block = d->start_block + 1 + index,
                                      .is_empty = index >= d->l2_block - d->start_block};
    if (below != orr_position_attack(position)) {
        e.starting = d->claims[i].value;
        e.disputed = d->claims[ancestor(d, i, position + 1)].value;
    } else {
        e.starting = position == first ? d->start_root
                                       : d->claims[ancestor(d, i, position - 1)].value;
        e.disputed = d->claims[i].value;
    }
    return e;
}

struct orr_hash orr_dispute_empty(const struct orr_dispute_execution *e) {
    bool is_same = orr_hash_equal(e->starting, e->disputed);
    return (struct orr_hash){{is_same ? ORR_DISPUTE_VALID : ORR_DISPUTE_INVALID}};
}

/* ---- a player ---- */

struct playing {
    struct orr_mem *mem;
    const struct orr_dispute_rules *rules;
    const struct orr_dispute *d;
    uint64_t now_s;
    const struct orr_dispute_view *view;
    struct orr_dispute_call *calls;
    size_t n_calls;
};

/* How many steps the execution below the split has made at that leaf. */
static uint64_t steps_at(const struct orr_dispute_rules *rules, unsigned __int128 position) {
    unsigned __int128 leaf = orr_position_trace_index(position, rules->max_depth);
    unsigned __int128 n = (unsigned __int128)1 << (rules->max_depth - rules->split_depth - 1);
    return (uint64_t)(leaf % n) + 1;
}

bool orr_dispute_say(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                     const struct orr_dispute_view *view, uint32_t i, unsigned __int128 position,
                     struct orr_hash *value) {
    uint32_t split = rules->split_depth;
    if (orr_position_depth(position) <= split) {
        uint64_t n = d->l2_block - d->start_block;
        uint64_t index = (uint64_t)orr_position_trace_index(position, split);
        return view->root(view->ctx, d->start_block + 1 + (index < n ? index : n - 1), value);
    }
    struct orr_dispute_execution e = orr_dispute_execution(rules, d, i, position);
    if (e.is_empty) {
        *value = orr_dispute_empty(&e);
        return true;
    }
    return view->state(view->ctx, e.block, &e.disputed, steps_at(rules, position), value);
}

static bool say(const struct playing *p, uint32_t i, unsigned __int128 position,
                struct orr_hash *value) {
    return orr_dispute_say(p->rules, p->d, p->view, i, position, value);
}

static struct orr_dispute_call *add(struct playing *p, uint64_t gas) {
    if (p->n_calls == ORR_DISPUTE_CALLS_MAX) return NULL;
    struct orr_dispute_call *call = &p->calls[p->n_calls++];
    *call = (struct orr_dispute_call){.data = {.mem = p->mem}, .gas = gas};
    return call;
}

enum { MOVE_GAS = 700000, STEP_GAS = 1500000, STEP_BYTE_GAS = 120, RESOLVE_GAS = 300000,
       RESOLVE_CHILD_GAS = 20000 };

void orr_dispute_move(const struct orr_dispute_rules *rules, const struct orr_dispute *d,
                      uint32_t i, bool is_attack, const struct orr_hash *value,
                      struct orr_dispute_call *call) {
    call->gas = MOVE_GAS;
    call->value = orr_dispute_bond(rules, orr_position_depth(d->claims[i].position) + 1);
    orr_dispute_write_move(&call->data, d->id, i, &d->claims[i].value, value, is_attack);
}

static void move(struct playing *p, uint32_t i, bool is_attack) {
    unsigned __int128 at = p->d->claims[i].position;
    unsigned __int128 next = is_attack ? orr_position_attack(at) : orr_position_defend(at);
    struct orr_hash value;
    if (!say(p, i, next, &value)) return;
    struct orr_dispute_call *call = add(p, MOVE_GAS);
    if (call) orr_dispute_move(p->rules, p->d, i, is_attack, &value, call);
}

static bool may_move(const struct playing *p, uint32_t i) {
    uint64_t used = orr_dispute_used(p->rules, p->d, i, p->now_s);
    return used < p->rules->clock_s && used >= p->view->wait_s;
}

/* From the state before the claim's leaf, or from the claim's own. */
static void step(struct playing *p, uint32_t i, bool is_attack) {
    unsigned __int128 at = p->d->claims[i].position;
    uint32_t parent = p->d->claims[i].parent;
    struct orr_dispute_execution e = orr_dispute_execution(p->rules, p->d, parent, at);
    struct orr_rlp_writer proof = {.mem = p->mem};
    uint64_t n = steps_at(p->rules, at);
    if (e.is_empty || p->view->prove(p->view->ctx, e.block, is_attack ? n - 1 : n, &proof)) {
        uint64_t words = proof.len / 32;
        struct orr_dispute_call *call =
            add(p, STEP_GAS + STEP_BYTE_GAS * proof.len + words * words / 128);
        if (call) orr_dispute_write_step(&call->data, p->d->id, i, is_attack, &proof);
    }
    orr_rlp_free(&proof);
}

static void play_moves(struct playing *p) {
    const struct orr_dispute *d = p->d;
    struct orr_game_claim *claims = orr_alloc_zero(p->mem, d->n * sizeof *claims);
    struct orr_game_action *actions = orr_alloc(p->mem, d->n * sizeof *actions);
    uint32_t n_actions = 0, n = 0;
    for (; n < d->n; n++) {
        const struct orr_dispute_claim *claim = &d->claims[n];
        struct orr_hash value;
        if (!say(p, claim->parent, claim->position, &value)) break; /* not known yet */
        claims[n] = (struct orr_game_claim){
            claim->parent, claim->position, orr_hash_equal(value, claim->value),
            !orr_address_equal(claim->countered_by, (struct orr_address){{0}})};
    }
    if (n == d->n && orr_game_next(p->mem, claims, n, p->rules->max_depth, actions, &n_actions))
        n_actions = 0;
    for (uint32_t i = 0; i < n_actions; i++) {
        enum orr_game_move what = actions[i].move;
        uint32_t to = actions[i].parent;
        bool is_step = what == ORR_GAME_STEP_ATTACK || what == ORR_GAME_STEP_DEFEND;
        if (is_step) step(p, to, what == ORR_GAME_STEP_ATTACK);
        else if (may_move(p, to))
            move(p, to, what == ORR_GAME_ATTACK);
    }
    orr_free(p->mem, claims, d->n * sizeof *claims);
    orr_free(p->mem, actions, d->n * sizeof *actions);
}

/* Answers come after what they answer, and are resolved before it. */
static void resolve(struct playing *p) {
    const struct orr_dispute *d = p->d;
    uint32_t *n_open = orr_alloc_zero(p->mem, d->n * sizeof *n_open); /* answers not resolved */
    uint32_t *n_answers = orr_alloc_zero(p->mem, d->n * sizeof *n_answers);
    bool is_over = d->claims[0].is_resolved;
    for (uint32_t i = d->n; i-- > 0;) {
        const struct orr_dispute_claim *claim = &d->claims[i];
        bool is_done = claim->is_resolved;
        if (!is_done && !n_open[i] &&
            orr_dispute_used(p->rules, d, i, p->now_s) == p->rules->clock_s) {
            struct orr_dispute_call *call =
                add(p, RESOLVE_GAS + (uint64_t)RESOLVE_CHILD_GAS * n_answers[i]);
            if (call) orr_dispute_write_resolve_claim(&call->data, d->id, i);
            is_done = call != NULL;
        }
        if (i) {
            n_answers[claim->parent]++;
            n_open[claim->parent] += !is_done;
        } else is_over = is_done;
    }
    struct orr_dispute_call *call = is_over ? add(p, RESOLVE_GAS) : NULL;
    if (call) orr_dispute_write_resolve(&call->data, d->id);
    orr_free(p->mem, n_open, d->n * sizeof *n_open);
    orr_free(p->mem, n_answers, d->n * sizeof *n_answers);
}

size_t orr_dispute_play(struct orr_mem *mem, const struct orr_dispute_rules *rules,
                        const struct orr_dispute *d, uint64_t now_s,
                        const struct orr_dispute_view *view,
                        struct orr_dispute_call calls[ORR_DISPUTE_CALLS_MAX]) {
    struct playing p = {mem, rules, d, now_s, view, calls, 0};
    assert(d->n && rules->split_depth + 2 <= rules->max_depth);
    if (d->status != ORR_DISPUTE_RUNS) return 0;
    for (uint32_t i = 0; i < d->n; i++)
        if (orr_position_depth(d->claims[i].position) > rules->max_depth) return 0; /* another's */
    play_moves(&p);
    resolve(&p);
    return p.n_calls;
}
