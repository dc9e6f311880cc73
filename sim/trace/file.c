#include "sim/trace/file.h"

#include <assert.h>
#include <libdeflate.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/trace/hdf5.h"
#include "sim/trace/place.h"

struct group {
    const struct orr_trace_table *table;
    hid_t *columns; /* [table->n_columns] datasets */
    hid_t valid;    /* the dataset valid_rows      */
    uint64_t rows, valid_rows;
};

/* Why HDF5 failed first. */
struct cause {
    int number; /* errno, as HDF5's drivers write it into the text; 0: none found */
    char text[120];
};

enum { LEVEL = 1 }; /* of deflate: the quickest */

struct orr_trace_file {
    hid_t file;
    struct group groups[ORR_N_GROUPS];
    uint8_t *column;   /* one column of one append       */
    uint8_t *shuffled; /* the same, bytes by their weight */
    uint8_t *packed;   /* the same, compressed           */
    size_t packed_size;
    struct libdeflate_compressor *compressor;
    int status;
    struct cause cause;
    char error[ORR_TRACE_ERROR_LEN];
    char path[ORR_PLACE_MAX], draft[ORR_PLACE_MAX]; /* where it goes, and where it begins */
};

/* ---- errors ---- */

/* The innermost entry of HDF5's error stack says what really happened. */
static herr_t note_entry(unsigned depth, const H5E_error2_t *entry, void *ctx) {
    struct cause *cause = ctx;
    if (depth == 0 && entry->desc) {
        snprintf(cause->text, sizeof cause->text, "%s", entry->desc);
        const char *number = strstr(entry->desc, "errno = ");
        if (number) cause->number = atoi(number + 8);
    }
    return 0;
}

/* HDF5 calls this when one of its functions fails; the next call would clear the stack. */
static herr_t note_cause(hid_t stack, void *ctx) {
    struct cause *cause = ctx;
    if (!cause->text[0]) H5Ewalk2(stack, H5E_WALK_UPWARD, note_entry, cause);
    return 0;
}

void orr_trace_file_enter(struct orr_trace_file *f) {
    H5Eset_auto2(H5E_DEFAULT, note_cause, &f->cause);
}

void orr_trace_file_leave(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT); /* the stack of a thread that ends is not freed by HDF5 */
}

/* Remembers the first failure: what was tried, and what HDF5 says of it. */
static int fail(struct orr_trace_file *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int fail(struct orr_trace_file *f, const char *format, ...) {
    if (f->status) return f->status;
    const struct cause *cause = &f->cause;
    char what[120];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    f->status = orr_place_code(cause->number);
    snprintf(f->error, sizeof f->error, "%.200s: %s: %s", f->path, what,
             cause->number ? strerror(cause->number) : cause->text);
    return f->status;
}

/* ---- making the file ---- */

static hid_t string_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size ? size : 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

static hid_t value_type(const struct orr_trace_column *column) {
    switch (column->type) {
    case ORR_COLUMN_i64: return H5Tcopy(H5T_STD_I64LE);
    case ORR_COLUMN_u64: return H5Tcopy(H5T_STD_U64LE);
    case ORR_COLUMN_u32: return H5Tcopy(H5T_STD_U32LE);
    case ORR_COLUMN_u16: return H5Tcopy(H5T_STD_U16LE);
    case ORR_COLUMN_u8: return H5Tcopy(H5T_STD_U8LE);
    case ORR_COLUMN_str: return string_type(column->size);
    }
    return -1;
}

static bool add_attribute(hid_t object, const char *name, hid_t type, const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    return ok;
}

static bool add_text_attribute(hid_t object, const char *name, const char *value) {
    hid_t type = string_type(strlen(value));
    bool ok = add_attribute(object, name, type, value);
    H5Tclose(type);
    return ok;
}

/* A scalar string dataset: attributes end at 64 KiB, scenarios do not. */
static bool add_text(hid_t group, const char *name, const char *text, size_t len) {
    hid_t type = string_type(len), space = H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, len ? text : "") >= 0;
    if (set >= 0) ok = H5Dclose(set) >= 0 && ok;
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

/* The filters of a column: shuffle, if it has one, then deflate. */
static bool is_shuffled(const struct orr_trace_column *column) {
    return column->size > 1 && column->type != ORR_COLUMN_str;
}

static hid_t make_column(hid_t group, const struct orr_trace_table *table,
                         const struct orr_trace_column *column) {
    hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = table->chunk_rows;
    hid_t space = H5Screate_simple(1, &none, &unlimited), type = value_type(column);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE), access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk(layout, 1, &chunk);
    if (is_shuffled(column)) H5Pset_shuffle(layout);
    H5Pset_deflate(layout, LEVEL);
    /* Appends only touch the last chunk: a cache of two, full ones leave first. */
    H5Pset_chunk_cache(access, 3, 2 * chunk * column->size, 1.0);
    hid_t set = H5Dcreate2(group, column->name, type, space, H5P_DEFAULT, layout, access);
    if (set >= 0 && !(add_text_attribute(set, "unit", column->unit) &&
                      add_text_attribute(set, "meaning", column->text))) {
        H5Dclose(set);
        set = -1;
    }
    H5Pclose(access);
    H5Pclose(layout);
    H5Tclose(type);
    H5Sclose(space);
    return set;
}

static hid_t make_valid_rows(hid_t group) {
    hsize_t one = 1;
    uint64_t zero = 0;
    hid_t space = H5Screate_simple(1, &one, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    hid_t set =
        H5Dcreate2(group, "valid_rows", H5T_STD_U64LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    if (set >= 0) H5Dwrite(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &zero);
    H5Pclose(layout);
    H5Sclose(space);
    return set;
}

static int make_group(struct orr_trace_file *f, struct group *g) {
    hid_t group = H5Gcreate2(f->file, g->table->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0 || !add_text_attribute(group, "meaning", g->table->text))
        return fail(f, "cannot make group %s", g->table->name);
    g->columns = orr_xrealloc(NULL, g->table->n_columns * sizeof *g->columns);
    for (uint32_t i = 0; i < g->table->n_columns; i++) g->columns[i] = -1;
    for (uint32_t i = 0; i < g->table->n_columns; i++) {
        g->columns[i] = make_column(group, g->table, &g->table->columns[i]);
        if (g->columns[i] < 0)
            return fail(f, "cannot make column %s/%s", g->table->name, g->table->columns[i].name);
    }
    g->valid = make_valid_rows(group);
    if (g->valid < 0 || H5Gclose(group) < 0) return fail(f, "cannot make group %s", g->table->name);
    return 0;
}

static int write_head(struct orr_trace_file *f, const struct orr_trace_setup *setup) {
    uint32_t version = ORR_TRACE_VERSION;
#define TEXT(text) ((text) ? (text) : "")
    bool ok = add_text_attribute(f->file, "schema", ORR_TRACE_SCHEMA) &&
              add_attribute(f->file, "schema_version", H5T_NATIVE_UINT32, &version) &&
              add_attribute(f->file, "seed", H5T_NATIVE_UINT64, &setup->seed) &&
              add_attribute(f->file, "shuffle_ties", H5T_NATIVE_UINT64, &setup->shuffle_ties) &&
              add_text_attribute(f->file, "name", TEXT(setup->name)) &&
              add_text_attribute(f->file, "title", TEXT(setup->title)) &&
              add_text_attribute(f->file, "build", TEXT(setup->build));
    hid_t run = H5Gcreate2(f->file, "run", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && run >= 0 && add_text(run, "scenario", TEXT(setup->scenario), setup->scenario_len) &&
         add_text(run, "overrides", TEXT(setup->overrides), strlen(TEXT(setup->overrides)));
#undef TEXT
    if (!ok || H5Gclose(run) < 0) return fail(f, "cannot write the head");
    return 0;
}

static int create(struct orr_trace_file *f, const struct orr_trace_setup *setup) {
    f->status = orr_place_prepare(f->path, f->draft, f->error, sizeof f->error);
    if (f->status) return f->status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST); /* SWMR needs it */
    f->file = H5Fcreate(f->draft, H5F_ACC_EXCL, H5P_DEFAULT, access);
    H5Pclose(access);
    if (f->file < 0) return fail(f, "cannot make the trace");
    if (write_head(f, setup)) return f->status;
    size_t column_size = 0;
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) {
        const struct orr_trace_table *table = orr_trace_table_of(i);
        f->groups[i] = (struct group){.table = table, .valid = -1};
        if (make_group(f, &f->groups[i])) return f->status;
        for (uint32_t c = 0; c < table->n_columns; c++)
            if ((size_t)table->columns[c].size * table->chunk_rows > column_size)
                column_size = (size_t)table->columns[c].size * table->chunk_rows;
    }
    f->column = orr_xrealloc(NULL, column_size);
    f->shuffled = orr_xrealloc(NULL, column_size);
    f->compressor = libdeflate_alloc_compressor(LEVEL);
    if (!f->compressor) return fail(f, "out of memory");
    f->packed_size = libdeflate_zlib_compress_bound(f->compressor, column_size);
    f->packed = orr_xrealloc(NULL, f->packed_size);
    if (H5Fflush(f->file, H5F_SCOPE_LOCAL) < 0 || H5Fstart_swmr_write(f->file) < 0)
        return fail(f, "cannot start writing");
    f->status = orr_place_take(f->draft, f->path, f->error, sizeof f->error);
    return f->status;
}

int orr_trace_file_create(struct orr_trace_file **file, const struct orr_trace_setup *setup,
                          char *error) {
    int loaded = orr_hdf5_load(error, ORR_TRACE_ERROR_LEN);
    if (loaded) return loaded;
    H5dont_atexit();          /* see orr_trace_file_close */
    signal(SIGXFSZ, SIG_IGN); /* past a size limit write() fails with EFBIG instead */
    struct orr_trace_file *f = orr_xrealloc(NULL, sizeof *f);
    *f = (struct orr_trace_file){.file = -1};
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) f->groups[i].valid = -1;
    snprintf(f->path, sizeof f->path, "%s", setup->path);
    orr_trace_file_enter(f);
    int status = create(f, setup);
    orr_trace_file_leave();
    if (status) unlink(f->draft);
    if (status) { /* what HDF5 holds open is abandoned, as in orr_trace_file_close */
        orr_trace_file_close(f, error);
        return status;
    }
    *file = f;
    return 0;
}

/* ---- rows ---- */

/* Takes one column out of n rows. */
static void gather(uint8_t *to, const uint8_t *rows, const struct orr_trace_column *column,
                   uint32_t row_size, uint32_t n) {
    const uint8_t *from = rows + column->offset;
    switch (column->size) {
#define GATHER(type)                                                 \
    for (uint32_t i = 0; i < n; i++, from += row_size)               \
        ((type *)(void *)to)[i] = *(const type *)(const void *)from; \
    break
    case 8: GATHER(uint64_t);
    case 4: GATHER(uint32_t);
    case 2: GATHER(uint16_t);
    case 1: GATHER(uint8_t);
#undef GATHER
    default:
        for (uint32_t i = 0; i < n; i++, from += row_size)
            memcpy(to + (size_t)i * column->size, from, column->size);
    }
}

static bool write_column(hid_t set, hid_t type, hsize_t at, hsize_t n, const void *values) {
    hsize_t end = at + n;
    if (H5Dset_extent(set, &end) < 0) return false;
    hid_t space = H5Dget_space(set), memory = H5Screate_simple(1, &n, NULL);
    bool ok = H5Sselect_hyperslab(space, H5S_SELECT_SET, &at, NULL, &n, NULL) >= 0 &&
              H5Dwrite(set, type, memory, space, H5P_DEFAULT, values) >= 0;
    H5Sclose(memory);
    H5Sclose(space);
    return ok;
}

/* Columns in which whole values repeat within a chunk (one message reaches many nodes) and single
 * bytes do not.  Without the shuffle filter, which a chunk may skip, they take half of the space.
 */
static bool repeats(const struct orr_trace_column *column) {
    return column->type == ORR_COLUMN_u64 || !strcmp(column->name, "sent_ns");
}

/* What HDF5's shuffle filter does: the first bytes of all values, then the second ones, ... */
static void shuffle(uint8_t *to, const uint8_t *from, size_t n, size_t size) {
    for (size_t byte = 0; byte < size; byte++)
        for (size_t i = 0; i < n; i++) *to++ = from[i * size + byte];
}

/* One whole chunk as HDF5's filters would make it; libdeflate takes a third of zlib's time. */
static bool write_chunk(struct orr_trace_file *f, hid_t set, hsize_t at, hsize_t n,
                        const struct orr_trace_column *column) {
    enum { SKIP_SHUFFLE = 1 }; /* bit of the first filter */
    bool has_shuffle = is_shuffled(column), skips = has_shuffle && repeats(column);
    const uint8_t *bytes = f->column;
    if (has_shuffle && !skips) {
        shuffle(f->shuffled, f->column, n, column->size);
        bytes = f->shuffled;
    }
    size_t len =
        libdeflate_zlib_compress(f->compressor, bytes, n * column->size, f->packed, f->packed_size);
    assert(len); /* there is room for the worst */
    hsize_t end = at + n;
    return H5Dset_extent(set, &end) >= 0 &&
           H5Dwrite_chunk(set, H5P_DEFAULT, skips ? SKIP_SHUFFLE : 0, &at, len, f->packed) >= 0;
}

int orr_trace_file_append(struct orr_trace_file *f, enum orr_trace_group group, const void *rows,
                          uint32_t n) {
    struct group *g = &f->groups[group];
    if (f->status || n == 0) return f->status;
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < g->table->chunk_rows ? n - done : g->table->chunk_rows;
        for (uint32_t i = 0; i < g->table->n_columns; i++) {
            const struct orr_trace_column *column = &g->table->columns[i];
            gather(f->column, (const uint8_t *)rows + (size_t)done * g->table->row_size, column,
                   g->table->row_size, part);
            hid_t type = value_type(column); /* little-endian, as this machine is */
            bool whole = part == g->table->chunk_rows && g->rows % part == 0;
            bool ok = whole ? write_chunk(f, g->columns[i], g->rows, part, column)
                            : write_column(g->columns[i], type, g->rows, part, f->column);
            H5Tclose(type);
            if (!ok) return fail(f, "cannot write %s/%s", g->table->name, column->name);
        }
        g->rows += part;
        done += part;
    }
    return 0;
}

int orr_trace_file_flush(struct orr_trace_file *f) {
    if (f->status) return f->status;
    bool news = false;
    for (unsigned i = 0; i < ORR_N_GROUPS; i++)
        news |= f->groups[i].rows != f->groups[i].valid_rows;
    if (!news) return 0;
    /* First the rows and all that leads to them, only then the counts that vouch for them. */
    if (H5Fflush(f->file, H5F_SCOPE_LOCAL) < 0) return fail(f, "cannot write");
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) {
        struct group *g = &f->groups[i];
        if (g->rows == g->valid_rows) continue;
        if (H5Dwrite(g->valid, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &g->rows) < 0 ||
            H5Dflush(g->valid) < 0)
            return fail(f, "cannot write %s/valid_rows", g->table->name);
        g->valid_rows = g->rows;
    }
    return 0;
}

static void close_all(struct orr_trace_file *f) {
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) {
        struct group *g = &f->groups[i];
        for (uint32_t c = 0; c < g->table->n_columns; c++)
            if (H5Dclose(g->columns[c]) < 0)
                fail(f, "cannot close %s/%s", g->table->name, g->table->columns[c].name);
        if (H5Dclose(g->valid) < 0) fail(f, "cannot close %s/valid_rows", g->table->name);
    }
    if (H5Fclose(f->file) < 0) fail(f, "cannot close");
}

int orr_trace_file_close(struct orr_trace_file *f, char *error) {
    /* After the flush nothing is left to write but the mark that the writer has gone: H5Fclose may
     * claim success for data that it failed to write, H5Fflush does not.  A file that failed is
     * left as it lies, as if the process had died: HDF5 1.10 would try the same writes again,
     * and its clean-up of a half closed file ends in a wild pointer. */
    if (orr_trace_file_flush(f) == 0) close_all(f);
    if (error) snprintf(error, ORR_TRACE_ERROR_LEN, "%s", f->error);
    int status = f->status;
    for (unsigned i = 0; i < ORR_N_GROUPS; i++) free(f->groups[i].columns);
    if (f->compressor) libdeflate_free_compressor(f->compressor);
    free(f->packed);
    free(f->shuffled);
    free(f->column);
    free(f);
    return status;
}
