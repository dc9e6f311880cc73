#!/usr/bin/env bash
# The launcher, with a builder that only pretends: what it says of a build, and its exit codes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/checkout bin=$scratch/bin
mkdir -p "$root" "$bin"
cp "$ORRERY_SOURCE/orrery" "$root"
cp -r "$ORRERY_SOURCE/cmake" "$ORRERY_SOURCE/CMakeLists.txt" "$ORRERY_SOURCE/CMakePresets.json" "$root"
mkdir -p "$root"/{models,sim,analysis}
printf 'PROTOCOL(orr_lab_pingpong)\nPROTOCOL(orr_lab_mine)\n' >"$root/models/registry.def"
# Every package is there; cmake makes the folder, ninja does what $scratch/script says.
for name in pkg-config gnuplot cc; do printf '#!/bin/sh\nexit 0\n' >"$bin/$name"; done
printf '#!/bin/sh\nmkdir -p build/$2/sim; : >build/$2/build.ninja\n' >"$bin/cmake"
printf '#!/bin/sh\n. %q\n' "$scratch/script" >"$bin/ninja"
chmod +x "$bin"/*
export PATH=$bin:$PATH
fail() { echo "$1"; cat "$scratch/said"; exit 1; }
run() { # run EXIT-CODE ARGUMENT...
    local want=$1 rc=0
    shift
    "$root/orrery" "$@" >"$scratch/said" 2>&1 </dev/null || rc=$?
    [[ $rc == "$want" ]] || fail "exit code $rc, not $want"
}
says() { grep -qF -- "$1" "$scratch/said" || fail "it does not say '$1'"; }
silent() { if grep -qF -- "$1" "$scratch/said"; then fail "it says '$1'"; fi; }

cat >"$scratch/script" <<'S'
echo '[1/2] Building C object a.o'
echo 'a.c:3:1: warning: unused variable'
echo '[2/2] Linking'
printf '#!/bin/bash\necho "called as $0 $*"; exit ${CODE-0}\n' >"$2/sim/orrery"; chmod 755 "$2/sim/orrery"
S
run 0 --no-install hello
says 'a.c:3:1: warning: unused variable'
silent 'Building C object'
[[ $(stat -c %a "$root/build/release/.orrery-stamp") == 644 ]] || fail "another user cannot read the stamp"
CODE=1 run 1 hello # the program's own
touch "$root/build/.began.dead"
sleep 1.1
echo >>"$root/models/registry.def"
run 0 hello
[[ ! -e $root/build/.began.dead ]] || fail "what a killed build has left is still there"

# --sanitize: a build of its own, on the virtual machine of the release build, which comes first.
sleep 1.1
echo >>"$root/models/registry.def"
sed -i '1i echo "[0/2] $2" >>"$0.calls"' "$bin/ninja"
run 0 --sanitize hello
calls=$(tr '\n' ' ' <"$bin/ninja.calls")
[[ $calls == "[0/2] $root/build/release [0/2] $root/build/checked " ]] || fail "built: $calls"
says "called as $root/build/checked/sim/orrery hello"
run 0 --sanitize hello
run 0 hello
[[ $(wc -l <"$bin/ninja.calls") == 2 ]] || fail "built again"
run 2 --sanitize test
says "goes with a verb"

cat >"$scratch/script" <<'S'
echo '[1/3] Building C object b.o'
echo 'b.c:9:2: warning: something else'
echo '[2/3] Building C object a.o'
echo 'FAILED: a.o'
echo '/usr/bin/cc -DVERY -DLONG -c a.c'
echo 'a.c:4:1: error: expected a semicolon'
echo 'ninja: build stopped: subcommand failed.'
exit 1
S
sleep 1.1
echo >>"$root/models/registry.def"
run 3 hello
[[ $(head -1 "$scratch/said") == 'a.c:4:1: error: expected a semicolon' ]] || fail "errors do not come first"
silent '-DVERY'

cat >"$scratch/script" <<'S'
echo "FAILED: sim/orrery"
echo "/usr/bin/cc -o sim/orrery"
echo "registry.c:(.data.rel.ro+0x8): undefined reference to \`orr_lab_mine'"
exit 1
S
run 3 hello
says 'models/registry.def names orr_lab_mine, which no file below models/ defines'
silent 'undefined reference'

run 0 test --help
says 'usage: orrery test'
rm "$root/models/registry.def"
chmod 000 "$root/models" 2>/dev/null || true
printf '#!/bin/sh\nexit 1\n' >"$bin/flock"
chmod +x "$bin/flock"
run 3 hello # this script's own failures are never 1
chmod 755 "$root/models"
