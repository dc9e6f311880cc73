#!/usr/bin/env bash
# A protocol that puts out each kind of output, 1,000 nodes of it: its lines are shown with control
# characters escaped, all of it is in the trace, and the trace replays.
set -euo pipefail
bin=$ORRERY_BIN; [[ $bin == /* ]] || bin=$ORRERY_SOURCE/$bin
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache NO_COLOR=1
mkdir "$XDG_CACHE_HOME"
command -v cc >/dev/null || { echo "not run: no C compiler"; exit 77; }
cat > "$work/teller.c" <<'END'
#include "models/output.h"
static int init(void *state, const struct orr_env *env, const void *cfg) {
    *(orr_peer *)state = env->self;
    return (void)cfg, 0;
}
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const uint8_t value[32] = {9};
    orr_peer self = *(orr_peer *)state;
    if (event->kind == ORR_TIMER) return 0;
    orr_arm(out, 0, event->now + 2500000000);
    orr_decide(out, .height = 1, .value = value);
    orr_enter(out, 1, 0, 2);
    orr_deliver(out, 5, ORR_NOBODY);
    orr_reject(out);
    orr_head(out, (struct orr_head){.number = 1, .label = ORR_HEAD_FINAL});
    orr_metric(out, "queue", self, "messages");
    orr_output(out, ORR_OUT_OWN, orr_msg_copy(out->pool, 0, "own", 3));
    if (self == 7) orr_log(out, "\033[31mnode %u speaks", self);
    return 0;
}
const struct orr_protocol orr_teller = {.abi = ORR_ABI, .name = "teller", .node_size = sizeof(orr_peer),
                                        .n_timers = 1, .init = init, .step = step};
END
cat > "$work/tell.yaml" <<'END'
orrery: 1
name: tell
seed: 1
duration: 4 s
nodes:
  node: {count: 1000, role: ./teller.c}
END
cd "$work"
"$bin" run tell.yaml --log --no-plot --out tell.h5 >out 2>err || { cat out err; exit 1; }
grep -qF '   0.000000000 s  node.7  \x1b[31mnode 7 speaks' err || { cat err; exit 1; }
if grep -q $'\033' err; then echo 'a control character is shown as it is'; exit 1; fi
"$bin" run tell.yaml --no-trace >said 2>&1
if grep -q speaks said; then echo "lines without --log"; exit 1; fi
"$bin" replay tell.h5 --plugin teller.c | tee said
grep -q ': the same, ' said
# each decision, step, head, metric and own output, the line, and four checkpoints of 1,000 hashes
rows=$(sed -n 's/.*(\([0-9]*\) rows compared).*/\1/p' said)
# 1,000 nodes, and 8 rows of what the run was and came to
((rows == 5 * 1000 + 1 + 4 + 4 * 1000 + 1000 + 8)) || { echo "$rows rows"; exit 1; }
