/* abi_value.c - values from bytes and back. */
#include <assert.h>

#include "models/base/error.h"
#include "models/index/abi.h"

struct decoder {
    struct orr_mem *mem;
    const uint8_t *bytes, *end; /* of the block that offsets count from */
    size_t n_left;              /* values that may still be made */
};

static int decode_at(struct decoder *d, const struct orr_abi_type *type, size_t at,
                     struct orr_abi_value *value);

/* ---- words ---- */

static bool is_filled(const uint8_t *bytes, size_t n, uint8_t with) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != with) return false;
    return true;
}

bool orr_abi_word_is_good(const struct orr_abi_type *type, const uint8_t word[ORR_ABI_WORD]) {
    switch (type->kind) {
    case ORR_ABI_UINT: return is_filled(word, ORR_ABI_WORD - type->size / 8, 0);
    case ORR_ABI_INT: {
        size_t spare = ORR_ABI_WORD - type->size / 8;
        return is_filled(word, spare, word[spare] & 0x80 ? 0xff : 0);
    }
    case ORR_ABI_ADDRESS: return is_filled(word, 12, 0);
    case ORR_ABI_BOOL: return is_filled(word, 31, 0) && word[31] <= 1;
    case ORR_ABI_FIXED_BYTES: return is_filled(word + type->size, ORR_ABI_WORD - type->size, 0);
    default: return false;
    }
}

static size_t left(const struct decoder *d, size_t at) {
    size_t len = (size_t)(d->end - d->bytes);
    return at < len ? len - at : 0;
}

/* A length or an offset: a word that is no larger than what is left. */
static int read_size(const struct decoder *d, size_t at, size_t most, size_t *size) {
    if (left(d, at) < ORR_ABI_WORD || !is_filled(d->bytes + at, 24, 0)) return ORR_EFORMAT;
    uint64_t v = orr_load_be64(d->bytes + at + 24);
    if (v > most) return ORR_EFORMAT;
    *size = (size_t)v;
    return 0;
}

/* ---- decoding ---- */

static void free_items(struct orr_mem *mem, struct orr_abi_value *value) {
    for (size_t i = 0; i < value->n; i++) free_items(mem, &value->items[i]);
    orr_free(mem, value->items, value->n * sizeof *value->items);
}

void orr_abi_value_free(struct orr_mem *mem, struct orr_abi_value *value) {
    free_items(mem, value);
    *value = (struct orr_abi_value){.n = 0};
}

/* The element of a list and array, the member of a tuple. */
static const struct orr_abi_type *part(const struct orr_abi_type *type, size_t i) {
    return type->kind == ORR_ABI_TUPLE ? &type->of[i] : type->of;
}

/* n parts one after another from the decoder's first byte on: their heads, and what lies behind
 * offsets in them. */
static int decode_parts(struct decoder *d, const struct orr_abi_type *type, size_t n,
                        struct orr_abi_value *value) {
    size_t heads = 0;
    if (n > d->n_left) return ORR_ELIMIT;
    d->n_left -= n;
    for (size_t i = 0; i < n; i++) heads += part(type, i)->head_bytes; /* below 2^16 * 2^21 */
    if (left(d, 0) < heads) return ORR_EFORMAT;
    struct orr_abi_value made = {.items = orr_alloc(d->mem, n * sizeof *made.items)};
    int error = 0;
    for (size_t at = 0; made.n < n && !error; made.n += !error) {
        const struct orr_abi_type *of = part(type, made.n);
        size_t to = at;
        if (of->is_dynamic) {
            error = read_size(d, at, left(d, 0), &to);
            if (!error && to < heads) error = ORR_EFORMAT; /* it would be read as two things */
        }
        if (!error) error = decode_at(d, of, to, &made.items[made.n]);
        at += of->head_bytes;
    }
    if (error) {
        for (size_t i = 0; i < made.n; i++) free_items(d->mem, &made.items[i]);
        orr_free(d->mem, made.items, n * sizeof *made.items);
        return error;
    }
    *value = made;
    return 0;
}

static int decode_bytes(const struct decoder *d, size_t at, struct orr_abi_value *value) {
    size_t len;
    if (left(d, at) < ORR_ABI_WORD) return ORR_EFORMAT;
    int error = read_size(d, at, left(d, at) - ORR_ABI_WORD, &len);
    if (error) return error;
    const uint8_t *bytes = d->bytes + at + ORR_ABI_WORD;
    size_t fill = (ORR_ABI_WORD - len % ORR_ABI_WORD) % ORR_ABI_WORD;
    if (left(d, at + ORR_ABI_WORD) < len + fill || !is_filled(bytes + len, fill, 0))
        return ORR_EFORMAT;
    *value = (struct orr_abi_value){.bytes = bytes, .len = len};
    return 0;
}

/* The value that begins at a byte; offsets inside it count from where its parts begin. */
static int decode_at(struct decoder *d, const struct orr_abi_type *type, size_t at,
                     struct orr_abi_value *value) {
    struct decoder inner = *d;
    size_t n = type->n;
    int error = 0;
    switch (type->kind) {
    case ORR_ABI_BYTES:
    case ORR_ABI_STRING: return decode_bytes(d, at, value);
    case ORR_ABI_LIST:
        if (left(d, at) < ORR_ABI_WORD) return ORR_EFORMAT;
        error = read_size(d, at, (left(d, at) - ORR_ABI_WORD) / type->of->head_bytes, &n);
        if (error) return error;
        at += ORR_ABI_WORD; /* fall through */
    case ORR_ABI_ARRAY:
    case ORR_ABI_TUPLE:
        inner.bytes += at <= left(d, 0) ? at : left(d, 0);
        error = decode_parts(&inner, type, n, value);
        d->n_left = inner.n_left;
        return error;
    default:
        if (left(d, at) < ORR_ABI_WORD || !orr_abi_word_is_good(type, d->bytes + at))
            return ORR_EFORMAT;
        *value = (struct orr_abi_value){.n = 0};
        memcpy(value->word, d->bytes + at, ORR_ABI_WORD);
        return 0;
    }
}

int orr_abi_decode_members(struct orr_mem *mem, const struct orr_abi_type *tuple,
                           const uint8_t *bytes, size_t len, struct orr_abi_value *value) {
    struct decoder d = {
        .mem = mem, .bytes = bytes, .end = len ? bytes + len : bytes, .n_left = ORR_ABI_MAX_VALUES};
    assert(tuple->kind == ORR_ABI_TUPLE);
    return decode_parts(&d, tuple, tuple->n, value);
}

int orr_abi_decode(struct orr_mem *mem, const struct orr_abi_type *type, const uint8_t *bytes,
                   size_t len, struct orr_abi_value *value) {
    struct orr_abi_type only = *type;
    struct orr_abi_type alone = {.kind = ORR_ABI_TUPLE, .n = 1, .of = &only};
    struct orr_abi_value members;
    int error = orr_abi_decode_members(mem, &alone, bytes, len, &members);
    if (error) return error;
    *value = members.items[0];
    orr_free(mem, members.items, sizeof *members.items);
    return 0;
}

/* ---- encoding ---- */

static void encode_value(const struct orr_abi_type *type, const struct orr_abi_value *value,
                         struct orr_rlp_writer *w);

static void write_size(struct orr_rlp_writer *w, size_t size) {
    uint8_t word[ORR_ABI_WORD] = {0};
    orr_store_be64(word + 24, size);
    orr_rlp_write_raw(w, word, sizeof word);
}

static void encode_parts(const struct orr_abi_type *type, const struct orr_abi_value *value,
                         struct orr_rlp_writer *w) {
    struct orr_rlp_writer tails = {.mem = w->mem};
    size_t heads = 0;
    for (size_t i = 0; i < value->n; i++) heads += part(type, i)->head_bytes;
    for (size_t i = 0; i < value->n; i++) {
        const struct orr_abi_type *of = part(type, i);
        if (of->is_dynamic) write_size(w, heads + tails.len);
        encode_value(of, &value->items[i], of->is_dynamic ? &tails : w);
    }
    orr_rlp_write_raw(w, tails.bytes, tails.len);
    orr_rlp_free(&tails);
}

static void encode_value(const struct orr_abi_type *type, const struct orr_abi_value *value,
                         struct orr_rlp_writer *w) {
    static const uint8_t zeros[ORR_ABI_WORD];
    switch (type->kind) {
    case ORR_ABI_BYTES:
    case ORR_ABI_STRING:
        write_size(w, value->len);
        orr_rlp_write_raw(w, value->bytes, value->len);
        orr_rlp_write_raw(w, zeros, (ORR_ABI_WORD - value->len % ORR_ABI_WORD) % ORR_ABI_WORD);
        break;
    case ORR_ABI_LIST: write_size(w, value->n); /* fall through */
    case ORR_ABI_ARRAY:
    case ORR_ABI_TUPLE:
        assert(type->kind == ORR_ABI_LIST || value->n == type->n);
        encode_parts(type, value, w);
        break;
    default:
        assert(orr_abi_word_is_good(type, value->word));
        orr_rlp_write_raw(w, value->word, ORR_ABI_WORD);
    }
}

void orr_abi_encode(const struct orr_abi_type *type, const struct orr_abi_value *value,
                    struct orr_rlp_writer *w) {
    struct orr_abi_type only = *type;
    struct orr_abi_value item = *value;
    struct orr_abi_type alone = {.kind = ORR_ABI_TUPLE, .n = 1, .of = &only};
    encode_parts(&alone, &(struct orr_abi_value){.items = &item, .n = 1}, w);
}
