/* ethereum/tests TransactionTests: each transaction's bytes are valid, with the published hash,
 * sender and intrinsic gas, for exactly the published forks. */
#include "sim/cli/vm/test.h"
#include "tests/vectors/vectors.h"

static const char folder[] = "evm/ethereum-tests/TransactionTests";

START_TEST(transactions_are_valid_for_the_published_forks_only) {
    char path[4096];
    snprintf(path, sizeof path, "%s", orr_vector_path(folder));
    const char *paths[] = {path};
    struct orr_vm_test_options options = {.kind = ORR_EVM_STATE_TESTS};
    struct orr_vm_report report = {0};
    orr_vm_test_run(&options, paths, 1, &report);
    orr_vm_report_print(&report, false, stdout);
    ck_assert_int_eq(orr_vm_report_exit(&report), 0);
    ck_assert_uint_gt(report.n_passed, 0);
    ck_assert_uint_eq(report.not_run.n, 0);
    orr_vm_report_free(&report);
}
END_TEST

int main(void) {
    orr_vectors_need(folder);
    const TTest *tests[] = {transactions_are_valid_for_the_published_forks_only};
    return orr_test_run("vectors.transaction", tests, 1);
}
