/* abi_type.c - types from their text. */
#include <assert.h>

#include "models/base/error.h"
#include "models/index/abi.h"

struct scan {
    struct orr_mem *mem;
    const char *start, *p, *end;
    uint32_t depth;
};

static int read_type(struct scan *s, struct orr_abi_type *type);

static void free_parts(struct orr_mem *mem, struct orr_abi_type *type) {
    uint32_t n = type->kind == ORR_ABI_TUPLE ? type->n : type->of ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) free_parts(mem, &type->of[i]);
    orr_free(mem, type->of, n * sizeof *type->of);
}

static bool take(struct scan *s, char c) {
    if (s->p == s->end || *s->p != c) return false;
    s->p++;
    return true;
}

/* A number without leading zeros, at most `most`; 0 when there is none. */
static uint32_t take_number(struct scan *s, uint32_t most) {
    uint32_t n = 0;
    const char *start = s->p;
    if (s->p < s->end && *s->p == '0') return 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++) {
        n = 10 * n + (uint32_t)(*s->p - '0');
        if (n > most) {
            s->p = start;
            return 0;
        }
    }
    return n;
}

static bool take_word(struct scan *s, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len)) return false;
    s->p += len;
    return true;
}

/* Fills the fields that follow from the others. */
static int settle(struct orr_abi_type *type) {
    size_t n = type->kind == ORR_ABI_TUPLE ? type->n : type->of ? 1 : 0, bytes = 0;
    type->depth = 1;
    type->is_dynamic =
        type->kind == ORR_ABI_BYTES || type->kind == ORR_ABI_STRING || type->kind == ORR_ABI_LIST;
    for (size_t i = 0; i < n; i++) {
        const struct orr_abi_type *part = &type->of[i];
        if (part->depth >= type->depth) type->depth = part->depth + 1;
        if (part->is_dynamic) type->is_dynamic = true;
        bytes += part->head_bytes;
    }
    if (type->kind == ORR_ABI_ARRAY) bytes *= type->n;
    type->head_bytes = type->is_dynamic || !n ? ORR_ABI_WORD : bytes;
    if (type->depth > ORR_ABI_MAX_DEPTH || bytes > ORR_ABI_MAX_VALUES * ORR_ABI_WORD)
        return ORR_ELIMIT;
    assert(type->head_bytes && type->head_bytes % ORR_ABI_WORD == 0);
    return 0;
}

static int read_tuple(struct scan *s, struct orr_abi_type *type) {
    struct orr_abi_type *members = NULL;
    uint32_t n = 0, cap = 0;
    int error = 0;
    do { /* ends: with the text */
        if (n == cap) {
            uint32_t more = cap ? 2 * cap : 4;
            members = orr_resize(s->mem, members, cap * sizeof *members, more * sizeof *members);
            cap = more;
        }
        error = read_type(s, &members[n]);
        if (!error) n++;
    } while (!error && n < ORR_ABI_MAX_VALUES && take(s, ','));
    if (!error && !take(s, ')')) error = ORR_EFORMAT;
    *type = (struct orr_abi_type){.kind = ORR_ABI_TUPLE, .n = n};
    type->of = orr_resize(s->mem, members, cap * sizeof *members, n * sizeof *members);
    return error;
}

/* bytes, or a number's bits: nothing, or one of the sizes that there are. */
static int read_size(struct scan *s, struct orr_abi_type *type, uint32_t step, uint32_t most,
                     uint32_t otherwise) {
    bool has_size = s->p < s->end && *s->p >= '0' && *s->p <= '9';
    type->size = has_size ? take_number(s, most) : otherwise;
    return type->size % step || (has_size && !type->size) ? ORR_EFORMAT : 0;
}

static int read_base(struct scan *s, struct orr_abi_type *type) {
    *type = (struct orr_abi_type){.kind = ORR_ABI_UINT};
    if (take(s, '(')) return read_tuple(s, type);
    if (take_word(s, "uint")) return read_size(s, type, 8, 256, 256);
    if (take_word(s, "int")) {
        type->kind = ORR_ABI_INT;
        return read_size(s, type, 8, 256, 256);
    }
    if (take_word(s, "address")) {
        type->kind = ORR_ABI_ADDRESS;
    } else if (take_word(s, "bool")) {
        type->kind = ORR_ABI_BOOL;
    } else if (take_word(s, "string")) {
        type->kind = ORR_ABI_STRING;
    } else if (take_word(s, "bytes")) {
        type->kind = ORR_ABI_FIXED_BYTES;
        if (read_size(s, type, 1, 32, 0)) return ORR_EFORMAT;
        if (!type->size) type->kind = ORR_ABI_BYTES;
    } else {
        return ORR_EFORMAT;
    }
    return 0;
}

/* The brackets behind a type: each makes it an array of what stood before. */
static int read_arrays(struct scan *s, struct orr_abi_type *type) {
    while (take(s, '[')) { /* ends: with the text */
        struct orr_abi_type *of = orr_alloc(s->mem, sizeof *of);
        *of = *type;
        *type = (struct orr_abi_type){.kind = ORR_ABI_LIST, .of = of};
        if (!take(s, ']')) {
            type->kind = ORR_ABI_ARRAY;
            type->n = take_number(s, ORR_ABI_MAX_VALUES);
            if (!type->n || !take(s, ']')) return ORR_EFORMAT;
        }
        int error = settle(type);
        if (error) return error;
    }
    return 0;
}

/* On error nothing is held. */
static int read_type(struct scan *s, struct orr_abi_type *type) {
    if (s->depth == ORR_ABI_MAX_DEPTH) return ORR_ELIMIT;
    s->depth++;
    int error = read_base(s, type);
    s->depth--;
    if (!error) error = settle(type);
    if (!error) error = read_arrays(s, type);
    if (error) free_parts(s->mem, type);
    return error;
}

int orr_abi_type_read(struct orr_mem *mem, const char *text, size_t len, struct orr_abi_type **type,
                      size_t *at) {
    struct scan s = {.mem = mem, .start = text, .p = text, .end = len ? text + len : text};
    struct orr_abi_type read;
    int error = read_type(&s, &read);
    *at = (size_t)(s.p - s.start);
    if (error) return error;
    if (s.p != s.end) {
        free_parts(mem, &read);
        return ORR_EFORMAT;
    }
    *type = orr_alloc(mem, sizeof **type);
    **type = read;
    return 0;
}

void orr_abi_type_free(struct orr_mem *mem, struct orr_abi_type *type) {
    if (!type) return;
    free_parts(mem, type);
    orr_free(mem, type, sizeof *type);
}

/* ---- writing ---- */

static void write_text(struct orr_rlp_writer *w, const char *text) {
    orr_rlp_write_raw(w, text, strlen(text));
}

static void write_number(struct orr_rlp_writer *w, uint32_t n) {
    char digits[10];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + n % 10);
    while (n /= 10); /* ends: n shrinks */
    orr_rlp_write_raw(w, digits + at, sizeof digits - at);
}

void orr_abi_type_write(const struct orr_abi_type *type, struct orr_rlp_writer *w) {
    static const char *const names[] = {
        [ORR_ABI_UINT] = "uint",     [ORR_ABI_INT] = "int",           [ORR_ABI_ADDRESS] = "address",
        [ORR_ABI_BOOL] = "bool",     [ORR_ABI_FIXED_BYTES] = "bytes", [ORR_ABI_BYTES] = "bytes",
        [ORR_ABI_STRING] = "string",
    };
    switch (type->kind) {
    case ORR_ABI_TUPLE:
        for (uint32_t i = 0; i < type->n; i++) {
            write_text(w, i ? "," : "(");
            orr_abi_type_write(&type->of[i], w);
        }
        write_text(w, ")");
        break;
    case ORR_ABI_ARRAY:
    case ORR_ABI_LIST:
        orr_abi_type_write(type->of, w);
        write_text(w, "[");
        if (type->kind == ORR_ABI_ARRAY) write_number(w, type->n);
        write_text(w, "]");
        break;
    default:
        write_text(w, names[type->kind]);
        if (type->size) write_number(w, type->size);
    }
}
