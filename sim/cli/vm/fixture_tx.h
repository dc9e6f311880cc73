/* fixture_tx.h - the transaction of one case of a state test.
 *
 * Tests of the public suites hold it as signed bytes ("txbytes"), exactly as a block would; tests
 * written by hand or by a fuzzer hold its fields alone, with lists of data, gas limits, values and
 * access lists from which the case's "indexes" choose. */
#ifndef ORR_SIM_CLI_VM_FIXTURE_TX_H
#define ORR_SIM_CLI_VM_FIXTURE_TX_H

#include <jansson.h>

#include "models/vm/transaction.h"
#include "sim/base/json.h"

struct orr_fixture_tx {
    struct orr_evm_tx tx;          /* while refused is ORR_TX_OK */
    enum orr_evm_tx_error refused; /* what cannot be such a transaction's encoding */
    bool is_signed;                /* from bytes: its signature says who sends it */
    bool has_sender;
    struct orr_address sender; /* whom the test names */
    struct orr_buffer bytes;   /* of the transaction, or of its data */
};

/* Reads the transaction of a case: post is the case's entry, with "txbytes" or "indexes".  Returns
 * 0, ORR_ENOTFOUND (neither bytes nor a sender and fields), or ORR_EFORMAT with the name of the bad
 * field (static) in *why.  End with orr_fixture_tx_free after 0. */
int orr_fixture_tx_read(struct orr_mem *mem, const json_t *transaction, const json_t *post,
                        const struct orr_u256 *chain_id, struct orr_fixture_tx *out,
                        const char **why);
/* A transaction's lists from JSON, into mem: access list, blob hashes, authorizations.  Each
 * returns 0, ORR_EFORMAT, or ORR_ELIMIT for a number that no encoding holds. */
int orr_fixture_read_access_list(struct orr_mem *mem, const json_t *list, struct orr_evm_tx *tx);
int orr_fixture_read_blobs(struct orr_mem *mem, const json_t *hashes, struct orr_evm_tx *tx);
int orr_fixture_read_authorizations(struct orr_mem *mem, const json_t *list, struct orr_evm_tx *tx);
void orr_fixture_tx_free(struct orr_mem *mem, struct orr_fixture_tx *t);
#endif
