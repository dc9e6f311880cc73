#include "models/vault/message.h"

#include "models/base/rlp.h"

struct orr_hash orr_hash_personal(const void *message, size_t len) {
    static const char start[] = "\x19"
                                "Ethereum Signed Message:\n";
    char digits[20];
    size_t at = sizeof digits, left = len;
    do digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    struct orr_keccak keccak;
    orr_keccak_init(&keccak);
    orr_keccak_update(&keccak, start, sizeof start - 1);
    orr_keccak_update(&keccak, digits + at, sizeof digits - at);
    orr_keccak_update(&keccak, message, len);
    return orr_keccak_final(&keccak);
}

struct orr_hash orr_hash_authorization(struct orr_mem *mem, struct orr_u256 chain_id,
                                       const struct orr_address *address, uint64_t nonce) {
    struct orr_rlp_writer w = {.mem = mem};
    orr_rlp_write_raw(&w, (uint8_t[]){0x05}, 1);
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u256(&w, chain_id);
    orr_rlp_write_string(&w, address->bytes, sizeof address->bytes);
    orr_rlp_write_u64(&w, nonce);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}
