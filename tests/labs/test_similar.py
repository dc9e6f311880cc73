"""`orrery lab similar`: other names, layout, comments and order hide nothing; what all were given counts for nothing."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

NAMES = ("votes", "round", "height", "quorum", "signature", "signer", "value", "n_waiting", "precommits", "patience")


def disguised(text):
    """The same program: others names, a comment at each line, no blank line, functions' places changed."""
    for name in NAMES:
        text = re.sub(rf"\b{name}\b", f"my_{name}_x", text)
    blocks = text.split("\n\n")
    head, rest = blocks[:8], blocks[8:]
    return "\n".join(line + " // mine" if line and not line.endswith("\\") else line
                     for block in head + rest[1::2] + rest[0::2] for line in block.split("\n") if line)


class Similar(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(labs.SOURCE, "tests/labs/bft/solution/bft.c"), encoding="utf-8") as file:
            self.solution = file.read()
        with open(os.path.join(labs.SOURCE, "scenarios/labs/bft/bft.c"), encoding="utf-8") as file:
            self.skeleton = file.read()

    def submit(self, name, text):
        folder = os.path.join(labs.SCRATCH.name, self.id() + name)
        os.mkdir(folder)
        with open(os.path.join(folder, "bft.c"), "w", encoding="utf-8") as file:
            file.write(text)
        return folder

    def pairs(self, *folders, least=None):
        said = labs.run("lab", "similar", "--lab", "bft", *folders, *(("--least", str(least)) if least else ()))
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        found = re.findall(r"^ *(\d+) %  (\S+)  (\S+)  \((\d+) of (\d+); (.*)\)$", said.stdout, re.M)
        return [(int(share), a, b) for share, a, b, *_ in found], said.stdout

    def test_a_copy_in_disguise_is_found_and_comes_first(self):
        one = self.submit("one", self.solution)
        copy = self.submit("copy", disguised(self.solution))
        half = self.submit("half", self.skeleton.replace("    return n_nodes(b);\n", "    return 2 * faulty(b) + 1;\n", 1))
        pairs, said = self.pairs(one, half, copy)
        self.assertEqual(pairs[0][1:], (one, copy), said)
        self.assertGreater(pairs[0][0], 80, said)
        self.assertEqual(said, self.pairs(one, half, copy)[1])

    def test_the_skeleton_alone_is_nobodys(self):
        folders = [self.submit(name, self.skeleton) for name in ("one", "other")]
        self.assertEqual(self.pairs(*folders, least=1), ([], "No two have 1 % in common.\n"))

    def test_what_one_wrote_oneself_is_not_listed(self):
        with open(os.path.join(labs.SOURCE, "tests/labs/raft/solution/raft.c"), encoding="utf-8") as file:
            other = file.read()
        pairs, said = self.pairs(self.submit("one", self.solution), self.submit("other", other))
        self.assertEqual(pairs, [], said)

    def test_a_folder_without_the_labs_files_is_named(self):
        empty = os.path.join(labs.SCRATCH.name, "empty")
        os.mkdir(empty)
        said = labs.run("lab", "similar", "--lab", "bft", self.submit("one", self.solution), empty)
        self.assertEqual((said.returncode, said.stdout), (2, ""))
        self.assertIn(empty, said.stderr)


if __name__ == "__main__":
    unittest.main()
