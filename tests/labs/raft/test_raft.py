"""The Raft lab: the solution gets all points, the skeleton none, and each mistake is caught where it should be, told
what it deserves, and gets no more than its cap."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position
import wrong  # pylint: disable=wrong-import-position

TOLD = {
    "one-leader": "a server votes once in a term",
    "agreement": "Two servers decided differently",
    "leads": "Nobody leads, or nobody stays",
    "committed": "Something handed in was never decided",
    "caught_up": "Who was away does not catch up",
    "unjudged": "Nothing was decided by two servers",
}


class Raft(labs.Course, unittest.TestCase):
    lab, files, told = "raft", ("raft.c",), TOLD
    safety = ("one-leader", "agreement", "integrity", "total_order")
    parts = {"election": 5, "restart": 5, "log": 5}
    mistakes = wrong.WRONG


if __name__ == "__main__":
    unittest.main()
