#include "sim/cli/rollup/witness_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "models/vm/witness.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/code.h"

enum { FILE_MAX = 1 << 28, UNPACKED_MAX = 1 << 29, GZIP_WINDOW = 16 + MAX_WBITS };

static int complain(const char *verb, const char *path, const char *what) {
    fprintf(stderr, "orrery %s: %s: %s\n", verb, path, what);
    return 2;
}

/* ---- gzip ---- */

static const char *unpack(struct orr_buffer *file) {
    z_stream z = {.next_in = file->bytes, .avail_in = (uInt)file->len};
    struct orr_buffer out = {NULL, 0};
    size_t cap = 1 << 20;
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) return "zlib cannot begin";
    int code = Z_OK;
    while (code == Z_OK && out.len < UNPACKED_MAX) {
        if (!out.bytes || out.len == cap) out.bytes = orr_xrealloc(out.bytes, cap *= 2);
        z.next_out = out.bytes + out.len;
        z.avail_out = (uInt)(cap - out.len);
        code = inflate(&z, Z_NO_FLUSH);
        out.len = cap - z.avail_out;
    }
    inflateEnd(&z);
    if (code != Z_STREAM_END) {
        free(out.bytes);
        return code == Z_OK ? "more than 512 MiB unpacked" : "not all of it is gzip";
    }
    free(file->bytes);
    *file = out;
    return NULL;
}

/* ---- the list ---- */

static bool index_items(struct orr_witness_file *file) {
    struct orr_rlp_reader r = orr_rlp_reader(file->bytes.bytes, file->bytes.len);
    struct orr_rlp_reader list = orr_rlp_read_list(&r), count = list;
    size_t len;
    if (!orr_rlp_done(&r)) return false;
    for (; orr_rlp_more(&count); file->n_items++) orr_rlp_read_string(&count, &len);
    if (count.bad) return false;
    file->hashes = orr_xrealloc(NULL, (file->n_items + 1) * sizeof *file->hashes);
    file->items = orr_xrealloc(NULL, (file->n_items + 1) * sizeof *file->items);
    for (size_t i = 0; i < file->n_items; i++) {
        file->items[i] = orr_rlp_read(&list);
        file->hashes[i] = orr_keccak256(file->items[i].payload, file->items[i].len);
    }
    return true;
}

int orr_witness_file_read(const char *verb, const char *path, struct orr_witness_file *file) {
    *file = (struct orr_witness_file){.n_items = 0};
    if (orr_vm_read_file(verb, path, FILE_MAX, &file->bytes)) return 2;
    const struct orr_buffer *b = &file->bytes;
    const char *what = NULL;
    if (b->len > 2 && b->bytes[0] == 0x1f && b->bytes[1] == 0x8b) what = unpack(&file->bytes);
    if (!what && !index_items(file)) what = "no RLP list of strings";
    if (!what) return 0;
    orr_witness_file_free(file);
    return complain(verb, path, what);
}

void orr_witness_file_free(struct orr_witness_file *file) {
    free(file->bytes.bytes);
    free(file->hashes);
    free(file->items);
    *file = (struct orr_witness_file){.n_items = 0};
}

int orr_witness_file_open(const struct orr_witness_file *file, struct orr_mem *mem,
                          const struct orr_hash *root, struct orr_evm_store **store,
                          struct orr_trie_node **trie) {
    struct orr_rlp_writer w = {.mem = mem}; /* any item may be a node, and any a code */
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_raw(&w, file->bytes.bytes, file->bytes.len);
    orr_rlp_write_raw(&w, file->bytes.bytes, file->bytes.len);
    orr_rlp_list_end(&w, list);
    int error = orr_evm_witness_open(mem, w.bytes, w.len, root, store, trie);
    orr_rlp_free(&w);
    return error;
}

/* ---- ancestors ---- */

static const struct orr_rlp_item *find(const struct orr_witness_file *file,
                                       const struct orr_hash *hash) {
    for (size_t i = 0; i < file->n_items; i++)
        if (orr_hash_equal(file->hashes[i], *hash)) return &file->items[i];
    return NULL;
}

void orr_witness_file_block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct orr_witness_file *file = ctx;
    struct orr_evm_header h = file->parent;
    struct orr_hash at = file->parent_hash;
    while (h.number > number) { /* ends: the number falls */
        at = h.parent_hash;
        uint64_t below = h.number - 1;
        if (below == number) break;
        const struct orr_rlp_item *item = find(file, &at);
        if (!item) return;
        struct orr_rlp_reader r = orr_rlp_reader(item->payload, item->len);
        if (orr_evm_header_decode(&r, &h) || h.number != below) return;
    }
    *hash = at;
}
