/* story.h - what a scenario's nodes see and when, in one line: tables of tests hold it to closed
 * forms. */
#ifndef ORR_TESTS_SIM_ENGINE_STORY_H
#define ORR_TESTS_SIM_ENGINE_STORY_H

#include <stdarg.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/base/msg.h"
#include "sim/run/run.h"
#include "tests/test.h"

#define MS INT64_C(1000000)

/* When each node received a message, in ms; "~": its bytes are none that anybody sent.  How many
 * messages were lost, and how many records a disk gave back.  When faults began (+) and ended (-),
 * as a whole and (@) at a node. */
struct story {
    struct orr_tap tap;
    char of[8][1024], faults[1024];
    uint64_t n_lost, n_stored;
    uint64_t sent[4096];
    uint32_t n_sent;
    bool arrivals; /* the story is of these, else of faults and disks */
    bool clocks; /* some fault sets clocks: (N) behind a ping, its sender's clock was N ms ahead */
};

static inline void add(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void add(char *to, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    size_t len = strlen(to);
    vsnprintf(to + len, size - len, format, args);
    va_end(args);
}

static inline void add_ms(char *to, size_t size, orr_time t) {
    add(to, size, "%lld", (long long)(t / MS));
    if (!(t % MS)) return;
    add(to, size, ".%06lld", (long long)(t % MS));
    while (to[strlen(to) - 1] == '0') to[strlen(to) - 1] = 0;
}

static inline void hear(void *ctx, const struct orr_tap_record *r) {
    struct story *s = ctx;
    if (r->kind == ORR_TAP_DROP) s->n_lost++;
    if (r->kind == ORR_TAP_EVENT && r->what == ORR_STORED) s->n_stored++;
    if (r->kind == ORR_TAP_FAULT) {
        add_ms(s->faults, sizeof s->faults, r->at);
        add(s->faults, sizeof s->faults, "%c%u", r->what ? '+' : '-', r->key);
        if (r->node != ORR_NOBODY) add(s->faults, sizeof s->faults, "@%u", r->node);
        add(s->faults, sizeof s->faults, " ");
    }
    if (r->kind == ORR_TAP_SEND && s->arrivals) {
        ck_assert_uint_lt(s->n_sent, 4096);
        s->sent[s->n_sent++] = r->hash;
    }
    if (r->kind != ORR_TAP_EVENT || r->what != ORR_RECV || !s->arrivals) return;
    bool genuine = false;
    for (uint32_t i = 0; i < s->n_sent; i++) genuine |= s->sent[i] == r->hash;
    char *to = s->of[r->node];
    add(to, sizeof s->of[0], "%s%s", *to ? " " : "", genuine ? "" : "~");
    add_ms(to, sizeof s->of[0], r->at);
    if (!s->clocks || r->msg_type || r->msg->len != 8) return;
    orr_time ahead = (orr_time)orr_load_le64(r->msg->data) - r->sent;
    if (!ahead) return;
    add(to, sizeof s->of[0], "(%s", ahead < 0 ? "-" : "");
    add_ms(to, sizeof s->of[0], ahead < 0 ? -ahead : ahead);
    add(to, sizeof s->of[0], ")");
}

/* Runs a scenario; its story: "0: ...; 1: ...; lost N", or "... stored N". */
static inline const char *tell(const char *text, bool arrivals) {
    static struct story s;
    static char told[sizeof s.of + 64];
    s = (struct story){.tap = {.wants = ~0u, .ctx = &s, .record = hear}, .arrivals = arrivals};
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    int error = orr_scenario_parse(text, strlen(text), "test", NULL, 0, &scenario, &diags);
    struct orr_run_result result = {0};
    struct orr_run_options options = {.taps = &s.tap};
    for (uint32_t i = 0; !error && i < scenario->n_faults; i++)
        s.clocks |= scenario->faults[i].kind == ORR_FAULT_CLOCK;
    if (!error) error = orr_run(scenario, &options, &result, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_msg(!error, "%s", text);
    *told = 0;
    for (uint32_t i = 0; arrivals && i < scenario->n_nodes; i++)
        add(told, sizeof told, "%u: %s; ", i, s.of[i]);
    if (arrivals)
        add(told, sizeof told, "lost %llu", (unsigned long long)s.n_lost);
    else
        add(told, sizeof told, "%sstored %s", s.faults, s.n_stored ? "some" : "none");
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return told;
}

struct row {
    const char *text, *story;
};

/* Runs the scenario head + text of each row; tells all whose story is another, then fails. */
static inline void check_rows(const char *head, bool arrivals, const struct row *rows, size_t n) {
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s", head, rows[i].text);
        const char *told = tell(text, arrivals);
        if (!strcmp(told, rows[i].story)) continue;
        good = false;
        printf("%s  expected %s\n       saw %s\n", rows[i].text, rows[i].story, told);
    }
    fflush(stdout); /* a failed test does not return */
    ck_assert(good);
}
#define CHECK_ROWS(head, arrivals, rows) \
    check_rows(head, arrivals, rows, sizeof rows / sizeof rows[0])
#endif
