/* messages.c - which messages a fault means: by the view and height that they are about, and by
 * their number. */
#include <string.h>

#include "models/fault/about.h"
#include "sim/run/incident.h"

bool orr_incident_is_choosy(const struct orr_fault_spec *f) {
    return f->view.is_given || f->height.is_given || f->nth.is_given;
}

static bool is_about(struct orr_incident *inc, orr_peer from, const struct orr_msg *msg) {
    const struct orr_fault_spec *f = inc->spec;
    struct orr_sim *sim = inc->plan->sim;
    if (!f->view.is_given && !f->height.is_given) return true;
    struct orr_about about = orr_about_message(inc->plan->build->nodes[from].protocol,
                                               orr_sim_common(sim, from), msg);
    struct orr_stand stand;
    if (!about.has_view && orr_sim_stand(sim, from, &stand)) orr_about_sender(&about, &stand);
    return (!f->view.is_given || (about.has_view && orr_range_has(&f->view, about.view))) &&
           (!f->height.is_given || (about.has_height && orr_range_has(&f->height, about.height)));
}

bool orr_incident_fits(void *incident, orr_peer from, orr_peer to, const struct orr_msg *msg) {
    struct orr_incident *inc = incident;
    if (!is_about(inc, from, msg)) return false;
    if (!inc->spec->nth.is_given) return true;
    uint32_t n = inc->plan->scenario->n_nodes;
    if (!inc->counts) {
        inc->counts = orr_xrealloc(NULL, (size_t)n * n * sizeof *inc->counts);
        memset(inc->counts, 0, (size_t)n * n * sizeof *inc->counts);
    }
    return orr_range_has(&inc->spec->nth, ++inc->counts[from * n + to]);
}
