"""Mistakes that students make in the BFT lab, each a change of the solution: in which exercise it is caught, by which
verdict of the test of which scenario, and what stands in the solution and what in its place."""

VOTE_FOR = "        n += v->is_there && v->value == value;\n"
SIGNED = ("    if (!is_signed(b, (orr_peer)signer, (int)kind, height, round, value, 0, signature)) {\n"
          "        orr_reject(out);\n        return;\n    }\n")
WRONG = {
    "f and one is enough": ("votes", "agreement", "votes-split", [("    return 2 * faulty(b) + 1;", "    return faulty(b) + 1;")]),
    "half of all is enough": ("votes", "agreement", "votes-split", [("    return 2 * faulty(b) + 1;", "    return n_nodes(b) / 2;")]),
    "waits for everybody": ("rounds", "max_gap", "rounds-crash", [("    return 2 * faulty(b) + 1;", "    return n_nodes(b) + 0 * faulty(b);")]),
    "counts votes for whatever": ("votes", "agreement", "votes-split", [
        (VOTE_FOR, "        n += v->is_there && (v->value == value || value != NIL);\n")]),
    "precommits what one half prevoted": ("votes", "max_gap", "votes-storm", [
        ("    bool found = find_quorum(b, PREVOTE, b->round, &value);\n",
         "    bool found = count(b, PREVOTE, b->round, b->rounds[b->round].value) > faulty(b);\n"
         "    value = found ? b->rounds[b->round].value : NIL;\n")]),
    "decides by prevotes": ("votes", "max_gap", "votes-split", [
        ("found = find_quorum(b, PRECOMMIT, round,", "found = find_quorum(b, PREVOTE, round,")]),
    "takes a second vote for the better one": ("votes", "max_gap", "votes-split", [
        ("    for (uint32_t i = 0; i < n_nodes(b); i++)\n        if (proof[i].is_there) b->rounds[round].votes[kind][i] = proof[i];\n",
         "    (void)proof;\n")]),
    "takes proposals from whoever comes first": ("votes", "max_gap", "votes-noise", [
        ("    if (r->has_proposal || from != proposer(b, height, round)) return;\n", "    if (r->has_proposal) return;\n")]),
    "believes a proposal's numbers": ("votes", "ill", "votes-noise", [
        ("        if (r->valid > b->round || count(", "        if (count(")]),
    "one node proposes for ever": ("rounds", "max_gap", "rounds-crash", [
        ("    return (orr_peer)((height + round) % n_nodes(b));", "    return (orr_peer)((height + 0 * round) % n_nodes(b));")]),
    "waits for the same time in each round": ("rounds", "max_gap", "rounds-slow", [
        ("    return (300 + 150 * (orr_time)round) * MS;", "    return (300 + 0 * (orr_time)round) * MS;")]),
    "never joins the others' round": ("rounds", "termination", "rounds-cut", [("        if (n <= faulty(b)) continue;\n", "        if (n < 99) continue;\n")]),
    "says everything once": ("rounds", "termination", "rounds-storm", [("    if (b->step == PAUSE) return;\n", "    if (b->step != PAUSE) return;\n")]),
    "helps nobody": ("rounds", "termination", "rounds-cut", [
        ("    if (m->kind <= PROPOSAL && number(m, 0) && number(m, 0) < b->height)\n", "    if (m->kind > EVIDENCE)\n")]),
    "waits for prevotes for ever": ("votes", "max_gap", "votes-storm", [
        ("        orr_arm(out, PREVOTE_OVER, now + patience(b->round));\n", "        (void)now;\n")]),
    "waits for precommits for ever": ("rounds", "max_gap", "rounds-crash", [
        ("    orr_arm(out, PRECOMMIT_OVER, now + patience(b->round));\n    return false;", "    (void)out, (void)now;\n    return false;")]),
    "waits for a proposal for ever": ("rounds", "max_gap", "rounds-crash", [
        ("timer == PROPOSE_OVER && b->step == PROPOSE", "timer == PROPOSE_OVER && b->step == PAUSE")]),
    "prevotes whatever is proposed": ("locks", "agreement", "locks-fork", [
        ("        good = !b->locked || b->locked_value == r->value;\n", "        good = true;\n")]),
    "forgets its lock in the next round": ("locks", "agreement", "locks-fork", [
        ("    b->waits_prevote = b->waits_precommit = false;\n", "    b->waits_prevote = b->waits_precommit = false;\n    b->locked = 0;\n")]),
    "decides nil": ("rounds", "not-nil", "rounds-crash", [("find_quorum(b, PRECOMMIT, round, &value) && value != NIL;", "find_quorum(b, PRECOMMIT, round, &value);")]),
    "never locks": ("locks", "agreement", "locks-fork", [("            b->locked = b->round + 1;\n", "")]),
    "believes in prevotes that it has not seen": ("locks", "agreement", "locks-fork", [
        ("        if (r->valid > b->round || count(b, PREVOTE, r->valid - 1, r->value) < quorum(b))\n", "        if (r->valid > b->round)\n")]),
    "proposes something new each time": ("locks", "max_gap", "locks-missed", [
        ("        r->value = b->valid_value;\n        r->valid = b->valid;\n", "")]),
    "proposes again without the proof": ("locks", "max_gap", "locks-missed", [
        ("        r->valid = b->valid;\n        orr_cast(out, ORR_NOBODY,\n", "        r->valid = b->valid;\n        orr_send(out, b->env->self,\n"),
        ("        if (r->valid)\n            orr_cast(out, ORR_NOBODY,\n", "        if (r->valid)\n            orr_send(out, b->env->self,\n")]),
    "looks at no signature": ("evidence", "evidence", "evidence-forge", [(SIGNED, "")]),
    "accuses on any two votes": ("evidence", "evidence", "evidence-frame", [("    if (one.value == other.value) return;\n", "")]),
    "looks at one signature of two": ("evidence", "evidence", "evidence-frame", [
        ("    if (!is_signed(b, (orr_peer)culprit, (int)kind, height, round, other.value, 0, other.signature))\n        return;\n", "")]),
    "keeps the proof to itself": ("evidence", "named", "evidence-double", [("    orr_cast(out, ORR_NOBODY, m);\n}\n\n/* EVIDENCE came", "    orr_msg_unref(out->pool, m);\n}\n\n/* EVIDENCE came")]),
    "overlooks a second vote": ("evidence", "evidence", "evidence-double", [("    else if (v->value != value)\n", "    else if (v->value == value + 99)\n")]),
    "gives up a step that is over": ("rounds", "one-vote", "rounds-cut", [
        ("    if (v->is_there) return;\n    v->is_there = true;", "    v->is_there = true;"),
        ("timer == PROPOSE_OVER && b->step == PROPOSE", "timer == PROPOSE_OVER && b->step != PAUSE")]),
}
