/* From the preimages of step_hash.c back to a machine, of which only that is here which its next
 * step reads.  The bytes may be anybody's: what is out of range is refused. */
#include <string.h>

#include "models/rollup/step_machine.h"
#include "models/vm/trie_node.h"
#include "models/vm/witness.h"

/* ---- pieces ---- */

static struct orr_hash read_hash(struct orr_rlp_reader *r) {
    struct orr_hash hash;
    orr_rlp_read_fixed(r, hash.bytes, sizeof hash.bytes);
    return hash;
}

static uint64_t read_below(struct orr_rlp_reader *r, uint64_t end) {
    uint64_t v = orr_rlp_read_u64(r);
    if (v >= end) r->bad = true;
    return v < end ? v : 0;
}

static struct orr_step_chain read_chain(struct orr_rlp_reader *r) {
    struct orr_step_chain chain;
    chain.head = read_hash(r);
    chain.n = orr_rlp_read_u64(r);
    return chain;
}

static struct orr_step_string read_string(struct orr_rlp_reader *r) {
    struct orr_step_string s;
    s.len = read_below(r, ORR_STEP_STRING_MAX + 1);
    s.root = read_hash(r);
    return s;
}

/* ---- the input ---- */

static bool load_input(struct orr_stepper *m) {
    size_t len;
    const uint8_t *bytes = orr_preimage_get(&m->preimages, &m->input_hash, &len);
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len), list = orr_rlp_read_list(&r);
    if (!bytes) return false;
    m->config = (struct orr_evm_chain_config){.chain_id = orr_rlp_read_u256(&list),
                                              .forks = &m->rules, .n_forks = 1,
                                              .dao_number = UINT64_MAX};
    uint64_t rollup = read_below(&list, ORR_EVM_N_ROLLUPS);
    if (list.bad || !rollup || orr_evm_header_decode(&list, &m->header)) return false;
    m->n_txs = read_below(&list, ORR_STEP_PROOF_MAX / 32);
    m->tx_list = read_hash(&list);
    m->transactions_root = read_hash(&list);
    m->rules = orr_l2_fork((enum orr_evm_rollup)rollup);
    m->run.config = &m->config;
    m->run.rules = &m->rules;
    m->run.header = &m->header;
    return orr_rlp_done(&list) && orr_rlp_done(&r) && m->header.number &&
           m->header.n_fields == orr_evm_header_fields_of(m->rules.fork) &&
           m->header.gas_limit <= INT64_MAX;
}

/* ---- the state ---- */

static void read_running(struct orr_stepper *m, struct orr_rlp_reader *r) {
    struct orr_rlp_reader list = orr_rlp_read_list(r);
    struct orr_evm_running *running = &m->running;
    m->tx_type = (enum orr_evm_tx_type)read_below(&list, ORR_TX_DEPOSIT + 1);
    running->is_deposit = read_below(&list, 2);
    running->is_system = read_below(&list, 2);
    running->runs = read_below(&list, 2);
    running->is_paid = read_below(&list, 2);
    orr_rlp_read_fixed(&list, running->sender.bytes, 20);
    running->price = orr_rlp_read_u256(&list);
    running->gas_limit = read_below(&list, (uint64_t)INT64_MAX + 1);
    running->nonce = orr_rlp_read_u64(&list);
    running->floor = read_below(&list, running->gas_limit + 1);
    running->refund = read_below(&list, (uint64_t)INT64_MAX / 2);
    running->fee.l1 = orr_rlp_read_u256(&list);
    running->fee.operator_scalar = (uint32_t)read_below(&list, (uint64_t)UINT32_MAX + 1);
    running->fee.operator_constant = orr_rlp_read_u64(&list);
    if (!orr_rlp_done(&list)) r->bad = true;
}

static void read_result(struct orr_stepper *m, struct orr_rlp_reader *r) {
    m->result = (struct orr_evm_result){.status = (enum orr_evm_status)read_below(
                                            r, ORR_EVM_N_STATUSES)};
    m->result.gas_left = (int64_t)read_below(r, m->running.gas_limit + 1);
    m->result.gas_refund = (int64_t)orr_rlp_read_u64(r);
    /* what SSTORE gives is bounded by the gas that it takes */
    if (m->result.gas_refund < -(int64_t)m->running.refund ||
        m->result.gas_refund > INT64_MAX / 2)
        r->bad = true;
}

enum { ROOT, MARKS, TRANSIENT, START, N_ROOTS };

static void read_world(struct orr_stepper *m, struct orr_rlp_reader *r,
                       struct orr_evm_witness_root roots[N_ROOTS]) {
    struct orr_rlp_reader world = orr_rlp_read_list(r);
    for (int i = ROOT; i <= TRANSIENT; i++) roots[i].hash = read_hash(&world);
    roots[MARKS].is_storage = roots[TRANSIENT].is_storage = true;
    m->logs = read_chain(&world);
    m->destroyed = read_chain(&world);
    m->zeroed = read_chain(&world);
    if (!orr_rlp_done(&world)) r->bad = true;
}

static bool open_store(struct orr_stepper *m, struct orr_evm_witness_root roots[N_ROOTS],
                       const uint8_t *witness, size_t witness_len) {
    if (orr_evm_witness_open_all(m->mem, witness, witness_len, roots, N_ROOTS, true,
                                 &m->store))
        return false;
    m->state = orr_evm_state_open(m->store, roots[ROOT].node);
    orr_step_note_zeros(m);
    m->pending = (struct orr_evm_pending){roots[START].node, roots[MARKS].node,
                                          roots[TRANSIENT].node};
    m->run.executor = m->executor = orr_evm_executor_create(m->mem);
    m->run.state = m->state;
    m->executor->vm->depth = -1;
    m->executor->vm->fork = m->rules.fork;
    m->executor->vm->rules = orr_evm_op_rules(m->rules.fork);
    orr_evm_block_run_prepare(&m->run);
    return true;
}

bool orr_step_load(struct orr_stepper *m, const uint8_t *state, size_t len, const uint8_t *witness,
                   size_t witness_len) {
    struct orr_rlp_reader all = orr_rlp_reader(state, len), r = orr_rlp_read_list(&all);
    struct orr_evm_witness_root roots[N_ROOTS] = {{.is_storage = false}};
    struct orr_hash frame = {{0}};
    m->is_part = true;
    m->phase = (enum orr_step_phase)read_below(&r, ORR_STEP_DONE); /* nothing follows the end */
    m->input_hash = read_hash(&r);
    m->index = orr_rlp_read_u64(&r);
    m->deposits_are_over = read_below(&r, 2);
    m->run.gas_used = orr_rlp_read_u64(&r);
    orr_rlp_read_fixed(&r, m->run.bloom.bytes, sizeof m->run.bloom.bytes);
    m->receipts = read_chain(&r);
    read_world(m, &r, roots);
    roots[START].hash = read_hash(&r);
    bool is_within_tx = m->phase == ORR_STEP_INSTRUCTION || m->phase == ORR_STEP_TX_ENDS;
    if (is_within_tx) read_running(m, &r);
    for (int i = MARKS; i < N_ROOTS && !is_within_tx; i++)
        if (!orr_hash_equal(roots[i].hash, orr_trie_empty_hash)) r.bad = true;
    if (m->phase == ORR_STEP_INSTRUCTION) frame = read_hash(&r);
    if (m->phase == ORR_STEP_TX_ENDS) read_result(m, &r);
    if (!orr_rlp_done(&r) || !orr_rlp_done(&all) || !load_input(m)) return false;
    bool is_of_tx = m->phase != ORR_STEP_BLOCK_BEGINS && m->phase != ORR_STEP_SWEEP &&
                    m->phase != ORR_STEP_BLOCK_ENDS;
    if ((is_of_tx && m->index >= m->n_txs) || m->run.gas_used > m->header.gas_limit) return false;
    if (!open_store(m, roots, witness, witness_len)) return false;
    if (m->phase != ORR_STEP_INSTRUCTION) return true;
    size_t n;
    const uint8_t *bytes = orr_preimage_get(&m->preimages, &frame, &n);
    struct orr_rlp_reader f = orr_rlp_reader(bytes, n), list = orr_rlp_read_list(&f);
    orr_rlp_read_u64(&list);
    orr_rlp_read_u64(&list);
    int depth = (int)read_below(&list, ORR_EVM_MAX_DEPTH + 1);
    if (!bytes || list.bad || !orr_step_load_frame(m, depth, &frame)) return false;
    m->executor->vm->depth = depth;
    return true;
}

/* ---- a frame ---- */

/* A trie of which nothing but the hash matters: it is only ever assigned. */
static struct orr_trie_node *read_known(struct orr_stepper *m, struct orr_rlp_reader *r) {
    struct orr_hash hash = read_hash(r);
    if (orr_hash_equal(hash, orr_trie_empty_hash)) return NULL;
    return orr_trie_make_missing(m->store, hash.bytes);
}

static void read_entry(struct orr_stepper *m, struct orr_rlp_reader *r, struct orr_step_frame *s) {
    struct orr_rlp_reader world = orr_rlp_read_list(r);
    s->entry.root = read_known(m, &world);
    s->entry.marks = read_known(m, &world);
    s->entry.transient = read_known(m, &world);
    s->entry.logs = read_chain(&world);
    s->entry.destroyed = read_chain(&world);
    s->entry.zeroed = read_chain(&world);
    if (!orr_rlp_done(&world)) r->bad = true;
}

/* What a frame's preimage says beside what goes into the two structures right away. */
struct read_frame {
    uint64_t pc, height;
    struct orr_hash stack;
    struct orr_step_string memory, returned;
};

static bool read_frame(struct orr_stepper *m, const struct orr_hash *hash,
                       struct orr_evm_message *msg, struct orr_evm_frame *f,
                       struct orr_step_frame *s, struct read_frame *out) {
    size_t len;
    const uint8_t *bytes = orr_preimage_get(&m->preimages, hash, &len);
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len), r = orr_rlp_read_list(&all);
    if (!bytes) return false;
    msg->kind = (enum orr_evm_call_kind)read_below(&r, ORR_CREATE2 + 1);
    msg->is_static = read_below(&r, 2);
    msg->depth = (int)read_below(&r, ORR_EVM_MAX_DEPTH + 1);
    orr_rlp_read_fixed(&r, msg->recipient.bytes, 20);
    orr_rlp_read_fixed(&r, msg->sender.bytes, 20);
    msg->value = orr_rlp_read_u256(&r);
    msg->gas = (int64_t)read_below(&r, INT64_MAX / 2);
    int64_t refund = (int64_t)orr_rlp_read_u64(&r);
    out->pc = orr_rlp_read_u64(&r);
    out->height = read_below(&r, ORR_EVM_STACK_LIMIT + 1);
    out->stack = read_hash(&r);
    out->memory = read_string(&r);
    s->code_string = read_string(&r);
    s->input_string = read_string(&r);
    out->returned = read_string(&r);
    f->refund = refund;
    f->out_offset = orr_rlp_read_u64(&r);
    f->out_len = orr_rlp_read_u64(&r);
    read_entry(m, &r, s);
    s->below = read_hash(&r);
    s->has_strings = s->has_below = true;
    return orr_rlp_done(&r) && orr_rlp_done(&all) && out->memory.len % 32 == 0 &&
           refund < INT64_MAX / 4 && refund > INT64_MIN / 4 &&
           out->pc <= s->code_string.len + 32 && f->out_len <= out->memory.len &&
           f->out_offset <= out->memory.len - f->out_len;
}

bool orr_step_load_frame(struct orr_stepper *m, int depth, const struct orr_hash *hash) {
    struct orr_evm *vm = m->executor->vm;
    struct orr_evm_frame told = {.gas = 0};
    struct orr_evm_message msg = {.kind = ORR_CALL};
    struct read_frame in;
    struct orr_step_frame *s = orr_step_frame_at(m, depth);
    assert(!s->is_here);
    if (!read_frame(m, hash, &msg, &told, s, &in) || msg.depth != depth) return false;
    int kept = vm->depth;
    vm->depth = depth - 1;
    uint8_t *zeros = orr_alloc_zero(m->mem, s->code_string.len);
    msg.input = zeros;
    msg.input_len = s->code_string.len;
    struct orr_evm_frame *f = orr_evm_frame_push(vm, &msg, NULL); /* code of zeros, its own */
    orr_free(m->mem, zeros, s->code_string.len);
    vm->depth = kept;
    s->is_here = s->is_part = true;
    orr_evm_frame_reserve(m->mem, &f->memory_buffer, 0, in.memory.len);
    f->memory = f->memory_buffer.bytes;
    f->memory_len = in.memory.len;
    if (f->memory_len) memset(f->memory, 0, f->memory_len);
    f->refund = told.refund;
    f->out_offset = told.out_offset;
    f->out_len = told.out_len;
    f->pc = f->code->bytes + in.pc;
    s->n_rest = in.height;
    s->rest = in.stack;
    f->sp = f->stack + in.height - 1;
    orr_step_part_init(m->mem, &s->memory, &in.memory);
    orr_step_part_init(m->mem, &s->returned, &in.returned);
    s->input = orr_alloc_zero(m->mem, s->input_string.len);
    s->return_data = orr_alloc_zero(m->mem, in.returned.len);
    f->msg.input = f->input = s->input;
    f->msg.input_len = f->input_len = s->input_string.len;
    f->return_data = s->return_data;
    f->return_data_len = in.returned.len;
    return true;
}

/* ---- what an instruction reads ---- */

/* The words that it takes come to their places on the stack. */
static bool load_words(struct orr_stepper *m, struct orr_evm_frame *f, struct orr_step_frame *s,
                       uint64_t n) {
    uint64_t height = (uint64_t)(f->sp + 1 - f->stack);
    while (s->n_rest && height - s->n_rest < n) { /* ends: the rest becomes less */
        size_t len;
        const uint8_t *cell = orr_preimage_get(&m->preimages, &s->rest, &len);
        if (!cell || len != 64) return false;
        s->n_rest--;
        f->stack[s->n_rest] = orr_u256_load_be(cell + 32);
        memcpy(s->rest.bytes, cell, 32);
    }
    return true;
}

struct loading {
    struct orr_stepper *m;
    struct orr_evm_frame *f;
    struct orr_step_frame *s;
    struct orr_step_part code, input;
    uint8_t *first; /* of code, by chunk */
    bool good;
};

static void need(struct loading *l, struct orr_step_part *part, uint64_t from, uint64_t len,
                 uint8_t *bytes) {
    uint8_t *first = part == &l->code ? l->first : NULL;
    if (l->good)
        l->good = orr_step_part_load(&l->m->preimages, &l->m->zeros, part, from, len, bytes, first);
}

/* Operands number i (offset) and j (length). */
static void need_memory(struct loading *l, int i, int j) {
    const struct orr_u256 *sp = l->f->sp;
    need(l, &l->s->memory, orr_u256_clamp_u64(sp[-i]), orr_u256_clamp_u64(sp[-j]), l->f->memory);
}

static uint8_t *code_bytes(const struct loading *l) { return (uint8_t *)l->f->code->bytes; }

static void need_code(struct loading *l, uint64_t from, uint64_t len) {
    need(l, &l->code, from, len, code_bytes(l));
}

/* Which places in the chunks that are here a jump may go to. */
static void mark_jumpdests(struct loading *l) {
    const struct orr_evm_code *code = l->f->code;
    for (size_t i = 0; i < l->code.n_chunks; i++) {
        if (!l->code.known[i]) continue;
        size_t end = (i + 1) * ORR_STEP_CHUNK_BYTES;
        for (size_t pc = i * ORR_STEP_CHUNK_BYTES + l->first[i]; pc < end && pc < code->len; pc++) {
            if (code->bytes[pc] == ORR_OP_JUMPDEST)
                code->jumpdests[pc / 64] |= (uint64_t)1 << pc % 64;
            pc += orr_evm_op_immediate(code->bytes[pc]);
        }
    }
}

static void need_call(struct loading *l, bool has_value) {
    int at = has_value ? 3 : 2;
    need_memory(l, at, at + 1);
    need_memory(l, at + 2, at + 3); /* a precompile's output */
}

static void need_operands(struct loading *l, uint8_t op) {
    const struct orr_u256 *sp = l->f->sp;
    struct orr_step_frame *s = l->s;
    switch (op) {
    case ORR_OP_MLOAD:
    case ORR_OP_MSTORE: need(l, &s->memory, orr_u256_clamp_u64(*sp), 32, l->f->memory); break;
    case ORR_OP_MSTORE8: need(l, &s->memory, orr_u256_clamp_u64(*sp), 1, l->f->memory); break;
    case ORR_OP_KECCAK256:
    case ORR_OP_RETURN:
    case ORR_OP_REVERT:
    case ORR_OP_LOG0:
    case ORR_OP_LOG1:
    case ORR_OP_LOG2:
    case ORR_OP_LOG3:
    case ORR_OP_LOG4: need_memory(l, 0, 1); break;
    case ORR_OP_CREATE:
    case ORR_OP_CREATE2: need_memory(l, 1, 2); break;
    case ORR_OP_CALL:
    case ORR_OP_CALLCODE: need_call(l, true); break;
    case ORR_OP_DELEGATECALL:
    case ORR_OP_STATICCALL: need_call(l, false); break;
    case ORR_OP_EXTCODECOPY: need_memory(l, 1, 3); break;
    case ORR_OP_MCOPY:
        need_memory(l, 0, 2);
        need_memory(l, 1, 2);
        break;
    case ORR_OP_CALLDATALOAD: need(l, &l->input, orr_u256_clamp_u64(*sp), 32, s->input); break;
    case ORR_OP_CALLDATACOPY:
        need_memory(l, 0, 2);
        need(l, &l->input, orr_u256_clamp_u64(sp[-1]), orr_u256_clamp_u64(sp[-2]), s->input);
        break;
    case ORR_OP_RETURNDATACOPY:
        need_memory(l, 0, 2);
        need(l, &s->returned, orr_u256_clamp_u64(sp[-1]), orr_u256_clamp_u64(sp[-2]),
             s->return_data);
        break;
    case ORR_OP_CODECOPY:
        need_memory(l, 0, 2);
        need_code(l, orr_u256_clamp_u64(sp[-1]), orr_u256_clamp_u64(sp[-2]));
        break;
    case ORR_OP_JUMP: need_code(l, orr_u256_clamp_u64(*sp), 1); break;
    case ORR_OP_JUMPI:
        if (!orr_u256_is_zero(sp[-1])) need_code(l, orr_u256_clamp_u64(*sp), 1);
        break;
    default: break;
    }
}

bool orr_step_load_operands(struct orr_stepper *m, int depth) {
    struct orr_evm_frame *f = m->executor->vm->frames[depth];
    struct orr_step_frame *s = orr_step_frame_at(m, depth);
    struct loading l = {.m = m, .f = f, .s = s, .good = true};
    uint64_t pc = (uint64_t)(f->pc - f->code->bytes), height = (uint64_t)(f->sp + 1 - f->stack);
    orr_step_part_init(m->mem, &l.code, &s->code_string);
    orr_step_part_init(m->mem, &l.input, &s->input_string);
    l.first = orr_alloc_zero(m->mem, l.code.n_chunks);
    need_code(&l, pc, 33); /* an opcode and what PUSH32 pushes */
    struct orr_evm_op_rule rule = orr_evm_op_rules(m->rules.fork)[*f->pc];
    l.good = l.good && load_words(m, f, s, rule.in);
    if (l.good && rule.defined && height >= rule.in) need_operands(&l, *f->pc);
    mark_jumpdests(&l);
    size_t n_chunks = l.code.n_chunks;
    orr_step_part_free(m->mem, &l.code);
    orr_step_part_free(m->mem, &l.input);
    orr_free(m->mem, l.first, n_chunks);
    return l.good;
}
