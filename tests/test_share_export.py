# SPDX-License-Identifier: MIT
"""A capture written in our own format is the same capture, and a file appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_laws import EVERY_SECOND, all_frames

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.core.model import Capture, Frame
from cardlib.share import export

TEXT = "ATR: 3B6500002063CB6F00\n> 00A4040007A000000003101000\n< 6F098407A00000000310109000\n> 00B2 0G\n> 00\n< 9000\n"


def known(capture: Capture) -> tuple[list[object], list[object], list[object]]:
    frames: list[object] = [
        (f.time_ns, f.sender, f.kind, f.data, f.note) for f in all_frames(capture)
    ]
    sessions: list[object] = [
        (s.clock, s.interface, s.atr, s.started, s.meta) for s in capture.sessions
    ]
    exchanges: list[object] = [
        (e.session, e.command, e.response, e.start_ns, e.end_ns, e.duration_ns, e.context)
        for e in capture.exchanges
    ]
    return frames, sessions, exchanges


@EVERY_SECOND
def test_round_trip(file: Path, tmp_path: Path) -> None:
    capture, first, second = (
        cardlib.read(file),
        tmp_path / "first.card.jsonl",
        tmp_path / "second.card.jsonl",
    )
    count = export.convert(file, first)
    again = cardlib.read(first)
    assert known(again) == known(capture)
    assert [(p.kind, p.raw) for p in again.problems] == [(p.kind, p.raw) for p in capture.problems]
    assert count == len(all_frames(capture)) == export.convert(capture, second)
    assert first.read_bytes() == second.read_bytes()
    export.convert(first, second)
    assert second.read_bytes() == first.read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source.txt"
    file.write_text(TEXT, "utf-8")
    return file


def test_damage_is_written_too(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.card.jsonl"
    export.convert(source, out)
    capture, again = cardlib.read(source), cardlib.read(out)
    assert [problem.kind for problem in again.problems] == ["unreadable line", "unreadable line"]
    assert known(again) == known(capture)
    export.convert(capture, tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == out.read_bytes()


HALVES = "> 00B2010C00\n< 9000\n"
GAPS = {
    "before the first exchange": f"> 00A4 040G\n{HALVES}",
    "between a command and an answer": "> 00B2010C00\n> 00B2 0G\n< 9000\n",
    "between a part of an answer and the next": (
        "> 00B2010C00\n< 6110\n> 00B2 0G\n> 00C0000010\n< 7000A59000\n"
    ),
    "in front of an ATR": f"{HALVES}> 00B2 0G\nATR: 3B6500002063CB6F00\n{HALVES}",
    "at the end": f"{HALVES}> 00B2 0G\n",
}


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.parametrize("times", [1, 3])
def test_damage_keeps_its_place(name: str, times: int, tmp_path: Path) -> None:
    source, out = tmp_path / "source.txt", tmp_path / "out"
    source.write_text(GAPS[name] * times, "utf-8")
    capture = cardlib.read(source)
    assert [problem.kind for problem in capture.problems] == ["unreadable line"] * times
    for given in (source, capture):
        export.convert(given, out)
        assert known(cardlib.read(out)) == known(capture)


def test_more_problems_of_a_kind_than_are_listed(tmp_path: Path) -> None:
    """Behind the thousandth too, no answer is given to a command that lost its own."""
    source, out = tmp_path / "source.txt", tmp_path / "out"
    source.write_text(GAPS["between a command and an answer"] * 1100, "utf-8")
    capture = cardlib.read(source)
    assert len(capture.exchanges) == 2200 and len(capture.problems) < 1100
    for given in (source, capture):
        export.convert(given, out)
        again = cardlib.read(out)
        assert [(e.command, e.response) for e in again.exchanges] == [
            (e.command, e.response) for e in capture.exchanges
        ]


def test_an_exchange_that_waits_for_long_stays_behind_others(tmp_path: Path) -> None:
    """Two programs at two readers: the first command is answered last, and stands last."""
    head = "15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: "
    rows = []
    for program, way, data in (
        ("P:1", "Outgoing", "00 A4 00 00 02 3F 00"),
        ("P:2", "Outgoing", "00 B2 01 0C 00"),
        ("P:2", "Incoming", "6A 83"),
        ("P:1", "Incoming", "90 00"),
    ):
        size = len(data.split())
        rows += [f"{program}; T:0x1 {head}", f"{way} APDU ({size} bytes):", data, ""]
    source, out = tmp_path / "source.log", tmp_path / "out"
    source.write_text("\n".join(rows), "utf-8")
    capture = cardlib.read(source)
    assert len(capture.exchanges) == 2
    for given in (source, capture):
        export.convert(given, out)
        assert known(cardlib.read(out))[2] == known(capture)[2]


def test_pasted_text_can_be_written(tmp_path: Path) -> None:
    assert export.convert(cardlib.read_text(TEXT), tmp_path / "out") == 4


def test_input_is_never_overwritten(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "hard").hardlink_to(source)
    for given in (source, cardlib.read(source)):
        for out in (
            source,
            tmp_path / "link",
            tmp_path / "hard",
            tmp_path / ".." / tmp_path.name / "source.txt",
        ):
            with pytest.raises(CaptureError, match="is the capture itself"):
                export.convert(given, out)
    assert source.read_text("utf-8") == TEXT


def test_other_file_is_replaced(source: Path, tmp_path: Path) -> None:
    out = tmp_path / ("n" * 240)
    out.write_text("old", "utf-8")
    export.convert(source, out)
    assert cardlib.read(out).format == "card.jsonl"


@pytest.mark.parametrize("place", ["none/out", "", "a\0b"])
def test_place_that_cannot_be_written(source: Path, tmp_path: Path, place: str) -> None:
    with pytest.raises(CaptureError, match="cannot be written"):
        export.convert(source, tmp_path / place if "\0" not in place else place)
    assert [file.name for file in tmp_path.iterdir()] == ["source.txt"]


def test_failure_leaves_no_half_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.write_text("old", "utf-8")

    def breaks(*_: object, **__: object) -> Iterator[Frame]:
        yield Frame(0, None, "card", "apdu", b"\x90\0", 1, 0, 5)
        raise faults[0]

    faults: list[BaseException] = []
    monkeypatch.setattr(export, "stream", breaks)
    for fault, raised in (
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(28, "No space left on device"), CaptureError),
        (CaptureError("no"), CaptureError),
    ):
        faults[:] = [fault]
        with pytest.raises(raised):
            export.convert(source, out)
        assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "source.txt"]
        assert out.read_text("utf-8") == "old"


def test_card_text_cannot_forge_a_line(tmp_path: Path) -> None:
    note = 'x"}\n{"t": 1, "from": "card", "kind": "apdu", "data": "9000"}\u2028\r'
    capture = cardlib.read_text('{"card_capture": 1}\n{"session": 0}\n')
    session = capture.sessions[0]
    frame = Frame(0, None, "none", "event", b"", 1, 0, 5, note)
    forged = Capture(capture.path, capture.format, (type(session)(0, frames=(frame,)),))
    assert export.convert(forged, tmp_path / "out") == 1
    assert [frame.note for frame in all_frames(cardlib.read(tmp_path / "out"))] == [note]
