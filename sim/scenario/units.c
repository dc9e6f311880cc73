#include "sim/scenario/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/diag.h"

#define K  1000ull
#define KI 1024ull

static const struct orr_unit time_units[] = {
    {"ns", 1, 1},
    {"us", K, 1},
    {"ms", K *K, 1},
    {"s", K *K *K, 1},
    {"min", 60 * K *K *K, 1},
    {"h", 3600 * K *K *K, 1},
    {"d", 86400 * K *K *K, 1},
    {"µs", K, 1},
    {NULL, 0, 0},
};
static const struct orr_unit size_units[] = {
    {"B", 1, 1},        {"kB", K, 1},           {"MB", K *K, 1},
    {"GB", K *K *K, 1}, {"TB", K *K *K *K, 1},  {"KiB", KI, 1},
    {"MiB", KI *KI, 1}, {"GiB", KI *KI *KI, 1}, {"TiB", KI *KI *KI *KI, 1},
    {NULL, 0, 0},
};
static const struct orr_unit bandwidth_units[] = {
    {"bit/s", 1, 1},           {"kbit/s", K, 1}, {"Mbit/s", K *K, 1}, {"Gbit/s", K *K *K, 1},
    {"Tbit/s", K *K *K *K, 1}, {"B/s", 8, 1},    {"kB/s", 8 * K, 1},  {"MB/s", 8 * K *K, 1},
    {"GB/s", 8 * K *K *K, 1},  {NULL, 0, 0},
};
static const struct orr_unit rate_units[] = {
    {"/s", K *K *K, 1},     {"/min", K *K *K, 60}, {"/h", K *K *K, 3600},
    {"/ms", K *K *K *K, 1}, {"per s", K *K *K, 1}, {NULL, 0, 0},
};
static const struct orr_unit share_units[] = {
    {"%", K *K * 10, 1},
    {"ppm", K, 1},
    {"ppb", 1, 1},
    {NULL, 0, 0},
};
static const struct orr_unit drift_units[] = {
    {"ppm", K, 1},
    {"ppb", 1, 1},
    {"%", K *K * 10, 1},
    {NULL, 0, 0},
};
static const struct orr_unit factor_units[] = {
    {"x", K *K *K, 1},
    {"%", K *K * 10, 1},
    {NULL, 0, 0},
};

#define TIME_UNITS      time_units, 7
#define OFFSET_UNITS    time_units, 7
#define SIZE_UNITS      size_units, 9
#define BANDWIDTH_UNITS bandwidth_units, 9
#define RATE_UNITS      rate_units, 3
#define SHARE_UNITS     share_units, 2
#define DRIFT_UNITS     drift_units, 3
#define FACTOR_UNITS    factor_units, 0

static const struct orr_quantity_info infos[ORR_N_QUANTITIES] = {
#define QUANTITY(name, what, example, is_signed, bare, rounded) \
    {what, example, is_signed, bare, rounded, name##_UNITS},
    ORR_QUANTITIES(QUANTITY)
#undef QUANTITY
};

/* How people write what has another name here. */
static const struct {
    const char *written, *meant;
} slips[] = {
    {"sec", "s"},       {"secs", "s"},        {"second", "s"},    {"seconds", "s"},
    {"S", "s"},         {"msec", "ms"},       {"millis", "ms"},   {"milliseconds", "ms"},
    {"usec", "us"},     {"nsec", "ns"},       {"m", "min"},       {"mins", "min"},
    {"minute", "min"},  {"minutes", "min"},   {"hour", "h"},      {"hours", "h"},
    {"hr", "h"},        {"day", "d"},         {"days", "d"},      {"b", "B"},
    {"byte", "B"},      {"bytes", "B"},       {"KB", "kB"},       {"K", "kB"},
    {"k", "kB"},        {"kb", "kB"},         {"M", "MB"},        {"mb", "MB"},
    {"G", "GB"},        {"gb", "GB"},         {"kib", "KiB"},     {"Kib", "KiB"},
    {"bps", "bit/s"},   {"kbps", "kbit/s"},   {"Kbps", "kbit/s"}, {"mbps", "Mbit/s"},
    {"Mbps", "Mbit/s"}, {"Mb/s", "Mbit/s"},   {"Gbps", "Gbit/s"}, {"gbps", "Gbit/s"},
    {"Gb/s", "Gbit/s"}, {"Mbit", "Mbit/s"},   {"Gbit", "Gbit/s"}, {"MBps", "MB/s"},
    {"KB/s", "kB/s"},   {"tps", "/s"},        {"tx/s", "/s"},     {"Hz", "/s"},
    {"hz", "/s"},       {"per second", "/s"}, {"/sec", "/s"},     {"per minute", "/min"},
    {"percent", "%"},   {"pct", "%"},         {"times", "x"},
};

const struct orr_quantity_info *orr_quantity_info(enum orr_quantity quantity) {
    assert((unsigned)quantity < ORR_N_QUANTITIES);
    return &infos[quantity];
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A plain decimal number: 0, 12, 0.5; no leading zeros, exponent, underscore or bare point. Returns
 * its length, 0 when there is none. */
static size_t read_number(const char *text, size_t len, unsigned __int128 *digits, unsigned *n_frac,
                          bool *large) {
    size_t i = 0;
    *digits = 0, *n_frac = 0, *large = false;
    if (i == len || !is_digit(text[i])) return 0;
    if (text[0] == '0' && len > 1 && is_digit(text[1])) return 0;
    for (; i < len && is_digit(text[i]); i++) {
        *digits = 10 * *digits + (unsigned)(text[i] - '0');
        if (i >= 30) *large = true;
        if (*large) *digits = 0;
    }
    if (i == len || text[i] != '.') return i;
    size_t point = i++;
    for (; i < len && is_digit(text[i]); i++) {
        if (i > 30) *large = true;
        *digits = *large ? 0 : 10 * *digits + (unsigned)(text[i] - '0');
        if (!*large) ++*n_frac;
    }
    return i == point + 1 ? 0 : i;
}

static const struct orr_unit *find_unit(const struct orr_quantity_info *info, const char *text,
                                        size_t len) {
    for (const struct orr_unit *unit = info->units; unit->name; unit++)
        if (strlen(unit->name) == len && !memcmp(unit->name, text, len)) return unit;
    return NULL;
}

/* digits / 10^n_frac * num / den in base units. */
static enum orr_quantity_fault scale(unsigned __int128 digits, unsigned n_frac, uint64_t num,
                                     uint64_t den, bool rounded, unsigned __int128 *value) {
    for (; n_frac && digits % 10 == 0; n_frac--) digits /= 10;
    unsigned __int128 divisor = den;
    for (; n_frac; n_frac--) { /* cancel factors of the unit first, so that nothing overflows */
        if (num % 10 == 0)
            num /= 10;
        else
            divisor *= 10; /* den <= 3600 and at most 30 digits: below 2^112 */
    }
    if (num && digits > ((unsigned __int128)1 << 126) / num) return ORR_QUANTITY_TOO_LARGE;
    *value = digits * num;
    if (*value % divisor && !rounded) return ORR_QUANTITY_TOO_FINE;
    *value = *value / divisor + (*value % divisor * 2 >= divisor ? 1 : 0);
    return *value > INT64_MAX ? ORR_QUANTITY_TOO_LARGE : ORR_QUANTITY_GOOD;
}

enum orr_quantity_fault orr_quantity_parse(enum orr_quantity quantity, const char *text, size_t len,
                                           int64_t *value, size_t *at) {
    const struct orr_quantity_info *info = orr_quantity_info(quantity);
    size_t sign = len && (text[0] == '-' || (text[0] == '+' && info->is_signed));
    *at = 0;
    if (sign && !info->is_signed && len > 1 && is_digit(text[1])) return ORR_QUANTITY_NEGATIVE;
    unsigned __int128 digits, result = 0;
    unsigned n_frac;
    bool large;
    size_t n = read_number(text + sign, len - sign, &digits, &n_frac, &large);
    if (!n) return ORR_QUANTITY_NO_NUMBER;
    const char *unit_text = text + sign + n;
    size_t unit_len = len - sign - n;
    if (unit_len && *unit_text == ' ') unit_text++, unit_len--;
    static const struct orr_unit none = {"", K * K * K, 1};
    const struct orr_unit *unit = unit_len ? find_unit(info, unit_text, unit_len) : &none;
    *at = (size_t)(unit_text - text);
    if (!unit_len && !info->bare) return ORR_QUANTITY_NO_UNIT;
    if (!unit) {
        bool number_goes_on = unit_text == text + sign + n && strchr(".,_:eExX", *unit_text);
        if (number_goes_on && unit_len > 1) return *at = 0, ORR_QUANTITY_NO_NUMBER;
        return ORR_QUANTITY_UNKNOWN_UNIT;
    }
    *at = 0;
    if (large) return ORR_QUANTITY_TOO_LARGE;
    enum orr_quantity_fault fault =
        scale(digits, n_frac, unit->num, unit->den, info->rounded, &result);
    if (fault == ORR_QUANTITY_GOOD) *value = text[0] == '-' ? -(int64_t)result : (int64_t)result;
    return fault;
}

void orr_quantity_print(enum orr_quantity quantity, int64_t value, char *out, size_t size) {
    const struct orr_quantity_info *info = orr_quantity_info(quantity);
    const struct orr_unit *best = NULL;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const char *sign = value < 0 ? "-" : "";
    for (uint32_t i = 0; i < info->n_shown; i++) {
        const struct orr_unit *unit = &info->units[i];
        if (unit->den == 1 && magnitude % unit->num == 0 && (!best || unit->num > best->num) &&
            (magnitude || unit->num == 1))
            best = unit;
    }
    if (best && quantity != ORR_QUANTITY_SHARE) {
        snprintf(out, size, "%s%" PRIu64 " %s", sign, magnitude / best->num, best->name);
        return;
    }
    /* as a decimal: shares in per cent, rates per second, factors bare */
    const char *unit = quantity == ORR_QUANTITY_RATE ? " /s" : "";
    uint64_t one = K * K * K;
    if (quantity == ORR_QUANTITY_SHARE) one = K * K * 10, unit = " %";
    int n = snprintf(out, size, "%s%" PRIu64 ".", sign, magnitude / one);
    for (uint64_t rest = magnitude % one; rest && n + 8 < (int)size; rest = rest * 10 % one)
        out[n++] = (char)('0' + rest * 10 / one);
    if (out[n - 1] == '.') n--;
    snprintf(out + n, size - (size_t)n, "%s", unit);
}

const char *orr_unit_meant(enum orr_quantity quantity, const char *text, size_t len) {
    const struct orr_quantity_info *info = orr_quantity_info(quantity);
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++)
        if (strlen(slips[i].written) == len && !memcmp(slips[i].written, text, len) &&
            find_unit(info, slips[i].meant, strlen(slips[i].meant)))
            return slips[i].meant;
    const char *names[16];
    size_t n = 0;
    for (const struct orr_unit *unit = info->units; unit->name; unit++) names[n++] = unit->name;
    return orr_diag_nearest(text, len, names, n);
}
