#define _GNU_SOURCE /* dladdr */
#include "sim/cli/lab/child.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/base/sha256.h"
#include "models/plain_tx.h"
#include "sim/base/plugin.h"
#include "sim/cli/lab/record.h"
#include "sim/cli/lab/sandbox.h"
#include "sim/run/run.h"

#define STEP_CPU_NS INT64_C(2000000000) /* what is honest takes a thousandth of it */

/* struct orr_protocol's functions are told of their node alone. */
static struct {
    struct orr_lab_record *record;
    const struct orr_protocol *tested;
    const struct orr_plugin *others[ORR_LAB_OTHERS];
    bool is_full;   /* the record is */
    bool is_closed; /* the run has come to its end: what follows is looking for a leak's place */
} here;

static int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int refuse(const char *format, ...) {
    struct orr_lab_claims *c = &here.record->claims;
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, sizeof c->text, format, args);
    va_end(args);
    c->stage = ORR_LAB_REFUSED;
    return 2;
}

/* ---- the protocol under test, with a pen beside it ---- */

/* Before its state lies which node it is of. */
struct noted {
    orr_peer self;
} __attribute__((aligned(16)));

static void note(const struct orr_lab_call *call, const struct orr_outbox *out, uint32_t from) {
    if (here.is_closed || here.is_full) return;
    here.is_full = !orr_lab_record_call(here.record, call, out, from);
}

static int noted_init(void *state, const struct orr_env *env, const void *cfg) {
    struct noted *node = state;
    node->self = env->self;
    int result = here.tested->init(node + 1, env, cfg);
    note(&(struct orr_lab_call){.is_init = 1, .node = node->self, .result = result}, NULL, 0);
    return result;
}

static int noted_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct noted *node = state;
    struct orr_lab_call call = {.node = node->self, .event = orr_lab_event_hash(event)};
    int64_t busy = out->busy_ns;
    uint32_t n = out->n;
    call.result = here.tested->step(node + 1, event, out);
    call.busy_ns = out->busy_ns - busy;
    note(&call, out, n);
    return call.result;
}

static void noted_fini(void *state) { here.tested->fini((struct noted *)state + 1); }

/* What a protocol under test may bring beside what is noted: nothing that could be asked for
 * unnoticed. */
static const char *extra_part(const struct orr_protocol *p) {
    return p->follows                                                   ? "follows"
           : p->layers                                                  ? "layers"
           : p->config                                                  ? "config"
           : p->decode                                                  ? "decode"
           : p->digest                                                  ? "digest"
           : p->touch                                                   ? "touch"
           : p->genesis.share || p->genesis.refuses                     ? "genesis"
           : p->workload.make_tx && p->workload.make_tx != orr_plain_tx ? "workload.make_tx"
           : p->fault.leads || p->fault.forge || p->fault.fields || p->fault.sign ||
                   p->fault.forget || p->fault.reorg
               ? "fault"
           : p->report.place || p->report.statement || p->report.stand ? "report"
                                                                       : NULL;
}

static void describe(const struct orr_protocol *p) {
    struct orr_lab_claims *c = &here.record->claims;
    snprintf(c->name, sizeof c->name, "%s", p->name);
    c->n_timers = p->n_timers;
    c->transport = p->transport;
    for (; p->kinds && c->n_kinds < ORR_LAB_KINDS && p->kinds[c->n_kinds]; c->n_kinds++)
        snprintf(c->kinds[c->n_kinds], sizeof c->kinds[0], "%s", p->kinds[c->n_kinds]);
}

static struct orr_protocol noted_protocol(const struct orr_protocol *p) {
    return (struct orr_protocol){
        .abi = ORR_ABI,
        .name = p->name,
        .summary = "a protocol under test",
        .kinds = p->kinds,
        .node_size = sizeof(struct noted) + p->node_size,
        .n_timers = p->n_timers,
        .transport = p->transport,
        .init = noted_init,
        .step = noted_step,
        .fini = p->fini ? noted_fini : NULL,
        .workload = {.least_size = ORR_PLAIN_TX_BYTES, .make_tx = orr_plain_tx},
    };
}

/* ---- the run ---- */

static bool on_progress(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    (void)ctx, (void)sim;
    if (here.is_full) return true;
    here.is_closed |= now >= end; /* runs of its own that follow stop where they like */
    return false;
}

/* Where in its object the code was. */
static void tell_frames(const struct orr_mishap *m) {
    struct orr_lab_claims *c = &here.record->claims;
    Dl_info tested, info;
    if (!dladdr(here.tested, &tested)) return;
    for (uint32_t i = 0; i < m->n_frames; i++) {
        bool known = dladdr(m->frames[i], &info) && info.dli_fbase == tested.dli_fbase;
        uintptr_t at = (uintptr_t)m->frames[i] - (uintptr_t)tested.dli_fbase;
        c->frames[i] = known ? at - (i ? 1 : 0) : 0; /* returns-to addresses lie behind a call */
    }
    c->n_frames = m->n_frames;
}

static void tell(const struct orr_run_result *r) {
    struct orr_lab_claims *c = &here.record->claims;
    const struct orr_mishap *m = &r->mishap;
    c->fingerprint = r->fingerprint;
    c->mishap = m->kind;
    c->callback = m->callback;
    c->event = m->event;
    c->node = m->node;
    c->peer = m->peer;
    c->key = m->key;
    c->at = m->at;
    c->n_events = m->n_events;
    c->has_message = m->has_message;
    c->msg_type = m->msg_type;
    c->msg_len = m->msg_len;
    snprintf(c->mishap_text, sizeof c->mishap_text, "%s", m->text);
    tell_frames(m);
    c->stage = here.is_full && m->kind == ORR_MISHAP_NONE ? ORR_LAB_FULL : ORR_LAB_ENDED;
}

static int run(const struct orr_lab_order *order, const struct orr_plugin *plugin) {
    struct orr_named_plugin named[1 + ORR_LAB_OTHERS] = {{.plugin = plugin}};
    snprintf(named[0].name, sizeof named[0].name, "%s", order->role);
    for (uint32_t i = 0; i < order->n_others; i++) {
        named[1 + i].plugin = here.others[i];
        snprintf(named[1 + i].name, sizeof named[0].name, "%s", order->others[i].role);
    }
    struct orr_scenario_inputs inputs = {.plugins = named, .n_plugins = 1 + order->n_others};
    const char *overrides[ORR_LAB_OVERRIDES];
    for (uint32_t i = 0; i < order->n_overrides; i++) overrides[i] = order->overrides[i];
    struct orr_scenario *scenario;
    struct orr_diags diags = {0};
    struct orr_run_result result = {0};
    struct orr_run_options how = {.no_oracles = true,
                                  .progress = on_progress,
                                  .poison = order->is_second,
                                  .step_cpu_ns = STEP_CPU_NS};
    int error = orr_scenario_parse_with(order->scenario, order->scenario_len, "the scenario",
                                        overrides, order->n_overrides, &inputs, &scenario, &diags);
    if (!error) error = orr_run(scenario, &how, &result, &diags);
    if (error)
        return refuse("the scenario: %s", diags.n ? diags.v[0].text : orr_error_text(error)), 3;
    tell(&result);
    return 0;
}

/* Of two runs the second has its stack and its memory elsewhere, whatever the machine does. */
static int run_elsewhere(const struct orr_lab_order *order, const struct orr_plugin *plugin) {
    volatile char other[4096 + 160];
    other[0] = 0;
    int code = run(order, plugin);
    other[sizeof other - 1] = (char)code;
    return other[0] + code;
}

/* The lab's own first: what is under test has not run yet. */
static int load(const struct orr_lab_order *order, const struct orr_plugin **plugin) {
    struct orr_diags diags = {0};
    int error = 0;
    for (uint32_t i = 0; i < order->n_others && !error; i++)
        error =
            orr_plugin_load(order->others[i].object, (struct orr_span){0}, &diags, &here.others[i]);
    if (error) return refuse("the lab's %s cannot be loaded", order->others[0].role), error;
    if (!orr_plugin_load(order->object, (struct orr_span){0}, &diags, plugin)) return 0;
    if (diags.n) refuse("%s", diags.v[0].hint ? diags.v[0].hint : diags.v[0].text);
    return ORR_EFORMAT;
}

int orr_lab_child_main(void) {
    struct orr_lab_record *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED, ORR_LAB_CHILD_FD, 0);
    if (r == MAP_FAILED) {
        fprintf(stderr, "orrery lab: this is for the program itself\n");
        return 2;
    }
    close(ORR_LAB_CHILD_FD);
    here.record = r;
    /* its own: nobody changes it under the program's hands */
    struct orr_lab_order *order = malloc(sizeof *order);
    if (!order) return 3;
    memcpy(order, &r->order, sizeof *order);
    if (order->is_second)
        mmap(NULL, (7 << 20) + 12288, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (orr_lab_sandbox_limits()) return refuse("this machine sets no limits"), 3;
    const struct orr_plugin *plugin;
    if (load(order, &plugin)) return 2;
    const struct orr_protocol *p = here.tested = plugin->protocol;
    const char *extra = extra_part(p);
    if (extra)
        return refuse("%s sets .%s: a protocol of a lab sets name, summary, kinds, node_size, "
                      "n_timers, transport, init, step and fini, and .workload.make_tx = "
                      "orr_plain_tx",
                      p->name, extra);
    describe(p);
    struct orr_protocol noted = noted_protocol(p);
    struct orr_plugin beside = *plugin;
    beside.protocol = &noted;
    void *frame;
    uint8_t digest[ORR_SHA256_BYTES];
    backtrace(&frame, 1); /* these open what they need: later nothing can be opened */
    orr_sha256("", 0, digest);
    if (orr_lab_sandbox_close()) return refuse("this machine has no seccomp"), 3;
    r->claims.stage = ORR_LAB_RUNNING;
    return order->is_second ? run_elsewhere(order, &beside) : run(order, &beside);
}
