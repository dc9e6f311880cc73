#include "sim/cli/index/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

struct orr_post {
    CURL *handle;
    struct curl_slist *headers;
    char *text; /* of the last answer */
    size_t len, cap;
    bool is_too_large;
    char why[CURL_ERROR_SIZE];
};

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
    bool is_good = !curl_easy_setopt(h, CURLOPT_URL, url) &&
                   !curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") &&
                   !curl_easy_setopt(h, CURLOPT_PROXY, "") &&
                   !curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) &&
                   !curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)ORR_POST_CONNECT_SECONDS) &&
                   !curl_easy_setopt(h, CURLOPT_TIMEOUT, seconds) &&
                   !curl_easy_setopt(h, CURLOPT_ERRORBUFFER, post->why) &&
                   !curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take) &&
                   !curl_easy_setopt(h, CURLOPT_WRITEDATA, post);
    static const char *const lines[] = {"Content-Type: application/json", "Expect:"};
    for (int i = 0; i < 2 && is_good; i++) {
        struct curl_slist *more = curl_slist_append(post->headers, lines[i]);
        if (more) post->headers = more;
        is_good = more != NULL;
    }
    return is_good && !curl_easy_setopt(h, CURLOPT_HTTPHEADER, post->headers);
}

struct orr_post *orr_post_new(const char *url, long seconds, char why[ORR_POST_WHY_BYTES]) {
    if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8)) {
        snprintf(why, ORR_POST_WHY_BYTES, "a URL begins with http:// or https://");
        return NULL;
    }
    struct orr_post *post = orr_xrealloc(NULL, sizeof *post);
    *post = (struct orr_post){.handle =
                                  curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_easy_init()};
    if (post->handle && set_up(post, url, seconds)) return post;
    snprintf(why, ORR_POST_WHY_BYTES, "libcurl cannot be set up");
    orr_post_free(post);
    return NULL;
}

void orr_post_free(struct orr_post *post) {
    if (!post) return;
    if (post->handle) curl_easy_cleanup(post->handle);
    if (post->headers) curl_slist_free_all(post->headers);
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
    CURLcode code = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    if (!code) code = curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    if (!code) code = curl_easy_perform(h);
    if (!code) code = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &reply->status);
    reply->text = post->text;
    reply->len = post->len;
    if (!code) return 0;
    reply->is_late = code == CURLE_OPERATION_TIMEDOUT || post->is_too_large;
    if (post->is_too_large)
        snprintf(why, ORR_POST_WHY_BYTES, "an answer of more than %d MiB",
                 ORR_POST_MAX_BYTES >> 20);
    else
        snprintf(why, ORR_POST_WHY_BYTES, "%s",
                 post->why[0] ? post->why : curl_easy_strerror(code));
    return ORR_EIO;
}
