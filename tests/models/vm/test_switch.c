/* The fast loop built on a switch, as for a compiler without computed goto, against the reference:
 * this program brings its own orr_evm_run_fast, which the linker takes before the library's. */
#include "models/base/rng.h"
#include "tests/models/vm/differential.h"
#include "tests/test.h"

#ifndef ORR_EVM_SWITCH
#define ORR_EVM_SWITCH
#endif
#include "models/vm/interpreter_fast.c"

#define N_CASES      1500
#define N_CASE_BYTES 1200

START_TEST(random_programs_run_through_the_switch_as_in_the_reference) {
    static struct diff_case c;
    uint8_t bytes[N_CASE_BYTES];
    int n_stopped = 0;
    ck_assert_uint_eq(orr_evm_fast_handlers()[ORR_FAST_BLOCK],
                      ORR_FAST_BLOCK); /* numbers, not labels */
    for (uint32_t i = 0; i < N_CASES; i++) {
        bool full;
        int end;
        struct orr_rng rng = orr_rng_stream(21, ORR_RNG_WORKLOAD, i);
        for (int k = 0; k < N_CASE_BYTES; k += 8) orr_store_le64(bytes + k, orr_rng_u64(&rng));
        diff_case(&c, bytes, sizeof bytes);
        const char *what = diff_run(&c, &c, false, &full, &end);
        ck_assert_msg(what == NULL, "case %u: %s differs", i, what);
        if (!full && end == REF_STOPS) n_stopped++;
    }
    ck_assert_int_gt(n_stopped, N_CASES / 10);
}
END_TEST

ORR_TEST_MAIN("switch", random_programs_run_through_the_switch_as_in_the_reference)
