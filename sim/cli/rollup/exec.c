/* orrery rollup exec BLOCK.json --witness W: an L2 block executed from what it reads alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/deposit.h"
#include "models/rollup/execute.h"
#include "sim/base/memory.h"
#include "sim/cli/options.h"
#include "sim/cli/rollup/block_file.h"
#include "sim/cli/rollup/witness_file.h"
#include "sim/cli/vm/code.h"

int orr_rollup_exec_command(int argc, char **argv);

static const char verb[] = "rollup exec";

enum { WITNESS, JSON };
static const struct orr_option options[] = {
    [WITNESS] = {"--witness", "FILE", "an RLP list of the trie nodes, codes and headers that it\n"
                                      "reads; may be gzipped"},
    [JSON] = {"--json", NULL, "as one JSON object, with the header and receipts"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct asked {
    const char *path, *witness;
    bool json;
};

static int usage(FILE *to) {
    fputs("usage: orrery rollup exec BLOCK.json --witness FILE [--json]\n\n"
          "Executes an L2 block.  The file holds rollup_config, parent_header, executing_payload\n"
          "(attributes, deposits first) and, if it is known, expected_block_hash.\n\n", to);
    orr_options_print(options, N_OPTIONS, to);
    fputs("\nExit codes: 0 executed (as expected), 1 another hash than expected, 2 bad input,\n"
          "3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static int read_arguments(int argc, char **argv, struct asked *asked) {
    struct orr_options walk = {
        .verb = verb, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case WITNESS: asked->witness = value; break;
        case JSON: asked->json = true; break;
        default:
            if (asked->path) return 1 + usage(stderr);
            asked->path = value;
        }
    }
    return asked->path && asked->witness ? 0 : 1 + usage(stderr);
}

/* ---- the answer ---- */

static json_t *receipt_json(const struct orr_evm_receipt *r) {
    json_t *json = json_object();
    json_object_set_new(json, "type", json_integer(r->type));
    json_object_set_new(json, "success", json_boolean(r->is_success));
    json_object_set_new(json, "gas_used", json_integer((json_int_t)r->gas_used));
    json_object_set_new(json, "sender", orr_rollup_hex(&r->sender, sizeof r->sender));
    if (r->has_deposit_version)
        json_object_set_new(json, "deposit_nonce", json_integer((json_int_t)r->deposit_nonce));
    return json;
}

static void print_json(const struct orr_l2_block *b) {
    const struct orr_evm_header *h = &b->header;
    struct orr_hash output = orr_output_root(&h->state_root, &b->message_passer, &b->hash);
    uint8_t fee[32];
    json_t *json = json_object(), *receipts = json_array();
    for (size_t i = 0; i < b->n_receipts; i++)
        json_array_append_new(receipts, receipt_json(&b->receipts[i]));
    orr_u256_store_be(fee, h->base_fee);
    json_object_set_new(json, "block_hash", orr_rollup_hex(&b->hash, 32));
    json_object_set_new(json, "number", json_integer((json_int_t)h->number));
    json_object_set_new(json, "state_root", orr_rollup_hex(&h->state_root, 32));
    json_object_set_new(json, "transactions_root", orr_rollup_hex(&h->transactions_root, 32));
    json_object_set_new(json, "receipts_root", orr_rollup_hex(&h->receipts_root, 32));
    json_object_set_new(json, "withdrawals_root", orr_rollup_hex(&h->withdrawals_root, 32));
    if (b->has_message_passer) {
        json_object_set_new(json, "message_passer_storage_root",
                            orr_rollup_hex(&b->message_passer, 32));
        json_object_set_new(json, "output_root", orr_rollup_hex(&output, 32));
    }
    json_object_set_new(json, "gas_used", json_integer((json_int_t)h->gas_used));
    json_object_set_new(json, "base_fee", orr_rollup_hex(fee, 32));
    json_object_set_new(json, "extra_data", orr_rollup_hex(h->extra_data, h->extra_data_len));
    json_object_set_new(json, "receipts", receipts);
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    if (!text) abort(); /* what we built ourselves can be written */
    printf("%s\n", text);
    free(text);
    json_decref(json);
}

static int report(const struct asked *asked, const struct orr_block_file *q,
                  const struct orr_l2_block *b) {
    char hash[65];
    bool is_right = !q->has_expected || orr_hash_equal(b->hash, q->expected);
    orr_hex_encode(hash, &b->hash, 32);
    if (asked->json) print_json(b);
    else
        printf("block %llu: 0x%s, %zu transactions, %llu gas%s\n",
               (unsigned long long)b->header.number, hash, b->n_receipts,
               (unsigned long long)b->header.gas_used,
               !q->has_expected ? "" : is_right ? ", as expected" : ": another hash");
    if (is_right) return 0;
    orr_hex_encode(hash, &q->expected, 32);
    fprintf(stderr, "orrery rollup exec: %s: expected was 0x%s\n", asked->path, hash);
    return 1;
}

static int complain(const struct asked *asked, const struct orr_block_file *q, const char *bad,
                    size_t tx) {
    if (tx < q->attributes.n_txs)
        fprintf(stderr, "orrery rollup exec: %s: transaction %zu: %s\n", asked->path, tx, bad);
    else
        fprintf(stderr, "orrery rollup exec: %s: the block: %s\n", asked->path, bad);
    return 2;
}

static int execute(const struct asked *asked, struct orr_block_file *q,
                   struct orr_witness_file *witness) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store;
    struct orr_trie_node *trie;
    witness->parent = q->parent;
    witness->parent_hash = orr_evm_header_hash(&heap.mem, &q->parent);
    if (orr_witness_file_open(witness, &heap.mem, &q->parent.state_root, &store, &trie)) {
        fprintf(stderr, "orrery rollup exec: %s: no witness of the parent's state\n",
                asked->witness);
        return 2;
    }
    struct orr_evm_executor *executor = orr_evm_executor_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_open(store, trie);
    struct orr_l2_parent parent = {&q->config, &q->chain, &q->parent, witness->parent_hash,
                                   {witness, orr_witness_file_block_hash}};
    struct orr_l2_block block;
    size_t bad_tx;
    const char *bad = orr_l2_execute(executor, state, &parent, &q->attributes, &block, &bad_tx);
    int code = bad ? complain(asked, q, bad, bad_tx) : report(asked, q, &block);
    if (!bad) orr_l2_block_free(&heap.mem, &block);
    orr_evm_state_destroy(state);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    return code;
}

int orr_rollup_exec_command(int argc, char **argv) {
    struct asked asked = {0};
    int end = read_arguments(argc, argv, &asked);
    if (end) return end - 1;
    struct orr_block_file q;
    struct orr_witness_file witness;
    int code = 2;
    if (orr_block_file_read(verb, asked.path, &q)) return 2;
    if (!orr_witness_file_read(verb, asked.witness, &witness)) {
        code = execute(&asked, &q, &witness);
        orr_witness_file_free(&witness);
    }
    orr_block_file_free(&q);
    if (code <= 1 && (fflush(stdout) || ferror(stdout))) code = 3;
    return code;
}
