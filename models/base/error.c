#include "models/base/error.h"

const char *orr_error_text(int code) {
    switch (code) {
    case 0: return "ok";
#define X(name, value, text) case value: return text;
    ORR_ERRORS(X)
#undef X
    default: return "unknown error";
    }
}
