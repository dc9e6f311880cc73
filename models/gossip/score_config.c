/* score_config.c - the score's parameters from a scenario's numbers, which are parts in 10^9. */
#include "models/gossip/state.h"

/* A quotient of two whole numbers is rounded once: it is the double nearest to what was written. */
static double real(uint64_t parts) { return (double)(int64_t)parts / 1000000000.0; }

void orr_score_read(const struct orr_gossip_config *cfg, struct orr_gossip_net *net) {
    struct orr_score_topic topic = {
        .is_scored = true, .weight = real(cfg->topic_weight),
        .time_weight = real(cfg->p1_weight), .time_cap = real(cfg->p1_cap),
        .time_quantum = cfg->p1_quantum,
        .first_weight = real(cfg->p2_weight), .first_decay = real(cfg->p2_decay),
        .first_cap = real(cfg->p2_cap),
        .mesh_weight = -real(cfg->p3_weight), .mesh_decay = real(cfg->p3_decay),
        .mesh_cap = real(cfg->p3_cap), .mesh_threshold = real(cfg->p3_threshold),
        .mesh_window = cfg->p3_window, .mesh_activation = cfg->p3_activation,
        .failure_weight = -real(cfg->p3b_weight), .failure_decay = real(cfg->p3b_decay),
        .invalid_weight = -real(cfg->p4_weight), .invalid_decay = real(cfg->p4_decay)};
    for (uint32_t t = 0; t < net->n_topics; t++) net->score_topics[t] = topic;
    net->score = (struct orr_score_params){
        .n_topics = net->n_topics, .topics = net->score_topics,
        .topic_cap = real(cfg->topic_cap), .app_weight = 1,
        .colocation_weight = -real(cfg->p6_weight),
        .colocation_threshold = (uint32_t)cfg->p6_threshold,
        .behaviour_weight = -real(cfg->p7_weight),
        .behaviour_threshold = real(cfg->p7_threshold), .behaviour_decay = real(cfg->p7_decay),
        .decay_to_zero = real(cfg->decay_to_zero), .decay_interval = cfg->decay_interval,
        .retain = cfg->retain_score};
}

const char *orr_score_config_refuses(const struct orr_gossip_config *cfg) {
    struct orr_gossip_net net = {.n_topics = 1};
    if (!cfg->scoring) return NULL;
    if (cfg->publish_threshold < cfg->gossip_threshold)
        return "publish_threshold must not be nearer to 0 than gossip_threshold";
    if (cfg->graylist_threshold < cfg->publish_threshold)
        return "graylist_threshold must not be nearer to 0 than publish_threshold";
    orr_score_read(cfg, &net);
    return orr_score_refuses(&net.score);
}

void orr_gossip_app_score(struct orr_gossip *g, orr_peer peer, int64_t micro) {
    if (g->score) orr_score_app(g->score, peer, (double)micro / ORR_SCORE_MICRO);
}
