#include "models/vault/armor.h"

#include <assert.h>
#include <string.h>

#include "models/vault/codec.h"

enum { BEFORE, BODY, AFTER };

static enum orr_vault_fault bad(const struct orr_armor *a, struct orr_why *why, const char *text) {
    return orr_vault_say(why, ORR_FAULT_BAD_ARMOR, "line %u: %s", a->number, text);
}

static bool line_is(const struct orr_armor *a, const char *text) {
    return a->len == strlen(text) && !memcmp(a->line, text, a->len);
}

static bool all_blank(const struct orr_armor *a) {
    for (size_t i = 0; i < a->len; i++)
        if (a->line[i] != ' ' && a->line[i] != '\t' && a->line[i] != '\r') return false;
    return true;
}

static enum orr_vault_fault body_line(struct orr_armor *a, uint8_t *out, size_t *out_len,
                                      struct orr_why *why) {
    if (line_is(a, ORR_ARMOR_END)) {
        a->state = AFTER;
        return ORR_FAULT_OK;
    }
    if (!a->len) return bad(a, why, "an empty line");
    if (a->short_line) return bad(a, why, "more behind a short line");
    if (a->len > 64 || a->len % 4) return bad(a, why, "not 64 characters of base64");
    size_t text = a->len;
    while (a->len - text < 2 && a->line[text - 1] == '=') text--;
    a->short_line = a->len < 64 || text < a->len;
    long n = orr_base64_read(a->line, text, out + *out_len, 48);
    if (n < 0) return bad(a, why, "no canonical base64");
    *out_len += (size_t)n;
    return ORR_FAULT_OK;
}

/* A line without its end. */
static enum orr_vault_fault line(struct orr_armor *a, uint8_t *out, size_t *out_len,
                                 struct orr_why *why) {
    a->number++;
    if (a->state == BODY) return body_line(a, out, out_len, why);
    if (a->state == BEFORE && line_is(a, ORR_ARMOR_BEGIN)) {
        a->state = BODY;
        return ORR_FAULT_OK;
    }
    if (all_blank(a)) return ORR_FAULT_OK;
    return bad(a, why, a->state == BEFORE ? ORR_ARMOR_BEGIN " is expected" : "more behind the end");
}

enum orr_vault_fault orr_armor_read(struct orr_armor *a, const uint8_t *in, size_t len,
                                    uint8_t *out, size_t *out_len, struct orr_why *why) {
    *out_len = 0;
    for (size_t i = 0; i < len; i++) {
        if (a->state == BEFORE && !a->len && (in[i] == ' ' || in[i] == '\t' || in[i] == '\r'))
            continue;
        if (in[i] != '\n') {
            if (a->state == AFTER && (in[i] == ' ' || in[i] == '\t' || in[i] == '\r')) continue;
            if (a->len == sizeof a->line) {
                a->number++;
                return bad(a, why, "too long a line");
            }
            a->line[a->len++] = (char)in[i];
            continue;
        }
        if (a->len && a->line[a->len - 1] == '\r') a->len--;
        enum orr_vault_fault fault = line(a, out, out_len, why);
        a->len = 0;
        if (fault) return fault;
    }
    assert(*out_len <= len + ORR_ARMOR_BYTES);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_armor_done(struct orr_armor *a, struct orr_why *why) {
    uint8_t rest[48];
    size_t rest_len = 0;
    if (a->len && a->line[a->len - 1] == '\r') a->len--;
    if (a->len) {
        enum orr_vault_fault fault = line(a, rest, &rest_len, why);
        a->len = 0;
        if (fault) return fault;
    }
    if (a->state == AFTER) return ORR_FAULT_OK;
    return bad(a, why,
               a->state == BODY ? ORR_ARMOR_END " is expected behind this"
                                : ORR_ARMOR_BEGIN " is expected behind this");
}

size_t orr_armor_line(const uint8_t *bytes, size_t len, char to[ORR_ARMOR_LINE]) {
    assert(len && len <= ORR_ARMOR_BYTES);
    orr_base64_write(to, bytes, len);
    size_t n = orr_base64_len(len);
    while (n % 4) to[n++] = '=';
    to[n++] = '\n';
    return n;
}
