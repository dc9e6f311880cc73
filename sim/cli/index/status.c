/* orrery index status: how far an index has come. */
#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/index/file.h"
#include "sim/cli/options.h"

#define VERB "index status"

int orr_index_status_command(int argc, char **argv);

enum { JSON };
static const struct orr_option options[] = {{"--json", NULL, "one JSON object"}};

static int usage(FILE *to) {
    fprintf(to, "usage: orrery index status FILE [--json]\n\n"
                "Says which chain's index it is, its cursor (the youngest block whose rows it\n"
                "holds) and how many rows there are.\n\n");
    orr_options_print(options, 1, to);
    fprintf(to, "\nExit codes: 0 said, 2 no index, 3 it cannot be read.\n");
    return to == stdout ? 0 : 2;
}

static void take_number(void *ctx, const struct orr_index_cell *cells, int n) {
    if (n == 1) *(int64_t *)ctx = cells[0].number;
}

static int count(struct orr_index_db *db, enum orr_index_table table, int64_t *n) {
    char sql[100];
    uint64_t n_rows;
    struct orr_index_question q = {.sql = sql, .row = take_number, .ctx = n};
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", orr_index_schemas[table].name);
    return orr_index_db_ask(db, &q, &n_rows);
}

static int show(struct orr_index_db *db, bool as_json) {
    struct orr_index_sink *sink = orr_index_db_sink(db);
    struct orr_index_head head;
    char chain[40] = "", hex[67];
    int error = sink->head(sink, &head);
    bool has_head = !error;
    if (error == ORR_ENOTFOUND) error = 0;
    if (!error && orr_index_db_noted(db, "chain_id", chain, sizeof chain)) chain[0] = 0;
    bool is_settled = orr_index_db_is_settled(db);
    printf(as_json ? "{\"chain_id\":%s" : "chain         %s\n", chain[0]  ? chain
                                                                : as_json ? "null"
                                                                          : "none yet");
    if (has_head)
        printf(as_json ? ",\"number\":%llu,\"hash\":\"%s\"" : "head          %llu, %s\n",
               (unsigned long long)head.number, orr_index_hex(&head.hash, hex));
    printf(as_json ? ",\"has_indexes\":%s" : "wide indexes  %s\n",
           as_json      ? is_settled ? "true" : "false"
           : is_settled ? "built"
                        : "to be built: the backfill has not ended");
    for (int i = 0; i < ORR_INDEX_N_TABLES && !error; i++) {
        int64_t n = 0;
        if (i == ORR_INDEX_appearances) continue; /* counting them is making them all */
        error = count(db, i, &n);
        printf(as_json ? ",\"%s\":%lld" : "%-12s  %lld\n", orr_index_schemas[i].name, (long long)n);
    }
    if (as_json) printf("}\n");
    return error;
}

int orr_index_status_command(int argc, char **argv) {
    struct orr_options o = {.verb = VERB, .list = options, .n = 1, .argc = argc, .argv = argv};
    const char *value, *path = NULL;
    bool as_json = false;
    for (;;) { /* ends: with the arguments */
        int option = orr_options_next(&o, &value);
        if (option == ORR_OPTION_OPERAND && !path)
            path = value;
        else if (option == JSON)
            as_json = true;
        else if (option == ORR_OPTION_HELP)
            return usage(stdout);
        else if (option == ORR_OPTION_END && path)
            break;
        else
            return option == ORR_OPTION_BAD ? 2 : usage(stderr);
    }
    struct orr_index_db *db;
    int code = orr_index_open_read(VERB, path, &db);
    if (code) return code;
    int error = show(db, as_json);
    if (error) code = orr_index_file_failed(VERB, path, error, orr_index_db_why(db));
    orr_index_db_close(db);
    return code;
}
