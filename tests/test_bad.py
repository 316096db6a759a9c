# SPDX-License-Identifier: MIT
"""Every file of tests/bad: what must come out does, nothing beside it is lost, and reading one only reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bad.build import DAMAGE, HOSTILE, damaged

import cardlib
from cardlib.formats import FORMATS
from conftest import ROOT

BAD = ROOT / "tests/bad"
CASES = json.loads((BAD / "cases.json").read_text("utf-8"))


def test_files_are_those_that_the_script_makes_and_give_what_is_written_down() -> None:
    made = damaged()
    assert len(made) == len(FORMATS) * len(DAMAGE) >= 300
    assert {file: expected for file, (_, expected) in made.items()} == CASES
    files = {file: data for file, (data, _) in made.items()}
    kept = {file.name for file in BAD.glob("*.*")} - {"README.md", "build.py", "cases.json"}
    assert kept == {*files, *(f"any.{name}" for name in HOSTILE)}
    assert all((BAD / file).read_bytes() == data for file, data in files.items())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name: str) -> None:
    _, count, problems = HOSTILE[name]
    if count is None:
        with pytest.raises(cardlib.CaptureError) as caught:
            cardlib.read(BAD / f"any.{name}")
        assert str(caught.value).count("\n") == 0
    else:
        capture = cardlib.read(BAD / f"any.{name}")
        assert (len(capture.exchanges), Counter(one.kind for one in capture.problems)) == (count, problems)


WATCHED = """
import os, pathlib, sys, cardlib
def look(file):
    try:
        capture = cardlib.read(file)
    except cardlib.CaptureError as fault:
        return str(fault)
    return cardlib.mask(capture) + "".join(map(cardlib.mask, capture.exchanges)) + str(cardlib.transactions(capture))
files = sorted(pathlib.Path(sys.argv[1]).glob("*.*"))
for file in files:
    look(file)  # loads what is loaded when it is first needed
seen, harmless = set(), {"object", "sys", "code", "marshal", "builtins"}
allowed = {str(file) for file in files}
def watch(event, details):
    known = event == "open" and (type(details[0]) is int or str(details[0]) in allowed)  # a number is open already
    if known and not details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return
    if event.split(".")[0] not in harmless:
        seen.add(event)
sys.addaudithook(watch)
for file in files:
    look(file)
print(len(files), sorted(seen))
compile("1", "", "eval"), open(os.devnull, "w").close(), os.mkdir("made")
print(sorted(seen))
"""


def test_reading_opens_the_file_to_read_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WATCHED, str(BAD)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert found.stdout == f"{len(list(BAD.glob('*.*')))} []\n['compile', 'open', 'os.mkdir']\n", found.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["made"]  # the watch sees what is done
