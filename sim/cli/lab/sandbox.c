#include "sim/cli/lab/sandbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/base/sanitize.h"

static int limit(int what, rlim_t most) {
    struct rlimit limits = {most, most};
    return setrlimit((__rlimit_resource_t)what, &limits) ? ORR_EUNSUPPORTED : 0;
}

int orr_lab_sandbox_limits(void) {
    int error = limit(RLIMIT_CPU, ORR_LAB_CPU_S);
    /* the engine reserves addresses that it never uses: a few GiB (sim/base/region.h) */
    if (!error && !ORR_HAS_SHADOW) error = limit(RLIMIT_AS, (rlim_t)8 << 30);
    if (!error) error = limit(RLIMIT_CORE, 0);
    if (!error) error = limit(RLIMIT_FSIZE, 0);
    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) error = ORR_EUNSUPPORTED;
    return error;
}

/* What an allocator, the engine's guard (timers, signals, its way out) and the end need. */
static const int allowed[] = {SCMP_SYS(brk),          SCMP_SYS(munmap),
                              SCMP_SYS(mremap),       SCMP_SYS(madvise),
                              SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
                              SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
                              SCMP_SYS(timer_create), SCMP_SYS(timer_settime),
                              SCMP_SYS(timer_delete), SCMP_SYS(gettid),
                              SCMP_SYS(getpid),       SCMP_SYS(clock_gettime),
                              SCMP_SYS(sysinfo),      SCMP_SYS(sched_getaffinity),
                              SCMP_SYS(exit_group),   SCMP_SYS(exit),
                              SCMP_SYS(close),        SCMP_SYS(getrandom)};

/* What the program asks for by itself and can do without: it is told no. */
static const int denied[] = {SCMP_SYS(access),   SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
                             SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(pipe),
                             SCMP_SYS(pipe2),    SCMP_SYS(newfstatat), SCMP_SYS(fstat),
                             SCMP_SYS(ioctl),    SCMP_SYS(write)};

/* Calls of which only some uses are. */
static int allow_parts(scmp_filter_ctx filter) {
    /* third argument: protection */
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!error)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* abort(), as of a failed assert(), is seen by the guard; nobody else is aborted */
    if (!error)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0),
                                 SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0));
    /* waking others, of whom there are none, and never waiting */
    if (!error)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, FUTEX_CMD_MASK, FUTEX_WAKE));
    return error;
}

int orr_lab_sandbox_close(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return ORR_EUNSUPPORTED;
    int error = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && !error; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof denied / sizeof denied[0] && !error; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    if (!error) error = allow_parts(filter);
    if (!error) error = seccomp_load(filter);
    seccomp_release(filter);
    return error ? ORR_EUNSUPPORTED : 0;
}
