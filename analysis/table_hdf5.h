/* table_hdf5.h - a table as an HDF5 file, for programs that would rather not parse text.
 *
 * The file has a group `runs` with one dataset for each column and `valid_rows`, the number of
 * rows, as the groups of a trace have it (sim/trace/schema.h); root attributes `schema`
 * ("orrery-sweep") and `schema_version`.  Equal tables give equal bytes. */
#ifndef ORR_ANALYSIS_TABLE_HDF5_H
#define ORR_ANALYSIS_TABLE_HDF5_H

#include "analysis/table.h"

#define ORR_TABLE_SCHEMA  "orrery-sweep"
#define ORR_TABLE_VERSION 1

enum orr_table_type {
    ORR_TABLE_TEXT,   /* UTF-8, padded with NULs to the longest                            */
    ORR_TABLE_WHOLE,  /* uint64; a cell that is none is refused                            */
    ORR_TABLE_NUMBER, /* float64; NaN where a cell is empty                                */
    ORR_TABLE_EITHER  /* NUMBER, if every cell of the column is one, else TEXT             */
};

/* Writes path, which must not be there.  types[n_columns].  A `/` in a column's name is written as
 * `|`, because HDF5 takes it for a folder.  Errors with one line: ORR_EIO (it cannot be written, or
 * HDF5 cannot be loaded), ORR_EFORMAT (a cell is not of its column's type); nothing is left. */
int orr_table_write_hdf5(const struct orr_table *table, const enum orr_table_type *types,
                         const char *path, char error[ORR_TABLE_ERROR]);
#endif
