/* age_header.c - the header of an age file, which has one canonical form: lines end with LF, single
 * spaces part arguments, base64 is unpadded and in lines of 64 characters. */
#include <assert.h>
#include <string.h>

#include "models/vault/age.h"
#include "models/vault/codec.h"

static const char version[] = "age-encryption.org/v1\n", intro[] = "age-encryption.org/";

size_t orr_age_header_size(const uint8_t *bytes, size_t len) {
    const uint8_t *p = bytes, *end = len ? bytes + len : bytes;
    while (p < end) {
        const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline) return 0;
        if (newline - p >= 3 && !memcmp(p, "---", 3)) return (size_t)(newline + 1 - bytes);
        p = newline + 1;
    }
    return 0;
}

/* What is read, line by line. */
struct lines {
    const uint8_t *start, *p, *end;
    unsigned number; /* of the line that was read last, from 1 */
    struct orr_why *why;
};

static bool next(struct lines *l, const char **text, size_t *len) {
    const uint8_t *newline = l->p < l->end ? memchr(l->p, '\n', (size_t)(l->end - l->p)) : NULL;
    if (!newline) return false;
    *text = (const char *)l->p;
    *len = (size_t)(newline - l->p);
    l->p = newline + 1;
    l->number++;
    return true;
}

static enum orr_vault_fault bad(const struct lines *l, const char *text) {
    return orr_vault_say(l->why, ORR_FAULT_BAD_HEADER, "line %u: %s", l->number, text);
}

static enum orr_vault_fault read_args(const struct lines *l, const char *text, size_t len,
                                      struct orr_age_stanza *s) {
    *s = (struct orr_age_stanza){0};
    for (size_t i = 0; i <= len;) {
        size_t start = i;
        for (; i < len && text[i] != ' '; i++)
            if (text[i] < 33 || text[i] > 126) return bad(l, "a character that may not be there");
        if (i == start) return bad(l, "an empty argument");
        if (s->n_args < ORR_AGE_ARGS)
            s->arg[s->n_args] = (struct orr_age_text){text + start, i - start};
        s->n_args++;
        i++;
    }
    return ORR_FAULT_OK;
}

/* Lines of 64 characters until a shorter one. */
static enum orr_vault_fault read_body(struct lines *l, struct orr_age_header *h,
                                      size_t *bodies_used, struct orr_age_stanza *s) {
    s->body = h->bodies + *bodies_used;
    for (;;) {
        const char *text;
        size_t len;
        if (!next(l, &text, &len)) return bad(l, "a stanza ends with a short line behind this");
        if (len > 64) return bad(l, "a line of more than 64 characters");
        long n =
            orr_base64_read(text, len, h->bodies + *bodies_used, h->bodies_size - *bodies_used);
        if (n < 0) return bad(l, "no canonical base64");
        *bodies_used += (size_t)n;
        s->body_len += (size_t)n;
        if (len < 64) return ORR_FAULT_OK;
    }
}

static enum orr_vault_fault read_lines(struct orr_mem *mem, struct lines *l,
                                       struct orr_age_header *h) {
    const char *text;
    size_t len, bodies_used = 0;
    while (next(l, &text, &len)) {
        if (len >= 3 && !memcmp(text, "---", 3)) {
            if (len != 4 + 43 || text[3] != ' ' ||
                orr_base64_read(text + 4, 43, h->mac, sizeof h->mac) != sizeof h->mac)
                return bad(l, "no MAC of 32 bytes");
            if (!h->n_stanzas) return bad(l, "no stanza before the MAC");
            h->mac_at = (size_t)((const uint8_t *)text + 3 - l->start);
            return l->p == l->end ? ORR_FAULT_OK : bad(l, "more behind the MAC");
        }
        if (len < 4 || memcmp(text, "-> ", 3)) return bad(l, "a stanza is expected");
        if (h->n_stanzas == ORR_AGE_MAX_STANZAS) return bad(l, "more than 1024 stanzas");
        if (h->n_stanzas == h->cap) {
            size_t cap = h->cap ? 2 * h->cap : 4;
            h->stanza =
                orr_resize(mem, h->stanza, h->cap * sizeof *h->stanza, cap * sizeof *h->stanza);
            h->cap = cap;
        }
        struct orr_age_stanza *s = &h->stanza[h->n_stanzas];
        enum orr_vault_fault fault = read_args(l, text + 3, len - 3, s);
        if (!fault) fault = read_body(l, h, &bodies_used, s);
        if (fault) return fault;
        h->n_stanzas++;
    }
    return bad(l, "the header ends without a MAC behind this");
}

enum orr_vault_fault orr_age_header_read(struct orr_mem *mem, const uint8_t *bytes, size_t size,
                                         struct orr_age_header *header, struct orr_why *why) {
    struct orr_age_header read = {0};
    struct lines lines = {bytes, bytes, bytes + size, 0, why};
    const char *text;
    size_t len;
    if (size < sizeof intro - 1 || memcmp(bytes, intro, sizeof intro - 1))
        return orr_vault_say(why, ORR_FAULT_BAD_HEADER, "no age file");
    if (size < sizeof version - 1 || memcmp(bytes, version, sizeof version - 1))
        return orr_vault_say(why, ORR_FAULT_BAD_AGE_VERSION, "only age-encryption.org/v1 is read");
    if (!next(&lines, &text, &len)) return ORR_FAULT_BAD_HEADER;
    read.bodies_size = size;
    read.bodies = orr_alloc(mem, size);
    enum orr_vault_fault fault = read_lines(mem, &lines, &read);
    for (size_t i = 0; i < read.n_stanzas && !fault; i++)
        fault = orr_age_check_stanza(&read, i, why);
    if (fault)
        orr_age_header_free(mem, &read);
    else
        *header = read;
    return fault;
}

void orr_age_header_free(struct orr_mem *mem, struct orr_age_header *header) {
    orr_free(mem, header->stanza, header->cap * sizeof *header->stanza);
    orr_free(mem, header->bodies, header->bodies_size);
    *header = (struct orr_age_header){0};
}
