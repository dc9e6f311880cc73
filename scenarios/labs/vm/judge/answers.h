/* The oracle `answer` of the lab `vm`: each case is run by the program's own virtual machine
 * (sim/cli/lab/evm.h), and what the student's machine answered is held to that.  The first case of
 * each kind of difference is told, and of one case the first difference alone. */
#include <stdio.h>
#include <stdlib.h>

#include "../case.h"
#include "../instructions.h"
#include "sim/check/verdict.h"
#include "sim/cli/lab/evm.h"

/* PART(constant, name, what is expected).  The verdicts come in this order, but for those that are
 * broken: what differs most often is told first. */
#define PARTS(PART)                                               \
    PART(ALL, "all", "each case is answered")                     \
    PART(REFUNDS, "refund", "the refund that is due")             \
    PART(GAS_LEFT, "gas", "the gas that should be left")          \
    PART(LOGS, "logs", "the logs that should be written")         \
    PART(STORAGE, "storage", "the storage that should be left")   \
    PART(OUTPUT, "output", "the bytes that should be returned")   \
    PART(STACK, "stack", "the words that should be on the stack") \
    PART(ENDS, "end", "calls end as they should")

enum part {
#define PART(constant, name, expected) PART_##constant,
    PARTS(PART)
#undef PART
        N_PARTS
};
static const struct {
    const char *name, *expected;
} parts[] = {
#define PART(constant, name, expected) {name, expected},
    PARTS(PART)
#undef PART
};

enum { MACHINE, EXAMINER, OPEN = 64 };
struct answers {
    struct {
        uint32_t number, len;
        bool is_open;
        uint8_t bytes[CASE_MOST];
    } open[OPEN]; /* cases that wait for an answer, by number % OPEN */
    uint32_t n_asked, n_answered, n_wrong[N_PARTS];
    char first[N_PARTS][400]; /* what is told of each: a run that broke at once would be stopped */
};

/* ---- words for people ---- */

static const char *hex_of(struct orr_u256 v, char text[68]) {
    uint8_t bytes[32];
    orr_u256_store_be(bytes, v);
    int n = sprintf(text, "0x");
    uint32_t i = 0;
    while (i < 31 && !bytes[i]) i++;
    n += sprintf(text + n, "%x", bytes[i++]);
    for (; i < 32; i++) n += sprintf(text + n, "%02x", bytes[i]);
    return text;
}
static int name_instruction(uint8_t byte, char *to, size_t size) {
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
#define I(name, number, pops, pushes, gas) {number, #name},
        INSTRUCTIONS(I)
#undef I
    };
    if (byte >= OP_PUSH1 && byte <= OP_PUSH32)
        return snprintf(to, size, "PUSH%d", byte - OP_PUSH1 + 1);
    if (byte >= OP_DUP1 && byte <= OP_DUP16) return snprintf(to, size, "DUP%d", byte - OP_DUP1 + 1);
    if (byte >= OP_SWAP1 && byte <= OP_SWAP16)
        return snprintf(to, size, "SWAP%d", byte - OP_SWAP1 + 1);
    if (byte >= OP_LOG0 && byte <= OP_LOG4) return snprintf(to, size, "LOG%d", byte - OP_LOG0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == byte) return snprintf(to, size, "%s", names[i].name);
    return snprintf(to, size, "0x%02x", byte);
}
/* Assembly from byte `from` on up to `to`, as much as there is room for. */
static void assembly(const struct machine_account *a, uint32_t from, uint32_t to, char *text,
                     size_t size) {
    size_t n = 0;
    *text = 0;
    for (uint32_t pc = from; pc < to && pc < a->code_len;) {
        uint8_t byte = a->code[pc++];
        char one[96];
        int len = name_instruction(byte, one, sizeof one);
        if (byte >= OP_PUSH1 && byte <= OP_PUSH32) {
            len += sprintf(one + len, " 0x");
            for (int i = byte - OP_PUSH1 + 1; i-- > 0; pc++)
                len += sprintf(one + len, "%02x", pc < a->code_len ? a->code[pc] : 0);
        }
        if (n + (size_t)len + 8 > size) {
            snprintf(text + n, size - n, " ...");
            return;
        }
        n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", one);
    }
}
/* Where the instruction begins that lies `back` instructions before the one at `pc`. */
static uint32_t before(const struct machine_account *a, uint32_t pc, uint32_t back) {
    uint32_t at[4] = {0}, n = 0;
    for (uint32_t i = 0; i < pc && i < a->code_len; n++) {
        at[n % 4] = i;
        uint8_t byte = a->code[i++];
        if (byte >= OP_PUSH1 && byte <= OP_PUSH32) i += byte - OP_PUSH1 + 1u;
    }
    return n ? at[(n - (n < back ? n : back)) % 4] : 0;
}

/* ---- what differs ---- */

/* A case, the answer and the truth. */
struct exam {
    struct answers *answers;
    uint32_t number;
    struct machine_case c;
    struct machine_answer got;
    struct orr_lab_evm_outcome want;
};

/* true: it is told; the first of its kind, with its program or without. */
static bool tell(struct exam *x, enum part part, const char *text, bool has_program) {
    char program[200] = "";
    if (x->answers->n_wrong[part]++) return true;
    if (has_program) assembly(&x->c.accounts[0], 0, UINT32_MAX, program, sizeof program);
    snprintf(x->answers->first[part], sizeof x->answers->first[part], "case %u: %.280s%s%.160s",
             x->number, text, has_program ? "; the program: " : "", program);
    return true;
}

static bool differ_in_end(struct exam *x) {
    static const char *const ends[] = {"stops", "reverts", "fails"};
    char text[200];
    if ((int)x->got.end == (int)x->want.end) return false;
    bool fails = x->want.end == ORR_LAB_EVM_FAILED;
    snprintf(text, sizeof text, "the call %s, expected that it %s%s%s%s", ends[x->got.end],
             ends[x->want.end], fails ? " (" : "", fails ? x->want.why : "", fails ? ")" : "");
    return tell(x, PART_ENDS, text, true);
}
static bool differ_in_stack(struct exam *x) {
    const struct machine_answer *got = &x->got;
    const struct orr_lab_evm_outcome *want = &x->want;
    char text[300], a[68], b[68], program[200];
    if (!want->has_stack) return false;
    for (uint32_t i = 0; i < got->n_stack && i < want->n_stack && i < STACK_SHOWN; i++) {
        if (orr_u256_equal(got->stack[i], want->stack[i])) continue;
        const struct machine_account *account = &x->c.accounts[0];
        uint32_t at = want->made_at[i];
        int n = snprintf(text, sizeof text, "the instruction at byte %u of ", at);
        assembly(account, before(account, at, 3), at + 1, program, sizeof program);
        snprintf(text + n, sizeof text - (size_t)n, "[%.120s] leaves %s, expected %s", program,
                 hex_of(got->stack[i], a), hex_of(want->stack[i], b));
        return tell(x, PART_STACK, text, false);
    }
    if (got->n_stack == want->n_stack) return false;
    snprintf(text, sizeof text, "%u words are on the stack at the end, expected %zu", got->n_stack,
             want->n_stack);
    return tell(x, PART_STACK, text, true);
}
static bool differ_in_output(struct exam *x) {
    const struct machine_answer *got = &x->got;
    const struct orr_lab_evm_outcome *want = &x->want;
    char text[200];
    uint32_t i = 0;
    while (i < got->output_len && i < want->output_len && got->output[i] == want->output[i]) i++;
    if (i == got->output_len && i == want->output_len) return false;
    if (got->output_len != want->output_len)
        snprintf(text, sizeof text, "%u bytes are returned, expected %zu", got->output_len,
                 want->output_len);
    else
        snprintf(text, sizeof text, "byte %u of what is returned is 0x%02x, expected 0x%02x", i,
                 got->output[i], want->output[i]);
    return tell(x, PART_OUTPUT, text, true);
}
static struct orr_u256 value_at(const struct machine_answer *got, const struct orr_address *address,
                                struct orr_u256 key) {
    for (uint32_t i = 0; i < got->n_slots; i++)
        if (!memcmp(&got->slots[i].address, address, sizeof *address) &&
            orr_u256_equal(got->slots[i].key, key))
            return got->slots[i].value;
    return orr_u256_from_u64(0);
}
static struct orr_u256 value_of(const struct orr_lab_evm_outcome *want,
                                const struct orr_address *address, struct orr_u256 key) {
    for (size_t i = 0; i < want->n_slots; i++)
        if (!memcmp(&want->slots[i].address, address, sizeof *address) &&
            orr_u256_equal(want->slots[i].key, key))
            return want->slots[i].value;
    return orr_u256_from_u64(0);
}
static bool differ_at(struct exam *x, const struct orr_address *address, struct orr_u256 key) {
    char text[300], a[68], b[68], c[68];
    struct orr_u256 is = value_at(&x->got, address, key), should = value_of(&x->want, address, key);
    if (orr_u256_equal(is, should)) return false;
    snprintf(text, sizeof text, "slot %s of account 0x%02x.. holds %s, expected %s", hex_of(key, c),
             address->bytes[0], hex_of(is, a), hex_of(should, b));
    return tell(x, PART_STORAGE, text, true);
}
static bool differ_in_storage(struct exam *x) {
    for (size_t i = 0; i < x->want.n_slots; i++)
        if (differ_at(x, &x->want.slots[i].address, x->want.slots[i].key)) return true;
    for (uint32_t i = 0; i < x->got.n_slots; i++)
        if (differ_at(x, &x->got.slots[i].address, x->got.slots[i].key)) return true;
    return false;
}
static bool same_log(const struct machine_log *a, const struct orr_lab_evm_log *b) {
    bool same = !memcmp(&a->address, &b->address, sizeof a->address) &&
                a->n_topics == b->n_topics && a->len == b->len && !memcmp(a->data, b->data, a->len);
    for (uint32_t i = 0; same && i < a->n_topics; i++)
        same = orr_u256_equal(a->topics[i], b->topics[i]);
    return same;
}
static bool differ_in_logs(struct exam *x) {
    char text[200];
    uint32_t i = 0;
    while (i < x->got.n_logs && i < x->want.n_logs && same_log(&x->got.logs[i], &x->want.logs[i]))
        i++;
    if (i == x->got.n_logs && i == x->want.n_logs) return false;
    if (x->got.n_logs != x->want.n_logs)
        snprintf(text, sizeof text, "%u logs are left, expected %zu", x->got.n_logs,
                 x->want.n_logs);
    else
        snprintf(text, sizeof text, "log %u has another account, other topics or other data", i);
    return tell(x, PART_LOGS, text, true);
}
static bool differ_in_gas(struct exam *x) {
    char text[200];
    int64_t more = x->got.gas_left - x->want.gas_left;
    snprintf(text, sizeof text, "%lld gas is left of %lld, expected %lld: %lld too %s",
             (long long)x->got.gas_left, (long long)x->c.gas, (long long)x->want.gas_left,
             (long long)llabs(more), more > 0 ? "much" : "little");
    return more && tell(x, PART_GAS_LEFT, text, true);
}
static bool differ_in_refund(struct exam *x) {
    char text[200];
    snprintf(text, sizeof text, "the refund is %lld, expected %lld", (long long)x->got.refund,
             (long long)x->want.refund);
    return x->got.refund != x->want.refund && tell(x, PART_REFUNDS, text, true);
}

/* ---- the oracle ---- */

static void run_truth(struct exam *x) {
    struct orr_lab_evm_account accounts[ACCOUNTS_MOST];
    struct orr_lab_evm_slot slots[SLOTS_MOST];
    for (uint32_t i = 0; i < x->c.n_accounts; i++)
        accounts[i] = (struct orr_lab_evm_account){x->c.accounts[i].address, x->c.accounts[i].code,
                                                   x->c.accounts[i].code_len};
    for (uint32_t i = 0; i < x->c.n_slots; i++)
        slots[i] = (struct orr_lab_evm_slot){x->c.slots[i].address, x->c.slots[i].key,
                                             x->c.slots[i].value};
    struct orr_lab_evm_call call = {.caller = x->c.caller,
                                    .to = x->c.to,
                                    .input = x->c.input,
                                    .input_len = x->c.input_len,
                                    .gas = x->c.gas,
                                    .accounts = accounts,
                                    .n_accounts = x->c.n_accounts,
                                    .slots = slots,
                                    .n_slots = x->c.n_slots};
    orr_lab_evm_run(&call, &x->want);
}

static void asked(struct answers *a, const struct orr_msg *m) {
    if (m->len < 4 || m->len > CASE_MOST) return;
    uint32_t number = orr_load_le32(m->data), i = number % OPEN;
    a->open[i].number = number;
    a->open[i].len = m->len;
    a->open[i].is_open = true;
    memcpy(a->open[i].bytes, m->data, m->len);
    a->n_asked++;
}
static void answered(struct answers *a, const struct orr_msg *m) {
    struct exam *x = calloc(1, sizeof *x);
    struct coder r = {.from = m->data, .len = m->len};
    if (!x) abort();
    x->answers = a;
    code_answer(&r, &x->number, &x->got);
    uint32_t i = x->number % OPEN;
    if (a->open[i].is_open && a->open[i].number == x->number) {
        struct coder c = {.from = a->open[i].bytes, .len = a->open[i].len};
        code_case(&c, &x->number, &x->c);
        a->open[i].is_open = false;
        a->n_answered++;
        run_truth(x);
        if (r.is_bad)
            tell(x, PART_ALL, "the answer has more slots, logs or bytes than may be", true);
        else if (!x->want.is_cut)
            (void)(differ_in_end(x) || differ_in_stack(x) || differ_in_output(x) ||
                   differ_in_storage(x) || differ_in_logs(x) ||
                   (has_gas && (differ_in_gas(x) || differ_in_refund(x))));
    }
    free(x);
}
static void answer_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    (void)check;
    struct answers *a = state;
    if (!r->msg) return;
    if (r->node == EXAMINER && r->peer == MACHINE && r->msg->kind == CASE) asked(a, r->msg);
    if (r->node == MACHINE && r->peer == EXAMINER && r->msg->kind == ANSWER) answered(a, r->msg);
}
static bool answer_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) == 2;
}
/* Of the parts that are not `done` the one with most differences, and of those the first. */
static uint32_t next_part(const struct answers *a, uint32_t done) {
    uint32_t best = N_PARTS;
    for (uint32_t i = 0; i < N_PARTS; i++)
        if (!(done >> i & 1) && (best == N_PARTS || a->n_wrong[i] > a->n_wrong[best])) best = i;
    return best;
}
static void answer_judge(void *state, struct orr_check *check) {
    struct answers *a = state;
    uint32_t done = 0;
    if (a->n_asked > a->n_answered && !orr_check_is_stopped(check)) {
        if (!a->n_wrong[PART_ALL])
            snprintf(a->first[PART_ALL], sizeof a->first[PART_ALL], "%u cases have no answer",
                     a->n_asked - a->n_answered);
        a->n_wrong[PART_ALL] += a->n_asked - a->n_answered;
    }
    for (uint32_t i; (i = next_part(a, done)) != N_PARTS; done |= 1u << i) {
        uint32_t n = a->n_wrong[i];
        struct orr_violation *broken = n ? orr_check_break(check, parts[i].name, MACHINE) : NULL;
        if (broken) snprintf(broken->text, sizeof broken->text, "%s", a->first[i]);
        struct orr_verdict *v = orr_check_verdict(check, parts[i].name);
        snprintf(v->expected, sizeof v->expected, "%s", parts[i].expected);
        snprintf(v->observed, sizeof v->observed, "%u of %u %s", n, a->n_asked,
                 i == PART_ALL ? "are not" : "differ");
        v->pass = !n;
        if (!a->n_asked) orr_verdict_open(v, "nothing was asked");
    }
}
static const struct orr_oracle answer = {.name = "answer",
                                         .wants = ORR_TAP_BIT(ORR_TAP_SEND),
                                         .size = sizeof(struct answers),
                                         .begin = answer_begin,
                                         .hear = answer_hear,
                                         .judge = answer_judge};
__attribute__((visibility("default")))
const struct orr_oracle *const orr_oracles[] = {&answer, NULL};
