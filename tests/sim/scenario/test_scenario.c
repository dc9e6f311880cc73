/* A scenario becomes plain structs: values, defaults, names, overrides, limits. */
#include "sim/scenario/scenario.h"

#include <sodium.h>
#include <string.h>

#include "models/registry.h"
#include "tests/test.h"

#define HEAD  "orrery: 1\nname: t\nduration: 10 s\n"
#define NODES "nodes: {val: {count: 4, role: flood}}\n"

static struct orr_diags diags;

/* Parses and expects no complaint. */
static struct orr_scenario *good_with(const char *yaml, const char *const *overrides, uint32_t n) {
    struct orr_scenario *s;
    diags = (struct orr_diags){0};
    int result =
        orr_scenario_parse(yaml, strlen(yaml), "some/folder/t.yaml", overrides, n, &s, &diags);
    if (result) orr_diags_print(&diags, stdout, false);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(diags.n, 0);
    return s;
}
static struct orr_scenario *good(const char *yaml) { return good_with(yaml, NULL, 0); }

/* Parses and expects one complaint of this text among others. */
static void bad(const char *yaml, size_t len, int expected, const char *text) {
    struct orr_scenario *s;
    diags = (struct orr_diags){0};
    ck_assert_int_eq(orr_scenario_parse(yaml, len, "t.yaml", NULL, 0, &s, &diags), expected);
    bool found = false;
    for (uint32_t i = 0; i < diags.n; i++) found = found || strstr(diags.v[i].text, text);
    if (!found) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(found, "no message '%s'", text);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}

START_TEST(what_is_not_said_has_its_documented_default) {
    struct orr_scenario *s = good(HEAD NODES);
    ck_assert_str_eq(s->name, "t");
    ck_assert_str_eq(s->title, "");
    ck_assert_uint_eq(s->seed, 1);
    ck_assert_int_eq(s->duration, 10000000000);
    ck_assert_int_eq(s->on_violation, ORR_VIOLATION_STOPS);
    ck_assert_uint_eq(s->n_nodes, 4);
    const struct orr_group_spec *g = &s->groups[0];
    ck_assert_ptr_eq(g->role, orr_registry_find("flood"));
    ck_assert_uint_eq(g->up_bps, ORR_UNSET);
    ck_assert_uint_eq(g->down_bps, ORR_UNSET);
    ck_assert_uint_eq(g->cores, 1);
    ck_assert_uint_eq(orr_group_stake(g, 3), 1);
    ck_assert_int_eq(g->disk.fsync.kind, ORR_DIST_NONE);
    ck_assert_uint_eq(g->disk.size_bytes, ORR_UNSET);
    ck_assert_uint_eq(g->drift, 0);
    ck_assert_int_eq(s->overlay.kind, ORR_OVERLAY_FULL);
    ck_assert_int_eq(s->latency.kind, ORR_DIST_CONSTANT);
    ck_assert_int_eq(s->latency.value, 1000000);
    ck_assert_uint_eq(s->n_regions, 0);
    ck_assert_uint_eq(orr_scenario_region_of(s, 0), ORR_NO_INDEX);
    ck_assert(!s->cpu && s->memo);
    ck_assert_int_eq(s->expect.agreement, ORR_EXPECT_HOLDS);
    ck_assert_int_eq(s->expect.termination, ORR_TERMINATION_UNCHECKED);
    ck_assert_int_eq(s->expect.max_gap, ORR_NEVER);
    ck_assert_uint_eq(s->expect.throughput_nhz, ORR_UNSET);
    ck_assert_uint_eq(s->record.parts,
                      ORR_RECORD_TRACE - ORR_RECORD_MESSAGES - ORR_RECORD_EVENTS -
                          ORR_RECORD_BLOCKS);
    ck_assert_int_eq(s->record.checkpoint, 1000000000);
    ck_assert_uint_eq(s->record.sample, 1000000000);
    ck_assert_int_eq(s->record.flush, 1000000000);
    orr_scenario_free(s);
}
END_TEST

START_TEST(other_safety_is_expected_as_agreement_is_unless_it_is_said) {
    struct orr_scenario *s = good(HEAD NODES);
    ck_assert_int_eq(s->expect.total_order, ORR_EXPECT_HOLDS);
    ck_assert_int_eq(s->expect.validity, ORR_EXPECT_HOLDS);
    ck_assert_int_eq(s->expect.integrity, ORR_EXPECT_HOLDS);
    ck_assert_int_eq(s->expect.state_root, ORR_EXPECT_HOLDS);
    orr_scenario_free(s);
    s = good(HEAD NODES "expect: {agreement: broken, validity: holds}\n");
    ck_assert_int_eq(s->expect.agreement, ORR_EXPECT_BROKEN);
    ck_assert_int_eq(s->expect.total_order, ORR_EXPECT_UNCHECKED);
    ck_assert_int_eq(s->expect.validity, ORR_EXPECT_HOLDS);
    orr_scenario_free(s);
    s = good(HEAD NODES "expect: {state_root: unchecked, integrity: broken}\n");
    ck_assert_int_eq(s->expect.state_root, ORR_EXPECT_UNCHECKED);
    ck_assert_int_eq(s->expect.integrity, ORR_EXPECT_BROKEN);
    ck_assert_int_eq(s->expect.validity, ORR_EXPECT_HOLDS);
    orr_scenario_free(s);
}
END_TEST

/* What stands under `sweep:` is kept as --set takes it, quoted where it must be. */
START_TEST(values_of_a_sweep_are_kept_as_set_takes_them) {
    const char *text =
        HEAD NODES "sweep:\n  seeds: 1..9\n  vary:\n    - key: title\n      values:\n"
                   "        - plain, with a comma\n        - \"quo\\\"t\\\\ed\\n\"\n"
                   "        - [a, 'b, c', {d: e f, \"g:h\": []}]\n        - \"\"\n"
                   "        - |\n          a block\n          of lines\n"
                   "    - {key: seed, values: 7, with: title}\n"
                   "  variants: {x: {set: {a.b: [1, 2], c: no}}, z: {}}\n";
    struct orr_scenario *s = good(text);
    const struct orr_sweep_spec *w = &s->sweep;
    static const char *const kept[] = {"plain, with a comma", "\"quo\\\"t\\\\ed\\n\"",
                                       "[a, \"b, c\", {d: e f, \"g:h\": []}]", "\"\"",
                                       "\"a block\\nof lines\\n\""};
    ck_assert_uint_eq(w->n_seeds, 1);
    ck_assert_str_eq(w->seeds[0], "1..9");
    ck_assert_uint_eq(w->n_vary, 2);
    ck_assert_uint_eq(w->vary[0].n_values, 5);
    for (int i = 0; i < 5; i++) ck_assert_str_eq(w->vary[0].values[i], kept[i]);
    ck_assert_str_eq(w->vary[1].values[0], "7");
    ck_assert_str_eq(w->vary[1].with, "title");
    ck_assert_str_eq(w->vary[0].with, "");
    ck_assert_uint_eq(w->n_variants, 2);
    ck_assert_str_eq(w->variants[0].changes[0], "a.b=[1, 2]");
    ck_assert_str_eq(w->variants[0].changes[1], "c=no");
    ck_assert_uint_eq(w->variants[1].n_changes, 0);
    ck_assert_mem_eq(text + w->begin, "sweep:", 6);
    ck_assert_uint_eq(w->end, strlen(text));
    orr_scenario_free(s);
    s = good(HEAD "sweep: {seeds: 1}\n" NODES);
    ck_assert_uint_eq(s->sweep.end, strlen(HEAD "sweep: {seeds: 1}\n"));
    orr_scenario_free(s);
    s = good(HEAD NODES);
    ck_assert_uint_eq(s->sweep.end, 0);
    orr_scenario_free(s);
}
END_TEST

START_TEST(distributions_keep_their_parameters) {
    struct orr_scenario *s = good(
        HEAD NODES "network:\n  links:\n"
                   "    - {within: any, latency: 3 ms}\n"
                   "    - {within: any, latency: {dist: uniform, min: 1 ms, max: 2 ms}}\n"
                   "    - {within: any, latency: {dist: normal, mean: 5 ms, sd: 1 ms}}\n"
                   "    - {within: any, latency: {dist: lognormal, median: 40 ms, p99: 90 ms}}\n"
                   "    - {within: any, latency: {dist: exponential, mean: 5 ms}}\n"
                   "    - {within: any, latency: {dist: pareto, scale: 5 ms, shape: 1.5}}\n"
                   "    - {within: any, latency: {dist: gamma, shape: 2, scale: 3 ms}}\n"
                   "    - {within: any, latency: {dist: empirical, file: rtt.txt}}\n"
                   "    - {within: any, latency: {dist: empirical, file: /abs/rtt.txt}}\n");
    const struct orr_link_spec *l = s->links;
    ck_assert(l[0].latency.kind == ORR_DIST_CONSTANT && l[0].latency.value == 3000000);
    ck_assert(l[1].latency.kind == ORR_DIST_UNIFORM && l[1].latency.min == 1000000 &&
              l[1].latency.max == 2000000);
    ck_assert(l[2].latency.kind == ORR_DIST_NORMAL && l[2].latency.mean == 5000000 &&
              l[2].latency.sd == 1000000);
    ck_assert(l[3].latency.kind == ORR_DIST_LOGNORMAL && l[3].latency.median == 40000000 &&
              l[3].latency.p99 == 90000000);
    ck_assert(l[4].latency.kind == ORR_DIST_EXPONENTIAL && l[4].latency.mean == 5000000 &&
              l[4].latency.min == 0);
    ck_assert(l[5].latency.kind == ORR_DIST_PARETO && l[5].latency.scale == 5000000 &&
              l[5].latency.shape == 1500000000);
    ck_assert(l[6].latency.kind == ORR_DIST_GAMMA && l[6].latency.scale == 3000000 &&
              l[6].latency.shape == 2000000000);
    ck_assert_str_eq(l[7].latency.file, "some/folder/rtt.txt");
    ck_assert_str_eq(l[8].latency.file, "/abs/rtt.txt");
    ck_assert(l[0].within_any && l[0].loss == ORR_UNSET && l[0].bandwidth_bps == ORR_UNSET);
    orr_scenario_free(s);
}
END_TEST

static const char REGIONS[] =
    HEAD "nodes:\n"
         "  val: {count: 10, role: flood, region: {us: 33 %, eu: 33.4 %, ap: 33.6 %}}\n"
         "  obs: {count: 5, role: phold}\n"
         "network: {links: [{between: [us, obs], loss: 1 %}, {within: ap, latency: 2 ms}]}\n";

START_TEST(regions_take_the_nodes_of_a_group_in_order_and_any_deals_them_out) {
    struct orr_scenario *s = good(REGIONS);
    ck_assert_uint_eq(s->n_regions, 3);
    ck_assert_str_eq(s->regions[0], "us");
    ck_assert_str_eq(s->regions[2], "ap");
    /* boundaries at round(3.3) = 3 and round(6.64) = 7 */
    static const uint32_t expected[] = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 1, 2, 0, 1};
    for (uint32_t node = 0; node < 15; node++)
        ck_assert_uint_eq(orr_scenario_region_of(s, node), expected[node]);
    ck_assert_str_eq(orr_scenario_group_of(s, 9)->name, "val");
    ck_assert_str_eq(orr_scenario_group_of(s, 10)->name, "obs");
    ck_assert_int_eq(s->links[0].a.kind, ORR_TARGET_REGION);
    ck_assert_int_eq(s->links[0].b.kind, ORR_TARGET_NODES);
    ck_assert_uint_eq(s->links[0].b.first, 10);
    ck_assert(s->links[1].within && s->links[1].a.index == 2);
    orr_scenario_free(s);
}
END_TEST

START_TEST(the_preset_brings_thirteen_regions_in_its_own_order) {
    struct orr_scenario *s =
        good(HEAD "nodes: {val: {count: 26, role: flood, region: any}, t: {count: 1, role: flood, "
                  "region: Tokyo}}\nnetwork: {regions: {preset: aws-13, jitter: 5 %}}\n");
    ck_assert_uint_eq(s->n_regions, 13);
    ck_assert_str_eq(s->regions[0], "N_Virginia");
    ck_assert_str_eq(s->regions[12], "Singapore");
    ck_assert_uint_eq(orr_scenario_region_of(s, 25), 12);
    ck_assert_str_eq(s->regions[orr_scenario_region_of(s, 26)], "Tokyo");
    ck_assert_uint_eq(s->region_matrix.jitter_share, 50000000);
    ck_assert_int_eq(s->region_matrix.source, ORR_REGIONS_AWS_13);
    orr_scenario_free(s);
}
END_TEST

START_TEST(a_matrix_in_a_file_beside_the_scenario_brings_its_regions) {
    char folder[] = "/tmp/orrery-test-XXXXXX", path[64], yaml_path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.csv", folder);
    snprintf(yaml_path, sizeof yaml_path, "%s/t.yaml", folder);
    FILE *file = fopen(path, "w");
    fputs("from,north,south\nnorth,0.5,20\nsouth,20,0.5\n", file);
    fclose(file);
    const char *yaml = HEAD "nodes: {val: {count: 3, role: flood, region: south}, b: {count: 2, "
                            "role: flood}}\nnetwork: {regions: {file: m.csv, jitter: 3 ms}}\n";
    struct orr_scenario *s;
    diags = (struct orr_diags){0};
    ck_assert_int_eq(orr_scenario_parse(yaml, strlen(yaml), yaml_path, NULL, 0, &s, &diags), 0);
    ck_assert_uint_eq(s->n_regions, 2);
    ck_assert_str_eq(s->regions[orr_scenario_region_of(s, 0)], "south");
    ck_assert_str_eq(s->regions[orr_scenario_region_of(s, 3)], "north");
    ck_assert_int_eq(s->region_matrix.source, ORR_REGIONS_FILE);
    ck_assert_str_eq(s->region_matrix.path, path);
    ck_assert_int_eq(s->region_matrix.jitter.value, 3000000);
    orr_scenario_free(s);
    file = fopen(path, "w");
    fputs("from,north,south\nnorth,0.5,x\nsouth,20,0.5\n", file);
    fclose(file);
    ck_assert_int_eq(orr_scenario_parse(yaml, strlen(yaml), yaml_path, NULL, 0, &s, &diags),
                     ORR_EFORMAT);
    ck_assert_uint_eq(diags.n_errors, 1); /* and no word of regions that are not known therefore */
    ck_assert_str_eq(diags.v[0].where.source->name, path);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    remove(path);
    remove(folder);
}
END_TEST

START_TEST(targets_mean_the_nodes_they_name) {
    struct orr_scenario *s = good(
        HEAD "nodes:\n  val: {count: 10, role: flood, region: {us: 50 %, eu: 50 %}}\n"
             "  obs: {count: 5, role: phold, region: us}\n"
             "faults:\n"
             "  - {at: 1 s, do: crash, target: [val.3, eu, obs.1..2, phold, all, any 2 of us]}\n"
             "  - {when: height(eu) > 20, do: pause, for: 2 s, target: val}\n");
    const struct orr_target *t = s->faults[0].targets.v;
    ck_assert_uint_eq(s->faults[0].targets.n, 6);
    ck_assert(t[0].kind == ORR_TARGET_NODES && t[0].first == 3 && t[0].n == 1);
    ck_assert(t[1].kind == ORR_TARGET_REGION && t[1].index == 1);
    ck_assert(t[2].kind == ORR_TARGET_NODES && t[2].first == 11 && t[2].n == 2);
    ck_assert(t[3].kind == ORR_TARGET_ROLE && t[3].role == orr_registry_find("phold"));
    ck_assert(t[4].kind == ORR_TARGET_NODES && t[4].first == 0 && t[4].n == 15);
    ck_assert(t[5].kind == ORR_TARGET_REGION && t[5].index == 0 && t[5].any == 2);
    for (uint32_t node = 0; node < 15; node++) {
        ck_assert_int_eq(orr_target_has(s, &t[0], node), node == 3);
        ck_assert_int_eq(orr_target_has(s, &t[1], node), node >= 5 && node < 10);
        ck_assert_int_eq(orr_target_has(s, &t[2], node), node == 11 || node == 12);
        ck_assert_int_eq(orr_target_has(s, &t[3], node), node >= 10);
        ck_assert(orr_target_has(s, &t[4], node));
    }
    const struct orr_fault_spec *f = &s->faults[1];
    ck_assert(f->conditional && f->at == ORR_NEVER && f->duration == 2000000000);
    ck_assert(f->when.metric == ORR_METRIC_HEIGHT && f->when.at_least == 21);
    ck_assert(f->when.of.kind == ORR_TARGET_REGION && f->when.of.index == 1);
    ck_assert_str_eq(s->faults[0].name, "fault-0");
    orr_scenario_free(s);
}
END_TEST

START_TEST(faults_keep_their_parameters_and_those_of_other_kinds_are_0) {
    struct orr_scenario *s = good(
        HEAD
        "nodes: {val: {count: 4, role: flood, disk: {fsync: 1 ms, size: 1 GB}}}\ncost: "
        "{}\nfaults:\n"
        "  - {name: c, at: 1 s, do: crash, target: val.0, restart_after: 2 s, disk: lose}\n"
        "  - {at: 1 s, do: partition, groups: [[val.0], [val.1, val.2]], one_way: true}\n"
        "  - {at: 1 s, do: slow-link, between: [val.0, val.1], latency: 50 ms, factor: 2}\n"
        "  - {at: 1 s, do: lossy-link, target: val.0, loss: 5 %, reorder: {p: 1 %, by: 9 ms}}\n"
        "  - {at: 1 s, do: heal, what: [c, fault-1]}\n"
        "  - {at: 1 s, do: clock, target: val.0, skew: -5 ms, drift: -50 ppm}\n"
        "  - {at: 1 s, do: slow-disk, target: val, factor: 10}\n"
        "  - {at: 1 s, do: churn, target: val, leave: 6 /min, return: 3 s}\n"
        "  - {at: 1 s, do: delay, kind: rumour, from: val.0, to: val.1, p: 50 %, by: 1 s}\n"
        "  - {at: 1 s, do: byzantine, behaviour: twins, target: val.2, split: 25 %}\n");
    const struct orr_fault_spec *f = s->faults;
    ck_assert(f[0].restart_after == 2000000000 && f[0].disk == ORR_DISK_LOSE);
    ck_assert(f[0].factor == 0 && f[0].loss == 0 && f[0].duration == ORR_NEVER);
    ck_assert(f[1].n_groups == 2 && f[1].groups[1].n == 2 && f[1].groups[1].v[1].first == 2);
    ck_assert(f[1].one_way && f[1].targets.n == 0 && f[1].duration == ORR_NEVER);
    ck_assert(f[2].between[0].v[0].first == 0 && f[2].between[1].v[0].first == 1);
    ck_assert(f[2].extra.value == 50000000 && f[2].factor == 2000000000);
    ck_assert(f[3].loss == 50000000 && f[3].duplicate == 0 && f[3].corrupt == 0);
    ck_assert(f[3].reorder == 10000000 && f[3].reorder_by.value == 9000000);
    ck_assert(f[4].n_ends == 2 && f[4].ends[0] == 0 && f[4].ends[1] == 1);
    ck_assert(f[5].skew == -5000000 && f[5].drift == -50000);
    ck_assert(f[6].factor == 10000000000);
    ck_assert(f[7].leave_nhz == 100000000 && f[7].back_after.value == 3000000000);
    ck_assert(f[8].p == 500000000 && f[8].n_kinds == 1 && !strcmp(f[8].kinds[0], "rumour"));
    ck_assert(f[8].from.v[0].first == 0 && f[8].to.v[0].first == 1 && f[8].by.value == 1000000000);
    ck_assert(f[9].behaviour == ORR_BEHAVIOUR_TWINS && f[9].split == 250000000);
    ck_assert(f[9].p == 1000000000);
    ck_assert(s->cpu && s->costs.verify_ns == 63000 && s->costs.step_ns == 1000);
    ck_assert_uint_eq(s->groups[0].disk.size_bytes, 1000000000);
    orr_scenario_free(s);
}
END_TEST

START_TEST(workloads_complete_their_rate_and_times) {
    struct orr_scenario *s =
        good(HEAD NODES
             "workload:\n"
             "  - {rate: 200 /s, size: {dist: uniform, min: 100 B, max: 1 kB}}\n"
             "  - {arrivals: {kind: burst, size: 100, every: 2 s}, to: all of val, stop: 5 s}\n"
             "  - {name: third, rate: 1 /s, to: [val.0, val.2], from: val, clients: 3}\n");
    const struct orr_workload_spec *w = s->workloads;
    ck_assert(w[0].rate_nhz == 200000000000 && w[0].start == 0 && w[0].stop == s->duration);
    ck_assert(w[0].size.kind == ORR_DIST_UNIFORM && w[0].size.max == 1000 && !w[0].to_every);
    ck_assert(w[0].to.n == 1 && w[0].to.v[0].n == 4 && w[0].clients == 16);
    ck_assert(w[1].arrivals == ORR_ARRIVE_BURST && w[1].burst_size == 100);
    ck_assert(w[1].rate_nhz == 50000000000 && w[1].to_every && w[1].stop == 5000000000);
    ck_assert(w[2].to.n == 2 && w[2].from.n == 1 && w[2].clients == 3);
    ck_assert_str_eq(w[1].name, "workload-1");
    ck_assert_str_eq(w[2].name, "third");
    orr_scenario_free(s);
}
END_TEST

/* By the roles at its ends, though another role of the scenario calls other messages so. */
START_TEST(a_link_knows_the_types_of_the_kinds_that_it_puts_first) {
    struct orr_scenario *s =
        good(HEAD "nodes: {a: {count: 4, role: tendermint}, b: {count: 3, role: raft}}\n"
                  "network: {links: [{within: a, bandwidth: 1 Mbit/s, priority: [precommit, tx]}, "
                  "{within: b, bandwidth: 1 Mbit/s}]}\n");
    const struct orr_protocol *role = orr_registry_find("tendermint");
    ck_assert_uint_eq(s->links[0].n_priority, 2);
    ck_assert_uint_eq(s->links[1].n_priority, 0);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t type = s->links[0].urgent[i];
        ck_assert_str_eq(role->kinds[type], i ? "tx" : "precommit");
    }
    orr_scenario_free(s);
}
END_TEST

START_TEST(a_setting_may_be_written_in_its_other_spelling) {
    struct orr_scenario *s =
        good(HEAD "nodes: {a: {count: 4, role: tendermint, config: {transport: flood}}, "
                  "b: {count: 4, role: tendermint, config: {dissemination: flood}}}\n");
    const struct orr_config_key *key = orr_registry_find("tendermint")->config;
    while (strcmp(key->name, "dissemination")) key++;
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(*(const uint32_t *)((const char *)s->groups[i].config + key->offset), 1);
    orr_scenario_free(s);
}
END_TEST

START_TEST(settings_of_a_role_are_filled_with_defaults_and_values) {
    struct orr_scenario *s =
        good(HEAD "nodes: {a: {count: 1, role: phold}, b: {count: 1, role: phold, "
                  "config: {population: 3}}}\n");
    const struct orr_config_key *key = orr_registry_find("phold")->config;
    ck_assert_str_eq(key->name, "population");
    ck_assert_uint_eq(*(const uint64_t *)((const char *)s->groups[0].config + key->offset),
                      key->fallback);
    ck_assert_uint_eq(*(const uint64_t *)((const char *)s->groups[1].config + key->offset), 3);
    orr_scenario_free(s);
}
END_TEST

START_TEST(an_override_changes_what_the_file_says) {
    const char *const overrides[] = {"seed=7",
                                     "nodes.val.count=40",
                                     "network.latency=5 ms",
                                     "network.links.wan.loss=3 %",
                                     "faults.0.at=2 s",
                                     "faults.cut.for=1 s",
                                     "record=none",
                                     "nodes.val.stake=[1, 2]",
                                     "nodes.val.count=2"};
    struct orr_scenario *s =
        good_with(HEAD NODES "network: {links: [{name: wan, within: any, loss: 1 %}]}\n"
                             "faults: [{name: cut, at: 1 s, do: isolate, target: val.0}]\n",
                  overrides, 9);
    ck_assert_uint_eq(s->seed, 7);
    ck_assert_uint_eq(s->n_nodes, 2); /* the last one wins */
    ck_assert_uint_eq(orr_group_stake(&s->groups[0], 1), 2);
    ck_assert_int_eq(s->latency.value, 5000000);
    ck_assert_uint_eq(s->links[0].loss, 30000000);
    ck_assert_int_eq(s->faults[0].at, 2000000000);
    ck_assert_int_eq(s->faults[0].duration, 1000000000);
    ck_assert_uint_eq(s->record.parts, 0);
    ck_assert_uint_eq(s->n_overrides, 9);
    orr_scenario_free(s);
}
END_TEST

START_TEST(an_override_is_held_to_the_same_rules_and_shown_in_its_own_text) {
    static const struct {
        const char *override, *message;
    } cases[] = {
        {"nodes.val.cuont=4", "nodes.val: a group of nodes has no key 'cuont'"},
        {"seed", "an override is written key=value"},
        {"=4", "an override is written key=value"},
        {"seed=", "nothing is written here"},
        {"seed=[", "not YAML"},
        {"duration=60", "duration: '60' needs a unit"},
        {"faults.3.at=1 s", "the list has no such item"},
        {"nodes..count=1", "a step of the key is empty"},
        {"seed.low=1", "what stands before this is a single value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_scenario *s;
        diags = (struct orr_diags){0};
        const char *yaml = HEAD NODES "seed: 1\nfaults: []\n";
        ck_assert_int_lt(
            orr_scenario_parse(yaml, strlen(yaml), "t", &cases[i].override, 1, &s, &diags), 0);
        ck_assert_uint_ge(diags.n, 1);
        ck_assert_msg(!strncmp(diags.v[0].text, cases[i].message, strlen(cases[i].message)),
                      "%s: %s", cases[i].override, diags.v[0].text);
        ck_assert_str_eq(diags.v[0].where.source->name, "--set");
        orr_diags_fini(&diags);
        orr_scenario_free(s);
    }
}
END_TEST

START_TEST(an_alias_is_a_copy_and_an_override_moves_only_one_place) {
    const char *const overrides[] = {"network.links.a.latency.median=1 ms"};
    struct orr_scenario *s = good_with(
        HEAD NODES
        "network:\n  links:\n"
        "    - {name: a, within: any, latency: &wan {dist: lognormal, median: 40 ms, p99: 90 ms}}\n"
        "    - {name: b, within: any, latency: *wan}\n",
        overrides, 1);
    ck_assert_int_eq(s->links[0].latency.median, 1000000);
    ck_assert_int_eq(s->links[1].latency.median, 40000000);
    orr_scenario_free(s);
}
END_TEST

START_TEST(the_digest_is_that_of_text_and_overrides) {
    const char *yaml = HEAD NODES, *const overrides[] = {"seed=7"};
    struct orr_scenario *s = good(yaml);
    unsigned char expected[32];
    crypto_hash_sha256(expected, (const unsigned char *)yaml, strlen(yaml) + 1);
    ck_assert_mem_eq(s->digest, expected, 32);
    ck_assert_str_eq(s->source.text, yaml);
    orr_scenario_free(s);
    s = good_with(yaml, overrides, 1);
    char both[400];
    size_t len = strlen(yaml) + 1;
    memcpy(both, yaml, len);
    memcpy(both + len, "seed=7", 7);
    crypto_hash_sha256(expected, (const unsigned char *)both, len + 7);
    ck_assert_mem_eq(s->digest, expected, 32);
    orr_scenario_free(s);
}
END_TEST

/* ---- hostile texts ---- */

static char *filled(size_t len, char c) {
    char *text = malloc(len + 1);
    memset(text, c, len);
    text[len] = 0;
    return text;
}

START_TEST(past_one_mebibyte_a_file_is_refused_unread) {
    char *text = filled(ORR_SCENARIO_MAX_BYTES + 1, '#');
    bad(text, ORR_SCENARIO_MAX_BYTES + 1, ORR_ELIMIT, "the file is too large");
    memcpy(text, HEAD NODES, strlen(HEAD NODES)); /* at the limit: one long comment after it */
    struct orr_scenario *s;
    diags = (struct orr_diags){0};
    ck_assert_int_eq(orr_scenario_parse(text, ORR_SCENARIO_MAX_BYTES, "t", NULL, 0, &s, &diags), 0);
    orr_scenario_free(s);
    free(text);
}
END_TEST

START_TEST(nesting_past_64_levels_is_refused) {
    static const char brackets[] = "[{";
    for (int kind = 0; kind < 2; kind++) {
        char *text = filled(200000, brackets[kind]);
        bad(text, 200000, ORR_ELIMIT, "nested too deep");
        free(text);
    }
    char text[1000] = "a: ";
    for (int i = 0; i < 63; i++) strcat(text, "[");
    for (int i = 0; i < 63; i++) strcat(text, "]");
    bad(text, strlen(text), ORR_ELIMIT, "nested too deep");
    char fits[1000] = "a: ";
    for (int i = 0; i < 62; i++) strcat(fits, "[");
    for (int i = 0; i < 62; i++) strcat(fits, "]");
    bad(fits, strlen(fits), ORR_EFORMAT, "has no key 'a'");
}
END_TEST

START_TEST(an_alias_bomb_is_refused_before_it_goes_off) {
    char text[2000] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c <= 'i'; c++) {
        char line[100];
        snprintf(line, sizeof line, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c,
                 c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
        strcat(text, line);
    }
    bad(text, strlen(text), ORR_ELIMIT, "the scenario is too large");
}
END_TEST

START_TEST(more_than_100000_events_are_refused) {
    size_t len = 300000;
    char *text = filled(len, 'x');
    text[0] = '[';
    for (size_t i = 2; i < len; i += 2) text[i] = ',';
    bad(text, len, ORR_ELIMIT, "the scenario is too large");
    free(text);
}
END_TEST

START_TEST(thousands_of_anchors_and_keys_are_refused) {
    size_t len = 0;
    char *text = filled(1 << 20, 0);
    text[len++] = '[';
    for (int i = 0; i < 20000; i++) len += (size_t)sprintf(text + len, "&a%d x,", i);
    text[len++] = ']';
    bad(text, len, ORR_ELIMIT, "too many anchors");
    len = 0;
    for (int i = 0; i < 20000; i++) len += (size_t)sprintf(text + len, "k%d: x\n", i);
    bad(text, len, ORR_ELIMIT, "too many keys in one map");
    free(text);
}
END_TEST

START_TEST(a_partition_of_millions_named_a_thousand_times_ends_in_time) {
    char *text = filled(1 << 20, 0);
    size_t len = (size_t)sprintf(
        text, HEAD "nodes: {val: {count: 16000000, role: flood, region: {us: 50 %%, eu: 50 %%}}}\n"
                   "faults:\n  - {at: 1 s, do: partition, groups: [[us], [");
    for (int i = 0; i < 4000; i++) len += (size_t)sprintf(text + len, "eu, ");
    len += (size_t)sprintf(text + len, "eu]]}\n");
    bad(text, len, ORR_EFORMAT, "too many nodes and names to compare");
    free(text);
}
END_TEST

START_TEST(cut_at_any_byte_a_scenario_is_refused_or_read_but_never_breaks) {
    for (size_t len = 0; len < strlen(REGIONS); len++) {
        struct orr_scenario *s;
        diags = (struct orr_diags){0};
        int result = orr_scenario_parse(REGIONS, len, "t", NULL, 0, &s, &diags);
        ck_assert_int_eq(result == 0, diags.n_errors == 0);
        orr_diags_fini(&diags);
        orr_scenario_free(s);
    }
}
END_TEST

ORR_TEST_MAIN("scenario", what_is_not_said_has_its_documented_default,
              other_safety_is_expected_as_agreement_is_unless_it_is_said,
              values_of_a_sweep_are_kept_as_set_takes_them, distributions_keep_their_parameters,
              regions_take_the_nodes_of_a_group_in_order_and_any_deals_them_out,
              the_preset_brings_thirteen_regions_in_its_own_order,
              a_matrix_in_a_file_beside_the_scenario_brings_its_regions,
              targets_mean_the_nodes_they_name,
              faults_keep_their_parameters_and_those_of_other_kinds_are_0,
              workloads_complete_their_rate_and_times,
              a_setting_may_be_written_in_its_other_spelling,
              a_link_knows_the_types_of_the_kinds_that_it_puts_first,
              settings_of_a_role_are_filled_with_defaults_and_values,
              an_override_changes_what_the_file_says,
              an_override_is_held_to_the_same_rules_and_shown_in_its_own_text,
              an_alias_is_a_copy_and_an_override_moves_only_one_place,
              the_digest_is_that_of_text_and_overrides, past_one_mebibyte_a_file_is_refused_unread,
              nesting_past_64_levels_is_refused, an_alias_bomb_is_refused_before_it_goes_off,
              more_than_100000_events_are_refused, thousands_of_anchors_and_keys_are_refused,
              a_partition_of_millions_named_a_thousand_times_ends_in_time,
              cut_at_any_byte_a_scenario_is_refused_or_read_but_never_breaks)
