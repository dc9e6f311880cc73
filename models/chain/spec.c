#include "models/chain/spec.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/u256.h"

/* ---- writing ---- */

static void encode_fork(struct orr_rlp_writer *w, const struct orr_evm_chain_fork *f) {
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, f->fork);
    orr_rlp_write_u64(w, f->from_number);
    orr_rlp_write_u64(w, f->from_time);
    orr_rlp_write_u256(w, f->from_difficulty);
    orr_rlp_write_u64(w, f->bomb_delay);
    orr_rlp_write_u64(w, f->blobs.target);
    orr_rlp_write_u64(w, f->blobs.max);
    orr_rlp_write_u64(w, f->blobs.update_fraction);
    orr_rlp_list_end(w, list);
}

static void encode_config(struct orr_rlp_writer *w, const struct orr_evm_chain_config *config) {
    const struct orr_evm_system_contracts *c = orr_evm_chain_contracts(config);
    const struct orr_address *all[] = {&c->beacon_roots,
                                       &c->history,
                                       &c->withdrawal_requests,
                                       &c->consolidation_requests,
                                       &c->builder_deposits,
                                       &c->builder_exits,
                                       &c->deposit};
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u256(w, config->chain_id);
    orr_rlp_write_u64(w, config->dao_number);
    size_t contracts = orr_rlp_list_begin(w);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        orr_rlp_write_string(w, all[i]->bytes, sizeof all[i]->bytes);
    orr_rlp_list_end(w, contracts);
    size_t forks = orr_rlp_list_begin(w);
    for (size_t i = 0; i < config->n_forks; i++) encode_fork(w, &config->forks[i]);
    orr_rlp_list_end(w, forks);
    orr_rlp_list_end(w, list);
}

/* The keys of an account's slots that were used, which a visit may not ask the state about. */
struct keys {
    struct orr_mem *mem;
    struct orr_u256 *v;
    size_t n, cap;
};

static void add_key(void *ctx, const struct orr_u256 *key) {
    struct keys *k = ctx;
    if (k->n == k->cap) {
        size_t cap = k->cap ? 2 * k->cap : 16;
        k->v = orr_resize(k->mem, k->v, k->cap * sizeof *k->v, cap * sizeof *k->v);
        k->cap = cap;
    }
    k->v[k->n++] = *key;
}

static void encode_account(struct orr_rlp_writer *w, struct orr_evm_state *state,
                           const struct orr_address *a, struct keys *keys) {
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, a);
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, a->bytes, sizeof a->bytes);
    orr_rlp_write_u64(w, orr_evm_state_nonce(state, a));
    orr_rlp_write_u256(w, orr_evm_state_balance(state, a));
    orr_rlp_write_string(w, code ? code->bytes : (const uint8_t *)"", code ? code->len : 0);
    size_t slots = orr_rlp_list_begin(w);
    keys->n = 0;
    orr_evm_state_each_slot(state, a, keys, add_key);
    for (size_t i = keys->n; i-- > 0;) { /* visited from the last used to the first */
        struct orr_u256 value = orr_evm_state_storage(state, a, &keys->v[i]);
        if (orr_u256_is_zero(value)) continue;
        size_t slot = orr_rlp_list_begin(w);
        orr_rlp_write_u256(w, keys->v[i]);
        orr_rlp_write_u256(w, value);
        orr_rlp_list_end(w, slot);
    }
    orr_rlp_list_end(w, slots);
    orr_rlp_list_end(w, list);
}

void orr_chain_spec_encode(struct orr_rlp_writer *w, const struct orr_evm_chain_config *config,
                           const struct orr_evm_header *header, struct orr_evm_state *state) {
    struct keys keys = {.mem = w->mem};
    const struct orr_address *used;
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, ORR_SPEC_VERSION);
    encode_config(w, config);
    orr_evm_header_encode(header, w);
    size_t accounts = orr_rlp_list_begin(w);
    for (size_t i = 0; (used = orr_evm_state_used(state, i)); i++) { /* ends: asking of one that
                                                                        was used adds none */
        struct orr_address a = *used;
        if (orr_evm_state_exists(state, &a)) encode_account(w, state, &a, &keys);
    }
    orr_rlp_list_end(w, accounts);
    orr_rlp_list_end(w, list);
    orr_free(w->mem, keys.v, keys.cap * sizeof *keys.v);
}

/* ---- reading ---- */

static bool decode_fork(struct orr_rlp_reader *r, struct orr_evm_chain_fork *f) {
    struct orr_rlp_reader in = orr_rlp_read_list(r);
    uint64_t fork = orr_rlp_read_u64(&in);
    f->fork = (enum orr_evm_fork)fork;
    f->from_number = orr_rlp_read_u64(&in);
    f->from_time = orr_rlp_read_u64(&in);
    f->from_difficulty = orr_rlp_read_u256(&in);
    f->bomb_delay = orr_rlp_read_u64(&in);
    uint64_t target = orr_rlp_read_u64(&in), max = orr_rlp_read_u64(&in);
    f->blobs.target = (unsigned)target;
    f->blobs.max = (unsigned)max;
    f->blobs.update_fraction = orr_rlp_read_u64(&in);
    return orr_rlp_done(&in) && fork < ORR_N_FORKS && target <= max && max <= UINT32_MAX;
}

static bool decode_config(struct orr_rlp_reader *r, struct orr_chain_spec *spec) {
    struct orr_evm_system_contracts *c = &spec->contracts;
    struct orr_address *all[] = {&c->beacon_roots,
                                 &c->history,
                                 &c->withdrawal_requests,
                                 &c->consolidation_requests,
                                 &c->builder_deposits,
                                 &c->builder_exits,
                                 &c->deposit};
    struct orr_rlp_reader in = orr_rlp_read_list(r);
    spec->config.chain_id = orr_rlp_read_u256(&in);
    spec->config.dao_number = orr_rlp_read_u64(&in);
    struct orr_rlp_reader contracts = orr_rlp_read_list(&in), forks = orr_rlp_read_list(&in);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        orr_rlp_read_fixed(&contracts, all[i]->bytes, sizeof all[i]->bytes);
    size_t n = 0;
    while (orr_rlp_more(&forks)) { /* ends: each turn reads a fork */
        if (n == ORR_SPEC_MAX_FORKS || !decode_fork(&forks, &spec->forks[n])) return false;
        n++;
    }
    spec->config.forks = spec->forks;
    spec->config.n_forks = n;
    spec->config.contracts = c;
    return n && orr_rlp_done(&contracts) && orr_rlp_done(&forks) && orr_rlp_done(&in);
}

static bool decode_header(struct orr_rlp_reader *r, struct orr_chain_spec *spec) {
    struct orr_evm_header *h = &spec->header;
    if (orr_evm_header_decode(r, h) || h->extra_data_len > sizeof spec->extra) return false;
    if (h->extra_data_len) memcpy(spec->extra, h->extra_data, h->extra_data_len);
    h->extra_data = spec->extra;
    return true;
}

static bool decode_account(struct orr_rlp_reader *r, struct orr_evm_state *state) {
    struct orr_address a;
    size_t code_len;
    struct orr_rlp_reader in = orr_rlp_read_list(r);
    orr_rlp_read_fixed(&in, a.bytes, sizeof a.bytes);
    uint64_t nonce = orr_rlp_read_u64(&in);
    struct orr_u256 balance = orr_rlp_read_u256(&in);
    const uint8_t *code = orr_rlp_read_string(&in, &code_len);
    struct orr_rlp_reader slots = orr_rlp_read_list(&in);
    if (!orr_rlp_done(&in) || orr_evm_state_exists(state, &a)) return false; /* each once */
    orr_evm_state_set_nonce(state, &a, nonce);
    orr_evm_state_set_balance(state, &a, balance);
    if (code_len) orr_evm_state_set_code(state, &a, code, code_len);
    while (orr_rlp_more(&slots)) { /* ends: each turn reads a slot */
        struct orr_rlp_reader slot = orr_rlp_read_list(&slots);
        struct orr_u256 key = orr_rlp_read_u256(&slot), value = orr_rlp_read_u256(&slot);
        struct orr_u256 old = orr_evm_state_storage(state, &a, &key);
        if (!orr_rlp_done(&slot) || orr_u256_is_zero(value) || !orr_u256_is_zero(old)) return false;
        orr_evm_state_set_storage(state, &a, &key, &value);
    }
    return orr_rlp_done(&slots);
}

static bool decode_accounts(struct orr_rlp_reader *r, struct orr_evm_state *state) {
    struct orr_rlp_reader accounts = orr_rlp_read_list(r);
    bool good = true;
    orr_evm_state_begin_tx(state);
    while (good && orr_rlp_more(&accounts)) good = decode_account(&accounts, state);
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER); /* keeps accounts that are empty on purpose */
    return good && orr_rlp_done(&accounts);
}

int orr_chain_spec_decode(const uint8_t *bytes, size_t len, struct orr_evm_store *store,
                          struct orr_chain_spec *spec) {
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len), in = orr_rlp_read_list(&all);
    *spec = (struct orr_chain_spec){.state = NULL};
    if (!orr_rlp_done(&all) || orr_rlp_read_u64(&in) != ORR_SPEC_VERSION ||
        !decode_config(&in, spec) || !decode_header(&in, spec))
        return ORR_EFORMAT;
    spec->state = orr_evm_state_create(store);
    bool good = decode_accounts(&in, spec->state) && orr_rlp_done(&in);
    struct orr_hash root = orr_evm_state_root(spec->state);
    if (good && orr_hash_equal(root, spec->header.state_root)) return 0;
    orr_chain_spec_free(spec);
    return ORR_EFORMAT;
}

void orr_chain_spec_free(struct orr_chain_spec *spec) {
    if (spec->state) orr_evm_state_destroy(spec->state);
    spec->state = NULL;
}
