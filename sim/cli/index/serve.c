/* orrery index serve: a chain from files or from an index, answered for by JSON-RPC over HTTP. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/chain/load.h"
#include "sim/cli/index/file.h"
#include "sim/cli/index/held.h"
#include "sim/cli/options.h"
#include "sim/cli/rpc/http.h"

#define VERB "index serve"

int orr_index_serve_command(int argc, char **argv);

enum { DB, STATE, FORKENV, LISTEN, CORS, MAX_RANGE };
static const struct orr_option options[] = {
    {"--db", "FILE", "an index that `orrery index build` made"},
    {"--state", "GENESIS", "a go-ethereum genesis.json; CHAIN.rlp... are its blocks"},
    {"--forkenv", "FILE", "forks as hive names them, over those of the genesis's config"},
    {"--listen", "ADDRESS:PORT", "where to listen (default 127.0.0.1:8545; port 0: a free one)"},
    {"--cors", "ORIGIN", "pages of this origin may ask ('*': of any)"},
    {"--max-range", "N", "blocks that one eth_getLogs may cover (default 100000)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery index serve --db FILE [OPTION...]\n"
        "       orrery index serve [--db FILE] --state GENESIS.json CHAIN.rlp... [OPTION...]\n\n"
        "Answers Ethereum's JSON-RPC over HTTP until it is interrupted: what an index holds,\n"
        "or with --state, which executes the blocks, what needs accounts' states too; with\n"
        "both the latest block is the index's.  An index alone is followed as it is built: a\n"
        "reorganisation shows in filters.  The last block is latest, and safe and finalized\n"
        "unless the index says which are.  A line on standard output says where it listens.\n"
        "No request changes a file: a transaction that is sent waits in a pool that no block\n"
        "takes from.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 interrupted, 1 a block breaks a rule, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

struct request {
    const char *db, *genesis, *forkenv;
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

/* held: the file that the chain is of, to be followed; NULL: it stays as it is. */
static int serve(struct orr_chain *chain, const struct request *r, struct orr_index_held *held) {
    char why[ORR_HTTP_WHY_BYTES];
    sigset_t ends;
    int number;
    struct orr_jsonrpc *rpc = orr_jsonrpc_new(chain, r->max_range, !held);
    if (held)
        orr_jsonrpc_follow(rpc, orr_index_held_refresh, held);
    else
        orr_chain_choose(chain, chain->head, chain->head, chain->head);
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

static int serve_index(const struct request *r) {
    struct orr_index_held held;
    int code = orr_index_held_begin(&held, VERB, r->db);
    if (!code) code = serve(held.chain, r, &held);
    orr_index_held_end(&held);
    return code;
}

/* Makes the index's cursor the head of a chain. */
static int lead_as_index(struct orr_chain *chain, const char *path) {
    struct orr_index_db *db;
    struct orr_index_head head;
    int code = orr_index_open_read(VERB, path, &db);
    if (code) return code;
    struct orr_index_sink *sink = orr_index_db_sink(db);
    struct orr_chain_link *link =
        sink->head(sink, &head) ? NULL : orr_chain_find(chain, &head.hash);
    if (!link || orr_chain_choose(chain, link, chain->final, chain->final)) {
        fprintf(stderr, "orrery " VERB ": %s: its youngest block is none of the chain's\n", path);
        code = 2;
    }
    orr_index_db_close(db);
    return code;
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
    if (!code && r->db) code = lead_as_index(load.chain, r->db);
    if (!code) code = serve(load.chain, r, NULL);
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
        case DB: r.db = value; break;
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
            if (r.db && !r.genesis && !r.n_paths && !r.forkenv && r.max_range)
                return serve_index(&r);
            return usage(stderr);
        }
    }
}
