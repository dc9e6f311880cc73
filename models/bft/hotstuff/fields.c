/* fields.c - what a liar can change in the family's messages (models/field.h). */
#include "models/bft/hotstuff/state.h"

/* A QC that begins at a place, whose bytes the u32 that ends at len_end_ counts. */
#define QC_FIELDS(message_, at_, len_end_)                                                        \
    {.name = "qc", .message = message_, .kind = ORR_FIELD_PROOF,                                  \
     .form = (len_end_) ? ORR_FIELD_SIZED : ORR_FIELD_REST, .at = at_, .len_end = len_end_},      \
    {.name = "qc.view", .message = message_, .kind = ORR_FIELD_VIEW, .at = (at_) + 1, .width = 8},\
    {.name = "qc.height", .message = message_, .kind = ORR_FIELD_HEIGHT, .at = (at_) + 9,         \
     .width = 8},                                                                                 \
    {.name = "qc.justify", .message = message_, .kind = ORR_FIELD_VIEW, .at = (at_) + 17,         \
     .width = 8},                                                                                 \
    {.name = "qc.block", .message = message_, .kind = ORR_FIELD_VALUE, .at = (at_) + 25,          \
     .width = 32},                                                                                \
    {.name = "qc.signers", .message = message_, .kind = ORR_FIELD_SIGNERS,                        \
     .form = ORR_FIELD_BITSET, .at = (at_) + ORR_BALLOT_BYTES, .len_end = len_end_}
#define NUMBER(message_, name_, kind_, at_)                                                       \
    {.name = name_, .message = message_, .kind = kind_, .at = at_, .width = 8}
#define VOTE_FIELDS(message_)                                                                     \
    NUMBER(message_, "view", ORR_FIELD_VIEW, 1), NUMBER(message_, "height", ORR_FIELD_HEIGHT, 9), \
    NUMBER(message_, "justify", ORR_FIELD_VIEW, 17),                                              \
    {.name = "block", .message = message_, .kind = ORR_FIELD_VALUE, .at = 25, .width = 32}

const struct orr_msg_field orr_hs_fields[] = {
    NUMBER(ORR_HS_PROPOSAL, "view", ORR_FIELD_VIEW, 0),
    NUMBER(ORR_HS_PROPOSAL, "height", ORR_FIELD_HEIGHT, 8),
    {.name = "time", .message = ORR_HS_PROPOSAL, .kind = ORR_FIELD_VALUE, .at = 20, .width = 8},
    {.name = "parent", .message = ORR_HS_PROPOSAL, .kind = ORR_FIELD_VALUE, .at = 28, .width = 32},
    QC_FIELDS(ORR_HS_PROPOSAL, 140, 64),
    {.name = "tc", .message = ORR_HS_PROPOSAL, .kind = ORR_FIELD_PROOF, .form = ORR_FIELD_SIZED,
     .at = 140, .past = {64, 72}, .len_end = 76},
    {.name = "tc.view", .message = ORR_HS_PROPOSAL, .kind = ORR_FIELD_VIEW, .at = 140,
     .past = {64, 72}, .width = 8},
    {.name = "tc.signers", .message = ORR_HS_PROPOSAL, .kind = ORR_FIELD_SIGNERS,
     .form = ORR_FIELD_LIST, .at = 148, .past = {64, 72}, .width = ORR_TC_ENTRY_BYTES,
     .len_end = 76},
    VOTE_FIELDS(ORR_HS_VOTE),
    VOTE_FIELDS(ORR_HS_PRECOMMIT),
    VOTE_FIELDS(ORR_HS_COMMIT),
    NUMBER(ORR_HS_TIMEOUT, "view", ORR_FIELD_VIEW, 0),
    QC_FIELDS(ORR_HS_TIMEOUT, ORR_TIMEOUT_HEAD_BYTES, 0),
    QC_FIELDS(ORR_HS_PROOF, 4, 4),
    {.name = "tc", .message = ORR_HS_PROOF, .kind = ORR_FIELD_PROOF, .form = ORR_FIELD_REST,
     .at = 4, .past = {4}},
    {.name = "block", .message = ORR_HS_ASK, .kind = ORR_FIELD_VALUE, .width = 32},
    NUMBER(ORR_HS_ASK, "height", ORR_FIELD_HEIGHT, 32),
    NUMBER(ORR_HS_NEW_VIEW, "view", ORR_FIELD_VIEW, 0),
    QC_FIELDS(ORR_HS_NEW_VIEW, 8, 0),
    QC_FIELDS(ORR_HS_QC, 0, 0),
    {0},
};

static bool sign_timeout(struct orr_msg *m, uint32_t me, const struct orr_common *common) {
    const struct orr_validator_set *set = common->shared;
    struct orr_qc qc;
    if (m->len <= ORR_TIMEOUT_HEAD_BYTES || orr_load_le32(m->data + 8) != me ||
        !orr_qc_read(m->data + ORR_TIMEOUT_HEAD_BYTES, m->len - ORR_TIMEOUT_HEAD_BYTES, set->n,
                     &qc))
        return false;
    orr_timeout_sign_bytes(m, qc.ballot.view, set, common->memo);
    return true;
}

bool orr_hs_sign(const struct orr_common *common, orr_peer signer,
                 const struct orr_msg_field *changed, struct orr_msg *m) {
    const struct orr_validator_set *set = common->shared;
    uint32_t me = orr_validator_of(set, signer);
    switch (m->kind) {
    case ORR_HS_PROPOSAL:
        return orr_proposal_sign(m, me, changed->kind == ORR_FIELD_PROOF, set, common->memo);
    case ORR_HS_VOTE:
    case ORR_HS_PRECOMMIT:
    case ORR_HS_COMMIT: return orr_ballot_resign(m, me, set, common->pool, common->memo);
    case ORR_HS_TIMEOUT: return sign_timeout(m, me, common);
    default: return true; /* nobody signs those */
    }
}
