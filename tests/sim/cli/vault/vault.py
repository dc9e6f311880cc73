"""What the tests of `orrery vault` share: running it, and where the public vectors are."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ORRERY = os.environ.get("ORRERY_BIN", "build/dev/sim/orrery")
SOURCE = os.environ.get("ORRERY_SOURCE", ".")
VECTORS = os.environ.get("ORRERY_VECTORS", os.path.join(SOURCE, "../shared/vectors"))


def vectors(name):
    path = os.path.join(VECTORS, "vault", name)
    if not os.path.exists(path):
        print(f"not run: no {path} (set ORRERY_VECTORS to the folder of public test vectors)")
        sys.exit(77)
    if not name.endswith(".json"):
        return path
    with open(path, encoding="utf-8") as f:
        return json.load(f)


EVERY = bool(os.environ.get("EVERY"))


def sample(cases, step):
    """Some of the cases, which tests/vectors and the tests of models/vault run whole; at night (EVERY) all."""
    return cases if EVERY else cases[::step]


class Case(unittest.TestCase):
    """A test with a folder of its own that nobody else may read; in memory, for each verb that writes waits for the disk."""

    def setUp(self):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="orrery-vault-", dir=memory)
        self.addCleanup(shutil.rmtree, self.folder)
        self.vault = self.path("v.orr")

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content):
        if isinstance(content, str):
            content = content.encode()
        with open(self.path(name), "wb") as f:
            f.write(content)
        return self.path(name)

    def run_vault(self, *args, stdin=b"", code=0, **more):
        """Runs a verb and wants an exit code."""
        if isinstance(stdin, str):
            stdin = stdin.encode()
        done = subprocess.run([ORRERY, "vault", *args], input=stdin, capture_output=True, check=False,
                              start_new_session=True, **more)
        if code is not None:
            self.assertEqual(code, done.returncode, f"{args}: {done.stderr.decode(errors='replace')}")
        return done

    def out(self, *args, **more):
        return self.run_vault(*args, **more).stdout.decode()

    def json(self, *args, **more):
        return json.loads(self.run_vault(*args, "--json", **more).stdout)


def main():
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
