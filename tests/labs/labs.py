"""What the tests of labs share: the program, a scratch folder, a grade as JSON."""
import json
import os
import subprocess
import tempfile

SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
PROGRAM = os.path.join(SOURCE, os.environ.get("ORRERY_BIN", "build/release/sim/orrery"))
SCRATCH = tempfile.TemporaryDirectory()
ENVIRONMENT = {**os.environ, "XDG_CACHE_HOME": os.path.join(SCRATCH.name, "cache"), "NO_COLOR": "1",
               "TMPDIR": os.path.join(SCRATCH.name, "tmp")}
os.mkdir(ENVIRONMENT["XDG_CACHE_HOME"])
os.mkdir(ENVIRONMENT["TMPDIR"])


def run(*arguments, cwd=None, **more):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, cwd=cwd,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL, **more)


def grade(folder, *arguments):
    """Exit code and report of `orrery lab grade`; the second is None when none was printed."""
    said = run("lab", "grade", folder, "--form", "json", *arguments)
    return said.returncode, json.loads(said.stdout) if said.stdout else None, said.stderr


def rest():
    """Nothing is left behind in the folder for temporary files."""
    return os.listdir(ENVIRONMENT["TMPDIR"])
