#include "models/vault/codec.h"

#include <assert.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char bech32[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static int value_of(const char *alphabet, char c) {
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* ---- base64 ---- */

/* The value of a character, or -1; without a table or a branch, since some are of secrets. */
static int base64_value(char c) {
    unsigned u = (unsigned char)c;
    unsigned is_upper = u - 'A' < 26u, is_lower = u - 'a' < 26u, is_digit = u - '0' < 10u;
    unsigned is_plus = u == '+', is_slash = u == '/';
    unsigned value = (-is_upper & (u - 'A' + 1)) | (-is_lower & (u - 'a' + 27)) |
                     (-is_digit & (u - '0' + 53)) | (-is_plus & 63) | (-is_slash & 64);
    return (int)value - 1;
}

void orr_base64_write(char *to, const void *bytes, size_t len) {
    const uint8_t *p = bytes;
    uint32_t bits = 0, n_bits = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | p[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6) *to++ = base64[bits >> (n_bits - 6) & 63];
    }
    if (n_bits) *to++ = base64[bits << (6 - n_bits) & 63];
    *to = 0;
}

long orr_base64_read(const char *text, size_t len, void *to, size_t cap) {
    uint8_t *out = to;
    size_t n = 0;
    uint32_t bits = 0, n_bits = 0;
    if (len % 4 == 1) return ORR_EFORMAT;
    int worst = 0;
    for (size_t i = 0; i < len; i++) worst |= base64_value(text[i]);
    if (worst < 0) return ORR_EFORMAT;
    unsigned unused = len % 4 == 2 ? 4 : len % 4 == 3 ? 2 : 0;
    if (len && base64_value(text[len - 1]) & ((1 << unused) - 1)) return ORR_EFORMAT;
    if (len * 3 / 4 > cap) return ORR_ELIMIT;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 6 | (uint32_t)base64_value(text[i]);
        n_bits += 6;
        if (n_bits >= 8) out[n++] = (uint8_t)(bits >> (n_bits -= 8));
    }
    assert(n == len * 3 / 4);
    return (long)n;
}

/* ---- base58 ---- */

static void checksum(const void *bytes, size_t len, uint8_t sum[4]) {
    uint8_t digest[ORR_SHA256_BYTES];
    orr_sha256(bytes, len, digest);
    orr_sha256(digest, sizeof digest, digest);
    memcpy(sum, digest, 4);
}

void orr_base58check_write(char to[ORR_BASE58_TEXT], const void *bytes, size_t len) {
    assert(len + 4 <= ORR_BASE58_BYTES);
    uint8_t input[ORR_BASE58_BYTES], digits[ORR_BASE58_TEXT] = {0};
    memcpy(input, bytes, len);
    checksum(bytes, len, input + len);
    size_t n = 0, zeros = 0;
    while (zeros < len + 4 && !input[zeros]) zeros++;
    for (size_t i = 0; i < len + 4; i++) { /* digits, least significant first, times 256 */
        unsigned carry = input[i];
        for (size_t j = 0; j < n || carry; j++) {
            if (j == n) n++;
            carry += digits[j] * 256u;
            digits[j] = (uint8_t)(carry % 58);
            carry /= 58;
        }
    }
    assert(zeros + n < ORR_BASE58_TEXT);
    memset(to, base58[0], zeros);
    for (size_t i = 0; i < n; i++) to[zeros + i] = base58[digits[n - 1 - i]];
    to[zeros + n] = 0;
}

long orr_base58check_read(const char *text, size_t len, void *to, size_t cap) {
    uint8_t bytes[ORR_BASE58_BYTES] = {0}, out[ORR_BASE58_BYTES] = {0}, sum[4];
    size_t n = 0, zeros = 0;
    if (len >= ORR_BASE58_TEXT) return ORR_ELIMIT;
    while (zeros < len && text[zeros] == base58[0]) zeros++;
    for (size_t i = 0; i < len; i++) {
        int digit = value_of(base58, text[i]);
        if (digit < 0) return ORR_EFORMAT;
        unsigned carry = (unsigned)digit;
        for (size_t j = 0; j < n || carry; j++) {
            if (j == sizeof bytes) return ORR_ELIMIT;
            if (j == n) n++;
            carry += bytes[j] * 58u;
            bytes[j] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    if (zeros + n > sizeof out) return ORR_ELIMIT;
    if (zeros + n < 4) return ORR_EFORMAT;
    for (size_t i = 0; i < n; i++) out[zeros + i] = bytes[n - 1 - i];
    size_t body = zeros + n - 4;
    checksum(out, body, sum);
    if (memcmp(sum, out + body, 4)) return ORR_ECORRUPT;
    if (body > cap) return ORR_ELIMIT;
    memcpy(to, out, body);
    return (long)body;
}

/* ---- bech32 ---- */

static uint32_t polymod(uint32_t sum, uint8_t value) {
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; i++)
        if (top >> i & 1) sum ^= generator[i];
    return sum;
}

/* The sum of a prefix, spread as BIP-173 says. */
static uint32_t prefix_sum(const char *prefix) {
    uint32_t sum = 1;
    for (const char *p = prefix; *p; p++) sum = polymod(sum, (uint8_t)*p >> 5);
    sum = polymod(sum, 0);
    for (const char *p = prefix; *p; p++) sum = polymod(sum, *p & 31);
    return sum;
}

static char in_case(char c, bool upper) { return upper && c >= 'a' && c <= 'z' ? c - 32 : c; }

/* Appends one digit to *to and to the sum. */
static void put_digit(char **to, uint32_t *sum, uint8_t value, bool upper) {
    *sum = polymod(*sum, value);
    *(*to)++ = in_case(bech32[value], upper);
}

void orr_bech32_write(char to[ORR_BECH32_TEXT], const char *prefix, const uint8_t *bytes,
                      size_t len, bool upper) {
    assert(len <= 32 && strlen(prefix) + 60 < ORR_BECH32_TEXT);
    uint32_t sum = prefix_sum(prefix), bits = 0, n_bits = 0;
    for (const char *p = prefix; *p; p++) *to++ = in_case(*p, upper);
    *to++ = '1';
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            put_digit(&to, &sum, bits >> (n_bits - 5) & 31, upper);
    }
    if (n_bits) put_digit(&to, &sum, bits << (5 - n_bits) & 31, upper);
    for (int i = 0; i < 6; i++) sum = polymod(sum, 0);
    sum ^= 1;
    for (int i = 0; i < 6; i++) *to++ = in_case(bech32[sum >> (25 - 5 * i) & 31], upper);
    *to = 0;
}

/* One character in lower case, or 0 when it is in the other case than the first letter was. */
static char lower(char c, int *text_case) {
    bool is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
    if (!is_upper && !is_lower) return c;
    if (!*text_case) *text_case = is_upper ? 2 : 1;
    if (is_upper != (*text_case == 2)) return 0;
    return is_upper ? c + 32 : c;
}

long orr_bech32_read(const char *text, size_t len, const char *prefix, uint8_t *to, size_t cap) {
    size_t prefix_len = strlen(prefix), n = 0;
    uint8_t out[64];
    int text_case = 0;
    if (len < prefix_len + 1) return ORR_ENOTFOUND;
    for (size_t i = 0; i < prefix_len; i++)
        if (lower(text[i], &text_case) != prefix[i]) return ORR_ENOTFOUND;
    if (text[prefix_len] != '1') return ORR_ENOTFOUND;
    if (len < prefix_len + 7) return ORR_EFORMAT;
    uint32_t sum = prefix_sum(prefix), bits = 0, n_bits = 0;
    for (size_t i = prefix_len + 1; i < len; i++) {
        int value = value_of(bech32, lower(text[i], &text_case));
        if (value < 0) return ORR_EFORMAT;
        sum = polymod(sum, (uint8_t)value);
        if (i >= len - 6) continue; /* the checksum */
        bits = bits << 5 | (uint32_t)value;
        n_bits += 5;
        if (n_bits < 8) continue;
        if (n == sizeof out) return ORR_ELIMIT;
        out[n++] = (uint8_t)(bits >> (n_bits -= 8));
    }
    if (sum != 1) return ORR_ECORRUPT;
    if (n_bits >= 5 || (bits & ((1u << n_bits) - 1))) return ORR_EFORMAT;
    if (n > cap) return ORR_ELIMIT;
    memcpy(to, out, n);
    return (long)n;
}
