/* fork.h - the rule sets of the Ethereum main network, in order of activation.
 *
 * A later fork includes the rules of every earlier one, so code asks `fork >= ORR_FORK_LONDON`.
 * Forks that changed only the difficulty formula (Muir Glacier, Arrow Glacier, Gray Glacier) have
 * no rule set of their own.
 *
 * Amsterdam is a draft: the EIPs of EIP-7773 that concern execution, as they were in Last Call in
 * autumn 2026 (2780, 7708, 7778, 7843, 7928, 7954, 7976, 7981, 8024, 8037, 8038, 8246, 8282).  Its
 * numbers may still change before the main network has it. */
#ifndef ORR_EVM_FORK_H
#define ORR_EVM_FORK_H

/* FORK(constant, name as the public tests and --fork write it) */
#define ORR_FORKS(FORK)                                                    \
    FORK(FRONTIER, "Frontier")                                             \
    FORK(HOMESTEAD, "Homestead")                                           \
    FORK(EIP150, "EIP150")                 /* Tangerine Whistle */         \
    FORK(EIP158, "EIP158")                 /* Spurious Dragon */           \
    FORK(BYZANTIUM, "Byzantium")                                           \
    FORK(CONSTANTINOPLE, "Constantinople")                                 \
    FORK(PETERSBURG, "ConstantinopleFix")                                  \
    FORK(ISTANBUL, "Istanbul")                                             \
    FORK(BERLIN, "Berlin")                                                 \
    FORK(LONDON, "London")                                                 \
    FORK(PARIS, "Paris")                                                   \
    FORK(SHANGHAI, "Shanghai")                                             \
    FORK(CANCUN, "Cancun")                                                 \
    FORK(PRAGUE, "Prague")                                                 \
    FORK(OSAKA, "Osaka")                                                   \
    FORK(AMSTERDAM, "Amsterdam")           /* draft: see below */

enum orr_evm_fork {
#define FORK(constant, name) ORR_FORK_##constant,
    ORR_FORKS(FORK)
#undef FORK
        ORR_N_FORKS
};
#endif
