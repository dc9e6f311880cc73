/* worker.h - running the cases of test files in processes of their own: a case that dies, or
 * that takes longer than ORR_EVM_CASE_SECONDS, costs its own result and no other. */
#ifndef ORR_SIM_CLI_VM_WORKER_H
#define ORR_SIM_CLI_VM_WORKER_H

#include "sim/cli/vm/report.h"

/* The longest case of the public suites, 2^32 rounds of BLAKE2b, takes half a minute, and some more
 * where nothing is optimised. */
enum { ORR_EVM_CASE_SECONDS = 1800 };

struct orr_vm_worker;

struct orr_vm_job {
    const void *ctx; /* handed to run */
    const char *const *files;
    size_t n_files;
    /* Runs the cases of a file from number first_case on: tells the worker of each before it
     * begins, and hands over what came of it. */
    void (*run)(const void *ctx, const char *file, size_t first_case, struct orr_vm_worker *worker);
};

/* Called by run: the case that begins.  When the process dies, this is the case that failed. */
void orr_vm_worker_begin(struct orr_vm_worker *worker, size_t case_number, const char *name);
/* Called by run: moves the results so far to the parent. */
void orr_vm_worker_end(struct orr_vm_worker *worker, struct orr_vm_report *report);

/* Runs all files in up to n_workers processes; reports has one entry per file.  A process that dies
 * is replaced by one that goes on with the next case. */
void orr_vm_workers_run(const struct orr_vm_job *job, size_t n_workers,
                        struct orr_vm_report *reports);
#endif
