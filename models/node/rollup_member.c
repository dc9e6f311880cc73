#include "models/node/rollup_member.h"

enum { ASK_AGAIN_NS = 1000000000, ASK_BACK = 32 /* blocks before the last: chains may part */ };

void orr_rollup_member_init(struct orr_rollup_member *m, const struct orr_env *env,
                            const struct orr_rollup_role *role,
                            const struct orr_rollup_genesis *genesis, bool sequences) {
    *m = (struct orr_rollup_member){.env = env,
                                    .role = role,
                                    .genesis = genesis,
                                    .sequences = sequences,
                                    .asked_at = ORR_NEVER};
    const struct orr_chain_genesis *l1 = genesis->l1;
    m->config = genesis->config;
    if (role->flaw == ORR_FLAW_OLD_RULES) m->config.isthmus_time = ORR_ROLLUP_NEVER;
    struct orr_verifier_genesis begin = {.config = &m->config,
                                         .l1_config = &l1->configs[l1->fork],
                                         .store = l1->blocks.store,
                                         .header = &genesis->header,
                                         .system = &genesis->system,
                                         .l1_hash = genesis->l1_hash};
    m->verifier = orr_verifier_create(env->common->mem, &begin, orr_evm_state_fork(genesis->state));
    if (role->flaw == ORR_FLAW_NO_DEPOSITS) m->config.portal = (struct orr_address){{0}};
    bool is_l1 = env->self == genesis->cohort->members[0];
    if (sequences || (role->unsafe != ORR_UNSAFE_NONE && !is_l1)) {
        m->executor = orr_evm_executor_create(env->common->mem);
        orr_verifier_lend(m->verifier, orr_rollup_chain_lend, m);
    }
    m->lease = orr_rollup_lease_new(m);
    m->plays = role->propose_every && !sequences && !is_l1;
    if (m->plays) orr_rollup_player_init(&m->player, env, role, genesis, &m->config, m->verifier);
}

void orr_rollup_member_fini(struct orr_rollup_member *m) {
    orr_rollup_lease_free(m->lease);
    if (m->sequences) orr_rollup_sequencer_fini(m);
    if (m->plays) orr_rollup_player_fini(&m->player);
    orr_rollup_watch_fini(&m->watch, m->env->common->mem, m->env->common->pool);
    orr_rollup_chain_fini(m);
    orr_verifier_destroy(m->verifier);
}

/* ---- telling ---- */

void orr_rollup_tell_head(struct orr_outbox *out, const struct orr_verified *b,
                          enum orr_head_label label) {
    struct orr_head head = {.number = b->head.block.number, .label = label};
    memcpy(head.hash, &b->head.block.hash, 32);
    memcpy(head.parent, &b->header.parent_hash, 32);
    memcpy(head.state_root, &b->header.state_root, 32);
    orr_head(out, head);
}

/* What a client's transaction is known by: the hash of its message. */
static uint64_t id_of(struct orr_outbox *out, const struct orr_rollup_tx *tx) {
    struct orr_msg *m = orr_msg_copy(out->pool, ORR_ROLLUP_TX, tx->bytes, (uint32_t)tx->len);
    uint64_t id = orr_msg_hash(m);
    orr_msg_unref(out->pool, m);
    return id;
}

/* What clients wanted: those that were forced are deposits.  ids: room for all transactions. */
static uint32_t find_ids(struct orr_rollup_member *m, const struct orr_verified *b, uint64_t *ids,
                         struct orr_outbox *out) {
    struct orr_mem *mem = m->env->common->mem;
    struct orr_evm_state *parent = b[-1].state;
    struct orr_rollup_tx tx;
    uint32_t n = 0;
    for (size_t i = 0; i < b->n_users; i++)
        if (orr_rollup_forced(mem, b, i, parent, ORR_ROLLUP_L2_CHAIN_ID, &tx))
            ids[n++] = id_of(out, &tx);
    for (size_t i = 0; i < b->n_txs - b->n_deposits; i++) ids[n++] = id_of(out, &b->txs[i]);
    return n;
}

/* A block that begins an epoch, or has deposits of one. */
static void tell_epoch(struct orr_rollup_member *m, const struct orr_verified *b,
                       struct orr_outbox *out) {
    struct orr_mem *mem = m->env->common->mem;
    uint32_t n = (uint32_t)b->n_users;
    if (b->head.sequence_number && !n) return;
    struct orr_epoch_told told = {.l1_number = b->head.block.origin_number,
                                  .by = b->derived_from,
                                  .l2_number = b->head.block.number,
                                  .place = b->head.sequence_number,
                                  .is_l2 = 1};
    uint8_t *sources = orr_alloc(mem, n * sizeof(struct orr_hash));
    for (uint32_t i = 0; i < n; i++) {
        struct orr_evm_deposit d;
        if (orr_evm_deposit_read(b->deposits[i].bytes, b->deposits[i].len, &d)) continue;
        memcpy(sources + 32 * (size_t)told.n++, d.source_hash.bytes, 32);
    }
    orr_tell_epoch(out, &told, sources);
    orr_free(mem, sources, n * sizeof(struct orr_hash));
}

/* The block after b[-1].  One that no batch brought has nobody as its proposer: who derives it says
 * so itself. */
static void decide(struct orr_rollup_member *m, const struct orr_verified *b,
                   struct orr_outbox *out) {
    uint32_t size = (uint32_t)b->n_bytes;
    struct orr_mem *mem = m->env->common->mem;
    uint64_t *ids = orr_alloc(mem, b->n_txs * sizeof *ids), number = b->head.block.number;
    uint32_t n = find_ids(m, b, ids, out);
    const uint8_t *value = b->head.block.hash.bytes;
    if (!b->is_from_batch) orr_propose(out, number, 0, value, size);
    orr_decide(out, .height = number, .value = value, .parent = b->header.parent_hash.bytes,
               .state_root = b->header.state_root.bytes, .size_bytes = size,
               .proposed_at = (orr_time)b->head.block.time * 1000000000, .txs = ids, .n_txs = n,
               .proposers = &m->genesis->cohort->members[1],
               .n_proposers = b->is_from_batch ? m->genesis->n_sequencers : 0);
    orr_free(mem, ids, b->n_txs * sizeof *ids);
    tell_epoch(m, b, out);
}

static void copy_l1_hash(const struct orr_rollup_member *m, uint64_t number, uint8_t to[32]) {
    struct orr_hash hash = {{0}};
    orr_verifier_l1_hash(m->verifier, number, &hash);
    memcpy(to, hash.bytes, 32);
}

/* What is new of the safe chain, or where it ends now. */
static void tell_derived(struct orr_rollup_member *m, struct orr_outbox *out) {
    size_t n = orr_verifier_n_blocks(m->verifier), from = orr_verifier_kept(m->verifier);
    uint64_t tip = 0;
    orr_verifier_tip(m->verifier, &tip);
    if (from == n && from < m->n_derived) from--; /* all that was above it has gone */
    for (size_t i = from; i < n; i++) {
        const struct orr_verified *b = orr_verifier_block(m->verifier, i);
        struct orr_derived_told told = {.number = b->head.block.number,
                                        .is_from_batch = b->is_from_batch};
        memcpy(told.hash, b->head.block.hash.bytes, 32);
        memcpy(told.parent, b->header.parent_hash.bytes, 32);
        memcpy(told.origin, b->head.origin_hash.bytes, 32);
        copy_l1_hash(m, b->derived_from, told.from);
        copy_l1_hash(m, tip, told.tip);
        orr_u256_store_be(told.created, b->created);
        orr_tell_derived(out, &told);
    }
    m->n_derived = n;
}

static void tell(struct orr_rollup_member *m, struct orr_outbox *out) {
    tell_derived(m, out);
    size_t n = orr_verifier_n_blocks(m->verifier), final = orr_verifier_finalized(m->verifier);
    const struct orr_verified *safe = orr_verifier_block(m->verifier, n - 1);
    struct orr_verifier_reorgs reorgs = orr_verifier_reorgs(m->verifier);
    if (reorgs.n != m->n_reorgs) orr_metric(out, "l1_reorgs", (int64_t)reorgs.n, "");
    m->n_reorgs = reorgs.n;
    if (!orr_hash_equal(safe->head.block.hash, m->told_safe))
        orr_rollup_tell_head(out, safe, ORR_HEAD_SAFE);
    m->told_safe = safe->head.block.hash;
    while (m->told_final < final) { /* ends: one more each time */
        const struct orr_verified *b = orr_verifier_block(m->verifier, ++m->told_final);
        decide(m, b, out);
        orr_rollup_tell_head(out, b, ORR_HEAD_FINAL);
    }
}

/* ---- L1 ---- */

static void ask(struct orr_rollup_member *m, orr_time now, struct orr_outbox *out) {
    uint64_t tip, from = 0;
    if (m->asked_at != ORR_NEVER && now - m->asked_at < ASK_AGAIN_NS) return;
    m->asked_at = now;
    if (orr_verifier_tip(m->verifier, &tip) && tip > ASK_BACK) from = tip - ASK_BACK;
    struct orr_msg *q = orr_msg_new(out->pool, ORR_ROLLUP_ASK, 8);
    orr_store_be64(q->data, from);
    orr_send(out, m->genesis->cohort->members[0], q);
}

/* The work of the blocks above `before`, and of L1's own signatures. */
static void charge(struct orr_rollup_member *m, size_t before, size_t n_l1_txs,
                   struct orr_outbox *out) {
    const struct orr_costs *costs = m->env->common->costs;
    size_t n = orr_verifier_n_blocks(m->verifier);
    out->busy_ns += (int64_t)n_l1_txs * costs->recover_ns;
    for (size_t i = before; i < n; i++) {
        const struct orr_verified *b = orr_verifier_block(m->verifier, i);
        out->busy_ns += (int64_t)(b->header.gas_used * (uint64_t)costs->gas_million_ns / 1000000) +
                        (int64_t)(b->n_txs - b->n_deposits) * costs->recover_ns;
    }
}

enum { RECEIPTS_MAX = 1024, BLOBS_MAX = 32 };

/* Blobs of an L1 block, by the hashes that they have: what was changed is another blob. */
static size_t read_blobs(struct orr_rlp_reader *list, struct orr_blob_given blobs[BLOBS_MAX]) {
    size_t n = 0, len;
    while (orr_rlp_more(list) && n < BLOBS_MAX) {
        uint8_t commitment[48];
        blobs[n].bytes = orr_rlp_read_string(list, &len);
        if (list->bad || len != ORR_BLOB_BYTES) continue;
        orr_blob_commit(blobs[n].bytes, commitment);
        blobs[n++].hash = orr_blob_versioned_hash(commitment);
    }
    return n;
}

/* Without its blobs nobody can say what an L1 block did. */
static void miss_blobs(struct orr_rollup_member *m, uint64_t number, struct orr_outbox *out) {
    if (m->missed == number) return;
    m->missed = number;
    orr_log(out, "warning: blobs of L1 block %llu are not to be had; nothing is derived before",
            (unsigned long long)number);
    orr_metric(out, "l1_without_blobs", (int64_t)number, "");
}

void orr_rollup_member_l1(struct orr_rollup_member *m, const struct orr_msg *msg, orr_time at,
                          struct orr_outbox *out) {
    struct orr_rollup_tx receipts[RECEIPTS_MAX];
    struct orr_blob_given blobs[BLOBS_MAX];
    struct orr_rlp_reader r = orr_rlp_reader(msg->data, msg->len);
    struct orr_rlp_reader list = orr_rlp_read_list(&r);
    uint64_t final = orr_rlp_read_u64(&list);
    uint64_t number = orr_rlp_read_u64(&list);
    size_t len, n = 0, before = orr_verifier_n_blocks(m->verifier);
    const uint8_t *block = orr_rlp_read_string(&list, &len);
    struct orr_rlp_reader encodings = orr_rlp_read_list(&list);
    for (; orr_rlp_more(&encodings) && n < RECEIPTS_MAX; n++)
        receipts[n].bytes = orr_rlp_read_string(&encodings, &receipts[n].len);
    struct orr_rlp_reader sidecars = orr_rlp_read_list(&list);
    size_t n_blobs = read_blobs(&sidecars, blobs);
    if (!orr_rlp_done(&encodings) || !orr_rlp_done(&sidecars) || !orr_rlp_done(&list) ||
        !orr_rlp_done(&r)) {
        orr_reject(out);
        return;
    }
    const char *bad = orr_verifier_l1(m->verifier, block, len, receipts, n, blobs, n_blobs);
    if (bad == orr_verifier_no_blob) miss_blobs(m, number, out);
    if (bad) {
        ask(m, at, out);
        return;
    }
    size_t now = orr_verifier_n_blocks(m->verifier);
    charge(m, before < now ? before : now, n, out);
    orr_verifier_finalize(m->verifier, final);
    tell(m, out);
    if (m->executor) orr_rollup_chain_settle(m);
    orr_rollup_chain_run(m, out);
    if (m->sequences) orr_rollup_sequencer_settle(m, out);
    if (m->plays) orr_rollup_player_ask(&m->player, out);
    if (m->env->self == m->genesis->cohort->members[0]) return; /* L1 looks for itself */
    struct orr_msg *tx;
    while ((tx = orr_rollup_member_due(m))) { /* ends: each leaves the list */
        orr_send(out, m->genesis->cohort->members[0],
                 orr_msg_copy(out->pool, ORR_ROLLUP_FORCE, tx->data, tx->len));
        orr_msg_unref(out->pool, tx);
    }
}

/* ---- clients ---- */

void orr_rollup_member_take(struct orr_rollup_member *m, struct orr_msg *tx,
                            struct orr_outbox *out) {
    uint64_t tip = 0;
    orr_verifier_tip(m->verifier, &tip);
    if (m->role->force_after)
        orr_rollup_watch_add(&m->watch, m->env->common->mem, tx, ORR_ROLLUP_L2_CHAIN_ID, tip);
    if (m->sequences) orr_rollup_sequencer_hear(m, orr_msg_ref(tx));
    for (uint32_t i = 1; i <= m->genesis->n_sequencers; i++) {
        orr_peer to = m->genesis->cohort->members[i];
        if (to != m->env->self) orr_send(out, to, orr_msg_ref(tx));
    }
}

struct orr_msg *orr_rollup_member_due(struct orr_rollup_member *m) {
    uint64_t tip;
    if (!m->watch.n || !orr_verifier_tip(m->verifier, &tip)) return NULL;
    size_t last = orr_verifier_n_blocks(m->verifier) - 1;
    return orr_rollup_watch_due(&m->watch, m->env->common->pool,
                                orr_verifier_block(m->verifier, last)->state, tip,
                                m->role->force_after);
}

/* ---- events ---- */

static void hear(struct orr_rollup_member *m, const struct orr_event *event,
                 struct orr_outbox *out) {
    const orr_peer *members = m->genesis->cohort->members;
    if (!event->msg || event->msg->protocol)
        orr_reject(out);
    else if (event->msg->kind == ORR_ROLLUP_L1_BLOCK && event->peer == members[0])
        orr_rollup_member_l1(m, event->msg, event->now, out);
    else if (event->msg->kind == ORR_ROLLUP_GAMES && m->plays && event->peer == members[0])
        orr_rollup_player_hear(&m->player, event->msg, out);
    else if (event->msg->kind == ORR_ROLLUP_UNSAFE)
        orr_rollup_chain_hear(m, event, out);
    else if (event->msg->kind == ORR_ROLLUP_SHOW && m->lease)
        orr_rollup_lease_shown(m->lease, event, out);
    else if (event->msg->kind == ORR_ROLLUP_HOLD && m->lease)
        orr_rollup_lease_ack(m->lease, event, out);
    else if (event->msg->kind == ORR_ROLLUP_TX && m->sequences)
        orr_rollup_sequencer_hear(m, orr_msg_ref(event->msg));
    else
        orr_reject(out);
}

int orr_rollup_member_step(struct orr_rollup_member *m, const struct orr_event *event,
                           struct orr_outbox *out) {
    bool is_taken = false;
    int error = m->lease ? orr_rollup_lease_event(m->lease, event, out, &is_taken) : 0;
    if (error || is_taken) return error;
    switch (event->kind) {
    case ORR_START:
        ask(m, event->now, out);
        if (m->sequences) orr_arm(out, 0, event->now);
        break;
    case ORR_TIMER:
        if (m->lease) orr_rollup_lease_look(m->lease, event, out);
        orr_rollup_sequencer_build(m, event->now, out);
        orr_arm(out, 0, event->now + (orr_time)m->genesis->config.block_time * 1000000000);
        break;
    case ORR_RECV: hear(m, event, out); break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX) orr_rollup_member_take(m, event->msg, out);
        break;
    default: break;
    }
    return 0;
}
