/* target.h - who is meant: nodes as a scenario names them, resolved to numbers.  Plain data. */
#ifndef ORR_SIM_BASE_TARGET_H
#define ORR_SIM_BASE_TARGET_H

#include "models/protocol.h"
#include "sim/base/diag.h"

enum orr_target_kind {
    ORR_TARGET_NODES,  /* the nodes first .. first+n-1: `val.3`, a group, `all`     */
    ORR_TARGET_REGION, /* every node in region `index`                              */
    ORR_TARGET_ROLE,   /* every node that runs `role`                               */
    ORR_TARGET_LEADER  /* who leads when the fault begins (orr_protocol.fault); the
                          lowest index of several                                   */
};

/* `any 2 of val`: any = 2 of the nodes that the rest names, drawn from ORR_RNG_PLAN when the fault
 * begins.  any = 0: all of them. */
struct orr_target {
    enum orr_target_kind kind;
    uint32_t any;
    bool twin;                       /* NODES: the second of one that runs twice, not the first:
                                        `twin of val.3`, in the groups of a partition alone  */
    uint32_t first, n;               /* NODES  */
    uint32_t index;                  /* REGION */
    const struct orr_protocol *role; /* ROLE   */
    struct orr_span where;
};

/* The union of what its parts name; n = 0: not given. */
struct orr_targets {
    const struct orr_target *v;
    uint32_t n;
};
#endif
