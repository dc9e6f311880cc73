#include "models/node/rollup.h"

#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/rollup/envelope.h"
#include "models/statement.h"
#include "models/vm/u256.h"

static const char *const forks[] = {"ecotone", "fjord", "granite", "holocene", "isthmus", NULL};
static const enum orr_evm_rollup fork_of[] = {ORR_EVM_ECOTONE, ORR_EVM_FJORD, ORR_EVM_GRANITE,
                                              ORR_EVM_HOLOCENE, ORR_EVM_ISTHMUS};
enum { SEQUENCER_KEY = 1 << 20 /* of the wallet, beyond all accounts */ };
enum { ISTHMUS = 4, L1_CHAIN_ID = 900, BLOCK_TIME_S = 2, GAS_LIMIT = 30000000,
       MEMBERS_MIN = 3, ACCOUNTS_MAX = 4096 };

static const char *const forms[] = {"singular", "span", "smaller", NULL};
static const char *const compressions[] = {"zlib", "brotli", NULL};
static const char *const orderings[] = {"first_come", "tip", NULL};
static const char *const datas[] = {"calldata", "blobs", "cheaper", NULL};
static const char *const flaws[] = {"none",     "other_batch",   "old_rules",
                                    "bad_root", "blind_machine", "no_deposits",
                                    "no_fence", NULL};
static const char *const unsafes[] = {"links", "flood", "none", NULL};
static const char *const tactics[] = {"plain", "last_second", "freeloader", "griefer", NULL};
static const char *const parts[] = {"verifier", "proposer", "challenger", NULL};

/* ---- genesis ---- */

static void set_config(struct orr_rollup_genesis *g, const struct orr_rollup_role *role) {
    const struct orr_chain_genesis *l1 = g->l1;
    struct orr_rollup_config *c = &g->config;
    *c = (struct orr_rollup_config){
        .block_time = BLOCK_TIME_S, .seq_window_size = role->window, .max_sequencer_drift = 600,
        .l2_chain_id = ORR_ROLLUP_L2_CHAIN_ID, .elasticity = 6, .denominator = 50,
        .denominator_canyon = 250, .l1_chain_id = L1_CHAIN_ID,
        .channel_timeout = ORR_ROLLUP_GRANITE_TIMEOUT,
        .inbox = {{0xff, 0x00, 0x09, 0x01}},
        .system_config = {{0xff, 0x00, 0x09, 0x02}},
        .portal =
            orr_evm_create_address(&l1->keys[ORR_ROLLUP_KEY_DEPLOYER].address, 0)};
    enum orr_evm_rollup newest = fork_of[role->fork];
    const struct {
        enum orr_evm_rollup fork;
        uint64_t *time;
    } times[] = {{ORR_EVM_FJORD, &c->fjord_time}, {ORR_EVM_GRANITE, &c->granite_time},
                 {ORR_EVM_HOLOCENE, &c->holocene_time}, {ORR_EVM_ISTHMUS, &c->isthmus_time}};
    enum orr_evm_rollup later = role->upgrade_at ? fork_of[role->upgrade] : newest;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i].time = newest >= times[i].fork  ? 0
                         : later >= times[i].fork ? (uint64_t)(role->upgrade_at / 1000000000)
                                                  : ORR_ROLLUP_NEVER;
    if (role->upgrade_at) c->upgrades = orr_rollup_own_codes(g->mem);
    orr_l2_chain_init(&g->chain, c);
    g->system = (struct orr_system_config){
        .batcher = l1->keys[ORR_ROLLUP_KEY_BATCHER].address, .gas_limit = GAS_LIMIT,
        /* version 1, blob base fee scalar 810949, base fee scalar 1368: as OP Mainnet's were */
        .scalar = {{(uint64_t)810949 << 32 | 1368, 0, 0, (uint64_t)1 << 56}},
        .operator_fee_scalar = 1000, .operator_fee_constant = 5};
}

/* The least excess at which a blob's gas costs so much (EIP-4844). */
static uint64_t excess_for(uint64_t wei, uint64_t update_fraction) {
    uint64_t low = 0, high = 100 * update_fraction; /* e^100 wei is more than there is */
    while (low < high) { /* ends: the distance halves */
        uint64_t middle = (low + high) / 2;
        struct orr_u256 fee = orr_evm_blob_fee(middle, update_fraction);
        if (orr_u256_less(fee, orr_u256_from_u64(wei))) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The L1 block contract, in the machine's own words: it puts what the attributes deposit says where
 * the fees are read (models/vm/rollup.h). */
static const uint8_t l1_block_code[] = {
    0x60, 0x04, 0x35, 0x60, 0x80, 0x1c, 0x60, 0x03, 0x55, /* 3: scalars, sequence number      */
    0x60, 0x14, 0x35, 0x60, 0x80, 0x1c, 0x60, 0x00, 0x55, /* 0: time and number               */
    0x60, 0x24, 0x35, 0x60, 0x01, 0x55,                   /* 1: base fee                      */
    0x60, 0x44, 0x35, 0x60, 0x07, 0x55,                   /* 7: blob base fee                 */
    0x60, 0x64, 0x35, 0x60, 0x02, 0x55,                   /* 2: hash                          */
    0x60, 0x84, 0x35, 0x60, 0x04, 0x55,                   /* 4: batcher                       */
    0x60, 0xa4, 0x35, 0x60, 0xa0, 0x1c, 0x60, 0x08, 0x55, /* 8: operator fee (0 if not there) */
    0x00};

static void make_first_block(struct orr_rollup_genesis *g) {
    const struct orr_chain_genesis *l1 = g->l1;
    struct orr_address contract = orr_evm_predeploy(ORR_PREDEPLOY_L1_BLOCK);
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    struct orr_u256 thousand = orr_u256_from_u64(1000);
    g->state = orr_evm_state_create(l1->blocks.store);
    orr_evm_state_begin_tx(g->state);
    for (uint32_t k = 0; k < l1->n_keys; k++) /* 1,000 ether each */
        orr_evm_state_set_balance(
            g->state, &l1->keys[k].address,
            orr_u256_mul(thousand, orr_u256_from_u64(1000000000000000000u)));
    if (g->config.upgrades) {
        orr_rollup_put_proxies(g, g->state);
    } else {
        orr_evm_state_set_nonce(g->state, &contract, 1);
        orr_evm_state_set_code(g->state, &contract, l1_block_code, sizeof l1_block_code);
    }
    orr_evm_state_set_nonce(g->state, &passer, 1);
    orr_evm_state_end_tx(g->state, ORR_FORK_PRAGUE);
    const struct orr_u256 merged = {{0}};
    g->header = (struct orr_evm_header){
        .n_fields = orr_evm_header_fields_of(
            orr_evm_chain_fork_at(&g->chain.config, 0, 0, &merged)->fork),
        .ommers_hash = orr_keccak256("\xc0", 1), .state_root = orr_evm_state_root(g->state),
        .transactions_root = orr_trie_empty_hash, .receipts_root = orr_trie_empty_hash,
        .withdrawals_root = orr_trie_empty_hash, .gas_limit = GAS_LIMIT,
        .base_fee = orr_u256_from_u64(1000000)};
    orr_sha256(NULL, 0, g->header.requests_hash.bytes);
}

static void set_sequencers(struct orr_rollup_genesis *g, const struct orr_rollup_role *role) {
    orr_wallet_derive(g->l1->wallet, SEQUENCER_KEY, &g->sequencer);
    g->n_sequencers = (uint32_t)role->sequencers;
    if (g->n_sequencers < 2) return;
    uint64_t *stakes = orr_alloc(g->mem, g->n_sequencers * sizeof *stakes);
    for (uint32_t i = 0; i < g->n_sequencers; i++) stakes[i] = 1;
    g->lessees = *g->cohort;
    g->lessees.n = g->n_sequencers;
    g->lessees.members = g->cohort->members + 1;
    g->lessees.stakes = stakes;
    g->sequencers = orr_validator_set_new(&g->lessees, g->mem);
}

struct orr_rollup_genesis *orr_rollup_genesis_new(const struct orr_cohort *cohort,
                                                  const struct orr_rollup_role *role,
                                                  struct orr_mem *mem) {
    struct orr_rollup_genesis *g = orr_alloc_zero(mem, sizeof *g);
    const struct orr_chain_genesis_config l1 = {.fork = ORR_FORK_PRAGUE, .chain_id = L1_CHAIN_ID,
                                                .gas_limit = 36000000, .base_fee = 1000000000,
                                                .n_accounts = (uint32_t)role->accounts};
    g->mem = mem;
    g->cohort = cohort;
    g->l1 = orr_chain_genesis_new(&l1, cohort->seed, mem);
    g->l1->header.excess_blob_gas =
        excess_for(role->blob_fee, g->l1->configs[g->l1->fork].forks[0].blobs.update_fraction);
    g->l1_hash = orr_evm_header_hash(mem, &g->l1->header);
    set_sequencers(g, role);
    set_config(g, role);
    make_first_block(g);
    if (role->propose_every) orr_rollup_games_install(g, role);
    return g;
}

/* ---- the role ---- */

struct rollup {
    bool is_l1;
    struct orr_rollup_l1 l1;
    struct orr_rollup_member member;
};

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    return orr_rollup_genesis_new(cohort, cfg, mem);
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct orr_rollup_role *role = cfg;
    if (n < MEMBERS_MIN) return "a rollup has L1, a sequencer and at least one verifier";
    if (n < role->sequencers + 2)
        return "sequencers must be at most two less than the rollup's members: L1, and one that "
               "verifies";
    if (role->sequencers > 1 && role->unsafe == ORR_UNSAFE_NONE)
        return "several sequencers need unsafe_blocks: each goes on from what the others have sent";
    if (role->upgrade_at && role->upgrade <= role->fork)
        return "upgrade must name a later fork than fork, when there is an upgrade_at";
    if (role->reorg_every && role->reorg_depth >= role->final_depth)
        return "l1_reorg_depth must be below l1_final: what is final does not go";
    if (role->censor > role->accounts - ORR_ROLLUP_KEYS_TAKEN)
        return "censor must be at most the number of clients' accounts: three less than accounts";
    if (role->silent_until && role->silent_until <= role->silent_after)
        return "withhold_until must be above withhold_after: the batcher comes back later";
    if (role->compression == ORR_COMPRESSION_BROTLI && fork_of[role->fork] < ORR_EVM_FJORD)
        return "brotli channels begin with Fjord";
    if (role->spike_until && role->spike_until <= role->spike_after)
        return "blob_spike_until must be above blob_spike_after: prices rise in between";
    if (!role->propose_every) return role->part ? "who proposes or challenges needs propose_every"
                                                : NULL;
    if (fork_of[role->fork] < ORR_EVM_ISTHMUS)
        return "disputes begin with isthmus, whose headers say what an output root is made of";
    if (role->propose_every > (uint64_t)1 << role->game_split)
        return "propose_every must be at most 2 to the power of game_split: a game's blocks";
    if (role->game_clock < 2 * ORR_ROLLUP_EXTENSION_SLOTS * role->l1_slot)
        return "game_clock must be at least six l1_slot: a move takes a slot or two";
    if (role->accounts < n + ORR_ROLLUP_KEYS_TAKEN)
        return "accounts must be as many as the rollup's members, and three more";
    return NULL;
}

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct rollup *r = node;
    const struct orr_rollup_role *role = cfg;
    const struct orr_rollup_genesis *g = env->common->shared;
    r->is_l1 = env->self == g->cohort->members[0];
    bool sequences = false;
    for (uint32_t i = 1; i <= g->n_sequencers; i++)
        sequences |= env->self == g->cohort->members[i];
    orr_rollup_member_init(&r->member, env, role, g, sequences);
    if (!r->is_l1) return 0;
    orr_rollup_l1_init(&r->l1, env, role, g);
    r->l1.follower = &r->member;
    return 0;
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct rollup *r = node;
    if (!r->is_l1) return orr_rollup_member_step(&r->member, event, out);
    orr_rollup_l1_step(&r->l1, event, out);
    return 0;
}

static void fini(void *node) {
    struct rollup *r = node;
    if (r->is_l1) orr_rollup_l1_fini(&r->l1);
    orr_rollup_member_fini(&r->member);
}

/* The sequencer leads; of several who holds the lease. */
static bool leads(const void *node) {
    const struct orr_rollup_member *m = &((const struct rollup *)node)->member;
    return m->sequences && (!m->lease || orr_rollup_lease_leads(m->lease));
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    const struct orr_rollup_genesis *g = common->shared;
    bool is_lease = (m->protocol & ~ORR_MSG_MARKS) == ORR_ROLLUP_LEASE_PROTOCOL;
    if (g->sequencers && is_lease && m->kind != ORR_TM_TX)
        orr_tm_decode(m, g->sequencers, common->pool, common->memo);
}

/* ---- lies ---- */

/* Another block of the sequencer's on the same parent. */
static struct orr_msg *forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    struct rollup *r = node;
    bool is_block = r->member.sequences && !m->protocol && m->kind == ORR_ROLLUP_UNSAFE;
    return is_block ? orr_rollup_forge_unsafe(&r->member, m, pool) : NULL;
}

static bool statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *said) {
    const struct orr_rollup_genesis *g = common->shared;
    struct orr_envelope e;
    if (i || (m->protocol & ~ORR_MSG_MARKS) || m->kind != ORR_ROLLUP_UNSAFE ||
        g->n_sequencers > 1 || /* they share a key */
        orr_envelope_read(common->mem, &g->config, m->data, m->len, &e))
        return false;
    *said = (struct orr_statement){.signer = g->cohort->members[1], .kind = ORR_ROLLUP_UNSAFE,
                                   .height = e.header.number, .view = orr_rollup_slot_of(&e),
                                   .justify_view = ORR_NO_VIEW};
    memcpy(said->value, e.hash.bytes, sizeof said->value);
    orr_envelope_free(&e);
    return true;
}

/* ---- clients ---- */

/* How many transactions each account has sent.  Client c has an account that is nobody else's on
 * L1, modulo their number. */
struct clients {
    uint64_t nonces[ACCOUNTS_MAX];
};

static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *o) {
    const struct orr_rollup_genesis *g = common->shared;
    const struct orr_chain_genesis *l1 = g->l1;
    struct clients *clients = state;
    uint32_t n = l1->n_keys - ORR_ROLLUP_KEYS_TAKEN;
    uint32_t account = ORR_ROLLUP_KEYS_TAKEN + o->client % n;
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = orr_u256_from_u64(ORR_ROLLUP_L2_CHAIN_ID),
                            .nonce = clients->nonces[account]++,
                            .gas_limit = 21000,
                            .max_fee = orr_u256_from_u64(1000000000),
                            .max_priority_fee = orr_u256_from_u64(1000),
                            .to = l1->keys[orr_rng_below(o->rng, l1->n_keys)].address,
                            .value = orr_u256_from_u64(1 + orr_rng_below(o->rng, 1000000))};
    orr_wallet_sign(l1->wallet, common->mem, &tx, &l1->keys[account]);
    struct orr_rlp_writer w = {.mem = common->mem};
    orr_evm_tx_encode(&tx, &w);
    struct orr_msg *m = orr_msg_copy(common->pool, ORR_ROLLUP_TX, w.bytes, (uint32_t)w.len);
    orr_rlp_free(&w);
    return m;
}

/* ---- the table ---- */

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_ROLLUP_KINDS(KIND)
#undef KIND
        NULL,
};

static const char *const lease_kinds[] = {
#define KIND(name, text) text,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
        NULL,
};
static const struct orr_layer layers[] = {
    {.name = "lease", .kinds = lease_kinds, .protocol = ORR_ROLLUP_LEASE_PROTOCOL}, {0}};

#define AT(member) .offset = offsetof(struct orr_rollup_role, member)
static const struct orr_config_key config_keys[] = {
    {.name = "fork", .type = ORR_CONFIG_ENUM, AT(fork), .choices = forks, .fallback = ISTHMUS,
     .max = ISTHMUS, .help = "whose rules hold on L2, from the first block on"},
    {.name = "upgrade", .type = ORR_CONFIG_ENUM, AT(upgrade), .choices = forks, .fallback = ISTHMUS,
     .max = ISTHMUS, .help = "with upgrade_at: the fork that begins then, and those before it"},
    {.name = "upgrade_at", .type = ORR_CONFIG_TIME, AT(upgrade_at), .max = 31536000000000000,
     .help = "when it begins, by L2's clock; its first block has no transactions but deposits; 0: "
             "never"},
    {.name = "l1_slot", .type = ORR_CONFIG_TIME, AT(l1_slot), .fallback = 12000000000,
     .min = 1000000000, .max = 3600000000000, .help = "from L1 block to L1 block"},
    {.name = "l1_final", .type = ORR_CONFIG_COUNT, AT(final_depth), .fallback = 8, .min = 1,
     .max = 1000, .help = "an L1 block is final when so many stand on it"},
    {.name = "l1_reorg_every", .type = ORR_CONFIG_COUNT, AT(reorg_every), .max = 1000000,
     .help = "each so many slots L1 goes on from an earlier block; 0: never"},
    {.name = "l1_reorg_depth", .type = ORR_CONFIG_COUNT, AT(reorg_depth), .fallback = 1, .min = 1,
     .max = 999, .help = "how many L1 blocks are left behind then"},
    {.name = "deposit_every", .type = ORR_CONFIG_COUNT, AT(deposit_every), .fallback = 3,
     .max = 1000000, .help = "a user of L1 makes a deposit each so many slots; 0: none"},
    {.name = "window", .type = ORR_CONFIG_COUNT, AT(window), .fallback = 20, .min = 2,
     .max = 100000, .help = "L1 blocks within which a batch must come (seq_window_size)"},
    {.name = "ordering", .type = ORR_CONFIG_ENUM, AT(ordering), .choices = orderings, .max = 1,
     .help = "in which order the sequencer takes transactions of different accounts: as they came, "
             "or who tips most first"},
    {.name = "batch", .type = ORR_CONFIG_ENUM, AT(form), .choices = forms, .fallback = 2, .max = 2,
     .help = "what the batcher writes: singular batches, spans, or what is smaller"},
    {.name = "compression", .type = ORR_CONFIG_ENUM, AT(compression), .choices = compressions,
     .max = 1, .help = "of channels"},
    {.name = "batch_every", .type = ORR_CONFIG_COUNT, AT(batch_every), .fallback = 1, .min = 1,
     .max = 1000, .help = "L1 blocks from batch to batch"},
    {.name = "frame_size", .type = ORR_CONFIG_SIZE, AT(frame_size), .fallback = 120000, .min = 100,
     .max = 120000, .help = "of a frame's data at most; each frame is an L1 transaction"},
    {.name = "data", .type = ORR_CONFIG_ENUM, AT(data), .choices = datas, .max = 2,
     .help = "where batches go: call data, blobs (EIP-4844; up to six frames a transaction), or "
             "what is cheaper at L1's last prices"},
    {.name = "max_pending", .type = ORR_CONFIG_COUNT, AT(max_pending), .fallback = 16, .min = 1,
     .max = 1000, .help = "L1 transactions of the batcher that may wait at once; no channel begins "
                          "before the last one is sent"},
    {.name = "blob_expiry", .type = ORR_CONFIG_COUNT, AT(blob_expiry), .fallback = 131072,
     .min = 1, .max = 10000000, .help = "L1 blocks for which L1 has a blob; then it is gone"},
    {.name = "l1_blob_fee", .type = ORR_CONFIG_COUNT, AT(blob_fee), .fallback = 1, .min = 1,
     .max = 1000000000000, .help = "wei per blob gas when L1 begins"},
    {.name = "blob_spike_after", .type = ORR_CONFIG_COUNT, AT(spike_after), .max = 1000000,
     .help = "after that L1 block strangers fill all blobs of a block but one, at any price; 0: "
             "they do not"},
    {.name = "blob_spike_until", .type = ORR_CONFIG_COUNT, AT(spike_until), .max = 1000000,
     .help = "with blob_spike_after: the last L1 block for which they do"},
    {.name = "withhold_after", .type = ORR_CONFIG_COUNT, AT(silent_after), .max = 1000000,
     .help = "the batcher sends nothing after that L1 block; 0: it goes on"},
    {.name = "withhold_until", .type = ORR_CONFIG_COUNT, AT(silent_until), .max = 1000000,
     .help = "with withhold_after: from that L1 block on it sends again; 0: never"},
    {.name = "garbage_every", .type = ORR_CONFIG_COUNT, AT(garbage_every), .max = 1000000,
     .help = "each so many slots strangers send to the batcher's inbox: noise, and a batch of "
             "empty blocks in its form; 0: never"},
    {.name = "censor", .type = ORR_CONFIG_COUNT, AT(censor), .max = ACCOUNTS_MAX,
     .help = "the sequencer orders nothing of the first so many clients' accounts"},
    {.name = "force_after", .type = ORR_CONFIG_COUNT, AT(force_after), .max = 100000,
     .help = "L1 blocks without a client's transaction, after which it is sent through the portal "
             "on L1; 0: never"},
    {.name = "accounts", .type = ORR_CONFIG_COUNT, AT(accounts), .fallback = 64,
     .min = ORR_ROLLUP_KEYS_TAKEN + 1, .max = ACCOUNTS_MAX,
     .help = "accounts with ether; three of them are the batcher's and others' on L1"},
    {.name = "part", .type = ORR_CONFIG_ENUM, AT(part), .choices = parts, .max = 2,
     .help = "what the third member and those after it do besides verifying: propose output roots "
             "to L1, or challenge those that are wrong"},
    {.name = "tactic", .type = ORR_CONFIG_ENUM, AT(tactic), .choices = tactics, .max = 3,
     .help = "how it plays: plain (at once), last_second (when its clock is nearly over), "
             "freeloader (a wrong answer beside each honest one), griefer (wrong answers to what "
             "is right)"},
    {.name = "propose_every", .type = ORR_CONFIG_COUNT, AT(propose_every), .max = 65536,
     .help = "L2 blocks from proposal to proposal; 0: L1 has no contract for them"},
    {.name = "game_split", .type = ORR_CONFIG_COUNT, AT(game_split), .fallback = 6, .min = 1,
     .max = 30, .help = "levels of a dispute about output roots: 2 to that power L2 blocks"},
    {.name = "game_steps", .type = ORR_CONFIG_COUNT, AT(game_steps), .fallback = 13, .min = 1,
     .max = 42, .help = "levels below: a block executes in at most 2 to that power steps"},
    {.name = "game_clock", .type = ORR_CONFIG_TIME, AT(game_clock), .fallback = 120000000000,
     .min = 2000000000, .max = 31536000000000000, .help = "what each side has for its moves"},
    {.name = "lie_from", .type = ORR_CONFIG_COUNT, AT(lie_from), .fallback = 1, .min = 1,
     .max = 1000000000, .help = "with flaw bad_root: the first L2 block whose root is another"},
    {.name = "unsafe_blocks", .type = ORR_CONFIG_ENUM, AT(unsafe), .choices = unsafes, .max = 2,
     .help = "how blocks come to others before L1 has them, signed: links (from the sequencer to "
             "each), flood (and on from each who has not seen them), none"},
    {.name = "sequencers", .type = ORR_CONFIG_COUNT, AT(sequencers), .fallback = 1, .min = 1,
     .max = ORR_ROLLUP_SEQUENCERS_MAX,
     .help = "how many members behind L1 may sequence: one at a time holds a lease, which "
             "Tendermint among them decides"},
    {.name = "lease_timeout", .type = ORR_CONFIG_TIME, AT(lease_timeout), .fallback = 8000000000,
     .min = 2000000000, .max = 3600000000000,
     .help = "with several sequencers: without a block for so long another one wants the lease"},
    {.name = "flaw", .type = ORR_CONFIG_ENUM, AT(flaw), .choices = flaws, .max = 6,
     .help = "a rule that these nodes break: other_batch (batches say less than was sequenced), "
             "old_rules (a verifier that has missed Isthmus), bad_root (it proposes or defends "
             "another output root, and execution), blind_machine (L1 believes what a step's proof "
             "says), no_deposits (it derives none), no_fence (a sequencer's blocks go out before "
             "others hold them)"},
    {0},
};

const struct orr_protocol orr_rollup = {
    .abi = ORR_ABI,
    .name = "rollup",
    .summary = "an optimistic rollup: its first member is L1, the second sequences and batches, "
               "the others derive and verify",
    .kinds = kinds,
    .config_size = sizeof(struct orr_rollup_role),
    .config = config_keys,
    .node_size = sizeof(struct rollup),
    .layers = layers,
    .n_timers = ORR_ROLLUP_OWN_TIMERS + ORR_TM_N_TIMERS,
    .transport = ORR_STREAM,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .genesis = {.share = share, .refuses = refuses},
    .workload = {.least_size = 100, .state_size = sizeof(struct clients), .make_tx = make_tx},
    .fault.leads = leads,
    .fault.forge = forge,
    .report.statement = statement,
};
