#include "models/base/hex.h"

#include "models/base/error.h"

long orr_hex_read(const char *text, size_t len, void *to, size_t cap) {
    if (len >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') text += 2, len -= 2;
    if (len & 1) return ORR_EFORMAT;
    for (size_t i = 0; i < len; i++)
        if (orr_hex_digit(text[i]) < 0) return ORR_EFORMAT;
    if (len / 2 > cap) return ORR_ELIMIT;
    uint8_t *bytes = to;
    for (size_t i = 0; i < len; i += 2)
        bytes[i / 2] = (uint8_t)(orr_hex_digit(text[i]) << 4 | orr_hex_digit(text[i + 1]));
    return (long)(len / 2);
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
