# SPDX-License-Identifier: MIT
"""That each benchmark still compares equal things: its own check, on a tiny size. Never a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
CASES = {
    "bench_tlv.py": (60, "equal output: templates as made, cardlib"),
    "bench_tree.py": (60, "60 templates"),
    "bench_gsmtap.py": (300, "cardlib: 300 lines"),
    "bench_notebook.py": (30, "30 exchanges read, in the table and in both plots"),
}


def test_every_benchmark_is_here() -> None:
    assert {path.name for path in FOLDER.glob("bench_*.py")} == set(CASES)


@pytest.mark.parametrize("script", CASES)
def test_equal_output_on_a_tiny_size(script: str) -> None:
    count, said = CASES[script]
    command = [sys.executable, str(FOLDER / script), "--count", str(count), "--rounds", "0"]
    paths = os.pathsep.join(filter(None, (str(FOLDER.parent), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
