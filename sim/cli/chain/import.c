/* orrery chain import: blocks in RLP, as go-ethereum exports them, on the first block of a
 * genesis.json. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/cli/chain/load.h"

#define VERB "chain import"

int orr_chain_import_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery chain import GENESIS.json CHAIN.rlp... [--forkenv FILE] [--json]\n\n"
        "Builds the first block from a go-ethereum genesis.json (config, alloc, header fields),\n"
        "then checks and runs the blocks of each file: their RLP one after another, as `geth\n"
        "export` and hive write them.  What config leaves out (depositContractAddress,\n"
        "blobSchedule) is the main network's; systemContracts {beaconRoots, history,\n"
        "withdrawalRequests, consolidationRequests, builderDeposits, builderExits} moves the\n"
        "other contracts.\n"
        "  --forkenv FILE  forks as hive names them (HIVE_FORK_LONDON ...), over those of config\n"
        "  --json          print the result as one JSON object\n"
        "Exit codes: 0 every block is valid, 1 a block breaks a rule, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

static void print_hash(const char *before, const struct orr_hash *hash, const char *after) {
    char hex[65];
    orr_hex_encode(hex, hash->bytes, sizeof hash->bytes);
    printf("%s0x%s%s", before, hex, after);
}

static void refuse_as_json(const struct orr_chain_load *load, const struct orr_chain_refused *r) {
    const struct orr_engine_verdict *told = &r->verdict.told;
    char text[ORR_CHAIN_VALUE_BYTES];
    printf("{\"valid\":false,\"blocks\":%llu,\"refused\":%llu,\"byte\":%llu",
           (unsigned long long)load->n_blocks, (unsigned long long)r->i, (unsigned long long)r->at);
    if (r->has_header) {
        printf(",\"number\":%llu", (unsigned long long)r->number);
        print_hash(",\"hash\":\"", &r->hash, "\"");
    }
    printf(",\"rule\":\"%s\",\"text\":\"%s\"", told->rule, told->text);
    if (told->is_tx) printf(",\"transaction\":%u", told->tx);
    if (told->value != ORR_ENGINE_NO_VALUE) {
        orr_chain_value_text(told->value, &told->expected, text);
        printf(",\"expected\":\"%s\"", text);
        orr_chain_value_text(told->value, &told->found, text);
        printf(",\"found\":\"%s\"", text);
    }
    printf("}\n");
}

static void refuse(const struct orr_chain_refused *r) {
    const struct orr_engine_verdict *told = &r->verdict.told;
    char text[ORR_CHAIN_VALUE_BYTES];
    printf("%s: byte %llu: block %llu of the file is refused\n", r->path, (unsigned long long)r->at,
           (unsigned long long)r->i);
    if (r->has_header) {
        printf("number      %llu\n", (unsigned long long)r->number);
        print_hash("hash        ", &r->hash, "\n");
    }
    if (told->is_tx) printf("transaction %u\n", told->tx);
    printf("rule        %s: %s\n", told->rule, told->text);
    if (told->value == ORR_ENGINE_NO_VALUE) return;
    orr_chain_value_text(told->value, &told->expected, text);
    printf("expected    %s\n", text);
    orr_chain_value_text(told->value, &told->found, text);
    printf("found       %s\n", text);
}

static void print_head(const struct orr_chain_load *load, bool as_json, double seconds) {
    const struct orr_chain_link *head = load->chain->head;
    const struct orr_evm_header *h = &head->block->block.header;
    unsigned long long blocks = load->n_blocks, txs = load->n_txs, gas = load->gas;
    if (as_json) {
        printf("{\"valid\":true,\"blocks\":%llu,\"transactions\":%llu,\"gas\":%llu,\"number\":%llu",
               blocks, txs, gas, (unsigned long long)h->number);
        print_hash(",\"head\":\"", orr_chain_hash(head), "\"");
        print_hash(",\"state_root\":\"", &h->state_root, "\"");
        printf(",\"seconds\":%.6f}\n", seconds);
        return;
    }
    printf("blocks        %llu, all valid\n", blocks);
    printf("transactions  %llu, gas %llu\n", txs, gas);
    printf("head          number %llu", (unsigned long long)h->number);
    print_hash(", ", orr_chain_hash(head), "\n");
    print_hash("state root    ", &h->state_root, "\n");
    if (seconds > 0)
        printf("time          %.3f s, %.0f transactions/s\n", seconds, (double)txs / seconds);
}

static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int import(char **paths, int n_paths, const char *forkenv, bool as_json) {
    struct orr_chain_load load;
    struct orr_chain_refused refused = {.i = 0};
    int code = orr_chain_load_begin(&load, VERB, paths[0], forkenv, ORR_CHAIN_LOAD_HEAD);
    double begin = now_seconds();
    for (int i = 1; i < n_paths && !code; i++)
        code = orr_chain_load_file(&load, paths[i], NULL, NULL, &refused);
    if (!code)
        print_head(&load, as_json, now_seconds() - begin);
    else if (code == 1 && as_json)
        refuse_as_json(&load, &refused);
    else if (code == 1)
        refuse(&refused);
    orr_chain_load_end(&load);
    return code;
}

int orr_chain_import_command(int argc, char **argv) {
    const char *forkenv = NULL;
    bool as_json = false;
    int n_paths = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
        if (!strcmp(argv[i], "--json")) {
            as_json = true;
        } else if (!strcmp(argv[i], "--forkenv") && i + 1 < argc) {
            forkenv = argv[++i];
        } else if (argv[i][0] == '-' && argv[i][1]) {
            fprintf(stderr, "orrery " VERB ": no option '%s', or it lacks its value\n", argv[i]);
            return usage(stderr);
        } else {
            argv[1 + n_paths++] = argv[i];
        }
    }
    if (n_paths < 2) return usage(stderr);
    return import(argv + 1, n_paths, forkenv, as_json);
}
