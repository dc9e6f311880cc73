#include "sim/cli/vm/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *skip_0x(const char *s) {
    return s[0] == '0' && (s[1] | 0x20) == 'x' ? s + 2 : s;
}

int orr_hex_decode(const char *hex, struct orr_buffer *out) {
    hex = skip_0x(hex);
    size_t n = strlen(hex);
    if (n & 1) return ORR_EFORMAT;
    uint8_t *bytes = orr_xrealloc(NULL, n / 2 + 1);
    for (size_t i = 0; i < n; i += 2) {
        int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return ORR_EFORMAT;
        }
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *out = (struct orr_buffer){bytes, n / 2};
    return 0;
}

void orr_hex_fault(const char *hex, char why[64]) {
    const char *digits = skip_0x(hex);
    size_t n = 0;
    while (digits[n] && digit(digits[n]) >= 0) n++;
    unsigned char c = (unsigned char)digits[n];
    size_t at = (size_t)(digits + n - hex) + 1;
    if (!c)
        snprintf(why, 64, "%zu hexadecimal digits, an odd number", n);
    else if (c >= ' ' && c < 0x7f)
        snprintf(why, 64, "'%c' (character %zu) is no hexadecimal digit", c, at);
    else
        snprintf(why, 64, "character %zu (byte 0x%02x) is no hexadecimal digit", at, c);
}

void orr_hex_encode(char *to, const void *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = digits[p[i] >> 4];
        to[2 * i + 1] = digits[p[i] & 15];
    }
    to[2 * len] = 0;
}

int orr_json_bytes(const json_t *json, struct orr_buffer *out) {
    const char *s = json_string_value(json);
    return s ? orr_hex_decode(s, out) : ORR_EFORMAT;
}

int orr_json_fixed(const json_t *json, void *to, size_t len) {
    struct orr_buffer b;
    if (orr_json_bytes(json, &b)) return ORR_EFORMAT;
    int result = b.len == len ? 0 : ORR_EFORMAT;
    if (!result) memcpy(to, b.bytes, len);
    free(b.bytes);
    return result;
}

/* out = out * base + d; false when it does not fit. */
static bool push_digit(struct orr_u256 *out, unsigned base, unsigned d) {
    unsigned __int128 carry = d;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)out->limb[i] * base;
        out->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return !carry;
}

int orr_json_u256(const json_t *json, struct orr_u256 *out) {
    static const char bigint[] = "0x:bigint ";
    if (json_is_integer(json)) {
        if (json_integer_value(json) < 0) return ORR_EFORMAT;
        *out = orr_u256_from_u64((uint64_t)json_integer_value(json));
        return 0;
    }
    const char *s = json_string_value(json);
    if (!s) return ORR_EFORMAT;
    if (!strncmp(s, bigint, sizeof bigint - 1)) s += sizeof bigint - 1;
    const char *hex = skip_0x(s);
    unsigned base = hex == s ? 10 : 16;
    struct orr_u256 v = orr_u256_from_u64(0);
    for (s = hex; *s; s++) {
        int d = digit(*s);
        if (d < 0 || (unsigned)d >= base) return ORR_EFORMAT;
        if (!push_digit(&v, base, (unsigned)d)) return ORR_ELIMIT;
    }
    *out = v;
    return 0;
}

int orr_json_u64(const json_t *json, uint64_t *out) {
    struct orr_u256 v;
    int result = orr_json_u256(json, &v);
    if (result) return result;
    if (v.limb[1] | v.limb[2] | v.limb[3]) return ORR_ELIMIT;
    *out = v.limb[0];
    return 0;
}

int orr_json_address(const json_t *json, struct orr_address *out) {
    return orr_json_fixed(json, out->bytes, sizeof out->bytes);
}

int orr_json_hash(const json_t *json, struct orr_hash *out) {
    return orr_json_fixed(json, out->bytes, sizeof out->bytes);
}
