/* Random programs: the machine's loops against the reference interpreter (reference.c). */
#include "models/base/rng.h"
#include "tests/models/vm/differential.h"
#include "tests/test.h"

#define N_CASES      4000 /* ORRERY_DIFF_CASES=n runs n */
#define N_CASE_BYTES 1200

static void fill(uint8_t *bytes, uint32_t case_number) {
    struct orr_rng rng = orr_rng_stream(20, ORR_RNG_WORKLOAD, case_number);
    for (int i = 0; i < N_CASE_BYTES; i += 8) {
        uint64_t v = orr_rng_u64(&rng);
        memcpy(bytes + i, &v, 8);
    }
}
static void show(uint32_t number, const char *what, const struct diff_case *c) {
    printf(
        "case %u (ORRERY_DIFF_CASE=%u replays it): %s differs; fork %d, gas %ld, create %d, code ",
        number, number, what, (int)c->fork, (long)c->gas, c->is_create);
    for (size_t i = 0; i < c->programs[0].len; i++) printf("%02x", c->programs[0].code[i]);
    printf("\n");
}
/* Runs cases; returns how many differ.  ends counts how the compared ones ended. */
static int run_cases(bool with_tracer, int ends[4]) {
    static struct diff_case c;
    uint8_t bytes[N_CASE_BYTES];
    const char *one = getenv("ORRERY_DIFF_CASE");
    const char *many = getenv("ORRERY_DIFF_CASES");
    uint32_t n_cases = many ? (uint32_t)atoi(many) : one ? UINT32_MAX : N_CASES;
    int n_differ = 0;
    for (uint32_t i = one ? (uint32_t)atoi(one) : 0; i < n_cases && n_differ < 5; i++) {
        bool full;
        int end;
        fill(bytes, i);
        diff_case(&c, bytes, sizeof bytes);
        const char *what = diff_run(&c, &c, with_tracer, &full, &end);
        if (!full) ends[end]++;
        if (what) show(i, what, &c), n_differ++;
        if (one) break;
    }
    return n_differ;
}

START_TEST(random_programs_run_as_in_the_reference) {
    int ends[4] = {0};
    ck_assert_int_eq(run_cases(false, ends), 0);
    printf("%d stopped, %d reverted, %d failed\n", ends[REF_STOPS], ends[REF_REVERTS],
           ends[REF_FAILS]);
    if (getenv("ORRERY_DIFF_CASE")) return;
    /* the generator must reach every kind of end, or the comparison says little */
    ck_assert_int_gt(ends[REF_STOPS], N_CASES / 10);
    ck_assert_int_gt(ends[REF_REVERTS], N_CASES / 400);
    ck_assert_int_gt(ends[REF_FAILS], N_CASES / 10);
}
END_TEST

START_TEST(traced_programs_run_as_in_the_reference) {
    int ends[4] = {0};
    ck_assert_int_eq(run_cases(true, ends), 0);
}
END_TEST

/* The comparison's own test: the machine gets a program in which one opcode was exchanged, as a
 * wrong handler would have it, and the reference the right one; the cases in which that shows must
 * be seen. */
static int cases_that_notice(uint8_t right, uint8_t wrong) {
    static struct diff_case c, changed;
    uint8_t bytes[N_CASE_BYTES];
    int n_seen = 0;
    for (uint32_t i = 0; i < 1500; i++) {
        bool full;
        int end;
        fill(bytes, i);
        diff_case(&c, bytes, sizeof bytes);
        if (c.is_create) continue;
        changed = c;
        struct diff_program *p = &changed.programs[0];
        for (size_t pc = 0; pc < p->len; pc++) {
            if (p->code[pc] == right)
                p->code[pc] = wrong;
            else if (p->code[pc] >= 0x60 && p->code[pc] <= 0x7f)
                pc += p->code[pc] - 0x5fu;
        }
        n_seen += diff_run(&changed, &c, false, &full, &end) != NULL;
    }
    printf("%02x run as %02x: noticed in %d cases\n", right, wrong, n_seen);
    return n_seen;
}

START_TEST(a_wrong_opcode_is_noticed) {
    static const struct {
        uint8_t right, wrong;
    } bugs[] = {
        {0x01, 0x03}, {0x10, 0x12}, {0x57, 0x50}, {0x52, 0x53},
        {0xf1, 0xf2}, {0x1c, 0x1b}, {0x80, 0x81}, {0x90, 0x91},
    };
    for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++)
        ck_assert_msg(cases_that_notice(bugs[i].right, bugs[i].wrong) > 0, "%02x run as %02x",
                      bugs[i].right, bugs[i].wrong);
    ck_assert_int_eq(cases_that_notice(0x01, 0x01), 0);
}
END_TEST

ORR_TEST_MAIN("differential", random_programs_run_as_in_the_reference,
              traced_programs_run_as_in_the_reference, a_wrong_opcode_is_noticed)
