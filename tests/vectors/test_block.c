/* ethereum/tests BlockchainTests: blocks are accepted and refused as published, refusals for the
 * published reason, and the chains end in the published state.  The same runner as `orrery vm
 * blocktest`. */
#include <string.h>

#include "sim/cli/vm/test.h"
#include "tests/vectors/vectors.h"

static const char folder[] = "evm/ethereum-tests/BlockchainTests";

START_TEST(every_chain_of_blocks_ends_as_published) {
    char path[4096];
    snprintf(path, sizeof path, "%s", orr_vector_path(folder));
    const char *paths[] = {path};
    struct orr_vm_test_options options = {
        .kind = ORR_EVM_BLOCK_TESTS, .wants_reasons = true, .is_bounded = ORR_VECTORS_BOUNDED};
    struct orr_vm_report report = {0};
    orr_vm_test_run(&options, paths, 1, &report);
    orr_vm_report_print(&report, false, stdout);
    ck_assert_int_eq(orr_vm_report_exit(&report), 0);
    ck_assert_uint_gt(report.n_passed, 0);
    if (!options.is_bounded) ck_assert_uint_eq(report.not_run.n, 0);
    orr_vm_report_free(&report);
}
END_TEST

int main(void) {
    orr_vectors_need(folder);
    const TTest *tests[] = {every_chain_of_blocks_ends_as_published};
    return orr_test_run("vectors.block", tests, 1);
}
