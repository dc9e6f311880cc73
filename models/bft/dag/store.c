#include "models/bft/dag/store.h"

#include <assert.h>

void orr_dag_init(struct orr_dag *d, struct orr_mem *mem, struct orr_pool *pool,
                  const struct orr_validator_set *set, uint64_t window) {
    assert(window && !(window & (window - 1)));
    *d = (struct orr_dag){.mem = mem, .pool = pool, .set = set, .floor = 1, .window = window};
    d->rounds = orr_alloc_zero(mem, window * sizeof *d->rounds);
    d->slots = orr_alloc_zero(mem, window * set->n * sizeof *d->slots);
    for (uint64_t r = 0; r < window; r++) d->rounds[r].slots = d->slots + r * set->n;
}

static struct orr_dag_round *round_at(const struct orr_dag *d, uint64_t round) {
    return orr_dag_has_place(d, round) ? &d->rounds[round & (d->window - 1)] : NULL;
}

static void release(struct orr_dag *d, struct orr_vertex *v) {
    orr_msg_unref(d->pool, v->msg);
    orr_msg_unref(d->pool, v->cert);
    assert(d->n > 0);
    d->n--;
    v->next = d->free;
    d->free = v;
}

void orr_dag_fini(struct orr_dag *d) {
    for (uint64_t i = 0; i < d->window * d->set->n; i++)
        for (struct orr_vertex *v = d->slots[i], *next; v; v = next) {
            next = v->next;
            release(d, v);
        }
    assert(!d->n);
    for (struct orr_vertex *v = d->free, *next; v; v = next) {
        next = v->next;
        orr_free(d->mem, v, sizeof *v);
    }
    orr_free(d->mem, d->slots, d->window * d->set->n * sizeof *d->slots);
    orr_free(d->mem, d->rounds, d->window * sizeof *d->rounds);
    orr_free(d->mem, d->waiting, d->waiting_cap * sizeof *d->waiting);
    orr_free(d->mem, d->stack, d->stack_cap * sizeof *d->stack);
    *d = (struct orr_dag){0};
}

/* ---- finding ---- */

struct orr_vertex *orr_dag_slot(const struct orr_dag *d, uint64_t round, uint32_t author) {
    const struct orr_dag_round *r = round_at(d, round);
    assert(author < d->set->n);
    return r ? r->slots[author] : NULL;
}

struct orr_vertex *orr_dag_in(const struct orr_dag *d, uint64_t round, uint32_t author) {
    struct orr_vertex *v = orr_dag_slot(d, round, author);
    while (v && !v->is_in) v = v->next; /* ends with the list */
    return v;
}

struct orr_vertex *orr_dag_find(const struct orr_dag *d, const struct orr_vertex_ref *ref) {
    struct orr_vertex *v = orr_dag_slot(d, ref->round, ref->author);
    while (v && memcmp(v->hash, ref->hash, sizeof v->hash)) v = v->next; /* ends with the list */
    return v;
}

uint64_t orr_dag_power(const struct orr_dag *d, uint64_t round) {
    const struct orr_dag_round *r = round_at(d, round);
    return r ? r->power : 0;
}

/* ---- coming and going ---- */

struct orr_vertex *orr_dag_add(struct orr_dag *d, const struct orr_vertex_ref *ref) {
    struct orr_dag_round *r = round_at(d, ref->round);
    assert(r && ref->author < d->set->n && !orr_dag_find(d, ref));
    struct orr_vertex *v = d->free, **last = &r->slots[ref->author];
    if (v) d->free = v->next;
    else v = orr_alloc(d->mem, sizeof *v);
    *v = (struct orr_vertex){.round = ref->round, .author = ref->author, .from = ORR_NOBODY};
    memcpy(v->hash, ref->hash, sizeof v->hash);
    while (*last) last = &(*last)->next; /* ends with the list */
    *last = v;
    d->n++;
    return v;
}

bool orr_dag_is_grounded(const struct orr_dag *d, const struct orr_vertex *v) {
    for (uint32_t i = 0; i < v->form->n_refs; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(v->form->refs, i);
        if (ref.round < d->floor) continue;
        const struct orr_vertex *on = orr_dag_find(d, &ref);
        if (!on || !on->is_in) return false;
    }
    return true;
}

void orr_dag_enter(struct orr_dag *d, struct orr_vertex *v) {
    assert(v->msg && !v->is_in && orr_dag_is_grounded(d, v));
    if (!orr_dag_in(d, v->round, v->author))
        round_at(d, v->round)->power += d->set->powers[v->author];
    v->is_in = true;
    if (v->round > d->top) d->top = v->round;
    for (uint32_t i = 0; i < v->form->n_refs; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(v->form->refs, i);
        struct orr_vertex *on = orr_dag_find(d, &ref);
        if (on) on->is_referenced = true;
    }
}

void orr_dag_wait(struct orr_dag *d, struct orr_vertex *v) {
    if (v->is_waiting) return;
    if (d->n_waiting == d->waiting_cap) {
        uint32_t cap = d->waiting_cap ? 2 * d->waiting_cap : 64;
        d->waiting = orr_resize(d->mem, d->waiting, d->waiting_cap * sizeof *d->waiting,
                                cap * sizeof *d->waiting);
        d->waiting_cap = cap;
    }
    v->is_waiting = true;
    d->waiting[d->n_waiting++] = v;
}

void orr_dag_sweep(struct orr_dag *d) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n_waiting; i++) {
        if (d->waiting[i]->is_in) d->waiting[i]->is_waiting = false;
        else d->waiting[n++] = d->waiting[i];
    }
    d->n_waiting = n;
}

void orr_dag_forget(struct orr_dag *d, uint64_t floor,
                    void (*tell)(void *ctx, struct orr_vertex *v), void *ctx) {
    if (floor <= d->floor) return;
    for (uint32_t i = 0; i < d->n_waiting; i++) /* off the list before they are gone */
        if (d->waiting[i]->round < floor) {
            d->waiting[i]->is_waiting = false;
            d->waiting[i--] = d->waiting[--d->n_waiting];
        }
    for (; d->floor < floor; d->floor++) {
        struct orr_dag_round *r = round_at(d, d->floor);
        for (uint32_t a = 0; a < d->set->n; a++)
            for (struct orr_vertex *v = r->slots[a], *next; v; v = next) {
                next = v->next;
                tell(ctx, v);
                release(d, v);
            }
        memset(r->slots, 0, d->set->n * sizeof *r->slots);
        r->power = 0;
    }
}

/* ---- walks ---- */

static void push(struct orr_dag *d, uint32_t *n, struct orr_vertex *v) {
    if (*n == d->stack_cap) {
        uint32_t cap = d->stack_cap ? 2 * d->stack_cap : 256;
        d->stack = orr_resize(d->mem, d->stack, d->stack_cap * sizeof *d->stack,
                              cap * sizeof *d->stack);
        d->stack_cap = cap;
    }
    v->mark = d->stamp;
    d->stack[(*n)++] = v;
}

static uint32_t begin_walk(struct orr_dag *d, struct orr_vertex *from) {
    uint32_t n = 0;
    d->stamp++;
    assert(d->stamp && from->is_in);
    push(d, &n, from);
    return n;
}

bool orr_dag_reaches(struct orr_dag *d, struct orr_vertex *from, const struct orr_vertex *to) {
    if (from == to) return true;
    if (from->round <= to->round) return false;
    uint32_t n = begin_walk(d, from);
    while (n) { /* ends: each vertex is pushed once */
        const struct orr_vertex_form *form = d->stack[--n]->form;
        for (uint32_t i = 0; i < form->n_refs; i++) {
            struct orr_vertex_ref ref = orr_vertex_ref_at(form->refs, i);
            if (ref.round < to->round) break; /* refs come latest round first */
            struct orr_vertex *on = orr_dag_find(d, &ref);
            if (on == to) return true;
            if (on && on->mark != d->stamp && on->round > to->round) push(d, &n, on);
        }
    }
    return false;
}

/* Marks what is new in a leader's history; returns the lowest round of it. */
static uint64_t mark_history(struct orr_dag *d, struct orr_vertex *leader, uint64_t least) {
    uint64_t lowest = leader->round;
    uint32_t n = begin_walk(d, leader);
    while (n) { /* ends: each vertex is pushed once */
        const struct orr_vertex *v = d->stack[--n];
        if (v->round < lowest) lowest = v->round;
        for (uint32_t i = 0; i < v->form->n_refs; i++) {
            struct orr_vertex_ref ref = orr_vertex_ref_at(v->form->refs, i);
            struct orr_vertex *on = ref.round >= least ? orr_dag_find(d, &ref) : NULL;
            if (on && !on->is_ordered && on->mark != d->stamp) push(d, &n, on);
        }
    }
    return lowest;
}

/* A liar's other vertex of the same round was brought into the order before. */
static bool has_told(const struct orr_dag *d, const struct orr_vertex *v) {
    for (const struct orr_vertex *w = orr_dag_slot(d, v->round, v->author); w; w = w->next)
        if (w->is_told) return true;
    return false;
}

void orr_dag_order(struct orr_dag *d, struct orr_vertex *leader, uint64_t least,
                   void (*tell)(void *ctx, struct orr_vertex *v), void *ctx) {
    if (leader->is_ordered) return;
    uint64_t lowest = mark_history(d, leader, least);
    uint32_t stamp = d->stamp;
    for (uint64_t r = lowest; r <= leader->round; r++)
        for (uint32_t a = 0; a < d->set->n; a++) {
            /* of a liar's several the order is that of their hashes, not of their coming */
            struct orr_vertex *next;
            do {
                next = NULL;
                for (struct orr_vertex *v = orr_dag_slot(d, r, a); v; v = v->next)
                    if (v->mark == stamp && !v->is_ordered &&
                        (!next || memcmp(v->hash, next->hash, sizeof v->hash) < 0))
                        next = v;
                if (next) {
                    next->is_ordered = true;
                    next->is_told = !has_told(d, next);
                    if (next->is_told) tell(ctx, next);
                }
            } while (next); /* ends: each turn orders one */
        }
}
