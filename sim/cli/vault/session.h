/* session.h - a vault that is open: read, changed, written back in one step. */
#ifndef ORR_SIM_CLI_VAULT_SESSION_H
#define ORR_SIM_CLI_VAULT_SESSION_H

#include "models/vault/safe.h"
#include "sim/cli/vault/files.h"

struct orr_session {
    char path[3072];
    int lock;               /* held while the vault may be changed; else -1 */
    struct orr_secret file; /* as it was read */
    json_t *root;
    uint8_t identity[32]; /* of the slot that opened it */
};

/* --vault, or the one in the home folder. */
int orr_session_path(const struct orr_call *call, char *path, size_t size);
/* Opens the vault with the agent, the identities (-i), or a passphrase.  change: others wait.
 * Returns an exit code, told. */
int orr_session_open(const struct orr_call *call, bool change, struct orr_session *s);
/* Hands the entries to a visitor, for a verb that changes nothing; s->root has none of them. */
int orr_session_visit(const struct orr_call *call, const struct orr_entry_visitor *visitor,
                      struct orr_session *s);
/* A vault that is not there yet; its folder is made when it is the standard one. */
int orr_session_new(const struct orr_call *call, struct orr_session *s);
/* Writes the changed vault; what was there before stays beside it as .bak. */
int orr_session_save(const struct orr_call *call, struct orr_session *s);
void orr_session_close(const struct orr_call *call, struct orr_session *s);
#endif
