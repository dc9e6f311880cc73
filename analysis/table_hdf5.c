#include "analysis/table_hdf5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/alloc.h"
#include "models/base/error.h"
#include "sim/trace/hdf5.h"

struct writing {
    const struct orr_table *table;
    const char *path;
    char *error;
    hid_t file, group;
};

static int complain(const struct writing *w, int code, const char *column, const char *what) {
    snprintf(w->error, ORR_TABLE_ERROR, "%.250s: %.100s%s%s", w->path, column ? column : "",
             column ? ": " : "", what);
    return code;
}

static hid_t text_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size ? size : 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

/* How an object is made: without the time at which it was, which would change the bytes. */
static hid_t timeless(hid_t class) {
    hid_t how = H5Pcreate(class);
    H5Pset_obj_track_times(how, false);
    return how;
}

static bool add_dataset(hid_t group, const char *name, hid_t stored, hid_t given, hsize_t n,
                        const void *values) {
    hid_t space = H5Screate_simple(1, &n, NULL), how = timeless(H5P_DATASET_CREATE);
    hid_t set = H5Dcreate2(group, name, stored, space, H5P_DEFAULT, how, H5P_DEFAULT);
    bool good = set >= 0 && H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (set >= 0) good = H5Dclose(set) >= 0 && good;
    H5Pclose(how);
    H5Sclose(space);
    return good;
}

static bool add_attribute(hid_t object, const char *name, hid_t type, const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t set = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool good = set >= 0 && H5Awrite(set, type, value) >= 0;
    if (set >= 0) H5Aclose(set);
    H5Sclose(space);
    return good;
}

/* ---- columns ---- */

static bool all_numbers(const struct orr_table *t, size_t column) {
    double value;
    for (size_t row = 0; row < t->n_rows; row++)
        if (!orr_table_number(t, row, column, &value)) return false;
    return t->n_rows > 0;
}

static bool write_texts(const struct writing *w, size_t column, const char *name) {
    const struct orr_table *t = w->table;
    size_t size = 1;
    for (size_t row = 0; row < t->n_rows; row++) {
        size_t len = strlen(orr_table_cell(t, row, column));
        if (len > size) size = len;
    }
    char *values = orr_need(t->n_rows, size);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *cell = orr_table_cell(t, row, column);
        memset(values + row * size, 0, size);
        memcpy(values + row * size, cell, strlen(cell));
    }
    hid_t type = text_type(size);
    bool good = add_dataset(w->group, name, type, type, t->n_rows, values);
    H5Tclose(type);
    free(values);
    return good;
}

/* A cell as a whole number below 2^64. */
static bool whole(const char *cell, uint64_t *value) {
    *value = 0;
    for (const char *c = cell; *c; c++)
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*c - '0'), value))
            return false;
    return *cell;
}

static int write_wholes(const struct writing *w, size_t column, const char *name) {
    const struct orr_table *t = w->table;
    uint64_t *values = orr_need(t->n_rows, sizeof *values);
    bool good = true, written = false;
    for (size_t row = 0; row < t->n_rows && good; row++)
        good = whole(orr_table_cell(t, row, column), &values[row]);
    if (good)
        written = add_dataset(w->group, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, t->n_rows, values);
    free(values);
    if (!good) return complain(w, ORR_EFORMAT, name, "holds what is no whole number");
    return written ? 0 : ORR_EIO;
}

static int write_numbers(const struct writing *w, size_t column, const char *name) {
    const struct orr_table *t = w->table;
    double *values = orr_need(t->n_rows, sizeof *values);
    bool good = true, written = false;
    for (size_t row = 0; row < t->n_rows && good; row++) {
        if (orr_table_number(t, row, column, &values[row])) continue;
        good = !*orr_table_cell(t, row, column);
        values[row] = NAN;
    }
    if (good)
        written = add_dataset(w->group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, t->n_rows, values);
    free(values);
    if (!good) return complain(w, ORR_EFORMAT, name, "holds what is no number");
    return written ? 0 : ORR_EIO;
}

static int write_column(const struct writing *w, size_t column, enum orr_table_type type) {
    char name[256];
    snprintf(name, sizeof name, "%s", w->table->head[column]);
    for (char *c = name; *c; c++)
        if (*c == '/') *c = '|';
    if (type == ORR_TABLE_EITHER)
        type = all_numbers(w->table, column) ? ORR_TABLE_NUMBER : ORR_TABLE_TEXT;
    if (type == ORR_TABLE_WHOLE) return write_wholes(w, column, name);
    if (type == ORR_TABLE_NUMBER) return write_numbers(w, column, name);
    return write_texts(w, column, name) ? 0 : ORR_EIO;
}

static int write_all(struct writing *w, const enum orr_table_type *types) {
    const uint32_t version = ORR_TABLE_VERSION;
    uint64_t n_rows = w->table->n_rows;
    hid_t schema = text_type(sizeof ORR_TABLE_SCHEMA - 1);
    bool good = add_attribute(w->file, "schema", schema, ORR_TABLE_SCHEMA) &&
                add_attribute(w->file, "schema_version", H5T_STD_U32LE, &version);
    H5Tclose(schema);
    hid_t how = timeless(H5P_GROUP_CREATE);
    w->group = H5Gcreate2(w->file, "runs", H5P_DEFAULT, how, H5P_DEFAULT);
    H5Pclose(how);
    good = good && w->group >= 0 &&
           add_dataset(w->group, "valid_rows", H5T_STD_U64LE, H5T_NATIVE_UINT64, 1, &n_rows);
    int status = good ? 0 : ORR_EIO;
    for (size_t i = 0; i < w->table->n_columns && !status; i++)
        status = write_column(w, i, types[i]);
    if (w->group >= 0) H5Gclose(w->group);
    return status;
}

int orr_table_write_hdf5(const struct orr_table *table, const enum orr_table_type *types,
                         const char *path, char error[ORR_TABLE_ERROR]) {
    struct writing w = {.table = table, .path = path, .error = error, .group = -1};
    *error = '\0';
    int status = orr_hdf5_load(error, ORR_TABLE_ERROR);
    if (status) return status;
    H5open();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), how = timeless(H5P_FILE_CREATE);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    w.file = H5Fcreate(path, H5F_ACC_EXCL, how, access);
    H5Pclose(access), H5Pclose(how);
    if (w.file < 0) return complain(&w, ORR_EIO, NULL, "cannot be written");
    status = write_all(&w, types);
    if (H5Fclose(w.file) < 0 && !status) status = ORR_EIO;
    if (status) unlink(path);
    if (status && !*error) complain(&w, status, NULL, "cannot be written");
    return status;
}
