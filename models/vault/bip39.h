/* bip39.h - sentences of words for 16 to 32 bytes of entropy, and the seed that a sentence gives
 * (BIP-39). */
#ifndef ORR_VAULT_BIP39_H
#define ORR_VAULT_BIP39_H

#include <stdbool.h>

#include "models/vault/normal.h"
#include "models/vault/wordlist.h"

enum {
    ORR_BIP39_MAX_ENTROPY = 32,
    ORR_BIP39_SEED = 64,
    ORR_BIP39_TEXT = 24 * 40, /* longest sentence with its NUL */
};

struct orr_bip39 {
    uint32_t language; /* index into orr_bip39_words */
    uint8_t entropy[ORR_BIP39_MAX_ENTROPY];
    size_t len; /* 16, 20, 24, 28 or 32 */
};

/* The sentence; Japanese words are separated by the ideographic space U+3000, as BIP-39 asks.
 * Returns its length. */
size_t orr_bip39_write(const struct orr_bip39 *m, char text[ORR_BIP39_TEXT]);

/* The index of a language, or -1. */
int orr_bip39_language(const char *name);

/* Reads a sentence: words in one language (language < 0: in any), in any Unicode form, in either
 * case of letters A to Z, separated by white space of any kind.  Where the languages share words
 * the first language whose checksum fits wins.  complete: a word's beginning that no other word has
 * stands for it.  BAD_WORD (the word, its place and the nearest known), BAD_CHECKSUM, BAD_TEXT
 * (number of words). */
enum orr_vault_fault orr_bip39_read(struct orr_mem *mem, const char *text, size_t len, int language,
                                    bool complete, struct orr_bip39 *m, struct orr_why *why);

/* PBKDF2 over a sentence and a passphrase, both brought into NFKD; the sentence is taken as it is:
 * BIP-39 lets any text be one.  BAD_TEXT: no UTF-8. */
enum orr_vault_fault orr_bip39_seed(struct orr_mem *mem, const char *sentence, size_t sentence_len,
                                    const void *passphrase, size_t passphrase_len,
                                    uint8_t seed[ORR_BIP39_SEED]);
#endif
