#define _GNU_SOURCE /* dladdr */
#include "sim/run/source_line.h"

#include <dlfcn.h>
#include <elf.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Of the system: nobody's mistake is there. */
static bool is_system(const char *object) {
    static const char *const places[] = {"/lib/", "/lib64/", "/usr/lib", "linux-vdso"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (!strncmp(object, places[i], strlen(places[i]))) return true;
    return false;
}

/* Runs addr2line for one offset of an object; its output in text.  how: -fe, or -fie for those that
 * inlined it, too.  false: it cannot be run. */
static bool ask_addr2line(const char *how, const char *object, const char *offset, char *text,
                          size_t size) {
    int ends[2];
    if (pipe(ends)) return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
    char *argv[] = {"addr2line", (char *)how, (char *)object, (char *)offset, NULL};
    pid_t child;
    bool ran = !posix_spawnp(&child, "addr2line", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (ran && len + 1 < size && (got = read(ends[0], text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = 0;
    close(ends[0]);
    int status = 1;
    if (ran) waitpid(child, &status, 0);
    return ran && !status && len;
}

/* addr2line says a function and, on the next line, file:line. */
static bool read_answer(char *answer, char *text, size_t size) {
    char *line = strchr(answer, '\n');
    if (!line) return false;
    *line++ = 0;
    line[strcspn(line, " \n")] = 0;
    if (line[0] == '?') return false;
    const char *name = strrchr(line, '/');
    for (const char *top = line; (top = strstr(top, "/models/")); top++) name = top;
    snprintf(text, size, "%.150s (%.90s)", name ? name + 1 : line, answer);
    return true;
}

/* The program itself may be known by the word that it was called with. */
static void object_path(const char *name, char *path, size_t size) {
    snprintf(path, size, "%s", name);
    if (strchr(name, '/') && !access(name, R_OK)) return;
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    if (len >= 0) path[len] = 0;
}

/* The line of one frame; returns-to addresses lie behind their call. */
static void say(const Dl_info *info, uintptr_t at, char *text, size_t size) {
    const Elf64_Ehdr *head = info->dli_fbase;
    if (head->e_type == ET_DYN) at -= (uintptr_t)info->dli_fbase;
    char offset[32], answer[1024], object[4096];
    snprintf(offset, sizeof offset, "%#llx", (unsigned long long)at);
    object_path(info->dli_fname, object, sizeof object);
    if (ask_addr2line("-fe", object, offset, answer, sizeof answer) &&
        read_answer(answer, text, size))
        return;
    const char *name = strrchr(info->dli_fname, '/');
    name = name ? name + 1 : info->dli_fname;
    if (info->dli_sname) snprintf(text, size, "%.100s (%.100s)", name, info->dli_sname);
    else snprintf(text, size, "%.100s", name);
}

/* What lies in a header of models/ was inlined into who made the mistake. */
void orr_source_line_in(const char *object, uint64_t at, char *text, size_t size) {
    char offset[32], answer[4096];
    snprintf(offset, sizeof offset, "%#llx", (unsigned long long)at);
    *text = 0;
    if (!ask_addr2line("-fie", object, offset, answer, sizeof answer)) return;
    for (char *pair = answer, *next; *pair; pair = next) {
        next = strchr(pair, '\n');
        next = next ? strchr(next + 1, '\n') : NULL;
        if (!next) return;
        *next++ = 0;
        if (!read_answer(pair, text, size)) *text = 0;
        if (*text && strncmp(text, "models/", 7)) return;
    }
}

/* Not the engine's own, nor what all protocols call. */
static bool is_protocol(const char *line) {
    return !strncmp(line, "models/", 7) && strncmp(line, "models/base/", 12);
}

void orr_source_line(void *const *frames, uint32_t n, char *text, size_t size) {
    Dl_info own, info;
    bool knows_own = dladdr((void *)(uintptr_t)orr_source_line, &own);
    *text = 0;
    for (int of_program = 0; of_program < 2; of_program++)
        for (uint32_t i = 0; i < n; i++) {
            if (!dladdr(frames[i], &info) || !info.dli_fname || is_system(info.dli_fname)) continue;
            bool is_own = knows_own && info.dli_fbase == own.dli_fbase;
            if (is_own != of_program) continue;
            say(&info, (uintptr_t)frames[i] - (i ? 1 : 0), text, size);
            if (!is_own || is_protocol(text)) return;
        }
}
