# Completion for fish.  From the checkout: source sim/cli/completion/orrery.fish
# What there is to complete comes from the program: its verbs, their options, the keys of a scenario.

function __orrery_run # the program itself: the launcher would build it first
    set -l words (commandline -opc)
    set -l program (realpath -- (command -s $words[1]; or echo $words[1]) 2>/dev/null); or return
    set -l built (dirname -- $program)/build/release/sim/orrery
    test -x $built; and set program $built
    $program $argv 2>/dev/null
end

function __orrery_verbs
    __orrery_run help | string match -r '^  [a-z]+ .*' | string replace -r '^  ([a-z]+) +' '$1\t' |
        string match -v 'orrery*'
end

function __orrery_options
    set -l words (commandline -opc)
    __orrery_run $words[2] --help | string match -r '^  --[a-z-]+' | string trim
    echo --help
end

function __orrery_keys # what --set takes
    __orrery_run help scenario --keys | string replace -r '$' '='
end

function __orrery_topics # what help takes
    __orrery_verbs
    printf '%s\n' scenario outputs
    __orrery_run help scenario --keys | string replace -r '\..*' '' | sort -u
end

function __orrery_files # of one of these endings, and folders
    for ending in $argv
        __fish_complete_suffix $ending
    end
end

# At which word are we: the verb, the value of an option, an option, or what a verb is about?
function __orrery_first
    test (count (commandline -opc)) -eq 1
end
function __orrery_after
    set -l words (commandline -opc)
    test "$words[-1]" = $argv[1]
end
function __orrery_option
    not __orrery_first; and string match -q -- '-*' (commandline -ct)
end
function __orrery_of
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
    and not __orrery_option; and not __orrery_after --set; and not __orrery_after --format
end

complete -c orrery -n __orrery_first -f -a '(__orrery_verbs)'
complete -c orrery -n __orrery_first -f -a '--help --version'
complete -c orrery -n '__orrery_after --set' -f -a '(__orrery_keys)'
complete -c orrery -n '__orrery_after --format' -f -a 'png svg pdf'
complete -c orrery -n '__orrery_of help' -f -a '(__orrery_topics)'
complete -c orrery -n '__orrery_of run check shrink' -f -k -a '(__orrery_files .yaml .yml)'
complete -c orrery -n '__orrery_of plot replay' -f -k -a '(__orrery_files .h5)'
complete -c orrery -n '__orrery_of log' -f -k -a '(__orrery_files .h5 .yaml .yml)'
complete -c orrery -n __orrery_option -f -a '(__orrery_options)'
