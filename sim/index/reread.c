#include "sim/index/reread.h"

#include <string.h>

#include "models/base/error.h"
#include "models/vm/receipt.h"

/* The block that is being made. */
struct reading {
    struct orr_index_db *db;
    struct orr_mem *mem;
    int (*block)(void *ctx, uint64_t number, const struct orr_index_feed *feed);
    void *ctx;
    int result;
    bool is_bad; /* a value is not of its column's kind or length */
    int64_t number;
    struct orr_rlp_writer bytes;    /* of the block */
    struct orr_rlp_writer receipts; /* one behind the other, */
    struct orr_rlp_writer ends;     /* ... and where each ends, u64 */
    struct orr_rlp_writer senders;
    uint64_t gas; /* used so far */
};

/* The logs of a receipt, and their filter. */
struct logs {
    struct reading *r;
    struct orr_rlp_writer list;
    struct orr_evm_bloom bloom;
};

static bool is_bytes(const struct orr_index_cell *c, size_t len) {
    return c->kind == ORR_INDEX_CELL_BLOB && (!len || c->len == len);
}

static void one_log(void *ctx, const struct orr_index_cell *c, int n) {
    struct logs *logs = ctx;
    if (n != 6 || !is_bytes(&c[0], 20) || !is_bytes(&c[5], 0)) {
        logs->r->is_bad = true;
        return;
    }
    size_t log = orr_rlp_list_begin(&logs->list);
    orr_rlp_write_string(&logs->list, c[0].bytes, 20);
    orr_evm_bloom_add(&logs->bloom, c[0].bytes, 20);
    size_t topics = orr_rlp_list_begin(&logs->list);
    for (int i = 1; i < 5 && c[i].kind != ORR_INDEX_CELL_NULL; i++) {
        uint8_t topic[32] = {0};
        if (!is_bytes(&c[i], 32) && !is_bytes(&c[i], 20)) {
            logs->r->is_bad = true;
            break;
        }
        memcpy(topic + sizeof topic - c[i].len, c[i].bytes, c[i].len);
        orr_rlp_write_string(&logs->list, topic, sizeof topic);
        orr_evm_bloom_add(&logs->bloom, topic, sizeof topic);
    }
    orr_rlp_list_end(&logs->list, topics);
    orr_rlp_write_string(&logs->list, c[5].bytes, c[5].len);
    orr_rlp_list_end(&logs->list, log);
}

static int ask(struct reading *r, const char *sql, const int64_t *arguments, int n,
               void (*row)(void *ctx, const struct orr_index_cell *cells, int n), void *ctx) {
    uint64_t n_rows;
    struct orr_index_question q = {
        .sql = sql, .arguments = arguments, .n_arguments = n, .row = row, .ctx = ctx};
    return orr_index_db_ask(r->db, &q, &n_rows);
}

/* The receipt of the place-th transaction: status or root, gas, filter, logs. */
static void write_receipt(struct reading *r, int64_t place, uint8_t type,
                          const struct orr_index_cell *status, const struct orr_index_cell *root) {
    static const char sql[] =
        "SELECT a.bytes, t0.bytes, t1.bytes, t2.bytes, t3.bytes, l.data FROM t_logs AS l "
        "LEFT JOIN words AS a ON a.id = l.address LEFT JOIN words AS t0 ON t0.id = l.topic0 "
        "LEFT JOIN words AS t1 ON t1.id = l.topic1 LEFT JOIN words AS t2 ON t2.id = l.topic2 "
        "LEFT JOIN words AS t3 ON t3.id = l.topic3 WHERE l.number = ?1 AND l.tx = ?2 "
        "ORDER BY l.place";
    struct logs logs = {.r = r, .list = {.mem = r->mem}};
    const int64_t arguments[] = {r->number, place};
    size_t all = orr_rlp_list_begin(&logs.list);
    int error = ask(r, sql, arguments, 2, one_log, &logs);
    if (error) r->result = error;
    orr_rlp_list_end(&logs.list, all);
    if (type) orr_rlp_write_raw(&r->receipts, &type, 1);
    size_t list = orr_rlp_list_begin(&r->receipts);
    if (root->kind == ORR_INDEX_CELL_NULL)
        orr_rlp_write_u64(&r->receipts, (uint64_t)status->number);
    else
        orr_rlp_write_string(&r->receipts, root->bytes, root->len);
    orr_rlp_write_u64(&r->receipts, r->gas);
    orr_rlp_write_string(&r->receipts, logs.bloom.bytes, sizeof logs.bloom.bytes);
    orr_rlp_write_raw(&r->receipts, logs.list.bytes, logs.list.len);
    orr_rlp_list_end(&r->receipts, list);
    orr_rlp_free(&logs.list);
}

static void one_tx(void *ctx, const struct orr_index_cell *c, int n) {
    struct reading *r = ctx;
    if (n != 6 || !is_bytes(&c[1], 0) || !c[1].len || !is_bytes(&c[5], 20)) {
        r->is_bad = true;
        return;
    }
    uint8_t type = c[1].bytes[0] < 0x80 ? c[1].bytes[0] : 0; /* EIP-2718 */
    if (type)
        orr_rlp_write_string(&r->bytes, c[1].bytes, c[1].len);
    else
        orr_rlp_write_raw(&r->bytes, c[1].bytes, c[1].len);
    orr_rlp_write_raw(&r->senders, c[5].bytes, 20);
    r->gas += (uint64_t)c[4].number;
    write_receipt(r, c[0].number, type, &c[2], &c[3]);
    uint64_t end = r->receipts.len;
    orr_rlp_write_raw(&r->ends, &end, sizeof end);
}

static void hand_over(struct reading *r) {
    size_t n = r->senders.len / 20, at = 0;
    struct orr_engine_bytes *receipts = orr_alloc(r->mem, n * sizeof *receipts);
    for (size_t i = 0; i < n; i++) {
        size_t end = orr_load_le64(r->ends.bytes + 8 * i);
        receipts[i] = (struct orr_engine_bytes){r->receipts.bytes + at, end - at};
        at = end;
    }
    struct orr_index_feed feed = {.block = r->bytes.bytes,
                                  .len = r->bytes.len,
                                  .receipts = receipts,
                                  .n_receipts = n,
                                  .senders = (const struct orr_address *)r->senders.bytes};
    r->result = r->block(r->ctx, (uint64_t)r->number, &feed);
    orr_free(r->mem, receipts, n * sizeof *receipts);
}

static void one_block(void *ctx, const struct orr_index_cell *c, int n) {
    static const char sql[] =
        "SELECT t.place, t.bytes, t.status, t.post_state, t.gas_used, w.bytes "
        "FROM t_transactions AS t LEFT JOIN words AS w ON w.id = t.sender WHERE t.number = ?1 "
        "ORDER BY t.place";
    struct reading *r = ctx;
    if (r->result || r->is_bad) return;
    if (n != 3 || !is_bytes(&c[1], 0) || !is_bytes(&c[2], 0)) {
        r->is_bad = true;
        return;
    }
    r->number = c[0].number;
    r->gas = 0;
    r->bytes.len = r->receipts.len = r->ends.len = r->senders.len = 0;
    size_t block = orr_rlp_list_begin(&r->bytes);
    orr_rlp_write_raw(&r->bytes, c[1].bytes, c[1].len);
    size_t txs = orr_rlp_list_begin(&r->bytes);
    int error = ask(r, sql, &r->number, 1, one_tx, r);
    orr_rlp_list_end(&r->bytes, txs);
    orr_rlp_write_raw(&r->bytes, c[2].bytes, c[2].len);
    orr_rlp_list_end(&r->bytes, block);
    if (error) r->result = error;
    if (!r->result && !r->is_bad) hand_over(r);
}

int orr_index_reread(struct orr_index_db *db, struct orr_mem *mem, uint64_t first,
                     int (*block)(void *ctx, uint64_t number, const struct orr_index_feed *feed),
                     void *ctx) {
    struct reading r = {.db = db, .mem = mem, .block = block, .ctx = ctx};
    r.bytes.mem = r.receipts.mem = r.ends.mem = r.senders.mem = mem;
    static const char sql[] =
        "SELECT number, header, rest FROM t_blocks WHERE number >= ?1 ORDER BY number";
    int error = ask(&r, sql, (const int64_t[]){(int64_t)first}, 1, one_block, &r);
    orr_rlp_free(&r.bytes);
    orr_rlp_free(&r.receipts);
    orr_rlp_free(&r.ends);
    orr_rlp_free(&r.senders);
    if (!error && r.is_bad) error = ORR_ECORRUPT;
    return error ? error : r.result;
}
