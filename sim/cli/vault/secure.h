/* secure.h - memory and a process that keep secrets to themselves. */
#ifndef ORR_SIM_CLI_VAULT_SECURE_H
#define ORR_SIM_CLI_VAULT_SECURE_H

#include "models/base/mem.h"

/* No core file, no debugger of another user, and memory that is freed is overwritten.  Makes the
 * allocator below that of jansson too.  Says so where memory cannot be locked.  Returns an exit
 * code. */
int orr_secure_begin(void);

/* Memory as libsodium's sodium_malloc gives it: locked where the machine allows it, between guard
 * pages, not in core files, zeroed when it is freed.  Small pieces share a chunk, large ones and
 * later chunks lie in huge pages.  Ends the program with exit 3 when there is none. */
struct orr_mem *orr_secure_mem(void);
#endif
