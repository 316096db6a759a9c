# SPDX-License-Identifier: MIT
"""Frames in JSON: damaged objects first, then times, bit rates, and the facts of real captures."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from test_formats_radio import crc_a
from test_laws import mutate

import cardlib
from cardlib.core.model import Capture, Coverage, Frame, Problem
from cardlib.core.transport import locate
from cardlib.formats import nfclab
from cardlib.formats.radio import crc_fits


def row(number: int, data: bytes, card: bool = False, **more: object) -> dict[str, object]:
    keys = {
        "techType": 257,
        "frameType": 259 if card else 258,
        "framePhase": 259,
        "frameFlags": 0,
        "frameRate": 105938,
    }
    keys |= {
        "sampleStart": number * 10_000,
        "sampleEnd": number * 10_000 + 754,
        "sampleRate": 10_000_000,
    }
    return {**keys, "frameData": data.hex(":").upper(), "timeStart": number / 1000, **more}


def rows(rounds: int = 4) -> list[dict[str, object]]:
    found = [
        (b"\x26", False),
        (b"\x44\0", True),
        (crc_a(b"\xe0\x80"), False),
        (crc_a(b"\x02\x70"), True),
    ]
    for number in range(rounds):
        flip = bytes([2 + number % 2])
        found += [
            (crc_a(flip + bytes.fromhex("00B2010C00")), False),
            (crc_a(flip + bytes.fromhex("70009000")), True),
        ]
    return [row(at, data, card) for at, (data, card) in enumerate(found)]


def text(frames: list[dict[str, object]]) -> bytes:
    return json.dumps({"frames": frames}, indent=2).encode()


def capture() -> bytes:
    return text(rows())


def read(data: bytes) -> tuple[list[Frame], list[Problem], Coverage]:
    coverage = Coverage()
    items = list(nfclab.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Problem)], coverage


BAD: list[dict[str, object]] = [
    {},
    {"frameData": "26"},
    row(0, b"", frameData=26),
    row(0, b"", frameData="2"),
    row(0, b"", frameData="zz"),
    row(0, b"", sampleStart=1.5),
    row(0, b"", sampleStart=None),
    row(0, b"", sampleStart=-1),
    row(0, b"", techType="257"),
    row(0, b"", frameType=1 << 63),
    row(0, b"", frameFlags=True),
]


@pytest.mark.parametrize("bad", BAD)
def test_object_that_is_no_frame_is_a_problem(bad: dict[str, object]) -> None:
    frames, problems, coverage = read(text([*rows(1), bad, *rows(1)]))
    assert (len(frames), [problem.kind for problem in problems]) == (12, ["damaged frame"])
    assert coverage.damaged == len(problems[0].raw) or len(problems[0].raw) == 256


@pytest.mark.parametrize(
    "bad",
    [
        b"}",
        b"{",
        b'{"a":' * 9,
        b"[" * 9000,
        b"9" * 9000,
        b"\xff\0",
        b"{[{[",
        b"{" + b"[" * 9000 + b"}",
    ],
)
def test_damage_between_frames_costs_nothing_else(bad: bytes) -> None:
    data = capture()
    at = data.index(b"},") + 2
    frames, problems, _ = read(data[:at] + bad + data[at:])
    assert len(frames) >= 11 and len(problems) <= 2 and (problems or bad == b"}")


def test_cut_file_keeps_what_stands_before_the_cut() -> None:
    data, whole = capture(), read(capture())[0]
    for size in range(0, len(data), 37):
        frames, problems, _ = read(data[:size])
        assert frames == whole[: len(frames)] and len(problems) <= 1


def test_file_larger_than_a_chunk() -> None:
    frames, problems, _ = read(text(rows(1000)))
    assert (len(frames), problems) == (2004, [])


def test_object_larger_than_any_frame_ends_nothing() -> None:
    frames, problems, _ = read(text([*rows(1), row(9, bytes(200_000)), *rows(1)]))
    assert len(frames) == 12 and problems


@pytest.mark.parametrize(
    "bad", [{"sampleEnd": 5}, {"sampleRate": 0}, {"sampleStart": 1 << 61, "sampleEnd": 1 << 61}]
)
def test_impossible_time_is_no_time(bad: dict[str, object]) -> None:
    frames, problems, _ = read(text([row(1, b"\x26"), {**row(2, b"\x26"), **bad}]))
    assert [frame.time_ns for frame in frames] == [1_000_000, None]
    assert [(problem.kind, problem.gap) for problem in problems] == [("impossible time", False)]


@pytest.mark.parametrize(
    ("flag", "word"), [(8, "truncated"), (16, "wrong parity"), (64, "out of step")]
)
def test_flags_of_a_damaged_frame_are_said(flag: int, word: str) -> None:
    (frame,), (problem,), _ = read(text([row(0, b"\x26", frameFlags=flag)]))
    assert frame.note == f"REQA; {word}; 106 kbit/s" and word in problem.detail


def test_encrypted_by_the_words_of_the_capture() -> None:
    frames, problems, _ = read(text([row(0, b"\x12\x34\x56\x78", frameFlags=2)]))
    assert (frames[0].note, problems) == ("encrypted; 106 kbit/s", [])


def test_field_and_contact_frames() -> None:
    contact = [row(1, bytes.fromhex("3B6500002063CB6F00"), techType=513, frameType=528)]
    contact += [row(2, bytes.fromhex("00A4000000"), techType=513, frameType=529)]
    contact += [row(3, bytes.fromhex("9000"), techType=513, frameType=530)]
    frames, problems, _ = read(
        text([row(0, b"", frameType=257), *contact, row(9, b"", frameType=256)])
    )
    assert [frame.kind for frame in frames] == [
        "event",
        "atr",
        "block",
        "block",
        "event",
    ] and not problems
    assert (frames[0].note, frames[-1].note) == ("field on", "field off")


def check_mutations(file: Path, seeds: range) -> None:
    def bag(data: bytes) -> Counter[tuple[bytes | None, bytes | None]]:
        file.write_bytes(data)
        found = cardlib.read(file, "nfc-laboratory")
        assert found.coverage.total == len(data)
        return Counter(
            (e.command and e.command.raw, e.response and e.response.raw) for e in found.exchanges
        )

    whole = bag(capture())
    assert whole.total() == 4
    lost = [(whole - bag(mutate(capture(), seed))).total() for seed in seeds]
    assert (
        max(lost) <= 2 and lost.count(2) <= len(lost) / 200
    )  # where it lies in an answer and the next command


def test_one_damaged_place_costs_one_exchange(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(200))


@pytest.mark.long
def test_one_damaged_place_costs_one_exchange_often(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(20_000))


def test_changed_digit_of_a_frame_never_passes_unmarked() -> None:
    data = capture()
    at = data.index(b"02:00:B2")
    for place in range(at, at + 20):
        for new in b"0F:":
            if data[place] != new:
                assert read(data[:place] + bytes([new]) + data[place + 1 :])[1], (place, new)


def test_recognises() -> None:
    assert nfclab.recognises(capture()) == 0.95
    assert nfclab.recognises(b'{"frames": []}') == nfclab.recognises(b"") == 0


NAMES = [
    "A_106kbps_003",
    "A_106kbps_004",
    "A_106kbps_212kbps_001",
    "B_106kbps_002",
    "F_212kbps_001",
    "V_26kbps_001",
]


def real(folder: Path, name: str) -> tuple[Capture, list[Frame], list[dict[str, int]]]:
    file = folder / f"nfc-laboratory/test_NFC-{name}.json"
    capture = cardlib.read(file)
    assert (capture.format, capture.problems, capture.coverage.damaged) == ("nfc-laboratory", (), 0)
    assert {(s.clock, s.meta) for s in capture.sessions} == {("rf", (("resolution", "100 ns"),))}
    frames = [
        f for s in capture.sessions for g in (s.frames, *(e.frames for e in s.exchanges)) for f in g
    ]
    return (
        capture,
        sorted(frames, key=lambda frame: frame.index),
        json.loads(file.read_bytes())["frames"],
    )


@pytest.mark.parametrize("name", NAMES)
def test_bit_rates_are_the_nearest_of_the_standard(real_captures: Path, name: str) -> None:
    _, frames, rows = real(real_captures, name)
    rates = {105938: "106 kbit/s", 211875: "212 kbit/s", 26484: "26 kbit/s"}
    assert [frame.note.split("; ")[-1] for frame in frames] == [
        rates[row["frameRate"]] for row in rows
    ]
    # What the length of a frame on the air says: 9 bits a byte in type A, and a few more for the frame.
    for frame in frames:
        if name.startswith("A") and len(frame.data) > 8:
            bits = 9 * len(frame.data) * 1e6 / ((frame.end_ns or 0) - (frame.time_ns or 0))
            assert bits == pytest.approx(int(frame.note.split("; ")[-1].split()[0]), rel=0.1)


def test_rate_changes_after_pps(real_captures: Path) -> None:
    capture, frames, _ = real(real_captures, "A_106kbps_212kbps_001")
    rates = [frame.note.split("; ")[-1] for frame in frames]
    assert [frame.note.split("; ")[0] for frame in frames[15:18]] == [
        "PPS",
        "PPS answer",
        "I-block",
    ]
    assert rates == ["106 kbit/s"] * 17 + ["212 kbit/s"] * 8
    assert [e.command and e.command.raw[:2].hex() for e in capture.exchanges] == [
        "905a",
        "900a",
        "90af",
        "90bd",
    ]


def test_chaining_from_the_reader(real_captures: Path) -> None:
    capture, _, _ = real(real_captures, "B_106kbps_002")
    assert [e.command and e.command.raw.hex() for e in capture.exchanges] == [
        "00ca7f6800",
        "00a4040009a00000030800001000",
        "00a4040009a00000039742544659",
    ]
    assert [len(e.frames) for e in capture.exchanges] == [2, 3, 3]
    found = locate(capture.exchanges[1], "command", 11, 14)
    assert [(frame.index, a, b) for frame, a, b in found] == [(2, 13, 14), (4, 2, 4)]


@pytest.mark.parametrize("name", ["F_212kbps_001", "V_26kbps_001"])
def test_every_check_sum_fits(real_captures: Path, name: str) -> None:
    _, frames, rows = real(real_captures, name)
    technologies = [{259: "F", 260: "V"}[row["techType"]] for row in rows]
    assert all(crc_fits(one, frame.data) for one, frame in zip(technologies, frames, strict=True))


def test_delays_by_hand(real_captures: Path) -> None:
    # Samples read off the file: first sample of the answer less last sample of the command, 100 ns each.
    by_hand = [(86662 - 71838) * 100, (254396 - 243727) * 100, (433268 - 426181) * 100]
    assert by_hand == [1_482_400, 1_066_900, 708_700]
    assert [e.duration_ns for e in real(real_captures, "A_106kbps_004")[0].exchanges] == by_hand


def test_numbers_of_the_cards(real_captures: Path) -> None:
    notes = {name: [frame.note for frame in real(real_captures, name)[1]] for name in NAMES}
    assert "SAK, UID 043C7002524880; 106 kbit/s" in notes["A_106kbps_003"]
    assert "answer to polling, IDm 012E4CD8A31652BA; 212 kbit/s" in notes["F_212kbps_001"]
    assert "answer to inventory, UID E0040114B1A3DD03; 26 kbit/s" in notes["V_26kbps_001"]
