#include "sim/cli/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct orr_benchmark orr_benchmarks[] = {
    {"phold-10k", "PHOLD on 10,000 nodes x 16 events, beside the bare event loop",
     orr_bench_phold_10k, NULL},
    {"phold-1m", "PHOLD with 1,048,576 pending events, beside the bare event loop",
     orr_bench_phold_1m, NULL},
    {"flood-10k", "1 KiB messages flooded over a random 8-regular graph of 10,000 nodes",
     orr_bench_flood_10k, NULL},
    {"flood-100k", "the same over 100,000 nodes", orr_bench_flood_100k, NULL},
    {"flood-1m", "the same over 1,000,000 nodes", orr_bench_flood_1m, NULL},
    {"tendermint-100", "100 validators on the AWS matrix, signature memo on and off",
     orr_bench_tendermint_100, NULL},
    {"tendermint-1000", "1,000 validators: CPU time of a height, and its growth from 500",
     orr_bench_tendermint_1000, NULL},
    {"pbft", "one decision of 256 PBFT replicas, and of 1,000, in CPU time", orr_bench_pbft, NULL},
    {"quickstart", "CPU time of scenarios/quickstart.yaml with its trace", orr_bench_quickstart,
     NULL},
    {"start-up", "the program does nothing but start, in CPU time", orr_bench_start_up, NULL},
    {"trace-overhead", "the same run with a trace of all messages and with none",
     orr_bench_trace_overhead, NULL},
    {"check-overhead", "the same run with the oracles and without", orr_bench_check_overhead, NULL},
    {"small-runs-modelled", "runs of 4 Tendermint validators for 10 s, a seed each; modelled "
                            "signatures", orr_bench_small_runs_modelled, NULL},
    {"small-runs-real", "the same with real signatures", orr_bench_small_runs_real, NULL},
    {"small-runs-pbft", "the same of PBFT's normal case, without signatures",
     orr_bench_small_runs_pbft, NULL},
    {"hunt", "how soon a hunt finds planted mistakes, beside `random`, and plans a second",
     NULL, orr_bench_hunt},
    {"evm-100", "100 validators that run 1,000 token transfers a block, in CPU time",
     orr_bench_evm_100, NULL},
    {"chain-import", "blocks of 1,000 transfers are imported, beside finding out their signers",
     orr_bench_chain_import, NULL},
    {"chain-followers", "memory of a follower of a slot-chain", orr_bench_chain_followers, NULL},
    {"chain-pool", "100,000 transactions are let into a pool", orr_bench_chain_pool, NULL},
    {"index", "ERC-20 transfers from memory into an index's file, and commits of a block",
     orr_bench_index, NULL},
    {"memory", "engine memory of a node and of a pending event", orr_bench_memory, NULL},
    {"rollup-span", "a channel of 27 blocks is read and written, beside zlib's inflate of it",
     orr_bench_rollup_span, NULL},
    {"rollup-game", "a dispute game of depth 73, both players, without a contract",
     orr_bench_rollup_game, NULL},
    {"analysis", "stats and plots of a trace of ten million messages, a page of 50,000",
     orr_bench_analysis, NULL},
    {"sweep", "runs of a sweep beside the bare ones, and two at a time beside one",
     orr_bench_sweep, NULL},
    {"vault-kdf", "a keystore, a vault's slot, a sentence's seed, beside the libraries' bare calls",
     orr_bench_vault_kdf, NULL},
    {"vault-age", "an age file of 100 MiB by the command, in CPU time, and its memory",
     orr_bench_vault_age, NULL},
    {"vault-list", "the names in a vault of 10,000 entries, in CPU time", orr_bench_vault_list,
     NULL},
    {"vault-sign", "a transaction is hashed, signed and written", orr_bench_vault_sign, NULL},
    {NULL, NULL, NULL, NULL},
};

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double orr_bench_cpu_clock(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

double orr_bench_median(double *v, int n) {
    for (int i = 1; i < n; i++)
        for (int j = i; j && v[j] < v[j - 1]; j--) {
            double x = v[j];
            v[j] = v[j - 1];
            v[j - 1] = x;
        }
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

void orr_bench_tell(orr_figure_sink sink, void *ctx, const char *name, double value,
                    const char *unit, const char *yardstick, double yardstick_value) {
    struct orr_figure f = {.value = value, .unit = unit, .yardstick_value = yardstick_value,
                           .ratio = yardstick_value ? value / yardstick_value : NAN};
    snprintf(f.name, sizeof f.name, "%s", name);
    snprintf(f.yardstick, sizeof f.yardstick, "%s", yardstick_value ? yardstick : "");
    sink(ctx, &f);
}
