/* pbft.c - the normal case of PBFT: n = 3f + 1 replicas put requests into one order though f of
 * them lie (Castro, Liskov, "Practical Byzantine Fault Tolerance", OSDI '99, section 4.2).
 *
 * The view is 0 throughout and replica 0 its primary.  Channels say who sent a message, so nothing
 * is signed.  Left out are checkpoints (4.3) and view changes (4.4): when the primary fails, or too
 * many replicas miss a message, the others stop; they never disagree.  A replica that has crashed
 * must stay down, for it forgets what it has promised. */
#include "models/base/bytes.h"
#include "models/bft/common/quorum.h"
#include "models/bft/common/slots.h"
#include "models/output.h"
#include "models/plain_tx.h"

/* REQUEST is the client's bytes; the others begin with a sequence number u64 and a digest u64, and
 * a PRE_PREPARE goes on with the request. */
enum { REQUEST, PRE_PREPARE, PREPARE, COMMIT }; /* 0: what clients send, with the same hash */
static const char *const kinds[] = {"request", "pre-prepare", "prepare", "commit", NULL};
enum { HEAD_BYTES = 16, WINDOW = 256 };

struct slot { /* what a replica knows of one sequence number */
    uint64_t digest; /* of the request in the pre-prepare; 0: none has come */
    uint32_t size_bytes;
    bool is_prepared;
    uint64_t votes[]; /* [2][n] the digest that each replica prepared, committed; 0: none */
};

struct pbft {
    const struct orr_cohort *replicas;
    uint32_t me;            /* this replica's rank among them */
    uint64_t next;          /* the primary's next sequence number */
    struct orr_slots slots; /* from the first that is not executed yet */
};

static int pbft_init(void *state, const struct orr_env *env, const void *cfg) {
    struct pbft *p = state;
    (void)cfg;
    p->replicas = env->common->cohort;
    p->me = orr_rank(p->replicas, env->self);
    p->next = 1;
    orr_slots_init(&p->slots, env->common->mem, 1, WINDOW,
                   sizeof(struct slot) + 2 * p->replicas->n * sizeof(uint64_t));
    return 0;
}

static uint64_t *votes_of(const struct pbft *p, struct slot *s, uint16_t kind) {
    return s->votes + (kind - PREPARE) * p->replicas->n;
}

/* "2f + 1": have enough replicas voted for the request that the primary has named? */
static bool has_quorum(const struct pbft *p, struct slot *s, uint16_t kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->replicas->n; i++) n += votes_of(p, s, kind)[i] == s->digest;
    return n >= orr_quorum(p->replicas->n);
}

static struct orr_msg *message(uint16_t kind, uint64_t number, uint64_t digest, uint32_t more_bytes,
                               struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, kind, HEAD_BYTES + more_bytes);
    orr_store_le64(m->data, number);
    orr_store_le64(m->data + 8, digest);
    return m;
}

/* Our own vote counts as well as the others'. */
static void vote(struct pbft *p, uint64_t number, struct slot *s, uint16_t kind,
                 struct orr_outbox *out) {
    votes_of(p, s, kind)[p->me] = s->digest;
    orr_cast(out, ORR_NOBODY, message(kind, number, s->digest, 0, out));
}

/* Requests are executed in the order of their numbers. */
static void execute(struct pbft *p, struct orr_outbox *out) {
    struct slot *s = orr_slots_at(&p->slots, p->slots.first);
    for (; s->is_prepared && has_quorum(p, s, COMMIT); /* ends: slots that open are empty */
         s = orr_slots_at(&p->slots, p->slots.first)) {
        uint8_t value[32] = {0};
        orr_store_le64(value, s->digest);
        orr_decide(out, .height = p->slots.first, .value = value, .size_bytes = s->size_bytes,
                   .proposers = p->replicas->members, .n_proposers = 1, .txs = &s->digest,
                   .n_txs = 1);
        orr_slots_pass(&p->slots);
    }
}

/* "prepared": the pre-prepare and 2f matching prepares, the primary's pre-prepare being its vote.
 * "committed-local": prepared and 2f + 1 matching commits. */
static void advance(struct pbft *p, uint64_t number, struct slot *s, struct orr_outbox *out) {
    if (!s->is_prepared && s->digest && has_quorum(p, s, PREPARE)) {
        s->is_prepared = true;
        vote(p, number, s, COMMIT, out);
    }
    execute(p, out);
}

/* The first pre-prepare of a number counts, the primary's own too. */
static void pre_prepare(struct pbft *p, uint64_t number, uint64_t digest, uint32_t size_bytes,
                        struct orr_outbox *out) {
    struct slot *s = orr_slots_at(&p->slots, number);
    if (!s || s->digest) return;
    s->digest = votes_of(p, s, PREPARE)[0] = digest;
    s->size_bytes = size_bytes;
    if (p->me != 0) vote(p, number, s, PREPARE, out);
    advance(p, number, s, out);
}

/* The primary numbers a request; others pass it on.  While half of the window is in use the primary
 * takes none, so that replicas which are slower can follow. */
static void request(struct pbft *p, struct orr_msg *m, struct orr_outbox *out) {
    if (p->me != 0) {
        orr_send(out, p->replicas->members[0], orr_msg_ref(m));
    } else if (p->next < p->slots.first + WINDOW / 2) {
        uint64_t number = p->next++, digest = orr_msg_hash(m);
        struct orr_msg *out_m = message(PRE_PREPARE, number, digest, m->len, out);
        memcpy(out_m->data + HEAD_BYTES, m->data, m->len);
        orr_cast(out, ORR_NOBODY, out_m);
        pre_prepare(p, number, digest, m->len, out);
    }
}

/* Is this a message that a replica of this rank may send? */
static bool is_good(const struct pbft *p, uint32_t from, const struct orr_msg *m) {
    if (from == ORR_NOBODY || m->len < HEAD_BYTES || !orr_load_le64(m->data + 8)) return false;
    if (m->kind == PREPARE || m->kind == COMMIT) return m->len == HEAD_BYTES;
    return m->kind == PRE_PREPARE && from == 0 && p->me != 0 &&
           orr_load_le64(m->data + 8) ==
               orr_hash64(REQUEST, m->data + HEAD_BYTES, m->len - HEAD_BYTES);
}

static void receive(struct pbft *p, uint32_t from, struct orr_msg *m, struct orr_outbox *out) {
    if (!is_good(p, from, m)) {
        orr_reject(out);
        return;
    }
    uint64_t number = orr_load_le64(m->data), digest = orr_load_le64(m->data + 8);
    struct slot *s = orr_slots_at(&p->slots, number);
    if (m->kind == PRE_PREPARE) {
        pre_prepare(p, number, digest, m->len - HEAD_BYTES, out);
    } else if (s && !votes_of(p, s, m->kind)[from]) { /* a replica's first vote counts */
        votes_of(p, s, m->kind)[from] = digest;
        advance(p, number, s, out);
    }
}

static int pbft_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct pbft *p = state;
    struct orr_msg *m = event->msg;
    if (event->kind == ORR_INPUT && event->key == ORR_IN_TX && m) request(p, m, out);
    if (event->kind == ORR_RECV && m && m->kind == REQUEST) request(p, m, out);
    else if (event->kind == ORR_RECV && m) receive(p, orr_rank(p->replicas, event->peer), m, out);
    return 0;
}

static void pbft_fini(void *state) {
    struct pbft *p = state;
    orr_slots_fini(&p->slots);
}

static uint64_t pbft_digest(const void *state) {
    const struct pbft *p = state;
    return orr_hash64(p->next ^ p->slots.first << 32, p->slots.slots,
                      (size_t)p->slots.window * p->slots.size);
}

static const char *pbft_refuses(const void *cfg, uint32_t n) {
    (void)cfg;
    return n < 4 ? "PBFT needs n = 3f + 1 replicas, at least 4" : NULL;
}

static bool pbft_leads(const void *state) { return ((const struct pbft *)state)->me == 0; }

const struct orr_protocol orr_lab_pbft_normal = {
    .abi = ORR_ABI,
    .name = "pbft-normal",
    .summary = "PBFT's normal case: pre-prepare, prepare, commit; no view change",
    .kinds = kinds,
    .node_size = sizeof(struct pbft),
    .transport = ORR_STREAM,
    .init = pbft_init,
    .step = pbft_step,
    .fini = pbft_fini,
    .digest = pbft_digest,
    .genesis.refuses = pbft_refuses,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .fault.leads = pbft_leads,
};
