"""Where mutants are drawn from, and that their fate is told right."""

import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import types
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import sites  # noqa: E402

sys.dont_write_bytecode = True
LOADER = SourceFileLoader("mutate_run", os.path.join(HERE, "run"))
run = module_from_spec(spec_from_loader("mutate_run", LOADER))
sys.modules["mutate_run"] = run
LOADER.exec_module(run)

SAMPLE = '''/* if (a < b) return 1; */
#include <x.h>
#define HALF(x) ((x) / 2 == 1)
static const int table[] = {1, 2, 3};
static int f(int a,
             const char *b) {
    assert(a < 7 && b);
    static const int rows[2] = {4, 5};
    char text[40];
    int n = a + 1;
    __builtin_prefetch(b + 9);
    if (a < n && *b != '=') n++;
    while (n > 3)
        n = step(n, "a < b");
    for (int i = 0; i <= n; i++) g(i);
    h(text)->x -= 5;
    return n >= 10 ? true : rows[0];
}
'''


def changed(text, kind):
    """The lines that a site of a kind changes, as they become."""
    found = []
    for site in sites.sites(text):
        if site.kind == kind:
            mutant = run.Mutant("f.c", text, site)
            found.append((mutant.line, mutant.after))
    return found


class TestSites(unittest.TestCase):
    def test_operators_in_bodies_change_and_nothing_else_does(self):
        self.assertEqual(changed(SAMPLE, "compare"), [
            (12, "if (a <= n && *b != '=') n++;"), (12, "if (a < n && *b == '=') n++;"), (13, "while (n >= 3)"),
            (15, "for (int i = 0; i < n; i++) g(i);"), (17, "return n > 10 ? true : rows[0];")])
        self.assertEqual(changed(SAMPLE, "logic"), [(12, "if (a < n || *b != '=') n++;")])
        self.assertEqual(changed(SAMPLE, "constant"), [
            (10, "int n = a + 2;"), (13, "while (n > 4)"), (15, "for (int i = 1; i <= n; i++) g(i);"),
            (16, "h(text)->x -= 6;"), (17, "return n >= 11 ? true : rows[0];"),
            (17, "return n >= 10 ? true : rows[1];"), (17, "return n >= 10 ? false : rows[0];")])
        self.assertEqual(changed(SAMPLE, "negate"), [
            (12, "if (!(a < n && *b != '=')) n++;"), (13, "while (!(n > 3))")])
        self.assertEqual(changed(SAMPLE, "drop"), [(14, ";"), (16, ";")])

    def test_a_condition_over_two_lines_is_one_site(self):
        text = "int f(int a) {\n    if (a &&\n        b(a))\n        c();\n}\n"
        self.assertEqual(changed(text, "negate"), [(2, "if (!(a && b(a)))")])
        self.assertEqual(changed(text, "drop"), [(4, ";")])

    def test_a_hint_to_the_compiler_is_no_site(self):
        text = "int f(int a) {\n    if (__builtin_expect(a == g(3), 0)) return a;\n    return a;\n}\n"
        self.assertEqual(changed(text, "constant"), [(2, "if (__builtin_expect(a == g(4), 0)) return a;")])

    def test_the_same_seed_draws_the_same_mutants(self):
        files = ["models/ledger/ledger.c", "models/bft/common/tally.c"]
        first, again, other = ([m.name() for _, m in zip(range(30), run.drawn(files, random.Random(s)))]
                               for s in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(len(set(first)), 30)

    def test_each_class_of_change_is_drawn_as_often(self):
        drawn = run.drawn(["models/ledger/ledger.c"], random.Random(1))
        kinds = [m.site.kind for _, m in zip(range(20), drawn)]
        self.assertEqual({k: kinds.count(k) for k in sites.CLASSES}, dict.fromkeys(sites.CLASSES, 4))


class TestTables(unittest.TestCase):
    def test_the_longest_row_says_which_tests_cover_a_file(self):
        self.assertIn("sim.engine.queue", run.tests_of("sim/engine/queue.c"))
        self.assertNotEqual(run.tests_of("sim/engine/queue.c"), run.tests_of("sim/engine/sim.c"))
        self.assertEqual(run.tests_of("analysis/stats.c"), [])

    def test_every_row_of_the_tables_is_whole(self):
        for path, patterns in run.covers():
            self.assertTrue(os.path.exists(os.path.join(run.ROOT, path)), path)
            self.assertTrue(patterns, path)
        for row in run.rows("equivalent.txt"):
            fields = row.split(" | ")
            self.assertEqual(len(fields), 4, row)
            self.assertTrue(os.path.isfile(os.path.join(run.ROOT, fields[0])), row)
            self.assertGreater(len(fields[3]), 10, row)
        self.assertEqual(list(run.stale(run.equivalents())), [])


class PlantedTree:
    """A copy of the tree whose tests notice what they are told to notice."""

    def __init__(self, folder, compiles, notices):
        self.folder, self.compiles, self.notices, self.ran = folder, compiles, notices, []

    def compile(self, path):
        with open(os.path.join(self.folder, path), encoding="utf-8") as f:
            text = f.read()
        return self.compiles or text == SAMPLE

    def test(self, name, limit):
        self.ran.append(name)
        return "exit 1" if name in self.notices else None


class TestFate(unittest.TestCase):
    def judge(self, compiles=True, notices=(), equivalent=None):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "models/ledger"))
            path = os.path.join(folder, "models/ledger/a.c")
            with open(path, "w", encoding="utf-8") as f:
                f.write(SAMPLE)
            planted = run.Run(types.SimpleNamespace(build=folder, jobs=0, log=os.path.join(folder, "log")))
            planted.seconds = {"models.ledger.ledger": 2, "models.bft.cluster": 1, "sim.net.dist": 0}
            tree = PlantedTree(folder, compiles, notices)
            mutant = run.Mutant("models/ledger/a.c", SAMPLE, sites.sites(SAMPLE)[0])
            planted.names = {mutant.key(): equivalent} if equivalent else {}
            planted.trees = [tree]
            tree.busy = run.threading.Lock()
            with contextlib.redirect_stdout(io.StringIO()):
                planted.take(mutant)
            with open(path, encoding="utf-8") as f:
                self.assertEqual(f.read(), SAMPLE)  # whole again
            with open(os.path.join(folder, "log"), encoding="utf-8") as f:
                return f.read().split("\t")[0], tree.ran

    def test_a_mutant_is_killed_by_the_quickest_test_that_notices_it(self):
        self.assertEqual(self.judge(notices=("models.bft.cluster", "models.ledger.ledger")),
                         ("killed", ["models.bft.cluster"]))

    def test_a_mutant_that_no_covering_test_notices_survives(self):
        self.assertEqual(self.judge(notices=("sim.net.dist",)),
                         ("survived", ["models.bft.cluster", "models.ledger.ledger"]))

    def test_a_mutant_that_does_not_compile_is_none(self):
        self.assertEqual(self.judge(compiles=False), ("stillborn", []))

    def test_a_survivor_that_is_named_equivalent_is_not_listed(self):
        self.assertEqual(self.judge(equivalent="it changes nothing that shows")[0], "equivalent")

    def test_a_program_that_does_not_end_or_eats_memory_is_ended_with_all_that_it_began(self):
        child = subprocess.Popen(["sh", "-c", "sleep 600 & sleep 600"], start_new_session=True)
        while len(list(run.session(child.pid))) < 3:  # the shell and both sleeps
            pass
        self.assertGreater(run.resident(child.pid), 0)
        run.end_session(child.pid)
        child.wait()
        self.assertEqual([p for p, _ in run.session(child.pid) if p == child.pid], [])


if __name__ == "__main__":
    unittest.main()
