"""What the tests of labs share: the program, a scratch folder, a grade as JSON."""
import json
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

EVERY = bool(os.environ.get("EVERY"))  # at night all mistakes, else each third

SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
PROGRAM = os.path.join(SOURCE, os.environ.get("ORRERY_BIN", "build/release/sim/orrery"))
SCRATCH = tempfile.TemporaryDirectory()
ENVIRONMENT = {**os.environ, "XDG_CACHE_HOME": os.path.join(SCRATCH.name, "cache"), "NO_COLOR": "1",
               "TMPDIR": os.path.join(SCRATCH.name, "tmp")}
os.mkdir(ENVIRONMENT["XDG_CACHE_HOME"])
os.mkdir(ENVIRONMENT["TMPDIR"])


def run(*arguments, cwd=None, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, cwd=cwd,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL, **more)


def grade(folder, *arguments):
    """Exit code and report of `orrery lab grade`; the second is None when none was printed."""
    said = run("lab", "grade", folder, "--form", "json", *arguments)
    return said.returncode, json.loads(said.stdout) if said.stdout else None, said.stderr


def rest():
    """Nothing is left behind in the folder for temporary files."""
    return os.listdir(ENVIRONMENT["TMPDIR"])


class Course:
    """What holds for a lab of one file or a few: the solution gets all points and the skeleton none of them, and each planted
    mistake is caught by the test that it is planted for, told what it deserves, and gets no more than its cap."""
    lab, files, told, safety, parts, mistakes = "", (), {}, (), {}, {}

    def write(self, name, texts):
        folder = os.path.join(SCRATCH.name, name.replace(" ", "-"))
        os.mkdir(folder)
        for path, text in texts.items():
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
        return folder

    def read(self, *folder):
        """The text of each file of the lab."""
        texts = {}
        for path in self.files:
            with open(os.path.join(SOURCE, *folder, path), encoding="utf-8") as file:
                texts[path] = file.read()
        return texts

    def solution(self):
        return self.read("tests", "labs", self.lab, "solution")

    def grade(self, name, texts, *arguments):
        return grade(self.write(name, texts), "--lab", self.lab, "--seeds", "1", *arguments)

    def test_the_solution_gets_all_points_and_the_skeleton_none(self):
        code, report, errors = self.grade("solution", self.solution())
        self.assertEqual((code, report["earned"]), (0, report["possible"]), (report, errors))
        self.assertEqual({e["name"]: len(e["tests"]) for e in report["exercises"]}, self.parts)
        skeleton = self.read("scenarios", "labs", self.lab)
        code, report, _ = self.grade("skeleton", skeleton, "--only", list(self.parts)[-1])
        self.assertEqual((code, report["earned"]), (1, 0))

    def test_each_mistake_is_caught_and_capped(self):
        self.assertGreaterEqual(len(self.mistakes), 20)
        solution = self.solution()

        def one(item):
            name, (exercise, verdict, case, changes) = item
            said = self.grade(name, apply(solution, changes), "--only", exercise, "--case", case)
            return name, verdict, said

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            planted = list(self.mistakes.items())
            for name, verdict, (code, report, errors) in pool.map(one, planted if EVERY else planted[::3]):
                with self.subTest(name):
                    self.assertEqual(code, 1, errors)
                    exercise = report["exercises"][0]
                    self.assertEqual(exercise["compiler"], "")
                    (test,) = exercise["tests"]
                    self.assertEqual(test["verdict"], verdict, test["text"])
                    self.assertIn(self.told[verdict], test["text"])
                    if verdict in self.safety:
                        self.assertLessEqual(exercise["earned"], 0.4 * exercise["possible"])
                        self.assertIn(exercise["capped_by"], self.safety)

    def tearDown(self):
        self.assertEqual(rest(), [])


def apply(solution, changes):
    """A solution with a mistake in it: each change says what stands in one of its files, once, and what in its place."""
    texts = dict(solution)
    for old, new in changes:
        (path, *more) = [p for p, text in texts.items() if old in text]
        assert not more and texts[path].count(old) == 1, (old, path, more)
        texts[path] = texts[path].replace(old, new)
    return texts
