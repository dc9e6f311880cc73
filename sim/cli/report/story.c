/* story.c - the story of a violation, told by `orrery explain`. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/cli/report/report.h"

enum { STORY_MOST = 1 << 18 };

/* In a process of its own: a scenario of a stranger may run for ever. */
static void tell(FILE *to, const char *trace, int (*explain)(int argc, char **argv)) {
    const struct rlimit seconds = {ORR_STORY_SECONDS, ORR_STORY_SECONDS};
    char verb[] = "explain", end[] = "--";
    char *argv[] = {verb, end, (char *)trace, NULL};
    setrlimit(RLIMIT_CPU, &seconds);
    if (dup2(fileno(to), STDOUT_FILENO) < 0 || !freopen("/dev/null", "w", stderr)) _exit(3);
    int code = explain(3, argv);
    fflush(stdout);
    _exit(code);
}

char *orr_report_story(const char *trace, int (*explain)(int argc, char **argv)) {
    FILE *to = tmpfile();
    if (!to) return NULL;
    fflush(NULL); /* else the child's copy is written, too */
    int how = -1;
    pid_t child = fork();
    if (child == 0) tell(to, trace, explain);
    while (child > 0 && waitpid(child, &how, 0) != child) {} /* ends with the child */
    char *text = orr_xrealloc(NULL, STORY_MOST + 1);
    rewind(to);
    size_t n = fread(text, 1, STORY_MOST, to);
    text[n] = '\0';
    fclose(to);
    bool told = child > 0 && WIFEXITED(how) && WEXITSTATUS(how) <= 1 && n;
    if (told && !strncmp(text, "no fork\nculprits: none", 22)) told = false;
    if (told) return text;
    free(text);
    return NULL;
}
