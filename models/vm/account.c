#include "models/vm/account.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/base/rlp.h"

/* A number as an RLP string at `to`; returns where the next item goes. */
static uint8_t *put_number(uint8_t *to, struct orr_u256 v) {
    uint8_t be[32];
    size_t len = orr_rlp_trim_u256(be, v);
    if (len != 1 || be[31] >= 0x80) *to++ = (uint8_t)(0x80 + len);
    memcpy(to, be + 32 - len, len);
    return to + len;
}

static uint8_t *put_hash(uint8_t *to, const struct orr_hash *hash) {
    *to++ = 0xa0;
    memcpy(to, hash->bytes, 32);
    return to + 32;
}

size_t orr_evm_account_encode(const struct orr_evm_account *account, uint8_t *to) {
    uint8_t *p =
        to + 2; /* two hashes make the payload longer than 55 bytes, and 255 is out of reach */
    p = put_number(p, orr_u256_from_u64(account->nonce));
    p = put_number(p, account->balance);
    p = put_hash(p, &account->storage_root);
    p = put_hash(p, &account->code_hash);
    size_t len = (size_t)(p - to);
    assert(len - 2 > 55 && len <= ORR_ACCOUNT_MAX_BYTES);
    to[0] = 0xf8;
    to[1] = (uint8_t)(len - 2);
    return len;
}

int orr_evm_account_decode(const uint8_t *bytes, size_t len, struct orr_evm_account *account) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len), list = orr_rlp_read_list(&r);
    struct orr_evm_account a;
    a.nonce = orr_rlp_read_u64(&list);
    a.balance = orr_rlp_read_u256(&list);
    orr_rlp_read_fixed(&list, a.storage_root.bytes, 32);
    orr_rlp_read_fixed(&list, a.code_hash.bytes, 32);
    if (!orr_rlp_done(&r) || !orr_rlp_done(&list)) return ORR_EFORMAT;
    *account = a;
    return 0;
}
