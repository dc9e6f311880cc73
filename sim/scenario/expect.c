/* expect.c - the keys under `expect:`: a row for each oracle of expect.def, and those of all. */
#include "sim/scenario/rows.h"

/* clang-format off: rows of a table */

static const struct orr_choice expectations[] = {
    {"holds", ORR_EXPECT_HOLDS, "must never be broken"},
    {"broken", ORR_EXPECT_BROKEN, "must be seen broken"},
    {"unchecked", ORR_EXPECT_UNCHECKED, "either way"},
    {NULL, 0, NULL},
};
static const struct orr_choice safeties[] = {
    {"holds", ORR_EXPECT_HOLDS, "must never be broken"},
    {"broken", ORR_EXPECT_BROKEN, "must be seen broken"},
    {"unchecked", ORR_EXPECT_UNCHECKED, "either way"},
    {"as-agreement", ORR_EXPECT_AS_AGREEMENT, "holds, or unchecked if agreement need not hold"},
    {NULL, 0, NULL},
};
static const struct orr_choice subjects[] = {
    {"judged", 0, "the safety of decisions, and all that is written here"},
    {"nothing", 1, "no expectation at all; a run that judges nobody otherwise fails"},
    {NULL, 0, NULL},
};
static const struct orr_choice stops[] = {
    {"none", 0, "the run fails"},
    {"allowed", 1, "that is no failure"},
    {NULL, 0, NULL},
};
static const struct orr_choice commitments[] = {
    {"all", ORR_COMMITTED_ALL, "every one"},
    {"unchecked", ORR_COMMITTED_UNCHECKED, "either way"},
    {NULL, 0, NULL},
};
static const struct orr_choice presences[] = {
    {"present", ORR_PRESENT, "a correct node must find some"},
    {"absent", ORR_ABSENT, "no correct node may find any"},
    {"broken", ORR_PRESENCE_WRONG, "a correct node must be accused, as a mistake can have it"},
    {NULL, 0, NULL},
};
static const struct orr_choice terminations[] = {
    {"within", ORR_TERMINATION_WITHIN, "every correct node decides in time after the last fault"},
    {"stalled", ORR_TERMINATION_STALLED, "nothing is decided any more after the last fault began"},
    {NULL, 0, NULL},
};

static const struct orr_scenario_key evidence_keys[] = {
    {.name = "is", .type = ORR_KEY_CHOICE, AT(orr_expect_spec, evidence), .choices = presences,
     .fallback = "present", .help = "whether misbehaviour is proven"},
    {.name = "names", .type = ORR_KEY_TARGETS, AT(orr_expect_spec, culprits),
     .help = "each of these must be proven guilty; without it, some Byzantine node"},
};
TABLE(evidence, "evidence", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key termination_keys[] = {
    {.name = "is", .type = ORR_KEY_CHOICE, AT(orr_expect_spec, termination),
     .choices = terminations, .fallback = "within", .help = "whether decisions go on"},
    {.name = "within", A(TIME), AT(orr_expect_spec, within), .max = YEARS, .fallback = "1 s",
     .help = "every correct node decides so soon after the last fault has healed; stalled: no "
             "decision later than this after it began"},
    {.name = "views", .type = ORR_KEY_NUMBER, AT(orr_expect_spec, views), .max = 1000000,
     .fallback = "0",
     .help = "in place of `within`: some correct node decides before all of them have entered more "
             "views than this since the last fault has healed or the decision before; 0: by time"},
};
TABLE(termination, "termination", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key caught_up_keys[] = {
    {.name = "within", A(TIME), AT(orr_expect_spec, caught_up_within), .max = YEARS,
     .needed = ORR_KEY_NEEDED, .help = "so long after the last fault has healed every correct node "
                                       "has caught up, and stays so to the end"},
    {.name = "heights", .type = ORR_KEY_NUMBER, AT(orr_expect_spec, caught_up_heights),
     .max = 1000000, .fallback = "2",
     .help = "who is no more behind the highest correct node of its role has caught up"},
};
TABLE(caught_up, "caught_up", orr_expect_spec, ORR_NO_KEY, 0);

#define LATENCY_KEY(key, field, text) \
    {.name = key, .type = ORR_KEY_BELOW, AT(orr_expect_spec, field), .min = 1, .max = YEARS, \
     .help = text}
static const struct orr_scenario_key latency_keys[] = {
    LATENCY_KEY("p50", p50, "half of the transactions are faster"),
    LATENCY_KEY("p90", p90, "90 % are faster"),
    LATENCY_KEY("p99", p99, "99 % are faster"),
    LATENCY_KEY("max", max, "all are faster"),
};
TABLE(latency, "latency", orr_expect_spec, ORR_NO_KEY, ORR_NO_KEY);

static const struct orr_scenario_key throughput_keys[] = {
    {.name = "min", A(RATE), AT(orr_expect_spec, throughput_nhz), .max = WHOLE * SECOND,
     .needed = ORR_KEY_NEEDED, .help = "committed transactions, at least"},
};
TABLE(throughput, "throughput", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key committed_keys[] = {
    {.name = "is", .type = ORR_KEY_CHOICE, AT(orr_expect_spec, committed), .choices = commitments,
     .fallback = "all", .help = "which transactions are committed by the end"},
    {.name = "within", A(TIME), AT(orr_expect_spec, committed_within), .max = YEARS,
     .fallback = "0 s", .help = "what was submitted so shortly before the end may still be open"},
};
TABLE(committed, "committed", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key delivery_keys[] = {
    {.name = "ratio", A(SHARE), AT(orr_expect_spec, delivery_ratio), .max = WHOLE,
     .fallback = "100 %", .help = "of all pairs of a message and a node so many at least"},
    {.name = "p99", .type = ORR_KEY_BELOW, AT(orr_expect_spec, delivery_p99), .min = 1,
     .max = YEARS, .help = "99 % of the pairs are faster, from publishing to delivery"},
    {.name = "within", A(TIME), AT(orr_expect_spec, delivery_within), .max = YEARS,
     .fallback = "0 s", .help = "what was published so shortly before the end may still be under "
                                "way"},
};
TABLE(delivery, "delivery", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key reorg_depth_keys[] = {
    {.name = "max", .type = ORR_KEY_NUMBER, AT(orr_expect_spec, reorg_depth), .max = 1000000,
     .needed = ORR_KEY_NEEDED, .help = "blocks"},
};
TABLE(reorg_depth, "reorg_depth", orr_expect_spec, ORR_NO_KEY, 0);

static const struct orr_scenario_key inclusion_keys[] = {
    {.name = "within", A(TIME), AT(orr_expect_spec, inclusion_within), .min = 1, .max = YEARS,
     .needed = ORR_KEY_NEEDED, .help = "of its submission"},
};
TABLE(inclusion, "inclusion", orr_expect_spec, ORR_NO_KEY, 0);

#define EXPECTED(default_text, values, field) \
    .type = ORR_KEY_CHOICE, AT(orr_expect_spec, field), .choices = values, \
    .fallback = default_text, WHERE_AT(orr_expect_spec, field##_where)
#define TABLE_OF(id) \
    .type = ORR_KEY_MAP, .table = &id##_table, WHERE_AT(orr_expect_spec, id##_where)

static const struct orr_scenario_key expect_keys[] = {
    {.name = "is", .type = ORR_KEY_CHOICE, AT(orr_expect_spec, nothing), .choices = subjects,
     .fallback = "judged", WHERE_AT(orr_expect_spec, nothing_where), .help = "what is expected"},
#define ORACLE(id, help_text, ...) {.name = #id, .help = help_text, __VA_ARGS__},
#include "sim/scenario/expect.def"
#undef ORACLE
    {.name = "own", .type = ORR_KEY_OWN, PAIR_AT(orr_expect_spec, own, n_own),
     .choices = expectations, .fallback = "{}",
     .help = "what is expected of the oracles that plug-ins bring; they hold by default"},
    {.name = "stopped", .type = ORR_KEY_CHOICE, AT(orr_expect_spec, stopped), .choices = stops,
     .fallback = "none", .help = "nodes that stop by themselves: an error, or a full disk"},
    {.name = "of", .type = ORR_KEY_TARGETS, AT(orr_expect_spec, of),
     .help = "of which nodes; without it, of all correct ones"},
};
const struct orr_scenario_table orr_expect_table = {
    .name = "expect", .title = "expectations", .keys = expect_keys,
    .n = sizeof expect_keys / sizeof expect_keys[0], .kind_key = ORR_NO_KEY, .scalar_key = 0,
    .size = sizeof(struct orr_expect_spec),
    .where_offset = offsetof(struct orr_expect_spec, where),
};
