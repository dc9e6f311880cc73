/* block_test.c - chains of blocks: each must be accepted or refused as the test says, and the
 * head of the chain and its state must be the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/block.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/json.h"
#include "sim/cli/vm/test.h"

/* One block that was accepted (the first is the genesis block, of which only the header is known).
 */
struct link {
    struct link *parent;
    struct orr_evm_header header;
    struct orr_hash hash;
    struct orr_u256 total_difficulty;
    struct orr_evm_state *state;
    struct orr_evm_block block;
    struct orr_buffer bytes;
};

struct chain {
    struct orr_vm_tester *t;
    const char *name, *network;
    struct orr_evm_chain_config config;
    struct orr_evm_chain_fork forks[8];
    struct orr_evm_store *store;
    struct link **links;
    size_t n_links, links_cap;
    struct link *head;
};

/* What became of one block. */
struct verdict {
    enum orr_evm_block_error error;
    enum orr_evm_tx_error tx_error;
};

static void fail(struct chain *c, const char *reason) {
    orr_vm_report_add(&c->t->report->failed, c->t->file, c->name, c->network, reason, NULL);
}

/* ---- networks ---- */

/* "Cancun", "FrontierToHomesteadAt5", "ShanghaiToCancunAtTime15k",
 * "ArrowGlacierToParisAtDiffC0000". */
static int set_network(struct chain *c, const json_t *config) {
    char from[64], to[64];
    enum orr_evm_fork fork;
    const char *at = strstr(c->network, "At"), *middle = strstr(c->network, "To");
    c->config = (struct orr_evm_chain_config){.chain_id = orr_u256_from_u64(1),
                                              .forks = c->forks,
                                              .n_forks = 1,
                                              .dao_number = UINT64_MAX};
    const json_t *chain_id = json_object_get(config, "chainid");
    if (chain_id && orr_json_u256(chain_id, &c->config.chain_id)) return ORR_EFORMAT;
    if (!middle || !at || at < middle) {
        if (orr_fixture_fork(c->network, &fork)) return ORR_ENOTFOUND;
        c->forks[0] = orr_evm_chain_fork(fork);
        c->forks[0].blobs = orr_fixture_blobs(config, c->network, fork);
        return 0;
    }
    snprintf(from, sizeof from, "%.*s", (int)(middle - c->network), c->network);
    snprintf(to, sizeof to, "%.*s", (int)(at - middle - 2), middle + 2);
    if (orr_fixture_fork(from, &fork)) return ORR_ENOTFOUND;
    c->forks[0] = orr_evm_chain_fork(fork);
    c->forks[0].blobs = orr_fixture_blobs(config, from, fork);
    bool is_dao = !strcmp(to, "Dao");
    if (!is_dao && orr_fixture_fork(to, &fork)) return ORR_ENOTFOUND;
    c->config.n_forks = 2;
    c->forks[1] = orr_evm_chain_fork(fork);
    c->forks[1].blobs = orr_fixture_blobs(config, to, fork);
    if (!strncmp(at, "AtTime", 6))
        c->forks[1].from_time = strtoull(at + 6, NULL, 10) * (strchr(at, 'k') ? 1000 : 1);
    else if (!strncmp(at, "AtDiff", 6))
        c->forks[1].from_difficulty = orr_u256_from_u64(strtoull(at + 6, NULL, 16));
    else
        c->forks[1].from_number = strtoull(at + 2, NULL, 10);
    if (is_dao) c->config.dao_number = c->forks[1].from_number;
    return 0;
}

/* ---- the chain ---- */

static struct link *find_link(struct chain *c, const struct orr_hash *hash) {
    for (size_t i = 0; i < c->n_links; i++)
        if (orr_hash_equal(c->links[i]->hash, *hash)) return c->links[i];
    return NULL;
}

static struct link *add_link(struct chain *c) {
    if (c->n_links == c->links_cap) {
        c->links_cap = c->links_cap ? 2 * c->links_cap : 16;
        c->links = orr_xrealloc(c->links, c->links_cap * sizeof c->links[0]);
    }
    struct link *link = memset(orr_xrealloc(NULL, sizeof *link), 0, sizeof *link);
    return c->links[c->n_links++] = link;
}

static void end_chain(struct chain *c) {
    for (size_t i = 0; i < c->n_links; i++) {
        orr_evm_block_free(c->t->mem, &c->links[i]->block);
        orr_evm_state_destroy(c->links[i]->state);
        free(c->links[i]->bytes.bytes);
        free(c->links[i]);
    }
    free(c->links);
    orr_evm_store_destroy(c->store);
}

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    for (const struct link *l = ctx; l; l = l->parent)
        if (l->header.number == number) *hash = l->hash;
}

static struct orr_evm_chain_view view_of(struct chain *c, struct link *parent) {
    struct orr_evm_chain_view view = {.config = &c->config,
                                      .parent_total_difficulty = parent->total_difficulty,
                                      .hashes = {parent, block_hash}};
    for (struct link *l = parent; l && view.n_ancestors < ORR_MAX_ANCESTORS; l = l->parent)
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
static enum orr_evm_tx_error tx_error_of(struct chain *c, const struct orr_evm_chain_view *view,
                                         const struct orr_evm_block *block,
                                         struct orr_evm_state *parent) {
    struct orr_evm_state *state = orr_evm_state_fork(parent);
    struct orr_evm_block_result result;
    orr_evm_execute_block(c->t->executor, state, view, block, &result);
    enum orr_evm_tx_error error = result.tx_error;
    orr_evm_block_result_free(c->t->mem, &result);
    orr_evm_state_destroy(state);
    return error;
}

/* Decodes, checks and runs one block; keeps it when it is valid.  bytes are moved in. */
static struct verdict import(struct chain *c, struct orr_buffer bytes) {
    struct orr_mem *mem = c->t->mem;
    struct orr_evm_block block;
    struct verdict v = {ORR_BLOCK_OK, ORR_TX_OK};
    int bad = orr_evm_block_decode(mem, bytes.bytes, bytes.len, &block);
    if (bad) {
        free(bytes.bytes);
        v.error = ORR_BLOCK_RLP_STRUCTURES_ENCODING;
        v.tx_error = bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE;
        return v;
    }
    struct link *parent = find_link(c, &block.header.parent_hash);
    if (!parent) {
        v.error = ORR_BLOCK_UNKNOWN_PARENT;
    } else if (!find_link(c, &block.hash)) {
        struct orr_evm_chain_view view = view_of(c, parent);
        struct orr_evm_state *state = orr_evm_state_fork(parent->state);
        struct orr_evm_block_result result;
        v.error = orr_evm_block_validate(c->t->executor, state, &view, &block, &result);
        v.tx_error = result.tx_error;
        orr_evm_block_result_free(mem, &result);
        if (v.error == ORR_BLOCK_INVALID_TRANSACTIONS_ROOT)
            v.tx_error = tx_error_of(c, &view, &block, parent->state);
        if (!v.error) {
            struct link *link = add_link(c);
            orr_evm_state_trim(state);
            *link =
                (struct link){parent,     block.header,
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

static bool begin_chain(struct chain *c, const json_t *test) {
    struct link *genesis = add_link(c);
    char why[128];
    genesis->state = orr_evm_state_create(c->store);
    if (orr_fixture_state(json_object_get(test, "pre"), genesis->state, why) ||
        orr_json_bytes(json_object_get(test, "genesisRLP"), &genesis->bytes)) {
        orr_vm_report_add(&c->t->report->bad, c->t->file, c->name, c->network,
                          "pre or genesisRLP is malformed", NULL);
        return false;
    }
    if (orr_evm_block_decode(c->t->mem, genesis->bytes.bytes, genesis->bytes.len,
                             &genesis->block)) {
        fail(c, "the genesis block does not decode");
        return false;
    }
    genesis->header = genesis->block.header;
    genesis->hash = genesis->block.hash;
    genesis->total_difficulty = genesis->header.difficulty;
    c->head = genesis;
    struct orr_hash root = orr_evm_state_root(genesis->state);
    if (!orr_hash_equal(root, genesis->header.state_root)) fail(c, "another genesis state root");
    return orr_hash_equal(root, genesis->header.state_root);
}

/* ---- judging ---- */

/* Names that the suites give a fault in their own reading; ours is the second. */
static const struct {
    const char *expected;
    enum orr_evm_block_error error;
} synonyms[] = {
    {"UNKNOWN_PARENT_ZERO", ORR_BLOCK_UNKNOWN_PARENT},
    {"UNCLE_PARENT_INCORRECT", ORR_BLOCK_UNCLE_INVALID},
    {"INVALID_GASLIMIT",
     ORR_BLOCK_INCORRECT_BLOCK_FORMAT}, /* London's first block without base fee */
    {"IMPORT_IMPOSSIBLE", ORR_BLOCK_INCORRECT_BLOCK_FORMAT},
    {"IMPORT_IMPOSSIBLE", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
    {"RLP_", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
    {"RLP_WITHDRAWALS_NOT_READ", ORR_BLOCK_INCORRECT_BLOCK_FORMAT},
    {"UNCLE_IS_ANCESTOR", ORR_BLOCK_UNCLE_KNOWN},
    {"UNCLE_IS_BROTHER", ORR_BLOCK_UNCLE_INVALID},
    {"UNCLE_IN_CHAIN", ORR_BLOCK_UNCLE_KNOWN},
    {"UNCLE_UNKNOWN_PARENT", ORR_BLOCK_UNCLE_INVALID},
    {"BLOB_GAS_USED_ABOVE_LIMIT", ORR_BLOCK_INCORRECT_BLOB_GAS_USED},
    {"TransactionException.", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
};
enum { N_SYNONYMS = sizeof synonyms / sizeof synonyms[0] };

static bool is_synonym(const char *expected, struct verdict v) {
    for (size_t i = 0; i < N_SYNONYMS; i++)
        if (synonyms[i].error == v.error && strstr(expected, synonyms[i].expected)) return true;
    return false;
}

/* Whether one of the names is known here; of others it can only be said that the block is refused.
 */
static bool is_known(const char *expected) {
    for (int i = 1; i < ORR_BLOCK_N_ERRORS; i++)
        if (strstr(expected, orr_evm_block_error_name((enum orr_evm_block_error)i))) return true;
    for (int i = 1; i < ORR_TX_N_ERRORS; i++)
        if (strstr(expected, orr_evm_tx_error_name((enum orr_evm_tx_error)i))) return true;
    for (size_t i = 0; i < N_SYNONYMS; i++)
        if (strstr(expected, synonyms[i].expected)) return true;
    return false;
}

static bool is_expected(const char *expected, struct verdict v) {
    if (!strchr(expected, '.') || !is_known(expected)) return true;
    if (v.tx_error && strstr(expected, orr_evm_tx_error_name(v.tx_error))) return true;
    if (strstr(expected, "TYPE_NOT_SUPPORTED") &&
        strstr(orr_evm_tx_error_name(v.tx_error), "_PRE_FORK"))
        return true; /* a type that comes with a later fork */
    return strstr(expected, orr_evm_block_error_name(v.error)) || is_synonym(expected, v);
}

static bool judge_block(struct chain *c, size_t i, const json_t *block) {
    char reason[400];
    struct orr_buffer bytes;
    if (!json_is_string(json_object_get(block, "rlp"))) {
        snprintf(reason, sizeof reason, "block %zu has no rlp", i);
        orr_vm_report_add(&c->t->report->bad, c->t->file, c->name, c->network, reason, NULL);
        return false;
    }
    const char *expected = json_string_value(json_object_get(block, "expectException"));
    if (!expected && !json_object_get(block, "blockHeader")) expected = "refusal";
    struct verdict v = {ORR_BLOCK_RLP_STRUCTURES_ENCODING, ORR_TX_RLP_INVALID_VALUE};
    if (!orr_json_bytes(json_object_get(block, "rlp"), &bytes)) v = import(c, bytes);
    const char *why =
        v.tx_error ? orr_evm_tx_error_name(v.tx_error) : orr_evm_block_error_name(v.error);
    const char *text =
        v.tx_error ? orr_evm_tx_error_text(v.tx_error) : orr_evm_block_error_text(v.error);
    if (!v.error && expected)
        snprintf(reason, sizeof reason, "block %zu: accepted, but expected %.200s", i, expected);
    else if (v.error && !expected)
        snprintf(reason, sizeof reason, "block %zu: refused: %s (%s)", i, why, text);
    else if (v.error && c->t->options->wants_reasons && !is_expected(expected, v))
        snprintf(reason, sizeof reason, "block %zu: refused for %s, expected %.200s", i, why,
                 expected);
    else
        return true;
    fail(c, reason);
    return false;
}

static void judge_head(struct chain *c, const json_t *test) {
    struct orr_hash expected, root = orr_evm_state_root(c->head->state);
    const json_t *post = json_object_get(test, "postState");
    const json_t *post_hash = json_object_get(test, "postStateHash");
    if (orr_json_hash(json_object_get(test, "lastblockhash"), &expected) ||
        !orr_hash_equal(expected, c->head->hash)) {
        fail(c, "another head of the chain");
        return;
    }
    if (json_is_object(post)) {
        char why[128];
        struct orr_evm_state *state = orr_evm_state_create(c->store);
        int bad = orr_fixture_state(post, state, why);
        expected = orr_evm_state_root(state);
        orr_evm_state_destroy(state);
        if (bad || !orr_hash_equal(expected, root)) {
            fail(c, "another post state");
            return;
        }
    } else if (!orr_json_hash(post_hash, &expected) && !orr_hash_equal(expected, root)) {
        fail(c, "another post state");
        return;
    }
    c->t->report->n_passed++;
}

void orr_vm_block_test(struct orr_vm_tester *t, const char *name, const json_t *test) {
    const char *network = json_string_value(json_object_get(test, "network"));
    const json_t *blocks = json_object_get(test, "blocks");
    if (!network || !json_is_array(blocks)) {
        orr_vm_report_add(&t->report->not_run, t->file, name, "", orr_fixture_told(test), NULL);
        return;
    }
    if (t->options->only_fork && strcmp(t->options->only_fork, network)) return;
    struct chain c = {.t = t, .name = name, .network = network};
    if (set_network(&c, json_object_get(test, "config"))) {
        orr_vm_report_add(&t->report->not_run, t->file, name, network, "unknown network", NULL);
        return;
    }
    c.store = orr_evm_store_create(t->mem);
    bool good = begin_chain(&c, test);
    for (size_t i = 0; good && i < json_array_size(blocks); i++)
        good = judge_block(&c, i, json_array_get(blocks, i));
    if (good) judge_head(&c, test);
    end_chain(&c);
}
