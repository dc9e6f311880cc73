/* bench_program.c - the program as a whole, run as a user runs it: start-up and the quickstart. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/bench.h"

enum { STARTS = 31, RUNS = 7 };

double orr_bench_cpu_of(const char *const argv[], uint64_t *peak_kib) {
    pid_t pid = fork();
    if (pid < 0) return -1;
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    struct rusage used;
    int how = 0;
    while (wait4(pid, &how, 0, &used) < 0)
        if (errno != EINTR) return -1;
    if (!WIFEXITED(how) || WEXITSTATUS(how)) return -1;
    if (peak_kib) *peak_kib = (uint64_t)used.ru_maxrss;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

int orr_bench_start_up(orr_figure_sink sink, void *ctx) {
    const char *const ours[] = {"/proc/self/exe", "help", NULL}, *const bare[] = {"/bin/true",
                                                                                  NULL};
    double with[STARTS], without[STARTS];
    for (int i = 0; i < STARTS; i++) { /* in turn, so that both see the same machine */
        with[i] = 1e3 * orr_bench_cpu_of(ours, NULL);
        without[i] = 1e3 * orr_bench_cpu_of(bare, NULL);
        if (with[i] < 0 || without[i] < 0) {
            fprintf(stderr, "orrery bench: the program cannot start itself\n");
            return ORR_EIO;
        }
    }
    orr_bench_tell(sink, ctx, "start-up", orr_bench_median(with, STARTS), "CPU ms", "/bin/true",
                   orr_bench_median(without, STARTS));
    return 0;
}

int orr_bench_quickstart(orr_figure_sink sink, void *ctx) {
    const char *scenario = "scenarios/quickstart.yaml";
#ifdef ORRERY_SOURCE_DIR
    if (access(scenario, R_OK)) scenario = ORRERY_SOURCE_DIR "/scenarios/quickstart.yaml";
#endif
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 8];
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/h5", folder);
    const char *const ours[] = {"/proc/self/exe", "run", scenario, "--out", path, "--no-plot",
                                NULL};
    double took[RUNS];
    int error = 0;
    for (int i = 0; i < RUNS && !error; i++) {
        took[i] = orr_bench_cpu_of(ours, NULL);
        if (took[i] < 0) error = ORR_EIO;
    }
    unlink(path);
    rmdir(folder);
    if (error)
        fprintf(stderr, "orrery bench: %s does not run to its verdict\n", scenario);
    else
        orr_bench_tell(sink, ctx, "quickstart", orr_bench_median(took, RUNS), "CPU s", "", 0);
    return error;
}
