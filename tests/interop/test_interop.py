#!/usr/bin/python3
"""The simulated node's router beside js-libp2p's gossipsub, over TCP, noise and yamux (tests/interop).

Four nodes, two ours and two theirs, each linked to each: a mesh, 100 messages of each to all others, none lost, large
ones announced by IDONTWANT, no score below 0. Then each in turn is a centre that takes one peer into its mesh: the other
is pruned with a backoff, and hears everything by IHAVE and IWANT.

Needs node, and the packages of tests/interop/peers (npm ci there, or ORRERY_GOSSIP_PEERS=FOLDER with a node_modules);
without them it is not run. With EVERY=1 the scores are watched for 60 s, else for 5."""
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.join(os.environ["ORRERY_SOURCE"], "tests/interop")
PEERS = os.environ.get("ORRERY_GOSSIP_PEERS") or os.path.join(HERE, "peers")
NODE = os.path.join(os.environ["ORRERY_BUILD"], "tests/interop-node")
if not shutil.which("node"):
    print("not run: no node")
    sys.exit(77)
if not os.path.exists(os.path.join(PEERS, "node_modules/@libp2p/gossipsub/package.json")):
    print(f"not run: no @libp2p/gossipsub in {PEERS}/node_modules (npm ci in that folder installs it)")
    sys.exit(77)
PATIENCE = 300  # s, for what must happen: a machine under load is slow


class Program:
    """A child that is told lines and tells lines."""
    all = []

    def __init__(self, *command):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        Program.all.append(self.child)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def expect(self, word):
        """The rest of the next line that begins so; what stands before it is passed to `other`."""
        while True:
            first, _, rest = self.lines.get(timeout=PATIENCE).partition(" ")
            if first == word:
                return rest
            self.other(first, rest)

    def other(self, first, rest):
        raise AssertionError(f"unexpected: {first} {rest}")

    def end(self):
        self.child.stdin.close()
        assert self.child.wait(timeout=PATIENCE) == 0, self.child.args


def javascript(folder, program, *arguments):
    """A program of this folder, run where node finds the packages."""
    return ("node", "--import", os.path.join(folder, "polyfill.mjs"), os.path.join(folder, program), *arguments)


class Node(Program):
    """A GossipSub node: `delivered` lines, and `look`."""

    def __init__(self, *command):
        super().__init__(*command)
        self.delivered = []

    def other(self, first, rest):
        assert first == "delivered", f"{first} {rest}"
        self.delivered.append(rest)

    def look(self):
        self.tell("look")
        return json.loads(self.expect("look"))


class Ours(Node):
    def __init__(self, number, secret, folder, settings):
        path = os.path.join(folder, f"{number}.sock")
        super().__init__(NODE, "run", "4", str(number), path, *settings)
        until = time.monotonic() + PATIENCE
        while not os.path.exists(path) and time.monotonic() < until:
            time.sleep(0.02)
        self.host = Program(*javascript(folder, "shim.mjs", secret, path))
        self.address = self.host.expect("at")

    def end(self):
        self.host.end()
        super().end()


class Theirs(Node):
    def __init__(self, secret, folder, options):
        super().__init__(*javascript(folder, "peer.mjs", secret, json.dumps(options)))
        self.host = self
        self.address = self.expect("at")


def wait_for(what, condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"not within {PATIENCE} s: {what}"
        time.sleep(0.2)


def publish(nodes, rounds, size=0):
    """Each node publishes so many messages; all of the others get each once."""
    for node in nodes:
        node.look()
        node.delivered.clear()
    for k in range(rounds):
        for i, node in enumerate(nodes):
            node.tell(f"publish {i}-{k} " + "x" * size)
        time.sleep(0.01)
    wanted = [{f"{i}-{k}" for i in range(len(nodes)) if i != me for k in range(rounds)} for me in range(len(nodes))]

    def all_there():
        for node in nodes:
            node.look()
        return all(len(node.delivered) >= len(want) for node, want in zip(nodes, wanted))

    try:
        wait_for(f"{rounds} messages of each", all_there)
    finally:
        for me, (node, want) in enumerate(zip(nodes, wanted)):
            missing = want - set(node.delivered)
            assert not missing, f"node {me} lacks {len(missing)}: {sorted(missing)[:5]}"
            assert len(node.delivered) == len(want), f"node {me} was given some twice"


def full_mesh(secrets, folder):
    nodes = [Ours(i, secrets[i], folder, ["scoring=1"]) for i in range(2)]
    nodes += [Theirs(secrets[i], folder, {"scoreParams": {}}) for i in (2, 3)]
    for i, node in enumerate(nodes):
        for other in nodes[:i]:
            node.host.tell("dial " + other.address)
    wait_for("a mesh of three peers at each node", lambda: all(n.look()["mesh"] == 3 for n in nodes))
    publish(nodes, 100)
    publish(nodes, 10, 4000)
    watch = time.monotonic() + (60 if os.environ.get("EVERY") else 5)
    while time.monotonic() < watch:
        publish(nodes, 1)
        for i, node in enumerate(nodes):
            scores = node.look()["scores"]
            assert len(scores) == 3 and min(scores) >= 0, f"node {i}: scores {scores}"
        time.sleep(1)
    for i, node in enumerate(nodes):
        seen = node.look()
        assert seen["mesh"] == 3, f"node {i} has a mesh of {seen['mesh']}"
        if i < 2:
            assert seen["refused"] == 0 and seen["heard"]["prune"] == 0, seen
            assert seen["sent"]["idontwant"] > 0 and seen["heard"]["idontwant"] > 0, seen
            assert seen["sent"]["graft"] + seen["heard"]["graft"] >= 3, seen  # whoever was first
            print(f"node {i}: sent {seen['sent']}, heard {seen['heard']}, scores {seen['scores']}")
    for node in nodes:
        node.end()


def pruned(centre, others, gossip):
    """The centre takes one of two peers into its mesh; the other lives by IHAVE and IWANT."""
    for other in others:
        other.host.tell("dial " + centre.address)
    wait_for("a mesh of one", lambda: centre.look()["mesh"] == 1)
    time.sleep(3)  # heartbeats: who was pruned asks no more
    for k in range(20):
        others[k % 2].tell(f"publish {k} " + "x" * 100)
        time.sleep(0.1)
    wait_for("all of 20 messages everywhere", lambda: [n.look() for n in (centre, *others)] and
             all(len(set(n.delivered)) == want for n, want in zip((centre, *others), (20, 10, 10))))
    assert all(len(n.delivered) == len(set(n.delivered)) for n in (centre, *others))
    assert centre.look()["mesh"] == 1
    gossip()
    for node in (*others, centre):
        node.end()


def our_centre(secrets, folder):
    small = ["d=1", "d_lo=1", "d_hi=1", "d_score=1", "scoring=1"]
    centre, others = Ours(0, secrets[0], folder, small), [Theirs(secrets[i], folder, {}) for i in (2, 3)]

    def gossip():
        seen = centre.look()
        assert seen["sent"]["prune"] > 0 and seen["sent"]["ihave"] > 0, seen
        assert seen["heard"]["iwant"] > 0 and min(seen["scores"]) >= 0, seen
        print("our centre:", seen)

    pruned(centre, others, gossip)


def their_centre(secrets, folder):
    small = {"D": 1, "Dlo": 1, "Dhi": 1, "Dscore": 1, "Dout": 0}
    centre, others = Theirs(secrets[2], folder, small), [Ours(i, secrets[i], folder, ["flood_publish=1"]) for i in (0, 1)]

    def gossip():
        seen = [node.look() for node in others]
        assert sum(s["heard"]["prune"] for s in seen) > 0, seen
        assert sum(s["heard"]["ihave"] for s in seen) > 0 and sum(s["sent"]["iwant"] for s in seen) > 0, seen
        assert sum(s["heard"]["prune"] for s in seen) < 10, "whoever backs off is not pruned again and again"
        print("their centre:", seen)

    pruned(centre, others, gossip)


def main():
    secrets = subprocess.run([NODE, "keys", "4"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    for part in (full_mesh, our_centre, their_centre):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.join(PEERS, "node_modules"), os.path.join(folder, "node_modules"))
            for name in ("host.mjs", "peer.mjs", "polyfill.mjs", "shim.mjs"):
                shutil.copy(os.path.join(HERE, name), folder)
            part(secrets, folder)


try:
    main()
finally:
    for child in Program.all:
        child.kill()
