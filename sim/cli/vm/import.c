/* orrery vm import: blocks in RLP, as go-ethereum exports them, on the first block of a
 * genesis.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/chain.h"
#include "sim/cli/vm/code.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/genesis.h"

#define VERB            "import"
#define MAX_CHAIN_BYTES (1u << 30)

int orr_vm_import_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery vm import GENESIS.json CHAIN.rlp... [--json]\n\n"
        "Builds the first block from a go-ethereum genesis.json (config, alloc, header fields),\n"
        "then checks and runs the blocks of each file: their RLP one after another, as `geth\n"
        "export` and hive write them.  What config leaves out (depositContractAddress,\n"
        "blobSchedule) is the main network's; systemContracts {beaconRoots, history,\n"
        "withdrawalRequests, consolidationRequests} moves the other contracts.\n"
        "  --json  print the result as one JSON object\n"
        "Exit codes: 0 every block is valid, 1 a block is refused, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

/* One run of the verb. */
struct run {
    struct orr_heap heap;
    struct orr_genesis_config config;
    struct orr_vm_chain chain;
    size_t n_blocks;
    bool as_json;
};

static int begin(struct run *r, const char *path) {
    json_t *genesis;
    char why[ORR_GENESIS_WHY_BYTES];
    struct orr_vm_link *first = r->chain.head;
    int error = orr_vm_read_json(VERB, path, &genesis);
    if (error) return error;
    error = orr_genesis_config(json_object_get(genesis, "config"), &r->config, why);
    r->chain.config = &r->config.chain;
    char fault[128] = "";
    if (!error) error = orr_fixture_state(json_object_get(genesis, "alloc"), first->state, fault);
    if (fault[0]) snprintf(why, sizeof why, "alloc: %s", fault);
    struct orr_hash root = orr_evm_state_root(first->state);
    if (!error)
        error = orr_genesis_header(genesis, &r->config.chain, &root, &first->header, &first->bytes,
                                   why);
    json_decref(genesis);
    if (error) {
        fprintf(stderr, "%s: error: %s\n", path, why);
        return error;
    }
    first->hash = orr_evm_header_hash(&r->heap.mem, &first->header);
    first->total_difficulty = first->header.difficulty;
    return 0;
}

static void print_hash(const char *before, const struct orr_hash *hash, const char *after) {
    char hex[65];
    orr_hex_encode(hex, hash->bytes, sizeof hash->bytes);
    printf("%s0x%s%s", before, hex, after);
}

/* Says why the i-th block of a file, counted from 0, is refused. */
static void refuse(const struct run *r, const char *path, size_t i, struct orr_vm_block_verdict v) {
    if (r->as_json)
        printf(
            "{\"valid\":false,\"blocks\":%zu,\"refused\":%zu,\"error\":\"%s\",\"text\":\"%s\"}\n",
            r->n_blocks, i, orr_vm_verdict_name(v), orr_vm_verdict_text(v));
    else
        printf("%s: block %zu of the file is refused: %s (%s)\n", path, i, orr_vm_verdict_name(v),
               orr_vm_verdict_text(v));
}

/* 0, 1 for a block that is refused, 2 for a file that is no sequence of items. */
static int import_file(struct run *r, const char *path) {
    struct orr_buffer file;
    if (orr_vm_read_file(VERB, path, MAX_CHAIN_BYTES, &file)) return 2;
    struct orr_rlp_reader reader = orr_rlp_reader(file.bytes, file.len);
    struct orr_vm_block_verdict v = {ORR_BLOCK_OK, ORR_TX_OK};
    size_t i = 0;
    for (; orr_rlp_more(&reader); i++) {
        struct orr_rlp_item item = orr_rlp_read(&reader);
        if (reader.bad) break;
        uint8_t *bytes = orr_xrealloc(NULL, item.encoding_len + 1);
        memcpy(bytes, item.encoding, item.encoding_len);
        v = orr_vm_chain_import(&r->chain, (struct orr_buffer){bytes, item.encoding_len});
        if (v.error) break;
        r->n_blocks++;
    }
    if (v.error)
        refuse(r, path, i, v);
    else if (reader.bad)
        fprintf(stderr, "%s: error: after %zu blocks, byte %zu: no RLP item\n", path, i,
                (size_t)(reader.p - file.bytes));
    free(file.bytes);
    return v.error ? 1 : reader.bad ? 2 : 0;
}

static void print_head(const struct run *r) {
    const struct orr_vm_link *head = r->chain.head;
    if (r->as_json) {
        printf("{\"valid\":true,\"blocks\":%zu,\"number\":%llu", r->n_blocks,
               (unsigned long long)head->header.number);
        print_hash(",\"hash\":\"", &head->hash, "\"");
        print_hash(",\"stateRoot\":\"", &head->header.state_root, "\"}\n");
        return;
    }
    printf("blocks      %zu, all valid\n", r->n_blocks);
    printf("head        number %llu", (unsigned long long)head->header.number);
    print_hash(", ", &head->hash, "\n");
    print_hash("state root  ", &head->header.state_root, "\n");
}

int orr_vm_import_command(int argc, char **argv) {
    struct run r = {.as_json = false};
    int n_paths = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
        if (!strcmp(argv[i], "--json")) {
            r.as_json = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            fprintf(stderr, "orrery vm " VERB ": no option '%s'\n", argv[i]);
            return usage(stderr);
        } else {
            argv[1 + n_paths++] = argv[i];
        }
    }
    if (n_paths < 2) return usage(stderr);
    orr_heap_init(&r.heap);
    r.chain.mem = &r.heap.mem;
    r.chain.executor = orr_evm_executor_create(&r.heap.mem);
    orr_vm_chain_begin(&r.chain);
    int code = begin(&r, argv[1]) ? 2 : 0;
    for (int i = 2; i <= n_paths && !code; i++) code = import_file(&r, argv[i]);
    if (!code) print_head(&r);
    orr_vm_chain_end(&r.chain);
    orr_evm_executor_destroy(r.chain.executor);
    return code;
}
