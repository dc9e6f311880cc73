#include "sim/vm_test.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/memory.h"

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

/* All .json files below a folder, in order of name; hidden entries are left out. */
static int add_folder(struct files *files, const char *path) {
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) return -1;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char full[4096];
        struct stat info;
        int len = snprintf(full, sizeof full, "%s/%s", path, name);
        if (name[0] != '.' && len < (int)sizeof full && !stat(full, &info)) {
            if (S_ISDIR(info.st_mode))
                add_folder(files, full);
            else if (ends_in_json(name))
                add_file(files, full);
        }
        free(entries[i]);
    }
    free(entries);
    return 0;
}

static void add_path(struct files *files, const char *path, struct orr_vm_report *report) {
    struct stat info;
    if (stat(path, &info) || (S_ISDIR(info.st_mode) && add_folder(files, path)))
        orr_vm_report_add(&report->bad, path, "", "", strerror(errno), NULL);
    else if (!S_ISDIR(info.st_mode))
        add_file(files, path);
}

/* ---- running ---- */

struct job {
    const struct orr_vm_test_options *options;
    const struct files *files;
    struct orr_vm_report *reports; /* one per file, so that the sum is in order of file */
    atomic_size_t next;
};

/* Cases whose length is their point: minutes where nothing is optimised. */
static bool is_long(const char *name) {
    return strstr(name, "Blake2f_MaxRounds") != NULL; /* 2^32 - 1 rounds */
}

static void run_file(struct orr_vm_tester *t, const char *path) {
    json_error_t error;
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error), *test;
    const char *name;
    if (!file || !json_is_object(file)) {
        char at[64] = "1:1:";
        if (!file) snprintf(at, sizeof at, "%d:%d:", error.line, error.column);
        orr_vm_report_add(&t->report->bad, path, at, "",
                          file ? "expected an object of test cases" : error.text, NULL);
        json_decref(file);
        return;
    }
    json_object_foreach(file, name, test) {
        if (t->options->only_case && !strstr(name, t->options->only_case)) continue;
        if (t->options->is_bounded && is_long(name))
            orr_vm_report_add(&t->report->not_run, path, name, "", "too long for this build", NULL);
        else if (t->options->kind == ORR_VM_STATE_TESTS)
            orr_vm_state_test(t, name, test);
        else
            orr_vm_block_test(t, name, test);
    }
    json_decref(file);
}

static void *work(void *arg) {
    struct job *job = arg;
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_vm_tester t = {
        .options = job->options, .mem = &heap.mem, .executor = orr_executor_create(&heap.mem)};
    for (;;) { /* ends when the files do */
        size_t i = atomic_fetch_add(&job->next, 1);
        if (i >= job->files->n) break;
        t.file = job->files->at[i];
        t.report = &job->reports[i];
        run_file(&t, t.file);
    }
    orr_executor_destroy(t.executor);
    return NULL;
}

void orr_vm_test_run(const struct orr_vm_test_options *options, const char *const *paths,
                     size_t n_paths, struct orr_vm_report *report) {
    enum { MAX_THREADS = 64 };
    struct files files = {NULL, 0, 0};
    pthread_t threads[MAX_THREADS];
    for (size_t i = 0; i < n_paths; i++) add_path(&files, paths[i], report);
    struct job job = {.options = options,
                      .files = &files,
                      .reports = calloc(files.n + 1, sizeof(struct orr_vm_report))};
    long n = options->n_threads > 0 ? options->n_threads : sysconf(_SC_NPROCESSORS_ONLN);
    n = n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
    json_object_seed(0); /* once, before threads use jansson */
    long started = 0;
    while (started < n - 1 && !pthread_create(&threads[started], NULL, work, &job)) started++;
    work(&job);
    for (long i = 0; i < started; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < files.n; i++) {
        orr_vm_report_join(report, &job.reports[i]);
        free(files.at[i]);
    }
    free(job.reports);
    free(files.at);
}

/* ---- the command ---- */

static int usage(const char *verb, FILE *to) {
    fprintf(
        to,
        "usage: orrery vm %s PATH... [--json] [--fork NAME] [--case TEXT] [--reasons] [-j N]\n\n"
        "Runs the public tests in files and folders; prints passed, failed and not run.\n"
        "  --json       one object, with file, case, fork, roots and logs hash per failure\n"
        "  --fork NAME  only this fork (%s)\n"
        "  --case TEXT  only cases whose name contains TEXT\n"
        "  --reasons    a refusal counts only for the reason that the test names\n"
        "  -j N         threads (default: one per processor)\n"
        "Exit codes: 0 all passed, 1 some failed, 2 bad input.\n",
        verb, "Frontier, ..., Cancun, Prague, Osaka");
    return to == stdout ? 0 : 2;
}

static int command(enum orr_vm_test_kind kind, int argc, char **argv) {
    struct orr_vm_test_options options = {.kind = kind};
    bool as_json = false;
    int n_paths = 0;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (!strcmp(argv[i], "--json")) {
            as_json = true;
        } else if (!strcmp(argv[i], "--fork") && has_value) {
            options.only_fork = argv[++i];
        } else if (!strcmp(argv[i], "--case") && has_value) {
            options.only_case = argv[++i];
        } else if (!strcmp(argv[i], "-j") && has_value) {
            options.n_threads = atoi(argv[++i]);
            if (options.n_threads < 1) return usage(argv[0], stderr);
        } else if (!strcmp(argv[i], "--reasons")) {
            options.wants_reasons = true;
        } else if (!strcmp(argv[i], "--help")) {
            return usage(argv[0], stdout);
        } else if (argv[i][0] == '-') {
            fprintf(stderr, "orrery vm %s: no option '%s'\n", argv[0], argv[i]);
            return usage(argv[0], stderr);
        } else {
            argv[1 + n_paths++] = argv[i];
        }
    }
    if (!n_paths) return usage(argv[0], stderr);
    struct orr_vm_report report = {0};
    orr_vm_test_run(&options, (const char *const *)argv + 1, (size_t)n_paths, &report);
    orr_vm_report_print(&report, as_json, stdout);
    int result = orr_vm_report_exit(&report);
    orr_vm_report_free(&report);
    return result;
}

int orr_vm_test_command(int argc, char **argv) { return command(ORR_VM_STATE_TESTS, argc, argv); }

int orr_vm_blocktest_command(int argc, char **argv) {
    return command(ORR_VM_BLOCK_TESTS, argc, argv);
}
