#include "models/bft/tendermint/block.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/merkle.h"

static void write_header(const struct orr_tm_header *h, uint8_t bytes[ORR_HEADER_BYTES]) {
    struct orr_writer w = orr_writer(bytes, ORR_HEADER_BYTES);
    orr_write_u64(&w, h->chain_id);
    orr_write_u64(&w, h->height);
    orr_write_u64(&w, (uint64_t)h->time);
    orr_write_u32(&w, h->proposer);
    orr_write_bytes(&w, &h->last, sizeof h->last);
    orr_write_bytes(&w, h->last_commit_hash, 32);
    orr_write_bytes(&w, h->txs_root, 32);
    orr_write_bytes(&w, h->evidence_hash, 32);
    orr_write_bytes(&w, h->app_hash, 32);
    orr_write_bytes(&w, h->validators_hash, 32);
    assert(!w.bad && w.p == w.end);
}

static void read_header(struct orr_reader *r, struct orr_tm_header *h) {
    h->chain_id = orr_read_u64(r);
    h->height = orr_read_u64(r);
    h->time = (orr_time)orr_read_u64(r);
    h->proposer = orr_read_u32(r);
    orr_read_copy(r, &h->last, sizeof h->last);
    orr_read_copy(r, h->last_commit_hash, 32);
    orr_read_copy(r, h->txs_root, 32);
    orr_read_copy(r, h->evidence_hash, 32);
    orr_read_copy(r, h->app_hash, 32);
    orr_read_copy(r, h->validators_hash, 32);
}

void orr_tm_header_read(const uint8_t bytes[ORR_HEADER_BYTES], struct orr_tm_header *header) {
    struct orr_reader r = orr_reader(bytes, ORR_HEADER_BYTES);
    read_header(&r, header);
    assert(orr_read_done(&r));
}

void orr_tm_header_hash(const struct orr_tm_header *header, uint8_t hash[32]) {
    uint8_t bytes[ORR_HEADER_BYTES];
    write_header(header, bytes);
    orr_sha256_tagged('h', bytes, sizeof bytes, NULL, 0, hash);
}

void orr_tm_block_set_header(struct orr_msg *block, const struct orr_tm_header *header) {
    assert(block->len >= ORR_HEADER_BYTES);
    write_header(header, block->data);
}

uint64_t orr_tm_block_least_max(uint32_t n_validators) {
    return ORR_HEADER_BYTES + 12 + orr_commit_size(n_validators, n_validators) + ORR_EVIDENCE_BYTES;
}

struct orr_msg *orr_tm_block_build(struct orr_tm_header *header, const struct orr_msg *commit,
                                struct orr_msg **evidence, uint32_t n_evidence,
                                struct orr_msg **txs, uint32_t n_txs, const uint8_t *claim,
                                struct orr_pool *pool) {
    uint64_t size = ORR_HEADER_BYTES + 12 + (commit ? commit->len : 0) +
                    (uint64_t)n_evidence * ORR_EVIDENCE_BYTES;
    for (uint32_t i = 0; i < n_txs; i++) size += 4 + (uint64_t)txs[i]->len;
    if (claim) size += ORR_CLAIM_BYTES;
    assert(size <= UINT32_MAX);
    struct orr_msg *block = orr_msg_new(pool, 0, (uint32_t)size);
    struct orr_writer w = orr_writer(block->data, block->len);
    w.p += ORR_HEADER_BYTES;
    orr_write_u32(&w, commit ? commit->len : 0);
    if (commit) orr_write_bytes(&w, commit->data, commit->len);
    orr_sha256(commit ? commit->data : NULL, commit ? commit->len : 0, header->last_commit_hash);
    orr_write_u32(&w, n_evidence);
    const uint8_t *proofs = w.p;
    for (uint32_t i = 0; i < n_evidence; i++)
        orr_write_bytes(&w, evidence[i]->data, ORR_EVIDENCE_BYTES);
    orr_sha256(proofs, n_evidence * ORR_EVIDENCE_BYTES, header->evidence_hash);
    orr_write_u32(&w, n_txs);
    struct orr_msg *scratch = orr_msg_new(pool, 0, (n_txs + 1) * 32);
    uint8_t(*leaves)[32] = (uint8_t(*)[32])scratch->data;
    for (uint32_t i = 0; i < n_txs; i++) {
        orr_write_u32(&w, txs[i]->len);
        orr_write_bytes(&w, txs[i]->data, txs[i]->len);
        orr_merkle_leaf(txs[i]->data, txs[i]->len, leaves[i]);
    }
    if (claim) {
        orr_write_bytes(&w, claim, ORR_CLAIM_BYTES);
        orr_merkle_leaf(claim, ORR_CLAIM_BYTES, leaves[n_txs]);
    }
    orr_merkle_root(leaves, n_txs + (claim != NULL), header->txs_root);
    orr_msg_unref(pool, scratch);
    assert(!w.bad && w.p == w.end);
    write_header(header, block->data);
    return block;
}

/* How many transactions a well-formed body has; false: malformed. */
static bool scan(const struct orr_msg *m, uint32_t n_validators, struct orr_tm_block *b,
                 struct orr_reader *txs, uint32_t *n_txs) {
    struct orr_reader r = orr_reader(m->data, m->len);
    read_header(&r, &b->header);
    uint32_t commit_len = orr_read_u32(&r);
    const uint8_t *commit = orr_read_bytes(&r, commit_len);
    b->n_evidence = orr_read_u32(&r);
    if (r.bad || b->n_evidence > ORR_EVIDENCE_POOL_MAX) return false;
    b->evidence = orr_read_bytes(&r, (size_t)b->n_evidence * ORR_EVIDENCE_BYTES);
    *n_txs = orr_read_u32(&r);
    *txs = r;
    for (uint32_t i = 0; i < *n_txs && !r.bad; i++) orr_read_bytes(&r, orr_read_u32(&r));
    b->app.claim = r.p < r.end ? orr_read_bytes(&r, ORR_CLAIM_BYTES) : NULL;
    if (!orr_read_done(&r) || b->header.time < 0 || b->header.time > ORR_MAX_BLOCK_TIME ||
        !b->header.height)
        return false;
    b->has_commit = commit_len > 0;
    if (b->has_commit && (!orr_commit_read(commit, commit_len, n_validators, &b->commit) ||
                          b->commit.len != commit_len))
        return false;
    uint8_t hash[32];
    orr_sha256(commit, commit_len, hash);
    if (memcmp(hash, b->header.last_commit_hash, 32)) return false;
    orr_sha256(b->evidence, (size_t)b->n_evidence * ORR_EVIDENCE_BYTES, hash);
    return !memcmp(hash, b->header.evidence_hash, 32);
}

static bool read_txs(struct orr_tm_block *b, struct orr_reader r, uint32_t n_txs,
                     struct orr_pool *pool) {
    struct orr_msg *scratch = orr_msg_new(pool, 0, (n_txs + 1) * 32);
    uint8_t(*leaves)[32] = (uint8_t(*)[32])scratch->data, root[32];
    for (uint32_t i = 0; i < n_txs; i++) {
        struct orr_app_tx *tx = &b->txs[i];
        tx->len = orr_read_u32(&r);
        tx->bytes = orr_read_bytes(&r, tx->len);
        uint64_t id = orr_hash64(0, tx->bytes, tx->len);
        tx->id = id ? id : 1; /* as orr_msg_hash has it */
        tx->note = 0;
        orr_merkle_leaf(tx->bytes, tx->len, leaves[i]);
    }
    if (b->app.claim) orr_merkle_leaf(b->app.claim, ORR_CLAIM_BYTES, leaves[n_txs]);
    orr_merkle_root(leaves, n_txs + (b->app.claim != NULL), root);
    orr_msg_unref(pool, scratch);
    return !memcmp(root, b->header.txs_root, 32);
}

static const struct orr_decoder block_decoder = {"block"};

void orr_tm_block_decode(struct orr_msg *m, const struct orr_validator_set *set,
                         struct orr_pool *pool, struct orr_memo *memo, const struct orr_app *app,
                         void *app_state) {
    struct orr_tm_block head = {.set = set};
    struct orr_reader txs;
    uint32_t n_txs = 0;
    if (m->len > ORR_MAX_PARTS * ORR_MAX_PART_BYTES || !scan(m, set->n, &head, &txs, &n_txs))
        return;
    struct orr_tm_block *b = orr_form_new(
        m, &block_decoder, (uint32_t)(sizeof head + n_txs * sizeof head.txs[0]), pool);
    *b = head;
    orr_tm_header_hash(&b->header, b->hash);
    b->app = (struct orr_app_block){.height = b->header.height,
                                    .time = b->header.time,
                                    .n_txs = n_txs,
                                    .txs = b->txs,
                                    .proposer = b->header.proposer,
                                    .last_round = b->has_commit ? b->commit.round : 0,
                                    .claim = head.app.claim};
    if (!read_txs(b, txs, n_txs, pool)) {
        orr_msg_unref(pool, m->decoded);
        m->decoded = NULL;
        return;
    }
    if (memo && b->has_commit)
        b->commit_verdict = orr_commit_is_signed(&b->commit, set, memo) ? ORR_GOOD : ORR_BAD;
    if (memo && app->note) app->note(app_state, b->txs, n_txs);
}

const struct orr_tm_block *orr_tm_block_of(const struct orr_msg *m,
                                           const struct orr_validator_set *set) {
    const struct orr_tm_block *b = orr_form(m, &block_decoder);
    return b && b->set == set ? b : NULL;
}
