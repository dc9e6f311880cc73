/* state_tests.h - running a folder of state tests inside a test. */
#ifndef ORR_TESTS_STATE_TESTS_H
#define ORR_TESTS_STATE_TESTS_H

#include "sim/cli/vm/test.h"
#include "tests/vectors/vectors.h"

/* The long cases are tests/vectors/test_state_long.c's: LEAVE_LONG leaves them out here. */
enum orr_long_cases { ORR_LEAVE_LONG, ORR_ONLY_LONG };

/* Every case of the folder passes, refusals for the reason that the test names. */
static inline void orr_check_state_tests(const char *name, enum orr_long_cases cases) {
    char path[4096];
    snprintf(path, sizeof path, "%s", orr_vector_path(name));
    const char *paths[] = {path};
    struct orr_vm_test_options options = {.kind = ORR_EVM_STATE_TESTS,
                                          .wants_reasons = true,
                                          .is_bounded = cases == ORR_LEAVE_LONG,
                                          .only_case = cases == ORR_ONLY_LONG ? "MaxRounds" : NULL};
    struct orr_vm_report report = {0};
    orr_vm_test_run(&options, paths, 1, &report);
    orr_vm_report_print(&report, false, stdout);
    ck_assert_int_eq(orr_vm_report_exit(&report), 0);
    ck_assert_uint_gt(report.n_passed, 0);
    ck_assert_uint_le(report.not_run.n, 1);
    orr_vm_report_free(&report);
}
#endif
