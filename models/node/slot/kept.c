/* kept.c - the blocks that a node has for those who ask, in memory and on its disk.
 *
 * Of a final block the message is kept and no more: who comes late runs the chain from the first
 * block on, and a node that was down from its last snapshot.  State and receipts go when
 * `retain_blocks` later ones are final; a block that what is final leaves aside goes at once. */
#include <assert.h>

#include "models/chain/snapshot.h"
#include "models/node/slot/slot.h"

/* ---- the list of those that are not final ---- */

static void remember(struct orr_slot *s, uint32_t record, struct orr_msg *m) {
    if (s->n_blocks == s->blocks_cap) {
        uint32_t cap = s->blocks_cap ? 2 * s->blocks_cap : 16;
        s->blocks = orr_resize(s->env->common->mem, s->blocks, s->blocks_cap * sizeof *s->blocks,
                               cap * sizeof *s->blocks);
        s->blocks_cap = cap;
    }
    s->blocks[s->n_blocks++] = (struct orr_slot_block){orr_msg_ref(m), record};
    s->next_record = record + 1;
}

static void tell(const struct orr_chain_link *link, struct orr_outbox *out) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_block_told told = {
        .number = h->number, .len = (uint32_t)link->block->len, .kind = ORR_TOLD_BLOCK};
    memcpy(told.hash, orr_chain_hash(link)->bytes, 32);
    memcpy(told.parent, h->parent_hash.bytes, 32);
    orr_tell_block(out, &told, link->block->bytes);
}

void orr_slot_keep(struct orr_slot *s, struct orr_chain_link *link, struct orr_msg *m,
                   struct orr_outbox *out) {
    link->note = s->n_blocks;
    orr_write(out, s->next_record, orr_msg_ref(m));
    remember(s, s->next_record, m);
    tell(link, out);
}

/* ---- finding ---- */

/* Is a block, which somebody's chain has, a final one of ours? */
static bool is_below(const struct orr_slot *s, const struct orr_chain_block *b) {
    struct orr_slot_block_head head;
    uint64_t number = b->block.header.number;
    if (!number) return true; /* the one block that all chains here begin with */
    return number <= s->n_below && orr_slot_block_head(s->below[number - 1], &head) &&
           orr_hash_equal(head.hash, b->block.hash);
}

const struct orr_chain_block *orr_slot_find(const struct orr_slot *s, const struct orr_hash *hash) {
    const struct orr_chain_link *link = orr_chain_find(s->chain, hash);
    if (link) return link->block;
    const struct orr_chain_block *b = orr_chain_blocks_find(s->chain->blocks, hash);
    return b && is_below(s, b) ? b : NULL;
}

struct orr_msg *orr_slot_kept(const struct orr_slot *s, const struct orr_chain_block *block) {
    uint64_t number = block->block.header.number;
    assert(number); /* nobody sends the first block */
    if (number <= s->n_below) return s->below[number - 1];
    const struct orr_chain_link *link = orr_chain_find(s->chain, &block->block.hash);
    assert(link);
    return s->blocks[link->note].msg;
}

/* ---- the disk ---- */

/* A snapshot's record: the final checkpoint's epoch u64, and models/chain/snapshot.h's bytes.  What
 * it rests on, the blocks below and that those beside them are gone, was written before it. */
static struct orr_msg *make_snapshot(const struct orr_slot *s, struct orr_pool *pool) {
    struct orr_msg *state = orr_chain_snapshot_save(s->chain, s->genesis->chain->state, pool);
    struct orr_msg *m = orr_msg_new(pool, 0, 8 + state->len);
    orr_store_le64(m->data, orr_votes_final(&s->votes)->epoch);
    memcpy(m->data + 8, state->data, state->len);
    orr_msg_unref(pool, state);
    orr_msg_freeze(m);
    return m;
}

static void let_written_go(struct orr_slot *s) {
    struct orr_slot_snapshots *shared = s->genesis->snapshots;
    if (!s->written) return;
    if (shared->msg == s->written && !--shared->n) shared->msg = NULL;
    orr_msg_unref(s->env->common->pool, s->written);
    s->written = NULL;
}

static void save(struct orr_slot *s, struct orr_outbox *out) {
    struct orr_slot_snapshots *shared = s->genesis->snapshots;
    const struct orr_checkpoint *final = orr_votes_final(&s->votes);
    struct orr_hash of = *orr_chain_hash(s->chain->final);
    if (!orr_hash_equal(final->hash, of)) return;
    let_written_go(s);
    if (shared->msg && orr_hash_equal(shared->of, of) &&
        orr_load_le64(shared->msg->data) == final->epoch) {
        s->written = orr_msg_ref(shared->msg);
        shared->n++;
    } else {
        s->written = make_snapshot(s, out->pool);
        *shared = (struct orr_slot_snapshots){s->written, of, 1};
    }
    orr_write(out, ORR_SLOT_SNAPSHOT_RECORD, orr_msg_ref(s->written));
}

void orr_slot_keep_stored(struct orr_slot *s, uint32_t record, struct orr_msg *m) {
    remember(s, record, m);
}

static void grow_below(struct orr_slot *s, uint64_t n) {
    if (n <= s->below_cap) return;
    uint64_t cap = s->below_cap ? s->below_cap : 16;
    while (cap < n) cap += cap / 2; /* ends: it grows by a half */
    s->below = orr_resize(s->env->common->mem, s->below, s->below_cap * sizeof *s->below,
                          cap * sizeof *s->below);
    s->below_cap = cap;
}

/* Of blocks up to the snapshot's the header is all that is needed; they stand below it.  Returns a
 * reference to the highest. */
static struct orr_chain_block *restore_below(struct orr_slot *s, uint64_t n_final) {
    struct orr_chain_block *last =
        orr_chain_block_first(s->chain->blocks, &s->genesis->chain->header);
    struct orr_u256 difficulty = last->total_difficulty;
    grow_below(s, n_final);
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        struct orr_msg *m = s->blocks[i].msg;
        struct orr_rlp_reader all =
            orr_rlp_reader(m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD);
        struct orr_rlp_reader block = orr_rlp_read_list(&all);
        struct orr_evm_header header;
        int error = orr_evm_header_decode(&block, &header);
        assert(!error); /* it was taken in */
        (void)error;
        if (header.number > n_final) continue;
        assert(header.number == s->n_below + 1); /* what was beside them is erased */
        last = orr_chain_block_behind(s->chain->blocks, &header, last, &difficulty);
        s->below[s->n_below++] = m;
        s->blocks[i].msg = NULL;
    }
    return last;
}

/* The state and the tree as they were when the snapshot was written. */
static void restore_snapshot(struct orr_slot *s) {
    const struct orr_msg *m = s->snapshot;
    const struct orr_common *common = s->env->common;
    struct orr_chain *old = s->chain;
    struct orr_chain_block *block;
    struct orr_evm_state *state;
    struct orr_evm_header header;
    int error = m->len < 8 || orr_chain_snapshot_last(m->data + 8, m->len - 8, &header);
    assert(!error && header.number); /* our own */
    struct orr_chain_block *last = restore_below(s, header.number);
    assert(s->n_below == header.number);
    error = orr_chain_snapshot_load(old->blocks, m->data + 8, m->len - 8, &header.state_root,
                                    &last->total_difficulty, &block, &state);
    assert(!error && block == last);
    (void)error;
    s->chain = orr_chain_new(old->blocks, old->config, &old->options, &block->block.header, state);
    orr_chain_block_release(old->blocks, block);
    orr_chain_block_release(old->blocks, last);
    orr_chain_free(old);
    s->told_final = header.number;
    struct orr_checkpoint final = {orr_load_le64(m->data), *orr_chain_hash(s->chain->final)};
    orr_votes_fini(&s->votes);
    orr_votes_init(&s->votes, common->mem, common->pool, &s->genesis->votes, &final);
    orr_pool_update(&s->pool, s->chain->head->run->state);
}

void orr_slot_restore(struct orr_slot *s) {
    if (s->snapshot) {
        restore_snapshot(s);
        orr_msg_unref(s->env->common->pool, s->snapshot);
        s->snapshot = NULL;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        struct orr_msg *m = s->blocks[i].msg;
        struct orr_chain_link *link = NULL;
        if (!m) continue;
        orr_chain_import(s->chain, m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD,
                         &link);
        assert(link); /* it was in the tree before, and what was below it is erased after it */
        s->blocks[n] = s->blocks[i];
        link->note = n++;
    }
    s->n_blocks = n;
    /* What it voted from was justified.  When all were down nobody else could tell it. */
    if (orr_chain_find(s->chain, &s->promised.hash)) orr_votes_know(&s->votes, &s->promised);
}

/* ---- what is final ---- */

/* The link of a block's message, or NULL. */
static struct orr_chain_link *link_of(const struct orr_slot *s, const struct orr_msg *m) {
    struct orr_slot_block_head head;
    bool has_form = orr_slot_block_head(m, &head);
    assert(has_form); /* it was taken in */
    (void)has_form;
    return orr_chain_find(s->chain, &head.hash);
}

/* Closes the gaps in the list. */
static void sweep(struct orr_slot *s) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        if (!s->blocks[i].msg) continue;
        s->blocks[n] = s->blocks[i];
        link_of(s, s->blocks[n].msg)->note = n;
        n++;
    }
    s->n_blocks = n;
}

void orr_slot_settle(struct orr_slot *s, struct orr_outbox *out) {
    const struct orr_chain *chain = s->chain;
    uint64_t n_final = orr_chain_number(chain->final), retain = s->config->retain_blocks;
    bool is_due = retain && n_final / retain > s->n_below / retain;
    grow_below(s, n_final);
    /* The youngest first, so that what is on the disk has its parents there at any moment. */
    for (uint32_t i = s->n_blocks; i-- > 0;) {
        struct orr_slot_block *b = &s->blocks[i];
        const struct orr_chain_link *link = link_of(s, b->msg);
        if (link && orr_chain_number(link) > n_final) continue;
        if (link) {
            assert(orr_chain_number(link) > s->n_below);
            s->below[orr_chain_number(link) - 1] = b->msg;
        } else {
            orr_write(out, b->record, NULL);
            orr_msg_unref(s->env->common->pool, b->msg);
        }
        b->msg = NULL;
    }
    sweep(s);
    s->n_below = n_final;
    if (is_due) save(s, out);
    if (retain) orr_chain_forget(s->chain, retain);
}

void orr_slot_kept_free(struct orr_slot *s) {
    struct orr_mem *mem = s->env->common->mem;
    struct orr_pool *pool = s->env->common->pool;
    for (uint64_t i = 0; i < s->n_below; i++) orr_msg_unref(pool, s->below[i]);
    for (uint32_t i = 0; i < s->n_blocks; i++) orr_msg_unref(pool, s->blocks[i].msg);
    orr_free(mem, s->below, s->below_cap * sizeof *s->below);
    orr_free(mem, s->blocks, s->blocks_cap * sizeof *s->blocks);
    if (s->snapshot) orr_msg_unref(pool, s->snapshot);
    let_written_go(s);
}
