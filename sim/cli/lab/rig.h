/* rig.h - what the tests of an exercise need: the student's files compiled, the lab's judge and its
 * own roles loaded. */
#ifndef ORR_SIM_CLI_LAB_RIG_H
#define ORR_SIM_CLI_LAB_RIG_H

#include "sim/cli/lab/build.h"
#include "sim/cli/lab/course.h"
#include "sim/cli/lab/trial.h"

/* What every test of a lab runs under, whatever its scenario says: an override. */
#define ORR_LAB_MEMORY "memory=256 MiB"

struct orr_lab_rig {
    const struct orr_lab_exercise *exercise;
    struct orr_lab_build build;
    const struct orr_plugin *others[ORR_LAB_OTHERS_MAX];
    const char *other_roles[ORR_LAB_OTHERS_MAX];
    void *judge; /* of dlopen, or NULL */
};

/* 0; ORR_EFORMAT: the student's files do not compile, build.text says how; ORR_EIO,
 * ORR_EUNSUPPORTED: the machine cannot, or the lab is not whole, told in diags.  In all cases
 * orr_lab_rig_fini afterwards. */
int orr_lab_rig_open(const struct orr_lab *lab, const struct orr_lab_exercise *e,
                     const char *folder, struct orr_lab_rig *rig, struct orr_diags *diags);
void orr_lab_rig_fini(struct orr_lab_rig *rig);

/* An order for a scenario's text[len], without overrides; all in it is lent. */
struct orr_lab_trial_order orr_lab_rig_order(const struct orr_lab_rig *rig, const char *text,
                                             size_t len, const char *name);
#endif
