#!/usr/bin/env python3
"""docs/python.md as it stands: its commands, and its Python in one process; its figures are those of orrery stats."""

import contextlib
import csv
import io
import os
import re
import subprocess
import sys
import tempfile

try:
    import h5py  # noqa: F401
    import matplotlib  # noqa: F401
    import pandas  # noqa: F401
except ImportError as missing:
    print(f"not run: {missing} (python3-h5py, python3-pandas, python3-matplotlib)")
    sys.exit(77)

SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))


def near(a, b):
    assert abs(float(a) - float(b)) <= 1e-6 * abs(float(b)), (a, b)


def main():
    with open(os.path.join(SOURCE, "docs/python.md"), encoding="utf-8") as f:
        page = f.read()
    commands, code = (re.findall(rf"^```{kind}\n(.*?)^```", page, re.M | re.S) for kind in ("sh", "python"))
    assert len(commands) == 1 and len(code) == 3, "blocks of the page"
    for line in commands[0].splitlines():
        verb, scenario, *more = line.split()[1:]
        subprocess.run([ORRERY, verb, os.path.join(SOURCE, scenario), *more, "--quiet"], check=True)
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        for block in code:
            exec(compile(block, "docs/python.md", "exec"), names)  # pylint: disable=exec-used
    with open("latency.pdf", "rb") as f:
        assert f.read(5) == b"%PDF-"
    for kind in ("proposal", "prevote", "precommit"):
        assert re.search(rf"^{kind} +[1-9]\d+ +[1-9]\d+$", said.getvalue(), re.M), said.getvalue()
    stats = subprocess.run([ORRERY, "stats", "sweep", "--metric", "latency_p99_s", "--csv"], check=True, capture_output=True)
    runs = names["runs"].groupby(["nodes.val.count", "variant"]).latency_p99_s
    rows = list(csv.DictReader(io.StringIO(stats.stdout.decode())))
    assert len(rows) == 8
    for row in rows:
        group = runs.get_group((int(row["nodes.val.count"]), row["variant"]))
        assert len(group) == int(row["runs"]) == 3
        near(row["mean"], group.mean())
        near(row["sd"], group.std())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="orrery-python-") as folder:
        os.chdir(folder)
        main()
    print("100%: Checks: 1, Failures: 0, Errors: 0")
