/* transaction_test.c - one transaction's bytes, for each fork: valid with this hash, sender and
 * intrinsic gas, or not valid. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/vm/fixture.h"
#include "sim/base/json.h"
#include "sim/cli/vm/test.h"

/* What a fork makes of the bytes.  On success tx is the caller's to free. */
static enum orr_evm_tx_error judge_bytes(struct orr_mem *mem, const struct orr_buffer *bytes,
                                         enum orr_evm_fork fork, struct orr_evm_tx *tx,
                                         struct orr_address *sender) {
    const struct orr_u256 chain_id = orr_u256_from_u64(1);
    int bad = orr_evm_tx_decode(mem, bytes->bytes, bytes->len, tx);
    if (bad) return bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE;
    enum orr_evm_tx_error error = orr_evm_tx_check(tx, fork, orr_evm_blob_schedule(fork).max);
    if (!error) error = orr_evm_tx_sender(mem, tx, fork, &chain_id, sender);
    if (!error) error = orr_evm_tx_check_gas(tx, sender, fork);
    if (error) orr_evm_tx_free(mem, tx);
    return error;
}

static const char *compare(struct orr_mem *mem, const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                           const struct orr_address *sender, const json_t *expected) {
    struct orr_hash hash, own = orr_evm_tx_hash(mem, tx);
    struct orr_address address;
    uint64_t gas;
    if (orr_json_hash(json_object_get(expected, "hash"), &hash) || !orr_hash_equal(hash, own))
        return "another hash";
    if (orr_json_address(json_object_get(expected, "sender"), &address) ||
        !orr_address_equal(address, *sender))
        return "another sender";
    if (!orr_json_u64(json_object_get(expected, "intrinsicGas"), &gas) &&
        gas != orr_evm_tx_intrinsic_gas(tx, sender, fork))
        return "another intrinsic gas";
    return NULL;
}

static void run_fork(struct orr_vm_tester *t, const char *name, const char *fork_name,
                     const json_t *expected, const struct orr_buffer *bytes) {
    enum orr_evm_fork fork;
    struct orr_evm_tx tx;
    struct orr_address sender;
    if (orr_fixture_fork(fork_name, &fork)) {
        orr_vm_report_add(&t->report->not_run, t->file, name, fork_name, "unknown fork", NULL);
        return;
    }
    char reason[256] = "";
    const char *exception = json_string_value(json_object_get(expected, "exception"));
    enum orr_evm_tx_error error = judge_bytes(t->mem, bytes, fork, &tx, &sender);
    if (error && !exception) {
        snprintf(reason, sizeof reason, "refused for %s", orr_evm_tx_error_name(error));
    } else if (!error) {
        const char *off = exception ? NULL : compare(t->mem, &tx, fork, &sender, expected);
        if (exception) snprintf(reason, sizeof reason, "accepted, expected %.200s", exception);
        if (off) snprintf(reason, sizeof reason, "%s", off);
        orr_evm_tx_free(t->mem, &tx);
    }
    if (reason[0])
        orr_vm_report_add(&t->report->failed, t->file, name, fork_name, reason, NULL);
    else
        t->report->n_passed++;
}

void orr_vm_transaction_test(struct orr_vm_tester *t, const char *name, const json_t *test) {
    struct orr_buffer bytes;
    const char *fork;
    json_t *expected;
    const char *bad = NULL;
    if (!json_is_object(json_object_get(test, "result")))
        bad = "result is no object";
    else if (orr_json_bytes(json_object_get(test, "txbytes"), &bytes))
        bad = "txbytes is no even number of hexadecimal digits";
    if (bad) {
        orr_vm_report_add(&t->report->bad, t->file, name, "", bad, NULL);
        return;
    }
    json_object_foreach(json_object_get(test, "result"), fork, expected) {
        if (t->options->only_fork && strcmp(t->options->only_fork, fork)) continue;
        run_fork(t, name, fork, expected, &bytes);
    }
    free(bytes.bytes);
}
