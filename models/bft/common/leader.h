/* leader.h - who leads a view. */
#ifndef ORR_MODELS_BFT_COMMON_LEADER_H
#define ORR_MODELS_BFT_COMMON_LEADER_H

#include "models/bft/common/validators.h"

/* SCHEDULE(name, as written in scenarios) */
#define ORR_LEADER_SCHEDULES(SCHEDULE)                                                  \
    SCHEDULE(TURN, "turn")     /* view v: validator v modulo n                       */ \
    SCHEDULE(FIXED, "fixed")   /* validator 0                                        */ \
    SCHEDULE(HASHED, "hashed") /* drawn by a hash of chain and view, all alike       */ \
    SCHEDULE(STAKE, "stake")   /* drawn so, by voting power                          */
enum orr_leader_schedule {
#define SCHEDULE(name, text) ORR_LEADER_##name,
    ORR_LEADER_SCHEDULES(SCHEDULE)
#undef SCHEDULE
    ORR_N_LEADERS
};

/* The number of the validator that leads a view: a pure function of set and view. */
uint32_t orr_leader_of(enum orr_leader_schedule schedule, const struct orr_validator_set *set,
                       uint64_t view);
#endif
