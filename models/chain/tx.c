#include "models/chain/tx.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/u256.h"

/* ---- senders ---- */

/* A memo's result is 64 bits; an address and an error take three. */
enum { N_PIECES = 3 };

static struct orr_memo_key key_of(const uint8_t *bytes, size_t len, enum orr_evm_fork fork,
                                  const struct orr_u256 *chain_id, uint8_t piece) {
    uint8_t rules[34];
    orr_u256_store_be(rules, *chain_id);
    rules[32] = (uint8_t)fork;
    rules[33] = piece;
    return orr_memo_key(ORR_MEMO_SECP256K1_RECOVER, bytes, len, rules, sizeof rules, NULL, 0);
}

static void remember(struct orr_memo *memo, const uint8_t *bytes, size_t len,
                     enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                     const struct orr_address *sender, enum orr_evm_tx_error error) {
    const uint64_t v[N_PIECES] = {orr_load_be64(sender->bytes), orr_load_be64(sender->bytes + 8),
                                  (uint64_t)error << 32 | orr_load_be32(sender->bytes + 16)};
    for (uint8_t i = 0; i < N_PIECES; i++)
        orr_memo_put(memo, key_of(bytes, len, fork, chain_id, i), v[i]);
}

enum orr_evm_tx_error orr_chain_tx_sender(struct orr_mem *mem, struct orr_memo *memo,
                                          const struct orr_evm_tx *tx, const uint8_t *bytes,
                                          size_t len, enum orr_evm_fork fork,
                                          const struct orr_u256 *chain_id,
                                          struct orr_address *sender) {
    struct orr_memo_key keys[N_PIECES];
    uint64_t v[N_PIECES] = {0};
    bool is_known = memo != NULL;
    for (uint8_t i = 0; i < N_PIECES && is_known; i++) {
        keys[i] = key_of(bytes, len, fork, chain_id, i);
        is_known = orr_memo_find(memo, keys[i], &v[i]);
    }
    if (is_known) {
        orr_store_be64(sender->bytes, v[0]);
        orr_store_be64(sender->bytes + 8, v[1]);
        orr_store_be32(sender->bytes + 16, (uint32_t)v[2]);
        return (enum orr_evm_tx_error)(v[2] >> 32);
    }
    *sender = (struct orr_address){{0}};
    enum orr_evm_tx_error error = orr_evm_tx_sender(mem, tx, fork, chain_id, sender);
    if (memo) remember(memo, bytes, len, fork, chain_id, sender, error);
    return error;
}

void orr_chain_tx_signed(struct orr_memo *memo, const uint8_t *bytes, size_t len,
                         enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                         const struct orr_address *sender) {
    if (memo) remember(memo, bytes, len, fork, chain_id, sender, ORR_TX_OK);
}

/* ---- forms ---- */

static const struct orr_decoder decoder = {"execution transaction"};

/* a + b * n, or 2^256 - 1. */
static struct orr_u256 add_product(struct orr_u256 a, struct orr_u256 b, uint64_t n) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)b.limb[i] * n + a.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return carry ? (struct orr_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}} : a;
}

static enum orr_evm_tx_error check(const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                   unsigned max_blobs) {
    enum orr_evm_tx_error error = orr_evm_tx_check(tx, fork, max_blobs);
    return error ? error : orr_evm_tx_check_gas(tx, NULL, fork);
}

void orr_chain_tx_decode(struct orr_msg *m, const struct orr_evm_chain_config *config,
                         enum orr_evm_fork fork, struct orr_mem *mem, struct orr_pool *pool,
                         struct orr_memo *memo) {
    struct orr_evm_tx tx;
    if (m->len > ORR_MAX_TX_BYTES || orr_evm_tx_decode(mem, m->data, m->len, &tx)) return;
    struct orr_chain_tx *form = orr_form_new(m, &decoder, sizeof *form, pool);
    memset(form, 0, sizeof *form);
    form->fork = fork;
    form->type = (uint8_t)tx.type;
    form->hash = orr_keccak256(m->data, m->len);
    form->nonce = tx.nonce;
    form->gas_limit = tx.gas_limit;
    form->max_fee = tx.max_fee;
    form->max_tip = tx.max_priority_fee;
    form->cost = add_product(tx.value, tx.max_fee, tx.gas_limit);
    form->cost = add_product(form->cost, tx.max_blob_fee, tx.n_blob_hashes * ORR_BLOB_GAS);
    form->error = check(&tx, fork, orr_evm_blob_schedule(fork).max);
    form->is_recovered = memo != NULL;
    if (memo && !form->error)
        form->error = orr_chain_tx_sender(mem, memo, &tx, m->data, m->len, fork, &config->chain_id,
                                          &form->sender);
    orr_evm_tx_free(mem, &tx);
}

const struct orr_chain_tx *orr_chain_tx_of(const struct orr_msg *m) {
    return orr_form(m, &decoder);
}

enum orr_evm_tx_error orr_chain_tx_judge(struct orr_mem *mem, struct orr_memo *memo,
                                         const struct orr_msg *m,
                                         const struct orr_evm_chain_fork *rules,
                                         const struct orr_u256 *chain_id,
                                         struct orr_address *sender) {
    const struct orr_chain_tx *form = orr_chain_tx_of(m);
    bool is_same = form->fork == rules->fork;
    *sender = form->sender;
    if (is_same && (form->error || form->is_recovered)) return form->error;
    struct orr_evm_tx tx;
    if (orr_evm_tx_decode(mem, m->data, m->len, &tx)) return ORR_TX_RLP_INVALID_VALUE;
    enum orr_evm_tx_error error = is_same ? ORR_TX_OK : check(&tx, rules->fork, rules->blobs.max);
    if (!error)
        error = orr_chain_tx_sender(mem, memo, &tx, m->data, m->len, rules->fork, chain_id, sender);
    orr_evm_tx_free(mem, &tx);
    return error;
}
