#!/usr/bin/env python3
"""Another client agrees on the draft fork Amsterdam: random blocks that ethereumjs ran (amsterdam.mjs) come to the
same state root, receipts root, gas and requests in `orrery vm t8n`, and to the same access list.

ethereumjs 10.1.3 strays from EIP-7928 and EIP-8037 in these, which are left out of the comparison: it charges for the
account of a create that its balance forbids (so creates carry no value here); it lists the address of a create that a
static call forbids; it does not list a recipient or a new contract whose account the gas did not pay; it tells changes
of authorities that were undone with the rest; it lists a slot as read that is already listed as changed.

Needs node and `npm ci` in tests/sim/cli/chain/ethereumjs; without them it is not run.  60 blocks, with EVERY set 2,000.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ["ORRERY_SOURCE"]
ORRERY = os.environ["ORRERY_BIN"]
MODULES = f"{SOURCE}/tests/sim/cli/chain/ethereumjs/node_modules"
COUNT = 2000 if os.environ.get("EVERY") else 60
EMPTY = [[], [], [], [], []]


def rlp(data, at=0):
    """The item at a place, as bytes or a list, and the place after it."""
    first = data[at]
    if first < 0x80:
        return data[at:at + 1], at + 1
    base = 0x80 if first < 0xc0 else 0xc0
    n = first - base
    at += 1
    if n > 55:
        n, at = int.from_bytes(data[at:at + n - 55], "big"), at + n - 55
    if base == 0x80:
        return data[at:at + n], at + n
    items, end = [], at + n
    while at < end:
        item, at = rlp(data, at)
        items.append(item)
    return items, end


def accesses(text):
    return {entry[0]: entry[1:] for entry in rlp(bytes.fromhex(text[2:]))[0]}


def without_changed(entry):
    changed = {slot for slot, _ in entry[0]}
    return [entry[0], [slot for slot in entry[1] if slot not in changed], *entry[2:]]


def lists_agree(ours, theirs, all_succeeded):
    for address in ours.keys() | theirs.keys():
        a, b = ours.get(address), theirs.get(address)
        if a is None or b is None:
            if (a or b) != EMPTY:
                return False
        elif a != without_changed(b) and (all_succeeded or a[:3] != without_changed(b)[:3]):
            return False
    return True


def ran(folder):
    said = subprocess.run(
        [ORRERY, "vm", "t8n", f"--input.alloc={folder}/alloc.json", f"--input.env={folder}/env.json",
         f"--input.txs={folder}/txs.json", "--state.fork=Amsterdam", "--state.reward=-1", "--output.alloc=",
         "--output.result=stdout"], capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"{folder}: exit code {said.returncode}: {said.stderr}")
    return json.loads(said.stdout)["result"]


def compare(folder, found):
    wanted = json.load(open(f"{folder}/expect.json"))
    for key in ("stateRoot", "receiptsRoot", "gasUsed", "logsBloom", "requestsHash"):
        if found[key] != wanted[key]:
            return f"{key} {found[key]}, ethereumjs {wanted[key]}"
    if "rejected" in found:
        return f"refused: {found['rejected']}"
    if not lists_agree(accesses(found["blockAccessList"]), accesses(wanted["blockAccessList"]), all(wanted["status"])):
        return f"access list {found['blockAccessList']}, ethereumjs {wanted['blockAccessList']}"
    return None


def main():
    if not os.path.exists(f"{MODULES}/@ethereumjs/vm/package.json") or not shutil.which("node"):
        print(f"not run: no node with {MODULES} (npm ci beside it installs it)")
        sys.exit(77)
    seed = int(os.environ.get("ORRERY_SEED", "1"))
    with tempfile.TemporaryDirectory() as work:
        os.symlink(MODULES, f"{work}/node_modules")
        shutil.copy(f"{SOURCE}/tests/sim/cli/vm/amsterdam.mjs", work)
        subprocess.run(["node", f"{work}/amsterdam.mjs", f"{work}/blocks", str(COUNT), str(seed),
                        f"{SOURCE}/models/chain/system_code.inc"], check=True, stdout=subprocess.DEVNULL)
        cases = sorted(os.listdir(f"{work}/blocks"), key=int)
        assert len(cases) > COUNT / 2, f"only {len(cases)} of {COUNT} blocks could be made"
        noticed = 0
        for case in cases:
            folder = f"{work}/blocks/{case}"
            found = ran(folder)
            wrong = compare(folder, found)
            if wrong:
                sys.exit(f"block {case} of seed {seed}: {wrong}")
            # The check can fail: a list without its changes is another one.
            bare = rlp(bytes.fromhex(found["blockAccessList"][2:]))[0]
            noticed += not lists_agree({e[0]: EMPTY for e in bare}, accesses(found["blockAccessList"]), True)
        assert noticed == len(cases)
        print(f"{len(cases)} blocks agree")


main()
