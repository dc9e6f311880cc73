#include "sim/cli/vault/clock.h"

#include <stdio.h>
#include <time.h>

int64_t orr_clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

/* Days since 1970 as a date of the Gregorian calendar: eras of 400 years that begin in March. */
void orr_clock_text(int64_t seconds, char to[ORR_CLOCK_TEXT]) {
    int64_t days = seconds / 86400 + 719468, rest = seconds % 86400, era = days / 146097;
    int64_t day_of_era = days % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153, day = day_of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    snprintf(to, ORR_CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day,
             (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}
