/* The transport `gossip`: what a node believes that its peers have, and what it sends them. */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"
#include "tests/models/bft/watch.h"

enum { ME = 3, N = SOLO_N };

/* ---- one validator and three peers that are a script ---- */

static struct {
    uint32_t n[ORR_TM_N_KINDS];      /* messages sent to peer 1, by kind                */
    uint32_t votes[2];               /* bitsets of the validators whose votes of round 0, and ... */
    uint32_t later[2];               /* ... of others went there                          */
    struct orr_block_id for_block;   /* of the last of these                            */
} seen;

static void heard(struct cluster *c, orr_peer from, const struct orr_effect *f) {
    (void)c, (void)from;
    ck_assert(f->kind == ORR_SEND || f->msg->kind == ORR_TM_EVIDENCE);
    if (f->kind != ORR_SEND || f->peer != 1) return;
    seen.n[f->msg->kind]++;
    struct orr_vote v;
    bool is_vote = f->msg->kind == ORR_TM_PREVOTE || f->msg->kind == ORR_TM_PRECOMMIT;
    if (!is_vote || !orr_vote_read(f->msg->data, &v)) return;
    unsigned which = v.type == ORR_PREVOTE ? PREVOTES : PRECOMMITS;
    uint32_t *voters = v.round ? &seen.later[which] : &seen.votes[which];
    ck_assert_msg(!(*voters >> v.validator & 1), "a vote is sent twice");
    *voters |= 1u << v.validator;
    seen.for_block = v.id;
}

static void gossiping(struct solo *s) {
    solo_new(s, ME);
    s->c.sent = heard;
    solo_crash(s);
    s->config.dissemination = ORR_TM_GOSSIP;
    solo_boot(s);
    memset(&seen, 0, sizeof seen);
}

static void tell(struct solo *s, enum orr_tm_kind kind, uint64_t height, uint32_t round,
                 const void *rest, uint32_t len) {
    struct orr_msg *m = orr_msg_new(&s->c.pool, (uint16_t)kind, 12 + len);
    orr_store_le64(m->data, height);
    orr_store_le32(m->data + 8, round);
    memcpy(m->data + 12, rest, len);
    solo_recv(s, 1, m);
}

static void tell_step(struct solo *s, uint64_t height, uint32_t round, uint8_t step,
                      int32_t last_round) {
    uint8_t rest[5] = {step};
    orr_store_le32(rest + 1, (uint32_t)last_round);
    tell(s, ORR_TM_STEP, height, round, rest, 5);
}

static void tell_vote(struct solo *s, uint64_t height, uint32_t round, uint8_t type,
                      uint32_t validator) {
    uint8_t rest[5] = {type};
    orr_store_le32(rest + 1, validator);
    tell(s, ORR_TM_HAS_VOTE, height, round, rest, 5);
}

/* Time passes: the routines look again. */
static void wait(struct solo *s, orr_time time) {
    for (orr_time until = s->c.now + time; s->c.now < until;) {
        s->c.now += 10 * MS;
        if (s->me->timers[ORR_TM_TIMER_PEERS] <= s->c.now) solo_timeout(s, ORR_TM_TIMER_PEERS);
    }
}

START_TEST(a_peer_of_which_nothing_is_known_is_told_the_step_and_sent_nothing) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 1, ORR_PREVOTE, 0, &b);
    wait(&s, 1000 * MS);
    for (unsigned k = 0; k < ORR_TM_N_KINDS; k++)
        ck_assert(!seen.n[k] || k == ORR_TM_STEP || k == ORR_TM_HAS_VOTE || k == ORR_TM_VALID);
    ck_assert_uint_eq(seen.n[ORR_TM_HAS_VOTE], 2); /* 0's, and its own */
    ck_assert_uint_eq(seen.n[ORR_TM_STEP], 1);     /* that it prevoted */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_peer_is_sent_once_the_proposal_the_parts_and_the_votes_that_it_lacks) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 1 | 4, ORR_PREVOTE, 0, &b); /* with its own a quorum: it precommits */
    tell_step(&s, 1, 0, ORR_TM_STEP_PROPOSE, -1);
    tell_vote(&s, 1, 0, ORR_PREVOTE, 2);
    wait(&s, 1000 * MS);
    ck_assert_uint_eq(seen.n[ORR_TM_PROPOSAL], 1);
    ck_assert_uint_eq(seen.n[ORR_TM_PART], b.id.n_parts);
    ck_assert_uint_eq(seen.votes[PREVOTES], 1 | 8); /* 2's it has */
    ck_assert_uint_eq(seen.votes[PRECOMMITS], 8);
    solo_recv(&s, 1, solo_vote(&s, 0, ORR_PRECOMMIT, 0, &b)); /* who sends a vote has it */
    wait(&s, 1000 * MS);
    ck_assert_uint_eq(seen.votes[PRECOMMITS], 8);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_routine_looks_each_peer_gossip_sleep_and_then_sends_at_once_all_that_came) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    tell_step(&s, 1, 0, ORR_TM_STEP_PREVOTE, -1);
    wait(&s, 250 * MS);
    solo_votes(&s, 1, ORR_PREVOTE, 0, &b); /* while it sleeps */
    s.c.now += 3 * MS;
    solo_votes(&s, 4, ORR_PREVOTE, 0, &b);
    ck_assert_uint_eq(seen.votes[PREVOTES], 0);
    orr_time at = s.me->timers[ORR_TM_TIMER_PEERS];
    ck_assert_int_gt(at, s.c.now);
    ck_assert_int_le(at, s.c.now + 100 * MS);
    solo_timeout(&s, ORR_TM_TIMER_PEERS);
    ck_assert_uint_eq(seen.votes[PREVOTES], 1 | 4);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_new_round_of_a_peer_lets_go_of_what_it_had) {
    struct solo s;
    gossiping(&s);
    struct peer_state *p = orr_tm_peer(s.state->node, 1);
    tell_step(&s, 5, 2, ORR_TM_STEP_PREVOTE, 0);
    tell_vote(&s, 5, 2, ORR_PREVOTE, 0);
    tell_vote(&s, 5, 2, ORR_PRECOMMIT, 1);
    tell_vote(&s, 4, 0, ORR_PRECOMMIT, 2);   /* the round that decided the height before */
    tell_vote(&s, 4, 1, ORR_PRECOMMIT, 3);   /* not */
    tell_vote(&s, 5, 1, ORR_PREVOTE, 3);     /* nor of its round */
    ck_assert_uint_eq(p->votes[PREVOTES].words[0], 1);
    ck_assert_uint_eq(p->votes[PRECOMMITS].words[0], 2);
    ck_assert_uint_eq(p->last.words[0], 4);
    tell_step(&s, 5, 2, ORR_TM_STEP_PRECOMMIT, 0); /* a step: all stays */
    ck_assert_uint_eq(p->votes[PREVOTES].words[0], 1);
    p->has_proposal = true;
    p->n_parts = 7;
    p->pol_round = 1;
    tell_step(&s, 6, 0, ORR_TM_STEP_COMMIT, 2); /* round 2 decided: its precommits stay */
    ck_assert_uint_eq(p->last.words[0], 2);
    ck_assert_int_eq(p->last_round, 2);
    ck_assert_uint_eq(p->votes[PREVOTES].n_set + p->votes[PRECOMMITS].n_set, 0);
    ck_assert(!p->has_proposal && !p->n_parts && p->pol_round == -1);
    tell_vote(&s, 6, 0, ORR_PRECOMMIT, 0);
    tell_step(&s, 6, 1, ORR_TM_STEP_PROPOSE, 2); /* a round: of the height before all stays */
    ck_assert_uint_eq(p->last.words[0], 2);
    ck_assert_uint_eq(p->votes[PRECOMMITS].n_set, 0);
    tell_vote(&s, 6, 1, ORR_PRECOMMIT, 0);
    tell_step(&s, 7, 0, ORR_TM_STEP_COMMIT, 0); /* another round than it was in decided */
    ck_assert_uint_eq(p->last.n_set, 0);
    tell_step(&s, 9, 0, ORR_TM_STEP_COMMIT, 0); /* two heights on */
    ck_assert_uint_eq(p->last.n_set, 0);
    solo_free(&s);
}
END_TEST

START_TEST(a_peer_that_catches_up_keeps_the_precommits_that_it_was_sent) {
    struct solo s;
    gossiping(&s);
    struct peer_state *p = orr_tm_peer(s.state->node, 1);
    tell_step(&s, 5, 0, ORR_TM_STEP_PREVOTE, -1);
    p->catchup_round = 3; /* as its commit says */
    tell_vote(&s, 5, 3, ORR_PRECOMMIT, 1);
    tell_vote(&s, 5, 3, ORR_PREVOTE, 2);
    ck_assert_uint_eq(p->catchup.words[0], 2);
    tell_step(&s, 5, 3, ORR_TM_STEP_PROPOSE, -1); /* it comes to that round */
    ck_assert_uint_eq(p->votes[PRECOMMITS].words[0], 2);
    tell_step(&s, 6, 0, ORR_TM_STEP_COMMIT, 3);
    ck_assert_uint_eq(p->last.words[0], 2);
    ck_assert_int_eq(p->catchup_round, -1);
    tell_step(&s, 6, 1, ORR_TM_STEP_PROPOSE, 3);
    p->catchup_round = 4;
    orr_bitset_init(&p->catchup, p->catchup.words, N);
    tell_vote(&s, 6, 4, ORR_PRECOMMIT, 0);
    tell_step(&s, 7, 0, ORR_TM_STEP_COMMIT, 4); /* without having been in it */
    ck_assert_uint_eq(p->last.words[0], 1);
    solo_free(&s);
}
END_TEST

START_TEST(a_peer_that_lies_behind_is_sent_the_decided_block_and_its_precommits) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 7, ORR_PREVOTE, 0, &b);
    solo_votes(&s, 1 | 4, ORR_PRECOMMIT, 0, &b);
    ck_assert_uint_eq(s.decided, 1);
    tell_step(&s, 1, 6, ORR_TM_STEP_PROPOSE, -1); /* in another round */
    wait(&s, 1000 * MS);
    ck_assert_uint_eq(seen.n[ORR_TM_PART], b.id.n_parts);
    ck_assert_uint_eq(seen.n[ORR_TM_PROPOSAL], 0);
    ck_assert_uint_eq(seen.votes[PRECOMMITS], 1 | 4 | 8);
    ck_assert_uint_eq(seen.votes[PREVOTES], 0);
    /* it lost them all, and says so with what it has of the block */
    memset(&seen, 0, sizeof seen);
    uint8_t valid[38] = {1};
    memcpy(valid + 1, b.id.parts_root, 32);
    orr_store_le32(valid + 33, b.id.n_parts);
    valid[37] = 1;
    tell(&s, ORR_TM_VALID, 1, 0, valid, 38);
    wait(&s, 1000 * MS);
    ck_assert_uint_le(b.id.n_parts, 8);
    ck_assert_uint_eq(seen.n[ORR_TM_PART], b.id.n_parts - 1);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(of_an_equivocator_a_peer_gets_the_vote_that_the_quorum_counts) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true), other = solo_block(&s, 4, true);
    solo_propose(&s, 0, -1, &b);
    tell_step(&s, 1, 0, ORR_TM_STEP_PREVOTE, -1);
    solo_recv(&s, 1, solo_vote(&s, 2, ORR_PREVOTE, 0, &other)); /* the peer has this one of 2's */
    solo_recv(&s, 0, solo_vote(&s, 2, ORR_PREVOTE, 0, &b));
    solo_votes(&s, 1, ORR_PREVOTE, 0, &b); /* 0, 2 and this one: a quorum for b */
    wait(&s, 1000 * MS);
    ck_assert_uint_eq(seen.votes[PREVOTES], 1 | 8);
    wait(&s, 2000 * MS);
    ck_assert_uint_ge(seen.n[ORR_TM_MAJ23], 1);
    uint8_t bits[1 + 68 + 1] = {ORR_PREVOTE}; /* it answers which of these it has */
    memcpy(bits + 1, &b.id, 68);
    bits[69] = 1 | 8;
    tell(&s, ORR_TM_BITS, 1, 0, bits, sizeof bits);
    wait(&s, 200 * MS);
    ck_assert_uint_eq(seen.votes[PREVOTES], 1 | 4 | 8);
    ck_assert_mem_eq(&seen.for_block, &b.id, sizeof b.id);
    /* asked the same, it says what it has */
    tell(&s, ORR_TM_MAJ23, 1, 0, bits, 69);
    ck_assert_uint_eq(seen.n[ORR_TM_BITS], 1);
    solo_block_free(&s, &b);
    solo_block_free(&s, &other);
    solo_free(&s);
}
END_TEST

START_TEST(with_a_proposal_that_leans_on_a_round_go_the_prevotes_of_that_round) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 1 | 4, ORR_PREVOTE, 0, &b);
    solo_votes(&s, 1 | 4, ORR_PREVOTE, 1, NULL); /* they are in round 1: it follows */
    solo_expect_at(&s, 1, 1, ORR_TM_STEP_PROPOSE);
    solo_recv(&s, 0, solo_proposal(&s, 1, 1, 0, &b.id));
    tell_step(&s, 1, 1, ORR_TM_STEP_PROPOSE, -1);
    wait(&s, 1000 * MS);
    ck_assert_uint_eq(seen.n[ORR_TM_PROPOSAL], 1);
    ck_assert_uint_eq(seen.n[ORR_TM_POL], 1);
    struct peer_state *p = orr_tm_peer(s.state->node, 1);
    ck_assert_int_eq(p->pol_round, 0);
    ck_assert_uint_eq(p->pol.words[0], 1 | 4 | 8);
    uint8_t some = 2; /* the peer has 1's as well, which is not here */
    tell(&s, ORR_TM_POL, 1, 0, &some, 1);
    ck_assert_uint_eq(p->pol.words[0], 15);
    tell(&s, ORR_TM_POL, 1, 1, &some, 1); /* of another round than its proposal's */
    ck_assert_uint_eq(p->votes[PREVOTES].words[0] & 2, 0);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(what_is_malformed_is_counted_and_changes_nothing) {
    struct solo s;
    gossiping(&s);
    tell_step(&s, 1, 0, ORR_TM_STEP_PROPOSE, -1);
    struct peer_state *p = orr_tm_peer(s.state->node, 1);
    uint8_t rest[80] = {0};
    uint32_t n = 0;
    static const struct { enum orr_tm_kind kind; uint32_t len; } good[] = {
        {ORR_TM_STEP, 5}, {ORR_TM_HAS_VOTE, 5}, {ORR_TM_VALID, 38}, {ORR_TM_POL, 1},
        {ORR_TM_MAJ23, 69}, {ORR_TM_BITS, 70}};
    for (unsigned k = 0; k < 6; k++)
        for (uint32_t len = 0; len <= good[k].len + 1; len++) { /* of every other length */
            rest[0] = k == 0 ? 3 : k == 2 ? 0 : ORR_PREVOTE;
            rest[33] = 1; /* a block of one part; n_parts of VALID */
            if (len == good[k].len) continue;
            tell(&s, good[k].kind, 1, 0, rest, len);
            n++;
        }
    struct { enum orr_tm_kind kind; uint64_t height; uint32_t round, at; uint8_t value; } bad[] = {
        {ORR_TM_STEP, 0, 0, 0, 1},           {ORR_TM_STEP, UINT64_MAX, 0, 0, 1},
        {ORR_TM_STEP, 1, 1u << 24, 0, 1},    {ORR_TM_STEP, 1, 0, 0, ORR_TM_STEP_PRECOMMIT + 1},
        {ORR_TM_STEP, 1, 0, 4, 0x80},        {ORR_TM_HAS_VOTE, 1, 0, 0, 32},
        {ORR_TM_HAS_VOTE, 1, 0, 1, N},       {ORR_TM_VALID, 1, 0, 0, 2},
        {ORR_TM_VALID, 1, 0, 33, 0},         {ORR_TM_VALID, 1, 0, 35, 1},
        {ORR_TM_MAJ23, 1, 0, 0, 0},          {ORR_TM_BITS, 1, 0, 0, 3},
    };
    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++, n++) {
        memset(rest, 0, sizeof rest);
        rest[0] = bad[k].kind == ORR_TM_VALID ? 0 : ORR_PREVOTE;
        if (bad[k].kind == ORR_TM_VALID) rest[33] = 1;
        rest[bad[k].at] = bad[k].value;
        uint32_t len = bad[k].kind == ORR_TM_VALID ? 38 : bad[k].kind == ORR_TM_MAJ23 ? 69
                     : bad[k].kind == ORR_TM_BITS ? 70 : 5;
        tell(&s, bad[k].kind, bad[k].height, bad[k].round, rest, len);
    }
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, n);
    ck_assert(p->height == 1 && !p->round && p->step == ORR_TM_STEP_PROPOSE && !p->n_parts);
    ck_assert_uint_eq(p->votes[PREVOTES].n_set, 0);
    solo_free(&s);
}
END_TEST

START_TEST(a_link_that_closes_ends_what_is_known_and_one_that_opens_begins_anew) {
    struct solo s;
    gossiping(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    tell_step(&s, 1, 0, ORR_TM_STEP_PROPOSE, -1);
    wait(&s, 500 * MS);
    ck_assert_uint_eq(seen.n[ORR_TM_PART], b.id.n_parts);
    solo_step(&s, (struct orr_event){.kind = ORR_PEER_DOWN, .peer = 1});
    ck_assert_ptr_null(orr_tm_peer(s.state->node, 1));
    ck_assert_ptr_nonnull(orr_tm_peer(s.state->node, 2));
    memset(&seen, 0, sizeof seen);
    tell_step(&s, 1, 0, ORR_TM_STEP_PROPOSE, -1); /* on its way when the link closed */
    wait(&s, 500 * MS);
    for (unsigned k = 0; k < ORR_TM_N_KINDS; k++) ck_assert_uint_eq(seen.n[k], 0);
    for (unsigned i = 0; i < 2; i++) { /* told twice is told once */
        solo_step(&s, (struct orr_event){.kind = ORR_PEER_UP, .peer = 1});
        ck_assert_uint_eq(s.state->node->gossip.n_linked, 3);
    }
    ck_assert_uint_ge(seen.n[ORR_TM_STEP], 1);
    memset(&seen, 0, sizeof seen);
    tell_step(&s, 1, 0, ORR_TM_STEP_PROPOSE, -1);
    wait(&s, 500 * MS);
    ck_assert_uint_eq(seen.n[ORR_TM_PART], b.id.n_parts);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* ---- whole validators ---- */

static uint32_t n_sent[ORR_TM_N_KINDS];
static void count(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    (void)from;
    n_sent[e->msg->kind] += e->kind == ORR_SEND ? 1 : c->cohort.n - 1;
}

static struct watch *gossip_cluster(struct cluster *c, uint32_t n, uint64_t seed) {
    cluster_new(c, "tendermint", n, seed);
    struct watch *w = watch_new(c);
    cluster_set(c, "dissemination", ORR_TM_GOSSIP);
    c->sent = count;
    memset(n_sent, 0, sizeof n_sent);
    return w;
}

/* Without a partition every decision comes from gossip alone: nobody ever asks. */
START_TEST(validators_on_a_ring_decide_and_ask_nobody_though_most_are_no_neighbours) {
    struct cluster c;
    enum { RING = 8 };
    static orr_peer neighbours[RING][2];
    gossip_cluster(&c, RING, 3);
    for (orr_peer i = 0; i < RING; i++) {
        orr_peer a = (i + 1) % RING, b = (i + RING - 1) % RING;
        neighbours[i][0] = a < b ? a : b;
        neighbours[i][1] = a < b ? b : a;
        c.links[i] = (struct orr_links){2, neighbours[i]};
    }
    cluster_start(&c);
    uint64_t id = cluster_submit(&c, 0, 1, 0, 200);
    cluster_run(&c, 20000 * MS);
    struct watch *w = c.ctx;
    watch_expect(&c, 8);
    ck_assert_uint_eq(w->n_txs, 1);
    ck_assert_uint_eq(w->txs[0], id);
    ck_assert_uint_eq(n_sent[ORR_TM_STATUS] + n_sent[ORR_TM_COMMIT] + n_sent[ORR_TM_HAS], 0);
    ck_assert_uint_le(n_sent[ORR_TM_TX], 2 * RING); /* over each link at most once each way */
    watch_free(&c);
}
END_TEST

START_TEST(large_blocks_come_to_each_about_once_where_links_are_few) {
    struct cluster c;
    gossip_cluster(&c, 4, 5);
    cluster_set(&c, "part_size", 1024);
    cluster_start(&c);
    for (uint32_t i = 0; i < 100; i++) cluster_submit(&c, 0, i % 10, i / 10, 1000);
    cluster_run(&c, 10000 * MS);
    struct watch *w = c.ctx;
    ck_assert_uint_eq(w->n_txs, 100);
    watch_expect(&c, 5);
    /* 100 kB and small blocks: each of three lacks each part, and may be sent it by three */
    ck_assert_uint_ge(n_sent[ORR_TM_PART], 3 * 100);
    ck_assert_uint_le(n_sent[ORR_TM_PART], 9 * 130);
    ck_assert_uint_eq(n_sent[ORR_TM_FETCH], 0);
    watch_free(&c);
}
END_TEST

static orr_time cut_until;
static orr_time cut_off(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)m;
    return c->now < cut_until && (from == 3) != (to == 3) ? ORR_NEVER : 10 * MS;
}

START_TEST(who_was_cut_off_for_a_minute_is_made_good_though_its_peers_believe_that_it_has_all) {
    struct cluster c;
    gossip_cluster(&c, 4, 6);
    c.delay = cut_off;
    cut_until = 40000 * MS;
    cluster_start(&c);
    cluster_run(&c, 40000 * MS);
    struct watch *w = c.ctx;
    ck_assert_uint_lt(w->heights[3], 2);
    uint64_t front = w->heights[0];
    cluster_run(&c, 52000 * MS);
    ck_assert_uint_gt(front, 15);
    watch_expect(&c, front + 2);
    watch_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.gossip", a_peer_of_which_nothing_is_known_is_told_the_step_and_sent_nothing,
              a_peer_is_sent_once_the_proposal_the_parts_and_the_votes_that_it_lacks,
              a_routine_looks_each_peer_gossip_sleep_and_then_sends_at_once_all_that_came,
              a_new_round_of_a_peer_lets_go_of_what_it_had,
              a_peer_that_catches_up_keeps_the_precommits_that_it_was_sent,
              a_peer_that_lies_behind_is_sent_the_decided_block_and_its_precommits,
              of_an_equivocator_a_peer_gets_the_vote_that_the_quorum_counts,
              with_a_proposal_that_leans_on_a_round_go_the_prevotes_of_that_round,
              what_is_malformed_is_counted_and_changes_nothing,
              a_link_that_closes_ends_what_is_known_and_one_that_opens_begins_anew,
              validators_on_a_ring_decide_and_ask_nobody_though_most_are_no_neighbours,
              large_blocks_come_to_each_about_once_where_links_are_few,
              who_was_cut_off_for_a_minute_is_made_good_though_its_peers_believe_that_it_has_all)
