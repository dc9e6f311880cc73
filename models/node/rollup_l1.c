/* rollup_l1.c - L1 as the rollup sees it: blocks in slots, run by the real machine, and now and
 * then another branch. */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/rollup/deposit.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

enum { ANSWER_MAX = 64, POOL_MAX = 4096, BLOCK_TXS_MAX = 512, BLOBS_MAX = 32 };

void orr_rollup_l1_init(struct orr_rollup_l1 *l1, const struct orr_env *env,
                        const struct orr_rollup_role *role,
                        const struct orr_rollup_genesis *genesis) {
    const struct orr_chain_options options = {
        .keep = UINT32_MAX, .max_open = 4096, .has_receipts = true};
    struct orr_chain_genesis *g = genesis->l1;
    *l1 = (struct orr_rollup_l1){.env = env, .role = role, .genesis = genesis};
    orr_rollup_forced_init(&l1->forced, env->common->mem, g->n_keys);
    l1->chain = orr_chain_new(&g->blocks, &g->configs[g->fork], &options, &g->header,
                              orr_evm_state_fork(g->state));
}

void orr_rollup_l1_fini(struct orr_rollup_l1 *l1) {
    for (uint32_t i = 0; i < l1->n_pool; i++) orr_msg_unref(l1->env->common->pool, l1->pool[i].msg);
    orr_free(l1->env->common->mem, l1->pool, l1->pool_cap * sizeof *l1->pool);
    orr_rollup_forced_fini(&l1->forced, l1->env->common->mem, l1->env->common->pool);
    orr_rollup_blobs_fini(&l1->blobs, l1->env->common->mem);
    orr_rollup_games_fini(l1);
    orr_chain_free(l1->chain);
}

/* ---- the pool ---- */

static struct orr_rollup_pooled read_sender(const struct orr_rollup_l1 *l1, struct orr_msg *m) {
    const uint64_t chain_id = orr_u256_clamp_u64(l1->genesis->l1->configs[0].chain_id);
    struct orr_rollup_pooled p = {.msg = m};
    p.is_signed =
        orr_rollup_read_signed(l1->env->common->mem, m->data, m->len, chain_id, &p.who);
    return p;
}

/* The waiting transaction of the same sender and nonce; n_pool: there is none. */
static uint32_t pool_find(const struct orr_rollup_l1 *l1, const struct orr_rollup_pooled *p) {
    uint32_t i = 0;
    if (!p->is_signed) return l1->n_pool;
    while (i < l1->n_pool && !(l1->pool[i].is_signed && l1->pool[i].who.nonce == p->who.nonce &&
                               orr_address_equal(l1->pool[i].who.sender, p->who.sender)))
        i++;
    return i;
}

static void pool_add(struct orr_rollup_l1 *l1, struct orr_rollup_pooled moved) {
    if (l1->n_pool == POOL_MAX) {
        orr_msg_unref(l1->env->common->pool, moved.msg);
        return;
    }
    if (l1->n_pool == l1->pool_cap) {
        uint32_t cap = l1->pool_cap ? 2 * l1->pool_cap : 64;
        l1->pool = orr_resize(l1->env->common->mem, l1->pool, l1->pool_cap * sizeof *l1->pool,
                              cap * sizeof *l1->pool);
        l1->pool_cap = cap;
    }
    l1->pool[l1->n_pool++] = moved;
}

static void pool_take(struct orr_rollup_l1 *l1, uint32_t i) {
    orr_msg_unref(l1->env->common->pool, l1->pool[i].msg);
    memmove(l1->pool + i, l1->pool + i + 1, (l1->n_pool - i - 1) * sizeof *l1->pool);
    l1->n_pool--;
}

/* A newer one takes the place of an older one. */
static void pool_offer(struct orr_rollup_l1 *l1, struct orr_msg *moved) {
    struct orr_rollup_pooled p = read_sender(l1, moved);
    uint32_t i = pool_find(l1, &p);
    if (i == l1->n_pool) {
        pool_add(l1, p);
        return;
    }
    orr_msg_unref(l1->env->common->pool, l1->pool[i].msg);
    l1->pool[i] = p;
}

/* ---- what L1's own people do ---- */

void orr_rollup_l1_send(struct orr_rollup_l1 *l1, struct orr_evm_tx *tx,
                        const struct orr_wallet_key *key) {
    const struct orr_chain_genesis *g = l1->genesis->l1;
    struct orr_mem *mem = l1->env->common->mem;
    if (tx->type != ORR_TX_BLOB) tx->type = ORR_TX_FEE_MARKET;
    tx->has_chain_id = true;
    tx->chain_id = g->configs[0].chain_id;
    tx->max_fee = orr_u256_from_u64(1000000000000u);
    tx->max_priority_fee = orr_u256_from_u64(1000000000u);
    orr_wallet_sign(g->wallet, mem, tx, key);
    struct orr_rlp_writer w = {.mem = mem};
    orr_evm_tx_encode(tx, &w);
    struct orr_msg *m =
        orr_msg_copy(l1->env->common->pool, ORR_ROLLUP_L1_TX, w.bytes, (uint32_t)w.len);
    pool_add(l1, (struct orr_rollup_pooled){
                     m, {.sender = key->address, .nonce = tx->nonce}, true});
    orr_rlp_free(&w);
}

static void sign_and_pool(struct orr_rollup_l1 *l1, struct orr_evm_tx *tx, uint32_t key) {
    orr_rollup_l1_send(l1, tx, &l1->genesis->l1->keys[key]);
}

static void deploy_portal(struct orr_rollup_l1 *l1) {
    const struct orr_evm_contract *portal = &orr_evm_contract_portal;
    struct orr_evm_tx tx = {.is_create = true, .gas_limit = 1000000, .data = portal->creation,
                            .data_len = portal->creation_len};
    sign_and_pool(l1, &tx, ORR_ROLLUP_KEY_DEPLOYER);
}

/* A user of L1 sends a wei to an account of L2 that has no key. */
static void deposit(struct orr_rollup_l1 *l1) {
    const struct orr_address to = {{[19] = 0xd0}};
    const struct orr_u256 wei = orr_u256_from_u64(1);
    struct orr_rlp_writer data = {.mem = l1->env->common->mem};
    orr_rollup_write_deposit(&data, &to, wei, ORR_ROLLUP_DEPOSIT_GAS, NULL, 0);
    struct orr_evm_tx tx = {.nonce = l1->n_deposits++, .to = l1->genesis->config.portal,
                            .gas_limit = 200000, .value = wei, .data = data.bytes,
                            .data_len = data.len};
    sign_and_pool(l1, &tx, ORR_ROLLUP_KEY_DEPOSITOR);
    orr_rlp_free(&data);
}

/* Before all that waits: strangers pay more. */
static void send_before(struct orr_rollup_l1 *l1, uint32_t place, struct orr_evm_tx *tx) {
    uint32_t n = l1->n_pool;
    tx->nonce = 1 + l1->n_garbage++; /* the first made the portal */
    sign_and_pool(l1, tx, ORR_ROLLUP_KEY_DEPLOYER);
    if (l1->n_pool == n || place > n) return;
    struct orr_rollup_pooled last = l1->pool[n];
    memmove(l1->pool + place + 1, l1->pool + place, (n - place) * sizeof *l1->pool);
    l1->pool[place] = last;
}

static void send_to_inbox(struct orr_rollup_l1 *l1, uint32_t place, const void *data, size_t len) {
    struct orr_evm_tx tx = {.to = l1->genesis->config.inbox,
                            .gas_limit = 21000 + 40 * (uint64_t)len, .data = data,
                            .data_len = len};
    send_before(l1, place, &tx);
}

/* Strangers want all blobs of a block but one, at any price below 1,000 gwei: above the target, so
 * that the price rises with each block (EIP-4844, "Base fee per blob gas update rule"). */
static void fill_blobs(struct orr_rollup_l1 *l1) {
    const struct orr_evm_chain_config *rules = &l1->genesis->l1->configs[l1->genesis->l1->fork];
    struct orr_hash hashes[BLOBS_MAX];
    size_t n = rules->forks[0].blobs.max - 1;
    assert(n <= BLOBS_MAX);
    for (size_t i = 0; i < n; i++) {
        const uint64_t words[2] = {l1->n_slots, i};
        hashes[i] = orr_keccak256(words, sizeof words);
        hashes[i].bytes[0] = 1;
    }
    struct orr_evm_tx tx = {.type = ORR_TX_BLOB, .to = {{[19] = 0xd1}}, .gas_limit = 21000,
                            .max_blob_fee = orr_u256_from_u64(1000000000000u),
                            .blob_hashes = hashes, .n_blob_hashes = n};
    send_before(l1, 0, &tx);
}

/* A stranger's: bytes of no meaning, a frame that nobody has opened a channel for, and what would
 * be the next three blocks, empty, if it were the batcher's. */
static void garbage(struct orr_rollup_l1 *l1) {
    struct orr_mem *mem = l1->env->common->mem;
    const struct orr_verifier *v = l1->follower->verifier;
    const struct orr_verified *safe = orr_verifier_block(v, orr_verifier_n_blocks(v) - 1);
    const struct orr_rollup_config *c = &l1->genesis->config;
    struct orr_hash noise = orr_keccak256(&l1->n_slots, sizeof l1->n_slots);
    struct orr_rlp_writer datas = {.mem = mem};
    struct orr_frame frame = {.number = 3, .data = noise.bytes, .len = sizeof noise.bytes};
    size_t len;
    memcpy(frame.channel, noise.bytes, ORR_CHANNEL_ID_BYTES);
    send_to_inbox(l1, 0, noise.bytes, sizeof noise.bytes);
    orr_rlp_write_raw(&datas, "", 1); /* the version */
    orr_frame_write(&datas, &frame);
    send_to_inbox(l1, 1, datas.bytes, datas.len);
    datas.len = 0;
    struct orr_verified empty[3];
    const struct orr_verified *blocks[3];
    for (int i = 0; i < 3; i++) {
        empty[i] = (struct orr_verified){.head = safe->head};
        empty[i].head.block.time += (uint64_t)(i + 1) * c->block_time;
        blocks[i] = &empty[i];
    }
    const struct orr_batcher_options options = {ORR_BATCHES_SPAN, ORR_COMPRESSION_ZLIB, 100000};
    if (orr_batcher_write(mem, c, &options, blocks, 3, safe, frame.channel, &datas, &len, 1))
        send_to_inbox(l1, 2, datas.bytes, len);
    orr_rlp_free(&datas);
}

/* ---- blocks ---- */

static struct orr_msg *block_message(struct orr_rollup_l1 *l1, struct orr_chain_link *link) {
    struct orr_rlp_writer w = {.mem = l1->env->common->mem};
    struct orr_engine_block block;
    const struct orr_hash *hash = orr_chain_hash(link);
    int error = orr_chain_engine.block(l1->chain, hash, &block);
    assert(!error);
    size_t list = orr_rlp_list_begin(&w);
    uint64_t number = block.number, depth = l1->role->final_depth;
    uint64_t head = orr_chain_number(l1->chain->head);
    orr_rlp_write_u64(&w, head > depth ? head - depth : 0);
    orr_rlp_write_u64(&w, number);
    struct orr_evm_block first = {.header = link->block->block.header};
    if (block.bytes) {
        orr_rlp_write_string(&w, block.bytes, block.len);
    } else { /* the first one was never encoded */
        struct orr_rlp_writer own = {.mem = l1->env->common->mem};
        static const uint8_t empty[3] = {0xc0, 0xc0, 0xc0};
        size_t body = orr_rlp_list_begin(&own);
        orr_evm_header_encode(&first.header, &own);
        orr_rlp_write_raw(&own, empty,
                          first.header.n_fields >= ORR_HEADER_SHANGHAI ? 3 : 2);
        orr_rlp_list_end(&own, body);
        orr_rlp_write_string(&w, own.bytes, own.len);
        orr_rlp_free(&own);
    }
    size_t receipts = orr_rlp_list_begin(&w);
    for (uint32_t i = 0; i < block.n_txs; i++) {
        struct orr_engine_receipt receipt;
        error = orr_chain_engine.receipt(l1->chain, hash, i, &receipt);
        assert(!error);
        orr_rlp_write_string(&w, receipt.bytes, receipt.len);
    }
    (void)error;
    orr_rlp_list_end(&w, receipts);
    orr_rollup_blobs_write(&l1->blobs, &link->block->block, &w);
    orr_rlp_list_end(&w, list);
    struct orr_msg *m =
        orr_msg_copy(l1->env->common->pool, ORR_ROLLUP_L1_BLOCK, w.bytes, (uint32_t)w.len);
    orr_rlp_free(&w);
    return m;
}

/* Those that the block took go; of the others those that can never run. */
static void clear_pool(struct orr_rollup_l1 *l1, const struct orr_hash *hash, uint32_t n_txs) {
    for (uint32_t i = 0; i < l1->n_pool;) {
        const struct orr_rollup_pooled *p = &l1->pool[i];
        struct orr_engine_tx tx;
        bool is_in = false;
        for (uint32_t t = 0; t < n_txs && !is_in; t++)
            is_in = !orr_chain_engine.tx(l1->chain, hash, t, &tx) && tx.len == p->msg->len &&
                    !memcmp(tx.bytes, p->msg->data, tx.len);
        struct orr_engine_account account;
        bool is_stale =
            !is_in && (!p->is_signed ||
                       orr_chain_engine.account(l1->chain, hash, &p->who.sender, &account) ||
                       p->who.nonce < account.nonce);
        if (is_in || is_stale) pool_take(l1, i);
        else i++;
    }
}

static bool is_deposit(const struct orr_rollup_l1 *l1, const struct orr_engine_log *log) {
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    return log->n_topics && orr_address_equal(log->address, l1->genesis->config.portal) &&
           orr_hash_equal(log->topics[0], orr_keccak256(event, sizeof event - 1));
}

/* A block that was built, and what its deposits mint by its own receipts (deposits.md, "Deposit
 * Contract": opaque data begins, behind its offset and length, with the value minted). */
static void tell_origin(struct orr_rollup_l1 *l1, struct orr_chain_link *link,
                        struct orr_outbox *out) {
    const struct orr_hash *hash = orr_chain_hash(link);
    struct orr_origin_told told = {.number = orr_chain_number(link)};
    struct orr_u256 minted = {{0}};
    struct orr_engine_receipt receipt;
    struct orr_engine_log log;
    for (uint32_t i = 0; !orr_chain_engine.receipt(l1->chain, hash, i, &receipt); i++)
        for (uint32_t k = 0; !orr_chain_engine.log(l1->chain, hash, i, k, &log); k++)
            if (is_deposit(l1, &log) && log.len >= 96)
                minted = orr_u256_add(minted, orr_u256_load_be(log.data + 64));
    memcpy(told.hash, hash->bytes, 32);
    if (link->parent) memcpy(told.parent, orr_chain_hash(link->parent)->bytes, 32);
    orr_u256_store_be(told.minted, minted);
    orr_tell_origin(out, &told);
}

/* The deposits of a block as L1's own receipts have them: what derivation must find. */
static void tell_deposits(struct orr_rollup_l1 *l1, struct orr_chain_link *link,
                          struct orr_outbox *out) {
    const struct orr_hash *hash = orr_chain_hash(link);
    struct orr_rlp_writer sources = {.mem = l1->env->common->mem};
    struct orr_epoch_told told = {.l1_number = orr_chain_number(link)};
    struct orr_engine_receipt receipt;
    struct orr_engine_log log;
    told.by = told.l1_number + l1->role->window + 1;
    for (uint32_t i = 0; !orr_chain_engine.receipt(l1->chain, hash, i, &receipt); i++)
        for (uint32_t k = 0; !orr_chain_engine.log(l1->chain, hash, i, k, &log); k++) {
            if (!is_deposit(l1, &log)) continue;
            struct orr_hash source =
                orr_source_hash(ORR_SOURCE_DEPOSIT, hash, (uint64_t)receipt.first_log + k);
            orr_rlp_write_raw(&sources, source.bytes, sizeof source.bytes);
            told.n++;
        }
    orr_tell_epoch(out, &told, sources.bytes);
    orr_rlp_free(&sources);
}

static int64_t blob_fee_of(const struct orr_engine_block *block) {
    uint64_t fee = orr_u256_clamp_u64(block->blob_fee);
    return fee > INT64_MAX ? INT64_MAX : (int64_t)fee;
}

static void build(struct orr_rollup_l1 *l1, struct orr_chain_link *parent, uint64_t time,
                  orr_time now, struct orr_outbox *out) {
    struct orr_engine_bytes txs[BLOCK_TXS_MAX];
    struct orr_engine_attributes a = {.time = time, .txs = txs};
    struct orr_engine_block block;
    for (a.n_txs = 0; a.n_txs < l1->n_pool && a.n_txs < BLOCK_TXS_MAX; a.n_txs++)
        txs[a.n_txs] = (struct orr_engine_bytes){l1->pool[a.n_txs].msg->data,
                                                   l1->pool[a.n_txs].msg->len};
    a.prev_randao = orr_keccak256(orr_chain_hash(parent), sizeof(struct orr_hash));
    if (orr_chain_engine.build(l1->chain, orr_chain_hash(parent), &a, &block)) return;
    struct orr_hash hash = block.hash;
    uint64_t number = block.number, depth = l1->role->final_depth;
    const struct orr_costs *costs = l1->env->common->costs;
    out->busy_ns += (int64_t)(block.gas_used / 1000000 + 1) * costs->gas_million_ns;
    clear_pool(l1, &hash, block.n_txs);
    struct orr_chain_link *link = orr_chain_find(l1->chain, &hash), *final = l1->chain->final;
    if (number > depth && orr_chain_number(final) < number - depth)
        final = orr_chain_at(l1->chain, link, number - depth);
    int error = orr_chain_choose(l1->chain, link, final, final);
    assert(!error);
    (void)error;
    tell_origin(l1, link, out);
    orr_rollup_blobs_block(&l1->blobs, l1->env->common->mem, &link->block->block,
                           l1->role->blob_expiry);
    if (block.blob_gas_used) orr_metric(out, "blob_fee", blob_fee_of(&block), "wei");
    while (l1->n_told < orr_chain_number(final)) /* ends: one more each time */
        tell_deposits(l1, orr_chain_at(l1->chain, link, ++l1->n_told), out);
    struct orr_msg *m = block_message(l1, link), *tx;
    orr_rollup_member_l1(l1->follower, m, now, out);
    orr_cast(out, l1->env->self, m);
    while ((tx = orr_rollup_member_due(l1->follower))) { /* ends: each leaves the list */
        orr_rollup_l1_want(l1, tx, out);
        orr_msg_unref(out->pool, tx);
    }
}

/* Transactions of blocks that a reorg leaves behind wait again. */
static struct orr_chain_link *go_back(struct orr_rollup_l1 *l1, uint64_t depth) {
    struct orr_chain_link *link = l1->chain->head;
    for (uint64_t i = 0; i < depth && link->parent && link != l1->chain->final; i++) {
        const struct orr_evm_block *b = &link->block->block;
        for (size_t t = 0; t < b->n_txs; t++) {
            struct orr_msg *m =
                orr_msg_copy(l1->env->common->pool, ORR_ROLLUP_L1_TX, b->tx_items[t].payload,
                             (uint32_t)b->tx_items[t].len);
            struct orr_rollup_pooled p = read_sender(l1, m);
            if (pool_find(l1, &p) == l1->n_pool) pool_add(l1, p);
            else orr_msg_unref(l1->env->common->pool, m); /* a newer one is there */
        }
        link = link->parent;
    }
    return link;
}

static void slot(struct orr_rollup_l1 *l1, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_rollup_role *role = l1->role;
    uint64_t time = (uint64_t)(event->now / 1000000000);
    l1->n_slots++;
    if (l1->n_slots == 1) deploy_portal(l1);
    else if (role->deposit_every && l1->n_slots % role->deposit_every == 0) deposit(l1);
    if (role->garbage_every && l1->n_slots > 1 && l1->n_slots % role->garbage_every == 0)
        garbage(l1);
    if (role->spike_after && l1->n_slots > role->spike_after && l1->n_slots <= role->spike_until)
        fill_blobs(l1);
    orr_rollup_l1_force(l1);
    if (role->propose_every) orr_rollup_games_slot(l1, out);
    if (!role->reorg_every || l1->n_slots % role->reorg_every) {
        build(l1, l1->chain->head, time, event->now, out);
        return;
    }
    uint64_t was = orr_chain_number(l1->chain->head);
    struct orr_chain_link *from = go_back(l1, role->reorg_depth);
    uint64_t first = from->block->block.header.timestamp;
    build(l1, from, first + 1, event->now, out);
    while (orr_chain_number(l1->chain->head) <= was) { /* ends: each is one higher */
        uint64_t before = orr_chain_number(l1->chain->head);
        build(l1, l1->chain->head, l1->chain->head->block->block.header.timestamp + 1, event->now,
              out);
        if (orr_chain_number(l1->chain->head) == before) return;
    }
}

static void answer(struct orr_rollup_l1 *l1, const struct orr_event *event,
                   struct orr_outbox *out) {
    if (event->msg->len != 8) {
        orr_reject(out);
        return;
    }
    uint64_t from = orr_load_be64(event->msg->data), head = orr_chain_number(l1->chain->head);
    for (uint64_t i = from; i <= head && i - from < ANSWER_MAX; i++)
        orr_send(out, event->peer, block_message(l1, orr_chain_at(l1->chain, l1->chain->head, i)));
}

static void take_blob_tx(struct orr_rollup_l1 *l1, const struct orr_event *event,
                         struct orr_outbox *out) {
    struct orr_rollup_tx tx;
    if (!orr_rollup_blobs_take(&l1->blobs, l1->env->common->mem, event->msg->data, event->msg->len,
                               orr_chain_number(l1->chain->head), &tx))
        orr_reject(out);
    else
        pool_offer(l1, orr_msg_copy(out->pool, ORR_ROLLUP_L1_TX, tx.bytes, (uint32_t)tx.len));
}

void orr_rollup_l1_step(struct orr_rollup_l1 *l1, const struct orr_event *event,
                        struct orr_outbox *out) {
    switch (event->kind) {
    case ORR_START: {
        struct orr_msg *m = block_message(l1, l1->chain->head);
        tell_origin(l1, l1->chain->head, out);
        orr_rollup_member_l1(l1->follower, m, event->now, out);
        orr_cast(out, l1->env->self, m);
        orr_arm(out, 0, event->now + l1->role->l1_slot);
        break;
    }
    case ORR_TIMER:
        slot(l1, event, out);
        orr_arm(out, 0, event->now + l1->role->l1_slot);
        break;
    case ORR_RECV:
        if (event->msg && event->msg->kind == ORR_ROLLUP_ASK) answer(l1, event, out);
        else if (event->msg && event->msg->kind == ORR_ROLLUP_ASK_GAMES)
            orr_rollup_games_answer(l1, event, out);
        else if (event->msg && event->msg->kind == ORR_ROLLUP_FORCE)
            orr_rollup_l1_want(l1, event->msg, out);
        else if (event->msg && event->msg->kind == ORR_ROLLUP_L1_BLOB_TX)
            take_blob_tx(l1, event, out);
        else if (event->msg && event->msg->kind == ORR_ROLLUP_UNSAFE)
            break; /* cast to all, and none of its business */
        else if (event->msg && event->msg->kind == ORR_ROLLUP_L1_TX)
            pool_offer(l1, orr_msg_ref(event->msg));
        else orr_reject(out);
        break;
    case ORR_INPUT: /* a client's transaction is for L2 */
        if (event->key == ORR_IN_TX) orr_rollup_member_take(l1->follower, event->msg, out);
        break;
    default: break;
    }
}
