/* vm.c - a small stack machine: a subset of the Ethereum Virtual Machine (README.md).
 * `machine_run` at the end is where a case begins. */
#include "machine.h"

#include "instructions.h"
#include "models/base/keccak.h"
#include "words.h"

enum { STACK_LIMIT = 1024, DEPTH_LIMIT = 1024, MEMORY_MOST = 16 << 20 };
enum { WORLD_SLOTS = 512, WORLD_WARM = 64 };

/* ---- what runs ---- */

/* A call that runs. */
struct frame {
    struct frame *parent; /* NULL: the outermost */
    const uint8_t *code, *input;
    uint32_t code_len, input_len, pc;
    struct orr_address self, caller; /* whose storage; ADDRESS and CALLER */
    bool is_static;
    uint32_t depth; /* 0: the outermost */
    int64_t gas;
    struct orr_u256 *stack; /* [n] of STACK_LIMIT */
    uint32_t n;
    uint8_t *memory; /* [memory_len], a multiple of 32; owned */
    uint32_t memory_len;
    uint8_t *data; /* [data_len] what the last call returned; owned */
    uint32_t data_len;
    uint8_t *output; /* [output_len] what this one returns; owned */
    uint32_t output_len;
};

struct slot {
    struct orr_address address;
    struct orr_u256 key, original, now;
    bool is_warm, is_transient;
};

/* One change of the world, and what was there before it. */
enum change_kind { VALUE, WARM_SLOT, WARM_ADDRESS, LOGGED, REFUND };
struct change {
    enum change_kind kind;
    uint32_t at;
    struct orr_u256 old;
    int64_t refund;
};

struct machine {
    const struct machine_case *c;
    struct orr_mem *mem;
    struct slot slots[WORLD_SLOTS];
    uint32_t n_slots;
    struct orr_address warm[WORLD_WARM];
    uint32_t n_warm;
    struct machine_log logs[LOGS_MOST];
    uint32_t n_logs;
    int64_t refund;
    struct change *journal; /* [n_changes] of n_room; owned */
    uint32_t n_changes, n_room;
};

/* ---- gas, stack, memory ---- */

/* false: it is not there, and the call fails. */
static bool spend(struct frame *f, int64_t gas) {
    if (gas > f->gas) return false;
    f->gas -= gas;
    return true;
}

static void push(struct frame *f, struct orr_u256 v) { f->stack[f->n++] = v; }
static struct orr_u256 pop(struct frame *f) { return f->stack[--f->n]; }

static int64_t words_of(uint64_t bytes) { return (int64_t)((bytes + 31) / 32); }
/* What a memory of so many words costs in all. */
static int64_t memory_cost(int64_t words) { return 3 * words + words * words / 512; }

/* Memory from at[len] on is going to be used: it grows, in whole words of zeros, and what it costs
 * more than before is paid.  false: the call fails.  A length of 0 uses nothing, wherever it is. */
static bool use_memory(struct machine *m, struct frame *f, struct orr_u256 at,
                       struct orr_u256 len) {
    if (is_zero(len)) return true;
    if (!word_less(at, word(MEMORY_MOST)) || !word_less(len, word(MEMORY_MOST))) return false;
    uint64_t end = at.limb[0] + len.limb[0];
    if (end <= f->memory_len) return true;
    int64_t before = words_of(f->memory_len), after = words_of(end);
    if (!spend(f, memory_cost(after) - memory_cost(before))) return false;
    uint32_t size = (uint32_t)after * 32;
    f->memory = orr_resize(m->mem, f->memory, f->memory_len, size);
    memset(f->memory + f->memory_len, 0, size - f->memory_len);
    f->memory_len = size;
    return true;
}

/* Copies from[from_len], from `at` on, into memory; what lies behind its end is zeros. */
static bool copy_in(struct machine *m, struct frame *f, const uint8_t *from, uint32_t from_len) {
    struct orr_u256 to = pop(f), at = pop(f), len = pop(f);
    if (!use_memory(m, f, to, len)) return false;
    if (!spend(f, 3 * words_of(len.limb[0]))) return false;
    if (is_zero(len)) return true;
    uint32_t n = (uint32_t)len.limb[0], start = from_len;
    if (word_less(at, word(from_len))) start = (uint32_t)at.limb[0];
    uint32_t there = from_len - start < n ? from_len - start : n;
    uint8_t *place = f->memory + to.limb[0];
    if (there) memcpy(place, from + start, there);
    memset(place + there, 0, n - there);
    return true;
}

static bool move_memory(struct machine *m, struct frame *f) {
    struct orr_u256 to = pop(f), from = pop(f), len = pop(f);
    struct orr_u256 last = word_less(to, from) ? from : to;
    if (!use_memory(m, f, last, len)) return false;
    if (!spend(f, 3 * words_of(len.limb[0]))) return false;
    if (!is_zero(len)) memmove(f->memory + to.limb[0], f->memory + from.limb[0], len.limb[0]);
    return true;
}

static bool load_word(struct machine *m, struct frame *f) {
    struct orr_u256 at = pop(f);
    if (!use_memory(m, f, at, word(32))) return false;
    push(f, orr_u256_load_be(f->memory + at.limb[0]));
    return true;
}
static bool store_word(struct machine *m, struct frame *f) {
    struct orr_u256 at = pop(f), value = pop(f);
    if (!use_memory(m, f, at, word(32))) return false;
    orr_u256_store_be(f->memory + at.limb[0], value);
    return true;
}
static bool store_byte(struct machine *m, struct frame *f) {
    struct orr_u256 at = pop(f), value = pop(f);
    if (!use_memory(m, f, at, word(1))) return false;
    f->memory[at.limb[0]] = (uint8_t)value.limb[0];
    return true;
}
static bool hash_memory(struct machine *m, struct frame *f) {
    struct orr_u256 at = pop(f), len = pop(f);
    if (!use_memory(m, f, at, len)) return false;
    if (!spend(f, 6 * words_of(len.limb[0]))) return false;
    const uint8_t *bytes = is_zero(len) ? f->input : f->memory + at.limb[0];
    push(f, orr_u256_from_hash(orr_keccak256(bytes, len.limb[0])));
    return true;
}
static void load_input(struct frame *f) {
    struct orr_u256 at = pop(f);
    uint8_t bytes[32] = {0};
    if (word_less(at, word(f->input_len))) {
        uint32_t start = (uint32_t)at.limb[0], n = f->input_len - start;
        memcpy(bytes, f->input + start, n < 32 ? n : 32);
    }
    push(f, orr_u256_load_be(bytes));
}

/* RETURN and REVERT: what this call hands back. */
static bool hand_back(struct machine *m, struct frame *f) {
    struct orr_u256 at = pop(f), len = pop(f);
    if (!use_memory(m, f, at, len)) return false;
    f->output_len = (uint32_t)len.limb[0];
    f->output = orr_alloc(m->mem, f->output_len);
    if (f->output_len) memcpy(f->output, f->memory + at.limb[0], f->output_len);
    return true;
}

/* ---- jumps ---- */

/* Is there a JUMPDEST at `to`, that is no data of a PUSH? */
static bool may_jump(const struct frame *f, struct orr_u256 to) {
    if (!word_less(to, word(f->code_len))) return false;
    uint32_t pc = 0;
    while (pc < to.limb[0]) {
        uint8_t op = f->code[pc++];
        if (op >= OP_PUSH1 && op <= OP_PUSH32) pc += op - OP_PUSH1 + 1u;
    }
    return pc == to.limb[0] && f->code[pc] == OP_JUMPDEST;
}
static bool jump(struct frame *f, uint8_t op) {
    struct orr_u256 to = pop(f);
    if (op == OP_JUMPI && is_zero(pop(f))) return true;
    if (!may_jump(f, to)) return false;
    f->pc = (uint32_t)to.limb[0];
    return true;
}
/* Are there the words that an instruction pops, and is there room for what it pushes? */
static bool stack_fits(const struct frame *f, const struct instruction *i) {
    return f->n >= i->pops && f->n - i->pops + i->pushes <= STACK_LIMIT;
}

static void push_data(struct frame *f, uint32_t n) {
    uint8_t bytes[32] = {0};
    for (uint32_t i = 0; i < n && f->pc + i < f->code_len; i++)
        bytes[32 - n + i] = f->code[f->pc + i];
    f->pc += n;
    push(f, orr_u256_load_be(bytes));
}

/* ---- the world, and its journal ---- */

static bool same_address(const struct orr_address *a, const struct orr_address *b) {
    return !memcmp(a, b, sizeof *a);
}

static void note(struct machine *m, struct change change) {
    if (m->n_changes == m->n_room) {
        uint32_t room = m->n_room ? 2 * m->n_room : 64;
        m->journal = orr_resize(m->mem, m->journal, m->n_room * sizeof *m->journal,
                                room * sizeof *m->journal);
        m->n_room = room;
    }
    m->journal[m->n_changes++] = change;
}
/* Undoes all changes from number `mark` on. */
static void undo(struct machine *m, uint32_t mark) {
    while (m->n_changes > mark) {
        const struct change *c = &m->journal[--m->n_changes];
        switch (c->kind) {
        case VALUE: m->slots[c->at].now = c->old; break;
        case WARM_SLOT: m->slots[c->at].is_warm = false; break;
        case WARM_ADDRESS: m->n_warm = c->at; break;
        case LOGGED: m->n_logs = c->at; break;
        case REFUND: m->refund = c->refund; break;
        }
    }
}

/* The slot of an account, which is made when there is none: its values are zero. */
static struct slot *slot_of(struct machine *m, const struct orr_address *address,
                            struct orr_u256 key, bool is_transient) {
    for (uint32_t i = 0; i < m->n_slots; i++) {
        struct slot *s = &m->slots[i];
        if (s->is_transient == is_transient && orr_u256_equal(s->key, key) &&
            same_address(&s->address, address))
            return s;
    }
    if (m->n_slots == WORLD_SLOTS) return &m->slots[WORLD_SLOTS - 1];
    m->slots[m->n_slots] =
        (struct slot){.address = *address, .key = key, .is_transient = is_transient};
    return &m->slots[m->n_slots++];
}
static void set_slot(struct machine *m, struct slot *s, struct orr_u256 value) {
    note(m, (struct change){.kind = VALUE, .at = (uint32_t)(s - m->slots), .old = s->now});
    s->now = value;
}
static void add_refund(struct machine *m, int64_t refund) {
    note(m, (struct change){.kind = REFUND, .refund = m->refund});
    m->refund += refund;
}

/* What the first touch of a slot costs (EIP-2929); it is warm from then on. */
static int64_t touch_slot(struct machine *m, struct slot *s, int64_t cold, int64_t warm) {
    if (s->is_warm) return warm;
    note(m, (struct change){.kind = WARM_SLOT, .at = (uint32_t)(s - m->slots)});
    s->is_warm = true;
    return cold;
}
/* The same of an account that is called: 2,600 the first time, then 100. */
static int64_t touch_address(struct machine *m, const struct orr_address *address) {
    for (uint32_t i = 0; i < m->n_warm; i++)
        if (same_address(&m->warm[i], address)) return 100;
    if (m->n_warm == WORLD_WARM) return 2600;
    note(m, (struct change){.kind = WARM_ADDRESS, .at = m->n_warm});
    m->warm[m->n_warm++] = *address;
    return 2600;
}

static bool load_slot(struct machine *m, struct frame *f) {
    struct slot *s = slot_of(m, &f->self, pop(f), false);
    if (!spend(f, touch_slot(m, s, 2100, 100))) return false;
    push(f, s->now);
    return true;
}
/* EIP-2200's cost of a write, the touch aside. */
static int64_t store_cost(const struct slot *s, struct orr_u256 value) {
    if (orr_u256_equal(s->now, value)) return 100;
    if (!orr_u256_equal(s->original, s->now)) return 100;
    return is_zero(s->original) ? 20000 : 2900;
}
/* EIP-3529's refund of a write. */
static int64_t store_refund(const struct slot *s, struct orr_u256 value) {
    int64_t refund = 0;
    if (orr_u256_equal(s->now, value)) return 0;
    bool was_zero = is_zero(s->original);
    if (!was_zero && is_zero(s->now)) refund -= 4800;
    if (!was_zero && is_zero(value)) refund += 4800;
    if (!orr_u256_equal(s->original, s->now) && orr_u256_equal(s->original, value))
        refund += was_zero ? 19900 : 2800;
    return refund;
}
static bool store_slot(struct machine *m, struct frame *f) {
    struct orr_u256 key = pop(f), value = pop(f);
    if (f->is_static || f->gas <= 2300) return false;
    struct slot *s = slot_of(m, &f->self, key, false);
    if (!spend(f, touch_slot(m, s, 2100, 0) + store_cost(s, value))) return false;
    add_refund(m, store_refund(s, value));
    set_slot(m, s, value);
    return true;
}
static bool store_transient(struct machine *m, struct frame *f) {
    struct orr_u256 key = pop(f), value = pop(f);
    if (f->is_static) return false;
    set_slot(m, slot_of(m, &f->self, key, true), value);
    return true;
}
static bool log_memory(struct machine *m, struct frame *f, uint32_t n_topics) {
    struct orr_u256 at = pop(f), len = pop(f);
    struct machine_log log = {.address = f->self, .n_topics = n_topics};
    for (uint32_t i = 0; i < n_topics; i++) log.topics[i] = pop(f);
    if (f->is_static || !use_memory(m, f, at, len)) return false;
    if (!spend(f, 8 * (int64_t)len.limb[0])) return false;
    if (m->n_logs == LOGS_MOST || len.limb[0] > LOG_DATA_MOST) return true;
    log.len = (uint32_t)len.limb[0];
    if (log.len) memcpy(log.data, f->memory + at.limb[0], log.len);
    note(m, (struct change){.kind = LOGGED, .at = m->n_logs});
    m->logs[m->n_logs++] = log;
    return true;
}

/* ---- calls ---- */

static enum machine_end run(struct machine *m, struct frame *f);

static const struct machine_account *account_of(const struct machine *m,
                                                const struct orr_address *address) {
    for (uint32_t i = 0; i < m->c->n_accounts; i++)
        if (same_address(&m->c->accounts[i].address, address)) return &m->c->accounts[i];
    return NULL;
}

/* Runs a call to its end, and undoes what it did unless it STOPPED. */
static enum machine_end run_call(struct machine *m, struct frame *f,
                                 const struct orr_address *code) {
    const struct machine_account *account = account_of(m, code);
    if (!account || !account->code_len) return STOPPED;
    f->code = account->code;
    f->code_len = account->code_len;
    f->stack = orr_alloc(m->mem, STACK_LIMIT * sizeof *f->stack);
    uint32_t mark = m->n_changes;
    enum machine_end end = run(m, f);
    if (end != STOPPED) undo(m, mark);
    if (end == FAILED) f->gas = 0;
    orr_free(m->mem, f->memory, f->memory_len);
    orr_free(m->mem, f->data, f->data_len);
    return end;
}
static void end_call(struct machine *m, struct frame *f) {
    if (f->stack) orr_free(m->mem, f->stack, STACK_LIMIT * sizeof *f->stack);
    orr_free(m->mem, f->output, f->output_len);
}

/* What the callee gets of a call's gas: what is asked for, and at most all but a 64th (EIP-150). */
static int64_t gas_for(const struct frame *f, struct orr_u256 asked) {
    int64_t most = f->gas - f->gas / 64;
    return word_less(asked, word((uint64_t)most)) ? (int64_t)asked.limb[0] : most;
}

/* The callee's data are its caller's return data, and go into its memory as far as there is room.
 */
static void take_back(struct machine *m, struct frame *f, struct frame *callee,
                      enum machine_end end, struct orr_u256 at, struct orr_u256 len) {
    orr_free(m->mem, f->data, f->data_len);
    f->data = NULL;
    f->data_len = 0;
    f->gas += callee->gas;
    if (end != FAILED && callee->output_len) {
        f->data_len = callee->output_len;
        f->data = orr_alloc(m->mem, f->data_len);
        memcpy(f->data, callee->output, f->data_len);
        uint64_t n = word_less(len, word(f->data_len)) ? len.limb[0] : f->data_len;
        if (n) memcpy(f->memory + at.limb[0], f->data, n);
    }
    push(f, word(end == STOPPED));
}

static bool call(struct machine *m, struct frame *f, uint8_t op) {
    struct orr_u256 asked = pop(f), to_word = pop(f);
    if (op == OP_CALL) (void)pop(f); /* the value: always zero in this lab */
    struct orr_u256 in = pop(f), in_len = pop(f), out = pop(f), out_len = pop(f);
    struct orr_address to = orr_u256_to_address(to_word);
    if (!use_memory(m, f, in, in_len) || !use_memory(m, f, out, out_len)) return false;
    if (!spend(f, touch_address(m, &to))) return false;
    struct frame callee = {.parent = f,
                           .self = to,
                           .caller = f->self,
                           .depth = f->depth + 1,
                           .input = is_zero(in_len) ? f->code : f->memory + in.limb[0],
                           .input_len = (uint32_t)in_len.limb[0],
                           .gas = gas_for(f, asked)};
    callee.is_static = f->is_static || op == OP_STATICCALL;
    if (op == OP_DELEGATECALL) {
        callee.self = f->self;
        callee.caller = f->caller;
    }
    f->gas -= callee.gas;
    enum machine_end end = FAILED;
    if (callee.depth <= DEPTH_LIMIT) end = run_call(m, &callee, &to);
    take_back(m, f, &callee, end, out, out_len);
    end_call(m, &callee);
    return true;
}

static bool copy_data(struct machine *m, struct frame *f) {
    struct orr_u256 at = f->stack[f->n - 2], len = f->stack[f->n - 3], end = word_add(at, len);
    if (word_less(end, at) || word_less(word(f->data_len), end)) return false;
    return copy_in(m, f, f->data, f->data_len);
}

/* ---- the loop ---- */

/* Instructions that only compute: pops one to three words and pushes one. */
static void run_compute(struct frame *f, uint8_t op, uint32_t pops) {
    struct orr_u256 v[3] = {{{0}}};
    for (uint32_t i = 0; i < pops; i++) v[i] = pop(f);
    push(f, word_compute(op, v[0], v[1], v[2]));
}
/* EXP costs 50 more for each byte of the exponent. */
static bool spend_exponent(struct frame *f) {
    struct orr_u256 exponent = f->stack[f->n - 2];
    int64_t bytes = 0;
    while (!is_zero(exponent)) {
        exponent = word_shift_right(exponent, 8);
        bytes++;
    }
    if (!spend(f, 50 * bytes)) return false;
    (void)f;
    return true;
}
/* Instructions that move words on the stack. */
static bool run_stack(struct frame *f, uint8_t op) {
    if (op >= OP_PUSH1 && op <= OP_PUSH32)
        push_data(f, op - OP_PUSH1 + 1u);
    else if (op >= OP_DUP1 && op <= OP_DUP16)
        push(f, f->stack[f->n - (op - OP_DUP1 + 1u)]);
    else if (op >= OP_SWAP1 && op <= OP_SWAP16) {
        struct orr_u256 *other = &f->stack[f->n - (op - OP_SWAP1 + 2u)], top = f->stack[f->n - 1];
        f->stack[f->n - 1] = *other;
        *other = top;
    } else
        return false;
    return true;
}
/* Instructions that ask for something. */
static bool run_question(struct frame *f, uint8_t op) {
    switch (op) {
    case OP_ADDRESS: push(f, orr_u256_from_address(f->self)); return true;
    case OP_CALLER: push(f, orr_u256_from_address(f->caller)); return true;
    case OP_CALLDATASIZE: push(f, word(f->input_len)); return true;
    case OP_CODESIZE: push(f, word(f->code_len)); return true;
    case OP_RETURNDATASIZE: push(f, word(f->data_len)); return true;
    case OP_PC: push(f, word(f->pc - 1)); return true;
    case OP_MSIZE: push(f, word(f->memory_len)); return true;
    case OP_GAS: push(f, word((uint64_t)f->gas)); return true;
    case OP_PUSH0: push(f, word(0)); return true;
    case OP_CALLDATALOAD: load_input(f); return true;
    default: return false;
    }
}
/* All others; false: the call fails. */
static bool run_other(struct machine *m, struct frame *f, uint8_t op) {
    switch (op) {
    case OP_POP: (void)pop(f); return true;
    case OP_JUMPDEST: return true;
    case OP_KECCAK256: return hash_memory(m, f);
    case OP_CALLDATACOPY: return copy_in(m, f, f->input, f->input_len);
    case OP_CODECOPY: return copy_in(m, f, f->code, f->code_len);
    case OP_RETURNDATACOPY: return copy_data(m, f);
    case OP_MLOAD: return load_word(m, f);
    case OP_MSTORE: return store_word(m, f);
    case OP_MSTORE8: return store_byte(m, f);
    case OP_MCOPY: return move_memory(m, f);
    case OP_JUMP:
    case OP_JUMPI: return jump(f, op);
    case OP_SLOAD: return load_slot(m, f);
    case OP_SSTORE: return store_slot(m, f);
    case OP_TLOAD: push(f, slot_of(m, &f->self, pop(f), true)->now); return true;
    case OP_TSTORE: return store_transient(m, f);
    case OP_CALL:
    case OP_DELEGATECALL:
    case OP_STATICCALL: return call(m, f, op);
    default: return log_memory(m, f, op - OP_LOG0);
    }
}

/* One instruction; false: the call fails. */
static bool run_one(struct machine *m, struct frame *f, uint8_t op, const struct instruction *i) {
    bool computes = op && op <= OP_SAR;
    if (op == OP_EXP && !spend_exponent(f)) return false;
    if (computes)
        run_compute(f, op, i->pops);
    else if (!run_stack(f, op) && !run_question(f, op))
        return run_other(m, f, op);
    return true;
}

static enum machine_end run(struct machine *m, struct frame *f) {
    for (;;) { /* ends: every instruction costs gas */
        uint8_t op = f->pc < f->code_len ? f->code[f->pc] : OP_STOP;
        struct instruction i = instruction_of(op);
        if (!i.exists || !stack_fits(f, &i) || !spend(f, i.gas)) return FAILED;
        if (op == OP_STOP) return STOPPED;
        if (op == OP_RETURN) return hand_back(m, f) ? STOPPED : FAILED;
        if (op == OP_REVERT) return hand_back(m, f) ? REVERTED : FAILED;
        f->pc++;
        if (!run_one(m, f, op, &i)) return FAILED;
    }
}

/* ---- a case ---- */

static void give_answer(const struct machine *m, const struct frame *f, enum machine_end end,
                        struct machine_answer *answer) {
    /* RETURN and REVERT have popped two words, which are still there */
    uint32_t n = f->n;
    if (f->pc < f->code_len && f->code[f->pc] != OP_STOP && end != FAILED) n += 2;
    answer->end = end;
    answer->gas_left = f->gas;
    answer->n_stack = n;
    for (uint32_t i = 0; i < n && i < STACK_SHOWN; i++) answer->stack[i] = f->stack[i];
    if (end != FAILED && f->output_len <= OUTPUT_MOST) {
        answer->output_len = f->output_len;
        if (f->output_len) memcpy(answer->output, f->output, f->output_len);
    }
    if (end == STOPPED) {
        answer->refund = m->refund;
        answer->n_logs = m->n_logs;
        memcpy(answer->logs, m->logs, sizeof m->logs);
    }
    answer->n_slots = 0;
    for (uint32_t i = 0; i < m->n_slots && answer->n_slots < SLOTS_MOST; i++) {
        const struct slot *s = &m->slots[i];
        if (s->is_transient || is_zero(s->now)) continue;
        answer->slots[answer->n_slots++] = (struct machine_slot){s->address, s->key, s->now};
    }
}

static void machine_run(const struct machine_case *c, struct orr_mem *mem,
                        struct machine_answer *answer) {
    struct machine *m = orr_alloc_zero(mem, sizeof *m);
    m->c = c;
    m->mem = mem;
    m->warm[m->n_warm++] = c->caller;
    m->warm[m->n_warm++] = c->to;
    for (uint32_t i = 0; i < c->n_slots; i++) {
        struct slot *s = slot_of(m, &c->slots[i].address, c->slots[i].key, false);
        s->original = s->now = c->slots[i].value;
    }
    struct frame f = {.self = c->to,
                      .caller = c->caller,
                      .input = c->input,
                      .input_len = c->input_len,
                      .gas = c->gas};
    enum machine_end end = run_call(m, &f, &c->to);
    give_answer(m, &f, end, answer);
    end_call(m, &f);
    orr_free(mem, m->journal, m->n_room * sizeof *m->journal);
    orr_free(mem, m, sizeof *m);
}
