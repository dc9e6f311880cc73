#include "sim/genesis/genesis.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "sim/genesis/alloc.h"

static int fault(char why[ORR_GENESIS_WHY_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(why, ORR_GENESIS_WHY_BYTES, format, args);
    va_end(args);
    return ORR_EFORMAT;
}

/* ---- the forks ---- */

enum when { AT_BLOCK, AT_DIFFICULTY, AT_TIME };

/* In the order in which they must come. */
static const struct fork_key {
    const char *key, *schedule; /* in config, in config.blobSchedule */
    enum when when;
    enum orr_evm_fork fork;
    uint64_t bomb_delay;  /* 0: as before */
    bool may_be_missing;  /* though a later one is there */
    unsigned target, max; /* when the schedule leaves it out; 0: as before */
    uint64_t fraction;
} fork_keys[] = {
    {"homesteadBlock", NULL, AT_BLOCK, ORR_FORK_HOMESTEAD, 0, false, 0, 0, 0},
    {"daoForkBlock", NULL, AT_BLOCK, ORR_FORK_HOMESTEAD, 0, true, 0, 0, 0},
    {"eip150Block", NULL, AT_BLOCK, ORR_FORK_EIP150, 0, false, 0, 0, 0},
    {"eip155Block", NULL, AT_BLOCK, ORR_FORK_EIP150, 0, false, 0, 0, 0}, /* with eip158Block */
    {"eip158Block", NULL, AT_BLOCK, ORR_FORK_EIP158, 0, false, 0, 0, 0},
    {"byzantiumBlock", NULL, AT_BLOCK, ORR_FORK_BYZANTIUM, 3000000, false, 0, 0, 0},
    {"constantinopleBlock", NULL, AT_BLOCK, ORR_FORK_CONSTANTINOPLE, 5000000, false, 0, 0, 0},
    {"petersburgBlock", NULL, AT_BLOCK, ORR_FORK_PETERSBURG, 0, false, 0, 0, 0},
    {"istanbulBlock", NULL, AT_BLOCK, ORR_FORK_ISTANBUL, 0, false, 0, 0, 0},
    {"muirGlacierBlock", NULL, AT_BLOCK, ORR_FORK_ISTANBUL, 9000000, true, 0, 0, 0},
    {"berlinBlock", NULL, AT_BLOCK, ORR_FORK_BERLIN, 0, false, 0, 0, 0},
    {"londonBlock", NULL, AT_BLOCK, ORR_FORK_LONDON, 9700000, false, 0, 0, 0},
    {"arrowGlacierBlock", NULL, AT_BLOCK, ORR_FORK_LONDON, 10700000, true, 0, 0, 0},
    {"grayGlacierBlock", NULL, AT_BLOCK, ORR_FORK_LONDON, 11400000, true, 0, 0, 0},
    {"mergeNetsplitBlock", NULL, AT_BLOCK, ORR_FORK_LONDON, 0, true, 0, 0, 0},
    {"terminalTotalDifficulty", NULL, AT_DIFFICULTY, ORR_FORK_PARIS, 0, false, 0, 0, 0},
    {"shanghaiTime", NULL, AT_TIME, ORR_FORK_SHANGHAI, 0, false, 0, 0, 0},
    {"cancunTime", "cancun", AT_TIME, ORR_FORK_CANCUN, 0, false, 3, 6, 3338477},
    {"pragueTime", "prague", AT_TIME, ORR_FORK_PRAGUE, 0, false, 6, 9, 5007716},
    {"osakaTime", "osaka", AT_TIME, ORR_FORK_OSAKA, 0, false, 0, 0, 0},
    {"bpo1Time", "bpo1", AT_TIME, ORR_FORK_OSAKA, 0, true, 10, 15, 8346193},
    {"bpo2Time", "bpo2", AT_TIME, ORR_FORK_OSAKA, 0, true, 14, 21, 11684671},
    {"bpo3Time", "bpo3", AT_TIME, ORR_FORK_OSAKA, 0, true, 0, 0, 0},
    {"bpo4Time", "bpo4", AT_TIME, ORR_FORK_OSAKA, 0, true, 0, 0, 0},
    {"bpo5Time", "bpo5", AT_TIME, ORR_FORK_OSAKA, 0, true, 0, 0, 0},
    {"amsterdamTime", "amsterdam", AT_TIME, ORR_FORK_AMSTERDAM, 0, false, 0, 0, 0},
};
enum { N_FORK_KEYS = sizeof fork_keys / sizeof fork_keys[0] };
_Static_assert((int)N_FORK_KEYS < (int)ORR_GENESIS_MAX_FORKS, "room for each key and Frontier");

static const json_t *given(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value; /* a null is a fork that is not planned */
}

static int read_schedule(const json_t *config, const struct fork_key *k,
                         struct orr_evm_blob_schedule *blobs, char *why) {
    const json_t *entry = given(json_object_get(config, "blobSchedule"), k->schedule);
    uint64_t target, max, fraction;
    if (!entry && k->max) *blobs = (struct orr_evm_blob_schedule){k->target, k->max, k->fraction};
    bool keeps = k->fork >= ORR_FORK_OSAKA && !k->may_be_missing; /* the one before it */
    if (!entry && !k->max && !keeps)
        return fault(why, "config: %s is given, but blobSchedule.%s is not", k->key, k->schedule);
    if (!entry) return 0;
    if (orr_json_u64(json_object_get(entry, "target"), &target) || target > UINT32_MAX)
        return fault(why, "config: blobSchedule.%s.target is no number of blobs", k->schedule);
    if (orr_json_u64(json_object_get(entry, "max"), &max) || max > UINT32_MAX || max < target)
        return fault(why, "config: blobSchedule.%s.max is no number of blobs, or below target",
                     k->schedule);
    if (orr_json_u64(json_object_get(entry, "baseFeeUpdateFraction"), &fraction) || !fraction)
        return fault(why, "config: blobSchedule.%s.baseFeeUpdateFraction is no positive number",
                     k->schedule);
    *blobs = (struct orr_evm_blob_schedule){(unsigned)target, (unsigned)max, fraction};
    return 0;
}

/* Sets when an entry of the timetable begins. */
static int read_start(const json_t *value, const struct fork_key *k, struct orr_evm_chain_fork *f,
                      char *why) {
    static const char *const kinds[] = {"block number", "difficulty", "time in seconds"};
    int bad = k->when == AT_DIFFICULTY ? orr_json_u256(value, &f->from_difficulty)
              : k->when == AT_BLOCK    ? orr_json_u64(value, &f->from_number)
                                       : orr_json_u64(value, &f->from_time);
    return bad ? fault(why, "config: %s is no %s", k->key, kinds[k->when]) : 0;
}

/* Adds what one key says to the timetable; `missing` is the last key before it that should have
 * been there and was not. */
static int read_fork(const json_t *config, const struct fork_key *k, struct orr_genesis_config *out,
                     const char **missing, char *why) {
    const json_t *value = given(config, k->key);
    if (!value) {
        if (!k->may_be_missing && !*missing) *missing = k->key;
        return 0;
    }
    if (*missing) return fault(why, "config: %s is given, but %s is not", k->key, *missing);
    const struct orr_evm_chain_fork *before = &out->forks[out->chain.n_forks - 1];
    struct orr_evm_chain_fork f = *before;
    f.fork = k->fork;
    if (k->bomb_delay) f.bomb_delay = k->bomb_delay;
    if (k->when == AT_DIFFICULTY) f.from_number = 0; /* EIP-3675: by work alone */
    int error = read_start(value, k, &f, why);
    if (!error && k->schedule) error = read_schedule(config, k, &f.blobs, why);
    if (error) return error;
    if ((k->when == AT_BLOCK && f.from_number < before->from_number) ||
        (k->when == AT_TIME && f.from_time < before->from_time))
        return fault(why, "config: %s comes before the fork that it follows", k->key);
    if (!strcmp(k->key, "daoForkBlock") && json_is_true(json_object_get(config, "daoForkSupport")))
        out->chain.dao_number = f.from_number;
    uint64_t eip155;
    if (!strcmp(k->key, "eip158Block") &&
        (orr_json_u64(given(config, "eip155Block"), &eip155) || eip155 != f.from_number))
        return fault(why, "config: eip155Block and eip158Block differ; they are one fork here");
    /* a fork that changes no rule counts in fork ids all the same (EIP-2124) */
    bool is_named = !strcmp(k->key, "mergeNetsplitBlock");
    if (k->fork != before->fork || k->bomb_delay || k->schedule || is_named)
        out->forks[out->chain.n_forks++] = f;
    return 0;
}

static bool ends_in(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n > m && !strcmp(text + n - m, end);
}

static int check_keys(const json_t *config, char *why) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)config, key, value) {
        bool is_known = json_is_null(value) || !(ends_in(key, "Block") || ends_in(key, "Time"));
        for (int i = 0; i < N_FORK_KEYS && !is_known; i++)
            is_known = !strcmp(key, fork_keys[i].key);
        if (!is_known)
            return fault(why, "config: %.60s: the rules of this fork are not known here", key);
    }
    return 0;
}

/* ---- the contracts ---- */

static int read_contract(const json_t *object, const char *key, const char *shown,
                         struct orr_address *to, char *why) {
    const json_t *value = given(object, key);
    if (!value || !orr_json_address(value, to)) return 0;
    return fault(why, "config: %s is no address of 20 bytes", shown);
}

int orr_genesis_contracts(const json_t *config, struct orr_evm_system_contracts *c,
                          char why[ORR_GENESIS_WHY_BYTES]) {
    const json_t *others = json_object_get(config, "systemContracts");
    int error =
        read_contract(config, "depositContractAddress", "depositContractAddress", &c->deposit, why);
    if (!error)
        error = read_contract(others, "beaconRoots", "systemContracts.beaconRoots",
                              &c->beacon_roots, why);
    if (!error)
        error = read_contract(others, "history", "systemContracts.history", &c->history, why);
    if (!error)
        error = read_contract(others, "withdrawalRequests", "systemContracts.withdrawalRequests",
                              &c->withdrawal_requests, why);
    if (!error)
        error =
            read_contract(others, "consolidationRequests", "systemContracts.consolidationRequests",
                          &c->consolidation_requests, why);
    if (!error)
        error = read_contract(others, "builderDeposits", "systemContracts.builderDeposits",
                              &c->builder_deposits, why);
    if (!error)
        error = read_contract(others, "builderExits", "systemContracts.builderExits",
                              &c->builder_exits, why);
    return error;
}

int orr_genesis_config(const json_t *config, struct orr_genesis_config *out,
                       char why[ORR_GENESIS_WHY_BYTES]) {
    const struct orr_evm_chain_config *mainnet = orr_evm_chain_mainnet();
    *out = (struct orr_genesis_config){.chain = *mainnet,
                                       .contracts = *orr_evm_chain_contracts(mainnet)};
    if (!config) return 0;
    if (!json_is_object(config)) return fault(why, "config is no object");
    out->chain.contracts = &out->contracts;
    out->chain.forks = out->forks;
    out->chain.n_forks = 1;
    out->chain.dao_number = UINT64_MAX;
    out->forks[0] = orr_evm_chain_fork(ORR_FORK_FRONTIER);
    const json_t *chain_id = given(config, "chainId");
    if (chain_id && orr_json_u256(chain_id, &out->chain.chain_id))
        return fault(why, "config: chainId is no number");
    const char *missing = NULL;
    int error = check_keys(config, why);
    for (int i = 0; i < N_FORK_KEYS && !error; i++)
        error = read_fork(config, &fork_keys[i], out, &missing, why);
    return error ? error : orr_genesis_contracts(config, &out->contracts, why);
}

/* ---- the way back ---- */

/* The timetable's entry that a key speaks of, or NULL: those of Osaka are it and its schedules. */
static const struct orr_evm_chain_fork *entry_of(const struct orr_evm_chain_config *config,
                                                 const struct fork_key *k, unsigned bpo) {
    enum orr_evm_fork fork = strcmp(k->key, "eip155Block") ? k->fork : ORR_FORK_EIP158;
    for (size_t i = 0; i < config->n_forks; i++) {
        if (k->may_be_missing && config->forks[i].fork != fork) continue;
        if (config->forks[i].fork >= fork && !bpo--) return &config->forks[i];
    }
    return NULL;
}

static void put_number(json_t *object, const char *key, struct orr_u256 v) {
    json_object_set_new(object, key, json_integer((json_int_t)v.limb[0]));
    if (!(v.limb[1] | v.limb[2] | v.limb[3]) && v.limb[0] <= INT64_MAX) return;
    char hex[67] = "0x";
    struct orr_hash bytes;
    orr_u256_store_be(bytes.bytes, v);
    orr_hex_encode(hex + 2, bytes.bytes, 32);
    json_object_set_new(object, key, json_string(hex));
}

static void put_address(json_t *object, const char *key, const struct orr_address *address) {
    char hex[43] = "0x";
    orr_hex_encode(hex + 2, address->bytes, 20);
    json_object_set_new(object, key, json_string(hex));
}

static void put_contracts(json_t *json, const struct orr_evm_system_contracts *c) {
    const struct orr_evm_system_contracts *usual = orr_evm_chain_contracts(orr_evm_chain_mainnet());
    put_address(json, "depositContractAddress", &c->deposit);
    struct orr_evm_system_contracts moved = *c;
    moved.deposit = usual->deposit;
    if (!memcmp(&moved, usual, sizeof moved)) return;
    json_t *others = json_object();
    put_address(others, "beaconRoots", &c->beacon_roots);
    put_address(others, "history", &c->history);
    put_address(others, "withdrawalRequests", &c->withdrawal_requests);
    put_address(others, "consolidationRequests", &c->consolidation_requests);
    put_address(others, "builderDeposits", &c->builder_deposits);
    put_address(others, "builderExits", &c->builder_exits);
    json_object_set_new(json, "systemContracts", others);
}

json_t *orr_genesis_config_json(const struct orr_evm_chain_config *config) {
    json_t *json = json_object(), *schedule = json_object();
    put_number(json, "chainId", config->chain_id);
    unsigned bpo = 0;
    for (int i = 0; i < N_FORK_KEYS; i++) {
        const struct fork_key *k = &fork_keys[i];
        if (k->may_be_missing && k->fork != ORR_FORK_OSAKA) continue;
        if (k->may_be_missing) bpo++;
        const struct orr_evm_chain_fork *f = entry_of(config, k, k->may_be_missing ? bpo : 0);
        if (!f) continue;
        put_number(json, k->key,
                   k->when == AT_DIFFICULTY ? f->from_difficulty
                   : k->when == AT_BLOCK    ? orr_u256_from_u64(f->from_number)
                                            : orr_u256_from_u64(f->from_time));
        if (!k->schedule) continue;
        json_t *blobs = json_object();
        json_object_set_new(blobs, "target", json_integer(f->blobs.target));
        json_object_set_new(blobs, "max", json_integer(f->blobs.max));
        put_number(blobs, "baseFeeUpdateFraction", orr_u256_from_u64(f->blobs.update_fraction));
        json_object_set_new(schedule, k->schedule, blobs);
    }
    if (json_object_size(schedule)) json_object_set(json, "blobSchedule", schedule);
    json_decref(schedule);
    put_contracts(json, orr_evm_chain_contracts(config));
    return json;
}

/* ---- the first block ---- */

static int read_u64(const json_t *genesis, const char *key, uint64_t *to, char *why) {
    const json_t *value = given(genesis, key);
    return value && orr_json_u64(value, to) ? fault(why, "%s is no number below 2^64", key) : 0;
}

static int read_u256(const json_t *genesis, const char *key, struct orr_u256 *to, char *why) {
    const json_t *value = given(genesis, key);
    return value && orr_json_u256(value, to) ? fault(why, "%s is no number", key) : 0;
}

static int read_fixed(const json_t *genesis, const char *key, void *to, size_t len, char *why) {
    const json_t *value = given(genesis, key);
    return value && orr_json_fixed(value, to, len) ? fault(why, "%s is not %zu bytes", key, len)
                                                   : 0;
}

static int read_values(const json_t *g, struct orr_evm_header *h, struct orr_buffer *extra,
                       char *why) {
    uint64_t nonce = 0;
    const json_t *data = given(g, "extraData");
    if (data && orr_json_bytes(data, extra)) return fault(why, "extraData is no hexadecimal bytes");
    h->extra_data = extra->bytes;
    h->extra_data_len = extra->len;
    int error = read_u64(g, "number", &h->number, why);
    if (!error) error = read_u64(g, "timestamp", &h->timestamp, why);
    if (!error) error = read_u64(g, "gasLimit", &h->gas_limit, why);
    if (!error) error = read_u64(g, "gasUsed", &h->gas_used, why);
    if (!error) error = read_u64(g, "nonce", &nonce, why);
    if (!error) error = read_u64(g, "excessBlobGas", &h->excess_blob_gas, why);
    if (!error) error = read_u64(g, "blobGasUsed", &h->blob_gas_used, why);
    if (!error) error = read_u64(g, "slotNumber", &h->slot_number, why);
    if (!error) error = read_u256(g, "difficulty", &h->difficulty, why);
    if (!error) error = read_u256(g, "baseFeePerGas", &h->base_fee, why);
    if (!error) error = read_fixed(g, "mixHash", h->mix_hash.bytes, 32, why);
    if (!error) error = read_fixed(g, "parentHash", h->parent_hash.bytes, 32, why);
    if (!error) error = read_fixed(g, "coinbase", h->coinbase.bytes, 20, why);
    orr_store_be64(h->nonce, nonce);
    return error;
}

int orr_genesis_header(const json_t *genesis, const struct orr_evm_chain_config *config,
                       const struct orr_hash *state_root, struct orr_evm_header *header,
                       struct orr_buffer *extra, char why[ORR_GENESIS_WHY_BYTES]) {
    const struct orr_hash empty = orr_keccak256("\x80", 1); /* the root of an empty trie */
    *header = (struct orr_evm_header){.state_root = *state_root,
                                      .transactions_root = empty,
                                      .receipts_root = empty,
                                      .withdrawals_root = empty,
                                      .ommers_hash = orr_keccak256("\xc0", 1),
                                      .access_list_hash = orr_keccak256("\xc0", 1),
                                      .base_fee = orr_u256_from_u64(1000000000)}; /* EIP-1559 */
    *extra = (struct orr_buffer){NULL, 0};
    orr_sha256(NULL, 0, header->requests_hash.bytes); /* EIP-7685: none */
    int error = read_values(genesis, header, extra, why);
    if (error) return error;
    const struct orr_evm_chain_fork *rules =
        orr_evm_chain_fork_at(config, header->number, header->timestamp, &header->difficulty);
    header->n_fields = orr_evm_header_fields_of(rules->fork);
    return 0;
}

/* ---- the whole ---- */

int orr_genesis_read(const json_t *json, struct orr_evm_store *store, struct orr_genesis *genesis,
                     char why[ORR_GENESIS_WHY_BYTES]) {
    char bad[128] = "";
    *genesis = (struct orr_genesis){.state = NULL};
    if (!json_is_object(json)) return fault(why, "a genesis is an object");
    int error = orr_genesis_config(json_object_get(json, "config"), &genesis->config, why);
    if (error) return error;
    genesis->state = orr_evm_state_create(store);
    if (orr_genesis_state(json_object_get(json, "alloc"), genesis->state, bad))
        return fault(why, "alloc: %s", bad);
    struct orr_hash root = orr_evm_state_root(genesis->state);
    return orr_genesis_header(json, &genesis->config.chain, &root, &genesis->header,
                              &genesis->extra, why);
}

void orr_genesis_end(struct orr_genesis *genesis) {
    if (genesis->state) orr_evm_state_destroy(genesis->state);
    free(genesis->extra.bytes);
    genesis->state = NULL;
    genesis->extra = (struct orr_buffer){NULL, 0};
}
