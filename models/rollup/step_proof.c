/* A proof is the RLP of [hash before, hash after, state before, [preimage, ...], witness], the
 * witness being that of models/vm/witness.h. */
#include <string.h>

#include "models/rollup/step_machine.h"
#include "models/vm/witness.h"

struct proof {
    const uint8_t *state, *witness; /* lent */
    size_t state_len, witness_len;
    struct orr_preimages given;
};

static void write_proof(struct orr_rlp_writer *w, const struct proof *proof,
                        const struct orr_step_shown *shown, const struct orr_evm_blobs *used,
                        const struct orr_evm_witness *witness) {
    size_t all = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, shown->before.bytes, sizeof shown->before.bytes);
    orr_rlp_write_string(w, shown->after.bytes, sizeof shown->after.bytes);
    orr_rlp_write_string(w, proof->state, proof->state_len);
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < used->n; i++)
        orr_rlp_write_string(w, used->items[i].bytes, used->items[i].len);
    orr_rlp_list_end(w, list);
    orr_evm_witness_write(witness, w);
    orr_rlp_list_end(w, all);
}

/* Nothing follows the state: a trace that ends goes on with its last state. */
static bool is_last(const struct proof *proof, struct orr_step_shown *shown) {
    struct orr_hash hash, output = {{0}};
    struct orr_rlp_reader all = orr_rlp_reader(proof->state, proof->state_len);
    struct orr_rlp_reader r = orr_rlp_read_list(&all);
    uint64_t n = orr_rlp_read_u64(&r);
    if (n != ORR_STEP_DONE && n != ORR_STEP_INVALID) return false;
    orr_rlp_read_fixed(&r, hash.bytes, sizeof hash.bytes);
    if (n == ORR_STEP_INVALID) orr_rlp_read_u64(&r);
    else orr_rlp_read_fixed(&r, output.bytes, sizeof output.bytes);
    enum orr_step_phase phase = (enum orr_step_phase)n;
    hash = orr_keccak256(proof->state, proof->state_len);
    *shown = (struct orr_step_shown){hash, hash, {.phase = phase}, phase, output};
    return orr_rlp_done(&r) && orr_rlp_done(&all);
}

static void replay_last(struct orr_mem *mem, const struct proof *proof,
                        const struct orr_step_shown *shown, struct orr_rlp_writer *w) {
    static const struct orr_evm_blobs none;
    struct orr_evm_witness *witness = orr_evm_witness_create(mem);
    write_proof(w, proof, shown, &none, witness);
    orr_evm_witness_destroy(witness);
}

/* Makes the step on what is given, and writes down what it took: a proof in its one form. */
static int replay(struct orr_mem *mem, const struct proof *proof, struct orr_step_shown *shown,
                  struct orr_rlp_writer *w) {
    if (is_last(proof, shown)) {
        replay_last(mem, proof, shown, w);
        return 0;
    }
    struct orr_stepper *m = orr_step_alloc(mem);
    struct orr_evm_witness *witness = orr_evm_witness_create(mem);
    m->preimages.behind = &proof->given;
    int error = ORR_ENOTFOUND;
    bool is_there = orr_step_load(m, proof->state, proof->state_len, proof->witness,
                                  proof->witness_len);
    if (is_there) {
        shown->before = orr_keccak256(proof->state, proof->state_len);
        orr_evm_witness_record(m->store, witness);
        if (m->phase == ORR_STEP_INSTRUCTION && !orr_step_load_operands(m, m->executor->vm->depth))
            m->error = ORR_ENOTFOUND;
        shown->step = orr_step_peek(m);
        error = m->error ? m->error : orr_step_next(m);
    }
    if (!error) {
        shown->after = orr_step_commit(m);
        shown->phase = m->phase;
        shown->output_root = m->output_root;
    }
    if (!error) error = m->error;
    if (!error && m->is_too_long) error = ORR_ELIMIT;
    if (!error) write_proof(w, proof, shown, &m->preimages.used, witness);
    if (is_there) orr_evm_witness_record(m->store, NULL);
    orr_step_destroy(m);
    orr_evm_witness_destroy(witness);
    return error;
}

static bool read_proof(const uint8_t *bytes, size_t len, struct proof *proof) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len), all = orr_rlp_read_list(&r);
    struct orr_hash claimed; /* what is found must be written like it */
    orr_rlp_read_fixed(&all, claimed.bytes, sizeof claimed.bytes);
    orr_rlp_read_fixed(&all, claimed.bytes, sizeof claimed.bytes);
    proof->state = orr_rlp_read_string(&all, &proof->state_len);
    struct orr_rlp_reader list = orr_rlp_read_list(&all);
    struct orr_rlp_item witness = orr_rlp_read(&all);
    proof->witness = witness.encoding;
    proof->witness_len = witness.encoding_len;
    if (!orr_rlp_done(&all) || !orr_rlp_done(&r) || list.bad) return false;
    while (orr_rlp_more(&list)) {
        size_t n;
        const uint8_t *item = orr_rlp_read_string(&list, &n);
        if (item) orr_preimage_put(&proof->given, item, n);
    }
    return !list.bad;
}

int orr_step_verify(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                    struct orr_step_shown *shown) {
    struct proof proof = {.given = {.mem = mem}};
    struct orr_rlp_writer w = {.mem = mem};
    struct orr_step_shown found;
    if (len > ORR_STEP_PROOF_MAX) return ORR_EFORMAT;
    int error = read_proof(bytes, len, &proof) ? replay(mem, &proof, &found, &w) : ORR_EFORMAT;
    if (!error && (w.len != len || memcmp(w.bytes, bytes, len))) error = ORR_EFORMAT;
    if (!error) *shown = found;
    orr_preimages_free(&proof.given);
    orr_rlp_free(&w);
    return error;
}

int orr_step_prove(struct orr_stepper *m, struct orr_rlp_writer *out) {
    assert(!m->is_part && !m->sink);
    struct orr_preimages all = {.mem = m->mem, .behind = &m->preimages};
    struct orr_evm_witness *witness = orr_evm_witness_create(m->mem);
    struct orr_rlp_writer written = {.mem = m->mem}, w = {.mem = m->mem};
    struct orr_step_shown shown;
    m->sink = &all;
    m->is_too_long = false;
    struct orr_hash before = orr_step_commit(m);
    m->sink = NULL;
    bool is_too_long = m->is_too_long;
    orr_evm_witness_record(m->store, witness);
    int error = orr_step_is_over(m) ? 0 : orr_step_next(m);
    orr_evm_witness_record(m->store, NULL);
    orr_evm_witness_write(witness, &written);
    if (!error && is_too_long) error = ORR_ELIMIT;
    if (!error) {
        struct proof proof = {.witness = written.bytes, .witness_len = written.len,
                              .given = {.mem = m->mem, .behind = &all}};
        proof.state = orr_preimage_get(&proof.given, &before, &proof.state_len);
        error = replay(m->mem, &proof, &shown, &w);
        assert(error || (orr_hash_equal(shown.before, before) &&
                         orr_hash_equal(shown.after, orr_step_commit(m))));
        orr_preimages_free(&proof.given);
    }
    if (!error && w.len > ORR_STEP_PROOF_MAX) error = ORR_ELIMIT;
    if (!error) orr_rlp_write_raw(out, w.bytes, w.len);
    orr_rlp_free(&w);
    orr_rlp_free(&written);
    orr_evm_witness_destroy(witness);
    orr_preimages_free(&all);
    return error;
}
