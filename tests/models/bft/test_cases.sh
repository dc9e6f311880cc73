#!/usr/bin/env bash
# Scenarios on which validators once failed: each gives the right verdict.  Not run where the shared
# cases are not at hand; test_recovery.c, test_relay.c and test_restart.c hold the kinds.
set -euo pipefail
bin=$ORRERY_BIN; [[ $bin == /* ]] || bin=$PWD/$bin
cases=${ORRERY_SHARED:-$ORRERY_SOURCE/../shared}/cases/2026-11
[[ -d $cases ]] || { echo "not run: $cases is absent"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export NO_COLOR=1

# NAME [--set KEY=VALUE]...: all that the file expects, and what is set, holds
holds() {
    local name=$1; shift
    "$bin" run "$cases/$name.yaml" "$@" --set record=none >"$name.out" 2>&1 && return
    echo "$name:"; tail -40 "$name.out"; exit 1
}

# a lock whose proof one mute validator alone could show: the chain goes on
holds lock-lost-stall
# a decision that is durable and untold when all crash is told when they return
holds restart-lost-decision --set 'expect.total_order=holds' --set 'expect.max_gap=3 s'
# what a corrupt validator damages is passed on by nobody: the run ends, and heights are decided
holds flood-corrupt-storm --set 'expect.max_gap=20 s' --set 'expect.caught_up.within=60 s'
awk '/^ *events/ {if ($2 > 500000) exit 1}' flood-corrupt-storm.out || { cat flood-corrupt-storm.out; exit 1; }
# thousands of rounds in one height, and then it is decided
holds longround
# megabytes on slow lines: blocks come through, and the chain goes on
holds bigblock-10mbit --set 'expect.max_gap=10 s'
holds bigblock-10mbit --set 'nodes.val.up=1 Mbit/s' --set 'nodes.val.down=1 Mbit/s'
