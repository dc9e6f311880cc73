/* use.h - what nodes used of what they have. */
#ifndef ORR_SIM_ENGINE_USE_H
#define ORR_SIM_ENGINE_USE_H

#include "sim/engine/sim.h"

/* What a node's cores have worked so far, also in lives before a crash; 0 without cpu_model.  A
 * step that has begun counts as a whole. */
orr_time orr_sim_cpu_used(const struct orr_sim *sim, orr_peer node);
#endif
