# Completion for zsh.  From the checkout, after compinit: source sim/cli/completion/orrery.zsh
# What there is to complete comes from the program: its verbs, their options, the keys of a scenario.

_orrery() {
    local program=${words[1]:A} verb=${words[2]}
    [[ -x ${program:h}/build/release/sim/orrery ]] && program=${program:h}/build/release/sim/orrery
    [[ -x $program ]] || program=${commands[orrery]}
    if (( CURRENT == 2 )); then
        compadd -- ${(f)"$($program help 2>/dev/null | awk '/^  [a-z]/ && $1 != "orrery" { print $1 }')"} --help --version
    elif [[ $words[CURRENT-1] == --set ]]; then
        compadd -S '=' -- ${(f)"$($program help scenario --keys 2>/dev/null)"}
    elif [[ $words[CURRENT-1] == --format ]]; then
        compadd -- png svg pdf
    elif [[ $verb == help ]]; then
        compadd -- scenario outputs ${(f)"$($program help 2>/dev/null | awk '/^  [a-z]/ && $1 != "orrery" { print $1 }')"} \
            ${(f)"$($program help scenario --keys 2>/dev/null | cut -d. -f1 | sort -u)"}
    elif [[ $PREFIX == -* ]]; then
        compadd -- --help ${(f)"$($program $verb --help 2>/dev/null | grep -oE '^  --[a-z-]+' | tr -d ' ')"}
    else
        case $verb in
        run|check|shrink) _files -g '*.(yaml|yml)' ;;
        plot|replay) _files -g '*.h5' ;;
        log) _files -g '*.(yaml|yml|h5)' ;;
        *) _files ;;
        esac
    fi
}
compdef _orrery orrery ./orrery
