/* info.c - methods that say what chain and what server this is. */
#include <stdio.h>
#include <zlib.h>

#include "models/vm/precompile.h"
#include "models/vm/u256.h"
#include "sim/cli/rpc/call.h"

json_t *orr_jsonrpc_eth_chainId(struct orr_jsonrpc_call *call) {
    return orr_json_quantity(call->rpc->chain->config->chain_id);
}

json_t *orr_jsonrpc_net_version(struct orr_jsonrpc_call *call) {
    char digits[80];
    size_t n = sizeof digits;
    struct orr_u256 v = call->rpc->chain->config->chain_id, digit;
    digits[--n] = 0;
    do { /* ends: v shrinks */
        orr_u256_divmod(v, orr_u256_from_u64(10), &v, &digit);
        digits[--n] = (char)('0' + digit.limb[0]);
    } while (!orr_u256_is_zero(v));
    return json_string(digits + n);
}

json_t *orr_jsonrpc_web3_clientVersion(struct orr_jsonrpc_call *call) {
    (void)call;
    return json_string("orrery/" ORRERY_VERSION "/C");
}

json_t *orr_jsonrpc_eth_syncing(struct orr_jsonrpc_call *call) {
    (void)call;
    return json_false();
}

json_t *orr_jsonrpc_eth_accounts(struct orr_jsonrpc_call *call) {
    (void)call;
    return json_array(); /* no keys are held */
}

/* ---- eth_capabilities ---- */

static void set_resource(json_t *json, const char *name, bool is_there, uint64_t oldest) {
    json_t *resource = json_object();
    json_object_set_new(resource, "disabled", json_boolean(!is_there));
    if (is_there) orr_json_set_number(resource, "oldestBlock", oldest);
    json_object_set_new(json, name, resource);
}

/* What is held, and from which block on: everything since the first, and nothing is deleted.  The
 * window that readers may look for at `logs` is therefore as wide as numbers go. */
json_t *orr_jsonrpc_eth_capabilities(struct orr_jsonrpc_call *call) {
    const struct orr_chain *chain = call->rpc->chain;
    uint64_t oldest = orr_chain_number(chain->places[0].link);
    json_t *json = json_object(), *head = json_object(), *window = json_object();
    orr_json_set_number(head, "number", orr_chain_number(chain->head));
    orr_json_set_hash(head, "hash", orr_chain_hash(chain->head));
    json_object_set_new(json, "head", head);
    set_resource(json, "state", call->rpc->has_states, oldest);
    set_resource(json, "tx", true, oldest);
    set_resource(json, "logs", true, oldest);
    set_resource(json, "receipts", true, oldest);
    set_resource(json, "blocks", true, oldest);
    set_resource(json, "stateproofs", call->rpc->has_states, oldest);
    json_object_set_new(window, "type", json_string("window"));
    orr_json_set_number(window, "retentionBlocks", UINT64_MAX);
    json_object_set_new(json_object_get(json, "logs"), "deleteStrategy", window);
    return json;
}

/* ---- eth_config (EIP-7910) ---- */

static bool is_first(const struct orr_evm_chain_config *config, size_t i) {
    const struct orr_evm_chain_fork *f = &config->forks[i];
    return !f->from_number && !f->from_time && orr_u256_is_zero(f->from_difficulty);
}

/* EIP-6122: the checksum of the first block's hash and of every activation up to the `last`-th
 * fork, by number and then by time; those at the first block do not count. */
static uint32_t fork_id(const struct orr_chain *chain, size_t last) {
    const struct orr_evm_chain_config *config = chain->config;
    const struct orr_hash *first = orr_chain_hash(chain->places[0].link);
    uint64_t first_time = chain->places[0].link->block->block.header.timestamp, before = 0;
    uLong crc = crc32(0, first->bytes, sizeof first->bytes);
    for (size_t i = 0; i <= last; i++) {
        const struct orr_evm_chain_fork *f = &config->forks[i];
        uint64_t at = f->from_time ? f->from_time : f->from_number;
        if (is_first(config, i) || !at || at == before || (f->from_time && at <= first_time))
            continue;
        uint8_t be[8];
        orr_store_be64(be, at);
        crc = crc32(crc, be, sizeof be);
        before = at;
    }
    return (uint32_t)crc;
}

/* The names are EIP-7910's. */
static const struct {
    uint16_t number;
    const char *name;
} precompile_names[] = {
    {1, "ECREC"},
    {2, "SHA256"},
    {3, "RIPEMD160"},
    {4, "ID"},
    {5, "MODEXP"},
    {6, "BN254_ADD"},
    {7, "BN254_MUL"},
    {8, "BN254_PAIRING"},
    {9, "BLAKE2F"},
    {10, "KZG_POINT_EVALUATION"},
    {11, "BLS12_G1ADD"},
    {12, "BLS12_G1MSM"},
    {13, "BLS12_G2ADD"},
    {14, "BLS12_G2MSM"},
    {15, "BLS12_PAIRING_CHECK"},
    {16, "BLS12_MAP_FP_TO_G1"},
    {17, "BLS12_MAP_FP2_TO_G2"},
    {256, "P256VERIFY"},
};

static json_t *precompiles(enum orr_evm_fork fork) {
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof precompile_names / sizeof precompile_names[0]; i++) {
        struct orr_address address = {{0}};
        address.bytes[18] = (uint8_t)(precompile_names[i].number >> 8);
        address.bytes[19] = (uint8_t)precompile_names[i].number;
        if (orr_evm_precompile_find(fork, address.bytes))
            orr_json_set_address(json, precompile_names[i].name, &address);
    }
    return json;
}

static json_t *contracts(const struct orr_evm_chain_config *config, enum orr_evm_fork fork) {
    const struct orr_evm_system_contracts *c = orr_evm_chain_contracts(config);
    json_t *json = json_object();
    if (fork >= ORR_FORK_CANCUN)
        orr_json_set_address(json, "BEACON_ROOTS_ADDRESS", &c->beacon_roots);
    if (fork < ORR_FORK_PRAGUE) return json;
    if (fork >= ORR_FORK_AMSTERDAM) {
        orr_json_set_address(json, "BUILDER_DEPOSIT_CONTRACT_ADDRESS", &c->builder_deposits);
        orr_json_set_address(json, "BUILDER_EXIT_CONTRACT_ADDRESS", &c->builder_exits);
    }
    orr_json_set_address(json, "CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS",
                         &c->consolidation_requests);
    orr_json_set_address(json, "DEPOSIT_CONTRACT_ADDRESS", &c->deposit);
    orr_json_set_address(json, "HISTORY_STORAGE_ADDRESS", &c->history);
    orr_json_set_address(json, "WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", &c->withdrawal_requests);
    return json;
}

static json_t *fork_json(const struct orr_chain *chain, size_t i) {
    const struct orr_evm_chain_fork *f = &chain->config->forks[i];
    json_t *json = json_object(), *blobs = json_object();
    char id[11];
    snprintf(id, sizeof id, "0x%08x", fork_id(chain, i));
    json_object_set_new(json, "activationTime", json_integer((json_int_t)f->from_time));
    json_object_set_new(blobs, "target", json_integer(f->blobs.target));
    json_object_set_new(blobs, "max", json_integer(f->blobs.max));
    json_object_set_new(blobs, "baseFeeUpdateFraction",
                        json_integer((json_int_t)f->blobs.update_fraction));
    json_object_set_new(json, "blobSchedule", blobs);
    orr_json_set_quantity(json, "chainId", chain->config->chain_id);
    json_object_set_new(json, "forkId", json_string(id));
    json_object_set_new(json, "precompiles", precompiles(f->fork));
    json_object_set_new(json, "systemContracts", contracts(chain->config, f->fork));
    return json;
}

json_t *orr_jsonrpc_eth_config(struct orr_jsonrpc_call *call) {
    const struct orr_chain *chain = call->rpc->chain;
    const struct orr_evm_chain_config *config = chain->config;
    const struct orr_evm_header *head = &chain->head->block->block.header;
    const struct orr_evm_chain_fork *now = orr_chain_rules(
        chain, chain->head->block->parent ? chain->head->block->parent : chain->head->block, head);
    size_t at = (size_t)(now - config->forks), last = config->n_forks - 1;
    json_t *json = json_object();
    json_object_set_new(json, "current", fork_json(chain, at));
    json_object_set_new(json, "next", at < last ? fork_json(chain, at + 1) : json_null());
    json_object_set_new(json, "last", at < last ? fork_json(chain, last) : json_null());
    return json;
}
