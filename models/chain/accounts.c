#include "models/chain/accounts.h"

#include <assert.h>

void orr_chain_accounts_init(struct orr_chain_accounts *accounts, struct orr_mem *mem) {
    *accounts = (struct orr_chain_accounts){.mem = mem};
    orr_index_init(&accounts->index, mem, sizeof *accounts->names,
                   offsetof(struct orr_chain_account_name, key));
}

void orr_chain_accounts_fini(struct orr_chain_accounts *accounts) {
    assert(!accounts->views);
    orr_free(accounts->mem, accounts->names, accounts->cap * sizeof *accounts->names);
    orr_index_fini(&accounts->index);
    *accounts = (struct orr_chain_accounts){.mem = NULL};
}

/* ---- numbers ---- */

static struct orr_chain_account_name name_of(const struct orr_address *address) {
    struct orr_chain_account_name name = {{0}};
    memcpy(name.key, address->bytes, sizeof address->bytes);
    return name;
}

uint32_t orr_chain_accounts_find(const struct orr_chain_accounts *accounts,
                                 const struct orr_address *address) {
    struct orr_chain_account_name name = name_of(address);
    return orr_index_find32(&accounts->index, accounts->names, name.key);
}

uint32_t orr_chain_accounts_number(struct orr_chain_accounts *accounts,
                                   const struct orr_address *address) {
    uint32_t number = orr_chain_accounts_find(accounts, address);
    if (number != ORR_NOWHERE) return number;
    if (accounts->n == accounts->cap) {
        uint32_t cap = accounts->cap ? 2 * accounts->cap : 64;
        accounts->names =
            orr_resize(accounts->mem, accounts->names, accounts->cap * sizeof *accounts->names,
                       cap * sizeof *accounts->names);
        accounts->cap = cap;
    }
    accounts->names[accounts->n] = name_of(address);
    orr_index_put32(&accounts->index, accounts->names, accounts->n);
    return accounts->n++;
}

/* ---- views ---- */

struct orr_chain_accounts_view *orr_chain_accounts_open(struct orr_chain_accounts *accounts,
                                                        struct orr_evm_state *state) {
    struct orr_hash root = orr_evm_state_root(state);
    struct orr_chain_accounts_view *view = accounts->views;
    while (view && !orr_hash_equal(view->root, root)) view = view->next; /* ends: the list does */
    if (!view) {
        view = orr_alloc_zero(accounts->mem, sizeof *view);
        view->root = root;
        view->next = accounts->views;
        accounts->views = view;
    }
    view->refs++;
    return view;
}

void orr_chain_accounts_close(struct orr_chain_accounts *accounts,
                              struct orr_chain_accounts_view *view) {
    if (!view || --view->refs) return;
    struct orr_chain_accounts_view **at = &accounts->views;
    while (*at != view) at = &(*at)->next; /* ends: it is in the list */
    *at = view->next;
    orr_free(accounts->mem, view->accounts, view->n * sizeof *view->accounts);
    orr_free(accounts->mem, view, sizeof *view);
}

/* Room for all that have numbers, and some more. */
static void grow(struct orr_chain_accounts *accounts, struct orr_chain_accounts_view *view) {
    uint32_t n = accounts->cap;
    view->accounts = orr_resize(accounts->mem, view->accounts, view->n * sizeof *view->accounts,
                                n * sizeof *view->accounts);
    memset(view->accounts + view->n, 0, (n - view->n) * sizeof *view->accounts);
    view->n = n;
}

const struct orr_chain_account *orr_chain_accounts_read(struct orr_chain_accounts *accounts,
                                                        struct orr_chain_accounts_view *view,
                                                        struct orr_evm_state *state,
                                                        uint32_t number) {
    assert(number < accounts->n);
    if (number >= view->n) grow(accounts, view);
    struct orr_chain_account *a = &view->accounts[number];
    if (a->is_known) return a;
    struct orr_address address = orr_chain_accounts_address(accounts, number);
    *a = (struct orr_chain_account){orr_evm_state_nonce(state, &address),
                                    orr_evm_state_balance(state, &address), true};
    return a;
}
