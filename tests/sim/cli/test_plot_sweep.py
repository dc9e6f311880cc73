#!/usr/bin/env python3
"""`orrery plot SWEEP`: what is drawn from which rows, sizes in print, files of others, what is wrong."""

import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest
import zlib

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
HEAD = "run,digest,seed,n,variant,status,failed_verdicts,fingerprint,latency_p50_s,throughput_per_s\r\n"


class Plot(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-plot-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.rows = [(n, v, seed, n / 10 + seed / 100 + (v == "fast's")) for n in (16, 4, 10) for v in ("slow", "fast's")
                     for seed in range(4)]
        text = HEAD + "".join(f"{i},d,{s},{n},{v},ok,,f,{y!r},{y * 10!r}\r\n" for i, (n, v, s, y) in enumerate(self.rows))
        self.write(text + "99,d,9,4,slow,missing,,,,\r\n")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text, name="index.csv"):
        with open(self.path(name), "w", encoding="utf-8", newline="") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def plot(self, *args, code=0):
        done = subprocess.run([ORRERY, "plot", *args], capture_output=True, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode()}")
        self.error = done.stderr.decode()
        return done.stdout.decode().strip()

    def curves(self, name):
        parts = self.read(name).decode().split("\n\n\n")
        return [[[float(x) for x in line.split()] for line in part.split("\n") if line and line[0] != "#"] for part in parts if
                re.sub("#.*", "", part).strip()]

    def test_curves_are_means_by_the_second_key_over_the_first(self):
        self.assertEqual(self.path("latency_p50_s-n.png"), self.plot(self.folder))
        curves = self.curves("latency_p50_s-n.dat")
        self.assertEqual(2, len(curves))
        for curve, variant in zip(curves, ("slow", "fast's")):
            self.assertEqual([4, 10, 16], [p[0] for p in curve])
            for x, mean, low, high in curve:
                v = [y for n, w, _, y in self.rows if n == x and w == variant]
                self.assertAlmostEqual(statistics.mean(v), mean, places=10)
                half = 3.182446305284263 * statistics.stdev(v) / 2  # Student's t, 3 degrees of freedom
                self.assertAlmostEqual(mean - half, low, places=9)
                self.assertAlmostEqual(mean + half, high, places=9)
        script = self.read("latency_p50_s-n.gp").decode()
        self.assertIn("'fast''s'", script)
        self.assertIn("latency p50 (s)", script)
        self.assertNotIn("set title", script)
        self.assertEqual(b"\x89PNG", self.read("latency_p50_s-n.png")[:4])

    def test_names_are_an_axis_and_any_column_a_curve(self):
        self.plot(self.folder, "--x", "variant", "--y", "throughput_per_s", "--by", "n", "--out", self.path("a.svg"), "--title", "T")
        self.assertEqual(3, len(self.curves("a.dat")))
        self.assertEqual([0, 1], [p[0] for p in self.curves("a.dat")[0]])
        script = self.read("a.gp").decode()
        self.assertIn("throughput (1/s)", script)
        self.assertIn("('slow' 0, 'fast''s' 1)", script)
        self.assertIn("set title 'T'", script)
        self.plot(self.folder, "--log", "xy", "--out", self.path("b.png"))
        self.assertIn("set logscale y", self.read("b.gp").decode())

    def test_a_power_law_is_fitted_to_each_curve(self):
        points = [(n, v, 3 * n ** (2 if v == "slow" else 1) * (1 + (seed - 1.5) / 50)) for n, v, seed, _ in self.rows]
        self.write(HEAD + "".join(f"{i},d,1,{n},{v},ok,,f,{y!r},1\r\n" for i, (n, v, y) in enumerate(points)), "laws.csv")
        self.plot(self.path("laws.csv"), "--fit", "--out", self.path("l.png"))
        script = self.read("l.gp").decode()
        self.assertIn("set logscale x", script)
        self.assertIn("set logscale y", script)
        fits = re.findall(r"# y = (\S+) \* x\^(\S+), the slope \+- (\S+) \(95 %\) of (\d+) runs", self.read("l.dat").decode())
        for (factor, slope, half, n), variant in zip(fits, ("slow", "fast's"), strict=True):
            x = [math.log(p[0]) for p in points if p[1] == variant]
            y = [math.log(p[2]) for p in points if p[1] == variant]
            line = statistics.linear_regression(x, y)
            squares = sum((b - line.intercept - line.slope * a) ** 2 for a, b in zip(x, y, strict=True))
            error = math.sqrt(squares / 10 / sum((a - statistics.mean(x)) ** 2 for a in x))
            self.assertEqual("12", n)
            self.assertAlmostEqual(line.slope, float(slope), places=7)
            self.assertAlmostEqual(math.exp(line.intercept), float(factor), places=6)
            self.assertAlmostEqual(2.228138851986274 * error, float(half), places=7)  # Student's t, 10 degrees of freedom
        self.assertRegex(script, r"slow: slope 2\.00\d ± 0\.")
        curves = self.curves("l.dat")
        self.assertEqual([4, 16], [curves[2][0][0], curves[2][-1][0]])
        self.plot(self.path("laws.csv"), "--fit", "--x", "variant", "--by", "n", "--out", self.path("names.png"))
        self.assertNotIn("slope", self.read("names.gp").decode())  # of names there is no law

    def test_latency_against_throughput_has_a_knee(self):
        # a queue: 1 / (1 - load) in the first variant; a straight line, which has no knee, in the second
        points = [(load, v, load * 100 + seed, (1 / (1 - load) if v == "slow" else load) + seed / 1000)
                  for load in (0.5, 0.1, 0.3, 0.7, 0.8, 0.9, 0.95) for v in ("slow", "fast's") for seed in range(3)]
        self.write(HEAD + "".join(f"{i},d,1,{n},{v},ok,,f,{y!r},{x!r}\r\n" for i, (n, v, x, y) in enumerate(points)), "load.csv")
        self.plot(self.path("load.csv"), "--kind", "load", "--out", self.path("k.png"))
        *curves, knees = self.curves("k.dat")
        for curve, variant in zip(curves, ("slow", "fast's"), strict=True):
            loads = sorted({n for n, _, _, _ in points})
            for load, (x, mean, low, high) in zip(loads, curve, strict=True):
                of = [(a, b) for n, v, a, b in points if (n, v) == (load, variant)]
                self.assertAlmostEqual(statistics.mean(a for a, _ in of), x, places=9)
                self.assertAlmostEqual(statistics.mean(b for _, b in of), mean, places=9)
                self.assertTrue(low < mean < high)
        (left, low), (right, high) = curves[0][0][:2], curves[0][-1][:2]
        below = [(p[0] - left) / (right - left) - (p[1] - low) / (high - low) for p in curves[0]]
        knee = curves[0][below.index(max(below))]
        self.assertEqual(knee[:2], knees[0])
        self.assertEqual(1, len(knees))
        script = self.read("k.gp").decode()
        self.assertIn("throughput (1/s)", script)
        self.assertIn("title 'knee'", script)
        self.plot(self.path("load.csv"), "--kind", "cdf", code=2)
        self.plot("--kind", "load", "no.h5", code=2)
        self.assertIn("of a sweep", self.error)

    def test_a_paper_has_85_millimetres_and_7_points(self):
        for more, width, points in ((["--paper"], 85, 7), (["--paper", "--width", "178mm"], 178, 7), ([], 180, 9)):
            self.plot(self.folder, *more, "--out", self.path("p.pdf"))
            pdf = self.read("p.pdf")
            box = [float(x) for x in re.search(rb"MediaBox \[ ([\d. ]+) \]", pdf).group(1).split()]
            self.assertAlmostEqual(width, box[2] / 72 * 25.4, delta=0.5)
            sizes = set()
            for stream in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.S):
                try:
                    text = zlib.decompress(stream.group(1))
                except zlib.error:
                    continue
                sizes |= {float(x) for x in re.findall(rb"BT\s+([\d.]+) 0 0 -?[\d.]+ ", text)}
            self.assertTrue(sizes)
            for size in sizes:
                self.assertAlmostEqual(points, size, delta=0.1)

    def test_equal_sweeps_have_equal_bytes(self):
        self.plot(self.folder, "--out", self.path("a.png"))
        self.plot(self.folder, "--out", self.path("a.svg"))
        first = [self.read(x) for x in ("a.png", "a.dat")]
        self.plot(self.folder, "--out", self.path("a.png"))
        self.assertEqual(first, [self.read(x) for x in ("a.png", "a.dat")])

    def test_files_of_others_stay(self):
        self.write("mine", "a.gp")
        self.plot(self.folder, "--out", self.path("a.png"), code=3)
        self.assertEqual(b"mine", self.read("a.gp"))
        self.assertFalse(os.path.exists(self.path("a.png")))

    def test_what_has_been_edited_is_kept(self):
        out = ("--out", self.path("e.png"))
        self.plot(self.folder, *out)
        self.plot(self.folder, *out)  # as it was drawn: again
        for name in "e.gp", "e.dat":
            drawn, picture = self.read(name), self.read("e.png")
            for edited in (drawn + b"# mine\n", drawn[:-1], drawn.replace(b"\n", b"\n\n", 1), drawn.replace(b"4", b"5", 1)):
                self.write(edited.decode(), name)
                self.plot(self.folder, *out, code=3)
                self.assertIn("has been edited since it was drawn", self.error)
                self.assertEqual((edited, picture), (self.read(name), self.read("e.png")))
            self.write(drawn.decode(), name)
        self.plot(self.folder, *out)

    def test_for_latex_it_is_tikz_with_texts_escaped(self):
        self.write(HEAD.replace("variant", "va_riant") + "0,d,1,4,50 % & $x{y}\\,ok,,f,1,2\r\n1,e,1,4,z,ok,,f,2,3\r\n", "tex.csv")
        self.plot(self.path("tex.csv"), "--tikz", "--paper", "--title", "a_b^c~#", "--out", self.path("t.tex"))
        picture = self.read("t.tex").decode()
        self.assertTrue(picture.startswith("\\begin{tikzpicture}"))
        for text in (r"a\_b\^{}c\~{}\#", r"50 \% \& \$x\{y\}\textbackslash{}", r"fontsize{7}{8.4}"):
            self.assertIn(text, picture)
        self.assertIn("rectangle (8.500,5.6", picture)
        self.assertEqual(self.path("t.tex"), self.plot(self.path("tex.csv"), "--out", self.path("t.tex")))  # by its ending

    def test_bad_input_is_said(self):
        self.write(HEAD + "".join(f"{i},d,1,4,v{i},ok,,f,1,1\r\n" for i in range(9)), "many.csv")
        self.write(HEAD + "0,d,1,4,v,missing,,,,\r\n", "none.csv")
        self.write("run,digest,seed,status,fingerprint,latency_p50_s\r\n0,d,1,ok,f,1\r\n", "bare.csv")
        self.write("a,b\r\n1,2\r\n", "other.csv")
        for args, word in (([self.folder, "--y", "latency_p51_s"], "did you mean 'latency_p50_s'"), ([self.folder, "--x", "varient"], "'variant'"),
                           ([self.path("many.csv")], "more than 8"), ([self.path("none.csv")], "no run has a number"),
                           ([self.path("bare.csv")], "varies no key"), ([self.path("other.csv")], "no index"),
                           ([self.path("not.csv")], "No such"), ([self.folder, "--width", "wide"], "--width"),
                           ([self.folder, "--log", "z"], "--log")):
            self.plot(*args, code=2)
            self.assertIn(word, self.error, args)


if __name__ == "__main__":
    if not shutil.which("gnuplot"):
        print("not run: no gnuplot (Debian: apt-get install gnuplot-nox)")
        sys.exit(77)
    result = unittest.main(exit=False, verbosity=0).result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
