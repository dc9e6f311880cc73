/* registry.h - the protocols by the name that a scenario's `role:` gives them. */
#ifndef ORR_MODELS_REGISTRY_H
#define ORR_MODELS_REGISTRY_H

struct orr_protocol;

/* The protocol called name, or NULL. */
const struct orr_protocol *orr_registry_find(const char *name);

/* Protocol number i in the order of registry.def, or NULL past the last. */
const struct orr_protocol *orr_registry_at(unsigned i);
#endif
