#!/usr/bin/env python3
"""`orrery report`: what the page holds is what the trace and `orrery stats` say; hostile texts stay texts; and, where
there are Chromium and playwright-core (ORRERY_NODE_MODULES), it draws, zooms, filters and says nothing wrong."""

import base64
import csv
import gzip
import hashlib
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
MODULES = os.environ.get("ORRERY_NODE_MODULES", "")
HOSTILE = "</script><script>document.title='owned'</script><!--<img src=x onerror=alert(1)>"
SCENARIO = """orrery: 1
name: small
title: "TITLE"
duration: 14 s
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms, transport: datagram}
signatures: modelled
workload: [{rate: 20 /s, size: 200 B, stop: 12 s}]
faults:
  - {do: crash, at: 5 s, target: val.1, restart_after: 2 s}
  - {do: lossy-link, at: 0 s, between: [val.2, val.3], loss: 50 %, for: 2 s}
record: RECORD
"""
BROWSER = r"""
const { chromium } = require('playwright-core');
(async () => {
  const b = await chromium.launch({ executablePath: process.argv[1], args: ['--no-sandbox', '--disable-gpu'] });
  const p = await b.newPage({ viewport: { width: 1100, height: 900 } }), errors = [], asked = [];
  p.on('console', m => { if (m.type() === 'error') errors.push(m.text()); });
  p.on('pageerror', e => errors.push(String(e)));
  p.on('request', r => asked.push(r.url()));
  await p.goto('file://' + process.argv[2]);
  await p.waitForFunction("document.body.dataset.ready === 'yes'", null, { timeout: 30000 });
  const count = () => p.textContent('#count'), out = { title: await p.title(), first: await count(), requests: asked.length };
  out.rows = await p.$$eval('table[aria-label="latencies"] tbody tr', rows => rows.map(r => [...r.children].map(c => c.textContent)));
  await p.selectOption('select[aria-label="height"]', '');
  const area = p.locator('canvas').last();
  await area.focus(); await p.keyboard.press('0'); out.all = await count();
  await p.keyboard.press('+'); await p.keyboard.press('+'); out.zoomed = await count();
  await p.keyboard.press('0');
  await p.selectOption('select[aria-label="kind of message"]', { label: 'prevote' }); out.prevotes = await count();
  await p.selectOption('select[aria-label="node"]', { label: 'val.1' }); out.ofOne = await count();
  await p.selectOption('select[aria-label="kind of message"]', ''); await p.selectOption('select[aria-label="node"]', '');
  await p.selectOption('select[aria-label="height"]', '2'); out.height = await count();
  const box = await area.boundingBox();
  await p.selectOption('select[aria-label="height"]', '1');
  for (let x = 0.95; x > 0.12 && !/before it:/.test(await p.textContent('#told')); x -= 0.04)
    for (let y = 24; y < box.height - 40 && !/before it:/.test(await p.textContent('#told')); y += 20)
      await area.click({ position: { x: x * box.width, y } });
  out.told = await p.textContent('#told'); out.alien = await p.$$eval('img', l => l.length); out.errors = errors;
  console.log(JSON.stringify(out));
  await b.close();
})().catch(e => { console.error(String(e)); process.exit(1); });
"""


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-report-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.trace = cls.make("all", "Four <b>validators</b>")
        cls.html = cls.page(cls.trace)
        cls.data = cls.data_of(cls.html)

    @classmethod
    def make(cls, record, title):
        name = os.path.join(cls.folder, re.sub(r"\W", "", record + title)[:20])
        with open(name + ".yaml", "w", encoding="utf-8") as f:
            f.write(SCENARIO.replace("RECORD", record).replace("TITLE", title))
        subprocess.run([ORRERY, "run", name + ".yaml", "--no-plot", "--quiet", "--out", name + ".h5"], check=True,
                       stdin=subprocess.DEVNULL)
        return name + ".h5"

    @classmethod
    def page(cls, trace):
        subprocess.run([ORRERY, "report", trace, "--out", trace + ".html"], check=True, stdout=subprocess.DEVNULL)
        with open(trace + ".html", encoding="utf-8") as f:
            return f.read()

    @staticmethod
    def data_of(html):
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S).group(1))

    def orrery(self, *args, code=0):
        done = subprocess.run([ORRERY, *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode()

    def test_numbers_are_those_of_stats(self):
        rows = json.loads(self.orrery("stats", self.trace, "--json"))["rows"]
        self.assertEqual([row["metric"] for row in rows], [s["metric"] for s in self.data["stats"]])
        for row, s in zip(rows, self.data["stats"], strict=True):
            for ours, theirs in (("n", "n"), ("mean", "mean"), ("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p999", "p99.9"), ("max", "max")):
                self.assertAlmostEqual(row[theirs], s[ours], places=7)
        self.assertEqual(("small", "1", True), (self.data["name"], self.data["seed"], self.data["finished"]))
        with open(self.trace[:-3] + ".yaml", encoding="utf-8") as f:
            text = f.read()
        self.assertEqual((text, hashlib.sha256(text.encode()).hexdigest()), (self.data["scenario"], self.data["digest"]))
        self.assertTrue(self.data["verdicts"] and all(v["pass"] for v in self.data["verdicts"] if v["judged"]))

    def test_messages_are_those_of_the_log(self):
        m, n = self.data["messages"], self.data["messages"]["count"]
        raw = gzip.decompress(base64.b64decode(m["columns"]))
        self.assertEqual(24 * n, len(raw))
        delta, took, source, to, kind, lost = (struct.unpack_from(f"<{n}I", raw, 4 * n * i) for i in range(6))
        arrived = [line.split() for line in self.orrery("log", self.trace, "--kind", "recv").split("\n") if line]
        dropped = [line for line in self.orrery("log", self.trace, "--kind", "lost").split("\n") if " from val." in line]
        self.assertEqual((len(arrived) + len(dropped), len(dropped)), (n, sum(lost)))
        self.assertGreater(len(dropped), 0)
        at, mine = 0, []
        for i in range(n):
            at += delta[i]
            if not lost[i]:
                mine.append((at, f"val.{to[i]}", m["kinds"][kind[i]], f"val.{source[i]},", took[i]))
        theirs = [(int(float(w[0]) * 1e6 + 1e-3), w[2], w[4], w[6], float(w[10]) * 1e3) for w in arrived]
        for ours, line in zip(mine, theirs, strict=True):
            self.assertEqual(ours[1:4], line[1:4])
            self.assertAlmostEqual(ours[0], line[0], delta=1)
            self.assertAlmostEqual(ours[4], line[4], delta=1)
        crash = [f for f in self.data["faults"] if f["node"] == 1]
        self.assertEqual([(5, 7)], [(f["from"], f["to"]) for f in crash])

    def test_the_page_asks_for_nothing_and_holds_texts_as_texts(self):
        hostile = self.page(self.make("[decisions]", HOSTILE))
        for html in (self.html, hostile):
            self.assertEqual(2, html.count("<script"))
            self.assertEqual(2, html.count("</script"))
            self.assertIsNone(re.search(r"(src|href)\s*=|https?://|@import|url\(", re.sub(r'<script type="application.*?</script>', "", html, flags=re.S)))
            self.assertIn("default-src 'none'", html)
        self.assertEqual(HOSTILE, self.data_of(hostile)["title"])
        self.assertEqual(0, self.data_of(hostile)["messages"]["count"])
        self.assertLess(len(self.html), 200_000)

    def test_bad_input_writes_nothing(self):
        out = os.path.join(self.folder, "none.html")
        for args, said in (((self.trace[:-3] + ".yaml", "--out", out), "ot an"), (("none.h5", "--out", out), "cannot be opened"), ((), "usage"),
                           ((self.trace, self.trace), "one trace at a time")):
            self.orrery("report", *args, code=2)
            self.assertIn(said, self.error)
        self.orrery("report", self.trace, "--out", os.path.join(self.folder, "no", "page.html"), code=3)
        self.assertFalse([name for name in os.listdir(self.folder) if "none" in name])
        with open(self.trace, "rb") as f:
            cut = f.read()[:-2000]
        with open(os.path.join(self.folder, "cut.h5"), "wb") as f:
            f.write(cut)
        done = subprocess.run([ORRERY, "report", os.path.join(self.folder, "cut.h5"), "--out", out], capture_output=True, check=False)
        self.assertIn(done.returncode, (0, 2))
        self.assertEqual(done.returncode == 0, os.path.exists(out))
        old = os.umask(0o022)
        os.umask(old)
        self.assertEqual(0o666 & ~old, stat.S_IMODE(os.stat(self.trace + ".html").st_mode))

    def test_a_sweeps_page_holds_its_rows_and_their_statistics(self):
        folder = os.path.join(self.folder, "sweep")
        self.orrery("sweep", self.trace[:-3] + ".yaml", "--vary", "network.latency=10ms,20ms", "--seeds", "1..3", "--set", "duration=4 s",
                    "--set", "record=none", "--set", "faults=[]", "--set", "workload.0.stop=3 s", "--out", folder)
        self.assertEqual(os.path.join(folder, "report.html") + "\n", self.orrery("report", folder))
        with open(os.path.join(folder, "report.html"), encoding="utf-8") as f:
            sweep = self.data_of(f.read())["sweep"]
        with open(os.path.join(folder, "index.csv"), encoding="utf-8") as f:
            columns, *rows = csv.reader(f)
        self.assertEqual((columns, rows, 6), (sweep["columns"], sweep["rows"], len(rows)))
        latency = columns.index("latency_p50_s")
        for value in ("10ms", "20ms"):
            mean = sum(float(row[latency]) for row in rows if value in row) / 3
            found = [s for s in sweep["stats"] if (s["metric"], s["network.latency"]) == ("latency_p50_s", value)]
            self.assertEqual([3], [s["runs"] for s in found])
            self.assertAlmostEqual(mean, found[0]["mean"], places=7)
        self.orrery("report", folder, "--serve", code=2)
        self.assertIn("--serve is of a trace", self.error)
        os.remove(os.path.join(folder, "index.csv"))
        self.orrery("report", folder, code=2)

    def test_a_page_follows_a_run(self):
        with subprocess.Popen([ORRERY, "report", self.trace, "--serve"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as server:
            try:
                url = server.stdout.readline().split()[0]
                self.assertRegex(url, r"^http://127\.0\.0\.1:[0-9]+/$")
                with urllib.request.urlopen(url, timeout=20) as answer:
                    page = answer.read().decode()
                with urllib.request.urlopen(url + "data.json", timeout=20) as answer:
                    data = json.load(answer)
                self.assertEqual(data, self.data_of(page))
                self.assertEqual((self.data["stats"], self.data["verdicts"]), (data["stats"], data["verdicts"]))
                with self.assertRaises(urllib.error.HTTPError) as none, urllib.request.urlopen(url + "etc/passwd", timeout=20):
                    pass
                none.exception.close()
                self.assertEqual(404, none.exception.code)
            finally:
                server.terminate()
            self.assertEqual(0, server.wait(timeout=30))

    def test_a_browser_draws_it(self):
        chromium = shutil.which("chromium")
        if not chromium or not shutil.which("node") or not os.path.isdir(os.path.join(MODULES, "playwright-core")):
            self.skipTest("no chromium with playwright-core")
        hostile = self.make("all", HOSTILE)
        self.page(hostile)
        done = subprocess.run(["node", "-e", BROWSER, "--", chromium, hostile + ".html"], capture_output=True, check=False,
                              env={**os.environ, "NODE_PATH": MODULES}, timeout=120)
        self.assertEqual(0, done.returncode, done.stderr.decode())
        found = json.loads(done.stdout)
        n = self.data_of(self.page(hostile))["messages"]["count"]
        shown = {k: int(found[k].split()[0]) for k in ("first", "all", "zoomed", "prevotes", "ofOne", "height")}
        self.assertEqual(([], 0, 1), (found["errors"], found["alien"], found["requests"]))
        self.assertIn(HOSTILE, found["title"])
        self.assertEqual(n, shown["all"])
        self.assertTrue(0 < shown["zoomed"] < n and 0 < shown["ofOne"] < shown["prevotes"] < n and 0 < shown["height"] < n, shown)
        self.assertRegex(found["told"], r"(sent|lost).*before it: ")
        rows = json.loads(self.orrery("stats", hostile, "--json"))["rows"]
        for cells, row in zip(found["rows"], rows, strict=True):
            self.assertEqual((row["metric"], row["n"]), (cells[0], int(cells[1])))
            self.assertAlmostEqual(row["p99"], float(cells[5]), delta=row["p99"] * 1e-3)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    raise SystemExit(0 if result.wasSuccessful() else 1)
