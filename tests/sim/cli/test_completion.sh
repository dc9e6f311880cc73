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

# ---- fish ----
bin=$scratch/bin
mkdir "$bin"
ln -s "$program" "$bin/orrery"
fish_offers() { # WORD LINE: among what is offered at the end of a line
    PATH=$bin:$PATH fish --no-config -c \
        "source $ORRERY_SOURCE/sim/cli/completion/orrery.fish; complete -C '$2'" >"$scratch/said" 2>&1
    cut -f1 "$scratch/said" | grep -qxF -- "$1" || { echo "fish: $2<TAB> does not offer $1 but:"; cat "$scratch/said"; exit 1; }
}
if command -v fish >/dev/null; then
    fish_offers run 'orrery ru'
    fish_offers --version 'orrery --v'
    fish_offers --seed 'orrery run a.yaml --s'
    fish_offers nodes.NAME.count= 'orrery run a.yaml --set nodes.'
    fish_offers svg 'orrery plot b.h5 --format '
    fish_offers a.yaml 'orrery run '
    fish_offers b.h5 'orrery replay '
    fish_offers faults 'orrery help f'
else echo "fish is not here: its completion was not run"; fi

# ---- zsh: the function that the shell calls, with the calls that it makes to the shell printed ----
zsh_offers() { # WORD ARGUMENT...: the last is to be completed
    local wanted=$1
    shift
    zsh -f -c '
        compdef() { : }
        compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@" }
        _files() { print -rl -- *(N) | while read -r f; do if [[ -d $f || $f == ${~2} ]]; then print -r -- $f; fi; done }
        source $1; shift
        words=("$@") CURRENT=$# PREFIX=${@[-1]}
        _orrery' zsh "$ORRERY_SOURCE/sim/cli/completion/orrery.zsh" "$program" "$@" >"$scratch/said" 2>&1
    grep -qxF -- "$wanted" "$scratch/said" || { echo "zsh: $*<TAB> does not offer $wanted but:"; cat "$scratch/said"; exit 1; }
}
if command -v zsh >/dev/null; then
    zsh_offers run ru
    zsh_offers --version ''
    zsh_offers --seed run a.yaml --s
    zsh_offers nodes.NAME.count run a.yaml --set nodes.
    zsh_offers svg plot b.h5 --format ''
    zsh_offers a.yaml run ''
    zsh_offers b.h5 replay ''
    zsh_offers faults help f
    if grep -qx c.txt "$scratch/said"; then echo 'zsh: help is about no files'; exit 1; fi
else echo "zsh is not here: its completion was not run"; fi
