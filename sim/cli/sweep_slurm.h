/* sweep_slurm.h - a sweep as a job array of Slurm: each task runs a part of it (`--part K/N`) into
 * the folder that all of them see, and writes the index of what is there by then. */
#ifndef ORR_SIM_CLI_SWEEP_SLURM_H
#define ORR_SIM_CLI_SWEEP_SLURM_H

#include <stdbool.h>
#include <stdint.h>

enum { ORR_SLURM_TASKS = 1000, ORR_SLURM_WORDS = 512 }; /* Slurm's MaxArraySize is 1,001 */

struct orr_sweep_slurm {
    const char *name, *folder;              /* of the scenario; of the sweep, which is there */
    const char *words[ORR_SLURM_WORDS];     /* [n_words] behind `orrery sweep`, lent         */
    uint32_t n_words, n_tasks;              /* n_tasks: 1 to ORR_SLURM_TASKS                 */
    bool wait;                              /* until all tasks have ended                    */
};

/* Writes FOLDER/slurm.sh and hands it to `sbatch`, whose words go to standard error.  0, or 3,
 * told: it cannot be written, there is no sbatch, or it refused, or with `wait`, a task died. */
int orr_sweep_slurm_submit(const struct orr_sweep_slurm *slurm);
#endif
