/* post.h - requests by HTTP's POST to one address, by libcurl.
 *
 *     struct orr_post *post = orr_post_new("http://127.0.0.1:8545", why);
 *     error = orr_post_send(post, body, len, &reply, why);
 *     orr_post_free(post);
 *
 * The connection is kept alive.  Nothing but the address that was named is talked to: redirections
 * are not followed, and the environment's proxies are not asked. */
#ifndef ORR_SIM_CLI_INDEX_POST_H
#define ORR_SIM_CLI_INDEX_POST_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ORR_POST_MAX_BYTES = 64 << 20, /* of an answer: a batch of the largest blocks there are */
    ORR_POST_CONNECT_SECONDS = 10,
    ORR_POST_WHY_BYTES = 300,
};

struct orr_post;

/* An answer: HTTP's status and the body, which ends with a NUL and is lent until the next call. */
struct orr_post_reply {
    long status;
    const char *text;
    size_t len;
    bool is_late; /* ORR_EIO because it took longer than `seconds` */
};

/* url: http:// or https://.  A request may take so many seconds.  NULL with why: no such URL, or no
 * libcurl. */
struct orr_post *orr_post_new(const char *url, long seconds, char why[ORR_POST_WHY_BYTES]);
void orr_post_free(struct orr_post *post);

/* Sends a JSON text.  Returns 0 with *reply, or ORR_EIO with why: nobody listens, the connection
 * broke, it took too long, or the answer is larger than ORR_POST_MAX_BYTES. */
int orr_post_send(struct orr_post *post, const char *body, size_t len, struct orr_post_reply *reply,
                  char why[ORR_POST_WHY_BYTES]);
#endif
