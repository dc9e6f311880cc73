/* story_picture.h - a story (sim/search/story.h) as a diagram in space and time: the same things
 * that its lines tell, and no others.
 *
 *     struct orr_story_picture picture;
 *     orr_story_picture_init(&picture, scenario);
 *     struct orr_story_wish wish = {..., .told = orr_story_picture_add, .ctx = &picture};
 *     (orr_story_tell_as)
 *     orr_story_picture_draw(&picture, "What made either decide", is_marked, ctx, file);
 *     orr_story_picture_fini(&picture); */
#ifndef ORR_SIM_CLI_STORY_PICTURE_H
#define ORR_SIM_CLI_STORY_PICTURE_H

#include <stdio.h>

#include "sim/scenario/scenario.h"
#include "sim/search/story.h"

struct orr_story_picture {
    const struct orr_scenario *scenario;
    struct orr_story_event *events; /* [n] in the order of time, their texts owned */
    uint32_t n, cap;
};

void orr_story_picture_init(struct orr_story_picture *p, const struct orr_scenario *scenario);
void orr_story_picture_fini(struct orr_story_picture *p);

/* struct orr_story_wish.told; ctx: the picture. */
void orr_story_picture_add(void *ctx, const struct orr_story_event *event);

/* As SVG.  A row for each node that something is told of, with its name and, where note() returns
 * a text, that behind it in the colour of what is wrong; note may be NULL.  0 or ORR_EIO. */
int orr_story_picture_draw(const struct orr_story_picture *p, const char *title,
                           const char *(*note)(const void *ctx, orr_peer node), const void *ctx,
                           FILE *to);
#endif
