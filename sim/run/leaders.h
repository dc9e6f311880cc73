/* leaders.h - who leads which view, where a scenario's faults say so (`do: lead`). */
#ifndef ORR_SIM_RUN_LEADERS_H
#define ORR_SIM_RUN_LEADERS_H

#include "sim/run/build.h"

/* Gives every node of build->nodes whose role can be told who leads (a key `leaders`) settings of
 * its own: who leads the views that some `lead` names, of several the last; the others are led as
 * the settings' own list or else in turn; each view counts by itself (leader_views: 1).  Without a
 * `lead` nothing changes.  0, or ORR_EFORMAT: the role refuses it. */
int orr_leaders_place(struct orr_build *build, struct orr_diags *diags);
#endif
