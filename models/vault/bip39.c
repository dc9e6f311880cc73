#include "models/vault/bip39.h"

#include <assert.h>
#include <sodium.h>

#include "models/base/sha256.h"
#include "models/vault/kdf.h"

enum { MAX_WORDS = 24, BITS = 11 };

size_t orr_bip39_write(const struct orr_bip39 *m, char text[ORR_BIP39_TEXT]) {
    assert(m->len >= 16 && m->len <= 32 && m->len % 4 == 0 && m->language < ORR_BIP39_LANGUAGES);
    const struct orr_wordlist *list = &orr_bip39_words[m->language];
    const char *space = m->language == ORR_BIP39_JAPANESE ? "\xe3\x80\x80" : " ";
    uint8_t bits[ORR_BIP39_MAX_ENTROPY + 1], digest[ORR_SHA256_BYTES];
    memcpy(bits, m->entropy, m->len);
    orr_sha256(m->entropy, m->len, digest);
    bits[m->len] = digest[0];
    size_t n_words = m->len * 3 / 4, at = 0;
    for (size_t i = 0; i < n_words; i++) {
        uint32_t index = 0;
        for (size_t bit = i * BITS; bit < (i + 1) * BITS; bit++)
            index = index << 1 | (bits[bit / 8] >> (7 - bit % 8) & 1);
        const char *parts[2] = {i ? space : "", orr_word(list, index)};
        for (int part = 0; part < 2; part++) {
            size_t part_len = strlen(parts[part]);
            memcpy(text + at, parts[part], part_len);
            at += part_len;
        }
    }
    text[at] = 0;
    sodium_memzero(bits, sizeof bits);
    return at;
}

/* ---- reading ---- */

int orr_bip39_language(const char *name) {
    for (int l = 0; l < ORR_BIP39_LANGUAGES; l++)
        if (!strcmp(orr_bip39_words[l].language, name)) return l;
    return -1;
}

struct words {
    size_t n;
    struct {
        const char *text;
        size_t len;
    } word[MAX_WORDS];
};

/* Bytes of the white space at p: ASCII's, no-break space, ideographic space; else 0.  NFKD has made
 * plain spaces of the others. */
static size_t blank(const uint8_t *p) {
    if (*p == ' ' || (*p >= '\t' && *p <= '\r')) return 1;
    if (p[0] == 0xc2 && p[1] == 0xa0) return 2;
    return p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;
}

/* The words of a text that ends with a NUL; letters A to Z become lower case in place.  False when
 * there are more than a sentence has. */
static bool split(struct orr_secret *text, struct words *words) {
    size_t i = 0;
    words->n = 0;
    while (i < text->len) {
        size_t gap = blank(text->bytes + i);
        if (gap) {
            i += gap;
            continue;
        }
        if (words->n == MAX_WORDS) return false;
        size_t start = i;
        for (; i < text->len && !blank(text->bytes + i); i++)
            if (text->bytes[i] >= 'A' && text->bytes[i] <= 'Z') text->bytes[i] += 32;
        words->word[words->n].text = (const char *)text->bytes + start;
        words->word[words->n++].len = i - start;
    }
    return true;
}

static int find(const struct orr_wordlist *list, const struct words *words, size_t i,
                bool complete) {
    const char *text = words->word[i].text;
    size_t len = words->word[i].len;
    return complete ? orr_word_complete(list, text, len) : orr_word_find(list, text, len);
}

/* The bits of the words in one language, and whether their checksum fits. */
static enum orr_vault_fault decode(const struct orr_wordlist *list, const struct words *words,
                                   bool complete, struct orr_bip39 *m) {
    uint8_t bits[ORR_BIP39_MAX_ENTROPY + 1] = {0}, digest[ORR_SHA256_BYTES];
    for (size_t i = 0; i < words->n; i++) {
        int index = find(list, words, i, complete);
        if (index < 0) return ORR_FAULT_BAD_WORD;
        for (size_t b = 0; b < BITS; b++) {
            size_t bit = i * BITS + b;
            if (index >> (BITS - 1 - b) & 1) bits[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
    m->len = words->n * 4 / 3;
    memcpy(m->entropy, bits, m->len);
    orr_sha256(m->entropy, m->len, digest);
    uint8_t mask = (uint8_t)(0xff << (8 - m->len / 4));
    bool fits = ((bits[m->len] ^ digest[0]) & mask) == 0;
    sodium_memzero(bits, sizeof bits);
    return fits ? ORR_FAULT_OK : ORR_FAULT_BAD_CHECKSUM;
}

/* Names the first word that is not of the language that knows most of them. */
static enum orr_vault_fault say_word(const struct words *words, bool complete,
                                     struct orr_why *why) {
    size_t best = 0, best_known = 0;
    for (size_t l = 0; l < ORR_BIP39_LANGUAGES; l++) {
        size_t known = 0;
        for (size_t i = 0; i < words->n; i++)
            known += find(&orr_bip39_words[l], words, i, complete) >= 0;
        if (known > best_known) best = l, best_known = known;
    }
    const struct orr_wordlist *list = &orr_bip39_words[best];
    for (size_t i = 0; i < words->n; i++) {
        if (find(list, words, i, complete) >= 0) continue;
        int near = orr_word_near(list, words->word[i].text, words->word[i].len);
        return orr_vault_say(why, ORR_FAULT_BAD_WORD, "word %zu, '%.*s', is not in the %s list%s%s",
                             i + 1, (int)(words->word[i].len > 40 ? 40 : words->word[i].len),
                             words->word[i].text, list->language, near >= 0 ? "; nearest: " : "",
                             near >= 0 ? orr_word(list, (uint32_t)near) : "");
    }
    return ORR_FAULT_BAD_WORD;
}

static enum orr_vault_fault read_words(const struct words *words, int language, bool complete,
                                       struct orr_bip39 *m, struct orr_why *why) {
    if (words->n < 12 || words->n % 3)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT,
                             "a sentence has 12, 15, 18, 21 or 24 words, not %zu", words->n);
    enum orr_vault_fault result = ORR_FAULT_BAD_WORD;
    for (uint32_t l = 0; l < ORR_BIP39_LANGUAGES; l++) {
        struct orr_bip39 tried = {.language = l};
        if (language >= 0 && l != (uint32_t)language) continue;
        enum orr_vault_fault fault = decode(&orr_bip39_words[l], words, complete, &tried);
        if (!fault) {
            *m = tried;
            return ORR_FAULT_OK;
        }
        if (fault != ORR_FAULT_BAD_CHECKSUM) continue;
        result =
            orr_vault_say(why, fault, "all words are in the %s list", orr_bip39_words[l].language);
    }
    return result == ORR_FAULT_BAD_WORD ? say_word(words, complete, why) : result;
}

enum orr_vault_fault orr_bip39_read(struct orr_mem *mem, const char *text, size_t len, int language,
                                    bool complete, struct orr_bip39 *m, struct orr_why *why) {
    struct orr_secret normal;
    struct words words;
    if (memchr(text, 0, len)) return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "a NUL in it");
    enum orr_vault_fault fault = orr_normal_nfkd(mem, text, len, &normal);
    if (fault) return orr_vault_say(why, fault, "no UTF-8, or too long");
    if (split(&normal, &words))
        fault = read_words(&words, language, complete, m, why);
    else
        fault = orr_vault_say(why, ORR_FAULT_BAD_TEXT, "more than %d words", MAX_WORDS);
    orr_secret_free(mem, &normal);
    return fault;
}

enum orr_vault_fault orr_bip39_seed(struct orr_mem *mem, const char *sentence, size_t sentence_len,
                                    const void *passphrase, size_t passphrase_len,
                                    uint8_t seed[ORR_BIP39_SEED]) {
    static const char label[] = "mnemonic";
    struct orr_secret words, salt;
    enum orr_vault_fault fault = orr_normal_nfkd(mem, sentence, sentence_len, &words);
    if (fault) return fault;
    fault = orr_normal_nfkd(mem, passphrase, passphrase_len, &salt);
    if (!fault) {
        size_t label_len = sizeof label - 1;
        struct orr_secret salted = orr_secret_new(mem, label_len + salt.len);
        memcpy(salted.bytes, label, label_len);
        memcpy(salted.bytes + label_len, salt.bytes, salt.len);
        orr_pbkdf2(ORR_PRF_SHA512, words.bytes, words.len, salted.bytes, salted.len, 2048, seed,
                   ORR_BIP39_SEED);
        orr_secret_free(mem, &salted);
        orr_secret_free(mem, &salt);
    }
    orr_secret_free(mem, &words);
    return fault;
}
