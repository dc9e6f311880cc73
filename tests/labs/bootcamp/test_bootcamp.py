"""The bootcamp from a student's and from an instructor's side: skeletons do not pass, solutions do, in all
forms alike, and each wrong solution is told what its mistake deserves."""
import json
import os
import shutil
import sys
import tarfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import labs  # pylint: disable=wrong-import-position

HERE = os.path.join(labs.SOURCE, "tests", "labs", "bootcamp")
EXERCISES = ("event timer layout ownership retry ack order idempotence duplicates stopwait heartbeat "
             "restart").split()
# Exercise: the verdict of its first test, and a piece of what is said about it.
MISTAKES = {
    "event": ("ill", "Not every event brings a message"),
    "timer": ("endless-instant", "not how long it takes"),
    "layout": ("layout", "Both ends agree on bytes, not on structs"),
    "ownership": ("leak-messages", "must be given back when something else takes its place"),
    "retry": ("delivery", "A message that was lost is gone"),
    "ack": ("rest", "each time that it comes, and not only the first time"),
    "order": ("order", "What comes too early waits"),
    "idempotence": ("balance", "only when its version is higher"),
    "duplicates": ("delivery", "its own messages too"),
    "stopwait": ("window", "Send number n + 1 only when n is acknowledged"),
    "heartbeat": ("suspicion", "silent for 300 ms"),
    "restart": ("numbers", "must be on the disk"),
}


class Student(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(labs.SCRATCH.name, self.id())
        said = labs.run("lab", "start", "bootcamp", self.folder)
        self.assertEqual(said.returncode, 0, said.stderr)

    def test_a_folder_has_what_a_student_needs_and_no_judge_or_solution(self):
        names = set(os.listdir(self.folder))
        for name in EXERCISES:
            self.assertIn(f"{name}.c", names)
            self.assertIn(f"{name}.yaml", names)
        self.assertIn("README.md", names)
        self.assertEqual([n for n in names if n in ("lab.yaml", "judge")], [])
        self.assertEqual(labs.run("lab", "start", "bootcamp", self.folder).returncode, 2)
        self.assertIn("there already", labs.run("lab", "start", "bootcamp", self.folder).stderr)

    def test_the_road_goes_from_the_skeleton_to_the_first_green_exercise(self):
        said = labs.run("lab", "test", cwd=self.folder)
        self.assertEqual(said.returncode, 1)
        self.assertIn("FAIL  what a client hands in is delivered", said.stdout)
        self.assertIn("to see it again: orrery log event.yaml", said.stdout)
        self.assertIn("next: event (event.c)", said.stdout)
        self.assertNotIn("timer: later", said.stdout)
        self.assertEqual(labs.run("log", "event.yaml", cwd=self.folder).returncode, 0)
        hint = labs.run("lab", "hint", cwd=self.folder).stdout
        self.assertIn("event, hint 1 of 2: ", hint)
        self.assertEqual(labs.run("lab", "hint", "event", "2", cwd=self.folder).stdout.count("\n"), 2)
        shutil.copy(os.path.join(HERE, "solution", "event.c"), self.folder)
        said = labs.run("lab", "test", "event", cwd=self.folder)
        self.assertEqual((said.returncode, "next: timer (timer.c)" in said.stdout), (0, True), said.stdout)
        status = labs.run("lab", "status", cwd=self.folder).stdout
        self.assertIn("passed   event", status)
        self.assertIn("1 of 12 passed", status)
        with open(os.path.join(self.folder, "event.c"), "a", encoding="utf-8") as file:
            file.write("\n")
        self.assertIn("changed  event", labs.run("lab", "status", cwd=self.folder).stdout)

    def test_what_does_not_compile_is_told_by_the_compiler(self):
        with open(os.path.join(self.folder, "event.c"), "a", encoding="utf-8") as file:
            file.write("int x = y;\n")
        said = labs.run("lab", "test", cwd=self.folder)
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stdout, r"event.c:\d+:\d+: error: 'y' undeclared")
        os.remove(os.path.join(self.folder, "event.c"))
        self.assertIn("there is no regular file event.c", labs.run("lab", "test", cwd=self.folder).stdout)

    def test_what_is_handed_in_is_told_and_the_same_each_time(self):
        shutil.copy(os.path.join(HERE, "solution", "event.c"), self.folder)
        labs.run("lab", "test", "event", cwd=self.folder)
        said = labs.run("lab", "submit", cwd=self.folder)
        self.assertEqual(said.returncode, 0, said.stderr)
        archive = os.path.join(self.folder, "bootcamp.tar")
        with tarfile.open(archive) as tar:
            self.assertEqual(tar.getnames(), [f"{name}.c" for name in EXERCISES])
            for member in tar.getmembers():
                with open(os.path.join(self.folder, member.name), "rb") as file:
                    self.assertEqual(tar.extractfile(member).read(), file.read())
                self.assertEqual((member.mtime, member.uid, member.mode), (0, 0, 0o644))
                self.assertIn(member.name, said.stdout)
        labs.run("lab", "submit", "again.tar", cwd=self.folder)
        with open(archive, "rb") as one, open(os.path.join(self.folder, "again.tar"), "rb") as two:
            self.assertEqual(one.read(), two.read())
        report = labs.run("lab", "checkin", cwd=self.folder).stdout
        self.assertRegex(report, r"\| event \| an event goes in, effects come out \| passed \| [0-9a-f]{16} \|")
        self.assertIn("| timer | later | open |  |", report)
        self.assertIn("- [ ] ten ticks a second, each at its time", report)
        self.assertIn("1 of 12 passed.", report)
        os.remove(os.path.join(self.folder, "order.c"))
        said = labs.run("lab", "submit", "none.tar", cwd=self.folder)
        self.assertEqual((said.returncode, os.path.exists(os.path.join(self.folder, "none.tar"))), (2, False))
        self.assertIn("there is no regular file ./order.c", said.stderr)

    def test_bad_input_is_told(self):
        for arguments, text in ((("test", "evnt"), "no exercise 'evnt'"), (("start", "nolab"), "no lab 'nolab'"),
                                (("start", "../bootcamp"), "no lab"), (("test", "--form", "x"), "no form 'x'"),
                                (("hint", "event", "x"), "whole number"), (("walk",), "no verb 'walk'")):
            said = labs.run("lab", *arguments, cwd=self.folder)
            self.assertEqual(said.returncode, 2, arguments)
            self.assertIn(text, said.stderr)
        self.assertEqual(labs.run("lab", "test", cwd=labs.SCRATCH.name).returncode, 2)
        for arguments, text in ((("--case", "event"), "--only says of which exercise is 'event'"),
                                (("--only", "timer", "--case", "event"), "no test with the scenario 'event'")):
            said = labs.run("lab", "grade", self.folder, *arguments)
            self.assertEqual((said.returncode, said.stdout), (2, ""))
            self.assertIn(text, said.stderr)


class Instructor(unittest.TestCase):
    def test_solutions_get_all_points_and_seeds_follow_from_the_salt(self):
        salt = os.path.join(labs.SCRATCH.name, "salt")
        with open(salt, "w", encoding="utf-8") as file:
            file.write("of this term\n")
        arguments = ("--lab", "bootcamp", "--seeds", "1", "--salt", salt)
        code, report, errors = labs.grade(os.path.join(HERE, "solution"), *arguments)
        self.assertEqual((code, report["earned"], report["possible"]), (0, 120, 120), errors)
        self.assertEqual([e["name"] for e in report["exercises"]], EXERCISES)
        for exercise in report["exercises"]:
            self.assertEqual([t["hidden"] for t in exercise["tests"]], [False, True])
            self.assertEqual(exercise["compiler"], "", "solutions compile without a warning")
        one = ("--only", "order")
        again = labs.grade(os.path.join(HERE, "solution"), *arguments, *one)[1]["exercises"][0]
        self.assertEqual(again, report["exercises"][EXERCISES.index("order")])
        with open(salt, "a", encoding="utf-8") as file:
            file.write("another\n")
        other = labs.grade(os.path.join(HERE, "solution"), *arguments, *one)[1]["exercises"][0]
        prints = [[t["fingerprint"] for t in e["tests"]] for e in (again, other)]
        self.assertEqual(prints[0][0], prints[1][0], "public tests have their own seed")
        self.assertNotEqual(prints[0][1], prints[1][1])

    def test_each_wrong_solution_is_told_its_mistake(self):
        code, report, errors = labs.grade(os.path.join(HERE, "wrong"), "--lab", "bootcamp", "--seeds", "1")
        self.assertEqual((code, report["earned"]), (1, 0), errors)
        for exercise in report["exercises"]:
            verdict, text = MISTAKES[exercise["name"]]
            first = exercise["tests"][0]
            self.assertEqual(first["verdict"], verdict, first["text"])
            self.assertIn(text, first["text"])
        self.assertIn("event.c:", report["exercises"][0]["tests"][0]["text"], "with the line of the source")

    def test_all_forms_say_the_same_and_keep_hidden_tests_hidden(self):
        arguments = ("lab", "grade", os.path.join(HERE, "wrong"), "--lab", "bootcamp", "--only", "order", "--seeds",
                     "2", "--public")
        scope = json.loads(labs.run(*arguments, "--form", "gradescope").stdout)
        self.assertEqual(scope["score"], 0)
        self.assertEqual([t["status"] for t in scope["tests"]], ["failed", "failed"])
        self.assertEqual([t["visibility"] for t in scope["tests"]], ["visible", "after_published"])
        self.assertIn("number 3 is due", scope["tests"][0]["output"])
        self.assertNotIn("number", scope["tests"][1]["output"])
        report = json.loads(labs.run(*arguments, "--form", "json").stdout)
        self.assertIsNone(report["exercises"][0]["tests"][1]["failed_seed"])
        suites = xml.etree.ElementTree.fromstring(labs.run(*arguments, "--form", "junit").stdout)
        self.assertEqual([s.get("failures") for s in suites], ["2"])
        self.assertEqual([len(c) for c in suites[0]], [0, 1, 1])
        text = labs.run(*arguments).stdout
        self.assertIn("0 of 10 points", text)
        self.assertEqual(text.count("FAIL"), 2)

    def test_what_is_no_fault_of_the_student_is_no_grade(self):
        hidden = os.path.join(labs.SCRATCH.name, "hidden.yaml")
        with open(os.path.join(labs.SCRATCH.name, "bad.yaml"), "w", encoding="utf-8") as file:
            file.write("orrery: 1\nname: bad\nnodes: {node: {count: 2, role: ./event.c, cuont: 3}}\n")
        with open(hidden, "w", encoding="utf-8") as file:
            file.write("orrery-lab: 1\nname: bootcamp\nexercises:\n"
                       "  - {name: event, tests: [{name: it cannot be run, scenario: bad.yaml}]}\n")
        code, report, _ = labs.grade(os.path.join(HERE, "solution"), "--lab", "bootcamp", "--only", "event",
                                     "--hidden", hidden)
        self.assertEqual((code, report["earned"], report["passed"]), (3, None, False))
        self.assertEqual(report["exercises"][0]["tests"][1]["outcome"], "error")
        with open(hidden, "a", encoding="utf-8") as file:
            file.write("  - {name: evnt, tests: [{name: a, scenario: none.yaml}]}\n")
        said = labs.run("lab", "grade", os.path.join(HERE, "solution"), "--lab", "bootcamp", "--hidden", hidden)
        self.assertEqual(said.returncode, 2)
        self.assertIn("hidden.yaml:5:5: error: the lab has no such exercise", said.stderr)

    def tearDown(self):
        self.assertEqual(labs.rest(), [])


if __name__ == "__main__":
    unittest.main()
