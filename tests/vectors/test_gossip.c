/* GossipSub's wire format: 151 RPCs and 10 framings made with js-libp2p and checked against
 * Google's protobuf decoder and the signing rule of Go (shared/vectors/gossip/README.md). */
#include "models/gossip/frame.h"
#include "models/gossip/message.h"
#include "models/gossip/record.h"
#include "sim/base/memory.h"
#include "sim/cli/gossip/multiaddr.h"
#include "sim/cli/gossip/rpc_json.h"
#include "sim/base/json.h"
#include "tests/vectors/vectors.h"

static struct orr_heap heap;
static struct orr_pool pool;

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void check_id(const json_t *wanted, const char *key, const struct orr_message_id *id,
                     const char *name) {
    json_t *json = orr_hex_json(id->bytes, id->len);
    if (json_object_get(wanted, key))
        ck_assert_msg(!strcmp(text_of(wanted, key), json_string_value(json)), "%s: %s", name, key);
    json_decref(json);
}

/* The messages of one RPC under the policy of the case. */
static void check_messages(const json_t *one, const char *name, const uint8_t *bytes,
                           const struct orr_rpc *rpc) {
    const json_t *messages = json_object_get(one, "messages");
    enum orr_gossip_policy policy =
        strcmp(text_of(one, "policy"), "StrictNoSign") ? ORR_STRICT_SIGN : ORR_STRICT_NO_SIGN;
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *wanted = json_array_get(messages, i);
        const char *verdict = text_of(wanted, "verdict");
        enum orr_gossip_fault fault =
            orr_gossip_verify(policy, bytes, &rpc->publish[i], &pool, NULL);
        struct orr_message_id id;
        if (json_object_get(one, "needs")) {
            ck_assert_msg(fault == ORR_GOSSIP_KEY_TYPE, "%s: %s", name,
                          orr_gossip_fault_text(fault));
            continue;
        }
        if (strcmp(verdict, "either"))
            ck_assert_msg(!fault == !strcmp(verdict, "accept"), "%s: message %zu: %s", name, i,
                          orr_gossip_fault_text(fault));
        if (fault) continue;
        if (policy == ORR_STRICT_SIGN) {
            orr_message_id_seqno(bytes, &rpc->publish[i], &id);
            check_id(wanted, "id_from_seqno", &id, name);
        }
        orr_message_id_hash(bytes, &rpc->publish[i], &id);
        check_id(wanted, "id_sha256_20", &id, name);
    }
}

static void check_record(const json_t *wanted, const char *name, const uint8_t *bytes,
                         const struct orr_rpc_peer *peer) {
    struct orr_peer_record record;
    const char *verdict = text_of(wanted, "verdict");
    ck_assert_msg(orr_slice_is_there(peer->id) == !!strcmp(verdict, "skip"), "%s", name);
    if (!orr_slice_is_there(peer->id) || !orr_slice_is_there(peer->record)) return;
    enum orr_record_fault fault =
        orr_record_read(orr_slice_blob(bytes, peer->id), orr_slice_blob(bytes, peer->record),
                        &pool, NULL, &record);
    ck_assert_msg(!fault == !strcmp(verdict, "accept"), "%s: %s", name,
                  orr_record_fault_text(fault));
    if (fault) return;
    ck_assert_uint_eq(record.seq, strtoull(text_of(wanted, "seq"), NULL, 10));
    const json_t *addresses = json_object_get(wanted, "addresses");
    ck_assert_uint_eq(record.n_addresses, json_array_size(addresses));
    for (uint32_t i = 0; i < record.n_addresses; i++) {
        char text[256];
        ck_assert(orr_multiaddr_text(orr_record_address(&record, i), text, sizeof text));
        ck_assert_str_eq(text, json_string_value(json_array_get(addresses, i)));
    }
}

static void check_rpc(const json_t *one, const uint8_t *bytes, uint32_t len) {
    const char *name = text_of(one, "name"), *decode = text_of(one, "decode");
    struct orr_rpc_counts counts;
    struct orr_rpc rpc;
    int error = orr_rpc_count(bytes, len, ORR_RPC_MAX_ITEMS, &counts);
    if (strcmp(decode, "either"))
        ck_assert_msg(!error == !strcmp(decode, "accept"), "%s: %s", name, orr_error_text(error));
    if (error) return;
    size_t size = orr_rpc_table_bytes(&counts);
    void *room = orr_alloc(&heap.mem, size + 1);
    orr_rpc_read(bytes, len, &counts, room, &rpc);
    json_t *read = orr_rpc_json(bytes, &rpc), *wanted = json_object_get(one, "rpc");
    if (wanted) ck_assert_msg(json_equal(read, wanted), "%s: other fields", name);
    json_decref(read);
    uint8_t *again = orr_alloc(&heap.mem, len + 1);
    struct orr_writer w = orr_writer(again, len);
    orr_rpc_write(&w, bytes, &rpc);
    ck_assert_msg(!w.bad, "%s: what is written is longer than what was read", name);
    bool same = orr_written(&w) == len && !memcmp(again, bytes, len);
    const json_t *canonical = json_object_get(one, "canonical");
    if (canonical && !json_object_get(one, "js_rpc"))
        ck_assert_msg(same == json_is_true(canonical), "%s: canonical", name);
    orr_free(&heap.mem, again, len + 1);
    check_messages(one, name, bytes, &rpc);
    for (size_t i = 0; i < json_array_size(json_object_get(one, "px")); i++)
        check_record(json_array_get(json_object_get(one, "px"), i), name, bytes, &rpc.peers[i]);
    orr_free(&heap.mem, room, size + 1);
}

START_TEST(every_rpc_is_read_and_judged_as_the_vectors_say) {
    json_t *root = orr_vector_load("gossip/rpc.json"), *cases = json_object_get(root, "cases");
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    ck_assert_uint_gt(json_array_size(cases), 100);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        struct orr_buffer bytes;
        ck_assert(!orr_json_bytes(json_object_get(json_array_get(cases, i), "hex"), &bytes));
        check_rpc(json_array_get(cases, i), bytes.bytes, (uint32_t)bytes.len);
        free(bytes.bytes);
    }
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
    json_decref(root);
}
END_TEST

static void check_stream(const json_t *one, uint32_t max_len) {
    const json_t *chunks = json_object_get(one, "chunks"), *frames = json_object_get(one, "frames");
    struct orr_frames stream;
    size_t n = 0;
    int result = 0;
    orr_frames_init(&stream, &heap.mem, max_len);
    for (size_t i = 0; i < json_array_size(chunks) && result >= 0; i++) {
        struct orr_buffer chunk;
        struct orr_blob frame;
        uint32_t at = 0;
        ck_assert(!orr_json_bytes(json_array_get(chunks, i), &chunk));
        while ((result = orr_frames_next(&stream, chunk.bytes, (uint32_t)chunk.len, &at, &frame)) >
               0) {
            json_t *hex = orr_hex_json(frame.p, frame.len);
            ck_assert_msg(json_equal(hex, json_array_get(frames, n)), "%s", text_of(one, "name"));
            json_decref(hex);
            n++;
        }
        free(chunk.bytes);
    }
    ck_assert_uint_eq(n, json_array_size(frames));
    bool error = result < 0 || !orr_frames_may_end(&stream);
    ck_assert_msg(error == json_is_true(json_object_get(one, "error")), "%s", text_of(one, "name"));
    orr_frames_fini(&stream);
}

START_TEST(every_stream_is_cut_into_frames_as_the_vectors_say) {
    json_t *root = orr_vector_load("gossip/framing.json"), *cases = json_object_get(root, "cases");
    uint32_t max_len = (uint32_t)json_integer_value(json_object_get(root, "max_length"));
    orr_heap_init(&heap);
    ck_assert_uint_eq(json_array_size(cases), 10);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_stream(json_array_get(cases, i), max_len);
    ck_assert_uint_eq(heap.used_bytes, 0);
    json_decref(root);
}
END_TEST

int main(void) {
    orr_vectors_need("gossip/rpc.json");
    const TTest *tests[] = {every_rpc_is_read_and_judged_as_the_vectors_say,
                            every_stream_is_cut_into_frames_as_the_vectors_say};
    return orr_test_run("gossip vectors", tests, 2);
}
