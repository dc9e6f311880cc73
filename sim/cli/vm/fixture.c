#include "sim/cli/vm/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/header.h"
#include "sim/cli/vm/json.h"

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

static int set_storage(const json_t *storage, struct orr_evm_state *state,
                       const struct orr_address *address) {
    const char *key;
    json_t *value;
    if (storage && !json_is_object(storage)) return ORR_EFORMAT;
    json_object_foreach((json_t *)storage, key, value) {
        struct orr_u256 slot, word;
        json_t *text = json_string(key);
        int bad = orr_json_u256(text, &slot) || orr_json_u256(value, &word);
        json_decref(text);
        if (bad) return ORR_EFORMAT;
        orr_evm_state_set_storage(state, address, &slot, &word);
    }
    return 0;
}

/* What of an account is malformed, or NULL; what is absent is zero or empty. */
static const char *set_account(const char *key, const json_t *account,
                               struct orr_evm_state *state) {
    struct orr_address address;
    struct orr_u256 number = {{0}};
    uint64_t nonce = 0;
    struct orr_buffer code = {NULL, 0};
    const json_t *in;
    json_t *text = json_string(key);
    int bad = orr_json_address(text, &address);
    json_decref(text);
    if (bad) return "the address";
    if (!json_is_object(account)) return "what stands for the account";
    if ((in = json_object_get(account, "balance")) && orr_json_u256(in, &number)) return "balance";
    if ((in = json_object_get(account, "nonce")) && orr_json_u64(in, &nonce)) return "nonce";
    if ((in = json_object_get(account, "code")) && orr_json_bytes(in, &code)) return "code";
    orr_evm_state_set_balance(state, &address, number);
    orr_evm_state_set_nonce(state, &address, nonce);
    if (code.len) orr_evm_state_set_code(state, &address, code.bytes, code.len);
    free(code.bytes);
    return set_storage(json_object_get(account, "storage"), state, &address) ? "storage" : NULL;
}

int orr_fixture_state(const json_t *pre, struct orr_evm_state *state, char why[128]) {
    const char *key;
    json_t *account;
    int result = json_is_object(pre) ? 0 : ORR_EFORMAT;
    if (result) snprintf(why, 128, "no object of accounts");
    orr_evm_state_begin_tx(state);
    json_object_foreach((json_t *)pre, key, account) {
        const char *bad = result ? NULL : set_account(key, account, state);
        if (!bad) continue;
        snprintf(why, 128, "account %.44s: %s is malformed", key, bad);
        result = ORR_EFORMAT;
    }
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER); /* keeps accounts that are empty on purpose */
    orr_evm_state_root(state);
    return result;
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
