/* hdf5.h - HDF5 that is loaded when a trace is written or read, not when the program starts.
 *
 * Debian's libhdf5 brings curl, GnuTLS and Kerberos, thirty libraries that take longer to load than
 * a small run takes.  So nothing is linked to it: orr_hdf5_load() opens it, and below the names of
 * HDF5 stand for what it found.  Include this instead of <hdf5.h> and write HDF5 as ever; a
 * function that is used and not listed here does not link. */
#ifndef ORR_SIM_TRACE_HDF5_H
#define ORR_SIM_TRACE_HDF5_H

#include <hdf5.h>
#include <stddef.h>

/* Loads the library once; later calls are free.  0, or ORR_EIO with one line in `error`.  Nothing
 * of HDF5 may be used before it returned 0.  One thread at a time. */
int orr_hdf5_load(char *error, size_t error_len);

/* Functions and variables in use, by their names in the library. */
#define ORR_HDF5_NAMES(X)                                                               \
    X(H5Aclose) X(H5Acreate2) X(H5Aget_space) X(H5Aget_type) X(H5Aopen) X(H5Aread)      \
    X(H5Awrite) X(H5Dclose) X(H5Dcreate2) X(H5Dflush) X(H5Dget_create_plist)            \
    X(H5Dget_space) X(H5Dget_type) X(H5Dopen2) X(H5Dread) X(H5Dset_extent) X(H5Dwrite)  \
    X(H5Dwrite_chunk) X(H5Eclear2) X(H5Eset_auto2) X(H5Ewalk2) X(H5Fclose) X(H5Fcreate) \
    X(H5Fflush) X(H5Fopen) X(H5Fstart_swmr_write) X(H5Gclose) X(H5Gcreate2) X(H5Gopen2) \
    X(H5Lexists) X(H5Lget_info) X(H5PLset_loading_state) X(H5Pclose) X(H5Pcreate)       \
    X(H5Pget_external_count) X(H5Pget_filter2) X(H5Pget_layout) X(H5Pget_nfilters)      \
    X(H5Pset_alloc_time) X(H5Pset_chunk) X(H5Pset_chunk_cache) X(H5Pset_deflate)        \
    X(H5Pset_libver_bounds) X(H5Pset_metadata_read_attempts) X(H5Pset_obj_track_times)  \
    X(H5Pset_shuffle) X(H5Sclose) X(H5Screate) X(H5Screate_simple)                      \
    X(H5Sget_simple_extent_dims) X(H5Sget_simple_extent_ndims)                          \
    X(H5Sget_simple_extent_npoints) X(H5Sselect_hyperslab) X(H5Tclose) X(H5Tcopy)       \
    X(H5Tget_class) X(H5Tget_sign) X(H5Tget_size) X(H5Tis_variable_str) X(H5Tset_cset)  \
    X(H5Tset_size) X(H5Tset_strpad) X(H5check_version) X(H5dont_atexit) X(H5open)       \
    X(H5P_CLS_DATASET_ACCESS_ID_g) X(H5P_CLS_DATASET_CREATE_ID_g)                       \
    X(H5P_CLS_FILE_ACCESS_ID_g) X(H5P_CLS_FILE_CREATE_ID_g)                             \
    X(H5P_CLS_GROUP_CREATE_ID_g) X(H5T_C_S1_g) X(H5T_IEEE_F64LE_g)                      \
    X(H5T_NATIVE_DOUBLE_g) X(H5T_NATIVE_INT64_g) X(H5T_NATIVE_UINT16_g)                 \
    X(H5T_NATIVE_UINT32_g) X(H5T_NATIVE_UINT64_g) X(H5T_NATIVE_UINT8_g)                 \
    X(H5T_STD_I64LE_g) X(H5T_STD_U16LE_g) X(H5T_STD_U32LE_g) X(H5T_STD_U64LE_g)         \
    X(H5T_STD_U8LE_g)

struct orr_hdf5 {
#define NAME(name) __typeof__(&name) name;
    ORR_HDF5_NAMES(NAME)
#undef NAME
};
extern struct orr_hdf5 orr_hdf5; /* set by orr_hdf5_load; all NULL before */

#define H5Aclose                      (*orr_hdf5.H5Aclose)
#define H5Acreate2                    (*orr_hdf5.H5Acreate2)
#define H5Aget_space                  (*orr_hdf5.H5Aget_space)
#define H5Aget_type                   (*orr_hdf5.H5Aget_type)
#define H5Aopen                       (*orr_hdf5.H5Aopen)
#define H5Aread                       (*orr_hdf5.H5Aread)
#define H5Awrite                      (*orr_hdf5.H5Awrite)
#define H5Dclose                      (*orr_hdf5.H5Dclose)
#define H5Dcreate2                    (*orr_hdf5.H5Dcreate2)
#define H5Dflush                      (*orr_hdf5.H5Dflush)
#define H5Dget_create_plist           (*orr_hdf5.H5Dget_create_plist)
#define H5Dget_space                  (*orr_hdf5.H5Dget_space)
#define H5Dget_type                   (*orr_hdf5.H5Dget_type)
#define H5Dopen2                      (*orr_hdf5.H5Dopen2)
#define H5Dread                       (*orr_hdf5.H5Dread)
#define H5Dset_extent                 (*orr_hdf5.H5Dset_extent)
#define H5Dwrite                      (*orr_hdf5.H5Dwrite)
#define H5Dwrite_chunk                (*orr_hdf5.H5Dwrite_chunk)
#define H5Eclear2                     (*orr_hdf5.H5Eclear2)
#define H5Eset_auto2                  (*orr_hdf5.H5Eset_auto2)
#define H5Ewalk2                      (*orr_hdf5.H5Ewalk2)
#define H5Fclose                      (*orr_hdf5.H5Fclose)
#define H5Fcreate                     (*orr_hdf5.H5Fcreate)
#define H5Fflush                      (*orr_hdf5.H5Fflush)
#define H5Fopen                       (*orr_hdf5.H5Fopen)
#define H5Fstart_swmr_write           (*orr_hdf5.H5Fstart_swmr_write)
#define H5Gclose                      (*orr_hdf5.H5Gclose)
#define H5Gcreate2                    (*orr_hdf5.H5Gcreate2)
#define H5Gopen2                      (*orr_hdf5.H5Gopen2)
#define H5Lexists                     (*orr_hdf5.H5Lexists)
#define H5Lget_info                   (*orr_hdf5.H5Lget_info)
#define H5PLset_loading_state         (*orr_hdf5.H5PLset_loading_state)
#define H5Pclose                      (*orr_hdf5.H5Pclose)
#define H5Pcreate                     (*orr_hdf5.H5Pcreate)
#define H5Pget_external_count         (*orr_hdf5.H5Pget_external_count)
#define H5Pget_filter2                (*orr_hdf5.H5Pget_filter2)
#define H5Pget_layout                 (*orr_hdf5.H5Pget_layout)
#define H5Pget_nfilters               (*orr_hdf5.H5Pget_nfilters)
#define H5Pset_alloc_time             (*orr_hdf5.H5Pset_alloc_time)
#define H5Pset_chunk                  (*orr_hdf5.H5Pset_chunk)
#define H5Pset_chunk_cache            (*orr_hdf5.H5Pset_chunk_cache)
#define H5Pset_deflate                (*orr_hdf5.H5Pset_deflate)
#define H5Pset_libver_bounds          (*orr_hdf5.H5Pset_libver_bounds)
#define H5Pset_metadata_read_attempts (*orr_hdf5.H5Pset_metadata_read_attempts)
#define H5Pset_obj_track_times        (*orr_hdf5.H5Pset_obj_track_times)
#define H5Pset_shuffle                (*orr_hdf5.H5Pset_shuffle)
#define H5Sclose                      (*orr_hdf5.H5Sclose)
#define H5Screate                     (*orr_hdf5.H5Screate)
#define H5Screate_simple              (*orr_hdf5.H5Screate_simple)
#define H5Sget_simple_extent_dims     (*orr_hdf5.H5Sget_simple_extent_dims)
#define H5Sget_simple_extent_ndims    (*orr_hdf5.H5Sget_simple_extent_ndims)
#define H5Sget_simple_extent_npoints  (*orr_hdf5.H5Sget_simple_extent_npoints)
#define H5Sselect_hyperslab           (*orr_hdf5.H5Sselect_hyperslab)
#define H5Tclose                      (*orr_hdf5.H5Tclose)
#define H5Tcopy                       (*orr_hdf5.H5Tcopy)
#define H5Tget_class                  (*orr_hdf5.H5Tget_class)
#define H5Tget_sign                   (*orr_hdf5.H5Tget_sign)
#define H5Tget_size                   (*orr_hdf5.H5Tget_size)
#define H5Tis_variable_str            (*orr_hdf5.H5Tis_variable_str)
#define H5Tset_cset                   (*orr_hdf5.H5Tset_cset)
#define H5Tset_size                   (*orr_hdf5.H5Tset_size)
#define H5Tset_strpad                 (*orr_hdf5.H5Tset_strpad)
#define H5check_version               (*orr_hdf5.H5check_version)
#define H5dont_atexit                 (*orr_hdf5.H5dont_atexit)
#define H5open                        (*orr_hdf5.H5open)
#define H5P_CLS_DATASET_ACCESS_ID_g   (*orr_hdf5.H5P_CLS_DATASET_ACCESS_ID_g)
#define H5P_CLS_DATASET_CREATE_ID_g   (*orr_hdf5.H5P_CLS_DATASET_CREATE_ID_g)
#define H5P_CLS_FILE_ACCESS_ID_g      (*orr_hdf5.H5P_CLS_FILE_ACCESS_ID_g)
#define H5P_CLS_FILE_CREATE_ID_g      (*orr_hdf5.H5P_CLS_FILE_CREATE_ID_g)
#define H5P_CLS_GROUP_CREATE_ID_g     (*orr_hdf5.H5P_CLS_GROUP_CREATE_ID_g)
#define H5T_C_S1_g                    (*orr_hdf5.H5T_C_S1_g)
#define H5T_IEEE_F64LE_g              (*orr_hdf5.H5T_IEEE_F64LE_g)
#define H5T_NATIVE_DOUBLE_g           (*orr_hdf5.H5T_NATIVE_DOUBLE_g)
#define H5T_NATIVE_INT64_g            (*orr_hdf5.H5T_NATIVE_INT64_g)
#define H5T_NATIVE_UINT16_g           (*orr_hdf5.H5T_NATIVE_UINT16_g)
#define H5T_NATIVE_UINT32_g           (*orr_hdf5.H5T_NATIVE_UINT32_g)
#define H5T_NATIVE_UINT64_g           (*orr_hdf5.H5T_NATIVE_UINT64_g)
#define H5T_NATIVE_UINT8_g            (*orr_hdf5.H5T_NATIVE_UINT8_g)
#define H5T_STD_I64LE_g               (*orr_hdf5.H5T_STD_I64LE_g)
#define H5T_STD_U16LE_g               (*orr_hdf5.H5T_STD_U16LE_g)
#define H5T_STD_U32LE_g               (*orr_hdf5.H5T_STD_U32LE_g)
#define H5T_STD_U64LE_g               (*orr_hdf5.H5T_STD_U64LE_g)
#define H5T_STD_U8LE_g                (*orr_hdf5.H5T_STD_U8LE_g)
#endif
