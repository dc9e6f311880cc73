/* abi_file.h - the events of a contract from its ABI: the JSON that solc writes (an array, or an
 * object with one as "abi"), or human-readable lines, `event Transfer(address indexed from, ...)`,
 * as a text file or an array of JSON strings.
 *
 *     struct orr_abi_file file;
 *     int error = orr_abi_file_read(mem, text, len, &file, why);
 *     ...
 *     orr_abi_file_free(mem, &file);
 */
#ifndef ORR_SIM_INDEX_ABI_FILE_H
#define ORR_SIM_INDEX_ABI_FILE_H

#include "models/index/abi.h"

enum {
    ORR_ABI_MAX_EVENTS = 1000,
    ORR_ABI_MAX_PARAMETERS = 32, /* of an event; the virtual machine's stack allows fewer */
    ORR_ABI_MAX_NAME = 64,       /* bytes of a name of an event or a parameter */
    ORR_ABI_MAX_TYPE = 1024,     /* bytes of a parameter's type */
    ORR_ABI_MAX_FILE = 16 << 20,
    ORR_ABI_WHY_BYTES = 200,
};

struct orr_abi_parameter {
    char name[ORR_ABI_MAX_NAME + 1]; /* an identifier; "" if the ABI names none */
    bool is_indexed;
    struct orr_abi_type *type; /* owned */
};

struct orr_abi_event {
    char name[ORR_ABI_MAX_NAME + 1];
    bool is_anonymous; /* without a first topic: nothing tells its logs from others */
    struct orr_hash topic0;
    char *signature; /* Transfer(address,address,uint256); owned */
    uint32_t n, n_indexed;
    struct orr_abi_parameter *parameters; /* [n], owned */
};

struct orr_abi_file {
    struct orr_abi_event *events; /* [n_events] */
    uint32_t n_events, cap, n_others;
};

/* Reads an ABI.  Returns 0; ORR_EFORMAT or ORR_ELIMIT with why, which names the place.  *file is to
 * be freed either way. */
int orr_abi_file_read(struct orr_mem *mem, const char *text, size_t len, struct orr_abi_file *file,
                      char why[ORR_ABI_WHY_BYTES]);
void orr_abi_file_free(struct orr_mem *mem, struct orr_abi_file *file);
#endif
