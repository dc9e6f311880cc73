#include "sim/cli/sweep_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { ARGS = 12 }; /* beside the changes */

struct job { pid_t pid; uint32_t run; }; /* pid 0: none */

bool orr_sweep_path(const char *folder, const char *kind, const char *digest, const char *ending,
                    char path[ORR_SWEEP_PATH]) {
    int n = snprintf(path, ORR_SWEEP_PATH, "%s/%s/%s%s", folder, kind, digest, ending);
    return n > 0 && n < ORR_SWEEP_PATH;
}

static bool path_of(const struct orr_sweep_pool *p, const char *kind, uint32_t run,
                    const char *ending, char path[ORR_SWEEP_PATH]) {
    char digest[ORR_SWEEP_DIGEST];
    orr_sweep_plan_digest(p->plan, run, digest);
    return orr_sweep_path(p->folder, kind, digest, ending, path);
}

/* ---- one run ---- */

/* In the process of a run: `orrery run` with its changes; it does not return. */
static void be_run(const struct orr_sweep_pool *p, uint32_t run) {
    const struct orr_sweep_plan *plan = p->plan;
    char path[ORR_SWEEP_PATH], trace[ORR_SWEEP_PATH], seed[24];
    uint32_t n;
    char **changes = orr_sweep_plan_changes(plan, run, &n);
    char **argv = orr_xrealloc(NULL, (ARGS + 2 * n) * sizeof *argv);
    int argc = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a sweep that is killed leaves nothing behind */
    int in = open("/dev/null", O_RDONLY);
    bool good = in >= 0 && path_of(p, "runs", run, ".part", path);
    int out = good ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    good = out >= 0 && path_of(p, "runs", run, ".log", path);
    int log = good ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    if (log < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0) _exit(3);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)orr_sweep_plan_seed(plan, run));
    const char *first[] = {"run", "--json", "--no-plot", "--seed", seed};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) argv[argc++] = (char *)first[i];
    if (p->traces && path_of(p, "traces", run, ".h5", trace)) {
        argv[argc++] = (char *)"--out";
        argv[argc++] = trace;
    } else {
        argv[argc++] = (char *)"--no-trace";
    }
    for (uint32_t i = 0; i < n; i++) {
        argv[argc++] = (char *)"--set";
        argv[argc++] = changes[i];
    }
    argv[argc++] = (char *)"--";
    argv[argc++] = (char *)plan->path;
    argv[argc] = NULL;
    int code = p->run(argc, argv);
    fflush(NULL);
    if (code <= 1 && fsync(1)) code = 3;
    _exit(code);
}

/* A run has ended: gives its result its name. */
static void take(struct orr_sweep_pool *p, uint32_t run, int status) {
    char draft[ORR_SWEEP_PATH], path[ORR_SWEEP_PATH];
    bool good = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    if (!path_of(p, "runs", run, ".part", draft) || !path_of(p, "runs", run, ".json", path)) return;
    if (good && !rename(draft, path)) {
        if (path_of(p, "runs", run, ".log", draft)) {
            struct stat st;
            if (!stat(draft, &st) && !st.st_size) unlink(draft);
        }
        p->n_done++;
        return;
    }
    unlink(draft);
    p->n_failed++;
    if (!path_of(p, "runs", run, ".log", path)) return;
    fprintf(stderr, "orrery sweep: run %u %s %d; see %s\n", run,
            WIFEXITED(status) ? "ended with exit code" : "was killed by signal",
            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), ORR_SHOWN(path));
}

/* ---- all of them ---- */

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { interrupted = number; }

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void show(const struct orr_sweep_pool *p, uint32_t n_mine, double started) {
    if (p->quiet || !isatty(STDERR_FILENO)) return;
    uint32_t ended = p->n_done + p->n_failed, left = n_mine - p->n_here - ended;
    double to_go = ended ? (wall_s() - started) / ended * left : 0;
    fprintf(stderr, "\r\033[K%u of %u runs, %u failed, %.0f s to go", p->n_here + ended, n_mine,
            p->n_failed, to_go);
    fflush(stderr);
}

static int make_folder(const char *path) {
    if (!mkdir(path, 0777) || errno == EEXIST) return 0;
    fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return 3;
}

static int make_folders(const char *folder, bool traces) {
    char path[ORR_SWEEP_PATH];
    int code = 0;
    for (size_t i = 1; folder[i] && !code; i++) { /* the missing ones above it */
        if (folder[i] != '/') continue;
        snprintf(path, sizeof path, "%.*s", (int)i, folder);
        code = make_folder(path);
    }
    if (!code) code = make_folder(folder);
    static const char *const below[] = {"runs", "traces"};
    for (int i = 0; i < 1 + traces && !code; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, below[i]);
        code = make_folder(path);
    }
    return code;
}

int orr_sweep_pool_folders(const struct orr_sweep_pool *p) {
    return make_folders(p->folder, p->traces);
}

/* The next run of this part, from *at on, that is not there; false: none. */
static bool next_run(struct orr_sweep_pool *p, uint32_t *at, uint32_t *run) {
    char path[ORR_SWEEP_PATH];
    for (; *at < p->plan->n_runs; (*at)++) {
        if (*at % p->n_parts != p->part) continue;
        bool is_here = path_of(p, "runs", *at, ".json", path) && !access(path, R_OK);
        if (p->traces && is_here)
            is_here = path_of(p, "traces", *at, ".h5", path) && !access(path, R_OK);
        if (is_here) {
            p->n_here++;
            continue;
        }
        *run = (*at)++;
        return true;
    }
    return false;
}

static bool begin(struct orr_sweep_pool *p, struct job *job, uint32_t run) {
    fflush(NULL); /* else the child's copy is written, too */
    pid_t child = fork();
    if (child == 0) be_run(p, run);
    *job = (struct job){child, run};
    return child > 0;
}

/* Waits for one of the jobs. */
static void wait_for_one(struct orr_sweep_pool *p, struct job *jobs) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    for (uint32_t i = 0; i < p->jobs && ended > 0; i++)
        if (jobs[i].pid == ended) {
            jobs[i].pid = 0;
            if (!interrupted) take(p, jobs[i].run, status);
        }
}

int orr_sweep_pool_run(struct orr_sweep_pool *p) {
    int code = orr_sweep_pool_folders(p);
    if (code) return code;
    struct job *jobs = orr_xrealloc(NULL, p->jobs * sizeof *jobs);
    memset(jobs, 0, p->jobs * sizeof *jobs);
    struct sigaction action = {.sa_handler = on_interrupt}; /* waits are interrupted */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    uint32_t at = 0, run = 0, under_way = 0, n_mine = 0;
    for (uint32_t i = 0; i < p->plan->n_runs; i++) n_mine += i % p->n_parts == p->part;
    double started = wall_s();
    bool more = next_run(p, &at, &run);
    while (!interrupted && !code && (more || under_way)) { /* ends: each turn begins or ends one */
        for (uint32_t i = 0; i < p->jobs && more && !code; i++) {
            if (jobs[i].pid) continue;
            if (!begin(p, &jobs[i], run)) code = 3;
            else more = next_run(p, &at, &run);
        }
        wait_for_one(p, jobs);
        show(p, n_mine, started);
        under_way = 0;
        for (uint32_t i = 0; i < p->jobs; i++) under_way += jobs[i].pid > 0;
    }
    for (uint32_t i = 0; i < p->jobs; i++) {
        if (jobs[i].pid <= 0) continue;
        kill(jobs[i].pid, SIGKILL);
        while (waitpid(jobs[i].pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    free(jobs);
    if (!p->quiet && isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
    if (code) fprintf(stderr, "orrery sweep: no process for a run: %s\n", strerror(errno));
    if (interrupted) fprintf(stderr, "orrery sweep: interrupted; call it again to go on\n");
    return interrupted ? 3 : code;
}
