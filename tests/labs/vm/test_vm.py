"""The lab of the stack machine: the solution gets all points, the skeleton none, and each mistake is caught where it should
be and told what it deserves."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position
import wrong  # pylint: disable=wrong-import-position

TOLD = {
    "answer.end": "A call ended otherwise than it should",
    "answer.stack": "An instruction left another word",
    "answer.output": "Other bytes were returned",
    "answer.storage": "Storage is not what it should be",
    "answer.logs": "Logs are not what they should be",
    "answer.gas": "Another amount of gas is left",
    "answer.refund": "Another refund is due",
    "leak-memory": "Memory was taken and not given back",
}


class Machine(labs.Course, unittest.TestCase):
    lab, files, told = "vm", ("vm.c", "words.c"), TOLD
    parts = {"arithmetic": 3, "memory": 3, "jumps": 3, "gas": 3, "calls": 3, "journal": 3}
    mistakes = wrong.WRONG


if __name__ == "__main__":
    unittest.main()
