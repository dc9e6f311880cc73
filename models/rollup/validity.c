#include "models/rollup/validity.h"

#include <assert.h>
#include <string.h>

enum { CHECK_BYTES = 20, DEPOSIT_TYPE = 0x7e, SET_CODE_TYPE = 4 };

struct look {
    const struct orr_rollup_view *view;
    const struct orr_rollup_batch *batch;
    const char *rule;
};

const char *orr_batch_verdict_name(enum orr_batch_verdict verdict) {
    static const char *const names[] = {"drop", "accept", "undecided", "future", "past"};
    return names[verdict];
}

static enum orr_batch_verdict say(struct look *l, enum orr_batch_verdict verdict,
                                  const char *rule) {
    l->rule = rule;
    return verdict;
}
static enum orr_batch_verdict drop(struct look *l, const char *rule) {
    return say(l, ORR_BATCH_DROP, rule);
}
static enum orr_batch_verdict undecided(struct look *l, const char *rule) {
    return say(l, ORR_BATCH_UNDECIDED, rule);
}

/* ---- rules of both kinds ---- */

static bool is_holocene(const struct look *l) {
    return l->view->inclusion.time >= l->view->config->holocene_time;
}

static bool came_too_late(const struct look *l) {
    uint64_t first = l->batch->blocks[0].epoch_num, window = l->view->config->seq_window_size;
    return l->view->inclusion.number > first && l->view->inclusion.number - first > window;
}

static bool is_past_drift(const struct look *l, uint64_t timestamp, uint64_t origin_time) {
    const struct orr_rollup_config *c = l->view->config;
    uint64_t drift = origin_time >= c->fjord_time ? ORR_ROLLUP_FJORD_DRIFT_S
                                                  : c->max_sequencer_drift;
    return timestamp > origin_time && timestamp - origin_time > drift;
}

/* What is wrong with a block's transactions, or NULL. */
static const char *bad_transactions(const struct look *l, const struct orr_rollup_batch_block *b) {
    for (size_t i = 0; i < b->n_txs; i++) {
        if (!b->txs[i].len) return "a transaction is empty";
        if (b->txs[i].bytes[0] == DEPOSIT_TYPE) return "a deposit is not a batch's to bring";
        if (b->txs[i].bytes[0] == SET_CODE_TYPE && b->timestamp < l->view->config->isthmus_time)
            return "set-code transactions begin with Isthmus";
    }
    return NULL;
}

/* ---- a singular batch ---- */

static enum orr_batch_verdict check_singular(struct look *l) {
    const struct orr_rollup_view *v = l->view;
    const struct orr_rollup_batch_block *b = l->batch->blocks;
    uint64_t next = v->safe_head.time + v->config->block_time;
    if (!v->n_l1_blocks) return undecided(l, "no L1 block is known");
    if (b->timestamp > next)
        return is_holocene(l) ? drop(l, "its time is after the next block's (Holocene)")
                              : say(l, ORR_BATCH_FUTURE, "its time is after the next block's");
    if (b->timestamp < next)
        return is_holocene(l) ? say(l, ORR_BATCH_PAST, "its time is before the next block's")
                              : drop(l, "its time is before the next block's");
    if (memcmp(&l->batch->parent_hash, &v->safe_head.hash, sizeof(struct orr_hash)) != 0)
        return drop(l, "its parent is not the safe head");
    if (came_too_late(l)) return drop(l, "it came after the sequencing window");

    const struct orr_rollup_l1_block *epoch = &v->l1_blocks[0], *origin = epoch;
    if (b->epoch_num < epoch->number) return drop(l, "its epoch is before the safe head's");
    if (b->epoch_num - epoch->number > 1) return drop(l, "it skips an epoch");
    if (b->epoch_num == epoch->number + 1) {
        if (v->n_l1_blocks < 2) return undecided(l, "the L1 block of its epoch is not known");
        origin = &v->l1_blocks[1];
    }
    if (memcmp(&l->batch->epoch_hash, &origin->hash, sizeof(struct orr_hash)) != 0)
        return drop(l, "its epoch has another hash");
    if (b->timestamp < origin->time) return drop(l, "its time is before its L1 origin's");
    if (is_past_drift(l, b->timestamp, origin->time)) {
        if (b->n_txs) return drop(l, "it is past the sequencer's drift, and not empty");
        if (origin == epoch) {
            if (v->n_l1_blocks < 2)
                return undecided(l, "past the drift: whether it had to take the next L1 origin "
                                    "is not known");
            if (b->timestamp >= v->l1_blocks[1].time)
                return drop(l, "past the drift it had to take the next L1 origin");
        }
    }
    const char *bad = bad_transactions(l, b);
    return bad ? drop(l, bad) : say(l, ORR_BATCH_ACCEPT, "it is the next block");
}

/* ---- a span batch ---- */

static const struct orr_rollup_batch_block *last_of(const struct look *l) {
    return &l->batch->blocks[l->batch->n_blocks - 1];
}

/* The block on which the span stands: the safe head, or one before it if they overlap. */
static enum orr_batch_verdict find_parent(struct look *l, struct orr_rollup_l2_block *parent) {
    const struct orr_rollup_view *v = l->view;
    uint64_t step = v->config->block_time, head = v->safe_head.time, next = head + step;
    uint64_t first = l->batch->blocks[0].timestamp;
    if (first > next)
        return is_holocene(l) ? drop(l, "it begins after the next block (Holocene)")
                              : say(l, ORR_BATCH_FUTURE, "it begins after the next block");
    if (last_of(l)->timestamp < next)
        return is_holocene(l) ? say(l, ORR_BATCH_PAST, "it ends before the next block")
                              : drop(l, "it ends before the next block");
    *parent = v->safe_head;
    if (first == next) return ORR_BATCH_ACCEPT;
    if (first > head) return drop(l, "it begins between two blocks");
    if ((head - first) % step) return drop(l, "its times are not the chain's");
    uint64_t back = (head - first) / step + 1;
    if (back > v->safe_head.number) return drop(l, "it begins before the chain");
    const struct orr_rollup_known *known = v->l2_block(v->ctx, v->safe_head.number - back);
    if (!known) return undecided(l, "the L2 block on which it stands is not to be had");
    *parent = known->block;
    return ORR_BATCH_ACCEPT;
}

static enum orr_batch_verdict check_prefix(struct look *l, struct orr_rollup_l2_block *parent) {
    const struct orr_rollup_view *v = l->view;
    uint64_t first_epoch = l->batch->blocks[0].epoch_num, last_epoch = last_of(l)->epoch_num;
    if (!v->n_l1_blocks) return undecided(l, "no L1 block is known");
    const struct orr_rollup_l1_block *origin = &v->l1_blocks[0];
    if (first_epoch == origin->number + 1) {
        if (v->n_l1_blocks < 2) return undecided(l, "the L1 block of its epoch is not known");
        origin++;
    }
    if (origin->time < v->config->delta_time) return drop(l, "span batches begin with Delta");
    enum orr_batch_verdict verdict = find_parent(l, parent);
    if (verdict != ORR_BATCH_ACCEPT) return verdict;
    if (memcmp(&l->batch->parent_hash, &parent->hash, CHECK_BYTES) != 0)
        return drop(l, "its parent has another hash");
    if (came_too_late(l)) return drop(l, "it came after the sequencing window");
    if (first_epoch > parent->origin_number + 1) return drop(l, "it skips an epoch");
    size_t i = 0;
    while (i < v->n_l1_blocks && v->l1_blocks[i].number != last_epoch) i++;
    if (i == v->n_l1_blocks) return undecided(l, "the L1 block of its last epoch is not known");
    if (memcmp(&l->batch->epoch_hash, &v->l1_blocks[i].hash, CHECK_BYTES) != 0)
        return drop(l, "its last epoch has another hash");
    if (first_epoch < parent->origin_number) return drop(l, "its epoch is before its parent's");
    return ORR_BATCH_ACCEPT;
}

/* The blocks after the safe head, one by one. */
static enum orr_batch_verdict check_blocks(struct look *l, uint64_t parent_origin) {
    const struct orr_rollup_view *v = l->view;
    size_t at = 0; /* of the L1 origin, which never goes back */
    for (size_t i = 0; i < l->batch->n_blocks; i++) {
        const struct orr_rollup_batch_block *b = &l->batch->blocks[i];
        if (b->timestamp <= v->safe_head.time) continue;
        size_t found = at;
        while (found < v->n_l1_blocks && v->l1_blocks[found].number != b->epoch_num) found++;
        uint64_t origin_time = 0;
        if (found < v->n_l1_blocks) origin_time = v->l1_blocks[at = found].time;
        uint64_t before = i ? b[-1].epoch_num : parent_origin;
        if (b->timestamp < origin_time)
            return drop(l, "a block's time is before its L1 origin's");
        if (is_past_drift(l, b->timestamp, origin_time)) {
            if (b->n_txs) return drop(l, "a block is past the sequencer's drift, and not empty");
            if (b->epoch_num <= before) {
                if (at + 1 >= v->n_l1_blocks)
                    return undecided(l, "past the drift: whether a block had to take the next L1 "
                                        "origin is not known");
                if (b->timestamp >= v->l1_blocks[at + 1].time)
                    return drop(l, "past the drift a block had to take the next L1 origin");
            }
        }
        const char *bad = bad_transactions(l, b);
        if (bad) return drop(l, bad);
    }
    return ORR_BATCH_ACCEPT;
}

/* What the span says again must be what the safe chain has. */
static enum orr_batch_verdict check_overlap(struct look *l, uint64_t parent_number) {
    const struct orr_rollup_view *v = l->view;
    uint64_t n = v->safe_head.number - parent_number;
    for (uint64_t i = 0; i < n; i++) {
        if (i == l->batch->n_blocks) return drop(l, "it leaves out a block that it overlaps");
        const struct orr_rollup_batch_block *b = &l->batch->blocks[i];
        const struct orr_rollup_known *known = v->l2_block(v->ctx, parent_number + i + 1);
        if (!known) return undecided(l, "an L2 block that it overlaps is not to be had");
        if (known->n_txs != b->n_txs)
            return drop(l, "an overlapped block has another number of transactions");
        for (size_t t = 0; t < b->n_txs; t++)
            if (known->txs[t].len != b->txs[t].len ||
                memcmp(known->txs[t].bytes, b->txs[t].bytes, b->txs[t].len) != 0)
                return drop(l, "an overlapped block has another transaction");
        if (known->block.origin_number != b->epoch_num)
            return drop(l, "an overlapped block has another L1 origin");
    }
    return ORR_BATCH_ACCEPT;
}

static enum orr_batch_verdict check_span(struct look *l) {
    struct orr_rollup_l2_block parent = {0};
    enum orr_batch_verdict verdict = check_prefix(l, &parent);
    if (verdict == ORR_BATCH_ACCEPT) verdict = check_blocks(l, parent.origin_number);
    if (verdict == ORR_BATCH_ACCEPT) verdict = check_overlap(l, parent.number);
    return verdict == ORR_BATCH_ACCEPT ? say(l, verdict, "it goes on with the safe chain")
                                       : verdict;
}

enum orr_batch_verdict orr_span_check_prefix(const struct orr_rollup_view *view,
                                             const struct orr_rollup_batch *span,
                                             const char **rule) {
    assert(span->is_span && span->n_blocks > 0 && view->config->block_time > 0);
    struct look l = {view, span, "it goes on with the safe chain"};
    struct orr_rollup_l2_block parent;
    enum orr_batch_verdict verdict = check_prefix(&l, &parent);
    *rule = l.rule;
    return verdict;
}

enum orr_batch_verdict orr_batch_check(const struct orr_rollup_view *view,
                                       const struct orr_rollup_batch *batch, const char **rule) {
    assert(batch->n_blocks > 0 && (batch->is_span || batch->n_blocks == 1));
    assert(view->config->block_time > 0);
    struct look l = {view, batch, NULL};
    enum orr_batch_verdict verdict = batch->is_span ? check_span(&l) : check_singular(&l);
    *rule = l.rule;
    return verdict;
}
