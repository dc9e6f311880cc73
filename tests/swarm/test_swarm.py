"""The swarm draws the whole language, and notices what is planted for it."""

import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

HERE = os.path.dirname(os.path.abspath(__file__))
ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", os.path.join(HERE, "../../build/release/sim/orrery")))
sys.path.insert(0, HERE)
import language  # noqa: E402
import validators  # noqa: E402
import yaml_text  # noqa: E402


def program(name):
    sys.dont_write_bytecode = True
    loader = SourceFileLoader(name, os.path.join(HERE, name))
    module = module_from_spec(spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


swarm = program("run")
SCHEMA = json.loads(subprocess.run([ORRERY, "help", "scenario", "--schema"], capture_output=True, text=True,
                                   check=True).stdout)
GRAMMAR = language.Grammar(SCHEMA)


def drawn(seed):
    return language.Draw(GRAMMAR, random.Random(seed)).scenario()


class TestDraws(unittest.TestCase):
    def test_a_seed_draws_the_same_scenario_always(self):
        self.assertEqual(drawn("a"), drawn("a"))
        self.assertNotEqual(drawn("a"), drawn("b"))
        self.assertEqual(validators.scenario(random.Random(5)), validators.scenario(random.Random(5)))

    def test_every_key_and_choice_of_the_language_is_drawn(self):
        used = Counter()
        for seed in range(24000):
            used.update(language.features(GRAMMAR, drawn(seed)))
            if len(used) == len(GRAMMAR.features):
                break
        self.assertEqual(sorted(GRAMMAR.features - set(used)), [])

    def test_every_way_to_fail_is_drawn_for_validators(self):
        faults = [f for seed in range(300) for f in validators.scenario(random.Random(seed)).get("faults", [])]
        self.assertEqual({f["behaviour"] for f in faults if f["do"] == "byzantine"},
                         set(validators.FAULTY) - {"amnesia"})
        self.assertTrue(any(f.get("disk") == "lose" for f in faults))
        self.assertGreaterEqual(len({f["do"] for f in faults}), 14)

    def test_powers_change_and_the_faulty_stay_below_a_third_whichever_changes_have_come(self):
        n = 0
        for seed in range(300):
            s = validators.scenario(random.Random(seed))
            changes = [(int(w["target"][4:]), w["power"]) for w in s.get("workload", []) if w.get("kind") == "power"]
            n += len(changes)
            count = s["nodes"]["val"]["count"]
            stakes = s["nodes"]["val"].get("stake", [1] * count)
            liars = [f["target"] for f in s.get("faults", []) if f["do"] == "byzantine" or f.get("disk") == "lose"]
            faulty = {int(t[4:]) for t in liars}
            for k in range(1 << len(changes)):
                powers = list(stakes)
                for i, (node, power) in enumerate(changes):
                    if k >> i & 1:
                        powers[node] = power
                self.assertLess(3 * sum(powers[i] for i in faulty), sum(powers), s)
        self.assertGreater(n, 60)

    def test_who_is_held_up_by_lossy_lines_may_lag_by_what_passes_meanwhile(self):
        network = {"latency": {"dist": "lognormal", "median": "1 ms", "p99": "3 ms"}}
        s = {"network": network, "nodes": {"val": {"config": {"timeout_commit": "10 ms"}}}}
        self.assertEqual(validators.stalled_heights(s), 0)
        network["links"] = [{"within": "val", "bandwidth": "20 Mbit/s", "duplicate": "2 %"}]
        self.assertEqual(validators.stalled_heights(s), 0)
        for wrong in ("loss", "corrupt"):
            network["links"] = [{"within": "val", wrong: "2 %"}]
            self.assertEqual(validators.stalled_heights(s), 583)
        network["latency"] = {"dist": "exponential", "mean": "100 ms"}
        del s["nodes"]["val"]["config"]
        self.assertEqual(validators.stalled_heights(s), 5)

    def test_a_key_that_is_new_in_the_table_is_drawn_and_counted(self):
        schema = json.loads(json.dumps(SCHEMA))
        schema["definitions"]["link"]["properties"]["colour"] = {"enum": ["red", "blue"]}
        grammar = language.Grammar(schema)
        used = set()
        for seed in range(300):
            used |= language.features(grammar, language.Draw(grammar, random.Random(seed)).scenario())
        self.assertLessEqual({"link.colour", "link.colour=red", "link.colour=blue"}, used)


class TestText(unittest.TestCase):
    def test_each_line_knows_its_place(self):
        value = {"a": 1, "b": {"c": [1, 2], "d": True}, "e": [{"f": 1, "g": {"h": "5 %"}}, {"i": 2}], "j": {}}
        lines = list(yaml_text.lines(value))
        self.assertEqual([text for text, _ in lines], [
            "a: 1", "b:", "  c: [1, 2]", "  d: true", "e:", "  - f: 1", "    g:", "      h: 5 %", "  - i: 2",
            "j: {}"])
        self.assertEqual(lines[7][1], ("e", 0, "g", "h"))

    def test_what_becomes_empty_is_cut_too(self):
        value = {"a": {"b": [{"c": 1}]}, "d": 2}
        yaml_text.cut(value, ("a", "b", 0, "c"))
        self.assertEqual(value, {"d": 2})


class TestJudges(unittest.TestCase):
    GOOD = {"orrery": 1, "name": "t", "duration": "3 s", "nodes": {"val": {"count": 4, "role": "tendermint"}}}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, scenario):
        path = os.path.join(self.folder.name, "scenario.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(yaml_text.text(scenario))
        return path

    def wrapper(self, script):
        """A build with something wrong with it."""
        path = os.path.join(self.folder.name, "orrery")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)
        return path

    def test_a_good_scenario_shows_nothing_in_any_way(self):
        path = self.write(self.GOOD)
        for way in ("", "--poison", "--no-memo", "replay"):
            self.assertIsNone(swarm.judge(path, [ORRERY, ORRERY], "validators", way))

    def test_another_fingerprint_or_verdict_is_a_problem(self):
        path = self.write(self.GOOD)
        other = self.wrapper(f'"{ORRERY}" "$@" | sed \'s/"fingerprint":"./"fingerprint":"!/\'')
        self.assertIn("differs: fingerprint", swarm.judge(path, [ORRERY, other], "language", ""))
        other = self.wrapper(f'"{ORRERY}" "$@" | sed \'s/"judged":true/"judged":false/\'')
        self.assertIn("differs: verdicts", swarm.judge(path, [ORRERY, other], "language", ""))
        other = self.wrapper(f'case "$*" in *--poison*) set -- "$@" --seed 9;; esac; exec "{ORRERY}" "$@"')
        self.assertIn("--poison differs", swarm.judge(path, [other], "language", "--poison"))

    def test_a_crash_a_sanitizer_and_a_lost_result_are_problems(self):
        path = self.write(self.GOOD)
        for script, sign in (("kill -SEGV $$", "exit code -11"), ("exit 3", "exit code 3"), ("echo", "no JSON"),
                             (f'echo "x.c:1: runtime error: y" >&2; "{ORRERY}" "$@"', "runtime error")):
            self.assertIn(sign, swarm.judge(path, [self.wrapper(script)], "language", ""))

    def test_a_verdict_counts_for_validators_alone(self):
        liars = {"at": "0 s", "do": "byzantine", "behaviour": "equivocate", "target": "[val.0, val.1]"}
        path = self.write({**self.GOOD, "faults": [liars], "expect": {"agreement": "holds"}})
        self.assertIn("agreement: expected holds", swarm.judge(path, [ORRERY], "validators", ""))
        self.assertIsNone(swarm.judge(path, [ORRERY], "language", ""))

    def test_what_the_program_refuses_is_cut_and_the_rest_is_kept(self):
        bad = {**self.GOOD, "colour": "red", "network": {"latency": "5 parsecs", "link_timeout": "1 s"},
               "faults": [{"do": "crash", "at": "1 s"}, {"do": "pause", "target": "val.0", "at": "1 s"}]}
        made = language.settle(bad, ORRERY, os.path.join(self.folder.name, "a.yaml"), random.Random(1))
        self.assertEqual(made["network"], {"link_timeout": "1 s"})
        self.assertNotIn("colour", made)
        self.assertEqual(made["faults"], [{"do": "pause", "target": "val.0", "at": "1 s"}])
        with self.assertRaises(language.Crashed):
            language.settle(bad, self.wrapper("exit 7"), os.path.join(self.folder.name, "a.yaml"), random.Random(1))


class TestProgram(unittest.TestCase):
    def run_it(self, *arguments):
        return subprocess.run([os.path.join(HERE, "run"), *arguments], capture_output=True, text=True)

    def test_a_failure_is_kept_shrunk_and_can_be_seen_again(self):
        with tempfile.TemporaryDirectory() as folder:
            broken = os.path.join(folder, "broken")
            with open(broken, "w", encoding="utf-8") as f:  # a build that cannot pause a node
                f.write(f'#!/bin/sh\ncase "$1" in run) ! grep -q "do: pause" "$2" || kill -SEGV $$;; esac\n'
                        f'exec "{ORRERY}" "$@"\n')
            os.chmod(broken, 0o755)
            done = self.run_it("--seed", "3", "--count", "30", "--kind", "validators", "--keep", folder,
                               "--seconds", "60", broken)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("exit code -11", done.stdout)
            small = [os.path.join(folder, d, "small.yaml") for d in sorted(os.listdir(folder)) if d != "broken"]
            small = [path for path in small if os.path.exists(path)]
            self.assertTrue(small, done.stdout)
            with open(small[0], encoding="utf-8") as f:
                text = f.read()
            self.assertIn("do: pause", text)
            self.assertEqual(text.count("do:"), 1, text)
            self.assertRegex(done.stdout, r"\n\d+ passed, [1-9]\d* failed, 0 skipped\n$")

    def test_lines_that_all_stand_still_when_one_looks_are_no_failure(self):
        done = self.run_it("--seed", "1226735041", "--kind", "validators", "--only", "33", "--keep", "/nonexistent",
                           ORRERY)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_shrinking_keeps_the_verdict_that_failed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenario.yaml")
            with open(path, "w", encoding="utf-8") as f:  # of agreement alone the wrong thing is expected
                f.write(yaml_text.text({**TestJudges.GOOD, "expect": {"agreement": "broken"}}))
            for verdict, code in ((None, 0), ("agreement", 0), ("termination", 1)):
                done = self.run_it(ORRERY, "--kind", "validators", *(["--verdict", verdict] if verdict else []),
                                   "--judge", path)
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            with open(path, "w", encoding="utf-8") as f:  # fails, as nothing is judged
                f.write(yaml_text.text({**TestJudges.GOOD, "duration": "1 ms"}))
            done = self.run_it(ORRERY, "--kind", "validators", "--verdict", "agreement", "--judge", path)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_scenarios_of_the_whole_language_run(self):
        done = self.run_it("--seed", "1", "--count", "16", "--kind", "language", "--keep", "/nonexistent", ORRERY)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"seed 1\n(.*\n)*faults: byzantine \d+, .*\nof \d+ keys and choices \d+ were used")


if __name__ == "__main__":
    unittest.main()
