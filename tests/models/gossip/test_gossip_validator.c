/* Consensus over GossipSub (role tendermint-gossipsub): what is let in, what is refused, and that a
 * cluster that is linked in a ring decides as one, full nodes too. */
#include "models/bft/common/vote.h"
#include "models/bft/tendermint/tendermint.h"
#include "tests/models/gossip/rig.h"

enum { GOSSIP = 1, VALIDATORS = 4, FULL = 4 }; /* node 4 has no stake */

static struct cluster c;
static uint64_t seqno;
static uint32_t n_decided[CLUSTER_MAX];
static uint8_t chain[CLUSTER_MAX][64][32];

static void listen(struct cluster *cluster, orr_peer node, uint32_t key, const struct orr_msg *m) {
    (void)cluster;
    if (key != ORR_OUT_DECIDED) return;
    const struct orr_decided *d = (const void *)m->data;
    ck_assert_uint_eq(d->height, ++n_decided[node]);
    if (d->height < 64) memcpy(chain[node][d->height], d->value, 32);
}

/* Node 0, a validator, and its neighbours 1 and 4, who are in its meshes. */
static void begin(uint64_t n_topics) {
    static const orr_peer nobody[1];
    cluster_new(&c, "tendermint-gossipsub", 5, 1);
    c.stakes[FULL] = 0;
    c.only = 0, c.keeps = true;
    c.links[0] = (struct orr_links){0, nobody};
    cluster_set(&c, "topics", n_topics);
    for (const struct orr_config_key *k = orr_gossip_keys; k->name; k++)
        if (!strcmp(k->name, "scoring")) *(bool *)((char *)c.config + k->offset) = true;
    cluster_start(&c);
    for (orr_peer p = 1; p <= FULL; p += 3) cluster_hear(&c, ORR_PEER_UP, p, 0, NULL);
}

/* A neighbour relays what `author` published; was it let in? */
static bool hears(orr_peer from, orr_peer author, const char *topic, struct orr_blob payload) {
    struct orr_keypair pair;
    uint8_t id[ORR_PEER_ID_BYTES], number[8], signature[ORR_SIGN_BYTES], bytes[4096];
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, author, &pair);
    orr_peer_id(pair.public_key, id);
    orr_store_be64(number, ++seqno);
    struct orr_rpc_content content = {
        .from = {id, sizeof id}, .data = payload, .seqno = {number, 8},
        .topic = {(const uint8_t *)topic, (uint32_t)strlen(topic)}};
    orr_gossip_sign(&content, &pair, &c.pool, NULL, signature);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_rpc_put_message(&w, &content);
    ck_assert(!w.bad);
    struct orr_msg *m = orr_msg_copy(&c.pool, ORR_GOSSIP_RPC_PUBLISH, bytes,
                                     (uint32_t)orr_written(&w));
    m->protocol = GOSSIP;
    bool refused = false;
    int64_t score = orr_gossip_score(c.nodes[0].state, from);
    cluster_hear(&c, ORR_RECV, from, 0, m);
    for (uint32_t i = 0; i < c.out.n; i++)
        refused |= c.out.v[i].kind == ORR_OUTPUT && c.out.v[i].key == ORR_OUT_DROPPED;
    ck_assert_int_eq(orr_gossip_score(c.nodes[0].state, from) < score, refused);
    return !refused;
}

static const struct orr_gossip *router(void) { return c.nodes[0].state; }

/* A prevote for nothing of validator 1, packed. */
static uint32_t pack_vote(uint8_t *payload) {
    struct orr_validator_set *set = orr_validator_set_new(&c.cohort, &c.arena.mem);
    struct orr_vote v = {.height = 1, .validator = 1, .type = ORR_PREVOTE};
    struct orr_msg *m = orr_vote_sign(&v, set, &c.pool, NULL, ORR_TM_PREVOTE);
    uint32_t len = m->len;
    payload[0] = ORR_TM_PREVOTE;
    memcpy(payload + 1, m->data, len);
    orr_msg_unref(&c.pool, m);
    return len + 1;
}

START_TEST(votes_go_on_of_those_alone_who_have_power) {
    uint8_t payload[512];
    begin(1);
    uint32_t len = pack_vote(payload), n = router()->kept.n;
    ck_assert(hears(1, 1, "orrery/0", (struct orr_blob){payload, len}));
    ck_assert(hears(FULL, 1, "orrery/0", (struct orr_blob){payload, len})); /* relayed by any */
    ck_assert_uint_eq(router()->kept.n, n + 2); /* it goes on to others */
    ck_assert(hears(FULL, FULL, "orrery/0", (struct orr_blob){payload, len}));
    ck_assert_uint_eq(router()->kept.n, n + 2); /* ignored, and nobody is to blame */
    cluster_free(&c);
}
END_TEST

START_TEST(what_consensus_cannot_read_is_refused_and_held_against_the_peer) {
    uint8_t payload[512];
    begin(1);
    uint32_t len = pack_vote(payload);
    ck_assert(!hears(1, 1, "orrery/0", (struct orr_blob){payload, 0}));
    ck_assert(!hears(1, 1, "orrery/0", (struct orr_blob){payload, 1}));
    ck_assert(!hears(1, 1, "orrery/0", (struct orr_blob){payload, len - 1}));
    static const uint8_t kinds[] = {ORR_TM_TX,    ORR_TM_PROPOSAL, ORR_TM_COMMIT,
                                    ORR_TM_STATUS, ORR_TM_SNAPSHOT, ORR_TM_N_KINDS, 255};
    for (size_t i = 0; i < sizeof kinds; i++) { /* a vote is none of these */
        payload[0] = kinds[i];
        ck_assert_msg(!hears(1, 1, "orrery/0", (struct orr_blob){payload, len}), "%u", kinds[i]);
    }
    cluster_free(&c);
}
END_TEST

START_TEST(each_kind_has_its_topic) {
    uint8_t payload[512];
    begin(3);
    uint32_t len = pack_vote(payload);
    ck_assert(!hears(1, 1, "orrery/0", (struct orr_blob){payload, len}));
    ck_assert(hears(1, 1, "orrery/1", (struct orr_blob){payload, len}));
    ck_assert(!hears(1, 1, "orrery/2", (struct orr_blob){payload, len}));
    cluster_free(&c);
}
END_TEST

/* Eight nodes in a ring, the last four without stake: no two validators 0 and 2 are linked, and
 * what nodes decide is one chain.  A node that was away catches up by its links. */
START_TEST(nodes_in_a_ring_decide_one_chain) {
    enum { N = 8 };
    static orr_peer peers[N][2];
    memset(n_decided, 0, sizeof n_decided);
    cluster_new(&c, "tendermint-gossipsub", N, 1);
    c.output = listen;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t a = (i + N - 1) % N, b = (i + 1) % N;
        peers[i][0] = a < b ? a : b, peers[i][1] = a < b ? b : a;
        c.links[i] = (struct orr_links){2, peers[i]};
        if (i >= VALIDATORS) c.stakes[i] = 0;
    }
    cluster_start(&c);
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t k = 0; k < 2; k++)
            cluster_step(&c, i, (struct orr_event){.kind = ORR_PEER_UP, .peer = peers[i][k]});
    cluster_run(&c, 12000 * MS);
    for (uint32_t i = 0; i < N; i++) {
        ck_assert_msg(n_decided[i] > 5, "node %u decided %u", i, n_decided[i]);
        for (uint32_t h = 1; h <= n_decided[i] && h <= n_decided[0]; h++)
            ck_assert_mem_eq(chain[i][h], chain[0][h], 32);
    }
    cluster_free(&c);
}
END_TEST

ORR_TEST_MAIN("gossip validator", votes_go_on_of_those_alone_who_have_power,
              what_consensus_cannot_read_is_refused_and_held_against_the_peer,
              each_kind_has_its_topic, nodes_in_a_ring_decide_one_chain)
