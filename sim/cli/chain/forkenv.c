#include "sim/cli/chain/forkenv.h"

#include <stdio.h>
#include <string.h>

#include "models/base/error.h"

/* A variable and the key, or keys, that it sets. */
static const struct variable {
    const char *name, *key, *also;
} variables[] = {
    {"HIVE_CHAIN_ID", "chainId", NULL},
    {"HIVE_FORK_HOMESTEAD", "homesteadBlock", NULL},
    {"HIVE_FORK_DAO_BLOCK", "daoForkBlock", NULL},
    {"HIVE_FORK_TANGERINE", "eip150Block", NULL},
    {"HIVE_FORK_SPURIOUS", "eip155Block", "eip158Block"},
    {"HIVE_FORK_BYZANTIUM", "byzantiumBlock", NULL},
    {"HIVE_FORK_CONSTANTINOPLE", "constantinopleBlock", NULL},
    {"HIVE_FORK_PETERSBURG", "petersburgBlock", NULL},
    {"HIVE_FORK_ISTANBUL", "istanbulBlock", NULL},
    {"HIVE_FORK_MUIR_GLACIER", "muirGlacierBlock", NULL},
    {"HIVE_FORK_MUIRGLACIER", "muirGlacierBlock", NULL},
    {"HIVE_FORK_BERLIN", "berlinBlock", NULL},
    {"HIVE_FORK_LONDON", "londonBlock", NULL},
    {"HIVE_FORK_ARROW_GLACIER", "arrowGlacierBlock", NULL},
    {"HIVE_FORK_GRAY_GLACIER", "grayGlacierBlock", NULL},
    {"HIVE_MERGE_BLOCK_ID", "mergeNetsplitBlock", NULL},
    {"HIVE_TERMINAL_TOTAL_DIFFICULTY", "terminalTotalDifficulty", NULL},
    {"HIVE_SHANGHAI_TIMESTAMP", "shanghaiTime", NULL},
    {"HIVE_CANCUN_TIMESTAMP", "cancunTime", NULL},
    {"HIVE_PRAGUE_TIMESTAMP", "pragueTime", NULL},
    {"HIVE_OSAKA_TIMESTAMP", "osakaTime", NULL},
    {"HIVE_BPO1_TIMESTAMP", "bpo1Time", NULL},
    {"HIVE_BPO2_TIMESTAMP", "bpo2Time", NULL},
    {"HIVE_BPO3_TIMESTAMP", "bpo3Time", NULL},
    {"HIVE_BPO4_TIMESTAMP", "bpo4Time", NULL},
    {"HIVE_BPO5_TIMESTAMP", "bpo5Time", NULL},
    {"HIVE_AMSTERDAM_TIMESTAMP", "amsterdamTime", NULL},
    {"HIVE_DEPOSIT_CONTRACT_ADDRESS", "depositContractAddress", NULL},
};
enum { N_VARIABLES = sizeof variables / sizeof variables[0] };

/* Of a fork's blobs: HIVE_CANCUN_BLOB_TARGET is blobSchedule.cancun.target. */
static const struct {
    const char *end, *key;
} blob_keys[] = {
    {"_BLOB_TARGET", "target"},
    {"_BLOB_MAX", "max"},
    {"_BLOB_BASE_FEE_UPDATE_FRACTION", "baseFeeUpdateFraction"},
};
static const char *const blob_forks[][2] = {
    {"CANCUN", "cancun"}, {"PRAGUE", "prague"}, {"OSAKA", "osaka"},
    {"BPO1", "bpo1"},     {"BPO2", "bpo2"},     {"BPO3", "bpo3"},
    {"BPO4", "bpo4"},     {"BPO5", "bpo5"},     {"AMSTERDAM", "amsterdam"},
};

static json_t *object_in(json_t *parent, const char *key) {
    json_t *object = json_object_get(parent, key);
    if (!json_is_object(object)) {
        object = json_object();
        json_object_set_new(parent, key, object);
    }
    return object;
}

static bool set_blobs(const char *name, json_t *value, json_t *config) {
    for (size_t f = 0; f < sizeof blob_forks / sizeof blob_forks[0]; f++) {
        size_t n = strlen(blob_forks[f][0]);
        if (strncmp(name, "HIVE_", 5) || strncmp(name + 5, blob_forks[f][0], n)) continue;
        for (size_t k = 0; k < sizeof blob_keys / sizeof blob_keys[0]; k++) {
            if (strcmp(name + 5 + n, blob_keys[k].end)) continue;
            json_t *fork = object_in(object_in(config, "blobSchedule"), blob_forks[f][1]);
            json_object_set(fork, blob_keys[k].key, value);
            return true;
        }
    }
    return false;
}

static bool set_key(const char *name, json_t *value, json_t *config) {
    for (int i = 0; i < N_VARIABLES; i++) {
        if (strcmp(name, variables[i].name)) continue;
        json_object_set(config, variables[i].key, value);
        if (variables[i].also) json_object_set(config, variables[i].also, value);
        return true;
    }
    if (!strcmp(name, "HIVE_FORK_DAO_VOTE")) {
        const char *vote = json_string_value(value);
        json_object_set_new(config, "daoForkSupport", json_boolean(vote && strcmp(vote, "0")));
        return true;
    }
    return set_blobs(name, value, config);
}

static bool is_about_rules(const char *name) {
    static const char *const ends[] = {"_TIMESTAMP", "_BLOB_TARGET", "_BLOB_MAX",
                                       "_BLOB_BASE_FEE_UPDATE_FRACTION"};
    size_t n = strlen(name);
    if (!strncmp(name, "HIVE_FORK_", 10)) return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (n > strlen(ends[i]) && !strcmp(name + n - strlen(ends[i]), ends[i])) return true;
    return false;
}

int orr_forkenv_apply(const json_t *forkenv, json_t *config, char why[ORR_GENESIS_WHY_BYTES]) {
    const char *name;
    json_t *value;
    if (!json_is_object(forkenv)) {
        snprintf(why, ORR_GENESIS_WHY_BYTES, "no object of variables");
        return ORR_EFORMAT;
    }
    json_object_foreach((json_t *)forkenv, name, value) {
        if (!json_is_string(value) && !json_is_integer(value)) {
            snprintf(why, ORR_GENESIS_WHY_BYTES, "%.60s: neither a text nor a number", name);
            return ORR_EFORMAT;
        }
        if (set_key(name, value, config) || !is_about_rules(name)) continue;
        snprintf(why, ORR_GENESIS_WHY_BYTES, "%.60s: the rules of this fork are not known here",
                 name);
        return ORR_EFORMAT;
    }
    return 0;
}
