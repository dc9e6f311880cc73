#include "models/rollup/step_tree.h"

#include <assert.h>
#include <string.h>

#include "models/vm/opcode.h"

enum { CHUNK = ORR_STEP_CHUNK_BYTES, LEVELS = ORR_STEP_LEVELS, CODE_LEAF = CHUNK + 1 };
_Static_assert((uint64_t)CHUNK << LEVELS >= ORR_STEP_STRING_MAX, "a tree holds any string");

/* ---- preimages ---- */

struct orr_hash orr_preimage_put(struct orr_preimages *p, const void *bytes, size_t len) {
    struct orr_hash hash = orr_keccak256(bytes, len);
    if (!orr_evm_blobs_find(&p->own, hash.bytes))
        orr_evm_blobs_copy(p->mem, &p->own, hash.bytes, bytes, len);
    return hash;
}

const uint8_t *orr_preimage_get(struct orr_preimages *p, const struct orr_hash *hash, size_t *len) {
    const struct orr_evm_blob *found = orr_evm_blobs_find(&p->own, hash->bytes);
    for (const struct orr_preimages *q = p->behind; q && !found; q = q->behind) {
        found = orr_evm_blobs_find(&q->own, hash->bytes);
        if (found) orr_evm_blobs_add(p->mem, &p->used, hash->bytes, found->bytes, found->len);
    }
    *len = found ? found->len : 0;
    return found ? found->bytes : NULL;
}

void orr_preimages_free(struct orr_preimages *p) {
    orr_evm_blobs_free(p->mem, &p->own, true);
    orr_evm_blobs_free(p->mem, &p->used, false);
}

/* ---- chains ---- */

void orr_step_chain_push(struct orr_preimages *p, struct orr_step_chain *chain, const void *item,
                         size_t len) {
    struct orr_rlp_writer w = {.mem = p->mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_string(&w, chain->head.bytes, 32);
    orr_rlp_write_string(&w, item, len);
    orr_rlp_list_end(&w, list);
    chain->head = orr_preimage_put(p, w.bytes, w.len);
    chain->n++;
    orr_rlp_free(&w);
}

const uint8_t *orr_step_chain_pop(struct orr_preimages *p, struct orr_step_chain *chain,
                                  size_t *len) {
    struct orr_hash rest;
    size_t n, item_len;
    const uint8_t *bytes = orr_preimage_get(p, &chain->head, &n);
    *len = 0;
    if (!bytes || !chain->n) return NULL;
    struct orr_rlp_reader r = orr_rlp_reader(bytes, n), list = orr_rlp_read_list(&r);
    orr_rlp_read_fixed(&list, rest.bytes, 32);
    const uint8_t *item = orr_rlp_read_string(&list, &item_len);
    if (!orr_rlp_done(&r) || !orr_rlp_done(&list)) return NULL;
    chain->head = rest;
    chain->n--;
    *len = item_len;
    return item;
}

/* ---- strings ---- */

static struct orr_hash join(struct orr_preimages *to, const struct orr_hash *left,
                            const struct orr_hash *right) {
    uint8_t node[64];
    memcpy(node, left->bytes, 32);
    memcpy(node + 32, right->bytes, 32);
    return to ? orr_preimage_put(to, node, sizeof node) : orr_keccak256(node, sizeof node);
}

void orr_step_zeros_init(struct orr_step_zeros *zeros) {
    static const uint8_t chunk[CHUNK];
    zeros->at[0] = orr_keccak256(chunk, sizeof chunk);
    for (int i = 0; i < LEVELS; i++) zeros->at[i + 1] = join(NULL, &zeros->at[i], &zeros->at[i]);
}

/* A chunk's leaf; first: of code, where its first instruction begins, else NULL. */
static struct orr_hash leaf(struct orr_preimages *to, const uint8_t *bytes, size_t len, size_t i,
                            const uint8_t *first) {
    uint8_t chunk[CODE_LEAF] = {0};
    size_t at = i * CHUNK, n = len - at < CHUNK ? len - at : CHUNK;
    assert(at < len);
    if (first) chunk[0] = first[i];
    memcpy(chunk + (first ? 1 : 0), bytes + at, n);
    size_t size = first ? CODE_LEAF : CHUNK;
    return to ? orr_preimage_put(to, chunk, size) : orr_keccak256(chunk, size);
}

static void find_first(const uint8_t *code, size_t len, uint8_t *first) {
    size_t pc = 0;
    for (size_t i = 0; i * CHUNK < len; i++) {
        first[i] = (uint8_t)(pc - i * CHUNK); /* a PUSH32 reaches at most 32 bytes into a chunk */
        while (pc < len && pc < (i + 1) * CHUNK) pc += 1 + orr_evm_op_immediate(code[pc]);
        if (pc < (i + 1) * CHUNK) pc = (i + 1) * CHUNK;
    }
}

struct orr_step_string orr_step_string(struct orr_mem *mem, struct orr_preimages *to,
                                       const struct orr_step_zeros *zeros, const uint8_t *bytes,
                                       size_t len, bool is_code) {
    size_t n = (len + CHUNK - 1) / CHUNK, size = n;
    assert(len <= (size_t)CHUNK << LEVELS);
    struct orr_hash *hashes = orr_alloc(mem, size * sizeof *hashes);
    uint8_t *first = is_code ? orr_alloc(mem, size) : NULL;
    if (first) find_first(bytes, len, first);
    for (size_t i = 0; i < n; i++) hashes[i] = leaf(to, bytes, len, i, first);
    for (int level = 0; level < LEVELS && n; level++) {
        for (size_t i = 0; i < n; i += 2)
            hashes[i / 2] = join(to, &hashes[i], i + 1 < n ? &hashes[i + 1] : &zeros->at[level]);
        n = (n + 1) / 2;
    }
    struct orr_step_string out = {len, n ? hashes[0] : zeros->at[LEVELS]};
    orr_free(mem, first, size);
    orr_free(mem, hashes, size * sizeof *hashes);
    return out;
}

/* ---- parts ---- */

void orr_step_part_init(struct orr_mem *mem, struct orr_step_part *part,
                        const struct orr_step_string *was) {
    part->was = *was;
    part->n_chunks = (was->len + CHUNK - 1) / CHUNK;
    part->known = orr_alloc_zero(mem, part->n_chunks);
}

void orr_step_part_free(struct orr_mem *mem, struct orr_step_part *part) {
    orr_free(mem, part->known, part->n_chunks);
    part->known = NULL;
    part->n_chunks = 0;
}

/* A node's two children. */
static bool open_node(struct orr_preimages *p, const struct orr_step_zeros *zeros, int level,
                      const struct orr_hash *node, struct orr_hash children[2]) {
    assert(level > 0 && level <= LEVELS);
    if (orr_hash_equal(*node, zeros->at[level])) {
        children[0] = children[1] = zeros->at[level - 1];
        return true;
    }
    size_t len;
    const uint8_t *bytes = orr_preimage_get(p, node, &len);
    if (!bytes || len != 64) return false;
    memcpy(children[0].bytes, bytes, 32);
    memcpy(children[1].bytes, bytes + 32, 32);
    return true;
}

static bool load_chunk(struct orr_preimages *p, const struct orr_step_zeros *zeros,
                       struct orr_step_part *part, size_t i, uint8_t *bytes, uint8_t *first) {
    struct orr_hash node = part->was.root, children[2];
    for (int level = LEVELS; level > 0; level--) {
        if (!open_node(p, zeros, level, &node, children)) return false;
        node = children[i >> (level - 1) & 1];
    }
    static const uint8_t nothing[CHUNK];
    size_t len = 0, at = i * CHUNK, room = part->was.len - at;
    bool is_zero = !first && orr_hash_equal(node, zeros->at[0]);
    const uint8_t *chunk = is_zero ? nothing : orr_preimage_get(p, &node, &len);
    if (!chunk || (!is_zero && len != (first ? CODE_LEAF : CHUNK))) return false;
    if (first) first[i] = *chunk++;
    memcpy(bytes + at, chunk, room < CHUNK ? room : CHUNK);
    part->known[i] = 1;
    return true;
}

bool orr_step_part_load(struct orr_preimages *p, const struct orr_step_zeros *zeros,
                        struct orr_step_part *part, uint64_t from, uint64_t len, uint8_t *bytes,
                        uint8_t *first) {
    uint64_t end = from > UINT64_MAX - len ? UINT64_MAX : from + len;
    if (!len) return true;
    for (uint64_t i = from / CHUNK; i < part->n_chunks && i * CHUNK < end; i++)
        if (!part->known[i] && !load_chunk(p, zeros, part, i, bytes, first)) return false;
    return true;
}

struct updating {
    struct orr_preimages *p;
    const struct orr_step_zeros *zeros;
    const struct orr_step_part *part;
    const uint8_t *bytes;
    size_t len, n_chunks;
    bool is_missing;
};

static bool has_known(const struct updating *u, size_t from, size_t n) {
    size_t end = from + n < u->n_chunks ? from + n : u->n_chunks;
    if (end > u->part->n_chunks && from < end) return true;
    for (size_t i = from; i < end; i++)
        if (u->part->known[i]) return true;
    return false;
}

/* Ends: the level falls. */
static struct orr_hash updated(struct updating *u, int level, size_t from, struct orr_hash was) {
    struct orr_hash c[2];
    if (!has_known(u, from, (size_t)1 << level)) return was;
    if (!level) return leaf(NULL, u->bytes, u->len, from, NULL);
    if (!open_node(u->p, u->zeros, level, &was, c)) {
        u->is_missing = true;
        return was;
    }
    c[0] = updated(u, level - 1, from, c[0]);
    c[1] = updated(u, level - 1, from + ((size_t)1 << (level - 1)), c[1]);
    return join(NULL, &c[0], &c[1]);
}

bool orr_step_part_update(struct orr_preimages *p, const struct orr_step_zeros *zeros,
                          const struct orr_step_part *part, const uint8_t *bytes, size_t len,
                          struct orr_step_string *out) {
    struct updating u = {.p = p, .zeros = zeros, .part = part, .bytes = bytes, .len = len,
                         .n_chunks = (len + CHUNK - 1) / CHUNK};
    assert(len >= part->was.len && len <= (size_t)CHUNK << LEVELS);
    *out = (struct orr_step_string){len, updated(&u, LEVELS, 0, part->was.root)};
    return !u.is_missing;
}
