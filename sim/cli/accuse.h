/* accuse.h - which statements of one node no correct node makes, role by role. */
#ifndef ORR_SIM_CLI_ACCUSE_H
#define ORR_SIM_CLI_ACCUSE_H

#include "sim/cli/explain.h"

/* Finds the culprits among what nodes said: the first rule that each broke, with two statements. */
void orr_accuse_all(struct orr_explanation *e);
#endif
