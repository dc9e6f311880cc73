"""The style sheet as rules over a source tree.

A rule is a generator: given a Tree, it yields (path, line, message) for every breach.  RULES lists
those that need the text alone; compiled() and headers() look at libraries and at the compiler's opinion.
Exceptions stand in tables beside their rule, each with its reason."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

MAX_COLUMNS = 100
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70

# Made by a program or transcribed from a standard: data, not to be read line by line.
TABLES = {
    r"models/vm/curve/bls12_381_constants\.inc": "constants of RFC 9380 and of the curve",
    r"models/vm/curve/bn254_constants\.inc": "constants of the curve",
    r"models/vm/contracts/contracts\.c": "bytecode as solc wrote it",
    r"models/vm/contracts/contracts\.h": "bytecode as solc wrote it",
    r"models/vault/wordlist_data\.c": "the words of BIP-39 and SLIP-0039",
}
LONG_FILES = {
    r"tests/models/vm/reference\.c": "one opcode after the other, to be read beside the yellow paper",
}
# An interpreter's loop is one function by nature.
LONG_FUNCTIONS = {
    r"models/vm/interpreter_\w+\.(c|inc)": "one handler per instruction",
    r"tests/models/vm/reference\.c": "one case per instruction",
}


def excepted(path, table):
    return any(re.fullmatch(pattern, path) for pattern in table)


class Tree:
    """The C files under a root, with their lines, and the same without comments and strings."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for top in ("models", "sim", "analysis", "tests"):
            for folder, folders, names in os.walk(os.path.join(root, top)):
                folders[:] = sorted(f for f in folders if f != "node_modules")
                for name in sorted(names):
                    if name.endswith((".c", ".h", ".def", ".inc")):
                        path = os.path.relpath(os.path.join(folder, name), root)
                        with open(os.path.join(root, path), encoding="utf-8") as f:
                            self.files[path] = f.read()
        self.code = {path: strip(text) for path, text in self.files.items()}

    def lines(self, top=""):
        for path, text in self.files.items():
            if path.startswith(top):
                for number, line in enumerate(text.split("\n"), 1):
                    yield path, number, line

    def code_lines(self, *tops):
        for path, text in self.code.items():
            if path.startswith(tops):
                for number, line in enumerate(text.split("\n"), 1):
                    yield path, number, line


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip(text):
    """The text with comments and the insides of literals blanked; lines keep their numbers.  The
    names in #include lines stay."""

    def blank(match):
        token = match.group(0)
        before = text.rfind("\n", 0, match.start()) + 1
        if token[0] == '"' and text[before : match.start()].strip() == "#include":
            return token
        newlines = "\n" * token.count("\n")
        return {'"': '""', "'": "0"}.get(token[0], " ") + newlines

    return TOKEN.sub(blank, text)


# ---- form ----


def line_length(tree):
    for path, number, line in tree.lines():
        if not excepted(path, TABLES) and len(line) > MAX_COLUMNS:
            yield path, number, f"{len(line)} columns, {MAX_COLUMNS} are allowed"


def file_length(tree):
    for path, text in tree.files.items():
        n = text.count("\n")
        if n > MAX_FILE_LINES and not excepted(path, TABLES) and not excepted(path, LONG_FILES):
            yield path, n, f"{n} lines, {MAX_FILE_LINES} are allowed"


def function_length(tree):
    for path, text in tree.code.items():
        if excepted(path, LONG_FUNCTIONS):
            continue
        lines, start = text.split("\n"), None
        for number, line in enumerate(lines, 1):
            if line.endswith("{") and line[:1] not in (" ", "#", "}") and "(" in line:
                start = number
            elif line.startswith("}") and start:
                if number - start + 1 > MAX_FUNCTION_LINES:
                    yield path, start, f"a function of {number - start + 1} lines"
                start = None


def no_tabs(tree):
    for path, number, line in tree.lines():
        if "\t" in line or line.rstrip() != line:
            yield path, number, "a tab, or blanks at the end"


UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|[Ss]tub(bed|s)?|[Pp]laceholders?|[Ff]or now|[Ss]implified(?! SWU)|"
    r"[Nn]ot implemented|[Uu]nimplemented)\b"
)


def finished(tree):
    for path, number, line in tree.lines():
        found = UNFINISHED.search(line)
        if found:
            yield path, number, f"'{found.group(0)}' marks something unfinished"


def struct_without_typedef(tree):
    for path, number, line in tree.code_lines("models/", "sim/", "analysis/"):
        if re.match(r"typedef\s+(struct|union|enum)\b[^*]*$", line):
            yield path, number, "structs, unions and enums are named without a typedef"


DEFINES_TAG = re.compile(r"^(?:struct|union|enum)\s+(\w+)\s*\{")


def one_header_a_tag(tree):
    seen = {}
    for path, number, line in tree.code_lines("models/", "sim/", "analysis/"):
        found = DEFINES_TAG.match(line) if path.endswith(".h") else None
        if not found:
            continue
        first = seen.setdefault(found.group(1), path)
        if first != path:
            yield path, number, f"{found.group(1)} is defined in {first} too"


MADE_FROM_TABLES = ("orr_main_", "orr_vm_", "orr_chain_import_command", "orr_chain_export_command",
                    "orr_chain_show_command")  # verbs.def pastes the names of the verbs' functions
DECLARES = re.compile(r"^(?!\s*(?:return|else|typedef)\b)[\w\s*]*?\b(orr_\w+)\(", re.M)


def no_dead_functions(tree):
    """A function that a header declares is called or taken somewhere beside where it is defined."""
    uses, code = {}, {}
    for path, text in tree.code.items():
        for name in re.findall(r"\borr_\w+", text):
            uses[name] = uses.get(name, 0) + 1
        if path.endswith(".h") and not path.startswith("tests/"):
            code[path] = text
    for path, text in code.items():
        for found in DECLARES.finditer(text):
            name, line = found.group(1), text[: found.start(1)]
            is_inline = "inline" in found.group(0).lower()
            if name.startswith(MADE_FROM_TABLES):
                continue
            if uses[name] <= (1 if is_inline else 2):
                yield path, line.count("\n") + 1, f"nobody calls {name}()"


def no_idle_costs(tree):
    """Every cost that a scenario can set is charged by a protocol or by the engine."""
    text = "".join(text for path, text in tree.code.items() if path.endswith(".c"))
    for path, number, line in tree.code_lines("models/base/cost.h"):
        found = re.search(r"\bCOST\((\w+), \d", line)
        if found and not re.search(rf"(->|\.){found.group(1)}_ns\b", text):
            yield path, number, f"nobody charges the cost {found.group(1)}"


# ---- what is banned ----

CLOCKS = r"time|clock|clock_gettime|gettimeofday|ftime|localtime|gmtime|nanosleep|sleep|usleep"
CHANCE = r"rand|srand|rand_r|random|srandom|drand48|lrand48|arc4random|getrandom"
BANNED_EVERYWHERE = re.compile(rf"\b({CLOCKS}|{CHANCE}|getenv|secure_getenv|qsort|qsort_r)\s*\(")
BANNED_IN_MODELS = re.compile(
    r"\b(malloc|calloc|realloc|free|aligned_alloc|strdup|v?f?printf|v?sn?printf|puts|putchar|fopen|"
    r"fread|fwrite|socket|exit|abort|setlocale|strtok|pthread_\w+)\s*\("
)
BANNED_HEADERS = re.compile(r"#include <(stdio|stdlib|time|pthread|threads|math|errno|signal|unistd|"
                            r"fcntl|sys/[\w]+|netinet/\w+|arpa/\w+|locale)\.h>")

# Wall time that shows progress or measures speed, and never enters a run.
MAY_KNOW_TIME = {
    r"sim/cli/main_run\.c": "progress and the wall time of a run",
    r"sim/cli/main_hunt\.c": "its progress, its budget and its shrinker's of wall time",
    r"sim/cli/main_shrink\.c": "its budget of wall time",
    r"sim/cli/lab/explain\.c": "its shrinker's budget of wall time",
    r"sim/cli/sweep_pool\.c": "how long a sweep has to go",
    r"sim/cli/report/serve\.c": "looks again at a run that goes on",
    r"sim/engine/guard\.c": "CPU time of a step that does not return; never in a result",
    r"sim/cli/(vm/)?bench\w*\.c": "measures wall time",
    r"sim/cli/chain/import\.c": "how long an import took",
    r"sim/cli/index/building\.c": "how fast a build is",
    r"sim/cli/index/node\.c": "waits before it asks a node again",
    r"sim/cli/vault/(clock|agent)\.c": "dates of entries and files; how long an agent remembers",
    r"sim/trace/writer\.c": "flushes at intervals of wall time, in a thread of its own",
}
MAY_KNOW_TIME_OF = ("clock_gettime", "nanosleep")
MAY_READ_ENVIRONMENT = {
    r"sim/base/diag\.c": "NO_COLOR",
    r"sim/base/compile\.c": "where compiled plug-ins are kept",
    r"sim/cli/scratch\.c": "TMPDIR",
    r"sim/cli/vault/session\.c": "HOME, where the vault is",
    r"sim/cli/bench_peer\.c": "where the yardstick's source is",
    r"sim/cli/vm/bench_run\.c": "where the public bench programs are",
}
# The names of C's library as fields or methods are no calls of it: `->free(`, `.send(`.
METHOD = re.compile(r"(->|\.)\s*$")


def banned_names(tree):
    for path, number, line in tree.code_lines("models/", "sim/"):
        for found in BANNED_EVERYWHERE.finditer(line):
            name = found.group(1)
            if METHOD.search(line[: found.start()]):
                continue
            if name in MAY_KNOW_TIME_OF and excepted(path, MAY_KNOW_TIME):
                continue
            if name == "getenv" and excepted(path, MAY_READ_ENVIRONMENT):
                continue
            yield path, number, f"{name}() is banned"


def banned_in_models(tree):
    for path, number, line in tree.code_lines("models/"):
        found = BANNED_HEADERS.search(line)
        if found:
            yield path, number, f"models/ does not know <{found.group(1)}.h>"
        for found in BANNED_IN_MODELS.finditer(line):
            if not METHOD.search(line[: found.start()]):
                yield path, number, f"models/ does not know {found.group(1)}()"


# What goes wrong in a run is a result that its caller shows; sim/base ends the program only when the
# machine has no memory left.
SILENT = ("sim/net/", "sim/engine/", "sim/run/")
SAYS_OR_ENDS = re.compile(
    r"\b(v?f?printf|f?puts|f?putc|putchar|fwrite|perror|_?exit|_Exit|quick_exit|abort|errx?|warnx?)\s*\("
)


def silent_engine(tree):
    for path, number, line in tree.code_lines(*SILENT):
        for found in SAYS_OR_ENDS.finditer(line):
            if not METHOD.search(line[: found.start()]):
                yield path, number, f"{found.group(1)}() is for who calls this, not for here"


# Outsiders compare these sums to nine digits; + - * / on doubles alone, which IEEE 754 fixes to the last bit
# (models/gossip/score.h says how that is kept).
REAL_NUMBERS = re.compile(r"models/gossip/score\w*\.[ch]$")


def no_float_in_models(tree):
    for path, number, line in tree.code_lines("models/"):
        if REAL_NUMBERS.match(path):
            continue
        # CURVE(double) is a name made by a macro, not a type
        if re.search(r"\b(float|double)\b(?!\))|(?<!\w)\((float|double)\)", line):
            yield path, number, "no float in state or decisions"


def no_pointer_printed(tree):
    for path, number, line in tree.lines():
        if path.startswith(("models/", "sim/", "analysis/")) and re.search(r'"[^"]*%p', line):
            yield path, number, "%p prints another text in each run"


# ---- who may include whom ----

INCLUDE = re.compile(r'#include "([^"]+)"')

# The house, as docs/ARCHITECTURE.md draws it: a folder, and which folders or single files beside its own
# it may include.  A file belongs to the row with the longest path above it; own subfolders are its own,
# but not those that have a row.
CONTRACTS = ("models/protocol.h", "models/output.h", "models/statement.h", "models/field.h", "models/plain_tx.h",
             "models/app.h", "models/layer.h", "models/engine.h", "models/base")
ENGINE = ("sim/base", "sim/net", "sim/engine")
MAY_INCLUDE = {
    "models": ("models/base", "models/bft", "models/fault", "models/gossip", "models/lab",
               "models/node"),
    "models/base": (),
    "models/bft/common": CONTRACTS,
    "models/bft/pbft": CONTRACTS + ("models/bft/common",),
    "models/bft/dag": CONTRACTS + ("models/bft/common",),
    "models/bft/hotstuff": CONTRACTS + ("models/bft/common",),
    "models/bft/raft": CONTRACTS + ("models/bft/common",),
    "models/bft/tendermint": CONTRACTS + ("models/bft/common",),
    "models/chain": CONTRACTS + ("models/vm", "models/vault"),
    "models/fault": CONTRACTS,
    "models/gossip": CONTRACTS,
    "models/index": CONTRACTS + ("models/vm",),
    "models/lab": CONTRACTS + ("models/bft/common",),
    "models/ledger": CONTRACTS,
    "models/node": CONTRACTS + ("models/bft", "models/gossip", "models/ledger", "models/chain",
                                "models/index", "models/rollup", "models/vm"),
    "models/rollup": ("models/base", "models/vm"),
    "models/vault": ("models/base",),
    "models/vm": ("models/base",),
    "sim": ("models/protocol.h",),
    "sim/base": CONTRACTS,
    "sim/net": CONTRACTS + ("sim/base",),
    "sim/engine": CONTRACTS + ("sim/base", "sim/net"),
    "sim/genesis": CONTRACTS + ("sim/base", "models/vm", "models/chain"),
    "sim/scenario": CONTRACTS + ("sim/base", "sim/genesis", "sim/net/dist_spec.h", "sim/net/network_spec.h",
                                 "sim/net/regions.h", "sim/net/transport.h",
                                 "sim/engine/disk.h", "sim/engine/oracle.h", "models/registry.h",
                                 "models/fault/byzantine.h"),
    "sim/trace": CONTRACTS + ("sim/base", "sim/engine/tap.h"),
    "sim/check": CONTRACTS + ("sim/base", "sim/engine/tap.h", "sim/engine/oracle.h", "sim/scenario"),
    "sim/run": CONTRACTS + ENGINE + ("sim/scenario", "sim/trace", "sim/check", "models/registry.h",
                                     "models/fault/byzantine.h", "models/fault/about.h"),
    "sim/search": CONTRACTS + ("sim/base", "sim/engine/sim.h", "sim/scenario", "sim/check", "sim/run"),
    "sim/index": CONTRACTS + ("sim/base", "models/index", "models/vm"),
    "sim/cli": CONTRACTS + ENGINE + ("sim/scenario", "sim/trace", "sim/check", "sim/run", "sim/search",
                                     "sim/cli/vm", "sim/cli/gossip", "sim/cli/chain", "sim/cli/index", "sim/cli/rpc",
                                     "sim/cli/report", "sim/cli/rollup", "sim/cli/vault", "sim/cli/lab",
                                     "sim/cli/export",
                                     "models/registry.h", "models/vm", "models/chain", "analysis"),
    "sim/cli/chain": CONTRACTS + ("sim/base", "sim/genesis", "sim/cli", "sim/cli/vm", "models/vm", "models/chain",
                                  "analysis", "sim/trace/schema.h"),
    "sim/cli/export": CONTRACTS + ("sim/base", "sim/cli", "analysis"),
    "sim/cli/gossip": CONTRACTS + ("sim/base", "sim/cli", "models/gossip"),
    "sim/cli/index": CONTRACTS + ("sim/base", "sim/engine/tap.h", "sim/genesis", "sim/scenario", "sim/trace/place.h",
                                  "sim/index", "sim/cli", "sim/cli/chain", "sim/cli/rpc", "sim/cli/vm",
                                  "models/chain", "models/index", "models/vm"),
    "sim/cli/lab": CONTRACTS + ENGINE + ("sim/scenario", "sim/check", "sim/run", "sim/cli", "sim/search", "models/vm"),
    "sim/cli/rpc": CONTRACTS + ("sim/base", "sim/genesis", "sim/cli", "sim/cli/vm", "models/vm", "models/chain",
                                "models/vault"),
    "sim/cli/report": CONTRACTS + ("sim/base", "sim/cli", "analysis"),
    "sim/cli/rollup": CONTRACTS + ("sim/base", "sim/genesis", "sim/cli", "sim/cli/vm", "models/rollup", "models/vm"),
    "sim/cli/vault": CONTRACTS + ("sim/base", "sim/cli", "sim/cli/vm", "models/vault", "models/vm", "analysis"),
    "sim/cli/vm": CONTRACTS + ("sim/base", "sim/genesis", "sim/cli", "models/vm", "models/chain"),
    "sim/evmc": ("models/base", "models/vm"),
    "analysis": ("sim/trace/schema.h", "sim/trace/hdf5.h", "models/base/error.h", "models/base/sanitize.h"),
}


def room(path):
    """The row of MAY_INCLUDE to which a file belongs, or None."""
    parts = path.split("/")[:-1]
    while parts and "/".join(parts) not in MAY_INCLUDE:
        parts.pop()
    return "/".join(parts) or None


def may_include(path, target):
    if target.startswith("tests/"):
        return path.startswith("tests/")
    if path.startswith("tests/"):
        return True
    home = room(path)
    if home is None:
        return False
    if room(target) == home:
        return True
    return any(target == place or target.startswith(place + "/") for place in MAY_INCLUDE[home])


SOLUTION = re.compile(r"tests/labs/\w+/solution/")


def include_directions(tree):
    for path, number, line in tree.code_lines("models/", "sim/", "analysis/", "tests/"):
        found = INCLUDE.search(line)
        if not found:
            continue
        target = found.group(1)
        if SOLUTION.match(path) and "/" not in target:
            continue  # the lab's own headers lie beside it when it is built
        if not target.startswith(("models/", "sim/", "analysis/", "tests/")):
            yield path, number, f'"{target}": include paths start at the root'
        elif not may_include(path, target):
            yield path, number, f'"{target}" is none of its business'


# Folders whose files share one state or build on each other: in each, from the lowest layer up.  A file calls functions of its
# own and of earlier ones.
LAYERS = {
    "models/bft/dag": (
        "vertex", "store", "txs", "report", "log", "decide", "rules", "gather", "sync", "propose", "restore", "forge",
        "fields", "dag",
    ),
    "models/bft/hotstuff": (
        "report", "log", "retain", "chain", "sync", "view", "propose", "snapshot", "basic", "restore", "forge", "fields",
        "hotstuff", "roles",
    ),
    "models/bft/tendermint": (
        "block", "report", "decode", "peer", "statement", "voters", "rounds", "log", "bodies", "held", "ask", "votes", "valid",
        "fetch", "snapshot", "height", "remote", "propose",
        "algorithm", "recv_tx", "recv_proposal", "recv_vote", "recv_commit", "recv_snapshot", "recv_signature", "status", "inventory",
        "recv_gossip", "gossip", "restore", "forge", "fields", "tendermint",
    ),
    "models/bft/pbft": (
        "wire", "report", "machine", "log", "checkpoint", "normal", "requests", "catch_up", "view", "statement",
        "fields", "pbft",
    ),
    "models/bft/raft": (
        "quorum", "members", "log", "wire", "report", "apply", "replicate", "txs", "election", "follow", "change",
        "raft",
    ),
    "sim/run": (
        "source_line", "nodes", "leaders", "byzantine", "build", "targets", "messages", "rules", "reading", "incidents",
        "conditions", "plan", "retry", "workload", "record", "again", "world", "run",
    ),
}
DEFINES_FUNCTION = re.compile(r"^[a-z][^;={]*?\b(orr_\w+)\([^;{]*\)\s*\{", re.M)
CALLS = re.compile(r"\b(orr_\w+)\(")


def layers(tree):
    for folder, order in LAYERS.items():
        files = {path: text for path, text in tree.code.items()
                 if os.path.dirname(path) == folder and path.endswith(".c")}
        level, home = {}, {}
        for path, text in files.items():
            name = os.path.basename(path)[:-2]
            if name not in order:
                yield path, 1, f"{name} has no place in LAYERS"
                continue
            level[path] = order.index(name)
            for found in DEFINES_FUNCTION.finditer(text):
                home[found.group(1)] = path
        for path in level:
            for number, line in enumerate(files[path].split("\n"), 1):
                for name in CALLS.findall(line):
                    if level.get(home.get(name), -1) > level[path]:
                        yield path, number, f"{name} is of a higher layer: {home[name]}"


# A library that one kind of file may know.
CONFINED = (
    (re.compile(r"#include <yaml\.h>"), re.compile(r"(sim/scenario/\w+\.[ch]|tests/.*)$"), "libyaml"),
    (re.compile(r"#include <hdf5\w*\.h>"), re.compile(r"(sim/trace/hdf5\.h|tests/.*)$"),
     "HDF5"),
    # analysis/stats.c, summary.c and two_sample.c resample what was measured (bootstrap), with a fixed seed;
    # analysis/fit.c wants a quantile of Student's t
    (re.compile(r"#include <gsl/gsl_(rng|randist|cdf)\.h>"),
     re.compile(r"(sim/net/dist\w*\.c|analysis/(stats|summary|two_sample|fit)\.c|tests/.*)$"), "GSL's random types"),
    (re.compile(r"#include <sqlite3\.h>"), re.compile(r"(sim/index/file\.h|tests/.*)$"), "SQLite"),
    (re.compile(r"#include <seccomp\.h>"), re.compile(r"(sim/cli/lab/sandbox\.c|tests/.*)$"), "libseccomp"),
    (re.compile(r"#include <check\.h>"), re.compile(r"tests/"), "Check"),
)


def confined_libraries(tree):
    for path, number, line in tree.code_lines("models/", "sim/", "analysis/", "tests/"):
        for pattern, where, name in CONFINED:
            if pattern.search(line) and not where.match(path):
                yield path, number, f"{name} is not for this file"


RULES = (
    line_length, file_length, function_length, no_tabs, finished, struct_without_typedef, one_header_a_tag,
    no_dead_functions, no_idle_costs,
    banned_names, banned_in_models, silent_engine, no_float_in_models, no_pointer_printed,
    include_directions,
    confined_libraries,
)

# ---- the compiled models ----

# All that the models take from outside: blocks of bytes, texts, the assertion, and named functions of
# the crypto and number libraries.  No clock, no random numbers, no I/O, no allocator, no threads.
ALLOWED = re.compile(
    r"(mem(cpy|move|set|cmp|chr)|bcmp|str(n?len|n?cmp|chr)|__assert_fail|__stack_chk_fail|"
    r"_GLOBAL_OFFSET_TABLE_|__u?(div|mod|divmod)ti[34]|__popcountdi2|__(memcpy|memset|memmove)_chk|"
    r"crypto_(sign|hash|generichash|shorthash|auth|pwhash|scalarmult|aead)_\w+|crypto_(pwhash|scalarmult)|"
    r"sodium_(mem|is_zero)\w*|secp256k1_\w+|__gmp[zn]_\w+|json_\w+|u8_(check|normalize)|uninorm_nfkd|strcspn|"
    r"(in|de)flate\w*|Brotli(En|De)coder\w+|"
    r"(EC|ECDSA|BN|SHA256|RIPEMD160|EVP|OSSL_PARAM|PKCS5)_\w+)$"
)


def compiled(libraries):
    """Breaches in static libraries: undefined symbols past ALLOWED, names outside orr_, and writable
    data (state that is shared by all nodes)."""
    defined, wanted = set(), {}
    for library in libraries:
        listing = subprocess.run(["nm", "-A", library], capture_output=True, text=True, check=True)
        for line in listing.stdout.splitlines():
            where, _, rest = line.rpartition(":")
            kind, name = rest.split()[-2:]
            member = f"{os.path.basename(library)}({where.rpartition(':')[2]})"
            if kind == "U":
                wanted.setdefault(name, member)
                continue
            if kind.isupper():
                defined.add(name)
                if not name.startswith("orr_"):
                    yield member, 0, f"{name} is external and lacks the prefix orr_"
            if kind in "bBC":
                yield member, 0, f"{name} is a variable of all nodes"
        sections = subprocess.run(["objdump", "-h", library], capture_output=True, text=True, check=True)
        member = library
        for line in sections.stdout.splitlines():
            if "file format" in line:
                member = line.split(":")[0]
            words = line.split()
            if len(words) > 3 and words[1] == ".data" and int(words[2], 16):
                yield f"{os.path.basename(library)}({member})", 0, "holds writable data"
    for name, member in sorted(wanted.items()):
        if name not in defined and not ALLOWED.match(name):
            yield member, 0, f"{name} is not on the list of what models/ may use"


def headers(tree, compilers, flags):
    """Headers that do not stand alone.  X-macro tables are .def and are not asked to."""
    def ask(job):
        compiler, path = job
        command = [compiler, "-std=gnu17", "-Wall", "-Werror", "-fsyntax-only", f"-I{tree.root}",
                   *flags, "-x", "c", "-"]
        source = f'#include "{path}"\n#include "{path}"\n'
        said = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        return path, compiler, said.returncode, said.stderr

    jobs = [(c, p) for c in compilers for p in tree.files
            if p.endswith(".h") and not p.startswith("tests/")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, compiler, code, errors in pool.map(ask, jobs):
            if code:
                yield path, 1, f"does not stand alone with {compiler}: {errors.splitlines()[0]}"


def headers_together(tree, compilers, top="models/"):
    """Headers of one part that cannot all be included by one file: a name with two meanings."""
    source = "".join(f'#include "{p}"\n' for p in tree.files if p.startswith(top) and p.endswith(".h"))
    for compiler in compilers:
        command = [compiler, "-std=gnu17", "-Wall", "-Werror", "-fsyntax-only", f"-I{tree.root}", "-x", "c", "-"]
        said = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        if said.returncode:
            lines = [line for line in said.stderr.splitlines() if "error:" in line]
            yield top, 0, f"{compiler}: {(lines or said.stderr.splitlines())[0]}"
