#include "sim/cli/vm/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/header.h"
#include "sim/base/json.h"

int orr_fixture_fork(const char *name, enum orr_evm_fork *fork) {
    static const struct {
        const char *name;
        enum orr_evm_fork fork;
    } names[] = {
#define FORK(constant, text) {text, ORR_FORK_##constant},
        ORR_FORKS(FORK)
#undef FORK
            {"Merge", ORR_FORK_PARIS},
        {"Petersburg", ORR_FORK_PETERSBURG},
        {"MuirGlacier", ORR_FORK_ISTANBUL},
        {"ArrowGlacier", ORR_FORK_LONDON},
        {"GrayGlacier", ORR_FORK_LONDON},
        /* EIP-7892: Osaka's rules with other blob schedules, which the tests spell out. */
        {"BPO1", ORR_FORK_OSAKA},
        {"BPO2", ORR_FORK_OSAKA},
        {"BPO3", ORR_FORK_OSAKA},
        {"BPO4", ORR_FORK_OSAKA},
        {"BPO5", ORR_FORK_OSAKA},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i].name)) continue;
        *fork = names[i].fork;
        return 0;
    }
    return ORR_ENOTFOUND;
}

const char *orr_fixture_told(const json_t *test) {
    if (json_object_get(test, "engineNewPayloads"))
        return "payloads for the engine API: their blockchain_tests form is what can be run";
    if (json_object_get(test, "blocks")) return "a chain of blocks: vm blocktest runs it";
    if (json_object_get(test, "post")) return "a state test: vm test runs it";
    return "not a test of a known form";
}

struct orr_u256 orr_fixture_blob_fee(uint64_t excess, uint64_t fraction) {
    return fraction ? orr_evm_blob_fee(excess, fraction) : orr_u256_from_u64(0);
}

struct orr_evm_blob_schedule orr_fixture_blobs(const json_t *config, const char *fork_name,
                                               enum orr_evm_fork fork) {
    struct orr_evm_blob_schedule schedule = orr_evm_blob_schedule(fork);
    if (!strncmp(fork_name, "BPO", 3)) schedule = orr_evm_bpo_schedule(atoi(fork_name + 3));
    const json_t *entry = json_object_get(json_object_get(config, "blobSchedule"), fork_name);
    uint64_t target, max, fraction;
    if (!orr_json_u64(json_object_get(entry, "target"), &target) &&
        !orr_json_u64(json_object_get(entry, "max"), &max) &&
        !orr_json_u64(json_object_get(entry, "baseFeeUpdateFraction"), &fraction))
        schedule = (struct orr_evm_blob_schedule){(unsigned)target, (unsigned)max, fraction};
    return schedule;
}
