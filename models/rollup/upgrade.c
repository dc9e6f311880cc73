#include "models/rollup/upgrade.h"

#include "models/rollup/deposit.h"
#include "models/rollup/payload.h"
#include "models/vm/host.h"
#include "models/vm/rollup.h"

/* ---- when ---- */

/* The first block at or after the fork's time that has one before it without the fork. */
static bool begins(const struct orr_rollup_config *c, uint64_t fork_time, uint64_t time) {
    return time >= fork_time && time >= c->block_time && time - c->block_time < fork_time;
}

bool orr_upgrade_is_first(const struct orr_rollup_config *c, uint64_t time) {
    const uint64_t forks[] = {c->ecotone_time, c->fjord_time, c->granite_time, c->holocene_time,
                              c->isthmus_time};
    for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++)
        if (begins(c, forks[i], time)) return true;
    return false;
}

static const struct {
    const char *name;
    size_t fork_time; /* where it stands in the configuration */
    uint8_t deployer; /* the last byte of its address         */
} codes[] = {
#define CODE(constant, name, time, deployer) \
    {name, offsetof(struct orr_rollup_config, time), deployer},
    ORR_UPGRADE_CODES(CODE)
#undef CODE
};

const char *orr_upgrade_code_name(enum orr_upgrade_code code) { return codes[code].name; }

static uint64_t time_at(const struct orr_rollup_config *c, size_t offset) {
    uint64_t time;
    memcpy(&time, (const char *)c + offset, sizeof time);
    return time;
}

const char *orr_upgrade_missing(const struct orr_rollup_config *c, uint64_t time) {
    for (size_t i = 0; i < ORR_N_UPGRADE_CODES; i++)
        if (begins(c, time_at(c, codes[i].fork_time), time) &&
            (!c->upgrades || !c->upgrades->code[i].len))
            return codes[i].name;
    return NULL;
}

/* ---- what ---- */

/* EIP-4788 and EIP-2935, "Deployment": their creation codes. */
static const uint8_t beacon_roots[] = {
    0x60, 0x61, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3, 0x33, 0x73, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x14,
    0x60, 0x4d, 0x57, 0x60, 0x20, 0x36, 0x14, 0x60, 0x24, 0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x5f, 0x35,
    0x80, 0x15, 0x60, 0x49, 0x57, 0x62, 0x00, 0x1f, 0xff, 0x81, 0x06, 0x90, 0x81, 0x54, 0x14, 0x60,
    0x3c, 0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x62, 0x00, 0x1f, 0xff, 0x01, 0x54, 0x5f, 0x52, 0x60, 0x20,
    0x5f, 0xf3, 0x5b, 0x5f, 0x5f, 0xfd, 0x5b, 0x62, 0x00, 0x1f, 0xff, 0x42, 0x06, 0x42, 0x81, 0x55,
    0x5f, 0x35, 0x90, 0x62, 0x00, 0x1f, 0xff, 0x01, 0x55, 0x00};
static const uint8_t history[] = {
    0x60, 0x53, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3, 0x33, 0x73, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x14,
    0x60, 0x46, 0x57, 0x60, 0x20, 0x36, 0x03, 0x60, 0x42, 0x57, 0x5f, 0x35, 0x60, 0x01, 0x43, 0x03,
    0x81, 0x11, 0x60, 0x42, 0x57, 0x61, 0x1f, 0xff, 0x81, 0x43, 0x03, 0x11, 0x60, 0x42, 0x57, 0x61,
    0x1f, 0xff, 0x90, 0x06, 0x54, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3, 0x5b, 0x5f, 0x5f, 0xfd, 0x5b,
    0x5f, 0x35, 0x61, 0x1f, 0xff, 0x60, 0x01, 0x43, 0x03, 0x06, 0x55, 0x00};

/* 0x4210 and zeros up to the last byte: who deploys a fork's contracts. */
static struct orr_address deployer_of(enum orr_upgrade_code code) {
    return (struct orr_address){{0x42, 0x10, [19] = codes[code].deployer}};
}

/* Appends a transaction that an upgrade sends; what it is for is its intent. */
struct upgrade_writer {
    const struct orr_rollup_config *config;
    struct orr_rlp_writer *w;
    size_t *sizes, n;
};
static void add(struct upgrade_writer *u, const char *intent, struct orr_evm_deposit *d) {
    size_t before = u->w->len;
    d->source_hash = orr_source_hash_of_upgrade(intent);
    orr_evm_deposit_write(d, u->w);
    u->sizes[u->n++] = u->w->len - before;
}

static void deploy(struct upgrade_writer *u, const char *intent, enum orr_upgrade_code code,
                   uint64_t gas) {
    const struct orr_rollup_tx *creation = &u->config->upgrades->code[code];
    struct orr_evm_deposit d = {.from = deployer_of(code),
                                .is_create = true,
                                .gas = gas,
                                .data = creation->bytes,
                                .data_len = creation->len};
    add(u, intent, &d);
}

static void deploy_eip(struct upgrade_writer *u, const char *intent, struct orr_address from,
                       const uint8_t *code, size_t len) {
    struct orr_evm_deposit d = {
        .from = from, .is_create = true, .gas = 250000, .data = code, .data_len = len};
    add(u, intent, &d);
}

/* The proxy at a predeploy's address gets what was deployed: upgradeTo(address), from nobody. */
static void update_proxy(struct upgrade_writer *u, const char *intent, uint8_t predeploy,
                         enum orr_upgrade_code code) {
    uint8_t data[36] = {0x36, 0x59, 0xcf, 0xe6};
    struct orr_address deployer = deployer_of(code);
    struct orr_address made = orr_evm_create_address(&deployer, 0);
    memcpy(data + 16, made.bytes, sizeof made.bytes);
    struct orr_evm_deposit d = {
        .to = orr_evm_predeploy(predeploy), .gas = 50000, .data = data, .data_len = sizeof data};
    add(u, intent, &d);
}

/* The oracle is told that the fork is on. */
static void set_oracle(struct upgrade_writer *u, const char *intent, uint32_t selector,
                       uint64_t gas) {
    uint8_t data[4];
    orr_store_be32(data, selector);
    struct orr_evm_deposit d = {.from = orr_rollup_depositor,
                                .to = orr_evm_predeploy(ORR_PREDEPLOY_GAS_ORACLE),
                                .gas = gas,
                                .data = data,
                                .data_len = sizeof data};
    add(u, intent, &d);
}

static void ecotone(struct upgrade_writer *u) {
    static const struct orr_address eip_4788 = {{0x0b, 0x79, 0x9c, 0x86, 0xa4, 0x9d, 0xee,
                                                 0xb9, 0x04, 0x02, 0x69, 0x1f, 0x10, 0x41,
                                                 0xaa, 0x3a, 0xf2, 0xd3, 0xc8, 0x75}};
    deploy(u, "Ecotone: L1 Block Deployment", ORR_UPGRADE_ECOTONE_L1_BLOCK, 375000);
    deploy(u, "Ecotone: Gas Price Oracle Deployment", ORR_UPGRADE_ECOTONE_ORACLE, 1000000);
    update_proxy(u, "Ecotone: L1 Block Proxy Update", ORR_PREDEPLOY_L1_BLOCK,
                 ORR_UPGRADE_ECOTONE_L1_BLOCK);
    update_proxy(u, "Ecotone: Gas Price Oracle Proxy Update", ORR_PREDEPLOY_GAS_ORACLE,
                 ORR_UPGRADE_ECOTONE_ORACLE);
    set_oracle(u, "Ecotone: Gas Price Oracle Set Ecotone", 0x22b90ab3, 80000); /* setEcotone() */
    deploy_eip(u, "Ecotone: beacon block roots contract deployment", eip_4788, beacon_roots,
               sizeof beacon_roots);
}

static void fjord(struct upgrade_writer *u) {
    deploy(u, "Fjord: Gas Price Oracle Deployment", ORR_UPGRADE_FJORD_ORACLE, 1450000);
    update_proxy(u, "Fjord: Gas Price Oracle Proxy Update", ORR_PREDEPLOY_GAS_ORACLE,
                 ORR_UPGRADE_FJORD_ORACLE);
    set_oracle(u, "Fjord: Gas Price Oracle Set Fjord", 0x8e98b106, 90000); /* setFjord() */
}

static void isthmus(struct upgrade_writer *u) {
    static const struct orr_address eip_2935 = {{0x34, 0x62, 0x41, 0x3a, 0xf4, 0x60, 0x90,
                                                 0x98, 0xe1, 0xe2, 0x7a, 0x49, 0x0f, 0x55,
                                                 0x4f, 0x26, 0x02, 0x13, 0xd6, 0x85}};
    deploy(u, "Isthmus: L1 Block Deployment", ORR_UPGRADE_ISTHMUS_L1_BLOCK, 425000);
    deploy(u, "Isthmus: Gas Price Oracle Deployment", ORR_UPGRADE_ISTHMUS_ORACLE, 1625000);
    deploy(u, "Isthmus: Operator Fee Vault Deployment", ORR_UPGRADE_ISTHMUS_VAULT, 500000);
    update_proxy(u, "Isthmus: L1 Block Proxy Update", ORR_PREDEPLOY_L1_BLOCK,
                 ORR_UPGRADE_ISTHMUS_L1_BLOCK);
    update_proxy(u, "Isthmus: Gas Price Oracle Proxy Update", ORR_PREDEPLOY_GAS_ORACLE,
                 ORR_UPGRADE_ISTHMUS_ORACLE);
    update_proxy(u, "Isthmus: Operator Fee Vault Proxy Update", ORR_PREDEPLOY_OPERATOR_VAULT,
                 ORR_UPGRADE_ISTHMUS_VAULT);
    set_oracle(u, "Isthmus: Gas Price Oracle Set Isthmus", 0x291b0383, 90000); /* setIsthmus() */
    deploy_eip(u, "Isthmus: EIP-2935 Contract Deployment", eip_2935, history, sizeof history);
}

size_t orr_upgrade_write(const struct orr_rollup_config *c, uint64_t time, struct orr_rlp_writer *w,
                         size_t sizes[ORR_UPGRADE_TXS_MAX]) {
    struct upgrade_writer u = {c, w, sizes, 0};
    if (orr_upgrade_missing(c, time)) return 0;
    if (begins(c, c->ecotone_time, time)) ecotone(&u);
    if (begins(c, c->fjord_time, time)) fjord(&u);
    if (begins(c, c->isthmus_time, time)) isthmus(&u);
    return u.n;
}
