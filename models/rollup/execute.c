#include "models/rollup/execute.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"

/* ---- the timetable ---- */

static uint64_t time_of(const struct orr_rollup_config *c, enum orr_evm_rollup fork) {
    switch (fork) {
    case ORR_EVM_REGOLITH: return c->regolith_time;
    case ORR_EVM_CANYON: return c->canyon_time;
    case ORR_EVM_ECOTONE: return c->ecotone_time;
    case ORR_EVM_FJORD: return c->fjord_time;
    case ORR_EVM_GRANITE: return c->granite_time;
    case ORR_EVM_HOLOCENE: return c->holocene_time;
    case ORR_EVM_ISTHMUS: return c->isthmus_time;
    default: return 0;
    }
}

struct orr_evm_chain_fork orr_l2_fork(enum orr_evm_rollup rollup) {
    static const enum orr_evm_fork below[] = {
#define ROLLUP(constant, name, fork) ORR_FORK_##fork,
        ORR_EVM_ROLLUPS(ROLLUP)
#undef ROLLUP
    };
    assert(rollup > ORR_EVM_NO_ROLLUP && rollup < ORR_EVM_N_ROLLUPS);
    struct orr_evm_chain_fork fork = orr_evm_chain_fork(below[rollup - 1]);
    fork.rollup = rollup;
    return fork;
}

void orr_l2_chain_init(struct orr_l2_chain *chain, const struct orr_rollup_config *config) {
    *chain = (struct orr_l2_chain){.config = {.chain_id = orr_u256_from_u64(config->l2_chain_id),
                                              .n_forks = ORR_L2_FORKS,
                                              .dao_number = UINT64_MAX}};
    chain->config.forks = chain->forks;
    for (size_t i = 0; i < ORR_L2_FORKS; i++) {
        chain->forks[i] = orr_l2_fork((enum orr_evm_rollup)(i + 1));
        chain->forks[i].from_time = time_of(config, (enum orr_evm_rollup)(i + 1));
    }
}

const struct orr_evm_chain_fork *orr_l2_rules_at(const struct orr_l2_parent *p, uint64_t time) {
    const struct orr_u256 merged = {{0}};
    return orr_evm_chain_fork_at(&p->chain->config, p->header->number + 1, time, &merged);
}

/* ---- the base fee ---- */

/* Holocene keeps the parameters of a block's successor in its extra data: a version 0, the
 * denominator, the elasticity. */
static bool read_extra(const struct orr_evm_header *h, uint32_t *denominator,
                       uint32_t *elasticity) {
    if (h->extra_data_len != ORR_L2_EXTRA_BYTES || h->extra_data[0]) return false;
    *denominator = orr_load_be32(h->extra_data + 1);
    *elasticity = orr_load_be32(h->extra_data + 5);
    return *denominator && *elasticity;
}

static struct orr_u256 scaled(struct orr_u256 fee, uint64_t by, uint64_t target,
                              uint32_t denominator) {
    struct orr_u256 step = orr_u256_mul(fee, orr_u256_from_u64(by));
    orr_u256_divmod(step, orr_u256_from_u64(target), &step, NULL);
    orr_u256_divmod(step, orr_u256_from_u64(denominator), &step, NULL);
    return step;
}

struct orr_u256 orr_l2_next_base_fee(const struct orr_rollup_config *config,
                                     const struct orr_evm_header *parent, uint64_t time) {
    uint32_t elasticity = config->elasticity;
    uint32_t denominator =
        time >= config->canyon_time ? config->denominator_canyon : config->denominator;
    if (parent->timestamp >= config->holocene_time) read_extra(parent, &denominator, &elasticity);
    assert(elasticity && denominator);
    uint64_t target = parent->gas_limit / elasticity, used = parent->gas_used;
    struct orr_u256 fee = parent->base_fee;
    if (used == target || !target) return fee;
    if (used < target) return orr_u256_sub(fee, scaled(fee, target - used, target, denominator));
    struct orr_u256 step = scaled(fee, used - target, target, denominator);
    return orr_u256_add(fee, orr_u256_is_zero(step) ? orr_u256_from_u64(1) : step);
}

/* ---- the header ---- */

const char *orr_l2_begin_header(const struct orr_l2_parent *p, const struct orr_l2_attributes *a,
                                enum orr_evm_rollup rollup, struct orr_l2_block *b) {
    struct orr_evm_header *h = &b->header;
    static const uint8_t no_list[1] = {0xc0};
    if (a->timestamp <= p->header->timestamp) return "its time is not after its parent's";
    if (p->header->number == UINT64_MAX) return "its number is too large";
    if (p->header->timestamp < p->config->canyon_time && rollup >= ORR_EVM_CANYON)
        return "it is the first of Canyon, whose create2 deployer is not known here";
    *h = (struct orr_evm_header){.parent_hash = p->hash,
                                 .ommers_hash = orr_keccak256(no_list, sizeof no_list),
                                 .coinbase = a->fee_recipient,
                                 .number = p->header->number + 1,
                                 .gas_limit = a->gas_limit,
                                 .timestamp = a->timestamp,
                                 .mix_hash = a->prev_randao,
                                 .base_fee = orr_l2_next_base_fee(p->config, p->header,
                                                                  a->timestamp),
                                 .withdrawals_root = orr_trie_empty_hash,
                                 .parent_beacon_root = a->parent_beacon_root};
    if (rollup < ORR_EVM_HOLOCENE) return NULL;
    bool is_default = !a->denominator && !a->elasticity;
    if (!is_default && (!a->denominator || !a->elasticity))
        return "one of the EIP-1559 parameters is 0";
    orr_store_be32(b->extra + 1, is_default ? p->config->denominator_canyon : a->denominator);
    orr_store_be32(b->extra + 5, is_default ? p->config->elasticity : a->elasticity);
    h->extra_data = b->extra;
    h->extra_data_len = ORR_L2_EXTRA_BYTES;
    return NULL;
}

static struct orr_hash list_root(struct orr_mem *mem, const uint8_t **items, size_t *lens,
                                 size_t n) {
    struct orr_hash root = orr_trie_list_root(mem, items, lens, n);
    orr_free(mem, items, (n + 1) * sizeof *items);
    orr_free(mem, lens, (n + 1) * sizeof *lens);
    return root;
}

static void seal_roots(struct orr_mem *mem, const struct orr_l2_attributes *a,
                       struct orr_l2_block *b) {
    size_t n = a->n_txs;
    const uint8_t **items = orr_alloc(mem, (n + 1) * sizeof *items);
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof *lens);
    for (size_t i = 0; i < n; i++) items[i] = a->txs[i].bytes, lens[i] = a->txs[i].len;
    b->header.transactions_root = list_root(mem, items, lens, n);
    items = orr_alloc(mem, (n + 1) * sizeof *items);
    lens = orr_alloc(mem, (n + 1) * sizeof *lens);
    for (size_t i = 0; i < n; i++) {
        items[i] = b->receipts[i].encoding;
        lens[i] = b->receipts[i].encoding_len;
    }
    b->header.receipts_root = list_root(mem, items, lens, n);
}

/* ---- the block ---- */

static const char *run_one(struct orr_evm_block_run *run, const struct orr_rollup_tx *raw,
                           bool *deposits_are_over, struct orr_evm_receipt *receipt) {
    if (raw->len && raw->bytes[0] == ORR_DEPOSIT_TYPE) {
        struct orr_evm_deposit deposit;
        if (*deposits_are_over) return "a deposit behind another transaction";
        if (orr_evm_deposit_read(raw->bytes, raw->len, &deposit)) return "a malformed deposit";
        enum orr_evm_tx_error error = orr_evm_block_run_deposit(run, &deposit, receipt);
        return error ? orr_evm_tx_error_text(error) : NULL;
    }
    *deposits_are_over = true;
    struct orr_evm_tx tx;
    struct orr_evm_tx_outcome outcome;
    if (orr_evm_tx_decode(run->mem, raw->bytes, raw->len, &tx)) return "a malformed transaction";
    enum orr_evm_tx_error error = tx.type == ORR_TX_BLOB
                                      ? ORR_TX_TYPE_NOT_SUPPORTED
                                      : orr_evm_block_run_tx(run, &tx, NULL, receipt, &outcome);
    orr_evm_tx_free(run->mem, &tx);
    return error ? orr_evm_tx_error_text(error) : NULL;
}

static void find_message_passer(struct orr_evm_state *state, struct orr_l2_block *b) {
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    b->message_passer = orr_evm_state_storage_root(state, &passer);
    b->has_message_passer = !orr_evm_state_error(state);
}

const char *orr_l2_end_header(struct orr_evm_state *state, const struct orr_evm_block_run *run,
                              struct orr_l2_block *b) {
    struct orr_evm_header *h = &b->header;
    h->n_fields = orr_evm_header_fields_of(run->rules->fork);
    h->gas_used = run->gas_used;
    h->bloom = run->bloom;
    h->state_root = orr_evm_state_root(state);
    if (orr_evm_state_error(state)) return "its state is not all there";
    if (run->rules->rollup < ORR_EVM_ISTHMUS) return NULL;
    find_message_passer(state, b);
    if (!b->has_message_passer) return "its message passer's state is not there";
    h->withdrawals_root = b->message_passer;
    orr_sha256(NULL, 0, h->requests_hash.bytes); /* of no requests */
    return NULL;
}

const char *orr_l2_execute(struct orr_evm_executor *executor, struct orr_evm_state *state,
                           const struct orr_l2_parent *p, const struct orr_l2_attributes *a,
                           struct orr_l2_block *block, size_t *bad_tx) {
    const struct orr_evm_chain_fork *rules = orr_l2_rules_at(p, a->timestamp);
    struct orr_l2_block b = {.n_receipts = 0};
    *bad_tx = a->n_txs;
    const char *bad = orr_l2_begin_header(p, a, rules->rollup, &b);
    if (bad) return bad;
    struct orr_evm_block_run run = {.executor = executor, .state = state,
                                    .config = &p->chain->config, .rules = rules,
                                    .header = &b.header, .hashes = p->hashes};
    orr_evm_block_run_begin(&run);
    b.receipts = orr_alloc_zero(run.mem, a->n_txs * sizeof *b.receipts);
    bool deposits_are_over = false;
    for (size_t i = 0; i < a->n_txs && !bad; i++) {
        *bad_tx = i;
        bad = run_one(&run, &a->txs[i], &deposits_are_over, &b.receipts[i]);
    }
    b.n_receipts = a->n_txs;
    if (!bad) {
        *bad_tx = a->n_txs;
        bad = orr_l2_end_header(state, &run, &b);
        /* before Isthmus a witness may lack it */
        if (!bad && !b.has_message_passer) find_message_passer(state, &b);
        seal_roots(run.mem, a, &b);
        b.hash = orr_evm_header_hash(run.mem, &b.header);
    }
    orr_evm_block_run_end(&run);
    if (bad) {
        orr_l2_block_free(run.mem, &b);
        return bad;
    }
    *block = b;
    if (block->header.extra_data) block->header.extra_data = block->extra;
    return NULL;
}

void orr_l2_block_free(struct orr_mem *mem, struct orr_l2_block *block) {
    for (size_t i = 0; i < block->n_receipts; i++)
        orr_evm_receipt_free(&block->receipts[i], mem);
    orr_free(mem, block->receipts, block->n_receipts * sizeof *block->receipts);
    block->receipts = NULL;
    block->n_receipts = 0;
}
