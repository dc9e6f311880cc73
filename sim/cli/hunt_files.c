#include "sim/cli/hunt_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { PATH_CHARS = 600, INDEX_MAX = 64 << 20 };

static bool cannot(const char *path) {
    fprintf(stderr, "orrery hunt: cannot write %s: %s\n", ORR_SHOWN(path), strerror(errno));
    return false;
}

bool orr_hunt_folder(const char *folder) {
    char path[PATH_CHARS];
    int n = snprintf(path, sizeof path, "%s", folder);
    if (n < 0 || (size_t)n >= sizeof path - 80) {
        fprintf(stderr, "orrery hunt: the folder's name is too long\n");
        return false;
    }
    for (char *p = path + 1; *p; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(path, 0777) && errno != EEXIST) return cannot(path);
        *p = '/';
    }
    return !mkdir(path, 0777) || errno == EEXIST || cannot(path);
}

bool orr_hunt_file_write(const char *folder, const char *name, const char *text, size_t len) {
    char path[PATH_CHARS + 200], beside[PATH_CHARS + 220];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    bool good = file && fwrite(text, 1, len, file) == len && !fflush(file) && !fsync(fileno(file));
    if (file && fclose(file)) good = false;
    if (good && !rename(beside, path)) return true;
    cannot(path);
    unlink(beside);
    return false;
}

/* ---- the index ---- */

/* The line that says which hunt it is. */
static void put_head(const struct orr_hunt *hunt, char *to, size_t size) {
    static const char *const strategies[] = {
#define STRATEGY(name, text, help) text,
        ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
    };
    int used = snprintf(to, size, "orrery hunt 4 %s seed %" PRIu64 " scenario ",
                        strategies[hunt->strategy], hunt->seed);
    for (int i = 0; i < 16; i++)
        used += snprintf(to + used, size - (size_t)used, "%02x", hunt->scenario->digest[i]);
}

static void put_plan(const char *word, uint64_t run, const struct orr_plan_drawn *p, FILE *to) {
    fprintf(to, "%s %" PRIu64 " seed %" PRIu64 " nodes %u halves %u decisions %u\n", word, run,
            p->seed, p->n_nodes, p->halves, p->n);
    for (uint32_t i = 0; i < p->n; i++) fprintf(to, "%s\n", p->decisions[i]);
}

/* `after N NAME runs states ...`: how the strategies stood. */
static void put_pace(uint64_t after, const struct orr_hunt_pace *pace, FILE *to) {
    fprintf(to, "after %" PRIu64, after);
    for (uint32_t s = 0; s < ORR_N_STRATEGIES; s++)
        fprintf(to, " %" PRIu64 " %" PRIu64, pace->runs[s], pace->states[s]);
    fputc('\n', to);
}

static bool read_pace(const char *line, uint64_t *after, struct orr_hunt_pace *pace) {
    int used = 0;
    if (sscanf(line, "after %" SCNu64 "%n", after, &used) != 1) return false;
    for (uint32_t s = 0; s < ORR_N_STRATEGIES; s++) {
        int more = 0;
        if (sscanf(line += used, " %" SCNu64 " %" SCNu64 "%n", &pace->runs[s], &pace->states[s],
                   &more) != 2)
            return false;
        used = more;
    }
    return !line[used];
}

/* What the guide has learnt, and the plans of what was caught by it: each a line and its decisions.
 */
static void put_guide(const struct orr_hunt *hunt, FILE *to) {
    const struct orr_guide *g = &hunt->guide;
    for (uint32_t i = 0; i < g->n_states; i++)
        fprintf(to, "state %016" PRIx64 " %" PRIu64 "\n", g->states[i].hash, g->states[i].hits);
    for (uint32_t i = 0; i < g->n_plans; i++) {
        fprintf(to, "first %u ", g->plans[i].state);
        put_plan("plan", g->plans[i].run, &g->plans[i].plan, to);
    }
    for (uint32_t i = 0; i < hunt->n_paces; i++)
        put_pace((uint64_t)ORR_HUNT_GENERATION << i, &hunt->paces[i], to);
    put_pace(hunt->n_done, &hunt->pace, to);
    for (uint32_t i = 0; i < hunt->n_caught; i++)
        if (hunt->caught[i].plan) put_plan("caught", hunt->caught[i].run, hunt->caught[i].plan, to);
    fprintf(to, "end\n");
}

bool orr_hunt_index_write(const struct orr_hunt *hunt, const char *folder) {
    char head[200];
    put_head(hunt, head, sizeof head);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to) return cannot(folder);
    fprintf(to, "%s\ndone %" PRIu64 " skipped %" PRIu64 " found %u\n", head, hunt->n_done,
            hunt->n_skipped, hunt->n_caught);
    for (uint32_t i = 0; i < hunt->n_caught; i++) {
        const struct orr_caught *c = &hunt->caught[i];
        fprintf(to, "%" PRIu64 "\t%d\t%s\t%016" PRIx64 "\t", c->run, (int)c->finding.kind,
                c->finding.name, c->finding.fingerprint);
        for (const char *p = c->finding.text; *p; p++)
            fputc((unsigned char)*p < ' ' ? ' ' : *p, to);
        fputc('\n', to);
    }
    put_guide(hunt, to);
    bool good = !fclose(to) && orr_hunt_file_write(folder, "index.txt", text, len);
    free(text);
    return good;
}

/* One line of a finding; false: it is none. */
static bool read_caught(char *line, struct orr_caught *c) {
    char *field[5], *end;
    for (int i = 0; i < 5; i++) {
        field[i] = line;
        line = i < 4 ? strchr(line, '\t') : line + strlen(line);
        if (!line) return false;
        if (i < 4) *line++ = '\0';
    }
    *c = (struct orr_caught){.run = strtoull(field[0], &end, 10)};
    if (end == field[0] || *end) return false;
    long kind = strtol(field[1], &end, 10);
    if (end == field[1] || *end || kind <= ORR_FINDING_NONE || kind > ORR_FINDING_ENDLESS)
        return false;
    c->finding.kind = (enum orr_finding_kind)kind;
    c->finding.fingerprint = strtoull(field[3], &end, 16);
    if (end == field[3] || *end || !*field[2]) return false;
    snprintf(c->finding.name, sizeof c->finding.name, "%.63s", field[2]);
    snprintf(c->finding.text, sizeof c->finding.text, "%.399s", field[4]);
    return true;
}

/* The next line, ended by a NUL, and what follows it; NULL: there is none that is whole. */
static char *next_line(char **text) {
    char *line = *text, *end = strchr(line, '\n');
    if (!end) return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

/* `WORD run seed nodes halves decisions`, and the lines behind it. */
static bool read_plan(const char *line, const char *word, char **text, uint64_t *run,
                      struct orr_plan_drawn *p) {
    char said[16];
    int used = 0;
    *p = (struct orr_plan_drawn){.may_be_none = true};
    if (sscanf(line, "%15s %" SCNu64 " seed %" SCNu64 " nodes %u halves %u decisions %u%n", said,
               run, &p->seed, &p->n_nodes, &p->halves, &p->n, &used) != 6 ||
        line[used] || strcmp(said, word) || p->n > ORR_DECISIONS_MAX || p->halves < 1 ||
        p->halves > ORR_HALVES_MAX || p->n_nodes < 2 || p->n_nodes > ORR_PLAN_NODES_MAX)
        return false;
    for (uint32_t i = 0; i < p->n; i++) {
        const char *decision = next_line(text);
        if (!decision || strlen(decision) >= ORR_DECISION_CHARS) return false;
        strcpy(p->decisions[i], decision);
    }
    return true;
}

/* In order, the last as it stands. */
static bool take_pace(struct orr_hunt *hunt, uint64_t after, const struct orr_hunt_pace *pace) {
    uint64_t next = (uint64_t)ORR_HUNT_GENERATION << hunt->n_paces;
    hunt->pace = *pace;
    if (after == next && after <= hunt->n_done && hunt->n_paces < ORR_HUNT_PACES)
        hunt->paces[hunt->n_paces++] = *pace;
    return after <= hunt->n_done;
}

/* What put_guide has written; false: damaged. */
static bool read_guide(struct orr_hunt *hunt, char *text) {
    char *line;
    uint64_t hash, n;
    int used = 0;
    struct orr_guided *plan = orr_xrealloc(NULL, sizeof *plan);
    bool good = true;
    while (good && (line = next_line(&text)) && strcmp(line, "end")) { /* ends: lines do */
        if (sscanf(line, "state %" SCNx64 " %" SCNu64 "%n", &hash, &n, &used) == 2 && !line[used]) {
            good = orr_guide_restore_state(&hunt->guide, hash, n);
        } else if (!strncmp(line, "after ", 6)) {
            struct orr_hunt_pace pace;
            good = read_pace(line, &n, &pace) && take_pace(hunt, n, &pace);
        } else if (sscanf(line, "first %u %n", &plan->state, &used) == 1) {
            good = read_plan(line + used, "plan", &text, &plan->run, &plan->plan) &&
                   orr_guide_restore_plan(&hunt->guide, plan);
        } else {
            uint32_t i = 0;
            good = read_plan(line, "caught", &text, &plan->run, &plan->plan);
            while (good && i < hunt->n_caught && hunt->caught[i].run != plan->run) i++;
            good = good && i < hunt->n_caught && !hunt->caught[i].plan;
            if (!good) break;
            hunt->caught[i].plan = orr_xrealloc(NULL, sizeof plan->plan);
            *hunt->caught[i].plan = plan->plan;
        }
    }
    free(plan);
    return good && line && !*text;
}

/* The lines behind the first; false: damaged. */
static bool read_lines(struct orr_hunt *hunt, char *text) {
    uint64_t done, skipped;
    uint32_t found;
    int used = 0;
    if (sscanf(text, "done %" SCNu64 " skipped %" SCNu64 " found %u%n", &done, &skipped, &found,
               &used) != 3 || text[used] != '\n')
        return false;
    char *line = text + used + 1;
    struct orr_caught *caught = NULL;
    uint32_t n = 0;
    uint64_t after = 0;
    for (; n < found; n++) {
        char *next = strchr(line, '\n');
        if (!next) break;
        *next = '\0';
        caught = orr_xrealloc(caught, (n + 1) * sizeof *caught);
        if (!read_caught(line, &caught[n]) || caught[n].run < after || caught[n].run >= done) break;
        after = caught[n].run + 1;
        line = next + 1;
    }
    if (n != found) {
        free(caught);
        return false;
    }
    free(hunt->caught);
    hunt->caught = caught;
    hunt->n_caught = hunt->caught_cap = n;
    hunt->n_done = done;
    hunt->n_skipped = skipped;
    return read_guide(hunt, line);
}

enum orr_hunt_index orr_hunt_index_read(struct orr_hunt *hunt, const char *folder) {
    char path[PATH_CHARS + 20], head[200];
    snprintf(path, sizeof path, "%s/index.txt", folder);
    if (access(path, F_OK)) return ORR_INDEX_ABSENT;
    char *text;
    size_t len;
    const char *why;
    if (orr_file_read(path, INDEX_MAX, &text, &len, &why)) {
        fprintf(stderr, "orrery hunt: cannot read %s: %s\n", ORR_SHOWN(path), why);
        return ORR_INDEX_BAD;
    }
    put_head(hunt, head, sizeof head);
    size_t n = strlen(head);
    bool is_ours = len > n && !memcmp(text, head, n) && text[n] == '\n';
    bool good = is_ours && strlen(text) == len && read_lines(hunt, text + n + 1);
    free(text);
    if (!good)
        fprintf(stderr, "orrery hunt: %s is %s\n", ORR_SHOWN(path),
                is_ours ? "damaged" : "of another hunt: scenario, strategy or seed differ");
    return good ? ORR_INDEX_READ : ORR_INDEX_BAD;
}
