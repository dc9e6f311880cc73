#include "sim/search/hunt.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"

/* What a generation's workers write: shared by processes. */
struct table {
    uint64_t at[ORR_HUNT_WORKERS_MAX]; /* the run that each is at, as an index into results */
    _Atomic uint64_t first;            /* the least that shows something, so far; else n    */
    struct result {
        bool is_done, is_skipped;
        struct orr_finding finding;
        struct orr_states states;
    } results[ORR_HUNT_GENERATION];
};

bool orr_hunt_is_guided(const struct orr_hunt *hunt) {
    return hunt->strategy == ORR_STRATEGY_MIXED || hunt->strategy == ORR_STRATEGY_GUIDED;
}

static bool is_guided(const struct orr_hunt *hunt, uint64_t run) {
    return orr_strategy_of(&hunt->ground, hunt->strategy, run) == ORR_STRATEGY_GUIDED;
}

void orr_hunt_plan(const struct orr_hunt *hunt, uint64_t run, struct orr_plan_drawn *plan) {
    if (is_guided(hunt, run) &&
        orr_guide_draw(&hunt->guide, &hunt->ground, hunt->seed, run, plan))
        return;
    orr_plan_draw(&hunt->ground, hunt->strategy, hunt->seed, run, plan);
}

bool orr_hunt_caught_plan(const struct orr_hunt *hunt, const struct orr_caught *caught,
                          struct orr_plan_drawn *plan) {
    if (caught->plan) *plan = *caught->plan;
    else if (is_guided(hunt, caught->run)) return false;
    else orr_plan_draw(&hunt->ground, hunt->strategy, hunt->seed, caught->run, plan);
    return true;
}

/* ---- a worker ---- */

/* Either signal ends the process.  Wall time is for what hangs without computing: on a busy machine
 * a run waits for a long time, and that is no find. */
static void begin_run(void) {
    struct itimerval cpu = {.it_value = {.tv_sec = ORR_HUNT_RUN_SECONDS}},
                     wall = {.it_value = {.tv_sec = 60 * ORR_HUNT_RUN_SECONDS}};
    setitimer(ITIMER_PROF, &cpu, NULL);
    setitimer(ITIMER_REAL, &wall, NULL);
}

static void be_worker(const struct orr_hunt *hunt, struct table *t, uint32_t w, uint64_t from,
                      uint64_t n) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPROF, SIG_DFL);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(3);
    struct orr_hunter *hunter = orr_hunter_new(hunt);
    static struct orr_plan_drawn plan;
    for (uint64_t k = from; k < n; k += hunt->n_workers) {
        struct result *r = &t->results[k];
        if (hunt->stop_at_first && k > t->first) break; /* nobody will ask for it */
        t->at[w] = k;
        begin_run();
        orr_hunt_plan(hunt, hunt->n_done + k, &plan);
        r->is_skipped = !orr_hunter_run(hunter, &plan, &r->finding,
                                        orr_hunt_is_guided(hunt) ? &r->states : NULL);
        r->is_done = true;
        uint64_t first = t->first;
        while (r->finding.kind && k < first) /* ends: it falls */
            if (atomic_compare_exchange_weak(&t->first, &first, k)) break;
    }
    orr_hunter_free(hunter);
    _exit(0);
}

static pid_t start(const struct orr_hunt *hunt, struct table *t, uint32_t w, uint64_t from,
                   uint64_t n) {
    t->at[w] = from;
    fflush(NULL); /* else the child's copy is written, too */
    pid_t child = fork();
    if (child == 0) be_worker(hunt, t, w, from, n);
    return child;
}

/* What the death of a worker says of the run that it was at. */
static void lay_out(struct result *r, int status) {
    r->is_done = true;
    bool hung = WIFSIGNALED(status) && (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGPROF);
    r->finding = (struct orr_finding){.kind = hung ? ORR_FINDING_ENDLESS : ORR_FINDING_CRASH};
    snprintf(r->finding.name, sizeof r->finding.name, "%s",
             hung ? "endless" : WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
    snprintf(r->finding.text, sizeof r->finding.text, "%s",
             hung ? "the run did not end" : "the program died");
}

/* ---- generations ---- */

/* Runs n runs from hunt->n_done on.  False: there can be no process. */
static bool run_generation(struct orr_hunt *hunt, struct table *t, uint64_t n) {
    pid_t workers[ORR_HUNT_WORKERS_MAX];
    bool good = true;
    memset(t, 0, sizeof *t);
    t->first = n;
    for (uint32_t w = 0; w < hunt->n_workers; w++) workers[w] = start(hunt, t, w, w, n);
    for (uint32_t w = 0; w < hunt->n_workers; w++) {
        int status = 0;
        while (workers[w] > 0) { /* ends: each turn is one run further */
            while (waitpid(workers[w], &status, 0) < 0 && errno == EINTR) {
            }
            uint64_t at = t->at[w];
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
            if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))
                return false;
            if (at < n) lay_out(&t->results[at], status);
            workers[w] = start(hunt, t, w, at + hunt->n_workers, n);
        }
        good = good && workers[w] > 0;
    }
    return good;
}

static void take(struct orr_hunt *hunt, uint64_t run, const struct orr_finding *finding) {
    if (hunt->n_caught == hunt->caught_cap) {
        hunt->caught_cap = hunt->caught_cap ? 2 * hunt->caught_cap : 64;
        hunt->caught = orr_xrealloc(hunt->caught, hunt->caught_cap * sizeof *hunt->caught);
    }
    uint32_t n_like = 0;
    for (uint32_t i = 0; i < hunt->n_caught && n_like < ORR_HUNT_KEPT; i++)
        n_like += orr_finding_same(&hunt->caught[i].finding, finding);
    struct orr_caught *c = &hunt->caught[hunt->n_caught++];
    *c = (struct orr_caught){.run = run, .finding = *finding};
    if (n_like == ORR_HUNT_KEPT || !is_guided(hunt, run)) return;
    c->plan = orr_xrealloc(NULL, sizeof *c->plan);
    orr_hunt_plan(hunt, run, c->plan);
}

/* The guide learns what the generation from run `from` on has reached. */
static void learn(struct orr_hunt *hunt, const struct table *t, uint64_t from, uint64_t n) {
    static struct orr_plan_drawn plans[ORR_HUNT_GENERATION];
    if (!orr_hunt_is_guided(hunt)) return;
    for (uint64_t k = 0; k < n; k++) orr_hunt_plan(hunt, from + k, &plans[k]);
    for (uint64_t k = 0; k < n; k++) {
        enum orr_strategy of = orr_strategy_of(&hunt->ground, hunt->strategy, from + k);
        uint32_t n_before = hunt->guide.n_states;
        orr_guide_take(&hunt->guide, from + k, &plans[k], &t->results[k].states);
        hunt->pace.runs[of]++;
        hunt->pace.states[of] += hunt->guide.n_states - n_before;
    }
    uint64_t next = (uint64_t)ORR_HUNT_GENERATION << hunt->n_paces;
    if (from + n == next && hunt->n_paces < ORR_HUNT_PACES)
        hunt->paces[hunt->n_paces++] = hunt->pace;
}

int orr_hunt_run(struct orr_hunt *hunt) {
    assert(hunt->scenario && hunt->n_workers && hunt->n_workers <= ORR_HUNT_WORKERS_MAX);
    struct table *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                           0);
    if (t == MAP_FAILED) return ORR_EIO;
    int error = 0;
    bool is_over = hunt->stop_at_first && hunt->n_caught;
    while (!error && !is_over && hunt->n_done < hunt->n_runs) {
        uint64_t left = hunt->n_runs - hunt->n_done;
        uint64_t n = left < ORR_HUNT_GENERATION ? left : ORR_HUNT_GENERATION;
        if (!run_generation(hunt, t, n)) {
            error = ORR_EIO;
            break;
        }
        for (uint64_t k = 0; k < n && !is_over; k++) {
            const struct result *r = &t->results[k];
            hunt->n_skipped += r->is_skipped;
            if (r->finding.kind != ORR_FINDING_NONE) {
                take(hunt, hunt->n_done, &r->finding);
                is_over = hunt->stop_at_first;
            }
            hunt->n_done++;
        }
        if (!is_over) learn(hunt, t, hunt->n_done - n, n);
        if (hunt->progress && hunt->progress(hunt->ctx, hunt)) error = ORR_ELIMIT;
    }
    munmap(t, sizeof *t);
    return error;
}

int orr_hunt_begin(struct orr_hunt *hunt, struct orr_diags *diags) {
    int error = orr_scenario_parse(hunt->text, hunt->len, hunt->name, hunt->overrides,
                                   hunt->n_overrides, &hunt->scenario, diags);
    if (!error) error = orr_ground_look(hunt->scenario, &hunt->ground, diags);
    if (error || hunt->strategy != ORR_STRATEGY_TWINS || hunt->ground.twins) return error;
    orr_diag_add(diags, ORR_DIAG_ERROR, hunt->scenario->groups[0].where, NULL,
                 "schedules of Twins are for up to 7 nodes");
    return ORR_EFORMAT;
}

void orr_hunt_fini(struct orr_hunt *hunt) {
    orr_ground_fini(&hunt->ground);
    orr_scenario_free(hunt->scenario);
    orr_guide_fini(&hunt->guide);
    for (uint32_t i = 0; i < hunt->n_caught; i++) free(hunt->caught[i].plan);
    free(hunt->caught);
}
