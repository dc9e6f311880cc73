/* oracle.h - what an oracle is: one question about a run, answered while it runs.
 *
 *     begin()  what does the scenario ask?      hear()   a record of the tap
 *     look()   has what is due by now happened? judge()  the verdicts
 *
 * The oracles of the house stand in sim/scenario/expect.def, one file of sim/check each.  A plug-in
 * (`role: ./mine.c`) brings others beside its protocol, in an array of this name:
 *
 *     static const struct orr_oracle quiet = {.name = "quiet", .begin = ..., .judge = ...};
 *     const struct orr_oracle *const orr_oracles[] = {&quiet, NULL};
 *
 * They are judged in each run of the plug-in; `expect: {own: {quiet: broken}}` says what is
 * expected of one, or gives its settings: `own: {quiet: {most: 3}}`.  All verdicts of a run
 * together are 96 at most.  What an oracle may ask and say is in sim/check/verdict.h.  Both files
 * are part of what ORR_ABI counts.
 *
 * An oracle reads and remembers; it never changes the run.  It is called in the order of the list,
 * after the check itself has taken a record in: who is correct, who is up, and which transactions
 * are where is then as it is after the record. */
#ifndef ORR_SIM_ENGINE_ORACLE_H
#define ORR_SIM_ENGINE_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/engine/tap.h"

struct orr_check;

#define ORR_OUTPUT_BIT(output) (1u << (output))

struct orr_oracle {
    const char *name; /* its key under `expect:` (`own:`), and its verdict's name */
    /* Settings under that key: `size` of the struct and its table, as a protocol's `config`.  The
     * house's own oracles have none here: they read the scenario's struct orr_expect_spec. */
    const struct orr_config_key *keys; /* ends with .name == NULL, or NULL       */
    size_t settings_size;
    uint32_t wants;   /* ORR_TAP_BIT of each kind of record that hear() is told      */
    uint32_t outputs; /* of ORR_TAP_OUTPUT only these: ORR_OUTPUT_BIT of each; 0: all */
    size_t size;      /* bytes of state, zeroed before begin()                       */
    /* Once, before the run: false when the scenario asks nothing of this oracle; nothing else is
     * then called but fini().  settings: of `keys`, or struct orr_expect_spec; lent for the run. */
    bool (*begin)(void *state, struct orr_check *check, const void *settings);
    void (*hear)(void *state, struct orr_check *check, const struct orr_tap_record *record);
    /* Optional: looks for what should have happened by now, and returns when it wants to look again
     * (ORR_NEVER: only at the end, where it is called when the run was not stopped). */
    orr_time (*look)(void *state, struct orr_check *check);
    /* At the end: one orr_check_verdict for each question. */
    void (*judge)(void *state, struct orr_check *check);
    void (*fini)(void *state); /* optional: gives back what the state points to */
};
#endif
