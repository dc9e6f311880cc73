/* What a step machine is between two steps, as bytes.  Everything is an RLP list:
 *
 *     state    [phase, input, ...] (write_state); of a block that is done [phase, block hash,
 *              output root], of one that is not valid [phase, input, transaction]
 *     input    [chain id, rollup, header so far, n transactions, hash of their hashes, their root]
 *     world    [state root, marks' root, transient root, logs, n, destroyed, n, zeroed, n]
 *     running  [type, deposit, system, runs, paid, sender, price, gas limit, nonce, floor, refund,
 *              L1 fee, operator scalar, operator constant]
 *     frame    [kind, static, depth, recipient, sender, value, gas, refund, pc, stack's height, its
 *              chain, memory, code, input, return data (each length, root), where the callee's
 *              output goes (offset, length), world at entry, frame below]
 *
 * A stack's chain is keccak(chain of the words below || word), from 32 zero bytes on. */
#include <string.h>

#include "models/rollup/step_machine.h"

static struct orr_hash commit(struct orr_stepper *m, const struct orr_rlp_writer *w) {
    return m->sink ? orr_preimage_put(m->sink, w->bytes, w->len) : orr_keccak256(w->bytes, w->len);
}

static void write_hash(struct orr_rlp_writer *w, const struct orr_hash *hash) {
    orr_rlp_write_string(w, hash->bytes, sizeof hash->bytes);
}

static void write_root(struct orr_rlp_writer *w, const struct orr_trie_node *root) {
    struct orr_hash hash = orr_trie_hash(root);
    write_hash(w, &hash);
}

static void write_chain(struct orr_rlp_writer *w, const struct orr_step_chain *chain) {
    write_hash(w, &chain->head);
    orr_rlp_write_u64(w, chain->n);
}

static void write_world(struct orr_rlp_writer *w, const struct orr_step_world *world) {
    size_t list = orr_rlp_list_begin(w);
    write_root(w, world->root);
    write_root(w, world->marks);
    write_root(w, world->transient);
    write_chain(w, &world->logs);
    write_chain(w, &world->destroyed);
    write_chain(w, &world->zeroed);
    orr_rlp_list_end(w, list);
}

static void write_string(struct orr_rlp_writer *w, const struct orr_step_string *s) {
    orr_rlp_write_u64(w, s->len);
    write_hash(w, &s->root);
}

/* ---- frames ---- */

enum { OPERANDS_MAX = 17 }; /* of SWAP16 */

static struct orr_hash stack_hash(struct orr_stepper *m, const struct orr_evm_frame *f,
                                  const struct orr_step_frame *s) {
    struct orr_hash hash = s->rest;
    uint64_t n = (uint64_t)(f->sp + 1 - f->stack);
    for (uint64_t i = s->n_rest; i < n; i++) {
        uint8_t cell[64];
        memcpy(cell, hash.bytes, 32);
        orr_u256_store_be(cell + 32, f->stack[i]);
        hash = m->sink && i + OPERANDS_MAX >= n ? orr_preimage_put(m->sink, cell, sizeof cell)
                                                : orr_keccak256(cell, sizeof cell);
    }
    return hash;
}

static struct orr_step_string whole(struct orr_stepper *m, const uint8_t *bytes, size_t len,
                                    bool is_code) {
    if (len > ORR_STEP_STRING_MAX) { /* nothing can be proven of it: its length alone is told */
        m->is_too_long = true;
        return (struct orr_step_string){.len = len};
    }
    return orr_step_string(m->mem, m->sink, &m->zeros, bytes, len, is_code);
}

static void fix_strings(struct orr_stepper *m, const struct orr_evm_frame *f,
                        struct orr_step_frame *s) {
    if (s->has_strings && (!m->sink || s->is_part)) return;
    s->code_string = whole(m, f->code->bytes, f->code->len, true);
    s->input_string = whole(m, f->input, f->input_len, false);
    s->has_strings = true;
}

static struct orr_step_string memory_of(struct orr_stepper *m, const struct orr_evm_frame *f,
                                        const struct orr_step_frame *s) {
    struct orr_step_string out;
    if (!s->is_part || f->memory_len > ORR_STEP_STRING_MAX)
        return whole(m, f->memory, f->memory_len, false);
    if (!orr_step_part_update(&m->preimages, &m->zeros, &s->memory, f->memory, f->memory_len,
                              &out))
        m->error = ORR_ENOTFOUND;
    return out;
}

static struct orr_step_string returned_of(struct orr_stepper *m, const struct orr_evm_frame *f,
                                          const struct orr_step_frame *s) {
    if (s->is_part && f->return_data == s->return_data && f->return_data_len == s->returned.was.len)
        return s->returned.was;
    return whole(m, f->return_data, f->return_data_len, false);
}

static struct orr_hash frame_hash(struct orr_stepper *m, int depth) {
    const struct orr_evm_frame *f = m->executor->vm->frames[depth];
    struct orr_step_frame *s = orr_step_frame_at(m, depth);
    struct orr_rlp_writer w = {.mem = m->mem};
    fix_strings(m, f, s);
    struct orr_hash stack = stack_hash(m, f, s);
    struct orr_step_string memory = memory_of(m, f, s), returned = returned_of(m, f, s);
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u64(&w, f->msg.kind);
    orr_rlp_write_u64(&w, f->msg.is_static);
    orr_rlp_write_u64(&w, (uint64_t)f->msg.depth);
    orr_rlp_write_string(&w, f->msg.recipient.bytes, 20);
    orr_rlp_write_string(&w, f->msg.sender.bytes, 20);
    orr_rlp_write_u256(&w, f->msg.value);
    orr_rlp_write_u64(&w, (uint64_t)f->gas);
    orr_rlp_write_u64(&w, (uint64_t)f->refund);
    orr_rlp_write_u64(&w, (uint64_t)(f->pc - f->code->bytes));
    orr_rlp_write_u64(&w, (uint64_t)(f->sp + 1 - f->stack));
    write_hash(&w, &stack);
    write_string(&w, &memory);
    write_string(&w, &s->code_string);
    write_string(&w, &s->input_string);
    write_string(&w, &returned);
    bool waits = depth < m->executor->vm->depth; /* the innermost has not called yet */
    orr_rlp_write_u64(&w, waits ? f->out_offset : 0);
    orr_rlp_write_u64(&w, waits ? f->out_len : 0);
    write_world(&w, &s->entry);
    write_hash(&w, &s->below);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = commit(m, &w);
    orr_rlp_free(&w);
    return hash;
}

/* Only what is new since it was asked last is hashed; a proof needs the two innermost frames. */
static struct orr_hash frames_hash(struct orr_stepper *m) {
    int depth = m->executor->vm->depth, from = depth;
    assert(depth >= 0);
    while (from > 0 && !orr_step_frame_at(m, from)->has_below) from--;
    if (m->sink && from == depth && depth > 0) from--;
    for (; from < depth; from++) {
        struct orr_step_frame *above = orr_step_frame_at(m, from + 1);
        struct orr_preimages *sink = m->sink;
        if (from < depth - 1) m->sink = NULL;
        above->below = frame_hash(m, from);
        above->has_below = true;
        m->sink = sink;
    }
    return frame_hash(m, depth);
}

/* ---- the whole ---- */

struct orr_hash orr_step_commit_input(struct orr_stepper *m) {
    struct orr_rlp_writer w = {.mem = m->mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u256(&w, m->config.chain_id);
    orr_rlp_write_u64(&w, m->rules.rollup);
    orr_evm_header_encode(&m->header, &w);
    orr_rlp_write_u64(&w, m->n_txs);
    write_hash(&w, &m->tx_list);
    write_hash(&w, &m->transactions_root);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = orr_preimage_put(&m->preimages, w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}

static void write_running(struct orr_stepper *m, struct orr_rlp_writer *w) {
    const struct orr_evm_running *r = &m->running;
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, m->tx_type);
    orr_rlp_write_u64(w, r->is_deposit);
    orr_rlp_write_u64(w, r->is_system);
    orr_rlp_write_u64(w, r->runs);
    orr_rlp_write_u64(w, r->is_paid);
    orr_rlp_write_string(w, r->sender.bytes, 20);
    orr_rlp_write_u256(w, r->price);
    orr_rlp_write_u64(w, r->gas_limit);
    orr_rlp_write_u64(w, r->nonce);
    orr_rlp_write_u64(w, r->floor);
    orr_rlp_write_u64(w, r->refund);
    orr_rlp_write_u256(w, r->fee.l1);
    orr_rlp_write_u64(w, r->fee.operator_scalar);
    orr_rlp_write_u64(w, r->fee.operator_constant);
    orr_rlp_list_end(w, list);
}

static void write_state(struct orr_stepper *m, struct orr_rlp_writer *w) {
    struct orr_step_world world = {orr_evm_state_trie(m->state), m->pending.marks,
                                   m->pending.transient, m->logs, m->destroyed, m->zeroed};
    struct orr_hash frames = {{0}};
    if (m->phase == ORR_STEP_INSTRUCTION) frames = frames_hash(m);
    write_hash(w, &m->input_hash);
    orr_rlp_write_u64(w, m->index);
    if (m->phase == ORR_STEP_INVALID) return;
    orr_rlp_write_u64(w, m->deposits_are_over);
    orr_rlp_write_u64(w, m->run.gas_used);
    orr_rlp_write_string(w, m->run.bloom.bytes, sizeof m->run.bloom.bytes);
    write_chain(w, &m->receipts);
    write_world(w, &world);
    write_root(w, m->pending.start);
    if (m->phase == ORR_STEP_INSTRUCTION || m->phase == ORR_STEP_TX_ENDS) write_running(m, w);
    if (m->phase == ORR_STEP_INSTRUCTION) write_hash(w, &frames);
    if (m->phase == ORR_STEP_TX_ENDS) {
        orr_rlp_write_u64(w, m->result.status);
        orr_rlp_write_u64(w, (uint64_t)m->result.gas_left);
        orr_rlp_write_u64(w, (uint64_t)m->result.gas_refund);
    }
}

struct orr_hash orr_step_commit(struct orr_stepper *m) {
    struct orr_rlp_writer w = {.mem = m->mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u64(&w, m->phase);
    if (m->phase == ORR_STEP_DONE) {
        write_hash(&w, &m->block_hash);
        write_hash(&w, &m->output_root);
    } else {
        write_state(m, &w);
    }
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = commit(m, &w);
    orr_rlp_free(&w);
    return hash;
}
