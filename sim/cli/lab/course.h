/* course.h - what a lab is: a folder with lab.yaml, README.md, skeletons and public scenarios.
 *
 *     orrery-lab: 1
 *     name: bootcamp
 *     title: twelve small exercises
 *     exercises:
 *       - name: timer
 *         title: do something later
 *         files: [timer.c]            # what the student writes; the skeleton lies in the folder
 *         headers: [machine.h]        # of the lab's own, beside the student's files; optional
 *         others: [liar.c]            # roles of the lab's own, in scenarios ./liar.c; optional
 *         judge: judge/timer.c        # oracles of the lab's own (sim/check/verdict.h); optional
 *         points: 10
 *         hints: [first this, then that]
 *         because: {pace: what a failed verdict of that name means here}
 *         caps: {agreement: 40 %}     # more than that is not had when this fails anywhere
 *         tests:
 *           - {name: it ticks ten times a second, scenario: timer.yaml, seeds: 3}
 *
 * A test's scenario names the role `./FILE` of the exercise's first file.  Hidden tests stand in a
 * file of the same form elsewhere (tests/labs/NAME/hidden.yaml): their exercises have a name and
 * tests alone. */
#ifndef ORR_SIM_CLI_LAB_COURSE_H
#define ORR_SIM_CLI_LAB_COURSE_H

#include "sim/base/diag.h"

enum { ORR_LAB_TESTS_MAX = 64, ORR_LAB_EXERCISES_MAX = 32, ORR_LAB_FILES_MAX = 8,
       ORR_LAB_OTHERS_MAX = 4 };

struct orr_lab_test {
    const char *name;     /* a sentence                                        */
    const char *scenario; /* path of its file                                  */
    uint32_t n_seeds;     /* 1: the scenario's own                             */
    uint32_t points;      /* its weight among the exercise's tests             */
    bool is_hidden;
};

struct orr_lab_pair {
    const char *name, *text;
    uint32_t share; /* of caps: in percent */
};

struct orr_lab_exercise {
    const char *name, *title, *judge; /* judge: path, or NULL */
    const char *role;                 /* "./timer.c" */
    const char *const *files;         /* [n_files] */
    const char *const *hints;         /* [n_hints] */
    const char *const *headers;       /* [n_headers] and */
    const char *const *others;        /* [n_others]: names of files in the lab's folder */
    uint32_t n_files, n_hints, n_headers, n_others, points;
    const struct orr_lab_pair *because, *caps;
    uint32_t n_because, n_caps;
    struct orr_lab_test tests[ORR_LAB_TESTS_MAX]; /* [n_tests], the hidden ones last */
    uint32_t n_tests;
};

struct orr_lab {
    const char *name, *title, *folder;
    struct orr_lab_exercise exercises[ORR_LAB_EXERCISES_MAX];
    uint32_t n_exercises;
    struct orr_scenario_store *store; /* what owns the memory */
};

/* Reads FOLDER/lab.yaml.  0; ORR_EFORMAT, ORR_EIO, told in diags, which point into *lab.  In all
 * cases the lab is the caller's: orr_lab_free, after the diags have been printed. */
int orr_lab_read(const char *folder, struct orr_lab **lab, struct orr_diags *diags);
/* Adds the hidden tests of a file.  The same. */
int orr_lab_read_hidden(struct orr_lab *lab, const char *path, struct orr_diags *diags);
void orr_lab_free(struct orr_lab *lab); /* NULL: nothing */

/* NULL: there is none of that name. */
const struct orr_lab_exercise *orr_lab_exercise_of(const struct orr_lab *lab, const char *name);
/* Has a test's scenario this name: that of its file, without folder and `.yaml`? */
bool orr_lab_test_is(const struct orr_lab_test *test, const char *name);
/* The text of a name among pairs, or NULL. */
const char *orr_lab_pair_text(const struct orr_lab_pair *pairs, uint32_t n, const char *name);

/* The folder that holds all labs (of kind 'l') or all their hidden tests (of kind 'h'): beside an
 * installed program, else in the checkout.  false: there is none. */
bool orr_lab_place(char kind, char *folder, size_t size);
#endif
