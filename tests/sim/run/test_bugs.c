/* Each mistake that can be seeded into Tendermint and the family of HotStuff, and some of PBFT, is
 * caught by an oracle in the scenario of its name; under the same plan all holds without it. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

static bool as_expected(const char *name, const char *const *overrides, uint32_t n_overrides) {
    char path[256];
    snprintf(path, sizeof path, "scenarios/bugs/%s.yaml", name);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_load(path, overrides, n_overrides, &s, &diags);
    struct orr_run_options options = {0};
    struct orr_run_result result = {0};
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s does not run", name);
    bool pass = result.pass;
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

static const struct {
    const char *name;
    const char *sound; /* what is expected of the control */
} bugs[] = {
    {"tendermint-quorum-2f", "expect.agreement=holds"},
    {"tendermint-no-lock", "expect.agreement=holds"},
    {"tendermint-skip-prepare", "expect.agreement=holds"},
    {"tendermint-accept-old-qc", "expect.agreement=holds"},
    {"tendermint-forget-last-vote", "expect={agreement: holds}"},
    {"tendermint-height-round-mixup", "expect={agreement: holds}"},
    {"tendermint-stale-view-vote", "expect={agreement: holds}"},
    {"tendermint-timer-never-grows", "expect.termination={within: 20 s}"},
    {"pbft-quorum-2f", "expect.agreement=holds"},
    {"pbft-skip-prepare", "expect.termination={within: 5 s}"},
    {"pbft-stale-view-vote", "expect.termination={within: 5 s}"},
    {"pbft-no-signer-check", "expect.validity=holds"},
    {"pbft-unchecked-state", "expect={state_root: holds, caught_up: {within: 4 s, heights: 10}}"},
    {"pbft-timer-never-grows", "expect.termination={within: 20 s}"},
    {"hotstuff-quorum-2f", "expect.agreement=holds"},
    {"hotstuff-no-lock", "expect.agreement=holds"},
    {"hotstuff-skip-prepare", "expect.agreement=holds"},
    {"hotstuff-accept-old-qc", "expect.agreement=holds"},
    {"hotstuff-forget-last-vote", "expect={agreement: holds}"},
    {"hotstuff-timer-never-grows", "expect.termination={within: 20 s}"},
};

START_TEST(each_mistake_is_caught_and_its_control_holds) {
    for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
        const char *name = bugs[i].name;
        const char *const sound[] = {"nodes.val.config.bug=none", bugs[i].sound};
        ck_assert_msg(as_expected(name, NULL, 0), "%s is not caught", name);
        ck_assert_msg(as_expected(name, sound, 2), "%s: the control does not hold", name);
    }
}
END_TEST

/* With the role changed, and back to none. */
static void caught_in(const char *name, const char *role, const char *expect) {
    char set[64];
    snprintf(set, sizeof set, "nodes.val.role=%s", role);
    const char *const control[] = {set, "nodes.val.config.bug=none", expect};
    const char *only = set;
    ck_assert_msg(as_expected(name, &only, 1), "%s, %s is not caught", name, role);
    ck_assert_msg(as_expected(name, control, 3), "%s, %s: the control does not hold", name, role);
}

START_TEST(the_other_roles_of_the_family_are_caught_alike) {
    caught_in("hotstuff-quorum-2f", "hotstuff", "expect.agreement=holds");
    caught_in("hotstuff-quorum-2f", "hotstuff-2", "expect.agreement=holds");
    caught_in("hotstuff-quorum-2f", "fast-hotstuff", "expect.agreement=holds");
    caught_in("hotstuff-forget-last-vote", "fast-hotstuff", "expect={agreement: holds}");
    caught_in("hotstuff-timer-never-grows", "hotstuff-basic",
              "expect.termination={within: 40 s}");
}
END_TEST

ORR_TEST_MAIN("scenarios of mistakes", each_mistake_is_caught_and_its_control_holds,
              the_other_roles_of_the_family_are_caught_alike)
