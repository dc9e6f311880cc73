#!/usr/bin/env bash
# Oracles that a plug-in brings: judged in each run of it, expected to hold, to break, or to be left
# alone, with settings of their own; what is no oracle is refused.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
export XDG_CACHE_HOME=$scratch/cache NO_COLOR=1
mkdir "$XDG_CACHE_HOME"
cat "$ORRERY_SOURCE/models/lab/flood.c" - >"$scratch/mine.c" <<'END'
#include <stdio.h>

#include "sim/check/verdict.h"

/* No correct node delivers more than `most` messages. */
struct quiet {
    uint64_t most, n_nodes;
    uint64_t n[64];
};
struct quiet_settings {
    uint64_t most;
};
static const struct orr_config_key quiet_keys[] = {
    {.name = "most", .type = ORR_CONFIG_COUNT, .help = "messages at most", .fallback = 1000,
     .offset = offsetof(struct quiet_settings, most), .max = 1000000},
    {.name = NULL},
};
static bool quiet_begin(void *state, struct orr_check *check, const void *settings) {
    struct quiet *q = state;
    q->most = ((const struct quiet_settings *)settings)->most;
    q->n_nodes = orr_check_n_nodes(check);
    return q->n_nodes <= 64;
}
static void quiet_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct quiet *q = state;
    if (!orr_check_is_correct(check, r->node) || ++q->n[r->node] <= q->most) return;
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v) snprintf(v->text, sizeof v->text, "node %u delivered too much", r->node);
}
static void quiet_judge(void *state, struct orr_check *check) {
    struct quiet *q = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "at most %llu", (unsigned long long)q->most);
    snprintf(v->observed, sizeof v->observed, "%llu at node 0", (unsigned long long)q->n[0]);
    v->pass = !v->violation;
    if (!q->n[0]) orr_verdict_open(v, "nothing was delivered");
}
static const struct orr_oracle quiet = {
    .name = NAME, .keys = quiet_keys, .settings_size = sizeof(struct quiet_settings),
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT), .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED),
    .size = sizeof(struct quiet), .begin = quiet_begin, .hear = quiet_hear, .judge = quiet_judge,
};
const struct orr_oracle *const orr_oracles[] = {&quiet, NULL};
END
sed -i '1i #define NAME "quiet"' "$scratch/mine.c"
sed 's/"quiet"/"agreement"/' "$scratch/mine.c" >"$scratch/clash.c"
cat >"$scratch/s.yaml" <<'END'
orrery: 1
name: own
seed: 4
duration: 3 s
nodes:
  node: {count: 5, role: ./mine.c}
network: {latency: 10 ms}
workload: [{rate: 10 /s, size: 100 B}]
END

fail() { echo "$1"; cat "$scratch/said" 2>/dev/null; exit 1; }
# run EXIT-CODE ARGUMENT...: what it says is in $scratch/said
run() {
    local want=$1 rc=0
    shift
    timeout 60 "$program" run "$scratch/s.yaml" --no-trace "$@" >"$scratch/said" 2>&1 || rc=$?
    [[ $rc == "$want" ]] || fail "exit code $rc, not $want: $*"
}
says() { grep -qE -- "$1" "$scratch/said" || fail "it does not say '$1'"; }

# ---- it holds by default, and is judged ----
run 0
says '^    ok   quiet +expected at most 1000, observed [0-9]+ at node 0$'
# ---- settings of its own ----
run 1 --set expect.own.quiet.most=3
says '^    FAIL quiet +expected at most 3, observed'
says 'quiet broken: node [0-4] delivered too much'
says 'to see it again: .*own\.quiet\.most=3'
run 2 --set expect.own.quiet.mots=3
says "quiet has no setting 'mots'"
run 2 --set expect.own.quiet.most=2000000
says 'too large'
# ---- broken or unchecked ----
run 1 --set expect.own.quiet=broken
says '^    FAIL quiet +expected broken'
run 1 --set expect.own.quiet=unchecked
says 'nothing was judged'
# ---- not judged ----
run 1 --set workload='[]' --set expect.own.quiet=holds
says 'quiet is not judged: nothing was delivered'
# ---- names ----
run 2 --set expect.own.quite=holds
says "no plug-in brings an oracle 'quite'"
says "did you mean 'quiet'"
run 2 --set nodes.node.role=flood --set expect.own.quiet=holds
says "no plug-in brings an oracle 'quiet'"
run 2 --set nodes.node.role=./clash.c
says 'oracle 0 of the plug-ins needs a name that is none of the keys'
echo "oracles of plug-ins: all as they should be"
