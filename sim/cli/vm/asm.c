#include "sim/cli/vm/asm.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/opcode.h"
#include "sim/base/memory.h"

#define MAX_IMMEDIATE 32

struct label {
    const char *name;
    size_t len, pc;
    bool is_defined;
    unsigned line, column; /* of its first use */
};
struct hole {
    size_t pc, label;
}; /* two bytes that wait for a label's place */

struct assembler {
    const char *p, *end, *line_start;
    unsigned line;
    uint8_t *code;
    size_t len, cap;
    struct label *labels;
    size_t n_labels, cap_labels;
    struct hole *holes;
    size_t n_holes, cap_holes;
    struct orr_asm_error *error;
};
struct token {
    const char *p;
    size_t len;
    unsigned line, column;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct assembler *a, struct token at, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(a->error->text, sizeof a->error->text, format, list);
    va_end(list);
    a->error->line = at.line;
    a->error->column = at.column;
    return ORR_EFORMAT;
}

/* ---- words of the text ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool next_token(struct assembler *a, struct token *token) {
    while (a->p < a->end) {
        if (*a->p == ';' || *a->p == '#') {
            while (a->p < a->end && *a->p != '\n') a->p++;
        } else if (*a->p == '\n') {
            a->p++;
            a->line++;
            a->line_start = a->p;
        } else if (is_space(*a->p)) {
            a->p++;
        } else {
            break;
        }
    }
    *token = (struct token){a->p, 0, a->line, (unsigned)(a->p - a->line_start) + 1};
    while (a->p < a->end && !is_space(*a->p) && *a->p != ';' && *a->p != '#') a->p++;
    token->len = (size_t)(a->p - token->p);
    return token->len > 0;
}

static bool token_is(struct token t, const char *word) {
    if (strlen(word) != t.len) return false;
    for (size_t i = 0; i < t.len; i++)
        if (tolower((unsigned char)t.p[i]) != word[i]) return false;
    return true;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* ---- output ---- */

static int put(struct assembler *a, const void *bytes, size_t n) {
    if (a->len + n > ORR_ASM_MAX_CODE) return ORR_ELIMIT;
    if (a->len + n > a->cap) {
        a->cap = 2 * a->cap + n + 64;
        a->code = orr_xrealloc(a->code, a->cap);
    }
    if (n) memcpy(a->code + a->len, bytes, n);
    a->len += n;
    return 0;
}

static size_t find_label(struct assembler *a, struct token t) {
    for (size_t i = 0; i < a->n_labels; i++)
        if (a->labels[i].len == t.len && !memcmp(a->labels[i].name, t.p, t.len)) return i;
    if (a->n_labels == a->cap_labels) {
        a->cap_labels = 2 * a->cap_labels + 16;
        a->labels = orr_xrealloc(a->labels, a->cap_labels * sizeof *a->labels);
    }
    a->labels[a->n_labels] = (struct label){t.p, t.len, 0, false, t.line, t.column};
    return a->n_labels++;
}

static int define_label(struct assembler *a, struct token t) {
    t.len--; /* the colon */
    if (!t.len || isdigit((unsigned char)t.p[0])) return fail(a, t, "a label is a name");
    size_t found = find_label(a, t); /* may move the labels */
    struct label *label = &a->labels[found];
    if (label->is_defined) return fail(a, t, "label '%.*s' is defined twice", (int)t.len, t.p);
    label->is_defined = true;
    label->pc = a->len;
    uint8_t jumpdest = ORR_OP_JUMPDEST;
    return put(a, &jumpdest, 1);
}

static int use_label(struct assembler *a, struct token t) {
    if (a->n_holes == a->cap_holes) {
        a->cap_holes = 2 * a->cap_holes + 16;
        a->holes = orr_xrealloc(a->holes, a->cap_holes * sizeof *a->holes);
    }
    size_t label = find_label(a, t);
    a->holes[a->n_holes++] = (struct hole){a->len + 1, label};
    uint8_t push[3] = {ORR_OP_PUSH2, 0, 0};
    return put(a, push, sizeof push);
}

static int fill_holes(struct assembler *a) {
    for (size_t i = 0; i < a->n_holes; i++) {
        struct label *label = &a->labels[a->holes[i].label];
        struct token at = {label->name, label->len, label->line, label->column};
        if (!label->is_defined) return fail(a, at, "no label '%.*s'", (int)label->len, label->name);
        if (label->pc > UINT16_MAX)
            return fail(a, at, "label '%.*s' is beyond 65,535", (int)label->len, label->name);
        a->code[a->holes[i].pc] = (uint8_t)(label->pc >> 8);
        a->code[a->holes[i].pc + 1] = (uint8_t)label->pc;
    }
    return 0;
}

/* ---- instructions ---- */

/* A number of at most 32 bytes, right-aligned in value. */
static int read_number(struct assembler *a, struct token t, uint8_t value[MAX_IMMEDIATE]) {
    bool is_hex = t.len > 2 && t.p[0] == '0' && (t.p[1] == 'x' || t.p[1] == 'X');
    memset(value, 0, MAX_IMMEDIATE);
    for (size_t i = is_hex ? 2 : 0; i < t.len; i++) {
        int digit = hex_digit(t.p[i]);
        if (t.p[i] == '_') continue;
        if (digit < 0 || (!is_hex && digit > 9))
            return fail(a, t, "'%.*s' is no number", t.len > 40 ? 40 : (int)t.len, t.p);
        unsigned carry = (unsigned)digit;
        for (int k = MAX_IMMEDIATE - 1; k >= 0; k--) {
            carry += value[k] * (is_hex ? 16u : 10u);
            value[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry) return fail(a, t, "a number above 2^256 - 1");
    }
    return 0;
}

/* PUSHn (n > 0), or PUSH of the shortest size (n == 0). */
static int read_push(struct assembler *a, struct token name, unsigned n) {
    struct token t;
    if (!next_token(a, &t))
        return fail(a, name, "%.*s needs a number or a label", (int)name.len, name.p);
    if (!isdigit((unsigned char)t.p[0])) {
        if (n && n != 2) return fail(a, t, "a label's place takes PUSH or PUSH2");
        return use_label(a, t);
    }
    uint8_t value[MAX_IMMEDIATE];
    int failed = read_number(a, t, value);
    if (failed) return failed;
    unsigned least = MAX_IMMEDIATE;
    while (least > 1 && !value[MAX_IMMEDIATE - least]) least--;
    if (!n) n = least;
    if (least > n) return fail(a, t, "the number needs %u bytes, not %u", least, n);
    uint8_t op = (uint8_t)(ORR_OP_PUSH0 + n);
    failed = put(a, &op, 1);
    return failed ? failed : put(a, value + MAX_IMMEDIATE - n, n);
}

/* One number of EIP-8024's three opcodes. */
static int read_depth(struct assembler *a, struct token name, unsigned *depth) {
    struct token t;
    uint8_t value[MAX_IMMEDIATE];
    if (!next_token(a, &t) || !isdigit((unsigned char)t.p[0]))
        return fail(a, name, "%.*s needs %s", (int)name.len, name.p,
                    toupper((unsigned char)name.p[0]) == 'E' ? "two numbers" : "a number");
    int failed = read_number(a, t, value);
    *depth = value[MAX_IMMEDIATE - 1];
    for (int i = 0; i < MAX_IMMEDIATE - 1 && !failed; i++)
        if (value[i]) *depth = UINT8_MAX + 1;
    return failed;
}

/* DUPN n, SWAPN n, EXCHANGE n m, counted as the EIP does. */
static int read_reach(struct assembler *a, struct token name, uint8_t op) {
    unsigned n, m = 0;
    int failed = read_depth(a, name, &n);
    if (!failed && op == ORR_OP_EXCHANGE) failed = read_depth(a, name, &m);
    if (failed) return failed;
    unsigned near = op == ORR_OP_EXCHANGE ? n : 0;
    unsigned far = op == ORR_OP_EXCHANGE ? m : op == ORR_OP_DUPN ? n - 1 : n;
    for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
        struct orr_evm_reach reach;
        if (!orr_evm_op_reach(op, (uint8_t)byte, &reach) || reach.near != near || reach.far != far)
            continue;
        uint8_t bytes[2] = {op, (uint8_t)byte};
        return put(a, bytes, sizeof bytes);
    }
    return fail(a, name,
                op == ORR_OP_EXCHANGE ? "EXCHANGE n m: 1 <= n < m, n + m <= 30"
                                      : "the number is not in 17 to 235");
}

static int read_data(struct assembler *a, struct token name) {
    struct token t;
    if (!next_token(a, &t) || t.len < 2 || t.p[0] != '0' || (t.p[1] != 'x' && t.p[1] != 'X'))
        return fail(a, name, "data needs hexadecimal bytes that begin with 0x");
    if (t.len % 2) return fail(a, t, "an odd number of hexadecimal digits");
    for (size_t i = 2; i < t.len; i += 2) {
        int high = hex_digit(t.p[i]), low = hex_digit(t.p[i + 1]);
        if (high < 0 || low < 0) return fail(a, t, "no hexadecimal digit at byte %zu", i / 2 - 1);
        uint8_t byte = (uint8_t)(high << 4 | low);
        int failed = put(a, &byte, 1);
        if (failed) return failed;
    }
    return 0;
}

static int read_instruction(struct assembler *a, struct token t) {
    if (t.p[t.len - 1] == ':') return define_label(a, t);
    if (token_is(t, "data")) return read_data(a, t);
    if (token_is(t, "push")) return read_push(a, t, 0);
    char name[16];
    for (size_t i = 0; i < t.len && i < sizeof name; i++)
        name[i] = (char)toupper((unsigned char)t.p[i]);
    int op = t.len <= sizeof name ? orr_evm_op_from_name(name, t.len) : -1;
    if (op < 0) return fail(a, t, "no opcode '%.*s'", t.len > 40 ? 40 : (int)t.len, t.p);
    unsigned n = orr_evm_op_immediate((uint8_t)op);
    if (n) return read_push(a, t, n);
    if (orr_evm_op_has_reach((uint8_t)op)) return read_reach(a, t, (uint8_t)op);
    uint8_t byte = (uint8_t)op;
    return put(a, &byte, 1);
}

int orr_asm_assemble(const char *text, size_t len, uint8_t **code, size_t *code_len,
                     struct orr_asm_error *error) {
    struct assembler a = {
        .p = text, .end = text + len, .line_start = text, .line = 1, .error = error};
    struct token t;
    int failed = 0;
    while (!failed && next_token(&a, &t)) failed = read_instruction(&a, t);
    if (!failed) failed = fill_holes(&a);
    free(a.labels);
    free(a.holes);
    if (failed) {
        free(a.code);
        return failed;
    }
    *code = a.code ? a.code : orr_xrealloc(NULL, 1);
    *code_len = a.len;
    return 0;
}

/* Prints DUPN, SWAPN or EXCHANGE with its numbers; false: the byte after it makes it halt. */
static bool print_reach(FILE *to, uint8_t op, const char *name, uint8_t byte) {
    struct orr_evm_reach reach;
    if (!orr_evm_op_reach(op, byte, &reach)) return false;
    if (op == ORR_OP_EXCHANGE)
        fprintf(to, "%s %u %u\n", name, reach.near, reach.far);
    else
        fprintf(to, "%s %u\n", name, reach.far + (op == ORR_OP_DUPN));
    return true;
}

void orr_asm_disassemble(FILE *to, const uint8_t *code, size_t len, int with_places) {
    for (size_t pc = 0; pc < len;) {
        const char *name = orr_evm_op_name(code[pc]);
        unsigned n = orr_evm_op_immediate(code[pc]);
        if (with_places) fprintf(to, "%04zx  ", pc);
        if (orr_evm_op_has_reach(code[pc])) {
            bool whole = pc + 1 < len && print_reach(to, code[pc], name, code[pc + 1]);
            if (!whole) fprintf(to, "data 0x%02x\n", code[pc]);
            pc += 1 + whole;
            continue;
        }
        if (!name || n > len - pc - 1) { /* no opcode, or a push that the end cuts off */
            size_t bytes = name ? len - pc : 1;
            fprintf(to, "data 0x");
            for (size_t i = 0; i < bytes; i++) fprintf(to, "%02x", code[pc + i]);
            fprintf(to, "\n");
            pc += bytes;
            continue;
        }
        fprintf(to, "%s", name);
        if (n) fprintf(to, " 0x");
        for (unsigned i = 1; i <= n; i++) fprintf(to, "%02x", code[pc + i]);
        fprintf(to, "\n");
        pc += 1 + n;
    }
}
