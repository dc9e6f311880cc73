#!/usr/bin/python3
"""Attacks on GossipSub: what the comments in scenarios/gossip/ say of a run, with scores and in v1.0, is what it gives.

EVERY=1 runs all of them in the form that the comments name, ten seconds of CPU a run; else eclipse-net alone, sooner
and shorter."""
import os
import re
import subprocess

FOLDER = os.path.join(os.environ["ORRERY_SOURCE"], "scenarios/gossip")
HARDENING = """censor-single cold-boot cold-boot-covert-flash cold-boot-covert-flash-oppgraft cold-boot-oppgraft
    colocation dawn dawn-oppgraft degrade-0.5 eclipse-net eclipse-publishers eclipse-single""".split()
V10 = [f"nodes.{who}.config.{what}" for who in ("publisher", "lurker") for what in ("scoring=false", "version=1.0")]
FORM = ["duration=141s", "workload.0.start=135s", "workload.0.stop=137s", "workload.1.stop=137s"]
SHORT = ["duration=13s", "nodes.sybil.config.dial_at=5s", "workload.0.start=8s", "workload.0.stop=8500ms",
         "workload.1.start=8s", "workload.1.stop=8500ms"]
SAYS = re.compile(r"with scores ([\d.]+) % of all deliveries, half of them within ([\d,]+) ms, "
                  r"99 % within ([\d,]+) ms; v1\.0 ([\d.]+) %, ([\d,]+) ms and ([\d,]+) ms")


def run(name, changes):
    """Delivery ratio in %, p50 and p99 in ms."""
    sets = [word for change in changes for word in ("--set", change)]
    file = os.path.join(FOLDER, name + ".yaml")
    result = subprocess.run([os.environ["ORRERY_BIN"], "run", file, "--no-trace", *sets], text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ratio = re.search(r"observed ([\d.]+) % of", result.stdout)
    times = re.search(r"p50 (\d+) ms, p90 \d+ ms, p99 (\d+) ms", result.stdout)
    assert ratio and times, f"{name} {changes}: exit {result.returncode}\n{result.stdout}"
    return [ratio.group(1), *times.groups()]


def comment(name):
    with open(os.path.join(FOLDER, name + ".yaml"), encoding="utf-8") as file:
        return " ".join(line.lstrip("# ").rstrip("\n") for line in file if line.startswith("#"))


files = sorted(file[:-5] for file in os.listdir(FOLDER))
assert set(HARDENING) <= set(files), "the twelve configurations of libp2p/gossipsub-hardening are here"
if os.environ.get("EVERY"):
    for attack in files:
        says = SAYS.search(comment(attack))
        if FORM[0] not in comment(attack):
            assert attack not in HARDENING, f"{attack}: its comment names another form"
            continue
        gives = run(attack, FORM) + run(attack, FORM + V10)
        print(attack, *gives)
        assert says, f"{attack}: its comment states no figures"
        assert [number.replace(",", "") for number in says.groups()] == gives, f"{attack}: says {says.groups()}"
else:
    scored, bare = run("eclipse-net", SHORT), run("eclipse-net", SHORT + V10)
    print("eclipse-net, 60 messages:", *scored, "v1.0:", *bare)
    assert int(bare[2]) >= 1000 > 4 * int(scored[2]), "v1.0 lives by IHAVE alone, v1.1 publishes around the sybils"
