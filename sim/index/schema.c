#include "sim/index/schema.h"

#include <stdarg.h>
#include <stdio.h>

const char orr_index_sql_base[] =
    "CREATE TABLE words(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE) STRICT;"
    /* the last id of `words` that a block or one below it needs */
    "CREATE TABLE t_marks(number INTEGER PRIMARY KEY, word INTEGER NOT NULL) STRICT;"
    "CREATE TABLE t_head(id INTEGER PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL, "
    "safe INTEGER NOT NULL, final INTEGER NOT NULL) STRICT;"
    "CREATE TABLE t_notes(name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE VIEW head AS SELECT number, '0x' || lower(hex(hash)) AS hash, safe, final FROM t_head;";

const char *const orr_index_sql_indexes[][2] = {
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
    {"i_balances_number", "t_balances(number)"},
    {"i_balances_holder", "t_balances(holder)"},
    {"i_owners_number", "t_owners(number)"},
    {"i_owners_owner", "t_owners(owner)"},
    {"i_appearances_address", "t_appearances(address)"},
    {"i_contracts_address", "t_contracts(address)"},
    {NULL, NULL},
};

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

/* What changes over time is looked for by its key and the youngest number. */
static bool is_over_time(enum orr_index_table table) {
    return table == ORR_INDEX_balances || table == ORR_INDEX_owners;
}

void orr_index_sql_table(enum orr_index_table table, char *text) {
    static const char *const types[] = {
        [ORR_INDEX_NUMBER] = "INTEGER",  [ORR_INDEX_HASH] = "BLOB",     [ORR_INDEX_WORD] = "BLOB",
        [ORR_INDEX_ADDRESS] = "INTEGER", [ORR_INDEX_TOPIC] = "INTEGER", [ORR_INDEX_BYTES] = "BLOB"};
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct sql sql = {.text = text};
    bool has_hash = false;
    add(&sql, "CREATE TABLE t_%s(", s->name);
    for (unsigned i = 0; i < s->n_columns; i++) {
        const struct orr_index_column *c = &s->columns[i];
        add(&sql, "\"%s\" %s%s, ", c->name, types[c->kind], c->is_nullable ? "" : " NOT NULL");
        has_hash |= c->kind == ORR_INDEX_HASH;
    }
    add(&sql, "PRIMARY KEY(");
    unsigned first = is_over_time(table);
    for (unsigned i = first; i < s->n_key; i++)
        add(&sql, "%s%s", i > first ? ", " : "", s->columns[i].name);
    /* Rows with hashes are long: they stand beside their key's tree. */
    add(&sql, "%s)) STRICT%s;", first ? ", number" : "", has_hash ? "" : ", WITHOUT ROWID");
}

/* The words that a table's rows name, each from a row of its own. */
static void add_joins(struct sql *sql, const struct orr_index_schema *s) {
    add(sql, " FROM t_%s AS t", s->name);
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
        else if (orr_index_is_word(c->kind))
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
    add(&sql, "INSERT INTO t_%s VALUES(", s->name);
    for (unsigned i = 0; i < s->n_columns; i++) add(&sql, "%s?%u", i ? ", " : "", i + 1);
    add(&sql, ")");
}

void orr_index_sql_latest(enum orr_index_table table, char *text) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    const struct orr_index_column *last = &s->columns[s->n_columns - 1];
    struct sql sql = {.text = text};
    if (orr_index_is_word(last->kind))
        add(&sql, "SELECT (SELECT bytes FROM words WHERE id = %s)", last->name);
    else
        add(&sql, "SELECT %s", last->name);
    add(&sql, " FROM t_%s WHERE", s->name);
    for (unsigned i = 1; i < s->n_key; i++)
        add(&sql, "%s %s = ?%u", i > 1 ? " AND" : "", s->columns[i].name, i);
    add(&sql, " ORDER BY number DESC LIMIT 1");
}

void orr_index_sql_rows(enum orr_index_table table, char *text) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct sql sql = {.text = text};
    add(&sql, "SELECT ");
    for (unsigned i = 0; i < s->n_columns; i++)
        if (orr_index_is_word(s->columns[i].kind))
            add(&sql, "%sw%u.bytes", i ? ", " : "", i);
        else
            add(&sql, "%st.\"%s\"", i ? ", " : "", s->columns[i].name);
    add_joins(&sql, s);
    add(&sql, " ORDER BY ");
    for (unsigned i = 0; i < s->n_key; i++) add(&sql, "%s%u", i ? ", " : "", i + 1);
}
