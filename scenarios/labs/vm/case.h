/* case.h - what a small stack machine is asked and what it answers, and both as bytes of a message.
 *
 * A case is one message call into a small world of accounts with code and storage; an answer is
 * what the call came to.  The machine is a subset of the Ethereum Virtual Machine as Cancun has it
 * (README.md lists its instructions and their gas). */
#ifndef ORR_LABS_VM_CASE_H
#define ORR_LABS_VM_CASE_H

#include "models/base/words.h"

enum {
    ACCOUNTS_MOST = 4,
    SLOTS_MOST = 64, /* of storage that are not zero, in all accounts */
    LOGS_MOST = 32,
    LOG_DATA_MOST = 128, /* bytes */
    CODE_MOST = 1024,
    INPUT_MOST = 256,
    OUTPUT_MOST = 1024,
    STACK_SHOWN = 32,  /* words of the stack in an answer, from the bottom */
    CASE_MOST = 16384, /* bytes of a message */
    ANSWER_MOST = 32768
};

/* How a call ended.  REVERTED keeps gas and output and undoes the state; FAILED takes all gas, has
 * no output and undoes the state. */
enum machine_end { STOPPED, REVERTED, FAILED };

struct machine_account {
    struct orr_address address;
    const uint8_t *code; /* [code_len], lent */
    uint32_t code_len;
};
/* A slot of an account's storage; those that are not listed are zero. */
struct machine_slot {
    struct orr_address address;
    struct orr_u256 key, value;
};
struct machine_log {
    struct orr_address address;
    uint32_t n_topics, len;
    struct orr_u256 topics[4];
    uint8_t data[LOG_DATA_MOST];
};

struct machine_case {
    struct orr_address caller, to; /* `to` is accounts[0] */
    const uint8_t *input;          /* [input_len] call data, lent */
    uint32_t input_len;
    int64_t gas;
    struct machine_account accounts[ACCOUNTS_MOST];
    uint32_t n_accounts;
    struct machine_slot slots[SLOTS_MOST]; /* storage before the call */
    uint32_t n_slots;
};

struct machine_answer {
    enum machine_end end;
    int64_t gas_left, refund; /* refund: 0 unless STOPPED */
    uint8_t output[OUTPUT_MOST];
    uint32_t output_len;
    /* The outermost stack as the instruction found it that ended the call (STOP, RETURN or REVERT),
     * stack[0] at its bottom; n_stack may be above STACK_SHOWN.  Not looked at after FAILED. */
    struct orr_u256 stack[STACK_SHOWN];
    uint32_t n_stack;
    struct machine_slot slots[SLOTS_MOST]; /* storage after the call, in any order */
    uint32_t n_slots;
    struct machine_log logs[LOGS_MOST]; /* in order; none unless STOPPED */
    uint32_t n_logs;
};

/* ---- as bytes ---- */

enum { CASE, ANSWER }; /* kinds of messages; each begins with its number, u32 */

/* Writes to `to`, or reads from `from`, one after another; is_bad: it did not fit. */
struct coder {
    uint8_t *to;
    const uint8_t *from;
    uint32_t at, len;
    bool is_bad;
};
static inline uint32_t code_place(struct coder *c, uint32_t n) {
    uint32_t at = c->at;
    if (n > c->len - c->at) {
        c->is_bad = true;
        return UINT32_MAX;
    }
    c->at += n;
    return at;
}
static inline void code_bytes(struct coder *c, void *bytes, uint32_t n) {
    uint32_t at = code_place(c, n);
    if (at == UINT32_MAX) return;
    if (c->to)
        memcpy(c->to + at, bytes, n);
    else if (c->from)
        memcpy(bytes, c->from + at, n);
}
static inline void code_u32(struct coder *c, uint32_t *v) {
    uint8_t bytes[4];
    orr_store_le32(bytes, *v);
    code_bytes(c, bytes, 4);
    if (!c->to) *v = c->is_bad ? 0 : orr_load_le32(bytes);
}
static inline void code_i64(struct coder *c, int64_t *v) {
    uint8_t bytes[8];
    orr_store_le64(bytes, (uint64_t)*v);
    code_bytes(c, bytes, 8);
    if (!c->to) *v = c->is_bad ? 0 : (int64_t)orr_load_le64(bytes);
}
static inline void code_word(struct coder *c, struct orr_u256 *v) {
    uint8_t bytes[32];
    orr_u256_store_be(bytes, *v);
    code_bytes(c, bytes, 32);
    if (!c->to && !c->is_bad) *v = orr_u256_load_be(bytes);
}
/* A number that is at most `most`. */
static inline void code_count(struct coder *c, uint32_t *n, uint32_t most) {
    code_u32(c, n);
    if (*n <= most) return;
    c->is_bad = true;
    *n = 0;
}
/* Bytes that are lent by the message when they are read. */
static inline void code_text(struct coder *c, const uint8_t **text, uint32_t *n, uint32_t most) {
    code_count(c, n, most);
    if (c->to) {
        code_bytes(c, (void *)(uintptr_t)*text, *n);
        return;
    }
    uint32_t at = code_place(c, *n);
    *text = c->from + (at == UINT32_MAX ? 0 : at);
    if (at == UINT32_MAX) *n = 0;
}
static inline void code_slots(struct coder *c, struct machine_slot *slots, uint32_t *n) {
    code_count(c, n, SLOTS_MOST);
    for (uint32_t i = 0; i < *n; i++) {
        code_bytes(c, slots[i].address.bytes, 20);
        code_word(c, &slots[i].key);
        code_word(c, &slots[i].value);
    }
}

/* The same both ways. */
static inline void code_case(struct coder *c, uint32_t *number, struct machine_case *v) {
    code_u32(c, number);
    code_bytes(c, v->caller.bytes, 20);
    code_bytes(c, v->to.bytes, 20);
    code_text(c, &v->input, &v->input_len, INPUT_MOST);
    code_i64(c, &v->gas);
    code_count(c, &v->n_accounts, ACCOUNTS_MOST);
    for (uint32_t i = 0; i < v->n_accounts; i++) {
        code_bytes(c, v->accounts[i].address.bytes, 20);
        code_text(c, &v->accounts[i].code, &v->accounts[i].code_len, CODE_MOST);
    }
    code_slots(c, v->slots, &v->n_slots);
}
static inline void code_answer(struct coder *c, uint32_t *number, struct machine_answer *v) {
    uint32_t end = v->end;
    code_u32(c, number);
    code_count(c, &end, FAILED);
    v->end = (enum machine_end)end;
    code_i64(c, &v->gas_left);
    code_i64(c, &v->refund);
    code_count(c, &v->output_len, OUTPUT_MOST);
    code_bytes(c, v->output, v->output_len);
    code_u32(c, &v->n_stack);
    for (uint32_t i = 0; i < v->n_stack && i < STACK_SHOWN; i++) code_word(c, &v->stack[i]);
    code_slots(c, v->slots, &v->n_slots);
    code_count(c, &v->n_logs, LOGS_MOST);
    for (uint32_t i = 0; i < v->n_logs; i++) {
        struct machine_log *log = &v->logs[i];
        code_bytes(c, log->address.bytes, 20);
        code_count(c, &log->n_topics, 4);
        for (uint32_t k = 0; k < log->n_topics; k++) code_word(c, &log->topics[k]);
        code_count(c, &log->len, LOG_DATA_MOST);
        code_bytes(c, log->data, log->len);
    }
}
#endif
