/* Nodes of a slot-chain without the simulator: they agree, come back from crashes at any moment
 * without contradicting themselves, catch up, and drop what is malformed. */
#include <string.h>

#include "models/node/slot/slot.h"
#include "tests/driver.h"

enum { N = 5, EPOCH = 4, MAX_EPOCHS = 96 };
#define S (1000 * MS)

static struct cluster c;
static struct orr_hash voted[N][MAX_EPOCHS]; /* heads; all zero: no vote seen */
static struct orr_hash built[N][MAX_EPOCHS * EPOCH];
static uint32_t n_votes, n_conflicts, n_dropped, n_accused;
static uint64_t final_number[N];
static struct orr_hash final_of[1000];

static const struct orr_slot *node(orr_peer i) { return c.nodes[i].state; }

/* What is said twice of one place. */
static void note(struct orr_hash *place, const void *hash) {
    static const struct orr_hash none;
    if (memcmp(place, &none, 32) && memcmp(place, hash, 32)) n_conflicts++;
    memcpy(place, hash, 32);
}

static void sent(struct cluster *cluster, orr_peer from, const struct orr_effect *e) {
    (void)cluster;
    const struct orr_chain_vote *v =
        e->msg && e->msg->kind == ORR_SLOT_VOTE ? orr_chain_vote_of(e->msg) : NULL;
    if (!v || v->validator != from) return; /* handed on */
    n_votes++;
    ck_assert_uint_lt(v->slot / EPOCH, MAX_EPOCHS);
    note(&voted[from][v->slot / EPOCH], &v->head);
}

static void output(struct cluster *cluster, orr_peer i, uint32_t key, const struct orr_msg *m) {
    (void)cluster;
    n_dropped += key == ORR_OUT_DROPPED;
    n_accused += key == ORR_OUT_EVIDENCE;
    if (key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = (const void *)m->data;
        note(&built[i][p->round], p->value);
    }
    if (key != ORR_OUT_HEAD) return;
    const struct orr_head *h = (const void *)m->data;
    if (h->label != ORR_HEAD_FINAL) return;
    ck_assert_uint_lt(h->number, sizeof final_of / sizeof final_of[0]);
    note(&final_of[h->number], h->hash);
    final_number[i] = h->number;
}

static void begin(uint64_t seed) {
    cluster_new(&c, "slot-chain", N, seed);
    c.cohort.signatures = ORR_SIGNATURES_MODELLED;
    cluster_set(&c, "slot", (uint64_t)S);
    cluster_set(&c, "epoch", EPOCH);
    cluster_set(&c, "accounts", 2);
    c.sent = sent;
    c.output = output;
    n_votes = n_conflicts = n_dropped = n_accused = 0;
    memset(voted, 0, sizeof voted);
    memset(built, 0, sizeof built);
    memset(final_of, 0, sizeof final_of);
    memset(final_number, 0, sizeof final_number);
    cluster_start(&c);
}

static const struct orr_hash *head_of(orr_peer i) { return orr_chain_hash(node(i)->chain->head); }

START_TEST(nodes_build_a_block_in_each_slot_and_finalise_all_but_the_last_epochs) {
    begin(1);
    cluster_run(&c, 30 * S + 900 * MS);
    for (orr_peer i = 0; i < N; i++) {
        ck_assert_uint_eq(orr_chain_number(node(i)->chain->head), 30);
        ck_assert(orr_hash_equal(*head_of(i), *head_of(0)));
        ck_assert_uint_ge(final_number[i], 30 - 4 * EPOCH);
    }
    ck_assert_uint_eq(n_votes, N * (30 / EPOCH - 1) + n_votes % N);
    ck_assert_uint_eq(n_conflicts + n_dropped + n_accused, 0);
    cluster_free(&c);
}
END_TEST

START_TEST(a_node_that_crashes_at_any_write_contradicts_neither_itself_nor_what_is_final) {
    for (uint32_t left = 0; left < 24; left++) {
        begin(2);
        cluster_run(&c, 5 * S);
        c.dying = left % N;
        c.writes_left = left;
        c.dies_behind = left & 1;
        cluster_run(&c, (8 + left % 7) * S);
        c.dying = ORR_NOBODY;
        if (c.nodes[left % N].is_up) cluster_crash(&c, left % N, false);
        cluster_boot(&c, left % N);
        cluster_run(&c, 40 * S + 900 * MS);
        ck_assert_uint_eq(n_conflicts, 0);
        ck_assert_uint_eq(n_accused, 0);
        for (orr_peer i = 0; i < N; i++) {
            ck_assert(orr_hash_equal(*head_of(i), *head_of(0)));
            ck_assert_uint_ge(final_number[i], 40 - 5 * EPOCH);
        }
        cluster_free(&c);
    }
}
END_TEST

START_TEST(a_clock_that_is_set_back_while_a_node_is_down_makes_it_say_nothing_twice) {
    for (orr_peer i = 0; i < N; i++) {
        for (int back = 1; back <= 2 * EPOCH; back += 2) {
            begin(6);
            cluster_run(&c, 20 * S + 500 * MS);
            cluster_crash(&c, i, false);
            c.wall_ahead = -back * S;
            cluster_boot(&c, i);
            cluster_run(&c, 50 * S);
            ck_assert_uint_eq(n_conflicts + n_accused, 0);
            cluster_free(&c);
        }
    }
}
END_TEST

START_TEST(who_lost_its_disk_gets_hundreds_of_blocks_from_peers_that_have_no_more_than_them) {
    begin(3);
    cluster_set(&c, "retain_blocks", 1);
    cluster_crash(&c, 4, true);
    cluster_run(&c, 200 * S);
    cluster_boot(&c, 4);
    cluster_run(&c, 215 * S + 900 * MS);
    ck_assert_uint_gt(orr_chain_number(node(4)->chain->head), 3 * ORR_SLOT_MAX_ANSWER / 2);
    ck_assert(orr_hash_equal(*head_of(4), *head_of(0)));
    ck_assert_uint_eq(final_number[4], final_number[0]);
    ck_assert_uint_eq(n_conflicts, 0);
    cluster_free(&c);
}
END_TEST

static orr_time split(struct cluster *cluster, orr_peer from, orr_peer to,
                      const struct orr_msg *m) {
    (void)m;
    bool is_cut = cluster->now > 10 * S && cluster->now < 30 * S;
    return is_cut && (from < 2) != (to < 2) ? ORR_NEVER : 10 * MS;
}

START_TEST(two_sides_fork_and_come_together_and_nothing_final_is_lost) {
    begin(4);
    c.delay = split;
    cluster_run(&c, 29 * S + 900 * MS);
    ck_assert(!orr_hash_equal(*head_of(0), *head_of(4)));
    cluster_run(&c, 60 * S + 900 * MS);
    for (orr_peer i = 0; i < N; i++) ck_assert(orr_hash_equal(*head_of(i), *head_of(0)));
    ck_assert_uint_gt(final_number[0], 30);
    ck_assert_uint_eq(n_conflicts + n_accused, 0);
    cluster_free(&c);
}
END_TEST

/* Snapshots are written from about the 14th second on. */
START_TEST(a_node_that_crashes_around_a_snapshot_goes_on_from_it_or_from_the_one_before) {
    for (uint32_t left = 0; left < 30; left++) {
        begin(2);
        cluster_set(&c, "retain_blocks", 1 + left % 4);
        cluster_run(&c, 13 * S);
        c.dying = left % N;
        c.writes_left = left / 2;
        c.dies_behind = left & 1;
        cluster_run(&c, 30 * S);
        c.dying = ORR_NOBODY;
        if (c.nodes[left % N].is_up) cluster_crash(&c, left % N, false);
        cluster_boot(&c, left % N);
        cluster_run(&c, 50 * S + 900 * MS);
        ck_assert_uint_eq(n_conflicts + n_accused + n_dropped, 0);
        for (orr_peer i = 0; i < N; i++) {
            ck_assert(orr_hash_equal(*head_of(i), *head_of(0)));
            ck_assert_uint_ge(final_number[i], 50 - 5 * EPOCH);
        }
        cluster_free(&c);
    }
}
END_TEST

START_TEST(all_come_back_from_snapshots_run_little_and_serve_who_has_nothing) {
    begin(3);
    cluster_set(&c, "retain_blocks", 16);
    cluster_run(&c, 300 * S);
    uint64_t final = final_number[0];
    struct orr_hash root = orr_evm_state_root(node(0)->chain->final->run->state);
    for (orr_peer i = 0; i < N; i++) cluster_crash(&c, i, i == 4); /* nobody shares anything now */
    for (orr_peer i = 0; i < N; i++) {
        cluster_boot(&c, i);
        const struct orr_chain *chain = node(i)->chain;
        uint64_t first = orr_chain_number(chain->places[0].link);
        ck_assert_uint_eq(first, i == 4 ? 0 : node(i)->n_below);
        ck_assert_uint_le(chain->n_runs, i == 4 ? 0 : 16 + 4 * EPOCH);
        if (i == 4) continue;
        ck_assert_uint_gt(first + 16, final);
        struct orr_hash restored =
            orr_evm_state_root(orr_chain_at(chain, chain->head, final)->run->state);
        ck_assert(orr_hash_equal(root, restored));
    }
    cluster_run(&c, 340 * S + 900 * MS);
    for (orr_peer i = 0; i < N; i++) {
        ck_assert(orr_hash_equal(*head_of(i), *head_of(0)));
        ck_assert_uint_gt(final_number[i], final + 16);
    }
    ck_assert_uint_eq(n_conflicts + n_accused + n_dropped, 0);
    cluster_free(&c);
}
END_TEST

/* Blocks on a node's disk. */
static uint32_t n_durable(orr_peer i) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < c.nodes[i].n_disk; k++)
        n += c.nodes[i].disk[k].name >= ORR_SLOT_BLOCK_RECORDS && c.nodes[i].disk[k].msg;
    return n;
}

START_TEST(of_what_is_final_the_message_alone_stays_and_of_what_it_left_aside_nothing) {
    for (uint64_t retain = 0; retain <= 3; retain++) {
        begin(4);
        cluster_set(&c, "retain_blocks", retain);
        c.delay = split;
        cluster_run(&c, 29 * S);
        ck_assert(!orr_hash_equal(*head_of(0), *head_of(4)));
        cluster_run(&c, 99 * S + 900 * MS);
        for (orr_peer i = 0; i < N; i++) {
            const struct orr_slot *s = node(i);
            uint64_t final = orr_chain_number(s->chain->final), kept = retain ? retain : final + 1;
            uint64_t n_open = orr_chain_number(s->chain->head) - final;
            ck_assert_uint_gt(final, 60);
            ck_assert_uint_eq(s->chain->n_final, kept);
            ck_assert_uint_eq(s->chain->n, kept + n_open); /* both sides' blocks were more */
            ck_assert_uint_eq(s->n_below, final);
            ck_assert_uint_eq(s->n_blocks, n_open);
            ck_assert_uint_eq(n_durable(i), final + n_open);
        }
        cluster_crash(&c, 2, false);
        cluster_boot(&c, 2);
        cluster_run(&c, 120 * S + 900 * MS);
        ck_assert(orr_hash_equal(*head_of(2), *head_of(0)));
        ck_assert_uint_eq(n_conflicts + n_accused + n_dropped, 0);
        cluster_free(&c);
    }
}
END_TEST

static orr_time at_once(struct cluster *cluster, orr_peer from, orr_peer to,
                        const struct orr_msg *m) {
    (void)cluster, (void)from, (void)to, (void)m;
    return 1;
}

static void receive(struct orr_msg *m) {
    orr_freeze(c.protocol, &c.common, m);
    cluster_post(&c, 1, 0, m);
    cluster_run(&c, c.now + 2);
}

START_TEST(what_is_malformed_or_forged_is_dropped_and_counted) {
    begin(5);
    cluster_run(&c, 6 * S + 900 * MS);
    struct orr_hash head = *head_of(0);
    c.delay = at_once;
    struct orr_rng rng = orr_rng_stream(5, ORR_RNG_NODE, 0);
    uint32_t n = 0;
    for (uint16_t kind = ORR_SLOT_BLOCK; kind <= ORR_SLOT_WANT + 1; kind++) { /* any bytes */
        for (uint32_t len = 0; len < 200; len += 1 + len / 3) {
            if (kind == ORR_SLOT_WANT && len && len % 32 == 0) continue; /* asks for nothing here */
            struct orr_msg *m = orr_msg_new(&c.pool, kind, len);
            for (uint32_t i = 0; i < len; i++) m->data[i] = (uint8_t)orr_rng_u64(&rng);
            receive(m);
            ck_assert_uint_eq(n_dropped, ++n);
        }
    }
    /* A good block with a byte changed anywhere is another proposer's, or says another thing. */
    const struct orr_slot *s = node(0);
    const struct orr_msg *good = s->blocks[s->n_blocks - 1].msg;
    for (uint32_t at = 0; at < good->len; at += 1 + at / 20) {
        struct orr_msg *m = orr_msg_copy(&c.pool, good->kind, good->data, good->len);
        m->data[at] ^= 1;
        uint32_t before = s->n_blocks;
        receive(m);
        ck_assert_uint_eq(s->n_blocks, before);
    }
    ck_assert(orr_hash_equal(*head_of(0), head));
    cluster_free(&c);
}
END_TEST

ORR_TEST_MAIN("node.slot", nodes_build_a_block_in_each_slot_and_finalise_all_but_the_last_epochs,
              a_node_that_crashes_at_any_write_contradicts_neither_itself_nor_what_is_final,
              a_clock_that_is_set_back_while_a_node_is_down_makes_it_say_nothing_twice,
              who_lost_its_disk_gets_hundreds_of_blocks_from_peers_that_have_no_more_than_them,
              of_what_is_final_the_message_alone_stays_and_of_what_it_left_aside_nothing,
              a_node_that_crashes_around_a_snapshot_goes_on_from_it_or_from_the_one_before,
              all_come_back_from_snapshots_run_little_and_serve_who_has_nothing,
              two_sides_fork_and_come_together_and_nothing_final_is_lost,
              what_is_malformed_or_forged_is_dropped_and_counted)
