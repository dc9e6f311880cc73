"""The style sheet holds in this tree, and each of its rules catches a breach planted for it."""

import functools
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402

SOURCE = os.environ.get("ORRERY_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("ORRERY_BUILD", os.path.join(SOURCE, "build", "release"))

# rule: (file, text that breaks it, text that does not)
PLANTED = {
    rules.line_length: ("sim/a.c", "/* " + "x" * 98 + " */\n", "/* " + "x" * 94 + " */\n"),
    rules.file_length: ("sim/a.c", "\n" * 601, "\n" * 600),
    rules.function_length: (
        "sim/a.c", "int orr_a(void) {\n" + "    ;\n" * 69 + "}\n", "int orr_a(void) {\n" + "    ;\n" * 68 + "}\n"),
    rules.no_tabs: ("sim/a.c", "\tint a;\n", "    int a;\n"),
    rules.finished: ("models/base/a.h", "/* TO" + "DO: more */\n", "/* does the rest */\n"),
    rules.struct_without_typedef: (
        "models/base/a.h", "typedef struct orr_a orr_a;\n", "struct orr_a { int typedef_struct; };\n"),
    rules.one_header_a_tag: ("models/b.h", "struct orr_a { int b; };\n", "struct orr_b { struct orr_a *a; };\n"),
    rules.no_dead_functions: (
        "sim/a.h", "int orr_a(int x);\n", "static inline int orr_a(int x) { return x ? orr_a(x - 1) : 0; }\n"),
    rules.no_idle_costs: (
        "models/base/cost.h", "#define ORR_COSTS(COST) COST(a, 5, 0)\n", "#define ORR_COSTS(COST)\n"),
    rules.banned_names: ("sim/a.c", "long t = time(NULL);\n", "/* time(NULL) */ long t = a->time();\n"),
    rules.banned_in_models: ("models/bft/a.c", "void *p = malloc(1);\n", "void *p = mem->malloc(1);\n"),
    rules.silent_engine: (
        "sim/run/a.c", 'fprintf(stderr, "no");\n', '/* exit(3) */ snprintf(a, 9, "no"); m->exit(3);\n'),
    rules.no_float_in_models: ("models/vm/a.c", "double share;\n", '/* a double share */ "double";\n'),
    rules.no_pointer_printed: ("sim/a.c", 'printf("%p", p);\n', 'printf("%d", p);\n'),
    rules.include_directions: (
        "models/bft/a.c", '#include "models/vm/evm.h"\n', '#include "models/base/mem.h"\n'),
    rules.confined_libraries: ("sim/check/check.c", "#include <yaml.h>\n", "#include <math.h>\n"),
}

# Every arrow of docs/ARCHITECTURE.md, and those that are missing there: file, target, allowed?
ARROWS = (
    ("sim/engine/sim.c", "models/protocol.h", True),
    ("sim/engine/sim.c", "models/base/mem.h", True),
    ("sim/engine/sim.c", "models/registry.h", False),
    ("sim/engine/sim.c", "sim/net/net.h", True),
    ("sim/net/net.c", "sim/engine/sim.h", False),
    ("sim/scenario/keys.c", "sim/net/dist_spec.h", True),
    ("sim/scenario/keys.c", "sim/net/dist.h", False),
    ("sim/scenario/keys.c", "models/registry.h", True),
    ("sim/check/live.c", "sim/engine/tap.h", True),
    ("sim/check/live.c", "sim/engine/engine.h", False),
    ("sim/trace/trace.c", "sim/check/check.h", False),
    ("sim/run/run.c", "sim/trace/trace.h", True),
    ("sim/run/run.c", "sim/cli/main.h", False),
    ("sim/cli/main_run.c", "sim/run/run.h", True),
    ("sim/new_room/a.c", "sim/base/memory.h", False),
    ("sim/run/byzantine.c", "models/fault/byzantine.h", True),
    ("sim/run/byzantine.c", "models/fault/byzantine_node.h", False),
    ("sim/engine/sim.c", "models/bft/common/vote.h", False),
    ("sim/cli/main_vm.c", "models/vm/vm.h", True),
    ("sim/cli/vm/code.c", "models/vm/vm.h", True),
    ("sim/engine/sim.c", "models/vm/vm.h", False),
    ("sim/cli/vault/bls.c", "models/vm/curve/bls12_381.h", True),
    ("models/vault/eip2333.c", "models/vm/curve/bls12_381.h", False),
    ("sim/cli/main_plot.c", "analysis/plot.h", True),
    ("sim/engine/sim.c", "analysis/plot.h", False),
    ("models/base/msg.c", "models/protocol.h", False),
    ("models/base/msg.c", "models/base/mem.h", True),
    ("models/bft/common/vote.c", "models/protocol.h", True),
    ("models/bft/common/vote.c", "models/bft/common/vote.h", True),
    ("models/bft/common/vote.c", "models/bft/tendermint/block.h", False),
    ("models/bft/tendermint/wal.c", "models/bft/common/vote.h", True),
    ("models/lab/pbft.c", "models/bft/common/quorum.h", True),
    ("models/lab/pbft.c", "models/bft/tendermint/block.h", False),
    ("models/bft/common/vote.c", "models/gossip/mesh.h", False),
    ("models/bft/common/vote.c", "models/registry.h", False),
    ("models/bft/common/vote.c", "sim/engine/sim.h", False),
    ("models/vm/trie.c", "models/protocol.h", False),
    ("models/node/validator.c", "models/bft/common/vote.h", True),
    ("models/registry.c", "models/registry.def", True),
    ("analysis/plot.c", "sim/trace/schema.h", True),
    ("analysis/plot.c", "sim/engine/sim.h", False),
    ("analysis/plot.c", "models/protocol.h", False),
    ("sim/engine/sim.c", "tests/test.h", False),
    ("tests/sim/engine/test_sim.c", "models/bft/common/vote.h", True),
)


@functools.cache
def source_tree():
    return rules.Tree(SOURCE)


def breaches(found):
    return [f"{path}:{line}: {message}" for path, line, message in found]


class TheTree(unittest.TestCase):
    maxDiff = None


class TheRules(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path


def add(case, name, body):
    setattr(case, f"test_{name}", body)


for rule in rules.RULES:

    def holds(self, rule=rule):
        self.assertEqual([], breaches(rule(source_tree())))

    def catches(self, rule=rule):
        path, bad, good = PLANTED[rule]
        self.write("models/a.h", "struct orr_a { int a; };\n")
        self.write(path, bad)
        found = list(rule(rules.Tree(self.root)))
        self.assertEqual([path], [f[0] for f in found])
        self.write(path, good)
        self.assertEqual([], breaches(rule(rules.Tree(self.root))))

    add(TheTree, f"keeps_{rule.__name__}", holds)
    add(TheRules, f"{rule.__name__}_catches_what_it_is_for", catches)


def arrows(self):
    for path, target, allowed in ARROWS:
        self.assertEqual(allowed, bool(rules.may_include(path, target)), f"{path} -> {target}")


def exceptions_exist(self):
    """A table of exceptions names files that are there."""
    paths = source_tree().files
    for table in (rules.TABLES, rules.LONG_FILES, rules.LONG_FUNCTIONS, rules.MAY_KNOW_TIME,
                  rules.MAY_READ_ENVIRONMENT):
        for pattern, reason in table.items():
            self.assertTrue(any(rules.excepted(path, {pattern: ""}) for path in paths), pattern)
            self.assertTrue(reason)


def libraries_hold(self):
    libraries = sorted(glob.glob(os.path.join(BUILD, "models", "liborrery-*.a")))
    self.assertTrue(libraries, f"no libraries in {BUILD}/models")
    self.assertEqual([], breaches(rules.compiled(libraries)))


def libraries_caught(self):
    source = self.write("a.c", "int rand(void);\nstatic int n_calls;\nint orr_a(void);\n"
                               "int orr_a(void) { return rand() + n_calls++; }\n"
                               "int b(void);\nint b(void) { static int x = 3; return x++; }\n")
    thing = source[:-2]
    subprocess.run(["cc", "-O0", "-c", source, "-o", f"{thing}.o"], check=True)
    subprocess.run(["ar", "crs", f"{thing}.a", f"{thing}.o"], check=True)
    said = " ".join(breaches(rules.compiled([f"{thing}.a"])))
    for breach in ("rand is not on the list", "n_calls is a variable", "b is external",
                   "holds writable data"):
        self.assertIn(breach, said)
    self.assertNotIn("orr_a", said)


def compilers():
    return [c for c in ("gcc", "clang") if shutil.which(c)]


def headers_hold(self):
    flags = subprocess.run(
        ["pkg-config", "--cflags", "hdf5-serial", "gsl", "jansson", "yaml-0.1", "libsodium"],
        capture_output=True, text=True, check=True).stdout.split()
    self.assertEqual([], breaches(rules.headers(source_tree(), compilers()[:1], flags)))


def layers_hold(self):
    self.assertEqual([], breaches(rules.layers(source_tree())))
    for folder, order in rules.LAYERS.items():
        for name in order:
            self.assertTrue(os.path.exists(os.path.join(SOURCE, folder, name + ".c")), name)


def layers_caught(self):
    self.write("models/bft/tendermint/height.c", "void orr_tm_b(int a) {\n    orr_tm_a(1);\n}\n")
    self.write("models/bft/tendermint/log.c", "void orr_tm_a(int a) {\n}\n")
    self.assertEqual([], breaches(rules.layers(rules.Tree(self.root))))
    path = self.write("models/bft/tendermint/log.c", "void orr_tm_a(int a) {\n    orr_tm_b(1);\n}\n")
    self.assertIn("orr_tm_b is of a higher layer", " ".join(breaches(rules.layers(rules.Tree(self.root)))))
    os.remove(path)
    self.write("models/bft/tendermint/stray.c", "\n")
    self.assertEqual(1, len(list(rules.layers(rules.Tree(self.root)))))


def headers_together_hold(self):
    self.assertEqual([], breaches(rules.headers_together(source_tree(), compilers())))


def headers_together_caught(self):
    self.write("models/a.h", "static inline int orr_a(void) { return 1; }\n")
    self.write("models/b.h", "#define ORR_B 1\n")
    self.assertEqual([], breaches(rules.headers_together(rules.Tree(self.root), ["gcc"])))
    self.write("models/b.h", "static inline int orr_a(void) { return 2; }\n")
    self.assertEqual(1, len(list(rules.headers_together(rules.Tree(self.root), ["gcc"]))))


def headers_caught(self):
    self.write("sim/a.h", "#ifndef A\n#define A\nuint32_t orr_a(void);\n#endif\n")
    self.write("sim/b.h", "#include <stdint.h>\nstruct orr_b { uint32_t b; };\n")  # no guard
    self.write("sim/c.h", "#ifndef C\n#define C\n#include <stdint.h>\nuint32_t orr_c(void);\n#endif\n")
    found = {path for path, _, _ in rules.headers(rules.Tree(self.root), compilers(), [])}
    self.assertEqual({"sim/a.h", "sim/b.h"}, found)


add(TheTree, "keeps_exceptions_to_files_that_exist", exceptions_exist)
add(TheTree, "compiles_to_libraries_without_clock_chance_io_or_shared_state", libraries_hold)
add(TheTree, "calls_downward_in_folders_with_layers", layers_hold)
add(TheRules, "layers_catches_a_call_upward_and_a_file_without_a_place", layers_caught)
add(TheTree, "has_headers_that_stand_alone", headers_hold)
add(TheTree, "has_headers_of_models_that_stand_together", headers_together_hold)
add(TheRules, "headers_together_catches_a_name_of_two_meanings", headers_together_caught)
add(TheRules, "include_directions_are_those_of_the_architecture", arrows)
add(TheRules, "compiled_catches_a_banned_call_a_variable_and_a_bare_name", libraries_caught)
add(TheRules, "headers_catches_one_that_lacks_an_include_or_a_guard", headers_caught)

if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    sys.stderr.flush()
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, "
          f"Errors: {len(result.errors)}")
    sys.exit(not result.wasSuccessful())
