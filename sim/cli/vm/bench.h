/* bench.h - `orrery vm bench`: how its programs report what they measured. */
#ifndef ORR_SIM_CLI_VM_BENCH_H
#define ORR_SIM_CLI_VM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One run of the verb. */
struct orr_vm_bench {
    const char *const
        *filters; /* a program runs when its name contains one of them; none: all run */
    size_t n_filters;
    double seconds;             /* about how long one program is measured */
    bool json;
    int n_rows, n_failed;
};

bool orr_vm_bench_wants(const struct orr_vm_bench *bench, const char *name);
/* Prints a row: ns and gas of one run (gas 0: not a matter of gas). */
void orr_vm_bench_row(struct orr_vm_bench *bench, const char *name, double ns, int64_t gas);
/* Says on standard error why a program could not be measured. */
void orr_vm_bench_fail(struct orr_vm_bench *bench, const char *name, const char *why);

/* Measures work(ctx): calls it in growing batches for bench->seconds and returns the ns of one call
 * in the best batch, which other load on the machine disturbs least. */
double orr_vm_bench_time(const struct orr_vm_bench *bench, void (*work)(void *ctx), void *ctx);

/* The parts: the public benchmark programs (0, or ORR_ENOTFOUND when they are not there), our own,
 * the precompiled contracts, and whole transactions, blocks and states (erc20-transfer,
 * block-1000-transfers, fork-10000). */
int orr_vm_bench_public(struct orr_vm_bench *bench);
void orr_vm_bench_own(struct orr_vm_bench *bench);
void orr_vm_bench_precompiles(struct orr_vm_bench *bench);
void orr_vm_bench_state(struct orr_vm_bench *bench);
#endif
