#include "sim/index/schema.h"

#include <stdarg.h>
#include <stdio.h>

const char orr_index_sql_base[] =
    /* an address, or a topic; one that begins with 12 zeros is kept as the address behind them */
    "CREATE TABLE words(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE t_holdings(id INTEGER PRIMARY KEY, token INTEGER NOT NULL, standard INTEGER NOT "
    "NULL, holder INTEGER NOT NULL, word INTEGER NOT NULL) STRICT;"
    /* the last ids of words and holdings that a block or one below it needs */
    "CREATE TABLE t_marks(number INTEGER PRIMARY KEY, word INTEGER NOT NULL, holding INTEGER NOT "
    "NULL) STRICT;"
    "CREATE TABLE t_head(id INTEGER PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL, "
    "safe INTEGER NOT NULL, final INTEGER NOT NULL) STRICT;"
    "CREATE TABLE t_notes(name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    /* what a token's contract says of itself, and after which block it was asked */
    "CREATE TABLE t_tokens(token INTEGER PRIMARY KEY, number INTEGER NOT NULL, name TEXT, symbol "
    "TEXT, decimals INTEGER) STRICT;"
    "CREATE VIEW tokens AS SELECT '0x' || lower(hex(w.bytes)) AS token, t.number, "
    "(SELECT '0x' || lower(hex(b.hash)) FROM t_blocks AS b WHERE b.number = t.number) AS "
    "block_hash, (SELECT iif(t.number <= h.final, 'final', iif(t.number <= h.safe, 'safe', "
    "'unsafe')) FROM t_head AS h) AS label, t.name, t.symbol, t.decimals "
    "FROM t_tokens AS t LEFT JOIN words AS w ON w.id = t.token;"
    "CREATE VIEW head AS SELECT number, '0x' || lower(hex(hash)) AS hash, safe, final FROM t_head;";

const char *const orr_index_sql_indexes[][2] = {
    {"i_words_bytes", "words(bytes)"},
    {"i_holdings_key", "t_holdings(token, holder, word, standard)"},
    {"i_balances_holding", "t_balances(holding, number)"},
    {"i_holdings_holder", "t_holdings(holder)"},
    {"i_blocks_hash", "t_blocks(hash)"},
    {"i_transactions_hash", "t_transactions(hash)"},
    {"i_transactions_sender", "t_transactions(sender, number)"},
    {"i_transactions_recipient", "t_transactions(recipient, number)"},
    {"i_logs_address", "t_logs(address, topic0)"},
    {"i_logs_topic0", "t_logs(topic0)"},
    {"i_logs_topic1", "t_logs(topic1) WHERE topic1 IS NOT NULL"},
    {"i_logs_topic2", "t_logs(topic2) WHERE topic2 IS NOT NULL"},
    {"i_logs_topic3", "t_logs(topic3) WHERE topic3 IS NOT NULL"},
    {"i_transfers_token", "t_transfers(token)"},
    {"i_transfers_sender", "t_transfers(sender)"},
    {"i_transfers_recipient", "t_transfers(recipient)"},
    {"i_owners_number", "t_owners(number)"},
    {"i_owners_owner", "t_owners(owner)"},
    {"i_contracts_address", "t_contracts(address)"},
    {NULL, NULL},
};

/* A word as a topic: 32 bytes. */
#define TOPIC(bytes) \
    "iif(length(" bytes ") = 20, CAST(x'000000000000000000000000' || " bytes " AS BLOB), " bytes ")"

/* Keccak-256 of "Transfer(address,address,uint256)" (models/index/moves.h). */
#define TRANSFER "x'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'"

static const char transfers_view[] =
    "CREATE VIEW v_transfers AS SELECT l.number, l.place AS log, 0 AS item, "
    "iif(l.topic3 IS NULL, 20, 721) AS standard, l.address AS token, l.topic1 AS sender, "
    "l.topic2 AS recipient, " TOPIC(
        "c.bytes") " AS id, iif(l.topic3 IS NULL, l.data, "
                   "x'0000000000000000000000000000000000000000000000000000000000000001') AS amount "
                   "FROM t_logs AS l JOIN words AS a ON a.id = l.topic1 JOIN words AS b ON b.id = "
                   "l.topic2 "
                   "LEFT JOIN words AS c ON c.id = l.topic3 "
                   "WHERE l.topic0 = (SELECT id FROM words WHERE bytes = " TRANSFER
                   ") AND length(a.bytes) = 20 "
                   "AND length(b.bytes) = 20 AND length(l.data) = iif(l.topic3 IS NULL, 32, 0) "
                   "UNION ALL SELECT * FROM t_transfers;";

static const char balances_view[] =
    "CREATE VIEW v_balances AS SELECT b.number, h.token, h.standard, h.holder, h.word AS id, "
    "b.amount FROM t_balances AS b JOIN t_holdings AS h ON h.id = b.holding;";

/* Each way to be named counts once: the numbers are ORR_INDEX_AS_... */
static const char appearances_view[] =
    "CREATE VIEW v_appearances AS SELECT number, address, sum(way) AS \"as\" FROM ("
    "SELECT number, coinbase AS address, 32 AS way FROM t_blocks "
    "UNION SELECT number, sender, 1 FROM t_transactions "
    "UNION SELECT number, recipient, 2 FROM t_transactions WHERE recipient IS NOT NULL "
    "UNION SELECT number, created, 4 FROM t_transactions WHERE created IS NOT NULL "
    "UNION SELECT number, address, 8 FROM t_logs "
    "UNION SELECT number, sender, 16 FROM v_transfers "
    "UNION SELECT number, recipient, 16 FROM v_transfers) GROUP BY number, address;";

/* A text that grows in an array of ORR_INDEX_SQL_BYTES. */
struct sql {
    char *text;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct sql *sql, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(sql->text + sql->len, ORR_INDEX_SQL_BYTES - sql->len, format, arguments);
    va_end(arguments);
    sql->len += (size_t)n;
    assert(n >= 0 && sql->len < ORR_INDEX_SQL_BYTES); /* the tables are ours */
}

/* Where a table's rows are read from. */
static char source_of(enum orr_index_table table) {
    return table == ORR_INDEX_transfers || table == ORR_INDEX_balances ||
                   table == ORR_INDEX_appearances
               ? 'v'
               : 't';
}

static const char *own_view_of(enum orr_index_table table) {
    return table == ORR_INDEX_transfers     ? transfers_view
           : table == ORR_INDEX_balances    ? balances_view
           : table == ORR_INDEX_appearances ? appearances_view
                                            : "";
}

static void add_base_table(struct sql *sql, enum orr_index_table table) {
    static const char *const types[] = {
        [ORR_INDEX_NUMBER] = "INTEGER",  [ORR_INDEX_HASH] = "BLOB",     [ORR_INDEX_WORD] = "BLOB",
        [ORR_INDEX_ADDRESS] = "INTEGER", [ORR_INDEX_TOPIC] = "INTEGER", [ORR_INDEX_BYTES] = "BLOB"};
    const struct orr_index_schema *s = &orr_index_schemas[table];
    bool has_hash = false;
    add(sql, "CREATE TABLE t_%s(", s->name);
    for (unsigned i = 0; i < s->n_columns; i++) {
        const struct orr_index_column *c = &s->columns[i];
        add(sql, "\"%s\" %s%s, ", c->name, types[c->kind], c->is_nullable ? "" : " NOT NULL");
        has_hash |= c->kind == ORR_INDEX_HASH;
    }
    add(sql, "PRIMARY KEY(");
    for (unsigned i = 0; i < s->n_key; i++) add(sql, "%s%s", i ? ", " : "", s->columns[i].name);
    /* Rows with hashes are long: they stand beside their key's tree. */
    add(sql, ")) STRICT%s;", has_hash ? "" : ", WITHOUT ROWID");
}

void orr_index_sql_table(enum orr_index_table table, char *text) {
    struct sql sql = {.text = text};
    *text = 0;
    if (table == ORR_INDEX_balances)
        add(&sql, "CREATE TABLE t_balances(number INTEGER NOT NULL, holding INTEGER NOT NULL, "
                  "amount BLOB NOT NULL, PRIMARY KEY(number, holding)) STRICT, WITHOUT ROWID;");
    else if (orr_index_is_stored(table))
        add_base_table(&sql, table);
    add(&sql, "%s", own_view_of(table));
}

/* The words that a table's rows name, each from a row of its own. */
static void add_joins(struct sql *sql, const struct orr_index_schema *s) {
    add(sql, " FROM %c_%s AS t", source_of((enum orr_index_table)(s - orr_index_schemas)), s->name);
    for (unsigned i = 0; i < s->n_columns; i++)
        if (orr_index_is_word(s->columns[i].kind))
            add(sql, " LEFT JOIN words AS w%u ON w%u.id = t.%s", i, i, s->columns[i].name);
}

void orr_index_sql_view(enum orr_index_table table, char *text) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct sql sql = {.text = text};
    add(&sql, "CREATE VIEW %s AS SELECT ", s->name);
    for (unsigned i = 0; i < s->n_columns; i++) {
        const struct orr_index_column *c = &s->columns[i];
        if (i) add(&sql, ", ");
        if (c->is_nullable) add(&sql, "iif(t.\"%s\" IS NULL, NULL, ", c->name);
        if (c->kind == ORR_INDEX_NUMBER)
            add(&sql, "t.\"%s\"", c->name);
        else if (c->kind == ORR_INDEX_TOPIC)
            add(&sql,
                "'0x' || iif(length(w%u.bytes) = 20, '000000000000000000000000', '') || "
                "lower(hex(w%u.bytes))",
                i, i);
        else if (c->kind == ORR_INDEX_ADDRESS)
            add(&sql, "'0x' || lower(hex(w%u.bytes))", i);
        else
            add(&sql, "'0x' || lower(hex(t.%s))", c->name);
        add(&sql, "%s AS \"%s\"", c->is_nullable ? ")" : "", c->name);
        if (!i && table != ORR_INDEX_blocks)
            add(&sql, ", (SELECT '0x' || lower(hex(b.hash)) FROM t_blocks AS b "
                      "WHERE b.number = t.number) AS block_hash");
    }
    add(&sql, ", (SELECT iif(t.number <= h.final, 'final', iif(t.number <= h.safe, 'safe', "
              "'unsafe')) FROM t_head AS h) AS label");
    add_joins(&sql, s);
}

void orr_index_sql_put(enum orr_index_table table, char *text) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct sql sql = {.text = text};
    unsigned n = table == ORR_INDEX_balances ? 3 : s->n_columns;
    add(&sql, "INSERT INTO t_%s VALUES(", s->name);
    for (unsigned i = 0; i < n; i++) add(&sql, "%s?%u", i ? ", " : "", i + 1);
    add(&sql, ")");
}

void orr_index_sql_rows(enum orr_index_table table, char *text) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct sql sql = {.text = text};
    add(&sql, "SELECT ");
    for (unsigned i = 0; i < s->n_columns; i++)
        if (s->columns[i].kind == ORR_INDEX_TOPIC)
            add(&sql,
                "%siif(length(w%u.bytes) = 20, CAST(x'000000000000000000000000' || w%u.bytes "
                "AS BLOB), w%u.bytes)",
                i ? ", " : "", i, i, i);
        else if (s->columns[i].kind == ORR_INDEX_ADDRESS)
            add(&sql, "%sw%u.bytes", i ? ", " : "", i);
        else
            add(&sql, "%st.\"%s\"", i ? ", " : "", s->columns[i].name);
    add_joins(&sql, s);
    add(&sql, " ORDER BY ");
    for (unsigned i = 0; i < s->n_key; i++) add(&sql, "%s%u", i ? ", " : "", i + 1);
}
