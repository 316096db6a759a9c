# SPDX-License-Identifier: MIT
"""That each benchmark still compares equal things: its own check, on a tiny size. Never a time."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from test_live_stack import alone, pcsc

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
CASES = {
    "bench_tlv.py": (60, "equal output: templates as made, cardlib"),
    "bench_tree.py": (60, "60 templates"),
    "bench_gsmtap.py": (300, "cardlib: 300 lines"),
    "bench_emv.py": (1, "equal output: 6 proofs verified by cardlib"),
    "bench_first_screen.py": (5, "a headline, 50 exchanges, and how to see more"),
    "bench_check.py": (100, "equal: "),
    "bench_corpus.py": (2, "equal rows of 2 captures"),
    "bench_faults.py": (2, "equal rows by one process and by two"),
    "bench_growth.py": (40, "dataset: equal, 40 exchanges"),
    "bench_explorer.py": (30, "30 exchanges in the page"),
    "bench_notebook.py": (30, "30 exchanges read, in the table and in both plots"),
}
LIVE = "bench_pcsc.py"


def test_every_benchmark_is_here() -> None:
    assert {path.name for path in FOLDER.glob("bench_*.py")} == {*CASES, LIVE}


@pytest.mark.parametrize("script", CASES)
def test_equal_output_on_a_tiny_size(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which has loaded already what most of them need."""
    count, said = CASES[script]
    monkeypatch.setattr(sys, "argv", [script, *arguments(count)])
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("PYTHONPATH", str(FOLDER), prepend=os.pathsep)  # bench_faults adds to it
    runpy.run_path(str(FOLDER / script), run_name="__main__")
    assert said in capsys.readouterr().out


@pcsc
def test_equal_answers_through_the_stack() -> None:
    with alone():
        run(LIVE, 60, "equal answers: 60 exchanges")


def test_without_pyscard_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smartcard.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    run(LIVE, 60, "not measured: pyscard is not installed")


def arguments(count: int) -> list[str]:
    return ["--count", str(count), "--rounds", "0"]


def run(script: str, count: int, said: str) -> None:
    command = [sys.executable, str(FOLDER / script), *arguments(count)]
    paths = os.pathsep.join(filter(None, (str(FOLDER.parent), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
