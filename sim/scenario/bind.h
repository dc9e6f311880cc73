/* bind.h - from the tree of a scenario to its structs, by the table of keys.
 *
 * Binding takes two passes.  The first walks the tree beside the table and fills every value that
 * stands for itself; a name that means something elsewhere in the file (a group, region, fault) is
 * queued.  The second resolves what was queued, when all names are known. */
#ifndef ORR_SIM_SCENARIO_BIND_H
#define ORR_SIM_SCENARIO_BIND_H

#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

struct orr_binder;

/* Something to be resolved in the second pass. */
struct orr_pending {
    struct orr_pending *next;
    void (*resolve)(struct orr_binder *b, const struct orr_pending *pending);
    void *out;
    const struct orr_tree *tree; /* what was written                   */
    uint32_t allow;              /* for targets: enum orr_target_allow */
    const char *path;            /* of the key, for messages           */
};

enum orr_target_allow {
    ORR_ALLOW_GROUP = 1,
    ORR_ALLOW_NODE = 2,
    ORR_ALLOW_REGION = 4,
    ORR_ALLOW_ROLE = 8,
    ORR_ALLOW_LEADER = 16,
    ORR_ALLOW_ANY_OF = 32,
    ORR_ALLOW_ALL = 64,
    ORR_ALLOW_EVERYTHING = 127,
    ORR_ALLOW_TWIN = 128 /* not among everything */
};

enum { ORR_PATH_MAX = 200 };

struct orr_binder {
    struct orr_scenario *scenario;
    struct orr_scenario_store *store;
    struct orr_diags *diags;
    const struct orr_scenario_inputs *inputs; /* NULL: files are read */
    const char *folder;          /* of the scenario file, "" or with a slash at its end */
    char path[ORR_PATH_MAX];     /* of the key being bound: nodes.val.count             */
    struct orr_pending *first, **last;
    uint32_t *region_sizes;      /* nodes in each region, once they were counted        */
};

/* Fills base (zeroed) from the tree; false after adding errors. */
bool orr_bind_table(struct orr_binder *b, const struct orr_scenario_table *table,
                    const struct orr_tree *tree, void *base);
/* One value. */
bool orr_bind_key(struct orr_binder *b, const struct orr_scenario_key *key,
                  const struct orr_tree *tree, void *base);
/* Values that stand for themselves (plain.c). */
bool orr_bind_plain(struct orr_binder *b, const struct orr_scenario_key *key,
                    const struct orr_tree *tree, void *base);
/* The values whose text has a grammar of its own (values.c). */
bool orr_bind_value(struct orr_binder *b, const struct orr_scenario_key *key,
                    const struct orr_tree *tree, void *base);
/* A file that a chain begins with, read and checked (genesis.c). */
bool orr_bind_genesis(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base);
/* Texts as --set takes them: values, and key=value (changes.c). */
bool orr_bind_values(struct orr_binder *b, const struct orr_scenario_key *key,
                     const struct orr_tree *tree, void *base);
bool orr_bind_changes(struct orr_binder *b, const struct orr_scenario_key *key,
                      const struct orr_tree *tree, void *base);
/* Settings by the table of a protocol or an oracle, called `owner`: *settings becomes a struct of
 * `size` bytes in the store, NULL when that is 0; defaults first, then what the map says. */
bool orr_bind_settings(struct orr_binder *b, const struct orr_tree *map,
                       const struct orr_config_key *keys, size_t size, const char *owner,
                       const void **settings);
/* The oracles that plug-ins bring, and what the map says of them (own.c). */
bool orr_bind_own(struct orr_binder *b, const struct orr_scenario_key *key,
                  const struct orr_tree *map, void *base);
/* The second pass (names.c): regions first, then what is pending. */
void orr_bind_names(struct orr_binder *b);
/* The same for a schedule that joins a scenario whose names are bound. */
void orr_bind_schedule(struct orr_binder *b);

/* Adds an error at the tree's place, with the path before it; always false. */
bool orr_bind_error(struct orr_binder *b, const struct orr_tree *tree, const char *hint,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Says what is wrong or doubtful about the whole, behind the path of keys where it is looked at. */
void orr_bind_say(struct orr_binder *b, enum orr_severity severity, struct orr_span where,
                  const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* "did you mean 'x'?" and/or "accepted: a, b, c", in the store. */
const char *orr_bind_hint(struct orr_binder *b, const struct orr_tree *wrong,
                          const char *const *names, size_t n, const char *accepted);

/* Queues; tree NULL is allowed. */
void orr_bind_later(struct orr_binder *b, const struct orr_tree *tree, void *out, uint32_t allow,
                    void (*resolve)(struct orr_binder *, const struct orr_pending *));

/* What an older YAML reader would take a bare text for ("a boolean", "null", ...), or NULL. */
const char *orr_implicit_type(const char *text, size_t len);
/* A word: a letter, then letters, digits, `-`, `_`; at most 64. */
bool orr_is_word(const char *text, size_t len);

static inline void *orr_bind_at(void *base, size_t offset) { return (char *)base + offset; }

/* Steps into a key for messages; gives the length to come back to with orr_bind_leave. */
size_t orr_bind_enter(struct orr_binder *b, const char *name);
size_t orr_bind_enter_item(struct orr_binder *b, uint32_t i);
void orr_bind_leave(struct orr_binder *b, size_t mark);

/* What the whole must fulfil beyond its parts (check.c). */
void orr_scenario_check(struct orr_binder *b);
/* The same for a scenario that was checked and has another schedule. */
void orr_scenario_check_schedule(struct orr_binder *b);
/* check_roles.c: of one group, of a workload that sets powers; for check.c. */
void orr_scenario_check_priority(struct orr_binder *b, const struct orr_group_spec *group);
/* Of a rule for links, which gets the types of its kinds. */
void orr_scenario_check_link_priority(struct orr_binder *b, struct orr_link_spec *link);
void orr_scenario_check_power(struct orr_binder *b, struct orr_workload_spec *workload);
/* Warnings about one without an error (warn.c). */
void orr_scenario_warn(struct orr_binder *b);
#endif
