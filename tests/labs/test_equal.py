"""The same submission gets the same grade, byte for byte: whatever built the program (release, clang, debug: what is there),
on one core and on all, idle and under load.  Whatever compiles the submission it gets the same points for the same
reasons; at which line a step is undefined optimisers see in different ways."""
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

HERE = os.path.join(labs.SOURCE, "tests", "labs", "bootcamp")
# one that passes, one that fails an expectation, one that breaks the contract, one that is not whole
PARTS = {"timer": "solution", "retry": "wrong", "ownership": "wrong", "event": "wrong"}
EVERY = PARTS if labs.EVERY else ("retry", "event")


def without_lines(reports):
    """The reports as they are but for the texts of tests."""
    all_of = [json.loads(report) for report in reports]
    for report in all_of:
        for exercise in report["exercises"]:
            exercise["compiler"] = ""
            for test in exercise["tests"]:
                test["text"] = ""
    return all_of


class Equal(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(labs.SCRATCH.name, self.id())
        shutil.copytree(os.path.join(HERE, "solution"), self.folder)
        for name, kind in PARTS.items():
            shutil.copy(os.path.join(HERE, kind, f"{name}.c"), self.folder)
        self.put("salt", "pepper", 0o600)

    def put(self, name, text, mode):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def grades(self, program=labs.PROGRAM, **environment):
        """The reports on each part, as bytes."""
        said = []
        for part in EVERY:
            done = subprocess.run([program, "lab", "grade", self.folder, "--lab", "bootcamp", "--only", part, "--seeds", "2",
                                   "--salt", os.path.join(self.folder, "salt"), "--form", "json"], capture_output=True,
                                  check=False, stdin=subprocess.DEVNULL, env={**labs.ENVIRONMENT, **environment})
            self.assertIn(done.returncode, (0, 1), done.stderr)
            said.append(done.stdout)
        return said

    def test_builds_compilers_cores_and_load(self):
        first = self.grades()
        tried = []
        for program in sorted((os.path.join(labs.SOURCE, "build", preset, "sim", "orrery") for preset in ("release", "clang", "debug"))):
            if os.path.exists(program) and os.path.realpath(program) != os.path.realpath(labs.PROGRAM):
                self.assertEqual(self.grades(program), first, program)
                tried.append(program)
        for name, command in {"gcc-O0": "gcc -O0", "gcc-O3": "gcc -O3", "clang-O2": "clang -O2"}.items():
            compiler, level = command.split()
            if not shutil.which(compiler):
                continue
            self.put(f"{name}/cc", f'#!/bin/sh\nexec {shutil.which(compiler)} "$@" {level}\n', 0o755)
            path = os.path.join(self.folder, name) + os.pathsep + os.environ["PATH"]
            self.assertEqual(without_lines(self.grades(PATH=path)), without_lines(first), command)
            tried.append(command)
        cores = os.sched_getaffinity(0)
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(len(cores))]
        try:
            os.sched_setaffinity(0, {min(cores)})
            self.assertEqual(self.grades(), first, "one core, under load")
            tried.append("one core, under load")
        finally:
            os.sched_setaffinity(0, cores)
            for process in busy:
                process.kill()
                process.wait()
        print("the same grade:", ", ".join(tried))


if __name__ == "__main__":
    unittest.main()
