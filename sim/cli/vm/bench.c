/* orrery vm bench: the machine's speed, program by program. */
#include "sim/cli/vm/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/memory.h"
#include "sim/cli/main.h"

int orr_vm_bench_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery vm bench [NAME...] [--seconds S] [--json]\n\n"
        "Times programs on the machine over a real state; code is prepared beforehand, every run "
        "is\n"
        "undone.  Runs the public benchmark programs when they are there (evm-bench in the folder\n"
        "that ORRERY_VECTORS names, else in ../shared/vectors), and its own.\n\n"
        "  NAME         only programs whose name contains it\n"
        "  --seconds S  about how long each program is measured (0.3)\n"
        "  --json       one object a program: name, ns, Mgas/s, gas\n\n"
        "Exit codes: 0 all ran, 1 a program failed, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

bool orr_vm_bench_wants(const struct orr_vm_bench *bench, const char *name) {
    for (size_t i = 0; i < bench->n_filters; i++)
        if (strstr(name, bench->filters[i])) return true;
    return bench->n_filters == 0;
}

void orr_vm_bench_row(struct orr_vm_bench *bench, const char *name, double ns, int64_t gas) {
    double mgas_per_s = gas > 0 ? (double)gas * 1e3 / ns : 0;
    if (bench->json) {
        printf("{\"name\":\"%s\",\"ns\":%.1f", name, ns);
        if (gas > 0) printf(",\"Mgas/s\":%.1f,\"gas\":%lld", mgas_per_s, (long long)gas);
        printf("}\n");
    } else {
        if (!bench->n_rows) printf("%-44s %14s %10s %12s\n", "program", "ns", "Mgas/s", "gas");
        printf("%-44s %14.1f", name, ns);
        if (gas > 0) printf(" %10.1f %12lld", mgas_per_s, (long long)gas);
        printf("\n");
    }
    fflush(stdout);
    bench->n_rows++;
}

void orr_vm_bench_fail(struct orr_vm_bench *bench, const char *name, const char *why) {
    fprintf(stderr, "orrery vm bench: %s: %s\n", name, why);
    bench->n_failed++;
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double orr_vm_bench_time(const struct orr_vm_bench *bench, void (*work)(void *ctx), void *ctx) {
    double end = now_ns() + bench->seconds * 1e9, best = 1e300;
    long n = 1;
    do { /* ends: time goes on */
        double start = now_ns();
        for (long i = 0; i < n; i++) work(ctx);
        double spent = now_ns() - start;
        if (spent / (double)n < best) best = spent / (double)n;
        if (spent < 1e6) n *= 2; /* a batch of about 1 ms: short enough to escape other load */
    } while (now_ns() < end);
    return best;
}

int orr_vm_bench_command(int argc, char **argv) {
    struct orr_vm_bench bench = {.seconds = 0.3};
    const char **filters = orr_xcalloc((size_t)argc, sizeof *filters);
    bench.filters = filters;
    for (int i = 1; i < argc; i++) {
        char *end;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return free(filters), usage(stdout);
        if (!strcmp(argv[i], "--json")) {
            bench.json = true;
        } else if (!strcmp(argv[i], "--seconds") && i + 1 < argc) {
            bench.seconds = strtod(argv[++i], &end);
            if (*end || !(bench.seconds > 0 && bench.seconds < 3600)) {
                fprintf(stderr, "orrery vm bench: --seconds: '%s' is no time\n", argv[i]);
                return free(filters), 2;
            }
        } else if (argv[i][0] == '-') {
            return free(filters), usage(stderr);
        } else {
            filters[bench.n_filters++] = argv[i];
        }
    }
    if (orr_vm_bench_public(&bench) && !bench.json)
        fprintf(stderr, "orrery vm bench: the public programs (evm-bench) are not there\n");
    orr_vm_bench_own(&bench);
    orr_vm_bench_precompiles(&bench);
    orr_vm_bench_state(&bench);
    if (!bench.n_rows && !bench.n_failed) {
        fprintf(stderr, "orrery vm bench: no program has such a name\n");
        return free(filters), 2;
    }
    return free(filters), bench.n_failed ? 1 : 0;
}
