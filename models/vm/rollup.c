#include "models/vm/rollup.h"

#include <assert.h>

#include "models/vm/u256.h"

/* ---- compression, as far as its length ---- */

/* FastLZ, level 1: a match of 3 bytes or more within 8,191 bytes before is 2 or 3 bytes, other
 * bytes go in runs of at most 32 with a byte before each run.  A position is found by a hash of its
 * next three bytes; the last one with that hash counts. */
enum { LZ_WINDOW = 8191, LZ_HASHES = 8192, LZ_RUN = 32, LZ_MATCH = 262, LZ_TAIL = 13 };

static uint32_t three(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static uint32_t hash_of(uint32_t v) { return v * 2654435769u >> 19; }

static uint32_t literals(uint32_t n) {
    uint32_t rest = n % LZ_RUN;
    return (LZ_RUN + 1) * (n / LZ_RUN) + (rest ? rest + 1 : 0);
}

static uint32_t match(uint32_t n) {
    assert(n >= 1);
    n--;
    return 3 * (n / LZ_MATCH) + (n % LZ_MATCH >= 6 ? 3 : 2);
}

/* How far the bytes at a and b are the same, the first that is not one of them. */
static uint32_t same(const uint8_t *bytes, uint32_t a, uint32_t b, uint32_t end) {
    uint32_t n = 0;
    for (bool is_same = true; is_same && b + n < end; n++) is_same = bytes[a + n] == bytes[b + n];
    return n;
}

uint32_t orr_evm_fastlz_len(const uint8_t *bytes, uint32_t len) {
    uint32_t table[LZ_HASHES] = {0}, n = 0, done = 0, at = 2;
    uint32_t limit = len < LZ_TAIL ? 0 : len - LZ_TAIL;
    while (at < limit) {
        uint32_t found = 0;
        bool is_match = false;
        for (; at < limit; at++) {
            uint32_t v = three(bytes + at), *place = &table[hash_of(v)];
            found = *place;
            *place = at;
            is_match = at - found <= LZ_WINDOW && three(bytes + found) == v;
            if (is_match) break;
        }
        if (!is_match || at + 1 >= limit) break; /* nothing begins at the last place */
        if (at > done) n += literals(at - done);
        uint32_t more = same(bytes, found + 3, at + 3, limit + 9);
        n += match(more);
        at += more;
        for (int i = 0; i < 2; i++, at++) table[hash_of(three(bytes + at))] = at;
        done = at;
    }
    return n + literals(len - done);
}

/* ---- the L1 fee ---- */

static struct orr_u256 word(uint64_t v) { return orr_u256_from_u64(v); }
static struct orr_u256 times(struct orr_u256 a, uint64_t b) { return orr_u256_mul(a, word(b)); }
static struct orr_u256 divided(struct orr_u256 a, uint64_t by) {
    struct orr_u256 q;
    orr_u256_divmod(a, word(by), &q, NULL);
    return q;
}

/* The L1 block contract's slots, protocol/ecotone/l1-attributes.md and
 * protocol/isthmus/l1-attributes.md. */
enum { SLOT_BASE_FEE = 1, SLOT_SCALARS = 3, SLOT_OVERHEAD = 5, SLOT_SCALAR = 6,
       SLOT_BLOB_BASE_FEE = 7, SLOT_OPERATOR = 8 };

static struct orr_u256 slot(struct orr_evm_state *state, uint64_t number) {
    struct orr_address l1_block = orr_evm_predeploy(ORR_PREDEPLOY_L1_BLOCK);
    struct orr_u256 key = word(number);
    return orr_evm_state_storage(state, &l1_block, &key);
}

static struct orr_u256 bedrock_fee(enum orr_evm_rollup rules, struct orr_evm_state *state,
                                   uint64_t calldata_gas) {
    if (rules < ORR_EVM_REGOLITH) calldata_gas += 68 * 16; /* a signature's bytes */
    struct orr_u256 gas = orr_u256_add(word(calldata_gas), slot(state, SLOT_OVERHEAD));
    struct orr_u256 fee = orr_u256_mul(gas, slot(state, SLOT_BASE_FEE));
    return divided(orr_u256_mul(fee, slot(state, SLOT_SCALAR)), 1000000);
}

static uint64_t calldata_gas(const struct orr_rlp_writer *tx) {
    uint64_t gas = 0;
    for (size_t i = 0; i < tx->len; i++) gas += tx->bytes[i] ? 16 : 4;
    return gas;
}

/* Fjord: the bytes that are left of the transaction in a channel, in millionths. */
static uint64_t estimated_size(const struct orr_rlp_writer *tx) {
    int64_t size = (int64_t)836500 * orr_evm_fastlz_len(tx->bytes, (uint32_t)tx->len) - 42585600;
    return size < 100000000 ? 100000000 : (uint64_t)size;
}

static struct orr_u256 l1_fee(enum orr_evm_rollup rules, struct orr_evm_state *state,
                              const struct orr_rlp_writer *tx) {
    if (rules < ORR_EVM_ECOTONE) return bedrock_fee(rules, state, calldata_gas(tx));
    struct orr_u256 packed = slot(state, SLOT_SCALARS), blob_fee = slot(state, SLOT_BLOB_BASE_FEE);
    uint32_t scalar = (uint32_t)(packed.limb[1] >> 32), blob_scalar = (uint32_t)packed.limb[1];
    /* Ecotone's first block: its attributes deposit is still Bedrock's */
    if (!scalar && !blob_scalar && orr_u256_is_zero(blob_fee))
        return bedrock_fee(rules, state, calldata_gas(tx));
    struct orr_u256 price = orr_u256_add(times(times(slot(state, SLOT_BASE_FEE), 16), scalar),
                                         times(blob_fee, blob_scalar));
    if (rules < ORR_EVM_FJORD) return divided(times(price, calldata_gas(tx)), 16000000);
    return divided(times(price, estimated_size(tx)), 1000000000000);
}

struct orr_evm_rollup_fee orr_evm_rollup_fee(enum orr_evm_rollup rules,
                                             struct orr_evm_state *state,
                                             const struct orr_evm_tx *tx) {
    struct orr_evm_rollup_fee fee = {.operator_scalar = 0};
    if (!rules) return fee;
    struct orr_rlp_writer w = {.mem = orr_evm_store_mem(orr_evm_state_store(state))};
    orr_evm_tx_encode(tx, &w);
    fee.l1 = l1_fee(rules, state, &w);
    orr_rlp_free(&w);
    if (rules < ORR_EVM_ISTHMUS) return fee;
    struct orr_u256 packed = slot(state, SLOT_OPERATOR);
    fee.operator_constant = packed.limb[0];
    fee.operator_scalar = (uint32_t)packed.limb[1];
    return fee;
}

/* ---- who pays whom ---- */

struct orr_u256 orr_evm_operator_fee(enum orr_evm_rollup rules,
                                     const struct orr_evm_rollup_fee *fee, uint64_t gas) {
    if (rules < ORR_EVM_ISTHMUS) return word(0);
    return orr_u256_add(divided(times(word(gas), fee->operator_scalar), 1000000),
                        word(fee->operator_constant));
}

void orr_evm_rollup_fee_buy(enum orr_evm_rollup rules, struct orr_evm_state *state,
                            const struct orr_address *sender,
                            const struct orr_evm_rollup_fee *fee, uint64_t gas_limit) {
    if (!rules) return;
    struct orr_u256 all = orr_u256_add(fee->l1, orr_evm_operator_fee(rules, fee, gas_limit));
    bool paid = orr_evm_state_sub_balance(state, sender, all);
    assert(paid);
    (void)paid;
}

static void pay(struct orr_evm_state *state, uint8_t vault, struct orr_u256 amount) {
    struct orr_address to = orr_evm_predeploy(vault);
    orr_evm_state_add_balance(state, &to, amount);
}

void orr_evm_rollup_fee_settle(enum orr_evm_rollup rules, struct orr_evm_state *state,
                               const struct orr_address *sender,
                               const struct orr_evm_rollup_fee *fee, uint64_t gas_limit,
                               uint64_t gas_used, const struct orr_u256 *base_fee) {
    if (!rules) return;
    assert(gas_used <= gas_limit);
    pay(state, ORR_PREDEPLOY_BASE_FEE_VAULT, times(*base_fee, gas_used));
    pay(state, ORR_PREDEPLOY_L1_FEE_VAULT, fee->l1);
    if (rules < ORR_EVM_ISTHMUS) return;
    struct orr_u256 bought = orr_evm_operator_fee(rules, fee, gas_limit);
    struct orr_u256 due = orr_evm_operator_fee(rules, fee, gas_used);
    orr_evm_state_add_balance(state, sender, orr_u256_sub(bought, due));
    pay(state, ORR_PREDEPLOY_OPERATOR_VAULT, due);
}

/* ---- precompiles ---- */

size_t orr_evm_rollup_input_max(enum orr_evm_rollup rules, uint16_t precompile) {
    static const struct {
        enum orr_evm_rollup since;
        uint16_t precompile;
        size_t max;
    } limits[] = {{ORR_EVM_GRANITE, 0x08, 112687},  /* bn256 pairing */
                  {ORR_EVM_ISTHMUS, 0x0c, 513760},  /* BLS12-381: G1 MSM, G2 MSM, pairing */
                  {ORR_EVM_ISTHMUS, 0x0e, 488448},
                  {ORR_EVM_ISTHMUS, 0x0f, 235008}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (rules >= limits[i].since && precompile == limits[i].precompile) return limits[i].max;
    return SIZE_MAX;
}
