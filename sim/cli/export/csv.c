#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/export/export.h"

enum { BATCH = 1024 };

/* One character as it stands between quotes. */
static void put_character(const char **p, const char *end, FILE *to) {
    char shown[ORR_TEXT_CHARACTER];
    bool is_tab = **p == '\t';
    if (**p == '"' || **p == '\\') fputc(**p, to);
    orr_text_step(p, end, shown);
    fputs(is_tab ? "\\x09" : shown, to);
}

void orr_export_text(const char *text, size_t size, FILE *to) {
    const char *end = text + strnlen(text, size);
    fputc('"', to);
    for (const char *p = text; p < end;) put_character(&p, end, to);
    fputc('"', to);
}

static void put_bytes(const uint8_t *bytes, size_t size, FILE *to) {
    while (size && !bytes[size - 1]) size--;
    for (size_t i = 0; i < size; i++) fprintf(to, "%02x", bytes[i]);
}

static bool is_bytes(const struct orr_trace_column *c) { return !strcmp(c->name, "data"); }

static void put_value(const struct orr_trace_column *c, const char *row, FILE *to) {
    const char *at = row + c->offset;
    switch (c->type) {
    case ORR_COLUMN_i64: fprintf(to, "%" PRId64, *(const int64_t *)(const void *)at); return;
    case ORR_COLUMN_u64: fprintf(to, "%" PRIu64, *(const uint64_t *)(const void *)at); return;
    case ORR_COLUMN_u32: fprintf(to, "%" PRIu32, *(const uint32_t *)(const void *)at); return;
    case ORR_COLUMN_u8: fprintf(to, "%u", *(const uint8_t *)at); return;
    default:
        if (is_bytes(c)) put_bytes((const uint8_t *)at, c->size, to);
        else orr_export_text(at, c->size, to);
    }
}

int orr_export_csv(struct orr_trace_reader *reader, enum orr_trace_group group, FILE *to,
                   char error[ORR_READER_ERROR_LEN]) {
    const struct orr_trace_table *table = orr_trace_table_of(group);
    uint64_t n = orr_trace_reader_head(reader)->rows[group];
    char *rows = orr_xrealloc(NULL, (size_t)BATCH * table->row_size);
    int status = 0;
    for (uint32_t k = 0; k < table->n_columns; k++)
        fprintf(to, "%s%s", k ? "," : "", table->columns[k].name);
    fputs("\r\n", to);
    for (uint64_t at = 0; at < n && !status; at += BATCH) {
        uint64_t held = n - at < BATCH ? n - at : BATCH;
        status = orr_trace_reader_rows(reader, group, at, held, rows, error);
        for (uint64_t i = 0; i < held && !status; i++) {
            for (uint32_t k = 0; k < table->n_columns; k++) {
                if (k) fputc(',', to);
                put_value(&table->columns[k], rows + i * table->row_size, to);
            }
            fputs("\r\n", to);
        }
    }
    free(rows);
    return status;
}

void orr_export_columns(const struct orr_trace_head *head, FILE *to) {
    fputs("table,column,type,unit,meaning,rows\r\n", to);
    for (unsigned g = 0; g < ORR_N_GROUPS; g++) {
        const struct orr_trace_table *table = orr_trace_table_of(g);
        for (uint32_t k = 0; k < table->n_columns; k++) {
            const struct orr_trace_column *c = &table->columns[k];
            const char *type = c->type == ORR_COLUMN_i64   ? "int64"
                               : c->type == ORR_COLUMN_u64 ? "uint64"
                               : c->type == ORR_COLUMN_u32 ? "uint32"
                               : c->type == ORR_COLUMN_u8  ? "uint8"
                               : is_bytes(c)               ? "hex"
                                                           : "text";
            fprintf(to, "%s,%s,%s,", table->name, c->name, type);
            orr_export_text(c->unit, strlen(c->unit), to), fputc(',', to);
            orr_export_text(c->text, strlen(c->text), to);
            fprintf(to, ",%" PRIu64 "\r\n", head->rows[g]);
        }
    }
}
