#include "sim/index/abi_file.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/json.h"

/* What is being read, and where. */
struct reading {
    struct orr_mem *mem;
    struct orr_abi_file *file;
    size_t item; /* from 1 */
    char *why;
};

static int fail(struct reading *r, int error, const char *what, const char *text) {
    int shown = (int)strnlen(text, 60);
    for (int i = 0; i < shown; i++)
        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~') shown = i;
    snprintf(r->why, ORR_ABI_WHY_BYTES, "entry %zu: %s: '%.*s'", r->item, what, shown, text);
    return error;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$'; }

static bool is_name(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$");
    return n && n <= ORR_ABI_MAX_NAME && !text[n] && !isdigit((unsigned char)text[0]);
}

/* ---- events ---- */

static struct orr_abi_event *add_event(struct reading *r, const char *name) {
    struct orr_abi_file *f = r->file;
    if (f->n_events == f->cap) {
        uint32_t cap = f->cap ? 2 * f->cap : 16;
        f->events =
            orr_resize(r->mem, f->events, f->cap * sizeof *f->events, cap * sizeof *f->events);
        f->cap = cap;
    }
    struct orr_abi_event *e = &f->events[f->n_events++];
    *e = (struct orr_abi_event){.n = 0};
    snprintf(e->name, sizeof e->name, "%s", name);
    e->parameters = orr_alloc_zero(r->mem, ORR_ABI_MAX_PARAMETERS * sizeof *e->parameters);
    return e;
}

static int begin_event(struct reading *r, const char *name, struct orr_abi_event **e) {
    if (!is_name(name)) return fail(r, ORR_EFORMAT, "no name of an event", name);
    if (r->file->n_events == ORR_ABI_MAX_EVENTS) return fail(r, ORR_ELIMIT, "too many events", "");
    *e = add_event(r, name);
    return 0;
}

static int add_parameter(struct reading *r, struct orr_abi_event *e, const char *type,
                         const char *name, bool is_indexed) {
    size_t at;
    if (e->n == ORR_ABI_MAX_PARAMETERS) return fail(r, ORR_ELIMIT, "too many parameters", e->name);
    if (*name && !is_name(name)) return fail(r, ORR_EFORMAT, "no name of a parameter", name);
    struct orr_abi_parameter *p = &e->parameters[e->n];
    int error = orr_abi_type_read(r->mem, type, strlen(type), &p->type, &at);
    if (error) return fail(r, error, "no type", type);
    snprintf(p->name, sizeof p->name, "%s", name);
    p->is_indexed = is_indexed;
    e->n_indexed += is_indexed;
    e->n++;
    return 0;
}

/* The signature, its hash, and what only the whole shows. */
static int end_event(struct reading *r, struct orr_abi_event *e) {
    struct orr_rlp_writer w = {.mem = r->mem};
    uint32_t most = e->is_anonymous ? 4 : 3;
    if (e->n_indexed > most) return fail(r, ORR_EFORMAT, "too many indexed parameters", e->name);
    orr_rlp_write_raw(&w, e->name, strlen(e->name));
    orr_rlp_write_raw(&w, "(", 1);
    for (uint32_t i = 0; i < e->n; i++) {
        if (i) orr_rlp_write_raw(&w, ",", 1);
        orr_abi_type_write(e->parameters[i].type, &w);
    }
    orr_rlp_write_raw(&w, ")", 1);
    e->topic0 = orr_keccak256(w.bytes, w.len);
    e->signature = orr_alloc(r->mem, w.len + 1);
    memcpy(e->signature, w.bytes, w.len);
    e->signature[w.len] = 0;
    orr_rlp_free(&w);
    return 0;
}

/* ---- solc's JSON ---- */

/* A type's text: of a tuple its components in parentheses, then the dimensions. */
static int write_type(struct reading *r, const json_t *input, unsigned depth, char *text,
                      size_t *len) {
    const char *type = json_string_value(json_object_get(input, "type"));
    const json_t *parts = json_object_get(input, "components");
    if (!type) return fail(r, ORR_EFORMAT, "a parameter without a type", "");
    bool is_tuple = !strncmp(type, "tuple", 5);
    if (depth > ORR_ABI_MAX_DEPTH) return fail(r, ORR_ELIMIT, "nested too deep", type);
    int error = 0;
    for (size_t i = 0; is_tuple && i < json_array_size(parts) && !error; i++) {
        if (*len + 2 > ORR_ABI_MAX_TYPE) return fail(r, ORR_ELIMIT, "a type too long", type);
        text[(*len)++] = i ? ',' : '(';
        error = write_type(r, json_array_get(parts, i), depth + 1, text, len);
    }
    const char *rest = is_tuple ? type + 5 : type;
    size_t n = strlen(rest);
    if (error) return error;
    if (*len + n + 2 > ORR_ABI_MAX_TYPE) return fail(r, ORR_ELIMIT, "a type too long", type);
    if (is_tuple) text[(*len)++] = ')';
    memcpy(text + *len, rest, n + 1);
    *len += n;
    return 0;
}

static int read_inputs(struct reading *r, struct orr_abi_event *e, const json_t *inputs) {
    int error = 0;
    for (size_t i = 0; i < json_array_size(inputs) && !error; i++) {
        const json_t *input = json_array_get(inputs, i);
        const char *name = json_string_value(json_object_get(input, "name"));
        char type[ORR_ABI_MAX_TYPE + 1] = "";
        size_t len = 0;
        error = write_type(r, input, 0, type, &len);
        if (!error)
            error = add_parameter(r, e, type, name ? name : "",
                                  json_is_true(json_object_get(input, "indexed")));
    }
    return error;
}

static int read_object(struct reading *r, const json_t *object) {
    const char *type = json_string_value(json_object_get(object, "type"));
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *inputs = json_object_get(object, "inputs");
    struct orr_abi_event *e;
    if (!type) return fail(r, ORR_EFORMAT, "an entry without a type", "");
    if (strcmp(type, "event")) {
        r->file->n_others++;
        return 0;
    }
    if (!json_is_array(inputs))
        return fail(r, ORR_EFORMAT, "an event without inputs", name ? name : "");
    int error = begin_event(r, name ? name : "", &e);
    if (error) return error;
    e->is_anonymous = json_is_true(json_object_get(object, "anonymous"));
    error = read_inputs(r, e, inputs);
    return error ? error : end_event(r, e);
}

/* ---- human-readable ---- */

static const char *skip_blanks(const char *p) { return p + strspn(p, " \t\r"); }

/* Copies a word, bounded; "" if there is none. */
static const char *take_word(const char *p, char *word, size_t size) {
    size_t n = 0;
    p = skip_blanks(p);
    while (is_word(p[n])) n++;
    snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), p);
    return p + n;
}

/* A type with the names of its members left out, from *p to text. */
static int take_type(struct reading *r, const char **p, unsigned depth, char *text, size_t *len) {
    const char *q = skip_blanks(*p);
    if (depth > ORR_ABI_MAX_DEPTH) return fail(r, ORR_ELIMIT, "nested too deep", q);
    if (!strncmp(q, "tuple", 5) && *skip_blanks(q + 5) == '(') q = skip_blanks(q + 5);
    if (*q == '(') {
        do { /* ends: at the text's, which closes nothing */
            if (*len + 2 > ORR_ABI_MAX_TYPE) return fail(r, ORR_ELIMIT, "a type too long", *p);
            text[(*len)++] = *q++ == '(' ? '(' : ',';
            int error = take_type(r, &q, depth + 1, text, len);
            if (error) return error;
            q = skip_blanks(q);
            while (is_word(*q)) q++; /* the member's name */
            q = skip_blanks(q);
        } while (*q == ',');
        if (*q != ')') return fail(r, ORR_EFORMAT, "a tuple that does not end", *p);
    } else if (!is_word(*q)) {
        return fail(r, ORR_EFORMAT, "no type", q);
    }
    bool is_tuple = *q == ')';
    while (is_tuple || is_word(*q) || *q == '[' || *q == ']') {
        if (*len + 2 > ORR_ABI_MAX_TYPE) return fail(r, ORR_ELIMIT, "a type too long", *p);
        text[(*len)++] = *q++;
        if (is_tuple && is_word(*q)) break;
        is_tuple = false;
    }
    text[*len] = 0;
    *p = q;
    return 0;
}

static int read_parameters(struct reading *r, struct orr_abi_event *e, const char **p) {
    if (*skip_blanks(*p) == ')') {
        *p = skip_blanks(*p) + 1;
        return 0;
    }
    for (;;) { /* ends: at the text's, which is no comma */
        char type[ORR_ABI_MAX_TYPE + 1] = "", name[ORR_ABI_MAX_TYPE + 1];
        size_t len = 0;
        int error = take_type(r, p, 0, type, &len);
        if (error) return error;
        *p = take_word(*p, name, sizeof name);
        bool is_indexed = !strcmp(name, "indexed");
        if (is_indexed) *p = take_word(*p, name, sizeof name);
        error = add_parameter(r, e, type, name, is_indexed);
        if (error) return error;
        *p = skip_blanks(*p);
        if (**p == ')') {
            ++*p;
            return 0;
        }
        if (**p != ',') return fail(r, ORR_EFORMAT, "',' or ')' is missing", *p);
        ++*p;
    }
}

static int read_line(struct reading *r, const char *line) {
    char word[ORR_ABI_MAX_TYPE + 1];
    struct orr_abi_event *e;
    const char *p = take_word(line, word, sizeof word);
    if (strcmp(word, "event")) {
        static const char *const known[] = {"function", "error",   "constructor",
                                            "struct",   "receive", "fallback"};
        take_word(line, word, sizeof word);
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (!strcmp(word, known[i])) {
                r->file->n_others++;
                return 0;
            }
        return fail(r, ORR_EFORMAT, "neither an event nor a function", line);
    }
    p = skip_blanks(take_word(p, word, sizeof word));
    int error = begin_event(r, word, &e);
    if (error) return error;
    if (*p != '(') return fail(r, ORR_EFORMAT, "'(' is missing", p);
    p++;
    error = read_parameters(r, e, &p);
    if (error) return error;
    p = take_word(p, word, sizeof word);
    e->is_anonymous = !strcmp(word, "anonymous");
    p = skip_blanks(p);
    if (*p == ';') p = skip_blanks(p + 1);
    if ((*word && !e->is_anonymous) || *p) return fail(r, ORR_EFORMAT, "more than an event", line);
    return end_event(r, e);
}

/* ---- files ---- */

static int read_array(struct reading *r, const json_t *list) {
    int error = 0;
    for (size_t i = 0; i < json_array_size(list) && !error; i++) {
        const json_t *item = json_array_get(list, i);
        r->item = i + 1;
        if (json_is_string(item))
            error = read_line(r, json_string_value(item));
        else if (json_is_object(item))
            error = read_object(r, item);
        else
            error = fail(r, ORR_EFORMAT, "neither an object nor a text", "");
    }
    return error;
}

static int read_lines(struct reading *r, const char *text, size_t len) {
    int error = 0;
    for (size_t at = 0; at < len && !error;) { /* ends: at grows by a line */
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        char *line = orr_alloc(r->mem, n + 1);
        memcpy(line, text + at, n);
        line[n] = 0;
        r->item++;
        const char *first = skip_blanks(line);
        if (*first && strncmp(first, "//", 2)) error = read_line(r, first);
        orr_free(r->mem, line, n + 1);
        at += n + 1;
    }
    return error;
}

int orr_abi_file_read(struct orr_mem *mem, const char *text, size_t len, struct orr_abi_file *file,
                      char why[ORR_ABI_WHY_BYTES]) {
    struct reading r = {.mem = mem, .file = file, .why = why};
    json_error_t bad;
    *file = (struct orr_abi_file){.n_events = 0};
    size_t first = 0;
    while (first < len && isspace((unsigned char)text[first])) first++;
    if (first == len || (text[first] != '[' && text[first] != '{'))
        return read_lines(&r, text, len);
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &bad);
    if (!json) {
        snprintf(why, ORR_ABI_WHY_BYTES, "line %d, column %d: %.120s", bad.line, bad.column,
                 bad.text);
        return ORR_EFORMAT;
    }
    const json_t *list = json_is_array(json) ? json : json_object_get(json, "abi");
    int error = json_is_array(list) ? read_array(&r, list) : ORR_EFORMAT;
    if (!json_is_array(list))
        snprintf(why, ORR_ABI_WHY_BYTES, "neither an array nor an object with one as \"abi\"");
    json_decref(json);
    return error;
}

void orr_abi_file_free(struct orr_mem *mem, struct orr_abi_file *file) {
    for (uint32_t i = 0; i < file->n_events; i++) {
        struct orr_abi_event *e = &file->events[i];
        for (uint32_t k = 0; k < e->n; k++) orr_abi_type_free(mem, e->parameters[k].type);
        orr_free(mem, e->parameters, ORR_ABI_MAX_PARAMETERS * sizeof *e->parameters);
        if (e->signature) orr_free(mem, e->signature, strlen(e->signature) + 1);
    }
    orr_free(mem, file->events, file->cap * sizeof *file->events);
    *file = (struct orr_abi_file){.n_events = 0};
}
