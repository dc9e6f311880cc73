/* lazy.c - libraries that are loaded when one of their functions is first called.
 *
 * Every run of the program would pay for what only some need: libcrypto alone has 20,000 addresses
 * to set when it is loaded, which takes as long as the rest of a small run.  So the program has a
 * function of its own for each that lazy.def lists, and the linker takes these for the library's.
 * Each is one jump, to the place that `at` holds: at first to code that finds the function, from
 * then on to the function.  Callers, models/ among them, know nothing of it and write what they
 * would write.
 *
 * A library that cannot be loaded ends the program with exit code 3 and a line that names it, as
 * the system's loader would have done at the start.
 *
 * x86-64 alone: elsewhere the program is linked to the libraries as usual (sim/CMakeLists.txt). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef ORR_LAZY_DEF
#define ORR_LAZY_DEF "sim/base/lazy.def"
#endif

struct library {
    const char *file;
    void *handle;
};

struct function {
    void *at; /* first: where its jump goes */
    const char *name;
    struct library *library;
};

#define LIBRARY(id, file_name) static struct library id = {file_name, NULL};
#define FUNCTION(id, name)
#include ORR_LAZY_DEF
#undef FUNCTION

/* NAME jumps to what its entry holds.  NAME's finder leaves the entry in r11, which the psABI gives
 * to such code (3.2.1), for orr_lazy_enter.  Hidden: a library that uses NAME too shall not meet
 * ours. */
#define FUNCTION(id, name)                                                                \
    asm(".pushsection .text\n"                                                            \
        ".globl " #name "\n"                                                              \
        ".hidden " #name "\n"                                                             \
        ".type " #name ", @function\n" #name ":\n"                                        \
        "\tjmp *orr_lazy_entry_" #name "(%rip)\n"                                         \
        "orr_lazy_find_" #name ":\n"                                                      \
        "\tlea orr_lazy_entry_" #name "(%rip), %r11\n"                                    \
        "\tjmp orr_lazy_enter\n"                                                          \
        ".size " #name ", . - " #name "\n"                                                \
        ".popsection\n");                                                                 \
    extern __attribute__((visibility("hidden"))) char orr_lazy_find_##name[];             \
    __attribute__((visibility("hidden"), used)) struct function orr_lazy_entry_##name = { \
        orr_lazy_find_##name, #name, &id};
#undef LIBRARY
#define LIBRARY(id, file_name)
#include ORR_LAZY_DEF

/* Finds the function, sets its entry and returns it. */
static __attribute__((used)) void *orr_lazy_find(struct function *function) {
    struct library *library = function->library;
    if (!library->handle) library->handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
    void *found = library->handle ? dlsym(library->handle, function->name) : NULL;
    if (!found) {
        fflush(stdout);
        fprintf(stderr, "orrery: %s is needed here and cannot be loaded: %s\n", library->file,
                dlerror());
        _exit(3);
    }
    __atomic_store_n(&function->at, found, __ATOMIC_RELEASE); /* another thread stores the same */
    return found;
}

/* Keeps all that may hold arguments, asks orr_lazy_find for the entry in r11 and goes on there. */
asm(".pushsection .text\n"
    ".type orr_lazy_enter, @function\n"
    "orr_lazy_enter:\n"
    "\t.cfi_startproc\n"
    "\tpush %rbp\n"
    "\t.cfi_def_cfa_offset 16\n"
    "\t.cfi_offset %rbp, -16\n"
    "\tmov %rsp, %rbp\n"
    "\t.cfi_def_cfa_register %rbp\n"
    "\tpush %rdi\n\tpush %rsi\n\tpush %rdx\n\tpush %rcx\n\tpush %r8\n\tpush %r9\n"
    "\tpush %rax\n\tpush %r10\n" /* al: how many vector registers a variadic call uses */
    "\tsub $128, %rsp\n"
    "\tmovups %xmm0, (%rsp)\n\tmovups %xmm1, 16(%rsp)\n"
    "\tmovups %xmm2, 32(%rsp)\n\tmovups %xmm3, 48(%rsp)\n"
    "\tmovups %xmm4, 64(%rsp)\n\tmovups %xmm5, 80(%rsp)\n"
    "\tmovups %xmm6, 96(%rsp)\n\tmovups %xmm7, 112(%rsp)\n"
    "\tmov %r11, %rdi\n"
    "\tcall orr_lazy_find\n"
    "\tmov %rax, %r11\n"
    "\tmovups (%rsp), %xmm0\n\tmovups 16(%rsp), %xmm1\n"
    "\tmovups 32(%rsp), %xmm2\n\tmovups 48(%rsp), %xmm3\n"
    "\tmovups 64(%rsp), %xmm4\n\tmovups 80(%rsp), %xmm5\n"
    "\tmovups 96(%rsp), %xmm6\n\tmovups 112(%rsp), %xmm7\n"
    "\tadd $128, %rsp\n"
    "\tpop %r10\n\tpop %rax\n"
    "\tpop %r9\n\tpop %r8\n\tpop %rcx\n\tpop %rdx\n\tpop %rsi\n\tpop %rdi\n"
    "\tpop %rbp\n"
    "\t.cfi_def_cfa %rsp, 8\n"
    "\tjmp *%r11\n"
    "\t.cfi_endproc\n"
    ".size orr_lazy_enter, . - orr_lazy_enter\n"
    ".popsection\n");
