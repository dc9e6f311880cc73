#include "models/rollup/withdrawal.h"

#include <string.h>

#include "models/vm/proof.h"

static void write_word(struct orr_rlp_writer *w, struct orr_u256 v) {
    uint8_t be[32];
    orr_u256_store_be(be, v);
    orr_rlp_write_raw(w, be, sizeof be);
}

struct orr_hash orr_withdrawal_hash(struct orr_mem *mem, const struct orr_withdrawal *x) {
    static const uint8_t zeros[32];
    struct orr_rlp_writer w = {.mem = mem};
    write_word(&w, x->nonce);
    write_word(&w, orr_u256_from_address(x->sender));
    write_word(&w, orr_u256_from_address(x->target));
    write_word(&w, x->value);
    write_word(&w, x->gas_limit);
    write_word(&w, orr_u256_from_u64(6 * 32)); /* where the bytes are */
    write_word(&w, orr_u256_from_u64(x->data_len));
    orr_rlp_write_raw(&w, x->data, x->data_len);
    orr_rlp_write_raw(&w, zeros, (32 - x->data_len % 32) % 32);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}

struct orr_u256 orr_withdrawal_slot(const struct orr_hash *hash) {
    struct orr_hash both[2] = {*hash, {{0}}}; /* the mapping is in slot 0 */
    return orr_u256_from_hash(orr_keccak256(both, sizeof both));
}

/* ---- the log ---- */

/* The event's data: value, gas limit, where the bytes are, hash; then their length and they. */
static const char *unwrap(const struct orr_rollup_log *log, struct orr_withdrawal *x) {
    enum { HEAD = 4 * 32 };
    if (log->data_len < HEAD + 32 || log->data_len % 32) return "length";
    if (!orr_u256_equal(orr_u256_load_be(log->data + 64), orr_u256_from_u64(HEAD)))
        return "offset";
    struct orr_u256 len = orr_u256_load_be(log->data + HEAD);
    size_t room = log->data_len - HEAD - 32;
    if (len.limb[1] | len.limb[2] | len.limb[3] || len.limb[0] > room ||
        room - len.limb[0] >= 32)
        return "length";
    for (size_t i = len.limb[0]; i < room; i++)
        if (log->data[HEAD + 32 + i]) return "padding";
    x->value = orr_u256_load_be(log->data);
    x->gas_limit = orr_u256_load_be(log->data + 32);
    x->data = log->data + HEAD + 32;
    x->data_len = len.limb[0];
    return NULL;
}

const char *orr_withdrawal_from_log(struct orr_mem *mem, const struct orr_rollup_log *log,
                                    struct orr_withdrawal *withdrawal) {
    static const char event[] =
        "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)";
    if (log->n_topics != 4) return "topics";
    if (!orr_hash_equal(log->topics[0], orr_keccak256(event, sizeof event - 1))) return "event";
    struct orr_withdrawal x = {
        .nonce = orr_u256_from_hash(log->topics[1]),
        .sender = orr_u256_to_address(orr_u256_from_hash(log->topics[2])),
        .target = orr_u256_to_address(orr_u256_from_hash(log->topics[3]))};
    const char *wrong = unwrap(log, &x);
    if (wrong) return wrong;
    struct orr_hash hash = orr_withdrawal_hash(mem, &x);
    if (memcmp(&hash, log->data + 96, sizeof hash) != 0) return "hash";
    *withdrawal = x;
    return NULL;
}

/* ---- the proof ---- */

const char *orr_withdrawal_prove(struct orr_mem *mem, const struct orr_withdrawal *withdrawal,
                                 const struct orr_hash *output_root,
                                 const struct orr_output_proof *parts, const uint8_t *proof,
                                 size_t len) {
    struct orr_hash root =
        orr_output_root(&parts->state_root, &parts->message_passer, &parts->block);
    if (!orr_hash_equal(root, *output_root)) return "the parts make another output root";
    struct orr_hash hash = orr_withdrawal_hash(mem, withdrawal);
    struct orr_u256 slot = orr_withdrawal_slot(&hash), value;
    if (orr_evm_proof_verify_slot(&parts->message_passer, &slot, proof, len, &value))
        return "the proof proves nothing";
    if (!orr_u256_equal(value, orr_u256_from_u64(1))) return "L2 has not sent this withdrawal";
    return NULL;
}
