#include "sim/cli/lab/rig.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>

#include "sim/base/compile.h"
#include "sim/base/plugin.h"
#include "sim/cli/lab/record.h"
#include "sim/scenario/tree.h"

_Static_assert((int)ORR_LAB_OTHERS_MAX <= (int)ORR_LAB_OTHERS,
               "an order has room for those of an exercise");

/* A file of the lab's own, compiled. */
static int compile(const char *path, struct orr_diags *diags, struct orr_compiled *made) {
    char *absolute = realpath(path, NULL);
    int error = absolute ? orr_compile(absolute, (struct orr_span){0}, diags, made) : ORR_EIO;
    free(absolute);
    return error;
}

static int load_others(const struct orr_lab *lab, struct orr_lab_rig *rig,
                       struct orr_diags *diags) {
    int error = 0;
    for (uint32_t i = 0; i < rig->exercise->n_others && !error; i++) {
        const char *name = rig->exercise->others[i];
        struct orr_compiled made = {0};
        error = compile(orr_store_printf(lab->store, "%s/%s", lab->folder, name), diags, &made);
        if (!error)
            error = orr_plugin_load(made.object, (struct orr_span){0}, diags, &rig->others[i]);
        free(made.object);
        rig->other_roles[i] = orr_store_printf(lab->store, "./%s", name);
        if (error)
            orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL,
                         "the lab's %s cannot be loaded", name);
    }
    return error ? ORR_EUNSUPPORTED : 0;
}

static int load_judge(struct orr_lab_rig *rig, struct orr_diags *diags) {
    const char *path = rig->exercise->judge;
    if (!path) return 0;
    struct orr_compiled made = {0};
    int error = compile(path, diags, &made);
    if (!error) rig->judge = dlopen(made.object, RTLD_NOW | RTLD_LOCAL);
    if (!rig->judge)
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL,
                     "the lab's judge %s cannot be loaded: %s", path, error ? "" : dlerror());
    free(made.object);
    return rig->judge ? 0 : ORR_EUNSUPPORTED;
}

int orr_lab_rig_open(const struct orr_lab *lab, const struct orr_lab_exercise *e,
                     const char *folder, struct orr_lab_rig *rig, struct orr_diags *diags) {
    *rig = (struct orr_lab_rig){.exercise = e};
    int error = load_others(lab, rig, diags);
    if (!error) error = load_judge(rig, diags);
    if (error) return error;
    struct orr_lab_parts parts = {.files = e->files,
                                  .n_files = e->n_files,
                                  .own = lab->folder,
                                  .headers = e->headers,
                                  .n_headers = e->n_headers};
    error = orr_lab_build(&parts, folder, &rig->build);
    if (error && error != ORR_EFORMAT)
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL, "%s",
                     rig->build.text ? rig->build.text : orr_error_text(error));
    return error;
}

void orr_lab_rig_fini(struct orr_lab_rig *rig) {
    orr_lab_build_fini(&rig->build);
    if (rig->judge) dlclose(rig->judge);
}

struct orr_lab_trial_order orr_lab_rig_order(const struct orr_lab_rig *rig, const char *text,
                                             size_t len, const char *name) {
    assert(*rig->build.object);
    return (struct orr_lab_trial_order){.object = rig->build.object,
                                        .role = rig->exercise->role,
                                        .scenario = text,
                                        .len = len,
                                        .name = name,
                                        .others = rig->others,
                                        .other_roles = rig->other_roles,
                                        .n_others = rig->exercise->n_others,
                                        .judge = rig->judge,
                                        .caps = rig->exercise->caps,
                                        .n_caps = rig->exercise->n_caps};
}
