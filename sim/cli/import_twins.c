#include "sim/cli/import_twins.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is read, and where a mistake is told. */
struct reading {
    const struct orr_twins_file *file;
    uint32_t scenario;
    char *why;
    size_t size;
};

static int refuse(const struct reading *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int refuse(const struct reading *r, const char *format, ...) {
    int used = snprintf(r->why, r->size, "scenarios[%u]: ", r->scenario);
    va_list args;
    va_start(args, format);
    if (used > 0 && (size_t)used < r->size)
        vsnprintf(r->why + used, r->size - (size_t)used, format, args);
    va_end(args);
    return ORR_EFORMAT;
}

/* ---- the file ---- */

static bool take_count(const json_t *root, const char *key, json_int_t least, json_int_t most,
                       uint32_t *to) {
    const json_t *value = json_object_get(root, key);
    if (!json_is_integer(value)) return false;
    json_int_t n = json_integer_value(value);
    if (n < least || n > most) return false;
    *to = (uint32_t)n;
    return true;
}

int orr_twins_file_read(const char *text, size_t len, struct orr_twins_file *file, char *why,
                        size_t size) {
    json_error_t error;
    *file = (struct orr_twins_file){.root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error)};
    if (!file->root) {
        snprintf(why, size, "line %d, column %d: %s", error.line, error.column, error.text);
        return ORR_EFORMAT;
    }
    const json_t *scenarios = json_object_get(file->root, "scenarios");
    const char *what = NULL;
    if (!take_count(file->root, "num_of_nodes", 1, ORR_IMPORT_NODES_MAX, &file->n_nodes))
        what = "num_of_nodes: a number from 1 to 64 is meant";
    else if (!take_count(file->root, "num_of_twins", 0, file->n_nodes, &file->n_twins))
        what = "num_of_twins: a number from 0 to num_of_nodes is meant";
    else if (!json_is_array(scenarios) || !json_array_size(scenarios))
        what = "scenarios: a list of one or more is meant";
    if (!what) {
        file->n_scenarios = (uint32_t)json_array_size(scenarios);
        return 0;
    }
    snprintf(why, size, "%s", what);
    orr_twins_file_fini(file);
    return ORR_EFORMAT;
}

void orr_twins_file_fini(struct orr_twins_file *file) {
    json_decref(file->root);
    file->root = NULL;
}

/* ---- values ---- */

/* "12"; false: no whole number from least to most is written so. */
static bool number_of(const char *text, uint32_t least, uint32_t most, uint32_t *n) {
    size_t len = strlen(text);
    uint32_t value = 0;
    if (!len || len > 6 || (len > 1 && *text == '0')) return false;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9') return false;
        value = 10 * value + (uint32_t)(*p - '0');
    }
    *n = value;
    return value >= least && value <= most;
}

static uint32_t n_instances(const struct reading *r) {
    return r->file->n_nodes + r->file->n_twins;
}

static bool instance_of(const struct reading *r, const json_t *value, uint32_t *instance) {
    if (!json_is_integer(value)) return false;
    json_int_t n = json_integer_value(value);
    if (n < 0 || n >= (json_int_t)n_instances(r)) return false;
    *instance = (uint32_t)n;
    return true;
}

static void put_instance(const struct reading *r, uint32_t i, FILE *to) {
    if (i < r->file->n_nodes) fprintf(to, "val.%u", i);
    else fprintf(to, "twin of val.%u", i - r->file->n_nodes);
}

/* Rounds of a map, in their order: least and most of them; false: its keys are none. */
static int rounds_of(const struct reading *r, const json_t *map, const char *key, uint32_t *first,
                     uint32_t *last) {
    const char *round;
    json_t *value;
    json_object_foreach((json_t *)map, round, value) {
        uint32_t n;
        if (!number_of(round, 1, ORR_IMPORT_ROUNDS_MAX, &n))
            return refuse(r, "%s: rounds from 1 to %d are meant, not '%.20s'", key,
                          ORR_IMPORT_ROUNDS_MAX, round);
        if (n < *first) *first = n;
        if (n > *last) *last = n;
    }
    return 0;
}

static const json_t *of_round(const json_t *map, uint32_t round) {
    char key[16];
    snprintf(key, sizeof key, "%u", round);
    return json_object_get(map, key);
}

/* ---- a round ---- */

/* One node, with its twin or without. */
static int put_leader(const struct reading *r, const json_t *leaders, uint32_t round, FILE *to) {
    uint32_t leader = 0, instance;
    if (!json_is_array(leaders) || !json_array_size(leaders))
        return refuse(r, "round_leaders of round %u: a list of nodes is meant", round);
    for (size_t i = 0; i < json_array_size(leaders); i++) {
        if (!instance_of(r, json_array_get(leaders, i), &instance))
            return refuse(r, "round_leaders of round %u: nodes are from 0 to %u", round,
                          n_instances(r) - 1);
        uint32_t node = instance % r->file->n_nodes;
        if (i && node != leader)
            return refuse(r, "round_leaders of round %u: nodes %u and %u lead it, and here a view "
                             "has one leader", round, leader, node);
        leader = node;
    }
    fprintf(to, "  - {do: lead, view: %u, target: val.%u}\n", round, leader);
    return 0;
}

/* Which part each instance is in, from 1 on; who is in none is alone in one. */
static int parts_of(const struct reading *r, const json_t *parts, uint32_t round, uint32_t *part,
                    uint32_t *n_parts) {
    uint32_t n = 0, instance;
    if (!json_is_array(parts))
        return refuse(r, "round_partitions of round %u: a list of lists is meant", round);
    for (size_t p = 0; p < json_array_size(parts); p++) {
        const json_t *members = json_array_get(parts, p);
        if (!json_is_array(members))
            return refuse(r, "round_partitions of round %u: a list of lists is meant", round);
        if (json_array_size(members)) n++;
        for (size_t i = 0; i < json_array_size(members); i++) {
            if (!instance_of(r, json_array_get(members, i), &instance))
                return refuse(r, "round_partitions of round %u: nodes are from 0 to %u", round,
                              n_instances(r) - 1);
            if (part[instance])
                return refuse(r, "round_partitions of round %u: %u is there twice", round,
                              instance);
            part[instance] = n;
        }
    }
    for (uint32_t i = 0; i < n_instances(r); i++)
        if (!part[i]) part[i] = ++n;
    *n_parts = n;
    return 0;
}

static int put_parts(const struct reading *r, const json_t *parts, uint32_t round, FILE *to) {
    uint32_t part[2 * ORR_IMPORT_NODES_MAX] = {0}, n_parts = 0;
    int error = parts_of(r, parts, round, part, &n_parts);
    if (error || n_parts < 2) return error;
    fprintf(to, "  - {do: partition, view: %u, groups: [", round);
    for (uint32_t p = 1; p <= n_parts; p++) {
        bool any = false;
        fputs(p > 1 ? ", [" : "[", to);
        for (uint32_t i = 0; i < n_instances(r); i++) {
            if (part[i] != p) continue;
            fputs(any ? ", " : "", to);
            put_instance(r, i, to);
            any = true;
        }
        fputc(']', to);
    }
    fputs("]}\n", to);
    return 0;
}

enum { INSTANCES_MAX = 2 * ORR_IMPORT_NODES_MAX };
/* [sender][receiver] */
struct cuts { bool of[INSTANCES_MAX][INSTANCES_MAX]; };

static int cut_firewall(const struct reading *r, const json_t *rules, uint32_t round,
                        struct cuts *cuts) {
    const char *key;
    json_t *receivers;
    if (!json_is_object(rules))
        return refuse(r, "firewall of round %u: senders with their receivers are meant", round);
    json_object_foreach((json_t *)rules, key, receivers) {
        uint32_t sender, receiver;
        if (!number_of(key, 0, n_instances(r) - 1, &sender) || !json_is_array(receivers))
            return refuse(r, "firewall of round %u: a sender from 0 to %u and a list are meant",
                          round, n_instances(r) - 1);
        for (size_t i = 0; i < json_array_size(receivers); i++) {
            if (!instance_of(r, json_array_get(receivers, i), &receiver))
                return refuse(r, "firewall of round %u: nodes are from 0 to %u", round,
                              n_instances(r) - 1);
            cuts->of[sender][receiver] = receiver != sender;
        }
    }
    return 0;
}

/* The receivers that a sender does not reach, as a list; false: there are none. */
static bool put_receivers(const struct reading *r, const struct cuts *cuts, uint32_t sender,
                          const char *before, FILE *to) {
    bool any = false;
    for (uint32_t i = 0; i < n_instances(r); i++) {
        if (!cuts->of[sender][i]) continue;
        fputs(any ? ", " : before, to);
        put_instance(r, i, to);
        any = true;
    }
    return any;
}

static int put_firewall(const struct reading *r, const json_t *rules, uint32_t round, FILE *to) {
    struct cuts cuts = {0};
    int error = cut_firewall(r, rules, round, &cuts);
    for (uint32_t sender = 0; sender < n_instances(r) && !error; sender++) {
        char before[128];
        snprintf(before, sizeof before,
                 "  - {do: partition, one_way: true, view: %u, groups: [[%sval.%u], [", round,
                 sender < r->file->n_nodes ? "" : "twin of ", sender % r->file->n_nodes);
        if (put_receivers(r, &cuts, sender, before, to)) fputs("]]}\n", to);
    }
    return error;
}

/* ---- rounds of nodes that leave a view one by one there, and together here ---- */

/* In that simulator a message is of the round in which its sender is: who votes is in the next
 * round by then, and so is who gives up; who gives up after its vote is two further.  Where a
 * quorum of timeouts ends a view, its votes and timeouts fall under the rules of those rounds. */
static int cuts_of(const struct reading *r, const json_t *parts, const json_t *walls,
                   uint32_t round, struct cuts *cuts) {
    uint32_t part[INSTANCES_MAX] = {0}, n_parts = 0;
    const json_t *parted = of_round(parts, round), *rules = walls ? of_round(walls, round) : NULL;
    memset(cuts, 0, sizeof *cuts);
    int error = parted ? parts_of(r, parted, round, part, &n_parts) : 0;
    for (uint32_t i = 0; i < n_instances(r) && !error; i++)
        for (uint32_t k = 0; k < n_instances(r); k++) cuts->of[i][k] = part[i] != part[k];
    return !error && rules ? cut_firewall(r, rules, round, cuts) : error;
}

static void put_drops(const struct reading *r, const struct cuts *cuts, uint32_t view,
                      const char *kinds, FILE *to) {
    for (uint32_t sender = 0; sender < n_instances(r); sender++) {
        char before[128];
        snprintf(before, sizeof before,
                 "  - {do: drop, view: %u, kind: %s, from: val.%u, to: [", view, kinds, sender);
        if (put_receivers(r, cuts, sender, before, to)) fputs("]}\n", to);
    }
}

/* Does the leader reach nobody?  Then nobody votes. */
static bool is_silent(const struct reading *r, const struct cuts *cuts, const json_t *leaders) {
    uint32_t leader, n = 0;
    if (!leaders || !instance_of(r, json_array_get(leaders, 0), &leader)) return true;
    for (uint32_t i = 0; i < n_instances(r); i++) n += cuts->of[leader][i];
    return n + 1 == n_instances(r);
}

static int put_round_of_votes(const struct reading *r, const json_t *parts, const json_t *walls,
                              const json_t *leaders, uint32_t round, FILE *to) {
    struct cuts own, next, given_up;
    int error = cuts_of(r, parts, walls, round, &own);
    if (!error) error = cuts_of(r, parts, walls, round + 1, &next);
    if (!error) error = cuts_of(r, parts, walls, round + 2, &given_up);
    if (error) return error;
    put_drops(r, &own, round, "[proposal, proof]", to);
    put_drops(r, &next, round, "vote", to);
    put_drops(r, is_silent(r, &own, leaders) ? &next : &given_up, round, "timeout", to);
    return 0;
}

/* ---- a scenario ---- */

static bool has_key(const struct orr_protocol *role, const char *name) {
    for (const struct orr_config_key *k = role->config; k && k->name; k++)
        if (!strcmp(k->name, name)) return true;
    return false;
}

/* Roles of which a quorum of timeouts ends a view, and whose votes go to the next one's leader. */
static bool votes_for_the_next(const struct orr_protocol *role) {
    static const char *const chained[] = {"hotstuff", "hotstuff-2", "jolteon", "fast-hotstuff"};
    for (size_t i = 0; i < sizeof chained / sizeof chained[0]; i++)
        if (!strcmp(role->name, chained[i])) return true;
    return false;
}

/* Rounds of the file are all alike. */
static void put_head(const struct reading *r, const char *name, const struct orr_protocol *role,
                     uint32_t last, FILE *to) {
    fprintf(to,
            "orrery: 1\nname: %s\nduration: %u s\n\nnodes:\n  val:\n    count: %u\n    role: %s\n",
            name, 2 * (last + 1), r->file->n_nodes, role->name);
    if (has_key(role, "timeout_growth")) fputs("    config: {timeout_growth: fixed}\n", to);
    fputs("\nnetwork: {latency: 10 ms}\n\nschedule:\n", to);
    for (uint32_t i = 0; i < r->file->n_twins; i++)
        fprintf(to, "  - {at: 0 s, do: byzantine, target: val.%u, behaviour: twins}\n", i);
}

static int put_scenario(const struct reading *r, const char *name,
                        const struct orr_protocol *role, FILE *to) {
    const json_t *scenario =
        json_array_get(json_object_get(r->file->root, "scenarios"), r->scenario);
    const json_t *leads = json_object_get(scenario, "round_leaders");
    const json_t *parts = json_object_get(scenario, "round_partitions");
    const json_t *walls = json_object_get(scenario, "firewall");
    uint32_t first = UINT32_MAX, last = 0;
    if (!json_is_object(leads) || !json_is_object(parts) || (walls && !json_is_object(walls)))
        return refuse(r, "round_leaders, round_partitions and perhaps firewall are meant, each a "
                         "map by round");
    int error = rounds_of(r, leads, "round_leaders", &first, &last);
    if (!error) error = rounds_of(r, parts, "round_partitions", &first, &last);
    if (!error && walls) error = rounds_of(r, walls, "firewall", &first, &last);
    if (error) return error;
    if (!last) return refuse(r, "it has no rounds");
    put_head(r, name, role, last, to);
    for (uint32_t round = first; round <= last && !error; round++) {
        const json_t *leaders = of_round(leads, round), *parted = of_round(parts, round);
        const json_t *rules = walls ? of_round(walls, round) : NULL;
        if (leaders) error = put_leader(r, leaders, round, to);
        if (!error && votes_for_the_next(role) && !r->file->n_twins) {
            error = put_round_of_votes(r, parts, walls, leaders, round, to);
            continue;
        }
        if (!error && parted) error = put_parts(r, parted, round, to);
        if (!error && rules) error = put_firewall(r, rules, round, to);
    }
    fprintf(to, "  - {do: drop, view: %u..%d}\n", last + 1,
            1000000000);
    return error;
}

int orr_twins_file_scenario(const struct orr_twins_file *file, uint32_t i, const char *name,
                            const struct orr_protocol *role, char **yaml, char *why,
                            size_t size) {
    struct reading r = {file, i, why, size};
    size_t len;
    FILE *to = open_memstream(yaml, &len);
    if (!to) {
        snprintf(why, size, "no memory");
        return ORR_ENOMEM;
    }
    int error = put_scenario(&r, name, role, to);
    if (fclose(to) && !error) {
        snprintf(why, size, "no memory");
        error = ORR_ENOMEM;
    }
    if (error) {
        free(*yaml);
        *yaml = NULL;
    }
    return error;
}
