/* transaction_rules.c - signatures, gas before execution, and the rules of a transaction's own
 * fields. */
#include <assert.h>

#include <secp256k1_recovery.h>

#include "models/base/sanitize.h"
#include "models/vm/evm.h"
#include "models/vm/transaction.h"
#include "models/vm/u256.h"

/* ---- signatures ---- */

/* secp256k1's order n, and n / 2 rounded down. */
static const struct orr_u256 curve_order = {
    {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
static const struct orr_u256 half_order = {
    {0xdfe92f46681b20a0u, 0x5d576e7357a4501du, 0xffffffffffffffffu, 0x7fffffffffffffffu}};

bool orr_evm_recover(const struct orr_hash *hash, struct orr_u256 r, struct orr_u256 s, int parity,
                     bool is_low_s, struct orr_address *address) {
    assert(parity == 0 || parity == 1);
    if (orr_u256_is_zero(r) || orr_u256_is_zero(s) || !orr_u256_less(r, curve_order)) return false;
    if (orr_u256_less(is_low_s ? half_order : orr_u256_sub(curve_order, orr_u256_from_u64(1)), s))
        return false;
    const secp256k1_context *ctx = secp256k1_context_static;
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    uint8_t compact[64], point[65];
    size_t point_len = sizeof point;
    orr_u256_store_be(compact, r);
    orr_u256_store_be(compact + 32, s);
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(ctx, &signature, compact, parity) ||
        !secp256k1_ecdsa_recover(ctx, &key, &signature, hash->bytes))
        return false;
    secp256k1_ec_pubkey_serialize(ctx, point, &point_len, &key, SECP256K1_EC_UNCOMPRESSED);
    orr_filled(point, sizeof point);
    assert(point_len == sizeof point);
    struct orr_hash h = orr_keccak256(point + 1, sizeof point - 1);
    memcpy(address->bytes, h.bytes + 12, sizeof address->bytes);
    return true;
}

enum orr_evm_tx_error orr_evm_tx_sender(struct orr_mem *mem, const struct orr_evm_tx *tx,
                                        enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                                        struct orr_address *sender) {
    int parity;
    if (tx->type != ORR_TX_LEGACY) {
        if (!orr_u256_less(tx->v, orr_u256_from_u64(2))) return ORR_TX_INVALID_SIGNATURE_VRS;
        parity = (int)tx->v.limb[0];
    } else if (tx->has_chain_id) {
        if (fork < ORR_FORK_EIP158) return ORR_TX_INVALID_SIGNATURE_VRS; /* EIP-155 */
        parity = !(tx->v.limb[0] & 1);
    } else {
        if (!orr_u256_fits_u64(tx->v) || tx->v.limb[0] < 27 || tx->v.limb[0] > 28)
            return ORR_TX_INVALID_SIGNATURE_VRS;
        parity = (int)tx->v.limb[0] - 27;
    }
    if (tx->has_chain_id && !orr_u256_equal(tx->chain_id, *chain_id)) return ORR_TX_INVALID_CHAINID;
    struct orr_hash hash = orr_evm_tx_signing_hash(mem, tx);
    bool is_low_s = fork >= ORR_FORK_HOMESTEAD; /* EIP-2 */
    return orr_evm_recover(&hash, tx->r, tx->s, parity, is_low_s, sender) ? ORR_TX_OK
                                                                  : ORR_TX_INVALID_SIGNATURE_VRS;
}

bool orr_evm_tx_authority(struct orr_mem *mem, const struct orr_evm_tx_authorization *a,
                          struct orr_address *authority) {
    if (!orr_u256_less(a->y_parity, orr_u256_from_u64(2))) return false;
    struct orr_rlp_writer w = {.mem = mem};
    orr_rlp_write_raw(&w, "\x05", 1); /* EIP-7702: MAGIC */
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u256(&w, a->chain_id);
    orr_rlp_write_string(&w, a->address.bytes, sizeof a->address.bytes);
    orr_rlp_write_u64(&w, a->nonce);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return orr_evm_recover(&hash, a->r, a->s, (int)a->y_parity.limb[0], true, authority);
}

/* ---- gas ---- */

static size_t count_zeros(const uint8_t *data, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += !data[i];
    return n;
}

static uint64_t words_of(size_t len) { return (uint64_t)len / 32 + (len % 32 != 0); }

/* EIP-2780, "Intrinsic gas costs": what sender, recipient and value cost. */
static uint64_t base_gas(const struct orr_evm_tx *tx, const struct orr_address *sender) {
    if (tx->is_create) return ORR_GAS_TX + ORR_GAS_CREATE;
    if (sender && orr_address_equal(*sender, tx->to)) return ORR_GAS_TX;
    uint64_t value = orr_u256_is_zero(tx->value) ? 0 : ORR_GAS_TX_VALUE;
    return ORR_GAS_TX + ORR_GAS_COLD_ACCOUNT + value;
}

/* EIP-7981: an access list is data, too. */
static uint64_t listed_data_gas(const struct orr_evm_tx *tx) {
    return ORR_GAS_DATA_FLOOR * (20 * (uint64_t)tx->n_access + 32 * (uint64_t)tx->n_access_keys);
}

static uint64_t amsterdam_gas(const struct orr_evm_tx *tx, const struct orr_address *sender) {
    size_t zeros = count_zeros(tx->data, tx->data_len);
    uint64_t gas = base_gas(tx, sender) + 4 * (uint64_t)zeros;
    gas += 16 * (uint64_t)(tx->data_len - zeros);
    if (tx->is_create) gas += 2 * words_of(tx->data_len);
    gas += ORR_GAS_LISTED_ADDRESS * (uint64_t)tx->n_access;
    gas += ORR_GAS_LISTED_KEY * (uint64_t)tx->n_access_keys;
    gas += ORR_GAS_AUTHORIZATION * (uint64_t)tx->n_authorizations;
    return gas + listed_data_gas(tx);
}

uint64_t orr_evm_tx_intrinsic_gas(const struct orr_evm_tx *tx, const struct orr_address *sender,
                                  enum orr_evm_fork fork) {
    if (fork >= ORR_FORK_AMSTERDAM) return amsterdam_gas(tx, sender);
    size_t zeros = count_zeros(tx->data, tx->data_len), others = tx->data_len - zeros;
    uint64_t gas = 21000 + 4 * (uint64_t)zeros;
    gas += (fork >= ORR_FORK_ISTANBUL ? 16 : 68) * (uint64_t)others; /* EIP-2028 */
    if (tx->is_create && fork >= ORR_FORK_HOMESTEAD) gas += 32000;   /* EIP-2    */
    if (tx->is_create && fork >= ORR_FORK_SHANGHAI)                  /* EIP-3860 */
        gas += 2 * words_of(tx->data_len);
    gas += 2400 * (uint64_t)tx->n_access + 1900 * (uint64_t)tx->n_access_keys; /* EIP-2930 */
    gas += ORR_TX_AUTHORIZATION_GAS * (uint64_t)tx->n_authorizations;          /* EIP-7702 */
    return gas;
}

uint64_t orr_evm_tx_floor_gas(const struct orr_evm_tx *tx, const struct orr_address *sender,
                              enum orr_evm_fork fork) {
    if (fork < ORR_FORK_PRAGUE) return 0;
    if (fork >= ORR_FORK_AMSTERDAM)
        return base_gas(tx, sender) + ORR_GAS_DATA_FLOOR * (uint64_t)tx->data_len +
               listed_data_gas(tx);
    size_t zeros = count_zeros(tx->data, tx->data_len);
    return 21000 + 10 * ((uint64_t)zeros + 4 * (uint64_t)(tx->data_len - zeros));
}

/* ---- rules of the fields ---- */

static enum orr_evm_tx_error check_type(const struct orr_evm_tx *tx, enum orr_evm_fork fork) {
    switch (tx->type) {
    case ORR_TX_LEGACY: return ORR_TX_OK;
    case ORR_TX_ACCESS_LIST: return fork >= ORR_FORK_BERLIN ? ORR_TX_OK : ORR_TX_TYPE_1_TX_PRE_FORK;
    case ORR_TX_FEE_MARKET: return fork >= ORR_FORK_LONDON ? ORR_TX_OK : ORR_TX_TYPE_2_TX_PRE_FORK;
    case ORR_TX_BLOB: return fork >= ORR_FORK_CANCUN ? ORR_TX_OK : ORR_TX_TYPE_3_TX_PRE_FORK;
    case ORR_TX_SET_CODE: return fork >= ORR_FORK_PRAGUE ? ORR_TX_OK : ORR_TX_TYPE_4_TX_PRE_FORK;
    case ORR_TX_N_TYPES:
    case ORR_TX_DEPOSIT: break;
    }
    return ORR_TX_TYPE_NOT_SUPPORTED;
}

static enum orr_evm_tx_error check_blobs(const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                         unsigned max_blobs) {
    if (tx->type != ORR_TX_BLOB) return ORR_TX_OK;
    if (tx->is_create) return ORR_TX_TYPE_3_TX_CONTRACT_CREATION;
    if (!tx->n_blob_hashes) return ORR_TX_TYPE_3_TX_ZERO_BLOBS;
    for (size_t i = 0; i < tx->n_blob_hashes; i++)
        if (tx->blob_hashes[i].bytes[0] != 1) return ORR_TX_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH;
    if (fork >= ORR_FORK_OSAKA && max_blobs > ORR_TX_MAX_BLOBS) max_blobs = ORR_TX_MAX_BLOBS;
    return tx->n_blob_hashes > max_blobs ? ORR_TX_TYPE_3_TX_BLOB_COUNT_EXCEEDED : ORR_TX_OK;
}

static bool is_above_256_bits(struct orr_u256 price, uint64_t gas) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) carry = ((unsigned __int128)price.limb[i] * gas + carry) >> 64;
    return carry != 0;
}

enum orr_evm_tx_error orr_evm_tx_check(const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                       unsigned max_blobs) {
    enum orr_evm_tx_error error = check_type(tx, fork);
    if (error) return error;
    if (tx->nonce == UINT64_MAX) return ORR_TX_NONCE_IS_MAX; /* EIP-2681 */
    if (orr_u256_less(tx->max_fee, tx->max_priority_fee))
        return ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS;
    if (is_above_256_bits(tx->max_fee, tx->gas_limit))
        return ORR_TX_GASLIMIT_PRICE_PRODUCT_OVERFLOW;
    error = check_blobs(tx, fork, max_blobs);
    if (error) return error;
    if (tx->type == ORR_TX_SET_CODE && tx->is_create) return ORR_TX_TYPE_4_TX_CONTRACT_CREATION;
    if (tx->type == ORR_TX_SET_CODE && !tx->n_authorizations)
        return ORR_TX_TYPE_4_EMPTY_AUTHORIZATION_LIST;
    if (fork >= ORR_FORK_SHANGHAI && tx->is_create &&
        tx->data_len > ORR_EVM_MAX_INITCODE_SIZE_OF(fork))
        return ORR_TX_INITCODE_SIZE_EXCEEDED;
    uint64_t most = fork >= ORR_FORK_AMSTERDAM ? UINT32_MAX /* EIP-8037 */
                    : fork >= ORR_FORK_OSAKA   ? ORR_TX_MAX_GAS
                                               : UINT64_MAX;
    return tx->gas_limit > most ? ORR_TX_GAS_LIMIT_EXCEEDS_MAXIMUM : ORR_TX_OK;
}

enum orr_evm_tx_error orr_evm_tx_check_gas(const struct orr_evm_tx *tx,
                                           const struct orr_address *sender,
                                           enum orr_evm_fork fork) {
    uint64_t gas = orr_evm_tx_intrinsic_gas(tx, sender, fork);
    uint64_t floor = orr_evm_tx_floor_gas(tx, sender, fork);
    if (tx->gas_limit < gas) return ORR_TX_INTRINSIC_GAS_TOO_LOW;
    if (tx->gas_limit < floor) return ORR_TX_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST;
    if (fork >= ORR_FORK_AMSTERDAM && (gas > ORR_TX_MAX_GAS || floor > ORR_TX_MAX_GAS))
        return ORR_TX_GAS_LIMIT_EXCEEDS_MAXIMUM; /* EIP-8037, "Transaction validation" */
    return ORR_TX_OK;
}
