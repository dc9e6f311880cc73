/* orrery index serve: a chain from files, answered for by JSON-RPC over HTTP. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/chain/load.h"
#include "sim/cli/options.h"
#include "sim/cli/rpc/http.h"

#define VERB "index serve"

int orr_index_serve_command(int argc, char **argv);

enum { STATE, FORKENV, LISTEN, CORS, MAX_RANGE };
static const struct orr_option options[] = {
    {"--state", "GENESIS", "a go-ethereum genesis.json; CHAIN.rlp... are its blocks"},
    {"--forkenv", "FILE", "forks as hive names them, over those of the genesis's config"},
    {"--listen", "ADDRESS:PORT", "where to listen (default 127.0.0.1:8545; port 0: a free one)"},
    {"--cors", "ORIGIN", "pages of this origin may ask ('*': of any)"},
    {"--max-range", "N", "blocks that one eth_getLogs may cover (default 100000)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery index serve --state GENESIS.json CHAIN.rlp... [OPTION...]\n\n"
                "Imports the blocks and answers Ethereum's JSON-RPC over HTTP until it is\n"
                "interrupted; the last block is latest, safe and finalized.  A line on standard\n"
                "output says where it listens.  No request changes a file: a transaction that is\n"
                "sent waits in a pool that no block takes from.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 interrupted, 1 a block breaks a rule, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

struct request {
    const char *genesis, *forkenv;
    char **paths;
    int n_paths;
    uint64_t max_range;
    struct orr_http_options http;
};

/* ---- serving ---- */

/* Signals that end the server; blocked before its thread begins, so that this one gets them. */
static void block_ends(sigset_t *ends) {
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigprocmask(SIG_BLOCK, ends, NULL);
}

static int serve(struct orr_chain *chain, const struct request *r) {
    char why[ORR_HTTP_WHY_BYTES];
    sigset_t ends;
    int number;
    orr_chain_choose(chain, chain->head, chain->head, chain->head);
    struct orr_jsonrpc *rpc = orr_jsonrpc_new(chain, r->max_range);
    block_ends(&ends);
    struct orr_http *http = orr_http_start(&r->http, rpc, why);
    if (http) {
        printf("block %llu; listening on port %u\n",
               (unsigned long long)orr_chain_number(chain->head), orr_http_port(http));
        fflush(stdout);
        sigwait(&ends, &number);
        orr_http_stop(http);
    } else {
        fprintf(stderr, "orrery " VERB ": --listen %s: %s\n", r->http.listen, why);
    }
    orr_jsonrpc_free(rpc);
    return http ? 0 : 2;
}

static int run(const struct request *r) {
    struct orr_chain_load load;
    struct orr_chain_refused refused = {.i = 0};
    int code = orr_chain_load_begin(&load, VERB, r->genesis, r->forkenv, ORR_CHAIN_LOAD_ALL);
    for (int i = 0; i < r->n_paths && !code; i++)
        code = orr_chain_load_file(&load, r->paths[i], NULL, NULL, &refused);
    if (code == 1)
        fprintf(stderr, "%s: byte %llu: error: block %llu of the file is refused: %s: %s\n",
                refused.path, (unsigned long long)refused.at, (unsigned long long)refused.i,
                refused.verdict.told.rule, refused.verdict.told.text);
    if (!code) code = serve(load.chain, r);
    orr_chain_load_end(&load);
    return code;
}

int orr_index_serve_command(int argc, char **argv) {
    struct request r = {.paths = argv + 1,
                        .max_range = ORR_JSONRPC_MAX_RANGE,
                        .http = {.listen = "127.0.0.1:8545"}};
    struct orr_options o = {
        .verb = VERB, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (;;) { /* ends: with the arguments */
        switch (orr_options_next(&o, &value)) {
        case ORR_OPTION_OPERAND: r.paths[r.n_paths++] = (char *)value; break;
        case STATE: r.genesis = value; break;
        case FORKENV: r.forkenv = value; break;
        case LISTEN: r.http.listen = value; break;
        case CORS: r.http.cors = value; break;
        case MAX_RANGE:
            if (!orr_options_number(&o, "--max-range", value, &r.max_range)) return 2;
            break;
        case ORR_OPTION_HELP: return usage(stdout);
        case ORR_OPTION_BAD: return 2;
        default:
            if (r.genesis && r.n_paths && r.max_range) return run(&r);
            return usage(stderr);
        }
    }
}
