/* gossip_validator.c - the node `tendermint-gossipsub`: Tendermint whose messages to all travel
 * over GossipSub, so that a few validators are heard by thousands of peers, each linked to some.
 *
 * What consensus casts (proposals, parts, votes, transactions, evidence) is published: a byte with
 * its kind, then its data.  What it sends to one peer (questions and answers of who has fallen
 * behind) goes over the link to that peer as it is.  A node without stake is a full node: it
 * relays, checks and executes blocks, and votes on nothing.
 *
 * With three topics blocks, votes and transactions have one each, with fewer they share.  A message
 * that consensus could not read is refused, and the peer that relayed it pays for it in its score;
 * one of blocks or votes whose author has no power goes no further.
 *
 * RPCs have protocol number GOSSIP in their header, consensus has 0, as it has without gossip. */
#include <assert.h>

#include "models/gossip/state.h"
#include "models/layer.h"
#include "models/node/validator.h"

static const struct orr_protocol *const inner = &orr_tendermint_validator;

enum { GOSSIP = 1, BFT_TIMER = ORR_GOSSIP_N_TIMERS };

/* The router's table of keys is for a config of its own at offset 0. */
struct gossip_validator_config {
    struct orr_gossip_config gossip;
    struct orr_validator_config validator;
};

struct gossip_validator_shared {
    struct orr_gossip_net *net;
    const void *validator;
};

struct heard {
    struct orr_msg *msg; /* a reference */
    orr_peer from;
};

struct gossip_validator {
    struct orr_gossip router;
    struct orr_common common; /* as consensus is told: with its own shared data */
    struct orr_env env;
    void *validator;
    struct orr_fifo heard;    /* struct heard: delivered, for consensus */
    struct orr_tail tail;
    struct orr_layer_place gossip_place, validator_place;
    orr_time now;
};

static struct orr_common inner_common(const struct orr_common *common) {
    struct orr_common c = *common;
    c.shared = ((const struct gossip_validator_shared *)common->shared)->validator;
    return c;
}

/* ---- payloads ---- */

enum topic { BLOCKS, VOTES, TRANSACTIONS };

/* Of a kind that is cast; false: it is of no such kind. */
static bool topic_of(uint16_t kind, enum topic *topic) {
    switch ((enum orr_tm_kind)kind) {
    case ORR_TM_PROPOSAL:
    case ORR_TM_PART: *topic = BLOCKS; return true;
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT:
    case ORR_TM_EVIDENCE: *topic = VOTES; return true;
    case ORR_TM_TX: *topic = TRANSACTIONS; return true;
    default: return false;
    }
}

static bool is_well_formed(const struct orr_common *c, const struct orr_msg *m) {
    struct orr_statement said;
    struct orr_transfer transfer;
    if (m->kind == ORR_TM_TX) return orr_transfer_read(m->data, m->len, &transfer);
    if (m->kind == ORR_TM_EVIDENCE) return inner->report.statement(c, m, 0, &said);
    return m->decoded != NULL; /* those are read when they are decoded */
}

/* The message that consensus hears, or NULL: it is none, or malformed. */
static struct orr_msg *unpack(const struct orr_common *common, struct orr_blob data) {
    enum topic topic;
    if (!data.len || !topic_of(data.p[0], &topic)) return NULL;
    struct orr_common c = inner_common(common);
    struct orr_msg *m = orr_msg_copy(common->pool, data.p[0], data.p + 1, data.len - 1);
    orr_freeze(inner, &c, m);
    if (is_well_formed(&c, m)) return m;
    orr_msg_unref(common->pool, m);
    return NULL;
}

static struct orr_msg *make(const void *ctx, const struct orr_common *common, uint32_t topic,
                            struct orr_blob data) {
    (void)ctx, (void)topic;
    return unpack(common, data);
}

/* ---- the router's application ---- */

/* Who has no power here may have it where its voters are known better: nobody is to blame. */
static enum orr_gossip_verdict validate(void *app, const struct orr_gossip_item *item) {
    struct gossip_validator *v = app;
    struct orr_msg *m = item->made ? orr_msg_ref(item->made)
                                   : unpack(v->router.env->common, item->data);
    enum topic topic;
    bool good = m && topic_of(m->kind, &topic) &&
                topic % v->router.net->n_topics == item->topic;
    orr_msg_unref(v->common.pool, m);
    if (!good) return ORR_GOSSIP_REJECT;
    bool is_heard = topic == TRANSACTIONS || item->origin == ORR_NOBODY || /* nobody signs */
                    orr_validator_may_vote(v->validator, item->origin);
    return is_heard ? ORR_GOSSIP_ACCEPT : ORR_GOSSIP_IGNORE;
}

/* Consensus hears of it when the router's step is over. */
static void deliver(void *app, const struct orr_gossip_item *item, struct orr_outbox *out) {
    struct gossip_validator *v = app;
    (void)out;
    if (item->from == v->env.self) return; /* it said so itself */
    struct heard *heard = orr_fifo_push(&v->heard);
    heard->msg = item->made ? orr_msg_ref(item->made)
                            : unpack(v->router.env->common, item->data);
    heard->from = item->from;
    assert(heard->msg); /* validate() saw it */
}

static const struct orr_gossip_app application = {validate, deliver};

/* ---- effects ---- */

static void pass(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                 struct orr_outbox *out) {
    (void)parent, (void)place;
    orr_effect(out, e);
}

static void publish(struct gossip_validator *v, const struct orr_msg *m, struct orr_outbox *out) {
    enum topic topic;
    bool is_cast = topic_of(m->kind, &topic);
    assert(is_cast);
    struct orr_msg *payload = orr_msg_new(out->pool, 0, m->len + 1);
    payload->data[0] = (uint8_t)m->kind;
    memcpy(payload->data + 1, m->data, m->len);
    uint32_t from = out->n;
    int error = orr_gossip_publish(&v->router, topic % v->router.net->n_topics,
                                   (struct orr_blob){payload->data, payload->len}, v->now, out);
    if (error) orr_reject(out); /* longer than an RPC may be */
    orr_layer_lift(&v->gossip_place, out, from, pass, v);
    orr_msg_unref(out->pool, payload);
}

static void speak(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                  struct orr_outbox *out) {
    if (e.kind != ORR_CAST) {
        pass(parent, place, e, out);
        return;
    }
    publish(parent, e.msg, out);
    orr_msg_unref(out->pool, e.msg);
}

/* ---- events ---- */

static int step_validator(struct gossip_validator *v, const struct orr_event *event,
                          struct orr_outbox *out) {
    uint32_t from = out->n;
    int rc = inner->step(v->validator, event, out);
    orr_layer_lift(&v->validator_place, out, from, speak, v);
    return rc;
}

static void step_router(struct gossip_validator *v, const struct orr_event *event,
                        struct orr_outbox *out) {
    uint32_t from = out->n;
    orr_gossip_step(&v->router, event, out);
    orr_layer_lift(&v->gossip_place, out, from, pass, v);
}

/* Ends: what consensus publishes meanwhile it does not hear itself. */
static int hear(struct gossip_validator *v, const struct orr_event *event,
                struct orr_outbox *out) {
    int rc = 0;
    while (v->heard.n) {
        struct heard heard = *(struct heard *)orr_fifo_pop(&v->heard);
        struct orr_event e = {.kind = ORR_RECV, .peer = heard.from, .now = event->now,
                              .wall = event->wall, .msg = heard.msg};
        if (!rc) rc = step_validator(v, &e, out);
        orr_msg_unref(out->pool, heard.msg);
    }
    return rc;
}

static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct gossip_validator *v = state;
    struct orr_event e;
    v->now = event->now;
    bool to_router = event->kind != ORR_INPUT && event->kind != ORR_STORED &&
                     event->kind != ORR_WRITTEN &&
                     orr_layer_event(&v->gossip_place, event, &e);
    if (to_router) step_router(v, &e, out);
    bool is_rpc = event->kind == ORR_RECV && event->msg && event->msg->protocol == GOSSIP;
    int rc = 0;
    if (!is_rpc && orr_layer_event(&v->validator_place, event, &e))
        rc = step_validator(v, &e, out);
    return rc ? rc : hear(v, event, out);
}

/* ---- life ---- */

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    const struct gossip_validator_config *c = cfg;
    struct gossip_validator_shared *shared = orr_alloc_zero(mem, sizeof *shared);
    shared->net = orr_gossip_net_new(cohort, &c->gossip, mem);
    shared->validator = inner->genesis.share(cohort, &c->validator, mem);
    orr_gossip_net_make(shared->net, make, NULL);
    return shared;
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct gossip_validator_config *c = cfg;
    const char *why = orr_gossip_refuses(&c->gossip, n);
    if (!why && c->gossip.subscribed < c->gossip.topics && c->gossip.subscribed < 3)
        why = "consensus must be subscribed to all topics";
    return why ? why : inner->genesis.refuses(&c->validator, n);
}

static void fini(void *state) {
    struct gossip_validator *v = state;
    struct orr_mem *mem = v->common.mem;
    while (v->heard.n)
        orr_msg_unref(v->common.pool, ((struct heard *)orr_fifo_pop(&v->heard))->msg);
    orr_fifo_fini(&v->heard);
    orr_gossip_fini(&v->router);
    inner->fini(v->validator);
    orr_free(mem, v->validator, inner->node_size);
    orr_tail_fini(&v->tail, mem);
}

static int init(void *state, const struct orr_env *env, const void *cfg) {
    struct gossip_validator *v = state;
    const struct gossip_validator_config *c = cfg;
    const struct gossip_validator_shared *shared = env->common->shared;
    struct orr_mem *mem = env->common->mem;
    v->common = inner_common(env->common);
    v->env = (struct orr_env){.common = &v->common, .self = env->self};
    v->validator = orr_alloc_zero(mem, inner->node_size);
    int rc = inner->init(v->validator, &v->env, &c->validator);
    if (rc) {
        orr_free(mem, v->validator, inner->node_size);
        return rc;
    }
    orr_gossip_init(&v->router, env, &c->gossip, shared->net, &application, v);
    orr_fifo_init(&v->heard, mem, sizeof(struct heard));
    v->gossip_place = (struct orr_layer_place){
        .tail = &v->tail, .mem = mem, .n_timers = ORR_GOSSIP_N_TIMERS, .protocol = GOSSIP};
    v->validator_place = (struct orr_layer_place){
        .tail = &v->tail, .mem = mem, .timer = BFT_TIMER, .n_timers = ORR_TM_N_TIMERS,
        .n_names = UINT32_MAX};
    return 0;
}

/* ---- for drivers and reports ---- */

static bool is_rpc(const struct orr_msg *m) {
    return m && (m->protocol & ~ORR_MSG_MARKS) == GOSSIP;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    if (is_rpc(m)) {
        const struct gossip_validator_shared *shared = common->shared;
        orr_gossip_decode(shared->net, common, m);
        return;
    }
    struct orr_common c = inner_common(common);
    inner->decode(&c, m);
}

static void touch(const void *state, const struct orr_msg *m) {
    if (is_rpc(m)) orr_gossip_touch(&((const struct gossip_validator *)state)->router, m);
}

static uint64_t digest(const void *state) {
    const struct gossip_validator *v = state;
    uint64_t bft = inner->digest(v->validator);
    return orr_hash64(orr_gossip_digest(&v->router), &bft, sizeof bft);
}

static bool leads(const void *state) {
    return inner->fault.leads(((const struct gossip_validator *)state)->validator);
}

static void stand(const void *state, struct orr_stand *stand) {
    inner->report.stand(((const struct gossip_validator *)state)->validator, stand);
}

/* What consensus says in a message, or NULL. */
static const struct orr_msg *said_in(const struct orr_msg *m) {
    return is_rpc(m) ? orr_gossip_made(m) : m;
}

static bool place(const struct orr_msg *m, struct orr_progress *at) {
    const struct orr_msg *said = said_in(m);
    return said && inner->report.place(said, at);
}

static bool statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *out) {
    struct orr_common c = inner_common(common);
    const struct orr_msg *said = said_in(m);
    return said && inner->report.statement(&c, said, i, out);
}

static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    struct orr_common c = inner_common(common);
    return inner->workload.make_tx(state, &c, order);
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
    NULL,
};
static const char *const rpc_kinds[] = {
#define KIND(name, text) text,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
    NULL,
};
static const struct orr_layer layers[] = {
    {.name = "gossipsub", .kinds = rpc_kinds, .protocol = GOSSIP}, {0}};

#define AT(member) (offsetof(struct gossip_validator_config, validator) + \
                    offsetof(struct orr_validator_config, member))
static const struct orr_config_key config_keys[] = {
#define KEY(key, type_, fallback_, min_, max_, help_)                                          \
    {.name = #key, .help = help_, .type = ORR_CONFIG_##type_, .fallback = fallback_,           \
     .min = min_, .max = max_, .offset = AT(bft) + offsetof(struct orr_tm_config, key)},
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
    {.name = "genesis_balance", .type = ORR_CONFIG_COUNT, .fallback = 1000000000,
     .max = 1ull << 40, .help = "what every account of the ledger starts with",
     .offset = AT(genesis_balance)},
    ORR_GOSSIP_CONFIG_KEYS,
    {0},
};
_Static_assert(offsetof(struct gossip_validator_config, gossip) == 0, "the router's keys");

const struct orr_protocol orr_gossip_validator = {
    .abi = ORR_ABI,
    .name = "tendermint-gossipsub",
    .summary = "Tendermint whose blocks and votes travel over GossipSub; without stake a full node",
    .kinds = kinds,
    .layers = layers,
    .config_size = sizeof(struct gossip_validator_config),
    .config = config_keys,
    .node_size = sizeof(struct gossip_validator),
    .n_timers = ORR_GOSSIP_N_TIMERS + ORR_TM_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .touch = touch,
    .digest = digest,
    .fault.leads = leads,
    .workload.state_size = sizeof(struct orr_validator_clients),
    .workload.make_tx = make_tx,
    .workload.sets_power = true,
    .workload.least_size = ORR_TRANSFER_MIN_BYTES,
    .report.place = place,
    .report.statement = statement,
    .report.stand = stand,
};
