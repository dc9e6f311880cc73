/* sweep_plan.h - which runs a sweep is made of: every combination of the values of its axes, each
 * with every seed.
 *
 * Runs are numbered from 0: the first axis varies slowest, seeds fastest.  A run goes by a digest
 * of all that decides it: the scenario's text, the changes, the files that it names, the seed.  So
 * a run that is there already is known again, and one of a scenario that has changed is not. */
#ifndef ORR_SIM_CLI_SWEEP_PLAN_H
#define ORR_SIM_CLI_SWEEP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct orr_scenario;

enum { ORR_SWEEP_AXES = 16, ORR_SWEEP_FIXED = 128, ORR_SWEEP_RUNS = 1000000 };

struct orr_sweep_axis {
    char *key;        /* owned, as are the values */
    char **values;    /* [n], in the order written */
    uint32_t n;
    uint32_t lead;    /* the axis along whose values these go: itself, or one before it */
    bool is_variant;  /* values are names of the scenario's variants                    */
};

struct orr_sweep_plan {
    const char *path; /* of the scenario; lent */
    const char *fixed[ORR_SWEEP_FIXED]; /* KEY=VALUE of every run; lent */
    uint32_t n_fixed;
    struct orr_sweep_axis axes[ORR_SWEEP_AXES];
    uint32_t n_axes;
    struct orr_scenario *base; /* owned; whose variants these are, or NULL */
    uint64_t *seeds;  /* [n_seeds] */
    uint32_t n_seeds; /* 0: the scenario's own, until orr_sweep_plan_check */
    uint32_t n_runs;
    char name[64];    /* the scenario's; with n_runs and digests from orr_sweep_plan_check */
    uint8_t (*digests)[32]; /* [n_runs / n_seeds] of the combinations */
};

/* Reads what --seeds and --vary say; false: what is wrong has been said on standard error.
 * "1..10,20" and "KEY=VALUE,VALUE,..."; of whole numbers "A..B" is each of them.  A comma within
 * brackets or quotes is part of a value. */
bool orr_sweep_plan_seeds(struct orr_sweep_plan *plan, const char *text);
bool orr_sweep_plan_vary(struct orr_sweep_plan *plan, const char *text);
/* The same for a key whose values go along with those of the last orr_sweep_plan_vary. */
bool orr_sweep_plan_zip(struct orr_sweep_plan *plan, const char *text);
/* Takes from the scenario's `sweep:` what neither of these has said: its seeds; its keys and
 * variants.  0, or an exit code when something is wrong, which has been said. */
int orr_sweep_plan_take(struct orr_sweep_plan *plan);

/* Loads the scenario in each combination, with the files that it names.  0, or an exit code when
 * something is wrong with one, which has been said. */
int orr_sweep_plan_check(struct orr_sweep_plan *plan);
void orr_sweep_plan_fini(struct orr_sweep_plan *plan);

/* What --set says in a run: [*n] texts KEY=VALUE; orr_sweep_plan_changes_free. */
char **orr_sweep_plan_changes(const struct orr_sweep_plan *plan, uint32_t run, uint32_t *n);
void orr_sweep_plan_changes_free(char **changes, uint32_t n);
/* The value of an axis in a run, and its seed. */
const char *orr_sweep_plan_value(const struct orr_sweep_plan *plan, uint32_t run, uint32_t axis);
uint64_t orr_sweep_plan_seed(const struct orr_sweep_plan *plan, uint32_t run);
/* 32 hexadecimal digits and a NUL. */
enum { ORR_SWEEP_DIGEST = 33 };
void orr_sweep_plan_digest(const struct orr_sweep_plan *plan, uint32_t run,
                           char text[ORR_SWEEP_DIGEST]);
#endif
