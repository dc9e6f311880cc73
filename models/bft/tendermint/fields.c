/* fields.c - what a liar can change in a validator's messages (models/field.h). */
#include "models/bft/tendermint/state.h"

#define HEIGHT(message_, at_)                                                                  \
    {.name = "height", .message = message_, .kind = ORR_FIELD_HEIGHT, .at = at_, .width = 8}
#define ROUND(message_, at_)                                                                   \
    {.name = "round", .message = message_, .kind = ORR_FIELD_VIEW, .at = at_, .width = 4}
#define BLOCK(message_, at_)                                                                   \
    {.name = "block", .message = message_, .kind = ORR_FIELD_VALUE, .at = at_,                 \
     .width = sizeof(struct orr_block_id)}
enum { PROPOSAL_ID_AT = 20, VOTE_ID_AT = 17 };

const struct orr_msg_field orr_tm_fields[] = {
    HEIGHT(ORR_TM_PROPOSAL, 0),
    ROUND(ORR_TM_PROPOSAL, 8),
    {.name = "pol_round", .message = ORR_TM_PROPOSAL, .kind = ORR_FIELD_VIEW, .at = 12, .width = 4,
     .nil = -1},
    BLOCK(ORR_TM_PROPOSAL, PROPOSAL_ID_AT),
    HEIGHT(ORR_TM_PART, 0),
    {.name = "index", .message = ORR_TM_PART, .kind = ORR_FIELD_HEIGHT, .at = 8, .width = 4},
    HEIGHT(ORR_TM_PREVOTE, 5),
    ROUND(ORR_TM_PREVOTE, 13),
    BLOCK(ORR_TM_PREVOTE, VOTE_ID_AT),
    HEIGHT(ORR_TM_PRECOMMIT, 5),
    ROUND(ORR_TM_PRECOMMIT, 13),
    BLOCK(ORR_TM_PRECOMMIT, VOTE_ID_AT),
    HEIGHT(ORR_TM_COMMIT, 0),
    ROUND(ORR_TM_COMMIT, 8),
    BLOCK(ORR_TM_COMMIT, 12),
    {.name = "signers", .message = ORR_TM_COMMIT, .kind = ORR_FIELD_SIGNERS,
     .form = ORR_FIELD_FLAGS, .at = 80},
    HEIGHT(ORR_TM_STATUS, 0),
    ROUND(ORR_TM_STATUS, 8),
    {.name = "height", .message = ORR_TM_SNAPSHOT, .kind = ORR_FIELD_HEIGHT, .at = 8, .width = 8},
    {.name = "commit", .message = ORR_TM_SNAPSHOT, .kind = ORR_FIELD_PROOF,
     .form = ORR_FIELD_SIZED, .at = 2 * ORR_HEADER_BYTES + 4, .len_end = 2 * ORR_HEADER_BYTES + 4},
    {.name = "state", .message = ORR_TM_SNAPSHOT, .kind = ORR_FIELD_VALUE, .form = ORR_FIELD_REST,
     .at = 2 * ORR_HEADER_BYTES + 4, .past = {2 * ORR_HEADER_BYTES + 4}},
    {0},
};

static bool sign_vote(struct orr_msg *m, uint32_t me, const struct orr_validator_set *set,
                      const struct orr_common *common) {
    struct orr_vote v;
    if (m->len != ORR_VOTE_BYTES || !orr_vote_read(m->data, &v) || v.validator != me) return false;
    struct orr_msg *vote = orr_vote_sign(&v, set, common->pool, common->memo, m->kind);
    memcpy(m->data, vote->data, m->len);
    orr_msg_unref(common->pool, vote);
    return true;
}

static bool sign_proposal(struct orr_msg *m, uint32_t me, const struct orr_validator_set *set,
                          const struct orr_common *common) {
    struct proposal p;
    uint8_t bytes[ORR_SIGNED_BYTES];
    if (!orr_tm_read_proposal(m, &p) || p.proposer != me) return false;
    orr_signed_bytes(set, ORR_SIGNED_PROPOSAL, p.height, p.round, p.pol_round, &p.id, bytes);
    orr_sign(common->memo, &set->keys[me], bytes, sizeof bytes,
             m->data + PROPOSAL_ID_AT + sizeof p.id);
    return true;
}

bool orr_tm_sign(const struct orr_common *common, const struct orr_validator_set *set,
                 orr_peer signer, struct orr_msg *m) {
    uint32_t me = orr_validator_of(set, signer);
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return sign_proposal(m, me, set, common);
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT: return sign_vote(m, me, set, common);
    default: return true; /* nobody signs those */
    }
}
