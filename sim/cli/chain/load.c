#include "sim/cli/chain/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/u256.h"
#include "sim/base/text.h"
#include "sim/cli/chain/forkenv.h"
#include "sim/cli/vm/code.h"
#include "sim/genesis/spec.h"

#define MAX_CHAIN_BYTES (1u << 30)

/* ---- genesis.json ---- */

static int complain(const char *path, const char *why) {
    fprintf(stderr, "%s: error: ", path);
    orr_text_print(why, strlen(why), stderr);
    fputc('\n', stderr);
    return 2;
}

static int apply_forkenv(struct orr_chain_load *load, const char *path, json_t *genesis) {
    char why[ORR_GENESIS_WHY_BYTES] = "";
    json_t *forkenv, *config = json_object_get(genesis, "config");
    if (orr_vm_read_json(load->verb, path, ORR_GENESIS_MAX_BYTES, &forkenv)) return 2;
    if (!json_is_object(config)) {
        config = json_object();
        json_object_set_new(genesis, "config", config);
    }
    int error = orr_forkenv_apply(forkenv, config, why);
    json_decref(forkenv);
    return error ? complain(path, why) : 0;
}

static int begin_chain(struct orr_chain_load *load, const json_t *genesis,
                       enum orr_chain_load_kind kind, char why[ORR_GENESIS_WHY_BYTES]) {
    struct orr_chain_options options = {.keep = kind == ORR_CHAIN_LOAD_ALL ? UINT64_MAX : 1,
                                        .max_open = UINT32_MAX,
                                        .has_receipts = kind != ORR_CHAIN_LOAD_HEAD,
                                        .recovers_once = true};
    int error = orr_genesis_read(genesis, load->blocks.store, &load->genesis, why);
    if (error) return error;
    load->chain = orr_chain_new(&load->blocks, &load->genesis.config.chain, &options,
                                &load->genesis.header, load->genesis.state);
    load->genesis.state = NULL; /* moved */
    return 0;
}

int orr_chain_load_begin(struct orr_chain_load *load, const char *verb, const char *genesis,
                         const char *forkenv, enum orr_chain_load_kind kind) {
    *load = (struct orr_chain_load){.verb = verb};
    orr_heap_init(&load->heap);
    orr_chain_blocks_init(&load->blocks, &load->heap.mem);
    json_t *json;
    char why[ORR_GENESIS_WHY_BYTES] = "";
    if (orr_vm_read_json(verb, genesis, ORR_GENESIS_MAX_BYTES, &json)) return 2;
    int code = forkenv && json_is_object(json) ? apply_forkenv(load, forkenv, json) : 0;
    if (!code && begin_chain(load, json, kind, why)) code = complain(genesis, why);
    json_t *config = json_object_get(json, "config");
    if (!code) load->config_text = json_dumps(config ? config : json_null(), JSON_ENCODE_ANY);
    json_decref(json);
    return code;
}

void orr_chain_load_end(struct orr_chain_load *load) {
    orr_chain_free(load->chain);
    orr_genesis_end(&load->genesis);
    orr_chain_blocks_fini(&load->blocks);
    free(load->config_text);
}

/* ---- blocks ---- */

/* Lets the chain grow by a block: what lies deep is final. */
static void advance(struct orr_chain *chain, struct orr_chain_link *link) {
    orr_chain_lead(chain, link);
    uint64_t head = orr_chain_number(chain->head), final = orr_chain_number(chain->final);
    if (head < final + 2 * ORR_CHAIN_FINAL_DEPTH) return;
    struct orr_chain_link *deep = orr_chain_at(chain, chain->head, head - ORR_CHAIN_FINAL_DEPTH);
    orr_chain_choose(chain, chain->head, deep, deep);
}

static void name_header(const struct orr_rlp_item *item, struct orr_chain_refused *refused) {
    struct orr_rlp_reader block = orr_rlp_reader(item->payload, item->len);
    struct orr_rlp_item header = orr_rlp_peek(&block);
    struct orr_evm_header h;
    refused->has_header = item->is_list && !orr_evm_header_decode(&block, &h);
    if (!refused->has_header) return;
    refused->number = h.number;
    refused->hash = orr_keccak256(header.encoding, header.encoding_len);
}

static int no_block(const char *path, uint64_t i, uint64_t at, const char *what) {
    fprintf(stderr, "%s: byte %llu: error: item %llu of the file is no block: %s\n", path,
            (unsigned long long)at, (unsigned long long)i, what);
    return 2;
}

int orr_chain_load_file(struct orr_chain_load *load, const char *path,
                        bool (*until)(void *ctx, const struct orr_chain_link *link), void *ctx,
                        struct orr_chain_refused *refused) {
    struct orr_buffer file;
    if (orr_vm_read_file(load->verb, path, MAX_CHAIN_BYTES, &file)) return 2;
    struct orr_rlp_reader reader = orr_rlp_reader(file.bytes, file.len);
    int code = 0;
    bool is_over = false;
    for (uint64_t i = 0; !code && !is_over && orr_rlp_more(&reader); i++) {
        uint64_t at = (uint64_t)(reader.p - file.bytes);
        struct orr_rlp_item item = orr_rlp_read(&reader);
        if (reader.bad) {
            code = no_block(path, i, at, "malformed RLP, or cut off");
            break;
        }
        struct orr_chain_link *link;
        *refused = (struct orr_chain_refused){.path = path, .i = i, .at = at};
        refused->verdict = orr_chain_import(load->chain, item.encoding, item.encoding_len, &link);
        if (refused->verdict.error == ORR_BLOCK_RLP_STRUCTURES_ENCODING) {
            code = no_block(path, i, at, refused->verdict.told.text);
        } else if (refused->verdict.error) {
            name_header(&item, refused);
            code = 1;
        } else {
            load->n_blocks++;
            load->n_txs += link->block->block.n_txs;
            load->gas += link->block->block.header.gas_used;
            is_over = until && until(ctx, link);
            advance(load->chain, link);
        }
    }
    free(file.bytes);
    return code;
}

/* ---- values ---- */

void orr_chain_value_text(enum orr_engine_value kind, const struct orr_hash *value,
                          char text[ORR_CHAIN_VALUE_BYTES]) {
    text[0] = 0;
    if (kind == ORR_ENGINE_NUMBER) {
        char digits[ORR_CHAIN_VALUE_BYTES];
        size_t n = sizeof digits;
        struct orr_u256 v = orr_u256_from_hash(*value), digit;
        digits[--n] = 0;
        do { /* ends: v shrinks */
            orr_u256_divmod(v, orr_u256_from_u64(10), &v, &digit);
            digits[--n] = (char)('0' + digit.limb[0]);
        } while (!orr_u256_is_zero(v));
        memcpy(text, digits + n, sizeof digits - n);
    } else if (kind == ORR_ENGINE_HASH) {
        text[0] = '0', text[1] = 'x';
        orr_hex_encode(text + 2, value->bytes, sizeof value->bytes);
    }
}
