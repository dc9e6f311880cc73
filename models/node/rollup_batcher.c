/* rollup_batcher.c - the sequencer's way to L1: channels of what is not safe yet, frame by frame as
 * call data or in blobs, not more at once than may wait; begun anew from the safe head, at twice
 * the price, when L1 does not take them, and at the same price after a reorg.
 *
 * ethereum-optimism/specs, protocol/batcher.md; protocol/ecotone/derivation.md (blobs). */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/vm/execute.h"
#include "models/vm/u256.h"

enum { BATCH_BLOCKS_MAX = 200, BLOBS_A_TX = 6, BUMPS_MAX = 20,
       STUCK_AFTER = 4 /* L1 blocks in which nothing goes on */ };
static const uint64_t GWEI = 1000000000u;

static void drop_channel(struct orr_rollup_batcher *b) {
    orr_rlp_free(&b->datas);
    b->n = b->next = b->at = 0;
}

void orr_rollup_batcher_fini(struct orr_rollup_member *m) { drop_channel(&m->batcher); }

/* ---- prices ---- */

/* Wei per gas and per blob gas in L1's last block. */
struct prices {
    struct orr_u256 gas, blob_gas;
};
static struct prices prices_of(const struct orr_rollup_member *m) {
    struct prices p = {orr_u256_from_u64(GWEI), orr_u256_from_u64(1)};
    struct orr_l1_block block;
    uint64_t tip;
    if (!orr_verifier_tip(m->verifier, &tip) || !orr_verifier_origin(m->verifier, tip, &block))
        return p;
    p = (struct prices){block.base_fee, block.blob_base_fee};
    orr_l1_block_free(m->env->common->mem, &block);
    return p;
}

static uint64_t gas_of(size_t len) { return 21000 + 40 * (uint64_t)len; /* EIP-7623 */ }

/* Would the channel's frames cost less in blobs? */
static bool are_blobs_cheaper(const struct orr_rollup_batcher *b, const struct prices *p) {
    uint64_t n_txs = (b->n + BLOBS_A_TX - 1) / BLOBS_A_TX, gas = 0;
    for (size_t i = 0; i < b->n; i++) gas += gas_of(b->lens[i]);
    struct orr_u256 call_data = orr_u256_mul(p->gas, orr_u256_from_u64(gas));
    struct orr_u256 blobs =
        orr_u256_add(orr_u256_mul(p->gas, orr_u256_from_u64(n_txs * gas_of(0))),
                     orr_u256_mul(p->blob_gas, orr_u256_from_u64(b->n * ORR_BLOB_GAS)));
    return orr_u256_less(blobs, call_data);
}

/* ---- transactions ---- */

static void sign(struct orr_rollup_member *m, struct orr_evm_tx *tx, struct orr_rlp_writer *w,
                 struct orr_outbox *out) {
    const struct orr_chain_genesis *l1 = m->genesis->l1;
    tx->has_chain_id = true;
    tx->chain_id = l1->configs[0].chain_id;
    tx->nonce = m->batcher.nonce++;
    tx->max_fee = orr_u256_from_u64(1000 * GWEI);
    tx->max_priority_fee = orr_u256_from_u64(GWEI);
    tx->to = m->genesis->config.inbox;
    orr_wallet_sign(l1->wallet, m->env->common->mem, tx, &l1->keys[ORR_ROLLUP_KEY_BATCHER]);
    orr_evm_tx_encode(tx, w);
    out->busy_ns += m->env->common->costs->sign_ns;
}

static void send(struct orr_rollup_member *m, uint16_t kind, struct orr_rlp_writer *w,
                 struct orr_outbox *out) {
    orr_send(out, m->genesis->cohort->members[0],
             orr_msg_copy(out->pool, kind, w->bytes, (uint32_t)w->len));
    orr_rlp_free(w);
}

static void send_call_data(struct orr_rollup_member *m, struct orr_outbox *out) {
    struct orr_rollup_batcher *b = &m->batcher;
    struct orr_rlp_writer w = {.mem = m->env->common->mem};
    size_t len = b->lens[b->next];
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .gas_limit = gas_of(len),
                            .data = b->datas.bytes + b->at, .data_len = len};
    sign(m, &tx, &w, out);
    b->next++;
    b->at += len;
    send(m, ORR_ROLLUP_L1_TX, &w, out);
}

/* Twice what L1's last block took, twice as much again for each time that it was not enough. */
static struct orr_u256 blob_fee_cap(const struct orr_rollup_member *m) {
    uint64_t times = (uint64_t)2 << m->batcher.n_stuck;
    return orr_u256_mul(prices_of(m).blob_gas, orr_u256_from_u64(times));
}

static void send_blobs(struct orr_rollup_member *m, struct orr_outbox *out) {
    struct orr_rollup_batcher *b = &m->batcher;
    struct orr_mem *mem = m->env->common->mem;
    struct orr_rlp_writer tx_bytes = {.mem = mem}, w = {.mem = mem};
    struct orr_hash hashes[BLOBS_A_TX];
    size_t n = b->n - b->next < BLOBS_A_TX ? b->n - b->next : (size_t)BLOBS_A_TX;
    uint8_t *blobs = orr_alloc(mem, n * ORR_BLOB_BYTES), commitment[48];
    for (size_t i = 0; i < n; i++) {
        uint8_t *blob = blobs + i * ORR_BLOB_BYTES;
        size_t len = b->lens[b->next++];
        orr_blob_write(b->datas.bytes + b->at, len, blob);
        orr_blob_commit(blob, commitment);
        hashes[i] = orr_blob_versioned_hash(commitment);
        b->at += len;
    }
    struct orr_evm_tx tx = {.type = ORR_TX_BLOB, .gas_limit = gas_of(0), .blob_hashes = hashes,
                            .n_blob_hashes = n, .max_blob_fee = blob_fee_cap(m)};
    sign(m, &tx, &tx_bytes, out);
    orr_rollup_write_blob_tx(&w, tx_bytes.bytes, tx_bytes.len, blobs, n);
    orr_rlp_free(&tx_bytes);
    orr_free(mem, blobs, n * ORR_BLOB_BYTES);
    send(m, ORR_ROLLUP_L1_BLOB_TX, &w, out);
}

/* What of the channel may be sent now. */
static void pump(struct orr_rollup_member *m, uint64_t tip, struct orr_outbox *out) {
    struct orr_rollup_batcher *b = &m->batcher;
    while (b->next < b->n && b->nonce - b->used < m->role->max_pending) { /* ends: next grows */
        b->moved_at = tip;
        if (b->is_in_blobs) send_blobs(m, out);
        else send_call_data(m, out);
    }
    if (b->n && b->next == b->n) drop_channel(b);
}

/* ---- channels ---- */

/* A flaw on purpose: the batch says less than was sequenced. */
static void leave_out(const struct orr_rollup_member *m, const struct orr_verified **blocks,
                      size_t n, struct orr_verified *copy) {
    if (m->role->flaw != ORR_FLAW_OTHER_BATCH) return;
    for (size_t i = 0; i < n; i++) {
        if (blocks[i]->n_txs == blocks[i]->n_deposits) continue;
        *copy = *blocks[i];
        copy->n_txs--;
        blocks[i] = copy;
        return;
    }
}

static void open_channel(struct orr_rollup_member *m, uint64_t from, uint64_t to,
                         struct orr_outbox *out) {
    struct orr_rollup_batcher *b = &m->batcher;
    const struct orr_verified *blocks[BATCH_BLOCKS_MAX];
    struct orr_verified copy;
    uint8_t channel[ORR_CHANNEL_ID_BYTES] = {0};
    size_t n = 0;
    for (uint64_t i = from; i <= to && n < BATCH_BLOCKS_MAX; i++)
        blocks[n++] = orr_rollup_block_at(m, i);
    leave_out(m, blocks, n, &copy);
    const struct orr_batcher_options options = {
        (enum orr_batch_form)m->role->form, (enum orr_compression)m->role->compression,
        (uint32_t)m->role->frame_size};
    orr_store_be64(channel, ++b->n_channels);
    orr_store_be64(channel + 8, b->opened_at);
    b->datas = (struct orr_rlp_writer){.mem = m->env->common->mem};
    b->n = orr_batcher_write(m->env->common->mem, &m->genesis->config, &options, blocks, n,
                             orr_rollup_block_at(m, from - 1), channel, &b->datas, b->lens,
                             ORR_ROLLUP_FRAMES_MAX);
    b->next = b->at = 0;
    if (b->n) b->submitted = from + n - 1;
    orr_metric(out, "batch_bytes", (int64_t)b->datas.len, "B");
    if (!b->n) drop_channel(b);
    struct prices p = prices_of(m);
    b->is_in_blobs = m->role->data == ORR_DATA_BLOBS ||
                     (m->role->data == ORR_DATA_CHEAPER && are_blobs_cheaper(b, &p));
    if (m->role->data != ORR_DATA_CALLDATA)
        orr_metric(out, "batch_blobs", b->is_in_blobs ? (int64_t)b->n : 0, "");
}

/* Has L1 taken what was sent, or changed its mind?  Begins anew then, in place of the old. */
static void look_at_l1(struct orr_rollup_member *m, uint64_t tip) {
    struct orr_rollup_batcher *b = &m->batcher;
    uint64_t used = orr_verifier_n_batcher_txs(m->verifier);
    uint64_t safe = orr_rollup_safe(m)->head.block.number;
    bool is_other = orr_verifier_reorgs(m->verifier).n != b->seen_reorgs;
    if (used > b->nonce) b->nonce = used; /* after a restart */
    if (used != b->used) b->moved_at = tip;
    b->used = used;
    b->seen_reorgs = orr_verifier_reorgs(m->verifier).n;
    if (b->submitted <= safe) b->n_stuck = 0;
    if (b->submitted < safe) b->submitted = safe;
    bool is_stuck = b->submitted > safe && tip >= b->moved_at + STUCK_AFTER;
    if (!is_other && !is_stuck) return;
    if (is_stuck && !is_other && b->n_stuck < BUMPS_MAX) b->n_stuck++;
    b->submitted = safe;
    b->nonce = used;
    drop_channel(b);
}

void orr_rollup_batcher_run(struct orr_rollup_member *m, struct orr_outbox *out) {
    struct orr_rollup_batcher *b = &m->batcher;
    const struct orr_rollup_role *role = m->role;
    uint64_t tip, head = orr_rollup_unsafe(m)->head.block.number;
    if (!orr_verifier_tip(m->verifier, &tip) || !tip) return;
    look_at_l1(m, tip);
    if (role->silent_after && tip > role->silent_after &&
        (!role->silent_until || tip < role->silent_until))
        return;
    pump(m, tip, out);
    if (b->n || tip % role->batch_every || b->submitted >= head) return;
    uint64_t from = b->submitted + 1;
    while (from <= head && orr_rollup_is_too_late(
                               m, orr_rollup_block_at(m, from)->head.block.origin_number, tip + 1))
        from++; /* what has expired is not sent: it becomes what it is by itself */
    if (from > head) return;
    b->opened_at = b->moved_at = tip;
    open_channel(m, from, head, out);
    pump(m, tip, out);
}
