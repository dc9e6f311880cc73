/* Any bytes as the plain text of a vault that its key opens: a fault, or a vault whose entries can
 * be changed and written back. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/vault/safe.h"
#include "sim/base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A vault file around a plain text of one chunk. */
static size_t wrap(struct orr_mem *mem, const uint8_t *data, size_t size, const uint8_t *file_key,
                   uint8_t *out, size_t *header_size) {
    struct orr_age_writer w = {.mem = mem};
    struct orr_age_stream stream;
    static const uint8_t nonce[ORR_AGE_NONCE];
    orr_age_begin(&w);
    orr_age_stanza(&w, ORR_SAFE_STANZA " 1", NULL, 0);
    orr_age_end(&w, file_key);
    memcpy(out, w.text, *header_size = w.len);
    memcpy(out + w.len, nonce, sizeof nonce);
    orr_age_stream_init(&stream, file_key, nonce, ORR_AGE_SEALS);
    orr_age_seal(&stream, true, data, size, out + w.len + sizeof nonce);
    orr_age_stream_fini(&stream);
    size_t len = w.len + sizeof nonce + size + ORR_AGE_TAG;
    orr_age_writer_free(&w);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t file[ORR_AGE_CHUNK + 4096], random[4096];
    static const uint8_t file_key[ORR_AGE_FILE_KEY] = {1};
    struct orr_heap heap;
    struct orr_age_header header;
    struct orr_why why = {""};
    json_t *root;
    size_t header_size;
    if (size > ORR_AGE_CHUNK) return 0;
    orr_heap_init(&heap);
    size_t len = wrap(&heap.mem, data, size, file_key, file, &header_size);
    int bad = (int)orr_age_header_read(&heap.mem, file, header_size, &header, &why);
    assert(!bad);
    if (!orr_safe_open(&heap.mem, &header, file, header_size, len, file_key, NULL, &root, &why)) {
        struct orr_secret sealed;
        orr_entry_put(root, "fuzz", "note", "x", 1, 1);
        orr_entry_put(root, "fuzz", "note", "y", 1, 2);
        assert(orr_safe_random(root) <= sizeof random);
        if (!orr_safe_seal(&heap.mem, root, random, &sealed, &why))
            orr_secret_free(&heap.mem, &sealed);
        assert(orr_entry_remove(root, "fuzz"));
        json_decref(root);
    }
    orr_age_header_free(&heap.mem, &header);
    assert(!heap.used_bytes);
    return 0;
}
