/* hunt_report.h - what a hunt has found, for people and as JSON. */
#ifndef ORR_SIM_CLI_HUNT_REPORT_H
#define ORR_SIM_CLI_HUNT_REPORT_H

#include "sim/search/catch.h"

struct orr_hunt_report {
    const struct orr_hunt *hunt;
    const char *path, *folder;
    uint64_t n_before; /* runs of earlier calls  */
    double seconds;    /* that the others took   */
    struct orr_reported {
        struct orr_caught first;
        struct orr_finding finding;
        char shape[160], control_text[400];
        char *story; /* lines, owned; NULL: none */
        struct orr_catch_size before, after;
        uint32_t n_seen; /* of this shape among those that were shrunk */
        uint32_t n_asks;
        bool is_least, is_real;
        enum orr_control control;
        struct orr_lasso lasso;
    } * v; /* [n] owned */
    uint32_t n;
};

/* Adds a catch; its number from 1 on, or 0: one of its shape stands there already. */
uint32_t orr_hunt_report_add(struct orr_hunt_report *report, const struct orr_catch *c);

/* Comment lines for the head of a shrunk scenario. */
void orr_hunt_comment(const struct orr_catch *c, struct orr_yaml_text *text);

/* Prints it to standard output and to FOLDER/report.txt; the exit code of the hunt. */
int orr_hunt_report_print(const struct orr_hunt_report *report, bool is_json);
void orr_hunt_report_fini(struct orr_hunt_report *report);
#endif
