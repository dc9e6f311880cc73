#include "sim/base/plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/sha256.h"
#include "sim/base/compile.h"
#include "sim/base/file.h"
#include "sim/base/memory.h"

#ifdef __SANITIZE_ADDRESS__
/* A plug-in is often a copy of a protocol of the program, under the same names. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_odr_violation=0"; }
#endif

static const struct orr_plugin *loaded; /* the newest first */

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n > m && !strcmp(text + n - m, end);
}

bool orr_plugin_is_path(const char *text) {
    return strchr(text, '/') && (ends_with(text, ".c") || ends_with(text, ".so"));
}

/* ---- what a shared object exports ---- */

static bool inside(uint64_t start, uint64_t len, size_t size) {
    return start <= size && len <= size - start;
}

/* The symbol number i of an object file of `size` bytes, or NULL past the last. */
static const Elf64_Sym *symbol(const char *file, size_t size, uint64_t i, const char **name) {
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)file;
    if (size < sizeof *head || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
        !inside(head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr), size))
        return NULL;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(file + head->e_shoff);
    for (uint32_t s = 0; s < head->e_shnum; s++) {
        const Elf64_Shdr *table = &sections[s];
        if (table->sh_type != SHT_DYNSYM || table->sh_link >= head->e_shnum) continue;
        const Elf64_Shdr *names = &sections[table->sh_link];
        if (!inside(table->sh_offset, table->sh_size, size) ||
            !inside(names->sh_offset, names->sh_size, size) ||
            i >= table->sh_size / sizeof(Elf64_Sym))
            return NULL;
        const Elf64_Sym *sym = (const Elf64_Sym *)(file + table->sh_offset) + i;
        *name = sym->st_name < names->sh_size ? file + names->sh_offset + sym->st_name : "";
        return sym;
    }
    return NULL;
}

/* What it found among the exported objects. */
struct found {
    const struct orr_protocol *protocol;
    const char *name, *second;
    uint32_t other_abi; /* of one that was made for another abi; 0: none */
};

/* A protocol is an exported object of the size of struct orr_protocol that begins with the abi. */
static struct found find_protocols(const char *file, size_t size, void *handle) {
    struct found found = {0};
    const char *name = "";
    const Elf64_Sym *sym;
    for (uint64_t i = 0; (sym = symbol(file, size, i, &name)); i++) {
        if (ELF64_ST_TYPE(sym->st_info) != STT_OBJECT || sym->st_shndx == SHN_UNDEF ||
            sym->st_size < sizeof(uint32_t))
            continue;
        const uint32_t *abi = dlsym(handle, name);
        if (!abi) continue;
        if (sym->st_size == sizeof(struct orr_protocol) && *abi == ORR_ABI) {
            if (found.protocol) found.second = name;
            else found.protocol = (const struct orr_protocol *)abi, found.name = name;
        } else if (!strncmp(name, "orr_", 4) && *abi && *abi < 10000) {
            found.other_abi = *abi;
        }
    }
    return found;
}

static int refuse(struct orr_diags *diags, struct orr_span where, const char *path,
                  const struct found *found) {
    if (found->second)
        orr_diag_add(diags, ORR_DIAG_ERROR, where, "one protocol a plug-in",
                     "'%.200s' exports two protocols: %.80s and %.80s", path, found->name,
                     found->second);
    else if (found->other_abi)
        orr_diag_add(diags, ORR_DIAG_ERROR, where, "build it again with this version's headers",
                     "'%.200s' was made for abi %u of models/protocol.h, and this is abi %u", path,
                     found->other_abi, ORR_ABI);
    else
        orr_diag_add(diags, ORR_DIAG_ERROR, where,
                     "accepted: one `const struct orr_protocol name = {.abi = ORR_ABI, ...};`, not "
                     "static",
                     "'%.200s' exports no protocol", path);
    return found->other_abi && !found->second ? ORR_EUNSUPPORTED : ORR_EFORMAT;
}

/* ---- loading ---- */

static const char *missing_part(const struct orr_protocol *p) {
    return !p->name || !*p->name ? "name" : !p->init ? "init" : !p->step ? "step" : NULL;
}

static const char *enum_flaw(const struct orr_config_key *key) {
    uint32_t n = 0;
    if (!key->choices) return "a key of type ORR_CONFIG_ENUM without .choices";
    while (key->choices[n] && n <= ORR_CONFIG_CHOICES_MAX) n++;
    if (n > ORR_CONFIG_CHOICES_MAX) return "a key with more than 31 choices";
    return key->fallback < n ? NULL : "a key whose .fallback is none of its choices";
}

const char *orr_config_flaw(const struct orr_config_key *keys, size_t size) {
    for (const struct orr_config_key *key = keys; key && key->name; key++) {
        size_t needs = key->type == ORR_CONFIG_BOOL   ? sizeof(bool)
                       : key->type == ORR_CONFIG_ENUM ? sizeof(uint32_t)
                       : key->type == ORR_CONFIG_LIST ? sizeof(struct orr_config_list)
                                                      : sizeof(uint64_t);
        const char *flaw = key->type == ORR_CONFIG_ENUM ? enum_flaw(key) : NULL;
        if (flaw) return flaw;
        if (key->offset > size || size - key->offset < needs)
            return "a key that is not inside its struct (.offset, .config_size)";
        if (!key->help) return "a key without .help";
        if ((unsigned)key->type > ORR_CONFIG_LIST) return "a key of no type that there is";
    }
    return NULL;
}

/* Opens a shared object whose file has been read. */
static int open_object(const char *object, const char *path, const char *file, size_t size,
                       struct orr_span where, struct orr_diags *diags, struct orr_plugin *plugin) {
    plugin->handle = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle) {
        orr_diag_add(diags, ORR_DIAG_ERROR, where, dlerror(), "'%.200s' cannot be loaded", path);
        return ORR_EFORMAT;
    }
    struct found found = find_protocols(file, size, plugin->handle);
    const char *missing = found.protocol ? missing_part(found.protocol) : NULL;
    const char *flaw = NULL;
    if (found.protocol)
        flaw = orr_config_flaw(found.protocol->config, found.protocol->config_size);
    int error = 0;
    if (!found.protocol || found.second) {
        error = refuse(diags, where, path, &found);
    } else if (missing) {
        orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL, "%.80s of '%.200s' has no .%s", found.name,
                     path, missing);
        error = ORR_EFORMAT;
    } else if (flaw) {
        orr_diag_add(diags, ORR_DIAG_ERROR, where, "struct orr_config_key of models/protocol.h",
                     "%.80s of '%.200s' has %s", found.name, path, flaw);
        error = ORR_EFORMAT;
    }
    if (error) dlclose(plugin->handle);
    plugin->protocol = found.protocol;
    return error;
}

static char *copy_of(const char *text) {
    size_t len = strlen(text) + 1;
    return memcpy(orr_xrealloc(NULL, len), text, len);
}

int orr_plugin_load(const char *path, struct orr_span where, struct orr_diags *diags,
                    const struct orr_plugin **result) {
    struct orr_plugin plugin = {.path = path};
    struct orr_compiled made = {0};
    char *absolute = realpath(path, NULL);
    const char *object = absolute;
    size_t size;
    char *file = NULL;
    const char *why = "there is no such file";
    int error = absolute ? 0 : ORR_EIO;
    if (!error && ends_with(path, ".c")) {
        error = orr_compile(absolute, where, diags, &made);
        object = made.object;
    }
    if (absolute && error != ORR_EFORMAT)
        error = orr_file_read(object ? object : absolute, ORR_CODE_MAX_BYTES, &file, &size, &why);
    if (error && error != ORR_EFORMAT)
        orr_diag_add(diags, ORR_DIAG_ERROR, where, NULL, "'%.200s' cannot be read: %s", path, why);
    if (error) goto out;
    if (made.object) {
        memcpy(plugin.digest, made.digest, sizeof plugin.digest);
    } else {
        uint8_t digest[ORR_SHA256_BYTES];
        orr_sha256(file, size, digest);
        for (int i = 0; i < ORR_SHA256_BYTES; i++)
            sprintf(plugin.digest + 2 * i, "%02x", digest[i]);
    }
    for (const struct orr_plugin *p = loaded; p; p = p->next)
        if (!strcmp(p->digest, plugin.digest) && !strcmp(p->path, path)) {
            *result = p;
            goto out;
        }
    error = open_object(object, path, file, size, where, diags, &plugin);
    if (error) goto out;
    struct orr_plugin *kept = orr_xrealloc(NULL, sizeof *kept);
    *kept = plugin;
    kept->path = copy_of(path);
    kept->next = loaded;
    *result = loaded = kept;
out:
    free(file);
    free(made.object);
    free(absolute);
    return error;
}

const void *orr_plugin_symbol(const struct orr_plugin *plugin, const char *name) {
    return dlsym(plugin->handle, name);
}
