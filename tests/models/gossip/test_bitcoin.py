#!/usr/bin/python3
"""Bitcoin in March 2014: scenarios/papers/bitcoin-2014.yaml beside the published times (bitcoinstats.com)."""
import os
import re
import subprocess

SCENARIO = os.path.join(os.environ["ORRERY_SOURCE"], "scenarios/papers/bitcoin-2014.yaml")
PUBLISHED = {"block": (3.3, 13.5), "transaction": (0.9, 2.6)}  # p50, p90 in s


def measured(*changes):
    sets = [word for change in changes for word in ("--set", change)]
    run = subprocess.run([os.environ["ORRERY_BIN"], "run", SCENARIO, "--no-trace", *sets], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    times = re.search(r"p50 (\d+) ms, p90 (\d+) ms, p99 (\d+) ms", run.stdout)
    assert run.returncode == 0 and times, f"{changes}: exit {run.returncode}\n{run.stdout}{run.stderr}"
    return [int(ms) / 1000 for ms in times.groups()]


block = measured()
transaction = measured("workload.0.size=500 B")
for kind, times in (("block", block), ("transaction", transaction)):
    print(f"{kind}: p50 {times[0]:.2f}, p90 {times[1]:.2f}, p99 {times[2]:.2f} s")
    for ours, theirs in zip(times, PUBLISHED[kind]):
        assert theirs / 2 <= ours <= theirs * 2, f"{kind}: {ours} s where {theirs} s was measured"
assert all(a < b for a, b in zip(transaction, block)), "transactions come before blocks"
assert block[1] / block[0] > 2, "a few blocks take much longer than half of them"
