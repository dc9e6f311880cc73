#include "sim/cli/sweep_slurm.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/text.h"
#include "sim/cli/sweep_pool.h"

extern char **environ;

/* A word of the shell, whatever it holds. */
static void write_word(const char *word, FILE *to) {
    fputc('\'', to);
    for (; *word; word++)
        if (*word == '\'') fputs("'\\''", to);
        else fputc(*word, to);
    fputc('\'', to);
}

/* An exit code of 1 is a run that did not go as expected, which the index tells: the task has done
 * its work. */
static void write_script(const struct orr_sweep_slurm *s, const char *program, FILE *to) {
    fprintf(to, "#!/bin/sh\n#SBATCH --job-name=orrery-%s\n#SBATCH --array=1-%u\n", s->name,
            s->n_tasks);
    write_word(program, to);
    fputs(" sweep --part \"$SLURM_ARRAY_TASK_ID\"/", to);
    fprintf(to, "%u --quiet -j \"${SLURM_CPUS_PER_TASK:-1}\"", s->n_tasks);
    for (uint32_t i = 0; i < s->n_words; i++) {
        fputc(' ', to);
        write_word(s->words[i], to);
    }
    fputs("\ncode=$?\n[ $code -le 1 ] || exit $code\n", to);
}

static int complain(const char *path, const char *what) {
    fprintf(stderr, "orrery sweep: %s: %s\n", ORR_SHOWN(path), what);
    return 3;
}

static int submit(const struct orr_sweep_slurm *s, const char *script, const char *output) {
    const char *argv[8] = {"sbatch"};
    int argc = 1, how = 0;
    pid_t child;
    posix_spawn_file_actions_t actions;
    if (s->wait) argv[argc++] = "--wait";
    argv[argc++] = "--output";
    argv[argc++] = output;
    argv[argc++] = script;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int failed = posix_spawnp(&child, "sbatch", &actions, NULL, (char **)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT) {
        complain("sbatch", "is not installed (Debian: apt-get install slurm-wlm)");
        fprintf(stderr, "  the job is ready: sbatch %s\n", ORR_SHOWN(script));
        return 3;
    }
    if (failed) return complain("sbatch", strerror(failed));
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) continue;
    return how ? complain(script, s->wait ? "a task failed, or Slurm refused it (sbatch)"
                                          : "Slurm refused it (sbatch)")
               : 0;
}

int orr_sweep_slurm_submit(const struct orr_sweep_slurm *s) {
    char script[ORR_SWEEP_PATH], output[ORR_SWEEP_PATH], program[ORR_SWEEP_PATH];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (!orr_sweep_path(s->folder, ".", "slurm", ".sh", script) ||
        !orr_sweep_path(s->folder, "runs", "slurm-%a", ".log", output))
        return complain(s->folder, "the path is too long");
    if (n <= 0) return complain("/proc/self/exe", strerror(errno));
    program[n] = '\0';
    FILE *to = fopen(script, "w");
    if (to) write_script(s, program, to);
    bool bad = !to || ferror(to);
    if (to && fclose(to)) bad = true;
    return bad ? complain(script, strerror(errno)) : submit(s, script, output);
}
