/* hex.h - bytes as hexadecimal digits. */
#ifndef ORR_BASE_HEX_H
#define ORR_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* The value of a hexadecimal digit in either case, or -1. */
static inline int orr_hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads len digits, with or without "0x" before them, into at most cap bytes.  Returns the number
 * of bytes, or ORR_EFORMAT (an odd number of digits, or what is none), or ORR_ELIMIT. */
long orr_hex_read(const char *text, size_t len, void *to, size_t cap);
/* len bytes as lower case digits without "0x", to 2 len + 1 characters. */
void orr_hex_encode(char *to, const void *bytes, size_t len);
#endif
