#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include "analysis/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/base/error.h"

#define PATH_LEN  4096
#define DATA_MARK "# Data of a picture that orrery plot drew.\n"

void orr_picture_quote(FILE *to, const char *text) {
    fputc('\'', to);
    for (const char *p = text; *p; p++) {
        if (*p == '\'') fputc('\'', to);
        fputc((unsigned char)*p < ' ' ? ' ' : *p, to);
    }
    fputc('\'', to);
}

const char *orr_picture_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int complain(char *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int complain(char *error, int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error, ORR_PICTURE_ERROR, format, args);
    va_end(args);
    return status;
}

/* PATH.png becomes PATH and another ending. */
static bool beside(char *to, const char *picture, const char *ending) {
    const char *name = orr_picture_base_name(picture), *dot = strrchr(name, '.');
    int stem = (int)(dot && dot != name ? dot - picture : (long)strlen(picture));
    return snprintf(to, PATH_LEN, "%.*s%s", stem, picture, ending) < PATH_LEN;
}

/* The environment, but with a UTF-8 locale whatever the user's is: under another one gnuplot warns
 * that it cannot write its degree sign.  The array is the caller's to free; NULL without memory. */
static char **utf8_environment(void) {
    extern char **environ;
    size_t n = 0, n_kept = 0;
    while (environ[n]) n++;
    char **kept = malloc((n + 2) * sizeof kept[0]);
    if (!kept) return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7)) kept[n_kept++] = environ[i];
    kept[n_kept++] = "LC_ALL=C.UTF-8";
    kept[n_kept] = NULL;
    return kept;
}

/* Runs gnuplot on the script in its folder, because its paths are relative; no shell is involved.
 * `shown`: where the script will be found. */
static int run_gnuplot(const char *script, const char *shown, char *error) {
    char **environment = utf8_environment();
    if (!environment) return complain(error, ORR_ENOMEM, "out of memory");
    char folder[PATH_LEN];
    int len = (int)(orr_picture_base_name(script) - script), how = 0;
    snprintf(folder, sizeof folder, "%.*s", len, script);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (len) posix_spawn_file_actions_addchdir_np(&actions, folder);
    char *argv[] = {"gnuplot", (char *)orr_picture_base_name(script), NULL};
    pid_t pid;
    int failed = posix_spawnp(&pid, "gnuplot", &actions, NULL, argv, environment);
    free(environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT)
        return complain(error, ORR_EUNSUPPORTED,
                        "gnuplot is not installed (Debian: apt-get install gnuplot-nox); "
                        "the script is ready: %s",
                        shown);
    if (failed)
        return complain(error, ORR_EUNSUPPORTED, "cannot run gnuplot: %s", strerror(failed));
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) continue;
    if (how) return complain(error, ORR_EUNSUPPORTED, "gnuplot failed on %s", shown);
    return 0;
}

static int write_file(const char *path, const struct orr_picture *picture, const char *data,
                      char *error) {
    FILE *to = fopen(path, "wx");
    if (!to) return complain(error, ORR_EIO, "%s: cannot be written: %s", path, strerror(errno));
    fputs(data ? picture->mark : DATA_MARK, to);
    if (data) picture->write_script(picture->ctx, orr_picture_base_name(data), to);
    else picture->write_data(picture->ctx, to);
    bool bad = ferror(to) != 0;
    if (fclose(to) || bad)
        return complain(error, ORR_EIO, "%s: cannot be written: %s", path, strerror(errno));
    return 0;
}

/* ---- putting files in their places ---- */

/* Is it the ending of a picture that a terminal of gnuplot writes? */
static bool is_picture(const char *ending) {
    return !strcmp(ending, "png") || !strcmp(ending, "svg") || !strcmp(ending, "pdf");
}

/* Nothing is there, or a file that begins so. */
static bool begins_so(const char *path, const char *mark, bool *is_there) {
    char head[128] = "";
    struct stat st;
    *is_there = !lstat(path, &st);
    if (!*is_there) return true;
    int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) : -1;
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof head);
    if (fd >= 0) close(fd);
    return n >= (ssize_t)strlen(mark) && !memcmp(head, mark, strlen(mark));
}

/* Only what this wrote itself is overwritten: data and script begin with a mark, and a picture is
 * ours if such a script is beside it. */
static int may_replace(const struct orr_picture *picture, const char *data,
                       const char *script, char *error) {
    bool has_data, has_script;
    struct stat st;
    const char *foreign = NULL;
    if (!begins_so(data, DATA_MARK, &has_data)) foreign = data;
    if (!begins_so(script, picture->mark, &has_script)) foreign = script;
    const char *dot = strrchr(orr_picture_base_name(picture->path), '.');
    if (!foreign && !lstat(picture->path, &st) &&
        (!S_ISREG(st.st_mode) || !has_script || !dot || !is_picture(dot + 1)))
        foreign = picture->path;
    if (!foreign) return 0;
    return complain(error, ORR_EIO,
                    "%s: is there already and was not drawn by orrery, so it is not overwritten",
                    foreign);
}

static void move(const char *folder, const char *to) {
    char from[PATH_LEN];
    int n = snprintf(from, sizeof from, "%s/%s", folder, orr_picture_base_name(to));
    if (n < 0 || n >= (int)sizeof from) return;
    if (rename(from, to)) unlink(from);
}

/* All is made in a folder of its own beside the picture and moved from there, so no link is
 * followed, and two at once leave the whole work of one of them. */
static int draw_in(char *folder, const struct orr_picture *picture, const char *data,
                   const char *script, char *error) {
    char path[PATH_LEN];
    if (!mkdtemp(folder))
        return complain(error, ORR_EIO, "%s: cannot be written: %s", picture->path,
                        strerror(errno));
    int status = ORR_EIO;
    if (snprintf(path, PATH_LEN, "%s/%s", folder, orr_picture_base_name(data)) < PATH_LEN)
        status = write_file(path, picture, NULL, error);
    if (!status &&
        snprintf(path, PATH_LEN, "%s/%s", folder, orr_picture_base_name(script)) < PATH_LEN)
        status = write_file(path, picture, data, error);
    if (!status) status = run_gnuplot(path, script, error);
    move(folder, data), move(folder, script);
    if (!status) move(folder, picture->path);
    rmdir(folder);
    return status;
}

int orr_picture_draw(const struct orr_picture *picture, char error[ORR_PICTURE_ERROR]) {
    char data[PATH_LEN], script[PATH_LEN], folder[PATH_LEN];
    int len = (int)(orr_picture_base_name(picture->path) - picture->path);
    if (!beside(data, picture->path, ".dat") || !beside(script, picture->path, ".gp") ||
        snprintf(folder, sizeof folder, "%.*s.orrery-plot-XXXXXX", len, picture->path) >= PATH_LEN)
        return complain(error, ORR_EIO, "%s: the path is too long", picture->path);
    if (!strcmp(picture->path, data) || !strcmp(picture->path, script))
        return complain(error, ORR_EIO, "%s: is the name of its data or script", picture->path);
    int status = may_replace(picture, data, script, error);
    return status ? status : draw_in(folder, picture, data, script, error);
}
