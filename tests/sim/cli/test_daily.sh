#!/usr/bin/env bash
# The command in daily use: where results go, what a stranger's file cannot do, help that finds what is
# meant.
set -euo pipefail
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export NO_COLOR=1
cd "$scratch"
cat >a.yaml <<'Y'
orrery: 1
name: a
duration: 3 s
nodes: {val: {count: 4, role: tendermint}}
Y
fail() { echo "$1"; cat said 2>/dev/null; exit 1; }
run() { # run EXIT-CODE ARGUMENT...: what it says is in `said`
    local want=$1 rc=0
    shift
    timeout 60 "$program" "$@" >said 2>&1 </dev/null || rc=$?
    [[ $rc == "$want" ]] || fail "exit code $rc, not $want: $*"
}
says() { grep -qF -- "$1" said || fail "it does not say '$1'"; }
files() { (cd "$1" && find . -type f -o -type l | sort | tr '\n' ' '); }

# ---- where results go ----
run 0 run a.yaml --no-plot
run 0 run a.yaml --no-plot --seed 7
run 0 run a.yaml --no-plot --seed=7 --set nodes.val.count=5
run 0 run a.yaml --no-plot --set=nodes.val.count=6
run 0 run a.yaml --no-plot --shuffle-ties 3
[[ $(find out -name '*.h5' | wc -l) == 5 ]] || fail "runs took each other's place: $(files out)"
run 0 run a.yaml --no-plot --set nodes.val.count=6
[[ $(find out -name '*.h5' | wc -l) == 5 ]] || fail "the same run has two names: $(files out)"
run 0 run a.yaml --out new/
run 0 run a.yaml --out new --seed 9
[[ $(files new) == *"./a-seed-1.h5 "* && $(files new) == *"./a-seed-9.h5 "* ]] || fail "$(files new)"
[[ -z $(files new | tr ' ' '\n' | grep -v '^./a-seed-[19]' || true) ]] || fail "$(files new)"
for i in 1 2; do "$program" run a.yaml --out both/ --quiet & pids[i]=$!; done
for i in 1 2; do wait "${pids[i]}" || fail "two at once"; done
run 0 replay both/a-seed-1.h5

# ---- `record: {file: ...}` stays below the folder ----
echo thesis >precious.txt
for file in ../precious.txt "$scratch/precious.txt" x/../../precious.txt . '' x/ 'a//b.h5'; do
    mkdir -p inner
    (cd inner && cp ../a.yaml . && run 2 run a.yaml --set "record={trace: all, file: '$file'}")
done
[[ $(<precious.txt) == thesis ]]
run 0 run a.yaml --no-plot --set 'record={trace: all, file: week-3/slow.h5}'
[[ $(files out/week-3) =~ ^./slow-seed-1-[0-9a-f]{8}.h5\ $ ]] || fail "$(files out/week-3)"
ln -s "$scratch/inner" out/link
run 2 run a.yaml --set 'record={file: link/x.h5}'
says 'leads through a link'
run 3 run a.yaml --out precious.txt
says 'is there already and is no trace'
[[ $(<precious.txt) == thesis ]]

# ---- special files ----
mkfifo pipe.yaml
run 2 run pipe.yaml
says 'cannot read pipe.yaml: not a regular file'
run 2 check /dev/zero
run 2 replay pipe.yaml
truncate -s 1T huge.yaml
run 2 check huge.yaml
says 'too large'
for named in 'network={regions: {file: FILE}}' 'network={overlay: {kind: file, path: FILE}}' \
    'network={latency: {dist: empirical, file: FILE}}'; do
    for file in pipe.yaml /dev/zero /dev/stdin huge.yaml; do
        run 2 check a.yaml --set "${named/FILE/$file}"
        grep -qE 'not a regular file|larger than 1 GiB' said || fail "$named of $file"
    done
done
printf '#include "pipe.yaml"\n' >mine.c
XDG_CACHE_HOME=$scratch/cache run 2 check a.yaml --set nodes.val.role=./mine.c

# ---- control characters ----
sed 's/^name: a/name: a\ntitle: "\\e]0;own\\a\\e[31mred\\u202e\\u009b"/' a.yaml >red.yaml
run 0 run red.yaml
if LC_ALL=C grep -qE $'\x1b|\x07|\xe2\x80\xae|\xc2\x9b' said; then fail "a title acts on the terminal"; fi
says '\x1b]0;own\x07\x1b[31mred\xe2\x80\xae\xc2\x9b'
run 0 run red.yaml --json
if LC_ALL=C grep -qE $'\x1b|\x07|\xe2\x80\xae|\xc2\x9b' said; then fail "JSON acts on the terminal"; fi

# ---- help ----
run 0 --version
says "orrery 0."
run 2 run a.yaml --sed 5
says 'did you mean --seed?'
run 2 run a.yaml --json=yes
says 'it takes no value'
run 2 run a.yaml --seed
says '--seed wants N'
run 0 run --no-trace --quiet -- a.yaml
run 0 help faults && says 'faults.restart_after'
run 0 help crash && says 'faults.restart_after'
run 0 help pingpong && says 'time between two rounds of pings'
run 0 help outputs && says 'ORR_OUT_EVIDENCE'
run 2 help tendermnt && says "did you mean 'tendermint'?"
run 2 help partitoin && says "did you mean 'partition'?"
run 0 help scenario --keys && says 'nodes.NAME.count'

# ---- log ----
cat >log.yaml <<'Y'
orrery: 1
name: log
duration: 8 s
nodes: {val: {count: 4, role: tendermint}, other: {count: 2, role: ping-pong}}
network: {latency: 20 ms}
faults:
  - {name: cut, at: 3 s, for: 1 s, do: isolate, target: val.2}
record: all
Y
run 0 run log.yaml --no-plot --out log.h5
run 0 log log.h5
cp said all
run 0 log log.yaml # runs it and keeps nothing
cmp all said || fail "a scenario's lines are not those of its trace"
sort -c -s -n -k1,1 all || fail "lines are not in the order of time"
grep -qE '^ +0\.020000000 s  val\.1 +recv +proposal +from val\.0, [0-9]+ B, after 20\.000 ms$' all || fail "no receipt"
grep -qE ' other\.0 +recv +proposal +from val\.0, ' all || fail "a message is not called as its sender's role calls it"
grep -qE '^ +3\.000000000 s  val\.2 +fault +cut$' all || fail "no fault"
grep -qE ' lost +.* from val\.2, [0-9]+ B: a partition or isolation$' all || fail "no loss"
run 0 log log.h5 --kind decide --node val.3
grep -c . said | grep -qx "$(grep -c ' val.3 *decide ' all)" || fail "decisions of a node"
run 0 log log.h5 --kind prevote --from val.1 --to val.0
if grep -vE 'val\.(0|1) .*prevote' said; then fail "not only prevotes of one to another"; fi
run 0 log log.h5 --from '3 s' --to 3.5s
if awk '$1 < 3 || $1 > 3.5' said | grep .; then fail "lines outside the time"; fi
run 0 log log.h5 --height 2 --kind decide
[[ $(grep -c 'height 2,' said) == 4 && $(grep -c . said) == 4 ]] || fail "one height"
run 2 log log.h5 --node nobody.1
says "there is no node or group 'nobody.1'"
run 2 log log.h5 --kind prevotes
says "there is no kind 'prevotes'"
says 'messages of this run:'
says 'what happens: stored, start, recv'
run 2 log log.h5 --kind evidence
says 'no line is as asked'
run 2 log log.h5 --around agreement
says 'no such expectation failed'
printf '%s\n' 'orrery: 1' 'name: gap' 'duration: 50 ms' 'expect: {max_gap: 1 ms}' \
    'nodes: {val: {count: 2, role: hotstuff}, other: {count: 4, role: tendermint}}' >gap.yaml
run 1 run gap.yaml --no-plot --out gap.h5
says ' proposal from other.0, sent ' # by its sender's name, whoever receives it
fork=$ORRERY_SOURCE/scenarios/equivocation-f-plus-1.yaml
run 1 run "$fork" --no-plot --out broken.h5 --set record=all --set on_violation=stop --set expect.agreement=holds
for what in agreement violation; do
    run 0 log broken.h5 --around $what
    [[ $(tail -1 said) == *' decide '* ]] || fail "not up to the fork"
done
if LC_ALL=C grep -q $'\x1b' said; then fail "colours in a file"; fi
