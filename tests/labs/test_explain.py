"""A test that fails becomes a story: the shortest scenario that still shows it, steps, a diagram, what broke, and the
line that shows it again.  The solution passes what is left: nothing was taken away that the test stood on."""
import os
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

HERE = os.path.join(labs.SOURCE, "tests", "labs")
sys.path.insert(0, os.path.join(HERE, "bft"))
import wrong  # pylint: disable=wrong-import-position,wrong-import-order


class Explain(unittest.TestCase):
    def start(self, lab):
        self.folder = os.path.join(labs.SCRATCH.name, self.id())
        self.assertEqual(labs.run("lab", "start", lab, self.folder).returncode, 0)

    def put(self, *path):
        shutil.copy(os.path.join(HERE, *path), self.folder)

    def explain(self, *arguments):
        return labs.run("lab", "explain", *arguments, cwd=self.folder)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def told(self, exercise, verdict, because):
        """A story of that verdict, which the same line tells again and the solution ends."""
        said = self.explain(exercise, "--seconds", "1")
        self.assertEqual(said.returncode, 1, said.stderr)
        steps = re.findall(r"^ *(\d+)\. t = ([\d.]+) s  (.+)$", said.stdout, re.M)
        self.assertEqual([int(n) for n, _, _ in steps], list(range(1, len(steps) + 1)))
        self.assertEqual([t for _, t, _ in steps], sorted((t for _, t, _ in steps), key=float))
        self.assertTrue(steps[-1][2].startswith(f"so {verdict}"), steps)
        self.assertIn(f"What broke: {verdict}\n", said.stdout)
        self.assertIn(because, said.stdout)
        self.assertIn(f"to see it again: orrery lab explain {exercise} --scenario explained.yaml\n", said.stdout)
        again = self.explain(exercise, "--scenario", "explained.yaml")
        self.assertEqual((again.returncode, again.stdout[again.stdout.index("\n\n"):]),
                         (1, said.stdout[said.stdout.index("\n\n"):]))
        picture = xml.etree.ElementTree.parse(os.path.join(self.folder, "explained.svg"))
        self.assertTrue(picture.getroot().tag.endswith("svg"))
        return said.stdout

    def passes(self, exercise):
        said = self.explain(exercise, "--scenario", "explained.yaml")
        self.assertEqual((said.returncode, said.stdout), (0, f"{exercise}: explained.yaml: it passes\n"))

    def test_what_must_happen_in_time_keeps_network_and_load(self):
        self.start("bootcamp")
        self.put("bootcamp", "wrong", "order.c")
        told = self.told("order", "order", "What comes too early waits")
        self.assertRegex(told, r"node.1 gets data of node.0, sent at ")
        self.assertRegex(told, r"(?m)^ +[\d.]+ s +o- data ->\| ")
        for kept in ("reorder: {p: 30 %, by: 40 ms}", "rate: 40 /s", "count: 2"):
            self.assertIn(kept, self.read("explained.yaml"))
        self.put("bootcamp", "solution", "order.c")
        self.passes("order")
        self.assertIn("nothing to explain", self.explain("order").stdout)

    def test_a_mistake_is_shown_in_the_least_that_shows_it(self):
        self.start("bootcamp")
        self.put("bootcamp", "wrong", "event.c")
        told = self.told("event", "ill", "Not every event brings a message")
        self.assertIn("event.c:22", told)
        self.assertNotIn("workload", self.read("explained.yaml"))
        self.put("bootcamp", "solution", "event.c")
        self.assertEqual(self.explain("event").returncode, 0)

    def test_a_hidden_test_is_explained_to_who_has_it(self):
        self.start("bootcamp")
        self.put("bootcamp", "wrong", "event.c")
        hidden = ("--hidden", os.path.join(HERE, "bootcamp", "hidden.yaml"), "--case", "event-busy", "--seeds", "1")
        said = self.explain("event", *hidden, "--seconds", "1")
        self.assertEqual(said.returncode, 1, said.stderr)
        self.assertIn("what seven clients hand in", said.stdout)
        self.assertIn("What broke: ill", said.stdout)
        self.put("bootcamp", "solution", "event.c")
        self.assertEqual(self.explain("event", *hidden).returncode, 0)
        for wrong in (("event", "--case", "none"), ("--case", "event"), ("--hidden", "none.yaml")):
            said = self.explain(*wrong)
            self.assertEqual((said.returncode, said.stdout), (2, ""))
            self.assertTrue(said.stderr)

    def test_a_fork_is_told_from_its_fault_to_both_decisions(self):
        self.start("bft")
        self.put("bft", "solution", "bft.c")
        solution = self.read("bft.c")
        with open(os.path.join(self.folder, "bft.c"), "w", encoding="utf-8") as file:
            file.write(labs.apply({"bft.c": solution}, wrong.WRONG["never locks"][3])["bft.c"])
        told = self.told("locks", "agreement", "Two nodes decided differently")
        self.assertEqual(len(re.findall(r"node.\d decides \w+ at height 3, round [03]", told.split("What broke")[0])), 3)
        self.assertIn("from here on", told)
        self.assertIn("lost: a drop rule of the fault plan", told)
        self.put("bft", "solution", "bft.c")
        self.passes("locks")

    def test_what_cannot_be_told_is_said(self):
        self.start("bootcamp")
        with open(os.path.join(self.folder, "event.c"), "a", encoding="utf-8") as file:
            file.write("int x = y;\n")
        said = self.explain("event")
        self.assertEqual((said.returncode, "'y' undeclared" in said.stdout), (1, True))
        self.put("bootcamp", "wrong", "event.c")
        for arguments, text in ((("evnt",), "no exercise 'evnt'"), (("--scenario", "x"), "needs the name of an exercise"),
                                (("event", "--scenario", "none.yaml"), "none.yaml: No such file"),
                                (("event", "--scenario", "README.md"), ""), (("event", "--seconds", "x"), "whole number")):
            said = self.explain(*arguments)
            self.assertEqual((said.returncode, said.stdout), (2, ""), (arguments, said.stderr))
            self.assertIn(text, said.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "explained.yaml")))

    def tearDown(self):
        self.assertEqual(labs.rest(), [])


if __name__ == "__main__":
    unittest.main()
