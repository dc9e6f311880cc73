"""`orrery vm t8n` builds a published chain again, block by block: the accounts that come out of one
transition go into the next, and each block's roots, bloom and gas must be those of its header."""

import json
import os
import subprocess
import sys

SOURCE = os.environ.get("ORRERY_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("ORRERY_BIN", os.path.join(SOURCE, "build", "release", "sim", "orrery"))
VECTORS = os.environ.get("ORRERY_VECTORS", os.path.join(SOURCE, "..", "shared", "vectors"))

ETHER = 10**18
BLOCKS = (("homesteadBlock", "Homestead"), ("eip150Block", "EIP150"), ("eip158Block", "EIP158"),
          ("byzantiumBlock", "Byzantium"), ("constantinopleBlock", "Constantinople"),
          ("petersburgBlock", "ConstantinopleFix"), ("istanbulBlock", "Istanbul"),
          ("muirGlacierBlock", "MuirGlacier"), ("berlinBlock", "Berlin"), ("londonBlock", "London"),
          ("arrowGlacierBlock", "ArrowGlacier"), ("grayGlacierBlock", "GrayGlacier"))
TIMES = (("shanghaiTime", "Shanghai"), ("cancunTime", "Cancun"), ("pragueTime", "Prague"),
         ("osakaTime", "Osaka"), ("bpo1Time", "BPO1"), ("bpo2Time", "BPO2"))
HEADER = ("parentHash", "sha3Uncles", "coinbase", "stateRoot", "txRoot", "receiptsRoot", "logsBloom",
          "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
          "baseFee", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "beaconRoot", "requestsHash")
NUMBERS = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFee", "blobGasUsed",
           "excessBlobGas")
COMPARED = (("stateRoot", "stateRoot"), ("txRoot", "txRoot"), ("receiptsRoot", "receiptsRoot"),
            ("logsBloom", "logsBloom"), ("gasUsed", "gasUsed"), ("baseFee", "currentBaseFee"),
            ("withdrawalsRoot", "withdrawalsRoot"), ("blobGasUsed", "blobGasUsed"),
            ("excessBlobGas", "currentExcessBlobGas"), ("requestsHash", "requestsHash"))


def decode(data, at=0):
    """One RLP item: (a list of items or bytes, its end)."""
    first = data[at]
    if first < 0x80:
        return data[at:at + 1], at + 1
    is_list, base = first >= 0xc0, 0xc0 if first >= 0xc0 else 0x80
    length, start = first - base, at + 1
    if length > 55:
        start += length - 55
        length = int.from_bytes(data[at + 1:start], "big")
    end = start + length
    if not is_list:
        return data[start:end], end
    items = []
    while start < end:
        item, start = decode(data, start)
        items.append(item)
    return items, end


def list_at(data, at, index):
    """The encoding of a list's item number index."""
    first = data[at]
    at += 1 if first < 0xf8 else 1 + first - 0xf7
    for _ in range(index):
        at = decode(data, at)[1]
    return data[at:decode(data, at)[1]]


def fork_of(config, number, time, paris):
    name = "Frontier"
    for key, fork in BLOCKS:
        if number >= config[key]:
            name = fork
    if paris:
        name = "Paris"
        for key, fork in TIMES:
            if time >= config[key]:
                name = fork
    return name


def reward_of(config, number, paris):
    if paris:
        return -1
    return (2 if number >= config["constantinopleBlock"] else
            3 if number >= config["byzantiumBlock"] else 5) * ETHER


def env_of(header, parent, hashes, block):
    env = {"currentCoinbase": header["coinbase"], "currentGasLimit": header["gasLimit"],
           "currentNumber": header["number"], "currentTimestamp": header["timestamp"],
           "currentRandom": header["mixHash"], "blockHashes": hashes,
           "parentTimestamp": parent["timestamp"], "parentDifficulty": parent["difficulty"],
           "parentUncleHash": parent["sha3Uncles"], "parentGasUsed": parent["gasUsed"],
           "parentGasLimit": parent["gasLimit"],
           "ommers": [{"delta": int(header["number"], 16) - int.from_bytes(ommer[8], "big"),
                       "address": "0x" + ommer[2].hex()} for ommer in block[2]]}
    if "baseFee" in header:  # the first one of London follows from no parent
        key, value = ("parentBaseFee", parent["baseFee"]) if "baseFee" in parent else (
            "currentBaseFee", header["baseFee"])
        env[key] = value
    if "withdrawalsRoot" in header:
        env["withdrawals"] = [dict(zip(("index", "validatorIndex", "address", "amount"),
                                       ("0x" + (part.hex() or "0") for part in w))) for w in block[3]]
    if "beaconRoot" in header:
        env["parentBeaconBlockRoot"] = header["beaconRoot"]
        env["parentExcessBlobGas"] = parent.get("excessBlobGas", "0x0")
        env["parentBlobGasUsed"] = parent.get("blobGasUsed", "0x0")
    return env


def main():
    folder = os.path.join(VECTORS, "rpc")
    if not os.path.exists(os.path.join(folder, "chain.rlp")):
        print(f"not run: no {folder}/chain.rlp (set ORRERY_VECTORS)")
        return 77
    with open(os.path.join(folder, "genesis.json"), encoding="utf-8") as file:
        genesis = json.load(file)
    with open(os.path.join(folder, "chain.rlp"), "rb") as file:
        chain = file.read()
    config, alloc, at, n, faults = genesis["config"], genesis["alloc"], 0, 0, []
    parent = {"timestamp": genesis["timestamp"], "difficulty": genesis["difficulty"],
              "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
              "gasUsed": "0x0", "gasLimit": genesis["gasLimit"]}
    total, hashes = int(genesis["difficulty"], 16), {}
    while at < len(chain) and not faults:
        block, end = decode(chain, at)
        header = {}
        for name, value in zip(HEADER, block[0]):
            header[name] = "0x" + (value.hex().lstrip("0") or "0" if name in NUMBERS else value.hex())
        number, paris = int(header["number"], 16), total >= config["terminalTotalDifficulty"]
        hashes[hex(number - 1)] = header["parentHash"]
        fork = fork_of(config, number, int(header["timestamp"], 16), paris)
        given = {"alloc": alloc, "txsRlp": "0x" + list_at(chain, at, 1).hex(),
                 "env": env_of(header, parent, hashes, block)}
        run = subprocess.run(
            [BIN, "vm", "t8n", "--input.alloc", "stdin", "--input.env", "stdin", "--input.txs=stdin",
             "--output.alloc", "stdout", "--output.result", "stdout", "--output.body", "stdout",
             "--state.fork", fork, "--state.chainid", str(config["chainId"]), "--state.reward",
             str(reward_of(config, number, paris))],
            input=json.dumps(given), capture_output=True, text=True, check=False)
        if run.returncode:
            faults.append(f"block {number} ({fork}): exit {run.returncode}: {run.stderr}")
            break
        out = json.loads(run.stdout)
        for ours, theirs in COMPARED:
            if ours in header and out["result"].get(theirs) != header[ours]:
                faults.append(f"block {number} ({fork}): {theirs} {out['result'].get(theirs)}, "
                              f"expected {header[ours]}")
        if not paris and out["result"]["currentDifficulty"] != header["difficulty"]:
            faults.append(f"block {number} ({fork}): another difficulty")
        if out["body"] != given["txsRlp"] or "rejected" in out["result"]:
            faults.append(f"block {number} ({fork}): another body")
        alloc, parent, at, n = out["alloc"], header, end, n + 1
        total += int(header["difficulty"], 16)
    for fault in faults:
        print(fault)
    print(f"{100 if not faults else 0}%: Checks: {n}, Failures: {len(faults)}, Errors: 0")
    return 1 if faults or n < 54 else 0


if __name__ == "__main__":
    sys.exit(main())
