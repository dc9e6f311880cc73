/* format.h - text from numbers, for models: a printf that knows no locale, no float and no file.
 *
 *     conversions  %d %i %u %x %s %c %%     lengths  l ll z (as printf: %llu takes an unsigned long
 *     flags        - 0                               long, %zu a size_t)
 *     width        a number or *            precision, of %s only: .number or .*
 *
 * What is none of these is copied as it stands and takes no argument. */
#ifndef ORR_BASE_FORMAT_H
#define ORR_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes text with its closing NUL into to[size], size > 0, cut where it does not fit (never within
 * a character of UTF-8).  Returns the bytes written, the NUL apart.  %s of NULL is "(null)". */
size_t orr_format(char *to, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
#endif
