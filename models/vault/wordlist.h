/* wordlist.h - lists of words that stand for numbers: BIP-39's in 12 languages, and SLIP-0039's.
 *
 * Words are held in Unicode's form NFKD, as UTF-8. */
#ifndef ORR_VAULT_WORDLIST_H
#define ORR_VAULT_WORDLIST_H

#include <stddef.h>
#include <stdint.h>

/* n words, each a text in a cell of `size` bytes. */
struct orr_wordlist {
    const char *language;
    uint32_t n, size;
    const char *cells;
};

enum { ORR_BIP39_LANGUAGES = 12, ORR_BIP39_ENGLISH = 0, ORR_BIP39_JAPANESE = 6 };
extern const struct orr_wordlist orr_bip39_words[ORR_BIP39_LANGUAGES];
extern const struct orr_wordlist orr_slip39_words;

static inline const char *orr_word(const struct orr_wordlist *list, uint32_t i) {
    return list->cells + (size_t)i * list->size;
}

/* The number of a word of len bytes (in form NFKD), or -1. */
int orr_word_find(const struct orr_wordlist *list, const char *word, size_t len);
/* The one word that begins with these len bytes; -1 when none or several do. */
int orr_word_complete(const struct orr_wordlist *list, const char *start, size_t len);
/* The word that differs least by insertions, deletions, changes of a byte and swaps of neighbours;
 * the first of equals; -1 when none is nearer than three such slips. */
int orr_word_near(const struct orr_wordlist *list, const char *word, size_t len);
#endif
