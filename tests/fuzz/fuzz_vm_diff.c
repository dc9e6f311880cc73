/* Differential fuzzing: bytes become code, gas, fork and input; the machine (fast loop and traced
 * loop) and the reference interpreter must agree in status, gas, refund, output, logs, accounts and
 * storage. */
#include "tests/models/vm/differential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct diff_case c;
    if (size > 4096) return 0;
    diff_case(&c, data, size);
    for (int traced = 0; traced < 2; traced++) {
        bool full;
        int end;
        const char *what = diff_run(&c, &c, traced, &full, &end);
        if (what) {
            fprintf(stderr, "%s differs (%s loop)\n", what, traced ? "traced" : "fast");
            abort();
        }
    }
    return 0;
}
