/* Raft against etcd's interaction tests, by hand.
 *
 * raft/interaction.json: commands in order and, after each, what etcd's test shows of each node.
 * Nothing moves by itself: `process-ready` hands a node's messages to the network and makes its
 * writes durable, `deliver-msgs` brings them to the receivers or drops them, a tick is a step of
 * one node's clock.
 *
 * What is shown: role and term when they change; at `process-ready` role and leader if either has
 * changed since the last time, and term, vote and commit likewise; nothing in a step of which the
 * file tells nothing.  All that the file tells is compared.  A case that needs what is etcd's own
 * is listed with the reason.  A change that etcd refuses it puts into the log as an empty entry,
 * and one that a follower is given goes to the leader at once. */
#include "models/bft/raft/state.h"
#include "models/registry.h"
#include "sim/base/memory.h"
#include "tests/vectors/vectors.h"

/* ---- the cluster of an interaction test ---- */

enum { NODES = 9, TICK = 1000000, ELECTION_TICKS = 3, QUEUE = 4096 };

struct mail { uint32_t from, to; struct orr_msg *msg; };
struct seen { int64_t role, term, vote, leader, commit; }; /* -1: not shown */
struct server {
    bool is_there;
    struct orr_raft *state;
    struct orr_env env;
    struct orr_rng rng;
    orr_time now, timers[ORR_RAFT_N_TIMERS];
    struct mail ready[QUEUE];
    uint32_t n_ready;
    uint32_t writes[QUEUE], n_writes;
    struct seen shown, last; /* last: at the last process-ready */
};

static struct {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_cohort cohort;
    struct orr_common common;
    struct orr_costs costs;
    struct orr_raft_config config;
    struct orr_outbox out;
    orr_peer members[NODES];
    uint64_t stakes[NODES];
    bool learns[NODES];
    struct server servers[NODES + 1]; /* by id, from 1 on */
    uint32_t n;
    struct mail network[QUEUE];
    uint32_t n_network;
    bool is_silent;
} w;

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static struct seen look(const struct server *s) {
    const struct orr_raft *r = s->state;
    return (struct seen){r->role, (int64_t)r->term, r->vote == ORR_NOBODY ? 0 : r->vote + 1,
                         r->leader == ORR_NOBODY ? 0 : r->leader + 1, (int64_t)r->commit};
}

static void begin_call(uint32_t id) {
    struct server *s = &w.servers[id];
    w.out.n = 0;
    w.out.rng = &s->rng;
    s->state->out = &w.out;
    s->state->now = s->state->wall = s->now;
}

/* Takes the effects of what a server just did, and shows a change of role or term. */
static void end_call(uint32_t id, struct seen before) {
    struct server *s = &w.servers[id];
    for (uint32_t i = 0; i < w.out.n; i++) {
        struct orr_effect e = w.out.v[i];
        if (e.kind == ORR_SEND) s->ready[s->n_ready++] = (struct mail){id, e.peer + 1, e.msg};
        else if (e.kind == ORR_ARM) s->timers[e.key] = e.at;
        else if (e.kind == ORR_WRITE) s->writes[s->n_writes++] = e.key;
        if (e.kind != ORR_SEND) orr_msg_unref(&w.pool, e.msg);
        ck_assert(s->n_ready < QUEUE && s->n_writes < QUEUE);
    }
    struct seen after = look(s);
    if (w.is_silent || (before.role == after.role && before.term == after.term)) return;
    s->shown.role = after.role;
    s->shown.term = after.term;
}

static void step(uint32_t id, struct orr_event e) {
    struct server *s = &w.servers[id];
    struct seen before = look(s);
    begin_call(id);
    e.now = e.wall = s->now;
    ck_assert_int_eq(orr_raft_take(s->state, &e, &w.out), 0);
    end_call(id, before);
}

/* Changes of the members hold when what is committed is handed over, as etcd's application lets
 * them. */
static void apply_changes(uint32_t id) {
    struct seen before = look(&w.servers[id]);
    begin_call(id);
    orr_raft_reconfigure(w.servers[id].state);
    end_call(id, before);
}

static bool soft_differs(struct seen a, struct seen b) {
    return a.role != b.role || a.leader != b.leader;
}
static bool hard_differs(struct seen a, struct seen b) {
    return a.term != b.term || a.vote != b.vote || a.commit != b.commit;
}
static bool has_ready(const struct server *s) {
    struct seen is = look(s);
    return s->n_ready || s->n_writes || soft_differs(is, s->last) || hard_differs(is, s->last);
}

static void process_ready(uint32_t id) {
    struct server *s = &w.servers[id];
    struct seen is = look(s);
    if (!w.is_silent && soft_differs(is, s->last))
        s->shown.role = is.role, s->shown.leader = is.leader;
    if (!w.is_silent && hard_differs(is, s->last))
        s->shown.term = is.term, s->shown.vote = is.vote, s->shown.commit = is.commit;
    s->last = is;
    for (uint32_t i = 0; i < s->n_ready; i++) {
        ck_assert_uint_lt(w.n_network, QUEUE);
        w.network[w.n_network++] = s->ready[i];
    }
    s->n_ready = 0;
    uint32_t n = s->n_writes, writes[QUEUE];
    memcpy(writes, s->writes, n * sizeof *writes);
    s->n_writes = 0;
    apply_changes(id);
    for (uint32_t i = 0; i < n; i++)
        step(id, (struct orr_event){.kind = ORR_WRITTEN, .key = writes[i]});
}

/* Brings or drops what is under way to a server; false: nothing was. */
static bool deliver(uint32_t to, bool is_dropped) {
    struct mail mine[QUEUE];
    uint32_t n = 0, kept = 0;
    for (uint32_t i = 0; i < w.n_network; i++)
        if (w.network[i].to == to) mine[n++] = w.network[i];
        else w.network[kept++] = w.network[i];
    w.n_network = kept;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_dropped && w.servers[to].is_there)
            step(to, (struct orr_event){.kind = ORR_RECV, .peer = mine[i].from - 1,
                                        .msg = mine[i].msg});
        orr_msg_unref(&w.pool, mine[i].msg);
    }
    return n > 0;
}

static void stabilize(const uint32_t *ids, uint32_t n) {
    for (bool is_done = false; !is_done;) { /* ends: nobody sends anything by itself */
        is_done = true;
        for (uint32_t i = 0; i < n; i++)
            if (has_ready(&w.servers[ids[i]])) process_ready(ids[i]), is_done = false;
        for (uint32_t i = 0; i < n; i++)
            if (deliver(ids[i], false)) is_done = false;
    }
}

static void tick(uint32_t id, uint32_t n) {
    struct server *s = &w.servers[id];
    for (uint32_t i = 0; i < n; i++) {
        s->now += TICK;
        for (uint32_t key = 0; key < ORR_RAFT_N_TIMERS; key++)
            if (s->timers[key] <= s->now) {
                s->timers[key] = ORR_NEVER;
                step(id, (struct orr_event){.kind = ORR_TIMER, .key = key});
            }
    }
}

/* A server whose log was cut at `index`, of term 1. */
static void add(uint32_t id, uint64_t index) {
    struct server *s = &w.servers[id];
    *s = (struct server){.is_there = true, .env = {&w.common, id - 1},
                         .rng = orr_rng_stream(1, ORR_RNG_NODE, id)};
    s->shown = s->last = (struct seen){-1, -1, -1, -1, -1};
    for (int k = 0; k < ORR_RAFT_N_TIMERS; k++) s->timers[k] = ORR_NEVER;
    s->state = orr_alloc_zero(&w.heap.mem, sizeof *s->state);
    ck_assert_int_eq(orr_raft.init(s->state, &s->env, &w.config), 0);
    if (index) { /* the place, and who the members are there */
        struct orr_msg *cut = orr_msg_new(&w.pool, 0, 48 + 1 + NODES);
        memset(cut->data, 0, 48 + 1 + NODES);
        orr_store_le64(cut->data, index);
        orr_store_le64(cut->data + 8, 1);
        for (uint32_t i = 0; i < NODES; i++)
            cut->data[49 + i] = w.stakes[i] ? ORR_RAFT_VOTER : w.learns[i] ? ORR_RAFT_LEARNER : 0;
        step(id, (struct orr_event){.kind = ORR_STORED, .key = ORR_RAFT_PROMISE + 1, .msg = cut});
        orr_msg_unref(&w.pool, cut);
    }
    step(id, (struct orr_event){.kind = ORR_START});
    s->last = look(s);
    if (!w.is_silent) s->shown.role = ORR_RAFT_FOLLOWER, s->shown.term = 0;
}

/* ---- commands ---- */

/* name=VALUE in a command, up to the next blank; NULL: it is not there. */
static const char *option(const char *text, const char *name) {
    static char value[256];
    char key[64];
    snprintf(key, sizeof key, " %s=", name);
    const char *at = strstr(text, key);
    if (!at) return NULL;
    snprintf(value, sizeof value, "%s", at + strlen(key));
    value[strcspn(value, " ")] = 0;
    return value;
}

/* The ids among the words behind the command's name; without any: all servers. */
static uint32_t ids_in(const char *text, uint32_t *ids) {
    uint32_t n = 0;
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' '))
        if (at[1] >= '1' && at[1] <= '9') ids[n++] = (uint32_t)strtoul(at + 1, NULL, 10);
    if (!n)
        for (uint32_t i = 1; i <= w.n; i++) ids[n++] = i;
    return n;
}

static void do_deliver(const char *text) {
    const char *drop = option(text, "drop");
    for (; drop && *drop; drop++)
        if (*drop >= '1' && *drop <= '9') deliver((uint32_t)(*drop - '0'), true);
    uint32_t ids[NODES + 1], n = 0;
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' '))
        if (at[1] >= '1' && at[1] <= '9') ids[n++] = (uint32_t)strtoul(at + 1, NULL, 10);
    for (uint32_t i = 0; i < n; i++) deliver(ids[i], false);
}

static void do_add(const char *text) {
    uint32_t n = (uint32_t)strtoul(strchr(text, ' '), NULL, 10);
    const char *index = option(text, "index");
    uint64_t at = index ? strtoull(index, NULL, 10) : 0;
    const char *prevote = option(text, "prevote");
    if (prevote) w.config.prevote = !strcmp(prevote, "true");
    const char *check = option(text, "checkquorum");
    if (check) w.config.check_quorum = !strcmp(check, "true");
    const char *down = option(text, "step-down-on-removal");
    if (down) w.config.step_down = !strcmp(down, "true");
    for (uint32_t i = 0; i < n; i++) add(++w.n, at);
}

static void do_propose(uint32_t id, const char *data) {
    struct orr_raft *r = w.servers[id].state;
    struct orr_msg *tx = orr_msg_copy(&w.pool, ORR_RAFT_TX, data, (uint32_t)strlen(data));
    struct seen before = look(&w.servers[id]);
    begin_call(id);
    if (r->role == ORR_RAFT_LEADER) {
        orr_raft_append(r, tx);
        orr_raft_offer(r);
    } else if (r->leader != ORR_NOBODY) {
        orr_raft_send(r, r->leader, orr_msg_ref(tx));
    }
    orr_msg_unref(&w.pool, tx);
    end_call(id, before);
}

/* `v2 l3 r1`: a voter, a learner, one who leaves, as a transaction; NULL: none. */
static struct orr_msg *change_of(const char *steps) {
    struct orr_msg *m = orr_msg_new(&w.pool, ORR_RAFT_CHANGE, ORR_RAFT_CHANGE_HEAD + 5 * NODES);
    uint32_t n = 0;
    memset(m->data, 0, m->len);
    for (const char *at = steps; at && *at; at += strspn(at, " ")) { /* ends: at moves on */
        const char *kinds = "vlru", *kind = strchr(kinds, *at);
        ck_assert(kind && n < NODES);
        uint8_t *to = m->data + ORR_RAFT_CHANGE_HEAD + 5 * n++;
        *to = (uint8_t)(kind - kinds);
        orr_store_le32(to + 1, (uint32_t)strtoul(at + 1, NULL, 10) - 1);
        at += strcspn(at, " ");
    }
    m->len = ORR_RAFT_CHANGE_HEAD + 5 * n;
    if (n) return m;
    orr_msg_unref(&w.pool, m);
    return NULL;
}

static enum orr_raft_how how_of(const char *transition, const char *steps) {
    if (transition && !strcmp(transition, "explicit")) return ORR_RAFT_ENTER;
    if (transition && !strcmp(transition, "implicit")) return ORR_RAFT_ENTER_AUTO;
    if (!steps) return ORR_RAFT_LEAVE;
    return strchr(steps, ' ') ? ORR_RAFT_ENTER_AUTO : ORR_RAFT_SIMPLE;
}

static void do_change(uint32_t id, const char *text, const char *steps) {
    struct orr_raft *r = w.servers[id].state;
    if (r->role != ORR_RAFT_LEADER && r->leader != ORR_NOBODY) id = r->leader + 1;
    r = w.servers[id].state;
    if (r->role != ORR_RAFT_LEADER) return;
    struct orr_msg *tx = change_of(steps);
    struct seen before = look(&w.servers[id]);
    begin_call(id);
    if (!orr_raft_change(r, how_of(option(text, "transition"), steps), tx))
        orr_raft_append(r, NULL);
    orr_raft_offer(r);
    orr_msg_unref(&w.pool, tx);
    end_call(id, before);
}

static void do_one(const char *name, uint32_t id, const char *text) {
    struct orr_raft *r = w.servers[id].state;
    struct seen before = look(&w.servers[id]);
    begin_call(id);
    if (!strcmp(name, "campaign") && r->role != ORR_RAFT_LEADER) {
        orr_raft_campaign(r);
    } else if (!strcmp(name, "compact")) {
        orr_raft_log_compact(&r->log, strtoull(strrchr(text, ' '), NULL, 10), &w.out);
    } else if (!strcmp(name, "forget-leader") && r->role == ORR_RAFT_FOLLOWER) {
        r->leader = ORR_NOBODY;
    } else if (!strcmp(name, "set-randomized-election-timeout")) {
        r->timeout = (orr_time)strtoul(option(text, "timeout"), NULL, 10) * TICK;
        w.servers[id].timers[ORR_RAFT_TIMER_ELECTION] = r->heard_at + r->timeout;
    }
    end_call(id, before);
}

static void do_transfer(const char *text) {
    uint32_t to = (uint32_t)strtoul(option(text, "to"), NULL, 10);
    uint32_t id = (uint32_t)strtoul(option(text, "from"), NULL, 10);
    struct orr_raft *r = w.servers[id].state;
    struct seen before = look(&w.servers[id]);
    begin_call(id);
    if (r->role == ORR_RAFT_LEADER) orr_raft_hand_over(r, to - 1);
    end_call(id, before);
}

static void run_command(const char *text, const char *more) {
    char name[64];
    uint32_t ids[NODES + 1];
    snprintf(name, sizeof name, "%s", text);
    name[strcspn(name, " ")] = 0;
    uint32_t n = ids_in(text, ids);
    if (!strcmp(name, "add-nodes")) do_add(text);
    else if (!strcmp(name, "stabilize")) stabilize(ids, n);
    else if (!strcmp(name, "deliver-msgs")) do_deliver(text);
    else if (!strcmp(name, "process-ready"))
        for (uint32_t i = 0; i < n; i++) process_ready(ids[i]);
    else if (!strcmp(name, "transfer-leadership")) do_transfer(text);
    else if (!strcmp(name, "propose-conf-change")) do_change(ids[0], text, more);
    else if (!strcmp(name, "propose")) do_propose(ids[0], strrchr(text, ' ') + 1);
    else if (!strcmp(name, "tick-heartbeat")) tick(ids[0], 1);
    else if (!strcmp(name, "tick-election")) tick(ids[0], ELECTION_TICKS);
    else do_one(name, ids[0], text);
}

/* ---- which cases are in scope ---- */

/* A command or option, and why a case with it is left out; NULL: it is taken. */
static const struct { const char *word, *reason; } scope[] = {
    {"add-nodes", NULL}, {"campaign", NULL}, {"stabilize", NULL}, {"deliver-msgs", NULL},
    {"process-ready", NULL}, {"propose", NULL}, {"tick-heartbeat", NULL}, {"tick-election", NULL},
    {"compact", NULL}, {"forget-leader", NULL}, {"set-randomized-election-timeout", NULL},
    {"status", NULL}, {"raft-log", NULL}, {"raft-state", NULL}, {"log-level", NULL},
    {"voters", NULL}, {"index", NULL}, {"prevote", NULL}, {"checkquorum", NULL}, {"drop", NULL},
    {"timeout", NULL},
    {"propose-conf-change", NULL}, {"v1", NULL}, {"transition", NULL},
    {"step-down-on-removal", NULL},
    {"learners", NULL},
    {"disable-conf-change-validation", "a leader that checks no change is etcd's own"},
    {"max-committed-size-per-ready", "how much is handed over at once is etcd's own"},
    {"transfer-leadership", NULL}, {"from", NULL}, {"to", NULL},
    {"async-storage-writes", "asynchronous storage is etcd's own"},
    {"process-append-thread", "asynchronous storage is etcd's own"},
    {"process-apply-thread", "asynchronous storage is etcd's own"},
    {"read-only", "read-only modes are etcd's own"},
    {"inflight", "limits of what is in flight are etcd's own"},
    {"report-unreachable", "a report by etcd's transport"},
    {"send-snapshot", "a snapshot at the driver's command is etcd's own"},
    {"type", "messages chosen by etcd's types"},
};

static const char *why_word_is_not(const char *word, size_t len) {
    static char text[128];
    for (size_t i = 0; i < sizeof scope / sizeof scope[0]; i++)
        if (strlen(scope[i].word) == len && !strncmp(scope[i].word, word, len))
            return scope[i].reason;
    snprintf(text, sizeof text, "'%.*s' is not known here", (int)len, word);
    return text;
}

/* Why a case is left out, or NULL. */
static const char *why_not(const json_t *steps) {
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *command = json_object_get(json_array_get(steps, i), "do");
        const char *text = json_string_value(json_is_array(command) ? json_array_get(command, 0)
                                                                    : command);
        const char *reason = why_word_is_not(text, strcspn(text, " "));
        for (const char *at = strchr(text, ' '); at && !reason; at = strchr(at + 1, ' ')) {
            size_t len = strcspn(at + 1, " ="); /* NAME=VALUE */
            if (at[1 + len] == '=') reason = why_word_is_not(at + 1, len);
        }
        if (reason) return reason;
    }
    return NULL;
}

/* ---- running a case ---- */

static const char *const roles[] = {"follower", "precandidate", "candidate", "leader"};

static int64_t field_of(const json_t *told, const char *name) {
    const json_t *value = json_object_get(told, name);
    if (strcmp(name, "role")) return json_integer_value(value);
    for (int i = 0; i < 4; i++)
        if (!strcmp(roles[i], json_string_value(value))) return i;
    return -2;
}

static void compare(const char *which, size_t at, const char *command, const json_t *then) {
    const char *id;
    json_t *told;
    json_object_foreach((json_t *)then, id, told) {
        const struct seen *s = &w.servers[strtoul(id, NULL, 10)].shown;
        const struct { const char *name; int64_t value; } fields[] = {
            {"role", s->role}, {"term", s->term}, {"vote", s->vote}, {"leader", s->leader},
            {"commit", s->commit}};
        for (size_t i = 0; i < 5; i++)
            if (json_object_get(told, fields[i].name))
                ck_assert_msg(fields[i].value == field_of(told, fields[i].name),
                              "%s, step %zu (%s): %s of %s is %ld, %ld is expected", which, at,
                              command, fields[i].name, id, (long)fields[i].value,
                              (long)field_of(told, fields[i].name));
    }
}

static void begin_case(const json_t *steps) {
    memset(&w, 0, sizeof w);
    orr_heap_init(&w.heap);
    orr_pool_init(&w.pool, &w.heap.mem);
    for (const struct orr_config_key *k = orr_raft.config; k->name; k++)
        memcpy((char *)&w.config + k->offset, &k->fallback,
               k->type == ORR_CONFIG_BOOL ? 1 : k->type == ORR_CONFIG_ENUM ? 4 : 8);
    w.config.election_timeout = ELECTION_TICKS * TICK;
    w.config.election_timeout_max = 2 * ELECTION_TICKS * TICK - 1;
    w.config.heartbeat = TICK;
    w.config.prevote = w.config.check_quorum = w.config.step_down = false; /* etcd's defaults */
    const json_t *first = json_object_get(json_array_get(steps, 0), "do");
    const char *text = json_string_value(json_is_array(first) ? json_array_get(first, 0) : first);
    for (uint32_t i = 0; i < NODES; i++) w.members[i] = i;
    const char *voters = option(text, "voters");
    for (; voters && *voters; voters++)
        if (*voters >= '1' && *voters <= '9') w.stakes[*voters - '1'] = 1;
    const char *learners = option(text, "learners");
    for (; learners && *learners; learners++)
        if (*learners >= '1' && *learners <= '9') w.learns[*learners - '1'] = true;
    w.cohort.n = NODES;
    w.cohort.members = w.members;
    w.cohort.stakes = w.stakes;
    w.common = (struct orr_common){.n_nodes = w.cohort.n, .cohort = &w.cohort,
                                   .mem = &w.heap.mem, .pool = &w.pool, .costs = &w.costs};
    w.out = (struct orr_outbox){.pool = &w.pool, .grow = grow};
}

static void end_case(void) {
    for (uint32_t i = 0; i < w.n_network; i++) orr_msg_unref(&w.pool, w.network[i].msg);
    for (uint32_t id = 1; id <= w.n; id++) {
        struct server *s = &w.servers[id];
        for (uint32_t i = 0; i < s->n_ready; i++) orr_msg_unref(&w.pool, s->ready[i].msg);
        orr_raft.fini(s->state);
        orr_free(&w.heap.mem, s->state, sizeof *s->state);
    }
    ck_assert_uint_eq(w.pool.n_live, 0);
    orr_pool_fini(&w.pool);
    ck_assert_uint_eq(w.heap.used_bytes, 0);
    free(w.out.v);
}

static size_t run_case(const char *which, const json_t *steps) {
    size_t n_compared = 0;
    begin_case(steps);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *s = json_array_get(steps, i), *then = json_object_get(s, "then");
        const json_t *command = json_object_get(s, "do");
        const char *text = json_string_value(json_is_array(command) ? json_array_get(command, 0)
                                                                    : command);
        w.is_silent = !json_object_size(then);
        run_command(text, json_is_array(command) ? json_string_value(json_array_get(command, 1))
                                                 : NULL);
        compare(which, i, text, then);
        n_compared += json_object_size(then);
    }
    end_case();
    return n_compared;
}

START_TEST(servers_stand_where_those_of_etcd_stand_after_each_command) {
    orr_vectors_need("raft/interaction.json");
    json_t *cases = orr_vector_load("raft/interaction.json");
    size_t n_run = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *steps = json_object_get(one, "steps");
        const char *which = json_string_value(json_object_get(one, "case"));
        const char *reason = why_not(steps);
        if (reason) {
            printf("interaction: %s: left out: %s\n", which, reason);
            continue;
        }
        printf("interaction: %s: %zu states compared\n", which, run_case(which, steps));
        n_run++;
    }
    printf("interaction: %zu of %zu cases run\n", n_run, json_array_size(cases));
    ck_assert_uint_gt(n_run, 0);
    json_decref(cases);
}
END_TEST

ORR_TEST_MAIN("vectors.raft", servers_stand_where_those_of_etcd_stand_after_each_command)
