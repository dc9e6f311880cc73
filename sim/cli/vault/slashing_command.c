/* slashing_command.c - `orrery vault slashing`: what the remote signers of a run have signed, in
 * the interchange format of slashing protection databases (EIP-3076, version 5, complete).
 *
 * Heights, rounds and steps become slots and epochs in the same order, so that what a signer of
 * this simulator would refuse a client that imports the file refuses as well:
 *     proposal              signed block with slot height * 2^24 + round
 *     prevote, precommit    signed attestation of source epoch 0 and target epoch 2 * that slot,
 *                           and for a precommit 1 more
 * signing_root is the SHA-256 of what the signature covers, pubkey the validator's Ed25519 key, and
 * genesis_validators_root the number of the chain. */
#include <stdlib.h>
#include <string.h>

#include "analysis/reader.h"
#include "models/base/bytes.h"
#include "models/base/hex.h"
#include "sim/base/memory.h"
#include "sim/cli/vault/files.h"

enum { OUT_KEY = 1000, OUT_SIGNED, KEY_BYTES = 48, SIGNED_BYTES = 56, MAX_ROWS = 1 << 22 };
enum { PROPOSAL = 1, PREVOTE, PRECOMMIT, ROUND_BITS = 24 };

struct signed_row {
    uint32_t key;
    bool is_vote;
    uint64_t at; /* slot, or target epoch */
    uint8_t root[32];
};

/* false: it is none, or its height is past what the format can hold. */
static bool read_signed(const struct orr_row_outputs *r, struct signed_row *s) {
    const char *d = r->data;
    uint32_t stage = orr_load_le32(d + 4), round = orr_load_le32(d + 16);
    uint64_t height = orr_load_le64(d + 8);
    if (r->key != OUT_SIGNED || r->bytes != SIGNED_BYTES || r->offset || stage < PROPOSAL ||
        stage > PRECOMMIT || height >> (62 - ROUND_BITS) || round >> ROUND_BITS)
        return false;
    uint64_t slot = height << ROUND_BITS | round;
    *s = (struct signed_row){.key = orr_load_le32(d), .is_vote = stage != PROPOSAL,
                             .at = stage == PROPOSAL ? slot : 2 * slot + (stage == PRECOMMIT)};
    memcpy(s->root, d + 24, sizeof s->root);
    return true;
}

static json_t *number(uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

/* The signatures of the key that a row tells of, in the order of time, which is that of places; the
 * last of a kind may have been given more than once. */
static json_t *key_entry(const struct orr_row_outputs *told, const struct orr_row_outputs *rows,
                         uint64_t n) {
    json_t *lists[2] = {json_array(), json_array()}, *entry = json_object();
    struct signed_row row, last[2] = {{.at = UINT64_MAX}, {.at = UINT64_MAX}};
    for (uint64_t i = 0; i < n; i++) {
        if (!read_signed(&rows[i], &row) || row.key != orr_load_le32(told->data)) continue;
        struct signed_row *before = &last[row.is_vote];
        if (before->at == row.at && !memcmp(before->root, row.root, sizeof row.root)) continue;
        *before = row;
        json_t *one = json_object();
        if (row.is_vote) json_object_set_new(one, "source_epoch", number(0));
        json_object_set_new(one, row.is_vote ? "target_epoch" : "slot", number(row.at));
        json_object_set_new(one, "signing_root", orr_call_0x(row.root, sizeof row.root));
        json_array_append_new(lists[row.is_vote], one);
    }
    json_object_set_new(entry, "pubkey", orr_call_0x(told->data + 16, 32));
    json_object_set_new(entry, "signed_blocks", lists[0]);
    json_object_set_new(entry, "signed_attestations", lists[1]);
    return entry;
}

/* Does a row tell of a key for the first time? */
static bool is_first_of_key(const struct orr_row_outputs *rows, uint64_t at) {
    if (rows[at].key != OUT_KEY || rows[at].bytes != KEY_BYTES || rows[at].offset) return false;
    for (uint64_t i = 0; i < at; i++)
        if (rows[i].key == OUT_KEY && rows[i].bytes == KEY_BYTES &&
            orr_load_le32(rows[i].data) == orr_load_le32(rows[at].data))
            return false;
    return true;
}

static json_t *interchange(const struct orr_row_outputs *rows, uint64_t n) {
    json_t *data = json_array(), *metadata = json_object(), *all = json_object();
    uint8_t root[32] = {0};
    for (uint64_t i = 0; i < n; i++) {
        if (!is_first_of_key(rows, i)) continue;
        orr_store_be64(root + 24, orr_load_le64(rows[i].data + 8));
        json_array_append_new(data, key_entry(&rows[i], rows, n));
    }
    json_object_set_new(metadata, "interchange_format_version", json_string("5"));
    json_object_set_new(metadata, "genesis_validators_root", orr_call_0x(root, sizeof root));
    json_object_set_new(all, "metadata", metadata);
    json_object_set_new(all, "data", data);
    return all;
}

static int write_interchange(const struct orr_call *call, json_t *all) {
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    int code = 0;
    if (out) {
        size_t size = json_dumpb(all, NULL, 0, JSON_INDENT(2));
        char *text = orr_xrealloc(NULL, size);
        json_dumpb(all, text, size, JSON_INDENT(2));
        code = orr_files_write(call, out, orr_call_option(call, ORR_OPT_FORCE) != NULL, text, size);
        free(text);
    } else {
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return code;
}

int orr_vault_slashing_command(struct orr_call *call) {
    const char *path = call->operand[0];
    struct orr_trace_reader *reader;
    char error[ORR_READER_ERROR_LEN];
    void *rows = NULL;
    int failed = orr_trace_reader_open(&reader, path, error);
    if (failed) return orr_call_fail(call, 2, "BAD_TRACE", "%s", error);
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_outputs];
    failed = orr_trace_reader_all(reader, ORR_GROUP_outputs, MAX_ROWS, &rows, error);
    orr_trace_reader_close(reader);
    if (failed) return orr_call_fail(call, 2, "BAD_TRACE", "%s", error);
    int code;
    uint64_t n_keys = 0;
    for (uint64_t i = 0; i < n; i++) n_keys += is_first_of_key(rows, i);
    if (n_keys) {
        code = write_interchange(call, interchange(rows, n));
    } else {
        code = orr_call_fail(call, 2, "NOTHING_SIGNED", "%s: no signature of a remote signer is "
                             "recorded (`record: [outputs]`)", path);
    }
    free(rows);
    return code;
}
