#include "models/rollup/blob.h"

#include <assert.h>
#include <string.h>

#include "models/base/sha256.h"

enum { ELEMENT = 32, TAIL = 31, ROUND_DATA = 127, ROUNDS = ORR_BLOB_BYTES / (4 * ELEMENT),
       PREFIX = 4 /* the version, and the length */, VERSION = 0, LOW_6 = 0x3f, LOW_4 = 0x0f };

/* ---- one round: 127 bytes of data in four elements ---- */

static void write_round(const uint8_t data[ROUND_DATA], uint8_t *elements) {
    uint8_t x = data[TAIL], y = data[2 * TAIL + 1], z = data[3 * TAIL + 2];
    const uint8_t heads[4] = {x & LOW_6, (uint8_t)((y & LOW_4) | (x & ~LOW_6) >> 2), z & LOW_6,
                              (uint8_t)((z & ~LOW_6) >> 2 | (y & ~LOW_4) >> 4)};
    for (size_t i = 0; i < 4; i++) {
        elements[i * ELEMENT] = heads[i];
        memcpy(elements + i * ELEMENT + 1, data + i * ELEMENT, TAIL);
    }
}

/* false: an element is no number of 254 bits. */
static bool read_round(const uint8_t *elements, uint8_t data[ROUND_DATA]) {
    uint8_t heads[4];
    for (size_t i = 0; i < 4; i++) {
        heads[i] = elements[i * ELEMENT];
        if (heads[i] & ~LOW_6) return false;
        memcpy(data + i * ELEMENT, elements + i * ELEMENT + 1, TAIL);
    }
    data[TAIL] = (uint8_t)(heads[0] | (heads[1] & 0x30) << 2);
    data[2 * TAIL + 1] = (uint8_t)((heads[1] & LOW_4) | (heads[3] & LOW_4) << 4);
    data[3 * TAIL + 2] = (uint8_t)(heads[2] | (heads[3] & 0x30) << 2);
    return true;
}

/* ---- the whole ---- */

void orr_blob_write(const uint8_t *data, size_t len, uint8_t blob[ORR_BLOB_BYTES]) {
    assert(len <= ORR_BLOB_DATA_MAX);
    uint8_t round[ROUND_DATA] = {VERSION, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    size_t at = 0, room = ROUND_DATA - PREFIX;
    memset(blob, 0, ORR_BLOB_BYTES);
    for (size_t i = 0; i < ROUNDS && (!i || at < len); i++, room = ROUND_DATA) {
        size_t n = len - at < room ? len - at : room;
        uint8_t *to = round + ROUND_DATA - room;
        memset(to, 0, room);
        if (n) memcpy(to, data + at, n);
        at += n;
        write_round(round, blob + i * 4 * ELEMENT);
    }
}

const char *orr_blob_read(const uint8_t blob[ORR_BLOB_BYTES], uint8_t *data, size_t *len) {
    size_t end = (size_t)blob[2] << 16 | (size_t)blob[3] << 8 | blob[4], at = 0;
    if (blob[1] != VERSION) return "another version than 0";
    if (end > ORR_BLOB_DATA_MAX) return "a length above 130044";
    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t round[ROUND_DATA];
        size_t skip = i ? 0 : PREFIX;
        if (!read_round(blob + i * 4 * ELEMENT, round)) return "an element above 254 bits";
        for (size_t k = skip; k < ROUND_DATA; k++, at++)
            if (at < end) data[at] = round[k];
            else if (round[k]) return "data behind its length";
    }
    *len = end;
    return NULL;
}

/* ---- names ---- */

struct orr_hash orr_blob_versioned_hash(const uint8_t commitment[48]) {
    struct orr_hash hash;
    orr_sha256(commitment, 48, hash.bytes);
    hash.bytes[0] = 1; /* VERSIONED_HASH_VERSION_KZG */
    return hash;
}

void orr_blob_commit(const uint8_t blob[ORR_BLOB_BYTES], uint8_t commitment[48]) {
    memset(commitment, 0, 48);
    orr_sha256(blob, ORR_BLOB_BYTES, commitment);
}

/* ---- as derivation has them ---- */

struct orr_l1_blob orr_l1_blob_open(struct orr_mem *mem, const struct orr_hash *hash,
                                    const uint8_t blob[ORR_BLOB_BYTES]) {
    struct orr_l1_blob b = {.hash = *hash};
    uint8_t *data = orr_alloc(mem, ORR_BLOB_DATA_MAX);
    if (!orr_blob_read(blob, data, &b.len)) {
        b.data = orr_alloc(mem, b.len + 1); /* never NULL: valid */
        if (b.len) memcpy(b.data, data, b.len);
    }
    orr_free(mem, data, ORR_BLOB_DATA_MAX);
    return b;
}

void orr_l1_blob_free(struct orr_mem *mem, struct orr_l1_blob *b) {
    if (b->data) orr_free(mem, b->data, b->len + 1);
    *b = (struct orr_l1_blob){.data = NULL};
}

const struct orr_l1_blob *orr_l1_blob_find(const struct orr_l1_blob *blobs, size_t n,
                                           const struct orr_hash *hash) {
    for (size_t i = 0; i < n; i++)
        if (orr_hash_equal(blobs[i].hash, *hash)) return &blobs[i];
    return NULL;
}
