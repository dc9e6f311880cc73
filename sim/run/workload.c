#include "sim/run/workload.h"

#include <stdlib.h>
#include <string.h>

#include "sim/run/retry.h"

struct client {
    uint32_t region;
    uint64_t n_sent;
};

/* One entry of the scenario's list. */
struct source {
    struct orr_workload *workload;
    const struct orr_workload_spec *spec;
    struct orr_rng draws;
    const struct orr_dist *gaps, *sizes;
    uint64_t n_arrivals;
    uint32_t first_client;  /* clients are numbered through all entries */
    struct client *clients; /* [spec->clients] */
    orr_peer *receivers;    /* [n_receivers] by region, then by number */
    uint32_t n_receivers;
    bool has_mix;
    uint32_t *region_first; /* [n_regions + 1] where a region's receivers begin */
    struct orr_retry retry; /* sim NULL: what is lost is lost */
};

struct orr_workload {
    struct orr_build *build;
    struct orr_sim *sim;
    struct source *sources;
    uint32_t n;
};

/* ---- an arrival ---- */

static bool meant(const struct orr_scenario *scenario, const struct orr_targets *targets,
                  uint32_t node) {
    for (uint32_t i = 0; i < targets->n; i++)
        if (orr_target_has(scenario, &targets->v[i], node)) return true;
    return targets->n == 0;
}

/* of: whose power it sets, or ORR_NOBODY. */
static void submit(struct source *s, uint32_t c, orr_peer to, orr_peer of, struct orr_msg *tx,
                   orr_time now) {
    const struct orr_build *build = s->workload->build;
    struct orr_sim *sim = s->workload->sim;
    uint32_t client = s->first_client + c;
    orr_sim_tell(sim, (struct orr_tap_record){
        .kind = ORR_TAP_SUBMIT, .msg_type = orr_msg_type(tx), .node = to, .peer = of,
        .key = client, .len = tx->len, .at = now, .sent = now, .hash = orr_msg_hash(tx),
        .msg = tx});
    const struct orr_link *way = &build->network.by_region[s->clients[c].region * build->n_regions +
                                                   build->region_of[to]];
    orr_time takes = orr_dist_draw(way->latency, orr_rng_u64(&s->draws));
    orr_sim_input(sim, now + takes, to, client, ORR_IN_TX, orr_msg_ref(tx));
}

/* Which kind the next transaction is of; draws nothing when none is asked for. */
static enum orr_tx_mix draw_mix(struct source *s) {
    if (!s->has_mix) return ORR_TX_ANY;
    uint64_t at = orr_rng_below(&s->draws, 1000000000), sum = 0;
    for (int i = 0; i < ORR_N_TX_MIXES; i++) {
        sum += s->spec->mix[i];
        if (at < sum) return (enum orr_tx_mix)i;
    }
    return ORR_TX_ANY; /* the shares are 10^9 together */
}

/* One of those who may be asked near a client. */
static orr_peer draw_receiver(struct source *s, uint32_t c) {
    uint32_t region = s->clients[c].region, first = s->region_first[region];
    uint32_t n = s->region_first[region + 1] - first;
    if (n == 0) first = 0, n = s->n_receivers; /* nobody near: anybody */
    return s->receivers[first + (uint32_t)orr_rng_below(&s->draws, n)];
}

/* What is still open is sent to one more of them, or to all again. */
static void send_again(void *ctx, uint32_t c, struct orr_msg *tx, orr_time now) {
    struct source *s = ctx;
    if (!s->spec->to_every) submit(s, c, draw_receiver(s, c), ORR_NOBODY, tx, now);
    for (uint32_t i = 0; s->spec->to_every && i < s->n_receivers; i++)
        submit(s, c, s->receivers[i], ORR_NOBODY, tx, now);
}

/* Has a transaction made at one node near a client, for that node or for all of `to`. */
static void order(struct source *s, uint32_t c, struct orr_tx_order *order, orr_time now) {
    struct orr_sim *sim = s->workload->sim;
    orr_peer of = order->is_power ? order->of : ORR_NOBODY;
    orr_peer to = draw_receiver(s, c);
    order->client = s->first_client + c;
    order->number = s->clients[c].n_sent++;
    order->rng = &s->draws;
    if (!order->is_power) {
        int64_t size = orr_dist_draw(s->sizes, orr_rng_u64(&s->draws));
        order->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
        order->mix = draw_mix(s);
    }
    struct orr_msg *tx = orr_sim_make_tx(sim, to, order);
    if (!tx) return; /* the run ends */
    if (!s->spec->to_every) submit(s, c, to, of, tx, now);
    for (uint32_t i = 0; s->spec->to_every && i < s->n_receivers; i++)
        submit(s, c, s->receivers[i], of, tx, now);
    if (s->retry.sim && !order->is_power) orr_retry_add(&s->retry, c, tx, now);
    orr_msg_unref(orr_sim_pool(sim), tx);
}

/* One transaction of a client drawn evenly. */
static void arrive(struct source *s, orr_time now) {
    struct orr_tx_order plain = {0};
    order(s, (uint32_t)orr_rng_below(&s->draws, s->spec->clients), &plain, now);
}

/* The powers that the scenario sets, once. */
static void set_powers(void *ctx, orr_time now) {
    struct source *s = ctx;
    const struct orr_scenario *scenario = &s->workload->build->scenario;
    for (orr_peer i = 0; i < scenario->n_nodes; i++) {
        if (!meant(scenario, &s->spec->of, i)) continue;
        struct orr_tx_order power = {.is_power = true, .of = i, .power = s->spec->power};
        order(s, 0, &power, now);
    }
}

static orr_time next_arrival(struct source *s, orr_time now) {
    uint64_t n = ++s->n_arrivals;
    switch (s->spec->arrivals) {
    case ORR_ARRIVE_POISSON: return now + orr_dist_draw(s->gaps, orr_rng_u64(&s->draws));
    case ORR_ARRIVE_BURST: return s->spec->start + (orr_time)n * s->spec->burst_every;
    case ORR_ARRIVE_CONSTANT: break;
    }
    return s->spec->start + (orr_time)((unsigned __int128)n * 1000000000 * 1000000000 /
                                       s->spec->rate_nhz);
}

static void tick(void *ctx, orr_time now) {
    struct source *s = ctx;
    uint32_t n = s->spec->arrivals == ORR_ARRIVE_BURST ? s->spec->burst_size : 1;
    for (uint32_t i = 0; i < n; i++) arrive(s, now);
    orr_time next = next_arrival(s, now);
    if (next < s->spec->stop) orr_sim_call_at(s->workload->sim, next, tick, s);
}

/* ---- life ---- */

/* Whether the nodes' chain has what the transactions of a mix call: asked by having one of each
 * kind made for clients that are not there. */
static void check_mix(struct source *s, struct orr_diags *diags) {
    static const char *const names[] = {"",
#define TX(name, help) #name,
                                        ORR_TX_MIXES(TX)
#undef TX
    };
    struct orr_sim *sim = s->workload->sim;
    const struct orr_protocol *protocol = s->workload->build->nodes[s->receivers[0]].protocol;
    size_t size = protocol->workload.state_size;
    void *clients = orr_xrealloc(NULL, size + 1);
    struct orr_rng rng = orr_rng_stream(0, ORR_RNG_WORKLOAD, UINT32_MAX);
    for (int k = ORR_TX_ANY + 1; k < ORR_N_TX_MIXES; k++) {
        if (!s->spec->mix[k]) continue;
        memset(clients, 0, size);
        struct orr_msg *tx = protocol->workload.make_tx(
            clients, orr_sim_common(sim, s->receivers[0]),
            &(struct orr_tx_order){.mix = (enum orr_tx_mix)k, .size = 1, .rng = &rng});
        if (tx)
            orr_msg_unref(orr_sim_pool(sim), tx);
        else
            orr_diag_add(diags, ORR_DIAG_ERROR, s->spec->where,
                         "a file that 'genesis' names has them if it was exported from a run with "
                         "this seed",
                         "workload[%u]: 'mix' asks for '%s', but the chain has no contract for it",
                         (uint32_t)(s - s->workload->sources), names[k]);
    }
    free(clients);
}

static void find_receivers(struct source *s) {
    const struct orr_build *build = s->workload->build;
    uint32_t n = build->scenario.n_nodes;
    s->receivers = orr_xrealloc(NULL, n * sizeof *s->receivers);
    s->region_first = orr_xrealloc(NULL, (build->n_regions + 1) * sizeof *s->region_first);
    for (uint32_t region = 0; region < build->n_regions; region++) {
        s->region_first[region] = s->n_receivers;
        for (orr_peer i = 0; i < n; i++)
            if (build->region_of[i] == region && build->nodes[i].protocol->workload.make_tx &&
                meant(&build->scenario, &s->spec->to, i))
                s->receivers[s->n_receivers++] = i;
    }
    s->region_first[build->n_regions] = s->n_receivers;
}

/* Client i sits where entry i of `from` says, in turn; without one, where node i is, in turn. */
static void place_clients(struct source *s) {
    const struct orr_build *build = s->workload->build;
    const struct orr_targets *from = &s->spec->from;
    s->clients = orr_xrealloc(NULL, s->spec->clients * sizeof *s->clients);
    for (uint32_t i = 0; i < s->spec->clients; i++) {
        const struct orr_target *t = from->n ? &from->v[i % from->n] : NULL;
        uint32_t region;
        if (t && t->kind == ORR_TARGET_REGION) region = t->index;
        else if (t && t->n) region = build->region_of[t->first + i / from->n % t->n];
        else region = build->region_of[i % build->scenario.n_nodes];
        s->clients[i] = (struct client){region, 0};
    }
}

struct orr_workload *orr_workload_new(struct orr_build *build, struct orr_sim *sim,
                                      struct orr_diags *diags) {
    const struct orr_scenario *scenario = &build->scenario;
    struct orr_workload *w = orr_xrealloc(NULL, sizeof *w);
    *w = (struct orr_workload){.build = build, .sim = sim, .n = scenario->n_workloads};
    w->sources = orr_xrealloc(NULL, w->n * sizeof *w->sources);
    memset(w->sources, 0, w->n * sizeof *w->sources);
    uint32_t n_clients = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        struct source *s = &w->sources[i];
        *s = (struct source){.workload = w, .spec = &scenario->workloads[i],
                             .first_client = n_clients,
                             .draws = orr_rng_stream(scenario->seed, ORR_RNG_WORKLOAD, i)};
        for (int k = 0; k < ORR_N_TX_MIXES; k++) s->has_mix |= s->spec->mix[k] != 0;
        n_clients += s->spec->clients;
        bool is_load = s->spec->kind == ORR_WORKLOAD_TRANSACTIONS;
        if (is_load) s->sizes = orr_dists_sizes(&build->dists, &s->spec->size, diags);
        if (is_load && s->spec->arrivals == ORR_ARRIVE_POISSON)
            s->gaps = orr_dists_poisson_gaps(&build->dists, s->spec->rate_nhz, diags);
        find_receivers(s);
        place_clients(s);
        if (s->n_receivers == 0)
            orr_diag_add(diags, ORR_DIAG_ERROR, s->spec->where, NULL,
                         "no node that is meant here takes transactions");
        else if (s->has_mix)
            check_mix(s, diags);
    }
    if (!diags->n_errors) return w;
    orr_workload_free(w);
    return NULL;
}

void orr_workload_free(struct orr_workload *w) {
    if (!w) return;
    for (uint32_t i = 0; i < w->n; i++) {
        free(w->sources[i].clients);
        free(w->sources[i].receivers);
        free(w->sources[i].region_first);
    }
    free(w->sources);
    free(w);
}

void orr_workload_start(struct orr_workload *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct source *s = &w->sources[i];
        orr_time first = s->spec->start;
        if (s->spec->kind == ORR_WORKLOAD_POWER) {
            orr_sim_call_at(w->sim, first, set_powers, s);
            continue;
        }
        if (s->spec->retry != ORR_NEVER)
            orr_retry_begin(&s->retry, w->sim, s->spec->retry, s, send_again);
        if (s->spec->arrivals == ORR_ARRIVE_POISSON)
            first += orr_dist_draw(s->gaps, orr_rng_u64(&s->draws));
        if (first < s->spec->stop) orr_sim_call_at(w->sim, first, tick, s);
    }
}

void orr_workload_end(struct orr_workload *w) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->sources[i].retry.sim) orr_retry_end(&w->sources[i].retry);
}
