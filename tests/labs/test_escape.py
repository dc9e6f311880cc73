"""Submissions that try to get out, to get points or to stop the grader: none does, and each is told why."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

with open(os.path.join(labs.SOURCE, "tests/labs/bootcamp/solution/event.c"), encoding="utf-8") as solution:
    SOLUTION = solution.read()
SALT = os.path.join(labs.SCRATCH.name, "salt")
with open(SALT, "w", encoding="utf-8") as salt_file:
    salt_file.write("the_salt_of_this_term\n")
VICTIM = os.path.join(labs.SCRATCH.name, "victim")

# Name: what stands before the solution, what it does in each step, what it is told.
CALLS = {
    "network": ("#include <sys/socket.h>", "socket(AF_INET, SOCK_STREAM, 0);", "it calls socket(): a protocol sends"),
    "fork": ("int fork(void);", "fork();", "it calls fork(): a protocol begins no processes"),
    "exec": ("int execl(const char *, ...);", 'execl("/bin/sh", "sh", (char *)0);', "it calls execl()"),
    "salt": ("int open(const char *, int, ...);", f'open("{SALT}", 0);', "it calls open()"),
    "writing": ("#include <stdio.h>", f'fclose(fopen("{VICTIM}", "w"));', "it calls fopen(): what must last"),
    "killing": ("int kill(int, int); int getppid(void);", "kill(getppid(), 9);", "it calls kill()"),
    "fake result": ("#include <stdio.h>", r'printf("{\"passed\": true}\n");', "to say something, orr_log"),
    "sleeping": ("unsigned sleep(unsigned);", "sleep(1000);", "it calls sleep(): to wait is to arm a timer"),
    "clock": ("#include <time.h>", "(void)time(NULL);", "it calls time(): the time is handed in"),
    "dice": ("int rand(void);", "(void)rand();", "it calls rand(): random numbers are handed in: orr_rng_u64"),
    "threads": ("int pthread_create(void *, void *, void *, void *);", "pthread_create(0, 0, 0, 0);",
                "it calls pthread_create(): a protocol has no threads"),
    "exit": ("void exit(int);", "exit(0);", "it calls exit()"),
    "_exit": ("void _exit(int);", "_exit(0);", "it calls _exit()"),
    "heap": ("void *malloc(unsigned long);", "*(volatile char *)malloc(1 << 20) = 1;", "memory comes from env->common->mem"),
    "loader": ("void *dlsym(void *, const char *);", 'dlsym(0, "system");', "it calls dlsym()"),
    "system call": ("long syscall(long, ...);", "syscall(57);", "a protocol does not call the system"),
}
# The same, each by itself: it is told before anything is linked, or would hide the others.
ALONE = {
    "simulator": ("int orr_file_read(void);", "orr_file_read();", "it calls orr_file_read()"),
    "static": ("static int n_calls;", "n_calls++;", "the variable n_calls would be shared by all nodes"),
    "static inside": ("", "static unsigned long seen[4]; seen[event->kind & 3]++;", "the variable seen"),
    "constructor": ("__attribute__((constructor)) static void first(void) { *(volatile char *)8 = 1; }", "", "a constructor or destructor"),
    "_init": ("void _init(void); void _init(void) {}", "", "_init would run when the code is loaded"),
    "ifunc": ("static void a(void) {} static void *pick(void) { return (void *)a; } "
              'void mine(void) __attribute__((ifunc("pick")));', "mine();", "would run when the code is loaded"),
    "assembly": ("", '__asm__ volatile("syscall");', "it holds inline assembly"),
    "incbin": (f'__asm__(".incbin \\"{SALT}\\"");', "", "it holds inline assembly"),
    "section": (f'__attribute__((section(".x\\n.incbin \\"{SALT}\\"#"))) const int here = 1;', "(void)here;",
                "what is no part of a name"),
    "code as data": ('__attribute__((section(".text,\\"ax\\",@progbits #"))) static const unsigned char code[] = '
                     "{0x0f, 0x05, 0xc3};", "((void (*)(void))(unsigned long)code)();", "code is data in the place"),
    "include": (f'#include "{SALT}"', "", "includes "),
    "include by a macro": (f'#define SALT "{SALT}"\n#include SALT', "", "includes "),
    "include upwards": ('#include "../../../../../../etc/passwd"', "", "includes "),
    "include a solution": ('#include "tests/labs/bootcamp/solution/event.c"', "", "includes "),
    "include what is compiled alone": (f'#ifdef __OPTIMIZE__\n#include "{SALT}"\n#endif', "", "includes "),
    "include once it is looked at": (f'#if __has_include("list.txt") || __has_include("messages.txt")\n#include "{SALT}"\n#endif',
                                     "", "includes "),
    "include a layer": ('#include "models/vault/keystore.h"', "", "includes "),
    "line of another file": (f'#line 1 "{SALT}"\nint wrong = "text";\n#line 1 "event.c"', "", "which is none of its files"),
    "memory of a compiler": ('#pragma GCC pch_preprocess "event.h"', "", "a compiler's memory"),
    "finished protocol": ("const void *orr_registry_find(const char *, unsigned long);", '(void)*(volatile const char *)orr_registry_find("raft", 4);',
                          "it calls orr_registry_find(): a lab's code calls what"),
    "layer": ("int orr_keystore_open(void);", "orr_keystore_open();", "it calls orr_keystore_open()"),
    "include for ever": ('#include __FILE__', "", "the preprocessor cannot read it"),
    "include a device": ('#include "/dev/zero"', "", "it"),
    "large object": ("const char big[1L << 31] = {1};", "", "it"),
}
RUNS = {
    "loop": ("", "volatile int on = 1; while (on) {}", "hang", "a call that does not return"),
    "memory": ("", "for (;;) orr_alloc(node->env->common->mem, 1 << 20);", "memory", "more memory than"),
    "stack": ("static int deep(volatile int n) { volatile int a[1000]; a[n % 1000] = deep(n + 1); return a[n % 1000]; }",
              "deep(0);", "stack-overflow", "the stack was used up"),
    "null": ("", "*(volatile int *)8 = 1;", "segv", "memory was touched that is not its own"),
    "effects": ("", "for (;;) orr_arm(out, 0, 5);", "effects", "more effects than can be"),
    "words": ("", "for (;;) orr_log(out, \"again\");", "memory", "more memory than"),
    "leak": ("", "orr_msg_new(out->pool, 0, 8);", "leak-messages", "messages that nobody gave back"),
    "address": ("", "orr_metric(out, \"at\", (int64_t)(uintptr_t)node, \"\");", "unsteady", "or on addresses"),
    "unwritten": ("", "struct orr_msg *m = orr_msg_new(out->pool, 0, 8); orr_metric(out, \"x\", m->data[3], \"\"); "
                      "orr_msg_unref(out->pool, m);", "uninitialised", "memory"),
    "overflow": ("", "volatile int most = 2147483647; most = most + 1;", "ill", "undefined behaviour of C"),
    "error": ("", "return ORR_EIO;", "stopped", "stopped by itself"),
    "assert": ("#include <assert.h>", "assert(node == 0);", "abort", "a failed assert() does"),
}

# Calls of the system by a function that is found beside one that may be named: number, arguments.
SYSTEM = {
    "ptrace": (101, "0, 0, 0, 0"), "prctl": (157, "38, 0, 0, 0, 0"), "memfd_create": (319, '"x", 0'),
    "open of its own memory": (257, '-100, "/proc/self/mem", 2, 0'), "kill of the parent": (62, "PARENT, 9"),
    "abort of the parent": (234, "PARENT, PARENT, 6"), "alarm": (37, "1"), "fork": (57, "0"),
    "clone": (56, "17, 0, 0, 0, 0"), "clone3": (435, "0, 0"), "execve": (59, '"/bin/sh", 0, 0'), "socket": (41, "2, 1, 0"),
    "nanosleep": (35, "(long[]){1000, 0}, 0"), "pause": (34, "0"), "poll": (7, "0, 0, -1"), "futex that waits": (202, "(int[]){0}, 0, 0, 0"),
    "prlimit": (302, "0, 0, 0, 0"), "process_vm_writev": (311, "PARENT, 0, 0, 0, 0, 0"), "io_uring_setup": (425, "1, 0"),
    "unlink": (87, '"/tmp/x"'), "mprotect to run": (10, "0, 4096, 7"), "mmap to run": (9, "0, 4096, 7, 34, -1, 0"),
    "signal to itself": (234, "SELF, SELF, 9"), "pidfd_open": (434, "PARENT, 0"), "bpf": (321, "0, 0, 0"), "unshare": (272, "0"),
    "personality": (135, "0"), "seccomp": (317, "0, 0, 0"), "shmget": (29, "0, 4096, 512"), "read": (0, "0, 0, 0"),
}


def by_offset():
    """How far behind a function that may be called syscall() lies in the C library."""
    library = "/lib/x86_64-linux-gnu/libc.so.6"
    lines = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    places = {name.split("@")[0]: int(at, 16) for at, _, name in (line.split() for line in lines.splitlines())}
    return places["syscall"] - places["__assert_fail"]


def submission(before, inside):
    text = SOLUTION.replace("    orr_peer self;\n", "    orr_peer self;\n    const struct orr_env *env;\n")
    text = text.replace("->self = env->self;", "->self = env->self;\n    ((struct event_node *)state)->env = env;")
    text = text.replace("    struct event_node *node = state;\n", f"    struct event_node *node = state;\n    {inside}\n")
    return text.replace("struct event_node {", before + "\nstruct event_node {", 1)


class Escape(unittest.TestCase):
    def grade(self, name, text):
        folder = os.path.join(labs.SCRATCH.name, "of-" + name.replace(" ", "-"))
        os.mkdir(folder)
        with open(os.path.join(folder, "event.c"), "w", encoding="utf-8") as file:
            file.write(text)
        code, report, errors = labs.grade(folder, "--lab", "bootcamp", "--only", "event", "--seeds", "1",
                                          "--salt", SALT)
        self.assertEqual(code, 1, (name, report, errors))
        self.assertEqual((report["earned"], report["passed"]), (0, False), name)
        self.assertFalse(os.path.exists(VICTIM), name)
        self.assertEqual(labs.rest(), [], name)
        return report["exercises"][0]

    def test_the_frame_of_all_submissions_is_a_solution(self):
        folder = os.path.join(labs.SCRATCH.name, "frame")
        os.mkdir(folder)
        with open(os.path.join(folder, "event.c"), "w", encoding="utf-8") as file:
            file.write(submission("", ""))
        code, report, _ = labs.grade(folder, "--lab", "bootcamp", "--only", "event", "--seeds", "1")
        self.assertEqual((code, report["earned"]), (0, 10), report)

    def test_all_that_it_may_not_call_is_named_with_what_to_do_instead(self):
        before = "\n".join(b for b, _, _ in CALLS.values())
        inside = "\n".join(f"if (event->peer == {i}) {{ {c[1]} }}" for i, c in enumerate(CALLS.values()))
        exercise = self.grade("calls", submission(before, inside))
        self.assertFalse(exercise["built"])
        for name, (_, _, told) in CALLS.items():
            self.assertIn(told, exercise["compiler"], name)

    def test_what_it_may_not_keep_or_read_is_named_before_it_runs(self):
        for name, (before, inside, told) in ALONE.items():
            with self.subTest(name):
                exercise = self.grade(name, submission(before, inside))
                said = exercise["compiler"] + "".join(t["text"] for t in exercise["tests"])
                self.assertIn(told, said)
                self.assertNotIn("the_salt_of_this_term", said)

    def test_what_it_does_while_it_runs_is_a_named_mistake(self):
        for name, (before, inside, verdict, told) in RUNS.items():
            with self.subTest(name):
                first = self.grade(name, submission(before, inside))["tests"][0]
                self.assertEqual(first["verdict"], verdict, first["text"])
                self.assertIn(told, first["text"])

    def test_a_call_of_the_system_that_needs_no_name_ends_the_process(self):
        found = f"long (*call)(long, ...) = (long (*)(long, ...))((char *)__assert_fail + ({by_offset()}));"
        calls = list(SYSTEM.items())
        for name, (number, arguments) in calls if labs.EVERY else calls[::4]:
            with self.subTest(name):
                inside = (f"{found} const long SELF = call(39), PARENT = {os.getpid()}; (void)SELF, (void)PARENT; "
                          f"call({number}, {arguments});")
                first = self.grade("system " + name, submission(
                    "void __assert_fail(const char *, const char *, unsigned, const char *);", inside))["tests"][0]
                self.assertEqual((first["verdict"], first["outcome"]), ("system-call", "forbidden"), first["text"])

    def test_an_end_that_it_makes_itself_is_no_end(self):
        found = f"long (*call)(long, ...) = (long (*)(long, ...))((char *)__assert_fail + ({by_offset()}));"
        first = self.grade("exit group", submission(
            "void __assert_fail(const char *, const char *, unsigned, const char *);", f"{found} call(231, 0);"))["tests"][0]
        self.assertEqual((first["verdict"], first["outcome"]), ("ended", "mistake"), first["text"])

    def test_a_link_to_a_file_of_others_is_no_submission(self):
        folder = os.path.join(labs.SCRATCH.name, "link")
        os.mkdir(folder)
        os.symlink(SALT, os.path.join(folder, "event.c"))
        _, report, _ = labs.grade(folder, "--lab", "bootcamp", "--only", "event", "--seeds", "1")
        self.assertIn("there is no regular file event.c", report["exercises"][0]["compiler"])
        os.remove(os.path.join(folder, "event.c"))
        os.mkfifo(os.path.join(folder, "event.c"))
        _, report, _ = labs.grade(folder, "--lab", "bootcamp", "--only", "event", "--seeds", "1")
        self.assertIn("there is no regular file event.c", report["exercises"][0]["compiler"])


if __name__ == "__main__":
    unittest.main()
