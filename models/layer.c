#include "models/layer.h"

/* The number of names in a list that ends with NULL. */
static uint32_t count(const char *const *names) {
    uint32_t n = 0;
    while (names && names[n]) n++;
    return n;
}

const char *orr_protocol_kind(const struct orr_protocol *p, uint32_t i, uint32_t *type) {
    uint32_t n = count(p->kinds);
    if (i < n) {
        *type = ORR_MSG_TYPE(0, i);
        return p->kinds[i];
    }
    for (const struct orr_layer *l = p->layers; l && l->name; l++) {
        i -= n;
        n = count(l->kinds);
        if (i >= n) continue;
        *type = ORR_MSG_TYPE(l->protocol, i);
        return l->kinds[i];
    }
    return NULL;
}
