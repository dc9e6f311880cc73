#define _GNU_SOURCE /* memfd_create */
#include "sim/cli/vm/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WORKERS = 64 };

/* Where a worker is, in memory that the parent shares: what to blame when it dies, and where the
 * next one goes on. */
struct place {
    bool is_in_file;
    size_t file;
    size_t next_case; /* SIZE_MAX: no case of the file has begun */
    char name[512];   /* of the case that runs; empty before the first */
};

struct shared {
    atomic_size_t next_file;
    struct place places[MAX_WORKERS];
};

struct orr_vm_worker {
    struct place *place;
    FILE *results;
    size_t file;
    pid_t pid;
};

/* ---- in the worker ---- */

void orr_vm_worker_begin(struct orr_vm_worker *w, size_t case_number, const char *name) {
    w->place->next_case = case_number + 1;
    snprintf(w->place->name, sizeof w->place->name, "%s", name);
    alarm(ORR_EVM_CASE_SECONDS);
}

void orr_vm_worker_end(struct orr_vm_worker *w, struct orr_vm_report *report) {
    alarm(0);
    orr_vm_report_save(report, w->file, w->results);
    orr_vm_report_free(report);
    fflush(w->results);
}

static void work(const struct orr_vm_job *job, struct shared *shared, struct orr_vm_worker *w) {
    struct place *place = w->place;
    for (;;) { /* ends when the files do */
        size_t first = 0;
        if (place->is_in_file) /* of a worker that died */
            first = place->next_case;
        else
            place->file = atomic_fetch_add(&shared->next_file, 1);
        if (place->file >= job->n_files) return;
        w->file = place->file;
        place->next_case = SIZE_MAX;
        place->name[0] = 0;
        place->is_in_file = true;
        if (first != SIZE_MAX) job->run(job->ctx, job->files[w->file], first, w);
        place->is_in_file = false;
        place->name[0] = 0;
    }
}

/* ---- in the parent ---- */

static bool start(const struct orr_vm_job *job, struct shared *shared, struct orr_vm_worker *w) {
    fflush(NULL); /* or both would write what waits in the buffers */
    w->pid = fork();
    if (w->pid) return w->pid > 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, SIG_DFL);
    work(job, shared, w);
    exit(0); /* and not _exit: a leak checker has its say here */
}

static void blame(const struct orr_vm_job *job, const struct place *place, int status,
                  struct orr_vm_report *reports) {
    char reason[128];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(reason, sizeof reason, "no result after %d s", ORR_EVM_CASE_SECONDS);
    else if (WIFSIGNALED(status))
        snprintf(reason, sizeof reason, "the runner died of signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(reason, sizeof reason, "the runner ended with exit code %d", WEXITSTATUS(status));
    size_t file = place->is_in_file ? place->file : job->n_files - 1; /* after the last one */
    orr_vm_report_add(&reports[file].failed, job->files[file], place->name, "", reason, NULL);
}

/* Waits for a worker and says why it died, if it did; true when there is more for the next. */
static bool ended_badly(const struct orr_vm_job *job, const struct orr_vm_worker *w,
                        struct orr_vm_report *reports) {
    int status = 0;
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) continue;
    if (status) blame(job, w->place, status, reports);
    return status && w->place->is_in_file;
}

static void collect(const struct orr_vm_job *job, struct orr_vm_worker *w,
                    struct orr_vm_report *reports) {
    size_t file;
    struct orr_vm_report report = {0};
    rewind(w->results);
    while (orr_vm_report_load(&report, &file, w->results))
        if (file < job->n_files) orr_vm_report_join(&reports[file], &report);
    fclose(w->results);
}

void orr_vm_workers_run(const struct orr_vm_job *job, size_t n_workers,
                        struct orr_vm_report *reports) {
    struct orr_vm_worker workers[MAX_WORKERS];
    if (n_workers > job->n_files) n_workers = job->n_files;
    if (n_workers > MAX_WORKERS) n_workers = MAX_WORKERS;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t started = 0;
    for (; shared != MAP_FAILED && started < n_workers; started++) {
        struct orr_vm_worker *w = &workers[started];
        *w = (struct orr_vm_worker){.place = &shared->places[started],
                                    .results = fdopen(memfd_create("results", MFD_CLOEXEC), "w+")};
        if (w->results && start(job, shared, w)) continue;
        if (w->results) fclose(w->results);
        break;
    }
    if (n_workers && !started)
        orr_vm_report_add(&reports[0].bad, job->files[0], "", "", strerror(errno), NULL);
    for (size_t i = 0; i < started; i++) {
        struct orr_vm_worker *w = &workers[i];
        while (ended_badly(job, w, reports) && start(job, shared, w)) continue;
        collect(job, w, reports);
    }
    if (shared != MAP_FAILED) munmap(shared, sizeof *shared);
}
