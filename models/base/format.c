#include "models/base/format.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where text goes: what is past the end is dropped. */
struct sink {
    char *to;
    size_t len, room; /* room: without the NUL */
    bool full;
};

/* One conversion: %[flags][width][.precision][length]letter */
struct conversion {
    bool left, zero;
    size_t width, precision; /* precision SIZE_MAX: none */
    unsigned n_longs;        /* of l; a size_t is one long */
    char letter;
};

static void put(struct sink *s, char c) {
    if (s->len < s->room) s->to[s->len++] = c;
    else s->full = true;
}

static void put_padded(struct sink *s, const struct conversion *c, const char *sign,
                       const char *text, size_t len, bool is_number) {
    size_t taken = len + strlen(sign), pad = c->width > taken ? c->width - taken : 0;
    bool zeros = is_number && c->zero && !c->left;
    if (pad > s->room) pad = s->room; /* no more than that can show */
    for (size_t i = 0; !c->left && !zeros && i < pad; i++) put(s, ' ');
    while (*sign) put(s, *sign++);
    for (size_t i = 0; zeros && i < pad; i++) put(s, '0');
    for (size_t i = 0; i < len; i++) put(s, text[i]);
    for (size_t i = 0; c->left && i < pad; i++) put(s, ' ');
}

static void put_number(struct sink *s, const struct conversion *c, uint64_t value, bool negative) {
    char digits[20];
    unsigned base = c->letter == 'x' ? 16 : 10, at = sizeof digits;
    do digits[--at] = "0123456789abcdef"[value % base];
    while (value /= base); /* 2^64 has 20 digits */
    put_padded(s, c, negative ? "-" : "", digits + at, sizeof digits - at, true);
}

static const char *read_size(const char *f, size_t *value) {
    enum { MOST = 4096 };
    for (*value = 0; *f >= '0' && *f <= '9'; f++)
        if (*value < MOST) *value = *value * 10 + (size_t)(*f - '0');
    return f;
}

/* Reads what stands between % and the letter; a * leaves SIZE_MAX - 1 to be taken from the
 * arguments. */
#define FROM_ARGUMENT (SIZE_MAX - 1)
static const char *read_conversion(const char *f, struct conversion *c) {
    *c = (struct conversion){.precision = SIZE_MAX};
    for (; *f == '-' || *f == '0'; f++) *(*f == '-' ? &c->left : &c->zero) = true;
    if (*f == '*') c->width = FROM_ARGUMENT, f++;
    else f = read_size(f, &c->width);
    if (*f == '.') {
        f++;
        if (*f == '*') c->precision = FROM_ARGUMENT, f++;
        else f = read_size(f, &c->precision);
    }
    for (; *f == 'l' || *f == 'z'; f++) c->n_longs++;
    c->letter = *f;
    return f;
}

/* Cuts an unfinished UTF-8 character off the end. */
static size_t whole_characters(const char *text, size_t len) {
    size_t start = len;
    while (start && ((unsigned char)text[start - 1] & 0xc0) == 0x80) start--;
    if (!start) return len;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return lead >= 0xc0 && len - (start - 1) < wanted ? start - 1 : len;
}

size_t orr_format(char *to, size_t size, const char *f, va_list arguments) {
    assert(size > 0);
    struct sink s = {to, 0, size - 1, false};
    for (; *f; f++) {
        if (*f != '%') {
            put(&s, *f);
            continue;
        }
        struct conversion c;
        const char *start = f;
        f = read_conversion(f + 1, &c);
        if (!c.letter || !strchr("diuxsc%", c.letter)) {
            for (; start < f; start++) put(&s, *start);
            if (!*f) break;
            put(&s, *f);
            continue;
        }
        if (c.width == FROM_ARGUMENT) {
            int width = va_arg(arguments, int);
            c.left |= width < 0;
            c.width = (size_t)(width < 0 ? -(int64_t)width : width);
        }
        if (c.precision == FROM_ARGUMENT) {
            int precision = va_arg(arguments, int);
            c.precision = precision < 0 ? SIZE_MAX : (size_t)precision;
        }
        switch (c.letter) {
        case 'd':
        case 'i': {
            int64_t v = c.n_longs ? va_arg(arguments, long long) : va_arg(arguments, int);
            put_number(&s, &c, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
            break;
        }
        case 'u':
        case 'x':
            put_number(&s, &c,
                       c.n_longs ? va_arg(arguments, unsigned long long)
                                 : va_arg(arguments, unsigned),
                       false);
            break;
        case 's': {
            const char *text = va_arg(arguments, const char *);
            if (!text) text = "(null)";
            put_padded(&s, &c, "", text, strnlen(text, c.precision), false);
            break;
        }
        case 'c': {
            char letter = (char)va_arg(arguments, int);
            put_padded(&s, &c, "", &letter, 1, false);
            break;
        }
        default: put(&s, '%');
        }
    }
    if (s.full) s.len = whole_characters(to, s.len);
    to[s.len] = '\0';
    return s.len;
}
