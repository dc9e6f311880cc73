#include "models/gossip/rpc.h"

#include <assert.h>

/* One walk serves counting and filling: with `to` NULL it counts only.  In a table that is filled
 * the counts say how far it is filled. */
struct walk {
    const uint8_t *bytes;
    struct orr_rpc_counts n;
    uint32_t n_items, max_items;
    bool has_control;
    struct orr_rpc *to;
};

static bool is_bytes(const struct orr_proto_field *f, uint32_t number) {
    return f->number == number && f->wire == ORR_PROTO_BYTES;
}

static struct orr_proto inside(const struct walk *w, struct orr_slice body) {
    return (struct orr_proto){w->bytes, body.at, body.at + body.len};
}

/* One more entry of some list. */
static bool take(struct walk *w, uint32_t *n) {
    (*n)++;
    return ++w->n_items <= w->max_items;
}

static int read_subscription(struct walk *w, struct orr_slice body) {
    struct orr_rpc_subscription s = {ORR_SLICE_NONE, ORR_RPC_UNSAID};
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.number == 1 && f.wire == ORR_PROTO_VARINT) s.subscribe = f.value != 0;
        if (is_bytes(&f, 2)) s.topic = f.body;
    }
    if (w->to) w->to->subscriptions[w->n.subscriptions] = s;
    return more ? more : take(w, &w->n.subscriptions) ? 0 : ORR_ELIMIT;
}

static int read_message(struct walk *w, struct orr_slice body) {
    struct orr_rpc_message m = {ORR_SLICE_NONE, ORR_SLICE_NONE, ORR_SLICE_NONE, ORR_SLICE_NONE,
                                ORR_SLICE_NONE, ORR_SLICE_NONE, body,           false};
    struct orr_slice *const fields[] = {&m.from, &m.data, &m.seqno, &m.topic, &m.signature, &m.key};
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.wire == ORR_PROTO_BYTES && f.number <= 6) *fields[f.number - 1] = f.body;
        else m.has_unknown = true;
    }
    if (w->to) w->to->publish[w->n.publish] = m;
    return more ? more : take(w, &w->n.publish) ? 0 : ORR_ELIMIT;
}

/* A list of ids in field `number`, and a topic in field 1 where ids are elsewhere. */
static int read_ids(struct walk *w, struct orr_slice body, uint32_t number,
                    struct orr_rpc_ihave *list) {
    *list = (struct orr_rpc_ihave){ORR_SLICE_NONE, {w->n.ids, 0}};
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (is_bytes(&f, number)) {
            if (w->to) w->to->ids[w->n.ids] = f.body;
            if (!take(w, &w->n.ids)) return ORR_ELIMIT;
            list->ids.n++;
        } else if (is_bytes(&f, 1)) {
            list->topic = f.body;
        }
    }
    return more;
}

static int read_ihave(struct walk *w, struct orr_slice body) {
    struct orr_rpc_ihave list;
    int result = read_ids(w, body, 2, &list);
    if (result) return result;
    if (w->to) w->to->ihave[w->n.ihave] = list;
    return take(w, &w->n.ihave) ? 0 : ORR_ELIMIT;
}

static int read_iwant(struct walk *w, struct orr_slice body) {
    struct orr_rpc_ihave list;
    int result = read_ids(w, body, 1, &list);
    if (result) return result;
    if (w->to) w->to->iwant[w->n.iwant] = list.ids;
    return take(w, &w->n.iwant) ? 0 : ORR_ELIMIT;
}

static int read_idontwant(struct walk *w, struct orr_slice body) {
    struct orr_rpc_ihave list;
    int result = read_ids(w, body, 1, &list);
    if (result) return result;
    if (w->to) w->to->idontwant[w->n.idontwant] = list.ids;
    return take(w, &w->n.idontwant) ? 0 : ORR_ELIMIT;
}

static int read_graft(struct walk *w, struct orr_slice body) {
    struct orr_slice topic = ORR_SLICE_NONE;
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0)
        if (is_bytes(&f, 1)) topic = f.body;
    if (w->to) w->to->graft[w->n.graft] = topic;
    return more ? more : take(w, &w->n.graft) ? 0 : ORR_ELIMIT;
}

static int read_peer(struct walk *w, struct orr_slice body) {
    struct orr_rpc_peer peer = {ORR_SLICE_NONE, ORR_SLICE_NONE};
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (is_bytes(&f, 1)) peer.id = f.body;
        if (is_bytes(&f, 2)) peer.record = f.body;
    }
    if (w->to) w->to->peers[w->n.peers] = peer;
    return more ? more : take(w, &w->n.peers) ? 0 : ORR_ELIMIT;
}

static int read_prune(struct walk *w, struct orr_slice body) {
    struct orr_rpc_prune prune = {ORR_SLICE_NONE, {w->n.peers, 0}, 0, false};
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (is_bytes(&f, 1)) prune.topic = f.body;
        if (f.number == 3 && f.wire == ORR_PROTO_VARINT)
            prune.has_backoff = true, prune.backoff_s = f.value;
        if (!is_bytes(&f, 2)) continue;
        int result = read_peer(w, f.body);
        if (result) return result;
        prune.peers.n++;
    }
    if (w->to) w->to->prune[w->n.prune] = prune;
    return more ? more : take(w, &w->n.prune) ? 0 : ORR_ELIMIT;
}

static int read_control(struct walk *w, struct orr_slice body) {
    static int (*const readers[])(struct walk *, struct orr_slice) = {
        NULL, read_ihave, read_iwant, read_graft, read_prune, read_idontwant};
    w->has_control = true;
    struct orr_proto p = inside(w, body);
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.wire != ORR_PROTO_BYTES || f.number > 5) continue;
        int result = readers[f.number](w, f.body);
        if (result) return result;
    }
    return more;
}

static int read_all(struct walk *w, uint32_t len) {
    static int (*const readers[])(struct walk *, struct orr_slice) = {
        NULL, read_subscription, read_message, read_control};
    struct orr_proto p = {w->bytes, 0, len};
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.wire != ORR_PROTO_BYTES || f.number > 3) continue;
        int result = readers[f.number](w, f.body);
        if (result) return result;
    }
    return more;
}

int orr_rpc_count(const uint8_t *bytes, uint32_t len, uint32_t max_items,
                  struct orr_rpc_counts *counts) {
    if (len == UINT32_MAX) return ORR_ELIMIT;
    struct walk w = {.bytes = bytes, .max_items = max_items};
    int result = read_all(&w, len);
    if (!result) *counts = w.n;
    return result;
}

/* ---- the table ---- */

_Static_assert(sizeof(struct orr_rpc_message) <= 64 && sizeof(struct orr_rpc_prune) <= 32,
               "the bound that the header names");

/* The lists one behind the other; the one with 8-byte members first. */
#define LISTS(LIST)                                                        \
    LIST(prune) LIST(publish) LIST(ihave) LIST(iwant) LIST(idontwant)      \
    LIST(graft) LIST(peers) LIST(ids) LIST(subscriptions)

size_t orr_rpc_table_bytes(const struct orr_rpc_counts *counts) {
    size_t sum = 0;
#define LIST(name) sum += (size_t)counts->name * sizeof *((struct orr_rpc *)NULL)->name;
    LISTS(LIST)
#undef LIST
    return (sum + 7) / 8 * 8;
}

static void lay_out(struct orr_rpc *rpc, uint8_t *room) {
#define LIST(name)             \
    rpc->name = (void *)room;  \
    room += (size_t)rpc->n.name * sizeof *rpc->name;
    LISTS(LIST)
#undef LIST
}

void orr_rpc_read(const uint8_t *bytes, uint32_t len, const struct orr_rpc_counts *counts,
                  void *room, struct orr_rpc *rpc) {
    assert((uintptr_t)room % 8 == 0);
    *rpc = (struct orr_rpc){.n = *counts};
    lay_out(rpc, room);
    struct walk w = {.bytes = bytes, .max_items = UINT32_MAX, .to = rpc};
    int result = read_all(&w, len);
    assert(!result && !memcmp(&w.n, counts, sizeof w.n));
    rpc->has_control = w.has_control;
}

/* ---- writing ---- */

static void put_blob(struct orr_writer *w, uint32_t field, struct orr_blob blob) {
    if (blob.p) orr_proto_put_bytes(w, field, blob.p, blob.len);
}

void orr_rpc_put_subscription(struct orr_writer *w, struct orr_blob topic, uint8_t subscribe) {
    size_t begun = orr_proto_begin(w, 1);
    if (subscribe != ORR_RPC_UNSAID) orr_proto_put_number(w, 1, subscribe);
    put_blob(w, 2, topic);
    orr_proto_end(w, begun);
}

void orr_rpc_put_message(struct orr_writer *w, const struct orr_rpc_content *c) {
    size_t begun = orr_proto_begin(w, 2);
    put_blob(w, 1, c->from);
    put_blob(w, 2, c->data);
    put_blob(w, 3, c->seqno);
    if (c->topic.len) put_blob(w, 4, c->topic);
    put_blob(w, 5, c->signature);
    put_blob(w, 6, c->key);
    orr_proto_end(w, begun);
}

size_t orr_rpc_begin_ihave(struct orr_writer *w, struct orr_blob topic) {
    size_t begun = orr_proto_begin(w, 1);
    put_blob(w, 1, topic);
    return begun;
}

void orr_rpc_put_graft(struct orr_writer *w, struct orr_blob topic) {
    size_t begun = orr_proto_begin(w, 3);
    put_blob(w, 1, topic);
    orr_proto_end(w, begun);
}

size_t orr_rpc_begin_prune(struct orr_writer *w, struct orr_blob topic) {
    size_t begun = orr_proto_begin(w, 4);
    put_blob(w, 1, topic);
    return begun;
}

void orr_rpc_put_peer(struct orr_writer *w, struct orr_blob id, struct orr_blob record) {
    size_t begun = orr_proto_begin(w, 2);
    put_blob(w, 1, id);
    put_blob(w, 2, record);
    orr_proto_end(w, begun);
}

void orr_rpc_end_prune(struct orr_writer *w, size_t begun, bool has_backoff, uint64_t backoff_s) {
    if (has_backoff) orr_proto_put_number(w, 3, backoff_s);
    orr_proto_end(w, begun);
}

static void write_ids(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc,
                      struct orr_rpc_run run, size_t begun) {
    for (uint32_t i = 0; i < run.n; i++)
        orr_rpc_put_id(w, orr_slice_blob(bytes, rpc->ids[run.first + i]));
    orr_proto_end(w, begun);
}

static void write_ihave(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc,
                        const struct orr_rpc_ihave *list) {
    size_t begun = orr_rpc_begin_ihave(w, orr_slice_blob(bytes, list->topic));
    for (uint32_t i = 0; i < list->ids.n; i++)
        orr_rpc_put_ihave_id(w, orr_slice_blob(bytes, rpc->ids[list->ids.first + i]));
    orr_proto_end(w, begun);
}

static void write_prune(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc,
                        const struct orr_rpc_prune *prune) {
    size_t begun = orr_rpc_begin_prune(w, orr_slice_blob(bytes, prune->topic));
    for (uint32_t i = 0; i < prune->peers.n; i++) {
        const struct orr_rpc_peer *peer = &rpc->peers[prune->peers.first + i];
        orr_rpc_put_peer(w, orr_slice_blob(bytes, peer->id), orr_slice_blob(bytes, peer->record));
    }
    orr_rpc_end_prune(w, begun, prune->has_backoff, prune->backoff_s);
}

static void write_control(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc) {
    size_t begun = orr_rpc_begin_control(w);
    for (uint32_t i = 0; i < rpc->n.ihave; i++) write_ihave(w, bytes, rpc, &rpc->ihave[i]);
    for (uint32_t i = 0; i < rpc->n.iwant; i++)
        write_ids(w, bytes, rpc, rpc->iwant[i], orr_rpc_begin_iwant(w));
    for (uint32_t i = 0; i < rpc->n.graft; i++)
        orr_rpc_put_graft(w, orr_slice_blob(bytes, rpc->graft[i]));
    for (uint32_t i = 0; i < rpc->n.prune; i++) write_prune(w, bytes, rpc, &rpc->prune[i]);
    for (uint32_t i = 0; i < rpc->n.idontwant; i++)
        write_ids(w, bytes, rpc, rpc->idontwant[i], orr_rpc_begin_idontwant(w));
    orr_proto_end(w, begun);
}

void orr_rpc_write(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc) {
    for (uint32_t i = 0; i < rpc->n.subscriptions; i++)
        orr_rpc_put_subscription(w, orr_slice_blob(bytes, rpc->subscriptions[i].topic),
                                 rpc->subscriptions[i].subscribe);
    for (uint32_t i = 0; i < rpc->n.publish; i++) {
        const struct orr_rpc_message *m = &rpc->publish[i];
        struct orr_rpc_content content = {
            orr_slice_blob(bytes, m->from),  orr_slice_blob(bytes, m->data),
            orr_slice_blob(bytes, m->seqno), orr_slice_blob(bytes, m->topic),
            orr_slice_blob(bytes, m->signature), orr_slice_blob(bytes, m->key)};
        orr_rpc_put_message(w, &content);
    }
    if (rpc->has_control) write_control(w, bytes, rpc);
}
