/* gossip_sybil.c - the node `gossipsub-sybil`: a GossipSub router that attacks.
 *
 * After libp2p/gossipsub-hardening: until `attack_at` it behaves, links to many, joins meshes and
 * earns a score; then it does what `attack` says.  It is no node of the honest cohort: nobody
 * counts what it delivers.
 *
 *   degrade   of what it should relay it drops the share `drop`
 *   censor    it drops the messages that node `victim` signed
 *   graft     with each heartbeat it grafts all its peers, backoff or not
 *   ihave     ... tells them of messages that do not exist
 *   iwant     ... asks them for the messages that it has heard of, again and again
 *   idontwant ... says that it does not want what does not exist
 *   invalid   ... publishes a message that every validator refuses */
#include <assert.h>

#include "models/gossip/state.h"
#include "models/output.h"

enum attack { DEGRADE, CENSOR, GRAFT, IHAVE, IWANT, IDONTWANT, INVALID };
static const char *const attacks[] = {"degrade", "censor",    "graft",   "ihave",
                                      "iwant",   "idontwant", "invalid", NULL};

/* The router's table of keys is for a config of its own at offset 0. */
struct sybil_config {
    struct orr_gossip_config gossip;
    uint32_t attack;
    orr_time attack_at, dial_at;
    uint64_t drop, victim, dial, dial_from, dial_nodes, spam;
    bool alone, grafts;
};

enum { N_HEARD = 64, N_SPAM_IDS_MAX = 1000 };

struct sybil {
    struct orr_gossip router;
    const struct orr_env *env;
    const struct sybil_config *cfg;
    bool has_dialled, is_attacking;
    uint8_t victim[32];                    /* its key */
    struct orr_message_id heard[N_HEARD];  /* a ring  */
    uint64_t n_heard, n_spam;
    orr_peer *peers; /* [n_peers] linked now, ascending */
    uint32_t n_peers, peers_cap;
};

static enum orr_gossip_verdict validate(void *app, const struct orr_gossip_item *item) {
    (void)app, (void)item;
    return ORR_GOSSIP_ACCEPT;
}
static void deliver(void *app, const struct orr_gossip_item *item, struct orr_outbox *out) {
    (void)app, (void)item, (void)out;
}
static const struct orr_gossip_app application = {validate, deliver};

/* ---- what it sends ---- */

static bool drops(struct sybil *s, const struct orr_msg *m, struct orr_rng *rng) {
    if (m->kind != ORR_GOSSIP_RPC_PUBLISH) return false;
    if (s->cfg->attack == DEGRADE) return orr_rng_below(rng, 1000000000) < s->cfg->drop;
    if (s->cfg->attack != CENSOR) return false;
    struct orr_rpc_counts n;
    uint64_t room[64];
    struct orr_rpc rpc;
    if (orr_rpc_count(m->data, m->len, 1, &n) || n.publish != 1 ||
        orr_rpc_table_bytes(&n) > sizeof room)
        return false;
    orr_rpc_read(m->data, m->len, &n, room, &rpc);
    struct orr_blob from = orr_slice_blob(m->data, rpc.publish[0].from);
    return from.p && orr_peer_id_kind(from) == ORR_PEER_ID_ED25519 &&
           !memcmp(orr_peer_id_key(from), s->victim, sizeof s->victim);
}

/* Takes what it drops out of what the router did from effect number `first` on. */
static void filter(struct sybil *s, uint32_t first, struct orr_outbox *out) {
    uint32_t n = first;
    for (uint32_t i = first; i < out->n; i++) {
        if (out->v[i].kind == ORR_SEND && drops(s, out->v[i].msg, out->rng))
            orr_msg_unref(out->pool, out->v[i].msg);
        else out->v[n++] = out->v[i];
    }
    out->n = n;
}

static struct orr_msg *spam_of_ids(struct sybil *s, uint32_t n, struct orr_outbox *out) {
    static const char topic[] = "orrery/0";
    static const uint16_t kinds[] = {[IHAVE] = ORR_GOSSIP_RPC_IHAVE,
                                     [IWANT] = ORR_GOSSIP_RPC_IWANT,
                                     [IDONTWANT] = ORR_GOSSIP_RPC_IDONTWANT};
    uint32_t attack = s->cfg->attack, most = 64 + n * (ORR_MESSAGE_ID_MAX + 4);
    struct orr_msg *m = orr_msg_new(out->pool, kinds[attack], most);
    struct orr_writer w = orr_writer(m->data, most);
    size_t control = orr_rpc_begin_control(&w);
    size_t list = attack == IHAVE
                      ? orr_rpc_begin_ihave(&w, (struct orr_blob){(const uint8_t *)topic, 8})
                  : attack == IWANT ? orr_rpc_begin_iwant(&w)
                                    : orr_rpc_begin_idontwant(&w);
    for (uint32_t i = 0; i < n; i++) {
        struct orr_message_id id = {.len = ORR_MESSAGE_ID_HASH_BYTES};
        orr_store_le64(id.bytes, orr_rng_u64(out->rng));
        if (attack == IWANT && s->n_heard)
            id = s->heard[orr_rng_below(out->rng, s->n_heard < N_HEARD ? s->n_heard : N_HEARD)];
        orr_proto_put_bytes(&w, attack == IHAVE ? 2 : 1, id.bytes, id.len);
    }
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    assert(!w.bad);
    m->len = (uint32_t)orr_written(&w);
    return m;
}

static struct orr_msg *graft(struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, ORR_GOSSIP_RPC_GRAFT, 32);
    struct orr_writer w = orr_writer(m->data, m->len);
    size_t control = orr_rpc_begin_control(&w);
    orr_rpc_put_graft(&w, (struct orr_blob){(const uint8_t *)"orrery/0", 8});
    orr_proto_end(&w, control);
    m->len = (uint32_t)orr_written(&w);
    return m;
}

static void send_all(struct sybil *s, struct orr_msg *moved, struct orr_outbox *out) {
    for (uint32_t i = 0; i < s->n_peers; i++) orr_send(out, s->peers[i], orr_msg_ref(moved));
    orr_msg_unref(out->pool, moved);
}

static void spam(struct sybil *s, orr_time now, struct orr_outbox *out) {
    struct orr_msg *m = NULL;
    uint8_t bad[16] = "bad";
    switch ((enum attack)s->cfg->attack) {
    case DEGRADE:
    case CENSOR: return;
    case GRAFT: m = graft(out); break;
    case IHAVE:
    case IWANT:
    case IDONTWANT: m = spam_of_ids(s, (uint32_t)s->cfg->spam, out); break;
    case INVALID:
        for (uint64_t i = 0; i < s->cfg->spam; i++) {
            orr_store_le64(bad + 4, (uint64_t)s->env->self << 32 | s->n_spam++);
            orr_gossip_publish(&s->router, 0, (struct orr_blob){bad, sizeof bad}, now, out);
        }
        return;
    }
    send_all(s, m, out);
}

/* ---- whom it links to ---- */

/* So many of them, each once: selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2,
 * algorithm S). */
static void dial(struct sybil *s, struct orr_outbox *out) {
    uint64_t end = s->cfg->dial_from + s->cfg->dial_nodes, left = s->cfg->dial;
    s->has_dialled = true;
    if (end > s->env->common->n_nodes) end = s->env->common->n_nodes;
    for (uint64_t peer = s->cfg->dial_from; peer < end && left; peer++) {
        if (orr_rng_below(out->rng, end - peer) >= left) continue;
        left--;
        if (peer != s->env->self) orr_dial(out, (orr_peer)peer);
    }
}

static void note_peer(struct sybil *s, orr_peer peer, bool is_up) {
    uint32_t i = 0;
    while (i < s->n_peers && s->peers[i] < peer) i++;
    bool is_there = i < s->n_peers && s->peers[i] == peer;
    if (is_there == is_up) return;
    if (!is_up) {
        s->n_peers--;
        memmove(s->peers + i, s->peers + i + 1, (s->n_peers - i) * sizeof *s->peers);
        return;
    }
    if (s->n_peers == s->peers_cap) {
        uint32_t cap = s->peers_cap ? 2 * s->peers_cap : 32;
        s->peers = orr_resize(s->env->common->mem, s->peers, s->peers_cap * sizeof *s->peers,
                              cap * sizeof *s->peers);
        s->peers_cap = cap;
    }
    memmove(s->peers + i + 1, s->peers + i, (s->n_peers - i) * sizeof *s->peers);
    s->peers[i] = peer;
    s->n_peers++;
}

/* Ids that peers tell of are remembered, for IWANT. */
static void note_ids(struct sybil *s, const struct orr_msg *m) {
    struct orr_rpc_counts n;
    if (s->cfg->attack != IWANT || !m || m->kind != ORR_GOSSIP_RPC_IHAVE) return;
    if (orr_rpc_count(m->data, m->len, N_SPAM_IDS_MAX, &n)) return;
    struct orr_proto p = {m->data, 0, m->len};
    struct orr_proto_field f, list, id;
    if (orr_proto_next(&p, &f) <= 0 || f.number != 3 || f.wire != ORR_PROTO_BYTES) return;
    struct orr_proto control = {m->data, f.body.at, f.body.at + f.body.len};
    if (orr_proto_next(&control, &list) <= 0 || list.wire != ORR_PROTO_BYTES) return;
    struct orr_proto ids = {m->data, list.body.at, list.body.at + list.body.len};
    while (orr_proto_next(&ids, &id) > 0) {
        if (id.number != 2 || id.body.len > ORR_MESSAGE_ID_MAX) continue;
        struct orr_message_id *to = &s->heard[s->n_heard++ % N_HEARD];
        to->len = (uint8_t)id.body.len;
        memcpy(to->bytes, m->data + id.body.at, id.body.len);
    }
}

/* ---- the protocol ---- */

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    return orr_gossip_net_new(cohort, &((const struct sybil_config *)cfg)->gossip, mem);
}
static const char *refuses(const void *cfg, uint32_t n) {
    return orr_gossip_refuses(&((const struct sybil_config *)cfg)->gossip, n);
}

static int init(void *state, const struct orr_env *env, const void *cfg) {
    struct sybil *s = state;
    struct orr_keypair pair;
    s->env = env;
    s->cfg = cfg;
    orr_gossip_init(&s->router, env, &s->cfg->gossip, env->common->shared, &application, s);
    const struct orr_cohort *c = env->common->cohort;
    orr_keypair_derive(c->signatures, c->seed, (uint32_t)s->cfg->victim, &pair);
    memcpy(s->victim, pair.public_key, sizeof s->victim);
    return 0;
}

static void fini(void *state) {
    struct sybil *s = state;
    orr_gossip_fini(&s->router);
    orr_free(s->env->common->mem, s->peers, s->peers_cap * sizeof *s->peers);
}

static int step(void *state, const struct orr_event *e, struct orr_outbox *out) {
    struct sybil *s = state;
    uint32_t first = out->n;
    if (e->kind == ORR_INPUT) return 0;
    if (e->kind == ORR_PEER_UP || e->kind == ORR_PEER_DOWN)
        note_peer(s, e->peer, e->kind == ORR_PEER_UP);
    if (e->kind == ORR_PEER_UP && s->cfg->alone && !s->has_dialled) orr_hangup(out, e->peer);
    if (e->kind == ORR_RECV) note_ids(s, e->msg);
    orr_gossip_step(&s->router, e, out);
    s->is_attacking = e->now >= s->cfg->attack_at;
    if (s->is_attacking) filter(s, first, out);
    bool beats = e->kind == ORR_TIMER && e->key == ORR_GOSSIP_TIMER_HEARTBEAT;
    if (beats && !s->has_dialled && e->now >= s->cfg->dial_at) dial(s, out);
    if (beats && s->is_attacking) spam(s, e->now, out);
    if (beats && s->is_attacking && s->cfg->grafts) send_all(s, graft(out), out);
    return 0;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    orr_gossip_decode(common->shared, common, m);
}
static uint64_t digest(const void *state) {
    return orr_gossip_digest(&((const struct sybil *)state)->router);
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
    NULL,
};

#define COUNT_KEY(key, fallback_, max_, help_)                                                 \
    {.name = #key, .type = ORR_CONFIG_COUNT, .offset = offsetof(struct sybil_config, key),     \
     .fallback = fallback_, .max = max_, .help = help_}
static const struct orr_config_key own_keys[] = {
    {.name = "attack", .type = ORR_CONFIG_ENUM, .choices = attacks, .max = INVALID,
     .offset = offsetof(struct sybil_config, attack), .help = "what it does"},
    {.name = "attack_at", .type = ORR_CONFIG_TIME, .max = 86400000000000,
     .offset = offsetof(struct sybil_config, attack_at), .help = "until then it behaves"},
    {.name = "drop", .type = ORR_CONFIG_RATIO, .fallback = 1000000000, .max = 1000000000,
     .offset = offsetof(struct sybil_config, drop),
     .help = "degrade: the share that it does not relay"},
    {.name = "dial_at", .type = ORR_CONFIG_TIME, .offset = offsetof(struct sybil_config, dial_at),
     .max = 86400000000000, .help = "when it links to others, beside its links of the overlay"},
    {.name = "alone", .type = ORR_CONFIG_BOOL, .offset = offsetof(struct sybil_config, alone),
     .max = 1, .help = "it hangs up its links of the overlay: those it dials are its only ones"},
    {.name = "grafts", .type = ORR_CONFIG_BOOL, .offset = offsetof(struct sybil_config, grafts),
     .max = 1, .help = "beside its attack it grafts all its peers with each heartbeat"},
    COUNT_KEY(victim, 0, UINT32_MAX, "censor: the node whose messages it drops"),
    COUNT_KEY(dial, 0, 100000, "to so many others"),
    COUNT_KEY(dial_from, 0, UINT32_MAX, "drawn from this node on ..."),
    COUNT_KEY(dial_nodes, 0, UINT32_MAX, "... so many"),
    COUNT_KEY(spam, 100, N_SPAM_IDS_MAX, "ids or messages in a heartbeat, to each peer"),
    ORR_GOSSIP_CONFIG_KEYS,
    {0},
};
_Static_assert(offsetof(struct sybil_config, gossip) == 0, "the router's keys stand at 0");

const struct orr_protocol orr_gossip_sybil = {
    .abi = ORR_ABI,
    .name = "gossipsub-sybil",
    .summary = "a GossipSub router that attacks others: drops, censors, floods with control",
    .kinds = kinds,
    .config_size = sizeof(struct sybil_config),
    .config = own_keys,
    .node_size = sizeof(struct sybil),
    .n_timers = ORR_GOSSIP_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .digest = digest,
};
