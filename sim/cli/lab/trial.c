#define _GNU_SOURCE /* memfd_create, open_memstream */
#include "sim/cli/lab/trial.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/plugin.h"
#include "sim/cli/lab/child.h"
#include "sim/cli/lab/player.h"
#include "sim/cli/lab/sandbox.h"
#include "sim/cli/mishap_report.h"
#include "sim/run/run.h"
#include "sim/run/source_line.h"
#include "sim/search/story.h"

static const struct {
    const char *name, *meaning;
} outcomes[] = {
#define OUTCOME(constant, name, text) {name, text},
    ORR_LAB_OUTCOMES(OUTCOME)
#undef OUTCOME
};
const char *orr_lab_outcome_name(enum orr_lab_outcome o) { return outcomes[o].name; }
const char *orr_lab_outcome_meaning(enum orr_lab_outcome o) { return outcomes[o].meaning; }

static void say(struct orr_lab_trial *t, enum orr_lab_outcome outcome, const char *what,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
static void say(struct orr_lab_trial *t, enum orr_lab_outcome outcome, const char *what,
                const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(t->text, sizeof t->text, format, args);
    va_end(args);
    snprintf(t->what, sizeof t->what, "%s", what);
    t->outcome = outcome;
}

/* ---- the process ---- */

struct process {
    struct orr_lab_record *record; /* NULL: there is none */
    int status;                    /* of waitpid          */
};

static void fill_order(struct orr_lab_order *to, const struct orr_lab_trial_order *order) {
    snprintf(to->object, sizeof to->object, "%s", order->object);
    snprintf(to->role, sizeof to->role, "%s", order->role);
    for (uint32_t i = 0; i < order->n_overrides; i++)
        snprintf(to->overrides[i], sizeof to->overrides[i], "%s", order->overrides[i]);
    to->n_overrides = order->n_overrides;
    for (uint32_t i = 0; i < order->n_others; i++) {
        snprintf(to->others[i].object, sizeof to->others[i].object, "%s", order->others[i]->path);
        snprintf(to->others[i].role, sizeof to->others[i].role, "%s", order->other_roles[i]);
    }
    to->n_others = order->n_others;
    memcpy(to->scenario, order->scenario, order->len);
    to->scenario_len = (uint32_t)order->len;
}

/* The program itself, without an environment, and with nothing open but the record. */
static bool spawn(int record, int *status) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, record, ORR_LAB_CHILD_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, ORR_LAB_CHILD_FD + 1);
    char *argv[] = {"orrery", "lab", ORR_LAB_CHILD, NULL}, *environment[] = {NULL};
    pid_t child;
    bool good = !posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    while (good && waitpid(child, status, 0) < 0) good = errno == EINTR;
    return good;
}

static struct process run_process(const struct orr_lab_trial_order *order, bool is_second) {
    struct process p = {0};
    int fd = memfd_create("orrery-lab", MFD_CLOEXEC);
    if (fd < 0) return p;
    void *at = MAP_FAILED;
    if (!ftruncate(fd, sizeof *p.record))
        at = mmap(NULL, sizeof *p.record, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) {
        p.record = at;
        fill_order(&p.record->order, order);
        p.record->order.is_second = is_second;
        if (!spawn(fd, &p.status)) {
            munmap(at, sizeof *p.record);
            p.record = NULL;
        }
    }
    close(fd);
    return p;
}

static void end_process(struct process *p) {
    if (p->record) munmap(p->record, sizeof *p->record);
}

/* ---- what became of it ---- */

static void tell_mishap(const struct orr_lab_trial_order *order,
                        const struct orr_lab_claims *claims, const struct orr_scenario *s,
                        struct orr_lab_trial *t) {
    struct orr_run_result r = {.mishap = {
                                   .kind = (enum orr_mishap_kind)claims->mishap,
                                   .callback = (enum orr_callback)claims->callback,
                                   .event = (uint8_t)claims->event, .node = claims->node,
                                   .peer = claims->peer, .key = claims->key, .at = claims->at,
                                   .has_message = claims->has_message == 1,
                                   .msg_type = claims->msg_type, .msg_len = claims->msg_len,
                                   .n_events = claims->n_events,
                                   .n_frames = claims->n_frames}};
    snprintf(r.mishap.text, sizeof r.mishap.text, "%s", claims->mishap_text);
    for (uint32_t i = 0; i < claims->n_frames && !*r.source; i++)
        if (claims->frames[i])
            orr_source_line_in(order->object, claims->frames[i], r.source, sizeof r.source);
    if (r.mishap.kind == ORR_MISHAP_ILL && !*r.mishap.text)
        snprintf(r.mishap.text, sizeof r.mishap.text,
                 "undefined behaviour of C: an overflow, a shift, an index past its array or a "
                 "null pointer");
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    if (to) orr_mishap_print(s, &r, to);
    if (to) fclose(to);
    say(t, ORR_LAB_MISTAKE, orr_mishap_name(r.mishap.kind), "%s",
        text ? text + strspn(text, "\n") : "");
    t->ended_at = claims->at > 0 ? claims->at : 0;
    free(text);
}

/* true: it has come to its end, and says nothing against itself. */
static bool look_at(const struct orr_lab_trial_order *order, const struct process *p,
                    const struct orr_scenario *s, struct orr_lab_trial *t) {
    if (!p->record) {
        say(t, ORR_LAB_BROKEN, "process", "no process could be begun: %s\n", strerror(errno));
        return false;
    }
    struct orr_lab_claims c;
    orr_lab_claims_read(p->record, &c);
    int signal = WIFSIGNALED(p->status) ? WTERMSIG(p->status) : 0;
    int code = WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 0;
    if (signal == SIGSYS)
        say(t, ORR_LAB_FORBIDDEN, "system-call",
            "the code called the system (a file, the network, a process, a clock): a protocol "
            "takes events and gives effects\n");
    else if (signal == SIGXCPU || signal == SIGKILL)
        say(t, ORR_LAB_MISTAKE, "cpu-time", "the run used up %d s of CPU time: there is a loop "
                                            "that does not end\n", ORR_LAB_CPU_S);
    else if (c.stage == ORR_LAB_REFUSED)
        say(t, code == 3 ? ORR_LAB_BROKEN : ORR_LAB_FAILED, "refused", "%s\n", c.text);
    else if (c.stage == ORR_LAB_FULL)
        say(t, ORR_LAB_MISTAKE, "effects", "the run sent and put out more than %d MiB\n",
            ORR_LAB_BODY >> 20);
    else if (signal)
        say(t, ORR_LAB_MISTAKE, "died", "the process died: %s\n", strsignal(signal));
    else if (c.stage != ORR_LAB_ENDED)
        say(t, c.stage == ORR_LAB_RUNNING ? ORR_LAB_MISTAKE : ORR_LAB_BROKEN, "ended",
            "the process ended before the run did (exit code %d)\n", code);
    else if (c.mishap) tell_mishap(order, &c, s, t);
    return t->outcome == ORR_LAB_PASSED;
}

/* ---- the judge ---- */

static bool stop_if_over(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    (void)sim, (void)now, (void)end;
    return ((const struct orr_lab_player *)ctx)->is_over;
}

static bool is_capped(const struct orr_lab_trial_order *order, const char *name) {
    for (uint32_t i = 0; i < order->n_caps; i++)
        if (!strcmp(order->caps[i].name, name)) return true;
    return false;
}

/* The verdict that is told: of those that are not as they should be the first that is capped, else
 * the first; NULL: none. */
static const struct orr_verdict *gravest(const struct orr_lab_trial_order *order,
                                         const struct orr_run_result *r) {
    const struct orr_verdict *first = NULL;
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (!v->judged || v->pass) continue;
        if (!first) first = v;
        if (is_capped(order, v->name)) return v;
    }
    return first;
}

static void tell_verdicts(const struct orr_lab_trial_order *order, const struct orr_scenario *s,
                          const struct orr_run_result *r, struct orr_lab_trial *t) {
    const struct orr_verdict *v = gravest(order, r), *open = NULL;
    if (r->n_stops && !s->expect.stopped) { /* the reason of all that follows */
        say(t, ORR_LAB_FAILED, "stopped", "node %u stopped by itself at %.3f s: %s\n",
            r->stops[0].node, (double)r->stops[0].at * 1e-9, r->stops[0].what);
        return;
    }
    if (v) {
        say(t, ORR_LAB_FAILED, v->name, "%s: expected %s, observed %s\n%s%s", v->name, v->expected,
            v->observed, v->text ? v->text : "", v->text && *v->text ? "\n" : "");
        return;
    }
    for (uint32_t i = 0; i < r->n_verdicts && !open; i++)
        if (!r->verdicts[i].judged && r->verdicts[i].asked) open = &r->verdicts[i];
    if (open)
        say(t, ORR_LAB_FAILED, "unjudged", "%s: expected %s, %s\n", open->name, open->expected,
            open->observed);
    else
        say(t, ORR_LAB_FAILED, "unjudged", "nothing was judged\n");
}

static void judge_run(const struct orr_lab_trial_order *order, const struct orr_scenario *s,
                      const struct orr_lab_player *p, const struct orr_run_result *r,
                      struct orr_lab_trial *t) {
    static const char forged[] =
        "what the process handed out is not what this scenario asks of it: memory outside of the "
        "nodes was written, or a result was made up\n";
    t->fingerprint = r->fingerprint;
    t->n_messages = r->counts.sends;
    t->ended_at = r->ended_at;
    if (p->is_over) say(t, ORR_LAB_FORGED, "forged", "%s", forged);
    else if (r->mishap.kind)
        say(t, ORR_LAB_MISTAKE, orr_mishap_name(r->mishap.kind), "%s: %s\n",
            orr_mishap_meaning(r->mishap.kind), r->mishap.text);
    else if (!r->pass) tell_verdicts(order, s, r, t);
    else if (r->end != ORR_RUN_COMPLETE || !orr_lab_player_is_done(p))
        say(t, ORR_LAB_FORGED, "forged", "%s", forged);
}

static void tell_diags(const struct orr_diags *diags, struct orr_lab_trial *t) {
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    if (to) orr_diags_print(diags, to, false);
    if (to) fclose(to);
    say(t, ORR_LAB_BROKEN, "scenario", "%s", text ? text : "");
    free(text);
}

/* The scenario with the player in the place of the code; NULL: told. */
static struct orr_scenario *parse(const struct orr_lab_trial_order *order,
                                  const struct orr_plugin *plugin, struct orr_lab_trial *t) {
    struct orr_named_plugin named[1 + ORR_LAB_OTHERS] = {{.plugin = plugin}};
    snprintf(named[0].name, sizeof named[0].name, "%s", order->role);
    for (uint32_t i = 0; i < order->n_others; i++) {
        named[1 + i].plugin = order->others[i];
        snprintf(named[1 + i].name, sizeof named[0].name, "%s", order->other_roles[i]);
    }
    struct orr_scenario_inputs inputs = {.plugins = named, .n_plugins = 1 + order->n_others};
    const char *all[2 * ORR_LAB_OVERRIDES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < order->n_overrides; i++) all[n++] = order->overrides[i];
    for (uint32_t i = 0; i < order->n_own; i++) all[n++] = order->own[i];
    struct orr_scenario *s = NULL;
    struct orr_diags diags = {0};
    int error = orr_scenario_parse_with(order->scenario, order->len, order->name, all, n, &inputs,
                                        &s, &diags);
    if (error) tell_diags(&diags, t);
    orr_diags_fini(&diags);
    if (!error) return s;
    orr_scenario_free(s);
    return NULL;
}

static void judge(const struct orr_lab_trial_order *order, const struct orr_scenario *s,
                  struct orr_lab_player *player, struct orr_lab_trial *t) {
    struct orr_run_options how = {.progress = stop_if_over, .ctx = player};
    struct orr_run_result r;
    struct orr_diags diags = {0};
    if (orr_run(s, &how, &r, &diags)) tell_diags(&diags, t);
    else judge_run(order, s, player, &r, t);
    orr_run_result_fini(&r);
    orr_diags_fini(&diags);
}

static bool same(const struct orr_lab_record *a, const struct orr_lab_record *b) {
    struct orr_lab_cursor x = orr_lab_record_read(a), y = orr_lab_record_read(b);
    return x.len == y.len && !memcmp(x.body, y.body, x.len);
}

void orr_lab_try(const struct orr_lab_trial_order *order, struct orr_lab_trial *t) {
    assert(order->n_overrides <= ORR_LAB_OVERRIDES && order->n_own <= ORR_LAB_OVERRIDES);
    assert(order->len < ORR_LAB_TEXT && order->n_others <= ORR_LAB_OTHERS);
    *t = (struct orr_lab_trial){.outcome = ORR_LAB_PASSED};
    struct process first = run_process(order, false), second = {0};
    struct orr_lab_player *player = malloc(sizeof *player);
    struct orr_scenario *s = NULL;
    if (player && first.record) {
        orr_lab_player_init(player, first.record);
        struct orr_plugin plugin = {
            .path = order->role, .protocol = &player->protocol, .handle = order->judge};
        /* what was refused cannot say what it is */
        if (player->claims.stage >= ORR_LAB_RUNNING) s = parse(order, &plugin, t);
        if (s && order->wants && !order->wants(order->ctx, s))
            say(t, ORR_LAB_BROKEN, "unwanted", "this scenario is none that was asked for\n");
        if (t->outcome == ORR_LAB_PASSED && look_at(order, &first, s, t) && !order->is_once) {
            second = run_process(order, true);
            if (look_at(order, &second, s, t) && !same(first.record, second.record))
                say(t, ORR_LAB_UNSTEADY, "unsteady",
                    "two runs of this test did not do the same: the code depends on memory that "
                    "it has not written, or on addresses\n");
        }
        if (t->outcome == ORR_LAB_PASSED) judge(order, s, player, t);
    } else {
        say(t, ORR_LAB_BROKEN, "process", "no process could be begun\n");
    }
    orr_scenario_free(s);
    free(player);
    end_process(&first);
    end_process(&second);
}

/* ---- the story ---- */

/* A run that a recorded mistake cut short goes on without the code: a little, and untold. */
static int tell(const struct orr_scenario *s, struct orr_lab_player *player,
                const struct orr_lab_trial *trial, uint32_t n_lines, const char *trace_path,
                char **story, struct orr_diags *diags) {
    char ending[120];
    bool is_named = !strncmp(trial->text, trial->what, strlen(trial->what));
    snprintf(ending, sizeof ending, "so %s%s%.*s", is_named ? "" : trial->what,
             is_named ? "" : ": ", (int)strcspn(trial->text, "\n"), trial->text);
    struct orr_story_wish wish = {
        .n_lines = n_lines, .fills = true, .ending = ending, .until = trial->ended_at,
        .how = {.progress = stop_if_over, .ctx = player, .trace_path = trace_path}};
    return orr_story_tell_as(s, &wish, story, diags);
}

int orr_lab_account(const struct orr_lab_trial_order *order, const struct orr_lab_trial *trial,
                    uint32_t n_lines, const char *trace_path, char **story,
                    struct orr_diags *diags) {
    assert(trial->outcome != ORR_LAB_PASSED && n_lines > 0);
    static const char *const messages[] = {"record=[messages, decisions, faults]"};
    struct orr_lab_trial_order recorded = *order;
    recorded.own = messages, recorded.n_own = 1;
    struct orr_lab_trial t = {.outcome = ORR_LAB_PASSED};
    struct process p = run_process(order, false);
    struct orr_lab_player *player = malloc(sizeof *player);
    struct orr_scenario *s = NULL;
    int error = ORR_EUNSUPPORTED;
    if (player && p.record) {
        orr_lab_player_init(player, p.record);
        struct orr_plugin plugin = {
            .path = order->role, .protocol = &player->protocol, .handle = order->judge};
        if (player->claims.stage == ORR_LAB_ENDED) s = parse(&recorded, &plugin, &t);
        if (s) error = tell(s, player, trial, n_lines, trace_path, story, diags);
    }
    orr_scenario_free(s);
    free(player);
    end_process(&p);
    return error;
}
