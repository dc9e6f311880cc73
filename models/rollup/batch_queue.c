#include "models/rollup/batch_queue.h"

#include <assert.h>

void orr_batch_queue_init(struct orr_batch_queue *q, struct orr_mem *mem,
                          const struct orr_rollup_config *config) {
    *q = (struct orr_batch_queue){.mem = mem, .config = config};
}

static void end_span(struct orr_batch_queue *q) {
    if (q->is_in_span) orr_open_batch_free(q->mem, &q->span);
    q->is_in_span = false;
}

void orr_batch_queue_reset(struct orr_batch_queue *q) {
    while (q->n_waiting) orr_open_batch_free(q->mem, &q->waiting[--q->n_waiting]);
    end_span(q);
    q->n_l1 = 0;
    q->origin = (struct orr_rollup_l1_block){.number = 0};
}

void orr_batch_queue_fini(struct orr_batch_queue *q) {
    orr_batch_queue_reset(q);
    orr_free(q->mem, q->waiting, q->waiting_cap * sizeof *q->waiting);
    orr_free(q->mem, q->l1, q->l1_cap * sizeof *q->l1);
    q->waiting = NULL, q->l1 = NULL;
    q->waiting_cap = q->l1_cap = 0;
}

static bool is_holocene(const struct orr_batch_queue *q) {
    return q->origin.time >= q->config->holocene_time;
}

static bool is_behind(const struct orr_batch_queue *q, const struct orr_derive_head *safe) {
    return q->origin.number < safe->block.origin_number;
}

/* ---- L1 blocks ---- */

static void advance_epoch(struct orr_batch_queue *q, const struct orr_derive_head *safe) {
    size_t i = 0;
    if (!q->n_l1 || safe->block.origin_number <= q->l1[0].number) return;
    while (i < q->n_l1 && q->l1[i].number != safe->block.origin_number) i++;
    if (i == q->n_l1) return; /* the origin is still to come */
    memmove(q->l1, q->l1 + i, (q->n_l1 - i) * sizeof *q->l1);
    q->n_l1 -= i;
}

void orr_batch_queue_origin(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                            const struct orr_rollup_l1_block *block) {
    bool was_holocene = q->origin.number && is_holocene(q);
    q->origin = *block;
    if (!was_holocene && is_holocene(q)) /* batches before Holocene that wait for others */
        while (q->n_waiting) orr_open_batch_free(q->mem, &q->waiting[--q->n_waiting]);
    if (is_behind(q, safe)) {
        q->n_l1 = 0;
        return;
    }
    if (q->n_l1 == q->l1_cap) {
        size_t cap = q->l1_cap ? 2 * q->l1_cap : 16;
        q->l1 = orr_resize(q->mem, q->l1, q->l1_cap * sizeof *q->l1, cap * sizeof *q->l1);
        q->l1_cap = cap;
    }
    assert(!q->n_l1 || q->l1[q->n_l1 - 1].number + 1 == block->number);
    q->l1[q->n_l1++] = *block;
}

/* ---- verdicts ---- */

static struct orr_rollup_view view_of(const struct orr_batch_queue *q,
                                      const struct orr_derive_head *safe,
                                      const struct orr_rollup_l1_block *inclusion) {
    return (struct orr_rollup_view){.config = q->config, .l1_blocks = q->l1,
                                    .n_l1_blocks = q->n_l1, .safe_head = safe->block,
                                    .inclusion = *inclusion, .l2_block = q->l2_block,
                                    .ctx = q->ctx};
}

static enum orr_batch_verdict judge(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                                    const struct orr_open_batch *open) {
    struct orr_rollup_view view = view_of(q, safe, &open->inclusion);
    const char *rule;
    enum orr_batch_verdict verdict =
        is_holocene(q) && open->batch.is_span
            ? orr_span_check_prefix(&view, &open->batch, &rule)
            : orr_batch_check(&view, &open->batch, &rule);
    if (verdict != ORR_BATCH_DROP) return verdict;
    q->n_dropped++;
    q->last_drop = rule;
    return verdict;
}

static void remove_waiting(struct orr_batch_queue *q, size_t i) {
    memmove(q->waiting + i, q->waiting + i + 1, (q->n_waiting - i - 1) * sizeof *q->waiting);
    q->n_waiting--;
}

void orr_batch_queue_add(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                         struct orr_open_batch *moved) {
    moved->inclusion = q->origin;
    bool is_of_use = !is_behind(q, safe) && q->n_l1;
    if (is_holocene(q))
        is_of_use = is_of_use && safe->block.origin_number < q->origin.number &&
                    q->origin.number > q->done;
    else if (is_of_use) is_of_use = judge(q, safe, moved) != ORR_BATCH_DROP;
    if (!is_of_use) {
        orr_open_batch_free(q->mem, moved);
        return;
    }
    if (q->n_waiting == q->waiting_cap) {
        size_t cap = q->waiting_cap ? 2 * q->waiting_cap : 8;
        q->waiting = orr_resize(q->mem, q->waiting, q->waiting_cap * sizeof *q->waiting,
                                cap * sizeof *q->waiting);
        q->waiting_cap = cap;
    }
    q->waiting[q->n_waiting++] = *moved;
}

/* ---- blocks of a span ---- */

static const struct orr_rollup_l1_block *l1_of(const struct orr_batch_queue *q, uint64_t number) {
    for (size_t i = 0; i < q->n_l1; i++)
        if (q->l1[i].number == number) return &q->l1[i];
    return NULL;
}

/* The span, moved out of the waiting ones, from its first block after the safe head on. */
static void begin_span(struct orr_batch_queue *q, const struct orr_derive_head *safe, size_t i) {
    end_span(q);
    q->span = q->waiting[i];
    remove_waiting(q, i);
    q->is_in_span = true;
    q->span_at = 0;
    while (q->span_at < q->span.batch.n_blocks &&
           q->span.blocks[q->span_at].timestamp <= safe->block.time)
        q->span_at++;
}

static bool next_of_span(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                         struct orr_next_batch *next) {
    if (!q->is_in_span) return false;
    if (q->span_at < q->span.batch.n_blocks) {
        const struct orr_rollup_batch_block *b = &q->span.blocks[q->span_at];
        const struct orr_rollup_l1_block *epoch = l1_of(q, b->epoch_num);
        if (epoch && b->timestamp == safe->block.time + q->config->block_time) {
            *next = (struct orr_next_batch){*epoch, b->timestamp, b->txs, b->n_txs, true};
            q->span_at++;
            return true;
        }
    }
    end_span(q); /* all given, or the block before was refused */
    return false;
}

void orr_batch_queue_refuse(struct orr_batch_queue *q) { end_span(q); }

/* ---- empty blocks ---- */

static bool make_empty(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                       bool is_empty, struct orr_next_batch *next) {
    const struct orr_rollup_l1_block *epoch = &q->l1[0];
    uint64_t end = epoch->number + q->config->seq_window_size;
    uint64_t time = safe->block.time + q->config->block_time;
    if (!(end < q->origin.number || (end == q->origin.number && is_empty))) return false;
    while (q->n_l1 >= 2) { /* ends: an epoch that needs no block goes */
        bool is_first = epoch->number == safe->block.origin_number + 1;
        if (time < q->l1[1].time || is_first) {
            *next = (struct orr_next_batch){*epoch, time, NULL, 0, false};
            return true;
        }
        memmove(q->l1, q->l1 + 1, (q->n_l1 - 1) * sizeof *q->l1);
        q->n_l1--;
        end = epoch->number + q->config->seq_window_size;
        if (!(end < q->origin.number || (end == q->origin.number && is_empty))) return false;
    }
    return false;
}

/* ---- the next block ---- */

/* A singular batch that was accepted; it goes into the span's place, as a span of one block. */
static void give_singular(struct orr_batch_queue *q, const struct orr_derive_head *safe, size_t i,
                          struct orr_next_batch *next) {
    begin_span(q, safe, i);
    bool given = next_of_span(q, safe, next);
    assert(given);
    (void)given;
}

static enum orr_queue_answer next_before_holocene(struct orr_batch_queue *q,
                                                  const struct orr_derive_head *safe,
                                                  bool is_empty, struct orr_next_batch *next) {
    for (size_t i = 0; i < q->n_waiting;) { /* ends: i grows, or one goes */
        enum orr_batch_verdict verdict = judge(q, safe, &q->waiting[i]);
        if (verdict == ORR_BATCH_UNDECIDED) return ORR_QUEUE_MORE;
        if (verdict == ORR_BATCH_ACCEPT) {
            give_singular(q, safe, i, next);
            return ORR_QUEUE_NEXT;
        }
        if (verdict == ORR_BATCH_FUTURE) {
            i++;
            continue;
        }
        orr_open_batch_free(q->mem, &q->waiting[i]);
        remove_waiting(q, i);
    }
    return make_empty(q, safe, is_empty, next) ? ORR_QUEUE_NEXT : ORR_QUEUE_MORE;
}

/* Each block of a span is looked at as if it had come alone. */
static bool is_next_valid(struct orr_batch_queue *q, const struct orr_derive_head *safe,
                          const struct orr_next_batch *next) {
    struct orr_rollup_batch_block block = {next->timestamp, next->epoch.number, next->txs,
                                           next->n_txs};
    struct orr_rollup_batch one = {.parent_hash = safe->block.hash, .epoch_hash = next->epoch.hash,
                                   .blocks = &block, .n_blocks = 1};
    struct orr_rollup_view view = view_of(q, safe, &q->span.inclusion);
    const char *rule;
    if (orr_batch_check(&view, &one, &rule) == ORR_BATCH_ACCEPT) return true;
    q->n_dropped++;
    q->last_drop = rule;
    return false;
}

static enum orr_queue_answer next_in_order(struct orr_batch_queue *q,
                                           const struct orr_derive_head *safe, bool is_empty,
                                           struct orr_next_batch *next) {
    while (q->n_waiting) { /* ends: each is looked at once */
        enum orr_batch_verdict verdict = judge(q, safe, &q->waiting[0]);
        if (verdict == ORR_BATCH_ACCEPT) {
            begin_span(q, safe, 0);
            if (!next_of_span(q, safe, next)) continue;
            if (is_next_valid(q, safe, next)) return ORR_QUEUE_NEXT;
            end_span(q);
            return ORR_QUEUE_FLUSH;
        }
        orr_open_batch_free(q->mem, &q->waiting[0]);
        remove_waiting(q, 0);
        if (verdict == ORR_BATCH_DROP) return ORR_QUEUE_FLUSH;
    }
    if (!is_empty) return ORR_QUEUE_MORE;
    return make_empty(q, safe, is_empty, next) ? ORR_QUEUE_NEXT : ORR_QUEUE_MORE;
}

enum orr_queue_answer orr_batch_queue_next(struct orr_batch_queue *q,
                                           const struct orr_derive_head *safe, bool is_empty,
                                           struct orr_next_batch *next) {
    advance_epoch(q, safe);
    if (is_behind(q, safe) || !q->n_l1) {
        end_span(q);
        return ORR_QUEUE_MORE;
    }
    const struct orr_rollup_l1_block *first = &q->l1[0];
    bool is_origin = first->number == safe->block.origin_number;
    if (is_origin ? !orr_hash_equal(first->hash, safe->origin_hash)
                  : first->number != safe->block.origin_number + 1)
        return ORR_QUEUE_RESET;
    if (next_of_span(q, safe, next)) {
        if (!is_holocene(q) || is_next_valid(q, safe, next)) return ORR_QUEUE_NEXT;
        end_span(q);
        return ORR_QUEUE_FLUSH;
    }
    return is_holocene(q) ? next_in_order(q, safe, is_empty, next)
                          : next_before_holocene(q, safe, is_empty, next);
}
