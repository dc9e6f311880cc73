/* Conversations with a js-libp2p node (shared/vectors/gossip/talk.json): what was said to it is
 * said to a router here, and what any correct router does there must come of it. */
#include "sim/base/json.h"
#include "tests/models/gossip/rig.h"
#include "tests/vectors/vectors.h"

enum { A = 1, B = 2 };

static struct rig r;
static struct orr_buffer last_published; /* the id of our own last message */
static uint64_t n_delivered;

static void name_the_topic(const char *name) {
    struct orr_gossip_net *net = (struct orr_gossip_net *)(uintptr_t)r.c.common.shared;
    snprintf(net->topics[0].name, sizeof net->topics[0].name, "%s", name);
    net->topics[0].len = (uint32_t)strlen(name);
}

static void begin(const json_t *talk) {
    const json_t *options = json_object_get(talk, "options");
    const char *policy = json_string_value(json_object_get(options, "globalSignaturePolicy"));
    rig_new(&r, 2);
    if (policy) rig_set(&r, "policy", ORR_GOSSIP_NO_SIGN);
    static const struct { const char *key; uint64_t value; } quiet[] = {
        {"scoring", 1}, {"p1_weight", 0}, {"p2_weight", 0}, {"p3_weight", 0}, {"p3b_weight", 0},
        {"topic_weight", 1000000000}, {"p4_weight", 1000000000}, {"p4_decay", 990000000}};
    for (size_t i = 0; i < 8 && json_object_get(options, "scoreParams"); i++)
        rig_set(&r, quiet[i].key, quiet[i].value);
    rig_start(&r);
    name_the_topic(json_string_value(json_object_get(talk, "topic")));
    n_delivered = 0;
    rig_hear(&r, ORR_PEER_UP, A, 0, NULL);
    rig_hear(&r, ORR_PEER_UP, B, 0, NULL);
}

static void wait_ms(json_int_t ms) {
    orr_time until = r.c.now + ms * MS;
    for (orr_time next = (r.c.now / SECOND + 1) * SECOND; next <= until; next += SECOND) {
        r.c.now = next;
        rig_hear(&r, ORR_TIMER, 0, ORR_GOSSIP_TIMER_HEARTBEAT, NULL);
    }
    r.c.now = until;
}

static void keep_id(void) {
    const struct orr_gossip_form *form = rig_last(&r, A, ORR_GOSSIP_RPC_PUBLISH);
    for (uint32_t i = r.n_sent; i-- > 0;) {
        if (r.sent[i].msg->kind != ORR_GOSSIP_RPC_PUBLISH) continue;
        struct orr_message_id id;
        orr_message_id_seqno(r.sent[i].msg->data, &form->rpc.publish[0], &id);
        last_published.bytes = memcpy(orr_xrealloc(NULL, id.len), id.bytes, id.len);
        last_published.len = id.len;
        return;
    }
    ck_abort_msg("nothing was published");
}

static void say(const json_t *step) {
    const char *hex = json_string_value(json_object_get(step, "rpc"));
    orr_peer peer = strcmp(json_string_value(json_object_get(step, "peer")), "B") ? A : B;
    struct orr_buffer bytes;
    if (!strncmp(hex, "iwant of", 8)) {
        struct orr_message_id id = {.len = (uint8_t)last_published.len};
        memcpy(id.bytes, last_published.bytes, id.len);
        rig_ids(&r, peer, ORR_GOSSIP_RPC_IWANT, &id, 1);
    } else {
        ck_assert(!orr_hex_decode(hex, &bytes));
        struct orr_writer w = orr_writer(bytes.bytes, bytes.len);
        w.p = w.end;
        rig_receive(&r, peer, &w);
        free(bytes.bytes);
    }
}

/* All steps; what was sent and told stays to be looked at. */
static void run(const json_t *talk) {
    const json_t *trace = json_object_get(talk, "trace");
    for (size_t i = 0; i < json_array_size(trace); i++) {
        const json_t *step = json_array_get(trace, i);
        const char *what = json_string_value(json_object_get(step, "step"));
        if (!strcmp(what, "send")) say(step);
        if (!strcmp(what, "wait")) wait_ms(json_integer_value(json_object_get(step, "ms")));
        if (!strcmp(what, "node publishes")) {
            struct orr_buffer data;
            ck_assert(!orr_json_bytes(json_object_get(step, "data"), &data));
            rig_hear(&r, ORR_INPUT, ORR_NOBODY, ORR_IN_TX,
                     orr_msg_copy(&r.c.pool, 0, data.bytes, (uint32_t)data.len));
            free(data.bytes);
            keep_id();
        }
        if (!strcmp(what, "send"))
            wait_ms(json_integer_value(json_object_get(step, "wait_ms")));
        n_delivered = r.n_said;
    }
}

static uint32_t to(orr_peer peer, enum orr_gossip_kind kind) { return rig_sent(&r, peer, kind); }
static bool meshed(orr_peer peer) { return orr_gossip_in_mesh(rig_router(&r), 0, peer); }

/* The `must` lines, conversation by conversation. */
static void must_subscribe_and_graft(void) {
    ck_assert(meshed(A));
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_PRUNE), 0);
}
static void must_not_answer(void) {
    for (uint32_t i = 0; i < r.n_sent; i++)
        ck_assert_uint_eq(r.sent[i].msg->kind, ORR_GOSSIP_RPC_SUBSCRIBE); /* the greeting */
}
static void must_ask_once(void) {
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_IWANT), 1);
    ck_assert_uint_eq(rig_last(&r, A, ORR_GOSSIP_RPC_IWANT)->rpc.n.ids, 1);
}
static void must_not_ask(void) {
    ck_assert_uint_eq(n_delivered, 1);
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_IWANT), 0);
}
static void must_retransmit_thrice(void) {
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_PUBLISH), 1 + 3); /* published, then asked for */
}
static void must_forward_once(void) {
    ck_assert_uint_eq(n_delivered, 1);
    ck_assert_uint_eq(to(B, ORR_GOSSIP_RPC_PUBLISH), 1);
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_PUBLISH), 0);
}
static void must_announce_the_large_one(void) {
    ck_assert_uint_eq(to(B, ORR_GOSSIP_RPC_IDONTWANT), 1);
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_IDONTWANT), 0);
    ck_assert_uint_eq(n_delivered, 2);
    const struct orr_gossip_form *said = rig_last(&r, B, ORR_GOSSIP_RPC_IDONTWANT);
    for (uint32_t i = 0; i < r.n_sent; i++) {
        const struct orr_gossip_form *form = orr_gossip_form_of(r.sent[i].msg);
        if (r.sent[i].msg->kind == ORR_GOSSIP_RPC_PUBLISH && r.sent[i].msg->len > 1024)
            ck_assert_uint_eq(form->published[0].key, said->keys[0]);
    }
}
static void must_prune_the_early_graft(void) {
    ck_assert_uint_eq(to(A, ORR_GOSSIP_RPC_PRUNE), 1);
    ck_assert(!meshed(A));
    int64_t penalty = orr_gossip_behaviour(rig_router(&r), A);
    ck_assert(penalty == 1000000 || penalty == 2000000);
}
static void must_count_the_invalid_one(void) {
    ck_assert_uint_eq(n_delivered, 0);
    ck_assert_uint_eq(to(ORR_NOBODY, ORR_GOSSIP_RPC_PUBLISH), 0);
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), A), -1000000); /* one, squared, times -1 */
    ck_assert_int_eq(orr_gossip_score(rig_router(&r), B), 0);
}
static void must_stay_unsigned(void) {
    ck_assert_uint_eq(n_delivered, 1);
    ck_assert_uint_eq(to(B, ORR_GOSSIP_RPC_PUBLISH), 1);
    const struct orr_rpc_message *m =
        &rig_last(&r, B, ORR_GOSSIP_RPC_PUBLISH)->rpc.publish[0];
    ck_assert(!orr_slice_is_there(m->from) && !orr_slice_is_there(m->seqno));
    ck_assert(!orr_slice_is_there(m->key) && !orr_slice_is_there(m->signature));
}

static const struct { const char *name; void (*must)(void); } talks[] = {
    {"subscribe-and-graft", must_subscribe_and_graft},
    {"graft-of-unknown-topic", must_not_answer},
    {"ihave-unknown-id", must_ask_once},
    {"ihave-known-id", must_not_ask},
    {"iwant-repeated", must_retransmit_thrice},
    {"forwarded-once-not-back", must_forward_once},
    {"idontwant-for-a-large-message", must_announce_the_large_one},
    {"graft-during-backoff", must_prune_the_early_graft},
    {"invalid-message", must_count_the_invalid_one},
    {"unsigned-network", must_stay_unsigned},
};
enum { N_TALKS = sizeof talks / sizeof talks[0] };

START_TEST(every_must_line_of_the_conversations_holds) {
    json_t *root = orr_vector_load("gossip/talk.json"), *cases = json_object_get(root, "cases");
    ck_assert_uint_eq(json_array_size(cases), N_TALKS);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *talk = json_array_get(cases, i);
        const char *name = json_string_value(json_object_get(talk, "name"));
        size_t k = 0;
        while (k < N_TALKS && strcmp(talks[k].name, name)) k++;
        ck_assert_msg(k < N_TALKS, "%s: an unknown conversation", name);
        begin(talk);
        run(talk);
        talks[k].must();
        rig_free(&r);
        free(last_published.bytes);
        last_published = (struct orr_buffer){NULL, 0};
    }
    json_decref(root);
}
END_TEST

int main(void) {
    orr_vectors_need("gossip/talk.json");
    const TTest *tests[] = {every_must_line_of_the_conversations_holds};
    return orr_test_run("gossip conversations", tests, 1);
}
