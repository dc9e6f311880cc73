/* account.h - an account as the state trie holds it: RLP([nonce, balance, storageRoot, codeHash]).
 * Yellow Paper, section 4.1. */
#ifndef ORR_EVM_ACCOUNT_H
#define ORR_EVM_ACCOUNT_H

#include <stddef.h>

#include "models/base/words.h"

struct orr_evm_account {
    uint64_t nonce;          /* below 2^64 - 1 (EIP-2681) */
    struct orr_u256 balance; /* wei */
    struct orr_hash storage_root;
    struct orr_hash code_hash;
};

/* Room for any account's encoding. */
enum { ORR_ACCOUNT_MAX_BYTES = 2 + 9 + 33 + 33 + 33 };

/* Writes the encoding to `to` (ORR_ACCOUNT_MAX_BYTES of room); returns its length. */
size_t orr_evm_account_encode(const struct orr_evm_account *account, uint8_t *to);
/* Returns 0 or ORR_EFORMAT. */
int orr_evm_account_decode(const uint8_t *bytes, size_t len, struct orr_evm_account *account);
#endif
