#!/usr/bin/env bash
# orrery explain names who lied, with two statements each, and nobody else; tells what led to a fork,
# draws it, and says so when there is nothing to tell.
set -uo pipefail
cd "$ORRERY_SOURCE" || exit 3
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
n=0 failed=0

check() { # NAME COMMAND...
    n=$((n + 1))
    local name=$1
    shift
    "$@" && return
    failed=$((failed + 1))
    echo "FAIL: $name"
}

explained() { # SCENARIO [SETTING...]: runs it and explains its trace into $scratch/said
    local scenario=$1
    shift
    "$ORRERY_BIN" run "scenarios/$scenario.yaml" --out "$scratch/out" "$@" >"$scratch/run" 2>&1
    trace=$(sed -n 's/^  trace  *//p' "$scratch/run")
    "$ORRERY_BIN" explain "$trace" --svg "$scratch/story.svg" >"$scratch/said" 2>"$scratch/errors"
    code=$?
}
says() { grep -qE -- "$1" "$scratch/said"; }
names() { # exactly these culprits
    local named
    named=$(grep -E '^  [a-z]+\.[0-9]+ (signed|voted|left|hid)' "$scratch/said" | awk '{ print $1 }' | xargs)
    [[ $named == "$*" ]] || { echo "  named: $named"; return 1; }
}
two_statements_each() {
    [[ $(grep -cE '^      .* of height .*, sent at' "$scratch/said") -eq $((2 * $1)) ]]
}

explained equivocation-f-plus-1
check "a fork is explained" test "$code" -eq 0
check "the fork is told" says '^fork: val\.[0-9] and val\.[0-9] decided differently at height 2$'
check "the three liars are named" names val.0 val.1 val.4
check "by two statements each" two_statements_each 3
check "their power is told" says 'together 3 of 7 of the power, more than a third'
check "the story ends with both decisions" test "$(grep -c ' decides ' "$scratch/said")" -eq 2
check "what led there is told: votes of the liars and of others" says ' -> val\.[0-9]: precommit [0-9a-f]{16}, of a culprit$'
check "and what broke" says '^  [0-9.]+ s  so agreement breaks$'
check "it is drawn" grep -q '</svg>' "$scratch/story.svg"
check "as XML" python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$scratch/story.svg"

explained attacks/pbft-equivocation
check "PBFT: both liars" names replica.0 replica.1
check "PBFT: more than a third" says 'together 2 of 4 of the power, more than a third'

explained attacks/pbft-equivocation-control
check "a liar who makes no fork is named, too" names replica.0
check "and that nothing forked" says '^no fork$'
check "code 0" test "$code" -eq 0

explained attacks/tendermint-amnesia
check "a forgotten lock: who prevoted against its precommit" names val.2 val.3
check "by what they broke" says 'voted against its own lock, and no quorum released it'

explained attacks/hotstuff-outdated-qc
check "HotStuff: who voted on an older QC than it had committed on, the leader too" names val.2 val.3
check "by the rule" says 'voted on a QC older than its own commit'

explained attacks/hotstuff-chained-lock
check "chained HotStuff: who voted below a block that an earlier vote of its had locked" names val.2 val.3
check "by the rule" says 'voted on a QC older than the one that had locked its earlier vote'
check "the story ends with the two that differ" test "$(grep -c ' decides ' "$scratch/said")" -eq 2

explained attacks/pbft-left-out
check "PBFT: who left out what it had prepared" names val.2 val.3
check "by the rule" says 'left out of its view change what it had committed to'

explained attacks/tendermint-lost-log
check "lost logs: who signed anew with its old key" names val.2 val.3

explained attacks/hotstuff-outdated-qc-control
check "and nobody, when none did" names

explained crash-f
check "crashes are no lies" names
check "which is said" says '^culprits: none that can be proven'
check "there is a story all the same" says '^  [0-9.]+ s  from here on .*do: crash'

explained equivocation-f-plus-1 --set faults.0.behaviour=twins --set expect.agreement=unchecked \
    --set expect.evidence=absent
check "twins of up to three are the only ones that are named" \
    bash -c '! grep -E "^  val\.[2356] (signed|voted)" "$1"' - "$scratch/said"

echo "not a trace" >"$scratch/none.h5"
"$ORRERY_BIN" explain "$scratch/none.h5" >/dev/null 2>"$scratch/errors"
check "what is no trace is refused" test $? -eq 2
check "by its name" grep -q 'none.h5' "$scratch/errors"
"$ORRERY_BIN" explain >/dev/null 2>&1
check "a trace is needed" test $? -eq 2

[[ $failed -eq 0 ]] && echo "$n checks passed"
exit $((failed > 0))
