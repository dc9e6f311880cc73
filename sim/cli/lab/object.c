#include "sim/cli/lab/object.h"

#include <elf.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What may be called: the leaves of models/ and what puts effects out.  The program exports every
 * layer to plug-ins, its finished protocols among them: none of those is an answer to an exercise.
 */
static const char *const allowed[] = {
    "memcpy", "memmove", "memset", "memcmp", "memchr", "bcmp", "strlen", "strnlen", "strcmp",
    "strncmp", "strchr", "__assert_fail", "__stack_chk_fail", "__popcountdi2", "__cxa_finalize",
    "_GLOBAL_OFFSET_TABLE_",
    /* models/plain_tx.h, models/output.h */
    "orr_plain_tx", "orr_output_size", "orr_decided_new", "orr_decide_this", "orr_propose",
    "orr_adopt", "orr_name_signers", "orr_enter", "orr_name", "orr_enter_view", "orr_accuse",
    "orr_tell_*", "orr_head", "orr_metric", "orr_log",
    /* models/base */
    "orr_error_text", "orr_hex_*", "orr_format", "orr_hash64", "orr_index_clear", "orr_index_fini",
    "orr_index_init", "orr_index_put", "orr_index_put32", "orr_keccak256", "orr_keccak_init",
    "orr_keccak_update", "orr_keccak_final", "orr_merkle_climb", "orr_merkle_inner",
    "orr_merkle_leaf", "orr_merkle_path", "orr_merkle_root", "orr_merkle_tree_*", "orr_msg_new",
    "orr_msg_copy", "orr_msg_clone", "orr_msg_free", "orr_msg_hash_anew", "orr_u256_read",
    "orr_u256_write", "orr_rlp_*", "orr_recent_*", "orr_set_clear", "orr_set_fini", "orr_set_grow",
    "orr_set_init", "orr_sha256", "orr_sha256_tagged", "orr_keypair_derive",
    "orr_keypair_from_seed", "orr_sign", "orr_sign_verify", "orr_timers_*"};

/* What is called in its place.  */
static const struct {
    const char *pattern, *advice;
} advices[] = {
    {"*printf*", "to say something, orr_log(out, \"...\")"},
    {"puts", "to say something, orr_log(out, \"...\")"},
    {"putchar", "to say something, orr_log(out, \"...\")"},
    {"malloc", "memory comes from env->common->mem: orr_alloc, orr_resize"},
    {"calloc", "memory comes from env->common->mem: orr_alloc_zero"},
    {"realloc", "memory comes from env->common->mem: orr_resize"},
    {"free", "memory goes back by orr_free, messages by orr_msg_unref"},
    {"strdup", "memory comes from env->common->mem: orr_alloc"},
    {"*time*", "the time is handed in: event->now"},
    {"clock*", "the time is handed in: event->now"},
    {"*sleep*", "to wait is to arm a timer: orr_arm(out, key, event->now + ...)"},
    {"alarm", "to wait is to arm a timer: orr_arm(out, key, event->now + ...)"},
    {"*rand*", "random numbers are handed in: orr_rng_u64(out->rng)"},
    {"pthread_*", "a protocol has no threads: what happens is an event"},
    {"thrd_*", "a protocol has no threads: what happens is an event"},
    {"fork", "a protocol begins no processes"},
    {"vfork", "a protocol begins no processes"},
    {"exec*", "a protocol begins no processes"},
    {"system", "a protocol begins no processes"},
    {"popen", "a protocol begins no processes"},
    {"*exit*", "to stop the node, return an error (ORR_E...) from step()"},
    {"abort", "to stop the node, return an error (ORR_E...) from step()"},
    {"kill", "a protocol sends messages: orr_send(out, peer, message)"},
    {"raise", "to stop the node, return an error (ORR_E...) from step()"},
    {"socket", "a protocol sends messages: orr_send(out, peer, message)"},
    {"connect", "a protocol sends messages: orr_send(out, peer, message)"},
    {"send*", "a protocol sends messages: orr_send(out, peer, message)"},
    {"recv*", "messages come as events: ORR_RECV"},
    {"open*", "what must last is written by orr_write(out, name, message)"},
    {"fopen*", "what must last is written by orr_write(out, name, message)"},
    {"read", "what was written comes back as events: ORR_STORED"},
    {"write", "what must last is written by orr_write(out, name, message)"},
    {"syscall", "a protocol does not call the system"},
    {"qsort*", "sort by a loop of your own, with an order in which no two are equal"},
};

struct object {
    const char *file;
    size_t size;
    const Elf64_Ehdr *head;
    const Elf64_Shdr *sections;
    char *why;
    size_t why_size, len;
};

static void say(struct object *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct object *o, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(o->why + o->len, o->why_size - o->len, format, args);
    va_end(args);
    o->len += (size_t)n;
    if (o->len >= o->why_size) o->len = o->why_size - 1;
}

static bool inside(const struct object *o, uint64_t start, uint64_t len) {
    return start <= o->size && len <= o->size - start;
}

static bool has_symbols(const Elf64_Shdr *s) {
    return s->sh_type == SHT_SYMTAB || s->sh_type == SHT_DYNSYM;
}

/* The file's sections are where they can be looked at. */
static bool open_object(struct object *o) {
    o->head = (const Elf64_Ehdr *)o->file;
    if (o->size < sizeof *o->head || memcmp(o->head->e_ident, ELFMAG, SELFMAG) ||
        o->head->e_ident[EI_CLASS] != ELFCLASS64 || o->head->e_type != ET_DYN ||
        o->head->e_shentsize != sizeof(Elf64_Shdr) || o->head->e_shoff % 8 ||
        !inside(o, o->head->e_shoff, (uint64_t)o->head->e_shnum * sizeof(Elf64_Shdr)))
        return false;
    o->sections = (const Elf64_Shdr *)(o->file + o->head->e_shoff);
    for (uint32_t i = 0; i < o->head->e_shnum; i++)
        if (o->sections[i].sh_type != SHT_NOBITS &&
            (!inside(o, o->sections[i].sh_offset, o->sections[i].sh_size) ||
             (has_symbols(&o->sections[i]) && o->sections[i].sh_offset % 8)))
            return false;
    return true;
}

/* A text in a section of texts; "" when it is none. */
static const char *text_at(const struct object *o, uint32_t section, uint64_t at) {
    if (section >= o->head->e_shnum) return "";
    const Elf64_Shdr *s = &o->sections[section];
    if (s->sh_type != SHT_STRTAB || at >= s->sh_size || o->file[s->sh_offset + s->sh_size - 1])
        return "";
    return o->file + s->sh_offset + at;
}

static const char *section_name(const struct object *o, uint32_t i) {
    return text_at(o, o->head->e_shstrndx, o->sections[i].sh_name);
}

static bool may_call(const char *name) {
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (!fnmatch(allowed[i], name, 0)) return true;
    return false;
}

static void refuse_call(struct object *o, const char *name) {
    const char *advice =
        !strncmp(name, "orr_", 4)
            ? "a lab's code calls what models/output.h and the headers of models/base declare"
            : "a protocol calls the functions of models/ (orr_...) and memcpy, memset, memcmp and "
              "the like";
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (!fnmatch(advices[i].pattern, name, 0)) {
            advice = advices[i].advice;
            break;
        }
    say(o, "it calls %.80s(): %s\n", name, advice);
}

/* Written by nobody once the loader is done with it. */
static bool is_constant(const char *section) {
    return !strncmp(section, ".data.rel.ro", 12) || !strcmp(section, ".dynamic") ||
           !strncmp(section, ".got", 4);
}

static bool runs_by_itself(uint32_t type) {
    return type == SHT_INIT_ARRAY || type == SHT_FINI_ARRAY || type == SHT_PREINIT_ARRAY;
}

static void check_symbols(struct object *o, const Elf64_Shdr *table) {
    for (uint64_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        const Elf64_Sym *s = (const Elf64_Sym *)(o->file + table->sh_offset) + i;
        const char *name = text_at(o, table->sh_link, s->st_name);
        uint32_t type = ELF64_ST_TYPE(s->st_info);
        if (s->st_shndx == SHN_UNDEF) {
            if (table->sh_type == SHT_DYNSYM && !may_call(name)) refuse_call(o, name);
            continue;
        }
        if (type == STT_GNU_IFUNC || !strcmp(name, "_init") || !strcmp(name, "_fini"))
            say(o, "%.80s would run when the code is loaded: all begins with init()\n", name);
        if (table->sh_type != SHT_SYMTAB || s->st_shndx >= o->head->e_shnum) continue;
        const Elf64_Shdr *in = &o->sections[s->st_shndx];
        bool is_data = type == STT_OBJECT || type == STT_TLS;
        if (is_data && (in->sh_flags & SHF_EXECINSTR))
            say(o, "%.80s is data in the place of code\n", name);
        if (is_data && s->st_size && (in->sh_flags & SHF_WRITE) &&
            !is_constant(section_name(o, s->st_shndx)))
            say(o,
                "the variable %.80s would be shared by all nodes: what a node knows belongs in "
                "its own struct (node_size); what never changes is `static const`\n",
                name);
    }
}

bool orr_lab_object_check(const char *file, size_t size, char *why, size_t why_size) {
    struct object o = {.file = file, .size = size, .why = why, .why_size = why_size};
    *why = 0;
    if (!open_object(&o)) {
        say(&o, "it is no shared object of this machine\n");
        return false;
    }
    bool has_names = false;
    for (uint32_t i = 0; i < o.head->e_shnum; i++) {
        const Elf64_Shdr *s = &o.sections[i];
        if (has_symbols(s)) check_symbols(&o, s);
        has_names |= s->sh_type == SHT_SYMTAB;
        if (runs_by_itself(s->sh_type) && s->sh_size)
            say(&o, "a constructor or destructor would run by itself: all begins with init() and "
                    "ends with fini()\n");
    }
    /* what has no name is data all the same */
    for (uint32_t i = 0; i < o.head->e_shnum && !*why; i++) {
        const Elf64_Shdr *s = &o.sections[i];
        if ((s->sh_flags & SHF_ALLOC) && (s->sh_flags & SHF_WRITE) && s->sh_size &&
            !is_constant(section_name(&o, i)))
            say(&o, "it holds data that could be written, in %.60s: all nodes would share it\n",
                section_name(&o, i));
    }
    if (!has_names && !*why) say(&o, "it holds no table of its names\n");
    return !*why;
}
