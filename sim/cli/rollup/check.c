/* orrery rollup check FILE.json: may a batch become the next blocks of the chain? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/validity.h"
#include "sim/base/memory.h"
#include "sim/cli/rollup/cases.h"
#include "sim/base/json.h"

int orr_rollup_check_command(int argc, char **argv);

/* What a case says, on an arena. */
struct question {
    struct orr_arena arena;
    struct orr_rollup_config config;
    struct orr_rollup_view view;
    struct orr_rollup_batch batch;
    struct orr_rollup_known *known;
    size_t n_known;
    char *why; /* [160] */
};

static const struct orr_rollup_known *find(void *ctx, uint64_t number) {
    struct question *q = ctx;
    for (size_t i = 0; i < q->n_known; i++)
        if (q->known[i].block.number == number) return &q->known[i];
    return NULL;
}

/* ---- reading ---- */

static bool read_config(struct question *q, const json_t *one) {
    const json_t *c;
    struct orr_rollup_config *to = &q->config;
    if (!orr_rollup_object(one, "config", &c, q->why) ||
        !orr_rollup_u64(c, "block_time", &to->block_time, q->why) ||
        !orr_rollup_u64(c, "seq_window_size", &to->seq_window_size, q->why) ||
        !orr_rollup_u64(c, "max_sequencer_drift", &to->max_sequencer_drift, q->why) ||
        !orr_rollup_fork(c, "delta_time", &to->delta_time, q->why) ||
        !orr_rollup_fork(c, "fjord_time", &to->fjord_time, q->why) ||
        !orr_rollup_fork(c, "holocene_time", &to->holocene_time, q->why) ||
        !orr_rollup_fork(c, "isthmus_time", &to->isthmus_time, q->why))
        return false;
    if (to->block_time) return true;
    snprintf(q->why, 160, "\"block_time\": 0 s");
    return false;
}

static bool read_l1(struct question *q, const json_t *json, struct orr_rollup_l1_block *to) {
    return orr_rollup_u64(json, "number", &to->number, q->why) &&
           orr_rollup_u64(json, "time", &to->time, q->why) &&
           orr_rollup_fixed(json, "hash", &to->hash, sizeof to->hash, q->why);
}

static bool read_l2(struct question *q, const json_t *json, struct orr_rollup_l2_block *to) {
    const json_t *origin;
    return orr_rollup_u64(json, "number", &to->number, q->why) &&
           orr_rollup_u64(json, "time", &to->time, q->why) &&
           orr_rollup_fixed(json, "hash", &to->hash, sizeof to->hash, q->why) &&
           orr_rollup_object(json, "l1_origin", &origin, q->why) &&
           orr_rollup_u64(origin, "number", &to->origin_number, q->why);
}

static bool read_txs(struct question *q, const json_t *json, const struct orr_rollup_tx **txs,
                     size_t *n_txs) {
    const json_t *list;
    if (!orr_rollup_list(json, "transactions", &list, q->why)) return false;
    *n_txs = json_array_size(list);
    struct orr_rollup_tx *all = orr_alloc(&q->arena.mem, *n_txs * sizeof *all);
    for (size_t i = 0; i < *n_txs; i++) {
        struct orr_buffer bytes;
        if (orr_json_bytes(json_array_get(list, i), &bytes)) {
            snprintf(q->why, 160, "\"transactions\": number %zu is no hexadecimal", i);
            return false;
        }
        uint8_t *copy = orr_alloc(&q->arena.mem, bytes.len);
        if (bytes.len) memcpy(copy, bytes.bytes, bytes.len);
        free(bytes.bytes);
        all[i] = (struct orr_rollup_tx){copy, bytes.len};
    }
    *txs = all;
    return true;
}

static bool read_batch_block(struct question *q, const json_t *json,
                             struct orr_rollup_batch_block *to) {
    return orr_rollup_u64(json, "timestamp", &to->timestamp, q->why) &&
           orr_rollup_u64(json, "epoch_num", &to->epoch_num, q->why) &&
           read_txs(q, json, &to->txs, &to->n_txs);
}

static bool read_batch(struct question *q, const json_t *one) {
    const json_t *json, *list = NULL, *first, *last;
    if (!orr_rollup_object(one, "batch", &json, q->why)) return false;
    const char *type = json_string_value(json_object_get(json, "type"));
    q->batch.is_span = type && !strcmp(type, "span");
    if (!q->batch.is_span && (!type || strcmp(type, "singular") != 0)) {
        snprintf(q->why, 160, "\"type\" of the batch: \"singular\" or \"span\"");
        return false;
    }
    if (q->batch.is_span && !orr_rollup_list(json, "blocks", &list, q->why)) return false;
    size_t n = list ? json_array_size(list) : 1;
    if (!n) {
        snprintf(q->why, 160, "\"blocks\": there are none");
        return false;
    }
    struct orr_rollup_batch_block *blocks = orr_alloc_zero(&q->arena.mem, n * sizeof *blocks);
    for (size_t i = 0; i < n; i++)
        if (!read_batch_block(q, list ? json_array_get(list, i) : json, &blocks[i])) return false;
    q->batch.blocks = blocks;
    q->batch.n_blocks = n;
    first = list ? json_array_get(list, 0) : json;
    last = list ? json_array_get(list, n - 1) : json;
    return orr_rollup_fixed(first, "parent_hash", &q->batch.parent_hash, 32, q->why) &&
           orr_rollup_fixed(last, "epoch_hash", &q->batch.epoch_hash, 32, q->why);
}

static bool read_l1_blocks(struct question *q, const json_t *one) {
    const json_t *list;
    if (!orr_rollup_list(one, "l1_blocks", &list, q->why)) return false;
    size_t n = json_array_size(list);
    struct orr_rollup_l1_block *blocks = orr_alloc_zero(&q->arena.mem, n * sizeof *blocks);
    for (size_t i = 0; i < n; i++)
        if (!read_l1(q, json_array_get(list, i), &blocks[i])) return false;
    q->view.l1_blocks = blocks;
    q->view.n_l1_blocks = n;
    return true;
}

static bool read_known(struct question *q, const json_t *one) {
    const json_t *list;
    if (!orr_rollup_list(one, "known_l2_blocks", &list, q->why)) return false;
    size_t n = json_array_size(list);
    q->known = orr_alloc_zero(&q->arena.mem, n * sizeof *q->known);
    for (size_t i = 0; i < n; i++) {
        const json_t *json = json_array_get(list, i);
        struct orr_rollup_known *known = &q->known[i];
        if (!read_l2(q, json, &known->block) || !read_txs(q, json, &known->txs, &known->n_txs))
            return false;
    }
    q->n_known = n;
    return true;
}

static bool read_question(struct question *q, const json_t *one) {
    const json_t *head, *inclusion;
    q->view = (struct orr_rollup_view){.config = &q->config, .l2_block = find, .ctx = q};
    return read_config(q, one) && read_l1_blocks(q, one) &&
           orr_rollup_object(one, "safe_head", &head, q->why) &&
           read_l2(q, head, &q->view.safe_head) &&
           orr_rollup_object(one, "inclusion_block", &inclusion, q->why) &&
           read_l1(q, inclusion, &q->view.inclusion) && read_known(q, one) && read_batch(q, one);
}

/* ---- the verb ---- */

static json_t *judge(const json_t *one, char **line, char why[160]) {
    struct question q = {.why = why};
    orr_arena_init(&q.arena);
    json_t *result = NULL;
    if (read_question(&q, one)) {
        const char *rule;
        const char *verdict = orr_batch_verdict_name(orr_batch_check(&q.view, &q.batch, &rule));
        size_t size = strlen(verdict) + strlen(rule) + 3;
        *line = orr_xrealloc(NULL, size);
        snprintf(*line, size, "%s: %s", verdict, rule);
        result = json_object();
        json_object_set_new(result, "verdict", json_string(verdict));
        json_object_set_new(result, "rule", json_string(rule));
    }
    orr_arena_fini(&q.arena);
    return result;
}

int orr_rollup_check_command(int argc, char **argv) {
    static const struct orr_rollup_verb verb = {
        "rollup check",
        "usage: orrery rollup check FILE.json [--json]\n\n"
        "The file holds a case, or an array of cases: {config, l1_blocks, safe_head,\n"
        "known_l2_blocks, inclusion_block, batch}.  Printed are the verdict (drop, accept,\n"
        "undecided, future or past) and the rule on which it rests.\n\n",
        judge};
    return orr_rollup_run(&verb, argc, argv);
}
