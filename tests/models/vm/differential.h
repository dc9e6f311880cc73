/* differential.h - programs from bytes, and one comparison: the machine's three loops against the
 * reference interpreter on equal worlds.  Used by the unit test (bytes from a seed) and the fuzz
 * target (bytes from libFuzzer). */
#ifndef ORR_TESTS_MODELS_VM_DIFFERENTIAL_H
#define ORR_TESTS_MODELS_VM_DIFFERENTIAL_H

#include <stdio.h>

#include "tests/models/vm/reference.c"

#define DIFF_MAX_CODE   600
#define DIFF_MAX_LABELS 64

/* Bytes to decide by; zeros when they run out. */
struct diff_source {
    const uint8_t *p, *end;
};

static inline uint8_t diff_byte(struct diff_source *s) { return s->p < s->end ? *s->p++ : 0; }
static inline unsigned diff_below(struct diff_source *s, unsigned n) { return diff_byte(s) % n; }

struct diff_program {
    uint8_t code[DIFF_MAX_CODE + 100];
    size_t len;
    uint16_t labels[DIFF_MAX_LABELS], holes[DIFF_MAX_LABELS];
    unsigned n_labels, n_holes;
};

static inline void diff_emit(struct diff_program *p, uint8_t byte) {
    if (p->len < sizeof p->code) p->code[p->len++] = byte;
}
static inline void diff_push(struct diff_program *p, uint64_t v) {
    unsigned n = 1;
    while (n < 8 && v >> 8 * n) n++;
    diff_emit(p, (uint8_t)(0x5f + n));
    while (n-- > 0) diff_emit(p, (uint8_t)(v >> 8 * n));
}
/* A constant: small, a power of two or its neighbour, all ones, or random of any width. */
static inline void diff_push_any(struct diff_program *p, struct diff_source *s) {
    unsigned kind = diff_below(s, 8);
    if (kind < 4) {
        diff_push(p, diff_byte(s) >> (kind == 0 ? 4 : 0));
    } else if (kind == 4) {
        unsigned n = 1 + diff_below(s, 32);
        diff_emit(p, (uint8_t)(0x5f + n));
        diff_emit(p, (uint8_t)(1u << diff_below(s, 8)));
        for (unsigned i = 1; i < n; i++) diff_emit(p, 0);
    } else {
        unsigned n = 1 + diff_below(s, 32);
        bool ones = kind == 5;
        diff_emit(p, (uint8_t)(0x5f + n));
        for (unsigned i = 0; i < n; i++) diff_emit(p, ones ? 0xff : diff_byte(s));
    }
}
static inline void diff_label(struct diff_program *p) {
    if (p->n_labels < DIFF_MAX_LABELS) p->labels[p->n_labels++] = (uint16_t)p->len;
    diff_emit(p, 0x5b);
}
/* PUSH2 of a label that is chosen when the program is finished. */
static inline void diff_push_label(struct diff_program *p) {
    diff_emit(p, 0x61);
    if (p->n_holes < DIFF_MAX_LABELS) p->holes[p->n_holes++] = (uint16_t)p->len;
    diff_emit(p, 0);
    diff_emit(p, 0);
}
static inline void diff_push_account(struct diff_program *p, struct diff_source *s) {
    struct orr_address a = world_address((uint8_t)(1 + diff_below(s, 9)));
    diff_emit(p, 0x73);
    for (int i = 0; i < 20; i++) diff_emit(p, a.bytes[i]);
}
static inline void diff_call(struct diff_program *p, struct diff_source *s) {
    static const uint8_t ops[] = {0xf1, 0xf2, 0xf4, 0xfa};
    uint8_t op = ops[diff_below(s, 4)];
    for (int i = 0; i < 4; i++) diff_push(p, diff_byte(s)); /* out, out_len, in, in_len */
    if (op == 0xf1 || op == 0xf2) diff_push(p, diff_below(s, 4) ? 0 : diff_byte(s));
    diff_push_account(p, s);
    if (diff_below(s, 2))
        diff_emit(p, 0x5a);
    else
        diff_push(p, (uint64_t)diff_byte(s) << 6);
    diff_emit(p, op);
}
static inline void diff_create(struct diff_program *p, struct diff_source *s) {
    unsigned len = diff_byte(s), from = diff_byte(s);
    diff_push(p, len), diff_push(p, from), diff_push(p, 0), diff_emit(p, 0x39); /* CODECOPY */
    if (diff_below(s, 2)) {
        diff_push(p, diff_byte(s)), diff_push(p, len), diff_push(p, 0), diff_push(p, 0);
        diff_emit(p, 0xf5);
    } else {
        diff_push(p, len), diff_push(p, 0), diff_push(p, 0);
        diff_emit(p, 0xf0);
    }
}
static inline void diff_statement(struct diff_program *p, struct diff_source *s) {
    static const uint8_t pure[] = {1,    2,    3,    4,    5,    6,    7,    8,    9,    0x0a, 0x0b,
                                   0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a,
                                   0x1b, 0x1c, 0x1d, 0x1e, 0x30, 0x32, 0x33, 0x34, 0x35, 0x36, 0x38,
                                   0x3a, 0x3d, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
                                   0x49, 0x4a, 0x50, 0x58, 0x59, 0x5a, 0x5f, 0x90, 0x50};
    unsigned kind = diff_below(s, 64);
    if (kind < 20) {
        diff_push_any(p, s);
    } else if (kind < 32) {
        diff_emit(p, pure[diff_below(s, sizeof pure)]);
        if (diff_below(s, 2)) { /* show the result: what is only on the stack is rarely seen */
            diff_emit(p, 0x80);
            diff_push(p, diff_byte(s) & 0xe0);
            diff_emit(p, 0x52);
        }
    } else if (kind < 39) {
        diff_emit(p, (uint8_t)(0x80 + diff_below(s, 6)));
    } else if (kind < 42) {
        diff_emit(p, (uint8_t)(0x90 + diff_below(s, 5)));
        if (diff_below(s, 2)) diff_emit(p, 0x50);
    } else if (kind < 45) {
        diff_label(p);
    } else if (kind < 48) { /* compare or not, negate or not, jump */
        if (diff_below(s, 2)) diff_emit(p, (uint8_t)(0x10 + diff_below(s, 5)));
        if (diff_below(s, 2)) diff_emit(p, 0x15);
        diff_push_label(p);
        diff_emit(p, diff_below(s, 4) ? 0x57 : 0x56);
    } else if (kind < 53) { /* memory near the start */
        static const uint8_t ops[] = {0x51, 0x52, 0x53, 0x20, 0x52};
        if (diff_below(s, 2)) diff_push(p, diff_byte(s));
        diff_push(p, diff_byte(s));
        diff_emit(p, ops[diff_below(s, sizeof ops)]);
    } else if (kind < 56) {
        static const uint8_t ops[] = {0x54, 0x55, 0x55, 0x5c, 0x5d};
        diff_push(p, diff_below(s, 3));
        diff_push(p, diff_below(s, 3));
        diff_emit(p, ops[diff_below(s, sizeof ops)]);
    } else if (kind < 58) {
        static const uint8_t ops[] = {0x37, 0x39, 0x3e, 0x5e, 0xa0, 0xa2};
        for (int i = 0; i < 3; i++) {
            unsigned operand = diff_byte(s);
            diff_push(p, operand >> diff_below(s, 3));
        }
        diff_emit(p, ops[diff_below(s, sizeof ops)]);
    } else if (kind < 60) {
        diff_call(p, s);
    } else if (kind == 60) {
        static const uint8_t ops[] = {0x31, 0x3b, 0x3f};
        diff_push_account(p, s);
        diff_emit(p, ops[diff_below(s, sizeof ops)]);
    } else if (kind == 61) {
        diff_create(p, s);
    } else if (kind == 62) {
        static const uint8_t ops[] = {0xf3, 0xfd, 0x00, 0xff, 0xf3, 0xf3};
        diff_push(p, diff_byte(s)), diff_push(p, diff_byte(s));
        if (diff_below(s, 2)) diff_emit(p, ops[diff_below(s, sizeof ops)]);
    } else if (diff_below(s, 4) == 0) {
        diff_emit(p, diff_byte(s));
    }
}
static inline void diff_program(struct diff_program *p, struct diff_source *s) {
    *p = (struct diff_program){0};
    unsigned n = diff_byte(s);
    n >>= diff_below(s, 3);
    for (unsigned i = 0; i < 24; i++) diff_push_any(p, s);
    for (unsigned i = 0; i < n && p->len < DIFF_MAX_CODE; i++) diff_statement(p, s);
    diff_label(p);
    for (uint64_t i = 0; i < 8; i++) diff_push(p, 32 * i), diff_emit(p, 0x52); /* show the stack */
    diff_push(p, 256), diff_push(p, 0), diff_emit(p, 0xf3);
    for (unsigned i = 0; i < p->n_holes; i++) {
        if (p->holes[i] + 1u >= p->len || !p->n_labels) continue;
        unsigned near = 0; /* most jumps go forward, so that programs end */
        while (near + 1 < p->n_labels && p->labels[near] < p->holes[i]) near++;
        if (diff_below(s, 4) == 0) near = diff_below(s, p->n_labels);
        unsigned to = p->labels[near];
        p->code[p->holes[i]] = (uint8_t)(to >> 8);
        p->code[p->holes[i] + 1] = (uint8_t)to;
    }
}

/* ---- one case ---- */

struct diff_case {
    enum orr_evm_fork fork;
    int64_t gas;
    bool is_create, is_static;
    struct diff_program programs[3]; /* accounts 1 to 3 */
    uint8_t input[64];
};

static inline void diff_case(struct diff_case *c, const uint8_t *bytes, size_t len) {
    struct diff_source s = {bytes, bytes + len};
    unsigned fork = diff_byte(&s); /* half run Osaka; the reference knows no fork after it */
    c->fork = fork & 1 ? (enum orr_evm_fork)(fork / 2 % (ORR_FORK_OSAKA + 1)) : ORR_FORK_OSAKA;
    unsigned flags = diff_byte(&s);
    c->is_create = (flags & 3) == 3;
    c->is_static = (flags & 0x1c) == 0x1c && c->fork >= ORR_FORK_BYZANTIUM;
    bool raw = flags >> 5 == 7;
    c->gas = diff_byte(&s);
    c->gas = 500 + (c->gas << diff_below(&s, 15));
    for (size_t i = 0; i < sizeof c->input; i++) c->input[i] = i < 32 ? diff_byte(&s) : (uint8_t)i;
    for (int i = 0; i < 3; i++) {
        if (raw && i == 0) { /* the rest as raw code */
            c->programs[0] = (struct diff_program){.len = 0};
            size_t n = (size_t)(s.end - s.p) / 2;
            if (n > DIFF_MAX_CODE) n = DIFF_MAX_CODE;
            if (n) memcpy(c->programs[0].code, s.p, n);
            c->programs[0].len = n;
            s.p += n;
        } else {
            diff_program(&c->programs[i], &s);
        }
    }
}

static inline struct world *diff_world(const struct diff_case *c) {
    static const uint8_t delegation[23] = {0xef, 0x01, 0x00, 0xaa, [22] = 2};
    static const struct orr_hash blobs[2] = {{{1, 2}}, {{1, 3}}};
    struct world *w = world_create(c->fork);
    w->tx.blob_hashes = blobs;
    w->tx.n_blob_hashes = 2;
    for (uint8_t i = 0; i < 3; i++)
        world_put(w, world_address((uint8_t)(i + 1)), 1000, c->programs[i].code,
                  c->programs[i].len);
    world_put(w, world_address(4), 5, delegation, sizeof delegation);
    world_put(w, world_address(5), 7, NULL, 0);
    struct orr_address self = world_address(1);
    for (uint64_t key = 0; key < 2; key++) {
        struct orr_u256 k = orr_u256_from_u64(key);
        struct world_slot *s = world_slot(w, &self, &k);
        s->original = s->value = orr_u256_from_u64(key + 1);
    }
    return w;
}
static inline struct orr_evm_message diff_message(const struct diff_case *c) {
    struct orr_evm_message msg = {.kind = c->is_create ? ORR_CREATE : ORR_CALL,
                                  .is_static = c->is_static && !c->is_create,
                                  .gas = c->gas,
                                  .recipient = world_address(1),
                                  .sender = world_address(0xfe),
                                  .code_address = world_address(1),
                                  .value = orr_u256_from_u64(3),
                                  .input = c->input,
                                  .input_len = sizeof c->input};
    if (c->is_create) msg.input = c->programs[0].code, msg.input_len = c->programs[0].len;
    return msg;
}

static inline bool diff_same_account(struct world *a, struct world *b, size_t i) {
    const struct world_account *x = &a->now.accounts[i];
    const struct world_account *y = world_account(b, &x->address);
    return orr_u256_equal(x->balance, y->balance) && x->nonce == y->nonce &&
           x->code_len == y->code_len &&
           !memcmp(x->code ? x->code : (const uint8_t *)"", y->code ? y->code : (const uint8_t *)"",
                   x->code_len) &&
           x->exists == y->exists && x->warm == y->warm && x->destructed == y->destructed &&
           x->created == y->created;
}
static inline bool diff_same_slot(struct world *a, struct world *b, size_t i) {
    const struct world_slot *x = &a->now.slots[i];
    const struct world_slot *y = world_slot(b, &x->address, &x->key);
    return orr_u256_equal(x->value, y->value) && orr_u256_equal(x->transient, y->transient) &&
           x->warm == y->warm;
}
/* What in b differs from a, or NULL. */
static inline const char *diff_worlds(struct world *a, struct world *b) {
    if (a->now.log_len != b->now.log_len || memcmp(a->log, b->log, a->now.log_len)) return "logs";
    for (size_t i = 0; i < a->now.n_accounts; i++)
        if (!diff_same_account(a, b, i)) return "an account";
    for (size_t i = 0; i < a->now.n_slots; i++)
        if (!diff_same_slot(a, b, i)) return "a storage slot";
    return NULL;
}

static inline void diff_no_begin(void *ctx, int64_t gas, int64_t refund) {
    (void)ctx, (void)gas, (void)refund;
}
static inline void diff_no_step(void *ctx, const struct orr_evm_step *step) {
    (void)ctx, (void)step;
}
static inline void diff_no_done(void *ctx, int64_t gas, int64_t refund,
                                enum orr_evm_status status) {
    (void)ctx, (void)gas, (void)refund, (void)status;
}
static inline void diff_no_end(void *ctx, const struct orr_evm_result *result) {
    (void)ctx, (void)result;
}

/* Runs a case on the machine and another, the same one unless a bug is planted, on the reference;
 * what differs, or NULL.  *was_full: a world's arrays ran out, and nothing was compared. */
static inline const char *diff_run(const struct diff_case *c, const struct diff_case *reference,
                                   bool with_tracer, bool *was_full, int *end) {
    static const struct orr_evm_tracer tracer = {NULL, diff_no_begin, diff_no_step, diff_no_done,
                                                 diff_no_end};
    struct world *a = diff_world(c), *b = diff_world(reference);
    struct orr_evm *vm = orr_evm_create(&a->mem);
    struct orr_evm_message msg = diff_message(c);
    const struct diff_program *p = &c->programs[0];
    if (with_tracer) orr_evm_set_tracer(vm, &tracer);
    struct orr_evm_code *code =
        c->is_create ? NULL : orr_evm_analyze(&a->mem, c->fork, p->code, p->len);
    struct orr_evm_result result;
    world_snapshot(a);
    orr_evm_execute(vm, &a->host, c->fork, &msg, code, &result);
    world_settle(a, result.status == ORR_EVM_SUCCESS);
    world_snapshot(b);
    const struct diff_program *q = &reference->programs[0];
    struct ref_result want = ref_run(b, &msg, q->code, q->len);
    world_settle(b, want.end == REF_STOPS);

    int got = result.status == ORR_EVM_SUCCESS  ? REF_STOPS
              : result.status == ORR_EVM_REVERT ? REF_REVERTS
                                                : REF_FAILS;
    const char *what = NULL;
    *was_full = a->full || b->full;
    *end = want.end;
    if (*was_full)
        what = NULL;
    else if (got != want.end)
        what = "status";
    else if (result.gas_left != want.gas_left)
        what = "gas left";
    else if (result.gas_refund != want.refund)
        what = "refund";
    else if (result.output_len != want.output_len ||
             (want.output_len && memcmp(result.output, want.output, want.output_len)))
        what = "output";
    else if (c == reference && !(what = diff_worlds(a, b)))
        what = diff_worlds(b, a);
    free(want.output);
    orr_evm_code_free(&a->mem, code);
    orr_evm_destroy(vm);
    world_destroy(a);
    world_destroy(b);
    return what;
}
#endif
