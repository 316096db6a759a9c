# SPDX-License-Identifier: MIT
"""Every file of tests/bad: what must come out does, nothing beside it is lost, and reading one only reads it."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bad.build import DAMAGE, HOSTILE, NO_EXCHANGE, bag, bases, damaged
from bad.build import read as exchanges_of

import cardlib
from cardlib.formats import FORMATS
from conftest import ROOT

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

BAD = ROOT / "tests/bad"
BASES = bases()
LEAST = {
    "Proxmark3 trace": 0.99,
    "ISO 14443 pcap": 0.99,
    "nfcsnoop": 0.99,
}  # only the length of a record tells where the next one begins
CASES = json.loads((BAD / "cases.json").read_text("utf-8"))


def test_files_are_those_that_the_script_makes_and_give_what_is_written_down() -> None:
    made = damaged()
    assert len(made) == (len(FORMATS) - len(NO_EXCHANGE)) * len(DAMAGE) >= 300
    assert {file: expected for file, (_, expected) in made.items()} == CASES
    files = {file: data for file, (data, _) in made.items()}
    kept = {file.name for file in BAD.glob("*.*")} - {"README.md", "build.py", "cases.json"}
    assert kept == {*files, *(f"any.{name}" for name in HOSTILE)}
    assert all((BAD / file).read_bytes() == data for file, data in files.items())


def changed(data: bytes, start: int, stop: int, rng: random.Random) -> bytes:
    """One place changed between two others: a bit, a byte, some bytes cut out or put in, a run of 00 or FF."""
    at = rng.randrange(start, stop)
    size = min(rng.choice((1, 1, 2, 4, 16)), stop - at)
    flipped, put_in = (
        bytes([data[at] ^ 1 << rng.randrange(8)]),
        rng.randbytes(size) + data[at : at + size],
    )
    return (
        data[:at]
        + rng.choice((flipped + data[at + 1 : at + size], b"", put_in, bytes(size), b"\xff" * size))
        + data[at + size :]
    )


def kept(name: str, seeds: range) -> float:
    """The share of exchanges that come out as they were, among those that were not hit; a changed one is no other."""
    data = BASES[name]
    whole = exchanges_of(name, data)[0]
    lost = 0
    for seed in seeds:
        rng = random.Random(seed)
        hit = rng.randrange(len(whole))
        start, stop = whole[hit].frames[0].start, whole[hit].frames[-1].stop
        stop -= data[stop - 1 : stop] == b"\n"  # which would be damage to the next line
        found = bag(exchanges_of(name, changed(data, start, stop, rng))[0])
        lost += (bag([one for one in whole if one.index != hit]) - found).total()
    return 1 - lost / len(seeds) / (len(whole) - 1)


@pytest.mark.parametrize("name", BASES)
def test_damage_costs_no_other_exchange(name: str) -> None:
    assert kept(name, range(30)) >= LEAST.get(name, 0.999)


@pytest.mark.long
@pytest.mark.parametrize("name", BASES)
def test_damage_costs_no_other_exchange_often(name: str) -> None:
    assert kept(name, range(20_000)) >= LEAST.get(name, 0.999)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name: str) -> None:
    _, count, problems = HOSTILE[name]
    if count is None:
        with pytest.raises(cardlib.CaptureError) as caught:
            cardlib.read(BAD / f"any.{name}")
        assert "\n" not in caught.value.reason and str(caught.value).count("\n") < 24
    else:
        capture = cardlib.read(BAD / f"any.{name}")
        assert (len(capture.exchanges), Counter(one.kind for one in capture.problems)) == (
            count,
            problems,
        )


SOME = 11  # most formats in one kind of damage, and each kind in many formats
WATCHED = """
import encodings.cp1252, encodings.unicode_escape, os, pathlib, sys, cardlib
def look(file):
    try:
        capture = cardlib.read(file)
    except cardlib.CaptureError as fault:
        return str(fault)
    return cardlib.mask(capture) + "".join(map(cardlib.mask, capture.exchanges)) + str(cardlib.transactions(capture))
files = [file for file in sorted(pathlib.Path(sys.argv[1]).glob("*.*")) if file.suffix != ".json"]
seen, harmless = set(), {"object", "sys", "code", "marshal", "builtins"}
loads = {"import", "exec", "compile", "os.listdir", "os.scandir", "pathlib.Path.glob"}  # when it is first needed
first, allowed = True, {str(file) for file in files}
def watch(event, details):
    known = event == "open" and (first or type(details[0]) is int or str(details[0]) in allowed)  # a number is open
    if known and not details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return
    if event.split(".")[0] not in harmless and not (first and event in loads):
        seen.add(event)
looked_at = [file for file in files if file.stem == "any"] + files[::int(sys.argv[2])]
sys.addaudithook(watch)
for file in files[::9]:
    look(file)
first = False
for file in looked_at:
    look(file)
print(len(looked_at), sorted(seen))
compile("1", "", "eval"), open(os.devnull, "w").close(), os.mkdir("made")
print(sorted(seen))
"""


@pytest.mark.parametrize("step", [SOME, pytest.param(1, marks=pytest.mark.long)])
def test_reading_opens_the_file_to_read_and_nothing_else(step: int, tmp_path: Path) -> None:
    command, env = (
        [sys.executable, "-c", WATCHED, str(BAD), str(step)],
        {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    captures = [file for file in BAD.glob("*.*") if file.suffix != ".json"]
    count = len(HOSTILE) + math.ceil(len(captures) / step)
    assert found.stdout == f"{count} []\n['compile', 'open', 'os.mkdir']\n", found.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["made"]  # the watch sees what is done
