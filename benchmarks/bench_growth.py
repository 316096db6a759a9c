# SPDX-License-Identifier: MIT
"""Ten times the exchanges in one file: how many times the time and the memory of stream, check and a dataset.

Each step is a process of its own, which says how many exchanges it saw; any other number than that of the file ends
the benchmark. The file is of one kind, purchases with one card and without times: how the steps grow with files of
other kinds is not measured, nor how the explorer does.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import bench_check
import harness

SIZES = (1_000, 10_000, 100_000, 1_000_000)
AIM = "aim at most 11 in user time"


def stream(file: Path, folder: Path) -> int:
    from cardlib.core.model import Exchange
    from cardlib.road.pipeline import stream

    return sum(isinstance(item, Exchange) for item in stream(file))


def check(file: Path, folder: Path) -> int:
    from cardlib.road.pipeline import read
    from cardlib.rules import RULES, check

    capture = read(file)
    check(capture, RULES)
    return len(capture.exchanges)


def dataset(file: Path, folder: Path) -> int:
    from cardlib.core.version import VERSION
    from cardlib.corpus.inputs import inputs_of
    from cardlib.corpus.parts import FILES, SCHEMA, Place
    from cardlib.corpus.tasks import Task, done

    Place(folder).begin({"schema": SCHEMA})
    task = Task("part", tuple(inputs_of(file)), str(folder), VERSION)
    [row] = done(task, lambda number: None)
    return int(row[FILES.index("exchanges")])


JOBS: dict[str, Callable[[Path, Path], int]] = {
    "stream": stream,
    "check": check,
    "dataset": dataset,
}


def measured(job: str, file: Path, count: int, rounds: int) -> tuple[harness.Times, int]:
    """The times of a job in processes of its own, and its peak memory in KiB."""
    times, peak = harness.Times(), 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            output = Path(folder) / "output"
            command = [sys.executable, __file__, job, str(file), f"{folder}/dataset"]
            wall, user, memory = harness.cold(command, output)
            assert int(output.read_text("ascii")) == count, f"{job} saw other exchanges"
        times.add(wall, user)
        peak = max(peak, memory)
    return times, peak


def main() -> None:
    options = harness.options(__doc__ or "", SIZES[2], 1)
    harness.begin("Ten times the exchanges in one file", "pyarrow")
    sizes = [size for size in SIZES if size <= options.count] or [options.count]
    with tempfile.TemporaryDirectory() as name:
        for job in JOBS:
            before: harness.Times | None = None
            for size in sizes:
                file = bench_check.repeated(size, Path(name))
                if not options.rounds:
                    assert JOBS[job](file, Path(name) / "dataset") == size
                    print(f"  {job}: equal, {size} exchanges")
                    continue
                times, peak = measured(job, file, size, options.rounds)
                harness.show(f"{job}, {size:,}", times, f"{peak / 1024:.0f} MiB")
                if before:
                    harness.ratio(f"{job}, ten times / one time", times, before, AIM)
                before = times


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] in JOBS:
        print(JOBS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
