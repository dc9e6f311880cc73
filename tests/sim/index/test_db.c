/* The index's file: the digests of the store in memory whatever the history, after kill -9 at any
 * moment, when the disk is full; files that are none; questions. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/index/db.h"
#include "tests/models/index/index_world.h"

enum { N = 80 };
static struct made tree[N];
static char folder[64], path[96], why[ORR_INDEX_WHY_BYTES];

static void begin(uint64_t seed) {
    orr_heap_init(&heap);
    dice = seed;
    snprintf(folder, sizeof folder, "/tmp/orrery-index-XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/a.db", folder);
    make_tree(tree, N);
}

static void remove_file(void) {
    char name[128];
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void end(void) {
    free_tree(tree, N);
    remove_file();
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static struct orr_index_db *open_db(struct orr_index_db_options options) {
    struct orr_index_db *db = NULL;
    bool was_old;
    int error = orr_index_db_open(path, &options, &db, &was_old, why);
    ck_assert_msg(!error, "%s", why);
    return db;
}

static struct orr_hash digest_of(struct orr_index_db *db) {
    struct orr_hash tables[ORR_INDEX_N_TABLES];
    struct orr_index_head head = {.number = 0};
    struct orr_index_sink *sink = orr_index_db_sink(db);
    sink->head(sink, &head);
    ck_assert_int_eq(orr_index_db_digests(db, tables), 0);
    return orr_index_digest(&head, tables);
}

static int place_of(const struct orr_hash *hash) {
    int i = 0;
    while (i < N && !orr_hash_equal(tree[i].hash, *hash)) i++;
    return i;
}

/* What the file holds is the index of its head, which is a block of the tree or none. */
static void must_hold_together(struct orr_index_db *db) {
    struct orr_index_head head;
    struct orr_index_sink *sink = orr_index_db_sink(db);
    struct orr_hash found = digest_of(db), tables[ORR_INDEX_N_TABLES] = {{{0}}}, wanted;
    if (sink->head(sink, &head)) {
        const struct orr_index_head none = {.number = 0};
        wanted = orr_index_digest(&none, tables);
    } else {
        int i = place_of(&head.hash);
        ck_assert_int_lt(i, N);
        wanted = rebuilt(tree, i);
    }
    ck_assert_mem_eq(found.bytes, wanted.bytes, 32);
}

static void add_all(struct orr_indexer *ix) {
    struct orr_hash hash;
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(orr_indexer_add(ix, &tree[i].feed, &hash, &(const char *){NULL}), 0);
}

START_TEST(the_file_says_what_the_store_in_memory_says_after_any_history) {
    for (uint64_t seed = 1; seed <= 3; seed++) {
        begin(seed);
        struct orr_index_db *db = open_db((struct orr_index_db_options){.is_bulk = seed == 2});
        struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
        struct orr_indexer_at at;
        add_all(ix);
        for (int i = 0; i < 25; i++) {
            ck_assert_int_eq(orr_indexer_follow(ix, &tree[roll(N)].hash, &at), 0);
            if (i % 8 != 7) continue;
            must_hold_together(db);
            if (seed == 2) ck_assert_int_eq(orr_index_db_settle(db), 0);
            orr_index_db_close(db); /* and goes on where it was */
            db = open_db((struct orr_index_db_options){.is_bulk = seed == 2});
            must_hold_together(db);
            orr_indexer_free(ix);
            ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
            add_all(ix);
        }
        orr_indexer_free(ix);
        orr_index_db_close(db);
        end();
    }
}
END_TEST

static void count_row(void *ctx, const struct orr_index_cell *cells, int n) {
    ck_assert_int_ge(n, 1);
    *(int64_t *)ctx = cells[0].number;
}

static int64_t number_of(struct orr_index_db *db, const char *sql) {
    int64_t number = -1;
    uint64_t n;
    struct orr_index_question q = {.sql = sql, .row = count_row, .ctx = &number};
    ck_assert_msg(!orr_index_db_ask(db, &q, &n), "%s: %s", sql, orr_index_db_why(db));
    return number;
}

START_TEST(nothing_of_an_abandoned_branch_stays_not_even_its_words) {
    struct made a, b, c;
    struct orr_indexer_at at;
    begin(1);
    make_block(&a, NULL, &(struct recipe){.n_txs = 1});
    make_block(&b, &a, &(struct recipe){.n_txs = 5, .n_logs = 3, .log = any_log});
    make_block(&c, &a, &(struct recipe){.salt = 1});
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_durable = true});
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    struct orr_hash hash;
    const char *w;
    orr_indexer_add(ix, &a.feed, &hash, &w);
    orr_indexer_add(ix, &b.feed, &hash, &w);
    orr_indexer_add(ix, &c.feed, &hash, &w);
    ck_assert_int_eq(orr_indexer_follow(ix, &a.hash, &at), 0);
    int64_t words = number_of(db, "SELECT count(*) FROM words");
    ck_assert_int_eq(orr_indexer_follow(ix, &b.hash, &at), 0);
    ck_assert_int_gt(number_of(db, "SELECT count(*) FROM words"), words);
    ck_assert_int_gt(number_of(db, "SELECT count(*) FROM logs"), 0);
    ck_assert_int_eq(orr_indexer_follow(ix, &c.hash, &at), 0);
    ck_assert_int_eq(number_of(db, "SELECT count(*) FROM words"), words);
    ck_assert_int_eq(number_of(db, "SELECT count(*) FROM t_holdings"), 0);
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) {
        char sql[100];
        bool is_view =
            i == ORR_INDEX_transfers || i == ORR_INDEX_balances || i == ORR_INDEX_appearances;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %c_%s", is_view ? 'v' : 't',
                 orr_index_schemas[i].name);
        int64_t rows = number_of(db, sql);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", orr_index_schemas[i].name);
        ck_assert_int_eq(number_of(db, sql), rows);
        if (i == ORR_INDEX_blocks) ck_assert_int_eq(rows, 2);
        if (i == ORR_INDEX_logs) ck_assert_int_eq(rows, 0);
    }
    orr_indexer_free(ix);
    orr_index_db_close(db);
    made_free(&a), made_free(&b), made_free(&c);
    end();
}
END_TEST

/* ---- kill -9 ---- */

/* Indexes heads of the tree, one after another, until it is killed; says so when it begins. */
static void index_for_ever(uint64_t seed, int ready) {
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_bulk = seed % 3 == 0});
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    struct orr_indexer_at at;
    add_all(ix);
    dice = seed;
    if (write(ready, "!", 1) != 1) _exit(1);
    for (;;) { /* ends: killed */
        if (orr_indexer_follow(ix, &tree[roll(N)].hash, &at)) _exit(1);
        if (seed % 3 == 0 && !roll(4) && orr_index_db_settle(db)) _exit(1);
    }
}

START_TEST(the_file_holds_together_after_kill_9_at_any_moment) {
    int n = getenv("EVERY") ? 1000 : 20, n_moved = 0;
    begin(7);
    struct orr_hash last = {{0}};
    for (int i = 0; i < n; i++) {
        const struct timespec pause = {0, (long)roll(30000) * 1000};
        uint64_t seed = roll(1 << 20);
        int ready[2], status;
        char c;
        ck_assert_int_eq(pipe(ready), 0);
        pid_t child = fork();
        if (!child) index_for_ever(seed, ready[1]);
        close(ready[1]);
        ck_assert_int_eq(read(ready[0], &c, 1), 1);
        close(ready[0]);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        struct orr_index_db *db = open_db((struct orr_index_db_options){.is_bulk = i % 2});
        must_hold_together(db);
        struct orr_hash digest = digest_of(db);
        n_moved += !orr_hash_equal(digest, last);
        last = digest;
        orr_index_db_close(db);
    }
    printf("%d of %d found the file changed\n", n_moved, n);
    end();
}
END_TEST

/* ---- a disk that is full ---- */

START_TEST(a_file_that_may_not_grow_stays_whole_and_the_next_run_goes_on) {
    static struct made m[200];
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *w;
    begin(3);
    for (int i = 0; i < 200; i++)
        make_block(&m[i], i ? &m[i - 1] : NULL,
                   &(struct recipe){.n_txs = 8, .n_logs = 8, .log = any_log});
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_durable = false});
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    struct rlimit old, small;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 1 << 20;
    int error = 0, i = 0;
    for (; i < 200 && !error; i++) {
        if (i == 20) setrlimit(RLIMIT_FSIZE, &small);
        ck_assert_int_eq(orr_indexer_add(ix, &m[i].feed, &hash, &w), 0);
        error = orr_indexer_follow(ix, &m[i].hash, &at);
    }
    ck_assert(error == ORR_EIO || error == ORR_ENOSPACE);
    ck_assert_uint_gt(strlen(orr_index_db_why(db)), 0);
    setrlimit(RLIMIT_FSIZE, &old);
    struct orr_index_head head;
    ck_assert_int_eq(orr_index_db_sink(db)->head(orr_index_db_sink(db), &head), 0);
    ck_assert_uint_eq(head.number, (uint64_t)i - 2); /* the one that failed is not in it */
    orr_indexer_free(ix);
    orr_index_db_close(db);
    db = open_db((struct orr_index_db_options){.is_durable = false});
    ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    for (i--; i < 200; i++) {
        ck_assert_int_eq(orr_indexer_add(ix, &m[i].feed, &hash, &w), 0);
        ck_assert_int_eq(orr_indexer_follow(ix, &m[i].hash, &at), 0);
    }
    struct orr_index_store store;
    orr_index_store_init(&store, &heap.mem);
    struct orr_indexer *anew = orr_indexer_new(&heap.mem, &world_options, &store.sink);
    for (i = 0; i < 200; i++) {
        orr_indexer_add(anew, &m[i].feed, &hash, &w);
        ck_assert_int_eq(orr_indexer_follow(anew, &m[i].hash, &at), 0);
    }
    struct orr_hash one = orr_index_store_digest(&store), two = digest_of(db);
    ck_assert_mem_eq(one.bytes, two.bytes, 32);
    orr_indexer_free(anew);
    orr_index_store_fini(&store);
    orr_indexer_free(ix);
    orr_index_db_close(db);
    for (i = 0; i < 200; i++) made_free(&m[i]);
    end();
}
END_TEST

/* ---- files ---- */

static void sql_on_file(const char *sql) {
    sqlite3 *other;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static void write_file(const char *text) {
    FILE *f = fopen(path, "w");
    ck_assert(f && fputs(text, f) >= 0 && !fclose(f));
}

static int try_open(bool is_read_only, bool *was_old) {
    struct orr_index_db *db = NULL;
    const struct orr_index_db_options options = {.is_read_only = is_read_only};
    why[0] = 0;
    int error = orr_index_db_open(path, &options, &db, was_old, why);
    ck_assert((error != 0) == (why[0] != 0));
    if (!error) orr_index_db_close(db);
    return error;
}

START_TEST(what_is_no_index_of_ours_is_refused_and_left_alone) {
    bool was_old;
    begin(1);
    ck_assert_int_eq(try_open(true, &was_old), ORR_ENOTFOUND);
    write_file("");
    ck_assert_int_eq(try_open(true, &was_old), ORR_EFORMAT);
    write_file("this is text, and more of it than a header of SQLite has: one hundred bytes, they "
               "say, of which sixteen are a name");
    ck_assert_int_eq(try_open(true, &was_old), ORR_EFORMAT);
    ck_assert_int_eq(try_open(false, &was_old), ORR_EFORMAT);
    unlink(path);
    sql_on_file("CREATE TABLE x(a)");
    ck_assert_int_eq(try_open(false, &was_old), ORR_EFORMAT);
    sql_on_file("SELECT a FROM x");
    remove_file();
    ck_assert_int_eq(try_open(false, &was_old), 0);
    ck_assert(!was_old);
    sql_on_file("PRAGMA user_version = 99");
    ck_assert_int_eq(try_open(false, &was_old), ORR_EUNSUPPORTED);
    sql_on_file("PRAGMA user_version = 0; CREATE TABLE of_old(a)");
    ck_assert_int_eq(try_open(true, &was_old), ORR_EUNSUPPORTED);
    ck_assert_int_eq(try_open(false, &was_old), 0);
    ck_assert(was_old);
    ck_assert_int_eq(try_open(false, &was_old), 0);
    ck_assert(!was_old);
    sql_on_file("CREATE TABLE of_old(a)"); /* it is gone */
    end();
}
END_TEST

START_TEST(a_name_is_a_files_even_where_sqlite_means_something_else) {
    static const char *const names[] = {":memory:", "file:a?mode=memory"};
    char before[4096];
    struct stat st;
    bool was_old;
    begin(1);
    ck_assert(getcwd(before, sizeof before) && !chdir(folder));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s", names[i]);
        ck_assert_int_eq(try_open(true, &was_old), ORR_ENOTFOUND);
        ck_assert_int_eq(try_open(false, &was_old), 0);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_int_eq(try_open(true, &was_old), 0);
        remove_file();
    }
    path[0] = 0;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(try_open(i, &was_old), ORR_ENOTFOUND);
        ck_assert_str_eq(why, "a file without a name");
    }
    ck_assert_int_eq(chdir(before), 0);
    end();
}
END_TEST

START_TEST(a_file_that_another_writes_waits_and_says_so) {
    bool was_old;
    begin(1);
    ck_assert_int_eq(try_open(false, &was_old), 0);
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_durable = false});
    sqlite3 *other;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct orr_index_sink *sink = orr_index_db_sink(db);
    ck_assert_int_eq(sink->begin(sink), ORR_EIO);
    ck_assert_str_eq(orr_index_db_why(db), "database is locked");
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    ck_assert_int_eq(sink->begin(sink), 0);
    sink->abandon(sink);
    orr_index_db_close(db);
    end();
}
END_TEST

/* As somebody who may only read: whether the file opens without a lock and is the whole one. */
static int read_as_somebody(const struct orr_hash *whole) {
    const struct orr_index_db_options to_read = {.is_read_only = true};
    struct orr_index_db *reader = NULL;
    bool was_old;
    if (!geteuid() && setuid(65534)) return 2;
    if (orr_index_db_open(path, &to_read, &reader, &was_old, why)) return 3;
    struct orr_hash found = digest_of(reader);
    bool is_unlocked = orr_index_db_is_unlocked(reader);
    orr_index_db_close(reader);
    return orr_hash_equal(found, *whole) && is_unlocked ? 0 : 4;
}

static int status_of(const struct orr_hash *whole) {
    int status;
    pid_t child = fork();
    if (!child) _exit(read_as_somebody(whole));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(a_file_that_cannot_be_locked_is_read_as_it_stands_unless_a_journal_is_beside_it) {
    char journal[128];
    struct orr_indexer_at at;
    begin(6);
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_bulk = true});
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    add_all(ix);
    ck_assert_int_eq(orr_indexer_follow(ix, &tree[N - 1].hash, &at), 0);
    ck_assert_int_eq(orr_index_db_settle(db), 0);
    struct orr_hash whole = digest_of(db);
    orr_indexer_free(ix);
    orr_index_db_close(db);
    ck_assert(!chmod(path, 0444) && !chmod(folder, 0555));
    ck_assert_int_eq(status_of(&whole), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    snprintf(journal, sizeof journal, "%s-wal", path);
    FILE *f = fopen(journal, "w");
    ck_assert(f && fputs("commits that are not in the file", f) >= 0 && !fclose(f));
    ck_assert_int_eq(chmod(folder, 0555), 0);
    ck_assert_int_eq(status_of(&whole), 3);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    end();
}
END_TEST

START_TEST(a_file_cut_off_anywhere_is_refused_or_says_so_when_read) {
    bool was_old;
    struct orr_indexer_at at;
    begin(4);
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_durable = false});
    struct orr_indexer *ix = orr_indexer_new(&heap.mem, &world_options, orr_index_db_sink(db));
    add_all(ix);
    ck_assert_int_eq(orr_indexer_follow(ix, &tree[N - 1].hash, &at), 0);
    orr_indexer_free(ix);
    struct orr_hash whole = digest_of(db);
    orr_index_db_close(db);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    for (off_t len = st.st_size - 4096; len > 0; len -= 4096 * 9) {
        struct orr_hash tables[ORR_INDEX_N_TABLES];
        ck_assert_int_eq(truncate(path, len), 0);
        const struct orr_index_db_options options = {.is_read_only = true};
        if (orr_index_db_open(path, &options, &db, &was_old, why)) continue;
        ck_assert_int_ne(orr_index_db_digests(db, tables), 0);
        orr_index_db_close(db);
    }
    (void)whole;
    end();
}
END_TEST

/* ---- questions ---- */

START_TEST(a_foreign_question_only_reads_and_ends) {
    static const char *const bad[] = {"DELETE FROM t_blocks",
                                      "PRAGMA user_version = 7",
                                      "ATTACH '/tmp/x' AS x",
                                      "SELECT 1; SELECT 2",
                                      "",
                                      "-- nothing",
                                      "SELECT",
                                      "SELECT nothing FROM nowhere",
                                      "CREATE TEMP TABLE a(b)",
                                      "SELECT load_extension('x')",
                                      "INSERT INTO t_notes VALUES('a', 'b')",
                                      "VACUUM",
                                      "SELECT decimal('0x12')"};
    begin(1);
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_durable = false});
    int64_t number;
    uint64_t n;
    struct orr_index_question q = {.is_foreign = true, .row = count_row, .ctx = &number};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        q.sql = bad[i];
        ck_assert_msg(orr_index_db_ask(db, &q, &n) == ORR_EINVAL, "%s", bad[i]);
        ck_assert_uint_gt(strlen(orr_index_db_why(db)), 0);
    }
    q.sql = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT n FROM a";
    q.max_rows = 10;
    ck_assert_int_eq(orr_index_db_ask(db, &q, &n), ORR_ELIMIT);
    ck_assert_uint_eq(n, 10);
    q.max_rows = 0;
    q.max_steps = 100000;
    ck_assert_int_eq(orr_index_db_ask(db, &q, &n), ORR_ELIMIT);
    q.sql = "SELECT count(*) FROM blocks; ";
    ck_assert_int_eq(orr_index_db_ask(db, &q, &n), 0);
    ck_assert_uint_eq(n, 1);
    q.sql =
        "SELECT decimal(x'00000000000000000000000000000000000000000000000000000000000001f4') + 0";
    ck_assert_int_eq(orr_index_db_ask(db, &q, &n), 0);
    ck_assert_int_eq(number, 500);
    orr_index_db_close(db);
    end();
}
END_TEST

START_TEST(notes_and_the_wide_indexes_are_there_when_they_are) {
    char text[20];
    begin(1);
    struct orr_index_db *db = open_db((struct orr_index_db_options){.is_bulk = true});
    ck_assert(!orr_index_db_is_settled(db));
    ck_assert_int_eq(orr_index_db_noted(db, "chain", text, sizeof text), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_index_db_note(db, "chain", "1"), 0);
    ck_assert_int_eq(orr_index_db_note(db, "chain", "1337"), 0);
    ck_assert_int_eq(orr_index_db_noted(db, "chain", text, sizeof text), 0);
    ck_assert_str_eq(text, "1337");
    ck_assert_int_eq(orr_index_db_settle(db), 0);
    ck_assert(orr_index_db_is_settled(db));
    orr_index_db_close(db);
    end();
}
END_TEST

ORR_TEST_MAIN("db", the_file_says_what_the_store_in_memory_says_after_any_history,
              nothing_of_an_abandoned_branch_stays_not_even_its_words,
              the_file_holds_together_after_kill_9_at_any_moment,
              a_file_that_may_not_grow_stays_whole_and_the_next_run_goes_on,
              what_is_no_index_of_ours_is_refused_and_left_alone,
              a_name_is_a_files_even_where_sqlite_means_something_else,
              a_file_that_another_writes_waits_and_says_so,
              a_file_that_cannot_be_locked_is_read_as_it_stands_unless_a_journal_is_beside_it,
              a_file_cut_off_anywhere_is_refused_or_says_so_when_read,
              a_foreign_question_only_reads_and_ends,
              notes_and_the_wide_indexes_are_there_when_they_are)
