#!/usr/bin/python3
"""Each test of the Go implementation's suite is mirrored by name, or docs/gossip.md says why not; never both."""
import glob
import os
import re
import sys

source = os.environ["ORRERY_SOURCE"]
path = os.path.join(os.environ.get("ORRERY_SHARED") or os.path.join(source, "../shared"),
                    "data/gossipsub-reference-tests.md")
if not os.path.exists(path):
    print(f"not run: no {path} (set ORRERY_SHARED to the folder of shared data)")
    sys.exit(77)


def words(text):
    return set(re.findall(r"\w+", text))


with open(path, encoding="utf-8") as f:
    names = [w for line in f if not line.startswith("#") for w in line.split()]
mirrored = set()
for file in glob.glob(os.path.join(source, "tests/models/gossip/*.c")):
    with open(file, encoding="utf-8") as f:
        for comment in re.findall(r"/\*.*?\*/", f.read(), re.S):
            mirrored |= words(comment)
with open(os.path.join(source, "docs/gossip.md"), encoding="utf-8") as f:
    excused = words(f.read().split("| test | why not |")[1])
assert len(names) > 100
wrong = [n for n in names if (n in mirrored) == (n in excused)]
assert not wrong, f"neither mirrored nor excused, or both: {' '.join(wrong)}"
print(f"{len(names)} tests: {sum(n in mirrored for n in names)} mirrored, {sum(n in excused for n in names)} excused")
