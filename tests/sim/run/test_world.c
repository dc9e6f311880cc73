/* Worlds: a scenario built once runs as a fresh process would, whatever ran before. */
#include <glob.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/world.h"
#include "tests/test.h"

enum { MAX_WORLDS = 64, N_SEEDS = 3, MANY_SEEDS = 100, ENOUGH_EVENTS = 10000 };
static const uint64_t seeds[N_SEEDS] = {1, 7, 123456789};

/* All that a seed can change in what is built: a random overlay, clocks, key pairs, churn. */
static const char *const of_our_own[] = {
    "orrery: 1\nname: clocks\nduration: 20 s\n"
    "nodes: {val: {count: 7, role: tendermint, clock: {skew: 5 ms, drift: 100 ppm},\n"
    "              config: {transport: flood}}}\n"
    "network: {overlay: {kind: small-world, k: 4, beta: 20 %}, latency: 20 ms}\n"
    "workload: [{kind: transactions, rate: 20 /s, size: 200 B}]\n"
    "faults: [{at: 5 s, do: crash, target: any 1 of val, restart_after: 3 s}]\n",
    "orrery: 1\nname: overlays\nduration: 20 s\n"
    "nodes: {p: {count: 100, role: flood}, q: {count: 60, role: flood, clock: {skew: 1 ms}}}\n"
    "network: {overlay: {kind: erdos-renyi, p: 5 %}, \n"
    "          latency: {dist: normal, mean: 20 ms, sd: 5 ms}}\n"
    "workload: [{kind: transactions, rate: 10 /s, \n"
    "            size: {dist: uniform, min: 100 B, max: 2 kB}}]\n"
    "faults:\n"
    "  - {at: 2 s, for: 5 s, do: lossy-link, target: p, loss: 10 %, corrupt: 5 %}\n"
    "  - {at: 1 s, do: churn, target: q, leave: 1 /s, return: 2 s}\n",
    "orrery: 1\nname: places\nduration: 20 s\n"
    "nodes: {val: {count: 12, role: tendermint, placement: random}}\n"
    "network: {regions: {preset: aws-13, jitter: 5 %}, \n"
    "          links: [{within: any, latency: 2 ms}, {between: [val, us-east-1], loss: 5 %}]}\n"
    "workload: [{kind: transactions, rate: 10 /s, size: 200 B}]\n"
    "faults: [{at: 5 s, for: 5 s, do: isolate, target: us-east-1}]\n",
    "orrery: 1\nname: liars\nduration: 20 s\n"
    "nodes: {val: {count: 5, role: tendermint}}\n"
    "network: {latency: {dist: normal, mean: 20 ms, sd: 5 ms}}\n"
    "faults:\n"
    "  - {at: 1 s, do: byzantine, behaviour: equivocate, target: val.1}\n"
    "  - {at: 4 s, for: 3 s, do: byzantine, behaviour: delay, \n"
    "     by: {dist: uniform, min: 1 ms, max: 2 s}, target: leader}\n",
};

/* Small and short, for many seeds: signed by models and for real, with and without signatures. */
#define SMALL(signatures, role, load)                                                        \
    "orrery: 1\nname: small\nduration: 4 s\nsignatures: " signatures "\n"                     \
    "nodes: {val: {count: 4, role: " role "}}\ncost: {}\n"                                   \
    "network: {latency: {dist: uniform, min: 10 ms, max: 60 ms}}\n"                         \
    "workload: [{kind: transactions, rate: 5 /s, size: 200 B}]\n" load
#define LIAR                                                                                 \
    "faults:\n  - {at: 1 s, do: byzantine, behaviour: equivocate, target: any 1 of val}\n"   \
    "expect: {evidence: present}\n"
static const char *const small_ones[] = {
    SMALL("modelled", "tendermint", LIAR),
    SMALL("real", "tendermint", LIAR),
    SMALL("modelled", "pbft-normal", ""),
};

static struct orr_scenario *scenarios[MAX_WORLDS];
static int n_scenarios;

static void keep(int error, struct orr_scenario *s, struct orr_diags *diags) {
    orr_diags_print(diags, stderr, false);
    orr_diags_fini(diags);
    ck_assert_int_eq(error, 0);
    ck_assert_int_lt(n_scenarios, MAX_WORLDS);
    scenarios[n_scenarios++] = s;
}

static struct orr_scenario *parse(const char *text) {
    struct orr_scenario *s;
    struct orr_diags diags = {0};
    int error = orr_scenario_parse(text, strlen(text), "own", NULL, 0, &s, &diags);
    orr_diags_print(&diags, stderr, false);
    orr_diags_fini(&diags);
    ck_assert_int_eq(error, 0);
    return s;
}

/* Of scenarios that execute blocks, and take a second each, one of a role is enough. */
static bool is_like_another(const char *path) {
    static const char *const families[][2] = {{"/rollup-", "/rollup-quickstart"},
                                              {"/slot-", "/slot-reorg-depth"},
                                              {"/evm-", "/evm-quickstart"},
                                              {"/index-", "/index-quickstart"}};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strstr(path, families[i][0])) return !strstr(path, families[i][1]);
    return false;
}

static void load_scenarios(void) {
    struct orr_scenario *s;
    struct orr_diags diags = {0};
    glob_t files;
    ck_assert_int_eq(glob("scenarios/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        if (is_like_another(files.gl_pathv[i])) continue;
        int error = orr_scenario_load(files.gl_pathv[i], NULL, 0, &s, &diags);
        keep(error, s, &diags);
    }
    globfree(&files);
    for (size_t i = 0; i < sizeof of_our_own / sizeof *of_our_own; i++) {
        int error = orr_scenario_parse(of_our_own[i], strlen(of_our_own[i]), "own", NULL, 0, &s,
                                       &diags);
        keep(error, s, &diags);
    }
}

/* At a simulated time that depends on the run alone. */
static bool enough(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    (void)ctx, (void)now, (void)end;
    return orr_sim_counts(sim).events >= ENOUGH_EVENTS;
}
static const struct orr_run_options options = {.progress = enough};

struct outcome {
    uint64_t fingerprint, digest, events, n_decisions;
};

static struct outcome outcome_of(struct orr_run_result *r) {
    struct outcome o = {r->fingerprint, r->digest, r->counts.events, r->measures.n_decisions};
    orr_run_result_fini(r);
    return o;
}

static struct outcome fresh(const struct orr_scenario *s, uint64_t seed) {
    struct orr_scenario with_seed = *s;
    with_seed.seed = seed;
    struct orr_run_result result;
    struct orr_diags diags = {0};
    ck_assert_int_eq(orr_run(&with_seed, &options, &result, &diags), 0);
    return outcome_of(&result);
}

static struct outcome again(struct orr_world *world, uint64_t seed,
                            const struct orr_fault_list *faults) {
    struct orr_run_result result;
    struct orr_diags diags = {0};
    int error = orr_world_run(world, seed, faults, &options, &result, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_int_eq(error, 0);
    return outcome_of(&result);
}

static void same(struct outcome a, struct outcome b, const struct orr_scenario *s, uint64_t seed) {
    ck_assert_msg(!memcmp(&a, &b, sizeof a), "%s, seed %llu: %016llx, not %016llx", s->name,
                  (unsigned long long)seed, (unsigned long long)a.fingerprint,
                  (unsigned long long)b.fingerprint);
}

static struct orr_world *world_of(const struct orr_scenario *s) {
    struct orr_diags diags = {0};
    struct orr_world *world;
    ck_assert_int_eq(orr_world_new(s, &diags, &world), 0);
    return world;
}

START_TEST(worlds_that_take_turns_run_each_seed_as_a_fresh_one_does) {
    load_scenarios();
    struct outcome expected[MAX_WORLDS][N_SEEDS];
    struct orr_world *worlds[MAX_WORLDS];
    for (int i = 0; i < n_scenarios; i++) {
        for (int k = 0; k < N_SEEDS; k++) expected[i][k] = fresh(scenarios[i], seeds[k]);
        ck_assert_uint_ne(expected[i][0].fingerprint, expected[i][1].fingerprint);
        worlds[i] = world_of(scenarios[i]);
    }
    static const int order[] = {1, 0, 2, 2, 0}; /* back and forth, and one twice in a row */
    for (size_t turn = 0; turn < sizeof order / sizeof *order; turn++)
        for (int i = 0; i < n_scenarios; i++) {
            int k = (order[turn] + i) % N_SEEDS;
            same(again(worlds[i], seeds[k], NULL), expected[i][k], scenarios[i], seeds[k]);
        }
    for (int i = 0; i < n_scenarios; i++) {
        orr_world_free(worlds[i]);
        orr_scenario_free(scenarios[i]);
    }
}
END_TEST

/* Whatever ran before: from the first to the last seed, the other way, and alone. */
START_TEST(a_world_of_many_seeds_runs_each_as_a_fresh_one_does) {
    for (size_t i = 0; i < sizeof small_ones / sizeof *small_ones; i++) {
        struct orr_scenario *s = parse(small_ones[i]);
        struct orr_world *up = world_of(s), *down = world_of(s);
        struct outcome seen[MANY_SEEDS];
        for (uint64_t seed = 0; seed < MANY_SEEDS; seed++) seen[seed] = again(up, seed, NULL);
        for (uint64_t seed = MANY_SEEDS; seed-- > 0;)
            same(again(down, seed, NULL), seen[seed], s, seed);
        for (uint64_t seed = 0; seed < MANY_SEEDS; seed += MANY_SEEDS / 5)
            same(fresh(s, seed), seen[seed], s, seed);
        orr_world_free(up);
        orr_world_free(down);
        orr_scenario_free(s);
    }
}
END_TEST

/* Bytes and simulated costs are those of real ones, so all happens at the same time; and who lies
 * is proven to. */
START_TEST(modelled_signatures_change_nothing_but_bytes) {
    struct orr_scenario *s[2] = {parse(small_ones[0]), parse(small_ones[1])};
    struct orr_world *worlds[2] = {world_of(s[0]), world_of(s[1])};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct orr_run_result r[2];
        struct orr_diags diags = {0};
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(orr_world_run(worlds[k], seed, NULL, &(struct orr_run_options){0},
                                           &r[k], &diags), 0);
            ck_assert(r[k].pass && r[k].measures.n_heights >= 2);
        }
        ck_assert_uint_ne(r[0].fingerprint, r[1].fingerprint);
        ck_assert_uint_eq(r[0].counts.events, r[1].counts.events);
        ck_assert_uint_eq(r[0].counts.sends, r[1].counts.sends);
        ck_assert_mem_eq(&r[0].measures, &r[1].measures, sizeof r[0].measures);
        ck_assert_uint_eq(r[0].n_verdicts, r[1].n_verdicts);
        for (uint32_t v = 0; v < r[0].n_verdicts; v++)
            ck_assert_str_eq(r[0].verdicts[v].observed, r[1].verdicts[v].observed);
        for (int k = 0; k < 2; k++) orr_run_result_fini(&r[k]);
    }
    for (int k = 0; k < 2; k++) {
        orr_world_free(worlds[k]);
        orr_scenario_free(s[k]);
    }
}
END_TEST

START_TEST(a_world_runs_other_faults_and_then_its_own_again) {
    load_scenarios();
    for (int i = 0; i < n_scenarios; i++) {
        const struct orr_scenario *s = scenarios[i];
        struct orr_scenario without = *s;
        without.faults = NULL;
        without.n_faults = 0;
        struct orr_world *world = world_of(s);
        struct orr_fault_list none = {0}, last = {s->faults + s->n_faults / 2, 0};
        last.n = s->n_faults - s->n_faults / 2;
        struct orr_scenario part = *s;
        part.faults = last.v;
        part.n_faults = last.n;
        bool heals = false; /* names faults by number: no part of the list is a list of its own */
        for (uint32_t f = 0; f < s->n_faults; f++) heals |= s->faults[f].n_ends > 0;
        same(again(world, 7, NULL), fresh(s, 7), s, 7);
        same(again(world, 7, &none), fresh(&without, 7), s, 7);
        if (!heals) same(again(world, 1, &last), fresh(&part, 1), s, 1);
        same(again(world, 7, NULL), fresh(s, 7), s, 7);
        orr_world_free(world);
    }
    for (int i = 0; i < n_scenarios; i++) orr_scenario_free(scenarios[i]);
}
END_TEST

/* Lets this process map so many more bytes. */
static void limit_addresses(size_t more_bytes) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = pages * (size_t)sysconf(_SC_PAGESIZE) + more_bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

START_TEST(without_address_space_a_world_says_so_and_nobody_dies) {
    struct orr_scenario *s = parse(small_ones[2]);
    for (size_t rooms = 0; rooms < 2; rooms++) { /* for none, and for the world's but no run's */
        pid_t pid = fork(); /* the limit is this process's */
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            limit_addresses((rooms * 1152 + 512) << 20);
            struct orr_world *world;
            struct orr_run_result result = {0};
            struct orr_diags diags = {0};
            int error = orr_world_new(s, &diags, &world);
            if (rooms && !error)
                error = orr_world_run(world, 1, NULL, &(struct orr_run_options){0}, &result,
                                      &diags);
            bool said = diags.n_errors == 1 && strstr(diags.v[0].text, "address space");
            orr_run_result_fini(&result);
            orr_world_free(world);
            _exit(error == ORR_ENOMEM && said ? 0 : 1);
        }
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(status == 0, "room for %zu: status %#x", rooms, status);
    }
    orr_scenario_free(s);
}
END_TEST

START_TEST(a_run_of_a_world_is_the_run_of_a_process_of_its_own) {
    load_scenarios();
    char command[512], said[4096], text[64];
    for (int i = 0; i < n_scenarios; i++) {
        if (strcmp(scenarios[i]->name, "quickstart")) continue;
        struct orr_world *world = world_of(scenarios[i]);
        for (int k = N_SEEDS; k-- > 0;) {
            struct orr_run_result result;
            struct orr_diags diags = {0};
            ck_assert_int_eq(orr_world_run(world, seeds[k], NULL, &(struct orr_run_options){0},
                                           &result, &diags), 0);
            snprintf(command, sizeof command,
                     "%s run scenarios/quickstart.yaml --seed %llu --no-trace --json",
                     getenv("ORRERY_BIN"), (unsigned long long)seeds[k]);
            snprintf(text, sizeof text, "\"fingerprint\":\"%016llx\"",
                     (unsigned long long)result.fingerprint);
            orr_run_result_fini(&result);
            FILE *pipe = popen(command, "r");
            ck_assert_ptr_nonnull(pipe);
            said[fread(said, 1, sizeof said - 1, pipe)] = 0;
            pclose(pipe);
            ck_assert_msg(strstr(said, text) != NULL, "no %s in %s", text, said);
        }
        orr_world_free(world);
    }
}
END_TEST

START_TEST(what_is_wrong_with_other_faults_is_told_and_the_world_goes_on) {
    static const char text[] = "orrery: 1\nname: t\nduration: 2 s\n"
                               "nodes: {p: {count: 3, role: ping-pong}}\n";
    struct orr_scenario *s;
    struct orr_diags diags = {0};
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "t", NULL, 0, &s, &diags), 0);
    struct orr_world *world = world_of(s);
    struct orr_target all = {.kind = ORR_TARGET_NODES, .n = 3};
    struct orr_fault_spec liar = {.kind = ORR_FAULT_BYZANTINE, .name = "liar",
                                  .behaviour = ORR_BEHAVIOUR_EQUIVOCATE, .duration = ORR_NEVER,
                                  .p = ORR_UNSET, .split = ORR_UNSET, .targets = {&all, 1}};
    struct orr_fault_list faults = {&liar, 1};
    struct orr_run_result result;
    ck_assert_int_ne(orr_world_run(world, 1, &faults, &options, &result, &diags), 0);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diags.v[0].text, "does not know how to do that"));
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    same(again(world, 1, NULL), fresh(s, 1), s, 1);
    orr_world_free(world);
    orr_scenario_free(s);
}
END_TEST

ORR_TEST_MAIN("world", worlds_that_take_turns_run_each_seed_as_a_fresh_one_does,
              a_world_of_many_seeds_runs_each_as_a_fresh_one_does,
              modelled_signatures_change_nothing_but_bytes,
              a_world_runs_other_faults_and_then_its_own_again,
              without_address_space_a_world_says_so_and_nobody_dies,
              a_run_of_a_world_is_the_run_of_a_process_of_its_own,
              what_is_wrong_with_other_faults_is_told_and_the_world_goes_on)
