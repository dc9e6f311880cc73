# Completion for bash.  From the checkout: source sim/cli/completion/orrery.bash
# What there is to complete comes from the program: its verbs, their options, the keys of a scenario.

_orrery_program() { # the program itself: the launcher would build it first
    local launcher
    launcher=$(type -P -- "$1") || return
    if [[ -x ${launcher%/*}/build/release/sim/orrery ]]; then
        printf '%s\n' "${launcher%/*}/build/release/sim/orrery"
    else
        printf '%s\n' "$launcher"
    fi
}

_orrery_verbs() { "$1" help 2>/dev/null | awk '/^  [a-z]/ && $1 != "orrery" { print $1 }'; }

_orrery() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} program words= file
    COMPREPLY=()
    program=$(_orrery_program "${COMP_WORDS[0]/#\~/$HOME}") || return 0
    if ((COMP_CWORD == 1)); then
        words="$(_orrery_verbs "$program") --help --version"
    elif [[ $prev == --set ]]; then
        words=$("$program" help scenario --keys 2>/dev/null | sed 's/$/=/')
        compopt -o nospace 2>/dev/null
    elif [[ $prev == --format ]]; then
        words='png svg pdf'
    elif [[ $verb == help ]]; then
        words="$(_orrery_verbs "$program") scenario outputs
            $("$program" help scenario --keys 2>/dev/null | cut -d. -f1 | sort -u)"
    elif [[ $cur == -* ]]; then
        words="$("$program" "$verb" --help 2>/dev/null | grep -oE '^  --[a-z-]+' | tr -d ' ') --help"
    else
        local ending='*'
        case $verb in
        run | check | shrink) ending='*.@(yaml|yml)' ;;
        plot | replay) ending='*.h5' ;;
        log) ending='*.@(yaml|yml|h5)' ;;
        esac
        while IFS= read -r file; do
            # shellcheck disable=SC2053  # the ending is a pattern
            if [[ -d $file ]]; then COMPREPLY+=("$file/")
            elif (shopt -s extglob; [[ $file == $ending ]]); then COMPREPLY+=("$file"); fi
        done < <(compgen -f -- "$cur")
        compopt -o filenames -o nospace 2>/dev/null
        if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} != */ ]]; then compopt +o nospace 2>/dev/null; fi
        return 0
    fi
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -W "$words" -- "$cur")
}
complete -F _orrery orrery ./orrery
