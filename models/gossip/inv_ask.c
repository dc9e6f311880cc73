#include <assert.h>

#include "models/base/bytes.h"
#include "models/gossip/inv_state.h"

/* ---- lists of hashes ---- */

struct orr_msg *orr_inv_list(enum orr_inv_kind kind, uint32_t n, struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_new(pool, (uint16_t)kind, n * ORR_INV_ENTRY);
    memset(m->data, 0, m->len);
    return m;
}
void orr_inv_put(struct orr_msg *m, uint32_t i, enum orr_inv_type type, uint64_t hash) {
    orr_store_le32(m->data + (size_t)i * ORR_INV_ENTRY, type);
    orr_store_le64(m->data + (size_t)i * ORR_INV_ENTRY + 4, hash);
}
uint64_t orr_inv_get(const struct orr_msg *m, uint32_t i, uint32_t *type) {
    *type = orr_load_le32(m->data + (size_t)i * ORR_INV_ENTRY);
    return orr_load_le64(m->data + (size_t)i * ORR_INV_ENTRY + 4);
}
bool orr_inv_is_list(const struct orr_msg *m) {
    return m->len && m->len % ORR_INV_ENTRY == 0 && m->len / ORR_INV_ENTRY <= ORR_INV_ENTRIES_MAX;
}

/* ---- asking ---- */

void orr_inv_arm_retry(struct orr_inv *s, struct orr_outbox *out) {
    orr_time first = ORR_NEVER;
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].until < first) first = s->wanted[i].until;
    if (first != s->retry_at) orr_arm(out, ORR_INV_TIMER_RETRY, first);
    s->retry_at = first;
}

static void ask(struct orr_inv *s, struct orr_inv_wanted *w, orr_time now, struct orr_outbox *out) {
    struct orr_msg *m = orr_inv_list(ORR_INV_GETDATA, 1, out->pool);
    orr_inv_put(m, 0, (enum orr_inv_type)w->type, w->hash);
    w->until = now + s->cfg->timeout;
    orr_send(out, w->peer, m);
}

static bool is_asked(const struct orr_inv *s, uint64_t hash) {
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash == hash && s->wanted[i].until != ORR_NEVER) return true;
    return false;
}

static struct orr_inv_wanted *find(struct orr_inv *s, uint64_t hash, orr_peer peer) {
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash == hash && s->wanted[i].peer == peer) return &s->wanted[i];
    return NULL;
}

static struct orr_inv_wanted *add(struct orr_inv *s, uint64_t hash, enum orr_inv_type type,
                                  orr_peer peer) {
    if (s->n_wanted == s->wanted_cap) {
        uint32_t cap = s->wanted_cap ? 2 * s->wanted_cap : 8;
        s->wanted = orr_resize(s->env->common->mem, s->wanted, s->wanted_cap * sizeof *s->wanted,
                               cap * sizeof *s->wanted);
        s->wanted_cap = cap;
    }
    struct orr_inv_wanted *w = &s->wanted[s->n_wanted++];
    *w = (struct orr_inv_wanted){hash, peer, type, ORR_NEVER};
    return w;
}

void orr_inv_want(struct orr_inv *s, uint64_t hash, enum orr_inv_type type, orr_peer peer,
                  bool is_coming, orr_time now, struct orr_outbox *out) {
    struct orr_inv_wanted *w = find(s, hash, peer);
    bool asks = !w && !is_coming && !is_asked(s, hash);
    if (type == ORR_INV_OF_BLOCK && s->cfg->compact) type = ORR_INV_OF_COMPACT;
    if (!w) w = add(s, hash, type, peer);
    if (is_coming) w->until = now + s->cfg->timeout;
    if (asks) ask(s, w, now, out);
}

void orr_inv_want_whole(struct orr_inv *s, uint64_t hash, orr_peer peer, orr_time now,
                        struct orr_outbox *out) {
    struct orr_inv_wanted *w = find(s, hash, peer);
    if (!w) w = add(s, hash, ORR_INV_OF_BLOCK, peer);
    w->type = ORR_INV_OF_BLOCK;
    ask(s, w, now, out);
}

void orr_inv_forget(struct orr_inv *s, uint64_t hash, orr_peer peer) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash != hash || (peer != ORR_NOBODY && s->wanted[i].peer != peer))
            s->wanted[n++] = s->wanted[i];
    s->n_wanted = n;
}

/* Whoever has kept us waiting too long is forgotten, and the next who told is asked. */
void orr_inv_retry(struct orr_inv *s, orr_time now, struct orr_outbox *out) {
    for (uint32_t i = 0; i < s->n_wanted;) { /* ends: one more is passed or dropped each turn */
        struct orr_inv_wanted late = s->wanted[i];
        if (late.until > now) {
            i++;
            continue;
        }
        orr_inv_forget(s, late.hash, late.peer);
        orr_inv_drop_partials(s, late.hash, out->pool);
        for (uint32_t k = 0; k < s->n_wanted; k++)
            if (s->wanted[k].hash == late.hash) {
                ask(s, &s->wanted[k], now, out);
                break;
            }
    }
}

/* What was asked of a peer that is gone is asked of the next at once. */
void orr_inv_lost_peer(struct orr_inv *s, orr_peer peer, orr_time now) {
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].peer == peer) s->wanted[i].until = now;
}
