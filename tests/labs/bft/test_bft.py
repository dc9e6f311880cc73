"""The BFT lab: the solution gets all points, the skeleton none, and each mistake is caught where it should be, told
what it deserves, and gets no more than its cap."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position
import wrong  # pylint: disable=wrong-import-position

TOLD = {
    "agreement": "a quorum is 2 f + 1 different signers",
    "one-vote": "A node contradicted itself",
    "not-nil": "Nil was decided",
    "max_gap": "each step of a round ends by its timer at last",
    "termination": "is what was said said again",
    "caught_up": "help sends the precommits of a decided height",
    "evidence": "are evidence, and nothing else is",
    "named": "Not all nodes have the proof",
    "ill": "is a number of a message looked at before it is used",
}


class Bft(labs.Course, unittest.TestCase):
    lab, files, told = "bft", ("bft.c",), TOLD
    safety = ("agreement", "integrity", "total_order", "one-vote", "not-nil")
    parts = {"votes": 5, "rounds": 4, "locks": 4, "evidence": 4}
    mistakes = wrong.WRONG


if __name__ == "__main__":
    unittest.main()
