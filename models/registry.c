#include "models/registry.h"

#include <string.h>

#include "models/protocol.h"

#define PROTOCOL(object) extern const struct orr_protocol object;
#include "models/registry.def"
#undef PROTOCOL

static const struct orr_protocol *const protocols[] = {
#define PROTOCOL(object) &object,
#include "models/registry.def"
#undef PROTOCOL
    NULL,
};

const struct orr_protocol *orr_registry_at(unsigned i) {
    return i < sizeof protocols / sizeof protocols[0] ? protocols[i] : NULL;
}

const struct orr_protocol *orr_registry_find(const char *name) {
    for (unsigned i = 0; protocols[i]; i++)
        if (!strcmp(protocols[i]->name, name)) return protocols[i];
    return NULL;
}
