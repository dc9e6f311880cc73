#include "models/rollup/deposit.h"

#include <string.h>

#include "models/base/keccak.h"

/* ---- names ---- */

static struct orr_hash hash_of_pair(const struct orr_hash *a, const struct orr_hash *b) {
    struct orr_hash both[2] = {*a, *b};
    return orr_keccak256(both, sizeof both);
}

static struct orr_hash word(uint64_t v) { return orr_u256_to_hash(orr_u256_from_u64(v)); }

struct orr_hash orr_source_hash(enum orr_source_domain domain, const struct orr_hash *l1_block,
                                uint64_t number) {
    struct orr_hash n = word(number), inner = hash_of_pair(l1_block, &n), kind = word(domain);
    return hash_of_pair(&kind, &inner);
}

struct orr_hash orr_source_hash_of_upgrade(const char *intent) {
    struct orr_hash inner = orr_keccak256(intent, strlen(intent)), kind = word(ORR_SOURCE_UPGRADE);
    return hash_of_pair(&kind, &inner);
}

struct orr_hash orr_output_root(const struct orr_hash *state_root,
                                const struct orr_hash *message_passer,
                                const struct orr_hash *block) {
    struct orr_hash parts[4] = {word(0), *state_root, *message_passer, *block};
    return orr_keccak256(parts, sizeof parts);
}

/* ---- the log ---- */

/* keccak("TransactionDeposited(address,address,uint256,bytes)") */
static bool is_transaction_deposited(const struct orr_hash *topic) {
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    return orr_hash_equal(*topic, orr_keccak256(event, sizeof event - 1));
}

static struct orr_address address_in(const struct orr_hash *topic) {
    struct orr_address address;
    memcpy(&address, (const uint8_t *)topic + 12, sizeof address);
    return address;
}

/* A word of the ABI that must be a small number; above 2^63 - 1 all are the same. */
static uint64_t small(const uint8_t *bytes) {
    struct orr_u256 v = orr_u256_load_be(bytes);
    bool is_large = v.limb[1] | v.limb[2] | v.limb[3] | v.limb[0] >> 63;
    return is_large ? UINT64_MAX : v.limb[0];
}

/* The event's last argument: offset, length, bytes, padding. */
static const char *unwrap(const uint8_t *data, size_t data_len, const uint8_t **bytes,
                          size_t *len) {
    if (data_len < 64 || data_len % 32) return "length";
    if (small(data) != 32) return "offset";
    uint64_t n = small(data + 32);
    if (n > data_len - 64 || data_len - 64 - n >= 32) return "length";
    for (size_t i = 64 + n; i < data_len; i++)
        if (data[i]) return "padding";
    *bytes = data + 64;
    *len = n;
    return NULL;
}

const char *orr_deposit_from_log(const struct orr_rollup_log *log, const struct orr_hash *l1_block,
                                 uint64_t log_index, struct orr_evm_deposit *deposit) {
    enum { HEAD = 32 + 32 + 8 + 1 }; /* mint, value, gas, is it a creation */
    if (log->n_topics != 4) return "topics";
    if (!is_transaction_deposited(&log->topics[0])) return "event";
    const uint8_t *p;
    size_t len;
    const char *wrong = unwrap(log->data, log->data_len, &p, &len);
    if (wrong) return wrong;
    if (!orr_u256_is_zero(orr_u256_from_hash(log->topics[3]))) return "version";
    if (len < HEAD) return "length";
    *deposit = (struct orr_evm_deposit){
        .source_hash = orr_source_hash(ORR_SOURCE_DEPOSIT, l1_block, log_index),
        .from = address_in(&log->topics[1]), .to = address_in(&log->topics[2]),
        .mint = orr_u256_load_be(p), .value = orr_u256_load_be(p + 32),
        .gas = orr_load_be64(p + 64), .is_create = p[72] != 0, .data = p + HEAD,
        .data_len = len - HEAD};
    return NULL;
}
