/* bench.h - the figures of `orrery bench`, each beside what it is compared to in the same call. */
#ifndef ORR_SIM_CLI_BENCH_H
#define ORR_SIM_CLI_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cli/scratch.h"

/* A figure.  ratio: value / yardstick_value, or NaN without a yardstick. */
struct orr_figure {
    char name[48];
    double value;
    const char *unit;
    char yardstick[96];     /* what it is compared to, in words */
    double yardstick_value;
    double ratio;
};

typedef void (*orr_figure_sink)(void *ctx, const struct orr_figure *figure);

/* How much of a benchmark that takes samples is run. */
struct orr_bench_sample {
    uint64_t seeds, seconds; /* of each; 0: as many as its protocol says */
    const char *target;      /* one of its rows alone; NULL: all         */
};

/* A benchmark; it tells one figure or more.  Returns 0, or a negative ORR_E with a message printed.
 */
struct orr_benchmark {
    const char *name, *summary;
    int (*run)(orr_figure_sink sink, void *ctx);
    /* In place of `run`: one that takes samples. */
    int (*run_sample)(orr_figure_sink sink, void *ctx, const struct orr_bench_sample *sample);
};
/* Ends with .name == NULL. */
extern const struct orr_benchmark orr_benchmarks[];

/* ---- for the benchmarks themselves (bench_*.c) ---- */

/* Seconds of CPU time of this process: what a neighbour on the machine takes does not count. */
double orr_bench_cpu_clock(void);
/* CPU seconds of a program that says nothing and ends with 0; negative when it could not be.
 * peak_kib: the most memory it had, or NULL. */
double orr_bench_cpu_of(const char *const argv[], uint64_t *peak_kib);
/* The middle one of n values; sorts them. */
double orr_bench_median(double *values, int n);
/* Reports value beside yardstick_value (0: none). */
void orr_bench_tell(orr_figure_sink sink, void *ctx, const char *name, double value,
                    const char *unit, const char *yardstick, double yardstick_value);

/* A program that does the same work, compiled for this call; a run gives what it prints before
 * "M events/s" or "M deliveries/s" of its own CPU time, in millions; 0 when it is not open. */
struct orr_bench_peer {
    bool is_open;
    char folder[ORR_SCRATCH_LEN]; /* the program is `peer` in it */
};
/* The bare event loop shared/bench/limit.c with `defines`; ns-3 with tests/bench/peers/ns3_WORK.cc.
 * false: absent, which is said once. */
bool orr_bench_limit_open(struct orr_bench_peer *peer, const char *defines);
bool orr_bench_ns3_open(struct orr_bench_peer *peer, const char *work);
double orr_bench_peer_run(const struct orr_bench_peer *peer, const char *arguments);
void orr_bench_peer_close(struct orr_bench_peer *peer);

int orr_bench_phold_10k(orr_figure_sink sink, void *ctx);
int orr_bench_phold_1m(orr_figure_sink sink, void *ctx);
int orr_bench_flood_10k(orr_figure_sink sink, void *ctx);
int orr_bench_flood_100k(orr_figure_sink sink, void *ctx);
int orr_bench_flood_1m(orr_figure_sink sink, void *ctx);
int orr_bench_hunt(orr_figure_sink sink, void *ctx, const struct orr_bench_sample *sample);
int orr_bench_evm_100(orr_figure_sink sink, void *ctx);
int orr_bench_chain_import(orr_figure_sink sink, void *ctx);
int orr_bench_chain_followers(orr_figure_sink sink, void *ctx);
int orr_bench_chain_pool(orr_figure_sink sink, void *ctx);
int orr_bench_index(orr_figure_sink sink, void *ctx);
int orr_bench_memory(orr_figure_sink sink, void *ctx);
int orr_bench_small_runs_modelled(orr_figure_sink sink, void *ctx);
int orr_bench_small_runs_real(orr_figure_sink sink, void *ctx);
int orr_bench_small_runs_pbft(orr_figure_sink sink, void *ctx);
int orr_bench_tendermint_100(orr_figure_sink sink, void *ctx);
int orr_bench_tendermint_1000(orr_figure_sink sink, void *ctx);
int orr_bench_pbft(orr_figure_sink sink, void *ctx);
int orr_bench_quickstart(orr_figure_sink sink, void *ctx);
int orr_bench_start_up(orr_figure_sink sink, void *ctx);
int orr_bench_trace_overhead(orr_figure_sink sink, void *ctx);
int orr_bench_check_overhead(orr_figure_sink sink, void *ctx);
int orr_bench_rollup_span(orr_figure_sink sink, void *ctx);
int orr_bench_rollup_game(orr_figure_sink sink, void *ctx);
int orr_bench_analysis(orr_figure_sink sink, void *ctx);
int orr_bench_sweep(orr_figure_sink sink, void *ctx);
int orr_bench_vault_kdf(orr_figure_sink sink, void *ctx);
int orr_bench_vault_age(orr_figure_sink sink, void *ctx);
int orr_bench_vault_list(orr_figure_sink sink, void *ctx);
int orr_bench_vault_sign(orr_figure_sink sink, void *ctx);
#endif
