/* write.c - the page around the data. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/report/page.h"
#include "sim/cli/report/report.h"

char *orr_report_dump(const json_t *data) {
    return json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9));
}

/* JSON within HTML: no `<` may end the element that it stands in. */
static void write_json(const json_t *data, FILE *to) {
    char *text = orr_report_dump(data);
    for (const char *p = text; p && *p; p++)
        if (*p == '<') fputs("\\u003c", to);
        else fputc(*p, to);
    free(text);
}

/* The part of the page up to a mark, and what stands behind the mark. */
static const char *write_until(const char *from, const char *mark, FILE *to) {
    const char *at = strstr(from, mark);
    assert(at);
    fwrite(from, 1, (size_t)(at - from), to);
    return at + strlen(mark);
}

void orr_report_page_write(const json_t *data, bool is_live, FILE *to) {
    static const char nothing[] = "default-src 'none';";
    const char *at = write_until(orr_report_page, nothing, to);
    fputs(nothing, to);
    if (is_live) fputs(" connect-src 'self';", to); /* a file asks nobody for anything */
    at = write_until(at, "<!--DATA-->", to);
    fputs("<script type=\"application/json\" id=\"data\">", to);
    write_json(data, to);
    fputs("</script>", to);
    fputs(at, to);
}
