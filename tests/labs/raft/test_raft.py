"""The Raft lab: the solution gets all points, the skeleton none, and each mistake is caught where it should be, told
what it deserves, and gets no more than its cap."""
import os
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position
import wrong  # pylint: disable=wrong-import-position

HERE = os.path.join(labs.SOURCE, "tests", "labs", "raft")
TOLD = {
    "one-leader": "a server votes once in a term",
    "agreement": "Two servers decided differently",
    "leads": "Nobody leads, or nobody stays",
    "committed": "Something handed in was never decided",
    "caught_up": "Who was away does not catch up",
    "unjudged": "Nothing was decided by two servers",
}
SAFETY = ("one-leader", "agreement", "integrity", "total_order")


def grade(name, text, *arguments):
    folder = os.path.join(labs.SCRATCH.name, name.replace(" ", "-"))
    os.mkdir(folder)
    with open(os.path.join(folder, "raft.c"), "w", encoding="utf-8") as file:
        file.write(text)
    return labs.grade(folder, "--lab", "raft", "--seeds", "1", *arguments)


class Raft(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(HERE, "solution", "raft.c"), encoding="utf-8") as file:
            self.solution = file.read()

    def test_the_solution_gets_all_points_and_the_skeleton_few(self):
        code, report, errors = grade("solution", self.solution)
        self.assertEqual((code, report["earned"], report["possible"]), (0, 100, 100), (report, errors))
        self.assertEqual([len(e["tests"]) for e in report["exercises"]], [5, 5, 5])
        with open(os.path.join(labs.SOURCE, "scenarios/labs/raft/raft.c"), encoding="utf-8") as file:
            code, report, _ = grade("skeleton", file.read(), "--only", "log")
        self.assertEqual((code, report["earned"]), (1, 0))

    def test_each_mistake_is_caught_and_capped(self):
        self.assertGreaterEqual(len(wrong.WRONG), 20)

        def one(item):
            name, (exercise, verdict, changes) = item
            return name, verdict, grade(name, wrong.apply(self.solution, changes), "--only", exercise)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, verdict, (code, report, errors) in pool.map(one, wrong.WRONG.items()):
                with self.subTest(name):
                    self.assertEqual(code, 1, errors)
                    exercise = report["exercises"][0]
                    self.assertEqual(exercise["compiler"], "")
                    failed = {t["verdict"]: t["text"] for t in exercise["tests"] if not t["passed"]}
                    self.assertIn(verdict, failed)
                    self.assertIn(TOLD[verdict], failed[verdict])
                    if verdict in SAFETY:
                        self.assertLessEqual(exercise["earned"], 0.4 * exercise["possible"])
                        self.assertIn(exercise["capped_by"], SAFETY)

    def tearDown(self):
        self.assertEqual(labs.rest(), [])


if __name__ == "__main__":
    unittest.main()
