/* Test cases run in processes of their own: what one of them does to its process, the others'
 * results are kept, and the report says which case it was. */
#include "sim/cli/vm/worker.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

/* A file's name is its cases, one letter each: p passes, f fails, a aborts, x exits with 3, t runs
 * out of time.  A capital A aborts before any case begins. */
static void run_letters(const void *ctx, const char *file, size_t first, struct orr_vm_worker *w) {
    ck_assert_ptr_eq(ctx, NULL);
    if (file[0] == 'A') raise(SIGKILL);
    struct orr_vm_report report = {0};
    for (size_t i = first; file[i]; i++) {
        char name[2] = {file[i], 0};
        orr_vm_worker_begin(w, i, name);
        if (file[i] == 'a') raise(SIGKILL);
        if (file[i] == 'x') _exit(3);
        if (file[i] == 't') raise(SIGALRM);
        struct orr_hash roots[4] = {{{1}}, {{2}}, {{3}}, {{(uint8_t)i}}};
        if (file[i] == 'f')
            orr_vm_report_add(&report.failed, file, name, "Cancun", "planted", roots);
        else
            report.n_passed++;
        orr_vm_worker_end(w, &report);
    }
}

static struct orr_vm_report run(const char *const *files, size_t n, size_t n_workers) {
    struct orr_vm_report reports[8] = {{0}}, all = {0};
    ck_assert_uint_le(n, 8);
    struct orr_vm_job job = {NULL, files, n, run_letters};
    orr_vm_workers_run(&job, n_workers, reports);
    for (size_t i = 0; i < n; i++) orr_vm_report_join(&all, &reports[i]);
    return all;
}

static void expect(const struct orr_vm_report *r, size_t i, const char *file, const char *name,
                   const char *reason) {
    ck_assert_uint_lt(i, r->failed.n);
    ck_assert_str_eq(r->failed.at[i].file, file);
    ck_assert_str_eq(r->failed.at[i].name, name);
    ck_assert_msg(strstr(r->failed.at[i].reason, reason) != NULL, "%s", r->failed.at[i].reason);
}

START_TEST(a_case_that_dies_costs_no_result_but_its_own) {
    static const char *const files[] = {"pp", "pafp", "A", "xxp", "ptp", "", "p"};
    for (size_t n_workers = 1; n_workers <= 4; n_workers++) {
        struct orr_vm_report r = run(files, 7, n_workers);
        ck_assert_uint_eq(r.n_passed, 2 + 2 + 1 + 2 + 1);
        ck_assert_uint_eq(r.failed.n, 6);
        expect(&r, 0, "pafp", "a", "signal 9"); /* deaths stand first in their file */
        expect(&r, 1, "pafp", "f", "planted");
        expect(&r, 2, "A", "", "signal 9");
        expect(&r, 3, "xxp", "x", "exit code 3");
        expect(&r, 4, "xxp", "x", "exit code 3");
        expect(&r, 5, "ptp", "t", "no result after");
        ck_assert(r.failed.at[1].has_roots && !r.failed.at[0].has_roots);
        ck_assert_uint_eq(r.failed.at[1].computed_logs.bytes[0], 2);
        ck_assert_str_eq(r.failed.at[1].fork, "Cancun");
        orr_vm_report_free(&r);
    }
}
END_TEST

START_TEST(no_files_are_no_results) {
    struct orr_vm_report r = run(NULL, 0, 2);
    ck_assert_uint_eq(r.n_passed + r.failed.n + r.not_run.n + r.bad.n, 0);
}
END_TEST

ORR_TEST_MAIN("vm.worker", a_case_that_dies_costs_no_result_but_its_own, no_files_are_no_results)
