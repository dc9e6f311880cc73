#include "models/bft/common/fetch.h"

#include <assert.h>

/* Queueing beyond the least delay that a line may have: it holds up votes, whose timeouts are
 * seconds.  Patience before anything came, some parts at 1 Mbit/s; then so many times what a part
 * takes, within bounds. */
#define QUEUE_NS ((orr_time)200000000)
#define PATIENCE_NS ((orr_time)4000000000)
#define PATIENCE_LEAST_NS ((orr_time)500000000)
#define PATIENCE_MOST_NS ((orr_time)64000000000)
enum { PATIENCE_TIMES = 4 };

void orr_fetch_init(struct orr_fetch *fetch, struct orr_mem *mem, struct orr_pool *pool,
                    uint32_t n_peers) {
    *fetch = (struct orr_fetch){.mem = mem, .pool = pool, .n = n_peers};
}

void orr_fetch_fini(struct orr_fetch *fetch) {
    orr_free(fetch->mem, fetch->peers, fetch->peers ? fetch->n * sizeof *fetch->peers : 0);
    fetch->peers = NULL;
}

static struct orr_fetch_peer *peer_of(struct orr_fetch *fetch, uint32_t rank) {
    assert(rank < fetch->n);
    if (!fetch->peers) {
        fetch->peers = orr_alloc_zero(fetch->mem, fetch->n * sizeof *fetch->peers);
        for (uint32_t i = 0; i < fetch->n; i++)
            fetch->peers[i] = (struct orr_fetch_peer){.window = ORR_FETCH_WINDOW,
                                                      .patience = PATIENCE_NS};
    }
    return &fetch->peers[rank];
}

struct orr_fetch_value *orr_fetch_new(struct orr_fetch *fetch, uint32_t n_parts) {
    assert(n_parts > 0);
    uint32_t words = orr_bitset_words(n_parts);
    size_t size = sizeof(struct orr_fetch_value) + n_parts * sizeof(struct orr_fetch_ask) +
                  (size_t)words * (1 + ORR_FETCH_SOURCES) * sizeof(uint64_t);
    struct orr_msg *memory = orr_msg_new(fetch->pool, 0, (uint32_t)size);
    struct orr_fetch_value *v = (struct orr_fetch_value *)memory->data;
    memset(v, 0, size);
    v->memory = memory;
    v->asks = (struct orr_fetch_ask *)(v + 1);
    uint64_t *bits = (uint64_t *)(v->asks + n_parts);
    orr_bitset_init(&v->lacking, bits, n_parts);
    for (uint32_t i = 0; i < n_parts; i++) {
        orr_bitset_add(&v->lacking, i);
        v->asks[i].rank = ORR_NOBODY;
    }
    for (uint32_t i = 0; i < ORR_FETCH_SOURCES; i++)
        orr_bitset_init(&v->sources[i].has, bits + (1 + i) * words, n_parts);
    return v;
}

/* A part is asked for no more. */
static void settle(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t index) {
    struct orr_fetch_ask *ask = &v->asks[index];
    if (ask->rank == ORR_NOBODY) return;
    struct orr_fetch_peer *p = peer_of(fetch, ask->rank);
    assert(p->n_asked && v->n_asked);
    p->n_asked--;
    v->n_asked--;
    ask->rank = ORR_NOBODY;
}

void orr_fetch_free(struct orr_fetch *fetch, struct orr_fetch_value *v) {
    if (!v) return;
    for (uint32_t i = 0; v->n_asked && i < v->lacking.n_bits; i++) settle(fetch, v, i);
    orr_msg_unref(fetch->pool, v->memory);
}

/* The entry of a peer; a new one takes the place of the oldest when there is no room. */
static struct orr_fetch_source *source_of(struct orr_fetch_value *v, uint32_t rank) {
    for (uint32_t i = 0; i < v->n_sources; i++)
        if (v->sources[i].rank == rank) return &v->sources[i];
    struct orr_fetch_source *s = &v->sources[v->n_told++ % ORR_FETCH_SOURCES];
    if (v->n_sources < ORR_FETCH_SOURCES) v->n_sources++;
    s->rank = rank;
    orr_bitset_init(&s->has, s->has.words, v->lacking.n_bits);
    return s;
}

void orr_fetch_told(struct orr_fetch_value *v, uint32_t rank, const uint8_t *bits) {
    struct orr_fetch_source *s = source_of(v, rank);
    for (uint32_t i = 0; i < v->lacking.n_bits; i++)
        if (!bits || bits[i / 8] >> i % 8 & 1) orr_bitset_add(&s->has, i);
}

void orr_fetch_expect(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank,
                      uint32_t index, orr_time now) {
    assert(orr_bitset_has(&v->lacking, index) && v->asks[index].rank == ORR_NOBODY);
    v->asks[index] = (struct orr_fetch_ask){rank, now};
    v->n_asked++;
    peer_of(fetch, rank)->n_asked++;
}

/* A line that is not full takes more; one in which parts wait takes less. */
static void measure(struct orr_fetch_peer *p, orr_time asked, orr_time now) {
    orr_time took = now > asked ? now - asked : 1;
    if (!p->least || took < p->least) p->least = took;
    p->took = p->took ? p->took - p->took / 4 + took / 4 : took;
    if (took > p->least + QUEUE_NS) p->window -= p->window > 1;
    else p->window += p->window < ORR_FETCH_WINDOW_MOST;
    if (asked > p->newest) p->newest = asked;
    orr_time patience = PATIENCE_TIMES * p->took;
    p->patience = patience < PATIENCE_LEAST_NS  ? PATIENCE_LEAST_NS
                  : patience > PATIENCE_MOST_NS ? PATIENCE_MOST_NS
                                                : patience;
}

void orr_fetch_came(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank,
                    uint32_t index, orr_time now) {
    if (orr_bitset_has(&v->lacking, index)) {
        v->lacking.words[index / 64] &= ~((uint64_t)1 << index % 64);
        v->lacking.n_set--;
    }
    if (rank != ORR_NOBODY) {
        struct orr_fetch_peer *p = peer_of(fetch, rank);
        p->heard = now;
        if (v->asks[index].rank == rank) measure(p, v->asks[index].at, now);
    }
    settle(fetch, v, index);
}

uint32_t orr_fetch_ask(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t i,
                       uint32_t first, orr_time now, uint32_t *list) {
    assert(i < v->n_sources);
    const struct orr_fetch_source *s = &v->sources[i];
    const struct orr_fetch_peer *p = peer_of(fetch, s->rank);
    uint32_t n = 0, n_parts = v->lacking.n_bits;
    if (v->lacking.n_set == v->n_asked) return 0; /* all are under way */
    for (uint32_t k = 0; k < n_parts && p->n_asked < p->window; k++) {
        uint32_t part = (first + k) % n_parts;
        if (v->asks[part].rank != ORR_NOBODY || !orr_bitset_has(&v->lacking, part) ||
            !orr_bitset_has(&s->has, part))
            continue;
        orr_fetch_expect(fetch, v, s->rank, part, now);
        assert(n < ORR_FETCH_WINDOW_MOST);
        list[n++] = part;
    }
    return n;
}

/* The entry of a source ends: the last one takes its place, its words go there too. */
static void forget_source(struct orr_fetch_value *v, uint32_t rank) {
    for (uint32_t i = 0; i < v->n_sources; i++) {
        if (v->sources[i].rank != rank) continue;
        struct orr_fetch_source gone = v->sources[i];
        v->sources[i] = v->sources[--v->n_sources];
        v->sources[v->n_sources] = gone;
        v->n_told = v->n_sources;
        return;
    }
}

void orr_fetch_lost(struct orr_fetch *fetch, struct orr_fetch_value *v, uint32_t rank) {
    for (uint32_t i = 0; i < v->lacking.n_bits; i++)
        if (v->asks[i].rank == rank) settle(fetch, v, i);
    forget_source(v, rank);
}

void orr_fetch_tick(struct orr_fetch *fetch, struct orr_fetch_value *v, orr_time now) {
    for (uint32_t i = 0; v->n_asked && i < v->lacking.n_bits; i++) {
        const struct orr_fetch_ask *ask = &v->asks[i];
        if (ask->rank == ORR_NOBODY) continue;
        uint32_t rank = ask->rank;
        struct orr_fetch_peer *p = peer_of(fetch, rank);
        orr_time silent = now - (p->heard > ask->at ? p->heard : ask->at);
        if (silent >= p->patience) {
            orr_time longer = 2 * p->patience;
            p->patience = longer < PATIENCE_MOST_NS ? longer : PATIENCE_MOST_NS;
            p->window = 1;
            orr_fetch_lost(fetch, v, rank); /* all of it; who tells us again is asked again */
        } else if (now - ask->at >= p->patience && p->newest > ask->at) {
            settle(fetch, v, i); /* what was asked for later has come: this was lost */
        }
    }
}
