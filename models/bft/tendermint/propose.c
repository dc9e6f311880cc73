/* propose.c - making a block and its proposal; voting; and what must never be signed twice. */
#include "models/bft/tendermint/state.h"

enum { PROPOSAL_BYTES = 8 + 4 + 4 + 4 + 68 + ORR_SIGN_BYTES, MAX_EVIDENCE = 32 };

bool orr_tm_may_sign(struct orr_tm *t, enum orr_signed_type type, uint32_t round,
                     int32_t pol_round, const struct orr_block_id *id) {
    uint8_t statement[ORR_SIGNED_BYTES];
    uint8_t stage = orr_signed_stage((uint8_t)type);
    orr_signed_bytes(t->set, type, t->height, round, pol_round, id, statement);
    return orr_sign_guard(&t->guard, t->height, round, stage, statement, sizeof statement);
}

/* Signs a statement about this height and round with the key that this node holds. */
static void sign(struct orr_tm *t, enum orr_signed_type type, int32_t pol_round,
                 const struct orr_block_id *id, uint8_t signature[ORR_SIGN_BYTES]) {
    uint8_t statement[ORR_SIGNED_BYTES];
    orr_signed_bytes(t->set, type, t->height, t->round, pol_round, id, statement);
    orr_sign(t->common->memo, &t->set->keys[t->me], statement, sizeof statement, signature);
    charge(t, costs(t)->sign_ns);
}

void orr_tm_vote(struct orr_tm *t, enum orr_signed_type type,
                 const struct orr_block_id *id) {
    if (!t->voters->powers[t->me]) return;
    if (!orr_tm_may_sign(t, type, t->round, 0, id)) {
        t->n_refused_signatures++;
        return;
    }
    if (orr_tm_is_remote(t)) {
        orr_tm_ask_signature(t, type, 0, id);
        return;
    }
    uint8_t signature[ORR_SIGN_BYTES];
    sign(t, type, 0, id, signature);
    orr_tm_send_vote(t, type, id, signature);
}

void orr_tm_send_vote(struct orr_tm *t, enum orr_signed_type type, const struct orr_block_id *id,
                      const uint8_t signature[ORR_SIGN_BYTES]) {
    struct orr_vote v = {.height = t->height, .round = t->round, .validator = t->me,
                         .type = (uint8_t)type, .id = *id, .set = t->set,
                         .verdict = t->common->memo ? ORR_GOOD : ORR_UNKNOWN};
    memcpy(v.signature, signature, sizeof v.signature);
    uint16_t kind = type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT;
    struct orr_msg *m = orr_vote_message(&v, t->common->pool, kind);
    /* A precommit is a lock: the block must outlive a crash as the vote does. */
    struct body *b = orr_block_id_is_nil(id) ? NULL : orr_tm_find_body(t, id);
    bool is_lock = type == ORR_PRECOMMIT && b;
    if (!has_bug(t, ORR_TM_BUG_FORGET_LAST_VOTE)) {
        if (is_lock) orr_tm_log_body(t, b);
        orr_tm_log_vote(t, type, is_lock, m);
    }
    orr_tm_broadcast(t, orr_msg_ref(m));
    orr_tm_count_vote(t, t->current, orr_vote_of(m), m);
    orr_msg_unref(t->common->pool, m);
}

/* Chooses transactions for a block: the application does, from its own order, or from the mempool's
 * in its order.  draft->txs lies in the result. */
static struct orr_msg *choose_txs(struct orr_tm *t, uint64_t left, struct orr_app_draft *draft) {
    struct orr_msg *scratch =
        orr_msg_new(t->common->pool, 0, t->mempool.n_txs * (uint32_t)sizeof(void *));
    draft->txs = (struct orr_msg **)scratch->data;
    draft->n_cap = t->mempool.n_txs;
    draft->max_bytes = left;
    draft->overhead = TX_OVERHEAD;
    charge_app_call(t);
    if (t->app->pack) {
        draft->max_bytes = left > ORR_CLAIM_BYTES ? left - ORR_CLAIM_BYTES : 0;
        t->app->pack(t->app_state, draft, &t->out->busy_ns);
    } else {
        draft->n = orr_mempool_reap(&t->mempool, left, TX_OVERHEAD, draft->txs, draft->n_cap);
        draft->n = t->app->propose(t->app_state, draft->txs, draft->n);
    }
    assert(draft->n <= draft->n_cap);
    return scratch;
}

/* getValue() of the paper, line 18: a new block from the mempool and the pool of evidence. */
static struct body *make_block(struct orr_tm *t) {
    struct orr_pool *pool = t->common->pool;
    struct orr_msg *commit = orr_tm_seen_commit(t), *evidence[MAX_EVIDENCE];
    uint32_t n_evidence = 0;
    uint64_t left = t->max_block - (ORR_HEADER_BYTES + 12 + (commit ? commit->len : 0));
    for (uint32_t i = 0; i < t->evidence.n && n_evidence < MAX_EVIDENCE; i++) {
        const struct orr_evidence_entry *e = &t->evidence.entries[i];
        if (e->committed || !orr_tm_may_carry(t, e->height) || left < ORR_EVIDENCE_BYTES) continue;
        evidence[n_evidence++] = e->message;
        left -= ORR_EVIDENCE_BYTES;
    }
    /* An even time: forge.c makes the odd one its conflicting twin. */
    orr_time time = (t->wall > t->last_time ? t->wall : t->last_time + 1);
    time = (time + 1) / 2 * 2;
    struct orr_app_draft draft = {.height = t->height, .time = time, .proposer = t->me,
                                  .last_round = t->last_commit ? t->last_commit->round : 0};
    struct orr_msg *scratch = choose_txs(t, left, &draft);
    struct orr_tm_header header = {.chain_id = t->set->chain_id, .height = t->height,
                                   .time = time, .proposer = t->me, .last = t->last_id};
    memcpy(header.app_hash, t->app_hash, 32);
    memcpy(header.validators_hash, t->voters->hash, 32);
    struct orr_msg *block =
        orr_tm_block_build(&header, commit, evidence, n_evidence, draft.txs, draft.n,
                           draft.has_claim ? draft.claim : NULL, pool);
    charge_hash(t, 2 * (uint64_t)block->len); /* its transactions, then its parts */

    struct orr_block_id id;
    struct orr_msg *parts[ORR_MAX_PARTS];
    orr_tm_decode_block(t, block);
    orr_tm_header_hash(&header, id.hash);
    orr_parts_split(block, t->height, (uint32_t)t->config->part_size, ORR_TM_PART, pool, parts,
                    &id.n_parts, id.parts_root);
    struct body *b = orr_tm_want_body(t, &id);
    for (uint32_t i = 0; i < id.n_parts; i++) {
        if (b) orr_tm_add_part(t, b, parts[i]);
        orr_msg_unref(pool, parts[i]);
    }
    orr_msg_unref(pool, block);
    orr_msg_unref(pool, scratch);
    orr_msg_unref(pool, commit);
    return b;
}

static struct orr_msg *proposal_message(struct orr_tm *t, const struct body *b, int32_t pol_round,
                                        const uint8_t signature[ORR_SIGN_BYTES]) {
    struct orr_msg *m = orr_msg_new(t->common->pool, ORR_TM_PROPOSAL, PROPOSAL_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, t->height);
    orr_write_u32(&w, t->round);
    orr_write_u32(&w, (uint32_t)pol_round);
    orr_write_u32(&w, t->me);
    orr_write_bytes(&w, &b->id, sizeof b->id);
    orr_write_bytes(&w, signature, ORR_SIGN_BYTES);
    assert(!w.bad && w.p == w.end);
    orr_tm_decode(m, t->set, t->common->pool, t->common->memo);
    return m;
}

/* Lines 15-19. */
void orr_tm_propose(struct orr_tm *t) {
    if (t->current->proposal) return; /* restored from the log */
    if (t->height > 1 && !t->last_commit) return; /* after a snapshot: no commit to put into it */
    struct body *b = t->valid; /* lines 15-18 */
    if (!b) b = orr_tm_proposed_before(t);
    if (!b) b = make_block(t);
    int32_t pol_round = t->valid ? t->valid_round : -1;
    if (!b) return; /* too many blocks of this height under collection: the round is lost */
    if (!orr_tm_may_sign(t, ORR_SIGNED_PROPOSAL, t->round, pol_round, &b->id)) {
        t->n_refused_signatures++;
        return;
    }
    if (orr_tm_is_remote(t)) {
        orr_tm_ask_signature(t, ORR_SIGNED_PROPOSAL, pol_round, &b->id);
        return;
    }
    uint8_t signature[ORR_SIGN_BYTES];
    sign(t, ORR_SIGNED_PROPOSAL, pol_round, &b->id, signature);
    orr_tm_send_proposal(t, b, pol_round, signature);
}

void orr_tm_send_proposal(struct orr_tm *t, struct body *b, int32_t pol_round,
                          const uint8_t signature[ORR_SIGN_BYTES]) {
    struct orr_msg *m = proposal_message(t, b, pol_round, signature);
    orr_tm_log_body(t, b);
    orr_tm_log_proposal(t, m, pol_round);
    t->current->proposal = m;
    have_news(t);
    t->current->proposed_at = t->wall;
    orr_propose(t->out, t->height, t->round, b->id.hash, b->message ? b->message->len : 0);
    orr_tm_broadcast(t, orr_msg_ref(m)); /* line 19, the block itself in parts */
    if (b->first_round != NO_ROUND) return; /* who lacks parts of it fetches them */
    b->first_round = t->round;
    b->named_at = t->wall;
    orr_tm_push_parts(t, b);
}
