#include "models/gossip/score.h"

#include <assert.h>

void orr_score_init(struct orr_score *s, struct orr_mem *mem,
                    const struct orr_score_params *params) {
    *s = (struct orr_score){
        .mem = mem,
        .params = params,
        .record_bytes = (uint32_t)(sizeof(struct orr_score_peer) +
                                   params->n_topics * sizeof(struct orr_score_counters))};
}

void orr_score_fini(struct orr_score *s) {
    orr_free(s->mem, s->records, (size_t)s->cap * s->record_bytes);
    orr_free(s->mem, s->peers, s->cap * sizeof *s->peers);
    orr_free(s->mem, s->ips, s->ips_cap * sizeof *s->ips);
    orr_free(s->mem, s->apps, s->apps_cap * sizeof *s->apps);
    orr_free(s->mem, s->senders, s->senders_cap * sizeof *s->senders);
    orr_score_init(s, s->mem, s->params);
}

/* ---- records ---- */

static struct orr_score_peer *record_at(const struct orr_score *s, uint32_t i) {
    return (struct orr_score_peer *)(s->records + (size_t)i * s->record_bytes);
}
static struct orr_score_counters *counters_of(struct orr_score_peer *record) {
    return (struct orr_score_counters *)(record + 1);
}

/* Where a peer's record stands or would stand. */
static uint32_t place_of(const struct orr_score *s, orr_peer peer) {
    uint32_t low = 0, high = s->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (s->peers[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low;
}

static struct orr_score_peer *find(const struct orr_score *s, orr_peer peer) {
    uint32_t i = place_of(s, peer);
    return i < s->n && s->peers[i] == peer ? record_at(s, i) : NULL;
}

/* A peer's counters in a topic that is scored, or NULL. */
static struct orr_score_counters *find_counters(const struct orr_score *s, orr_peer peer,
                                                uint32_t topic) {
    if (topic >= s->params->n_topics || !s->params->topics[topic].is_scored) return NULL;
    struct orr_score_peer *record = find(s, peer);
    return record ? &counters_of(record)[topic] : NULL;
}

/* What the application thinks of a peer, or NULL: nothing yet. */
static struct orr_score_app *app_of(const struct orr_score *s, orr_peer peer) {
    for (uint32_t i = 0; i < s->n_apps; i++)
        if (s->apps[i].peer == peer) return &s->apps[i];
    return NULL;
}

static void insert(struct orr_score *s, uint32_t i, orr_peer peer) {
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap + s->cap / 2 + 1 : 8;
        s->records = orr_resize(s->mem, s->records, (size_t)s->cap * s->record_bytes,
                                (size_t)cap * s->record_bytes);
        s->peers = orr_resize(s->mem, s->peers, s->cap * sizeof *s->peers,
                              cap * sizeof *s->peers);
        s->cap = cap;
    }
    uint8_t *at = s->records + (size_t)i * s->record_bytes;
    memmove(at + s->record_bytes, at, (size_t)(s->n - i) * s->record_bytes);
    memset(at, 0, s->record_bytes);
    memmove(s->peers + i + 1, s->peers + i, (s->n - i) * sizeof *s->peers);
    s->peers[i] = peer;
    const struct orr_score_app *app = app_of(s, peer);
    if (app) record_at(s, i)->app = app->score;
    s->n++;
}

void orr_score_connect(struct orr_score *s, orr_peer peer) {
    uint32_t i = place_of(s, peer);
    if (i == s->n || s->peers[i] != peer) insert(s, i, peer);
    record_at(s, i)->is_connected = true;
}

static void drop_record(struct orr_score *s, uint32_t i) {
    orr_peer peer = s->peers[i];
    uint32_t n = 0;
    for (uint32_t k = 0; k < s->n_ips; k++)
        if (s->ips[k].peer != peer) s->ips[n++] = s->ips[k];
    s->n_ips = n;
    uint8_t *at = s->records + (size_t)i * s->record_bytes;
    memmove(at, at + s->record_bytes, (size_t)(s->n - i - 1) * s->record_bytes);
    memmove(s->peers + i, s->peers + i + 1, (s->n - i - 1) * sizeof *s->peers);
    s->n--;
}

/* P3b: what is missing when a peer leaves the mesh sticks to it. */
static void add_failure(const struct orr_score_topic *t, struct orr_score_counters *c) {
    if (c->in_mesh && c->is_active && c->mesh < t->mesh_threshold) {
        double deficit = t->mesh_threshold - c->mesh;
        c->failure += deficit * deficit;
    }
    c->in_mesh = false;
}

void orr_score_disconnect(struct orr_score *s, orr_peer peer, orr_time now) {
    uint32_t i = place_of(s, peer);
    if (i == s->n || s->peers[i] != peer) return;
    if (orr_score_of(s, peer) > 0) {
        drop_record(s, i);
        return;
    }
    struct orr_score_peer *record = record_at(s, i);
    for (uint32_t k = 0; k < s->params->n_topics; k++) {
        struct orr_score_counters *c = &counters_of(record)[k];
        c->first = 0; /* nobody gains by coming back */
        if (s->params->topics[k].is_scored) add_failure(&s->params->topics[k], c);
    }
    record->is_connected = false;
    record->expires = now + s->params->retain;
}

void orr_score_address(struct orr_score *s, orr_peer peer, uint32_t address) {
    if (!find(s, peer)) return;
    for (uint32_t i = 0; i < s->n_ips; i++)
        if (s->ips[i].peer == peer && s->ips[i].address == address) return;
    if (s->n_ips == s->ips_cap) {
        uint32_t cap = s->ips_cap ? 2 * s->ips_cap : 8;
        s->ips = orr_resize(s->mem, s->ips, s->ips_cap * sizeof *s->ips, cap * sizeof *s->ips);
        s->ips_cap = cap;
    }
    s->ips[s->n_ips++] = (struct orr_score_ip){peer, address};
}

/* ---- the mesh ---- */

void orr_score_graft(struct orr_score *s, orr_peer peer, uint32_t topic, orr_time now) {
    struct orr_score_counters *c = find_counters(s, peer, topic);
    if (!c) return;
    c->in_mesh = true;
    c->grafted_at = now;
    c->mesh_time = 0;
    c->is_active = false;
}

void orr_score_prune(struct orr_score *s, orr_peer peer, uint32_t topic) {
    struct orr_score_counters *c = find_counters(s, peer, topic);
    if (!c) return;
    const struct orr_score_topic *t = &s->params->topics[topic];
    if (c->is_active && c->mesh < t->mesh_threshold) {
        double deficit = t->mesh_threshold - c->mesh;
        c->failure += deficit * deficit;
    }
    c->in_mesh = false;
}

void orr_score_penalty(struct orr_score *s, orr_peer peer, double count) {
    struct orr_score_peer *record = find(s, peer);
    if (record) record->behaviour += count;
}

void orr_score_app(struct orr_score *s, orr_peer peer, double score) {
    struct orr_score_peer *record = find(s, peer);
    struct orr_score_app *app = app_of(s, peer);
    if (record) record->app = score;
    if (!app && s->n_apps == s->apps_cap) {
        uint32_t cap = s->apps_cap ? 2 * s->apps_cap : 8;
        s->apps = orr_resize(s->mem, s->apps, s->apps_cap * sizeof *s->apps, cap * sizeof *s->apps);
        s->apps_cap = cap;
    }
    if (!app) app = &s->apps[s->n_apps++];
    *app = (struct orr_score_app){peer, score};
}

static void fade(const struct orr_score *s, double *counter, double decay) {
    *counter *= decay;
    if (*counter < s->params->decay_to_zero) *counter = 0;
}

static void fade_topic(const struct orr_score *s, uint32_t topic, struct orr_score_counters *c,
                       orr_time now) {
    const struct orr_score_topic *t = &s->params->topics[topic];
    fade(s, &c->first, t->first_decay);
    fade(s, &c->mesh, t->mesh_decay);
    fade(s, &c->failure, t->failure_decay);
    fade(s, &c->invalid, t->invalid_decay);
    if (!c->in_mesh) return;
    c->mesh_time = now - c->grafted_at;
    if (c->mesh_time > t->mesh_activation) c->is_active = true;
}

void orr_score_decay(struct orr_score *s, orr_time now) {
    for (uint32_t i = s->n; i-- > 0;) { /* downwards: records may go */
        struct orr_score_peer *record = record_at(s, i);
        if (!record->is_connected) {
            if (now > record->expires) drop_record(s, i);
            continue; /* what is retained does not decay */
        }
        for (uint32_t k = 0; k < s->params->n_topics; k++)
            if (s->params->topics[k].is_scored) fade_topic(s, k, &counters_of(record)[k], now);
        fade(s, &record->behaviour, s->params->behaviour_decay);
    }
}

/* ---- messages ---- */

static void add_capped(double *counter, double cap) {
    *counter += 1;
    if (*counter > cap) *counter = cap;
}

static void count_invalid(struct orr_score *s, orr_peer from, uint32_t topic) {
    struct orr_score_counters *c = find_counters(s, from, topic);
    if (c) c->invalid += 1;
}

static void count_first(struct orr_score *s, orr_peer from, uint32_t topic) {
    struct orr_score_counters *c = find_counters(s, from, topic);
    if (!c) return;
    const struct orr_score_topic *t = &s->params->topics[topic];
    add_capped(&c->first, t->first_cap);
    if (c->in_mesh) add_capped(&c->mesh, t->mesh_cap);
}

/* late_ns: how long after the verdict it came. */
static void count_duplicate(struct orr_score *s, orr_peer from, uint32_t topic, orr_time late_ns) {
    struct orr_score_counters *c = find_counters(s, from, topic);
    if (!c || !c->in_mesh || late_ns > s->params->topics[topic].mesh_window) return;
    add_capped(&c->mesh, s->params->topics[topic].mesh_cap);
}

/* Remembers a sender; false: it is known. */
static bool add_sender(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from) {
    for (uint32_t i = entry->senders; i; i = s->senders[i - 1].next)
        if (s->senders[i - 1].peer == from) return false;
    if (!s->free_sender) {
        uint32_t cap = s->senders_cap ? 2 * s->senders_cap : 16;
        s->senders = orr_resize(s->mem, s->senders, s->senders_cap * sizeof *s->senders,
                                cap * sizeof *s->senders);
        for (uint32_t i = cap; i-- > s->senders_cap;) {
            s->senders[i] = (struct orr_score_sender){ORR_NOBODY, s->free_sender};
            s->free_sender = i + 1;
        }
        s->senders_cap = cap;
    }
    uint32_t place = s->free_sender;
    s->free_sender = s->senders[place - 1].next;
    s->senders[place - 1] = (struct orr_score_sender){from, entry->senders};
    entry->senders = place;
    return true;
}

void orr_score_forget(struct orr_score *s, struct orr_seen_entry *entry) {
    while (entry->senders) {
        struct orr_score_sender *sender = &s->senders[entry->senders - 1];
        uint32_t next = sender->next;
        sender->next = s->free_sender;
        s->free_sender = entry->senders;
        entry->senders = next;
    }
}

void orr_score_deliver(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                       uint32_t topic, orr_time now) {
    count_first(s, from, topic);
    if (entry->status != ORR_SEEN_UNJUDGED) return;
    entry->status = ORR_SEEN_VALID;
    entry->at = now; /* the window is measured from here */
    for (uint32_t i = entry->senders; i; i = s->senders[i - 1].next)
        if (s->senders[i - 1].peer != from) count_duplicate(s, s->senders[i - 1].peer, topic, 0);
}

void orr_score_duplicate(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                         uint32_t topic, orr_time now) {
    switch ((enum orr_seen_status)entry->status) {
    case ORR_SEEN_UNJUDGED: add_sender(s, entry, from); break;
    case ORR_SEEN_VALID: {
        bool is_late = topic < s->params->n_topics &&
                       now - entry->at > s->params->topics[topic].mesh_window;
        if (is_late) orr_score_forget(s, entry); /* whoever comes still comes too late */
        else if (add_sender(s, entry, from)) count_duplicate(s, from, topic, now - entry->at);
        break;
    }
    case ORR_SEEN_INVALID: count_invalid(s, from, topic); break;
    case ORR_SEEN_IGNORED: break;
    }
}

void orr_score_reject(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                      uint32_t topic) {
    if (entry->status != ORR_SEEN_UNJUDGED) return;
    entry->status = ORR_SEEN_INVALID;
    count_invalid(s, from, topic);
    for (uint32_t i = entry->senders; i; i = s->senders[i - 1].next)
        count_invalid(s, s->senders[i - 1].peer, topic);
    orr_score_forget(s, entry);
}

void orr_score_ignore(struct orr_score *s, struct orr_seen_entry *entry) {
    if (entry->status != ORR_SEEN_UNJUDGED) return;
    entry->status = ORR_SEEN_IGNORED;
    orr_score_forget(s, entry);
}

void orr_score_malformed(struct orr_score *s, orr_peer from, uint32_t topic) {
    count_invalid(s, from, topic);
}

/* ---- the sum ---- */

static double topic_score(const struct orr_score_topic *t, const struct orr_score_counters *c) {
    double sum = 0;
    if (c->in_mesh) {
        double p1 = (double)(c->mesh_time / t->time_quantum); /* whole quanta */
        if (p1 > t->time_cap) p1 = t->time_cap;
        sum += p1 * t->time_weight;
    }
    sum += c->first * t->first_weight;
    if (c->is_active && c->mesh < t->mesh_threshold) {
        double deficit = t->mesh_threshold - c->mesh;
        sum += deficit * deficit * t->mesh_weight;
    }
    sum += c->failure * t->failure_weight;
    sum += c->invalid * c->invalid * t->invalid_weight;
    return sum * t->weight;
}

/* P6: for each address of a peer the square of how many too many are there. */
static double colocation(const struct orr_score *s, orr_peer peer) {
    double sum = 0;
    for (uint32_t i = 0; i < s->n_ips; i++) {
        if (s->ips[i].peer != peer) continue;
        uint32_t n = 0;
        for (uint32_t k = 0; k < s->n_ips; k++) n += s->ips[k].address == s->ips[i].address;
        if (n <= s->params->colocation_threshold) continue;
        double surplus = (double)(n - s->params->colocation_threshold);
        sum += surplus * surplus;
    }
    return sum;
}

double orr_score_of(const struct orr_score *s, orr_peer peer) {
    const struct orr_score_params *p = s->params;
    struct orr_score_peer *record = find(s, peer);
    if (!record) return 0;
    double sum = 0;
    for (uint32_t k = 0; k < p->n_topics; k++)
        if (p->topics[k].is_scored) sum += topic_score(&p->topics[k], &counters_of(record)[k]);
    if (p->topic_cap > 0 && sum > p->topic_cap) sum = p->topic_cap;
    sum += record->app * p->app_weight;
    if (p->colocation_weight < 0) sum += colocation(s, peer) * p->colocation_weight;
    if (record->behaviour > p->behaviour_threshold) {
        double excess = record->behaviour - p->behaviour_threshold;
        sum += excess * excess * p->behaviour_weight;
    }
    return sum;
}

/* Rounds down; a conversion rounds towards zero. */
static int64_t to_micro(double value) {
    double micro = value * ORR_SCORE_MICRO, bound = 4611686018427387904.0; /* 2^62 */
    if (micro >= bound) return (int64_t)1 << 62;
    if (micro <= -bound) return -((int64_t)1 << 62);
    int64_t whole = (int64_t)micro;
    return (double)whole > micro ? whole - 1 : whole;
}

int64_t orr_score_micro(const struct orr_score *s, orr_peer peer) {
    double score = orr_score_of(s, peer);
    int64_t micro = to_micro(score);
    assert(micro < 0 || score >= 0);
    return micro;
}

int64_t orr_score_behaviour_micro(const struct orr_score *s, orr_peer peer) {
    struct orr_score_peer *record = find(s, peer);
    return record ? to_micro(record->behaviour) : 0;
}

/* ---- parameters ---- */

static bool is_decay(double decay) { return decay > 0 && decay < 1; }

static const char *topic_refuses(const struct orr_score_topic *t) {
    if (t->weight < 0) return "a topic's weight must not be negative";
    if (t->time_quantum <= 0) return "the quantum of P1 must be longer than nothing";
    if (t->time_weight < 0) return "the weight of P1 must not be negative";
    if (t->time_weight > 0 && t->time_cap <= 0) return "the cap of P1 must be above 0";
    if (t->first_weight < 0) return "the weight of P2 must not be negative";
    if (t->first_weight > 0 && !is_decay(t->first_decay))
        return "the decay of P2 is between 0 and 1";
    if (t->first_weight > 0 && t->first_cap <= 0) return "the cap of P2 must be above 0";
    if (t->mesh_weight > 0) return "the weight of P3 must not be positive";
    if (t->mesh_weight < 0) {
        if (!is_decay(t->mesh_decay)) return "the decay of P3 is between 0 and 1";
        if (t->mesh_cap <= 0) return "the cap of P3 must be above 0";
        if (t->mesh_threshold <= 0) return "the threshold of P3 must be above 0";
        if (t->mesh_threshold > t->mesh_cap) return "the threshold of P3 is above its cap";
        if (t->mesh_window < 0) return "the window of P3 must not be negative";
        if (t->mesh_activation < 1000000000) return "P3 is active after 1 s at the earliest";
    }
    if (t->failure_weight > 0) return "the weight of P3b must not be positive";
    if (t->failure_weight < 0 && !is_decay(t->failure_decay))
        return "the decay of P3b is between 0 and 1";
    if (t->invalid_weight > 0) return "the weight of P4 must not be positive";
    if (!is_decay(t->invalid_decay)) return "the decay of P4 is between 0 and 1";
    return NULL;
}

const char *orr_score_refuses(const struct orr_score_params *p) {
    for (uint32_t i = 0; i < p->n_topics; i++) {
        const char *why = p->topics[i].is_scored ? topic_refuses(&p->topics[i]) : NULL;
        if (why) return why;
    }
    if (p->topic_cap < 0) return "the cap of the topics' scores must not be negative";
    if (p->colocation_weight > 0) return "the weight of P6 must not be positive";
    if (p->colocation_weight < 0 && p->colocation_threshold < 1)
        return "the threshold of P6 must be at least 1";
    if (p->behaviour_weight > 0) return "the weight of P7 must not be positive";
    if (p->behaviour_weight < 0 && !is_decay(p->behaviour_decay))
        return "the decay of P7 is between 0 and 1";
    if (p->behaviour_threshold < 0) return "the threshold of P7 must not be negative";
    if (p->decay_interval < 1000000000) return "scores decay every second at most";
    if (!is_decay(p->decay_to_zero)) return "decay to zero is between 0 and 1";
    return NULL;
}
