#include "sim/search/finding.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/run.h"

static void describe(struct orr_finding *f, enum orr_finding_kind kind, const char *name,
                     const char *text) {
    f->kind = kind;
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->text, sizeof f->text, "%s", text ? text : "");
}

/* Of several the first: mishaps end a run, and verdicts stand in the order of their table. */
static void find(const struct orr_scenario *s, const struct orr_run_result *r,
                 struct orr_finding *f) {
    f->fingerprint = r->fingerprint;
    if (r->mishap.kind) {
        describe(f, ORR_FINDING_MISHAP, orr_mishap_name(r->mishap.kind), r->mishap.text);
        return;
    }
    for (uint32_t i = 0; i < r->n_verdicts; i++)
        if (r->verdicts[i].judged && !r->verdicts[i].pass) {
            describe(f, ORR_FINDING_FAILED, r->verdicts[i].name, r->verdicts[i].text);
            return;
        }
    if (r->n_stops && !s->expect.stopped) {
        describe(f, ORR_FINDING_STOPPED, "stopped", r->stops[0].what);
        return;
    }
    for (uint32_t i = 0; i < r->n_verdicts; i++)
        if (r->verdicts[i].pass && r->verdicts[i].violation) {
            describe(f, ORR_FINDING_DUE, r->verdicts[i].name, r->verdicts[i].text);
            return;
        }
}

void orr_finding_of(const struct orr_scenario *s, const struct orr_run_result *r,
                    struct orr_finding *f) {
    *f = (struct orr_finding){.fingerprint = r->fingerprint};
    if (r->mishap.kind) {
        describe(f, ORR_FINDING_MISHAP, orr_mishap_name(r->mishap.kind), r->mishap.text);
        return;
    }
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (!v->judged || !v->violation) continue;
        describe(f, v->pass ? ORR_FINDING_DUE : ORR_FINDING_FAILED, v->name, v->text);
        return;
    }
    if (r->n_stops && !s->expect.stopped)
        describe(f, ORR_FINDING_STOPPED, "stopped", r->stops[0].what);
}

/* ---- a process for each run ---- */

typedef void look(const struct orr_scenario *s, const struct orr_run_result *r,
                  struct orr_finding *f);

struct report {
    int error;
    struct orr_finding finding;
};

static void be_child(const struct orr_scenario *s, unsigned cpu_s, look *looks, int to) {
    struct rlimit limit = {cpu_s, cpu_s}, none = {0, 0};
    setrlimit(RLIMIT_CPU, &limit);
    setrlimit(RLIMIT_CORE, &none);
    /* what a plug-in prints is not for here */
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(3);
    struct report report = {0};
    struct orr_diags diags = {0};
    struct orr_run_result result = {0};
    report.error = orr_run(s, &(struct orr_run_options){0}, &result, &diags);
    if (!report.error) looks(s, &result, &report.finding);
    ssize_t n = write(to, &report, sizeof report);
    _exit(n == (ssize_t)sizeof report ? 0 : 3);
}

static int look_with(const struct orr_scenario *scenario, unsigned cpu_s, look *looks,
                     struct orr_finding *finding) {
    int ends[2];
    if (pipe(ends)) return ORR_EIO;
    fflush(NULL); /* else the child's copy is written, too */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(scenario, cpu_s, looks, ends[1]);
    }
    close(ends[1]);
    struct report report = {0};
    ssize_t n = -1;
    if (child > 0)
        while ((n = read(ends[0], &report, sizeof report)) < 0 && errno == EINTR) {
        }
    close(ends[0]);
    if (child < 0) return ORR_EIO;
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (n == (ssize_t)sizeof report) { /* a pipe passes so little on as a whole */
        *finding = report.finding;
        return report.error;
    }
    *finding = (struct orr_finding){0};
    if (WIFEXITED(status)) {
        describe(finding, ORR_FINDING_CRASH, "exit", "the program ended itself");
    } else if (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU) {
        describe(finding, ORR_FINDING_ENDLESS, "endless", "the run used up its CPU time");
    } else {
        describe(finding, ORR_FINDING_CRASH, strsignal(WTERMSIG(status)), "the program died");
    }
    return 0;
}

int orr_finding_look(const struct orr_scenario *scenario, unsigned cpu_s,
                     struct orr_finding *finding) {
    return look_with(scenario, cpu_s, find, finding);
}

int orr_finding_hunt(const struct orr_scenario *scenario, unsigned cpu_s,
                     struct orr_finding *finding) {
    return look_with(scenario, cpu_s, orr_finding_of, finding);
}

bool orr_finding_same(const struct orr_finding *a, const struct orr_finding *b) {
    return a->kind == b->kind && !strcmp(a->name, b->name);
}

/* ---- assumptions ---- */

static uint64_t stake_of(const struct orr_scenario *s, uint32_t node) {
    const struct orr_group_spec *g = orr_scenario_group_of(s, node);
    return orr_group_stake(g, node - g->first);
}

static bool makes_faulty(const struct orr_fault_spec *f) {
    bool stops =
        f->kind == ORR_FAULT_CRASH || f->kind == ORR_FAULT_RESTART || f->kind == ORR_FAULT_CHURN;
    return f->kind == ORR_FAULT_BYZANTINE || (stops && f->disk == ORR_DISK_LOSE);
}

/* May the node be one of those that the scenario makes faulty?  Who `leader` or `any 2 of` means is
 * not known before: each of them may be. */
static bool may_be_faulty(const struct orr_scenario *s, uint32_t node) {
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        if (!makes_faulty(f) || f->budget) continue;
        for (uint32_t k = 0; k < f->targets.n; k++) {
            const struct orr_target *t = &f->targets.v[k];
            if (t->kind != ORR_TARGET_LEADER && !t->any && orr_target_has(s, t, node)) return true;
        }
    }
    return false;
}

/* The most stake that may be drawn beside the nodes that are named. */
static uint64_t drawn_stake(const struct orr_scenario *s, uint64_t largest) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        if (makes_faulty(f)) n += f->budget;
        for (uint32_t k = 0; k < f->targets.n && makes_faulty(f) && !f->budget; k++) {
            const struct orr_target *t = &f->targets.v[k];
            n += t->kind == ORR_TARGET_LEADER ? 1 : t->any;
        }
    }
    return n * largest; /* stakes of a cohort add up to 2^60 at most */
}

static bool is_beyond(const struct orr_scenario *s, const struct orr_protocol *role) {
    uint64_t total = 0, faulty = 0, largest = 0;
    for (uint32_t node = 0; node < s->n_nodes; node++) {
        if (orr_scenario_group_of(s, node)->role != role) continue;
        uint64_t stake = stake_of(s, node);
        total += stake;
        if (stake > largest) largest = stake;
        if (may_be_faulty(s, node)) faulty += stake;
    }
    faulty += drawn_stake(s, largest);
    return faulty && faulty > (total - 1) / 3; /* 3 faulty >= total */
}

struct orr_assumptions orr_assumptions_of(const struct orr_scenario *s) {
    struct orr_assumptions a = {0};
    for (uint32_t g = 0; g < s->n_groups; g++) a.is_beyond |= is_beyond(s, s->groups[g].role);
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        bool is_remedy = f->kind == ORR_FAULT_HEAL || f->kind == ORR_FAULT_RESTART;
        bool ends = f->duration != ORR_NEVER ||
                    (f->kind == ORR_FAULT_CRASH && f->restart_after != ORR_NEVER);
        if (f->kind == ORR_FAULT_LEAD) continue;
        a.n_remedies += is_remedy;
        a.n_lasting += !is_remedy && !ends && f->kind != ORR_FAULT_BYZANTINE;
    }
    return a;
}

bool orr_assumptions_within(struct orr_assumptions less, struct orr_assumptions more) {
    if (less.is_beyond && !more.is_beyond) return false;
    if (less.n_lasting > more.n_lasting) return false;
    return !less.n_lasting || less.n_remedies >= more.n_remedies;
}
