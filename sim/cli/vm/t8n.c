/* orrery vm t8n: the command. */
#include "sim/cli/vm/t8n.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/base/error.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/code.h"
#include "sim/cli/vm/dump.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/trace.h"
#include "sim/genesis/alloc.h"

#define VERB "vm t8n"

int orr_vm_t8n_command(int argc, char **argv);

struct options {
    const char *alloc, *env, *txs, *basedir, *out_alloc, *out_result, *out_body;
    const char *fork, *chain_id, *reward, *ignored;
    bool traces;
    struct orr_vm_trace_options trace;
};

static const char *const fork_names[] = {
#define FORK(constant, name) name,
    ORR_FORKS(FORK)
#undef FORK
};

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery vm t8n [OPTION...]\n\n"
            "One state transition in the files of go-ethereum's `evm t8n`.  Options take their\n"
            "value behind a space or '='.\n\n"
            "  --input.alloc FILE    accounts (alloc.json); FILE may be stdin: one object then\n"
            "  --input.env FILE      the block (env.json)          holds alloc, env and txs or\n"
            "  --input.txs FILE      transactions (txs.json)       txsRlp\n"
            "  --output.alloc FILE   accounts after (alloc.json)   FILE may be stdout or stderr:\n"
            "  --output.result FILE  roots, receipts (result.json) one object with all that goes\n"
            "  --output.body FILE    transactions in RLP (none)    there; '': not written\n"
            "  --output.basedir DIR  where files go; made when it is not there\n"
            "  --state.fork NAME     rules (GrayGlacier); there are:");
    for (int i = 0; i < ORR_N_FORKS; i++)
        fprintf(to, "%s%s", i % 5 ? " " : "\n                        ", fork_names[i]);
    fprintf(to, "\n                        MuirGlacier ArrowGlacier GrayGlacier Merge BPO1 BPO2\n"
                "  --state.chainid N     (1)\n"
                "  --state.reward N      wei for the coinbase, shares for ommers (0); -1: none\n"
                "  --trace               DIR/trace-INDEX-HASH.jsonl for each transaction\n"
                "  --trace.memory, --trace.returndata, --trace.nostack\n"
                "  --verbosity N         read and without effect\n\n"
                "A transaction that the rules refuse is in result.rejected, with the name that\n"
                "execution-spec-tests gives the rule behind its text.\n"
                "Exit codes: 0; 2 a system contract failed, 3 env or fork do not fit, 4 the hash\n"
                "of a block that env does not name, 10 JSON, 11 files, 12 RLP.\n");
    return to == stdout ? 0 : ORR_T8N_CONFIG;
}

static int complain(int code, const char *format, const char *value) {
    fputs("orrery " VERB ": ", stderr);
    fprintf(stderr, format, value);
    fputc('\n', stderr);
    return code;
}

/* ---- the command line ---- */

static bool read_flag(const char *argument, struct options *o) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--trace", &o->traces},
                 {"--trace.memory", &o->trace.memory},
                 {"--trace.returndata", &o->trace.return_data},
                 {"--trace.nostack", &o->trace.no_stack}};
    size_t len = strcspn(argument, "=");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strlen(flags[i].name) != len || strncmp(argument, flags[i].name, len)) continue;
        *flags[i].flag = strcmp(argument + len, "=false") != 0;
        return true;
    }
    return false;
}

static int parse(int argc, char **argv, struct options *o) {
    const struct {
        const char *name, **value;
    } options[] = {
        {"--input.alloc", &o->alloc},
        {"--input.env", &o->env},
        {"--input.txs", &o->txs},
        {"--output.alloc", &o->out_alloc},
        {"--output.result", &o->out_result},
        {"--output.body", &o->out_body},
        {"--output.basedir", &o->basedir},
        {"--state.fork", &o->fork},
        {"--state.chainid", &o->chain_id},
        {"--state.reward", &o->reward},
        {"--verbosity", &o->ignored},
    };
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        size_t len = strcspn(argument, "="), k = 0, n = sizeof options / sizeof options[0];
        if (read_flag(argument, o)) continue;
        while (k < n && (strlen(options[k].name) != len || strncmp(argument, options[k].name, len)))
            k++;
        if (k == n) {
            complain(ORR_T8N_CONFIG, "no option '%s'", argument);
            return usage(stderr);
        }
        if (!argument[len] && i + 1 == argc)
            return complain(ORR_T8N_CONFIG, "%s needs a value", argument);
        *options[k].value = argument[len] ? argument + len + 1 : argv[++i];
    }
    return 0;
}

/* The fork's rules; glaciers are forks that move the difficulty bomb only. */
static int read_rules(const char *name, struct orr_evm_chain_fork *rules) {
    static const struct {
        const char *name;
        uint64_t bomb_delay;
    } glaciers[] = {
        {"MuirGlacier", 9000000}, {"ArrowGlacier", 10700000}, {"GrayGlacier", 11400000}};
    enum orr_evm_fork fork;
    if (orr_fixture_fork(name, &fork)) return complain(ORR_T8N_CONFIG, "no fork '%s'", name);
    *rules = orr_evm_chain_fork(fork);
    rules->blobs = orr_fixture_blobs(NULL, name, fork);
    for (size_t i = 0; i < sizeof glaciers / sizeof glaciers[0]; i++)
        if (!strcmp(name, glaciers[i].name)) rules->bomb_delay = glaciers[i].bomb_delay;
    return 0;
}

/* ---- what comes in ---- */

struct input {
    json_t *on_stdin, *alloc, *env, *txs;
};

static int read_json(const char *path, json_t **json) {
    int error = orr_vm_read_json(VERB, path, ORR_MAX_JSON_BYTES, json);
    return !error ? 0 : error == ORR_EFORMAT ? ORR_T8N_JSON : ORR_T8N_IO;
}

static int read_part(const char *path, struct input *in, const char *key, json_t **part) {
    if (strcmp(path, "stdin")) return read_json(path, part);
    if (!in->on_stdin) {
        int error = read_json("-", &in->on_stdin);
        if (error) return error;
    }
    json_t *found = json_object_get(in->on_stdin, key);
    if (!strcmp(key, "txs") && json_object_get(in->on_stdin, "txsRlp"))
        found = json_object_get(in->on_stdin, "txsRlp");
    *part = json_incref(found);
    return found ? 0 : complain(ORR_T8N_JSON, "standard input has no '%s'", key);
}

static int read_input(const struct options *o, struct input *in) {
    int error = read_part(o->alloc, in, "alloc", &in->alloc);
    if (!error) error = read_part(o->env, in, "env", &in->env);
    if (!error) error = read_part(o->txs, in, "txs", &in->txs);
    return error;
}

/* ---- the transition ---- */

struct transition {
    const struct options *options;
    struct orr_heap heap;
    struct orr_evm_chain_fork rules;
    struct orr_evm_chain_config config;
    struct orr_t8n_env env;
    struct orr_t8n_txs txs;
    struct orr_evm_block_run run;
    struct orr_t8n_result result;
};

static void place(const struct options *o, const char *name, char path[4096]) {
    snprintf(path, 4096, "%s%s%s", o->basedir, o->basedir[0] ? "/" : "", name);
}

/* Opens the file that the next transaction's trace goes to; NULL: no trace, or no file. */
static FILE *begin_trace(struct transition *t, const struct orr_buffer *tx,
                         struct orr_vm_trace *trace, char path[4096]) {
    char name[128] = "";
    struct orr_hash hash = orr_keccak256(tx->bytes, tx->len);
    int n = snprintf(name, sizeof name, "trace-%zu-0x", t->result.n);
    orr_hex_encode(name + n, hash.bytes, 32);
    strcat(name, ".jsonl");
    place(t->options, name, path);
    FILE *to = t->options->traces ? fopen(path, "w") : NULL;
    if (!to) return NULL;
    orr_vm_trace_init(trace, to, t->options->trace);
    orr_evm_executor_trace(t->run.executor, &trace->tracer);
    return to;
}

static void end_trace(struct transition *t, FILE *to, struct orr_vm_trace *trace) {
    if (!to) return;
    orr_evm_executor_trace(t->run.executor, NULL);
    orr_vm_trace_free(trace);
    fclose(to);
}

static void reject(struct transition *t, size_t i, enum orr_evm_tx_error error) {
    char text[256];
    snprintf(text, sizeof text, "%s (%s)", orr_evm_tx_error_text(error),
             orr_evm_tx_error_name(error));
    orr_t8n_result_reject(&t->result, i, text);
}

static int run_tx(struct transition *t, size_t i) {
    const struct orr_t8n_tx *in = &t->txs.at[i];
    struct orr_evm_tx tx;
    if (in->fault) return orr_t8n_result_reject(&t->result, i, in->fault), 0;
    int bad = orr_evm_tx_decode(t->run.mem, in->bytes.bytes, in->bytes.len, &tx);
    if (bad) {
        reject(t, i,
               bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE);
        return 0;
    }
    struct orr_evm_receipt receipt;
    struct orr_evm_tx_outcome outcome;
    struct orr_vm_trace trace;
    char path[4096];
    FILE *to = begin_trace(t, &in->bytes, &trace, path);
    if (t->options->traces && !to) {
        orr_evm_tx_free(t->run.mem, &tx);
        return complain(ORR_T8N_IO, "%s: the trace cannot be written", path);
    }
    enum orr_evm_tx_error error = orr_evm_block_run_tx(&t->run, &tx, NULL, &receipt, &outcome);
    end_trace(t, to, &trace);
    if (error) {
        reject(t, i, error);
        if (to) remove(path); /* nothing ran */
    } else {
        orr_t8n_result_add(&t->result, &t->run, &tx, &in->bytes, &receipt);
        orr_evm_receipt_free(&receipt, t->run.mem);
    }
    orr_evm_tx_free(t->run.mem, &tx);
    return 0;
}

/* What the coinbase gets, and the ommers (Yellow Paper, section 11.3); -1: nobody is touched. */
static int pay_reward(struct transition *t, const char *text) {
    struct orr_u256 reward, share, mine;
    if (!strcmp(text, "-1")) return 0;
    json_t *number = json_string(text);
    int bad = orr_json_u256(number, &reward);
    json_decref(number);
    if (bad) return complain(ORR_T8N_CONFIG, "--state.reward: '%s' is no amount of wei", text);
    orr_u256_divmod(reward, orr_u256_from_u64(32), &share, NULL);
    mine = reward;
    orr_evm_state_begin_tx(t->run.state);
    for (size_t i = 0; i < t->env.n_ommers; i++) {
        struct orr_u256 theirs =
            orr_u256_mul(reward, orr_u256_from_u64(8 - t->env.ommers[i].delta));
        orr_u256_divmod(theirs, orr_u256_from_u64(8), &theirs, NULL);
        orr_evm_state_add_balance(t->run.state, &t->env.ommers[i].address, theirs);
        mine = orr_u256_add(mine, share);
    }
    orr_evm_state_add_balance(t->run.state, &t->env.header.coinbase, mine);
    orr_evm_state_end_tx(t->run.state, t->rules.fork);
    return 0;
}

static int run_block(struct transition *t) {
    int code = 0;
    orr_evm_block_run_begin(&t->run);
    for (size_t i = 0; i < t->txs.n && !code; i++) code = run_tx(t, i);
    if (code) return code;
    if (t->env.misses_hash) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)t->env.missed_hash);
        return complain(ORR_T8N_BLOCKHASH, "env.blockHashes has no hash of block %s", number);
    }
    code = pay_reward(t, t->options->reward);
    if (code) return code;
    orr_evm_block_run_withdrawals(&t->run, t->env.withdrawals, t->env.n_withdrawals);
    enum orr_evm_block_error error = orr_evm_block_run_requests(&t->run);
    if (!error && t->run.has_bad_deposit) error = ORR_BLOCK_INVALID_DEPOSIT_EVENT_LAYOUT;
    return error ? complain(ORR_T8N_EVM, "%s", orr_evm_block_error_text(error)) : 0;
}

/* ---- what goes out ---- */

struct output {
    const char *key, *to;
    json_t *json;
};

static int write_file(const struct options *o, const struct output *out) {
    char path[4096];
    place(o, out->to, path);
    FILE *to = fopen(path, "w");
    if (!to) {
        fprintf(stderr, "orrery " VERB ": %s: %s\n", path, strerror(errno));
        return ORR_T8N_IO;
    }
    json_dumpf(out->json, to, JSON_INDENT(1) | JSON_ENCODE_ANY);
    return fclose(to) ? complain(ORR_T8N_IO, "%s: the disk is full?", path) : 0;
}

static int write_output(const struct options *o, const struct output *outputs, size_t n) {
    json_t *streams[2] = {json_object(), json_object()};
    int code = 0;
    for (size_t i = 0; i < n && !code; i++) {
        const struct output *out = &outputs[i];
        bool on_stdout = !strcmp(out->to, "stdout");
        if (on_stdout || !strcmp(out->to, "stderr"))
            json_object_set(streams[!on_stdout], out->key, out->json);
        else if (out->to[0])
            code = write_file(o, out);
    }
    for (int i = 0; i < 2; i++) {
        FILE *to = i ? stderr : stdout;
        if (json_object_size(streams[i]) && !code) {
            json_dumpf(streams[i], to, JSON_INDENT(1));
            fputc('\n', to);
        }
        json_decref(streams[i]);
    }
    return code;
}

static json_t *body_json(struct transition *t) {
    struct orr_rlp_writer w = {.mem = t->run.mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_raw(&w, t->result.body.bytes, t->result.body.len);
    orr_rlp_list_end(&w, list);
    char *hex = orr_xrealloc(NULL, 2 * w.len + 3);
    memcpy(hex, "0x", 2);
    orr_hex_encode(hex + 2, w.bytes, w.len);
    json_t *json = json_string(hex);
    free(hex);
    orr_rlp_free(&w);
    return json;
}

static int write_all(struct transition *t, const json_t *pre) {
    const struct options *o = t->options;
    json_t *result = orr_t8n_result_json(&t->result, &t->run, &t->env);
    struct output outputs[] = {{"alloc", o->out_alloc, orr_vm_dump(t->run.state, pre)},
                               {"result", o->out_result, result},
                               {"body", o->out_body, body_json(t)}};
    int code = write_output(o, outputs, 3);
    for (int i = 0; i < 3; i++) json_decref(outputs[i].json);
    return code;
}

/* ---- all of it ---- */

static int transit(struct transition *t, const struct input *in) {
    char why[ORR_T8N_WHY_BYTES] = "";
    struct orr_mem *mem = &t->heap.mem;
    int code = orr_t8n_read_env(in->env, &t->rules, &t->env, why);
    if (!code) code = orr_t8n_read_txs(mem, in->txs, &t->config.chain_id, &t->txs, why);
    if (!code && orr_genesis_state(in->alloc, t->run.state, why)) code = ORR_T8N_JSON;
    if (code) return complain(code, "%s", why);
    code = run_block(t);
    return code ? code : write_all(t, in->alloc);
}

static int run(const struct options *o, const struct input *in) {
    struct transition t = {.options = o};
    json_t *number = json_string(o->chain_id);
    int code = read_rules(o->fork, &t.rules);
    if (!code && orr_json_u256(number, &t.config.chain_id))
        code = complain(ORR_T8N_CONFIG, "--state.chainid: '%s' is no number", o->chain_id);
    json_decref(number);
    if (!code && o->basedir[0] && mkdir(o->basedir, 0777) && errno != EEXIST)
        code = complain(ORR_T8N_IO, "%s: no folder can be made there", o->basedir);
    if (code) return code;
    orr_heap_init(&t.heap);
    struct orr_mem *mem = &t.heap.mem;
    struct orr_evm_store *store = orr_evm_store_create(mem);
    t.config.forks = &t.rules;
    t.config.n_forks = 1;
    t.config.dao_number = UINT64_MAX;
    t.run = (struct orr_evm_block_run){.executor = orr_evm_executor_create(mem),
                                       .state = orr_evm_state_create(store),
                                       .config = &t.config,
                                       .rules = &t.rules,
                                       .header = &t.env.header,
                                       .hashes = {&t.env, orr_t8n_block_hash}};
    orr_t8n_result_init(&t.result, mem);
    code = transit(&t, in);
    orr_t8n_result_free(&t.result);
    orr_evm_block_run_end(&t.run);
    orr_t8n_txs_free(&t.txs);
    orr_t8n_env_free(&t.env);
    orr_evm_executor_destroy(t.run.executor);
    orr_evm_state_destroy(t.run.state);
    orr_evm_store_destroy(store);
    return code;
}

int orr_vm_t8n_command(int argc, char **argv) {
    struct options o = {.alloc = "alloc.json",
                        .env = "env.json",
                        .txs = "txs.json",
                        .basedir = "",
                        .out_alloc = "alloc.json",
                        .out_result = "result.json",
                        .out_body = "",
                        .fork = "GrayGlacier",
                        .chain_id = "1",
                        .reward = "0"};
    struct input in = {NULL, NULL, NULL, NULL};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
    int code = parse(argc, argv, &o);
    if (!code) code = read_input(&o, &in);
    if (!code) code = run(&o, &in);
    json_decref(in.alloc);
    json_decref(in.env);
    json_decref(in.txs);
    json_decref(in.on_stdin);
    return code;
}
