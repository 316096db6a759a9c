# SPDX-License-Identifier: MIT
"""Many captures as one dataset: rows and bytes on disk, and one process beside two.

Equal first: the same rows in all tables. The captures are taps of a shop (traces/makers).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import harness

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cardlib.corpus.corpus import Corpus, corpus
from cardlib.corpus.parts import TABLES
from traces.makers import shop


def made(captures: Path, out: Path, jobs: int) -> Corpus:
    """A new dataset, read by so many processes."""
    shutil.rmtree(out, ignore_errors=True)
    return corpus(captures, out=out, jobs=jobs, progress=False)


def rows_of(dataset: Corpus, table: str) -> list[str]:
    return sorted(map(repr, dataset.table(table).to_pylist()))


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.parquet"))


def show_sizes(dataset: Corpus) -> None:
    """The rows and bytes of each table, the bytes an exchange."""
    exchanges = dataset.table("exchanges").num_rows
    for table in TABLES:
        count = dataset.table(table).num_rows
        size = size_of(dataset.folder / table)
        print(f"  {table:10} {count:9,} rows {size:11,} bytes {size / exchanges:8.1f} an exchange")
    each = size_of(dataset.folder) / exchanges
    print(f"  {exchanges:,} exchanges, {each:.0f} bytes each on disk in all tables")


def main() -> None:
    options = harness.options(__doc__ or "", count=300, rounds=3)
    harness.begin("Many captures as one dataset", "pyarrow", "fsspec")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        captures = folder / "captures"
        shop.write(captures, options.count)
        alone = made(captures, folder / "one", 1)
        together = made(captures, folder / "two", 2)
        for table in TABLES:
            assert rows_of(alone, table) == rows_of(together, table), table
        print(f"  equal rows of {options.count} captures, read by one process and by two")
        show_sizes(alone)
        if not options.rounds:
            return
        jobs = {
            "one process": lambda: made(captures, folder / "one", 1),
            "two processes": lambda: made(captures, folder / "two", 2),
        }
        times = harness.alternate(options.rounds, jobs)
        for job, own in times.items():
            harness.show(job, own, f"{options.count / own.medians[0]:.0f} captures a second")
        harness.ratio("one process / two", *times.values(), "2 at most")


if __name__ == "__main__":
    main()
