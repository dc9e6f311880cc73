#include "sim/cli/vm/code.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/diag.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/asm.h"

#define MAX_SOURCE_BYTES (16u << 20) /* the text of ORR_ASM_MAX_CODE bytes of code, with room */

int orr_vm_read_file(const char *verb, const char *path, size_t max_bytes, struct orr_buffer *out) {
    bool is_stdin = !strcmp(path, "-");
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "orrery %s: %s: %s\n", verb, path, strerror(errno));
        return ORR_EIO;
    }
    uint8_t *bytes = NULL;
    size_t len = 0, cap = 0, n = 1;
    while (n && len <= max_bytes) {
        if (cap - len < 4096) bytes = orr_xrealloc(bytes, cap = 2 * cap + 8192);
        len += n = fread(bytes + len, 1, cap - len - 1, file);
    }
    bool failed = ferror(file);
    if (!is_stdin) fclose(file);
    if (failed || len > max_bytes) {
        fprintf(stderr, "orrery %s: %s: %s\n", verb, path,
                failed ? strerror(errno) : "the file is too large");
        free(bytes);
        return failed ? ORR_EIO : ORR_ELIMIT;
    }
    bytes[len] = 0;
    *out = (struct orr_buffer){bytes, len};
    return 0;
}

int orr_vm_read_json(const char *verb, const char *path, size_t max_bytes, json_t **json) {
    struct orr_buffer raw;
    json_error_t error;
    int failed = orr_vm_read_file(verb, path, max_bytes, &raw);
    if (failed) return failed;
    *json = orr_json_parse((const char *)raw.bytes, raw.len, &error);
    free(raw.bytes);
    if (*json) return 0;
    fprintf(stderr, "%s:%d:%d: error: ", path, error.line, error.column);
    orr_text_print(error.text, strlen(error.text), stderr);
    fputc('\n', stderr);
    return ORR_EFORMAT;
}

/* Takes spaces out of text in place; whether only hexadecimal digits are left, perhaps after 0x. */
static bool squeeze_hex(char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (!isspace((unsigned char)text[i])) text[n++] = text[i];
    text[n] = 0;
    const char *p = text;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) p += 2;
    return strspn(p, "0123456789abcdefABCDEF") == strlen(p) && strlen(text) == n;
}

static int assemble(const char *verb, const char *path, const struct orr_buffer *source,
                    struct orr_buffer *out) {
    struct orr_asm_error error = {0};
    const char *text = (const char *)source->bytes;
    int failed = orr_asm_assemble(text, source->len, &out->bytes, &out->len, &error);
    if (failed == ORR_ELIMIT) {
        fprintf(stderr, "orrery %s: %s: more than %u bytes of code\n", verb, path,
                ORR_ASM_MAX_CODE);
    } else if (failed) {
        const char *line = text;
        for (unsigned i = 1; i < error.line; i++) line = strchr(line, '\n') + 1;
        fprintf(stderr, "%s:%u:%u: error: %s\n%.*s\n%*s^\n", path, error.line, error.column,
                error.text, (int)strcspn(line, "\r\n"), line, (int)error.column - 1, "");
    }
    return failed;
}

int orr_vm_code_argument(const char *verb, const char *argument, struct orr_buffer *out) {
    FILE *probe = strcmp(argument, "-") ? fopen(argument, "rb") : stdin;
    if (!probe) {
        if (!orr_hex_decode(argument, out)) return 0;
        char why[64];
        orr_hex_fault(argument, why);
        fprintf(stderr, "orrery %s: '", verb);
        orr_text_print(argument, strnlen(argument, 60), stderr);
        fprintf(stderr, "': no such file; and as code: %s\n", why);
        return ORR_EFORMAT;
    }
    if (probe != stdin) fclose(probe);
    struct orr_buffer source;
    int failed = orr_vm_read_file(verb, argument, MAX_SOURCE_BYTES, &source);
    if (failed) return failed;
    char *copy = orr_xrealloc(NULL, source.len + 1);
    memcpy(copy, source.bytes, source.len + 1);
    if (squeeze_hex(copy, source.len)) {
        failed = orr_hex_decode(copy, out);
        if (failed)
            fprintf(stderr, "orrery %s: %s: an odd number of hexadecimal digits\n", verb, argument);
    } else {
        failed = assemble(verb, argument, &source, out);
    }
    free(copy);
    free(source.bytes);
    return failed;
}
