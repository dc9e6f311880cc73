#include "sim/cli/vault/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "sim/cli/vault/files.h"

enum { MAX_PASSWORD = 4096, N_SIGNALS = 4 };

static const struct {
    enum orr_vault_option file, fd;
} options[] = {
    [ORR_PASSWORD] = {ORR_OPT_PASSWORD_FILE, ORR_OPT_PASSWORD_FD},
    [ORR_PASSWORD_NEW] = {ORR_OPT_NEW_FILE, ORR_OPT_NEW_FD},
    [ORR_PASSWORD_FILE] = {ORR_OPT_FILE_FILE, ORR_OPT_FILE_FD},
    [ORR_PASSPHRASE] = {ORR_OPT_PHRASE_FILE, ORR_OPT_PHRASE_FD},
};

bool orr_password_given(const struct orr_call *call, enum orr_password_use use) {
    return orr_call_option(call, options[use].file) || orr_call_option(call, options[use].fd);
}

/* Up to the first line's end. */
static void first_line(struct orr_secret *text) {
    uint8_t *end = memchr(text->bytes, '\n', text->len);
    if (end) text->len = (size_t)(end - text->bytes);
    if (end && text->len && text->bytes[text->len - 1] == '\r') text->len--;
    text->bytes[text->len] = 0;
}

/* One line of a descriptor, byte by byte: what follows belongs to others. */
static int read_fd(const struct orr_call *call, const char *number, struct orr_secret *to) {
    char *end;
    long fd = strtol(number, &end, 10);
    if (*end || end == number || fd < 0 || fd > 1 << 20)
        return orr_call_fail(call, 2, "USAGE", "no descriptor: %s", number);
    *to = orr_secret_new(call->mem, MAX_PASSWORD + 2);
    to->len = 0;
    for (;;) {
        ssize_t n = read((int)fd, to->bytes + to->len, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 || to->len == MAX_PASSWORD) {
            orr_secret_free(call->mem, to);
            return orr_call_fail(call, n < 0 ? 3 : 2, "PASSWORD", "descriptor %ld: %s", fd,
                                 n < 0 ? strerror(errno) : "too long a line");
        }
        if (n == 0 || to->bytes[to->len] == '\n') break;
        to->len++;
    }
    to->bytes[to->len] = '\n';
    to->len++;
    first_line(to);
    return 0;
}

/* ---- the terminal ---- */

static volatile sig_atomic_t interrupted;
static void on_signal(int number) { interrupted = number; }

static bool read_line(int tty, struct orr_secret *to) {
    to->len = 0;
    while (!interrupted) {
        uint8_t c;
        ssize_t n = read(tty, &c, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false; /* it has been closed */
        if (c == '\n') return true;
        if (to->len < MAX_PASSWORD) to->bytes[to->len++] = c;
    }
    return false;
}

static bool ask(int tty, const char *prompt, const char *what, bool echo, struct orr_secret *to) {
    struct termios old, quiet;
    struct sigaction action = {.sa_handler = on_signal}, before[N_SIGNALS];
    static const int signals[N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    if (tcgetattr(tty, &old)) return false;
    for (int i = 0; i < N_SIGNALS; i++) sigaction(signals[i], &action, &before[i]);
    quiet = old;
    if (!echo) quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    tcsetattr(tty, TCSAFLUSH, &quiet);
    dprintf(tty, "%s%s%s: ", prompt, *what ? " of " : "", what);
    bool good = read_line(tty, to);
    tcsetattr(tty, TCSAFLUSH, &old);
    if (!echo) dprintf(tty, "\n");
    for (int i = 0; i < N_SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
    if (interrupted) raise(interrupted);
    return good;
}

bool orr_password_confirm(const char *question) {
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) return false;
    uint8_t bytes[MAX_PASSWORD];
    struct orr_secret answer = {bytes, 0, sizeof bytes};
    bool yes = ask(tty, question, "", true, &answer) && answer.len == 3 && !memcmp(bytes, "yes", 3);
    close(tty);
    return yes;
}

unsigned orr_password_bits(const struct orr_secret *password) {
    bool kinds[4] = {false}, seen[256] = {false};
    static const unsigned sizes[4] = {26, 26, 10, 33};
    unsigned alphabet = 0, bits = 0, distinct = 0;
    for (size_t i = 0; i < password->len; i++) {
        uint8_t c = password->bytes[i];
        distinct += !seen[c];
        seen[c] = true;
        kinds[c >= 'a' && c <= 'z'   ? 0
              : c >= 'A' && c <= 'Z' ? 1
              : c >= '0' && c <= '9' ? 2
                                     : 3] = true;
    }
    for (int i = 0; i < 4; i++) alphabet += kinds[i] ? sizes[i] : 0;
    while (alphabet >> bits) bits++;
    size_t counted = password->len < 2 * distinct ? password->len : 2 * distinct;
    return (unsigned)counted * bits * 3 / 4; /* people do not choose at random */
}

static int ask_twice(const struct orr_call *call, int tty, const char *what, bool is_new,
                     struct orr_secret *to) {
    struct orr_secret again = orr_secret_new(call->mem, MAX_PASSWORD + 1);
    int code = 0;
    if (!ask(tty, is_new ? "new password" : "password", what, false, to) ||
        (is_new && !ask(tty, "again", "", false, &again)))
        code = orr_call_fail(call, 3, "NO_TERMINAL", "the terminal gave no password");
    else if (is_new && (again.len != to->len || sodium_memcmp(again.bytes, to->bytes, to->len)))
        code = orr_call_fail(call, 2, "PASSWORD", "the two are not the same");
    else if (is_new && !to->len)
        code = orr_call_fail(call, 2, "PASSWORD", "an empty password");
    if (!code && is_new) dprintf(tty, "strength: about %u bits\n", orr_password_bits(to));
    orr_secret_free(call->mem, &again);
    return code;
}

int orr_password_ask(const struct orr_call *call, enum orr_password_use use, const char *what,
                     struct orr_secret *password) {
    const char *file = orr_call_option(call, options[use].file);
    const char *fd = orr_call_option(call, options[use].fd);
    if (fd) return read_fd(call, fd, password);
    if (file) {
        int code = orr_files_read(call, file, MAX_PASSWORD, password);
        if (!code) first_line(password);
        return code;
    }
    *password = orr_secret_new(call->mem, MAX_PASSWORD + 1);
    password->len = 0;
    if (use == ORR_PASSPHRASE) return 0;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int code = tty < 0 ? orr_call_fail(call, 2, "NO_TERMINAL",
                                       "no terminal to ask for the password of %s; give "
                                       "--password-file or --password-fd",
                                       what)
                       : ask_twice(call, tty, what, use == ORR_PASSWORD_NEW, password);
    if (tty >= 0) close(tty);
    if (code) orr_secret_free(call->mem, password);
    return code;
}
