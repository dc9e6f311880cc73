/* bench_hunt.h - what `orrery bench hunt` hunts: one mistake each, and not one fault. */
#ifndef ORR_SIM_CLI_BENCH_HUNT_H
#define ORR_SIM_CLI_BENCH_HUNT_H

#include <stdint.h>

struct orr_bench_target {
    const char *name, *text; /* a scenario                                                      */
    uint32_t recipe;         /* size of the known plan as orr_catch_size counts; 0: none is known */
};
/* Ends with .name == NULL. */
extern const struct orr_bench_target orr_bench_targets[];

/* Four sound Tendermint validators, ten heights. */
extern const char orr_bench_speed_ground[];
#endif
