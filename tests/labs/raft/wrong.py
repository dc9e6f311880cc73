"""Mistakes that students make in the Raft lab, each a change of the solution: in which exercise it is caught, by
which verdict of the test of which scenario, and what stands in the solution and what in its place."""

WRONG = {
    "votes twice in a term": ("restart", "one-leader", "restart-power", [
        ("r->voted_for == ORR_NOBODY || r->voted_for == from", "true")]),
    "votes for whoever comes with an old log": ("log", "agreement", "log-crash", [
        ("is_free && is_fresh", "is_free && (is_fresh || from < 99)")]),
    "counts refusals as votes": ("election", "one-leader", "elect-partition", [
        (" || !number(m, 1)) return;\n    r->has_vote_of", ") return;\n    r->has_vote_of")]),
    "half is enough": ("election", "one-leader", "elect-storm", [
        ("return n_servers(r) / 2 + 1;", "return n_servers(r) / 2;")]),
    "waits for the same time as all others": ("election", "leads", "elect", [
        ("(orr_time)orr_rng_below(out->rng, 200 * 1000000)", "0 * (orr_time)orr_rng_below(out->rng, 2)")]),
    "does not wait anew when it hears its leader": ("election", "leads", "elect", [
        ("        r->role = FOLLOWER;\n        arm_election(out, now);\n        success", "        r->role = FOLLOWER;\n"
         "        (void)now;\n        success")]),
    "keeps its vote in a new term": ("election", "leads", "elect-crash", [
        ("    r->term = term;\n    r->voted_for = ORR_NOBODY;\n", "    r->term = term;\n")]),
    "takes entries wherever they go": ("log", "agreement", "log-crash", [
        ("success = before <= r->last && r->log[before].term == before_term;", "success = before <= r->last && before_term < 1000000;")]),
    "keeps what contradicts the leader": ("log", "agreement", "log-crash", [
        ("    if (index <= r->last && r->log[index].term == e.term) return;\n", "    if (index <= r->last) return;\n")]),
    "truncates at every entry that comes": ("log", "agreement", "log-storm", [
        ("    if (index <= r->last && r->log[index].term == e.term) return;\n", "")]),
    "commits what the leader has committed, known or not": ("log", "agreement", "log-crash", [
        ("uint64_t to = commit < known ? commit : known;", "uint64_t to = commit;")]),
    "commits what it has written itself": ("log", "agreement", "log-crash", [
        ("        if (n < majority(r)) continue;\n", "")]),
    "never tries an earlier entry": ("log", "committed", "log", [
        ("    } else if (r->next[from] > r->match[from] + 1) {", "    } else if (r->next[from] > r->last + 1) {")]),
    "believes followers to have what it has": ("log", "committed", "log", [
        ("        r->match[p] = 0;\n", "        r->match[p] = r->last;\n")]),
    "does not vote for itself": ("election", "one-leader", "elect-partition", [
        ("    r->voted_for = r->env->self;\n", "")]),
    "votes for itself in the old term": ("election", "leads", "elect-crash", [
        ("    r->term++;\n", "")]),
    "says yes to what it did not take": ("log", "caught_up", "log-isolated", [
        ("    uint64_t numbers[] = {r->term, success, success ? known : r->last};",
         "    uint64_t numbers[] = {r->term, success, r->last};")]),
    "does not tell followers what is committed": ("log", "unjudged", "log", [
        ("r->log[before].term, r->commit};", "r->log[before].term, 0};")]),
    "forgets to write its vote": ("restart", "one-leader", "restart-votes", [
        ("        r->voted_for = from;\n        save_term(r, out);\n", "        r->voted_for = from;\n")]),
    "forgets its term in a crash": ("restart", "one-leader", "restart", [
        ("        r->term = number(m, 0);\n        r->voted_for = (orr_peer)number(m, 1);\n", "        return;\n")]),
    "forgets its log in a crash": ("restart", "agreement", "restart", [
        ("    r->last = index;\n    save_entry(r, index, out);\n", "    r->last = index;\n")]),
}
