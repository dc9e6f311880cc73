#!/usr/bin/env bash
# The README's first protocol, typed in as it stands there: it builds without a warning, its scenario
# holds, and losing messages breaks agreement, as the README says.
set -euo pipefail

cd "$ORRERY_SOURCE"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
block() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' README.md; }
mkdir -p "$scratch/models"
block c >"$scratch/election.c"
block yaml >"$scratch/election.yaml"
{ cat models/registry.def; grep '^PROTOCOL(' README.md; } >"$scratch/models/registry.def"

# The program again, with the new file and a registry that names it.
# shellcheck disable=SC2054
compile=(cc -std=gnu17 -Wall -Wextra -Werror -I"$scratch" -I. -c)
"${compile[@]}" "$scratch/election.c" -o "$scratch/election.o"
"${compile[@]}" models/registry.c -o "$scratch/registry.o"
link=$(ninja -C "$ORRERY_BUILD" -t commands sim/orrery | tail -n 1)
link=${link// -o sim\/orrery / -o $scratch/orrery $scratch/election.o $scratch/registry.o }
(cd "$ORRERY_BUILD" && sh -c "$link")

cd "$scratch"
./orrery run election.yaml --quiet
rc=0
./orrery run election.yaml --no-trace --seed 3 --set 'network.links.0.loss=20 %' >said 2>&1 || rc=$?
if [[ $rc != 1 ]] || ! grep -q 'FAIL agreement' said; then
    echo "exit code $rc:"
    cat said
    exit 1
fi

# What the README points to is there.
cd "$ORRERY_SOURCE"
grep -oE '\]\([A-Za-z][^):]*\)' README.md CONTRIBUTING.md docs/ARCHITECTURE.md | while IFS= read -r found; do
    file=${found%%:*} link=${found#*\(}
    [[ -e $(dirname "$file")/${link%)} ]] || { echo "$found points nowhere"; exit 1; }
done
