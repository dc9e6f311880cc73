/* Nodes have no rank but their turn to lead: with their numbers permuted, and with them the lines
 * between them and the list of leaders, the same happens at the same time, each to its node. */
#include "models/bft/hotstuff/hotstuff.h"
#include "tests/models/bft/laws.h"

enum { N = 4, HEIGHTS = 64 };

static const char *const roles[] = {"hotstuff-basic", "hotstuff", "hotstuff-2",
                                    "jolteon", "fast-hotstuff"};
enum { N_ROLES = sizeof roles / sizeof roles[0] };

/* The node that a number stands for, and what it went through: views and times of its decisions. */
static uint32_t node_of[N];
struct life {
    uint32_t n;
    struct { orr_time at; uint32_t view; uint64_t height; bool is_own; } decided[HEIGHTS];
};
static struct life lives[N];
static uint32_t silent; /* a node that sends nothing for a while */

static const struct law *law_of(const char *role) {
    for (uint32_t i = 0; i < N_LAWS; i++)
        if (!strcmp(laws[i].role, role)) return &laws[i];
    ck_abort_msg("no law of %s", role);
}

/* Lines differ, so that no two messages come at one time: ties go by number. */
static orr_time by_node(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)m;
    uint32_t a = node_of[from], b = node_of[to];
    if (a == silent && c->now > 300 * MS && c->now < 900 * MS) return ORR_NEVER;
    return 10 * MS + (orr_time)(7919 * a + 104729 * b + 15485863 * (a * b));
}

static void note(struct cluster *c, orr_peer number, uint32_t key, const struct orr_msg *m) {
    law_output(c, number, key, m);
    struct life *life = &lives[node_of[number]];
    if (key != ORR_OUT_DECIDED || life->n == HEIGHTS) return;
    const struct orr_decided *d = (const struct orr_decided *)m->data;
    uint32_t i = life->n++;
    life->decided[i].at = c->now;
    life->decided[i].view = d->round;
    life->decided[i].height = d->height;
    life->decided[i].is_own = orr_decided_proposers(d)[0] == number;
}

static void run(const char *role, const uint32_t *order) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, law_of(role), N, 1);
    uint64_t leaders[N];
    memset(lives, 0, sizeof lives);
    for (uint32_t i = 0; i < N; i++) node_of[order[i]] = i;
    for (uint32_t i = 0; i < N; i++) leaders[i] = order[i];
    ((struct orr_hs_config *)c.config)->leaders = (struct orr_config_list){leaders, N};
    cluster_set(&c, "leader_views", 1);
    c.delay = by_node;
    c.output = note;
    cluster_start(&c);
    law_run(&c, 3000 * MS);
    ck_assert_uint_eq(ear->n_forks + ear->n_double + ear->n_gaps, 0);
    law_free(&c);
}

START_TEST(other_numbers_of_the_nodes_change_nothing_but_their_numbers) {
    static const uint32_t orders[][N] = {{1, 2, 3, 0}, {3, 2, 1, 0}, {2, 0, 3, 1}};
    static const uint32_t plain[N] = {0, 1, 2, 3};
    for (uint32_t r = 0; r < N_ROLES; r++)
        for (silent = 0; silent < N; silent++) {
            struct life as_they_are[N];
            run(roles[r], plain);
            memcpy(as_they_are, lives, sizeof lives);
            ck_assert_msg(as_they_are[0].n >= 4, "%s decided %u", roles[r], as_they_are[0].n);
            for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
                run(roles[r], orders[k]);
                for (uint32_t i = 0; i < N; i++)
                    ck_assert_msg(!memcmp(&lives[i], &as_they_are[i], sizeof lives[i]),
                                  "%s, %u silent, order %zu: node %u lives otherwise", roles[r],
                                  silent, k, i);
            }
        }
}
END_TEST

/* The comparison notices a node that is not like the others. */
START_TEST(other_lines_are_another_life) {
    static const uint32_t plain[N] = {0, 1, 2, 3}, turned[N] = {1, 2, 3, 0};
    struct life before[N];
    silent = N;
    run("jolteon", plain);
    memcpy(before, lives, sizeof lives);
    silent = 2;
    run("jolteon", turned);
    ck_assert(memcmp(before, lives, sizeof lives));
}
END_TEST

ORR_TEST_MAIN("bft.numbers", other_numbers_of_the_nodes_change_nothing_but_their_numbers,
              other_lines_are_another_life)
