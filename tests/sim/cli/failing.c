/* failing.c - a library to be preloaded: the n-th call of one kind fails, as a machine's may.
 *
 * FAIL_KIND is alloc, write, open or fork, FAIL_AT the number of the call (from 1; 0: none fails).
 * At the end the number of calls is written to the file that FAIL_COUNT names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long calls, at;
static const char *kind = "";
static const char *program, *program_end; /* where its code is */

static int find_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            program = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            program_end = program + info->dlpi_phdr[i].p_memsz;
        }
    return 1; /* the program is the first of the list */
}

/* Before main, but not before the loader's own calls: those are counted as none. */
__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAIL_AT");
    at = text ? strtoul(text, NULL, 10) : 0;
    dl_iterate_phdr(find_program, NULL);
    kind = getenv("FAIL_KIND") ? getenv("FAIL_KIND") : "";
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAIL_COUNT");
    char digits[24];
    int n = 0;
    for (unsigned long left = calls; left || !n; left /= 10) digits[n++] = (char)('0' + left % 10);
    kind = "";
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    while (n) { /* the last digit comes first */
        if (write(fd, &digits[--n], 1) != 1) break;
    }
    if (fd >= 0) close(fd);
}

static int fails(const char *of, int error) {
    if (strcmp(kind, of)) return 0;
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != at) return 0;
    errno = error;
    return 1;
}

/* Allocations count that the program itself makes: HDF5 and the loader crash of their own accord
 * when they get no memory. */
static int alloc_fails(const void *caller) {
    return (const char *)caller >= program && (const char *)caller < program_end &&
           fails("alloc", ENOMEM);
}
#define ALLOC_FAILS() alloc_fails(__builtin_return_address(0))

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size) { return ALLOC_FAILS() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) {
    return ALLOC_FAILS() ? NULL : __libc_calloc(n, size);
}
void *realloc(void *p, size_t size) {
    return ALLOC_FAILS() ? NULL : __libc_realloc(p, size);
}
void *mmap(void *p, size_t len, int protection, int flags, int fd, off_t offset) {
    if (ALLOC_FAILS()) return MAP_FAILED;
    return NEXT(mmap)(p, len, protection, flags, fd, offset);
}

ssize_t write(int fd, const void *bytes, size_t len) {
    return fails("write", ENOSPC) ? -1 : NEXT(write)(fd, bytes, len);
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset) {
    return fails("write", ENOSPC) ? -1 : NEXT(pwrite64)(fd, bytes, len, offset);
}
int fsync(int fd) { return fails("write", EIO) ? -1 : NEXT(fsync)(fd); }
int ftruncate64(int fd, off64_t len) {
    return fails("write", ENOSPC) ? -1 : NEXT(ftruncate64)(fd, len);
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
}
#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...) {                                    \
        va_list arguments;                                                          \
        va_start(arguments, flags);                                                 \
        mode_t mode = mode_of(flags, arguments);                                    \
        va_end(arguments);                                                          \
        return fails("open", EMFILE) ? -1 : NEXT(name)(path, flags, mode);          \
    }
OPEN(open)
OPEN(open64)
int openat(int folder, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails("open", EMFILE) ? -1 : NEXT(openat)(folder, path, flags, mode);
}

pid_t fork(void) { return fails("fork", EAGAIN) ? -1 : NEXT(fork)(); }
