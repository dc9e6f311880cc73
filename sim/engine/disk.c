#include "sim/engine/disk.h"

#include <assert.h>

orr_time orr_disk_begin(struct orr_disk *disk, struct orr_mem *mem, orr_time now, orr_time latency,
                        uint32_t name, struct orr_msg *msg) {
    if (!disk->pending.size) orr_fifo_init(&disk->pending, mem, sizeof(struct orr_disk_record));
    struct orr_disk_record *record = orr_fifo_push(&disk->pending);
    *record = (struct orr_disk_record){name, msg};
    if (msg) disk->used_bytes += msg->len;
    if (disk->busy_until < now) disk->busy_until = now;
    return disk->busy_until += latency;
}

/* The place of a name, or where it would go. */
static uint32_t find(const struct orr_disk *disk, uint32_t name) {
    uint32_t low = 0, high = disk->n_durable;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (disk->durable[mid].name < name) low = mid + 1;
        else high = mid;
    }
    return low;
}

static void forget(struct orr_disk *disk, struct orr_pool *pool, struct orr_msg *msg) {
    if (!msg) return;
    disk->used_bytes -= msg->len;
    orr_msg_unref(pool, msg);
}

static void put(struct orr_disk *disk, struct orr_mem *mem, struct orr_pool *pool,
                struct orr_disk_record record) {
    uint32_t at = find(disk, record.name);
    bool is_there = at < disk->n_durable && disk->durable[at].name == record.name;
    if (is_there) forget(disk, pool, disk->durable[at].msg);
    if (!record.msg) {
        if (!is_there) return;
        disk->n_durable--;
        memmove(disk->durable + at, disk->durable + at + 1, (disk->n_durable - at) * sizeof record);
        return;
    }
    if (!is_there) {
        if (disk->n_durable == disk->durable_cap) {
            uint32_t cap = disk->durable_cap ? 2 * disk->durable_cap : 8;
            disk->durable = orr_resize(mem, disk->durable, disk->durable_cap * sizeof record,
                                       cap * sizeof record);
            disk->durable_cap = cap;
        }
        memmove(disk->durable + at + 1, disk->durable + at, (disk->n_durable - at) * sizeof record);
        disk->n_durable++;
    }
    disk->durable[at] = record;
}

uint32_t orr_disk_commit(struct orr_disk *disk, struct orr_mem *mem, struct orr_pool *pool) {
    struct orr_disk_record record = *(struct orr_disk_record *)orr_fifo_pop(&disk->pending);
    put(disk, mem, pool, record);
    return record.name;
}

void orr_disk_lose_pending(struct orr_disk *disk, struct orr_pool *pool) {
    while (disk->pending.n) /* ends: each turn pops one */
        forget(disk, pool, ((struct orr_disk_record *)orr_fifo_pop(&disk->pending))->msg);
    disk->busy_until = 0;
}

void orr_disk_fini(struct orr_disk *disk, struct orr_mem *mem, struct orr_pool *pool) {
    orr_disk_lose_pending(disk, pool);
    for (uint32_t i = 0; i < disk->n_durable; i++) orr_msg_unref(pool, disk->durable[i].msg);
    orr_free(mem, disk->durable, disk->durable_cap * sizeof *disk->durable);
    if (disk->pending.size) orr_fifo_fini(&disk->pending);
    *disk = (struct orr_disk){0};
}
