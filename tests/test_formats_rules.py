# SPDX-License-Identifier: MIT
"""The engine of the text formats: blocks, threads, levels, clocks; and the same laws for every table of rules."""

from __future__ import annotations

import io
import random
import re
from functools import cache

import pytest
from counted import events, is_even
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import check_format, samples

import cardlib
from cardlib.core.model import Coverage, Frame
from cardlib.formats import FORMATS, by_name
from cardlib.formats.lines import Item
from conftest import ROOT, SESSION

SAMPLE_FILES = ROOT / "tests/samples"
SAMPLES = {
    one.NAME: dict(samples())[one.NAME]
    for one in FORMATS
    if (SAMPLE_FILES / (re.sub(r"\W+", "_", one.NAME.lower()) + ".txt")).exists()
}
# T=0 has no Le behind data, and the card says how long its answer is; nor has a row of numbers.
T0 = {"scsniff", "simtrace2-sniff", "simtrace2-cardem", "swICC log"}
NO_LE = {*T0, "Android RIL log"}
RADIO = {"Proxmark3 list", "Chameleon log", "libnfc anticollision"}
SHOWN = 16  # bytes of a half in the window of cardpeek


def read(name: str, data: bytes) -> list[Item]:
    one, coverage = by_name(name), Coverage()
    assert one
    items = list(one.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    return items


def frames(items: list[Item]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


@pytest.mark.parametrize("name", SAMPLES)
def test_same_session_is_the_same_in_every_format(name: str) -> None:
    capture = cardlib.read_text(SAMPLES[name].decode())
    found = [
        (e.command and e.command.raw.hex().upper(), e.response and e.response.raw.hex().upper())
        for e in capture.exchanges
    ]
    if name in NO_LE:
        assert [tell for _, tell in found] == [tell for _, tell in SESSION]
        assert [ask and ask[:8] for ask, _ in found] == [ask[:8] for ask, _ in SESSION]
    elif name == "pcsc_scan output":
        assert found == []
    elif name == "cardpeek log":
        assert found == [
            (ask[: 2 * SHOWN], tell[:-4][: 2 * SHOWN] + tell[-4:]) for ask, tell in SESSION
        ]
    else:
        assert found == SESSION
    assert {problem.kind for problem in capture.problems} <= {"left out"}
    assert bool(capture.problems) == (name == "cardpeek log") and len(capture.sessions) == 1
    assert capture.sessions[0].clock == by_name(name).CLOCK  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(RADIO))
def test_radio_frames_are_the_bytes_in_the_air(name: str) -> None:
    found = frames(read(name, SAMPLES[name]))
    assert [(frame.sender, frame.data.hex().upper()) for frame in found[:4]] == [
        ("reader", "26"),
        ("card", "0400"),
        ("reader", "9320"),
        ("card", "56DD89787A"),
    ]
    wrapped = [frame.data[1:-2].hex().upper() for frame in found[8:]]
    assert wrapped == [half for pair in SESSION for half in pair] and {
        frame.kind for frame in found
    } == {
        "rf",
        "ats",
        "block",
    }


def damaged_line(data: bytes, rng: random.Random) -> tuple[int, int, bytes]:
    """A line of a file, where it stands, and the same line damaged in one place, without a new line end."""
    lines = data.splitlines(keepends=True)
    row = rng.randrange(len(lines))
    line = lines[row].rstrip(b"\n") or b" "
    at, size = rng.randrange(len(line)), rng.choice((1, 1, 2, 4, 16))
    new = rng.choice(
        (bytes([line[at] ^ 1 << rng.randrange(8)]), b"", b"\0", b"\xff" * size, rng.randbytes(size))
    )
    start = sum(map(len, lines[:row]))
    changed = line[:at] + new.translate(None, b"\r\n") + line[at + rng.choice((1, size)) :]
    return start, start + len(lines[row]), changed + b"\n"


@cache
def whole_frames(name: str) -> list[Frame]:
    """The frames of a sample as it is."""
    return frames(read(name, SAMPLES[name]))


def lost_neighbours(name: str, seed: int) -> int:
    """How many frames in lines that were not touched do not come out as before."""
    data = SAMPLES[name]
    start, stop, line = damaged_line(data, random.Random(seed))
    if name.startswith("pcsc-spy") and re.search(rb"0x|SCardStatus", data[start:stop]):
        return 0  # how many bytes follow, and of which call, stands in lines of its own
    shift = len(line) - (stop - start)
    found = {
        (f.start, f.sender, f.data) for f in frames(read(name, data[:start] + line + data[stop:]))
    }
    whole = whole_frames(name)
    if name == "scsniff":  # the pieces of one exchange hang together
        near = [i for i, frame in enumerate(whole) if frame.start < stop and frame.stop > start]
        near = near or [max((i for i, frame in enumerate(whole) if frame.stop <= start), default=0)]
        whole = [frame for i, frame in enumerate(whole) if not any(abs(i - j) < 2 for j in near)]
    away = [frame for frame in whole if frame.stop <= start or frame.start >= stop]
    return sum(
        (f.start + (shift if f.start >= stop else 0), f.sender, f.data) not in found for f in away
    )


@pytest.mark.parametrize("seeds", [range(30), pytest.param(range(30, 200), marks=pytest.mark.long)])
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_line_costs_no_neighbour(name: str, seeds: range) -> None:
    assert [seed for seed in seeds if lost_neighbours(name, seed)] == []


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_line_costs_no_neighbour_often(name: str) -> None:
    total = len(frames(read(name, SAMPLES[name]))) * 20_000
    assert sum(lost_neighbours(name, seed) for seed in range(1000, 21_000)) < total / 1000


@pytest.mark.parametrize("name", SAMPLES)
@given(
    seed=st.integers(0, 1 << 32),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30),
)
@settings(max_examples=8)
def test_lines_in_any_order_and_cut_anywhere_hold_the_laws(
    name: str, seed: int, cuts: list[tuple[int, int]]
) -> None:
    lines, rng = SAMPLES[name].splitlines(keepends=True), random.Random(seed)
    picked = [rng.choice(lines)[first : first + length] for first, length in cuts] + rng.sample(
        lines, len(lines)
    )
    one = by_name(name)
    assert one
    check_format(one, b"".join(picked))


LENGTH = pytest.mark.parametrize("length", [6_000, pytest.param(30_000, marks=pytest.mark.long)])
ENDLESS = {
    "JCShell": ["=> 00 B0 00 00 00\n(5 usec)\n<= " + "41 " * 16 + "\n", "    " + "41 " * 16 + "\n"],
    "Android NCI log": [
        "NxpNciX: len = 5 > 00000210B0\n",
        f"NxpNciR: len = 258 > 1000FF{'41' * 255}\n",
    ],
    "libnfc log": [
        "debug libnfc.x\tTX: 00 00 ff 00 ff 00\n",
        "debug libnfc.x\tRX: 00 00 ff ff ff 80 00 80\n",
    ],
    "pcsc-spy raw log": ["1@>|1|1|SCardTransmit\n", "{0:X}@0x00000001\n{0:X}@00 B0 00 00 00\n"],
    "pcscd log": ["00000001 APDU: 00 B0 00 00 00\n", "00000001 [{0:X}] APDU: 00 B0 00 00 00\n"],
}


@LENGTH
@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_costs_work_that_grows_with_it(name: str, length: int) -> None:
    begin, more = ENDLESS[name]

    def log(count: int) -> bytes:
        return (begin + "".join(more.format(i) for i in range(count))).encode()

    assert len(read(name, log(length))) > 0
    assert is_even([events(read, name, log(count)) for count in (length // 20, length // 10)])


@LENGTH
def test_endless_wrapped_lines_cost_work_that_grows_with_them(length: int) -> None:
    def text(count: int) -> bytes:
        return (
            ("> " + "41" * 40 + "\n" + "41" * 41 + "\n") * 2 + ("41" * 41 + "\n") * count
        ).encode()

    assert len(read("hex pairs", text(length))) > 0
    assert is_even([events(read, "hex pairs", text(count)) for count in (length // 8, length // 4)])


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_two_halves_in_a_line_have_a_place_each(codec: str) -> None:
    line = "  C:00B2010C00:9000:7000\n"
    data = ("# cardpeek trace file\n" + line).encode(codec)
    asked, told = frames(read("cardpeek replay", data))
    assert (asked.data.hex(), told.data.hex()) == ("00b2010c00", "70009000")
    if codec == "utf-8":
        assert (
            data[asked.start : asked.stop] == b"  C:00B2010C00"
            and data[told.start :] == b":9000:7000\n"
        )
    else:
        assert "00B2010C00".encode("utf-16-le") in data[asked.start :] and told.start == asked.start
