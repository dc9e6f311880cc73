#include "models/chain/votes.h"

#include <assert.h>

/* ---- messages ---- */

static const struct orr_decoder decoder = {"vote"};

void orr_chain_vote_signed(const struct orr_msg *m, uint64_t chain_id,
                           uint8_t bytes[ORR_CHAIN_VOTE_SIGNED]) {
    assert(m->len == ORR_CHAIN_VOTE_BYTES);
    memcpy(bytes, "slotvote", 8);
    orr_store_le64(bytes + 8, chain_id);
    memcpy(bytes + 16, m->data, ORR_CHAIN_VOTE_SIGNED - 16);
}

struct orr_msg *orr_chain_vote_new(struct orr_pool *pool, uint16_t kind,
                                   const struct orr_chain_vote *vote) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_CHAIN_VOTE_BYTES);
    orr_store_le64(m->data, vote->slot);
    orr_store_le32(m->data + 8, vote->validator);
    memcpy(m->data + 12, vote->head.bytes, 32);
    orr_store_le64(m->data + 44, vote->source.epoch);
    memcpy(m->data + 52, vote->source.hash.bytes, 32);
    memset(m->data + 84, 0, ORR_SIGN_BYTES);
    return m;
}

void orr_chain_vote_decode(struct orr_msg *m, struct orr_pool *pool) {
    if (m->len != ORR_CHAIN_VOTE_BYTES) return;
    struct orr_chain_vote *v = orr_form_new(m, &decoder, sizeof *v, pool);
    *v = (struct orr_chain_vote){.slot = orr_load_le64(m->data),
                                 .validator = orr_load_le32(m->data + 8),
                                 .source.epoch = orr_load_le64(m->data + 44)};
    memcpy(v->head.bytes, m->data + 12, 32);
    memcpy(v->source.hash.bytes, m->data + 52, 32);
}

const struct orr_chain_vote *orr_chain_vote_of(const struct orr_msg *m) {
    return orr_form(m, &decoder);
}

/* ---- taking votes ---- */

static void free_list(struct orr_votes *t, struct orr_msg **v) {
    for (uint32_t i = 0; i < t->config->n; i++) orr_msg_unref(t->pool, v[i]);
    orr_free(t->mem, v, t->config->n * sizeof *v);
}

static struct orr_msg **new_list(struct orr_votes *t) {
    return orr_alloc_zero(t->mem, t->config->n * sizeof(struct orr_msg *));
}

static void drop_epochs(struct orr_votes *t, uint32_t n) {
    if (!n) return;
    for (uint32_t i = 0; i < n; i++) free_list(t, t->epochs[i].v);
    t->n_epochs -= n;
    memmove(t->epochs, t->epochs + n, t->n_epochs * sizeof *t->epochs);
}

static struct orr_votes_epoch *find_epoch(const struct orr_votes *t, uint64_t epoch) {
    for (uint32_t i = t->n_epochs; i-- > 0;)
        if (t->epochs[i].epoch == epoch) return (struct orr_votes_epoch *)&t->epochs[i];
    return NULL;
}

/* The votes of an epoch, made if there are none; NULL: it is older than what is kept. */
static struct orr_votes_epoch *open_epoch(struct orr_votes *t, uint64_t epoch) {
    struct orr_votes_epoch *e = find_epoch(t, epoch);
    if (e) return e;
    if (epoch < orr_votes_final(t)->epoch) return NULL;
    if (t->n_epochs == ORR_VOTES_EPOCHS) {
        if (epoch < t->epochs[0].epoch) return NULL;
        drop_epochs(t, 1);
    }
    if (t->n_epochs == t->epochs_cap) {
        uint32_t cap = t->epochs_cap ? 2 * t->epochs_cap : 4;
        t->epochs = orr_resize(t->mem, t->epochs, t->epochs_cap * sizeof *t->epochs,
                               cap * sizeof *t->epochs);
        t->epochs_cap = cap;
    }
    uint32_t at = t->n_epochs++;
    for (; at && t->epochs[at - 1].epoch > epoch; at--) t->epochs[at] = t->epochs[at - 1];
    t->epochs[at] = (struct orr_votes_epoch){epoch, new_list(t)};
    return &t->epochs[at];
}

enum orr_chain_vote_verdict orr_votes_add(struct orr_votes *t, struct orr_msg *m) {
    const struct orr_chain_vote *vote = orr_chain_vote_of(m);
    assert(vote && vote->validator < t->config->n);
    struct orr_votes_epoch *e = open_epoch(t, vote->slot / t->config->epoch_slots);
    if (!e) return ORR_CHAIN_VOTE_OLD;
    struct orr_msg **at = &e->v[vote->validator], **latest = &t->latest[vote->validator];
    if (*at) /* the same statement has the same bytes before the signature */
        return memcmp((*at)->data, m->data, ORR_CHAIN_VOTE_BYTES - ORR_SIGN_BYTES)
                   ? ORR_CHAIN_VOTE_CONFLICT
                   : ORR_CHAIN_VOTE_KNOWN;
    *at = orr_msg_ref(m);
    if (!*latest || orr_chain_vote_of(*latest)->slot < vote->slot) {
        orr_msg_unref(t->pool, *latest);
        *latest = orr_msg_ref(m);
    }
    return ORR_CHAIN_VOTE_NEW;
}

const struct orr_chain_vote *orr_votes_of(const struct orr_votes *t, uint64_t epoch,
                                          uint32_t validator) {
    const struct orr_votes_epoch *e = find_epoch(t, epoch);
    return e && e->v[validator] ? orr_chain_vote_of(e->v[validator]) : NULL;
}

/* ---- finality ---- */

struct orr_chain_link *orr_votes_checkpoint(const struct orr_votes_config *config,
                                            struct orr_chain_link *head, uint64_t epoch) {
    while (head->parent && orr_votes_slot(config, head) > epoch * config->epoch_slots)
        head = head->parent; /* ends: slots fall */
    return head;
}

bool orr_votes_is_justified(const struct orr_votes *t, const struct orr_checkpoint *point) {
    for (uint32_t i = 0; i < t->n_justified; i++)
        if (t->justified[i].epoch == point->epoch)
            return orr_hash_equal(t->justified[i].hash, point->hash);
    return false;
}

static bool justify(struct orr_votes *t, const struct orr_checkpoint *point) {
    uint32_t at = t->n_justified;
    while (at && t->justified[at - 1].epoch >= point->epoch) at--;
    if (at < t->n_justified && t->justified[at].epoch == point->epoch) return false;
    if (t->n_justified == t->justified_cap) {
        uint32_t cap = 2 * t->justified_cap;
        t->justified = orr_resize(t->mem, t->justified, t->justified_cap * sizeof *t->justified,
                                  cap * sizeof *t->justified);
        t->justified_cap = cap;
    }
    memmove(t->justified + at + 1, t->justified + at, (t->n_justified - at) * sizeof *t->justified);
    t->justified[at] = *point;
    t->n_justified++;
    return true;
}

void orr_votes_know(struct orr_votes *t, const struct orr_checkpoint *point) {
    if (point->epoch > orr_votes_final(t)->epoch) justify(t, point);
}

/* Stake of one epoch for one target from one source. */
struct group {
    struct orr_chain_link *source, *target;
    uint64_t source_epoch, power;
};
enum { MAX_GROUPS = 64 }; /* honest votes make a few; what liars add past it is not counted */

/* Whether a vote counts, and for what: source and head are here, and head descends from source. */
static bool read_vote(const struct orr_votes *t, const struct orr_chain *chain,
                      const struct orr_chain_vote *vote, uint64_t epoch, struct group *g) {
    struct orr_chain_link *head = orr_chain_find(chain, &vote->head);
    struct orr_chain_link *source = orr_chain_find(chain, &vote->source.hash);
    if (vote->source.epoch >= epoch || !head || !source ||
        orr_votes_slot(t->config, head) > vote->slot)
        return false;
    *g = (struct group){.source = source,
                        .target = orr_votes_checkpoint(t->config, head, epoch),
                        .source_epoch = vote->source.epoch};
    return orr_chain_descends(g->target, source);
}

static uint32_t tally(const struct orr_votes *t, const struct orr_chain *chain,
                      const struct orr_votes_epoch *e, struct group groups[MAX_GROUPS]) {
    uint32_t n = 0;
    for (uint32_t v = 0; v < t->config->n; v++) {
        struct group g;
        if (!e->v[v] || !read_vote(t, chain, orr_chain_vote_of(e->v[v]), e->epoch, &g)) continue;
        uint32_t i = 0;
        while (i < n && (groups[i].source != g.source || groups[i].target != g.target ||
                         groups[i].source_epoch != g.source_epoch))
            i++;
        if (i == MAX_GROUPS) continue;
        if (i == n) groups[n++] = g;
        groups[i].power += t->config->powers[v];
    }
    return n;
}

/* What lies before the final checkpoint is of no use any more. */
static void finalise(struct orr_votes *t, uint64_t epoch) {
    uint32_t n = 0, n_old = 0;
    while (t->justified[n].epoch < epoch) n++; /* ends: that epoch's is there */
    t->n_justified -= n;
    memmove(t->justified, t->justified + n, t->n_justified * sizeof *t->justified);
    while (n_old < t->n_epochs && t->epochs[n_old].epoch < epoch) n_old++;
    drop_epochs(t, n_old);
}

/* What one epoch's votes say of their sources: more than a third is enough. */
static bool believe(struct orr_votes *t, const struct group *groups, uint32_t n) {
    bool has_changed = false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t power = 0;
        for (uint32_t k = 0; k < n; k++)
            if (groups[k].source == groups[i].source &&
                groups[k].source_epoch == groups[i].source_epoch)
                power += groups[k].power;
        struct orr_checkpoint point = {groups[i].source_epoch, *orr_chain_hash(groups[i].source)};
        if (power >= t->config->honest && point.epoch > orr_votes_final(t)->epoch)
            has_changed |= justify(t, &point);
    }
    return has_changed;
}

bool orr_votes_count(struct orr_votes *t, const struct orr_chain *chain) {
    bool has_changed = false;
    uint64_t final = orr_votes_final(t)->epoch;
    for (uint32_t i = 0; i < t->n_epochs; i++) { /* ascending: an epoch's sources are known */
        struct group groups[MAX_GROUPS];
        if (t->epochs[i].epoch <= orr_votes_final(t)->epoch) continue;
        uint32_t n = tally(t, chain, &t->epochs[i], groups);
        has_changed |= believe(t, groups, n);
        for (uint32_t k = 0; k < n; k++) {
            struct orr_checkpoint source = {groups[k].source_epoch,
                                            *orr_chain_hash(groups[k].source)};
            struct orr_checkpoint target = {t->epochs[i].epoch, *orr_chain_hash(groups[k].target)};
            if (groups[k].power < t->config->quorum || !orr_votes_is_justified(t, &source))
                continue;
            has_changed |= justify(t, &target);
            if (source.epoch + 1 == target.epoch && source.epoch > final &&
                orr_votes_is_justified(t, &target))
                final = source.epoch;
        }
    }
    if (final == orr_votes_final(t)->epoch) return has_changed;
    finalise(t, final);
    return true;
}

/* ---- the head ---- */

/* Parents stand before their children in the chain's list.
 * weights[n]: stake with its latest vote on a block or above it. */
static void weigh(const struct orr_votes *t, const struct orr_chain *chain, uint64_t *weights,
                  uint32_t *parents) {
    for (uint32_t v = 0; v < t->config->n; v++) {
        if (!t->latest[v]) continue;
        uint32_t at = orr_chain_place(chain, &orr_chain_vote_of(t->latest[v])->head);
        if (at != ORR_NOWHERE) weights[at] += t->config->powers[v];
    }
    for (uint32_t i = chain->n; i-- > chain->n_final;) {
        parents[i] = orr_chain_place(chain, orr_chain_hash(chain->places[i].link->parent));
        assert(parents[i] < i);
        weights[parents[i]] += weights[i];
    }
}

static struct orr_chain_link *root_of(const struct orr_votes *t, const struct orr_chain *chain) {
    for (uint32_t i = t->n_justified; i-- > 0;) {
        struct orr_chain_link *link = orr_chain_find(chain, &t->justified[i].hash);
        if (link && orr_chain_descends(link, chain->final)) return link;
    }
    return chain->final;
}

struct orr_chain_link *orr_votes_head(const struct orr_votes *t, const struct orr_chain *chain) {
    uint32_t n = chain->n;
    uint64_t *weights = orr_alloc_zero(t->mem, n * sizeof *weights);
    uint32_t *parents = orr_alloc(t->mem, n * sizeof *parents);
    uint32_t *best = orr_alloc(t->mem, n * sizeof *best);
    weigh(t, chain, weights, parents);
    for (uint32_t i = 0; i < n; i++) best[i] = ORR_NOWHERE;
    for (uint32_t i = chain->n_final; i < n; i++) {
        uint32_t *b = &best[parents[i]];
        if (*b == ORR_NOWHERE || weights[i] > weights[*b] ||
            (weights[i] == weights[*b] &&
             memcmp(orr_chain_hash(chain->places[i].link)->bytes,
                    orr_chain_hash(chain->places[*b].link)->bytes, 32) > 0))
            *b = i;
    }
    uint32_t at = orr_chain_place(chain, orr_chain_hash(root_of(t, chain)));
    while (best[at] != ORR_NOWHERE) at = best[at]; /* ends: children stand behind their parents */
    orr_free(t->mem, weights, n * sizeof *weights);
    orr_free(t->mem, parents, n * sizeof *parents);
    orr_free(t->mem, best, n * sizeof *best);
    return chain->places[at].link;
}

/* ---- life ---- */

void orr_votes_init(struct orr_votes *t, struct orr_mem *mem, struct orr_pool *pool,
                    const struct orr_votes_config *config, const struct orr_checkpoint *final) {
    *t = (struct orr_votes){.mem = mem,
                            .pool = pool,
                            .config = config,
                            .justified = orr_alloc(mem, 4 * sizeof *t->justified),
                            .n_justified = 1,
                            .justified_cap = 4};
    t->latest = new_list(t);
    t->justified[0] = *final;
}

void orr_votes_fini(struct orr_votes *t) {
    drop_epochs(t, t->n_epochs);
    orr_free(t->mem, t->epochs, t->epochs_cap * sizeof *t->epochs);
    free_list(t, t->latest);
    orr_free(t->mem, t->justified, t->justified_cap * sizeof *t->justified);
}
