/* rollup_upgrade.c - a rollup whose forks begin within a run: its predeploys are proxies, and what
 * its forks deploy are contracts in the machine's own words.
 *
 * ethereum-optimism/specs, protocol/predeploys.md (proxies), ERC-1967 (the slot of the
 * implementation); models/rollup/upgrade.h (the transactions).  The contracts of a live rollup are
 * others; what is the same is who deploys, where, in which order and what it pays. */
#include <assert.h>

#include "models/node/rollup.h"
#include "models/vm/rollup.h"
#include "models/vm/u256.h"

/* Creates the `n` bytes behind it: PUSH n, DUP, PUSH 9, PUSH 0, CODECOPY, PUSH 0, RETURN. */
#define CREATION(n) 0x60, (n), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3
enum { CREATION_BYTES = 9 };

/* The L1 block contract of Ecotone, as rollup.c's without the operator's fee, ... */
#define L1_BLOCK_ECOTONE                                                          \
    0x60, 0x04, 0x35, 0x60, 0x80, 0x1c, 0x60, 0x03, 0x55,     /* 3: scalars    */ \
        0x60, 0x14, 0x35, 0x60, 0x80, 0x1c, 0x60, 0x00, 0x55, /* 0: time       */ \
        0x60, 0x24, 0x35, 0x60, 0x01, 0x55,                   /* 1: base fee   */ \
        0x60, 0x44, 0x35, 0x60, 0x07, 0x55,                   /* 7: blob fee   */ \
        0x60, 0x64, 0x35, 0x60, 0x02, 0x55,                   /* 2: hash       */ \
        0x60, 0x84, 0x35, 0x60, 0x04, 0x55                    /* 4: batcher    */
enum { ECOTONE_BYTES = 43, ISTHMUS_BYTES = 52 };
static const uint8_t l1_block_ecotone[] = {CREATION(ECOTONE_BYTES), L1_BLOCK_ECOTONE, 0x00};
/* ... and with it. */
static const uint8_t l1_block_isthmus[] = {CREATION(ISTHMUS_BYTES),
                                           L1_BLOCK_ECOTONE,
                                           0x60,
                                           0xa4,
                                           0x35,
                                           0x60,
                                           0xa0,
                                           0x1c,
                                           0x60,
                                           0x08,
                                           0x55,
                                           0x00};
_Static_assert(sizeof l1_block_ecotone == CREATION_BYTES + ECOTONE_BYTES, "");
_Static_assert(sizeof l1_block_isthmus == CREATION_BYTES + ISTHMUS_BYTES, "");

/* An oracle that keeps in slot 0 which function was called last: that a fork is on. */
static const uint8_t oracle[] = {CREATION(8), 0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x5f, 0x55, 0x00};
static const uint8_t vault[] = {CREATION(1), 0x00};

/* ERC-1967: keccak("eip1967.proxy.implementation") - 1 */
#define SLOT                                                                                      \
    0x36, 0x08, 0x94, 0xa1, 0x3b, 0xa1, 0xa3, 0x21, 0x06, 0x67, 0xc8, 0x28, 0x49, 0x2d, 0xb9,     \
        0x8d, 0xca, 0x3e, 0x20, 0x76, 0xcc, 0x37, 0x35, 0xa9, 0x20, 0xa3, 0xca, 0x50, 0x5d, 0x38, \
        0x2b, 0xbc
static const uint8_t slot[32] = {SLOT};
/* upgradeTo(address), from nobody, sets the implementation; all else is its own. */
static const uint8_t proxy[] = {
    0x33, 0x15, 0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63, 0x36, 0x59, 0xcf,
    0xe6, 0x14, 0x16, 0x60, 0x4b, 0x57,                               /* JUMPI upgrade            */
    0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x7f, SLOT, 0x54, /* all call data            */
    0x5a, 0xf4, 0x3d, 0x5f, 0x5f, 0x3e, 0x60, 0x47, 0x57,             /* DELEGATECALL, JUMPI good */
    0x3d, 0x5f, 0xfd,                                                 /* REVERT                   */
    0x5b, 0x3d, 0x5f, 0xf3,                                           /* good: RETURN             */
    0x5b, 0x60, 0x04, 0x35, 0x7f, SLOT, 0x55, 0x00};                  /* upgrade: SSTORE          */
enum { GOOD_AT = 0x47, UPGRADE_AT = 0x4b };

static struct orr_rollup_tx code_of(const uint8_t *bytes, size_t len) {
    return (struct orr_rollup_tx){bytes, len};
}

const struct orr_upgrade_codes *orr_rollup_own_codes(struct orr_mem *mem) {
    struct orr_upgrade_codes *codes = orr_alloc_zero(mem, sizeof *codes);
    codes->code[ORR_UPGRADE_ECOTONE_L1_BLOCK] = code_of(l1_block_ecotone, sizeof l1_block_ecotone);
    codes->code[ORR_UPGRADE_ISTHMUS_L1_BLOCK] = code_of(l1_block_isthmus, sizeof l1_block_isthmus);
    codes->code[ORR_UPGRADE_ECOTONE_ORACLE] = codes->code[ORR_UPGRADE_FJORD_ORACLE] =
        codes->code[ORR_UPGRADE_ISTHMUS_ORACLE] = code_of(oracle, sizeof oracle);
    codes->code[ORR_UPGRADE_ISTHMUS_VAULT] = code_of(vault, sizeof vault);
    return codes;
}

/* A proxy at a predeploy's address, before what stands behind it (0: nothing). */
static void put_proxy(struct orr_evm_state *state, uint8_t predeploy,
                      const struct orr_rollup_tx *creation) {
    struct orr_address at = orr_evm_predeploy(predeploy), behind = at;
    assert(proxy[GOOD_AT] == 0x5b && proxy[UPGRADE_AT] == 0x5b); /* JUMPDEST */
    behind.bytes[1] = 0xff;
    orr_evm_state_set_nonce(state, &at, 1);
    orr_evm_state_set_code(state, &at, proxy, sizeof proxy);
    if (!creation) return;
    orr_evm_state_set_nonce(state, &behind, 1);
    orr_evm_state_set_code(state, &behind, creation->bytes + CREATION_BYTES,
                           creation->len - CREATION_BYTES);
    struct orr_u256 key = orr_u256_load_be(slot), value = orr_u256_from_address(behind);
    orr_evm_state_set_storage(state, &at, &key, &value);
}

void orr_rollup_put_proxies(const struct orr_rollup_genesis *g, struct orr_evm_state *state) {
    const struct orr_upgrade_codes *codes = g->config.upgrades;
    put_proxy(state, ORR_PREDEPLOY_L1_BLOCK, &codes->code[ORR_UPGRADE_ECOTONE_L1_BLOCK]);
    put_proxy(state, ORR_PREDEPLOY_GAS_ORACLE, &codes->code[ORR_UPGRADE_ECOTONE_ORACLE]);
    put_proxy(state, ORR_PREDEPLOY_OPERATOR_VAULT, NULL);
}
