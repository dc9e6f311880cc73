/* Decoded forms: made once for a cohort, shared by its nodes, and never another cohort's. */
#include "tests/sim/engine/world.h"
#include "tests/test.h"

enum { N = 6, EVEN_KIND = 1 };

static const struct orr_decoder even_decoder = {"even"}, odd_decoder = {"odd"};
static unsigned n_decoded[2], n_heard, n_relayed;
static const void *shared_form; /* that the even nodes got */
static uint64_t hash;

/* Both cohorts send kind 1 and read it differently: the even ones its first byte, the odd its
 * last. */
static void even_decode(const struct orr_common *common, struct orr_msg *m) {
    n_decoded[0]++;
    *(uint8_t *)orr_form_new(m, &even_decoder, 1, common->pool) = m->data[0];
}
static void odd_decode(const struct orr_common *common, struct orr_msg *m) {
    n_decoded[1]++;
    *(uint8_t *)orr_form_new(m, &odd_decoder, 1, common->pool) = m->data[m->len - 1];
}

static int init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    *(orr_peer *)state = env->self;
    return 0;
}

/* Node 0 casts; node 1, an odd one, passes on what it got to node 2, an even one. */
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    orr_peer self = *(orr_peer *)state;
    if (event->kind == ORR_START && self == 0)
        orr_cast(out, ORR_NOBODY, orr_msg_copy(out->pool, EVEN_KIND, "abc", 3));
    if (event->kind != ORR_RECV) return 0;
    bool is_odd = self % 2;
    const uint8_t *own = orr_form(event->msg, is_odd ? &odd_decoder : &even_decoder);
    ck_assert_ptr_nonnull(own);
    ck_assert_uint_eq(*own, is_odd ? 'c' : 'a');
    ck_assert_ptr_null(orr_form(event->msg, is_odd ? &even_decoder : &odd_decoder));
    ck_assert_uint_eq(event->msg->hash, orr_msg_hash_anew(event->msg));
    if (!hash) hash = event->msg->hash;
    ck_assert_uint_eq(event->msg->hash, hash); /* the same bytes, whoever decoded them */
    n_heard++;
    if (event->peer == 0 && !is_odd) {
        if (shared_form) ck_assert_ptr_eq(own, shared_form);
        shared_form = own;
    }
    if (event->peer == 0 && self == 1) orr_send(out, 2, orr_msg_ref(event->msg));
    n_relayed += event->peer == 1;
    return 0;
}

START_TEST(a_form_is_made_once_and_another_cohort_makes_its_own) {
    static const struct orr_protocol even = {.abi = ORR_ABI, .name = "even", .init = init,
                                             .node_size = sizeof(orr_peer), .step = step,
                                             .decode = even_decode};
    static struct orr_protocol odd;
    odd = even;
    odd.name = "odd";
    odd.decode = odd_decode;
    struct world w;
    world_init(&w, N, &even, NULL, 5 * MS);
    for (orr_peer i = 1; i < N; i += 2) w.nodes[i].protocol = &odd;
    world_start(&w);
    orr_sim_run(w.sim, 100 * MS);
    ck_assert_uint_eq(n_heard, N);
    ck_assert_uint_eq(n_relayed, 1);
    ck_assert_uint_eq(n_decoded[0], 2); /* for 0, 2 and 4 at once, and what came back by node 1 */
    ck_assert_uint_eq(n_decoded[1], 1); /* one copy for 1, 3 and 5 */
    orr_sim_end(w.sim);
    ck_assert_ptr_null(orr_sim_mishap(w.sim));
    world_fini(&w);
}
END_TEST

ORR_TEST_MAIN("sim.frozen", a_form_is_made_once_and_another_cohort_makes_its_own)
