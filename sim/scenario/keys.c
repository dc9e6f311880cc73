#include "sim/scenario/keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/fault_choices.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rows.h"
#include "sim/scenario/scenario.h"

/* clang-format off: rows of a table */

/* ---- distributions: the same keys in ns and in bytes ---- */

static const struct orr_choice dist_kinds[] = {
    {"constant", ORR_DIST_CONSTANT, "always `value`; the value alone says the same"},
    {"uniform", ORR_DIST_UNIFORM, "evenly from `min` to `max`"},
    {"normal", ORR_DIST_NORMAL, "of `mean` and standard deviation `sd`; below 0 it is drawn again"},
    {"lognormal", ORR_DIST_LOGNORMAL, "half are below `median`, 99 % below `p99`"},
    {"exponential", ORR_DIST_EXPONENTIAL, "of `mean`; none below `min`"},
    {"pareto", ORR_DIST_PARETO, "a heavy tail of index `shape` above `scale`"},
    {"gamma", ORR_DIST_GAMMA, "of `shape` and `scale`; its mean is their product"},
    {"empirical", ORR_DIST_EMPIRICAL, "drawn from the values in `file`, one a line"},
    {NULL, 0, NULL},
};

#define DIST(kind) BIT(ORR_DIST_##kind)
#define DIST_KEYS(unit, least, most)                                                            \
    {.name = "dist", .type = ORR_KEY_CHOICE, AT(orr_dist_spec, kind), .choices = dist_kinds,    \
     .fallback = "constant", .help = "which distribution"},                                     \
    {.name = "value", A(unit), AT(orr_dist_spec, value), .min = 0, .max = most,                 \
     .kinds = DIST(CONSTANT), .needed = DIST(CONSTANT), .help = "the value"},                   \
    {.name = "min", A(unit), AT(orr_dist_spec, min), .min = 0, .max = most,                     \
     .fallback = least, .kinds = DIST(UNIFORM) | DIST(EXPONENTIAL), .needed = DIST(UNIFORM),    \
     .help = "the least value"},                                                                \
    {.name = "max", A(unit), AT(orr_dist_spec, max), .min = 0, .max = most,                     \
     .kinds = DIST(UNIFORM), .needed = DIST(UNIFORM), .help = "the greatest value"},            \
    {.name = "mean", A(unit), AT(orr_dist_spec, mean), .min = 0, .max = most,                   \
     .kinds = DIST(NORMAL) | DIST(EXPONENTIAL), .needed = DIST(NORMAL) | DIST(EXPONENTIAL),     \
     .help = "the mean"},                                                                       \
    {.name = "sd", A(unit), AT(orr_dist_spec, sd), .min = 1, .max = most,                       \
     .kinds = DIST(NORMAL), .needed = DIST(NORMAL), .help = "the standard deviation"},          \
    {.name = "clamp", .type = ORR_KEY_BOOL, AT(orr_dist_spec, clamp), .fallback = "false",      \
     .kinds = DIST(NORMAL), .help = "what is below 0 counts as 0 and is not drawn again"},      \
    {.name = "median", A(unit), AT(orr_dist_spec, median), .min = 1, .max = most,               \
     .kinds = DIST(LOGNORMAL), .needed = DIST(LOGNORMAL), .help = "half are below"},            \
    {.name = "p99", A(unit), AT(orr_dist_spec, p99), .min = 1, .max = most,                     \
     .kinds = DIST(LOGNORMAL), .needed = DIST(LOGNORMAL), .help = "99 % are below"},            \
    {.name = "scale", A(unit), AT(orr_dist_spec, scale), .min = 1, .max = most,                 \
     .kinds = DIST(PARETO) | DIST(GAMMA), .needed = DIST(PARETO) | DIST(GAMMA),                 \
     .help = "pareto: the least value; gamma: the scale"},                                      \
    {.name = "shape", A(FACTOR), AT(orr_dist_spec, shape), .min = WHOLE / 1000,                 \
     .max = (int64_t)WHOLE * 1000, .kinds = DIST(PARETO) | DIST(GAMMA),                         \
     .needed = DIST(PARETO) | DIST(GAMMA), .help = "the shape, a plain number"},                \
    {.name = "file", .type = ORR_KEY_PATH, AT(orr_dist_spec, file), .kinds = DIST(EMPIRICAL),   \
     .needed = DIST(EMPIRICAL), .help = "the file with one value a line"},

#define MAX_SIZE ((int64_t)1 << 28) /* a message of more than 256 MiB is a slip */
static const struct orr_scenario_key dist_time_keys[] = {DIST_KEYS(TIME, "0 ns", YEARS)};
static const struct orr_scenario_key dist_size_keys[] = {DIST_KEYS(SIZE, "0 B", MAX_SIZE)};
TABLE(dist_time, "a distribution", orr_dist_spec, 0, 1,
      .where_offset = offsetof(struct orr_dist_spec, where));
TABLE(dist_size, "a distribution", orr_dist_spec, 0, 1,
      .where_offset = offsetof(struct orr_dist_spec, where));
const struct orr_scenario_table *const orr_dist_time_keys = &dist_time_table;
#define A_DELAY .type = ORR_KEY_MAP, .table = &dist_time_table

/* ---- nodes ---- */

static const struct orr_scenario_key disk_keys[] = {
    {.name = "write", A_DELAY, AT(orr_disk_spec, write),
     .help = "how long until a write is in the disk's cache"},
    {.name = "fsync", A_DELAY, AT(orr_disk_spec, fsync),
     .help = "how long after that until it is durable"},
    {.name = "size", A(SIZE), AT(orr_disk_spec, size_bytes), .min = 1, .max = INT64_MAX,
     .help = "what the disk holds; without it there is no limit"},
};
TABLE(disk, "a disk", orr_disk_spec, ORR_NO_KEY, ORR_NO_KEY);

static const struct orr_scenario_key clock_keys[] = {
    {.name = "skew", A_DELAY, AT(orr_group_spec, skew),
     .help = "how far a node's wall clock is off, ahead or behind with even odds"},
    {.name = "drift", A(DRIFT), AT(orr_group_spec, drift), .min = 0, .max = WHOLE / 10,
     .fallback = "0 ppm", .help = "a node's clocks run fast or slow by up to this"},
};
TABLE(clock, "a clock", orr_group_spec, ORR_NO_KEY, ORR_NO_KEY);

static const struct orr_choice placements[] = {
    {"in-turn", ORR_PLACE_IN_TURN, "the same at every seed: one by one over the regions"},
    {"random", ORR_PLACE_RANDOM, "as many in each region, who is where is drawn from the seed"},
    {NULL, 0, NULL},
};
static const struct orr_choice transports[] = {
    {"datagram", ORR_TRANSPORT_DATAGRAM, "to anybody; may be lost, doubled, overtaken (UDP)"},
    {"stream", ORR_TRANSPORT_STREAM, "over open links, in order; loss is delay (TCP, QUIC)"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key group_keys[] = {
    {.name = "count", .type = ORR_KEY_COUNT, AT(orr_group_spec, count), .min = 1,
     .max = ORR_SCENARIO_MAX_NODES, .needed = ORR_KEY_NEEDED, .help = "how many nodes"},
    {.name = "role", .type = ORR_KEY_ROLE, AT(orr_group_spec, role), .needed = ORR_KEY_NEEDED,
     .help = "the protocol that they run: a name, or a file (./mine.c, ./mine.so)"},
    {.name = "config", .type = ORR_KEY_CONFIG, AT(orr_group_spec, config), .fallback = "{}",
     .help = "the protocol's own settings: `orrery help scenario ROLE` lists them"},
    {.name = "region", .type = ORR_KEY_REGION, PAIR_AT(orr_group_spec, shares, n_shares),
     .fallback = "any", .help = "where they are: a region, `any` (spread over all), or shares"},
    {.name = "placement", .type = ORR_KEY_CHOICE, AT(orr_group_spec, placement),
     .choices = placements, .fallback = "in-turn",
     .help = "how its nodes are laid out over the regions of `region`"},
    {.name = "up", A(BANDWIDTH), AT(orr_group_spec, up_bps), .min = 1, .max = INT64_MAX,
     .help = "each node's bandwidth to the network; without it there is no limit"},
    {.name = "down", A(BANDWIDTH), AT(orr_group_spec, down_bps), .min = 1, .max = INT64_MAX,
     .help = "each node's bandwidth from the network; without it there is no limit"},
    {.name = "queue", A(SIZE), AT(orr_group_spec, queue_bytes), .min = 1, .max = INT64_MAX,
     .help = "datagrams that may wait for `up`, and for `down`; what finds no room is lost; "
             "without it there is room for all"},
    {.name = "priority", .type = ORR_KEY_KINDS, PAIR_AT(orr_group_spec, priority, n_priority),
     .help = "message kinds that go onto `up` before all others, the first before the second; "
             "without it in the order in which they were sent"},
    {.name = "stake", .type = ORR_KEY_STAKES, PAIR_AT(orr_group_spec, stakes, n_stakes), .min = 0,
     .max = (int64_t)ORR_SCENARIO_MAX_STAKE, .fallback = "1",
     .help = "voting power: one for all, or a list with one for each"},
    {.name = "cores", .type = ORR_KEY_COUNT, AT(orr_group_spec, cores), .min = 1, .max = 1024,
     .fallback = "1", .help = "CPU cores of each node; they count when there is a `cost:`"},
    {.name = "disk", .type = ORR_KEY_MAP, AT(orr_group_spec, disk), .table = &disk_table,
     .fallback = "{}", .help = "each node's disk; without it writes take no time"},
    {.name = "transport", .type = ORR_KEY_CHOICE, AT(orr_group_spec, transport),
     .choices = transports,
     .help = "what its nodes run on, whatever the network and their protocol say"},
    {.name = "max_in", .type = ORR_KEY_COUNT, AT(orr_group_spec, max_in), .min = 1,
     .max = ORR_SCENARIO_MAX_NODES,
     .help = "streams: connections of each node that others dialled; without it no limit"},
    {.name = "max_out", .type = ORR_KEY_COUNT, AT(orr_group_spec, max_out), .min = 1,
     .max = ORR_SCENARIO_MAX_NODES,
     .help = "streams: connections that each node dialled; without it there is no limit"},
    {.name = "listens", .type = ORR_KEY_BOOL, AT(orr_group_spec, listens), .fallback = "true",
     .help = "streams: false: it can be dialled by nobody, as behind an address translator"},
    {.name = "clock", .type = ORR_KEY_MAP, .table = &clock_table, .fallback = "{}",
     .help = "how wrong each node's clock is; without it not at all"},
};
TABLE(group, "a group of nodes", orr_group_spec, ORR_NO_KEY, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_group_spec, where),
      .name_offset = offsetof(struct orr_group_spec, name));

/* ---- network ---- */

static const struct orr_choice overlay_kinds[] = {
#define OVERLAY(name, text, help) {text, ORR_OVERLAY_##name, help},
    ORR_OVERLAYS(OVERLAY)
#undef OVERLAY
    {NULL, 0, NULL},
};
#define OVER(kind) BIT(ORR_OVERLAY_##kind)
static const struct orr_scenario_key overlay_keys[] = {
    {.name = "kind", .type = ORR_KEY_CHOICE, AT(orr_overlay_spec, kind), .choices = overlay_kinds,
     .needed = ORR_KEY_NEEDED, .help = "who is linked to whom"},
    {.name = "degree", .type = ORR_KEY_COUNT, AT(orr_overlay_spec, degree), .min = 1, .max = 65535,
     .kinds = OVER(RANDOM_REGULAR), .needed = OVER(RANDOM_REGULAR), .help = "links of each node"},
    {.name = "p", A(SHARE), AT(orr_overlay_spec, p), .min = 0, .max = WHOLE,
     .kinds = OVER(ERDOS_RENYI), .needed = OVER(ERDOS_RENYI),
     .help = "the probability that a pair is linked"},
    {.name = "k", .type = ORR_KEY_COUNT, AT(orr_overlay_spec, k), .min = 2, .max = 65534,
     .kinds = OVER(SMALL_WORLD), .needed = OVER(SMALL_WORLD),
     .help = "nearest neighbours on the ring, an even number"},
    {.name = "beta", A(SHARE), AT(orr_overlay_spec, beta), .min = 0, .max = WHOLE,
     .kinds = OVER(SMALL_WORLD), .needed = OVER(SMALL_WORLD),
     .help = "the probability that a link is rewired"},
    {.name = "m", .type = ORR_KEY_COUNT, AT(orr_overlay_spec, m), .min = 1, .max = 65535,
     .kinds = OVER(SCALE_FREE), .needed = OVER(SCALE_FREE),
     .help = "links that each new node brings"},
    {.name = "path", .type = ORR_KEY_PATH, AT(orr_overlay_spec, path), .kinds = OVER(FILE),
     .needed = OVER(FILE), .help = "an edge list: two node numbers a line"},
};
TABLE(overlay, "an overlay", orr_overlay_spec, 0, 0,
      .where_offset = offsetof(struct orr_overlay_spec, where));

static const struct orr_choice region_presets[] = {
    {"aws-13", ORR_REGIONS_AWS_13, "13 AWS zones, one-way latency as CometBFT's QA measured it"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key regions_keys[] = {
    {.name = "preset", .type = ORR_KEY_CHOICE, AT(orr_regions_spec, source),
     .choices = region_presets, .help = "a matrix that comes with the program"},
    {.name = "file", .type = ORR_KEY_PATH, AT(orr_regions_spec, path),
     .help = "or a matrix in a CSV file: region names in the first row and column, one-way ms"},
    {.name = "jitter", .type = ORR_KEY_JITTER, .max = WHOLE,
     .help = "a share: the standard deviation as a share of the mean; a duration or distribution: "
             "a delay that is added"},
    {.name = "floor", A(TIME), AT(orr_regions_spec, floor), .min = 1, .max = YEARS,
     .help = "entries of the matrix below this count as this; without it only those of 0 do, as "
             "50 us"},
};
TABLE(regions, "the regions", orr_regions_spec, ORR_NO_KEY, 0,
      .where_offset = offsetof(struct orr_regions_spec, where));

/* `reorder: {p: 1 %, by: 20 ms}`, for a link and for a fault */
static const struct orr_scenario_key link_reorder_keys[] = {
    {.name = "p", A(SHARE), AT(orr_link_spec, reorder), .max = WHOLE, .needed = ORR_KEY_NEEDED,
     .help = "the probability that a message is held back"},
    {.name = "by", A_DELAY, AT(orr_link_spec, reorder_by), .needed = ORR_KEY_NEEDED,
     .help = "how long, so that later ones overtake it"},
};
TABLE(link_reorder, "a reordering", orr_link_spec, ORR_NO_KEY, ORR_NO_KEY);

static const struct orr_scenario_key link_keys[] = {
    {.name = "name", .type = ORR_KEY_NAME, AT(orr_link_spec, name),
     .help = "what --set calls it"},
    {.name = "between", .type = ORR_KEY_BETWEEN,
     .help = "[a, b]: two regions or groups, both ways"},
    {.name = "within", .type = ORR_KEY_WITHIN,
     .help = "a region or group: pairs inside it; `any`: pairs in the same region"},
    {.name = "latency", A_DELAY, AT(orr_link_spec, latency), .help = "one way"},
    {.name = "loss", A(SHARE), AT(orr_link_spec, loss), .max = WHOLE,
     .help = "the probability that a message is lost; on a stream it is sent again, RFC 6298"},
    {.name = "duplicate", A(SHARE), AT(orr_link_spec, duplicate), .max = WHOLE,
     .help = "datagrams: the probability that it arrives twice"},
    {.name = "reorder", .type = ORR_KEY_MAP, .table = &link_reorder_table,
     .help = "datagrams: some messages are held back"},
    {.name = "corrupt", A(SHARE), AT(orr_link_spec, corrupt), .max = WHOLE,
     .help = "the probability that some of its bytes are changed"},
    {.name = "bandwidth", A(BANDWIDTH), AT(orr_link_spec, bandwidth_bps), .min = 1,
     .max = INT64_MAX, .help = "of each pair of nodes, each way"},
    {.name = "queue", A(SIZE), AT(orr_link_spec, queue_bytes), .min = 1, .max = INT64_MAX,
     .help = "datagrams that may wait for this bandwidth; what finds no room is lost"},
    {.name = "priority", .type = ORR_KEY_KINDS, PAIR_AT(orr_link_spec, priority, n_priority),
     .help = "kinds of messages that go onto this bandwidth before all others, the first before "
             "the second"},
    {.name = "transport", .type = ORR_KEY_CHOICE, AT(orr_link_spec, transport),
     .choices = transports,
     .help = "what these links are, whatever the network, groups and protocols say"},
};
TABLE(link, "a link", orr_link_spec, ORR_NO_KEY, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_link_spec, where));

static const struct orr_choice model_kinds[] = {
    {"asynchronous", ORR_MODEL_ASYNCHRONOUS, "every message arrives in the end, however late"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key model_keys[] = {
    {.name = "kind", .type = ORR_KEY_CHOICE, AT(orr_model_spec, kind), .choices = model_kinds,
     .help = "the model without a bound; without it one of the others"},
    {.name = "synchronous", A(TIME), AT(orr_model_spec, synchronous), .min = 1, .max = YEARS,
     .help = "Delta: every message arrives within it"},
    {.name = "gst", A(TIME), AT(orr_model_spec, gst), .min = 0, .max = YEARS,
     .help = "the time from which every message arrives within `delta`; what was sent before "
             "arrives `delta` after it at the latest"},
    {.name = "delta", A(TIME), AT(orr_model_spec, delta), .min = 1, .max = YEARS,
     .help = "with `gst`: the bound"},
};
TABLE(model, "a network model", orr_model_spec, ORR_NO_KEY, 0, WHERE_AT(orr_model_spec, where));

static const struct orr_scenario_key network_keys[] = {
    {.name = "overlay", .type = ORR_KEY_MAP, AT(orr_scenario, overlay), .table = &overlay_table,
     .fallback = "full", .help = "who is linked to whom"},
    {.name = "latency", A_DELAY, AT(orr_scenario, latency), .fallback = "1 ms",
     .help = "one way, of pairs for which neither a link nor the regions give another"},
    {.name = "model", .type = ORR_KEY_MAP, AT(orr_scenario, model), .table = &model_table,
     .help = "how long an adversary may hold messages back beyond their latency: `asynchronous`, "
             "`{synchronous: 50 ms}`, or `{gst: 10 s, delta: 50 ms}`"},
    {.name = "transport", .type = ORR_KEY_CHOICE, AT(orr_scenario, transport),
     .choices = transports,
     .help = "what nodes run on; without it as their protocol says.  A link is a stream if both "
             "of its ends are on streams"},
    {.name = "link_timeout", A(TIME), AT(orr_scenario, link_timeout), .min = 1, .max = YEARS,
     .help = "streams: a partition or isolation that lasts so long closes the links in it, until "
             "it ends; without it they stay open"},
    {.name = "regions", .type = ORR_KEY_MAP, AT(orr_scenario, region_matrix),
     .table = &regions_table, .help = "latency between regions"},
    {.name = "links", .type = ORR_KEY_LIST, PAIR_AT(orr_scenario, links, n_links),
     .table = &link_table,
     .help = "rules; each property of a pair comes from the first rule that matches and gives it"},
};
TABLE(network, "the network", orr_scenario, ORR_NO_KEY, ORR_NO_KEY);

/* ---- cost ---- */

static const struct orr_scenario_key cost_keys[] = {
#define COST(cost_name, ns, text)                                                        \
    {.name = #cost_name, A(TIME), AT(orr_scenario, costs.cost_name##_ns), .min = 0,      \
     .max = 3600 * SECOND, .fallback = #ns " ns", .help = text},
    ORR_COSTS(COST)
#undef COST
    {.name = "memo", .type = ORR_KEY_BOOL, AT(orr_scenario, memo), .fallback = "true",
     .help = "compute equal signature checks once (each node is charged all the same)"},
};
TABLE(cost, "the costs", orr_scenario, ORR_NO_KEY, ORR_NO_KEY);

/* ---- workload ---- */

static const struct orr_choice workload_kinds[] = {
    {"transactions", ORR_WORKLOAD_TRANSACTIONS, "valid transactions of the receiving protocol"},
    {"power", ORR_WORKLOAD_POWER, "a transaction that sets the voting power of each `target`"},
    {NULL, 0, NULL},
};
static const struct orr_choice arrival_kinds[] = {
    {"poisson", ORR_ARRIVE_POISSON, "independent of each other, at the rate"},
    {"constant", ORR_ARRIVE_CONSTANT, "evenly spaced"},
    {"burst", ORR_ARRIVE_BURST, "`size` at once, `every` so often"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key arrival_keys[] = {
    {.name = "kind", .type = ORR_KEY_CHOICE, AT(orr_workload_spec, arrivals),
     .choices = arrival_kinds, .needed = ORR_KEY_NEEDED, .help = "how they arrive"},
    {.name = "size", .type = ORR_KEY_COUNT, AT(orr_workload_spec, burst_size), .min = 1,
     .max = 1000000, .kinds = BIT(ORR_ARRIVE_BURST), .needed = BIT(ORR_ARRIVE_BURST),
     .help = "how many at once"},
    {.name = "every", A(TIME), AT(orr_workload_spec, burst_every), .min = 1, .max = YEARS,
     .kinds = BIT(ORR_ARRIVE_BURST), .needed = BIT(ORR_ARRIVE_BURST),
     .help = "from one burst to the next"},
};
TABLE(arrival, "arrivals", orr_workload_spec, 0, 0);

static const struct orr_scenario_key mix_keys[] = {
#define TX(mix_name, mix_help)                                                               \
    {.name = #mix_name, A(SHARE), AT(orr_workload_spec, mix[ORR_TX_##mix_name]), .max = WHOLE, \
     .help = mix_help},
    ORR_TX_MIXES(TX)
#undef TX
};
TABLE(mix, "a mix", orr_workload_spec, ORR_NO_KEY, ORR_NO_KEY);

#define LOAD BIT(ORR_WORKLOAD_TRANSACTIONS)
#define POWER BIT(ORR_WORKLOAD_POWER)
static const struct orr_scenario_key workload_keys[] = {
    {.name = "kind", .type = ORR_KEY_CHOICE, AT(orr_workload_spec, kind), .choices = workload_kinds,
     .fallback = "transactions", .help = "what is submitted"},
    {.name = "name", .type = ORR_KEY_NAME, AT(orr_workload_spec, name), .help = "for reports"},
    {.name = "to", .type = ORR_KEY_RECEIVERS, .fallback = "one",
     .help = "`one`: each to one node; `all`: to every node; or who may be asked"},
    {.name = "from", .type = ORR_KEY_PLACES, AT(orr_workload_spec, from),
     .help = "regions or groups where the clients are; they ask nodes of their own region"},
    {.name = "clients", .type = ORR_KEY_COUNT, AT(orr_workload_spec, clients), .min = 1,
     .max = 1000000, .fallback = "16", .kinds = LOAD, .help = "how many clients there are"},
    {.name = "rate", A(RATE), AT(orr_workload_spec, rate_nhz), .min = 1, .max = WHOLE * SECOND,
     .kinds = LOAD, .help = "of all clients together"},
    {.name = "arrivals", .type = ORR_KEY_MAP, .table = &arrival_table, .fallback = "poisson",
     .kinds = LOAD, .help = "how transactions follow each other"},
    {.name = "size", .type = ORR_KEY_MAP, .table = &dist_size_table, AT(orr_workload_spec, size),
     .fallback = "250 B", .kinds = LOAD, .help = "bytes of each"},
    {.name = "mix", .type = ORR_KEY_MAP, .table = &mix_table, .kinds = LOAD,
     .help = "evm-validator: the shares of kinds of transactions, together 100 %"},
    {.name = "start", A(TIME), AT(orr_workload_spec, start), .max = YEARS, .fallback = "0 s",
     .help = "the first ones; of `power`: when"},
    {.name = "stop", A(TIME), AT(orr_workload_spec, stop), .max = YEARS, .kinds = LOAD,
     .help = "no more; without it they go on to the end"},
    {.name = "retry", A(TIME), AT(orr_workload_spec, retry), .min = 1, .max = YEARS, .kinds = LOAD,
     .help = "what no node has decided so long after it was sent is sent again; without it never"},
    {.name = "target", .type = ORR_KEY_TARGETS, AT(orr_workload_spec, of), .kinds = POWER,
     .needed = POWER, .help = "whose voting power changes, two heights after it is in a block"},
    {.name = "power", .type = ORR_KEY_NUMBER, AT(orr_workload_spec, power), .kinds = POWER,
     .needed = POWER, .min = 0, .max = (int64_t)ORR_SCENARIO_MAX_STAKE,
     .help = "what each has from then on; 0: it leaves, and may come back"},
};
TABLE(workload, "a workload", orr_workload_spec, 0, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_workload_spec, where));

/* ---- faults ---- */

static const struct orr_scenario_key fault_reorder_keys[] = {
    {.name = "p", A(SHARE), AT(orr_fault_spec, reorder), .max = WHOLE, .needed = ORR_KEY_NEEDED,
     .help = "the probability that a message is held back"},
    {.name = "by", A_DELAY, AT(orr_fault_spec, reorder_by), .needed = ORR_KEY_NEEDED,
     .help = "how long, so that later ones overtake it"},
};
TABLE(fault_reorder, "a reordering", orr_fault_spec, ORR_NO_KEY, ORR_NO_KEY);

#define DO(kind) BIT(ORR_FAULT_##kind)
#define ON_LINKS (DO(SLOW_LINK) | DO(LOSSY_LINK))
#define ON_NODES                                                                              \
    (DO(CRASH) | DO(RESTART) | DO(PAUSE) | DO(ISOLATE) | DO(CLOCK) | DO(SLOW_CPU) |           \
     DO(SLOW_DISK) | DO(FULL_DISK) | DO(BYZANTINE) | DO(REORG) | DO(LEAD))
#define ON_MESSAGES (DO(DELAY) | DO(DROP) | DO(DUPLICATE) | DO(SWAP))
#define BY_PLACE (ON_MESSAGES | DO(PARTITION) | DO(BYZANTINE))
static const struct orr_scenario_key fault_keys[] = {
    {.name = "do", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, kind), .choices = fault_kinds,
     .needed = ORR_KEY_NEEDED, .help = "what happens"},
    {.name = "name", .type = ORR_KEY_NAME, AT(orr_fault_spec, name),
     .help = "for reports, and for `heal`"},
    {.name = "at", A(TIME), AT(orr_fault_spec, at), .max = YEARS,
     .help = "when it begins; of what has a `view`, `height` or `nth`, 0 s without it"},
    {.name = "when", .type = ORR_KEY_CONDITION, AT(orr_fault_spec, when),
     .help = "or what it waits for: the greatest height, round or number of decisions of any of "
             "the nodes"},
    {.name = "for", A(TIME), AT(orr_fault_spec, duration), .min = 1, .max = YEARS,
     .kinds = ~(DO(CRASH) | DO(RESTART) | DO(HEAL) | DO(LEAD)),
     .otherwise = "\na crash ends with 'restart_after'",
     .help = "how long it lasts; without it, to the end or to a `heal`"},
    {.name = "target", .type = ORR_KEY_TARGETS, AT(orr_fault_spec, targets),
     .kinds = ON_NODES | ON_LINKS | DO(CHURN), .needed = ON_NODES,
     .help = "whom it strikes"},
    {.name = "restart_after", A(TIME), AT(orr_fault_spec, restart_after), .min = 1, .max = YEARS,
     .kinds = DO(CRASH), .help = "when it starts again; without it, it stays down"},
    {.name = "disk", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, disk), .choices = disk_fates,
     .fallback = "keep", .kinds = DO(CRASH) | DO(RESTART) | DO(CHURN),
     .help = "what is left on the disk"},
    {.name = "groups", .type = ORR_KEY_GROUPS, PAIR_AT(orr_fault_spec, groups, n_groups),
     .kinds = DO(PARTITION), .needed = DO(PARTITION),
     .help = "[[a, b], [c]]: who can no longer reach whom; a node in no group reaches all; of a "
             "`view` or `height` also `twin of a`, the second of a node with behaviour: twins"},
    {.name = "one_way", .type = ORR_KEY_BOOL, AT(orr_fault_spec, one_way), .fallback = "false",
     .kinds = DO(PARTITION) | DO(ISOLATE),
     .help = "partition: only messages from an earlier group to a later one are lost; isolate: "
             "only those to the target"},
    {.name = "between", .type = ORR_KEY_PAIR, AT(orr_fault_spec, between), .kinds = ON_LINKS,
     .help = "[a, b]: the links between these two, in place of all links of `target`"},
    {.name = "latency", A_DELAY, AT(orr_fault_spec, extra), .kinds = DO(SLOW_LINK),
     .help = "added to the link's own"},
    {.name = "factor", A(FACTOR), AT(orr_fault_spec, factor), .min = WHOLE,
     .max = (int64_t)WHOLE * 1000000, .kinds = DO(SLOW_LINK) | DO(SLOW_CPU) | DO(SLOW_DISK),
     .needed = DO(SLOW_CPU) | DO(SLOW_DISK), .help = "so many times as long"},
    {.name = "loss", A(SHARE), AT(orr_fault_spec, loss), .max = WHOLE, .fallback = "0 %",
     .kinds = DO(LOSSY_LINK), .help = "messages lost, on top of the link's own loss"},
    {.name = "duplicate", A(SHARE), AT(orr_fault_spec, duplicate), .max = WHOLE, .fallback = "0 %",
     .kinds = DO(LOSSY_LINK), .help = "messages that arrive twice"},
    {.name = "reorder", .type = ORR_KEY_MAP, .table = &fault_reorder_table,
     .kinds = DO(LOSSY_LINK), .help = "some messages are held back"},
    {.name = "corrupt", A(SHARE), AT(orr_fault_spec, corrupt), .max = WHOLE, .fallback = "0 %",
     .kinds = DO(LOSSY_LINK), .help = "messages of which some bytes are changed"},
    {.name = "what", .type = ORR_KEY_ENDS, PAIR_AT(orr_fault_spec, ends, n_ends),
     .kinds = DO(HEAL), .help = "names of faults; without it all partitions, isolations, slow and "
                                "lossy links"},
    {.name = "skew", A(OFFSET), AT(orr_fault_spec, skew), .min = -YEARS, .max = YEARS,
     .fallback = "0 s", .kinds = DO(CLOCK),
     .help = "the wall clock jumps ahead, or behind if negative; timers go on as they were"},
    {.name = "drift", A(DRIFT), AT(orr_fault_spec, drift), .min = -WHOLE / 2, .max = WHOLE,
     .fallback = "0 ppm", .kinds = DO(CLOCK),
     .help = "wall clock and timers run fast, or slow if negative"},
    {.name = "leave", A(RATE), AT(orr_fault_spec, leave_nhz), .min = 1, .max = WHOLE * SECOND,
     .kinds = DO(CHURN), .needed = DO(CHURN), .help = "how many nodes leave, of all together"},
    {.name = "return", A_DELAY, AT(orr_fault_spec, back_after), .kinds = DO(CHURN),
     .needed = DO(CHURN), .help = "how long a node stays away"},
    {.name = "from", .type = ORR_KEY_TARGETS, AT(orr_fault_spec, from), .kinds = ON_MESSAGES,
     .help = "senders; without it all"},
    {.name = "to", .type = ORR_KEY_TARGETS, AT(orr_fault_spec, to),
     .kinds = ON_MESSAGES | DO(BYZANTINE), .help = "receivers; without it all"},
    {.name = "view", .type = ORR_KEY_RANGE, AT(orr_fault_spec, view), .max = INT64_MAX,
     .kinds = BY_PLACE | DO(LEAD), .needed = DO(LEAD),
     .otherwise = "\nthese begin at a view with `when: round(val) >= 3`",
     .help = "of messages about this view (round, epoch, term) alone; one that says none counts "
             "as of its sender's"},
    {.name = "height", .type = ORR_KEY_RANGE, AT(orr_fault_spec, height), .max = INT64_MAX,
     .kinds = BY_PLACE, .help = "of messages about this height (sequence number) alone"},
    {.name = "nth", .type = ORR_KEY_RANGE, AT(orr_fault_spec, nth), .min = 1, .max = INT64_MAX,
     .kinds = ON_MESSAGES,
     .help = "of those that fit otherwise, from one sender to one receiver, this one alone"},
    {.name = "kind", .type = ORR_KEY_KINDS, PAIR_AT(orr_fault_spec, kinds, n_kinds),
     .kinds = ON_MESSAGES | DO(BYZANTINE),
     .help = "message kinds of the protocol; without it all"},
    {.name = "p", A(SHARE), AT(orr_fault_spec, p), .max = WHOLE, .fallback = "100 %",
     .kinds = ON_MESSAGES | DO(BYZANTINE), .help = "each message with this probability"},
    {.name = "by", A_DELAY, AT(orr_fault_spec, by),
     .kinds = DO(DELAY) | DO(DUPLICATE) | DO(BYZANTINE), .needed = DO(DELAY) | DO(DUPLICATE),
     .help = "how long messages are held back, or how much later they come again"},
    {.name = "behaviour", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, behaviour),
     .choices = behaviours, .kinds = DO(BYZANTINE), .needed = DO(BYZANTINE),
     .help = "how it breaks the protocol"},
    {.name = "field", .type = ORR_KEY_FIELDS, PAIR_AT(orr_fault_spec, fields, n_fields),
     .kinds = DO(BYZANTINE),
     .help = "behaviour mutate: what it changes, by kind of field or by a field's own name"},
    {.name = "change", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, change), .choices = changes,
     .fallback = "any", .kinds = DO(BYZANTINE), .help = "behaviour mutate: how"},
    {.name = "budget", .type = ORR_KEY_COUNT, AT(orr_fault_spec, budget), .min = 1,
     .max = ORR_SCENARIO_MAX_NODES, .kinds = DO(BYZANTINE),
     .help = "corrupts so many of its targets, one after the other, each when its proposal is "
             "out; without it all at once"},
    {.name = "forgets", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, forgets),
     .choices = forgettings, .fallback = "lock", .kinds = DO(BYZANTINE),
     .help = "behaviour amnesia: what"},
    {.name = "rushing", .type = ORR_KEY_BOOL, AT(orr_fault_spec, rushing), .fallback = "false",
     .kinds = DO(BYZANTINE),
     .help = "what is sent to it arrives at once, and what it sends, too: it hears first, and is "
             "heard first"},
    {.name = "reads", .type = ORR_KEY_CHOICE, AT(orr_fault_spec, reads), .choices = reads,
     .fallback = "usual", .kinds = BY_PLACE,
     .help = "what the adversary sees of messages"},
    {.name = "split", A(SHARE), AT(orr_fault_spec, split), .max = WHOLE, .fallback = "50 %",
     .kinds = DO(BYZANTINE), .help = "the share of its peers that see the other face"},
    {.name = "depth", .type = ORR_KEY_NUMBER, AT(orr_fault_spec, depth), .min = 1, .max = 1000000,
     .kinds = DO(BYZANTINE) | DO(REORG), .needed = DO(REORG),
     .help = "behaviour reorg: how many blocks of its head's branch it leaves out"},
};
TABLE(fault, "a fault", orr_fault_spec, 0, ORR_NO_KEY,
      .where_offset = offsetof(struct orr_fault_spec, where));

/* ---- recording ---- */

static const struct orr_choice record_parts[] = {
    {"decisions", ORR_RECORD_DECISIONS, "decisions, transactions, heights and rounds"},
    {"faults", ORR_RECORD_FAULTS, "when each fault began and ended"},
    {"messages", ORR_RECORD_MESSAGES, "every message sent, received or lost"},
    {"events", ORR_RECORD_EVENTS, "every event of every node"},
    {"logs", ORR_RECORD_LOGS, "lines of text that nodes put out"},
    {"metrics", ORR_RECORD_METRICS, "values that nodes put out, as time series"},
    {"heads", ORR_RECORD_HEADS, "the chain heads that nodes put out"},
    {"blocks", ORR_RECORD_BLOCKS, "blocks of execution chains as bytes, and the heads"},
    {"outputs", ORR_RECORD_OUTPUTS, "outputs with keys of a protocol's own, as bytes"},
    {"index", ORR_RECORD_INDEX, "each indexer's rows, in an SQLite file beside the trace"},
    {"all", ORR_RECORD_ALL, "all of these"},
    {"none", 0, "nothing: no trace is written"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key record_keys[] = {
    {.name = "trace", .type = ORR_KEY_FLAGS, AT(orr_record_spec, parts), .choices = record_parts,
     .fallback = "[decisions, faults, logs, metrics, heads, outputs]", .help = "what is kept"},
    {.name = "sample", A(SHARE), AT(orr_record_spec, sample), .min = 1, .max = WHOLE,
     .fallback = "100 %", .help = "of which share of the nodes"},
    {.name = "of", .type = ORR_KEY_TARGETS, AT(orr_record_spec, of),
     .help = "of which nodes; without it, of all"},
    {.name = "kind", .type = ORR_KEY_KINDS, PAIR_AT(orr_record_spec, kinds, n_kinds),
     .help = "which message kinds; without it all"},
    {.name = "file", .type = ORR_KEY_TEXT, AT(orr_record_spec, file),
     WHERE_AT(orr_record_spec, file_where),
     .help = "where, below out/ or the folder that --out names; without it out/NAME/seed-N.h5"},
    {.name = "flush", A(TIME), AT(orr_record_spec, flush), .min = 10 * MS, .max = 3600 * SECOND,
     .fallback = "1 s", .help = "wall time after which rows are safe on the disk"},
    {.name = "checkpoint", A(TIME), AT(orr_record_spec, checkpoint), .min = 1000, .max = YEARS,
     .fallback = "1 s", .help = "simulated time between two hashes of what each node has handled"},
};
TABLE(record, "recording", orr_record_spec, ORR_NO_KEY, 0);

/* ---- the top ---- */

static const struct orr_choice on_violation[] = {
    {"stop", ORR_VIOLATION_STOPS, "the run ends there"},
    {"continue", ORR_VIOLATION_CONTINUES, "the run goes on to its end"},
    {NULL, 0, NULL},
};
static const struct orr_choice signatures[] = {
    {"real", ORR_SIGNATURES_REAL, "Ed25519"},
    {"modelled", ORR_SIGNATURES_MODELLED, "a keyed hash of the same sizes and simulated cost that "
                                          "only the owner's node can make; much quicker to run"},
    {NULL, 0, NULL},
};
static const struct orr_scenario_key top_keys[] = {
    {.name = "orrery", .type = ORR_KEY_COUNT, AT(orr_scenario, format), .min = 1, .max = 1,
     .needed = ORR_KEY_NEEDED, .help = "version of this format"},
    {.name = "name", .type = ORR_KEY_NAME, AT(orr_scenario, name), .needed = ORR_KEY_NEEDED,
     .help = "names the results"},
    {.name = "title", .type = ORR_KEY_TEXT, AT(orr_scenario, title), .fallback = "",
     .help = "one line on what it shows"},
    {.name = "seed", .type = ORR_KEY_NUMBER, AT(orr_scenario, seed), .max = INT64_MAX,
     .fallback = "1", .help = "every random draw derives from it"},
    {.name = "duration", A(TIME), AT(orr_scenario, duration), .min = 1, .max = YEARS,
     .needed = ORR_KEY_NEEDED, .help = "simulated time"},
    {.name = "signatures", .type = ORR_KEY_CHOICE, AT(orr_scenario, signatures),
     .choices = signatures, .fallback = "real", .help = "what nodes and clients sign with"},
    {.name = "memory", A(SIZE), AT(orr_scenario, memory_bytes), .min = 1 << 20, .max = INT64_MAX,
     .help = "what protocols may hold, and messages, and pending events, each; without it three "
             "quarters of the machine's"},
    {.name = "on_violation", .type = ORR_KEY_CHOICE, AT(orr_scenario, on_violation),
     .choices = on_violation, .fallback = "stop", .help = "when an expectation of safety fails"},
    {.name = "nodes", .type = ORR_KEY_NAMED, PAIR_AT(orr_scenario, groups, n_groups),
     .table = &group_table, .needed = ORR_KEY_NEEDED, .help = "groups of nodes by name"},
    {.name = "network", .type = ORR_KEY_MAP, .table = &network_table, .fallback = "{}",
     .help = "who reaches whom, how fast and how reliably"},
    {.name = "cost", .type = ORR_KEY_MAP, .table = &cost_table, WHERE_AT(orr_scenario, cost_where),
     .help = "CPU time of pieces of work; without this section work takes no time, with it (`{}` "
             "will do) each node is a server with a queue"},
    {.name = "workload", .type = ORR_KEY_LIST, PAIR_AT(orr_scenario, workloads, n_workloads),
     .table = &workload_table, .help = "who submits transactions"},
    {.name = "faults", .type = ORR_KEY_LIST, PAIR_AT(orr_scenario, faults, n_faults),
     .table = &fault_table, .help = "what goes wrong, and when"},
    {.name = "schedule", .type = ORR_KEY_LIST, PAIR_AT(orr_scenario, schedule, n_schedule),
     .table = &fault_table,
     .help = "what goes wrong beside that, written as under `faults`: the plan that a search has "
             "drawn, one decision an item"},
    {.name = "beyond", .type = ORR_KEY_BOOL, AT(orr_scenario, beyond), .fallback = "false",
     .help = "`orrery hunt` may make a third of the power faulty, or more"},
    {.name = "expect", .type = ORR_KEY_MAP, AT(orr_scenario, expect), .table = &orr_expect_table,
     .fallback = "{}", .help = "what must hold, or must break"},
    {.name = "record", .type = ORR_KEY_MAP, AT(orr_scenario, record), .table = &record_table,
     .fallback = "{}", .help = "what goes into the trace"},
    {.name = "sweep", .type = ORR_KEY_MAP, AT(orr_scenario, sweep), .table = &orr_sweep_table,
     .help = "which runs `orrery sweep` makes; `orrery run` makes the one above"},
};
const struct orr_scenario_table orr_scenario_keys = {
    .name = "scenario", .title = "a scenario", .keys = top_keys,
    .n = sizeof top_keys / sizeof top_keys[0],
    .kind_key = ORR_NO_KEY, .scalar_key = ORR_NO_KEY, .size = sizeof(struct orr_scenario),
};
