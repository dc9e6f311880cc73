"""Random scenarios over the whole language, from the JSON schema that the program writes of its table of keys.

A key that is new in the table is drawn and counted without a change here.  What the schema cannot say
(which names there are, which sizes keep a run short) stands in HINTS.  What the parser then refuses is cut
out at the line that it complains about, so that most drawn scenarios run."""

import copy
import math
import re
import subprocess

import yaml_text

SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
GROUPS = ("val", "other", "third")
REGIONS = ("us-east", "eu-west", "ap-south")
AWS = ("north-virginia", "ireland", "tokyo")


class Grammar:
    """The schema, and each key and choice in it by the name of its map: `fault.do=crash`."""

    def __init__(self, schema):
        self.schema = schema
        self.features = set()
        for key, node in schema["properties"].items():
            self.note("", key, node)
        for name, definition in schema["definitions"].items():
            for branch in [definition, *definition.get("anyOf", [])]:
                for key, node in branch.get("properties", {}).items():
                    self.note(name, key, node)
        for role, config in self.configs().items():
            for key, node in config.items():
                self.note(role, key, node)

    def note(self, owner, key, node):
        self.features.add(f"{owner}.{key}")
        for choice in choices(node):
            self.features.add(f"{owner}.{key}={choice}")

    def configs(self):
        found = {}
        for rule in self.schema["definitions"]["group"].get("allOf", []):
            role = rule["if"]["properties"]["role"]["const"]
            found[role] = rule["then"]["properties"]["config"].get("properties", {})
        return found


def choices(node):
    if "enum" in node:
        return [c for c in node["enum"]]
    found = []
    for branch in node.get("anyOf", []):
        found += choices(branch)
    if node.get("type") == "array":
        found += choices(node.get("items", {}))
    if node.get("type") == "boolean":
        found += [True, False]
    return list(dict.fromkeys(found))


class Draw:
    """One scenario."""

    def __init__(self, grammar, rng):
        self.g, self.rng = grammar, rng
        self.density = rng.choice((0.05, 0.1, 0.2, 0.4))
        self.duration = rng.choice((0.5, 1, 2, 5, 10))
        self.names = [GROUPS[i] for i in range(rng.choice((1, 1, 1, 2, 3)))]
        self.regions = rng.choice((None, None, REGIONS, AWS))
        self.n_faults = 0
        self.n_names = 0
        self.counts, self.roles = {}, {}

    def scenario(self):
        s = {"orrery": 1, "name": "swarm", "seed": self.rng.randrange(1 << 40),
             "duration": self.time(self.duration), "nodes": {}}
        for name in self.names:
            s["nodes"][name] = self.map("group")
            if self.regions and "region" not in s["nodes"][name]:
                s["nodes"][name]["region"] = self.rng.choice(self.regions)
            self.counts[name] = s["nodes"][name]["count"]
            self.roles[name] = s["nodes"][name]["role"]
        if self.regions or self.rng.random() < 0.6:
            s["network"] = self.map("network")
            if self.regions is AWS:
                s["network"]["regions"] = self.value("network", "regions",
                                                     self.properties("network")["regions"])
        fine = {k: v for k, v in self.g.schema["properties"].items() if k not in s}
        for key in fine:
            chance = {"faults": 0.7, "workload": 0.5, "expect": 0.4}.get(key, 0.2)
            if self.rng.random() < chance:
                s[key] = self.value("", key, fine[key])
        return s

    # ---- by the schema ----

    def definition(self, name):
        node = self.g.schema["definitions"][name]
        if "anyOf" in node:
            return self.rng.choice(node["anyOf"])
        return node

    def properties(self, name):
        return self.g.schema["definitions"][name]["properties"]

    def map(self, name):
        return self.object(name, self.definition(name))

    def object(self, name, node):
        if node.get("type") != "object":
            return self.value(name, "", node)
        fields = dict(node.get("properties", {}))
        wanted = [k for k in fields if k in node.get("required", ()) or self.rng.random() < self.density]
        # What decides about the rest comes first: kind, dist, do, role.
        deciders = [k for rule in node.get("allOf", []) for k in rule["if"]["properties"]]
        made = {}
        for key in dict.fromkeys(k for k in deciders if k in fields):
            made[key] = self.value(name, key, fields[key])
        for rule in node.get("allOf", []):
            if all(made.get(k) == v["const"] for k, v in rule["if"]["properties"].items()):
                then = rule["then"]
                for key, narrowed in then.get("properties", {}).items():
                    fields[key] = narrowed
                wanted += then.get("required", [])
        fields = {k: v for k, v in fields.items() if v is not False}
        for key in dict.fromkeys(wanted):
            if key in fields and key not in made:
                made[key] = self.value(name, key, fields[key])
        for one, other in EXCLUSIVE.get(name, ()):
            if one in made and other in made:
                del made[self.rng.choice((one, other))]
        for needed in NEEDED.get(name, ()):
            if not any(k in made for k in needed):
                usable = [k for k in needed if k in fields]
                if usable:
                    key = self.rng.choice(usable)
                    made[key] = self.value(name, key, fields[key])
        return {k: v for k, v in made.items() if v is not None}

    def value(self, owner, key, node):
        hint = HINTS.get(f"{owner}.{key}") or HINTS.get(f"*.{key}")
        if hint and (drawn := hint(self)) is not None:
            return drawn
        if "$ref" in node:
            return self.map(node["$ref"].rpartition("/")[2])
        if "allOf" in node and "$ref" in node["allOf"][0]:
            return self.map(node["allOf"][0]["$ref"].rpartition("/")[2])
        if "anyOf" in node:
            return self.value(owner, key, {"description": node.get("description", ""),
                                           **self.rng.choice(node["anyOf"])})
        if "enum" in node:
            return self.rng.choice(node["enum"])
        kind = node.get("type")
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind == "integer":
            return self.whole(node)
        if kind == "number":
            return round(self.rng.random(), 3)
        if kind == "array":
            least = node.get("minItems", 1)
            n = self.rng.randint(least, node.get("maxItems", least + 2))
            return [self.value(owner, key, node["items"]) for _ in range(n)]
        if kind == "object":
            if "config" == key:
                return {k: self.value("config", k, v) for k, v in node.get("properties", {}).items()
                        if self.rng.random() < self.density}
            return self.object(owner, node)
        return self.text(node)

    def range(self, low, high):
        first = self.rng.randint(low, high)
        return self.rng.choice((first, f"{first}..{first + self.rng.randint(0, 4)}"))

    def whole(self, node):
        low, high = node.get("minimum", 0), node.get("maximum", 100)
        default = re.search(r"\(default: (\d+)\)", node.get("description", ""))
        around = int(default.group(1)) if default else max(low, 2)
        drawn = round(around * 2 ** self.rng.uniform(-2, 1.5)) if self.rng.random() < 0.8 else low
        return min(max(drawn, low), high)

    def text(self, node):
        """Of a pattern of number and unit: a quantity; else a name."""
        pattern, about = node.get("pattern", ""), node.get("description", "")
        units = re.search(r"\?\(([^)]*)\)\??\$$", pattern)
        if not units:
            return self.name()
        below = "below " if "(below )" in pattern and self.rng.random() < 0.5 else ""
        sign = self.rng.choice(("", "-")) if "[+-]" in pattern else ""
        unit = units.group(1).split("|")
        default = re.search(r"\(default: ([\d.]+) ?(\S+)\)", about)
        if default and default.group(2) in unit:
            return f"{float(default.group(1)) * round(2 ** self.rng.uniform(-2, 2), 2):.9g} {default.group(2)}"
        if "ms" in unit:
            return below + sign + self.time(self.duration * 2 ** self.rng.uniform(-10, 0))
        if "kbit/s" in unit:
            return f"{round(10 ** self.rng.uniform(2, 6))} kbit/s"
        if "KiB" in unit:
            return f"{round(10 ** self.rng.uniform(1, 5))} B"
        if "/s" in unit:
            return f"{round(10 ** self.rng.uniform(-0.5, 1.7), 1)} /s"
        if "x" in unit:
            return round(2 ** self.rng.uniform(0, 4), 2)
        if "ppm" in unit:
            return sign + self.share() if "%" in unit else f"{sign}{self.rng.randrange(1000)} ppm"
        return f"1 {unit[0]}"

    # ---- what the schema cannot say ----

    def time(self, seconds):
        for unit in ("s", "ms", "us", "ns"):
            if seconds >= SECONDS[unit] or unit == "ns":
                return f"{max(1, round(seconds / SECONDS[unit]))} {unit}"

    def share(self):
        return f"{self.rng.choice((0.1, 1, 5, 10, 30)):g} %"

    def name(self):
        self.n_names += 1
        return f"name-{self.n_names}"

    def count(self):
        return self.rng.choice((1, 2, 3, 4, 4, 4, 5, 7, 10, 16))

    def node(self):
        name = self.rng.choice(self.names)
        return f"{name}.{self.rng.randrange(self.counts.get(name, 1))}"

    def place(self):
        return self.rng.choice(self.regions or self.names)

    def target(self):
        name = self.rng.choice(self.names)
        n = self.counts.get(name, 1)
        drawn = self.rng.randrange(8)
        if drawn == 0:
            return "all"
        if drawn == 1:
            return name
        if drawn == 2:
            return f"any {self.rng.randint(1, n)} of {name}"
        if drawn == 3:
            return self.place()
        if drawn == 4:
            return "leader"
        if drawn == 5:
            low = self.rng.randrange(n)
            return f"{name}.{low}..{self.rng.randrange(low, n)}"
        if drawn == 6:
            return sorted({self.node() for _ in range(self.rng.randint(1, 3))})
        return self.node()

    def sides(self):
        """The groups of a partition: nodes of one group dealt out."""
        nodes = [f"{name}.{i}" for name in self.names for i in range(self.counts.get(name, 1))]
        self.rng.shuffle(nodes)
        n = self.rng.choice((2, 2, 2, 3))
        dealt = [sorted(nodes[i::n]) for i in range(n)]
        return [side for side in dealt if side] if len(nodes) >= n else None

    def pair(self):
        if self.regions:
            return self.rng.sample(self.regions, 2)
        return self.rng.sample(self.names, 2) if len(self.names) > 1 else [self.node(), self.node()]

    def condition(self):
        return f"{self.rng.choice(('height', 'round', 'decisions'))}({self.rng.choice(self.names)}) " \
               f">= {self.rng.randint(1, 4)}"

    def moment(self):
        return self.time(self.duration * self.rng.random())

    def fault_name(self):
        self.n_faults += 1
        return f"trouble-{self.n_faults}"

    def earlier_fault(self):
        if not self.n_faults:
            return None
        return f"trouble-{self.rng.randint(1, self.n_faults)}"

    def shares(self):
        regions = self.regions or REGIONS
        if self.rng.random() < 0.4:
            return {regions[0]: "40 %", regions[1]: "60 %"}
        return self.rng.choice(regions + ("any",) if self.regions else regions)


EXCLUSIVE = {"fault": (("at", "when"), ("target", "between"), ("for", "restart_after")),
             "regions": (("preset", "file"),), "link": (("between", "within"),)}
NEEDED = {"fault": (("at", "at", "at", "when"),), "regions": (("preset",),), "link": (("between", "within"),
          ("latency", "loss", "bandwidth", "duplicate", "reorder", "corrupt")), "workload": (("rate",),)}
NO_FILE = lambda d: None  # noqa: E731
HINTS = {
    "group.count": Draw.count,
    "group.region": Draw.shares,
    "group.stake": lambda d: d.rng.choice((1, 1, 2, 10)),
    "group.cores": lambda d: d.rng.randint(1, 8),
    "group.role": lambda d: d.rng.choice(list(d.g.configs())),
    "group.priority": lambda d: d.rng.choice((["prevote", "precommit"], ["tx"], ["ping"], ["prepare"])),
    "link.priority": lambda d: d.rng.choice((["prevote", "precommit"], ["tx"], ["ping"], ["prepare"])),
    "group.queue": lambda d: f"{d.rng.choice((2, 20, 200))} kB",
    "config.population": lambda d: d.rng.randint(1, 8),
    "network.model": lambda d: d.rng.choice(
        ("asynchronous", {"synchronous": "80 ms"}, {"gst": "300 ms", "delta": "40 ms"})),
    ".memory": lambda d: d.rng.choice(("1 GiB", "256 MiB")),
    ".name": lambda d: "swarm",
    ".title": lambda d: "a line on what it shows",
    "workload.clients": lambda d: d.rng.randint(1, 20),
    "workload.to": lambda d: d.rng.choice(("one", "all", d.rng.choice(d.names), d.node(), [d.node()])),
    "workload.from": Draw.place,
    "workload.target": Draw.target,
    "workload.power": lambda d: d.rng.randint(0, 5),
    "arrival.size": lambda d: d.rng.randint(1, 10),
    "arrival.every": lambda d: d.time(d.duration / d.rng.randint(2, 9)),
    "fault.name": Draw.fault_name,
    "fault.at": Draw.moment,
    "fault.when": Draw.condition,
    "fault.target": Draw.target,
    "fault.groups": Draw.sides,
    "fault.between": Draw.pair,
    "fault.what": Draw.earlier_fault,
    "fault.from": Draw.target,
    "fault.to": Draw.target,
    "fault.kind": lambda d: d.rng.choice(("prevote", "precommit", "proposal", "part", "tx", "ping")),
    "fault.view": lambda d: d.range(0, 3),
    "fault.height": lambda d: d.range(1, 9),
    "fault.nth": lambda d: d.range(1, 5),
    "fault.field": lambda d: d.rng.choice(("view", "height", "value", "signers", "proof")),
    "fault.factor": lambda d: d.rng.choice((1.5, 3, 20)),
    "link.between": Draw.pair,
    "link.within": lambda d: d.rng.choice((d.place(), "any")) if d.regions else d.place(),
    "network.link_timeout": lambda d: d.time(d.duration / d.rng.choice((2, 5, 20))),
    "overlay.degree": lambda d: d.rng.choice((2, 4)),
    "overlay.k": lambda d: 2,
    "overlay.m": lambda d: d.rng.choice((1, 2)),
    "overlay.path": lambda d: "edges.txt",
    "regions.file": lambda d: "regions.csv",
    "dist_time.file": lambda d: "samples.txt",
    "dist_size.file": lambda d: "sizes.txt",
    "record.kind": lambda d: d.rng.choice(("prevote", "part", "ping")),
    "record.of": Draw.target,
    "record.file": lambda d: d.rng.choice(("a.h5", "deep/b.h5")),
    "evidence.names": Draw.target,
    "vary.key": lambda d: f"some.key{d.rng.randrange(10 ** 9)}",
    "vary.with": lambda d: "",
    "sweep.variants": lambda d: {name: d.map("variant") for name in ("calm", "rough")},
    "variant.set": lambda d: {"seed": d.rng.randint(1, 9)},
    "expect.of": Draw.target,
}

FILES = {
    "edges.txt": "".join(f"{i} {i + 1}\n{i} {i + 2}\n" for i in range(0, 40)),
    "regions.csv": "," + ",".join(REGIONS) + "\n" + "".join(
        r + "".join(f",{2 if r == o else 40 + 10 * (i + j)}" for j, o in enumerate(REGIONS)) + "\n"
        for i, r in enumerate(REGIONS)),
    "samples.txt": "".join(f"{n} ms\n" for n in (1, 2, 3, 5, 8, 13, 21)),
    "sizes.txt": "".join(f"{n} B\n" for n in (200, 250, 400, 1000)),
}


# ---- what is refused is cut ----

ERROR = re.compile(r"^\S*?:(\d+):\d+: error: (.*)", re.M)
LASTING = {"orrery", "name", "duration", "nodes", "count", "role", "do", "kind", "dist"}


def settle(scenario, binary, path, rng, tries=40):
    """Writes the scenario to path without what the program refuses; None: nothing was left that it
    takes.  Raises Crashed when the program does anything else."""
    scenario = copy.deepcopy(scenario)
    for _ in range(tries):
        with open(path, "w", encoding="utf-8") as f:
            f.write(yaml_text.text(scenario))
        done = subprocess.run([binary, "check", path], capture_output=True, text=True, errors="replace")
        if done.returncode == 0:
            return scenario
        if done.returncode != 2:
            raise Crashed(f"check ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        places = [place for _, place in yaml_text.lines(scenario)]
        for found in ERROR.finditer(done.stdout + done.stderr):
            line = int(found.group(1)) - 1
            if line >= len(places) or not relieve(scenario, places[line], found.group(2), rng):
                return None
    return None


def relieve(scenario, place, message, rng):
    """Cuts something at a place or about it: what the message names, else anything; false: nothing is
    left there that may go."""
    if not yaml_text.has(scenario, place):
        return True  # another cut took it along
    holder = yaml_text.at(scenario, place)
    if not isinstance(holder, (dict, list)) or not holder:
        if place[-1] not in LASTING:
            yaml_text.cut(scenario, place)
            return True
        place = place[:-1]
    while place:
        holder = yaml_text.at(scenario, place)
        if isinstance(holder, dict):
            free = [k for k in holder if k not in LASTING]
            named = [k for k in re.findall(r"'(\w+)'", message) if k in free]
            if named or free:
                yaml_text.cut(scenario, place + (rng.choice(named or free),))
                return True
        if place[0] != "nodes" and (isinstance(place[-1], int) or len(place) <= 2):
            yaml_text.cut(scenario, place)
            return True
        place = place[:-1]
    return False


class Crashed(Exception):
    pass


# ---- what a scenario uses ----

def features(grammar, scenario):
    """The names of the keys and choices that it writes, as Grammar has them."""
    found = set()

    def walk(owner, key, node, value):
        found.add(f"{owner}.{key}")
        if isinstance(value, (str, bool, int)):
            found.add(f"{owner}.{key}={value}")
        for definition in refs(node):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    step(definition, item)
                elif isinstance(item, (str, bool)):  # the short form says what the first key says
                    first = short_key(grammar.schema["definitions"][definition])
                    found.add(f"{definition}.{first}")
                    found.add(f"{definition}.{first}={item}")
        if isinstance(value, list):
            for item in value:
                found.add(f"{owner}.{key}={item}")

    def step(definition, value):
        node = grammar.schema["definitions"][definition]
        for branch in [node, *node.get("anyOf", [])]:
            for key, item in branch.get("properties", {}).items():
                if key in value:
                    walk(definition, key, item, value[key])
        if definition == "group" and isinstance(value.get("config"), dict):
            for key, item in value["config"].items():
                walk(value["role"], key, {}, item)

    def refs(node):
        text = [node.get("$ref"), *(a.get("$ref") for a in node.get("allOf", []) + node.get("anyOf", [])),
                node.get("items", {}).get("$ref")]
        return [t.rpartition("/")[2] for t in text if t]

    for key, value in scenario.items():
        walk("", key, grammar.schema["properties"][key], value)
    for group in scenario["nodes"].values():
        step("group", group)
    for variant in scenario.get("sweep", {}).get("variants", {}).values():
        step("variant", variant)
    return found & grammar.features


def short_key(definition):
    for branch in [definition, *definition.get("anyOf", [])]:
        for key in branch.get("properties", {}):
            return key
    return ""


def log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))
