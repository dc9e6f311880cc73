/* upgrade_files.h - what forks deploy on L2, from files (models/rollup/upgrade.h). */
#ifndef ORR_SIM_CLI_ROLLUP_UPGRADE_FILES_H
#define ORR_SIM_CLI_ROLLUP_UPGRADE_FILES_H

#include "models/rollup/upgrade.h"
#include "sim/base/json.h"

struct orr_upgrade_files {
    struct orr_buffer bytes[ORR_N_UPGRADE_CODES];
    struct orr_upgrade_codes codes; /* lent from bytes */
};
/* Reads FOLDER/upgrades/NAME.txt: creation codes in hexadecimal, as the specifications'
 * static/bytecode has them.  A file that is not there is a code that is not known.  Returns 0, or
 * an ORR_E* after a message with the place on standard error; free in both cases. */
int orr_upgrade_files_read(const char *verb, const char *folder, struct orr_upgrade_files *files);
void orr_upgrade_files_free(struct orr_upgrade_files *files);
#endif
