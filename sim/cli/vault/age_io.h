/* age_io.h - the payload of age files moved between files, 64 KiB at a time. */
#ifndef ORR_SIM_CLI_VAULT_AGE_IO_H
#define ORR_SIM_CLI_VAULT_AGE_IO_H

#include "models/vault/age.h"
#include "models/vault/armor.h"
#include "sim/cli/vault/files.h"

/* Bytes of an age file, armored or not. */
struct orr_age_input {
    const char *name;
    int fd;
    bool armored, at_end;
    struct orr_armor armor;
    uint8_t *buffer; /* what has been read and not been taken */
    size_t start, len, size;
};
/* "-" is standard input.  Returns an exit code, told. */
int orr_age_input_open(const struct orr_call *call, const char *path, struct orr_age_input *in);
void orr_age_input_close(const struct orr_call *call, struct orr_age_input *in);
/* Makes at least `wanted` bytes available in the buffer, fewer only at the end. */
int orr_age_input_fill(const struct orr_call *call, struct orr_age_input *in, size_t wanted);
/* The header with its end; size bytes of the buffer, which the header lends. */
int orr_age_input_header(const struct orr_call *call, struct orr_age_input *in,
                         struct orr_age_header *header, size_t *size);

/* Where plain or encrypted bytes go: a new file, or standard output. */
struct orr_age_output {
    bool to_file, armored;
    struct orr_new_file file;
    struct orr_secret pending; /* bytes for the file: whole pages go out, in few calls */
    uint8_t held[ORR_ARMOR_BYTES]; /* of a line of armor that is not full */
    size_t n_held;
    uint64_t n_bytes;
};
int orr_age_output_open(const struct orr_call *call, bool armored, struct orr_age_output *out);
int orr_age_output_write(const struct orr_call *call, struct orr_age_output *out, const void *bytes,
                         size_t len);
/* All is well: the file gets its name.  Or not: it goes away. */
int orr_age_output_close(const struct orr_call *call, struct orr_age_output *out);
void orr_age_output_drop(const struct orr_call *call, struct orr_age_output *out);
#endif
