/* layer.h: kinds of compositions, and a composition of two layers on the outbox. */
#include "models/layer.h"

#include "sim/base/memory.h"
#include "tests/test.h"

START_TEST(a_composition_names_its_own_kinds_and_then_those_of_its_layers) {
    static const char *const own[] = {"hello", NULL}, *const gossip[] = {"have", "want", NULL};
    static const struct orr_layer layers[] = {
        {.name = "silent", .protocol = 5},
        {.name = "gossip", .kinds = gossip, .protocol = 7},
        {0},
    };
    const struct orr_protocol p = {.kinds = own, .layers = layers};
    const struct orr_protocol plain = {.kinds = own}, nameless = {.kinds = NULL};
    static const struct { const char *name; uint32_t type; } want[] = {
        {"hello", 0}, {"have", 7 << 16}, {"want", 7 << 16 | 1}};
    uint32_t type;
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_str_eq(orr_protocol_kind(&p, i, &type), want[i].name);
        ck_assert_uint_eq(type, want[i].type);
    }
    ck_assert_ptr_null(orr_protocol_kind(&p, 3, &type));
    ck_assert_ptr_null(orr_protocol_kind(&plain, 1, &type));
    ck_assert_ptr_null(orr_protocol_kind(&nameless, 0, &type));
}
END_TEST

/* ---- a composition: `relay` passes on what it hears and delivers it, `clerk` is told what was
 * delivered, writes it down and answers through the relay ---- */

enum { RELAY, CLERK, RELAY_PROTOCOL = 7, DELIVERED = 1000, CLERK_TIMERS = 3 };

static const orr_peer peers[] = {1, 2, 3};

struct pair {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_links links;
    struct orr_outbox out;
    struct orr_tail tail;
    struct orr_layer_place places[2];
    uint32_t n_clerk_timers, n_clerk_written, last_key;
};

static void relay_step(const struct orr_event *event, struct orr_outbox *out) {
    switch (event->kind) {
    case ORR_RECV: /* sent on as it is, to each peer alone, and to the node itself */
        for (uint32_t i = 0; i < 3; i++) orr_send(out, peers[i], orr_msg_ref(event->msg));
        orr_output(out, DELIVERED, orr_msg_ref(event->msg));
        break;
    case ORR_INPUT: orr_cast(out, ORR_NOBODY, orr_msg_ref(event->msg)); break;
    case ORR_TIMER: orr_arm(out, event->key, 5); break;
    default: break;
    }
}

static void clerk_step(struct pair *p, const struct orr_event *event, struct orr_outbox *out) {
    p->last_key = event->key;
    switch (event->kind) {
    case ORR_INPUT:
        orr_arm(out, 2, 50);
        orr_write(out, 1, orr_msg_ref(event->msg));
        orr_send(out, 9, orr_msg_copy(out->pool, 4, "ok", 2));
        break;
    case ORR_TIMER: p->n_clerk_timers++; break;
    case ORR_WRITTEN: p->n_clerk_written++; break;
    default: break;
    }
}

static void hand(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                 struct orr_outbox *out);

static void to_relay(struct pair *p, const struct orr_event *event) {
    uint32_t from = p->out.n;
    relay_step(event, &p->out);
    orr_layer_lift(&p->places[RELAY], &p->out, from, hand, p);
}

static void to_clerk(struct pair *p, const struct orr_event *event) {
    uint32_t from = p->out.n;
    clerk_step(p, event, &p->out);
    orr_layer_lift(&p->places[CLERK], &p->out, from, hand, p);
}

/* What the relay delivers is the clerk's input; what the clerk sends is the relay's. */
static void hand(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                 struct orr_outbox *out) {
    struct pair *p = parent;
    struct orr_event input = {.kind = ORR_INPUT, .msg = e.msg};
    bool delivered = place == &p->places[RELAY] && e.kind == ORR_OUTPUT;
    bool answered = place == &p->places[CLERK] && e.kind == ORR_SEND;
    if (delivered) to_clerk(p, &input);
    if (answered) to_relay(p, &input);
    if (delivered || answered) orr_msg_unref(out->pool, e.msg);
    else orr_effect(out, e);
}

static void forget(struct pair *p) {
    while (p->out.n) orr_msg_unref(&p->pool, p->out.v[--p->out.n].msg);
}

/* One event for the composition; returns whether a layer took it. */
static bool event(struct pair *p, struct orr_event e) {
    forget(p);
    bool taken = false;
    for (int i = RELAY; i <= CLERK; i++) {
        struct orr_event inner;
        if (!orr_layer_event(&p->places[i], &e, &inner)) continue;
        if (i == RELAY) to_relay(p, &inner);
        else to_clerk(p, &inner);
        taken = true;
    }
    return taken;
}

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 2;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static void begin(struct pair *p) {
    *p = (struct pair){.links = {.n = 3}};
    orr_heap_init(&p->heap);
    orr_pool_init(&p->pool, &p->heap.mem);
    p->out = (struct orr_outbox){.pool = &p->pool, .links = &p->links, .grow = grow};
    p->places[RELAY] = (struct orr_layer_place){.tail = &p->tail, .mem = &p->heap.mem,
                                                .n_timers = 2, .protocol = RELAY_PROTOCOL};
    p->places[CLERK] = (struct orr_layer_place){.tail = &p->tail, .mem = &p->heap.mem,
                                                .timer = 2, .n_timers = CLERK_TIMERS,
                                                .name = 100, .n_names = 10, .protocol = 8};
}

static void end(struct pair *p) {
    forget(p);
    free(p->out.v);
    orr_tail_fini(&p->tail, &p->heap.mem);
    ck_assert_uint_eq(p->pool.n_live, 0);
    orr_pool_fini(&p->pool);
    ck_assert_uint_eq(p->heap.used_bytes, 0);
}

START_TEST(timers_and_records_of_a_layer_stand_apart_from_those_of_the_others) {
    struct pair p;
    begin(&p);
    ck_assert(event(&p, (struct orr_event){.kind = ORR_TIMER, .key = 1}));
    ck_assert_uint_eq(p.out.n, 1);
    ck_assert_uint_eq(p.out.v[0].key, 1);
    ck_assert_uint_eq(p.n_clerk_timers, 0);
    ck_assert(event(&p, (struct orr_event){.kind = ORR_TIMER, .key = 4}));
    ck_assert_uint_eq(p.n_clerk_timers, 1);
    ck_assert_uint_eq(p.last_key, 2);
    ck_assert(!event(&p, (struct orr_event){.kind = ORR_TIMER, .key = 5}));
    ck_assert(!event(&p, (struct orr_event){.kind = ORR_STORED, .key = 99}));
    ck_assert(event(&p, (struct orr_event){.kind = ORR_STORED, .key = 109}));
    ck_assert_uint_eq(p.last_key, 9);
    ck_assert(!event(&p, (struct orr_event){.kind = ORR_STORED, .key = 110}));
    end(&p);
}
END_TEST

START_TEST(a_timer_that_a_layer_does_not_have_is_nobodys) {
    struct pair p;
    begin(&p);
    uint32_t from = p.out.n;
    orr_arm(&p.out, 2, 5); /* the relay has 0 and 1; 2 is the clerk's first */
    orr_layer_lift(&p.places[RELAY], &p.out, from, hand, &p);
    ck_assert_uint_eq(p.out.v[0].key, UINT32_MAX);
    end(&p);
}
END_TEST

START_TEST(layers_that_feed_each_other_keep_the_order_of_effects_and_all_references) {
    struct pair p;
    begin(&p);
    struct orr_msg *m = orr_msg_copy(&p.pool, 3, "hello", 5);
    m->protocol = RELAY_PROTOCOL;
    ck_assert(event(&p, (struct orr_event){.kind = ORR_RECV, .peer = 1, .msg = m}));
    /* three sends, then what the delivery led to: arm, write, the relay's cast of the answer */
    static const enum orr_effect_kind kinds[] = {ORR_SEND, ORR_SEND, ORR_SEND,
                                                 ORR_ARM,  ORR_WRITE, ORR_CAST};
    ck_assert_uint_eq(p.out.n, 6);
    for (uint32_t i = 0; i < 6; i++) ck_assert_int_eq(p.out.v[i].kind, kinds[i]);
    ck_assert_uint_eq(p.out.v[3].key, 4);
    ck_assert_uint_eq(p.out.v[4].key, 101);
    ck_assert_uint_eq(p.out.v[5].msg->protocol, RELAY_PROTOCOL);
    ck_assert_uint_eq(p.out.v[5].msg->kind, 4);
    forget(&p);
    orr_msg_unref(&p.pool, m);
    end(&p);
}
END_TEST

START_TEST(messages_bear_the_number_of_their_layer_and_frozen_ones_are_copied_once) {
    struct pair p;
    begin(&p);
    struct orr_msg *frozen = orr_msg_copy(&p.pool, 3, "hello", 5);
    orr_msg_freeze(frozen);
    struct orr_event to_all = {.kind = ORR_RECV, .msg = frozen};
    to_relay(&p, &to_all);
    ck_assert_uint_eq(frozen->protocol, 0);
    const struct orr_msg *copy = p.out.v[0].msg;
    ck_assert(copy != frozen && copy->protocol == RELAY_PROTOCOL && copy->len == 5);
    for (uint32_t i = 1; i < 3; i++) ck_assert_ptr_eq(p.out.v[i].msg, copy);
    struct orr_msg *other = orr_msg_new(&p.pool, 0, 0);
    other->protocol = 9; /* of another layer: for nobody here */
    ck_assert(!event(&p, (struct orr_event){.kind = ORR_RECV, .msg = other}));
    ck_assert(!event(&p, (struct orr_event){.kind = ORR_RECV, .msg = NULL}));
    orr_msg_unref(&p.pool, other);
    orr_send(&p.out, 1, NULL); /* an empty message is of a layer too */
    orr_layer_lift(&p.places[RELAY], &p.out, 0, hand, &p);
    ck_assert_uint_eq(p.out.v[0].msg->protocol, RELAY_PROTOCOL);
    ck_assert_uint_eq(p.out.v[0].msg->len, 0);
    forget(&p);
    orr_msg_unref(&p.pool, frozen);
    end(&p);
}
END_TEST

START_TEST(a_layer_that_ended_is_not_told_what_its_earlier_life_wrote) {
    struct pair p;
    begin(&p);
    struct orr_event input = {.kind = ORR_INPUT};
    struct orr_event written = {.kind = ORR_WRITTEN, .key = 101};
    to_clerk(&p, &input);
    forget(&p);
    orr_layer_end(&p.places[CLERK], &p.out);
    ck_assert_uint_eq(p.out.n, CLERK_TIMERS);
    for (uint32_t i = 0; i < CLERK_TIMERS; i++) {
        ck_assert_uint_eq(p.out.v[i].key, 2 + i);
        ck_assert_int_eq(p.out.v[i].at, ORR_NEVER);
    }
    to_clerk(&p, &input); /* its next life */
    ck_assert(!event(&p, written));
    ck_assert(event(&p, written));
    ck_assert_uint_eq(p.n_clerk_written, 1);
    ck_assert_uint_eq(p.last_key, 1);
    end(&p);
}
END_TEST

ORR_TEST_MAIN("models.layer", a_composition_names_its_own_kinds_and_then_those_of_its_layers,
              timers_and_records_of_a_layer_stand_apart_from_those_of_the_others,
              a_timer_that_a_layer_does_not_have_is_nobodys,
              layers_that_feed_each_other_keep_the_order_of_effects_and_all_references,
              messages_bear_the_number_of_their_layer_and_frozen_ones_are_copied_once,
              a_layer_that_ended_is_not_told_what_its_earlier_life_wrote)
