/* password.h - passwords from a file, a descriptor or the terminal; never from the command line or
 * the environment. */
#ifndef ORR_SIM_CLI_VAULT_PASSWORD_H
#define ORR_SIM_CLI_VAULT_PASSWORD_H

#include "sim/cli/vault/call.h"

enum orr_password_use {
    ORR_PASSWORD,      /* --password-*: of the vault, or of the one file that a verb reads */
    ORR_PASSWORD_NEW,  /* --new-password-*: asked for twice */
    ORR_PASSWORD_FILE, /* --file-password-*: of a file that is taken into a vault */
    ORR_PASSPHRASE,    /* --passphrase-*: of a sentence or of shares; none unless given */
};
/* what: of what, for the prompt.  orr_secret_free it.  Returns an exit code, told. */
int orr_password_ask(const struct orr_call *call, enum orr_password_use use, const char *what,
                     struct orr_secret *password);
/* Whether an option gives it. */
bool orr_password_given(const struct orr_call *call, enum orr_password_use use);
/* Asks at the terminal for the word yes; false without one. */
bool orr_password_confirm(const char *question);
/* About how many bits a guesser who tries the commonest forms first needs: a rough figure. */
unsigned orr_password_bits(const struct orr_secret *password);
#endif
