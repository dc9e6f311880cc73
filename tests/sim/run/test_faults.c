/* Every kind of fault and every way to choose its victims, as a scenario writes them, held to what
 * a ping-pong must then see: with a constant latency each arrival follows from the text of a row.
 */
#include "tests/sim/engine/story.h"

/* Node 0 pings the others each 100 ms, a message takes 10 ms. */
static const char three[] = "orrery: 1\nname: t\nduration: 345 ms\n"
                            "nodes:\n"
                            "  p: {count: 1, role: ping-pong, config: {period: 100 ms}}\n"
                            "  q: {count: 2, role: ping-pong, region: east}\n"
                            "network:\n"
                            "  latency: 10 ms\n"
                            "record: none\nfaults:\n";
#define PINGS "10 110 210 310"
#define PONGS "20 20 120 120 220 220 320 320"
#define BOTH  "1: " PINGS "; 2: " PINGS "; "

START_TEST(nodes_crash_pause_and_start_again) {
    static const struct row rows[] = {
        {"  - {at: 344 ms, do: crash, target: q}\n", "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 150 ms, do: crash, target: q.0}\n",
         "0: 20 20 120 120 220 320; 1: 10 110; 2: " PINGS "; lost 2"},
        /* what has left its uplink arrives; what comes while it is down is lost */
        {"  - {at: 115 ms, do: crash, target: q.0, restart_after: 100 ms}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 150 ms, do: crash, target: p.0, restart_after: 30 ms}\n",
         "0: 20 20 120 120 200 200 300 300; 1: 10 110 190 290; 2: 10 110 190 290; lost 0"},
        {"  - {at: 150 ms, do: restart, target: p}\n", /* a running node stops first */
         "0: 20 20 120 120 170 170 270 270; 1: 10 110 160 260; 2: 10 110 160 260; lost 0"},
        {"  - {at: 50 ms, do: crash, target: q.0}\n  - {at: 250 ms, do: restart, target: q.0}\n",
         "0: 20 20 120 220 320 320; 1: 10 310; 2: " PINGS "; lost 2"},
        {"  - {at: 105 ms, for: 100 ms, do: pause, target: q.0}\n",
         "0: 20 20 120 215 220 220 320 320; 1: 10 205 210 310; 2: " PINGS "; lost 0"},
        {"  - {at: 50 ms, for: 100 ms, do: pause, target: p.0}\n",
         "0: 20 20 170 170 270 270; 1: 10 160 260; 2: 10 160 260; lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(links_are_cut_slowed_and_made_lossy) {
    static const struct row rows[] = {
        {"  - {at: 150 ms, for: 100 ms, do: partition, groups: [[p.0], [q.0]]}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        /* what is on its way arrives */
        {"  - {at: 105 ms, for: 100 ms, do: partition, groups: [[q], [p]]}\n",
         "0: 20 20 320 320; 1: 10 110 310; 2: 10 110 310; lost 4"},
        {"  - {at: 105 ms, for: 10 ms, do: partition, one_way: true, groups: [[q.0], [p]]}\n",
         "0: 20 20 120 220 220 320 320; " BOTH "lost 1"},
        {"  - {at: 105 ms, for: 10 ms, do: partition, one_way: true, groups: [[p], [q.0]]}\n",
         "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: isolate, target: [q.0, q.1]}\n",
         "0: 20 20 120 120 320 320; 1: 10 110 310; 2: 10 110 310; lost 2"},
        {"  - {at: 105 ms, for: 10 ms, do: isolate, one_way: true, target: q.0}\n",
         "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 195 ms, for: 10 ms, do: isolate, one_way: true, target: q.0}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 150 ms, for: 100 ms, do: slow-link, target: q.0, latency: 5 ms, factor: 2}\n",
         "0: 20 20 120 120 220 250 320 320; 1: 10 110 225 310; 2: " PINGS "; lost 0"},
        {"  - {at: 0 s, do: slow-link, between: [p.0, q.1], latency: 5 ms}\n",
         "0: 20 30 120 130 220 230 320 330; 1: " PINGS "; 2: 15 115 215 315; lost 0"},
        {"  - {at: 150 ms, do: slow-link, target: all, factor: 1.5}\n",
         "0: 20 20 120 120 230 230 330 330; 1: 10 110 215 315; 2: 10 110 215 315; lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: lossy-link, target: q.0, loss: 100 %}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 195 ms, for: 10 ms, do: lossy-link, between: [p, q.0], duplicate: 100 %}\n",
         "0: 20 20 120 120 220 220 220 320 320; 1: 10 110 210 210 310; 2: " PINGS "; lost 0"},
        {"  - {at: 195 ms, for: 10 ms, do: lossy-link, target: q.0, corrupt: 100 %}\n",
         "0: " PONGS "; 1: 10 110 ~210 310; 2: " PINGS "; lost 0"},
        {"  - {at: 195 ms, for: 10 ms, do: lossy-link, target: q.0, reorder: {p: 100 %, by: 3 "
         "ms}}\n",
         "0: 20 20 120 120 220 223 320 320; 1: 10 110 213 310; 2: " PINGS "; lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(messages_are_chosen_by_number_doubled_and_swapped) {
    static const struct row rows[] = {
        {"  - {do: drop, kind: ping, nth: 2}\n", /* of each pair */
         "0: 20 20 220 220 320 320; 1: 10 210 310; 2: 10 210 310; lost 2"},
        {"  - {do: drop, to: q.1, nth: 2..3}\n",
         "0: 20 20 120 220 320 320; 1: " PINGS "; 2: 10 310; lost 2"},
        {"  - {at: 150 ms, do: drop, to: q.1, nth: 2..3}\n", /* counted from then on */
         "0: 20 20 120 120 220 220 320; " "1: " PINGS "; 2: 10 110 210; lost 1"},
        {"  - {do: duplicate, from: p, to: q.0, nth: 2, by: 3 ms}\n",
         "0: 20 20 120 120 123 220 220 320 320; 1: 10 110 113 210 310; 2: " PINGS "; lost 0"},
        {"  - {do: swap, from: p, to: q.0, nth: 2}\n", /* right behind the third */
         "0: 20 20 120 220 220 220 320 320; 1: 10 210 210 310; 2: " PINGS "; lost 0"},
        {"  - {do: swap, from: p, to: q.0, nth: 2..3}\n", /* both behind the fourth */
         "0: 20 20 120 220 320 320 320 320; 1: 10 310 310 310; 2: " PINGS "; lost 0"},
        {"  - {do: swap, from: q.0, nth: 4}\n", /* there is no fifth */
         "0: 20 20 120 120 220 220 320; " BOTH "lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(messages_are_chosen_by_kind_ends_and_chance) {
    static const struct row rows[] = {
        {"  - {at: 150 ms, for: 100 ms, do: delay, kind: ping, to: q.1, by: 7 ms}\n",
         "0: 20 20 120 120 220 227 320 320; 1: " PINGS "; 2: 10 110 217 310; lost 0"},
        {"  - {at: 150 ms, do: delay, from: q, by: 7 ms}\n",
         "0: 20 20 120 120 227 227 327 327; " BOTH "lost 0"},
        {"  - {at: 150 ms, do: drop, kind: pong}\n", "0: 20 20 120 120; " BOTH "lost 4"},
        {"  - {at: 150 ms, do: drop, kind: pong, from: q.1}\n",
         "0: 20 20 120 120 220 320; " BOTH "lost 2"},
        {"  - {at: 150 ms, do: drop, kind: pong, from: p}\n", "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 150 ms, do: drop, kind: [ping, pong], to: [q.0, p]}\n",
         "0: 20 20 120 120; 1: 10 110; 2: " PINGS "; lost 4"},
        {"  - {at: 0 s, do: drop, p: 0 %}\n", "0: " PONGS "; " BOTH "lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(targets_are_nodes_ranges_groups_regions_roles_and_lists) {
#define PAIR_CUT "0: 20 20 120 120; 1: 10 110; 2: 10 110; lost 4"
    static const struct row rows[] = {
        {"  - {at: 150 ms, do: isolate, target: q.0..1}\n", PAIR_CUT},
        {"  - {at: 150 ms, do: isolate, target: q}\n", PAIR_CUT},
        {"  - {at: 150 ms, do: isolate, target: [q.0, q.1, q]}\n", PAIR_CUT},
        {"  - {at: 150 ms, do: isolate, target: any 2 of q}\n", PAIR_CUT},
        {"  - {at: 150 ms, do: crash, target: all}\n",
         "0: 20 20 120 120; 1: 10 110; 2: 10 110; lost 0"},
        {"  - {at: 150 ms, do: crash, target: ping-pong}\n",
         "0: 20 20 120 120; 1: 10 110; 2: 10 110; lost 0"},
    };
    CHECK_ROWS(three, true, rows);
    static const char two_regions[] =
        "orrery: 1\nname: t\nduration: 345 ms\n"
        "nodes:\n"
        "  p: {count: 1, role: ping-pong, config: {period: 100 ms}, region: west}\n"
        "  q: {count: 2, role: ping-pong, region: {west: 50 %, east: 50 %}}\n"
        "network: {latency: 10 ms}\nrecord: none\nfaults:\n";
    static const struct row region[] = {
        {"  - {at: 150 ms, do: crash, target: east}\n",
         "0: 20 20 120 120 220 320; 1: " PINGS "; 2: 10 110; lost 2"},
    };
    CHECK_ROWS(two_regions, true, region);
}
END_TEST

START_TEST(faults_are_healed_by_name_and_together) {
    static const struct row rows[] = {
        {"  - {at: 150 ms, do: slow-link, target: q.0, latency: 5 ms}\n"
         "  - {at: 150 ms, do: lossy-link, target: q.1, loss: 100 %}\n"
         "  - {at: 250 ms, do: heal}\n",
         "0: 20 20 120 120 230 320 320; 1: 10 110 215 310; 2: 10 110 310; lost 1"},
        {"  - {at: 150 ms, do: drop, kind: ping, to: q.1}\n" /* is no fault of the network */
         "  - {at: 250 ms, do: heal}\n",
         "0: 20 20 120 120 220 320; 1: " PINGS "; 2: 10 110; lost 2"},
        {"  - {at: 150 ms, do: isolate, name: a, target: q.0}\n"
         "  - {at: 150 ms, do: isolate, name: b, target: q.1}\n"
         "  - {at: 250 ms, do: heal, what: [a]}\n",
         "0: 20 20 120 120 320; 1: 10 110 310; 2: 10 110; lost 3"},
        {"  - {at: 150 ms, do: isolate, target: q.0}\n"
         "  - {at: 150 ms, do: partition, groups: [[p], [q.1]]}\n"
         "  - {at: 250 ms, do: heal}\n",
         "0: 20 20 120 120 320 320; 1: 10 110 310; 2: 10 110 310; lost 2"},
        {"  - {at: 150 ms, do: pause, name: a, target: q.0}\n"
         "  - {at: 250 ms, do: heal, what: [a]}\n",
         "0: 20 20 120 120 220 260 320 320; 1: 10 110 250 310; 2: " PINGS "; lost 0"},
        {"  - {at: 150 ms, do: crash, name: a, target: q.0}\n"
         "  - {at: 250 ms, do: heal, what: [a]}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 150 ms, for: 10 h, do: isolate, name: a, target: q.0}\n" /* ends after the run */
         "  - {at: 250 ms, do: heal}\n  - {at: 260 ms, do: heal, what: [a]}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(a_fault_that_ends_leaves_the_others_standing) {
    static const struct row rows[] = {
        {"  - {at: 105 ms, for: 100 ms, do: pause, target: q.0}\n"
         "  - {at: 150 ms, for: 10 ms, do: pause, target: q.0}\n",
         "0: 20 20 120 215 220 220 320 320; 1: 10 205 210 310; 2: " PINGS "; lost 0"},
        {"  - {at: 105 ms, for: 145 ms, do: pause, target: q.0}\n" /* started again in its pause */
         "  - {at: 150 ms, do: restart, target: q.0}\n",
         "0: 20 20 120 220 260 320 320; 1: 10 250 310; 2: " PINGS "; lost 0"},
        {"  - {at: 105 ms, for: 45 ms, do: pause, target: q.0}\n" /* ends while it is down */
         "  - {at: 130 ms, do: crash, target: q.0, restart_after: 75 ms}\n",
         "0: 20 20 120 220 220 320 320; 1: 10 210 310; 2: " PINGS "; lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: isolate, target: q.0}\n"
         "  - {at: 150 ms, for: 10 ms, do: isolate, target: q}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 0 s, do: slow-link, target: q.0, latency: 5 ms, factor: 2}\n"
         "  - {at: 0 s, for: 250 ms, do: slow-link, target: q.0, factor: 2}\n",
         "0: 20 90 120 190 220 290 320; 1: 45 145 245 325; 2: " PINGS "; lost 0"},
        {"  - {at: 0 s, do: slow-link, target: q.0, factor: 524288}\n" /* past 2^64 */
         "  - {at: 0 s, do: slow-link, target: q.0, factor: 524288}\n"
         "  - {at: 0 s, do: slow-link, target: q.0, factor: 524288}\n",
         "0: 20 120 220 320; 1: ; 2: " PINGS "; lost 0"},
        {"  - {at: 150 ms, do: crash, target: q.0, restart_after: 80 ms}\n" /* twice */
         "  - {at: 180 ms, do: crash, target: q.0, restart_after: 80 ms}\n",
         "0: 20 20 120 120 220 320 320; 1: 10 110 310; 2: " PINGS "; lost 1"},
        {"  - {at: 150 ms, do: crash, target: q.0, restart_after: 50 ms}\n" /* back in between */
         "  - {at: 160 ms, do: restart, target: q.0}\n"
         "  - {at: 170 ms, do: crash, target: q.0}\n",
         "0: 20 20 120 120 220 320; 1: 10 110; 2: " PINGS "; lost 2"},
        {"  - {at: 0 s, do: crash, target: q.0}\n" /* for good */
         "  - {at: 10 ms, do: crash, target: q.0, restart_after: 100 ms}\n",
         "0: 20 120 220 320; 1: ; 2: " PINGS "; lost 4"},
        {"  - {at: 195 ms, for: 10 ms, do: lossy-link, target: q.0, duplicate: 100 %}\n"
         "  - {at: 150 ms, for: 100 ms, do: slow-link, target: q.0, latency: 5 ms, factor: 2}\n",
         "0: 20 20 120 120 220 250 250 320 320; 1: 10 110 225 225 310; 2: " PINGS "; lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

/* As above, but each event takes 1 ms of CPU. */
static const char costly[] = "orrery: 1\nname: t\nduration: 345 ms\n"
                             "nodes:\n"
                             "  p: {count: 1, role: ping-pong, config: {period: 100 ms}}\n"
                             "  q: {count: 2, role: ping-pong}\n"
                             "network: {latency: 10 ms}\n"
                             "cost: {step: 1 ms}\nrecord: none\nfaults:\n";

START_TEST(clocks_drift_and_processors_slow_down) {
    static const struct row clocks[] = {
        /* twice as fast: what was armed at 0 for 100 ms is due after 50 */
        {"  - {at: 0 s, do: clock, target: p, drift: 1000000 ppm}\n",
         "0: 20 20 70 70 120 120 170 170 220 220 270 270 320 320; "
         "1: 10 60(50) 110(100) 160(150) 210(200) 260(250) 310(300); "
         "2: 10 60(50) 110(100) 160(150) 210(200) 260(250) 310(300); lost 0"},
        {"  - {at: 0 s, do: clock, target: p, drift: -500000 ppm}\n",
         "0: 20 20 220 220; 1: 10 210(-100); 2: 10 210(-100); lost 0"},
        /* a wall clock that jumps, ahead or back, moves no timer */
        {"  - {at: 50 ms, for: 100 ms, do: clock, target: p, skew: 30 ms}\n",
         "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 90 ms, do: clock, target: p, skew: -30 ms}\n", "0: " PONGS "; " BOTH "lost 0"},
        /* half of the way of a timer that runs takes half as long */
        {"  - {at: 50 ms, for: 100 ms, do: clock, target: p, drift: 1000000 ppm}\n",
         "0: 20 20 95 95 145 145 220 220 320 320; "
         "1: 10 85(25) 135(75) 210(100) 310(100); 2: 10 85(25) 135(75) 210(100) 310(100); lost 0"},
        {"  - {at: 50 ms, do: clock, target: p, drift: 600000 ppm}\n" /* twice as fast, then 1.6 */
         "  - {at: 50 ms, for: 110 ms, do: clock, target: p, drift: 250000 ppm}\n",
         "0: 20 20 95 95 145 145 198.75 198.75 261.25 261.25 323.75 323.75; "
         "1: 10 85(25) 135(75) 188.75(121.25) 251.25(158.75) 313.75(196.25); "
         "2: 10 85(25) 135(75) 188.75(121.25) 251.25(158.75) 313.75(196.25); lost 0"},
    };
    CHECK_ROWS(three, true, clocks);
    static const struct row processors[] = {
        /* a ping leaves at 1 and is answered 1 ms after it came; a second pong waits */
        {"  - {at: 344 ms, do: slow-cpu, target: q, factor: 3}\n",
         "0: 22 23 122 123 222 223 322 323; 1: 11 111 211 311; 2: 11 111 211 311; lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: slow-cpu, target: q, factor: 3}\n",
         "0: 22 23 122 123 224 225 322 323; 1: 11 111 211 311; 2: 11 111 211 311; lost 0"},
        {"  - {at: 150 ms, do: slow-cpu, target: q, factor: 3}\n"
         "  - {at: 160 ms, for: 100 ms, do: slow-cpu, target: q, factor: 2}\n",
         "0: 22 23 122 123 227 228 324 325; 1: 11 111 211 311; 2: 11 111 211 311; lost 0"},
    };
    CHECK_ROWS(costly, true, processors);
}
END_TEST

/* Nothing of what they say is changed (`p: 0 %`): what they hear, and when, is. */
START_TEST(byzantine_nodes_rush_and_read_what_is_for_others) {
#define LIAR(who) \
    "  - {at: 150 ms, for: 100 ms, do: byzantine, behaviour: mute, p: 0 %, target: " who
    static const struct row rows[] = {
        /* 10 ms / 2^16 there, and back */
        {LIAR("q.0, rushing: true}\n"),
         "0: 20 20 120 120 200.000304 220 320 320; 1: 10 110 200.000152 310; 2: " PINGS
         "; lost 0"},
        {LIAR("q.0, reads: all}\n"), "0: " PONGS "; " BOTH "lost 0"}, /* it gets all itself */
        {LIAR("q.0, reads: all}\n") "  - {at: 150 ms, do: drop, to: q.0}\n",
         "0: 20 20 120 120 220 220.000001 320; 1: 10 110; 2: " PINGS "; lost 2"},
        {LIAR("q.0, reads: all, rushing: true}\n") "  - {at: 150 ms, do: drop, to: q.0}\n",
         "0: 20 20 120 120 200.000153 220 320; 1: 10 110; 2: " PINGS "; lost 2"},
        /* what q.1 alone hears both hear; what p.0 hears neither does */
        {LIAR("q, reads: shared}\n") "  - {at: 150 ms, do: drop, to: q.0}\n",
         "0: 20 20 120 120 220 220.000001 320; 1: 10 110; 2: " PINGS "; lost 2"},
        {LIAR("q.0, reads: shared}\n") "  - {at: 150 ms, do: drop, to: q.0}\n",
         "0: 20 20 120 120 220 320; 1: 10 110; 2: " PINGS "; lost 2"},
        {LIAR("q.0, reads: all, budget: 1}\n"), "0: " PONGS "; " BOTH "lost 0"},
    };
#undef LIAR
    CHECK_ROWS(three, true, rows);
}
END_TEST

START_TEST(byzantine_nodes_are_mute_late_damaged_and_repetitive) {
    static const struct row rows[] = {
        {"  - {at: 150 ms, for: 100 ms, do: byzantine, target: q.0, behaviour: mute}\n",
         "0: 20 20 120 120 220 320 320; " BOTH "lost 0"},
        {"  - {at: 150 ms, do: byzantine, target: p.0, behaviour: mute, kind: pong}\n",
         "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 150 ms, do: byzantine, target: q, behaviour: mute, p: 0 %}\n",
         "0: " PONGS "; " BOTH "lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: byzantine, target: q.0, behaviour: delay, by: 7 ms}\n",
         "0: 20 20 120 120 220 227 320 320; " BOTH "lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: byzantine, target: q.0, behaviour: replay}\n",
         "0: 20 20 120 120 220 220 220 320 320; " BOTH "lost 0"},
        {"  - {at: 150 ms, for: 100 ms, do: byzantine, target: q.0, behaviour: mute}\n"
         "  - {at: 160 ms, do: restart, target: q.0}\n", /* and is mute again */
         "0: 20 20 120 120 220 320 320; " BOTH "lost 0"},
    };
    CHECK_ROWS(three, true, rows);
}
END_TEST

/* Two protocols that number their kinds alike: tx and ping are kind 0, proposal and pong kind 1.  A
 * lone validator sends proposal, part, prevote and precommit at once. */
START_TEST(a_kind_is_one_of_the_senders_role) {
    static const char mixed[] = "orrery: 1\nname: t\nduration: 345 ms\n"
                                "nodes:\n"
                                "  p: {count: 3, role: ping-pong, config: {period: 100 ms}}\n"
                                "  v: {count: 1, role: tendermint}\n"
                                "network: {latency: 10 ms}\nrecord: none\nfaults:\n";
    static const struct row rows[] = {
        {"  - {at: 0 s, do: drop, kind: [tx, proposal]}\n",
         "0: 10 10 10 " PONGS "; 1: 10 10 10 " PINGS "; 2: 10 10 10 " PINGS "; 3: " PINGS
         "; lost 3"},
        {"  - {at: 0 s, do: byzantine, target: all, behaviour: mute, kind: [tx, proposal]}\n",
         "0: 10 10 10 10 " PONGS "; 1: 10 10 10 10 " PINGS "; 2: 10 10 10 10 " PINGS "; 3: " PINGS
         "; lost 0"},
        {"  - {at: 150 ms, do: drop, kind: [tx, ping]}\n",
         "0: 10 10 10 10 20 20 120 120; 1: 10 10 10 10 10 110; 2: 10 10 10 10 10 110; 3: 10 110; "
         "lost 6"},
    };
    CHECK_ROWS(mixed, true, rows);
}
END_TEST

/* Four validators decide height h at 30 + 130 (h - 1) ms: three trips of 10 ms after the pause. */
static const char four[] = "orrery: 1\nname: t\nduration: 1 s\n"
                           "nodes:\n"
                           "  v: {count: 4, role: tendermint, config: {timeout_commit: 100 ms}}\n"
                           "network: {latency: 10 ms}\n"
                           "expect: {agreement: unchecked}\nrecord: none\nfaults:\n";

START_TEST(conditions_leaders_and_disks_are_as_the_scenario_says) {
    static const struct row rows[] = {
        {"  - {when: height(v) >= 3, for: 50 ms, do: isolate, target: v.2}\n",
         "290+0 290+0@2 340-0@2 340-0 stored none"},
        {"  - {when: decisions(v.1) > 1, for: 50 ms, do: pause, target: v.2}\n",
         "160+0 160+0@2 210-0@2 210-0 stored none"},
        {"  - {when: height(v.3) >= 2, do: isolate, target: leader, for: 50 ms}\n"
         "  - {when: height(v) >= 90, do: crash, target: v}\n", /* of height 3 */
         "160+0 160+0@2 210-0@2 210-0 stored none"},
        {"  - {at: 135 ms, for: 10 ms, do: isolate, target: leader}\n"
         "  - {at: 400 ms, for: 10 ms, do: isolate, target: leader}\n", /* of heights 2 and 4 */
         "135+0 135+0@1 145-0@1 145-0 400+1 400+1@3 410-1@3 410-1 stored none"},
        {"  - {at: 40 ms, do: crash, target: v}\n" /* then nobody leads */
         "  - {at: 50 ms, for: 20 ms, do: isolate, target: leader}\n"
         "  - {at: 50 ms, do: crash, target: leader, restart_after: 30 ms}\n"
         "  - {at: 60 ms, do: crash, target: leader}\n",
         "40+0 40+0@0 40+0@1 40+0@2 40+0@3 50+1 50+2 60+3 70-1 80-2 stored none"},
        {"  - {at: 40 ms, do: crash, target: v.1, restart_after: 20 ms}\n",
         "40+0 40+0@1 60-0@1 60-0 stored some"},
        {"  - {at: 40 ms, do: crash, target: v.1, restart_after: 20 ms}\n" /* told again, not new */
         "  - {when: decisions(v.1) >= 2, for: 50 ms, do: pause, target: v.2}\n",
         "40+0 40+0@1 60-0@1 60-0 190+1 190+1@2 240-1@2 240-1 stored some"},
        {"  - {at: 40 ms, do: crash, target: v.1, restart_after: 20 ms, disk: lose}\n",
         "40+0 40+0@1 60-0@1 60-0 stored none"},
        {"  - {at: 40 ms, do: crash, target: v.1, disk: keep}\n"
         "  - {at: 60 ms, do: restart, target: v.1, disk: lose}\n",
         "40+0 40+0@1 60+1 60+1@1 60-1@1 60-1 stored none"},
        {"  - {at: 40 ms, do: full-disk, target: v.1}\n"
         "  - {at: 600 ms, do: restart, target: v.1}\n",
         "40+0 40+0@1 600+1 600+1@1 600-1@1 600-1 stored some"},
    };
    CHECK_ROWS(four, false, rows);
}
END_TEST

START_TEST(what_a_byzantine_node_says_fulfils_no_condition) {
    static const struct row rows[] = {
        {"  - {at: 1 ms, for: 1 ms, do: byzantine, target: v.3, behaviour: mute}\n"
         "  - {when: height(v.3) >= 2, do: pause, target: v.0}\n",
         "1+0 1+0@3 2-0@3 2-0 stored none"},
        {"  - {at: 1 ms, for: 1 ms, do: byzantine, target: v.3, behaviour: mute}\n"
         "  - {when: height(v.2) >= 2, do: pause, target: v.0}\n",
         "1+0 1+0@3 2-0@3 2-0 160+1 160+1@0 stored none"},
    };
    CHECK_ROWS(four, false, rows);
}
END_TEST

/* Three trips of 10 ms, and six writes of 5 ms one after the other. */
START_TEST(a_slow_disk_takes_its_factor_and_factors_multiply) {
    static const char head[] =
        "orrery: 1\nname: t\nduration: 1 s\nnodes:\n"
        "  v: {count: 4, role: tendermint, disk: {write: 2 ms, fsync: 3 ms}}\n"
        "network: {latency: 10 ms}\n"
        "expect: {agreement: unchecked}\nrecord: none\nfaults:\n"
        "  - {when: height(v) >= 1, do: pause, target: v.0}\n";
    static const struct row rows[] = {
        {"", "60+0 60+0@0 stored none"},
        {"  - {at: 0 s, do: slow-disk, target: v, factor: 3}\n",
         "0+1 0+1@0 0+1@1 0+1@2 0+1@3 120+0 120+0@0 stored none"},
        {"  - {at: 0 s, do: slow-disk, target: v, factor: 3}\n"
         "  - {at: 0 s, do: slow-disk, target: all, factor: 1.5}\n",
         "0+1 0+1@0 0+1@1 0+1@2 0+1@3 0+2 0+2@0 0+2@1 0+2@2 0+2@3 165+0 165+0@0 stored none"},
        {"  - {at: 0 s, do: slow-disk, target: v, factor: 3}\n"
         "  - {at: 0 s, for: 1 ms, do: slow-disk, target: v, factor: 1.5}\n", /* one write */
         "0+1 0+1@0 0+1@1 0+1@2 0+1@3 0+2 0+2@0 0+2@1 0+2@2 0+2@3 "
         "1-2@0 1-2@1 1-2@2 1-2@3 1-2 127.5+0 127.5+0@0 stored none"},
    };
    CHECK_ROWS(head, false, rows);
}
END_TEST

/* A ping takes 60 ms to leave: of three the second is half out, the third waits. */
START_TEST(a_crash_empties_the_uplink) {
    static const char head[] =
        "orrery: 1\nname: t\nduration: 300 ms\nrecord: none\nnodes:\n"
        "  p: {count: 1, role: ping-pong, config: {period: 10 s}, up: 1.6 kbit/s}\n"
        "  q: {count: 3, role: ping-pong}\n"
        "network: {latency: 10 ms}\nfaults:\n";
    static const struct row rows[] = {
        {"  - {at: 65 ms, do: crash, target: p.0, restart_after: 5 ms}\n",
         "0: 80 150 210 270; 1: 70 140; 2: 200; 3: 260; lost 2"},
    };
    CHECK_ROWS(head, true, rows);
}
END_TEST

/* The first write is durable at 50 ms. */
START_TEST(what_is_left_on_a_disk_is_as_the_crash_says) {
    static const char head[] = "orrery: 1\nname: t\nduration: 1 s\nnodes:\n"
                               "  v: {count: 4, role: tendermint, disk: {fsync: 50 ms}}\n"
                               "expect: {agreement: unchecked}\nrecord: none\nfaults:\n";
    static const struct row rows[] = {
        {"  - {at: 20 ms, do: crash, target: v.0, restart_after: 10 ms, disk: keep}\n",
         "20+0 20+0@0 30-0@0 30-0 stored some"},
        {"  - {at: 20 ms, do: crash, target: v.0, restart_after: 10 ms, disk: lose-unsynced}\n",
         "20+0 20+0@0 30-0@0 30-0 stored none"},
        {"  - {at: 60 ms, do: crash, target: v.0, restart_after: 10 ms, disk: lose-unsynced}\n",
         "60+0 60+0@0 70-0@0 70-0 stored some"},
        {"  - {at: 60 ms, do: crash, target: v.0, restart_after: 10 ms, disk: lose}\n",
         "60+0 60+0@0 70-0@0 70-0 stored none"},
    };
    CHECK_ROWS(head, false, rows);
}
END_TEST

/* Cut off, node 0 waits in its round for ever; the others give round 1 to node 1. */
START_TEST(of_several_leaders_the_first_is_meant) {
    static const char head[] =
        "orrery: 1\nname: t\nduration: 1 s\nnodes:\n"
        "  v: {count: 4, role: tendermint, config: {timeout_propose: 100 ms, "
        "timeout_precommit: 10 ms, timeout_commit: 10 s}}\n"
        "network: {latency: 10 ms}\n"
        "expect: {agreement: unchecked}\nrecord: none\nfaults:\n";
    static const struct row rows[] = {
        {"  - {at: 0 s, do: isolate, target: v.0}\n"
         "  - {at: 140 ms, for: 1 ms, do: pause, target: leader}\n",
         "0+0 0+0@0 140+1 140+1@0 141-1@0 141-1 stored none"},
        {"  - {at: 0 s, do: crash, target: v.0}\n"
         "  - {at: 140 ms, for: 1 ms, do: pause, target: leader}\n",
         "0+0 0+0@0 140+1 140+1@1 141-1@1 141-1 stored none"},
    };
    CHECK_ROWS(head, false, rows);
}
END_TEST

ORR_TEST_MAIN("sim.faults", nodes_crash_pause_and_start_again, links_are_cut_slowed_and_made_lossy,
              messages_are_chosen_by_kind_ends_and_chance,
              messages_are_chosen_by_number_doubled_and_swapped,
              targets_are_nodes_ranges_groups_regions_roles_and_lists,
              faults_are_healed_by_name_and_together, a_fault_that_ends_leaves_the_others_standing,
              clocks_drift_and_processors_slow_down,
              byzantine_nodes_rush_and_read_what_is_for_others,
              byzantine_nodes_are_mute_late_damaged_and_repetitive,
              a_kind_is_one_of_the_senders_role,
              conditions_leaders_and_disks_are_as_the_scenario_says,
              what_a_byzantine_node_says_fulfils_no_condition,
              a_slow_disk_takes_its_factor_and_factors_multiply, a_crash_empties_the_uplink,
              what_is_left_on_a_disk_is_as_the_crash_says, of_several_leaders_the_first_is_meant)
