/* The mesh of one router.  Names in comments are those of the Go implementation's tests. */
#include "tests/models/gossip/rig.h"

static struct rig r;
static uint32_t mesh(void) { return orr_gossip_mesh_size(rig_router(&r), 0); }

static void begin(uint32_t n_peers) {
    rig_new(&r, n_peers);
    rig_start(&r);
}

START_TEST(a_newcomer_is_told_what_was_joined) {
    begin(2);
    rig_hear(&r, ORR_PEER_UP, 1, 0, NULL);
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_SUBSCRIBE), 1);
    rig_hear(&r, ORR_PEER_UP, 1, 0, NULL); /* told again: it is the same link */
    ck_assert_uint_eq(r.n_sent, 1);
    rig_free(&r);
}
END_TEST

START_TEST(the_heartbeat_grafts_up_to_d_below_d_lo) { /* GossipsubGraft */
    begin(20);
    rig_connect(&r, 1, 20);
    ck_assert_uint_eq(mesh(), 0); /* grafts wait for the heartbeat */
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 6);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_GRAFT), 6);
    for (orr_peer p = 1, n = 0; p <= 20 && n < 1; p++) /* one goes: five are enough */
        if (orr_gossip_in_mesh(rig_router(&r), 0, p)) rig_prune(&r, p, 0, 60), n++;
    rig_clear(&r);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 5 + rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_GRAFT));
    ck_assert_uint_le(mesh(), 6); /* a sixth only if too few had been dialled by us */
    rig_free(&r);
}
END_TEST

START_TEST(a_peer_that_is_not_in_the_topic_is_not_grafted) {
    begin(4);
    for (orr_peer p = 1; p <= 4; p++) rig_hear(&r, ORR_PEER_UP, p, 0, NULL);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 0);
    rig_free(&r);
}
END_TEST

START_TEST(a_graft_is_taken_without_an_answer) {
    begin(2);
    rig_connect(&r, 1, 1);
    rig_clear(&r);
    rig_graft(&r, 1, 0);
    rig_graft(&r, 1, 0);
    ck_assert_uint_eq(mesh(), 1);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_free(&r);
}
END_TEST

/* GossipsubPrune, GossipsubPruneMeshCorrectly */
START_TEST(too_large_a_mesh_is_pruned_to_d_keeping_those_we_dialled) {
    begin(30);
    rig_connect(&r, 1, 30);
    for (orr_peer p = 2; p <= 24; p += 2) rig_graft(&r, p, 0); /* twelve that dialled us */
    rig_graft(&r, 1, 0);                                       /* beyond: two that we dialled */
    rig_graft(&r, 3, 0);
    ck_assert_uint_eq(mesh(), 14);
    rig_clear(&r);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 6);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PRUNE), 8);
    ck_assert(orr_gossip_in_mesh(rig_router(&r), 0, 1) && orr_gossip_in_mesh(rig_router(&r), 0, 3));
    const struct orr_gossip_form *prune = rig_last(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PRUNE);
    ck_assert_uint_eq(prune->rpc.prune[0].backoff_s, 60);
    rig_free(&r);
}
END_TEST

START_TEST(eleven_are_not_too_many_and_twelve_are) {
    for (uint32_t n = 11; n <= 12; n++) {
        begin(30);
        rig_connect(&r, 1, 30);
        for (orr_peer p = 1; p <= n; p++) rig_graft(&r, p, 0);
        rig_heartbeat(&r);
        ck_assert_uint_eq(mesh(), n == 11 ? 11 : 6);
        rig_free(&r);
    }
}
END_TEST

START_TEST(a_full_mesh_takes_grafts_of_those_alone_that_we_dialled) {
    begin(30);
    rig_connect(&r, 1, 30);
    for (orr_peer p = 2; p <= 24; p += 2) rig_graft(&r, p, 0);
    rig_clear(&r);
    rig_graft(&r, 26, 0);
    ck_assert_uint_eq(rig_sent(&r, 26, ORR_GOSSIP_RPC_PRUNE), 1);
    rig_graft(&r, 1, 0);
    ck_assert_uint_eq(r.n_sent, 1);
    ck_assert_uint_eq(mesh(), 13);
    rig_free(&r);
}
END_TEST

/* gossipsub-v1.0.md: "the router adds the peer to the mesh", and knows no backoff nor quota. */
START_TEST(version_10_takes_every_graft_and_prunes_at_the_heartbeat) {
    rig_new(&r, 30);
    rig_set(&r, "version", ORR_GOSSIP_V10);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 30);
    for (orr_peer p = 2; p <= 30; p += 2) rig_graft(&r, p, 0);
    ck_assert_uint_eq(mesh(), 15);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 6);
    for (orr_peer p = 1; p < 30; p += 2) /* dialled by us, and none of them is wanted for that */
        ck_assert(!orr_gossip_in_mesh(rig_router(&r), 0, p));
    for (orr_peer p = 2; p <= 30; p += 2) rig_graft(&r, p, 0); /* at once, against no backoff */
    ck_assert_uint_eq(mesh(), 15);
    for (orr_peer p = 2; p <= 30; p += 2)
        ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), p), 0);
    rig_prune(&r, 2, 0, 60);
    rig_graft(&r, 2, 0);
    ck_assert(orr_gossip_in_mesh(rig_router(&r), 0, 2));
    rig_free(&r);
}
END_TEST

START_TEST(with_too_few_that_we_dialled_more_of_them_are_grafted) {
    rig_new(&r, 12);
    rig_set(&r, "d_out", 2);
    rig_start(&r);
    rig_connect(&r, 1, 12);
    for (orr_peer p = 2; p <= 12; p += 2) rig_graft(&r, p, 0);
    ck_assert_uint_eq(mesh(), 6);
    rig_clear(&r);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 8);
    for (uint32_t i = 0; i < r.n_sent; i++) ck_assert_uint_eq(r.sent[i].to % 2, 1);
    rig_free(&r);
}
END_TEST

START_TEST(who_pruned_us_is_left_alone_for_the_backoff) { /* GossipsubPruneBackoffTime */
    begin(1);
    rig_connect(&r, 1, 1);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 1);
    rig_prune(&r, 1, 0, 5);
    ck_assert_uint_eq(mesh(), 0);
    for (int i = 1; i <= 5; i++) {
        rig_heartbeat(&r);
        ck_assert_uint_eq(mesh(), 0);
    }
    rig_heartbeat(&r); /* one heartbeat of slack has passed too */
    ck_assert_uint_eq(mesh(), 1);
    rig_free(&r);
}
END_TEST

START_TEST(an_endless_backoff_is_capped) {
    rig_new(&r, 1);
    rig_set(&r, "max_backoff", 3 * SECOND);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    rig_prune(&r, 1, 0, UINT64_MAX);
    for (int i = 0; i < 3; i++) rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 0);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 1);
    rig_free(&r);
}
END_TEST

START_TEST(a_prune_without_backoff_means_our_own) { /* of a v1.0 peer */
    begin(1);
    rig_connect(&r, 1, 1);
    rig_prune(&r, 1, 0, 0);
    for (int i = 0; i < 60; i++) rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 0);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 1);
    rig_free(&r);
}
END_TEST

static void scored(uint32_t n_peers) {
    rig_new(&r, n_peers);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, n_peers);
}

START_TEST(a_graft_during_backoff_is_pruned_and_counted) { /* GossipsubAttackGRAFTDuringBackoff */
    scored(1);
    rig_graft(&r, 1, 0);
    rig_prune(&r, 1, 0, 60);
    rig_clear(&r);
    rig_graft(&r, 1, 0); /* at once: twice as bad */
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PRUNE), 1);
    ck_assert_uint_eq(mesh(), 0);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 2000000);
    r.c.now += 10 * SECOND;
    rig_graft(&r, 1, 0);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 3000000);
    r.c.now += 59 * SECOND; /* the backoff was begun anew */
    rig_graft(&r, 1, 0);
    ck_assert_int_eq(orr_gossip_behaviour(rig_router(&r), 1), 4000000);
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PRUNE), 3);
    rig_free(&r);
}
END_TEST

/* GossipsubAttackGRAFTNonExistentTopic */
START_TEST(a_graft_of_an_unknown_topic_is_not_answered) {
    rig_new(&r, 1);
    rig_set(&r, "topics", 2);
    rig_set(&r, "subscribed", 1);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    rig_clear(&r);
    rig_graft(&r, 1, 1); /* exists, but is not joined */
    uint8_t bytes[32];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w);
    orr_rpc_put_graft(&w, blob("elsewhere"));
    orr_proto_end(&w, control);
    rig_receive(&r, 1, &w);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_free(&r);
}
END_TEST

START_TEST(peers_of_a_bad_score_leave_the_mesh_and_do_not_enter) { /* GossipsubNegativeScore */
    scored(12);
    rig_graft(&r, 1, 0);
    rig_graft(&r, 2, 0);
    orr_gossip_app_score(rig_router(&r), 1, -1);
    orr_gossip_app_score(rig_router(&r), 3, -1);
    rig_clear(&r);
    rig_graft(&r, 3, 0);
    ck_assert_uint_eq(rig_sent(&r, 3, ORR_GOSSIP_RPC_PRUNE), 1);
    rig_heartbeat(&r);
    ck_assert(!orr_gossip_in_mesh(rig_router(&r), 0, 1));
    ck_assert(!orr_gossip_in_mesh(rig_router(&r), 0, 3));
    ck_assert(orr_gossip_in_mesh(rig_router(&r), 0, 2));
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PRUNE), 1);
    rig_free(&r);
}
END_TEST

START_TEST(the_best_scores_survive_a_prune) {
    scored(30);
    for (orr_peer p = 1; p <= 14; p++) rig_graft(&r, p, 0);
    ck_assert_uint_eq(mesh(), 13); /* the 14th dialled us, and twelve were there */
    for (orr_peer p = 1; p <= 4; p++) orr_gossip_app_score(rig_router(&r), 3 * p, 1000000);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 6);
    for (orr_peer p = 1; p <= 4; p++) ck_assert(orr_gossip_in_mesh(rig_router(&r), 0, 3 * p));
    rig_free(&r);
}
END_TEST

START_TEST(a_mediocre_mesh_grafts_better_peers_now_and_then) { /* GossipsubOpportunisticGrafting */
    rig_new(&r, 20);
    rig_set(&r, "scoring", 1);
    rig_set(&r, "opportunistic_ticks", 3);
    rig_set(&r, "opportunistic_threshold", 1000000000);
    rig_start(&r);
    rig_connect(&r, 1, 20);
    for (orr_peer p = 1; p <= 6; p++) rig_graft(&r, p, 0);
    for (orr_peer p = 7; p <= 9; p++) orr_gossip_app_score(rig_router(&r), p, 10000000);
    rig_heartbeat(&r); /* tick 0: a look */
    ck_assert_uint_eq(mesh(), 8);
    uint32_t n_good = 0;
    for (orr_peer p = 7; p <= 9; p++) n_good += orr_gossip_in_mesh(rig_router(&r), 0, p);
    ck_assert_uint_eq(n_good, 2);
    rig_heartbeat(&r);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 8);
    rig_heartbeat(&r); /* tick 3 */
    ck_assert_uint_eq(mesh(), 9);
    rig_free(&r);
}
END_TEST

/* GossipSubJoinTopic, GossipSubLeaveTopic */
START_TEST(joining_and_leaving_are_told_and_leaving_prunes_briefly) {
    begin(3);
    rig_connect(&r, 1, 3);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 3);
    rig_clear(&r);
    cluster_forget(&r.c);
    orr_gossip_leave(rig_router(&r), 0, r.c.now, &r.c.out);
    for (uint32_t i = 0; i < r.c.out.n; i++)
        orr_freeze(r.c.protocol, &r.c.common, r.c.out.v[i].msg);
    rig_look(&r);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_SUBSCRIBE), 3);
    const struct orr_gossip_form *told = rig_last(&r, 1, ORR_GOSSIP_RPC_SUBSCRIBE);
    ck_assert_uint_eq(told->rpc.subscriptions[0].subscribe, 0);
    ck_assert_uint_eq(rig_last(&r, 1, ORR_GOSSIP_RPC_PRUNE)->rpc.prune[0].backoff_s, 10);
    ck_assert_uint_eq(mesh(), 0);
    cluster_forget(&r.c);
    rig_clear(&r);
    orr_gossip_join(rig_router(&r), 0, r.c.now + 12 * SECOND, &r.c.out); /* a few s later */
    rig_look(&r);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_GRAFT), 3);
    rig_free(&r);
}
END_TEST

START_TEST(who_leaves_the_topic_leaves_the_mesh) { /* GossipsubRemovePeer and a second way to go */
    begin(2);
    rig_connect(&r, 1, 2);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 2);
    rig_subscribe(&r, 1, 0, false);
    ck_assert_uint_eq(mesh(), 1);
    rig_hear(&r, ORR_PEER_DOWN, 2, ORR_DOWN_HANGUP, NULL);
    ck_assert_uint_eq(mesh(), 0);
    rig_free(&r);
}
END_TEST

START_TEST(direct_peers_are_sent_to_and_never_meshed) { /* GossipsubDirectPeers */
    rig_new(&r, 3);
    rig_set(&r, "direct", 1);
    rig_set(&r, "flood_publish", 0);
    rig_start(&r);
    rig_connect(&r, 1, 3);
    rig_graft(&r, 1, 0); /* of a direct peer: refused */
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PRUNE), 1);
    rig_heartbeat(&r);
    ck_assert_uint_eq(mesh(), 2);
    rig_clear(&r);
    rig_publish(&r, "hello");
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PUBLISH), 1);
    rig_hear(&r, ORR_PEER_DOWN, 1, ORR_DOWN_HANGUP, NULL);
    for (int i = 0; i < 300; i++) rig_heartbeat(&r);
    ck_assert_uint_eq(r.n_dialled, 1);
    ck_assert_uint_eq(r.dialled[0], 1);
    rig_free(&r);
}
END_TEST

START_TEST(direct_peers_get_what_is_published_by_fanout) { /* GossipsubDirectPeersFanout */
    rig_new(&r, 12);
    rig_set(&r, "direct", 1);
    rig_set(&r, "subscribed", 0);
    rig_set(&r, "flood_publish", 0);
    rig_start(&r);
    rig_connect(&r, 1, 12);
    rig_clear(&r);
    rig_publish(&r, "hello");
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PUBLISH), 1);
    ck_assert(!orr_gossip_in_fanout(rig_router(&r), 0, 1));
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PUBLISH), 7); /* and d others */
    rig_free(&r);
}
END_TEST

START_TEST(an_rpc_may_graft_and_prune_several_topics) { /* GossipsubMultipleGraftTopics */
    uint8_t bytes[256];
    rig_new(&r, 1);
    rig_set(&r, "topics", 3);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w);
    for (uint32_t t = 0; t < 3; t++) orr_rpc_put_graft(&w, rig_topic(&r, t));
    orr_proto_end(&w, control);
    rig_receive(&r, 1, &w);
    for (uint32_t t = 0; t < 3; t++) ck_assert(orr_gossip_in_mesh(rig_router(&r), t, 1));
    ck_assert_uint_eq(rig_sent(&r, 1, ORR_GOSSIP_RPC_PRUNE), 0);
    w = orr_writer(bytes, sizeof bytes);
    control = orr_rpc_begin_control(&w);
    for (uint32_t t = 0; t < 3; t += 2) {
        size_t prune = orr_rpc_begin_prune(&w, rig_topic(&r, t));
        orr_rpc_end_prune(&w, prune, true, 60);
    }
    orr_proto_end(&w, control);
    rig_receive(&r, 1, &w);
    for (uint32_t t = 0; t < 3; t++)
        ck_assert(orr_gossip_in_mesh(rig_router(&r), t, 1) == (t == 1));
    rig_free(&r);
}
END_TEST

START_TEST(a_prune_tells_of_no_more_peers_than_an_rpc_holds) {
    enum { N = 40, ROOM = (1024 - 48) / (38 + 6) };
    rig_new(&r, N);
    rig_set(&r, "px", 1);
    rig_set(&r, "px_peers", 1000);
    rig_set(&r, "max_message", 1024);
    rig_start(&r);
    rig_connect(&r, 1, N);
    for (orr_peer p = 1; p <= 12; p++) rig_graft(&r, p, 0);
    rig_heartbeat(&r);
    const struct orr_gossip_form *prune = rig_last(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PRUNE);
    ck_assert_uint_le(prune->rpc.n.peers, ROOM);
    ck_assert_uint_ge(prune->rpc.n.peers, ROOM - 1); /* one of them may be who is told */
    rig_free(&r);
}
END_TEST

START_TEST(a_prune_may_tell_of_other_peers_and_they_are_dialled) { /* peer exchange */
    rig_new(&r, 30);
    rig_set(&r, "px", 1);
    rig_start(&r);
    rig_connect(&r, 1, 20);
    for (orr_peer p = 1; p <= 12; p++) rig_graft(&r, p, 0);
    rig_heartbeat(&r);
    const struct orr_gossip_form *prune = rig_last(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PRUNE);
    ck_assert_uint_ge(prune->rpc.n.peers, 15);
    ck_assert_uint_le(prune->rpc.n.peers, 16);
    uint8_t bytes[256], id[ORR_PEER_ID_BYTES];
    struct orr_keypair pair;
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w), list = orr_rpc_begin_prune(&w, rig_topic(&r, 0));
    for (orr_peer p = 20; p <= 21; p++) { /* one that is there, one that is not */
        orr_keypair_derive(ORR_SIGNATURES_REAL, 1, p, &pair);
        orr_peer_id(pair.public_key, id);
        orr_rpc_put_peer(&w, (struct orr_blob){id, sizeof id}, (struct orr_blob){NULL, 0});
    }
    orr_rpc_put_peer(&w, blob("nobody"), (struct orr_blob){NULL, 0});
    orr_rpc_end_prune(&w, list, true, 60);
    orr_proto_end(&w, control);
    rig_receive(&r, 1, &w);
    ck_assert_uint_eq(r.n_dialled, 1);
    ck_assert_uint_eq(r.dialled[0], 21);
    r.c.now += SECOND;
    rig_hear(&r, ORR_PEER_UP, 21, 0, NULL); /* we dialled it, 22 dialled us */
    rig_hear(&r, ORR_PEER_UP, 22, 0, NULL);
    ck_assert(orr_gossip_conn(rig_router(&r), 21)->is_outbound);
    ck_assert(!orr_gossip_conn(rig_router(&r), 22)->is_outbound);
    rig_free(&r);
}
END_TEST

START_TEST(peers_told_by_one_of_a_bad_score_are_not_dialled) {
    rig_new(&r, 3);
    rig_set(&r, "px", 1);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 1);
    orr_gossip_app_score(rig_router(&r), 1, -1);
    uint8_t bytes[128], id[ORR_PEER_ID_BYTES];
    struct orr_keypair pair;
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 2, &pair);
    orr_peer_id(pair.public_key, id);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w), list = orr_rpc_begin_prune(&w, rig_topic(&r, 0));
    orr_rpc_put_peer(&w, (struct orr_blob){id, sizeof id}, (struct orr_blob){NULL, 0});
    orr_rpc_end_prune(&w, list, true, 60);
    orr_proto_end(&w, control);
    rig_receive(&r, 1, &w);
    ck_assert_uint_eq(r.n_dialled, 0);
    rig_free(&r);
}
END_TEST

/* GossipSubParamsValidate, PeerScoreThreshold_AtomicValidation */
START_TEST(parameters_that_contradict_each_other_are_refused) {
    static const struct { const char *key; uint64_t value; } bad[] = {
        {"d_lo", 7}, {"d", 13}, {"d_out", 5}, {"d_out", 4}, {"d_score", 13},
        {"history_gossip", 6}, {"p3_threshold", 500000000000},
        {"publish_threshold", 3999999999999}, {"graylist_threshold", 4999999999999},
        {"gossip_threshold", 5000000000001}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_new(&r, 1);
        ck_assert_ptr_null(orr_gossip_refuses(r.c.config, 2));
        rig_set(&r, "scoring", 1);
        ck_assert_ptr_null(orr_gossip_refuses(r.c.config, 2));
        rig_set(&r, bad[i].key, bad[i].value);
        ck_assert_msg(orr_gossip_refuses(r.c.config, 2) != NULL, "%s", bad[i].key);
        rig_start(&r);
        rig_free(&r);
    }
}
END_TEST

START_TEST(our_own_message_comes_back_for_nothing) { /* js-libp2p sends it to its author */
    rig_new(&r, 4);
    rig_set(&r, "scoring", 1);
    rig_start(&r);
    rig_connect(&r, 1, 4);
    rig_publish(&r, "ours, and long enough");
    struct orr_msg *ours = NULL;
    for (uint32_t i = 0; i < r.n_sent; i++)
        if (!ours && r.sent[i].msg->kind == ORR_GOSSIP_RPC_PUBLISH)
            ours = orr_msg_ref(r.sent[i].msg);
    ck_assert_ptr_nonnull(ours);
    rig_clear(&r);
    rig_hear(&r, ORR_RECV, 1, 0, ours);
    ck_assert_uint_eq(r.n_dropped, 0);
    ck_assert_uint_eq(r.n_said, 0);
    ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_PUBLISH), 0);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), 1), orr_gossip_score(rig_router(&r), 2));
    rig_free(&r);
}
END_TEST

ORR_TEST_MAIN("gossip mesh", a_newcomer_is_told_what_was_joined,
              the_heartbeat_grafts_up_to_d_below_d_lo,
              a_peer_that_is_not_in_the_topic_is_not_grafted, a_graft_is_taken_without_an_answer,
              too_large_a_mesh_is_pruned_to_d_keeping_those_we_dialled,
              eleven_are_not_too_many_and_twelve_are,
              a_full_mesh_takes_grafts_of_those_alone_that_we_dialled,
              version_10_takes_every_graft_and_prunes_at_the_heartbeat,
              with_too_few_that_we_dialled_more_of_them_are_grafted,
              who_pruned_us_is_left_alone_for_the_backoff, an_endless_backoff_is_capped,
              a_prune_without_backoff_means_our_own, a_graft_during_backoff_is_pruned_and_counted,
              a_graft_of_an_unknown_topic_is_not_answered,
              peers_of_a_bad_score_leave_the_mesh_and_do_not_enter,
              the_best_scores_survive_a_prune, a_mediocre_mesh_grafts_better_peers_now_and_then,
              joining_and_leaving_are_told_and_leaving_prunes_briefly,
              who_leaves_the_topic_leaves_the_mesh,
              direct_peers_are_sent_to_and_never_meshed,
              direct_peers_get_what_is_published_by_fanout,
              an_rpc_may_graft_and_prune_several_topics,
              a_prune_tells_of_no_more_peers_than_an_rpc_holds,
              a_prune_may_tell_of_other_peers_and_they_are_dialled,
              peers_told_by_one_of_a_bad_score_are_not_dialled,
              parameters_that_contradict_each_other_are_refused,
              our_own_message_comes_back_for_nothing)
