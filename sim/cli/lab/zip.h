/* zip.h - an archive as PKWARE's APPNOTE.TXT 6.3 describes it, its files stored as they are: the
 * same bytes for the same files, no time, but with Unix permissions. */
#ifndef ORR_SIM_CLI_LAB_ZIP_H
#define ORR_SIM_CLI_LAB_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ORR_ZIP_FILES = 256 };

struct orr_zip {
    FILE *to; /* lent, at its beginning */
    struct orr_zip_entry {
        char *name; /* owned */
        uint32_t crc, len, at, mode;
    } files[ORR_ZIP_FILES];
    uint32_t n_files;
    uint64_t at; /* bytes written */
};

/* Appends a file; mode: permissions, 0755.  false: it cannot be written, or there is no room: of
 * the archive, whose parts all lie below 4 GiB. */
bool orr_zip_add(struct orr_zip *zip, const char *name, uint32_t mode, const void *bytes,
                 size_t len);
/* The directory at the end; frees what the archive owns, in all cases. */
bool orr_zip_end(struct orr_zip *zip);
#endif
