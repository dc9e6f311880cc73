/* rows.h - how a row of a table of keys is written; for keys.c and expect.c alone. */
#ifndef ORR_SIM_SCENARIO_ROWS_H
#define ORR_SIM_SCENARIO_ROWS_H

#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"

/* clang-format off: rows of a table */
#define AT(type, field) .offset = offsetof(struct type, field)
#define PAIR_AT(type, pointer, count) \
    .offset = offsetof(struct type, pointer), .count_offset = offsetof(struct type, count)
#define WHERE_AT(type, field) .where_offset = offsetof(struct type, field)
#define A(quantity_name) .type = ORR_KEY_QUANTITY, .quantity = ORR_QUANTITY_##quantity_name
#define TABLE(id, title_text, type, kind, scalar, ...)                                      \
    static const struct orr_scenario_table id##_table = {                                   \
        .name = #id, .title = title_text, .keys = id##_keys,                                \
        .n = sizeof id##_keys / sizeof id##_keys[0], .kind_key = kind, .scalar_key = scalar, \
        .size = sizeof(struct type), __VA_ARGS__}
#define BIT(kind) (1u << (kind))

enum { US = 1000, MS = 1000 * US };
#define WHOLE 1000000000 /* parts in 10^9 */
#define SECOND ((int64_t)1000 * MS)
#define YEARS ORR_TIME_MAX

extern const struct orr_scenario_table orr_expect_table; /* expect.c */
extern const struct orr_scenario_table orr_sweep_table;  /* sweep.c  */
#endif
