#!/usr/bin/env bash
# HDF5 is loaded when a trace is written or read, and not before; without it, those two say so.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
scenario=$ORRERY_SOURCE/scenarios/crash-f.yaml

short=(--set "duration=2 s" --set "workload=[]" --set "faults=[]" --set "expect={}")

expect() { # EXIT_CODE WORDS COMMAND...
    local rc=0
    "${@:3}" >"$scratch/said" 2>&1 || rc=$?
    if [[ $rc != "$1" ]] || ! grep -q -- "$2" "$scratch/said"; then
        echo "${*:3}: exit code $rc and:"
        cat "$scratch/said"
        exit 1
    fi
}

if ldd "$ORRERY_BIN" | grep -E "libhdf5|libcurl|libkrb5"; then exit 1; fi
expect 0 "" "$ORRERY_BIN" run "$scenario" "${short[@]}" --out "$scratch/good.h5"

# A file of the library's name that is no library, where the loader looks first.
name=$(strings "$ORRERY_BIN" | sed -n '/^libhdf5[a-z_]*\.so/p' | sort -u)
touch "$scratch/$name"
export LD_LIBRARY_PATH=$scratch
expect 0 "" "$ORRERY_BIN" run "$scenario" "${short[@]}" --no-trace
expect 3 "traces need HDF5, which cannot be loaded: .*$name" \
    "$ORRERY_BIN" run "$scenario" "${short[@]}" --out "$scratch/bad.h5"
expect 3 "traces need HDF5, which cannot be loaded: .*$name" "$ORRERY_BIN" replay "$scratch/good.h5"
