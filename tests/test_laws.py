# SPDX-License-Identifier: MIT
"""The laws of the design, on every capture that is here and on whatever a mutator makes of one."""

from __future__ import annotations

import io
import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, cycle, pairwise
from pathlib import Path
from typing import Any

import pytest
from captures import capture_of
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.core.model import Capture, Coverage, Exchange, Frame, Node, Problem, Session
from cardlib.core.transport import locate
from cardlib.formats import FORMATS, Format, recognise
from cardlib.road.pipeline import _stream
from conftest import ROOT, SESSION, captures_folder

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

Bag = Counter[tuple[bytes | None, bytes | None]]


def bag(capture: Capture) -> Bag:
    """The exchanges of a capture, whatever their order."""
    return Counter(
        (e.command.raw if e.command else None, e.response.raw if e.response else None)
        for e in capture.exchanges
    )


def mutate(data: bytes, seed: int) -> bytes:
    """One place changed: a bit, a byte, some bytes cut or put in, a run of 00 or FF; a fifth of all near an end."""
    rng = random.Random(seed)
    near = rng.random()
    low, high = (
        (0, 400) if near < 0.1 else (len(data) - 300, len(data)) if near < 0.2 else (0, len(data))
    )
    at = rng.randrange(max(low, 0), max(min(high, len(data)), 1))
    size = rng.choice((1, 1, 2, 3, 4, 8, 16, 40))
    new = rng.choice(
        (
            bytes([data[at] ^ 1 << rng.randrange(8)]),
            bytes([rng.randrange(256)]),
            b"",
            rng.randbytes(size) + data[at : at + 1],
            bytes(size),
            b"\xff" * size,
        )
    )
    return (
        data[:at]
        + new
        + data[at + (len(new) if new and new.strip(b"\0\xff") == b"" else size if not new else 1) :]
    )


def shipped() -> list[Path]:
    """The captures of the project."""
    files = sorted((ROOT / "traces").glob("*"))
    return [file for file in files if file.is_file() and file.suffix != ".toml"]


def real() -> list[Path]:
    """Every real file that can be read, where there is a folder of them."""
    folder = captures_folder()
    files = sorted(folder.rglob("*")) if folder else []
    return [file for file in files if file.is_file() and _reads(file)]


def _reads(file: Path) -> bool:
    try:
        capture_of(file)
    except CaptureError:
        return False
    return True


CORPUS = [*shipped(), *real()]
EACH = pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.name)


def in_turn(number: int, file: Path) -> Any:
    """Every second file in every run, the others in the long one."""
    marks = [] if number % 2 == 0 else [pytest.mark.long]
    return pytest.param(file, id=file.name, marks=marks)


EVERY_SECOND = pytest.mark.parametrize(
    "file", [in_turn(number, file) for number, file in enumerate(CORPUS)]
)


def test_there_are_captures_to_test_with() -> None:
    assert len(CORPUS) >= (18 if captures_folder() else 0)


def all_frames(capture: Capture) -> list[Frame]:
    held = [frame for session in capture.sessions for e in session.exchanges for frame in e.frames]
    return sorted(
        held + [f for session in capture.sessions for f in session.frames],
        key=lambda frame: frame.index,
    )


@EACH
def test_coverage_adds_up_and_frames_lie_in_the_file(file: Path) -> None:
    capture, size = capture_of(file), file.stat().st_size
    frames, data = all_frames(capture), file.read_bytes()
    assert capture.coverage.total == size
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert all(0 <= frame.start < frame.stop <= size and frame.unit >= 1 for frame in frames)
    assert all(a.stop <= b.start for a, b in pairwise(frames))
    around = BINARY.get(capture.format.removesuffix(" (unproven)"), 0)
    assert all(stands(frame.data, data[frame.start : frame.stop], around) for frame in frames)
    assert all(0 <= problem.start <= problem.stop <= size for problem in capture.problems)


@EACH
def test_exchanges_are_numbered_and_their_bytes_come_from_their_frames(file: Path) -> None:
    capture = capture_of(file)
    assert [exchange.index for exchange in capture.exchanges] == list(range(len(capture.exchanges)))
    assert [session.index for session in capture.sessions] == list(range(len(capture.sessions)))
    for exchange in capture.exchanges:
        check_pieces(exchange)


def check_pieces(exchange: Exchange) -> None:
    """The pieces of both halves add up to their bytes, and so does every part of them."""
    for side, half in (("command", exchange.command), ("response", exchange.response)):
        if half is None:
            continue
        assert b"".join(exchange.frames[f].data[a:b] for f, a, b in half.pieces) == half.raw
        for start, stop in ((0, len(half.raw)), (len(half.raw) // 3, len(half.raw) // 2), (1, 1)):
            found = locate(exchange, side, start, stop)  # type: ignore[arg-type]
            assert b"".join(frame.data[a:b] for frame, a, b in found) == half.raw[start:stop]


def check_tiles(node: Node) -> None:
    """Children on the wire tile the value of their parent: no gap, no overlap."""
    wire = [
        child
        for child in node.children
        if not child.derived and child.buf is node.buf and child.bits is None
    ]
    at = node.body
    for child in wire:
        assert child.start == at, (node.tag or node.name, at, child.start)
        assert child.start <= child.body <= child.stop <= node.stop
        at = child.stop
        check_tiles(child)
    assert not wire or at == node.stop, (node.tag or node.name, at, node.stop)


@EACH
def test_children_tile_their_parent_and_decode_is_repeatable(file: Path) -> None:
    for exchange in capture_of(file).exchanges:
        root = cardlib.decode(exchange)
        assert root == cardlib.decode(exchange)
        assert not root.error
        for half in root.children:
            check_tiles(half)


@EACH
def test_stream_holds_what_read_holds(file: Path) -> None:
    capture, found = capture_of(file), list(cardlib.stream(file))
    assert [item for item in found if isinstance(item, Exchange)] == list(capture.exchanges)
    assert tuple(item for item in found if isinstance(item, Problem)) == capture.problems
    heads = [(s.index, s.atr, s.interface, s.clock, s.meta) for s in capture.sessions]
    assert [
        (s.index, s.atr, s.interface, s.clock, s.meta) for s in found if isinstance(s, Session)
    ] == heads
    assert sum(isinstance(item, Frame) for item in found) == sum(
        len(s.frames) for s in capture.sessions
    )


@EACH
@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 12), marks=pytest.mark.long)])
def test_one_damaged_place_raises_nothing_and_loses_no_byte(file: Path, seeds: range) -> None:
    data = file.read_bytes()
    for seed in seeds:
        changed = mutate(data, seed)
        if len(changed) < 100_000:
            check_laws(changed)


def check_laws(data: bytes) -> int:
    """Read bytes with the format that claims them and hold the laws; returns the number of exchanges."""
    chosen, _ = recognise(data[: 1 << 16])
    return check_format(chosen, data) if chosen else 0


def check_format(chosen: Format, data: bytes) -> int:
    """Hold the laws for bytes read with a format; how many exchanges, or else pieces of them, came out."""
    exchanges, frames = checked(chosen, data)
    return len(exchanges) or sum(frame.kind in ("rf", "block") for frame in frames)


def checked(chosen: Format, data: bytes) -> tuple[list[Exchange], list[Frame]]:
    """What comes out of bytes, after the laws were held."""
    coverage = Coverage()
    items = list(_stream(io.BytesIO(data), chosen, coverage, ()))
    assert coverage.total == len(data)
    exchanges = [item for item in items if isinstance(item, Exchange)]
    for item in exchanges:
        check_pieces(item)
        for half in cardlib.decode(item).children:
            check_tiles(half)
    frames = [frame for item in exchanges for frame in item.frames] + [
        i for i in items if isinstance(i, Frame)
    ]
    assert sorted(frame.index for frame in frames) == list(range(len(frames)))
    assert all(0 <= frame.start <= frame.stop <= len(data) for frame in frames)
    atrs = [b"", *(frame.data for frame in frames if frame.kind in ("atr", "ats"))]
    assert all(
        any(one.startswith(i.atr or b"") for one in atrs) for i in items if isinstance(i, Session)
    )
    for frame in frames:
        assert stands(frame.data, data[frame.start : frame.stop], BINARY.get(chosen.NAME, 0)), frame
    assert all(p.start <= p.stop <= len(data) for p in items if isinstance(p, Problem))
    assert all(e.duration_ns is None or e.duration_ns >= 0 for e in exchanges)
    assert all(e.start_ns is None or e.start_ns >= 0 for e in exchanges)
    return exchanges, frames


WHOLE = 1 << 16  # no frame of this format comes in parts
NUMBERS = -1  # text; a header may be numbers, with other words between, and lack its class byte
BINARY = {
    "GSMTAP-SIM": WHOLE,
    "ISO 14443 pcap": WHOLE,
    "Proxmark3 trace": WHOLE,
    "USB CCID": 48,
    "nfcsnoop": 10,
    "AT commands": NUMBERS,
    "Android RIL log": NUMBERS,
    "QMI and MBIM log": NUMBERS,  # the status word of MBIM stands before the data, apart
}
_HEX = re.compile(rb"(?<![0-9A-Za-z])(?:0[xX])?([0-9A-Fa-f]+)(?![0-9A-RT-Za-z])")  # SW may follow


@lru_cache(maxsize=1 << 14)
def stands(data: bytes, place: bytes, around: int) -> bool:
    """Whether the bytes of a frame stand in the bytes of the file that it names, in their order.

    In a binary format as they are, in parts with at least so many bytes `around` each. In text (0) as words of hex
    digits, blanks between them or not, or as a list of decimal numbers; what was sent in parts, or is printed in rows,
    may be broken where a line ends, and a status word may stand before the data.
    """
    if around > 0:
        return _in_runs(data, place, max((len(place) - len(data)) // around, 1))
    text = re.sub(
        rb"\0|\(\d\)", b"", place
    )  # half a character of UTF-16; the bits of a short frame
    spelt = [
        b"".join(map(_bytes_of, _HEX.findall(one)))
        for one in (text, re.sub(rb"[\s\x1c-\x1f]", b"", text))
    ]
    spelt.append(
        bytes(number for number in map(int, re.findall(rb"\d{1,3}", text)) if number < 256)
    )
    lines = 1 + len(re.findall(rb"[\r\n]+.", text))
    readings = [data, data[-2:] + data[:-2]]
    if around == NUMBERS:
        spelt.append(b"".join(map(_number_of, re.findall(rb"\w+", text))))
        readings.append(data[1:] if data[:1] == b"\0" else data)
        lines += 2
    return any(_in_runs(one, held, lines) for one in readings for held in spelt)


def _number_of(word: bytes) -> bytes:
    """A word as one byte where it is a number, decimal or behind 0x; else its hex digits."""
    if re.fullmatch(rb"\d{1,3}|0x[0-9A-Fa-f]{1,2}", word):
        value = int(word, 16 if word[:2] == b"0x" else 10)
        return bytes((value,)) if value < 256 else b""
    if re.fullmatch(rb"(?:[0-9A-Fa-f]{2}){2,}", word):
        return bytes.fromhex(word.decode())
    return b""


def _bytes_of(digits: bytes) -> bytes:
    return bytes.fromhex(digits.decode().zfill(len(digits) + 1 & ~1))


def _in_runs(data: bytes, held: bytes, most: int) -> bool:
    """Whether that many runs of `held`, one behind the other, are `data`."""
    at = 0
    while data and most:
        size = bisect_right(
            range(1, len(data) + 1), 0, key=lambda n: int(held.find(data[:n], at) < 0)
        )
        at, data, most = held.find(data[:size], at) + size, data[size:], most - bool(size)
        if not size:
            break
    return not data


@pytest.mark.parametrize(
    ("data", "place", "around", "is_there"),
    [
        ("00B20105", b"\0\0\xb2\1\5", 48, True),
        ("00B20105", b"\0\xb2\0\1\5", 48, False),
        ("00B20105", b"\0\xb2" + bytes(96) + b"\1\5", 48, True),
        ("00B20105", b"> 00 B2 01 05\n", 0, True),
        ("00B20105", b"> 0x0,0xB2,0x1,0x5\n", 0, True),
        ("00B20105", b"[0, 178, 1, 5]\n", 0, True),
        ("00B20105", b"> 00 B2 01\n05\n", 0, True),
        ("00B20105", b"> 00 B2 07 01 05\n", 0, False),
        ("00B20105", b"> 00 B2 01\n", 0, False),
        ("00B20105", b"> B2 00 01 05\n", 0, False),
        ("00B20105", b"> 0 0B 20 10 5\n", 0, True),
        ("00B20105", b"> 00B2 01 05E\n", 0, False),
        ("AABB9000", b"9000: AABB\n", 0, True),
    ],
)
def test_bytes_stand_in_a_place(data: str, place: bytes, around: int, is_there: bool) -> None:
    assert stands(bytes.fromhex(data), place, around) == is_there


FORMAT = pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.NAME)
HEXISH = st.text("0123456789ABCDEFabcdef <>=-:#/x[]()\r\n\t\ufeff发送", max_size=300).map(
    lambda t: t.encode("utf-8")
)
WORDS = [
    b"> ",
    b"< ",
    b"\n",
    b"\r",
    b"APDU: ",
    b"SW: ",
    b"00000010 ",
    b"99999999 ",
    b"00A40400",
    b"9000",
    b"61 10 ",
]
WORDS += [
    b"connecting to ",
    b"<  [] 90 0",
    b'{"session": 0}',
    b'{"from": "card", "data": "9000", "kind": "apdu"}',
]
WORDS += [
    b"\n\r\r\n",
    b"\x06\0\0\0",
    b"\x20\0\0\0",
    b"\x4d\x3c\x2b\x1a",
    b"\xd4\xc3\xb2\xa1",
    b"\x12\x79",
    bytes(20),
]
SOUP = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=40).map(b"".join)


@FORMAT
@given(data=st.binary(max_size=400) | HEXISH | SOUP)
def test_no_format_raises_on_any_bytes(one: Format, data: bytes) -> None:
    assert 0 <= one.recognises(data) <= 1
    check_format(one, data)


def sample(one: Format) -> bytes:
    """A small capture of a format."""
    return dict(samples())[one.NAME]


def samples() -> Iterator[tuple[str, bytes]]:
    """One for each format: files of `tests/samples`, named as the format, and what other tests make."""
    from test_formats_ccid import capture as ccid
    from test_formats_gsmtap import capture as gsmtap
    from test_formats_iso14443 import capture as iso14443
    from test_formats_nfclab import capture as nfclab
    from test_formats_nfcsnoop import capture as nfcsnoop
    from test_formats_proxmark3 import capture as proxmark3

    for one in FORMATS:
        file = ROOT / "tests/samples" / (re.sub(r"\W+", "_", one.NAME.lower()) + ".txt")
        if file.exists():
            yield one.NAME, file.read_bytes()
    yield "GSMTAP-SIM", gsmtap()
    yield "ISO 14443 pcap", iso14443()
    yield "USB CCID", ccid()
    yield "nfc-laboratory", nfclab()
    yield "nfcsnoop", nfcsnoop()
    yield "Proxmark3 trace", proxmark3()
    yield (
        "card.jsonl",
        b'{"card_capture": 1}\n{"session": 0}\n'
        + b"".join(
            b'{"t": %d, "from": "%s", "kind": "apdu", "data": "%s"}\n'
            % (at * 1_000_000, sender, half.encode())
            for at, (sender, half) in enumerate(
                zip(cycle((b"reader", b"card")), chain(*SESSION), strict=False)
            )
        ),
    )
