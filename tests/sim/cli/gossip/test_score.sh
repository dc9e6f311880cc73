#!/bin/bash
# orrery gossip score: what it prints, and what it refuses and where.
set -u
bin=${ORRERY_BIN:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
params='{"topicScoreCap":0,"appSpecificWeight":1,"IPColocationFactorWeight":0,"IPColocationFactorThreshold":1,
 "behaviourPenaltyWeight":-1,"behaviourPenaltyThreshold":0,"behaviourPenaltyDecay":0.5,"decayInterval":1000,
 "decayToZero":0.01,"retainScore":1000,"topics":{}}'
echo "[{\"name\":\"one\",\"params\":$params,\"events\":[[0,\"connect\",\"p\"],[0,\"penalty\",\"p\",3],[0,\"score\",\"p\"],
 [1,\"app\",\"p\",0.25],[1000,\"decay\"],[1000,\"score\",\"p\",99]]}]" > "$dir/good.json"
"$bin" gossip score "$dir/good.json" > "$dir/out" || fail "good.json"
printf '[\n{"name":"one","scores":[-9.0,-2.0]}\n]\n' | diff - "$dir/out" || fail "good.json: other scores"
refuse() { # EVENTS TEXT
    echo "[{\"name\":\"x\",\"params\":$params,\"events\":$1}]" > "$dir/bad.json"
    "$bin" gossip score "$dir/bad.json" > "$dir/out" 2> "$dir/err"
    [ $? = 2 ] || fail "$1: another code"
    [ -s "$dir/out" ] && fail "$1: prints an answer"
    grep -qF "$2" "$dir/err" || fail "$1: says $(cat "$dir/err")"
}
refuse '[[0,"fly","p"]]' "case 0 (x): event 0: no such event as 'fly'"
refuse '[[5,"connect","p"],[4,"decay"]]' 'event 1: time goes back'
refuse '[[0,"connect"]]' 'event 0 (connect): a peer is expected'
refuse '[[0,"deliver","p"]]' 'an id is expected'
refuse '[[0,"graft","p"]]' 'a topic is expected'
refuse '[[0,"penalty","p","q"]]' 'a number is expected'
refuse '["decay"]' 'event 0 is not [ms, what, ...]'
refuse '{}' '`params` and `events` are expected'
params='{"topicScoreCap":0}' refuse '[]' 'params: appSpecificWeight is missing or out of range'
"$bin" gossip score 2> /dev/null; [ $? = 2 ] || fail "no file"
"$bin" gossip score --help | grep -q whitelist || fail "--help"
echo ok
