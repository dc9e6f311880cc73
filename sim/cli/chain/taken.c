#include "sim/cli/chain/taken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/output.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

#define VERB "chain export"
enum { ROWS = 1024 };
#define MAX_BYTES ((size_t)1 << 30)

static int complain(const char *trace, const char *what) {
    fprintf(stderr, "orrery " VERB ": %s: %s\n", ORR_SHOWN(trace), what);
    return 2;
}

/* ---- the blocks ---- */

static struct orr_taken_block *last_of(struct orr_taken *t) {
    return t->n ? &t->blocks[t->n - 1] : NULL;
}

/* The last block is there to its end. */
static bool is_whole(const struct orr_taken *t) {
    return !t->n || t->len == t->blocks[t->n - 1].offset + t->blocks[t->n - 1].len;
}

/* A piece of a block: pieces come in order and leave no gap. */
static const char *take_piece(struct orr_taken *t, const struct orr_row_blocks *row) {
    if (is_whole(t)) {
        if (row->offset || row->kind > ORR_TOLD_BLOCK) return "/blocks: pieces out of order";
        if (t->n == t->n_cap) {
            t->n_cap = t->n_cap ? 2 * t->n_cap : 64;
            t->blocks = orr_xrealloc(t->blocks, t->n_cap * sizeof *t->blocks);
        }
        t->blocks[t->n++] = (struct orr_taken_block){.number = row->number,
                                                     .key = row->hash,
                                                     .parent = row->parent,
                                                     .is_first = row->kind == ORR_TOLD_FIRST,
                                                     .offset = t->len,
                                                     .len = row->bytes};
    }
    struct orr_taken_block *b = last_of(t);
    size_t left = b->offset + b->len - t->len;
    size_t n = left < sizeof row->data ? left : sizeof row->data;
    if (row->hash != b->key || row->offset != t->len - b->offset || row->bytes != b->len)
        return "/blocks: pieces out of order";
    if (t->len + n > MAX_BYTES) return "/blocks: more than 1 GiB";
    if (t->len + n > t->cap) t->bytes = orr_xrealloc(t->bytes, t->cap = 2 * (t->len + n));
    if (n) memcpy(t->bytes + t->len, row->data, n);
    t->len += n;
    return NULL;
}

static int take_blocks(struct orr_taken *t, struct orr_trace_reader *reader, const char *trace) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_blocks];
    struct orr_row_blocks *rows = orr_xrealloc(NULL, ROWS * sizeof *rows);
    char error[ORR_READER_ERROR_LEN];
    const char *bad = NULL;
    for (uint64_t at = 0; !bad && at < n; at += ROWS) {
        uint64_t part = n - at < ROWS ? n - at : ROWS;
        if (orr_trace_reader_rows(reader, ORR_GROUP_blocks, at, part, rows, error)) bad = error;
        for (uint64_t i = 0; !bad && i < part; i++) bad = take_piece(t, &rows[i]);
    }
    if (bad) complain(trace, bad);
    free(rows);
    if (bad) return 2;
    if (!is_whole(t)) t->len = t->blocks[--t->n].offset; /* the run was cut short there */
    return t->n ? 0
                : complain(trace, "it holds no blocks: `record: [blocks]` keeps those of a role "
                                  "with an execution chain");
}

/* ---- whose chain ---- */

static bool is_called(const struct orr_row_nodes *row, const char *name) {
    size_t len = strnlen(row->name, sizeof row->name);
    return strlen(name) == len && !memcmp(row->name, name, len);
}

static int find_node(struct orr_trace_reader *reader, const char *trace, const char *name,
                     uint32_t *node) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes];
    char error[ORR_READER_ERROR_LEN];
    void *rows = NULL;
    if (orr_trace_reader_all(reader, ORR_GROUP_nodes, n, &rows, error))
        return complain(trace, error);
    uint64_t i = 0;
    while (i < n && !is_called((const struct orr_row_nodes *)rows + i, name)) i++;
    if (i < n) *node = ((const struct orr_row_nodes *)rows)[i].node;
    free(rows);
    if (i < n) return 0;
    fprintf(stderr, "orrery " VERB ": --node: '%s' is no node of %s\n", ORR_SHOWN(name),
            ORR_SHOWN(trace));
    return 2;
}

/* A node's latest head; a role that names only final blocks has none but those. */
struct tip {
    bool is_set;
    uint32_t node, label;
    uint64_t number, key;
};

/* The latest head of each node that matters; among nodes the highest, then the lowest number. */
static int find_tip(struct orr_trace_reader *reader, const char *trace, uint32_t node,
                    struct tip *best) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_heads];
    uint64_t n_nodes = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes];
    char error[ORR_READER_ERROR_LEN];
    void *all = NULL;
    if (orr_trace_reader_all(reader, ORR_GROUP_heads, n, &all, error))
        return complain(trace, error);
    const struct orr_row_heads *rows = all;
    struct tip *tips = orr_xrealloc(NULL, (n_nodes + 1) * sizeof *tips);
    memset(tips, 0, (n_nodes + 1) * sizeof *tips);
    for (uint64_t i = 0; i < n; i++) {
        const struct orr_row_heads *r = &rows[i];
        if (r->node >= n_nodes || (node != ORR_NOBODY && r->node != node)) continue;
        struct tip *tip = &tips[r->node];
        bool counts = r->label == ORR_HEAD || !tip->is_set || tip->label != ORR_HEAD;
        if (counts && r->label != ORR_HEAD_SAFE)
            *tip = (struct tip){true, r->node, r->label, r->number, r->hash};
    }
    for (uint64_t i = 0; i < n_nodes; i++)
        if (tips[i].is_set && (!best->is_set || tips[i].number > best->number)) *best = tips[i];
    free(tips);
    free(all);
    return 0;
}

static size_t find_block(const struct orr_taken *t, uint64_t key, uint64_t number) {
    size_t i = 0;
    while (i < t->n && (t->blocks[i].key != key || t->blocks[i].number != number)) i++;
    return i;
}

/* From the tip back; without any head (nothing was built) what the first chain begins with. */
static int walk(struct orr_taken *t, const char *trace, const struct tip *tip) {
    size_t at = 0;
    if (tip->is_set)
        at = find_block(t, tip->key, tip->number);
    else
        while (at < t->n && !t->blocks[at].is_first) at++;
    t->chain = orr_xrealloc(NULL, (t->n + 1) * sizeof *t->chain);
    for (; at < t->n && t->n_chain <= t->n;
         at = find_block(t, t->blocks[at].parent, t->blocks[at].number - 1)) {
        t->chain[t->n_chain++] = at;
        if (t->blocks[at].is_first) break; /* else ends: numbers fall by one */
    }
    if (at == t->n)
        return complain(trace, "it does not hold all blocks of this node's chain: was it recorded "
                               "of all nodes (`of:`, `sample:`), to its end?");
    for (size_t i = 0; i < t->n_chain / 2; i++) {
        size_t swap = t->chain[i];
        t->chain[i] = t->chain[t->n_chain - 1 - i];
        t->chain[t->n_chain - 1 - i] = swap;
    }
    return 0;
}

int orr_taken_read(struct orr_taken *t, struct orr_trace_reader *reader, const char *trace,
                   const char *name) {
    uint32_t node = ORR_NOBODY;
    struct tip tip = {.is_set = false};
    *t = (struct orr_taken){.n = 0};
    int code = name ? find_node(reader, trace, name, &node) : 0;
    if (!code) code = take_blocks(t, reader, trace);
    if (!code) code = find_tip(reader, trace, node, &tip);
    if (!code && name && !tip.is_set) code = complain(trace, "it holds no head of this node");
    return code ? code : walk(t, trace, &tip);
}

void orr_taken_end(struct orr_taken *t) {
    free(t->bytes);
    free(t->blocks);
    free(t->chain);
}
