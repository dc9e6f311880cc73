#define _GNU_SOURCE /* close_range */
#include "sim/cli/lab/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/compile.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/lab/assembly.h"
#include "sim/cli/lab/object.h"
#include "sim/cli/scratch.h"

enum {
    PATH_BYTES = 4096,
    MAX_FILES = 64,
    MAX_FILE_BYTES = 1 << 20,
    MAX_ARGS = 64,
    MAX_OUTPUT = 64 << 20,
    CPU_S = 30
};

/* What is wrong, or what the compiler said. */
static int tell(struct orr_lab_build *b, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int tell(struct orr_lab_build *b, int error, const char *format, ...) {
    char line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t had = b->text ? strlen(b->text) : 0, n = strlen(line);
    b->text = orr_xrealloc(b->text, had + n + 1);
    memcpy(b->text + had, line, n + 1);
    return error;
}

/* ---- its files, and no others ---- */

static bool is_source(const char *name) {
    size_t n = strlen(name);
    return n > 2 && n < 100 && name[0] != '.' && name[n - 2] == '.' &&
           (name[n - 1] == 'c' || name[n - 1] == 'h');
}

/* A regular file, not a link to one.  false: it is left out. */
static bool copy_file(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat s;
    if (in < 0) return false;
    bool good = !fstat(in, &s) && S_ISREG(s.st_mode) && s.st_size <= MAX_FILE_BYTES;
    int out = good ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    char bytes[1 << 14];
    ssize_t n = 0;
    while (out >= 0 && (n = read(in, bytes, sizeof bytes)) > 0 &&
           write(out, bytes, (size_t)n) == n) {
    }
    close(in);
    if (out < 0) return false;
    return !close(out) && !n;
}

/* The lab's own headers first: a student's file of that name is left out. */
static int copy_sources(const struct orr_lab_parts *parts, const char *folder,
                        struct orr_lab_build *b) {
    for (uint32_t i = 0; i < parts->n_headers; i++) {
        char from[PATH_BYTES], to[PATH_BYTES];
        snprintf(from, sizeof from, "%s/%s", parts->own, parts->headers[i]);
        snprintf(to, sizeof to, "%s/%s", b->folder, parts->headers[i]);
        if (!copy_file(from, to)) return tell(b, ORR_EIO, "%s cannot be read\n", from);
    }
    DIR *dir = opendir(folder);
    if (!dir) return tell(b, ORR_EFORMAT, "%s: %s\n", folder, strerror(errno));
    uint32_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir)) && n < MAX_FILES;) {
        char from[PATH_BYTES], to[PATH_BYTES];
        if (!is_source(entry->d_name)) continue;
        snprintf(from, sizeof from, "%s/%s", folder, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", b->folder, entry->d_name);
        n += copy_file(from, to);
    }
    closedir(dir);
    return 0;
}

/* ---- the compiler ---- */

static void limit_itself(void) {
    struct rlimit cpu = {CPU_S, CPU_S}, memory = {(rlim_t)3 << 30, (rlim_t)3 << 30},
                  file = {MAX_OUTPUT, MAX_OUTPUT}, core = {0, 0};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_FSIZE, &file);
    setrlimit(RLIMIT_CORE, &core);
}

/* Runs it in the build's folder, its output in files there.  Its exit status, or -1. */
static int run(const struct orr_lab_build *b, char *const *argv, const char *output,
               const char *messages) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) return -1;
    if (!child) {
        setsid(); /* without a terminal to wait for */
        close_range(3, ~0u, 0);
        limit_itself();
        if (chdir(b->folder)) _exit(127);
        enum { NEW = O_WRONLY | O_CREAT | O_TRUNC };
        int in = open("/dev/null", O_RDONLY), out = open(output, NEW, 0600);
        int err = open(messages, NEW, 0600);
        if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
            _exit(127);
        close_range(3, ~0u, 0);
        setenv("LC_ALL", "C", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status) : 1;
}

static char *read_of(const struct orr_lab_build *b, const char *name, size_t *len) {
    char path[PATH_BYTES], *text = NULL;
    const char *why;
    *len = 0;
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    if (orr_file_read(path, MAX_OUTPUT, &text, len, &why)) return NULL;
    return text;
}

static void tell_messages(struct orr_lab_build *b) {
    size_t len;
    char *text = read_of(b, "messages.txt", &len);
    if (text && len) tell(b, 0, "%.8000s%s", text, text[len - 1] == '\n' ? "" : "\n");
    free(text);
}

static bool is_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && path[n] == '/';
}

/* Is a file that the preprocessor has read, or that a #line names, one that code may include: its
 * own, the system's, or a header of models/ that is no layer's? */
static bool may_include(const char *path, const char *headers) {
    static const char *const system[] = {"/usr/include", "/usr/lib/gcc", "/usr/lib/llvm-14",
                                         "/usr/local/include", "/usr/lib/clang"};
    if (strstr(path, "..")) return false;
    if (path[0] != '/') return true;
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++)
        if (is_below(path, system[i])) return true;
    if (!is_below(path, headers)) return false;
    const char *name = path + strlen(headers) + 1;
    if (strncmp(name, "models/", 7)) return false;
    name += strncmp(name, "models/base/", 12) ? 7 : 12;
    const char *dot = strrchr(name, '.');
    return !strchr(name, '/') && dot && (!strcmp(dot, ".h") || !strcmp(dot, ".def"));
}

/* The first file of a list as `cc -MD` writes it that may not be included. */
static bool find_foreign(char *list, const char *headers, char *found, size_t size) {
    char *p = strchr(list, ':');
    for (char *word = p ? p + 1 : list; *word;) {
        word += strspn(word, " \t\r\n");
        size_t n = strcspn(word, " \t\r\n");
        bool more = word[n];
        word[n] = 0;
        if (n && strcmp(word, "\\") && !may_include(word, headers)) {
            snprintf(found, size, "%s", word);
            return true;
        }
        word += n + more;
    }
    return false;
}

/* The same in the lines `# 1 "file"` of a preprocessed text: a compiler shows lines of the file
 * that a #line names.  "/folder//" is how it writes where it runs. */
static bool find_foreign_line(const char *text, const char *headers, char *found, size_t size) {
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line[0] != '#' || line[1] != ' ' || line[2] < '0' || line[2] > '9') continue;
        const char *name = line + 2 + strspn(line + 2, "0123456789 \"");
        size_t n = strcspn(name, "\"\n");
        if (n >= size) n = size - 1;
        memcpy(found, name, n);
        found[n] = 0;
        bool is_folder = n > 2 && !strcmp(found + n - 2, "//");
        if (!is_folder && (strchr(found, '\\') || !may_include(found, headers))) return true;
    }
    return false;
}

static const char *const flags[] = {"-std=gnu17",
                                    "-O2",
                                    "-g",
                                    "-Wall",
                                    "-Wextra",
                                    "-fPIC",
                                    "-fno-strict-aliasing",
                                    "-ffp-contract=off",
                                    "-fstack-protector-strong",
                                    "-fsanitize=undefined",
                                    "-fsanitize-undefined-trap-on-error",
                                    "-fno-sanitize-recover=all"};
enum { N_FLAGS = sizeof flags / sizeof flags[0] };

/* What the preprocessor makes of a file, in `to`.  It alone is compiled afterwards, so that nothing
 * can be included by then that was not looked at here; what is shown of it holds no line of a file
 * that was included. */
static int preprocess(struct orr_lab_build *b, const char *file, const char *headers,
                      const char *to) {
    char include[PATH_BYTES + 8], found[PATH_BYTES];
    snprintf(include, sizeof include, "-I%s", headers);
    snprintf(found, sizeof found, "%s/list.txt", b->folder);
    remove(found); /* the list of the file before */
    /* gcc's word for it and clang's: neither knows the other's, and then writes no list */
    static const char *const without_lines[] = {"-fno-diagnostics-show-caret",
                                                "-fno-caret-diagnostics"};
    size_t len;
    char *list = NULL, *text = NULL;
    int error = 0;
    for (int k = 0; k < 2 && !list; k++) {
        const char *argv[N_FLAGS + 12] = {"cc"};
        int n = 1;
        for (int i = 0; i < N_FLAGS; i++) argv[n++] = flags[i];
        const char *const more[] = {
            include, "-E", "-MD", "-MF", "list.txt", without_lines[k], "-o", to, file};
        for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) argv[n++] = more[i];
        int status = run(b, (char *const *)argv, "ignored.txt", "messages.txt");
        if (status < 0)
            return tell(b, ORR_EUNSUPPORTED, "there is no compiler `cc` on this machine\n");
        list = read_of(b, "list.txt", &len);
        text = status ? NULL : read_of(b, to, &len);
    }
    if (list && find_foreign(list, headers, found, sizeof found))
        error = tell(b, ORR_EFORMAT,
                     "%s includes %s: a lab's code includes its own headers and "
                     "those of models/ and models/base\n",
                     file, found);
    else if (!list || !text) {
        if (list) tell_messages(b);
        error = tell(b, ORR_EFORMAT,
                     "%s: the preprocessor cannot read it: an #if without its "
                     "#endif, a line with # that is no directive, or a file that "
                     "is not there or includes itself\n",
                     file);
    } else if (find_foreign_line(text, headers, found, sizeof found))
        error =
            tell(b, ORR_EFORMAT, "%s: a #line names %s, which is none of its files\n", file, found);
    else if (strlen(text) != len || strstr(text, "pch_preprocess"))
        error = tell(b, ORR_EFORMAT,
                     "%s: it holds a byte 0, or a pragma that reads a compiler's "
                     "memory\n",
                     file);
    free(list);
    free(text);
    return error;
}

/* One file of C to one of assembly. */
static int compile(struct orr_lab_build *b, const char *file, const char *headers,
                   const char *assembly) {
    static const char whole[] = "whole.i";
    int error = preprocess(b, file, headers, whole);
    if (error) return error;
    char *argv[N_FLAGS + 8] = {"cc"};
    int n = 1;
    for (int i = 0; i < N_FLAGS; i++) argv[n++] = (char *)flags[i];
    argv[n++] = "-S";
    argv[n++] = "-o";
    argv[n++] = (char *)assembly;
    argv[n++] = (char *)whole;
    int status = run(b, argv, "ignored.txt", "messages.txt");
    tell_messages(b);
    if (status < 0) return tell(b, ORR_EUNSUPPORTED, "there is no compiler `cc` on this machine\n");
    if (status)
        return b->text ? ORR_EFORMAT
                       : tell(b, ORR_EFORMAT,
                              "%s: the compiler used up its time or its "
                              "memory\n",
                              file);
    size_t len;
    char *text = read_of(b, assembly, &len);
    const char *flaw = text ? orr_lab_assembly_flaw(text, len) : "the compiler wrote too much";
    free(text);
    return flaw ? tell(b, ORR_EFORMAT, "%s: %s\n", file, flaw) : 0;
}

static int link_all(struct orr_lab_build *b, char names[][24], uint32_t n) {
    char *argv[MAX_ARGS] = {"cc",           "-shared", "-nostartfiles", "-Wl,-z,noexecstack",
                            "-Wl,-z,relro", "-o",      "object.so"};
    int at = 7;
    for (uint32_t i = 0; i < n; i++) argv[at++] = names[i];
    int status = run(b, argv, "ignored.txt", "messages.txt");
    if (status) {
        tell_messages(b);
        return tell(b, ORR_EFORMAT, "the linker failed\n");
    }
    size_t len;
    char *file = read_of(b, "object.so", &len), why[4096] = "it cannot be read\n";
    bool good = file && orr_lab_object_check(file, len, why, sizeof why);
    free(file);
    snprintf(b->object, sizeof b->object, "%s/object.so", b->folder);
    return good ? 0 : tell(b, ORR_EFORMAT, "%s", why);
}

int orr_lab_build(const struct orr_lab_parts *parts, const char *folder, struct orr_lab_build *b) {
    *b = (struct orr_lab_build){0};
    const uint32_t n = parts->n_files;
    const char *const *files = parts->files;
    char headers[PATH_BYTES], *real = NULL, names[16][24];
    if (!orr_compile_headers(headers, sizeof headers) || !(real = realpath(headers, NULL)))
        return tell(b, ORR_EUNSUPPORTED,
                    "models/protocol.h is neither installed nor in the sources\n");
    int error = n && n <= 16 && orr_scratch_folder("lab", b->folder)
                    ? copy_sources(parts, folder, b)
                    : tell(b, ORR_EIO, "there can be no folder to build in\n");
    for (uint32_t i = 0; i < n && !error; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", b->folder, files[i]);
        if (access(path, R_OK))
            error = tell(b, ORR_EFORMAT, "there is no regular file %s in %s\n", files[i], folder);
        snprintf(names[i], sizeof names[i], "part-%u.s", i);
        if (!error) error = compile(b, files[i], real, names[i]);
    }
    if (!error) error = link_all(b, names, n);
    free(real);
    return error;
}

void orr_lab_build_fini(struct orr_lab_build *b) {
    free(b->text);
    DIR *dir = *b->folder ? opendir(b->folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir) closedir(dir), rmdir(b->folder);
    *b = (struct orr_lab_build){0};
}
