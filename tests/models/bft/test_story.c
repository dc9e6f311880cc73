/* A small cluster tells its story; the test holds the text.  Four validators decide height 1; node
 * 1, whose turn height 2 is, is dead from 500 ms on and comes back at 6 s. */
#include <stdarg.h>

#include "tests/driver.h"

static char story[1 << 16];
static size_t used;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    used += (size_t)vsnprintf(story + used, sizeof story - used, format, args);
    va_end(args);
    ck_assert_uint_lt(used, sizeof story);
}

static void tell(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m) {
    static const char *const steps[] = {"commit", "propose", "prevote", "precommit"};
    long ms = (long)(c->now / MS);
    if (key == ORR_OUT_STEP) {
        const struct orr_progress *p = (const struct orr_progress *)m->data;
        say("%5ld ms  %u: %lu/%u %s\n", ms, node, (unsigned long)p->height, p->round,
            steps[p->step]);
    } else if (key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const struct orr_decided *)m->data;
        say("%5ld ms  %u: decides %lu of node %u, %u txs\n", ms, node, (unsigned long)d->height,
            orr_decided_proposer(d), d->n_txs);
    } else if (key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = (const struct orr_proposed *)m->data;
        say("%5ld ms  %u: proposes for %lu/%u\n", ms, node, (unsigned long)p->height, p->round);
    } else if (key == ORR_OUT_SIGNERS) {
        say("%5ld ms  %u: %u precommits\n", ms, node,
            ((const struct orr_signers *)m->data)->n_signers);
    } else {
        say("%5ld ms  %u: output %u\n", ms, node, key);
    }
}

static const char *const expected =
#include "tests/models/bft/story.inc"
    ;

START_TEST(four_validators_of_which_one_dies_and_returns_tell_the_same_story_as_ever) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 1);
    c.output = tell;
    cluster_start(&c);
    cluster_run(&c, 500 * MS);
    say("node 1 dies\n");
    cluster_crash(&c, 1, false);
    cluster_run(&c, 6000 * MS);
    say("node 1 returns\n");
    cluster_boot(&c, 1);
    cluster_run(&c, 6500 * MS);
    cluster_free(&c);
    if (getenv("ORRERY_STORY")) fputs(story, stdout); /* to look at, and to keep */
    ck_assert_str_eq(story, expected);
}
END_TEST

ORR_TEST_MAIN("bft.story",
              four_validators_of_which_one_dies_and_returns_tell_the_same_story_as_ever)
