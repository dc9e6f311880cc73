/* node.c - the simulator's node `gossipsub` among real ones: its step, the machine's clock, and for
 * each peer a Unix socket that carries RPCs behind their lengths, as libp2p's streams do.
 *
 *   node keys N                        the secret keys of N nodes, a line of hex each
 *   node run N SELF PATH [KEY=VALUE]   node SELF of N: listens on PATH; KEYs of its config, numbers
 *
 * Who connects first sends the peer's id as a frame.  Lines on standard input: `publish TEXT`, and
 * `look`, answered by one line of JSON.  What is delivered is printed as `delivered TEXT`.  The end
 * of standard input is its end. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "models/gossip/frame.h"
#include "models/gossip/state.h"
#include "tests/driver.h"

enum { SEED = 1, CHUNK = 1 << 16, CONNS_MAX = 64 };

struct conn {
    int fd;        /* -1: free */
    orr_peer peer; /* ORR_NOBODY: it has not said who it is */
    struct orr_frames frames;
};

static struct cluster c;
static struct conn conns[CONNS_MAX];
static uint64_t n_sent[ORR_GOSSIP_N_KINDS], n_heard[ORR_GOSSIP_N_KINDS], n_refused;
static const char *const kind_names[] = {
#define KIND(name, text) text,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
};

static void give_up(const char *what) {
    fprintf(stderr, "node: %s: %s\n", what, strerror(errno));
    exit(1);
}

static orr_time read_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (orr_time)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct orr_gossip *router(void) { return c.nodes[c.only].state; }
static const struct orr_gossip_net *net(void) { return c.common.shared; }

/* ---- effects ---- */

static void send_all(int fd, const uint8_t *bytes, size_t len) {
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, bytes + at, len - at);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return; /* told by the next read */
        if (n < 0 && errno != EINTR) give_up("write");
        if (n > 0) at += (size_t)n;
    }
}

static void send_rpc(orr_peer to, const struct orr_msg *m) {
    uint8_t prefix[ORR_VARINT_MAX_BYTES];
    struct orr_writer w = orr_writer(prefix, sizeof prefix);
    orr_proto_put_varint(&w, m->len);
    n_sent[m->kind]++;
    for (int i = 0; i < CONNS_MAX; i++) {
        if (conns[i].fd < 0 || conns[i].peer != to) continue;
        send_all(conns[i].fd, prefix, orr_written(&w));
        send_all(conns[i].fd, m->data, m->len);
    }
}

static uint64_t hash_of(struct orr_blob data) {
    struct orr_msg *m = orr_msg_copy(&c.pool, ORR_GOSSIP_RPC_TX, data.p, data.len);
    uint64_t hash = orr_msg_hash(m);
    orr_msg_unref(&c.pool, m);
    return hash;
}

/* What an RPC brings that was delivered, as text. */
static void print_delivered(const struct orr_delivered *d, const struct orr_msg *rpc) {
    const struct orr_gossip_form *form = rpc ? orr_gossip_form_of(rpc) : NULL;
    for (uint32_t i = 0; form && i < form->rpc.n.publish; i++) {
        struct orr_blob data = orr_slice_blob(rpc->data, form->rpc.publish[i].data);
        const uint8_t *end = data.len ? memchr(data.p, ' ', data.len) : NULL;
        if (hash_of(data) == d->id)
            printf("delivered %.*s\n", (int)(end ? (uint32_t)(end - data.p) : data.len), data.p);
    }
}

static void carry_out(const struct orr_msg *heard) {
    for (uint32_t i = 0; i < c.out.n; i++) {
        const struct orr_effect *e = &c.out.v[i];
        if (e->kind == ORR_SEND) send_rpc(e->peer, e->msg);
        if (e->kind == ORR_ARM) c.nodes[c.only].timers[e->key] = e->at;
        if (e->kind == ORR_OUTPUT && e->key == ORR_OUT_DROPPED) n_refused++;
        if (e->kind == ORR_OUTPUT && e->key == ORR_OUT_DELIVERED)
            print_delivered((const struct orr_delivered *)e->msg->data, heard);
    }
}

static void step(enum orr_event_kind kind, orr_peer peer, uint32_t key, struct orr_msg *moved) {
    c.now = read_clock(CLOCK_MONOTONIC);
    c.wall_ahead = read_clock(CLOCK_REALTIME) - c.now;
    struct orr_msg *kept = orr_msg_ref(moved);
    cluster_hear(&c, kind, peer, key, moved);
    carry_out(kept);
    orr_msg_unref(&c.pool, kept);
}

/* ---- events ---- */

/* By what it holds: the kind is for counts alone. */
static enum orr_gossip_kind kind_of(struct orr_blob frame) {
    struct orr_rpc_counts n;
    if (orr_rpc_count(frame.p, frame.len, ORR_RPC_MAX_ITEMS, &n)) return ORR_GOSSIP_RPC_PUBLISH;
    return n.publish     ? ORR_GOSSIP_RPC_PUBLISH
           : n.idontwant ? ORR_GOSSIP_RPC_IDONTWANT
           : n.iwant     ? ORR_GOSSIP_RPC_IWANT
           : n.ihave     ? ORR_GOSSIP_RPC_IHAVE
           : n.prune     ? ORR_GOSSIP_RPC_PRUNE
           : n.graft     ? ORR_GOSSIP_RPC_GRAFT
                         : ORR_GOSSIP_RPC_SUBSCRIBE;
}

static void hear_frame(struct conn *conn, struct orr_blob frame) {
    if (conn->peer == ORR_NOBODY) {
        conn->peer = orr_gossip_peer_of(net(), frame);
        if (conn->peer == ORR_NOBODY) give_up("a peer that is none of ours");
        step(ORR_PEER_UP, conn->peer, 0, NULL);
        return;
    }
    enum orr_gossip_kind kind = kind_of(frame);
    n_heard[kind]++;
    step(ORR_RECV, conn->peer, 0, orr_msg_copy(&c.pool, (uint16_t)kind, frame.p, frame.len));
}

static void hang_up(struct conn *conn) {
    close(conn->fd);
    conn->fd = -1;
    orr_frames_fini(&conn->frames);
    if (conn->peer != ORR_NOBODY) step(ORR_PEER_DOWN, conn->peer, ORR_DOWN_HANGUP, NULL);
}

static void read_conn(struct conn *conn) {
    static uint8_t chunk[CHUNK];
    struct orr_blob frame;
    uint32_t at = 0;
    ssize_t n = read(conn->fd, chunk, sizeof chunk);
    int got = n > 0 ? 1 : 0;
    while (got > 0 && (got = orr_frames_next(&conn->frames, chunk, (uint32_t)n, &at, &frame)) > 0)
        hear_frame(conn, frame);
    if (n <= 0 || got < 0) hang_up(conn);
}

static void take_conn(int listener) {
    int i = 0;
    while (i < CONNS_MAX && conns[i].fd >= 0) i++;
    if (i == CONNS_MAX) give_up("too many connections");
    conns[i] = (struct conn){.fd = accept(listener, NULL, NULL), .peer = ORR_NOBODY};
    if (conns[i].fd < 0) give_up("accept");
    orr_frames_init(&conns[i].frames, &c.heap.mem, ORR_FRAME_MAX_BYTES);
}

/* ---- commands ---- */

static void print_counts(const char *name, const uint64_t *counts) {
    printf(", \"%s\": {", name);
    for (int k = 0; k < ORR_GOSSIP_N_KINDS; k++)
        printf("%s\"%s\": %" PRIu64, k ? ", " : "", kind_names[k], counts[k]);
    printf("}");
}

static void look(void) {
    struct orr_gossip *g = router();
    printf("look {\"mesh\": %u, \"refused\": %" PRIu64 ", \"scores\": [",
           orr_gossip_mesh_size(g, 0), n_refused);
    for (uint32_t i = 0; i < g->n_conns; i++)
        printf("%s%.6f", i ? ", " : "", (double)orr_gossip_score(g, g->conns[i].peer) / 1e6);
    printf("]");
    print_counts("sent", n_sent);
    print_counts("heard", n_heard);
    printf("}\n");
}

/* Whole lines of standard input; false: it has ended. */
static bool read_commands(void) {
    static char line[1 << 17];
    static size_t len;
    ssize_t n = read(0, line + len, sizeof line - len);
    if (n <= 0) return false;
    len += (size_t)n;
    for (char *end; (end = memchr(line, '\n', len));) { /* ends: a line fewer each turn */
        size_t used = (size_t)(end - line) + 1;
        *end = 0;
        if (!strcmp(line, "look"))
            look();
        else if (!strncmp(line, "publish ", 8))
            step(ORR_INPUT, ORR_NOBODY, ORR_IN_TX,
                 orr_msg_copy(&c.pool, ORR_GOSSIP_RPC_TX, line + 8, (uint32_t)used - 9));
        else
            give_up(line);
        memmove(line, line + used, len -= used);
    }
    return true;
}

/* ---- the loop ---- */

static int until_timer(void) {
    orr_time first = ORR_NEVER, now = read_clock(CLOCK_MONOTONIC);
    for (uint32_t k = 0; k < ORR_GOSSIP_N_TIMERS; k++)
        if (c.nodes[c.only].timers[k] < first) first = c.nodes[c.only].timers[k];
    if (first == ORR_NEVER) return -1;
    return first <= now ? 0 : (int)((first - now + 999999) / 1000000);
}

static void fire_timers(void) {
    for (uint32_t k = 0; k < ORR_GOSSIP_N_TIMERS; k++) {
        if (c.nodes[c.only].timers[k] > read_clock(CLOCK_MONOTONIC)) continue;
        c.nodes[c.only].timers[k] = ORR_NEVER;
        step(ORR_TIMER, ORR_NOBODY, k, NULL);
    }
}

static void serve(int listener) {
    for (;;) { /* ends with standard input */
        struct pollfd fds[CONNS_MAX + 2] = {{0, POLLIN, 0}, {listener, POLLIN, 0}};
        for (int i = 0; i < CONNS_MAX; i++) fds[i + 2] = (struct pollfd){conns[i].fd, POLLIN, 0};
        if (poll(fds, CONNS_MAX + 2, until_timer()) < 0 && errno != EINTR) give_up("poll");
        if (fds[0].revents && !read_commands()) return;
        if (fds[1].revents) take_conn(listener);
        for (int i = 0; i < CONNS_MAX; i++)
            if (conns[i].fd >= 0 && conns[i].fd == fds[i + 2].fd && fds[i + 2].revents)
                read_conn(&conns[i]);
        fire_timers();
    }
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 16))
        give_up(path);
    return fd;
}

static void set_keys(char **words) {
    for (; *words; words++) {
        char *value = strchr(*words, '=');
        if (!value) give_up(*words);
        *value++ = 0;
        cluster_set(&c, *words, strtoull(value, NULL, 10));
    }
}

static int run(uint32_t n, orr_peer self, const char *path, char **keys) {
    static const orr_peer nobody[1];
    int listener = listen_at(path);
    for (int i = 0; i < CONNS_MAX; i++) conns[i].fd = -1;
    cluster_new(&c, "gossipsub", n, SEED);
    c.only = self, c.keeps = true;
    c.now = read_clock(CLOCK_MONOTONIC);
    c.wall_ahead = read_clock(CLOCK_REALTIME) - c.now;
    for (uint32_t i = 0; i < n; i++) c.links[i] = (struct orr_links){0, nobody};
    set_keys(keys);
    cluster_start(&c);
    carry_out(NULL);
    serve(listener);
    return 0;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    if (argc == 3 && !strcmp(argv[1], "keys") && n <= CLUSTER_MAX) {
        for (uint32_t i = 0; i < n; i++) {
            struct orr_keypair pair;
            orr_keypair_derive(ORR_SIGNATURES_REAL, SEED, i, &pair);
            for (int k = 0; k < 64; k++) printf("%02x", pair.secret[k]);
            printf("\n");
        }
        return 0;
    }
    if (argc >= 5 && !strcmp(argv[1], "run") && n && n <= CLUSTER_MAX)
        return run(n, (orr_peer)strtoul(argv[3], NULL, 10), argv[4], argv + 5);
    fprintf(stderr, "usage: node keys N | node run N SELF PATH [KEY=VALUE...]\n");
    return 2;
}
