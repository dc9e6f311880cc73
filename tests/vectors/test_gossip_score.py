#!/usr/bin/python3
"""GossipSub's score: 38 timelines of shared/vectors/gossip through `orrery gossip score`."""
import json
import os
import subprocess
import sys

root = os.environ.get("ORRERY_VECTORS") or os.path.join(os.environ["ORRERY_SOURCE"], "../shared/vectors")
path = os.path.join(root, "gossip/score.json")
if not os.path.exists(path):
    print(f"not run: no {path} (set ORRERY_VECTORS to the folder of public test vectors)")
    sys.exit(77)
with open(path, encoding="utf-8") as f:
    cases = json.load(f)
run = subprocess.run([os.environ["ORRERY_BIN"], "gossip", "score", path], stdout=subprocess.PIPE, check=True)
answers = json.loads(run.stdout)
assert len(answers) == len(cases["cases"]) > 30
n = 0
for case, answer in zip(cases["cases"], answers):
    wanted = [event[3] for event in case["events"] if event[1] == "score"]
    assert answer["name"] == case["name"] and len(wanted) == len(answer["scores"]), case["name"]
    for index, (a, b) in enumerate(zip(wanted, answer["scores"])):
        assert abs(a - b) <= cases["tolerance"] * max(1, abs(a)), f"{case['name']}: score {index}: {b}, not {a}"
        n += 1
assert n > 200
print(f"{n} scores of {len(answers)} timelines")
