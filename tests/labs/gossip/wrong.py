"""Mistakes that students make in the gossip lab, each a change of the solution: in which exercise it is caught, by
which verdict of the test of which scenario, and what stands in the solution and what in its place."""

SEEN = "    if (!orr_set_add(&g->seen, id)) return;\n    orr_deliver(out, id, (orr_peer)number(m, 1));\n"
FALSE = "        judge(g, from, INVALID);\n        return;\n    }\n    g->peers[from].n_brought++;"
WRONG = {
    "does not deliver what it publishes": ("publish", "delivery", "publish", [("    orr_deliver(out, id, g->env->self);\n", "")]),
    "forgets that it has seen its own": ("publish", "genuine", "publish-forged", [
        ("    if (!orr_set_add(&g->seen, id)) return;\n    orr_deliver(out, id, g->env->self);", "    orr_deliver(out, id, g->env->self);")]),
    "looks at no signature": ("publish", "genuine", "publish-forged", [("    if (!is_authentic(g, m, out)) {", "    if (!is_authentic(g, m, out) && !id) {")]),
    "delivers what it hears again": ("publish", "genuine", "publish-forged", [
        (SEEN, "    if (!orr_set_add(&g->seen, id) && from % 2) return;\n    orr_deliver(out, id, (orr_peer)number(m, 1));\n")]),
    "publishes to one peer alone": ("publish", "delivery", "publish", [
        ("        if (is_linked(g, p, out) && !is_bad(g, p)) orr_send(out, p, orr_msg_ref(m));",
         "        if (p == (g->env->self + 1) % n_nodes(g)) orr_send(out, p, orr_msg_ref(m));"),
        ("    forward(g, from, m, out);\n}", "    if (g->n_cached > CACHE_MOST) forward(g, from, m, out);\n}")]),
    "keeps a reference that nobody gives back": ("publish", "leak-messages", "publish", [
        ("    orr_msg_unref(out->pool, m);\n}\n/* Sends a message that is new", "}\n/* Sends a message that is new")]),
    "forwards nothing": ("forward", "delivery", "forward", [
        ("        if (is_target(g, p, out) && p != from && p != number(m, 1))", "        if (is_target(g, p, out) && p == from && p != number(m, 1))"),
        ("            orr_send(out, p, orr_msg_ref(m));\n}\n/* DATA", "            orr_reject(out);\n}\n/* DATA")]),
    "sends back to whom it came from": ("forward", "once", "forward", [("&& p != from && p != number(m, 1))", "&& p != number(m, 1))\n            (void)from,")]),
    "forwards before it looks": ("forward", "clean", "forward-false", [
        (FALSE, "        judge(g, from, INVALID);\n        forward(g, from, m, out);\n        return;\n    }\n    g->peers[from].n_brought++;")]),
    "forwards what it has seen before": ("forward", "effects", "forward", [
        (SEEN, "    if (!orr_set_add(&g->seen, id)) {\n        forward(g, from, m, out);\n        return;\n    }\n"
               "    orr_deliver(out, id, (orr_peer)number(m, 1));\n")]),
    "sends to all its links": ("heartbeat", "copies", "heartbeat", [("&& (g->peers[p].in_mesh || !mesh_size(g));", ";")]),
    "beats once": ("heartbeat", "delivery", "heartbeat-loss", [("    orr_arm(out, HEARTBEAT, now + BEAT);\n    age", "    age")]),
    "grafts and does not say so": ("heartbeat", "mesh", "heartbeat", [("        send_control(GRAFT, drawn[i], out);\n", "")]),
    "takes nobody in who grafts": ("heartbeat", "mesh", "heartbeat", [("    join(g, from);\n", "")]),
    "prunes and does not say so": ("heartbeat", "mesh", "heartbeat", [("    send_control(PRUNE, p, out);\n", "    (void)out;\n")]),
    "hears no PRUNE": ("heartbeat", "mesh", "heartbeat", [("    g->peers[from].in_mesh = false;\n    g->peers[from].backoff", "    g->peers[from].backoff")]),
    "grafts all who are there and prunes nobody": ("heartbeat", "mesh", "heartbeat", [
        ("    if (size <= D_HIGH) return;", "    if (size <= NODES_MOST) return;"),
        ("    uint32_t n = draw(g, TO_GRAFT, D - size, now, out, drawn);", "    uint32_t n = draw(g, TO_GRAFT, NODES_MOST, now, out, drawn);")]),
    "tells nobody what there is": ("heartbeat", "delivery", "heartbeat-loss", [("n_ids ? draw(g, TO_TELL, LAZY, now, out, drawn) : 0", "n_ids ? draw(g, TO_TELL, 0, now, out, drawn) : 0")]),
    "asks for what it has": ("heartbeat", "asked", "heartbeat", [("        if (orr_set_has(&g->seen, id) || is_asked_for", "        if (is_asked_for")]),
    "answers nobody": ("heartbeat", "delivery", "heartbeat-loss", [
        ("        orr_send(out, from, orr_msg_ref(c->data));", "        orr_reject(out);")]),
    "keeps the dead in its mesh": ("peers", "mesh", "peers-churn", [
        ("static void peer_down(struct gossip_node *g, orr_peer p) { g->peers[p].in_mesh = false; }",
         "static void peer_down(struct gossip_node *g, orr_peer p) { g->peers[p].n_new = 0; }")]),
    "tells nothing to who comes back": ("peers", "delivery", "peers-cut", [("    if (n && !is_bad(g, p)) orr_send(out, p, ids_message", "    if (n > IDS_MOST) orr_send(out, p, ids_message")]),
    "grafts again at once": ("peers", "backoff", "peers-churn", [("    return now >= peer->backoff && !is_bad(g, p);", "    (void)now;\n    return !is_bad(g, p);")]),
    "never punishes": ("score", "outcast", "score-spam", [("    *score += points;\n", "    *score += points > 0 ? points : 0;\n")]),
    "punishes for what comes twice": ("score", "mesh", "score-eclipse", [
        (SEEN, "    if (!orr_set_add(&g->seen, id)) {\n        judge(g, from, BROKEN);\n        return;\n    }\n"
               "    orr_deliver(out, id, (orr_peer)number(m, 1));\n")]),
    "does not miss what is not brought": ("score", "outcast", "score-eclipse", [
        ("        if (!peer->n_brought) judge(g, p, SILENT);\n", ""), ("        judge(g, from, EARLY);\n", "")]),
    "takes the bad back": ("score", "outcast", "score-eclipse", [
        ("    if (is_bad(g, from) || mesh_size(g) >= D_HIGH) {", "    if (mesh_size(g) >= D_HIGH) {"),
        ("        if (g->peers[p].in_mesh && is_bad(g, p)) prune(g, p, now, out);", "        if (g->peers[p].in_mesh && n_nodes(g) > NODES_MOST) prune(g, p, now, out);")]),
    "answers without end": ("score", "answers", "score-spam", [("        if (c->n_answers[from] == ANSWERS_MOST) {", "        if (c->n_answers[from] == UINT8_MAX) {")]),
    "believes every promise": ("score", "outcast", "score-spam", [("        if (!has_come && a.age > PATIENCE) judge(g, a.of, BROKEN);\n", "")]),
}
