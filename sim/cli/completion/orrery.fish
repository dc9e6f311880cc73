# Completion for fish.  From the checkout: source sim/cli/completion/orrery.fish
# What there is to complete comes from the program: its verbs, their options, the keys of a scenario.

function __orrery_program # the program itself: the launcher would build it first
    set -l words (commandline -opc)
    set -l launcher (realpath -- (command -s $words[1]))
    set -l built (dirname -- $launcher)/build/release/sim/orrery
    if test -x $built
        echo $built
    else
        echo $launcher
    end
end

function __orrery_verbs
    (__orrery_program) help 2>/dev/null | string match -rg '^  ([a-z]+) +(.*)' | while read -l verb
        read -l text
        test $verb = orrery; or printf '%s\t%s\n' $verb $text
    end
end

function __orrery_options
    set -l words (commandline -opc)
    (__orrery_program) $words[2] --help 2>/dev/null | string match -rg '^  (--[a-z-]+)'
    echo --help
end

function __orrery_after
    set -l words (commandline -opc)
    test "$words[-1]" = $argv[1]
end

function __orrery_first
    test (count (commandline -opc)) -eq 1
end

complete -c orrery -n __orrery_first -f -a '(__orrery_verbs)'
complete -c orrery -n '__orrery_after --set' -f -a "((__orrery_program) help scenario --keys | string replace -r '\$' '=')"
complete -c orrery -n '__orrery_after --format' -f -a 'png svg pdf'
complete -c orrery -n '__orrery_after help' -f -a "(__orrery_verbs; printf '%s\n' scenario outputs)"
complete -c orrery -n 'not __orrery_first; and string match -q -- "-*" (commandline -ct)' -f -a '(__orrery_options)'
