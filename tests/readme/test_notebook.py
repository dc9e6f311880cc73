#!/usr/bin/env python3
"""docs/trace.ipynb runs without a browser; its figures are there, and its numbers are those of orrery stats."""

import os
import sys
import tempfile

try:
    import h5py  # noqa: F401
    import ipykernel  # noqa: F401
    import matplotlib  # noqa: F401
    import nbclient
    import nbformat
    import pandas  # noqa: F401
except ImportError as missing:
    print(f"not run: {missing} (python3-nbclient, python3-ipykernel, python3-h5py, python3-pandas, python3-matplotlib)")
    sys.exit(77)

SOURCE = os.path.abspath(os.environ.get("ORRERY_SOURCE", "."))
ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))


def main(folder):
    book = nbformat.read(os.path.join(SOURCE, "docs/trace.ipynb"), as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, "it is kept without what it printed"
    os.environ.update(ORRERY=ORRERY, ORRERY_SOURCE=SOURCE, IPYTHONDIR=folder, JUPYTER_RUNTIME_DIR=folder, MPLCONFIGDIR=folder)
    # The numbers, once more, from the kernel itself.
    book.cells.append(nbformat.v4.new_code_cell(
        "row = {r['metric']: r for r in stats['rows']}['commit']\n"
        "assert row['n'] == len(latency) and abs(row['mean'] - latency.mean()) < 1e-9 and abs(row['max'] - latency.max()) < 1e-9\n"
        "assert sent.loc['val.0', 'prevote'] > 0 and len(sent) == 10"))
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": folder}}).execute()
    shown = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in shown) == 1
    assert sum("text/html" in output.get("data", {}) for output in shown) == 2


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="orrery-notebook-") as scratch:
        main(scratch)
    print("100%: Checks: 1, Failures: 0, Errors: 0")
