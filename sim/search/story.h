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

/* One thing that is told.  Texts are lent for the call. */
struct orr_story_event {
    enum orr_story_event_kind {
        ORR_STORY_FAULT_BEGINS, ORR_STORY_FAULT_ENDS, /* `node` ORR_NOBODY: no one node       */
        ORR_STORY_AT_NODE,                            /* something happened at `node`         */
        ORR_STORY_MESSAGE,                            /* of `from`, sent at `sent`, to `node` */
    } kind;
    orr_time sent, at;
    orr_peer from, node;
    bool is_wrong;    /* one of two decisions that differ                        */
    const char *text; /* of a message what it says, of a fault what the scenario has; else the
                         line without its time                                   */
};

/* The same of a run that is not quite an ordinary one.  Zero-initialised: of one that is. */
struct orr_story_wish {
    uint32_t n_lines;
    bool fills;          /* where few lines say what happened, the last events do: messages that
                            arrived, timers, what was delivered                             */
    const char *ending;  /* what broke, known from elsewhere, at `until`; NULL: the run says */
    orr_time until;      /* with `ending`: what comes later is not told                      */
    struct orr_run_options how; /* a tap of the story's is put in front of its own           */
    /* Of an ORR_TAP_EVENT: is it one of those that led to what broke?  What it says, lent until
     * the story is told, or NULL: no.  Its line is then weightier than that others decided, too. */
    const char *(*cause)(void *ctx, const struct orr_tap_record *r);
    /* Hears each thing that is told, in the order of time: for those who draw it.  NULL: nobody. */
    void (*told)(void *ctx, const struct orr_story_event *event);
    void *ctx;
    struct orr_run_result *result; /* NULL, or where the run's goes (to be given to
                                      orr_run_result_fini(), also after an error)           */
};
int orr_story_tell_as(const struct orr_scenario *scenario, const struct orr_story_wish *wish,
                      char **story, struct orr_diags *diags);
#endif
