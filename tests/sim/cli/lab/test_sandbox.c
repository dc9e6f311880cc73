/* What a process may still do in the sandbox: compute; all else ends it. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/lab/sandbox.h"
#include "tests/test.h"

/* Runs it in a process of its own, inside; the status of waitpid. */
static int inside(void (*what)(void)) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        if (orr_lab_sandbox_limits() || orr_lab_sandbox_close()) _exit(77);
        what();
        _exit(5);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) != 77, "no seccomp on this machine");
    return status;
}

static void computes(void) {
    void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) _exit(1);
    memset(p, 7, 1 << 20);
    munmap(p, 1 << 20);
}
static void opens(void) { syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }
static void makes(void) { syscall(SYS_openat, AT_FDCWD, "/tmp/made", O_WRONLY | O_CREAT, 0600); }
static void removes(void) { syscall(SYS_unlinkat, AT_FDCWD, "/tmp/made", 0); }
static void forks(void) { syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static void executes(void) { syscall(SYS_execve, "/bin/true", NULL, NULL); }
static void connects(void) { syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
static void kills(void) { syscall(SYS_kill, getppid(), SIGKILL); }
static void stops(void) { syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP); }
static void traces(void) { syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }
static void sleeps(void) { syscall(SYS_nanosleep, &(struct timespec){3600, 0}, NULL); }
static void waits(void) { syscall(SYS_pause); }
static void reads(void) { syscall(SYS_read, 0, (char[1]){0}, 1); }
static void makes_code(void) {
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    syscall(SYS_mprotect, p, 4096, PROT_READ | PROT_EXEC);
}
static void maps_code(void) {
    syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
            -1, 0);
}
static void lifts_its_limits(void) {
    syscall(SYS_prlimit64, 0, RLIMIT_CPU, &(struct rlimit){1000, 1000}, NULL);
}

START_TEST(it_computes_and_takes_memory) {
    int status = inside(computes);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}
END_TEST

START_TEST(whatever_leads_out_ends_it) {
    static const struct {
        const char *name;
        void (*what)(void);
    } ways[] = {{"open", opens},       {"create", makes},   {"remove", removes},
                {"fork", forks},       {"exec", executes},  {"socket", connects},
                {"kill", kills},       {"stop", stops},     {"ptrace", traces},
                {"sleep", sleeps},     {"pause", waits},    {"read", reads},
                {"mprotect", makes_code}, {"mmap", maps_code}, {"prlimit", lifts_its_limits}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        int status = inside(ways[i].what);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x",
                      ways[i].name, status);
    }
}
END_TEST

/* What a program asks for by habit is refused, and no reason to end. */
static void asks(void) {
    if (!syscall(SYS_access, "/etc/passwd", R_OK)) _exit(1);
    if (syscall(SYS_write, 1, "forged\n", 7) > 0) _exit(2);
}
START_TEST(it_writes_nothing_to_its_output) {
    int status = inside(asks);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 5, "status %#x", status);
}
END_TEST

ORR_TEST_MAIN("lab sandbox", it_computes_and_takes_memory, whatever_leads_out_ends_it,
              it_writes_nothing_to_its_output)
