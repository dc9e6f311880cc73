#include "models/vault/fault.h"

#include <assert.h>
#include <stdarg.h>

#include "models/base/format.h"

static const struct {
    const char *name, *text;
    int code;
} faults[ORR_N_FAULTS] = {
#define FAULT(constant, code, text) {#constant, text, code},
    ORR_VAULT_FAULTS(FAULT)
#undef FAULT
};

const char *orr_vault_fault_name(enum orr_vault_fault fault) {
    assert(fault < ORR_N_FAULTS);
    return faults[fault].name;
}
const char *orr_vault_fault_text(enum orr_vault_fault fault) {
    assert(fault < ORR_N_FAULTS);
    return faults[fault].text;
}
int orr_vault_fault_exit(enum orr_vault_fault fault) {
    assert(fault < ORR_N_FAULTS);
    return faults[fault].code;
}

enum orr_vault_fault orr_vault_say(struct orr_why *why, enum orr_vault_fault fault,
                                   const char *format, ...) {
    if (!why) return fault;
    va_list arguments;
    va_start(arguments, format);
    orr_format(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return fault;
}
