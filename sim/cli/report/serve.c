/* serve.c - the page of a run that goes on, on loopback: its trace can be read while it is written.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/text.h"
#include "sim/cli/report/serve.h"
#include "sim/cli/rpc/http.h"

/* What the server's thread hands out: the newest, which the main thread makes. */
struct serving {
    pthread_mutex_t lock;
    char *page, *json; /* owned */
};

static char *get(void *ctx, const char *path, const char **type) {
    struct serving *s = ctx;
    bool is_page = !strcmp(path, "/"), is_json = !strcmp(path, "/data.json");
    if (!is_page && !is_json) return NULL;
    *type = is_page ? "text/html; charset=utf-8" : "application/json";
    pthread_mutex_lock(&s->lock);
    char *copy = strdup(is_page ? s->page : s->json);
    pthread_mutex_unlock(&s->lock);
    return copy;
}

static int look(struct serving *s, const char *trace, bool *has_ended, char *error) {
    struct orr_trace_reader *reader = NULL;
    json_t *data = NULL;
    char *page = NULL;
    size_t len = 0;
    int status = orr_trace_reader_open(&reader, trace, error);
    if (!status) status = orr_report_of_run(reader, trace, &data, error);
    orr_trace_reader_close(reader);
    if (status) return status;
    *has_ended = json_is_true(json_object_get(data, "finished"));
    json_object_set_new(data, "live", json_true());
    FILE *to = open_memstream(&page, &len);
    orr_report_page_write(data, true, to);
    fclose(to);
    pthread_mutex_lock(&s->lock);
    free(s->page), free(s->json);
    s->page = page, s->json = orr_report_dump(data);
    pthread_mutex_unlock(&s->lock);
    json_decref(data);
    return 0;
}

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { interrupted = number; }

static void sleep_s(double seconds) {
    const struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL); /* a signal ends it */
}

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Looks again while the run goes on, a fifth of the time at most.  A look that fails is no end: the
 * writer may be in between, and the last good page stays. */
static void follow(struct serving *s, const char *trace, bool has_ended) {
    char error[ORR_READER_ERROR_LEN];
    struct stat before = {.st_size = -1}, now;
    while (!interrupted) {
        double began = wall_s();
        bool changed = !stat(trace, &now) && (now.st_size != before.st_size ||
                                              now.st_mtim.tv_nsec != before.st_mtim.tv_nsec ||
                                              now.st_mtim.tv_sec != before.st_mtim.tv_sec);
        if (!has_ended && changed && !look(s, trace, &has_ended, error)) before = now;
        double pause = 4 * (wall_s() - began);
        sleep_s(pause < 1 ? 1 : pause);
    }
}

int orr_report_serve(const char *trace, uint16_t port, char error[ORR_READER_ERROR_LEN]) {
    struct serving s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    char why[ORR_HTTP_WHY_BYTES], listen[32];
    bool has_ended = false;
    int status = look(&s, trace, &has_ended, error);
    if (status) return status;
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    const struct orr_http_options options = {.listen = listen, .get = get, .ctx = &s};
    struct orr_http *http = orr_http_start(&options, NULL, why);
    if (http) {
        printf("http://127.0.0.1:%u/  (Ctrl-C ends it)\n", orr_http_port(http));
        fflush(stdout);
        follow(&s, trace, has_ended);
        orr_http_stop(http);
    } else {
        snprintf(error, ORR_READER_ERROR_LEN, "%s: %.200s", listen, why);
        status = ORR_EIO;
    }
    free(s.page), free(s.json);
    return status;
}
