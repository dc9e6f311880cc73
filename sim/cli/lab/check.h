/* check.h - the tests of a lab over a folder of a student, and what they came to: the one model of
 * results, of which text, JSON, Gradescope's and JUnit's are forms (forms.h).
 *
 * Seeds: the first of a public test is its scenario's own, the others are 1, 2, ...  With a salt
 * seed i of a hidden test is H(salt, lab, exercise, test, i), so that nobody without the salt can
 * try them before.
 *
 * Points: an exercise has so many in all, in hundredths here.  Its tests share them by weight; a
 * test gives the part of its seeds that passed.  A verdict that the lab caps, when it fails in any
 * test, bounds what the exercise gives.  Code that does not compile gives 0.  What is no fault of
 * the code (ORR_LAB_BROKEN) gives no grade at all. */
#ifndef ORR_SIM_CLI_LAB_CHECK_H
#define ORR_SIM_CLI_LAB_CHECK_H

#include "sim/cli/lab/course.h"
#include "sim/cli/lab/trial.h"

struct orr_lab_wish {
    const char *only;     /* of one exercise; NULL: of all                               */
    const char *only_case; /* the one test whose scenario's file has that name; NULL: all */
    bool has_hidden;      /* hidden tests as well                                        */
    uint32_t n_seeds;     /* of each hidden test; 0: as the test says                    */
    const uint8_t *salt;  /* [32] digest of the salt, or NULL                            */
    bool stops;           /* at the first exercise that does not pass                    */
    void (*on_test)(void *ctx, const struct orr_lab_exercise *e, const struct orr_lab_test *test);
    void *ctx;            /* told before each test; may be NULL                          */
};

struct orr_lab_result {
    const struct orr_lab_test *test;
    uint32_t n_seeds, n_run, n_passed;
    uint64_t first_seed;         /* of `failed`, else of the first run                   */
    bool has_own_seed;           /* it is the scenario's                                 */
    struct orr_lab_trial failed; /* the first that did not pass; outcome PASSED: none    */
    uint64_t fingerprint;        /* of all runs, folded                                  */
};

struct orr_lab_mark {
    const struct orr_lab_exercise *exercise;
    int build_error;   /* 0, or ORR_EFORMAT: `text` is what the compiler said, no test was run */
    char *text;        /* owned; warnings or errors; NULL: none                                */
    struct orr_lab_result *results; /* [n_results], owned                                      */
    uint32_t n_results;
    uint32_t cap;             /* in percent */
    const char *capped_by;    /* the verdict's name, or NULL                                   */
    uint64_t earned;          /* hundredths of points */
    bool passed;              /* all tests, with all seeds                                     */
};

struct orr_lab_report {
    const struct orr_lab *lab;
    struct orr_lab_mark marks[ORR_LAB_EXERCISES_MAX];
    uint32_t n_marks;
    uint64_t earned, possible; /* hundredths of points */
    bool passed;
    bool is_broken;            /* some test could not be run: there is no grade */
};

/* Runs them.  0; ORR_EUNSUPPORTED or ORR_EIO when the machine cannot compile or the lab's judge is
 * not whole, told in diags.  orr_lab_report_fini in all cases. */
int orr_lab_check(const struct orr_lab *lab, const char *folder, const struct orr_lab_wish *wish,
                  struct orr_lab_report *report, struct orr_diags *diags);
void orr_lab_report_fini(struct orr_lab_report *report);

/* What a lab says of a trial's verdict, or NULL. */
const char *orr_lab_because(const struct orr_lab_exercise *e, const struct orr_lab_trial *trial);

/* No other seed would end sooner, and each may take a minute. */
bool orr_lab_is_hopeless(const struct orr_lab_trial *trial);

/* Seed i of a hidden test. */
uint64_t orr_lab_seed(const uint8_t salt[32], const char *lab, const char *exercise,
                      const char *test, uint32_t i);
#endif
