/* mishap_report.h - a protocol's mistake, and nodes that stopped, for people and for --json. */
#ifndef ORR_SIM_CLI_MISHAP_REPORT_H
#define ORR_SIM_CLI_MISHAP_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sim/run/run.h"

/* The whole report but the line that replays it. */
void orr_mishap_print(const struct orr_scenario *s, const struct orr_run_result *r, FILE *to);
/* An object, or null when there is no mishap; the caller's. */
json_t *orr_mishap_json(const struct orr_scenario *s, const struct orr_run_result *r);

/* Nodes that stopped by themselves: lines of the summary, and an array; the caller's. */
void orr_stops_print(const struct orr_scenario *s, const struct orr_run_result *r, FILE *to);
json_t *orr_stops_json(const struct orr_scenario *s, const struct orr_run_result *r);
#endif
