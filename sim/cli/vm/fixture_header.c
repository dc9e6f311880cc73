#include "sim/cli/vm/fixture_header.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/base/error.h"

enum kind { FIXED, NUMBER, WORD };

#define HASH(name, field, since) \
    { name, FIXED, offsetof(struct orr_evm_header, field), 32, since }
#define U64(name, field, since) \
    { name, NUMBER, offsetof(struct orr_evm_header, field), 8, since }
#define U256(name, field, since) \
    { name, WORD, offsetof(struct orr_evm_header, field), 32, since }

/* In the order of the encoding; extraData apart. */
static const struct field {
    const char *name;
    enum kind kind;
    size_t offset, len;
    enum orr_evm_header_fields since;
} fields[] = {
    HASH("parentHash", parent_hash, ORR_HEADER_FRONTIER),
    HASH("uncleHash", ommers_hash, ORR_HEADER_FRONTIER),
    {"coinbase", FIXED, offsetof(struct orr_evm_header, coinbase), 20, ORR_HEADER_FRONTIER},
    HASH("stateRoot", state_root, ORR_HEADER_FRONTIER),
    HASH("transactionsTrie", transactions_root, ORR_HEADER_FRONTIER),
    HASH("receiptTrie", receipts_root, ORR_HEADER_FRONTIER),
    {"bloom", FIXED, offsetof(struct orr_evm_header, bloom), 256, ORR_HEADER_FRONTIER},
    U256("difficulty", difficulty, ORR_HEADER_FRONTIER),
    U64("number", number, ORR_HEADER_FRONTIER),
    U64("gasLimit", gas_limit, ORR_HEADER_FRONTIER),
    U64("gasUsed", gas_used, ORR_HEADER_FRONTIER),
    U64("timestamp", timestamp, ORR_HEADER_FRONTIER),
    HASH("mixHash", mix_hash, ORR_HEADER_FRONTIER),
    {"nonce", FIXED, offsetof(struct orr_evm_header, nonce), 8, ORR_HEADER_FRONTIER},
    U256("baseFeePerGas", base_fee, ORR_HEADER_LONDON),
    HASH("withdrawalsRoot", withdrawals_root, ORR_HEADER_SHANGHAI),
    U64("blobGasUsed", blob_gas_used, ORR_HEADER_CANCUN),
    U64("excessBlobGas", excess_blob_gas, ORR_HEADER_CANCUN),
    HASH("parentBeaconBlockRoot", parent_beacon_root, ORR_HEADER_CANCUN),
    HASH("requestsHash", requests_hash, ORR_HEADER_PRAGUE),
    HASH("blockAccessListHash", access_list_hash, ORR_HEADER_AMSTERDAM),
    U64("slotNumber", slot_number, ORR_HEADER_AMSTERDAM),
};
enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static int read_field(const json_t *value, const struct field *f, struct orr_evm_header *h) {
    void *to = (char *)h + f->offset;
    if (f->kind == NUMBER) return orr_json_u64(value, to);
    return f->kind == WORD ? orr_json_u256(value, to) : orr_json_fixed(value, to, f->len);
}

int orr_fixture_header(const json_t *json, struct orr_evm_header *header, struct orr_buffer *extra,
                       char why[128]) {
    struct orr_evm_header h = {.n_fields = ORR_HEADER_FRONTIER};
    if (!json_is_object(json)) {
        snprintf(why, 128, "no object");
        return ORR_EFORMAT;
    }
    for (int i = 0; i < N_FIELDS; i++)
        if (json_object_get(json, fields[i].name)) h.n_fields = fields[i].since;
    for (int i = 0; i < N_FIELDS; i++) {
        const json_t *value = json_object_get(json, fields[i].name);
        if (fields[i].since > h.n_fields || !read_field(value, &fields[i], &h)) continue;
        snprintf(why, 128, "%s is %s", fields[i].name, value ? "malformed" : "absent");
        return ORR_EFORMAT;
    }
    if (orr_json_bytes(json_object_get(json, "extraData"), extra)) {
        snprintf(why, 128, "extraData is absent or no hexadecimal bytes");
        return ORR_EFORMAT;
    }
    h.extra_data = extra->bytes;
    h.extra_data_len = extra->len;
    *header = h;
    return 0;
}
