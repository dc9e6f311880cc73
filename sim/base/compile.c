#include "sim/base/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"

extern char **environ;

enum { PATH_BYTES = 4096, MAX_FILES = 1000 };

/* What the build of the program itself sets, so that results are the same to the bit. */
static const char *const flags[] = {"-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-fPIC",
                                    "-shared", "-fno-strict-aliasing", "-ffp-contract=off",
#ifdef ORRERY_SANITIZE
                                    /* UBSan tells and goes on: a fault is then told by the guard */
                                    "-fsanitize=" ORRERY_SANITIZE, "-fno-omit-frame-pointer", "-O1",
#endif
};
enum { N_FLAGS = sizeof flags / sizeof flags[0] };

/* ---- what goes into it ---- */

bool orr_compile_headers(char *folder, size_t size) {
    char program[PATH_BYTES], probe[PATH_BYTES + 64];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len > 0) {
        program[len] = 0;
        char *slash = strrchr(program, '/');
        if (slash) *slash = 0;
        snprintf(probe, sizeof probe, "%s/../include/orrery/models/protocol.h", program);
        snprintf(folder, size, "%s/../include/orrery", program);
        if (!access(probe, R_OK)) return true;
    }
    snprintf(folder, size, "%s", ORRERY_SOURCE_DIR);
    return !access(ORRERY_SOURCE_DIR "/models/protocol.h", R_OK);
}

/* The files that were read, each once, and the digest of their contents in the order of reading. */
struct inputs {
    const char *headers;
    char *paths[MAX_FILES];
    uint32_t n;
    uint8_t digest[ORR_SHA256_BYTES];
    char *own; /* what is not the program's, joined */
    size_t own_len;
    char refused[PATH_BYTES]; /* an included file that is no regular one; "": none */
};

static void digest_more(struct inputs *in, const void *bytes, size_t len) {
    orr_sha256_tagged(1, in->digest, sizeof in->digest, bytes, len, in->digest);
}

/* Takes a file in, and what it includes by "...": from its own folder, else from the headers. */
static bool take(struct inputs *in, const char *path) {
    for (uint32_t i = 0; i < in->n; i++)
        if (!strcmp(in->paths[i], path)) return true;
    size_t size;
    char *text;
    const char *why;
    if (in->n == MAX_FILES) return false;
    if (orr_file_read(path, ORR_CODE_MAX_BYTES, &text, &size, &why)) {
        if (!access(path, R_OK)) snprintf(in->refused, sizeof in->refused, "%s", path);
        return false;
    }
    in->paths[in->n++] = strdup(path);
    digest_more(in, text, size);
    if (strncmp(path, in->headers, strlen(in->headers))) {
        in->own = orr_xrealloc(in->own, in->own_len + size + 1);
        memcpy(in->own + in->own_len, text, size);
        in->own_len += size;
    }
    size_t folder = (size_t)(strrchr(path, '/') - path) + 1;
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end) *end++ = 0;
        line += strspn(line, " \t");
        if (*line != '#') continue;
        line += 1 + strspn(line + 1, " \t");
        if (strncmp(line, "include", 7)) continue;
        line += 7 + strspn(line + 7, " \t");
        char *close = *line == '"' ? strchr(line + 1, '"') : NULL;
        if (!close) continue;
        *close = 0;
        char target[2 * PATH_BYTES];
        snprintf(target, sizeof target, "%.*s%s", (int)folder, path, line + 1);
        if (access(target, R_OK)) snprintf(target, sizeof target, "%s/%s", in->headers, line + 1);
        take(in, target); /* what is not there, the compiler complains of */
    }
    free(text);
    return true;
}

/* ---- where it is kept ---- */

static bool make_folder(const char *path) {
    struct stat s;
    return (!mkdir(path, 0700) || errno == EEXIST) && !stat(path, &s) && S_ISDIR(s.st_mode) &&
           s.st_uid == geteuid() && !(s.st_mode & 022); /* code is loaded from it */
}

static bool cache_folder(char *path, size_t size) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/') {
        snprintf(path, size, "%s/orrery", cache);
        if (make_folder(path)) return true;
    } else if (home && *home == '/') {
        snprintf(path, size, "%s/.cache", home);
        mkdir(path, 0700);
        snprintf(path, size, "%s/.cache/orrery", home);
        if (make_folder(path)) return true;
    }
    snprintf(path, size, "/tmp/orrery-%u", (unsigned)geteuid());
    return make_folder(path);
}

/* ---- the compiler ---- */

/* Runs cc with its messages into a file.  Its exit status, or -1: it cannot be run. */
static int run_compiler(const char *source, const char *headers, const char *object,
                        const char *messages) {
    char include[PATH_BYTES + 64];
    snprintf(include, sizeof include, "-I%s", headers);
    char *argv[N_FLAGS + 6] = {"cc"};
    int n = 1;
    for (int i = 0; i < N_FLAGS; i++) argv[n++] = (char *)flags[i];
    argv[n++] = include;
    argv[n++] = "-o";
    argv[n++] = (char *)object;
    argv[n++] = (char *)source;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child;
    int status = -1, error = posix_spawnp(&child, "cc", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error || waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void tell(struct orr_diags *diags, enum orr_severity severity, struct orr_span where,
                 const char *messages, const char *what, const char *path) {
    size_t size = 0;
    char *text = NULL;
    const char *why;
    orr_file_read(messages, ORR_CODE_MAX_BYTES, &text, &size, &why);
    while (text && size && text[size - 1] == '\n') text[--size] = 0;
    if (severity == ORR_DIAG_ERROR || (text && size))
        orr_diag_add(diags, severity, where, text, "%s '%.200s'", what, path);
    free(text);
}

int orr_compile(const char *path, struct orr_span where, struct orr_diags *diags,
                struct orr_compiled *made) {
    char headers[PATH_BYTES + 32], folder[PATH_BYTES];
    bool have_headers = orr_compile_headers(headers, sizeof headers);
    if (!have_headers || !cache_folder(folder, sizeof folder)) {
        orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL,
                     have_headers ? "there is no folder of your own to keep what is compiled in"
                                  : "models/protocol.h is neither installed nor in the sources");
        return ORR_EFORMAT;
    }
    struct inputs *in = orr_xrealloc(NULL, sizeof *in);
    *in = (struct inputs){.headers = headers};
    for (int i = 0; i < N_FLAGS; i++) digest_more(in, flags[i], strlen(flags[i]));
    digest_more(in, path, strlen(path)); /* which debugging information names */
    bool readable = take(in, path), refused = *in->refused;
    char key[65];
    uint8_t own[ORR_SHA256_BYTES];
    orr_sha256(in->own, in->own_len, own);
    for (int i = 0; i < ORR_SHA256_BYTES; i++) {
        sprintf(key + 2 * i, "%02x", in->digest[i]);
        sprintf(made->digest + 2 * i, "%02x", own[i]);
    }
    if (readable && refused)
        orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL, "'%.200s' includes '%.200s', which is no "
                     "regular file", path, in->refused);
    for (uint32_t i = 0; i < in->n; i++) free(in->paths[i]);
    free(in->own);
    free(in);
    if (!readable) return ORR_EIO;
    if (refused) return ORR_EFORMAT;

    char object[PATH_BYTES + 80], messages[PATH_BYTES + 80], draft[PATH_BYTES + 100];
    snprintf(object, sizeof object, "%s/%s.so", folder, key);
    snprintf(messages, sizeof messages, "%s/%s.txt", folder, key);
    if (access(object, R_OK)) {
        snprintf(draft, sizeof draft, "%s.%d", object, (int)getpid());
        int status = run_compiler(path, headers, draft, messages);
        if (status || rename(draft, object)) {
            unlink(draft);
            if (status < 0)
                orr_diag_add(diags, ORR_DIAG_ERROR, where, "or give a shared object: ./mine.so",
                             "there is no compiler `cc` on this machine");
            else tell(diags, ORR_DIAG_ERROR, where, messages, "cc cannot compile", path);
            return ORR_EFORMAT;
        }
    }
    tell(diags, ORR_DIAG_WARNING, where, messages, "cc has warnings about", path);
    made->object = strdup(object);
    return 0;
}
