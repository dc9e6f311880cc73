#include "sim/cli/vm/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/worker.h"

/* ---- the files ---- */

struct files {
    char **at;
    size_t n, cap;
};

static void add_file(struct files *files, const char *path) {
    if (files->n == files->cap) {
        files->cap = files->cap ? 2 * files->cap : 64;
        files->at = orr_xrealloc(files->at, files->cap * sizeof files->at[0]);
    }
    size_t size = strlen(path) + 1;
    files->at[files->n++] = memcpy(orr_xrealloc(NULL, size), path, size);
}

static bool ends_in_json(const char *name) {
    size_t n = strlen(name);
    return n > 5 && !strcmp(name + n - 5, ".json");
}

static bool is_folder(const char *path) {
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static void add_path(struct files *files, const char *path, struct orr_vm_report *report);

/* All .json files below a folder, in order of name; hidden entries are left out. */
static void add_folder(struct files *files, const char *path, struct orr_vm_report *report) {
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) orr_vm_report_add(&report->bad, path, "", "", strerror(errno), NULL);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char full[4096];
        int len = snprintf(full, sizeof full, "%s/%s", path, name);
        if (len >= (int)sizeof full)
            orr_vm_report_add(&report->bad, path, "", "", "a path that is too long", NULL);
        else if (name[0] != '.' && (ends_in_json(name) || is_folder(full)))
            add_path(files, full, report);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}

static void add_path(struct files *files, const char *path, struct orr_vm_report *report) {
    struct stat info;
    if (stat(path, &info))
        orr_vm_report_add(&report->bad, path, "", "", strerror(errno), NULL);
    else if (S_ISDIR(info.st_mode))
        add_folder(files, path, report);
    else if (!S_ISREG(info.st_mode))
        orr_vm_report_add(&report->bad, path, "", "", "not a regular file", NULL);
    else
        add_file(files, path);
}

/* ---- running ---- */

/* Cases whose length is their point: minutes where nothing is optimised. */
static bool is_long(const char *name) {
    return strstr(name, "Blake2f_MaxRounds") != NULL; /* 2^32 - 1 rounds */
}

static void run_case(struct orr_vm_tester *t, const char *name, const json_t *test) {
    if (t->options->is_bounded && is_long(name))
        orr_vm_report_add(&t->report->not_run, t->file, name, "", "too long for this build", NULL);
    else if (t->options->kind == ORR_EVM_STATE_TESTS)
        orr_vm_state_test(t, name, test);
    else
        orr_vm_block_test(t, name, test);
}

static json_t *load(const char *path, struct orr_vm_report *report) {
    json_error_t error;
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
    char at[64];
    snprintf(at, sizeof at, "%d:%d:", error.line, error.column);
    if (!file)
        orr_vm_report_add(&report->bad, path, at, "", error.text, NULL);
    else if (!json_is_object(file))
        orr_vm_report_add(&report->not_run, path, "", "", "no object of test cases", NULL);
    return file;
}

/* Each file has a machine of its own, so that none pays for the memory that another took. */
static void run_file(const void *ctx, const char *path, size_t first_case,
                     struct orr_vm_worker *worker) {
    struct orr_heap heap;
    struct orr_vm_report report = {0};
    orr_heap_init(&heap);
    struct orr_vm_tester t = {.options = ctx,
                              .mem = &heap.mem,
                              .executor = orr_evm_executor_create(&heap.mem),
                              .file = path,
                              .report = &report};
    json_t *file = load(path, &report), *test;
    const char *name;
    size_t n = 0;
    orr_vm_worker_end(worker, &report);
    json_object_foreach(file, name, test) {
        const struct orr_vm_test_options *o = t.options;
        bool is_wanted = (!o->only_case || strstr(name, o->only_case)) &&
                         (!o->only_pattern || !regexec(o->only_pattern, name, 0, NULL, 0));
        if (n++ < first_case || !is_wanted) continue;
        orr_vm_worker_begin(worker, n - 1, name);
        run_case(&t, name, test);
        orr_vm_worker_end(worker, &report);
    }
    json_decref(file);
    orr_evm_executor_destroy(t.executor);
}

void orr_vm_test_run(const struct orr_vm_test_options *options, const char *const *paths,
                     size_t n_paths, struct orr_vm_report *report) {
    struct files files = {NULL, 0, 0};
    for (size_t i = 0; i < n_paths; i++) {
        size_t before = files.n + report->bad.n;
        add_path(&files, paths[i], report);
        if (files.n + report->bad.n == before)
            orr_vm_report_add(&report->bad, paths[i], "", "", "no .json file is in it", NULL);
    }
    struct orr_vm_job job = {options, (const char *const *)files.at, files.n, run_file};
    struct orr_vm_report *reports = orr_xcalloc(files.n + 1, sizeof *reports);
    long n = options->n_workers > 0 ? options->n_workers : sysconf(_SC_NPROCESSORS_ONLN);
    orr_vm_workers_run(&job, n < 1 ? 1 : (size_t)n, reports);
    for (size_t i = 0; i < files.n; i++) {
        orr_vm_report_join(report, &reports[i]);
        free(files.at[i]);
    }
    free(reports);
    free(files.at);
}

/* ---- the command ---- */

static int usage(const char *verb, enum orr_vm_test_kind kind, FILE *to) {
    fprintf(
        to,
        "usage: orrery vm %s PATH... [--json] [--fork NAME] [--case TEXT] [--reasons] [-j N]\n\n"
        "Runs the public tests in files and folders; prints passed, failed and not run.  A case\n"
        "that dies, or has no result after half an hour, fails by name; the others go on.\n"
        "  --json       one object, with file, case, fork, roots and logs hash per failure\n"
        "  --fork NAME  only this fork (%s)\n"
        "  --case TEXT  only cases whose name contains TEXT\n"
        "  --reasons    a refusal counts only for the reason that the test names\n"
        "  -j N         processes (default: one per processor)\n",
        verb, "Frontier, ..., Cancun, Prague, Osaka");
    if (kind == ORR_EVM_STATE_TESTS)
        fprintf(to,
                "  --trace      EIP-3155 on standard error, as go-ethereum and evmone print it,\n"
                "               and the state root of each case; one process\n"
                "  --trace.memory, --trace.returndata, --trace.nostack\n"
                "               with memory, with return data, without the stack\n");
    fprintf(to, "Exit codes: 0 all passed, 1 some failed or nothing was tested, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

/* What the command line asks for. */
struct request {
    struct orr_vm_test_options options;
    struct orr_vm_trace_options trace;
    bool as_json;
    int n_paths; /* moved to argv[1] and on */
};

static bool is_flag(struct request *r, const char *name) {
    const struct {
        const char *name;
        bool *flag, is_trace;
    } flags[] = {
        {"--json", &r->as_json, false},
        {"--reasons", &r->options.wants_reasons, false},
        {"--trace", NULL, true},
        {"--trace.memory", &r->trace.memory, true},
        {"--trace.returndata", &r->trace.return_data, true},
        {"--trace.nostack", &r->trace.no_stack, true},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(name, flags[i].name)) continue;
        if (flags[i].is_trace && r->options.kind != ORR_EVM_STATE_TESTS) return false;
        if (flags[i].is_trace) r->options.trace = &r->trace;
        if (flags[i].flag) *flags[i].flag = true;
        return true;
    }
    return false;
}

/* 0, or an exit code above it after a message. */
static int parse(struct request *r, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (is_flag(r, argv[i])) continue;
        if (!strcmp(argv[i], "--fork") && has_value) {
            r->options.only_fork = argv[++i];
        } else if (!strcmp(argv[i], "--case") && has_value) {
            r->options.only_case = argv[++i];
        } else if (!strcmp(argv[i], "-j") && has_value) {
            r->options.n_workers = atoi(argv[++i]);
            if (r->options.n_workers < 1) {
                fprintf(stderr, "orrery vm %s: -j: '%s' is no number of processes\n", argv[0],
                        argv[i]);
                return 2;
            }
        } else if (argv[i][0] == '-') {
            fprintf(stderr, "orrery vm %s: %s '%s'\n", argv[0],
                    !has_value && (!strcmp(argv[i], "--fork") || !strcmp(argv[i], "--case") ||
                                   !strcmp(argv[i], "-j"))
                        ? "no value for"
                        : "no option",
                    argv[i]);
            return usage(argv[0], r->options.kind, stderr);
        } else {
            argv[1 + r->n_paths++] = argv[i];
        }
    }
    if (r->options.trace) r->options.n_workers = 1; /* lines in order */
    return r->n_paths ? 0 : usage(argv[0], r->options.kind, stderr);
}

static int command(enum orr_vm_test_kind kind, int argc, char **argv) {
    struct request r = {.options = {.kind = kind}};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return usage(argv[0], kind, stdout);
    int failed = parse(&r, argc, argv);
    if (failed) return failed;
    enum orr_evm_fork fork;
    const char *only = r.options.only_fork;
    if (kind == ORR_EVM_STATE_TESTS && only && orr_fixture_fork(only, &fork)) {
        fprintf(stderr, "orrery vm %s: no fork '%s'\n", argv[0], only);
        return 2;
    }
    struct orr_vm_report report = {0};
    orr_vm_test_run(&r.options, (const char *const *)argv + 1, (size_t)r.n_paths, &report);
    orr_vm_report_print(&report, r.as_json, stdout);
    int result = orr_vm_report_exit(&report);
    orr_vm_report_free(&report);
    return result;
}

int orr_vm_test_command(int argc, char **argv) { return command(ORR_EVM_STATE_TESTS, argc, argv); }

int orr_vm_blocktest_command(int argc, char **argv) {
    return command(ORR_EVM_BLOCK_TESTS, argc, argv);
}
