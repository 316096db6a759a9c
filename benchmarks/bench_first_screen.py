# SPDX-License-Identifier: MIT
"""The first screen of a log of 200 MB: the seconds of a process that starts cold, and the memory that it takes.

The same for a log that is one long session, for the packed log, and, to compare, for a log of a few lines. What is
printed is asserted first: a summary, 50 exchanges, and how to see more.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness

ROOT = Path(__file__).resolve().parent.parent
SHOW = (sys.executable, "-m", "cardlib.cli", "show")
SHOWN = 50
ATR = "ATR: 3B 65 00 00 20 63 CB 6A 00\n"
PAYMENT = """> 00 A4 04 00 07 A0 00 00 00 04 10 10 00
< 6F 1A 84 07 A0 00 00 00 04 10 10 A5 0F 50 0A 4D 61 73 74 65 72 43 61 72 64 87 01 01 90 00
> 80 A8 00 00 02 83 00 00
< 77 0A 82 02 1C 00 94 04 08 01 01 00 90 00
> 00 B2 01 0C 00
< 70 0A 5A 08 54 13 33 00 89 00 00 11 90 00
"""


def write(file: Path, size: int, text: str, head: str = "") -> None:
    """A log of that size: a text again and again."""
    block = text * (1 + (1 << 20) // len(text))
    with file.open("w", encoding="ascii") as log:
        log.write(head)
        for _ in range(max(size // len(block), 1)):
            log.write(block)


def shown(file: Path, times: harness.Times | None = None) -> tuple[list[str], int]:
    """What is printed, and the largest memory of the process in KiB; adds what it took to the times."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*SHOW, str(file)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout
    rows = process.stdout.read().decode().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    if times:
        times.add(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return rows, usage.ru_maxrss


def check(file: Path) -> None:
    """The screen has the headline, so many exchanges, and says how to see more."""
    rows, _ = shown(file)
    exchanges = [row for row in rows if row[:5].strip().isdigit()]
    assert len(exchanges) == SHOWN and "--stream, --all" in rows[-1], rows
    assert any(row.startswith("  => ") for row in rows)


def measure(name: str, file: Path, rounds: int) -> None:
    """One line of the table."""
    times = harness.Times()
    memory = max(shown(file, times)[1] for _ in range(rounds)) / 1024
    size = file.stat().st_size / 1e6
    harness.show(name, times, f"{size:.1f} MB, in {memory:.0f} MiB of memory")


def main() -> None:
    given = harness.options(__doc__ or "", count=200, rounds=5)
    harness.begin(f"first screen of show, a cold process, a log of {given.count} MB")
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder, "few.txt")
        few.write_text(ATR + PAYMENT, "ascii")
        sessions = Path(folder, "sessions.txt")
        write(sessions, given.count * 1_000_000, ATR + PAYMENT * 20)
        session = Path(folder, "session.txt")
        write(session, given.count * 1_000_000, PAYMENT, ATR)
        packed = Path(folder, "packed.gz")
        with sessions.open("rb") as log, gzip.open(packed, "wb", 1) as target:
            shutil.copyfileobj(log, target)
        check(sessions)
        check(session)
        print(f"  a headline, {SHOWN} exchanges, and how to see more")
        if not given.rounds:
            return
        measure("a few lines", few, given.rounds)
        measure("many sessions", sessions, given.rounds)
        measure("one long session", session, given.rounds)
        measure("many sessions, gzip", packed, given.rounds)


if __name__ == "__main__":
    main()
