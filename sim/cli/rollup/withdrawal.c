/* orrery rollup withdrawal FILE.json: has L2 sent a withdrawal, by an output root? */
#include "models/rollup/withdrawal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/rollup/cases.h"
#include "sim/base/json.h"

int orr_rollup_withdrawal_command(int argc, char **argv);

static bool read_u256(const json_t *json, const char *key, struct orr_u256 *to, char why[160]) {
    if (!orr_json_u256(json_object_get(json, key), to)) return true;
    snprintf(why, 160, "\"%s\": absent, or no number below 2^256", key);
    return false;
}

static bool read_withdrawal(const json_t *json, struct orr_withdrawal *x, struct orr_buffer *data,
                            char why[160]) {
    if (!read_u256(json, "nonce", &x->nonce, why) ||
        !orr_rollup_fixed(json, "sender", &x->sender, 20, why) ||
        !orr_rollup_fixed(json, "target", &x->target, 20, why) ||
        !read_u256(json, "value", &x->value, why) ||
        !read_u256(json, "gas_limit", &x->gas_limit, why))
        return false;
    if (orr_json_bytes(json_object_get(json, "data"), data)) {
        snprintf(why, 160, "\"data\": absent, or no bytes in hexadecimal");
        return false;
    }
    x->data = data->bytes;
    x->data_len = data->len;
    return true;
}

/* The nodes as an RLP list. */
static bool read_proof(const json_t *one, struct orr_rlp_writer *w, char why[160]) {
    const json_t *list;
    if (!orr_rollup_list(one, "proof", &list, why)) return false;
    size_t begin = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct orr_buffer node;
        if (orr_json_bytes(json_array_get(list, i), &node)) {
            snprintf(why, 160, "\"proof\"[%zu]: no bytes in hexadecimal", i);
            return false;
        }
        orr_rlp_write_string(w, node.bytes, node.len);
        free(node.bytes);
    }
    orr_rlp_list_end(w, begin);
    return true;
}

static json_t *answer(struct orr_mem *mem, const struct orr_withdrawal *x, const char *bad,
                      char **line) {
    struct orr_hash hash = orr_withdrawal_hash(mem, x);
    char hex[65];
    orr_hex_encode(hex, &hash, 32);
    size_t size = sizeof hex + (bad ? strlen(bad) : 0) + 24;
    *line = orr_xrealloc(NULL, size);
    snprintf(*line, size, bad ? "refused: 0x%s: %s" : "proven: 0x%s", hex, bad);
    json_t *json = json_object();
    json_object_set_new(json, "withdrawal_hash", orr_rollup_hex(&hash, 32));
    json_object_set_new(json, "proven", json_boolean(!bad));
    if (bad) json_object_set_new(json, "rule", json_string(bad));
    return json;
}

static json_t *judge(const json_t *one, char **line, char why[160]) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_withdrawal x;
    struct orr_output_proof parts;
    struct orr_hash root;
    struct orr_buffer data = {NULL, 0};
    struct orr_rlp_writer proof = {.mem = &heap.mem};
    const json_t *withdrawal;
    json_t *result = NULL;
    if (orr_rollup_object(one, "withdrawal", &withdrawal, why) &&
        read_withdrawal(withdrawal, &x, &data, why) &&
        orr_rollup_fixed(one, "output_root", &root, 32, why) &&
        orr_rollup_fixed(one, "state_root", &parts.state_root, 32, why) &&
        orr_rollup_fixed(one, "message_passer_storage_root", &parts.message_passer, 32, why) &&
        orr_rollup_fixed(one, "block_hash", &parts.block, 32, why) &&
        read_proof(one, &proof, why)) {
        const char *bad =
            orr_withdrawal_prove(&heap.mem, &x, &root, &parts, proof.bytes, proof.len);
        result = answer(&heap.mem, &x, bad, line);
    }
    orr_rlp_free(&proof);
    free(data.bytes);
    return result;
}

int orr_rollup_withdrawal_command(int argc, char **argv) {
    static const struct orr_rollup_verb verb = {
        "rollup withdrawal",
        "usage: orrery rollup withdrawal FILE.json [--json]\n\n"
        "The file holds a case, or an array of cases: {output_root, state_root,\n"
        "message_passer_storage_root, block_hash, withdrawal {nonce, sender, target, value,\n"
        "gas_limit, data}, proof [node...]}.  Printed is the withdrawal's hash and whether it\n"
        "is proven to be in L2's state.\n\n",
        judge};
    return orr_rollup_run(&verb, argc, argv);
}
