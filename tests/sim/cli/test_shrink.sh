# test_shrink.sh - `orrery shrink` from a failing scenario to a small one that fails alike.
set -euo pipefail
orrery=${ORRERY_BIN:?}
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
fail() { echo "failed: $*"; exit 1; }
expect_code() { # CODE COMMAND...
    local code=0
    "${@:2}" >"$here/stdout" 2>"$here/stderr" || code=$?
    [[ $code == "$1" ]] || fail "exit $code, not $1: ${*:2}: $(cat "$here/stderr")"
}

# A fork planted among a hundred faults that do nothing, and settings that do not matter.
head='orrery: 1
name: planted
title: "two liars, of four"
seed: 42
duration: 20 s
on_violation: stop
nodes: {val: {count: 4, role: tendermint, config: {timeout_commit: 900 ms}, disk: {fsync: 5 ms}}}
network: {latency: {dist: lognormal, median: 20 ms, p99: 60 ms}}
workload: [{rate: 5 /s, stop: 10 s}]
expect: {agreement: holds, max_gap: 300 s}
faults:'
liars='  - {at: 0 s, do: byzantine, behaviour: equivocate, target: [val.0, val.1]}'
idle() { for i in $(seq 10 109); do echo "  - {at: 5.$i s, do: slow-link, target: val.2, factor: 1.5, for: 1$i ms}"; done; }
printf '%s\n%s\n' "$head" "$liars" >"$here/plain.yaml"
{ printf '%s\n' "$head"; idle; printf '%s\n' "$liars"; } >"$here/padded.yaml"
expect_code 1 "$orrery" run "$here/padded.yaml" --no-trace --quiet

expect_code 0 "$orrery" shrink "$here/plain.yaml" --out "$here/a.yaml"
grep -q 'nothing more can be taken away' "$here/stderr" || fail "not the least: $(cat "$here/stderr")"
expect_code 0 "$orrery" shrink "$here/padded.yaml" --out "$here/b.yaml"
cmp "$here/a.yaml" "$here/b.yaml" || fail "idle faults changed what came out"
grep -v '^#' "$here/b.yaml" >"$here/bare"
[[ $(wc -l <"$here/bare") -le 8 ]] || fail "not small: $(cat "$here/b.yaml")"
! grep -Eq 'title|workload|network|disk|slow-link' "$here/bare" || fail "something idle is left"
grep -q '^# agreement fails: ' "$here/b.yaml" || fail "it does not say what fails"

# It fails alike when it is run, with the fingerprint that it names, and is its own shrunk form.
expect_code 1 "$orrery" run "$here/b.yaml" --no-trace
fingerprint=$(sed -n 's/^# fingerprint //p' "$here/b.yaml")
grep -q "fingerprint  $fingerprint" "$here/stdout" || fail "another fingerprint"
expect_code 0 "$orrery" shrink "$here/b.yaml" --out "$here/c.yaml"
cmp "$here/b.yaml" "$here/c.yaml" || fail "a shrunk scenario shrank"

# A break that is due is kept as one; --set counts; nothing to keep is exit 1.
sed 's/agreement: holds/agreement: broken/' "$here/plain.yaml" >"$here/due.yaml"
expect_code 0 "$orrery" shrink "$here/due.yaml" --out "$here/d.yaml" --quiet
grep -q 'agreement: broken' "$here/d.yaml" || fail "the expectation went"
[[ ! -s $here/stderr ]] || fail "--quiet is not quiet"
expect_code 0 "$orrery" shrink "$here/plain.yaml" --set expect.agreement=broken --out "$here/e.yaml"
cmp "$here/d.yaml" "$here/e.yaml" || fail "--set is not what the file says"
expect_code 1 "$orrery" shrink "$here/plain.yaml" --set 'faults=[]'
grep -q 'nothing fails or breaks' "$here/stderr" || fail "no reason"

# A command decides.  The candidates lie beside the scenario, so that files named in it are found.
printf '5 ms\n9 ms\n' >"$here/samples.txt"
sed 's/latency: .*/latency: {dist: empirical, file: samples.txt}}/' "$here/plain.yaml" >"$here/file.yaml"
expect_code 0 "$orrery" shrink "$here/file.yaml" --test "grep -q samples.txt" --out "$here/f.yaml"
grep -q 'samples.txt' "$here/f.yaml" || fail "what was to be kept went"
! grep -q 'equivocate' "$here/f.yaml" || fail "what the command did not ask for is left"
expect_code 1 "$orrery" shrink "$here/file.yaml" --test false
! compgen -G "$here/*.candidate" >/dev/null || fail "a candidate was left behind"

# Limits are told.
expect_code 0 "$orrery" shrink "$here/padded.yaml" --runs 3 --out "$here/g.yaml"
grep -q 'stopped before it was the least' "$here/stderr" || fail "a limit was not told"

# Bad input is exit 2, with its place.
echo 'orrery: 1' >"$here/bad.yaml"
expect_code 2 "$orrery" shrink "$here/bad.yaml"
grep -q 'bad.yaml:1:1: error' "$here/stderr" || fail "no place"
for bad in "" "$here/nowhere.yaml" "--nonsense" "$here/a.yaml $here/b.yaml" "$here/a.yaml --runs x" \
    "$here/a.yaml --set oops" "$here"; do
    # shellcheck disable=SC2086
    expect_code 2 "$orrery" shrink $bad
done
expect_code 3 "$orrery" shrink "$here/b.yaml" --out "$here/no/folder.yaml"
echo "1 passed"
