#!/usr/bin/env python3
"""`orrery spacetime`: what a trace holds, windows, nodes, kinds, faults, limits, bad input."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.dom.minidom

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
SCENARIO = """orrery: 1
name: small
duration: 14 s
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms, transport: datagram}
signatures: modelled
workload: [{rate: 10 /s, size: 200 B, stop: 12 s}]
faults:
  - {do: crash, at: 100 ms, target: val.1, restart_after: 1 s}
  - {do: lossy-link, at: 0 s, between: [val.2, val.3], loss: 100 %, for: 1 s}
record: RECORD
"""


class Spacetime(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-spacetime-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.trace = cls.make("all")

    @classmethod
    def make(cls, record):
        name = os.path.join(cls.folder, re.sub(r"\W", "", record))
        with open(name + ".yaml", "w", encoding="utf-8") as f:
            f.write(SCENARIO.replace("RECORD", record))
        subprocess.run([ORRERY, "run", name + ".yaml", "--no-plot", "--quiet", "--out", name + ".h5"], check=True,
                       stdin=subprocess.DEVNULL)
        return name + ".h5"

    def draw(self, *args, code=0):
        done = subprocess.run([ORRERY, "spacetime", *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode()

    def log(self, *args):
        return subprocess.run([ORRERY, "log", self.trace, *args], capture_output=True, check=False).stdout.decode()

    def test_the_first_height_is_shown_with_as_many_messages_as_the_log_has(self):
        text = self.draw(self.trace)
        self.assertEqual(["val.0", "val.1", "val.2", "val.3"], text.split("\n")[0 if "val.0" in text.split("\n")[0] else 1].split())
        decided = re.findall(r"(\S+) s .*#.*(val\.\d) decides (\w+) at height 1, round 0", text)
        self.assertEqual({"val.0", "val.1", "val.2", "val.3"}, {node for _, node, _ in decided})
        self.assertEqual(1, len({value for _, _, value in decided}))
        end = decided[-1][0]
        arrived = self.log("--to", end + "s", "--kind", "recv")
        self.assertEqual(arrived.count("\n"), text.count(" ms\n"))
        lost = self.log("--to", end + "s", "--kind", "lost")
        self.assertEqual(lost.count("\n"), text.count("lost: "))
        self.assertGreater(lost.count("\n"), 0)
        self.assertGreater(arrived.count("\n"), 20)

    def test_windows_nodes_and_kinds(self):
        text = self.draw(self.trace, "--from", "90ms", "--to", "1200ms")
        times = [float(line.split()[0]) for line in text.split("\n") if " s " in line]
        self.assertTrue(times and min(times) >= 0.09 and max(times) <= 1.2 and times == sorted(times))
        self.assertIn("X", text)
        self.assertRegex(text, r"1\.100000 s .*val\.1 healed: ")
        pair = self.draw(self.trace, "--node", "val.0", "--node", "2", "--kind", "prevote")
        self.assertEqual(["val.0", "val.2"], [w for w in pair.split() if w.startswith("val.")][:2])
        self.assertNotIn("precommit", pair)
        self.assertIn("prevote", pair)
        self.assertEqual(text, self.draw(self.trace, "--from", "90ms", "--to", "1200ms", "--node", "val"))
        self.assertEqual(self.draw(self.trace, "--from", "0s", "--to", "1500ms"), self.draw(self.trace, "--around", "500ms"))

    def test_svg_is_xml_with_an_arrow_for_each_message(self):
        picture = os.path.join(self.folder, "p.svg")
        self.draw(self.trace, "--svg", picture)
        document = xml.dom.minidom.parse(picture)
        titles = [t.firstChild.data for t in document.getElementsByTagName("title")]
        arrows = [t for t in titles if " from val." in t]
        text = self.draw(self.trace)
        self.assertEqual(text.count(" ms\n") + text.count("lost: "), len(arrows))
        self.assertEqual(4, sum("decides" in t for t in titles))
        self.draw(self.trace, "--svg", self.folder, code=3)

    def test_what_is_not_there_is_said(self):
        decisions = self.make("[decisions]")
        self.assertIn("decides", self.draw(decisions))
        self.assertIn("holds no messages", self.error)
        for args, said in (((self.trace, "--node", "vall"), "no node or group is called 'vall'"), ((), "usage"),
                           ((self.trace, "--from", "3s", "--to", "1s"), "--from is after --to"),
                           ((self.trace, "--from", "soon"), "no time"), ((self.trace, "--kind", "x", "--from", "50s"), "nothing is as asked"),
                           ((self.trace, "--around", "agreement"), "no such expectation failed"),
                           ((self.trace, decisions), "one at a time"), ((os.path.join(self.folder, "all.yaml"),), "not an"),
                           ((os.path.join(self.folder, "none.h5"),), "cannot be opened")):
            self.draw(*args, code=2)
            self.assertIn(said, self.error.lower() if said == "not an" else self.error)

    def test_what_is_too_much_is_cut_and_said(self):
        text = self.draw(self.trace, "--from", "0s")
        self.assertIn("the first 500 messages, to ", self.error)
        self.assertEqual(500, text.count(" ms\n"))
        self.assertGreater(text.count("lost: "), 0)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    raise SystemExit(0 if result.wasSuccessful() else 1)
