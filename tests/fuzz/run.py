# SPDX-License-Identifier: MIT
"""Fuzzes one target, or all: python tests/fuzz/run.py [TARGET] [EXECUTIONS]. Needs atheris (the extra `fuzz`).

An input that raises is written to the folder where this runs, and the run ends; give its name to see it again.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr
from pathlib import Path

SHARES = {
    "readers": 0.045,
    "whole": 0.005,
    "atr": 0.2,
    "tlv": 0.25,
    "transport": 0.5,
}  # the slow ones run less often
TOTAL = 2_000_000


def fuzz(name: str, runs: int) -> None:
    """Execute a target that many times; libFuzzer ends the process."""
    import atheris

    with (
        redirect_stderr(io.StringIO()),
        atheris.instrument_imports(include=["cardlib"]),
    ):  # it names every module
        from targets import SEEDS, TARGETS, variant
    target, seeds = TARGETS[name], SEEDS[name]
    done = yielding = 0
    begin = time.monotonic()

    def once(data: bytes) -> None:
        nonlocal done, yielding
        yielding += target(data)
        done += 1
        if done == runs:
            share, seconds = 100 * yielding / done, time.monotonic() - begin
            print(
                f"{name}: {done} executions, {share:.1f} % yielded something, {seconds:.0f} s",
                flush=True,
            )
            assert done < 1000 or share >= 50, (
                "most inputs should be near enough to valid ones to yield something"
            )

    def change(data: bytes, size: int, seed: int) -> bytes:
        return variant(bytes(data), seed, seeds)[:size]

    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(seeds):
            (Path(folder) / str(number)).write_bytes(one)
        options = [
            f"-atheris_runs={runs}",
            "-max_len=8192",
            "-timeout=300",
            "-rss_limit_mb=1024",
            "-verbosity=0",
            "-seed=1",
        ]
        atheris.Setup([sys.argv[0], *options, folder], once, custom_mutator=change)
        atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """All targets at once, each in a process of its own; or the one that is named."""
    name = next((one for one in arguments if one in SHARES), None)
    total = next((int(one) for one in arguments if one.isdecimal()), TOTAL)
    if name:
        fuzz(name, total)
        return 0
    runs = {one: max(int(total * share), 1) for one, share in SHARES.items()}
    started = [
        subprocess.Popen([sys.executable, __file__, one, str(count)]) for one, count in runs.items()
    ]
    return max(abs(process.wait()) for process in started)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
