/* source.c - an indexer that runs no chain: it asks nodes that do for blocks and receipts, by hash,
 * and believes none of them.
 *
 * Each third of a slot it asks every source for its head.  Of the heads the highest leads, of
 * several the one that is followed already.  What lacks below it is asked of who told of it; what
 * comes is checked against the block's own header, so a source can be late, or on another branch,
 * or silent, and the index is still one branch's.  A source whose receipts are not those that its
 * header commits to is named and asked no more. */
#include "models/base/error.h"
#include "models/index/block.h"
#include "models/node/slot/slot.h"

enum {
    ASK_BYTES = 32 + 4,
    MAX_ASKED = 32,         /* blocks for one `fetch` */
    MAX_RECEIPTS = 1 << 16, /* of one block: more transactions than any gas limit has room for */
    N_REMEMBERED = 64,
};

struct source {
    orr_peer peer;
    bool has_head, is_liar;
    struct orr_hash head;
    uint64_t number;
    struct orr_hash asked; /* the block that was asked for last, and in which third */
    uint32_t asked_third;
};

struct orr_slot_sources {
    struct source *v;                         /* [n] */
    uint32_t n, followed;                     /* n: none yet */
    uint32_t third;                           /* of the slot, counted on */
    struct orr_msg *remembered[N_REMEMBERED]; /* BY_NUMBER: what came last with a number */
};

struct orr_slot_sources *orr_slot_sources_new(const struct orr_slot_config *config,
                                              const struct orr_env *env) {
    struct orr_mem *mem = env->common->mem;
    uint32_t n = (uint32_t)config->sources.n;
    for (uint32_t i = 0; i < n; i++)
        if (config->sources.v[i] >= env->common->n_nodes || config->sources.v[i] == env->self)
            return NULL;
    struct orr_slot_sources *all = orr_alloc_zero(mem, sizeof *all);
    all->v = orr_alloc_zero(mem, n * sizeof *all->v);
    all->n = all->followed = n;
    for (uint32_t i = 0; i < n; i++) all->v[i].peer = (orr_peer)config->sources.v[i];
    return all;
}

void orr_slot_sources_free(struct orr_slot_sources *all, const struct orr_common *common) {
    if (!all) return;
    for (uint32_t i = 0; i < N_REMEMBERED; i++)
        if (all->remembered[i]) orr_msg_unref(common->pool, all->remembered[i]);
    orr_free(common->mem, all->v, all->n * sizeof *all->v);
    orr_free(common->mem, all, sizeof *all);
}

/* ---- the side that has a chain ---- */

static void answer(struct orr_slot *s, const struct orr_chain_link *link, bool is_head,
                   orr_peer whom, struct orr_outbox *out) {
    struct orr_mem *mem = s->env->common->mem;
    struct orr_index_feed feed;
    if (orr_index_feed_read(mem, &orr_chain_engine, s->chain, orr_chain_hash(link), &feed)) return;
    struct orr_rlp_writer w = {.mem = mem};
    size_t receipts = orr_rlp_list_begin(&w);
    for (size_t i = 0; i < feed.n_receipts; i++)
        orr_rlp_write_string(&w, feed.receipts[i].bytes, feed.receipts[i].len);
    orr_rlp_list_end(&w, receipts);
    struct orr_msg *m = orr_msg_new(out->pool, ORR_SLOT_FETCHED,
                                    (uint32_t)(ORR_SLOT_FETCHED_HEAD + feed.len + w.len));
    orr_store_le32(m->data, (uint32_t)feed.len);
    orr_store_le32(m->data + 4, (uint32_t)w.len);
    m->data[8] = is_head;
    memcpy(m->data + ORR_SLOT_FETCHED_HEAD, feed.block, feed.len);
    memcpy(m->data + ORR_SLOT_FETCHED_HEAD + feed.len, w.bytes, w.len);
    orr_send(out, whom, m);
    orr_rlp_free(&w);
    orr_index_feed_free(mem, &feed);
}

void orr_slot_take_fetch(struct orr_slot *s, const struct orr_event *event,
                         struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    struct orr_hash hash;
    static const struct orr_hash head;
    if (!m || m->len != ASK_BYTES || s->sources) {
        orr_reject(out);
        return;
    }
    memcpy(hash.bytes, m->data, 32);
    bool is_head = orr_hash_equal(hash, head);
    uint32_t n = orr_load_le32(m->data + 32), n_found = 0;
    const struct orr_chain_link *links[MAX_ASKED],
        *link = is_head ? s->chain->head : orr_chain_find(s->chain, &hash);
    if (!link && !s->has_refused && orr_slot_find(s, &hash)) {
        s->has_refused = true;
        orr_log(out,
                "node %u asks for a block below the %llu final ones of which this node keeps "
                "receipts (retain_blocks); it gets nothing",
                event->peer, (unsigned long long)s->config->retain_blocks);
    }
    for (; link && n_found < n && n_found < MAX_ASKED; link = link->parent) links[n_found++] = link;
    while (n_found) { /* ends: the lowest first */
        n_found--;
        answer(s, links[n_found], is_head && !n_found, event->peer, out);
    }
}

/* ---- asking ---- */

static void ask(struct source *source, const struct orr_hash *hash, uint32_t n,
                struct orr_outbox *out) {
    uint8_t bytes[ASK_BYTES];
    memcpy(bytes, hash->bytes, 32);
    orr_store_le32(bytes + 32, n);
    orr_send(out, source->peer, orr_msg_copy(out->pool, ORR_SLOT_FETCH, bytes, sizeof bytes));
}

/* Asks for what lacks, once in a third of a slot. */
static void ask_for(struct orr_slot_sources *all, struct source *source,
                    const struct orr_hash *hash, struct orr_outbox *out) {
    if (orr_hash_equal(source->asked, *hash) && source->asked_third == all->third) return;
    source->asked = *hash;
    source->asked_third = all->third;
    ask(source, hash, MAX_ASKED, out);
}

/* The source whose head leads; NULL: there is none. */
static struct source *leading(struct orr_slot_sources *all) {
    struct source *best = all->followed < all->n ? &all->v[all->followed] : NULL;
    if (best && (!best->has_head || best->is_liar)) best = NULL;
    for (uint32_t i = 0; i < all->n; i++) {
        struct source *source = &all->v[i];
        if (!source->has_head || source->is_liar) continue;
        if (!best || source->number > best->number) best = source;
    }
    all->followed = best ? (uint32_t)(best - all->v) : all->n;
    return best;
}

static void follow(struct orr_slot *s, struct orr_outbox *out) {
    struct source *source = leading(s->sources);
    struct orr_indexer_at at;
    if (!source) return;
    if (orr_slot_index_reach(s->index, &source->head, source->number, NULL, &at, out) ==
        ORR_ENOTFOUND)
        ask_for(s->sources, source, &at.hash, out);
}

void orr_slot_sources_tick(struct orr_slot *s, const struct orr_event *event,
                           struct orr_outbox *out) {
    static const struct orr_hash head;
    struct orr_slot_sources *all = s->sources;
    s->slot = orr_slot_at(s, event->wall);
    all->third++;
    for (uint32_t i = 0; i < all->n; i++)
        if (!all->v[i].is_liar) ask(&all->v[i], &head, 1, out);
    follow(s, out);
    if (event->kind != ORR_TIMER || event->key == ORR_SLOT_COUNTS) orr_slot_arm(s, event, out);
}

/* ---- what comes ---- */

/* An answer, lent from its message but for the receipts' list. */
struct answer {
    bool is_head;
    struct orr_index_feed feed;
    struct orr_engine_bytes *receipts;
    struct orr_evm_header header;
    struct orr_hash hash;
};

/* The receipts' list: n strings, into receipts[] unless that is NULL. */
static bool read_receipts(const uint8_t *bytes, size_t len, struct orr_engine_bytes *receipts,
                          size_t *n) {
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len), list = orr_rlp_read_list(&all);
    for (*n = 0; orr_rlp_more(&list) && *n < MAX_RECEIPTS; ++*n) { /* ends: the list does */
        size_t size;
        const uint8_t *receipt = orr_rlp_read_string(&list, &size);
        if (receipts) receipts[*n] = (struct orr_engine_bytes){receipt, size};
    }
    return orr_rlp_done(&list) && orr_rlp_done(&all);
}

static bool read_answer(struct orr_mem *mem, const struct orr_msg *m, struct answer *a) {
    if (m->len < ORR_SLOT_FETCHED_HEAD || m->data[8] > 1) return false;
    uint64_t block_len = orr_load_le32(m->data), len = orr_load_le32(m->data + 4);
    if (m->len != ORR_SLOT_FETCHED_HEAD + block_len + len) return false;
    const uint8_t *block = m->data + ORR_SLOT_FETCHED_HEAD;
    *a = (struct answer){.is_head = m->data[8], .feed = {.block = block, .len = block_len}};
    struct orr_rlp_reader all = orr_rlp_reader(block, block_len), parts = orr_rlp_read_list(&all);
    struct orr_rlp_item header = orr_rlp_peek(&parts);
    if (parts.bad || orr_evm_header_decode(&parts, &a->header)) return false;
    size_t n;
    if (!read_receipts(block + block_len, len, NULL, &n)) return false;
    a->hash = orr_keccak256(header.encoding, header.encoding_len);
    a->receipts = orr_alloc_zero(mem, n * sizeof *a->receipts);
    read_receipts(block + block_len, len, a->receipts, &n);
    a->feed.receipts = a->receipts;
    a->feed.n_receipts = n;
    return true;
}

static void free_answer(struct orr_mem *mem, struct answer *a) {
    orr_free(mem, a->receipts, a->feed.n_receipts * sizeof *a->receipts);
}

/* BY_NUMBER: as far as they go, the receipts of whatever block came first with this number. */
static int add_by_number(struct orr_slot *s, struct orr_msg *m, const struct answer *a,
                         struct orr_hash *hash, const char **why) {
    struct orr_mem *mem = s->env->common->mem;
    struct orr_msg **first = &s->sources->remembered[a->header.number % N_REMEMBERED];
    struct answer other;
    bool is_other = *first && read_answer(mem, *first, &other);
    if (!is_other || other.header.number != a->header.number) {
        if (*first) orr_msg_unref(s->env->common->pool, *first);
        *first = orr_msg_ref(m);
    }
    for (size_t i = 0; is_other && i < a->feed.n_receipts && i < other.feed.n_receipts; i++)
        if (other.header.number == a->header.number) a->receipts[i] = other.receipts[i];
    struct orr_index_feed mixed = a->feed;
    mixed.is_believed = true;
    int error = orr_slot_index_add(s->index, &mixed, hash, why);
    if (is_other) free_answer(mem, &other);
    return error;
}

static void distrust(struct source *source, uint64_t number, const char *why,
                     struct orr_outbox *out) {
    source->is_liar = true;
    orr_reject(out);
    orr_accuse(out, (struct orr_evidence){.culprit = source->peer,
                                          .height = number,
                                          .type = ORR_MSG_TYPE(0, ORR_SLOT_FETCHED)});
    orr_log(out, "index: block %llu of node %u is refused: %s; it is asked no more",
            (unsigned long long)number, source->peer, why);
}

static void tell_head(const struct answer *a, struct orr_outbox *out) {
    struct orr_head head = {.number = a->header.number, .label = ORR_HEAD};
    memcpy(head.hash, a->hash.bytes, 32);
    memcpy(head.parent, a->header.parent_hash.bytes, 32);
    memcpy(head.state_root, a->header.state_root.bytes, 32);
    orr_head(out, head);
}

/* A source's head: told when it leads. */
static void note_head(struct orr_slot_sources *all, struct source *source, const struct answer *a,
                      struct orr_outbox *out) {
    bool is_new = !source->has_head || !orr_hash_equal(source->head, a->hash);
    uint32_t before = all->followed;
    source->has_head = true;
    source->head = a->hash;
    source->number = a->header.number;
    if (leading(all) == source && (is_new || before != all->followed)) tell_head(a, out);
}

void orr_slot_take_fetched(struct orr_slot *s, const struct orr_event *event,
                           struct orr_outbox *out) {
    struct orr_mem *mem = s->env->common->mem;
    struct source *source = NULL;
    struct answer a;
    struct orr_hash hash;
    const char *why;
    for (uint32_t i = 0; s->sources && i < s->sources->n && !source; i++)
        if (s->sources->v[i].peer == event->peer) source = &s->sources->v[i];
    if (!source || !event->msg || !read_answer(mem, event->msg, &a)) {
        orr_reject(out);
        return;
    }
    enum orr_slot_index_flaw flaw = (enum orr_slot_index_flaw)s->config->flaw;
    a.feed.is_believed = flaw == ORR_SLOT_INDEX_BELIEVES;
    out->busy_ns += (int64_t)a.feed.n_receipts * s->env->common->costs->recover_ns;
    int error = source->is_liar ? ORR_ELIMIT
                : flaw == ORR_SLOT_INDEX_BY_NUMBER
                    ? add_by_number(s, event->msg, &a, &hash, &why)
                    : orr_slot_index_add(s->index, &a.feed, &hash, &why);
    if (error && error != ORR_ELIMIT) distrust(source, a.header.number, why, out);
    if (!error && a.is_head) note_head(s->sources, source, &a, out);
    if (!error) follow(s, out);
    free_answer(mem, &a);
}
