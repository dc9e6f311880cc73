/* machine.c - the replicated state, which is the hash of what was executed, and the answers that a
 * client waits for (4.1, 4.2 "reply"). */
#include "models/base/sha256.h"
#include "models/bft/pbft/state.h"

bool orr_pbft_is_executed(const struct orr_pbft_replica *r, uint64_t id) {
    return orr_set_has(&r->recent[0].set, id) || orr_set_has(&r->recent[1].set, id);
}

static void remember(struct orr_pbft_replica *r, struct orr_pbft_generation *g, uint64_t id) {
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? 2 * g->cap : 64;
        g->ids = orr_resize(r->common->mem, g->ids, g->cap * sizeof *g->ids, cap * sizeof *g->ids);
        g->cap = cap;
    }
    g->ids[g->n++] = id;
    orr_set_add(&g->set, id);
}

static void begin_generation(struct orr_pbft_replica *r) {
    struct orr_pbft_generation old = r->recent[1];
    r->recent[1] = r->recent[0];
    orr_set_clear(&old.set);
    old.n = 0;
    r->recent[0] = old;
}

/* ---- the state as bytes: number | chain | last digest | n u32 | n u32 | ids ---- */

enum { STATE_HEAD = 8 + 32 + 32 + 4 + 4 };

struct orr_msg *orr_pbft_state_new(struct orr_pbft_replica *r) {
    const struct orr_pbft_generation *g = r->recent;
    uint32_t size = STATE_HEAD + 8 * (g[0].n + g[1].n);
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_STATE, size);
    struct orr_writer w = orr_writer(m->data, size);
    orr_write_u64(&w, r->executed);
    orr_write_bytes(&w, r->chain, 32);
    orr_write_bytes(&w, r->last_digest, 32);
    orr_write_u32(&w, g[0].n);
    orr_write_u32(&w, g[1].n);
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < g[k].n; i++) orr_write_u64(&w, g[k].ids[i]);
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_pbft_state_load(struct orr_pbft_replica *r, const uint8_t *bytes, size_t len,
                         uint64_t number) {
    struct orr_reader rd = orr_reader(bytes, len);
    uint8_t chain[32], last[32];
    bool is_it = orr_read_u64(&rd) == number;
    orr_read_copy(&rd, chain, 32);
    orr_read_copy(&rd, last, 32);
    uint32_t n[2] = {orr_read_u32(&rd), orr_read_u32(&rd)};
    if (rd.bad || !is_it || orr_read_left(&rd) != 8 * ((uint64_t)n[0] + n[1])) return false;
    for (int k = 0; k < 2; k++) {
        orr_set_clear(&r->recent[k].set);
        r->recent[k].n = 0;
        for (uint32_t i = 0; i < n[k]; i++) remember(r, &r->recent[k], orr_read_u64(&rd));
    }
    memcpy(r->chain, chain, 32);
    memcpy(r->last_digest, last, 32);
    r->executed = number;
    return true;
}

void orr_pbft_machine_fini(struct orr_pbft_replica *r) {
    struct orr_mem *mem = r->common->mem;
    for (int k = 0; k < 2; k++) {
        orr_free(mem, r->recent[k].ids, r->recent[k].cap * sizeof *r->recent[k].ids);
        orr_set_fini(&r->recent[k].set);
    }
    for (uint32_t i = 0; i < r->n_asked; i++)
        orr_free(mem, r->asked[i].answers, r->n * sizeof *r->asked[i].answers);
    orr_free(mem, r->asked, r->asked_cap * sizeof *r->asked);
}

/* ---- answers ---- */

void orr_pbft_ask(struct orr_pbft_replica *r, uint64_t id) {
    if (!r->config->replies) return;
    if (r->n_asked == r->asked_cap) {
        uint32_t cap = r->asked_cap ? 2 * r->asked_cap : 16;
        r->asked = orr_resize(r->common->mem, r->asked, r->asked_cap * sizeof *r->asked,
                              cap * sizeof *r->asked);
        r->asked_cap = cap;
    }
    r->asked[r->n_asked++] = (struct orr_pbft_asked){
        id, r->now, orr_alloc_zero(r->common->mem, r->n * sizeof(uint64_t))};
}

/* "The client waits for f + 1 replies from different replicas, with the same t and r". */
static void answered(struct orr_pbft_replica *r, uint64_t id, uint32_t by, uint64_t answer) {
    uint64_t enough = r->config->reply_quorum ? r->config->reply_quorum
                      : r->config->read_only ? orr_quorum(r->n) : orr_one_correct(r->n);
    uint32_t at = 0, n = 0;
    while (at < r->n_asked && r->asked[at].id != id) at++;
    if (at == r->n_asked) return; /* done already */
    struct orr_pbft_asked *a = &r->asked[at];
    if (!a->answers[by]) a->answers[by] = answer;
    for (uint32_t i = 0; i < r->n; i++) n += a->answers[i] == answer;
    if (n < enough) return;
    orr_metric(r->out, "client_latency", r->now - a->at, "ns");
    orr_free(r->common->mem, a->answers, r->n * sizeof *a->answers);
    *a = r->asked[--r->n_asked];
}

static void answer(struct orr_pbft_replica *r, uint64_t number, uint32_t home, uint64_t id) {
    if (!r->config->replies || r->is_restoring) return;
    uint64_t result = orr_hash64(number, r->chain, 32);
    if (home == r->me) {
        answered(r, id, r->me, result);
        return;
    }
    struct orr_msg *m = orr_pbft_vote(r, ORR_PBFT_REPLY, r->view, number, r->chain, 8);
    orr_store_le64(m->data + ORR_PBFT_VOTE_BYTES, id);
    orr_pbft_send(r, home, m);
}

void orr_pbft_recv_reply(struct orr_pbft_replica *r, const struct orr_msg *m) {
    struct orr_pbft_vote v;
    bool is_vote = orr_pbft_vote_read(m, r->set, &v) && m->len == ORR_PBFT_VOTE_BYTES + 8;
    if (is_vote) orr_pbft_charge_verify(r, 1);
    if (!is_vote || !orr_pbft_vote_verify(&v, r->set, r->common->memo))
        orr_pbft_drop(r);
    else
        answered(r, orr_load_le64(m->data + ORR_PBFT_VOTE_BYTES), v.replica,
                 orr_hash64(v.number, v.digest, 32));
}

/* ---- execution ---- */

static uint32_t execute(struct orr_pbft_replica *r, uint64_t number,
                        const struct orr_pbft_bytes *batch, uint64_t *ids, uint32_t *homes) {
    const uint8_t *bytes = orr_pbft_bytes_at(batch), *request;
    uint32_t n = 0, at = 0, size, len = orr_pbft_bytes_len(batch);
    (void)number;
    while (len && (request = orr_pbft_batch_next(bytes, len, &at, &size))) { /* ends: at grows */
        uint64_t id = orr_pbft_request_id(request, size);
        orr_mempool_remove(&r->pending, orr_hash64(ORR_PBFT_REQUEST, request, size));
        if (orr_pbft_is_executed(r, id)) continue; /* once is enough */
        remember(r, &r->recent[0], id);
        r->out->busy_ns += r->common->costs->tx_execute_ns;
        ids[n] = id;
        homes[n++] = orr_load_le32(request);
    }
    return n;
}

static uint32_t requests_in(const struct orr_pbft_bytes *batch) {
    uint32_t n = 0, at = 0, size, len = orr_pbft_bytes_len(batch);
    while (len && orr_pbft_batch_next(orr_pbft_bytes_at(batch), len, &at, &size)) n++;
    return n;
}

void orr_pbft_apply(struct orr_pbft_replica *r, uint64_t number, uint64_t view,
                    const uint8_t digest[32], const struct orr_pbft_bytes *batch, bool is_told) {
    assert(number == r->executed + 1);
    uint32_t most = requests_in(batch);
    struct orr_mem *mem = r->common->mem;
    uint64_t *ids = orr_alloc(mem, most * sizeof *ids);
    uint32_t *homes = orr_alloc(mem, most * sizeof *homes);
    if (r->executed % r->config->window == 0) begin_generation(r);
    uint32_t n = execute(r, number, batch, ids, homes);
    uint8_t before[32];
    memcpy(before, r->chain, 32);
    orr_sha256_tagged('s', before, 32, digest, 32, r->chain);
    memcpy(r->last_digest, digest, 32);
    r->executed = number;
    const uint8_t *bytes = orr_pbft_bytes_at(batch);
    bool is_null = !orr_pbft_bytes_len(batch);
    if (is_told)
        orr_decide(r->out, .height = number, .value = digest, .state_root = r->chain,
                   .round = (uint32_t)view, .size_bytes = orr_pbft_bytes_len(batch),
                   .proposed_at = is_null ? 0 : orr_pbft_batch_time(bytes),
                   .proposers = is_null ? NULL : &r->set->members[orr_pbft_batch_author(bytes)],
                   .n_proposers = !is_null, .txs = ids, .n_txs = n);
    for (uint32_t i = 0; i < n; i++) answer(r, number, homes[i], ids[i]);
    orr_free(mem, ids, most * sizeof *ids);
    orr_free(mem, homes, most * sizeof *homes);
}
