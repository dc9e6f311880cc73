/* What token contracts say of themselves, by what is strictly the ABI's and nothing else. */
#include <unistd.h>

#include "sim/cli/index/tokens.h"
#include "tests/models/index/index_world.h"

/* What the contracts of this test answer; NULL: the call is reverted. */
static const char *name, *symbol, *decimals;
static bool has_state, is_gone;
static int n_calls;

static json_t *call(void *ctx, json_t *params, bool *is_lost) {
    const char *data = json_string_value(json_object_get(json_array_get(params, 0), "data"));
    ck_assert_uint_eq(
        strlen(json_string_value(json_object_get(json_array_get(params, 1), "blockHash"))), 66);
    const char *output = !strcmp(data, "0x06fdde03")   ? name
                         : !strcmp(data, "0x95d89b41") ? symbol
                         : !strcmp(data, "0x313ce567") ? decimals
                         : has_state                   ? "0x"
                                                       : NULL;
    json_decref(params);
    (void)ctx;
    n_calls++;
    *is_lost = is_gone && n_calls > 2;
    return output && !*is_lost ? json_string(output) : NULL;
}

#define WORD0    "0000000000000000000000000000000000000000000000000000000000000000"
#define OFFSET   "0000000000000000000000000000000000000000000000000000000000000020"
#define LENGTH3  "0000000000000000000000000000000000000000000000000000000000000003"
#define ABC      "6162630000000000000000000000000000000000000000000000000000000000"
#define EIGHTEEN "0x0000000000000000000000000000000000000000000000000000000000000012"

static struct orr_index_db *db;
static char folder[64], path[96], why[ORR_INDEX_WHY_BYTES];
static struct made a, b;
static struct orr_indexer *ix;

/* A file of two blocks, the second with transfers. */
static void begin(void) {
    const struct orr_index_db_options options = {.is_durable = false};
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *refused;
    bool was_old;
    orr_heap_init(&heap);
    dice = 1;
    snprintf(folder, sizeof folder, "/tmp/orrery-tokens-XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/a.db", folder);
    ck_assert_int_eq(orr_index_db_open(path, &options, &db, &was_old, why), 0);
    make_block(&a, NULL, &(struct recipe){.n_txs = 0});
    make_block(&b, &a, &(struct recipe){.n_txs = 5, .n_logs = 8, .log = any_log});
    ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    ck_assert_int_eq(orr_indexer_add(ix, &a.feed, &hash, &refused), 0);
    ck_assert_int_eq(orr_indexer_add(ix, &b.feed, &hash, &refused), 0);
    ck_assert_int_eq(orr_indexer_follow(ix, &b.hash, &at), 0);
    name = symbol = "0x" OFFSET LENGTH3 ABC;
    decimals = EIGHTEEN;
    has_state = true;
    is_gone = false;
    n_calls = 0;
}

static void end(void) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    char file[128];
    orr_indexer_free(ix);
    orr_index_db_close(db);
    made_free(&a);
    made_free(&b);
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static size_t ask(void) {
    const struct orr_token_source source = {call, NULL};
    size_t n;
    ck_assert_int_eq(orr_index_ask_tokens(db, &source, &n), 0);
    return n;
}

static void take(void *ctx, const struct orr_index_cell *c, int n) {
    char *text = ctx;
    ck_assert_int_eq(n, 1);
    snprintf(text, 400, "%s", c[0].kind == ORR_INDEX_CELL_TEXT ? (const char *)c[0].bytes : "-");
}

/* The value of the first token's column, as text; "-": it has none. */
static const char *said(const char *column) {
    static char text[400];
    char sql[120];
    uint64_t n;
    snprintf(sql, sizeof sql, "SELECT CAST(%s AS TEXT) FROM tokens ORDER BY token LIMIT 1", column);
    const struct orr_index_question q = {.sql = sql, .row = take, .ctx = text};
    ck_assert_int_eq(orr_index_db_ask(db, &q, &n), 0);
    if (!n) snprintf(text, sizeof text, "no row");
    return text;
}

START_TEST(each_token_is_asked_once_and_what_it_says_is_a_row) {
    begin();
    size_t n = ask();
    ck_assert_uint_gt(n, 1);
    ck_assert_str_eq(said("name"), "abc");
    ck_assert_str_eq(said("symbol"), "abc");
    ck_assert_str_eq(said("decimals"), "18");
    ck_assert_str_eq(said("number"), "1");
    ck_assert_str_eq(said("label"), "unsafe");
    ck_assert_uint_eq(ask(), 0);
    end();
}
END_TEST

START_TEST(what_is_not_strictly_a_text_or_a_uint8_counts_as_nothing_said) {
    static const struct {
        const char *answer, *text;
    } texts[] = {
        {NULL, "-"},       /* reverted */
        {"0x", "-"},       /* no contract */
        {"0x" ABC, "abc"}, /* bytes32, as early tokens have it */
        {"0x" WORD0, "-"}, /* an empty one */
        {"0x6100620000000000000000000000000000000000000000000000000000000000", "-"},
        {"0x" OFFSET "00000000000000000000000000000000000000000000000000000000ffffffff" ABC, "-"},
        {"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" LENGTH3 ABC, "-"},
        {"0x" OFFSET LENGTH3 "6162636400000000000000000000000000000000000000000000000000000000",
         "-"},
        {"0x" OFFSET LENGTH3 "ff62630000000000000000000000000000000000000000000000000000000000",
         "-"},
        {"0x" OFFSET LENGTH3 "6100630000000000000000000000000000000000000000000000000000000000",
         "-"},
        {"0x" OFFSET LENGTH3, "-"}, /* its bytes are missing */
        {"no hex", "-"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin();
        name = texts[i].answer;
        decimals =
            i % 2 ? "0x0000000000000000000000000000000000000000000000000000000000000100" : "0x12";
        ck_assert_uint_gt(ask(), 0);
        ck_assert_msg(!strcmp(said("name"), texts[i].text), "%zu: %s", i, said("name"));
        ck_assert_str_eq(said("decimals"), "-");
        ck_assert_str_eq(said("symbol"), "abc");
        end();
    }
}
END_TEST

START_TEST(a_source_without_the_state_or_that_is_lost_leaves_all_for_another_time) {
    begin();
    has_state = false;
    ck_assert_uint_eq(ask(), 0);
    ck_assert_str_eq(said("name"), "no row");
    has_state = is_gone = true;
    ck_assert_uint_eq(ask(), 0);
    ck_assert_str_eq(said("name"), "no row");
    is_gone = false;
    ck_assert_uint_gt(ask(), 0);
    ck_assert_str_eq(said("name"), "abc");
    end();
}
END_TEST

START_TEST(what_was_asked_goes_with_the_block_that_it_was_asked_at) {
    struct made other;
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *refused;
    begin();
    ck_assert_uint_gt(ask(), 0);
    make_block(&other, &a, &(struct recipe){.salt = 1});
    ck_assert_int_eq(orr_indexer_add(ix, &other.feed, &hash, &refused), 0);
    ck_assert_int_eq(orr_indexer_follow(ix, &other.hash, &at), 0);
    ck_assert_str_eq(said("name"), "no row");
    ck_assert_int_eq(orr_indexer_follow(ix, &b.hash, &at), 0);
    ck_assert_str_eq(said("name"), "no row"); /* a branch that comes back is asked again */
    ck_assert_uint_gt(ask(), 0);
    ck_assert_str_eq(said("number"), "1");
    made_free(&other);
    end();
}
END_TEST

ORR_TEST_MAIN("tokens", each_token_is_asked_once_and_what_it_says_is_a_row,
              what_is_not_strictly_a_text_or_a_uint8_counts_as_nothing_said,
              a_source_without_the_state_or_that_is_lost_leaves_all_for_another_time,
              what_was_asked_goes_with_the_block_that_it_was_asked_at)
