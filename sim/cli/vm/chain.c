#include "sim/cli/vm/chain.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

static struct orr_vm_link *find_link(struct orr_vm_chain *c, const struct orr_hash *hash) {
    for (size_t i = 0; i < c->n_links; i++)
        if (orr_hash_equal(c->links[i]->hash, *hash)) return c->links[i];
    return NULL;
}

static struct orr_vm_link *add_link(struct orr_vm_chain *c) {
    if (c->n_links == c->links_cap) {
        c->links_cap = c->links_cap ? 2 * c->links_cap : 16;
        c->links = orr_xrealloc(c->links, c->links_cap * sizeof c->links[0]);
    }
    struct orr_vm_link *link = memset(orr_xrealloc(NULL, sizeof *link), 0, sizeof *link);
    return c->links[c->n_links++] = link;
}

void orr_vm_chain_begin(struct orr_vm_chain *c) {
    c->store = orr_evm_store_create(c->mem);
    c->head = add_link(c);
    c->head->state = orr_evm_state_create(c->store);
}

void orr_vm_chain_end(struct orr_vm_chain *c) {
    for (size_t i = 0; i < c->n_links; i++) {
        orr_evm_block_free(c->mem, &c->links[i]->block);
        orr_evm_state_destroy(c->links[i]->state);
        free(c->links[i]->bytes.bytes);
        free(c->links[i]);
    }
    free(c->links);
    orr_evm_store_destroy(c->store);
}

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    for (const struct orr_vm_link *l = ctx; l; l = l->parent)
        if (l->header.number == number) *hash = l->hash;
}

static struct orr_evm_chain_view view_of(struct orr_vm_chain *c, struct orr_vm_link *parent) {
    struct orr_evm_chain_view view = {.config = c->config,
                                      .parent_total_difficulty = parent->total_difficulty,
                                      .hashes = {parent, block_hash}};
    for (struct orr_vm_link *l = parent; l && view.n_ancestors < ORR_MAX_ANCESTORS; l = l->parent)
        view.ancestors[view.n_ancestors++] = (struct orr_evm_ancestor){
            &l->header, l->hash, l->block.ommer_hashes, l->block.n_ommers};
    return view;
}

static struct orr_u256 add(struct orr_u256 a, struct orr_u256 b) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

static bool less(struct orr_u256 a, struct orr_u256 b) {
    for (int i = 3; i >= 0; i--)
        if (a.limb[i] != b.limb[i]) return a.limb[i] < b.limb[i];
    return false;
}

/* The suites spoil transactions without mending the root in the header: what is wrong with the
 * transactions alone? */
static enum orr_evm_tx_error tx_error_of(struct orr_vm_chain *c,
                                         const struct orr_evm_chain_view *view,
                                         const struct orr_evm_block *block,
                                         struct orr_evm_state *parent) {
    struct orr_evm_state *state = orr_evm_state_fork(parent);
    struct orr_evm_block_result result;
    orr_evm_execute_block(c->executor, state, view, block, &result);
    enum orr_evm_tx_error error = result.tx_error;
    orr_evm_block_result_free(c->mem, &result);
    orr_evm_state_destroy(state);
    return error;
}

/* Decodes, checks and runs one block; keeps it when it is valid.  bytes are moved in. */
struct orr_vm_block_verdict orr_vm_chain_import(struct orr_vm_chain *c, struct orr_buffer bytes) {
    struct orr_mem *mem = c->mem;
    struct orr_evm_block block;
    struct orr_vm_block_verdict v = {ORR_BLOCK_OK, ORR_TX_OK};
    int bad = orr_evm_block_decode(mem, bytes.bytes, bytes.len, &block);
    if (bad) {
        free(bytes.bytes);
        v.error = ORR_BLOCK_RLP_STRUCTURES_ENCODING;
        v.tx_error = bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE;
        return v;
    }
    struct orr_vm_link *parent = find_link(c, &block.header.parent_hash);
    if (!parent) {
        v.error = ORR_BLOCK_UNKNOWN_PARENT;
    } else if (!find_link(c, &block.hash)) {
        struct orr_evm_chain_view view = view_of(c, parent);
        struct orr_evm_state *state = orr_evm_state_fork(parent->state);
        struct orr_evm_block_result result;
        v.error = orr_evm_block_validate(c->executor, state, &view, &block, &result);
        v.tx_error = result.tx_error;
        orr_evm_block_result_free(mem, &result);
        if (v.error == ORR_BLOCK_INVALID_TRANSACTIONS_ROOT)
            v.tx_error = tx_error_of(c, &view, &block, parent->state);
        if (!v.error) {
            struct orr_vm_link *link = add_link(c);
            orr_evm_state_trim(state);
            *link = (struct orr_vm_link){
                parent,     block.header,
                block.hash, add(parent->total_difficulty, block.header.difficulty),
                state,      block,
                bytes};
            /* Before Paris the heaviest chain leads; after it the block that came last. */
            if (orr_u256_is_zero(block.header.difficulty) ||
                less(c->head->total_difficulty, link->total_difficulty))
                c->head = link;
            return v;
        }
        orr_evm_state_destroy(state);
    }
    orr_evm_block_free(mem, &block);
    free(bytes.bytes);
    return v;
}

const char *orr_vm_verdict_name(struct orr_vm_block_verdict v) {
    return v.tx_error ? orr_evm_tx_error_name(v.tx_error) : orr_evm_block_error_name(v.error);
}

const char *orr_vm_verdict_text(struct orr_vm_block_verdict v) {
    return v.tx_error ? orr_evm_tx_error_text(v.tx_error) : orr_evm_block_error_text(v.error);
}
