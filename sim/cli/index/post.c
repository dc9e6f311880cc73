#include "sim/cli/index/post.h"

#define CURL_DISABLE_TYPECHECK /* its macros stand for functions that are not linked */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

/* The library brings Kerberos, LDAP and TLS, which take longer to load than a small run takes: it
 * is opened when somebody asks a node. */
#define CURL_NAMES(X)                                                                    \
    X(curl_global_init)                                                                  \
    X(curl_easy_init)                                                                    \
    X(curl_easy_setopt)                                                                  \
    X(curl_easy_perform) X(curl_easy_getinfo) X(curl_easy_cleanup) X(curl_easy_strerror) \
        X(curl_slist_append) X(curl_slist_free_all)
static struct {
#define NAME(name) __typeof__(&name) name;
    CURL_NAMES(NAME)
#undef NAME
} curl;
static const char *const curl_names[] = {
#define TEXT(name) #name,
    CURL_NAMES(TEXT)
#undef TEXT
};
enum { N_CURL_NAMES = sizeof curl_names / sizeof curl_names[0] };
_Static_assert(sizeof curl == N_CURL_NAMES * sizeof(void *), "one pointer a name");

struct orr_post {
    CURL *handle;
    struct curl_slist *headers;
    char *text; /* of the last answer */
    size_t len, cap;
    bool is_too_large;
    char why[CURL_ERROR_SIZE];
};

static bool load_curl(void) {
    static bool is_loaded;
    void *library = is_loaded ? NULL : dlopen(ORRERY_CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void **found = (void **)&curl;
    for (int i = 0; library && i < N_CURL_NAMES; i++) {
        found[i] = dlsym(library, curl_names[i]);
        if (!found[i]) return false;
    }
    if (library) is_loaded = !curl.curl_global_init(CURL_GLOBAL_DEFAULT);
    return is_loaded;
}

static size_t take(char *bytes, size_t size, size_t n, void *ctx) {
    struct orr_post *post = ctx;
    size_t len = size * n;
    if (len > ORR_POST_MAX_BYTES - post->len) {
        post->is_too_large = true;
        return 0;
    }
    if (post->len + len + 1 > post->cap) {
        post->cap = 2 * (post->len + len) + 1;
        post->text = orr_xrealloc(post->text, post->cap);
    }
    memcpy(post->text + post->len, bytes, len);
    post->len += len;
    post->text[post->len] = 0;
    return len;
}

static bool set_up(struct orr_post *post, const char *url, long seconds) {
    CURL *h = post->handle;
    bool is_good =
        !curl.curl_easy_setopt(h, CURLOPT_URL, url) &&
        !curl.curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") &&
        !curl.curl_easy_setopt(h, CURLOPT_PROXY, "") &&
        !curl.curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) &&
        !curl.curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)ORR_POST_CONNECT_SECONDS) &&
        !curl.curl_easy_setopt(h, CURLOPT_TIMEOUT, seconds) &&
        !curl.curl_easy_setopt(h, CURLOPT_ERRORBUFFER, post->why) &&
        !curl.curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take) &&
        !curl.curl_easy_setopt(h, CURLOPT_WRITEDATA, post);
    static const char *const lines[] = {"Content-Type: application/json", "Expect:"};
    for (int i = 0; i < 2 && is_good; i++) {
        struct curl_slist *more = curl.curl_slist_append(post->headers, lines[i]);
        if (more) post->headers = more;
        is_good = more != NULL;
    }
    return is_good && !curl.curl_easy_setopt(h, CURLOPT_HTTPHEADER, post->headers);
}

struct orr_post *orr_post_new(const char *url, long seconds, char why[ORR_POST_WHY_BYTES]) {
    if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8)) {
        snprintf(why, ORR_POST_WHY_BYTES, "a URL begins with http:// or https://");
        return NULL;
    }
    if (!load_curl()) {
        snprintf(why, ORR_POST_WHY_BYTES, "this needs libcurl, which cannot be loaded");
        return NULL;
    }
    struct orr_post *post = orr_xrealloc(NULL, sizeof *post);
    *post = (struct orr_post){.handle = curl.curl_easy_init()};
    if (post->handle && set_up(post, url, seconds)) return post;
    snprintf(why, ORR_POST_WHY_BYTES, "libcurl cannot be set up");
    orr_post_free(post);
    return NULL;
}

void orr_post_free(struct orr_post *post) {
    if (!post) return;
    if (post->handle) curl.curl_easy_cleanup(post->handle);
    if (post->headers) curl.curl_slist_free_all(post->headers);
    free(post->text);
    free(post);
}

int orr_post_send(struct orr_post *post, const char *body, size_t len, struct orr_post_reply *reply,
                  char why[ORR_POST_WHY_BYTES]) {
    CURL *h = post->handle;
    post->len = 0;
    post->is_too_large = false;
    post->why[0] = 0;
    if (!post->text) post->text = orr_xrealloc(NULL, post->cap = 1);
    post->text[0] = 0;
    *reply = (struct orr_post_reply){.status = 0};
    CURLcode code = curl.curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    if (!code) code = curl.curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    if (!code) code = curl.curl_easy_perform(h);
    if (!code) code = curl.curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &reply->status);
    reply->text = post->text;
    reply->len = post->len;
    if (!code) return 0;
    reply->is_late = code == CURLE_OPERATION_TIMEDOUT || post->is_too_large;
    if (post->is_too_large)
        snprintf(why, ORR_POST_WHY_BYTES, "an answer of more than %d MiB",
                 ORR_POST_MAX_BYTES >> 20);
    else
        snprintf(why, ORR_POST_WHY_BYTES, "%s",
                 post->why[0] ? post->why : curl.curl_easy_strerror(code));
    return ORR_EIO;
}
