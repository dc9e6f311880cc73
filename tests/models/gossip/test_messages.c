/* Messages and ids through one router.  Names in comments are those of the Go implementation's
 * tests. */
#include "tests/models/gossip/rig.h"

static struct rig r;

static void begin(uint32_t n_peers) {
    rig_new(&r, n_peers);
    rig_start(&r);
    rig_connect(&r, 1, n_peers);
}
static uint32_t published_to(orr_peer to) { return rig_sent(&r, to, ORR_GOSSIP_RPC_PUBLISH); }

START_TEST(a_message_is_delivered_once_and_sent_on_to_the_mesh_but_not_back) {
    begin(8);
    for (orr_peer p = 1; p <= 4; p++) rig_graft(&r, p, 0);
    rig_clear(&r);
    rig_message_from(&r, 1, 2, 0, blob("hello"));
    ck_assert_uint_eq(r.n_said, 1);
    ck_assert_uint_eq(r.said[0].origin, 2);
    ck_assert_uint_eq(published_to(1), 0); /* the sender   */
    ck_assert_uint_eq(published_to(2), 0); /* the author   */
    ck_assert_uint_eq(published_to(3), 1);
    ck_assert_uint_eq(published_to(4), 1);
    ck_assert_uint_eq(published_to(5), 0); /* not in the mesh */
    r.seqnos[2]--;
    rig_message_from(&r, 3, 2, 0, blob("hello")); /* PublishDuplicateMessage */
    ck_assert_uint_eq(r.n_said, 1);
    ck_assert_uint_eq(published_to(ORR_NOBODY), 2);
    rig_free(&r);
}
END_TEST

START_TEST(a_message_crosses_as_one_buffer) {
    begin(3);
    for (orr_peer p = 1; p <= 3; p++) rig_graft(&r, p, 0);
    rig_clear(&r);
    uint8_t bytes[256];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    rig_message(&r, 1, 0, blob("hello"), &w);
    struct orr_msg *m = orr_msg_copy(&r.c.pool, ORR_GOSSIP_RPC_PUBLISH, bytes,
                                     (uint32_t)orr_written(&w));
    rig_hear(&r, ORR_RECV, 1, 0, orr_msg_ref(m));
    ck_assert_uint_eq(r.n_sent, 2);
    ck_assert_ptr_eq(r.sent[0].msg, m);
    ck_assert_ptr_eq(r.sent[1].msg, m);
    orr_msg_unref(&r.c.pool, m);
    rig_clear(&r); /* two in one RPC are sent on each by itself */
    w = orr_writer(bytes, sizeof bytes);
    rig_message(&r, 1, 0, blob("a"), &w);
    uint8_t more[256];
    struct orr_writer second = orr_writer(more, sizeof more);
    rig_message(&r, 1, 0, blob("b"), &second);
    uint8_t both[512];
    struct orr_writer rpc = orr_writer(both, sizeof both);
    orr_write_bytes(&rpc, bytes, orr_written(&w));
    orr_write_bytes(&rpc, more, orr_written(&second));
    rig_receive(&r, 1, &rpc);
    ck_assert_uint_eq(r.n_said, 2);
    ck_assert_uint_eq(published_to(2), 2);
    ck_assert_uint_eq(rig_last(&r, 2, ORR_GOSSIP_RPC_PUBLISH)->rpc.n.publish, 1);
    rig_free(&r);
}
END_TEST

START_TEST(own_messages_go_to_all_in_the_topic) { /* GossipsubFloodPublish */
    begin(20);
    rig_clear(&r);
    rig_publish(&r, "hello");
    ck_assert_uint_eq(published_to(ORR_NOBODY), 20);
    ck_assert_uint_eq(r.n_said, 1);
    ck_assert_uint_eq(r.said[0].origin, 0);
    rig_free(&r);
    for (int old = 0; old < 2; old++) { /* without it, or before v1.1: to the mesh */
        rig_new(&r, 20);
        if (old) rig_set(&r, "version", ORR_GOSSIP_V10);
        else rig_set(&r, "flood_publish", 0);
        rig_start(&r);
        rig_connect(&r, 1, 20);
        rig_heartbeat(&r);
        rig_clear(&r);
        rig_publish(&r, "hello");
        ck_assert_uint_eq(published_to(ORR_NOBODY), 6);
        rig_free(&r);
    }
}
END_TEST

/* GossipsubFanout, GossipsubFanoutExpiry */
START_TEST(a_topic_not_joined_is_published_to_by_fanout) {
    rig_new(&r, 20);
    rig_set(&r, "subscribed", 0);
    rig_set(&r, "flood_publish", 0);
    rig_set(&r, "fanout_ttl", 3 * SECOND);
    rig_start(&r);
    rig_connect(&r, 1, 20);
    rig_clear(&r);
    rig_publish(&r, "hello");
    ck_assert_uint_eq(published_to(ORR_NOBODY), 6);
    orr_peer one = r.sent[0].to;
    rig_publish(&r, "again");
    ck_assert_uint_eq(published_to(one), 2); /* the same ones */
    rig_hear(&r, ORR_PEER_DOWN, one, 0, NULL); /* GossipsubFanoutMaintenance: one goes */
    rig_heartbeat(&r);
    uint32_t n = 0;
    for (orr_peer p = 1; p <= 20; p++) n += orr_gossip_in_fanout(rig_router(&r), 0, p);
    ck_assert_uint_eq(n, 6);
    for (int i = 0; i < 3; i++) rig_heartbeat(&r);
    for (orr_peer p = 1; p <= 20; p++) ck_assert(!orr_gossip_in_fanout(rig_router(&r), 0, p));
    rig_free(&r);
}
END_TEST

START_TEST(those_of_the_fanout_are_grafted_first) {
    rig_new(&r, 20);
    rig_set(&r, "subscribed", 0);
    rig_set(&r, "flood_publish", 0);
    rig_start(&r);
    rig_connect(&r, 1, 20);
    rig_publish(&r, "hello");
    bool was[21] = {false};
    for (orr_peer p = 1; p <= 20; p++) was[p] = orr_gossip_in_fanout(rig_router(&r), 0, p);
    cluster_forget(&r.c);
    orr_gossip_join(rig_router(&r), 0, r.c.now, &r.c.out);
    for (orr_peer p = 1; p <= 20; p++)
        ck_assert(orr_gossip_in_mesh(rig_router(&r), 0, p) == was[p]);
    rig_free(&r);
}
END_TEST

/* ---- gossip ---- */

START_TEST(ids_of_the_last_heartbeats_go_to_d_lazy_others) { /* GossipsubGossip */
    begin(20);
    rig_heartbeat(&r);
    struct orr_message_id id = rig_message_from(&r, 1, 1, 0, blob("hello"));
    for (int i = 0; i < 4; i++) {
        rig_clear(&r);
        rig_heartbeat(&r);
        ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IHAVE), i < 3 ? 6 : 0);
        for (uint32_t k = 0; k < r.n_sent && i < 3; k++)
            ck_assert(!orr_gossip_in_mesh(rig_router(&r), 0, r.sent[k].to));
        if (i) continue;
        const struct orr_gossip_form *ihave = rig_last(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IHAVE);
        ck_assert_uint_eq(ihave->rpc.n.ids, 1);
        ck_assert_uint_eq(ihave->keys[0], orr_gossip_id_key(r.c.common.shared, id.bytes, id.len));
    }
    rig_free(&r);
}
END_TEST

START_TEST(gossip_goes_to_a_share_of_many_peers) { /* adaptive gossip */
    for (uint64_t version = ORR_GOSSIP_V10; version <= ORR_GOSSIP_V11; version++) {
        rig_new(&r, 38);
        rig_set(&r, "gossip_factor", 500000000);
        rig_set(&r, "version", version);
        rig_start(&r);
        rig_connect(&r, 1, 38);
        rig_heartbeat(&r);
        rig_message_from(&r, 1, 1, 0, blob("hello"));
        rig_clear(&r);
        rig_heartbeat(&r);
        /* d_lazy, or half of 38 - 6 */
        ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IHAVE),
                          version == ORR_GOSSIP_V10 ? 6 : 16);
        rig_free(&r);
    }
}
END_TEST

START_TEST(what_is_lacking_is_asked_for_and_what_is_known_is_not) {
    begin(2);
    struct orr_message_id ids[3] = {rig_message_from(&r, 1, 1, 0, blob("hello")), rig_some_id(7)};
    ids[2] = ids[1]; /* named twice, asked for once */
    rig_clear(&r);
    rig_ids(&r, 2, ORR_GOSSIP_RPC_IHAVE, ids, 1);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_ids(&r, 2, ORR_GOSSIP_RPC_IHAVE, ids, 3);
    ck_assert_uint_eq(rig_sent(&r, 2, ORR_GOSSIP_RPC_IWANT), 1);
    ck_assert_uint_eq(rig_last(&r, 2, ORR_GOSSIP_RPC_IWANT)->rpc.n.ids, 1);
    rig_free(&r);
}
END_TEST

START_TEST(ihave_spam_is_bounded) { /* GossipsubAttackSpamIHAVE */
    enum { N = 6000 };
    static struct orr_message_id ids[N];
    rig_new(&r, 1);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    for (uint32_t i = 0; i < N; i++) ids[i] = rig_some_id(i);
    rig_clear(&r);
    rig_ids(&r, 1, ORR_GOSSIP_RPC_IHAVE, ids, N);
    ck_assert_uint_eq(rig_last(&r, 1, ORR_GOSSIP_RPC_IWANT)->rpc.n.ids, 5000);
    rig_ids(&r, 1, ORR_GOSSIP_RPC_IHAVE, ids + 5000, 10); /* the ration is used up */
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_IWANT), 1);
    rig_heartbeat(&r);
    rig_clear(&r);
    for (uint32_t i = 0; i < 15; i++) rig_ids(&r, 1, ORR_GOSSIP_RPC_IHAVE, ids + i, 1);
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_IWANT), 10); /* ten IHAVEs are heard */
    for (int i = 0; i < 3; i++) rig_heartbeat(&r);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 11000000); /* broken promises */
    rig_free(&r);
}
END_TEST

START_TEST(a_promise_that_is_kept_in_time_is_none_against_the_peer) {
    rig_new(&r, 2);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 2);
    r.seqnos[1] = 5;
    struct orr_message_id id = rig_message_from(&r, 2, 1, 0, blob("first"));
    orr_store_be64(id.bytes + ORR_PEER_ID_BYTES, 7);
    rig_ids(&r, 1, ORR_GOSSIP_RPC_IHAVE, &id, 1);
    rig_heartbeat(&r);
    rig_message_from(&r, 2, 1, 0, blob("second")); /* that is number 7, of whomever */
    for (int i = 0; i < 5; i++) rig_heartbeat(&r);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 0);
    rig_free(&r);
}
END_TEST

START_TEST(a_message_is_sent_to_who_asks_but_not_forever) { /* GossipsubAttackSpamIWANT */
    begin(3);
    struct orr_message_id id = rig_message_from(&r, 1, 1, 0, blob("hello"));
    rig_clear(&r);
    for (int i = 0; i < 10; i++) rig_ids(&r, 2, ORR_GOSSIP_RPC_IWANT, &id, 1);
    ck_assert_uint_eq(published_to(2), 3);
    rig_ids(&r, 3, ORR_GOSSIP_RPC_IWANT, &id, 1); /* another has its own count */
    ck_assert_uint_eq(published_to(3), 1);
    for (int i = 0; i < 5; i++) rig_heartbeat(&r); /* and then it is forgotten */
    rig_clear(&r);
    rig_ids(&r, 3, ORR_GOSSIP_RPC_IWANT, &id, 1);
    ck_assert_uint_eq(published_to(3), 0);
    rig_free(&r);
}
END_TEST

START_TEST(nothing_is_gossiped_with_those_below_the_threshold) {
    rig_new(&r, 3);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 3);
    struct orr_message_id id = rig_message_from(&r, 1, 1, 0, blob("hello")), news = rig_some_id(1);
    orr_gossip_app_score(rig_router(&r), 2, -4000000001);
    orr_gossip_app_score(rig_router(&r), 3, -4000000000); /* at it is not below */
    rig_clear(&r);
    for (orr_peer p = 2; p <= 3; p++) {
        rig_ids(&r, p, ORR_GOSSIP_RPC_IWANT, &id, 1);
        rig_ids(&r, p, ORR_GOSSIP_RPC_IHAVE, &news, 1);
        ck_assert_uint_eq(published_to(p), p == 3);
        ck_assert_uint_eq(rig_sent(&r, p, ORR_GOSSIP_RPC_IWANT), p == 3);
    }
    orr_gossip_app_score(rig_router(&r), 3, -10000000001); /* graylisted: not heard at all */
    rig_message_from(&r, 3, 3, 0, blob("unheard"));
    ck_assert_uint_eq(r.n_said, 0);
    orr_gossip_app_score(rig_router(&r), 3, -5000000001); /* heard, but not published to */
    rig_clear(&r);
    rig_publish(&r, "own");
    ck_assert_uint_eq(published_to(3), 0);
    ck_assert_uint_eq(published_to(1), 1);
    rig_free(&r);
}
END_TEST

/* ---- IDONTWANT ---- */

static uint8_t large[2048];

/* GossipsubIdontwantSend */
START_TEST(a_large_message_is_announced_to_the_mesh_before_it_is_sent_on) {
    begin(6);
    for (orr_peer p = 1; p <= 4; p++) rig_graft(&r, p, 0);
    rig_clear(&r);
    struct orr_message_id id =
        rig_message_from(&r, 1, 1, 0, (struct orr_blob){large, 1024});
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IDONTWANT), 3);
    /* GossipsubNoIDONTWANTToMessageSender */
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_IDONTWANT), 0);
    /* GossipsubIdontwantNonMesh */
    ck_assert_uint_eq(rig_sent(&r, 5, ORR_GOSSIP_RPC_IDONTWANT), 0);
    ck_assert_uint_eq(rig_last(&r, 2, ORR_GOSSIP_RPC_IDONTWANT)->keys[0],
                      orr_gossip_id_key(r.c.common.shared, id.bytes, id.len));
    /* GossipsubIDONTWANTBeforeFirstPublish */
    ck_assert_uint_eq(r.sent[0].msg->kind, ORR_GOSSIP_RPC_IDONTWANT);
    rig_clear(&r);
    /* GossipsubIdontwantSmallMessage */
    rig_message_from(&r, 1, 1, 0, (struct orr_blob){large, 1023});
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IDONTWANT), 0);
    rig_free(&r);
}
END_TEST

START_TEST(before_version_12_nothing_is_said_of_it) { /* GossipsubIdontwantIncompat */
    rig_new(&r, 3);
    rig_set(&r, "version", ORR_GOSSIP_V11);
    rig_start(&r);
    rig_connect(&r, 1, 3);
    for (orr_peer p = 1; p <= 3; p++) rig_graft(&r, p, 0);
    rig_message_from(&r, 1, 1, 0, (struct orr_blob){large, 2048});
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IDONTWANT), 0);
    rig_free(&r);
}
END_TEST

/* GossipsubIdontwantReceive, GossipsubIdontwantClear */
START_TEST(what_a_peer_does_not_want_is_not_sent_to_it) {
    begin(3);
    for (orr_peer p = 1; p <= 3; p++) rig_graft(&r, p, 0);
    struct orr_message_id id = rig_message_from(&r, 1, 1, 0, blob("zero"));
    orr_store_be64(id.bytes + ORR_PEER_ID_BYTES, 2); /* the next of peer 1 */
    rig_ids(&r, 2, ORR_GOSSIP_RPC_IDONTWANT, &id, 1);
    rig_clear(&r);
    rig_message_from(&r, 1, 1, 0, blob("one"));
    ck_assert_uint_eq(published_to(2), 0);
    ck_assert_uint_eq(published_to(3), 1);
    /* GossipsubIdontwantBeforeIwant: nor when it asks */
    rig_ids(&r, 2, ORR_GOSSIP_RPC_IWANT, &id, 1);
    ck_assert_uint_eq(published_to(2), 0);
    for (int i = 0; i < 4; i++) { /* three heartbeats later it is forgotten */
        rig_heartbeat(&r);
        rig_clear(&r);
        rig_ids(&r, 2, ORR_GOSSIP_RPC_IWANT, &id, 1);
        ck_assert_uint_eq(published_to(2), i == 3);
    }
    rig_free(&r);
}
END_TEST

/* The words of two peers about one message are forgotten each in its own time. */
START_TEST(what_two_peers_do_not_want_ends_for_each_after_its_own_heartbeats) {
    begin(3);
    for (orr_peer p = 1; p <= 3; p++) rig_graft(&r, p, 0);
    struct orr_message_id id = rig_message_from(&r, 1, 1, 0, blob("zero"));
    orr_store_be64(id.bytes + ORR_PEER_ID_BYTES, 2); /* the next of peer 1 */
    rig_ids(&r, 2, ORR_GOSSIP_RPC_IDONTWANT, &id, 1);
    for (int i = 0; i < 2; i++) rig_heartbeat(&r);
    for (int i = 0; i < 2; i++) rig_ids(&r, 3, ORR_GOSSIP_RPC_IDONTWANT, &id, 1); /* twice: once */
    for (int i = 0; i < 2; i++) rig_heartbeat(&r); /* 4 since peer 2 spoke, 2 since peer 3 did */
    ck_assert_uint_eq(rig_router(&r)->unwanted.n, 1);
    rig_clear(&r);
    rig_message_from(&r, 1, 1, 0, blob("one"));
    ck_assert_uint_eq(published_to(2), 1);
    ck_assert_uint_eq(published_to(3), 0);
    for (int i = 0; i < 4; i++) rig_heartbeat(&r);
    ck_assert_uint_eq(rig_router(&r)->unwanted.n, 0);
    rig_free(&r);
}
END_TEST

/* GossipsubAttackSpamIDONTWANT, GossipsubHandleIDontwantSpam,
 * GossipsubIDontWantUnwantedCleanup */
START_TEST(idontwant_spam_is_bounded) {
    struct orr_message_id ids[12];
    begin(1);
    for (uint32_t i = 0; i < 12; i++) ids[i] = rig_some_id(i);
    rig_ids(&r, 1, ORR_GOSSIP_RPC_IDONTWANT, ids, 12);
    ck_assert_uint_eq(rig_router(&r)->unwanted.n, 10);
    for (uint32_t i = 0; i < 1500; i++) {
        struct orr_message_id other = rig_some_id(100 + i);
        rig_ids(&r, 1, ORR_GOSSIP_RPC_IDONTWANT, &other, 1);
    }
    ck_assert_uint_eq(rig_router(&r)->unwanted.n, 10 + 999);
    for (int i = 0; i < 4; i++) rig_heartbeat(&r);
    ck_assert_uint_eq(rig_router(&r)->unwanted.n, 0);
    rig_free(&r);
}
END_TEST

/* ---- judging ---- */

START_TEST(invalid_messages_are_refused_and_counted) { /* GossipsubAttackInvalidMessageSpam */
    rig_new(&r, 3);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 3);
    for (orr_peer p = 1; p <= 3; p++) rig_graft(&r, p, 0);
    rig_clear(&r);
    /* GossipsubScoreValidatorEx: the validator refuses it */
    rig_message_from(&r, 1, 1, 0, blob("bad"));
    rig_message_from(&r, 3, 3, 0, blob("ignore me")); /* ... or will not say */
    ck_assert_uint_eq(r.n_said, 0);
    ck_assert_uint_eq(published_to(ORR_NOBODY), 0);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 1), -24750000); /* 0.25 * -99 */
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 3), 0);
    uint8_t bytes[256];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    rig_message(&r, 2, 0, blob("good"), &w);
    w.p[-1] ^= 1; /* of the signature */
    for (int i = 0; i < 21; i++) rig_receive(&r, 2, &w);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 2), -24750000 * 21 * 21LL);
    uint32_t n = r.n_dropped;
    ck_assert_uint_eq(n, 22);
    rig_receive(&r, 2, &w); /* graylisted */
    ck_assert_uint_eq(r.n_dropped, n);
    rig_free(&r);
}
END_TEST

START_TEST(garbage_is_counted_and_never_more) {
    rig_new(&r, 2);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    uint8_t bytes[64];
    struct orr_rng rng = orr_rng_stream(11, ORR_RNG_WORKLOAD, 0);
    struct orr_writer cut = orr_writer(bytes, sizeof bytes);
    orr_write_bytes(&cut, "\x12\xff", 2);
    rig_receive(&r, 1, &cut);
    ck_assert_uint_eq(r.n_dropped, 1);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 1000000);
    rig_receive(&r, 2, &cut); /* of one without a link: not even that */
    ck_assert_uint_eq(r.n_dropped, 1);
    for (int turn = 0; turn < 20000; turn++) {
        orr_gossip_app_score(rig_router(&r), 1, 1000000000000000);
        struct orr_writer w = orr_writer(bytes, sizeof bytes);
        size_t control = orr_rpc_begin_control(&w);
        orr_rpc_put_graft(&w, rig_topic(&r, 0));
        size_t prune = orr_rpc_begin_prune(&w, rig_topic(&r, 0));
        orr_rpc_put_peer(&w, blob("peer"), blob("record"));
        orr_rpc_end_prune(&w, prune, true, orr_rng_u64(&rng) >> orr_rng_below(&rng, 64));
        orr_proto_end(&w, control);
        for (uint64_t k = orr_rng_below(&rng, 5); k; k--)
            bytes[orr_rng_below(&rng, orr_written(&w))] = (uint8_t)orr_rng_u64(&rng);
        rig_receive(&r, 1, &w);
        rig_clear(&r);
        if (turn % 100 == 0) rig_heartbeat(&r);
    }
    rig_free(&r);
}
END_TEST

START_TEST(our_own_message_from_another_is_held_against_it) {
    rig_new(&r, 2);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 2);
    rig_message_from(&r, 1, 0, 0, blob("as if of node 0"));
    ck_assert_uint_eq(r.n_said, 0);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 1), -24750000);
    rig_free(&r);
}
END_TEST

START_TEST(a_validator_takes_time_and_its_queue_has_an_end) { /* Validate, ValidateOverload */
    rig_new(&r, 2);
    rig_set(&r, "validate_time", SECOND / 100);
    rig_set(&r, "validate_queue", 3);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 2);
    rig_graft(&r, 2, 0);
    rig_clear(&r);
    for (int i = 0; i < 5; i++) rig_message_from(&r, 1, 1, 0, blob(i == 1 ? "bad" : "good"));
    ck_assert_uint_eq(r.n_said, 0);
    r.c.now += SECOND / 100;
    rig_hear(&r, ORR_TIMER, 0, ORR_GOSSIP_TIMER_VALIDATE, NULL);
    ck_assert_uint_eq(r.n_said, 2); /* of three that found room one was bad */
    ck_assert_uint_eq(published_to(2), 2);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 1), -24418000); /* 0.25 (2 0.664 - 99) */
    rig_free(&r);
}
END_TEST

START_TEST(an_rpc_has_a_greatest_length) { /* GossipsubRPCFragmentation: no RPC of ours is longer */
    static char text[3000];
    rig_new(&r, 2);
    rig_set(&r, "max_message", 2048);
    rig_start(&r);
    rig_connect(&r, 1, 2);
    memset(text, 'x', sizeof text - 1);
    rig_clear(&r);
    rig_publish(&r, text);
    ck_assert_uint_eq(r.n_said, 0);
    ck_assert_uint_eq(r.n_dropped, 1);
    uint32_t longest = 0;
    for (uint32_t len = 1800; len < 2048; len++) {
        rig_clear(&r);
        text[len - 1] = 'x', text[len] = 0;
        rig_publish(&r, text);
        if (!r.n_sent) break;
        longest = r.sent[0].msg->len;
        ck_assert_uint_le(longest, 2048);
    }
    ck_assert_uint_eq(longest, 2048);
    rig_free(&r);
}
END_TEST

/* FragmentRPCFunction: ids that one RPC has no room for go in several, and none is left out. */
START_TEST(ids_that_do_not_fit_into_one_rpc_go_in_several) {
    enum { N = 50, ROOM = (1024 - 48) / 48 }; /* 2 bytes of frame, 46 of id */
    rig_new(&r, 8);
    rig_set(&r, "max_message", 1024);
    rig_start(&r);
    rig_connect(&r, 1, 8);
    rig_heartbeat(&r);
    for (int i = 0; i < N; i++) rig_message_from(&r, 1, 1, 0, blob("hello"));
    rig_clear(&r);
    rig_heartbeat(&r);
    uint32_t n_ids[9] = {0}, n_peers = 0;
    uint64_t sums[9] = {0};
    for (uint32_t i = 0; i < r.n_sent; i++) {
        const struct orr_msg *m = r.sent[i].msg;
        if (m->kind != ORR_GOSSIP_RPC_IHAVE) continue;
        const struct orr_gossip_form *form = orr_gossip_form_of(m);
        ck_assert_uint_le(m->len, 1024);
        ck_assert_uint_le(form->rpc.n.ids, ROOM);
        n_ids[r.sent[i].to] += form->rpc.n.ids;
        for (uint32_t k = 0; k < form->rpc.n.ids; k++) sums[r.sent[i].to] += form->keys[k];
    }
    uint64_t all = 0;
    for (uint32_t i = 0; i < rig_router(&r)->kept.n; i++)
        all += ((struct orr_gossip_kept *)orr_fifo_at(&rig_router(&r)->kept, i))->key;
    for (orr_peer p = 1; p <= 8; p++) {
        if (!n_ids[p]) continue;
        n_peers++;
        ck_assert_uint_eq(n_ids[p], N);
        ck_assert_uint_eq(sums[p], all);
    }
    ck_assert_uint_eq(n_peers, 2);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_IHAVE),
                      2 * ((N + ROOM - 1) / ROOM));
    rig_free(&r);
}
END_TEST

START_TEST(unsigned_networks_know_a_message_by_its_data) {
    rig_new(&r, 2);
    rig_set(&r, "preset", ORR_GOSSIP_ETHEREUM);
    rig_start(&r);
    rig_connect(&r, 1, 2);
    for (orr_peer p = 1; p <= 2; p++) rig_graft(&r, p, 0);
    rig_clear(&r);
    rig_publish(&r, "hello");
    rig_publish(&r, "hello"); /* the same data is the same message */
    ck_assert_uint_eq(r.n_said, 1);
    ck_assert_uint_eq(published_to(1), 1);
    const struct orr_gossip_form *form = rig_last(&r, 1, ORR_GOSSIP_RPC_PUBLISH);
    ck_assert(!orr_slice_is_there(form->rpc.publish[0].from));
    ck_assert(!orr_slice_is_there(form->rpc.publish[0].signature));
    rig_message_from(&r, 1, 1, 0, blob("signed")); /* refused there */
    ck_assert_uint_eq(r.n_said, 1);
    rig_free(&r);
}
END_TEST

/* Else what it publishes would be what others have seen. */
START_TEST(a_node_that_starts_again_repeats_no_number) {
    uint64_t last = 0;
    for (int life = 0; life < 2; life++) {
        rig_new(&r, 1);
        r.c.now = life * 5 * SECOND;
        rig_start(&r);
        rig_connect(&r, 1, 1);
        rig_publish(&r, "hello");
        rig_publish(&r, "again");
        const struct orr_gossip_form *form = rig_last(&r, 1, ORR_GOSSIP_RPC_PUBLISH);
        const uint8_t *seqno = r.sent[r.n_sent - 1].msg->data + form->rpc.publish[0].seqno.at;
        ck_assert_uint_gt(orr_load_be64(seqno), last);
        last = orr_load_be64(seqno);
        rig_free(&r);
    }
}
END_TEST

ORR_TEST_MAIN("gossip messages of a router", a_node_that_starts_again_repeats_no_number,
              a_message_is_delivered_once_and_sent_on_to_the_mesh_but_not_back,
              a_message_crosses_as_one_buffer, own_messages_go_to_all_in_the_topic,
              a_topic_not_joined_is_published_to_by_fanout, those_of_the_fanout_are_grafted_first,
              ids_of_the_last_heartbeats_go_to_d_lazy_others, gossip_goes_to_a_share_of_many_peers,
              what_is_lacking_is_asked_for_and_what_is_known_is_not, ihave_spam_is_bounded,
              a_promise_that_is_kept_in_time_is_none_against_the_peer,
              a_message_is_sent_to_who_asks_but_not_forever,
              nothing_is_gossiped_with_those_below_the_threshold,
              a_large_message_is_announced_to_the_mesh_before_it_is_sent_on,
              before_version_12_nothing_is_said_of_it,
              what_a_peer_does_not_want_is_not_sent_to_it,
              what_two_peers_do_not_want_ends_for_each_after_its_own_heartbeats,
              idontwant_spam_is_bounded,
              invalid_messages_are_refused_and_counted, garbage_is_counted_and_never_more,
              our_own_message_from_another_is_held_against_it,
              a_validator_takes_time_and_its_queue_has_an_end, an_rpc_has_a_greatest_length,
              ids_that_do_not_fit_into_one_rpc_go_in_several,
              unsigned_networks_know_a_message_by_its_data)
