/* report.h - what a run of public EVM tests came to. */
#ifndef ORR_SIM_CLI_VM_REPORT_H
#define ORR_SIM_CLI_VM_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "models/base/words.h"

/* One case that failed or was not run. */
struct orr_vm_case {
    char *file, *name, *fork, *reason; /* on the C heap */
    bool has_roots;                    /* the hashes below are set */
    struct orr_hash expected_root, computed_root, expected_logs, computed_logs;
};

struct orr_vm_cases {
    struct orr_vm_case *at;
    size_t n, cap;
};

struct orr_vm_report {
    size_t n_passed;
    struct orr_vm_cases failed, not_run;
    struct orr_vm_cases bad; /* malformed: name is "line:column:" or the case */
    struct orr_vm_cases
        listed; /* when asked for: every case that ran; one that passed has no reason */
};

/* Adds a case; the texts are copied.  roots, when given: expected and computed root, expected and
 * computed logs hash. */
void orr_vm_report_add(struct orr_vm_cases *cases, const char *file, const char *name,
                       const char *fork, const char *reason, const struct orr_hash roots[4]);
/* Moves everything from one report to the end of another. */
void orr_vm_report_join(struct orr_vm_report *to, struct orr_vm_report *from);
/* Gives its memory back; the report is then empty. */
void orr_vm_report_free(struct orr_vm_report *report);
/* Writes a report of one file, by its number, for another process of the same program to read. */
void orr_vm_report_save(const struct orr_vm_report *report, size_t file, FILE *to);
/* Reads the next one into an empty report; false at the end, or when it is cut short. */
bool orr_vm_report_load(struct orr_vm_report *report, size_t *file, FILE *from);
/* Names what is malformed on standard error. */
void orr_vm_report_complain(const struct orr_vm_report *report);
/* Prints it: what is malformed as above; one line per failure and the sums, or one JSON object. */
void orr_vm_report_print(const struct orr_vm_report *report, bool as_json, FILE *to);
/* Prints the listed cases as go-ethereum's `evm statetest` does: an array of {name, pass,
 * stateRoot, fork, error}. */
void orr_vm_report_list(const struct orr_vm_report *report, FILE *to);
/* The command's exit code: 0, 1 with failures or when nothing ran, 2 with bad input. */
int orr_vm_report_exit(const struct orr_vm_report *report);
#endif
