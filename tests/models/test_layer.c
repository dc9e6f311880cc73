/* layer.h: kinds of compositions. */
#include "models/layer.h"

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

ORR_TEST_MAIN("models.layer", a_composition_names_its_own_kinds_and_then_those_of_its_layers)
