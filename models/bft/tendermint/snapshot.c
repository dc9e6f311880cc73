/* snapshot.c - what takes the place of old blocks: the application's state after one of them.
 *
 * Every `retain_blocks` heights a snapshot is taken; when the next one is due the blocks up to the
 * last are forgotten, in memory and in the log, and that snapshot is where a restart begins and
 * what a peer that lags by more is sent.  So between one and two times as many blocks are kept.
 *
 * Of an application that keeps all blocks (models/app.h) it is where a restart begins, and no more:
 * it stands in the log beside them, and no peer gets it.
 *
 * In the log: header of the block (256) | its id (68) | root of the state after it (32) | powers at
 * the next height (n u64) | state.
 * On the wire: header of the block (256) | header of the next one (256) | len u32, commit of the
 * next one | powers (n u64) | state.
 *
 * Who receives it knows whose votes counted at its own height, and may lag by more than one change
 * of powers.  It believes the next header, which names the block, the state's root and the powers,
 * as a light client does that skips (CometBFT's specification, "Light Client", trust level 1/3):
 * more than 2/3 of the powers that the header names have signed it, and among them are more than
 * 1/3 of those that it knows, so a correct one, who signs nothing that does not follow.  If so
 * little is left of the powers that it knows it takes no snapshot.
 *
 * Of evidence that old blocks carried nothing is known to who begins so; it takes what the others
 * decide. */
#include "models/bft/tendermint/state.h"

enum { RECORD_HEAD = ORR_HEADER_BYTES + sizeof(struct orr_block_id) + 32 };

static uint32_t powers_bytes(const struct orr_tm *t) { return 8 * t->set->n; }
static uint32_t record_head(const struct orr_tm *t) { return RECORD_HEAD + powers_bytes(t); }

/* Of the present height, which is the one behind the snapshot's. */
static struct orr_msg *record(struct orr_tm *t, const uint8_t header[ORR_HEADER_BYTES],
                              const uint8_t *state, uint32_t len) {
    struct orr_msg *m = orr_msg_new(t->common->pool, 0, record_head(t) + len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_bytes(&w, header, ORR_HEADER_BYTES);
    orr_write_bytes(&w, &t->last_id, sizeof t->last_id);
    orr_write_bytes(&w, t->app_hash, 32);
    for (uint32_t i = 0; i < t->set->n; i++) orr_write_u64(&w, t->voters->powers[i]);
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
    if (!retain || !t->app->save || t->app->keeps_blocks || height % retain) return;
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

/* Before the next height is decided, so that a snapshot covers no height whose decision might not
 * have been told. */
void orr_tm_save_state(struct orr_tm *t) {
    uint64_t every = t->config->retain_blocks, height = t->height - 1;
    if (!t->app->keeps_blocks || !t->app->save || !every || !height || height % every) return;
    const struct body *b = decided_body(t, height);
    struct orr_msg *state = t->app->save(t->app_state, t->common->pool);
    struct orr_msg *m = record(t, b->message->data, state->data, state->len);
    charge_hash(t, state->len);
    orr_tm_log_snapshot(t, m);
    orr_msg_unref(t->common->pool, m);
    orr_msg_unref(t->common->pool, state);
}

/* The chain begins behind a block whose state the application has. */
static void begin_behind(struct orr_tm *t, const struct orr_tm_header *h) {
    t->height = h->height + 1;
    t->last_time = h->time;
    orr_tm_find_voters(t, h->height);
}

static void replace_base(struct orr_tm *t, struct orr_msg *base) {
    orr_msg_unref(t->common->pool, t->base);
    orr_msg_unref(t->common->pool, t->next_base);
    t->base = base;
    t->next_base = NULL;
}

int orr_tm_restore_base(struct orr_tm *t, struct orr_msg *stored) {
    struct orr_tm_header header;
    if (stored->len < record_head(t) || !t->app->load) return ORR_ECORRUPT;
    struct orr_reader r = orr_reader(stored->data, stored->len);
    orr_tm_header_read(orr_read_bytes(&r, ORR_HEADER_BYTES), &header);
    struct orr_block_id id;
    uint8_t root[32], hash[32];
    orr_read_copy(&r, &id, sizeof id);
    orr_read_copy(&r, root, sizeof root);
    orr_read_bytes(&r, powers_bytes(t)); /* the state has them too */
    orr_tm_header_hash(&header, hash);
    if (memcmp(hash, id.hash, 32) || !header.height ||
        t->app->load(t->app_state, r.p, orr_read_left(&r), root))
        return ORR_ECORRUPT;
    begin_behind(t, &header);
    t->last_id = id;
    memcpy(t->app_hash, root, 32);
    if (t->app->keeps_blocks) return 0;
    t->n_pruned = header.height;
    replace_base(t, orr_msg_ref(stored));
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
    uint32_t rest_len = t->base->len - RECORD_HEAD; /* powers and state */
    struct orr_msg *m =
        orr_msg_new(t->common->pool, ORR_TM_SNAPSHOT,
                    2 * ORR_HEADER_BYTES + 4 + next_commit->len + rest_len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_bytes(&w, t->base->data, ORR_HEADER_BYTES);
    orr_write_bytes(&w, next->message->data, ORR_HEADER_BYTES);
    orr_write_u32(&w, next_commit->len);
    orr_write_bytes(&w, next_commit->data, next_commit->len);
    orr_write_bytes(&w, t->base->data + RECORD_HEAD, rest_len);
    assert(!w.bad && w.p == w.end);
    orr_send(t->out, to, m);
}

/* Are these the powers that the next header names, and do those who signed it have more than 2/3 of
 * them, and more than 1/3 of those that count here? */
static bool has_power(struct orr_tm *t, const struct orr_tm_header *next,
                      const struct orr_commit *c, const uint8_t *bytes) {
    struct orr_msg *scratch = orr_msg_new(t->common->pool, 0, powers_bytes(t));
    uint64_t *powers = (uint64_t *)scratch->data;
    for (uint32_t i = 0; i < t->set->n; i++) powers[i] = orr_load_le64(bytes + 8 * i);
    struct orr_validator_set *set = orr_validator_set_with(t->set, powers, t->common->mem);
    orr_msg_unref(t->common->pool, scratch);
    if (!set) return false;
    bool has = !memcmp(set->hash, next->validators_hash, sizeof set->hash) &&
               orr_commit_power(c, set) >= set->quorum_power &&
               orr_commit_power(c, t->voters) >= t->voters->honest_power;
    orr_validator_set_drop(set, t->common->mem);
    return has;
}

/* Did the validators sign the next block, and does it name this one? */
static bool is_signed(struct orr_tm *t, const struct orr_tm_header *header,
                      const struct orr_tm_header *next, const uint8_t *commit, uint32_t len,
                      const uint8_t *powers) {
    struct orr_commit c;
    uint8_t hash[32];
    if (!orr_commit_read(commit, len, t->set->n, &c) || c.len != len) return false;
    orr_tm_header_hash(next, hash);
    if (memcmp(hash, c.id.hash, 32) || c.height != next->height ||
        next->height != header->height + 1)
        return false;
    orr_tm_header_hash(header, hash);
    if (memcmp(hash, next->last.hash, 32)) return false;
    charge_hash(t, (uint64_t)t->set->n * (ORR_SIGN_PUBLIC_BYTES + 8));
    if (!has_power(t, next, &c, powers)) return false;
    charge(t, (int64_t)c.n_signatures * costs(t)->verify_ns);
    return orr_commit_is_signed(&c, t->set, t->common->memo);
}

uint64_t orr_tm_adopt(struct orr_tm *t, const struct orr_msg *m) {
    struct orr_reader r = orr_reader(m->data, m->len);
    const uint8_t *first = orr_read_bytes(&r, ORR_HEADER_BYTES);
    const uint8_t *second = orr_read_bytes(&r, ORR_HEADER_BYTES);
    uint32_t commit_len = orr_read_u32(&r);
    const uint8_t *commit = orr_read_bytes(&r, commit_len);
    const uint8_t *powers = orr_read_bytes(&r, powers_bytes(t));
    struct orr_tm_header header, next;
    if (r.bad || !t->app->load || t->app->keeps_blocks) {
        orr_tm_drop(t);
        return 0;
    }
    orr_tm_header_read(first, &header);
    orr_tm_header_read(second, &next);
    if (header.height < t->height) return 0; /* we are past it */
    charge_hash(t, m->len);
    uint32_t len = (uint32_t)orr_read_left(&r);
    if (!is_signed(t, &header, &next, commit, commit_len, powers) ||
        t->app->load(t->app_state, r.p, len, next.app_hash)) {
        orr_tm_drop(t);
        return 0;
    }
    prune(t, t->height - 1);
    t->last_id = next.last;
    memcpy(t->app_hash, next.app_hash, 32);
    begin_behind(t, &header);
    t->n_pruned = header.height;
    replace_base(t, record(t, first, r.p, len));
    orr_tm_log_snapshot(t, t->base);
    return header.height;
}
