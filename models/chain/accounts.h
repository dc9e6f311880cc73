/* accounts.h - nonces and balances of those who send transactions, as pools ask for them: looked up
 * once for all nodes whose head has the same state.
 *
 * Senders that some pool let in have numbers, in the order in which they came; nothing is ordered
 * by them, so that they change no result.  A view is what a state says of them, found by the
 * state's root and filled as it is asked: a pure function of that root. */
#ifndef ORR_CHAIN_ACCOUNTS_H
#define ORR_CHAIN_ACCOUNTS_H

#include "models/base/index.h"
#include "models/vm/state.h"

struct orr_chain_account {
    uint64_t nonce;
    struct orr_u256 balance;
    bool is_known; /* else nobody asked yet */
};

struct orr_chain_accounts_view {
    struct orr_hash root;
    uint32_t refs;
    struct orr_chain_account *accounts; /* [n], by number; who has a higher one is not known */
    uint32_t n;
    struct orr_chain_accounts_view *next;
};

struct orr_chain_accounts {
    struct orr_mem *mem;
    struct orr_chain_account_name {
        uint8_t key[32]; /* the address, and zeros */
    } * names;           /* [n] */
    uint32_t n, cap;
    struct orr_index index;
    struct orr_chain_accounts_view *views; /* those that are held: as many as there are heads */
};

void orr_chain_accounts_init(struct orr_chain_accounts *accounts, struct orr_mem *mem);
/* Every view must be given back. */
void orr_chain_accounts_fini(struct orr_chain_accounts *accounts);

/* The number of an address; ORR_NOWHERE: it has none. */
uint32_t orr_chain_accounts_find(const struct orr_chain_accounts *accounts,
                                 const struct orr_address *address);
/* ... which it is given if it has none. */
uint32_t orr_chain_accounts_number(struct orr_chain_accounts *accounts,
                                   const struct orr_address *address);
static inline struct orr_address
orr_chain_accounts_address(const struct orr_chain_accounts *accounts, uint32_t number) {
    struct orr_address a;
    memcpy(a.bytes, accounts->names[number].key, sizeof a.bytes);
    return a;
}

/* A reference to the view of a state, which is not in a transaction. */
struct orr_chain_accounts_view *orr_chain_accounts_open(struct orr_chain_accounts *accounts,
                                                        struct orr_evm_state *state);
void orr_chain_accounts_close(struct orr_chain_accounts *accounts,
                              struct orr_chain_accounts_view *view);
/* What a state says of a numbered account; lent until the next call.  state: the view's. */
const struct orr_chain_account *orr_chain_accounts_read(struct orr_chain_accounts *accounts,
                                                        struct orr_chain_accounts_view *view,
                                                        struct orr_evm_state *state,
                                                        uint32_t number);
#endif
