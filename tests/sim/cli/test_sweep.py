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
        with open(self.path(out, "index.csv"), "rb") as f:
            return f.read()

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

    def test_values_with_commas_in_brackets_are_one(self):
        self.sweep("--vary", "network.latency={dist: uniform, min: 5 ms, max: 9 ms},20 ms")
        self.assertEqual(["{dist: uniform, min: 5 ms, max: 9 ms}", "20 ms"], [r["network.latency"] for r in self.index()])


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
