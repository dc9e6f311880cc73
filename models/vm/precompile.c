#include "models/vm/precompile.h"

#include <assert.h>

#include "models/vm/precompile/precompiles.h"

static const struct orr_evm_precompile table[] = {
#define PRECOMPILE(name, number, fork, title) \
    {title, number, ORR_FORK_##fork, orr_##name##_gas, orr_##name##_run},
    ORR_PRECOMPILES(PRECOMPILE)
#undef PRECOMPILE
};
enum { N_PRECOMPILES = sizeof table / sizeof table[0] };

const struct orr_evm_precompile *orr_evm_precompile_find(enum orr_evm_fork fork,
                                                         const uint8_t address[20]) {
    assert(fork < ORR_N_FORKS);
    if (!orr_evm_all_zero(address, 18)) return NULL;
    unsigned number = (unsigned)address[18] << 8 | address[19];
    for (size_t i = 0; i < N_PRECOMPILES; i++)
        if (table[i].number == number) return fork >= table[i].since ? &table[i] : NULL;
    return NULL;
}

const struct orr_evm_precompile *orr_evm_precompile_at(size_t i) {
    return i < N_PRECOMPILES ? &table[i] : NULL;
}
