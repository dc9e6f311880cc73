/* Twins seen on the outbox of a tiny protocol. */
#include "tests/models/fault/rig.h"

START_TEST(twins_serve_their_own_peers_with_their_own_state_timers_and_records) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_TWINS, .id = 1, .split = ONE / 2};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    ck_assert_uint_eq(r.protocol.n_timers, 4);
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 1); /* off: one node as ever */
    flip(&r, 1, 10);                                /* the second one starts */
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 4);
    for (orr_peer p = 1; p < N; p += 2) ck_assert_uint_eq(count(&r, ORR_SEND, p, "hello"), 1);
    ck_assert_int_eq(r.out.v[0].kind, ORR_WRITE);
    ck_assert_uint_eq(r.out.v[0].key, 7 + 0x80000000u);
    ck_assert_int_eq(r.out.v[r.out.n - 1].kind, ORR_ARM);
    ck_assert_uint_eq(r.out.v[r.out.n - 1].key, 3);
    ck_assert_int_eq(r.out.v[r.out.n - 1].at, 110);
    uint64_t before = r.protocol.digest(r.node);
    hear(&r, 3, "odd", 20);
    ck_assert_uint_eq(count(&r, ORR_SEND, 3, "odd"), 1);
    uint64_t after = r.protocol.digest(r.node);
    ck_assert_uint_ne(before, after);
    event(&r, (struct orr_event){.kind = ORR_WRITTEN, .key = 7 + 0x80000000u, .now = 25});
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 3, .now = 110});
    ck_assert_uint_eq(r.out.n, 0); /* the second twin's output is not reported */
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 1, .now = 110});
    ck_assert_uint_eq(count_kind(&r, ORR_OUTPUT), 1);
    flip(&r, 1, 120); /* the second one ends, its timers are disarmed */
    ck_assert_uint_eq(r.out.n, 2);
    ck_assert_int_eq(r.out.v[1].at, ORR_NEVER);
    hear(&r, 3, "odd", 130);
    ck_assert_uint_eq(count(&r, ORR_SEND, 3, "odd"), 1); /* the first serves all again */
    flip(&r, 1, 140);
    flip(&r, 1, 150);
    flip(&r, 1, 160);
    /* a record of the twin that ended is durable now: no news for its successor */
    event(&r, (struct orr_event){.kind = ORR_WRITTEN, .key = 7 + 0x80000000u, .now = 165});
    event(&r, (struct orr_event){.kind = ORR_WRITTEN, .key = 7 + 0x80000000u, .now = 166});
    rig_end(&r);
}
END_TEST

START_TEST(twins_from_the_start_split_a_cast_between_them) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_TWINS, .split = 250000000, .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    for (orr_peer p = 0; p < N; p++) ck_assert_uint_eq(count(&r, ORR_SEND, p, "hello"), p != 2);
    ck_assert_uint_eq(count_kind(&r, ORR_WRITE), 2);
    /* a quarter of the ranks are in the second camp: 3 and 7 */
    uint64_t digest = r.protocol.digest(r.node);
    hear(&r, 7, "x", 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 7, "x"), 1);
    ck_assert_uint_eq(r.protocol.digest(r.node) ^ digest,
                      1 << 1); /* n_heard of the second: 0 -> 1 */
    rig_end(&r);
}
END_TEST

enum { FIRST = 0x8000, SECOND = 0xc000 }; /* marks of twins, see models/fault/twins.c */

/* A message that bears marks comes from a peer. */
static void hear_marked(struct rig *r, orr_peer from, unsigned marks) {
    struct orr_msg *m = orr_msg_copy(&r->pool, KIND_HELLO, "m", 1);
    m->protocol = (uint16_t)marks;
    event(r, (struct orr_event){.kind = ORR_RECV, .peer = from, .now = 20, .msg = m});
    orr_msg_unref(&r->pool, m);
}
/* The mark of the one answer to it, and that its type is not touched. */
static unsigned answer(const struct rig *r, orr_peer to) {
    ck_assert_uint_eq(r->out.n, 1);
    ck_assert(r->out.v[0].kind == ORR_SEND && r->out.v[0].peer == to);
    ck_assert_uint_eq(orr_msg_type(r->out.v[0].msg), KIND_ECHO);
    return r->out.v[0].msg->protocol;
}

/* Nodes 3 and 4 may have twins too; 3 is of the first world while it has none, 5 by its rank of the
 * second, and 6 is said to be. */
START_TEST(twins_speak_to_other_twins_of_their_own_world_alone) {
    static const uint8_t sides[N] = {
        [3] = ORR_SIDE_TWINS | ORR_SIDE_FIRST, [4] = ORR_SIDE_TWINS, [6] = ORR_SIDE_SECOND};
    struct orr_byzantine_config cfg = {.inner = &parrot, .behaviour = ORR_BEHAVIOUR_TWINS,
                                       .id = 1, .split = ONE / 2, .sides = sides};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    hear_marked(&r, 3, 0);
    ck_assert_uint_eq(answer(&r, 3), 0); /* off: as it is */
    hear_marked(&r, 3, FIRST);           /* off, and in the first camp */
    ck_assert_uint_eq(answer(&r, 3), 0);
    hear_marked(&r, 3, SECOND);
    ck_assert_uint_eq(r.out.n, 0);
    flip(&r, 1, 10); /* the second twin's hello */
    static const orr_peer hears[] = {1, 3, 4, 5, 6, 7};
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 6);
    for (int i = 0; i < 6; i++) {
        const struct orr_effect *e = &r.out.v[1 + i];
        ck_assert_uint_eq(e->peer, hears[i]);
        ck_assert_uint_eq(e->msg->protocol, hears[i] == 3 || hears[i] == 4 ? SECOND : 0);
    }
    for (orr_peer p = 3; p <= 4; p++) {
        hear_marked(&r, p, FIRST);
        ck_assert_uint_eq(answer(&r, p), FIRST);
        hear_marked(&r, p, SECOND);
        ck_assert_uint_eq(answer(&r, p), SECOND);
    }
    hear_marked(&r, 3, 0); /* it has no twins yet: who is in its world answers */
    ck_assert_uint_eq(answer(&r, 3), FIRST);
    for (orr_peer p = 5; p <= 6; p++) {
        hear_marked(&r, p, 0);
        ck_assert_uint_eq(answer(&r, p), 0);
    }
    rig_end(&r);
}
END_TEST

/* Parted by view: here all that the parrot says is of no view and its author stands nowhere, so
 * that a part of all views is meant.  Node 3 has twins, too. */
START_TEST(parts_say_whom_each_twin_reaches_and_hears) {
    static const uint8_t sides[N] = {[2] = ORR_SIDE_TWINS, [3] = ORR_SIDE_TWINS};
    static const uint8_t first[N] = {1, 1, 1, 2, 0, 2}, second[N] = {[2] = 2, [3] = 1};
    bool is_on = true;
    struct orr_twin_part part = {.is_on = &is_on, .groups = {first, second}};
    struct orr_byzantine_config cfg = {.inner = &parrot, .behaviour = ORR_BEHAVIOUR_TWINS, .id = 1,
                                       .split = ONE / 2, .sides = sides, .parts = &part,
                                       .n_parts = 1, .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r); /* node 2: its first twin is in part 1, its second in part 2; 4, 6, 7 are in none */
    static const struct { bool first, second; } hears[N] = {{1, 0}, {1, 0}, {0, 0}, {1, 1}, {1, 1},
                                                            {0, 1}, {1, 1}, {1, 1}};
    unsigned n[N][2] = {0};
    for (uint32_t i = 0; i < r.out.n; i++)
        if (r.out.v[i].kind == ORR_SEND) n[r.out.v[i].peer][r.out.v[i].msg->protocol == SECOND]++;
    for (orr_peer p = 0; p < N; p++) {
        if (p == 2) continue;
        unsigned want = hears[p].first + hears[p].second;
        ck_assert_msg(n[p][0] + n[p][1] == want, "node %u: %u, %u", p, n[p][0], n[p][1]);
        ck_assert_uint_eq(n[p][1], p == 3); /* marked for who may have twins, and for no other */
    }
    for (orr_peer p = 0; p < N; p++) { /* an echo for each twin that has heard it */
        if (p == 2 || p == 3) continue;
        hear_marked(&r, p, 0);
        ck_assert_uint_eq(count_kind(&r, ORR_SEND), hears[p].first + hears[p].second);
    }
    hear_marked(&r, 3, FIRST); /* 3's first twin is in part 2, its second in part 1 */
    ck_assert_uint_eq(answer(&r, 3), SECOND);
    hear_marked(&r, 3, SECOND);
    ck_assert_uint_eq(answer(&r, 3), FIRST);
    is_on = false; /* all hear all */
    hear_marked(&r, 5, 0);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 2);
    is_on = part.one_way = true; /* from part 1 to part 2 alone is stopped */
    hear_marked(&r, 5, 0);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 1); /* the first hears it, and its answer is lost */
    hear_marked(&r, 0, 0);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 1);
    part.view = (struct orr_byzantine_range){5, 9, 1, true}; /* of views, which nobody says here */
    hear_marked(&r, 0, 0);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 2);
    rig_end(&r);
}
END_TEST

ORR_TEST_MAIN("twins", parts_say_whom_each_twin_reaches_and_hears,
              twins_serve_their_own_peers_with_their_own_state_timers_and_records,
              twins_from_the_start_split_a_cast_between_them,
              twins_speak_to_other_twins_of_their_own_world_alone)
