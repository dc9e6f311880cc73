#include "models/vm/chain.h"

#include <assert.h>

/* ---- the main network ---- */

static const struct orr_evm_system_contracts mainnet_contracts = {
    .beacon_roots = {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
                      0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}},
    .history = {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb,
                 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}},
    .withdrawal_requests = {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
                             0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}},
    .consolidation_requests = {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
                                0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}},
    .builder_deposits = {{0x00, 0x00, 0xbf, 0xf4, 0x69, 0x84, 0xe3, 0x72, 0x56, 0x91,
                          0xfa, 0x54, 0x0a, 0x8c, 0x75, 0x89, 0x30, 0x0d, 0x82, 0x82}},
    .builder_exits = {{0x00, 0x00, 0x64, 0xd6, 0x78, 0x50, 0x5a, 0xd4, 0x8f, 0x8c,
                       0xcb, 0x09, 0x3b, 0xc6, 0x56, 0x13, 0x80, 0x0e, 0x82, 0x82}},
    .deposit = {{0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
                 0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}},
};

/* 58,750,000,000,000,000,000,000 (EIP-3675) */
#define MAINNET_TTD                         \
    {                                       \
        { 0xd808a128d7380000, 0xc70, 0, 0 } \
    }

#define CANCUN_BLOBS \
    { 3, 6, 3338477 } /* EIP-4844 */
#define PRAGUE_BLOBS \
    { 6, 9, 5007716 } /* EIP-7691 */
#define BPO1_BLOBS \
    { 10, 15, 8346193 } /* EIP-7892 */
#define BPO2_BLOBS \
    { 14, 21, 11684671 }

#define AT_NUMBER(name, number, delay) \
    { .fork = ORR_FORK_##name, .from_number = (number), .bomb_delay = (delay) }
#define AT_TIME(name, time, schedule)                                                 \
    {                                                                                 \
        .fork = ORR_FORK_##name, .from_time = (time), .from_difficulty = MAINNET_TTD, \
        .bomb_delay = 11400000, .blobs = schedule                                     \
    }
#define NO_BLOBS \
    { 0, 0, 0 }

static const struct orr_evm_chain_fork mainnet_forks[] = {
    AT_NUMBER(FRONTIER, 0, 0),
    AT_NUMBER(HOMESTEAD, 1150000, 0),
    AT_NUMBER(EIP150, 2463000, 0),
    AT_NUMBER(EIP158, 2675000, 0),
    AT_NUMBER(BYZANTIUM, 4370000, 3000000),
    AT_NUMBER(PETERSBURG, 7280000, 5000000),
    AT_NUMBER(ISTANBUL, 9069000, 5000000),
    AT_NUMBER(ISTANBUL, 9200000, 9000000), /* Muir Glacier */
    AT_NUMBER(BERLIN, 12244000, 9000000),
    AT_NUMBER(LONDON, 12965000, 9700000),
    AT_NUMBER(LONDON, 13773000, 10700000), /* Arrow Glacier */
    AT_NUMBER(LONDON, 15050000, 11400000), /* Gray Glacier */
    AT_TIME(PARIS, 0, NO_BLOBS),
    AT_TIME(SHANGHAI, 1681338455, NO_BLOBS),
    AT_TIME(CANCUN, 1710338135, CANCUN_BLOBS),
    AT_TIME(PRAGUE, 1746612311, PRAGUE_BLOBS),
    AT_TIME(OSAKA, 1764798551, PRAGUE_BLOBS),
    AT_TIME(OSAKA, 1765290071, BPO1_BLOBS),
    AT_TIME(OSAKA, 1767747671, BPO2_BLOBS),
};

const struct orr_evm_chain_config *orr_evm_chain_mainnet(void) {
    static const struct orr_evm_chain_config mainnet = {
        .chain_id = {{1}},
        .forks = mainnet_forks,
        .n_forks = sizeof mainnet_forks / sizeof mainnet_forks[0],
        .dao_number = 1920000,
        .contracts = &mainnet_contracts,
    };
    return &mainnet;
}

const struct orr_evm_system_contracts *
orr_evm_chain_contracts(const struct orr_evm_chain_config *config) {
    return config->contracts ? config->contracts : &mainnet_contracts;
}

/* ---- timetables ---- */

static uint64_t bomb_delay(enum orr_evm_fork fork) {
    if (fork >= ORR_FORK_LONDON) return 9700000;         /* EIP-3554 */
    if (fork >= ORR_FORK_BERLIN) return 9000000;         /* EIP-2384 */
    if (fork >= ORR_FORK_CONSTANTINOPLE) return 5000000; /* EIP-1234 */
    if (fork >= ORR_FORK_BYZANTIUM) return 3000000;      /* EIP-649  */
    return 0;
}

struct orr_evm_chain_fork orr_evm_chain_fork(enum orr_evm_fork fork) {
    return (struct orr_evm_chain_fork){
        .fork = fork, .bomb_delay = bomb_delay(fork), .blobs = orr_evm_blob_schedule(fork)};
}

struct orr_evm_blob_schedule orr_evm_bpo_schedule(int n) {
    static const struct orr_evm_blob_schedule schedules[] = {PRAGUE_BLOBS, BPO1_BLOBS, BPO2_BLOBS};
    return schedules[n < 0 ? 0 : n > 2 ? 2 : n];
}

static bool is_reached(const struct orr_u256 *at, const struct orr_u256 *needed) {
    for (int i = 3; i >= 0; i--)
        if (at->limb[i] != needed->limb[i]) return at->limb[i] > needed->limb[i];
    return true;
}

const struct orr_evm_chain_fork *
orr_evm_chain_fork_at(const struct orr_evm_chain_config *config, uint64_t number, uint64_t time,
                      const struct orr_u256 *parent_total_difficulty) {
    assert(config->n_forks);
    const struct orr_evm_chain_fork *found = &config->forks[0];
    for (size_t i = 1; i < config->n_forks; i++) {
        const struct orr_evm_chain_fork *f = &config->forks[i];
        if (number >= f->from_number && time >= f->from_time &&
            is_reached(parent_total_difficulty, &f->from_difficulty))
            found = f;
    }
    return found;
}
