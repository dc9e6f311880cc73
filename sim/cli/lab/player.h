/* player.h - a protocol that answers each call as a record says: what the judge runs in place of
 * the code under test. */
#ifndef ORR_SIM_CLI_LAB_PLAYER_H
#define ORR_SIM_CLI_LAB_PLAYER_H

#include "sim/cli/lab/record.h"

struct orr_lab_player {
    struct orr_lab_cursor cursor;
    struct orr_lab_claims claims;         /* the record's, as read                           */
    struct orr_protocol protocol;         /* points into this: to be given to a scenario     */
    const char *kinds[ORR_LAB_KINDS + 1];
    bool is_over;   /* the record has no further call, and one was asked for          */
    bool is_forged; /* a call is not the one that the run makes, or no whole one      */
};

/* Makes it ready to play a record, which is lent as long as the player is.  One player at a time is
 * in use in a process: the latest. */
void orr_lab_player_init(struct orr_lab_player *player, const struct orr_lab_record *record);
/* After a run that came to its end: has all of the record been played? */
bool orr_lab_player_is_done(const struct orr_lab_player *player);
#endif
