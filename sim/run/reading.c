/* reading.c - adversaries that read what was for others (`reads`): nodes of one mind, wires that
 * are tapped. */
#include "models/fault/byzantine.h"
#include "sim/run/incident.h"

static bool reads_on(const struct orr_incident *inc) {
    return inc->active && inc->spec->kind == ORR_FAULT_BYZANTINE &&
           inc->spec->reads != ORR_READS_UNSAID;
}

/* Did all targets get it?  From now on they did; but a target that it is sent to may never
 * get it. */
static bool is_known(struct orr_incident *inc, orr_peer from, uint64_t hash, bool may_be_lost) {
    uint32_t n = inc->n_read < ORR_INCIDENT_READ_MOST ? inc->n_read : ORR_INCIDENT_READ_MOST;
    for (uint32_t i = 0; i < n; i++)
        if (inc->read[i].hash == hash && inc->read[i].from == from) return true;
    if (may_be_lost) return false;
    uint32_t place = inc->n_read++ % ORR_INCIDENT_READ_MOST;
    inc->read[place].hash = hash, inc->read[place].from = from;
    return false;
}

static const struct orr_protocol *cohort_of(const struct orr_plan *p, orr_peer node) {
    const struct orr_protocol *role = orr_scenario_group_of(p->scenario, node)->role;
    return role->follows ? role->follows : role;
}

/* Each target but those at its ends gets it, if it could understand it: 1 ns later, as what comes
 * from others does. */
static void hand_on(struct orr_incident *inc, orr_peer from, orr_peer to, struct orr_msg *msg,
                    orr_time at) {
    struct orr_plan *p = inc->plan;
    for (uint32_t i = 0; i < inc->n; i++) {
        orr_peer reader = inc->nodes[i];
        if (reader == from || reader == to || !orr_sim_is_up(p->sim, reader) ||
            cohort_of(p, reader) != cohort_of(p, from))
            continue;
        orr_sim_input(p->sim, at, reader, from, ORR_IN_READ, orr_msg_ref(msg));
    }
}

static void read(void *ctx, const struct orr_tap_record *r) {
    struct orr_plan *p = ctx;
    bool sent = r->kind == ORR_TAP_SEND;
    if (!r->msg || (!sent && r->what != ORR_RECV)) return;
    orr_peer from = sent ? r->node : r->peer, to = sent ? r->peer : r->node;
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        struct orr_incident *inc = &p->incidents[i];
        if (!reads_on(inc) || inc->spec->rushing != sent) continue;
        if (inc->spec->reads == ORR_READS_SHARED && !inc->taken[to] && !inc->taken[from]) continue;
        if (!is_known(inc, from, r->hash, sent && inc->taken[to]))
            hand_on(inc, from, to, r->msg, r->at + 1);
    }
}

void orr_reading_watch(struct orr_plan *p) {
    uint32_t wants = 0;
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        const struct orr_fault_spec *f = &p->scenario->faults[i];
        if (f->kind == ORR_FAULT_BYZANTINE && f->reads != ORR_READS_UNSAID)
            wants |= ORR_TAP_BIT(f->rushing ? ORR_TAP_SEND : ORR_TAP_EVENT);
    }
    if (!wants) return;
    p->reading = (struct orr_tap){wants, p, read, NULL};
    orr_sim_attach(p->sim, &p->reading);
}
