/* error.h - the result codes of every function that can fail: 0, or one of these (negative).
 * On error outputs are untouched. */
#ifndef ORR_BASE_ERROR_H
#define ORR_BASE_ERROR_H

/* One line per code: name, value, what it means to the reader of a message. */
#define ORR_ERRORS(X)                                           \
    X(ORR_EINVAL, -1, "invalid argument")                       \
    X(ORR_ENOMEM, -2, "out of memory")                          \
    X(ORR_EFORMAT, -3, "malformed input")                       \
    X(ORR_ELIMIT, -4, "a documented limit was exceeded")        \
    X(ORR_ENOTFOUND, -5, "not found")                           \
    X(ORR_EIO, -6, "input or output failed")                    \
    X(ORR_ENOSPACE, -7, "no space left")                        \
    X(ORR_ECORRUPT, -8, "stored data is damaged")               \
    X(ORR_EUNSUPPORTED, -9, "not supported")

enum orr_error {
#define X(name, value, text) name = value,
    ORR_ERRORS(X)
#undef X
};

/* What a code means, in a few words; static storage. */
const char *orr_error_text(int code);
#endif
