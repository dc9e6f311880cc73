/* report.c - violations in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/layer.h"
#include "sim/check/state.h"

struct orr_words orr_words_node(const struct orr_scenario *s, orr_peer node) {
    struct orr_words w;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        if (node < g->first || node - g->first >= g->count) continue;
        snprintf(w.text, sizeof w.text, "%.24s.%u", g->name, node - g->first);
        return w;
    }
    if (node == ORR_NOBODY)
        snprintf(w.text, sizeof w.text, "nobody");
    else
        snprintf(w.text, sizeof w.text, "node %u", node);
    return w;
}

/* Seconds to the microsecond, without trailing zeros. */
struct orr_words orr_words_time(orr_time t) {
    struct orr_words w;
    uint64_t us = (uint64_t)(t < 0 ? -t : t) / 1000;
    int len = snprintf(w.text, sizeof w.text, "%s%" PRIu64 ".%06" PRIu64, t < 0 ? "-" : "",
                       us / 1000000, us % 1000000);
    while (w.text[len - 1] == '0') len--;
    if (w.text[len - 1] == '.') len--;
    snprintf(w.text + len, sizeof w.text - (size_t)len, " s");
    return w;
}

struct orr_words orr_words_value(const uint8_t value[32]) {
    struct orr_words w;
    for (int i = 0; i < 8; i++) snprintf(w.text + 2 * i, 3, "%02x", value[i]);
    return w;
}

static const struct orr_protocol *role_of(const struct orr_scenario *s, orr_peer node) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        if (node - s->groups[i].first < s->groups[i].count) return s->groups[i].role;
    return NULL;
}

static const char *kind_name(const struct orr_protocol *role, uint32_t type) {
    uint32_t is = 0;
    const char *name = "message";
    for (uint32_t i = 0; role && (name = orr_protocol_kind(role, i, &is)); i++)
        if (is == type) return name;
    return "message";
}

/* Can the message have led to what happened at the side's height?  Those about heights before did
 * not; where a protocol does not say what its messages are about, those that came before it. */
static bool matters(const struct orr_violation_side *side, const struct orr_check_message *m) {
    uint64_t height = m->is_placed ? m->height : m->receiver_height;
    return !height || height >= side->height;
}

static void print_side(const struct orr_scenario *s, const struct orr_violation_side *side,
                       FILE *to) {
    fprintf(to, "  %s at %s", orr_words_node(s, side->node).text, orr_words_time(side->at).text);
    static const uint8_t nothing[32];
    if (side->height) fprintf(to, ", height %" PRIu64, side->height);
    if (memcmp(side->value, nothing, 32)) /* it decided */
        fprintf(to, ", round %u, value %s", side->round, orr_words_value(side->value).text);
    fprintf(to, "%s\n", side->n_messages ? ", had received:" : "");
    for (uint32_t i = 0; i < side->n_messages; i++) {
        const struct orr_check_message *m = &side->messages[i];
        if (!matters(side, m)) continue;
        fprintf(to, "    %-14s %s from %s", orr_words_time(m->at).text,
                ORR_SHOWN(kind_name(role_of(s, m->from), m->type)),
                orr_words_node(s, m->from).text);
        fprintf(to, ", sent %s", orr_words_time(m->sent).text);
        if (m->is_placed) fprintf(to, ", of height %" PRIu64 " round %u", m->height, m->round);
        fprintf(to, " (%016" PRIx64 ")\n", m->hash);
    }
}

void orr_violation_print(const struct orr_scenario *s, const struct orr_violation *v, FILE *to) {
    fprintf(to, "%s broken: %s\n", v->name, ORR_SHOWN(v->text));
    if (v->side.node != ORR_NOBODY) print_side(s, &v->side, to);
    if (v->other.node != ORR_NOBODY) print_side(s, &v->other, to);
    orr_certificates_print(s, v, to);
}
