/* valid(v) of the paper: a block is prevoted if everything in it holds, and answered with nil if
 * any one thing does not; and what a decided block leaves behind.  One validator against a script
 * that also makes the blocks. */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

/* A block in the making: `tamper` may spoil anything. */
struct draft {
    struct orr_tm_header header;
    struct orr_msg *commit, *evidence[4], *txs[4];
    uint32_t n_evidence, n_txs;
    struct orr_tm_header spoilt; /* what the block shows in place of header, if is_spoilt */
    bool is_spoilt;
    bool names_other_hash;
};
typedef void tamper(struct solo *s, struct draft *d);

static struct orr_msg *signed_vote(struct solo *s, uint32_t validator, enum orr_signed_type type,
                                   uint64_t height, uint32_t round, const struct orr_block_id *id) {
    struct orr_vote v = {
        .height = height, .round = round, .validator = validator, .type = (uint8_t)type};
    if (id) v.id = *id;
    return orr_vote_sign(&v, s->set, &s->c.pool, NULL,
                         type == P ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT);
}

/* The commit of a height: validators of `ayes` precommitted id, those of `nils` nil. */
static struct orr_msg *commit_of(struct solo *s, uint64_t height, const struct orr_block_id *id,
                                 unsigned ayes, unsigned nils) {
    struct orr_msg *m = orr_msg_new(&s->c.pool, ORR_TM_COMMIT, orr_commit_size(SOLO_N, SOLO_N));
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, height);
    orr_write_u32(&w, 0);
    orr_write_bytes(&w, id, sizeof *id);
    orr_write_u32(&w, SOLO_N);
    for (uint32_t i = 0; i < SOLO_N; i++) {
        bool aye = ayes >> i & 1, nil = nils >> i & 1;
        orr_write_u8(&w, aye ? ORR_COMMIT_BLOCK : nil ? ORR_COMMIT_NIL : ORR_COMMIT_ABSENT);
        if (!aye && !nil) continue;
        struct orr_msg *vote = signed_vote(s, i, C, height, 0, aye ? id : NULL);
        orr_write_bytes(&w, vote->data + ORR_VOTE_BYTES - ORR_SIGN_BYTES, ORR_SIGN_BYTES);
        orr_msg_unref(&s->c.pool, vote);
    }
    m->len = (uint32_t)orr_written(&w);
    return m;
}

static struct orr_msg *proof(struct solo *s, uint32_t culprit, uint64_t height) {
    struct orr_block_id id = {.n_parts = 1};
    struct orr_msg *a = signed_vote(s, culprit, P, height, 0, NULL);
    struct orr_msg *b = signed_vote(s, culprit, P, height, 0, &id);
    struct orr_msg *m =
        orr_evidence_message(orr_vote_of(a), orr_vote_of(b), &s->c.pool, ORR_TM_EVIDENCE);
    orr_msg_unref(&s->c.pool, a);
    orr_msg_unref(&s->c.pool, b);
    return m;
}

static struct orr_msg *transfer(struct solo *s, uint64_t nonce) {
    struct orr_keypair a, b;
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 100, &a);
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 101, &b);
    return orr_transfer_make(&a, b.public_key, 1, 1, nonce, 200, s->set->chain_id, &s->c.pool,
                             NULL);
}

/* A good block of a height, on top of what was decided before. */
static struct draft good(struct solo *s, uint64_t height) {
    struct draft d = {.header = {.chain_id = s->set->chain_id, .height = height,
                                 .time = (orr_time)height * 10, .proposer = 1,
                                 .last = s->last_id}};
    orr_sha256(NULL, 0, d.header.app_hash); /* the root of no accounts */
    memcpy(d.header.validators_hash, s->set->hash, 32);
    if (height > 1) d.commit = commit_of(s, height - 1, &s->last_id, OTHERS, 0);
    return d;
}

static struct solo_block finish(struct solo *s, struct draft *d) {
    struct orr_msg *m = orr_tm_block_build(&d->header, d->commit, d->evidence, d->n_evidence,
                                           d->txs, d->n_txs, NULL, &s->c.pool);
    struct orr_tm_header *shown = d->is_spoilt ? &d->spoilt : &d->header;
    if (d->is_spoilt) { /* the hashes that only the building knew */
        for (unsigned i = 0; i < 32; i++) {
            d->spoilt.last_commit_hash[i] ^= d->header.last_commit_hash[i];
            d->spoilt.txs_root[i] ^= d->header.txs_root[i];
            d->spoilt.evidence_hash[i] ^= d->header.evidence_hash[i];
        }
        orr_tm_block_set_header(m, shown);
    }
    struct solo_block b;
    orr_tm_header_hash(shown, b.id.hash);
    if (d->names_other_hash) b.id.hash[0] ^= 1;
    orr_parts_split(m, d->header.height, 100, ORR_TM_PART, &s->c.pool, b.parts, &b.id.n_parts,
                    b.id.parts_root);
    orr_msg_unref(&s->c.pool, m);
    orr_msg_unref(&s->c.pool, d->commit);
    for (uint32_t i = 0; i < d->n_evidence; i++) orr_msg_unref(&s->c.pool, d->evidence[i]);
    for (uint32_t i = 0; i < d->n_txs; i++) orr_msg_unref(&s->c.pool, d->txs[i]);
    return b;
}

static void propose(struct solo *s, uint64_t height, const struct solo_block *b) {
    uint32_t proposer = (uint32_t)(height - 1) % SOLO_N;
    uint8_t bytes[ORR_SIGNED_BYTES], signature[64];
    orr_signed_bytes(s->set, ORR_SIGNED_PROPOSAL, height, 0, -1, &b->id, bytes);
    orr_sign(NULL, &s->set->keys[proposer], bytes, sizeof bytes, signature);
    struct orr_msg *m = orr_msg_new(&s->c.pool, ORR_TM_PROPOSAL, 20 + 68 + 64);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, height);
    orr_write_u32(&w, 0);
    orr_write_u32(&w, UINT32_MAX);
    orr_write_u32(&w, proposer);
    orr_write_bytes(&w, &b->id, sizeof b->id);
    orr_write_bytes(&w, signature, sizeof signature);
    solo_recv(s, proposer, m);
    solo_parts(s, b);
}

/* Decides a good block of the height, with d's additions; the node goes on to the next. */
static void decide(struct solo *s, uint64_t height, tamper *add) {
    struct draft d = good(s, height);
    if (add) add(s, &d);
    struct solo_block b = finish(s, &d);
    propose(s, height, &b);
    solo_expect(s, P, 0, &b);
    for (uint32_t i = 0; i < 3; i++)
        solo_recv(s, i, signed_vote(s, i, C, height, 0, &b.id));
    ck_assert_uint_eq(s->decided, height);
    s->last_id = b.id;
    solo_block_free(s, &b);
    solo_timeout(s, ORR_TM_TIMER_COMMIT);
}

static struct orr_tm_header *spoil(struct draft *d) {
    d->is_spoilt = true;
    d->spoilt = d->header;
    return &d->spoilt;
}
static void recommit(struct solo *s, struct draft *d, struct orr_msg *commit) {
    orr_msg_unref(&s->c.pool, d->commit);
    d->commit = commit;
}

static void nothing(struct solo *s, struct draft *d) { (void)s, (void)d; }
static void other_chain(struct solo *s, struct draft *d) { (void)s, d->header.chain_id ^= 1; }
static void other_height(struct solo *s, struct draft *d) { (void)s, spoil(d)->height++; }
static void time_stands(struct solo *s, struct draft *d) { (void)s, d->header.time = 10; }
static void time_moves(struct solo *s, struct draft *d) { (void)s, d->header.time = 11; }
static void no_such_proposer(struct solo *s, struct draft *d) { (void)s, d->header.proposer = 4; }
static void other_parent(struct solo *s, struct draft *d) { (void)s, d->header.last.hash[0] ^= 1; }
static void other_root(struct solo *s, struct draft *d) { (void)s, d->header.app_hash[31] ^= 1; }
static void other_set(struct solo *s, struct draft *d) {
    (void)s, d->header.validators_hash[0] ^= 1;
}
static void other_commit_hash(struct solo *s, struct draft *d) {
    (void)s, spoil(d)->last_commit_hash[0] ^= 1;
}
static void other_txs_root(struct solo *s, struct draft *d) { (void)s, spoil(d)->txs_root[0] ^= 1; }
static void other_evidence_hash(struct solo *s, struct draft *d) {
    (void)s, spoil(d)->evidence_hash[0] ^= 1;
}
static void other_name(struct solo *s, struct draft *d) { (void)s, d->names_other_hash = true; }
static void no_commit(struct solo *s, struct draft *d) { recommit(s, d, NULL); }
static void full_commit(struct solo *s, struct draft *d) {
    recommit(s, d, commit_of(s, 1, &s->last_id, OTHERS, 8));
}
static void two_of_four(struct solo *s, struct draft *d) {
    recommit(s, d, commit_of(s, 1, &s->last_id, 3, 0));
}
static void nil_as_third(struct solo *s, struct draft *d) {
    recommit(s, d, commit_of(s, 1, &s->last_id, 3, 4));
}
static void commit_of_other_height(struct solo *s, struct draft *d) {
    recommit(s, d, commit_of(s, 2, &s->last_id, OTHERS, 0));
}
static void commit_of_other_block(struct solo *s, struct draft *d) {
    struct orr_block_id id = s->last_id;
    id.hash[0] ^= 1;
    recommit(s, d, commit_of(s, 1, &id, OTHERS, 0));
}
static void forged_commit(struct solo *s, struct draft *d) {
    (void)s, d->commit->data[d->commit->len - 10] ^= 1;
}
static void add_proof(struct solo *s, struct draft *d, uint32_t culprit, uint64_t height) {
    d->evidence[d->n_evidence++] = proof(s, culprit, height);
}
static void a_proof(struct solo *s, struct draft *d) { add_proof(s, d, 0, 1); }
static void two_proofs(struct solo *s, struct draft *d) {
    a_proof(s, d);
    add_proof(s, d, 2, 1);
}
static void a_proof_twice(struct solo *s, struct draft *d) {
    a_proof(s, d);
    a_proof(s, d);
}
static void a_proof_of_now(struct solo *s, struct draft *d) { add_proof(s, d, 0, 2); }
static void a_forged_proof(struct solo *s, struct draft *d) {
    a_proof(s, d);
    d->evidence[0]->data[ORR_EVIDENCE_BYTES - 1] ^= 1;
}
static void a_proof_against_nobody(struct solo *s, struct draft *d) {
    a_proof(s, d);
    d->evidence[0]->data[1] = d->evidence[0]->data[ORR_VOTE_BYTES + 1] = 4;
}
static void a_transfer(struct solo *s, struct draft *d) { d->txs[d->n_txs++] = transfer(s, 1); }
static void a_transfer_twice(struct solo *s, struct draft *d) {
    a_transfer(s, d);
    a_transfer(s, d);
}
static void two_transfers(struct solo *s, struct draft *d) {
    a_transfer(s, d);
    d->txs[d->n_txs++] = transfer(s, 9);
}
static void a_forged_transfer(struct solo *s, struct draft *d) {
    a_transfer(s, d);
    d->txs[0]->data[70] ^= 1;
}

START_TEST(a_block_is_prevoted_if_all_of_it_holds_and_answered_with_nil_if_one_thing_does_not) {
    static const struct { tamper *tamper; const char *what; bool is_valid; } cases[] = {
#define CASE(name, valid) {name, #name, valid}
        CASE(nothing, true), CASE(other_chain, false), CASE(other_height, false),
        CASE(time_stands, false), CASE(time_moves, true), CASE(no_such_proposer, false),
        CASE(other_parent, false), CASE(other_root, false), CASE(other_set, false),
        CASE(other_commit_hash, false), CASE(other_txs_root, false),
        CASE(other_evidence_hash, false), CASE(other_name, false), CASE(no_commit, false),
        CASE(full_commit, true), CASE(two_of_four, false), CASE(nil_as_third, false),
        CASE(commit_of_other_height, false), CASE(commit_of_other_block, false),
        CASE(forged_commit, false), CASE(a_proof, true), CASE(two_proofs, true),
        CASE(a_proof_twice, false), CASE(a_proof_of_now, false), CASE(a_forged_proof, false),
        CASE(a_proof_against_nobody, false), CASE(a_transfer, true),
        CASE(a_transfer_twice, false), CASE(two_transfers, true), CASE(a_forged_transfer, false),
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct solo s;
        solo_new(&s, ME);
        decide(&s, 1, NULL);
        struct draft d = good(&s, 2);
        cases[i].tamper(&s, &d);
        struct solo_block b = finish(&s, &d);
        propose(&s, 2, &b);
        ck_assert_msg(s.n_votes == s.next_vote + 1, "%s: no vote", cases[i].what);
        const struct orr_vote *v = &s.votes[s.next_vote];
        ck_assert_msg(orr_block_id_is_nil(&v->id) != cases[i].is_valid, "%s", cases[i].what);
        if (cases[i].is_valid) ck_assert_mem_eq(&v->id, &b.id, sizeof b.id);
        solo_block_free(&s, &b);
        solo_free(&s);
    }
}
END_TEST

START_TEST(the_first_block_has_no_commit) {
    for (unsigned has_commit = 0; has_commit < 2; has_commit++) {
        struct solo s;
        solo_new(&s, ME);
        struct draft d = good(&s, 1);
        struct orr_block_id id = {.n_parts = 1};
        if (has_commit) d.commit = commit_of(&s, 1, &id, OTHERS, 0);
        struct solo_block b = finish(&s, &d);
        propose(&s, 1, &b);
        solo_expect(&s, P, 0, has_commit ? NULL : &b);
        solo_block_free(&s, &b);
        solo_free(&s);
    }
}
END_TEST

START_TEST(a_proof_that_a_block_has_carried_makes_a_later_block_invalid) {
    struct solo s;
    solo_new(&s, ME);
    decide(&s, 1, NULL);
    decide(&s, 2, a_proof);
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert(s.evidence.committed);
    ck_assert_uint_eq(s.evidence.culprit, 0);
    struct draft d = good(&s, 3);
    a_proof(&s, &d);
    struct solo_block b = finish(&s, &d);
    for (unsigned again = 0; again < 2; again++) { /* a crash makes it neither new nor forgotten */
        propose(&s, 3, &b);
        solo_expect(&s, P, 0, NULL);
        ck_assert_uint_eq(s.n_evidence, 1 + again); /* told again with the decision */
        if (again) break;
        solo_write(&s, SLOT_PREVOTE, NULL);
        solo_crash(&s);
        solo_boot(&s);
        solo_timeout(&s, ORR_TM_TIMER_COMMIT);
    }
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

static void prove_alone(enum orr_signatures kind) {
    struct solo s;
    solo_new_with(&s, ME, kind);
    for (uint32_t at = 0; at < 2; at++) {
        struct orr_msg *m = proof(&s, 0, 1);
        m->data[(at + 1) * ORR_VOTE_BYTES - 1] ^= 1;
        solo_recv(&s, 1, m);
        ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, at + 1);
        ck_assert_uint_eq(s.n_evidence, 0);
    }
    solo_recv(&s, 1, proof(&s, 0, 2)); /* of a height to come */
    ck_assert_uint_eq(s.n_evidence, 0);
    solo_recv(&s, 1, proof(&s, 0, 1));
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert(!s.evidence.committed);
    solo_free(&s);
}

START_TEST(a_proof_that_comes_alone_is_believed_only_with_both_signatures) {
    prove_alone(ORR_SIGNATURES_REAL);
    prove_alone(ORR_SIGNATURES_MODELLED);
}
END_TEST

/* What the node tells one that is still at height 1. */
static struct orr_commit commit_told(struct solo *s) {
    uint8_t status[15] = {1}; /* height 1, round 0, no step, nothing held */
    orr_msg_unref(&s->c.pool, s->told);
    s->told = NULL;
    s->c.now += 64 * s->config.gossip_interval; /* as long as an answer is held to be under way */
    solo_recv(s, 0, orr_msg_copy(&s->c.pool, ORR_TM_STATUS, status, sizeof status));
    struct orr_commit c;
    ck_assert_ptr_nonnull(s->told);
    ck_assert(orr_commit_read(s->told->data, s->told->len, SOLO_N, &c));
    ck_assert(orr_commit_verify(&c, s->set, NULL));
    return c;
}

START_TEST(a_precommit_that_comes_after_the_decision_makes_its_commit_fuller) {
    struct solo s;
    solo_new(&s, ME);
    decide(&s, 1, NULL); /* with the precommits of 0, 1 and 2 */
    ck_assert_uint_eq(commit_told(&s).n_signatures, 3);
    struct orr_msg *forged = signed_vote(&s, 3, C, 1, 0, &s.last_id);
    forged->data[ORR_VOTE_BYTES - 1] ^= 1;
    solo_recv(&s, 3, orr_msg_copy(&s.c.pool, forged->kind, forged->data, forged->len));
    orr_msg_unref(&s.c.pool, forged); /* (whose decoded form was right) */
    ck_assert_uint_eq(commit_told(&s).n_signatures, 3);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 1);
    solo_recv(&s, 3, signed_vote(&s, 3, C, 1, 0, &s.last_id));
    ck_assert_uint_eq(commit_told(&s).n_signatures, 4);
    solo_recv(&s, 3, signed_vote(&s, 3, C, 1, 1, &s.last_id)); /* of another round: none of it */
    ck_assert_uint_eq(commit_told(&s).n_signatures, 4);
    solo_free(&s);
}
END_TEST

START_TEST(a_commit_that_comes_alone_decides_only_if_it_proves_its_block) {
    struct solo s;
    solo_new(&s, ME);
    struct draft d = good(&s, 1);
    struct solo_block b = finish(&s, &d);
    solo_recv(&s, 0, commit_of(&s, 1, &b.id, 3, 4)); /* two of four and a nil */
    struct orr_msg *m = commit_of(&s, 1, &b.id, OTHERS, 0);
    m->data[m->len - 10] ^= 1; /* the last signature, the absent one's flag is behind it */
    solo_recv(&s, 0, m);
    solo_parts(&s, &b);
    ck_assert_uint_eq(s.decided, 0);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 2);
    solo_recv(&s, 0, commit_of(&s, 1, &b.id, OTHERS, 0));
    solo_parts(&s, &b);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_mem_eq(s.value, b.id.hash, 32);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

static void a_transfer_and_then(struct solo *s, struct draft *d) {
    orr_ledger_app.root(&s->state->ledger, d->header.app_hash);
}

START_TEST(a_chain_on_disk_that_leads_the_application_elsewhere_is_corrupt) {
    for (uint64_t genesis = 1000; genesis <= 1001; genesis++) {
        struct solo s;
        solo_new(&s, ME); /* where every account has 1,000 */
        decide(&s, 1, a_transfer);
        decide(&s, 2, a_transfer_and_then);
        solo_crash(&s);
        ck_assert_int_eq(solo_boot_with(&s, genesis), genesis == 1000 ? 0 : ORR_ECORRUPT);
        if (genesis == 1000) ck_assert_uint_eq(orr_tm_look(s.state->node).height, 3);
        solo_free(&s);
    }
}
END_TEST

START_TEST(who_told_us_nil_and_the_others_a_block_is_caught_by_the_next_blocks_commit) {
    struct solo s;
    solo_new(&s, ME);
    struct draft d = good(&s, 1);
    struct solo_block b = finish(&s, &d);
    propose(&s, 1, &b);
    solo_expect(&s, P, 0, &b);
    for (uint32_t i = 0; i < 2; i++) solo_recv(&s, i, signed_vote(&s, i, P, 1, 0, &b.id));
    solo_expect(&s, C, 0, &b);
    solo_recv(&s, 0, signed_vote(&s, 0, C, 1, 0, NULL));
    for (uint32_t i = 1; i < 3; i++) solo_recv(&s, i, signed_vote(&s, i, C, 1, 0, &b.id));
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_uint_eq(s.n_evidence, 0);
    s.last_id = b.id;
    solo_block_free(&s, &b);
    solo_timeout(&s, ORR_TM_TIMER_COMMIT);
    d = good(&s, 2); /* its commit has validator 0's precommit for the block */
    b = finish(&s, &d);
    propose(&s, 2, &b);
    solo_expect(&s, P, 0, &b);
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert_uint_eq(s.evidence.culprit, 0);
    ck_assert_uint_eq(s.evidence.height, 1);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(what_a_block_makes_void_leaves_the_mempool_with_what_it_holds) {
    struct solo s;
    solo_new(&s, ME);
    decide(&s, 1, NULL);
    for (uint64_t nonce = 1; nonce <= 2; nonce++) solo_recv(&s, 0, transfer(&s, nonce));
    struct orr_keypair a; /* another transfer of nonce 1 */
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 100, &a);
    solo_recv(&s, 0, orr_transfer_make(&a, s.set->keys[0].public_key, 2, 1, 1, 200,
                                       s.set->chain_id, &s.c.pool, NULL));
    ck_assert_uint_eq(orr_tm_look(s.state->node).mempool_txs, 3);
    decide(&s, 2, a_transfer);
    ck_assert_uint_eq(orr_tm_look(s.state->node).mempool_txs, 1); /* that of nonce 2 */
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.validity",
              a_block_is_prevoted_if_all_of_it_holds_and_answered_with_nil_if_one_thing_does_not,
              the_first_block_has_no_commit,
              a_proof_that_a_block_has_carried_makes_a_later_block_invalid,
              a_proof_that_comes_alone_is_believed_only_with_both_signatures,
              a_precommit_that_comes_after_the_decision_makes_its_commit_fuller,
              a_commit_that_comes_alone_decides_only_if_it_proves_its_block,
              a_chain_on_disk_that_leads_the_application_elsewhere_is_corrupt,
              who_told_us_nil_and_the_others_a_block_is_caught_by_the_next_blocks_commit,
              what_a_block_makes_void_leaves_the_mempool_with_what_it_holds)
