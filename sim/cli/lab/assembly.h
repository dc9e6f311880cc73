/* assembly.h - is what the compiler made of foreign C what C can say?
 *
 * An assembler reads files (.incbin, .include), so that inline assembly, or a name with a directive
 * inside it, could copy any file of the machine into the object.  The compiler's output is looked
 * at before it is assembled: each line is a label, an instruction or a directive that compilers
 * write. */
#ifndef ORR_SIM_CLI_LAB_ASSEMBLY_H
#define ORR_SIM_CLI_LAB_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>

/* NULL: it may be assembled; else what stands against it (static text).  text[len] ends with a
 * NUL. */
const char *orr_lab_assembly_flaw(const char *text, size_t len);
#endif
