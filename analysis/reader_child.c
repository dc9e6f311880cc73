/* Everything here may crash on a hostile file, and may: the process exists for that. */
#include "analysis/reader_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/reader.h"
#include "models/base/sanitize.h"
#include "sim/trace/hdf5.h"

#define MEMORY_MAX ((rlim_t)4 << 30) /* addresses; chunks of a trace have at most 1.3 MB */

struct column {
    hid_t set, type; /* -1: the file lacks the column */
};

struct served {
    int socket;
    hid_t file;
    struct column *columns[ORR_N_GROUPS];
    struct orr_reader_hello hello;
    char *texts[ORR_READER_TEXTS];
};

/* ---- answers ---- */

static void put(int socket, const void *bytes, size_t len) {
    const char *p = bytes;
    while (len) {
        ssize_t n = send(socket, p, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) _exit(0);
        p += n, len -= (size_t)n;
    }
}

static _Noreturn void refuse(struct served *s, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static _Noreturn void refuse(struct served *s, int status, const char *format, ...) {
    char text[ORR_READER_ERROR_LEN / 2];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= (int)sizeof text) len = sizeof text - 1;
    struct orr_reader_answer answer = {.status = status, .len = (uint32_t)len};
    put(s->socket, &answer, sizeof answer);
    put(s->socket, text, (size_t)len);
    _exit(0);
}

/* ---- opening ---- */

/* Memory gone wild, dumps, messages of HDF5 and handlers of the parent (a fuzzer's) stay away. */
static void isolate(void) {
    static const int signals[] = {SIGSEGV, SIGBUS,  SIGABRT, SIGFPE,
                                  SIGILL,  SIGALRM, SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
    struct rlimit none = {0, 0}, memory = {MEMORY_MAX, MEMORY_MAX};
    setrlimit(RLIMIT_CORE, &none);
    if (!ORR_HAS_SHADOW) setrlimit(RLIMIT_AS, &memory);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, STDERR_FILENO);
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
}

static void check_file(struct served *s, const char *path) {
    static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    struct stat st;
    uint8_t head[8];
    if (stat(path, &st)) refuse(s, ORR_EINVAL, "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(st.st_mode)) refuse(s, ORR_EINVAL, "is not a file");
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) refuse(s, ORR_EINVAL, "cannot be opened: %s", strerror(errno));
    if (read(fd, head, 8) != 8 || memcmp(head, signature, 8) != 0)
        refuse(s, ORR_EFORMAT, "is not an HDF5 file, so it is no trace");
    close(fd);
}

/* A link inside the file, and nothing else: others may lead to any file of the machine. */
static bool has_link(struct served *s, hid_t at, const char *name, const char *path) {
    H5L_info_t info;
    if (H5Lexists(at, name, H5P_DEFAULT) <= 0) return false;
    if (H5Lget_info(at, name, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
        refuse(s, ORR_ECORRUPT, "/%s: is not an object of this file", path);
    return true;
}

static void read_text_attribute(struct served *s, const char *name, char *to, size_t size) {
    hid_t attribute = H5Aopen(s->file, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    size_t len = type >= 0 ? H5Tget_size(type) : 0;
    char text[65536] = "";
    if (type < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
        H5Sget_simple_extent_npoints(space) != 1 || len >= sizeof text ||
        H5Aread(attribute, type, text) < 0)
        refuse(s, ORR_EFORMAT, "is an HDF5 file but no trace: attribute '%s' is missing or strange",
               name);
    memcpy(to, text, len < size ? len : size - 1); /* which is zeroed */
}

static void read_number_attribute(struct served *s, const char *name, hid_t as, void *to) {
    hid_t attribute = H5Aopen(s->file, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    if (type < 0 || H5Tget_class(type) != H5T_INTEGER || H5Tget_size(type) > 8 ||
        H5Sget_simple_extent_npoints(space) != 1 || H5Aread(attribute, as, to) < 0)
        refuse(s, ORR_EFORMAT, "is an HDF5 file but no trace: attribute '%s' is missing or strange",
               name);
}

/* Storage as a trace has it: in this file, whole or in chunks, no filters but ours. */
static bool plain_storage(hid_t set) {
    hid_t layout = H5Dget_create_plist(set);
    if (layout < 0 || H5Pget_external_count(layout) != 0) return false;
    H5D_layout_t kind = H5Pget_layout(layout);
    int n_filters = H5Pget_nfilters(layout);
    bool plain =
        (kind == H5D_CONTIGUOUS || kind == H5D_CHUNKED || kind == H5D_COMPACT) && n_filters >= 0;
    for (int i = 0; plain && i < n_filters; i++) {
        unsigned flags, config;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(layout, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);
        plain = filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_DEFLATE;
    }
    H5Pclose(layout);
    return plain;
}

/* ---- columns ---- */

static hid_t memory_type(const struct orr_trace_column *column) {
    switch (column->type) {
    case ORR_COLUMN_i64: return H5T_NATIVE_INT64;
    case ORR_COLUMN_u64: return H5T_NATIVE_UINT64;
    case ORR_COLUMN_u32: return H5T_NATIVE_UINT32;
    case ORR_COLUMN_u16: return H5T_NATIVE_UINT16;
    case ORR_COLUMN_u8: return H5T_NATIVE_UINT8;
    case ORR_COLUMN_str: break;
    }
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, column->size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

/* The length of a 1-D dataset of the column's type, or -1. */
static int64_t column_rows(hid_t set, const struct orr_trace_column *column) {
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    hsize_t rows = 0;
    H5T_class_t wanted = column->type == ORR_COLUMN_str ? H5T_STRING : H5T_INTEGER;
    bool same =
        type >= 0 && H5Tget_class(type) == wanted && H5Tget_size(type) == column->size &&
        (wanted == H5T_INTEGER || H5Tis_variable_str(type) == 0) &&
        (wanted == H5T_STRING ||
         H5Tget_sign(type) == (column->type == ORR_COLUMN_i64 ? H5T_SGN_2 : H5T_SGN_NONE)) &&
        H5Sget_simple_extent_ndims(space) == 1 &&
        H5Sget_simple_extent_dims(space, &rows, NULL) == 1 && plain_storage(set);
    H5Tclose(type);
    H5Sclose(space);
    return same && rows <= INT64_MAX ? (int64_t)rows : -1;
}

static void open_column(struct served *s, hid_t group, const struct orr_trace_table *table,
                        const struct orr_trace_column *column, uint64_t valid, struct column *to) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", table->name, column->name);
    to->set = to->type = -1;
    if (!has_link(s, group, column->name, path)) return;
    to->set = H5Dopen2(group, column->name, H5P_DEFAULT);
    if (to->set < 0) refuse(s, ORR_ECORRUPT, "/%s: cannot be opened: damaged or cut off", path);
    int64_t rows = column_rows(to->set, column);
    if (rows < 0) refuse(s, ORR_EFORMAT, "/%s: is not a column as a trace has it", path);
    if ((uint64_t)rows < valid)
        refuse(s, ORR_ECORRUPT, "/%s: has %lld rows where valid_rows says %llu", path,
               (long long)rows, (unsigned long long)valid);
    to->type = memory_type(column);
}

static uint64_t read_valid_rows(struct served *s, hid_t group,
                                const struct orr_trace_table *table) {
    char path[128];
    uint64_t valid = 0;
    snprintf(path, sizeof path, "%s/valid_rows", table->name);
    hid_t set =
        has_link(s, group, "valid_rows", path) ? H5Dopen2(group, "valid_rows", H5P_DEFAULT) : -1;
    hid_t type = set >= 0 ? H5Dget_type(set) : -1, space = set >= 0 ? H5Dget_space(set) : -1;
    if (type < 0 || H5Tget_class(type) != H5T_INTEGER || H5Tget_size(type) > 8 ||
        !plain_storage(set) || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &valid) < 0)
        refuse(s, ORR_ECORRUPT, "/%s: cannot be read: damaged or cut off", path);
    if (valid > ORR_READER_ROWS_MAX)
        refuse(s, ORR_ECORRUPT, "/%s: says %llu", path, (unsigned long long)valid);
    return valid;
}

static void open_group(struct served *s, unsigned i) {
    const struct orr_trace_table *table = orr_trace_table_of(i);
    if (!has_link(s, s->file, table->name, table->name)) return;
    hid_t group = H5Gopen2(s->file, table->name, H5P_DEFAULT);
    if (group < 0)
        refuse(s, ORR_ECORRUPT, "/%s: cannot be opened: damaged or cut off", table->name);
    /* The count first: of a trace that is being written, its columns can only be longer. */
    uint64_t valid = read_valid_rows(s, group, table);
    s->hello.rows[i] = valid;
    s->columns[i] = calloc(table->n_columns, sizeof *s->columns[i]);
    for (uint32_t c = 0; s->columns[i] && c < table->n_columns; c++)
        open_column(s, group, table, &table->columns[c], valid, &s->columns[i][c]);
    H5Gclose(group);
}

static void read_text(struct served *s, int i, const char *name) {
    hid_t run = has_link(s, s->file, "run", "run") ? H5Gopen2(s->file, "run", H5P_DEFAULT) : -1;
    char path[64];
    snprintf(path, sizeof path, "run/%s", name);
    hid_t set = run >= 0 && has_link(s, run, name, path) ? H5Dopen2(run, name, H5P_DEFAULT) : -1;
    hid_t type = set >= 0 ? H5Dget_type(set) : -1, space = set >= 0 ? H5Dget_space(set) : -1;
    size_t len = type >= 0 ? H5Tget_size(type) : 0;
    if (type < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
        len > ORR_READER_TEXT_MAX || !plain_storage(set) ||
        H5Sget_simple_extent_npoints(space) != 1)
        refuse(s, ORR_ECORRUPT, "/%s: is not a text as a trace has it", path);
    s->texts[i] = calloc(1, len + 1);
    if (!s->texts[i] || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, s->texts[i]) < 0)
        refuse(s, ORR_ECORRUPT, "/%s: cannot be read: damaged or cut off", path);
    while (len && s->texts[i][len - 1] == '\0') len--; /* padding */
    s->hello.text_len[i] = (uint32_t)len;
}

static void open_file(struct served *s, const char *path) {
    check_file(s, path);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    /* A checksum may fail because its writer is at work: look again, with pauses that double from 1
     * ns, but not for minutes as HDF5 would by itself. */
    H5Pset_metadata_read_attempts(access, 25);
    s->file = H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access);
    if (s->file < 0)
        refuse(s, ORR_ECORRUPT,
               "an HDF5 file that is damaged or cut off, or made by another program");
    char schema[64] = "";
    read_text_attribute(s, "schema", schema, sizeof schema - 1);
    if (strcmp(schema, ORR_TRACE_SCHEMA) != 0)
        refuse(s, ORR_EFORMAT, "is an HDF5 file but no trace");
    read_number_attribute(s, "schema_version", H5T_NATIVE_UINT32, &s->hello.version);
    if (s->hello.version != ORR_TRACE_VERSION)
        refuse(s, ORR_EFORMAT, "schema version %u; this program reads %u", s->hello.version,
               ORR_TRACE_VERSION);
    read_number_attribute(s, "seed", H5T_NATIVE_UINT64, &s->hello.seed);
    read_number_attribute(s, "shuffle_ties", H5T_NATIVE_UINT64, &s->hello.shuffle_ties);
    read_text_attribute(s, "name", s->hello.name, sizeof s->hello.name);
    read_text_attribute(s, "title", s->hello.title, sizeof s->hello.title);
    read_text_attribute(s, "build", s->hello.build, sizeof s->hello.build);
    read_text(s, 0, "scenario");
    read_text(s, 1, "overrides");
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) open_group(s, i);
}

/* ---- serving ---- */

static void scatter(uint8_t *rows, const uint8_t *values, const struct orr_trace_column *column,
                    uint32_t row_size, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        memcpy(rows + (size_t)i * row_size + column->offset, values + (size_t)i * column->size,
               column->size);
}

static void serve_rows(struct served *s, const struct orr_reader_request *request, uint8_t *rows,
                       uint8_t *values) {
    const struct orr_trace_table *table = orr_trace_table_of(request->group);
    hsize_t start = request->start, n = request->n;
    memset(rows, 0, (size_t)n * table->row_size);
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const struct column *column = &s->columns[request->group][c];
        if (column->set < 0 || !(request->columns >> c & 1)) continue;
        hid_t space = H5Dget_space(column->set), memory = H5Screate_simple(1, &n, NULL);
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &n, NULL) < 0 ||
            H5Dread(column->set, column->type, memory, space, H5P_DEFAULT, values) < 0)
            refuse(s, ORR_ECORRUPT, "/%s/%s: rows %llu to %llu cannot be read: damaged or cut off",
                   table->name, table->columns[c].name, (unsigned long long)start,
                   (unsigned long long)(start + n - 1));
        H5Sclose(memory);
        H5Sclose(space);
        scatter(rows, values, &table->columns[c], table->row_size, (uint32_t)n);
    }
    struct orr_reader_answer answer = {.status = 0, .len = (uint32_t)(n * table->row_size)};
    put(s->socket, &answer, sizeof answer);
    put(s->socket, rows, answer.len);
}

static void say_hello(struct served *s) {
    struct orr_reader_answer answer = {.status = 0, .len = sizeof s->hello};
    for (int i = 0; i < ORR_READER_TEXTS; i++) answer.len += s->hello.text_len[i];
    put(s->socket, &answer, sizeof answer);
    put(s->socket, &s->hello, sizeof s->hello);
    for (int i = 0; i < ORR_READER_TEXTS; i++) put(s->socket, s->texts[i], s->hello.text_len[i]);
}

void orr_reader_child(int socket, const char *path) {
    struct served s = {.socket = socket, .file = -1};
    isolate();
    open_file(&s, path);
    size_t row_size = 0;
    for (unsigned i = 0; i < ORR_N_GROUPS; i++)
        if (orr_trace_table_of(i)->row_size > row_size) row_size = orr_trace_table_of(i)->row_size;
    uint8_t *rows = malloc(ORR_READER_BATCH * row_size),
            *values = malloc(ORR_READER_BATCH * row_size);
    if (!rows || !values) _exit(1);
    say_hello(&s);
    struct orr_reader_request request;
    while (recv(socket, &request, sizeof request, MSG_WAITALL) == sizeof request) {
        if (request.group >= ORR_N_GROUPS || !s.columns[request.group] ||
            request.n > ORR_READER_BATCH || request.start + request.n > s.hello.rows[request.group])
            _exit(1);
        serve_rows(&s, &request, rows, values);
    }
    _exit(0);
}
