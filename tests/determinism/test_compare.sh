#!/usr/bin/env bash
# The comparison of fingerprints sees each kind of difference that it is there for.
set -euo pipefail

here=$ORRERY_SOURCE/tests/determinism
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/scenarios"
echo 'name: a' >"$scratch/scenarios/a file.yaml"

# A program with one habit, told by its first argument.
program() { # NAME BODY
    printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/$1"
    chmod +x "$scratch/$1"
}
program steady "echo '{\"fingerprint\": \"12ab\", \"events\": 7}'"
program other "echo '{\"fingerprint\": \"12ac\", \"events\": 7}'"
program moody "echo \"{\\\"fingerprint\\\":\\\"\$RANDOM\$RANDOM\\\",\\\"events\\\":7}\""
program recorder "[[ \$* == *--no-trace* ]] && n=8 || n=7; echo \"{\\\"fingerprint\\\":\\\"12ab\\\",\\\"events\\\":\$n}\""
program failing "echo '{\"fingerprint\":\"12ab\",\"events\":7}'; exit 1"
program silent ":"
program huge "echo '{\"fingerprint\":\"12ab\",\"events\":70000000}'"
program debug-huge "echo '{\"fingerprint\":\"nobody looks\",\"events\":70000000}'"

expect() { # EXIT_CODE LAST_LINE PROGRAM...
    local rc=0 said
    said=$("$here/compare" -s "$scratch/scenarios" "${@:3}") || rc=$?
    if [[ $rc != "$1" || ${said##*$'\n'} != "$2" ]]; then
        echo "compare ${*:3}: exit code $rc and: $said"
        exit 1
    fi
}
expect 0 '1 passed, 0 failed, 0 skipped' "$scratch/steady"
expect 0 '2 passed, 0 failed, 0 skipped' "$scratch/steady" "$scratch/steady"
expect 1 '1 passed, 1 failed, 0 skipped' "$scratch/steady" "$scratch/other"
expect 1 '0 passed, 1 failed, 0 skipped' "$scratch/moody"
expect 1 '0 passed, 1 failed, 0 skipped' "$scratch/recorder"
expect 1 '0 passed, 1 failed, 0 skipped' "$scratch/failing"
expect 1 '0 passed, 1 failed, 0 skipped' "$scratch/silent"
expect 0 '1 passed, 0 failed, 1 skipped' "$scratch/huge" "$scratch/debug-huge"
echo "each planted difference was seen"
