/* vertex.h - a vertex of a graph of rounds: what one validator says in one round, on top of a
 * quorum of the round before.  Little-endian:
 *
 *     round u64 | author u32 | time i64 | n_refs u32 | n_txs u32 | txs_len u32 | signature (64)
 *     | refs: round u64, author u32, hash (32) each | transactions: len u32, bytes each
 *
 * Refs stand in the order of latest round, then author, then hash, none twice.  Those of the round
 * before are of a quorum of authors; of the first round's vertices there are none.  A vertex's hash
 * is over all but the signature; its author signs chain id u64 | round u64 | hash. */
#ifndef ORR_MODELS_BFT_DAG_VERTEX_H
#define ORR_MODELS_BFT_DAG_VERTEX_H

#include "models/bft/common/validators.h"
#include "models/statement.h"

struct orr_costs;

enum {
    ORR_VERTEX_REF_BYTES = 8 + 4 + 32,
    ORR_VERTEX_TIME_AT = 8 + 4,
    ORR_VERTEX_HASHED_BYTES = 8 + 4 + 8 + 3 * 4, /* of the head; the signature is the rest of it */
    ORR_VERTEX_HEAD_BYTES = ORR_VERTEX_HASHED_BYTES + ORR_SIGN_BYTES
};
struct orr_vertex_ref {
    uint64_t round;
    uint32_t author;
    uint8_t hash[32];
};

struct orr_vertex_form {
    uint64_t round;
    uint32_t author, n_refs, n_txs, txs_len;
    orr_time time;
    uint8_t verdict;                /* enum orr_validity, of the signature            */
    uint8_t hash[32];
    const uint8_t *signature, *refs, *txs; /* into the message                        */
    uint64_t ids[];                 /* [n_txs] orr_msg_hash of each                   */
};

/* What a new vertex is made of; all is lent.  refs: in the order that is said above. */
struct orr_vertex_parts {
    uint64_t round;
    orr_time time;
    const struct orr_vertex_ref *refs;
    uint32_t n_refs, n_txs;
    struct orr_msg *const *txs;
};
/* The vertex as a message of kind `kind`, signed by validator `author` and decoded. */
struct orr_msg *orr_vertex_new(const struct orr_vertex_parts *parts, uint32_t author,
                               const struct orr_validator_set *set, struct orr_pool *pool,
                               struct orr_memo *memo, uint16_t kind);
/* The same vertex with another lowest bit of its time, signed anew: what an equivocator shows. */
struct orr_msg *orr_vertex_twin(const struct orr_msg *m, const struct orr_validator_set *set,
                                struct orr_pool *pool, struct orr_memo *memo);
/* Signs the bytes of a vertex anew, whatever stands in them; false: they are not `author`'s. */
bool orr_vertex_sign(struct orr_msg *m, uint32_t author, const struct orr_validator_set *set,
                     struct orr_memo *memo);
/* Gives a message its form, if it is a vertex of a validator of the set; with a memo also the
 * verdict on its signature. */
void orr_vertex_decode(struct orr_msg *m, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo);
const struct orr_vertex_form *orr_vertex_of(const struct orr_msg *m);
bool orr_vertex_verify(const struct orr_vertex_form *v, const struct orr_validator_set *set,
                       struct orr_memo *memo);
/* CPU time for the signature and the hash over the message's bytes. */
int64_t orr_vertex_cost_ns(const struct orr_msg *m, const struct orr_costs *costs);

struct orr_vertex_ref orr_vertex_ref_at(const uint8_t *refs, uint32_t i);
void orr_vertex_ref_write(const struct orr_vertex_ref *ref, uint8_t bytes[ORR_VERTEX_REF_BYTES]);
/* < 0, 0, > 0: which stands first among refs. */
int orr_vertex_ref_order(const struct orr_vertex_ref *a, const struct orr_vertex_ref *b);
/* The place of the first ref of a round and author, or n_refs: none. */
uint32_t orr_vertex_find_ref(const struct orr_vertex_form *v, uint64_t round, uint32_t author);

/* What its author states in a message of its kind; false: malformed. */
bool orr_vertex_statement(const struct orr_msg *m, const struct orr_validator_set *set,
                          struct orr_statement *said);
#endif
