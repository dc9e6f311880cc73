/* fault_choices.h - the words that a fault's keys may have, for keys.c: from the tables of
 * scenario.h, models/fault/byzantine.h and models/field.h. */
#ifndef ORR_SIM_SCENARIO_FAULT_CHOICES_H
#define ORR_SIM_SCENARIO_FAULT_CHOICES_H

#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"

static const struct orr_choice fault_kinds[] = {
#define FAULT(name, text, help) {text, ORR_FAULT_##name, help},
    ORR_FAULTS(FAULT)
#undef FAULT
    {NULL, 0, NULL},
};
static const struct orr_choice disk_fates[] = {
    {"keep", ORR_DISK_KEEP, "all that was written"},
    {"lose-unsynced", ORR_DISK_LOSE_UNSYNCED, "only what was durable"},
    {"lose", ORR_DISK_LOSE, "nothing"},
    {NULL, 0, NULL},
};
static const struct orr_choice behaviours[] = {
#define BEHAVIOUR(name, text, help) {text, ORR_BEHAVIOUR_##name, help},
    ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
    {NULL, 0, NULL},
};

static const struct orr_choice forgettings[] = {
    {"lock", ORR_FORGETS_LOCK, "its lock, and what it has prepared, before each event"},
    {"log", ORR_FORGETS_LOG, "memory and log, once, and begins anew with its old key"},
    {NULL, 0, NULL},
};
static const struct orr_choice reads[] = {
#define READS(name, text, help) {text, ORR_READS_##name, help},
    ORR_READS(READS)
#undef READS
    {NULL, 0, NULL},
};
static const struct orr_choice changes[] = {
#define CHANGE(name, text, help) {text, ORR_CHANGE_##name, help},
    ORR_CHANGES(CHANGE)
#undef CHANGE
    {"any", ORR_N_CHANGES, "one of these, drawn"},
    {NULL, 0, NULL},
};
#endif
