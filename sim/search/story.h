/* story.h - what happened in a run, in a few lines that a person reads: the faults, what was
 * proposed and decided where it went wrong, who signed for it, and what that breaks.
 *
 * The one way to tell it, of findings (`orrery hunt`) and of whatever else fails:
 *
 *     struct orr_diags diags = {0};
 *     char *story;
 *     if (!orr_story_tell(scenario, ORR_STORY_LINES, &story, &diags)) {
 *         fputs(story, stdout);
 *         free(story);
 *     }
 *     orr_diags_fini(&diags);
 *
 * It runs the scenario once in this process: for a run that is known to come to its end
 * (orr_finding_look, in a process of its own, finds that out). */
#ifndef ORR_SIM_SEARCH_STORY_H
#define ORR_SIM_SEARCH_STORY_H

#include "sim/scenario/scenario.h"

enum { ORR_STORY_LINES = 10, ORR_STORY_LINE_CHARS = 160 };

/* *story: at most n_lines (at least 1) lines in the order of time, each ended and of fewer than
 * ORR_STORY_LINE_CHARS characters of plain text; owned by the caller, free().  The last says what
 * broke, or that nothing did.  The same scenario has the same story.  0, or what orr_run says. */
int orr_story_tell(const struct orr_scenario *scenario, uint32_t n_lines, char **story,
                   struct orr_diags *diags);
#endif
