#include "models/node/evm_clients.h"

#include "models/chain/tx.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

enum { CALL_BYTES = 4 + 3 * 32 };

/* A call's data, or none: returns its length. */
static size_t make_call(const struct orr_chain_genesis *chain, const struct orr_tx_order *o,
                        struct orr_evm_tx *tx, uint8_t data[CALL_BYTES]) {
    const struct orr_address *to = &chain->keys[orr_rng_below(o->rng, chain->n_keys)].address;
    struct orr_u256 amount = orr_u256_from_u64(1 + orr_rng_below(o->rng, 1000000));
    uint64_t side = orr_rng_below(o->rng, 2);
    if (o->mix == ORR_TX_token) { /* transfer(to, amount) */
        tx->to = chain->tokens[side];
        tx->gas_limit = 100000;
        orr_store_be32(data, ORR_TOKEN_TRANSFER);
        orr_u256_store_be(data + 4, orr_u256_from_address(*to));
        orr_u256_store_be(data + 36, amount);
        return 68;
    }
    if (o->mix == ORR_TX_exchange) { /* swap(side, paid, wanted) */
        tx->to = chain->exchange;
        tx->gas_limit = 200000;
        orr_store_be32(data, ORR_EXCHANGE_SWAP);
        orr_u256_store_be(data + 4, orr_u256_from_u64(side));
        orr_u256_store_be(data + 36, amount);
        orr_u256_store_be(data + 68, orr_u256_from_u64(0));
        return 100;
    }
    tx->to = *to;
    tx->value = amount;
    tx->gas_limit = 21000;
    return 0;
}

struct orr_msg *orr_evm_make_tx(struct orr_evm_clients *clients,
                                const struct orr_chain_genesis *chain,
                                const struct orr_common *common, const struct orr_tx_order *o,
                                uint16_t kind) {
    if (o->mix > ORR_TX_transfer && !chain->has_market) return NULL; /* nothing to call */
    uint32_t account = o->client % chain->n_keys;
    uint8_t data[CALL_BYTES];
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = chain->configs[0].chain_id,
                            .nonce = chain->nonces[account] + clients->nonces[account]++,
                            .max_fee = orr_u256_from_u64(1000000000000u),
                            .data = data};
    tx.max_priority_fee = orr_u256_from_u64((1 + orr_rng_below(o->rng, 100)) * 10000000);
    tx.data_len = make_call(chain, o, &tx, data);
    orr_wallet_sign(chain->wallet, common->mem, &tx, &chain->keys[account]);
    struct orr_rlp_writer w = {.mem = common->mem};
    orr_evm_tx_encode(&tx, &w);
    struct orr_msg *m = orr_msg_copy(common->pool, kind, w.bytes, (uint32_t)w.len);
    orr_chain_tx_signed(common->memo, w.bytes, w.len, chain->fork, &tx.chain_id,
                        &chain->keys[account].address);
    orr_rlp_free(&w);
    return m;
}

bool orr_evm_is_genesis(const struct orr_chain_genesis *chain, struct orr_config_list given) {
    if (!chain->given) return !given.n;
    return given.n && given.v[0] == chain->spec_len &&
           !memcmp(given.v + 1, chain->spec, chain->spec_len);
}

struct orr_address *orr_evm_coinbases(const struct orr_keypair *keys, uint32_t n,
                                      struct orr_mem *mem) {
    struct orr_address *coinbases = orr_alloc(mem, n * sizeof *coinbases);
    for (uint32_t i = 0; i < n; i++) {
        struct orr_hash h = orr_keccak256(keys[i].public_key, 32);
        memcpy(coinbases[i].bytes, h.bytes + 12, sizeof coinbases[i].bytes);
    }
    return coinbases;
}
