#!/usr/bin/env python3
"""`orrery plot --kind ratio|duplicates|hops|bytes`: flooding of a ring, where all of them are known beforehand."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

if not shutil.which("gnuplot"):
    print("not run: no gnuplot")
    sys.exit(77)

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
NODES, LAST = 9, 40  # one message a second from 1 s on, each of 100 B and a header of 4
SCENARIO = f"""orrery: 1
name: ring
duration: 60 s
nodes: {{peer: {{count: {NODES}, role: flood}}}}
network: {{overlay: {{kind: ring}}, latency: 10 ms}}
workload: [{{rate: 1 /s, arrivals: constant, size: 100 B, to: peer.0, start: 1 s, stop: {LAST} s}}]
record: [decisions, messages, faults]
expect: nothing
"""


class Gossip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-gossip-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(cls.path("s.yaml"), "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        crash = "faults=[{do: crash, at: 20500 ms, target: peer.4}]"
        cut = "faults=[{do: crash, at: 20500 ms, target: [peer.1, peer.8]}]"
        for name, more in (("whole", ()), ("crash", ("--set", crash)), ("cut", ("--set", cut)),
                           ("quiet", ("--set", "record=decisions"))):
            subprocess.run([ORRERY, "run", cls.path("s.yaml"), "--no-plot", "--quiet", "--out", cls.path(name + ".h5"),
                            *more], check=True, stdin=subprocess.DEVNULL)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def plot(self, kind, *names, code=0):
        done = subprocess.run([ORRERY, "plot", "--kind", kind, *[self.path(n + ".h5") for n in names], "--out",
                               self.path("out.svg")], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{kind}: {done.stderr}")
        if code:
            return done.stderr
        with open(self.path("out.dat"), encoding="utf-8") as f:
            parts = f.read().split("# Unchanged since")[0].split("\n\n\n")
        curves = []
        for lines in (part.split("\n") for part in parts if part.strip()):
            names = [line for line in lines if line.startswith("# ")]
            points = [[float(x) for x in line.split()] for line in lines if line and line[0] != "#"]
            curves.append((names[-1], points))
        return curves

    def test_hops_are_those_of_a_ring(self):
        for name, points in self.plot("hops", "whole"):
            self.assertEqual("# whole", name)
            self.assertEqual([[h, round((1 + 2 * h) / NODES, 6)] for h in range(5)],
                             [[x, round(y, 6)] for x, y in points])

    def test_ten_copies_come_for_eight_deliveries(self):
        (_, points), = self.plot("duplicates", "whole")
        self.assertGreater(len(points), 30)
        for _, y in points:  # each of 9 links carries one but that of the last two, which carries two
            self.assertAlmostEqual(y, (2 * NODES - (NODES - 1)) / (NODES - 1), 6)

    def test_the_ratio_falls_with_the_nodes_that_are_gone(self):
        whole, crash, cut = (points for _, points in self.plot("ratio", "whole", "crash", "cut"))
        self.assertTrue(all(y == 1 for _, y in whole))
        for points, after in ((crash, NODES - 1), (cut, 1)):
            self.assertTrue(all(y == 1 for x, y in points if x < 20))
            late = [y for x, y in points if x > 21]
            self.assertGreater(len(late), 10)
            for y in late:
                self.assertAlmostEqual(y, after / NODES, 6)

    def test_bytes_of_each_kind_are_all_that_was_received(self):
        (name, points), = self.plot("bytes", "whole")
        self.assertEqual("# rumour", name)
        n_messages = sum(1 for _, y in points if y > 0)
        self.assertGreater(n_messages, 30)
        for _, y in points:  # ten copies a second
            self.assertIn(y, (0, 10 * 104))

    def test_what_is_not_there_is_said(self):
        self.assertIn("quiet.h5: it holds no deliveries of gossip (`record: messages`", self.plot("ratio", "quiet", code=2))
        self.assertIn("is of one trace", self.plot("bytes", "whole", "cut", code=2))
        self.assertIn("ratio, duplicates, hops, bytes", self.plot("hop", "whole", code=2))


if __name__ == "__main__":
    unittest.main()
