#!/usr/bin/env bash
# The README's first protocol, typed in as it stands there: it compiles without a warning, its scenario
# holds, and losing messages breaks agreement, as the README says.  What it shows of the second one
# stands in that protocol's file and its test so, and both run.
set -euo pipefail

cd "$ORRERY_SOURCE"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
block() { # of a language, under a heading that begins so
    awk -v fence="\`\`\`$1" -v heading="## $2" '/^## / { here = index($0, heading) == 1 }
        /^```/ { on = here && $0 == fence; if (on) print ""; next } on' README.md
}
export XDG_CACHE_HOME=$scratch
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
block c "Your first" >"$scratch/election.c"
block yaml "Your first" >"$scratch/election.yaml"

cd "$scratch"
"$program" run election.yaml --quiet 2>said || { cat said; exit 1; }
[[ ! -s said ]] || { cat said; exit 1; }
rc=0
"$program" run election.yaml --no-trace --seed 3 --set 'network.links.0.loss=20 %' >said 2>&1 || rc=$?
if [[ $rc != 1 ]] || ! grep -q 'FAIL agreement' said; then
    echo "exit code $rc:"
    cat said
    exit 1
fi

# What it shows beside: the lines of one node, the replay, a seed after the other, the test.
"$program" log election.yaml --seed 3 --set 'network.links.0.loss=20 %' --node node.1 >lines 2>/dev/null
grep -E '^ +[0-9.]+ s  node' "$ORRERY_SOURCE/README.md" >shown
[[ $(grep -c . shown) -ge 5 ]]
while IFS= read -r line; do
    grep -qxF -- "$line" lines || { echo "README shows, and log does not: $line"; exit 1; }
done <shown
"$program" run election.yaml --quiet
"$program" replay out/election/seed-1.h5 --plugin election.c >said || { cat said; exit 1; }
mkdir tests
cp election.c election.yaml tests
block_sh=$(cd "$ORRERY_SOURCE" && block sh "Your first")
[[ $block_sh == *'seq 20'* ]]
ORRERY_BIN=$program ORRERY_SOURCE=$scratch bash -c "$block_sh" >said 2>&1 || { cat said; exit 1; }

# The second protocol: each line that README shows is one of the file or of its test, in that order.
cd "$ORRERY_SOURCE"
block c "Several kinds" >"$scratch/shown"
[[ $(wc -l <"$scratch/shown") -ge 50 ]]
/usr/bin/python3 - "$scratch/shown" models/lab/pbft.c tests/models/lab/test_pbft.c <<'END'
import sys
shown, *files = (open(name).read() for name in sys.argv[1:])
for piece in shown.strip().split("\n\n"):
    if not any(piece.strip() + "\n" in text for text in files):
        sys.exit("README shows what is in neither file:\n" + piece)
END
scenario=scenarios/pbft-normal.yaml
"$ORRERY_BIN" run $scenario --quiet --no-trace
"$ORRERY_BIN" run $scenario --quiet --no-trace --set nodes.replica.count=7

# The rollup's heads are those of its scenario; the mainnet transaction, if it is there, decodes so.
awk '/^## A rollup/ { here = 1; next } /^## / { here = 0 } here' README.md >"$scratch/rollup"
"$ORRERY_BIN" log scenarios/rollup-quickstart.yaml --node sequencer.0 --kind head --from 47s --to 51s \
    >"$scratch/heads" 2>/dev/null
grep -E '^ +[0-9.]+ s  sequencer' "$scratch/rollup" | cmp - "$scratch/heads"
batch=${ORRERY_SHARED:-$ORRERY_SOURCE/../shared}/vectors/rollup/channels/op-mainnet-27-blocks.batcher-tx
if [[ -e $batch ]]; then
    "$ORRERY_BIN" rollup decode "$batch" >"$scratch/decoded"
    grep -E '^(channel 0x|batch 0:)' "$scratch/rollup" | cmp - "$scratch/decoded"
else
    echo "no $batch: how it decodes is not looked at"
fi

# What the README points to is there.
cd "$ORRERY_SOURCE"
grep -oE '\]\([A-Za-z][^):]*\)' README.md CONTRIBUTING.md docs/ARCHITECTURE.md | while IFS= read -r found; do
    file=${found%%:*} link=${found#*\(}
    [[ -e $(dirname "$file")/${link%)} ]] || { echo "$found points nowhere"; exit 1; }
done
