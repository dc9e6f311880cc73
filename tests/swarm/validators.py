"""Random runs of Tendermint in which at most a third of the stake breaks the protocol, and all that is wrong
with network and machines is over at some time: nothing may break, and after that time all must go on."""

import itertools

FAULTY = ("mute", "delay", "equivocate", "corrupt", "replay", "twins", "amnesia", "double", "mutate", "edge")
# After the last fault: several rounds at the timeouts that some tens of failed rounds grew.  Loss on a stream is
# delay, doubled each time (RFC 6298): five of a message in a row hold all behind it for half a minute.
HEALING_S = 60
# Links that lose or damage messages do so to the end.  On a stream three losses of one message in a row hold up
# what comes behind it for 1 + 2 + 4 s, and all lines to a node may stand still at once, whenever one looks.
STALL_MS = 7000


def scenario(rng):
    n = rng.choice((4, 4, 4, 5, 6, 7, 7, 10))
    calm = rng.choice((3, 6, 12))  # s: faults begin and end before that
    stakes = [rng.choice((1, 1, 1, 2, 3)) for _ in range(n)] if rng.random() < 0.3 else [1] * n
    faulty, power = [], 0
    for node in rng.sample(range(n), n):
        if 3 * (power + stakes[node]) < sum(stakes) and rng.random() < 0.5:
            faulty.append(node)
            power += stakes[node]
    correct = [i for i in range(n) if i not in faulty]
    s = {"orrery": 1, "name": "swarm", "seed": rng.randrange(1 << 40), "duration": f"{calm + HEALING_S + 5} s",
         "signatures": rng.choice(("modelled", "modelled", "real")), "on_violation": "continue",
         "nodes": {"val": {"count": n, "role": "tendermint"}}}
    group = s["nodes"]["val"]
    if len(set(stakes)) > 1:
        group["stake"] = stakes
    config = {}
    if rng.random() < 0.5:
        config["transport"] = rng.choice(("flood", "direct", "gossip"))
    if rng.random() < 0.3:
        config["part_size"] = rng.choice(("1 KiB", "4 KiB", "64 KiB"))
    if rng.random() < 0.2:
        config["timeout_commit"] = rng.choice(("10 ms", "100 ms"))
    if config:
        group["config"] = config
    if rng.random() < 0.5:
        group["disk"] = {"write": "100 us", "fsync": rng.choice(("1 ms", "5 ms", "30 ms"))}
    if rng.random() < 0.3:
        group["clock"] = {"skew": rng.choice(("10 ms", "200 ms")), "drift": rng.choice(("0 ppm", "100 ppm"))}
    if rng.random() < 0.3:
        s["cost"] = {}
    s["network"] = network(rng)
    if rng.random() < 0.6:
        s["workload"] = [{"rate": f"{rng.choice((1, 5, 20))} /s", "size": rng.choice(("250 B", "2 kB")),
                          "stop": f"{calm} s"}]
    s["faults"] = [lie(rng, node, calm) for node in faulty]
    for _ in range(rng.randint(0 if faulty else 1, 6)):
        s["faults"].append(trouble(rng, n, correct, calm, "disk" in group, "cost" in s))
    if not s["faults"]:
        del s["faults"]
    s["expect"] = {"agreement": "holds", "total_order": "holds", "validity": "holds",
                   "termination": {"within": f"{HEALING_S} s"},
                   "caught_up": {"within": f"{HEALING_S} s", "heights": 3 + stalled_heights(s)}}
    if rng.random() < 0.3:
        s["workload"] = s.get("workload", []) + power_changes(rng, stakes, faulty, calm)
    return s


def power_changes(rng, stakes, faulty, calm):
    """Transactions that set voting powers.  Which have come into blocks at some time nobody knows: with any of them
    the faulty have less than a third."""
    changes = []
    for _ in range(rng.randint(1, 3)):
        more = changes + [(rng.randrange(len(stakes)), rng.choice((0, 1, 2, 3, 5)))]
        if all(is_safe(stakes, faulty, some) for n in range(1, len(more) + 1)
               for some in itertools.permutations(more, n)):
            changes = more
    via = rng.choice([i for i in range(len(stakes)) if i not in faulty])
    return [{"kind": "power", "target": f"val.{node}", "power": power, "start": f"{moment(rng, calm)} ms",
             "to": f"val.{via}"} for node, power in changes]


def is_safe(stakes, faulty, changes):
    powers = list(stakes)
    for node, power in changes:
        powers[node] = power
    return 3 * sum(powers[i] for i in faulty) < sum(powers)


def milliseconds(text):
    number, unit = text.split()
    return float(number) * {"ms": 1, "s": 1000}[unit]


def stalled_heights(s):
    """How many heights may pass while the lines to a node stand still."""
    links = s["network"].get("links", [{}])[0]
    if not {"loss", "corrupt"} & set(links):
        return 0
    latency = s["network"]["latency"]
    way = milliseconds(latency if isinstance(latency, str) else latency.get("median") or latency["mean"])
    commit = milliseconds(s["nodes"]["val"].get("config", {}).get("timeout_commit", "1 s"))
    return int(STALL_MS / (commit + 2 * way))  # a height has the pause and more than two ways


def network(rng):
    median = rng.choice((1, 10, 50, 100))
    made = {"latency": rng.choice((f"{median} ms",
                                   {"dist": "lognormal", "median": f"{median} ms", "p99": f"{3 * median} ms"},
                                   {"dist": "exponential", "mean": f"{median} ms"}))}
    if rng.random() < 0.3:
        made["transport"] = rng.choice(("datagram", "stream"))
    if rng.random() < 0.3:
        link = {"within": "val"}
        for key, value in (("loss", "2 %"), ("duplicate", "2 %"), ("corrupt", "1 %"), ("bandwidth", "20 Mbit/s")):
            if rng.random() < 0.5:
                link[key] = value
        if len(link) > 1:
            made["links"] = [link]
    if rng.random() < 0.2:
        made["link_timeout"] = rng.choice(("500 ms", "3 s"))
    return made


def moment(rng, calm):
    return rng.randrange(0, 1000 * calm * 2 // 3)


def lie(rng, node, calm):
    """What one of the faulty does; of it the rest of the run is free of nothing."""
    how = rng.choice(FAULTY)
    if how == "amnesia":
        return {"do": "crash", "target": f"val.{node}", "at": f"{moment(rng, calm)} ms",
                "restart_after": f"{rng.randint(1, 1000 * calm // 3)} ms", "disk": "lose"}
    made = {"do": "byzantine", "behaviour": how, "target": f"val.{node}",
            "at": "0 s" if how == "twins" else f"{moment(rng, calm)} ms"}
    if how == "mutate":
        made["field"] = rng.choice(("view", "height", "value", "signers", "proof"))
    if how == "edge":
        made["by"] = f"{rng.choice((5, 50))} ms"
    if how == "delay":
        made["by"] = f"{rng.choice((50, 500, 3000))} ms"
    if how == "equivocate" and rng.random() < 0.3:
        made["split"] = "30 %"
    return made


def trouble(rng, n, correct, calm, has_disk, has_cost):
    """Something at the network or a correct node, over by the time `calm`."""
    at = moment(rng, calm)
    lasts = rng.randint(1, 1000 * calm - at)
    node = f"val.{rng.choice(correct)}"
    some = f"any {rng.randint(1, len(correct))} of val"
    timed = {"at": f"{at} ms", "for": f"{lasts} ms"}
    kinds = ["crash", "crash", "restart", "pause", "partition", "partition", "isolate", "slow-link", "lossy-link",
             "clock", "delay", "drop", "churn"] + ["slow-disk"] * has_disk + ["slow-cpu"] * has_cost
    do = rng.choice(kinds)
    if do == "crash":
        return {"do": do, "target": rng.choice((node, "leader")), "at": f"{at} ms",
                "restart_after": f"{lasts} ms", "disk": rng.choice(("keep", "lose-unsynced"))}
    if do == "restart":
        return {"do": do, "target": rng.choice((node, "leader", some, "all")), "at": f"{at} ms",
                "disk": rng.choice(("keep", "lose-unsynced"))}
    if do == "partition":
        nodes = [f"val.{i}" for i in rng.sample(range(n), n)]
        cut = rng.randint(1, n - 1)
        made = {"do": do, "groups": [sorted(nodes[:cut]), sorted(nodes[cut:])], **timed}
        if rng.random() < 0.3:
            made["one_way"] = True
        return made
    if do == "isolate":
        return {"do": do, "target": rng.choice((node, "leader")), **timed,
                **({"one_way": True} if rng.random() < 0.3 else {})}
    if do == "slow-link":
        return {"do": do, "target": rng.choice((node, "all")), "latency": f"{rng.choice((100, 2000))} ms", **timed}
    if do == "lossy-link":
        return {"do": do, "target": rng.choice((node, "all")), "loss": f"{rng.choice((1, 5))} %", "corrupt": "5 %", **timed}
    if do == "clock":
        return {"do": do, "target": node, "skew": f"{rng.choice((-2000, -100, 100, 2000))} ms", **timed}
    if do == "delay":
        return {"do": do, "kind": rng.choice(("proposal", "prevote", "precommit", "part")),
                "by": f"{rng.choice((100, 1000, 5000))} ms", "p": "50 %", **timed}
    if do == "drop":
        return {"do": do, "kind": rng.choice(("proposal", "prevote", "precommit", "part")),
                "to": rng.choice((node, "val")), "p": rng.choice(("50 %", "100 %")), **timed}
    if do == "churn":
        return {"do": do, "target": "val", "leave": "1 /s", "return": "300 ms", "disk": "lose-unsynced", **timed}
    if do in ("slow-disk", "slow-cpu"):
        return {"do": do, "target": node, "factor": 20, **timed}
    return {"do": do, "target": node, **timed}
