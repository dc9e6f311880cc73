/* object.h - is a shared object one that may be loaded: what it calls, what it keeps, what would
 * run by itself.
 *
 * A protocol is a state machine: all that it knows is in its node, and all that it does is in its
 * outbox.  So it calls the models' own functions and a short list of C's, and holds no data that
 * could be written.  What would run when the object is loaded, before anyone has called it, is
 * refused as well. */
#ifndef ORR_SIM_CLI_LAB_OBJECT_H
#define ORR_SIM_CLI_LAB_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

/* Looks at an object file in memory.  true: it may be loaded.  false: `why` says what stands
 * against it, a line for each call and variable, with what to use instead. */
bool orr_lab_object_check(const char *file, size_t size, char *why, size_t why_size);
#endif
