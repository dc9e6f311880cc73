#include "models/chain/snapshot.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/state.h"
#include "models/vm/witness.h"

struct orr_msg *orr_chain_snapshot_save(const struct orr_chain *chain, struct orr_evm_state *first,
                                        struct orr_pool *pool) {
    struct orr_mem *mem = chain->blocks->mem;
    struct orr_rlp_writer w = {.mem = mem};
    struct orr_evm_witness *new = orr_evm_witness_create(mem);
    struct orr_evm_state *state = chain->final->run->state;
    const struct orr_chain_block *blocks[ORR_CHAIN_SNAPSHOT_HEADERS];
    uint32_t n = 0;
    for (const struct orr_chain_block *b = chain->final->block; b && n < ORR_CHAIN_SNAPSHOT_HEADERS;
         b = b->parent)
        blocks[n++] = b;
    size_t all = orr_rlp_list_begin(&w), headers = orr_rlp_list_begin(&w);
    while (n) orr_evm_header_encode(&blocks[--n]->block.header, &w);
    orr_rlp_list_end(&w, headers);
    orr_evm_witness_add_new(new, chain->blocks->store, orr_evm_state_trie(state),
                            orr_evm_state_trie(first));
    orr_evm_witness_write(new, &w);
    orr_rlp_list_end(&w, all);
    struct orr_msg *m = orr_msg_copy(pool, 0, w.bytes, (uint32_t)w.len);
    orr_evm_witness_destroy(new);
    orr_rlp_free(&w);
    return m;
}

/* Are these headers, each the parent of the next?  *last: the final block's. */
static bool are_headers(struct orr_mem *mem, struct orr_rlp_reader r, struct orr_evm_header *last) {
    uint32_t n = 0;
    struct orr_hash hash = {{0}};
    while (orr_rlp_more(&r)) { /* ends: the bytes do */
        uint64_t number = last->number;
        if (n == ORR_CHAIN_SNAPSHOT_HEADERS || orr_evm_header_decode(&r, last)) return false;
        if (last->extra_data_len > ORR_MAX_EXTRA_DATA) return false;
        if (n && (!orr_hash_equal(hash, last->parent_hash) || last->number != number + 1))
            return false;
        hash = orr_evm_header_hash(mem, last);
        n++;
    }
    return n && !r.bad;
}

int orr_chain_snapshot_last(const uint8_t *bytes, size_t len, struct orr_evm_header *header) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len);
    struct orr_rlp_reader all = orr_rlp_read_list(&r);
    struct orr_rlp_reader headers = orr_rlp_read_list(&all);
    *header = (struct orr_evm_header){.number = 0};
    int error = ORR_EFORMAT; /* of no header at all */
    while (orr_rlp_more(&headers) && !(error = orr_evm_header_decode(&headers, header))) continue;
    return error || headers.bad ? ORR_EFORMAT : 0;
}

int orr_chain_snapshot_load(struct orr_chain_blocks *blocks, const uint8_t *bytes, size_t len,
                            const struct orr_hash *root, const struct orr_u256 *total_difficulty,
                            struct orr_chain_block **block, struct orr_evm_state **state) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len);
    struct orr_rlp_reader all = orr_rlp_read_list(&r);
    struct orr_rlp_reader headers = orr_rlp_read_list(&all);
    struct orr_rlp_item witness = orr_rlp_read(&all);
    struct orr_evm_header header = {.number = 0};
    struct orr_trie_node *trie = NULL;
    if (!orr_rlp_done(&r) || !orr_rlp_done(&all) || headers.bad ||
        !are_headers(blocks->mem, headers, &header) || !orr_hash_equal(header.state_root, *root) ||
        orr_evm_witness_open_in(blocks->store, witness.encoding, witness.encoding_len, root, &trie))
        return ORR_EFORMAT;
    *block = NULL;
    while (orr_rlp_more(&headers)) { /* ends: as above */
        int error = orr_evm_header_decode(&headers, &header);
        assert(!error);
        (void)error;
        *block = orr_chain_block_behind(blocks, &header, *block, total_difficulty);
    }
    *state = orr_evm_state_open(blocks->store, trie);
    return 0;
}
