/* units.h - quantities as a scenario writes them: a decimal number and a unit.
 *
 * Reading is exact: digits and powers of ten, no floating point.  What is finer than the base unit
 * is refused, not rounded, but for rates (a third of an event per second has no finite decimal). */
#ifndef ORR_SIM_SCENARIO_UNITS_H
#define ORR_SIM_SCENARIO_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* QUANTITY(name, what it is called, an example, has a sign, unit may be absent, is rounded) */
#define ORR_QUANTITIES(QUANTITY)                                                        \
    QUANTITY(TIME, "a duration", "120 ms", false, false, false)        /* ns          */ \
    QUANTITY(OFFSET, "a duration, ahead or behind", "-5 ms", true, false, false) /* ns */ \
    QUANTITY(SIZE, "a size", "64 KiB", false, false, false)            /* bytes       */ \
    QUANTITY(BANDWIDTH, "a bandwidth", "1 Gbit/s", false, false, false) /* bits/s     */ \
    QUANTITY(RATE, "a rate", "200 /s", false, false, true)             /* per 10^9 s  */ \
    QUANTITY(SHARE, "a share", "5 %", false, true, false)              /* parts in 10^9 */ \
    QUANTITY(DRIFT, "a clock drift", "50 ppm", true, false, false)     /* parts in 10^9 */ \
    QUANTITY(FACTOR, "a factor", "2.5", false, true, false)            /* parts in 10^9 */

enum orr_quantity {
#define QUANTITY(name, what, example, is_signed, bare, rounded) ORR_QUANTITY_##name,
    ORR_QUANTITIES(QUANTITY)
#undef QUANTITY
    ORR_N_QUANTITIES
};

/* One unit is num / den base units. */
struct orr_unit {
    const char *name;
    uint64_t num, den;
};

struct orr_quantity_info {
    const char *what, *example;
    bool is_signed, bare, rounded;
    const struct orr_unit *units; /* ends with .name == NULL; the first n_shown are to be shown */
    uint32_t n_shown;             /* the rest are spellings that are understood too */
};
const struct orr_quantity_info *orr_quantity_info(enum orr_quantity quantity);

enum orr_quantity_fault {
    ORR_QUANTITY_GOOD,
    ORR_QUANTITY_NO_NUMBER,    /* does not begin with a plain decimal number */
    ORR_QUANTITY_NO_UNIT,
    ORR_QUANTITY_UNKNOWN_UNIT,
    ORR_QUANTITY_TOO_FINE,     /* not a whole number of base units           */
    ORR_QUANTITY_TOO_LARGE,    /* past 2^63 base units, or over 30 digits    */
    ORR_QUANTITY_NEGATIVE
};

/* Reads all of text[len].  On GOOD, *value is in base units; else *at is where it went
 * wrong. */
enum orr_quantity_fault orr_quantity_parse(enum orr_quantity quantity, const char *text, size_t len,
                                           int64_t *value, size_t *at);

/* Writes value in the largest unit that shows it without a fraction, as the parser reads it;
 * out holds at least 48 bytes. */
void orr_quantity_print(enum orr_quantity quantity, int64_t value, char *out, size_t size);

/* What is meant by a unit that is often written in its place (`Mbps`, `sec`, `KB`), or the nearest
 * unit by spelling, or NULL. */
const char *orr_unit_meant(enum orr_quantity quantity, const char *text, size_t len);
#endif
