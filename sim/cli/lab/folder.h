/* folder.h - a student's folder: which lab it is of, and what has passed in it. */
#ifndef ORR_SIM_CLI_LAB_FOLDER_H
#define ORR_SIM_CLI_LAB_FOLDER_H

#include <stdio.h>

#include "sim/cli/lab/check.h"

/* The lab of a name; NULL: it has been said on standard error why not, *code is the exit code. */
struct orr_lab *orr_lab_open(const char *name, int *code);
/* The lab that a folder was started from.  The same. */
struct orr_lab *orr_lab_open_of(const char *folder, int *code);

/* Makes the folder, which must not exist or be empty, with all that a student gets: README.md,
 * skeletons, public scenarios.  0, or an exit code, when it has been said why. */
int orr_lab_hand_out(const struct orr_lab *lab, const char *folder);

/* When an exercise last passed, as the folder remembers it. */
struct orr_lab_progress {
    bool passed;          /* once, ...                                    */
    bool is_changed;      /* ... and the files are others by now          */
    char fingerprint[17]; /* of its public tests                          */
};
void orr_lab_progress_of(const char *folder, const struct orr_lab_exercise *e,
                         struct orr_lab_progress *progress);
/* The first exercise that has not passed, or whose files have changed since; NULL: none. */
const struct orr_lab_exercise *orr_lab_next(const struct orr_lab *lab, const char *folder);
/* A line for each exercise, and how many have passed. */
void orr_lab_status_print(const struct orr_lab *lab, const char *folder, FILE *to);
/* Remembers what a report says; what cannot be written is not. */
void orr_lab_progress_note(const char *folder, const struct orr_lab_report *report);
#endif
