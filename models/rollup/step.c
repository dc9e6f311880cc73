#include "models/rollup/step_machine.h"

#include <string.h>

#include "models/base/rlp.h"
#include "models/rollup/deposit.h"
#include "models/vm/trie.h"

static void begin_block(struct orr_stepper *m);
static void begin_tx(struct orr_stepper *m);
static void run_instruction(struct orr_stepper *m);
static void end_tx(struct orr_stepper *m);
static void wipe(struct orr_stepper *m);
static void sweep(struct orr_stepper *m);
static void end_block(struct orr_stepper *m);

int orr_step_next(struct orr_stepper *m) {
    static void (*const steps[ORR_STEP_N_PHASES])(struct orr_stepper *) = {
        [ORR_STEP_BLOCK_BEGINS] = begin_block, [ORR_STEP_TX_BEGINS] = begin_tx,
        [ORR_STEP_INSTRUCTION] = run_instruction, [ORR_STEP_TX_ENDS] = end_tx,
        [ORR_STEP_WIPE] = wipe, [ORR_STEP_SWEEP] = sweep,
        [ORR_STEP_BLOCK_ENDS] = end_block};
    assert(!orr_step_is_over(m) && !m->error);
    steps[m->phase](m);
    m->n++;
    if (!m->error) m->error = orr_evm_state_error(m->state);
    return m->error;
}

bool orr_step_is_over(const struct orr_stepper *m) {
    return m->phase == ORR_STEP_DONE || m->phase == ORR_STEP_INVALID;
}
uint64_t orr_step_n(const struct orr_stepper *m) { return m->n; }
struct orr_hash orr_step_hash(struct orr_stepper *m) { return orr_step_commit(m); }
struct orr_hash orr_step_block_hash(const struct orr_stepper *m) { return m->block_hash; }
struct orr_hash orr_step_output_root(const struct orr_stepper *m) { return m->output_root; }

const char *orr_step_phase_text(enum orr_step_phase phase) {
    static const char *const texts[] = {
#define STEP_PHASE(constant, text) text,
        ORR_STEP_PHASES(STEP_PHASE)
#undef STEP_PHASE
    };
    assert((unsigned)phase < ORR_STEP_N_PHASES);
    return texts[phase];
}

struct orr_step_next orr_step_peek(const struct orr_stepper *m) {
    struct orr_step_next next = {.phase = m->phase, .tx = m->index};
    if (m->phase != ORR_STEP_INSTRUCTION) return next;
    const struct orr_evm_frame *f = m->executor->vm->frames[m->executor->vm->depth];
    next.depth = (uint32_t)f->msg.depth;
    next.pc = (uint64_t)(f->pc - f->code->bytes);
    next.opcode = *f->pc;
    next.gas = f->gas;
    return next;
}

/* ---- worlds ---- */

static struct orr_step_world world_now(struct orr_stepper *m) {
    return (struct orr_step_world){.root = orr_trie_retain(orr_evm_state_trie(m->state)),
                                   .marks = orr_trie_retain(m->pending.marks),
                                   .transient = orr_trie_retain(m->pending.transient),
                                   .logs = m->logs, .destroyed = m->destroyed,
                                   .zeroed = m->zeroed};
}

void orr_step_world_free(struct orr_stepper *m, struct orr_step_world *w) {
    orr_trie_release(m->store, w->root);
    orr_trie_release(m->store, w->marks);
    orr_trie_release(m->store, w->transient);
    *w = (struct orr_step_world){.root = NULL};
}

/* Everything is as it was; the world is moved. */
static void go_back(struct orr_stepper *m, struct orr_step_world *w) {
    orr_evm_state_rewind(m->state, w->root);
    orr_trie_release(m->store, m->pending.marks);
    orr_trie_release(m->store, m->pending.transient);
    m->pending.marks = w->marks;
    m->pending.transient = w->transient;
    m->logs = w->logs;
    m->destroyed = w->destroyed;
    m->zeroed = w->zeroed;
    *w = (struct orr_step_world){.root = NULL};
}

static void drop_pending(struct orr_stepper *m) {
    orr_trie_release(m->store, m->pending.start);
    orr_trie_release(m->store, m->pending.marks);
    orr_trie_release(m->store, m->pending.transient);
    m->pending = (struct orr_evm_pending){.start = NULL};
}

static void note_destroyed(void *ctx, const struct orr_address *address) {
    struct orr_stepper *m = ctx;
    orr_step_chain_push(&m->preimages, &m->destroyed, address->bytes, sizeof address->bytes);
}

static void push_log(struct orr_stepper *m, const struct orr_evm_log *log) {
    struct orr_rlp_writer w = {.mem = m->mem};
    orr_rlp_write_string(&w, log->address.bytes, sizeof log->address.bytes);
    size_t topics = orr_rlp_list_begin(&w);
    for (int i = 0; i < log->n_topics; i++) {
        struct orr_hash topic = orr_u256_to_hash(log->topics[i]);
        orr_rlp_write_string(&w, topic.bytes, sizeof topic.bytes);
    }
    orr_rlp_list_end(&w, topics);
    orr_rlp_write_string(&w, log->data, log->len);
    orr_step_chain_push(&m->preimages, &m->logs, w.bytes, w.len);
    orr_rlp_free(&w);
}

/* The transaction stands still: all that it did lies in roots and chains. */
static void suspend(struct orr_stepper *m) {
    for (size_t i = 0; i < orr_evm_state_n_logs(m->state); i++) {
        struct orr_evm_log log = orr_evm_state_log(m->state, i);
        push_log(m, &log);
    }
    orr_evm_state_suspend(m->state, &m->pending, m, note_destroyed);
}

/* The host is about to begin a call: what comes from here on is undone if it fails. */
static void mark(void *ctx) {
    struct orr_stepper *m = ctx;
    suspend(m);
    if (m->has_mark) orr_step_world_free(m, &m->mark);
    m->mark = world_now(m);
    m->has_mark = true;
    orr_evm_state_resume(m->state, &m->pending);
}

static void drop_mark(struct orr_stepper *m) {
    if (m->has_mark) orr_step_world_free(m, &m->mark);
    m->has_mark = false;
}

/* ---- frames ---- */

struct orr_step_frame *orr_step_frame_at(struct orr_stepper *m, int depth) {
    assert(depth >= 0 && depth <= ORR_EVM_MAX_DEPTH);
    if (!m->frames[depth]) m->frames[depth] = orr_alloc_zero(m->mem, sizeof *m->frames[depth]);
    return m->frames[depth];
}

void orr_step_frame_free(struct orr_stepper *m, struct orr_step_frame *s) {
    orr_step_world_free(m, &s->entry);
    orr_evm_code_release(m->store, s->code);
    orr_free(m->mem, s->input, s->input_string.len);
    orr_free(m->mem, s->return_data, s->returned.was.len);
    orr_step_part_free(m->mem, &s->memory);
    orr_step_part_free(m->mem, &s->returned);
    *s = (struct orr_step_frame){.code = NULL};
}

/* A frame was entered: what began it is its entry's world. */
static void enter(struct orr_stepper *m) {
    struct orr_evm *vm = m->executor->vm;
    const struct orr_evm_frame *f = vm->frames[vm->depth];
    struct orr_step_frame *s = orr_step_frame_at(m, vm->depth);
    assert(m->has_mark && !s->is_here);
    s->is_here = true;
    s->entry = m->mark;
    m->has_mark = false;
    if (!f->owns_code)
        s->code = orr_evm_code_retain(orr_evm_state_code(m->state, &f->msg.code_address));
    m->phase = ORR_STEP_INSTRUCTION;
}

static void set_context(struct orr_stepper *m) {
    struct orr_evm_executor *x = m->executor;
    orr_evm_running_context(x, m->state, &m->run.env, &m->running);
    x->host.marked = mark;
    x->host.marked_ctx = m;
    x->vm->host = &x->host.table;
    x->vm->tx = x->host.table.tx;
    x->vm->fork = m->rules.fork;
    x->vm->rules = orr_evm_op_rules(m->rules.fork);
}

/* The innermost frame has ended: its result goes to who called, or is the transaction's. */
static void leave(struct orr_stepper *m) {
    struct orr_evm *vm = m->executor->vm;
    struct orr_evm_frame *f = vm->frames[vm->depth];
    struct orr_step_frame *s = orr_step_frame_at(m, vm->depth);
    struct orr_evm_result result = orr_evm_frame_result(f);
    f->msg.host_mark = orr_evm_state_snapshot(m->state); /* going back is done here */
    orr_evm_host_end_call(&m->executor->host, &f->msg, &result);
    suspend(m);
    if (result.status != ORR_EVM_SUCCESS) go_back(m, &s->entry);
    if (f->msg.depth > 0) {
        if (m->is_part && !orr_step_load_frame(m, vm->depth - 1, &s->below)) {
            m->error = ORR_ENOTFOUND;
            return;
        }
        struct orr_evm_frame *caller = vm->frames[vm->depth - 1];
        struct orr_step_frame *below = orr_step_frame_at(m, vm->depth - 1);
        size_t len = result.output_len < caller->out_len ? result.output_len : caller->out_len;
        if (below->is_part &&
            !orr_step_part_load(&m->preimages, &m->zeros, &below->memory, caller->out_offset, len,
                                caller->memory, NULL))
            m->error = ORR_ENOTFOUND;
        orr_evm_frame_deliver(caller, f->msg.kind, &result, false);
    } else {
        m->result = result;
        m->result.output = NULL;
        m->result.output_len = 0;
        m->phase = ORR_STEP_TX_ENDS;
    }
    if (f->owns_code) orr_evm_code_free(vm->mem, (struct orr_evm_code *)f->code);
    orr_step_frame_free(m, s);
    vm->depth--;
}

static void run_instruction(struct orr_stepper *m) {
    struct orr_evm *vm = m->executor->vm;
    set_context(m);
    if (m->is_part && !orr_step_load_operands(m, vm->depth)) {
        m->error = ORR_ENOTFOUND;
        return;
    }
    orr_evm_state_resume(m->state, &m->pending);
    enum orr_evm_exit exit = orr_evm_run_one(vm, vm->frames[vm->depth]);
    if (exit == ORR_EXIT_HALT) {
        leave(m);
    } else {
        if (exit == ORR_EXIT_CALL) enter(m);
        suspend(m);
    }
    drop_mark(m);
}

/* ---- transactions ---- */

static void next_tx(struct orr_stepper *m) {
    m->phase = m->index < m->n_txs ? ORR_STEP_TX_BEGINS
               : m->zeroed.n       ? ORR_STEP_SWEEP
                                   : ORR_STEP_BLOCK_ENDS;
}

static const uint8_t *tx_bytes(struct orr_stepper *m, size_t *len) {
    struct orr_hash hash;
    size_t n;
    const uint8_t *list = orr_preimage_get(&m->preimages, &m->tx_list, &n);
    *len = 0;
    if (!list || n != 32 * m->n_txs) return NULL;
    memcpy(hash.bytes, list + 32 * m->index, 32);
    return orr_preimage_get(&m->preimages, &hash, len);
}

static void free_tx(struct orr_stepper *m) {
    if (m->has_tx) orr_evm_tx_free(m->mem, &m->tx);
    m->has_tx = false;
}

/* The rule that is broken; else the state is inside the transaction. */
static enum orr_evm_tx_error open_tx(struct orr_stepper *m, const uint8_t *bytes, size_t len) {
    struct orr_evm_block_run *run = &m->run;
    uint64_t left = run->gas_used < run->env.gas_limit ? run->env.gas_limit - run->gas_used : 0;
    if (len && bytes[0] == ORR_DEPOSIT_TYPE && m->rules.rollup) {
        struct orr_evm_deposit d;
        if (m->deposits_are_over || orr_evm_deposit_read(bytes, len, &d))
            return ORR_TX_RLP_INVALID_VALUE;
        m->tx_type = ORR_TX_DEPOSIT;
        return orr_evm_running_open_deposit(m->executor, m->state, &run->env, &d, left,
                                            &m->running);
    }
    struct orr_address sender;
    m->deposits_are_over = true;
    if (orr_evm_tx_decode(m->mem, bytes, len, &m->tx)) return ORR_TX_RLP_INVALID_VALUE;
    m->has_tx = true;
    m->tx_type = m->tx.type;
    if (m->tx.type == ORR_TX_BLOB && m->rules.rollup) return ORR_TX_TYPE_NOT_SUPPORTED;
    enum orr_evm_tx_error error =
        orr_evm_executor_check(m->executor, &m->tx, m->rules.fork, m->rules.blobs.max);
    if (!error)
        error = orr_evm_tx_sender(m->mem, &m->tx, m->rules.fork, &run->env.chain_id, &sender);
    if (error) return error;
    return orr_evm_running_open(m->executor, m->state, &run->env, &m->tx, &sender, left,
                                m->rules.blobs.max, &m->running);
}

static void begin_tx(struct orr_stepper *m) {
    size_t len;
    const uint8_t *bytes = tx_bytes(m, &len);
    if (!bytes) {
        m->error = ORR_ENOTFOUND;
        return;
    }
    free_tx(m);
    m->pending.start = orr_trie_retain(orr_evm_state_trie(m->state));
    if (open_tx(m, bytes, len)) {
        orr_evm_state_trim(m->state);
        drop_pending(m);
        m->phase = ORR_STEP_INVALID;
        return;
    }
    struct orr_evm *vm = m->executor->vm;
    const struct orr_evm_code *code;
    m->result = (struct orr_evm_result){.status = ORR_EVM_FAILURE};
    m->phase = ORR_STEP_TX_ENDS;
    set_context(m);
    vm->depth = -1;
    if (m->running.runs &&
        orr_evm_running_begin(m->executor, &m->running, &code, &m->result) == ORR_BEGIN_RUN) {
        orr_evm_frame_push(vm, &m->running.msg, code);
        enter(m);
    }
    m->result.output = NULL;
    m->result.output_len = 0;
    suspend(m);
    drop_mark(m);
}

/* A proof cannot hold as many items, each with the head of the rest. */
static bool is_beyond_proof(const struct orr_stepper *m, const struct orr_step_chain *chain) {
    return m->is_part && chain->n > ORR_STEP_PROOF_MAX / 32;
}

/* The logs of the transaction are the state's again. */
static bool tell_logs(struct orr_stepper *m) {
    if (is_beyond_proof(m, &m->logs)) return false;
    struct orr_evm_log *logs = orr_alloc_zero(m->mem, m->logs.n * sizeof *logs);
    size_t n = m->logs.n;
    bool good = true;
    for (size_t i = n; i-- > 0 && good;) {
        size_t len;
        const uint8_t *item = orr_step_chain_pop(&m->preimages, &m->logs, &len);
        struct orr_rlp_reader r = orr_rlp_reader(item, len), topics;
        orr_rlp_read_fixed(&r, logs[i].address.bytes, 20);
        topics = orr_rlp_read_list(&r);
        for (; orr_rlp_more(&topics) && logs[i].n_topics < 4; logs[i].n_topics++) {
            struct orr_hash topic;
            orr_rlp_read_fixed(&topics, topic.bytes, 32);
            logs[i].topics[logs[i].n_topics] = orr_u256_from_hash(topic);
        }
        logs[i].data = orr_rlp_read_string(&r, &logs[i].len);
        good = item && orr_rlp_done(&r) && orr_rlp_done(&topics);
    }
    for (size_t i = 0; i < n && good; i++) orr_evm_state_add_log(m->state, &logs[i]);
    orr_free(m->mem, logs, n * sizeof *logs);
    m->logs = (struct orr_step_chain){.n = 0};
    return good;
}

static void end_tx(struct orr_stepper *m) {
    struct orr_evm_tx_outcome outcome;
    set_context(m);
    orr_evm_state_resume(m->state, &m->pending);
    if (!tell_logs(m)) m->error = ORR_ENOTFOUND;
    orr_evm_running_close(m->executor, m->state, &m->run.env, &m->running, &m->result, &outcome);
    struct orr_evm_receipt receipt = {.type = m->tx_type, .sender = m->running.sender,
                                      .deposit_nonce = m->running.nonce};
    orr_evm_block_run_settle(&m->run, &outcome, &receipt);
    orr_step_chain_push(&m->preimages, &m->receipts, receipt.encoding, receipt.encoding_len);
    orr_evm_receipt_free(&receipt, m->mem);
    orr_evm_state_trim(m->state);
    drop_pending(m);
    free_tx(m);
    if (m->destroyed.n)
        m->phase = ORR_STEP_WIPE;
    else
        m->index++, next_tx(m);
}

static void wipe(struct orr_stepper *m) {
    struct orr_address address;
    size_t len;
    const uint8_t *item = orr_step_chain_pop(&m->preimages, &m->destroyed, &len);
    if (!item || len != sizeof address.bytes) {
        m->error = ORR_ENOTFOUND;
        return;
    }
    memcpy(address.bytes, item, sizeof address.bytes);
    orr_evm_state_remove(m->state, &address);
    orr_evm_state_trim(m->state);
    if (m->destroyed.n) return;
    m->index++;
    next_tx(m);
}

enum { ZEROED_BYTES = 20 + 32 };

static void note_zero(void *ctx, const struct orr_address *address, const struct orr_u256 *key) {
    struct orr_stepper *m = ctx;
    uint8_t item[ZEROED_BYTES];
    memcpy(item, address->bytes, 20);
    orr_u256_store_be(item + 20, *key);
    orr_step_chain_push(&m->preimages, &m->zeroed, item, sizeof item);
}

void orr_step_note_zeros(struct orr_stepper *m) {
    orr_evm_state_keep_zeros(m->state, m, note_zero);
}

static void sweep(struct orr_stepper *m) {
    struct orr_address address;
    size_t len;
    const uint8_t *item = orr_step_chain_pop(&m->preimages, &m->zeroed, &len);
    if (!item || len != ZEROED_BYTES) {
        m->error = ORR_ENOTFOUND;
        return;
    }
    memcpy(address.bytes, item, 20);
    struct orr_u256 key = orr_u256_load_be(item + 20);
    orr_evm_state_drop_zero(m->state, &address, &key);
    orr_evm_state_trim(m->state);
    next_tx(m);
}

/* ---- the block ---- */

static void begin_block(struct orr_stepper *m) {
    m->executor->host.marked = NULL;
    orr_evm_block_run_begin(&m->run);
    orr_evm_state_trim(m->state);
    next_tx(m);
}

/* The receipts' root, from the last one to the first. */
static bool receipts_root(struct orr_stepper *m, struct orr_hash *root) {
    if (is_beyond_proof(m, &m->receipts)) return false;
    size_t n = m->receipts.n;
    const uint8_t **items = orr_alloc(m->mem, (n + 1) * sizeof *items);
    size_t *lens = orr_alloc(m->mem, (n + 1) * sizeof *lens);
    struct orr_step_chain chain = m->receipts;
    bool good = true;
    for (size_t i = n; i-- > 0 && good; good = items[i] != NULL)
        items[i] = orr_step_chain_pop(&m->preimages, &chain, &lens[i]);
    if (good) *root = orr_trie_list_root(m->mem, items, lens, n);
    orr_free(m->mem, items, (n + 1) * sizeof *items);
    orr_free(m->mem, lens, (n + 1) * sizeof *lens);
    return good;
}

static void end_block(struct orr_stepper *m) {
    struct orr_l2_block b = {.header = m->header};
    b.header.transactions_root = m->transactions_root;
    if (!receipts_root(m, &b.header.receipts_root) ||
        orr_l2_end_header(m->state, &m->run, &b)) {
        m->error = ORR_ENOTFOUND;
        return;
    }
    m->block_hash = orr_evm_header_hash(m->mem, &b.header);
    if (b.has_message_passer)
        m->output_root =
            orr_output_root(&b.header.state_root, &b.message_passer, &m->block_hash);
    m->phase = ORR_STEP_DONE;
}

/* ---- its life ---- */

/* Walks back over the headers that are known. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    struct orr_stepper *m = ctx;
    struct orr_hash at = m->header.parent_hash;
    for (uint64_t n = m->header.number - 1; n > number; n--) { /* ends: n falls */
        struct orr_evm_header h;
        size_t len;
        const uint8_t *bytes = orr_preimage_get(&m->preimages, &at, &len);
        struct orr_rlp_reader r = orr_rlp_reader(bytes, len);
        if (!bytes || orr_evm_header_decode(&r, &h)) {
            m->error = ORR_ENOTFOUND;
            return;
        }
        at = h.parent_hash;
    }
    *hash = at;
}

struct orr_stepper *orr_step_alloc(struct orr_mem *mem) {
    struct orr_stepper *m = orr_alloc_zero(mem, sizeof *m);
    m->mem = m->preimages.mem = mem;
    m->run.hashes = (struct orr_evm_block_hashes){m, block_hash};
    orr_step_zeros_init(&m->zeros);
    return m;
}

void orr_step_know(struct orr_stepper *m, const uint8_t *bytes, size_t len) {
    orr_preimage_put(&m->preimages, bytes, len);
}

static void keep_txs(struct orr_stepper *m, const struct orr_l2_attributes *a) {
    struct orr_rlp_writer hashes = {.mem = m->mem};
    const uint8_t **items = orr_alloc(m->mem, (a->n_txs + 1) * sizeof *items);
    size_t *lens = orr_alloc(m->mem, (a->n_txs + 1) * sizeof *lens);
    for (size_t i = 0; i < a->n_txs; i++) {
        items[i] = a->txs[i].bytes;
        lens[i] = a->txs[i].len;
        struct orr_hash hash = orr_preimage_put(&m->preimages, items[i], lens[i]);
        orr_rlp_write_raw(&hashes, hash.bytes, 32);
    }
    m->n_txs = a->n_txs;
    m->tx_list = orr_preimage_put(&m->preimages, hashes.bytes, hashes.len);
    m->transactions_root = orr_trie_list_root(m->mem, items, lens, a->n_txs);
    orr_free(m->mem, items, (a->n_txs + 1) * sizeof *items);
    orr_free(m->mem, lens, (a->n_txs + 1) * sizeof *lens);
    orr_rlp_free(&hashes);
}

const char *orr_step_create(struct orr_evm_executor *executor, struct orr_evm_state *state,
                            const struct orr_l2_parent *p, const struct orr_l2_attributes *a,
                            struct orr_stepper **out) {
    struct orr_l2_block b = {.n_receipts = 0};
    enum orr_evm_rollup rollup = orr_l2_rules_at(p, a->timestamp)->rollup;
    const char *bad = orr_l2_begin_header(p, a, rollup, &b);
    if (bad) return bad;
    struct orr_stepper *m = orr_step_alloc(orr_evm_store_mem(orr_evm_state_store(state)));
    m->executor = executor;
    m->state = state;
    m->store = orr_evm_state_store(state);
    orr_step_note_zeros(m);
    m->rules = orr_l2_fork(rollup);
    m->config = (struct orr_evm_chain_config){.chain_id = p->chain->config.chain_id,
                                              .forks = &m->rules, .n_forks = 1,
                                              .dao_number = UINT64_MAX};
    m->header = b.header;
    m->header.n_fields = orr_evm_header_fields_of(m->rules.fork);
    if (b.header.extra_data) {
        memcpy(m->extra, b.extra, sizeof m->extra);
        m->header.extra_data = m->extra;
    }
    keep_txs(m, a);
    m->run.executor = executor;
    m->run.state = state;
    m->run.config = &m->config;
    m->run.rules = &m->rules;
    m->run.header = &m->header;
    orr_evm_block_run_prepare(&m->run);
    m->input_hash = orr_step_commit_input(m);
    executor->vm->depth = -1;
    *out = m;
    return NULL;
}

static void free_frames(struct orr_stepper *m) {
    struct orr_evm *vm = m->executor->vm;
    for (int i = 0; i <= ORR_EVM_MAX_DEPTH; i++) {
        if (!m->frames[i]) continue;
        if (m->frames[i]->is_here && vm->frames[i]->owns_code)
            orr_evm_code_free(vm->mem, (struct orr_evm_code *)vm->frames[i]->code);
        orr_step_frame_free(m, m->frames[i]);
        orr_free(m->mem, m->frames[i], sizeof *m->frames[i]);
    }
}

void orr_step_destroy(struct orr_stepper *m) {
    if (m->executor) {
        m->executor->host.marked = NULL;
        orr_evm_state_keep_zeros(m->state, NULL, NULL);
        free_frames(m);
    }
    free_tx(m);
    drop_mark(m);
    drop_pending(m);
    orr_evm_block_run_end(&m->run);
    if (m->is_part && m->executor) {
        orr_evm_executor_destroy(m->executor);
        orr_evm_state_destroy(m->state);
        orr_evm_store_destroy(m->store);
    }
    orr_preimages_free(&m->preimages);
    orr_free(m->mem, m, sizeof *m);
}
