/* orrery chain export: a chain out of a run's trace, as the files that other clients take. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/chain/blocks.h"
#include "models/chain/spec.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/chain/taken.h"
#include "sim/cli/vm/dump.h"
#include "sim/genesis/genesis.h"

#define VERB "chain export"

int orr_chain_export_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery chain export TRACE.h5 -o FOLDER [--node NAME]\n\n"
            "Writes FOLDER/genesis.json and FOLDER/chain.rlp: the chain of a node as it was when\n"
            "the run ended, for `orrery chain import`, `orrery chain show` or another client.\n"
            "The scenario must have kept its blocks: `record: [blocks]`.\n"
            "  -o FOLDER    where to; made if it is not there\n"
            "  --node NAME  whose chain (val.3); without it, of the node whose head is the\n"
            "               highest, and of several the first\n"
            "Exit codes: 0 written, 2 bad input, 3 a file cannot be written.\n");
    return to == stdout ? 0 : 2;
}

/* ---- genesis.json ---- */

static void set_word(json_t *object, const char *key, struct orr_u256 v) {
    uint8_t be[32];
    char hex[67] = "0x", *digits = hex + 2;
    orr_u256_store_be(be, v);
    orr_hex_encode(hex + 2, be, sizeof be);
    while (*digits == '0' && digits[1]) digits++; /* ends: the last digit stays */
    memmove(hex + 2, digits, strlen(digits) + 1);
    json_object_set_new(object, key, json_string(hex));
}

static void set_number(json_t *object, const char *key, uint64_t v) {
    set_word(object, key, orr_u256_from_u64(v));
}

static void set_bytes(json_t *object, const char *key, const void *bytes, size_t len) {
    char hex[2 * 32 + 3] = "0x";
    orr_hex_encode(hex + 2, bytes, len);
    json_object_set_new(object, key, json_string(hex));
}

static json_t *genesis_json(const struct orr_chain_spec *spec) {
    const struct orr_evm_header *h = &spec->header;
    json_t *json = json_object();
    json_object_set_new(json, "config", orr_genesis_config_json(&spec->config));
    set_number(json, "nonce", orr_load_be64(h->nonce));
    set_number(json, "timestamp", h->timestamp);
    set_bytes(json, "extraData", h->extra_data, h->extra_data_len);
    set_number(json, "gasLimit", h->gas_limit);
    set_word(json, "difficulty", h->difficulty);
    set_bytes(json, "mixHash", h->mix_hash.bytes, 32);
    set_bytes(json, "coinbase", h->coinbase.bytes, 20);
    set_number(json, "number", h->number);
    set_number(json, "gasUsed", h->gas_used);
    set_bytes(json, "parentHash", h->parent_hash.bytes, 32);
    if (h->n_fields >= ORR_HEADER_LONDON) set_word(json, "baseFeePerGas", h->base_fee);
    if (h->n_fields >= ORR_HEADER_CANCUN) {
        set_number(json, "excessBlobGas", h->excess_blob_gas);
        set_number(json, "blobGasUsed", h->blob_gas_used);
    }
    json_object_set_new(json, "alloc", orr_vm_dump(spec->state, NULL));
    return json;
}

/* ---- the files ---- */

static FILE *create(const char *folder, const char *name, char *path, size_t size) {
    if (snprintf(path, size, "%s/%s", folder, name) >= (int)size) errno = ENAMETOOLONG;
    FILE *file = strlen(path) + 1 < size ? fopen(path, "wb") : NULL;
    if (!file) fprintf(stderr, "orrery " VERB ": %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return file;
}

/* `good`: all was written. */
static int close_file(FILE *file, const char *path, bool good) {
    good = !ferror(file) && good;
    good = !fclose(file) && good;
    if (!good) fprintf(stderr, "orrery " VERB ": %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return good ? 0 : 3;
}

static int write_genesis(const struct orr_chain_spec *spec, const char *folder) {
    char path[4096];
    FILE *file = create(folder, "genesis.json", path, sizeof path);
    if (!file) return 3;
    json_t *json = genesis_json(spec);
    bool good = !json_dumpf(json, file, JSON_INDENT(1)) && fputc('\n', file) != EOF;
    json_decref(json);
    return close_file(file, path, good);
}

static int write_blocks(const struct orr_taken *t, const char *folder) {
    char path[4096];
    FILE *file = create(folder, "chain.rlp", path, sizeof path);
    if (!file) return 3;
    bool good = true;
    for (size_t i = 1; i < t->n_chain && good; i++) {
        const struct orr_taken_block *b = &t->blocks[t->chain[i]];
        good = fwrite(t->bytes + b->offset, 1, b->len, file) == b->len;
    }
    return close_file(file, path, good);
}

static int write_chain(const struct orr_taken *t, const char *trace, const char *folder) {
    struct orr_heap heap;
    struct orr_chain_blocks blocks;
    struct orr_chain_spec spec;
    const struct orr_taken_block *first = &t->blocks[t->chain[0]];
    const struct orr_taken_block *head = &t->blocks[t->chain[t->n_chain - 1]];
    orr_heap_init(&heap);
    orr_chain_blocks_init(&blocks, &heap.mem);
    int code = 0;
    if (orr_chain_spec_decode(t->bytes + first->offset, first->len, blocks.store, &spec)) {
        fprintf(stderr, "orrery " VERB ": %s: /blocks: the first block is malformed\n",
                ORR_SHOWN(trace));
        code = 2;
    } else if (mkdir(folder, 0777) && errno != EEXIST) {
        fprintf(stderr, "orrery " VERB ": %s: %s\n", ORR_SHOWN(folder), strerror(errno));
        code = 3;
    }
    if (!code) code = write_genesis(&spec, folder);
    if (!code) code = write_blocks(t, folder);
    if (!code)
        printf("%zu blocks, head %016llx..., in %s\n", t->n_chain - 1,
               (unsigned long long)head->key, ORR_SHOWN(folder));
    orr_chain_spec_free(&spec);
    orr_chain_blocks_fini(&blocks);
    return code;
}

static int export_chain(const char *trace, const char *folder, const char *node) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_taken taken = {.n = 0};
    if (orr_trace_reader_open(&reader, trace, error)) {
        fprintf(stderr, "orrery " VERB ": %s\n", ORR_SHOWN(error));
        return 2;
    }
    int code = orr_taken_read(&taken, reader, trace, node);
    orr_trace_reader_close(reader);
    if (!code) code = write_chain(&taken, trace, folder);
    orr_taken_end(&taken);
    return code;
}

int orr_chain_export_command(int argc, char **argv) {
    const char *trace = NULL, *folder = NULL, *node = NULL;
    for (int i = 1; i < argc; i++) {
        const char **value = !strcmp(argv[i], "-o")       ? &folder
                             : !strcmp(argv[i], "--node") ? &node
                                                          : NULL;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
        if (value && i + 1 < argc) {
            *value = argv[++i];
        } else if (argv[i][0] == '-' || trace) {
            fprintf(stderr, "orrery " VERB ": '%s' is not expected here, or lacks its value\n",
                    argv[i]);
            return usage(stderr);
        } else {
            trace = argv[i];
        }
    }
    if (!trace || !folder) return usage(stderr);
    return export_chain(trace, folder, node);
}
