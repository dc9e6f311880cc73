/* ethereum/tests GeneralStateTests and execution-spec-tests state_tests: every post-state root,
 * logs hash and refusal comes out, for every fork in the files.  The same runner as `orrery vm
 * test`. */
#include "tests/vectors/state_tests.h"

static const char general[] = "evm/ethereum-tests/GeneralStateTests";
static const char osaka[] = "evm/eest-osaka";

START_TEST(every_general_state_test_passes) { orr_check_state_tests(general, ORR_LEAVE_LONG); }
END_TEST

START_TEST(every_osaka_state_test_passes) { orr_check_state_tests(osaka, ORR_LEAVE_LONG); }
END_TEST

int main(void) {
    orr_vectors_need(general);
    orr_vectors_need(osaka);
    const TTest *tests[] = {every_general_state_test_passes, every_osaka_state_test_passes};
    return orr_test_run("vectors.state", tests, 2);
}
