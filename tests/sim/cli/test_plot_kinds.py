#!/usr/bin/env python3
"""`orrery plot --kind`: curves of several traces beside Python's own reading, sizes in print, what is wrong said."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
except ImportError:
    print("not run: no h5py (python3-h5py)")
    sys.exit(77)

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
SCENARIO = """orrery: 1
name: small
duration: 20 s
nodes: {val: {count: 4, role: tendermint}}
network: {latency: {dist: uniform, min: 10 ms, max: 30 ms}}
signatures: modelled
workload: [{rate: 40 /s, size: 200 B, clients: 4, stop: 15 s}]
faults: [{do: crash, at: 5 s, target: val.1, restart_after: 3 s}]
record: [decisions, faults]
"""


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-kinds-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(cls.path("s.yaml"), "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        for name, more in (("a", ()), ("b", ("--set", "faults=[]"))):
            subprocess.run([ORRERY, "run", cls.path("s.yaml"), "--no-plot", "--quiet", "--out", cls.path(name + ".h5"), *more],
                           check=True, stdin=subprocess.DEVNULL)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    def plot(self, *args, code=0):
        done = subprocess.run([ORRERY, "plot", *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode().strip()

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def curves(self, name):
        parts = self.read(name).decode().split("\n\n\n")
        return [[[float(x) for x in line.split()] for line in part.split("\n") if line and line[0] != "#"] for part in parts if
                part.strip()]

    @classmethod
    def table(cls, trace, group):
        with h5py.File(cls.path(trace), "r", libver="latest", swmr=True) as f:
            n = f[group]["valid_rows"][0]
            return {k: list(c[:n]) for k, c in f[group].items() if k != "valid_rows"}

    def latencies(self, trace):
        first, sent = {}, {}
        rows = self.table(trace, "inclusions")
        for at, tx in zip(rows["time_ns"], rows["tx"], strict=True):
            first[tx] = min(at, first.get(tx, at))
        rows = self.table(trace, "submissions")
        for at, tx in zip(rows["time_ns"], rows["tx"], strict=True):
            sent[tx] = min(at, sent.get(tx, at))
        return sorted((first[tx] - sent[tx]) * 1e-9 for tx in first if tx in sent)

    def test_distributions_are_those_of_the_traces(self):
        self.plot("--kind", "cdf", self.path("a.h5"), self.path("b.h5"), "--out", self.path("c.pdf"), "--paper")
        curves = self.curves("c.dat")
        self.assertEqual(2, len(curves))
        for curve, trace in zip(curves, ("a.h5", "b.h5"), strict=True):
            v = self.latencies(trace)
            self.assertGreater(len(v), 300)
            self.assertEqual([0, 1], [curve[0][1], curve[-1][1]])
            self.assertAlmostEqual(v[-1], curve[-1][0], places=7)
            for x, share in curve[1:]:
                self.assertAlmostEqual(sum(y <= x * (1 + 1e-8) for y in v) / len(v), share, places=7)
        self.plot("--kind", "ccdf", self.path("a.h5"), "--out", self.path("d.svg"))
        for (x, share), (_, above) in zip(curves[0][1:-1], self.curves("d.dat")[0][1:-1], strict=True):
            self.assertAlmostEqual(1, share + above, places=7)
        self.assertIn("set logscale y", self.read("d.gp").decode())

    def test_throughput_and_height_over_time(self):
        self.plot("--kind", "throughput", self.path("a.h5"), self.path("b.h5"), "--out", self.path("t.png"))
        script, curves = self.read("t.gp").decode(), self.curves("t.dat")
        self.assertEqual(1, len(re.findall("set object rectangle from 5, graph 0 to 8, graph 1", script)))
        for curve, trace in zip(curves, ("a.h5", "b.h5"), strict=True):
            rows, blocks = self.table(trace, "decisions"), {}
            for at, height, txs in zip(rows["time_ns"], rows["height"], rows["txs"], strict=True):
                blocks.setdefault(height, (at, txs))
            self.assertEqual([i + 0.5 for i in range(20)], [x for x, _ in curve])
            for x, rate in curve:
                self.assertEqual(sum(txs for at, txs in blocks.values() if x - 0.5 <= at * 1e-9 < x + 0.5), rate)
        self.plot("--kind", "height", self.path("a.h5"), "--out", self.path("h.png"))
        heights = self.curves("h.dat")[0]
        self.assertEqual((20, max(self.table("a.h5", "decisions")["height"])), tuple(heights[-1]))
        self.assertEqual([y for _, y in heights], sorted(y for _, y in heights))

    def test_names_sizes_and_equal_bytes(self):
        out = self.plot("--kind", "cdf", "--of", "block_interval", self.path("a.h5"), self.path("b.h5"), "--label", "it's <b>\n")
        self.assertEqual(self.path("a-cdf.png"), out)
        script = self.read("a-cdf.gp").decode()
        self.assertIn("title 'it''s <b> '", script)
        self.assertIn("title 'b'", script)
        self.assertIn("time between blocks (s)", script)
        first = self.read("a-cdf.png")
        self.plot("--kind", "cdf", "--of", "block_interval", self.path("a.h5"), self.path("b.h5"), "--label", "it's <b>\n")
        self.assertEqual(first, self.read("a-cdf.png"))
        self.plot("--kind", "cdf", self.path("a.h5"), "--paper", "--width", "178mm", "--out", self.path("w.pdf"))
        self.assertIn("size 17.80cm", self.read("w.gp").decode())
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", self.read("w.pdf"))
        if box:
            self.assertAlmostEqual(178 / 25.4 * 72, float(box.group(1)), delta=1)

    def test_what_is_wrong_is_said(self):
        a = self.path("a.h5")
        for args, said in ((("--kind", "pie", a), "no kind 'pie'"), (("--kind", "cdf", "--of", "lunch", a), "not 'lunch'"),
                           (("--kind", "cdf", "--of", "delivery", a), "no times of that kind (delivery)"), ((a, a), "one trace at a time"),
                           (("--kind", "cdf", *[a] * 9), "more than 8 traces"), (("--kind", "cdf", self.path("s.yaml")), "s.yaml"),
                           (("--kind", "height"), "usage"), (("--kind", "cdf", a, self.path("none.h5")), "cannot be opened")):
            self.plot(*args, code=2)
            self.assertIn(said, self.error)
        with open(self.path("mine.gp"), "w", encoding="utf-8") as f:
            f.write("# mine\n")
        self.plot("--kind", "cdf", a, "--out", self.path("mine.png"), code=3)
        self.assertEqual(b"# mine\n", self.read("mine.gp"))


if __name__ == "__main__":
    if not shutil.which("gnuplot"):
        print("not run: no gnuplot")
        sys.exit(77)
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
