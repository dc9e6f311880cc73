/* What a process hands out that runs foreign code, played by the judge: it may be any bytes.  And
 * what is looked at of foreign code: an object file, the compiler's output. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/lab/assembly.h"
#include "sim/cli/lab/object.h"
#include "sim/cli/lab/player.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct orr_effect effects[1 << 16];
static void grow(struct orr_outbox *out) { (void)out, abort(); }

/* Calls until the player gives up. */
static void play(struct orr_lab_record *record) {
    struct orr_heap heap;
    struct orr_pool pool;
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    struct orr_lab_player *p = malloc(sizeof *p);
    orr_lab_player_init(p, record);
    struct orr_lab_cursor c = orr_lab_record_read(record);
    struct orr_lab_call call;
    for (int i = 0; i < 64 && orr_lab_next_call(&c, &call); i++) {
        struct orr_lab_effect effect;
        const uint8_t *bytes;
        bool whole = true;
        for (uint32_t k = 0; k < call.n_effects && whole; k++)
            whole = orr_lab_next_effect(&c, &effect, &bytes);
        if (!whole) break;
    }
    struct orr_outbox out = {.v = effects, .cap = 1 << 16, .pool = &pool, .grow = grow};
    struct orr_event event = {.kind = ORR_START, .peer = ORR_NOBODY};
    uint64_t state[4] = {0};
    struct orr_env env = {.self = 0};
    p->protocol.init(state, &env, NULL);
    for (int i = 0; i < 16 && !p->is_over; i++) {
        p->protocol.step(state, &event, &out);
        for (uint32_t k = 0; k < out.n; k++) orr_msg_unref(&pool, out.v[k].msg);
        out.n = 0;
    }
    orr_lab_player_is_done(p);
    free(p);
    orr_pool_fini(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct orr_lab_record *record;
    if (!record) record = calloc(1, sizeof *record);
    if (size > 1 << 16) return 0;
    memset(&record->claims, size ? data[0] : 0, sizeof record->claims);
    record->claims.len = size;
    if (size) memcpy(record->body, data, size);
    /* the first step's event is right as soon as it is one */
    struct orr_event event = {.kind = ORR_START, .peer = ORR_NOBODY};
    uint64_t hash = orr_lab_event_hash(&event);
    if (size >= 2 * sizeof(struct orr_lab_call))
        memcpy(record->body + sizeof(struct orr_lab_call) + offsetof(struct orr_lab_call, event),
               &hash, sizeof hash);
    play(record);
    char why[256], *text = malloc(size + 1);
    if (size) memcpy(text, data, size);
    text[size] = 0;
    orr_lab_object_check(text, size, why, sizeof why);
    orr_lab_assembly_flaw(text, size);
    free(text);
    return 0;
}
