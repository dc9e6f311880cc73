/* exit.c - exit() and its like as a protocol's mistake.
 *
 * A protocol that ends the process would end the run without a verdict and with an exit code of its
 * own choice.  So the program has these functions itself, and plug-ins find them before those of
 * the C library: in a protocol's function they are a mishap, elsewhere they go on to the library's.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/engine/engine.h"

/* END(name): a function that ends the process with an exit code. */
#define ENDS(END) END(exit) END(_exit) END(_Exit) END(quick_exit)

static struct {
#define END(name) void (*name)(int code);
    ENDS(END)
#undef END
} library;

/* dlsym() gives functions as void *, which POSIX lets be one and ISO C does not. */
static void find(const char *name, void (**function)(int code)) {
    if (!*function) *(void **)function = dlsym(RTLD_NEXT, name);
}

void orr_exit_prepare(void) {
#define END(name) find(#name, &library.name);
    ENDS(END)
#undef END
}

static _Noreturn void end(const char *name, void (**function)(int code), int code, void *caller) {
    struct orr_sim *sim = orr_guard_inside();
    if (sim) orr_guard_leave(sim, ORR_MISHAP_EXIT, caller);
    find(name, function);
    (*function)(code);
    __builtin_unreachable();
}

#define END(name)                                                                       \
    __attribute__((visibility("default"))) _Noreturn void name(int code) {              \
        end(#name, &library.name, code, __builtin_return_address(0));                   \
    }
ENDS(END)
#undef END
