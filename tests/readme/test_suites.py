#!/usr/bin/env python3
"""Each test and scenario that docs/rollup-suites.md names is there."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\w+) \| (.+) \|$", re.M)
TEST = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+){3,}\b")


def absent(page, tests, scenarios):
    """Names in the right column of which there is no test or scenario."""
    rows = ROW.findall(page)
    named = [name for _, here in rows for name in TEST.findall(here)]
    named += [f"{name}.yaml" for _, here in rows for name in re.findall(r"scenario ([a-z0-9]+(?:-[a-z0-9]+)+)", here)]
    return len(rows), [name for name in named if name not in tests and name not in scenarios]


def main():
    page = (ROOT / "docs/rollup-suites.md").read_text()
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.c")
        for name in re.findall(r"START_TEST\((\w+)\)", path.read_text())
    }
    scenarios = {path.name for path in (ROOT / "scenarios").glob("*.yaml")}
    n_rows, missing = absent(page, tests, scenarios)
    for name in missing:
        print(f"docs/rollup-suites.md: there is no test {name}")
    planted = absent("| test_x | a_test_that_nobody_wrote |\n| test_y | scenario no-such |\n",
                     tests, scenarios)
    if planted != (2, ["a_test_that_nobody_wrote", "no-such.yaml"]):
        print(f"a row without its test is not noticed: {planted}")
        return 1
    print(f"{n_rows} rows")
    return 1 if missing or n_rows < 130 else 0


sys.exit(main())
