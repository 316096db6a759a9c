# SPDX-License-Identifier: MIT
"""What the benchmarks share: rounds that alternate between peers, medians, and the circumstances of a run.

Nothing here fails because of a time. Equal output is asserted by each benchmark before it measures anything.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

Job = Callable[[], Any]  # its result is kept until the clock is stopped


@dataclass
class Times:
    """Wall and user CPU seconds of each round of one peer."""

    wall: list[float] = field(default_factory=list)
    user: list[float] = field(default_factory=list)

    def add(self, wall: float, user: float) -> None:
        self.wall.append(wall)
        self.user.append(user)

    @property
    def medians(self) -> tuple[float, float]:
        return statistics.median(self.wall), statistics.median(self.user)


def options(text: str, count: int, rounds: int) -> argparse.Namespace:
    """The command line of every benchmark."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument(
        "--count", type=int, default=count, help="how much work (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="0: only that the outputs are equal"
    )
    return parser.parse_args()


def begin(title: str, *packages: str) -> None:
    """The title and the circumstances: versions, load, collector."""
    versions = ", ".join(f"{name} {version(name) or 'not installed'}" for name in packages)
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"\n{title}")
    print(
        f"  {platform.python_implementation()} {platform.python_version()}, {versions or 'no other packages'}"
    )
    state = f"on {gc.get_threshold()}" if gc.isenabled() else "off"
    print(f"  {platform.system()}, {os.cpu_count()} cores, load average {load}, collector {state}")


def version(package: str) -> str:
    """The installed version, or empty."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def alternate(rounds: int, jobs: dict[str, Job]) -> dict[str, Times]:
    """Run the jobs in turn, `rounds` times after one round to warm up; each begins with a collected heap."""
    times = {name: Times() for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            gc.collect()
            wall, cpu = time.perf_counter(), user()
            kept = job()
            wall, cpu = time.perf_counter() - wall, user() - cpu
            del kept
            if turn:
                times[name].add(wall, cpu)
    return times


def user() -> float:
    """User CPU seconds of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def cold(command: list[str], output: Path) -> tuple[float, float, int]:
    """Run a whole process with its output in a file: wall seconds, user seconds, and peak memory in KiB.

    The peak is never below that of the process that starts it, which is why this one is kept small. Byte code is
    kept beside the output, so that only the first run of a script compiles it, as it is for every user.
    """
    others = (
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
    )  # the second: a system call for each line of ours alone
    environment = {key: value for key, value in os.environ.items() if key not in others}
    environment["PYTHONPYCACHEPREFIX"] = str(output.parent)
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command[0]} ended with {process.returncode}"
    return wall, usage.ru_utime, usage.ru_maxrss


def show(name: str, times: Times, work: str = "") -> None:
    """One line: the medians of a peer, and the work that they stand for."""
    wall, user = times.medians
    print(f"  {name:38} {1000 * wall:9.1f} ms wall {1000 * user:9.1f} ms user  {work}".rstrip())


def ratio(text: str, above: Times, below: Times, aim: str) -> None:
    """One line: how many times as long one took as the other, by wall and by user time."""
    wall, user = (
        a / b if b else float("nan") for a, b in zip(above.medians, below.medians, strict=True)
    )
    print(f"  {text:38} {wall:9.2f} wall    {user:9.2f} user     {aim}".rstrip())
