/* reference.c - a second machine, for comparison: one switch, one opcode after the other, native
 * recursion, words as big-endian bytes, all arithmetic by GMP.  Written from the Yellow Paper and
 * the EIPs without the tables and helpers of models/vm; it shares only the host (world.h). Included
 * by the differential tests. */
#include "tests/models/vm/reference_words.h"
#include "tests/models/vm/world.h"

#define REF_MEMORY_LIMIT (1u << 25) /* the tests' gas never reaches more */

struct ref_frame {
    struct world *w;
    enum orr_evm_fork fork;
    struct orr_evm_message msg;
    const uint8_t *code, *data;
    size_t code_len, data_len, pc;
    struct ref_word stack[1024];
    int height;
    int64_t gas, refund;
    uint8_t *memory;
    size_t memory_len;
    uint8_t *returned;
    size_t returned_len;
    uint8_t *output;
    size_t output_len;
    enum { REF_RUNS, REF_STOPS, REF_REVERTS, REF_FAILS } end;
};

struct ref_result {
    int end; /* REF_STOPS, REF_REVERTS or REF_FAILS */
    int64_t gas_left, refund;
    uint8_t *output; /* malloc'd */
    size_t output_len;
};

static struct ref_result ref_run(struct world *w, const struct orr_evm_message *msg,
                                 const uint8_t *code, size_t len);

/* ---- the frame ---- */

static void ref_fail(struct ref_frame *f) { f->end = REF_FAILS; }
static void ref_charge(struct ref_frame *f, int64_t gas) {
    f->gas -= gas;
    if (f->gas < 0) ref_fail(f);
}
static struct ref_word ref_pop(struct ref_frame *f) {
    if (f->height == 0) {
        ref_fail(f);
        return ref_small(0);
    }
    return f->stack[--f->height];
}
static void ref_push(struct ref_frame *f, struct ref_word a) {
    if (f->height == 1024)
        ref_fail(f);
    else
        f->stack[f->height++] = a;
}
static void ref_expand(struct ref_frame *f, uint64_t at, uint64_t len) {
    if (!len || f->end != REF_RUNS) return;
    uint64_t end = at + len, words = (end + 31) / 32, old = f->memory_len / 32;
    if (end > REF_MEMORY_LIMIT) {
        ref_fail(f);
        return;
    }
    if (words <= old) return;
    ref_charge(f, (int64_t)(words * 3 + words * words / 512 - old * 3 - old * old / 512));
    if (f->end != REF_RUNS) return;
    f->memory = realloc(f->memory, words * 32);
    memset(f->memory + f->memory_len, 0, words * 32 - f->memory_len);
    f->memory_len = words * 32;
}
static int64_t ref_words(uint64_t len) { return (int64_t)((len + 31) / 32); }

/* ---- memory and state ---- */

/* Memory at `to` takes len bytes of from at offset, zeros past its end. */
static void ref_copy(struct ref_frame *f, struct ref_word to_word, struct ref_word offset_word,
                     struct ref_word len_word, const uint8_t *from, size_t from_len) {
    uint64_t to = ref_number(to_word), offset = ref_number(offset_word), len = ref_number(len_word);
    ref_expand(f, to, len);
    ref_charge(f, 3 * ref_words(len));
    if (f->end != REF_RUNS) return;
    for (uint64_t i = 0; i < len; i++)
        f->memory[to + i] = offset + i < from_len ? from[offset + i] : 0;
}
static void ref_cold_account(struct ref_frame *f, struct orr_address a, int64_t extra) {
    if (f->fork < ORR_FORK_BERLIN) return;
    if (world_account_access(f->w, &a) == ORR_COLD) ref_charge(f, extra);
}
static void ref_sstore(struct ref_frame *f) {
    struct orr_u256 key = ref_host_word(ref_pop(f)), value = ref_host_word(ref_pop(f));
    if (f->end != REF_RUNS || f->msg.is_static) {
        ref_fail(f);
        return;
    }
    enum orr_evm_fork fork = f->fork;
    if (fork >= ORR_FORK_ISTANBUL && f->gas <= 2300) {
        ref_fail(f);
        return;
    }
    struct world_slot *s = world_slot(f->w, &f->msg.recipient, &key);
    struct orr_u256 original = s->original, current = s->value;
    bool same = orr_u256_equal(current, value), clean = orr_u256_equal(original, current);
    bool o0 = orr_u256_is_zero(original), c0 = orr_u256_is_zero(current);
    bool v0 = orr_u256_is_zero(value), back = orr_u256_equal(original, value);
    int64_t gas = 0, refund = 0;
    if (fork >= ORR_FORK_BERLIN && !s->warm) gas += 2100;
    s->warm = true;
    s->value = value;
    if (fork < ORR_FORK_CONSTANTINOPLE || fork == ORR_FORK_PETERSBURG) {
        gas += c0 && !v0 ? 20000 : 5000;
        if (!c0 && v0) refund += 15000;
    } else { /* the text of EIP-1283, with the constants of EIP-2200, 2929, 3529 */
        int64_t load = fork >= ORR_FORK_BERLIN ? 100 : fork >= ORR_FORK_ISTANBUL ? 800 : 200;
        int64_t reset = fork >= ORR_FORK_BERLIN ? 2900 : 5000;
        int64_t clears = fork >= ORR_FORK_LONDON ? 4800 : 15000;
        if (same) {
            gas += load;
        } else if (clean) {
            if (o0)
                gas += 20000;
            else
                gas += reset;
            if (!o0 && v0) refund += clears;
        } else {
            gas += load;
            if (!o0) {
                if (c0)
                    refund -= clears;
                else if (v0)
                    refund += clears;
            }
            if (back) refund += (o0 ? 20000 : reset) - load;
        }
    }
    f->refund += refund;
    ref_charge(f, gas);
}
static void ref_selfdestruct(struct ref_frame *f) {
    struct orr_address to = ref_address(ref_pop(f));
    if (f->end != REF_RUNS || f->msg.is_static) {
        ref_fail(f);
        return;
    }
    ref_cold_account(f, to, 2600);
    struct orr_u256 balance = world_account(f->w, &f->msg.recipient)->balance;
    if (f->fork >= ORR_FORK_EIP150 && !world_exists(f->w, &to) &&
        (f->fork < ORR_FORK_EIP158 || !orr_u256_is_zero(balance)))
        ref_charge(f, 25000);
    if (f->end != REF_RUNS) return;
    if (world_selfdestruct(f->w, &f->msg.recipient, &to) && f->fork < ORR_FORK_LONDON)
        f->refund += 24000;
    f->end = REF_STOPS;
}
static void ref_log(struct ref_frame *f, int n) {
    struct ref_word at = ref_pop(f), len = ref_pop(f);
    struct orr_u256 topics[4];
    for (int i = 0; i < n; i++) topics[i] = ref_host_word(ref_pop(f));
    if (f->msg.is_static) ref_fail(f);
    ref_expand(f, ref_number(at), ref_number(len));
    ref_charge(f, 8 * (int64_t)(ref_number(len) < 1ull << 40 ? ref_number(len) : 1ull << 40));
    if (f->end != REF_RUNS) return;
    size_t n_bytes = ref_number(len);
    world_log(f->w, &f->msg.recipient, n_bytes ? f->memory + ref_number(at) : NULL, n_bytes, topics,
              n);
}

/* ---- calls ---- */

static void ref_set_returned(struct ref_frame *f, const uint8_t *bytes, size_t len) {
    free(f->returned);
    f->returned = malloc(len + 1);
    if (len) memcpy(f->returned, bytes, len);
    f->returned_len = len;
}
/* Begins, runs and ends msg; returns success and leaves gas, refund and returned data in f. */
static bool ref_message(struct ref_frame *f, struct orr_evm_message *msg,
                        struct orr_address *created) {
    struct orr_evm_result result = {.gas_left = msg->gas};
    const struct orr_evm_code *code = NULL;
    ref_set_returned(f, NULL, 0);
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    if (f->msg.depth >= 1024) {
        f->gas += msg->gas;
        return false;
    }
    uint8_t *kept = NULL;
    if (world_begin(f->w, msg, &code, &result) == ORR_BEGIN_RUN) {
        size_t len = msg->input_len;
        const uint8_t *bytes = code ? orr_evm_code_bytes(code, &len) : msg->input;
        struct ref_result r = ref_run(f->w, msg, bytes, len);
        kept = r.output;
        result = (struct orr_evm_result){.status = r.end == REF_STOPS     ? ORR_EVM_SUCCESS
                                                   : r.end == REF_REVERTS ? ORR_EVM_REVERT
                                                                          : ORR_EVM_FAILURE,
                                         .gas_left = r.gas_left,
                                         .gas_refund = r.refund,
                                         .output = r.output,
                                         .output_len = r.output_len};
        world_end(f->w, msg, &result);
    }
    bool success = result.status == ORR_EVM_SUCCESS;
    f->gas += result.gas_left;
    if (success) f->refund += result.gas_refund;
    if (result.status == ORR_EVM_REVERT || (success && !is_create))
        ref_set_returned(f, result.output, result.output_len);
    *created = result.created;
    free(kept);
    return success;
}
static void ref_call(struct ref_frame *f, uint8_t op) {
    bool has_value_operand = op == 0xf1 || op == 0xf2;
    struct ref_word gas = ref_pop(f), to = ref_pop(f);
    struct ref_word value = has_value_operand ? ref_pop(f) : ref_small(0);
    struct ref_word in = ref_pop(f), in_len = ref_pop(f), out = ref_pop(f), out_len = ref_pop(f);
    struct orr_address target = ref_address(to), code_address = target;
    bool pays = !ref_is_zero(value), delegated = false;
    if (f->end != REF_RUNS || (op == 0xf1 && pays && f->msg.is_static)) {
        ref_fail(f);
        return;
    }
    ref_cold_account(f, target, 2500);
    if (f->fork >= ORR_FORK_PRAGUE && world_delegation(f->w, &target, &code_address)) {
        delegated = true;
        ref_charge(f, world_account_access(f->w, &code_address) == ORR_COLD ? 2600 : 100);
    }
    ref_expand(f, ref_number(in), ref_number(in_len));
    ref_expand(f, ref_number(out), ref_number(out_len));
    if (f->end != REF_RUNS) return;
    if (pays) ref_charge(f, 9000);
    if (op == 0xf1 && !world_exists(f->w, &target) && (pays || f->fork < ORR_FORK_EIP158))
        ref_charge(f, 25000);
    if (f->end != REF_RUNS) return;
    int64_t given = (int64_t)ref_number(gas), most = f->gas - f->gas / 64;
    if (f->fork >= ORR_FORK_EIP150 && given > most) given = most;
    ref_charge(f, given);
    if (f->end != REF_RUNS) return;
    struct orr_evm_message msg = {.kind = op == 0xf1   ? ORR_CALL
                                          : op == 0xf2 ? ORR_CALLCODE
                                          : op == 0xf4 ? ORR_DELEGATECALL
                                                       : ORR_STATICCALL,
                                  .is_static = f->msg.is_static || op == 0xfa,
                                  .is_delegated = delegated,
                                  .depth = f->msg.depth + 1,
                                  .gas = given + (pays ? 2300 : 0),
                                  .recipient = op == 0xf2 || op == 0xf4 ? f->msg.recipient : target,
                                  .sender = op == 0xf4 ? f->msg.sender : f->msg.recipient,
                                  .code_address = code_address,
                                  .value = op == 0xf4 ? f->msg.value : ref_host_word(value),
                                  .input_len = ref_number(in_len)};
    uint8_t *input = malloc(msg.input_len + 1);
    if (msg.input_len) memcpy(input, f->memory + ref_number(in), msg.input_len);
    msg.input = input;
    struct orr_address none;
    bool success = ref_message(f, &msg, &none);
    free(input);
    for (size_t i = 0; i < ref_number(out_len) && i < f->returned_len; i++)
        f->memory[ref_number(out) + i] = f->returned[i];
    ref_push(f, ref_small(success));
}
static void ref_create(struct ref_frame *f, uint8_t op) {
    struct ref_word value = ref_pop(f), at = ref_pop(f), len = ref_pop(f);
    struct ref_word salt = op == 0xf5 ? ref_pop(f) : ref_small(0);
    if (f->end != REF_RUNS || f->msg.is_static) {
        ref_fail(f);
        return;
    }
    ref_expand(f, ref_number(at), ref_number(len));
    if (f->end != REF_RUNS) return;
    size_t n = ref_number(len);
    if (f->fork >= ORR_FORK_SHANGHAI) {
        if (n > 49152) ref_fail(f);
        ref_charge(f, 2 * ref_words(n));
    }
    if (op == 0xf5) ref_charge(f, 6 * ref_words(n));
    if (f->end != REF_RUNS) return;
    int64_t given = f->fork >= ORR_FORK_EIP150 ? f->gas - f->gas / 64 : f->gas;
    f->gas -= given;
    uint8_t *initcode = malloc(n + 1);
    if (n) memcpy(initcode, f->memory + ref_number(at), n);
    struct orr_evm_message msg = {.kind = op == 0xf5 ? ORR_CREATE2 : ORR_CREATE,
                                  .depth = f->msg.depth + 1,
                                  .gas = given,
                                  .sender = f->msg.recipient,
                                  .value = ref_host_word(value),
                                  .input = initcode,
                                  .input_len = n};
    memcpy(msg.salt.bytes, salt.byte, 32);
    struct orr_address created;
    bool success = ref_message(f, &msg, &created);
    free(initcode);
    ref_push(f, success ? ref_from_address(created) : ref_small(0));
}

/* ---- one instruction ---- */

static void ref_jump(struct ref_frame *f, uint64_t to) {
    bool good = false;
    for (size_t pc = 0; pc < f->code_len; pc++) { /* walk from the start: push data is no target */
        if (pc == to) good = f->code[pc] == 0x5b;
        if (f->code[pc] >= 0x60 && f->code[pc] <= 0x7f) pc += f->code[pc] - 0x5fu;
    }
    if (!good) ref_fail(f);
    f->pc = to;
}
static struct ref_word ref_environment(struct ref_frame *f, uint8_t op) {
    const struct orr_evm_tx_context *tx = &f->w->tx;
    switch (op) {
    case 0x30: return ref_from_address(f->msg.recipient);
    case 0x32: return ref_from_address(tx->origin);
    case 0x33: return ref_from_address(f->msg.sender);
    case 0x34: return ref_from_host(f->msg.value);
    case 0x36: return ref_small(f->data_len);
    case 0x38: return ref_small(f->code_len);
    case 0x3a: return ref_from_host(tx->gas_price);
    case 0x3d: return ref_small(f->returned_len);
    case 0x41: return ref_from_address(tx->coinbase);
    case 0x42: return ref_small(tx->timestamp);
    case 0x43: return ref_small(tx->number);
    case 0x44: return ref_from_host(tx->prevrandao);
    case 0x45: return ref_small(tx->gas_limit);
    case 0x46: return ref_from_host(tx->chain_id);
    case 0x47: return ref_from_host(world_account(f->w, &f->msg.recipient)->balance);
    case 0x48: return ref_from_host(tx->base_fee);
    case 0x4a: return ref_from_host(tx->blob_base_fee);
    case 0x58: return ref_small(f->pc - 1);
    case 0x59: return ref_small(f->memory_len);
    case 0x5a: return ref_small((uint64_t)f->gas);
    case 0x5f: return ref_small(0);
    }
    abort();
}
static void ref_account_op(struct ref_frame *f, uint8_t op) {
    struct orr_address a = ref_address(ref_pop(f));
    if (f->end != REF_RUNS) return;
    ref_cold_account(f, a, 2500);
    if (f->end != REF_RUNS) return;
    struct orr_hash hash;
    world_code_hash(f->w, &a, &hash);
    struct ref_word r;
    memcpy(r.byte, hash.bytes, 32);
    if (op == 0x31) r = ref_from_host(world_account(f->w, &a)->balance);
    if (op == 0x3b) r = ref_small(world_code_size(f->w, &a));
    ref_push(f, r);
}
static void ref_finish(struct ref_frame *f, bool reverts) {
    uint64_t at = ref_number(ref_pop(f)), len = ref_number(ref_pop(f));
    ref_expand(f, at, len);
    if (f->end != REF_RUNS) return;
    f->output = malloc(len + 1);
    if (len) memcpy(f->output, f->memory + at, len);
    f->output_len = len;
    f->end = reverts ? REF_REVERTS : REF_STOPS;
}
static void ref_memory_op(struct ref_frame *f, uint8_t op) {
    uint64_t at = ref_number(ref_pop(f));
    struct ref_word value = op == 0x51 ? ref_small(0) : ref_pop(f);
    ref_expand(f, at, op == 0x53 ? 1 : 32);
    if (f->end != REF_RUNS) return;
    if (op == 0x53) f->memory[at] = value.byte[31];
    if (op == 0x52) memcpy(f->memory + at, value.byte, 32);
    if (op == 0x51) {
        memcpy(value.byte, f->memory + at, 32);
        ref_push(f, value);
    }
}
static void ref_copy_op(struct ref_frame *f, uint8_t op) {
    struct orr_address a = {{0}};
    if (op == 0x3c) {
        a = ref_address(ref_pop(f));
        if (f->end == REF_RUNS) ref_cold_account(f, a, 2500);
    }
    struct ref_word to = ref_pop(f), from = ref_pop(f), len = ref_pop(f);
    if (f->end != REF_RUNS) return;
    struct world_account *account = op == 0x3c ? world_account(f->w, &a) : NULL;
    if (op == 0x37) ref_copy(f, to, from, len, f->data, f->data_len);
    if (op == 0x39) ref_copy(f, to, from, len, f->code, f->code_len);
    if (op == 0x3c) ref_copy(f, to, from, len, account->code, account->code_len);
    if (op == 0x3e) {
        if (ref_number(from) + ref_number(len) > f->returned_len)
            ref_fail(f);
        else
            ref_copy(f, to, from, len, f->returned, f->returned_len);
    }
    if (op == 0x5e) {
        ref_expand(f, ref_number(from), ref_number(len));
        if (f->end != REF_RUNS) return;
        size_t copied_len = f->memory_len;
        uint8_t *copied = malloc(copied_len + 1);
        if (copied_len) memcpy(copied, f->memory, copied_len);
        ref_copy(f, to, from, len, copied, copied_len);
        free(copied);
    }
}
static void ref_storage_op(struct ref_frame *f, uint8_t op) {
    struct orr_u256 key = ref_host_word(ref_pop(f)), value = {{0}};
    if (op == 0x5d) value = ref_host_word(ref_pop(f));
    if (f->end != REF_RUNS || (op == 0x5d && f->msg.is_static)) {
        ref_fail(f);
        return;
    }
    struct world_slot *s = world_slot(f->w, &f->msg.recipient, &key);
    if (op == 0x5d) s->transient = value;
    if (op == 0x5c) ref_push(f, ref_from_host(s->transient));
    if (op == 0x54) {
        if (f->fork >= ORR_FORK_BERLIN && !s->warm) ref_charge(f, 2000);
        s->warm = true;
        ref_push(f, ref_from_host(s->value));
    }
}
static void ref_misc(struct ref_frame *f, uint8_t op) {
    struct ref_word a = ref_pop(f), r = ref_small(0);
    uint64_t n = ref_number(a);
    struct orr_hash hash;
    switch (op) {
    case 0x15: r = ref_small(ref_is_zero(a)); break;
    case 0x19:
        for (int i = 0; i < 32; i++) r.byte[i] = (uint8_t)~a.byte[i];
        break;
    case 0x1e: {
        int zeros = 0;
        while (zeros < 256 && !(a.byte[zeros / 8] >> (7 - zeros % 8) & 1)) zeros++;
        r = ref_small((uint64_t)zeros);
        break;
    }
    case 0x20: {
        uint64_t len = ref_number(ref_pop(f));
        ref_expand(f, n, len);
        ref_charge(f, 6 * ref_words(len));
        if (f->end != REF_RUNS) return;
        hash = orr_keccak256(len ? f->memory + n : NULL, len);
        memcpy(r.byte, hash.bytes, 32);
        break;
    }
    case 0x35:
        for (uint64_t i = 0; i < 32; i++) r.byte[i] = n + i < f->data_len ? f->data[n + i] : 0;
        break;
    case 0x40:
        if (n < f->w->tx.number && n + 256 >= f->w->tx.number) {
            world_block_hash(f->w, n, &hash);
            memcpy(r.byte, hash.bytes, 32);
        }
        break;
    case 0x49:
        if (n < f->w->tx.n_blob_hashes) memcpy(r.byte, f->w->tx.blob_hashes[n].bytes, 32);
        break;
    }
    ref_push(f, r);
}

static void ref_step(struct ref_frame *f) {
    uint8_t op = f->pc < f->code_len ? f->code[f->pc] : 0;
    f->pc++;
    int64_t gas = ref_gas(op, f->fork);
    if (gas < 0) {
        ref_fail(f);
        return;
    }
    ref_charge(f, gas);
    if (f->end != REF_RUNS) return;
    if (op >= 0x60 && op <= 0x7f) {
        unsigned n = op - 0x5fu;
        struct ref_word value = {{0}};
        for (unsigned i = 0; i < n; i++)
            value.byte[32 - n + i] = f->pc + i < f->code_len ? f->code[f->pc + i] : 0;
        f->pc += n;
        ref_push(f, value);
    } else if (op >= 0x80 && op <= 0x8f) {
        int n = op - 0x7f;
        if (f->height < n)
            ref_fail(f);
        else
            ref_push(f, f->stack[f->height - n]);
    } else if (op >= 0x90 && op <= 0x9f) {
        int n = op - 0x8f;
        if (f->height < n + 1) {
            ref_fail(f);
            return;
        }
        struct ref_word top = f->stack[f->height - 1];
        f->stack[f->height - 1] = f->stack[f->height - 1 - n];
        f->stack[f->height - 1 - n] = top;
    } else if (op >= 0xa0 && op <= 0xa4) {
        ref_log(f, op - 0xa0);
    } else {
        switch (op) {
        case 0x00: f->end = REF_STOPS; break;
        case 0x08:
        case 0x09: {
            struct ref_word a = ref_pop(f), b = ref_pop(f), m = ref_pop(f);
            ref_push(f, ref_modular(op, a, b, m));
            break;
        }
        case 0x15:
        case 0x19:
        case 0x1e:
        case 0x20:
        case 0x35:
        case 0x40:
        case 0x49: ref_misc(f, op); break;
        case 0x31:
        case 0x3b:
        case 0x3f: ref_account_op(f, op); break;
        case 0x37:
        case 0x39:
        case 0x3c:
        case 0x3e:
        case 0x5e: ref_copy_op(f, op); break;
        case 0x50: ref_pop(f); break;
        case 0x51:
        case 0x52:
        case 0x53: ref_memory_op(f, op); break;
        case 0x54:
        case 0x5c:
        case 0x5d: ref_storage_op(f, op); break;
        case 0x55: ref_sstore(f); break;
        case 0x56: {
            uint64_t to = ref_number(ref_pop(f));
            if (f->end == REF_RUNS) ref_jump(f, to);
            break;
        }
        case 0x57: {
            uint64_t to = ref_number(ref_pop(f));
            struct ref_word condition = ref_pop(f);
            if (f->end == REF_RUNS && !ref_is_zero(condition)) ref_jump(f, to);
            break;
        }
        case 0x5b: break;
        case 0xf0:
        case 0xf5: ref_create(f, op); break;
        case 0xf1:
        case 0xf2:
        case 0xf4:
        case 0xfa: ref_call(f, op); break;
        case 0xf3: ref_finish(f, false); break;
        case 0xfd:
            if (f->fork < ORR_FORK_BYZANTIUM)
                ref_fail(f);
            else
                ref_finish(f, true);
            break;
        case 0xff: ref_selfdestruct(f); break;
        default:
            if (op <= 0x1d) {
                struct ref_word a = ref_pop(f), b = ref_pop(f);
                if (op == 0x0a) {
                    int bytes = 32;
                    while (bytes > 0 && !b.byte[32 - bytes]) bytes--;
                    ref_charge(f, (f->fork >= ORR_FORK_EIP158 ? 50 : 10) * bytes);
                }
                if (f->end == REF_RUNS) ref_push(f, ref_binary(op, a, b));
            } else {
                ref_push(f, ref_environment(f, op));
            }
        }
    }
}

static struct ref_result ref_run(struct world *w, const struct orr_evm_message *msg,
                                 const uint8_t *code, size_t len) {
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    struct ref_frame *f = calloc(1, sizeof *f);
    f->w = w;
    f->fork = w->fork;
    f->msg = *msg;
    f->code = code;
    f->code_len = len;
    f->data = msg->input;
    f->data_len = is_create ? 0 : msg->input_len;
    f->gas = msg->gas;
    while (f->end == REF_RUNS) ref_step(f);
    struct ref_result r = {.end = (int)f->end};
    if (f->end != REF_FAILS) {
        r.gas_left = f->gas;
        r.output = f->output;
        r.output_len = f->output_len;
        f->output = NULL;
    }
    if (f->end == REF_STOPS) r.refund = f->refund;
    free(f->memory);
    free(f->returned);
    free(f->output);
    free(f);
    return r;
}
