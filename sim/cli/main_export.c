/* orrery export TRACE.h5 --to FORMAT: a trace for other tools. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/around.h"
#include "sim/cli/beside.h"
#include "sim/cli/export/export.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"

enum { BAD_INPUT = 2, MACHINE_FAILED = 3, MOST_MESSAGES = 1 << 24 };

struct wishes {
    const char *path, *out, *around;
    const struct format *format;
    bool tables[ORR_N_GROUPS], some_tables, is_part;
    struct orr_spacetime_query query;
    uint64_t most; /* 0: the format's */
};

/* ---- formats of messages ---- */

static int write_perfetto(const struct orr_spacetime_part *part, const char *build, FILE *to) {
    (void)build;
    orr_export_perfetto(part, to);
    return 0;
}
static int write_shiviz(const struct orr_spacetime_part *part, const char *build, FILE *to) {
    (void)build;
    return orr_export_shiviz(&part->diagram, to);
}
static int write_pcapng(const struct orr_spacetime_part *part, const char *build, FILE *to) {
    orr_export_pcapng(&part->diagram, build, to);
    return 0;
}

static const struct format {
    const char *name, *ending;
    int (*write)(const struct orr_spacetime_part *part, const char *build, FILE *to);
    size_t most;
} formats[] = {
    {"csv", "-csv", NULL, 0},
    {"perfetto", "-perfetto.json", write_perfetto, 100000},
    {"shiviz", "-shiviz.log", write_shiviz, 2000},
    {"pcapng", ".pcapng", write_pcapng, 1000000},
};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

/* ---- the command line ---- */

enum { TO, OUT, TABLE, AROUND, FROM, UNTIL, NODE, KIND, MOST };
static const struct orr_option options[] = {
    [TO] = {"--to", "FORMAT", "csv, perfetto, shiviz or pcapng"},
    [OUT] = {"--out", "PATH", "the file, or the folder of CSV; default: beside the trace"},
    [TABLE] = {"--table", "NAME", "of csv: this table alone; may be repeated"},
    [AROUND] = {"--around", "VIOLATION|TIME", "of messages: a second before and after"},
    [FROM] = {"--from", "TIME", "of messages: not before: 2.5s"},
    [UNTIL] = {"--until", "TIME", "of messages: not after"},
    [NODE] = {"--node", "NODE", "between these nodes: val.3, 3, or a group: val; may be repeated"},
    [KIND] = {"--kind", "KIND", "messages of this kind alone"},
    [MOST] = {"--most", "N", "the first N messages (perfetto 100000, shiviz 2000,\n"
                             "pcapng 1000000 unless said)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery export TRACE.h5 --to csv|perfetto|shiviz|pcapng [OPTION...]\n\n"
            "Writes a trace for other tools:\n"
            "  csv       a folder with a file for each table, columns.csv (types, units,\n"
            "            meanings), run.csv and scenario.yaml\n"
            "  perfetto  messages on their way, faults and decisions, for ui.perfetto.dev\n"
            "  shiviz    a log with vector clocks, for ShiViz\n"
            "  pcapng    a packet for each message, for Wireshark, with orrery.lua beside\n"
            "            it, which names what is in one\n"
            "All but csv want messages (`record: messages`).\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 written, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static bool take_table(struct wishes *w, const char *name) {
    for (unsigned g = 0; g < ORR_N_GROUPS; g++)
        if (!strcmp(orr_trace_table_of(g)->name, name)) return w->some_tables = w->tables[g] = true;
    fprintf(stderr, "orrery export: no table '%s'; there are", ORR_SHOWN(name));
    for (unsigned g = 0; g < ORR_N_GROUPS; g++)
        fprintf(stderr, " %s", orr_trace_table_of(g)->name);
    fprintf(stderr, "\n");
    return false;
}

static bool take_format(struct wishes *w, const char *name) {
    for (int i = 0; i < N_FORMATS; i++)
        if (!strcmp(formats[i].name, name)) return (w->format = &formats[i]);
    fprintf(stderr, "orrery export: --to is csv, perfetto, shiviz or pcapng, not '%s'\n",
            ORR_SHOWN(name));
    return false;
}

static bool take_option(struct wishes *w, const struct orr_options *walk, int option,
                        const char *value) {
    struct orr_spacetime_query *q = &w->query;
    if (option >= AROUND) w->is_part = true;
    switch (option) {
    case TO: return take_format(w, value);
    case OUT: return (w->out = value);
    case TABLE: return take_table(w, value);
    case AROUND: return (w->around = value);
    case KIND: return (q->kind = value);
    case MOST:
        if (!orr_options_number(walk, "--most", value, &w->most)) return false;
        if (w->most && w->most <= MOST_MESSAGES) return true;
        fprintf(stderr, "orrery export: --most is 1 to %d\n", MOST_MESSAGES);
        return false;
    case NODE:
        if (q->n_nodes < ORR_SPACETIME_NODES) return (q->nodes[q->n_nodes++] = value);
        fprintf(stderr, "orrery export: more than %d times --node\n", ORR_SPACETIME_NODES);
        return false;
    default:
        if (orr_around_time(value, option == FROM ? &q->from_ns : &q->to_ns)) return true;
        fprintf(stderr, "orrery export: '%s' is no time such as 2.5s or 300ms\n",
                ORR_SHOWN(value));
        return false;
    }
}

/* What does not go together; "" when all does. */
static const char *contradiction(const struct wishes *w) {
    if (!w->format) return "--to is wanted: csv, perfetto, shiviz or pcapng";
    if (w->format->write && w->some_tables) return "--table is for csv";
    if (!w->format->write && w->is_part)
        return "csv has whole tables: --around, --from, --until, --node, --kind and --most are for "
               "messages";
    if (w->query.from_ns > w->query.to_ns) return "--from is after --until";
    return "";
}

/* 0: go on; else the exit code, -1 for help that has been printed. */
static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "export", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i >= 0 && !take_option(w, &walk, i, value)) return BAD_INPUT;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->path) {
            fprintf(stderr, "orrery export: one trace at a time: %s, %s\n", ORR_SHOWN(w->path),
                    ORR_SHOWN(value));
            return BAD_INPUT;
        }
        w->path = value;
    }
    if (!w->path) return usage(stderr);
    const char *wrong = contradiction(w);
    if (*wrong) fprintf(stderr, "orrery export: %s\n", wrong);
    return *wrong ? BAD_INPUT : 0;
}

/* ---- messages ---- */

/* The dissector stands beside the packets; one that is there, maybe edited, stays. */
static int write_dissector(const char *path, char *error) {
    struct orr_beside file;
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash + 1 - path) : 0;
    char *lua = orr_xrealloc(NULL, len + 16);
    snprintf(lua, len + 16, "%.*sorrery.lua", (int)len, path);
    int status = 0;
    if (access(lua, F_OK)) {
        orr_beside_open(&file, lua);
        if (file.to) fputs(orr_export_lua, file.to);
        status = orr_beside_close(&file, 0, error);
    }
    free(lua);
    return status;
}

static int write_part(const struct wishes *w, const struct orr_spacetime_part *part,
                      const char *build, const char *path, char *error) {
    struct orr_beside file;
    orr_beside_open(&file, path);
    int status = file.to ? w->format->write(part, build, file.to) : 0;
    if (status == ORR_ELIMIT)
        snprintf(error, ORR_READER_ERROR_LEN, "the vector clocks of %zu messages among %zu nodes "
                 "are too many: fewer with --node or --most", part->diagram.n_messages,
                 part->diagram.n_nodes);
    status = orr_beside_close(&file, status, error);
    if (!status && w->format->write == write_pcapng) status = write_dissector(path, error);
    if (!status && part->is_cut)
        fprintf(stderr, "the first %zu messages, to %.6f s; --most takes more, --from, --until, "
                        "--node and --kind choose others\n", w->query.most_messages,
                (double)part->diagram.to_ns * 1e-9);
    return status;
}

static int export_messages(struct wishes *w, struct orr_trace_reader *reader, const char *path,
                           char *error) {
    struct orr_spacetime_part part;
    w->query.most_messages = w->most ? w->most : w->format->most;
    int status = orr_spacetime_of(reader, &w->query, &part, error);
    if (status) return status;
    if (part.diagram.n_messages || part.diagram.n_marks) {
        status = write_part(w, &part, orr_trace_reader_head(reader)->build, path, error);
    } else {
        snprintf(error, ORR_READER_ERROR_LEN, "%.300s: %s", w->path,
                 part.knows_messages ? "nothing is as asked"
                                     : "it holds no messages (`record: messages` keeps them)");
        status = ORR_ENOTFOUND;
    }
    orr_spacetime_part_free(&part);
    return status;
}

/* ---- tables ---- */

static void put_run(const struct orr_trace_head *h, FILE *to) {
    fprintf(to, "key,value\r\nschema_version,%" PRIu32 "\r\nseed,%" PRIu64
                "\r\nshuffle_ties,%" PRIu64 "\r\n", h->version, h->seed, h->shuffle_ties);
    const struct { const char *key, *text; } texts[] = {
        {"name", h->name}, {"title", h->title}, {"build", h->build}, {"overrides", h->overrides}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fprintf(to, "%s,", texts[i].key);
        orr_export_text(texts[i].text, strlen(texts[i].text), to);
        fputs("\r\n", to);
    }
}

/* A file in a folder; the table `group`, or with ORR_N_GROUPS what the name says. */
static int write_file(struct orr_trace_reader *reader, const char *folder, const char *name,
                      unsigned group, char *error) {
    const struct orr_trace_head *head = orr_trace_reader_head(reader);
    size_t size = strlen(folder) + strlen(name) + 8;
    char *path = orr_xrealloc(NULL, size);
    struct orr_beside file;
    int status = 0;
    snprintf(path, size, "%s/%s%s", folder, name, group < ORR_N_GROUPS ? ".csv" : "");
    orr_beside_open(&file, path);
    if (file.to && group < ORR_N_GROUPS)
        status = orr_export_csv(reader, (enum orr_trace_group)group, file.to, error);
    else if (file.to && !strcmp(name, "columns.csv")) orr_export_columns(head, file.to);
    else if (file.to && !strcmp(name, "run.csv")) put_run(head, file.to);
    else if (file.to) fwrite(head->scenario, 1, head->scenario_len, file.to);
    status = orr_beside_close(&file, status, error);
    free(path);
    return status;
}

static const char *const others[] = {"columns.csv", "run.csv", "scenario.yaml"};
enum { N_OTHERS = sizeof others / sizeof others[0] };

static int write_files(const struct wishes *w, struct orr_trace_reader *reader, const char *folder,
                       char *error) {
    int status = 0;
    for (unsigned g = 0; g < ORR_N_GROUPS && !status; g++)
        if (w->tables[g] || !w->some_tables)
            status = write_file(reader, folder, orr_trace_table_of(g)->name, g, error);
    for (size_t i = 0; i < N_OTHERS && !status; i++)
        status = write_file(reader, folder, others[i], ORR_N_GROUPS, error);
    return status;
}

/* Removes what write_files may have left. */
static void remove_files(const char *folder) {
    size_t size = strlen(folder) + 64;
    char *path = orr_xrealloc(NULL, size);
    for (unsigned g = 0; g < ORR_N_GROUPS; g++) {
        snprintf(path, size, "%s/%s.csv", folder, orr_trace_table_of(g)->name);
        unlink(path);
    }
    for (size_t i = 0; i < N_OTHERS; i++) {
        snprintf(path, size, "%s/%s", folder, others[i]);
        unlink(path);
    }
    rmdir(folder);
    free(path);
}

static int export_tables(struct wishes *w, struct orr_trace_reader *reader, const char *path,
                         char *error) {
    size_t size = strlen(path) + 16;
    char *beside = orr_xrealloc(NULL, size);
    mode_t mask = umask(077);
    umask(mask);
    snprintf(beside, size, "%s.XXXXXX", path);
    bool made = mkdtemp(beside) != NULL;
    int status = made ? write_files(w, reader, beside, error) : ORR_EIO;
    if (!status) chmod(beside, 0777 & ~mask); /* as any other new folder */
    if (!status && rename(beside, path)) status = ORR_EIO;
    if (status == ORR_EIO && !*error)
        snprintf(error, ORR_READER_ERROR_LEN, "%.300s: %s", path,
                 errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                     ? "something of that name is there"
                     : "it cannot be written");
    if (status && made) remove_files(beside);
    free(beside);
    return status;
}

static char *default_path(const struct wishes *w) {
    size_t len = strlen(w->path);
    if (w->out) return strdup(w->out);
    if (len > 3 && !strcmp(w->path + len - 3, ".h5")) len -= 3;
    char *path = orr_xrealloc(NULL, len + 32);
    snprintf(path, len + 32, "%.*s%s", (int)len, w->path, w->format->ending);
    return path;
}

int orr_main_export(int argc, char **argv) {
    struct wishes w = {.query = {.from_ns = 0, .to_ns = INT64_MAX}};
    struct orr_trace_reader *reader = NULL;
    char error[ORR_READER_ERROR_LEN] = "";
    int code = read_arguments(argc, argv, &w);
    if (code) return code < 0 ? 0 : code;
    char *path = default_path(&w);
    int status = orr_trace_reader_open(&reader, w.path, error);
    if (!status && w.around)
        code = orr_around_window(reader, "export", w.around, &w.query.from_ns, &w.query.to_ns);
    if (!status && !code)
        status = (w.format->write ? export_messages : export_tables)(&w, reader, path, error);
    orr_trace_reader_close(reader);
    if (status) fprintf(stderr, "orrery export: %s\n", ORR_SHOWN(error));
    else if (!code) printf("%s\n", ORR_SHOWN(path));
    free(path);
    return !status ? code : status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
}
