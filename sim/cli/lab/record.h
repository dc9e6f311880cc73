/* record.h - what the protocol under test did in a run, call by call.
 *
 * Foreign code runs in a process of its own, with the engine and without oracles.  All that the
 * process hands out is a record of what the code answered to each call: results and effects.  The
 * judge runs the scenario once more, with a protocol that answers as the record says
 * (sim/cli/lab/player.h): what came out is what the judge's own engine and oracles see, and nothing
 * that the process says of itself can make a run pass.
 *
 * A record is a stretch of memory that both processes map.  Its writer may be hostile: its reader
 * believes no length and no text in it. */
#ifndef ORR_SIM_CLI_LAB_RECORD_H
#define ORR_SIM_CLI_LAB_RECORD_H

#include <stdbool.h>

#include "models/protocol.h"
#include "sim/engine/mishap.h"

enum {
    ORR_LAB_KINDS = 32,         /* names of message kinds that a protocol under test may have */
    ORR_LAB_PATH = 4096,
    ORR_LAB_TEXT = 1 << 20,     /* of a scenario                                              */
    ORR_LAB_OVERRIDES = 16,
    ORR_LAB_OTHERS = 4,         /* protocols of the lab's own beside the one under test       */
    ORR_LAB_BODY = 128 << 20    /* of calls and effects: a run that does more is no test      */
};

/* What the process is to do: written before it begins. */
struct orr_lab_order {
    char object[ORR_LAB_PATH]; /* the shared object                                     */
    char role[256];            /* as the scenario names it: ./mine.c                    */
    struct {
        char object[ORR_LAB_PATH], role[256];
    } others[ORR_LAB_OTHERS];  /* roles of the lab's own                                */
    uint32_t n_others;
    char overrides[ORR_LAB_OVERRIDES][128]; /* as --set takes them                      */
    uint32_t n_overrides;
    uint32_t scenario_len;
    char scenario[ORR_LAB_TEXT];
    bool is_second;            /* of two runs that must be the same: unwritten memory holds other
                                  bytes, and all lies at other addresses                */
};

/* How far the process came. */
enum orr_lab_stage {
    ORR_LAB_BEGUN,   /* the code is not loaded                                 */
    ORR_LAB_REFUSED, /* it cannot be: `text` says why                          */
    ORR_LAB_RUNNING, /* it is loaded and the run goes on                       */
    ORR_LAB_FULL,    /* the record was                                         */
    ORR_LAB_ENDED    /* the run ended: by itself or with a mishap              */
};

/* What the process says of itself.  It can make a test fail and never pass. */
struct orr_lab_claims {
    uint32_t stage; /* enum orr_lab_stage */
    char text[2048];
    char name[64];
    uint32_t n_timers, transport, n_kinds;
    char kinds[ORR_LAB_KINDS][32];
    uint64_t fingerprint;
    /* the mishap; kind ORR_MISHAP_NONE: none */
    uint32_t mishap, callback, event, node, peer, key, n_frames;
    uint32_t has_message, msg_type, msg_len;
    uint64_t n_events;
    int64_t at;
    char mishap_text[256];
    uint64_t frames[ORR_MISHAP_FRAMES]; /* offsets into the object; 0: elsewhere */
    uint64_t len; /* bytes of the body */
};

struct orr_lab_record {
    struct orr_lab_order order;
    struct orr_lab_claims claims;
    uint8_t body[ORR_LAB_BODY] __attribute__((aligned(8)));
};

/* A call of the protocol, and the effects behind it; each effect has its message's bytes behind it,
 * padded to 8. */
struct orr_lab_call {
    uint32_t is_init, node;
    uint64_t event; /* orr_lab_event_hash; 0 of init */
    int64_t busy_ns;
    int32_t result;
    uint32_t n_effects;
};
struct orr_lab_effect {
    uint32_t kind, peer, key, len;
    int64_t at;
    uint16_t msg_kind, has_msg;
    uint32_t reserved;
};

/* A hash of all that an event tells. */
uint64_t orr_lab_event_hash(const struct orr_event *event);

/* ---- writing ---- */

/* Appends a call and the first effects of the outbox, from number `from` on.  false: it is full. */
bool orr_lab_record_call(struct orr_lab_record *record, const struct orr_lab_call *call,
                         const struct orr_outbox *out, uint32_t from);

/* ---- reading ---- */

struct orr_lab_cursor {
    const uint8_t *body;
    uint64_t len, at;
};
/* The record's calls; a length that is none is that of an empty record. */
struct orr_lab_cursor orr_lab_record_read(const struct orr_lab_record *record);
/* The next call; false: there is none, or not a whole one. */
bool orr_lab_next_call(struct orr_lab_cursor *cursor, struct orr_lab_call *call);
/* The next effect of a call and its message's bytes, lent; false: as above. */
bool orr_lab_next_effect(struct orr_lab_cursor *cursor, struct orr_lab_effect *effect,
                         const uint8_t **bytes);

/* A copy in which every text ends and every number is one that there is. */
void orr_lab_claims_read(const struct orr_lab_record *record, struct orr_lab_claims *claims);
#endif
