#include "sim/genesis/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/chain/spec.h"
#include "sim/base/memory.h"

/* Times are sums of a first one and of simulated seconds: this leaves room for them. */
#define MAX_TIME ((uint64_t)1 << 40)

static const char *lacks_contract(const struct orr_genesis *g) {
    const struct orr_evm_system_contracts *c = orr_evm_chain_contracts(&g->config.chain);
    const struct orr_evm_chain_config *config = &g->config.chain;
    if (config->forks[config->n_forks - 1].fork < ORR_FORK_PRAGUE) return NULL;
    if (!orr_evm_state_code(g->state, &c->withdrawal_requests))
        return "alloc: the contract of withdrawal requests (EIP-7002) is not there, without which "
               "no block of Prague is valid";
    if (!orr_evm_state_code(g->state, &c->consolidation_requests))
        return "alloc: the contract of consolidation requests (EIP-7251) is not there, without "
               "which no block of Prague is valid";
    if (config->forks[config->n_forks - 1].fork < ORR_FORK_AMSTERDAM) return NULL;
    if (!orr_evm_state_code(g->state, &c->builder_deposits) ||
        !orr_evm_state_code(g->state, &c->builder_exits))
        return "alloc: the contracts of builder deposits and exits (EIP-8282) are not there, "
               "without which no block of Amsterdam is valid";
    return NULL;
}

/* What keeps validators from building on it, or NULL. */
static const char *refuse(const struct orr_genesis *g) {
    const struct orr_evm_header *h = &g->header;
    const struct orr_evm_chain_fork *rules =
        orr_evm_chain_fork_at(&g->config.chain, h->number, h->timestamp, &h->difficulty);
    if (h->number) return "number: the first block of a chain is number 0";
    if (rules->fork < ORR_FORK_PARIS)
        return "config: the rules of the first block are older than Paris (terminalTotalDifficulty "
               "0 makes it begin with Paris)";
    if (h->gas_limit < 5000) return "gasLimit: a block has 5000 at least";
    if (h->timestamp > MAX_TIME) return "timestamp: it is too far ahead";
    if (h->extra_data_len > ORR_MAX_EXTRA_DATA) return "extraData: it has 32 bytes at most";
    return lacks_contract(g);
}

int orr_genesis_spec(const char *text, size_t len, struct orr_buffer *spec, unsigned *line,
                     char why[ORR_GENESIS_WHY_BYTES]) {
    json_error_t error;
    struct orr_genesis genesis;
    struct orr_heap heap;
    *line = 0;
    json_t *json = orr_json_parse(text, len, &error);
    if (!json) {
        *line = error.line > 0 ? (unsigned)error.line : 1;
        snprintf(why, ORR_GENESIS_WHY_BYTES, "%s", error.text);
        return ORR_EFORMAT;
    }
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    int bad = orr_genesis_read(json, store, &genesis, why);
    const char *refusal = bad ? NULL : refuse(&genesis);
    if (refusal) {
        snprintf(why, ORR_GENESIS_WHY_BYTES, "%s", refusal);
        bad = ORR_EFORMAT;
    }
    if (!bad) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_chain_spec_encode(&w, &genesis.config.chain, &genesis.header, genesis.state);
        *spec = (struct orr_buffer){orr_xrealloc(NULL, w.len), w.len};
        memcpy(spec->bytes, w.bytes, w.len);
        orr_rlp_free(&w);
    }
    orr_genesis_end(&genesis);
    orr_evm_store_destroy(store);
    json_decref(json);
    return bad;
}
