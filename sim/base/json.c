#include "sim/base/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/number.h"
#include "sim/base/memory.h"

static const char *skip_0x(const char *s) {
    return s[0] == '0' && (s[1] | 0x20) == 'x' ? s + 2 : s;
}

int orr_hex_decode(const char *hex, struct orr_buffer *out) {
    size_t n = strlen(hex);
    uint8_t *bytes = orr_xrealloc(NULL, n / 2 + 1);
    long len = orr_hex_read(hex, n, bytes, n / 2);
    if (len < 0) {
        free(bytes);
        return ORR_EFORMAT;
    }
    *out = (struct orr_buffer){bytes, (size_t)len};
    return 0;
}

void orr_hex_fault(const char *hex, char why[64]) {
    const char *digits = skip_0x(hex);
    size_t n = 0;
    while (digits[n] && orr_hex_digit(digits[n]) >= 0) n++;
    unsigned char c = (unsigned char)digits[n];
    size_t at = (size_t)(digits + n - hex) + 1;
    if (!c)
        snprintf(why, 64, "%zu hexadecimal digits, an odd number", n);
    else if (c >= ' ' && c < 0x7f)
        snprintf(why, 64, "'%c' (character %zu) is no hexadecimal digit", c, at);
    else
        snprintf(why, 64, "character %zu (byte 0x%02x) is no hexadecimal digit", at, c);
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
    return orr_u256_read(s, strlen(s), out);
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

/* ---- texts ---- */

/* Copies JSON with long runs of digits outside strings put into quotes; free() it. */
static char *quote_long_numbers(const char *text, size_t len, size_t *out_len) {
    enum { SAFE_DIGITS = 18 }; /* 10^18 is below 2^63 */
    char *out = orr_xrealloc(NULL, len + len / SAFE_DIGITS * 2 + 3);
    size_t n = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        size_t digits = 0;
        while (!in_string && i + digits < len && text[i + digits] >= '0' && text[i + digits] <= '9')
            digits++;
        char after = i + digits < len ? text[i + digits] : 0;
        if (digits > SAFE_DIGITS && !strchr(".eE", after) && (!i || text[i - 1] != '-')) {
            out[n++] = '"';
            memcpy(out + n, text + i, digits);
            out[n += digits] = '"';
            n++;
            i += digits - 1;
            continue;
        }
        if (in_string && text[i] == '\\' && i + 1 < len)
            out[n++] = text[i++];
        else if (text[i] == '"')
            in_string = !in_string;
        out[n++] = text[i];
    }
    *out_len = n;
    return out;
}

json_t *orr_json_parse(const char *text, size_t len, json_error_t *error) {
    size_t quoted_len;
    char *quoted = quote_long_numbers(text, len, &quoted_len);
    json_t *json = json_loadb(quoted, quoted_len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, error);
    free(quoted);
    return json;
}
