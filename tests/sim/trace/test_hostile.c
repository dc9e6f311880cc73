/* Well-formed HDF5 files that are no honest traces. */
#include <hdf5.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

#include "analysis/reader.h"
#include "tests/sim/trace/feed.h"

/* A good trace, then change(file) by HDF5; the reader must refuse it with `status` and say `words`.
 */
static void refuse(void (*change)(hid_t file), int status, const char *words) {
    char error[ORR_READER_ERROR_LEN] = "";
    const char *path = feed_path("hostile.h5");
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    for (uint64_t i = 0; i < 100; i++) feed_tell(trace, feed_event(i));
    ck_assert_int_eq(orr_trace_close(trace, NULL, NULL, 0), 0);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    ck_assert_int_ge(file, 0);
    change(file);
    ck_assert_int_ge(H5Fclose(file), 0);

    struct orr_trace_reader *reader = NULL;
    int got = orr_trace_reader_open(&reader, path, error);
    for (unsigned group = 0; !got && group < ORR_N_GROUPS; group++) {
        void *rows = NULL;
        got = orr_trace_reader_all(reader, group, 1 << 20, &rows, error);
        free(rows);
    }
    orr_trace_reader_close(reader);
    ck_assert_int_eq(got, status);
    ck_assert_msg(!strncmp(error, path, strlen(path)) && strstr(error, words), "%s", error);
    unlink(path);
}

static void write_u64(hid_t file, const char *name, uint64_t value) {
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value);
    H5Dclose(set);
}

static void count_too_many(hid_t file) { write_u64(file, "events/valid_rows", 101); }
static void count_without_end(hid_t file) { write_u64(file, "nodes/valid_rows", UINT64_MAX); }
START_TEST(a_count_of_rows_that_are_not_there_is_refused) {
    refuse(count_too_many, ORR_ECORRUPT, "/events/time_ns: has 100 rows where valid_rows says 101");
    refuse(count_without_end, ORR_ECORRUPT, "/nodes/valid_rows: says 18446744073709551615");
}
END_TEST

static void set_version(hid_t file) {
    uint32_t version = 99;
    hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_UINT32, &version);
    H5Aclose(attribute);
}
static void lose_schema(hid_t file) { H5Adelete(file, "schema"); }
static void lose_scenario(hid_t file) { H5Ldelete(file, "run/scenario", H5P_DEFAULT); }
START_TEST(another_version_or_none_is_refused) {
    refuse(set_version, ORR_EFORMAT, "schema version 99; this program reads 2");
    refuse(lose_schema, ORR_EFORMAT, "is an HDF5 file but no trace: attribute 'schema'");
    refuse(lose_scenario, ORR_ECORRUPT, "/run/scenario: is not a text");
}
END_TEST

static void link_out(hid_t file) {
    H5Ldelete(file, "events", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/", file, "events", H5P_DEFAULT, H5P_DEFAULT);
}
static void link_soft(hid_t file) {
    H5Ldelete(file, "events/node", H5P_DEFAULT);
    H5Lcreate_soft("/events/peer", file, "events/node", H5P_DEFAULT, H5P_DEFAULT);
}
START_TEST(links_are_not_followed) {
    refuse(link_out, ORR_ECORRUPT, "/events: is not an object of this file");
    refuse(link_soft, ORR_ECORRUPT, "/events/node: is not an object of this file");
}
END_TEST

static void replace_node(hid_t file, hid_t type, hid_t layout, int rank) {
    hsize_t dims[2] = {100, 1};
    hid_t space = H5Screate_simple(rank, dims, NULL);
    H5Ldelete(file, "events/node", H5P_DEFAULT);
    hid_t set = H5Dcreate2(file, "events/node", type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    ck_assert_int_ge(set, 0);
    H5Dclose(set);
    H5Sclose(space);
}
static void store_outside(hid_t file) {
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(layout, "/etc/passwd", 0, 400);
    replace_node(file, H5T_STD_U32LE, layout, 1);
}
static void filter_otherwise(hid_t file) {
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk = 100;
    H5Pset_chunk(layout, 1, &chunk);
    H5Pset_scaleoffset(layout, H5Z_SO_INT, 0);
    replace_node(file, H5T_STD_U32LE, layout, 1);
}
static void type_float(hid_t file) { replace_node(file, H5T_IEEE_F32LE, H5P_DEFAULT, 1); }
static void type_signed(hid_t file) { replace_node(file, H5T_STD_I32LE, H5P_DEFAULT, 1); }
static void two_ranks(hid_t file) { replace_node(file, H5T_STD_U32LE, H5P_DEFAULT, 2); }
START_TEST(columns_of_another_make_are_refused) {
    static void (*const changes[])(hid_t) = {store_outside, filter_otherwise, type_float,
                                             type_signed, two_ranks};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        refuse(changes[i], ORR_EFORMAT, "/events/node: is not a column as a trace has it");
}
END_TEST

static void lose_column(hid_t file) { H5Ldelete(file, "events/key", H5P_DEFAULT); }
START_TEST(a_column_that_an_older_trace_lacks_reads_as_zeros) {
    char error[ORR_READER_ERROR_LEN] = "";
    const char *path = feed_path("older.h5");
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_tell(trace, feed_event(0));
    ck_assert_int_eq(orr_trace_close(trace, NULL, NULL, 0), 0);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    lose_column(file);
    H5Fclose(file);
    struct orr_trace_reader *reader = NULL;
    struct orr_row_events row, wanted = feed_row(0);
    ck_assert_msg(orr_trace_reader_open(&reader, path, error) == 0, "%s", error);
    ck_assert_int_eq(orr_trace_reader_rows(reader, ORR_GROUP_events, 0, 1, &row, error), 0);
    ck_assert_uint_ne(wanted.key, 0);
    wanted.key = 0;
    ck_assert_int_eq(memcmp(&row, &wanted, sizeof row), 0);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("hostile", a_count_of_rows_that_are_not_there_is_refused,
              another_version_or_none_is_refused, links_are_not_followed,
              columns_of_another_make_are_refused,
              a_column_that_an_older_trace_lacks_reads_as_zeros)
