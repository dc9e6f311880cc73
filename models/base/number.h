/* number.h - 256-bit numbers from text. */
#ifndef ORR_BASE_NUMBER_H
#define ORR_BASE_NUMBER_H

#include <stddef.h>

#include "models/base/words.h"

/* Decimal digits, or hexadecimal ones behind "0x"; leading zeros are allowed, no digits are zero.
 * Returns 0, ORR_EFORMAT, or ORR_ELIMIT above 2^256 - 1. */
int orr_u256_read(const char *text, size_t len, struct orr_u256 *out);

enum { ORR_U256_DECIMAL = 79 };
/* As decimal digits and a NUL. */
void orr_u256_write(char to[ORR_U256_DECIMAL], struct orr_u256 value);
#endif
