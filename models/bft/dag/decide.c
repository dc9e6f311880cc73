/* decide.c - a leader that is decided brings what it stands on into the one order. */
#include "models/bft/dag/state.h"

/* What one decision holds. */
struct batch {
    struct dag_node *g;
    uint64_t least;        /* the lowest round that it may bring in      */
    struct orr_vertex **v; /* in a scratch message, as are the next two  */
    uint64_t *txs;         /* [n_txs] those that no vertex before it has */
    orr_peer *authors;
    uint32_t n, cap, n_txs, txs_cap, n_authors;
    uint64_t size_bytes;
    struct orr_msg *memory, *txs_memory;
};

/* Room for one more in a scratch message of the pool: the message, whose start is the array. */
static struct orr_msg *grown(struct dag_node *g, struct orr_msg *old, uint32_t n, uint32_t *cap,
                             size_t size) {
    if (n < *cap) return old;
    *cap = *cap ? 2 * *cap : 4 * g->set->n;
    struct orr_msg *m = orr_msg_new(g->common->pool, 0, (uint32_t)(*cap * size));
    if (old) memcpy(m->data, old->data, n * size);
    orr_msg_unref(g->common->pool, old);
    return m;
}

static void note_author(struct batch *b, orr_peer author) {
    for (uint32_t i = 0; i < b->n_authors; i++)
        if (b->authors[i] == author) return;
    b->authors[b->n_authors++] = author;
}

static void take(void *ctx, struct orr_vertex *v) {
    struct batch *b = ctx;
    struct dag_node *g = b->g;
    b->memory = grown(g, b->memory, b->n, &b->cap, sizeof *b->v);
    b->v = (struct orr_vertex **)b->memory->data;
    b->v[b->n++] = v;
    for (uint32_t i = 0; i < v->form->n_txs; i++) {
        uint64_t id = v->form->ids[i];
        if (!orr_dag_txs_add(&g->ordered_txs, id, v->round, b->least)) continue;
        b->txs_memory = grown(g, b->txs_memory, b->n_txs, &b->txs_cap, sizeof *b->txs);
        b->txs = (uint64_t *)b->txs_memory->data;
        b->txs[b->n_txs++] = id;
    }
    b->size_bytes += v->msg->len;
    note_author(b, g->set->members[v->author]);
}

/* One decision: the leader, and the transactions of all that it brings. */
static void tell(struct dag_node *g, const struct orr_vertex *leader, const struct batch *b) {
    static const uint8_t none[32];
    const uint8_t *parent = g->n_earlier ? g->earlier[g->n_earlier - 1].hash : none;
    struct orr_decision d = {.height = g->n_decided, .round = (uint32_t)leader->round,
                             .value = leader->hash, .parent = parent,
                             .proposed_at = leader->form->time, .txs = b->txs,
                             .n_txs = b->n_txs,
                             .size_bytes = (uint32_t)b->size_bytes, .proposers = b->authors,
                             .n_proposers = b->n_authors};
    orr_output(g->out, ORR_OUT_DECIDED, orr_decided_new(g->out->pool, &d));
}

uint64_t orr_dag_carries(const struct orr_vertex *v) {
    return v->form->txs_len - 4ull * v->form->n_txs;
}

/* One of its own is decided, or never will be; one from before a lost disk was not counted. */
void orr_dag_put_down(struct dag_node *g, const struct orr_vertex *v) {
    uint64_t bytes = orr_dag_carries(v);
    g->carried_bytes -= bytes < g->carried_bytes ? bytes : g->carried_bytes;
}

/* Its own vertices that will not be decided any more: their transactions wait again. */
static void give_up_old(struct dag_node *g) {
    for (; g->carried_from + g->config->gc_depth < g->leader.round; g->carried_from++) {
        const struct orr_vertex *v = orr_dag_slot(&g->dag, g->carried_from, g->me);
        if (v && v->form && !v->is_ordered && !v->is_lost) orr_dag_put_down(g, v);
    }
}

static void finish_txs(struct dag_node *g, const struct batch *b) {
    for (uint32_t i = 0; i < b->n; i++) {
        const struct orr_vertex_form *form = b->v[i]->form;
        if (form->author == g->me) orr_dag_put_down(g, b->v[i]);
        for (uint32_t k = 0; k < form->n_txs && form->author == g->me; k++) {
            orr_recent_add(&g->decided_txs, form->ids[k]);
            orr_mempool_remove(&g->mempool, form->ids[k]);
        }
    }
    g->out->busy_ns += b->n_txs * dag_costs(g)->tx_execute_ns;
}

static void dropped(void *ctx, struct orr_vertex *v) {
    struct dag_node *g = ctx;
    if (v->entry) orr_wal_drop(&g->wal, g->out, v->entry);
    if (v->cert_entry) orr_wal_drop(&g->wal, g->out, v->cert_entry);
}

uint64_t orr_dag_least(const struct dag_node *g, uint64_t round) {
    return round > g->config->gc_depth ? round - g->config->gc_depth : 1;
}

/* The last leader is an earlier one now; those whose vertices are out of reach are forgotten. */
static void put_behind(struct dag_node *g, uint64_t least) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_earlier; i++)
        if (g->earlier[i].round >= least) g->earlier[n++] = g->earlier[i];
    g->n_earlier = n;
    if (!g->leader.round) return;
    if (n == g->earlier_cap) {
        uint32_t cap = n ? 2 * n : 16;
        g->earlier = orr_resize(g->common->mem, g->earlier, n * sizeof *g->earlier,
                                cap * sizeof *g->earlier);
        g->earlier_cap = cap;
    }
    g->earlier[g->n_earlier++] = g->leader;
}

static void remember(void *ctx, struct orr_vertex *v) {
    struct batch *b = ctx;
    for (uint32_t i = 0; i < v->form->n_txs; i++)
        orr_dag_txs_add(&b->g->ordered_txs, v->form->ids[i], v->round, b->least);
}

void orr_dag_order_again(struct dag_node *g, struct orr_vertex *leader) {
    struct batch b = {.g = g, .least = orr_dag_least(g, leader->round)};
    orr_dag_order(&g->dag, leader, b.least, remember, &b);
}

void orr_dag_decide(struct dag_node *g, struct orr_vertex *leader) {
    uint64_t least = orr_dag_least(g, leader->round);
    struct orr_msg *authors =
        orr_msg_new(g->common->pool, 0, (uint32_t)(g->set->n * sizeof(orr_peer)));
    struct batch b = {.g = g, .least = least, .authors = (orr_peer *)authors->data};
    orr_dag_order(&g->dag, leader, least, take, &b);
    assert(b.n > 0 && b.v[b.n - 1] == leader);
    g->n_decided++;
    put_behind(g, least);
    g->leader = orr_vertex_ref_of(leader);
    orr_dag_store_decided(g);
    finish_txs(g, &b);
    give_up_old(g);
    tell(g, leader, &b);
    orr_msg_unref(g->common->pool, b.memory);
    orr_msg_unref(g->common->pool, b.txs_memory);
    orr_msg_unref(g->common->pool, authors);
    if (leader->round > g->config->retain)
        orr_dag_forget(&g->dag, leader->round - g->config->retain, dropped, g);
}
