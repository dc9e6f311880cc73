/* plugin.h - a protocol from a file: a shared object, or C that the machine's compiler makes one.
 *
 * A plug-in is a file that defines one `const struct orr_protocol` with external linkage, under
 * any name; a file of models/lab/ that is copied out is one.  It may call what models/ offers (all
 * of it but the VM), which the program exports.  It runs in the process, with all that the process
 * may do.
 *
 * C is compiled with `cc -O2 -g -Wall -Wextra` against the headers that belong to the program and
 * kept in a folder ($XDG_CACHE_HOME/orrery, else ~/.cache/orrery, else a folder of the user in
 * /tmp) under the digest of all that went into it: the file, each header that it includes by
 * `#include "..."`, and those that they include.  Warnings are kept with it and told each time. */
#ifndef ORR_SIM_BASE_PLUGIN_H
#define ORR_SIM_BASE_PLUGIN_H

#include "models/protocol.h"
#include "sim/base/diag.h"

struct orr_plugin {
    const char *path;                    /* as it was asked for                         */
    char digest[65];                     /* SHA-256 in hex: of the shared object; of the C file and
                                            behind it its own headers (sim/base/compile.h) */
    const struct orr_protocol *protocol; /* abi == ORR_ABI                              */
    void *handle;                        /* of dlopen: what else it brings is found here */
    const struct orr_plugin *next;
};

/* Is it the path of a plug-in, and not the name of a protocol? */
bool orr_plugin_is_path(const char *text);

/* Loads it, once in a process: the same path and content give the same plug-in, which stays for the
 * process's life.  ORR_EIO (no such file), ORR_EFORMAT (does not compile, is no plug-in) or
 * ORR_EUNSUPPORTED (made for another abi), told in diags at `where` with what the compiler or the
 * loader said; warnings of the compiler are warnings there.  Not thread-safe. */
int orr_plugin_load(const char *path, struct orr_span where, struct orr_diags *diags,
                    const struct orr_plugin **plugin);

/* What makes a table of settings one that no scenario could be held to (static text); NULL:
 * nothing.  size: of the struct that they are in. */
const char *orr_config_flaw(const struct orr_config_key *keys, size_t size);

/* What it exports beside its protocol under that name; NULL: nothing. */
const void *orr_plugin_symbol(const struct orr_plugin *plugin, const char *name);
#endif
