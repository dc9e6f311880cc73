#include "models/node/rollup_blobs.h"

#include "models/vm/transaction.h"

enum { WAIT_BLOCKS = 64 /* that a blob may wait for its block, beside its time in one */ };

void orr_rollup_blobs_fini(struct orr_rollup_blobs *b, struct orr_mem *mem) {
    for (size_t i = 0; i < b->n; i++) orr_free(mem, b->v[i].bytes, ORR_BLOB_BYTES);
    orr_free(mem, b->v, b->cap * sizeof *b->v);
}

static struct orr_rollup_kept_blob *find(const struct orr_rollup_blobs *b,
                                         const struct orr_hash *hash) {
    for (size_t i = 0; i < b->n; i++)
        if (orr_hash_equal(b->v[i].hash, *hash)) return &b->v[i];
    return NULL;
}

static void keep(struct orr_rollup_blobs *b, struct orr_mem *mem, const struct orr_hash *hash,
                 const uint8_t *bytes, uint64_t tip) {
    if (find(b, hash)) return;
    if (b->n == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 16;
        b->v = orr_resize(mem, b->v, b->cap * sizeof *b->v, cap * sizeof *b->v);
        b->cap = cap;
    }
    struct orr_rollup_kept_blob *new = &b->v[b->n++];
    *new = (struct orr_rollup_kept_blob){.hash = *hash, .number = tip};
    new->bytes = orr_alloc(mem, ORR_BLOB_BYTES);
    memcpy(new->bytes, bytes, ORR_BLOB_BYTES);
}

/* ---- a transaction with its blobs ---- */

void orr_rollup_write_blob_tx(struct orr_rlp_writer *w, const uint8_t *tx, size_t len,
                              const uint8_t *blobs, size_t n) {
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, tx, len);
    for (size_t i = 0; i < n; i++)
        orr_rlp_write_string(w, blobs + i * ORR_BLOB_BYTES, ORR_BLOB_BYTES);
    orr_rlp_list_end(w, list);
}

/* Are the strings that follow the blobs that the transaction names, in its order? */
static bool are_its_blobs(const struct orr_evm_tx *tx, struct orr_rlp_reader blobs) {
    for (size_t i = 0; i < tx->n_blob_hashes; i++) {
        size_t len;
        uint8_t commitment[48];
        const uint8_t *bytes = orr_rlp_read_string(&blobs, &len);
        if (blobs.bad || len != ORR_BLOB_BYTES) return false;
        orr_blob_commit(bytes, commitment);
        if (!orr_hash_equal(orr_blob_versioned_hash(commitment), tx->blob_hashes[i])) return false;
    }
    return orr_rlp_done(&blobs);
}

bool orr_rollup_blobs_take(struct orr_rollup_blobs *b, struct orr_mem *mem, const uint8_t *bytes,
                           size_t len, uint64_t tip, struct orr_rollup_tx *tx) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len), list = orr_rlp_read_list(&r);
    struct orr_evm_tx read;
    tx->bytes = orr_rlp_read_string(&list, &tx->len);
    if (list.bad || !orr_rlp_done(&r) || orr_evm_tx_decode(mem, tx->bytes, tx->len, &read))
        return false;
    bool good = read.type == ORR_TX_BLOB && are_its_blobs(&read, list);
    for (size_t i = 0; good && i < read.n_blob_hashes; i++) {
        size_t n;
        keep(b, mem, &read.blob_hashes[i], orr_rlp_read_string(&list, &n), tip);
    }
    orr_evm_tx_free(mem, &read);
    return good;
}

/* ---- blocks ---- */

void orr_rollup_blobs_block(struct orr_rollup_blobs *b, struct orr_mem *mem,
                            const struct orr_evm_block *block, uint64_t expiry) {
    uint64_t number = block->header.number;
    for (size_t t = 0; t < block->n_txs; t++)
        for (size_t i = 0; i < block->txs[t].n_blob_hashes; i++) {
            struct orr_rollup_kept_blob *kept = find(b, &block->txs[t].blob_hashes[i]);
            if (kept) kept->number = number;
            if (kept) kept->is_in_block = true;
        }
    size_t left = 0;
    for (size_t i = 0; i < b->n; i++) {
        uint64_t age = expiry + (b->v[i].is_in_block ? 0 : WAIT_BLOCKS);
        if (b->v[i].number + age < number) orr_free(mem, b->v[i].bytes, ORR_BLOB_BYTES);
        else b->v[left++] = b->v[i];
    }
    b->n = left;
}

void orr_rollup_blobs_write(const struct orr_rollup_blobs *b, const struct orr_evm_block *block,
                            struct orr_rlp_writer *w) {
    size_t list = orr_rlp_list_begin(w);
    for (size_t t = 0; t < block->n_txs; t++)
        for (size_t i = 0; i < block->txs[t].n_blob_hashes; i++) {
            const struct orr_rollup_kept_blob *kept = find(b, &block->txs[t].blob_hashes[i]);
            if (kept) orr_rlp_write_string(w, kept->bytes, ORR_BLOB_BYTES);
        }
    orr_rlp_list_end(w, list);
}
