"""The gossip lab: the solution gets all points, the skeleton none, and each mistake is caught where it should be, told
what it deserves, and gets no more than its cap."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position
import wrong  # pylint: disable=wrong-import-position

TOLD = {
    "delivery": "Something did not arrive, or late",
    "genuine": "Something was delivered twice, or was published by nobody",
    "clean": "Something false was passed on",
    "once": "A message was sent to somebody who had it",
    "mesh": "A mesh has too few or too many peers, or one end does not know",
    "copies": "Messages come too often",
    "asked": "A node asked for what it had",
    "backoff": "A node grafted too soon",
    "outcast": "Somebody who does harm still has a place",
    "answers": "Somebody got the same message over and over",
    "effects": "The network drowns",
    "leak-messages": "A message was made or kept and never given back",
}


class Gossip(labs.Course, unittest.TestCase):
    lab, files, told = "gossip", ("gossip.c",), TOLD
    safety = ("genuine", "clean")
    parts = {"publish": 3, "forward": 3, "heartbeat": 3, "peers": 3, "score": 3}
    mistakes = wrong.WRONG


if __name__ == "__main__":
    unittest.main()
