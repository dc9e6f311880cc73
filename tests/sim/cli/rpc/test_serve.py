#!/usr/bin/python3
"""JSON-RPC over HTTP on a small chain of the project's own: what a request must be, batches, filters, and
bad input, which ends nothing."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

ORRERY = os.environ["ORRERY_BIN"]
RICH = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"  # the address of private key 1
# logs its first word of input with topic 0x2a, and returns it
LOGGER = "0x5f355f52602a60205fa160205ff3"
REVERTER = "0x63deadbeef5f526004601cfd"
LOGS_AND_REVERTS = "0x5f355f52602a60205fa15f5ffd"
# By private key 1 for chain 1337: calls of the logger, nonces 1, 0 and 3.
SENT = ("0x02f8888205390101843b9aca0082ea6094000000000000000000000000000000000000cafe80a000000000000000000000"
         "00000000000000000000000000000000000000000007c080a0157433223e706145ef84416bfc62e3237c4da2578cd73be9f7"
         "dca627f2f978e7a010b31c720ef5809ebf85f47b2cf1358cb95623a72295a7693f01eefd3ba797c9",
        "0x02f8888205398002843b9aca0082ea6094000000000000000000000000000000000000cafe80a000000000000000000000"
         "00000000000000000000000000000000000000000007c001a088ccfc127acf7a03a6680d7e1f9d46b09388a5bdf7ee88439b"
         "ea62ddefc548b5a0327940619c84252cdd2c5c607e849567928e802700a03068ffabce9a747c4f4f",
        "0x02f8888205390303843b9aca0082ea6094000000000000000000000000000000000000cafe80a000000000000000000000"
         "00000000000000000000000000000000000000000007c001a07d523f6127721826ce52639ee347c33793acd3955d1f2f8683"
         "6c148633b98f9ba03b157207ef24ba07fea5d9166cfa4b8426d3f53df763dcb4f8972479b94ce43c")
GENESIS = {
    "config": {"chainId": 1337, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0,
               "byzantiumBlock": 0, "constantinopleBlock": 0, "petersburgBlock": 0, "istanbulBlock": 0, "berlinBlock": 0,
               "londonBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0},
    "alloc": {RICH: {"balance": "0xde0b6b3a7640000"},
              "0x000000000000000000000000000000000000cafe": {"code": LOGGER, "balance": "0x0"},
              "0x000000000000000000000000000000000000dead": {"code": REVERTER, "balance": "0x0"},
              "0x000f3df6d732807ef1319fb7b8bb8522d0beac02": {"code": "0x00", "balance": "0x0"}},
    "gasLimit": "0x1c9c380", "difficulty": "0x0", "timestamp": "0x64", "extraData": "0x", "baseFeePerGas": "0x7"}


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        genesis, chain = os.path.join(cls.folder.name, "genesis.json"), os.path.join(cls.folder.name, "chain.rlp")
        with open(genesis, "w", encoding="utf-8") as f:
            json.dump(GENESIS, f)
        with open(chain, "wb"):
            pass  # no block but the first
        cls.server = subprocess.Popen([ORRERY, "index", "serve", "--state", genesis, chain, "--listen", "127.0.0.1:0",
                                       "--max-range", "1"], stdout=subprocess.PIPE, text=True)
        cls.port = int(cls.server.stdout.readline().split()[-1])

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        assert cls.server.wait() == 0
        cls.server.stdout.close()
        cls.folder.cleanup()

    def post(self, text, method="POST"):
        """Status and body."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=text.encode() if text else None,
                                         method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ask(self, method, *params):
        _, body = self.post(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        return json.loads(body)

    def result(self, method, *params):
        answer = self.ask(method, *params)
        self.assertIn("result", answer, answer)
        return answer["result"]

    def code(self, method, *params):
        answer = self.ask(method, *params)
        self.assertIn("error", answer, answer)
        self.assertTrue(answer["error"]["message"])
        return answer["error"]["code"]

    def test_what_is_no_json_or_no_request_is_told_by_its_code(self):
        for text, code in (("{", -32700), ("", -32700), ('{"a":1,"a":2}', -32700), ("1", -32600), ("[]", -32600),
                           ('{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600),
                           ('{"jsonrpc":"2.0","id":1}', -32600), ('{"jsonrpc":"2.0","id":1,"method":7}', -32600),
                           ('{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600),
                           ('{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601),
                           ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602),
                           ("[" * 65 + "]" * 65, -32700), ("[" + "1," * 1000 + "1]", -32600)):
            status, body = self.post(text if text else " ")
            self.assertEqual((status, json.loads(body)["error"]["code"]), (200, code), text[:60])

    def test_every_kind_of_id_comes_back_as_it_was(self):
        for number in ("1", '"a"', "null", "-7", "1.5", '"\\u0000"'):
            _, body = self.post('{"jsonrpc":"2.0","id":%s,"method":"eth_chainId"}' % number)
            self.assertEqual(json.loads(body), {"jsonrpc": "2.0", "id": json.loads(number), "result": "0x539"})

    def test_a_batch_is_answered_in_order_and_notifications_are_not(self):
        call = '{"jsonrpc":"2.0","method":"eth_chainId"%s}'
        _, body = self.post("[" + ",".join([call % ',"id":2', call % "", "5", call % ',"id":"x"']) + "]")
        answers = json.loads(body)
        self.assertEqual([a["id"] for a in answers], [2, None, "x"])
        self.assertEqual(answers[1]["error"]["code"], -32600)
        self.assertEqual(self.post(call % ""), (204, ""))
        self.assertEqual(self.post("[" + call % "" + "]"), (204, ""))

    def test_other_ways_of_asking_are_refused_and_leave_the_server_well(self):
        self.assertEqual(self.post("", "GET")[0], 405)
        self.assertEqual(self.post("", "OPTIONS")[0], 405)  # no --cors
        self.assertEqual(self.post("[" + " " * (5 << 20) + "]")[0], 413)
        for junk in (b"\x00\xff" * 100, b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.sendall(junk)
        self.assertEqual(self.result("eth_blockNumber"), "0x0")

    def test_a_block_that_is_built_for_asking_does_not_stay(self):
        head = self.result("eth_getBlockByNumber", "latest", False)["hash"]
        attributes = {"timestamp": "0xc8", "prevRandao": "0x" + "0" * 64, "suggestedFeeRecipient": RICH, "withdrawals": [],
                      "parentBeaconBlockRoot": "0x" + "0" * 64}
        built = [self.result("testing_buildBlockV1", head, attributes, [])["executionPayload"] for _ in range(2)]
        self.assertEqual(built[0], built[1])
        self.assertIsNone(self.result("eth_getBlockByHash", built[0]["blockHash"], False))
        self.assertEqual(self.code("eth_getLogs", {"blockHash": built[0]["blockHash"]}), -32000)
        self.assertEqual(self.result("eth_blockNumber"), "0x0")

    def test_parameters_are_read_strictly(self):
        for method, *params in (
                ("eth_getBlockByNumber",), ("eth_getBlockByNumber", "0x00", False), ("eth_getBlockByNumber", "0x", False),
                ("eth_getBlockByNumber", 0, False), ("eth_getBlockByNumber", "first", False),
                ("eth_getBlockByNumber", "0x0", 1), ("eth_getBlockByNumber", "0x0", False, 1),
                ("eth_getBlockByNumber", "0x10000000000000000", False), ("eth_getBlockByHash", "0x12", False),
                ("eth_getBalance", RICH[:-1]), ("eth_getBalance", RICH, {"blockHash": "0x1"}), ("eth_getBalance", RICH, {}),
                ("eth_getBalance", RICH, {"blockHash": "0x" + "0" * 64, "blockNumber": "0x0"}),
                ("eth_getStorageAt", RICH, "0x" + "0" * 65), ("eth_getStorageAt", RICH, "0xg"),
                ("eth_sendRawTransaction", "0x1"), ("eth_sendRawTransaction", "0xc0"), ("eth_call", []),
                ("eth_call", {"to": "0x1"}), ("eth_call", {"value": "0x01"}), ("eth_feeHistory", "0x1", "latest", [60, 50]),
                ("eth_feeHistory", "0x1", "latest", [101]), ("eth_getLogs", []), ("eth_getLogs", {"address": "0x1"}),
                ("eth_getLogs", {"topics": ["0x1"]}), ("eth_getLogs", {"topics": [None] * 5}),
                ("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x0"}), ("eth_getLogs", {"toBlock": "0x9"}),
                ("eth_getLogs", {"blockHash": "0x" + "0" * 64, "toBlock": "0x0"}), ("eth_newFilter", {"topics": 1}),
                ("debug_traceTransaction", "0x" + "0" * 64, {"tracer": "callTracer"}), ("eth_simulateV1", {})):
            self.assertEqual(self.code(method, *params), -32602, (method, params))
        for method, *params in (("eth_getBalance", RICH, "0x1"), ("eth_call", {}, "0x9"), ("eth_getFilterChanges", "0x77"),
                                ("eth_getLogs", {"blockHash": "0x" + "0" * 64}), ("debug_getRawBlock", "0x9"),
                                ("eth_simulateV1", {"blockStateCalls": [{}]}, "0x1")):
            self.assertEqual(self.code(method, *params), -32000, (method, params))

    def test_a_call_returns_reverts_with_its_data_and_changes_nothing(self):
        word = "0x" + "00" * 31 + "07"
        self.assertEqual(self.result("eth_call", {"to": "0x" + "0" * 36 + "cafe", "input": word}), word)
        error = self.ask("eth_call", {"to": "0x" + "0" * 36 + "dead"})["error"]
        self.assertEqual((error["code"], error["data"]), (3, "0xdeadbeef"))
        poor = "0x" + "11" * 20
        self.assertEqual(self.code("eth_call", {"from": poor, "to": RICH, "value": "0x1"}), -32000)
        self.assertEqual(self.result("eth_call", {"from": poor, "to": RICH, "value": "0x1"}, "latest",
                                     {poor: {"balance": "0x1"}}), "0x")
        self.assertEqual(self.result("eth_getBalance", poor), "0x0")
        self.assertEqual(self.result("eth_estimateGas", {"from": RICH, "to": poor, "value": "0x1"}), "0x5208")

    def test_simulated_blocks_follow_on_one_another_and_tell_transfers_when_asked(self):
        poor = "0x" + "11" * 20
        blocks = [{"calls": [{"from": RICH, "to": poor, "value": "0x5"}]},
                  {"calls": [{"from": poor, "to": RICH, "value": "0x5"}]}]
        first, second = self.result("eth_simulateV1", {"blockStateCalls": blocks, "traceTransfers": True})
        self.assertEqual(second["parentHash"], first["hash"])
        log = second["calls"][0]["logs"][0]
        self.assertEqual((log["address"], log["blockHash"]), ("0x" + "ee" * 20, second["hash"]))
        self.assertEqual(int(second["logsBloom"], 16), 0)  # it is in no receipt
        plain = self.result("eth_simulateV1", {"blockStateCalls": blocks})
        self.assertEqual([b["hash"] for b in plain], [first["hash"], second["hash"]])
        self.assertEqual(self.result("eth_blockNumber"), "0x0")

    def simulate(self, *blocks, **options):
        return self.result("eth_simulateV1", {"blockStateCalls": list(blocks), **options})

    def test_an_override_that_names_nothing_changes_nothing(self):
        plain, = self.simulate({})
        empty, = self.simulate({"stateOverrides": {"0x" + "12" * 20: {}, "0x" + "13" * 20: {"stateDiff": {}}}})
        self.assertEqual(plain["stateRoot"], empty["stateRoot"])
        given, = self.simulate({"stateOverrides": {"0x" + "12" * 20: {"nonce": "0x1"}}})
        self.assertNotEqual(plain["stateRoot"], given["stateRoot"])

    def test_the_highest_nonce_is_no_hindrance_to_what_is_not_validated(self):
        who = "0x" + "14" * 20
        block, = self.simulate({"stateOverrides": {who: {"nonce": "0xffffffffffffffff"}},
                                "calls": [{"from": who, "to": RICH}] * 2})
        self.assertEqual([call["status"] for call in block["calls"]], ["0x1", "0x1"])
        self.assertEqual(self.ask("eth_simulateV1", {"blockStateCalls": [{
            "stateOverrides": {who: {"nonce": "0xffffffffffffffff", "balance": "0xde0b6b3a7640000"}},
            "calls": [{"from": who, "to": RICH, "maxFeePerGas": "0x3b9aca00"}]}], "validation": True})["error"]["code"],
                         -32603)

    def test_logs_of_reverted_calls_leave_a_gap_in_the_count(self):
        who = "0x" + "15" * 20
        block, = self.simulate({"stateOverrides": {who: {"code": LOGS_AND_REVERTS}},
                                "calls": [{"to": who}, {"to": "0x" + "0" * 36 + "cafe"}]})
        self.assertEqual([call["status"] for call in block["calls"]], ["0x0", "0x1"])
        self.assertEqual(block["calls"][1]["logs"][0]["logIndex"], "0x1")

    def test_a_blob_fee_of_zero_can_be_asked_for(self):
        blob = {"from": RICH, "to": RICH, "maxFeePerGas": "0x3b9aca00", "maxFeePerBlobGas": "0xa",
                "blobVersionedHashes": ["0x01" + "00" * 31]}
        roots = [self.simulate({"blockOverrides": {"blobBaseFee": fee}, "calls": [blob]}, validation=True)[0]["stateRoot"]
                 for fee in ("0x0", "0x1", "0x2")]
        self.assertEqual(len(set(roots)), 3)

    def test_what_was_sent_is_shown_and_built_with_and_stays_out_of_the_chain(self):
        for raw in SENT:
            self.result("eth_sendRawTransaction", raw)
        self.assertEqual(self.code("eth_sendRawTransaction", SENT[0]), -32000)  # it is known
        self.assertEqual(self.result("txpool_status"), {"pending": "0x2", "queued": "0x1"})
        content = self.result("txpool_content")
        checksummed = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
        self.assertEqual({key: list(of) for key, of in content.items()}, {"pending": [checksummed], "queued": [checksummed]})
        self.assertEqual(set(content["pending"][checksummed]), {"0", "1"})
        self.assertIsNone(content["queued"][checksummed]["3"]["blockTimestamp"])
        self.assertEqual(self.result("txpool_contentFrom", RICH)["queued"]["3"]["nonce"], "0x3")
        head = self.result("eth_getBlockByNumber", "latest", False)["hash"]
        attributes = {"timestamp": "0xc8", "prevRandao": "0x" + "0" * 64, "suggestedFeeRecipient": RICH, "withdrawals": [],
                      "parentBeaconBlockRoot": "0x" + "0" * 64}
        built = self.result("testing_buildBlockV1", head, attributes, None)
        self.assertEqual(built["executionPayload"]["transactions"], [SENT[1], SENT[0]])
        self.assertGreater(int(built["blockValue"], 16), 0)
        self.assertEqual(self.result("eth_blockNumber"), "0x0")

    def test_a_router_is_told_what_is_held(self):
        said = self.result("eth_capabilities")
        self.assertEqual(said["head"]["number"], "0x0")
        self.assertEqual(set(said), {"head", "state", "tx", "logs", "receipts", "blocks", "stateproofs"})
        self.assertEqual(said["state"], {"disabled": False, "oldestBlock": "0x0"})

    def test_filters_are_asked_again_and_end(self):
        logs, blocks = self.result("eth_newFilter", {}), self.result("eth_newBlockFilter")
        self.assertNotEqual(logs, blocks)
        self.assertEqual(self.result("eth_getFilterChanges", logs), [])
        self.assertEqual(self.result("eth_getFilterChanges", blocks), [])
        self.assertEqual(self.result("eth_getFilterLogs", logs), [])
        self.assertTrue(self.result("eth_uninstallFilter", logs))
        self.assertFalse(self.result("eth_uninstallFilter", logs))
        self.assertEqual(self.code("eth_getFilterChanges", logs), -32000)

    def test_what_cannot_be_served_is_told_and_nothing_listens(self):
        genesis = os.path.join(self.folder.name, "genesis.json")
        chain = os.path.join(self.folder.name, "chain.rlp")
        for arguments in ([], ["--state", genesis], ["--state", "/nowhere", chain], ["--state", genesis, "/nowhere"],
                          ["--state", genesis, chain, "--listen", "localhost"],
                          ["--state", genesis, chain, "--listen", f"127.0.0.1:{self.port}"],
                          ["--state", genesis, chain, "--max-range", "x"], ["--state", genesis, chain, "--nothing"]):
            run = subprocess.run([ORRERY, "index", "serve", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual((run.returncode, run.stdout), (2, ""), arguments)
            self.assertTrue(run.stderr, arguments)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
