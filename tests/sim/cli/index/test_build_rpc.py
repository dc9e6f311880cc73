#!/usr/bin/python3
"""orrery index build --rpc, from our own servers of two branches of one simulated chain: what comes out is what a build from
files makes, over reorganisations and restarts too; and from a proxy in front of them that lies, fails or refuses, which is
named, survived, or refused."""
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ORRERY = os.environ["ORRERY_BIN"]
SCENARIO = """orrery: 1
name: branches
seed: 4
duration: 84 s
signatures: modelled
nodes:
  val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 8}}
network: {latency: 20 ms}
workload:
  - {rate: 4 /s, clients: 8, mix: {transfer: 30 %, token: 70 %}, stop: 80 s}
faults:
  - {name: cut, at: 36 s, do: partition, groups: [[val.0, val.1], [val.2, val.3]]}
record: [blocks]
"""


def run(*arguments, code=0):
    done = subprocess.run([ORRERY, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def serve(*arguments):
    server = subprocess.Popen([ORRERY, "index", "serve", *arguments, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                              text=True)
    return server, f"http://127.0.0.1:{int(server.stdout.readline().split()[-1])}"


class Proxy:
    """Hands requests to another server; twist(request, answer) may change what is answered to one, and refuse(body) may
    answer a whole POST by (status, text)."""

    def __init__(self):
        proxy = self
        self.to, self.twist, self.refuse, self.largest, self.n, self.methods = "", None, None, 0, 0, set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, text = proxy.answer(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body):
        asked = json.loads(body)
        calls = asked if isinstance(asked, list) else [asked]
        self.n += 1
        self.largest = max(self.largest, len(calls))
        self.methods |= {c["method"] for c in calls}
        refused = self.refuse and self.refuse(calls)
        if refused:
            return refused
        with urllib.request.urlopen(urllib.request.Request(self.to, data=body)) as answer:
            said = json.load(answer)
        if self.twist:
            answers = said if isinstance(said, list) else [said]
            said = [self.twist(c, a) for c, a in zip(calls, answers)]
            said = said if isinstance(asked, list) else said[0]
        return 200, json.dumps(said).encode()


class Rpc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        scenario, trace = os.path.join(cls.folder, "a.yaml"), os.path.join(cls.folder, "a.h5")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        subprocess.run([ORRERY, "run", scenario, "--out", trace, "--no-plot"], capture_output=True, check=False)
        cls.servers, cls.urls, cls.tops, cls.wanted = [], [], [], []
        for i, node in enumerate(("val.0", "val.2")):
            chain, db = (os.path.join(cls.folder, f"{name}{i}") for name in ("chain", "files"))
            run("chain", "export", trace, "-o", chain, "--node", node)
            run("index", "build", "--db", db, "--chain", chain)
            cls.wanted.append(run("index", "verify", db)[0])
            cls.tops.append(json.loads(run("index", "status", db, "--json")[0]))
            server, url = serve("--state", os.path.join(chain, "genesis.json"), os.path.join(chain, "chain.rlp"))
            cls.servers.append(server)
            cls.urls.append(url)
        hashes = [[r["hash"] for r in json.loads(run("index", "query", os.path.join(cls.folder, f"files{i}"),
                                                    "SELECT hash FROM blocks ORDER BY number", "--json")[0])]
                  for i in range(2)]
        cls.fork = next(n for n, (a, b) in enumerate(zip(*hashes)) if a != b)  # the first block that differs
        cls.proxy = Proxy()

    @classmethod
    def tearDownClass(cls):
        cls.proxy.server.shutdown()
        cls.proxy.server.server_close()
        for server in cls.servers:
            server.terminate()
            server.wait()
            server.stdout.close()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.proxy.to, self.proxy.twist, self.proxy.refuse = self.urls[0], None, None
        self.proxy.largest, self.proxy.n, self.proxy.methods = 0, 0, set()
        self.db = os.path.join(self.folder, self.id().rsplit(".", 1)[-1] + ".db")

    def build(self, *options, code=0, url=None, db=None):
        return run("index", "build", "--db", db or self.db, "--rpc", url or self.proxy.url, *options, code=code)

    def must_be(self, i):
        self.assertEqual(run("index", "verify", self.db)[0], self.wanted[i])

    def head(self):
        return json.loads(run("index", "status", self.db, "--json")[0]).get("number")

    def cursor(self):
        try:
            with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as file:
                row = file.execute("SELECT hash FROM t_head").fetchone()
            file.close()
            return row and "0x" + row[0].hex()
        except sqlite3.OperationalError:  # not there yet
            return None

    def test_both_branches_are_there(self):
        self.assertGreater(self.fork, 10)
        for top in self.tops:
            self.assertGreater(top["number"], self.fork + 3)

    def test_a_node_gives_what_files_give_and_a_second_call_goes_on(self):
        self.build("--to", "7")
        self.assertEqual(self.head(), 7)
        out = self.build()[0]
        self.assertIn(f"indexed       {self.tops[0]['number'] - 7} blocks", out)
        self.must_be(0)
        self.assertIn("indexed       0 blocks", self.build()[0])
        status = json.loads(run("index", "status", self.db, "--json")[0])
        self.assertEqual((status["chain_id"], status["has_indexes"]), (1337, True))
        server, url = serve("--db", self.db)  # and what it made is served to the next
        again = self.db + ".again"
        self.build(url=url, db=again)
        server.terminate()
        server.wait()
        server.stdout.close()
        self.assertEqual(run("index", "verify", again)[0], self.wanted[0])

    def test_a_part_is_a_part(self):
        self.build("--from", "5", "--to", "9")
        rows = json.loads(run("index", "query", self.db, "SELECT number FROM blocks ORDER BY number", "--json")[0])
        self.assertEqual([r["number"] for r in rows], [5, 6, 7, 8, 9])
        self.assertIn("holds together", run("index", "verify", self.db)[0])
        self.assertIn("begins with block 5, not 3", self.build("--from", "3", code=2)[1])
        self.assertIn("is above", self.build("--from", "9", "--to", "8", code=2)[1])
        self.assertIn("node has come to block", self.build("--from", "999", code=2, db=self.db + ".far")[1])

    def test_a_branch_that_changes_is_followed_forth_and_back(self):
        for i in (0, 1, 0):
            self.proxy.to = self.urls[i]
            out = self.build()[0]
            self.must_be(i)
        self.assertIn("undone", out)

    def test_a_branch_that_changes_in_the_middle_of_a_backfill_leaves_one(self):
        def switch(call, answer):
            if call["method"] == "eth_getBlockByNumber" and call["params"][0] == hex(self.fork + 1):
                self.proxy.to = self.urls[1]
            return answer
        self.proxy.twist = switch
        self.build()
        self.must_be(1)

    def test_a_reorganisation_deeper_than_the_window_stops_and_changes_nothing(self):
        self.build()
        self.proxy.to = self.urls[1]
        depth = self.tops[0]["number"] - self.fork + 1
        self.assertIn("deeper than the 2 blocks that may be undone: remove the file",
                      self.build("--window", "2", code=2)[1])
        self.must_be(0)
        self.build("--window", str(depth))
        self.must_be(1)

    def test_a_head_that_goes_back_is_told_and_what_is_indexed_stays(self):
        self.build()
        top = self.tops[0]["number"]

        def back(call, answer):
            if call["params"][:1] == ["latest"]:
                with urllib.request.urlopen(urllib.request.Request(self.urls[0], data=json.dumps(
                        dict(call, params=[hex(top - 3), False])).encode())) as said:
                    return json.load(said)
            return answer
        self.proxy.twist = back
        self.assertIn(f"its head went back to block {top - 3}; {self.db} stays at {top}", self.build()[1])
        self.must_be(0)

    def test_a_node_that_is_asked_for_too_much_is_asked_for_less(self):
        self.proxy.refuse = lambda calls: len(calls) > 3 and (200, json.dumps(
            {"jsonrpc": "2.0", "id": None, "error": {"code": -32005, "message": "batch too large"}}).encode())
        self.build()
        self.must_be(0)
        self.proxy.refuse = lambda calls: len(calls) > 1 and (413, b"too large")
        os.remove(self.db)
        self.build()
        self.must_be(0)

    def test_a_node_that_fails_is_asked_again_so_often_and_no_more(self):
        left = [9]

        def fail(_):
            left[0] -= 1
            return left[0] % 3 and left[0] > 0 and (503, b"busy")
        self.proxy.refuse = fail
        self.build()
        self.must_be(0)
        self.proxy.refuse = lambda _: (503, b"busy")
        self.proxy.n = 0
        self.assertIn("HTTP status 503", self.build("--retries", "2", code=3)[1])
        self.assertEqual(self.proxy.n, 3)
        self.proxy.refuse = lambda _: (200, b"{no json")
        self.assertIn("the answer is no JSON", self.build("--retries", "1", code=2)[1])
        self.must_be(0)

    def test_a_node_without_receipts_of_blocks_is_asked_for_those_of_transactions(self):
        def unknown(call, answer):
            if call["method"] != "eth_getBlockReceipts":
                return answer
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32601, "message": "no such method"}}
        self.proxy.twist = unknown
        self.build()
        self.must_be(0)
        self.assertIn("eth_getTransactionReceipt", self.proxy.methods)

    def test_lies_are_refused_and_named_and_what_came_before_stays(self):
        def at(method, change):
            def twist(call, answer):
                said = answer.get("result")
                if call["method"] == method and said:
                    number = (said[0]["blockNumber"] if isinstance(said, list) else said["number"])
                    if int(number, 16) == 9 and call["params"][0] != "latest":
                        answer["result"] = change(said) or said
                return answer
            return twist

        def change(key, value):
            return lambda block: block.update({key: value})

        def data(receipts):
            log = next(log for r in receipts for log in r["logs"])
            log["data"] = "0x" + "11" * 32

        def bloom(receipts):
            receipts[0]["logsBloom"] = "0x" + "00" * 255 + "01"

        for name, method, lie, said in (
                ("number", "eth_getBlockByNumber", change("number", "0x8"), "another block than was asked"),
                ("time", "eth_getBlockByNumber", change("timestamp", "0x7"), "does not hash to the hash"),
                ("txs", "eth_getBlockByNumber", lambda b: b["transactions"][0].update(value="0x7"), "transactions root"),
                ("miner", "eth_getBlockByNumber", change("miner", "0x12"), "a block's miner"),
                ("type", "eth_getBlockByNumber", lambda b: b["transactions"][0].update(type="0x66"), "unknown type"),
                ("none", "eth_getBlockByNumber", lambda b: "a block", "no block"),
                ("data", "eth_getBlockReceipts", data, "receipts root"),
                ("bloom", "eth_getBlockReceipts", bloom, "bloom"),
                ("fewer", "eth_getBlockReceipts", lambda r: r[:-1] or [], "another number of receipts"),
                ("other", "eth_getBlockReceipts", lambda r: r[0].update(blockHash="0x" + "22" * 32), "of another block"),
                ("status", "eth_getBlockReceipts", lambda r: r[0].pop("status") and None, "a receipt's status")):
            with self.subTest(name):
                self.proxy.twist = at(method, lie)
                db = f"{self.db}.{name}"
                self.build("--to", "8", db=db)
                err = self.build("--retries", "1", code=2, db=db)[1]
                self.assertIn(said, err)
                self.assertIn("block 9", err)
                self.assertIn("9 blocks: the index holds together", run("index", "verify", db)[0])
                self.proxy.twist = None
                self.build(db=db)
                self.assertEqual(run("index", "verify", db)[0], self.wanted[0])

    def test_another_chain_and_addresses_that_are_none_are_refused(self):
        self.build("--to", "3")

        def other(call, answer):
            if call["params"][:1] == ["0x0"]:
                answer["result"]["hash"] = "0x" + "33" * 32
            return answer
        self.proxy.twist = other
        self.assertIn("the index of another chain", self.build(code=2)[1])
        self.assertIn("begins with http", self.build(url="ftp://127.0.0.1/", code=2)[1])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.assertIn("connect", self.build("--retries", "0", url=f"http://127.0.0.1:{free.getsockname()[1]}", code=3)[1])
        self.assertIn("usage", run("index", "build", "--db", self.db, "--from", "3", "a", "b", code=2)[1])
        self.assertIn("usage", run("index", "build", "--db", self.db, "--rpc", self.proxy.url, "a", code=2)[1])

    def test_a_build_that_follows_hears_of_a_new_branch_and_ends_when_it_is_told_to(self):
        build = subprocess.Popen([ORRERY, "index", "build", "--db", self.db, "--rpc", self.proxy.url, "--follow", "1",
                                  "--live"], stdout=subprocess.PIPE, text=True)
        try:
            for i in (0, 1):
                self.proxy.to = self.urls[i]
                while self.cursor() != self.tops[i]["hash"]:  # ends: it comes there, or it has ended
                    self.assertIsNone(build.poll())
                    time.sleep(0.1)
        finally:
            build.send_signal(signal.SIGINT)
            said = build.communicate(timeout=60)[0]
        self.assertEqual(build.returncode, 0)
        self.assertIn("undone", said)
        self.must_be(1)


if __name__ == "__main__":
    unittest.main(verbosity=0)
