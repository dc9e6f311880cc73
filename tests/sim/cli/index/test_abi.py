#!/usr/bin/python3
"""orrery index abi: what an event's table says is what the index says of its transfers; ABIs in three forms give the same
tables; what is no ABI is told with its place."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ORRERY = os.environ["ORRERY_BIN"]
SCENARIO = """orrery: 1
name: tokens
seed: 5
duration: 40 s
signatures: modelled
nodes:
  val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 2 s, epoch: 4}}
workload:
  - {rate: 4 /s, clients: 8, mix: {token: 100 %}, stop: 30 s}
record: [blocks]
"""
TRANSFER = {"type": "event", "name": "Transfer", "anonymous": False, "inputs": [
    {"name": "from", "type": "address", "indexed": True}, {"name": "to", "type": "address", "indexed": True},
    {"name": "value", "type": "uint256", "indexed": False}]}
TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
LINE = "event Transfer(address indexed from, address indexed to, uint256 value)"


def run(*arguments, code=0):
    done = subprocess.run([ORRERY, *arguments], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


class Abi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        scenario, trace = os.path.join(cls.folder, "a.yaml"), os.path.join(cls.folder, "a.h5")
        with open(scenario, "w", encoding="utf-8") as f:
            f.write(SCENARIO)
        run("run", scenario, "--out", trace, "--no-plot")
        run("chain", "export", trace, "-o", os.path.join(cls.folder, "chain"))
        cls.db = os.path.join(cls.folder, "a.db")
        run("index", "build", "--db", cls.db, "--chain", os.path.join(cls.folder, "chain"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def ask(self, sql):
        return json.loads(run("index", "query", self.db, sql, "--json")[0])

    def test_a_table_of_transfers_says_what_the_index_says_of_them(self):
        wanted = self.ask("SELECT number, log AS place, block_hash, label, token AS address, sender AS \"from\", recipient AS "
                          "\"to\", amount AS value FROM transfers ORDER BY 1, 2")
        self.assertGreater(len(wanted), 20)
        function = {"type": "function", "name": "name", "inputs": [], "outputs": [{"type": "string", "name": ""}]}
        for name, abi in (("Solc.json", [function, TRANSFER]), ("Built.abi.json", {"abi": [TRANSFER], "bytecode": "0x"}),
                          ("Lines.txt", f"// a token\n{LINE};\nfunction name() view returns (string)\n"), ("List", [LINE])):
            said = run("index", "abi", self.file(name, abi), "--db", self.db)[0]
            self.assertIn(TOPIC, said)
            self.assertIn(f"{name.split('.')[0]}_Transfer  Transfer(address,address,uint256)", said)
            self.assertEqual(self.ask(f"SELECT * FROM {name.split('.')[0]}_Transfer ORDER BY 1, 2"), wanted, name)
        one = wanted[0]["address"]
        run("index", "abi", self.file("t.json", [TRANSFER]), "--db", self.db, "--name", "one", "--address", one)
        self.assertEqual(self.ask("SELECT * FROM one_Transfer ORDER BY 1, 2"), [r for r in wanted if r["address"] == one])
        run("index", "abi", self.file("t.json", [TRANSFER]), "--db", self.db, "--name", "one")  # in its place
        self.assertEqual(self.ask("SELECT * FROM one_Transfer ORDER BY 1, 2"), wanted)
        self.assertIn("holds together", run("index", "verify", self.db)[0])

    def test_logs_of_another_form_are_no_rows(self):
        for line in ("event Transfer(address from, address to, uint256 value)",
                     "event Transfer(address indexed from, address indexed to, uint256 indexed value)",
                     "event Transfer(address indexed from, address indexed to, uint128 value)"):
            run("index", "abi", self.file("other.txt", line), "--db", self.db)
            self.assertEqual(self.ask("SELECT count(*) AS n FROM other_Transfer")[0]["n"], 0, line)

    def test_types_of_all_kinds_are_shown_as_they_are_hashed(self):
        said = run("index", "abi", self.file("a.txt", "event A(tuple(uint a, (bytes32 b, bool)[2] c) x, int[] y, string indexed "
                                             "number, address) anonymous\nevent A()"))[0]
        self.assertIn("a_A  A((uint256,(bytes32,bool)[2]),int256[],string,address)\n  topic0  none", said)
        self.assertIn("a_A_2  A()", said)
        self.assertIn("string number_2", said)
        self.assertIn("address arg_3", said)

    def test_what_is_no_abi_is_told_with_its_place(self):
        for said, text in (("entry 1", "hello"), ("entry 2", f"{LINE}\nevent Transfer(addres x)"), ("line 1", "[{]"),
                           ("neither an array", "{}"), ("entry 1: an entry without a type", [{}]),
                           ("entry 1: no name of an event: 'a b'", [dict(TRANSFER, name="a b")]),
                           ("entry 2: neither an object", [LINE, 7]), ("too many indexed", "event A(int indexed a, int indexed b, "
                                                                        "int indexed c, int indexed d)"),
                           ("is missing", "event A(int a"), ("more than an event", LINE + " x"),
                           ("nested too deep", "event A(" + "(" * 40), ("no type", "event A(int a,)"),
                           ("no name of a parameter", [dict(TRANSFER, inputs=[{"name": 'a"', "type": "int"}])])):
            self.assertIn(said, run("index", "abi", self.file("bad", text), code=2)[1], text)
        good = self.file("good", LINE)
        self.assertIn("no 20 bytes", run("index", "abi", good, "--db", self.db, "--address", "0x12", code=2)[1])
        self.assertIn("usage", run("index", "abi", good, "--address", "0x" + "11" * 20, code=2)[1])
        self.assertIn("--name", run("index", "abi", good, "--db", self.db, "--name", 'a"', code=2)[1])
        self.assertIn("No such file", run("index", "abi", "/nowhere", code=2)[1])
        self.assertIn("unable to open", run("index", "abi", good, "--db", self.db + ".none", code=2)[1])
        self.assertFalse(os.path.exists(self.db + ".none"))
        self.assertIn("already", run("index", "abi", self.file("x", "event logs()"), "--db", self.db, "--name", "t", code=2)[1])


if __name__ == "__main__":
    unittest.main(verbosity=0)
