#!/usr/bin/env python3
"""`orrery vault slashing`: a run with remote signers, and what it exports (EIP-3076)."""

import json
import os
import subprocess

import vault

SCENARIO = os.path.join(vault.SOURCE, "scenarios/remote-signer.yaml")


class Slashing(vault.Case):
    def run_scenario(self, *more):
        trace = self.path("t.h5")
        subprocess.run([vault.ORRERY, "run", SCENARIO, "--out", trace, "--no-plot", "--quiet", *more], check=True,
                       stdin=subprocess.DEVNULL)
        return trace

    def test_every_place_is_signed_once_and_in_the_form_of_eip_3076(self):
        found = json.loads(self.out("slashing", self.run_scenario()))
        self.assertEqual({"metadata", "data"}, set(found))
        self.assertEqual("5", found["metadata"]["interchange_format_version"])
        self.assertRegex(found["metadata"]["genesis_validators_root"], "^0x[0-9a-f]{64}$")
        self.assertEqual(4, len(found["data"]))  # the standby has main's key
        for key in found["data"]:
            self.assertEqual({"pubkey", "signed_blocks", "signed_attestations"}, set(key))
            self.assertRegex(key["pubkey"], "^0x[0-9a-f]{64}$")
            for rows, field in (("signed_blocks", "slot"), ("signed_attestations", "target_epoch")):
                places = [int(row[field]) for row in key[rows]]
                self.assertGreater(len(places), 5)
                self.assertEqual(sorted(set(places)), places)
                for row in key[rows]:
                    self.assertIsInstance(row[field], str)
                    self.assertRegex(row["signing_root"], "^0x[0-9a-f]{64}$")
            self.assertEqual({"0"}, {row["source_epoch"] for row in key["signed_attestations"]})
            heights = [int(row["target_epoch"]) >> 25 for row in key["signed_attestations"]]
            self.assertGreater(len(set(heights)), 30)

    def test_it_writes_a_file_and_refuses_what_is_no_trace_or_tells_nothing(self):
        trace = self.run_scenario()
        self.run_vault("slashing", trace, "--out", self.path("slashing.json"))
        with open(self.path("slashing.json"), encoding="utf-8") as f:
            self.assertEqual(json.loads(self.out("slashing", trace)), json.load(f))
        self.run_vault("slashing", trace, "--out", self.path("slashing.json"), code=2)
        self.assertIn(b"no trace", self.run_vault("slashing", SCENARIO, code=2).stderr)
        bare = self.run_scenario("--set", "record=[decisions]")
        self.assertIn(b"record: [outputs]", self.run_vault("slashing", bare, code=2).stderr)


if __name__ == "__main__":
    vault.main()
