#include "sim/engine/makers.h"

#include <execinfo.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/engine.h"

/* Something at an address; rows stay when it is gone (number 0), for what comes there next. */
struct orr_maker_row {
    const void *at;
    uint64_t number;
    size_t size;
    orr_peer node;
};

void orr_makers_init(struct orr_makers *makers, bool messages, uint64_t wanted) {
    *makers = (struct orr_makers){.messages = messages, .wanted = wanted};
}

void orr_makers_fini(struct orr_makers *makers) { free(makers->rows); }

static struct orr_maker_row *row_of(struct orr_makers *t, const void *at) {
    if (2 * (t->n_rows + 1) > (t->rows ? UINT32_C(1) << t->log : 0)) { /* at most half full */
        struct orr_makers old = *t;
        t->log = old.rows ? old.log + 1 : 10;
        size_t bytes = (sizeof *t->rows) << t->log;
        t->rows = memset(orr_xrealloc(NULL, bytes), 0, bytes);
        t->n_rows = 0;
        for (uint32_t i = 0; old.rows && i < UINT32_C(1) << old.log; i++)
            if (old.rows[i].at) *row_of(t, old.rows[i].at) = old.rows[i];
        free(old.rows);
    }
    uint32_t mask = (UINT32_C(1) << t->log) - 1;
    uint32_t i = (uint32_t)(mix((uintptr_t)at, 1) >> 20) & mask;
    while (t->rows[i].at && t->rows[i].at != at) i = (i + 1) & mask; /* ends: half is empty */
    if (!t->rows[i].at) t->n_rows++;
    t->rows[i].at = at;
    return &t->rows[i];
}

static void made(struct orr_sim *sim, const void *at, size_t size) {
    struct orr_makers *t = sim->makers;
    orr_peer node = sim->guard.inside ? sim->guard.node : ORR_NOBODY;
    t->n_made++;
    if (!t->wanted) {
        *row_of(t, at) = (struct orr_maker_row){at, t->n_made, size, node};
    } else if (t->n_made == t->wanted) {
        orr_engine_place_mishap(sim, node, &t->made);
        t->made.n_frames = (uint32_t)backtrace(t->made.frames, ORR_MISHAP_FRAMES);
        sim->stopped = true;
    }
}

static void gone(struct orr_sim *sim, const void *at) {
    if (!sim->makers->wanted) row_of(sim->makers, at)->number = 0;
}

static struct orr_sim *sim_of_pool(struct orr_pool *pool) {
    return (struct orr_sim *)((char *)pool - offsetof(struct orr_sim, pool));
}
static void message_made(struct orr_pool *pool, struct orr_msg *m) {
    made(sim_of_pool(pool), m, m->len);
}
static void message_freed(struct orr_pool *pool, struct orr_msg *m) { gone(sim_of_pool(pool), m); }
static const struct orr_pool_watch noting = {message_made, message_freed};

static void block_moved(struct orr_heap *heap, const void *p, void *q, size_t new_size) {
    struct orr_sim *sim = (struct orr_sim *)((char *)heap - offsetof(struct orr_sim, heap));
    if (p) gone(sim, p);
    if (q) made(sim, q, new_size);
}

void orr_engine_note_makers(struct orr_sim *sim, struct orr_makers *makers) {
    sim->makers = makers;
    if (makers->messages) sim->pool.watch = &noting;
    else sim->heap.moved = block_moved;
}

struct orr_made orr_makers_oldest(const struct orr_makers *t) {
    struct orr_made oldest = {0};
    uint32_t n = t->rows ? UINT32_C(1) << t->log : 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_maker_row *row = &t->rows[i];
        if (!row->number) continue;
        oldest.n_all++;
        if (!oldest.number || row->number < oldest.number) {
            oldest.number = row->number;
            oldest.at = row->at;
            oldest.size = row->size;
            oldest.node = row->node;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        oldest.n_of_node += t->rows[i].number && t->rows[i].node == oldest.node;
    return oldest;
}
