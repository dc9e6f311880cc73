/* field.h - what a liar can change in a message of its own and sign anew: plain data, a table for
 * each protocol (orr_protocol.fault.fields), read by models/fault/mutate.c and by who searches.
 *
 *     {.name = "view", .message = ORR_HS_VOTE, .kind = ORR_FIELD_VIEW, .at = 1, .width = 8}
 *
 * A message's fields lie where these rows say; whoever walks a table checks lengths, as a message
 * may be any bytes.  Numbers are little-endian. */
#ifndef ORR_MODELS_FIELD_H
#define ORR_MODELS_FIELD_H

#include <stdint.h>

/* FIELD(KIND, as written, what it is) */
#define ORR_FIELDS(FIELD)                                                                    \
    FIELD(VIEW, "view", "a view, round, epoch or term: of the message, or that it leans on") \
    FIELD(HEIGHT, "height", "a height, sequence number or place in a log")                   \
    FIELD(VALUE, "value", "what is proposed, voted for or told, by its hash")                \
    FIELD(SIGNERS, "signers", "whose signatures a certificate has")                          \
    FIELD(PROOF, "proof", "a whole certificate")
enum orr_field_kind {
#define FIELD(name, text, help) ORR_FIELD_##name,
    ORR_FIELDS(FIELD)
#undef FIELD
    ORR_N_FIELDS
};

/* CHANGE(KIND, as written, what becomes of the field) */
#define ORR_CHANGES(CHANGE)                                                                     \
    CHANGE(UP, "up", "a number one greater, a value that nobody has, a signer more")            \
    CHANGE(DOWN, "down", "a number one less, another value that nobody has, a signer less")     \
    CHANGE(EARLIER, "earlier", "what it was in an earlier message of the kind from the liar")   \
    CHANGE(OTHERS, "others", "what it is in the latest message of the kind from somebody else") \
    CHANGE(NIL, "nil", "no view, nil, no signers")
enum orr_change {
#define CHANGE(name, text, help) ORR_CHANGE_##name,
    ORR_CHANGES(CHANGE)
#undef CHANGE
    ORR_N_CHANGES
};

/* How a field lies in the bytes. */
enum orr_field_form {
    ORR_FIELD_FIXED,  /* `width` bytes; of VIEW and HEIGHT 4 or 8                               */
    ORR_FIELD_SIZED,  /* as many bytes as the u32 that ends at `len_end` says                   */
    ORR_FIELD_REST,   /* all to the message's end                                               */
    ORR_FIELD_COUNTED, /* n u32 and all that follows but the last `width` bytes                 */
    ORR_FIELD_BITSET, /* SIGNERS: form u8, a bit for each validator, 64 bytes for each bit set;
                         48 for all together if form is 2 (bft/common/qc.h)                     */
    ORR_FIELD_LIST,   /* SIGNERS: n u32, n times `width` bytes that begin with the signer u32   */
    ORR_FIELD_FLAGS   /* SIGNERS: n u32, n times flag u8, not 0: 64 bytes (bft/common/commit.h) */
};

struct orr_msg_field {
    const char *name;    /* "view", "qc.view"; NULL ends a table                              */
    uint16_t message;    /* orr_msg.kind of the messages that have it                         */
    uint8_t kind, form;  /* enum orr_field_kind, enum orr_field_form                          */
    uint16_t at, width;  /* bytes from the message's beginning ...                            */
    uint16_t past[2];    /* ... and as many more as the u32 that ends at each says; 0: none   */
    uint16_t len_end;    /* where the u32 ends that counts the field's bytes; 0: none does    */
    int64_t nil;         /* VIEW, HEIGHT: what stands for none                                */
};
#endif
