#!/usr/bin/python3
"""A server of an index follows its file: a branch that is abandoned while it serves, what filters tell of it, what the
tokens on it are."""
import json
import os
import subprocess
import tempfile
import unittest
import urllib.request

ORRERY = os.environ["ORRERY_BIN"]
SCENARIO = """orrery: 1
name: follow
seed: 12
duration: %s
signatures: modelled
nodes:
  val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}
workload:
  - {rate: 3 /s, clients: 8, mix: {transfer: 30 %%, token: 70 %%}, stop: %s}
%srecord: [blocks]
"""
LATER = "  - {rate: 2 /s, clients: 8, mix: {token: 100 %}, start: 30 s, stop: 40 s}\n"


def run(*arguments):
    done = subprocess.run([ORRERY, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


class Follow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for name, scenario in (("short", SCENARIO % ("44 s", "30 s", LATER)), ("long", SCENARIO % ("60 s", "50 s", ""))):
            with open(cls.path(name + ".yaml"), "w", encoding="utf-8") as f:
                f.write(scenario)
            run("run", cls.path(name + ".yaml"), "--out", cls.path(name + ".h5"), "--no-plot")
            run("chain", "export", cls.path(name + ".h5"), "-o", cls.path(name))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def build(self, db, chain):
        return run("index", "build", "--db", self.path(db), "--chain", self.path(chain))

    def tokens(self, db):
        return json.loads(run("index", "query", self.path(db), "SELECT token, number, name, symbol, decimals FROM tokens",
                              "--json"))

    def serve(self, *arguments):
        server = subprocess.Popen([ORRERY, "index", "serve", *arguments, "--listen", "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(server.stdout.readline().split()[-1])
        return server

    def stop(self, server, said=""):
        server.terminate()
        self.assertEqual(server.communicate(), ("", said))
        self.assertEqual(server.returncode, 0)

    def ask(self, method, *params):
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", data=request) as answer:
            return json.load(answer)["result"]

    def test_what_a_reorganisation_of_the_file_removes_and_adds_is_told(self):
        self.build("a.db", "short")
        server = self.serve("--db", self.path("a.db"))
        old_head = self.ask("eth_getBlockByNumber", "latest", False)
        before = self.ask("eth_getLogs", {"fromBlock": "0x0"})
        logs, blocks = self.ask("eth_newFilter", {}), self.ask("eth_newBlockFilter")
        self.assertEqual(self.ask("eth_getFilterChanges", logs), [])
        self.build("a.db", "long")
        told, hashes = self.ask("eth_getFilterChanges", logs), self.ask("eth_getFilterChanges", blocks)
        after = self.ask("eth_getLogs", {"fromBlock": "0x0"})
        gone = [log for log in before if log not in after]
        fresh = [log for log in after if log not in before]
        self.assertGreater(len(gone), 3)
        self.assertEqual([log for log in told if not log["removed"]], fresh)
        removed = [log for log in told if log["removed"]]
        self.assertEqual(sorted(map(str, removed)), sorted(str({**log, "removed": True}) for log in gone))
        numbers = [int(log["blockNumber"], 16) for log in removed]
        self.assertEqual(numbers, sorted(numbers, reverse=True))
        self.assertEqual(told, removed + fresh)
        head = self.ask("eth_getBlockByNumber", "latest", False)
        self.assertEqual(hashes[-1], head["hash"])
        self.assertEqual(self.ask("eth_getBlockByHash", hashes[0], False)["number"], min(log["blockNumber"] for log in fresh))
        self.assertNotEqual(self.ask("eth_getBlockByNumber", old_head["number"], False)["hash"], old_head["hash"])
        self.assertEqual(self.ask("eth_getBlockByNumber", "finalized", False)["hash"], head["hash"])  # nobody knows of any
        self.stop(server)

    def test_a_receipts_logs_and_those_of_a_filter_are_written_alike(self):
        self.build("b.db", "long")
        server = self.serve("--db", self.path("b.db"))
        logs = self.ask("eth_getLogs", {"fromBlock": "0x0"})
        self.assertGreater(len(logs), 50)
        receipts = [self.ask("eth_getBlockReceipts", hex(n)) for n in range(int(self.ask("eth_blockNumber"), 16) + 1)]
        self.assertEqual(logs, [log for of in receipts for receipt in of for log in receipt["logs"]])
        self.stop(server)

    def test_a_file_that_becomes_another_chains_changes_nothing_and_is_said(self):
        self.build("c.db", "short")
        server = self.serve("--db", self.path("c.db"))
        head = self.ask("eth_blockNumber")
        subprocess.run(["/usr/bin/python3", "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); "
                        "d.execute(\"UPDATE t_head SET hash = zeroblob(32)\"); "
                        "d.execute(\"UPDATE t_blocks SET hash = zeroblob(32)\"); d.commit()", self.path("c.db")], check=True)
        self.assertEqual([self.ask("eth_blockNumber") for _ in range(3)], [head] * 3)
        self.stop(server, f"orrery index serve: {self.path('c.db')}: block {int(head, 16)}: it is of another chain than "
                  "what is served\n")

    def test_tokens_say_what_they_are_to_files_and_nodes_alike_and_again_after_a_reorganisation(self):
        self.assertIn("tokens        2 asked\n", self.build("d.db", "short"))
        first = self.tokens("d.db")
        self.assertEqual([(row["name"], row["symbol"], row["decimals"]) for row in first], [("Orrery Token", "ORR", 18)] * 2)
        self.assertNotIn("tokens", self.build("d.db", "short"))
        self.build("d.db", "long")
        second = self.tokens("d.db")
        self.assertEqual([row["token"] for row in second], [row["token"] for row in first])
        self.assertLess(max(row["number"] for row in first), min(row["number"] for row in second))
        long = self.path("long")
        server = self.serve("--state", long + "/genesis.json", long + "/chain.rlp")
        run("index", "build", "--db", self.path("e.db"), "--rpc", f"http://127.0.0.1:{self.port}")
        self.stop(server)
        self.assertEqual(self.tokens("e.db"), second)
        server = self.serve("--db", self.path("e.db"))  # it has no states: they are left for another time
        run("index", "build", "--db", self.path("f.db"), "--rpc", f"http://127.0.0.1:{self.port}")
        self.stop(server)
        self.assertEqual(self.tokens("f.db"), [])
        self.assertIn("tokens        2 asked\n", self.build("f.db", "long") + "")


unittest.main()
