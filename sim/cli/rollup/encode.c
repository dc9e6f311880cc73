/* orrery rollup encode FILE.json: batches as decode prints them, as bytes again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/batch.h"
#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "models/rollup/span.h"
#include "sim/base/memory.h"
#include "sim/cli/options.h"
#include "sim/cli/rollup/cases.h"
#include "sim/cli/vm/code.h"

int orr_rollup_encode_command(int argc, char **argv);

enum { TO, COMPRESSION, FRAME_SIZE, CHANNEL };
static const struct orr_option options[] = {
    [TO] = {"--to", "WHAT", "batch (default: version byte and content), channel, frames, or tx\n"
                            "(the data of a batcher transaction)"},
    [COMPRESSION] = {"--compression", "HOW", "zlib (default) or brotli"},
    [FRAME_SIZE] = {"--frame-size", "BYTES", "of a frame's data at most (120000)"},
    [CHANNEL] = {"--channel", "ID", "16 bytes in hexadecimal; without it that of the file, or 0"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0], FRAME_DEFAULT = 120000 };

struct asked {
    const char *path, *to, *channel;
    uint64_t frame_size;
    enum orr_compression compression;
};

struct encoding {
    struct orr_arena arena;
    const struct asked *asked;
    char why[160];
};

static int usage(FILE *to) {
    fputs("usage: orrery rollup encode FILE.json [OPTION...]\n\n"
          "The file (- is standard input) holds what `orrery rollup decode --json --transactions`\n"
          "prints, or one batch of it.  Printed are hexadecimal digits; a batch that was\n"
          "canonical gives the bytes that it was read from.\n\n", to);
    orr_options_print(options, N_OPTIONS, to);
    fputs("\nExit codes: 0 encoded, 2 bad input, 3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static int read_arguments(int argc, char **argv, struct asked *asked) {
    struct orr_options walk = {
        .verb = "rollup encode", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case TO: asked->to = value; break;
        case CHANNEL: asked->channel = value; break;
        case COMPRESSION:
            asked->compression =
                strcmp(value, "brotli") ? ORR_COMPRESSION_ZLIB : ORR_COMPRESSION_BROTLI;
            if (!strcmp(value, "brotli") || !strcmp(value, "zlib")) break;
            fprintf(stderr, "orrery rollup encode: --compression %.40s: zlib or brotli\n", value);
            return 1 + 2;
        case FRAME_SIZE:
            if (!orr_options_number(&walk, "--frame-size", value, &asked->frame_size)) return 1 + 2;
            if (asked->frame_size && asked->frame_size <= ORR_FRAME_DATA_MAX) break;
            fprintf(stderr, "orrery rollup encode: --frame-size: from 1 to %d\n",
                    ORR_FRAME_DATA_MAX);
            return 1 + 2;
        default:
            if (asked->path) return 1 + usage(stderr);
            asked->path = value;
        }
    }
    return asked->path ? 0 : 1 + usage(stderr);
}

/* ---- batches ---- */

static bool fail(struct encoding *e, const char *what) {
    snprintf(e->why, sizeof e->why, "%s", what);
    return false;
}

/* Bytes of an element of a list, on the arena. */
static bool bytes_of(struct encoding *e, const json_t *json, struct orr_rollup_tx *tx) {
    struct orr_buffer bytes;
    if (orr_json_bytes(json, &bytes)) return fail(e, "a transaction is no hexadecimal");
    uint8_t *copy = orr_alloc(&e->arena.mem, bytes.len);
    if (bytes.len) memcpy(copy, bytes.bytes, bytes.len);
    free(bytes.bytes);
    *tx = (struct orr_rollup_tx){copy, bytes.len};
    return true;
}

static bool read_block(struct encoding *e, const json_t *block, uint64_t chain_id,
                       struct orr_span_batch *span) {
    const json_t *raw;
    if (!orr_rollup_list(block, "raw", &raw, e->why)) return false;
    for (size_t i = 0; i < json_array_size(raw); i++) {
        struct orr_rollup_tx tx;
        if (!bytes_of(e, json_array_get(raw, i), &tx)) return false;
        if (orr_span_tx_read(&e->arena.mem, tx.bytes, tx.len, chain_id, &span->txs[span->n_txs++]))
            return fail(e, "a transaction is none of this chain that a span may hold");
    }
    return true;
}

/* How many transactions the blocks have; their numbers into counts. */
static size_t count_txs(const json_t *list, uint32_t *counts) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        counts[i] = (uint32_t)json_array_size(json_object_get(json_array_get(list, i), "raw"));
        n += counts[i];
    }
    return n;
}

static bool span_batch(struct encoding *e, const json_t *json, struct orr_rlp_writer *w) {
    struct orr_span_batch span = {0};
    const json_t *list, *bits;
    uint64_t chain_id;
    if (!orr_rollup_u64(json, "rel_timestamp", &span.rel_timestamp, e->why) ||
        !orr_rollup_u64(json, "l1_origin_num", &span.l1_origin_num, e->why) ||
        !orr_rollup_u64(json, "chain_id", &chain_id, e->why) ||
        !orr_rollup_fixed(json, "parent_check", span.parent_check, ORR_SPAN_CHECK_BYTES, e->why) ||
        !orr_rollup_fixed(json, "l1_origin_check", span.l1_origin_check, ORR_SPAN_CHECK_BYTES,
                          e->why) ||
        !orr_rollup_list(json, "list", &list, e->why) ||
        !orr_rollup_list(json, "origin_bits", &bits, e->why))
        return false;
    size_t n = json_array_size(list), n_bytes = (n + 7) / 8;
    if (!n || n > ORR_SPAN_ELEMENTS_MAX || json_array_size(bits) != n)
        return fail(e, "\"list\" and \"origin_bits\" must have one entry for each block");
    uint8_t *origins = orr_alloc_zero(&e->arena.mem, n_bytes);
    for (size_t i = 0; i < n; i++)
        if (json_integer_value(json_array_get(bits, i)))
            origins[n_bytes - 1 - i / 8] |= (uint8_t)(1 << i % 8);
    span.origin_bits = origins;
    span.n_blocks = (uint32_t)n;
    span.block_tx_counts = orr_alloc(&e->arena.mem, n * sizeof *span.block_tx_counts);
    size_t n_txs = count_txs(list, span.block_tx_counts);
    if (n_txs > ORR_SPAN_ELEMENTS_MAX) return fail(e, "too many transactions");
    span.txs = orr_alloc(&e->arena.mem, n_txs * sizeof *span.txs);
    for (size_t i = 0; i < n; i++)
        if (!read_block(e, json_array_get(list, i), chain_id, &span)) return false;
    uint8_t version = ORR_BATCH_SPAN;
    orr_rlp_write_raw(w, &version, 1);
    orr_span_write(&span, w);
    return true;
}

static bool singular_batch(struct encoding *e, const json_t *json, struct orr_rlp_writer *w) {
    struct orr_singular batch = {0};
    const json_t *txs;
    if (!orr_rollup_fixed(json, "parent_hash", &batch.parent_hash, 32, e->why) ||
        !orr_rollup_fixed(json, "epoch_hash", &batch.epoch_hash, 32, e->why) ||
        !orr_rollup_u64(json, "epoch_num", &batch.epoch_num, e->why) ||
        !orr_rollup_u64(json, "timestamp", &batch.timestamp, e->why) ||
        !orr_rollup_list(json, "transactions", &txs, e->why))
        return false;
    batch.n_txs = json_array_size(txs);
    batch.txs = orr_alloc(&e->arena.mem, batch.n_txs * sizeof *batch.txs);
    for (size_t i = 0; i < batch.n_txs; i++)
        if (!bytes_of(e, json_array_get(txs, i), &batch.txs[i])) return false;
    uint8_t version = ORR_BATCH_SINGULAR;
    orr_rlp_write_raw(w, &version, 1);
    orr_singular_write(&batch, w);
    return true;
}

static bool write_batch(struct encoding *e, const json_t *json, struct orr_rlp_writer *w) {
    const char *type = json_string_value(json_object_get(json, "type"));
    if (type && !strcmp(type, "span")) return span_batch(e, json, w);
    if (type && !strcmp(type, "singular")) return singular_batch(e, json, w);
    return fail(e, "\"type\" of a batch: \"span\" or \"singular\"");
}

/* ---- what holds batches ---- */

static bool write_channel(struct encoding *e, const json_t *batches, struct orr_rlp_writer *w) {
    struct orr_rlp_writer plain = {.mem = &e->arena.mem};
    for (size_t i = 0; i < json_array_size(batches); i++) {
        struct orr_rlp_writer one = {.mem = &e->arena.mem};
        if (!write_batch(e, json_array_get(batches, i), &one)) return false;
        orr_rlp_write_string(&plain, one.bytes, one.len);
    }
    if (!orr_channel_deflate(plain.bytes, plain.len, e->asked->compression, w)) return true;
    return fail(e, "it cannot be compressed");
}

static bool channel_id(struct encoding *e, const json_t *root, uint8_t id[ORR_CHANNEL_ID_BYTES]) {
    const json_t *first = json_array_get(json_object_get(root, "channels"), 0);
    const json_t *known = json_object_get(first, "id");
    memset(id, 0, ORR_CHANNEL_ID_BYTES);
    json_t *given = e->asked->channel ? json_string(e->asked->channel) : NULL;
    bool good = (!given && !known) ||
                !orr_json_fixed(given ? given : known, id, ORR_CHANNEL_ID_BYTES);
    json_decref(given);
    return good || fail(e, "a channel's id has 16 bytes in hexadecimal");
}

static bool write_frames(struct encoding *e, const json_t *root, const json_t *batches,
                         struct orr_rlp_writer *w) {
    struct orr_rlp_writer data = {.mem = &e->arena.mem};
    struct orr_frame frame = {0};
    if (!channel_id(e, root, frame.channel) || !write_channel(e, batches, &data)) return false;
    for (size_t at = 0; !frame.is_last; at += frame.len, frame.number++) {
        size_t left = data.len - at;
        if (at && !frame.number) return fail(e, "more than 65,536 frames: larger ones are needed");
        frame.len = (uint32_t)(left < e->asked->frame_size ? left : e->asked->frame_size);
        frame.data = data.bytes + at;
        frame.is_last = frame.len == left;
        orr_frame_write(w, &frame);
    }
    return true;
}

static bool encode(struct encoding *e, json_t *root, struct orr_rlp_writer *w) {
    const char *to = e->asked->to ? e->asked->to : "batch";
    json_t *batches = json_object_get(root, "batches"), *alone = NULL;
    if (!json_is_array(batches)) json_array_append(batches = alone = json_array(), root);
    bool good;
    if (!json_array_size(batches)) good = fail(e, "there is no batch");
    else if (!strcmp(to, "channel")) good = write_channel(e, batches, w);
    else if (!strcmp(to, "frames")) good = write_frames(e, root, batches, w);
    else if (!strcmp(to, "tx"))
        orr_rlp_write_raw(w, "\0", 1), good = write_frames(e, root, batches, w);
    else if (strcmp(to, "batch") != 0) good = fail(e, "--to: batch, channel, frames or tx");
    else if (json_array_size(batches) > 1)
        good = fail(e, "there are several batches: --to channel, frames or tx");
    else good = write_batch(e, json_array_get(batches, 0), w);
    json_decref(alone);
    return good;
}

int orr_rollup_encode_command(int argc, char **argv) {
    struct asked asked = {.frame_size = FRAME_DEFAULT};
    int end = read_arguments(argc, argv, &asked);
    if (end) return end - 1;
    json_t *root;
    if (orr_vm_read_json("rollup encode", asked.path, ORR_MAX_JSON_BYTES, &root)) return 2;
    struct encoding e = {.asked = &asked, .why = ""};
    orr_arena_init(&e.arena);
    struct orr_rlp_writer w = {.mem = &e.arena.mem};
    bool good = encode(&e, root, &w);
    if (good) {
        char *text = orr_xrealloc(NULL, 2 * w.len + 1);
        orr_hex_encode(text, w.bytes, w.len);
        printf("0x%s\n", text);
        free(text);
    } else {
        fprintf(stderr, "orrery rollup encode: %s: %s\n", asked.path, e.why);
    }
    orr_arena_fini(&e.arena);
    json_decref(root);
    if (!good) return 2;
    return fflush(stdout) || ferror(stdout) ? 3 : 0;
}
