/* orrery index abi: the events of a contract as typed tables of an index. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/index/file.h"
#include "sim/cli/options.h"
#include "sim/index/events.h"

#define VERB "index abi"

int orr_index_abi_command(int argc, char **argv);

enum { DB, NAME, ADDRESS };
static const struct orr_option options[] = {
    {"--db", "FILE", "an index: makes a table per event, NAME_EVENT"},
    {"--name", "NAME", "what the tables begin with (default: the ABI's file name)"},
    {"--address", "0x...", "logs of this contract alone"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct request {
    const char *path, *db, *name;
    bool has_address;
    struct orr_address address;
    char stem[ORR_ABI_MAX_NAME + 1];
};

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery index abi ABI [--db FILE [OPTION...]]\n\n"
            "Shows the events of a contract's ABI: solc's JSON, or human-readable lines such as\n"
            "`event Transfer(address indexed from, address indexed to, uint256 value)`.  With\n"
            "--db each becomes a table of that index with a column a parameter, decoded from the\n"
            "logs when it is asked for: a reorganisation changes it as it changes the logs.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 done, 2 bad input, 3 the file cannot be written.\n");
    return to == stdout ? 0 : 2;
}

/* The view of the i-th event: one whose name came before is numbered. */
static void name_view(const struct request *r, const struct orr_abi_file *file, uint32_t i,
                      char view[ORR_INDEX_MAX_VIEW]) {
    unsigned before = 0;
    for (uint32_t k = 0; k < i; k++)
        before += !strcasecmp(file->events[k].name, file->events[i].name);
    if (before)
        snprintf(view, ORR_INDEX_MAX_VIEW, "%s_%s_%u", r->stem, file->events[i].name, before + 1);
    else
        snprintf(view, ORR_INDEX_MAX_VIEW, "%s_%s", r->stem, file->events[i].name);
}

static void show(const struct request *r, const struct orr_abi_file *file) {
    for (uint32_t i = 0; i < file->n_events; i++) {
        const struct orr_abi_event *e = &file->events[i];
        char view[ORR_INDEX_MAX_VIEW], column[ORR_ABI_MAX_NAME + 16], hex[67];
        name_view(r, file, i, view);
        printf("%s  %s\n  topic0  %s\n", view, e->signature,
               e->is_anonymous ? "none: it is anonymous, and has no table"
                               : orr_index_hex(&e->topic0, hex));
        for (uint32_t k = 0; k < e->n; k++) {
            struct orr_heap heap;
            orr_heap_init(&heap);
            struct orr_rlp_writer w = {.mem = &heap.mem};
            orr_abi_type_write(e->parameters[k].type, &w);
            orr_index_event_column(e, k, column);
            printf("  %-7s %.*s %s\n", e->parameters[k].is_indexed ? "indexed" : "", (int)w.len,
                   (const char *)w.bytes, column);
            orr_rlp_free(&w);
        }
    }
    if (!file->n_events) printf("no events\n");
}

static int add_views(const struct request *r, const struct orr_abi_file *file,
                     struct orr_index_db *db) {
    for (uint32_t i = 0; i < file->n_events; i++) {
        char view[ORR_INDEX_MAX_VIEW];
        if (file->events[i].is_anonymous) continue;
        name_view(r, file, i, view);
        int error =
            orr_index_db_add_event(db, &file->events[i], view, r->has_address ? &r->address : NULL);
        if (error) return orr_index_file_failed(VERB, r->db, error, orr_index_db_why(db));
    }
    return 0;
}

static int write_db(const struct request *r, const struct orr_abi_file *file) {
    const struct orr_index_db_options of_db = {.is_existing = true};
    struct orr_index_db *db;
    char why[ORR_INDEX_WHY_BYTES];
    bool was_old;
    int error = orr_index_db_open(r->db, &of_db, &db, &was_old, why);
    if (error) return orr_index_file_failed(VERB, r->db, error, why);
    int code = add_views(r, file, db);
    orr_index_db_close(db);
    return code;
}

static int run(const struct request *r) {
    struct orr_heap heap;
    struct orr_abi_file file;
    char why[ORR_ABI_WHY_BYTES] = "", *text;
    const char *no_file;
    size_t len;
    int code = 0, error = orr_file_read(r->path, ORR_ABI_MAX_FILE, &text, &len, &no_file);
    if (error) {
        fprintf(stderr, "orrery " VERB ": %s: %s\n", r->path, no_file);
        return error == ORR_ENOMEM ? 3 : 2;
    }
    orr_heap_init(&heap);
    error = orr_abi_file_read(&heap.mem, text, len, &file, why);
    if (error) {
        fprintf(stderr, "orrery " VERB ": %s: %s\n", r->path, why);
        code = 2;
    }
    if (!code) show(r, &file);
    if (!code && r->db) code = write_db(r, &file);
    orr_abi_file_free(&heap.mem, &file);
    free(text);
    return code;
}

/* What the tables begin with: a name of letters, digits and _. */
static bool name_tables(struct request *r) {
    const char *slash = strrchr(r->path, '/');
    const char *from = r->name ? r->name : slash ? slash + 1 : r->path;
    size_t n = r->name ? strlen(from) : strcspn(from, ".");
    bool is_good = n > 0 && n <= ORR_ABI_MAX_NAME;
    for (size_t i = 0; i < n && is_good; i++) {
        unsigned char c = (unsigned char)from[i];
        bool is_letter = isalnum(c) || c == '_';
        is_good = is_letter || !r->name;
        r->stem[i] = is_letter ? (char)c : '_';
    }
    if (!is_good)
        fprintf(stderr, "orrery " VERB ": --name is 1 to %d letters, digits and _\n",
                ORR_ABI_MAX_NAME);
    return is_good;
}

int orr_index_abi_command(int argc, char **argv) {
    struct request r = {.path = NULL};
    struct orr_options o = {
        .verb = VERB, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (;;) { /* ends: with the arguments */
        switch (orr_options_next(&o, &value)) {
        case ORR_OPTION_OPERAND:
            if (r.path) return usage(stderr);
            r.path = value;
            break;
        case DB: r.db = value; break;
        case NAME: r.name = value; break;
        case ADDRESS:
            r.has_address = orr_hex_read(value + 2 * !strncmp(value, "0x", 2),
                                         strlen(value) - 2 * !strncmp(value, "0x", 2),
                                         r.address.bytes, 20) == 20;
            if (r.has_address) break;
            fprintf(stderr, "orrery " VERB ": --address %s: no 20 bytes\n", value);
            return 2;
        case ORR_OPTION_HELP: return usage(stdout);
        case ORR_OPTION_BAD: return 2;
        default:
            if (!r.path || (!r.db && r.has_address)) return usage(stderr);
            return name_tables(&r) ? run(&r) : 2;
        }
    }
}
