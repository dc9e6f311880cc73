"""Mistakes that students make in the lab of the stack machine, each a change of the solution: in which exercise it is
caught, by which verdict of the test of which scenario, and what stands in the solution and what in its place."""

WRONG = {
    "loses the carry of a sum": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("        carry += (unsigned __int128)a.limb[i] + b.limb[i];", "        carry = (unsigned __int128)a.limb[i] + b.limb[i];")]),
    "divides by zero": ("arithmetic", "answer.stack", "arithmetic-edges", [("    if (is_zero(b)) return;\n", "")]),
    "looks at no sign in SDIV": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("    return is_negative(a) != is_negative(b) ? negate(q) : q;", "    return q;")]),
    "gives SMOD the sign of the divisor": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("    return is_negative(a) ? negate(r) : r;", "    return is_negative(b) ? negate(r) : r;")]),
    "loses the 257th bit of ADDMOD": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("word_less(sum, a) || !word_less(sum, n) ?", "!word_less(sum, n) ?")]),
    "compares without signs": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("    return is_negative(a) != is_negative(b) ? is_negative(a) : word_less(a, b);", "    return word_less(a, b);")]),
    "extends no sign": ("arithmetic", "answer.stack", "arithmetic-edges", [
        ("    if (is_negative(x)) to = not(word_shift_right(not(x), n));\n", "")]),
    "shifts by 256 as by 0": ("arithmetic", "answer.stack", "arithmetic-edges", [("(uint32_t)n.limb[0] : 256;", "(uint32_t)n.limb[0] : 0;")]),
    "stores the lowest byte first": ("memory", "answer.stack", "memory-more", [
        ("    orr_u256_store_be(f->memory + at.limb[0], value);", "    memcpy(f->memory + at.limb[0], value.limb, 32);")]),
    "lets memory grow by bytes": ("memory", "answer.stack", "memory-more", [
        ("    uint32_t size = (uint32_t)after * 32;", "    uint32_t size = (uint32_t)end;")]),
    "copies over what it still needs": ("memory", "answer.stack", "memory-more", [
        ("    if (!is_zero(len)) memmove(f->memory + to.limb[0], f->memory + from.limb[0], len.limb[0]);",
         "    for (uint32_t i = 0; i < len.limb[0]; i++) f->memory[to.limb[0] + i] = f->memory[from.limb[0] + i];")]),
    "fails behind the end of call data": ("memory", "answer.end", "memory-more", [
        ("    if (word_less(at, word(from_len))) start = (uint32_t)at.limb[0];",
         "    if (!word_less(at, word(from_len + 1))) return false;\n    start = (uint32_t)at.limb[0];")]),
    "gives no memory back": ("memory", "leak-memory", "memory-more", [("    orr_free(m->mem, f->memory, f->memory_len);\n", "")]),
    "jumps into the data of a PUSH": ("jumps", "answer.end", "jumps-more", [
        ("        if (op >= OP_PUSH1 && op <= OP_PUSH32) pc += op - OP_PUSH1 + 1u;\n", "        (void)op;\n")]),
    "jumps the other way round": ("jumps", "answer.stack", "jumps-more", [
        ("    if (op == OP_JUMPI && is_zero(pop(f))) return true;", "    if (op == OP_JUMPI && !is_zero(pop(f))) return true;")]),
    "jumps to anything": ("jumps", "answer.end", "jumps-more", [
        ("    return pc == to.limb[0] && f->code[pc] == OP_JUMPDEST;", "    return pc == to.limb[0];")]),
    "goes on at what is no instruction": ("jumps", "answer.end", "jumps-more", [
        ("        if (!i.exists || !stack_fits", "        if (!i.exists) {\n            f->pc++;\n            continue;\n        }\n        if (!stack_fits")]),
    "has memory for nothing": ("gas", "answer.gas", "gas-more", [("{ return 3 * words + words * words / 512; }", "{ return 0 * words; }")]),
    "pays for all memory each time": ("gas", "answer.gas", "gas-more", [("memory_cost(after) - memory_cost(before)", "memory_cost(after) - 0 * before")]),
    "pays for eight bytes of an exponent as for one": ("gas", "answer.gas", "gas-more", [
        ("        exponent = word_shift_right(exponent, 8);", "        exponent = word_shift_right(exponent, 64);")]),
    "spends what it has not": ("gas", "answer.end", "gas-more", [("    if (gas > f->gas) return false;\n", "")]),
    "gives a callee all its gas": ("calls", "answer.end", "calls-more", [("f->gas - f->gas / 64", "f->gas")]),
    "delegates to another account": ("calls", "answer.stack", "calls-more", [
        ("        callee.self = f->self;\n        callee.caller = f->caller;\n", "        callee.caller = f->self;\n")]),
    "fills what was not returned with zeros": ("calls", "answer.end", "calls-more", [
        ("    if (word_less(end, at) || word_less(word(f->data_len), end)) return false;\n", "    (void)end;\n")]),
    "forgets what a revert returned": ("calls", "answer.stack", "calls-more", [
        ("    if (end != FAILED && callee->output_len) {", "    if (end == STOPPED && callee->output_len) {")]),
    "nests calls without an end": ("calls", "answer.output", "calls-more", [("callee.depth <= DEPTH_LIMIT", "callee.depth <= DEPTH_LIMIT + 9")]),
    "finds all accounts cold": ("calls", "answer.gas", "calls-more", [
        ("        if (same_address(&m->warm[i], address)) return 100;\n", "        if (same_address(&m->warm[i], address)) break;\n")]),
    "lets a call below a static one write": ("journal", "answer.gas", "journal-more", [
        ("    callee.is_static = f->is_static || op == OP_STATICCALL;", "    callee.is_static = op == OP_STATICCALL;")]),
    "undoes the first change first": ("journal", "answer.storage", "journal-more", [
        ("    while (m->n_changes > mark) {\n        const struct change *c = &m->journal[--m->n_changes];",
         "    uint32_t last = m->n_changes;\n    m->n_changes = mark;\n    for (uint32_t i = mark; i < last; i++) {\n"
         "        const struct change *c = &m->journal[i];")]),
    "keeps the logs of a failed call": ("journal", "answer.logs", "journal-more", [
        ("        case LOGGED: m->n_logs = c->at; break;", "        case LOGGED: break;")]),
    "keeps slots warm that a failed call touched": ("journal", "answer.gas", "journal-more", [
        ("        case WARM_SLOT: m->slots[c->at].is_warm = false; break;", "        case WARM_SLOT: break;")]),
    "keeps the refunds of a failed call": ("journal", "answer.refund", "journal-more", [
        ("        case REFUND: m->refund = c->refund; break;", "        case REFUND: break;")]),
    "gives no refund for a slot that is cleared": ("journal", "answer.refund", "journal-more", [
        ("    if (!was_zero && is_zero(value)) refund += 4800;\n", "")]),
    "pays 20,000 for each first change": ("journal", "answer.gas", "journal-more", [
        ("    return is_zero(s->original) ? 20000 : 2900;", "    return 20000;")]),
    "writes topics the wrong way round": ("journal", "answer.logs", "journal-more", [
        ("    for (uint32_t i = 0; i < n_topics; i++) log.topics[i] = pop(f);", "    for (uint32_t i = n_topics; i-- > 0;) log.topics[i] = pop(f);")]),
    "writes transient storage for good": ("journal", "answer.storage", "journal-more", [
        ("    set_slot(m, slot_of(m, &f->self, key, true), value);", "    set_slot(m, slot_of(m, &f->self, key, false), value);")]),
}
