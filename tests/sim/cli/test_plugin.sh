#!/usr/bin/env bash
# A protocol from a file: it runs as if it were linked in, what is wrong with it is told, and a mistake
# that it makes while it runs is named with its line.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=$ORRERY_BIN
[[ $program == /* ]] || program=$ORRERY_SOURCE/$program
export XDG_CACHE_HOME=$scratch/cache NO_COLOR=1
mkdir "$XDG_CACHE_HOME" "$scratch/cache2"
cp "$ORRERY_SOURCE/models/lab/pingpong.c" "$scratch/mine.c"
cat >"$scratch/s.yaml" <<'END'
orrery: 1
name: plug
seed: 4
duration: 3 s
nodes:
  node: {count: 5, role: ./mine.c, config: {period: 300 ms}}
network:
  links:
    - {within: any, latency: {dist: uniform, min: 10 ms, max: 90 ms}}
expect: nothing
record: all
END
cd /
scenario=$scratch/s.yaml

fail() { echo "$1"; cat "$scratch/said" 2>/dev/null; exit 1; }
# run EXIT-CODE ARGUMENT...: what it says is in $scratch/said
run() {
    local want=$1 rc=0
    shift
    timeout 60 "$program" "$@" >"$scratch/said" 2>&1 || rc=$?
    [[ $rc == "$want" ]] || fail "exit code $rc, not $want: $*"
}
says() { grep -qE -- "$1" "$scratch/said" || fail "it does not say '$1'"; }
fingerprint() { sed -n 's/^  fingerprint *//p' "$scratch/said"; }

# ---- as if linked in ----
run 0 run "$scenario" --no-trace --set nodes.node.role=ping-pong
linked=$(fingerprint)
run 0 run "$scenario" --out "$scratch/t.h5"
[[ -n $linked && $(fingerprint) == "$linked" ]] || fail "another fingerprint than the linked one"
run 0 check "$scenario"
run 0 replay "$scratch/t.h5" --plugin "$scratch/mine.c"
cp "$scratch/mine.c" "$scratch/copy.c"
XDG_CACHE_HOME=$scratch/cache2 run 0 replay "$scratch/t.h5" --plugin "$scratch/copy.c"
# What a trace names runs only if the user names it too, and only if it is the same.
run 2 replay "$scratch/t.h5"
says "made with the plug-in './mine.c', sha256 $(sha256sum <"$scratch/mine.c" | cut -d' ' -f1)"
echo >>"$scratch/copy.c"
XDG_CACHE_HOME=$scratch/cache2 run 2 replay "$scratch/t.h5" --plugin "$scratch/copy.c"
says "none that --plugin names is the same"
rm "$scratch/copy.c"
object=$(ls "$XDG_CACHE_HOME"/orrery/*.so)
cp "$object" "$scratch/mine.so"
run 0 run "$scenario" --no-trace --set nodes.node.role=./mine.so
[[ $(fingerprint) == "$linked" ]] || fail "the shared object has another fingerprint"

# ---- kept by content: the file and what it includes ----
count() { find "$XDG_CACHE_HOME/orrery" -name '*.so' | wc -l; }
[[ $(count) == 1 ]] || fail "compiled more than once"
sed -i 's|#include "models/base/bytes.h"|&\n#include "own.h"|' "$scratch/mine.c"
echo '#define OWN 1' >"$scratch/own.h"
run 0 check "$scenario"
[[ $(count) == 2 ]] || fail "a changed file is not compiled"
echo '#define OWN 2' >"$scratch/own.h"
run 0 check "$scenario"
[[ $(count) == 3 ]] || fail "a changed header is not seen"

# ---- what is wrong with it ----
echo 'static int unused(void) { return 1; }' >>"$scratch/mine.c"
run 0 run "$scenario" --no-trace
says "s.yaml:6:.*warning: cc has warnings about"
says "mine.c:[0-9]+:[0-9]+: warning: .unused. defined but not used"
run 0 check "$scenario"
says "defined but not used" # told again although it is not compiled again
echo 'int broken(void) { return undeclared; }' >>"$scratch/mine.c"
run 2 run "$scenario" --no-trace
says "s.yaml:6:.*error: cc cannot compile"
says "mine.c:[0-9]+:[0-9]+: error: .undeclared. undeclared"
run 2 check "$scenario"
run 2 check "$scenario" --set nodes.node.role=./none.c
says "'$scratch/./none.c' cannot be read"
echo 'int a;' >"$scratch/empty.c"
run 2 check "$scenario" --set nodes.node.role=./empty.c
says "exports no protocol"
echo 'no object' >"$scratch/text.so"
run 2 check "$scenario" --set nodes.node.role=./text.so
says "cannot be loaded"
sed 's/\.abi = ORR_ABI/.abi = ORR_ABI + 1/' "$ORRERY_SOURCE/models/lab/pingpong.c" >"$scratch/old.c"
run 2 check "$scenario" --set nodes.node.role=./old.c
says "was made for abi [0-9]+ of models/protocol.h, and this is abi"
{ cat "$ORRERY_SOURCE/models/lab/pingpong.c"; echo 'const struct orr_protocol orr_second = {.abi = ORR_ABI};'; } >"$scratch/two.c"
run 2 check "$scenario" --set nodes.node.role=./two.c
says "exports two protocols: "

# ---- a mistake while it runs ----
# bad NAME STATEMENT: node.2 does it at the first message
bad() {
    cat >"$scratch/$1.c" <<END
#include <assert.h>
#include <stdlib.h>
#include "models/protocol.h"
struct state { orr_peer self; int *pointer; volatile unsigned zero; };
static int init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct state *)state)->self = env->self;
    return 0;
}
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct state *node = state;
    if (event->kind == ORR_START && !node->self) orr_cast(out, ORR_NOBODY, orr_msg_copy(out->pool, 1, "hi there", 8));
    if (event->kind != ORR_START && node->self == 2) {
$2
    }
    return 0;
}
static const char *const kinds[] = {"zero", "hello", NULL};
const struct orr_protocol my_protocol = {
    .abi = ORR_ABI, .name = "bad", .kinds = kinds, .node_size = sizeof(struct state), .n_timers = 1,
    .init = init, .step = step};
END
    bad_run=(run "$scenario" --set "nodes.node.role=./$1.c" --set nodes.node.config={})
}
bad segv '*node->pointer = 1;'
run 1 "${bad_run[@]}" --out "$scratch/t.h5"
says "mistake of role bad: memory was touched that is not its own \(SIGSEGV\)"
says "in       step\(\)"
says "node     node.2 \(number 2\)"
says "event    RECV, message hello of 8 B, from node.0"
says "source   segv.c:14 \(step\)"
says "to see it again: $program run $scenario --seed 4 --set nodes.node.role=./segv.c"
run 0 replay "$scratch/t.h5" --plugin "$scratch/segv.c" # the same mistake again
run 1 "${bad_run[@]}" --no-trace --json
says '"mishap":\{"kind":"segv".*"node":"node.2".*"event":"RECV".*"from":"node.0","message":"hello","source":"segv.c:14 \(step\)"'
says '"ended":"mishap"'
says '"pass":false'
bad fails 'return -1;'
run 0 "${bad_run[@]}" --no-trace
says "stopped +node.2 at 0.[0-9]+ s: invalid argument"
run 0 "${bad_run[@]}" --no-trace --json
says '"stopped":\[\{"node":"node.2","at_ns":[0-9]+,"error":-1,"text":"invalid argument"\}\]'
bad claim 'assert(node->zero);'
run 1 "${bad_run[@]}" --no-trace
says "abort\(\) was called"
says "source   claim.c:14 \(step\)"
bad leaves 'exit(0);'
run 1 "${bad_run[@]}" --no-trace
says "exit\(\) was called, which would end the program"
says "source   leaves.c:14 \(step\)"
sed 's/((struct state \*)state)->self = env->self;/& if (env->self == 3) _Exit(0);/' "$scratch/leaves.c" >"$scratch/early.c"
run 1 "${bad_run[@]//leaves.c/early.c}" --no-trace
says "in       init\(\)"
says "node     node.3 \(number 3\)"
says "source   early.c:7 \(init\)"
bad helper 'orr_msg_copy(out->pool, 1, (void *)(size_t)(1 + node->zero), 4);'
run 1 "${bad_run[@]}" --no-trace
says "source   helper.c:14 \(step\)" # the plug-in's line, not that of the function that it called
bad leaks 'if (event->kind == ORR_RECV) orr_msg_new(out->pool, 1, 5);'
run 1 "${bad_run[@]}" --no-trace
says "what     1 of them, 1 made by this node; the oldest is of kind 1 and 5 B"
says "event    RECV, message hello of 8 B, from node.0"
says "source   leaks.c:14 \(step\)"
bad unwritten 'orr_send(out, 0, orr_msg_new(out->pool, 1, 5));'
run 0 "${bad_run[@]}" --no-trace
run 1 "${bad_run[@]}" --no-trace --poison
says "results that depend on uninitialised memory"
says "node     node.2 \(number 2\)"
says "event    RECV, message hello of 8 B, from node.0"
says "to see it again: .* --poison"
run 0 run "$scenario" --no-trace --poison --set nodes.node.role=ping-pong
says "a second run with other bytes in unwritten memory was the same"
bad timer 'orr_arm(out, 1, event->now + 1);'
run 1 "${bad_run[@]}" --no-trace
says "timer 1 was armed; it has 1 \(0 to 0\)"

# ---- what it prints is not the program's ----
# one_line ARGUMENT...: standard output is one line, and none of the plug-in's
one_line() {
    timeout 60 "$program" "$@" >"$scratch/said" 2>/dev/null || true
    [[ $(wc -l <"$scratch/said") == 1 ]] || fail "not one line on standard output: $*"
    ! grep -q forged "$scratch/said" || fail "a plug-in wrote to standard output: $*"
}
bad prints 'extern int puts(const char *); puts("{\"forged\":true,\"pass\":true}");'
one_line "${bad_run[@]}" --no-trace --json
run 0 "${bad_run[@]}" --out "$scratch/p.h5"
says forged # it is seen: on standard error
cat >>"$scratch/prints.c" <<'END'
extern int puts(const char *);
__attribute__((constructor)) static void loaded(void) { puts("forged"); }
__attribute__((destructor)) static void unloaded(void) { puts("forged"); }
END
one_line "${bad_run[@]}" --no-trace --json
one_line check "$scenario" --set nodes.node.role=./prints.c --set nodes.node.config={} --json
one_line log "$scenario" --set nodes.node.role=./prints.c --set nodes.node.config={} --kind start --node 0

# ---- signals ----
# ends SIGNAL PID: soon (half a second, if it gets the machine), and not as if the run had ended by itself
ends() {
    local started=$SECONDS rc=0
    kill "-$1" "$2"
    wait "$2" || rc=$?
    [[ $rc == 3 ]] || fail "exit code $rc, not 3, after SIG$1"
    ((SECONDS - started < 30)) || fail "it took $((SECONDS - started)) s to end"
}
# stop SIGNAL: in a step, with a trace that can be read
stop() {
    rm -f "$scratch/s.h5"
    "$program" "${bad_run[@]}" --out "$scratch/s.h5" --quiet >"$scratch/said" 2>&1 &
    local pid=$!
    until [[ -s $scratch/s.h5 ]]; do sleep 0.05; done
    sleep 0.5
    ends "$1" "$pid"
    says "the trace is readable"
    ! "$program" plot "$scratch/s.h5" >"$scratch/said" 2>&1
    ! grep -qE 'no trace|damaged|cut short' "$scratch/said" || fail "the trace cannot be read"
}
bad spin 'for (;;) node->zero++;'
stop INT
stop TERM
bad again 'orr_arm(out, 0, event->now + 1);' # events without end, each 1 ns after the other
stop INT
# In a function that is no step; a file says that it is there.
for function in init fini; do
    bad "idle-$function" ''
    cat >>"$scratch/idle-$function.c" <<END
extern int creat(const char *name, unsigned mode);
static void idle(void *state) {
    if (((struct state *)state)->self != 2) return;
    creat("$scratch/there", 0600);
    for (;;) ((struct state *)state)->zero++;
}
__attribute__((unused)) static int idle_init(void *state, const struct orr_env *env, const void *cfg) {
    init(state, env, cfg);
    idle(state);
    return 0;
}
END
    # the protocol comes last
    sed -i "/^const struct orr_protocol/,/;$/{H;d}; \${p;x;s/^\\n//}" "$scratch/idle-$function.c"
    [[ $function == init ]] && sed -i 's/\.init = init/.init = idle_init/' "$scratch/idle-$function.c"
    [[ $function == fini ]] && sed -i 's/\.init = init/.fini = idle, &/' "$scratch/idle-$function.c"
    rm -f "$scratch/there"
    "$program" "${bad_run[@]}" --no-trace --quiet >"$scratch/said" 2>&1 &
    pid=$!
    for ((i = 0; i < 1200; i++)); do [[ ! -e $scratch/there ]] || break; sleep 0.05; done
    ends TERM "$pid"
    says "in       $function\(\)"
done

# ---- settings: a choice of any length works, what no scenario could be held to is refused ----
long=$(printf 'x%.0s' {1..300})
set_up() { # set_up NAME CHOICES FALLBACK OFFSET: a protocol with one setting
    cat >"$scratch/$1.c" <<C
#include "models/protocol.h"
struct config { uint32_t mode; };
static const char *const choices[] = {$2, NULL};
static const struct orr_config_key keys[] = {
    {.name = "$long", .help = "a mode", .type = ORR_CONFIG_ENUM, .offset = $4, .fallback = $3, .choices = choices},
    {NULL}};
static int init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env;
    return ((const struct config *)cfg)->mode == 1 ? 0 : ORR_EINVAL;
}
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    return (void)state, (void)event, (void)out, 0;
}
const struct orr_protocol set = {.abi = ORR_ABI, .name = "set", .config_size = sizeof(struct config),
                                 .config = keys, .node_size = 8, .init = init, .step = step};
C
    set_run=(check "$scenario" --set "nodes.node.role=./$1.c")
}
sed -i 's/, config: {period: 300 ms}//' "$scenario"
set_up lengthy "\"short\", \"$long\"" 1 0
run 0 "${set_run[@]}"
run 0 run "$scenario" --no-trace --set nodes.node.role=./lengthy.c --set "nodes.node.config={$long: $long}"
run 2 "${set_run[@]}" --set "nodes.node.config={$long: ${long}y}"
set_up many "$(printf '"c%d",' {1..40}) \"end\"" 0 0
run 2 "${set_run[@]}"
says "has a key with more than 31 choices"
set_up beyond '"a"' 3 0
run 2 "${set_run[@]}"
says "fallback is none of its choices"
set_up outside '"a"' 0 4096
run 2 "${set_run[@]}"
says "a key that is not inside its struct"

# ---- a program that was built with sanitizers builds plug-ins with them ----
sed 's|orr_store_le64(ping->data, |orr_store_le64(ping->data + 1, |' "$ORRERY_SOURCE/models/lab/pingpong.c" >"$scratch/past.c"
if grep -q __asan_init "$program"; then
    rc=0
    timeout 60 "$program" run "$scenario" --no-trace --set nodes.node.role=./past.c >"$scratch/said" 2>&1 || rc=$?
    [[ $rc != 0 ]] || fail "a write past the end of a message goes unseen"
    says "AddressSanitizer"
    says "past.c:"
fi
