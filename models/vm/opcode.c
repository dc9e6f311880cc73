#include "models/vm/opcode.h"

#include <assert.h>
#include <string.h>

/* Every fork's table is a constant: opcodes.def is read once per fork, with F being that fork. */
#define GAS(g0, g1, g2, g3, g4)                                                                    \
    (F >= ORR_FORK_AMSTERDAM  ? (g4)                                                               \
     : F >= ORR_FORK_BERLIN   ? (g3)                                                               \
     : F >= ORR_FORK_ISTANBUL ? (g2)                                                               \
     : F >= ORR_FORK_EIP150   ? (g1)                                                               \
                              : (g0))
#define IF_DEFINED(from, value) (F < ORR_FORK_##from ? 0 : (value))
#define OP(code, name, in, out, from, g0, g1, g2, g3, g4)                                          \
    [code] = {IF_DEFINED(from, GAS(g0, g1, g2, g3, g4)), IF_DEFINED(from, in),                     \
              IF_DEFINED(from, out), IF_DEFINED(from, 1)},

static const struct orr_evm_op_rule rules[ORR_N_FORKS][256] = {
    [ORR_FORK_FRONTIER] =
        {
#define F ORR_FORK_FRONTIER
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_HOMESTEAD] =
        {
#define F ORR_FORK_HOMESTEAD
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_EIP150] =
        {
#define F ORR_FORK_EIP150
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_EIP158] =
        {
#define F ORR_FORK_EIP158
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_BYZANTIUM] =
        {
#define F ORR_FORK_BYZANTIUM
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_CONSTANTINOPLE] =
        {
#define F ORR_FORK_CONSTANTINOPLE
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_PETERSBURG] =
        {
#define F ORR_FORK_PETERSBURG
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_ISTANBUL] =
        {
#define F ORR_FORK_ISTANBUL
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_BERLIN] =
        {
#define F ORR_FORK_BERLIN
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_LONDON] =
        {
#define F ORR_FORK_LONDON
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_PARIS] =
        {
#define F ORR_FORK_PARIS
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_SHANGHAI] =
        {
#define F ORR_FORK_SHANGHAI
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_CANCUN] =
        {
#define F ORR_FORK_CANCUN
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_PRAGUE] =
        {
#define F ORR_FORK_PRAGUE
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_OSAKA] =
        {
#define F ORR_FORK_OSAKA
#include "models/vm/opcodes.def"
#undef F
        },
    [ORR_FORK_AMSTERDAM] =
        {
#define F ORR_FORK_AMSTERDAM
#include "models/vm/opcodes.def"
#undef F
        },
};
#undef OP
_Static_assert(ORR_N_FORKS == 16, "a new fork needs its table above");

static const char *const names[256] = {
#define OP(code, name, in, out, from, g0, g1, g2, g3, g4) [code] = #name,
#include "models/vm/opcodes.def"
#undef OP
};

const struct orr_evm_op_rule *orr_evm_op_rules(enum orr_evm_fork fork) {
    assert((unsigned)fork < ORR_N_FORKS);
    return rules[fork];
}

const char *orr_evm_op_name(uint8_t opcode) { return names[opcode]; }

int orr_evm_op_from_name(const char *name, size_t len) {
    if (len == 4 && !memcmp(name, "SHA3", 4)) return ORR_OP_KECCAK256;
    if (len == 10 && !memcmp(name, "DIFFICULTY", 10)) return ORR_OP_PREVRANDAO;
    for (int code = 0; code < 256; code++)
        if (names[code] && strlen(names[code]) == len && !memcmp(names[code], name, len))
            return code;
    return -1;
}
