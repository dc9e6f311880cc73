#!/usr/bin/env python3
"""`orrery export`: each format read by another reader and compared with `orrery log` and the trace; hostile names;
limits; nothing written half."""

import csv
import json
import os
import re
import shutil
import struct
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
title: 'a, "title"'
duration: 4 s
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms, transport: datagram}
signatures: modelled
workload: [{rate: 10 /s, size: 200 B, stop: 3 s}]
faults:
  - {do: crash, at: 100 ms, target: val.1, restart_after: 1 s}
  - {do: lossy-link, at: 0 s, between: [val.2, val.3], loss: 100 %, for: 1 s}
record: RECORD
"""
HOSTILE = [b'a"b\\', "x y\u202e".encode(), b"val.2\n\x1b[2J", b"val.2\n\x1b[2J"]


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="orrery-export-")
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

    def hostile(self):
        path = os.path.join(self.folder, "hostile.h5")
        shutil.copy(self.trace, path)
        with h5py.File(path, "r+") as f:
            for i, name in enumerate(HOSTILE):
                f["nodes/name"][i] = name
        return path

    def export(self, trace, *args, code=0):
        out = tempfile.mktemp(dir=self.folder)
        done = subprocess.run([ORRERY, "export", trace, "--out", out, *args], capture_output=True, check=False,
                              stdin=subprocess.DEVNULL)
        self.error = done.stderr.decode()
        self.assertEqual(code, done.returncode, f"{args}: {self.error}")
        self.assertEqual([], [f for f in os.listdir(self.folder) if re.search(r"tmp.*\.\w{6}$", f)], "half a file is left")
        if code:
            self.assertFalse(os.path.exists(out))
        return out

    def rows(self, group, trace=None):
        with h5py.File(trace or self.trace, "r") as f:
            n = f[group]["valid_rows"][0]
            columns = {k: c[:n] for k, c in f[group].items() if k != "valid_rows"}
        return [{k: c[i] for k, c in columns.items()} for i in range(n)]

    def arrivals(self):
        return [r for r in self.rows("events") if r["kind"] == 2]

    def losses(self):
        """Of messages between nodes; clients are none."""
        return [r for r in self.rows("drops") if r["peer"] < 4]

    # ---- CSV ----

    def test_csv_has_each_row_and_column_of_the_trace(self):
        out = self.export(self.trace, "--to", "csv")
        with open(f"{out}/columns.csv", newline="", encoding="utf-8") as f:
            columns = list(csv.DictReader(f))
        tables = {c["table"] for c in columns}
        self.assertEqual({"columns.csv", "run.csv", "scenario.yaml"} | {f"{t}.csv" for t in tables}, set(os.listdir(out)))
        for table in tables:
            with open(f"{out}/{table}.csv", newline="", encoding="utf-8") as f:
                read = list(csv.DictReader(f))
            wanted = self.rows(table)
            self.assertEqual(len(wanted), len(read), table)
            for c in (c for c in columns if c["table"] == table):
                self.assertEqual(str(len(wanted)), c["rows"])
                for got, want in zip(read, wanted):
                    value = want[c["column"]]
                    if c["type"] == "text":
                        self.assertEqual(value.decode().replace("\\", "\\\\"), got[c["column"]])
                    elif c["type"] == "hex":
                        self.assertEqual(bytes(value).rstrip(b"\0"), bytes.fromhex(got[c["column"]]))
                    else:
                        self.assertEqual(int(value), int(got[c["column"]]))
        with open(f"{out}/run.csv", newline="", encoding="utf-8") as f:
            run = dict(csv.reader(f))
        self.assertEqual(("1", 'a, "title"'), (run["seed"], run["title"]))
        with open(f"{out}/scenario.yaml", encoding="utf-8") as f:
            self.assertEqual(SCENARIO.replace("RECORD", "all"), f.read())

    def test_csv_of_chosen_tables(self):
        out = self.export(self.trace, "--to", "csv", "--table", "nodes", "--table", "kinds")
        self.assertEqual({"columns.csv", "run.csv", "scenario.yaml", "nodes.csv", "kinds.csv"}, set(os.listdir(out)))

    def test_csv_escapes_what_is_hostile(self):
        out = self.export(self.hostile(), "--to", "csv", "--table", "nodes")
        with open(f"{out}/nodes.csv", newline="", encoding="utf-8") as f:
            names = [r["name"] for r in csv.DictReader(f)]
        self.assertEqual(['a"b\\\\', r"x y\xe2\x80\xae", r"val.2\x0a\x1b[2J", r"val.2\x0a\x1b[2J"], names)

    # ---- Perfetto ----

    def test_perfetto_has_each_message_loss_decision_and_fault(self):
        with open(self.export(self.trace, "--to", "perfetto"), encoding="utf-8") as f:
            page = json.load(f)
        events = page["traceEvents"]
        arrived, drops = self.arrivals(), self.losses()
        ends = {(e["cat"], e["id"]): e for e in events if e["ph"] == "e"}
        spans = [(e, ends[e["cat"], e["id"]]) for e in events if e["ph"] == "b" and e["cat"] == "message"]
        self.assertEqual(
            sorted((int(r["sent_ns"]), int(r["time_ns"]), int(r["node"]) + 1, int(r["bytes"]), f"{r['hash']:016x}") for r in arrived),
            sorted((round(b["ts"] * 1000), round(e["ts"] * 1000), b["pid"], b["args"]["bytes"], b["args"]["hash"]) for b, e in spans))
        self.assertEqual(len(drops), sum(e.get("cat") == "lost" for e in events))
        self.assertEqual(len(self.rows("decisions")), sum(e.get("cat") == "decision" for e in events))
        crash = [(e["ts"], ends["fault", e["id"]]["ts"], e["pid"]) for e in events if e["ph"] == "b" and e["cat"] == "fault"]
        self.assertIn((100000.0, 1100000.0, 2), crash)
        self.assertEqual(["network", "val.0", "val.1", "val.2", "val.3"],
                         [e["args"]["name"] for e in events if e["name"] == "process_name"])
        self.assertFalse(page["otherData"]["more_messages_are_left_out"])

    def test_a_cut_is_said_in_the_file_and_on_standard_error(self):
        with open(self.export(self.trace, "--to", "perfetto", "--most", "10"), encoding="utf-8") as f:
            page = json.load(f)
        self.assertTrue(page["otherData"]["more_messages_are_left_out"])
        self.assertEqual(10, sum(e["ph"] == "b" and e["cat"] == "message" for e in page["traceEvents"]))
        self.assertIn("the first 10 messages", self.error)

    def test_perfetto_of_hostile_names_is_json(self):
        with open(self.export(self.hostile(), "--to", "perfetto"), encoding="utf-8") as f:
            names = [e["args"]["name"] for e in json.load(f)["traceEvents"] if e["name"] == "process_name"]
        self.assertEqual(['a"b\\', r"x y\xe2\x80\xae", r"val.2\x0a\x1b[2J", r"val.2\x0a\x1b[2J"], names[1:])

    # ---- ShiViz ----

    def shiviz(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        expression, empty, log = text.split("\n", 2)
        self.assertEqual("", empty)
        expression = re.compile(expression.replace("(?<", "(?P<"))
        events = [(m["host"], json.loads(m["clock"]), m["event"]) for m in expression.finditer(log)]
        self.assertEqual(log.count("\n"), 2 * len(events), "the expression reads every line")
        return events

    def test_shiviz_clocks_are_vector_clocks(self):
        events = self.shiviz(self.export(self.trace, "--to", "shiviz"))
        own, last = {}, {}
        for host, clock, _ in events:
            own[host] = own.get(host, 0) + 1
            self.assertEqual(own[host], clock[host], "a node counts its own events, from 1")
            for other, value in last.get(host, {}).items():
                self.assertGreaterEqual(clock.get(other, 0), value, "a clock never goes back")
            for other, value in clock.items():
                self.assertLessEqual(value, own.get(other, 0), "nobody knows of what has not happened")
            last[host] = clock
        sends, waiting = {}, {}
        for host, clock, event in events:
            if m := re.fullmatch(r"\S+ s: sends (.*) to (\S+)", event):
                waiting.setdefault((host, m[2], m[1]), []).append(clock)
                sends[host] = sends.get(host, 0) + 1
            if m := re.fullmatch(r"\S+ s: receives (.*) from (\S+)", event):
                first = waiting[m[2], host, m[1]].pop(0)
                self.assertTrue(all(clock[k] >= v for k, v in first.items()), "what was received was sent before")
        self.assertEqual(len(self.arrivals()), sum(sends.values()))
        self.assertEqual(len(self.rows("decisions")), sum(" decides " in e for _, _, e in events))

    def test_shiviz_hosts_stay_apart_whatever_they_are_called(self):
        events = self.shiviz(self.export(self.hostile(), "--to", "shiviz"))
        hosts = {h for h, _, _ in events}
        self.assertEqual(4, len(hosts), hosts)
        self.assertTrue(all(re.fullmatch(r"[\w.~-]+", h) for h in hosts), hosts)

    # ---- pcapng ----

    def packets(self, path):
        """As the format's draft has it, without the program's help."""
        with open(path, "rb") as f:
            data = f.read()
        packets, at, kinds = [], 0, []
        while at < len(data):
            kind, size = struct.unpack_from("<II", data, at)
            self.assertEqual(0, size % 4)
            self.assertEqual(size, struct.unpack_from("<I", data, at + size - 4)[0])
            kinds.append(kind)
            if kind == 6:
                _, high, low, held, wire = struct.unpack_from("<IIIII", data, at + 8)
                packets.append((high << 32 | low, wire, data[at + 28: at + 28 + held]))
            at += size
        self.assertEqual([0x0A0D0D0A, 1], kinds[:2])
        self.assertEqual({6}, set(kinds[2:]))
        return packets

    def test_pcapng_has_a_packet_for_each_message(self):
        packets = self.packets(self.export(self.trace, "--to", "pcapng"))
        got = []
        for at, wire, head in packets:
            self.assertEqual((b"ORRY", 1, len(head)), (head[:4], head[4], struct.unpack(">H", head[6:8])[0]))
            sent, of, size = struct.unpack(">qQI", head[8:28])
            self.assertEqual(size + len(head), wire)
            got.append((at, sent, of, size, head[5]))
        wanted = [(r["time_ns"], r["sent_ns"], r["hash"], r["bytes"], 0) for r in self.arrivals()]
        wanted += [(r["time_ns"], r["time_ns"], r["hash"], r["bytes"], 1) for r in self.losses()]
        self.assertEqual(sorted(tuple(map(int, w)) for w in wanted), sorted(got))
        self.assertEqual(sorted(p[0] for p in packets), [p[0] for p in packets])

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed (Debian's tshark)")
    def test_wireshark_reads_it_and_names_messages(self):
        for trace in self.trace, self.hostile():
            path = self.export(trace, "--to", "pcapng")
            lua = os.path.join(self.folder, "orrery.lua")
            fields = ["frame.time_epoch", "frame.len", "orrery.from", "orrery.to", "orrery.kind", "orrery.lost", "orrery.delay"]
            done = subprocess.run(["tshark", "-X", f"lua_script:{lua}", "-r", path, "-T", "fields",
                                   *(w for f in fields for w in ("-e", f))], capture_output=True, check=True, text=True)
            self.assertNotIn("Lua", done.stderr)
            lines = [line.split("\t") for line in done.stdout.splitlines()]
            arrived = [l for l in lines if not l[5]]
            self.assertEqual(len(self.arrivals()) + len(self.losses()), len(lines))
            for line, row in zip(arrived, self.arrivals()):
                self.assertEqual(round(row["time_ns"] / 1e9, 9), float(line[0]))
                self.assertAlmostEqual((row["time_ns"] - row["sent_ns"]) / 1e9, float(line[6]), 8)
            self.assertIn("prevote", {l[4] for l in lines})
        self.assertIn(r"x y\xe2\x80\xae", {l[2].replace("\\\\", "\\") for l in lines})

    def test_an_edited_dissector_stays(self):
        self.export(self.trace, "--to", "pcapng")
        lua = os.path.join(self.folder, "orrery.lua")
        with open(lua, "a", encoding="utf-8") as f:
            f.write("-- mine\n")
        self.export(self.trace, "--to", "pcapng")
        with open(lua, encoding="utf-8") as f:
            self.assertIn("-- mine", f.read())

    # ---- parts and bad input ----

    def test_a_part_is_chosen(self):
        packets = self.packets(self.export(self.trace, "--to", "pcapng", "--from", "1500 ms", "--until", "3 s", "--kind", "prevote",
                                           "--node", "val.0", "--node", "2"))
        self.assertTrue(packets)
        for at, _, head in packets:
            self.assertTrue(1500000000 <= at <= 3000000000)
            self.assertIn(b"\x07prevote", head)
            self.assertNotIn(b"val.3", head)

    def test_the_same_trace_gives_the_same_bytes(self):
        for kind in "perfetto", "shiviz", "pcapng":
            twice = []
            for _ in range(2):
                with open(self.export(self.trace, "--to", kind), "rb") as f:
                    twice.append(f.read())
            self.assertEqual(*twice)

    def test_bad_input(self):
        without = self.make("decisions")
        damaged = os.path.join(self.folder, "damaged.h5")
        with open(self.trace, "rb") as f, open(damaged, "wb") as to:
            to.write(f.read()[:3000])
        for args, wanted in (
                ((self.trace,), "--to is wanted"), ((self.trace, "--to", "parquet"), "not 'parquet'"),
                ((self.trace, "--to", "csv", "--table", "event"), "no table 'event'; there are nodes kinds"),
                ((self.trace, "--to", "csv", "--node", "val.0"), "whole tables"),
                ((self.trace, "--to", "pcapng", "--table", "nodes"), "--table is for csv"),
                ((self.trace, "--to", "pcapng", "--from", "2s", "--until", "1s"), "after"),
                ((self.trace, "--to", "pcapng", "--from", "soon"), "no time"),
                ((self.trace, "--to", "pcapng", "--node", "val.9"), "val.9"),
                ((self.trace, "--to", "pcapng", "--most", "0"), "--most is 1"),
                ((self.trace, "--to", "pcapng", "--from", "1h"), "nothing is as asked"),
                ((self.trace, self.trace, "--to", "csv"), "one trace at a time"),
                ((damaged, "--to", "csv"), damaged), ((damaged, "--to", "perfetto"), damaged),
                (("/dev/null", "--to", "csv"), "/dev/null"), (("no.h5", "--to", "csv"), "no.h5")):
            self.export(*args, code=2)
            self.assertIn(wanted, self.error)
        with h5py.File(without, "r") as f:
            n = f["decisions/valid_rows"][0]
        out = self.export(without, "--to", "perfetto")
        with open(out, encoding="utf-8") as f:
            self.assertEqual(n, sum(e.get("cat") == "decision" for e in json.load(f)["traceEvents"]))

    def test_what_is_there_stays(self):
        out = os.path.join(self.folder, "mine")
        os.mkdir(out)
        with open(os.path.join(out, "notes"), "w", encoding="utf-8"):
            pass
        done = subprocess.run([ORRERY, "export", self.trace, "--to", "csv", "--out", out], capture_output=True, check=False)
        self.assertEqual((3, ["notes"]), (done.returncode, os.listdir(out)))
        self.assertIn(b"something of that name is there", done.stderr)
        done = subprocess.run([ORRERY, "export", self.trace, "--to", "pcapng", "--out", f"{out}/no/x"], capture_output=True,
                              check=False)
        self.assertEqual(3, done.returncode)
        self.assertIn(b"cannot be written", done.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk_leaves_nothing(self):
        for kind in "csv", "perfetto", "shiviz", "pcapng":
            out = tempfile.mktemp(dir=self.folder)
            done = subprocess.run(["bash", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "-", ORRERY, "export", self.trace, "--to",
                                   kind, "--out", out], capture_output=True, check=False)
            self.assertEqual(3, done.returncode, done.stderr)
            self.assertFalse([f for f in os.listdir(self.folder) if f.startswith(os.path.basename(out))])


if __name__ == "__main__":
    unittest.main()
