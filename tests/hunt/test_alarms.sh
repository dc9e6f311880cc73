#!/usr/bin/env bash
# tests/hunt/alarms: silent about what is sound, loud about a planted mistake.
set -euo pipefail
orrery=$(realpath "${ORRERY_BIN:-build/release/sim/orrery}")
source=$(realpath "${ORRERY_SOURCE:-.}")
export TMPDIR
TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

"$source/tests/hunt/alarms" "$orrery" 40 >"$TMPDIR/out.txt" || fail "an alarm: $(cat "$TMPDIR/out.txt")"
[[ $(tail -n 1 "$TMPDIR/out.txt") == "5 passed, 0 failed, 0 skipped" ]] || fail "it counts what it hunts"
code=0
"$source/tests/hunt/alarms" "$orrery" 40 1 "pbft, config: {bug: quorum-2f}" >"$TMPDIR/out.txt" || code=$?
[[ $code == 1 ]] || fail "exit code $code of a planted mistake"
grep -q "^1\. validity breaks" "$TMPDIR/out.txt" || fail "it says what was found"
[[ $(tail -n 1 "$TMPDIR/out.txt") == "0 passed, 1 failed, 0 skipped" ]] || fail "it counts what failed"
echo "alarms: as it should be"
