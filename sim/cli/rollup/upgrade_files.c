#include "sim/cli/rollup/upgrade_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/cli/vm/code.h"

int orr_upgrade_files_read(const char *verb, const char *folder, struct orr_upgrade_files *f) {
    size_t size = strlen(folder) + 128;
    char *path = orr_xrealloc(NULL, size);
    int error = 0;
    *f = (struct orr_upgrade_files){.codes = {{{NULL, 0}}}};
    for (size_t i = 0; i < ORR_N_UPGRADE_CODES && !error; i++) {
        snprintf(path, size, "%s/upgrades/%s.txt", folder,
                 orr_upgrade_code_name((enum orr_upgrade_code)i));
        if (access(path, F_OK)) continue;
        error = orr_vm_code_argument(verb, path, &f->bytes[i]);
        if (!error) f->codes.code[i] = (struct orr_rollup_tx){f->bytes[i].bytes, f->bytes[i].len};
    }
    free(path);
    return error;
}

void orr_upgrade_files_free(struct orr_upgrade_files *f) {
    for (size_t i = 0; i < ORR_N_UPGRADE_CODES; i++) free(f->bytes[i].bytes);
}
