/* liar.c - nodes of the gossip lab that break the protocol, each in one way.  Not to be changed:
 * the tests bring their own.
 *
 * A liar knows every message format and its own key, and nobody else's.  It carries nothing for
 * anybody: ten times a second it says to all its links what its `attack` tells it to. */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA, IHAVE, IWANT, GRAFT, PRUNE };
static const char *const kinds[] = {"data", "ihave", "iwant", "graft", "prune", NULL};
enum { HEAD = 16 + ORR_SIGN_BYTES, PAYLOAD = 40, HEARD = 16, PROMISES = 32 };
static const orr_time TICK = 100000000;

enum attack { FORGE, REPLAY, NOISE, SYBIL, PROMISE, BEG };
static const char *const attacks[] = {"forge", "replay", "noise", "sybil", "promise", "beg", NULL};
struct liar_config {
    uint32_t attack;
    orr_time from;
};
static const struct orr_config_key config[] = {{.name = "attack",
                                                .help = "how it breaks the protocol",
                                                .type = ORR_CONFIG_ENUM,
                                                .offset = offsetof(struct liar_config, attack),
                                                .choices = attacks,
                                                .max = BEG},
                                               {.name = "from",
                                                .help = "when it begins",
                                                .type = ORR_CONFIG_TIME,
                                                .offset = offsetof(struct liar_config, from),
                                                .max = INT64_MAX},
                                               {0}};

struct liar_node {
    const struct orr_env *env;
    struct orr_keypair own;
    struct liar_config how;
    struct orr_msg *heard[HEARD]; /* the latest real ones, a reference each; NULL: none yet */
    uint32_t n_heard;
    uint64_t n_ticks;
};

static const struct orr_msg *latest(const struct liar_node *l, uint32_t back) {
    return back < l->n_heard && back < HEARD ? l->heard[(l->n_heard - 1 - back) % HEARD] : NULL;
}

/* A message that nobody has published, in the name of somebody else: one has the right id and no
 * signature, the next a signature that the liar has made itself. */
static void forge(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    uint8_t payload[PAYLOAD] = {0};
    orr_store_le64(payload, l->n_ticks);
    orr_store_le64(payload + 8, l->env->self);
    struct orr_msg *inner = orr_msg_copy(out->pool, 0, payload, sizeof payload);
    struct orr_msg *m = orr_msg_new(out->pool, DATA, HEAD + PAYLOAD);
    orr_store_le64(m->data, orr_msg_hash(inner));
    orr_store_le64(m->data + 8, to ? 0 : 1); /* nodes 0 and 1 are honest in each test */
    memset(m->data + 16, 0, ORR_SIGN_BYTES);
    if (l->n_ticks % 2) orr_sign(l->env->common->memo, &l->own, m->data, 16, m->data + 16);
    memcpy(m->data + HEAD, payload, sizeof payload);
    orr_msg_unref(out->pool, inner);
    orr_send(out, to, m);
    /* ... and the payload of a message that is real, changed */
    const struct orr_msg *real = latest(l, 0);
    if (!real || real->len == HEAD) return;
    m = orr_msg_clone(out->pool, real);
    m->data[HEAD] ^= 1;
    orr_send(out, to, m);
}

/* What it has heard, again and again. */
static void replay(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    for (uint32_t i = 0; i < 2; i++) {
        const struct orr_msg *m = latest(l, (uint32_t)((l->n_ticks + i) % HEARD));
        if (m) orr_send(out, to, orr_msg_clone(out->pool, m));
    }
}

/* Bytes of no meaning. */
static void noise(orr_peer to, struct orr_outbox *out) {
    uint64_t draw = orr_rng_u64(out->rng);
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)(draw % 7), (uint32_t)(draw >> 8) % 200);
    for (uint32_t i = 0; i < m->len; i++) m->data[i] = (uint8_t)orr_rng_u64(out->rng);
    orr_send(out, to, m);
}

/* Ids of messages that there are not. */
static void promise(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    if (l->n_ticks % 5) return;
    struct orr_msg *m = orr_msg_new(out->pool, IHAVE, 8 * PROMISES);
    for (uint32_t i = 0; i < PROMISES; i++) orr_store_le64(m->data + 8 * i, orr_rng_u64(out->rng));
    orr_send(out, to, m);
}

/* The same message over and over. */
static void beg(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    const struct orr_msg *real = latest(l, 2);
    if (!real) return;
    struct orr_msg *m = orr_msg_new(out->pool, IWANT, 8 * 16);
    for (uint32_t i = 0; i < 16; i++) orr_store_le64(m->data + 8 * i, orr_load_le64(real->data));
    orr_send(out, to, m);
}

static void attack(const struct liar_node *l, orr_peer to, struct orr_outbox *out) {
    switch ((enum attack)l->how.attack) {
    case FORGE: forge(l, to, out); break;
    case REPLAY: replay(l, to, out); break;
    case NOISE: noise(to, out); break;
    case SYBIL: orr_send(out, to, orr_msg_new(out->pool, GRAFT, 0)); break;
    case PROMISE: promise(l, to, out); break;
    case BEG: beg(l, to, out); break;
    }
}

static void tick(struct liar_node *l, orr_time now, struct orr_outbox *out) {
    orr_arm(out, 0, now + TICK);
    if (now < l->how.from) return;
    l->n_ticks++;
    for (uint32_t i = 0; i < out->links->n; i++)
        attack(l, orr_links_at(out->links, l->env->self, i), out);
}

/* Other liars' messages are of no use. */
static bool is_real(const struct liar_node *l, const struct orr_msg *m) {
    const struct orr_cohort *cohort = l->env->common->cohort;
    struct orr_keypair pair;
    if (!m || m->kind != DATA || m->len < HEAD) return false;
    uint64_t origin = orr_load_le64(m->data + 8);
    if (origin >= l->env->common->n_nodes) return false;
    orr_keypair_derive(cohort->signatures, cohort->seed, (uint32_t)origin, &pair);
    return orr_sign_verify(l->env->common->memo, pair.public_key, m->data, 16, m->data + 16);
}

static void hear(struct liar_node *l, struct orr_msg *m) {
    if (!is_real(l, m)) return;
    struct orr_msg **place = &l->heard[l->n_heard++ % HEARD];
    orr_msg_unref(l->env->common->pool, *place);
    *place = orr_msg_ref(m);
}

static int liar_init(void *state, const struct orr_env *env, const void *cfg) {
    struct liar_node *l = state;
    l->env = env;
    l->how = *(const struct liar_config *)cfg;
    orr_keypair_derive(env->common->cohort->signatures, env->common->cohort->seed, env->self,
                       &l->own);
    return 0;
}
static void liar_fini(void *state) {
    struct liar_node *l = state;
    for (uint32_t i = 0; i < HEARD; i++) orr_msg_unref(l->env->common->pool, l->heard[i]);
}

static int liar_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct liar_node *l = state;
    if (event->kind == ORR_START) orr_arm(out, 0, event->now + TICK);
    if (event->kind == ORR_RECV) hear(l, event->msg);
    if (event->kind == ORR_TIMER) tick(l, event->now, out);
    return 0;
}

const struct orr_protocol orr_lab_gossip_liar = {
    .abi = ORR_ABI,
    .name = "gossip-liar",
    .summary = "breaks the protocol of the gossip lab",
    .kinds = kinds,
    .config_size = sizeof(struct liar_config),
    .config = config,
    .node_size = sizeof(struct liar_node),
    .n_timers = 1,
    .transport = ORR_STREAM,
    .init = liar_init,
    .step = liar_step,
    .fini = liar_fini,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
