/* orrery gossip decode FILE.json: each case's bytes through the decoder and the verifier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/gossip/message.h"
#include "models/gossip/record.h"
#include "sim/base/memory.h"
#include "sim/cli/gossip/cases.h"
#include "sim/cli/gossip/multiaddr.h"
#include "sim/cli/gossip/rpc_json.h"
#include "sim/cli/options.h"
#include "sim/base/json.h"

int orr_gossip_decode_command(int argc, char **argv);

static const char *const policies[] = {"StrictSign", "StrictNoSign"}; /* enum orr_gossip_policy */

enum { POLICY };
static const struct orr_option options[] = {
    [POLICY] = {"--policy", "POLICY",
                "StrictSign (the default) or StrictNoSign, for cases without a\n`policy` of "
                "their own"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery gossip decode FILE.json [--policy POLICY]\n\n"
                "Reads an array of cases (- is standard input), each with `name` and `hex`, one "
                "pubsub RPC without\nits length, and prints an array of what was read:\n\n"
                "  decode     accept, or reject and `error`; then, of what is accepted:\n"
                "  rpc        the fields, bytes as hexadecimal digits, absent ones left out\n"
                "  canonical  do these fields encode to the same bytes?\n"
                "  messages   accept or reject for each that is published, under the policy\n"
                "  reasons    why, for each\n"
                "  ids        for each that is accepted id_from_seqno (StrictSign) and "
                "id_sha256_20, else null\n"
                "  px         for each peer of each PRUNE: verdict accept, skip (it names no peer) "
                "or reject,\n             and of an accepted record addresses, seq and "
                "payload_type\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 done, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

/* One file's run. */
struct decoding {
    struct orr_heap heap;
    struct orr_pool pool;
    enum orr_gossip_policy policy;
};

static int find_policy(const char *name, enum orr_gossip_policy *policy) {
    for (int i = 0; i < 2; i++)
        if (!strcmp(name, policies[i])) return *policy = (enum orr_gossip_policy)i, 0;
    return ORR_ENOTFOUND;
}

/* ---- parts of the answer ---- */

static json_t *ids_json(enum orr_gossip_policy policy, const uint8_t *bytes,
                        const struct orr_rpc_message *m) {
    json_t *json = json_object();
    struct orr_message_id id;
    if (policy == ORR_STRICT_SIGN) {
        orr_message_id_seqno(bytes, m, &id);
        json_object_set_new(json, "id_from_seqno", orr_hex_json(id.bytes, id.len));
    }
    orr_message_id_hash(bytes, m, &id);
    json_object_set_new(json, "id_sha256_20", orr_hex_json(id.bytes, id.len));
    return json;
}

static void judge_messages(struct decoding *d, enum orr_gossip_policy policy, const uint8_t *bytes,
                           const struct orr_rpc *rpc, json_t *to) {
    json_t *verdicts = json_array(), *reasons = json_array(), *ids = json_array();
    for (uint32_t i = 0; i < rpc->n.publish; i++) {
        const struct orr_rpc_message *m = &rpc->publish[i];
        enum orr_gossip_fault fault = orr_gossip_verify(policy, bytes, m, &d->pool, NULL);
        json_array_append_new(verdicts, json_string(fault ? "reject" : "accept"));
        json_array_append_new(reasons, json_string(orr_gossip_fault_text(fault)));
        json_array_append_new(ids, fault ? json_null() : ids_json(policy, bytes, m));
    }
    json_object_set_new(to, "messages", verdicts);
    json_object_set_new(to, "reasons", reasons);
    json_object_set_new(to, "ids", ids);
}

static json_t *record_json(const struct orr_peer_record *record) {
    json_t *addresses = json_array();
    for (uint32_t i = 0; i < record->n_addresses; i++) {
        char text[1024];
        if (orr_multiaddr_text(orr_record_address(record, i), text, sizeof text))
            json_array_append_new(addresses, json_string(text)); /* else left out, as in Go */
    }
    char seq[24];
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)record->seq);
    return json_pack("{s:s, s:o, s:s, s:o}", "verdict", "accept", "addresses", addresses, "seq",
                     seq, "payload_type",
                     orr_hex_json(record->payload_type.p, record->payload_type.len));
}

static json_t *px_json(struct decoding *d, const uint8_t *bytes, const struct orr_rpc_peer *peer) {
    struct orr_peer_record record;
    if (!orr_slice_is_there(peer->id))
        return json_pack("{s:s, s:s}", "verdict", "skip", "error", "no peer id");
    if (!orr_slice_is_there(peer->record))
        return json_pack("{s:s, s:n}", "verdict", "accept", "addresses");
    enum orr_record_fault fault =
        orr_record_read(orr_slice_blob(bytes, peer->id), orr_slice_blob(bytes, peer->record),
                        &d->pool, NULL, &record);
    if (fault)
        return json_pack("{s:s, s:s}", "verdict", "reject", "error", orr_record_fault_text(fault));
    return record_json(&record);
}

static bool is_canonical(const uint8_t *bytes, uint32_t len, const struct orr_rpc *rpc) {
    uint8_t *again = orr_xrealloc(NULL, (size_t)len + 1);
    struct orr_writer w = orr_writer(again, len);
    orr_rpc_write(&w, bytes, rpc);
    bool same = !w.bad && orr_written(&w) == len && (!len || !memcmp(again, bytes, len));
    free(again);
    return same;
}

static void decode(struct decoding *d, enum orr_gossip_policy policy, const uint8_t *bytes,
                   uint32_t len, json_t *to) {
    struct orr_rpc_counts counts;
    int error = orr_rpc_count(bytes, len, ORR_RPC_MAX_ITEMS, &counts);
    json_object_set_new(to, "decode", json_string(error ? "reject" : "accept"));
    if (error) {
        json_object_set_new(to, "error", json_string(orr_error_text(error)));
        return;
    }
    size_t size = orr_rpc_table_bytes(&counts);
    void *room = orr_xrealloc(NULL, size + 8);
    struct orr_rpc rpc;
    orr_rpc_read(bytes, len, &counts, room, &rpc);
    json_object_set_new(to, "rpc", orr_rpc_json(bytes, &rpc));
    json_object_set_new(to, "canonical", json_boolean(is_canonical(bytes, len, &rpc)));
    judge_messages(d, policy, bytes, &rpc, to);
    json_t *px = json_array();
    for (uint32_t i = 0; i < rpc.n.peers; i++)
        json_array_append_new(px, px_json(d, bytes, &rpc.peers[i]));
    json_object_set_new(to, "px", px);
    free(room);
}

/* ---- files ---- */

static int decode_case(struct decoding *d, const char *path, size_t i, const json_t *one,
                       json_t *answers) {
    const char *hex = json_string_value(json_object_get(one, "hex"));
    const json_t *name = json_object_get(one, "name"), *own = json_object_get(one, "policy");
    enum orr_gossip_policy policy = d->policy;
    struct orr_buffer bytes;
    char why[64];
    if (!json_is_object(one)) return orr_case_fault(path, i, one, "an object is expected");
    if (!hex) return orr_case_fault(path, i, one, "`hex` is missing or no text");
    if (own && (!json_is_string(own) || find_policy(json_string_value(own), &policy)))
        return orr_case_fault(path, i, one, "`policy` is StrictSign or StrictNoSign");
    if (strlen(hex) != json_string_length(json_object_get(one, "hex")) ||
        orr_hex_decode(hex, &bytes)) {
        orr_hex_fault(hex, why);
        return orr_case_fault(path, i, one, "`hex`: %s", why);
    }
    json_t *answer = json_object();
    if (name) json_object_set(answer, "name", (json_t *)name);
    decode(d, policy, bytes.bytes, (uint32_t)bytes.len, answer);
    json_array_append_new(answers, answer);
    free(bytes.bytes);
    return 0;
}

static int decode_file(struct decoding *d, const char *path) {
    int code;
    json_t *cases = orr_cases_load("decode", path, &code);
    if (!cases) return code;
    json_t *answers = json_array();
    code = 0;
    for (size_t i = 0; !code && i < json_array_size(cases); i++)
        code = decode_case(d, path, i, json_array_get(cases, i), answers);
    if (!code) code = orr_cases_print(answers);
    json_decref(answers);
    json_decref(cases);
    return code;
}

int orr_gossip_decode_command(int argc, char **argv) {
    struct orr_options walk = {
        .verb = "gossip decode", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    struct decoding d = {.policy = ORR_STRICT_SIGN};
    const char *path = NULL, *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i == POLICY && find_policy(value, &d.policy)) {
            fprintf(stderr, "error: --policy is StrictSign or StrictNoSign, not '%s'\n", value);
            return 2;
        }
        if (i == ORR_OPTION_OPERAND && path) return usage(stderr);
        if (i == ORR_OPTION_OPERAND) path = value;
    }
    if (!path) return usage(stderr);
    orr_heap_init(&d.heap);
    orr_pool_init(&d.pool, &d.heap.mem);
    int code = decode_file(&d, path);
    orr_pool_fini(&d.pool);
    return code;
}
