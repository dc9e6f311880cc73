/* byzantine.h - Byzantine nodes of a scenario: which nodes get which wrappers of models/fault. */
#ifndef ORR_SIM_RUN_BYZANTINE_H
#define ORR_SIM_RUN_BYZANTINE_H

#include "sim/run/build.h"

/* Wraps every node of build->nodes that some `byzantine` fault of the scenario might take; wrapper
 * f is fault number f, switched off until the plan switches it on. */
int orr_byzantine_place(struct orr_build *build, struct orr_diags *diags);

/* Might a fault take this node?  `leader` might be any node of a role that knows leaders. */
bool orr_byzantine_might(const struct orr_scenario *scenario, const struct orr_fault_spec *fault,
                      uint32_t node);

/* Does a node's own wrapper part it where this partition does: it runs twice, the partition is of a
 * view or height, and some partition names twins?  The network then lets its messages through. */
bool orr_byzantine_is_parted(const struct orr_build *build, const struct orr_fault_spec *partition,
                             uint32_t node);

/* The types (orr_msg_type) of the messages whose kinds a protocol calls by one of the names [n]:
 * how many, and which if types is not NULL. */
uint32_t orr_byzantine_types(const struct orr_protocol *protocol, const char *const *names,
                             uint32_t n, uint32_t *types);
#endif
