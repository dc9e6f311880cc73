#!/usr/bin/env python3
"""orrery import twins: what is read becomes a scenario that runs as the file says, or is refused with its place.

The vectors come from a simulator that counts the votes of a node and of its twin as two.  Here they are signed by one key
and count once, as in the paper's own proof.  So a model of a few lines is run by both rules: by the first it gives what the
file expects, which shows that the model is right; by the second it gives what nodes here decide.
"""
import json
import os
import subprocess
import tempfile

ORRERY = os.path.realpath(os.environ.get("ORRERY_BIN", "build/release/sim/orrery"))
SHARED = os.environ.get("ORRERY_SHARED", "../shared")


def orrery(*args, code=0):
    done = subprocess.run([ORRERY, *args], capture_output=True, text=True)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


def runs(path):
    """It holds, or there was nothing to judge."""
    done = subprocess.run([ORRERY, "run", path, "--set", "record=none"], capture_output=True, text=True)
    assert done.returncode == 0 or (done.returncode == 1 and "nothing was judged" in done.stderr), done


def final(scenario, n, n_twins, by_key):
    """Instances that hear of two rounds in a row with a quorum each: what each knows of round 1 decides."""
    instances = range(n + n_twins)
    knows = set(instances)
    for r in ("1", "2"):
        led = {i for i in instances if i % n in {x % n for x in scenario["round_leaders"][r]}}
        now = set()
        for part in scenario["round_partitions"][r]:
            voters = set(part) & knows if led & set(part) & knows else set()
            votes = len({i % n for i in voters}) if by_key else len(voters)
            now |= voters if votes >= n - (n - 1) // 3 else set()
        knows = now
    return knows


def decided(path):
    """Correct nodes that decide the block of round 1; `log` exits with 2 when no line is as asked."""
    done = subprocess.run([ORRERY, "log", path, "--kind", "decide"], capture_output=True, text=True)
    return {int(line.split()[2].split(".")[1]) for line in done.stdout.splitlines() if "round 1," in line} - {0}


def vectors(folder):
    path = os.path.join(SHARED, "vectors/twins/streamlet-100.json")
    if not os.path.exists(path):
        print("skipped: no", path)
        return
    data = json.load(open(path))
    n, n_twins = data["num_of_nodes"], data["num_of_twins"]
    orrery("import", "twins", path, "--out", folder)
    both = 0
    for k, scenario in enumerate(data["scenarios"], 1):
        expected = set(scenario["expected"]["finalized_round_1_at"])
        assert final(scenario, n, n_twins, by_key=False) == expected, scenario
        name = os.path.join(folder, f"streamlet-100-{k}.yaml")
        ours = {i for i in final(scenario, n, n_twins, by_key=True) if 0 < i < n}
        seen = decided(name)
        assert seen == ours, (k, scenario, seen, ours)
        both += ours == expected - {0, 4}
        if k % 10 == 0:
            runs(name)
    assert both >= 40, both
    print(f"{len(data['scenarios'])} vectors, {both} of them alike by both rules")
    path = os.path.join(SHARED, "vectors/twins/fast-hotstuff.json")
    text = orrery("import", "twins", path, "--role", "fast-hotstuff")
    assert text.count("do: lead") == 9 and "do: partition" not in text, text
    assert "{do: drop, view: 7, kind: [proposal, proof], from: val.2, to: [val.0, val.1, val.3]}" in text
    name = os.path.join(folder, "fast-hotstuff.yaml")
    with open(name, "w") as to:
        to.write(text)
    args = ["run", name, "--set", "record=none", "--set", "nodes.val.config.commit_rule="]
    orrery(*args[:-1], args[-1] + "consecutive")
    forked = subprocess.run([ORRERY, *args[:-1], args[-1] + "any-two-chain"], capture_output=True, text=True)
    assert forked.returncode == 1, forked
    assert "in round 4 at" in forked.stderr + forked.stdout and "in round 6 at" in forked.stderr + forked.stdout, forked
    text = orrery("import", "twins", path)
    assert "one_way: true, view: 7, groups: [[val.2], [val.0, val.1, val.3]]" in text, text


GOOD = {"num_of_nodes": 4, "num_of_twins": 1, "scenarios": [
    {"round_leaders": {"2": [0, 4]}, "round_partitions": {"2": [[0, 1], [4, 2]]}, "firewall": {"2": {"4": [1, 2]}}}]}


def changed(**change):
    scenario = dict(GOOD["scenarios"][0], **change)
    return dict(GOOD, scenarios=[GOOD["scenarios"][0], scenario])


BAD = [
    ("[", "line 1, column"),
    ('{"num_of_nodes": 4, "num_of_nodes": 4}', "duplicate"),
    (dict(GOOD, num_of_nodes=0), "num_of_nodes"),
    (dict(GOOD, num_of_nodes=65), "num_of_nodes"),
    (dict(GOOD, num_of_nodes="4"), "num_of_nodes"),
    (dict(GOOD, num_of_twins=5), "num_of_twins"),
    (dict(GOOD, scenarios=[]), "scenarios"),
    (dict(GOOD, scenarios={}), "scenarios"),
    (dict(GOOD, scenarios=[3]), "scenarios[0]: round_leaders"),
    (changed(round_leaders={"0": [0]}), "scenarios[1]: round_leaders: rounds from 1 to 1000"),
    (changed(round_leaders={"02": [0]}), "not '02'"),
    (changed(round_leaders={"1001": [0]}), "not '1001'"),
    (changed(round_leaders={"2": [5]}), "round_leaders of round 2: nodes are from 0 to 4"),
    (changed(round_leaders={"2": [0, 1]}), "nodes 0 and 1 lead it"),
    (changed(round_leaders={"2": []}), "a list of nodes"),
    (changed(round_partitions={"2": [[0, 1], [1]]}), "1 is there twice"),
    (changed(round_partitions={"2": [0]}), "a list of lists"),
    (changed(round_partitions={"2": [[-1]]}), "nodes are from 0 to 4"),
    (changed(firewall={"2": {"9": [0]}}), "firewall of round 2: a sender from 0 to 4"),
    (changed(firewall={"2": {"0": [9]}}), "firewall of round 2: nodes are"),
    (changed(firewall={"2": [0]}), "firewall of round 2: senders"),
    (changed(firewall=[]), "perhaps firewall"),
    (changed(round_leaders={}, round_partitions={}, firewall={}), "no rounds"),
]


def refusals(folder):
    path = os.path.join(folder, "bad.json")
    for text, words in BAD:
        open(path, "w").write(text if isinstance(text, str) else json.dumps(text))
        said = orrery("import", "twins", path, "--out", os.path.join(folder, "bad"), code=2)
        assert "bad.json" in said and words in said, (text, said)
    open(path, "w").write(json.dumps(GOOD))
    for args in (["import"], ["import", "twins"], ["import", "tla", path], ["import", "twins", path, path],
                 ["import", "twins", path, "--role", "nobody"], ["import", "twins", path, "--role", "raft"],
                 ["import", "twins", path, "--scenario", "2"], ["import", "twins", path, "--scenario", "0"],
                 ["import", "twins", os.path.join(folder, "none.json")]):
        orrery(*args, code=2)
    open(path, "w").write(json.dumps(changed()))
    assert "--out FOLDER" in orrery("import", "twins", path, code=2)
    orrery("import", "twins", path, "--out", path + "/x", code=3)


def a_scenario_is_printed(folder):
    path = os.path.join(folder, "2 my-twins.v1.json")
    open(path, "w").write(json.dumps(GOOD))
    text = orrery("import", "twins", path)
    assert "name: my-twins\n" in text, text
    assert "groups: [[val.0, val.1], [val.2, twin of val.0], [val.3]]" in text, text
    assert "one_way: true, view: 2, groups: [[twin of val.0], [val.1, val.2]]" in text, text
    assert "target: val.0, behaviour: twins" in text and "do: lead, view: 2, target: val.0" in text
    out = os.path.join(folder, "mine.yaml")
    open(out, "w").write(text)
    for role in ("streamlet", "hotstuff", "jolteon", "hotstuff-2"):
        text = orrery("import", "twins", path, "--role", role)
        open(out, "w").write(text)
        runs(out)


with tempfile.TemporaryDirectory() as work:
    a_scenario_is_printed(work)
    refusals(work)
    vectors(work)
print("import: all as it should be")
