#include "models/bft/common/parts.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/merkle.h"

enum { HEAD_BYTES = 8 + 4 + 4 + 1 };

static const struct orr_decoder part_decoder = {"part"};

/* Appends to n leaves the levels above them, each after the other; the last node is the root. */
static void build_levels(uint8_t (*nodes)[32], uint32_t n, uint8_t root[32]) {
    for (; n > 1; n = n / 2 + n % 2) {
        uint8_t(*above)[32] = nodes + n;
        for (uint32_t i = 0; i + 1 < n; i += 2)
            orr_merkle_inner(nodes[i], nodes[i + 1], above[i / 2]);
        if (n % 2) memcpy(above[n / 2], nodes[n - 1], 32);
        nodes = above;
    }
    memcpy(root, nodes[0], 32);
}

static uint32_t path_of(uint8_t (*nodes)[32], uint32_t n, uint32_t index, uint8_t (*path)[32]) {
    uint32_t len = 0;
    for (; n > 1; nodes += n, index /= 2, n = n / 2 + n % 2)
        if ((index ^ 1) < n) memcpy(path[len++], nodes[index ^ 1], 32);
    return len;
}

void orr_parts_split(struct orr_msg *value, uint64_t height, uint32_t max_size,
                     uint16_t kind, struct orr_pool *pool, struct orr_msg **parts,
                     uint32_t *n_parts, uint8_t root[32]) {
    uint32_t n = (value->len + max_size - 1) / max_size;
    assert(n > 0 && n <= ORR_MAX_PARTS);
    uint32_t part_size = orr_parts_size(value->len, n);
    assert(part_size <= max_size && (uint64_t)part_size * (n - 1) < value->len);
    /* every level of the tree, leaves first: below 2n + depth nodes */
    struct orr_msg *scratch = orr_msg_new(pool, 0, (2 * n + ORR_MERKLE_MAX_DEPTH) * 32);
    uint8_t(*nodes)[32] = (uint8_t(*)[32])scratch->data;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i * part_size, left = value->len - at;
        orr_merkle_leaf(value->data + at, left < part_size ? left : part_size, nodes[i]);
    }
    build_levels(nodes, n, root);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t path[ORR_MERKLE_MAX_DEPTH][32];
        uint32_t path_len = path_of(nodes, n, i, path);
        uint32_t at = i * part_size, left = value->len - at;
        uint32_t len = left < part_size ? left : part_size;
        parts[i] = orr_msg_new(pool, kind, HEAD_BYTES + 32 * path_len + len);
        struct orr_writer w = orr_writer(parts[i]->data, parts[i]->len);
        orr_write_u64(&w, height);
        orr_write_u32(&w, i);
        orr_write_u32(&w, n);
        orr_write_u8(&w, (uint8_t)path_len);
        orr_write_bytes(&w, path, 32 * path_len);
        orr_write_bytes(&w, value->data + at, len);
        assert(!w.bad && w.p == w.end);
        struct orr_part *part = orr_form_new(parts[i], &part_decoder, sizeof *part, pool);
        *part = (struct orr_part){
            .height = height, .index = i, .n = n, .len = len, .bytes = w.p - len};
        memcpy(part->root, root, 32);
    }
    parts[0]->decoded->decoded = orr_msg_ref(value);
    orr_msg_unref(pool, scratch);
    *n_parts = n;
}

static bool read_part(const struct orr_msg *m, struct orr_part *part) {
    struct orr_reader r = orr_reader(m->data, m->len);
    *part = (struct orr_part){.height = orr_read_u64(&r), .index = orr_read_u32(&r),
                              .n = orr_read_u32(&r)};
    uint8_t path_len = orr_read_u8(&r);
    const uint8_t *path = orr_read_bytes(&r, 32 * (size_t)path_len);
    if (r.bad || !part->height || part->n > ORR_MAX_PARTS || path_len > ORR_MERKLE_MAX_DEPTH)
        return false;
    part->len = (uint32_t)orr_read_left(&r);
    part->bytes = r.p;
    uint8_t leaf[32];
    orr_merkle_leaf(part->bytes, part->len, leaf);
    return part->len > 0 && part->len <= ORR_MAX_PART_BYTES &&
           orr_merkle_climb(leaf, part->index, part->n, (const uint8_t(*)[32])path, path_len,
                            part->root);
}

void orr_part_decode(struct orr_msg *m, struct orr_pool *pool) {
    struct orr_part part;
    if (read_part(m, &part))
        memcpy(orr_form_new(m, &part_decoder, sizeof part, pool), &part, sizeof part);
}

const struct orr_part *orr_part_of(const struct orr_msg *m) { return orr_form(m, &part_decoder); }

struct orr_msg *orr_parts_whole(struct orr_msg *const *parts) {
    assert(orr_part_of(parts[0]));
    return parts[0]->decoded->decoded;
}

struct orr_msg *orr_parts_join(struct orr_msg *const *parts, uint32_t n, struct orr_pool *pool) {
    uint32_t size = 0;
    assert(n > 0);
    for (uint32_t i = 0; i < n; i++) size += orr_part_of(parts[i])->len;
    for (uint32_t i = 0; i + 1 < n; i++)
        if (orr_part_of(parts[i])->len != orr_parts_size(size, n)) return NULL;
    struct orr_msg *value = orr_msg_new(pool, 0, size);
    uint8_t *to = value->data;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_part *part = orr_part_of(parts[i]);
        assert(part->n == n && part->index == i);
        memcpy(to, part->bytes, part->len);
        to += part->len;
    }
    return value;
}
