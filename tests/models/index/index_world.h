/* index_world.h - trees of made-up blocks whose logs move tokens, for tests of the index.  Headers,
 * transactions and receipts hold together (roots, filters); nobody has signed or run them. */
#ifndef ORR_TESTS_MODELS_INDEX_WORLD_H
#define ORR_TESTS_MODELS_INDEX_WORLD_H

#include <string.h>

#include "models/base/error.h"
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static uint64_t dice = 1;

/* splitmix64 */
static inline uint64_t roll(uint64_t n) {
    uint64_t z = dice += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % n;
}

/* A block as it is fed; everything is from the heap until made_free. */
struct made {
    struct orr_rlp_writer block;
    struct orr_rlp_writer receipts[8];
    struct orr_engine_bytes items[8];
    struct orr_address senders[8];
    struct orr_index_feed feed;
    struct orr_hash hash;
    uint64_t number;
    int parent; /* in a tree; -1: none */
};

static inline struct orr_address account(unsigned i) {
    struct orr_address a = {{0xaa}};
    orr_store_be32(a.bytes + 16, i);
    return a;
}
static inline struct orr_address token(unsigned i) {
    struct orr_address a = {{0x70}};
    a.bytes[19] = (uint8_t)i;
    return a;
}

static inline void write_word(struct orr_rlp_writer *w, struct orr_u256 v) {
    uint8_t be[32];
    orr_u256_store_be(be, v);
    orr_rlp_write_raw(w, be, sizeof be);
}
static inline void write_topic(struct orr_rlp_writer *w, const void *bytes, size_t len) {
    uint8_t topic[32] = {0};
    memcpy(topic + 32 - len, bytes, len);
    orr_rlp_write_string(w, topic, sizeof topic);
}

/* What a block is made of: n_txs transactions, of which each has n_logs logs that are written by
 * log(), called with the place in the block. */
struct recipe {
    unsigned n_txs, n_logs;
    void (*log)(struct orr_rlp_writer *w, struct orr_rlp_writer *data, struct orr_address *address);
    uint64_t salt; /* makes it another block than one with the same parent */
};

static inline struct orr_hash signature_of(const char *text) {
    return orr_keccak256(text, strlen(text));
}

/* A token's transfer among a few accounts: of any standard, mints and burns among them, sometimes
 * malformed or something else.  w takes the topics. */
static inline void any_log(struct orr_rlp_writer *w, struct orr_rlp_writer *data,
                           struct orr_address *address) {
    uint64_t kind = roll(8);
    struct orr_address from = roll(4) ? account((unsigned)roll(6)) : (struct orr_address){{0}};
    struct orr_address to = roll(4) ? account((unsigned)roll(6)) : (struct orr_address){{0}};
    struct orr_u256 id = orr_u256_from_u64(roll(4)), amount = orr_u256_from_u64(roll(1000));
    struct orr_hash name =
        signature_of(kind == 5   ? "TransferSingle(address,address,address,uint256,uint256)"
                     : kind == 6 ? "TransferBatch(address,address,address,uint256[],uint256[])"
                     : kind == 7 ? "Approval(address,address,uint256)"
                                 : "Transfer(address,address,uint256)");
    bool is_721 = kind == 4;
    *address = token((unsigned)(kind < 4 ? roll(2) : kind));
    write_topic(w, name.bytes, sizeof name.bytes);
    if (kind == 5 || kind == 6) write_topic(w, from.bytes, sizeof from.bytes);
    write_topic(w, from.bytes, sizeof from.bytes);
    write_topic(w, to.bytes, sizeof to.bytes);
    if (is_721) write_topic(w, (uint8_t[]){(uint8_t)id.limb[0]}, 1);
    if (kind == 6) { /* two items; sometimes one amount is missing */
        uint64_t n = roll(5) ? 2 : 1;
        write_word(data, orr_u256_from_u64(64));
        write_word(data, orr_u256_from_u64(160));
        write_word(data, orr_u256_from_u64(2));
        write_word(data, id);
        write_word(data, orr_u256_from_u64(9));
        write_word(data, orr_u256_from_u64(n));
        for (uint64_t i = 0; i < n; i++) write_word(data, amount);
        return;
    }
    if (kind == 5) write_word(data, id);
    if (!is_721) write_word(data, amount);
    if (kind == 3 && !roll(3)) orr_rlp_write_raw(data, "x", 1); /* no ERC-20 transfer */
}

/* One receipt; joins its filter to *bloom. */
static inline void make_receipt(struct orr_rlp_writer *w, const struct recipe *r, uint64_t gas,
                                struct orr_evm_bloom *all) {
    struct orr_rlp_writer logs = {.mem = &heap.mem}, topics, data;
    struct orr_evm_bloom bloom = {{0}};
    size_t logs_list = orr_rlp_list_begin(&logs);
    for (unsigned i = 0; i < r->n_logs; i++) {
        struct orr_address address;
        topics = data = (struct orr_rlp_writer){.mem = &heap.mem};
        size_t list = orr_rlp_list_begin(&topics);
        r->log(&topics, &data, &address);
        for (size_t at = 0; at < topics.len; at += 33)
            orr_evm_bloom_add(&bloom, topics.bytes + at + 1, 32);
        orr_evm_bloom_add(&bloom, address.bytes, sizeof address.bytes);
        orr_rlp_list_end(&topics, list);
        size_t log = orr_rlp_list_begin(&logs);
        orr_rlp_write_string(&logs, address.bytes, sizeof address.bytes);
        orr_rlp_write_raw(&logs, topics.bytes, topics.len);
        orr_rlp_write_string(&logs, data.bytes, data.len);
        orr_rlp_list_end(&logs, log);
        orr_rlp_free(&topics);
        orr_rlp_free(&data);
    }
    orr_rlp_list_end(&logs, logs_list);
    *w = (struct orr_rlp_writer){.mem = &heap.mem};
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, 1);
    orr_rlp_write_u64(w, gas);
    orr_rlp_write_string(w, bloom.bytes, sizeof bloom.bytes);
    orr_rlp_write_raw(w, logs.bytes, logs.len);
    orr_rlp_list_end(w, list);
    orr_rlp_free(&logs);
    orr_evm_bloom_join(all, &bloom);
}

/* The body's transactions, and what of them the header says. */
static inline void make_txs(struct made *m, const struct recipe *r, struct orr_rlp_writer *txs,
                            struct orr_evm_header *h) {
    const uint8_t *items[8];
    size_t lens[8];
    struct orr_rlp_writer one[8];
    size_t list = orr_rlp_list_begin(txs);
    for (unsigned i = 0; i < r->n_txs; i++) {
        struct orr_evm_tx tx = {.nonce = h->number,
                                .gas_limit = 21000,
                                .to = account(i),
                                .value = orr_u256_from_u64(r->salt),
                                .is_create = i == 3,
                                .v = orr_u256_from_u64(27),
                                .r = orr_u256_from_u64(1),
                                .s = orr_u256_from_u64(1)};
        one[i] = (struct orr_rlp_writer){.mem = &heap.mem};
        orr_evm_tx_encode(&tx, &one[i]);
        orr_rlp_write_raw(txs, one[i].bytes, one[i].len);
        items[i] = one[i].bytes;
        lens[i] = one[i].len;
        m->senders[i] = account(100 + i);
    }
    orr_rlp_list_end(txs, list);
    h->transactions_root = orr_trie_list_root(&heap.mem, items, lens, r->n_txs);
    for (unsigned i = 0; i < r->n_txs; i++) orr_rlp_free(&one[i]);
    for (unsigned i = 0; i < r->n_txs; i++) {
        make_receipt(&m->receipts[i], r, 21000 * (i + 1), &h->bloom);
        items[i] = m->receipts[i].bytes;
        lens[i] = m->receipts[i].len;
        m->items[i] = (struct orr_engine_bytes){items[i], lens[i]};
    }
    h->receipts_root = orr_trie_list_root(&heap.mem, items, lens, r->n_txs);
}

static inline void make_block(struct made *m, const struct made *parent, const struct recipe *r) {
    struct orr_rlp_writer txs = {.mem = &heap.mem};
    ck_assert_uint_le(r->n_txs, 8);
    *m = (struct made){.block = {.mem = &heap.mem}, .number = parent ? parent->number + 1 : 0};
    struct orr_evm_header h = {.n_fields = ORR_HEADER_LONDON,
                               .parent_hash = parent ? parent->hash : (struct orr_hash){{0}},
                               .ommers_hash = orr_keccak256("\xc0", 1),
                               .coinbase = account(900),
                               .number = m->number,
                               .timestamp = 1000 + m->number + r->salt,
                               .base_fee = orr_u256_from_u64(7)};
    make_txs(m, r, &txs, &h);
    size_t list = orr_rlp_list_begin(&m->block);
    orr_evm_header_encode(&h, &m->block);
    orr_rlp_write_raw(&m->block, txs.bytes, txs.len);
    orr_rlp_list_end(&m->block, orr_rlp_list_begin(&m->block));
    orr_rlp_list_end(&m->block, list);
    orr_rlp_free(&txs);
    m->hash = orr_evm_header_hash(&heap.mem, &h);
    m->feed = (struct orr_index_feed){.block = m->block.bytes,
                                      .len = m->block.len,
                                      .receipts = m->items,
                                      .n_receipts = r->n_txs,
                                      .senders = m->senders};
}

static inline void made_free(struct made *m) {
    for (size_t i = 0; i < m->feed.n_receipts; i++) orr_rlp_free(&m->receipts[i]);
    orr_rlp_free(&m->block);
}

/* After a block was copied: its own arrays are elsewhere. */
static inline void made_moved(struct made *m) {
    m->feed.receipts = m->items;
    m->feed.senders = m->senders;
}

/* A tree of n blocks: block 0 first, each other one on an earlier one, mostly the last. */
static inline void make_tree(struct made *tree, int n) {
    for (int i = 0; i < n; i++) {
        int back = roll(6) ? 1 : 1 + (int)roll(i < 64 ? (uint64_t)i + 1 : 64);
        int parent = i ? (i - back > 0 ? i - back : 0) : -1;
        make_block(&tree[i], i ? &tree[parent] : NULL,
                   &(struct recipe){.n_txs = i ? (unsigned)roll(5) : 0,
                                    .n_logs = (unsigned)roll(4),
                                    .log = any_log,
                                    .salt = (uint64_t)i});
        made_moved(&tree[i]);
        tree[i].parent = parent;
    }
}
static inline void free_tree(struct made *tree, int n) {
    for (int i = 0; i < n; i++) made_free(&tree[i]);
}

static const struct orr_index_options world_options = {.window = 64, .max_held = 512};

/* The digest of an index in memory that was fed the branch up to a block, and nothing else. */
static inline struct orr_hash rebuilt(const struct made *tree, int head) {
    struct orr_index_store store;
    int branch[1024], n = 0;
    struct orr_hash hash;
    struct orr_indexer_at at;
    const char *why;
    orr_index_store_init(&store, &heap.mem);
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, &store.sink);
    for (int i = head; i >= 0; i = tree[i].parent) branch[n++] = i;
    while (n-- > 0) {
        ck_assert_int_eq(orr_indexer_add(ix, &tree[branch[n]].feed, &hash, &why), 0);
        ck_assert_int_eq(orr_indexer_follow(ix, &hash, &at), 0);
    }
    struct orr_hash digest = orr_index_store_digest(&store);
    orr_indexer_free(ix);
    orr_index_store_fini(&store);
    return digest;
}
#endif
