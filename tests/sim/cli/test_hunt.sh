#!/usr/bin/env bash
# orrery hunt as a user calls it: exit codes, files, resuming, and findings that replay.
set -euo pipefail
orrery=$(realpath "${ORRERY_BIN:-build/release/sim/orrery}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { # CODE WHAT COMMAND...
    local want=$1 what=$2 code=0
    shift 2
    "$@" >out.txt 2>err.txt || code=$?
    [[ $code == "$want" ]] || { cat out.txt err.txt; fail "$what: exit code $code, not $want"; }
}

scenario() { # ROLE EXPECTED
    cat <<EOF
orrery: 1
name: four
duration: 8 s
nodes: {val: {count: 4, role: $1}}
network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}
workload: [{rate: 20 /s, size: 200 B, stop: 4 s, arrivals: constant}]
expect: {agreement: $2}
record: none
EOF
}
scenario "pbft, config: {bug: quorum-2f}" broken >flawed.yaml
scenario "pbft, config: {bug: quorum-2f}" holds >wrong.yaml
scenario pbft holds >sound.yaml
scenario pbft broken >hopeless.yaml

expect 0 "a flaw that is expected" "$orrery" hunt flawed.yaml --runs 40 --first --out a --examples 1
grep -q "agreement breaks, as it must" out.txt || fail "the report names the check"
diff out.txt a/report.txt || fail "the report is in the folder"
"$orrery" run a/four-1.yaml >run.txt || fail "the shrunk scenario does not replay"
fingerprint=$(sed -n 's/^# fingerprint //p' a/four-1.yaml)
grep -q "fingerprint *$fingerprint" run.txt || fail "its fingerprint is not that of its comment"
"$orrery" run a/four-1-drawn.yaml >/dev/null || fail "the drawn scenario does not replay"

expect 1 "a flaw that is not" "$orrery" hunt wrong.yaml --runs 40 --first --out b --examples 1
expect 0 "nothing to find" "$orrery" hunt sound.yaml --runs 20 --out c
grep -q "nothing found" out.txt || fail "it says that it found nothing"
expect 1 "a break that did not come" "$orrery" hunt hopeless.yaml --runs 20 --out d
expect 0 "as JSON" "$orrery" hunt flawed.yaml --runs 40 --first --out e --examples 1 --json
python3 - <<'EOF' || fail "the JSON says the same"
import json
report = json.load(open("out.txt"))
first = report["findings"][0]
assert report["as_expected"] and first["check"] == "agreement" and first["control"] == "holds"
assert first["shrunk"]["decisions"] <= first["drawn"]["decisions"], first
EOF

# What was found can be seen again, and joined with what another hunt found.
expect 0 "seen again" "$orrery" hunt --replay a
[[ $(grep -c . out.txt) == 2 ]] || fail "a line for each scenario of the folder"
grep -q "^four-1.yaml: agreement: .*; fingerprint as recorded$" out.txt || fail "it is as it was"
mkdir other two
sed 's/^# fingerprint .*/# fingerprint 0123456789abcdef/' a/four-1.yaml >other/four-1.yaml
expect 1 "another fingerprint" "$orrery" hunt --replay other
grep -q "another fingerprint than recorded" out.txt || fail "it says so"
echo "orrery: 2" >other/bad.yaml
expect 2 "a scenario that is none" "$orrery" hunt --replay other
expect 2 "an empty folder" "$orrery" hunt --replay two
expect 2 "no folder" "$orrery" hunt --replay nowhere
expect 0 "joined" "$orrery" hunt --merge a --out joined
grep -q "^1 findings taken over, 0 of" out.txt || fail "it says what it took"
diff a/four-1.yaml joined/four-1.yaml && diff a/four-1-drawn.yaml joined/four-1-drawn.yaml ||
    fail "it took what was there"
expect 0 "joined again" "$orrery" hunt --merge a --out joined
grep -q "^0 findings taken over, 1 of" out.txt || fail "it was there"
sed 's/^# shape .*/# shape another/' a/four-1.yaml >two/four-7.yaml
expect 0 "another shape" "$orrery" hunt --merge two --out joined
diff two/four-7.yaml joined/four-2.yaml || fail "the next free number"
expect 2 "merge without out" "$orrery" hunt --merge a
expect 2 "merge of nothing" "$orrery" hunt --merge nowhere --out joined
expect 2 "replay beside a scenario" "$orrery" hunt flawed.yaml --replay a

# Runs in two goes are the runs of one; another hunt's folder is refused.
expect 0 "one go" "$orrery" hunt flawed.yaml --runs 600 --out whole --examples 0 --workers 2
expect 0 "a first go" "$orrery" hunt flawed.yaml --runs 512 --out parts --examples 0 --workers 1
expect 0 "the second" "$orrery" hunt flawed.yaml --runs 600 --out parts --examples 0 --resume
diff whole/index.txt parts/index.txt || fail "two goes came to something else"
grep -q "^  secrets  *240  *[1-9][0-9]*$" parts/report.txt || fail "states over time, by strategy"
# Killed at any time it goes on, and comes to the same.
"$orrery" hunt flawed.yaml --runs 600 --out killed --examples 0 --quiet >/dev/null 2>&1 &
victim=$!
while [[ ! -f killed/index.txt ]] && kill -0 "$victim" 2>/dev/null; do sleep 0.1; done
kill -9 "$victim" 2>/dev/null || true
wait "$victim" 2>/dev/null || true
expect 0 "after a kill" "$orrery" hunt flawed.yaml --runs 600 --out killed --examples 0 --resume
diff whole/index.txt killed/index.txt || fail "a killed hunt came to something else"
expect 2 "another seed" "$orrery" hunt flawed.yaml --runs 600 --out parts --resume --seed 2
head -c 300 whole/index.txt >parts/index.txt
expect 2 "a damaged index" "$orrery" hunt flawed.yaml --runs 600 --out parts --resume
for damage in 's/^end$//' 's/^state \([0-9a-f]*\) .*/state \1 0/' '0,/^first [0-9]*/s//first 999999/' \
    '0,/nodes 4 halves/s//nodes 99 halves/' '0,/halves [0-9]*/s//halves 99/' 's/^after 512 /after 512 x/' \
    's/^after 600 /after 601 /'; do
    sed "$damage" whole/index.txt >parts/index.txt
    expect 2 "an index with $damage" "$orrery" hunt flawed.yaml --runs 600 --out parts --resume
done

# On a disk that is full it stops, what it had stays, and it goes on when there is room again.
mkdir small
if unshare -rm true 2>/dev/null; then
    unshare -rm bash -euo pipefail -c '
        mount -t tmpfs -o size=1m none small
        "$0" hunt flawed.yaml --runs 512 --out small/x --examples 0 --quiet >/dev/null
        cp small/x/index.txt before.txt
        dd if=/dev/zero of=small/full bs=4k 2>/dev/null || true
        code=0
        "$0" hunt flawed.yaml --runs 600 --out small/x --examples 0 --resume --quiet \
            >/dev/null 2>err.txt || code=$?
        [[ $code == 3 ]] && grep -q "No space left" err.txt && cmp before.txt small/x/index.txt
        rm small/full
        "$0" hunt flawed.yaml --runs 600 --out small/x --examples 0 --resume --quiet >/dev/null
        cmp whole/index.txt small/x/index.txt
    ' "$orrery" || { cat err.txt; fail "a full disk costs what was there, or is not told"; }
else
    echo "no file system of one's own here: the full disk is left out"
fi

expect 2 "no such strategy" "$orrery" hunt flawed.yaml --strategy clever
expect 2 "no scenario" "$orrery" hunt
expect 2 "no such file" "$orrery" hunt none.yaml
echo "orrery: 2" >bad.yaml
expect 2 "a bad scenario" "$orrery" hunt bad.yaml
grep -q "bad.yaml:1:9" err.txt || fail "the mistake is located"
expect 3 "a folder that cannot be" "$orrery" hunt sound.yaml --out flawed.yaml/x
echo "hunt: all as it should be"
