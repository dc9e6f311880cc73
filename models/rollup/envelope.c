#include "models/rollup/envelope.h"

#include <assert.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/base/sha256.h"
#include "models/vm/trie.h"
#include "models/vm/transaction.h"
#include "models/vm/u256.h"

/* The topic's version, from which the form follows. */
enum version { V1 = 1, V2, V3, V4 };
enum { FIXED_V1 = 508, FIXED_V2 = 512, FIXED_V3 = 528, FIXED_V4 = 560 };

static enum version version_at(const struct orr_rollup_config *c, uint64_t time) {
    return time >= c->isthmus_time   ? V4
           : time >= c->ecotone_time ? V3
           : time >= c->canyon_time  ? V2
                                     : V1;
}

static size_t fixed_of(enum version v) {
    static const size_t sizes[] = {
        [V1] = FIXED_V1, [V2] = FIXED_V2, [V3] = FIXED_V3, [V4] = FIXED_V4};
    return sizes[v];
}

/* ---- writing ---- */

static void put_le(struct orr_rlp_writer *w, uint64_t v, unsigned n_bytes) {
    uint8_t bytes[8];
    orr_store_le64(bytes, v);
    orr_rlp_write_raw(w, bytes, n_bytes);
}

static void put_fee(struct orr_rlp_writer *w, struct orr_u256 fee) {
    for (int i = 0; i < 4; i++) put_le(w, fee.limb[i], 8);
}

static void put_txs(struct orr_rlp_writer *w, const struct orr_rollup_tx *txs, size_t n) {
    size_t at = 4 * n;
    for (size_t i = 0; i < n; at += txs[i++].len) put_le(w, at, 4);
    for (size_t i = 0; i < n; i++) orr_rlp_write_raw(w, txs[i].bytes, txs[i].len);
}

static struct orr_hash signed_hash(uint64_t chain_id, const uint8_t *payload, size_t len) {
    struct orr_hash parts[3] = {
        {{0}}, orr_u256_to_hash(orr_u256_from_u64(chain_id)), orr_keccak256(payload, len)};
    return orr_keccak256(parts, sizeof parts);
}

struct orr_hash orr_envelope_write(const struct orr_rollup_config *config,
                                   const struct orr_evm_header *h, const struct orr_hash *hash,
                                   const struct orr_rollup_tx *txs, size_t n_txs,
                                   struct orr_rlp_writer *w) {
    static const uint8_t room[ORR_ENVELOPE_SIGNATURE];
    enum version v = version_at(config, h->timestamp);
    size_t fixed = fixed_of(v), size = 4 * n_txs;
    for (size_t i = 0; i < n_txs; i++) size += txs[i].len;
    assert(!w->len);
    orr_rlp_write_raw(w, room, sizeof room);
    if (v >= V3) orr_rlp_write_raw(w, &h->parent_beacon_root, 32);
    orr_rlp_write_raw(w, &h->parent_hash, 32);
    orr_rlp_write_raw(w, &h->coinbase, 20);
    orr_rlp_write_raw(w, &h->state_root, 32);
    orr_rlp_write_raw(w, &h->receipts_root, 32);
    orr_rlp_write_raw(w, &h->bloom, 256);
    orr_rlp_write_raw(w, &h->mix_hash, 32);
    put_le(w, h->number, 8);
    put_le(w, h->gas_limit, 8);
    put_le(w, h->gas_used, 8);
    put_le(w, h->timestamp, 8);
    put_le(w, fixed, 4); /* where the extra data begins */
    put_fee(w, h->base_fee);
    orr_rlp_write_raw(w, hash, 32);
    put_le(w, fixed + h->extra_data_len, 4);                     /* ... the transactions */
    if (v >= V2) put_le(w, fixed + h->extra_data_len + size, 4); /* ... no withdrawals */
    if (v >= V3) put_le(w, h->blob_gas_used, 8);
    if (v >= V3) put_le(w, h->excess_blob_gas, 8);
    if (v >= V4) orr_rlp_write_raw(w, &h->withdrawals_root, 32);
    orr_rlp_write_raw(w, h->extra_data, h->extra_data_len);
    put_txs(w, txs, n_txs);
    return signed_hash(config->l2_chain_id, w->bytes + sizeof room, w->len - sizeof room);
}

void orr_envelope_seal(struct orr_rlp_writer *w, const uint8_t signature[ORR_ENVELOPE_SIGNATURE],
                       struct orr_rlp_writer *out) {
    memcpy(w->bytes, signature, ORR_ENVELOPE_SIGNATURE);
    orr_snappy_write(w->bytes, w->len, out);
}

/* ---- reading ---- */

struct offsets {
    uint32_t extra, txs, withdrawals;
};

static struct orr_u256 get_fee(struct orr_reader *r) {
    struct orr_u256 fee;
    for (int i = 0; i < 4; i++) fee.limb[i] = orr_read_u64(r);
    return fee;
}

static void read_fixed(struct orr_reader *r, enum version v, struct orr_envelope *e,
                       struct offsets *at) {
    struct orr_evm_header *h = &e->header;
    orr_read_copy(r, &h->parent_hash, 32);
    orr_read_copy(r, &h->coinbase, 20);
    orr_read_copy(r, &h->state_root, 32);
    orr_read_copy(r, &h->receipts_root, 32);
    orr_read_copy(r, &h->bloom, 256);
    orr_read_copy(r, &h->mix_hash, 32);
    h->number = orr_read_u64(r);
    h->gas_limit = orr_read_u64(r);
    h->gas_used = orr_read_u64(r);
    h->timestamp = orr_read_u64(r);
    at->extra = orr_read_u32(r);
    h->base_fee = get_fee(r);
    orr_read_copy(r, &e->hash, 32);
    at->txs = orr_read_u32(r);
    if (v >= V2) at->withdrawals = orr_read_u32(r);
    if (v >= V3) h->blob_gas_used = orr_read_u64(r);
    if (v >= V3) h->excess_blob_gas = orr_read_u64(r);
    if (v >= V4) orr_read_copy(r, &h->withdrawals_root, 32);
}

/* A list of byte lists: offsets from its own beginning, of which the first says how many. */
static bool read_txs(struct orr_envelope *e, const uint8_t *p, size_t len) {
    if (!len) return true;
    if (len < 4) return false;
    uint32_t first = orr_load_le32(p);
    if (!first || first % 4 || first > len) return false;
    size_t n = first / 4;
    e->txs = orr_alloc(e->bytes.mem, n * sizeof *e->txs);
    e->n_txs = n;
    for (size_t i = 0; i < n; i++) {
        size_t from = orr_load_le32(p + 4 * i);
        size_t to = i + 1 < n ? orr_load_le32(p + 4 * i + 4) : len;
        if (from > to || to > len) return false;
        e->txs[i] = (struct orr_rollup_tx){p + from, to - from};
    }
    return true;
}

static struct orr_hash root_of(struct orr_mem *mem, const struct orr_envelope *e) {
    const uint8_t **items = orr_alloc(mem, (e->n_txs + 1) * sizeof *items);
    size_t *lens = orr_alloc(mem, (e->n_txs + 1) * sizeof *lens);
    for (size_t i = 0; i < e->n_txs; i++) items[i] = e->txs[i].bytes, lens[i] = e->txs[i].len;
    struct orr_hash root = orr_trie_list_root(mem, items, lens, e->n_txs);
    orr_free(mem, items, (e->n_txs + 1) * sizeof *items);
    orr_free(mem, lens, (e->n_txs + 1) * sizeof *lens);
    return root;
}

/* What a payload leaves out of a header. */
static void complete(struct orr_mem *mem, enum version v, struct orr_envelope *e) {
    static const uint8_t no_list[1] = {0xc0};
    static const uint8_t fields[] = {[V1] = ORR_HEADER_LONDON,
                                     [V2] = ORR_HEADER_SHANGHAI,
                                     [V3] = ORR_HEADER_CANCUN,
                                     [V4] = ORR_HEADER_PRAGUE};
    struct orr_evm_header *h = &e->header;
    h->n_fields = fields[v];
    h->ommers_hash = orr_keccak256(no_list, sizeof no_list);
    h->transactions_root = root_of(mem, e);
    if (v < V4) h->withdrawals_root = orr_trie_empty_hash;
    if (v >= V4) orr_sha256(NULL, 0, h->requests_hash.bytes);
}

static const char *read_payload(struct orr_mem *mem, const struct orr_rollup_config *c,
                                struct orr_envelope *e) {
    const uint8_t *all = e->bytes.bytes;
    size_t len = e->bytes.len;
    /* the version is the topic's: here the one of the block's time, wherever that stands */
    for (enum version v = V4; v >= V1; v--) {
        size_t before = ORR_ENVELOPE_SIGNATURE + (v >= V3 ? 32 : 0), fixed = fixed_of(v);
        struct offsets at = {0};
        if (len < before + fixed) continue;
        struct orr_reader r = orr_reader(all + before, len - before);
        read_fixed(&r, v, e, &at);
        if (version_at(c, e->header.timestamp) != v) {
            e->header = (struct orr_evm_header){.number = 0};
            continue;
        }
        size_t end = v >= V2 ? at.withdrawals : len - before;
        if (at.extra != fixed || at.txs < at.extra || end < at.txs || end > len - before)
            return "its parts are not where they should be";
        if (at.txs - at.extra > sizeof e->extra) return "its extra data is too long";
        if (end != len - before) return "it has withdrawals";
        memcpy(e->extra, all + before + at.extra, at.txs - at.extra);
        e->header.extra_data = e->extra;
        e->header.extra_data_len = at.txs - at.extra;
        if (!read_txs(e, all + before + at.txs, end - at.txs))
            return "its transactions are not encoded as a list";
        if (v >= V3) memcpy(&e->header.parent_beacon_root, all + ORR_ENVELOPE_SIGNATURE, 32);
        if (e->header.blob_gas_used || e->header.excess_blob_gas) return "it has blob gas";
        complete(mem, v, e);
        if (!orr_hash_equal(orr_evm_header_hash(mem, &e->header), e->hash))
            return "its hash is another block's";
        return NULL;
    }
    return "it is of no fork's form";
}

const char *orr_envelope_read(struct orr_mem *mem, const struct orr_rollup_config *c,
                              const uint8_t *wire, size_t len, struct orr_envelope *envelope) {
    struct orr_envelope e = {.bytes = {.mem = mem}};
    const char *bad = NULL;
    if (orr_snappy_read(wire, len, ORR_ENVELOPE_BYTES_MAX, &e.bytes))
        bad = "it is no Snappy block";
    else if (e.bytes.len < ORR_ENVELOPE_SIGNATURE)
        bad = "it is shorter than a signature";
    else
        bad = read_payload(mem, c, &e);
    if (bad) {
        orr_envelope_free(&e);
        return bad;
    }
    memcpy(e.signature, e.bytes.bytes, sizeof e.signature);
    e.signed_hash = signed_hash(c->l2_chain_id, e.bytes.bytes + sizeof e.signature,
                                e.bytes.len - sizeof e.signature);
    *envelope = e;
    if (envelope->header.extra_data) envelope->header.extra_data = envelope->extra;
    return NULL;
}

void orr_envelope_free(struct orr_envelope *e) {
    orr_free(e->bytes.mem, e->txs, e->n_txs * sizeof *e->txs);
    orr_rlp_free(&e->bytes);
}

bool orr_envelope_is_by(const struct orr_envelope *e, const struct orr_address *signer) {
    struct orr_address found;
    return e->signature[64] <= 1 &&
           orr_evm_recover(&e->signed_hash, orr_u256_load_be(e->signature),
                           orr_u256_load_be(e->signature + 32), e->signature[64], false, &found) &&
           orr_address_equal(found, *signer);
}

bool orr_envelope_is_untimely(const struct orr_envelope *e, uint64_t now) {
    uint64_t time = e->header.timestamp;
    return time > now ? time - now > ORR_ENVELOPE_AHEAD_S : now - time > ORR_ENVELOPE_PAST_S;
}
