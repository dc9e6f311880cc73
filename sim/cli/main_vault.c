/* orrery vault VERB...: keys, keystores, signatures and encrypted files. */
#include "sim/cli/main.h"
#include "sim/cli/vault/call.h"

int orr_main_vault(int argc, char **argv) { return orr_vault_call(argc, argv); }
