/* code.h - code as a command line gives it. */
#ifndef ORR_SIM_CLI_VM_CODE_H
#define ORR_SIM_CLI_VM_CODE_H

#include "sim/base/json.h"

/* A whole file, or standard input for "-", with a zero byte behind its end; at most max_bytes.
 * free() the bytes.  Returns 0 or ORR_EIO or ORR_ELIMIT after a message on standard error. */
int orr_vm_read_file(const char *verb, const char *path, size_t max_bytes, struct orr_buffer *out);

enum { ORR_MAX_JSON_BYTES = 1 << 30 };

/* A JSON file of at most max_bytes, or standard input for "-".  Numbers too large for 63 bits are
 * read as strings of their digits.  json_decref *json.  Returns 0, or after a message with the
 * place on standard error ORR_EIO, ORR_ELIMIT or ORR_EFORMAT. */
int orr_vm_read_json(const char *verb, const char *path, size_t max_bytes, json_t **json);

/* EVM code from an argument: hexadecimal digits with or without 0x; or a file ("-": standard input)
 * of such digits, spaces allowed, or of assembly (vm_asm.h).  free() the bytes.  Returns 0, or an
 * ORR_E* after a message with the place on standard error; verb ("vm run") is named there. */
int orr_vm_code_argument(const char *verb, const char *argument, struct orr_buffer *out);
#endif
