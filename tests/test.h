/* test.h - what every unit test starts with: Check, and a main() made from a list of tests.
 *
 *     START_TEST(a_queue_pops_in_order) { ck_assert(...); } END_TEST
 *     ORR_TEST_MAIN("queue", a_queue_pops_in_order, ...)
 *
 * Names are sentences about behaviour.  Tests are never timed. */
#ifndef ORR_TESTS_TEST_H
#define ORR_TESTS_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/base/sanitize.h"

/* Check writes a line to a file for each assertion that holds, to name the last one before a crash.
 * That took nearly all the time of tests that assert in a loop; the sanitizers name the line. */
#define _mark_point(file, line) ((void)0)

#ifdef ORR_MSAN
/* Check is not instrumented: MSan knows nothing of the messages that it writes by fwrite. */
size_t fwrite(const void *bytes, size_t size, size_t n, FILE *file) {
    return fwrite_unlocked(bytes, size, n, file);
}
#endif

/* Exit code that ctest counts as "not run"; print why before returning it. */
#define ORR_TEST_NOT_RUN 77

static inline int orr_test_run(const char *suite_name, const TTest *const *tests, size_t n_tests) {
    Suite *suite = suite_create(suite_name);
    TCase *tcase = tcase_create(suite_name);
    tcase_set_timeout(tcase, 0);
    for (size_t i = 0; i < n_tests; i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define ORR_TEST_MAIN(suite_name, ...)                                              \
    int main(void) {                                                                \
        const TTest *tests[] = {__VA_ARGS__};                                       \
        return orr_test_run(suite_name, tests, sizeof tests / sizeof tests[0]);     \
    }
#endif
