#!/usr/bin/python3
"""orrery index build, query, verify and status on the chain of a simulated run: what the index says is what the chain
says, whatever kills the build; planted faults in the file are found; bad input is told."""
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.request

ORRERY = os.environ["ORRERY_BIN"]
SCENARIO = """orrery: 1
name: indexed
seed: 5
duration: 90 s
signatures: modelled
nodes:
  val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}
network: {latency: 20 ms}
workload:
  - {rate: 4 /s, clients: 8, mix: {transfer: 30 %, token: 50 %, exchange: 20 %}, stop: 80 s}
record: [blocks]
"""


def run(*arguments, code=0):
    done = subprocess.run([ORRERY, *arguments], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        scenario, trace = os.path.join(cls.folder, "a.yaml"), os.path.join(cls.folder, "a.h5")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        run("run", scenario, "--out", trace, "--no-plot")
        cls.chain = os.path.join(cls.folder, "chain")
        run("chain", "export", trace, "-o", cls.chain)
        cls.db = os.path.join(cls.folder, "whole.db")
        cls.said = run("index", "build", "--db", cls.db, "--chain", cls.chain)[0]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def ask(self, sql, *options, db=None):
        return json.loads(run("index", "query", db or self.db, sql, "--json", *options)[0])

    def copy(self, name):
        """A copy of the index that may be spoilt."""
        path = os.path.join(self.folder, name)
        with sqlite3.connect(self.db) as whole, sqlite3.connect(path) as to:
            whole.backup(to)
        whole.close()
        to.close()
        return path

    def tables(self, db):
        return run("index", "verify", db)[0]

    def test_the_index_says_what_the_chain_says(self):
        status = json.loads(run("index", "status", self.db, "--json")[0])
        shown = run("chain", "show", self.chain, "--block", str(status["number"]))[0]
        self.assertIn(status["hash"], shown)
        self.assertGreater(status["transfers"], 50)
        self.assertTrue(status["has_indexes"])
        self.assertIn(status["hash"], self.said)
        blocks = self.ask("SELECT count(*) AS n, max(number) AS top FROM blocks")[0]
        self.assertEqual((blocks["n"], blocks["top"]), (status["blocks"], status["number"]))
        orphans = self.ask("SELECT count(*) AS n FROM blocks AS a LEFT JOIN blocks AS b ON b.number = a.number - 1 "
                           "WHERE a.number > 0 AND a.parent IS NOT b.hash")[0]["n"]
        self.assertEqual(orphans, 0)

    def test_balances_are_what_came_less_what_went(self):
        held = {(r["token"], r["holder"]): int(r["amount"]) for r in self.ask(
            "SELECT token, holder, decimal(amount) AS amount FROM balances AS a WHERE standard = 20 AND number = (SELECT "
            "max(number) FROM balances AS b WHERE b.token = a.token AND b.holder = a.holder AND b.standard = 20)")}
        moved = {}
        for r in self.ask("SELECT token, sender, recipient, decimal(amount) AS amount FROM transfers WHERE standard = 20"):
            for holder, amount in ((r["sender"], -int(r["amount"])), (r["recipient"], int(r["amount"]))):
                if int(holder, 16):
                    moved[r["token"], holder] = moved.get((r["token"], holder), 0) + amount
        self.assertGreater(len(held), 4)
        self.assertEqual(held, {key: amount % 2**256 for key, amount in moved.items()})

    def test_every_way_to_build_gives_the_same_tables(self):
        wanted = self.tables(self.db)
        genesis, chain = (os.path.join(self.chain, name) for name in ("genesis.json", "chain.rlp"))
        for name, options in (("live", ["--live"]), ("durable", ["--live", "--durable"]), ("small", ["--window", "1"])):
            db = os.path.join(self.folder, name + ".db")
            run("index", "build", "--db", db, genesis, chain, *options)
            self.assertEqual(self.tables(db), wanted, name)
            again = run("index", "build", "--db", db, genesis, chain, *options)[0]
            self.assertIn("indexed       0 blocks", again)
            self.assertEqual(self.tables(db), wanted, name)

    def test_a_build_that_is_killed_goes_on_where_it_was(self):
        dice, db = random.Random(1), os.path.join(self.folder, "killed.db")
        for i in range(6):
            build = subprocess.Popen([ORRERY, "index", "build", "--db", db, "--chain", self.chain,
                                      *(["--live"] if i % 2 else [])], stdout=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.02, 0.5))
            build.send_signal(signal.SIGKILL)
            build.wait()
            if os.path.exists(db):  # an index at any moment, or no file yet
                self.assertIn(subprocess.run([ORRERY, "index", "verify", db], capture_output=True).returncode, (0, 2))
        run("index", "build", "--db", db, "--chain", self.chain)
        self.assertEqual(self.tables(db), self.tables(self.db))

    def test_planted_faults_are_found_and_named(self):
        for name, sql, said in (
                ("balance", "DELETE FROM t_balances WHERE number = (SELECT max(number) FROM t_balances)", "balances "),
                ("stale", "UPDATE t_balances SET amount = randomblob(32) WHERE number = (SELECT min(number) FROM t_balances)",
                 "balances "),
                ("cursor", "UPDATE t_head SET number = number - 1", "head "),
                ("log", "DELETE FROM t_logs WHERE number = (SELECT max(number) FROM t_logs) AND place = 0", "receipt"),
                ("data", "UPDATE t_logs SET data = randomblob(32) WHERE number = (SELECT min(number) FROM t_logs) AND place "
                 "= 0", "receipts root"),
                ("block", "UPDATE t_blocks SET hash = randomblob(32) WHERE number = 3", "blocks "),
                ("gap", "DELETE FROM t_blocks WHERE number = 3", "does not follow"),
                ("sender", "UPDATE t_transactions SET sender = recipient WHERE recipient IS NOT NULL", "transactions "),
                ("transfer", "INSERT INTO t_transfers VALUES(3, 0, 0, 1155, 1, 1, 1, zeroblob(32), zeroblob(32))", "transfers "),
                ("holding", "UPDATE t_holdings SET holder = token WHERE id = 1", "balances "),
                ("short", "UPDATE t_blocks SET header = x'00' WHERE number = 2", "block 2")):
            db = self.copy(name + "-planted.db")
            with sqlite3.connect(db) as file:
                file.executescript(sql)
            file.close()
            out = run("index", "verify", db, code=1)[0]
            self.assertIn("build it anew", out)
            self.assertIn(said, out, name)

    def test_bad_input_is_told(self):
        text = os.path.join(self.folder, "text.db")
        with open(text, "w", encoding="utf-8") as f:
            f.write("no database\n" * 20)
        genesis, chain = (os.path.join(self.chain, name) for name in ("genesis.json", "chain.rlp"))
        other = os.path.join(self.folder, "other.json")
        with open(genesis, encoding="utf-8") as f:
            changed = json.load(f)
        changed["gasLimit"] = "0x1000000"
        with open(other, "w", encoding="utf-8") as f:
            json.dump(changed, f)
        for code, said, *arguments in (
                (2, "not a database", "verify", text), (2, "not a database", "query", text, "SELECT 1"),
                (2, "not a database", "build", "--db", text, genesis, chain), (2, "unable to open", "status", "/nowhere"),
                (2, "usage", "verify"), (2, "usage", "query", self.db), (2, "usage", "build", genesis, chain),
                (2, "usage", "build", "--db", text), (2, "usage", "status", self.db, "b"), (2, "usage", "query", "a", "b", "c"),
                (2, "another chain", "build", "--db", self.db, other, chain),
                (3, "unable to open", "build", "--db", "/nowhere/a.db", genesis, chain),
                (2, "without a name", "build", "--db", "", genesis, chain), (2, "without a name", "status", ""),
                (2, "SELECT", "query", self.db, "DROP TABLE t_logs"), (2, "nothing", "query", self.db, "SELECT nothing"),
                (3, "rows", "query", self.db, "SELECT * FROM logs", "--rows", "3"),
                (3, "work", "query", self.db, "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT "
                 "count(*) FROM a", "--steps", "1"),
                (2, "--rows", "query", self.db, "SELECT 1", "--rows", "x")):
            _, err = run("index", *arguments, code=code)
            self.assertIn(said, err, arguments)
        self.assertIn("holds together", self.tables(self.db))

    def test_a_question_is_answered_as_a_table_as_json_and_as_csv(self):
        sql = "SELECT 1 AS a, NULL AS b, 'x,\"y' AS c, x'00ff' AS d, 1.5 AS e"
        self.assertEqual(run("index", "query", self.db, sql)[0], "a\tb\tc\td\te\n1\t\tx,\"y\t0x00ff\t1.5\n")
        csv = subprocess.run([ORRERY, "index", "query", self.db, sql, "--csv"], capture_output=True).stdout
        self.assertEqual(csv, b'a,b,c,d,e\r\n1,,"x,""y",0x00ff,1.5\r\n')
        self.assertEqual(self.ask(sql), [{"a": 1, "b": None, "c": 'x,"y', "d": "0x00ff", "e": 1.5}])
        self.assertEqual(self.ask("SELECT 1 WHERE 0"), [])
        self.assertEqual(self.ask("SELECT decimal(x'" + "ff" * 32 + "') AS d"), [{"d": str(2**256 - 1)}])

    def test_a_block_that_breaks_a_rule_ends_the_build_and_what_was_good_stays(self):
        with open(os.path.join(self.chain, "chain.rlp"), "rb") as f:
            blocks = bytearray(f.read())
        last = at = 0
        while at < len(blocks):  # one long list behind the other
            n, last = blocks[at] - 0xf7, at
            at += 1 + n + int.from_bytes(blocks[at + 1:at + 1 + n], "big")
        blocks[last + 3 + 3 + 33 + 33 + 21 + 9] ^= 1  # its state root
        bad, db = os.path.join(self.folder, "bad.rlp"), os.path.join(self.folder, "bad.db")
        with open(bad, "wb") as f:
            f.write(blocks)
        _, err = run("index", "build", "--db", db, os.path.join(self.chain, "genesis.json"), bad, code=1)
        self.assertIn("is refused", err)
        status = json.loads(run("index", "status", db, "--json")[0])
        whole = json.loads(run("index", "status", self.db, "--json")[0])
        self.assertEqual(status["number"], whole["number"] - 1)
        self.assertIn("holds together", self.tables(db))


class Recorded(unittest.TestCase):
    """`record: [index]`: what an indexer of a run held is an index like any other."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.text = (SCENARIO.replace("count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}",
                                     "count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}\n"
                                     "  ix: {count: 2, role: indexer, config: {accounts: 8, slot: 2 s, epoch: 4}}\n"
                                     "  thin: {count: 1, role: indexer, config: {accounts: 8, slot: 2 s, epoch: 4,"
                                     " sources: [0]}}").replace("[blocks]", "[blocks, index]"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def record(self, name, *options, code=0, record="[blocks, index]", seconds=90):
        out, scenario = os.path.join(self.folder, name), os.path.join(self.folder, "r.yaml")
        text = self.text.replace("[blocks, index]", record).replace("90 s", f"{seconds} s")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(text.replace("stop: 80 s", f"stop: {seconds - 10} s"))
        return out, run("run", scenario, "--out", out, "--no-plot", *options, code=code)

    def test_each_indexer_leaves_a_file_that_verifies_and_says_what_the_chain_built_anew_says(self):
        trace, (said, _) = self.record("a.h5")
        chain, built = os.path.join(self.folder, "chain"), os.path.join(self.folder, "built.db")
        run("chain", "export", trace, "-o", chain, "--node", "ix.0")
        run("index", "build", "--db", built, "--chain", chain)
        wanted = run("index", "verify", built)[0]
        self.assertIn("holds together", wanted)
        top = json.loads(run("index", "status", built, "--json")[0])["number"]
        for node in ("ix.0", "ix.1", "thin.0"):
            db = f"{trace[:-3]}.{node}.db"
            self.assertIn(db, said)
            verified = run("index", "verify", db)[0]
            self.assertIn("holds together", verified)
            status = json.loads(run("index", "status", db, "--json")[0])
            if node == "ix.0":
                self.assertEqual(verified, wanted)
            else:  # it may have heard of the last block, or not
                self.assertLessEqual(abs(status["number"] - top), 2)
            self.assertEqual((status["chain_id"], status["has_indexes"]), (1337, True))
        labels = json.loads(run("index", "query", trace[:-3] + ".ix.0.db",
                                "SELECT label, min(number) AS a, max(number) AS b FROM blocks GROUP BY label "
                                "ORDER BY a", "--json")[0])
        self.assertEqual([r["label"] for r in labels], ["final", "safe", "unsafe"])
        self.assertEqual(labels[0]["a"], 0)
        for one, next_one in zip(labels, labels[1:]):
            self.assertEqual(one["b"] + 1, next_one["a"])
        head = json.loads(run("index", "query", trace[:-3] + ".ix.0.db", "SELECT * FROM head", "--json")[0])[0]
        self.assertEqual((head["final"], head["safe"], head["number"]), tuple(r["b"] for r in labels))
        thin = json.loads(run("index", "query", trace[:-3] + ".thin.0.db",
                              "SELECT DISTINCT label FROM logs", "--json")[0])
        self.assertEqual(thin, [{"label": "unsafe"}])  # a source's word alone makes nothing final

    def answers(self, methods, *served):
        """What a server of these says to each question, [method, params]."""
        server = subprocess.Popen([ORRERY, "index", "serve", *served, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                  text=True)
        try:
            url = f"http://127.0.0.1:{int(server.stdout.readline().split()[-1])}/"
            batch = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(methods)]
            with urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(batch).encode())) as answer:
                return json.loads(answer.read())
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()

    def test_a_file_that_a_run_left_is_served_as_the_chain_that_its_node_had(self):
        trace, _ = self.record("s.h5", seconds=30)
        chain, db = os.path.join(self.folder, "served"), trace[:-3] + ".ix.0.db"
        run("chain", "export", trace, "-o", chain, "--node", "ix.0")
        top = json.loads(run("index", "status", db, "--json")[0])["number"]
        self.assertGreater(top, 5)
        asked = [["eth_blockNumber", []], ["eth_chainId", []], ["eth_getLogs", [{"fromBlock": "0x0", "toBlock": hex(top)}]]]
        for number in map(hex, range(top + 1)):
            asked += [["eth_getBlockByNumber", [number, True]], ["eth_getBlockReceipts", [number]],
                      ["debug_getRawBlock", [number]], ["debug_getRawReceipts", [number]]]
        told = self.answers(asked, "--db", db)
        self.assertEqual(int(told[0]["result"], 16), top)
        self.assertGreater(len(told[2]["result"]), 5)
        anew = self.answers(asked, "--state", os.path.join(chain, "genesis.json"), os.path.join(chain, "chain.rlp"))
        for question, one, other in zip(asked, told, anew):
            self.assertIn("result", one, question)
            self.assertEqual(one, other, question)

    def test_a_range_that_is_too_large_is_refused_with_one_that_works(self):
        trace, _ = self.record("m.h5", seconds=30)
        served = ("--db", trace[:-3] + ".ix.0.db", "--max-range", "4")
        asked = [["eth_getLogs", [{"fromBlock": hex(a), "toBlock": hex(b)}]] for a, b in ((3, 6), (3, 7), (0, 4))]
        works, *refused = self.answers(asked, *served)
        self.assertIn("result", works)
        for answer, first in zip(refused, (3, 0)):
            self.assertEqual(answer["error"]["code"], -32602)
            named = re.fullmatch(r"block range too large: 4 blocks at most, (0x\w+) to (0x\w+) works",
                                 answer["error"]["message"])
            self.assertEqual([int(n, 16) for n in named.groups()], [first, first + 3])
            again = self.answers([["eth_getLogs", [dict(zip(("fromBlock", "toBlock"), named.groups()))]]], *served)
            self.assertIn("result", again[0])

    def test_a_second_run_takes_the_place_of_the_first_ones_rows_and_of_nothing_else(self):
        trace, _ = self.record("b.h5")
        longer = json.loads(run("index", "status", trace[:-3] + ".ix.0.db", "--json")[0])["number"]
        self.record("b.h5", seconds=30)
        status = json.loads(run("index", "status", trace[:-3] + ".ix.0.db", "--json")[0])
        self.assertLess(status["number"], longer)
        self.assertIn("holds together", run("index", "verify", trace[:-3] + ".ix.0.db")[0])
        foreign = trace[:-3] + ".ix.1.db"
        for end in ("", "-wal", "-shm"):
            if os.path.exists(foreign + end):
                os.remove(foreign + end)
        with sqlite3.connect(foreign) as other:
            other.execute("CREATE TABLE diary(day)")
        other.close()
        _, (_, err) = self.record("b.h5", code=2)
        self.assertIn("ix.1.db: an SQLite file of something else", err)
        with sqlite3.connect(foreign) as other:
            self.assertEqual(other.execute("SELECT name FROM sqlite_schema").fetchall(), [("diary",)])
        other.close()

    def test_without_a_trace_the_files_are_there_and_without_recording_there_is_none(self):
        trace, (said, _) = self.record("c.h5", record="{trace: [index], of: [ix.0]}")
        self.assertEqual([os.path.exists(trace[:-3] + end) for end in (".h5", ".ix.0.db", ".ix.1.db")],
                         [False, True, False])
        self.assertNotIn("trace  ", said)
        trace, _ = self.record("d.h5", "--no-trace")
        self.assertFalse(os.path.exists(trace[:-3] + ".ix.0.db"))

    def test_a_disk_that_is_full_ends_the_recording_and_says_so(self):
        out, _ = self.record("e.h5", "--no-trace", record="index")
        done = subprocess.run(["bash", "-c", 'ulimit -f 200; exec "$@"', "-", ORRERY, "run",
                               os.path.join(self.folder, "r.yaml"), "--out", out, "--no-plot"], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(".db: ", done.stderr)
        self.assertIn("holds together", run("index", "verify", out[:-3] + ".ix.0.db")[0])


if __name__ == "__main__":
    unittest.main(verbosity=0)
