/* Links of the topology that a cut keeps from coming back: they are owed, and come when it ends. */
#include "tests/sim/engine/probe.h"

/* n1 of a line of three comes back in the middle of a cut from n0; cut_off ends it. */
static void restart_in_cut(struct world *w, orr_time ends) {
    static const struct orr_edge line[] = {{0, 1, -1}, {1, 3, -1}};
    world_of(w, 4, line, 2, 5 * MS);
    world_start(w);
    orr_sim_call_at(w->sim, 100 * MS, cut_on, w->sim);
    orr_sim_call_at(w->sim, 200 * MS, crash_1, w->sim);
    orr_sim_call_at(w->sim, 300 * MS, restart_1, w->sim);
    orr_sim_call_at(w->sim, ends, cut_off, w->sim);
    orr_sim_run(w->sim, 250 * MS);
    check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0 n3\n0.000 n1 up n3, has n0 n3\n"
                "0.000 n3 up n1, has n1\n205.000 n3 down n1 (crash), has\n");
}

/* Else the two would be apart for good: neither a cut nor a crash is left that could be mended. */
START_TEST(a_link_of_the_topology_comes_back_when_the_cut_ends_that_swallowed_its_dial) {
    struct world w;
    on_event = listen;
    restart_in_cut(&w, 20 * S); /* long after the last try */
    orr_sim_run(w.sim, 60 * S);
    check_story("305.000 n3 up n1, has n1\n310.000 n1 up n3, has n3\n"
                "7300.000 n1 down n0 (cut), has n3\n"
                /* n0 has the old connection yet: its other end crashed */
                "20005.000 n0 down n1 (crash), has n1\n20005.000 n0 up n1, has n1\n"
                "20010.000 n1 up n0, has n0 n3\n");
    world_fini(&w);
    restart_in_cut(&w, 5 * S); /* between the last try, at 3.3 s, and giving up */
    orr_sim_run(w.sim, 60 * S);
    check_story("305.000 n3 up n1, has n1\n310.000 n1 up n3, has n3\n"
                "7300.000 n1 down n0 (cut), has n3\n"
                "7305.000 n0 down n1 (crash), has n1\n7305.000 n0 up n1, has n1\n"
                "7310.000 n1 up n0, has n0 n3\n");
    world_fini(&w);
    restart_in_cut(&w, 20 * S); /* it crashes again: what it then dials is dialled once */
    orr_sim_call_at(w.sim, 10 * S, crash_1, w.sim);
    orr_sim_call_at(w.sim, 19990 * MS, restart_1, w.sim);
    orr_sim_run(w.sim, 60 * S);
    check_story("305.000 n3 up n1, has n1\n310.000 n1 up n3, has n3\n"
                "7300.000 n1 down n0 (cut), has n3\n10005.000 n3 down n1 (crash), has\n"
                "19995.000 n3 up n1, has n1\n20000.000 n1 up n3, has n3\n"
                "20995.000 n0 down n1 (crash), has n1\n20995.000 n0 up n1, has n1\n"
                "21000.000 n1 up n0, has n0 n3\n");
    world_fini(&w);
}
END_TEST

/* Hangs up on n0 at 10 s, whether it is linked to it or only owed to be. */
static int leaver(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event, out);
    if (self == 1 && event->kind == ORR_START) orr_arm(out, 0, event->now + 10 * S);
    if (event->kind == ORR_TIMER) orr_hangup(out, 0);
    return 0;
}
START_TEST(a_link_that_was_hung_up_is_owed_to_nobody) {
    struct world w;
    on_event = leaver;
    restart_in_cut(&w, 20 * S);
    orr_sim_run(w.sim, 60 * S);
    check_story("305.000 n3 up n1, has n1\n310.000 n1 up n3, has n3\n"
                "7300.000 n1 down n0 (cut), has n3\n");
    world_fini(&w);
}
END_TEST

ORR_TEST_MAIN("sim.owed",
              a_link_of_the_topology_comes_back_when_the_cut_ends_that_swallowed_its_dial,
              a_link_that_was_hung_up_is_owed_to_nobody)
