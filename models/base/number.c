#include "models/base/number.h"

#include "models/base/error.h"
#include "models/base/hex.h"

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

int orr_u256_read(const char *text, size_t len, struct orr_u256 *out) {
    unsigned base = 10;
    struct orr_u256 v = orr_u256_from_u64(0);
    if (len >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') text += 2, len -= 2, base = 16;
    for (size_t i = 0; i < len; i++) {
        int d = orr_hex_digit(text[i]);
        if (d < 0 || (unsigned)d >= base) return ORR_EFORMAT;
        if (!push_digit(&v, base, (unsigned)d)) return ORR_ELIMIT;
    }
    *out = v;
    return 0;
}

void orr_u256_write(char to[ORR_U256_DECIMAL], struct orr_u256 value) {
    char digits[ORR_U256_DECIMAL];
    size_t n = 0;
    do { /* 78 times at most */
        unsigned __int128 rest = 0;
        for (int i = 3; i >= 0; i--) {
            rest = rest << 64 | value.limb[i];
            value.limb[i] = (uint64_t)(rest / 10);
            rest %= 10;
        }
        digits[n++] = (char)('0' + (int)rest);
    } while (!orr_u256_is_zero(value));
    for (size_t i = 0; i < n; i++) to[i] = digits[n - 1 - i];
    to[n] = 0;
}
