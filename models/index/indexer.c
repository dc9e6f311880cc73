#include "models/index/indexer.h"

#include "models/base/error.h"

struct orr_indexer *orr_indexer_new(struct orr_mem *mem, const struct orr_index_options *options,
                                    struct orr_index_sink *sink) {
    struct orr_indexer *ix = orr_alloc(mem, sizeof *ix);
    assert(options->window >= 1 && options->max_held > options->window);
    *ix = (struct orr_indexer){.mem = mem, .options = *options, .sink = sink};
    orr_index_moves_init(&ix->moves, mem);
    orr_index_init(&ix->by_hash, mem, sizeof *ix->held, offsetof(struct orr_indexer_held, hash));
    ix->has_head = !sink->head(sink, &ix->head);
    return ix;
}

void orr_indexer_free(struct orr_indexer *ix) {
    if (!ix) return;
    for (uint32_t i = 0; i < ix->n_held; i++) orr_index_block_free(ix->mem, ix->held[i].block);
    orr_free(ix->mem, ix->held, ix->held_cap * sizeof *ix->held);
    orr_index_fini(&ix->by_hash);
    orr_index_moves_fini(&ix->moves);
    orr_free(ix->mem, ix, sizeof *ix);
}

/* ---- blocks that are held ---- */

static const struct orr_index_block *find(const struct orr_indexer *ix,
                                          const struct orr_hash *hash) {
    uint32_t place = orr_index_find32(&ix->by_hash, ix->held, hash->bytes);
    return place == ORR_NOWHERE ? NULL : ix->held[place].block;
}

static uint64_t number_of(const struct orr_index_block *b) { return b->block.header.number; }

/* No head that may still be followed has this block above the common ancestor, or it can come no
 * more: it is as deep as the window. */
static bool is_past(const struct orr_indexer *ix, uint64_t number) {
    return ix->has_head && number + ix->options.window <= ix->head.number;
}

static void sweep(struct orr_indexer *ix) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ix->n_held; i++) {
        if (is_past(ix, number_of(ix->held[i].block)))
            orr_index_block_free(ix->mem, ix->held[i].block);
        else
            ix->held[kept++] = ix->held[i];
    }
    if (kept == ix->n_held) return;
    ix->n_held = kept;
    orr_index_clear(&ix->by_hash);
    for (uint32_t i = 0; i < kept; i++) orr_index_put32(&ix->by_hash, ix->held, i);
}

static int hold(struct orr_indexer *ix, struct orr_index_block *block) {
    if (ix->n_held == ix->options.max_held) sweep(ix);
    if (ix->n_held == ix->options.max_held) return ORR_ELIMIT;
    if (ix->n_held == ix->held_cap) {
        uint32_t cap = ix->held_cap ? 2 * ix->held_cap : 64;
        ix->held =
            orr_resize(ix->mem, ix->held, ix->held_cap * sizeof *ix->held, cap * sizeof *ix->held);
        ix->held_cap = cap;
    }
    ix->held[ix->n_held] = (struct orr_indexer_held){block->block.hash, block};
    orr_index_put32(&ix->by_hash, ix->held, ix->n_held++);
    return 0;
}

int orr_indexer_add(struct orr_indexer *ix, const struct orr_index_feed *feed,
                    struct orr_hash *hash, const char **why) {
    struct orr_index_block *block;
    int error = orr_index_block_open(ix->mem, feed, &block, why);
    if (error) return error;
    *hash = block->block.hash;
    bool is_old = is_past(ix, number_of(block)) || number_of(block) < ix->options.first;
    if (!is_old && !find(ix, hash)) error = hold(ix, block);
    if (is_old || error || find(ix, hash) != block) orr_index_block_free(ix->mem, block);
    if (error) *why = "more blocks wait than may";
    return error;
}

/* Is it on the indexed branch? */
static bool is_indexed(const struct orr_indexer *ix, const struct orr_hash *hash, uint64_t number) {
    struct orr_hash there;
    if (!ix->has_head || number > ix->head.number) return false;
    return !ix->sink->hash_at(ix->sink, number, &there) && orr_hash_equal(there, *hash);
}

bool orr_indexer_has(const struct orr_indexer *ix, const struct orr_hash *hash) {
    return find(ix, hash) || (ix->has_head && orr_hash_equal(ix->head.hash, *hash));
}

/* ---- following ---- */

/* The way back from a head to the indexed branch, or to the first block of all. */
struct way {
    struct orr_mem *mem;
    const struct orr_index_block **blocks; /* [n], the highest first */
    uint32_t n, cap;
    bool is_whole; /* it ends with the first block to be indexed */
    uint64_t ancestor;
};

static void step(struct way *way, const struct orr_index_block *block) {
    if (way->n == way->cap) {
        uint32_t cap = way->cap ? 2 * way->cap : 64;
        way->blocks = orr_resize(way->mem, way->blocks, way->cap * sizeof *way->blocks,
                                 cap * sizeof *way->blocks);
        way->cap = cap;
    }
    way->blocks[way->n++] = block;
}

/* Finds the way.  Every block on it is held, and its number is its parent's plus one. */
static int find_way(const struct orr_indexer *ix, const struct orr_hash *head, struct way *way,
                    struct orr_indexer_at *at) {
    *at = (struct orr_indexer_at){.hash = *head};
    for (uint64_t number = 0;; number--) { /* ends: the numbers go down to `first` */
        const struct orr_index_block *b = find(ix, &at->hash);
        bool is_head = !way->n && ix->has_head && orr_hash_equal(at->hash, ix->head.hash);
        if (is_head) number = ix->head.number;
        if (is_head || (way->n && is_indexed(ix, &at->hash, number))) {
            way->ancestor = number;
            return 0;
        }
        if (way->n) at->number = number;
        if (way->n && is_past(ix, number)) return ORR_ELIMIT;
        if (!b) return ORR_ENOTFOUND;
        if (way->n && number_of(b) != number) return ORR_ECORRUPT;
        number = at->number = number_of(b);
        if (!way->n && is_indexed(ix, &at->hash, number)) {
            way->ancestor = number; /* a head that goes back */
            return number + ix->options.window < ix->head.number ? ORR_ELIMIT : 0;
        }
        step(way, b);
        if (number == ix->options.first) {
            way->is_whole = true;
            return ix->has_head ? ORR_ELIMIT : 0;
        }
        at->hash = b->block.header.parent_hash;
    }
}

/* After a change that failed: a sink may fall back to an earlier commit than the last one that it
 * said to have made (a backfill of many blocks a transaction). */
static int give_up(struct orr_indexer *ix, int error) {
    ix->sink->abandon(ix->sink);
    ix->has_head = !ix->sink->head(ix->sink, &ix->head);
    return error;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Undoes what is above the common ancestor. */
static int undo(struct orr_indexer *ix, uint64_t ancestor) {
    struct orr_index_sink *sink = ix->sink;
    struct orr_index_head head = {.number = ancestor,
                                  .safe = least(ix->head.safe, ancestor),
                                  .final = least(ix->head.final, ancestor)};
    int error = sink->hash_at(sink, ancestor, &head.hash);
    if (error) return error;
    error = sink->begin(sink);
    if (error) return error;
    error = sink->cut(sink, ancestor + 1);
    if (!error) error = sink->set_head(sink, &head);
    if (!error) error = sink->commit(sink);
    if (error) return give_up(ix, error);
    ix->n_cut += ix->head.number - ancestor;
    ix->head = head;
    return 0;
}

static int put_block(struct orr_indexer *ix, const struct orr_index_block *block) {
    struct orr_index_sink *sink = ix->sink;
    struct orr_index_head head = {number_of(block), block->block.hash, ix->head.safe,
                                  ix->head.final};
    int error = sink->begin(sink);
    if (error) return error;
    error = orr_index_rows_put(&ix->moves, block, sink);
    if (!error) error = sink->set_head(sink, &head);
    if (!error) error = sink->commit(sink);
    if (error) return give_up(ix, error);
    ix->head = head;
    ix->has_head = true;
    ix->n_put++;
    ix->n_logs += block->n_logs;
    return 0;
}

int orr_indexer_follow(struct orr_indexer *ix, const struct orr_hash *head,
                       struct orr_indexer_at *at) {
    struct way way = {.mem = ix->mem};
    int error = find_way(ix, head, &way, at);
    if (!error && !way.is_whole && way.ancestor < ix->head.number) error = undo(ix, way.ancestor);
    for (uint32_t i = way.n; i-- > 0 && !error;) {
        assert(!ix->has_head || number_of(way.blocks[i]) == ix->head.number + 1);
        error = put_block(ix, way.blocks[i]);
    }
    orr_free(ix->mem, way.blocks, way.cap * sizeof *way.blocks);
    if (ix->n_held > ix->options.max_held / 2) sweep(ix);
    return error;
}

int orr_indexer_label(struct orr_indexer *ix, uint64_t safe, uint64_t final) {
    struct orr_index_sink *sink = ix->sink;
    struct orr_index_head head = ix->head;
    if (!ix->has_head) return 0;
    if (final > head.final) head.final = least(final, head.number);
    head.safe = least(safe > head.final ? safe : head.final, head.number);
    if (head.safe == ix->head.safe && head.final == ix->head.final) return 0;
    int error = sink->begin(sink);
    if (error) return error;
    error = sink->set_head(sink, &head);
    if (!error) error = sink->commit(sink);
    if (error) return give_up(ix, error);
    assert(head.final <= head.safe && head.safe <= head.number);
    ix->head = head;
    return 0;
}
