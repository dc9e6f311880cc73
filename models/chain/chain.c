#include "models/chain/chain.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/chain/verdict.h"

/* ---- finding ---- */

static struct orr_chain_place place_of(struct orr_chain_link *link) {
    return (struct orr_chain_place){orr_load_le64(orr_chain_hash(link)->bytes), link};
}

uint32_t orr_chain_place(const struct orr_chain *chain, const struct orr_hash *hash) {
    uint32_t at = orr_index_find(&chain->index, chain->places, orr_load_le64(hash->bytes));
    if (at == ORR_NOWHERE || orr_hash_equal(*orr_chain_hash(chain->places[at].link), *hash))
        return at;
    for (at = 0; at < chain->n; at++) /* another has the same first bytes, on purpose */
        if (orr_hash_equal(*orr_chain_hash(chain->places[at].link), *hash)) return at;
    return ORR_NOWHERE;
}

struct orr_chain_link *orr_chain_find(const struct orr_chain *chain, const struct orr_hash *hash) {
    uint32_t at = orr_chain_place(chain, hash);
    return at == ORR_NOWHERE ? NULL : chain->places[at].link;
}

struct orr_chain_link *orr_chain_at(const struct orr_chain *chain, const struct orr_chain_link *tip,
                                    uint64_t number) {
    uint64_t first = orr_chain_number(chain->places[0].link);
    if (number < first || number > orr_chain_number(tip)) return NULL;
    if (number - first < chain->n_final && orr_chain_number(tip) >= orr_chain_number(chain->final))
        return chain->places[number - first].link; /* every open block descends from those */
    while (orr_chain_number(tip) > number) tip = tip->parent; /* ends: numbers fall by one */
    return (struct orr_chain_link *)tip;
}

bool orr_chain_descends(const struct orr_chain_link *from, const struct orr_chain_link *ancestor) {
    while (from && orr_chain_number(from) > orr_chain_number(ancestor)) from = from->parent;
    return from == ancestor;
}

struct orr_chain_link *orr_chain_common(struct orr_chain_link *a, struct orr_chain_link *b) {
    while (a && b && a != b) { /* ends: the higher one goes down */
        struct orr_chain_link **higher = orr_chain_number(a) >= orr_chain_number(b) ? &a : &b;
        *higher = (*higher)->parent;
    }
    return a && b ? a : NULL;
}

bool orr_chain_may_grow(const struct orr_chain *chain, const struct orr_chain_link *parent) {
    return orr_chain_number(parent) >= orr_chain_number(chain->final);
}

int64_t orr_chain_cost(const struct orr_chain_link *link, const struct orr_costs *costs,
                       uint64_t n_known) {
    const struct orr_chain_block *b = link->block;
    uint64_t n = b->block.n_txs;
    assert(n_known <= n);
    unsigned __int128 gas =
        (unsigned __int128)b->block.header.gas_used * (uint64_t)costs->gas_million_ns / 1000000;
    return (int64_t)gas + (int64_t)(n - n_known) * costs->recover_ns +
           (int64_t)link->run->n_written * costs->root_slot_ns;
}

/* ---- importing ---- */

/* `ctx` is the parent of the block that asks. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct orr_chain_block *b = ctx;
    while (b && b->block.header.number > number) b = b->parent; /* at most 256 steps */
    if (b && b->block.header.number == number) *hash = b->block.hash;
}

struct orr_evm_chain_view orr_chain_view(const struct orr_chain *chain,
                                         struct orr_chain_link *parent) {
    struct orr_evm_chain_view view = {.config = chain->config,
                                      .parent_total_difficulty = parent->block->total_difficulty,
                                      .hashes = {parent->block, block_hash}};
    for (const struct orr_chain_block *b = parent->block; b && view.n_ancestors < ORR_MAX_ANCESTORS;
         b = b->parent)
        view.ancestors[view.n_ancestors++] = (struct orr_evm_ancestor){
            &b->block.header, b->block.hash, b->block.ommer_hashes, b->block.n_ommers};
    return view;
}

/* The suites spoil transactions without mending the root in the header: what is wrong with the
 * transactions alone? */
static enum orr_evm_tx_error tx_error_of(struct orr_chain *chain,
                                         const struct orr_evm_chain_view *view,
                                         const struct orr_chain_block *block,
                                         const struct orr_chain_link *parent) {
    struct orr_evm_state *state = orr_evm_state_fork(parent->run->state);
    struct orr_evm_block_result result;
    orr_evm_execute_block(chain->blocks->executor, state, view, &block->block, &result);
    enum orr_evm_tx_error error = result.tx_error;
    orr_evm_block_result_free(chain->blocks->mem, &result);
    orr_evm_state_destroy(state);
    return error;
}

const struct orr_evm_chain_fork *orr_chain_rules(const struct orr_chain *chain,
                                                 const struct orr_chain_block *parent,
                                                 const struct orr_evm_header *header) {
    return orr_evm_chain_fork_at(chain->config, header->number, header->timestamp,
                                 &parent->total_difficulty);
}

const struct orr_evm_chain_fork *orr_chain_rules_of(const struct orr_chain *chain,
                                                    const struct orr_chain_link *link) {
    const struct orr_chain_block *b = link->block;
    return orr_chain_rules(chain, b->parent ? b->parent : b, &b->block.header);
}

bool orr_chain_is_honest(const struct orr_chain *chain) {
    const struct orr_evm_flaws *f = &chain->options.flaws;
    return !f->refund && !f->nonce && !f->gas_limit;
}

bool orr_chain_may_share(const struct orr_chain *chain, const struct orr_chain_run *run) {
    return chain->options.shares_runs && run && run->config == chain->config &&
           orr_chain_is_honest(chain);
}

void orr_chain_share(const struct orr_chain *chain, struct orr_chain_block *block,
                     struct orr_chain_run *run) {
    if (chain->options.shares_runs && !block->run && orr_chain_is_honest(chain)) block->run = run;
}

/* Runs a block on its parent; *run is a reference when it is valid. */
static struct orr_chain_verdict run_block(struct orr_chain *chain, struct orr_chain_link *parent,
                                          struct orr_chain_block *block,
                                          struct orr_chain_run **out) {
    struct orr_chain_blocks *blocks = chain->blocks;
    struct orr_evm_chain_view view = orr_chain_view(chain, parent);
    struct orr_chain_run *run = orr_alloc_zero(blocks->mem, sizeof *run);
    run->refs = 1;
    run->config = chain->config;
    run->state = orr_evm_state_fork(parent->run->state);
    if (chain->options.recovers_once)
        orr_chain_block_recover(blocks, block,
                                orr_chain_rules(chain, parent->block, &block->block.header)->fork,
                                &chain->config->chain_id, chain->options.memo);
    orr_evm_executor_flaws(blocks->executor, &chain->options.flaws);
    struct orr_chain_verdict v = {.error =
                                      orr_evm_block_validate(blocks->executor, run->state, &view,
                                                             &block->block, &run->result)};
    chain->n_runs++;
    v.tx_error = run->result.tx_error;
    if (v.error == ORR_BLOCK_INVALID_TRANSACTIONS_ROOT)
        v.tx_error = tx_error_of(chain, &view, block, parent);
    orr_chain_tell(chain, parent, &block->block, run, &v);
    orr_evm_executor_flaws(blocks->executor, NULL);
    if (v.error) {
        orr_chain_run_release(blocks, block, run);
        return v;
    }
    run->n_written = orr_evm_state_n_written(run->state);
    orr_evm_state_trim(run->state);
    if (!chain->options.has_receipts) orr_evm_block_result_free(blocks->mem, &run->result);
    *out = run;
    return v;
}

struct orr_chain_verdict orr_chain_import(struct orr_chain *chain, const uint8_t *bytes, size_t len,
                                          struct orr_chain_link **link) {
    struct orr_chain_verdict v = {.error = ORR_BLOCK_OK};
    struct orr_chain_blocks *blocks = chain->blocks;
    struct orr_chain_block *block;
    *link = NULL;
    int bad = orr_chain_block_open(blocks, bytes, len, &block);
    if (bad) {
        v.error = ORR_BLOCK_RLP_STRUCTURES_ENCODING;
        v.tx_error = bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE;
        orr_chain_tell(chain, NULL, NULL, NULL, &v);
        return v;
    }
    struct orr_chain_link *parent = orr_chain_find(chain, &block->block.header.parent_hash);
    *link = orr_chain_find(chain, &block->block.hash);
    if (parent && !*link && !orr_chain_may_grow(chain, parent)) parent = NULL;
    struct orr_chain_run *run = NULL;
    if (*link) { /* there already: the same header; a body that is not its is no block of it */
        if (block != (*link)->block && parent)
            v.error = orr_evm_body_check(
                blocks->store, orr_chain_rules(chain, parent->block, &block->block.header),
                &block->block);
    } else if (!parent) {
        v.error = ORR_BLOCK_UNKNOWN_PARENT;
    } else if (orr_chain_may_share(chain, block->run)) {
        run = orr_chain_run_retain(block->run);
    } else {
        v = run_block(chain, parent, block, &run);
    }
    if (v.error && !run && v.told.status == ORR_ENGINE_VALID)
        orr_chain_tell(chain, parent, &block->block, NULL, &v);
    if (run) {
        orr_chain_block_publish(blocks, block, parent->block);
        orr_chain_share(chain, block, run);
        *link = orr_chain_add(chain, parent, block, run);
        return v;
    }
    if (v.error) *link = NULL;
    orr_chain_block_release_body(blocks, block);
    orr_chain_block_release(blocks, block);
    return v;
}

/* ---- the tree ---- */

static void let_go(struct orr_chain *chain, struct orr_chain_block *block,
                   struct orr_chain_run *run) {
    orr_chain_run_release(chain->blocks, block, run);
    if (block->n_bodies) orr_chain_block_release_body(chain->blocks, block); /* no first block */
    orr_chain_block_release(chain->blocks, block);
}

static void drop(struct orr_chain *chain, struct orr_chain_link *link) {
    let_go(chain, link->block, link->run);
    orr_free(chain->blocks->mem, link, sizeof *link);
}

static struct orr_chain_link *put(struct orr_chain *chain, struct orr_chain_link *parent,
                                  struct orr_chain_block *block, struct orr_chain_run *run) {
    struct orr_mem *mem = chain->blocks->mem;
    struct orr_chain_link *link = orr_alloc(mem, sizeof *link);
    *link = (struct orr_chain_link){.parent = parent, .block = block, .run = run};
    if (chain->n == chain->cap) {
        uint32_t cap = chain->cap ? 2 * chain->cap : 8;
        chain->places = orr_resize(mem, chain->places, chain->cap * sizeof *chain->places,
                                   cap * sizeof *chain->places);
        chain->cap = cap;
    }
    chain->places[chain->n] = place_of(link);
    orr_index_put(&chain->index, chain->places, chain->n++);
    return link;
}

struct orr_chain_link *orr_chain_add(struct orr_chain *chain, struct orr_chain_link *parent,
                                     struct orr_chain_block *block, struct orr_chain_run *run) {
    assert(orr_chain_may_grow(chain, parent));
    if (chain->n - chain->n_final < chain->options.max_open) return put(chain, parent, block, run);
    let_go(chain, block, run);
    return NULL;
}

/* The final blocks past `keep` go; their places in the index are to be mended. */
static uint32_t forget_old(struct orr_chain *chain, uint64_t keep) {
    if (chain->n_final <= keep) return 0;
    uint32_t n = chain->n_final - (uint32_t)keep;
    for (uint32_t i = 0; i < n; i++) drop(chain, chain->places[i].link);
    chain->n -= n;
    chain->n_final -= n;
    memmove(chain->places, chain->places + n, chain->n * sizeof *chain->places);
    chain->places[0].link->parent = NULL;
    return n;
}

static void index_again(struct orr_chain *chain) {
    orr_index_clear(&chain->index);
    for (uint32_t i = 0; i < chain->n; i++) orr_index_put(&chain->index, chain->places, i);
}

void orr_chain_forget(struct orr_chain *chain, uint64_t keep) {
    assert(keep);
    if (forget_old(chain, keep)) index_again(chain);
}

void orr_chain_take_back(struct orr_chain *chain, struct orr_chain_link *link) {
    assert(chain->n > chain->n_final && chain->places[chain->n - 1].link == link);
    assert(link != chain->head && link != chain->safe);
    chain->n--;
    drop(chain, link);
    index_again(chain);
}

/* Makes `final` and what lies between it and the last one final; the rest that does not descend
 * from it goes. */
static void settle(struct orr_chain *chain, struct orr_chain_link *final) {
    uint32_t n_open = chain->n - chain->n_final, n_left = 0, n_gone = 0;
    uint64_t first = orr_chain_number(chain->final) + 1;
    uint32_t n_path = (uint32_t)(orr_chain_number(final) + 1 - first);
    struct orr_mem *mem = chain->blocks->mem;
    struct orr_chain_place *open = chain->places + chain->n_final;
    struct orr_chain_place *sorted = orr_alloc(mem, n_open * sizeof *sorted);
    struct orr_chain_link **gone = orr_alloc(mem, n_open * sizeof(struct orr_chain_link *));
    struct orr_chain_link *l = final;
    for (uint32_t i = n_path; i-- > 0; l = l->parent) sorted[i] = place_of(l);
    assert(l == chain->final && n_path <= n_open);
    for (uint32_t i = 0; i < n_open; i++) {
        uint64_t number = orr_chain_number(open[i].link);
        if (number > orr_chain_number(final) && orr_chain_descends(open[i].link, final))
            sorted[n_path + n_left++] = open[i];
        else if (number > orr_chain_number(final) || sorted[number - first].link != open[i].link)
            gone[n_gone++] = open[i].link;
    }
    assert(n_path + n_left + n_gone == n_open);
    bool has_moved = memcmp(open, sorted, (n_path + n_left) * sizeof *open);
    memcpy(open, sorted, (n_path + n_left) * sizeof *open);
    for (uint32_t i = 0; i < n_gone; i++) drop(chain, gone[i]);
    orr_free(mem, sorted, n_open * sizeof *sorted);
    orr_free(mem, gone, n_open * sizeof(struct orr_chain_link *));
    chain->final = final;
    chain->n -= n_gone;
    chain->n_final += n_path;
    if (forget_old(chain, chain->options.keep) || has_moved || n_gone) index_again(chain);
}

int orr_chain_choose(struct orr_chain *chain, struct orr_chain_link *head,
                     struct orr_chain_link *safe, struct orr_chain_link *final) {
    if (!orr_chain_descends(head, safe) || !orr_chain_descends(safe, final) ||
        !orr_chain_descends(final, chain->final))
        return ORR_EINVAL;
    chain->head = head;
    chain->safe = safe;
    if (final != chain->final) settle(chain, final);
    return 0;
}

static bool less(const struct orr_u256 *a, const struct orr_u256 *b) {
    for (int i = 3; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i];
    return false;
}

void orr_chain_lead(struct orr_chain *chain, struct orr_chain_link *link) {
    if (orr_u256_is_zero(link->block->block.header.difficulty) ||
        less(&chain->head->block->total_difficulty, &link->block->total_difficulty))
        chain->head = link;
    if (!orr_chain_descends(chain->head, chain->safe)) chain->safe = chain->final;
}

/* ---- life ---- */

struct orr_chain *orr_chain_new(struct orr_chain_blocks *blocks,
                                const struct orr_evm_chain_config *config,
                                const struct orr_chain_options *options,
                                const struct orr_evm_header *header, struct orr_evm_state *state) {
    assert(options->keep && options->max_open);
    struct orr_chain *chain = orr_alloc_zero(blocks->mem, sizeof *chain);
    chain->blocks = blocks;
    chain->config = config;
    chain->options = *options;
    orr_index_init(&chain->index, blocks->mem, sizeof *chain->places,
                   offsetof(struct orr_chain_place, key));
    struct orr_chain_run *run = orr_alloc_zero(blocks->mem, sizeof *run);
    run->refs = 1;
    run->state = state;
    run->result.state_root = orr_evm_state_root(state);
    orr_evm_state_trim(state);
    chain->final = put(chain, NULL, orr_chain_block_first(blocks, header), run);
    chain->n_final = 1;
    chain->head = chain->safe = chain->final;
    return chain;
}

void orr_chain_free(struct orr_chain *chain) {
    if (!chain) return;
    struct orr_mem *mem = chain->blocks->mem;
    for (uint32_t i = 0; i < chain->n; i++) drop(chain, chain->places[i].link);
    orr_index_fini(&chain->index);
    orr_free(mem, chain->places, chain->cap * sizeof *chain->places);
    orr_free(mem, chain, sizeof *chain);
}
