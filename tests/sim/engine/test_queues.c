/* Cores and uplinks as the queues of the textbooks: customers of a Poisson process wait as long as
 * closed forms say.
 *
 * M/M/1: W = rho s / (1 - rho), and P(wait > t) = rho exp(-(1 - rho) t / s) for a mean service s.
 * M/D/1: W = rho D / (2 (1 - rho)), and P(wait = 0) = 1 - rho (F. Pollaczek, 1930; A. Khinchin,
 * 1932).  M/D/c: C. D. Crommelin, "Delay probability formulae when the holding times are constant",
 * Post Office Electrical Engineers' Journal 25, 1932. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#include "analysis/summary.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

#define SERVICE (1 * MS) /* the mean one */
enum { RUNS = 40, WARM_UP = 4000, CUSTOMERS = 20000, LATENCY = 7 };

/* ---- a server ---- */

static struct customer { orr_time came, takes, begun; } customers[CUSTOMERS];

static int core_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}

/* A core serves: an input is a customer, whose service begins when the step is made. */
static int core_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    if (event->kind != ORR_INPUT) return 0;
    customers[event->key].begun = event->now;
    out->busy_ns = customers[event->key].takes;
    return 0;
}
static const struct orr_protocol core = {
    .abi = ORR_ABI, .name = "core", .node_size = 8, .init = core_init, .step = core_step};

/* An uplink serves: a customer is a message of as many bytes as its service takes microseconds. */
static int line_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    uint32_t i = event->key;
    if (event->kind == ORR_INPUT) {
        uint32_t size = (uint32_t)(customers[i].takes / 1000);
        struct orr_msg *m = orr_msg_new(out->pool, 0, size - ORR_MSG_HEADER_BYTES);
        memset(m->data, 0, m->len);
        memcpy(m->data, &i, sizeof i);
        orr_send(out, 1, m);
    } else if (event->kind == ORR_RECV) {
        memcpy(&i, event->msg->data, sizeof i);
        customers[i].begun = event->now - LATENCY * MS - customers[i].takes;
    }
    return 0;
}
static const struct orr_protocol line = {
    .abi = ORR_ABI, .name = "line", .node_size = 8, .init = core_init, .step = line_step};

/* ---- many customers ---- */

struct queue {
    uint32_t cores;      /* 0: an uplink */
    double load;         /* rho, of each core */
    bool is_exponential; /* services; else constant */
};

/* Waits in units of the mean service: the mean of each run, after the warm-up; the shares of waits
 * of zero and above one service. */
struct waits { double mean[RUNS], zero[RUNS], above[RUNS]; };

static void run_queue(const struct queue *q, uint64_t seed) {
    struct world w;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_ranlxd1);
    gsl_rng_set(rng, seed);
    world_init(&w, 2, q->cores ? &core : &line, NULL, LATENCY * MS);
    w.spec.cpu_model = q->cores > 0;
    w.nodes[0].cores = q->cores ? q->cores : 1;
    if (!q->cores) w.nodes[0].up_bps = 8000000; /* a byte in a microsecond */
    world_start(&w);
    double at = 0, least = 12, servers = q->cores ? q->cores : 1; /* us that any message takes */
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        at += gsl_ran_exponential(rng, SERVICE / (servers * q->load));
        double takes = q->is_exponential ? gsl_ran_exponential(rng, SERVICE) : SERVICE;
        if (!q->cores) takes = fmax(least, round(takes / 1000)) * 1000;
        customers[i] = (struct customer){(orr_time)at, (orr_time)takes, -1};
        orr_sim_input(w.sim, customers[i].came, 0, 0, i, NULL);
    }
    orr_sim_run(w.sim, INT64_MAX / 2);
    world_fini(&w);
    gsl_rng_free(rng);
}

static void take_waits(const struct queue *q, struct waits *to) {
    for (uint64_t run = 0; run < RUNS; run++) {
        double n = CUSTOMERS - WARM_UP, sum = 0, zero = 0, above = 0;
        run_queue(q, run + 1);
        for (uint32_t i = WARM_UP; i < CUSTOMERS; i++) {
            ck_assert(customers[i].begun >= customers[i].came);
            double wait = (double)(customers[i].begun - customers[i].came) / SERVICE;
            sum += wait, zero += wait == 0, above += wait > 1;
        }
        to->mean[run] = sum / n, to->zero[run] = zero / n, to->above[run] = above / n;
    }
}

static bool holds(const double v[RUNS], double value) {
    struct orr_summary s = orr_summarise(v, RUNS);
    return s.mean_in.low <= value && value <= s.mean_in.high;
}

static void check(const char *what, const double v[RUNS], double value) {
    struct orr_summary s = orr_summarise(v, RUNS);
    ck_assert_msg(holds(v, value), "%s: %.4f is not within [%.4f, %.4f]", what, value,
                  s.mean_in.low, s.mean_in.high);
    ck_assert_msg(!holds(v, value * 1.05), "%s: so wide an interval says nothing", what);
}

/* Crommelin's mean wait in units of D; the sum over w is cut where its terms are below 1e-12. */
static double crommelin(uint32_t c, double rho) {
    double sum = 0;
    for (uint32_t w = 1; w < 2000; w++)
        sum +=
            gsl_cdf_poisson_Q(w * c - 1, w * c * rho) - gsl_cdf_poisson_Q(w * c, w * c * rho) / rho;
    return sum;
}

START_TEST(one_core_and_constant_services_are_m_d_1) {
    struct waits waits;
    take_waits(&(struct queue){.cores = 1, .load = 0.7}, &waits);
    ck_assert_double_eq_tol(crommelin(1, 0.7), 0.7 / (2 * 0.3), 1e-9);
    check("mean wait", waits.mean, 0.7 / (2 * 0.3));
    check("share that does not wait", waits.zero, 0.3);
}
END_TEST

START_TEST(one_core_and_exponential_services_are_m_m_1) {
    struct waits waits;
    take_waits(&(struct queue){.cores = 1, .load = 0.7, .is_exponential = true}, &waits);
    check("mean wait", waits.mean, 0.7 / 0.3);
    check("share that does not wait", waits.zero, 0.3);
    check("share that waits for more than a service", waits.above, 0.7 * exp(-0.3));
}
END_TEST

START_TEST(two_cores_and_constant_services_are_m_d_2) {
    struct waits waits;
    take_waits(&(struct queue){.cores = 2, .load = 0.7}, &waits);
    check("mean wait", waits.mean, crommelin(2, 0.7));
    ck_assert(!holds(waits.mean, crommelin(1, 0.7)));
}
END_TEST

START_TEST(an_uplink_is_m_d_1_and_with_exponential_sizes_m_m_1) {
    struct waits waits;
    take_waits(&(struct queue){.load = 0.6}, &waits);
    check("mean wait, equal sizes", waits.mean, 0.6 / (2 * 0.4));
    take_waits(&(struct queue){.load = 0.6, .is_exponential = true}, &waits);
    check("mean wait, exponential sizes", waits.mean, 0.6 / 0.4);
}
END_TEST

ORR_TEST_MAIN("sim/engine/queues", one_core_and_constant_services_are_m_d_1,
              one_core_and_exponential_services_are_m_m_1,
              two_cores_and_constant_services_are_m_d_2,
              an_uplink_is_m_d_1_and_with_exponential_sizes_m_m_1)
