/* What goes into a trace comes out of it. */
#include <unistd.h>

#include "tests/test.h"

#include "analysis/reader.h"
#include "tests/sim/trace/feed.h"

static struct orr_trace *opened(const char *path, uint32_t keep) {
    char error[512] = "";
    struct orr_trace *trace = NULL;
    struct orr_trace_setup setup = feed_setup(path, keep);
    ck_assert_msg(orr_trace_open(&trace, &setup, error, sizeof error) == 0, "%s", error);
    return trace;
}

static void closed(struct orr_trace *trace) {
    char error[512] = "";
    struct orr_trace_result result = {
        .end = 5000000000, .n_events = 9, .fingerprint = 0xfeedull, .exit_code = 1};
    ck_assert_msg(orr_trace_close(trace, &result, error, sizeof error) == 0, "%s", error);
}

static struct orr_trace_reader *reading(const char *path) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    ck_assert_msg(orr_trace_reader_open(&reader, path, error) == 0, "%s", error);
    return reader;
}

static void put_out(struct orr_trace *trace, uint32_t key, const void *bytes, uint32_t len) {
    struct orr_msg *msg = calloc(1, sizeof *msg + len + 1);
    msg->len = len;
    memcpy(msg->data, bytes, len);
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_OUTPUT, .node = 5, .key = key,
                                             .len = len, .at = 7, .sent = 7, .msg = msg});
    free(msg);
}

static void *all(struct orr_trace_reader *reader, enum orr_trace_group group, uint64_t n) {
    char error[ORR_READER_ERROR_LEN] = "";
    void *rows = NULL;
    ck_assert_uint_eq(orr_trace_reader_head(reader)->rows[group], n);
    ck_assert_msg(orr_trace_reader_all(reader, group, 1 << 24, &rows, error) == 0, "%s", error);
    return rows;
}

START_TEST(every_receipt_becomes_its_row) {
    enum { N = 100000 }; /* a dozen chunks, and a ragged end */
    const char *path = feed_path("rows.h5");
    struct orr_trace *trace = opened(path, ORR_KEEP_MESSAGES);
    for (uint64_t i = 0; i < N; i++) feed_tell(trace, feed_event(i));
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    struct orr_row_events *rows = all(reader, ORR_GROUP_events, N);
    for (uint64_t i = 0; i < N; i++) {
        struct orr_row_events wanted = feed_row(i);
        ck_assert_msg(!memcmp(&rows[i], &wanted, sizeof wanted), "row %llu", (unsigned long long)i);
    }
    free(rows);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(the_head_says_how_to_run_again) {
    const char *path = feed_path("head.h5");
    closed(opened(path, ORR_KEEP_NONE));
    struct orr_trace_reader *reader = reading(path);
    const struct orr_trace_head *head = orr_trace_reader_head(reader);
    ck_assert_uint_eq(head->version, ORR_TRACE_VERSION);
    ck_assert_uint_eq(head->seed, 42);
    ck_assert_str_eq(head->name, "feed");
    ck_assert_str_eq(head->title, "A made-up run");
    ck_assert_str_eq(head->scenario, feed_scenario);
    ck_assert_str_eq(head->overrides, "seed=42\n");
    struct orr_row_result *result = all(reader, ORR_GROUP_result, 1);
    ck_assert_int_eq(result->end_ns, 5000000000);
    ck_assert_uint_eq(result->events, 9);
    ck_assert_uint_eq(result->fingerprint, 0xfeed);
    ck_assert_uint_eq(result->exit_code, 1);
    free(result);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(a_trace_that_was_not_finished_has_no_result) {
    const char *path = feed_path("cut.h5");
    struct orr_trace *trace = opened(path, ORR_KEEP_MESSAGES);
    feed_tell(trace, feed_event(0));
    ck_assert_int_eq(orr_trace_close(trace, NULL, NULL, 0), 0);
    struct orr_trace_reader *reader = reading(path);
    free(all(reader, ORR_GROUP_events, 1));
    free(all(reader, ORR_GROUP_result, 0));
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(a_block_is_listed_once_however_many_nodes_decide_it) {
    const char *path = feed_path("blocks.h5");
    struct orr_trace *trace = opened(path, ORR_KEEP_DECISIONS);
    feed_nodes(trace);
    feed_submit(trace, 100, 2, 0xaa);
    struct feed_block block = {.height = 1,
                               .round = 2,
                               .proposer = 5,
                               .proposed_at = 150,
                               .n_txs = 2,
                               .txs = {0xaa, 0xbb},
                               .value = 9};
    for (orr_peer i = 0; i < FEED_NODES; i++) feed_decide(trace, 200 + i, i, block);
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    struct orr_row_decisions *decisions = all(reader, ORR_GROUP_decisions, FEED_NODES);
    ck_assert_int_eq(decisions[3].time_ns, 203);
    ck_assert_int_eq(decisions[3].latency_ns, 53);
    ck_assert_uint_eq(decisions[3].value, 0x0909090909090909);
    ck_assert_uint_eq(decisions[3].state_root, 0x0a0a0a0a0a0a0a0a);
    ck_assert_uint_eq(decisions[3].node, 3);
    ck_assert_uint_eq(decisions[3].proposer, 5);
    ck_assert_uint_eq(decisions[3].round, 2);
    ck_assert_uint_eq(decisions[3].txs, 2);
    struct orr_row_inclusions *inclusions = all(reader, ORR_GROUP_inclusions, 2);
    ck_assert_uint_eq(inclusions[1].tx, 0xbb);
    ck_assert_int_eq(inclusions[1].time_ns, 200);
    struct orr_row_submissions *submissions = all(reader, ORR_GROUP_submissions, 1);
    ck_assert_uint_eq(submissions[0].tx, 0xaa);
    ck_assert_uint_eq(submissions[0].client, 7);
    struct orr_row_nodes *nodes = all(reader, ORR_GROUP_nodes, FEED_NODES);
    ck_assert_str_eq(nodes[15].name, "val.15");
    ck_assert_uint_eq(nodes[15].stake, 16);
    ck_assert_uint_eq(nodes[3].faulty, 1);
    free(nodes), free(submissions), free(inclusions), free(decisions);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

/* Tells one record of each kind. */
static void tell_each_kind(struct orr_trace *trace) {
    struct orr_msg *progress = calloc(1, sizeof *progress + sizeof(struct orr_progress));
    progress->len = sizeof(struct orr_progress);
    feed_tell(trace, feed_event(0));
    feed_tell(trace, (struct orr_tap_record){
                         .kind = ORR_TAP_EVENT, .what = ORR_TIMER, .at = 1, .sent = 1});
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_SEND, .at = 2, .sent = 2});
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_DROP, .what = ORR_DROP_LOSS, .at = 3});
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_FAULT, .what = 1, .node = 4, .at = 4});
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_OUTPUT,
                                             .key = ORR_OUT_STEP,
                                             .at = 5,
                                             .len = progress->len,
                                             .msg = progress});
    feed_submit(trace, 6, 1, 0xaa);
    feed_decide(trace, 7, 1, (struct feed_block){.height = 1, .value = 1});
    free(progress);
}

START_TEST(metrics_lines_heads_and_own_outputs_become_rows) {
    const char *path = feed_path("outputs.h5");
    uint8_t own[100];
    for (uint8_t i = 0; i < sizeof own; i++) own[i] = i;
    struct orr_metric_point metric = {.value = -3, .name = "mempool", .unit = "B"};
    struct orr_head head = {.number = 8, .label = ORR_HEAD_SAFE};
    memset(head.hash, 1, 32), memset(head.parent, 2, 32), memset(head.state_root, 3, 32);
    struct orr_trace *trace =
        opened(path, ORR_KEEP_LOGS | ORR_KEEP_METRICS | ORR_KEEP_HEADS | ORR_KEEP_OUTPUTS);
    put_out(trace, ORR_OUT_METRIC, &metric, sizeof metric);
    put_out(trace, ORR_OUT_LOG, "a line", 6);
    put_out(trace, ORR_OUT_HEAD, &head, sizeof head);
    put_out(trace, ORR_OUT_OWN + 3, own, sizeof own);
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    struct orr_row_metrics *m = all(reader, ORR_GROUP_metrics, 1);
    ck_assert(m->value == -3 && m->node == 5 && m->time_ns == 7);
    ck_assert_str_eq(m->name, "mempool");
    ck_assert_str_eq(m->unit, "B");
    struct orr_row_logs *l = all(reader, ORR_GROUP_logs, 1);
    ck_assert_str_eq(l->text, "a line");
    ck_assert_uint_eq(l->node, 5);
    struct orr_row_heads *h = all(reader, ORR_GROUP_heads, 1);
    ck_assert(h->number == 8 && h->label == ORR_HEAD_SAFE && h->hash == 0x0101010101010101);
    ck_assert(h->parent == 0x0202020202020202 && h->state_root == 0x0303030303030303);
    struct orr_row_outputs *o = all(reader, ORR_GROUP_outputs, 2);
    ck_assert(o[0].key == 1003 && o[0].bytes == 100 && o[0].offset == 0 && o[1].offset == 64);
    ck_assert_mem_eq(o[0].data, own, 64);
    ck_assert_mem_eq(o[1].data, own + 64, 36);
    free(o), free(h), free(l), free(m);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

/* A block of len bytes, as node 5 puts it out. */
static void put_block(struct orr_trace *trace, uint8_t which, uint32_t kind, uint32_t len) {
    struct orr_block_told *b = malloc(sizeof *b + len);
    memset(b, 0, sizeof *b);
    b->number = which, b->kind = kind, b->len = len;
    memset(b->hash, which, 32), memset(b->parent, which - 1, 32);
    for (uint32_t i = 0; i < len; i++) b->bytes[i] = (uint8_t)(i * 7 + which);
    put_out(trace, ORR_OUT_BLOCK, b, (uint32_t)sizeof *b + len);
    free(b);
}

START_TEST(a_block_becomes_rows_once_and_brings_the_heads) {
    const char *path = feed_path("blocks.h5");
    struct orr_head head = {.number = 2};
    struct orr_trace *trace = opened(path, ORR_KEEP_BLOCKS);
    for (int again = 0; again < 2; again++) {
        put_block(trace, 1, ORR_TOLD_FIRST, 0);
        put_block(trace, 2, ORR_TOLD_BLOCK, 1025);
        put_block(trace, 2, ORR_TOLD_FIRST, 512); /* the same hash, other bytes */
    }
    put_out(trace, ORR_OUT_HEAD, &head, sizeof head);
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    struct orr_row_blocks *b = all(reader, ORR_GROUP_blocks, 5);
    static const uint32_t lens[] = {0, 1025, 1025, 1025, 512}, offsets[] = {0, 0, 512, 1024, 0};
    for (int i = 0; i < 5; i++) {
        ck_assert(b[i].bytes == lens[i] && b[i].offset == offsets[i] && b[i].node == 5);
        ck_assert(b[i].number == (i ? 2 : 1) && b[i].kind == (i % 4 ? 1 : 0));
        ck_assert(b[i].hash == 0x0101010101010101 * (i ? 2 : 1));
        ck_assert(b[i].parent == 0x0101010101010101 * (i ? 1 : 0));
        for (uint32_t k = 0; k < 512; k++) {
            uint32_t at = b[i].offset + k;
            uint8_t is = at < lens[i] ? (uint8_t)(at * 7 + 2) : 0;
            ck_assert_uint_eq((uint8_t)b[i].data[k], is);
        }
    }
    free(b);
    free(all(reader, ORR_GROUP_heads, 1));
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(record_keeps_what_was_asked_for_and_nothing_else) {
    static const struct {
        uint32_t keep;
        uint64_t events, sends, drops, faults, steps, submissions, decisions;
    } cases[] = {
        {ORR_KEEP_NONE, 0, 0, 0, 0, 0, 0, 0},     {ORR_KEEP_DECISIONS, 0, 0, 0, 0, 1, 1, 1},
        {ORR_KEEP_MESSAGES, 1, 0, 1, 0, 0, 0, 0}, {ORR_KEEP_FAULTS, 0, 0, 0, 1, 0, 0, 0},
        {ORR_KEEP_EVENTS, 2, 1, 1, 0, 0, 0, 0},   {ORR_KEEP_ALL, 2, 1, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = feed_path("keep.h5");
        struct orr_trace *trace = opened(path, cases[i].keep);
        tell_each_kind(trace);
        closed(trace);
        struct orr_trace_reader *reader = reading(path);
        const uint64_t *rows = orr_trace_reader_head(reader)->rows;
        ck_assert_uint_eq(rows[ORR_GROUP_events], cases[i].events);
        ck_assert_uint_eq(rows[ORR_GROUP_sends], cases[i].sends);
        ck_assert_uint_eq(rows[ORR_GROUP_drops], cases[i].drops);
        ck_assert_uint_eq(rows[ORR_GROUP_faults], cases[i].faults);
        ck_assert_uint_eq(rows[ORR_GROUP_steps], cases[i].steps);
        ck_assert_uint_eq(rows[ORR_GROUP_submissions], cases[i].submissions);
        ck_assert_uint_eq(rows[ORR_GROUP_decisions], cases[i].decisions);
        orr_trace_reader_close(reader);
        unlink(path);
    }
}
END_TEST

START_TEST(a_sample_of_nodes_and_kinds_is_kept_and_is_the_same_each_time) {
    enum { N = 20000 };
    uint64_t first = 0;
    for (int turn = 0; turn < 2; turn++) {
        const char *path = feed_path("sample.h5");
        struct orr_trace *trace = opened(path, ORR_KEEP_MESSAGES);
        orr_trace_role(trace, "r");
        orr_trace_kind(trace, 2, "second", false);
        for (orr_peer i = 0; i < FEED_NODES; i++)
            orr_trace_node(trace, i, "n", i < 8 ? "r" : "other", "", 0, false, 500000000);
        for (uint64_t i = 0; i < N; i++) feed_tell(trace, feed_event(i));
        closed(trace);
        struct orr_trace_reader *reader = reading(path);
        struct orr_row_nodes *nodes = all(reader, ORR_GROUP_nodes, FEED_NODES);
        uint64_t n = 0;
        for (uint64_t i = 0; i < N; i++) {
            struct orr_tap_record r = feed_event(i);
            n += nodes[r.node].sampled && (r.msg_type != 2 || r.node >= 8);
        }
        ck_assert(n > 0 && n < N * 3 / 4);
        struct orr_row_events *rows = all(reader, ORR_GROUP_events, n);
        for (uint64_t i = 0; i < n; i++)
            ck_assert(nodes[rows[i].node].sampled && (rows[i].message != 2 || rows[i].node >= 8));
        if (turn) ck_assert_uint_eq(n, first);
        first = n;
        free(rows), free(nodes);
        orr_trace_reader_close(reader);
        unlink(path);
    }
}
END_TEST

/* A run without events, as a source of checkpoints: the hash of nodes is made of their numbers, the
 * time, and how many they are. */
static struct fake {
    orr_time now, next; /* next: ORR_NEVER when nothing is asked for */
    void (*fn)(void *ctx, orr_time at);
    void *ctx;
} fake;
static uint64_t fake_events(const void *ctx) { return (uint64_t)((const struct fake *)ctx)->now; }
static uint64_t fake_fold(const void *ctx, orr_peer first, uint32_t n) {
    return feed_mix((uint64_t)((const struct fake *)ctx)->now ^ (uint64_t)n << 32 ^ first);
}
static void fake_call_at(void *ctx, orr_time at, void (*fn)(void *, orr_time), void *fn_ctx) {
    ck_assert_int_gt(at, fake.now);
    ck_assert_ptr_eq(ctx, &fake);
    fake = (struct fake){fake.now, at, fn, fn_ctx};
}

/* Records checkpoints of a run of n nodes that ends at `end`. */
static struct orr_trace_reader *checkpoints_of(uint32_t n, orr_time each, orr_time end,
                                               const char *path) {
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_FAULTS);
    setup.n_nodes = n;
    struct orr_trace *trace;
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    fake = (struct fake){.next = ORR_NEVER};
    struct orr_trace_source source = {&fake, fake_events, fake_fold, fake_call_at, each, end};
    orr_trace_follow(trace, &source);
    while (fake.next <= end) {
        fake.now = fake.next, fake.next = ORR_NEVER;
        fake.fn(fake.ctx, fake.now);
    }
    fake.now = end;
    struct orr_trace_result result = {.end = end};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
    return reading(path);
}

START_TEST(a_checkpoint_holds_the_hash_of_every_node_each_second_and_at_the_end) {
    const char *path = feed_path("checkpoints.h5");
    struct orr_trace_reader *reader = checkpoints_of(3, 1000, 3500, path);
    static const orr_time times[] = {1000, 2000, 3000, 3500};
    struct orr_row_checkpoints *c = all(reader, ORR_GROUP_checkpoints, 4);
    struct orr_row_hashes *h = all(reader, ORR_GROUP_hashes, 12);
    for (uint32_t i = 0; i < 12; i++) {
        orr_time at = times[i / 3];
        fake.now = at;
        ck_assert_int_eq(h[i].time_ns, at);
        ck_assert_uint_eq(h[i].node, i % 3);
        ck_assert_uint_eq(h[i].nodes, 1);
        ck_assert_uint_eq(h[i].hash, fake_fold(&fake, i % 3, 1));
        ck_assert_int_eq(c[i / 3].time_ns, at);
        ck_assert_uint_eq(c[i / 3].event, (uint64_t)at);
        ck_assert_uint_eq(c[i / 3].fingerprint, fake_fold(&fake, 0, 3));
    }
    free(h), free(c);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(no_more_than_4096_checkpoints_are_made_by_doubling_the_time_between_them) {
    static const struct {
        orr_time end;
        uint64_t n;
        orr_time each;
    } cases[] = {{4096, 4096, 1}, {4097, 2049, 2}, {1000000, 3907, 256}, {0, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = feed_path("doubled.h5");
        struct orr_trace_reader *reader = checkpoints_of(2, 1, cases[i].end, path);
        struct orr_row_checkpoints *c = all(reader, ORR_GROUP_checkpoints, cases[i].n);
        for (uint64_t k = 0; k + 1 < cases[i].n; k++)
            ck_assert_int_eq(c[k].time_ns, (orr_time)(k + 1) * cases[i].each);
        ck_assert_int_eq(c[cases[i].n - 1].time_ns, cases[i].end);
        free(c);
        orr_trace_reader_close(reader);
        unlink(path);
    }
}
END_TEST

START_TEST(many_nodes_share_hashes_by_powers_of_two) {
    enum { NODES = 100003, SECONDS = 100, PER_HASH = 16 }; /* 10,000,300 are 9.6 x 2^20 */
    const char *path = feed_path("shared.h5");
    struct orr_trace_reader *reader = checkpoints_of(NODES, 1, SECONDS - 1, path);
    enum { ROWS = (NODES + PER_HASH - 1) / PER_HASH };
    struct orr_row_hashes *h = all(reader, ORR_GROUP_hashes, (uint64_t)ROWS * (SECONDS - 1));
    for (uint32_t i = 0; i < ROWS; i++) {
        fake.now = 1;
        uint32_t n = i + 1 < ROWS ? PER_HASH : NODES % PER_HASH;
        ck_assert_uint_eq(h[i].node, i * PER_HASH);
        ck_assert_uint_eq(h[i].nodes, n);
        ck_assert_uint_eq(h[i].hash, fake_fold(&fake, i * PER_HASH, n));
    }
    free(h);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters) {
    const char *path = feed_path("texts.h5");
    struct orr_trace *trace = opened(path, ORR_KEEP_NONE);
    /* 31 bytes, then a character of two bytes in a column of 32 */
    orr_trace_node(trace, 0, "a", "0123456789012345678901234567890\xc3\xa4",
                   "01234567890123456789012345678901", 1, false, 0);
    orr_trace_verdict(trace, "agreement", "holds", "broken at height 7", true, false);
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    struct orr_row_nodes *nodes = all(reader, ORR_GROUP_nodes, 1);
    ck_assert_int_eq(memcmp(nodes->role, "0123456789012345678901234567890", 32), 0);
    ck_assert_int_eq(memcmp(nodes->region, "01234567890123456789012345678901", 32), 0);
    struct orr_row_verdicts *verdicts = all(reader, ORR_GROUP_verdicts, 1);
    ck_assert_str_eq(verdicts->observed, "broken at height 7");
    ck_assert_uint_eq(verdicts->pass, 0);
    free(verdicts), free(nodes);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(a_trace_replaces_an_older_one_and_leaves_its_readers_alone) {
    const char *path = feed_path("replaced.h5");
    struct orr_trace *trace = opened(path, ORR_KEEP_MESSAGES);
    for (uint64_t i = 0; i < 30000; i++) feed_tell(trace, feed_event(i));
    closed(trace);
    struct orr_trace_reader *reader = reading(path);
    closed(opened(path, ORR_KEEP_NONE));
    struct orr_row_events *rows = all(reader, ORR_GROUP_events, 30000), wanted = feed_row(29999);
    ck_assert_int_eq(memcmp(&rows[29999], &wanted, sizeof wanted), 0);
    free(rows);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(a_path_that_cannot_be_is_refused_by_name) {
    static const char *const paths[] = {"/proc/none/x.h5", "/tmp", "/dev/null", "/dev/null/x.h5"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char error[512] = "";
        struct orr_trace *trace = NULL;
        struct orr_trace_setup setup = feed_setup(paths[i], ORR_KEEP_ALL);
        ck_assert_int_eq(orr_trace_open(&trace, &setup, error, sizeof error), ORR_EINVAL);
        ck_assert_msg(!strncmp(error, "/", 1) && strstr(error, ": "), "%s", error);
    }
}
END_TEST

ORR_TEST_MAIN("trace", every_receipt_becomes_its_row, the_head_says_how_to_run_again,
              a_trace_that_was_not_finished_has_no_result,
              a_block_is_listed_once_however_many_nodes_decide_it,
              metrics_lines_heads_and_own_outputs_become_rows,
              a_block_becomes_rows_once_and_brings_the_heads,
              record_keeps_what_was_asked_for_and_nothing_else,
              a_sample_of_nodes_and_kinds_is_kept_and_is_the_same_each_time,
              a_checkpoint_holds_the_hash_of_every_node_each_second_and_at_the_end,
              no_more_than_4096_checkpoints_are_made_by_doubling_the_time_between_them,
              many_nodes_share_hashes_by_powers_of_two,
              long_texts_are_cut_between_characters,
              a_trace_replaces_an_older_one_and_leaves_its_readers_alone,
              a_path_that_cannot_be_is_refused_by_name)
