#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include "analysis/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
#define SEAL      "# Unchanged since orrery plot wrote it: %016" PRIx64 "\n"
enum { SEAL_LEN = 40 + 16 + 1 }; /* of its text, number, and newline */

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

/* FNV-1a: tells a file that somebody has edited from one that is as it was written. */
static uint64_t sum_of(const char *bytes, size_t len) {
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++) sum = (sum ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* The script, or with data == NULL the data; its last line seals it. */
static int write_file(const char *path, const struct orr_picture *picture, const char *data,
                      char *error) {
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (!memory) return complain(error, ORR_ENOMEM, "out of memory");
    fputs(data ? picture->mark : DATA_MARK, memory);
    if (data)
        picture->write_script(picture->ctx, orr_picture_base_name(data), memory);
    else
        picture->write_data(picture->ctx, memory);
    bool bad = ferror(memory) != 0;
    if (fclose(memory) || bad) {
        free(text);
        return complain(error, ORR_ENOMEM, "out of memory");
    }
    FILE *to = fopen(path, "wx");
    bad = !to || fwrite(text, 1, len, to) < len || fprintf(to, SEAL, sum_of(text, len)) < 0;
    if (to && fclose(to)) bad = true;
    free(text);
    if (!bad) return 0;
    return complain(error, ORR_EIO, "%s: cannot be written: %s", path, strerror(errno));
}

/* ---- putting files in their places ---- */

/* Is it the ending of a picture that a terminal of gnuplot writes? */
static bool is_picture(const char *ending) {
    return !strcmp(ending, "png") || !strcmp(ending, "svg") || !strcmp(ending, "pdf") ||
           !strcmp(ending, "tex");
}

enum found { NOTHING, OURS, EDITED, FOREIGN };

/* Is a file that begins so as this wrote it? */
static enum found look_at(const char *path, const char *mark) {
    char head[128] = "", seal[SEAL_LEN + 1];
    struct stat st;
    if (lstat(path, &st)) return NOTHING;
    int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) : -1;
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file) return FOREIGN;
    size_t len = (size_t)st.st_size, n = fread(head, 1, sizeof head - 1, file);
    enum found found = FOREIGN;
    if (n >= strlen(mark) && !memcmp(head, mark, strlen(mark))) {
        char *text = malloc(len + 1);
        rewind(file);
        n = text ? fread(text, 1, len, file) : 0;
        found = EDITED;
        if (n == len && len > SEAL_LEN) {
            snprintf(seal, sizeof seal, SEAL, sum_of(text, len - SEAL_LEN));
            if (!memcmp(text + len - SEAL_LEN, seal, SEAL_LEN)) found = OURS;
        }
        free(text);
    }
    fclose(file);
    return found;
}

/* Only what this wrote itself, and nobody has edited since, is overwritten: data and script begin
 * with a mark and end with a seal, and a picture is ours if such a script is beside it. */
static int may_replace(const struct orr_picture *picture, const char *data, const char *script,
                       char *error) {
    struct stat st;
    enum found of_data = look_at(data, DATA_MARK), of_script = look_at(script, picture->mark);
    const char *foreign = NULL, *dot = strrchr(orr_picture_base_name(picture->path), '.');
    if (of_data == FOREIGN) foreign = data;
    if (of_script == FOREIGN) foreign = script;
    if (!foreign && !lstat(picture->path, &st) &&
        (!S_ISREG(st.st_mode) || of_script == NOTHING || !dot || !is_picture(dot + 1)))
        foreign = picture->path;
    if (foreign)
        return complain(error, ORR_EIO,
                        "%s: is there already and was not drawn by orrery, so it "
                        "is not overwritten",
                        foreign);
    if (of_data != EDITED && of_script != EDITED) return 0;
    return complain(error, ORR_EIO,
                    "%s: has been edited since it was drawn, so it is not "
                    "overwritten (name another picture, or move it away)",
                    of_script == EDITED ? script : data);
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
