/* validator.c - the node `tendermint`: Tendermint consensus over the transfer ledger. */
#include "models/node/validator.h"

#include <assert.h>

/* Key pairs are those of nodes, of clients, and of one who may set voting powers. */
enum { KEY_CACHE = ORR_VALIDATOR_CLIENTS, GOVERNOR_INDEX = 1u << 30, CLIENT_INDEX = 1u << 31,
       N_RECIPIENTS = 256 };

/* For the whole cohort. */
struct genesis {
    struct orr_validator_set *set;
    enum orr_signatures signatures;
    uint64_t seed;
    struct orr_keypair governor;
};

struct validator {
    struct orr_tm *bft;
    struct orr_ledger ledger;
};

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    struct genesis *g = orr_alloc_zero(mem, sizeof *g);
    g->set = orr_validator_set_new(cohort, mem);
    if (((const struct orr_validator_config *)cfg)->bft.bug == ORR_TM_BUG_QUORUM_2F)
        orr_validator_set_lower_quorum(g->set);
    g->signatures = cohort->signatures;
    g->seed = cohort->seed;
    orr_keypair_derive(g->signatures, g->seed, GOVERNOR_INDEX, &g->governor);
    return g;
}

static const char *refuses(const void *cfg, uint32_t n) {
    return orr_tm_refuses(&((const struct orr_validator_config *)cfg)->bft, n);
}

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct validator *v = node;
    const struct orr_validator_config *config = cfg;
    const struct genesis *g = env->common->shared;
    orr_ledger_init(&v->ledger, env, g->set->chain_id, config->genesis_balance);
    v->ledger.governor = g->governor.public_key;
    v->bft = orr_tm_new(env, &config->bft, g->set, &orr_ledger_app, &v->ledger);
    if (v->bft) return 0;
    orr_ledger_fini(&v->ledger);
    return ORR_EINVAL; /* no stake at all, or too much of it, or what refuses() says */
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    return orr_tm_step(((struct validator *)node)->bft, event, out);
}

static void fini(void *node) {
    struct validator *v = node;
    if (v->bft) orr_tm_free(v->bft);
    orr_ledger_fini(&v->ledger);
    v->bft = NULL;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    const struct genesis *g = common->shared;
    if (m->kind == ORR_TM_TX)
        orr_transfer_decode(m, g->set->chain_id, common->pool, common->memo);
    else
        orr_tm_decode(m, g->set, common->pool, common->memo);
}

static uint64_t digest(const void *node) {
    return orr_tm_digest(((const struct validator *)node)->bft);
}

bool orr_validator_may_vote(const void *node, orr_peer peer) {
    return orr_tm_may_vote(((const struct validator *)node)->bft, peer);
}

static bool leads(const void *node) {
    return orr_tm_leads(((const struct validator *)node)->bft);
}

static struct orr_msg *forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    return orr_tm_forge(((struct validator *)node)->bft, m, pool);
}

static bool sign(const struct orr_common *common, orr_peer signer,
                 const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)changed;
    return orr_tm_sign(common, ((const struct genesis *)common->shared)->set, signer, m);
}

static void forget(void *node) { orr_tm_forget(((struct validator *)node)->bft); }

static bool statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *said) {
    return orr_tm_statement(m, i, ((const struct genesis *)common->shared)->set, said);
}

static void stand(const void *node, struct orr_stand *stand) {
    orr_tm_stand(((const struct validator *)node)->bft, stand);
}

static const struct orr_keypair *client_key(struct orr_validator_clients *clients,
                                            const struct genesis *g, uint32_t client) {
    struct orr_validator_client *k = &clients->keys[client % KEY_CACHE];
    if (!k->is_set || k->client != client) {
        orr_keypair_derive(g->signatures, g->seed, CLIENT_INDEX | client, &k->pair);
        k->client = client;
        k->is_set = true;
    }
    return &k->pair;
}

/* The governor sets the power of a validator. */
static struct orr_msg *power_tx(const struct genesis *g, const struct orr_common *common,
                                const struct orr_tx_order *o) {
    uint32_t rank = orr_validator_of(g->set, o->of);
    assert(rank != ORR_NOBODY); /* whoever orders it names a member */
    uint64_t nonce = ((uint64_t)o->client << 32) + o->number + 1; /* no two orders have the same */
    return orr_transfer_make(&g->governor, g->set->keys[rank].public_key, o->power, 0, nonce,
                             o->size, g->set->chain_id, common->pool, common->memo);
}

/* Client `client` pays a small amount to one of N_RECIPIENTS others, with a drawn fee. */
static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *o) {
    const struct genesis *g = common->shared;
    if (o->is_power) return power_tx(g, common, o);
    uint32_t to = (o->client + 1 + (uint32_t)orr_rng_below(o->rng, N_RECIPIENTS)) & ~CLIENT_INDEX;
    uint64_t amount = 1 + orr_rng_below(o->rng, 100), fee = 1 + orr_rng_below(o->rng, 100);
    uint8_t to_key[32];
    memcpy(to_key, client_key(state, g, to)->public_key, 32); /* it may be dropped next */
    return orr_transfer_make(client_key(state, g, o->client & ~CLIENT_INDEX), to_key, amount, fee,
                             o->number + 1, o->size, g->set->chain_id, common->pool,
                             common->memo);
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
    NULL,
};

static const char *const bugs[] = {
#define BUG(name, text) text,
    ORR_TENDERMINT_BUGS(BUG)
#undef BUG
    NULL,
};

static const char *const on_off[] = {"on", "off", NULL};

#define FLAW(name_, member_, help_, flaw_)                                              \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_ENUM, .flaw = flaw_,             \
     .choices = on_off, .max = 1,                                                       \
     .offset = offsetof(struct orr_validator_config, bft) +                             \
               offsetof(struct orr_tm_config, member_)}

static const struct orr_config_key config_keys[] = {
#define KEY(key, type_, fallback_, min_, max_, help_)                                          \
    {.name = #key,                                                                             \
     .help = help_,                                                                            \
     .type = ORR_CONFIG_##type_,                                                               \
     .offset =                                                                                 \
         offsetof(struct orr_validator_config, bft) + offsetof(struct orr_tm_config, key),     \
     .fallback = fallback_,                                                                    \
     .min = min_,                                                                              \
     .max = max_},
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
    {.name = "dissemination", .also = "transport", .type = ORR_CONFIG_ENUM,
     .choices = orr_tm_disseminations, .max = ORR_TM_GOSSIP, .help = ORR_TM_DISSEMINATION_HELP,
     .offset = offsetof(struct orr_validator_config, bft) +
               offsetof(struct orr_tm_config, dissemination)},
    FLAW(unlock, unlock_off, "a newer quorum of prevotes releases a lock (lines 28-31)",
         "arXiv 1807.04938: two locks on two blocks stop it"),
    FLAW(valid_value, valid_value_off,
         "a quorum of prevotes that comes after the precommit is remembered (lines 36, 42-43)",
         "tendermint issue 7900: a hidden lock stops it"),
    FLAW(precommit_wait, timeout_precommit_off,
         "after any 2/3 of precommits a round waits for more (lines 47, 65)",
         "tendermint issue 7900: a quorum of prevotes that is a moment late is missed"),
    {.name = "bug", .type = ORR_CONFIG_ENUM, .choices = bugs,
     .max = sizeof bugs / sizeof bugs[0] - 2, .flaw = "seeded, to see what finds it",
     .help = "a mistake that implementations have made",
     .offset = offsetof(struct orr_validator_config, bft) + offsetof(struct orr_tm_config, bug)},
    {.name = "genesis_balance", .type = ORR_CONFIG_COUNT, .fallback = 1000000000, .max = 1ull << 40,
     .help = "what every account of the ledger starts with",
     .offset = offsetof(struct orr_validator_config, genesis_balance)},
    {0},
};

const struct orr_protocol orr_tendermint_validator = {
    .abi = ORR_ABI,
    .burst = 1, /* prevotes, then precommits: 1.04 on every link at once were seen at most */
    .name = "tendermint",
    .summary = "a Tendermint validator (arXiv 1807.04938) with a ledger of signed transfers",
    .kinds = kinds,
    .config_size = sizeof(struct orr_validator_config),
    .config = config_keys,
    .node_size = sizeof(struct validator),
    .n_timers = ORR_TM_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .digest = digest,
    .fault.leads = leads,
    .workload.state_size = sizeof(struct orr_validator_clients),
    .workload.make_tx = make_tx,
    .workload.sets_power = true,
    .workload.least_size = ORR_TRANSFER_MIN_BYTES,
    .fault.forge = forge,
    .fault.fields = orr_tm_fields,
    .fault.sign = sign,
    .fault.forget = forget,
    .fault.patience = ORR_TM_PATIENCE,
    .report.place = orr_tm_place,
    .report.statement = statement,
    .report.stand = stand,
};
