/* leaks.c - memory that grows past the limit, and what is not given back at the end. */
#include "sim/engine/engine.h"

/* ---- past the limit ---- */

/* The node that holds most, and how much. */
static orr_peer greediest(const struct orr_sim *sim, int64_t *held) {
    orr_peer most = 0;
    for (orr_peer i = 1; i < sim->n_nodes; i++)
        if (sim->heap.held_by[i] > sim->heap.held_by[most]) most = i;
    *held = sim->heap.held_by[most];
    return most;
}

/* What is over is told after the event, or after the way out of the step. */
static void over(struct orr_sim *sim, void *code) {
    sim->heap.limit_bytes = sim->pool_heap.limit_bytes = 0; /* told once */
    if (sim->guard.inside) orr_guard_leave(sim, ORR_MISHAP_MEMORY, code);
    orr_engine_mishap(sim, NULL, ORR_MISHAP_MEMORY, "the limit is %zu B", sim->memory_bytes);
}

void orr_engine_heap_over(struct orr_heap *heap) {
    struct orr_sim *sim = (struct orr_sim *)((char *)heap - offsetof(struct orr_sim, heap));
    int64_t held;
    orr_peer most = greediest(sim, &held);
    if (!sim->guard.inside) sim->guard.node = most;
    over(sim, __builtin_return_address(0));
}

void orr_engine_pool_over(struct orr_heap *heap) {
    over((struct orr_sim *)((char *)heap - offsetof(struct orr_sim, pool_heap)),
         __builtin_return_address(0));
}

/* ---- at the end ---- */

static void drop_pending(struct orr_sim *sim) {
    struct orr_key key;
    while (orr_queue_pop(&sim->queue, &key)) {
        uint32_t slot = orr_key_slot(&key);
        if (orr_key_dst(&sim->queue, &key) != ORR_NOBODY)
            orr_msg_unref(&sim->pool, sim->records[slot].msg);
        record_free(sim, slot);
    }
}

void orr_sim_end(struct orr_sim *sim) {
    if (sim->mishap.kind) return; /* what was left by a jump is not counted */
    sim->guard.event = NULL;
    for (orr_peer i = 0; i < sim->n_nodes; i++) {
        struct node *node = &sim->nodes[i];
        sim->heap.owner = i;
        if (node->flags & UP) orr_engine_fini(sim, node);
        if (sim->mishap.kind) return;
        node->flags &= ~(uint32_t)UP;
        orr_engine_forget_inbox(sim, node);
        orr_engine_forget_held(sim, node);
        orr_engine_uplink_forget(sim, node, false);
        orr_engine_pairs_forget(sim, node, false);
        orr_disk_fini(&node->disk, &sim->heap.mem, &sim->pool);
    }
    drop_pending(sim);
    orr_engine_strangers_end(sim);
    for (uint32_t i = 0; i < sim->n_swapped; i++)
        orr_msg_unref(&sim->pool, sim->swapped[i].msg);
    sim->n_swapped = 0;
    const struct orr_msg *m = sim->pool.n_live ? orr_pool_live(&sim->pool) : NULL;
    if (m)
        orr_engine_mishap(sim, NULL, ORR_MISHAP_LEAK_MESSAGE,
                          "%llu of them; one is of kind %u and %u B, with %u references",
                          (unsigned long long)sim->pool.n_live, m->kind, m->len, m->refs);
    int64_t held;
    orr_peer most = greediest(sim, &held);
    if (sim->heap.used_bytes && held > 0)
        orr_engine_mishap(sim, &sim->nodes[most], ORR_MISHAP_LEAK_MEMORY,
                          "%lld B, of %zu B that all nodes did not give back", (long long)held,
                          sim->heap.used_bytes);
}
