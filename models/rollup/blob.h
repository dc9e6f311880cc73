/* blob.h - batcher data in blobs.
 *
 * ethereum-optimism/specs, protocol/ecotone/derivation.md: "Blob Retrieval" (of a transaction of
 * type 3 the call data counts for nothing, each of its blobs as a batcher transaction's data) and
 * "Blob Encoding" (version 0: 254 bits of each of 4,096 field elements, a length of 24 bits, zeros
 * behind it). */
#ifndef ORR_ROLLUP_BLOB_H
#define ORR_ROLLUP_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/base/words.h"

enum {
    ORR_BLOB_BYTES = 131072,                            /* 4,096 field elements of 32 bytes */
    ORR_BLOB_DATA_MAX = (4 * 31 + 3) * 1024 - 4         /* what fits into it */
};

/* Makes a blob of data[len], len <= ORR_BLOB_DATA_MAX. */
void orr_blob_write(const uint8_t *data, size_t len, uint8_t blob[ORR_BLOB_BYTES]);
/* Reads it into data, which has room for ORR_BLOB_DATA_MAX bytes; *len is its length.  Returns
 * NULL, or what is wrong with the encoding, static storage: then it is no data of a batcher. */
const char *orr_blob_read(const uint8_t blob[ORR_BLOB_BYTES], uint8_t *data, size_t *len);

/* The versioned hash of a commitment (EIP-4844, "Helpers": kzg_to_versioned_hash). */
struct orr_hash orr_blob_versioned_hash(const uint8_t commitment[48]);
/* What stands for a blob's commitment on a simulated L1: the SHA-256 of the blob, and zeros.  A
 * true one takes the ceremony's 4,096 points; what counts here is that it binds. */
void orr_blob_commit(const uint8_t blob[ORR_BLOB_BYTES], uint8_t commitment[48]);

/* A blob as derivation reads it: what its versioned hash stands for. */
struct orr_l1_blob {
    struct orr_hash hash;
    uint8_t *data;  /* [len] owned; NULL: it was no valid encoding */
    size_t len;
};
/* Decodes a blob that is known to be the hash's. */
struct orr_l1_blob orr_l1_blob_open(struct orr_mem *mem, const struct orr_hash *hash,
                                    const uint8_t blob[ORR_BLOB_BYTES]);
void orr_l1_blob_free(struct orr_mem *mem, struct orr_l1_blob *blob);
/* The one with that hash, or NULL. */
const struct orr_l1_blob *orr_l1_blob_find(const struct orr_l1_blob *blobs, size_t n,
                                           const struct orr_hash *hash);
#endif
