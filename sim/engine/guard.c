#define _GNU_SOURCE /* registers of a ucontext, dl_iterate_phdr */
#include "sim/engine/guard.h"

#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/engine/engine.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
    TICK_MS = 100,
    IDLE_TICKS = 50,     /* the timer ends when no run has been seen for so long            */
    STOP_TICKS = 3,      /* from the wish to stop to a stop after the current event         */
    LEAVE_TICKS = 5,     /* and to the way out of a step                                    */
    LIBC_TICKS = 3,      /* how long it may be in the C library, which may hold its locks   */
    STACK_BYTES = 1 << 16,
    STACK_REACH = 1 << 20 /* a fault this close to the stack pointer is the stack's          */
};
#define STEP_CPU_NS INT64_C(10000000000) /* of CPU time: a hundred times the slowest honest step */

/* What each fault is; the signals that lead out of a step. */
static const struct {
    int signal;
    enum orr_mishap_kind kind;
} faults[] = {{SIGSEGV, ORR_MISHAP_SEGV}, {SIGBUS, ORR_MISHAP_BUS}, {SIGFPE, ORR_MISHAP_FPE},
              {SIGILL, ORR_MISHAP_ILL}, {SIGTRAP, ORR_MISHAP_ILL}, {SIGABRT, ORR_MISHAP_ABORT}};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

static struct sigaction before[N_FAULTS]; /* what these signals did, and do outside a step */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uintptr_t libc_begin, libc_end;
static atomic_uint n_alive;               /* simulators that have run and still are            */
static volatile sig_atomic_t asked;       /* to stop                                           */

/* Of a thread that runs simulators; kept for the thread's life. */
static _Thread_local struct {
    bool ready;
    volatile sig_atomic_t ticking;
    struct orr_sim *volatile running;
    timer_t timer;
    unsigned idle, asked_for, in_libc, same_step;
    uint64_t step; /* number of the call that the last tick saw */
    int64_t cpu_ns; /* CPU time of the thread when it was first seen */
} here;

static void get_ready(void);
static void keep_ticking(bool on);
static void landed(struct orr_sim *sim);

static struct orr_sim *enter(struct orr_sim *sim) {
    if (!here.ready) get_ready();
    if (!here.ticking) keep_ticking(true);
    if (!sim->guard.counted) {
        sim->guard.counted = true;
        n_alive++;
    }
    struct orr_sim *outer = here.running;
    here.running = sim;
    here.step = 0; /* numbers of one simulator say nothing of another's */
    return outer;
}

void orr_guard_run(struct orr_sim *sim, void (*body)(struct orr_sim *sim)) {
    struct orr_sim *outer = enter(sim);
    sigjmp_buf out;
    sim->guard.out = &out;
    if (!sigsetjmp(out, 0)) body(sim);
    else landed(sim);
    sim->guard.out = NULL;
    here.running = outer;
}

/* May be within a run (a crash calls fini()), and outside of any (a birth calls init()). */
bool orr_guard_call(struct orr_sim *sim, orr_peer node, enum orr_callback callback,
                    void (*body)(void *ctx), void *ctx) {
    struct orr_guard *guard = &sim->guard;
    assert(!guard->inside && callback != ORR_CALLBACK_STEP);
    struct orr_sim *outer = enter(sim);
    sigjmp_buf *outer_out = guard->out, out;
    const struct orr_event *outer_event = guard->event;
    orr_peer outer_node = guard->node;
    guard->out = &out;
    guard->event = NULL;
    guard->node = node;
    guard->callback = callback;
    guard->n_calls++;
    bool returned = !sigsetjmp(out, 0);
    if (returned) {
        guard->inside = true;
        body(ctx);
        guard->inside = false;
    } else {
        landed(sim);
    }
    guard->out = outer_out;
    guard->event = outer_event;
    guard->node = outer_node;
    guard->callback = ORR_CALLBACK_STEP;
    here.running = outer;
    return returned;
}

void orr_guard_forget(struct orr_sim *sim) {
    if (sim->guard.counted && --n_alive == 0) asked = 0;
    sim->guard.counted = false;
}

bool orr_guard_interrupt(void) {
    asked = 1;
    return n_alive > 0;
}

struct orr_sim *orr_guard_inside(void) {
    struct orr_sim *sim = here.running;
    return sim && sim->guard.inside ? sim : NULL;
}

/* ---- out of a protocol's function ---- */

/* Leaves it, with the frames that led to the place pc; the instruction meant lies `back` bytes
 * before.  May be in a handler. */
static _Noreturn void leave_at(struct orr_sim *sim, enum orr_mishap_kind kind, void *pc,
                               unsigned back) {
    struct orr_guard *guard = &sim->guard;
    assert(guard->inside);
    guard->inside = false; /* a fault from here on is not the protocol's */
    if (guard->event) {
        guard->left = *guard->event; /* which lies on the stack that is left */
        guard->event = &guard->left;
        if (sim->outbox.forging) guard->callback = ORR_CALLBACK_FORGE;
    }
    struct orr_mishap *m = &sim->mishap;
    m->kind = kind;
    m->frames[0] = pc;
    m->n_frames = pc ? 1 : 0;
    void *all[2 * ORR_MISHAP_FRAMES];
    int n = backtrace(all, 2 * ORR_MISHAP_FRAMES), at = 0;
    while (at < n && all[at] != pc) at++; /* past the handler's own */
    for (; at < n && m->n_frames && m->n_frames < ORR_MISHAP_FRAMES; at++)
        if (all[at] != pc) m->frames[m->n_frames++] = all[at];
    if (pc) m->frames[0] = (char *)pc - back;
    siglongjmp(*guard->out, 1);
}

/* What a call returns to may be another line, or another function if it never returns. */
void orr_guard_leave(struct orr_sim *sim, enum orr_mishap_kind kind, void *returns_to) {
    leave_at(sim, kind, returns_to, 1);
}

/* In a handler. */
static _Noreturn void leave(struct orr_sim *sim, enum orr_mishap_kind kind, void *context) {
    void *pc = NULL, *sp = NULL;
#if defined(__x86_64__)
    const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    pc = (void *)regs[REG_RIP], sp = (void *)regs[REG_RSP];
    if (!pc) pc = *(void **)sp; /* a call through NULL: its caller */
#elif defined(__aarch64__)
    const mcontext_t *regs = &((ucontext_t *)context)->uc_mcontext;
    pc = (void *)regs->pc, sp = (void *)regs->sp;
    if (!pc) pc = (void *)regs->regs[30];
#endif
    if (kind == ORR_MISHAP_SEGV) {
        uintptr_t a = (uintptr_t)sim->guard.address, b = (uintptr_t)sp;
        if (sp && (a > b ? a - b : b - a) <= STACK_REACH) kind = ORR_MISHAP_STACK;
    }
    leave_at(sim, kind, pc, 0);
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    struct orr_sim *sim = orr_guard_inside();
    unsigned i = 0;
    while (faults[i].signal != signal) i++;
    if (sim) {
        sim->guard.address = info->si_addr;
        leave(sim, faults[i].kind, context);
    }
    sigaction(signal, &before[i], NULL); /* none of ours: as it was before */
    if (info->si_code <= 0) raise(signal);
}

static int64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* May the function be left here?  In the C library it may hold a lock of the allocator. */
static bool can_leave(void *context) {
    uintptr_t pc = 0;
#if defined(__x86_64__)
    pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#endif
    if (pc < libc_begin || pc >= libc_end) return true;
    return ++here.in_libc > LIBC_TICKS;
}

static void on_tick(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    struct orr_sim *sim = here.running;
    here.asked_for = asked ? here.asked_for + 1 : 0;
    if (!sim) {
        if (++here.idle > IDLE_TICKS) keep_ticking(false);
        return;
    }
    here.idle = 0;
    if (here.asked_for >= STOP_TICKS) sim->stopped = true;
    if (!sim->guard.inside) {
        here.step = 0;
        return;
    }
    uint64_t step = sim->counts.events + sim->guard.n_calls;
    if (here.step != step) { /* first seen now */
        here.step = step;
        here.cpu_ns = cpu_ns();
        here.same_step = here.in_libc = 0;
        return;
    }
    here.same_step++;
    int64_t limit = sim->step_cpu_ns ? sim->step_cpu_ns : STEP_CPU_NS;
    if (here.asked_for >= LEAVE_TICKS && here.same_step >= 2) {
        if (can_leave(context)) leave(sim, ORR_MISHAP_INTERRUPTED, context);
    } else if (cpu_ns() - here.cpu_ns >= limit) {
        if (can_leave(context)) leave(sim, ORR_MISHAP_HANG, context);
    }
}

/* Back in orr_sim_run: the handler has said what and where, the rest is as it was in the step. */
static void landed(struct orr_sim *sim) {
    sigset_t all;
    sigemptyset(&all);
    for (unsigned i = 0; i < N_FAULTS; i++) sigaddset(&all, faults[i].signal);
    sigaddset(&all, SIGRTMIN);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    enum orr_mishap_kind kind = sim->mishap.kind;
    struct node *node = &sim->nodes[sim->guard.node];
    node->flags &= ~(uint32_t)UP; /* its state is undefined: it is not called again */
    sim->outbox.n = 0;
    sim->outbox.forging = false;
    sim->mishap.kind = ORR_MISHAP_NONE;
    switch (kind) {
    case ORR_MISHAP_HANG:
        orr_engine_mishap(sim, node, kind, "it had run for %.1f s of CPU time",
                          (double)(sim->step_cpu_ns ? sim->step_cpu_ns : STEP_CPU_NS) * 1e-9);
        break;
    case ORR_MISHAP_SEGV:
    case ORR_MISHAP_BUS:
        orr_engine_mishap(sim, node, kind, "the address was %#llx",
                          (unsigned long long)(uintptr_t)sim->guard.address);
        break;
    case ORR_MISHAP_MEMORY:
        orr_engine_mishap(sim, node, kind, "it holds %lld B; the limit is %zu B",
                          (long long)sim->heap.held_by[sim->guard.node], sim->memory_bytes);
        break;
    case ORR_MISHAP_EFFECTS:
        orr_engine_mishap(sim, node, kind, "more than %u", ORR_STEP_EFFECTS);
        break;
    default: orr_engine_mishap(sim, node, kind, "%s", "");
    }
    sim->guard.event = NULL;
    sim->guard.callback = ORR_CALLBACK_STEP;
}

/* ---- handlers, stack and timer ---- */

static int find_libc(struct dl_phdr_info *info, size_t size, void *ctx) {
    (void)size, (void)ctx;
    if (!strstr(info->dlpi_name, "/libc.") && !strstr(info->dlpi_name, "/libc-")) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        libc_begin = info->dlpi_addr + part->p_vaddr;
        libc_end = libc_begin + part->p_memsz;
    }
    return 1;
}

static void forked(void) {
    here.ready = false;
    here.ticking = false;
}

static void install(void) {
    void *frame;
    backtrace(&frame, 1); /* loads what it needs now, not in a handler */
    orr_exit_prepare();
    dl_iterate_phdr(find_libc, NULL);
    for (unsigned i = 0; i < N_FAULTS; i++) {
        struct sigaction action = {.sa_sigaction = on_fault};
        action.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
        sigaction(faults[i].signal, &action, &before[i]);
    }
    struct sigaction action = {.sa_sigaction = on_tick};
    action.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESTART);
    sigaction(SIGRTMIN, &action, NULL);
    pthread_atfork(NULL, NULL, forked);
}

static void get_ready(void) {
    pthread_once(&once, install);
    here.ready = true;
    stack_t stack = {.ss_size = STACK_BYTES};
    stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0);
    if (stack.ss_sp != MAP_FAILED) sigaltstack(&stack, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
    event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
    int error = timer_create(CLOCK_MONOTONIC, &event, &here.timer);
    here.ticking = error != 0; /* then nobody watches, and nothing is armed */
}

static void keep_ticking(bool on) {
    struct itimerspec every = {0};
    if (on) every.it_interval.tv_nsec = every.it_value.tv_nsec = TICK_MS * 1000000;
    here.idle = 0;
    here.ticking = on;
    timer_settime(here.timer, 0, &every, NULL);
}
