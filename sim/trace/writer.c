/* The writer sleeps until a chunk of rows is full or a flush is due.  Whole chunks go to the file
 * as they fill; a flush also takes what lies in unfinished ones, makes all rows durable and only
 * then raises the counts of valid rows.  The mutex guards sleeping and waking alone: rows pass
 * without it. */
#include "sim/trace/writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/memory.h"
#include "sim/trace/file.h"

#define RING_CHUNKS 4 /* one being filled, one being written, two for the unevenness of both */

struct orr_trace_writer {
    struct orr_trace_file *file; /* the thread's until it has ended */
    struct orr_ring *rings[ORR_N_GROUPS];
    int64_t flush_ns, start_ns;
    struct orr_row_result result;
    bool has_result;
    int close_status;
    char *close_error;

    _Atomic int status;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work, room;
    bool stopping; /* under the mutex */
};

static int64_t wall_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Writes up to max rows of a group, ending at a chunk's end where it can; returns how many. */
static uint32_t drain(struct orr_trace_writer *w, unsigned group, bool whole_chunks) {
    struct orr_ring *ring = w->rings[group];
    if (!ring) return 0;
    uint32_t left = orr_ring_left(ring, orr_trace_table_of(group)->chunk_rows), n;
    const void *rows = orr_ring_peek(ring, left, &n);
    if (n == 0 || (whole_chunks && n < left)) return 0;
    int status = orr_trace_file_append(w->file, group, rows, n);
    orr_ring_take(ring, n);
    if (status) atomic_store_explicit(&w->status, status, memory_order_release);
    pthread_mutex_lock(&w->mutex);
    pthread_cond_signal(&w->room);
    pthread_mutex_unlock(&w->mutex);
    return n;
}

static uint32_t drain_all(struct orr_trace_writer *w, bool whole_chunks) {
    uint32_t n = 0;
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) n += drain(w, i, whole_chunks);
    return n;
}

static void flush(struct orr_trace_writer *w) {
    /* What was committed before is in the file after: each group at most a ring's length. */
    for (unsigned i = 0; i < ORR_N_GROUPS; i++)
        for (uint32_t taken = 0; w->rings[i] && taken < w->rings[i]->capacity;) {
            uint32_t n = drain(w, i, false);
            if (n == 0) break;
            taken += n;
        }
    int status = orr_trace_file_flush(w->file);
    if (status) atomic_store_explicit(&w->status, status, memory_order_release);
}

static bool has_chunk(struct orr_trace_writer *w) {
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) {
        if (!w->rings[i]) continue;
        uint32_t left = orr_ring_left(w->rings[i], orr_trace_table_of(i)->chunk_rows), n;
        orr_ring_peek(w->rings[i], left, &n);
        if (n == left) return true;
    }
    return false;
}

/* Sleeps until there is a chunk, or the time has come, or the end.  True at the end. */
static bool sleep_until(struct orr_trace_writer *w, int64_t until_ns) {
    struct timespec t = {until_ns / 1000000000, until_ns % 1000000000};
    pthread_mutex_lock(&w->mutex);
    while (!w->stopping && !has_chunk(w))
        if (pthread_cond_timedwait(&w->work, &w->mutex, &t)) break;
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->mutex);
    return stopping;
}

static void *write_rows(void *ctx) {
    struct orr_trace_writer *w = ctx;
    orr_trace_file_enter(w->file);
    /* The first flush comes early, so that a run that dies young leaves its head behind. */
    int64_t next_flush_ns = w->start_ns + w->flush_ns / 16;
    for (bool stopping = false; !stopping;) {
        stopping = sleep_until(w, next_flush_ns);
        drain_all(w, true);
        if (wall_ns() >= next_flush_ns) {
            flush(w);
            next_flush_ns = wall_ns() + w->flush_ns;
        }
    }
    while (drain_all(w, false)) continue; /* the producer has stopped, so the rings run dry */
    flush(w);
    if (w->has_result) {
        w->result.wall_ns = (uint64_t)(wall_ns() - w->start_ns);
        orr_trace_file_append(w->file, ORR_GROUP_result, &w->result, 1);
    }
    w->close_status = orr_trace_file_close(w->file, w->close_error);
    orr_trace_file_leave();
    return NULL;
}

static struct orr_ring *new_ring(const struct orr_trace_table *table) {
    struct orr_ring *ring = orr_big_realloc(NULL, sizeof *ring);
    memset(ring, 0, sizeof *ring);
    ring->row_size = table->row_size;
    ring->capacity = table->chunk_rows * RING_CHUNKS;
    ring->rows = orr_xcalloc(ring->capacity, ring->row_size); /* a short run touches few of them */
    return ring;
}

static void free_writer(struct orr_trace_writer *w) {
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) {
        if (w->rings[i]) free(w->rings[i]->rows);
        orr_big_free(w->rings[i]);
    }
    pthread_cond_destroy(&w->room);
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

int orr_writer_start(struct orr_trace_writer **writer, const struct orr_trace_setup *setup,
                     uint32_t groups, char *error) {
    struct orr_trace_file *file;
    int status = orr_trace_file_create(&file, setup, error);
    if (status) return status;
    struct orr_trace_writer *w = orr_xrealloc(NULL, sizeof *w);
    *w = (struct orr_trace_writer){.file = file,
                                   .flush_ns = setup->flush_ns > 0 ? setup->flush_ns : 1000000000,
                                   .start_ns = wall_ns()};
    for (unsigned i = 0; i < ORR_N_GROUPS; i++)
        if (groups >> i & 1) w->rings[i] = new_ring(orr_trace_table_of(i));
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->room, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, write_rows, w)) {
        orr_trace_file_close(file, NULL);
        free_writer(w);
        strcpy(error, "cannot start the trace's writer thread");
        return ORR_EIO;
    }
    *writer = w;
    return 0;
}

struct orr_ring *orr_writer_ring(struct orr_trace_writer *w, enum orr_trace_group group) {
    return w->rings[group];
}

void orr_writer_wake(struct orr_trace_writer *w) {
    pthread_mutex_lock(&w->mutex);
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->mutex);
}

void orr_writer_wait(struct orr_trace_writer *w, struct orr_ring *ring) {
    /* A full ring holds a whole chunk, so the writer is awake or about to be. */
    pthread_mutex_lock(&w->mutex);
    pthread_cond_signal(&w->work);
    while (!orr_ring_slot(ring)) pthread_cond_wait(&w->room, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
}

int orr_writer_status(const struct orr_trace_writer *w) {
    return atomic_load_explicit(&w->status, memory_order_acquire);
}

int orr_writer_stop(struct orr_trace_writer *w, const struct orr_row_result *result, char *error) {
    if (result) w->result = *result, w->has_result = true;
    w->close_error = error;
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    int status = w->close_status;
    free_writer(w);
    return status;
}
