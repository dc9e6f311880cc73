/* A record is what a process says that may lie: what fits is played, and nothing else is. */
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/lab/player.h"
#include "tests/test.h"

static struct orr_lab_record *record; /* 128 MiB, of which little is touched */
static struct orr_heap heap;
static struct orr_pool pool;
static struct orr_outbox out;
static struct orr_effect effects[16];

static void grow(struct orr_outbox *o) {
    (void)o;
    ck_abort_msg("that many effects were not meant");
}

static void begin(void) {
    record = calloc(1, sizeof *record);
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    out = (struct orr_outbox){.v = effects, .cap = 16, .pool = &pool, .grow = grow};
}
static void end(void) {
    for (uint32_t i = 0; i < out.n; i++) orr_msg_unref(&pool, out.v[i].msg);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    free(record);
}

static const struct orr_event start = {.kind = ORR_START, .peer = ORR_NOBODY, .now = 7, .wall = 9};

/* Node 3 begins, and its first step sends 5 bytes and arms a timer. */
static void write_two_calls(void) {
    begin();
    struct orr_lab_call init = {.is_init = 1, .node = 3};
    ck_assert(orr_lab_record_call(record, &init, NULL, 0));
    orr_send(&out, 1, orr_msg_copy(&pool, 4, "hello", 5));
    orr_arm(&out, 2, 100);
    struct orr_lab_call call = {.node = 3, .event = orr_lab_event_hash(&start), .busy_ns = 11};
    ck_assert(orr_lab_record_call(record, &call, &out, 0));
    for (uint32_t i = 0; i < out.n; i++) orr_msg_unref(&pool, out.v[i].msg);
    out.n = 0;
}

/* The two calls as a run would make them. */
static void play(struct orr_lab_player *p, orr_peer node, const struct orr_event *event) {
    uint64_t state[8] = {0};
    struct orr_env env = {.self = node};
    ck_assert_uint_le(p->protocol.node_size, sizeof state);
    p->protocol.init(state, &env, NULL);
    p->protocol.step(state, event, &out);
}

START_TEST(what_was_written_is_played) {
    write_two_calls();
    struct orr_lab_player *p = malloc(sizeof *p);
    orr_lab_player_init(p, record);
    ck_assert(!orr_lab_player_is_done(p));
    play(p, 3, &start);
    ck_assert(!p->is_over && !p->is_forged && orr_lab_player_is_done(p));
    ck_assert_uint_eq(out.n, 2);
    ck_assert_int_eq(out.busy_ns, 11);
    ck_assert_int_eq(out.v[0].kind, ORR_SEND);
    ck_assert_uint_eq(out.v[0].peer, 1);
    ck_assert_uint_eq(out.v[0].msg->kind, 4);
    ck_assert_uint_eq(out.v[0].msg->len, 5);
    ck_assert(!memcmp(out.v[0].msg->data, "hello", 5));
    ck_assert_int_eq(out.v[1].kind, ORR_ARM);
    ck_assert_uint_eq(out.v[1].key, 2);
    ck_assert_int_eq(out.v[1].at, 100);
    ck_assert_ptr_null(out.v[1].msg);
    /* and then there is nothing more */
    uint64_t state[8] = {3};
    p->protocol.step(state, &start, &out);
    ck_assert(p->is_over && !p->is_forged && !orr_lab_player_is_done(p));
    free(p);
    end();
}
END_TEST

START_TEST(another_node_or_another_event_is_a_forgery) {
    struct orr_event events[5] = {start, start, start, start, start};
    events[1].now++, events[2].wall++, events[3].kind = ORR_TIMER, events[4].key = 1;
    for (int i = 0; i < 5; i++) {
        write_two_calls();
        struct orr_lab_player *p = malloc(sizeof *p);
        orr_lab_player_init(p, record);
        play(p, i ? 3 : 2, &events[i]);
        ck_assert(p->is_over && p->is_forged && !out.n);
        free(p);
        end();
    }
}
END_TEST

START_TEST(a_record_that_is_cut_anywhere_is_no_crash_and_never_done) {
    write_two_calls();
    uint64_t whole = record->claims.len;
    struct orr_lab_player *p = malloc(sizeof *p);
    for (uint64_t len = 0; len < whole; len++) {
        record->claims.len = len;
        orr_lab_player_init(p, record);
        play(p, 3, &start);
        ck_assert_msg(p->is_over && !orr_lab_player_is_done(p), "cut to %llu",
                      (unsigned long long)len);
        for (uint32_t i = 0; i < out.n; i++) orr_msg_unref(&pool, out.v[i].msg);
        out.n = 0;
    }
    free(p);
    end();
}
END_TEST

START_TEST(lengths_that_lie_are_not_believed) {
    write_two_calls();
    struct orr_lab_player *p = malloc(sizeof *p);
    record->claims.len = UINT64_MAX;
    orr_lab_player_init(p, record);
    ck_assert_uint_eq(p->cursor.len, 0);
    record->claims.len = ORR_LAB_BODY + 8;
    orr_lab_player_init(p, record);
    ck_assert_uint_eq(p->cursor.len, 0);
    record->claims.len = 3 * sizeof(struct orr_lab_call);
    struct orr_lab_effect *first = (void *)(record->body + 2 * sizeof(struct orr_lab_call));
    for (int i = 0; i < 2; i++) {
        first->len = i ? UINT32_MAX : 1 << 20;
        orr_lab_player_init(p, record);
        play(p, 3, &start);
        ck_assert(p->is_forged && !out.n);
    }
    free(p);
    end();
}
END_TEST

START_TEST(cpu_times_that_cannot_be_are_not_summed) {
    static const struct {
        int64_t before, busy;
        bool fits;
    } cases[] = {{0, 0, true},  {0, INT64_MAX, true},  {1, INT64_MAX, false},
                 {0, -1, false}, {0, INT64_MIN, false}, {INT64_MAX, 1, false}};
    struct orr_lab_player *p = malloc(sizeof *p);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_two_calls();
        struct orr_lab_call *step = (void *)(record->body + sizeof(struct orr_lab_call));
        step->busy_ns = cases[i].busy;
        out.busy_ns = cases[i].before;
        orr_lab_player_init(p, record);
        play(p, 3, &start);
        ck_assert_msg(p->is_forged == !cases[i].fits, "case %zu", i);
        ck_assert_uint_eq(out.n, cases[i].fits ? 2 : 0);
        end();
    }
    free(p);
}
END_TEST

START_TEST(claims_become_texts_that_end_and_numbers_that_there_are) {
    begin();
    memset(&record->claims, 0xff, sizeof record->claims);
    struct orr_lab_claims c;
    orr_lab_claims_read(record, &c);
    ck_assert_uint_eq(strlen(c.name), sizeof c.name - 1);
    ck_assert_uint_eq(strlen(c.text), sizeof c.text - 1);
    ck_assert_uint_eq(strlen(c.kinds[ORR_LAB_KINDS - 1]), sizeof c.kinds[0] - 1);
    ck_assert_uint_eq(c.stage, ORR_LAB_BEGUN);
    ck_assert_uint_eq(c.n_kinds, 0);
    ck_assert_uint_le(c.n_timers, 1024);
    ck_assert_uint_eq(c.n_frames, 0);
    ck_assert_uint_eq(c.len, 0);
    ck_assert_ptr_nonnull(orr_mishap_name((enum orr_mishap_kind)c.mishap));
    ck_assert_ptr_nonnull(orr_callback_name((enum orr_callback)c.callback));
    end();
}
END_TEST

START_TEST(a_full_record_takes_nothing_more) {
    begin();
    struct orr_lab_call call = {0};
    record->claims.len = ORR_LAB_BODY - sizeof call;
    orr_send(&out, 1, orr_msg_new(&pool, 0, 0));
    ck_assert(!orr_lab_record_call(record, &call, &out, 0));
    ck_assert_uint_eq(record->claims.len, ORR_LAB_BODY - sizeof call);
    ck_assert(orr_lab_record_call(record, &call, &out, 1));
    ck_assert(!orr_lab_record_call(record, &call, NULL, 0));
    end();
}
END_TEST

ORR_TEST_MAIN("lab record", what_was_written_is_played, another_node_or_another_event_is_a_forgery,
              a_record_that_is_cut_anywhere_is_no_crash_and_never_done,
              lengths_that_lie_are_not_believed, cpu_times_that_cannot_be_are_not_summed,
              claims_become_texts_that_end_and_numbers_that_there_are,
              a_full_record_takes_nothing_more)
