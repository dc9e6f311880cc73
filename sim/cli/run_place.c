#include "sim/cli/run_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "models/base/bytes.h"
#include "models/base/sha256.h"

static bool is_folder(const char *path) {
    struct stat st;
    size_t len = strlen(path);
    return (len && path[len - 1] == '/') || (!stat(path, &st) && S_ISDIR(st.st_mode));
}

static bool is_seed(const char *override) { return !strncmp(override, "seed=", 5); }

/* `seed-7`, or `seed-7-1a2b3c4d` when more than the seed was changed; whether anything was. */
static bool name_run(const struct orr_scenario *s, uint64_t shuffle_ties, char *text, size_t size) {
    uint8_t digest[ORR_SHA256_BYTES] = {0}, ties[8];
    bool changed = shuffle_ties > 0;
    orr_store_le64(ties, shuffle_ties);
    for (uint32_t i = 0; i < s->n_overrides; i++) {
        if (is_seed(s->overrides[i])) continue;
        changed = true;
        orr_sha256_tagged(1, digest, sizeof digest, s->overrides[i], strlen(s->overrides[i]),
                          digest);
    }
    orr_sha256_tagged(2, digest, sizeof digest, ties, sizeof ties, digest);
    int len = snprintf(text, size, "seed-%llu", (unsigned long long)s->seed);
    if (changed)
        snprintf(text + len, size - (size_t)len, "-%02x%02x%02x%02x", digest[0], digest[1],
                 digest[2], digest[3]);
    return changed || s->n_overrides;
}

/* Does the part of a path behind `from` lead through a link? */
static bool has_link(char *path, size_t from) {
    struct stat st;
    bool found = false;
    for (char *p = path + from; *p && !found; p++) {
        if (*p != '/') continue;
        *p = 0;
        found = !lstat(path, &st) && S_ISLNK(st.st_mode);
        *p = '/';
    }
    return found;
}

bool orr_run_place(const struct orr_scenario *s, const char *out, uint64_t shuffle_ties, char *path,
                   size_t size) {
    char run[64];
    bool changed = name_run(s, shuffle_ties, run, sizeof run), folder = out && is_folder(out);
    const char *file = s->record.file, *slash = "";
    if (folder && out[strlen(out) - 1] != '/') slash = "/";
    size_t from = folder ? strlen(out) + strlen(slash) : strlen("out/");
    int len;
    if (out && !folder) {
        len = snprintf(path, size, "%s", out);
    } else if (file) {
        const char *name = strrchr(file, '/'), *dot = strrchr(name ? name : file, '.');
        int stem = (int)(dot ? dot - file : (long)strlen(file));
        len = snprintf(path, size, "%s%s%.*s%s%s%s", folder ? out : "out/", slash, stem, file,
                       changed ? "-" : "", changed ? run : "", dot ? dot : "");
    } else if (folder) {
        len = snprintf(path, size, "%s%s%s-%s.h5", out, slash, s->name, run);
    } else {
        len = snprintf(path, size, "out/%s/%s.h5", s->name, run);
    }
    if (len < 0 || (size_t)len >= size) {
        fprintf(stderr, "orrery run: the path of the trace is too long\n");
        return false;
    }
    if ((!out || folder) && has_link(path, from)) {
        fprintf(stderr, "orrery run: the path of the trace leads through a link: %s\n", path);
        return false;
    }
    return true;
}
