# SPDX-License-Identifier: MIT
"""What a person at a notebook waits for, after the imports: a long EMV log read, its table, its two timing plots.

Nothing to compare with; that table and plots hold every exchange is asserted first.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
import matplotlib as mpl
import synthetic_emv

import cardlib
from cardlib.show import plots, tables

mpl.use("Agg")
AIM = 600


def steps(path: str) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """The steps in their order; each is given what those before it made."""
    return {
        "read": lambda _: cardlib.read(path),
        "exchanges table": lambda made: tables.exchanges(made["read"]),
        "timeline": lambda made: plots.timeline(made["read"]),
        "timeline as picture": lambda made: plots.picture(made["timeline"]),
        "latency": lambda made: plots.latency(made["read"]),
        "latency as picture": lambda made: plots.picture(made["latency"]),
    }


def check(path: str, count: int) -> None:
    """That every exchange is there, with a time."""
    made: dict[str, Any] = {}
    for name, step in steps(path).items():
        made[name] = step(made)
    capture, table = made["read"], made["exchanges table"]
    assert not capture.problems, capture.problems[0].detail
    assert len(capture.exchanges) == len(table) == count, (
        f"{len(capture.exchanges)} exchanges, {len(table)} rows"
    )
    assert table["duration_ns"].notna().all() and (table["sw"] == "9000").all()
    assert str(count) in made["timeline"].get_gid() and str(count) in made["latency"].get_gid()
    assert all(
        made[name].png.startswith(b"\x89PNG")
        for name in ("timeline as picture", "latency as picture")
    )
    print(
        f"  {count} exchanges read, in the table and in both plots; {Path(path).stat().st_size} bytes"
    )


def main() -> None:
    given = harness.options(__doc__ or "", count=10_000, rounds=5)
    harness.begin(
        "Notebook: an EMV log read, tabulated and plotted", "pandas", "matplotlib", "numpy"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.card.jsonl"
        synthetic_emv.write_log(path, given.count)
        began = time.perf_counter()
        cardlib.read(path)
        print(
            f"  the first read of a process, with the dictionaries: {1000 * (time.perf_counter() - began):.0f} ms"
        )
        check(str(path), given.count)
        if not given.rounds:
            return
        times = {name: harness.Times() for name in steps(str(path))}
        for _ in range(given.rounds):
            made: dict[
                str, Any
            ] = {}  # what the round before made is gone: a notebook does this once
            gc.collect()
            for name, step in steps(str(path)).items():
                wall, user = time.perf_counter(), harness.user()
                made[name] = step(made)
                times[name].add(time.perf_counter() - wall, harness.user() - user)
    for name, own in times.items():
        harness.show(name, own)
    whole = sum(own.medians[0] for own in times.values())
    print(f"  {'in all':38} {1000 * whole:9.1f} ms wall; aim {AIM}")


if __name__ == "__main__":
    main()
