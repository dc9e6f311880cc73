#include "sim/run/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/memo.h"
#include "sim/base/region.h"
#include "sim/run/again.h"
#include "sim/run/plan.h"
#include "sim/run/record.h"
#include "sim/run/source_line.h"
#include "sim/run/workload.h"

/* How often the outside world may look in: once a simulated second, within bounds. */
enum { CALLS_MIN = 1000, CALLS_MAX = 100000 };

/* What a memo holds: for each node the signatures of some heights, and some transactions that wait
 * beside them; one that is too small costs checks that were made before, and changes nothing. */
enum { MEMO_LEAST = 4096, MEMO_PER_NODE = 1024, MEMO_MOST = 1 << 20 };

struct orr_world {
    struct orr_build build;
    struct orr_region *region;   /* of memo and oracles: given back, it is kept for the next run */
    struct orr_memo *memo;       /* NULL until a run wants it */
    struct orr_sim *sim;         /* of the run under way or the last one: the next takes its memory;
                                    NULL before the first */
    struct orr_fault_list stated; /* the scenario's own faults */
    const struct orr_fault_list *faults; /* the build's; NULL: as stated */
};

/* All that one run is made of. */
struct run {
    struct orr_world *world;
    const struct orr_build *build;
    const struct orr_run_options *options;
    struct orr_run_result *result;
    struct orr_sim *sim;
    struct orr_plan *plan;
    struct orr_workload *workload;
    struct orr_check *check;
    struct orr_trace *trace;
    struct orr_tap stopper;
    struct orr_memo_counts memo_before;
    bool stop_on_violation, violated;
    struct orr_poison poison; /* with options->poison */
    uint64_t *digests;        /* [n_nodes] the same   */
};

/* Attached after the oracles: ends the run at the event that broke an expectation. */
static void stop_if_violated(void *ctx, const struct orr_tap_record *record) {
    struct run *run = ctx;
    if (run->options->no_oracles || run->violated || !orr_check_poll(run->check, record->at))
        return;
    run->violated = true;
    if (run->stop_on_violation) orr_sim_stop(run->sim);
}

/* Makes the build that of this run; remakes nothing that is as it was. */
static int fit(struct orr_world *w, uint64_t seed, const struct orr_fault_list *faults,
               struct orr_diags *diags) {
    int error = orr_build_reseed(&w->build, seed, diags);
    if (error || (!faults && !w->faults)) return error;
    w->faults = faults;
    return orr_build_replan(&w->build, faults ? *faults : w->stated, diags);
}

static size_t memory_limit(const struct orr_scenario *s) {
    if (s->memory_bytes != ORR_UNSET) return s->memory_bytes;
    return (size_t)sysconf(_SC_PHYS_PAGES) / 4 * 3 * (size_t)sysconf(_SC_PAGESIZE);
}

static struct orr_memo *memo_for(struct run *run) {
    struct orr_world *w = run->world;
    if (!run->build->scenario.memo || run->options->no_memo) return NULL;
    uint64_t n = MEMO_LEAST + (uint64_t)run->build->scenario.n_nodes * MEMO_PER_NODE;
    if (!w->memo) w->memo = orr_memo_new(&w->region->mem, n < MEMO_MOST ? n : MEMO_MOST);
    run->memo_before = orr_memo_counts(w->memo);
    return w->memo;
}

static int no_room(const struct orr_scenario *s, struct orr_diags *diags) {
    orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){&s->source, 0, 0},
                 "a simulation reserves 1 GiB of addresses or more, and uses what it needs",
                 "this process may not have as much address space (ulimit -v)");
    return ORR_ENOMEM;
}

/* What all nodes send at once must fit: else the run would end in the middle, hours later. */
static int burst_fits(const struct orr_sim *sim, const struct orr_scenario *s,
                      struct orr_diags *diags) {
    uint64_t bytes = orr_sim_burst_bytes(sim), most = orr_sim_pending_bytes_max(sim);
    if (bytes <= most) return 0;
    orr_diag_add(diags, ORR_DIAG_ERROR, s->groups[0].where, NULL,
                 "when all %u nodes send to all their peers at once, as their protocol has it, "
                 "what is on its way takes %llu MiB, and %llu are for it: fewer nodes or fewer "
                 "links would fit",
                 s->n_nodes, (unsigned long long)bytes >> 20, (unsigned long long)most >> 20);
    return ORR_EFORMAT;
}

static int start(struct run *run, struct orr_diags *diags) {
    struct orr_build *build = &run->world->build;
    const struct orr_scenario *s = &build->scenario;
    build->spec.shuffle_ties = run->options->shuffle_ties;
    build->spec.memo = memo_for(run);
    build->spec.step_cpu_ns = run->options->step_cpu_ns;
    build->spec.memory_bytes = memory_limit(&run->build->scenario);
    build->spec.pending_bytes_max = build->spec.memory_bytes;
    build->spec.poison = run->options->poison ? &run->poison : NULL;
    if (run->options->poison) orr_poison_init(&run->poison, ORR_POISON_FIRST);
    orr_peer failed;
    int error = orr_sim_renew(&run->world->sim, &build->spec, &failed);
    build->spec.poison = NULL;
    run->sim = run->world->sim;
    if (error && failed == ORR_NOBODY) return no_room(s, diags);
    if (error) {
        const struct orr_group_spec *g = orr_scenario_group_of(s, failed);
        orr_diag_add(diags, ORR_DIAG_ERROR, g->where, NULL, "node %s.%u cannot start: %s", g->name,
                     failed - g->first, orr_error_text(error));
        return error;
    }
    error = burst_fits(run->sim, s, diags);
    if (error) return error;
    run->plan = orr_plan_new(build, run->sim, diags);
    run->workload = orr_workload_new(build, run->sim, diags);
    if (!run->plan || !run->workload) return ORR_EFORMAT;
    run->stop_on_violation = s->on_violation == ORR_VIOLATION_STOPS;
    return 0;
}

/* Oracles hear first, then the caller's taps, then the trace: what stops the run is in the trace.
 */
static int attach(struct run *run) {
    const struct orr_scenario *s = &run->build->scenario;
    run->check = run->result->check = orr_check_new(s, &run->world->region->mem);
    if (!run->options->no_oracles) orr_sim_attach(run->sim, orr_check_tap(run->check));
    for (struct orr_tap *tap = run->options->taps, *next; tap; tap = next) {
        next = tap->next;
        orr_sim_attach(run->sim, tap);
    }
    int error = 0;
    if (run->options->trace_path && s->record.parts & ORR_RECORD_TRACE)
        error = orr_record_open(run->build, run->sim, run->options->trace_path, &run->trace,
                                run->result->trace_message, sizeof run->result->trace_message);
    run->stopper = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT), run,
                                    stop_if_violated, NULL};
    orr_sim_attach(run->sim, &run->stopper);
    return error;
}

/* Calls of progress and looks at the trace's state in a run of this length; one, at the end, when
 * nobody asks for them. */
static orr_time n_calls(const struct run *run, orr_time duration) {
    if (!run->options->progress && !run->trace) return 1;
    orr_time n = duration / 1000000000;
    return n < CALLS_MIN ? CALLS_MIN : n > CALLS_MAX ? CALLS_MAX : n;
}

/* Lets the oracles look for what has not happened; returns when they want to do so again. */
static orr_time look(struct run *run, orr_time now) {
    if (run->options->no_oracles) return ORR_NEVER;
    if (!run->violated && orr_check_poll(run->check, now)) run->violated = true;
    return run->violated ? ORR_NEVER : orr_check_look_at(run->check);
}

/* Runs to the end, or to where an oracle looks for what has not happened or the outside world may
 * look in, and on. */
static enum orr_run_end go(struct run *run, orr_time duration) {
    const orr_time n = n_calls(run, duration);
    orr_time now = 0, call = 1, look_at = look(run, now);
    while (now < duration) { /* ends: time or events go on */
        assert(look_at > now);
        orr_time due = (orr_time)((__int128)duration * call / n);
        orr_time until = look_at < due ? look_at : due;
        call += until == due;
        if (until <= now) continue; /* calls that are closer than a nanosecond */
        orr_sim_run(run->sim, until);
        now = orr_sim_now(run->sim); /* before `until`, when a tap of the caller stopped it there */
        const struct orr_mishap *m = orr_sim_mishap(run->sim);
        if (m) return m->kind == ORR_MISHAP_INTERRUPTED ? ORR_RUN_STOPPED : ORR_RUN_MISHAP;
        if (run->trace && orr_trace_status(run->trace) < 0) return ORR_RUN_TRACE_FAILED;
        look_at = look(run, now);
        if (run->violated && run->stop_on_violation) return ORR_RUN_VIOLATION;
        if (until == due && run->options->progress &&
            run->options->progress(run->options->ctx, run->sim, until, duration))
            return ORR_RUN_STOPPED;
    }
    return ORR_RUN_COMPLETE;
}

static void find_source(struct orr_run_result *r) {
    if (r->mishap.n_frames)
        orr_source_line(r->mishap.frames, r->mishap.n_frames, r->source, sizeof r->source);
}

static void note_digests(struct run *run) {
    uint32_t n = run->build->spec.n_nodes;
    run->digests = orr_xrealloc(NULL, n * sizeof *run->digests);
    for (orr_peer i = 0; i < n; i++) run->digests[i] = orr_sim_digest_of(run->sim, i);
}

/* The run is over: what is seen by running it again. */
static void look_twice(struct run *run) {
    struct orr_run_result *r = run->result;
    struct orr_again again = {&run->world->build, &run->world->sim, run->options};
    if (r->mishap.kind == ORR_MISHAP_LEAK_MESSAGE || r->mishap.kind == ORR_MISHAP_LEAK_MEMORY) {
        orr_again_find_maker(&again, &r->mishap);
    } else if (run->options->poison && !r->mishap.kind &&
               (r->end == ORR_RUN_COMPLETE || r->end == ORR_RUN_VIOLATION)) {
        int differs = orr_again_poisoned(&again, &run->poison, r->end == ORR_RUN_COMPLETE,
                                         run->digests, &r->mishap);
        if (differs < 0) r->end = ORR_RUN_STOPPED;
        else if (differs) r->end = ORR_RUN_MISHAP, r->pass = false;
        else r->ran_twice = true;
    }
    find_source(r);
}

static void conclude(struct run *run) {
    struct orr_run_result *r = run->result;
    r->ended_at = orr_sim_now(run->sim);
    r->fingerprint = orr_sim_fingerprint(run->sim);
    r->digest = orr_sim_digest(run->sim);
    if (run->options->poison) note_digests(run);
    r->counts = orr_sim_counts(run->sim);
    r->n_verdicts = orr_check_finish(run->check, r->ended_at, &r->verdicts);
    r->measures = orr_check_measures(run->check);
    r->n_waiting = orr_plan_waiting(run->plan, &r->waiting);
    if (r->end == ORR_RUN_COMPLETE) orr_sim_end(run->sim);
    bool by_itself = r->end == ORR_RUN_COMPLETE || r->end == ORR_RUN_VIOLATION;
    const struct orr_mishap *m = orr_sim_mishap(run->sim);
    if (by_itself && m)
        r->end = m->kind == ORR_MISHAP_INTERRUPTED ? ORR_RUN_STOPPED : ORR_RUN_MISHAP;
    r->pass = r->end != ORR_RUN_MISHAP;
    if (m) r->mishap = *m;
    const struct orr_sim_stop *stops;
    r->n_stops = orr_sim_stops(run->sim, &stops);
    r->stops = orr_xrealloc(NULL, r->n_stops * sizeof *stops);
    if (r->n_stops) memcpy(r->stops, stops, r->n_stops * sizeof *stops);
    const struct orr_expect_spec *expect = &run->build->scenario.expect;
    r->pass &= !r->n_stops || expect->stopped || expect->nothing;
    r->pass &= run->options->no_oracles || orr_check_passes(run->check);
    if (run->build->spec.memo) {
        struct orr_memo_counts counts = orr_memo_counts(run->build->spec.memo);
        r->memo_hits = counts.hits - run->memo_before.hits;
        r->memo_misses = counts.misses - run->memo_before.misses;
    }
    if (!run->trace) return;
    enum orr_trace_ended ended = r->end == ORR_RUN_VIOLATION ? ORR_ENDED_VIOLATION
                                 : r->end == ORR_RUN_STOPPED ? ORR_ENDED_INTERRUPTED
                                 : r->end == ORR_RUN_MISHAP  ? ORR_ENDED_MISHAP
                                                             : ORR_ENDED_COMPLETE;
    r->trace_error =
        orr_record_close(run->build, run->trace, run->sim, r->verdicts, r->n_verdicts, !r->pass,
                         ended, r->trace_message, sizeof r->trace_message);
    if (r->trace_error) r->end = ORR_RUN_TRACE_FAILED;
}

int orr_world_run(struct orr_world *world, uint64_t seed, const struct orr_fault_list *faults,
                  const struct orr_run_options *options, struct orr_run_result *result,
                  struct orr_diags *diags) {
    struct run run = {
        .world = world, .build = &world->build, .options = options, .result = result};
    *result = (struct orr_run_result){0};
    int error = fit(world, seed, faults, diags);
    if (!error) error = start(&run, diags);
    if (!error) {
        result->trace_error = attach(&run);
        bool begins = !result->trace_error;
        if (!begins) {
            result->end = ORR_RUN_TRACE_FAILED;
        } else {
            orr_plan_start(run.plan);
            orr_workload_start(run.workload);
            result->end = go(&run, run.build->scenario.duration);
            orr_workload_end(run.workload);
        }
        conclude(&run);
        if (!begins) result->n_verdicts = 0; /* there is nothing to judge */
        if (result->trace_error) result->pass = false;
    }
    orr_workload_free(run.workload);
    orr_plan_free(run.plan);
    if (!error) look_twice(&run);
    if (options->poison) orr_poison_fini(&run.poison);
    free(run.digests);
    return error;
}

int orr_world_new(const struct orr_scenario *s, struct orr_diags *diags, struct orr_world **out) {
    struct orr_world *w = *out = orr_xrealloc(NULL, sizeof *w);
    *w = (struct orr_world){.stated = {s->faults, s->n_faults}};
    w->region = orr_region_new();
    int error = orr_build(&w->build, s, s->files, diags);
    return error || w->region ? error : no_room(s, diags);
}

void orr_world_free(struct orr_world *w) {
    if (!w) return;
    orr_sim_free(w->sim);
    orr_region_free(w->region);
    orr_build_fini(&w->build);
    free(w);
}
