#include "sim/base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* Overlong forms and surrogates are none: RFC 3629, section 4. */
size_t orr_utf8_len(const char *p, const char *end) {
    const unsigned char *s = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    if (s[0] < 0x80) return 1;
    size_t len = s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)) return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) return 0;
    return len;
}

/* Of a whole UTF-8 character: nothing that acts in place of being seen. */
static bool is_visible(const char *p, size_t len) {
    const unsigned char *c = (const unsigned char *)p;
    if (len == 1) return c[0] >= 0x20 && c[0] != 0x7f;
    if (len == 2) return c[0] != 0xc2 || c[1] >= 0xa0; /* C1 */
    if (len == 3 && c[0] == 0xe2 && c[1] == 0x80)
        return c[2] < 0x8b || (c[2] > 0x8f && c[2] < 0xa8) || c[2] > 0xae;
    if (len == 3 && c[0] == 0xe2 && c[1] == 0x81) return c[2] < 0xa6 || c[2] > 0xa9;
    return len != 3 || memcmp(c, "\xef\xbb\xbf", 3) != 0;
}

int orr_text_step(const char **p, const char *end, char shown[ORR_TEXT_CHARACTER]) {
    assert(*p < end);
    const char *character = *p;
    size_t len = orr_utf8_len(character, end), n_bytes = len ? len : 1;
    *p += n_bytes;
    bool is_tab = *character == '\t';
    if (is_tab || (len && is_visible(character, len))) {
        memcpy(shown, is_tab ? " " : character, n_bytes);
        shown[n_bytes] = 0;
        return 1;
    }
    for (size_t i = 0; i < n_bytes; i++)
        snprintf(shown + 4 * i, 5, "\\x%02x", (unsigned char)character[i]);
    return (int)(4 * n_bytes);
}

void orr_text_print(const char *text, size_t len, FILE *to) {
    char shown[ORR_TEXT_CHARACTER];
    for (const char *p = text, *end = text + len; p < end;) {
        orr_text_step(&p, end, shown);
        fputs(shown, to);
    }
}

const char *orr_text_show(char *to, size_t size, const char *text) {
    char shown[ORR_TEXT_CHARACTER];
    size_t used = 0;
    to[0] = 0;
    for (const char *p = text, *end = text + strlen(text); p < end;) {
        orr_text_step(&p, end, shown);
        size_t len = strlen(shown);
        if (used + len >= size) break;
        memcpy(to + used, shown, len + 1);
        used += len;
    }
    return to;
}
