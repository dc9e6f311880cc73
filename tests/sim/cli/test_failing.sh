#!/usr/bin/env bash
# What the machine may refuse: the n-th allocation, write, open or fork of a small run fails, for every n
# of the rare kinds and for a sample of the others (all with EVERY=1, which takes minutes).  Each run
# ends by itself: with exit code 3 and a reason, or, where the program can do without, as if nothing had
# been. A trace that is there can be read.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
export NO_COLOR=1 FAIL_COUNT=$scratch/count
cc -O1 -fPIC -shared -o "$scratch/failing.so" "$ORRERY_SOURCE/tests/sim/cli/failing.c" -ldl
cat >"$scratch/s.yaml" <<'END'
orrery: 1
name: small
duration: 2 s
nodes:
  val: {count: 4, role: tendermint}
network: {latency: 20 ms}
signatures: modelled
record: all
END
cd "$scratch"

# attempt KIND N: rc, and what was said in $scratch/said
attempt() {
    rm -f t.h5 said
    rc=0
    timeout 60 env FAIL_KIND="$1" FAIL_AT="$2" LD_PRELOAD="$scratch/failing.so" \
        "$program" run s.yaml --out t.h5 --no-plot >said 2>&1 || rc=$?
}
fail() { echo "$1"; cat said; exit 1; }

attempt alloc 0
[[ $rc == 0 ]] || fail "the run itself ends with $rc"
fingerprint=$(grep '^  fingerprint' said)
n_runs=0 n_refused=0
for kind in alloc write open fork; do
    attempt $kind 0
    n=$(cat count)
    step=${EVERY:-$((n < 60 ? 1 : n / 60))}
    for ((i = 1; i <= n; i += step)); do
        attempt $kind $i
        n_runs=$((n_runs + 1))
        case $rc in
        0) grep -qxF -- "$fingerprint" said || fail "$kind $i of $n: another result" ;;
        3) n_refused=$((n_refused + 1)); [[ -s said ]] || fail "$kind $i of $n: no reason" ;;
        *) fail "$kind $i of $n: exit code $rc" ;;
        esac
        if [[ -s t.h5 ]]; then
            replay=0
            timeout 60 "$program" replay t.h5 >said 2>&1 || replay=$?
            [[ $replay == 0 ]] || grep -q 'not an Orrery trace\|no scenario' said ||
                fail "$kind $i of $n: replay ends with $replay"
        fi
    done
done
((n_refused > 20)) || fail "only $n_refused of $n_runs runs were refused anything"
echo "$n_runs runs, of which $n_refused ended with exit code 3"
