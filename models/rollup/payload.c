#include "models/rollup/payload.h"

#include <assert.h>

#include "models/rollup/attributes.h"
#include "models/rollup/upgrade.h"

const struct orr_address orr_rollup_depositor = {{0xde, 0xad, 0xde, 0xad, 0xde, 0xad, 0xde,
                                                  0xad, 0xde, 0xad, 0xde, 0xad, 0xde, 0xad,
                                                  0xde, 0xad, 0xde, 0xad, 0x00, 0x01}};
enum { ATTRIBUTES_GAS = 1000000, ATTRIBUTES_GAS_BEDROCK = 150000000 };

static struct orr_rollup_log log_of(const struct orr_l1_log *log) {
    return (struct orr_rollup_log){log->topics, log->n_topics, log->data, log->data_len};
}

size_t orr_payload_update(const struct orr_rollup_config *config, const struct orr_l1_block *origin,
                          struct orr_system_config *system) {
    size_t n_bad = 0;
    for (size_t i = 0; i < origin->n_logs; i++) {
        static const char event[] = "ConfigUpdate(uint256,uint8,bytes)";
        const struct orr_l1_log *l = &origin->logs[i];
        if (!orr_address_equal(l->address, config->system_config) || !l->n_topics) continue;
        if (!orr_hash_equal(l->topics[0], orr_keccak256(event, sizeof event - 1))) continue;
        struct orr_rollup_log log = log_of(l);
        n_bad +=
            orr_system_config_apply(system, &log, origin->id.time >= config->ecotone_time) != NULL;
    }
    return n_bad;
}

/* ---- the attributes deposit ---- */

/* A fork holds at a time, and did one block before, too. */
static bool is_settled(const struct orr_rollup_config *c, uint64_t fork_time, uint64_t time) {
    return time >= fork_time && (time < c->block_time || time - c->block_time >= fork_time);
}

static struct orr_attributes attributes_of(const struct orr_rollup_config *c, uint64_t time,
                                           const struct orr_l1_block *origin,
                                           const struct orr_system_config *system,
                                           uint64_t sequence_number) {
    struct orr_attributes a = {.form = is_settled(c, c->isthmus_time, time) ? ORR_ATTRIBUTES_ISTHMUS
                                       : is_settled(c, c->ecotone_time, time)
                                           ? ORR_ATTRIBUTES_ECOTONE
                                           : ORR_ATTRIBUTES_BEDROCK,
                               .number = origin->id.number,
                               .timestamp = origin->id.time,
                               .sequence_number = sequence_number,
                               .base_fee = origin->base_fee,
                               .blob_base_fee = origin->blob_base_fee,
                               .hash = origin->id.hash,
                               .overhead = system->overhead,
                               .scalar = system->scalar,
                               .operator_fee_scalar = system->operator_fee_scalar,
                               .operator_fee_constant = system->operator_fee_constant};
    memcpy(a.batcher.bytes + 12, system->batcher.bytes, 20);
    if (a.form >= ORR_ATTRIBUTES_ECOTONE)
        orr_ecotone_scalars(&system->scalar, &a.base_fee_scalar, &a.blob_base_fee_scalar);
    return a;
}

static void write_attributes(const struct orr_rollup_config *c, uint64_t time,
                             const struct orr_attributes *a, struct orr_rlp_writer *w) {
    uint8_t data[ORR_ATTRIBUTES_BYTES_MAX];
    bool is_regolith = time >= c->regolith_time;
    struct orr_evm_deposit deposit = {
        .source_hash = orr_source_hash(ORR_SOURCE_L1_ATTRIBUTES, &a->hash, a->sequence_number),
        .from = orr_rollup_depositor,
        .to = orr_evm_predeploy(ORR_PREDEPLOY_L1_BLOCK),
        .is_system = !is_regolith,
        .gas = is_regolith ? ATTRIBUTES_GAS : ATTRIBUTES_GAS_BEDROCK,
        .data = data,
        .data_len = orr_attributes_write(a, data)};
    orr_evm_deposit_write(&deposit, w);
}

/* ---- the payload ---- */

/* Appends the user deposits of a new epoch; sizes[i] is what was appended. */
static size_t write_deposits(const struct orr_rollup_config *c, const struct orr_l1_block *origin,
                             struct orr_rlp_writer *w, size_t *sizes) {
    size_t n = 0;
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    struct orr_hash topic = orr_keccak256(event, sizeof event - 1);
    for (size_t i = 0; i < origin->n_logs; i++) {
        const struct orr_l1_log *l = &origin->logs[i];
        struct orr_evm_deposit deposit;
        if (!orr_address_equal(l->address, c->portal) || !l->n_topics ||
            !orr_hash_equal(l->topics[0], topic))
            continue;
        struct orr_rollup_log log = log_of(l);
        if (orr_deposit_from_log(&log, &origin->id.hash, l->index, &deposit)) continue;
        size_t before = w->len;
        orr_evm_deposit_write(&deposit, w);
        sizes[n++] = w->len - before;
    }
    return n;
}

static const char *refuses(const struct orr_rollup_config *c, const struct orr_derive_head *parent,
                           const struct orr_l1_block *origin, bool is_new) {
    if (is_new && origin->id.number != parent->block.origin_number + 1)
        return "the origin is not the next L1 block";
    if (is_new && !orr_hash_equal(origin->parent_hash, parent->origin_hash))
        return "the origin stands on another L1 block than the parent's origin";
    if (!is_new && !orr_hash_equal(origin->id.hash, parent->origin_hash))
        return "the origin is another L1 block than the parent's";
    if (parent->block.time + c->block_time < origin->id.time)
        return "the block's time is before its origin's";
    return NULL;
}

const char *orr_payload_make(struct orr_mem *mem, const struct orr_rollup_config *c,
                             const struct orr_derive_head *parent,
                             const struct orr_l1_block *origin, const struct orr_rollup_tx *txs,
                             size_t n_txs, struct orr_system_config *system,
                             struct orr_payload *payload) {
    bool is_new = origin->id.number != parent->block.origin_number;
    const char *bad = refuses(c, parent, origin, is_new);
    if (bad) return bad;
    struct orr_payload p = {.bytes = {.mem = mem}};
    uint64_t time = parent->block.time + c->block_time;
    if (is_new) orr_payload_update(c, origin, system);
    p.sequence_number = is_new ? 0 : parent->sequence_number + 1;
    size_t room = 1 + ORR_UPGRADE_TXS_MAX + (is_new ? origin->n_logs : 0),
           *sizes = orr_alloc(mem, room * sizeof *sizes);
    struct orr_attributes a = attributes_of(c, time, origin, system, p.sequence_number);
    write_attributes(c, time, &a, &p.bytes);
    sizes[0] = p.bytes.len;
    p.n_deposits = 1 + (is_new ? write_deposits(c, origin, &p.bytes, sizes + 1) : 0);
    p.n_upgrades = orr_upgrade_write(c, time, &p.bytes, sizes + p.n_deposits);
    p.n_deposits += p.n_upgrades;
    p.n_txs = p.n_deposits + n_txs;
    p.txs = orr_alloc(mem, p.n_txs * sizeof *p.txs);
    const uint8_t *at = p.bytes.bytes;
    for (size_t i = 0; i < p.n_deposits; at += sizes[i++])
        p.txs[i] = (struct orr_rollup_tx){at, sizes[i]};
    for (size_t i = 0; i < n_txs; i++) p.txs[p.n_deposits + i] = txs[i];
    orr_free(mem, sizes, room * sizeof *sizes);
    p.attributes = (struct orr_l2_attributes){.timestamp = time,
                                              .gas_limit = system->gas_limit,
                                              .prev_randao = origin->mix_hash,
                                              .fee_recipient =
                                                  orr_evm_predeploy(ORR_PREDEPLOY_SEQUENCER_VAULT),
                                              .txs = p.txs,
                                              .n_txs = p.n_txs};
    if (time >= c->ecotone_time) p.attributes.parent_beacon_root = origin->beacon_root;
    if (time >= c->holocene_time) {
        p.attributes.denominator = system->denominator;
        p.attributes.elasticity = system->elasticity;
    }
    *payload = p;
    return NULL;
}

void orr_payload_free(struct orr_mem *mem, struct orr_payload *p) {
    orr_free(mem, p->txs, p->n_txs * sizeof *p->txs);
    orr_rlp_free(&p->bytes);
    *p = (struct orr_payload){.n_txs = 0};
}
