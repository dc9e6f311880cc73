/* fault.h - why a key, a keystore or an encrypted file is refused.
 *
 * Every function of models/vault that reads what others wrote returns one of these, 0 being OK.
 * Outputs are untouched unless it is OK. */
#ifndef ORR_VAULT_FAULT_H
#define ORR_VAULT_FAULT_H

#include <stddef.h>

/* FAULT(constant, exit code of the command, text): 1 does not hold, 2 bad input, 4 wrong password
 * or tampered with, which several formats cannot tell apart. */
#define ORR_VAULT_FAULTS(FAULT)                                                               \
    FAULT(OK, 0, "in order")                                                                  \
    FAULT(BAD_SIGNATURE, 1, "the signature does not verify")                                  \
    FAULT(BAD_TEXT, 2, "malformed")                                                           \
    FAULT(BAD_KEY, 2, "no private key: not in 1 .. n - 1")                                    \
    FAULT(NOT_KEYSTORE, 2, "no keystore")                                                     \
    FAULT(UNSUPPORTED_VERSION, 2, "a keystore of a version that is not supported")            \
    FAULT(UNSUPPORTED_CIPHER, 2, "a keystore with a cipher that is not supported")            \
    FAULT(UNSUPPORTED_KDF, 2, "a keystore with a key derivation that is not supported")       \
    FAULT(COSTLY, 2, "cost parameters above the limit")                                       \
    FAULT(NO_MEMORY, 3, "the machine has not the memory that the key derivation takes")       \
    FAULT(WRONG_PASSWORD, 4, "wrong password, or tampered with")                              \
    FAULT(ADDRESS_DIFFERS, 4, "the key does not give the address that the file names")        \
    FAULT(PUBLIC_DIFFERS, 4, "the key does not give the public key that the file names")      \
    FAULT(BAD_WORD, 2, "a word that is in no list")                                           \
    FAULT(BAD_CHECKSUM, 2, "the checksum does not fit: a word or character is wrong")         \
    FAULT(BAD_PATH, 2, "no derivation path")                                                  \
    FAULT(BAD_EXTENDED_KEY, 2, "no extended key of BIP-32")                                   \
    FAULT(BAD_SHARE, 2, "no share of SLIP-39")                                                \
    FAULT(SHARES_DIFFER, 2, "the shares do not belong together")                              \
    FAULT(SHARES_MISSING, 2, "not enough shares")                                             \
    FAULT(SHARES_WRONG, 4, "the digest of the shares does not fit: one is forged or damaged") \
    FAULT(BAD_TYPED_DATA, 2, "no typed data of EIP-712")                                      \
    FAULT(BAD_ARMOR, 2, "the armor is malformed")                                             \
    FAULT(BAD_HEADER, 2, "the age header is malformed")                                       \
    FAULT(BAD_AGE_VERSION, 2, "an age file of a version that is not supported")               \
    FAULT(NO_MATCH, 4, "none of the keys or passwords opens this file")                       \
    FAULT(HYBRID, 4, "for a hybrid (post-quantum) recipient, mlkem768x25519: not supported")  \
    FAULT(BAD_MAC, 4, "the header was tampered with (HMAC)")                                  \
    FAULT(BAD_PAYLOAD, 4, "the payload was tampered with or cut off")                         \
    FAULT(NOT_VAULT, 2, "no vault")                                                           \
    FAULT(BAD_VAULT, 4, "the vault's content is none that this program writes")

enum orr_vault_fault {
#define FAULT(constant, code, text) ORR_FAULT_##constant,
    ORR_VAULT_FAULTS(FAULT)
#undef FAULT
        ORR_N_FAULTS
};
const char *orr_vault_fault_name(enum orr_vault_fault fault); /* "WRONG_PASSWORD"; static storage */
const char *orr_vault_fault_text(enum orr_vault_fault fault);
int orr_vault_fault_exit(enum orr_vault_fault fault);

/* Where or what in particular; an empty text where there is nothing to add.  Holds no secret but,
 * of a sentence that was typed, the word that is in no list. */
struct orr_why {
    char text[160];
};

/* Fills why, unless it is NULL, and returns fault. */
enum orr_vault_fault orr_vault_say(struct orr_why *why, enum orr_vault_fault fault,
                                   const char *format, ...) __attribute__((format(printf, 3, 4)));
#endif
