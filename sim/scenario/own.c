/* own.c - `expect: {own: ...}`: the oracles that the plug-ins of the groups' roles bring. */
#include <string.h>

#include "sim/base/plugin.h"
#include "sim/engine/oracle.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/rows.h"

enum { MAX_OWN = 32 };

/* What a group's plug-in brings: a NULL-terminated array; NULL: nothing. */
static const struct orr_oracle *const *brought_by(const struct orr_group_spec *group) {
    return group->plugin ? orr_plugin_symbol(group->plugin, "orr_oracles") : NULL;
}

/* All oracles, each once, in the order of the groups. */
static uint32_t collect(const struct orr_scenario *s, struct orr_own_spec own[MAX_OWN]) {
    uint32_t n = 0;
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_oracle *const *oracle = brought_by(&s->groups[g]);
        for (uint32_t k = 0; k < g && oracle; k++)
            if (s->groups[k].plugin == s->groups[g].plugin) oracle = NULL; /* seen */
        for (; oracle && *oracle && n < MAX_OWN; oracle++)
            own[n++] = (struct orr_own_spec){.oracle = *oracle, .expected = ORR_EXPECT_HOLDS};
    }
    return n;
}

/* What makes it no oracle, or NULL.  Verdicts are told apart by name. */
static const char *flaw_of(const struct orr_own_spec *own, uint32_t i) {
    const struct orr_oracle *o = own[i].oracle;
    if (!o->name || !orr_is_word(o->name, strlen(o->name))) return "a name that is a word";
    if (strlen(o->name) > 40 ||
        orr_scenario_key_find(&orr_expect_table, o->name, strlen(o->name)) != ORR_NO_KEY)
        return "a name that is none of the keys under `expect:`, at most 40 letters";
    for (uint32_t k = 0; k < i; k++)
        if (!strcmp(own[k].oracle->name, o->name)) return "a name of its own";
    if (!o->begin || !o->judge) return "begin() and judge()";
    if (orr_config_flaw(o->keys, o->settings_size)) return "keys that are whole and in its struct";
    if (o->wants && !o->hear) return "hear(), because it wants records";
    return NULL;
}

/* `holds`, `broken`, `unchecked`, or a map of settings. */
static bool bind_one(struct orr_binder *b, const struct orr_scenario_key *key,
                     const struct orr_tree *tree, struct orr_own_spec *own) {
    size_t mark = orr_bind_enter(b, own->oracle->name);
    bool is_map = tree->kind == ORR_TREE_MAP, good = true;
    own->asked = true;
    if (!is_map) {
        struct orr_scenario_key choice = {
            .name = own->oracle->name, .type = ORR_KEY_CHOICE, .choices = key->choices};
        uint32_t expected = ORR_EXPECT_HOLDS;
        good = orr_bind_key(b, &choice, tree, &expected);
        own->expected = (enum orr_expectation)expected;
    }
    const struct orr_tree *map = is_map ? tree : orr_tree_map(b->store, tree->where);
    good = orr_bind_settings(b, map, own->oracle->keys, own->oracle->settings_size,
                             own->oracle->name, &own->settings) &&
           good;
    orr_bind_leave(b, mark);
    return good;
}

bool orr_bind_own(struct orr_binder *b, const struct orr_scenario_key *key,
                  const struct orr_tree *map, void *base) {
    if (map->kind != ORR_TREE_MAP)
        return orr_bind_error(b, map, "for example {NAME: holds}", "a map of oracles is meant");
    struct orr_own_spec *own = orr_store_alloc(b->store, MAX_OWN * sizeof *own);
    uint32_t n = collect(b->scenario, own);
    const struct orr_tree *nothing = orr_tree_map(b->store, map->where);
    const char *names[MAX_OWN];
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_oracle *o = own[i].oracle;
        const char *flaw = flaw_of(own, i);
        if (flaw)
            return orr_bind_error(b, map,
                                  "struct orr_oracle of sim/engine/oracle.h says what it is",
                                  "oracle %u of the plug-ins needs %s", i, flaw);
        names[i] = o->name;
        int64_t at = orr_tree_find(map, o->name, strlen(o->name));
        if (at >= 0)
            good = bind_one(b, key, map->items[at], &own[i]) && good;
        else
            good = orr_bind_settings(b, nothing, o->keys, o->settings_size, o->name,
                                     &own[i].settings) &&
                   good;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        const struct orr_tree *name = map->keys[i];
        bool known = false;
        for (uint32_t j = 0; j < n; j++) known = known || !strcmp(names[j], name->text);
        if (known) continue;
        const char *hint =
            n ? orr_bind_hint(b, name, names, n, "the plug-ins of the roles bring others")
              : "oracles of one's own come with a role's plug-in (role: ./mine.c)";
        good = orr_bind_error(b, name, hint, "no plug-in brings an oracle '%.80s'", name->text);
    }
    memcpy(orr_bind_at(base, key->offset), &own, sizeof own);
    memcpy(orr_bind_at(base, key->count_offset), &n, sizeof n);
    return good;
}
