/* The one state test whose length is its point: BLAKE2f with 2^32 - 1 rounds, a minute of work, so
 * it runs at night (EVERY=1). */
#include <stdlib.h>

#include "tests/vectors/state_tests.h"

static const char file[] =
    "evm/ethereum-tests/GeneralStateTests/stTimeConsuming/CALLBlake2f_MaxRounds.json";

START_TEST(blake2f_with_the_most_rounds_passes) { orr_check_state_tests(file, ORR_ONLY_LONG); }
END_TEST

int main(void) {
    orr_vectors_need(file);
    if (ORR_VECTORS_BOUNDED) {
        puts("not run: 2^32 rounds take too long in a build with sanitizers or without "
             "optimisation");
        return ORR_TEST_NOT_RUN;
    }
    if (!getenv("EVERY")) {
        puts("not run: it takes a minute; EVERY=1 runs it");
        return ORR_TEST_NOT_RUN;
    }
    const TTest *tests[] = {blake2f_with_the_most_rounds_passes};
    return orr_test_run("vectors.state_long", tests, 1);
}
