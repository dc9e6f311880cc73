/* The keys of `sweep:`, and what they must fulfil together. */
#include <string.h>

#include "sim/scenario/check.h"
#include "sim/scenario/rows.h"

/* clang-format off: rows of a table */
static const struct orr_scenario_key vary_keys[] = {
    {.name = "key", .type = ORR_KEY_TEXT, AT(orr_vary_spec, key), .needed = ORR_KEY_NEEDED,
     .help = "which key of the scenario, as --set writes it"},
    {.name = "values", .type = ORR_KEY_VALUES, PAIR_AT(orr_vary_spec, values, n_values),
     .needed = ORR_KEY_NEEDED, .help = "its values; of whole numbers 4..8 is each of them"},
    {.name = "with", .type = ORR_KEY_TEXT, AT(orr_vary_spec, with),
     .fallback = "",
     .help = "a key further up, along whose values these go, one for one; without it every "
             "combination is run"},
};
TABLE(vary, "a key that varies", orr_vary_spec, ORR_NO_KEY, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_vary_spec, where));

static const struct orr_scenario_key variant_keys[] = {
    {.name = "set", .type = ORR_KEY_CHANGES, PAIR_AT(orr_variant_spec, changes, n_changes),
     .fallback = "{}", .help = "what is otherwise: {nodes.val.count: 7, faults: []}"},
};
TABLE(variant, "a variant", orr_variant_spec, ORR_NO_KEY, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_variant_spec, where),
      .name_offset = offsetof(struct orr_variant_spec, name));

static const struct orr_scenario_key sweep_keys[] = {
    {.name = "seeds", .type = ORR_KEY_VALUES, PAIR_AT(orr_sweep_spec, seeds, n_seeds),
     .help = "seeds, each in every combination: 1..10, or [1..10, 20]; without it the scenario's"},
    {.name = "vary", .type = ORR_KEY_LIST, PAIR_AT(orr_sweep_spec, vary, n_vary),
     .table = &vary_table, .help = "keys and their values; every combination is run"},
    {.name = "variants", .type = ORR_KEY_NAMED, PAIR_AT(orr_sweep_spec, variants, n_variants),
     .table = &variant_table,
     .help = "by name, each several changes at once; they vary beside the keys, as `variant`"},
};
const struct orr_scenario_table orr_sweep_table = {
    .name = "sweep", .title = "a sweep", .keys = sweep_keys,
    .n = sizeof sweep_keys / sizeof sweep_keys[0],
    .kind_key = ORR_NO_KEY, .scalar_key = ORR_NO_KEY, .size = sizeof(struct orr_sweep_spec),
};
/* clang-format on */

static const struct orr_vary_spec *find(const struct orr_sweep_spec *s, uint32_t n,
                                        const char *key) {
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(s->vary[i].key, key)) return &s->vary[i];
    return NULL;
}

void orr_scenario_check_sweep(struct orr_binder *b) {
    const struct orr_sweep_spec *s = &b->scenario->sweep;
    if (s->n_vary > ORR_SCENARIO_MAX_VARY)
        complain(b, s->vary[ORR_SCENARIO_MAX_VARY].where, NULL, "more than %d keys that vary",
                 ORR_SCENARIO_MAX_VARY);
    for (uint32_t i = 0; i < s->n_vary; i++) {
        const struct orr_vary_spec *v = &s->vary[i];
        if (find(s, i, v->key)) complain(b, v->where, NULL, "'%s' varies twice", v->key);
        if (!strcmp(v->key, "variant") || strchr(v->key, '='))
            complain(b, v->where, "for example nodes.val.count", "'%s' is no key of a scenario",
                     v->key);
        if (!*v->with) continue;
        const struct orr_vary_spec *lead = find(s, i, v->with);
        if (!lead || *lead->with)
            complain(b, v->where, "a key further up that goes along with none itself",
                     "no key '%s' to go along with", v->with);
    }
}
