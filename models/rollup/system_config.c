#include "models/rollup/system_config.h"

#include <string.h>

#include "models/base/keccak.h"

bool orr_ecotone_scalars(const struct orr_u256 *packed, uint32_t *base_fee_scalar,
                         uint32_t *blob_base_fee_scalar) {
    uint64_t version = packed->limb[3] >> 56, above = packed->limb[3] << 8 >> 8;
    if (version > 1 || above || packed->limb[2] || packed->limb[1]) return false;
    if (!version && packed->limb[0] >> 32) return false;
    *base_fee_scalar = (uint32_t)packed->limb[0];
    *blob_base_fee_scalar = (uint32_t)(packed->limb[0] >> 32);
    return true;
}

static bool fits(struct orr_u256 v, unsigned n_bits) {
    if (v.limb[3] | v.limb[2]) return false;
    unsigned __int128 low = (unsigned __int128)v.limb[1] << 64 | v.limb[0];
    return !(low >> n_bits);
}

static void set_scalars(struct orr_system_config *c, struct orr_u256 overhead,
                        struct orr_u256 scalar, bool is_ecotone) {
    uint32_t unused[2];
    if (is_ecotone && !orr_ecotone_scalars(&scalar, &unused[0], &unused[1])) return;
    c->overhead = is_ecotone ? orr_u256_from_u64(0) : overhead;
    c->scalar = scalar;
}

/* The argument `bytes data` of one word, or two of them for the scalars. */
static const char *unwrap(const struct orr_rollup_log *log, size_t n_words,
                          struct orr_u256 words[2]) {
    if (log->data_len < 64) return "length";
    if (!orr_u256_equal(orr_u256_load_be(log->data), orr_u256_from_u64(32))) return "offset";
    if (!orr_u256_equal(orr_u256_load_be(log->data + 32), orr_u256_from_u64(32 * n_words)) ||
        log->data_len != 64 + 32 * n_words)
        return "length";
    for (size_t i = 0; i < n_words; i++) words[i] = orr_u256_load_be(log->data + 64 + 32 * i);
    return NULL;
}

const char *orr_system_config_apply(struct orr_system_config *c, const struct orr_rollup_log *log,
                                    bool is_ecotone) {
    static const char event[] = "ConfigUpdate(uint256,uint8,bytes)";
    if (log->n_topics != 3) return "topics";
    if (!orr_hash_equal(log->topics[0], orr_keccak256(event, sizeof event - 1))) return "event";
    if (!orr_u256_is_zero(orr_u256_from_hash(log->topics[1]))) return "version";
    struct orr_u256 type = orr_u256_from_hash(log->topics[2]), v[2];
    if (!fits(type, 8) || type.limb[0] >= ORR_N_UPDATES) return "type";
    if (type.limb[0] == ORR_UPDATE_UNSAFE_SIGNER) return NULL;
    const char *wrong = unwrap(log, type.limb[0] == ORR_UPDATE_FEE_SCALARS ? 2 : 1, v);
    if (wrong) return wrong;
    switch ((enum orr_config_update)type.limb[0]) {
    case ORR_UPDATE_BATCHER:
        if (v[0].limb[3] || v[0].limb[2] >> 32) return "number";
        c->batcher = orr_u256_to_address(v[0]);
        break;
    case ORR_UPDATE_FEE_SCALARS: set_scalars(c, v[0], v[1], is_ecotone); break;
    case ORR_UPDATE_GAS_LIMIT:
        if (!fits(v[0], 64)) return "number";
        c->gas_limit = v[0].limb[0];
        break;
    case ORR_UPDATE_EIP_1559:
        if (!fits(v[0], 64)) return "number";
        c->denominator = (uint32_t)(v[0].limb[0] >> 32);
        c->elasticity = (uint32_t)v[0].limb[0];
        break;
    case ORR_UPDATE_OPERATOR_FEE:
        if (!fits(v[0], 96)) return "number";
        c->operator_fee_scalar = (uint32_t)v[0].limb[1];
        c->operator_fee_constant = v[0].limb[0];
        break;
    case ORR_UPDATE_UNSAFE_SIGNER:
    case ORR_N_UPDATES: break;
    }
    return NULL;
}
