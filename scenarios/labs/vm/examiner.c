/* examiner.c - asks a machine one case a millisecond.  Not to be changed: the tests bring their
 * own.
 *
 * Node 0 is the machine.  A case is a program of the instructions that a part of the lab is about;
 * it is drawn from the node's own stream of random numbers, so that a seed says what is asked. */
#include "programs.h"

#include "models/output.h"
#include "models/plain_tx.h"

static const char *const kinds[] = {"case", "answer", NULL};
static const orr_time TICK = 1000000;

enum about { ARITHMETIC, EDGE, MEMORY, JUMPS, GAS, CALLS, JOURNAL };
static const char *const abouts[] = {"arithmetic", "edge",  "memory",  "jumps",
                                     "gas",        "calls", "journal", NULL};
struct examiner_config {
    uint32_t about;
    uint64_t count;
};
static const struct orr_config_key config[] = {
    {.name = "about",
     .help = "which instructions the programs are made of",
     .type = ORR_CONFIG_ENUM,
     .offset = offsetof(struct examiner_config, about),
     .choices = abouts,
     .max = JOURNAL},
    {.name = "count",
     .help = "how many programs",
     .type = ORR_CONFIG_COUNT,
     .offset = offsetof(struct examiner_config, count),
     .max = 100000},
    {0}};

struct examiner_node {
    const struct orr_env *env;
    struct examiner_config how;
    uint32_t n_asked;
};

static struct orr_address named(uint8_t byte) {
    struct orr_address a;
    memset(a.bytes, byte, sizeof a.bytes);
    return a;
}

/* ---- programs ---- */

/* Every instruction that computes, on every two edges in turn; eight in a program. */
static void edges(struct program *p, uint32_t number) {
    for (uint32_t k = 0; k < 8; k++) {
        uint32_t i = number * 8 + k;
        uint8_t which = computing[i % sizeof computing];
        uint32_t at = i / sizeof computing;
        uint32_t pops = instruction_of(which).pops;
        if (pops == 3) push_word(p, edge(at / 7 + 2));
        if (pops >= 2) push_word(p, edge(at / EDGES));
        push_word(p, edge(at));
        op(p, which);
    }
    op(p, OP_STOP);
}

/* Calls itself as deep as may be, and counts. */
static void depth(struct program *p) {
    push_number(p, 32);
    for (int i = 0; i < 4; i++) op(p, OP_PUSH0);
    op(p, OP_ADDRESS);
    op(p, OP_GAS);
    op(p, OP_CALL);
    op(p, OP_POP);
    op(p, OP_PUSH0);
    op(p, OP_MLOAD);
    push_number(p, 1);
    op(p, OP_ADD);
    op(p, OP_PUSH0);
    op(p, OP_MSTORE);
    push_number(p, 32);
    op(p, OP_PUSH0);
    op(p, OP_RETURN);
}

static void piece(struct program *p, enum about about) {
    uint32_t which = draw(p, 8);
    switch (about) {
    case ARITHMETIC:
    case EDGE: which < 6 ? compute_piece(p) : shuffle_piece(p); break;
    case MEMORY: which < 7 ? memory_piece(p) : compute_piece(p); break;
    case JUMPS: which < 5 ? jump_piece(p) : which < 7 ? memory_piece(p) : compute_piece(p); break;
    case GAS: which < 4 ? gas_piece(p) : which < 6 ? memory_piece(p) : jump_piece(p); break;
    case CALLS: which < 5 ? call_piece(p) : which < 7 ? memory_piece(p) : gas_piece(p); break;
    case JOURNAL: which < 4 ? journal_piece(p) : which < 7 ? call_piece(p) : memory_piece(p); break;
    }
}

/* The account's own way in when it is called again while it runs (re-entrancy): transient slot 9
 * says so. */
static uint32_t begin_guard(struct program *p) {
    push_number(p, 9);
    op(p, OP_TLOAD);
    push_place(p, 0);
    uint32_t place = p->n - 2;
    op(p, OP_JUMPI);
    push_number(p, 1);
    push_number(p, 9);
    op(p, OP_TSTORE);
    return place;
}
static void end_guard(struct program *p, uint32_t place) {
    op(p, OP_STOP);
    p->code[place] = (uint8_t)(p->n >> 8);
    p->code[place + 1] = (uint8_t)p->n;
    op(p, OP_JUMPDEST);
    for (int i = 0; i < 2; i++) journal_piece(p);
}

static void write_program(struct program *p, enum about about, uint32_t account) {
    if (about == JUMPS && one_in(p, 6)) {
        noise(p);
        return;
    }
    bool is_called = account > 0, tells = is_called && one_in(p, 3);
    bool guards = about == JOURNAL && one_in(p, 3);
    if (about >= CALLS && account == 1 && one_in(p, 2)) {
        plain_call(p, OP_CALL, 2, 60000);
        op(p, OP_POP);
        if (!one_in(p, 3)) return;
    }
    if (about == JOURNAL && account == 2 && one_in(p, 2)) {
        push_word(p, draw_word(p));
        push_number(p, draw(p, 4));
        op(p, OP_SSTORE);
    }
    if (tells) asking_piece(p);
    uint32_t place = guards ? begin_guard(p) : 0;
    if (about >= CALLS && !account && one_in(p, 3)) ask_piece(p);
    for (uint32_t n = 1 + draw(p, 10); n-- > 0;) piece(p, about);
    if (guards) end_guard(p, place);
    uint32_t risk = about == JUMPS ? 2 : about < JUMPS ? 0 : 8;
    if (tells)
        telling_piece(p);
    else if (is_called && one_in(p, 2))
        undone_piece(p);
    else if (risk && one_in(p, risk))
        bad_piece(p);
    else
        end_piece(p);
}

static int64_t draw_gas(struct program *p, enum about about) {
    if (about < GAS) return 1000000;
    if (about == GAS) return one_in(p, 2) ? draw(p, 3000) : draw(p, 100000);
    return one_in(p, 4) ? draw(p, 40000) : 300000;
}

/* ---- cases ---- */

static void fill(struct examiner_node *x, struct program *programs, struct machine_case *c,
                 uint8_t input[INPUT_MOST], struct orr_rng *rng) {
    static const uint8_t names[ACCOUNTS_MOST] = {0xa0, 0xb1, 0xc2, 0xd3};
    struct orr_address accounts[ACCOUNTS_MOST];
    enum about about = (enum about)x->how.about;
    for (uint32_t i = 0; i < ACCOUNTS_MOST; i++) accounts[i] = named(names[i]);
    c->caller = named(0xee);
    c->to = accounts[0];
    c->n_accounts = about >= CALLS ? 3 : 1; /* the fourth is nobody's */
    for (uint32_t i = 0; i < c->n_accounts; i++) {
        struct program *p = &programs[i];
        *p = (struct program){.rng = rng, .accounts = accounts};
        if (about == EDGE)
            edges(p, x->n_asked);
        else
            write_program(p, about, i);
        c->accounts[i] = (struct machine_account){accounts[i], p->code, p->n};
    }
    struct program *first = &programs[0];
    c->gas = draw_gas(first, about);
    if (about == CALLS && x->n_asked % 50 == 7) {
        first->n = 0;
        depth(first);
        c->accounts[0].code_len = first->n;
        c->gas = INT64_C(100000000000);
    }
    c->input_len = draw(first, 100);
    for (uint32_t i = 0; i < c->input_len; i++) input[i] = (uint8_t)orr_rng_u64(rng);
    c->input = input;
    for (uint32_t i = 0; about == JOURNAL && i < 6; i++)
        c->slots[c->n_slots++] = (struct machine_slot){accounts[i % 3], orr_u256_from_u64(i / 2),
                                                       orr_u256_from_u64(1 + draw(first, 2))};
}

static void ask(struct examiner_node *x, struct orr_outbox *out) {
    struct orr_mem *mem = x->env->common->mem;
    struct program *programs = orr_alloc(mem, ACCOUNTS_MOST * sizeof *programs);
    struct machine_case *c = orr_alloc_zero(mem, sizeof *c);
    uint8_t *bytes = orr_alloc(mem, CASE_MOST), input[INPUT_MOST];
    fill(x, programs, c, input, out->rng);
    struct coder w = {.to = bytes, .len = CASE_MOST};
    uint32_t number = x->n_asked++;
    code_case(&w, &number, c);
    orr_send(out, 0, orr_msg_copy(out->pool, CASE, bytes, w.at));
    orr_free(mem, bytes, CASE_MOST);
    orr_free(mem, c, sizeof *c);
    orr_free(mem, programs, ACCOUNTS_MOST * sizeof *programs);
}

static int examiner_init(void *state, const struct orr_env *env, const void *cfg) {
    struct examiner_node *x = state;
    x->env = env;
    x->how = *(const struct examiner_config *)cfg;
    return 0;
}
static int examiner_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct examiner_node *x = state;
    if (event->kind != ORR_START && event->kind != ORR_TIMER) return 0;
    if (event->kind == ORR_TIMER) ask(x, out);
    if (x->n_asked < x->how.count) orr_arm(out, 0, event->now + TICK);
    return 0;
}

const struct orr_protocol orr_lab_vm_examiner = {
    .abi = ORR_ABI,
    .name = "examiner",
    .summary = "asks a machine of the lab `vm`",
    .kinds = kinds,
    .config_size = sizeof(struct examiner_config),
    .config = config,
    .node_size = sizeof(struct examiner_node),
    .n_timers = 1,
    .init = examiner_init,
    .step = examiner_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
