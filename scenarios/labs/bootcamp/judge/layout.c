/* Oracle `layout`: each HELLO has the 12 bytes that it should have, and each node reads out what
 * the others have said. */
#include <stdio.h>
#include <string.h>

#include "models/base/bytes.h"
#include "sim/check/verdict.h"

enum { MOST = 64, HELLO_BYTES = 12 };

struct layout {
    uint32_t n_sent[MOST], n_read[MOST];
    uint64_t sum[MOST]; /* of what a node has read */
};

static uint64_t secret_of(orr_peer node) { return UINT64_C(1000000007) * (node + 1); }

static bool layout_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= MOST;
}

static void look_at(struct orr_check *check, const struct orr_tap_record *r) {
    const struct orr_msg *m = r->msg;
    char text[300] = "";
    if (!m || m->kind != 0 || m->len != HELLO_BYTES)
        snprintf(text, sizeof text, "node %u sent %u bytes of kind %u; a hello has 12, of kind 0",
                 r->node, m ? m->len : 0, m ? m->kind : 0u);
    else if (orr_load_le32(m->data) != r->node)
        snprintf(text, sizeof text,
                 "at offset 0 node %u wrote %02x %02x %02x %02x, and its number as u32 "
                 "little-endian is %02x 00 00 00",
                 r->node, m->data[0], m->data[1], m->data[2], m->data[3], r->node);
    else if (orr_load_le64(m->data + 4) != secret_of(r->node))
        snprintf(text, sizeof text,
                 "at offset 4 node %u wrote %llu as u64 little-endian, and its secret is %llu",
                 r->node, (unsigned long long)orr_load_le64(m->data + 4),
                 (unsigned long long)secret_of(r->node));
    struct orr_violation *v = *text ? orr_check_break(check, NULL, r->node) : NULL;
    if (v) snprintf(v->text, sizeof v->text, "%s", text);
}

static void layout_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct layout *l = state;
    if (r->kind == ORR_TAP_SEND) {
        l->n_sent[r->node]++;
        look_at(check, r);
        return;
    }
    const struct orr_metric_point *point = (const void *)r->msg->data;
    if (strncmp(point->name, "secret", sizeof point->name)) return;
    l->n_read[r->node]++;
    l->sum[r->node] += (uint64_t)point->value;
}

static void layout_judge(void *state, struct orr_check *check) {
    const struct layout *l = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    uint32_t n = orr_check_n_nodes(check), n_bad = 0;
    uint64_t all = 0;
    for (uint32_t i = 0; i < n; i++) all += secret_of(i);
    for (uint32_t i = 0; i < n; i++)
        n_bad += l->n_sent[i] != n - 1 || l->n_read[i] != n - 1 || l->sum[i] != all - secret_of(i);
    snprintf(v->expected, sizeof v->expected, "every node says hello and reads the others");
    snprintf(v->observed, sizeof v->observed, "%u of %u nodes do", n - n_bad, n);
    v->pass = !v->violation && !n_bad;
}

static const struct orr_oracle layout = {
    .name = "layout", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_SEND),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC), .size = sizeof(struct layout),
    .begin = layout_begin, .hear = layout_hear, .judge = layout_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&layout,
                                                                                       NULL};
