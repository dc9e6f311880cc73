#!/usr/bin/python3
"""The OP Stack's vectors through `orrery rollup`: a mainnet batch decoded to its blocks, batches judged,
games answered; and bad input told with its place."""
import gzip
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("ORRERY_VECTORS") or os.path.join(os.environ["ORRERY_SOURCE"], "../shared/vectors")
V = os.path.join(ROOT, "rollup")
if not os.path.exists(V):
    print(f"not run: no {V} (set ORRERY_VECTORS to the folder of public test vectors)")
    sys.exit(77)


def orrery(*arguments, code=0):
    run = subprocess.run([os.environ["ORRERY_BIN"], "rollup", *arguments], capture_output=True, text=True,
                         check=False)
    assert run.returncode == code, (arguments, run.returncode, run.stderr)
    return run.stdout if code == 0 else run.stderr


def load(name):
    with open(os.path.join(V, name), encoding="utf-8") as f:
        return json.load(f)


def matches(got, wanted, but=()):
    for key, value in wanted.items():
        known = got.get(key)
        assert key in but or known == value or str(known) == str(value), key


# ---- step ----
block = os.path.join(V, "blocks/block-26207960.json")
files = (block, "--witness", os.path.join(V, "blocks/block-26207960.witness.rlp.gz"))
walked = json.loads(orrery("step", *files, "--json"))
assert walked["valid"] and walked["block_hash"] == load("blocks/block-26207960.json")["expected_block_hash"]
n_steps = walked["steps"]
checked = json.loads(orrery("step", *files, "--check", "500", "--json"))
assert checked["state_hash"] == walked["state_hash"] and checked["above_limit"] == 0
assert checked["proofs"] > n_steps // 500 and 3000 < checked["longest_proof"] < 1 << 20
orrery("step", *files, "--check", "5", "--at", "5", code=2)
assert json.loads(orrery("step", *files, "--at", str(n_steps), "--json"))["state_hash"] == walked["state_hash"]
assert f"there are {n_steps} steps" in orrery("step", *files, "--at", str(n_steps + 1), code=2)
with tempfile.TemporaryDirectory() as folder:
    proof = os.path.join(folder, "proof")
    told = [json.loads(orrery("step", *files, "--at", str(n), "--json")) for n in (1120, 1121)]
    assert told[0]["op"] == "SSTORE" and told[0]["step"] == 1120
    made = json.loads(orrery("step", *files, "--prove", "1120", "-o", proof, "--json"))
    assert made["before"] == told[0]["state_hash"] and made["after"] == told[1]["state_hash"]
    claim = ("--before", made["before"], "--after", made["after"])
    shown = json.loads(orrery("verify-step", proof, *claim, "--json"))
    assert all(shown[key] == made[key] for key in ("before", "after", "op", "depth", "pc", "gas"))
    assert "another state" in orrery("verify-step", proof, "--after", made["before"], code=1)
    assert "32 bytes" in orrery("verify-step", proof, "--after", "0x12", code=2)
    with open(proof, "rb") as f:
        raw = f.read()
    for at in range(0, len(raw), len(raw) // 16):
        with open(proof, "wb") as f:
            f.write(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert "refused" in orrery("verify-step", proof, code=1), at
    orrery("verify-step", os.path.join(folder, "none"), code=2)
    orrery("step", *files, "--prove", "3", code=2)
    orrery("step", *files, "--prove", "3", "-o", os.path.join(folder, "no/where"), code=3)

# ---- decode ----
tx = os.path.join(V, "channels/op-mainnet-27-blocks.batcher-tx")
wanted = load("channels/op-mainnet-27-blocks.expect.json")
decoded = json.loads(orrery("decode", tx, "--json"))
matches(decoded, wanted, but=("note", "channel_id"))
decoded_list = decoded["list"]
assert decoded["channels"][0]["id"] == "0x" + wanted["channel_id"]
assert decoded["canonical"] and not decoded["channels"][0]["is_whole"]
span = os.path.join(V, "channels/random-4-blocks.span")
decoded = json.loads(orrery("decode", span, "--from", "batch", "--json"))
matches(decoded, load("channels/random-4-blocks.expect.json"), but=("note",))
assert decoded["canonical"]
with tempfile.TemporaryDirectory() as folder:
    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    with open(tx, "rb") as f:
        raw = f.read()
    as_hex = write("hex", b"0x" + raw.hex().encode() + b"\n")
    assert json.loads(orrery("decode", as_hex, "--json"))["blocks"] == wanted["blocks"]
    config = write("c.json", b'{"l2_chain_id": 11, "block_time": 3, "genesis": {"l2_time": 1000}}')
    other = json.loads(orrery("decode", tx, "--json", "--config", config, "--transactions"))
    assert other["list"][1]["timestamp"] - other["list"][0]["timestamp"] == 3
    assert other["list"][0]["sha256_of_transactions"] != wanted["list"][0]["sha256_of_transactions"]
    assert len(other["list"][0]["raw"]) == wanted["list"][0]["transactions"]
    for bad, says in ((write("cut", raw[:-100]), "byte"), (write("none", b""), "empty"),
                      (write("v1", b"\1" + raw), "byte"), (os.path.join(folder, "absent"), "absent")):
        assert says in orrery("decode", bad, code=2), bad
    for name, data in (("frames", b"\0" * 40), ("channel", b"\x99"), ("batch", b"\0\xc0"), ("nothing", b"\0")):
        orrery("decode", write("x", data), "--from", name, code=2)

    # ---- encode is decode's inverse ----
    with open(span, "rb") as f:
        content = f.read()
    printed = write("s.json", orrery("decode", span, "--from", "batch", "--json", "--transactions").encode())
    assert bytes.fromhex(orrery("encode", printed)[2:]) == b"\1" + content
    printed = write("t.json", orrery("decode", tx, "--json", "--transactions").encode())
    once = write("t.hex", orrery("encode", printed, "--to", "tx", "--frame-size", "5000").encode())
    again = json.loads(orrery("decode", once, "--json", "--transactions"))
    assert len(again["frames"]) > 20 and [f["is_last"] for f in again["frames"]].count(True) == 1
    assert again["channels"][0]["is_ready"] and again["channels"][0]["is_whole"]
    assert again["channels"][0]["id"] == "0x" + wanted["channel_id"]
    with open(printed, encoding="utf-8") as f:
        assert again["batches"] == json.load(f)["batches"]
    brotli = write("b.hex", orrery("encode", printed, "--to", "channel", "--compression", "brotli").encode())
    assert json.loads(orrery("decode", brotli, "--from", "channel", "--json"))["list"] == decoded_list
    single = {"type": "singular", "parent_hash": "0x" + "11" * 32, "epoch_num": 7, "timestamp": 9,
              "epoch_hash": "0x" + "22" * 32, "transactions": ["0x0203", "0x"]}
    one = write("one.hex", orrery("encode", write("one.json", json.dumps(single).encode())).encode())
    matches(json.loads(orrery("decode", one, "--from", "batch", "--json")), single)
    for key in ("parent_check", "rel_timestamp", "list", "origin_bits", "chain_id", "type"):
        with open(printed, encoding="utf-8") as f:
            batch = json.load(f)["batches"][0]
        del batch[key]
        assert f'"{key}"' in orrery("encode", write("x.json", json.dumps(batch).encode()), code=2), key
    orrery("encode", printed, "--to", "nothing", code=2)
    orrery("encode", printed, "--frame-size", "0", code=2)
    orrery("encode", printed, "--compression", "lzma", code=2)

    # ---- check and game: what is malformed is named ----
    case = load("batch-validity.json")[1]
    for key in ("config", "l1_blocks", "safe_head", "inclusion_block", "known_l2_blocks", "batch"):
        cut = {k: v for k, v in case.items() if k != key}
        assert f'"{key}"' in orrery("check", write("case", json.dumps(cut).encode()), code=2), key
    case["config"]["block_time"] = 0
    assert "block_time" in orrery("check", write("case", json.dumps(case).encode()), code=2)
    for claims in ([], [{"parent": 0, "gindex": 1, "value": "honest"}],
                   [{"parent": None, "gindex": 1, "value": "honest"}, {"parent": 0, "gindex": 4, "value": "x"}],
                   [{"parent": None, "gindex": 0, "value": "honest"}]):
        game = {"max_depth": 6, "claims": claims}
        orrery("game", write("game", json.dumps(game).encode()), code=2)
    deep = {"max_depth": 73, "claims": [{"parent": None, "gindex": 1, "value": "x"}]}
    for _ in range(71):
        last = deep["claims"][-1]
        g = int(last["gindex"])
        deep["claims"].append({"parent": len(deep["claims"]) - 1, "gindex": str(2 * g), "value": "x"})
    orrery("game", write("game", json.dumps(deep).encode()))
    orrery("game", write("text", b"{"), code=2)

# ---- all verdicts, all moves ----
cases = load("batch-validity.json")
answers = json.loads(orrery("check", os.path.join(V, "batch-validity.json"), "--json"))
assert len(cases) == len(answers) > 30
for case, answer in zip(cases, answers):
    assert (answer["name"], answer["verdict"]) == (case["name"], case["expected"]), answer
lines = orrery("check", os.path.join(V, "batch-validity.json")).splitlines()
assert [line for line in lines if f": {cases[0]['expected']}: " in line]
games = load("dispute-games.json")
answers = json.loads(orrery("game", os.path.join(V, "dispute-games.json"), "--json"))
for game, answer in zip(games, answers):
    moves = [sorted((a["action"], a["parent"]) for a in x) for x in (game["expected_actions"], answer["actions"])]
    assert moves[0] == moves[1], (game["name"], moves)

# ---- exec: op-sepolia blocks from their witnesses ----
numbers = sorted(name[6:-5] for name in os.listdir(os.path.join(V, "blocks")) if name.endswith(".json"))
for number in numbers:
    block = os.path.join(V, f"blocks/block-{number}.json")
    witness = os.path.join(V, f"blocks/block-{number}.witness.rlp.gz")
    made = json.loads(orrery("exec", block, "--witness", witness, "--json"))
    wanted = load(f"blocks/block-{number}.json")
    assert made["block_hash"] == wanted["expected_block_hash"] and made["number"] == int(number)
    assert len(made["receipts"]) == len(wanted["executing_payload"]["transactions"])
    assert made["receipts"][0]["type"] == 0x7e and made["receipts"][0]["success"]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "block.json")

    def run_changed(change, code, witness=witness):
        changed = load(f"blocks/block-{numbers[-1]}.json")
        change(changed)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(changed, f)
        return orrery("exec", path, "--witness", witness, code=code)

    run_changed(lambda b: b.pop("expected_block_hash"), 0)
    assert "expected was" in run_changed(lambda b: b["executing_payload"].update(prevRandao="0x" + "11" * 32), 1)
    for section in ("rollup_config", "parent_header", "executing_payload"):
        assert section in run_changed(lambda b, s=section: b.pop(s), 2)
    for section, key in (("rollup_config", "block_time"), ("rollup_config", "genesis"), ("parent_header", "mixHash"),
                         ("parent_header", "extraData"), ("executing_payload", "gasLimit"),
                         ("executing_payload", "transactions")):
        assert f'"{key}"' in run_changed(lambda b, s=section, k=key: b[s].pop(k), 2), key
    assert "holocene_time" in run_changed(lambda b: b["rollup_config"].update(granite_time=1 << 40), 2)
    assert "transaction 1: " in run_changed(lambda b: b["executing_payload"]["transactions"].insert(1, "0x7e"), 2)
    assert "[0]" in run_changed(lambda b: b["executing_payload"]["transactions"].insert(0, "0xz"), 2)
    assert "state" in run_changed(lambda b: b["parent_header"].update(stateRoot="0x" + "22" * 32), 2)
    with gzip.open(witness) as f:
        plain = f.read()
    for name, data, code, says in (("plain", plain, 0, ""), ("cut", plain[:-1], 2, "RLP"), ("empty", b"\xc0", 2, "state"),
                                   ("none", b"", 2, "RLP"), ("gz", gzip.compress(plain)[:-20], 2, "gzip")):
        other = os.path.join(folder, name)
        with open(other, "wb") as f:
            f.write(data)
        assert says in run_changed(lambda b: None, code, other), name
    orrery("exec", path, code=2)
print(f"{len(numbers)} blocks executed")
print(f"{len(cases)} batches judged, {len(games)} games answered")
