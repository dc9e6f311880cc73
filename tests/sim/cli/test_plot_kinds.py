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
                re.sub("#.*", "", part).strip()]

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

    def grid(self, name):
        """Rows of columns of (x, y, value)."""
        return [[tuple(float(x) for x in line.split()[:3]) for line in part.split("\n") if line and line[0] != "#"]
                for part in re.sub("^#.*\n", "", self.read(name).decode(), flags=re.M).strip().split("\n\n")]

    def run_more(self, name, *more):
        subprocess.run([ORRERY, "run", self.path("s.yaml"), "--no-plot", "--quiet", "--set", "record=all", "--out", self.path(name),
                        *more], check=True, stdin=subprocess.DEVNULL)

    def test_regions_are_medians_of_each_to_each(self):
        self.run_more("r.h5", "--set", "nodes.val.region={east: 50 %, west: 50 %}", "--set", "network={regions: {preset: aws-13}}",
                      "--set", "nodes.val.region={us-east-1: 50 %, eu-west-1: 50 %}")
        self.run_more("n.h5")
        for trace, places in ("r.h5", "region"), ("n.h5", "name"):
            self.plot("--kind", "regions", self.path(trace), "--out", self.path("g.png"))
            nodes, events, delays = self.table(trace, "nodes"), self.table(trace, "events"), {}
            names = list(dict.fromkeys(nodes[places]))
            for kind, node, peer, at, sent in zip(*(events[k] for k in ("kind", "node", "peer", "time_ns", "sent_ns")), strict=True):
                if kind == 2 and node != peer and peer < len(nodes["name"]):
                    pair = names.index(nodes[places][peer]), names.index(nodes[places][node])
                    delays.setdefault(pair, []).append((int(at) - int(sent)) / 1e6)
            grid = self.grid("g.dat")
            self.assertEqual((len(names), len(names)), (len(grid), len(grid[0])))
            for row, line in enumerate(grid):
                for column, (x, y, value) in enumerate(line):
                    self.assertEqual((column, row), (x, y))
                    if (row, column) not in delays:
                        self.assertNotEqual(value, value)
                        continue
                    v = sorted(delays[row, column])
                    self.assertAlmostEqual(v[(len(v) + 1) // 2 - 1], value, places=5)
            script = self.read("g.gp").decode()
            for name in names:
                self.assertIn(name.decode(), script)

    def test_proposers_are_those_of_the_first_decision(self):
        self.plot("--kind", "proposers", self.path("a.h5"), "--paper", "--out", self.path("g.pdf"))
        rows, wanted = self.table("a.h5", "decisions"), {}
        for height, proposer, round_ in zip(rows["height"], rows["proposer"], rows["round"], strict=True):
            wanted.setdefault(int(height), (int(proposer), int(round_) + 1))
        got = {int(x): (int(y), int(v)) for line in self.grid("g.dat") for x, y, v in line if v == v}
        self.assertEqual(wanted, got)
        self.assertTrue(any(r > 1 for _, r in got.values()), "the crash costs a round")

    def test_a_heat_map_says_what_share_of_nodes_has_it(self):
        with open(self.path("g.yaml"), "w", encoding="utf-8") as f:
            f.write("orrery: 1\nname: g\nduration: 20 s\nnodes: {node: {count: 12, role: push-pull}}\n"
                    "network: {latency: {dist: uniform, min: 10 ms, max: 90 ms}}\n"
                    "workload: [{rate: 3 /s, stop: 15 s}]\nexpect: nothing\nrecord: [messages]\n")
        subprocess.run([ORRERY, "run", self.path("g.yaml"), "--no-plot", "--quiet", "--out", self.path("g.h5")], check=True,
                       stdin=subprocess.DEVNULL)
        self.plot("--kind", "heat", self.path("g.h5"), "--out", self.path("g.svg"))
        grid, rows = self.grid("g.dat"), self.table("g.h5", "deliveries")
        begun, reach, nodes = {}, {}, set(rows["node"])
        for tx, at in zip(*(self.table("g.h5", "submissions")[k] for k in ("tx", "time_ns")), strict=True):
            begun[tx] = min(begun.get(tx, at), at)
        for message, at in zip(rows["id"], rows["time_ns"], strict=True):
            reach.setdefault(message, []).append(at)
        step, height = grid[0][1][0] - grid[0][0][0], grid[1][0][1] - grid[0][0][1]
        seen = 0
        for line in grid:
            of_row = [m for m in reach if abs(begun.get(m, min(reach[m])) * 1e-9 - line[0][1]) < height / 2 * (1 - 1e-6)]
            on_edge = [m for m in reach if abs(abs(begun.get(m, min(reach[m])) * 1e-9 - line[0][1]) - height / 2) < height * 1e-6]
            if on_edge or not of_row:
                continue
            seen += 1
            for x, _, share in line:
                after = [(int(at) - int(begun.get(m, min(reach[m])))) * 1e-6 - x - step / 2 for m in of_row for at in reach[m]]
                low, high = (sum(a < d for a in after) / len(of_row) / len(nodes) for d in (-1e-5, 1e-5))
                self.assertTrue(low - 1e-6 <= share <= high + 1e-6, f"{low} {share} {high}")  # one may lie on the edge
        self.assertGreater(seen, 5)

    def test_grids_say_what_is_wrong(self):
        for args, word in ((["regions", "b.h5"], "holds no messages"), (["heat", "b.h5"], "no deliveries"),
                           (["regions", "a.h5", "b.h5"], "of one trace"), (["proposer", "a.h5"], "heat, proposers, spacetime, box or violin")):
            self.plot("--kind", args[0], *map(self.path, args[1:]), code=2)
            self.assertIn(word, self.error)

    def txs(self, trace):
        """(submitted, committed or None) of each transaction, in seconds."""
        sent, first, blocks = {}, {}, {}
        rows = self.table(trace, "decisions")
        for at, block in zip(rows["time_ns"], zip(rows["height"], rows["value"], strict=True), strict=True):
            blocks[block] = min(int(at), blocks.get(block, int(at)))
        rows = self.table(trace, "submissions")
        for at, tx in zip(rows["time_ns"], rows["tx"], strict=True):
            sent[tx] = min(int(at), sent.get(tx, int(at)))
        rows = self.table(trace, "inclusions")
        for tx, block in zip(rows["tx"], zip(rows["height"], rows["value"], strict=True), strict=True):
            first[tx] = min(blocks[block], first.get(tx, blocks[block]))
        return [(sent[tx] / 1e9, first[tx] / 1e9 if tx in first else None) for tx in sent]

    def test_latency_queue_round_and_bandwidth_over_time(self):
        txs = self.txs("a.h5")
        self.plot("--kind", "latency", self.path("a.h5"), "--out", self.path("l.png"))
        curve = dict(map(tuple, self.curves("l.dat")[0]))
        for i in range(20):
            v = sorted(done - sent for sent, done in txs if done and i <= sent < i + 1)
            self.assertEqual(bool(v), i + 0.5 in curve)
            if v:
                self.assertAlmostEqual(v[(len(v) + 1) // 2 - 1], curve[i + 0.5], places=6)
        self.plot("--kind", "queue", self.path("a.h5"), "--out", self.path("q.png"))
        curve = self.curves("q.dat")[0]
        self.assertEqual(list(range(21)), [x for x, _ in curve])
        for x, n in curve:
            self.assertEqual(sum(sent < x and not (done and done < x) for sent, done in txs), n)
        self.assertGreater(max(n for _, n in curve), 20)
        self.plot("--kind", "round", self.path("a.h5"), self.path("b.h5"), "--out", self.path("r.png"))
        curves = self.curves("r.dat")
        self.assertEqual(max(self.table("a.h5", "steps")["round"]), max(y for _, y in curves[0]))
        self.assertEqual(0, max(y for _, y in curves[1]))
        self.run_more("m.h5")
        self.plot("--kind", "bandwidth", self.path("m.h5"), "--out", self.path("b.png"))
        mbit = sum(y for _, y in self.curves("b.dat")[0])
        self.assertAlmostEqual(8e-6 * max(self.table("m.h5", "counters")["received_bytes"]), mbit, places=5)
        self.run_more("u.h5", "--set", "nodes.val.up=1 Mbit/s")
        self.plot("--kind", "uplink", self.path("u.h5"), "--out", self.path("u.png"))
        self.assertGreater(max(y for _, y in self.curves("u.dat")[0]), 0)

    def test_boxes_and_violins_of_traces_groups_and_sweeps(self):
        self.plot("--kind", "box", self.path("a.h5"), self.path("b.h5"), "--out", self.path("x.pdf"), "--paper")
        rows = self.curves("x.dat")[0]
        for row, trace in zip(rows, ("a.h5", "b.h5"), strict=True):
            v = self.latencies(trace)
            rank = lambda q: v[-int(-q * len(v) // 1) - 1]
            low, mid, high = rank(0.25), rank(0.5), rank(0.75)
            for want, got in zip((low, mid, high), row[2:5], strict=True):
                self.assertAlmostEqual(want, got, places=7)
            reach = 1.5 * (high - low)
            self.assertAlmostEqual(min(x for x in v if x >= low - reach), row[1], places=7)
            self.assertAlmostEqual(max(x for x in v if x <= high + reach), row[5], places=7)
        self.plot("--kind", "violin", "--of", "final", "--by", "node", self.path("a.h5"), "--out", self.path("v.svg"))
        self.assertEqual(4, len(self.curves("v.dat")[0]))
        self.assertIn("'val.3'", self.read("v.gp").decode())
        for outline in self.curves("v.dat")[2:]:  # it ends where it began
            self.assertEqual(outline[0], outline[-1])
            self.assertEqual(outline[0][0] + outline[-2][0], 2 * round(outline[0][0]))
        with open(self.path("index.csv"), "w", encoding="utf-8") as f:
            f.write("run,digest,seed,n,status,failed_verdicts,fingerprint,latency_p50_s\r\n")
            for i, (n, y) in enumerate([(10, 5), (4, 1), (4, 3), (10, 7), (4, ""), (4, 2)]):
                f.write(f"{i},d,{i},{n},ok,,f,{y}\r\n")
        self.plot("--kind", "box", self.path("index.csv"), "--out", self.path("s.png"))
        self.assertEqual([[0, 1, 1, 2, 3, 3], [1, 5, 5, 5, 7, 7]], self.curves("s.dat")[0])
        for args, word in ((["--by", "planet", self.path("a.h5")], "cohort"), (["--by", "region", self.path("a.h5")], "no region"),
                           (["--of", "delivery", self.path("a.h5")], "no values")):
            self.plot("--kind", "box", *args, code=2)
            self.assertIn(word, self.error)

    def test_metrics_in_the_style_of_papers(self):
        with open(self.path("gs.yaml"), "w", encoding="utf-8") as f:
            f.write("orrery: 1\nname: gs\nduration: 8 s\nnodes: {node: {count: 12, role: gossipsub, config: {measure_every: 1}}}\n"
                    "network: {overlay: {kind: full}, latency: 10 ms}\nsignatures: modelled\nexpect: nothing\nrecord: [metrics]\n")
        subprocess.run([ORRERY, "run", self.path("gs.yaml"), "--no-plot", "--quiet", "--out", self.path("gs.h5")], check=True,
                       stdin=subprocess.DEVNULL)
        self.plot("--kind", "mesh", self.path("gs.h5"), "--paper", "--out", self.path("mesh.png"))
        rows, last = self.table("gs.h5", "metrics"), {}
        for name, node, value in zip(rows["name"], rows["node"], rows["value"], strict=True):
            if name == b"mesh":
                last[node] = int(value)
        mean, band = self.curves("mesh.dat")
        self.assertAlmostEqual(sum(last.values()) / 12, mean[-1][1], places=6)
        self.assertEqual([min(last.values()), max(last.values())], band[-1][1:])
        self.assertNotIn("set title", self.read("mesh.gp").decode())
        self.plot("--kind", "metric", "--metric", "duplicates", self.path("gs.h5"), "--out", self.path("dup.png"))
        self.assertIn("duplicates (messages)", self.read("dup.gp").decode())
        self.plot("--kind", "metric", self.path("gs.h5"), code=2)
        self.assertIn("--metric NAME", self.error)

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

    def test_space_and_time_have_an_arrow_for_each_message_of_a_part(self):
        trace = self.path("st.h5")
        subprocess.run([ORRERY, "run", self.path("s.yaml"), "--no-plot", "--quiet", "--out", trace, "--set", "record=all"], check=True,
                       stdin=subprocess.DEVNULL)
        self.plot("--kind", "spacetime", trace, "--around", "5s", "--node", "val.0", "--node", "val.1", "--paper", "--out", self.path("st.pdf"))
        with h5py.File(trace, "r", libver="latest", swmr=True) as f:
            e, d = f["events"], f["drops"]
            rows = range(e["valid_rows"][0])
            kind, at, node, peer = (e[k][:] for k in ("kind", "time_ns", "node", "peer"))
            want = sum(kind[i] == 2 and 4e9 <= at[i] <= 6e9 and node[i] < 2 and peer[i] < 2 and node[i] != peer[i] for i in rows)
            lost = sum(4e9 <= t <= 6e9 and a < 2 and b < 2 for t, a, b in zip(
                *(d[k][: d["valid_rows"][0]] for k in ("time_ns", "node", "peer")), strict=True))
        parts = self.curves("st.dat")
        arrows, marks = parts[:-3], parts[-2:]
        self.assertEqual(want, sum(map(len, arrows)))
        self.assertEqual(lost, len(parts[-3]) - 1)
        self.assertGreater(want, 20)
        for at, row, took, rows in sum(arrows, []):
            self.assertTrue(3.9 < at < 6 and 0 < took < 0.05 and row in (0, 1) and rows == (1 - 2 * row), (at, row, took, rows))
        self.assertTrue(len(marks[0]) > 1 and len(marks[1]) == 1)
        script = self.read("st.gp").decode()
        self.assertIn("set ytics scale 0 ('val.0' 1, 'val.1' 0)", script)
        self.assertIn("set object rectangle from 5, -0.35 to 6, 0.35", script)  # the crash of val.1
        self.plot("--kind", "spacetime", trace, "--from", "0s", "--to", "20s", "--out", self.path("all.svg"))
        self.assertIn("the first 1000 messages, to", self.error)
        self.assertLess(os.path.getsize(self.path("all.dat")), 200_000)
        for args, said in ((("--from", "2s", "--to", "1s"), "--from is after --to"), (("--from", "soon"), "want times"),
                           (("--node", "val.9"), "val.9"), (("--around", "violation"), "iolation")):
            self.plot("--kind", "spacetime", trace, *args, code=2)
            self.assertIn(said, self.error)
        self.plot("--kind", "spacetime", self.path("a.h5"), "--from", "0s", "--to", "1ms", code=2)
        self.assertIn("it holds no messages", self.error)

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
