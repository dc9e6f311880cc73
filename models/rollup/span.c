#include "models/rollup/span.h"

#include <assert.h>
#include <string.h>

#include "models/base/error.h"

/* ---- columns ---- */

struct cursor {
    struct orr_reader r;
    const uint8_t *start;
    struct orr_span_fault *fault;
    int error;
};

static bool fail(struct cursor *c, int error, const char *what) {
    if (!c->error) {
        c->error = error;
        *c->fault = (struct orr_span_fault){(size_t)(c->r.p - c->start), what};
    }
    return false;
}

/* Base 128, the lowest seven bits first, as protobuf and Go's encoding/binary have it. */
static uint64_t read_uvarint(struct cursor *c, const char *what) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = orr_read_u8(&c->r);
        if (c->r.bad || (shift == 63 && byte > 1)) break;
        v |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return v;
    }
    fail(c, ORR_EFORMAT, what);
    return 0;
}

static const uint8_t *read_bytes(struct cursor *c, size_t len, const char *what) {
    const uint8_t *p = c->error ? NULL : orr_read_bytes(&c->r, len);
    if (!p) fail(c, ORR_EFORMAT, what);
    return p;
}

static bool bit_of(const uint8_t *bits, size_t n, size_t i) {
    return bits[(n + 7) / 8 - 1 - i / 8] >> (i % 8) & 1;
}

/* n bits as one big-endian number; bits above n are none. */
static const uint8_t *read_bits(struct cursor *c, size_t n, const char *what) {
    const uint8_t *bits = read_bytes(c, (n + 7) / 8, what);
    if (bits && n % 8 && bits[0] >> n % 8) {
        fail(c, ORR_EFORMAT, what);
        return NULL;
    }
    return bits;
}

/* ---- transactions' data ---- */

/* A list of addresses, each with its keys (EIP-2930). */
static bool is_access_list(struct orr_rlp_reader *fields) {
    struct orr_rlp_reader list = orr_rlp_read_list(fields);
    while (orr_rlp_more(&list)) {
        struct orr_rlp_reader entry = orr_rlp_read_list(&list);
        uint8_t skipped[32];
        orr_rlp_read_fixed(&entry, skipped, 20);
        struct orr_rlp_reader keys = orr_rlp_read_list(&entry);
        while (orr_rlp_more(&keys)) orr_rlp_read_fixed(&keys, skipped, 32);
        if (!orr_rlp_done(&keys) || !orr_rlp_done(&entry)) return false;
    }
    return orr_rlp_done(&list);
}

/* EIP-7702: chain id, address, nonce, y parity, r, s. */
static bool is_authorization_list(struct orr_rlp_reader *fields) {
    struct orr_rlp_reader list = orr_rlp_read_list(fields);
    while (orr_rlp_more(&list)) {
        struct orr_rlp_reader entry = orr_rlp_read_list(&list);
        uint8_t skipped[20];
        orr_rlp_read_u256(&entry);
        orr_rlp_read_fixed(&entry, skipped, 20);
        orr_rlp_read_u64(&entry);
        for (int i = 0; i < 3; i++) orr_rlp_read_u256(&entry);
        if (!orr_rlp_done(&entry)) return false;
    }
    return orr_rlp_done(&list);
}

/* How many fees stand behind the value: a gas price, or priority fee and maximum. */
static unsigned fees_of(uint8_t type) { return type < 2 ? 1 : 2; }

static bool is_tx_data(uint8_t type, struct orr_rlp_reader fields) {
    size_t len;
    for (unsigned i = 0; i < 1 + fees_of(type); i++) orr_rlp_read_u256(&fields);
    orr_rlp_read_string(&fields, &len);
    if (type >= 1 && !is_access_list(&fields)) return false;
    if (type == 4 && !is_authorization_list(&fields)) return false;
    return orr_rlp_done(&fields);
}

static bool read_tx_data(struct cursor *c, struct orr_span_tx *tx) {
    size_t left = orr_read_left(&c->r);
    const uint8_t *p = c->r.p;
    if (!left) return fail(c, ORR_EFORMAT, "the data of a transaction is cut off");
    tx->type = *p < 128 ? *p : 0;
    if (*p < 128 && tx->type != 1 && tx->type != 2 && tx->type != 4)
        return fail(c, ORR_EFORMAT, "a transaction is of a type that no span has");
    size_t skip = *p < 128;
    struct orr_rlp_reader r = orr_rlp_reader(p + skip, left - skip);
    struct orr_rlp_item item = orr_rlp_peek(&r);
    struct orr_rlp_reader fields = orr_rlp_read_list(&r);
    if (r.bad || !is_tx_data(tx->type, fields))
        return fail(c, ORR_EFORMAT, "the data of a transaction is malformed");
    tx->data = p;
    tx->data_len = skip + item.encoding_len;
    orr_read_bytes(&c->r, tx->data_len);
    return true;
}

/* ---- reading ---- */

/* The least that a transaction takes: signature, data, nonce and gas. */
enum { TX_BYTES_MIN = 64 + 5 + 1 + 1 };

static bool read_counts(struct orr_mem *mem, struct cursor *c, struct orr_span_batch *span) {
    uint64_t blocks = read_uvarint(c, "the number of blocks is malformed");
    if (c->error) return false;
    if (!blocks) return fail(c, ORR_EFORMAT, "it has no blocks");
    if (blocks > ORR_SPAN_ELEMENTS_MAX) return fail(c, ORR_ELIMIT, "it has too many blocks");
    span->origin_bits = read_bits(c, blocks, "the bits of origins are malformed");
    if (c->error) return false;
    if (orr_read_left(&c->r) < blocks)
        return fail(c, ORR_EFORMAT, "the numbers of transactions are cut off");
    span->n_blocks = (uint32_t)blocks;
    span->block_tx_counts = orr_alloc(mem, blocks * sizeof *span->block_tx_counts);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < span->n_blocks; i++) {
        uint64_t n = read_uvarint(c, "a block's number of transactions is malformed");
        if (c->error) return false;
        if (n > ORR_SPAN_ELEMENTS_MAX || (sum += n) > ORR_SPAN_ELEMENTS_MAX)
            return fail(c, ORR_ELIMIT, "it has too many transactions");
        span->block_tx_counts[i] = (uint32_t)n;
    }
    if (sum * TX_BYTES_MIN > orr_read_left(&c->r))
        return fail(c, ORR_EFORMAT, "its transactions are cut off");
    span->n_txs = (uint32_t)sum;
    return true;
}

static bool read_txs(struct orr_mem *mem, struct cursor *c, struct orr_span_batch *span) {
    size_t n = span->n_txs, n_legacy = 0;
    if (n) span->txs = orr_alloc_zero(mem, n * sizeof *span->txs);
    const uint8_t *creates = read_bits(c, n, "the bits of creations are malformed");
    const uint8_t *parities = read_bits(c, n, "the bits of y parities are malformed");
    const uint8_t *signatures = read_bytes(c, n * 64, "the signatures are cut off");
    for (size_t i = 0; i < n && !c->error; i++) {
        struct orr_span_tx *tx = &span->txs[i];
        tx->is_create = bit_of(creates, n, i);
        tx->y_parity = bit_of(parities, n, i);
        tx->r = signatures + i * 64;
        tx->s = tx->r + 32;
    }
    for (size_t i = 0; i < n && !c->error; i++)
        if (!span->txs[i].is_create)
            span->txs[i].to = read_bytes(c, 20, "the recipients are cut off");
    for (size_t i = 0; i < n && !c->error; i++) {
        read_tx_data(c, &span->txs[i]);
        n_legacy += !c->error && span->txs[i].type == 0;
    }
    for (size_t i = 0; i < n && !c->error; i++)
        span->txs[i].nonce = read_uvarint(c, "a nonce is malformed");
    for (size_t i = 0; i < n && !c->error; i++)
        span->txs[i].gas = read_uvarint(c, "a gas limit is malformed");
    const uint8_t *protect = read_bits(c, n_legacy, "the bits of protection are malformed");
    for (size_t i = 0, legacy = 0; i < n && !c->error; i++)
        if (span->txs[i].type == 0) span->txs[i].is_protected = bit_of(protect, n_legacy, legacy++);
    return !c->error;
}

int orr_span_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                  struct orr_span_batch *span, struct orr_span_fault *fault) {
    struct cursor c = {orr_reader(bytes, len), bytes, fault, 0};
    struct orr_span_batch s = {.rel_timestamp = read_uvarint(&c, "the time is malformed")};
    if (!c.error) s.l1_origin_num = read_uvarint(&c, "the L1 origin is malformed");
    const uint8_t *checks = read_bytes(&c, 2 * ORR_SPAN_CHECK_BYTES, "the checks are cut off");
    if (checks) {
        memcpy(s.parent_check, checks, ORR_SPAN_CHECK_BYTES);
        memcpy(s.l1_origin_check, checks + ORR_SPAN_CHECK_BYTES, ORR_SPAN_CHECK_BYTES);
    }
    if (!c.error && read_counts(mem, &c, &s) && read_txs(mem, &c, &s)) {
        s.n_bytes = (size_t)(c.r.p - bytes);
        *span = s;
        return 0;
    }
    orr_span_free(mem, &s);
    assert(c.error);
    return c.error;
}

void orr_span_free(struct orr_mem *mem, struct orr_span_batch *span) {
    orr_free(mem, span->block_tx_counts, span->n_blocks * sizeof *span->block_tx_counts);
    orr_free(mem, span->txs, span->n_txs * sizeof *span->txs);
    span->block_tx_counts = NULL;
    span->txs = NULL;
    span->n_blocks = span->n_txs = 0;
}

/* ---- writing ---- */

static void write_uvarint(struct orr_rlp_writer *w, uint64_t v) {
    uint8_t bytes[10];
    size_t n = 0;
    for (; v >= 128; v >>= 7) bytes[n++] = (uint8_t)(v | 128);
    bytes[n++] = (uint8_t)v;
    orr_rlp_write_raw(w, bytes, n);
}

enum column { CREATES, PARITIES, PROTECTIONS };

/* The bits of a column, of the transactions that have them; the last is the highest. */
static void write_bits(struct orr_rlp_writer *w, const struct orr_span_batch *span,
                       enum column column) {
    size_t n = 0, at = 0;
    for (uint32_t i = 0; i < span->n_txs; i++)
        n += column != PROTECTIONS || span->txs[i].type == 0;
    size_t n_bytes = (n + 7) / 8;
    uint8_t *bits = orr_alloc_zero(w->mem, n_bytes);
    for (uint32_t i = 0; i < span->n_txs; i++) {
        const struct orr_span_tx *tx = &span->txs[i];
        if (column == PROTECTIONS && tx->type != 0) continue;
        bool bit = column == CREATES ? tx->is_create
                                     : column == PARITIES ? tx->y_parity : tx->is_protected;
        if (bit) bits[n_bytes - 1 - at / 8] |= (uint8_t)(1 << at % 8);
        at++;
    }
    orr_rlp_write_raw(w, bits, n_bytes);
    orr_free(w->mem, bits, n_bytes);
}

void orr_span_write(const struct orr_span_batch *span, struct orr_rlp_writer *w) {
    write_uvarint(w, span->rel_timestamp);
    write_uvarint(w, span->l1_origin_num);
    orr_rlp_write_raw(w, span->parent_check, ORR_SPAN_CHECK_BYTES);
    orr_rlp_write_raw(w, span->l1_origin_check, ORR_SPAN_CHECK_BYTES);
    write_uvarint(w, span->n_blocks);
    orr_rlp_write_raw(w, span->origin_bits, (span->n_blocks + 7) / 8);
    for (uint32_t i = 0; i < span->n_blocks; i++) write_uvarint(w, span->block_tx_counts[i]);
    write_bits(w, span, CREATES);
    write_bits(w, span, PARITIES);
    for (uint32_t i = 0; i < span->n_txs; i++) {
        orr_rlp_write_raw(w, span->txs[i].r, 32);
        orr_rlp_write_raw(w, span->txs[i].s, 32);
    }
    for (uint32_t i = 0; i < span->n_txs; i++)
        if (span->txs[i].to) orr_rlp_write_raw(w, span->txs[i].to, 20);
    for (uint32_t i = 0; i < span->n_txs; i++)
        orr_rlp_write_raw(w, span->txs[i].data, span->txs[i].data_len);
    for (uint32_t i = 0; i < span->n_txs; i++) write_uvarint(w, span->txs[i].nonce);
    for (uint32_t i = 0; i < span->n_txs; i++) write_uvarint(w, span->txs[i].gas);
    write_bits(w, span, PROTECTIONS);
}

/* ---- what it says ---- */

bool orr_span_has_new_origin(const struct orr_span_batch *span, uint32_t block) {
    assert(block < span->n_blocks);
    return bit_of(span->origin_bits, span->n_blocks, block);
}

void orr_span_origins(const struct orr_span_batch *span, uint64_t *numbers) {
    uint64_t number = span->l1_origin_num;
    for (uint32_t i = span->n_blocks; i-- > 0;) {
        numbers[i] = number;
        if (orr_span_has_new_origin(span, i)) number--;
    }
}

/* The first n items of a list, as they are encoded. */
static void copy_items(struct orr_rlp_writer *w, struct orr_rlp_reader *fields, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        struct orr_rlp_item item = orr_rlp_read(fields);
        orr_rlp_write_raw(w, item.encoding, item.encoding_len);
    }
}

void orr_span_tx_write(const struct orr_span_tx *tx, uint64_t chain_id, struct orr_rlp_writer *w) {
    size_t skip = tx->type ? 1 : 0;
    struct orr_rlp_reader r = orr_rlp_reader(tx->data + skip, tx->data_len - skip);
    struct orr_rlp_reader fields = orr_rlp_read_list(&r);
    struct orr_rlp_item value = orr_rlp_read(&fields);
    if (tx->type) orr_rlp_write_raw(w, &tx->type, 1);
    size_t list = orr_rlp_list_begin(w);
    if (tx->type) orr_rlp_write_u64(w, chain_id);
    orr_rlp_write_u64(w, tx->nonce);
    copy_items(w, &fields, fees_of(tx->type));
    orr_rlp_write_u64(w, tx->gas);
    orr_rlp_write_string(w, tx->to, tx->to ? 20 : 0);
    orr_rlp_write_raw(w, value.encoding, value.encoding_len);
    copy_items(w, &fields, tx->type == 0 ? 1 : tx->type == 4 ? 3 : 2);
    if (tx->type) {
        orr_rlp_write_u64(w, tx->y_parity);
    } else if (tx->is_protected) {
        struct orr_u256 v = {{chain_id * 2 + 35 + tx->y_parity, chain_id >> 63, 0, 0}};
        if (v.limb[0] < chain_id * 2) v.limb[1]++; /* the carry */
        orr_rlp_write_u256(w, v);
    } else {
        orr_rlp_write_u64(w, 27 + (uint64_t)tx->y_parity);
    }
    orr_rlp_write_u256(w, orr_u256_load_be(tx->r));
    orr_rlp_write_u256(w, orr_u256_load_be(tx->s));
    orr_rlp_list_end(w, list);
}

/* ---- a transaction taken apart ---- */

/* The y parity and the protection that a legacy transaction's v says. */
static bool read_v(struct orr_u256 v, uint64_t chain_id, struct orr_span_tx *tx) {
    if (v.limb[1] > 2 || v.limb[2] || v.limb[3]) return false;
    unsigned __int128 n = (unsigned __int128)v.limb[1] << 64 | v.limb[0];
    unsigned __int128 first = (unsigned __int128)chain_id * 2 + 35;
    tx->is_protected = n >= 35;
    if (!tx->is_protected) first = 27;
    if (n < first || n > first + 1) return false;
    tx->y_parity = n == first + 1;
    return true;
}

static bool read_signature(struct orr_rlp_reader *fields, uint64_t chain_id,
                           struct orr_span_tx *tx, uint8_t signature[64]) {
    struct orr_u256 v = orr_rlp_read_u256(fields);
    orr_u256_store_be(signature, orr_rlp_read_u256(fields));
    orr_u256_store_be(signature + 32, orr_rlp_read_u256(fields));
    if (!orr_rlp_done(fields)) return false;
    if (!tx->type) return read_v(v, chain_id, tx);
    tx->y_parity = v.limb[0];
    return !(v.limb[0] > 1 || v.limb[1] || v.limb[2] || v.limb[3]);
}

int orr_span_tx_read(struct orr_mem *mem, const uint8_t *raw, size_t len, uint64_t chain_id,
                     struct orr_span_tx *tx) {
    if (!len) return ORR_EFORMAT;
    *tx = (struct orr_span_tx){.type = raw[0] < 128 ? raw[0] : 0};
    size_t skip = raw[0] < 128, to_len;
    if (skip && tx->type != 1 && tx->type != 2 && tx->type != 4) return ORR_EFORMAT;
    struct orr_rlp_reader r = orr_rlp_reader(raw + skip, len - skip);
    struct orr_rlp_reader fields = orr_rlp_read_list(&r);
    bool is_ours = !tx->type || orr_rlp_read_u64(&fields) == chain_id;
    tx->nonce = orr_rlp_read_u64(&fields);
    struct orr_rlp_item fees[2] = {orr_rlp_read(&fields)};
    if (fees_of(tx->type) == 2) fees[1] = orr_rlp_read(&fields);
    tx->gas = orr_rlp_read_u64(&fields);
    tx->to = orr_rlp_read_string(&fields, &to_len);
    tx->is_create = !to_len;
    if (tx->is_create) tx->to = NULL;
    struct orr_rlp_item value = orr_rlp_read(&fields);
    struct orr_rlp_writer data = {.mem = mem};
    static const uint8_t room[64];
    orr_rlp_write_raw(&data, room, sizeof room); /* of the signature */
    if (tx->type) orr_rlp_write_raw(&data, &tx->type, 1);
    size_t list = orr_rlp_list_begin(&data);
    orr_rlp_write_raw(&data, value.encoding, value.encoding_len);
    for (unsigned i = 0; i < fees_of(tx->type); i++)
        orr_rlp_write_raw(&data, fees[i].encoding, fees[i].encoding_len);
    copy_items(&data, &fields, tx->type == 0 ? 1 : tx->type == 4 ? 3 : 2);
    orr_rlp_list_end(&data, list);
    tx->data = data.bytes + sizeof room;
    tx->data_len = data.len - sizeof room;
    bool good = is_ours && (tx->is_create || to_len == 20) &&
                read_signature(&fields, chain_id, tx, data.bytes) && orr_rlp_done(&r);
    struct orr_rlp_reader own = orr_rlp_reader(tx->data + skip, tx->data_len - skip);
    good = good && is_tx_data(tx->type, orr_rlp_read_list(&own));
    if (!good) {
        orr_rlp_free(&data);
        return ORR_EFORMAT;
    }
    uint8_t *bytes = orr_resize(mem, data.bytes, data.cap, data.len);
    tx->r = bytes;
    tx->s = bytes + 32;
    tx->data = bytes + sizeof room;
    return 0;
}

void orr_span_tx_free(struct orr_mem *mem, struct orr_span_tx *tx) {
    orr_free(mem, (uint8_t *)tx->r, 64 + tx->data_len); /* r, s, data are one block */
    tx->r = tx->s = tx->data = NULL;
}
