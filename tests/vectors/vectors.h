/* vectors.h - where the public test vectors are: $ORRERY_VECTORS, else ../shared/vectors beside the
 * source tree.  They are data of other projects and not part of this one. */
#ifndef ORR_TESTS_VECTORS_H
#define ORR_TESTS_VECTORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/test.h"

/* A build that is slow by design (sanitizers, -O0) leaves out the cases whose length is their
 * point. */
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define ORR_VECTORS_BOUNDED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORR_VECTORS_BOUNDED true
#endif
#endif
#ifndef ORR_VECTORS_BOUNDED
#define ORR_VECTORS_BOUNDED false
#endif

/* The full name of one of the vectors' files or folders, in static storage. */
static inline const char *orr_vector_path(const char *name) {
    static char path[4096];
    const char *root = getenv("ORRERY_VECTORS"), *source = getenv("ORRERY_SOURCE");
    if (root)
        snprintf(path, sizeof path, "%s/%s", root, name);
    else
        snprintf(path, sizeof path, "%s/../shared/vectors/%s", source ? source : ".", name);
    return path;
}

/* Ends the test as not run, with the reason, when the vectors are absent. */
static inline void orr_vectors_need(const char *name) {
    if (!access(orr_vector_path(name), R_OK)) return;
    printf("not run: no %s (set ORRERY_VECTORS to the folder of public test vectors)\n",
           orr_vector_path(name));
    exit(ORR_TEST_NOT_RUN);
}

/* Whether one of several files is there; says so when not: the suites also come in parts. */
static inline bool orr_vector_is_there(const char *name) {
    if (!access(orr_vector_path(name), R_OK)) return true;
    printf("not run: no %s\n", orr_vector_path(name));
    return false;
}

/* A vector file's JSON; the caller's, end with json_decref. */
static inline json_t *orr_vector_load(const char *name) {
    json_error_t error;
    json_t *json = json_load_file(orr_vector_path(name), JSON_ALLOW_NUL, &error);
    if (!json) ck_abort_msg("%s:%d: %s", name, error.line, error.text);
    return json;
}
#endif
