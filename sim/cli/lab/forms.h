/* forms.h - the forms of a report (check.h). */
#ifndef ORR_SIM_CLI_LAB_FORMS_H
#define ORR_SIM_CLI_LAB_FORMS_H

#include <stdio.h>

#include "sim/cli/lab/check.h"

/* FORM(constant, name, what it is) */
#define ORR_LAB_FORMS(FORM)                                                              \
    FORM(TEXT, "text", "for people")                                                     \
    FORM(JSON, "json", "one object with all that there is")                              \
    FORM(GRADESCOPE, "gradescope", "results.json of a Gradescope autograder")            \
    FORM(JUNIT, "junit", "XML as JUnit writes it, which GitHub and GitLab show")

enum orr_lab_form {
#define FORM(constant, name, text) ORR_LAB_FORM_##constant,
    ORR_LAB_FORMS(FORM)
#undef FORM
    ORR_LAB_FORM_END
};

/* ORR_LAB_FORM_END: there is none of that name. */
enum orr_lab_form orr_lab_form_of(const char *name);

/* Of hidden tests a report for students (is_public) says the name and whether they passed, and not
 * which seed and what happened.  colour: for the text. */
void orr_lab_form_print(enum orr_lab_form form, const struct orr_lab_report *report,
                        bool is_public, bool colour, FILE *to);
#endif
