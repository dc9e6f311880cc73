/* orrery index build: a chain from files into an index. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/base/number.h"
#include "models/index/indexer.h"
#include "sim/cli/chain/load.h"
#include "sim/cli/index/file.h"
#include "sim/cli/options.h"

#define VERB "index build"

int orr_index_build_command(int argc, char **argv);

enum { DB, CHAIN, FORKENV, WINDOW, DURABLE, LIVE };
static const struct orr_option options[] = {
    {"--db", "FILE", "the index; it is made, or goes on where it stopped"},
    {"--chain", "FOLDER", "its genesis.json and chain.rlp, as `orrery chain export` writes them"},
    {"--forkenv", "FILE", "forks as hive names them, over those of the genesis's config"},
    {"--window", "N", "blocks that a reorg may undo (default 128)"},
    {"--durable", NULL, "every commit reaches the disk before the next (synchronous=FULL)"},
    {"--live", NULL, "one commit a block and all indexes kept, as beside a running chain"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0], MAX_WINDOW = 1 << 20, MAX_PATH = 4096 };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery index build --db FILE (GENESIS.json CHAIN.rlp... | --chain FOLDER)\n"
            "                          [OPTION...]\n\n"
            "Executes the blocks, checks them, and puts what happened on the branch that leads\n"
            "into an SQLite file: blocks, transactions, logs, token transfers and balances at\n"
            "every height.  When the branch changes, the old one is undone.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(
        to,
        "\nExit codes: 0 built, 1 a block breaks a rule, 2 bad input, 3 the machine failed (the\n"
        "index is whole, and the next call goes on).\n");
    return to == stdout ? 0 : 2;
}

struct request {
    const char *db, *genesis, *forkenv;
    char **paths;
    int n_paths;
    uint64_t window;
    bool is_durable, is_live;
};

struct build {
    const struct request *r;
    struct orr_chain_load load;
    struct orr_index_db *db;
    struct orr_indexer *ix;
    int code;            /* of what stopped it */
    double began, shown; /* seconds */
};

static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show_progress(struct build *b) {
    double now = now_seconds();
    if (now - b->shown < 0.5 || !isatty(STDERR_FILENO)) return;
    b->shown = now;
    fprintf(stderr, "\rblock %llu, %.0f blocks/s, %.0f logs/s ",
            (unsigned long long)b->ix->head.number, (double)b->ix->n_put / (now - b->began),
            (double)b->ix->n_logs / (now - b->began));
}

/* ---- blocks ---- */

/* Says what a call of the indexer came to; true: it went on. */
static bool is_well(struct build *b, int error, const struct orr_indexer_at *at, const char *why) {
    if (!error) return true;
    unsigned long long number = (unsigned long long)at->number;
    b->code = 2;
    if (why)
        fprintf(stderr, "orrery " VERB ": block %llu is refused: %s\n", number, why);
    else if (error == ORR_ELIMIT)
        fprintf(stderr,
                "orrery " VERB ": the chain and %s part at or below block %llu, deeper than the "
                "%llu blocks that may be undone: remove the file to build it anew, or --window\n",
                b->r->db, number, (unsigned long long)b->r->window);
    else if (error == ORR_ENOTFOUND)
        fprintf(stderr, "orrery " VERB ": %s holds block %llu as its first, which is not here\n",
                b->r->db, number);
    else
        b->code = orr_index_file_failed(VERB, b->r->db, error, orr_index_db_why(b->db));
    return false;
}

/* Hands a block to the indexer, unless the file has it. */
static bool add(struct build *b, const struct orr_chain_link *link) {
    struct orr_index_sink *sink = orr_index_db_sink(b->db);
    struct orr_mem *mem = &b->load.heap.mem;
    struct orr_indexer_at at = {*orr_chain_hash(link), orr_chain_number(link)};
    struct orr_index_feed feed;
    struct orr_hash hash;
    const char *why;
    if (!sink->hash_at(sink, at.number, &hash) && orr_hash_equal(hash, at.hash)) return true;
    int error = orr_index_feed_read(mem, &orr_chain_engine, b->load.chain, &at.hash, &feed);
    if (error) return is_well(b, error, &at, "its receipts are not there");
    error = orr_indexer_add(b->ix, &feed, &hash, &why);
    orr_index_feed_free(mem, &feed);
    return is_well(b, error, &at, why);
}

/* A chain below the file's cursor has nothing to say yet. */
static bool is_behind(const struct build *b, const struct orr_chain_link *head) {
    struct orr_index_sink *sink = orr_index_db_sink(b->db);
    struct orr_hash hash;
    return b->ix->has_head && orr_chain_number(head) <= b->ix->head.number &&
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
    if (!is_well(b, orr_indexer_follow(b->ix, orr_chain_hash(head), &at), &at, NULL)) return true;
    show_progress(b);
    return false;
}

/* ---- the whole ---- */

/* Is the file one of this chain, or empty? */
static bool is_of_chain(struct build *b) {
    const struct orr_hash *first = orr_chain_hash(b->load.chain->head);
    char genesis[67], noted[100];
    orr_index_hex(first, genesis);
    if (!orr_index_db_noted(b->db, "genesis", noted, sizeof noted)) {
        if (!strcmp(noted, genesis)) return true;
        fprintf(stderr,
                "orrery " VERB ": %s is the index of another chain, whose first block is %s\n",
                b->r->db, noted);
        b->code = 2;
        return false;
    }
    int error = orr_index_note_chain(b->db, first, b->load.genesis.config.chain.chain_id,
                                     b->load.config_text);
    if (error) b->code = orr_index_file_failed(VERB, b->r->db, error, orr_index_db_why(b->db));
    return !error;
}

static void import_all(struct build *b, struct orr_chain_refused *refused) {
    const struct request *r = b->r;
    if (take(b, b->load.chain->head)) return;
    for (int i = 0; i < r->n_paths && !b->code; i++) {
        int code = orr_chain_load_file(&b->load, r->paths[i], take, b, refused);
        if (code) b->code = code;
        if (code == 1)
            fprintf(stderr, "%s: byte %llu: error: block %llu of the file is refused: %s: %s\n",
                    refused->path, (unsigned long long)refused->at, (unsigned long long)refused->i,
                    refused->verdict.told.rule, refused->verdict.told.text);
    }
}

/* Even after a bad block what was good is kept. */
static void settle(struct build *b) {
    int error = b->code == 3 ? 0 : orr_index_db_settle(b->db);
    if (error) b->code = orr_index_file_failed(VERB, b->r->db, error, orr_index_db_why(b->db));
    if (b->shown > b->began) fputc('\n', stderr);
    if (b->code) return;
    double seconds = now_seconds() - b->began;
    char hex[67];
    printf("indexed       %llu blocks, %llu logs", (unsigned long long)b->ix->n_put,
           (unsigned long long)b->ix->n_logs);
    if (b->ix->n_cut) printf("; %llu undone", (unsigned long long)b->ix->n_cut);
    printf("\nhead          %llu, %s\n", (unsigned long long)b->ix->head.number,
           orr_index_hex(&b->ix->head.hash, hex));
    if (seconds > 0)
        printf("time          %.3f s, %.0f blocks/s, %.0f logs/s\n", seconds,
               (double)b->ix->n_put / seconds, (double)b->ix->n_logs / seconds);
}

static int run(const struct request *r) {
    struct build b = {.r = r, .began = now_seconds()};
    struct orr_chain_refused refused = {.i = 0};
    const struct orr_index_db_options of_db = {.is_durable = r->is_durable, .is_bulk = !r->is_live};
    const struct orr_index_options of_index = {.window = (uint32_t)r->window,
                                               .max_held = (uint32_t)r->window * 4 + 256};
    char why[ORR_INDEX_WHY_BYTES];
    bool was_old = false;
    b.shown = b.began;
    b.code = orr_chain_load_begin(&b.load, VERB, r->genesis, r->forkenv, ORR_CHAIN_LOAD_RECEIPTS);
    if (!b.code) {
        int error = orr_index_db_open(r->db, &of_db, &b.db, &was_old, why);
        if (error) b.code = orr_index_file_failed(VERB, r->db, error, why);
    }
    if (was_old) fprintf(stderr, "%s: of an older version: built anew\n", r->db);
    if (!b.code && is_of_chain(&b)) {
        b.ix = orr_indexer_new(&b.load.heap.mem, &of_index, orr_index_db_sink(b.db));
        import_all(&b, &refused);
        settle(&b);
        orr_indexer_free(b.ix);
    }
    orr_index_db_close(b.db);
    orr_chain_load_end(&b.load);
    return b.code;
}

/* The files of a folder. */
static int run_folder(struct request *r, const char *folder) {
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

int orr_index_build_command(int argc, char **argv) {
    struct request r = {.paths = argv + 1, .window = 128};
    struct orr_options o = {
        .verb = VERB, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value, *folder = NULL;
    for (;;) { /* ends: with the arguments */
        switch (orr_options_next(&o, &value)) {
        case ORR_OPTION_OPERAND:
            if (r.genesis)
                r.paths[r.n_paths++] = (char *)value;
            else
                r.genesis = value;
            break;
        case DB: r.db = value; break;
        case CHAIN: folder = value; break;
        case FORKENV: r.forkenv = value; break;
        case DURABLE: r.is_durable = true; break;
        case LIVE: r.is_live = true; break;
        case WINDOW:
            if (!orr_options_number(&o, "--window", value, &r.window)) return 2;
            break;
        case ORR_OPTION_HELP: return usage(stdout);
        case ORR_OPTION_BAD: return 2;
        default:
            if (!r.db || !r.window || r.window > MAX_WINDOW) return usage(stderr);
            if (folder && !r.genesis) return run_folder(&r, folder);
            return r.genesis && r.n_paths && !folder ? run(&r) : usage(stderr);
        }
    }
}
