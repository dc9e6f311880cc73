#define _GNU_SOURCE /* struct ucred */
#include "sim/cli/vault/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/vault/session.h"

enum { ASK = 'k', FORGET = 'f' };

/* "VAULT.agent"; false when no socket can have so long a name. */
static bool address_of(const char *vault, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(address->sun_path, sizeof address->sun_path, "%s.agent", vault);
    return n > 0 && (size_t)n < sizeof address->sun_path;
}

/* Is the other end of this user? */
static bool is_ours(int fd) {
    struct ucred peer;
    socklen_t len = sizeof peer;
    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.uid == geteuid();
}

static int connect_to(const char *vault) {
    struct sockaddr_un address;
    if (!address_of(vault, &address)) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (!connect(fd, (struct sockaddr *)&address, sizeof address) && is_ours(fd)) return fd;
    close(fd);
    return -1;
}

bool orr_agent_ask(const char *vault, uint8_t identity[32]) {
    uint8_t request = ASK;
    int fd = connect_to(vault);
    if (fd < 0) return false;
    struct pollfd waits = {fd, POLLIN, 0};
    bool good = send(fd, &request, 1, MSG_NOSIGNAL) == 1 && poll(&waits, 1, 2000) == 1 &&
                recv(fd, identity, 32, MSG_WAITALL) == 32;
    close(fd);
    return good;
}

/* ---- the process ---- */

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Answers one caller; false: it is to forget. */
static bool answer(int listener, const uint8_t identity[32]) {
    uint8_t request = 0;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return true;
    struct pollfd waits = {fd, POLLIN, 0};
    if (is_ours(fd) && poll(&waits, 1, 1000) == 1 && recv(fd, &request, 1, 0) == 1 &&
        request == ASK)
        send(fd, identity, 32, MSG_NOSIGNAL);
    bool go_on = request != FORGET || !is_ours(fd);
    close(fd);
    return go_on;
}

static void serve(int listener, uint8_t *identity, int64_t until) {
    for (;;) {
        struct pollfd waits = {listener, POLLIN, 0};
        int64_t left = until - now_ms();
        if (left <= 0) break;
        if (poll(&waits, 1, left > 60000 ? 60000 : (int)left) == 1 && !answer(listener, identity))
            break;
    }
}

/* A socket with mode 0600 in the vault's folder, which is this user's alone. */
static int listen_at(const struct orr_call *call, const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(address->sun_path);
    mode_t old = umask(0177);
    bool good =
        fd >= 0 && !bind(fd, (const struct sockaddr *)address, sizeof *address) && !listen(fd, 8);
    umask(old);
    if (good) return fd;
    orr_call_fail(call, 3, "MACHINE", "%s: %s", address->sun_path, strerror(errno));
    return -1;
}

/* "30s", "10m", "2h" as milliseconds; 0: none. */
static int64_t duration(const char *text) {
    int64_t n = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 6; i++) n = n * 10 + (text[i] - '0');
    int64_t unit = !strcmp(text + i, "s")   ? 1000
                   : !strcmp(text + i, "m") ? 60000
                   : !strcmp(text + i, "h") ? 3600000
                                            : 0;
    return n * unit;
}

int orr_vault_unlock_command(struct orr_call *call) {
    struct orr_session s;
    struct sockaddr_un address;
    const char *text = orr_call_option(call, ORR_OPT_FOR);
    int64_t time = duration(text ? text : "10m");
    if (!time) return orr_call_fail(call, 2, "USAGE", "--for wants a time like 30s, 10m, 2h");
    int code = orr_session_open(call, false, &s);
    if (code) return code;
    if (!address_of(s.path, &address))
        code = orr_call_fail(call, 2, "NO_FILE", "%s: too long a name for a socket", s.path);
    int listener = code ? -1 : listen_at(call, &address);
    if (!code && listener < 0) code = 3;
    uint8_t *identity = orr_alloc(call->mem, 32);
    memcpy(identity, s.identity, 32);
    orr_session_close(call, &s);
    pid_t child = code ? 0 : fork();
    if (code || child) {
        orr_free(call->mem, identity, 32);
        if (listener >= 0) close(listener);
        if (child < 0) return orr_call_fail(call, 3, "MACHINE", "no process: %s", strerror(errno));
        return code;
    }
    setsid();
    sodium_mlock(identity, 32); /* a fork does not inherit locks */
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
    serve(listener, identity, now_ms() + time);
    sodium_memzero(identity, 32);
    unlink(address.sun_path);
    _exit(0);
}

int orr_vault_lock_command(struct orr_call *call) {
    char path[3072];
    uint8_t request = FORGET;
    int code = orr_session_path(call, path, sizeof path);
    if (code) return code;
    int fd = connect_to(path);
    if (fd < 0) return 0; /* nobody remembers anything */
    bool sent = send(fd, &request, 1, MSG_NOSIGNAL) == 1;
    uint8_t end;
    while (sent && recv(fd, &end, 1, 0) > 0) {
    } /* until it has gone */
    close(fd);
    return sent ? 0 : orr_call_fail(call, 3, "MACHINE", "the agent does not answer");
}
