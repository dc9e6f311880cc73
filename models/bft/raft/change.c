/* change.c - which changes of the members hold (thesis 4.1; section 6), at the end of a step. */
#include "models/bft/raft/state.h"

/* Whoever holds an entry of a change knows that the one before it is committed. */
static uint64_t held_to(const struct orr_raft *r) {
    uint64_t last = orr_raft_log_last(&r->log), change = orr_raft_log_last_change(&r->log, last);
    bool is_open = change > r->commit && r->config->config_change != ORR_RAFT_AT_ONCE;
    return is_open ? change - 1 : last;
}

/* The voter that has most of this leader's log. */
static uint32_t most_like_this(const struct orr_raft *r) {
    uint32_t best = r->me;
    for (uint32_t i = 0; i < r->n; i++)
        if (i != r->me && orr_raft_is_voter(&r->members, i) &&
            (best == r->me || r->match[i] > r->match[best]))
            best = i;
    return best;
}

/* Is it still a leader, and who has to be sent what? */
static void lead_members(struct orr_raft *r) {
    bool has_left = !orr_raft_is_voter(&r->members, r->me) && r->config->step_down;
    if (has_left && r->config->hand_over) orr_raft_hand_over(r, most_like_this(r));
    if (has_left && r->heir == ORR_NOBODY) { /* section 6 */
        orr_raft_follow(r, r->term, ORR_NOBODY);
        return;
    }
    if (r->members.auto_leave) orr_raft_change(r, ORR_RAFT_LEAVE, NULL);
    orr_raft_flush(r);   /* to those who have come in */
    orr_raft_advance(r); /* fewer may be enough       */
}

static void welcome(struct orr_raft *r, uint32_t i) {
    r->match[i] = 0;
    r->peers[i] = (struct orr_raft_peer){.next = orr_raft_log_last(&r->log), /* there is one */
                                         .is_probed = true, .is_active = true};
}

void orr_raft_reconfigure(struct orr_raft *r) {
    while (r->changes) { /* ends: more is committed each time */
        r->changes = false;
        orr_raft_log_members(&r->log, held_to(r), &r->spare);
        for (uint32_t i = 0; i < r->n; i++) {
            bool comes = orr_raft_is_member(&r->spare, i) && !orr_raft_is_member(&r->members, i);
            if (comes && i != r->me) welcome(r, i);
        }
        orr_raft_members_copy(&r->members, &r->spare);
        if (r->role == ORR_RAFT_LEADER) lead_members(r);
    }
}
