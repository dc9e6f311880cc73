#include "sim/index/bare.h"

#include "models/base/error.h"
#include "models/base/rng.h"
#include "sim/index/file.h"

enum {
    LOGS_A_BLOCK = 200,
    LOGS_A_COMMIT = 10000,
    LIVE_LOGS = 10,
    N_HOLDERS = 10000,
    N_TOKENS = 10
};

static const char make[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "CREATE TABLE logs(number INTEGER NOT NULL, place INTEGER NOT NULL, tx INTEGER NOT NULL, "
    "address INTEGER NOT NULL, topic0 INTEGER, topic1 INTEGER, topic2 INTEGER, data BLOB NOT NULL, "
    "PRIMARY KEY(number, place)) STRICT, WITHOUT ROWID;";
static const char make_indexes[] = "CREATE INDEX a ON logs(address); CREATE INDEX b ON "
                                   "logs(topic1); CREATE INDEX c ON logs(topic2);";

static bool run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool put(sqlite3_stmt *s, uint32_t i, uint32_t a_block, struct orr_rng *rng) {
    uint8_t amount[32] = {0};
    uint64_t columns[7] = {i / a_block,
                           i % a_block,
                           i % a_block / 20,
                           1 + orr_rng_below(rng, N_TOKENS),
                           N_TOKENS + 1,
                           N_TOKENS + 2 + orr_rng_below(rng, N_HOLDERS),
                           N_TOKENS + 2 + orr_rng_below(rng, N_HOLDERS)};
    amount[31] = (uint8_t)i;
    for (int k = 0; k < 7; k++) sqlite3_bind_int64(s, k + 1, (int64_t)columns[k]);
    sqlite3_bind_blob(s, 8, amount, sizeof amount, SQLITE_STATIC);
    bool is_good = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return is_good;
}

static int loop(const char *path, uint32_t n, uint32_t a_block, uint32_t a_commit, bool at_end) {
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 1);
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    bool is_good =
        !sqlite3_open(path, &db) && run(db, make) && (at_end || run(db, make_indexes)) &&
        !sqlite3_prepare_v2(db, "INSERT INTO logs VALUES(?1,?2,?3,?4,?5,?6,?7,?8)", -1, &s, NULL);
    for (uint32_t i = 0; i < n && is_good; i++) {
        if (i % a_commit == 0) is_good = run(db, "BEGIN");
        is_good = is_good && put(s, i, a_block, &rng);
        if (is_good && ((i + 1) % a_commit == 0 || i + 1 == n)) is_good = run(db, "COMMIT");
    }
    if (is_good && at_end) is_good = run(db, make_indexes);
    sqlite3_finalize(s);
    return sqlite3_close(db) || !is_good ? ORR_EIO : 0;
}

int orr_index_bare_loop(const char *path, uint32_t n, bool at_end) {
    return loop(path, n, LOGS_A_BLOCK, LOGS_A_COMMIT, at_end);
}

int orr_index_bare_live(const char *path, uint32_t n_commits) {
    return loop(path, n_commits * LIVE_LOGS, LIVE_LOGS, LIVE_LOGS, false);
}
