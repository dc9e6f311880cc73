/* mcache.c - the messages of the last heartbeats, for gossip and those who ask. */
#include "models/gossip/state.h"

void orr_mcache_put(struct orr_gossip *g, struct orr_msg *msg, uint32_t place,
                    const struct orr_gossip_published *p) {
    struct orr_gossip_kept *kept = orr_fifo_push(&g->kept);
    *kept = (struct orr_gossip_kept){p->key, orr_msg_ref(msg), place, p->topic, g->tick};
}

const struct orr_gossip_kept *orr_mcache_find(const struct orr_gossip *g, uint64_t key) {
    for (uint32_t i = g->kept.n; i-- > 0;) {
        const struct orr_gossip_kept *kept = orr_fifo_at(&g->kept, i);
        if (kept->key == key) return kept;
    }
    return NULL;
}

static void drop(struct orr_gossip *g) {
    struct orr_gossip_kept *kept = orr_fifo_pop(&g->kept);
    orr_msg_unref(g->env->common->pool, kept->msg);
}

void orr_mcache_shift(struct orr_gossip *g) {
    g->tick++;
    while (g->kept.n) { /* ends: one goes each turn */
        const struct orr_gossip_kept *oldest = orr_fifo_at(&g->kept, 0);
        if (oldest->tick + g->is.history_length > g->tick) break;
        drop(g);
    }
    while (g->served.n && orr_seen_oldest(&g->served)->at + (int64_t)g->is.history_length <=
                              (int64_t)g->tick)
        orr_seen_drop(&g->served);
}

void orr_mcache_clear(struct orr_gossip *g) {
    while (g->kept.n) drop(g);
    orr_fifo_fini(&g->kept);
}
