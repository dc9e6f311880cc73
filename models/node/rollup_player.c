#include "models/node/rollup_player.h"

#include "models/rollup/step_contract.h"
#include "models/vm/u256.h"

enum { CREATE_GAS = 800000, CREDIT_GAS = 120000 };

void orr_rollup_player_init(struct orr_rollup_player *p, const struct orr_env *env,
                            const struct orr_rollup_role *role,
                            const struct orr_rollup_genesis *genesis,
                            const struct orr_rollup_config *config,
                            const struct orr_verifier *verifier) {
    const struct orr_cohort *cohort = genesis->cohort;
    uint32_t place = 0;
    while (cohort->members[place] != env->self) place++; /* ends: it is one of them */
    *p = (struct orr_rollup_player){.env = env, .role = role, .genesis = genesis,
                                    .verifier = verifier,
                                    .key = orr_rollup_game_key(genesis, place)};
    p->trace = orr_trace_create(env->common->mem, config, verifier);
}

void orr_rollup_player_fini(struct orr_rollup_player *p) { orr_trace_destroy(p->trace); }

void orr_rollup_player_ask(struct orr_rollup_player *p, struct orr_outbox *out) {
    struct orr_msg *q = orr_msg_new(out->pool, ORR_ROLLUP_ASK_GAMES, ORR_ROLLUP_ASK_GAMES_BYTES);
    orr_store_be64(q->data, p->first_game);
    memcpy(q->data + 8, p->key->address.bytes, 20);
    orr_send(out, p->genesis->cohort->members[0], q);
}

/* ---- its trace, and a liar's ---- */

static bool lies_about(const struct orr_rollup_player *p, uint64_t block) {
    return p->role->flaw == ORR_FLAW_BAD_ROOT && block >= p->role->lie_from;
}

static bool root_of(void *ctx, uint64_t block, struct orr_hash *root) {
    struct orr_rollup_player *p = ctx;
    if (!orr_trace_root(p->trace, block, root)) return false;
    if (lies_about(p, block)) *root = orr_keccak256(root->bytes, sizeof root->bytes);
    return true;
}

static bool state_of(void *ctx, uint64_t block, const struct orr_hash *disputed, uint64_t k,
                     struct orr_hash *claim) {
    struct orr_rollup_player *p = ctx;
    struct orr_hash own;
    uint64_t n;
    if (!orr_trace_state(p->trace, block, disputed, k, claim)) return false;
    if (!lies_about(p, block)) return true;
    if (!orr_trace_length(p->trace, block, &n) || !root_of(p, block, &own)) return false;
    if (k <= n / 2) return true;
    uint8_t stands = claim->bytes[0];
    *claim = orr_keccak256(claim->bytes + 1, sizeof claim->bytes - 1);
    claim->bytes[0] = k < n                            ? stands
                      : orr_hash_equal(own, *disputed) ? ORR_DISPUTE_VALID
                                                       : ORR_DISPUTE_INVALID;
    return true;
}

/* A liar's proof says what it claims, and shows nothing. */
static bool prove(void *ctx, uint64_t block, uint64_t k, struct orr_rlp_writer *proof) {
    struct orr_rollup_player *p = ctx;
    struct orr_hash nobody = {{0}}, before, after;
    if (!lies_about(p, block)) return orr_trace_prove(p->trace, block, k, proof);
    bool good = k ? state_of(p, block, &nobody, k, &before)
                  : orr_trace_first(p->trace, block, &before);
    if (!good || !state_of(p, block, &nobody, k + 1, &after)) return false;
    size_t list = orr_rlp_list_begin(proof);
    orr_rlp_write_string(proof, before.bytes, sizeof before.bytes);
    orr_rlp_write_string(proof, after.bytes, sizeof after.bytes);
    orr_rlp_list_end(proof, list);
    return true;
}

/* ---- transactions ---- */

static void send(struct orr_rollup_player *p, uint64_t *nonce, const struct orr_rlp_writer *data,
                 struct orr_u256 value, uint64_t gas, struct orr_outbox *out) {
    const struct orr_chain_genesis *l1 = p->genesis->l1;
    struct orr_mem *mem = p->env->common->mem;
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = l1->configs[0].chain_id,
                            .nonce = (*nonce)++,
                            .gas_limit = gas,
                            .max_fee = orr_u256_from_u64(1000000000000u),
                            .max_priority_fee = orr_u256_from_u64(1000000000u),
                            .to = p->genesis->games,
                            .value = value,
                            .data = data->bytes,
                            .data_len = data->len};
    orr_wallet_sign(l1->wallet, mem, &tx, p->key);
    struct orr_rlp_writer w = {.mem = mem};
    orr_evm_tx_encode(&tx, &w);
    out->busy_ns += p->env->common->costs->sign_ns;
    orr_send(out, p->genesis->cohort->members[0],
             orr_msg_copy(out->pool, ORR_ROLLUP_L1_TX, w.bytes, (uint32_t)w.len));
    orr_rlp_free(&w);
}

/* What L1 says of all games, and of one. */
struct told {
    uint64_t time_s, nonce, anchor, derived;
};
struct told_game {
    struct orr_dispute d;
    struct orr_u256 credit; /* the player's own */
    enum orr_dispute_status final;
};

static void propose(struct orr_rollup_player *p, struct told *t, struct orr_outbox *out) {
    uint64_t every = p->role->propose_every, final = orr_verifier_finalized(p->verifier);
    uint64_t known = final < t->derived ? final : t->derived, block = known - known % every;
    uint64_t most = t->anchor + ((uint64_t)1 << p->genesis->rules.split_depth);
    struct orr_hash root;
    if (block > most) block = most - most % every;
    if (block <= p->proposed || block <= t->anchor || !root_of(p, block, &root)) return;
    struct orr_rlp_writer data = {.mem = p->env->common->mem};
    orr_dispute_write_create(&data, &root, block);
    send(p, &t->nonce, &data, orr_dispute_bond(&p->genesis->rules, 0), CREATE_GAS, out);
    orr_rlp_free(&data);
}

/* One that moves at the last second has two L1 slots left: a block to see, and one to be in. */
static struct orr_dispute_view view_of(struct orr_rollup_player *p) {
    struct orr_dispute_view view = {p, root_of, state_of, .prove = prove};
    uint64_t slots_s = 2 * (uint64_t)(p->role->l1_slot / 1000000000);
    uint64_t clock_s = p->genesis->rules.clock_s;
    if (p->role->tactic == ORR_TACTIC_LAST_SECOND) view.wait_s = clock_s - slots_s;
    return view;
}

/* Beside the honest moves, with another value: each claim that is wrong (a freeloader hopes for its
 * bond), or each that is right (a griefer ties up what is bonded in answers), is attacked once. */
static void tease(struct orr_rollup_player *p, const struct orr_dispute *d, struct told *t,
                  const struct orr_dispute_view *view, struct orr_outbox *out) {
    const struct orr_dispute_rules *rules = &p->genesis->rules;
    bool wants_right = p->role->tactic == ORR_TACTIC_GRIEFER;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct orr_dispute_claim *c = &d->claims[i];
        struct orr_hash right, value;
        bool is_said = orr_address_equal(c->claimant, p->key->address);
        for (uint32_t k = i + 1; k < d->n && !is_said; k++)
            is_said = d->claims[k].parent == i &&
                      orr_address_equal(d->claims[k].claimant, p->key->address);
        if (is_said || orr_position_depth(c->position) > rules->split_depth ||
            orr_dispute_used(rules, d, i, t->time_s) >= rules->clock_s ||
            !orr_dispute_say(rules, d, view, c->parent, c->position, &right) ||
            orr_hash_equal(right, c->value) != wants_right ||
            !orr_dispute_say(rules, d, view, i, orr_position_attack(c->position), &value))
            continue;
        struct orr_dispute_call call = {.data = {.mem = p->env->common->mem}};
        value.bytes[31] ^= 0xff;
        orr_dispute_move(rules, d, i, true, &value, &call);
        send(p, &t->nonce, &call.data, call.value, call.gas, out);
        orr_rlp_free(&call.data);
    }
}

static void play(struct orr_rollup_player *p, const struct told_game *g, struct told *t,
                 struct orr_outbox *out) {
    struct orr_mem *mem = p->env->common->mem;
    const struct orr_dispute_view view = view_of(p);
    struct orr_dispute_call calls[ORR_DISPUTE_CALLS_MAX];
    bool teases = p->role->tactic >= ORR_TACTIC_FREELOADER;
    size_t n = 0;
    if (teases && g->d.status == ORR_DISPUTE_RUNS) tease(p, &g->d, t, &view, out);
    if (!teases)
        n = orr_dispute_play(mem, &p->genesis->rules, &g->d, t->time_s, &view, calls);
    for (size_t i = 0; i < n; i++) {
        send(p, &t->nonce, &calls[i].data, calls[i].value, calls[i].gas, out);
        orr_rlp_free(&calls[i].data);
    }
    if (orr_u256_is_zero(g->credit) || g->d.status == ORR_DISPUTE_RUNS) return;
    struct orr_rlp_writer data = {.mem = mem};
    orr_dispute_write_claim_credit(&data, g->d.id, &p->key->address);
    send(p, &t->nonce, &data, orr_u256_from_u64(0), CREDIT_GAS, out);
    orr_rlp_free(&data);
}

/* ---- what L1 answers ---- */

/* Says what became of a game, beside what it should have; false: that is not known yet. */
static bool tell(struct orr_rollup_player *p, const struct told_game *g, struct orr_outbox *out) {
    struct orr_settled s = {.number = g->d.l2_block,
                            .is_accepted = g->final == ORR_DISPUTE_STANDS};
    struct orr_hash own;
    if (g->final == ORR_DISPUTE_RUNS || !orr_trace_root(p->trace, g->d.l2_block, &own))
        return false;
    memcpy(s.claimed, g->d.claims[0].value.bytes, 32);
    memcpy(s.own, own.bytes, 32);
    bool is_honest = p->role->flaw != ORR_FLAW_BAD_ROOT && p->role->tactic < ORR_TACTIC_FREELOADER;
    for (uint32_t i = 0; i < g->d.n && is_honest; i++)
        s.n_lost += orr_address_equal(g->d.claims[i].claimant, p->key->address) &&
                    !orr_address_equal(g->d.claims[i].countered_by, (struct orr_address){{0}});
    orr_tell_settled(out, s);
    return true;
}

static bool read_game(struct orr_rollup_player *p, struct orr_rlp_reader *games,
                      struct told_game *g) {
    size_t len;
    struct orr_rlp_reader r = orr_rlp_read_list(games);
    *g = (struct told_game){.d.id = orr_rlp_read_u64(&r)};
    g->credit = orr_rlp_read_u256(&r);
    uint64_t final = orr_rlp_read_u64(&r);
    const uint8_t *bytes = orr_rlp_read_string(&r, &len);
    if (!orr_rlp_done(&r) || final > ORR_DISPUTE_STANDS) return false;
    g->final = (enum orr_dispute_status)final;
    return !orr_dispute_read(p->env->common->mem, bytes, len, &g->d);
}

static void hear_game(struct orr_rollup_player *p, const struct told_game *g, struct told *t,
                      struct orr_outbox *out) {
    const struct orr_dispute_claim *root = &g->d.claims[0];
    bool is_own = orr_address_equal(root->claimant, p->key->address);
    if (is_own && g->d.l2_block > p->proposed) p->proposed = g->d.l2_block;
    if (p->role->part != ORR_PART_VERIFIER) play(p, g, t, out);
    /* a game goes when it is over for good, and paid out */
    if (g->d.id == p->first_game && orr_u256_is_zero(g->credit) && tell(p, g, out))
        p->first_game++;
}

void orr_rollup_player_hear(struct orr_rollup_player *p, const struct orr_msg *msg,
                            struct orr_outbox *out) {
    struct orr_rlp_reader all = orr_rlp_reader(msg->data, msg->len), r = orr_rlp_read_list(&all);
    struct told t = {.time_s = orr_rlp_read_u64(&r), .nonce = orr_rlp_read_u64(&r)};
    t.anchor = orr_rlp_read_u64(&r);
    t.derived = orr_rlp_read_u64(&r);
    struct orr_rlp_reader games = orr_rlp_read_list(&r);
    struct told_game g;
    while (orr_rlp_more(&games) && read_game(p, &games, &g)) {
        hear_game(p, &g, &t, out);
        orr_dispute_free(p->env->common->mem, &g.d);
    }
    if (!orr_rlp_done(&games) || !orr_rlp_done(&r) || !orr_rlp_done(&all)) orr_reject(out);
    else if (p->role->part == ORR_PART_PROPOSER) propose(p, &t, out);
}
