#include <inttypes.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/cli/export/export.h"

void orr_export_json(const char *text, FILE *to) {
    const char *end = text + strlen(text);
    char shown[ORR_TEXT_CHARACTER];
    fputc('"', to);
    for (const char *p = text; p < end;) {
        orr_text_step(&p, end, shown);
        for (const char *c = shown; *c; c++) {
            if (*c == '"' || *c == '\\') fputc('\\', to);
            fputc(*c, to);
        }
    }
    fputc('"', to);
}

/* What every event has; process 0 is the network, node i is process i+1.  Times are microseconds
 * with three digits. */
static void begin(const char *phase, const char *name, const char *about, int64_t at_ns,
                  uint64_t process, FILE *to) {
    uint64_t size = at_ns < 0 ? 0 - (uint64_t)at_ns : (uint64_t)at_ns;
    fprintf(to, ",\n{\"ph\":\"%s\",\"ts\":%s%" PRIu64 ".%03u,\"pid\":%" PRIu64
                ",\"tid\":1,\"cat\":\"%s\",\"name\":",
            phase, at_ns < 0 ? "-" : "", size / 1000, (unsigned)(size % 1000), process, about);
    orr_export_json(name, to);
}

static void put_process(uint64_t process, const char *name, FILE *to) {
    fprintf(to, "%s\n{\"ph\":\"M\",\"pid\":%" PRIu64
                ",\"name\":\"process_name\",\"args\":{\"name\":",
            process ? "," : "", process);
    orr_export_json(name, to);
    fprintf(to, "}},\n{\"ph\":\"M\",\"pid\":%" PRIu64 ",\"name\":\"process_sort_index\","
                "\"args\":{\"sort_index\":%" PRIu64 "}}", process, process);
}

static void put_message(const struct orr_spacetime *d, size_t i, FILE *to) {
    const struct orr_spacetime_message *m = &d->messages[i];
    uint64_t process = (uint64_t)m->to + 1;
    if (m->lost) {
        begin("i", m->kind, "lost", m->at_ns, process, to);
        fputs(",\"s\":\"t\"", to);
    } else {
        begin("b", m->kind, "message", m->sent_ns < m->at_ns ? m->sent_ns : m->at_ns, process, to);
        fprintf(to, ",\"id\":\"0x%zx\"", i + 1);
    }
    fputs(",\"args\":{\"from\":", to);
    orr_export_json(d->nodes[m->from].name, to);
    fputs(",\"to\":", to);
    orr_export_json(d->nodes[m->to].name, to);
    fprintf(to, ",\"bytes\":%" PRIu32 ",\"hash\":\"%016" PRIx64 "\"", m->bytes, m->hash);
    if (m->lost) fputs(",\"lost\":", to), orr_export_json(m->lost, to);
    fputs("}}", to);
    if (m->lost) return;
    begin("e", m->kind, "message", m->at_ns, process, to);
    fprintf(to, ",\"id\":\"0x%zx\"}", i + 1);
}

static void put_span(const struct orr_spacetime *d, size_t i, FILE *to) {
    const struct orr_spacetime_span *s = &d->spans[i];
    uint64_t process = s->node < d->n_nodes ? (uint64_t)s->node + 1 : 0;
    begin("b", s->text, "fault", s->from_ns, process, to);
    fprintf(to, ",\"id\":\"0x%zx\"}", i + 1);
    begin("e", s->text, "fault", s->to_ns < d->to_ns ? s->to_ns : d->to_ns, process, to);
    fprintf(to, ",\"id\":\"0x%zx\"}", i + 1);
}

void orr_export_perfetto(const struct orr_spacetime_part *part, FILE *to) {
    const struct orr_spacetime *d = &part->diagram;
    fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":", to);
    orr_export_json(d->title, to);
    fprintf(to, ",\"messages\":%zu,\"more_messages_are_left_out\":%s},\"traceEvents\":[",
            d->n_messages, part->is_cut ? "true" : "false");
    put_process(0, "network", to);
    for (size_t i = 0; i < d->n_nodes; i++) put_process(i + 1, d->nodes[i].name, to);
    for (size_t i = 0; i < d->n_messages; i++) put_message(d, i, to);
    for (size_t i = 0; i < d->n_spans; i++) put_span(d, i, to);
    for (size_t i = 0; i < d->n_marks; i++) {
        const struct orr_spacetime_mark *m = &d->marks[i];
        begin("i", m->text, "decision", m->at_ns, (uint64_t)m->node + 1, to);
        fputs(",\"s\":\"t\"}", to);
    }
    fputs("\n]}\n", to);
}
