/* share.c - one share of SLIP-0039 as words: 40 bits that say which share it is, the value with
 * zeros before it, and a checksum of 30 bits. */
#include <assert.h>
#include <sodium.h>

#include "models/vault/slip39.h"

enum {
    BITS = 10,
    PREFIX_WORDS = 4,
    CHECKSUM_WORDS = 3,
    MIN_WORDS = 20,
    MAX_WORDS = PREFIX_WORDS + (ORR_SLIP39_MAX_SECRET * 8 + BITS - 1) / BITS + CHECKSUM_WORDS,
};

/* RS1024, a Reed-Solomon code over GF(1024). */
static uint32_t polymod(bool extendable, const uint16_t *words, size_t n) {
    static const uint32_t generator[10] = {0xe0e040,   0x1c1c080,  0x3838100,  0x7070200,
                                           0xe0e0009,  0x1c0c2412, 0x38086c24, 0x3090fc48,
                                           0x21b1f890, 0x3f3f120};
    const char *label = extendable ? "shamir_extendable" : "shamir";
    uint32_t sum = 1;
    size_t label_len = strlen(label);
    for (size_t i = 0; i < label_len + n; i++) {
        uint32_t value = i < label_len ? (uint8_t)label[i] : words[i - label_len];
        uint32_t top = sum >> 20;
        sum = (sum & 0xfffff) << 10 ^ value;
        for (int g = 0; g < 10; g++)
            if (top >> g & 1) sum ^= generator[g];
    }
    return sum;
}

/* ---- reading ---- */

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static enum orr_vault_fault split(char *text, size_t len, uint16_t words[MAX_WORDS], size_t *n,
                                  struct orr_why *why) {
    for (size_t i = 0; i < len;) {
        if (is_blank(text[i])) {
            i++;
            continue;
        }
        size_t start = i;
        for (; i < len && !is_blank(text[i]); i++)
            if (text[i] >= 'A' && text[i] <= 'Z') text[i] += 32;
        if (*n == MAX_WORDS)
            return orr_vault_say(why, ORR_FAULT_BAD_SHARE, "more than %d words", MAX_WORDS);
        size_t word_len = i - start;
        int index = orr_word_find(&orr_slip39_words, text + start, word_len);
        if (index < 0 && word_len >= 4) /* four letters are enough */
            index = orr_word_complete(&orr_slip39_words, text + start, word_len);
        if (index < 0) {
            int near = orr_word_near(&orr_slip39_words, text + start, word_len);
            return orr_vault_say(why, ORR_FAULT_BAD_WORD, "word %zu, '%.*s'%s%s", *n + 1,
                                 (int)(word_len > 40 ? 40 : word_len), text + start,
                                 near >= 0 ? "; nearest: " : "",
                                 near >= 0 ? orr_word(&orr_slip39_words, (uint32_t)near) : "");
        }
        words[(*n)++] = (uint16_t)index;
    }
    return ORR_FAULT_OK;
}

static enum orr_vault_fault decode(const uint16_t *words, size_t n, struct orr_share *share,
                                   struct orr_why *why) {
    const enum orr_vault_fault bad = ORR_FAULT_BAD_SHARE;
    if (n < MIN_WORDS) return orr_vault_say(why, bad, "%zu words; a share has 20 or more", n);
    uint64_t prefix = 0;
    for (int i = 0; i < PREFIX_WORDS; i++) prefix = prefix << BITS | words[i];
    struct orr_share read = {
        .id = (uint16_t)(prefix >> 25),
        .extendable = prefix >> 24 & 1,
        .exponent = prefix >> 20 & 15,
        .group = prefix >> 16 & 15,
        .group_threshold = (uint8_t)((prefix >> 12 & 15) + 1),
        .n_groups = (uint8_t)((prefix >> 8 & 15) + 1),
        .member = prefix >> 4 & 15,
        .threshold = (uint8_t)((prefix & 15) + 1),
    };
    if (polymod(read.extendable, words, n) != 1) return ORR_FAULT_BAD_CHECKSUM;
    size_t value_bits = (n - PREFIX_WORDS - CHECKSUM_WORDS) * BITS, padding = value_bits % 16;
    if (padding > 8) return orr_vault_say(why, bad, "no secret gives a share of %zu words", n);
    if (read.group_threshold > read.n_groups)
        return orr_vault_say(why, bad, "%u of %u groups are needed", read.group_threshold,
                             read.n_groups);
    if (read.group >= read.n_groups)
        return orr_vault_say(why, bad, "group %u of %u", read.group + 1, read.n_groups);
    read.len = value_bits / 16 * 2;
    for (size_t bit = 0; bit < value_bits; bit++) {
        if (!(words[PREFIX_WORDS + bit / BITS] >> (BITS - 1 - bit % BITS) & 1)) continue;
        if (bit < padding) return orr_vault_say(why, bad, "the padding is not zero");
        read.value[(bit - padding) / 8] |= (uint8_t)(0x80 >> (bit - padding) % 8);
    }
    *share = read;
    sodium_memzero(&read, sizeof read);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_share_read(struct orr_mem *mem, const char *text, size_t len,
                                    struct orr_share *share, struct orr_why *why) {
    uint16_t words[MAX_WORDS];
    size_t n = 0;
    struct orr_secret copy = orr_secret_new(mem, len + 1);
    memcpy(copy.bytes, text, len);
    enum orr_vault_fault fault = split((char *)copy.bytes, len, words, &n, why);
    if (!fault) fault = decode(words, n, share, why);
    sodium_memzero(words, sizeof words);
    orr_secret_free(mem, &copy);
    return fault;
}

/* ---- writing ---- */

size_t orr_share_write(const struct orr_share *share, char text[ORR_SLIP39_TEXT]) {
    uint16_t words[MAX_WORDS] = {0};
    size_t n_value = (share->len * 8 + BITS - 1) / BITS, n = PREFIX_WORDS + n_value, at = 0;
    size_t padding = n_value * BITS - share->len * 8;
    uint64_t prefix = (uint64_t)share->id << 25 | (uint64_t)share->extendable << 24 |
                      (uint64_t)share->exponent << 20 | (uint64_t)share->group << 16 |
                      (uint64_t)(share->group_threshold - 1) << 12 |
                      (uint64_t)(share->n_groups - 1) << 8 | (uint64_t)share->member << 4 |
                      (uint64_t)(share->threshold - 1);
    for (int i = 0; i < PREFIX_WORDS; i++)
        words[i] = prefix >> (BITS * (PREFIX_WORDS - 1 - i)) & 0x3ff;
    for (size_t bit = 0; bit < share->len * 8; bit++)
        if (share->value[bit / 8] >> (7 - bit % 8) & 1)
            words[PREFIX_WORDS + (bit + padding) / BITS] |=
                (uint16_t)(1u << (BITS - 1 - (bit + padding) % BITS));
    uint32_t sum = polymod(share->extendable, words, n + CHECKSUM_WORDS) ^ 1;
    for (int i = 0; i < CHECKSUM_WORDS; i++)
        words[n + (size_t)i] = sum >> (BITS * (CHECKSUM_WORDS - 1 - i)) & 0x3ff;
    n += CHECKSUM_WORDS;
    for (size_t i = 0; i < n; i++) {
        const char *word = orr_word(&orr_slip39_words, words[i]);
        size_t len = strlen(word);
        if (i) text[at++] = ' ';
        memcpy(text + at, word, len);
        at += len;
    }
    text[at] = 0;
    assert(at < ORR_SLIP39_TEXT);
    sodium_memzero(words, sizeof words);
    return at;
}
