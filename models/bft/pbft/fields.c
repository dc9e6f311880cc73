/* fields.c - what a liar can change in a replica's messages (models/field.h). */
#include "models/bft/pbft/state.h"

#define NUMBER(message_, name_, kind_, at_) \
    {.name = name_, .message = message_, .kind = kind_, .at = at_, .width = 8}
#define HASH(message_, name_, at_) \
    {.name = name_, .message = message_, .kind = ORR_FIELD_VALUE, .at = at_, .width = 32}
#define VOTE_FIELDS(message_)                                 \
    NUMBER(message_, "view", ORR_FIELD_VIEW, 0),              \
    NUMBER(message_, "number", ORR_FIELD_HEIGHT, 8),          \
    HASH(message_, "digest", 16)
/* A certificate of the length that ends at 4, behind it. */
#define CERT_FIELDS(message_)                                                                  \
    {.name = "cert", .message = message_, .kind = ORR_FIELD_PROOF, .form = ORR_FIELD_SIZED,    \
     .at = 4, .len_end = 4},                                                                   \
    NUMBER(message_, "cert.view", ORR_FIELD_VIEW, 5),                                          \
    NUMBER(message_, "cert.number", ORR_FIELD_HEIGHT, 13),                                     \
    HASH(message_, "cert.digest", 21),                                                         \
    {.name = "cert.signers", .message = message_, .kind = ORR_FIELD_SIGNERS,                   \
     .form = ORR_FIELD_LIST, .at = 4 + ORR_PBFT_CERT_BYTES - 4, .width = ORR_PBFT_SIG_BYTES,   \
     .len_end = 4}

const struct orr_msg_field orr_pbft_fields[] = {
    VOTE_FIELDS(ORR_PBFT_PRE_PREPARE),
    VOTE_FIELDS(ORR_PBFT_PREPARE),
    VOTE_FIELDS(ORR_PBFT_COMMIT),
    VOTE_FIELDS(ORR_PBFT_REPLY),
    VOTE_FIELDS(ORR_PBFT_CHECKPOINT),
    NUMBER(ORR_PBFT_VIEW_CHANGE, "view", ORR_FIELD_VIEW, 0),
    NUMBER(ORR_PBFT_VIEW_CHANGE, "stable", ORR_FIELD_HEIGHT, 8),
    {.name = "checkpoint", .message = ORR_PBFT_VIEW_CHANGE, .kind = ORR_FIELD_PROOF,
     .form = ORR_FIELD_SIZED, .at = 24, .len_end = 24},
    {.name = "prepared", .message = ORR_PBFT_VIEW_CHANGE, .kind = ORR_FIELD_PROOF,
     .form = ORR_FIELD_COUNTED, .at = 24, .past = {24}, .width = 64},
    {.name = "prepared.view", .message = ORR_PBFT_VIEW_CHANGE, .kind = ORR_FIELD_VIEW, .at = 33,
     .past = {24}, .width = 8},
    {.name = "prepared.digest", .message = ORR_PBFT_VIEW_CHANGE, .kind = ORR_FIELD_VALUE, .at = 49,
     .past = {24}, .width = 32},
    NUMBER(ORR_PBFT_NEW_VIEW, "view", ORR_FIELD_VIEW, 0),
    {.name = "change", .message = ORR_PBFT_NEW_VIEW, .kind = ORR_FIELD_PROOF,
     .form = ORR_FIELD_SIZED, .at = 20, .len_end = 20},
    NUMBER(ORR_PBFT_STATUS, "view", ORR_FIELD_VIEW, 0),
    NUMBER(ORR_PBFT_STATUS, "stable", ORR_FIELD_HEIGHT, 9),
    NUMBER(ORR_PBFT_STATUS, "executed", ORR_FIELD_HEIGHT, 17),
    NUMBER(ORR_PBFT_FETCH, "number", ORR_FIELD_HEIGHT, 0),
    HASH(ORR_PBFT_FETCH, "digest", 8),
    CERT_FIELDS(ORR_PBFT_DECISION),
    CERT_FIELDS(ORR_PBFT_STATE),
    {.name = "executed", .message = ORR_PBFT_STATE, .kind = ORR_FIELD_HEIGHT, .at = 4,
     .past = {4}, .width = 8},
    {.name = "state", .message = ORR_PBFT_STATE, .kind = ORR_FIELD_VALUE, .at = 12, .past = {4},
     .width = 32},
    {0},
};

/* A batch goes with its pre-prepare: for another number it has another digest. */
static bool sign_vote(struct orr_msg *m, uint32_t me, const struct orr_msg_field *changed,
                      const struct orr_common *common) {
    struct orr_pbft_vote v;
    if (!orr_pbft_vote_read(m, common->shared, &v) || v.replica != me) return false;
    if (m->kind == ORR_PBFT_PRE_PREPARE && changed->kind != ORR_FIELD_VALUE)
        orr_pbft_digest(v.number, m->data + ORR_PBFT_VOTE_BYTES, m->len - ORR_PBFT_VOTE_BYTES,
                        v.digest);
    orr_pbft_vote_sign(&v, common->shared, common->memo);
    orr_pbft_vote_write(&v, m->data);
    return true;
}

bool orr_pbft_sign(const struct orr_common *common, orr_peer signer,
                   const struct orr_msg_field *changed, struct orr_msg *m) {
    uint32_t me = orr_validator_of(common->shared, signer), at = 8;
    switch (m->kind) {
    case ORR_PBFT_PRE_PREPARE:
    case ORR_PBFT_PREPARE:
    case ORR_PBFT_COMMIT:
    case ORR_PBFT_REPLY:
    case ORR_PBFT_CHECKPOINT: return sign_vote(m, me, changed, common);
    case ORR_PBFT_VIEW_CHANGE: at = 16; /* the replica is there */ __attribute__((fallthrough));
    case ORR_PBFT_NEW_VIEW:
        if (m->len < at + 4 + 64 || orr_load_le32(m->data + at) != me) return false;
        orr_pbft_seal((uint8_t)m->kind, orr_load_le64(m->data), me, m->data, m->len,
                      common->shared, common->memo);
        return true;
    default: return true; /* nobody signs those */
    }
}
