#include "sim/cli/lab/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "models/base/bytes.h"
#include "sim/base/memory.h"

enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50 };
enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22 };
enum { VERSION = 20, UNIX = 3 << 8, REGULAR = 0100000, FIRST_DAY = 1 << 5 | 1 /* of 1980 */ };

static void put16(uint8_t *to, uint32_t n) {
    to[0] = (uint8_t)n;
    to[1] = (uint8_t)(n >> 8);
}

static bool put(struct orr_zip *zip, const void *bytes, size_t len) {
    zip->at += len;
    return fwrite(bytes, 1, len, zip->to) == len;
}

/* The fields that both headers of a file have, from `version needed` to `extra field length`. */
static void put_common(uint8_t *to, const struct orr_zip_entry *f) {
    put16(to, VERSION);
    put16(to + 8, FIRST_DAY);
    orr_store_le32(to + 10, f->crc);
    orr_store_le32(to + 14, f->len);
    orr_store_le32(to + 18, f->len);
    put16(to + 22, (uint32_t)strlen(f->name));
}

bool orr_zip_add(struct orr_zip *zip, const char *name, uint32_t mode, const void *bytes,
                 size_t len) {
    size_t n = strlen(name);
    if (zip->n_files == ORR_ZIP_FILES || n > 1000 || zip->at + len + n + LOCAL_BYTES > UINT32_MAX)
        return false;
    struct orr_zip_entry *f = &zip->files[zip->n_files++];
    *f = (struct orr_zip_entry){.name = orr_xrealloc(NULL, n + 1), .len = (uint32_t)len,
                                .crc = (uint32_t)crc32(0, bytes, (uInt)len),
                                .at = (uint32_t)zip->at, .mode = mode};
    memcpy(f->name, name, n + 1);
    uint8_t head[LOCAL_BYTES] = {0};
    orr_store_le32(head, LOCAL);
    put_common(head + 4, f);
    return put(zip, head, sizeof head) && put(zip, name, n) && put(zip, bytes, len);
}

static bool put_entry(struct orr_zip *zip, const struct orr_zip_entry *f) {
    uint8_t head[CENTRAL_BYTES] = {0};
    orr_store_le32(head, CENTRAL);
    put16(head + 4, UNIX | VERSION);
    put_common(head + 6, f);
    orr_store_le32(head + 38, (REGULAR | f->mode) << 16);
    orr_store_le32(head + 42, f->at);
    return put(zip, head, sizeof head) && put(zip, f->name, strlen(f->name));
}

bool orr_zip_end(struct orr_zip *zip) {
    uint64_t from = zip->at;
    bool good = true;
    for (uint32_t i = 0; i < zip->n_files; i++) {
        good = good && put_entry(zip, &zip->files[i]);
        free(zip->files[i].name);
    }
    uint8_t end[END_BYTES] = {0};
    orr_store_le32(end, END);
    put16(end + 8, zip->n_files);
    put16(end + 10, zip->n_files);
    orr_store_le32(end + 12, (uint32_t)(zip->at - from));
    orr_store_le32(end + 16, (uint32_t)from);
    zip->n_files = 0;
    return good && zip->at <= UINT32_MAX && put(zip, end, sizeof end);
}
