/* orrery index verify: an index made anew from the blocks that it holds itself. */
#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "sim/base/memory.h"
#include "sim/cli/index/file.h"
#include "sim/cli/options.h"
#include "sim/index/reread.h"

#define VERB "index verify"

int orr_index_verify_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery index verify FILE\n\n"
            "Reads the blocks, transactions and logs of an index, makes their bytes again, and\n"
            "checks them against what each header commits to: parents, transactions, who signed\n"
            "them, receipts, filters.  From them an index is made anew in memory, and the digest\n"
            "of each table compared.\n\n"
            "Exit codes: 0 it holds together, 1 it does not, 2 no index, 3 it cannot be read.\n");
    return to == stdout ? 0 : 2;
}

struct verify {
    struct orr_heap heap;
    struct orr_index_store store;
    struct orr_indexer *ix;
    uint64_t n_blocks;
};

static int wrong(uint64_t number, const char *why) {
    printf("block %llu: %s\n", (unsigned long long)number, why);
    return 1;
}

static int one_block(void *ctx, uint64_t number, const struct orr_index_feed *stored) {
    struct verify *v = ctx;
    struct orr_index_feed feed = *stored;
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *why;
    feed.senders = NULL;
    if (!v->ix) {
        const struct orr_index_options options = {.first = number, .window = 1, .max_held = 2};
        v->ix = orr_indexer_new(&v->heap.mem, &options, &v->store.sink);
    }
    int error = orr_indexer_add(v->ix, &feed, &hash, &why);
    if (error) return wrong(number, why);
    error = orr_indexer_follow(v->ix, &hash, &at);
    if (error) return wrong(number, "it does not follow the block before it");
    v->n_blocks++;
    return 0;
}

/* The tables whose rows are others than those that follow from the blocks. */
static int compare(const struct verify *v, struct orr_index_db *db,
                   const struct orr_hash tables[ORR_INDEX_N_TABLES]) {
    struct orr_index_sink *sink = orr_index_db_sink(db);
    struct orr_index_head head = {.number = 0};
    int code = 0;
    bool has_head = !sink->head(sink, &head);
    if (has_head != v->store.has_head ||
        (has_head &&
         (head.number != v->store.head.number || !orr_hash_equal(head.hash, v->store.head.hash)))) {
        printf("head          is not the last block\n");
        code = 1;
    }
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) {
        struct orr_hash anew = orr_index_store_table_digest(&v->store, i);
        char hex[67];
        bool is_same = orr_hash_equal(anew, tables[i]);
        printf("%-12s  %s%s\n", orr_index_schemas[i].name, orr_index_hex(&tables[i], hex),
               is_same ? "" : ": not what follows from the blocks");
        code |= !is_same;
    }
    return code;
}

static int run(const char *path) {
    struct verify v = {.n_blocks = 0};
    struct orr_hash tables[ORR_INDEX_N_TABLES];
    struct orr_index_db *db;
    int code = orr_index_open_read(VERB, path, &db);
    if (code) return code;
    orr_heap_init(&v.heap);
    orr_index_store_init(&v.store, &v.heap.mem);
    int result = orr_index_reread(db, &v.heap.mem, 0, one_block, &v);
    if (!result) result = orr_index_db_digests(db, tables);
    if (result == ORR_ECORRUPT)
        code = (printf("damaged: %s\n", orr_index_db_why(db)), 1);
    else if (result < 0)
        code = orr_index_file_failed(VERB, path, result, orr_index_db_why(db));
    else
        code = result ? result : compare(&v, db, tables);
    if (code == 0)
        printf("%llu blocks: the index holds together\n", (unsigned long long)v.n_blocks);
    if (code == 1) printf("the index does not hold together: build it anew\n");
    orr_indexer_free(v.ix);
    orr_index_store_fini(&v.store);
    orr_index_db_close(db);
    return code;
}

int orr_index_verify_command(int argc, char **argv) {
    struct orr_options o = {.verb = VERB, .list = NULL, .n = 0, .argc = argc, .argv = argv};
    const char *value, *path = NULL;
    for (;;) { /* ends: with the arguments */
        int option = orr_options_next(&o, &value);
        if (option == ORR_OPTION_OPERAND && !path)
            path = value;
        else if (option == ORR_OPTION_HELP)
            return usage(stdout);
        else if (option == ORR_OPTION_END && path)
            return run(path);
        else
            return option == ORR_OPTION_BAD ? 2 : usage(stderr);
    }
}
