/* test.h - running public EVM test files, in several processes (sim/cli/vm/worker.h).
 *
 *     struct orr_vm_report report = {0};
 *     const char *paths[] = {"GeneralStateTests"};
 *     orr_vm_test_run(&(struct orr_vm_test_options){.kind = ORR_EVM_STATE_TESTS}, paths, 1,
 * &report);
 */
#ifndef ORR_SIM_CLI_VM_TEST_H
#define ORR_SIM_CLI_VM_TEST_H

#include <jansson.h>
#include <regex.h>

#include "models/vm/execute.h"
#include "sim/cli/vm/report.h"
#include "sim/cli/vm/trace.h"

/* STATE_TESTS runs transaction tests too, which are told by their "txbytes" and "result". */
enum orr_vm_test_kind { ORR_EVM_STATE_TESTS, ORR_EVM_BLOCK_TESTS };

struct orr_vm_test_options {
    enum orr_vm_test_kind kind;
    int n_workers;               /* processes; 0: one per processor */
    const char *only_fork;       /* NULL: all */
    const char *only_case;       /* NULL: all; else cases whose name contains it */
    const regex_t *only_pattern; /* NULL: all; else cases whose name matches; lent */
    bool wants_reasons;          /* a refusal counts only for the reason that the test names */
    const struct orr_vm_trace_options *trace; /* NULL: none; else to standard error, lent */
    bool lists;                               /* state tests: report.listed has every case */
    bool is_bounded; /* leave out cases of known great length (they count as not run) */
};

/* Runs all .json files in paths (folders are searched) in order of name.  The report's order does
 * not depend on n_workers. */
void orr_vm_test_run(const struct orr_vm_test_options *options, const char *const *paths,
                     size_t n_paths, struct orr_vm_report *report);

/* `orrery vm test` and `orrery vm blocktest`: argv[0] is the verb.  Each returns an exit code. */
int orr_vm_test_command(int argc, char **argv);
int orr_vm_blocktest_command(int argc, char **argv);

/* One file's tools. */
struct orr_vm_tester {
    const struct orr_vm_test_options *options;
    struct orr_mem *mem;
    struct orr_evm_executor *executor;
    const char *file;
    struct orr_vm_report *report;
};
/* Runs one case of a file, whatever its forks. */
void orr_vm_state_test(struct orr_vm_tester *t, const char *name, const json_t *test);
void orr_vm_transaction_test(struct orr_vm_tester *t, const char *name, const json_t *test);
void orr_vm_block_test(struct orr_vm_tester *t, const char *name, const json_t *test);
#endif
