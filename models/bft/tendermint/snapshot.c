/* snapshot.c - what takes the place of old blocks: the application's state after one of them.
 *
 * Every `retain_blocks` heights a snapshot is taken; when the next one is due the blocks up to the
 * last are forgotten, in memory and in the log, and that snapshot is where a restart begins and
 * what a peer that lags by more is sent.  So between one and two times as many blocks are kept.
 *
 * In the log: header of the block (256) | its id (68) | root of the state after it (32) | state.
 * On the wire: header of the block (256) | header of the next one (256) | len u32, commit of the
 * next one | state.  Who receives it knows the validators: they signed the next block, whose header
 * names the block and the state's root.  Of evidence that old blocks carried nothing is known to
 * who begins so; it takes what the others decide. */
#include "models/bft/tendermint/state.h"

enum { RECORD_HEAD = ORR_HEADER_BYTES + sizeof(struct orr_block_id) + 32 };

static struct orr_msg *record(struct orr_tm *t, const uint8_t header[ORR_HEADER_BYTES],
                              const uint8_t *state, uint32_t len) {
    struct orr_msg *m = orr_msg_new(t->common->pool, 0, RECORD_HEAD + len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_bytes(&w, header, ORR_HEADER_BYTES);
    orr_write_bytes(&w, &t->last_id, sizeof t->last_id);
    orr_write_bytes(&w, t->app_hash, 32);
    orr_write_bytes(&w, state, len);
    assert(!w.bad && w.p == w.end);
    return m;
}

static uint64_t height_of(const struct orr_msg *base) { return orr_load_le64(base->data + 8); }

/* Forgets the blocks up to a height. */
static void prune(struct orr_tm *t, uint64_t height) {
    uint64_t n = height - t->n_pruned, n_kept = t->height - 1 - height;
    assert(height >= t->n_pruned && height < t->height);
    for (uint64_t i = 0; i < n; i++) {
        orr_tm_unlog_body(t, t->chain[i]);
        orr_tm_free_body(t, t->chain[i]);
    }
    if (n_kept) memmove(t->chain, t->chain + n, n_kept * sizeof *t->chain);
    t->n_pruned = height;
}

void orr_tm_retain(struct orr_tm *t) {
    /* of one block alone the commit would be lost to who crashes before the next is durable */
    uint64_t retain = t->config->retain_blocks == 1 ? 2 : t->config->retain_blocks;
    uint64_t height = t->height - 1;
    if (!retain || !t->app->save || height % retain) return;
    if (t->next_base) {
        orr_msg_unref(t->common->pool, t->base);
        t->base = t->next_base;
        orr_tm_log_snapshot(t, t->base); /* first: the way back never lacks both */
        prune(t, height_of(t->base));
    }
    struct orr_msg *state = t->app->save(t->app_state, t->common->pool);
    t->next_base = record(t, decided_body(t, height)->message->data, state->data, state->len);
    charge_hash(t, state->len);
    orr_msg_unref(t->common->pool, state);
}

/* The chain begins behind a block. */
static void begin_behind(struct orr_tm *t, struct orr_msg *base, const struct orr_tm_header *h) {
    orr_msg_unref(t->common->pool, t->base);
    orr_msg_unref(t->common->pool, t->next_base);
    t->base = base;
    t->next_base = NULL;
    t->n_pruned = h->height;
    t->height = h->height + 1;
    t->last_time = h->time;
    memset(t->priorities, 0, t->set->n * sizeof *t->priorities);
    for (uint64_t i = 0; i < h->height; i++)
        orr_proposer_turn(t->set->powers, t->set->n, t->priorities);
    t->n_turns = 0;
}

int orr_tm_restore_base(struct orr_tm *t, struct orr_msg *stored) {
    struct orr_tm_header header;
    if (stored->len < RECORD_HEAD || !t->app->load) return ORR_ECORRUPT;
    struct orr_reader r = orr_reader(stored->data, RECORD_HEAD);
    orr_tm_header_read(orr_read_bytes(&r, ORR_HEADER_BYTES), &header);
    struct orr_block_id id;
    uint8_t root[32], hash[32];
    orr_read_copy(&r, &id, sizeof id);
    orr_read_copy(&r, root, sizeof root);
    orr_tm_header_hash(&header, hash);
    if (memcmp(hash, id.hash, 32) || !header.height ||
        t->app->load(t->app_state, r.p, stored->len - RECORD_HEAD, root))
        return ORR_ECORRUPT;
    begin_behind(t, orr_msg_ref(stored), &header);
    t->last_id = id;
    memcpy(t->app_hash, root, 32);
    uint32_t first, n = orr_wal_entries(&t->wal, &first);
    for (uint32_t i = first; i < first + n; i++) { /* a crash kept them from being dropped */
        const struct orr_wal_record *e = &t->wal.records[i];
        if (e->msg->len >= ORR_HEADER_BYTES && height_of(e->msg) <= header.height)
            orr_wal_drop(&t->wal, t->out, e->name);
    }
    return 0;
}

void orr_tm_send_snapshot(struct orr_tm *t, orr_peer to, struct orr_msg *next_commit) {
    const struct body *next = decided_body(t, t->n_pruned + 1);
    assert(t->base && next && next_commit);
    uint32_t state_len = t->base->len - RECORD_HEAD;
    struct orr_msg *m =
        orr_msg_new(t->common->pool, ORR_TM_SNAPSHOT,
                    2 * ORR_HEADER_BYTES + 4 + next_commit->len + state_len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_bytes(&w, t->base->data, ORR_HEADER_BYTES);
    orr_write_bytes(&w, next->message->data, ORR_HEADER_BYTES);
    orr_write_u32(&w, next_commit->len);
    orr_write_bytes(&w, next_commit->data, next_commit->len);
    orr_write_bytes(&w, t->base->data + RECORD_HEAD, state_len);
    assert(!w.bad && w.p == w.end);
    orr_send(t->out, to, m);
}

/* Did the validators sign the next block, and does it name this one? */
static bool is_signed(struct orr_tm *t, const struct orr_tm_header *header,
                      const struct orr_tm_header *next, const uint8_t *commit, uint32_t len) {
    struct orr_commit c;
    uint8_t hash[32];
    if (!orr_commit_read(commit, len, t->set->n, &c) || c.len != len) return false;
    orr_tm_header_hash(next, hash);
    if (memcmp(hash, c.id.hash, 32) || c.height != next->height ||
        next->height != header->height + 1)
        return false;
    orr_tm_header_hash(header, hash);
    if (memcmp(hash, next->last.hash, 32)) return false;
    charge(t, (int64_t)c.n_signatures * costs(t)->verify_ns);
    return orr_commit_verify(&c, t->set, t->common->memo);
}

uint64_t orr_tm_adopt(struct orr_tm *t, const struct orr_msg *m) {
    struct orr_reader r = orr_reader(m->data, m->len);
    const uint8_t *first = orr_read_bytes(&r, ORR_HEADER_BYTES);
    const uint8_t *second = orr_read_bytes(&r, ORR_HEADER_BYTES);
    uint32_t commit_len = orr_read_u32(&r);
    const uint8_t *commit = orr_read_bytes(&r, commit_len);
    struct orr_tm_header header, next;
    if (r.bad || !t->app->load) {
        orr_tm_drop(t);
        return 0;
    }
    orr_tm_header_read(first, &header);
    orr_tm_header_read(second, &next);
    if (header.height < t->height) return 0; /* we are past it */
    charge_hash(t, m->len);
    uint32_t len = (uint32_t)orr_read_left(&r);
    if (!is_signed(t, &header, &next, commit, commit_len) ||
        t->app->load(t->app_state, r.p, len, next.app_hash)) {
        orr_tm_drop(t);
        return 0;
    }
    prune(t, t->height - 1);
    t->last_id = next.last;
    memcpy(t->app_hash, next.app_hash, 32);
    begin_behind(t, record(t, first, r.p, len), &header);
    orr_tm_log_snapshot(t, t->base);
    return header.height;
}
