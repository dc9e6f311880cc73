#!/usr/bin/env python3
"""`orrery diff`: sweeps by group, traces, sameness, what is judged together, what is wrong said."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
HEAD = "run,digest,seed,n,status,failed_verdicts,fingerprint,latency_p50_s,heights\r\n"
SCENARIO = """orrery: 1
name: small
duration: 12 s
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms}
signatures: modelled
workload: [{rate: 50 /s, size: 100 B, clients: 4}]
"""


class Diff(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-diff-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sweep(self, name, groups, head=HEAD):
        """An index: {n: [latency, or None of a run that is missing]}."""
        text, run = head, 0
        for n, values in groups.items():
            for seed, value in enumerate(values):
                text += f"{run},{name}{run},{seed},{n},{'ok' if value else 'missing'},,f{value},{value or ''},{7 if value else ''}\r\n"
                run += 1
        os.mkdir(self.path(name))
        with open(self.path(name + "/index.csv"), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return self.path(name)

    def orrery(self, *args, code=0):
        done = subprocess.run([ORRERY, *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode()

    def diff(self, *args, code=0):
        return json.loads(self.orrery("diff", "--json", *args, code=code))

    def test_groups_are_compared_with_their_like(self):
        a = self.sweep("a", {4: [1.0, 1.1, 1.2, 1.3, 1.4], 7: [2.0, 2.5, 2.2, 2.1, None], 9: [1.0]})
        b = self.sweep("b", {7: [2.1, 2.4, 2.3, 2.2], 4: [3.0, 3.1, 3.2, 3.3, 3.4, 3.5], 11: [5.0]})
        found = self.diff(a, b, "--metric", "latency_p50_s", code=1)
        rows = {row["n"]: row for row in found["rows"]}
        self.assertEqual(["4", "7", "9", "11"], [row["n"] for row in found["rows"]])
        four = rows["4"]
        self.assertEqual((5, 6, "yes", 1), (four["n_a"], four["n_b"], four["differs"], four["ks"]))
        self.assertAlmostEqual(2.05, four["diff"])
        self.assertAlmostEqual(100 * 2.05 / 1.2, four["percent"])
        self.assertAlmostEqual(1 / 462, four["p_mean"])  # of C(11, 5) divisions only the one that was seen
        self.assertAlmostEqual(2 / 462, four["p_ks"])
        self.assertTrue(four["diff_low"] < 2.05 < four["diff_high"])
        self.assertEqual((4, 4, "no"), (rows["7"]["n_a"], rows["7"]["n_b"], rows["7"]["differs"]))
        self.assertEqual((1, 0, None, ""), (rows["9"]["n_a"], rows["9"]["n_b"], rows["9"]["diff"], rows["9"]["differs"]))
        self.assertEqual((0, 1), (rows["11"]["n_a"], rows["11"]["n_b"]))
        self.assertIn("Holm", found["method"])
        whole = self.diff(a, b, "--by", "status", "--metric", "latency_p50_s", code=1)["rows"]
        self.assertEqual([("ok", 10, 11), ("missing", 0, 0)], [(r["status"], r["n_a"], r["n_b"]) for r in whole])

    def test_one_hit_among_many_rows_is_no_hit(self):
        """p of 0.0079 differs alone, and not as one of eight."""
        low, high = [1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.1, 2.2, 2.3, 2.4]
        self.diff(self.sweep("a", {4: low}), self.sweep("b", {4: high}), "--metric", "latency_p50_s", code=1)
        many = {n: low for n in range(4, 11)}
        found = self.diff(self.sweep("c", {3: low, **many}), self.sweep("d", {3: high, **many}), "--metric", "latency_p50_s")
        self.assertEqual({"no"}, {row["differs"] for row in found["rows"]})
        self.assertAlmostEqual(2 / 252, found["rows"][0]["p_mean"])

    def test_the_same_sweep_and_the_same_trace_are_told(self):
        a = self.sweep("a", {4: [1.0, 2.0]})
        self.assertIn("2 of 2 and 2 are the same scenario and seed, 2 of these went the same way", self.orrery("diff", a, a))
        with open(self.path("s.yaml"), "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        traces = [self.path(f"{name}.h5") for name in "abc"]
        for trace, more in zip(traces, ((), (), ("--set", "network.latency=200 ms")), strict=True):
            self.orrery("run", self.path("s.yaml"), "--out", trace, "--no-plot", "--quiet", *more)
        self.assertIn("the same run", self.orrery("diff", *traces[:2]))
        found = self.diff(traces[0], traces[2], code=1)
        self.assertIn("with other values or another seed; their traces first differ in", found["method"])
        self.assertEqual(["commit", "final", "block_interval"], [row["metric"] for row in found["rows"]])
        for row in found["rows"][:2]:
            self.assertGreater(row["mean_b"], row["mean_a"])

    def test_forms_and_bad_input(self):
        a = self.sweep("a", {4: [1.0, 2.0, 3.0]})
        self.assertTrue(self.orrery("diff", a, a, "--latex").count("\\\\") == 2)
        self.assertTrue(self.orrery("diff", a, a, "--csv").startswith("n,metric,n_a,n_b,mean_a"))
        for args, said in (((a,), "usage"), ((a, a, a), "usage"), ((a, self.path("none")), "two sweeps, or two traces"),
                           ((a, a, "--by", "m"), "no column 'm'"), ((a, a, "--metric", "heigts"), "did you mean 'heights'"),
                           ((a, a, "--metric", ","), "names separated by commas")):
            self.orrery("diff", *args, code=2)
            self.assertIn(said, self.error)
        other = self.sweep("other", {4: [1.0]}, HEAD.replace("fingerprint", "finger"))
        self.orrery("diff", a, other, code=2)
        self.assertIn("no index of a sweep", self.error)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    raise SystemExit(0 if result.wasSuccessful() else 1)
