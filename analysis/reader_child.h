/* reader_child.h - what passes between the reader and the child process that runs HDF5. */
#ifndef ORR_ANALYSIS_READER_CHILD_H
#define ORR_ANALYSIS_READER_CHILD_H

#include <stdint.h>

/* A request is one of these, an answer begins with the other; both are in this machine's layout.
 * First, without being asked, the child sends one answer with struct orr_reader_hello and the texts
 * of /run (scenario, overrides). */
enum { ORR_READER_TEXTS = 2 };
struct orr_reader_request {
    uint32_t group, n; /* n <= ORR_READER_BATCH */
    uint64_t start;
    uint64_t columns;  /* a bit for each that is wanted, in the order of the schema */
};
struct orr_reader_answer {
    int32_t status; /* 0, or an ORR_E code: then the payload is a message without a NUL */
    uint32_t len;   /* of the payload */
};
struct orr_reader_hello {
    uint64_t seed, shuffle_ties;
    uint64_t rows[64]; /* ORR_N_GROUPS of them are used */
    uint32_t version;
    uint32_t text_len[ORR_READER_TEXTS];
    char name[256], title[256], build[256];
};

#define ORR_READER_BATCH 16384 /* rows of one request */

struct orr_trace_reader;

/* orr_trace_reader_open without a child: what answers is at the other end of the socket, which is
 * moved.  For tests of what the parent does with a child that lies, many a second. */
int orr_reader_hear(struct orr_trace_reader **reader, const char *path, int socket, char *error);

/* Serves requests from the socket until it closes.  Never returns. */
void orr_reader_child(int socket, const char *path);
#endif
