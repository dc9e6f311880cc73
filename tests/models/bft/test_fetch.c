/* Blocks of many parts: each part comes to each node about once, on fast lines and on slow ones. */
#include "models/base/bytes.h"
#include "models/bft/common/fetch.h"
#include "models/bft/common/sync.h"
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/watch.h"

/* ---- the account alone ---- */

static struct orr_heap heap;
static struct orr_pool pool;
static struct orr_fetch fetch;

static void set_up(void) {
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    orr_fetch_init(&fetch, &heap.mem, &pool, 40);
}
static void tear_down(void) {
    orr_fetch_fini(&fetch);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
/* Asks every source that it may; how many parts in all. */
static uint32_t ask_all(struct orr_fetch_value *v, orr_time now) {
    uint32_t n = 0, list[ORR_FETCH_WINDOW_MOST];
    for (uint32_t i = 0; i < v->n_sources; i++) n += orr_fetch_ask(&fetch, v, i, 7, now, list);
    return n;
}

START_TEST(a_part_is_asked_of_one_peer_that_has_it_and_a_line_holds_no_more_than_its_window) {
    set_up();
    struct orr_fetch_value *v = orr_fetch_new(&fetch, 10);
    uint32_t list[ORR_FETCH_WINDOW_MOST];
    ck_assert_uint_eq(ask_all(v, 1), 0); /* nobody has anything */
    orr_fetch_told(v, 3, (const uint8_t[]){0x81, 0x02}); /* parts 0, 7 and 9 */
    orr_fetch_told(v, 5, NULL);
    ck_assert_uint_eq(orr_fetch_ask(&fetch, v, 0, 7, 1, list), 2);
    ck_assert_uint_eq(list[0], 7);
    ck_assert_uint_eq(list[1], 9);
    ck_assert_uint_eq(orr_fetch_ask(&fetch, v, 0, 7, 1, list), 0); /* the line holds two */
    ck_assert_uint_eq(orr_fetch_ask(&fetch, v, 1, 7, 1, list), 2);
    ck_assert_uint_eq(list[0], 8); /* not 7 and 9 again */
    ck_assert_uint_eq(list[1], 0);
    orr_fetch_came(&fetch, v, 3, 7, 2);
    ck_assert_uint_eq(ask_all(v, 2), 0); /* of what 3 has all is asked for */
    orr_fetch_told(v, 3, (const uint8_t[]){0x1e, 0});
    ck_assert_uint_eq(ask_all(v, 2), 2); /* it came at once: three may be under way */
    ck_assert_uint_eq(fetch.peers[3].n_asked, 3);
    orr_fetch_free(&fetch, v);
    ck_assert_uint_eq(fetch.peers[3].n_asked + fetch.peers[5].n_asked, 0);
    tear_down();
}
END_TEST

START_TEST(the_window_of_a_line_grows_while_parts_come_soon_and_shrinks_when_they_wait) {
    set_up();
    struct orr_fetch_value *v = orr_fetch_new(&fetch, 1024);
    orr_fetch_told(v, 1, NULL);
    uint32_t list[ORR_FETCH_WINDOW_MOST], n;
    orr_time now = 0;
    for (uint32_t turn = 0; turn < 6; turn++) { /* doubles each time: 2, 4, 8, ... 64 */
        n = orr_fetch_ask(&fetch, v, 0, 0, now, list);
        ck_assert_uint_eq(n, turn < 6 ? 2u << turn : 64);
        now += 100 * MS;
        for (uint32_t i = 0; i < n; i++) orr_fetch_came(&fetch, v, 1, list[i], now);
    }
    ck_assert_uint_eq(fetch.peers[1].window, ORR_FETCH_WINDOW_MOST);
    n = orr_fetch_ask(&fetch, v, 0, 0, now, list);
    for (uint32_t i = 0; i < n; i++) orr_fetch_came(&fetch, v, 1, list[i], now += 100 * MS);
    /* the first three came within 200 ms of the least delay; each later one took one away */
    ck_assert_uint_eq(fetch.peers[1].window, 64 - 61);
    orr_fetch_free(&fetch, v);
    tear_down();
}
END_TEST

START_TEST(what_a_silent_peer_was_asked_for_is_asked_of_another_and_patience_doubles) {
    set_up();
    struct orr_fetch_value *v = orr_fetch_new(&fetch, 4);
    orr_time now = 0, waits[8];
    for (uint32_t turn = 0; turn < 8; turn++) {
        orr_fetch_told(v, 1, NULL);
        ck_assert_uint_gt(ask_all(v, now), 0);
        orr_time asked = now;
        do {
            now += 250 * MS;
            orr_fetch_tick(&fetch, v, now);
        } while (v->n_asked);
        waits[turn] = now - asked;
        ck_assert_uint_eq(v->n_sources, 0); /* not asked again before it says something */
    }
    for (uint32_t i = 1; i < 8; i++)
        ck_assert_int_eq(waits[i], i < 5 ? 2 * waits[i - 1] : waits[4]); /* 4 s to 64 s */
    ck_assert_int_eq(waits[0], 4000 * MS);
    orr_fetch_told(v, 2, NULL);
    uint32_t list[ORR_FETCH_WINDOW_MOST];
    ck_assert_uint_eq(orr_fetch_ask(&fetch, v, 0, 0, now, list), 2);
    orr_fetch_free(&fetch, v);
    tear_down();
}
END_TEST

START_TEST(a_part_that_later_ones_overtook_is_asked_for_again_and_the_others_are_not) {
    set_up();
    struct orr_fetch_value *v = orr_fetch_new(&fetch, 8);
    orr_fetch_told(v, 1, NULL);
    uint32_t list[ORR_FETCH_WINDOW_MOST];
    ck_assert_uint_eq(orr_fetch_ask(&fetch, v, 0, 0, 0, list), 2);
    orr_fetch_came(&fetch, v, 1, 1, 50 * MS); /* 0 was lost */
    uint32_t n = orr_fetch_ask(&fetch, v, 0, 0, 60 * MS, list);
    ck_assert_uint_eq(n, 2);
    orr_fetch_came(&fetch, v, 1, list[0], 400 * MS);
    orr_fetch_tick(&fetch, v, 450 * MS);
    ck_assert_uint_eq(v->asks[0].rank, 1);
    orr_fetch_tick(&fetch, v, 600 * MS);
    ck_assert_uint_eq(v->asks[0].rank, ORR_NOBODY);
    ck_assert_uint_eq(v->asks[list[1]].rank, 1);
    ck_assert_uint_eq(v->n_sources, 1);
    orr_fetch_free(&fetch, v);
    tear_down();
}
END_TEST

START_TEST(of_too_many_peers_the_latest_count_and_lost_links_end_their_questions) {
    set_up();
    struct orr_fetch_value *v = orr_fetch_new(&fetch, 100);
    for (uint32_t i = 0; i < 40; i++) orr_fetch_told(v, i, NULL);
    ck_assert_uint_eq(v->n_sources, ORR_FETCH_SOURCES);
    ck_assert_uint_eq(ask_all(v, 0), 2 * ORR_FETCH_SOURCES);
    for (uint32_t i = 0; i < 40; i++) {
        orr_fetch_lost(&fetch, v, i);
        ck_assert_uint_eq(fetch.peers[i].n_asked, 0);
    }
    ck_assert_uint_eq(v->n_sources + v->n_asked, 0);
    orr_fetch_told(v, 39, (const uint8_t[13]){1}); /* what was forgotten is not remembered */
    ck_assert_uint_eq(ask_all(v, 0), 1);
    orr_fetch_free(&fetch, v);
    tear_down();
}
END_TEST

/* Against a plain list: each part lacking and asked at most once, counts right. */
START_TEST(an_account_keeps_its_books_under_random_use) {
    for (uint64_t seed = 0; seed < 200; seed++) {
        set_up();
        struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_PLAN, 0);
        uint32_t n = 1 + (uint32_t)orr_rng_below(&rng, 130), list[ORR_FETCH_WINDOW_MOST];
        struct orr_fetch_value *v = orr_fetch_new(&fetch, n);
        bool is_here[130] = {false};
        orr_time now = 0;
        for (uint32_t turn = 0; turn < 400; turn++) {
            uint32_t rank = (uint32_t)orr_rng_below(&rng, 40), part;
            uint8_t bits[17];
            now += (orr_time)orr_rng_below(&rng, 400) * MS;
            switch (orr_rng_below(&rng, 5)) {
            case 0:
                for (uint32_t i = 0; i < 17; i++) bits[i] = (uint8_t)orr_rng_below(&rng, 256);
                orr_fetch_told(v, rank, bits);
                break;
            case 1:
                part = (uint32_t)orr_rng_below(&rng, n);
                if (v->asks[part].rank != ORR_NOBODY) rank = v->asks[part].rank;
                orr_fetch_came(&fetch, v, rank, part, now);
                is_here[part] = true;
                break;
            case 2: orr_fetch_lost(&fetch, v, rank); break;
            case 3: orr_fetch_tick(&fetch, v, now); break;
            default:
                if (!v->n_sources) break;
                uint32_t k = orr_fetch_ask(&fetch, v, rank % v->n_sources, rank % n, now, list);
                for (uint32_t i = 0; i < k; i++) {
                    ck_assert(!is_here[list[i]]);
                    ck_assert(orr_bitset_has(&v->sources[rank % v->n_sources].has, list[i]));
                }
            }
            uint32_t n_lacking = 0, n_asked = 0, n_wrong = 0, asked_of[40] = {0};
            for (uint32_t i = 0; i < n; i++) {
                n_wrong += orr_bitset_has(&v->lacking, i) == is_here[i];
                n_lacking += !is_here[i];
                if (v->asks[i].rank == ORR_NOBODY) continue;
                n_wrong += is_here[i];
                n_asked++;
                asked_of[v->asks[i].rank]++;
            }
            for (uint32_t i = 0; fetch.peers && i < 40; i++)
                n_wrong += fetch.peers[i].n_asked != asked_of[i];
            ck_assert_uint_eq(v->lacking.n_set, n_lacking);
            ck_assert_uint_eq(v->n_asked, n_asked);
            ck_assert_msg(!n_wrong, "seed %lu, turn %u", (unsigned long)seed, turn);
        }
        orr_fetch_free(&fetch, v);
        tear_down();
    }
}
END_TEST

START_TEST(what_a_peer_is_sent_on_its_asking_is_bounded_by_a_line_of_one_gigabit) {
    set_up();
    struct orr_sync sync;
    orr_sync_init(&sync, &heap.mem, 2, 8, 100);
    ck_assert(orr_sync_may_send(&sync, 0, 1000, 1000, 0));
    ck_assert(!orr_sync_may_send(&sync, 0, 1, 1000, 7)); /* a byte in 8 ns */
    ck_assert(orr_sync_may_send(&sync, 0, 1, 1000, 16));
    ck_assert(orr_sync_may_send(&sync, 1, 1000, 1000, 16)); /* each for itself */
    uint64_t bytes = 0;
    for (orr_time now = 0; now < 100 * MS; now += MS / 10)
        for (uint32_t i = 0; i < 20; i++)
            bytes += orr_sync_may_send(&sync, 0, 65536, 1 << 20, now) ? 65536 : 0;
    ck_assert_uint_le(bytes, 100 * (MS / 8) + (1 << 20));
    ck_assert_uint_ge(bytes, 100 * (MS / 8) - (1 << 20));
    orr_sync_fini(&sync);
    tear_down();
}
END_TEST

/* ---- in a cluster, whose lines are lines: what a node sends and gets waits its turn ---- */

enum { SEEN_MAX = 1 << 20 };
static struct {
    uint64_t bits_a_second; /* of each node's uplink and downlink */
    orr_time up[CLUSTER_MAX], down[CLUSTER_MAX], latency;
    uint64_t n_sent, n_needed; /* parts of large blocks, and such of them as came first */
    uint64_t seen[SEEN_MAX];
    uint64_t loss_percent;
    orr_peer cut_off;
    bool is_sparse;
} lines;

static orr_time through(orr_time *free, orr_time at, uint64_t bytes) {
    orr_time begin = at > *free ? at : *free;
    return *free = begin + (orr_time)(bytes * 8 * 1000000000 / lines.bits_a_second);
}

static orr_time line(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    if (m->kind == ORR_TM_PART) {
        uint64_t key = (orr_msg_hash(m) ^ (to + 1) * 0x9e3779b97f4a7c15) | 1;
        uint32_t at = (uint32_t)(key >> 20) % SEEN_MAX;
        while (lines.seen[at] && lines.seen[at] != key) at = (at + 1) % SEEN_MAX;
        lines.n_needed += !lines.seen[at];
        lines.n_sent++;
        lines.seen[at] = key;
    }
    if (from == lines.cut_off || to == lines.cut_off) return ORR_NEVER;
    if (orr_rng_below(&c->rng, 100) < lines.loss_percent) return ORR_NEVER;
    orr_time sent = through(&lines.up[from], c->now, orr_msg_size(m));
    return through(&lines.down[to], sent + lines.latency, orr_msg_size(m)) - c->now;
}

static struct watch *begin(struct cluster *c, uint32_t n, uint64_t seed, uint64_t mbit) {
    memset(&lines, 0, sizeof lines);
    lines.bits_a_second = mbit * 1000000;
    lines.latency = 5 * MS;
    lines.cut_off = ORR_NOBODY;
    cluster_new(c, "tendermint", n, seed);
    cluster_set(c, "max_block_size", 16 << 20);
    c->delay = line;
    return watch_new(c);
}
/* n transactions of 17,054 bytes, 25 a second from one second on, to nodes in turn. */
static void load(struct cluster *c, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        cluster_run(c, 1000 * MS + (orr_time)i * 40 * MS);
        cluster_submit(c, i % c->cohort.n, i % 10, i / 10, 17054);
    }
}
static void expect_parts_once(void) {
    ck_assert_uint_gt(lines.n_needed, 100);
    ck_assert_msg(lines.n_sent * 10 <= lines.n_needed * 13, "%lu parts were sent for %lu",
                  (unsigned long)lines.n_sent, (unsigned long)lines.n_needed);
}

/* After tendermint/tendermint#2251: 4.3 MB of load on slow lines. */
START_TEST(blocks_of_megabytes_are_decided_on_slow_lines_and_each_part_is_sent_about_once) {
    static const struct { uint64_t mbit; orr_time longest; } rows[] = {
        {10, 10000 * MS}, {4, 60000 * MS}, {1, 180000 * MS}};
    for (uint32_t k = 0; k < 3; k++) {
        struct cluster c;
        struct watch *w = begin(&c, 4, 41 + k, rows[k].mbit);
        cluster_start(&c);
        load(&c, 250);
        cluster_run(&c, 250000 * MS);
        ck_assert_uint_eq(w->n_txs, 250);
        expect_parts_once();
        orr_time last = 0, gap = 0;
        for (uint32_t h = 1; h < WATCH_HEIGHTS && w->is_decided[h]; h++) {
            gap = w->decided_at[h] - last > gap ? w->decided_at[h] - last : gap;
            last = w->decided_at[h];
        }
        ck_assert_int_ge(last, 248000 * MS); /* it goes on */
        ck_assert_int_le(gap, rows[k].longest);
        watch_expect(&c, 40);
        watch_free(&c);
    }
}
END_TEST

START_TEST(a_node_that_was_away_while_large_blocks_were_decided_gets_each_part_about_once) {
    struct cluster c;
    struct watch *w = begin(&c, 4, 45, 10);
    cluster_start(&c);
    cluster_run(&c, 900 * MS);
    lines.cut_off = 3;
    load(&c, 250);
    cluster_run(&c, 30000 * MS);
    uint64_t behind = w->heights[3];
    ck_assert_uint_gt(w->heights[0], behind + 5);
    memset(lines.seen, 0, sizeof lines.seen);
    lines.n_sent = lines.n_needed = 0;
    lines.cut_off = ORR_NOBODY;
    cluster_run(&c, 50000 * MS);
    ck_assert_uint_ge(w->heights[3] + 1, w->heights[0]);
    ck_assert_uint_eq(w->n_txs, 250);
    expect_parts_once();
    watch_expect(&c, 20);
    watch_free(&c);
}
END_TEST

START_TEST(a_large_block_leaves_its_proposer_about_once_and_the_others_pass_it_on) {
    struct cluster c;
    struct watch *w = begin(&c, 10, 46, 40);
    cluster_start(&c);
    cluster_run(&c, 200 * MS); /* height 1 */
    for (uint32_t i = 0; i < 120; i++) cluster_submit(&c, i % 10, i, 0, 17054);
    cluster_run(&c, 20000 * MS);
    ck_assert_uint_eq(w->n_txs, 120);
    ck_assert_uint_ge(w->heights[0], 8);
    /* 2 MB to nine peers: 3.7 s from one line of 40 Mbit/s, 0.5 s and some from ten */
    ck_assert_uint_eq(w->rounds[2], 0);
    expect_parts_once();
    watch_free(&c);
}
END_TEST

START_TEST(large_blocks_come_through_where_a_tenth_of_everything_is_lost) {
    struct cluster c;
    struct watch *w = begin(&c, 4, 47, 100);
    lines.loss_percent = 10;
    cluster_start(&c);
    load(&c, 100);
    cluster_run(&c, 60000 * MS);
    ck_assert_uint_eq(w->n_txs, 100);
    watch_expect(&c, 15);
    watch_free(&c);
}
END_TEST

START_TEST(large_blocks_cross_a_ring_when_flooded_and_no_part_is_flooded) {
    struct cluster c;
    static const orr_peer ring[8][2] = {{1, 7}, {0, 2}, {1, 3}, {2, 4},
                                        {3, 5}, {4, 6}, {5, 7}, {0, 6}};
    struct watch *w = begin(&c, 8, 48, 100);
    cluster_set(&c, "dissemination", ORR_TM_FLOOD);
    for (uint32_t i = 0; i < 8; i++) c.links[i] = (struct orr_links){2, ring[i]};
    cluster_start(&c);
    for (uint32_t i = 0; i < 80; i++) cluster_submit(&c, i % 8, i, 0, 17054);
    cluster_run(&c, 30000 * MS);
    ck_assert_uint_eq(w->n_txs, 80);
    expect_parts_once();
    watch_expect(&c, 10);
    watch_free(&c);
}
END_TEST

START_TEST(malformed_messages_about_parts_are_dropped_and_unknown_ones_are_ignored) {
    struct cluster c;
    cluster_alone(&c, "tendermint", 4, 1);
    for (uint16_t kind = ORR_TM_HAS; kind <= ORR_TM_FETCH; kind++) {
        static const uint32_t sizes[] = {0, 1, 43, 44, 46, 300};
        for (uint32_t i = 0; i < 6; i++) {
            struct orr_msg *m = orr_msg_new(&c.pool, kind, sizes[i]);
            memset(m->data, 1, sizes[i]);
            if (sizes[i] >= 44) orr_store_le32(m->data + 40, i < 4 ? 0 : i < 5 ? 20 : 1025);
            cluster_receive(&c, 2, m);
            ck_assert_uint_eq(c.out.n, 1);
            ck_assert_uint_eq(c.out.v[0].key, ORR_OUT_DROPPED);
        }
        for (uint64_t height = 0; height < 4; height++) { /* nothing is known of such a block */
            struct orr_msg *m = orr_msg_new(&c.pool, kind, 45);
            memset(m->data, 0xff, 45);
            orr_store_le64(m->data, height);
            orr_store_le32(m->data + 40, 8);
            cluster_receive(&c, 2, m);
            ck_assert_uint_eq(c.out.n, 0);
        }
    }
    cluster_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.fetch",
              a_part_is_asked_of_one_peer_that_has_it_and_a_line_holds_no_more_than_its_window,
              the_window_of_a_line_grows_while_parts_come_soon_and_shrinks_when_they_wait,
              what_a_silent_peer_was_asked_for_is_asked_of_another_and_patience_doubles,
              a_part_that_later_ones_overtook_is_asked_for_again_and_the_others_are_not,
              of_too_many_peers_the_latest_count_and_lost_links_end_their_questions,
              an_account_keeps_its_books_under_random_use,
              what_a_peer_is_sent_on_its_asking_is_bounded_by_a_line_of_one_gigabit,
              blocks_of_megabytes_are_decided_on_slow_lines_and_each_part_is_sent_about_once,
              a_node_that_was_away_while_large_blocks_were_decided_gets_each_part_about_once,
              a_large_block_leaves_its_proposer_about_once_and_the_others_pass_it_on,
              large_blocks_come_through_where_a_tenth_of_everything_is_lost,
              large_blocks_cross_a_ring_when_flooded_and_no_part_is_flooded,
              malformed_messages_about_parts_are_dropped_and_unknown_ones_are_ignored)
