#define _GNU_SOURCE /* pipe2 */
/* orrery lab watch: one exercise at a time, tested again at each save. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#include "sim/cli/lab/commands.h"
#include "sim/cli/lab/folder.h"
#include "sim/cli/lab/forms.h"

enum { MAX_OPERANDS = 1, N_SIGNALS = 4 };
enum { QUIET_MS = 50 }; /* an editor's writes that follow so soon belong to the same save */

struct watching {
    const struct orr_lab *lab;
    const char *folder;
    const struct orr_lab_exercise *now; /* NULL: all have passed */
    uint32_t n_hints;                   /* of it that have been asked for */
    bool passes;                        /* it did when it was last tested */
    int notify;                         /* of inotify: the folder */
};

/* A signal that comes just before poll() must end it as well: each writes its number to a pipe. */
static int wakes[2];
static void on_signal(int number) {
    int before = errno;
    char byte = (char)number;
    if (write(wakes[1], &byte, 1) < 0) errno = before; /* full: it wakes anyway */
    errno = before;
}

/* ---- what is shown ---- */

static void print_keys(const struct watching *w) {
    printf("\nn %s  h hint  l list  q quit\n", w->passes ? "next" : "next (when it passes)");
    fflush(stdout);
}

static void begin_screen(const struct watching *w) {
    printf("\033[H\033[2J");
    if (w->now) printf("%s: %s (%s)\n\n", w->lab->name, w->now->name, w->now->files[0]);
}

static void say_test(void *ctx, const struct orr_lab_exercise *e, const struct orr_lab_test *test) {
    (void)ctx, (void)e;
    printf("  ...   %s\n", test->name);
    fflush(stdout);
}

/* ---- keys ---- */

/* Tests the exercise.  0, or an exit code: the machine cannot. */
static int test(struct watching *w) {
    if (!w->now) return 0;
    begin_screen(w);
    fflush(stdout);
    struct orr_lab_wish wish = {.only = w->now->name, .on_test = say_test};
    struct orr_lab_report report;
    struct orr_diags diags = {0};
    int error = orr_lab_check(w->lab, w->folder, &wish, &report, &diags);
    if (error) {
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    } else {
        begin_screen(w);
        orr_lab_form_print(ORR_LAB_FORM_TEXT, &report, false, orr_diag_colour(stdout), stdout);
        orr_lab_progress_note(w->folder, &report);
        w->passes = report.passed && !report.is_broken;
        print_keys(w);
    }
    orr_lab_report_fini(&report);
    orr_diags_fini(&diags);
    return error ? 3 : 0;
}

static void show_hint(struct watching *w) {
    const struct orr_lab_exercise *e = w->now;
    if (!e) return;
    if (w->n_hints < e->n_hints)
        w->n_hints++;
    else if (!e->n_hints)
        printf("\n%s has no hints.\n", e->name);
    else
        printf("\nThere are no more hints.\n");
    for (uint32_t i = 0; i < w->n_hints; i++) printf("\n%u. %s\n", i + 1, e->hints[i]);
    print_keys(w);
}

/* The next that is open: behind the one that passes, else the first. */
static int go_on(struct watching *w) {
    if (w->now && !w->passes) {
        printf("\n%s does not pass yet: each save tests it again.\n", w->now->name);
        print_keys(w);
        return 0;
    }
    const struct orr_lab_exercise *end = w->lab->exercises + w->lab->n_exercises;
    struct orr_lab_progress p = {0};
    const struct orr_lab_exercise *e = w->now ? w->now + 1 : end;
    for (; e < end; e++) {
        orr_lab_progress_of(w->folder, e, &p);
        if (!p.passed || p.is_changed) break;
    }
    w->now = e < end ? e : orr_lab_next(w->lab, w->folder);
    w->n_hints = 0;
    w->passes = false;
    if (!w->now) {
        begin_screen(w);
        printf("%s: all %u exercises have passed. `orrery lab submit` packs them.\n", w->lab->name,
               w->lab->n_exercises);
        w->passes = true;
        print_keys(w);
    }
    return test(w);
}

/* -1: go on; else the exit code. */
static int press(struct watching *w, char key) {
    int code = 0;
    switch (key) {
    case 'n': code = go_on(w); break;
    case 'h': show_hint(w); break;
    case 'l':
        printf("\n");
        orr_lab_status_print(w->lab, w->folder, stdout);
        print_keys(w);
        break;
    case 'q':
    case 4: return 0; /* end of file, as a terminal sends it */
    default: break;
    }
    return code ? code : -1;
}

/* ---- saves ---- */

/* Takes what has been reported.  Is a file of C among it?  Editors write others beside. */
static bool is_saved(int notify) {
    char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool any = false;
    ssize_t len;
    while ((len = read(notify, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *e = (const void *)(buffer + at);
            size_t n = e->len ? strnlen(e->name, e->len) : 0;
            any |=
                n > 2 && e->name[0] != '.' && e->name[n - 2] == '.' && strchr("ch", e->name[n - 1]);
            at += (ssize_t)(sizeof *e + e->len);
        }
    return any;
}

/* -1: go on; else the exit code. */
static int wait_and_act(struct watching *w, struct termios *raw) {
    struct pollfd on[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                          {.fd = w->notify, .events = POLLIN},
                          {.fd = wakes[0], .events = POLLIN}};
    char number;
    if (poll(on, 3, -1) < 0) return errno == EINTR ? -1 : 3;
    while (on[2].revents && read(wakes[0], &number, 1) == 1) { /* ends: the pipe is empty */
        if (number != SIGCONT) return 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, raw); /* the shell has set it to its own taste */
    }
    if (on[1].revents) {
        bool any = is_saved(w->notify);
        while (poll(&on[1], 1, QUIET_MS) > 0) any |= is_saved(w->notify);
        int code = any ? test(w) : 0;
        if (code) return code;
    }
    char key;
    if (!on[0].revents) return -1;
    return read(STDIN_FILENO, &key, 1) == 1 ? press(w, key) : 0;
}

static int watch(struct watching *w) {
    static const int signals[N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGCONT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct termios old, raw;
    if (tcgetattr(STDIN_FILENO, &old) || pipe2(wakes, O_CLOEXEC | O_NONBLOCK)) return 3;
    for (int i = 0; i < N_SIGNALS; i++) sigaction(signals[i], &action, NULL);
    raw = old;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    w->now = orr_lab_next(w->lab, w->folder);
    int code = w->now ? test(w) : go_on(w);
    for (code = code ? code : -1; code < 0;) code = wait_and_act(w, &raw);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
    return code;
}

int orr_lab_watch_command(int argc, char **argv) {
    const char *names[MAX_OPERANDS];
    uint32_t n = 0;
    int code = orr_lab_operands(argc, argv, "watch", "[FOLDER]",
                                "Tests the exercise that comes next, and again whenever a file of "
                                "the folder is saved.\nn goes on when it passes, h gives a hint, l "
                                "lists the exercises, q quits.",
                                names, 0, 1, &n);
    if (code >= 0) return code;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fprintf(stderr, "orrery lab watch: this is no terminal; `orrery lab test` tests once\n");
        return 2;
    }
    struct watching w = {.folder = n ? names[0] : ".", .notify = -1};
    struct orr_lab *lab = orr_lab_open_of(w.folder, &code);
    if (!lab) return code;
    w.lab = lab;
    w.notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w.notify < 0 || inotify_add_watch(w.notify, w.folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        fprintf(stderr, "orrery lab watch: %s cannot be watched: %s\n", w.folder, strerror(errno));
        code = 3;
    } else {
        code = watch(&w);
    }
    if (w.notify >= 0) close(w.notify);
    orr_lab_free(lab);
    return code;
}
