/* header_rules.c - what a header must say, given its parent. */
#include <assert.h>

#include "models/vm/header.h"
#include "models/vm/u256.h"

static struct orr_u256 word(uint64_t v) { return orr_u256_from_u64(v); }

static struct orr_u256 divided(struct orr_u256 a, uint64_t by) {
    struct orr_u256 q;
    orr_u256_divmod(a, word(by), &q, NULL);
    return q;
}

static struct orr_u256 times(struct orr_u256 a, uint64_t by) { return orr_u256_mul(a, word(by)); }

struct orr_u256 orr_evm_next_base_fee(const struct orr_evm_header *parent) {
    if (parent->n_fields < ORR_HEADER_LONDON) return word(1000000000); /* INITIAL_BASE_FEE */
    uint64_t target = parent->gas_limit / 2;                           /* ELASTICITY_MULTIPLIER */
    struct orr_u256 fee = parent->base_fee;
    if (parent->gas_used == target || !target) return fee;
    bool up = parent->gas_used > target;
    uint64_t off = up ? parent->gas_used - target : target - parent->gas_used;
    struct orr_u256 step = divided(divided(times(fee, off), target), 8);
    if (!up) return orr_u256_sub(fee, step);
    return orr_u256_add(fee, orr_u256_is_zero(step) ? word(1) : step);
}

/* 2^exponent more, as the "difficulty bomb" adds. */
static struct orr_u256 add_bomb(struct orr_u256 difficulty, uint64_t number, uint64_t delay) {
    uint64_t period = (number > delay ? number - delay : 0) / 100000;
    if (period < 2) return difficulty;
    return orr_u256_add(difficulty, orr_u256_shl(word(period - 2), word(1)));
}

struct orr_u256 orr_evm_next_difficulty(const struct orr_evm_chain_fork *rules,
                                        const struct orr_u256 *parent_difficulty,
                                        uint64_t parent_time, bool parent_has_ommers,
                                        uint64_t number, uint64_t time) {
    const struct orr_u256 least = word(131072);
    assert(time >= parent_time);
    struct orr_u256 step = divided(*parent_difficulty, 2048), next;
    uint64_t elapsed = time - parent_time, down, up;
    if (rules->fork >= ORR_FORK_BYZANTIUM) /* EIP-100: y - elapsed / 9 */
        up = parent_has_ommers ? 2 : 1, down = elapsed / 9;
    else if (rules->fork >= ORR_FORK_HOMESTEAD) /* EIP-2: 1 - elapsed / 10 */
        up = 1, down = elapsed / 10;
    else
        up = elapsed < 13, down = elapsed < 13 ? 0 : 1;
    if (up >= down) {
        next = orr_u256_add(*parent_difficulty, times(step, up - down));
    } else {
        uint64_t n = down - up > 99 ? 99 : down - up;
        next = orr_u256_sub(*parent_difficulty, times(step, n));
    }
    next = add_bomb(next, number, rules->bomb_delay);
    return orr_u256_less(next, least) ? least : next;
}

struct orr_u256 orr_evm_blob_fee(uint64_t excess, uint64_t update_fraction) {
    /* EIP-4844, fake_exponential with factor 1.  The sum stays below e^(2^64 / fraction) for the
     * excesses that real chains reach; beyond that the product would wrap, and the price is then
     * the highest. */
    const struct orr_u256 highest = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    assert(update_fraction);
    struct orr_u256 sum = word(0), term = word(update_fraction);
    for (uint64_t i = 1; !orr_u256_is_zero(term);
         i++) { /* terms fall once i passes excess / fraction */
        struct orr_u256 before = sum;
        sum = orr_u256_add(sum, term);
        if (orr_u256_less(sum, before) || term.limb[3] >> 32)
            return divided(highest, update_fraction);
        unsigned __int128 d = (unsigned __int128)update_fraction * i;
        struct orr_u256 divisor = {{(uint64_t)d, (uint64_t)(d >> 64), 0, 0}}, scaled;
        uint64_t carry = 0;
        unsigned __int128 product = 0;
        for (int k = 0; k < 4; k++) {
            product = (unsigned __int128)term.limb[k] * excess + carry;
            scaled.limb[k] = (uint64_t)product;
            carry = (uint64_t)(product >> 64);
        }
        if (carry) return divided(highest, update_fraction);
        orr_u256_divmod(scaled, divisor, &term, NULL);
    }
    return divided(sum, update_fraction);
}

uint64_t orr_evm_next_excess_blob_gas(const struct orr_evm_chain_fork *rules,
                                      const struct orr_evm_header *parent) {
    uint64_t target = (uint64_t)rules->blobs.target * ORR_BLOB_GAS;
    unsigned __int128 sum = (unsigned __int128)parent->excess_blob_gas + parent->blob_gas_used;
    if (sum < target) return 0;
    if (rules->fork >= ORR_FORK_OSAKA) { /* EIP-7918: blobs cost no less than 2^13 gas each */
        struct orr_u256 floor = times(parent->base_fee, 1 << 13);
        struct orr_u256 price =
            orr_evm_blob_fee(parent->excess_blob_gas, rules->blobs.update_fraction);
        if (orr_u256_less(times(price, ORR_BLOB_GAS), floor)) {
            unsigned max = rules->blobs.max;
            return parent->excess_blob_gas + (uint64_t)((unsigned __int128)parent->blob_gas_used *
                                                        (max - rules->blobs.target) / max);
        }
    }
    return (uint64_t)(sum - target);
}

/* ---- the check ---- */

static enum orr_evm_block_error check_gas(const struct orr_evm_chain_fork *rules,
                                          const struct orr_evm_header *h,
                                          const struct orr_evm_header *parent) {
    uint64_t before = parent->gas_limit;
    if (rules->fork >= ORR_FORK_LONDON && parent->n_fields < ORR_HEADER_LONDON) before *= 2;
    uint64_t off = h->gas_limit > before ? h->gas_limit - before : before - h->gas_limit;
    if (h->gas_limit > INT64_MAX) return ORR_BLOCK_GASLIMIT_TOO_BIG;
    if (off >= before / 1024 || h->gas_limit < 5000) return ORR_BLOCK_INVALID_GASLIMIT;
    return h->gas_used > h->gas_limit ? ORR_BLOCK_GAS_USED_OVERFLOW : ORR_BLOCK_OK;
}

static enum orr_evm_block_error check_extra_data(const struct orr_evm_chain_config *config,
                                                 const struct orr_evm_header *h) {
    static const char dao[] = "dao-hard-fork"; /* EIP-779: ten blocks must say it */
    if (h->extra_data_len > ORR_MAX_EXTRA_DATA) return ORR_BLOCK_EXTRA_DATA_TOO_BIG;
    if (h->number >= config->dao_number && h->number - config->dao_number < 10 &&
        (h->extra_data_len != sizeof dao - 1 || memcmp(h->extra_data, dao, sizeof dao - 1)))
        return ORR_BLOCK_EXTRA_DATA_INVALID_DAO;
    return ORR_BLOCK_OK;
}

static enum orr_evm_block_error check_work(const struct orr_evm_chain_fork *rules,
                                           const struct orr_evm_header *h,
                                           const struct orr_evm_header *parent) {
    static const uint8_t no_nonce[8];
    const struct orr_hash no_ommers = orr_keccak256("\xc0", 1);
    if (rules->fork >= ORR_FORK_PARIS) { /* EIP-3675 */
        if (!orr_u256_is_zero(h->difficulty))
            return ORR_BLOCK_IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS;
        if (memcmp(h->nonce, no_nonce, sizeof no_nonce))
            return ORR_BLOCK_IMPORT_IMPOSSIBLE_NONCE_OVER_PARIS;
        return orr_hash_equal(h->ommers_hash, no_ommers)
                   ? ORR_BLOCK_OK
                   : ORR_BLOCK_IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS;
    }
    struct orr_u256 difficulty = orr_evm_next_difficulty(
        rules, &parent->difficulty, parent->timestamp,
        !orr_hash_equal(parent->ommers_hash, no_ommers), h->number, h->timestamp);
    return orr_u256_equal(difficulty, h->difficulty) ? ORR_BLOCK_OK : ORR_BLOCK_INVALID_DIFFICULTY;
}

enum orr_evm_block_error orr_evm_header_check(const struct orr_evm_chain_config *config,
                                              const struct orr_evm_chain_fork *rules,
                                              const struct orr_evm_header *h,
                                              const struct orr_evm_header *parent,
                                              const struct orr_hash *parent_hash) {
    if (!orr_hash_equal(h->parent_hash, *parent_hash)) return ORR_BLOCK_UNKNOWN_PARENT;
    if (h->n_fields != orr_evm_header_fields_of(rules->fork))
        return ORR_BLOCK_INCORRECT_BLOCK_FORMAT;
    if (h->number != parent->number + 1) return ORR_BLOCK_INVALID_BLOCK_NUMBER;
    if (h->timestamp <= parent->timestamp)
        return ORR_BLOCK_INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT;
    enum orr_evm_block_error error = check_gas(rules, h, parent);
    if (!error) error = check_extra_data(config, h);
    if (!error) error = check_work(rules, h, parent);
    if (error) return error;
    if (rules->fork >= ORR_FORK_LONDON &&
        !orr_u256_equal(h->base_fee, orr_evm_next_base_fee(parent)))
        return ORR_BLOCK_INVALID_BASEFEE_PER_GAS;
    if (rules->fork < ORR_FORK_CANCUN) return ORR_BLOCK_OK;
    if (h->excess_blob_gas != orr_evm_next_excess_blob_gas(rules, parent))
        return ORR_BLOCK_INCORRECT_EXCESS_BLOB_GAS;
    if (h->blob_gas_used % ORR_BLOB_GAS || h->blob_gas_used / ORR_BLOB_GAS > rules->blobs.max)
        return ORR_BLOCK_INCORRECT_BLOB_GAS_USED;
    return ORR_BLOCK_OK;
}
