/* message.h - what Ethereum's signatures sign beside transactions: personal messages (EIP-191),
 * typed data (EIP-712), and the right to set an account's code (EIP-7702). */
#ifndef ORR_VAULT_MESSAGE_H
#define ORR_VAULT_MESSAGE_H

#include "models/base/mem.h"
#include "models/base/words.h"
#include "models/vault/fault.h"
#include "models/vault/normal.h"

/* keccak256("\x19" "Ethereum Signed Message:\n" length message): EIP-191, version 0x45. */
struct orr_hash orr_hash_personal(const void *message, size_t len);

/* keccak256(0x05 rlp([chain_id, address, nonce])): EIP-7702. */
struct orr_hash orr_hash_authorization(struct orr_mem *mem, struct orr_u256 chain_id,
                                       const struct orr_address *address, uint64_t nonce);

/* Typed data, EIP-712. */
struct orr_typed_data {
    struct orr_hash domain, message, digest; /* hashStruct of both, and what is signed */
    struct orr_secret encoded; /* typeHash and encodeData of the message; orr_secret_free it */
    char type[8192];           /* encodeType of the primary type */
};
/* JSON: an object with types, primaryType, domain and message (or data).  types may leave out
 * EIP712Domain: then the domain has those of its five fields that are there.  Numbers are JSON's,
 * or texts of decimal or of 0x and hexadecimal digits; a number above 2^63 - 1 must be text.
 * BAD_TYPED_DATA with the place, as message.to.wallet. */
enum orr_vault_fault orr_typed_data_hash(struct orr_mem *mem, const char *text, size_t len,
                                         struct orr_typed_data *out, struct orr_why *why);
#endif
