/* orrery index build: a chain from files, or from a node, into an index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/chain/load.h"
#include "sim/cli/index/building.h"
#include "sim/cli/options.h"
#include "sim/cli/rpc/rpc.h"

#define VERB ORR_INDEX_BUILD

int orr_index_build_command(int argc, char **argv);

enum { DB, CHAIN, FORKENV, RPC, FROM, TO, FOLLOW, RETRIES, WINDOW, DURABLE, LIVE };
static const struct orr_option options[] = {
    {"--db", "FILE", "the index; it is made, or goes on where it stopped"},
    {"--chain", "FOLDER", "its genesis.json and chain.rlp, as `orrery chain export` writes them"},
    {"--forkenv", "FILE", "forks as hive names them, over those of the genesis's config"},
    {"--rpc", "URL", "blocks and receipts from this node: http:// or https://"},
    {"--from", "N", "with --rpc: the first block (default 0); what comes before is not there"},
    {"--to", "N", "with --rpc: the last one (default: the node's head)"},
    {"--follow", "SECONDS", "with --rpc: ask for the head again each so many, until interrupted"},
    {"--retries", "N", "with --rpc: how often a request is sent again (default 6: 12 s in all)"},
    {"--window", "N", "blocks that a reorg may undo (default 128)"},
    {"--durable", NULL, "every commit reaches the disk before the next (synchronous=FULL)"},
    {"--live", NULL, "one commit a block and all indexes kept, as beside a running chain"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0], MAX_WINDOW = 1 << 20, MAX_PATH = 4096 };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery index build --db FILE (GENESIS.json CHAIN.rlp... | --chain FOLDER)\n"
            "                          [OPTION...]\n"
            "       orrery index build --db FILE --rpc URL [OPTION...]\n\n"
            "Executes the blocks, or fetches them and their receipts, checks them, and puts what\n"
            "happened on the branch that leads into an SQLite file: blocks, transactions, logs,\n"
            "token transfers and balances at every height.  When the branch changes, the old one\n"
            "is undone.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(
        to,
        "\nExit codes: 0 built, 1 a block breaks a rule, 2 bad input, 3 the machine or the node\n"
        "failed (the index is whole, and the next call goes on).\n");
    return to == stdout ? 0 : 2;
}

struct build {
    struct orr_index_building b;
    struct orr_chain_load load;
};

/* ---- blocks ---- */

/* Hands a block to the indexer, unless the file has it. */
static bool add(struct build *b, const struct orr_chain_link *link) {
    struct orr_index_sink *sink = orr_index_db_sink(b->b.db);
    struct orr_mem *mem = &b->load.heap.mem;
    struct orr_indexer_at at = {*orr_chain_hash(link), orr_chain_number(link)};
    struct orr_index_feed feed;
    struct orr_hash hash;
    const char *why;
    if (!sink->hash_at(sink, at.number, &hash) && orr_hash_equal(hash, at.hash)) return true;
    int error = orr_index_feed_read(mem, &orr_chain_engine, b->load.chain, &at.hash, &feed);
    if (error) return orr_index_building_is_well(&b->b, error, &at, "its receipts are not there");
    error = orr_indexer_add(b->b.ix, &feed, &hash, &why);
    orr_index_feed_free(mem, &feed);
    return orr_index_building_is_well(&b->b, error, &at, why);
}

/* A chain below the file's cursor has nothing to say yet. */
static bool is_behind(const struct build *b, const struct orr_chain_link *head) {
    struct orr_index_sink *sink = orr_index_db_sink(b->b.db);
    struct orr_hash hash;
    return b->b.ix->has_head && orr_chain_number(head) <= b->b.ix->head.number &&
           !sink->hash_at(sink, orr_chain_number(head), &hash) &&
           orr_hash_equal(hash, *orr_chain_hash(head));
}

/* A block has been imported: indexes the branch that leads.  True: stop. */
static bool take(void *ctx, const struct orr_chain_link *imported) {
    struct build *b = ctx;
    struct orr_indexer_at at;
    struct orr_chain_link *link = orr_chain_find(b->load.chain, orr_chain_hash(imported));
    if (!add(b, link)) return true;
    orr_chain_lead(b->load.chain, link);
    struct orr_chain_link *head = b->load.chain->head;
    if (is_behind(b, head)) return false;
    int error = orr_indexer_follow(b->b.ix, orr_chain_hash(head), &at);
    if (!orr_index_building_is_well(&b->b, error, &at, NULL)) return true;
    orr_index_building_show(&b->b, 0);
    return false;
}

/* ---- the whole ---- */

static void import_all(struct build *b, struct orr_chain_refused *refused) {
    const struct orr_index_request *r = b->b.r;
    if (take(b, b->load.chain->head)) return;
    for (int i = 0; i < r->n_paths && !b->b.code; i++) {
        int code = orr_chain_load_file(&b->load, r->paths[i], take, b, refused);
        if (code) b->b.code = code;
        if (code == 1)
            fprintf(stderr, "%s: byte %llu: error: block %llu of the file is refused: %s: %s\n",
                    refused->path, (unsigned long long)refused->at, (unsigned long long)refused->i,
                    refused->verdict.told.rule, refused->verdict.told.text);
    }
}

/* eth_call on the chain as it was executed. */
static json_t *call(void *ctx, json_t *params, bool *is_lost) {
    (void)is_lost; /* never */
    json_t *request =
        json_pack("{sssisssO}", "jsonrpc", "2.0", "id", 1, "method", "eth_call", "params", params);
    char *text = json_dumps(request, JSON_COMPACT);
    char *answer = orr_jsonrpc_answer(ctx, text, strlen(text));
    json_t *json = json_loads(answer, 0, NULL);
    json_t *output = json_incref(json_object_get(json, "result"));
    json_decref(json);
    json_decref(request);
    json_decref(params);
    free(answer);
    free(text);
    return output;
}

static void ask_tokens(struct build *b) {
    struct orr_jsonrpc *rpc = orr_jsonrpc_new(b->load.chain, 1, true);
    const struct orr_token_source source = {call, rpc};
    orr_index_building_ask(&b->b, &source);
    orr_jsonrpc_free(rpc);
}

static int run(const struct orr_index_request *r) {
    struct build b = {.b = {.r = r}};
    struct orr_chain_refused refused = {.i = 0};
    int code = orr_chain_load_begin(&b.load, VERB, r->genesis, r->forkenv, ORR_CHAIN_LOAD_RECEIPTS);
    if (!code) code = orr_index_building_begin(&b.b, r);
    if (!code &&
        orr_index_building_is_of(&b.b, orr_chain_hash(b.load.chain->head),
                                 b.load.genesis.config.chain.chain_id, b.load.config_text)) {
        orr_index_building_index(&b.b, &b.load.heap.mem, 0);
        import_all(&b, &refused);
        orr_index_building_settle(&b.b);
        ask_tokens(&b);
        orr_index_building_report(&b.b);
    }
    if (!code) code = b.b.code;
    orr_index_building_end(&b.b);
    orr_chain_load_end(&b.load);
    return code;
}

/* The files of a folder. */
static int run_folder(struct orr_index_request *r, const char *folder) {
    char genesis[MAX_PATH], chain[MAX_PATH], forkenv[MAX_PATH], *paths[] = {chain};
    int n = snprintf(genesis, sizeof genesis, "%s/genesis.json", folder);
    if (n < 0 || n >= (int)sizeof genesis) {
        fprintf(stderr, "orrery " VERB ": --chain: a name of more than %d bytes\n", MAX_PATH);
        return 2;
    }
    snprintf(chain, sizeof chain, "%s/chain.rlp", folder);
    snprintf(forkenv, sizeof forkenv, "%s/forkenv.json", folder);
    r->genesis = genesis;
    r->paths = paths;
    r->n_paths = 1;
    if (!r->forkenv && !access(forkenv, F_OK)) r->forkenv = forkenv;
    return run(r);
}

static int start(struct orr_index_request *r, const char *folder) {
    bool is_of_rpc = r->has_from || r->has_to || r->follows;
    if (!r->db || !r->window || r->window > MAX_WINDOW) return usage(stderr);
    if (r->rpc) {
        if (folder || r->genesis || r->forkenv) return usage(stderr);
        if (!r->has_to || !r->has_from || r->from <= r->to) return orr_index_build_rpc(r);
        fprintf(stderr, "orrery " VERB ": --from %llu is above --to %llu\n",
                (unsigned long long)r->from, (unsigned long long)r->to);
        return 2;
    }
    if (is_of_rpc) return usage(stderr);
    if (folder && !r->genesis) return run_folder(r, folder);
    return r->genesis && r->n_paths && !folder ? run(r) : usage(stderr);
}

int orr_index_build_command(int argc, char **argv) {
    struct orr_index_request r = {.paths = argv + 1, .window = 128, .retries = 6};
    struct orr_options o = {
        .verb = VERB, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value, *folder = NULL;
    bool is_number = true;
    while (is_number) { /* ends: with the arguments */
        int option = orr_options_next(&o, &value);
        switch (option) {
        case ORR_OPTION_OPERAND:
            if (r.genesis)
                r.paths[r.n_paths++] = (char *)value;
            else
                r.genesis = value;
            break;
        case DB: r.db = value; break;
        case CHAIN: folder = value; break;
        case FORKENV: r.forkenv = value; break;
        case RPC: r.rpc = value; break;
        case DURABLE: r.is_durable = true; break;
        case LIVE: r.is_live = true; break;
        case ORR_OPTION_HELP: return usage(stdout);
        case ORR_OPTION_BAD: return 2;
        case ORR_OPTION_END: return start(&r, folder);
        default: { /* the numbers */
            uint64_t *const to[] = {[FROM] = &r.from,
                                    [TO] = &r.to,
                                    [FOLLOW] = &r.every_s,
                                    [RETRIES] = &r.retries,
                                    [WINDOW] = &r.window};
            is_number = orr_options_number(&o, options[option].name, value, to[option]);
            r.has_from |= option == FROM;
            r.has_to |= option == TO;
            r.follows |= option == FOLLOW;
        }
        }
    }
    return 2;
}
