#include "models/vault/wordlist.h"

#include <string.h>

enum { LONGEST = 48 }; /* bytes of a word; what is longer is near to none */

int orr_word_find(const struct orr_wordlist *list, const char *word, size_t len) {
    for (uint32_t i = 0; i < list->n; i++) {
        const char *known = orr_word(list, i);
        if (len < list->size && !memcmp(known, word, len) && !known[len]) return (int)i;
    }
    return -1;
}

int orr_word_complete(const struct orr_wordlist *list, const char *start, size_t len) {
    int found = orr_word_find(list, start, len);
    if (found >= 0 || !len || len >= list->size) return found;
    for (uint32_t i = 0; i < list->n; i++) {
        if (memcmp(orr_word(list, i), start, len)) continue;
        if (found >= 0) return -1;
        found = (int)i;
    }
    return found;
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* The restricted Damerau-Levenshtein distance of two texts, in bytes. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    unsigned row[3][LONGEST + 1];
    for (unsigned j = 0; j <= b_len; j++) row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned changed = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(changed, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[a_len % 3][b_len];
}

int orr_word_near(const struct orr_wordlist *list, const char *word, size_t len) {
    if (!len || len > LONGEST) return -1;
    unsigned best = 3;
    int found = -1;
    for (uint32_t i = 0; i < list->n; i++) {
        const char *known = orr_word(list, i);
        unsigned d = distance(word, len, known, strlen(known));
        if (d < best) best = d, found = (int)i;
    }
    return found;
}
