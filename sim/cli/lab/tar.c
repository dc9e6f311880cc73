#include "sim/cli/lab/tar.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 512 };

/* Fields of digits are octal texts. */
struct header {
    char name[ORR_TAR_NAME], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type,
        link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155],
        rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* The sum of the header's bytes, its own field being blanks. */
static void seal(struct header *h) {
    uint32_t sum = 0;
    memset(h->checksum, ' ', sizeof h->checksum);
    const unsigned char *bytes = (const unsigned char *)h;
    for (size_t i = 0; i < sizeof *h; i++) sum += bytes[i];
    snprintf(h->checksum, sizeof h->checksum, "%06o", sum);
    h->checksum[7] = ' ';
}

bool orr_tar_add(FILE *to, const char *name, const char *text, size_t len) {
    struct header h = {.type = '0', .version = {'0', '0'}};
    static const char zeros[BLOCK];
    if (strlen(name) >= sizeof h.name || len >> 33) return false;
    memcpy(h.name, name, strlen(name));
    memcpy(h.magic, "ustar", 6);
    snprintf(h.mode, sizeof h.mode, "%07o", 0644);
    snprintf(h.uid, sizeof h.uid, "%07o", 0);
    snprintf(h.gid, sizeof h.gid, "%07o", 0);
    snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)len);
    snprintf(h.mtime, sizeof h.mtime, "%011o", 0);
    seal(&h);
    size_t pad = (BLOCK - len % BLOCK) % BLOCK;
    return fwrite(&h, 1, sizeof h, to) == sizeof h && fwrite(text, 1, len, to) == len &&
           fwrite(zeros, 1, pad, to) == pad;
}

bool orr_tar_end(FILE *to) {
    static const char zeros[2 * BLOCK];
    return fwrite(zeros, 1, sizeof zeros, to) == sizeof zeros;
}
