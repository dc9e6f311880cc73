/* bench_peer.c - other programs that do the same work, compiled and run beside ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/bench.h"

#ifndef ORRERY_SOURCE_DIR
#define ORRERY_SOURCE_DIR "."
#endif

/* Compiles a peer in a folder of its own; `command` is a format whose one %s is that folder. */
static bool compile(struct orr_bench_peer *peer, const char *command) {
    char whole[4096];
    if (!orr_scratch_folder("bench", peer->folder)) return false;
    snprintf(whole, sizeof whole, command, peer->folder);
    peer->is_open = true;
    if (system(whole) == 0) return true;
    orr_bench_peer_close(peer);
    return false;
}

/* limit.c in $ORRERY_BENCH or ../shared/bench, from here or from where this program was built. */
static bool limit_source(char *path, size_t size) {
    const char *folder = getenv("ORRERY_BENCH");
    snprintf(path, size, "%s/limit.c", folder ? folder : "../shared/bench");
    if (!access(path, R_OK)) return true;
    snprintf(path, size, "%s/../shared/bench/limit.c", ORRERY_SOURCE_DIR);
    return !folder && !access(path, R_OK);
}

bool orr_bench_limit_open(struct orr_bench_peer *peer, const char *defines) {
    static bool said;
    char source[1024], command[3072];
    *peer = (struct orr_bench_peer){.is_open = false};
    if (limit_source(source, sizeof source)) {
        /* it reads wall time: here its own CPU time instead */
        snprintf(command, sizeof command,
                 "printf '#include <time.h>\\n#define clock_gettime(c, t) "
                 "clock_gettime(CLOCK_PROCESS_CPUTIME_ID, t)\\n#include \"%s\"\\n' | "
                 "cc -O3 -march=native -w %s -x c - -o '%%s/peer' -lm",
                 source, defines);
        if (compile(peer, command)) return true;
    }
    if (!said)
        fprintf(stderr, "orrery bench: the yardstick limit.c is absent (ORRERY_BENCH or "
                        "../shared/bench): no ratios to it\n");
    said = true;
    return false;
}

bool orr_bench_ns3_open(struct orr_bench_peer *peer, const char *work) {
    static bool said;
    char source[1024], command[3072];
    *peer = (struct orr_bench_peer){.is_open = false};
    snprintf(source, sizeof source, "tests/bench/peers/ns3_%s.cc", work);
    if (access(source, R_OK))
        snprintf(source, sizeof source, ORRERY_SOURCE_DIR "/tests/bench/peers/ns3_%s.cc", work);
    snprintf(command, sizeof command,
             "c++ -O3 -march=native -w '%s' -o '%%s/peer' -lns3-core 2>/dev/null", source);
    if (!access(source, R_OK) && compile(peer, command)) return true;
    if (!said)
        fprintf(stderr, "orrery bench: ns-3 is absent (Debian: libns3-dev): no ratios to it\n");
    said = true;
    return false;
}

double orr_bench_peer_run(const struct orr_bench_peer *peer, const char *arguments) {
    if (!peer->is_open) return 0;
    char command[ORR_SCRATCH_LEN + 128], line[1024];
    double result = 0;
    snprintf(command, sizeof command, "'%s/peer' %s", peer->folder, arguments);
    FILE *pipe = popen(command, "r");
    if (pipe && fgets(line, sizeof line, pipe)) {
        const char *unit = strstr(line, " M events/s");
        if (!unit) unit = strstr(line, " M deliveries/s");
        if (unit) {
            const char *p = unit;
            while (p > line && p[-1] != ' ') p--;
            result = strtod(p, NULL);
        }
    }
    if (pipe) pclose(pipe);
    return result;
}

void orr_bench_peer_close(struct orr_bench_peer *peer) {
    if (!peer->is_open) return;
    char program[ORR_SCRATCH_LEN + 8];
    snprintf(program, sizeof program, "%s/peer", peer->folder);
    unlink(program);
    rmdir(peer->folder);
    peer->is_open = false;
}
