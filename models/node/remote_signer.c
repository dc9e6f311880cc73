/* remote_signer.c - the node `remote-signer`: it holds validators' keys and signs no two votes in
 * one place (models/bft/common/signer.h says what is said, and why it asks before it signs).
 *
 * A record for each key, of its last place, is durable before the signature leaves.  Outputs of its
 * own tell of each key and each signature; `orrery vault slashing` makes EIP-3076's interchange
 * format of them. */
#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/bft/common/signer.h"
#include "models/bft/tendermint/tendermint.h"

enum { MAX_HOLDERS = 8, RECORD_BYTES = 8 + ORR_PLACE_BYTES };
enum signer_output {
    OUT_KEY = ORR_OUT_OWN, /* key u32 | 0 u32 | chain id u64 | public key (32) */
    OUT_SIGNED /* key u32 | stage u32 | height u64 | round u32 | 0 u32 | SHA-256 (32) */
};

struct config {
    uint64_t holders;
    uint32_t record_after; /* flawed */
};

/* A key that a node has told of, or a record. */
struct key {
    uint32_t number;           /* its node                                               */
    bool is_bound;             /* to this chain, by a record or a holder                 */
    uint64_t chain_id;
    struct orr_sign_guard guard;
    struct orr_keypair pair;
    orr_peer told[MAX_HOLDERS];
    uint32_t n_told;           /* different nodes that have told their place this session */
};

struct signer {
    const struct orr_env *env;
    const struct config *config;
    uint64_t session;          /* 0: it has not started */
    struct key *keys;          /* [n], ascending by number */
    uint32_t n, cap;
    uint64_t n_signed, n_refused;
};

static int init(void *state, const struct orr_env *env, const void *cfg) {
    struct signer *s = state;
    s->env = env;
    s->config = cfg;
    return 0;
}

static void fini(void *state) {
    struct signer *s = state;
    orr_free(s->env->common->mem, s->keys, s->cap * sizeof *s->keys);
    s->keys = NULL;
    s->n = s->cap = 0;
}

/* The key of a node, or where it belongs. */
static uint32_t place_of(const struct signer *s, uint32_t number) {
    uint32_t low = 0, high = s->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (s->keys[middle].number < number) low = middle + 1;
        else high = middle;
    }
    return low;
}
static struct key *find(struct signer *s, uint32_t number) {
    uint32_t at = place_of(s, number);
    return at < s->n && s->keys[at].number == number ? &s->keys[at] : NULL;
}

/* The key of a node of the network. */
static struct key *hold(struct signer *s, uint32_t number) {
    assert(number < s->env->common->n_nodes);
    struct key *known = find(s, number);
    if (known) return known;
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 8;
        s->keys = orr_resize(s->env->common->mem, s->keys, s->cap * sizeof *s->keys,
                             cap * sizeof *s->keys);
        s->cap = cap;
    }
    uint32_t at = place_of(s, number);
    memmove(s->keys + at + 1, s->keys + at, (s->n - at) * sizeof *s->keys);
    s->n++;
    const struct orr_cohort *cohort = s->env->common->cohort;
    memset(&s->keys[at], 0, sizeof s->keys[at]);
    s->keys[at].number = number;
    orr_keypair_derive(cohort->signatures, cohort->seed, number, &s->keys[at].pair);
    return &s->keys[at];
}

/* ---- the record ---- */

static void record(const struct key *k, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, RECORD_BYTES);
    orr_store_le64(m->data, k->chain_id);
    orr_place_write(&k->guard, m->data + 8);
    orr_write(out, k->number, m);
}

static int restore(struct signer *s, const struct orr_event *event) {
    if (!event->msg || event->msg->len != RECORD_BYTES || event->key >= s->env->common->n_nodes)
        return ORR_ECORRUPT;
    struct key *k = hold(s, event->key);
    k->chain_id = orr_load_le64(event->msg->data);
    k->is_bound = true;
    orr_place_read(event->msg->data + 8, &k->guard);
    return 0;
}

/* ---- messages ---- */

static struct orr_msg *recall(const struct signer *s, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, ORR_TM_RECALL, ORR_RECALL_BYTES);
    orr_store_le64(m->data, s->session);
    return m;
}

static void tell_of_key(const struct key *k, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, 48);
    orr_store_le32(m->data, k->number);
    orr_store_le32(m->data + 4, 0);
    orr_store_le64(m->data + 8, k->chain_id);
    memcpy(m->data + 16, k->pair.public_key, 32);
    orr_output(out, OUT_KEY, m);
}

static void tell_of_signature(const struct key *k, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, 56);
    orr_store_le32(m->data, k->number);
    orr_store_le32(m->data + 4, k->guard.stage);
    orr_store_le64(m->data + 8, k->guard.height);
    orr_store_le32(m->data + 16, k->guard.round);
    orr_store_le32(m->data + 20, 0);
    memcpy(m->data + 24, k->guard.statement, 32);
    orr_output(out, OUT_SIGNED, m);
}

static void recv_tell(struct signer *s, const struct orr_event *e, struct orr_outbox *out) {
    struct orr_signer_tell tell;
    if (!orr_signer_tell_read(e->msg, &tell) || tell.key >= s->env->common->n_nodes) {
        orr_reject(out);
        return;
    }
    if (tell.session != s->session) {
        orr_send(out, e->peer, recall(s, out));
        return;
    }
    struct key *k = hold(s, tell.key);
    if (k->is_bound && k->chain_id != tell.chain_id) {
        orr_reject(out); /* a key is for one chain */
        return;
    }
    k->is_bound = true;
    k->chain_id = tell.chain_id;
    orr_sign_guard_merge(&k->guard, &tell.place);
    for (uint32_t i = 0; i < k->n_told; i++)
        if (k->told[i] == e->peer) return;
    if (k->n_told == MAX_HOLDERS) return;
    k->told[k->n_told++] = e->peer;
    if (k->n_told == s->config->holders) tell_of_key(k, out);
}

static bool has_told(const struct key *k, orr_peer peer) {
    for (uint32_t i = 0; i < k->n_told; i++)
        if (k->told[i] == peer) return true;
    return false;
}

/* Signs what the guard allows, behind its record. */
static void grant(struct signer *s, struct key *k, struct orr_signer_reply *reply, orr_peer to,
                  struct orr_outbox *out) {
    reply->is_granted = true;
    orr_sign(s->env->common->memo, &k->pair, reply->statement, sizeof reply->statement,
             reply->signature);
    out->busy_ns += s->env->common->costs->sign_ns;
    s->n_signed++;
    struct orr_msg *m = orr_signer_reply_new(reply, out->pool, ORR_TM_SIGNATURE);
    if (s->config->record_after) orr_send(out, to, orr_msg_ref(m));
    record(k, out);
    if (!s->config->record_after) orr_send(out, to, orr_msg_ref(m));
    orr_msg_unref(out->pool, m);
    tell_of_signature(k, out);
}

static void recv_sign(struct signer *s, const struct orr_event *e, struct orr_outbox *out) {
    struct orr_signer_reply reply;
    struct orr_signed_place at;
    if (!orr_signer_request_read(e->msg, &reply) || !orr_signed_place(reply.statement, &at)) {
        orr_reject(out);
        return;
    }
    if (reply.session != s->session) {
        orr_send(out, e->peer, recall(s, out));
        return;
    }
    struct key *k = find(s, reply.key);
    if (!k || !has_told(k, e->peer) || k->n_told < s->config->holders) return; /* it asks again */
    assert(k->is_bound);
    if (at.chain_id == k->chain_id &&
        orr_sign_guard(&k->guard, at.height, at.round, at.stage, reply.statement,
                       sizeof reply.statement)) {
        grant(s, k, &reply, e->peer, out);
        return;
    }
    s->n_refused++;
    orr_metric(out, "refused", (int64_t)s->n_refused, "signatures");
    orr_send(out, e->peer, orr_signer_reply_new(&reply, out->pool, ORR_TM_SIGNATURE));
}

static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct signer *s = state;
    out->busy_ns += s->env->common->costs->step_ns;
    switch (event->kind) {
    case ORR_STORED: return restore(s, event);
    case ORR_START:
        s->session = orr_rng_u64(out->rng) | 1; /* 0 is a holder's that has heard of none */
        orr_cast(out, ORR_NOBODY, recall(s, out));
        return 0;
    case ORR_PEER_UP: orr_send(out, event->peer, recall(s, out)); return 0;
    case ORR_RECV:
        if (event->msg && event->msg->kind == ORR_TM_TELL) recv_tell(s, event, out);
        else if (event->msg && event->msg->kind == ORR_TM_SIGN) recv_sign(s, event, out);
        return 0; /* validators cast to all: the rest is none of its business */
    default: return 0;
    }
}

static uint64_t digest(const void *state) {
    const struct signer *s = state;
    uint64_t counts[] = {s->session, s->n_signed, s->n_refused}, h = orr_hash64(0, counts, 24);
    for (uint32_t i = 0; i < s->n; i++) {
        uint8_t bytes[ORR_PLACE_BYTES];
        orr_place_write(&s->keys[i].guard, bytes);
        h = orr_hash64(h ^ s->keys[i].number, bytes, sizeof bytes);
    }
    return h;
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
    NULL,
};

static const char *const record_choices[] = {"before", "after", NULL};

static const struct orr_config_key keys[] = {
    {.name = "holders", .type = ORR_CONFIG_COUNT, .offset = offsetof(struct config, holders),
     .fallback = 1, .min = 1, .max = MAX_HOLDERS,
     .help = "nodes that vote with each key: all of them tell where they are before it signs"},
    {.name = "record", .type = ORR_CONFIG_ENUM, .offset = offsetof(struct config, record_after),
     .choices = record_choices, .max = 1,
     .help = "when a signature is recorded: before it is sent, or after",
     .flaw = "a crash between the two forgets what was signed"},
    {0},
};

const struct orr_protocol orr_remote_signer = {
    .abi = ORR_ABI,
    .name = "remote-signer",
    .summary = "holds validators' keys and signs no two votes in one place",
    .kinds = kinds,
    .config_size = sizeof(struct config),
    .config = keys,
    .node_size = sizeof(struct signer),
    .transport = ORR_STREAM,
    .init = init,
    .step = step,
    .fini = fini,
    .digest = digest,
};
