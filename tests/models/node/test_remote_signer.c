/* Two nodes vote with one key, which a remote signer holds: whatever crashes, and with whatever
 * disk the signer comes back, it signs no two statements in one place.  EVERY=1: 10,000 plans. */
#include <stdlib.h>

#include "models/base/bytes.h"
#include "models/bft/common/signer.h"
#include "models/bft/tendermint/tendermint.h"
#include "tests/driver.h"

extern const struct orr_protocol orr_remote_signer;

enum { MAIN = 0, STANDBY = 4, SIGNER = 5, N = 6, GRANTS = 4096 };
#define END (9000 * MS) /* of which two thirds are troubled */

enum disk { GOOD, OLD, GONE };

struct grant { struct orr_signed_place place; uint8_t statement[ORR_SIGNED_BYTES]; };

/* What the signer's configuration struct holds, by its own table of keys. */
struct plan {
    struct cluster c;
    uint64_t main_config[64], standby_config[64], signer_config[8];
    struct orr_rng rng;
    struct grant grants[GRANTS];
    uint32_t n_grants, n_conflicts, n_refused;
    struct record old[64]; /* the signer's disk as it was once */
    uint32_t n_old;
    bool has_old;
    uint64_t decided;      /* the greatest height ... */
    uint64_t decided_then; /* ... when the last thing went wrong */
    bool holders_forget;   /* holders may lose their disks and the signer, which keeps its own,
                              need not hear both; else the signer's may be old or gone */
    orr_time back[N];      /* when a node that is down starts again */
};

static void set(const struct orr_protocol *p, void *config, const char *key, uint64_t value) {
    struct cluster view = {.protocol = p, .config = config};
    cluster_set(&view, key, value);
}

static uint64_t draw(struct plan *p, uint64_t n) { return orr_rng_below(&p->rng, n); }

static orr_time delay(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    struct plan *p = c->ctx;
    return draw(p, 50) ? (orr_time)(1 + draw(p, 40)) * MS : ORR_NEVER;
}

static void sent(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct plan *p = c->ctx;
    struct orr_signer_reply reply;
    struct grant g;
    if (from != SIGNER || e->msg->kind != ORR_TM_SIGNATURE) return;
    ck_assert(orr_signer_reply_read(e->msg, &reply));
    ck_assert(orr_signed_place(reply.statement, &g.place));
    p->n_refused += !reply.is_granted;
    if (!reply.is_granted) return;
    memcpy(g.statement, reply.statement, sizeof g.statement);
    for (uint32_t i = 0; i < p->n_grants; i++) {
        const struct grant *o = &p->grants[i];
        if (o->place.height == g.place.height && o->place.round == g.place.round &&
            o->place.stage == g.place.stage)
            p->n_conflicts += memcmp(o->statement, g.statement, sizeof g.statement) != 0;
    }
    ck_assert_uint_lt(p->n_grants, GRANTS);
    p->grants[p->n_grants++] = g;
}

static void output(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m) {
    struct plan *p = c->ctx;
    (void)node;
    if (key != ORR_OUT_DECIDED) return;
    uint64_t height = ((const struct orr_decided *)m->data)->height;
    if (height > p->decided) p->decided = height;
}

/* Four validators, of which MAIN's key is the signer's, and a STANDBY that votes with the same. */
static void plan_new(struct plan *p, uint64_t seed, uint32_t holders, bool record_after) {
    memset(p, 0, sizeof *p);
    struct cluster *c = &p->c;
    cluster_new(c, "tendermint", N, seed);
    p->rng = orr_rng_stream(seed, ORR_RNG_PLAN, 0);
    c->cohort.signatures = ORR_SIGNATURES_MODELLED;
    c->stakes[STANDBY] = c->stakes[SIGNER] = 0;
    cluster_set(c, "timeout_propose", 200 * MS);
    cluster_set(c, "timeout_prevote", 60 * MS);
    cluster_set(c, "timeout_precommit", 60 * MS);
    cluster_set(c, "timeout_commit", 50 * MS);
    cluster_set(c, "gossip_interval", 50 * MS);
    cluster_set(c, "timeout_propose_delta", 40 * MS);
    cluster_set(c, "timeout_prevote_delta", 20 * MS);
    cluster_set(c, "timeout_precommit_delta", 20 * MS);
    ck_assert_uint_le(c->protocol->config_size, sizeof p->main_config);
    ck_assert_uint_le(orr_remote_signer.config_size, sizeof p->signer_config);
    memcpy(p->main_config, c->config, c->protocol->config_size);
    set(c->protocol, p->main_config, "signer", SIGNER);
    memcpy(p->standby_config, p->main_config, sizeof p->main_config);
    set(c->protocol, p->standby_config, "key_of", MAIN);
    set(&orr_remote_signer, p->signer_config, "holders", holders);
    set(&orr_remote_signer, p->signer_config, "record", record_after);
    c->nodes[MAIN].config = p->main_config;
    c->nodes[STANDBY].config = p->standby_config;
    c->nodes[SIGNER].config = p->signer_config;
    c->nodes[SIGNER].protocol = &orr_remote_signer;
    c->delay = delay, c->sent = sent, c->output = output, c->ctx = p;
    p->holders_forget = seed % 2;
}

static void keep_image(struct plan *p) {
    struct cluster_node *n = &p->c.nodes[SIGNER];
    ck_assert_uint_le(n->n_disk, 64);
    for (uint32_t i = 0; i < p->n_old; i++) orr_msg_unref(&p->c.pool, p->old[i].msg);
    p->n_old = n->n_disk;
    for (uint32_t i = 0; i < n->n_disk; i++)
        p->old[i] = (struct record){n->disk[i].name, orr_msg_ref(n->disk[i].msg)};
}

static void plan_free(struct plan *p) {
    for (uint32_t i = 0; i < p->n_old; i++) orr_msg_unref(&p->c.pool, p->old[i].msg);
    cluster_free(&p->c);
}

/* A node that is down, or goes down here, has this disk when it comes back. */
static void go_down(struct plan *p, orr_peer node, enum disk disk) {
    struct cluster *c = &p->c;
    cluster_crash(c, node, disk != GOOD);
    for (uint32_t i = 0; disk == OLD && i < p->n_old; i++)
        cluster_write(c, &c->nodes[node], p->old[i].name, orr_msg_ref(p->old[i].msg));
}

/* One thing goes wrong, or is made good. */
static void mischief(struct plan *p) {
    struct cluster *c = &p->c;
    static const orr_peer victims[] = {SIGNER, SIGNER, SIGNER, MAIN, STANDBY, 1};
    orr_peer node = victims[draw(p, 6)];
    if (draw(p, 4) == 0) keep_image(p);
    if (!c->nodes[node].is_up) return;
    if (node == SIGNER && draw(p, 2)) { /* it dies among its next effects */
        c->dying = SIGNER;
        c->writes_left = (uint32_t)draw(p, 3);
        c->dies_behind = c->writes_left && draw(p, 2);
        return;
    }
    bool may_forget = node == SIGNER ? !p->holders_forget : p->holders_forget && node != 1;
    enum disk disk = !may_forget ? GOOD : node == SIGNER ? (enum disk)draw(p, 3)
                                                         : draw(p, 2) ? GONE : GOOD;
    go_down(p, node, disk);
}

static void play(struct plan *p) {
    struct cluster *c = &p->c;
    cluster_start(c);
    while (c->now < END) {
        cluster_run(c, c->now + (orr_time)(20 + draw(p, 300)) * MS);
        if (c->now < END * 2 / 3) {
            mischief(p);
            p->decided_then = p->decided;
        }
        for (orr_peer i = 0; i < N; i++) {
            if (c->nodes[i].is_up || (c->now < END * 2 / 3 && draw(p, 3))) continue;
            if (i == SIGNER && c->dying == ORR_NOBODY && !p->holders_forget)
                go_down(p, i, (enum disk)draw(p, 3));
            cluster_boot(c, i);
        }
    }
    while (p->decided <= p->decided_then && c->now < 8 * END) cluster_run(c, c->now + 100 * MS);
}

static uint32_t n_plans(uint32_t sample) {
    const char *every = getenv("EVERY");
    return every && *every == '1' ? 10000 : sample;
}

START_TEST(no_two_votes_in_one_place_whatever_crashes_and_whatever_disk_comes_back) {
    static struct plan p;
    uint64_t n_grants = 0, n_refused = 0;
    for (uint64_t seed = 1; seed <= n_plans(120); seed++) {
        plan_new(&p, seed, seed % 2 ? 1 : 2, false);
        play(&p);
        ck_assert_msg(!p.n_conflicts, "plan %llu: signed twice", (unsigned long long)seed);
        ck_assert_msg(p.decided > p.decided_then, "plan %llu: no height behind %llu",
                      (unsigned long long)seed, (unsigned long long)p.decided_then);
        n_grants += p.n_grants, n_refused += p.n_refused;
        plan_free(&p);
    }
    ck_assert_uint_gt(n_grants, 1000); /* it does sign, and it does refuse */
    ck_assert_uint_gt(n_refused, 100);
}
END_TEST

/* Does the signer sign twice in any of so many plans? */
static bool caught(uint32_t holders, bool record_after, bool holders_forget) {
    static struct plan p;
    bool found = false;
    for (uint64_t seed = 1; seed <= 600 && !found; seed++) {
        plan_new(&p, 2 * seed + holders_forget, holders, record_after);
        play(&p);
        found = p.n_conflicts > 0;
        plan_free(&p);
    }
    return found;
}

START_TEST(a_record_written_after_the_reply_is_caught) {
    ck_assert(caught(1, true, true));
}
END_TEST

START_TEST(a_signer_that_trusts_an_old_disk_is_caught) {
    ck_assert(caught(1, false, false));
}
END_TEST

/* ---- one signer, word by word ---- */

static void alone(struct plan *p, uint32_t holders) {
    plan_new(p, 1, holders, false);
    p->c.only = SIGNER;
    p->c.keeps = true;
    cluster_start(&p->c);
}

static uint64_t session(struct plan *p) {
    struct orr_msg *m = cluster_said(&p->c, 0);
    ck_assert(m && m->kind == ORR_TM_RECALL && m->len == ORR_RECALL_BYTES);
    return orr_load_le64(m->data);
}

static void tell(struct plan *p, uint64_t session, orr_peer from, uint64_t height) {
    struct orr_signer_tell t = {.session = session, .chain_id = 7, .key = MAIN,
                                .place = {.height = height}};
    cluster_receive(&p->c, from, orr_signer_tell_new(&t, &p->c.pool, ORR_TM_TELL));
}

static struct orr_signer_reply request(uint64_t session, enum orr_signed_type type,
                                       uint64_t height, uint32_t round, uint8_t block) {
    struct orr_validator_set set = {.chain_id = 7};
    struct orr_block_id id = {.hash = {block}, .n_parts = block};
    struct orr_signer_reply r = {.session = session, .key = MAIN};
    orr_signed_bytes(&set, type, height, round, 0, &id, r.statement);
    return r;
}

/* 1 granted, 0 refused, -1 no answer. */
static int ask(struct plan *p, orr_peer from, struct orr_signer_reply r) {
    cluster_receive(&p->c, from, orr_signer_request_new(&r, &p->c.pool, ORR_TM_SIGN));
    struct orr_msg *m = cluster_said(&p->c, 0);
    struct orr_signer_reply answer;
    if (!m || m->kind != ORR_TM_SIGNATURE) return -1;
    ck_assert(orr_signer_reply_read(m, &answer));
    ck_assert_mem_eq(answer.statement, r.statement, sizeof r.statement);
    if (!answer.is_granted) return 0;
    struct orr_keypair pair;
    orr_keypair_derive(p->c.cohort.signatures, p->c.cohort.seed, MAIN, &pair);
    ck_assert(orr_sign_verify(NULL, pair.public_key, r.statement, sizeof r.statement,
                              answer.signature));
    return 1;
}

START_TEST(it_signs_upwards_only_and_the_same_again) {
    static struct plan p;
    alone(&p, 1);
    uint64_t s = session(&p);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 1)), -1); /* has not told */
    tell(&p, s, MAIN, 5);
    ck_assert_int_eq(ask(&p, STANDBY, request(s, ORR_PREVOTE, 5, 0, 1)), -1); /* nor has this one */
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PRECOMMIT, 4, 9, 1)), 0);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_SIGNED_PROPOSAL, 5, 0, 1)), 1);
    ck_assert_uint_eq(cluster_count(&p.c, ORR_WRITE), 1);
    ck_assert_int_eq(p.c.out.v[0].kind, ORR_WRITE); /* before the reply */
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 1)), 1);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 1)), 1);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 2)), 0);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 0)), 0); /* nil */
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_SIGNED_PROPOSAL, 5, 0, 1)), 0);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PRECOMMIT, 5, 0, 1)), 1);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_SIGNED_PROPOSAL, 5, 1, 2)), 1);
    struct orr_signer_reply other = request(s, ORR_PREVOTE, 6, 0, 1);
    other.statement[1] ^= 1; /* of another chain */
    ck_assert_int_eq(ask(&p, MAIN, other), 0);
    ck_assert_int_eq(ask(&p, MAIN, request(s + 2, ORR_PREVOTE, 6, 0, 1)), -1);
    ck_assert_uint_eq(session(&p), s); /* answered by the session that it is */
    plan_free(&p);
}
END_TEST

START_TEST(it_waits_for_every_holder_and_goes_where_the_last_of_them_is) {
    static struct plan p;
    alone(&p, 2);
    uint64_t s = session(&p);
    tell(&p, s, MAIN, 5);
    tell(&p, s, MAIN, 5); /* one twice is not two */
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 1)), -1);
    tell(&p, s, STANDBY, 9);
    ck_assert_int_eq(ask(&p, MAIN, request(s, ORR_PREVOTE, 5, 0, 1)), 0);
    ck_assert_int_eq(ask(&p, STANDBY, request(s, ORR_PREVOTE, 9, 0, 1)), 1);
    plan_free(&p);
}
END_TEST

START_TEST(two_statements_told_of_one_place_allow_neither) {
    struct orr_sign_guard a = {0}, b = {0}, copy;
    ck_assert(orr_sign_guard(&a, 3, 1, 2, "x", 1) && orr_sign_guard(&b, 3, 1, 2, "y", 1));
    copy = a;
    orr_sign_guard_merge(&copy, &a);
    ck_assert(orr_sign_guard(&copy, 3, 1, 2, "x", 1));
    orr_sign_guard_merge(&a, &b);
    ck_assert(!orr_sign_guard(&a, 3, 1, 2, "x", 1) && !orr_sign_guard(&a, 3, 1, 2, "y", 1));
    ck_assert(orr_sign_guard(&a, 3, 1, 3, "y", 1));
    copy = a;
    orr_sign_guard_merge(&a, &b); /* an earlier one changes nothing */
    ck_assert_mem_eq(&a, &copy, sizeof a);
}
END_TEST

ORR_TEST_MAIN("models/node/remote_signer",
              no_two_votes_in_one_place_whatever_crashes_and_whatever_disk_comes_back,
              a_record_written_after_the_reply_is_caught,
              a_signer_that_trusts_an_old_disk_is_caught,
              it_signs_upwards_only_and_the_same_again,
              it_waits_for_every_holder_and_goes_where_the_last_of_them_is,
              two_statements_told_of_one_place_allow_neither)
