/* build.h - a student's files made a shared object that may be loaded.
 *
 * Only copies of the regular files of the folder are compiled, in a folder of their own, under
 * limits of time and memory.  The compiler is kept from showing or copying what is not the
 * student's: each file that the code includes must be one of its own, the lab's, a header of
 * models/ that is no layer's, or the system's, and what becomes of it is looked at before it is
 * assembled (assembly.h) and before it is loaded (object.h).
 */
#ifndef ORR_SIM_CLI_LAB_BUILD_H
#define ORR_SIM_CLI_LAB_BUILD_H

#include <stdint.h>

struct orr_lab_build {
    char folder[256];  /* of its own; "": none  */
    char object[300];  /* the shared object     */
    char *text;        /* what the compiler or a check said; owned; NULL: nothing */
};

/* What an exercise is made of; all lent. */
struct orr_lab_parts {
    const char *const *files;   /* [n_files] the student's                                     */
    const char *own;            /* the lab's folder, with ...                                  */
    const char *const *headers; /* [n_headers] ... those of its own that lie beside them, in the
                                   place of what a student has under that name                 */
    uint32_t n_files, n_headers;
};

/* Compiles the files of a student's folder.  0 (text: warnings); ORR_EFORMAT: it is the code's
 * fault, text says how; ORR_EIO, ORR_EUNSUPPORTED: it is the machine's, text says how.  In all
 * cases orr_lab_build_fini afterwards, which takes the folder away. */
int orr_lab_build(const struct orr_lab_parts *parts, const char *folder,
                  struct orr_lab_build *build);
void orr_lab_build_fini(struct orr_lab_build *build);
#endif
