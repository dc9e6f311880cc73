#include "sim/trace/hdf5.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

#include "models/base/error.h"

#define TEXT(name) #name,
static const char *const names[] = {ORR_HDF5_NAMES(TEXT)};
#undef TEXT
enum { N_NAMES = sizeof names / sizeof *names };

struct orr_hdf5 orr_hdf5;
_Static_assert(sizeof orr_hdf5 == N_NAMES * sizeof(void *), "one pointer a name");

int orr_hdf5_load(char *error, size_t error_len) {
    static bool loaded;
    if (loaded) return 0;
    void *library = dlopen(ORRERY_HDF5_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void **found = (void **)&orr_hdf5;
    for (int i = 0; library && i < N_NAMES; i++) {
        /* a program that links to HDF5 as well has copies of its variables, which come first */
        found[i] = dlsym(RTLD_DEFAULT, names[i]);
        if (!found[i]) found[i] = dlsym(library, names[i]);
        if (!found[i]) library = NULL; /* what was opened stays: HDF5 cannot be unloaded */
    }
    loaded = library != NULL;
    if (!loaded)
        snprintf(error, error_len, "traces need HDF5, which cannot be loaded: %s", dlerror());
    return loaded ? 0 : ORR_EIO;
}
