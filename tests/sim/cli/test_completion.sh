#!/usr/bin/env bash
# Completion completes verbs, options, keys, formats and files, from the checkout.
set -euo pipefail
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
touch a.yaml b.h5 c.txt 'with space.yaml'
mkdir d.yaml.d
# shellcheck source=/dev/null
source "$ORRERY_SOURCE/sim/cli/completion/orrery.bash"
complete -p orrery ./orrery >/dev/null
# completes WANTED... -- WORD...: the last word is to be completed; each that is wanted is offered
completes() {
    local wanted=() offered
    while [[ $1 != -- ]]; do wanted+=("$1"); shift; done
    shift
    COMP_WORDS=("$program" "$@")
    COMP_CWORD=$#
    _orrery || true # compopt has a say only while a shell completes
    offered=$(printf '%s\n' "${COMPREPLY[@]}")
    for word in "${wanted[@]}"; do
        grep -qxF -- "$word" <<<"$offered" || { echo "$* <TAB> does not offer $word but: $offered"; exit 1; }
    done
    n_offered=$(grep -c . <<<"$offered")
}
completes run replay log --version -- ''
completes run -- ru
[[ $n_offered == 1 ]]
completes --seed --set --out -- run --
completes nodes.NAME.count= -- run a.yaml --set nodes.
completes png svg pdf -- plot x.h5 --format ''
completes a.yaml 'with space.yaml' d.yaml.d/ -- run ''
[[ $n_offered == 3 ]]
completes b.h5 -- replay b
completes scenario outputs faults -- help ''
for shell in zsh fish; do
    command -v $shell >/dev/null || continue
    $shell -n "$ORRERY_SOURCE/sim/cli/completion/orrery.$shell" || { echo "$shell cannot read its file"; exit 1; }
done
