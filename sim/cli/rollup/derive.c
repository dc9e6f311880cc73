/* orrery rollup derive DIR: the L2 chain that a stretch of L1 says, derived and executed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/deposit.h"
#include "models/rollup/verifier.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/options.h"
#include "sim/cli/rollup/config.h"
#include "sim/cli/rollup/upgrade_files.h"
#include "sim/cli/vm/code.h"
#include "sim/cli/vm/fixture.h"
#include "sim/genesis/genesis.h"
#include "sim/genesis/alloc.h"

int orr_rollup_derive_command(int argc, char **argv);

static const char verb[] = "rollup derive";

enum { FINALIZED, JSON };
static const struct orr_option options[] = {
    [FINALIZED] = {"--finalized", "NUMBER", "L1 is final up to this block: no reorg goes below it"},
    [JSON] = {"--json", NULL, "as one JSON object: blocks, heads, what was dropped"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct asked {
    const char *folder;
    bool json, has_finalized;
    uint64_t finalized;
};

static int usage(FILE *to) {
    fputs(
        "usage: orrery rollup derive DIR [OPTION...]\n\n"
        "Derives L2 blocks from L1 and executes them.  The folder holds rollup.json\n"
        "(op-node's), genesis.json (of L2, go-ethereum's) and l1.json: an array of {block,\n"
        "receipts}, a block's RLP and its receipts' consensus encodings in hexadecimal, in the\n"
        "order in which they came; with batches in blobs also \"blobs\", an array of\n"
        "{kzg_commitment, blob} as a beacon node has them.  A block that stands on an earlier\n"
        "one than the last is a reorg.  Where Ecotone, Fjord or Isthmus begins, the folder holds\n"
        "what it deploys: upgrades/NAME.txt, as the specifications' static/bytecode has it.\n\n",
        to);
    orr_options_print(options, N_OPTIONS, to);
    fputs("\nExit codes: 0 derived, 2 bad input, 3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static int read_arguments(int argc, char **argv, struct asked *asked) {
    struct orr_options walk = {
        .verb = verb, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case JSON: asked->json = true; break;
        case FINALIZED:
            if (!orr_options_number(&walk, "--finalized", value, &asked->finalized)) return 1 + 2;
            asked->has_finalized = true;
            break;
        default:
            if (asked->folder) return 1 + usage(stderr);
            asked->folder = value;
        }
    }
    return asked->folder ? 0 : 1 + usage(stderr);
}

static int complain(const struct asked *asked, const char *file, const char *why) {
    fprintf(stderr, "orrery rollup derive: %s/%s: %s\n", asked->folder, file, why);
    return 2;
}

static json_t *load(const struct asked *asked, const char *file) {
    size_t size = strlen(asked->folder) + strlen(file) + 2;
    char *path = orr_xrealloc(NULL, size);
    json_t *json = NULL;
    snprintf(path, size, "%s/%s", asked->folder, file);
    if (orr_vm_read_json(verb, path, ORR_MAX_JSON_BYTES, &json)) json = NULL;
    free(path);
    return json;
}

/* ---- what it begins with ---- */

struct run {
    struct orr_heap heap;
    struct orr_rollup_config config;
    struct orr_rollup_site site;
    struct orr_upgrade_files upgrades;
    struct orr_l2_chain chain;
    struct orr_evm_chain_fork l1_forks[2];
    struct orr_evm_chain_config l1_config;
    struct orr_evm_store *store;
    struct orr_evm_header genesis;
    struct orr_buffer extra;
    struct orr_verifier *verifier;
};

/* L1's prices of blobs: the main network's, or Cancun's and, from a time on, Prague's. */
static void set_l1(struct run *r) {
    r->l1_config = *orr_evm_chain_mainnet();
    if (r->config.l1_chain_id == 1) return;
    r->l1_forks[0] = orr_evm_chain_fork(ORR_FORK_CANCUN);
    r->l1_forks[1] = orr_evm_chain_fork(ORR_FORK_PRAGUE);
    r->l1_forks[1].from_time = r->site.l1_prague_time;
    r->l1_config.forks = r->l1_forks;
    r->l1_config.n_forks = 2;
}

static int begin_genesis(const struct asked *asked, struct run *r, const json_t *json) {
    char why[ORR_GENESIS_WHY_BYTES], fault[128];
    r->store = orr_evm_store_create(&r->heap.mem);
    struct orr_evm_state *state = orr_evm_state_create(r->store);
    const char *bad = NULL;
    if (orr_genesis_state(json_object_get(json, "alloc"), state, fault)) bad = fault;
    struct orr_hash root = orr_evm_state_root(state);
    if (!bad && orr_genesis_header(json, &r->chain.config, &root, &r->genesis, &r->extra, why))
        bad = why;
    if (!bad && r->genesis.n_fields >= ORR_HEADER_PRAGUE) { /* Isthmus */
        struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
        r->genesis.withdrawals_root = orr_evm_state_storage_root(state, &passer);
    }
    if (!bad && r->genesis.extra_data_len > ORR_L2_EXTRA_BYTES)
        bad = "\"extraData\": longer than an L2 block's";
    if (!bad && r->genesis.number != r->site.l2_number)
        bad = "\"number\": another than rollup.json's genesis.l2";
    if (!bad && !orr_hash_equal(orr_evm_header_hash(&r->heap.mem, &r->genesis), r->site.l2_hash))
        bad = "its block has another hash than rollup.json's genesis.l2";
    if (bad) {
        orr_evm_state_destroy(state);
        return complain(asked, "genesis.json", bad);
    }
    struct orr_verifier_genesis genesis = {.config = &r->config,
                                           .l1_config = &r->l1_config,
                                           .store = r->store,
                                           .header = &r->genesis,
                                           .system = &r->site.system,
                                           .l1_number = r->site.l1_number,
                                           .l1_hash = r->site.l1_hash};
    r->verifier = orr_verifier_create(&r->heap.mem, &genesis, state);
    if (asked->has_finalized) orr_verifier_finalize(r->verifier, asked->finalized);
    return 0;
}

static int begin(const struct asked *asked, struct run *r) {
    char why[160] = "no object";
    json_t *rollup = load(asked, "rollup.json");
    if (!rollup) return 2;
    int code = 0;
    if (!json_is_object(rollup) || !orr_rollup_read_config(rollup, &r->config, why) ||
        !orr_rollup_read_site(rollup, &r->config, &r->site, why))
        code = complain(asked, "rollup.json", why);
    json_decref(rollup);
    if (!code && orr_upgrade_files_read(verb, asked->folder, &r->upgrades)) code = 2;
    if (code) return code;
    r->config.upgrades = &r->upgrades.codes;
    orr_l2_chain_init(&r->chain, &r->config);
    set_l1(r);
    json_t *genesis = load(asked, "genesis.json");
    if (!genesis) return 2;
    code = begin_genesis(asked, r, genesis);
    json_decref(genesis);
    return code;
}

static void end(struct run *r) {
    if (r->verifier) orr_verifier_destroy(r->verifier);
    if (r->store) orr_evm_store_destroy(r->store);
    free(r->extra.bytes);
    orr_upgrade_files_free(&r->upgrades);
}

/* ---- L1 ---- */

/* ---- blobs ---- */

struct blobs {
    struct orr_blob_given *v; /* [n] */
    size_t n;
};

static void free_blobs(struct blobs *b) {
    for (size_t i = 0; i < b->n; i++) free((uint8_t *)b->v[i].bytes);
    free(b->v);
}

/* A sidecar is believed to be what its commitment stands for: the file is the user's own. */
static const char *read_blob(const json_t *json, struct orr_blob_given *given) {
    struct orr_buffer commitment, blob;
    const char *bad = NULL;
    if (orr_json_bytes(json_object_get(json, "kzg_commitment"), &commitment))
        return "\"blobs\": one has no \"kzg_commitment\" in hexadecimal";
    if (commitment.len != 48)
        bad = "\"blobs\": a \"kzg_commitment\" is not of 48 bytes";
    else
        given->hash = orr_blob_versioned_hash(commitment.bytes);
    free(commitment.bytes);
    if (bad) return bad;
    if (orr_json_bytes(json_object_get(json, "blob"), &blob))
        return "\"blobs\": one has no \"blob\" in hexadecimal";
    given->bytes = blob.bytes;
    if (blob.len == ORR_BLOB_BYTES) return NULL;
    free(blob.bytes);
    return "\"blobs\": a \"blob\" is not of 131072 bytes";
}

/* None at all is what most blocks have. */
static const char *read_blobs(const json_t *json, struct blobs *b) {
    const json_t *list = json_object_get(json, "blobs");
    *b = (struct blobs){.n = 0};
    if (!list) return NULL;
    if (!json_is_array(list)) return "\"blobs\": no array";
    size_t n = json_array_size(list);
    b->v = orr_xrealloc(NULL, (n + 1) * sizeof *b->v);
    for (; b->n < n; b->n++) {
        const char *bad = read_blob(json_array_get(list, b->n), &b->v[b->n]);
        if (!bad) continue;
        free_blobs(b);
        return bad;
    }
    return NULL;
}

static const char *read_block(struct run *r, const json_t *json) {
    const json_t *list = json_object_get(json, "receipts");
    struct orr_buffer block;
    const char *bad = "\"receipts\": absent, or no array";
    if (!json_is_array(list)) return bad;
    if (orr_json_bytes(json_object_get(json, "block"), &block))
        return "\"block\": absent, or no bytes in hexadecimal";
    size_t n = json_array_size(list), read = 0;
    struct orr_rollup_tx *receipts = orr_xrealloc(NULL, (n + 1) * sizeof *receipts);
    for (bad = NULL; read < n; read++) {
        struct orr_buffer bytes;
        if (orr_json_bytes(json_array_get(list, read), &bytes)) {
            bad = "\"receipts\": one is no bytes in hexadecimal";
            break;
        }
        receipts[read] = (struct orr_rollup_tx){bytes.bytes, bytes.len};
    }
    struct blobs blobs = {.n = 0};
    if (!bad) bad = read_blobs(json, &blobs);
    if (!bad) {
        bad = orr_verifier_l1(r->verifier, block.bytes, block.len, receipts, n, blobs.v, blobs.n);
        free_blobs(&blobs);
    }
    for (size_t i = 0; i < read; i++) free((uint8_t *)receipts[i].bytes);
    free(receipts);
    free(block.bytes);
    return bad;
}

static int follow(const struct asked *asked, struct run *r) {
    json_t *l1 = load(asked, "l1.json");
    if (!l1) return 2;
    int code = json_is_array(l1) ? 0 : complain(asked, "l1.json", "no array");
    size_t i;
    json_t *one;
    json_array_foreach(l1, i, one) {
        char why[256];
        const char *bad = code ? NULL : read_block(r, one);
        if (!bad) continue;
        bool is_code = bad == orr_verifier_no_code;
        snprintf(why, sizeof why, "block %zu: %s%s%s%s", i, bad, is_code ? ": upgrades/" : "",
                 is_code ? orr_verifier_missing(r->verifier) : "", is_code ? ".txt" : "");
        code = complain(asked, "l1.json", why);
    }
    json_decref(l1);
    return code;
}

/* ---- printing ---- */

static void set(json_t *json, const char *key, uint64_t v) {
    json_object_set_new(json, key, json_integer((json_int_t)v));
}

static json_t *block_json(const struct orr_verified *b) {
    const struct orr_evm_header *h = &b->header;
    struct orr_hash output =
        orr_output_root(&h->state_root, &b->message_passer, &b->head.block.hash);
    json_t *json = json_object();
    set(json, "number", b->head.block.number);
    json_object_set_new(json, "hash", orr_rollup_hex(&b->head.block.hash, 32));
    set(json, "timestamp", b->head.block.time);
    set(json, "l1_origin", b->head.block.origin_number);
    set(json, "sequence_number", b->head.sequence_number);
    set(json, "derived_from", b->derived_from);
    set(json, "deposits", b->n_deposits);
    set(json, "transactions", b->n_txs);
    set(json, "gas_used", h->gas_used);
    json_object_set_new(json, "state_root", orr_rollup_hex(&h->state_root, 32));
    json_object_set_new(json, "output_root", orr_rollup_hex(&output, 32));
    return json;
}

static json_t *dropped_json(const struct orr_verifier *v) {
    struct orr_derive_counts c = orr_verifier_counts(v);
    json_t *json = json_object();
    set(json, "batcher_transactions", c.n_txs);
    set(json, "bad_transactions", c.n_bad_txs);
    set(json, "dropped_frames", c.n_dropped_frames);
    set(json, "channels", c.n_channels);
    set(json, "dropped_channels", c.n_dropped_channels);
    set(json, "batches", c.n_batches);
    set(json, "bad_batches", c.n_bad_batches);
    set(json, "dropped_batches", c.n_dropped_batches);
    set(json, "refused_blocks", c.n_refused);
    set(json, "bad_config_updates", c.n_bad_updates);
    if (c.last_drop) json_object_set_new(json, "last_drop", json_string(c.last_drop));
    return json;
}

static void print_json(const struct orr_verifier *v) {
    struct orr_verifier_reorgs reorgs = orr_verifier_reorgs(v);
    size_t n = orr_verifier_n_blocks(v);
    json_t *json = json_object(), *blocks = json_array();
    for (size_t i = 1; i < n; i++)
        json_array_append_new(blocks, block_json(orr_verifier_block(v, i)));
    set(json, "safe", orr_verifier_block(v, n - 1)->head.block.number);
    set(json, "finalized", orr_verifier_block(v, orr_verifier_finalized(v))->head.block.number);
    set(json, "l1_reorgs", reorgs.n);
    set(json, "blocks_taken_back", reorgs.n_blocks);
    json_object_set_new(json, "counts", dropped_json(v));
    json_object_set_new(json, "blocks", blocks);
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    if (!text) abort(); /* what we built ourselves can be written */
    printf("%s\n", text);
    free(text);
    json_decref(json);
}

static void print_lines(const struct orr_verifier *v) {
    size_t n = orr_verifier_n_blocks(v);
    for (size_t i = 1; i < n; i++) {
        const struct orr_verified *b = orr_verifier_block(v, i);
        char hash[65];
        orr_hex_encode(hash, &b->head.block.hash, 32);
        printf("block %llu: 0x%s, L1 origin %llu, from %llu, %zu deposits, %zu others\n",
               (unsigned long long)b->head.block.number, hash,
               (unsigned long long)b->head.block.origin_number, (unsigned long long)b->derived_from,
               b->n_deposits, b->n_txs - b->n_deposits);
    }
    printf("safe %llu, finalized %llu\n",
           (unsigned long long)orr_verifier_block(v, n - 1)->head.block.number,
           (unsigned long long)orr_verifier_block(v, orr_verifier_finalized(v))->head.block.number);
}

int orr_rollup_derive_command(int argc, char **argv) {
    struct asked asked = {0};
    int code = read_arguments(argc, argv, &asked);
    if (code) return code - 1;
    struct run r = {.store = NULL};
    orr_heap_init(&r.heap);
    code = begin(&asked, &r);
    if (!code) code = follow(&asked, &r);
    if (!code && asked.json) print_json(r.verifier);
    if (!code && !asked.json) print_lines(r.verifier);
    end(&r);
    if (!code && (fflush(stdout) || ferror(stdout))) code = 3;
    return code;
}
