/* order.h - how rows of a trace are sorted, for qsort. */
#ifndef ORR_ANALYSIS_ORDER_H
#define ORR_ANALYSIS_ORDER_H

#include "analysis/reader.h"

/* Returns from the function that it stands in unless both are equal. */
#define ORR_COMPARE(x, y) \
    if ((x) != (y)) return (x) < (y) ? -1 : 1

/* Deliveries by message, time and node. */
static inline int orr_by_message(const void *a, const void *b) {
    const struct orr_row_deliveries *x = a, *y = b;
    ORR_COMPARE(x->id, y->id);
    ORR_COMPARE(x->time_ns, y->time_ns);
    ORR_COMPARE(x->node, y->node);
    return 0;
}

/* Submissions by transaction and time. */
static inline int orr_by_tx(const void *a, const void *b) {
    const struct orr_row_submissions *x = a, *y = b;
    ORR_COMPARE(x->tx, y->tx);
    ORR_COMPARE(x->time_ns, y->time_ns);
    return 0;
}
#endif
