/* fields.c - what a liar can change in the graph's messages (models/field.h). */
#include "models/bft/dag/state.h"

#define NUMBER(message_, name_, kind_, at_)                                                       \
    {.name = name_, .message = message_, .kind = kind_, .at = at_, .width = 8}
#define HASH(message_, name_, at_)                                                                \
    {.name = name_, .message = message_, .kind = ORR_FIELD_VALUE, .at = at_, .width = 32}

/* Of a vertex's refs the first, of the author with the lowest number. */
const struct orr_msg_field orr_dag_fields[] = {
    NUMBER(ORR_DAG_VERTEX, "round", ORR_FIELD_VIEW, 0),
    {.name = "time", .message = ORR_DAG_VERTEX, .kind = ORR_FIELD_VALUE, .at = ORR_VERTEX_TIME_AT,
     .width = 8},
    NUMBER(ORR_DAG_VERTEX, "parent.round", ORR_FIELD_VIEW, ORR_VERTEX_HEAD_BYTES),
    HASH(ORR_DAG_VERTEX, "parent", ORR_VERTEX_HEAD_BYTES + 12),
    NUMBER(ORR_DAG_VOTE, "round", ORR_FIELD_VIEW, 1),
    NUMBER(ORR_DAG_VOTE, "author", ORR_FIELD_HEIGHT, 9),
    HASH(ORR_DAG_VOTE, "vertex", 25),
    {.name = "certificate", .message = ORR_DAG_CERT, .kind = ORR_FIELD_PROOF,
     .form = ORR_FIELD_REST},
    NUMBER(ORR_DAG_CERT, "round", ORR_FIELD_VIEW, 1),
    NUMBER(ORR_DAG_CERT, "author", ORR_FIELD_HEIGHT, 9),
    HASH(ORR_DAG_CERT, "vertex", 25),
    {.name = "signers", .message = ORR_DAG_CERT, .kind = ORR_FIELD_SIGNERS,
     .form = ORR_FIELD_BITSET, .at = ORR_BALLOT_BYTES},
    NUMBER(ORR_DAG_ASK, "round", ORR_FIELD_VIEW, 0),
    {0},
};

bool orr_dag_sign(const struct orr_common *common, orr_peer signer,
                  const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)changed;
    const struct orr_validator_set *set = common->shared;
    uint32_t me = orr_validator_of(set, signer);
    switch (m->kind) {
    case ORR_DAG_VERTEX: return orr_vertex_sign(m, me, set, common->memo);
    case ORR_DAG_VOTE: return orr_ballot_resign(m, me, set, common->pool, common->memo);
    default: return true; /* nobody signs those */
    }
}
