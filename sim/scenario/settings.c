/* settings.c - what a protocol or a plug-in's oracle lets a scenario set (struct orr_config_key).
 */
#include <stdio.h>
#include <string.h>

#include "sim/scenario/bind.h"
#include "sim/scenario/keys.h"

static bool bind_setting(struct orr_binder *b, const struct orr_config_key *config,
                         const struct orr_tree *tree, void *base) {
    struct orr_choice *choices = orr_store_alloc(b->store, ORR_MAX_CHOICES * sizeof *choices);
    char *fallback = orr_store_alloc(b->store, 48);
    struct orr_scenario_key key = orr_scenario_key_of_config(config, choices, fallback);
    size_t mark = orr_bind_enter(b, config->name);
    bool good = orr_bind_key(b, &key, tree, base);
    orr_bind_leave(b, mark);
    return good;
}

static void put_fallback(const struct orr_config_key *c, void *at) {
    if (c->type == ORR_CONFIG_BOOL)
        *(bool *)at = c->fallback;
    else if (c->type == ORR_CONFIG_ENUM)
        *(uint32_t *)at = (uint32_t)c->fallback;
    else if (c->type == ORR_CONFIG_LIST)
        *(struct orr_config_list *)at = (struct orr_config_list){0};
    else
        *(uint64_t *)at = c->fallback;
}

/* Where a setting stands by its other spelling; -1: nowhere. */
static int64_t find_other(const struct orr_tree *map, const struct orr_config_key *c) {
    return c->also ? orr_tree_find(map, c->also, strlen(c->also)) : -1;
}

/* Keys of the map that are none of the settings. */
static bool refuse_unknown(struct orr_binder *b, const struct orr_tree *map,
                           const struct orr_config_key *keys, const char *const *names, size_t n,
                           const char *owner) {
    char list[600] = "accepted: ";
    size_t used = strlen(list);
    for (size_t j = 0; j < n && used < sizeof list; j++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", j ? ", " : "", names[j]);
    bool good = true;
    for (uint32_t i = 0; i < map->n; i++) {
        bool known = false;
        for (const struct orr_config_key *c = keys; c && c->name && !known; c++)
            known = !strcmp(c->name, map->keys[i]->text) ||
                    (c->also && !strcmp(c->also, map->keys[i]->text));
        if (known) continue;
        const char *all = n ? orr_store_text(b->store, list, strlen(list)) : "it has no settings";
        good = orr_bind_error(b, map->keys[i], orr_bind_hint(b, map->keys[i], names, n, all),
                              "%s has no setting '%.80s'", owner, map->keys[i]->text);
    }
    return good;
}

bool orr_bind_settings(struct orr_binder *b, const struct orr_tree *map,
                       const struct orr_config_key *keys, size_t size, const char *owner,
                       const void **settings) {
    void *base = size ? orr_store_alloc(b->store, size) : NULL;
    const char *names[64];
    size_t n = 0;
    bool good = true;
    for (const struct orr_config_key *c = keys; c && c->name; c++) {
        if (n < sizeof names / sizeof names[0]) names[n++] = c->name;
        put_fallback(c, orr_bind_at(base, c->offset));
        int64_t i = orr_tree_find(map, c->name, strlen(c->name)), also = find_other(map, c);
        if (i >= 0 && also >= 0)
            good = orr_bind_error(b, map->keys[also], "write one of the two",
                                  "'%s' is another spelling of '%s'", c->also, c->name);
        else if (i >= 0 || also >= 0)
            good = bind_setting(b, c, map->items[i >= 0 ? i : also], base) && good;
    }
    good = refuse_unknown(b, map, keys, names, n, owner) && good;
    *settings = base;
    return good;
}
