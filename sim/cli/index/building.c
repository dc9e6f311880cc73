#include "sim/cli/index/building.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/index/file.h"

#define VERB ORR_INDEX_BUILD

static double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int orr_index_building_begin(struct orr_index_building *b, const struct orr_index_request *r) {
    const struct orr_index_db_options options = {.is_durable = r->is_durable,
                                                 .is_bulk = !r->is_live};
    char why[ORR_INDEX_WHY_BYTES];
    bool was_old = false;
    *b = (struct orr_index_building){.r = r, .began = now_seconds()};
    b->shown = b->began;
    int error = orr_index_db_open(r->db, &options, &b->db, &was_old, why);
    if (error) b->code = orr_index_file_failed(VERB, r->db, error, why);
    if (was_old) fprintf(stderr, "%s: of an older version: built anew\n", r->db);
    return b->code;
}

void orr_index_building_index(struct orr_index_building *b, struct orr_mem *mem, uint64_t first) {
    const struct orr_index_options options = {.first = first,
                                              .window = (uint32_t)b->r->window,
                                              .max_held = (uint32_t)b->r->window * 4 + 256};
    b->ix = orr_indexer_new(mem, &options, orr_index_db_sink(b->db));
}

void orr_index_building_end(struct orr_index_building *b) {
    orr_indexer_free(b->ix);
    orr_index_db_close(b->db);
}

static bool failed(struct orr_index_building *b, int error) {
    if (error) b->code = orr_index_file_failed(VERB, b->r->db, error, orr_index_db_why(b->db));
    return error;
}

bool orr_index_building_is_of(struct orr_index_building *b, const struct orr_hash *genesis,
                              struct orr_u256 chain_id, const char *config) {
    char hex[67], noted[100];
    orr_index_hex(genesis, hex);
    if (orr_index_db_noted(b->db, "genesis", noted, sizeof noted))
        return !failed(b, orr_index_note_chain(b->db, genesis, chain_id, config));
    if (!strcmp(noted, hex)) return true;
    fprintf(stderr, "orrery " VERB ": %s is the index of another chain, whose first block is %s\n",
            b->r->db, noted);
    b->code = 2;
    return false;
}

bool orr_index_building_is_well(struct orr_index_building *b, int error,
                                const struct orr_indexer_at *at, const char *why) {
    if (!error) return true;
    unsigned long long number = (unsigned long long)at->number;
    b->code = 2;
    if (why)
        fprintf(stderr, "orrery " VERB ": block %llu is refused: %s\n", number, why);
    else if (error == ORR_ELIMIT)
        fprintf(stderr,
                "orrery " VERB ": the chain and %s part at or below block %llu, deeper than the "
                "%llu blocks that may be undone: remove the file to build it anew, or --window\n",
                b->r->db, number, (unsigned long long)b->r->window);
    else if (error == ORR_ENOTFOUND)
        fprintf(stderr, "orrery " VERB ": %s holds block %llu as its first, which is not here\n",
                b->r->db, number);
    else
        failed(b, error);
    return false;
}

void orr_index_building_show(struct orr_index_building *b, uint64_t target) {
    double now = now_seconds(), seconds = now - b->began;
    if (now - b->shown < 0.5 || !isatty(STDERR_FILENO)) return;
    b->shown = now;
    uint64_t head = b->ix->head.number, lag = target > head ? target - head : 0;
    double speed = (double)b->ix->n_put / seconds;
    fprintf(stderr, "\rblock %llu, %.0f blocks/s, %.0f logs/s", (unsigned long long)head, speed,
            (double)b->ix->n_logs / seconds);
    if (target) fprintf(stderr, ", %llu behind", (unsigned long long)lag);
    if (target && speed > 0) fprintf(stderr, ", %.0f s to go", (double)lag / speed);
    fputs("  ", stderr);
}

void orr_index_building_settle(struct orr_index_building *b) {
    if (b->code != 3) failed(b, orr_index_db_settle(b->db));
}

void orr_index_building_ask(struct orr_index_building *b, const struct orr_token_source *source) {
    size_t n;
    if (b->code) return;
    if (!failed(b, orr_index_ask_tokens(b->db, source, &n))) b->n_tokens += n;
}

void orr_index_building_report(struct orr_index_building *b) {
    if (b->shown > b->began) fputc('\n', stderr);
    if (b->code) return;
    double seconds = now_seconds() - b->began;
    char hex[67];
    printf("indexed       %llu blocks, %llu logs", (unsigned long long)b->ix->n_put,
           (unsigned long long)b->ix->n_logs);
    if (b->ix->n_cut) printf("; %llu undone", (unsigned long long)b->ix->n_cut);
    printf("\nhead          %llu, %s\n", (unsigned long long)b->ix->head.number,
           orr_index_hex(&b->ix->head.hash, hex));
    if (b->n_tokens) printf("tokens        %zu asked\n", b->n_tokens);
    if (seconds > 0)
        printf("time          %.3f s, %.0f blocks/s, %.0f logs/s\n", seconds,
               (double)b->ix->n_put / seconds, (double)b->ix->n_logs / seconds);
}
