/* source_line.h - from addresses of machine code to a line of the source. */
#ifndef ORR_SIM_RUN_SOURCE_LINE_H
#define ORR_SIM_RUN_SOURCE_LINE_H

#include <stddef.h>
#include <stdint.h>

/* Writes "file.c:42 (function)" for the innermost of the frames that lies in a plug-in, else in a
 * protocol of this program, else in this program at all.  Asks the machine's addr2line; without it,
 * or without debugging information, the name of the object and the function if it has one.  ""
 * when nothing is known. */
void orr_source_line(void *const *frames, uint32_t n, char *text, size_t size);
/* The same of one offset into an object file; "" when it is not known. */
void orr_source_line_in(const char *object, uint64_t at, char *text, size_t size);
#endif
