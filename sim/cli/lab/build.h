/* build.h - a student's files made a shared object that may be loaded.
 *
 * Only copies of the regular files of the folder are compiled, in a folder of their own, under
 * limits of time and memory.  The compiler is kept from showing or copying what is not the
 * student's: each file that the code includes must be one of its own, of the program's headers or
 * of the system's, and what becomes of it is looked at before it is assembled (assembly.h) and
 * before it is loaded (object.h). */
#ifndef ORR_SIM_CLI_LAB_BUILD_H
#define ORR_SIM_CLI_LAB_BUILD_H

#include <stdint.h>

struct orr_lab_build {
    char folder[256];  /* of its own; "": none  */
    char object[300];  /* the shared object     */
    char *text;        /* what the compiler or a check said; owned; NULL: nothing */
};

/* Compiles files[n] of a folder.  0 (text: warnings); ORR_EFORMAT: it is the code's fault, text
 * says how; ORR_EIO, ORR_EUNSUPPORTED: it is the machine's, text says how.  In all cases
 * orr_lab_build_fini afterwards, which takes the folder away. */
int orr_lab_build(const char *folder, const char *const *files, uint32_t n,
                  struct orr_lab_build *build);
void orr_lab_build_fini(struct orr_lab_build *build);
#endif
