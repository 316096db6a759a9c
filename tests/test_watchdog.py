# SPDX-License-Identifier: MIT
"""A test that does not end is ended, and named; the tests behind it run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
ENDLESS = """
import re, time
from hypothesis import given, strategies

def test_in_python():
    while True:
        pass

def test_where_exceptions_are_caught():
    while True:
        try:
            while True:
                pass
        except Exception:
            pass

def test_in_an_expression():
    re.match("(a+)+b", "a" * 99)

@given(strategies.none())
def test_in_an_example(nothing):
    while True:
        pass

def test_that_waits():
    time.sleep(0.5)
"""
UNREACHED = """
import itertools

def test_in_c():
    sum(itertools.repeat(0))
"""


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest over these tests, each with a fifth of a second of the processor."""
    (folder / "test_endless.py").write_text(text, "utf-8")
    plugins = ["-p", "conftest", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        *plugins,
        "--cpu-limit=0.2",
        "--rootdir",
        str(folder),
        str(folder),
    ]
    names = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.run(
        command, capture_output=True, text=True, env=names, cwd=folder, check=False
    )


def test_a_test_without_end_fails_under_its_name(tmp_path: Path) -> None:
    done = run(tmp_path, ENDLESS)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("in_python", "where_exceptions_are_caught", "in_an_expression", "in_an_example"):
        assert (
            f"TooLong: test_endless.py::test_{name} used more than 0.2 s of the processor"
            in done.stdout
        )
    assert "4 failed, 1 passed" in done.stdout


def test_a_test_that_no_signal_reaches_ends_with_its_process(tmp_path: Path) -> None:
    assert run(tmp_path, UNREACHED).returncode == -signal.SIGXCPU
