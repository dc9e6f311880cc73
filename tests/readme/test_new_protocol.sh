#!/usr/bin/env bash
# docs/new-protocol.md as it stands: its file has at most 150 lines and compiles without a warning, and its
# commands come to what the page says.
set -euo pipefail
program=$(realpath "$ORRERY_BIN") page=$ORRERY_SOURCE/docs/new-protocol.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_CACHE_HOME=$scratch
cd "$scratch"
block() { awk -v fence="\`\`\`$1" '/^```/ { on = $0 == fence; next } on' "$page"; }
block c >two_phase.c
block yaml >two_phase.yaml
lines=$(wc -l <two_phase.c)
[[ $lines -ge 50 && $lines -le 150 ]] || { echo "$lines lines"; exit 1; }
orrery() { "$program" "$@"; }
orrery check two_phase.yaml >said 2>&1 || { cat said; exit 1; }
if grep -q 'warning' said; then cat said; exit 1; fi
[[ $(block sh | grep -c '^orrery') -eq 4 ]]
eval "$(block sh)" >said 2>errors || { cat said errors; exit 1; }
grep -q '^  node.0 signed two values in one slot:$' said || { cat said; exit 1; }
[[ $(grep -c '^culprits: 1$' said) -eq 1 ]]
# 3 (n - 1) messages for each decision, and one for each transaction that another node was given
orrery run two_phase.yaml --no-trace --set 'nodes.node.count=7' --set 'workload.0.to=node.0' >said
decided=$(sed -nE 's/^  decisions    ([0-9]+) heights.*/\1/p' said)
sent=$(sed -nE 's/^  messages     ([0-9]+) sent.*/\1/p' said)
[[ $decided -gt 100 && $sent -eq $((18 * decided)) ]] || { echo "$sent messages, $decided decisions"; exit 1; }
echo "1 check passed"
