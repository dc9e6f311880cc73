#!/usr/bin/env python3
"""`orrery sweep`: combinations, going on after a kill, parts, runs that die, what is wrong said."""

import csv
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
SCENARIO = """orrery: 1
name: small
seed: 11
duration: 6 s
signatures: modelled
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms}
workload: [{rate: 20 /s, stop: 4 s}]
expect: {agreement: holds}
"""


class Sweep(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-sweep-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.scenario = self.path("s.yaml")
        self.write(SCENARIO)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text):
        with open(self.scenario, "w", encoding="utf-8") as f:
            f.write(text)

    def sweep(self, *args, code=0, out="out"):
        done = subprocess.run([ORRERY, "sweep", self.scenario, "--out", self.path(out), "--json", *args],
                              capture_output=True, check=False, stdin=subprocess.DEVNULL, cwd=self.folder)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return json.loads(done.stdout) if done.stdout else None

    def index(self, out="out"):
        with open(self.path(out, "index.csv"), newline="", encoding="utf-8") as f:
            return list(csv.DictReader(f))

    def bytes(self, out="out"):
        """Of both forms of the index."""
        both = []
        for name in "index.csv", "index.h5":
            with open(self.path(out, name), "rb") as f:
                both.append(f.read())
        return both

    def test_every_combination_is_run_with_every_seed_and_is_the_run_that_run_makes(self):
        self.sweep("--seeds", "1..2,9", "--vary", "nodes.val.count=4,5", "--vary", "network.latency=10 ms,50 ms", "-j", "3")
        rows = self.index()
        self.assertEqual([(c, l, s) for c in "45" for l in ("10 ms", "50 ms") for s in "129"],
                         [(r["nodes.val.count"], r["network.latency"], r["seed"]) for r in rows])
        self.assertEqual([str(i) for i in range(12)], [r["run"] for r in rows])
        self.assertEqual(12, len({r["digest"] for r in rows}))
        last = rows[-1]
        alone = json.loads(subprocess.run(
            [ORRERY, "run", self.scenario, "--json", "--no-trace", "--seed", "9", "--set", "nodes.val.count=5", "--set",
             "network.latency=50 ms"], capture_output=True, check=True).stdout)
        self.assertEqual(alone["fingerprint"], last["fingerprint"])
        self.assertEqual(("ok", ""), (last["status"], last["failed_verdicts"]))
        self.assertEqual(alone["latency"]["p99"], round(float(last["latency_p99_s"]) * 1e9))
        self.assertEqual(alone["throughput_per_s"], float(last["throughput_per_s"]))
        self.assertEqual(alone["heights"], int(last["heights"]))

    def test_what_has_run_is_not_run_again_and_a_changed_scenario_is_another(self):
        self.assertEqual(2, self.sweep("--seeds", "1,2")["run_now"])
        before = self.bytes()
        self.assertEqual(0, self.sweep("--seeds", "1,2")["run_now"])
        self.assertEqual(before, self.bytes())
        self.assertEqual(1, self.sweep("--seeds", "1..3")["run_now"])
        self.write(SCENARIO.replace("rate: 20 /s", "rate: 30 /s"))
        self.assertEqual(2, self.sweep("--seeds", "1,2")["run_now"])
        self.assertNotEqual(before, self.bytes())
        self.write(SCENARIO)
        other = ["--seeds", "1,2", "--seeds", "7", "--set", "nodes.val.count=6"]
        self.assertEqual(3, self.sweep(*other, "--index", code=3)["missing"])
        self.assertEqual(0, self.sweep("--seeds", "1,2")["run_now"])
        self.assertEqual(before, self.bytes())

    def test_a_data_file_that_changes_makes_another_run(self):
        def write(ms):
            with open(self.path("l.csv"), "w", encoding="utf-8") as f:
                f.write(f"{ms}\n{ms + 2}\n{ms + 5}\n")
        self.write(SCENARIO.replace("{latency: 20 ms}", "{latency: {dist: empirical, file: l.csv}}"))
        write(20)
        self.assertEqual(1, self.sweep()["run_now"])
        self.assertEqual(0, self.sweep()["run_now"])
        write(30)
        self.assertEqual(1, self.sweep()["run_now"])

    def test_a_sweep_that_is_killed_again_and_again_gives_the_same_index(self):
        args = ["--seeds", "1..12", "--vary", "nodes.val.count=4,7"]
        self.sweep(*args, out="whole")
        rng, n_kills, command = random.Random(5), 0, [ORRERY, "sweep", self.scenario, "--out", self.path("out"), "-j", "2"]
        while n_kills < 20:
            process = subprocess.Popen([*command, *args, "--quiet"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       cwd=self.folder)
            time.sleep(rng.random() * 0.06)
            process.send_signal(rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            process.wait()
            n_kills += 1
        self.sweep(*args)
        self.assertEqual(self.bytes("whole"), self.bytes())

    def test_parts_are_one_sweep_in_one_folder_or_copied_together(self):
        args = ["--seeds", "1..5", "--vary", "nodes.val.count=4,5"]
        self.sweep(*args, out="whole")
        for k in (1, 2, 3):
            told = self.sweep(*args, "--part", f"{k}/3", out=f"part{k}")
            self.assertEqual((4, 3, 3)[k - 1], told["run_now"])
            self.assertEqual(10 - told["run_now"], told["missing"])
            os.makedirs(self.path("all", "runs"), exist_ok=True)
            for name in glob.glob(self.path(f"part{k}", "runs", "*.json")):
                shutil.copy(name, self.path("all", "runs"))
        self.assertEqual(0, self.sweep(*args, "--index", out="all")["run_now"])
        self.assertEqual(self.bytes("whole"), self.bytes("all"))

    def test_hdf5_holds_what_the_csv_holds(self):
        self.sweep("--seeds", f"1,2,{2**63 - 1}", "--vary", "nodes.val.count=4,5", "--vary", "network.latency=10 ms,{dist: uniform, min: 5 ms, max: 9 ms}")
        os.remove(glob.glob(self.path("out", "runs", "*.json"))[0])
        self.sweep("--seeds", f"1,2,{2**63 - 1}", "--vary", "nodes.val.count=4,5", "--vary", "network.latency=10 ms,{dist: uniform, min: 5 ms, max: 9 ms}",
                   "--index", code=3)
        try:
            import h5py
        except ImportError:
            self.skipTest("no h5py (python3-h5py)")
        rows = self.index()
        with h5py.File(self.path("out", "index.h5")) as f:
            self.assertEqual(("orrery-sweep", 1), (f.attrs["schema"].decode(), f.attrs["schema_version"]))
            self.assertEqual([12], list(f["runs"]["valid_rows"]))
            self.assertEqual({*rows[0], "valid_rows"}, set(f["runs"]))
            for name in rows[0]:
                column, texts = f["runs"][name][:], [r[name] for r in rows]
                if column.dtype.kind == "S":
                    self.assertIn(name, ("digest", "network.latency", "status", "failed_verdicts", "fingerprint"))
                    self.assertEqual(texts, [v.decode() for v in column])
                elif column.dtype.kind == "u":
                    self.assertEqual(texts, [str(v) for v in column])
                else:
                    self.assertEqual([t or "nan" for t in texts], [t if v == float(t or "nan") else str(v) for t, v in zip(texts, column, strict=True)])

    def test_failed_and_missing_runs_are_told_and_missing_numbers_are_empty(self):
        self.write(SCENARIO.replace("expect: {agreement: holds}", "expect: {throughput: {min: 1000000 /s}}"))
        self.sweep("--seeds", "1,2", code=1)
        self.assertEqual({("failed", "throughput")}, {(r["status"], r["failed_verdicts"]) for r in self.index()})
        os.remove(glob.glob(self.path("out", "runs", "*.json"))[0])
        self.assertEqual(1, self.sweep("--seeds", "1,2", "--index", code=3)["missing"])
        missing = [r for r in self.index() if r["status"] == "missing"]
        self.assertEqual(1, len(missing))
        self.assertEqual({""}, {missing[0][c] for c in ("fingerprint", "events", "latency_p50_s", "committed")})

    def test_a_run_that_dies_loses_itself_alone(self):
        self.write(SCENARIO.replace("expect:", "record: [decisions]\nexpect:"))
        self.sweep("--seeds", "1..2", "--traces", code=0)
        self.assertEqual(2, len(glob.glob(self.path("out", "traces", "*.h5"))))
        os.remove(glob.glob(self.path("out", "traces", "*.h5"))[0])
        self.assertEqual(1, self.sweep("--seeds", "1..2", "--traces")["run_now"])
        shutil.rmtree(self.path("out", "traces"))
        with open(self.path("out", "traces"), "wb"):  # traces cannot be written, so runs end with 3
            pass
        self.sweep("--seeds", "5", "--traces", code=3)
        self.assertIn("run 0", self.error)

    def test_a_result_that_is_none_is_refused(self):
        self.sweep()
        name = glob.glob(self.path("out", "runs", "*.json"))[0]
        for text in ("", "{", '{"scenario":"other","seed":11}', '{"scenario":"small","seed":12}'):
            with open(name, "w", encoding="utf-8") as f:
                f.write(text)
            self.sweep(code=2)
            self.assertIn(os.path.basename(name), self.error)

    def test_bad_input_is_said(self):
        for args, word in ((["--vary", "nodes.val.cont=4"], "did you mean"), (["--vary", "nodes.val.count"], "KEY=VALUE"),
                           (["--vary", "nodes.val.count="], "KEY=VALUE"), (["--vary", "nodes.val.count=4,,5"], "no values"),
                           (["--vary", "seed=1..2", "--vary", "seed=3"], "twice"), (["--vary", "nodes.val.count=4,4"], "twice"),
                           (["--seeds", "1,x"], "--seeds"), (["--seeds", "5..2"], "--seeds"), (["--seeds", "1,1"], "twice"),
                           (["--part", "3/2"], "--part"), (["--part", "0/2"], "--part"), (["-j", "0"], "-j"),
                           (["--seeds", "1..99999", "--vary", "nodes.val.count=4..40"], "more than"),
                           (["--vary", "nodes.val.count=4,zzz"], "zzz")):
            self.sweep(*args, code=2)
            self.assertIn(word, self.error, args)
            self.assertFalse(os.path.exists(self.path("out")), args)

    def test_a_scenario_says_its_sweep(self):
        block = """sweep: # a comment
  seeds: [1..2, 9]
  vary:
    - {key: nodes.val.count, values: [4..5, 7]}
    - key: network.latency
      values: [10 ms, "20 ms", {dist: uniform, min: 5 ms, max: 9 ms}]
      with: nodes.val.count
  variants:
    calm: {}
    crash: {set: {faults: [{at: 2 s, do: crash, target: [val.0], restart_after: 1 s}], 'workload.0.rate': 10 /s}}
"""
        self.write(SCENARIO.replace("workload:", block + "workload:"))
        self.assertEqual(18, self.sweep()["run_now"])
        rows = self.index()
        latencies = {"4": "10 ms", "5": '"20 ms"', "7": "{dist: uniform, min: 5 ms, max: 9 ms}"}
        self.assertEqual([(n, latencies[n], v, s) for n in "457" for v in ("calm", "crash") for s in "129"],
                         [(r["nodes.val.count"], r["network.latency"], r["variant"], r["seed"]) for r in rows])
        alone = json.loads(subprocess.run(
            [ORRERY, "run", self.scenario, "--json", "--no-trace", "--seed", "9", "--set", "nodes.val.count=7", "--set",
             "network.latency={dist: uniform, min: 5 ms, max: 9 ms}", "--set", "workload.0.rate=10 /s", "--set",
             "faults=[{at: 2 s, do: crash, target: [val.0], restart_after: 1 s}]"], capture_output=True, check=True).stdout)
        self.assertEqual(alone["fingerprint"], rows[-1]["fingerprint"])
        self.assertGreater(int(rows[0]["submitted"]), 1.5 * int(rows[3]["submitted"]))
        self.write(SCENARIO.replace("workload:", block.replace("1..2, 9", "1..3, 9") + "workload:"))
        self.assertEqual(6, self.sweep()["run_now"], "more seeds cost the new runs alone")
        self.write(SCENARIO.replace("workload:", block + "workload:").replace("rate: 20", "rate: 30"))
        self.assertEqual(2, self.sweep("--seeds", "1", "--vary", "variant=crash,calm")["run_now"])
        self.assertEqual(["crash", "calm"], [r["variant"] for r in self.index()])
        self.sweep("--vary", "variant=calm,crsh", code=2)
        self.assertIn("calm crash", self.error)
        self.assertEqual(1, self.sweep("--seeds", "1", "--vary", "nodes.val.count=4", out="one")["runs"])

    def test_zipped_keys_go_along(self):
        self.sweep("--vary", "nodes.val.count=4,5,7", "--zip", "network.latency=1 ms,2 ms,1 ms", "--vary", "duration=4 s,5 s")
        self.assertEqual([(n, l, d) for n, l in (("4", "1 ms"), ("5", "2 ms"), ("7", "1 ms")) for d in ("4 s", "5 s")],
                         [(r["nodes.val.count"], r["network.latency"], r["duration"]) for r in self.index()])
        for args, word in ((["--zip", "seed=1"], "--vary"), (["--vary", "nodes.val.count=4,5", "--zip", "seed=1"], "goes along"),
                           (["--vary", "nodes.val.count=4,5", "--zip", "nodes.val.count=1,2"], "twice")):
            self.sweep(*args, code=2, out="none")
            self.assertIn(word, self.error)
        self.write(SCENARIO + "sweep: {vary: [{key: nodes.val.count, values: [4, 5]}, {key: seed, values: 1, with: nodes.val.count}]}\n")
        self.sweep(code=2, out="none")
        self.assertIn("goes along", self.error)

    def test_values_with_commas_in_brackets_are_one(self):
        self.sweep("--vary", "network.latency={dist: uniform, min: 5 ms, max: 9 ms},20 ms")
        self.assertEqual(["{dist: uniform, min: 5 ms, max: 9 ms}", "20 ms"], [r["network.latency"] for r in self.index()])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
