/* alloc.h - memory for analysis: there, or the program ends (exit 3). */
#ifndef ORR_ANALYSIS_ALLOC_H
#define ORR_ANALYSIS_ALLOC_H

#include <stdio.h>
#include <stdlib.h>

/* n items of size bytes, not zeroed; never NULL, also for n = 0.  The caller frees it. */
static inline void *orr_need(size_t n, size_t size) {
    size_t bytes;
    void *p = __builtin_mul_overflow(n, size, &bytes) ? NULL : malloc(bytes ? bytes : 1);
    if (!p) {
        fprintf(stderr, "orrery: out of memory (%zu items of %zu bytes wanted)\n", n, size);
        exit(3);
    }
    return p;
}
#endif
