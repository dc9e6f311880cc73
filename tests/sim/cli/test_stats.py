#!/usr/bin/env python3
"""`orrery stats`: the numbers of a sweep beside Python's own, its forms, traces, what is wrong said."""

import csv
import io
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
HEAD = "run,digest,seed,n,variant,status,failed_verdicts,fingerprint,throughput_per_s,latency_p50_s,heights\r\n"


def rows_of(values):
    """Rows for {(n, variant): [(throughput or None, latency)]}."""
    text, run = HEAD, 0
    for (n, variant), list_ in values.items():
        for seed, (rate, latency) in enumerate(list_):
            status = "missing" if rate is None else "ok"
            cells = ["", ""] if rate is None else [repr(rate), repr(latency)]
            text += f"{run},d{run},{seed},{n},{variant},{status},,f,{cells[0]},{cells[1]},{'' if rate is None else 7}\r\n"
            run += 1
    return text


class Stats(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-stats-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def index(self, text, name="index.csv"):
        with open(self.path(name), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return self.path(name)

    def stats(self, *args, code=0):
        done = subprocess.run([ORRERY, "stats", *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode()

    VALUES = {(4, "a"): [(10.5 + 0.25 * i * i, 0.1 + i / 7) for i in range(12)],
              (4, 'b, "x"'): [(20.0, 0.5), (None, None), (22.0, 0.25), (24.5, 0.75)],
              (10, "a"): [(None, None), (None, None)],
              (10, "c"): [(3.0, 1.0)]}

    def sweep(self):
        text = rows_of(self.VALUES).replace('b, "x"', '"b, ""x"""')
        self.index(text)
        return self.folder

    def test_tables_of_traces_are_summed_up_over_the_runs_of_a_sweep(self):
        with open(self.path("s.yaml"), "w", encoding="utf-8") as f:
            f.write("orrery: 1\nname: s\nduration: 8 s\nsignatures: modelled\nnetwork: {regions: {preset: aws-13}}\n"
                    "nodes: {val: {count: 4, role: tendermint, region: {us-east-1: 50 %, eu-west-1: 50 %}}}\n"
                    "workload: [{rate: 20 /s, stop: 6 s}]\nrecord: [messages, decisions]\n")
        out = self.path("out")
        sweep = [ORRERY, "sweep", self.path("s.yaml"), "--seeds", "1..3", "--vary", "nodes.val.count=4,5", "--traces", "--quiet", "--out", out]
        subprocess.run(sweep, check=True, stdin=subprocess.DEVNULL)
        with open(os.path.join(out, "index.csv"), newline="", encoding="utf-8") as f:
            runs = list(csv.DictReader(f))
        gone = os.path.join(out, "traces", runs[4]["digest"] + ".h5")
        os.remove(gone)
        rows = json.loads(self.stats(out, "--of", "times", "--metric", "p99,n", "--by", "nodes.val.count,region", "--json"))["rows"]
        self.assertEqual(2 * 2 * 3 * 2, len(rows))  # counts, regions, lists of times, numbers
        for row in rows:
            mine = []
            for run in runs:
                trace = os.path.join(out, "traces", run["digest"] + ".h5")
                if run["nodes.val.count"] != str(row["nodes.val.count"]) or trace == gone:
                    continue
                table = json.loads(self.stats(trace, "--by", "region", "--json"))["rows"]
                mine += [r[row["metric"]] for r in table if (r["region"], r["metric"]) == (row["region"], row["of"])]
            self.assertEqual((len(mine), 3 - len(mine)), (row["runs"], row["missing"]))
            self.assertAlmostEqual(statistics.mean(mine), row["mean"], places=9)
        text = self.stats(out, "--of", "traffic")
        self.assertIn("prevote", text)
        self.assertIn("messages_per_height", text)
        for args, said in ((("--of", "times", "--metric", "p98"), "did you mean 'p9"), (("--of", "times", "--by", "region,role"), "one thing"),
                           (("--of", "faults"), "hold nothing of that"), (("--of", "totals", "--by", "nodes.val.cuont"), "did you mean 'nodes.val.count'")):
            self.stats(out, *args, code=2)
            self.assertIn(said, self.error)
        shutil.rmtree(os.path.join(out, "traces"))
        self.stats(out, "--of", "times", code=2)
        self.assertIn("has kept no traces", self.error)

    def test_groups_have_the_mean_deviation_and_median_that_python_finds(self):
        rows = json.loads(self.stats(self.sweep(), "--json"))["rows"]
        self.assertEqual(8, len(rows))
        for row in rows:
            which = 0 if row["metric"] == "throughput_per_s" else 1
            all_ = [v[which] for v in self.VALUES[int(row["n"]), row["variant"]]]
            v = [x for x in all_ if x is not None]
            self.assertEqual((len(v), len(all_) - len(v)), (row["runs"], row["missing"]))
            if not v:
                self.assertIsNone(row["mean"])
                continue
            self.assertTrue(math.isclose(statistics.mean(v), row["mean"], rel_tol=1e-14))
            self.assertEqual((min(v), statistics.median_low(v), max(v)), (row["min"], row["median"], row["max"]))
            if len(v) == 1:
                self.assertEqual([None] * 3, [row["sd"], row["mean_low"], row["mean_high"]])
                continue
            self.assertTrue(math.isclose(statistics.stdev(v), row["sd"], rel_tol=1e-12))
            self.assertLess(row["mean_low"], row["mean"])
            self.assertGreater(row["mean_high"], row["mean"])
            if len(v) == 3:  # Student's t with 2 degrees of freedom: 4.302653
                half = 4.302652729749464 * row["sd"] / math.sqrt(3)
                self.assertTrue(math.isclose(row["mean"] + half, row["mean_high"], rel_tol=1e-9))

    def test_any_column_groups_and_any_number_is_a_metric(self):
        rows = json.loads(self.stats(self.sweep(), "--json", "--by", "variant", "--metric", "heights"))["rows"]
        self.assertEqual([("a", 12, 2), ('b, "x"', 3, 1), ("c", 1, 0)], [(r["variant"], r["runs"], r["missing"]) for r in rows])
        self.assertEqual({7.0}, {r["mean"] for r in rows})
        self.assertEqual(3 * 4, len(json.loads(self.stats(self.sweep(), "--json", "--metric", "all"))["rows"]))

    def test_the_forms_say_the_same(self):
        folder = self.sweep()
        as_json = json.loads(self.stats(folder, "--json"))
        self.assertIn("bootstrap", as_json["method"])
        as_csv = list(csv.DictReader(io.StringIO(self.stats(folder, "--csv"), newline="")))
        for a, b in zip(as_json["rows"], as_csv, strict=True):
            for name, value in a.items():
                self.assertEqual(value, b[name] if isinstance(value, str) else float(b[name]) if b[name] else None)
        text = self.stats(folder).splitlines()
        self.assertEqual(len(as_csv) + 2, len(text))
        self.assertIn("bootstrap", text[-1])
        latex = self.stats(folder, "--latex")
        self.assertIn("throughput\\_per\\_s", latex)
        self.assertEqual(1, latex.count("\\toprule"))
        self.assertEqual(len(as_csv) + 1, latex.count(" \\\\\n"))
        self.assertEqual(self.stats(folder), self.stats(self.path("index.csv")))

    def test_a_sweep_is_read_as_it_was_written(self):
        scenario = os.path.join(SOURCE, "scenarios/quickstart.yaml")
        subprocess.run([ORRERY, "sweep", scenario, "--seeds", "1..2", "--vary", "nodes.val.count=4,5", "--quiet", "--out",
                        self.path("s"), "--set", "faults=[]", "--set", "expect=nothing"], check=True, stdin=subprocess.DEVNULL)
        rows = json.loads(self.stats(self.path("s"), "--json"))["rows"]
        self.assertEqual({("4", 2, 0), ("5", 2, 0)}, {(r["nodes.val.count"], r["runs"], r["missing"]) for r in rows})

    def test_a_trace_has_percentiles(self):
        scenario = os.path.join(SOURCE, "scenarios/quickstart.yaml")
        told = json.loads(subprocess.run([ORRERY, "run", scenario, "--json", "--out", self.path("t.h5")], check=False,
                                         capture_output=True, stdin=subprocess.DEVNULL).stdout)
        rows = {r["metric"]: r for r in json.loads(self.stats(self.path("t.h5"), "--json"))["rows"]}
        self.assertEqual({"commit", "final", "block_interval"}, set(rows))
        commit = rows["commit"]
        self.assertEqual(told["committed"], commit["n"])
        for name, ns in (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("max", "max")):
            self.assertTrue(math.isclose(told["latency"][ns] / 1e9, commit[name], rel_tol=1e-12), name)
        self.assertLessEqual(commit["p50_low"], commit["p50"])
        self.assertLessEqual(commit["p99"], commit["p99.9"])

    def test_bad_input_is_said(self):
        folder = self.sweep()
        for args, word in (([], "usage"), ([folder, "--by", "varian"], "did you mean 'variant'"), ([folder, "--by", "n,,x"], "commas"),
                           ([folder, "--metric", "latency_p51_s"], "did you mean 'latency_p50_s'"), ([self.path("no.csv")], "No such"),
                           ([self.index("a,b\r\n1,2\r\n", "x.csv")], "no index of a sweep"), ([folder, folder], "one sweep"),
                           ([self.index(HEAD + "1,2\r\n", "y.csv")], "y.csv:2"), ([self.index("x", "z.h5")], "z.h5")):
            self.stats(*args, code=2)
            self.assertIn(word, self.error, args)

TABLES = """orrery: 1
name: small
duration: 20 s
nodes: {val: {count: 4, role: tendermint, up: 2 Mbit/s, cores: 2}}
network: {latency: {dist: uniform, min: 10 ms, max: 30 ms}}
signatures: modelled
cost: {}
workload: [{rate: 40 /s, size: 200 B, stop: 15 s}]
faults: [{do: crash, at: 5 s, target: val.1, restart_after: 3 s}]
record: all
expect: nothing
"""


class Tables(unittest.TestCase):
    """`--of` beside Python's own reading of the trace."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-tables-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.trace = os.path.join(cls.folder, "t.h5")
        scenario = os.path.join(cls.folder, "t.yaml")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(TABLES)
        subprocess.run([ORRERY, "run", scenario, "--no-plot", "--quiet", "--out", cls.trace], check=True, stdin=subprocess.DEVNULL)
        try:
            import h5py
        except ImportError:
            raise unittest.SkipTest("no h5py (python3-h5py)") from None
        with h5py.File(cls.trace, "r", libver="latest", swmr=True) as f:
            cls.rows = {g: {k: [v.item() for v in c[: f[g]["valid_rows"][0]]] for k, c in f[g].items() if k != "valid_rows"}
                        for g in f if g != "run"}

    def table(self, *args, code=0):
        done = subprocess.run([ORRERY, "stats", self.trace, "--json", *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, done.stderr.decode())
        self.error = done.stderr.decode()
        return json.loads(done.stdout)["rows"] if done.stdout else None

    def messages(self):
        e = self.rows["events"]
        return [dict(zip(e, row, strict=True)) for row in zip(*e.values(), strict=True) if row[list(e).index("kind")] == 2]

    def test_traffic_by_kind_and_by_node(self):
        names = dict(zip(self.rows["kinds"]["message"], self.rows["kinds"]["name"], strict=True))
        kinds, sent, received, total = {}, [0] * 4, [0] * 4, 0
        for m in self.messages():
            if m["node"] != m["peer"]:
                n, size = kinds.get(names[m["message"]].decode(), (0, 0))
                kinds[names[m["message"]].decode()] = n + 1, size + m["bytes"]
                sent[m["peer"]] += m["bytes"]
                received[m["node"]] += m["bytes"]
                total += m["bytes"]
        heights = len(set(self.rows["decisions"]["height"]))
        rows = [r for r in self.table("--of", "traffic") if r["messages"]]
        self.assertEqual(kinds, {r["kind"]: (r["messages"], r["bytes"]) for r in rows})
        self.assertEqual(len(self.rows["drops"]["time_ns"]), sum(r["lost"] for r in self.table("--of", "traffic")))
        for r in rows:
            self.assertAlmostEqual(r["bytes"] / total, r["share_of_bytes"])
            self.assertAlmostEqual(r["messages"] / heights, r["messages_per_height"])
        rows = self.table("--of", "traffic", "--by", "node")
        self.assertEqual(([f"val.{i}" for i in range(4)], sent, received),
                         tuple([r[k] for r in rows] for k in ("node", "sent_bytes", "received_bytes")))
        use = self.rows["use"]
        for r, cpu, cores in zip(rows, use["cpu_ns"], use["cores"], strict=True):
            self.assertEqual((2, 1), (cores, r["nodes"]))
            self.assertGreater(cpu, 0)
            self.assertAlmostEqual(cpu / 1e9, r["cpu_s"])
            self.assertAlmostEqual(cpu / 1e9 / 2 / 20, r["cpu_share"])
            self.assertAlmostEqual(r["sent_bytes"] * 8e-6 / 20, r["sent_mbit_per_s"])
        whole = self.table("--of", "traffic", "--by", "cohort")
        self.assertEqual(("val", 4, sum(sent)), (whole[0]["cohort"], whole[0]["nodes"], whole[0]["sent_bytes"]))

    def test_the_parts_of_a_delay_sum_up_and_the_uplinks_rate_is_found(self):
        rows = self.table("--of", "delays", "--by", "cohort")
        part = {r["part"]: r for r in rows}
        self.assertAlmostEqual(1, sum(part[p]["share"] for p in ("waiting", "transmission", "propagation", "beyond")))
        self.assertAlmostEqual(part["all"]["mean"], sum(part[p]["mean"] for p in ("waiting", "transmission", "propagation", "beyond")))
        sizes = [m["bytes"] for m in self.messages() if m["node"] != m["peer"]]
        self.assertEqual(len(sizes), part["all"]["n"])
        self.assertAlmostEqual(sum(sizes) * 8 / 2e6 / len(sizes), part["transmission"]["mean"], delta=part["transmission"]["mean"] * 1e-4)
        self.assertGreater(part["waiting"]["mean"], 0)
        self.assertTrue(0.0099 < part["propagation"]["mean"] < 0.012, part["propagation"])

    def test_recovery_is_the_next_commit_behind_the_faults_end(self):
        (row,) = self.table("--of", "faults")
        d, top, commits = self.rows["decisions"], 0, []
        for at, height in zip(d["time_ns"], d["height"], strict=True):
            if height > top:
                top = height
                commits.append(at / 1e9)
        self.assertEqual((5, 8), (row["from_s"], row["to_s"]))
        self.assertAlmostEqual(min(at for at in commits if at > 8) - 8, row["recovery_s"], places=8)
        gaps = [b - a for a, b in zip(commits, commits[1:]) if b >= 5 and a <= 8]
        self.assertAlmostEqual(max(gaps), row["longest_gap_s"], places=8)

    def test_totals(self):
        value = {r["metric"]: r["value"] for r in self.table("--of", "totals")}
        d, s = self.rows["decisions"], self.rows["submissions"]
        proposers, top = [0] * 4, 0
        for height, proposer in zip(d["height"], d["proposer"], strict=True):
            if height > top:
                top = height
                proposers[proposer] += 1
        pairs = sum(abs(a - b) for a in proposers for b in proposers)
        self.assertAlmostEqual(pairs / (2 * 16 * (sum(proposers) / 4)), value["gini_of_proposers"])
        self.assertEqual((top, len(set(s["tx"]))), (value["heights"], value["submitted"]))
        self.assertAlmostEqual(value["throughput"] * 200, value["goodput"], delta=value["goodput"] * 0.1)
        alone = json.loads(subprocess.run([ORRERY, "run", os.path.join(self.folder, "t.yaml"), "--json", "--no-trace"],
                                          capture_output=True, check=False).stdout)
        self.assertAlmostEqual(alone["throughput_per_s"], value["throughput"], places=6)
        self.assertEqual(alone["committed"], value["committed"])

    def test_groups_of_times_and_what_is_wrong(self):
        rows = self.table("--by", "node")
        self.assertEqual({f"val.{i}" for i in range(4)}, {r["node"] for r in rows})
        first = {r["metric"]: r for r in self.table()}
        self.assertAlmostEqual(first["commit"]["max"], max(r["max"] for r in self.table("--by", "cohort") if r["metric"] == "commit"))
        for args, word in ((["--of", "pie"], "totals"), (["--of", "faults", "--by", "node"], "nothing"), (["--by", "planet"], "cohort"),
                           (["--metric", "all"], "of sweeps"), (["--by", "region"], "no region")):
            self.table(*args, code=2)
            self.assertIn(word, self.error, args)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
