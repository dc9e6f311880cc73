/* orrery gossip score FILE.json: what peers did, event by event, and their scores. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/gossip/score.h"
#include "models/base/sha256.h"
#include "sim/base/memory.h"
#include "sim/cli/gossip/cases.h"
#include "sim/cli/options.h"

int orr_gossip_score_command(int argc, char **argv);

enum { MAX_TOPICS = 64, MAX_NAMES = 4096 };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery gossip score FILE.json\n\n"
            "Reads an array of timelines (- is standard input) and prints an array of {name, "
            "scores}. Each has\n`name`, `params` (as gossipsub implementations name them; times "
            "in ms), perhaps `ip_whitelist`,\nand `events`, [ms, what, ...]:\n\n"
            "  connect P, disconnect P, ip P ADDRESS, graft P TOPIC, prune P TOPIC\n"
            "  validating P ID         a message came; its validator has not spoken\n"
            "  deliver P ID TOPIC      it is valid, and P sent it first\n"
            "  duplicate P ID TOPIC    P sent it too\n"
            "  reject|ignore P ID TOPIC  what the validator says\n"
            "  malformed P TOPIC       a message without a name\n"
            "  penalty P N, app P SCORE, decay (one decay interval has passed)\n"
            "  score P                 the next of `scores`\n\n"
            "Exit codes: 0 done, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

/* Names of peers, addresses or topics, numbered as they come. */
struct names {
    const char *v[MAX_NAMES];
    uint32_t n;
};
static uint32_t number_of(struct names *names, const char *name) {
    for (uint32_t i = 0; i < names->n; i++)
        if (!strcmp(names->v[i], name)) return i;
    if (names->n == MAX_NAMES) return UINT32_MAX;
    names->v[names->n] = name;
    return names->n++;
}

/* One case on its way. */
struct timeline {
    const char *path;
    size_t index;
    const json_t *one;
    struct orr_heap heap;
    struct orr_score_params params;
    struct orr_score_topic topics[MAX_TOPICS];
    struct names topic_names, peers, addresses;
    const json_t *whitelist;
    struct orr_score score;
    struct orr_seen seen;
    json_t *scores;
};

/* ---- parameters ---- */

/* Number `key` of an object; false when it is none. */
static bool get(const json_t *from, const char *key, double *to) {
    const json_t *value = json_object_get(from, key);
    if (!json_is_number(value)) return false;
    *to = json_number_value(value);
    return true;
}
static bool get_ms(const json_t *from, const char *key, orr_time *to) {
    double ms;
    if (!get(from, key, &ms) || !(ms >= 0 && ms <= 9e12)) return false;
    *to = (orr_time)(ms * 1e6);
    return true;
}

/* NULL, or the key that is missing or no number. */
static const char *read_topic(const json_t *from, struct orr_score_topic *t) {
    const struct { const char *key; double *to; } numbers[] = {
        {"topicWeight", &t->weight},
        {"timeInMeshWeight", &t->time_weight},
        {"timeInMeshCap", &t->time_cap},
        {"firstMessageDeliveriesWeight", &t->first_weight},
        {"firstMessageDeliveriesDecay", &t->first_decay},
        {"firstMessageDeliveriesCap", &t->first_cap},
        {"meshMessageDeliveriesWeight", &t->mesh_weight},
        {"meshMessageDeliveriesDecay", &t->mesh_decay},
        {"meshMessageDeliveriesCap", &t->mesh_cap},
        {"meshMessageDeliveriesThreshold", &t->mesh_threshold},
        {"meshFailurePenaltyWeight", &t->failure_weight},
        {"meshFailurePenaltyDecay", &t->failure_decay},
        {"invalidMessageDeliveriesWeight", &t->invalid_weight},
        {"invalidMessageDeliveriesDecay", &t->invalid_decay}};
    const struct { const char *key; orr_time *to; } times[] = {
        {"timeInMeshQuantum", &t->time_quantum},
        {"meshMessageDeliveriesWindow", &t->mesh_window},
        {"meshMessageDeliveriesActivation", &t->mesh_activation}};
    t->is_scored = true;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!get(from, numbers[i].key, numbers[i].to)) return numbers[i].key;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (!get_ms(from, times[i].key, times[i].to)) return times[i].key;
    return NULL;
}

static const char *read_params(struct timeline *t, const json_t *from) {
    struct orr_score_params *p = &t->params;
    double threshold;
    const struct { const char *key; double *to; } numbers[] = {
        {"topicScoreCap", &p->topic_cap},
        {"appSpecificWeight", &p->app_weight},
        {"IPColocationFactorWeight", &p->colocation_weight},
        {"IPColocationFactorThreshold", &threshold},
        {"behaviourPenaltyWeight", &p->behaviour_weight},
        {"behaviourPenaltyThreshold", &p->behaviour_threshold},
        {"behaviourPenaltyDecay", &p->behaviour_decay},
        {"decayToZero", &p->decay_to_zero}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!get(from, numbers[i].key, numbers[i].to)) return numbers[i].key;
    if (!(threshold >= 0 && threshold <= UINT32_MAX)) return "IPColocationFactorThreshold";
    p->colocation_threshold = (uint32_t)threshold;
    if (!get_ms(from, "decayInterval", &p->decay_interval)) return "decayInterval";
    if (!get_ms(from, "retainScore", &p->retain)) return "retainScore";
    const char *name, *missing;
    json_t *topic;
    json_object_foreach(json_object_get(from, "topics"), name, topic) {
        if (p->n_topics == MAX_TOPICS) return "topics (at most 64)";
        missing = read_topic(topic, &t->topics[p->n_topics++]);
        if (missing) return missing;
        number_of(&t->topic_names, name);
    }
    p->topics = t->topics;
    return NULL;
}

/* ---- events ---- */

enum wants { PEER = 1, TOPIC = 2, ID = 4, NUMBER = 8, ADDRESS = 16 };

struct happening {
    orr_time at;
    orr_peer peer;
    uint32_t topic;
    const char *address;
    double number;
    struct orr_seen_entry *entry;
};

static void do_connect(struct timeline *t, const struct happening *h) {
    orr_score_connect(&t->score, h->peer);
}
static void do_disconnect(struct timeline *t, const struct happening *h) {
    orr_score_disconnect(&t->score, h->peer, h->at);
}
static void do_ip(struct timeline *t, const struct happening *h) {
    for (size_t i = 0; i < json_array_size(t->whitelist); i++) {
        const char *good = json_string_value(json_array_get(t->whitelist, i));
        if (good && !strcmp(good, h->address)) return;
    }
    orr_score_address(&t->score, h->peer, number_of(&t->addresses, h->address));
}
static void do_graft(struct timeline *t, const struct happening *h) {
    orr_score_graft(&t->score, h->peer, h->topic, h->at);
}
static void do_prune(struct timeline *t, const struct happening *h) {
    orr_score_prune(&t->score, h->peer, h->topic);
}
static void do_validating(struct timeline *t, const struct happening *h) { (void)t, (void)h; }
static void do_deliver(struct timeline *t, const struct happening *h) {
    orr_score_deliver(&t->score, h->entry, h->peer, h->topic, h->at);
}
static void do_duplicate(struct timeline *t, const struct happening *h) {
    orr_score_duplicate(&t->score, h->entry, h->peer, h->topic, h->at);
}
static void do_reject(struct timeline *t, const struct happening *h) {
    orr_score_reject(&t->score, h->entry, h->peer, h->topic);
}
static void do_ignore(struct timeline *t, const struct happening *h) {
    orr_score_ignore(&t->score, h->entry);
}
static void do_malformed(struct timeline *t, const struct happening *h) {
    orr_score_malformed(&t->score, h->peer, h->topic);
}
static void do_penalty(struct timeline *t, const struct happening *h) {
    orr_score_penalty(&t->score, h->peer, h->number);
}
static void do_app(struct timeline *t, const struct happening *h) {
    orr_score_app(&t->score, h->peer, h->number);
}
static void do_decay(struct timeline *t, const struct happening *h) {
    orr_score_decay(&t->score, h->at);
}
static void do_score(struct timeline *t, const struct happening *h) {
    json_array_append_new(t->scores, json_real(orr_score_of(&t->score, h->peer)));
}

static const struct {
    const char *name;
    unsigned wants;
    void (*run)(struct timeline *t, const struct happening *h);
} operations[] = {
    {"connect", PEER, do_connect}, {"disconnect", PEER, do_disconnect},
    {"ip", PEER | ADDRESS, do_ip}, {"graft", PEER | TOPIC, do_graft},
    {"prune", PEER | TOPIC, do_prune}, {"validating", PEER | ID, do_validating},
    {"deliver", PEER | ID | TOPIC, do_deliver}, {"duplicate", PEER | ID | TOPIC, do_duplicate},
    {"reject", PEER | ID | TOPIC, do_reject}, {"ignore", PEER | ID | TOPIC, do_ignore},
    {"malformed", PEER | TOPIC, do_malformed}, {"penalty", PEER | NUMBER, do_penalty},
    {"app", PEER | NUMBER, do_app}, {"decay", 0, do_decay}, {"score", PEER, do_score},
};
enum { N_OPERATIONS = sizeof operations / sizeof operations[0] };

/* The entry of a message by the name that the timeline gives it. */
static struct orr_seen_entry *entry_of(struct timeline *t, const char *id, orr_time now) {
    uint8_t digest[ORR_SHA256_BYTES];
    orr_sha256(id, strlen(id), digest);
    uint64_t key = orr_load_le64(digest);
    struct orr_seen_entry *entry = orr_seen_find(&t->seen, key);
    return entry ? entry : orr_seen_add(&t->seen, key, now);
}

/* Reads what the operation wants, from argument 2 on; NULL, or what is wrong. */
static const char *read_arguments(struct timeline *t, const json_t *event, unsigned wants,
                                  struct happening *h) {
    size_t at = 2;
    const char *text;
    if (wants & PEER) {
        if (!(text = json_string_value(json_array_get(event, at++)))) return "a peer is expected";
        if ((h->peer = number_of(&t->peers, text)) == UINT32_MAX) return "at most 4096 peers";
    }
    if (wants & ID) {
        if (!(text = json_string_value(json_array_get(event, at++)))) return "an id is expected";
        h->entry = entry_of(t, text, h->at);
    }
    if (wants & TOPIC) {
        if (!(text = json_string_value(json_array_get(event, at++)))) return "a topic is expected";
        h->topic = 0;
        while (h->topic < t->params.n_topics && strcmp(t->topic_names.v[h->topic], text))
            h->topic++;
    }
    if (wants & ADDRESS) {
        if (!(h->address = json_string_value(json_array_get(event, at++))))
            return "an address is expected";
        if (number_of(&t->addresses, h->address) == UINT32_MAX) return "at most 4096 addresses";
    }
    if (wants & NUMBER) {
        if (!json_is_number(json_array_get(event, at))) return "a number is expected";
        h->number = json_number_value(json_array_get(event, at));
    }
    return NULL;
}

static int run_event(struct timeline *t, size_t k, const json_t *event, orr_time *last) {
    struct happening h = {0};
    const char *name = json_string_value(json_array_get(event, 1));
    const json_t *ms = json_array_get(event, 0);
    if (!json_is_number(ms) || !name)
        return orr_case_fault(t->path, t->index, t->one, "event %zu is not [ms, what, ...]", k);
    double ns = json_number_value(ms) * 1e6;
    if (!(ns >= (double)*last && ns <= 9e18))
        return orr_case_fault(t->path, t->index, t->one, "event %zu: time goes back", k);
    h.at = *last = (orr_time)ns;
    for (size_t i = 0; i < N_OPERATIONS; i++) {
        if (strcmp(operations[i].name, name)) continue;
        const char *why = read_arguments(t, event, operations[i].wants, &h);
        if (why)
            return orr_case_fault(t->path, t->index, t->one, "event %zu (%s): %s", k, name, why);
        operations[i].run(t, &h);
        return 0;
    }
    return orr_case_fault(t->path, t->index, t->one, "event %zu: no such event as '%s'", k, name);
}

static int run_timeline(struct timeline *t, json_t *answers) {
    const json_t *events = json_object_get(t->one, "events");
    const json_t *params = json_object_get(t->one, "params");
    if (!json_is_object(params) || !json_is_array(events))
        return orr_case_fault(t->path, t->index, t->one, "`params` and `events` are expected");
    const char *missing = read_params(t, params);
    if (missing)
        return orr_case_fault(t->path, t->index, t->one, "params: %s is missing or out of range",
                              missing);
    t->whitelist = json_object_get(t->one, "ip_whitelist");
    for (uint32_t i = 0; i < t->params.n_topics; i++)
        if (t->topics[i].time_quantum <= 0)
            return orr_case_fault(t->path, t->index, t->one, "params: timeInMeshQuantum is 0");
    orr_heap_init(&t->heap);
    orr_score_init(&t->score, &t->heap.mem, &t->params);
    orr_seen_init(&t->seen, &t->heap.mem);
    t->scores = json_array();
    int code = 0;
    orr_time last = 0;
    for (size_t k = 0; !code && k < json_array_size(events); k++)
        code = run_event(t, k, json_array_get(events, k), &last);
    json_t *answer = json_object();
    if (json_object_get(t->one, "name"))
        json_object_set(answer, "name", json_object_get(t->one, "name"));
    json_object_set_new(answer, "scores", t->scores);
    json_array_append_new(answers, answer);
    orr_score_fini(&t->score);
    orr_seen_fini(&t->seen);
    return code;
}

int orr_gossip_score_command(int argc, char **argv) {
    struct orr_options walk = {.verb = "gossip score", .argc = argc, .argv = argv};
    const char *path = NULL, *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (path) return usage(stderr);
        path = value;
    }
    if (!path) return usage(stderr);
    int code;
    json_t *cases = orr_cases_load("score", path, &code), *answers = json_array();
    struct timeline *t = orr_xrealloc(NULL, sizeof *t);
    if (cases) code = 0;
    for (size_t i = 0; !code && i < json_array_size(cases); i++) {
        *t = (struct timeline){.path = path, .index = i, .one = json_array_get(cases, i)};
        code = json_is_object(t->one) ? run_timeline(t, answers)
                                      : orr_case_fault(path, i, NULL, "an object is expected");
    }
    if (!code) code = orr_cases_print(answers);
    free(t);
    json_decref(answers);
    json_decref(cases);
    return code;
}
