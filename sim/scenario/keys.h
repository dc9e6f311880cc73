/* keys.h - the table of all keys that a scenario may have.
 *
 * One row says what a key is called, what its value is, its range, its default and what it means.
 * The parser, its messages, `orrery help scenario` and the JSON schema read these rows and nothing
 * else, so that they cannot disagree. */
#ifndef ORR_SIM_SCENARIO_KEYS_H
#define ORR_SIM_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/protocol.h"
#include "sim/scenario/units.h"

/* What a value is, and the C object that it fills at the row's offset.  A key that is absent and
 * has no default leaves the value in brackets. */
enum orr_scenario_key_type {
    ORR_KEY_QUANTITY,   /* by `quantity`; int64_t or uint64_t [TIME: ORR_NEVER; OFFSET, DRIFT: 0;
                           else ORR_UNSET]                                                     */
    ORR_KEY_BELOW,      /* a TIME, with or without the word `below` before it [ORR_NEVER]      */
    ORR_KEY_BOOL,       /* bool [false]                                                        */
    ORR_KEY_COUNT,      /* uint32_t [0]                                                        */
    ORR_KEY_NUMBER,     /* uint64_t [0]                                                        */
    ORR_KEY_CHOICE,     /* an enum, by `choices` [0]                                           */
    ORR_KEY_FLAGS,      /* uint32_t: one or a list of `choices`, or-ed [0]                     */
    ORR_KEY_NAME,       /* const char *: a word [NULL]                                         */
    ORR_KEY_TEXT,       /* const char *: any line of text [""]                                 */
    ORR_KEY_PATH,       /* const char *: a file, resolved against the scenario's folder [NULL] */
    ORR_KEY_MAP,        /* the struct of `table`, in place [its keys' values when all are absent] */
    ORR_KEY_LIST,       /* pointer and count: a list of `table` [NULL, 0]                      */
    ORR_KEY_NAMED,      /* pointer and count: a map from a name to `table` [NULL, 0]           */
    ORR_KEY_ROLE,       /* const struct orr_protocol * [NULL]                                  */
    ORR_KEY_CONFIG,     /* const void *: by the table of the group's role                      */
    ORR_KEY_OWN,        /* pointer and count: the oracles that plug-ins bring, all of them     */
    ORR_KEY_REGION,     /* pointer and count: a name, `any`, or a map of names to shares       */
    ORR_KEY_STAKES,     /* pointer and count: a number or a list of numbers                    */
    ORR_KEY_JITTER,     /* in struct orr_regions_spec: a share or a distribution               */
    ORR_KEY_TARGETS,    /* struct orr_targets: one or a list [n = 0]                           */
    ORR_KEY_PLACES,     /* the same, of regions and groups only                                */
    ORR_KEY_RECEIVERS,  /* in struct orr_workload_spec: `one`, `all`, or targets               */
    ORR_KEY_GROUPS,     /* pointer and count: a list of lists of targets                       */
    ORR_KEY_PAIR,       /* struct orr_targets[2]: [a, b]                                       */
    ORR_KEY_BETWEEN,    /* in struct orr_link_spec: [a, b]                                     */
    ORR_KEY_WITHIN,     /* in struct orr_link_spec: one region or group, or `any`              */
    ORR_KEY_CONDITION,  /* struct orr_condition                                                */
    ORR_KEY_RANGE,      /* struct orr_range: one whole number or `2..5`                        */
    ORR_KEY_GENESIS,    /* the same: words, what a genesis.json says (models/chain/genesis.h)     */
    ORR_KEY_NUMBERS,    /* pointer and count, both of 64 bits: one or a list of numbers        */
    ORR_KEY_KINDS,      /* pointer and count: one or a list of message kinds                   */
    ORR_KEY_FIELDS,     /* pointer and count: one or a list of fields of messages              */
    ORR_KEY_ENDS,       /* pointer and count: one or a list of fault names                     */
    ORR_KEY_VALUES,     /* pointer and count of const char *: one or a list of any values, each
                           as --set writes it                                                  */
    ORR_KEY_CHANGES     /* the same: a map from keys to values, each as --set takes it         */
};

struct orr_choice {
    const char *text; /* NULL ends the list */
    uint32_t value;
    const char *help;
};

struct orr_scenario_key {
    const char *name;
    enum orr_scenario_key_type type;
    enum orr_quantity quantity;
    size_t offset, count_offset;  /* where the value goes; count_offset for pointer and count */
    size_t where_offset;          /* struct orr_span that learns the place; 0: none           */
    int64_t min, max;             /* both allowed; both 0: what the type holds                */
    const char *fallback;         /* the default, as it would be written; NULL: none          */
    uint32_t kinds;               /* bit per kind of the table that has this key; 0: all      */
    uint32_t needed;              /* bit per kind that cannot do without; ORR_KEY_NEEDED: all     */
    const struct orr_choice *choices;
    const struct orr_scenario_table *table;
    const char *otherwise;        /* what to use with the other kinds, for the message; or NULL */
    const char *help;
};
#define ORR_KEY_NEEDED UINT32_MAX
#define ORR_NO_KEY UINT32_MAX

struct orr_scenario_table {
    const char *name;             /* in the schema's definitions                              */
    const char *title;            /* what a map of these keys is, for messages: "a link"      */
    const struct orr_scenario_key *keys; /* [n]                                               */
    uint32_t n;
    uint32_t kind_key;            /* the CHOICE that tells kinds apart, or ORR_NO_KEY         */
    uint32_t scalar_key;          /* a scalar in place of the map is for this key, or ORR_NO_KEY */
    size_t size;                  /* of the struct                                            */
    size_t where_offset;          /* struct orr_span of the whole; 0: none                    */
    size_t name_offset;           /* NAMED: const char *                                      */
};

/* The keys at the top of a file; they fill struct orr_scenario. */
extern const struct orr_scenario_table orr_scenario_keys;

/* What is accepted as a value: "a duration such as `120 ms` (ns, us, ms, s, ...)".  Returns out. */
char *orr_scenario_key_accepts(const struct orr_scenario_key *key, char *out, size_t size);

/* The number of the row with that name, or ORR_NO_KEY. */
uint32_t orr_scenario_key_find(const struct orr_scenario_table *table, const char *name,
                               size_t len);

/* The row of a protocol's configuration key as a row of this table; choices has room for
 * ORR_MAX_CHOICES and is lent to the row, as are fallback's 48 bytes. */
enum { ORR_MAX_CHOICES = ORR_CONFIG_CHOICES_MAX + 1 };
struct orr_scenario_key orr_scenario_key_of_config(const struct orr_config_key *config,
                                                   struct orr_choice *choices, char *fallback);
#endif
