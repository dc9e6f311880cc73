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

#include "sim/run/run.h"

enum { ORR_STORY_LINES = 10, ORR_STORY_LINE_CHARS = 160 };

/* *story: at most n_lines (at least 1) lines in the order of time, each ended and of fewer than
 * ORR_STORY_LINE_CHARS characters of plain text; owned by the caller, free().  The last says what
 * broke, or that nothing did.  The same scenario has the same story.  0, or what orr_run says. */
int orr_story_tell(const struct orr_scenario *scenario, uint32_t n_lines, char **story,
                   struct orr_diags *diags);

/* The same of a run that is not quite an ordinary one.  Zero-initialised: of one that is. */
struct orr_story_wish {
    uint32_t n_lines;
    bool fills;          /* where few lines say what happened, the last events do: messages that
                            arrived, timers, what was delivered                             */
    const char *ending;  /* what broke, known from elsewhere, at `until`; NULL: the run says */
    orr_time until;      /* with `ending`: what comes later is not told                      */
    struct orr_run_options how; /* a tap of the story's is put in front of its own           */
};
int orr_story_tell_as(const struct orr_scenario *scenario, const struct orr_story_wish *wish,
                      char **story, struct orr_diags *diags);
#endif
