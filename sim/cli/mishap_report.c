#include "sim/cli/mishap_report.h"

#include "models/layer.h"
#include "sim/base/text.h"

static const char *const events[] = {"STORED", "START",   "RECV",    "TIMER",
                                     "INPUT",  "WRITTEN", "PEER_UP", "PEER_DOWN"};
enum { N_EVENTS = sizeof events / sizeof events[0], STOPS_SHOWN = 8 };

/* As scenarios write it: val.3. */
static const char *node_name(const struct orr_scenario *s, orr_peer node, char *text, size_t size) {
    if (node >= s->n_nodes) return "-";
    const struct orr_group_spec *g = orr_scenario_group_of(s, node);
    snprintf(text, size, "%s.%u", g->name, node - g->first);
    return text;
}

/* A kind by the name that the role gives it, else by its number. */
static const char *kind_name(const struct orr_protocol *role, uint32_t type, char *text,
                             size_t size) {
    uint32_t is;
    const char *name;
    for (uint32_t i = 0; (name = orr_protocol_kind(role, i, &is)); i++)
        if (is == type) return name;
    if (type >> 16) snprintf(text, size, "protocol %u kind %u", type >> 16, type & 0xffff);
    else snprintf(text, size, "kind %u", type);
    return text;
}

static const struct orr_protocol *role_of(const struct orr_scenario *s, orr_peer node) {
    return orr_scenario_group_of(s, node < s->n_nodes ? node : 0)->role;
}

/* What the message of a mishap's event is called by the role that sent it. */
static const char *message_name(const struct orr_scenario *s, const struct orr_mishap *m,
                                char *text, size_t size) {
    orr_peer author = m->event == ORR_RECV && m->peer != ORR_NOBODY ? m->peer : m->node;
    return kind_name(role_of(s, author), m->msg_type, text, size);
}

void orr_mishap_print(const struct orr_scenario *s, const struct orr_run_result *r, FILE *to) {
    const struct orr_mishap *m = &r->mishap;
    const struct orr_protocol *role = role_of(s, m->node);
    char name[160], other[160], kind[32];
    if (m->kind == ORR_MISHAP_NO_TIME)
        fprintf(to, "\nmistake of the scenario: %s\n", orr_mishap_meaning(m->kind));
    else
        fprintf(to, "\nmistake of role %s: %s\n", ORR_SHOWN(role->name),
                orr_mishap_meaning(m->kind));
    if (*m->text) fprintf(to, "  what     %s\n", ORR_SHOWN(m->text));
    if (m->node != ORR_NOBODY)
        fprintf(to, "  node     %s (number %u)\n", node_name(s, m->node, name, sizeof name),
                m->node);
    if (m->callback || m->n_frames)
        fprintf(to, "  in       %s()\n", orr_callback_name(m->callback));
    if (m->event < N_EVENTS) {
        fprintf(to, "  event    %s", events[m->event]);
        if (m->event == ORR_TIMER || m->event == ORR_INPUT || m->event == ORR_STORED ||
            m->event == ORR_WRITTEN)
            fprintf(to, " %u", m->key);
        if (m->has_message)
            fprintf(to, ", message %s of %u B",
                    ORR_SHOWN(message_name(s, m, kind, sizeof kind)), m->msg_len);
        if (m->peer != ORR_NOBODY)
            fprintf(to, ", from %s", node_name(s, m->peer, other, sizeof other));
        fputc('\n', to);
    }
    fprintf(to, "  time     %.9f s simulated, event number %llu\n", (double)m->at * 1e-9,
            (unsigned long long)m->n_events);
    if (*r->source) fprintf(to, "  source   %s\n", ORR_SHOWN(r->source));
    fprintf(to, "  seed     %llu\n", (unsigned long long)s->seed);
}

static json_t *text_or_null(const char *text) { return *text ? json_string(text) : json_null(); }

json_t *orr_mishap_json(const struct orr_scenario *s, const struct orr_run_result *r) {
    const struct orr_mishap *m = &r->mishap;
    if (!m->kind) return json_null();
    const struct orr_protocol *role = role_of(s, m->node);
    char name[160], other[160], kind[32];
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "kind", orr_mishap_name(m->kind), "meaning",
        orr_mishap_meaning(m->kind), "text", m->text, "role", role->name, "node",
        node_name(s, m->node, name, sizeof name), "at_ns", (json_int_t)m->at, "event_number",
        (json_int_t)m->n_events);
    json_object_set_new(object, "event",
                        m->event < N_EVENTS ? json_string(events[m->event]) : json_null());
    json_object_set_new(object, "callback", json_string(orr_callback_name(m->callback)));
    json_object_set_new(object, "key", json_integer(m->key));
    json_object_set_new(object, "from", m->peer == ORR_NOBODY
                                            ? json_null()
                                            : json_string(node_name(s, m->peer, other,
                                                                    sizeof other)));
    json_object_set_new(object, "message",
                        m->has_message
                            ? json_string(message_name(s, m, kind, sizeof kind))
                            : json_null());
    json_object_set_new(object, "source", text_or_null(r->source));
    return object;
}

void orr_stops_print(const struct orr_scenario *s, const struct orr_run_result *r, FILE *to) {
    char name[160];
    for (uint32_t i = 0; i < r->n_stops && i < STOPS_SHOWN; i++)
        fprintf(to, "  %-12s %s at %.3f s: %s\n", i ? "" : "stopped",
                node_name(s, r->stops[i].node, name, sizeof name), (double)r->stops[i].at * 1e-9,
                ORR_SHOWN(r->stops[i].what));
    if (r->n_stops > STOPS_SHOWN)
        fprintf(to, "  %-12s and %u more\n", "", r->n_stops - STOPS_SHOWN);
}

json_t *orr_stops_json(const struct orr_scenario *s, const struct orr_run_result *r) {
    json_t *array = json_array();
    char name[160];
    for (uint32_t i = 0; i < r->n_stops; i++)
        json_array_append_new(array,
                              json_pack("{s:s, s:I, s:i, s:s}", "node",
                                        node_name(s, r->stops[i].node, name, sizeof name), "at_ns",
                                        (json_int_t)r->stops[i].at, "error", r->stops[i].error,
                                        "text", r->stops[i].what));
    return array;
}
