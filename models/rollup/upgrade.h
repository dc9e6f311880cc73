/* upgrade.h - network upgrades: what the first block of a fork deploys and sets, as deposits behind
 * those of users.
 *
 * ethereum-optimism/specs: protocol/ecotone/derivation.md, protocol/fjord/derivation.md and
 * protocol/isthmus/derivation.md, each "Network upgrade automation transactions";
 * protocol/deposits.md, "Source hash computation" (domain 2).
 *
 * What the contracts are is given from outside: the specifications keep their creation code in
 * files of their own (static/bytecode), whose names are these.  Those of EIP-4788 and EIP-2935 are
 * the EIPs' own, and here. */
#ifndef ORR_ROLLUP_UPGRADE_H
#define ORR_ROLLUP_UPGRADE_H

#include "models/base/rlp.h"
#include "models/rollup/validity.h"

/* UPGRADE_CODE(constant, name, fork's time, deployer's last byte) */
#define ORR_UPGRADE_CODES(CODE)                                                        \
    CODE(ECOTONE_L1_BLOCK, "ecotone-l1-block-deployment", ecotone_time, 0)             \
    CODE(ECOTONE_ORACLE, "ecotone-gas-price-oracle-deployment", ecotone_time, 1)       \
    CODE(FJORD_ORACLE, "fjord-gas-price-oracle-deployment", fjord_time, 2)             \
    CODE(ISTHMUS_L1_BLOCK, "isthmus-l1-block-deployment", isthmus_time, 3)             \
    CODE(ISTHMUS_ORACLE, "isthmus-gas-price-oracle-deployment", isthmus_time, 4)       \
    CODE(ISTHMUS_VAULT, "isthmus-operator-fee-deployment", isthmus_time, 5)

enum orr_upgrade_code {
#define CODE(constant, name, time, deployer) ORR_UPGRADE_##constant,
    ORR_UPGRADE_CODES(CODE)
#undef CODE
    ORR_N_UPGRADE_CODES
};

/* The creation codes, lent; length 0: it is not known. */
struct orr_upgrade_codes {
    struct orr_rollup_tx code[ORR_N_UPGRADE_CODES];
};

/* The name of a code in static/bytecode, without ending; static storage. */
const char *orr_upgrade_code_name(enum orr_upgrade_code code);

/* Is a block of that time the first one of a fork that comes with a block of deposits alone
 * (Ecotone and all after it)?  The first block of the chain is none. */
bool orr_upgrade_is_first(const struct orr_rollup_config *config, uint64_t time);

/* The name of a code that the block of that time deploys and that config->upgrades does not have,
 * or NULL: all are known, or it deploys none. */
const char *orr_upgrade_missing(const struct orr_rollup_config *config, uint64_t time);

enum { ORR_UPGRADE_TXS_MAX = 17 }; /* of a block in which all forks begin */
/* Appends the transactions of the forks that begin with the block of that time, in order; sizes[i]
 * is what was appended.  Returns how many; 0 too if a code is missing. */
size_t orr_upgrade_write(const struct orr_rollup_config *config, uint64_t time,
                         struct orr_rlp_writer *w, size_t sizes[ORR_UPGRADE_TXS_MAX]);
#endif
