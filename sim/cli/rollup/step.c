/* orrery rollup step BLOCK.json --witness W: an L2 block in numbered steps.  orrery rollup
 * verify-step PROOF: one of them, from its proof alone. */
#include "models/rollup/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/opcode.h"
#include "sim/cli/options.h"
#include "sim/cli/rollup/block_file.h"
#include "sim/cli/rollup/witness_file.h"
#include "sim/cli/vm/code.h"

int orr_rollup_step_command(int argc, char **argv);
int orr_rollup_verify_step_command(int argc, char **argv);

enum { WITNESS, AT, PROVE, OUTPUT, CHECK, JSON };
static const struct orr_option options[] = {
    [WITNESS] = {"--witness", "FILE", "an RLP list of the trie nodes, codes and headers that it\n"
                                      "reads; may be gzipped"},
    [AT] = {"--at", "N", "print the hash before step N, from 0, and what that does"},
    [PROVE] = {"--prove", "N", "prove step N"},
    [OUTPUT] = {"-o", "PROOF", "where the proof goes"},
    [CHECK] = {"--check", "N", "prove and verify each N-th step, and all that are no instruction"},
    [JSON] = {"--json", NULL, "as one JSON object"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct asked {
    const char *path, *witness, *output;
    bool has_at, has_prove, json;
    uint64_t at;    /* of either */
    uint64_t every; /* 0: nothing is checked */
};

/* What came of the proofs. */
struct checked {
    uint64_t n, bytes, longest, too_long, longest_at;
};

static int usage(FILE *to) {
    fputs("usage: orrery rollup step BLOCK.json --witness FILE [--at N | --prove N -o PROOF]\n\n"
          "Executes an L2 block in numbered steps, and prints how many there are, the hash of the\n"
          "state after the last, and the block's.  The files are those of `orrery rollup "
          "exec`.\n\n", to);
    orr_options_print(options, N_OPTIONS, to);
    fputs("\nExit codes: 0 done, 1 another block hash than expected, or a proof above 1 MiB,\n"
          "2 bad input, 3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static int read_arguments(int argc, char **argv, struct asked *asked) {
    struct orr_options walk = {.verb = "rollup step", .list = options, .n = N_OPTIONS,
                               .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case WITNESS: asked->witness = value; break;
        case OUTPUT: asked->output = value; break;
        case JSON: asked->json = true; break;
        case CHECK:
            if (!orr_options_number(&walk, options[i].name, value, &asked->every)) return 1 + 2;
            break;
        case AT:
        case PROVE:
            if (!orr_options_number(&walk, options[i].name, value, &asked->at)) return 1 + 2;
            if (i == AT) asked->has_at = true;
            else asked->has_prove = true;
            break;
        default:
            if (asked->path) return 1 + usage(stderr);
            asked->path = value;
        }
    }
    bool fits = asked->path && asked->witness &&
                asked->has_at + asked->has_prove + (asked->every > 0) <= 1 &&
                asked->has_prove == (asked->output != NULL);
    return fits ? 0 : 1 + usage(stderr);
}

static int complain(const char *verb, const char *path, const char *what) {
    fprintf(stderr, "orrery %s: %s: %s\n", verb, path, what);
    return 2;
}

/* ---- what is told ---- */

static void set_hash(json_t *json, const char *key, struct orr_hash hash) {
    json_object_set_new(json, key, orr_rollup_hex(hash.bytes, sizeof hash.bytes));
}

static void set_next(json_t *json, const struct orr_step_next *next) {
    json_object_set_new(json, "does", json_string(orr_step_phase_text(next->phase)));
    if (next->phase < ORR_STEP_DONE)
        json_object_set_new(json, "transaction", json_integer((json_int_t)next->tx));
    if (next->phase != ORR_STEP_INSTRUCTION) return;
    const char *name = orr_evm_op_name(next->opcode);
    json_object_set_new(json, "op", json_string(name ? name : "INVALID"));
    json_object_set_new(json, "depth", json_integer(next->depth));
    json_object_set_new(json, "pc", json_integer((json_int_t)next->pc));
    json_object_set_new(json, "gas", json_integer(next->gas));
}

static void print_next(const struct orr_step_next *next) {
    if (next->phase == ORR_STEP_INSTRUCTION) {
        const char *name = orr_evm_op_name(next->opcode);
        printf("transaction %llu, depth %u, pc %llu: %s, %lld gas left\n",
               (unsigned long long)next->tx, next->depth, (unsigned long long)next->pc,
               name ? name : "INVALID", (long long)next->gas);
    } else if (next->phase == ORR_STEP_TX_BEGINS || next->phase == ORR_STEP_TX_ENDS ||
               next->phase == ORR_STEP_WIPE) {
        printf("transaction %llu: %s\n", (unsigned long long)next->tx,
               orr_step_phase_text(next->phase));
    } else {
        printf("%s\n", orr_step_phase_text(next->phase));
    }
}

static void print_json(json_t *json) {
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    if (!text) abort(); /* what we built ourselves can be written */
    printf("%s\n", text);
    free(text);
    json_decref(json);
}

static void print_hash(const char *what, struct orr_hash hash) {
    char hex[65];
    orr_hex_encode(hex, hash.bytes, sizeof hash.bytes);
    printf("%s 0x%s\n", what, hex);
}

/* ---- a block ---- */

static int tell_at(const struct asked *asked, struct orr_stepper *m) {
    struct orr_step_next next = orr_step_peek(m);
    struct orr_hash hash = orr_step_hash(m);
    if (asked->json) {
        json_t *json = json_object();
        json_object_set_new(json, "step", json_integer((json_int_t)orr_step_n(m)));
        set_hash(json, "state_hash", hash);
        set_next(json, &next);
        print_json(json);
        return 0;
    }
    print_hash("state", hash);
    printf("step %llu: ", (unsigned long long)orr_step_n(m));
    print_next(&next);
    return 0;
}

static int write_file(const char *path, const struct orr_rlp_writer *w) {
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(w->bytes, 1, w->len, f) == w->len;
    if (f && fclose(f)) good = false;
    if (good) return 0;
    perror(path);
    return 3;
}

static int tell_proof(const struct asked *asked, struct orr_mem *mem, struct orr_stepper *m) {
    struct orr_rlp_writer proof = {.mem = mem};
    struct orr_step_next next = orr_step_peek(m);
    struct orr_hash before = orr_step_hash(m);
    unsigned long long n = orr_step_n(m);
    int error = orr_step_prove(m, &proof), code = 0;
    if (error == ORR_ELIMIT) {
        fprintf(stderr, "orrery rollup step: the proof of step %llu would be above 1 MiB\n", n);
        code = 1;
    } else if (error) {
        code = complain("rollup step", asked->witness, "lacks something that the block reads");
    } else {
        code = write_file(asked->output, &proof);
    }
    if (!code && asked->json) {
        json_t *json = json_object();
        json_object_set_new(json, "step", json_integer((json_int_t)n));
        set_hash(json, "before", before);
        set_hash(json, "after", orr_step_hash(m));
        json_object_set_new(json, "proof_bytes", json_integer((json_int_t)proof.len));
        set_next(json, &next);
        print_json(json);
    } else if (!code) {
        print_hash("before", before);
        print_hash("after", orr_step_hash(m));
        printf("step %llu, %zu B of proof: ", n, proof.len);
        print_next(&next);
    }
    orr_rlp_free(&proof);
    return code;
}

/* Proves the next step, makes it, and sees that the proof shows it.  NULL, or what is wrong. */
static const char *check(struct orr_mem *mem, struct orr_stepper *m, struct checked *checked) {
    struct orr_rlp_writer proof = {.mem = mem};
    struct orr_step_shown shown;
    struct orr_hash before = orr_step_hash(m);
    uint64_t at = orr_step_n(m);
    int error = orr_step_prove(m, &proof);
    const char *bad = NULL;
    if (error == ORR_ELIMIT)
        checked->too_long++;
    else if (error)
        bad = "lacks something that the block reads";
    else if (orr_step_verify(mem, proof.bytes, proof.len, &shown) ||
             !orr_hash_equal(shown.before, before) ||
             !orr_hash_equal(shown.after, orr_step_hash(m)))
        bad = "a proof does not show its step";
    checked->n++;
    checked->bytes += proof.len;
    if (proof.len > checked->longest) checked->longest = proof.len, checked->longest_at = at;
    orr_rlp_free(&proof);
    return bad;
}

static void set_checked(json_t *json, const struct checked *c) {
    json_object_set_new(json, "proofs", json_integer((json_int_t)c->n));
    json_object_set_new(json, "proof_bytes", json_integer((json_int_t)c->bytes));
    json_object_set_new(json, "longest_proof", json_integer((json_int_t)c->longest));
    json_object_set_new(json, "longest_proof_at", json_integer((json_int_t)c->longest_at));
    json_object_set_new(json, "above_limit", json_integer((json_int_t)c->too_long));
}

static void print_checked(const struct checked *c) {
    printf("%llu of them proven and verified, %llu B each; the longest proof is of step %llu, "
           "%llu B; above 1 MiB: %llu\n",
           (unsigned long long)c->n, (unsigned long long)(c->n ? c->bytes / c->n : 0),
           (unsigned long long)c->longest_at, (unsigned long long)c->longest,
           (unsigned long long)c->too_long);
}

static int tell_end(const struct asked *asked, const struct orr_block_file *q,
                    struct orr_stepper *m, const struct checked *checked) {
    struct orr_hash hash = orr_step_block_hash(m);
    bool is_done = orr_step_peek(m).phase == ORR_STEP_DONE;
    bool is_right = is_done && (!q->has_expected || orr_hash_equal(hash, q->expected));
    if (asked->json) {
        json_t *json = json_object();
        json_object_set_new(json, "steps", json_integer((json_int_t)orr_step_n(m)));
        set_hash(json, "state_hash", orr_step_hash(m));
        json_object_set_new(json, "valid", json_boolean(is_done));
        if (is_done) set_hash(json, "block_hash", hash);
        if (asked->every) set_checked(json, checked);
        print_json(json);
    } else {
        printf("%llu steps\n", (unsigned long long)orr_step_n(m));
        if (asked->every) print_checked(checked);
        print_hash("state", orr_step_hash(m));
        if (is_done) print_hash("block", hash);
        else puts("the block is not valid");
    }
    if (!is_right && is_done) fprintf(stderr, "orrery rollup step: %s: another block hash was "
                                              "expected\n", asked->path);
    return is_right ? 0 : 1;
}

static int walk(const struct asked *asked, const struct orr_block_file *q, struct orr_mem *mem,
                struct orr_stepper *m) {
    bool stops = asked->has_at || asked->has_prove;
    struct checked checked = {.n = 0};
    while (!orr_step_is_over(m) && !(stops && orr_step_n(m) == asked->at)) {
        const char *bad = NULL;
        if (asked->every && (orr_step_n(m) % asked->every == 0 ||
                             orr_step_peek(m).phase != ORR_STEP_INSTRUCTION))
            bad = check(mem, m, &checked);
        else if (orr_step_next(m))
            bad = "lacks something that the block reads";
        if (bad) return complain("rollup step", asked->witness, bad);
    }
    if (!stops) return tell_end(asked, q, m, &checked);
    if (orr_step_n(m) == asked->at && (asked->has_at || !orr_step_is_over(m)))
        return asked->has_at ? tell_at(asked, m) : tell_proof(asked, mem, m);
    fprintf(stderr, "orrery rollup step: %s: there are %llu steps, from 0 on\n", asked->path,
            (unsigned long long)orr_step_n(m));
    return 2;
}

static void know_headers(struct orr_stepper *m, const struct orr_witness_file *witness) {
    for (size_t i = 0; i < witness->n_items; i++) {
        struct orr_rlp_reader r = orr_rlp_reader(witness->items[i].payload, witness->items[i].len);
        struct orr_evm_header header;
        if (!orr_evm_header_decode(&r, &header))
            orr_step_know(m, witness->items[i].payload, witness->items[i].len);
    }
}

static int execute(const struct asked *asked, struct orr_block_file *q,
                   struct orr_witness_file *witness) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store;
    struct orr_trie_node *trie;
    struct orr_hash parent_hash = orr_evm_header_hash(&heap.mem, &q->parent);
    if (orr_witness_file_open(witness, &heap.mem, &q->parent.state_root, &store, &trie))
        return complain("rollup step", asked->witness, "no witness of the parent's state");
    struct orr_evm_executor *executor = orr_evm_executor_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_open(store, trie);
    struct orr_l2_parent parent = {&q->config, &q->chain, &q->parent, parent_hash, {NULL, NULL}};
    struct orr_stepper *m;
    const char *bad = orr_step_create(executor, state, &parent, &q->attributes, &m);
    int code = bad ? complain("rollup step", asked->path, bad) : 0;
    if (!bad) {
        struct orr_rlp_writer header = {.mem = &heap.mem};
        orr_evm_header_encode(&q->parent, &header);
        orr_step_know(m, header.bytes, header.len);
        orr_rlp_free(&header);
        know_headers(m, witness);
        code = walk(asked, q, &heap.mem, m);
        orr_step_destroy(m);
    }
    orr_evm_state_destroy(state);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    return code;
}

int orr_rollup_step_command(int argc, char **argv) {
    struct asked asked = {0};
    int end = read_arguments(argc, argv, &asked);
    if (end) return end - 1;
    struct orr_block_file q;
    struct orr_witness_file witness;
    int code = 2;
    if (orr_block_file_read("rollup step", asked.path, &q)) return 2;
    if (!orr_witness_file_read("rollup step", asked.witness, &witness)) {
        code = execute(&asked, &q, &witness);
        orr_witness_file_free(&witness);
    }
    orr_block_file_free(&q);
    if (code <= 1 && (fflush(stdout) || ferror(stdout))) code = 3;
    return code;
}

/* ---- a proof ---- */

enum { BEFORE, AFTER, VERIFY_JSON };
static const struct orr_option verify_options[] = {
    [BEFORE] = {"--before", "HASH", "the state's hash that it must begin with"},
    [AFTER] = {"--after", "HASH", "the state's hash that it must come to"},
    [VERIFY_JSON] = {"--json", NULL, "as one JSON object"},
};
enum { N_VERIFY_OPTIONS = sizeof verify_options / sizeof verify_options[0] };

struct claim {
    const char *path;
    bool has_before, has_after, json;
    struct orr_hash before, after;
};

static int verify_usage(FILE *to) {
    fputs("usage: orrery rollup verify-step PROOF [--before HASH] [--after HASH] [--json]\n\n"
          "Makes one step of a block on nothing but its proof, and prints the state's hash before\n"
          "and after it.\n\n", to);
    orr_options_print(verify_options, N_VERIFY_OPTIONS, to);
    fputs("\nExit codes: 0 it is one (of what is claimed), 1 it is none, 2 bad input, 3 the\n"
          "machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static bool read_hash(const char *text, struct orr_hash *hash) {
    struct orr_buffer bytes;
    bool good = !orr_hex_decode(!strncmp(text, "0x", 2) ? text + 2 : text, &bytes);
    bool fits = good && bytes.len == sizeof hash->bytes;
    if (fits) memcpy(hash->bytes, bytes.bytes, sizeof hash->bytes);
    if (good) free(bytes.bytes);
    if (fits) return true;
    fprintf(stderr, "orrery rollup verify-step: %s: 32 bytes in hexadecimal digits are wanted\n",
            text);
    return false;
}

static int read_claim(int argc, char **argv, struct claim *claim) {
    struct orr_options walk = {.verb = "rollup verify-step", .list = verify_options,
                               .n = N_VERIFY_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + verify_usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case VERIFY_JSON: claim->json = true; break;
        case BEFORE:
        case AFTER:
            if (!read_hash(value, i == BEFORE ? &claim->before : &claim->after)) return 1 + 2;
            if (i == BEFORE) claim->has_before = true;
            else claim->has_after = true;
            break;
        default:
            if (claim->path) return 1 + verify_usage(stderr);
            claim->path = value;
        }
    }
    return claim->path ? 0 : 1 + verify_usage(stderr);
}

static int judge(const struct claim *claim, const struct orr_step_shown *shown) {
    if (claim->json) {
        json_t *json = json_object();
        set_hash(json, "before", shown->before);
        set_hash(json, "after", shown->after);
        set_next(json, &shown->step);
        print_json(json);
    } else {
        print_hash("before", shown->before);
        print_hash("after", shown->after);
        print_next(&shown->step);
    }
    if (claim->has_before && !orr_hash_equal(claim->before, shown->before)) {
        fprintf(stderr, "orrery rollup verify-step: %s: it begins with another state\n",
                claim->path);
        return 1;
    }
    if (!claim->has_after || orr_hash_equal(claim->after, shown->after)) return 0;
    fprintf(stderr, "orrery rollup verify-step: %s: it comes to another state\n", claim->path);
    return 1;
}

int orr_rollup_verify_step_command(int argc, char **argv) {
    struct claim claim = {.path = NULL};
    struct orr_buffer file;
    struct orr_step_shown shown;
    int end = read_claim(argc, argv, &claim);
    if (end) return end - 1;
    if (orr_vm_read_file("rollup verify-step", claim.path, 1 << 28, &file)) return 2;
    struct orr_heap heap;
    orr_heap_init(&heap);
    int error = orr_step_verify(&heap.mem, file.bytes, file.len, &shown), code = 1;
    if (error)
        fprintf(stderr, "orrery rollup verify-step: %s: refused: %s\n", claim.path,
                error == ORR_ENOTFOUND ? "it lacks something that the step reads"
                                       : "not a proof in its one form");
    else
        code = judge(&claim, &shown);
    free(file.bytes);
    if (code <= 1 && (fflush(stdout) || ferror(stdout))) code = 3;
    return code;
}
