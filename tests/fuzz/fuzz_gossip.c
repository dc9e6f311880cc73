/* Any bytes as a pubsub RPC, as a peer record and as a stream of frames: nothing crashes, what is
 * read can be written no longer than it was and reads the same again. */
#include <stdio.h>
#include <stdlib.h>

#include "models/gossip/frame.h"
#include "models/gossip/message.h"
#include "models/gossip/record.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_rpc(struct orr_heap *heap, struct orr_pool *pool, const uint8_t *data,
                    uint32_t len) {
    struct orr_rpc_counts counts, again;
    if (orr_rpc_count(data, len, ORR_RPC_MAX_ITEMS, &counts)) return;
    size_t size = orr_rpc_table_bytes(&counts) + 8;
    void *room = orr_alloc(&heap->mem, size);
    uint8_t *written = orr_alloc(&heap->mem, len + 1);
    struct orr_rpc rpc;
    orr_rpc_read(data, len, &counts, room, &rpc);
    for (uint32_t i = 0; i < rpc.n.publish; i++) {
        orr_gossip_verify(ORR_STRICT_NO_SIGN, data, &rpc.publish[i], pool, NULL);
        struct orr_message_id id;
        if (!orr_gossip_verify(ORR_STRICT_SIGN, data, &rpc.publish[i], pool, NULL))
            orr_message_id_seqno(data, &rpc.publish[i], &id);
        orr_message_id_hash(data, &rpc.publish[i], &id);
    }
    struct orr_writer w = orr_writer(written, len);
    orr_rpc_write(&w, data, &rpc);
    MUST(!w.bad);
    MUST(!orr_rpc_count(written, (uint32_t)orr_written(&w), ORR_RPC_MAX_ITEMS, &again));
    MUST(!memcmp(&counts, &again, sizeof counts));
    orr_free(&heap->mem, written, len + 1);
    orr_free(&heap->mem, room, size);
}

static void try_stream(struct orr_heap *heap, const uint8_t *data, uint32_t len) {
    struct orr_frames whole, bytes;
    struct orr_blob frame;
    uint32_t at = 0, n[2] = {0}, sum[2] = {0};
    int result[2] = {0};
    orr_frames_init(&whole, &heap->mem, 1 << 12);
    orr_frames_init(&bytes, &heap->mem, 1 << 12);
    while ((result[0] = orr_frames_next(&whole, data, len, &at, &frame)) > 0)
        n[0]++, sum[0] += frame.len;
    for (uint32_t i = 0; i < len && result[1] >= 0; i++) { /* byte by byte it is the same */
        at = i;
        while ((result[1] = orr_frames_next(&bytes, data, i + 1, &at, &frame)) > 0)
            n[1]++, sum[1] += frame.len;
    }
    MUST(result[0] == result[1] && n[0] == n[1] && sum[0] == sum[1]);
    MUST(orr_frames_may_end(&whole) == orr_frames_may_end(&bytes));
    orr_frames_fini(&whole);
    orr_frames_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_peer_record record;
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    try_rpc(&heap, &pool, data, (uint32_t)len);
    try_stream(&heap, data, (uint32_t)len);
    struct orr_blob id = {data, (uint32_t)(len < 38 ? len : 38)};
    if (!orr_record_read(id, (struct orr_blob){data + id.len, (uint32_t)len - id.len}, &pool, NULL,
                         &record))
        for (uint32_t i = 0; i < record.n_addresses; i++) orr_record_address(&record, i);
    MUST(pool.n_live == 0);
    orr_pool_fini(&pool);
    MUST(heap.used_bytes == 0);
    return 0;
}
