/* orrery rollup decode FILE: from a batcher transaction down to the blocks of its batches. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/rollup/frame.h"
#include "models/vm/transaction.h"
#include "sim/base/memory.h"
#include "sim/cli/options.h"
#include "sim/cli/rollup/batch_json.h"
#include "sim/cli/vm/code.h"

int orr_rollup_decode_command(int argc, char **argv);

static const char verb[] = "rollup decode";
enum { FILE_MAX = 1 << 28 };

enum { FROM, CONFIG, TRANSACTIONS, JSON };
static const struct orr_option options[] = {
    [FROM] = {"--from", "WHAT", "what the file is: tx (default: a signed batcher transaction, or\n"
                                "its data), frames, channel or batch (with or without its\n"
                                "version byte)"},
    [CONFIG] = {"--config", "FILE", "a rollup configuration: l2_chain_id, block_time, genesis\n"
                                    "{l2_time}, fjord_time; without it OP Mainnet's"},
    [TRANSACTIONS] = {"--transactions", NULL, "with the bytes of each transaction"},
    [JSON] = {"--json", NULL, "as one JSON object; else a summary"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct asked {
    const char *path, *from, *config;
    bool json;
    struct orr_batch_json how;
};

static int usage(FILE *to) {
    fputs("usage: orrery rollup decode FILE [OPTION...]\n\n"
          "Decodes what batchers write on L1.  The file (- is standard input) holds bytes, or\n"
          "hexadecimal digits.\n\n", to);
    orr_options_print(options, N_OPTIONS, to);
    fputs("\nExit codes: 0 decoded, 2 bad input, 3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

static int complain(const struct asked *asked, size_t at, const char *what) {
    fprintf(stderr, "orrery rollup decode: %s: byte %zu: %s\n", asked->path, at, what);
    return 2;
}

/* ---- arguments ---- */

static int read_arguments(int argc, char **argv, struct asked *asked) {
    struct orr_options walk = {
        .verb = verb, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        switch (i) {
        case ORR_OPTION_HELP: return 1 + usage(stdout);
        case ORR_OPTION_BAD: return 1 + 2;
        case FROM: asked->from = value; break;
        case CONFIG: asked->config = value; break;
        case TRANSACTIONS: asked->how.with_transactions = true; break;
        case JSON: asked->json = true; break;
        default:
            if (asked->path) return 1 + usage(stderr);
            asked->path = value;
        }
    }
    return asked->path ? 0 : 1 + usage(stderr);
}

/* Digits are what a text of nothing else holds. */
static void from_hex(struct orr_buffer *file) {
    size_t n = 0;
    for (size_t i = 0; i < file->len; i++) {
        if (isspace(file->bytes[i])) continue;
        bool is_prefix = n == 1 && file->bytes[0] == '0' && file->bytes[i] == 'x';
        if (!isxdigit(file->bytes[i]) && !is_prefix) return;
        n++;
    }
    struct orr_buffer bytes;
    char *text = orr_xrealloc(NULL, n + 1);
    n = 0;
    for (size_t i = 0; i < file->len; i++)
        if (!isspace(file->bytes[i])) text[n++] = (char)file->bytes[i];
    text[n] = 0;
    if (n && !orr_hex_decode(text, &bytes)) {
        free(file->bytes);
        *file = bytes;
    }
    free(text);
}

/* ---- one form after another ---- */

struct decoding {
    const struct asked *asked;
    struct orr_mem *mem;
    json_t *json; /* what is printed */
};

static int decode_channel_bytes(struct decoding *d, const uint8_t *bytes, size_t len,
                                json_t *channel, json_t *batches) {
    const char *what = orr_channel_to_json(d->mem, &d->asked->how, bytes, len, channel, batches);
    return what ? complain(d->asked, 0, what) : 0;
}

static json_t *frame_json(const struct orr_frame *frame) {
    json_t *json = json_object();
    json_object_set_new(json, "channel", orr_rollup_hex(frame->channel, ORR_CHANNEL_ID_BYTES));
    json_object_set_new(json, "number", json_integer(frame->number));
    json_object_set_new(json, "bytes", json_integer(frame->len));
    json_object_set_new(json, "is_last", json_boolean(frame->is_last));
    return json;
}

/* The channel whose first frame here is frames[first], from all of its frames here. */
static int decode_channel(struct decoding *d, const struct orr_frame *frames, size_t n,
                          size_t first, json_t *channels, json_t *batches) {
    struct orr_channel channel;
    struct orr_rlp_writer data = {.mem = d->mem};
    orr_channel_init(&channel, d->mem, frames[first].channel);
    json_t *json = json_object(), *ignored = json_array();
    for (size_t i = first; i < n; i++) {
        if (memcmp(frames[i].channel, channel.id, ORR_CHANNEL_ID_BYTES) != 0) continue;
        const char *why = orr_channel_add(&channel, &frames[i]);
        if (why) json_array_append_new(ignored, json_string(why));
    }
    orr_channel_write_data(&channel, &data);
    json_object_set_new(json, "id", orr_rollup_hex(channel.id, ORR_CHANNEL_ID_BYTES));
    json_object_set_new(json, "frames", json_integer((json_int_t)channel.n_frames));
    json_object_set_new(json, "is_ready", json_boolean(orr_channel_is_ready(&channel)));
    json_object_set_new(json, "bytes", json_integer((json_int_t)data.len));
    if (json_array_size(ignored)) json_object_set(json, "ignored", ignored);
    json_decref(ignored);
    int code = 0;
    if (data.len) code = decode_channel_bytes(d, data.bytes, data.len, json, batches);
    json_array_append_new(channels, json);
    orr_rlp_free(&data);
    orr_channel_fini(&channel);
    return code;
}

static int decode_frames(struct decoding *d, const uint8_t *bytes, size_t len, size_t at,
                         bool has_version) {
    struct orr_frame *frames;
    struct orr_frame_fault fault;
    size_t n;
    int error = (has_version ? orr_batcher_data_read : orr_frames_read)(d->mem, bytes, len, &frames,
                                                                        &n, &fault);
    if (error) return complain(d->asked, at + fault.at, fault.what);
    json_t *list = json_array(), *channels = json_array(), *batches = json_array();
    int code = 0;
    for (size_t i = 0; i < n && !code; i++) {
        size_t same = 0;
        while (memcmp(frames[same].channel, frames[i].channel, ORR_CHANNEL_ID_BYTES) != 0) same++;
        json_array_append_new(list, frame_json(&frames[i]));
        if (same == i) code = decode_channel(d, frames, n, i, channels, batches);
    }
    json_object_set_new(d->json, "frames", list);
    json_object_set_new(d->json, "channels", channels);
    json_object_set_new(d->json, "batches", batches);
    orr_free(d->mem, frames, n * sizeof *frames);
    return code;
}

/* Data begins with the version 0, which begins no transaction. */
static int decode_tx(struct decoding *d, const struct orr_buffer *file) {
    if (!file->len || file->bytes[0] == ORR_BATCHER_VERSION)
        return decode_frames(d, file->bytes, file->len, 0, true);
    struct orr_evm_tx tx;
    if (orr_evm_tx_decode(d->mem, file->bytes, file->len, &tx))
        return complain(d->asked, 0, "neither a transaction nor the data of one (version 0)");
    json_object_set_new(d->json, "tx_type", json_integer(tx.type));
    if (!tx.is_create)
        json_object_set_new(d->json, "batcher_inbox", orr_rollup_hex(&tx.to, sizeof tx.to));
    int code = decode_frames(d, tx.data, tx.data_len, (size_t)(tx.data - file->bytes), true);
    orr_evm_tx_free(d->mem, &tx);
    return code;
}

static int decode_batch(struct decoding *d, const struct orr_buffer *file) {
    struct orr_span_fault fault;
    json_t *batches = json_array(), *batch;
    batch = orr_batch_to_json(d->mem, &d->asked->how, file->bytes, file->len, &fault);
    if (!batch) {
        json_decref(batches);
        return complain(d->asked, fault.at, fault.what);
    }
    json_array_append_new(batches, batch);
    json_object_set_new(d->json, "batches", batches);
    return 0;
}

static int decode(struct decoding *d, const struct orr_buffer *file) {
    const char *from = d->asked->from;
    if (!from || !strcmp(from, "tx")) return decode_tx(d, file);
    if (!strcmp(from, "frames")) return decode_frames(d, file->bytes, file->len, 0, false);
    if (!strcmp(from, "batch")) return decode_batch(d, file);
    if (!strcmp(from, "channel")) {
        json_t *channel = json_object(), *channels = json_array(), *batches = json_array();
        int code = decode_channel_bytes(d, file->bytes, file->len, channel, batches);
        json_array_append_new(channels, channel);
        json_object_set_new(d->json, "channels", channels);
        json_object_set_new(d->json, "batches", batches);
        return code;
    }
    fprintf(stderr, "orrery rollup decode: --from %.60s: tx, frames, channel or batch\n", from);
    return 2;
}

/* ---- printing ---- */

static void print_json(json_t *json) {
    json_t *batches = json_object_get(json, "batches");
    if (json_array_size(batches) == 1) /* its fields are the whole's, too */
        json_object_update_missing(json, json_array_get(batches, 0));
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    if (!text) abort(); /* what we built ourselves can be written */
    printf("%s\n", text);
    free(text);
}

static void print_summary(const json_t *json) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(json, "channels"), i, one) {
        const char *id = json_string_value(json_object_get(one, "id"));
        const char *how = json_string_value(json_object_get(one, "compression"));
        printf("channel %s: %" JSON_INTEGER_FORMAT " B %s, %" JSON_INTEGER_FORMAT " B inflated%s\n",
               id ? id : "", json_integer_value(json_object_get(one, "bytes")),
               how ? how : "not inflated",
               json_integer_value(json_object_get(one, "inflated_bytes")),
               json_is_false(json_object_get(one, "is_ready")) ? ", not all of it is here" : "");
    }
    json_array_foreach(json_object_get(json, "batches"), i, one) {
        const char *fault = json_string_value(json_object_get(one, "error"));
        if (fault) {
            printf("batch %zu: dropped: %s\n", i, fault);
            continue;
        }
        printf("batch %zu: %s of %" JSON_INTEGER_FORMAT " blocks, %" JSON_INTEGER_FORMAT
               " transactions\n",
               i, json_string_value(json_object_get(one, "type")),
               json_integer_value(json_object_get(one, "block_count")),
               json_integer_value(json_object_get(one, "transaction_count")));
    }
}

int orr_rollup_decode_command(int argc, char **argv) {
    struct asked asked = {.how = orr_batch_json_mainnet};
    struct orr_buffer file;
    int end = read_arguments(argc, argv, &asked);
    if (end) return end - 1;
    if (asked.config && orr_batch_json_config(verb, asked.config, &asked.how)) return 2;
    if (orr_vm_read_file(verb, asked.path, FILE_MAX, &file)) return 2;
    from_hex(&file);
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct decoding d = {&asked, &heap.mem, json_object()};
    int code = decode(&d, &file);
    if (!code && asked.json) print_json(d.json);
    if (!code && !asked.json) print_summary(d.json);
    json_decref(d.json);
    free(file.bytes);
    if (!code && (fflush(stdout) || ferror(stdout))) code = 3;
    return code;
}
