#include "sim/cli/sweep_index.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/table_hdf5.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/sweep_pool.h"

/* Columns of numbers: name, where it is in the object of `orrery run --json`, and what it is
 * multiplied by: ns become s. */
static const struct column {
    const char *name, *object, *field;
    bool is_ns;
} columns[] = {
    {"end_s", NULL, "end_ns", true},
    {"events", NULL, "events", false},
    {"messages", NULL, "messages", false},
    {"decisions", NULL, "decisions", false},
    {"heights", NULL, "heights", false},
    {"submitted", NULL, "submitted", false},
    {"committed", NULL, "committed", false},
    {"never_committed", NULL, "never_committed", false},
    {"throughput_per_s", NULL, "throughput_per_s", false},
    {"latency_p50_s", "latency", "p50", true},
    {"latency_p90_s", "latency", "p90", true},
    {"latency_p99_s", "latency", "p99", true},
    {"latency_max_s", "latency", "max", true},
    {"block_interval_p50_s", "block_interval", "p50", true},
    {"block_interval_max_s", "block_interval", "max", true},
    {"max_gap_s", NULL, "max_gap", true},
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static void write_text(FILE *to, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"') fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void write_head(const struct orr_sweep_plan *p, FILE *to) {
    fputs("run,digest,seed", to);
    for (uint32_t i = 0; i < p->n_axes; i++) {
        fputc(',', to);
        write_text(to, p->axes[i].key);
    }
    fputs(",status,failed_verdicts,fingerprint", to);
    for (int i = 0; i < N_COLUMNS; i++) fprintf(to, ",%s", columns[i].name);
    fputs("\r\n", to);
}

static void write_number(FILE *to, const json_t *object, const struct column *c) {
    const json_t *in = c->object ? json_object_get(object, c->object) : object;
    const json_t *value = json_object_get(in, c->field);
    fputc(',', to);
    if (json_is_integer(value) && c->is_ns) { /* all digits of a time, as a decimal number */
        json_int_t ns = json_integer_value(value);
        fprintf(to, "%lld.%09lld", (long long)(ns / 1000000000), (long long)(ns % 1000000000));
    } else if (json_is_integer(value)) {
        fprintf(to, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        fprintf(to, "%.17g", json_real_value(value));
    }
}

/* The names of the expectations that did not hold, separated by spaces. */
static void write_verdicts(FILE *to, const json_t *object) {
    size_t i;
    json_t *v;
    bool any = false;
    json_array_foreach(json_object_get(object, "verdicts"), i, v) {
        const char *name = json_string_value(json_object_get(v, "name"));
        if (json_is_true(json_object_get(v, "pass")) || !name) continue;
        if (!json_is_true(json_object_get(v, "judged"))) continue;
        fprintf(to, "%s%s", any ? " " : "", name);
        any = true;
    }
}

static void write_row(const struct orr_sweep_plan *p, uint32_t run, const json_t *object,
                      struct orr_sweep_counts *counts, FILE *to) {
    char digest[ORR_SWEEP_DIGEST];
    orr_sweep_plan_digest(p, run, digest);
    fprintf(to, "%u,%s,%llu", run, digest, (unsigned long long)orr_sweep_plan_seed(p, run));
    for (uint32_t i = 0; i < p->n_axes; i++) {
        fputc(',', to);
        write_text(to, orr_sweep_plan_value(p, run, i));
    }
    bool passed = json_is_true(json_object_get(object, "pass"));
    const char *status = !object ? "missing" : passed ? "ok" : "failed";
    counts->n_missing += !object;
    counts->n_ok += object && passed;
    counts->n_failed += object && !passed;
    const char *fingerprint = json_string_value(json_object_get(object, "fingerprint"));
    fprintf(to, ",%s,", status);
    write_verdicts(to, object);
    fprintf(to, ",%s", fingerprint ? fingerprint : "");
    for (int i = 0; i < N_COLUMNS; i++) write_number(to, object, &columns[i]);
    fputs("\r\n", to);
}

/* false: there is a file, and it is no result; told. */
static bool read_result(const struct orr_sweep_plan *p, uint32_t run, const char *folder,
                        json_t **object) {
    char digest[ORR_SWEEP_DIGEST], path[ORR_SWEEP_PATH];
    *object = NULL;
    orr_sweep_plan_digest(p, run, digest);
    if (!orr_sweep_path(folder, "runs", digest, ".json", path) || access(path, F_OK)) return true;
    json_error_t why;
    *object = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    const char *name = json_string_value(json_object_get(*object, "scenario"));
    const json_t *seed = json_object_get(*object, "seed");
    if (name && !strcmp(name, p->name) &&
        json_integer_value(seed) == (json_int_t)orr_sweep_plan_seed(p, run))
        return true;
    fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(path),
            *object ? "is the result of another run" : ORR_SHOWN(why.text));
    fprintf(stderr, "  remove it, and its run is made again\n");
    json_decref(*object);
    return false;
}

static int write_rows(const struct orr_sweep_plan *p, const char *folder,
                      struct orr_sweep_counts *counts, FILE *to) {
    write_head(p, to);
    for (uint32_t run = 0; run < p->n_runs; run++) {
        json_t *object;
        if (!read_result(p, run, folder, &object)) return 2;
        write_row(p, run, object, counts, to);
        json_decref(object);
    }
    return fflush(to) || ferror(to) || fsync(fileno(to)) ? 3 : 0;
}

/* ---- the files ---- */

static int write_csv(const struct orr_sweep_plan *p, const char *folder, const char *draft,
                     struct orr_sweep_counts *counts) {
    FILE *to = fopen(draft, "w");
    int code = to ? write_rows(p, folder, counts, to) : 3;
    if (to && fclose(to)) code = 3;
    if (code == 3) fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(draft), strerror(errno));
    return code;
}

/* What the CSV says, in the types that the columns have. */
static int write_hdf5(const struct orr_sweep_plan *p, const char *csv, const char *draft) {
    char error[ORR_TABLE_ERROR];
    struct orr_table table;
    unlink(draft); /* of a sweep that was killed */
    int status = orr_table_read(csv, &table, error);
    if (!status) {
        enum orr_table_type *types = orr_xrealloc(NULL, table.n_columns * sizeof *types);
        size_t first = 3 + p->n_axes; /* behind run, digest, seed and the axes */
        for (size_t i = 0; i < table.n_columns; i++)
            types[i] = i == 0 || i == 2 ? ORR_TABLE_WHOLE
                       : i == 1 || (i >= first && i < first + 3) ? ORR_TABLE_TEXT
                       : i < first ? ORR_TABLE_EITHER : ORR_TABLE_NUMBER;
        status = orr_table_write_hdf5(&table, types, draft, error);
        free(types);
        orr_table_fini(&table);
    }
    if (status) fprintf(stderr, "orrery sweep: %s\n", ORR_SHOWN(error));
    return status ? 3 : 0;
}

static int put(const char *draft, const char *path) {
    if (!rename(draft, path)) return 0;
    fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return 3;
}

int orr_sweep_index_write(const struct orr_sweep_plan *p, const char *folder,
                          struct orr_sweep_counts *counts) {
    char lock[ORR_SWEEP_PATH], csv[ORR_SWEEP_PATH], hdf5[ORR_SWEEP_PATH];
    char csv_draft[ORR_SWEEP_PATH], hdf5_draft[ORR_SWEEP_PATH];
    *counts = (struct orr_sweep_counts){0};
    if (!orr_sweep_path(folder, "runs", "lock", "", lock) ||
        !orr_sweep_path(folder, ".", "index", ".csv.part", csv_draft) ||
        !orr_sweep_path(folder, ".", "index", ".csv", csv) ||
        !orr_sweep_path(folder, ".", "index", ".h5.part", hdf5_draft) ||
        !orr_sweep_path(folder, ".", "index", ".h5", hdf5))
        return 2;
    int fd = open(lock, O_WRONLY | O_CREAT, 0644);
    if (fd < 0) {
        fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(lock), strerror(errno));
        return 3;
    }
    flock(fd, LOCK_EX);
    int code = write_csv(p, folder, csv_draft, counts);
    if (!code) code = write_hdf5(p, csv_draft, hdf5_draft);
    if (!code) code = put(hdf5_draft, hdf5);
    if (!code) code = put(csv_draft, csv);
    if (code) unlink(csv_draft), unlink(hdf5_draft);
    close(fd);
    return code;
}

bool orr_sweep_index_of(const char *path, char file[4096]) {
    struct stat st;
    size_t len = strlen(path);
    bool is_folder = !stat(path, &st) && S_ISDIR(st.st_mode);
    snprintf(file, 4096, "%s%s", path, is_folder ? "/index.csv" : "");
    return is_folder || (len > 4 && !strcmp(path + len - 4, ".csv"));
}
